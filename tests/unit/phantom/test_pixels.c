/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <pthread.h>
#include <string.h>

/* Spacings on either side of every change in the way of painting, and regions with capsule, fat, nest and glass. */
static const struct {
  int64_t width, height;
  double spacing_um;
  int64_t x, y, size;
  uint64_t expected; /* checksum of the region's pixels: the same from every compiler */
} views[] = {
    {9000, 7000, 0.1, 4500, 3600, 500, UINT64_C(0x4925e09a0ccae23b)},
    {9000, 7000, 0.243, 700, 2200, 700, UINT64_C(0xcd311e81b5d7d2a5)},
    {5000, 4000, 0.36, 1000, 2600, 600, UINT64_C(0x3025be880df17443)},
    {5000, 4000, 0.5, 400, 1500, 600, UINT64_C(0x86270c6d3fccc8c5)},
    {2500, 2000, 1, 100, 300, 600, UINT64_C(0x9d1e83ab0148533e)},
    {1400, 1100, 2, 100, 90, 600, UINT64_C(0x061a718e9165e831)},
    {900, 1800, 2.5, 40, 500, 700, UINT64_C(0x7347d8a4d2bb0f66)},
    {900, 700, 4, 0, 0, 600, UINT64_C(0xa5befea19756346c)},
    {900, 700, 8, 30, 10, 500, UINT64_C(0x2233fbb0e01eea6c)},
    {900, 420, 10.5, 0, 0, 420, UINT64_C(0x8eb5da502ecb2868)},
    {800, 330, 60, 0, 0, 330, UINT64_C(0x70848aca875ba691)},
};
enum { VIEWS = sizeof views / sizeof *views, TUMORS = 3 };

static NodalPhantom *view_phantom(int index) {
  double shorter = (double)(views[index].width < views[index].height ? views[index].width : views[index].height);
  return make_phantom(views[index].width, views[index].height, views[index].spacing_um, 40 + (uint64_t)index, TUMORS,
                      shorter * views[index].spacing_um / 1000 * 0.2);
}

static void test_same_pixels_everywhere(void **state) {
  (void)state;
  bool same = true;
  for (int i = 0; i < VIEWS; i++) {
    NodalPhantom *phantom = view_phantom(i);
    int64_t size = views[i].size;
    uint8_t *pixels = paint_region(phantom, views[i].x, views[i].y, size, size);
    uint64_t sum = checksum(pixels, 3 * (size_t)(size * size));
    if (sum != views[i].expected) {
      print_message("view %d: 0x%016llx\n", i, (unsigned long long)sum);
      same = false;
    }
    free(pixels);
    nodal_phantom_free(phantom);
  }
  assert_true(same);
}

static void compare_piece(const uint8_t *whole, int64_t size, const uint8_t *piece, int64_t x, int64_t y, int64_t width,
                          int64_t height) {
  for (int64_t row = 0; row < height; row++) {
    assert_memory_equal(piece + 3 * row * width, whole + 3 * ((y + row) * size + x), 3 * (size_t)width);
  }
}

static void test_pieces_equal_the_whole(void **state) {
  (void)state;
  uint64_t numbers = 5;
  for (int i = 0; i < VIEWS; i++) {
    NodalPhantom *phantom = view_phantom(i), *again = view_phantom(i);
    int64_t size = views[i].size;
    uint8_t *whole = paint_region(phantom, views[i].x, views[i].y, size, size);
    for (int j = 0; j < 24; j++) {
      int64_t most = j < 12 ? 24 : j < 21 ? 150 : size;
      int64_t width = 1 + next_number(&numbers) % most, height = 1 + next_number(&numbers) % most;
      int64_t x = next_number(&numbers) % (size - width + 1), y = next_number(&numbers) % (size - height + 1);
      uint8_t *piece = paint_region(again, views[i].x + x, views[i].y + y, width, height);
      compare_piece(whole, size, piece, x, y, width, height);
      free(piece);
    }
    free(whole);
    nodal_phantom_free(phantom);
    nodal_phantom_free(again);
  }
}

static void test_gaps_between_rows_stay(void **state) {
  (void)state;
  NodalPhantom *phantom = view_phantom(5);
  enum { WIDTH = 301, HEIGHT = 270, STRIDE = 3 * WIDTH + 11 };
  uint8_t *dense = paint_region(phantom, 150, 130, WIDTH, HEIGHT), *wide = malloc(STRIDE * HEIGHT);
  memset(wide, 0xA5, STRIDE * HEIGHT);
  assert_true(nodal_phantom_paint(phantom, 150, 130, WIDTH, HEIGHT, wide, STRIDE, NULL));
  for (int row = 0; row < HEIGHT; row++) {
    assert_memory_equal(wide + row * STRIDE, dense + row * 3 * WIDTH, 3 * WIDTH);
    for (int i = 3 * WIDTH; i < STRIDE; i++) {
      assert_int_equal(wide[row * STRIDE + i], 0xA5);
    }
  }
  free(dense);
  free(wide);
  nodal_phantom_free(phantom);
}

typedef struct Share {
  const NodalPhantom *phantom;
  uint8_t *pixels;
  int first, threads, bands;
  bool painted;
} Share;

static void *paint_share(void *user) {
  Share *share = user;
  share->painted = true;
  for (int band = share->first; band < share->bands; band += share->threads) {
    size_t stride = 3 * 600;
    share->painted &= nodal_phantom_paint(share->phantom, 400, 1500 + 20 * band, 600, 20,
                                          share->pixels + (size_t)band * 20 * stride, stride, NULL);
    share->painted &= nodal_phantom_truth(share->phantom, 2500, 1500 + band) >= 0;
  }
  return NULL;
}

static void test_threads_share_a_phantom(void **state) {
  (void)state;
  NodalPhantom *phantom = view_phantom(3);
  uint8_t *alone = paint_region(phantom, 400, 1500, 600, 600), *together = malloc(3 * 600 * 600);
  enum { THREADS = 4 };
  pthread_t threads[THREADS];
  Share shares[THREADS];
  for (int i = 0; i < THREADS; i++) {
    shares[i] = (Share){phantom, together, i, THREADS, 30, false};
    assert_int_equal(pthread_create(&threads[i], NULL, paint_share, &shares[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(shares[i].painted);
  }
  assert_memory_equal(together, alone, 3 * 600 * 600);
  free(alone);
  free(together);
  nodal_phantom_free(phantom);
}

static void test_the_seed_matters(void **state) {
  (void)state;
  NodalPhantom *one = make_phantom(900, 700, 4, 1, 0, 0), *two = make_phantom(900, 700, 4, 2, 0, 0);
  uint8_t *first = paint_region(one, 0, 0, 900, 700), *second = paint_region(two, 0, 0, 900, 700);
  int differ = 0;
  for (int i = 0; i < 900 * 700; i++) {
    differ += memcmp(first + 3 * i, second + 3 * i, 3) != 0;
  }
  assert_in_range(differ, 900 * 700 * 4 / 10, 900 * 700);
  free(first);
  free(second);
  nodal_phantom_free(one);
  nodal_phantom_free(two);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same_pixels_everywhere), cmocka_unit_test(test_pieces_equal_the_whole),
      cmocka_unit_test(test_gaps_between_rows_stay), cmocka_unit_test(test_threads_share_a_phantom),
      cmocka_unit_test(test_the_seed_matters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

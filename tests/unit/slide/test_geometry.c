/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/geometry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static double downsample_of(int64_t w0, int64_t h0, int64_t w, int64_t h, int64_t tile, double previous,
                            double stated) {
  NodalLevelShape shape = {w0, h0, w, h, tile, tile, previous, stated};
  double downsample = 0;
  return nodal_find_downsample(&shape, &downsample) ? downsample : -1;
}

/* Level sizes of a published slide whose levels are padded to whole tiles: the factors are powers of two. */
static void test_padded_levels(void **state) {
  (void)state;
  static const int64_t sizes[][2] = {{86016, 89600}, {43008, 45056}, {21504, 22528}, {10752, 11264}, {5632, 5632},
                                     {3072, 3072},   {1536, 1536},   {1024, 1024},   {512, 512}};
  double previous = 1;
  for (int k = 1; k < 9; k++) {
    double found = downsample_of(sizes[0][0], sizes[0][1], sizes[k][0], sizes[k][1], 512, previous, 0);
    assert_true(found == (double)(1 << k));
    previous = found;
  }
}

static void test_rounded_levels(void **state) {
  (void)state;
  /* down, up, to nearest */
  assert_true(downsample_of(2220, 2967, 555, 741, 240, 1, 0) == 4);
  assert_true(downsample_of(2220, 2967, 555, 742, 240, 1, 0) == 4);
  assert_true(downsample_of(97792, 221184, 191, 432, 512, 256, 0) == 512);
  assert_true(downsample_of(46000, 32914, 2875, 2057, 256, 4, 0) == 16);
  /* a factor of three is as whole as a power of two */
  assert_true(downsample_of(3000, 3000, 1000, 1000, 256, 1, 0) == 3);
}

static void test_stated_ratio_settles_padding(void **state) {
  (void)state;
  /* 10 tiles padded to 4: 3 lies inside what padding allows, and the resolution tags say so. */
  assert_true(downsample_of(5120, 5120, 2048, 2048, 512, 1, 3.0) == 3);
  assert_true(downsample_of(5120, 5120, 3072, 3072, 512, 1, 0) == 2);
}

static void test_another_picture(void **state) {
  (void)state;
  assert_true(downsample_of(10000, 10000, 5000, 100, 256, 1, 0) == -1);
  assert_true(downsample_of(10000, 5000, 1280, 431, 256, 1, 0) == -1);
}

static void test_floor_division(void **state) {
  (void)state;
  assert_int_equal(nodal_floor_div(7, 2), 3);
  assert_int_equal(nodal_floor_div(-7, 2), -4);
  assert_int_equal(nodal_floor_div(-8, 2), -4);
  assert_int_equal(nodal_floor_div(0, 5), 0);
}

static void test_intersection(void **state) {
  (void)state;
  NodalRect overlap;
  assert_true(nodal_rect_intersect((NodalRect){-5, -5, 10, 10}, (NodalRect){0, 0, 100, 3}, &overlap));
  assert_int_equal(overlap.x, 0);
  assert_int_equal(overlap.y, 0);
  assert_int_equal(overlap.width, 5);
  assert_int_equal(overlap.height, 3);
  assert_false(nodal_rect_intersect((NodalRect){10, 0, 5, 5}, (NodalRect){0, 0, 10, 10}, &overlap));
  assert_true(nodal_rect_intersect((NodalRect){INT64_MAX - 5, 0, 100, 1}, (NodalRect){0, 0, INT64_MAX, 1}, &overlap));
  assert_int_equal(overlap.width, 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_padded_levels),
      cmocka_unit_test(test_rounded_levels),
      cmocka_unit_test(test_stated_ratio_settles_padding),
      cmocka_unit_test(test_another_picture),
      cmocka_unit_test(test_floor_division),
      cmocka_unit_test(test_intersection),
  };
  return cmocka_run_group_tests_name("geometry", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <string.h>

enum { SIDE = 1100 };

/* Hematoxylin in red, eosin in green: a pixel shows the amounts of both as densities. */
static const NodalPhantomLook planes = {.hematoxylin = {1, 0, 0},
                                        .eosin = {0, 1, 0},
                                        .hematoxylin_strength = 1,
                                        .eosin_strength = 1,
                                        .glass = {255, 255, 255}};

static NodalPhantomOptions slide(double spacing_um) {
  return (NodalPhantomOptions){.width = (int64_t)(5000 / spacing_um),
                               .height = (int64_t)(4000 / spacing_um),
                               .spacing_um = spacing_um,
                               .seed = 17,
                               .tumor_count = 3,
                               .tumor_size_mm = 0.4,
                               .look = &planes};
}

static NodalPhantomNucleus *list(const NodalPhantom *phantom, int64_t x, int64_t y, int64_t width, int64_t height,
                                 size_t *count) {
  NodalPhantomNucleus *nuclei;
  NodalError *error = NULL;
  assert_true(nodal_phantom_nuclei(phantom, x, y, width, height, &nuclei, count, &error));
  assert_null(error);
  return nuclei;
}

static double amount(const uint8_t *pixels, int64_t x, int64_t y) {
  return log(255.0 / fmax(pixels[3 * (y * SIDE + x)], 1));
}

/* The least density of the bodies of a kind, and how far any of it reaches, by the table of bodies. */
static double least_density(const char *kind) {
  return strcmp(kind, "lymphocyte") == 0    ? 0.82
         : strcmp(kind, "centroblast") == 0 ? 0.36
         : strcmp(kind, "histiocyte") == 0  ? 0.26
         : strcmp(kind, "spindle") == 0     ? 0.50
         : strcmp(kind, "tumor") == 0       ? 0.32
                                            : INFINITY;
}

/* Whether a pixel next to the place is empty. */
static bool near_glass(const uint8_t *pixels, int64_t x, int64_t y) {
  for (int64_t j = y - 2; j <= y + 2; j++) {
    for (int64_t i = x - 2; i <= x + 2; i++) {
      const uint8_t *pixel = pixels + 3 * (j * SIDE + i);
      if (i >= 0 && j >= 0 && i < SIDE && j < SIDE && pixel[0] == 255 && pixel[1] == 255) {
        return true;
      }
    }
  }
  return false;
}

/* Every center that is listed is dark, and every dark place has a center that is listed. */
static void check_view(const NodalPhantom *phantom, int64_t x, int64_t y, double spacing_um, int kinds[5]) {
  uint8_t *pixels = paint_region(phantom, x, y, SIDE, SIDE);
  size_t count;
  NodalPhantomNucleus *nuclei = list(phantom, x, y, SIDE, SIDE, &count);
  static uint8_t covered[SIDE][SIDE];
  memset(covered, 0, sizeof covered);
  for (size_t i = 0; i < count; i++) {
    assert_true(nuclei[i].x_px >= (double)x && nuclei[i].x_px < (double)(x + SIDE));
    assert_true(nuclei[i].y_px >= (double)y && nuclei[i].y_px < (double)(y + SIDE));
    assert_true(i == 0 || nuclei[i - 1].y_px <= nuclei[i].y_px);
    int64_t column = (int64_t)floor(nuclei[i].x_px) - x, row = (int64_t)floor(nuclei[i].y_px) - y;
    /* The outside of the capsule goes through some; half of the density is left at least. */
    double least = least_density(nuclei[i].kind);
    assert_true(amount(pixels, column, row) > (near_glass(pixels, column, row) ? 0.45 * least : least));
    const char *const names[] = {"lymphocyte", "centroblast", "histiocyte", "spindle", "tumor"};
    for (int k = 0; k < 5; k++) {
      kinds[k] += strcmp(nuclei[i].kind, names[k]) == 0;
    }
    int64_t reach = (int64_t)((strcmp(nuclei[i].kind, "tumor") == 0 ? 11.8 : 8.5) / spacing_um) + 2;
    for (int64_t j = row - reach; j <= row + reach; j++) {
      for (int64_t k = column - reach; k <= column + reach; k++) {
        if (j >= 0 && k >= 0 && j < SIDE && k < SIDE) {
          covered[j][k] = 1;
        }
      }
    }
  }
  /* Neither ground nor bodies out of focus are so dark: 0.62 times 1.3, and two clumps on each other. */
  int border = (int)(12 / spacing_um), dark = 0;
  for (int j = border; j < SIDE - border; j++) {
    for (int i = border; i < SIDE - border; i++) {
      if (amount(pixels, i, j) > 1.2) {
        dark++;
        assert_true(covered[j][i]);
      }
    }
  }
  assert_true(dark > 1000);
  nodal_free(nuclei);
  free(pixels);
}

static void test_listed_nuclei_are_painted(void **state) {
  (void)state;
  const double spacings[] = {0.25, 0.5};
  int kinds[5] = {0};
  for (int k = 0; k < 2; k++) {
    NodalPhantomOptions options = slide(spacings[k]);
    NodalPhantom *phantom = make_phantom_of(&options);
    NodalPhantomNest nest;
    assert_true(nodal_phantom_nest(phantom, 0, &nest));
    check_view(phantom, (int64_t)nest.center_x_px - SIDE / 2, (int64_t)nest.center_y_px - SIDE, spacings[k], kinds);
    check_view(phantom, (int64_t)(900 / spacings[k]), (int64_t)(1800 / spacings[k]), spacings[k], kinds);
    /* The node's left edge. */
    check_view(phantom, (int64_t)(300 / spacings[k]), (int64_t)(1900 / spacings[k]), spacings[k], kinds);
    nodal_phantom_free(phantom);
  }
  for (int k = 0; k < 5; k++) {
    assert_true(kinds[k] > 20);
  }
}

/*
 * Take the nuclei away one by one: a picture without tumor differs from one with it only where nuclei or ground
 * changed, so the lymphocytes far from the nests are the same ones.
 */
static void test_nests_change_their_own_nuclei_only(void **state) {
  (void)state;
  NodalPhantomOptions options = slide(0.5);
  NodalPhantom *with = make_phantom_of(&options);
  options.tumor_count = 0;
  NodalPhantom *without = make_phantom_of(&options);
  NodalPhantomNest nest;
  assert_true(nodal_phantom_nest(with, 0, &nest));
  size_t first_count, second_count;
  int64_t x = (int64_t)nest.center_x_px - 600, y = (int64_t)nest.center_y_px - 600;
  NodalPhantomNucleus *first = list(with, x, y, 1200, 1200, &first_count);
  NodalPhantomNucleus *second = list(without, x, y, 1200, 1200, &second_count);
  size_t other = 0;
  int same = 0, tumor = 0;
  for (size_t i = 0; i < first_count; i++) {
    bool inside = nodal_phantom_truth(with, (int64_t)first[i].x_px, (int64_t)first[i].y_px) > 0;
    if (strcmp(first[i].kind, "tumor") == 0) {
      assert_true(inside);
      tumor++;
      continue;
    }
    while (other < second_count && second[other].y_px < first[i].y_px) {
      other++;
    }
    for (size_t j = other; j < second_count && second[j].y_px == first[i].y_px; j++) {
      same += second[j].x_px == first[i].x_px && strcmp(second[j].kind, first[i].kind) == 0;
    }
  }
  for (size_t i = 0; i < second_count; i++) {
    assert_string_not_equal(second[i].kind, "tumor");
  }
  assert_true(tumor > 200);
  assert_true(same > 0.9 * (double)(first_count - (size_t)tumor));
  nodal_free(first);
  nodal_free(second);
  nodal_phantom_free(with);
  nodal_phantom_free(without);
}

static void test_pieces_list_what_the_whole_lists(void **state) {
  (void)state;
  NodalPhantomOptions options = slide(0.5);
  options.turn_degrees = -6;
  options.look = nodal_phantom_center_look(2);
  NodalPhantom *phantom = make_phantom_of(&options);
  size_t count, total = 0;
  NodalPhantomNucleus *whole = list(phantom, 2000, 1500, 1300, 900, &count);
  assert_true(count > 2000);
  const int64_t columns[] = {2000, 2001, 2333, 2560, 3300}, rows[] = {1500, 1790, 1791, 2400};
  for (int j = 0; j < 3; j++) {
    for (int i = 0; i < 4; i++) {
      size_t found;
      NodalPhantomNucleus *piece =
          list(phantom, columns[i], rows[j], columns[i + 1] - columns[i], rows[j + 1] - rows[j], &found);
      size_t next = 0;
      for (size_t k = 0; k < found; k++) {
        while (next < count && memcmp(&whole[next], &piece[k], sizeof *piece) != 0) {
          next++;
        }
        assert_true(next < count);
      }
      total += found;
      nodal_free(piece);
    }
  }
  assert_int_equal(total, count);
  nodal_free(whole);
  nodal_phantom_free(phantom);
}

static void test_limits(void **state) {
  (void)state;
  NodalPhantomOptions options = slide(2.6);
  NodalPhantom *coarse = make_phantom_of(&options);
  NodalPhantomNucleus *nuclei;
  size_t count = 7;
  assert_true(nodal_phantom_nuclei(coarse, 0, 0, 1900, 1500, &nuclei, &count, NULL));
  assert_true(nuclei == NULL && count == 0);
  assert_true(nodal_phantom_nuclei(coarse, INT64_MIN, INT64_MAX, 10000, 10000, &nuclei, &count, NULL));
  NodalError *error = NULL;
  assert_false(nodal_phantom_nuclei(coarse, 0, 0, 10001, 10000, &nuclei, &count, &error));
  assert_string_equal(nodal_error_message(error),
                      "cannot list the nuclei of 10001 x 10000 pixels: at most 100000000 pixels at a time");
  nodal_error_free(error);
  error = NULL;
  assert_false(nodal_phantom_nuclei(coarse, 0, 0, -1, 5, &nuclei, &count, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
  nodal_error_free(error);
  nodal_phantom_free(coarse);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_listed_nuclei_are_painted),
      cmocka_unit_test(test_nests_change_their_own_nuclei_only),
      cmocka_unit_test(test_pieces_list_what_the_whole_lists),
      cmocka_unit_test(test_limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <string.h>

enum { CORNERS = NODAL_PHANTOM_OUTLINE_POINTS };

static double diameter(const NodalPoint *points, int count) {
  double longest = 0;
  for (int i = 0; i < count; i++) {
    for (int j = 0; j < i; j++) {
      longest = fmax(longest, hypot(points[i].x - points[j].x, points[i].y - points[j].y));
    }
  }
  return longest;
}

static void test_every_nest_has_its_size(void **state) {
  (void)state;
  const double sizes[] = {0.05, 2.01, 0.01, 0.199, 0.201, 0.6, 0.2};
  const double falling[] = {2.01, 0.6, 0.201, 0.2, 0.199, 0.05, 0.01};
  enum { COUNT = sizeof sizes / sizeof *sizes };
  for (uint64_t seed = 1; seed < 6; seed++) {
    NodalPhantomOptions options = {.width = 24000,
                                   .height = 20000,
                                   .spacing_um = 0.3,
                                   .seed = seed,
                                   .tumor_count = COUNT,
                                   .tumor_sizes_mm = sizes};
    NodalPhantom *phantom = make_phantom_of(&options);
    for (int i = 0; i < COUNT; i++) {
      NodalPhantomNest nest;
      NodalPoint points[CORNERS];
      assert_true(nodal_phantom_nest(phantom, i, &nest) && nodal_phantom_outline(phantom, i, points));
      assert_true(fabs(nest.longest_mm - falling[i]) < 1e-12);
      assert_true(fabs(diameter(points, CORNERS) * 0.3 / 1000 - falling[i]) < 1e-6 * falling[i]);
    }
    NodalPhantomNest none;
    assert_false(nodal_phantom_nest(phantom, COUNT, &none));
    nodal_phantom_free(phantom);
  }
}

static void test_sizes_out_of_range(void **state) {
  (void)state;
  const double sizes[] = {0.5, 0.0099};
  NodalPhantomOptions options = {
      .width = 9000, .height = 9000, .spacing_um = 0.5, .tumor_count = 2, .tumor_sizes_mm = sizes};
  NodalError *error = NULL;
  assert_null(nodal_phantom_new(&options, &error));
  assert_string_equal(nodal_error_message(error),
                      "phantom tumor size 0.0099 mm is not 0.01 or more (10 um and 4 pixels)");
  nodal_error_free(error);
}

/* The smallest nests hold a nucleus that can be seen, and it stands in the list. */
static void test_few_cells(void **state) {
  (void)state;
  const double sizes[] = {0.05, 0.03, 0.02, 0.015, 0.012, 0.01, 0.01, 0.01};
  enum { COUNT = sizeof sizes / sizeof *sizes };
  const double spacings[] = {0.25, 0.5, 1, 2};
  /* Hematoxylin alone, all of it in red. */
  const NodalPhantomLook look = {.hematoxylin = {1, 0, 0}, .hematoxylin_strength = 1, .glass = {255, 255, 255}};
  for (int k = 0; k < 4; k++) {
    NodalPhantomOptions options = {.width = (int64_t)(7000 / spacings[k]),
                                   .height = (int64_t)(6000 / spacings[k]),
                                   .spacing_um = spacings[k],
                                   .seed = 11 + (uint64_t)k,
                                   .tumor_count = k == 3 ? 5 : COUNT,
                                   .tumor_sizes_mm = sizes,
                                   .look = &look};
    NodalPhantom *phantom = make_phantom_of(&options);
    NodalPhantomNest nest;
    for (int i = 0; nodal_phantom_nest(phantom, i, &nest); i++) {
      int64_t x = (int64_t)nest.center_x_px, y = (int64_t)nest.center_y_px;
      NodalPhantomNucleus *nuclei;
      size_t count;
      int held = 0;
      int64_t reach = (int64_t)(nest.longest_mm * 1000 / spacings[k]) + 1;
      assert_true(nodal_phantom_nuclei(phantom, x - reach, y - reach, 2 * reach, 2 * reach, &nuclei, &count, NULL));
      for (size_t j = 0; j < count; j++) {
        bool inside = nodal_phantom_truth(phantom, (int64_t)nuclei[j].x_px, (int64_t)nuclei[j].y_px) == i + 1;
        held += inside && strcmp(nuclei[j].kind, "tumor") == 0;
      }
      nodal_free(nuclei);
      assert_true(held >= 1);
      uint8_t *pixels = paint_region(phantom, x - 1, y - 1, 3, 3);
      double density = -log(pixels[12] / 255.0);
      assert_true(density > 0.25);
      free(pixels);
    }
    nodal_phantom_free(phantom);
  }
}

/* Clockwise about the middle of the slide, then shifted: written down anew. */
static NodalPoint move_point(const NodalPhantomOptions *options, NodalPoint point) {
  double angle = options->turn_degrees * M_PI / 180, x = point.x - (double)options->width / 2,
         y = point.y - (double)options->height / 2;
  return (NodalPoint){
      (double)options->width / 2 + x * cos(angle) - y * sin(angle) + options->shift_x_um / options->spacing_um,
      (double)options->height / 2 + x * sin(angle) + y * cos(angle) + options->shift_y_um / options->spacing_um};
}

static void test_truth_of_a_moved_section(void **state) {
  (void)state;
  const double moves[][3] = {{5, 0, 0}, {0, 120, -77.5}, {-7.25, 300, 150}, {90, 0, 0}, {180, -200, 10}};
  for (int k = 0; k < 5; k++) {
    NodalPhantomOptions options = {
        .width = 3000, .height = 2600, .spacing_um = 2, .seed = 5, .tumor_count = 4, .tumor_size_mm = 1};
    NodalPhantom *first = make_phantom_of(&options);
    options.turn_degrees = moves[k][0];
    options.shift_x_um = moves[k][1];
    options.shift_y_um = moves[k][2];
    options.stain = NODAL_PHANTOM_IHC;
    NodalPhantom *moved = make_phantom_of(&options);
    uint64_t numbers = 3;
    for (int i = 0; i < 4; i++) {
      NodalPoint before[CORNERS], after[CORNERS];
      assert_true(nodal_phantom_outline(first, i, before) && nodal_phantom_outline(moved, i, after));
      for (int j = 0; j < CORNERS; j++) {
        NodalPoint wanted = move_point(&options, before[j]);
        assert_true(hypot(wanted.x - after[j].x, wanted.y - after[j].y) < 0.001);
      }
      NodalPhantomNest nest, other;
      assert_true(nodal_phantom_nest(first, i, &nest) && nodal_phantom_nest(moved, i, &other));
      NodalPoint center = move_point(&options, (NodalPoint){nest.center_x_px, nest.center_y_px});
      assert_true(hypot(center.x - other.center_x_px, center.y - other.center_y_px) < 0.001);
      assert_true(nest.longest_mm == other.longest_mm);
    }
    int inside = 0, checked = 0;
    for (int i = 0; i < 60000; i++) {
      int64_t x = next_number(&numbers) % 3000, y = next_number(&numbers) % 2600;
      NodalPoint place = move_point(&options, (NodalPoint){(double)x + 0.5, (double)y + 0.5});
      int64_t px = (int64_t)floor(place.x), py = (int64_t)floor(place.y);
      int truth = nodal_phantom_truth(first, x, y);
      bool edge = false;
      for (int j = 0; j < 9; j++) {
        edge |= nodal_phantom_truth(first, x + j % 3 - 1, y + j / 3 - 1) != truth;
      }
      if (edge || px < 0 || py < 0 || px >= 3000 || py >= 2600) {
        continue;
      }
      assert_int_equal(nodal_phantom_truth(moved, px, py), truth);
      inside += truth > 0;
      checked++;
    }
    assert_true(checked > 30000 && inside > 1000);
    nodal_phantom_free(first);
    nodal_phantom_free(moved);
  }
}

/* Large tissue stays what it was: means of blocks at a spacing where no cell is seen, turned by a right angle. */
static void test_tissue_moves_along(void **state) {
  (void)state;
  enum { SIDE = 480, BLOCK = 12, BLOCKS = SIDE / BLOCK };
  NodalPhantomOptions options = {.width = SIDE, .height = SIDE, .spacing_um = 12, .seed = 9};
  NodalPhantom *first = make_phantom_of(&options);
  options.turn_degrees = 90;
  NodalPhantom *turned = make_phantom_of(&options);
  uint8_t *before = paint_region(first, 0, 0, SIDE, SIDE), *after = paint_region(turned, 0, 0, SIDE, SIDE);
  static double sums[2][BLOCKS][BLOCKS];
  for (int y = 0; y < SIDE; y++) {
    for (int x = 0; x < SIDE; x++) {
      /* Pixel (x, y) comes to (SIDE - 1 - y, x). */
      sums[0][y / BLOCK][x / BLOCK] += before[3 * (y * SIDE + x) + 1];
      sums[1][y / BLOCK][x / BLOCK] += after[3 * (x * SIDE + SIDE - 1 - y) + 1];
    }
  }
  for (int i = 0; i < BLOCKS * BLOCKS; i++) {
    double difference = (sums[0][i / BLOCKS][i % BLOCKS] - sums[1][i / BLOCKS][i % BLOCKS]) / (BLOCK * BLOCK);
    assert_true(fabs(difference) < 6);
  }
  free(before);
  free(after);
  nodal_phantom_free(first);
  nodal_phantom_free(turned);
}

/* DAB takes more of blue than of red light, hematoxylin less: what is brown is tumor. */
static void test_brown_is_tumor(void **state) {
  (void)state;
  const double spacings[] = {0.5, 1, 4};
  for (int k = 0; k < 3; k++) {
    const double sizes[] = {0.4, 0.02};
    NodalPhantomOptions options = {.width = (int64_t)(4000 / spacings[k]),
                                   .height = (int64_t)(3600 / spacings[k]),
                                   .spacing_um = spacings[k],
                                   .seed = 21,
                                   .tumor_count = 2,
                                   .tumor_sizes_mm = sizes,
                                   .stain = NODAL_PHANTOM_IHC,
                                   .turn_degrees = 4,
                                   .shift_x_um = 30};
    NodalPhantom *phantom = make_phantom_of(&options);
    NodalPhantomNest nest;
    for (int i = 0; nodal_phantom_nest(phantom, i, &nest); i++) {
      int side = (int)(nest.longest_mm * 1600 / spacings[k]) + 8;
      int64_t x = (int64_t)nest.center_x_px - side / 2, y = (int64_t)nest.center_y_px - side / 2;
      uint8_t *pixels = paint_region(phantom, x, y, side, side);
      int brown_inside = 0, brown_outside = 0, inside = 0;
      for (int j = 0; j < side * side; j++) {
        bool truth = nodal_phantom_truth(phantom, x + j % side, y + j / side) > 0;
        bool brown = pixels[3 * j] > pixels[3 * j + 2] + 20;
        inside += truth;
        brown_inside += brown && truth;
        /* Beside the outline the ground changes over some micrometres. */
        bool near = false;
        for (int d = 0; d < 9 && !truth; d++) {
          int64_t step = (int64_t)(8 / spacings[k]) + 1;
          near |=
              nodal_phantom_truth(phantom, x + j % side + (d % 3 - 1) * step, y + j / side + (d / 3 - 1) * step) > 0;
        }
        brown_outside += brown && !truth && !near;
      }
      assert_int_equal(brown_outside, 0);
      assert_true(brown_inside > 0.2 * inside);
      free(pixels);
    }
    nodal_phantom_free(phantom);
  }
}

static void test_sections_out_of_range(void **state) {
  (void)state;
  const struct {
    NodalPhantomOptions options;
    const char *message;
  } cases[] = {
      {{.turn_degrees = 181}, "phantom turn of 181 degrees is not from -180 to 180"},
      {{.turn_degrees = (double)INFINITY}, "phantom turn of inf degrees is not from -180 to 180"},
      {{.shift_x_um = -100001}, "phantom shift of -100001 um is not from -100000 to 100000"},
      {{.shift_y_um = 1e9}, "phantom shift of 1e+09 um is not from -100000 to 100000"},
      {{.stain = (NodalPhantomStain)7}, "phantom stain 7 is unknown"},
      {{.faults = 16}, "phantom faults 16 are unknown"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    NodalPhantomOptions options = cases[i].options;
    options.width = options.height = 200;
    options.spacing_um = 1;
    NodalError *error = NULL;
    assert_null(nodal_phantom_new(&options, &error));
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
    assert_string_equal(nodal_error_message(error), cases[i].message);
    nodal_error_free(error);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_nest_has_its_size),
      cmocka_unit_test(test_sizes_out_of_range),
      cmocka_unit_test(test_few_cells),
      cmocka_unit_test(test_truth_of_a_moved_section),
      cmocka_unit_test(test_tissue_moves_along),
      cmocka_unit_test(test_brown_is_tumor),
      cmocka_unit_test(test_sections_out_of_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

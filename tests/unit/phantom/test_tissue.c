/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <string.h>

/* One slide of 5 x 5 mm whose parts were found by eye; places in micrometres. */
enum { SEED = 77, SIDE_UM = 5000 };
static const double cortex_um[2] = {950, 3500}, center_um[2] = {1935, 1165};

static NodalPhantom *known_slide(double spacing_um) {
  return make_phantom((int64_t)(SIDE_UM / spacing_um), (int64_t)(SIDE_UM / spacing_um), spacing_um, SEED, 1, 1);
}

static uint8_t *paint_place(const NodalPhantom *phantom, const double *place_um, double spacing_um, int side) {
  return paint_region(phantom, (int64_t)(place_um[0] / spacing_um), (int64_t)(place_um[1] / spacing_um), side, side);
}

/* The square of 300 um in the middle of the nest. */
static void nest_place(double place_um[2]) {
  NodalPhantom *phantom = known_slide(1);
  NodalPhantomNest nest;
  assert_true(nodal_phantom_nest(phantom, 0, &nest));
  place_um[0] = nest.center_x_px - 150;
  place_um[1] = nest.center_y_px - 150;
  nodal_phantom_free(phantom);
}

static void mean_color(const uint8_t *pixels, int count, double mean[3]) {
  mean[0] = mean[1] = mean[2] = 0;
  for (int i = 0; i < 3 * count; i++) {
    mean[i % 3] += pixels[i] / (double)count;
  }
}

static void mean_of_place(const double *place_um, double spacing_um, int side_um, double mean[3]) {
  NodalPhantom *phantom = known_slide(spacing_um);
  int side = (int)(side_um / spacing_um);
  uint8_t *pixels = paint_place(phantom, place_um, spacing_um, side);
  mean_color(pixels, side * side, mean);
  free(pixels);
  nodal_phantom_free(phantom);
}

static void assert_between(double value, double low, double high) {
  if (!(value >= low && value <= high)) {
    fail_msg("%g is not from %g to %g", value, low, high);
  }
}

static void test_colors_of_the_parts(void **state) {
  (void)state;
  double cortex[3], center[3], nest[3], place[2];
  nest_place(place);
  mean_of_place(cortex_um, 0.25, 300, cortex);
  mean_of_place(center_um, 0.25, 100, center);
  mean_of_place(place, 0.25, 300, nest);
  /* Bluish purple, green the weakest. */
  assert_between(cortex[0], 120, 155);
  assert_between(cortex[1], 95, 130);
  assert_between(cortex[2], 150, 180);
  assert_true(cortex[2] > cortex[0] && cortex[0] > cortex[1]);
  /* Germinal centers and nests are paler, nests pinker: more red for their blue. */
  assert_true(center[1] > cortex[1] + 5 && center[0] > cortex[0] + 10);
  assert_between(nest[0], 165, 200);
  assert_between(nest[1], 120, 160);
  assert_between(nest[2], 165, 200);
  assert_true(nest[0] - nest[2] > cortex[0] - cortex[2] + 15);
}

static void test_mean_colors_hold_at_every_spacing(void **state) {
  (void)state;
  double place[2], fine[3], coarse[3];
  nest_place(place);
  const double *places[] = {cortex_um, place, center_um};
  const double spacings[] = {0.5, 1, 2, 4, 8};
  for (int i = 0; i < 3; i++) {
    int side = i == 2 ? 100 : 300;
    mean_of_place(places[i], 0.25, side, fine);
    for (int j = 0; j < 5; j++) {
      mean_of_place(places[i], spacings[j], side, coarse);
      for (int channel = 0; channel < 3; channel++) {
        assert_between(coarse[channel] - fine[channel], -12, 12);
      }
    }
  }
}

/* Density that red light sees: nearly hematoxylin alone. */
static float *red_density(const uint8_t *pixels, int count) {
  float *density = malloc(sizeof *density * (size_t)count);
  assert_non_null(density);
  for (int i = 0; i < count; i++) {
    density[i] = -logf((float)pixels[3 * i] / 243);
  }
  return density;
}

/* Mean over squares of 2 radius + 1 pixels; the rim is left 0. */
static float *box_mean(const float *values, int side, int radius) {
  float *means = calloc((size_t)(side * side), sizeof *means);
  assert_non_null(means);
  for (int y = radius; y < side - radius; y++) {
    for (int x = radius; x < side - radius; x++) {
      float sum = 0;
      for (int j = -radius; j <= radius; j++) {
        for (int i = -radius; i <= radius; i++) {
          sum += values[(y + j) * side + x + i];
        }
      }
      means[y * side + x] = sum / (float)((2 * radius + 1) * (2 * radius + 1));
    }
  }
  return means;
}

/* Places that are darker than `least` and than everything within `reach` pixels. */
static int count_peaks(const float *values, int side, int reach, float least) {
  int count = 0;
  for (int y = reach; y < side - reach; y++) {
    for (int x = reach; x < side - reach; x++) {
      float here = values[y * side + x];
      bool peak = here >= least;
      for (int j = -reach; j <= reach && peak; j++) {
        for (int i = -reach; i <= reach && peak; i++) {
          float other = values[(y + j) * side + x + i];
          bool before = j < 0 || (j == 0 && i < 0);
          peak = (i == 0 && j == 0) || (before ? here > other : here >= other);
        }
      }
      count += peak;
    }
  }
  return count;
}

static void test_cortex_is_dense_with_nuclei(void **state) {
  (void)state;
  enum { SIDE = 600 };
  const double spacing = 0.5;
  NodalPhantom *phantom = known_slide(spacing);
  uint8_t *pixels = paint_place(phantom, cortex_um, spacing, SIDE);
  float *density = red_density(pixels, SIDE * SIDE), *soft = box_mean(density, SIDE, 2);
  int reach = 5, inner = SIDE - 2 * reach;
  double area_mm2 = inner * spacing * inner * spacing / 1e6;
  double density_mm2 = count_peaks(soft, SIDE, reach, 0.55F) / area_mm2;
  assert_between(density_mm2, 9000, 20000);
  free(soft);
  free(density);
  free(pixels);
  nodal_phantom_free(phantom);
}

static int compare_ints(const void *first, const void *second) {
  return *(const int *)first - *(const int *)second;
}

/* Median area, pixels, of the connected places denser than `least` that do not touch the rim; `count` of them. */
static int median_blob(const float *density, int side, float least, int *count) {
  bool *open = malloc((size_t)(side * side));
  int *stack = malloc(sizeof *stack * (size_t)(side * side)), *areas = malloc(sizeof *areas * (size_t)(side * side));
  assert_true(open && stack && areas);
  for (int i = 0; i < side * side; i++) {
    open[i] = density[i] >= least;
  }
  *count = 0;
  for (int start = 0; start < side * side; start++) {
    if (!open[start]) {
      continue;
    }
    int top = 0, area = 0;
    bool rim = false;
    open[start] = false;
    stack[top++] = start;
    while (top > 0) {
      int place = stack[--top], x = place % side, y = place / side;
      area++;
      if (x == 0 || y == 0 || x == side - 1 || y == side - 1) {
        rim = true;
        continue;
      }
      const int near[4] = {place - 1, place + 1, place - side, place + side};
      for (int i = 0; i < 4; i++) {
        if (open[near[i]]) {
          open[near[i]] = false;
          stack[top++] = near[i];
        }
      }
    }
    if (!rim && area >= 60) {
      areas[(*count)++] = area;
    }
  }
  qsort(areas, (size_t)*count, sizeof *areas, compare_ints);
  int median = *count > 0 ? areas[*count / 2] : 0;
  free(open);
  free(stack);
  free(areas);
  return median;
}

static double median_nucleus_um2(const double *place_um, float least) {
  enum { SIDE = 1200 };
  NodalPhantom *phantom = known_slide(0.25);
  uint8_t *pixels = paint_place(phantom, place_um, 0.25, SIDE);
  float *density = red_density(pixels, SIDE * SIDE);
  int count, median = median_blob(density, SIDE, least, &count);
  assert_true(count > 100);
  free(density);
  free(pixels);
  nodal_phantom_free(phantom);
  return median * 0.25 * 0.25;
}

static void test_tumor_nuclei_are_larger(void **state) {
  (void)state;
  double place[2];
  nest_place(place);
  double tumor = median_nucleus_um2(place, 0.33F), lymphocyte = median_nucleus_um2(cortex_um, 0.68F);
  assert_between(lymphocyte, 18, 60); /* discs of 4.8 to 8.7 um */
  assert_between(tumor, 100, 230);    /* discs of 11.3 to 17.1 um */
  assert_true(tumor > 2.5 * lymphocyte);
}

static bool is_glass(const uint8_t *pixel) {
  return pixel[0] == 243 && pixel[1] == 243 && pixel[2] == 242;
}

static int count_glass(const uint8_t *pixels, size_t count) {
  int glass = 0;
  for (size_t i = 0; i < count; i++) {
    glass += is_glass(pixels + 3 * i);
  }
  return glass;
}

static void test_glass_round_the_tissue(void **state) {
  (void)state;
  const struct {
    int width, height;
    double spacing_um;
  } slides[] = {{900, 900, 8},  {1200, 600, 8},  {1500, 500, 8}, {500, 1100, 6},
                {1200, 900, 2}, {700, 700, 0.5}, {600, 400, 20}};
  for (size_t i = 0; i < sizeof slides / sizeof *slides; i++) {
    for (uint64_t seed = 1; seed <= 4; seed++) {
      int width = slides[i].width, height = slides[i].height;
      NodalPhantom *phantom = make_phantom(width, height, slides[i].spacing_um, seed, 0, 0);
      uint8_t *pixels = paint_region(phantom, 0, 0, width, height);
      /* No tissue touches the slide's edge. */
      for (int rim = 0; rim < 4; rim++) {
        const uint8_t *low = pixels + 3 * (size_t)width * (size_t)(height - 1 - rim);
        assert_int_equal(count_glass(pixels + 3 * (size_t)width * (size_t)rim, (size_t)width), width);
        assert_int_equal(count_glass(low, (size_t)width), width);
      }
      for (int y = 0; y < height; y++) {
        assert_int_equal(count_glass(pixels + 3 * (size_t)width * (size_t)y, 4), 4);
        assert_int_equal(count_glass(pixels + 3 * ((size_t)width * (size_t)(y + 1) - 4), 4), 4);
      }
      double part = count_glass(pixels, (size_t)width * (size_t)height) / ((double)width * height);
      assert_between(part, 0.3, 0.72);
      free(pixels);
      nodal_phantom_free(phantom);
    }
  }
}

/* Fat lies against the capsule here and there: thin pink lines with glass between. */
static void test_fat_has_thin_membranes(void **state) {
  (void)state;
  NodalPhantom *phantom = known_slide(1);
  enum { SIDE = 400 };
  uint8_t *pixels = paint_region(phantom, 300, 1500, SIDE, SIDE);
  int glass = count_glass(pixels, SIDE * SIDE), pink = 0;
  for (int i = 0; i < SIDE * SIDE; i++) {
    const uint8_t *pixel = pixels + 3 * i;
    pink += !is_glass(pixel) && pixel[0] > 225 && pixel[1] < pixel[0] && pixel[1] < pixel[2];
  }
  assert_between(glass, 0.5 * SIDE * SIDE, 0.97 * SIDE * SIDE);
  assert_between(pink, 0.01 * SIDE * SIDE, 0.15 * SIDE * SIDE);
  free(pixels);
  nodal_phantom_free(phantom);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_colors_of_the_parts),         cmocka_unit_test(test_mean_colors_hold_at_every_spacing),
      cmocka_unit_test(test_cortex_is_dense_with_nuclei), cmocka_unit_test(test_tumor_nuclei_are_larger),
      cmocka_unit_test(test_glass_round_the_tissue),      cmocka_unit_test(test_fat_has_thin_membranes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

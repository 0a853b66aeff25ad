/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = PICTURE_SIDE * PICTURE_SIDE };

static Picture picture;
static uint8_t expected[MOST], found[MOST];

static size_t pixel_count(void) {
  return (size_t)(picture.width * picture.height);
}

/* --- what writes a slide --- */

typedef bool (*WriteFunction)(const NodalRasterJob *job, const void *arguments, NodalError **error);

/* Writes with 1 and with 8 threads, which must be the same file, and compares its pixels with `expected`. */
static void check_written(NodalSlide *slide, WriteFunction write, const void *arguments) {
  static const char *const names[] = {"one.tif", "eight.tif"};
  NodalError *error = NULL;
  for (int i = 0; i < 2; i++) {
    NodalRasterJob job = NODAL_RASTER_JOB_INIT;
    job.slide = slide;
    job.output = in_folder(names[i]);
    job.tile_size = 16;
    job.threads = i ? 8 : 1;
    job.force = true;
    check_ok(write(&job, arguments, &error), &error);
  }
  uint8_t *pixels = read_back(in_folder("one.tif"), NODAL_UINT8, picture.width, picture.height);
  assert_memory_equal(pixels, expected, pixel_count());
  free(pixels);
  check_same_file(in_folder("one.tif"), in_folder("eight.tif"));
}

/* --- holes --- */

/* What no way over the background leads to from the edge. */
static uint32_t brute_fill(int connectivity) {
  static uint32_t labels[MOST];
  static bool edge[MOST + 1];
  uint32_t count = flood(&picture, 12 - connectivity, false, true, labels), holes = 0;
  memset(edge, 0, sizeof edge);
  for (int y = 0; y < picture.height; y++) {
    for (int x = 0; x < picture.width; x++) {
      if (x == 0 || y == 0 || x == picture.width - 1 || y == picture.height - 1) {
        edge[labels[y * picture.width + x]] = true;
      }
    }
  }
  for (uint32_t i = 1; i <= count; i++) {
    holes += !edge[i];
  }
  for (size_t i = 0; i < pixel_count(); i++) {
    expected[i] = labels[i] == 0 || !edge[labels[i]];
  }
  return holes;
}

typedef struct FillArguments {
  int connectivity;
  uint32_t holes;
} FillArguments;

static bool write_filled(const NodalRasterJob *job, const void *arguments, NodalError **error) {
  const FillArguments *fill = arguments;
  uint32_t holes = 0;
  bool done = nodal_raster_write_filled(job, fill->connectivity, &holes, error);
  assert_int_equal(holes, fill->holes);
  return done;
}

static void fills(void **state) {
  (void)state;
  for (int side = 1; side <= 70; side++) {
    for (int pattern = 0; pattern < PATTERN_COUNT; pattern++) {
      int other = 1 + random_below(PICTURE_SIDE);
      picture_paint(&picture, side % 2 ? side : other, side % 2 ? other : side, pattern);
      FillArguments arguments = {4 + side / 2 % 2 * 4, 0};
      arguments.holes = brute_fill(arguments.connectivity);
      NodalDtype dtype = (NodalDtype)(side % 4);
      NodalRaster raster = picture_raster(&picture, dtype, 1);
      NodalError *error = NULL;
      uint32_t holes;
      check_ok(nodal_raster_fill(&raster, arguments.connectivity, 1 + side % 3, found, &holes, &error), &error);
      assert_int_equal(holes, arguments.holes);
      assert_memory_equal(found, expected, pixel_count());
      raster_free(&raster);
      if (side % 5 == 0) {
        NodalSlide *slide = picture_slide(&picture, dtype, 0.5, 0.5);
        check_written(slide, write_filled, &arguments);
        slide_close(slide);
      }
    }
  }
}

/* --- morphology --- */

/* Each pixel looks at all others: 1 where one of `target` is near, exactly in whole quarters of a pixel. */
static void brute_spread(const uint8_t *from, uint8_t target, int radius4, int height4, uint8_t *to) {
  for (int y = 0; y < picture.height; y++) {
    for (int x = 0; x < picture.width; x++) {
      bool near = false;
      for (int v = 0; v < picture.height && !near; v++) {
        for (int u = 0; u < picture.width && !near; u++) {
          int dx = 4 * (x - u), dy = height4 * (y - v);
          near = (from[v * picture.width + u] != 0) == target && dx * dx + dy * dy <= radius4 * radius4;
        }
      }
      to[y * picture.width + x] = target ? near : !near;
    }
  }
}

static void brute_morphology(NodalMorphology morphology, int radius4, int height4) {
  static uint8_t between[MOST];
  bool grow_first = morphology == NODAL_MORPHOLOGY_DILATE || morphology == NODAL_MORPHOLOGY_CLOSE;
  bool both = morphology == NODAL_MORPHOLOGY_OPEN || morphology == NODAL_MORPHOLOGY_CLOSE;
  brute_spread(picture.pixels, grow_first, radius4, height4, both ? between : expected);
  if (both) {
    brute_spread(between, !grow_first, radius4, height4, expected);
  }
}

typedef struct MorphologyArguments {
  NodalMorphology morphology;
  double radius;
  NodalDistanceUnit unit;
} MorphologyArguments;

static bool write_morphology(const NodalRasterJob *job, const void *arguments, NodalError **error) {
  const MorphologyArguments *a = arguments;
  return nodal_raster_write_morphology(job, a->morphology, a->radius, a->unit, error);
}

static void morphology(void **state) {
  (void)state;
  for (int round = 0; round < 300; round++) {
    picture_paint(&picture, 1 + random_below(30), 1 + random_below(30), round % PATTERN_COUNT);
    NodalMorphology operation = (NodalMorphology)(random_below(4));
    int radius4 = random_below(30), height4 = random_below(2) ? 4 : 1 + random_below(9);
    brute_morphology(operation, radius4, height4);
    NodalRaster raster = picture_raster(&picture, (NodalDtype)(round % 4), 3);
    NodalError *error = NULL;
    check_ok(nodal_raster_morphology(&raster, operation, radius4 * 0.0625, 0.25, height4 * 0.0625, 1 + round % 2, found,
                                     &error),
             &error);
    assert_memory_equal(found, expected, pixel_count());
    raster_free(&raster);
  }
}

/* Tiles of 16 and blocks of several, so that surroundings come from many tiles. */
static void morphology_of_slides(void **state) {
  (void)state;
  for (int round = 0; round < 48; round++) {
    picture_paint(&picture, 30 + random_below(41), 30 + random_below(41), round % PATTERN_COUNT);
    int height4 = round % 3 ? 4 : 2;
    MorphologyArguments arguments = {(NodalMorphology)(round % 4), 0.25 * random_below(40), NODAL_DISTANCE_PIXELS};
    int radius4 = (int)(4 * arguments.radius);
    if (round % 2) {
      arguments.unit = NODAL_DISTANCE_UM;
      arguments.radius *= 0.5;
    }
    brute_morphology(arguments.morphology, radius4, round % 2 ? height4 : 4);
    NodalSlide *slide = picture_slide(&picture, NODAL_UINT8, 0.5, 0.125 * height4);
    check_written(slide, write_morphology, &arguments);
    slide_close(slide);
  }
}

/* Over the seams of blocks of an array: a disk and its definition. */
static void large_disk(void **state) {
  (void)state;
  enum { SIDE = 2600, RADIUS = 700, X = 2040, Y = 1100 };
  uint8_t *pixels = calloc(SIDE * SIDE, 1), *grown = calloc(SIDE * SIDE, 1);
  pixels[Y * SIDE + X] = 5;
  NodalRaster raster = {pixels, NODAL_UINT8, SIDE, SIDE, SIDE};
  NodalError *error = NULL;
  check_ok(nodal_raster_morphology(&raster, NODAL_MORPHOLOGY_DILATE, RADIUS * 0.243, 0.243, 0.243, 2, grown, &error),
           &error);
  for (int y = 0; y < SIDE; y++) {
    for (int x = 0; x < SIDE; x++) {
      assert_int_equal(grown[y * SIDE + x], (x - X) * (x - X) + (y - Y) * (y - Y) <= RADIUS * RADIUS);
    }
  }
  check_error(nodal_raster_morphology(&raster, NODAL_MORPHOLOGY_ERODE, 1025, 1, 1, 1, grown, &error), &error,
              NODAL_ERROR_ARGUMENT, "array: a radius of 1025 pixels is not 0 to 1024");
  check_error(nodal_raster_morphology(&raster, NODAL_MORPHOLOGY_ERODE, -1, 1, 1, 1, grown, &error), &error,
              NODAL_ERROR_ARGUMENT, "array: a radius of -1 pixels is not 0 to 1024");
  free(pixels);
  free(grown);
}

/* --- threshold --- */

typedef struct Limits {
  double low, high;
} Limits;

static bool write_threshold(const NodalRasterJob *job, const void *arguments, NodalError **error) {
  const Limits *limits = arguments;
  uint64_t count = 0, wanted = 0;
  bool done = nodal_raster_write_threshold(job, limits->low, limits->high, &count, error);
  for (size_t i = 0; i < pixel_count(); i++) {
    wanted += expected[i];
  }
  assert_int_equal(count, wanted);
  return done;
}

static void thresholds(void **state) {
  (void)state;
  static const double scales[] = {1, 256, 16777216, -0.001};
  static const Limits cases[] = {{1, 4},     {0, 1},   {-(double)INFINITY, 3}, {2, (double)INFINITY},
                                 {2, 2},     {0.5, 2}, {2.0001, 3.0001},       {-5, -1},
                                 {4e9, 5e9}, {0, 0},   {1, (double)INFINITY},  {-(double)INFINITY, (double)INFINITY}};
  picture_paint(&picture, 50, 40, 4);
  for (int d = 0; d < 4; d++) {
    NodalSlide *slide = picture_slide(&picture, (NodalDtype)d, 0.5, 0.5);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
      Limits limits = {cases[c].low * fabs(scales[d]), cases[c].high * fabs(scales[d])};
      for (size_t i = 0; i < pixel_count(); i++) {
        /* As the test's slides have it: value / 1000 as a float. */
        double value = d == NODAL_FLOAT32 ? (double)-((float)picture.pixels[i] / 1000) : picture.pixels[i] * scales[d];
        expected[i] = value >= limits.low && value < limits.high;
      }
      check_written(slide, write_threshold, &limits);
    }
    slide_close(slide);
  }
}

/* The definition in floating point, class by class. */
static double brute_otsu(int scale) {
  double best = -1, threshold = -1;
  for (int t = 1; t < 256; t++) {
    double n[2] = {0, 0}, sum[2] = {0, 0};
    for (size_t i = 0; i < pixel_count(); i++) {
      int upper = picture.pixels[i] >= t;
      n[upper]++;
      sum[upper] += picture.pixels[i];
    }
    if (n[0] > 0 && n[1] > 0) {
      double difference = sum[0] / n[0] - sum[1] / n[1], between = n[0] * n[1] * difference * difference;
      if (between > best * (1 + 1e-12)) {
        best = between;
        threshold = t;
      }
    }
  }
  return scale == 1 ? threshold : (threshold - 1) * scale + 1;
}

static void otsu(void **state) {
  (void)state;
  NodalError *error = NULL;
  for (int round = 0; round < 40; round++) {
    picture_paint(&picture, 20 + random_below(50), 20 + random_below(50), round % 2 ? 3 : 4);
    for (size_t i = 0; i < pixel_count() / 3; i++) {
      picture.pixels[i] = (uint8_t)(picture.pixels[i] / 2 + 100);
    }
    NodalDtype dtype = round % 4 < 2 ? NODAL_UINT8 : NODAL_UINT16;
    NodalSlide *slide = picture_slide(&picture, dtype, 0.5, 0.5);
    NodalRasterJob job = NODAL_RASTER_JOB_INIT;
    job.slide = slide;
    job.threads = 1 + round % 3;
    double threshold = 0;
    check_ok(nodal_raster_find_otsu(&job, &threshold, &error), &error);
    assert_true(threshold == brute_otsu(dtype == NODAL_UINT8 ? 1 : 256));
    slide_close(slide);
  }
}

static void refuses_otsu(void **state) {
  (void)state;
  NodalError *error = NULL;
  double threshold;
  char text[1000];
  NodalRasterJob job = NODAL_RASTER_JOB_INIT;
  picture_paint(&picture, 20, 20, 10);
  job.slide = picture_slide(&picture, NODAL_UINT8, 0, 0);
  snprintf(text, sizeof text, "%s: all pixels have one value", in_folder("source.tif"));
  check_error(nodal_raster_find_otsu(&job, &threshold, &error), &error, NODAL_ERROR_ARGUMENT, text);
  slide_close(job.slide);
  job.slide = picture_slide(&picture, NODAL_FLOAT32, 0, 0);
  snprintf(text, sizeof text, "%s: Otsu's threshold is of uint8 or uint16, not float32", in_folder("source.tif"));
  check_error(nodal_raster_find_otsu(&job, &threshold, &error), &error, NODAL_ERROR_UNSUPPORTED, text);
  slide_close(job.slide);
}

/* --- labels --- */

static bool write_relabeled(const NodalRasterJob *job, const void *arguments, NodalError **error) {
  uint32_t labels = 0;
  bool done = nodal_raster_write_relabeled(job, arguments, &labels, error);
  bool seen[256] = {false};
  uint32_t wanted = 0;
  for (size_t i = 0; i < pixel_count(); i++) {
    wanted += expected[i] != 0 && !seen[expected[i]];
    seen[expected[i]] = true;
  }
  const NodalRelabelOptions *options = arguments;
  assert_int_equal(labels, options->sequential || options->min_area_um2 > 0 ? wanted : 0);
  return done;
}

/* Areas of what is there now; small ones go, and the rest is numbered. */
static void brute_areas(double min_px, bool sequential) {
  int counts[256] = {0};
  uint8_t names[256] = {0}, next = 0;
  for (size_t i = 0; i < pixel_count(); i++) {
    counts[expected[i]]++;
  }
  for (int value = 1; value < 256; value++) {
    if (counts[value] > 0 && counts[value] >= min_px) {
      next++;
      names[value] = sequential ? next : (uint8_t)value;
    }
  }
  for (size_t i = 0; i < pixel_count(); i++) {
    expected[i] = names[expected[i]];
  }
}

static void labels(void **state) {
  (void)state;
  static const NodalLabelRange keep[] = {{7, 14}, {100, 200}}, remove[] = {{110, 120}, {14, 14}};
  static const NodalLabelRule rules[] = {{{150, 160}, 9}, {{155, 170}, 8}, {{0, 0}, 3}, {{9, 9}, 0}};
  for (int round = 0; round < 32; round++) {
    picture_paint(&picture, 20 + random_below(60), 20 + random_below(60), 4);
    NodalRelabelOptions options = {.min_area_um2 = round & 4 ? 20 * 0.5 * 0.25 : 0, .sequential = round & 8};
    if (round & 1) {
      options.keep = keep;
      options.keep_count = 2;
      options.remove = remove;
      options.remove_count = 2;
    }
    if (round & 2) {
      options.rules = rules;
      options.rule_count = 4;
    }
    for (size_t i = 0; i < pixel_count(); i++) {
      int v = picture.pixels[i];
      bool kept = ((v >= 7 && v <= 14) || (v >= 100 && v <= 200)) && !(v >= 110 && v <= 120) && v != 14;
      v = round & 1 && !kept ? 0 : v;
      if (round & 2) {
        v = v >= 150 && v <= 160 ? 9 : v > 160 && v <= 170 ? 8 : v == 0 ? 3 : v == 9 ? 0 : v;
      }
      expected[i] = (uint8_t)v;
    }
    if (round & 12) {
      brute_areas(round & 4 ? 20 : 0, options.sequential);
    }
    NodalSlide *slide = picture_slide(&picture, NODAL_UINT8, 0.5, 0.25);
    check_written(slide, write_relabeled, &options);
    slide_close(slide);
  }
}

/* Other types keep theirs, and get room where a label needs it. */
static void label_types(void **state) {
  (void)state;
  NodalError *error = NULL;
  static const NodalLabelRule small[] = {{{1, UINT32_MAX}, 255}}, large[] = {{{1, UINT32_MAX}, 70000}};
  picture_paint(&picture, 20, 20, 3);
  for (int d = 0; d < 3; d++) {
    NodalRasterJob job = NODAL_RASTER_JOB_INIT;
    job.slide = picture_slide(&picture, (NodalDtype)d, 0, 0);
    job.output = in_folder("types.tif");
    job.tile_size = 16;
    job.force = true;
    for (int i = 0; i < 2; i++) {
      NodalRelabelOptions options = {.rules = i ? large : small, .rule_count = 1};
      check_ok(nodal_raster_write_relabeled(&job, &options, NULL, &error), &error);
      NodalDtype dtype = i ? NODAL_UINT32 : (NodalDtype)d;
      void *pixels = read_back(job.output, dtype, 20, 20);
      for (int k = 0; k < 400; k++) {
        uint32_t value = dtype == NODAL_UINT8    ? ((uint8_t *)pixels)[k]
                         : dtype == NODAL_UINT16 ? ((uint16_t *)pixels)[k]
                                                 : ((uint32_t *)pixels)[k];
        assert_int_equal(value, picture.pixels[k] == 0 ? 0 : i ? 70000 : 255);
      }
      free(pixels);
    }
    char text[1000];
    snprintf(text, sizeof text, "%s: has no spacing", in_folder("source.tif"));
    NodalRelabelOptions options = {.min_area_um2 = 1};
    check_error(nodal_raster_write_relabeled(&job, &options, NULL, &error), &error, NODAL_ERROR_ARGUMENT, text);
    slide_close(job.slide);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fills),        cmocka_unit_test(morphology), cmocka_unit_test(morphology_of_slides),
      cmocka_unit_test(large_disk),   cmocka_unit_test(thresholds), cmocka_unit_test(otsu),
      cmocka_unit_test(refuses_otsu), cmocka_unit_test(labels),     cmocka_unit_test(label_types),
  };
  return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/pool.h"
#include "pyramid/convert.h"

#include <math.h>
#include <string.h>

/* Squares of level pixels; large against the tiles of slides, small against memory. */
enum { BLOCK_SIDE = 1024 };

/* Bytes of the blocks of one worker, at most; slides of many channels get smaller blocks. */
#define MAX_BLOCK_BYTES ((size_t)16 << 20)

/* What one block adds up to. The sums are in the order of its samples, and the blocks' sums are added in their order,
 * so the result does not depend on the number of threads. */
typedef struct Sums {
  double largest, absolute, squares;
} Sums;

typedef struct Comparison {
  NodalSlide *slide[2];
  int level;
  NodalLevel geometry;
  int64_t columns;
  int block_width, block_height;
  size_t pixel_size;
  int channels;
  NodalDtype dtype;
  uint8_t **buffers; /* two a worker */
  int threads;
  bool aligned[2]; /* no tile lies in two blocks, so the cache would only cost */
  Sums *results;   /* a ring as long as the window */
  int64_t result_count;
  Sums total;
} Comparison;

#define COMPARE_INTEGERS(NAME, TYPE)                                                                                   \
  static void NAME(const TYPE *a, const TYPE *b, size_t count, Sums *sums) {                                           \
    uint64_t largest = 0, absolute = 0;                                                                                \
    double squares = 0;                                                                                                \
    for (size_t i = 0; i < count; i++) {                                                                               \
      uint64_t difference = a[i] > b[i] ? (uint64_t)(a[i] - b[i]) : (uint64_t)(b[i] - a[i]);                           \
      largest = difference > largest ? difference : largest;                                                           \
      absolute += difference;                                                                                          \
      squares += (double)difference * (double)difference;                                                              \
    }                                                                                                                  \
    sums->largest = fmax(sums->largest, (double)largest);                                                              \
    sums->absolute += (double)absolute;                                                                                \
    sums->squares += squares;                                                                                          \
  }

COMPARE_INTEGERS(compare_uint16, uint16_t)
COMPARE_INTEGERS(compare_uint32, uint32_t)

static void compare_uint8(const uint8_t *a, const uint8_t *b, size_t count, Sums *sums) {
  uint64_t absolute = 0, squares = 0;
  int largest = 0;
  while (count > 0) {
    /* Short enough for 32-bit sums, which vectorise. */
    size_t run = count < 32768 ? count : 32768;
    uint32_t run_absolute = 0, run_squares = 0;
    for (size_t i = 0; i < run; i++) {
      int difference = a[i] - b[i];
      int size = difference < 0 ? -difference : difference;
      largest = size > largest ? size : largest;
      run_absolute += (uint32_t)size;
      run_squares += (uint32_t)(size * size);
    }
    absolute += run_absolute;
    squares += run_squares;
    a += run;
    b += run;
    count -= run;
  }
  sums->largest = fmax(sums->largest, largest);
  sums->absolute += (double)absolute;
  sums->squares += (double)squares;
}

/* Two NaN are equal; NaN and a number, or different infinities, are infinitely far apart. */
static void compare_float32(const float *a, const float *b, size_t count, Sums *sums) {
  for (size_t i = 0; i < count; i++) {
    double difference = fabs((double)a[i] - (double)b[i]);
    if (isnan(difference)) {
      difference = (isnan(a[i]) && isnan(b[i])) || a[i] == b[i] ? 0 : INFINITY;
    }
    sums->largest = fmax(sums->largest, difference);
    sums->absolute += difference;
    sums->squares += difference * difference;
  }
}

static void compare_row(NodalDtype dtype, const void *a, const void *b, size_t count, Sums *sums) {
  switch (dtype) {
  case NODAL_UINT8:
    compare_uint8(a, b, count, sums);
    break;
  case NODAL_UINT16:
    compare_uint16(a, b, count, sums);
    break;
  case NODAL_UINT32:
    compare_uint32(a, b, count, sums);
    break;
  case NODAL_FLOAT32:
    compare_float32(a, b, count, sums);
    break;
  }
}

static NodalRect block_at(const Comparison *comparison, int64_t index) {
  NodalRect block = {index % comparison->columns * comparison->block_width,
                     index / comparison->columns * comparison->block_height, comparison->block_width,
                     comparison->block_height};
  block.width = nodal_min64(block.width, comparison->geometry.width - block.x);
  block.height = nodal_min64(block.height, comparison->geometry.height - block.y);
  return block;
}

static bool work(void *user, int worker, int64_t index, NodalError **error) {
  Comparison *comparison = user;
  NodalRect block = block_at(comparison, index);
  size_t stride = (size_t)block.width * comparison->pixel_size;
  uint8_t **buffer = &comparison->buffers[2 * worker];
  Sums *sums = &comparison->results[index % comparison->result_count];
  *sums = (Sums){0};
  for (int i = 0; i < 2; i++) {
    if (!(comparison->aligned[i] ? nodal_slide_read_level_uncached : nodal_slide_read_level)(
            comparison->slide[i], comparison->level, block, NODAL_PIXELS_NATIVE, buffer[i], stride, error)) {
      return false;
    }
  }
  size_t samples = (size_t)block.width * (size_t)comparison->channels;
  for (size_t y = 0; y < (size_t)block.height; y++) {
    const uint8_t *a = buffer[0] + y * stride, *b = buffer[1] + y * stride;
    if (memcmp(a, b, stride) != 0) {
      compare_row(comparison->dtype, a, b, samples, sums);
    }
  }
  return true;
}

static bool commit(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  (void)error;
  Comparison *comparison = user;
  const Sums *sums = &comparison->results[index % comparison->result_count];
  comparison->total.largest = fmax(comparison->total.largest, sums->largest);
  comparison->total.absolute += sums->absolute;
  comparison->total.squares += sums->squares;
  return true;
}

static uint64_t weight(void *user, int64_t index) {
  NodalRect block = block_at(user, index);
  return (uint64_t)(block.width * block.height);
}

static bool check(const Comparison *comparison, NodalError **error) {
  NodalSlide *a = comparison->slide[0], *b = comparison->slide[1];
  const char *path_a = nodal_slide_path(a), *path_b = nodal_slide_path(b);
  NodalLevel level[2];
  for (int i = 0; i < 2; i++) {
    if (!nodal_slide_level(comparison->slide[i], comparison->level, &level[i])) {
      return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: there is no level %d, only 0 to %d",
                        nodal_slide_path(comparison->slide[i]), comparison->level,
                        nodal_slide_level_count(comparison->slide[i]) - 1);
    }
  }
  if (level[0].width != level[1].width || level[0].height != level[1].height) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s and %s: level %d is %lld x %lld and %lld x %lld pixels", path_a,
                      path_b, comparison->level, (long long)level[0].width, (long long)level[0].height,
                      (long long)level[1].width, (long long)level[1].height);
  }
  if (nodal_slide_channels(a) != nodal_slide_channels(b) || nodal_slide_dtype(a) != nodal_slide_dtype(b)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s and %s: %d channel%s of %s and %d of %s", path_a, path_b,
                      nodal_slide_channels(a), nodal_plural((uint64_t)nodal_slide_channels(a)),
                      nodal_dtype_name(nodal_slide_dtype(a)), nodal_slide_channels(b),
                      nodal_dtype_name(nodal_slide_dtype(b)));
  }
  return true;
}

static bool allocate(Comparison *comparison, int threads, int64_t window, NodalError **error) {
  comparison->threads = threads;
  comparison->result_count = window + 1;
  comparison->results = nodal_alloc_array((size_t)comparison->result_count, sizeof *comparison->results, error);
  comparison->buffers = nodal_alloc_array((size_t)threads * 2, sizeof *comparison->buffers, error);
  bool made = comparison->results && comparison->buffers;
  size_t bytes = (size_t)comparison->block_width * (size_t)comparison->block_height * comparison->pixel_size;
  for (int i = 0; made && i < 2 * threads; i++) {
    comparison->buffers[i] = nodal_alloc(bytes, error);
    made = comparison->buffers[i] != NULL;
  }
  return made;
}

static void release(Comparison *comparison) {
  for (int i = 0; comparison->buffers && i < 2 * comparison->threads; i++) {
    free(comparison->buffers[i]);
  }
  free(comparison->buffers);
  free(comparison->results);
}

static void shape_blocks(Comparison *comparison) {
  NodalSlide *slide = comparison->slide[0];
  comparison->channels = nodal_slide_channels(slide);
  comparison->dtype = nodal_slide_dtype(slide);
  comparison->pixel_size = nodal_slide_pixel_size(slide, NODAL_PIXELS_NATIVE);
  comparison->block_width = comparison->block_height = BLOCK_SIDE;
  while (comparison->block_height > 1 &&
         (size_t)comparison->block_width * (size_t)comparison->block_height * comparison->pixel_size >
             MAX_BLOCK_BYTES / 2) {
    comparison->block_height /= 2;
  }
}

static void note_alignment(Comparison *comparison) {
  for (int i = 0; i < 2; i++) {
    NodalLevel level;
    nodal_slide_level(comparison->slide[i], comparison->level, &level);
    comparison->aligned[i] =
        comparison->block_width % level.tile_width == 0 && comparison->block_height % level.tile_height == 0;
  }
}

static double largest_value(NodalDtype dtype) {
  switch (dtype) {
  case NODAL_UINT8:
    return UINT8_MAX;
  case NODAL_UINT16:
    return UINT16_MAX;
  case NODAL_UINT32:
    return UINT32_MAX;
  default:
    return 1;
  }
}

static NodalLevelDifference difference_of(const Comparison *comparison) {
  const NodalLevel *level = &comparison->geometry;
  double samples = (double)level->width * (double)level->height * comparison->channels;
  double mean_square = comparison->total.squares / samples, peak = largest_value(comparison->dtype);
  return (NodalLevelDifference){.max_difference = comparison->total.largest,
                                .mean_difference = comparison->total.absolute / samples,
                                .psnr_db = mean_square > 0 ? 10 * log10(peak * peak / mean_square) : (double)INFINITY};
}

bool nodal_compare_level(NodalSlide *a, NodalSlide *b, int level, int threads, const NodalProgress *progress,
                         NodalLevelDifference *difference, NodalError **error) {
  Comparison comparison = {.slide = {a, b}, .level = level};
  if (!check(&comparison, error)) {
    return false;
  }
  nodal_slide_level(a, level, &comparison.geometry);
  shape_blocks(&comparison);
  note_alignment(&comparison);
  comparison.columns = nodal_div_up(comparison.geometry.width, comparison.block_width);
  NodalPool *pool = nodal_pool_new(threads, error);
  if (!pool) {
    return false;
  }
  NodalPoolRun run = {.count = comparison.columns * nodal_div_up(comparison.geometry.height, comparison.block_height),
                      .work = work,
                      .commit = commit,
                      .weight = weight,
                      .user = &comparison,
                      .window = (int64_t)nodal_pool_threads(pool) * 4,
                      .progress = progress};
  bool compared =
      allocate(&comparison, nodal_pool_threads(pool), run.window, error) && nodal_pool_run(pool, &run, error);
  if (compared) {
    *difference = difference_of(&comparison);
  }
  release(&comparison);
  nodal_pool_free(pool);
  return compared;
}

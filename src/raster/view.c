/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/view.h"

#include "base/memory.h"
#include "pyramid/pyramid.h"
#include "slide/driver.h"

#include <math.h>
#include <string.h>

enum { WINDOW_PER_THREAD = 4 };

static bool is_size(int64_t width, int64_t height) {
  return width >= 1 && height >= 1 && width <= NODAL_RASTER_MAX_SIDE && height <= NODAL_RASTER_MAX_SIDE &&
         width * height <= NODAL_RASTER_MAX_AREA;
}

bool nodal_raster_check(const NodalRaster *raster, NodalError **error) {
  if (!is_size(raster->width, raster->height)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "an array of %lld x %lld pixels is none, or too large",
                      (long long)raster->width, (long long)raster->height);
  }
  if (raster->stride < (size_t)raster->width * nodal_dtype_size(raster->dtype) ||
      raster->stride % nodal_dtype_size(raster->dtype) != 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "rows of %zu bytes do not hold %lld samples of %s", raster->stride,
                      (long long)raster->width, nodal_dtype_name(raster->dtype));
  }
  return true;
}

bool nodal_raster_check_components(const char *name, const NodalComponentOptions *options, NodalDtype dtype,
                                   NodalError **error) {
  if (options->connectivity != 4 && options->connectivity != 8) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: connectivity is 4 or 8, not %d", name, options->connectivity);
  }
  if (options->by_value && dtype == NODAL_FLOAT32) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: values of float32 are no labels", name);
  }
  return true;
}

bool nodal_raster_check_spacing(double x, double y, NodalError **error) {
  return (isfinite(x) && isfinite(y) && x > 0 && y > 0) ||
         nodal_fail(error, NODAL_ERROR_ARGUMENT, "%g x %g is not a spacing", x, y);
}

/* --- input --- */

static bool choose_channel(NodalRasterView *view, const NodalRasterJob *job, NodalError **error) {
  view->channels = nodal_slide_channels(job->slide);
  view->channel = job->channel < 0 ? 0 : job->channel;
  if (job->channel < 0 && view->channels > 1) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: has %d channels, one must be chosen", view->name,
                      view->channels);
  }
  if (view->channel >= view->channels) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: no channel %d, only 0 to %d", view->name, view->channel,
                      view->channels - 1);
  }
  return true;
}

bool nodal_raster_view_open(NodalRasterView *view, const NodalRasterJob *job, NodalError **error) {
  NodalLevel level;
  *view = (NodalRasterView){.slide = job->slide,
                            .name = nodal_slide_path(job->slide),
                            .level = job->level,
                            .dtype = nodal_slide_dtype(job->slide),
                            .tile = job->tile_size};
  if (!nodal_slide_level(job->slide, job->level, &level)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: no level %d, only 0 to %d", view->name, job->level,
                      nodal_slide_level_count(job->slide) - 1);
  }
  if (job->tile_size < 16 || job->tile_size > 4096 || job->tile_size % 16 != 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: tiles of %d pixels are not 16 to 4096, a multiple of 16",
                      view->name, job->tile_size);
  }
  if (!is_size(level.width, level.height)) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s: level %d of %lld x %lld pixels is too large", view->name,
                      job->level, (long long)level.width, (long long)level.height);
  }
  view->width = level.width;
  view->height = level.height;
  view->downsample = level.downsample;
  view->columns = nodal_div_up(level.width, view->tile);
  view->rows = nodal_div_up(level.height, view->tile);
  view->aligned = view->tile % level.tile_width == 0 && view->tile % level.tile_height == 0;
  nodal_slide_spacing(job->slide, &view->spacing_x_um, &view->spacing_y_um);
  return choose_channel(view, job, error);
}

bool nodal_raster_view_spacing(const NodalRasterView *view, double *x_um, double *y_um, NodalError **error) {
  if (view->spacing_x_um <= 0 || view->spacing_y_um <= 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: has no spacing", view->name);
  }
  *x_um = view->spacing_x_um * view->downsample;
  *y_um = view->spacing_y_um * view->downsample;
  return true;
}

NodalRect nodal_raster_view_tile(const NodalRasterView *view, int64_t index) {
  NodalRect tile = {index % view->columns * view->tile, index / view->columns * view->tile, 0, 0};
  tile.width = nodal_min64(view->tile, view->width - tile.x);
  tile.height = nodal_min64(view->tile, view->height - tile.y);
  return tile;
}

#define TAKE_CHANNEL(NAME, TYPE)                                                                                       \
  static void NAME(const TYPE *from, int channels, TYPE *to, size_t count) {                                           \
    for (size_t i = 0; i < count; i++) {                                                                               \
      to[i] = from[i * (size_t)channels];                                                                              \
    }                                                                                                                  \
  }

TAKE_CHANNEL(take_8, uint8_t)
TAKE_CHANNEL(take_16, uint16_t)
TAKE_CHANNEL(take_32, uint32_t)

static void take_channel(const NodalRasterView *view, const uint8_t *from, uint8_t *to, size_t count) {
  size_t sample = nodal_dtype_size(view->dtype);
  from += (size_t)view->channel * sample;
  if (sample == 1) {
    take_8(from, view->channels, to, count);
  } else if (sample == 2) {
    take_16((const uint16_t *)(const void *)from, view->channels, (uint16_t *)(void *)to, count);
  } else {
    take_32((const uint32_t *)(const void *)from, view->channels, (uint32_t *)(void *)to, count);
  }
}

bool nodal_raster_view_read(const NodalRasterView *view, NodalRasterPatch *patch, NodalRect region, NodalRaster *raster,
                            NodalError **error) {
  size_t sample = nodal_dtype_size(view->dtype), count = (size_t)region.width * (size_t)region.height;
  size_t pixel = sample * (size_t)view->channels;
  *raster = (NodalRaster){
      .dtype = view->dtype, .width = region.width, .height = region.height, .stride = (size_t)region.width * sample};
  bool split = view->channels > 1;
  if (!nodal_grow_array(&patch->pixels, &patch->capacity, count * sample, 1, error) ||
      (split && !nodal_grow_array(&patch->interleaved, &patch->interleaved_capacity, count * pixel, 1, error))) {
    return false;
  }
  uint8_t *target = split ? patch->interleaved : patch->pixels;
  if (!(view->aligned ? nodal_slide_read_level_uncached : nodal_slide_read_level)(
          view->slide, view->level, region, NODAL_PIXELS_NATIVE, target, (size_t)region.width * pixel, error)) {
    return false;
  }
  if (split) {
    take_channel(view, patch->interleaved, patch->pixels, count);
  }
  raster->pixels = patch->pixels;
  return true;
}

void nodal_raster_patch_free(NodalRasterPatch *patch) {
  free(patch->pixels);
  free(patch->interleaved);
}

/* --- a pass over the tiles --- */

typedef struct Pass {
  const NodalRasterView *view;
  NodalTileWork work;
  NodalPoolCommit commit;
  void *user;
  NodalRasterPatch *patches;
} Pass;

static bool pass_work(void *user, int worker, int64_t index, NodalError **error) {
  Pass *pass = user;
  NodalRaster raster;
  return nodal_raster_view_read(pass->view, &pass->patches[worker], nodal_raster_view_tile(pass->view, index), &raster,
                                error) &&
         pass->work(pass->user, worker, index, &raster, error);
}

static bool pass_commit(void *user, int worker, int64_t index, NodalError **error) {
  Pass *pass = user;
  return !pass->commit || pass->commit(pass->user, worker, index, error);
}

static uint64_t pass_weight(void *user, int64_t index) {
  NodalRect tile = nodal_raster_view_tile(((const Pass *)user)->view, index);
  return (uint64_t)(tile.width * tile.height);
}

int64_t nodal_raster_window(const NodalPool *pool) {
  return (int64_t)nodal_pool_threads(pool) * WINDOW_PER_THREAD;
}

bool nodal_raster_each_tile(const NodalRasterView *view, NodalPool *pool, NodalTileWork work, NodalPoolCommit commit,
                            void *user, const NodalProgress *progress, NodalError **error) {
  Pass pass = {.view = view, .work = work, .commit = commit, .user = user};
  int threads = nodal_pool_threads(pool);
  pass.patches = nodal_alloc_array((size_t)threads, sizeof *pass.patches, error);
  if (!pass.patches) {
    return false;
  }
  NodalPoolRun run = {.count = view->columns * view->rows,
                      .work = pass_work,
                      .commit = pass_commit,
                      .weight = pass_weight,
                      .user = &pass,
                      .window = nodal_raster_window(pool),
                      .progress = progress};
  bool done = nodal_pool_run(pool, &run, error);
  for (int i = 0; i < threads; i++) {
    nodal_raster_patch_free(&pass.patches[i]);
  }
  free(pass.patches);
  return done;
}

static bool report_step(void *user, uint64_t done, uint64_t total) {
  const NodalRasterPasses *passes = user;
  uint64_t before = (uint64_t)(passes->index - 1) * total;
  return passes->progress->report(passes->progress->user, before + done, (uint64_t)passes->count * total);
}

const NodalProgress *nodal_raster_next_pass(NodalRasterPasses *passes) {
  passes->index++;
  passes->step = (NodalProgress){report_step, passes};
  return passes->progress ? &passes->step : NULL;
}

/* --- output --- */

NodalWriter *nodal_raster_writer_new(const NodalRasterJob *job, const NodalRasterView *view, NodalDtype dtype,
                                     NodalError **error) {
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = view->width;
  options.height = view->height;
  options.color = dtype == NODAL_FLOAT32 ? NODAL_COLOR_GRAY : NODAL_COLOR_LABEL;
  options.dtype = dtype;
  options.tile_size = job->tile_size;
  options.codec = job->codec;
  options.spacing_x_um = view->spacing_x_um * view->downsample;
  options.spacing_y_um = view->spacing_y_um * view->downsample;
  options.force = job->force;
  return nodal_writer_new(job->output, &options, error);
}

typedef struct Feeding {
  NodalTileFunction function;
  bool (*begin)(void *user, int worker, NodalRect area, NodalError **error);
  void *user;
  const NodalWriter *writer;
} Feeding;

static bool begin_block(void *user, int worker, NodalRect area, NodalError **error) {
  const Feeding *feeding = user;
  return feeding->begin(feeding->user, worker, area, error);
}

static bool produce_tile(void *user, int worker, NodalFeedTile *tile, NodalError **error) {
  const Feeding *feeding = user;
  memset(tile->pixels, 0, nodal_form_bytes(&feeding->writer->form));
  return feeding->function(feeding->user, worker, tile->column, tile->row, tile->pixels, tile->picture.stride[0],
                           error);
}

bool nodal_raster_write(NodalWriter *writer, NodalTileFunction function,
                        bool (*begin)(void *user, int worker, NodalRect area, NodalError **error), void *user,
                        NodalPool *pool, const NodalProgress *progress, NodalError **error) {
  Feeding feeding = {function, begin, user, writer};
  NodalTileFeed feed = {.user = &feeding, .begin = begin ? begin_block : NULL, .produce = produce_tile};
  return nodal_pyramid_write_all(writer, &feed, pool, progress, error) && nodal_writer_finish(writer, error);
}

typedef struct Mapping {
  const NodalRasterView *view;
  NodalTileMap map;
  void *user;
  NodalRasterPatch *patches; /* one a worker */
} Mapping;

static bool map_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                     NodalError **error) {
  Mapping *mapping = user;
  NodalRect area = nodal_raster_view_tile(mapping->view, row * mapping->view->columns + column);
  NodalRaster raster;
  return nodal_raster_view_read(mapping->view, &mapping->patches[worker], area, &raster, error) &&
         mapping->map(mapping->user, worker, &raster, pixels, stride, error);
}

bool nodal_raster_map(NodalWriter *writer, const NodalRasterView *view, NodalTileMap map, void *user, NodalPool *pool,
                      const NodalProgress *progress, NodalError **error) {
  int threads = nodal_pool_threads(pool);
  Mapping mapping = {.view = view,
                     .map = map,
                     .user = user,
                     .patches = nodal_alloc_array((size_t)threads, sizeof *mapping.patches, error)};
  bool done = mapping.patches && nodal_raster_write(writer, map_tile, NULL, &mapping, pool, progress, error);
  for (int i = 0; mapping.patches && i < threads; i++) {
    nodal_raster_patch_free(&mapping.patches[i]);
  }
  free(mapping.patches);
  return done;
}

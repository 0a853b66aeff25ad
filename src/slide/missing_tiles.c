/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/missing_tiles.h"

#include "base/memory.h"
#include "slide/geometry.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* Real files stay far below: a tile takes 16 times its own pixels, and there are three levels or four. */
enum { MAX_SOURCE_BYTES = 48 << 20, MAX_LEVELS = 16 };

/* EMPTY: missing, and nothing that it covers in the level above is there either. */
enum { THERE, MISSING, EMPTY };

struct NodalMissingTiles {
  NodalTileIsThere is_there;
  pthread_mutex_t lock;
  bool known;
  int level_count;
  uint8_t *states[MAX_LEVELS]; /* of each level, one a tile, row-major; all in one piece of memory */
};

static int64_t tiles_across(const NodalLevel *level) {
  return nodal_div_up(level->width, level->tile_width);
}

static int64_t tile_count(const NodalLevel *level) {
  return tiles_across(level) * nodal_div_up(level->height, level->tile_height);
}

NodalMissingTiles *nodal_missing_tiles_new(const NodalSlide *slide, NodalTileIsThere is_there, NodalError **error) {
  NodalMissingTiles *missing = nodal_alloc_array(1, sizeof *missing, error);
  if (!missing) {
    return NULL;
  }
  missing->is_there = is_there;
  missing->level_count = slide->level_count < MAX_LEVELS ? slide->level_count : MAX_LEVELS;
  size_t size = 0;
  for (int i = 0; i < missing->level_count; i++) {
    size += (size_t)tile_count(&slide->levels[i]);
  }
  missing->states[0] = nodal_alloc_array(size, 1, error);
  if (!missing->states[0]) {
    free(missing);
    return NULL;
  }
  for (int i = 1; i < missing->level_count; i++) {
    missing->states[i] = missing->states[i - 1] + tile_count(&slide->levels[i - 1]);
  }
  pthread_mutex_init(&missing->lock, NULL);
  return missing;
}

void nodal_missing_tiles_free(NodalMissingTiles *missing) {
  if (missing) {
    pthread_mutex_destroy(&missing->lock);
    free(missing->states[0]);
    free(missing);
  }
}

static double ratio_above(const NodalSlide *slide, int level) {
  return slide->levels[level].downsample / slide->levels[level - 1].downsample;
}

/* The smallest rectangle of the level above that holds all that `area` of `level` covers; false if there is nothing. */
static bool area_above(const NodalSlide *slide, int level, NodalRect area, NodalRect *above) {
  const NodalLevel *finer = &slide->levels[level - 1];
  double ratio = ratio_above(slide, level);
  int64_t left = (int64_t)floor((double)area.x * ratio), top = (int64_t)floor((double)area.y * ratio);
  int64_t right = (int64_t)ceil((double)(area.x + area.width) * ratio);
  int64_t bottom = (int64_t)ceil((double)(area.y + area.height) * ratio);
  NodalRect bounds = {0, 0, finer->width, finer->height};
  return nodal_rect_intersect((NodalRect){left, top, right - left, bottom - top}, bounds, above);
}

/* The tiles that hold `area` of a level, as a rectangle of tiles. */
static NodalRect tiles_of(const NodalLevel *level, NodalRect area) {
  int64_t column = area.x / level->tile_width, row = area.y / level->tile_height;
  return (NodalRect){column, row, (area.x + area.width - 1) / level->tile_width - column + 1,
                     (area.y + area.height - 1) / level->tile_height - row + 1};
}

/* --- which tiles are missing --- */

static int state_of(const NodalMissingTiles *missing, const NodalSlide *slide, int level, int64_t index, bool there) {
  if (level == 0) {
    return there ? THERE : EMPTY;
  }
  const NodalLevel *own = &slide->levels[level], *finer = &slide->levels[level - 1];
  NodalRect area = {index % tiles_across(own) * own->tile_width, index / tiles_across(own) * own->tile_height,
                    own->tile_width, own->tile_height};
  bool any_there = false, any_missing = !there;
  if (area_above(slide, level, area, &area)) {
    NodalRect tiles = tiles_of(finer, area);
    for (int64_t i = 0; i < tiles.width * tiles.height; i++) {
      int64_t row = tiles.y + i / tiles.width, column = tiles.x + i % tiles.width;
      int state = missing->states[level - 1][row * tiles_across(finer) + column];
      any_missing = any_missing || state != THERE;
      any_there = any_there || state != EMPTY;
    }
  }
  return !any_missing ? THERE : any_there ? MISSING : EMPTY;
}

static bool look_up_all(NodalMissingTiles *missing, NodalSlide *slide, NodalError **error) {
  for (int level = 0; level < missing->level_count; level++) {
    int64_t count = tile_count(&slide->levels[level]);
    for (int64_t i = 0; i < count; i++) {
      bool there;
      if (!missing->is_there(slide, level, i, &there, error)) {
        return false;
      }
      missing->states[level][i] = (uint8_t)state_of(missing, slide, level, i, there);
    }
  }
  return true;
}

bool nodal_missing_tiles_get(NodalMissingTiles *missing, NodalSlide *slide, int level, int64_t column, int64_t row,
                             bool *is_missing, NodalError **error) {
  *is_missing = false;
  if (level == 0 || level >= missing->level_count) {
    return true;
  }
  pthread_mutex_lock(&missing->lock);
  missing->known = missing->known || look_up_all(missing, slide, error);
  bool known = missing->known;
  pthread_mutex_unlock(&missing->lock);
  *is_missing = known && missing->states[level][row * tiles_across(&slide->levels[level]) + column] != THERE;
  return known;
}

/* --- a missing tile --- */

static bool read_above(NodalSlide *slide, int level, NodalRect area, uint8_t *pixels, NodalError **error) {
  const NodalLevel *geometry = &slide->levels[level];
  size_t pixel = nodal_slide_native_size(slide), stride = (size_t)area.width * pixel;
  NodalRect tiles = tiles_of(geometry, area);
  for (int64_t i = 0; i < tiles.width * tiles.height; i++) {
    int64_t column = tiles.x + i % tiles.width, row = tiles.y + i / tiles.width;
    NodalRect part, tile = {column * geometry->tile_width, row * geometry->tile_height, geometry->tile_width,
                            geometry->tile_height};
    nodal_rect_intersect(tile, area, &part);
    uint8_t *to = pixels + (size_t)(part.y - area.y) * stride + (size_t)(part.x - area.x) * pixel;
    part.x -= tile.x;
    part.y -= tile.y;
    NodalTileState state = NODAL_TILE_PRESENT;
    if (!slide->driver->read_tile(slide, level, column, row, part, to, stride, &state, error)) {
      return false;
    }
    if (state == NODAL_TILE_ABSENT) {
      nodal_slide_fill_background(slide, NODAL_PIXELS_NATIVE, to, stride, part.width, part.height);
    }
  }
  return true;
}

/* The pixels of the level above along one axis that an output pixel covers, and how much of the first and last. */
typedef struct Cover {
  int64_t first, count; /* counted from the start of what was read */
  double first_weight, last_weight;
} Cover;

static Cover cover_of(int64_t at, double ratio, int64_t start, int64_t length) {
  double from = fmax((double)at * ratio, (double)start);
  double to = fmin((double)(at + 1) * ratio, (double)(start + length));
  if (to <= from) {
    return (Cover){0};
  }
  int64_t first = (int64_t)floor(from), end = (int64_t)ceil(to);
  return (Cover){first - start, end - first, (double)first + 1 - from, to - (double)(end - 1)};
}

static double weight_of(const Cover *cover, int64_t i) {
  if (cover->count == 1) {
    return 1;
  }
  return i == 0 ? cover->first_weight : i == cover->count - 1 ? cover->last_weight : 1;
}

/* Means of what each pixel of `to` (at `place` in its level) covers of `from` (at `area` in the level above). */
static void shrink(const uint8_t *from, NodalRect area, double ratio, size_t channels, NodalRect place, uint8_t *to,
                   size_t stride) {
  for (int64_t y = 0; y < place.height; y++) {
    Cover rows = cover_of(place.y + y, ratio, area.y, area.height);
    for (int64_t x = 0; x < place.width; x++) {
      Cover columns = cover_of(place.x + x, ratio, area.x, area.width);
      double sums[4] = {0}, total = 0;
      for (int64_t i = 0; i < rows.count; i++) {
        const uint8_t *pixel = from + (size_t)((rows.first + i) * area.width + columns.first) * channels;
        for (int64_t k = 0; k < columns.count; k++, pixel += channels) {
          double weight = weight_of(&rows, i) * weight_of(&columns, k);
          total += weight;
          for (size_t c = 0; c < channels; c++) {
            sums[c] += weight * pixel[c];
          }
        }
      }
      for (size_t c = 0; c < channels && total > 0; c++) {
        to[(size_t)y * stride + (size_t)x * channels + c] = (uint8_t)(sums[c] / total + 0.5);
      }
    }
  }
}

bool nodal_missing_tiles_read(NodalMissingTiles *missing, NodalSlide *slide, int level, int64_t column, int64_t row,
                              NodalRect part, void *pixels, size_t stride, NodalTileState *state, NodalError **error) {
  const NodalLevel *geometry = &slide->levels[level];
  NodalRect place = {column * geometry->tile_width + part.x, row * geometry->tile_height + part.y, part.width,
                     part.height};
  NodalRect area;
  if (missing->states[level][row * tiles_across(geometry) + column] == EMPTY ||
      !area_above(slide, level, place, &area)) {
    *state = NODAL_TILE_ABSENT;
    return true;
  }
  size_t channels = (size_t)slide->channels, size;
  if (!nodal_mul_size((size_t)area.width, (size_t)area.height, &size) || !nodal_mul_size(size, channels, &size) ||
      size > MAX_SOURCE_BYTES) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED,
                      "%s: level %d, tile %lld,%lld: is missing and too large to be made from level %d",
                      nodal_slide_path(slide), level, (long long)column, (long long)row, level - 1);
  }
  uint8_t *above = nodal_alloc(size, error);
  bool ok = above && read_above(slide, level - 1, area, above, error);
  if (ok) {
    nodal_slide_fill_background(slide, NODAL_PIXELS_NATIVE, pixels, stride, part.width, part.height);
    shrink(above, area, ratio_above(slide, level), channels, place, pixels, stride);
  }
  free(above);
  return ok;
}

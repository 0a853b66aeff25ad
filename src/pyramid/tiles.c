/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "pyramid/pyramid.h"

#include <math.h>
#include <string.h>

enum { KIND_CONSTANT = 1 };

void nodal_pyramid_inside(const NodalWriter *writer, int level, int64_t column, int64_t row, int64_t *width,
                          int64_t *height) {
  const NodalPyramidLevel *shape = &writer->levels[level];
  int64_t side = writer->form.side;
  *width = nodal_min64(side, shape->width - column * side);
  *height = nodal_min64(side, shape->height - row * side);
}

bool nodal_pyramid_encode(const NodalWriter *writer, const uint8_t *pixels, NodalBytes *bytes, NodalError **error) {
  bool encoded;
  if (writer->form.planes) {
    NodalPicture picture = nodal_picture_at(&writer->form, (void *)(uintptr_t)pixels);
    NodalPlanes planes = {.width = writer->form.side, .height = writer->form.side};
    for (int i = 0; i < 3; i++) {
      planes.plane[i] = picture.plane[i];
      planes.stride[i] = picture.stride[i];
    }
    encoded = nodal_codec_encode_planes(&writer->encoding, &planes, bytes, error);
  } else {
    size_t stride = (size_t)writer->form.side * writer->form.pixel_size;
    encoded = nodal_codec_encode(&writer->encoding, pixels, stride, bytes, error);
  }
  if (!encoded) {
    nodal_error_prefix(error, "%s", nodal_output_name(writer->output));
  }
  return encoded;
}

/* Encodes and appends a tile of one value. Rare: once a value. */
static bool store_constant(NodalWriter *writer, const uint8_t *value, NodalPlace *place, NodalError **error) {
  uint8_t *pixels = nodal_alloc(writer->tile_bytes, error);
  if (!pixels) {
    return false;
  }
  NodalPicture picture = nodal_picture_at(&writer->form, pixels);
  nodal_picture_fill(&writer->form, &picture, writer->form.side, value);
  NodalBytes bytes = {0};
  bool stored = nodal_pyramid_encode(writer, pixels, &bytes, error) &&
                nodal_tiff_writer_append(writer->tiff, bytes.data, bytes.size, &place->offset, error);
  place->size = bytes.size;
  free(bytes.data);
  free(pixels);
  return stored;
}

bool nodal_pyramid_constant_place(NodalWriter *writer, const uint8_t *value, NodalPlace *place, NodalError **error) {
  size_t size = writer->form.pixel_size;
  pthread_mutex_lock(&writer->lock);
  bool found = nodal_shared_find(&writer->shared, KIND_CONSTANT, value, size, place) ||
               (store_constant(writer, value, place, error) &&
                nodal_shared_add(&writer->shared, KIND_CONSTANT, value, size, *place, error));
  pthread_mutex_unlock(&writer->lock);
  return found;
}

void nodal_pyramid_set_place(NodalWriter *writer, int level, int64_t column, int64_t row, NodalPlace place) {
  const NodalPyramidLevel *shape = &writer->levels[level];
  nodal_tiff_writer_set_block(writer->tiff, shape->directory, (uint64_t)(row * shape->columns + column), place.offset,
                              place.size);
}

/* Notes that a tile has come; false if it had already. The lock is held. */
static bool claim(NodalWriter *writer, int level, int64_t column, int64_t row) {
  NodalPyramidLevel *shape = &writer->levels[level];
  if (!shape->given) {
    return true;
  }
  size_t index = (size_t)(row * shape->columns + column);
  uint8_t bit = (uint8_t)(1u << (index & 7));
  bool first = !(shape->given[index >> 3] & bit);
  shape->given[index >> 3] |= bit;
  return first;
}

static bool write_parent(NodalWriter *writer, const NodalPendingTile *tile, NodalBytes *bytes, NodalError **error) {
  uint8_t value[NODAL_PICTURE_MAX_PIXEL];
  NodalPlace place;
  if (nodal_picture_constant(&writer->form, tile->pixels, value)) {
    if (!nodal_pyramid_constant_place(writer, value, &place, error)) {
      return false;
    }
  } else {
    if (!nodal_pyramid_encode(writer, tile->pixels, bytes, error) ||
        !nodal_tiff_writer_append(writer->tiff, bytes->data, bytes->size, &place.offset, error)) {
      return false;
    }
    place.size = bytes->size;
  }
  nodal_pyramid_set_place(writer, tile->level, tile->column, tile->row, place);
  return true;
}

/* --- parents that wait for children --- */

static size_t bucket_of(int level, int64_t column, int64_t row) {
  uint64_t key = (uint64_t)column * 0x9e3779b97f4a7c15u ^ ((uint64_t)row + (uint64_t)level) * 0xc2b2ae3d27d4eb4fu;
  return (size_t)(key >> 40) % NODAL_PENDING_BUCKETS;
}

unsigned nodal_pyramid_children(const NodalWriter *writer, int level, int64_t column, int64_t row) {
  const NodalPyramidLevel *below = &writer->levels[level - 1];
  bool right = 2 * column + 1 < below->columns, down = 2 * row + 1 < below->rows;
  return 1u | (right ? 2u : 0) | (down ? 4u : 0) | (right && down ? 8u : 0);
}

static NodalPendingTile **find_pending(NodalWriter *writer, int level, int64_t column, int64_t row) {
  NodalPendingTile **at = &writer->pending[bucket_of(level, column, row)];
  while (*at && !((*at)->level == level && (*at)->column == column && (*at)->row == row)) {
    at = &(*at)->next;
  }
  return at;
}

static NodalPendingTile *new_pending(NodalWriter *writer, NodalError **error) {
  NodalPendingTile *tile = writer->idle_pending;
  if (tile) {
    writer->idle_pending = tile->next;
    return tile;
  }
  tile = nodal_alloc_array(1, sizeof *tile, error);
  if (tile && !(tile->pixels = nodal_alloc(writer->tile_bytes, error))) {
    free(tile);
    tile = NULL;
  }
  return tile;
}

/* The waiting parent, made if it is not there. */
static NodalPendingTile *get_pending(NodalWriter *writer, int level, int64_t column, int64_t row, NodalError **error) {
  pthread_mutex_lock(&writer->lock);
  NodalPendingTile **at = find_pending(writer, level, column, row), *tile = *at;
  if (!tile) {
    tile = new_pending(writer, error);
    if (tile) {
      *tile = (NodalPendingTile){.level = level, .column = column, .row = row, .pixels = tile->pixels};
      *at = tile;
    }
  }
  pthread_mutex_unlock(&writer->lock);
  return tile;
}

/* Notes a child; true when it was the last one, and the parent is then the caller's alone. */
static bool arrive(NodalWriter *writer, NodalPendingTile *tile, unsigned child) {
  pthread_mutex_lock(&writer->lock);
  tile->arrived |= child;
  bool last = tile->arrived == nodal_pyramid_children(writer, tile->level, tile->column, tile->row);
  if (last) {
    *find_pending(writer, tile->level, tile->column, tile->row) = tile->next;
    claim(writer, tile->level, tile->column, tile->row);
  }
  pthread_mutex_unlock(&writer->lock);
  return last;
}

static void retire(NodalWriter *writer, NodalPendingTile *tile) {
  if (tile) {
    pthread_mutex_lock(&writer->lock);
    tile->next = writer->idle_pending;
    writer->idle_pending = tile;
    pthread_mutex_unlock(&writer->lock);
  }
}

/*
 * Halves a tile, all of `value` if there is one, into its parent; `*parent` is the parent if that made it complete,
 * else NULL.
 */
static bool give_to_parent(NodalWriter *writer, int level, int64_t column, int64_t row, const uint8_t *pixels,
                           const uint8_t *value, NodalPendingTile **parent, NodalError **error) {
  *parent = NULL;
  if (level + 1 >= writer->level_count) {
    return true;
  }
  NodalPendingTile *tile = get_pending(writer, level + 1, column >> 1, row >> 1, error);
  if (!tile) {
    return false;
  }
  int dx = (int)(column & 1), dy = (int)(row & 1);
  NodalPicture whole = nodal_picture_at(&writer->form, tile->pixels);
  NodalPicture quarter = nodal_picture_quarter(&writer->form, &whole, dx, dy);
  if (value) {
    nodal_picture_fill(&writer->form, &quarter, writer->form.side / 2, value);
  } else {
    NodalPicture from = nodal_picture_at(&writer->form, (void *)(uintptr_t)pixels);
    nodal_picture_halve(&writer->form, &from, &quarter);
  }
  if (arrive(writer, tile, 1u << (dx + 2 * dy))) {
    *parent = tile;
  }
  return true;
}

/* Writes a complete parent and goes on upwards from it. Takes it over. */
static bool climb(NodalWriter *writer, NodalPendingTile *tile, NodalBytes *bytes, NodalError **error) {
  bool going = true;
  while (going && tile) {
    NodalPicture picture = nodal_picture_at(&writer->form, tile->pixels);
    NodalPendingTile *parent = NULL;
    int64_t width, height;
    nodal_pyramid_inside(writer, tile->level, tile->column, tile->row, &width, &height);
    nodal_picture_extend(&writer->form, &picture, width, height);
    going = write_parent(writer, tile, bytes, error) &&
            give_to_parent(writer, tile->level, tile->column, tile->row, tile->pixels, NULL, &parent, error);
    retire(writer, tile);
    tile = parent;
  }
  return going;
}

bool nodal_pyramid_push_up(NodalWriter *writer, int level, int64_t column, int64_t row, const uint8_t *pixels,
                           const uint8_t *value, NodalBytes *bytes, NodalError **error) {
  NodalPendingTile *parent;
  return give_to_parent(writer, level, column, row, pixels, value, &parent, error) &&
         climb(writer, parent, bytes, error);
}

void nodal_pyramid_free_pending(NodalWriter *writer) {
  for (int i = 0; i <= NODAL_PENDING_BUCKETS; i++) {
    NodalPendingTile *tile = i < NODAL_PENDING_BUCKETS ? writer->pending[i] : writer->idle_pending;
    while (tile) {
      NodalPendingTile *next = tile->next;
      free(tile->pixels);
      free(tile);
      tile = next;
    }
  }
}

/* --- single tiles from the caller --- */

void nodal_pyramid_widen_range(NodalWriter *writer, double minimum, double maximum) {
  pthread_mutex_lock(&writer->lock);
  writer->minimum = fmin(writer->minimum, minimum);
  writer->maximum = fmax(writer->maximum, maximum);
  pthread_mutex_unlock(&writer->lock);
}

/* The lock is held. */
static bool make_maps(NodalWriter *writer, NodalError **error) {
  for (int k = 0; k < writer->level_count; k++) {
    NodalPyramidLevel *shape = &writer->levels[k];
    if (!shape->given) {
      shape->given = nodal_alloc_array((size_t)(shape->columns * shape->rows) / 8 + 1, 1, error);
      if (!shape->given) {
        return false;
      }
    }
  }
  return true;
}

static bool admit(NodalWriter *writer, int64_t column, int64_t row, NodalError **error) {
  const char *name = nodal_output_name(writer->output);
  const NodalPyramidLevel *shape = &writer->levels[0];
  if (writer->kept || writer->complete || writer->finished || writer->failed) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: takes no more tiles", name);
  }
  if (column < 0 || row < 0 || column >= shape->columns || row >= shape->rows) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: there is no tile %lld, %lld", name, (long long)column,
                      (long long)row);
  }
  if (!make_maps(writer, error)) {
    return false;
  }
  if (!claim(writer, 0, column, row)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: tile %lld, %lld was given before", name, (long long)column,
                      (long long)row);
  }
  writer->any_tile = true;
  return true;
}

static NodalTileScratch *take_scratch(NodalWriter *writer, NodalError **error) {
  pthread_mutex_lock(&writer->lock);
  NodalTileScratch *scratch = writer->idle_scratch;
  if (scratch) {
    writer->idle_scratch = scratch->next;
  }
  pthread_mutex_unlock(&writer->lock);
  if (!scratch) {
    scratch = nodal_alloc_array(1, sizeof *scratch, error);
    if (scratch && !(scratch->pixels = nodal_alloc(writer->tile_bytes, error))) {
      free(scratch);
      scratch = NULL;
    }
  }
  return scratch;
}

static void put_back(NodalWriter *writer, NodalTileScratch *scratch) {
  pthread_mutex_lock(&writer->lock);
  scratch->next = writer->idle_scratch;
  writer->idle_scratch = scratch;
  pthread_mutex_unlock(&writer->lock);
}

static bool take_tile(NodalWriter *writer, int64_t column, int64_t row, const uint8_t *from, size_t stride,
                      NodalTileScratch *scratch, NodalError **error) {
  const NodalForm *form = &writer->form;
  NodalPicture picture = nodal_picture_at(form, scratch->pixels);
  int64_t width, height;
  nodal_pyramid_inside(writer, 0, column, row, &width, &height);
  for (size_t y = 0; y < (size_t)height; y++) {
    memcpy(picture.plane[0] + y * picture.stride[0], from + y * stride, (size_t)width * form->pixel_size);
  }
  if (writer->tracks_range) {
    double minimum = INFINITY, maximum = -INFINITY;
    nodal_picture_range(form, &picture, width, height, &minimum, &maximum);
    nodal_pyramid_widen_range(writer, minimum, maximum);
  }
  nodal_picture_extend(form, &picture, width, height);
  NodalPendingTile tile = {.level = 0, .column = column, .row = row, .pixels = scratch->pixels};
  return write_parent(writer, &tile, &scratch->bytes, error) &&
         nodal_pyramid_push_up(writer, 0, column, row, scratch->pixels, NULL, &scratch->bytes, error);
}

bool nodal_writer_write_tile(NodalWriter *writer, int64_t column, int64_t row, const void *pixels, size_t stride,
                             NodalError **error) {
  pthread_mutex_lock(&writer->lock);
  bool admitted = admit(writer, column, row, error);
  pthread_mutex_unlock(&writer->lock);
  if (!admitted) {
    return false;
  }
  NodalTileScratch *scratch = take_scratch(writer, error);
  bool taken = scratch && take_tile(writer, column, row, pixels, stride, scratch, error);
  if (scratch) {
    put_back(writer, scratch);
  }
  if (!taken) {
    pthread_mutex_lock(&writer->lock);
    writer->failed = true;
    pthread_mutex_unlock(&writer->lock);
  }
  return taken;
}

/* --- what was never given --- */

/* Takes a waiting parent of this level out of the map, whichever comes first from `*bucket` on. */
static NodalPendingTile *next_waiting(NodalWriter *writer, int level, size_t *bucket) {
  for (; *bucket < NODAL_PENDING_BUCKETS; ++*bucket) {
    for (NodalPendingTile **at = &writer->pending[*bucket]; *at; at = &(*at)->next) {
      if ((*at)->level == level) {
        NodalPendingTile *tile = *at;
        *at = tile->next;
        claim(writer, level, tile->column, tile->row);
        return tile;
      }
    }
  }
  return NULL;
}

static bool complete_waiting(NodalWriter *writer, int level, NodalBytes *bytes, NodalError **error) {
  size_t bucket = 0;
  NodalPendingTile *tile;
  while ((tile = next_waiting(writer, level, &bucket)) != NULL) {
    unsigned missing = ~tile->arrived & nodal_pyramid_children(writer, level, tile->column, tile->row);
    NodalPicture whole = nodal_picture_at(&writer->form, tile->pixels);
    for (int child = 0; child < 4; child++) {
      if (missing & (1u << child)) {
        NodalPicture quarter = nodal_picture_quarter(&writer->form, &whole, child & 1, child >> 1);
        nodal_picture_fill(&writer->form, &quarter, writer->form.side / 2, writer->background);
      }
    }
    if (!climb(writer, tile, bytes, error)) {
      return false;
    }
  }
  return true;
}

/* A tile of which nothing came is background, and so are its descendants: nothing has to be halved. */
static bool fill_level(NodalWriter *writer, int level, NodalError **error) {
  NodalPyramidLevel *shape = &writer->levels[level];
  NodalPlace place = {0, 0};
  for (int64_t row = 0; row < shape->rows; row++) {
    for (int64_t column = 0; column < shape->columns; column++) {
      if (!claim(writer, level, column, row)) {
        continue;
      }
      if (place.size == 0 && !nodal_pyramid_constant_place(writer, writer->background, &place, error)) {
        return false;
      }
      nodal_pyramid_set_place(writer, level, column, row, place);
    }
  }
  if (level == 0 && place.size > 0 && writer->tracks_range) {
    NodalPicture pixel = {{writer->background, NULL, NULL}, {writer->form.pixel_size, 0, 0}};
    nodal_picture_range(&writer->form, &pixel, 1, 1, &writer->minimum, &writer->maximum);
  }
  return true;
}

bool nodal_pyramid_fill_missing(NodalWriter *writer, NodalError **error) {
  NodalBytes bytes = {0};
  bool filled = make_maps(writer, error);
  for (int k = 0; filled && k < writer->level_count; k++) {
    filled = (k == 0 || complete_waiting(writer, k, &bytes, error)) && fill_level(writer, k, error);
  }
  free(bytes.data);
  return filled;
}

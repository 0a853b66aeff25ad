/* SPDX-License-Identifier: Apache-2.0 */
#include "pyramid/bands.h"

#include "base/memory.h"

#include <string.h>

#define BAND_BYTES ((size_t)48 << 20)
/* What several threads may hold of decoded strips at once; one thread may always decode one. */
#define STRIPS_BYTES ((size_t)64 << 20)

enum { SLOTS = 2 };

typedef struct Band {
  uint8_t *pixels;
  int64_t index;     /* row by row; -1: the slot is free */
  NodalRect area;    /* pixels of the output */
  int64_t next;      /* first row that nobody reads yet */
  int readers;       /* threads that are reading rows */
  int64_t tiles;     /* that have not been asked for, or are being copied */
  NodalError *error; /* of the first rows that could not be read */
} Band;

struct NodalBands {
  const NodalConversion *conversion;
  size_t pixel_size, stride;
  int64_t columns;          /* tiles across the output */
  int64_t across, per_band; /* bands a row, tiles a band */
  int64_t strip_height;
  int most_readers;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  Band slots[SLOTS];
};

NodalBands *nodal_bands_new(const NodalConversion *conversion, NodalError **error) {
  NodalBands *bands = nodal_alloc_array(1, sizeof *bands, error);
  if (!bands) {
    return NULL;
  }
  NodalLevel level;
  nodal_slide_level(conversion->slide, 0, &level);
  int64_t side = conversion->tile_size;
  bands->conversion = conversion;
  bands->pixel_size = nodal_slide_pixel_size(conversion->slide, conversion->format);
  bands->columns = nodal_div_up(conversion->width, side);
  size_t tile_bytes = (size_t)side * (size_t)side * bands->pixel_size;
  int64_t fitting = nodal_max64((int64_t)(BAND_BYTES / tile_bytes), 1);
  bands->across = nodal_div_up(bands->columns, fitting);
  bands->per_band = nodal_div_up(bands->columns, bands->across);
  bands->stride = (size_t)(bands->per_band * side) * bands->pixel_size;
  bands->strip_height = level.tile_height;
  size_t strip_bytes =
      (size_t)level.tile_width * (size_t)level.tile_height * nodal_slide_native_size(conversion->slide);
  bands->most_readers = (int)nodal_max64((int64_t)(STRIPS_BYTES / strip_bytes), 1);
  pthread_mutex_init(&bands->lock, NULL);
  pthread_cond_init(&bands->changed, NULL);
  for (int i = 0; i < SLOTS; i++) {
    bands->slots[i].index = -1;
    bands->slots[i].pixels = nodal_alloc_array((size_t)side, bands->stride, error);
    if (!bands->slots[i].pixels) {
      nodal_bands_free(bands);
      return NULL;
    }
  }
  return bands;
}

void nodal_bands_free(NodalBands *bands) {
  if (!bands) {
    return;
  }
  for (int i = 0; i < SLOTS; i++) {
    free(bands->slots[i].pixels);
    nodal_error_free(bands->slots[i].error);
  }
  pthread_cond_destroy(&bands->changed);
  pthread_mutex_destroy(&bands->lock);
  free(bands);
}

static void start_band(NodalBands *bands, Band *band, int64_t index) {
  const NodalConversion *conversion = bands->conversion;
  int64_t side = conversion->tile_size, column = index % bands->across * bands->per_band;
  band->index = index;
  band->area = (NodalRect){column * side, index / bands->across * side, bands->per_band * side, side};
  band->area.width = nodal_min64(band->area.width, conversion->width - band->area.x);
  band->area.height = nodal_min64(band->area.height, conversion->height - band->area.y);
  band->next = 0;
  band->readers = 0;
  band->tiles = nodal_min64(bands->per_band, bands->columns - column);
  nodal_error_free(band->error);
  band->error = NULL;
}

/* The slot of a band, taken for it if it has none yet. Waits until one is free: bands before it always come to an end,
 * as their tiles have been handed out before. With the lock held. */
static Band *find_band(NodalBands *bands, int64_t index) {
  for (;;) {
    Band *unused = NULL;
    for (int i = 0; i < SLOTS; i++) {
      Band *band = &bands->slots[i];
      if (band->index == index) {
        return band;
      }
      unused = band->index < 0 ? band : unused;
    }
    if (unused) {
      start_band(bands, unused, index);
      return unused;
    }
    pthread_cond_wait(&bands->changed, &bands->lock);
  }
}

/* Reads rows up to the end of a strip of the source. With the lock held, which is given up meanwhile. */
static void read_rows(NodalBands *bands, Band *band) {
  const NodalConversion *conversion = bands->conversion;
  NodalRect rows = band->area;
  int64_t first = band->next, y = conversion->region.y + band->area.y + first;
  rows.x += conversion->region.x;
  rows.y = y;
  rows.height = nodal_min64(bands->strip_height - y % bands->strip_height, band->area.height - first);
  band->next += rows.height;
  band->readers++;
  pthread_mutex_unlock(&bands->lock);
  NodalError *error = NULL;
  bool read = nodal_slide_read_level_uncached(conversion->slide, 0, rows, conversion->format,
                                              band->pixels + (size_t)first * bands->stride, bands->stride, &error);
  pthread_mutex_lock(&bands->lock);
  band->readers--;
  if (!read && !band->error) {
    band->error = error;
  } else {
    nodal_error_free(error);
  }
  pthread_cond_broadcast(&bands->changed);
}

static void copy_tile(const NodalBands *bands, const Band *band, const NodalFeedTile *tile) {
  int64_t x = tile->column * bands->conversion->tile_size - band->area.x;
  const uint8_t *from = band->pixels + (size_t)x * bands->pixel_size;
  for (size_t y = 0; y < (size_t)tile->height; y++) {
    memcpy(tile->pixels + y * tile->picture.stride[0], from + y * bands->stride,
           (size_t)tile->width * bands->pixel_size);
  }
}

bool nodal_bands_read(NodalBands *bands, const NodalFeedTile *tile, NodalError **error) {
  pthread_mutex_lock(&bands->lock);
  Band *band = find_band(bands, tile->row * bands->across + tile->column / bands->per_band);
  while (!band->error && (band->next < band->area.height || band->readers > 0)) {
    if (band->next < band->area.height && band->readers < bands->most_readers) {
      read_rows(bands, band);
    } else {
      pthread_cond_wait(&bands->changed, &bands->lock);
    }
  }
  bool read = !band->error;
  if (read) {
    pthread_mutex_unlock(&bands->lock);
    copy_tile(bands, band, tile);
    pthread_mutex_lock(&bands->lock);
  } else {
    nodal_fail(error, nodal_error_code(band->error), "%s", nodal_error_message(band->error));
  }
  band->tiles--;
  if (band->tiles == 0 && band->readers == 0) {
    band->index = -1;
    pthread_cond_broadcast(&bands->changed);
  }
  pthread_mutex_unlock(&bands->lock);
  return read;
}

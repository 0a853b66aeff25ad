/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "pyramid/bands.h"

#include <string.h>

/*
 * Tiles of the output, read from the source as pixels. How depends on how the source is cut: where its tiles fit into
 * the output's, each is read by itself; where not, a block of output tiles is read at once and cut, so that few source
 * tiles are decoded twice; sources of strips, or of very large tiles, are read in bands.
 */
typedef enum Access { ACCESS_DIRECT, ACCESS_BLOCK, ACCESS_BANDS, ACCESS_RESAMPLED } Access;

typedef struct BlockBuffer {
  uint8_t *pixels;
  NodalRect area; /* pixels of the output */
} BlockBuffer;

struct NodalPixelFeed {
  const NodalConversion *conversion;
  Access access;
  size_t pixel_size;
  size_t block_stride;
  BlockBuffer *buffers; /* one a worker */
  NodalBands *bands;
  int workers;
};

static bool read_block(void *user, int worker, NodalRect area, NodalError **error) {
  NodalPixelFeed *feed = user;
  const NodalConversion *conversion = feed->conversion;
  BlockBuffer *buffer = &feed->buffers[worker];
  buffer->area = area;
  area.x += conversion->region.x;
  area.y += conversion->region.y;
  return nodal_slide_read_level_uncached(conversion->slide, 0, area, conversion->format, buffer->pixels,
                                         feed->block_stride, error);
}

static void cut_from_block(const NodalPixelFeed *feed, int worker, NodalFeedTile *tile, NodalRect area) {
  const BlockBuffer *buffer = &feed->buffers[worker];
  const uint8_t *from = buffer->pixels + (size_t)(area.y - buffer->area.y) * feed->block_stride +
                        (size_t)(area.x - buffer->area.x) * feed->pixel_size;
  for (size_t y = 0; y < (size_t)tile->height; y++) {
    memcpy(tile->pixels + y * tile->picture.stride[0], from + y * feed->block_stride,
           (size_t)tile->width * feed->pixel_size);
  }
}

static bool produce(void *user, int worker, NodalFeedTile *tile, NodalError **error) {
  NodalPixelFeed *feed = user;
  const NodalConversion *conversion = feed->conversion;
  int64_t side = conversion->tile_size;
  NodalRect area = {tile->column * side, tile->row * side, tile->width, tile->height};
  size_t stride = tile->picture.stride[0];
  if (feed->access == ACCESS_BLOCK) {
    cut_from_block(feed, worker, tile, area);
    return true;
  }
  if (feed->access == ACCESS_BANDS) {
    return nodal_bands_read(feed->bands, tile, error);
  }
  if (feed->access == ACCESS_RESAMPLED) {
    double scale_x = conversion->options.spacing_um / conversion->slide->spacing_x;
    double scale_y = conversion->options.spacing_um / conversion->slide->spacing_y;
    return nodal_slide_read_at_spacing(conversion->slide, conversion->options.spacing_um,
                                       (double)conversion->region.x + (double)area.x * scale_x,
                                       (double)conversion->region.y + (double)area.y * scale_y, area.width, area.height,
                                       conversion->interpolation, conversion->format, tile->pixels, stride, error);
  }
  area.x += conversion->region.x;
  area.y += conversion->region.y;
  return nodal_slide_read_level_uncached(conversion->slide, 0, area, conversion->format, tile->pixels, stride, error);
}

static Access choose_access(const NodalConversion *conversion, int64_t block_side) {
  NodalLevel level;
  nodal_slide_level(conversion->slide, 0, &level);
  int64_t side = conversion->tile_size;
  if (conversion->resampled) {
    return ACCESS_RESAMPLED;
  }
  bool fits = side % level.tile_width == 0 && side % level.tile_height == 0 &&
              conversion->region.x % level.tile_width == 0 && conversion->region.y % level.tile_height == 0;
  if (fits || conversion->slide->in_memory) {
    return ACCESS_DIRECT;
  }
  return level.tile_width > block_side ? ACCESS_BANDS : ACCESS_BLOCK;
}

NodalPixelFeed *nodal_pixel_feed_new(const NodalConversion *conversion, const NodalWriter *writer, int workers,
                                     NodalTileFeed *feed, NodalError **error) {
  NodalPixelFeed *pixels = nodal_alloc_array(1, sizeof *pixels, error);
  if (!pixels) {
    return NULL;
  }
  *feed = (NodalTileFeed){.user = pixels, .produce = produce};
  int64_t block_side = nodal_pyramid_block_side(writer, feed);
  pixels->conversion = conversion;
  pixels->workers = workers;
  pixels->access = choose_access(conversion, block_side);
  pixels->pixel_size = nodal_slide_pixel_size(conversion->slide, conversion->format);
  feed->row_major = pixels->access == ACCESS_BANDS;
  if (pixels->access == ACCESS_BANDS && !(pixels->bands = nodal_bands_new(conversion, error))) {
    nodal_pixel_feed_free(pixels);
    return NULL;
  }
  if (pixels->access == ACCESS_BLOCK) {
    feed->begin = read_block;
    pixels->block_stride = (size_t)block_side * pixels->pixel_size;
    pixels->buffers = nodal_alloc_array((size_t)workers, sizeof *pixels->buffers, error);
    bool made = pixels->buffers != NULL;
    for (int i = 0; made && i < workers; i++) {
      pixels->buffers[i].pixels = nodal_alloc(pixels->block_stride * (size_t)block_side, error);
      made = pixels->buffers[i].pixels != NULL;
    }
    if (!made) {
      nodal_pixel_feed_free(pixels);
      return NULL;
    }
  }
  return pixels;
}

void nodal_pixel_feed_free(NodalPixelFeed *feed) {
  if (!feed) {
    return;
  }
  for (int i = 0; feed->buffers && i < feed->workers; i++) {
    free(feed->buffers[i].pixels);
  }
  free(feed->buffers);
  nodal_bands_free(feed->bands);
  free(feed);
}

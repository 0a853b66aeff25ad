/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/mask_parts.h"

#include "base/memory.h"
#include "base/pool.h"
#include "pyramid/pyramid.h"

/* One thread's memory, and the value of the tile it made last. */
typedef struct Drawer {
  NodalMaskScratch scratch;
  uint8_t value;
} Drawer;

typedef struct Feed {
  const NodalMask *mask;
  Drawer *drawers;
  int side;
} Feed;

static bool produce(void *user, int worker, NodalFeedTile *tile, NodalError **error) {
  const Feed *feed = user;
  Drawer *drawer = &feed->drawers[worker];
  NodalRect region = {tile->column * feed->side, tile->row * feed->side, tile->width, tile->height};
  bool constant;
  if (!nodal_mask_constant(feed->mask, region, &drawer->scratch, &constant, &drawer->value, error)) {
    return false;
  }
  if (constant) {
    tile->value = &drawer->value;
    return true;
  }
  return nodal_mask_draw_with(feed->mask, region, &drawer->scratch, tile->pixels, tile->picture.stride[0], error);
}

static bool write_tiles(const NodalMask *mask, NodalWriter *writer, int side, NodalPool *pool,
                        const NodalProgress *progress, NodalError **error) {
  int threads = nodal_pool_threads(pool);
  Feed feed = {.mask = mask, .side = side};
  feed.drawers = nodal_alloc_array((size_t)threads, sizeof *feed.drawers, error);
  bool made = feed.drawers != NULL;
  for (int i = 0; made && i < threads; i++) {
    made = nodal_mask_scratch_make(&feed.drawers[i].scratch, error);
  }
  NodalTileFeed tiles = {.user = &feed, .produce = produce};
  bool written = made && nodal_pyramid_write_all(writer, &tiles, pool, progress, error);
  for (int i = 0; feed.drawers && i < threads; i++) {
    nodal_mask_scratch_clear(&feed.drawers[i].scratch);
  }
  free(feed.drawers);
  return written;
}

bool nodal_mask_write(const NodalMask *mask, const char *path, const NodalMaskWrite *options,
                      const NodalProgress *progress, NodalError **error) {
  NodalMaskWrite how = NODAL_MASK_WRITE_INIT;
  if (options) {
    how = *options;
  }
  NodalWriterOptions form = NODAL_WRITER_OPTIONS_INIT;
  form.width = mask->grid.width;
  form.height = mask->grid.height;
  form.color = NODAL_COLOR_LABEL;
  form.tile_size = how.tile_size;
  form.codec = how.codec;
  form.spacing_x_um = mask->options.spacing_x_um * mask->options.downsample;
  form.spacing_y_um = mask->options.spacing_y_um * mask->options.downsample;
  form.force = how.force;
  NodalPool *pool = nodal_pool_new(how.threads, error);
  NodalWriter *writer = pool ? nodal_writer_new(path, &form, error) : NULL;
  bool written =
      writer && write_tiles(mask, writer, how.tile_size, pool, progress, error) && nodal_writer_finish(writer, error);
  nodal_writer_free(writer);
  nodal_pool_free(pool);
  return written;
}

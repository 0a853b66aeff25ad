/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "pyramid/convert.h"

#include <string.h>

/*
 * Tiles that are copied as they are compressed, and decoded only for the levels above. Of baseline 4:2:0 (and gray)
 * they are decoded at half the size by the scaled inverse DCT, straight into their quarter of the parent; at edges,
 * where padding would get into it, and for all other kinds, in full.
 */

enum { PHOTOMETRIC_GRAY = 1, PHOTOMETRIC_RGB = 2, PHOTOMETRIC_YCBCR = 6 };
enum { MIN_TILE = 16, MAX_TILE = 4096, MCU_SIDE = 16 };

/* A short tile that a worker has seen, and what it looks like halved: empty glass is often the same bytes. */
typedef struct Memory {
  NodalBytes data;
  uint8_t *half; /* a quarter tile, gapless */
  bool known;
} Memory;

typedef struct KeptWorker {
  NodalRawTile raw;
  Memory last;
} KeptWorker;

struct NodalKeptFeed {
  const NodalConversion *conversion;
  NodalForm form;
  NodalForm half_form; /* a picture as large as a quarter */
  NodalBlock block;
  bool scaled; /* decoded by nodal_codec_decode_planes() */
  int64_t first_column, first_row;
  uint8_t background[3];      /* in the samples of the form */
  NodalBytes background_tile; /* for tiles that the source leaves out */
  KeptWorker *workers;
  int worker_count;
};

/* --- whether tiles can be kept --- */

/* The header of the first tile that is there; `*found` false when none is. */
static bool first_tile_info(const NodalConversion *conversion, const NodalRawInfo *raw, int64_t tile,
                            NodalJpegInfo *info, bool *found, NodalError **error) {
  NodalRawTile data = {0};
  const NodalRect *region = &conversion->region;
  int64_t last_column = (region->x + region->width - 1) / tile, last_row = (region->y + region->height - 1) / tile;
  bool read = true;
  *found = false;
  for (int64_t row = region->y / tile; read && !*found && row <= last_row; row++) {
    for (int64_t column = region->x / tile; read && !*found && column <= last_column; column++) {
      read = nodal_slide_read_raw(conversion->slide, 0, column, row, &data, error);
      if (read && data.size > 0) {
        *found = true;
        read = nodal_codec_jpeg_info(raw->tables, raw->tables_size, data.data, data.size, info, error);
        if (!read) {
          nodal_error_prefix(error, "%s: level 0, tile %lld,%lld", nodal_slide_path(conversion->slide),
                             (long long)column, (long long)row);
        }
      }
    }
  }
  free(data.data);
  return read;
}

static bool fits(const NodalConversion *conversion, const NodalRawInfo *raw) {
  NodalLevel level;
  nodal_slide_level(conversion->slide, 0, &level);
  int64_t tile = level.tile_width;
  NodalColor color = nodal_slide_color(conversion->slide);
  return conversion->options.codec == NODAL_CODEC_JPEG && raw->codec == NODAL_CODEC_JPEG &&
         nodal_slide_dtype(conversion->slide) == NODAL_UINT8 &&
         (color == NODAL_COLOR_GRAY || color == NODAL_COLOR_RGB) && level.tile_height == tile && tile >= MIN_TILE &&
         tile <= MAX_TILE && tile % MCU_SIDE == 0 &&
         (conversion->options.tile_size == 0 || conversion->options.tile_size == tile) &&
         conversion->region.x % tile == 0 && conversion->region.y % tile == 0;
}

bool nodal_convert_plan_kept(NodalConversion *conversion, NodalError **error) {
  conversion->kept = false;
  NodalRawInfo raw;
  if (!conversion->options.keep || conversion->label || conversion->resampled ||
      !nodal_slide_raw_info(conversion->slide, 0, &raw) || !fits(conversion, &raw)) {
    return true;
  }
  NodalLevel level;
  nodal_slide_level(conversion->slide, 0, &level);
  int tile = (int)level.tile_width, channels = nodal_slide_channels(conversion->slide);
  NodalJpegInfo info;
  bool found;
  if (!first_tile_info(conversion, &raw, tile, &info, &found, error)) {
    return false;
  }
  if (!found || info.width != tile || info.height != tile || info.components != channels) {
    return true;
  }
  bool linear = conversion->interpolation == NODAL_INTERPOLATION_LINEAR;
  conversion->kept = true;
  conversion->tile_size = tile;
  conversion->kept_tiles = (NodalKeptTiles){.compression = raw.compression,
                                            .photometric = channels == 1    ? PHOTOMETRIC_GRAY
                                                           : raw.jpeg_ycbcr ? PHOTOMETRIC_YCBCR
                                                                            : PHOTOMETRIC_RGB,
                                            .h_samp = info.h_samp,
                                            .v_samp = info.v_samp,
                                            .baseline = info.baseline,
                                            .tables = raw.tables,
                                            .tables_size = raw.tables_size};
  conversion->kept_tiles.planes = channels == 3 && raw.jpeg_ycbcr && info.baseline && info.h_samp == 2 &&
                                  info.v_samp == 2 && linear && !conversion->options.chroma_full;
  return true;
}

/* --- tiles --- */

static void copy_picture(const NodalForm *form, const NodalPicture *from, const NodalPicture *to) {
  size_t side = (size_t)form->side;
  for (int i = 0; i < (form->planes ? 3 : 1); i++) {
    size_t rows = i ? side / 2 : side, bytes = form->planes ? rows : side * form->pixel_size;
    for (size_t y = 0; y < rows; y++) {
      memcpy(to->plane[i] + y * to->stride[i], from->plane[i] + y * from->stride[i], bytes);
    }
  }
}

static bool recall(const NodalKeptFeed *feed, const KeptWorker *worker, NodalFeedTile *tile) {
  const Memory *last = &worker->last;
  if (!last->known || last->data.size != worker->raw.size ||
      memcmp(last->data.data, worker->raw.data, worker->raw.size) != 0) {
    return false;
  }
  NodalPicture half = nodal_picture_at(&feed->half_form, last->half);
  copy_picture(&feed->half_form, &half, &tile->half);
  return true;
}

static bool remember(const NodalKeptFeed *feed, KeptWorker *worker, const NodalFeedTile *tile, NodalError **error) {
  Memory *last = &worker->last;
  if (worker->raw.size > NODAL_SHARED_MAX_BYTES) {
    return true;
  }
  last->known = false;
  if (!last->half && !(last->half = nodal_alloc(nodal_form_bytes(&feed->half_form), error))) {
    return false;
  }
  if (!nodal_grow_array(&last->data.data, &last->data.capacity, worker->raw.size, 1, error)) {
    return false;
  }
  memcpy(last->data.data, worker->raw.data, worker->raw.size);
  last->data.size = worker->raw.size;
  NodalPicture half = nodal_picture_at(&feed->half_form, last->half);
  copy_picture(&feed->half_form, &tile->half, &half);
  last->known = true;
  return true;
}

static NodalPlanes as_planes(const NodalPicture *picture, int side) {
  return (NodalPlanes){{picture->plane[0], picture->plane[1], picture->plane[2]},
                       {picture->stride[0], picture->stride[1], picture->stride[2]},
                       side,
                       side};
}

static bool decode_tile(const NodalKeptFeed *feed, KeptWorker *worker, NodalFeedTile *tile, NodalError **error) {
  int side = feed->form.side;
  const NodalRawTile *raw = &worker->raw;
  /* A partial MCU at the edge would let the padding into the pixels beside it. */
  bool clean = tile->width % MCU_SIDE == 0 && tile->height % MCU_SIDE == 0;
  if (!feed->scaled) {
    NodalRect part = {0, 0, tile->width, tile->height};
    return nodal_codec_decode(&feed->block, raw->data, raw->size, part, tile->pixels, tile->picture.stride[0], error);
  }
  if (!clean || !tile->half.plane[0]) {
    NodalPlanes planes = as_planes(&tile->picture, side);
    return nodal_codec_decode_planes(&feed->block, raw->data, raw->size, false, &planes, error);
  }
  if (recall(feed, worker, tile)) {
    tile->halved = true;
    return true;
  }
  NodalPlanes planes = as_planes(&tile->half, side / 2);
  tile->halved = true;
  return nodal_codec_decode_planes(&feed->block, raw->data, raw->size, true, &planes, error) &&
         remember(feed, worker, tile, error);
}

static bool produce(void *user, int worker_index, NodalFeedTile *tile, NodalError **error) {
  NodalKeptFeed *feed = user;
  KeptWorker *worker = &feed->workers[worker_index];
  NodalSlide *slide = feed->conversion->slide;
  int64_t column = feed->first_column + tile->column, row = feed->first_row + tile->row;
  if (!nodal_slide_read_raw(slide, 0, column, row, &worker->raw, error)) {
    return false;
  }
  if (worker->raw.size == 0) {
    tile->data = feed->background_tile.data;
    tile->size = feed->background_tile.size;
    if (tile->needed) {
      nodal_picture_fill(&feed->form, &tile->picture, feed->form.side, feed->background);
    }
    return true;
  }
  tile->data = worker->raw.data;
  tile->size = worker->raw.size;
  if (tile->needed && !decode_tile(feed, worker, tile, error)) {
    nodal_error_prefix(error, "%s: level 0, tile %lld,%lld", nodal_slide_path(slide), (long long)column,
                       (long long)row);
    return false;
  }
  return true;
}

/* JFIF (ITU-T T.871) section 7, rounded. */
static void to_ycbcr(const uint8_t rgb[3], uint8_t ycbcr[3]) {
  double r = rgb[0], g = rgb[1], b = rgb[2];
  double y = 0.299 * r + 0.587 * g + 0.114 * b;
  ycbcr[0] = (uint8_t)(y + 0.5);
  ycbcr[1] = (uint8_t)((b - y) / 1.772 + 128.5);
  ycbcr[2] = (uint8_t)((r - y) / 1.402 + 128.5);
}

static bool make_background(NodalKeptFeed *feed, const NodalKeptTiles *kept, NodalError **error) {
  uint8_t rgb[3], ycbcr[3];
  nodal_slide_background(feed->conversion->slide, rgb);
  to_ycbcr(rgb, ycbcr);
  memcpy(feed->background, feed->form.planes ? ycbcr : rgb, 3);
  return nodal_constant_jpeg(feed->form.side, feed->form.channels, kept->h_samp, kept->v_samp,
                             kept->photometric == PHOTOMETRIC_YCBCR ? ycbcr : rgb, &feed->background_tile, error);
}

NodalKeptFeed *nodal_kept_feed_new(const NodalConversion *conversion, const NodalWriter *writer, int workers,
                                   NodalTileFeed *feed, NodalError **error) {
  const NodalKeptTiles *tiles = &conversion->kept_tiles;
  NodalKeptFeed *kept = nodal_alloc_array(1, sizeof *kept, error);
  if (!kept) {
    return NULL;
  }
  int side = writer->form.side;
  kept->conversion = conversion;
  kept->form = kept->half_form = writer->form;
  kept->half_form.side = side / 2;
  kept->scaled = tiles->planes || (writer->form.channels == 1 && tiles->baseline && !writer->form.nearest);
  kept->first_column = conversion->region.x / side;
  kept->first_row = conversion->region.y / side;
  kept->block = (NodalBlock){.compression = tiles->compression,
                             .width = side,
                             .height = side,
                             .channels = writer->form.channels,
                             .dtype = NODAL_UINT8,
                             .predictor = 1,
                             .jpeg_ycbcr = tiles->photometric == PHOTOMETRIC_YCBCR,
                             .tables = tiles->tables,
                             .tables_size = tiles->tables_size};
  kept->worker_count = workers;
  kept->workers = nodal_alloc_array((size_t)workers, sizeof *kept->workers, error);
  if (!kept->workers || !make_background(kept, tiles, error)) {
    nodal_kept_feed_free(kept);
    return NULL;
  }
  *feed = (NodalTileFeed){.user = kept, .produce = produce};
  return kept;
}

void nodal_kept_feed_free(NodalKeptFeed *feed) {
  if (!feed) {
    return;
  }
  for (int i = 0; feed->workers && i < feed->worker_count; i++) {
    free(feed->workers[i].raw.data);
    free(feed->workers[i].last.data.data);
    free(feed->workers[i].last.half);
  }
  free(feed->workers);
  free(feed->background_tile.data);
  free(feed);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/pool.h"
#include "pyramid/pyramid.h"

#include <math.h>
#include <string.h>

/*
 * The engine behind nodal_writer_write_all(). Level 0 is cut into blocks of 2^depth x 2^depth tiles. A worker makes one
 * block: its tiles in Z order, each halved into its parent at once, so that a block needs one tile of memory a level,
 * and compresses all of them into a list. The lists are appended to the file in the order of the blocks, whatever
 * thread made them, so the bytes of the file do not depend on the number of threads. The one tile on top of a block
 * is handed on to the levels above in that order, too.
 */

enum { MAX_DEPTH = 6, WINDOW_PER_THREAD = 2 };

/* Raw bytes of a block's level-0 tiles: its memory is one list of compressed tiles of those. Independent of the number
 * of threads, because the order of the file is. */
#define BLOCK_BYTES_COMPRESSED ((size_t)16 << 20)
#define BLOCK_BYTES_LOSSLESS ((size_t)4 << 20)

typedef struct Block {
  int32_t column, row;
} Block;

/* A compressed tile of a block, waiting for its place. */
typedef struct ReadyTile {
  int level;
  int64_t column, row;
  bool constant;
  size_t offset, size; /* in the list's bytes; of a constant: in its values */
} ReadyTile;

typedef struct Value {
  uint8_t bytes[NODAL_PICTURE_MAX_PIXEL];
} Value;

typedef struct BlockResult {
  ReadyTile *tiles;
  size_t count, capacity;
  NodalBytes bytes, values;
  uint8_t *top;    /* the block's tile of level `depth` */
  Value top_value; /* all of it, and `top` is not filled, where `top_constant` */
  bool top_constant;
  double minimum, maximum;
} BlockResult;

/*
 * A tile that its children are halved into. A child of one value is only remembered: four of the same make a tile of
 * that value without a pixel being touched, and so on upwards.
 */
typedef struct Parent {
  unsigned constant; /* bits of the children of one value, which are not in the pixels */
  Value value[4];
} Parent;

typedef struct Worker {
  uint8_t *tile[MAX_DEPTH]; /* one a level below the top */
  Parent parent[MAX_DEPTH + 1];
  NodalBytes bytes;
} Worker;

typedef struct Engine {
  NodalWriter *writer;
  const NodalTileFeed *feed;
  int depth;
  Block *blocks;
  int64_t block_count;
  Worker *workers;
  int threads;
  BlockResult *results; /* `result_count` of them, used in turn */
  int64_t result_count;
  NodalBytes commit_bytes;
  NodalShared short_tiles;
} Engine;

/* --- the list of a block --- */

static bool append_bytes(NodalBytes *to, const void *data, size_t size, NodalError **error) {
  if (!nodal_grow_array(&to->data, &to->capacity, to->size + size + 1, 1, error)) {
    return false;
  }
  memcpy(to->data + to->size, data, size);
  to->size += size;
  /* Tiles begin at even places, as TIFF wants it. */
  if (to->size & 1) {
    to->data[to->size++] = 0;
  }
  return true;
}

static bool add_ready(BlockResult *result, ReadyTile tile, const void *data, NodalError **error) {
  NodalBytes *to = tile.constant ? &result->values : &result->bytes;
  tile.offset = to->size;
  if (!nodal_grow_array(&result->tiles, &result->capacity, result->count + 1, sizeof *result->tiles, error) ||
      !append_bytes(to, data, tile.size, error)) {
    return false;
  }
  result->tiles[result->count++] = tile;
  return true;
}

/* --- one block --- */

static int child_of(int64_t column, int64_t row) {
  return (int)(column & 1) + 2 * (int)(row & 1);
}

static uint8_t *level_memory(const Engine *engine, const Worker *worker, const BlockResult *result, int level) {
  return level == engine->depth ? result->top : worker->tile[level];
}

/* The quarter of its parent that a tile is halved into; plane[0] NULL where the block has no parent for it. */
static NodalPicture quarter_above(const Engine *engine, const Worker *worker, const BlockResult *result, int level,
                                  int child) {
  if (level == engine->depth) {
    return (NodalPicture){0};
  }
  const NodalForm *form = &engine->writer->form;
  NodalPicture whole = nodal_picture_at(form, level_memory(engine, worker, result, level + 1));
  return nodal_picture_quarter(form, &whole, child & 1, child >> 1);
}

/* Lists a tile of one value and tells its parent, or the one who takes the block's top. */
static bool settle_constant(Engine *engine, Worker *worker, BlockResult *result, ReadyTile tile, const uint8_t *value,
                            NodalError **error) {
  tile.constant = true;
  tile.size = engine->writer->form.pixel_size;
  if (tile.level == engine->depth) {
    result->top_constant = true;
    memcpy(result->top_value.bytes, value, tile.size);
  } else {
    Parent *parent = &worker->parent[tile.level + 1];
    int child = child_of(tile.column, tile.row);
    parent->constant |= 1u << child;
    memcpy(parent->value[child].bytes, value, tile.size);
  }
  return add_ready(result, tile, value, error);
}

/*
 * Halves a finished tile into its quarter of the parent and puts it on the list. A tile of one value, as most of empty
 * glass is, needs neither a mean nor a codec.
 */
static bool settle(Engine *engine, Worker *worker, BlockResult *result, ReadyTile tile, uint8_t *pixels,
                   NodalError **error) {
  const NodalForm *form = &engine->writer->form;
  Value value;
  if (nodal_picture_constant(form, pixels, value.bytes)) {
    return settle_constant(engine, worker, result, tile, value.bytes, error);
  }
  NodalPicture quarter = quarter_above(engine, worker, result, tile.level, child_of(tile.column, tile.row));
  if (quarter.plane[0]) {
    NodalPicture picture = nodal_picture_at(form, pixels);
    nodal_picture_halve(form, &picture, &quarter);
  }
  if (!nodal_pyramid_encode(engine->writer, pixels, &worker->bytes, error)) {
    return false;
  }
  tile.size = worker->bytes.size;
  return add_ready(result, tile, worker->bytes.data, error);
}

static void widen_by_value(const Engine *engine, BlockResult *result, const uint8_t *value) {
  const NodalForm *form = &engine->writer->form;
  NodalPicture pixel = {{(uint8_t *)(uintptr_t)value, NULL, NULL}, {form->pixel_size, 0, 0}};
  nodal_picture_range(form, &pixel, 1, 1, &result->minimum, &result->maximum);
}

/* Makes a tile of level 0, halves it into its parent and puts it on the list. */
static bool make_level_zero(Engine *engine, int worker_index, BlockResult *result, int64_t column, int64_t row,
                            NodalError **error) {
  NodalWriter *writer = engine->writer;
  const NodalForm *form = &writer->form;
  Worker *worker = &engine->workers[worker_index];
  uint8_t *pixels = level_memory(engine, worker, result, 0);
  NodalFeedTile tile = {.column = column, .row = row, .pixels = pixels, .picture = nodal_picture_at(form, pixels)};
  nodal_pyramid_inside(writer, 0, column, row, &tile.width, &tile.height);
  tile.needed = writer->level_count > 1;
  tile.half = quarter_above(engine, worker, result, 0, child_of(column, row));
  if (!engine->feed->produce(engine->feed->user, worker_index, &tile, error)) {
    return false;
  }
  ReadyTile ready = {.level = 0, .column = column, .row = row, .size = tile.size};
  if (tile.value) {
    if (writer->tracks_range) {
      widen_by_value(engine, result, tile.value);
    }
    return settle_constant(engine, worker, result, ready, tile.value, error);
  }
  if (!tile.halved && writer->tracks_range) {
    nodal_picture_range(form, &tile.picture, tile.width, tile.height, &result->minimum, &result->maximum);
  }
  if (!tile.halved && (tile.needed || !tile.data)) {
    nodal_picture_extend(form, &tile.picture, tile.width, tile.height);
  }
  if (!tile.data) {
    return settle(engine, worker, result, ready, pixels, error);
  }
  if (!tile.halved && tile.half.plane[0]) {
    nodal_picture_halve(form, &tile.picture, &tile.half);
  }
  return add_ready(result, ready, tile.data, error);
}

/* Whether all children are of one value. Its top-left child is always there. */
static bool is_constant(const Engine *engine, const Parent *parent, unsigned children) {
  bool constant = (parent->constant & children) == children;
  for (int child = 1; constant && child < 4; child++) {
    constant = !(children & (1u << child)) ||
               memcmp(parent->value[child].bytes, parent->value[0].bytes, engine->writer->form.pixel_size) == 0;
  }
  return constant;
}

/* The same with a complete tile of a level above 0. */
static bool make_parent(Engine *engine, Worker *worker, BlockResult *result, int level, int64_t column, int64_t row,
                        NodalError **error) {
  const NodalForm *form = &engine->writer->form;
  Parent *parent = &worker->parent[level];
  unsigned constant = parent->constant;
  ReadyTile ready = {.level = level, .column = column, .row = row};
  bool whole = is_constant(engine, parent, nodal_pyramid_children(engine->writer, level, column, row));
  parent->constant = 0;
  if (whole) {
    return settle_constant(engine, worker, result, ready, parent->value[0].bytes, error);
  }
  uint8_t *pixels = level_memory(engine, worker, result, level);
  for (int child = 0; child < 4; child++) {
    if (constant & (1u << child)) {
      NodalPicture quarter = quarter_above(engine, worker, result, level - 1, child);
      nodal_picture_fill(form, &quarter, form->side / 2, parent->value[child].bytes);
    }
  }
  NodalPicture picture = nodal_picture_at(form, pixels);
  int64_t width, height;
  nodal_pyramid_inside(engine->writer, level, column, row, &width, &height);
  nodal_picture_extend(form, &picture, width, height);
  return settle(engine, worker, result, ready, pixels, error);
}

/* Every second bit of a Z-order index. */
static int64_t even_bits(int64_t index) {
  int64_t bits = 0;
  for (int i = 0; index >> (2 * i); i++) {
    bits |= (index >> (2 * i) & 1) << i;
  }
  return bits;
}

/* The last of four children completes its parent, the last of sixteen the parent's parent too. */
static int completed_levels(int64_t index, int depth) {
  int levels = __builtin_ctzll((unsigned long long)index + 1) / 2;
  return levels < depth ? levels : depth;
}

static bool work(void *user, int worker_index, int64_t index, NodalError **error) {
  Engine *engine = user;
  NodalWriter *writer = engine->writer;
  const Block *block = &engine->blocks[index];
  BlockResult *result = &engine->results[index % engine->result_count];
  result->count = result->bytes.size = result->values.size = 0;
  result->top_constant = false;
  result->minimum = INFINITY;
  result->maximum = -INFINITY;
  int64_t across = (int64_t)1 << engine->depth, side = writer->form.side * across;
  if (engine->feed->begin) {
    NodalRect area = {block->column * side, block->row * side, side, side};
    area.width = nodal_min64(side, writer->levels[0].width - area.x);
    area.height = nodal_min64(side, writer->levels[0].height - area.y);
    if (!engine->feed->begin(engine->feed->user, worker_index, area, error)) {
      return false;
    }
  }
  for (int64_t i = 0; i < across * across; i++) {
    int64_t column = block->column * across + even_bits(i), row = block->row * across + even_bits(i >> 1);
    const NodalPyramidLevel *shape = &writer->levels[0];
    if (column < shape->columns && row < shape->rows &&
        !make_level_zero(engine, worker_index, result, column, row, error)) {
      return false;
    }
    for (int k = 1, complete = completed_levels(i, engine->depth); k <= complete; k++) {
      shape = &writer->levels[k];
      if (column >> k < shape->columns && row >> k < shape->rows &&
          !make_parent(engine, &engine->workers[worker_index], result, k, column >> k, row >> k, error)) {
        return false;
      }
    }
  }
  return true;
}

/* --- in the order of the blocks --- */

/* Short copied tiles that equal one before them, as those of empty glass do, are stored once. */
static bool place_short(Engine *engine, const uint8_t *data, size_t size, NodalPlace *place, NodalError **error) {
  if (nodal_shared_find(&engine->short_tiles, 0, data, size, place)) {
    return true;
  }
  place->size = size;
  return nodal_tiff_writer_append(engine->writer->tiff, data, size, &place->offset, error) &&
         nodal_shared_add(&engine->short_tiles, 0, data, size, *place, error);
}

/* Places constants and short copies one by one, and moves the other tiles together at the head of the list. */
static bool place_special(Engine *engine, BlockResult *result, NodalError **error) {
  NodalWriter *writer = engine->writer;
  size_t kept_count = 0, kept_size = 0;
  for (size_t i = 0; i < result->count; i++) {
    ReadyTile tile = result->tiles[i];
    bool is_short = writer->kept && tile.level == 0 && tile.size <= NODAL_SHARED_MAX_BYTES;
    if (!tile.constant && !is_short) {
      size_t padded = tile.size + (tile.size & 1);
      if (kept_size != tile.offset) {
        memmove(result->bytes.data + kept_size, result->bytes.data + tile.offset, padded);
      }
      tile.offset = kept_size;
      kept_size += padded;
      result->tiles[kept_count++] = tile;
      continue;
    }
    NodalPlace place;
    bool placed = tile.constant ? nodal_pyramid_constant_place(writer, result->values.data + tile.offset, &place, error)
                                : place_short(engine, result->bytes.data + tile.offset, tile.size, &place, error);
    if (!placed) {
      return false;
    }
    nodal_pyramid_set_place(writer, tile.level, tile.column, tile.row, place);
  }
  result->count = kept_count;
  result->bytes.size = kept_size;
  return true;
}

static bool commit(void *user, int worker, int64_t index, NodalError **error) {
  (void)worker;
  Engine *engine = user;
  NodalWriter *writer = engine->writer;
  const Block *block = &engine->blocks[index];
  BlockResult *result = &engine->results[index % engine->result_count];
  if (!place_special(engine, result, error)) {
    return false;
  }
  uint64_t base = 0;
  if (result->bytes.size > 0 &&
      !nodal_tiff_writer_append(writer->tiff, result->bytes.data, result->bytes.size, &base, error)) {
    return false;
  }
  for (size_t i = 0; i < result->count; i++) {
    const ReadyTile *tile = &result->tiles[i];
    nodal_pyramid_set_place(writer, tile->level, tile->column, tile->row,
                            (NodalPlace){base + tile->offset, tile->size});
  }
  if (result->minimum <= result->maximum) {
    nodal_pyramid_widen_range(writer, result->minimum, result->maximum);
  }
  return nodal_pyramid_push_up(writer, engine->depth, block->column, block->row, result->top,
                               result->top_constant ? result->top_value.bytes : NULL, &engine->commit_bytes, error);
}

static uint64_t weight(void *user, int64_t index) {
  const Engine *engine = user;
  const NodalPyramidLevel *shape = &engine->writer->levels[0];
  const Block *block = &engine->blocks[index];
  int64_t side = (int64_t)engine->writer->form.side << engine->depth;
  return (uint64_t)(nodal_min64(side, shape->width - block->column * side) *
                    nodal_min64(side, shape->height - block->row * side));
}

/* --- set-up --- */

static int depth_for(const NodalWriter *writer, const NodalTileFeed *feed) {
  size_t limit = writer->encoding.codec == NODAL_CODEC_JPEG ? BLOCK_BYTES_COMPRESSED : BLOCK_BYTES_LOSSLESS;
  int depth = 0;
  /* A source that holds rows decodes the same rows again for each block across; so a block is one tile high. */
  while (!feed->row_major && depth < MAX_DEPTH && depth + 1 < writer->level_count &&
         writer->tile_bytes << 2 * (depth + 1) <= limit) {
    depth++;
  }
  return depth;
}

int64_t nodal_pyramid_block_side(const NodalWriter *writer, const NodalTileFeed *feed) {
  return (int64_t)writer->form.side << depth_for(writer, feed);
}

static bool list_blocks(Engine *engine, NodalError **error) {
  const NodalPyramidLevel *shape = &engine->writer->levels[0];
  int64_t across = (int64_t)1 << engine->depth;
  int64_t columns = nodal_div_up(shape->columns, across), rows = nodal_div_up(shape->rows, across);
  engine->blocks = nodal_alloc_array((size_t)(columns * rows), sizeof *engine->blocks, error);
  if (!engine->blocks) {
    return false;
  }
  engine->block_count = columns * rows;
  if (engine->feed->row_major) {
    for (int64_t i = 0; i < columns * rows; i++) {
      engine->blocks[i] = (Block){(int32_t)(i % columns), (int32_t)(i / columns)};
    }
    return true;
  }
  /*
   * Z order: parents become complete as soon as they can, at most one or two a level wait. In squares as wide as the
   * short side, so that a long strip does not make the order run through places that are not there.
   */
  int64_t side = 1, count = 0;
  while (side < nodal_min64(columns, rows)) {
    side *= 2;
  }
  for (int64_t square = 0; count < columns * rows; square++) {
    int64_t left = columns > rows ? square * side : 0, top = columns > rows ? 0 : square * side;
    for (int64_t z = 0; z < side * side; z++) {
      int64_t column = left + even_bits(z), row = top + even_bits(z >> 1);
      if (column < columns && row < rows) {
        engine->blocks[count++] = (Block){(int32_t)column, (int32_t)row};
      }
    }
  }
  return true;
}

static bool make_engine(Engine *engine, NodalError **error) {
  size_t tile_bytes = engine->writer->tile_bytes;
  if (!list_blocks(engine, error)) {
    return false;
  }
  engine->result_count = nodal_min64((int64_t)engine->threads * WINDOW_PER_THREAD + 1, engine->block_count);
  engine->results = nodal_alloc_array((size_t)engine->result_count, sizeof *engine->results, error);
  engine->workers = nodal_alloc_array((size_t)engine->threads, sizeof *engine->workers, error);
  if (!engine->results || !engine->workers) {
    return false;
  }
  for (int64_t i = 0; i < engine->result_count; i++) {
    if (!(engine->results[i].top = nodal_alloc(tile_bytes, error))) {
      return false;
    }
  }
  for (int i = 0; i < engine->threads * engine->depth; i++) {
    uint8_t **tile = &engine->workers[i / engine->depth].tile[i % engine->depth];
    if (!(*tile = nodal_alloc(tile_bytes, error))) {
      return false;
    }
  }
  return true;
}

static void free_engine(Engine *engine) {
  for (int64_t i = 0; engine->results && i < engine->result_count; i++) {
    free(engine->results[i].tiles);
    free(engine->results[i].bytes.data);
    free(engine->results[i].values.data);
    free(engine->results[i].top);
  }
  for (int i = 0; engine->workers && i < engine->threads; i++) {
    for (int k = 0; k < MAX_DEPTH; k++) {
      free(engine->workers[i].tile[k]);
    }
    free(engine->workers[i].bytes.data);
  }
  nodal_shared_clear(&engine->short_tiles);
  free(engine->results);
  free(engine->workers);
  free(engine->blocks);
  free(engine->commit_bytes.data);
}

/* Marks the writer as being filled, once. */
static bool begin_writing(NodalWriter *writer, NodalError **error) {
  pthread_mutex_lock(&writer->lock);
  bool fresh = !writer->any_tile && !writer->failed && !writer->finished;
  writer->any_tile = true;
  pthread_mutex_unlock(&writer->lock);
  return fresh ||
         nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: has been given tiles before", nodal_output_name(writer->output));
}

bool nodal_pyramid_write_all(NodalWriter *writer, const NodalTileFeed *feed, NodalPool *pool,
                             const NodalProgress *progress, NodalError **error) {
  if (!begin_writing(writer, error)) {
    return false;
  }
  Engine engine = {.writer = writer, .feed = feed, .threads = nodal_pool_threads(pool)};
  engine.depth = depth_for(writer, feed);
  NodalPoolRun run = {.work = work,
                      .commit = commit,
                      .weight = weight,
                      .user = &engine,
                      .window = (int64_t)engine.threads * WINDOW_PER_THREAD,
                      .progress = progress};
  bool written = make_engine(&engine, error);
  if (written) {
    run.count = engine.block_count;
    written = nodal_pool_run(pool, &run, error);
  }
  free_engine(&engine);
  pthread_mutex_lock(&writer->lock);
  writer->complete = written;
  writer->failed = !written;
  pthread_mutex_unlock(&writer->lock);
  return written;
}

/* --- the public form --- */

typedef struct Caller {
  const NodalWriter *writer;
  NodalTileFunction function;
  void *user;
} Caller;

static bool ask_caller(void *user, int worker, NodalFeedTile *tile, NodalError **error) {
  const Caller *caller = user;
  const NodalForm *form = &caller->writer->form;
  nodal_picture_fill(form, &tile->picture, form->side, caller->writer->background);
  return caller->function(caller->user, worker, tile->column, tile->row, tile->pixels, tile->picture.stride[0], error);
}

bool nodal_writer_write_all(NodalWriter *writer, NodalTileFunction function, void *user, int threads,
                            const NodalProgress *progress, NodalError **error) {
  NodalPool *pool = nodal_pool_new(threads, error);
  if (!pool) {
    return false;
  }
  Caller caller = {writer, function, user};
  NodalTileFeed feed = {.user = &caller, .produce = ask_caller};
  bool written = nodal_pyramid_write_all(writer, &feed, pool, progress, error);
  nodal_pool_free(pool);
  return written;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/runs.h"

#include "base/memory.h"

#include <string.h>

void nodal_runs_free(NodalRuns *runs) {
  free(runs->runs);
  free(runs->rows);
  free(runs->parents);
  free(runs->bits);
  *runs = (NodalRuns){0};
}

/* --- bits --- */

/* Eight bytes to eight bits, the first to the lowest: set where a byte is not 0. */
static inline uint64_t gather(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  const uint64_t low = 0x7F7F7F7F7F7F7F7F;
  uint64_t high = (((word & low) + low) | word) & ~low;
  /* The multiplication moves the top bit of byte i to bit 56 + i; no two of its partial products meet. */
  return ((high >> 7) * 0x0102040810204080) >> 56;
}

static void bits_of_bytes(const uint8_t *bytes, size_t count, uint64_t *bits) {
  for (; count >= 64; count -= 64, bytes += 64) {
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) {
      word |= gather(bytes + 8 * i) << (8 * i);
    }
    *bits++ = word;
  }
  if (count > 0) {
    uint8_t last[64] = {0};
    memcpy(last, bytes, count);
    bits_of_bytes(last, sizeof last, bits);
  }
}

enum { FLAGS = 1024 };

/* Wider samples become flags first, in a loop that vectorises. */
#define BITS_OF(NAME, TYPE)                                                                                            \
  static void NAME(const TYPE *row, size_t width, uint64_t *bits) {                                                    \
    uint8_t flags[FLAGS];                                                                                              \
    for (size_t x = 0; x < width; x += FLAGS) {                                                                        \
      size_t count = width - x < FLAGS ? width - x : FLAGS;                                                            \
      for (size_t i = 0; i < count; i++) {                                                                             \
        flags[i] = row[x + i] != 0;                                                                                    \
      }                                                                                                                \
      bits_of_bytes(flags, count, bits + x / 64);                                                                      \
    }                                                                                                                  \
  }

BITS_OF(bits_16, uint16_t)
BITS_OF(bits_32, uint32_t)
BITS_OF(bits_float, float)

/* Set where a pixel differs from the one before it; the first one from 0. */
#define CHANGES_OF(NAME, TYPE)                                                                                         \
  static void NAME(const TYPE *row, size_t width, uint64_t *bits) {                                                    \
    uint8_t flags[FLAGS];                                                                                              \
    for (size_t x = 0; x < width; x += FLAGS) {                                                                        \
      size_t count = width - x < FLAGS ? width - x : FLAGS;                                                            \
      flags[0] = row[x] != (x > 0 ? row[x - 1] : 0);                                                                   \
      for (size_t i = 1; i < count; i++) {                                                                             \
        flags[i] = row[x + i] != row[x + i - 1];                                                                       \
      }                                                                                                                \
      bits_of_bytes(flags, count, bits + x / 64);                                                                      \
    }                                                                                                                  \
  }

CHANGES_OF(changes_8, uint8_t)
CHANGES_OF(changes_16, uint16_t)
CHANGES_OF(changes_32, uint32_t)

void nodal_runs_bits(const void *row, NodalDtype dtype, int64_t width, uint64_t *bits) {
  switch (dtype) {
  case NODAL_UINT8:
    bits_of_bytes(row, (size_t)width, bits);
    break;
  case NODAL_UINT16:
    bits_16(row, (size_t)width, bits);
    break;
  case NODAL_UINT32:
    bits_32(row, (size_t)width, bits);
    break;
  case NODAL_FLOAT32:
    bits_float(row, (size_t)width, bits);
    break;
  }
}

static void change_bits(const void *row, NodalDtype dtype, int64_t width, uint64_t *bits) {
  if (dtype == NODAL_UINT8) {
    changes_8(row, (size_t)width, bits);
  } else if (dtype == NODAL_UINT16) {
    changes_16(row, (size_t)width, bits);
  } else {
    changes_32(row, (size_t)width, bits);
  }
}

/* --- runs --- */

/* Bits of the pixels that belong to runs, to runs; returns the end of the list. */
static NodalRun *runs_of_bits(const uint64_t *bits, int64_t width, NodalRun *run) {
  uint64_t before = 0;
  bool inside = false;
  for (int64_t x = 0; x < width; x += 64) {
    uint64_t word = bits[x / 64], edges = word ^ (word << 1 | before);
    before = word >> 63;
    for (; edges; edges &= edges - 1) {
      int32_t place = (int32_t)x + __builtin_ctzll(edges);
      if (inside) {
        run++->end = place;
      } else {
        run->start = place;
      }
      inside = !inside;
    }
  }
  if (inside) {
    run++->end = (int32_t)width;
  }
  return run;
}

/* Bits of the pixels that differ from the one before them, to runs of values that are not 0. */
static NodalRun *runs_of_changes(const NodalRaster *raster, int64_t y, const uint64_t *bits, NodalRun *run) {
  bool inside = false;
  for (int64_t x = 0; x < raster->width; x += 64) {
    for (uint64_t edges = bits[x / 64]; edges; edges &= edges - 1) {
      int32_t place = (int32_t)x + __builtin_ctzll(edges);
      if (inside) {
        run++->end = place;
      }
      inside = nodal_raster_value(raster, place, y) != 0;
      run->start = place;
    }
  }
  if (inside) {
    run++->end = (int32_t)raster->width;
  }
  return run;
}

static void invert_bits(uint64_t *bits, int64_t width) {
  int64_t words = (width + 63) / 64;
  for (int64_t i = 0; i < words; i++) {
    bits[i] = ~bits[i];
  }
  if (width % 64 != 0) {
    bits[words - 1] &= ((uint64_t)1 << (width % 64)) - 1;
  }
}

static NodalRun *find_row(NodalRuns *runs, const NodalRaster *raster, int64_t y, NodalRunKind kind, NodalRun *run) {
  const uint8_t *row = (const uint8_t *)raster->pixels + (size_t)y * raster->stride;
  if (kind == NODAL_RUN_VALUE) {
    change_bits(row, raster->dtype, raster->width, runs->bits);
    return runs_of_changes(raster, y, runs->bits, run);
  }
  nodal_runs_bits(row, raster->dtype, raster->width, runs->bits);
  if (kind == NODAL_RUN_ZERO) {
    invert_bits(runs->bits, raster->width);
  }
  return runs_of_bits(runs->bits, raster->width, run);
}

static bool begin_rows(NodalRuns *runs, const NodalRaster *raster, int64_t height, NodalError **error) {
  runs->count = runs->label_count = 0;
  runs->height = height;
  return nodal_grow_array(&runs->rows, &runs->row_capacity, (size_t)height + 1, sizeof *runs->rows, error) &&
         nodal_grow_array(&runs->bits, &runs->bit_capacity, (size_t)(raster->width + 63) / 64, sizeof *runs->bits,
                          error);
}

/* Appends the runs of row `y`, the `index`th of the block. A run may begin at each pixel, and one more is written to.
 */
static bool append_row(NodalRuns *runs, const NodalRaster *raster, int64_t y, int64_t index, NodalRunKind kind,
                       NodalError **error) {
  runs->rows[index] = runs->count;
  size_t most = (size_t)(kind == NODAL_RUN_VALUE ? raster->width : raster->width / 2 + 1) + 1;
  if (!nodal_grow_array(&runs->runs, &runs->run_capacity, runs->count + most, sizeof *runs->runs, error)) {
    return false;
  }
  runs->count = (size_t)(find_row(runs, raster, y, kind, runs->runs + runs->count) - runs->runs);
  runs->rows[index + 1] = runs->count;
  return true;
}

bool nodal_runs_find(NodalRuns *runs, const NodalRaster *raster, int64_t y, int64_t height, NodalRunKind kind,
                     NodalError **error) {
  if (!begin_rows(runs, raster, height, error)) {
    return false;
  }
  for (int64_t i = 0; i < height; i++) {
    if (!append_row(runs, raster, y + i, i, kind, error)) {
      return false;
    }
  }
  return true;
}

/* --- union-find --- */

uint32_t nodal_union_find(uint32_t *parents, uint32_t label) {
  while (parents[label] != label) {
    parents[label] = parents[parents[label]];
    label = parents[label];
  }
  return label;
}

void nodal_union_join(uint32_t *parents, uint32_t a, uint32_t b) {
  a = nodal_union_find(parents, a);
  b = nodal_union_find(parents, b);
  if (a < b) {
    parents[b] = a;
  } else {
    parents[a] = b;
  }
}

uint32_t nodal_union_number(uint32_t *parents, size_t count, uint32_t first) {
  uint32_t next = first;
  for (size_t i = 0; i < count; i++) {
    /* A parent comes before its child, so it has its number already. */
    parents[i] = parents[i] == i ? next++ : parents[parents[i]];
  }
  return next - first;
}

/* Joins the runs of row `index` of the block to those of the row above, and gives labels to the others. */
static void join_row(NodalRuns *runs, const NodalRaster *raster, int64_t y, int64_t index, bool by_value,
                     int32_t offset) {
  const NodalRun *above = index > 0 ? runs->runs + runs->rows[index - 1] : runs->runs;
  const NodalRun *above_end = runs->runs + runs->rows[index];
  NodalRun *end = runs->runs + runs->count;
  for (NodalRun *run = runs->runs + runs->rows[index]; run < end; run++) {
    while (above < above_end && above->end + offset <= run->start) {
      above++;
    }
    bool labelled = false;
    for (const NodalRun *touching = above; touching < above_end && touching->start < run->end + offset; touching++) {
      if (by_value && nodal_raster_value(raster, touching->start, y - 1) != nodal_raster_value(raster, run->start, y)) {
        continue;
      }
      if (!labelled) {
        run->label = touching->label;
        labelled = true;
      } else if (touching->label != run->label) {
        nodal_union_join(runs->parents, touching->label, run->label);
      }
    }
    if (!labelled) {
      run->label = (uint32_t)runs->label_count;
      runs->parents[runs->label_count++] = run->label;
    }
  }
}

bool nodal_runs_join(NodalRuns *runs, const NodalRaster *raster, int64_t y, int64_t height, NodalRunKind kind,
                     int connectivity, NodalError **error) {
  if (!begin_rows(runs, raster, height, error)) {
    return false;
  }
  for (int64_t i = 0; i < height; i++) {
    if (!append_row(runs, raster, y + i, i, kind, error)) {
      return false;
    }
    size_t most = runs->label_count + (runs->count - runs->rows[i]);
    if (most > NODAL_RUNS_MAX_LABELS) {
      return nodal_fail(error, NODAL_ERROR_MEMORY, "more than %u components", NODAL_RUNS_MAX_LABELS);
    }
    if (!nodal_grow_array(&runs->parents, &runs->parent_capacity, most, sizeof *runs->parents, error)) {
      return false;
    }
    join_row(runs, raster, y + i, i, kind == NODAL_RUN_VALUE, connectivity == 8 ? 1 : 0);
  }
  return true;
}

uint32_t nodal_runs_settle(NodalRuns *runs) {
  uint32_t count = nodal_union_number(runs->parents, runs->label_count, 0);
  for (size_t i = 0; i < runs->count; i++) {
    runs->runs[i].label = runs->parents[runs->runs[i].label];
  }
  return count;
}

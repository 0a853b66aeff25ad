/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/fill.h"

#include "base/memory.h"

/* Rows of a band, as a power of two, and how many bands an item may span before it is looked at for all of them. */
enum { BAND_BITS = 8, MAX_SPAN = 8 };

/* The bands [*first, *last] of an item; false where it has no rows. */
static bool span_of(NodalBandsRows rows, const void *user, uint32_t item, int32_t *first, int32_t *last) {
  int32_t row0 = 0, row1 = 0;
  rows(user, item, &row0, &row1);
  *first = row0 >> BAND_BITS;
  *last = (row1 - 1) >> BAND_BITS;
  return row0 < row1;
}

/* Counts the items of each band, or, with `fill`, puts them there. */
static void sort_items(NodalBands *bands, uint32_t count, NodalBandsRows rows, const void *user, bool fill) {
  bands->tall_count = 0;
  for (uint32_t item = 0; item < count; item++) {
    int32_t first, last;
    if (!span_of(rows, user, item, &first, &last)) {
      continue;
    }
    if (last - first >= MAX_SPAN) {
      if (fill) {
        bands->tall[bands->tall_count] = item;
      }
      bands->tall_count++;
      continue;
    }
    for (int32_t band = first; band <= last; band++) {
      uint32_t *place = &bands->starts[band - bands->first + 1];
      if (fill) {
        bands->items[*place] = item;
      }
      ++*place;
    }
  }
}

bool nodal_bands_make(NodalBands *bands, uint32_t count, NodalBandsRows rows, const void *user, NodalError **error) {
  *bands = (NodalBands){0};
  if (count > UINT32_MAX / (MAX_SPAN + 1)) {
    return nodal_fail_memory(error);
  }
  int32_t lowest = INT32_MAX, highest = -1;
  for (uint32_t item = 0; item < count; item++) {
    int32_t first, last;
    if (span_of(rows, user, item, &first, &last) && last - first < MAX_SPAN) {
      lowest = first < lowest ? first : lowest;
      highest = last > highest ? last : highest;
    }
  }
  bands->first = highest < 0 ? 0 : lowest;
  bands->count = highest < 0 ? 0 : (uint32_t)(highest - lowest + 1);
  bands->starts = nodal_alloc_array((size_t)bands->count + 2, sizeof *bands->starts, error);
  if (!bands->starts) {
    return false;
  }
  sort_items(bands, count, rows, user, false);
  /* starts[b + 1] holds the count of band b: make it the place of its first item, and let filling move it to its end.
   */
  uint32_t total = 0;
  for (uint32_t band = 0; band <= bands->count; band++) {
    uint32_t here = bands->starts[band + 1];
    bands->starts[band + 1] = total;
    total += here;
  }
  bands->items = nodal_alloc_array((size_t)total + 1, sizeof *bands->items, error);
  bands->tall = nodal_alloc_array((size_t)bands->tall_count + 1, sizeof *bands->tall, error);
  if (!bands->items || !bands->tall) {
    return false;
  }
  sort_items(bands, count, rows, user, true);
  return true;
}

void nodal_bands_clear(NodalBands *bands) {
  free(bands->starts);
  free(bands->items);
  free(bands->tall);
  *bands = (NodalBands){0};
}

NodalBandsWalk nodal_bands_walk(const NodalBands *bands, int32_t row0, int32_t row1) {
  int32_t first = row0 >> BAND_BITS, last = (row1 - 1) >> BAND_BITS, end = bands->first + (int32_t)bands->count - 1;
  first = first < bands->first ? bands->first : first;
  last = last > end ? end : last;
  return (NodalBandsWalk){.bands = bands, .first = first, .last = last, .band = first - 1, .end = bands->tall_count};
}

bool nodal_bands_next(NodalBandsWalk *walk, uint32_t *item) {
  const NodalBands *bands = walk->bands;
  while (walk->next == walk->end) {
    if (walk->band >= walk->last) {
      return false;
    }
    walk->band++;
    walk->next = bands->starts[walk->band - bands->first];
    walk->end = bands->starts[walk->band - bands->first + 1];
  }
  *item = walk->band < walk->first ? bands->tall[walk->next] : bands->items[walk->next];
  walk->next++;
  return true;
}

bool nodal_bands_repeats(const NodalBandsWalk *walk, int32_t row0) {
  return walk->band > walk->first && row0 >> BAND_BITS < walk->band;
}

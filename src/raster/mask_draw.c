/* SPDX-License-Identifier: Apache-2.0 */
#include "raster/mask_parts.h"

#include "base/memory.h"

#include <string.h>

bool nodal_mask_scratch_make(NodalMaskScratch *scratch, NodalError **error) {
  *scratch = (NodalMaskScratch){0};
  scratch->under = nodal_alloc((size_t)NODAL_FILL_SIDE * NODAL_FILL_SIDE, error);
  return scratch->under && nodal_fill_scratch_make(&scratch->fill, error);
}

void nodal_mask_scratch_clear(NodalMaskScratch *scratch) {
  nodal_fill_scratch_clear(&scratch->fill);
  free(scratch->layers);
  free(scratch->under);
  *scratch = (NodalMaskScratch){0};
}

static int compare_layers(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

/* Lists the layers whose box a region touches, in the order they are painted. */
static bool list_layers(const NodalMask *mask, NodalRect region, NodalMaskScratch *scratch, NodalError **error) {
  scratch->count = 0;
  bool sorted = true;
  NodalBandsWalk walk = nodal_bands_walk(&mask->bands, (int32_t)region.y, (int32_t)(region.y + region.height));
  uint32_t item;
  while (nodal_bands_next(&walk, &item)) {
    const NodalRect *box = &mask->layers[item].box;
    if (box->x >= region.x + region.width || box->x + box->width <= region.x || box->y >= region.y + region.height ||
        box->y + box->height <= region.y || nodal_bands_repeats(&walk, (int32_t)box->y)) {
      continue;
    }
    if (!nodal_grow_array(&scratch->layers, &scratch->capacity, scratch->count + 1, sizeof *scratch->layers, error)) {
      return false;
    }
    sorted = sorted && (scratch->count == 0 || scratch->layers[scratch->count - 1] < item);
    scratch->layers[scratch->count++] = item;
  }
  if (!sorted) {
    qsort(scratch->layers, scratch->count, sizeof *scratch->layers, compare_layers);
  }
  return true;
}

static NodalCover cover_of(const NodalMask *mask, const NodalMaskLayer *layer, NodalRect region,
                           NodalFillScratch *scratch) {
  const NodalFill *ring = &mask->rings[layer->first];
  NodalCover cover = nodal_fill_cover(ring, &mask->grid, region, scratch);
  for (uint32_t i = 1; cover != NODAL_COVER_NONE && i <= layer->holes; i++) {
    NodalCover hole = nodal_fill_cover(&ring[i], &mask->grid, region, scratch);
    cover = hole == NODAL_COVER_ALL ? NODAL_COVER_NONE : hole == NODAL_COVER_PART ? NODAL_COVER_PART : cover;
  }
  return cover;
}

/*
 * Leaves in the list the layers that cover the region in part and that nothing paints over wholly; `*value` is what
 * they are painted on.
 */
static bool reduce(const NodalMask *mask, NodalRect region, NodalMaskScratch *scratch, uint8_t *value,
                   NodalError **error) {
  *value = 0;
  if (!list_layers(mask, region, scratch, error)) {
    return false;
  }
  size_t kept = scratch->count;
  for (size_t i = scratch->count; i-- > 0;) {
    const NodalMaskLayer *layer = &mask->layers[scratch->layers[i]];
    NodalCover cover = cover_of(mask, layer, region, &scratch->fill);
    if (cover == NODAL_COVER_ALL) {
      *value = layer->value;
      break;
    }
    if (cover == NODAL_COVER_PART) {
      scratch->layers[--kept] = scratch->layers[i];
    }
  }
  scratch->count -= kept;
  if (scratch->count > 0) {
    memmove(scratch->layers, scratch->layers + kept, scratch->count * sizeof *scratch->layers);
  }
  return true;
}

bool nodal_mask_constant(const NodalMask *mask, NodalRect region, NodalMaskScratch *scratch, bool *constant,
                         uint8_t *value, NodalError **error) {
  if (!reduce(mask, region, scratch, value, error)) {
    return false;
  }
  *constant = scratch->count == 0;
  return true;
}

static void paint_layer(const NodalMask *mask, const NodalMaskLayer *layer, NodalRect region, NodalMaskScratch *scratch,
                        uint8_t *pixels, size_t stride) {
  const NodalFill *ring = &mask->rings[layer->first];
  if (layer->holes == 0) {
    nodal_fill_paint(ring, &mask->grid, region, &scratch->fill, layer->value, NULL, pixels, stride);
    return;
  }
  /* The holes show again what was there before. */
  for (size_t row = 0; row < (size_t)region.height; row++) {
    memcpy(scratch->under + row * NODAL_FILL_SIDE, pixels + row * stride, (size_t)region.width);
  }
  nodal_fill_paint(ring, &mask->grid, region, &scratch->fill, layer->value, NULL, pixels, stride);
  for (uint32_t i = 1; i <= layer->holes; i++) {
    nodal_fill_paint(&ring[i], &mask->grid, region, &scratch->fill, 0, scratch->under, pixels, stride);
  }
}

/* At most NODAL_FILL_SIDE each way, inside the mask. */
static bool draw_piece(const NodalMask *mask, NodalRect region, NodalMaskScratch *scratch, uint8_t *pixels,
                       size_t stride, NodalError **error) {
  uint8_t value;
  if (!reduce(mask, region, scratch, &value, error)) {
    return false;
  }
  for (size_t row = 0; row < (size_t)region.height; row++) {
    memset(pixels + row * stride, value, (size_t)region.width);
  }
  for (size_t i = 0; i < scratch->count; i++) {
    paint_layer(mask, &mask->layers[scratch->layers[i]], region, scratch, pixels, stride);
  }
  return true;
}

bool nodal_mask_draw_with(const NodalMask *mask, NodalRect region, NodalMaskScratch *scratch, uint8_t *pixels,
                          size_t stride, NodalError **error) {
  for (int64_t y = 0; y < region.height; y += NODAL_FILL_SIDE) {
    for (int64_t x = 0; x < region.width; x += NODAL_FILL_SIDE) {
      NodalRect piece = {region.x + x, region.y + y, nodal_min64(NODAL_FILL_SIDE, region.width - x),
                         nodal_min64(NODAL_FILL_SIDE, region.height - y)};
      if (!draw_piece(mask, piece, scratch, pixels + (size_t)y * stride + (size_t)x, stride, error)) {
        return false;
      }
    }
  }
  return true;
}

bool nodal_mask_draw(const NodalMask *mask, NodalRect region, uint8_t *pixels, size_t stride, NodalError **error) {
  if (region.width < 0 || region.height < 0 || region.x < -INT32_MAX || region.y < -INT32_MAX ||
      region.width > INT32_MAX || region.height > INT32_MAX || region.x > INT32_MAX || region.y > INT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "a region of %lld x %lld pixels at %lld, %lld",
                      (long long)region.width, (long long)region.height, (long long)region.x, (long long)region.y);
  }
  NodalRect inside = {nodal_max64(region.x, 0), nodal_max64(region.y, 0), 0, 0};
  inside.width = nodal_min64(region.x + region.width, mask->grid.width) - inside.x;
  inside.height = nodal_min64(region.y + region.height, mask->grid.height) - inside.y;
  if (inside.width != region.width || inside.height != region.height) {
    for (size_t row = 0; row < (size_t)region.height; row++) {
      memset(pixels + row * stride, 0, (size_t)region.width);
    }
  }
  if (inside.width <= 0 || inside.height <= 0) {
    return true;
  }
  NodalMaskScratch scratch;
  bool drawn = nodal_mask_scratch_make(&scratch, error) &&
               nodal_mask_draw_with(mask, inside, &scratch,
                                    pixels + (size_t)(inside.y - region.y) * stride + (size_t)(inside.x - region.x),
                                    stride, error);
  nodal_mask_scratch_clear(&scratch);
  return drawn;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/whole.h"

#include "base/memory.h"
#include <string.h>

enum { MOST_NUCLEI_PIXELS = 100000000 };

/* A list of nuclei that grows. */
typedef struct NucleusList {
  NodalPhantomNucleus *nuclei;
  size_t count, capacity;
  NodalError **error;
} NucleusList;

static bool add_nucleus(void *user, PhantomKind kind, double x_px, double y_px) {
  NucleusList *list = user;
  if (!nodal_grow_array(&list->nuclei, &list->capacity, list->count + 1, sizeof *list->nuclei, list->error)) {
    return false;
  }
  list->nuclei[list->count++] = (NodalPhantomNucleus){x_px, y_px, phantom_nucleus_name(kind)};
  return true;
}

static int compare_nuclei(const void *left, const void *right) {
  const NodalPhantomNucleus *a = left, *b = right;
  if (a->y_px != b->y_px) {
    return a->y_px < b->y_px ? -1 : 1;
  }
  if (a->x_px != b->x_px) {
    return a->x_px < b->x_px ? -1 : 1;
  }
  return strcmp(a->kind, b->kind);
}

static bool find_nuclei(const PhantomPainter *painter, const NodalRect *region, NucleusList *list) {
  PhantomCanvas canvas;
  if (!phantom_canvas_init(&canvas, painter, list->error)) {
    return false;
  }
  bool found = true;
  int64_t chunk = painter->chunk, end_x = region->x + region->width, end_y = region->y + region->height;
  for (int64_t top = region->y, next; found && top < end_y; top = next) {
    next = nodal_min64((top / chunk + 1) * chunk, end_y);
    for (int64_t left = region->x, right; found && left < end_x; left = right) {
      right = nodal_min64((left / chunk + 1) * chunk, end_x);
      NodalRect piece = {left, top, right - left, next - top};
      phantom_place_canvas(painter, &canvas, left, top, (int)piece.width, (int)piece.height);
      phantom_grid_fill(&canvas.grid, &painter->tissue);
      found = phantom_visit_nuclei(painter, &canvas, &piece, add_nucleus, list);
    }
  }
  phantom_canvas_clear(&canvas);
  return found;
}

bool nodal_phantom_nuclei(const NodalPhantom *phantom, int64_t x, int64_t y, int64_t width, int64_t height,
                          NodalPhantomNucleus **nuclei, size_t *count, NodalError **error) {
  *nuclei = NULL;
  *count = 0;
  if (width < 0 || height < 0 || (width > 0 && height > MOST_NUCLEI_PIXELS / width)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT,
                      "cannot list the nuclei of %lld x %lld pixels: at most %d pixels at a time", (long long)width,
                      (long long)height, MOST_NUCLEI_PIXELS);
  }
  int64_t inside[4];
  phantom_clip(x, width, phantom->options.width, &inside[0], &inside[1]);
  phantom_clip(y, height, phantom->options.height, &inside[2], &inside[3]);
  NodalRect region = {x + inside[0], y + inside[2], inside[1] - inside[0], inside[3] - inside[2]};
  NucleusList list = {.error = error};
  if (region.width > 0 && region.height > 0 && !phantom->painter.tissue.coarse &&
      !find_nuclei(&phantom->painter, &region, &list)) {
    free(list.nuclei);
    return false;
  }
  if (list.count > 0) {
    qsort(list.nuclei, list.count, sizeof *list.nuclei, compare_nuclei);
  }
  *nuclei = list.nuclei;
  *count = list.count;
  return true;
}

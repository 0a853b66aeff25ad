/* SPDX-License-Identifier: Apache-2.0 */
#include "staging/lesions.h"

#include "base/memory.h"
#include "raster/hull.h"
#include "staging/area.h"

#include <limits.h>
#include <math.h>

/* Cut-outs whose box meets that of the lesion. */
typedef struct Overlap {
  const DepositList *list;
  const StagingBox *box;
  const Deposit **found;
  size_t count;
} Overlap;

static bool add_overlap(void *user, size_t first, size_t end) {
  Overlap *overlap = user;
  for (size_t i = first; i < end; i++) {
    if (staging_box_meets(&overlap->list->items[i].box, overlap->box)) {
      overlap->found[overlap->count++] = &overlap->list->items[i];
    }
  }
  return true;
}

/* Twice the area inside the outer ring, as it is drawn. */
static double outer_area(const Deposit *deposit) {
  NodalPoint origin = deposit->edges[0].from;
  double sum = 0;
  for (size_t i = 0; i < deposit->outer_count; i++) {
    const DepositEdge *edge = &deposit->edges[i];
    sum += (edge->from.x - origin.x) * (edge->to.y - origin.y) - (edge->to.x - origin.x) * (edge->from.y - origin.y);
  }
  return fabs(sum);
}

/* The longest diameter of the outer rings, micrometres. */
static bool measure_diameter(const NodalLesions *lesions, const Deposit *const *areas, size_t count, double *longest_um,
                             NodalError **error) {
  size_t total = 0;
  for (size_t i = 0; i < count; i++) {
    total += areas[i]->outer_count;
  }
  NodalPoint *points = nodal_alloc_array(total, sizeof *points, error);
  NodalPoint *hull = points ? nodal_alloc_array(total + 1, sizeof *hull, error) : NULL;
  if (!hull) {
    free(points);
    return false;
  }
  size_t filled = 0;
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < areas[i]->outer_count; j++) {
      points[filled++] = areas[i]->edges[j].from;
    }
  }
  /* The hull is that of the pixels, where it is exact; stretching along the axes keeps it one. */
  size_t corners = nodal_convex_hull(points, total, hull);
  for (size_t i = 0; i < corners; i++) {
    hull[i] = (NodalPoint){hull[i].x * lesions->spacing.x_um, hull[i].y * lesions->spacing.y_um};
  }
  *longest_um = nodal_hull_diameter(hull, corners, NULL);
  free(points);
  free(hull);
  return true;
}

/* Pixels, area and major axis. `*kept` false: cut-outs leave nothing. `cuts` has room for all of them. */
static bool measure_pixels(const NodalLesions *lesions, const Deposit *const *areas, size_t count,
                           const StagingBox *box, const Deposit **cuts, NodalLesion *lesion, bool *kept,
                           NodalError **error) {
  Overlap overlap = {&lesions->cuts, box, cuts, 0};
  staging_boxes_search(&lesions->cuts.tree, box, add_overlap, &overlap);
  StagingMoments moments, whole;
  bool measured = staging_measure_area(areas, count, cuts, overlap.count, &moments, error);
  *kept = true;
  if (measured && moments.pixels == 0 && overlap.count > 0) {
    measured = staging_measure_area(areas, count, NULL, 0, &whole, error);
    *kept = measured && whole.pixels == 0;
  }
  if (measured) {
    StagingSpacing spacing = lesions->spacing;
    lesion->area_mm2 = moments.pixels * spacing.x_um * spacing.y_um / 1e6;
    lesion->major_axis_mm = staging_major_axis(&moments, spacing) / 1000;
  }
  return measured;
}

static bool measure(NodalLesions *lesions, const NodalAnnotationSet *set, const Deposit *const *areas, size_t count,
                    const Deposit **cuts, LesionItem *item, bool *kept, NodalError **error) {
  StagingBox box = areas[0]->box;
  const Deposit *largest = areas[0];
  for (size_t i = 1; i < count; i++) {
    box = staging_box_join(box, areas[i]->box);
    largest = outer_area(areas[i]) > outer_area(largest) ? areas[i] : largest;
  }
  NodalLesion *lesion = &item->lesion;
  double longest_um;
  if (!measure_diameter(lesions, areas, count, &longest_um, error) ||
      !measure_pixels(lesions, areas, count, &box, cuts, lesion, kept, error)) {
    return false;
  }
  if (!*kept) {
    return lesions_warn(lesions, error, "a lesion at %g, %g is cut out entirely and left out", box.x0, box.y0);
  }
  lesion->x_px = box.x0;
  lesion->y_px = box.y0;
  lesion->width_px = box.x1 - box.x0;
  lesion->height_px = box.y1 - box.y0;
  lesion->longest_mm = longest_um / 1000;
  lesion->cells = -1;
  lesion->category = nodal_lesion_category(lesion->longest_mm, -1);
  NodalAnnotation annotation;
  nodal_annotation_set_get(set, largest->annotation, &annotation);
  item->label = nodal_strdup(lesions_name_of(set, &annotation), error);
  lesion->label = item->label;
  return item->label != NULL;
}

/* Longest first; nothing but the lesions themselves decides about their order. */
static int by_size(const void *first, const void *second) {
  const NodalLesion *a = &((const LesionItem *)first)->lesion, *b = &((const LesionItem *)second)->lesion;
  const double keys[][2] = {
      {b->longest_mm, a->longest_mm}, {b->area_mm2, a->area_mm2}, {a->y_px, b->y_px}, {a->x_px, b->x_px}};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    if (keys[i][0] != keys[i][1]) {
      return keys[i][0] < keys[i][1] ? -1 : 1;
    }
  }
  return 0;
}

/* Sorts the lesions and lets the deposits know their new numbers. */
static bool sort_lesions(NodalLesions *lesions, size_t merged, NodalError **error) {
  size_t *places = nodal_alloc_array(merged, sizeof *places, error);
  if (!places) {
    return false;
  }
  if (lesions->count > 0) {
    qsort(lesions->items, lesions->count, sizeof *lesions->items, by_size);
  }
  for (size_t i = 0; i < merged; i++) {
    places[i] = SIZE_MAX;
  }
  for (size_t i = 0; i < lesions->count; i++) {
    places[lesions->items[i].number] = i;
  }
  for (size_t i = 0; i < lesions->tumor.count; i++) {
    lesions->lesion_of[i] = places[lesions->lesion_of[i]];
  }
  free(places);
  return true;
}

/* The deposits of all lesions, those of one after those of another; lesion i has those from starts[i] on. */
static bool sort_deposits(const NodalLesions *lesions, size_t merged, const Deposit ***areas, size_t **starts,
                          NodalError **error) {
  size_t count = lesions->tumor.count;
  *areas = nodal_alloc_array(count, sizeof(Deposit *), error);
  *starts = *areas ? nodal_alloc_array(merged + 2, sizeof **starts, error) : NULL;
  if (!*starts) {
    return false;
  }
  /* Counted two places further, so that filling them in moves each start to where it belongs. */
  for (size_t i = 0; i < count; i++) {
    (*starts)[lesions->lesion_of[i] + 2]++;
  }
  for (size_t i = 2; i <= merged; i++) {
    (*starts)[i] += (*starts)[i - 1];
  }
  for (size_t i = 0; i < count; i++) {
    (*areas)[(*starts)[lesions->lesion_of[i] + 1]++] = &lesions->tumor.items[i];
  }
  return true;
}

static bool measure_all(NodalLesions *lesions, const NodalAnnotationSet *set, NodalError **error) {
  size_t merged = lesions->count, *starts = NULL;
  const Deposit **areas = NULL, **cuts = NULL;
  lesions->count = 0;
  lesions->items = nodal_alloc_array(merged, sizeof *lesions->items, error);
  bool good = lesions->items && (cuts = nodal_alloc_array(lesions->cuts.count, sizeof(Deposit *), error)) != NULL &&
              sort_deposits(lesions, merged, &areas, &starts, error);
  for (size_t i = 0; i < merged && good; i++) {
    bool kept = false;
    LesionItem *item = &lesions->items[lesions->count];
    *item = (LesionItem){.number = i};
    good = measure(lesions, set, areas + starts[i], starts[i + 1] - starts[i], cuts, item, &kept, error);
    lesions->count += good && kept;
  }
  good = good && sort_lesions(lesions, merged, error);
  free(cuts);
  free(areas);
  free(starts);
  return good;
}

NodalLesions *nodal_lesions_of_annotations(const NodalAnnotationSet *set, const NodalLesionOptions *options,
                                           NodalError **error) {
  if (!(options->spacing_x_um > 0 && options->spacing_y_um > 0 && isfinite(options->spacing_x_um) &&
        isfinite(options->spacing_y_um))) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "no spacing: lengths are not known");
    return NULL;
  }
  if (!(options->merge_gap_um >= 0 && options->merge_gap_um <= 1e9)) {
    nodal_fail(error, NODAL_ERROR_ARGUMENT, "a gap of %g um makes no sense", options->merge_gap_um);
    return NULL;
  }
  NodalLesions *lesions = nodal_alloc_array(1, sizeof *lesions, error);
  if (!lesions) {
    return NULL;
  }
  lesions->spacing = (StagingSpacing){options->spacing_x_um, options->spacing_y_um};
  if (!lesions_gather(lesions, set, options, error) || !lesions_merge(lesions, options->merge_gap_um, error) ||
      !measure_all(lesions, set, error)) {
    nodal_lesions_free(lesions);
    return NULL;
  }
  return lesions;
}

void nodal_lesions_free(NodalLesions *lesions) {
  if (!lesions) {
    return;
  }
  deposit_list_clear(&lesions->tumor);
  deposit_list_clear(&lesions->cuts);
  for (size_t i = 0; lesions->items && i < lesions->count; i++) {
    free(lesions->items[i].label);
  }
  for (size_t i = 0; i < lesions->warning_count; i++) {
    free(lesions->warnings[i]);
  }
  free(lesions->items);
  free(lesions->lesion_of);
  free(lesions->warnings);
  free(lesions);
}

int nodal_lesions_count(const NodalLesions *lesions) {
  return (int)lesions->count;
}

bool nodal_lesions_get(const NodalLesions *lesions, int index, NodalLesion *lesion) {
  if (index < 0 || (size_t)index >= lesions->count) {
    return false;
  }
  *lesion = lesions->items[index].lesion;
  return true;
}

NodalCategory nodal_lesions_label(const NodalLesions *lesions) {
  NodalCategory label = NODAL_CATEGORY_NEGATIVE;
  for (size_t i = 0; i < lesions->count; i++) {
    NodalCategory category = lesions->items[i].lesion.category;
    label = category > label ? category : label;
  }
  return label;
}

const char *nodal_lesions_warning(const NodalLesions *lesions, int index) {
  return index >= 0 && (size_t)index < lesions->warning_count ? lesions->warnings[index] : NULL;
}

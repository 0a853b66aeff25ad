/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/dataset.h"

#include "base/memory.h"
#include "base/printer.h"
#include "phantom/lettering.h"
#include <nodal/mask.h>
#include <nodal/version.h>

#include <stdio.h>
#include <string.h>

/* One slide's files. They are made by one thread: the data set's threads work on different slides. */

enum { OVERVIEW_SIDE = 640, LABEL_SIDE = 320, GLASS_MARGIN = 20, TUMOR_VALUE = 2 };

/* Of JPEG tiles: what the converter that the published data set was made with takes unless told otherwise. */
enum { QUALITY = 70 };

/* --- the picture in small, while it is painted --- */

/* Sums of `factor` x `factor` pixels of level 0. */
typedef struct Overview {
  int factor, width, height;
  uint32_t *sums, *counts;
} Overview;

typedef struct Painter {
  const NodalPhantom *phantom;
  const DatasetSlide *slide;
  int tile_size;
  Overview overview;
} Painter;

static bool overview_init(Overview *overview, const DatasetSlide *slide, NodalError **error) {
  overview->factor = (int)nodal_div_up(nodal_max64(slide->width, slide->height), OVERVIEW_SIDE);
  overview->width = (int)nodal_div_up(slide->width, overview->factor);
  overview->height = (int)nodal_div_up(slide->height, overview->factor);
  size_t pixels = (size_t)overview->width * (size_t)overview->height;
  overview->sums = nodal_alloc_array(3 * pixels, sizeof *overview->sums, error);
  overview->counts = overview->sums ? nodal_alloc_array(pixels, sizeof *overview->counts, error) : NULL;
  return overview->counts != NULL;
}

static void overview_clear(Overview *overview) {
  free(overview->sums);
  free(overview->counts);
}

static void overview_add(Overview *overview, NodalRect region, const uint8_t *rgb, size_t stride) {
  for (int64_t row = 0; row < region.height; row++) {
    const uint8_t *pixel = rgb + (size_t)row * stride;
    size_t line = (size_t)((region.y + row) / overview->factor) * (size_t)overview->width;
    for (int64_t column = 0; column < region.width; column++, pixel += 3) {
      size_t at = line + (size_t)((region.x + column) / overview->factor);
      overview->counts[at]++;
      for (size_t c = 0; c < 3; c++) {
        overview->sums[3 * at + c] += pixel[c];
      }
    }
  }
}

static bool overview_finish(const Overview *overview, PhantomPicture *picture, NodalError **error) {
  size_t pixels = (size_t)overview->width * (size_t)overview->height;
  *picture = (PhantomPicture){nodal_alloc(3 * pixels, error), overview->width, overview->height};
  for (size_t i = 0; picture->rgb && i < 3 * pixels; i++) {
    uint32_t count = overview->counts[i / 3];
    picture->rgb[i] = (uint8_t)(count ? (overview->sums[i] + count / 2) / count : 255);
  }
  return picture->rgb != NULL;
}

/* --- label and macro image --- */

static bool new_picture(PhantomPicture *picture, int width, int height, const uint8_t color[3], NodalError **error) {
  *picture = (PhantomPicture){nodal_alloc(3 * (size_t)width * (size_t)height, error), width, height};
  if (picture->rgb) {
    phantom_picture_fill(picture, 0, 0, width, height, color);
  }
  return picture->rgb != NULL;
}

static bool draw_label(const DatasetSlide *slide, PhantomPicture *label, NodalError **error) {
  static const uint8_t paper[3] = {250, 250, 245};
  if (!new_picture(label, LABEL_SIDE, LABEL_SIDE, paper, error)) {
    return false;
  }
  char lines[5][24] = {"SYNTHETIC", "NO PATIENT"};
  snprintf(lines[2], sizeof lines[2], "CASE %03d", slide->patient);
  snprintf(lines[3], sizeof lines[3], "NODE %d", slide->node);
  snprintf(lines[4], sizeof lines[4], "CENTER %d", slide->center);
  enum { SCALE = 5, LEFT = 12, TOP = 20, LINE = 58 };
  for (int i = 0; i < 5; i++) {
    phantom_picture_write(label, LEFT, TOP + i * LINE, SCALE, lines[i]);
  }
  return true;
}

/* The glass as a camera sees it: the paper label on the left, the tissue beside it. */
static bool draw_macro(const PhantomPicture *label, const PhantomPicture *overview, PhantomPicture *macro,
                       NodalError **error) {
  static const uint8_t glass[3] = {232, 232, 230};
  int inner = overview->height > label->height ? overview->height : label->height;
  if (!new_picture(macro, label->width + overview->width + 3 * GLASS_MARGIN, inner + 2 * GLASS_MARGIN, glass, error)) {
    return false;
  }
  const PhantomPicture *parts[2] = {label, overview};
  int left = GLASS_MARGIN;
  for (int i = 0; i < 2; i++) {
    size_t row_bytes = 3 * (size_t)parts[i]->width;
    for (int row = 0; row < parts[i]->height; row++) {
      size_t at = (size_t)(GLASS_MARGIN + row) * (size_t)macro->width + (size_t)left;
      memcpy(macro->rgb + 3 * at, parts[i]->rgb + (size_t)row * row_bytes, row_bytes);
    }
    left += parts[i]->width + GLASS_MARGIN;
  }
  return true;
}

static bool add_picture(NodalWriter *writer, const char *name, const PhantomPicture *picture, NodalError **error) {
  return nodal_writer_add_associated(writer, name, picture->rgb, picture->width, picture->height,
                                     3 * (size_t)picture->width, error);
}

/* What a scanner keeps beside the slide. The generic form has none, as the published data set has none. */
static bool add_pictures(NodalWriter *writer, const Painter *painter, NodalError **error) {
  NodalWriterForm form = dataset_centers[painter->slide->center].form;
  if (form == NODAL_FORM_GENERIC) {
    return true;
  }
  PhantomPicture overview = {0}, label = {0}, macro = {0};
  bool added = overview_finish(&painter->overview, &overview, error) && draw_label(painter->slide, &label, error) &&
               draw_macro(&label, &overview, &macro, error) &&
               (form != NODAL_FORM_APERIO || add_picture(writer, "thumbnail", &overview, error)) &&
               add_picture(writer, "label", &label, error) && add_picture(writer, "macro", &macro, error);
  free(overview.rgb);
  free(label.rgb);
  free(macro.rgb);
  return added;
}

/* --- the slide --- */

static bool paint_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                       NodalError **error) {
  (void)worker;
  Painter *painter = user;
  int64_t side = painter->tile_size;
  NodalRect region = {column * side, row * side, side, side};
  region.width = nodal_min64(side, painter->slide->width - region.x);
  region.height = nodal_min64(side, painter->slide->height - region.y);
  bool painted =
      nodal_phantom_paint(painter->phantom, region.x, region.y, region.width, region.height, pixels, stride, error);
  if (painted && painter->overview.sums) {
    overview_add(&painter->overview, region, pixels, stride);
  }
  return painted;
}

/* Whoever meets the file alone must learn that nobody was ever ill of it. */
static char *describe(const DatasetSlide *slide, bool ihc, NodalError **error) {
  const char *head = dataset_centers[slide->center].form == NODAL_FORM_GENERIC ? "nodal slide\nnodal.synthetic=" : "";
  return nodal_strdup_printf(error,
                             "%sA synthetic lymph node (%s) painted by nodal %s, seed %llu. It shows no patient.", head,
                             ihc ? "IHC" : "HE", NODAL_VERSION, (unsigned long long)slide->seed);
}

static bool fill_writer(NodalWriter *writer, Painter *painter, const NodalProgress *progress, NodalError **error) {
  bool ready = dataset_centers[painter->slide->center].form == NODAL_FORM_GENERIC ||
               overview_init(&painter->overview, painter->slide, error);
  bool filled = ready && nodal_writer_write_all(writer, paint_tile, painter, 1, progress, error) &&
                add_pictures(writer, painter, error) && nodal_writer_finish(writer, error);
  overview_clear(&painter->overview);
  return filled;
}

static bool paint_slide(const NodalPhantom *phantom, const DatasetSlide *slide, bool ihc, DatasetFiles *files,
                        const NodalProgress *progress, NodalError **error) {
  const DatasetCenter *center = &dataset_centers[slide->center];
  const char *folder = ihc ? "ihc" : "images";
  char name[2 * DATASET_NAME];
  snprintf(name, sizeof name, "%s%s.tif", slide->name, ihc ? "_ihc" : "");
  char *path = dataset_path(files->root, folder, name, error);
  char *description = path ? describe(slide, ihc, error) : NULL;
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = slide->width;
  options.height = slide->height;
  options.spacing_x_um = options.spacing_y_um = slide->spacing_um;
  options.description = description;
  options.form = center->form;
  options.tile_size = center->tile_size;
  options.quality = QUALITY;
  NodalWriter *writer = description ? nodal_writer_new(path, &options, error) : NULL;
  Painter painter = {.phantom = phantom, .slide = slide, .tile_size = center->tile_size};
  bool painted = writer && fill_writer(writer, &painter, progress, error);
  nodal_writer_free(writer);
  free(description);
  free(path);
  return painted && dataset_enter(files, folder, name, error);
}

/* --- contours and mask --- */

static bool add_polygon(NodalAnnotationSet *set, const char *name, int group, const NodalPoint *points,
                        NodalError **error) {
  NodalRing ring = {.points = points, .count = NODAL_PHANTOM_OUTLINE_POINTS};
  NodalAnnotation annotation = {
      .name = name, .shape = NODAL_SHAPE_POLYGON, .group = group, .color = 0xF4FA58, .rings = &ring, .ring_count = 1};
  return nodal_annotation_set_add(set, &annotation, error);
}

/* The outlines as CAMELYON17 has them: polygons of the group "metastases". */
static NodalAnnotationSet *outline_lesions(const NodalPhantom *phantom, NodalError **error) {
  const NodalAnnotationGroup group = {.name = "metastases", .parent = -1, .color = 0xFF0000};
  NodalPoint points[NODAL_PHANTOM_OUTLINE_POINTS];
  NodalAnnotationSet *set = nodal_annotation_set_new(error);
  bool added = set && nodal_annotation_set_add_group(set, &group, error);
  for (int i = 0; added && nodal_phantom_outline(phantom, i, points); i++) {
    char name[DATASET_NAME];
    snprintf(name, sizeof name, "Lesion %d", i + 1);
    added = add_polygon(set, name, 0, points, error);
  }
  if (!added) {
    nodal_annotation_set_free(set);
    return NULL;
  }
  return set;
}

static bool write_annotation(NodalAnnotationSet *set, NodalAnnotationFormat format, const char *folder,
                             const char *name, DatasetFiles *files, NodalError **error) {
  char *path = dataset_path(files->root, folder, name, error);
  bool written = path && nodal_annotation_set_write(set, path, format, NULL, false, error);
  free(path);
  return written && dataset_enter(files, folder, name, error);
}

static bool write_mask(const NodalAnnotationSet *set, const DatasetSlide *slide, DatasetFiles *files,
                       NodalError **error) {
  static const NodalMaskLabel labels[] = {{"metastases", TUMOR_VALUE}};
  char name[2 * DATASET_NAME];
  snprintf(name, sizeof name, "%s_mask.tif", slide->name);
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  options.width = slide->width;
  options.height = slide->height;
  options.spacing_x_um = options.spacing_y_um = slide->spacing_um;
  options.labels = labels;
  options.label_count = 1;
  NodalMaskWrite how = NODAL_MASK_WRITE_INIT;
  how.threads = 1;
  char *path = dataset_path(files->root, "masks", name, error);
  NodalMask *mask = path ? nodal_mask_new(set, &options, error) : NULL;
  bool written = mask && nodal_mask_write(mask, path, &how, NULL, error);
  nodal_mask_free(mask);
  free(path);
  return written && dataset_enter(files, "masks", name, error);
}

static bool write_lesions(const NodalPhantom *phantom, const DatasetSlide *slide, DatasetFiles *files,
                          NodalError **error) {
  if (slide->lesion_count == 0) {
    return true;
  }
  char name[2 * DATASET_NAME];
  snprintf(name, sizeof name, "%s.xml", slide->name);
  NodalAnnotationSet *set = outline_lesions(phantom, error);
  bool written = set && write_annotation(set, NODAL_ANNOTATION_ASAP, "annotations", name, files, error) &&
                 write_mask(set, slide, files, error);
  nodal_annotation_set_free(set);
  return written;
}

static bool write_faults(const NodalPhantom *phantom, const DatasetSlide *slide, DatasetFiles *files,
                         NodalError **error) {
  if (!slide->faults) {
    return true;
  }
  NodalAnnotationSet *set = nodal_annotation_set_new(error);
  bool added = set != NULL;
  NodalPhantomFaultArea area;
  for (int i = 0; added && nodal_phantom_fault(phantom, i, &area); i++) {
    char kind[DATASET_NAME];
    dataset_fault_names(area.fault, kind);
    NodalAnnotationGroup group = {.name = kind, .parent = -1, .color = 0x2060C0};
    int index = nodal_annotation_set_find_group(set, kind);
    added = index >= 0 || nodal_annotation_set_add_group(set, &group, error);
    index = nodal_annotation_set_find_group(set, kind);
    added = added && add_polygon(set, kind, index, area.points, error);
  }
  char name[2 * DATASET_NAME];
  snprintf(name, sizeof name, "%s.geojson", slide->name);
  bool written = added && write_annotation(set, NODAL_ANNOTATION_GEOJSON, "faults", name, files, error);
  nodal_annotation_set_free(set);
  return written;
}

/* --- nuclei --- */

static bool print_field(NodalPrinter *printer, const NodalPhantom *phantom, const DatasetSlide *slide, int field,
                        NodalError **error) {
  const NodalRect *area = &slide->fields[field];
  NodalPhantomNucleus *nuclei = NULL;
  size_t count = 0;
  if (!nodal_phantom_nuclei(phantom, area->x, area->y, area->width, area->height, &nuclei, &count, error)) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    nodal_print_format(printer, "%d,", field);
    nodal_print_double(printer, nuclei[i].x_px);
    nodal_print(printer, ",");
    nodal_print_double(printer, nuclei[i].y_px);
    nodal_print_format(printer, ",%s\n", nuclei[i].kind);
  }
  nodal_free(nuclei);
  return true;
}

static bool write_nuclei(const NodalPhantom *phantom, const DatasetSlide *slide, DatasetFiles *files,
                         NodalError **error) {
  char name[2 * DATASET_NAME];
  snprintf(name, sizeof name, "%s.csv", slide->name);
  char *path = dataset_path(files->root, "nuclei", name, error);
  NodalOutput *output = path ? nodal_output_open(path, false, error) : NULL;
  NodalPrinter *printer = output ? nodal_alloc(sizeof *printer, error) : NULL;
  bool written = printer != NULL;
  if (printer) {
    nodal_printer_init(printer, output);
    nodal_print(printer, "field,x_px,y_px,kind\n");
    for (int i = 0; written && i < slide->field_count; i++) {
      written = print_field(printer, phantom, slide, i, error);
    }
    written = nodal_printer_finish(printer, written ? error : NULL) && written && nodal_output_commit(output, error);
  }
  free(printer);
  nodal_output_free(output);
  free(path);
  return written && dataset_enter(files, "nuclei", name, error);
}

bool dataset_paint(const DatasetSlide *slide, bool ihc, DatasetFiles *files, const NodalProgress *progress,
                   NodalError **error) {
  NodalPhantomOptions options = dataset_phantom_options(slide, ihc);
  NodalPhantom *phantom = nodal_phantom_new(&options, error);
  bool painted = phantom && paint_slide(phantom, slide, ihc, files, progress, error) &&
                 (ihc || (write_lesions(phantom, slide, files, error) && write_faults(phantom, slide, files, error) &&
                          (!slide->field_count || write_nuclei(phantom, slide, files, error))));
  nodal_phantom_free(phantom);
  return painted;
}

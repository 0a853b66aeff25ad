/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/dataset.h"

#include "base/memory.h"
#include "base/printer.h"
#include <nodal/version.h>

#include <stdio.h>
#include <string.h>

/* The tables about all slides. Lines end in LF, numbers are in their shortest form. */

typedef void (*PrintTable)(NodalPrinter *printer, const DatasetPlan *plan);

void dataset_fault_names(unsigned faults, char text[DATASET_NAME]) {
  static const char *const names[] = {"focus", "pen", "fold", "bubble"};
  text[0] = '\0';
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (faults >> i & 1) {
      size_t length = strlen(text);
      snprintf(text + length, DATASET_NAME - length, "%s%s", length ? " " : "", names[i]);
    }
  }
}

const char *dataset_format(const DatasetSlide *slide) {
  static const char *const names[] = {"generic-tiff", "aperio", "philips"};
  return names[dataset_centers[slide->center].form];
}

static bool is_positive(const DatasetSlide *slide) {
  return slide->label != NODAL_CATEGORY_NEGATIVE;
}

static void print_numbers(NodalPrinter *printer, const double *numbers, int count) {
  for (int i = 0; i < count; i++) {
    nodal_print(printer, i ? "," : "");
    nodal_print_double(printer, numbers[i]);
  }
}

/* Everything that was painted. */
static void print_phantom(NodalPrinter *printer, const DatasetPlan *plan) {
  nodal_print(printer, "slide,center,patient,node,label,stage,seed,width_px,height_px,spacing_um,format,lesions,"
                       "largest_mm,faults,ihc,ihc_turn_degrees,ihc_shift_x_um,ihc_shift_y_um\n");
  for (int i = 0; i < plan->count; i++) {
    const DatasetSlide *slide = &plan->slides[i];
    char faults[DATASET_NAME];
    dataset_fault_names(slide->faults, faults);
    nodal_print_format(printer, "%s,%d,patient_%03d,%d,%s,%s,%llu,%lld,%lld,", slide->name, slide->center,
                       slide->patient, slide->node, nodal_category_name(slide->label), nodal_stage_name(slide->stage),
                       (unsigned long long)slide->seed, (long long)slide->width, (long long)slide->height);
    nodal_print_double(printer, slide->spacing_um);
    nodal_print_format(printer, ",%s,%d,", dataset_format(slide), slide->lesion_count);
    if (slide->lesion_count > 0) {
      nodal_print_double(printer, slide->lesions[0].longest_mm);
    }
    nodal_print_format(printer, ",%s,", faults);
    if (plan->options->ihc && is_positive(slide)) {
      const double motion[] = {slide->turn_degrees, slide->shift_x_um, slide->shift_y_um};
      nodal_print_format(printer, "ihc/%s_ihc.tif,", slide->name);
      print_numbers(printer, motion, 3);
      nodal_print(printer, "\n");
    } else {
      nodal_print(printer, ",,,\n");
    }
  }
}

static void print_lesions(NodalPrinter *printer, const DatasetPlan *plan) {
  nodal_print(printer, "slide,lesion,center_x_px,center_y_px,longest_mm,category\n");
  for (int i = 0; i < plan->count; i++) {
    const DatasetSlide *slide = &plan->slides[i];
    for (int k = 0; k < slide->lesion_count; k++) {
      const NodalPhantomNest *lesion = &slide->lesions[k];
      const double numbers[] = {lesion->center_x_px, lesion->center_y_px, lesion->longest_mm};
      nodal_print_format(printer, "%s,%d,", slide->name, k + 1);
      print_numbers(printer, numbers, 3);
      nodal_print_format(printer, ",%s\n", nodal_category_name(nodal_lesion_category(lesion->longest_mm, -1)));
    }
  }
}

/* As CAMELYON17's stages.csv: a row a patient, then a row a node. */
static void print_stages(NodalPrinter *printer, const DatasetPlan *plan) {
  nodal_print(printer, "patient,stage,center\n");
  for (int i = 0; i < plan->count; i++) {
    const DatasetSlide *slide = &plan->slides[i];
    if (slide->node == 0) {
      nodal_print_format(printer, "patient_%03d.zip,%s,%d\n", slide->patient, nodal_stage_name(slide->stage),
                         slide->center);
    }
    nodal_print_format(printer, "%s.tif,%s,%d\n", slide->name, nodal_category_name(slide->label), slide->center);
  }
}

/* As CAMELYON16's reference.csv. */
static void print_reference(NodalPrinter *printer, const DatasetPlan *plan) {
  nodal_print(printer, "image,type,category\n");
  for (int i = 0; i < plan->count; i++) {
    const DatasetSlide *slide = &plan->slides[i];
    nodal_print_format(printer, "%s.tif,%s,%s\n", slide->name, is_positive(slide) ? "tumor" : "normal",
                       nodal_category_name(slide->label));
  }
}

/* The regions whose nuclei are in nuclei/. */
static void print_fields(NodalPrinter *printer, const DatasetPlan *plan) {
  nodal_print(printer, "slide,field,x_px,y_px,width_px,height_px\n");
  for (int i = 0; i < plan->count; i++) {
    const DatasetSlide *slide = &plan->slides[i];
    for (int k = 0; k < slide->field_count; k++) {
      const NodalRect *field = &slide->fields[k];
      nodal_print_format(printer, "%s,%d,%lld,%lld,%lld,%lld\n", slide->name, k, (long long)field->x,
                         (long long)field->y, (long long)field->width, (long long)field->height);
    }
  }
}

static void print_readme(NodalPrinter *printer, const DatasetPlan *plan) {
  const NodalPhantomDatasetOptions *options = plan->options;
  nodal_print(
      printer,
      "# A synthetic data set\n\n"
      "**Everything in this folder is synthetic.** A program painted it; it shows no patient and stands for no\n"
      "diagnosis. It is laid out in the manner of CAMELYON17, so that tools can be tried on it and scored "
      "against\na truth that is known exactly. That something works here does not show that it works on "
      "tissue.\n\n");
  nodal_print_format(printer, "Made by nodal %s: `nodal phantom dataset --patients %d --size %lld --seed %llu",
                     NODAL_VERSION, options->patients, (long long)options->size, (unsigned long long)options->seed);
  nodal_print(printer, " --stages ");
  print_numbers(printer, options->stages, NODAL_PHANTOM_STAGES);
  nodal_print_format(printer, "%s`.\n\n", options->ihc ? "" : " --no-ihc");
  nodal_print(
      printer,
      "| what | holds |\n|---|---|\n"
      "| `images/` | the slides, patients of five nodes; five centers with their own stain, spacing and format |\n"
      "| `annotations/` | contours of positive slides, ASAP XML, group `metastases` |\n"
      "| `masks/` | masks of positive slides: 2 tumor, 0 all else |\n"
      "| `stages.csv` | stage of each patient and label of each slide, as in CAMELYON17 |\n"
      "| `reference.csv` | tumor or normal of each slide, as in CAMELYON16 |\n"
      "| `phantom.csv` | everything that was painted, a row a slide; marks the folder as synthetic |\n"
      "| `lesions.csv` | center and longest diameter of each lesion |\n"
      "| `ihc/` | a neighbouring section of each positive slide, stained for cytokeratin: turned clockwise about the "
      "middle of the slide by `ihc_turn_degrees`, then shifted |\n"
      "| `faults/` | where slides are out of focus, or have pen, folds or air bubbles on them, GeoJSON |\n"
      "| `fields.csv`, `nuclei/` | regions, and each nucleus in them; where the spacing shows single nuclei |\n"
      "| `checksums.md5`, `checksums.sha256` | of all other files |\n");
}

/* --- files --- */

char *dataset_path(const char *root, const char *folder, const char *name, NodalError **error) {
  return nodal_strdup_printf(error, "%s/%s%s%s", root, folder, folder[0] ? "/" : "", name);
}

bool dataset_enter(DatasetFiles *files, const char *folder, const char *name, NodalError **error) {
  char *path = dataset_path(files->root, folder, name, error);
  NodalSource *source = path ? nodal_source_open(path, error) : NULL;
  DatasetFile *file = &files->list[files->count];
  bool entered = source && nodal_digest_source(source, NODAL_DIGEST_MD5, NULL, file->md5, error) &&
                 nodal_digest_source(source, NODAL_DIGEST_SHA256, NULL, file->sha256, error);
  if (entered) {
    snprintf(file->path, sizeof file->path, "%s%s%s", folder, folder[0] ? "/" : "", name);
    file->bytes = (int64_t)nodal_source_size(source);
    files->count++;
  }
  nodal_source_unref(source);
  free(path);
  return entered;
}

/* Opens a file of the root and a printer for it. */
static NodalPrinter *open_table(const char *root, const char *name, NodalOutput **output, NodalError **error) {
  char *path = dataset_path(root, "", name, error);
  *output = path ? nodal_output_open(path, false, error) : NULL;
  NodalPrinter *printer = *output ? nodal_alloc(sizeof *printer, error) : NULL;
  if (printer) {
    nodal_printer_init(printer, *output);
  }
  free(path);
  return printer;
}

static bool close_table(NodalPrinter *printer, NodalOutput *output, NodalError **error) {
  bool written = printer && nodal_printer_finish(printer, error) && nodal_output_commit(output, error);
  nodal_output_free(output);
  free(printer);
  return written;
}

bool dataset_tables(const DatasetPlan *plan, DatasetFiles *files, NodalError **error) {
  static const struct {
    const char *name;
    PrintTable print;
  } tables[] = {{"README.md", print_readme},    {"fields.csv", print_fields},       {"lesions.csv", print_lesions},
                {"phantom.csv", print_phantom}, {"reference.csv", print_reference}, {"stages.csv", print_stages}};
  bool written = true;
  for (size_t i = 0; written && i < sizeof tables / sizeof *tables; i++) {
    NodalOutput *output;
    NodalPrinter *printer = open_table(files->root, tables[i].name, &output, error);
    if (printer) {
      tables[i].print(printer, plan);
    }
    written = close_table(printer, output, error) && dataset_enter(files, "", tables[i].name, error);
  }
  return written;
}

/* As md5sum and sha256sum write them. */
bool dataset_checksums(const char *root, const DatasetFile *files, size_t count, int64_t *bytes, NodalError **error) {
  bool written = true;
  for (int kind = NODAL_DIGEST_MD5; written && kind <= NODAL_DIGEST_SHA256; kind++) {
    char name[DATASET_NAME];
    snprintf(name, sizeof name, "checksums.%s", nodal_digest_name((NodalDigest)kind));
    NodalOutput *output;
    NodalPrinter *printer = open_table(root, name, &output, error);
    for (size_t i = 0; printer && i < count; i++) {
      const char *sum = kind == NODAL_DIGEST_MD5 ? files[i].md5 : files[i].sha256;
      nodal_print_format(printer, "%s  %s\n", sum, files[i].path);
      *bytes += (int64_t)(strlen(sum) + strlen(files[i].path) + 3) + (kind == NODAL_DIGEST_MD5 ? files[i].bytes : 0);
    }
    written = close_table(printer, output, error);
  }
  return written;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/reader.h"

#include "base/memory.h"
#include "base/printer.h"
#include <nodal/version.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* One of the files about all slides. */
typedef struct Pages {
  const NodalPhantomReaderOptions *options;
  const ReaderTruth *truth;
  const ReaderOpinion *opinions;
  NodalPhantomReaderSummary *summary;
  const char *place;
} Pages;

typedef void (*Print)(NodalPrinter *printer, const Pages *pages, size_t index);

/* Writes "PLACE/FOLDER/NAME.EXTENSION" by `print`. */
static bool write_file(const Pages *pages, const char *folder, const char *name, const char *extension, Print print,
                       size_t index, NodalError **error) {
  char *path = nodal_strdup_printf(error, "%s/%s%s%s", pages->place, folder, name, extension);
  NodalOutput *output = path ? nodal_output_open(path, false, error) : NULL;
  NodalPrinter *printer = output ? nodal_alloc(sizeof *printer, error) : NULL;
  bool done = printer != NULL;
  if (done) {
    nodal_printer_init(printer, output);
    print(printer, pages, index);
    done = nodal_printer_finish(printer, error) && nodal_output_commit(output, error);
  }
  nodal_output_free(output);
  free(printer);
  free(path);
  return done;
}

static void print_detections(NodalPrinter *printer, const Pages *pages, size_t index) {
  const ReaderOpinion *opinion = &pages->opinions[index];
  nodal_print(printer, "p,x,y\n");
  for (size_t i = 0; i < opinion->mark_count; i++) {
    const ReaderMark *mark = &opinion->marks[i];
    nodal_print_format(printer, "0.%04d,%lld,%lld\n", mark->confidence, (long long)mark->x, (long long)mark->y);
  }
}

static void print_slides(NodalPrinter *printer, const Pages *pages, size_t index) {
  (void)index;
  nodal_print(printer, "image,probability\n");
  for (size_t i = 0; i < pages->truth->slide_count; i++) {
    const ReaderOpinion *opinion = &pages->opinions[i];
    nodal_print_field(printer, pages->truth->slides[i].name, ".tif");
    nodal_print_format(printer, ",0.%04d\n", opinion->mark_count > 0 ? opinion->marks[0].confidence : 0);
  }
}

/* ---- stages ---- */

static NodalStage stage_of(const Pages *pages, size_t first, size_t end) {
  NodalNodeCounts nodes = {0};
  int64_t *const counts[] = {&nodes.negative, &nodes.itc, &nodes.micro, &nodes.macro};
  for (size_t i = first; i < end; i++) {
    (*counts[pages->opinions[i].label])++;
  }
  NodalStage stage = NODAL_STAGE_PN0;
  nodal_stage_of(NODAL_STAGE_CHALLENGE, &nodes, NODAL_MAMMARY_NONE, &stage);
  return stage;
}

/* The slides of a patient follow each other: the one after the last. */
static size_t patient_end(const ReaderTruth *truth, size_t first) {
  size_t end = first + 1;
  while (end < truth->slide_count && strcmp(truth->slides[end].patient, truth->slides[first].patient) == 0) {
    end++;
  }
  return end;
}

static void print_stages(NodalPrinter *printer, const Pages *pages, size_t index) {
  (void)index;
  nodal_print(printer, "patient,stage\n");
  for (size_t first = 0, end; first < pages->truth->slide_count; first = end) {
    end = patient_end(pages->truth, first);
    nodal_print_field(printer, pages->truth->slides[first].patient, ".zip");
    nodal_print_format(printer, ",%s\n", nodal_stage_name(stage_of(pages, first, end)));
    for (size_t i = first; i < end; i++) {
      nodal_print_field(printer, pages->truth->slides[i].name, ".tif");
      nodal_print_format(printer, ",%s\n", nodal_category_name(pages->opinions[i].label));
    }
  }
}

static void sum_up(const Pages *pages) {
  const ReaderTruth *truth = pages->truth;
  NodalPhantomReaderSummary *summary = pages->summary;
  *summary =
      (NodalPhantomReaderSummary){.slides = (int64_t)truth->slide_count, .lesions = (int64_t)truth->lesion_count};
  for (size_t i = 0; i < truth->slide_count; i++) {
    const ReaderOpinion *opinion = &pages->opinions[i];
    summary->found += (int64_t)opinion->found;
    summary->false_positives += (int64_t)(opinion->mark_count - opinion->found);
    summary->labels_right += opinion->label == truth->slides[i].label;
  }
  for (size_t first = 0, end; first < truth->slide_count; first = end) {
    end = patient_end(truth, first);
    summary->patients++;
    summary->stages_right += stage_of(pages, first, end) == truth->slides[first].stage;
  }
}

/* ---- the model ---- */

static void print_model(NodalPrinter *printer, const Pages *pages, size_t index) {
  (void)index;
  const NodalPhantomReaderOptions *options = pages->options;
  const struct {
    const char *name;
    double value;
  } rows[] = {{"half_mm", options->half_mm},
              {"steepness", options->steepness},
              {"place_error_um", options->place_error_um},
              {"size_error", options->size_error},
              {"false_positives", options->false_positives},
              {"separation", options->separation}};
  nodal_print_format(printer, "parameter,value\nseed,%llu\n", (unsigned long long)options->seed);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    nodal_print_format(printer, "%s,", rows[i].name);
    nodal_print_double(printer, rows[i].value);
    nodal_print(printer, "\n");
  }
}

static void print_readme(NodalPrinter *printer, const Pages *pages, size_t index) {
  (void)index;
  const NodalPhantomReaderSummary *summary = pages->summary;
  nodal_print(printer,
              "# A made-up reader\n\n"
              "**Everything in this folder is synthetic.** No person and no program has looked at a slide: nodal took "
              "the\ntruth of a synthetic data set and disturbed it by the error model below. It is for trying "
              "evaluations out and\ntells nothing about how well anybody reads.\n\n");
  nodal_print_format(printer,
                     "Made by nodal %s, `nodal phantom reader`: %lld slides, %lld of %lld lesions found, %lld false "
                     "positives.\n\n",
                     NODAL_VERSION, (long long)summary->slides, (long long)summary->found, (long long)summary->lesions,
                     (long long)summary->false_positives);
  nodal_print(
      printer,
      "| what | holds |\n|---|---|\n"
      "| `detections/` | a table a slide, `p,x,y` in level-0 pixels, for `nodal evaluate lesions` |\n"
      "| `slides.csv` | the highest confidence of each slide, 0 without a detection, for `nodal evaluate slides` |\n"
      "| `stages.csv` | stages of patients and labels of nodes in the form of CAMELYON17, for `nodal evaluate stages` "
      "|\n"
      "| `reader.csv` | the parameters of the model |\n\n"
      "The model, its parameters as in `reader.csv`:\n\n"
      "- A lesion of longest diameter s is found with the probability 1 / (1 + (half_mm / s)^steepness), which is "
      "logistic\n  in ln s; all are with half_mm 0. One is found or not whatever becomes of the others.\n"
      "- Its place is the center of the lesion with a normal error of place_error_um in x and in y.\n"
      "- Its measured diameter is s times the exponential of a normal error of size_error.\n"
      "- The number of false positives on a slide is Poisson's with the mean false_positives. They lie anywhere in the "
      "slide\n  but near no lesion.\n"
      "- The logarithm of the odds of a confidence is normal with the standard deviation 1 and the mean separation / "
      "2 for\n  a lesion, -separation / 2 for a false positive.\n"
      "- A node's label is the category of the largest diameter measured in it; false positives have no say. Stages "
      "follow\n  from labels by the rules of CAMELYON17.\n");
}

bool reader_write(const NodalPhantomReaderOptions *options, const ReaderTruth *truth, const ReaderOpinion *opinions,
                  const char *place, NodalPhantomReaderSummary *summary, NodalError **error) {
  Pages pages = {options, truth, opinions, summary, place};
  sum_up(&pages);
  char *folder = nodal_strdup_printf(error, "%s/detections", place);
  bool done = folder && (mkdir(folder, 0777) == 0 || nodal_fail_errno(error, errno, "%s", folder));
  for (size_t i = 0; done && i < truth->slide_count; i++) {
    done = write_file(&pages, "detections/", truth->slides[i].name, ".csv", print_detections, i, error);
  }
  free(folder);
  return done && write_file(&pages, "", "slides", ".csv", print_slides, 0, error) &&
         write_file(&pages, "", "stages", ".csv", print_stages, 0, error) &&
         write_file(&pages, "", "reader", ".csv", print_model, 0, error) &&
         write_file(&pages, "", "README", ".md", print_readme, 0, error);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "phantom/reader.h"

#include "base/memory.h"
#include "base/output_folder.h"
#include "phantom/number.h"

#include <math.h>
#include <string.h>

/* What is drawn for lesions, and for false positives, of a slide comes from a stream of its own. */
enum { STREAM_LESIONS = 301, STREAM_FALSE_POSITIVES };

/* Micrometres round a lesion in which no false positive lies: FROC grows lesions by 37.5. */
static const double clearance_um = 150;

enum { MOST_TRIES = 100, CONFIDENCE_ONE = 10000 };

/* ---- numbers by chance ---- */

/* Box and Muller 1958. Cut at 5.2: phantom_log() goes no further. */
static double draw_normal(PhantomRandom *random) {
  double radius = sqrt(-2 * phantom_log(1 - phantom_uniform(random, 0, 1 - 0x1p-19)));
  return radius * phantom_cos(phantom_uniform(random, 0, 1));
}

/* Knuth, The Art of Computer Programming 2, 3.4.1. */
static int draw_poisson(PhantomRandom *random, double mean) {
  double limit = phantom_exp_minus(mean), product = phantom_uniform(random, 0, 1);
  int count = 0;
  while (product > limit) {
    product *= phantom_uniform(random, 0, 1);
    count++;
  }
  return count;
}

static double exponential(double value) {
  double size = value < 0 ? -value : value;
  double small = phantom_exp_minus(size < 99 ? size : 99);
  return value < 0 ? small : 1 / small;
}

/* ln of anything from 1e-4 to 1e5. */
static double logarithm(double value) {
  return value > 1 ? -phantom_log(1 / value) : phantom_log(value);
}

/* 1 / (1 + exp(-odds)) */
static double logistic(double odds) {
  return 1 / (1 + exponential(-odds));
}

/* ---- one slide ---- */

static double found_share(const NodalPhantomReaderOptions *options, double longest_mm) {
  if (options->half_mm == 0) {
    return 1;
  }
  return logistic(options->steepness * (logarithm(longest_mm) - logarithm(options->half_mm)));
}

/* A confidence is never 0, which would say that there is nothing, nor 1. */
static int draw_confidence(const NodalPhantomReaderOptions *options, double side, PhantomRandom *random) {
  double confidence = logistic(side * options->separation / 2 + draw_normal(random));
  int64_t units = phantom_floor(confidence * CONFIDENCE_ONE + 0.5);
  return units < 1 ? 1 : units >= CONFIDENCE_ONE ? CONFIDENCE_ONE - 1 : (int)units;
}

static int64_t inside(double place, int64_t size) {
  int64_t pixel = phantom_floor(place);
  return pixel < 0 ? 0 : pixel >= size ? size - 1 : pixel;
}

/* All numbers of a lesion are drawn, found or not: so what is found by a better reader is found by chance as before. */
static void look_at_lesions(const NodalPhantomReaderOptions *options, const ReaderTruth *truth, size_t index,
                            ReaderOpinion *opinion) {
  const ReaderSlide *slide = &truth->slides[index];
  PhantomRandom random = {phantom_hash(options->seed, STREAM_LESIONS, (int64_t)index)};
  double error_px = options->place_error_um / slide->spacing_um;
  for (size_t i = 0; i < slide->lesion_count; i++) {
    const ReaderLesion *lesion = &truth->lesions[slide->first_lesion + i];
    bool found = phantom_uniform(&random, 0, 1) < found_share(options, lesion->longest_mm);
    double x = lesion->x_px + error_px * draw_normal(&random);
    double y = lesion->y_px + error_px * draw_normal(&random);
    double longest_mm = lesion->longest_mm * exponential(options->size_error * draw_normal(&random));
    int confidence = draw_confidence(options, 1, &random);
    if (found) {
      opinion->marks[opinion->mark_count++] =
          (ReaderMark){confidence, inside(x, slide->width), inside(y, slide->height)};
      NodalCategory category = nodal_lesion_category(longest_mm, -1);
      opinion->label = category > opinion->label ? category : opinion->label;
    }
  }
  opinion->found = opinion->mark_count;
}

static bool is_clear(const ReaderTruth *truth, const ReaderSlide *slide, double x, double y) {
  for (size_t i = 0; i < slide->lesion_count; i++) {
    const ReaderLesion *lesion = &truth->lesions[slide->first_lesion + i];
    double reach = (1000 * lesion->longest_mm + clearance_um) / slide->spacing_um;
    double across = x - lesion->x_px, down = y - lesion->y_px;
    if (across * across + down * down < reach * reach) {
      return false;
    }
  }
  return true;
}

/* Where lesions leave no room there is no false positive. */
static void imagine(const NodalPhantomReaderOptions *options, const ReaderTruth *truth, size_t index, int count,
                    PhantomRandom *random, ReaderOpinion *opinion) {
  const ReaderSlide *slide = &truth->slides[index];
  for (int i = 0; i < count; i++) {
    int confidence = draw_confidence(options, -1, random);
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      double x = phantom_uniform(random, 0, (double)slide->width);
      double y = phantom_uniform(random, 0, (double)slide->height);
      if (is_clear(truth, slide, x, y)) {
        opinion->marks[opinion->mark_count++] =
            (ReaderMark){confidence, inside(x, slide->width), inside(y, slide->height)};
        break;
      }
    }
  }
}

static int by_confidence(const void *a, const void *b) {
  const ReaderMark *first = a, *second = b;
  if (first->confidence != second->confidence) {
    return first->confidence > second->confidence ? -1 : 1;
  }
  return first->y != second->y ? (first->y > second->y) - (first->y < second->y)
                               : (first->x > second->x) - (first->x < second->x);
}

bool reader_look(const NodalPhantomReaderOptions *options, const ReaderTruth *truth, size_t index,
                 ReaderOpinion *opinion, NodalError **error) {
  PhantomRandom random = {phantom_hash(options->seed, STREAM_FALSE_POSITIVES, (int64_t)index)};
  int imagined = draw_poisson(&random, options->false_positives);
  *opinion = (ReaderOpinion){.label = NODAL_CATEGORY_NEGATIVE};
  opinion->marks =
      nodal_alloc_array(truth->slides[index].lesion_count + (size_t)imagined, sizeof *opinion->marks, error);
  if (!opinion->marks) {
    return false;
  }
  look_at_lesions(options, truth, index, opinion);
  imagine(options, truth, index, imagined, &random, opinion);
  qsort(opinion->marks, opinion->mark_count, sizeof *opinion->marks, by_confidence);
  return true;
}

/* ---- all of them ---- */

static bool check_range(const char *what, double value, double low, double high, NodalError **error) {
  return (value >= low && value <= high) ||
         nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s %g: it must be %g to %g", what, value, low, high);
}

static bool check_options(const NodalPhantomReaderOptions *options, NodalError **error) {
  return (options->half_mm == 0 || check_range("half-found size of", options->half_mm, 0.001, 100, error)) &&
         check_range("steepness", options->steepness, 0.1, 10, error) &&
         check_range("error of places of", options->place_error_um, 0, 10000, error) &&
         check_range("error of sizes of", options->size_error, 0, 2, error) &&
         check_range("false positives of", options->false_positives, 0, 50, error) &&
         check_range("separation", options->separation, 0, 10, error);
}

static bool look_at_all(const NodalPhantomReaderOptions *options, const ReaderTruth *truth, ReaderOpinion *opinions,
                        NodalError **error) {
  for (size_t i = 0; i < truth->slide_count; i++) {
    if (!reader_look(options, truth, i, &opinions[i], error)) {
      return false;
    }
  }
  return true;
}

static bool make(const NodalPhantomReaderOptions *options, const ReaderTruth *truth, const char *path,
                 NodalPhantomReaderSummary *summary, NodalError **error) {
  ReaderOpinion *opinions = nodal_alloc_array(truth->slide_count, sizeof *opinions, error);
  if (!opinions) {
    return false;
  }
  NodalOutputFolder *folder = nodal_output_folder_open(path, "reader.csv", options->force, error);
  bool done = folder && look_at_all(options, truth, opinions, error) &&
              reader_write(options, truth, opinions, nodal_output_folder_place(folder), summary, error) &&
              nodal_output_folder_commit(folder, error);
  nodal_output_folder_free(folder);
  for (size_t i = 0; i < truth->slide_count; i++) {
    free(opinions[i].marks);
  }
  free(opinions);
  return done;
}

static NodalSource *open_table(const char *dataset, const char *name, NodalError **error) {
  char *path = nodal_strdup_printf(error, "%s/%s", dataset, name);
  NodalSource *source = path ? nodal_source_open(path, error) : NULL;
  free(path);
  return source;
}

static bool read_dataset(ReaderTruth *truth, const char *dataset, NodalError **error) {
  NodalSource *slides = open_table(dataset, "phantom.csv", error);
  NodalSource *lesions = slides ? open_table(dataset, "lesions.csv", error) : NULL;
  bool done = lesions && reader_truth_read(truth, slides, lesions, error);
  nodal_source_unref(slides);
  nodal_source_unref(lesions);
  return done;
}

bool nodal_phantom_reader_write(const NodalPhantomReaderOptions *options, const char *dataset, const char *path,
                                NodalPhantomReaderSummary *summary, NodalError **error) {
  NodalPhantomReaderSummary unwanted;
  ReaderTruth truth = {0};
  bool done = check_options(options, error) && read_dataset(&truth, dataset, error) &&
              make(options, &truth, path, summary ? summary : &unwanted, error);
  reader_truth_clear(&truth);
  return done;
}

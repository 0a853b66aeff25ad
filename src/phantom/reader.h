/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_READER_PARTS_H
#define NODAL_PHANTOM_READER_PARTS_H

#include "base/error.h"
#include <nodal/lesion.h>
#include <nodal/phantom_reader.h>
#include <nodal/source.h>
#include <nodal/stage.h>

/* What the parts of the made-up reader share: reader_table.c reads the truth, reader.c errs, reader_write.c tells. */

/** One lesion of the truth, level-0 pixels. */
typedef struct ReaderLesion {
  size_t slide; /**< index */
  double x_px, y_px, longest_mm;
} ReaderLesion;

/** One slide of the truth. */
typedef struct ReaderSlide {
  char *name, *patient;
  NodalCategory label;
  NodalStage stage; /**< of the patient */
  int64_t width, height;
  double spacing_um;
  size_t first_lesion, lesion_count;
} ReaderSlide;

/** A phantom data set: slides in the order of the file, lesions in that of the slides. */
typedef struct ReaderTruth {
  ReaderSlide *slides;
  size_t slide_count, slide_capacity;
  ReaderLesion *lesions;
  size_t lesion_count, lesion_capacity;
} ReaderTruth;

/** Reads phantom.csv and lesions.csv. reader_truth_clear() is due also where it fails. */
bool reader_truth_read(ReaderTruth *truth, NodalSource *slides, NodalSource *lesions, NodalError **error);
void reader_truth_clear(ReaderTruth *truth);

/** Something that the reader marked: confidence in ten-thousandths, whole level-0 pixels. */
typedef struct ReaderMark {
  int confidence;
  int64_t x, y;
} ReaderMark;

/** What the reader has to say about a slide. */
typedef struct ReaderOpinion {
  ReaderMark *marks; /**< the highest confidence first */
  size_t mark_count;
  size_t found; /**< how many of the marks are lesions */
  NodalCategory label;
} ReaderOpinion;

/** Reads slide `index`. The marks are the caller's to free. */
bool reader_look(const NodalPhantomReaderOptions *options, const ReaderTruth *truth, size_t index,
                 ReaderOpinion *opinion, NodalError **error);

/** Writes all files into the folder `place`. `opinions`: one a slide. */
bool reader_write(const NodalPhantomReaderOptions *options, const ReaderTruth *truth, const ReaderOpinion *opinions,
                  const char *place, NodalPhantomReaderSummary *summary, NodalError **error);

#endif

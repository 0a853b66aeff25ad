/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluation/table.h"

#include "base/memory.h"
#include "base/number.h"

#include <string.h>

struct NodalPredictions {
  char *file; /* for messages */
  NodalTask task;
  double *scores; /* of the truth's cases; the one that the task has */
  int *classes;
  int64_t *lines; /* where each case is; 0: nowhere */
  EvaluationProblems problems;
};

typedef struct PredictionReader {
  const NodalTruth *truth;
  NodalPredictions *predictions;
  bool begun;
  int name, value; /* columns */
} PredictionReader;

static bool is_number(const char *text) {
  double value;
  return nodal_parse_decimal(text, strlen(text), &value);
}

/* A first row whose second field is no number is a header, unless its name is that of a slide. */
static bool score_columns(PredictionReader *reader, const NodalCsvRow *row, bool *headed, NodalError **error) {
  static const char *const names[] = {"image", "slide", "name", "image name", NULL};
  static const char *const values[] = {"probability", "score", "p", NULL};
  size_t index;
  reader->name = 0;
  reader->value = 1;
  *headed = !is_number(evaluation_field(row, 1)) &&
            !evaluation_names_find(&reader->truth->names, row->fields[0], &index) &&
            !evaluation_names_find(&reader->truth->excluded, row->fields[0], &index);
  if (!*headed || row->count == 2) {
    return true;
  }
  reader->name = evaluation_column(row, names);
  reader->value = evaluation_column(row, values);
  return (reader->name >= 0 && reader->value >= 0) ||
         nodal_fail(error, NODAL_ERROR_FORMAT, "no columns image,probability");
}

static bool begin(PredictionReader *reader, const NodalCsvRow *row, bool *headed, NodalError **error) {
  reader->begun = true;
  if (reader->truth->task == NODAL_TASK_SLIDES) {
    return score_columns(reader, row, headed, error);
  }
  StageColumns columns;
  if (!evaluation_stage_columns(row, &columns, headed, error)) {
    return false;
  }
  reader->name = columns.name;
  reader->value = columns.stage;
  return true;
}

/* Stores the value of the case, or a problem. */
static bool keep_value(PredictionReader *reader, const NodalCsvRow *row, size_t index, NodalError **error) {
  NodalPredictions *predictions = reader->predictions;
  const char *name = evaluation_field(row, reader->name), *text = evaluation_field(row, reader->value);
  if (predictions->task == NODAL_TASK_SLIDES) {
    return nodal_parse_decimal(text, strlen(text), &predictions->scores[index]) ||
           evaluation_problems_add(&predictions->problems, error, "%s: line %ld: %s: '%s' is no number",
                                   predictions->file, row->line, name, text);
  }
  int stage = evaluation_stage_index(reader->truth, text);
  if (stage >= 0) {
    predictions->classes[index] = stage;
    return true;
  }
  char stages[400];
  evaluation_list_stages(reader->truth, stages, sizeof stages);
  return evaluation_problems_add(&predictions->problems, error, "%s: line %ld: %s: stage '%s' is not %s",
                                 predictions->file, row->line, name, text, stages);
}

static bool take_row(void *user, const NodalCsvRow *row, NodalError **error) {
  PredictionReader *reader = user;
  NodalPredictions *predictions = reader->predictions;
  bool headed = false;
  if (!reader->begun && !begin(reader, row, &headed, error)) {
    return false;
  }
  const char *name = evaluation_field(row, reader->name);
  size_t index;
  if (headed || (predictions->task == NODAL_TASK_STAGES && !evaluation_is_patient(name)) ||
      evaluation_names_find(&reader->truth->excluded, name, &index)) {
    return true;
  }
  if (name[0] == '\0') {
    return evaluation_problems_add(&predictions->problems, error, "%s: line %ld: no name", predictions->file,
                                   row->line);
  }
  if (!evaluation_names_find(&reader->truth->names, name, &index)) {
    return evaluation_problems_add(&predictions->problems, error, "%s: line %ld: %s is not in %s", predictions->file,
                                   row->line, name, reader->truth->file);
  }
  if (predictions->lines[index] != 0) {
    return evaluation_problems_add(&predictions->problems, error, "%s: line %ld: %s is there already, in line %lld",
                                   predictions->file, row->line, name, (long long)predictions->lines[index]);
  }
  predictions->lines[index] = row->line;
  return keep_value(reader, row, index, error);
}

static bool find_missing(const NodalTruth *truth, NodalPredictions *predictions, NodalError **error) {
  for (size_t i = 0; i < truth->count; i++) {
    if (predictions->lines[i] == 0 &&
        !evaluation_problems_add(&predictions->problems, error, "%s: no row for %s, which is in line %lld of %s",
                                 predictions->file, truth->cases[i].name, (long long)truth->cases[i].line,
                                 truth->file)) {
      return false;
    }
  }
  return true;
}

static bool make_arrays(NodalPredictions *predictions, const NodalTruth *truth, NodalError **error) {
  predictions->lines = nodal_alloc_array(truth->count, sizeof *predictions->lines, error);
  if (!predictions->lines) {
    return false;
  }
  if (truth->task == NODAL_TASK_SLIDES) {
    predictions->scores = nodal_alloc_array(truth->count, sizeof *predictions->scores, error);
    return predictions->scores != NULL;
  }
  predictions->classes = nodal_alloc_array(truth->count, sizeof *predictions->classes, error);
  return predictions->classes != NULL;
}

NodalPredictions *nodal_predictions_read_source(const NodalTruth *truth, NodalSource *source, NodalError **error) {
  NodalPredictions *predictions = nodal_alloc_array(1, sizeof *predictions, error);
  if (!predictions) {
    return NULL;
  }
  predictions->task = truth->task;
  predictions->file = nodal_strdup(nodal_source_name(source), error);
  PredictionReader reader = {.truth = truth, .predictions = predictions};
  if (!predictions->file || !make_arrays(predictions, truth, error) ||
      !nodal_csv_read(source, take_row, &reader, error) || !find_missing(truth, predictions, error)) {
    nodal_predictions_free(predictions);
    return NULL;
  }
  return predictions;
}

NodalPredictions *nodal_predictions_read(const NodalTruth *truth, const char *path, NodalError **error) {
  NodalSource *source = nodal_source_open(path, error);
  if (!source) {
    return NULL;
  }
  NodalPredictions *predictions = nodal_predictions_read_source(truth, source, error);
  nodal_source_unref(source);
  return predictions;
}

void nodal_predictions_free(NodalPredictions *predictions) {
  if (!predictions) {
    return;
  }
  free(predictions->scores);
  free(predictions->classes);
  free(predictions->lines);
  evaluation_problems_clear(&predictions->problems);
  free(predictions->file);
  free(predictions);
}

const char *nodal_predictions_problem(const NodalPredictions *predictions, size_t index) {
  return evaluation_problems_line(&predictions->problems, index);
}

const double *nodal_predictions_scores(const NodalPredictions *predictions) {
  return predictions->problems.count == 0 ? predictions->scores : NULL;
}

const int *nodal_predictions_classes(const NodalPredictions *predictions) {
  return predictions->problems.count == 0 ? predictions->classes : NULL;
}

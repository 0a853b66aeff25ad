/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "suggest.h"

#include <stdio.h>
#include <string.h>

const CliCommand *const cli_commands[] = {&cli_info,
                                          &cli_view,
                                          &cli_thumbnail,
                                          &cli_crop,
                                          &cli_associated,
                                          &cli_convert,
                                          &cli_phantom_slide,
                                          &cli_phantom_dataset,
                                          &cli_phantom_reader,
                                          &cli_annotation_info,
                                          &cli_annotation_convert,
                                          &cli_annotation_check,
                                          &cli_mask,
                                          &cli_contours,
                                          &cli_raster_threshold,
                                          &cli_raster_components,
                                          &cli_raster_distance,
                                          &cli_raster_morphology,
                                          &cli_raster_fill,
                                          &cli_raster_statistics,
                                          &cli_raster_relabel,
                                          &cli_lesions,
                                          &cli_stage,
                                          &cli_evaluate_slides,
                                          &cli_evaluate_lesions,
                                          &cli_evaluate_stages,
                                          &cli_evaluate_rank,
                                          &cli_dataset_scan,
                                          &cli_dataset_check,
                                          &cli_dataset_tables,
                                          &cli_dataset_split,
                                          &cli_dataset_patients,
                                          &cli_dataset_compare,
                                          &cli_dataset_audit,
                                          &cli_compare,
                                          &cli_self_test,
                                          &cli_help,
                                          &cli_generate,
                                          NULL};

/* How many of the words make the whole name of the command: 0, 1 or 2. */
static int match_name(const char *name, int count, const char *const *words) {
  const char *space = strchr(name, ' ');
  if (!space) {
    return strcmp(name, words[0]) == 0;
  }
  size_t length = (size_t)(space - name);
  bool first = strlen(words[0]) == length && strncmp(name, words[0], length) == 0;
  return first && count > 1 && strcmp(space + 1, words[1]) == 0 ? 2 : 0;
}

/* The second words of the commands that start with the word "first": "slide, dataset". */
static void list_second_words(const char *first, char *list, size_t size) {
  size_t length = strlen(first);
  list[0] = '\0';
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    const char *name = (*command)->name;
    if (strncmp(name, first, length) == 0 && name[length] == ' ') {
      size_t used = strlen(list);
      snprintf(list + used, size - used, "%s%s", used ? ", " : "", name + length + 1);
    }
  }
}

static void describe_unknown(int count, const char *const *words, CliProblem *problem) {
  char seconds[100];
  list_second_words(words[0], seconds, sizeof seconds);
  if (*seconds && (count < 2 || words[1][0] == '-')) {
    snprintf(problem->text, sizeof problem->text, "%s: needs one of: %s", words[0], seconds);
    return;
  }
  if (*seconds) {
    snprintf(problem->text, sizeof problem->text, "no command '%s %s', only: %s", words[0], words[1], seconds);
    return;
  }
  CliSuggestion suggestion = {.typed = words[0]};
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    if ((*command)->group && !strchr((*command)->name, ' ')) {
      cli_suggest(&suggestion, (*command)->name);
    }
  }
  cli_suggest(&suggestion, "annotation");
  cli_suggest(&suggestion, "dataset");
  cli_suggest(&suggestion, "evaluate");
  cli_suggest(&suggestion, "phantom");
  if (suggestion.best) {
    snprintf(problem->text, sizeof problem->text, "no command '%s', did you mean '%s'?", words[0], suggestion.best);
  } else {
    snprintf(problem->text, sizeof problem->text, "no command '%s'", words[0]);
  }
}

const CliCommand *cli_find_command(int count, const char *const *words, int *used, CliProblem *problem) {
  for (const CliCommand *const *command = cli_commands; *command; command++) {
    *used = match_name((*command)->name, count, words);
    if (*used) {
      return *command;
    }
  }
  describe_unknown(count, words, problem);
  return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "labels.h"

#include <stdlib.h>
#include <string.h>

const char *const cli_label_presets[] = {"none", "camelyon16", "camelyon17", NULL};

static bool parse_label(const char *text, char **name, int *value) {
  const char *sign = strrchr(text, '=');
  char *end;
  if (!sign || sign == text) {
    return false;
  }
  long number = strtol(sign + 1, &end, 10);
  if (sign[1] < '0' || sign[1] > '9' || *end || number > 255) {
    return false;
  }
  *name = cli_format("%.*s", (int)(sign - text), text);
  *value = (int)number;
  return true;
}

int cli_labels_parse(const CliContext *context, const CliStrings *texts, CliLabels *labels) {
  size_t count = (size_t)texts->count;
  labels->items = cli_allocate((count + 1) * sizeof *labels->items);
  labels->names = cli_allocate((count + 1) * sizeof *labels->names);
  for (size_t i = 0; i < count; i++) {
    int value;
    if (!parse_label(texts->items[i], &labels->names[i], &value)) {
      return cli_usage(context, "--label: '%s' is not NAME=VALUE with a value of 0 to 255", texts->items[i]);
    }
    labels->items[i] = (NodalMaskLabel){labels->names[i], value};
    labels->count++;
  }
  return CLI_DONE;
}

void cli_labels_free(CliLabels *labels) {
  for (size_t i = 0; i < labels->count; i++) {
    free(labels->names[i]);
  }
  free(labels->items);
  free(labels->names);
  *labels = (CliLabels){0};
}

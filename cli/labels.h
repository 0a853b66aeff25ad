/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_LABELS_H
#define NODAL_CLI_LABELS_H

#include "message.h"

#include <nodal/mask.h>

/** Names of the presets for option tables: "none" first, then those of nodal_mask_preset(). */
enum { CLI_NO_PRESET };
extern const char *const cli_label_presets[];

/** What --label said. Start with zeros. */
typedef struct CliLabels {
  NodalMaskLabel *items;
  char **names; /**< of the items */
  size_t count;
} CliLabels;

/** Reads NAME=VALUE, where the name may hold "=" itself. CLI_DONE; or CLI_USAGE, and the error told. */
int cli_labels_parse(const CliContext *context, const CliStrings *texts, CliLabels *labels);
void cli_labels_free(CliLabels *labels);

#endif

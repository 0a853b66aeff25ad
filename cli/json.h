/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_JSON_H
#define NODAL_CLI_JSON_H

#include "message.h"

#include <jansson.h>

/** Text of any bytes: what is not UTF-8 becomes U+FFFD. NULL becomes null. */
json_t *cli_json_text(const char *text);

/** null for what JSON has no number for. */
json_t *cli_json_number(double number);

/** Sets and takes over `value`; ends the program where there is no memory. */
void cli_json_set(json_t *object, const char *key, json_t *value);
void cli_json_append(json_t *array, json_t *value);

/** Prints the document on stdout and frees it. A failure to write shows when the program closes stdout. */
void cli_json_print(json_t *document);

#endif

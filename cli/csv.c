/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

int cli_csv_check(const CliContext *context, bool csv, const char *what, const char *input) {
  const CliCommon *common = context->common;
  if (csv && common->json && !common->output) {
    return cli_usage(context, "--csv and --json both print: name a file for the %s by --output", what);
  }
  if (common->output && !csv) {
    return cli_usage(context, "--output is for --csv");
  }
  return !common->output || cli_check_output(context, common->output, input) ? CLI_DONE : CLI_FAILED;
}

int cli_csv_print(const CliContext *context, void (*print)(FILE *stream, const void *user), const void *user) {
  if (!context->common->output) {
    print(stdout, user);
    return CLI_DONE;
  }
  CliTextFile file;
  if (!cli_text_open(context, &file, context->common->output)) {
    return CLI_FAILED;
  }
  print(file.stream, user);
  bool written = cli_text_commit(context, &file);
  cli_text_close(&file);
  return written ? CLI_DONE : CLI_FAILED;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <nodal/selftest.h>
#include <nodal/version.h>

typedef struct Values {
  CliCommon common;
} Values;

typedef struct Run {
  const CliContext *context;
  json_t *checks; /* NULL without --json */
  int passed, failed;
} Run;

static void report(void *user, const char *check, const char *failure) {
  Run *run = user;
  run->passed += !failure;
  run->failed += failure != NULL;
  if (run->checks) {
    json_t *entry = json_object();
    cli_json_set(entry, "check", cli_json_text(check));
    cli_json_set(entry, "ok", json_boolean(!failure));
    cli_json_set(entry, "message", cli_json_text(failure));
    cli_json_append(run->checks, entry);
  } else if (failure) {
    cli_tell(run->context, "FAILED  %s: %s\n", check, failure);
  } else {
    cli_tell(run->context, "ok      %s\n", check);
  }
}

static int run_self_test(const CliContext *context, const void *memory) {
  (void)memory;
  Run run = {.context = context, .checks = context->common->json ? json_array() : NULL};
  NodalError *error = NULL;
  bool passed = nodal_self_test(report, &run, &error);
  if (!passed && run.failed == 0) {
    json_decref(run.checks);
    return cli_fail(context, error); /* no check failed: the test itself could not go on */
  }
  if (run.checks) {
    json_t *document = json_object();
    cli_json_set(document, "version", cli_json_text(nodal_version()));
    cli_json_set(document, "checks", run.checks);
    cli_json_set(document, "passed", json_integer(run.passed));
    cli_json_set(document, "failed", json_integer(run.failed));
    cli_json_print(document);
  }
  cli_tell(context, "%d passed, %d failed\n", run.passed, run.failed);
  if (!passed) {
    cli_error(context, "%s", nodal_error_message(error));
    nodal_error_free(error);
  }
  return passed ? CLI_DONE : CLI_PROBLEMS;
}

static const CliOption arguments[] = {{.name = NULL}};

static const CliOption options[] = {CLI_OPTION_JSON, CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal self-test", "Says what this build can read and whether it reads it right."}, {NULL, NULL}};

const CliCommand cli_self_test = {
    .name = "self-test",
    .group = "Check",
    .summary = "check this build with slides that are built in",
    .description = "Opens a small built-in slide once through every codec and reader of this build and compares its "
                   "pixels with what they are known to be. No file is touched. Exit status 3 if a check failed.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run_self_test,
};

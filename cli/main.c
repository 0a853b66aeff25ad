/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include "interrupt.h"
#include "json.h"
#ifdef NODAL_VIEWER
#include "server/view.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <nodal/slide.h>
#include <nodal/version.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const CliContext program = {0};

/* A file that is opened must never land on a standard descriptor that the caller closed: what is printed would go into
 * it. stdout is opened for reading, so that writing to it fails as it should. */
static void occupy_standard_descriptors(void) {
  const int modes[3] = {O_WRONLY, O_RDONLY, O_RDWR};
  for (int i = 0; i < 3; i++) {
    if (fcntl(i, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[i]) != i) {
      _exit(CLI_FAILED);
    }
  }
}

/* What was printed must have arrived. A reader that went away (`nodal info | head`) needs no message. */
static int close_stdout(int status) {
  errno = 0;
  bool bad = fflush(stdout) != 0 || ferror(stdout);
  int number = errno;
  if (fclose(stdout) != 0 && !bad) {
    bad = true;
    number = errno;
  }
  if (!bad) {
    return status;
  }
  if (number != EPIPE) {
    cli_error(&program, "standard output: %s", number ? strerror(number) : "cannot be written");
  }
  return status == CLI_DONE || status == CLI_PROBLEMS ? CLI_FAILED : status;
}

/* The library `index` of the build; the program's own last. */
static const char *library(int index, const char **version) {
  int others = 0;
  while (nodal_version_library(others, NULL)) {
    others++;
  }
  if (index < others) {
    return nodal_version_library(index, version);
  }
  if (index == others) {
    *version = jansson_version_str();
    return "jansson";
  }
#ifdef NODAL_VIEWER
  if (index == others + 1) {
    *version = view_http_version();
    return "libmicrohttpd";
  }
#endif
  return NULL;
}

static void print_version_json(void) {
  json_t *document = json_object(), *libraries = json_array(), *formats = json_array();
  const char *name, *text = NULL;
  for (int i = 0; (name = library(i, &text)); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "name", cli_json_text(name));
    cli_json_set(entry, "version", cli_json_text(text));
    cli_json_append(libraries, entry);
  }
  for (int i = 0; (name = nodal_format_name(i, &text)); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "name", cli_json_text(name));
    cli_json_set(entry, "description", cli_json_text(text));
    cli_json_append(formats, entry);
  }
  cli_json_set(document, "version", cli_json_text(nodal_version()));
  cli_json_set(document, "libraries", libraries);
  cli_json_set(document, "formats", formats);
  cli_json_print(document);
}

static void print_version(void) {
  const char *name, *text = NULL;
  printf("nodal %s\n\nLibraries:\n", nodal_version());
  for (int i = 0; (name = library(i, &text)); i++) {
    printf("  %-16s %s\n", name, text);
  }
  printf("\nFormats:\n");
  for (int i = 0; (name = nodal_format_name(i, &text)); i++) {
    printf("  %-16s %s\n", name, text);
  }
}

/* `nodal --version [--json]` and `nodal --help`: -1 if the words are neither. */
static int run_program_option(int count, const char *const *words) {
  if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0) {
    cli_print_overview(stdout);
    return CLI_DONE;
  }
  bool json_first = count > 1 && strcmp(words[0], "--json") == 0;
  if (strcmp(words[json_first], "--version") != 0) {
    return -1;
  }
  bool json = json_first;
  for (int i = 1 + json_first; i < count; i++) {
    if (strcmp(words[i], "--json") != 0) {
      return cli_usage(&program, "--version: '%s' is one argument too many", words[i]);
    }
    json = true;
  }
  if (json) {
    print_version_json();
  } else {
    print_version();
  }
  return CLI_DONE;
}

static int run_command(const CliCommand *command, int count, const char *const *words) {
  CliContext context = {.command = command};
  CliProblem problem = {""};
  void *values = cli_allocate(command->values_size);
  context.common = values;
  int status;
  if (!cli_parse(command->options, command->arguments, count, words, values, &problem)) {
    status = cli_usage(&context, "%s", problem.text);
  } else if (context.common->help) {
    cli_print_help(stdout, command);
    status = CLI_DONE;
  } else {
    status = command->run(&context, values);
  }
  cli_free_values(command->options, command->arguments, values);
  free(values);
  return status;
}

static int run(int count, const char *const *words) {
  if (count == 0) {
    cli_print_overview(stderr);
    return CLI_USAGE;
  }
  int status = run_program_option(count, words);
  if (status >= 0) {
    return status;
  }
  if (words[0][0] == '-') {
    return cli_usage(&program, "no option '%s' before the command", words[0]);
  }
  CliProblem problem = {""};
  int used = 0;
  const CliCommand *command = cli_find_command(count, words, &used, &problem);
  if (!command) {
    return cli_usage(&program, "%s", problem.text);
  }
  return run_command(command, count - used, words + used);
}

int main(int argc, char **argv) {
  occupy_standard_descriptors();
  cli_interrupt_install();
  int status = argc > 0 ? run(argc - 1, (const char *const *)argv + 1) : CLI_USAGE;
  return close_stdout(status);
}

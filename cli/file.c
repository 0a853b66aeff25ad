/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

bool cli_exists(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0;
}

bool cli_is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool cli_same_file(const char *a, const char *b) {
  struct stat first, second;
  return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

bool cli_has_extension(const char *path, const char *const *extensions) {
  size_t length = strlen(path);
  for (; *extensions; extensions++) {
    size_t tail = strlen(*extensions);
    if (length > tail && path[length - tail - 1] != '/' && strcasecmp(path + length - tail, *extensions) == 0) {
      return true;
    }
  }
  return false;
}

char *cli_output_named(const char *folder, const char *input, const char *extension) {
  const char *slash = strrchr(input, '/');
  const char *name = slash ? slash + 1 : input;
  const char *dot = strrchr(name, '.');
  int stem = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
  /* "slide.ome.tif": the format's own double extension is no part of the stem. */
  if (stem > 4 && strncasecmp(name + stem - 4, ".ome", 4) == 0) {
    stem -= 4;
  }
  size_t length = strlen(folder);
  bool slashed = length > 0 && folder[length - 1] == '/';
  return cli_format("%s%s%.*s%s", folder, slashed ? "" : "/", stem, name, extension);
}

char *cli_output_in_folder(const char *folder, const char *input) {
  return cli_output_named(folder, input, ".tif");
}

static int by_text(const void *a, const void *b) {
  const char *const *const *first = a, *const *const *second = b;
  int order = strcmp(**first, **second);
  return order != 0 ? order : *first < *second ? -1 : *first > *second;
}

bool cli_find_collision(char *const *outputs, int count, int *first, int *second) {
  char *const **sorted = cli_allocate((size_t)count * sizeof *sorted);
  for (int i = 0; i < count; i++) {
    sorted[i] = &outputs[i];
  }
  qsort(sorted, (size_t)count, sizeof *sorted, by_text);
  bool found = false;
  for (int i = 1; i < count && !found; i++) {
    found = strcmp(*sorted[i - 1], *sorted[i]) == 0;
    *first = found ? (int)(sorted[i - 1] - outputs) : 0;
    *second = found ? (int)(sorted[i] - outputs) : 0;
  }
  free(sorted);
  return found;
}

bool cli_make_folders(const CliContext *context, const char *path) {
  char *copy = cli_format("%s", path);
  bool made = true;
  for (char *end = copy + 1; made; end++) {
    char kept = *end;
    if (kept && kept != '/') {
      continue;
    }
    *end = '\0';
    if (mkdir(copy, 0777) != 0 && !(errno == EEXIST && cli_is_folder(copy))) {
      cli_error(context, "%s: cannot make the folder: %s", copy, errno == EEXIST ? "Not a directory" : strerror(errno));
      made = false;
    }
    *end = kept;
    if (!kept) {
      break;
    }
  }
  free(copy);
  return made;
}

bool cli_check_output(const CliContext *context, const char *output, const char *input) {
  if (input && cli_same_file(output, input)) {
    cli_error(context, "%s: is the input itself", output);
    return false;
  }
  if (cli_is_folder(output)) {
    cli_error(context, "%s: is a directory", output);
    return false;
  }
  if (!context->common->force && cli_exists(output)) {
    cli_error(context, "%s: exists already (--force replaces it)", output);
    return false;
  }
  return true;
}

bool cli_text_open(const CliContext *context, CliTextFile *file, const char *path) {
  *file = (CliTextFile){0};
  const char *slash = strrchr(path, '/');
  int folder = slash ? (int)(slash + 1 - path) : 0;
  /* Allocated first: where that ends the program, nothing has been made yet. */
  char *temporary = cli_format("%.*s.%s.%ld.part", folder, path, path + folder, (long)getpid());
  char *copy = cli_format("%s", path);
  int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  if (!stream) {
    cli_error(context, "%s: %s", path, strerror(errno));
    if (descriptor >= 0) {
      close(descriptor);
      unlink(temporary);
    }
    free(temporary);
    free(copy);
    return false;
  }
  *file = (CliTextFile){.stream = stream, .path = copy, .temporary = temporary};
  return true;
}

bool cli_text_finish(const CliContext *context, CliTextFile *file) {
  errno = 0;
  bool bad = fflush(file->stream) != 0 || ferror(file->stream);
  int number = errno;
  if (fclose(file->stream) != 0 && !bad) {
    bad = true;
    number = errno;
  }
  file->stream = NULL;
  if (bad) {
    cli_error(context, "%s: %s", file->path, number ? strerror(number) : "cannot be written");
  }
  return !bad;
}

bool cli_text_commit(const CliContext *context, CliTextFile *file) {
  if (file->stream && !cli_text_finish(context, file)) {
    return false;
  }
  /* link() refuses a name that appeared since it was looked for; some file systems have none, there rename() must do.
   */
  bool force = context->common->force;
  if (!force && link(file->temporary, file->path) == 0) {
    return true;
  }
  if (!force && errno == EEXIST) {
    cli_error(context, "%s: exists already (--force replaces it)", file->path);
    return false;
  }
  if (rename(file->temporary, file->path) == 0) {
    return true;
  }
  cli_error(context, "%s: %s", file->path, strerror(errno));
  return false;
}

void cli_text_close(CliTextFile *file) {
  if (file->stream) {
    fclose(file->stream);
  }
  if (file->temporary) {
    unlink(file->temporary);
  }
  free(file->temporary);
  free(file->path);
  *file = (CliTextFile){0};
}

void cli_print_number(FILE *stream, double number) {
  char text[40];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number) {
      break;
    }
  }
  fputs(text, stream);
}

void cli_print_field(FILE *stream, const char *text) {
  if (!strpbrk(text, ",\"\r\n")) {
    fputs(text, stream);
    return;
  }
  putc('"', stream);
  for (; *text; text++) {
    fputs(*text == '"' ? "\"" : "", stream);
    putc(*text, stream);
  }
  putc('"', stream);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs every file of the folders named on the command line, or the files named there, through a fuzz target. Each input
 * is a heap block of exactly its size, so that the sanitizers see every step past its end.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static void fail(const char *path) {
  fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
  exit(1);
}

static void run_file(const char *path) {
  FILE *file = fopen(path, "rb");
  struct stat status;
  if (!file || fstat(fileno(file), &status) != 0) {
    fail(path);
  }
  size_t size = (size_t)status.st_size;
  uint8_t *data = malloc(size > 0 ? size : 1);
  if (!data || fread(data, 1, size, file) != size) {
    fail(path);
  }
  fclose(file);
  uint8_t *exact = realloc(data, size > 0 ? size : 1);
  LLVMFuzzerTestOneInput(exact, size);
  free(exact);
}

static int run_folder(const char *path) {
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, alphasort), done = 0;
  if (count < 0) {
    fail(path);
  }
  for (int i = 0; i < count; i++) {
    if (entries[i]->d_name[0] != '.') {
      char full[4096];
      snprintf(full, sizeof full, "%s/%s", path, entries[i]->d_name);
      run_file(full);
      done++;
    }
    free(entries[i]);
  }
  free(entries);
  return done;
}

int main(int count, char **arguments) {
  int done = 0;
  for (int i = 1; i < count; i++) {
    struct stat status;
    if (stat(arguments[i], &status) != 0) {
      fail(arguments[i]);
    }
    if (S_ISDIR(status.st_mode)) {
      done += run_folder(arguments[i]);
    } else {
      run_file(arguments[i]);
      done++;
    }
  }
  printf("%d inputs\n", done);
  return done > 0 ? 0 : 1;
}

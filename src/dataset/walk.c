/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset/walk.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_FILES = 50000000 };

/* A folder outside of the root that a link led to. */
typedef struct Place {
  dev_t device;
  ino_t number;
} Place;

typedef struct Walker {
  Walk *walk;
  const char *root;
  char *real_root; /* absolute, without links */
  char **folders;  /* still to be read, relative; "" is the root */
  size_t folder_count, folder_capacity;
  Place *places;
  size_t place_count, place_capacity;
  EvaluationProblems *warnings;
} Walker;

/* "A/B", or the one that is not "". */
static char *join(const char *a, const char *b, NodalError **error) {
  bool slash = a[0] && b[0] && a[strlen(a) - 1] != '/';
  return nodal_strdup_printf(error, "%s%s%s", a, slash ? "/" : "", b);
}

/* Whether a link to a folder shows anything that is not found without it. */
static bool leads_elsewhere(Walker *walker, const char *path, const struct stat *status, NodalError **error) {
  char *target = realpath(path, NULL);
  size_t length = strlen(walker->real_root);
  bool inside = !target || (strncmp(target, walker->real_root, length) == 0 &&
                            (target[length] == '/' || target[length] == '\0' || length == 1));
  free(target);
  if (inside) {
    return false;
  }
  for (size_t i = 0; i < walker->place_count; i++) {
    if (walker->places[i].device == status->st_dev && walker->places[i].number == status->st_ino) {
      return false;
    }
  }
  if (!nodal_grow_array(&walker->places, &walker->place_capacity, walker->place_count + 1, sizeof *walker->places,
                        error)) {
    return false;
  }
  walker->places[walker->place_count++] = (Place){status->st_dev, status->st_ino};
  return true;
}

/* Both take over `path`. */
static bool push_folder(Walker *walker, char *path, NodalError **error) {
  if (!path || !nodal_grow_array(&walker->folders, &walker->folder_capacity, walker->folder_count + 1,
                                 sizeof *walker->folders, error)) {
    free(path);
    return false;
  }
  walker->folders[walker->folder_count++] = path;
  return true;
}

static bool add_file(Walk *walk, char *path, int64_t bytes, NodalError **error) {
  bool fits = walk->count < MOST_FILES || nodal_fail(error, NODAL_ERROR_MEMORY, "more than %d files", MOST_FILES);
  if (!fits || !nodal_grow_array(&walk->files, &walk->capacity, walk->count + 1, sizeof *walk->files, error)) {
    free(path);
    return false;
  }
  const char *slash = strrchr(path, '/');
  walk->files[walk->count++] = (WalkFile){path, slash ? slash + 1 : path, bytes};
  return true;
}

static bool take_entry(Walker *walker, const char *folder, const char *name, NodalError **error) {
  char *relative = join(folder, name, error);
  char *path = relative ? join(walker->root, relative, error) : NULL;
  struct stat status, own;
  if (!path) {
    free(relative);
    return false;
  }
  bool found = stat(path, &status) == 0;
  int number = errno;
  bool done = true;
  NodalError *failure = NULL;
  if (!nodal_is_utf8(name, strlen(name))) {
    done = evaluation_problems_add(walker->warnings, error, "%s: the name is not UTF-8; left out", relative);
  } else if (!found) {
    nodal_fail_errno(&failure, number, "%s", relative);
    done = evaluation_problems_take(walker->warnings, failure, error);
    failure = NULL;
  } else if (S_ISREG(status.st_mode)) {
    done = add_file(walker->walk, relative, status.st_size, error);
    relative = NULL;
  } else if (S_ISDIR(status.st_mode) && lstat(path, &own) == 0 &&
             (!S_ISLNK(own.st_mode) || leads_elsewhere(walker, path, &status, &failure))) {
    done = push_folder(walker, relative, error);
    relative = NULL;
  }
  free(relative);
  free(path);
  return failure ? nodal_error_pass(error, failure) : done;
}

static bool read_folder(Walker *walker, const char *folder, NodalError **error) {
  char *path = join(walker->root, folder, error);
  DIR *directory = path ? opendir(path) : NULL;
  bool done = path != NULL;
  if (path && !directory) {
    NodalError *failure = NULL;
    nodal_fail_errno(&failure, errno, "%s", folder[0] ? folder : path);
    done = folder[0] == '\0' ? nodal_error_pass(error, failure)
                             : evaluation_problems_take(walker->warnings, failure, error);
  }
  const struct dirent *entry;
  while (directory && done && (entry = readdir(directory)) != NULL) {
    done = entry->d_name[0] == '.' || take_entry(walker, folder, entry->d_name, error);
  }
  if (directory) {
    closedir(directory);
  }
  free(path);
  return done;
}

static int compare_files(const void *a, const void *b) {
  return strcmp(((const WalkFile *)a)->path, ((const WalkFile *)b)->path);
}

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

bool walk_folder(Walk *walk, const char *root, EvaluationProblems *warnings, NodalError **error) {
  Walker walker = {.walk = walk, .root = root, .warnings = warnings, .real_root = realpath(root, NULL)};
  if (!walker.real_root) {
    return nodal_fail_errno(error, errno, "%s", root);
  }
  size_t before = warnings->count;
  bool done = push_folder(&walker, nodal_strdup("", error), error);
  while (done && walker.folder_count > 0) {
    char *folder = walker.folders[--walker.folder_count];
    done = read_folder(&walker, folder, error);
    free(folder);
  }
  while (walker.folder_count > 0) {
    free(walker.folders[--walker.folder_count]);
  }
  free(walker.folders);
  free(walker.places);
  free(walker.real_root);
  if (walk->count > 1) {
    qsort(walk->files, walk->count, sizeof *walk->files, compare_files);
  }
  if (warnings->count > before) {
    qsort(warnings->lines + before, warnings->count - before, sizeof *warnings->lines, compare_lines);
  }
  return done;
}

void walk_clear(Walk *walk) {
  for (size_t i = 0; i < walk->count; i++) {
    free(walk->files[i].path);
  }
  free(walk->files);
  *walk = (Walk){0};
}

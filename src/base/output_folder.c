/* SPDX-License-Identifier: Apache-2.0 */
#include "base/output_folder.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct NodalOutputFolder {
  char *name, *place;
  bool replaces, committed;
};

enum { OPEN_DESCRIPTORS = 16 };

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where) {
  (void)status;
  (void)kind;
  (void)where;
  return remove(path);
}

static bool remove_tree(const char *path) {
  return nftw(path, remove_entry, OPEN_DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0;
}

/* Makes ".NAME.RANDOM.part" beside the goal. */
static bool make_place(NodalOutputFolder *folder, NodalError **error) {
  const char *slash = strrchr(folder->name, '/');
  int parent = slash ? (int)(slash + 1 - folder->name) : 0;
  for (;;) {
    uint32_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
      return nodal_fail_errno(error, errno, "%s", folder->name);
    }
    char *place = nodal_strdup_printf(error, "%.*s.%s.%08x.part", parent, folder->name, folder->name + parent, random);
    if (!place) {
      return false;
    }
    if (mkdir(place, 0777) == 0) {
      folder->place = place;
      return true;
    }
    int number = errno;
    free(place);
    if (number != EEXIST) {
      return nodal_fail_errno(error, number, "%s", folder->name);
    }
  }
}

static bool is_empty(const char *path) {
  DIR *stream = opendir(path);
  if (!stream) {
    return false;
  }
  bool empty = true;
  for (struct dirent *entry; empty && (entry = readdir(stream));) {
    empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
  }
  closedir(stream);
  return empty;
}

static bool holds(const char *path, const char *marker, bool *held, NodalError **error) {
  char *file = nodal_strdup_printf(error, "%s/%s", path, marker);
  struct stat status;
  *held = file && stat(file, &status) == 0 && S_ISREG(status.st_mode);
  free(file);
  return file != NULL;
}

static bool fail_exists(const char *path, NodalError **error) {
  return nodal_fail(error, NODAL_ERROR_EXISTS, "%s: exists already (--force replaces it)", path);
}

/* Whether the goal is free, or may be replaced. */
static bool check_goal(NodalOutputFolder *folder, const char *marker, bool force, NodalError **error) {
  struct stat status;
  if (lstat(folder->name, &status) != 0) {
    return errno == ENOENT || nodal_fail_errno(error, errno, "%s", folder->name);
  }
  if (!force) {
    return fail_exists(folder->name, error);
  }
  if (!S_ISDIR(status.st_mode)) {
    return nodal_fail(error, NODAL_ERROR_IO, "%s: is no directory", folder->name);
  }
  bool held;
  if (!holds(folder->name, marker, &held, error)) {
    return false;
  }
  folder->replaces = true;
  return held || is_empty(folder->name) ||
         nodal_fail(error, NODAL_ERROR_EXISTS, "%s: holds no %s and is not replaced", folder->name, marker);
}

NodalOutputFolder *nodal_output_folder_open(const char *path, const char *marker, bool force, NodalError **error) {
  NodalOutputFolder *folder = nodal_alloc_array(1, sizeof *folder, error);
  if (!folder) {
    return NULL;
  }
  folder->name = nodal_strdup(path, error);
  if (folder->name) {
    for (size_t length = strlen(folder->name); length > 1 && folder->name[length - 1] == '/';) {
      folder->name[--length] = '\0';
    }
  }
  bool named =
      folder->name && (folder->name[0] || nodal_fail(error, NODAL_ERROR_ARGUMENT, "the name of a folder is empty"));
  if (!named || !check_goal(folder, marker, force, error) || !make_place(folder, error)) {
    nodal_output_folder_free(folder);
    return NULL;
  }
  return folder;
}

const char *nodal_output_folder_place(const NodalOutputFolder *folder) {
  return folder->place;
}

const char *nodal_output_folder_name(const NodalOutputFolder *folder) {
  return folder->name;
}

/* Both folders change names in one step where the file system can; then the old one lies at `place`. */
static bool replace(NodalOutputFolder *folder, NodalError **error) {
  if (renameat2(AT_FDCWD, folder->place, AT_FDCWD, folder->name, RENAME_EXCHANGE) == 0) {
    folder->committed = true;
    return remove_tree(folder->place) || nodal_fail_errno(error, errno, "%s", folder->place);
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return nodal_fail_errno(error, errno, "%s", folder->name);
  }
  return (remove_tree(folder->name) && rename(folder->place, folder->name) == 0) ||
         nodal_fail_errno(error, errno, "%s", folder->name);
}

/* rename() replaces an empty folder alone, so nothing that appeared meanwhile is lost. */
bool nodal_output_folder_commit(NodalOutputFolder *folder, NodalError **error) {
  if (folder->replaces) {
    folder->committed = replace(folder, error);
    return folder->committed;
  }
  if (rename(folder->place, folder->name) != 0) {
    return errno == EEXIST || errno == ENOTEMPTY ? fail_exists(folder->name, error)
                                                 : nodal_fail_errno(error, errno, "%s", folder->name);
  }
  folder->committed = true;
  return true;
}

void nodal_output_folder_free(NodalOutputFolder *folder) {
  if (!folder) {
    return;
  }
  if (folder->place && !folder->committed) {
    remove_tree(folder->place);
  }
  free(folder->place);
  free(folder->name);
  free(folder);
}

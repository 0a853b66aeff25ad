/* SPDX-License-Identifier: Apache-2.0 */
#include "base/output.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct NodalOutput {
  char *name;
  char *temporary; /* NULL with memory, and after the commit */
  int descriptor;  /* -1 with memory */
  bool force;

  pthread_mutex_t lock; /* memory only */
  uint8_t *memory;
  size_t memory_size, memory_capacity;
};

static NodalOutput *new_output(const char *name, NodalError **error) {
  NodalOutput *output = nodal_alloc_array(1, sizeof *output, error);
  if (!output) {
    return NULL;
  }
  output->descriptor = -1;
  pthread_mutex_init(&output->lock, NULL);
  output->name = nodal_strdup(name, error);
  if (!output->name) {
    nodal_output_free(output);
    return NULL;
  }
  return output;
}

NodalOutput *nodal_output_new_memory(const char *name, NodalError **error) {
  return new_output(name, error);
}

static bool fail_exists(const char *path, NodalError **error) {
  return nodal_fail(error, NODAL_ERROR_EXISTS, "%s: exists already (--force replaces it)", path);
}

/* Opens ".NAME.RANDOM.part" beside the goal, with the mode that a plain open would give it. */
static bool open_temporary(NodalOutput *output, NodalError **error) {
  const char *slash = strrchr(output->name, '/');
  int folder_length = slash ? (int)(slash + 1 - output->name) : 0;
  const char *base = output->name + folder_length;
  for (;;) {
    uint32_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
      return nodal_fail_errno(error, errno, "%s", output->name);
    }
    char *temporary = nodal_strdup_printf(error, "%.*s.%s.%08x.part", folder_length, output->name, base, random);
    if (!temporary) {
      return false;
    }
    output->descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (output->descriptor >= 0) {
      output->temporary = temporary;
      return true;
    }
    int number = errno;
    free(temporary);
    if (number != EEXIST) {
      return nodal_fail_errno(error, number, "%s", output->name);
    }
  }
}

NodalOutput *nodal_output_open(const char *path, bool force, NodalError **error) {
  struct stat status;
  if (stat(path, &status) == 0) {
    if (S_ISDIR(status.st_mode)) {
      nodal_fail(error, NODAL_ERROR_IO, "%s: is a directory", path);
      return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
      nodal_fail(error, NODAL_ERROR_IO, "%s: is not a regular file", path);
      return NULL;
    }
    if (!force) {
      fail_exists(path, error);
      return NULL;
    }
  }
  NodalOutput *output = new_output(path, error);
  if (!output) {
    return NULL;
  }
  output->force = force;
  if (!open_temporary(output, error)) {
    nodal_output_free(output);
    return NULL;
  }
  return output;
}

const char *nodal_output_name(const NodalOutput *output) {
  return output->name;
}

static bool write_memory(NodalOutput *output, const void *data, size_t size, uint64_t offset, NodalError **error) {
  size_t end;
  if (offset > SIZE_MAX || !nodal_add_size((size_t)offset, size, &end)) {
    return nodal_fail_memory(error);
  }
  pthread_mutex_lock(&output->lock);
  bool grown = nodal_grow_array(&output->memory, &output->memory_capacity, end, 1, error);
  if (grown) {
    if (end > output->memory_size) {
      memset(output->memory + output->memory_size, 0, end - output->memory_size);
      output->memory_size = end;
    }
    memcpy(output->memory + offset, data, size);
  }
  pthread_mutex_unlock(&output->lock);
  return grown;
}

bool nodal_output_write(NodalOutput *output, const void *data, size_t size, uint64_t offset, NodalError **error) {
  if (size == 0) {
    return true;
  }
  if (output->descriptor < 0) {
    return write_memory(output, data, size, offset, error);
  }
  const char *from = data;
  while (size > 0) {
    ssize_t written = pwrite(output->descriptor, from, size, (off_t)offset);
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return nodal_fail_errno(error, errno, "%s", output->name);
    }
    from += written;
    size -= (size_t)written;
    offset += (uint64_t)written;
  }
  return true;
}

bool nodal_output_commit(NodalOutput *output, NodalError **error) {
  if (output->descriptor < 0) {
    return true;
  }
  /* close() is where some file systems (NFS) first tell that the disk is full. */
  int descriptor = output->descriptor;
  output->descriptor = -1;
  if (close(descriptor) != 0) {
    return nodal_fail_errno(error, errno, "%s", output->name);
  }
  if (output->force) {
    if (rename(output->temporary, output->name) != 0) {
      return nodal_fail_errno(error, errno, "%s", output->name);
    }
  } else if (renameat2(AT_FDCWD, output->temporary, AT_FDCWD, output->name, RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) {
      return fail_exists(output->name, error);
    }
    /* Not every file system can do it in one step. */
    if (errno != EINVAL && errno != ENOSYS) {
      return nodal_fail_errno(error, errno, "%s", output->name);
    }
    if (access(output->name, F_OK) == 0) {
      return fail_exists(output->name, error);
    }
    if (rename(output->temporary, output->name) != 0) {
      return nodal_fail_errno(error, errno, "%s", output->name);
    }
  }
  free(output->temporary);
  output->temporary = NULL;
  return true;
}

const void *nodal_output_memory(const NodalOutput *output, size_t *size) {
  *size = output->memory_size;
  return output->memory;
}

bool nodal_output_copy(const NodalOutput *output, void **data, size_t *size, NodalError **error) {
  void *copy = nodal_alloc(output->memory_size, error);
  if (!copy) {
    return false;
  }
  memcpy(copy, output->memory, output->memory_size);
  *data = copy;
  *size = output->memory_size;
  return true;
}

void nodal_output_free(NodalOutput *output) {
  if (!output) {
    return;
  }
  if (output->descriptor >= 0) {
    close(output->descriptor);
  }
  if (output->temporary) {
    unlink(output->temporary);
    free(output->temporary);
  }
  pthread_mutex_destroy(&output->lock);
  free(output->memory);
  free(output->name);
  free(output);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/source.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct NodalSource {
  atomic_int references;
  uint64_t size;
  char *name;
  bool is_file;
  NodalSourceFunctions functions;
  void *user;
};

static void *from_descriptor(int descriptor) {
  return (void *)(intptr_t)descriptor;
}

static int to_descriptor(void *user) {
  return (int)(intptr_t)user;
}

static int read_file(void *user, void *buffer, size_t size, uint64_t offset) {
  char *to = buffer;
  while (size > 0) {
    ssize_t got = pread(to_descriptor(user), to, size, (off_t)offset);
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno;
    }
    if (got == 0) {
      return EIO; /* the file has become shorter since it was opened */
    }
    to += got;
    size -= (size_t)got;
    offset += (uint64_t)got;
  }
  return 0;
}

static void close_file(void *user) {
  close(to_descriptor(user));
}

static int read_memory(void *user, void *buffer, size_t size, uint64_t offset) {
  memcpy(buffer, (const char *)user + offset, size);
  return 0;
}

NodalSource *nodal_source_new(const NodalSourceFunctions *functions, void *user, uint64_t size, const char *name,
                              NodalError **error) {
  NodalSource *source = nodal_alloc_array(1, sizeof *source, error);
  if (!source) {
    return NULL;
  }
  source->name = nodal_strdup(name, error);
  if (!source->name) {
    free(source);
    return NULL;
  }
  atomic_init(&source->references, 1);
  source->size = size;
  source->functions = *functions;
  source->user = user;
  return source;
}

NodalSource *nodal_source_new_memory(const void *data, size_t size, const char *name, NodalError **error) {
  static const NodalSourceFunctions functions = {read_memory, NULL};
  return nodal_source_new(&functions, (void *)(uintptr_t)data, size, name, error);
}

NodalSource *nodal_source_open(const char *path, NodalError **error) {
  static const NodalSourceFunctions functions = {read_file, close_file};
  /* O_NONBLOCK: opening a pipe must not wait for a writer only for us to refuse it. */
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    nodal_fail_errno(error, errno, "%s", path);
    return NULL;
  }
  struct stat status;
  if (fstat(descriptor, &status) != 0) {
    nodal_fail_errno(error, errno, "%s", path);
    close(descriptor);
    return NULL;
  }
  if (!S_ISREG(status.st_mode)) {
    nodal_fail(error, NODAL_ERROR_IO, S_ISDIR(status.st_mode) ? "%s: is a directory" : "%s: is not a regular file",
               path);
    close(descriptor);
    return NULL;
  }
  NodalSource *source =
      nodal_source_new(&functions, from_descriptor(descriptor), (uint64_t)status.st_size, path, error);
  if (!source) {
    close(descriptor);
    return NULL;
  }
  source->is_file = true;
  return source;
}

NodalSource *nodal_source_ref(NodalSource *source) {
  atomic_fetch_add_explicit(&source->references, 1, memory_order_relaxed);
  return source;
}

void nodal_source_unref(NodalSource *source) {
  if (source && atomic_fetch_sub_explicit(&source->references, 1, memory_order_acq_rel) == 1) {
    if (source->functions.close) {
      source->functions.close(source->user);
    }
    free(source->name);
    free(source);
  }
}

uint64_t nodal_source_size(const NodalSource *source) {
  return source->size;
}

const char *nodal_source_name(const NodalSource *source) {
  return source->name;
}

const char *nodal_source_path(const NodalSource *source) {
  return source->is_file ? source->name : NULL;
}

bool nodal_source_holds(const NodalSource *source, uint64_t offset, uint64_t size) {
  return offset <= source->size && size <= source->size - offset;
}

bool nodal_source_read(NodalSource *source, void *buffer, size_t size, uint64_t offset, NodalError **error) {
  if (!nodal_source_holds(source, offset, size)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "%s: is truncated: %zu bytes at offset %llu, but the file has %llu",
                      source->name, size, (unsigned long long)offset, (unsigned long long)source->size);
  }
  if (size == 0) {
    return true;
  }
  int number = source->functions.read(source->user, buffer, size, offset);
  return number == 0 || nodal_fail_errno(error, number, "%s", source->name);
}

bool nodal_source_read_some(NodalSource *source, void *buffer, size_t size, uint64_t offset, size_t *got,
                            NodalError **error) {
  *got = 0;
  if (offset >= source->size) {
    return true;
  }
  uint64_t left = source->size - offset;
  size_t available = left < size ? (size_t)left : size;
  if (!nodal_source_read(source, buffer, available, offset, error)) {
    return false;
  }
  *got = available;
  return true;
}

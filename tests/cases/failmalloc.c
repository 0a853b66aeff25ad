/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For LD_PRELOAD: lets allocation number FAILMALLOC_AT, counted from 1, fail, and with FAILMALLOC_STICK all later ones
 * too. At the end it writes to the file FAILMALLOC_COUNT how many there were. Counted are those of the program, our
 * library and most codec libraries. Spared are those that end the program when they get no memory: GLib, below
 * OpenSlide, and the dynamic linker on purpose, libtiff 4.5 and OpenJPEG 2.5 by a null pointer.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_long seen;
static long fail_at = -1; /* -1: the environment has not been looked at */
static int stick;

/* Whether the code at `caller` belongs to what is tested. dladdr() does not allocate. */
static int is_tested(const void *caller) {
  static const char *const names[] = {"nodal",      "libjpeg", "libturbojpeg", "libpng",  "libxml2",
                                      "libdeflate", "libzstd", "libwebp",      "libz.so", "libjansson"};
  Dl_info where;
  if (!dladdr(caller, &where) || !where.dli_fname) {
    return 0;
  }
  const char *slash = strrchr(where.dli_fname, '/'), *file = slash ? slash + 1 : where.dli_fname;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strstr(file, names[i])) {
      return 1;
    }
  }
  return 0;
}

/* getenv() does not allocate either. Before main() only one thread runs. */
static int must_fail(const void *caller) {
  if (fail_at < 0) {
    const char *at = getenv("FAILMALLOC_AT");
    stick = getenv("FAILMALLOC_STICK") != NULL;
    fail_at = at ? strtol(at, NULL, 10) : 0;
  }
  if (!is_tested(caller)) {
    return 0;
  }
  long number = atomic_fetch_add(&seen, 1) + 1;
  if (fail_at == 0 || (stick ? number < fail_at : number != fail_at)) {
    return 0;
  }
  errno = ENOMEM;
  return 1;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size) {
  return must_fail(CALLER) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  return must_fail(CALLER) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  return must_fail(CALLER) ? NULL : __libc_realloc(memory, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (must_fail(CALLER)) {
    return ENOMEM;
  }
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size) {
  return must_fail(CALLER) ? NULL : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
  return must_fail(CALLER) ? NULL : __libc_memalign(alignment, size);
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("FAILMALLOC_COUNT");
  int descriptor = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
  if (descriptor >= 0) {
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&seen));
    if (write(descriptor, text, (size_t)length) != length) {
      _exit(1);
    }
    close(descriptor);
  }
}

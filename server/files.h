/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SERVER_FILES_H
#define NODAL_SERVER_FILES_H

#include "parts.h"

#include <nodal/slide.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

/** What is known of a file before and without opening it. */
typedef enum ViewFileState { VIEW_FILE_PENDING, VIEW_FILE_GOOD, VIEW_FILE_BROKEN } ViewFileState;

enum { VIEW_STAMP_SIZE = 17 };

/** A file that can be opened as a slide, and is open while somebody reads it and for a while after. */
typedef struct ViewFile {
  char *path;
  pthread_mutex_t lock;
  NodalSlide *slide; /**< NULL: closed */
  int users;
  uint64_t used;         /**< when it was last, in openings */
  struct ViewFile *next; /**< of those that are open */

  /* What the last opening told. */
  ViewFileState state;
  char message[600]; /**< why it is broken */
  char etag[VIEW_STAMP_SIZE];
  int version; /**< counts the states of the file that were seen */
  int64_t width, height;
  double spacing_um[2]; /**< 0: unknown */
  char format[32];
  bool is_picture; /**< can be read as RGB */
} ViewFile;

/** Those that are open: only so many at a time. */
typedef struct ViewFiles {
  pthread_mutex_t lock;
  ViewFile *first;
  int count;
  atomic_uint_fast64_t openings;
  NodalCache *cache;
} ViewFiles;

bool view_files_init(ViewFiles *files);
void view_files_free(ViewFiles *files);

/** Takes `path` over. The file's place in memory is for good. */
void view_file_init(ViewFile *file, char *path);
/** Closes it, when nobody uses it any more. */
void view_file_free(ViewFile *file);

/** Opens the file, if need be; view_file_release() is due unless it is NULL. */
NodalSlide *view_file_acquire(ViewFiles *files, ViewFile *file, ViewFault *fault);
/** The same only where it is open. */
NodalSlide *view_file_acquire_open(ViewFiles *files, ViewFile *file);
void view_file_release(ViewFile *file);

/** Closes the file if it is another than the one that was opened, so that it is opened anew; not while it is in use. */
void view_file_renew(ViewFiles *files, ViewFile *file);
/** Counts the states of the file: what was made of one of them holds as long as this is the same. */
int view_file_version(ViewFile *file);

/** What tells one state of a file from another: a hash of its place, size and times. */
void view_stamp(const struct stat *status, char stamp[VIEW_STAMP_SIZE]);

#endif

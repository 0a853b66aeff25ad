/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Open files at a time, each of them one or a few descriptors; and decoded pixels of all of them together. */
enum { MAX_OPEN = 64, CACHE_BYTES = 64 << 20 };

bool view_files_init(ViewFiles *files) {
  *files = (ViewFiles){.lock = PTHREAD_MUTEX_INITIALIZER, .cache = nodal_cache_new(CACHE_BYTES, NULL)};
  return files->cache != NULL;
}

void view_files_free(ViewFiles *files) {
  nodal_cache_unref(files->cache);
  pthread_mutex_destroy(&files->lock);
}

void view_file_init(ViewFile *file, char *path) {
  *file = (ViewFile){.path = path};
  pthread_mutex_init(&file->lock, NULL);
}

void view_file_free(ViewFile *file) {
  nodal_slide_free(file->slide);
  pthread_mutex_destroy(&file->lock);
  free(file->path);
}

void view_stamp(const struct stat *status, char stamp[VIEW_STAMP_SIZE]) {
  const int64_t parts[] = {(int64_t)status->st_dev,          (int64_t)status->st_ino,
                           (int64_t)status->st_size,         (int64_t)status->st_mtim.tv_sec,
                           (int64_t)status->st_mtim.tv_nsec, (int64_t)status->st_ctim.tv_sec,
                           (int64_t)status->st_ctim.tv_nsec};
  snprintf(stamp, VIEW_STAMP_SIZE, "%016llx", (unsigned long long)view_hash(parts, sizeof parts));
}

/* What a list of slides shows. The lock is held. */
static void describe(ViewFile *file) {
  NodalLevel level = {0};
  nodal_slide_level(file->slide, 0, &level);
  file->width = level.width;
  file->height = level.height;
  nodal_slide_spacing(file->slide, &file->spacing_um[0], &file->spacing_um[1]);
  snprintf(file->format, sizeof file->format, "%s", nodal_slide_format(file->slide));
  file->is_picture = nodal_slide_pixel_size(file->slide, NODAL_PIXELS_RGB) > 0;
  struct stat status;
  char stamp[VIEW_STAMP_SIZE];
  if (stat(file->path, &status) == 0) {
    view_stamp(&status, stamp);
    file->version += strcmp(stamp, file->etag) != 0;
    memcpy(file->etag, stamp, sizeof stamp);
  }
}

static bool open_file(ViewFiles *files, ViewFile *file, ViewFault *fault) {
  NodalSlideOptions options = {.cache = files->cache};
  NodalError *error = NULL;
  file->slide = nodal_slide_open(file->path, &options, &error);
  file->state = file->slide ? VIEW_FILE_GOOD : VIEW_FILE_BROKEN;
  if (!file->slide) {
    snprintf(file->message, sizeof file->message, "%s", nodal_error_message(error));
    return view_fail_error(fault, error);
  }
  describe(file);
  return true;
}

/* Enters a file that was opened. */
static void enter(ViewFiles *files, ViewFile *file) {
  pthread_mutex_lock(&files->lock);
  file->next = files->first;
  files->first = file;
  files->count++;
  pthread_mutex_unlock(&files->lock);
}

/* Takes a file out that is to be closed; the lock is held. False where another thread was first. */
static bool leave(ViewFiles *files, const ViewFile *file) {
  ViewFile **at = &files->first;
  while (*at && *at != file) {
    at = &(*at)->next;
  }
  if (!*at) {
    return false;
  }
  *at = file->next;
  files->count--;
  return true;
}

/* Closes those that were not used for longest and are not in use, down to what may be open. */
static void close_some(ViewFiles *files) {
  pthread_mutex_lock(&files->lock);
  while (files->count > MAX_OPEN) {
    ViewFile *oldest = NULL;
    for (ViewFile *file = files->first; file; file = file->next) {
      /* One that is being opened or used just now is not the oldest. */
      if (pthread_mutex_trylock(&file->lock) != 0) {
        continue;
      }
      if (file->slide && file->users == 0 && (!oldest || file->used < oldest->used)) {
        if (oldest) {
          pthread_mutex_unlock(&oldest->lock);
        }
        oldest = file;
      } else {
        pthread_mutex_unlock(&file->lock);
      }
    }
    if (!oldest) {
      break;
    }
    leave(files, oldest);
    nodal_slide_free(oldest->slide);
    oldest->slide = NULL;
    pthread_mutex_unlock(&oldest->lock);
  }
  pthread_mutex_unlock(&files->lock);
}

NodalSlide *view_file_acquire(ViewFiles *files, ViewFile *file, ViewFault *fault) {
  pthread_mutex_lock(&file->lock);
  bool fresh = !file->slide;
  if (fresh && !open_file(files, file, fault)) {
    pthread_mutex_unlock(&file->lock);
    return NULL;
  }
  NodalSlide *slide = file->slide;
  file->users++;
  file->used = atomic_fetch_add(&files->openings, fresh);
  pthread_mutex_unlock(&file->lock);
  if (fresh) {
    enter(files, file);
    close_some(files);
  }
  return slide;
}

NodalSlide *view_file_acquire_open(ViewFiles *files, ViewFile *file) {
  pthread_mutex_lock(&file->lock);
  NodalSlide *slide = file->slide;
  file->users += slide != NULL;
  file->used = atomic_load(&files->openings);
  pthread_mutex_unlock(&file->lock);
  return slide;
}

void view_file_renew(ViewFiles *files, ViewFile *file) {
  struct stat status;
  char stamp[VIEW_STAMP_SIZE];
  if (stat(file->path, &status) != 0) {
    return;
  }
  view_stamp(&status, stamp);
  /* In the order of close_some(): the list before the file. */
  pthread_mutex_lock(&files->lock);
  pthread_mutex_lock(&file->lock);
  bool stale = file->slide && file->users == 0 && strcmp(stamp, file->etag) != 0 && leave(files, file);
  if (stale) {
    nodal_slide_free(file->slide);
    file->slide = NULL;
  }
  pthread_mutex_unlock(&file->lock);
  pthread_mutex_unlock(&files->lock);
}

int view_file_version(ViewFile *file) {
  pthread_mutex_lock(&file->lock);
  int version = file->version;
  pthread_mutex_unlock(&file->lock);
  return version;
}

void view_file_release(ViewFile *file) {
  pthread_mutex_lock(&file->lock);
  file->users--;
  pthread_mutex_unlock(&file->lock);
}

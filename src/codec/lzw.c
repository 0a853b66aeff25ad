/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LZW through libtiff, which offers it only inside a TIFF: the compressed bytes are presented as the one strip of a
 * file in memory, one row of bytes, and read or written through it.
 */
#include "codec/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tiffio.h>

/* A classic little-endian TIFF of nine tags; its strip would come next. */
enum { HEADER = 8, TAGS = 9, HEAD_SIZE = HEADER + 2 + 12 * TAGS + 4 };

typedef struct MemoryFile {
  uint8_t head[HEAD_SIZE]; /* reading */
  NodalBytes *out;         /* writing: what follows the header that libtiff writes */
  toff_t size, at;
  bool complete; /* the strip is written; the directory that libtiff writes at the end is not wanted */
} MemoryFile;

static void put16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value) {
  put16(at, value);
  put16(at + 2, value >> 16);
}

static void make_head(uint8_t *head, uint32_t width, uint32_t strip_size) {
  const uint32_t tags[TAGS][3] = {
      {TIFFTAG_IMAGEWIDTH, TIFF_LONG, width},
      {TIFFTAG_IMAGELENGTH, TIFF_LONG, 1},
      {TIFFTAG_BITSPERSAMPLE, TIFF_SHORT, 8},
      {TIFFTAG_COMPRESSION, TIFF_SHORT, COMPRESSION_LZW},
      {TIFFTAG_PHOTOMETRIC, TIFF_SHORT, PHOTOMETRIC_MINISBLACK},
      {TIFFTAG_STRIPOFFSETS, TIFF_LONG, HEAD_SIZE},
      {TIFFTAG_SAMPLESPERPIXEL, TIFF_SHORT, 1},
      {TIFFTAG_ROWSPERSTRIP, TIFF_LONG, 1},
      {TIFFTAG_STRIPBYTECOUNTS, TIFF_LONG, strip_size},
  };
  memset(head, 0, HEAD_SIZE);
  memcpy(head, "II*", 3);
  put32(head + 4, HEADER);
  put16(head + HEADER, TAGS);
  for (int i = 0; i < TAGS; i++) {
    uint8_t *entry = head + HEADER + 2 + 12 * i;
    put16(entry, tags[i][0]);
    put16(entry + 2, tags[i][1]);
    put32(entry + 4, 1);
    put32(entry + 8, tags[i][2]);
  }
}

/* Only the head is ever read: the strip goes to the decoder by TIFFReadFromUserBuffer(). */
static tmsize_t read_file(thandle_t handle, void *buffer, tmsize_t count) {
  MemoryFile *file = handle;
  if (file->out || file->at >= HEAD_SIZE || count <= 0) {
    return 0;
  }
  toff_t left = HEAD_SIZE - file->at;
  size_t piece = (size_t)((toff_t)count < left ? (toff_t)count : left);
  memcpy(buffer, file->head + file->at, piece);
  file->at += piece;
  return (tmsize_t)piece;
}

static tmsize_t write_file(thandle_t handle, void *buffer, tmsize_t count) {
  MemoryFile *file = handle;
  if (!file->out || count <= 0) {
    return 0;
  }
  toff_t end = file->at + (toff_t)count;
  if (!file->complete && end > HEADER) {
    toff_t skipped = file->at < HEADER ? HEADER - file->at : 0;
    size_t start = (size_t)(file->at + skipped - HEADER), stop = (size_t)(end - HEADER);
    if (!nodal_grow_array(&file->out->data, &file->out->capacity, stop, 1, NULL)) {
      return 0;
    }
    memcpy(file->out->data + start, (const uint8_t *)buffer + skipped, stop - start);
  }
  file->at = end;
  file->size = end > file->size ? end : file->size;
  return count;
}

static toff_t seek_file(thandle_t handle, toff_t offset, int whence) {
  MemoryFile *file = handle;
  toff_t base = whence == SEEK_CUR ? file->at : whence == SEEK_END ? file->size : 0;
  file->at = base + offset;
  return file->at;
}

static toff_t size_file(thandle_t handle) {
  const MemoryFile *file = handle;
  return file->size;
}

static int close_file(thandle_t handle) {
  (void)handle;
  return 0;
}

/* The messages say no more than that the data are bad, and differ from version to version. */
#ifdef NODAL_HAVE_TIFF_OPEN_OPTIONS

static int take_nothing(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  (void)user;
  (void)module;
  (void)format;
  (void)arguments;
  return 1;
}

static TIFF *open_tiff(MemoryFile *file, const char *mode) {
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) {
    return NULL;
  }
  TIFFOpenOptionsSetErrorHandlerExtR(options, take_nothing, NULL);
  TIFFOpenOptionsSetWarningHandlerExtR(options, take_nothing, NULL);
  TIFF *tiff = TIFFClientOpenExt("block", mode, file, read_file, write_file, seek_file, close_file, size_file, NULL,
                                 NULL, options);
  TIFFOpenOptionsFree(options);
  return tiff;
}

#else

#include <pthread.h>

static void silence(void) {
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
}

/* Before 4.5 libtiff has one handler for the whole process, which prints unless it is taken away. */
static TIFF *open_tiff(MemoryFile *file, const char *mode) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, silence);
  return TIFFClientOpen("block", mode, file, read_file, write_file, seek_file, close_file, size_file, NULL, NULL);
}

#endif

bool nodal_lzw_unpack(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error) {
  if (size > NODAL_CODEC_MAX_BYTES || out_size > NODAL_CODEC_MAX_BYTES) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "an LZW block of %zu bytes is too large", size);
  }
  /* libtiff looks at the first two bytes whatever the size. */
  if (size < 2) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged LZW: bad or too little data");
  }
  MemoryFile file = {.size = HEAD_SIZE + size};
  make_head(file.head, (uint32_t)out_size, (uint32_t)size);
  /* "m": no memory mapping */
  TIFF *tiff = open_tiff(&file, "rm");
  if (!tiff) {
    return nodal_fail_memory(error);
  }
  int ok = TIFFReadFromUserBuffer(tiff, 0, (void *)(uintptr_t)data, (tmsize_t)size, out, (tmsize_t)out_size);
  TIFFClose(tiff);
  return ok || nodal_fail(error, NODAL_ERROR_FORMAT, "damaged LZW: bad or too little data");
}

static bool write_strip(TIFF *tiff, const void *data, size_t size) {
  return TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)size) && TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1) &&
         TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8) && TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1) &&
         TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW) &&
         TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) &&
         TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 1) &&
         TIFFWriteEncodedStrip(tiff, 0, (void *)(uintptr_t)data, (tmsize_t)size) == (tmsize_t)size;
}

bool nodal_lzw_pack(const void *data, size_t size, NodalBytes *out, NodalError **error) {
  MemoryFile file = {.out = out};
  TIFF *tiff = open_tiff(&file, "wl");
  if (!tiff) {
    return nodal_fail_memory(error);
  }
  bool ok = write_strip(tiff, data, size) && file.size > HEADER;
  out->size = ok ? (size_t)(file.size - HEADER) : 0;
  file.complete = true;
  TIFFClose(tiff);
  return ok || nodal_fail_memory(error);
}

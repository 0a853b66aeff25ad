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

/* A classic little-endian TIFF of nine tags, then the strip. */
enum { HEADER = 8, TAGS = 9, HEAD_SIZE = HEADER + 2 + 12 * TAGS + 4 };

typedef struct MemoryFile {
  uint8_t head[HEAD_SIZE];
  const uint8_t *data; /* follows the head; reading only */
  size_t size, at;     /* of the whole file */
  NodalBytes *out;     /* writing only */
  bool out_of_memory;
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
      {TIFFTAG_PHOTOMETRIC, TIFF_SHORT, 1},
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

static tmsize_t read_file(thandle_t handle, void *buffer, tmsize_t count) {
  MemoryFile *file = handle;
  uint8_t *to = buffer;
  size_t done = 0, wanted = (size_t)count;
  while (done < wanted && file->at < file->size) {
    bool in_head = file->at < HEAD_SIZE;
    size_t left = in_head ? HEAD_SIZE - file->at : file->size - file->at;
    size_t piece = left < wanted - done ? left : wanted - done;
    memcpy(to + done, in_head ? file->head + file->at : file->data + (file->at - HEAD_SIZE), piece);
    done += piece;
    file->at += piece;
  }
  return (tmsize_t)done;
}

static tmsize_t write_file(thandle_t handle, void *buffer, tmsize_t count) {
  MemoryFile *file = handle;
  size_t end = file->at + (size_t)count;
  if (!nodal_grow_array(&file->out->data, &file->out->capacity, end, 1, NULL)) {
    file->out_of_memory = true;
    return 0;
  }
  memcpy(file->out->data + file->at, buffer, (size_t)count);
  file->at = end;
  if (end > file->size) {
    file->size = end;
  }
  return count;
}

static toff_t seek_file(thandle_t handle, toff_t offset, int whence) {
  MemoryFile *file = handle;
  toff_t base = whence == SEEK_CUR ? file->at : whence == SEEK_END ? file->size : 0;
  file->at = (size_t)(base + offset);
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

#if TIFFLIB_VERSION >= 20221213 /* 4.5.0: handlers of one file */

static int take_nothing(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)user, (void)module, (void)format, (void)arguments;
  return 1;
}

static TIFF *open_tiff(MemoryFile *file, const char *mode, TIFFReadWriteProc writer) {
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) {
    return NULL;
  }
  TIFFOpenOptionsSetErrorHandlerExtR(options, take_nothing, NULL);
  TIFFOpenOptionsSetWarningHandlerExtR(options, take_nothing, NULL);
  TIFF *tiff =
      TIFFClientOpenExt("block", mode, file, read_file, writer, seek_file, close_file, size_file, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return tiff;
}

#else /* older ones print their messages, as they do for every program that sets no handler of its own */

static TIFF *open_tiff(MemoryFile *file, const char *mode, TIFFReadWriteProc writer) {
  return TIFFClientOpen("block", mode, file, read_file, writer, seek_file, close_file, size_file, NULL, NULL);
}

#endif

static tmsize_t write_nothing(thandle_t handle, void *buffer, tmsize_t count) {
  (void)handle, (void)buffer, (void)count;
  return 0;
}

bool nodal_lzw_unpack(const void *data, size_t size, uint8_t *out, size_t out_size, NodalError **error) {
  if (size > INT32_MAX || out_size > INT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "an LZW block of %zu bytes is too large", size);
  }
  MemoryFile file = {.data = data, .size = HEAD_SIZE + size};
  make_head(file.head, (uint32_t)out_size, (uint32_t)size);
  /* "m": no memory mapping */
  TIFF *tiff = open_tiff(&file, "rm", write_nothing);
  if (!tiff) {
    return nodal_fail_memory(error);
  }
  tmsize_t got = TIFFReadEncodedStrip(tiff, 0, out, (tmsize_t)out_size);
  TIFFClose(tiff);
  return got == (tmsize_t)out_size || nodal_fail(error, NODAL_ERROR_FORMAT, "damaged LZW: bad or too little data");
}

bool nodal_lzw_pack(const void *data, size_t size, NodalBytes *out, NodalError **error) {
  if (size > INT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "an LZW block of %zu bytes is too large", size);
  }
  MemoryFile file = {.out = out};
  out->size = 0;
  TIFF *tiff = open_tiff(&file, "w", write_file);
  if (!tiff) {
    return nodal_fail_memory(error);
  }
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)size);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 1);
  bool ok = TIFFWriteEncodedStrip(tiff, 0, (void *)(uintptr_t)data, (tmsize_t)size) == (tmsize_t)size &&
            TIFFFlushData(tiff) == 1;
  uint64_t offset = ok ? TIFFGetStrileOffset(tiff, 0) : 0, count = ok ? TIFFGetStrileByteCount(tiff, 0) : 0;
  ok = ok && count > 0 && offset + count <= file.size;
  if (ok) {
    memmove(out->data, out->data + offset, count);
  }
  /* Frees without writing a directory behind the strip. */
  TIFFCleanup(tiff);
  out->size = (size_t)count;
  return ok || (file.out_of_memory ? nodal_fail_memory(error)
                                   : nodal_fail(error, NODAL_ERROR_MEMORY, "LZW: the block cannot be compressed"));
}

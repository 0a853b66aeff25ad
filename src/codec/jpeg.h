/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CODEC_JPEG_H
#define NODAL_CODEC_JPEG_H

/* What the files of the JPEG codec share: libjpeg whose errors become ours. */

#include "codec/parts.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

/** First member of everything that is handed to libjpeg as error manager. */
typedef struct NodalJpegErrors {
  struct jpeg_error_mgr manager;
  jmp_buf escape;
  NodalErrorCode code;
  char message[JMSG_LENGTH_MAX + 32];
} NodalJpegErrors;

/** Sets up the callbacks; the caller does setjmp(errors->escape) next. */
void nodal_jpeg_errors_start(NodalJpegErrors *errors);

/** Leaves through errors->escape with a message of ours. */
_Noreturn void nodal_jpeg_escape(NodalJpegErrors *errors, NodalErrorCode code, const char *format, ...)
    NODAL_PRINTF(3, 4);

/** Reads from memory: tables first (tag 347), then the block itself. */
typedef struct NodalJpegReader {
  struct jpeg_decompress_struct state; /**< first: libjpeg's callbacks find the rest by it */
  NodalJpegErrors errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  bool in_tables;
} NodalJpegReader;

/** Creates the state and reads the headers; leaves through the escape when they are bad. */
void nodal_jpeg_reader_start(NodalJpegReader *reader, const void *tables, size_t tables_size, const void *data,
                             size_t size);

/** Before jpeg_start_decompress() of an image that will need `bytes` for its pixels: safety limits. */
void nodal_jpeg_reader_limit(NodalJpegReader *reader, size_t bytes);

#endif

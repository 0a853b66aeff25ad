/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "pyramid/form.h"
#include "pyramid/pyramid.h"

#include <string.h>

/*
 * An associated image is a directory of its own at the end of the chain, one strip, RGB. Its description is its name,
 * or what the file's form makes of it, and NewSubfileType is that by which Aperio's readers tell label (1) and macro
 * (9) apart. They take the second directory for the thumbnail.
 */
enum { SUBFILE_LABEL = 1, SUBFILE_MACRO = 9, SUBFILE_OTHER = 1, PHOTOMETRIC_RGB = 2 };

/* Pixels; beyond any camera picture of a glass slide. */
#define MAX_PIXELS ((int64_t)1 << 26)

static bool check(const NodalWriter *writer, const char *name, int64_t width, int64_t height, NodalError **error) {
  const char *path = nodal_output_name(writer->output);
  if (writer->finished || writer->failed) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: takes no more images", path);
  }
  if (!name[0] || strpbrk(name, "\r\n")) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: an associated image needs a name of one line", path);
  }
  if (width < 1 || height < 1 || width > MAX_PIXELS || height > MAX_PIXELS / width) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: associated image %s cannot be %lld x %lld pixels", path, name,
                      (long long)width, (long long)height);
  }
  return true;
}

bool nodal_writer_add_associated(NodalWriter *writer, const char *name, const void *pixels, int64_t width,
                                 int64_t height, size_t stride, NodalError **error) {
  if (!check(writer, name, width, height, error)) {
    return false;
  }
  NodalEncoding encoding = {
      .codec = NODAL_CODEC_LZW, .width = (int)width, .height = (int)height, .channels = 3, .dtype = NODAL_UINT8};
  NodalTiffSpec spec = {.subfile_type = strcmp(name, "label") == 0   ? SUBFILE_LABEL
                                        : strcmp(name, "macro") == 0 ? SUBFILE_MACRO
                                                                     : SUBFILE_OTHER,
                        .width = width,
                        .height = height,
                        .samples = 3,
                        .dtype = NODAL_UINT8,
                        .compression = nodal_codec_compression(&encoding),
                        .photometric = PHOTOMETRIC_RGB,
                        .predictor = nodal_codec_predictor(&encoding),
                        .second = writer->options.form == NODAL_FORM_APERIO && strcmp(name, "thumbnail") == 0};
  NodalBytes bytes = {0};
  uint64_t offset = 0;
  int directory = -1;
  char *description = nodal_form_image_description(&writer->options, name, width, height, error);
  if (!description) {
    return false;
  }
  spec.description = description;
  if (!nodal_codec_encode(&encoding, pixels, stride, &bytes, error)) {
    nodal_error_prefix(error, "%s: associated image %s", nodal_output_name(writer->output), name);
    free(description);
    free(bytes.data);
    return false;
  }
  bool added = (directory = nodal_tiff_writer_add(writer->tiff, &spec, error)) >= 0 &&
               nodal_tiff_writer_append(writer->tiff, bytes.data, bytes.size, &offset, error);
  if (added) {
    nodal_tiff_writer_set_block(writer->tiff, directory, 0, offset, bytes.size);
  } else {
    /* A directory without its strip must not get into a finished file. */
    pthread_mutex_lock(&writer->lock);
    writer->failed = true;
    pthread_mutex_unlock(&writer->lock);
  }
  free(description);
  free(bytes.data);
  return added;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <limits.h>
#include <string.h>

#include <turbojpeg.h>

/*
 * TurboJPEG and not libjpeg, because the latter, asked for 4:2:0 at half the size, gives the chroma planes at full size
 * (its way of upsampling), and only what TurboJPEG does behind its interface keeps them at half the luma's.
 */

/* Warnings of TurboJPEG do not say which, so let the strict decoder look at the whole stream. */
static bool is_sound(const NodalBlock *block, const void *data, size_t size, NodalError **error) {
  size_t stride = nodal_block_row_bytes(block);
  uint8_t *row = nodal_alloc(stride, error);
  if (!row) {
    return false;
  }
  NodalRect last_row = {0, block->height - 1, block->width, 1};
  bool ok = nodal_jpeg_decode(block, data, size, last_row, row, stride, error);
  free(row);
  return ok;
}

static bool decode(tjhandle handle, const NodalBlock *block, const NodalBytes *jpeg, const NodalPlanes *planes,
                   NodalError **error) {
  /* TurboJPEG must agree on the sampling, or it would write other planes than there is room for. */
  int width, height, sampling, colors;
  if (tjDecompressHeader3(handle, jpeg->data, jpeg->size, &width, &height, &sampling, &colors) != 0 ||
      width != block->width || height != block->height ||
      sampling != (block->channels == 1 ? TJSAMP_GRAY : TJSAMP_420)) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "JPEG is not baseline 4:2:0");
  }
  unsigned char *pointers[3] = {planes->plane[0], planes->plane[1], planes->plane[2]};
  int strides[3] = {(int)planes->stride[0], (int)planes->stride[1], (int)planes->stride[2]};
  if (tjDecompressToYUVPlanes(handle, jpeg->data, jpeg->size, pointers, planes->width, strides, planes->height,
                              TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS) == 0) {
    return true;
  }
  int code = tjGetErrorCode(handle);
  if (!is_sound(block, jpeg->data, jpeg->size, error)) {
    return false;
  }
  return code == TJERR_WARNING || nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG: %s", tjGetErrorStr2(handle));
}

static bool check(const NodalBlock *block, const void *data, size_t size, bool half, const NodalPlanes *planes,
                  NodalError **error) {
  int shrink = half ? 2 : 1;
  bool fits = block->compression == NODAL_COMPRESSION_JPEG && block->dtype == NODAL_UINT8 && block->width > 0 &&
              block->height > 0 && block->width % 16 == 0 && block->height % 16 == 0 &&
              (size_t)block->width * (size_t)block->height <= NODAL_BLOCK_MAX_PIXELS &&
              planes->width == block->width / shrink && planes->height == block->height / shrink &&
              (block->channels == 1 || (block->channels == 3 && block->jpeg_ycbcr));
  for (int i = 0; fits && i < block->channels; i++) {
    fits = planes->stride[i] <= INT_MAX && planes->stride[i] >= (size_t)(i > 0 ? planes->width / 2 : planes->width);
  }
  if (!fits) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "planes do not fit the block");
  }
  NodalJpegInfo info;
  if (!nodal_codec_jpeg_info(block->tables, block->tables_size, data, size, &info, error)) {
    return false;
  }
  if (info.width != block->width || info.height != block->height) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG: it is %d x %d pixels instead of %d x %d", info.width,
                      info.height, block->width, block->height);
  }
  int samp = block->channels == 1 ? 1 : 2;
  if (!info.baseline || info.components != block->channels || info.h_samp != samp || info.v_samp != samp) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "JPEG is not baseline 4:2:0");
  }
  return true;
}

static bool decode_spliced(const NodalBlock *block, const NodalBytes *jpeg, const NodalPlanes *planes,
                           NodalError **error) {
  NodalBlock whole = *block;
  whole.tables = NULL;
  whole.tables_size = 0;
  tjhandle handle = tjInitDecompress();
  if (!handle) {
    return nodal_fail_memory(error);
  }
  bool ok = decode(handle, &whole, jpeg, planes, error);
  tjDestroy(handle);
  return ok;
}

bool nodal_codec_decode_planes(const NodalBlock *block, const void *data, size_t size, bool half,
                               const NodalPlanes *planes, NodalError **error) {
  if (!check(block, data, size, half, planes, error)) {
    return false;
  }
  NodalBytes spliced = {0};
  bool ok = nodal_codec_jpeg_splice(block->tables, block->tables_size, data, size, false, &spliced, error) &&
            decode_spliced(block, &spliced, planes, error);
  free(spliced.data);
  return ok;
}

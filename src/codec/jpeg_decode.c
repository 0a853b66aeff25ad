/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/jpeg.h"

#include <string.h>

/*
 * A cropped decode takes the edge of the crop for the edge of the image when it upsamples chroma, so that the outermost
 * chroma sample comes out different. One sample of the coarsest chroma (4:1:1) is 4 pixels; the rest of the margin
 * costs little, as libjpeg crops at whole MCUs anyway.
 */
enum { MARGIN = 16, ROWS_A_CALL = 16 };

static void check_header(NodalJpegReader *reader, const NodalBlock *block) {
  j_decompress_ptr state = &reader->state;
  if (state->image_width != (JDIMENSION)block->width || state->image_height != (JDIMENSION)block->height) {
    nodal_jpeg_escape(&reader->errors, NODAL_ERROR_FORMAT, "damaged JPEG: it is %u x %u pixels instead of %d x %d",
                      state->image_width, state->image_height, block->width, block->height);
  }
  if (state->num_components != block->channels) {
    nodal_jpeg_escape(&reader->errors, NODAL_ERROR_FORMAT, "damaged JPEG: it has %d components instead of %d",
                      state->num_components, block->channels);
  }
}

/* The TIFF says what the samples are; markers and component ids do not count. */
static void set_colors(j_decompress_ptr state, bool ycbcr) {
  if (state->num_components == 3) {
    state->jpeg_color_space = ycbcr ? JCS_YCbCr : JCS_RGB;
    state->out_color_space = JCS_RGB;
  } else if (state->num_components == 1) {
    state->jpeg_color_space = JCS_GRAYSCALE;
    state->out_color_space = JCS_GRAYSCALE;
  } else {
    state->jpeg_color_space = JCS_UNKNOWN;
    state->out_color_space = JCS_UNKNOWN;
  }
}

static void read_rows(NodalJpegReader *reader, uint8_t *pixels, size_t stride, int64_t count) {
  JSAMPROW rows[ROWS_A_CALL];
  int64_t done = 0;
  while (done < count) {
    int64_t wanted = nodal_min64(count - done, ROWS_A_CALL);
    for (int64_t i = 0; i < wanted; i++) {
      rows[i] = pixels + (size_t)(done + i) * stride;
    }
    JDIMENSION got = jpeg_read_scanlines(&reader->state, rows, (JDIMENSION)wanted);
    if (got == 0) {
      nodal_jpeg_escape(&reader->errors, NODAL_ERROR_FORMAT, "damaged JPEG: rows are missing");
    }
    done += got;
  }
}

/* Reads rows into libjpeg's memory and hands on `width` bytes of each from byte `offset`. */
static void read_rows_within(NodalJpegReader *reader, size_t offset, size_t width, uint8_t *pixels, size_t stride,
                             int64_t count) {
  j_decompress_ptr state = &reader->state;
  JDIMENSION height = (JDIMENSION)nodal_min64(state->rec_outbuf_height, ROWS_A_CALL);
  size_t row_size = ((size_t)state->output_width * (size_t)state->output_components + 63) / 64 * 64;
  uint8_t *memory =
      state->mem->alloc_large((j_common_ptr)state, JPOOL_IMAGE, row_size * height + 64 + NODAL_CODEC_SKEW);
  memory += -(uintptr_t)memory % 64 + NODAL_CODEC_SKEW;
  JSAMPROW rows[ROWS_A_CALL];
  for (JDIMENSION i = 0; i < height; i++) {
    rows[i] = memory + i * row_size;
  }
  int64_t done = 0;
  while (done < count) {
    JDIMENSION wanted = (JDIMENSION)nodal_min64(count - done, height);
    JDIMENSION got = jpeg_read_scanlines(state, rows, wanted);
    if (got == 0) {
      nodal_jpeg_escape(&reader->errors, NODAL_ERROR_FORMAT, "damaged JPEG: rows are missing");
    }
    for (JDIMENSION i = 0; i < got; i++) {
      memcpy(pixels + (size_t)(done + i) * stride, rows[i] + offset, width);
    }
    done += got;
  }
}

/* Skips `count` rows at the top, with all that later rows need of them. */
static void skip_rows(NodalJpegReader *reader, int64_t count) {
  if (count > 0 && jpeg_skip_scanlines(&reader->state, (JDIMENSION)count) != (JDIMENSION)count) {
    nodal_jpeg_escape(&reader->errors, NODAL_ERROR_FORMAT, "damaged JPEG: rows are missing");
  }
}

static void read_part(NodalJpegReader *reader, NodalRect part, uint8_t *pixels, size_t stride) {
  j_decompress_ptr state = &reader->state;
  int64_t left = nodal_max64(part.x - MARGIN, 0);
  int64_t right = nodal_min64(part.x + part.width + MARGIN, state->output_width);
  JDIMENSION offset = 0;
  JDIMENSION width = state->output_width;
  /* With several scans everything is decoded already, and block smoothing would look past the margin. */
  if (!jpeg_has_multiple_scans(state) && right - left < state->output_width) {
    offset = (JDIMENSION)left;
    width = (JDIMENSION)(right - left);
    jpeg_crop_scanline(state, &offset, &width);
  }
  skip_rows(reader, part.y);
  size_t channels = (size_t)state->output_components;
  if (offset == part.x && width == part.width) {
    read_rows(reader, pixels, stride, part.height);
  } else {
    read_rows_within(reader, (size_t)(part.x - offset) * channels, (size_t)part.width * channels, pixels, stride,
                     part.height);
  }
}

static bool fail(NodalJpegReader *reader, NodalError **error) {
  jpeg_destroy_decompress(&reader->state);
  return nodal_fail(error, reader->errors.code, "%s", reader->errors.message);
}

/* Gets ready for setjmp(), after which libjpeg may be called. */
static void prepare(NodalJpegReader *reader) {
  memset(&reader->state, 0, sizeof reader->state);
  nodal_jpeg_errors_start(&reader->errors);
  reader->state.err = &reader->errors.manager;
}

bool nodal_jpeg_decode(const NodalBlock *block, const void *data, size_t size, NodalRect part, uint8_t *pixels,
                       size_t stride, NodalError **error) {
  NodalJpegReader reader;
  prepare(&reader);
  if (setjmp(reader.errors.escape) != 0) {
    return fail(&reader, error);
  }
  nodal_jpeg_reader_start(&reader, block->tables, block->tables_size, data, size);
  check_header(&reader, block);
  set_colors(&reader.state, block->jpeg_ycbcr);
  nodal_jpeg_reader_limit(&reader, (size_t)block->height * nodal_block_row_bytes(block));
  jpeg_start_decompress(&reader.state);
  read_part(&reader, part, pixels, stride);
  /* Not jpeg_finish_decompress(), which would go through the rest. */
  jpeg_destroy_decompress(&reader.state);
  return true;
}

static void describe(j_decompress_ptr state, NodalJpegInfo *info) {
  *info = (NodalJpegInfo){.width = (int)state->image_width,
                          .height = (int)state->image_height,
                          .components = state->num_components,
                          .h_samp = 1,
                          .v_samp = 1,
                          .ycbcr = state->jpeg_color_space == JCS_YCbCr,
                          .baseline = !state->progressive_mode && !state->arith_code};
  const jpeg_component_info *first = state->comp_info;
  for (int i = 1; i < state->num_components; i++) {
    const jpeg_component_info *other = &state->comp_info[i];
    int h_samp = first->h_samp_factor % other->h_samp_factor == 0 ? first->h_samp_factor / other->h_samp_factor : 0;
    int v_samp = first->v_samp_factor % other->v_samp_factor == 0 ? first->v_samp_factor / other->v_samp_factor : 0;
    bool alike = i == 1 || (h_samp == info->h_samp && v_samp == info->v_samp);
    info->h_samp = alike ? h_samp : 0;
    info->v_samp = alike ? v_samp : 0;
  }
}

bool nodal_codec_jpeg_info(const void *tables, size_t tables_size, const void *data, size_t size, NodalJpegInfo *info,
                           NodalError **error) {
  NodalJpegReader reader;
  prepare(&reader);
  if (setjmp(reader.errors.escape) != 0) {
    return fail(&reader, error);
  }
  nodal_jpeg_reader_start(&reader, tables, tables_size, data, size);
  describe(&reader.state, info);
  jpeg_destroy_decompress(&reader.state);
  return true;
}

static double spacing_um(int unit, int density) {
  if (density <= 0 || (unit != 1 && unit != 2)) {
    return 0;
  }
  return (unit == 1 ? 25400.0 : 10000.0) / density;
}

bool nodal_jpeg_image_info(const void *data, size_t size, NodalImageInfo *info, NodalError **error) {
  NodalJpegReader reader;
  prepare(&reader);
  if (setjmp(reader.errors.escape) != 0) {
    return fail(&reader, error);
  }
  nodal_jpeg_reader_start(&reader, NULL, 0, data, size);
  const struct jpeg_decompress_struct *state = &reader.state;
  if (state->num_components != 1 && state->num_components != 3) {
    nodal_jpeg_escape(&reader.errors, NODAL_ERROR_UNSUPPORTED, "unsupported JPEG: %d components",
                      state->num_components);
  }
  int unit = state->saw_JFIF_marker ? state->density_unit : 0;
  *info = (NodalImageInfo){.codec = NODAL_CODEC_JPEG,
                           .width = state->image_width,
                           .height = state->image_height,
                           .channels = state->num_components,
                           .dtype = NODAL_UINT8,
                           .spacing_x_um = spacing_um(unit, state->X_density),
                           .spacing_y_um = spacing_um(unit, state->Y_density)};
  jpeg_destroy_decompress(&reader.state);
  return true;
}

bool nodal_jpeg_image_decode(const void *data, size_t size, const NodalImageInfo *info, uint8_t *pixels, size_t stride,
                             NodalError **error) {
  NodalJpegInfo header;
  if (!nodal_codec_jpeg_info(NULL, 0, data, size, &header, error)) {
    return false;
  }
  NodalBlock block = {.compression = NODAL_COMPRESSION_JPEG,
                      .width = (int)info->width,
                      .height = (int)info->height,
                      .channels = info->channels,
                      .dtype = NODAL_UINT8,
                      .predictor = 1,
                      .jpeg_ycbcr = header.ycbcr};
  NodalRect all = {0, 0, info->width, info->height};
  return nodal_jpeg_decode(&block, data, size, all, pixels, stride, error);
}

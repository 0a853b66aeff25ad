/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/jpeg.h"

#include <string.h>

#include <jerror.h>

enum { ROWS_A_CALL = NODAL_ROWS_A_REPORT };

typedef struct JpegWriter {
  struct jpeg_compress_struct state;
  NodalJpegErrors errors;
  struct jpeg_destination_mgr destination;
  NodalBytes *out;
} JpegWriter;

/* Hands libjpeg all the room behind the first `used` bytes. */
static void set_room(JpegWriter *writer, size_t used) {
  writer->destination.next_output_byte = writer->out->data + used;
  writer->destination.free_in_buffer = writer->out->capacity - used;
}

static JpegWriter *writer_of(j_compress_ptr state) {
  return (JpegWriter *)state->client_data;
}

static void reserve(JpegWriter *writer, size_t capacity) {
  if (!nodal_bytes_reserve(writer->out, capacity, NULL)) {
    nodal_jpeg_escape(&writer->errors, NODAL_ERROR_MEMORY, "out of memory");
  }
}

static void destination_start(j_compress_ptr state) {
  JpegWriter *writer = writer_of(state);
  reserve(writer, 4096);
  set_room(writer, 0);
}

/* Called when the room is used up, whatever free_in_buffer says. */
static boolean destination_grow(j_compress_ptr state) {
  JpegWriter *writer = writer_of(state);
  size_t used = writer->out->capacity;
  reserve(writer, used + used / 2);
  set_room(writer, used);
  return TRUE;
}

static void destination_end(j_compress_ptr state) {
  JpegWriter *writer = writer_of(state);
  writer->out->size = writer->out->capacity - writer->destination.free_in_buffer;
}

static void prepare(JpegWriter *writer, NodalBytes *out) {
  memset(&writer->state, 0, sizeof writer->state);
  nodal_jpeg_errors_start(&writer->errors);
  writer->state.err = &writer->errors.manager;
  writer->out = out;
  out->size = 0;
}

static void start(JpegWriter *writer, const NodalEncoding *encoding) {
  j_compress_ptr state = &writer->state;
  jpeg_create_compress(state);
  state->client_data = writer;
  writer->destination = (struct jpeg_destination_mgr){.init_destination = destination_start,
                                                      .empty_output_buffer = destination_grow,
                                                      .term_destination = destination_end};
  state->dest = &writer->destination;
  state->image_width = (JDIMENSION)encoding->width;
  state->image_height = (JDIMENSION)encoding->height;
  state->input_components = encoding->channels;
  state->in_color_space = encoding->channels == 1 ? JCS_GRAYSCALE : encoding->channels == 3 ? JCS_RGB : JCS_UNKNOWN;
  jpeg_set_defaults(state);
  if (encoding->channels == 3 && encoding->rgb) {
    jpeg_set_colorspace(state, JCS_RGB);
  } else if (encoding->channels == 3) {
    jpeg_set_colorspace(state, JCS_YCbCr);
    if (encoding->chroma_full) {
      state->comp_info[0].h_samp_factor = 1;
      state->comp_info[0].v_samp_factor = 1;
    }
  }
  jpeg_set_quality(state, encoding->quality, TRUE);
  if (encoding->bare) {
    /* The TIFF around it says what APP0 would. */
    state->write_JFIF_header = FALSE;
    jpeg_suppress_tables(state, TRUE);
  }
}

static bool check(const NodalEncoding *encoding, NodalError **error) {
  if (encoding->codec != NODAL_CODEC_JPEG || encoding->dtype != NODAL_UINT8 || encoding->channels < 1 ||
      encoding->channels > 4 || encoding->width < 1 || encoding->height < 1 || encoding->quality < 1 ||
      encoding->quality > 100) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "JPEG takes 1 to 4 channels of uint8 and a quality of 1 to 100");
  }
  return true;
}

static bool fail(JpegWriter *writer, NodalError **error) {
  jpeg_destroy_compress(&writer->state);
  writer->out->size = 0;
  return nodal_fail(error, writer->errors.code, "%s", writer->errors.message);
}

/* libjpeg takes rows without const, but does not write to them. */
static JSAMPROW row_of(const void *pixels, size_t stride, JDIMENSION y) {
  return (JSAMPROW)((uintptr_t)pixels + (size_t)y * stride);
}

static void write_rows(JpegWriter *writer, const NodalEncoding *encoding, const void *pixels, size_t stride) {
  j_compress_ptr state = &writer->state;
  JSAMPROW rows[ROWS_A_CALL];
  while (state->next_scanline < state->image_height) {
    JDIMENSION first = state->next_scanline;
    if (!nodal_encoding_report(encoding, first)) {
      nodal_jpeg_escape(&writer->errors, NODAL_ERROR_CANCELLED, "cancelled");
    }
    JDIMENSION count = (JDIMENSION)nodal_min64(state->image_height - first, ROWS_A_CALL);
    for (JDIMENSION i = 0; i < count; i++) {
      rows[i] = row_of(pixels, stride, first + i);
    }
    jpeg_write_scanlines(state, rows, count);
  }
}

bool nodal_jpeg_encode(const NodalEncoding *encoding, const void *pixels, size_t stride, NodalBytes *out,
                       NodalError **error) {
  if (!check(encoding, error)) {
    return false;
  }
  JpegWriter writer;
  prepare(&writer, out);
  if (setjmp(writer.errors.escape) != 0) {
    return fail(&writer, error);
  }
  start(&writer, encoding);
  jpeg_start_compress(&writer.state, encoding->bare ? FALSE : TRUE);
  write_rows(&writer, encoding, pixels, stride);
  jpeg_finish_compress(&writer.state);
  jpeg_destroy_compress(&writer.state);
  return true;
}

bool nodal_codec_jpeg_tables(const NodalEncoding *encoding, NodalBytes *out, NodalError **error) {
  if (!check(encoding, error)) {
    return false;
  }
  JpegWriter writer;
  prepare(&writer, out);
  if (setjmp(writer.errors.escape) != 0) {
    return fail(&writer, error);
  }
  start(&writer, encoding);
  jpeg_suppress_tables(&writer.state, FALSE);
  jpeg_write_tables(&writer.state);
  jpeg_destroy_compress(&writer.state);
  return true;
}

/* One plane on its way into the encoder. */
typedef struct PlaneRows {
  const uint8_t *samples;
  size_t stride;
  JDIMENSION width, height; /* of what the caller has */
  JDIMENSION full_width;    /* whole 8 x 8 blocks, which libjpeg reads */
  JSAMPARRAY padded;        /* rows of full_width, or NULL where the caller's rows are that long */
  JSAMPROW rows[ROWS_A_CALL];
} PlaneRows;

static void plane_start(PlaneRows *plane, j_compress_ptr state, const NodalPlanes *planes, int index) {
  int shrink = index > 0 ? 2 : 1;
  plane->samples = planes->plane[index];
  plane->stride = planes->stride[index];
  plane->width = (JDIMENSION)(planes->width / shrink);
  plane->height = (JDIMENSION)(planes->height / shrink);
  plane->full_width = state->comp_info[index].width_in_blocks * DCTSIZE;
  plane->padded = NULL;
  if (plane->full_width > plane->width) {
    plane->padded = state->mem->alloc_sarray((j_common_ptr)state, JPOOL_IMAGE, plane->full_width, ROWS_A_CALL);
  }
}

/* Points at `count` rows from `first`; beyond the picture its last row and column go on. */
static void plane_fill(PlaneRows *plane, JDIMENSION first, JDIMENSION count) {
  for (JDIMENSION i = 0; i < count; i++) {
    JDIMENSION y = first + i < plane->height ? first + i : plane->height - 1;
    plane->rows[i] = row_of(plane->samples, plane->stride, y);
    if (plane->padded) {
      memcpy(plane->padded[i], plane->rows[i], plane->width);
      memset(plane->padded[i] + plane->width, plane->rows[i][plane->width - 1], plane->full_width - plane->width);
      plane->rows[i] = plane->padded[i];
    }
  }
}

static void write_planes(JpegWriter *writer, const NodalPlanes *planes) {
  j_compress_ptr state = &writer->state;
  PlaneRows rows[3];
  JSAMPARRAY arrays[3];
  JDIMENSION counts[3];
  for (int i = 0; i < state->num_components; i++) {
    plane_start(&rows[i], state, planes, i);
    arrays[i] = rows[i].rows;
    counts[i] = (JDIMENSION)state->comp_info[i].v_samp_factor * DCTSIZE;
  }
  for (JDIMENSION step = 0; state->next_scanline < state->image_height; step++) {
    for (int i = 0; i < state->num_components; i++) {
      plane_fill(&rows[i], step * counts[i], counts[i]);
    }
    jpeg_write_raw_data(state, arrays, counts[0]);
  }
}

bool nodal_codec_encode_planes(const NodalEncoding *encoding, const NodalPlanes *planes, NodalBytes *out,
                               NodalError **error) {
  if (!check(encoding, error)) {
    return false;
  }
  if ((encoding->channels != 3 && encoding->channels != 1) || encoding->chroma_full || encoding->rgb ||
      planes->width != encoding->width || planes->height != encoding->height || planes->width % 2 != 0 ||
      planes->height % 2 != 0) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "planes do not fit the encoding");
  }
  JpegWriter writer;
  prepare(&writer, out);
  if (setjmp(writer.errors.escape) != 0) {
    return fail(&writer, error);
  }
  start(&writer, encoding);
  writer.state.raw_data_in = TRUE;
  jpeg_start_compress(&writer.state, encoding->bare ? FALSE : TRUE);
  write_planes(&writer, planes);
  jpeg_finish_compress(&writer.state);
  jpeg_destroy_compress(&writer.state);
  return true;
}

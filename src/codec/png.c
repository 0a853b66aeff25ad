/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <png.h>

enum { LEVEL = 6, MAX_SIDE = 1000000 };

/* What libpng's callbacks need; libpng keeps its own jump buffer. */
typedef struct PngState {
  png_structp png;
  png_infop info;
  const uint8_t *data; /* reading */
  size_t size, at;
  NodalBytes *out; /* writing */
  bool starved, cancelled;
  char message[160];
} PngState;

_Noreturn static void keep_message(png_structp png, png_const_charp message) {
  PngState *state = png_get_error_ptr(png);
  snprintf(state->message, sizeof state->message, "%s", message);
  png_longjmp(png, 1);
}

static void drop_message(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static png_voidp allocate(png_structp png, png_alloc_size_t size) {
  PngState *state = png_get_mem_ptr(png);
  void *memory = malloc(size);
  state->starved = state->starved || !memory;
  return memory;
}

static void release(png_structp png, png_voidp memory) {
  (void)png;
  free(memory);
}

/* The error of a call that libpng left with a message, or that was told to stop. */
static bool fail(const PngState *state, NodalErrorCode code, const char *what, NodalError **error) {
  if (state->starved) {
    return nodal_fail_memory(error);
  }
  if (state->cancelled) {
    return nodal_fail(error, NODAL_ERROR_CANCELLED, "cancelled");
  }
  return nodal_fail(error, code, "%s: %s", what, state->message);
}

static void memory_read(png_structp png, png_bytep buffer, size_t size) {
  PngState *state = png_get_io_ptr(png);
  if (size > state->size - state->at) {
    png_error(png, "it ends too early");
  }
  memcpy(buffer, state->data + state->at, size);
  state->at += size;
}

static void memory_write(png_structp png, png_bytep data, size_t size) {
  PngState *state = png_get_io_ptr(png);
  NodalBytes *out = state->out;
  size_t needed = out->size + size;
  if (needed > out->capacity && !nodal_bytes_reserve(out, needed + needed / 2, NULL)) {
    state->starved = true;
    png_error(png, "out of memory");
  }
  memcpy(out->data + out->size, data, size);
  out->size = needed;
}

static void memory_flush(png_structp png) {
  (void)png;
}

static bool open_reader(PngState *state, const void *data, size_t size, NodalError **error) {
  *state = (PngState){.data = data, .size = size};
  state->png =
      png_create_read_struct_2(PNG_LIBPNG_VER_STRING, state, keep_message, drop_message, state, allocate, release);
  state->info = state->png ? png_create_info_struct(state->png) : NULL;
  if (!state->info) {
    png_destroy_read_struct(&state->png, NULL, NULL);
    return nodal_fail_memory(error);
  }
  png_set_read_fn(state->png, state, memory_read);
  png_set_user_limits(state->png, MAX_SIDE, MAX_SIDE);
  return true;
}

static bool close_reader(PngState *state, bool ok, NodalError **error) {
  png_destroy_read_struct(&state->png, &state->info, NULL);
  return ok || fail(state, NODAL_ERROR_FORMAT, "damaged PNG", error);
}

static double spacing_um(png_uint_32 per_meter) {
  return per_meter > 0 ? 1e6 / per_meter : 0;
}

static void describe(PngState *state, NodalImageInfo *info) {
  png_structp png = state->png;
  png_byte type = png_get_color_type(png, state->info);
  bool alpha = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, state->info, PNG_INFO_tRNS);
  *info = (NodalImageInfo){.codec = NODAL_CODEC_PNG,
                           .width = png_get_image_width(png, state->info),
                           .height = png_get_image_height(png, state->info),
                           .channels = ((type & PNG_COLOR_MASK_COLOR) ? 3 : 1) + (alpha ? 1 : 0),
                           .dtype = png_get_bit_depth(png, state->info) == 16 ? NODAL_UINT16 : NODAL_UINT8};
  png_uint_32 x, y;
  int unit;
  if (png_get_pHYs(png, state->info, &x, &y, &unit) && unit == PNG_RESOLUTION_METER) {
    info->spacing_x_um = spacing_um(x);
    info->spacing_y_um = spacing_um(y);
  }
}

/* libpng jumps back here from within; nothing local changes between. */
static bool run_info(PngState *state, NodalImageInfo *info) {
  if (setjmp(png_jmpbuf(state->png))) {
    return false;
  }
  png_read_info(state->png, state->info);
  describe(state, info);
  return true;
}

bool nodal_png_image_info(const void *data, size_t size, NodalImageInfo *info, NodalError **error) {
  PngState state;
  if (!open_reader(&state, data, size, error)) {
    return false;
  }
  bool ok = run_info(&state, info);
  return close_reader(&state, ok, error);
}

static void read_pixels(PngState *state, const NodalImageInfo *info, uint8_t *pixels, size_t stride) {
  png_structp png = state->png;
  png_read_info(png, state->info);
  NodalImageInfo found;
  describe(state, &found);
  if (found.width != info->width || found.height != info->height || found.channels != info->channels ||
      found.dtype != info->dtype) {
    png_error(png, "it is not the image described");
  }
  png_set_expand(png);
  png_set_swap(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, state->info);
  if (png_get_rowbytes(png, state->info) !=
      (size_t)info->width * (size_t)info->channels * nodal_dtype_size(info->dtype)) {
    png_error(png, "its rows are of another size");
  }
  for (int pass = 0; pass < passes; pass++) {
    for (int64_t y = 0; y < info->height; y++) {
      png_read_row(png, pixels + (size_t)y * stride, NULL);
    }
  }
  png_read_end(png, NULL);
}

static bool run_decode(PngState *state, const NodalImageInfo *info, uint8_t *pixels, size_t stride) {
  if (setjmp(png_jmpbuf(state->png))) {
    return false;
  }
  read_pixels(state, info, pixels, stride);
  return true;
}

bool nodal_png_image_decode(const void *data, size_t size, const NodalImageInfo *info, uint8_t *pixels, size_t stride,
                            NodalError **error) {
  PngState state;
  if (!open_reader(&state, data, size, error)) {
    return false;
  }
  bool ok = run_decode(&state, info, pixels, stride);
  return close_reader(&state, ok, error);
}

static int color_type(int channels) {
  static const int types[4] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                               PNG_COLOR_TYPE_RGB_ALPHA};
  return types[channels - 1];
}

static bool run_encode(PngState *state, const NodalEncoding *encoding, const uint8_t *pixels, size_t stride) {
  if (setjmp(png_jmpbuf(state->png))) {
    return false;
  }
  png_structp png = state->png;
  png_set_user_limits(png, MAX_SIDE, MAX_SIDE);
  png_set_compression_level(png, LEVEL);
  png_set_IHDR(png, state->info, (png_uint_32)encoding->width, (png_uint_32)encoding->height,
               encoding->dtype == NODAL_UINT16 ? 16 : 8, color_type(encoding->channels), PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, state->info);
  if (encoding->dtype == NODAL_UINT16) {
    png_set_swap(png);
  }
  for (int y = 0; y < encoding->height; y++) {
    if (y % NODAL_ROWS_A_REPORT == 0 && !nodal_encoding_report(encoding, y)) {
      state->cancelled = true;
      return false;
    }
    png_write_row(png, pixels + (size_t)y * stride);
  }
  png_write_end(png, state->info);
  return true;
}

bool nodal_png_encode(const NodalEncoding *encoding, const uint8_t *pixels, size_t stride, NodalBytes *out,
                      NodalError **error) {
  if (encoding->channels > 4 || (encoding->dtype != NODAL_UINT8 && encoding->dtype != NODAL_UINT16)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "PNG takes 1 to 4 channels of uint8 or uint16");
  }
  PngState state = {.out = out};
  state.png =
      png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &state, keep_message, drop_message, &state, allocate, release);
  state.info = state.png ? png_create_info_struct(state.png) : NULL;
  if (!state.info) {
    png_destroy_write_struct(&state.png, NULL);
    return nodal_fail_memory(error);
  }
  png_set_write_fn(state.png, &state, memory_write, memory_flush);
  bool ok = run_encode(&state, encoding, pixels, stride);
  png_destroy_write_struct(&state.png, &state.info);
  if (!ok) {
    out->size = 0;
    return fail(&state, NODAL_ERROR_ARGUMENT, "PNG", error);
  }
  return true;
}

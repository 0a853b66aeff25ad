/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <openjpeg.h>

/* OpenJPEG holds each sample in four bytes, about twice over. */
#define MAX_SAMPLES (NODAL_CODEC_MAX_BYTES / 8)

/* OpenJPEG's own choice, a megabyte, is more than most blocks have. */
enum { STREAM_BUFFER = 1 << 16, MAX_TILES = 16384 };

typedef struct Jpeg2000 {
  const uint8_t *data;
  size_t size, at;
  opj_stream_t *stream;
  opj_codec_t *codec;
  opj_image_t *image;
  char message[256]; /* the first error */
} Jpeg2000;

static OPJ_SIZE_T memory_read(void *buffer, OPJ_SIZE_T size, void *user) {
  Jpeg2000 *reader = user;
  size_t left = reader->size - reader->at;
  size_t count = size < left ? size : left;
  if (count == 0) {
    return (OPJ_SIZE_T)-1;
  }
  memcpy(buffer, reader->data + reader->at, count);
  reader->at += count;
  return count;
}

static OPJ_OFF_T memory_skip(OPJ_OFF_T count, void *user) {
  Jpeg2000 *reader = user;
  if (count < 0 || (uint64_t)count > reader->size - reader->at) {
    reader->at = reader->size;
    return -1;
  }
  reader->at += (size_t)count;
  return count;
}

static OPJ_BOOL memory_seek(OPJ_OFF_T offset, void *user) {
  Jpeg2000 *reader = user;
  if (offset < 0 || (uint64_t)offset > reader->size) {
    return OPJ_FALSE;
  }
  reader->at = (size_t)offset;
  return OPJ_TRUE;
}

static void keep_message(const char *message, void *user) {
  Jpeg2000 *reader = user;
  if (reader->message[0] == '\0') {
    snprintf(reader->message, sizeof reader->message, "%s", message);
  }
}

static void drop_message(const char *message, void *user) {
  (void)message;
  (void)user;
}

static bool fail(const Jpeg2000 *reader, NodalError **error) {
  if (reader->message[0] == '\0') {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG 2000: bad data");
  }
  return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG 2000: %s", reader->message);
}

/* ISO/IEC 15444-1, annex I: the signature box of a JP2 file. Without it: a bare codestream. */
static bool is_boxed(const uint8_t *data, size_t size) {
  static const uint8_t signature[8] = {0, 0, 0, 12, 'j', 'P', ' ', ' '};
  return size >= sizeof signature && memcmp(data, signature, sizeof signature) == 0;
}

static uint64_t get_number(const uint8_t *from, int bytes) {
  uint64_t number = 0;
  for (int i = 0; i < bytes; i++) {
    number = number << 8 | from[i];
  }
  return number;
}

/* Where the codestream starts in a JP2 file; `size` if nowhere. */
static size_t find_codestream(const uint8_t *data, size_t size) {
  size_t at = 0;
  while (size - at >= 8) {
    uint64_t length = get_number(data + at, 4);
    size_t head = 8;
    if (length == 1 && size - at >= 16) {
      length = get_number(data + at + 8, 8);
      head = 16;
    }
    if (memcmp(data + at + 4, "jp2c", 4) == 0) {
      return at + head;
    }
    if (length < head || length > size - at) {
      return size;
    }
    at += (size_t)length;
  }
  return size;
}

/*
 * The head of the codestream (annex A.5.1), before OpenJPEG sees it: that reserves memory for every component of every
 * tile that the head claims.
 */
static bool check_claims(const uint8_t *data, size_t size, const NodalBlock *block, NodalError **error) {
  enum { HEAD_SIZE = 42 };
  size_t at = is_boxed(data, size) ? find_codestream(data, size) : 0;
  if (size - at < HEAD_SIZE || get_number(data + at, 4) != 0xFF4FFF51) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it has no codestream");
  }
  const uint8_t *head = data + at + 8;
  uint64_t right = get_number(head, 4), bottom = get_number(head + 4, 4);
  uint64_t tile_width = get_number(head + 16, 4), tile_height = get_number(head + 20, 4);
  uint64_t tiles = tile_width > 0 && tile_height > 0 ? (right / tile_width + 1) * (bottom / tile_height + 1) : 0;
  unsigned components = (unsigned)get_number(head + 32, 2);
  if (components > (unsigned)block->channels) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it has %u component%s instead of %d", components,
                      nodal_plural(components), block->channels);
  }
  if (tiles == 0 || tiles > MAX_TILES) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it claims %llu tiles", (unsigned long long)tiles);
  }
  return true;
}

static bool open_reader(Jpeg2000 *reader, const void *data, size_t size, NodalError **error) {
  *reader = (Jpeg2000){.data = data, .size = size};
  reader->codec = opj_create_decompress(is_boxed(data, size) ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
  reader->stream = opj_stream_create(size < STREAM_BUFFER ? size + 1 : STREAM_BUFFER, OPJ_TRUE);
  if (!reader->codec || !reader->stream) {
    return nodal_fail_memory(error);
  }
  opj_set_error_handler(reader->codec, keep_message, reader);
  opj_set_warning_handler(reader->codec, drop_message, reader);
  opj_set_info_handler(reader->codec, drop_message, reader);
  opj_stream_set_read_function(reader->stream, memory_read);
  opj_stream_set_skip_function(reader->stream, memory_skip);
  opj_stream_set_seek_function(reader->stream, memory_seek);
  opj_stream_set_user_data(reader->stream, reader, NULL);
  opj_stream_set_user_data_length(reader->stream, size);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  return (opj_setup_decoder(reader->codec, &parameters) &&
          opj_read_header(reader->stream, reader->codec, &reader->image)) ||
         fail(reader, error);
}

static void close_reader(Jpeg2000 *reader) {
  opj_image_destroy(reader->image);
  if (reader->codec) {
    opj_destroy_codec(reader->codec);
  }
  if (reader->stream) {
    opj_stream_destroy(reader->stream);
  }
}

static bool check_components(const opj_image_t *image, const NodalBlock *block, NodalError **error) {
  if (image->numcomps != (OPJ_UINT32)block->channels) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it has %u component%s instead of %d",
                      image->numcomps, nodal_plural(image->numcomps), block->channels);
  }
  OPJ_UINT32 bits = (OPJ_UINT32)(8 * nodal_dtype_size(block->dtype));
  for (OPJ_UINT32 i = 0; i < image->numcomps; i++) {
    const opj_image_comp_t *component = &image->comps[i];
    if (component->sgnd || component->prec > bits || component->prec + 8 <= bits) {
      return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "unsupported JPEG 2000: %s samples of %u bits for %s",
                        component->sgnd ? "signed" : "unsigned", component->prec, nodal_dtype_name(block->dtype));
    }
    bool whole = component->dx == 1 && component->dy == 1;
    bool chroma = image->numcomps == 3 && i > 0 && component->dx >= 1 && component->dx <= 4 && component->dy >= 1 &&
                  component->dy <= 4;
    if (!whole && !chroma) {
      return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "unsupported JPEG 2000: component %u is sampled %u x %u", i,
                        component->dx, component->dy);
    }
  }
  return true;
}

static bool check_header(const opj_image_t *image, const NodalBlock *block, NodalError **error) {
  OPJ_UINT32 width = image->x1 - image->x0, height = image->y1 - image->y0;
  if (image->x1 < image->x0 || image->y1 < image->y0 || image->x1 > INT32_MAX || image->y1 > INT32_MAX ||
      width != (OPJ_UINT32)block->width || height != (OPJ_UINT32)block->height) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it is %u x %u pixels instead of %d x %d", width,
                      height, block->width, block->height);
  }
  if ((size_t)width * height * (size_t)block->channels > MAX_SAMPLES) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "a JPEG 2000 block of %u x %u pixels is too large", width, height);
  }
  return check_components(image, block, error);
}

/* One component of the decoded area, ready to be looked up by the pixel. */
typedef struct Plane {
  const OPJ_INT32 *samples;
  int64_t x0, y0, width, height;
  int64_t dx, dy;
} Plane;

static bool get_planes(const opj_image_t *image, Plane planes[4]) {
  for (OPJ_UINT32 i = 0; i < image->numcomps; i++) {
    const opj_image_comp_t *component = &image->comps[i];
    if (!component->data || component->w == 0 || component->h == 0) {
      return false;
    }
    planes[i] = (Plane){component->data, component->x0, component->y0, component->w,
                        component->h,    component->dx, component->dy};
  }
  return true;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high) {
  return value < low ? low : value > high ? high : value;
}

/* The row of a plane that holds the image's row `y`; a chroma sample stands for all pixels it covers. */
static const OPJ_INT32 *plane_row(const Plane *plane, int64_t y) {
  return plane->samples + clamp(y / plane->dy - plane->y0, 0, plane->height - 1) * plane->width;
}

static OPJ_INT32 plane_sample(const Plane *plane, const OPJ_INT32 *row, int64_t x) {
  return row[clamp(x / plane->dx - plane->x0, 0, plane->width - 1)];
}

static uint8_t to_byte(int value) {
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/*
 * YCbCr of ITU-R BT.601 to RGB. Products are rounded as OpenSlide rounds them (red and blue to integers, the two of
 * green to 1/65536 before they are added), so that pixels are equal.
 */
typedef struct Colors {
  int red_cr[256], blue_cb[256], green_cb[256], green_cr[256];
} Colors;

static void make_colors(Colors *colors) {
  for (int i = 0; i < 256; i++) {
    colors->red_cr[i] = (int)lround(1.402 * (i - 128));
    colors->blue_cb[i] = (int)lround(1.772 * (i - 128));
    colors->green_cb[i] = (int)lround(65536 * (0.5 - 0.34414 * (i - 128)));
    colors->green_cr[i] = (int)lround(65536 * -0.71414 * (i - 128));
  }
}

static void put_rgb(const Colors *colors, uint8_t *pixel, int y, uint8_t cb, uint8_t cr) {
  pixel[0] = to_byte(y + colors->red_cr[cr]);
  pixel[1] = to_byte(y + ((colors->green_cb[cb] + colors->green_cr[cr]) >> 16));
  pixel[2] = to_byte(y + colors->blue_cb[cb]);
}

typedef struct Target {
  NodalRect area; /* in the coordinates of the image's reference grid */
  uint8_t *pixels;
  size_t stride, sample_size;
  int channels;
} Target;

static void convert_ycbcr(const Plane planes[3], const Target *target) {
  Colors colors;
  make_colors(&colors);
  for (int64_t y = 0; y < target->area.height; y++) {
    const OPJ_INT32 *rows[3];
    for (int c = 0; c < 3; c++) {
      rows[c] = plane_row(&planes[c], target->area.y + y);
    }
    uint8_t *to = target->pixels + (size_t)y * target->stride;
    for (int64_t x = 0; x < target->area.width; x++) {
      int64_t at = target->area.x + x;
      put_rgb(&colors, to + x * 3, plane_sample(&planes[0], rows[0], at),
              (uint8_t)plane_sample(&planes[1], rows[1], at), (uint8_t)plane_sample(&planes[2], rows[2], at));
    }
  }
}

static void copy_samples(const Plane *plane, int channel, const Target *target) {
  size_t step = (size_t)target->channels * target->sample_size;
  for (int64_t y = 0; y < target->area.height; y++) {
    const OPJ_INT32 *row = plane_row(plane, target->area.y + y);
    uint8_t *to = target->pixels + (size_t)y * target->stride + (size_t)channel * target->sample_size;
    for (int64_t x = 0; x < target->area.width; x++) {
      OPJ_INT32 value = plane_sample(plane, row, target->area.x + x);
      if (target->sample_size == 1) {
        to[(size_t)x * step] = (uint8_t)value;
      } else {
        uint16_t wide = (uint16_t)value;
        memcpy(to + (size_t)x * step, &wide, sizeof wide);
      }
    }
  }
}

static bool is_ycbcr(const opj_image_t *image, const NodalBlock *block) {
  if (block->channels != 3 || block->dtype != NODAL_UINT8 || block->compression == NODAL_COMPRESSION_JP2K_RGB) {
    return false;
  }
  return block->compression == NODAL_COMPRESSION_JP2K_YCBCR || image->color_space == OPJ_CLRSPC_SYCC ||
         image->comps[1].dx != 1 || image->comps[1].dy != 1;
}

static bool decode(Jpeg2000 *reader, const NodalBlock *block, NodalRect part, uint8_t *pixels, size_t stride,
                   NodalError **error) {
  opj_image_t *image = reader->image;
  if (!check_header(image, block, error)) {
    return false;
  }
  int64_t x0 = image->x0 + part.x, y0 = image->y0 + part.y;
  bool whole = part.width == block->width && part.height == block->height;
  if (!whole) {
    /* From a multiple of the coarsest chroma step, so that the sample of the first pixel is there. */
    int64_t left = nodal_max64(x0 - x0 % 12, image->x0), top = nodal_max64(y0 - y0 % 12, image->y0);
    if (!opj_set_decode_area(reader->codec, image, (OPJ_INT32)left, (OPJ_INT32)top, (OPJ_INT32)(x0 + part.width),
                             (OPJ_INT32)(y0 + part.height))) {
      return fail(reader, error);
    }
  }
  if (!opj_decode(reader->codec, reader->stream, image) || !opj_end_decompress(reader->codec, reader->stream)) {
    return fail(reader, error);
  }
  /* Again: decoding may have put a palette's colours in the place of its indices. */
  Plane planes[4];
  if (!check_components(image, block, error)) {
    return false;
  }
  if (!get_planes(image, planes)) {
    return fail(reader, error);
  }
  Target target = {{x0, y0, part.width, part.height}, pixels, stride, nodal_dtype_size(block->dtype), block->channels};
  if (is_ycbcr(image, block)) {
    convert_ycbcr(planes, &target);
    return true;
  }
  for (int c = 0; c < block->channels; c++) {
    copy_samples(&planes[c], c, &target);
  }
  return true;
}

bool nodal_jpeg2000_decode(const NodalBlock *block, const void *data, size_t size, NodalRect part, uint8_t *pixels,
                           size_t stride, NodalError **error) {
  if (!check_claims(data, size, block, error)) {
    return false;
  }
  Jpeg2000 reader;
  bool ok = open_reader(&reader, data, size, error) && decode(&reader, block, part, pixels, stride, error);
  close_reader(&reader);
  return ok;
}

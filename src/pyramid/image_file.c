/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/output.h"
#include "codec/codec.h"
#include "pyramid/pyramid.h"

#include <math.h>
#include <string.h>
#include <strings.h>

typedef enum ImageKind { KIND_PNG, KIND_JPEG, KIND_TIFF, KIND_UNKNOWN } ImageKind;

typedef struct Image {
  const uint8_t *pixels;
  int64_t width, height;
  size_t stride;
  int channels;
  NodalDtype dtype;
  double spacing_um;
  int quality;
  const NodalProgress *progress;
} Image;

enum { JPEG_MAX_SIDE = 65500, TIFF_TILE = 512, TIFF_TILE_STEP = 16 };

static ImageKind kind_of(const char *path) {
  static const struct {
    const char *extension;
    ImageKind kind;
  } kinds[] = {
      {".png", KIND_PNG}, {".jpg", KIND_JPEG}, {".jpeg", KIND_JPEG}, {".tif", KIND_TIFF}, {".tiff", KIND_TIFF}};
  const char *slash = strrchr(path, '/');
  const char *dot = strrchr(slash ? slash : path, '.');
  for (size_t i = 0; dot && i < sizeof kinds / sizeof *kinds; i++) {
    if (strcasecmp(dot, kinds[i].extension) == 0) {
      return kinds[i].kind;
    }
  }
  return KIND_UNKNOWN;
}

static bool check(const char *path, ImageKind kind, const Image *image, NodalError **error) {
  if (kind == KIND_UNKNOWN) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: images are written as .png, .jpg, .jpeg, .tif or .tiff", path);
  }
  if (image->width < 1 || image->height < 1 || image->width > INT32_MAX || image->height > INT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: cannot write %lld x %lld pixels", path, (long long)image->width,
                      (long long)image->height);
  }
  int channels = image->channels;
  bool fits = kind == KIND_PNG    ? channels <= 4 && (image->dtype == NODAL_UINT8 || image->dtype == NODAL_UINT16)
              : kind == KIND_JPEG ? (channels == 1 || channels == 3 || channels == 4) && image->dtype == NODAL_UINT8
                                  : channels <= NODAL_PYRAMID_MAX_CHANNELS;
  if (channels < 1 || !fits) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s: %s does not hold %d channel%s of %s", path,
                      kind == KIND_PNG    ? "PNG"
                      : kind == KIND_JPEG ? "JPEG"
                                          : "TIFF",
                      channels, nodal_plural((uint64_t)channels), nodal_dtype_name(image->dtype));
  }
  if (kind == KIND_JPEG && (image->width > JPEG_MAX_SIDE || image->height > JPEG_MAX_SIDE)) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "%s: JPEG holds at most %d x %d pixels, not %lld x %lld", path,
                      JPEG_MAX_SIDE, JPEG_MAX_SIDE, (long long)image->width, (long long)image->height);
  }
  if (kind == KIND_JPEG && (image->quality < 1 || image->quality > 100)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: JPEG quality %d is not 1 to 100", path, image->quality);
  }
  return true;
}

static void put_big32(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    to[i] = (uint8_t)(value >> (24 - 8 * i));
  }
}

/* CRC-32 of the PNG specification, annex D. */
static uint32_t png_crc(const uint8_t *data, size_t size) {
  uint32_t crc = 0xffffffffu;
  for (size_t i = 0; i < size; i++) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; bit++) {
      crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
    }
  }
  return ~crc;
}

static bool write_three(NodalOutput *output, const void *head, size_t head_size, const void *middle, size_t middle_size,
                        const void *rest, size_t rest_size, NodalError **error) {
  return nodal_output_write(output, head, head_size, 0, error) &&
         nodal_output_write(output, middle, middle_size, head_size, error) &&
         nodal_output_write(output, rest, rest_size, head_size + middle_size, error);
}

/* A pHYs chunk (PNG specification, 11.3.5.3) goes between IHDR and the rest: pixels a metre. */
static bool write_png(NodalOutput *output, const Image *image, const NodalBytes *bytes, NodalError **error) {
  enum { HEAD = 8 + 25, CHUNK = 4 + 4 + 9 + 4 };
  uint8_t chunk[CHUNK] = {0, 0, 0, 9, 'p', 'H', 'Y', 's'};
  double density = image->spacing_um > 0 ? round(1e6 / image->spacing_um) : 0;
  bool known = density >= 1 && density <= INT32_MAX;
  put_big32(chunk + 8, (uint32_t)(known ? density : 0));
  put_big32(chunk + 12, (uint32_t)(known ? density : 0));
  chunk[16] = 1;
  put_big32(chunk + 17, png_crc(chunk + 4, 13));
  return write_three(output, bytes->data, HEAD, chunk, known ? CHUNK : 0, bytes->data + HEAD, bytes->size - HEAD,
                     error);
}

/* The JFIF header (ITU-T T.871) says pixels a centimeter in 16 bits: spacings down to 0.153 micrometres. */
static bool write_jpeg(NodalOutput *output, const Image *image, const NodalBytes *bytes, NodalError **error) {
  enum { JFIF = 18 };
  uint8_t jfif[JFIF] = {0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
  double density = image->spacing_um > 0 ? round(1e4 / image->spacing_um) : 0;
  if (density >= 1 && density <= UINT16_MAX) {
    jfif[11] = 2;
    jfif[12] = jfif[14] = (uint8_t)((uint32_t)density >> 8);
    jfif[13] = jfif[15] = (uint8_t)(uint32_t)density;
  }
  bool has_one = bytes->size > 2 + JFIF && memcmp(bytes->data + 2, jfif, 9) == 0;
  size_t after = has_one ? 2 + JFIF : 2;
  return write_three(output, bytes->data, 2, jfif, JFIF, bytes->data + after, bytes->size - after, error);
}

static uint8_t *without_alpha(const Image *image, NodalError **error) {
  uint8_t *rgb = nodal_alloc_array((size_t)image->width * 3, (size_t)image->height, error);
  for (size_t y = 0; rgb && y < (size_t)image->height; y++) {
    const uint8_t *from = image->pixels + y * image->stride;
    uint8_t *to = rgb + y * (size_t)image->width * 3;
    for (size_t x = 0; x < (size_t)image->width; x++) {
      memcpy(to + 3 * x, from + 4 * x, 3);
    }
  }
  return rgb;
}

static bool write_compressed(NodalOutput *output, ImageKind kind, const Image *image, NodalError **error) {
  NodalEncoding encoding = {.codec = kind == KIND_PNG ? NODAL_CODEC_PNG : NODAL_CODEC_JPEG,
                            .width = (int)image->width,
                            .height = (int)image->height,
                            .channels = image->channels,
                            .dtype = image->dtype,
                            .quality = image->quality,
                            .progress = image->progress};
  const uint8_t *pixels = image->pixels;
  size_t stride = image->stride;
  uint8_t *rgb = NULL;
  if (kind == KIND_JPEG && image->channels == 4) {
    if (!(rgb = without_alpha(image, error))) {
      return false;
    }
    pixels = rgb;
    stride = (size_t)image->width * 3;
    encoding.channels = 3;
  }
  NodalBytes bytes = {0};
  bool encoded = nodal_codec_encode(&encoding, pixels, stride, &bytes, error);
  if (!encoded) {
    nodal_error_prefix(error, "%s", nodal_output_name(output));
  }
  bool written =
      encoded &&
      (kind == KIND_PNG ? write_png(output, image, &bytes, error) : write_jpeg(output, image, &bytes, error)) &&
      nodal_output_commit(output, error);
  free(bytes.data);
  free(rgb);
  return written;
}

static int tile_size_for(int64_t width, int64_t height) {
  int64_t side = nodal_max64(width, height);
  return side >= TIFF_TILE ? TIFF_TILE : (int)nodal_div_up(side, TIFF_TILE_STEP) * TIFF_TILE_STEP;
}

/* Gives the tiles in turn; of those at the edge only what is inside is read. */
static bool write_tiles(NodalWriter *writer, const Image *image, NodalError **error) {
  const NodalPyramidLevel *level = &writer->levels[0];
  const NodalProgress *progress = image->progress;
  for (int64_t row = 0; row < level->rows; row++) {
    uint64_t done = (uint64_t)(row * writer->form.side);
    if (progress && !progress->report(progress->user, done, (uint64_t)image->height)) {
      return nodal_fail(error, NODAL_ERROR_CANCELLED, "%s: cancelled", nodal_output_name(writer->output));
    }
    for (int64_t column = 0; column < level->columns; column++) {
      const uint8_t *from = image->pixels + (size_t)(row * writer->form.side) * image->stride +
                            (size_t)(column * writer->form.side) * writer->form.pixel_size;
      if (!nodal_writer_write_tile(writer, column, row, from, image->stride, error)) {
        return false;
      }
    }
  }
  return nodal_writer_finish(writer, error);
}

static bool write_tiff(NodalOutput *output, const Image *image, NodalError **error) {
  NodalWriterOptions options = {.width = image->width,
                                .height = image->height,
                                .color = image->channels == 1   ? NODAL_COLOR_GRAY
                                         : image->channels == 3 ? NODAL_COLOR_RGB
                                         : image->channels == 4 ? NODAL_COLOR_RGBA
                                                                : NODAL_COLOR_CHANNELS,
                                .channels = image->channels,
                                .dtype = image->dtype,
                                .tile_size = tile_size_for(image->width, image->height),
                                .codec = NODAL_CODEC_LZW,
                                .levels = 1,
                                .spacing_x_um = image->spacing_um,
                                .spacing_y_um = image->spacing_um};
  NodalWriter *writer = nodal_pyramid_new(output, false, &options, NULL, error);
  bool written = writer && write_tiles(writer, image, error);
  nodal_writer_free(writer);
  return written;
}

static bool write_image(NodalOutput *output, ImageKind kind, const Image *image, NodalError **error) {
  return kind == KIND_TIFF ? write_tiff(output, image, error) : write_compressed(output, kind, image, error);
}

bool nodal_image_write(const char *path, const void *pixels, int64_t width, int64_t height, size_t stride, int channels,
                       NodalDtype dtype, double spacing_um, int quality, bool force, const NodalProgress *progress,
                       NodalError **error) {
  Image image = {pixels, width, height, stride, channels, dtype, spacing_um > 0 ? spacing_um : 0, quality, progress};
  ImageKind kind = kind_of(path);
  if (!check(path, kind, &image, error)) {
    return false;
  }
  NodalOutput *output = nodal_output_open(path, force, error);
  bool written = output && write_image(output, kind, &image, error);
  nodal_output_free(output);
  return written;
}

bool nodal_image_encode(const char *name, const void *pixels, int64_t width, int64_t height, size_t stride,
                        int channels, NodalDtype dtype, double spacing_um, int quality, void **data, size_t *size,
                        NodalError **error) {
  Image image = {pixels, width, height, stride, channels, dtype, spacing_um > 0 ? spacing_um : 0, quality, NULL};
  ImageKind kind = kind_of(name);
  if (!check(name, kind, &image, error)) {
    return false;
  }
  NodalOutput *output = nodal_output_new_memory(name, error);
  bool written = output && write_image(output, kind, &image, error) && nodal_output_copy(output, data, size, error);
  nodal_output_free(output);
  return written;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* PNG and JPEG pictures as slides of one level. Decoded whole at the first read, and kept. */
#include "base/memory.h"
#include "codec/codec.h"
#include "slide/driver.h"

#include <pthread.h>
#include <string.h>

static const uint64_t max_decoded_bytes = (uint64_t)512 << 20;

typedef struct Image {
  NodalImageInfo info;
  uint8_t *file;
  size_t file_size;
  pthread_mutex_t lock;
  uint8_t *pixels; /* NULL until the first read */
  size_t stride;
} Image;

static bool probe_image(const NodalProbe *probe) {
  static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  static const uint8_t jpeg[] = {0xFF, 0xD8, 0xFF};
  return (probe->head_size >= sizeof png && memcmp(probe->head, png, sizeof png) == 0) ||
         (probe->head_size >= sizeof jpeg && memcmp(probe->head, jpeg, sizeof jpeg) == 0);
}

static void close_image(NodalSlide *slide) {
  Image *image = slide->driver_data;
  if (image) {
    pthread_mutex_destroy(&image->lock);
    free(image->file);
    free(image->pixels);
    free(image);
  }
}

static bool load_file(Image *image, NodalSource *source, NodalError **error) {
  uint64_t size = nodal_source_size(source);
  if (size > max_decoded_bytes) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "a picture file of %llu MiB is too large",
                      (unsigned long long)(size >> 20));
  }
  image->file_size = (size_t)size;
  image->file = nodal_alloc(image->file_size, error);
  return image->file && nodal_source_read(source, image->file, image->file_size, 0, error);
}

static bool open_image(NodalSlide *slide, NodalProbe *probe, NodalError **error) {
  Image *image = nodal_alloc_array(1, sizeof *image, error);
  if (!image) {
    return false;
  }
  pthread_mutex_init(&image->lock, NULL);
  slide->driver_data = image;
  if (!load_file(image, probe->source, error) ||
      !nodal_codec_image_info(image->file, image->file_size, &image->info, error)) {
    return false;
  }
  const NodalImageInfo *info = &image->info;
  static const NodalColor colors[] = {NODAL_COLOR_GRAY, NODAL_COLOR_CHANNELS, NODAL_COLOR_RGB, NODAL_COLOR_RGBA};
  if (info->channels < 1 || info->channels > 4) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "a picture of %d channels is not read", info->channels);
  }
  image->stride = (size_t)info->width * (size_t)info->channels * nodal_dtype_size(info->dtype);
  if ((uint64_t)image->stride * (uint64_t)info->height > max_decoded_bytes) {
    return nodal_fail(error, NODAL_ERROR_UNSUPPORTED, "a picture of %lld x %lld pixels is too large to decode whole",
                      (long long)info->width, (long long)info->height);
  }
  slide->channels = info->channels;
  slide->dtype = info->dtype;
  slide->color = colors[info->channels - 1];
  slide->in_memory = true;
  slide->spacing_x = info->spacing_x_um;
  slide->spacing_y = info->spacing_y_um;
  slide->format = nodal_strdup(nodal_codec_name(info->codec), error);
  NodalLevel level = {info->width, info->height, 1, info->width, info->height, info->codec};
  return slide->format && nodal_slide_add_level(slide, &level, error);
}

static bool decode_once(NodalSlide *slide, Image *image, NodalError **error) {
  pthread_mutex_lock(&image->lock);
  bool ok = true;
  if (!image->pixels) {
    uint8_t *pixels = nodal_alloc(image->stride * (size_t)image->info.height, error);
    ok = pixels && nodal_codec_image_decode(image->file, image->file_size, &image->info, pixels, image->stride, error);
    if (ok) {
      image->pixels = pixels;
    } else {
      free(pixels);
      nodal_error_prefix(error, "%s", nodal_slide_path(slide));
    }
  }
  pthread_mutex_unlock(&image->lock);
  return ok;
}

static bool read_image_tile(NodalSlide *slide, int level, int64_t column, int64_t row, NodalRect part, void *pixels,
                            size_t stride, NodalTileState *state, NodalError **error) {
  (void)level, (void)column, (void)row, (void)state;
  Image *image = slide->driver_data;
  if (!decode_once(slide, image, error)) {
    return false;
  }
  size_t pixel = nodal_slide_native_size(slide);
  for (int64_t y = 0; y < part.height; y++) {
    memcpy((uint8_t *)pixels + (size_t)y * stride,
           image->pixels + (size_t)(part.y + y) * image->stride + (size_t)part.x * pixel, (size_t)part.width * pixel);
  }
  return true;
}

extern const NodalDriver nodal_driver_image;
const NodalDriver nodal_driver_image = {
    .name = "png, jpeg",
    .description = "PNG and JPEG pictures as slides of one level",
    .probe = probe_image,
    .open = open_image,
    .close = close_image,
    .read_tile = read_image_tile,
};

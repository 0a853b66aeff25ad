/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <dirent.h>
#include <nodal/writer.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static uint32_t random_state = 7;
static char folder[400];

int random_below(int limit) {
  random_state = random_state * 1664525u + 1013904223u;
  return (int)((random_state >> 8) % (uint32_t)limit);
}

/* A square spiral one pixel wide with gaps one pixel wide. */
static bool on_spiral(int x, int y, int width, int height) {
  int ring = x < y ? x : y;
  ring = width - 1 - x < ring ? width - 1 - x : ring;
  ring = height - 1 - y < ring ? height - 1 - y : ring;
  bool step = x == ring && y == ring + 1; /* where one turn leads into the next */
  return (ring % 2 == 0) != step;
}

static uint8_t pattern_at(int pattern, int x, int y, int width, int height) {
  switch (pattern) {
  case 0:
    return random_below(2) != 0;
  case 1:
    return random_below(10) == 0;
  case 2:
    return random_below(10) != 0;
  case 3:
    return (uint8_t)random_below(4); /* many small regions of one value */
  case 4:
    return (uint8_t)(random_below(9) == 0 ? random_below(256) : 7 * ((x / 9 + y / 7) % 4));
  case 5:
    return (x + y) % 2 == 0;
  case 6:
    return x % 2 == 0 || y == height - 1; /* a comb that is one piece at its foot only */
  case 7:
    return y % 2 == 0 || x == width / 2;
  case 8:
    return on_spiral(x, y, width, height);
  case 9:
    return (uint8_t)(x == y ? 200 : x == width / 3 || y == height / 3 ? 3 : 0);
  case 10:
    return 255;
  default:
    return 0;
  }
}

void picture_paint(Picture *picture, int width, int height, int pattern) {
  assert_true(width <= PICTURE_SIDE && height <= PICTURE_SIDE);
  picture->width = width;
  picture->height = height;
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) {
      picture->pixels[y * width + x] = pattern_at(pattern, x, y, width, height);
    }
  }
}

static void store(void *pixels, NodalDtype dtype, size_t index, uint8_t value) {
  switch (dtype) {
  case NODAL_UINT8:
    ((uint8_t *)pixels)[index] = value;
    break;
  case NODAL_UINT16:
    ((uint16_t *)pixels)[index] = (uint16_t)(value * 256); /* the low byte alone says nothing */
    break;
  case NODAL_UINT32:
    ((uint32_t *)pixels)[index] = (uint32_t)value << 24;
    break;
  case NODAL_FLOAT32:
    ((float *)pixels)[index] = value ? -(float)value / 1000 : 0;
    break;
  }
}

NodalRaster picture_raster(const Picture *picture, NodalDtype dtype, int gap) {
  size_t row = (size_t)(picture->width + gap), sample = nodal_dtype_size(dtype);
  void *pixels = malloc(row * (size_t)picture->height * sample);
  assert_non_null(pixels);
  memset(pixels, 0xAA, row * (size_t)picture->height * sample);
  for (int y = 0; y < picture->height; y++) {
    for (int x = 0; x < picture->width; x++) {
      store(pixels, dtype, (size_t)y * row + (size_t)x, picture_at(picture, x, y));
    }
  }
  return (NodalRaster){
      .pixels = pixels, .dtype = dtype, .width = picture->width, .height = picture->height, .stride = row * sample};
}

void raster_free(NodalRaster *raster) {
  void *pixels;
  memcpy(&pixels, &raster->pixels, sizeof pixels);
  free(pixels);
}

static bool belongs(const Picture *picture, int from, int to, bool by_value, bool background) {
  uint8_t a = picture->pixels[from], b = picture->pixels[to];
  return background ? b == 0 : by_value ? a == b : b != 0;
}

static void flood_from(const Picture *picture, int seed, int connectivity, bool by_value, bool background,
                       uint32_t label, uint32_t *labels) {
  static int stack[PICTURE_SIDE * PICTURE_SIDE];
  int depth = 0;
  stack[depth++] = seed;
  labels[seed] = label;
  while (depth > 0) {
    int place = stack[--depth], x = place % picture->width, y = place / picture->width;
    for (int dy = -1; dy <= 1; dy++) {
      for (int dx = -1; dx <= 1; dx++) {
        int nx = x + dx, ny = y + dy, next = ny * picture->width + nx;
        if (nx < 0 || ny < 0 || nx >= picture->width || ny >= picture->height ||
            (connectivity == 4 && dx != 0 && dy != 0) || labels[next] != 0 ||
            !belongs(picture, place, next, by_value, background)) {
          continue;
        }
        labels[next] = label;
        stack[depth++] = next;
      }
    }
  }
}

uint32_t flood(const Picture *picture, int connectivity, bool by_value, bool background, uint32_t *labels) {
  uint32_t count = 0;
  memset(labels, 0, sizeof *labels * (size_t)(picture->width * picture->height));
  for (int i = 0; i < picture->width * picture->height; i++) {
    if (labels[i] == 0 && (picture->pixels[i] != 0) != background) {
      flood_from(picture, i, connectivity, by_value, background, ++count, labels);
    }
  }
  return count;
}

/* --- slides --- */

NodalSlide *picture_slide(const Picture *picture, NodalDtype dtype, double spacing_x_um, double spacing_y_um) {
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = picture->width;
  options.height = picture->height;
  options.color = NODAL_COLOR_GRAY;
  options.dtype = dtype;
  options.tile_size = 16;
  options.codec = NODAL_CODEC_NONE;
  options.levels = 1;
  options.spacing_x_um = spacing_x_um;
  options.spacing_y_um = spacing_y_um;
  options.force = true;
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(in_folder("source.tif"), &options, &error);
  check_ok(writer != NULL, &error);
  uint8_t tile[16 * 16 * 4];
  size_t stride = 16 * nodal_dtype_size(dtype);
  for (int row = 0; row * 16 < picture->height; row++) {
    for (int column = 0; column * 16 < picture->width; column++) {
      memset(tile, 0, sizeof tile);
      for (int i = 0; i < 256; i++) {
        int x = column * 16 + i % 16, y = row * 16 + i / 16;
        if (x < picture->width && y < picture->height) {
          store(tile, dtype, (size_t)i, picture_at(picture, x, y));
        }
      }
      check_ok(nodal_writer_write_tile(writer, column, row, tile, stride, &error), &error);
    }
  }
  check_ok(nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
  NodalSlide *slide = nodal_slide_open(in_folder("source.tif"), NULL, &error);
  check_ok(slide != NULL, &error);
  return slide;
}

void slide_close(NodalSlide *slide) {
  nodal_slide_free(slide);
  unlink(in_folder("source.tif"));
}

void *read_back(const char *path, NodalDtype dtype, int width, int height) {
  NodalError *error = NULL;
  NodalSlide *slide = nodal_slide_open(path, NULL, &error);
  check_ok(slide != NULL, &error);
  NodalLevel level;
  assert_true(nodal_slide_level(slide, 0, &level));
  assert_int_equal(level.width, width);
  assert_int_equal(level.height, height);
  assert_int_equal(nodal_slide_dtype(slide), dtype);
  size_t stride = (size_t)width * nodal_dtype_size(dtype);
  void *pixels = malloc(stride * (size_t)height);
  assert_non_null(pixels);
  check_ok(
      nodal_slide_read_level(slide, 0, (NodalRect){0, 0, width, height}, NODAL_PIXELS_NATIVE, pixels, stride, &error),
      &error);
  nodal_slide_free(slide);
  return pixels;
}

/* --- files --- */

int folder_set_up(void **state) {
  (void)state;
  const char *parent = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/nodal-raster-XXXXXX", parent ? parent : "/tmp");
  return mkdtemp(folder) ? 0 : -1;
}

static int each_file(bool remove) {
  int count = 0;
  DIR *stream = opendir(folder);
  assert_non_null(stream);
  for (const struct dirent *entry = readdir(stream); entry; entry = readdir(stream)) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      count++;
      if (remove) {
        unlink(in_folder(entry->d_name));
      }
    }
  }
  closedir(stream);
  return count;
}

int folder_tear_down(void **state) {
  (void)state;
  each_file(true);
  return rmdir(folder);
}

int folder_count(void) {
  return each_file(false);
}

const char *in_folder(const char *name) {
  static char paths[8][700];
  static int next;
  next = (next + 1) % 8;
  snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
  return paths[next];
}

unsigned char *file_bytes(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  unsigned char *bytes = malloc(*size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *size, file), *size);
  fclose(file);
  return bytes;
}

void check_same_file(const char *a, const char *b) {
  size_t size_a, size_b;
  unsigned char *bytes_a = file_bytes(a, &size_a), *bytes_b = file_bytes(b, &size_b);
  assert_int_equal(size_a, size_b);
  assert_memory_equal(bytes_a, bytes_b, size_a);
  free(bytes_a);
  free(bytes_b);
}

/* --- errors --- */

void check_ok(bool ok, NodalError **error) {
  if (!ok) {
    fail_msg("%s", *error ? nodal_error_message(*error) : "failed without an error");
  }
  assert_null(*error);
}

void check_error(bool ok, NodalError **error, NodalErrorCode code, const char *message) {
  assert_false(ok);
  assert_non_null(*error);
  assert_string_equal(nodal_error_message(*error), message);
  assert_int_equal(nodal_error_code(*error), code);
  nodal_error_free(*error);
  *error = NULL;
}

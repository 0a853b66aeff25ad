/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

Reference reference_new(int64_t width, int64_t height, int channels) {
  Reference reference = {width, height, channels, calloc((size_t)(width * height) * (size_t)channels, sizeof(double))};
  assert_non_null(reference.samples);
  return reference;
}

void reference_free(Reference *reference) {
  free(reference->samples);
  reference->samples = NULL;
}

double sample_of(const void *pixels, NodalDtype dtype, size_t index) {
  switch (dtype) {
  case NODAL_UINT8:
    return ((const uint8_t *)pixels)[index];
  case NODAL_UINT16:
    return ((const uint16_t *)pixels)[index];
  case NODAL_UINT32:
    return ((const uint32_t *)pixels)[index];
  default:
    return (double)((const float *)pixels)[index];
  }
}

void store_sample(void *pixels, NodalDtype dtype, size_t index, double value) {
  switch (dtype) {
  case NODAL_UINT8:
    ((uint8_t *)pixels)[index] = (uint8_t)value;
    break;
  case NODAL_UINT16:
    ((uint16_t *)pixels)[index] = (uint16_t)value;
    break;
  case NODAL_UINT32:
    ((uint32_t *)pixels)[index] = (uint32_t)value;
    break;
  default:
    ((float *)pixels)[index] = (float)value;
  }
}

static uint32_t scramble(uint64_t value) {
  value = (value + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return (uint32_t)(value >> 32);
}

Reference reference_paint(int64_t width, int64_t height, NodalColor color, int channels, NodalDtype dtype) {
  Reference reference = reference_new(width, height, channels);
  double top = dtype == NODAL_UINT8 ? 255 : dtype == NODAL_UINT16 ? 65535 : 4294967295.0;
  for (int64_t y = 0; y < height; y++) {
    for (int64_t x = 0; x < width; x++) {
      for (int c = 0; c < channels; c++) {
        double smooth = 0.5 + 0.3 * sin((double)x / 23.0 + c) * cos((double)y / 31.0 - c);
        double noise = (double)scramble((uint64_t)(y * width + x) * 8 + (uint64_t)c) / 4294967296.0 - 0.5;
        double value = (smooth + 0.2 * noise) * top;
        if (color == NODAL_COLOR_LABEL) {
          value = (double)(((x / 37) ^ (y / 29)) % 7) * (dtype == NODAL_UINT8 ? 1 : 1000);
        } else if (x >= width / 2 && y >= height / 2) {
          value = 0.75 * top; /* the constant patch */
        } else if (color == NODAL_COLOR_RGBA && c == 3) {
          value = (x / 16 + y / 16) % 3 == 0 ? 0 : (x / 16 + y / 16) % 3 == 1 ? top : value;
        }
        size_t index = (size_t)(y * width + x) * (size_t)channels + (size_t)c;
        /* In float32 the values are what fits, some negative. */
        reference.samples[index] = dtype == NODAL_FLOAT32 ? (double)(float)(value / top * 5 - 1) : floor(value);
      }
    }
  }
  return reference;
}

/* The pixel x, y, or the last one before the edge. */
static const double *pixel_at(const Reference *reference, int64_t x, int64_t y) {
  x = x < reference->width ? x : reference->width - 1;
  y = y < reference->height ? y : reference->height - 1;
  return reference->samples + (size_t)(y * reference->width + x) * (size_t)reference->channels;
}

static double rounded(double value, NodalDtype dtype) {
  return dtype == NODAL_FLOAT32 ? (double)(float)value : floor(value + 0.5);
}

Reference reference_halve(const Reference *from, NodalColor color, NodalDtype dtype, bool nearest) {
  Reference to = reference_new((from->width + 1) / 2, (from->height + 1) / 2, from->channels);
  for (int64_t y = 0; y < to.height; y++) {
    for (int64_t x = 0; x < to.width; x++) {
      const double *p[4] = {pixel_at(from, 2 * x, 2 * y), pixel_at(from, 2 * x + 1, 2 * y),
                            pixel_at(from, 2 * x, 2 * y + 1), pixel_at(from, 2 * x + 1, 2 * y + 1)};
      double *out = to.samples + (size_t)(y * to.width + x) * (size_t)to.channels;
      bool alpha = color == NODAL_COLOR_RGBA;
      double alphas = alpha ? p[0][3] + p[1][3] + p[2][3] + p[3][3] : 0;
      for (int c = 0; c < to.channels; c++) {
        double mean = (p[0][c] + p[1][c] + p[2][c] + p[3][c]) / 4;
        if (alpha && c < 3 && alphas > 0) {
          /* Integers exactly: floating point would round 0.5 either way. */
          __extension__ typedef unsigned __int128 Wide;
          Wide sum = 0;
          double real = 0;
          for (int i = 0; i < 4; i++) {
            sum += dtype == NODAL_FLOAT32 ? 0 : (Wide)p[i][c] * (Wide)p[i][3];
            real += p[i][c] * p[i][3];
          }
          mean = dtype == NODAL_FLOAT32 ? real / alphas
                                        : (double)(uint64_t)((2 * sum + (Wide)alphas) / (2 * (Wide)alphas));
        }
        out[c] = nearest ? p[0][c] : rounded(mean, dtype);
      }
    }
  }
  return to;
}

void reference_tile(const Reference *reference, NodalDtype dtype, int side, int64_t column, int64_t row, void *pixels,
                    size_t stride) {
  size_t pixel = (size_t)reference->channels * nodal_dtype_size(dtype);
  for (int64_t y = 0; y < side; y++) {
    unsigned char *to = (unsigned char *)pixels + (size_t)y * stride;
    memset(to, 0xee, (size_t)side * pixel);
    for (int64_t x = 0; x < side; x++) {
      if (column * side + x < reference->width && row * side + y < reference->height) {
        const double *from = pixel_at(reference, column * side + x, row * side + y);
        for (int c = 0; c < reference->channels; c++) {
          store_sample(to, dtype, (size_t)x * (size_t)reference->channels + (size_t)c, from[c]);
        }
      }
    }
  }
}

bool painted_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                  NodalError **error) {
  (void)worker;
  (void)error;
  const Painted *painted = user;
  reference_tile(painted->reference, painted->dtype, painted->side, column, row, pixels, stride);
  return true;
}

static char folder[256];

int folder_setup(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/nodal-pyramid-XXXXXX", base ? base : "/tmp");
  assert_non_null(mkdtemp(folder));
  return 0;
}

static void each_entry(void (*visit)(const char *path, int *count), int *count) {
  DIR *directory = opendir(folder);
  assert_non_null(directory);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      char path[600];
      snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
      visit(path, count);
    }
  }
  closedir(directory);
}

static void remove_entry(const char *path, int *count) {
  (void)count;
  unlink(path);
}

static void count_entry(const char *path, int *count) {
  (void)path;
  ++*count;
}

int folder_teardown(void **state) {
  (void)state;
  each_entry(remove_entry, NULL);
  assert_int_equal(rmdir(folder), 0);
  return 0;
}

int folder_count(void) {
  int count = 0;
  each_entry(count_entry, &count);
  return count;
}

const char *in_folder(const char *name) {
  static char paths[16][600];
  static int next;
  char *path = paths[next++ % 16];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

unsigned char *file_bytes(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    fail_msg("%s is not there", path);
    return NULL;
  }
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  unsigned char *bytes = malloc(*size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *size, file), *size);
  fclose(file);
  return bytes;
}

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

void check_error_at(bool ok, NodalError **error, NodalErrorCode code, const char *path, const char *message) {
  char text[1000];
  snprintf(text, sizeof text, "%s: %s", path, message);
  check_error(ok, error, code, text);
}

double psnr_of(const unsigned char *a, const unsigned char *b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
  }
  return sum > 0 ? 10 * log10(255.0 * 255.0 * (double)count / sum) : (double)INFINITY;
}

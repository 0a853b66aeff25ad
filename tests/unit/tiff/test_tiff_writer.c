/* SPDX-License-Identifier: Apache-2.0 */
#include "builder.h"
#include "tiff/rational.h"
#include "tiff/tiff.h"
#include "tiff/tiff_writer.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static NodalOutput *new_output(void) {
  NodalOutput *output = nodal_output_new_memory("out.tif", NULL);
  assert_non_null(output);
  return output;
}

static const uint8_t *bytes_of(const NodalOutput *output, size_t *size) {
  return nodal_output_memory(output, size);
}

static NodalTiffSpec gray_spec(int64_t width, int64_t height, int tile) {
  return (NodalTiffSpec){.width = width,
                         .height = height,
                         .tile_width = tile,
                         .tile_height = tile,
                         .samples = 1,
                         .dtype = NODAL_UINT8,
                         .compression = 1,
                         .photometric = 1};
}

static uint8_t pixel_of(int directory, uint64_t block, size_t at) {
  return (uint8_t)((uint64_t)directory * 57 + block * 31 + at * 7);
}

/* Appends a block of known pixels for every block of a directory. */
static void fill_blocks(NodalTiffWriter *writer, int directory, uint64_t count, size_t size) {
  uint8_t *block = malloc(size);
  assert_non_null(block);
  for (uint64_t i = 0; i < count; i++) {
    for (size_t at = 0; at < size; at++) {
      block[at] = pixel_of(directory, i, at);
    }
    uint64_t offset;
    assert_true(nodal_tiff_writer_append(writer, block, size, &offset, NULL));
    assert_int_equal(offset % 2, 0);
    nodal_tiff_writer_set_block(writer, directory, i, offset, size);
  }
  free(block);
}

static void check_blocks(TIFF *peer, int directory, uint32_t count, size_t size) {
  uint8_t *block = malloc(size);
  assert_non_null(block);
  for (uint32_t i = 0; i < count; i++) {
    tmsize_t got = TIFFIsTiled(peer) ? TIFFReadEncodedTile(peer, i, block, (tmsize_t)size)
                                     : TIFFReadEncodedStrip(peer, i, block, (tmsize_t)size);
    assert_int_equal(got, size);
    for (size_t at = 0; at < size; at++) {
      assert_int_equal(block[at], pixel_of(directory, i, at));
    }
  }
  free(block);
}

static uint16_t short_of(TIFF *peer, int tag) {
  uint16_t value = 0;
  assert_true(TIFFGetField(peer, (uint32_t)tag, &value));
  return value;
}

static uint32_t long_of(TIFF *peer, int tag) {
  uint32_t value = 0;
  assert_true(TIFFGetField(peer, (uint32_t)tag, &value));
  return value;
}

static const char *text_of(TIFF *peer, int tag) {
  char *text = NULL;
  assert_true(TIFFGetField(peer, (uint32_t)tag, &text));
  return text;
}

static bool has_tag(TIFF *peer, int tag) {
  uint64_t first[4], second[4];
  return TIFFGetField(peer, (uint32_t)tag, first, second) != 0;
}

/* Three levels in tiles, a picture in one strip added late; libtiff reads every field and pixel, with no complaint. */
static void libtiff_reads_a_pyramid(void **state) {
  (void)state;
  NodalOutput *output = new_output();
  NodalTiffWriter *writer = nodal_tiff_writer_new(output, NULL);
  uint8_t profile[133];
  for (size_t i = 0; i < sizeof profile; i++) {
    profile[i] = (uint8_t)i;
  }
  for (int k = 0; k < 3; k++) {
    NodalTiffSpec spec = gray_spec(100 >> k, 70 >> k, 32);
    spec.samples = 3;
    spec.photometric = 2;
    spec.subfile_type = k > 0;
    spec.x_resolution = 10000 / ldexp(0.499, k);
    spec.y_resolution = 10000 / ldexp(0.25, k);
    spec.software = "nodal test";
    spec.description = k == 0 ? "described" : NULL;
    spec.icc_profile = k == 0 ? profile : NULL;
    spec.icc_profile_size = k == 0 ? sizeof profile : 0;
    assert_int_equal(nodal_tiff_writer_add(writer, &spec, NULL), k);
  }
  assert_true(nodal_tiff_writer_start(writer, NULL));
  static const uint32_t blocks[] = {12, 4, 1};
  for (int k = 0; k < 3; k++) {
    fill_blocks(writer, k, blocks[k], 3 * 32 * 32);
  }
  NodalTiffSpec picture = gray_spec(33, 11, 0);
  picture.subfile_type = 9;
  picture.description = "macro";
  assert_int_equal(nodal_tiff_writer_add(writer, &picture, NULL), 3);
  fill_blocks(writer, 3, 1, 33 * 11);
  assert_true(nodal_tiff_writer_finish(writer, NULL));
  nodal_tiff_writer_free(writer);

  size_t size;
  const uint8_t *bytes = bytes_of(output, &size);
  TIFF *peer = builder_libtiff(bytes, size);
  assert_non_null(peer);
  assert_true(TIFFIsBigTIFF(peer));
  assert_int_equal(TIFFNumberOfDirectories(peer), 4);
  for (int k = 0; k < 3; k++) {
    assert_true(TIFFSetDirectory(peer, (tdir_t)k));
    assert_int_equal(long_of(peer, TIFFTAG_SUBFILETYPE), k > 0);
    assert_int_equal(long_of(peer, TIFFTAG_IMAGEWIDTH), 100 >> k);
    assert_int_equal(long_of(peer, TIFFTAG_IMAGELENGTH), 70 >> k);
    assert_int_equal(long_of(peer, TIFFTAG_TILEWIDTH), 32);
    assert_int_equal(long_of(peer, TIFFTAG_TILELENGTH), 32);
    assert_int_equal(short_of(peer, TIFFTAG_BITSPERSAMPLE), 8);
    assert_int_equal(short_of(peer, TIFFTAG_SAMPLESPERPIXEL), 3);
    assert_int_equal(short_of(peer, TIFFTAG_SAMPLEFORMAT), 1);
    assert_int_equal(short_of(peer, TIFFTAG_PHOTOMETRIC), 2);
    assert_int_equal(short_of(peer, TIFFTAG_COMPRESSION), 1);
    assert_int_equal(short_of(peer, TIFFTAG_ORIENTATION), 1);
    assert_int_equal(short_of(peer, TIFFTAG_PLANARCONFIG), 1);
    assert_int_equal(short_of(peer, TIFFTAG_RESOLUTIONUNIT), 3);
    float x = 0, y = 0;
    assert_true(TIFFGetField(peer, TIFFTAG_XRESOLUTION, &x) && TIFFGetField(peer, TIFFTAG_YRESOLUTION, &y));
    assert_true(x == (float)(10000 / ldexp(0.499, k)));
    assert_true(y == (float)(40000 / (1 << k)));
    assert_string_equal(text_of(peer, TIFFTAG_SOFTWARE), "nodal test");
    assert_false(has_tag(peer, TIFFTAG_EXTRASAMPLES));
    assert_false(has_tag(peer, TIFFTAG_PREDICTOR));
    assert_int_equal(TIFFNumberOfTiles(peer), blocks[k]);
    check_blocks(peer, k, blocks[k], 3 * 32 * 32);
    if (k == 0) {
      assert_string_equal(text_of(peer, TIFFTAG_IMAGEDESCRIPTION), "described");
      uint32_t profile_size = 0;
      void *read_profile = NULL;
      assert_true(TIFFGetField(peer, TIFFTAG_ICCPROFILE, &profile_size, &read_profile));
      assert_int_equal(profile_size, sizeof profile);
      assert_memory_equal(read_profile, profile, sizeof profile);
    }
  }
  assert_true(TIFFSetDirectory(peer, 3));
  assert_false(TIFFIsTiled(peer));
  assert_int_equal(long_of(peer, TIFFTAG_SUBFILETYPE), 9);
  assert_int_equal(long_of(peer, TIFFTAG_ROWSPERSTRIP), 11);
  assert_string_equal(text_of(peer, TIFFTAG_IMAGEDESCRIPTION), "macro");
  check_blocks(peer, 3, 1, 33 * 11);
  if (libtiff_complaints) {
    fail_msg("libtiff: %s", libtiff_last_complaint);
  }
  TIFFClose(peer);
  nodal_output_free(output);
}

/* Directories and arrays come before all data; every value is where nodal's own reader finds it. */
static void head_comes_first(void **state) {
  (void)state;
  NodalOutput *output = new_output();
  NodalTiffWriter *writer = nodal_tiff_writer_new(output, NULL);
  for (int k = 0; k < 2; k++) {
    NodalTiffSpec spec = gray_spec(1000 >> k, 1000 >> k, 16);
    assert_int_equal(nodal_tiff_writer_add(writer, &spec, NULL), k);
  }
  assert_true(nodal_tiff_writer_start(writer, NULL));
  uint64_t first;
  assert_true(nodal_tiff_writer_append(writer, "x", 1, &first, NULL));
  /* Tags: 14 a directory and no long values; arrays of 12 bytes a tile. */
  assert_int_equal(first, 16 + 2 * (8 + 14 * 20 + 8) + 12 * 63 * 63 + 4 + 12 * 32 * 32);
  fill_blocks(writer, 1, 32 * 32, 256);
  fill_blocks(writer, 0, 63 * 63, 256);
  assert_true(nodal_tiff_writer_finish(writer, NULL));
  nodal_tiff_writer_free(writer);

  size_t size;
  const uint8_t *bytes = bytes_of(output, &size);
  assert_int_equal(size, first + 2 + 256 * (32 * 32 + 63 * 63));
  NodalSource *source = nodal_source_new_memory(bytes, size, "out.tif", NULL);
  NodalTiff *tiff = nodal_tiff_open(source, NULL);
  assert_non_null(tiff);
  assert_int_equal(nodal_tiff_directory(tiff, 0)->offset, 16);
  uint64_t offset, length;
  for (uint64_t i = 0; i < 63 * 63; i++) {
    assert_true(nodal_tiff_block(tiff, 0, i, &offset, &length, NULL));
    assert_int_equal(offset, first + 2 + 256 * (32 * 32 + i));
    assert_int_equal(length, 256);
    assert_int_equal(bytes[offset + 5], pixel_of(0, i, 5));
  }
  nodal_tiff_free(tiff);
  nodal_source_unref(source);
  nodal_output_free(output);
}

/* Every kind of sample with the tags that go with it, against libtiff and our reader. */
static void samples_and_ranges(void **state) {
  (void)state;
  static const struct {
    int samples, extra, extra_value;
    NodalDtype dtype;
    int bits, format, photometric;
  } rows[] = {
      {1, 0, 0, NODAL_UINT16, 16, 1, 1},  {4, 1, 2, NODAL_UINT8, 8, 1, 2},   {1, 0, 0, NODAL_UINT32, 32, 1, 1},
      {2, 1, 0, NODAL_FLOAT32, 32, 3, 1}, {9, 8, 0, NODAL_UINT16, 16, 1, 1}, {256, 255, 0, NODAL_UINT8, 8, 1, 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    NodalOutput *output = new_output();
    NodalTiffWriter *writer = nodal_tiff_writer_new(output, NULL);
    NodalTiffSpec spec = gray_spec(16, 16, 16);
    spec.samples = rows[i].samples;
    spec.extra_samples = rows[i].extra;
    spec.extra_sample = rows[i].extra_value;
    spec.dtype = rows[i].dtype;
    spec.photometric = rows[i].photometric;
    spec.has_value_range = true;
    assert_int_equal(nodal_tiff_writer_add(writer, &spec, NULL), 0);
    assert_true(nodal_tiff_writer_start(writer, NULL));
    size_t block = 256 * (size_t)rows[i].samples * (size_t)rows[i].bits / 8;
    fill_blocks(writer, 0, 1, block);
    nodal_tiff_writer_set_value_range(writer, 0, -0.25, 123456.5);
    assert_true(nodal_tiff_writer_finish(writer, NULL));
    nodal_tiff_writer_free(writer);

    size_t size;
    const uint8_t *bytes = bytes_of(output, &size);
    TIFF *peer = builder_libtiff(bytes, size);
    assert_non_null(peer);
    assert_int_equal(short_of(peer, TIFFTAG_BITSPERSAMPLE), rows[i].bits);
    assert_int_equal(short_of(peer, TIFFTAG_SAMPLEFORMAT), rows[i].format);
    double minimum = 0, maximum = 0;
    assert_true(TIFFGetField(peer, TIFFTAG_SMINSAMPLEVALUE, &minimum));
    assert_true(TIFFGetField(peer, TIFFTAG_SMAXSAMPLEVALUE, &maximum));
    assert_true(minimum == -0.25 && maximum == 123456.5);
    uint16_t extra_count = 0, *extra = NULL;
    assert_int_equal(TIFFGetField(peer, TIFFTAG_EXTRASAMPLES, &extra_count, &extra), rows[i].extra > 0);
    assert_int_equal(extra_count, rows[i].extra);
    for (int k = 0; k < rows[i].extra; k++) {
      assert_int_equal(extra[k], k == 0 ? rows[i].extra_value : 0);
    }
    check_blocks(peer, 0, 1, block);
    if (libtiff_complaints) {
      fail_msg("libtiff: %s", libtiff_last_complaint);
    }
    TIFFClose(peer);

    NodalSource *source = nodal_source_new_memory(bytes, size, "out.tif", NULL);
    NodalTiff *tiff = nodal_tiff_open(source, NULL);
    assert_non_null(tiff);
    const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, 0);
    assert_true(directory->dtype_known);
    assert_int_equal(directory->dtype, rows[i].dtype);
    assert_int_equal(directory->samples, rows[i].samples);
    assert_int_equal(directory->extra_samples, rows[i].extra);
    assert_true(directory->has_value_range && directory->minimum == -0.25 && directory->maximum == 123456.5);
    nodal_tiff_free(tiff);
    nodal_source_unref(source);
    nodal_output_free(output);
  }
}

static void jpeg_tags(void **state) {
  (void)state;
  static const uint8_t tables[] = {0xFF, 0xD8, 0xFF, 0xD9};
  NodalOutput *output = new_output();
  NodalTiffWriter *writer = nodal_tiff_writer_new(output, NULL);
  NodalTiffSpec spec = gray_spec(64, 64, 32);
  spec.samples = 3;
  spec.compression = 7;
  spec.photometric = 6;
  spec.h_samp = 2;
  spec.v_samp = 1;
  spec.jpeg_tables = tables;
  spec.jpeg_tables_size = sizeof tables;
  assert_int_equal(nodal_tiff_writer_add(writer, &spec, NULL), 0);
  spec.photometric = 1;
  spec.samples = 1;
  spec.compression = 5;
  spec.predictor = 2;
  spec.jpeg_tables = NULL;
  assert_int_equal(nodal_tiff_writer_add(writer, &spec, NULL), 1);
  assert_true(nodal_tiff_writer_start(writer, NULL));
  assert_true(nodal_tiff_writer_finish(writer, NULL));
  nodal_tiff_writer_free(writer);
  size_t size;
  const uint8_t *bytes = bytes_of(output, &size);
  TIFF *peer = builder_libtiff(bytes, size);
  assert_non_null(peer);
  assert_int_equal(short_of(peer, TIFFTAG_PHOTOMETRIC), 6);
  uint16_t horizontal = 0, vertical = 0;
  assert_true(TIFFGetField(peer, TIFFTAG_YCBCRSUBSAMPLING, &horizontal, &vertical));
  assert_int_equal(horizontal, 2);
  assert_int_equal(vertical, 1);
  float *reference = NULL;
  static const float full_range[] = {0, 255, 128, 255, 128, 255};
  assert_true(TIFFGetField(peer, TIFFTAG_REFERENCEBLACKWHITE, &reference));
  assert_memory_equal(reference, full_range, sizeof full_range);
  uint32_t tables_size = 0;
  void *read_tables = NULL;
  assert_true(TIFFGetField(peer, TIFFTAG_JPEGTABLES, &tables_size, &read_tables));
  assert_int_equal(tables_size, sizeof tables);
  assert_memory_equal(read_tables, tables, sizeof tables);
  assert_false(has_tag(peer, TIFFTAG_XRESOLUTION));
  assert_false(has_tag(peer, TIFFTAG_RESOLUTIONUNIT));
  assert_true(TIFFSetDirectory(peer, 1));
  assert_int_equal(short_of(peer, TIFFTAG_PREDICTOR), 2);
  assert_false(has_tag(peer, TIFFTAG_YCBCRSUBSAMPLING));
  TIFFClose(peer);
  nodal_output_free(output);
}

/* Shared places, and blocks that were never set. */
static void shared_and_missing_blocks(void **state) {
  (void)state;
  NodalOutput *output = new_output();
  NodalTiffWriter *writer = nodal_tiff_writer_new(output, NULL);
  NodalTiffSpec spec = gray_spec(48, 16, 16);
  assert_int_equal(nodal_tiff_writer_add(writer, &spec, NULL), 0);
  assert_true(nodal_tiff_writer_start(writer, NULL));
  fill_blocks(writer, 0, 1, 256);
  size_t size;
  uint64_t place = 0;
  bytes_of(output, &size);
  place = size - 256;
  nodal_tiff_writer_set_block(writer, 0, 2, place, 256);
  assert_true(nodal_tiff_writer_finish(writer, NULL));
  nodal_tiff_writer_free(writer);
  const uint8_t *bytes = bytes_of(output, &size);
  NodalSource *source = nodal_source_new_memory(bytes, size, "out.tif", NULL);
  NodalTiff *tiff = nodal_tiff_open(source, NULL);
  static const bool there[] = {true, false, true};
  for (uint64_t i = 0; i < 3; i++) {
    uint64_t offset, length;
    assert_true(nodal_tiff_block(tiff, 0, i, &offset, &length, NULL));
    assert_int_equal(offset, there[i] ? place : 0);
    assert_int_equal(length, there[i] ? 256 : 0);
  }
  nodal_tiff_free(tiff);
  nodal_source_unref(source);
  nodal_output_free(output);
}

static void refused(void **state) {
  (void)state;
  static const struct {
    NodalTiffSpec spec;
    const char *message;
  } rows[] = {
      {{.width = 0, .height = 5, .samples = 1}, "out.tif: an image of 0 x 5 pixels cannot be written"},
      {{.width = 5, .height = (int64_t)1 << 31, .samples = 1},
       "out.tif: an image of 5 x 2147483648 pixels cannot be written"},
      {{.width = 5, .height = 5, .samples = 1, .tile_width = 24, .tile_height = 16},
       "out.tif: tiles of 24 x 16 pixels: the sides must be multiples of 16"},
      {{.width = 5, .height = 5, .samples = 1, .tile_width = 16},
       "out.tif: tiles of 16 x 0 pixels: the sides must be multiples of 16"},
      {{.width = 5, .height = 5, .samples = 257}, "out.tif: 257 samples, 0 of them extra, cannot be written"},
      {{.width = 5, .height = 5, .samples = 0}, "out.tif: 0 samples, 0 of them extra, cannot be written"},
      {{.width = 5, .height = 5, .samples = 1, .extra_samples = 2},
       "out.tif: 1 sample, 2 of them extra, cannot be written"},
      {{.width = INT32_MAX, .height = INT32_MAX, .samples = 1, .tile_width = 512, .tile_height = 512},
       "out.tif: would have 17592186044416 tiles; at most 16777216 are written"},
  };
  NodalOutput *output = new_output();
  NodalTiffWriter *writer = nodal_tiff_writer_new(output, NULL);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    NodalError *error = NULL;
    assert_int_equal(nodal_tiff_writer_add(writer, &rows[i].spec, &error), -1);
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
    assert_string_equal(nodal_error_message(error), rows[i].message);
    nodal_error_free(error);
  }
  NodalError *error = NULL;
  assert_false(nodal_tiff_writer_finish(writer, &error));
  assert_string_equal(nodal_error_message(error), "out.tif: a TIFF file needs an image");
  nodal_error_free(error);
  error = NULL;
  NodalTiffSpec spec = gray_spec(16, 16, 16);
  assert_int_equal(nodal_tiff_writer_add(writer, &spec, NULL), 0);
  nodal_tiff_writer_set_block(writer, 0, 0, 16, UINT64_C(1) << 32);
  assert_false(nodal_tiff_writer_finish(writer, &error));
  assert_string_equal(nodal_error_message(error), "out.tif: a block of 4 GiB cannot be written");
  nodal_error_free(error);
  nodal_tiff_writer_free(writer);
  nodal_tiff_writer_free(NULL);
  nodal_output_free(output);
}

/* --- Fractions --- */

static void fractions(void **state) {
  (void)state;
  static const struct {
    double value;
    uint32_t numerator, denominator;
  } rows[] = {
      {1, 1, 1},
      {0.5, 1, 2},
      {40000, 40000, 1},
      {10000 / 0.499, 10000000, 499},
      {10000 / 0.243, 10000000, 243},
      {0.1, 1, 10},
      {1.0 / 3, 1, 3},
      {0, 0, 1},
      {-5, 0, 1},
      {NAN, 0, 1},
      {INFINITY, UINT32_MAX, 1},
      {1e20, UINT32_MAX, 1},
      {1e-20, 1, UINT32_MAX},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint32_t numerator = 7, denominator = 7;
    nodal_rational_from_double(rows[i].value, &numerator, &denominator);
    assert_int_equal(numerator, rows[i].numerator);
    assert_int_equal(denominator, rows[i].denominator);
  }
  for (double value = 1.7e-9; value < 4e9; value *= 1.0137) {
    uint32_t numerator, denominator;
    nodal_rational_from_double(value, &numerator, &denominator);
    assert_true(fabs((double)numerator / denominator / value - 1) < ldexp(1, -32));
  }
}

/* --- Threads --- */

enum { THREADS = 6, TILES_A_THREAD = 50 };

typedef struct Job {
  NodalTiffWriter *writer;
  int index;
  bool failed;
} Job;

static void *write_tiles(void *user) {
  Job *job = user;
  uint8_t block[256];
  for (int i = 0; i < TILES_A_THREAD; i++) {
    uint64_t index = (uint64_t)(i * THREADS + job->index), offset = 0;
    memset(block, (int)(index % 251), sizeof block);
    size_t size = 200 + index % 57;
    job->failed = job->failed || !nodal_tiff_writer_append(job->writer, block, size, &offset, NULL);
    nodal_tiff_writer_set_block(job->writer, 0, index, offset, size);
  }
  if (job->index == 0) {
    NodalTiffSpec late = gray_spec(16, 16, 0);
    job->failed = job->failed || nodal_tiff_writer_add(job->writer, &late, NULL) != 1;
  }
  return NULL;
}

static void many_threads(void **state) {
  (void)state;
  NodalOutput *output = new_output();
  NodalTiffWriter *writer = nodal_tiff_writer_new(output, NULL);
  NodalTiffSpec spec = gray_spec(16 * THREADS * TILES_A_THREAD, 16, 16);
  spec.compression = 8;
  assert_int_equal(nodal_tiff_writer_add(writer, &spec, NULL), 0);
  assert_true(nodal_tiff_writer_start(writer, NULL));
  pthread_t threads[THREADS];
  Job jobs[THREADS];
  for (int i = 0; i < THREADS; i++) {
    jobs[i] = (Job){writer, i, false};
    assert_int_equal(pthread_create(&threads[i], NULL, write_tiles, &jobs[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    assert_false(jobs[i].failed);
  }
  assert_true(nodal_tiff_writer_finish(writer, NULL));
  nodal_tiff_writer_free(writer);
  size_t size;
  const uint8_t *bytes = bytes_of(output, &size);
  NodalSource *source = nodal_source_new_memory(bytes, size, "out.tif", NULL);
  NodalTiff *tiff = nodal_tiff_open(source, NULL);
  assert_int_equal(nodal_tiff_directory_count(tiff), 2);
  for (uint64_t i = 0; i < THREADS * TILES_A_THREAD; i++) {
    uint64_t offset, length;
    assert_true(nodal_tiff_block(tiff, 0, i, &offset, &length, NULL));
    assert_int_equal(length, 200 + i % 57);
    for (uint64_t k = 0; k < length; k++) {
      assert_int_equal(bytes[offset + k], i % 251);
    }
  }
  nodal_tiff_free(tiff);
  nodal_source_unref(source);
  nodal_output_free(output);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(libtiff_reads_a_pyramid),
      cmocka_unit_test(head_comes_first),
      cmocka_unit_test(samples_and_ranges),
      cmocka_unit_test(jpeg_tags),
      cmocka_unit_test(shared_and_missing_blocks),
      cmocka_unit_test(refused),
      cmocka_unit_test(fractions),
      cmocka_unit_test(many_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "builder.h"
#include "tiff/tiff.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What opening these bytes fails with. */
static void expect_failure_of(NodalSource *source, NodalErrorCode code, const char *message) {
  NodalError *error = NULL;
  NodalTiff *tiff = nodal_tiff_open(source, &error);
  assert_null(tiff);
  assert_non_null(error);
  assert_string_equal(nodal_error_message(error), message);
  assert_int_equal(nodal_error_code(error), code);
  nodal_error_free(error);
  assert_null(nodal_tiff_open(source, NULL));
  nodal_source_unref(source);
}

static void expect_failure(const Builder *builder, NodalErrorCode code, const char *message) {
  expect_failure_of(builder_source(builder), code, message);
}

/* 40 x 24 pixels, 3 samples, 6 tiles of 16 x 16, arrays of LONG outside the entries. */
static void prepare(Builder *builder, bool big) {
  builder_init(builder, big, false);
  builder_image(builder, 40, 24, 3, 16, 16);
  builder_numbers(builder, 324, LONG, 6, (uint64_t[]){8, 9, 10, 11, 12, 13});
  builder_numbers(builder, 325, LONG, 6, (uint64_t[]){1, 2, 3, 4, 5, 6});
}

enum { REMOVE = 0 };

typedef struct Row {
  int tag, type; /* REMOVE: takes the tag away */
  uint64_t count, value;
  NodalErrorCode code;
  const char *message;
} Row;

/* One entry each is replaced; its value stands in the entry, whatever the count says. */
static const Row rows[] = {
    {256, REMOVE, 0, 0, NODAL_ERROR_FORMAT, "has no tag 256 (ImageWidth)"},
    {257, REMOVE, 0, 0, NODAL_ERROR_FORMAT, "has no tag 257 (ImageLength)"},
    {256, LONG, 1, 0, NODAL_ERROR_FORMAT, "tag 256 (ImageWidth) is 0 instead of 1 to 2147483647"},
    {257, LONG, 1, 0, NODAL_ERROR_FORMAT, "tag 257 (ImageLength) is 0 instead of 1 to 2147483647"},
    {256, LONG, 1, 0x80000000, NODAL_ERROR_FORMAT, "tag 256 (ImageWidth) is 2147483648 instead of 1 to 2147483647"},
    {256, LONG, 0, 40, NODAL_ERROR_FORMAT, "tag 256 (ImageWidth) has no value"},
    {256, ASCII, 1, 40, NODAL_ERROR_FORMAT, "tag 256 (ImageWidth) has type 2 instead of a whole number"},
    {256, SLONG, 1, 40, NODAL_ERROR_FORMAT, "tag 256 (ImageWidth) has type 9 instead of a whole number"},
    {256, 99, 1, 40, NODAL_ERROR_FORMAT, "tag 256 (ImageWidth) has type 99 instead of a whole number"},
    {256, LONG, 2, 5000, NODAL_ERROR_FORMAT,
     "tag 256 (ImageWidth): 2 values of type 4 at offset 5000 past the end of the file (188 bytes)"},
    {258, SHORT, 1, 0, NODAL_ERROR_FORMAT, "tag 258 (BitsPerSample) is 0 instead of 1 to 64"},
    {258, SHORT, 1, 65, NODAL_ERROR_FORMAT, "tag 258 (BitsPerSample) is 65 instead of 1 to 64"},
    {258, SHORT, 2, 8 | 16 << 16, NODAL_ERROR_UNSUPPORTED, "its samples differ in their bits"},
    {259, SHORT, 1, 0, NODAL_ERROR_FORMAT, "tag 259 (Compression) is 0 instead of 1 to 65535"},
    {259, DOUBLE, 1, 0, NODAL_ERROR_FORMAT, "tag 259 (Compression) has type 12 instead of a whole number"},
    {262, LONG, 1, 65536, NODAL_ERROR_FORMAT, "tag 262 (PhotometricInterpretation) is 65536 instead of 0 to 65535"},
    {277, SHORT, 1, 0, NODAL_ERROR_FORMAT, "tag 277 (SamplesPerPixel) is 0 instead of 1 to 256"},
    {277, SHORT, 1, 257, NODAL_ERROR_FORMAT, "tag 277 (SamplesPerPixel) is 257 instead of 1 to 256"},
    {284, SHORT, 1, 3, NODAL_ERROR_FORMAT, "tag 284 (PlanarConfiguration) is 3 instead of 1 to 2"},
    {284, SHORT, 1, 2, NODAL_ERROR_FORMAT, "tag 324 (TileOffsets) has 6 values instead of 18"},
    {317, SHORT, 1, 0, NODAL_ERROR_FORMAT, "tag 317 (Predictor) is 0 instead of 1 to 65535"},
    {322, REMOVE, 0, 0, NODAL_ERROR_FORMAT, "has no tag 322 (TileWidth)"},
    {323, REMOVE, 0, 0, NODAL_ERROR_FORMAT, "has no tag 323 (TileLength)"},
    {322, SHORT, 1, 0, NODAL_ERROR_FORMAT, "tag 322 (TileWidth) is 0 instead of 1 to 65536"},
    {323, SHORT, 1, 0, NODAL_ERROR_FORMAT, "tag 323 (TileLength) is 0 instead of 1 to 65536"},
    {322, LONG, 1, 65537, NODAL_ERROR_FORMAT, "tag 322 (TileWidth) is 65537 instead of 1 to 65536"},
    {322, SHORT, 1, 1, NODAL_ERROR_FORMAT, "tag 324 (TileOffsets) has 6 values instead of 80"},
    {324, REMOVE, 0, 0, NODAL_ERROR_FORMAT, "has no tag 324 (TileOffsets)"},
    {325, REMOVE, 0, 0, NODAL_ERROR_FORMAT, "has no tag 325 (TileByteCounts)"},
    {324, BYTE, 4, 0, NODAL_ERROR_FORMAT, "tag 324 (TileOffsets) has type 1 instead of 3, 4 or 16"},
    {325, DOUBLE, 6, 8, NODAL_ERROR_FORMAT, "tag 325 (TileByteCounts) has type 12 instead of 3, 4 or 16"},
    {324, LONG, 5, 8, NODAL_ERROR_FORMAT, "tag 324 (TileOffsets) has 5 values instead of 6"},
    {325, LONG, 5, 8, NODAL_ERROR_FORMAT, "tag 325 (TileByteCounts) has 5 values instead of 6"},
    {324, LONG, 0xFFFFFFFF, 8, NODAL_ERROR_FORMAT,
     "tag 324 (TileOffsets): 4294967295 values of type 4 at offset 8 past the end of the file (164 bytes)"},
    {325, LONG, 6, 0xFFFFFFFF, NODAL_ERROR_FORMAT,
     "tag 325 (TileByteCounts): 6 values of type 4 at offset 4294967295 past the end of the file (164 bytes)"},
    {270, ASCII, 1000, 8, NODAL_ERROR_FORMAT,
     "tag 270 (ImageDescription): 1000 values of type 2 at offset 8 past the end of the file (200 bytes)"},
    {282, RATIONAL, 1, 0xFFFFFFFF, NODAL_ERROR_FORMAT,
     "tag 282 (XResolution): 1 value of type 5 at offset 4294967295 past the end of the file (200 bytes)"},
    {330, LONG, 1, 0, NODAL_ERROR_FORMAT, "at offset 0, lies in the header"},
    {330, LONG, 1, 5000, NODAL_ERROR_FORMAT, "at offset 5000, goes past the end of the file (200 bytes)"},
    {330, LONG, 1, 8, NODAL_ERROR_FORMAT, "at offset 8, is directory 0 again: the chain is a loop"},
    {330, LONG, 4096, 8, NODAL_ERROR_MEMORY, "tag 330 (SubIFDs) has 4096 values; at most 4096 directories are read"},
    {330, FLOAT, 1, 8, NODAL_ERROR_FORMAT, "tag 330 (SubIFDs) has type 11 instead of 4, 13, 16 or 18"},
    {338, SHORT, 4, 8, NODAL_ERROR_FORMAT, "tag 338 (ExtraSamples) has 4 values for 3 samples"},
};

static void each_damaged_entry_is_named(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    Builder builder;
    prepare(&builder, false);
    if (rows[i].type == REMOVE) {
      builder_remove(&builder, (uint16_t)rows[i].tag);
    } else {
      uint8_t value[4];
      for (int k = 0; k < 4; k++) {
        value[k] = (uint8_t)(rows[i].value >> (8 * k));
      }
      builder_bytes(&builder, (uint16_t)rows[i].tag, (uint16_t)rows[i].type, rows[i].count, value, 4);
    }
    builder_finish_directory(&builder, true);
    char message[256];
    /* A sub-directory is the second one. */
    bool child = rows[i].tag == 330 && strncmp(rows[i].message, "tag", 3) != 0;
    snprintf(message, sizeof message, "test.tif: directory %d: %s", child, rows[i].message);
    expect_failure(&builder, rows[i].code, message);
    builder_free(&builder);
  }
}

static void headers(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    const char *message;
  } heads[] = {
      {"", 0, "test.tif: is not a TIFF file"},
      {"II*\0\x08\0\0", 7, "test.tif: is not a TIFF file"},
      {"\xFF\xD8\xFF\xE0\0\x10JFIF", 10, "test.tif: is not a TIFF file"},
      {"II*\0\x07\0\0\0", 8, "test.tif: directory 0: at offset 7, lies in the header"},
      {"II*\0\0\0\0\0", 8, "test.tif: has no directory"},
      {"II*\0\x08\0\0\0", 8, "test.tif: directory 0: at offset 8, goes past the end of the file (8 bytes)"},
      {"MM\0*\xFF\xFF\xFF\xFF", 8,
       "test.tif: directory 0: at offset 4294967295, goes past the end of the file (8 bytes)"},
      {"II*\0\x08\0\0\0\0\0\0\0", 12, "test.tif: directory 0: has no entries"},
      {"II*\0\x08\0\0\0\x01\0\0\0\0", 13,
       "test.tif: directory 0: at offset 8, goes past the end of the file (13 bytes)"},
      {"II*\0\x08\0\0\0\x01\x10\0\0\0", 13, "test.tif: directory 0: has 4097 entries; at most 4096 are read"},
      {"II+\0\x04\0\0\0\x10\0\0\0\0\0\0\0", 16, "test.tif: BigTIFF header has offset size 4 and 0 instead of 8 and 0"},
      {"II+\0\x08\0\x01\0\x10\0\0\0\0\0\0\0", 16,
       "test.tif: BigTIFF header has offset size 8 and 1 instead of 8 and 0"},
      {"MM\0+\0\x08\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16,
       "test.tif: directory 0: at offset 18446744073709551615, goes past the end of the file (16 bytes)"},
      {"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 24,
       "test.tif: directory 0: has 18446744073709551615 entries; at most 4096 are read"},
  };
  for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
    expect_failure_of(nodal_source_new_memory(heads[i].bytes, heads[i].size, "test.tif", NULL), NODAL_ERROR_FORMAT,
                      heads[i].message);
  }
}

/* A count times a size that wraps around 64 bits must not pass for a small one. */
static void counts_that_overflow(void **state) {
  (void)state;
  Builder builder;
  prepare(&builder, true);
  builder_bytes(&builder, 324, LONG8, UINT64_C(0x2000000000000001), "\x10\0\0\0\0\0\0\0", 8);
  builder_finish_directory(&builder, true);
  expect_failure(&builder, NODAL_ERROR_FORMAT,
                 "test.tif: directory 0: tag 324 (TileOffsets): 2305843009213693953 values of type 16 at offset 16 "
                 "past the end of the file (256 bytes)");
  builder_free(&builder);
}

static void loops_and_lengths_of_the_chain(void **state) {
  (void)state;
  Builder builder;
  prepare(&builder, false);
  size_t first = builder_finish_directory(&builder, true);
  builder_image(&builder, 8, 8, 1, 0, 0);
  builder_number(&builder, 273, LONG, 8);
  builder_number(&builder, 279, LONG, 8);
  builder_finish_directory(&builder, true);
  assert_int_equal(first, 8);
  builder_set(&builder, builder.link, 4, first);
  expect_failure(&builder, NODAL_ERROR_FORMAT,
                 "test.tif: directory 2: at offset 8, is directory 0 again: the chain is a loop");
  builder_set(&builder, builder.link, 4, 99999);
  char message[128];
  snprintf(message, sizeof message, "test.tif: directory 2: at offset 99999, goes past the end of the file (%zu bytes)",
           builder.size);
  expect_failure(&builder, NODAL_ERROR_FORMAT, message);
  builder_free(&builder);

  builder_init(&builder, true, true);
  for (int i = 0; i <= NODAL_TIFF_MAX_DIRECTORIES; i++) {
    builder_image(&builder, 8, 8, 1, 0, 0);
    builder_number(&builder, 273, LONG, 16);
    builder_number(&builder, 279, LONG, 8);
    if (i == NODAL_TIFF_MAX_DIRECTORIES - 1) {
      NodalSource *source = builder_source(&builder);
      NodalTiff *tiff = nodal_tiff_open(source, NULL);
      assert_non_null(tiff);
      assert_int_equal(nodal_tiff_directory_count(tiff), NODAL_TIFF_MAX_DIRECTORIES - 1);
      nodal_tiff_free(tiff);
      nodal_source_unref(source);
    }
    builder_finish_directory(&builder, true);
  }
  expect_failure(&builder, NODAL_ERROR_MEMORY, "test.tif: directory 4096: is one more than the 4096 that are read");
  builder_free(&builder);
}

/* Sub-directories of sub-directories and what follows a sub-directory are not read. */
static void children_have_no_children(void **state) {
  (void)state;
  Builder builder;
  builder_init(&builder, false, false);
  size_t children[2];
  for (int i = 0; i < 2; i++) {
    builder_image(&builder, 8, 8, 1, 0, 0);
    builder_number(&builder, 273, LONG, 8);
    builder_number(&builder, 279, LONG, 8);
    builder_number(&builder, 330, LONG, 8);
    children[i] = builder_finish_directory(&builder, false);
  }
  /* The first child, of 9 entries, is followed by the second one. */
  builder_set(&builder, children[0] + 2 + 12 * 9, 4, children[1]);
  builder_image(&builder, 16, 16, 1, 0, 0);
  builder_number(&builder, 273, LONG, 8);
  builder_number(&builder, 279, LONG, 8);
  builder_number(&builder, 330, LONG, children[0]);
  builder_finish_directory(&builder, true);
  NodalSource *source = builder_source(&builder);
  NodalTiff *tiff = nodal_tiff_open(source, NULL);
  assert_non_null(tiff);
  assert_int_equal(nodal_tiff_directory_count(tiff), 2);
  assert_int_equal(nodal_tiff_directory(tiff, 1)->offset, children[0]);
  assert_int_equal(nodal_tiff_directory(tiff, 1)->parent, 0);
  nodal_tiff_free(tiff);
  nodal_source_unref(source);
  builder_free(&builder);
}

/* --- NDPI --- */

static void ndpi_keeps_what_could_be_read(void **state) {
  (void)state;
  Builder builder;
  builder_init(&builder, false, false);
  for (int i = 0; i < 2; i++) {
    builder_image(&builder, 8, 8, 1, 0, 0);
    builder_number(&builder, 273, LONG, 8);
    builder_number(&builder, 279, LONG, 8);
    builder_number(&builder, 65420, LONG, 1);
    builder_finish_directory(&builder, true);
  }
  builder_set(&builder, builder.link, 4, 99999);
  NodalSource *source = builder_source(&builder);
  NodalError *error = NULL;
  NodalTiff *tiff = nodal_tiff_open(source, &error);
  assert_non_null(tiff);
  assert_null(error);
  assert_int_equal(nodal_tiff_directory_count(tiff), 2);
  assert_true(nodal_tiff_directory(tiff, 0)->ndpi);
  nodal_tiff_free(tiff);
  nodal_source_unref(source);
  /* Not so where nothing could be read. */
  builder_set(&builder, 4, 4, 99999);
  char message[128];
  snprintf(message, sizeof message, "test.tif: directory 0: at offset 99999, goes past the end of the file (%zu bytes)",
           builder.size);
  expect_failure(&builder, NODAL_ERROR_FORMAT, message);
  builder_free(&builder);
}

/* --- Safety limits, in files that claim to be huge --- */

static int read_zeros_after_head(void *user, void *buffer, size_t size, uint64_t offset) {
  const Builder *builder = user;
  memset(buffer, 0, size);
  if (offset < builder->size) {
    size_t left = builder->size - (size_t)offset;
    memcpy(buffer, builder->data + offset, left < size ? left : size);
  }
  return 0;
}

static NodalSource *huge_source(Builder *builder) {
  static const NodalSourceFunctions functions = {read_zeros_after_head, NULL};
  return nodal_source_new(&functions, builder, UINT64_C(1) << 40, "test.tif", NULL);
}

static void limits(void **state) {
  (void)state;
  static const struct {
    int tag, type;
    uint64_t count;
    const char *message;
  } long_values[] = {
      {270, ASCII, (64 << 20) + 1, "tag 270 (ImageDescription) has 67108865 bytes; at most 67108864 are read"},
      {34675, 7, UINT64_C(1) << 39, "tag 34675 (ICCProfile) has 549755813888 bytes; at most 67108864 are read"},
      {347, 7, (1 << 20) + 1, "tag 347 (JPEGTables) has 1048577 bytes; at most 1048576 are read"},
  };
  for (size_t i = 0; i < sizeof long_values / sizeof long_values[0]; i++) {
    Builder builder;
    prepare(&builder, true);
    builder_bytes(&builder, (uint16_t)long_values[i].tag, (uint16_t)long_values[i].type, long_values[i].count,
                  "\x10\0\0\0\0\0\0\0", 8);
    builder_finish_directory(&builder, true);
    char message[160];
    snprintf(message, sizeof message, "test.tif: directory 0: %s", long_values[i].message);
    expect_failure_of(huge_source(&builder), NODAL_ERROR_MEMORY, message);
    builder_free(&builder);
  }

  Builder builder;
  prepare(&builder, true);
  builder_number(&builder, 322, LONG, 8192);
  builder_number(&builder, 323, LONG, 8193);
  builder_finish_directory(&builder, true);
  expect_failure_of(huge_source(&builder), NODAL_ERROR_MEMORY,
                    "test.tif: directory 0: a tile of 8192 x 8193 pixels is larger than 67108864");
  builder_free(&builder);

  prepare(&builder, true);
  builder_number(&builder, 256, LONG, 0x7FFFFFFF);
  builder_number(&builder, 257, LONG, 0x7FFFFFFF);
  builder_finish_directory(&builder, true);
  expect_failure_of(huge_source(&builder), NODAL_ERROR_MEMORY,
                    "test.tif: directory 0: has 18014398509481984 blocks; at most 16777216 are read");
  builder_free(&builder);
}

/* Many directories that name one long text must not fill the memory. */
static void all_texts_together_are_limited(void **state) {
  (void)state;
  Builder builder;
  builder_init(&builder, true, false);
  for (int i = 0; i < 5; i++) {
    builder_image(&builder, 8, 8, 1, 0, 0);
    builder_number(&builder, 273, LONG, 16);
    builder_number(&builder, 279, LONG, 8);
    builder_bytes(&builder, 270, ASCII, (64 << 20) - 1, "\x10\0\0\0\0\0\0\0", 8);
    builder_finish_directory(&builder, true);
  }
  expect_failure_of(huge_source(&builder), NODAL_ERROR_MEMORY,
                    "test.tif: directory 4: the texts and tables of the file are larger than 268435456");
  builder_free(&builder);
}

/* --- Failing reads --- */

typedef struct Broken {
  const Builder *builder;
  uint64_t readable; /* bytes from the start */
} Broken;

static int read_broken(void *user, void *buffer, size_t size, uint64_t offset) {
  const Broken *broken = user;
  if (offset + size > broken->readable) {
    return EIO;
  }
  memcpy(buffer, broken->builder->data + offset, size);
  return 0;
}

static void failing_reads_are_reported_each_time(void **state) {
  (void)state;
  Builder builder;
  prepare(&builder, false);
  builder_finish_directory(&builder, true);
  Broken broken = {&builder, 10};
  static const NodalSourceFunctions functions = {read_broken, NULL};
  expect_failure_of(nodal_source_new(&functions, &broken, builder.size, "test.tif", NULL), NODAL_ERROR_IO,
                    "test.tif: Input/output error");

  broken.readable = builder.size;
  NodalSource *source = nodal_source_new(&functions, &broken, builder.size, "test.tif", NULL);
  NodalTiff *tiff = nodal_tiff_open(source, NULL);
  assert_non_null(tiff);
  broken.readable = 10;
  uint64_t offset, size;
  for (int i = 0; i < 2; i++) {
    NodalError *error = NULL;
    assert_false(nodal_tiff_block(tiff, 0, 0, &offset, &size, &error));
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_IO);
    assert_string_equal(nodal_error_message(error), "test.tif: Input/output error");
    nodal_error_free(error);
  }
  broken.readable = builder.size;
  assert_true(nodal_tiff_block(tiff, 0, 5, &offset, &size, NULL));
  assert_int_equal(offset, 13);
  assert_int_equal(size, 6);
  nodal_tiff_free(tiff);
  nodal_source_unref(source);
  builder_free(&builder);
}

/* --- Every cut, and a lot of wrong bytes --- */

/* Whatever is opened must hold together. */
static void check_sane(NodalSource *source) {
  NodalError *error = NULL;
  NodalTiff *tiff = nodal_tiff_open(source, &error);
  assert_int_equal(tiff == NULL, error != NULL);
  nodal_error_free(error);
  for (int i = 0; tiff && i < nodal_tiff_directory_count(tiff); i++) {
    const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, i);
    assert_true(directory->width >= 1 && directory->height >= 1 && directory->samples >= 1);
    assert_true(directory->block_width * directory->blocks_across >= directory->width);
    assert_true(directory->block_height * directory->blocks_down >= directory->height);
    for (uint64_t block = 0; block < directory->block_count; block++) {
      uint64_t offset, size;
      error = NULL;
      if (nodal_tiff_block(tiff, i, block, &offset, &size, &error)) {
        assert_null(error);
        assert_true(nodal_source_holds(source, offset, size));
      } else {
        assert_non_null(error);
        nodal_error_free(error);
      }
    }
  }
  nodal_tiff_free(tiff);
  nodal_source_unref(source);
}

static void build_all_kinds(Builder *builder, bool big, bool big_endian) {
  builder_init(builder, big, big_endian);
  builder_image(builder, 8, 8, 1, 0, 0);
  builder_number(builder, 273, SHORT, 8);
  size_t child = builder_finish_directory(builder, false);
  builder_image(builder, 40, 24, 3, 16, 16);
  builder_numbers(builder, 324, LONG, 6, (uint64_t[]){8, 9, 10, 11, 12, 13});
  builder_numbers(builder, 325, SHORT, 6, (uint64_t[]){1, 2, 3, 4, 5, 6});
  builder_text(builder, 270, "a description");
  builder_double(builder, 282, DOUBLE, 3);
  builder_numbers(builder, 283, RATIONAL, 1, (uint64_t[]){3, 1});
  builder_numbers(builder, 340, SHORT, 3, (uint64_t[]){0, 1, 2});
  builder_numbers(builder, 341, SHORT, 3, (uint64_t[]){7, 8, 9});
  builder_bytes(builder, 347, 7, 10, "0123456789", 10);
  builder_bytes(builder, 34675, 7, 10, "0123456789", 10);
  builder_number(builder, 330, LONG, child);
  builder_finish_directory(builder, true);
}

static void every_cut_is_noticed(void **state) {
  (void)state;
  for (int form = 0; form < 4; form++) {
    Builder builder;
    build_all_kinds(&builder, form & 1, form & 2);
    for (size_t size = 0; size < builder.size; size++) {
      /* A block of its own, so that the sanitizer sees a read past it. */
      uint8_t *copy = malloc(size + 1);
      assert_non_null(copy);
      memcpy(copy, builder.data, size);
      NodalSource *source = nodal_source_new_memory(copy, size, "test.tif", NULL);
      NodalError *error = NULL;
      assert_null(nodal_tiff_open(source, &error));
      assert_int_equal(nodal_error_code(error), NODAL_ERROR_FORMAT);
      assert_int_equal(strncmp(nodal_error_message(error), "test.tif: ", 10), 0);
      nodal_error_free(error);
      nodal_source_unref(source);
      free(copy);
    }
    NodalSource *whole = builder_source(&builder);
    NodalTiff *tiff = nodal_tiff_open(whole, NULL);
    assert_non_null(tiff);
    nodal_tiff_free(tiff);
    nodal_source_unref(whole);
    builder_free(&builder);
  }
}

static void wrong_bytes_do_no_harm(void **state) {
  (void)state;
  static const uint8_t values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
  for (int form = 0; form < 4; form++) {
    Builder builder;
    build_all_kinds(&builder, form & 1, form & 2);
    uint32_t random = 1;
    for (size_t at = 0; at < builder.size; at++) {
      uint8_t right = builder.data[at];
      for (size_t i = 0; i < sizeof values; i++) {
        /* One byte alone, then another one with it. */
        builder.data[at] = values[i];
        check_sane(builder_source(&builder));
        random = random * 1664525 + 1013904223;
        size_t other = (random >> 8) % builder.size;
        uint8_t other_right = builder.data[other];
        builder.data[other] = (uint8_t)(random >> 24);
        check_sane(builder_source(&builder));
        builder.data[other] = other_right;
      }
      builder.data[at] = right;
    }
    builder_free(&builder);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_damaged_entry_is_named),
      cmocka_unit_test(headers),
      cmocka_unit_test(counts_that_overflow),
      cmocka_unit_test(loops_and_lengths_of_the_chain),
      cmocka_unit_test(children_have_no_children),
      cmocka_unit_test(ndpi_keeps_what_could_be_read),
      cmocka_unit_test(limits),
      cmocka_unit_test(all_texts_together_are_limited),
      cmocka_unit_test(failing_reads_are_reported_each_time),
      cmocka_unit_test(every_cut_is_noticed),
      cmocka_unit_test(wrong_bytes_do_no_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

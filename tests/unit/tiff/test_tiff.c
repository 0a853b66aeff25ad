/* SPDX-License-Identifier: Apache-2.0 */
#include "builder.h"
#include "tiff/tiff.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static NodalTiff *open_tiff(NodalSource *source) {
  NodalError *error = NULL;
  NodalTiff *tiff = nodal_tiff_open(source, &error);
  if (!tiff) {
    fail_msg("%s", nodal_error_message(error));
  }
  return tiff;
}

static NodalTiff *open_built(const Builder *builder) {
  NodalSource *source = builder_source(builder);
  NodalTiff *tiff = open_tiff(source);
  nodal_source_unref(source); /* the reader has a reference of its own */
  return tiff;
}

/* Compares everything that both libraries tell of the directory libtiff stands at. */
static void compare_directory(NodalTiff *tiff, int index, TIFF *peer) {
  const NodalTiffDirectory *ours = nodal_tiff_directory(tiff, index);
  uint32_t width = 0, height = 0, subfile_type = 0;
  uint16_t bits = 0, samples = 0, compression = 0, photometric = 0, planar = 0, orientation = 0, unit = 0;
  TIFFGetField(peer, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(peer, TIFFTAG_IMAGELENGTH, &height);
  TIFFGetFieldDefaulted(peer, TIFFTAG_SUBFILETYPE, &subfile_type);
  TIFFGetFieldDefaulted(peer, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(peer, TIFFTAG_SAMPLESPERPIXEL, &samples);
  TIFFGetFieldDefaulted(peer, TIFFTAG_COMPRESSION, &compression);
  TIFFGetField(peer, TIFFTAG_PHOTOMETRIC, &photometric);
  TIFFGetFieldDefaulted(peer, TIFFTAG_PLANARCONFIG, &planar);
  TIFFGetFieldDefaulted(peer, TIFFTAG_ORIENTATION, &orientation);
  TIFFGetFieldDefaulted(peer, TIFFTAG_RESOLUTIONUNIT, &unit);
  assert_int_equal(ours->offset, TIFFCurrentDirOffset(peer));
  assert_int_equal(ours->width, width);
  assert_int_equal(ours->height, height);
  assert_int_equal(ours->subfile_type, subfile_type);
  assert_int_equal(ours->bits, bits);
  assert_int_equal(ours->samples, samples);
  assert_int_equal(ours->compression, compression);
  assert_int_equal(ours->photometric, photometric);
  assert_int_equal(ours->planar, planar == 2);
  assert_int_equal(ours->orientation, orientation);
  assert_int_equal(ours->resolution_unit, unit);
  assert_int_equal(ours->tiled, TIFFIsTiled(peer));
  uint32_t block_width = width, block_height = 0;
  if (ours->tiled) {
    TIFFGetField(peer, TIFFTAG_TILEWIDTH, &block_width);
    TIFFGetField(peer, TIFFTAG_TILELENGTH, &block_height);
  } else {
    TIFFGetFieldDefaulted(peer, TIFFTAG_ROWSPERSTRIP, &block_height);
    block_height = block_height < height ? block_height : height;
  }
  assert_int_equal(ours->block_width, block_width);
  assert_int_equal(ours->block_height, block_height);
  uint64_t blocks = ours->tiled ? TIFFNumberOfTiles(peer) : TIFFNumberOfStrips(peer);
  assert_int_equal(ours->block_count, blocks);
  for (uint64_t i = 0; i < blocks; i++) {
    uint64_t offset, size;
    assert_true(nodal_tiff_block(tiff, index, i, &offset, &size, NULL));
    assert_int_equal(offset, TIFFGetStrileOffset(peer, (uint32_t)i));
    assert_int_equal(size, TIFFGetStrileByteCount(peer, (uint32_t)i));
  }
  float resolution = 0;
  TIFFGetField(peer, TIFFTAG_XRESOLUTION, &resolution);
  assert_true((float)ours->x_resolution == resolution);
  resolution = 0;
  TIFFGetField(peer, TIFFTAG_YRESOLUTION, &resolution);
  assert_true((float)ours->y_resolution == resolution);
}

static void compare_text(TIFF *peer, int tag, const char *text) {
  char *theirs = NULL;
  if (TIFFGetField(peer, (uint32_t)tag, &theirs)) {
    assert_string_equal(text, theirs);
  } else {
    assert_null(text);
  }
}

static void compare_texts(const NodalTiffDirectory *ours, TIFF *peer) {
  compare_text(peer, TIFFTAG_IMAGEDESCRIPTION, ours->description);
  compare_text(peer, TIFFTAG_SOFTWARE, ours->software);
  compare_text(peer, TIFFTAG_MAKE, ours->make);
  compare_text(peer, TIFFTAG_MODEL, ours->model);
  compare_text(peer, TIFFTAG_DATETIME, ours->date_time);
  compare_text(peer, TIFFTAG_DOCUMENTNAME, ours->document_name);
  compare_text(peer, TIFFTAG_ARTIST, ours->artist);
  compare_text(peer, TIFFTAG_COPYRIGHT, ours->copyright);
  compare_text(peer, TIFFTAG_HOSTCOMPUTER, ours->host_computer);
}

static void add_places(Builder *builder, bool tiled, uint16_t offset_type, uint16_t size_type, uint64_t count,
                       uint64_t first, uint64_t step) {
  uint64_t offsets[600], sizes[600];
  assert_true(count <= 600);
  for (uint64_t i = 0; i < count; i++) {
    offsets[i] = first + i * step;
    sizes[i] = step - i % 3;
  }
  /* Deflate: libtiff replaces byte counts of uncompressed blocks that it does not believe. */
  builder_number(builder, 259, SHORT, 8);
  builder_numbers(builder, tiled ? 324 : 273, offset_type, count, offsets);
  builder_numbers(builder, tiled ? 325 : 279, size_type, count, sizes);
}

static const uint64_t resolution[] = {20040080, 1000};
static const uint8_t tables[] = {0xFF, 0xD8, 0xFF, 0xD9};
static const uint8_t profile[] = {0, 0, 0, 20, 'n', 'o', 'd', 'l', 4, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};

/* Level 0 in tiles with all texts, a sub-directory, a reduced level in tiles, a picture in strips. */
static void build_slide(Builder *builder, bool big, bool big_endian) {
  builder_init(builder, big, big_endian);
  size_t pixels = builder_append(builder, NULL, 4000);
  uint16_t offset_type = big ? LONG8 : LONG;

  builder_image(builder, 60, 50, 1, 16, 16);
  builder_number(builder, 254, LONG, 1);
  add_places(builder, true, offset_type, SHORT, 16, pixels + 1000, 40);
  size_t child = builder_finish_directory(builder, false);

  builder_image(builder, 120, 100, 3, 32, 16);
  add_places(builder, true, offset_type, LONG, 28, pixels, 100);
  builder_number(builder, 330, offset_type, child);
  builder_numbers(builder, 282, RATIONAL, 1, resolution);
  builder_numbers(builder, 283, RATIONAL, 1, resolution);
  builder_number(builder, 296, SHORT, 3);
  builder_text(builder, 269, "document");
  builder_text(builder, 270, "a description, longer than it could be in the entry: \xC2\xB5m");
  builder_text(builder, 271, "M");
  builder_text(builder, 272, "model");
  builder_text(builder, 305, "software");
  builder_text(builder, 306, "2016:04:14 12:00:00");
  builder_text(builder, 315, "artist");
  builder_text(builder, 316, "host");
  builder_text(builder, 33432, "copyright");
  builder_bytes(builder, 34675, 7, sizeof profile, profile, sizeof profile);
  builder_finish_directory(builder, true);

  builder_image(builder, 60, 50, 3, 16, 32);
  builder_number(builder, 254, LONG, 1);
  builder_number(builder, 284, SHORT, 2);
  add_places(builder, true, offset_type, LONG, 24, pixels, 50);
  builder_finish_directory(builder, true);

  builder_image(builder, 33, 47, 1, 0, 0);
  builder_number(builder, 278, SHORT, 10);
  builder_number(builder, 274, SHORT, 6);
  add_places(builder, false, SHORT, SHORT, 5, pixels, 330);
  builder_finish_directory(builder, true);
}

static void all_forms_equal_libtiff(void **state) {
  (void)state;
  for (int form = 0; form < 4; form++) {
    Builder builder;
    build_slide(&builder, form & 1, form & 2);
    NodalTiff *tiff = open_built(&builder);
    assert_int_equal(nodal_tiff_big(tiff), form & 1);
    assert_int_equal(nodal_tiff_big_endian(tiff), (form & 2) != 0);
    assert_int_equal(nodal_tiff_directory_count(tiff), 4);
    assert_int_equal(nodal_tiff_directory(tiff, 1)->parent, 0);
    TIFF *peer = builder_libtiff(builder.data, builder.size);
    assert_non_null(peer);
    static const int chain[] = {0, 2, 3};
    for (int i = 0; i < 3; i++) {
      const NodalTiffDirectory *ours = nodal_tiff_directory(tiff, chain[i]);
      assert_int_equal(ours->parent, -1);
      assert_true(TIFFSetDirectory(peer, (tdir_t)i));
      compare_directory(tiff, chain[i], peer);
      compare_texts(ours, peer);
    }
    assert_true(TIFFSetSubDirectory(peer, nodal_tiff_directory(tiff, 1)->offset));
    compare_directory(tiff, 1, peer);
    assert_int_equal(libtiff_complaints, 0);
    TIFFClose(peer);
    nodal_tiff_free(tiff);
    builder_free(&builder);
  }
}

/* The same file against plain numbers, so that not everything hangs on one peer. */
static void numbers_are_as_built(void **state) {
  (void)state;
  Builder builder;
  build_slide(&builder, true, false);
  NodalTiff *tiff = open_built(&builder);
  const NodalTiffDirectory *base = nodal_tiff_directory(tiff, 0);
  assert_int_equal(base->width, 120);
  assert_int_equal(base->height, 100);
  assert_int_equal(base->blocks_across, 4);
  assert_int_equal(base->blocks_down, 7);
  assert_int_equal(base->block_count, 28);
  assert_true(base->dtype_known);
  assert_int_equal(base->dtype, NODAL_UINT8);
  assert_int_equal(base->predictor, 1);
  assert_true(base->x_resolution == 20040.080);
  assert_int_equal(base->resolution_unit, 3);
  assert_string_equal(base->description, "a description, longer than it could be in the entry: \xC2\xB5m");
  assert_int_equal(base->icc_profile_size, sizeof profile);
  assert_memory_equal(base->icc_profile, profile, sizeof profile);
  assert_false(base->ndpi);
  assert_false(base->has_value_range);
  assert_null(base->jpeg_tables);
  const NodalTiffDirectory *child = nodal_tiff_directory(tiff, 1);
  assert_int_equal(child->width, 60);
  assert_int_equal(child->subfile_type, 1);
  assert_true(child->x_resolution == 0);
  const NodalTiffDirectory *planar = nodal_tiff_directory(tiff, 2);
  assert_true(planar->planar);
  assert_int_equal(planar->block_count, 4 * 2 * 3);
  const NodalTiffDirectory *strips = nodal_tiff_directory(tiff, 3);
  assert_false(strips->tiled);
  assert_int_equal(strips->block_width, 33);
  assert_int_equal(strips->block_height, 10);
  assert_int_equal(strips->blocks_down, 5);
  uint64_t offset, size;
  assert_true(nodal_tiff_block(tiff, 0, 5, &offset, &size, NULL));
  assert_int_equal(offset, 16 + 500);
  assert_int_equal(size, 98);
  NodalError *error = NULL;
  assert_false(nodal_tiff_block(tiff, 0, 28, &offset, &size, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_ARGUMENT);
  assert_string_equal(nodal_error_message(error), "test.tif: directory 0: has no block 28");
  nodal_error_free(error);
  nodal_tiff_free(tiff);
  builder_free(&builder);
}

/* Bits, sample format -> our type, or none. */
static void sample_types(void **state) {
  (void)state;
  static const struct {
    int bits, format;
    bool known;
    NodalDtype dtype;
  } rows[] = {
      {8, 1, true, NODAL_UINT8},   {16, 1, true, NODAL_UINT16},
      {32, 1, true, NODAL_UINT32}, {32, 3, true, NODAL_FLOAT32},
      {8, 4, true, NODAL_UINT8},   {8, 2, false, 0},
      {64, 3, false, 0},           {1, 1, false, 0},
      {16, 3, false, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    Builder builder;
    builder_init(&builder, false, true);
    builder_image(&builder, 8, 8, 1, 0, 0);
    builder_number(&builder, 258, SHORT, (uint64_t)rows[i].bits);
    builder_number(&builder, 339, SHORT, (uint64_t)rows[i].format);
    builder_number(&builder, 273, LONG, 8);
    builder_number(&builder, 279, LONG, 8);
    builder_finish_directory(&builder, true);
    NodalTiff *tiff = open_built(&builder);
    const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, 0);
    assert_int_equal(directory->bits, rows[i].bits);
    assert_int_equal(directory->dtype_known, rows[i].known);
    assert_int_equal(rows[i].known ? directory->dtype : 0, rows[i].dtype);
    nodal_tiff_free(tiff);
    builder_free(&builder);
  }
}

/* Defaults of the specification where a file says next to nothing. */
static void defaults(void **state) {
  (void)state;
  Builder builder;
  builder_init(&builder, false, false);
  builder_number(&builder, 256, SHORT, 20);
  builder_number(&builder, 257, SHORT, 10);
  builder_number(&builder, 273, LONG, 8);
  builder_finish_directory(&builder, true);
  NodalTiff *tiff = open_built(&builder);
  const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, 0);
  assert_int_equal(directory->bits, 1);
  assert_int_equal(directory->samples, 1);
  assert_int_equal(directory->compression, 1);
  assert_int_equal(directory->photometric, 1);
  assert_int_equal(directory->predictor, 1);
  assert_int_equal(directory->orientation, 1);
  assert_int_equal(directory->resolution_unit, 2);
  assert_int_equal(directory->block_height, 10);
  assert_int_equal(directory->block_count, 1);
  assert_false(directory->planar);
  assert_null(directory->description);
  assert_null(directory->color_map);
  uint64_t offset, size;
  assert_true(nodal_tiff_block(tiff, 0, 0, &offset, &size, NULL));
  assert_int_equal(offset, 8);
  assert_int_equal(size, 30); /* 10 rows of 20 bits, each in whole bytes */
  nodal_tiff_free(tiff);
  builder_free(&builder);
}

/* Byte counts that are not there are those of uncompressed rows, the last strip being shorter. */
static void missing_byte_counts(void **state) {
  (void)state;
  Builder builder;
  builder_init(&builder, true, true);
  builder_append(&builder, NULL, 2000);
  builder_image(&builder, 10, 25, 3, 0, 0);
  builder_number(&builder, 278, LONG, 10);
  builder_numbers(&builder, 273, LONG8, 3, (uint64_t[]){16, 316, 616});
  builder_finish_directory(&builder, true);
  NodalTiff *tiff = open_built(&builder);
  static const uint64_t expected[] = {300, 300, 150};
  for (uint64_t i = 0; i < 3; i++) {
    uint64_t offset, size;
    assert_true(nodal_tiff_block(tiff, 0, i, &offset, &size, NULL));
    assert_int_equal(offset, 16 + 300 * i);
    assert_int_equal(size, expected[i]);
  }
  nodal_tiff_free(tiff);
  builder_free(&builder);
}

/* Blocks left out have offset 0 or size 0; blocks outside the file spoil only themselves. */
static void sparse_and_stray_blocks(void **state) {
  (void)state;
  Builder builder;
  builder_init(&builder, true, false);
  builder_append(&builder, NULL, 1000);
  builder_image(&builder, 64, 16, 1, 16, 16);
  builder_numbers(&builder, 324, LONG8, 4, (uint64_t[]){0, 100, UINT64_MAX, 1000});
  builder_numbers(&builder, 325, LONG8, 4, (uint64_t[]){256, 0, 256, UINT64_MAX});
  builder_finish_directory(&builder, true);
  NodalTiff *tiff = open_built(&builder);
  uint64_t offset, size;
  for (uint64_t i = 0; i < 2; i++) {
    offset = size = 99;
    assert_true(nodal_tiff_block(tiff, 0, i, &offset, &size, NULL));
    assert_int_equal(offset, 0);
    assert_int_equal(size, 0);
  }
  static const char *const messages[] = {
      "test.tif: directory 0: block 2: 256 bytes at offset 18446744073709551615 go past the end of the file (1296 "
      "bytes)",
      "test.tif: directory 0: block 3: 18446744073709551615 bytes at offset 1000 go past the end of the file (1296 "
      "bytes)"};
  assert_int_equal(builder.size, 1296);
  for (int i = 0; i < 2; i++) {
    NodalError *error = NULL;
    assert_false(nodal_tiff_block(tiff, 0, (uint64_t)i + 2, &offset, &size, &error));
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_FORMAT);
    assert_string_equal(nodal_error_message(error), messages[i]);
    nodal_error_free(error);
  }
  nodal_tiff_free(tiff);
  builder_free(&builder);
}

/* What is beyond UTF-8 becomes '?', one for each byte; text ends at the first NUL, or at its end without one. */
static void texts(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t size;
    const char *text;
  } rows[] = {
      {"plain", 5, "plain"},
      {"cut\0off", 8, "cut"},
      {"\xB5m", 3, "?m"},
      {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xAC", 10, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xAC"},
      {"\xC0\x80\xE0\x80\x80", 6, "?????"},
      {"\xED\xA0\x80|\xF4\x90\x80\x80|\xF0\x80\x80\x80", 13, "???|????|????"},
      {"end \xE2\x82", 6, "end ??"},
      {"\xFF\xFE", 2, "??"},
      {"", 1, NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    Builder builder;
    builder_init(&builder, true, true);
    builder_image(&builder, 8, 8, 1, 0, 0);
    builder_number(&builder, 273, LONG, 16);
    builder_number(&builder, 279, LONG, 64);
    builder_bytes(&builder, 270, ASCII, rows[i].size, rows[i].bytes, rows[i].size);
    builder_finish_directory(&builder, true);
    NodalTiff *tiff = open_built(&builder);
    const char *text = nodal_tiff_directory(tiff, 0)->description;
    if (rows[i].text) {
      assert_non_null(text);
      assert_string_equal(text, rows[i].text);
    } else {
      assert_null(text);
    }
    nodal_tiff_free(tiff);
    builder_free(&builder);
  }
}

/* Resolutions and value ranges of every type of number. */
static void numbers_of_any_type(void **state) {
  (void)state;
  Builder builder;
  builder_init(&builder, false, true);
  for (int i = 0; i < 5; i++) {
    builder_image(&builder, 8, 8, 2, 0, 0);
    builder_number(&builder, 273, LONG, 8);
    builder_number(&builder, 279, LONG, 8);
    switch (i) {
    case 0: /* zero denominator; floating point */
      builder_numbers(&builder, 282, RATIONAL, 1, (uint64_t[]){5, 0});
      builder_double(&builder, 283, FLOAT, 0.25);
      builder_numbers(&builder, 340, SHORT, 2, (uint64_t[]){7, 3});
      builder_numbers(&builder, 341, LONG, 2, (uint64_t[]){100, 70000});
      break;
    case 1: /* double; negative; minimum over maximum */
      builder_double(&builder, 282, DOUBLE, 12345.5);
      builder_double(&builder, 283, DOUBLE, -1);
      builder_double(&builder, 340, DOUBLE, 3);
      builder_double(&builder, 341, DOUBLE, 2);
      break;
    case 2: /* not finite */
      builder_double(&builder, 282, DOUBLE, INFINITY);
      builder_double(&builder, 283, FLOAT, NAN);
      builder_double(&builder, 340, FLOAT, NAN);
      builder_double(&builder, 341, DOUBLE, 2);
      break;
    case 3: /* whole numbers, below 0 */
      builder_number(&builder, 282, SHORT, 100);
      builder_bytes(&builder, 283, 10, 1, "\xFF\xFF\xFF\xF6\xFF\xFF\xFF\xFC", 8); /* -10 / -4 */
      builder_numbers(&builder, 340, SLONG, 1, (uint64_t[]){(uint32_t)-5});
      builder_numbers(&builder, 341, 8, 2, (uint64_t[]){(uint16_t)-2, 9});
      break;
    default: /* text where a number should be */
      builder_text(&builder, 282, "100");
      builder_number(&builder, 340, SHORT, 1);
      break;
    }
    builder_finish_directory(&builder, true);
  }
  NodalTiff *tiff = open_built(&builder);
  static const struct {
    double x, y;
    bool range;
    double minimum, maximum;
  } expected[] = {{0, 0.25, true, 3, 70000},
                  {12345.5, 0, false, 0, 0},
                  {0, 0, false, 0, 0},
                  {100, 2.5, true, -5, 9},
                  {0, 0, false, 0, 0}};
  for (int i = 0; i < 5; i++) {
    const NodalTiffDirectory *directory = nodal_tiff_directory(tiff, i);
    assert_true(directory->x_resolution == expected[i].x);
    assert_true(directory->y_resolution == expected[i].y);
    assert_int_equal(directory->has_value_range, expected[i].range);
    assert_true(directory->minimum == expected[i].minimum);
    assert_true(directory->maximum == expected[i].maximum);
  }
  nodal_tiff_free(tiff);
  builder_free(&builder);
}

static void tables_map_and_extra_samples(void **state) {
  (void)state;
  Builder builder;
  builder_init(&builder, false, true);
  uint64_t map[48];
  for (uint64_t i = 0; i < 48; i++) {
    map[i] = i * 1000;
  }
  builder_image(&builder, 8, 8, 1, 0, 0);
  builder_number(&builder, 258, SHORT, 4);
  builder_number(&builder, 262, SHORT, 3);
  builder_numbers(&builder, 320, SHORT, 48, map);
  builder_bytes(&builder, 347, 7, sizeof tables, tables, sizeof tables);
  builder_number(&builder, 273, LONG, 8);
  builder_number(&builder, 279, LONG, 8);
  builder_finish_directory(&builder, true);

  builder_image(&builder, 8, 8, 5, 0, 0);
  builder_numbers(&builder, 338, SHORT, 2, (uint64_t[]){2, 0});
  builder_numbers(&builder, 320, SHORT, 48, map); /* of the wrong size */
  builder_bytes(&builder, 700, 1, 6, "<xmp/>", 6);
  builder_number(&builder, 65420, LONG, 1);
  builder_number(&builder, 255, SHORT, 2);
  builder_number(&builder, 273, LONG, 8);
  builder_number(&builder, 279, LONG, 8);
  builder_finish_directory(&builder, true);

  NodalTiff *tiff = open_built(&builder);
  const NodalTiffDirectory *first = nodal_tiff_directory(tiff, 0), *second = nodal_tiff_directory(tiff, 1);
  assert_non_null(first->color_map);
  for (int i = 0; i < 48; i++) {
    assert_int_equal(first->color_map[i], i * 1000);
  }
  assert_int_equal(first->jpeg_tables_size, sizeof tables);
  assert_memory_equal(first->jpeg_tables, tables, sizeof tables);
  assert_int_equal(first->extra_samples, 0);
  assert_false(first->xmp);
  assert_false(first->ndpi);
  assert_null(second->color_map);
  assert_int_equal(second->extra_samples, 2);
  assert_int_equal(second->extra_sample, 2);
  assert_int_equal(second->subfile_type, 1);
  assert_true(second->xmp);
  assert_true(second->ndpi);
  nodal_tiff_free(tiff);
  builder_free(&builder);
}

/* --- What is read, and when --- */

typedef struct Counted {
  const uint8_t *data;
  atomic_int reads;
  atomic_size_t bytes;
} Counted;

static int read_counted(void *user, void *buffer, size_t size, uint64_t offset) {
  Counted *counted = user;
  memcpy(buffer, counted->data + offset, size);
  counted->reads++;
  counted->bytes += size;
  return 0;
}

enum { WIDE_TILES = 391 * 196 };

/* 200,000 x 100,000 pixels in tiles of 512, arrays of LONG8 and LONG after the directories. */
static void build_wide(Builder *builder) {
  uint64_t *values = calloc(WIDE_TILES, sizeof *values);
  assert_non_null(values);
  builder_init(builder, true, false);
  builder_image(builder, 200000, 100000, 3, 512, 512);
  for (uint64_t i = 0; i < WIDE_TILES; i++) {
    values[i] = (i * 31) % 4096 + 1;
  }
  builder_numbers(builder, 324, LONG8, WIDE_TILES, values);
  for (uint64_t i = 0; i < WIDE_TILES; i++) {
    values[i] = i % 1000 + 1;
  }
  builder_numbers(builder, 325, LONG, WIDE_TILES, values);
  builder_finish_directory(builder, true);
  free(values);
}

static void opening_leaves_arrays_alone(void **state) {
  (void)state;
  Builder builder;
  build_wide(&builder);
  Counted counted = {.data = builder.data};
  static const NodalSourceFunctions functions = {read_counted, NULL};
  NodalSource *source = nodal_source_new(&functions, &counted, builder.size, "test.tif", NULL);
  NodalTiff *tiff = open_tiff(source);
  assert_int_equal(nodal_tiff_directory(tiff, 0)->block_count, WIDE_TILES);
  /* One piece of 16 KiB, of the 0.9 MB that the arrays have. */
  assert_int_equal(counted.reads, 1);
  assert_int_equal(counted.bytes, 16384);

  uint64_t offset, size;
  assert_true(nodal_tiff_block(tiff, 0, WIDE_TILES - 1, &offset, &size, NULL));
  assert_int_equal(offset, ((uint64_t)(WIDE_TILES - 1) * 31) % 4096 + 1);
  assert_int_equal(size, (WIDE_TILES - 1) % 1000 + 1);
  assert_int_equal(counted.reads, 3);
  assert_int_equal(counted.bytes, 16384 + 12 * WIDE_TILES);
  assert_true(nodal_tiff_block(tiff, 0, 0, &offset, &size, NULL));
  assert_int_equal(counted.reads, 3);
  nodal_tiff_free(tiff);
  nodal_source_unref(source);
  builder_free(&builder);
}

typedef struct Asker {
  NodalTiff *tiff;
  uint64_t start;
  int wrong;
} Asker;

static void *ask(void *user) {
  Asker *asker = user;
  for (uint64_t i = asker->start; i < WIDE_TILES; i += 97) {
    uint64_t offset, size;
    if (!nodal_tiff_block(asker->tiff, 0, i, &offset, &size, NULL) || offset != i * 31 % 4096 + 1 ||
        size != i % 1000 + 1) {
      asker->wrong++;
    }
  }
  return NULL;
}

static void arrays_are_read_once_by_many_threads(void **state) {
  (void)state;
  Builder builder;
  build_wide(&builder);
  Counted counted = {.data = builder.data};
  static const NodalSourceFunctions functions = {read_counted, NULL};
  NodalSource *source = nodal_source_new(&functions, &counted, builder.size, "test.tif", NULL);
  NodalTiff *tiff = open_tiff(source);
  pthread_t threads[8];
  Asker askers[8];
  for (int i = 0; i < 8; i++) {
    askers[i] = (Asker){tiff, (uint64_t)i, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
  }
  for (int i = 0; i < 8; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(askers[i].wrong, 0);
  }
  assert_int_equal(counted.reads, 3);
  nodal_tiff_free(tiff);
  nodal_source_unref(source);
  builder_free(&builder);
}

/* Sizes above 4 GiB and offsets beyond it survive. */
static int read_zeros_after_head(void *user, void *buffer, size_t size, uint64_t offset) {
  const Builder *builder = user;
  memset(buffer, 0, size);
  if (offset < builder->size) {
    size_t left = builder->size - (size_t)offset;
    memcpy(buffer, builder->data + offset, left < size ? left : size);
  }
  return 0;
}

static void offsets_beyond_4_gib(void **state) {
  (void)state;
  Builder builder;
  builder_init(&builder, true, true);
  builder_image(&builder, 32, 16, 1, 16, 16);
  builder_numbers(&builder, 324, LONG8, 2, (uint64_t[]){16, UINT64_C(0x123456789A)});
  builder_numbers(&builder, 325, LONG8, 2, (uint64_t[]){256, UINT64_C(0x1FFFFFFFF)});
  builder_finish_directory(&builder, true);
  static const NodalSourceFunctions functions = {read_zeros_after_head, NULL};
  NodalSource *source = nodal_source_new(&functions, &builder, UINT64_C(1) << 40, "test.tif", NULL);
  NodalTiff *tiff = open_tiff(source);
  uint64_t offset, size;
  assert_true(nodal_tiff_block(tiff, 0, 0, &offset, &size, NULL));
  assert_int_equal(offset, 16);
  assert_int_equal(size, 256);
  assert_true(nodal_tiff_block(tiff, 0, 1, &offset, &size, NULL));
  assert_true(offset == UINT64_C(0x123456789A));
  assert_true(size == UINT64_C(0x1FFFFFFFF));
  nodal_tiff_free(tiff);
  nodal_source_unref(source);
  builder_free(&builder);
}

static void knows_tiff_by_its_head(void **state) {
  (void)state;
  static const struct {
    const char *head;
    size_t size;
    bool is;
  } rows[] = {
      {"II*\0\x08\0\0\0", 8, true},
      {"MM\0*\0\0\0\x08", 8, true},
      {"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0", 16, true},
      {"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10", 16, true},
      {"II*\0\x08\0\0", 7, false},
      {"II+\0\x08\0\0\0\x10\0\0\0\0\0\0", 15, false},
      {"II\0*\0\0\0\x08", 8, false},
      {"IM*\0\x08\0\0\0", 8, false},
      {"\x89PNG\r\n\x1A\n", 8, false},
      {"", 0, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(nodal_tiff_is_tiff((const uint8_t *)rows[i].head, rows[i].size), rows[i].is);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_forms_equal_libtiff),
      cmocka_unit_test(numbers_are_as_built),
      cmocka_unit_test(sample_types),
      cmocka_unit_test(defaults),
      cmocka_unit_test(missing_byte_counts),
      cmocka_unit_test(sparse_and_stray_blocks),
      cmocka_unit_test(texts),
      cmocka_unit_test(numbers_of_any_type),
      cmocka_unit_test(tables_map_and_extra_samples),
      cmocka_unit_test(opening_leaves_arrays_alone),
      cmocka_unit_test(arrays_are_read_once_by_many_threads),
      cmocka_unit_test(offsets_beyond_4_gib),
      cmocka_unit_test(knows_tiff_by_its_head),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

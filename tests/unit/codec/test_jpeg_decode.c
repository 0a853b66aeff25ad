/* SPDX-License-Identifier: Apache-2.0 */
/* The JPEG decoder against TurboJPEG, whole and in parts, and on damaged streams. */
#include "support.h"

#include <stdio.h>

#include <jpeglib.h>
#include <turbojpeg.h>

/* A compressed picture with what TurboJPEG makes of it. */
typedef struct Sample {
  int width, height, channels;
  unsigned char *jpeg;
  unsigned long size;
  uint8_t *pixels;
} Sample;

static void decode_reference(Sample *sample) {
  tjhandle handle = tjInitDecompress();
  assert_non_null(handle);
  sample->pixels = test_alloc((size_t)sample->width * (size_t)sample->height * (size_t)sample->channels);
  int format = sample->channels == 1 ? TJPF_GRAY : TJPF_RGB;
  assert_int_equal(
      tjDecompress2(handle, sample->jpeg, sample->size, sample->pixels, sample->width, 0, sample->height, format, 0),
      0);
  tjDestroy(handle);
}

static Sample make_sample(int width, int height, int subsampling, int flags, uint64_t seed) {
  Sample sample = {.width = width, .height = height, .channels = subsampling == TJSAMP_GRAY ? 1 : 3};
  uint8_t *painted = test_paint(width, height, sample.channels, seed);
  tjhandle handle = tjInitCompress();
  assert_non_null(handle);
  assert_int_equal(tjCompress2(handle, painted, width, 0, height, sample.channels == 1 ? TJPF_GRAY : TJPF_RGB,
                               &sample.jpeg, &sample.size, subsampling, 80, flags),
                   0);
  tjDestroy(handle);
  free(painted);
  decode_reference(&sample);
  return sample;
}

static void free_sample(Sample *sample) {
  tjFree(sample->jpeg);
  free(sample->pixels);
}

static NodalBlock block_of(const Sample *sample) {
  return (NodalBlock){.compression = NODAL_COMPRESSION_JPEG,
                      .width = sample->width,
                      .height = sample->height,
                      .channels = sample->channels,
                      .dtype = NODAL_UINT8,
                      .predictor = 1,
                      .jpeg_ycbcr = true};
}

static void check_part(const Sample *sample, NodalRect part) {
  NodalBlock block = block_of(sample);
  size_t stride = (size_t)part.width * (size_t)sample->channels;
  uint8_t *pixels = test_alloc(stride * (size_t)part.height);
  NodalError *error = NULL;
  bool ok = nodal_codec_decode(&block, sample->jpeg, sample->size, part, pixels, stride, &error);
  test_expect_success(ok, &error);
  test_expect_part(sample->pixels, sample->width, (size_t)sample->channels, part, pixels);
  free(pixels);
}

static const int sizes[][2] = {{240, 240}, {256, 256}, {512, 512}, {250, 187}, {33, 65}, {16, 16}, {7, 9}, {1, 1}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void check_parts(int subsampling, int flags, int count) {
  uint64_t state = (uint64_t)subsampling * 1000 + (uint64_t)flags;
  for (int i = 0; i < SIZES; i++) {
    Sample sample = make_sample(sizes[i][0], sizes[i][1], subsampling, flags, (uint64_t)i + 1);
    check_part(&sample, (NodalRect){0, 0, sample.width, sample.height});
    for (int n = 0; n < count; n++) {
      check_part(&sample, test_random_part(&state, sample.width, sample.height));
    }
    free_sample(&sample);
  }
}

static void parts_of_444(void **state) {
  (void)state;
  check_parts(TJSAMP_444, 0, 150);
}

static void parts_of_422(void **state) {
  (void)state;
  check_parts(TJSAMP_422, 0, 150);
}

static void parts_of_420(void **state) {
  (void)state;
  check_parts(TJSAMP_420, 0, 300);
}

static void parts_of_440(void **state) {
  (void)state;
  check_parts(TJSAMP_440, 0, 150);
}

static void parts_of_411(void **state) {
  (void)state;
  check_parts(TJSAMP_411, 0, 150);
}

static void parts_of_gray(void **state) {
  (void)state;
  check_parts(TJSAMP_GRAY, 0, 150);
}

static void parts_of_progressive(void **state) {
  (void)state;
  check_parts(TJSAMP_420, TJFLAG_PROGRESSIVE, 20);
  check_parts(TJSAMP_444, TJFLAG_PROGRESSIVE, 20);
}

/* Every row and column of the smaller side of a tile, where the 16-pixel grid and the context rows matter. */
static void every_offset_of_420(void **state) {
  (void)state;
  Sample sample = make_sample(80, 72, TJSAMP_420, 0, 5);
  for (int i = 0; i < 72; i++) {
    check_part(&sample, (NodalRect){i, i, 1, 1});
    check_part(&sample, (NodalRect){i, 0, 80 - i, 72});
    check_part(&sample, (NodalRect){0, i, 80, 72 - i});
    check_part(&sample, (NodalRect){0, 0, i + 1, i + 1});
  }
  free_sample(&sample);
}

static void stride_beyond_the_part_is_left_alone(void **state) {
  (void)state;
  Sample sample = make_sample(64, 48, TJSAMP_420, 0, 6);
  NodalBlock block = block_of(&sample);
  NodalRect parts[2] = {{0, 0, 64, 48}, {20, 10, 17, 30}};
  for (int p = 0; p < 2; p++) {
    size_t row = (size_t)parts[p].width * 3, stride = row + 5;
    uint8_t *pixels = test_alloc(stride * (size_t)parts[p].height);
    memset(pixels, 0xA5, stride * (size_t)parts[p].height);
    NodalError *error = NULL;
    test_expect_success(nodal_codec_decode(&block, sample.jpeg, sample.size, parts[p], pixels, stride, &error), &error);
    for (int64_t y = 0; y < parts[p].height; y++) {
      for (size_t i = row; i < stride; i++) {
        assert_int_equal(pixels[(size_t)y * stride + i], 0xA5);
      }
    }
    free(pixels);
  }
  free_sample(&sample);
}

static size_t find_marker(const unsigned char *jpeg, size_t size, int marker) {
  for (size_t i = 0; i + 1 < size; i++) {
    if (jpeg[i] == 0xFF && jpeg[i + 1] == marker) {
      return i;
    }
  }
  fail_msg("no marker %02x", marker);
  return 0;
}

static void expect_decode_error(const NodalBlock *block, const void *data, size_t size, NodalErrorCode code,
                                const char *message) {
  NodalRect all = {0, 0, block->width, block->height};
  size_t stride = (size_t)block->width * (size_t)block->channels;
  uint8_t *pixels = test_alloc(stride * (size_t)block->height);
  NodalError *error = NULL;
  test_expect_error(nodal_codec_decode(block, data, size, all, pixels, stride, &error), &error, code, message);
  free(pixels);
}

static void wrong_geometry_is_an_error(void **state) {
  (void)state;
  Sample sample = make_sample(64, 48, TJSAMP_420, 0, 7);
  NodalBlock block = block_of(&sample);
  block.width = 80;
  expect_decode_error(&block, sample.jpeg, sample.size, NODAL_ERROR_FORMAT,
                      "damaged JPEG: it is 64 x 48 pixels instead of 80 x 48");
  block.width = 64;
  block.height = 32;
  expect_decode_error(&block, sample.jpeg, sample.size, NODAL_ERROR_FORMAT,
                      "damaged JPEG: it is 64 x 48 pixels instead of 64 x 32");
  block.height = 48;
  block.channels = 1;
  expect_decode_error(&block, sample.jpeg, sample.size, NODAL_ERROR_FORMAT,
                      "damaged JPEG: it has 3 components instead of 1");
  block.channels = 3;
  block.dtype = NODAL_UINT16;
  NodalError *error = NULL;
  uint8_t pixel[6];
  test_expect_error(nodal_codec_decode(&block, sample.jpeg, sample.size, (NodalRect){0, 0, 1, 1}, pixel, 6, &error),
                    &error, NODAL_ERROR_UNSUPPORTED, "jpeg of 3 channels of uint16 is not read");
  free_sample(&sample);
}

static void damaged_headers_are_errors(void **state) {
  (void)state;
  Sample sample = make_sample(64, 48, TJSAMP_420, 0, 8);
  NodalBlock block = block_of(&sample);
  expect_decode_error(&block, sample.jpeg, 0, NODAL_ERROR_FORMAT,
                      "damaged JPEG: Not a JPEG file: starts with 0xff 0xd9");
  expect_decode_error(&block, "GIF89a", 6, NODAL_ERROR_FORMAT, "damaged JPEG: Not a JPEG file: starts with 0x47 0x49");
  expect_decode_error(&block, sample.jpeg, 40, NODAL_ERROR_FORMAT, "damaged JPEG: the header is cut off");
  size_t tables = find_marker(sample.jpeg, sample.size, 0xDB);
  expect_decode_error(&block, sample.jpeg, tables, NODAL_ERROR_FORMAT,
                      "damaged JPEG: JPEG datastream contains no image");
  size_t frame = find_marker(sample.jpeg, sample.size, 0xC0);
  sample.jpeg[frame + 1] = 0xC5;
  expect_decode_error(&block, sample.jpeg, sample.size, NODAL_ERROR_UNSUPPORTED,
                      "unsupported JPEG: Unsupported JPEG process: SOF type 0xc5");
  free_sample(&sample);
}

static void twelve_bits_are_unsupported(void **state) {
  (void)state;
  Sample sample = make_sample(64, 48, TJSAMP_420, 0, 8);
  NodalBlock block = block_of(&sample);
  size_t frame = find_marker(sample.jpeg, sample.size, 0xC0);
  sample.jpeg[frame + 1] = 0xC1;
  sample.jpeg[frame + 4] = 12;
  NodalError *error = NULL;
  uint8_t pixel[3];
  assert_false(nodal_codec_decode(&block, sample.jpeg, sample.size, (NodalRect){0, 0, 1, 1}, pixel, 3, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_UNSUPPORTED);
  nodal_error_free(error);
  free_sample(&sample);
}

/* Cut at every byte: an error or the right pixels, and an error wherever entropy-coded data is missing. */
static void every_truncation_is_an_error(void **state) {
  (void)state;
  Sample sample = make_sample(48, 32, TJSAMP_420, 0, 9);
  NodalBlock block = block_of(&sample);
  uint8_t pixels[48 * 32 * 3];
  NodalRect all = {0, 0, 48, 32};
  for (size_t size = 0; size < sample.size; size++) {
    unsigned char *cut = test_alloc(size);
    memcpy(cut, sample.jpeg, size);
    NodalError *error = NULL;
    if (nodal_codec_decode(&block, cut, size, all, pixels, 48 * 3, &error)) {
      assert_true(size >= sample.size - 3);
      assert_memory_equal(pixels, sample.pixels, sizeof pixels);
    } else {
      assert_non_null(error);
      nodal_error_free(error);
    }
    free(cut);
  }
  expect_decode_error(&block, sample.jpeg, sample.size - 40, NODAL_ERROR_FORMAT,
                      "damaged JPEG: Corrupt JPEG data: premature end of data segment");
  free_sample(&sample);
}

static void a_missing_end_marker_is_fine(void **state) {
  (void)state;
  Sample sample = make_sample(48, 32, TJSAMP_444, 0, 10);
  sample.size -= 2;
  check_part(&sample, (NodalRect){0, 0, 48, 32});
  check_part(&sample, (NodalRect){3, 30, 5, 2});
  free_sample(&sample);
}

/* The tables of a stream apart from it, as TIFF keeps them in tag 347; or what is left. */
static size_t take_segments(const unsigned char *jpeg, size_t size, bool tables, unsigned char *out) {
  size_t at = 2, length = 2;
  memcpy(out, jpeg, 2);
  while (jpeg[at + 1] != 0xDA) {
    size_t segment = 2 + ((size_t)jpeg[at + 2] << 8 | jpeg[at + 3]);
    if ((jpeg[at + 1] == 0xDB || jpeg[at + 1] == 0xC4) == tables) {
      memcpy(out + length, jpeg + at, segment);
      length += segment;
    }
    at += segment;
  }
  if (tables) {
    memcpy(out + length, "\xFF\xD9", 2);
    return length + 2;
  }
  memcpy(out + length, jpeg + at, size - at);
  return length + size - at;
}

/* Of tables that were cut off no length may pass but the whole, with or without the end marker or its half. */
static void tables_that_are_cut_off_are_errors(void **state) {
  (void)state;
  Sample sample = make_sample(48, 32, TJSAMP_420, 0, 15);
  unsigned char *tables = test_alloc(sample.size), *rest = test_alloc(sample.size);
  size_t tables_size = take_segments(sample.jpeg, sample.size, true, tables);
  size_t rest_size = take_segments(sample.jpeg, sample.size, false, rest);
  NodalBlock block = block_of(&sample);
  uint8_t pixels[48 * 32 * 3];
  for (size_t size = 1; size <= tables_size; size++) {
    unsigned char *cut = test_alloc(size);
    memcpy(cut, tables, size);
    block.tables = cut;
    block.tables_size = size;
    NodalError *error = NULL;
    bool ok = nodal_codec_decode(&block, rest, rest_size, (NodalRect){0, 0, 48, 32}, pixels, 48 * 3, &error);
    if (size >= tables_size - 2) {
      test_expect_success(ok, &error);
      assert_memory_equal(pixels, sample.pixels, sizeof pixels);
    } else {
      assert_false(ok);
      assert_int_equal(nodal_error_code(error), NODAL_ERROR_FORMAT);
      assert_memory_equal(nodal_error_message(error), "damaged JPEG: ", 14);
      nodal_error_free(error);
    }
    free(cut);
  }
  size_t huffman = find_marker(tables, tables_size, 0xC4);
  block.tables = tables;
  block.tables_size = huffman + 20;
  expect_decode_error(&block, rest, rest_size, NODAL_ERROR_FORMAT, "damaged JPEG: the tables are cut off");
  block.tables_size = huffman;
  expect_decode_error(&block, rest, rest_size, NODAL_ERROR_FORMAT, "damaged JPEG: component 0 has no Huffman table");
  free(tables);
  free(rest);
  free_sample(&sample);
}

/* Any byte changed: no crash, and false comes with an error. */
static void changed_bytes_do_no_harm(void **state) {
  (void)state;
  Sample samples[2] = {make_sample(40, 40, TJSAMP_420, 0, 11), make_sample(40, 40, TJSAMP_420, TJFLAG_PROGRESSIVE, 11)};
  uint64_t random = 12;
  int failures = 0;
  for (int s = 0; s < 2; s++) {
    NodalBlock block = block_of(&samples[s]);
    for (size_t i = 0; i < samples[s].size; i++) {
      unsigned char before = samples[s].jpeg[i];
      samples[s].jpeg[i] = (unsigned char)test_random(&random);
      uint8_t pixels[40 * 40 * 3];
      NodalRect part = test_random_part(&random, 40, 40);
      NodalError *error = NULL;
      bool ok =
          nodal_codec_decode(&block, samples[s].jpeg, samples[s].size, part, pixels, (size_t)part.width * 3, &error);
      assert_true(ok == (error == NULL));
      failures += !ok;
      nodal_error_free(error);
      samples[s].jpeg[i] = before;
    }
    free_sample(&samples[s]);
  }
  assert_true(failures > 100);
}

/* One scan of the DC coefficients after another: each is legal, the lot is an attack. */
static void endless_scans_are_refused(void **state) {
  (void)state;
  enum { TIMES = 600, SOS_SIZE = 10 };
  Sample sample = make_sample(16, 16, TJSAMP_GRAY, TJFLAG_PROGRESSIVE, 13);
  NodalBlock block = block_of(&sample);
  size_t scan = find_marker(sample.jpeg, sample.size, 0xDA);
  size_t scan_size = SOS_SIZE;
  while (sample.jpeg[scan + scan_size] != 0xFF || sample.jpeg[scan + scan_size + 1] == 0) {
    scan_size++;
  }
  /* Ss = Se = 0 and now Ah = Al = 0: repeating it draws no warning. */
  assert_int_equal(sample.jpeg[scan + 7], 0);
  assert_int_equal(sample.jpeg[scan + 8], 0);
  sample.jpeg[scan + 9] = 0;
  unsigned char *bomb = test_alloc(scan + scan_size * TIMES + 2);
  memcpy(bomb, sample.jpeg, scan);
  for (size_t i = 0; i < TIMES; i++) {
    memcpy(bomb + scan + i * scan_size, sample.jpeg + scan, scan_size);
  }
  uint8_t pixels[256];
  for (int i = 0; i < 2; i++) {
    size_t end = scan + scan_size * (size_t)(i == 0 ? 500 : TIMES);
    unsigned char kept[2] = {bomb[end], bomb[end + 1]};
    memcpy(bomb + end, "\xFF\xD9", 2);
    NodalError *error = NULL;
    bool ok = nodal_codec_decode(&block, bomb, end + 2, (NodalRect){0, 0, 16, 16}, pixels, 16, &error);
    if (i == 0) {
      test_expect_success(ok, &error);
    } else {
      test_expect_error(ok, &error, NODAL_ERROR_FORMAT, "damaged JPEG: more than 500 scans");
    }
    memcpy(bomb + end, kept, 2);
  }
  free(bomb);
  free_sample(&sample);
}

/* JPEG as Aperio's scanners write it: RGB samples, component ids 0, 1, 2, no marker that says so. */
static unsigned char *compress_rgb(const uint8_t *pixels, int width, int height, int channels, bool header,
                                   unsigned long *size) {
  struct jpeg_compress_struct state;
  struct jpeg_error_mgr errors;
  state.err = jpeg_std_error(&errors);
  jpeg_create_compress(&state);
  unsigned char *jpeg = NULL;
  *size = 0;
  jpeg_mem_dest(&state, &jpeg, size);
  state.image_width = (JDIMENSION)width;
  state.image_height = (JDIMENSION)height;
  state.input_components = channels;
  state.in_color_space = channels == 3 ? JCS_RGB : JCS_UNKNOWN;
  jpeg_set_defaults(&state);
  jpeg_set_colorspace(&state, channels == 3 ? JCS_RGB : JCS_UNKNOWN);
  for (int i = 0; i < channels; i++) {
    state.comp_info[i].component_id = i;
  }
  state.write_Adobe_marker = FALSE;
  state.write_JFIF_header = header;
  jpeg_set_quality(&state, 100, TRUE);
  jpeg_start_compress(&state, TRUE);
  while (state.next_scanline < state.image_height) {
    JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + (size_t)state.next_scanline * (size_t)width * (size_t)channels);
    jpeg_write_scanlines(&state, &row, 1);
  }
  jpeg_finish_compress(&state);
  jpeg_destroy_compress(&state);
  return jpeg;
}

/* At quality 100 no sample is off by more than 2, which a conversion from YCbCr would be by far. */
static void expect_near(const uint8_t *a, const uint8_t *b, size_t count) {
  for (size_t i = 0; i < count; i++) {
    assert_true(abs(a[i] - b[i]) <= 2);
  }
}

static void samples_that_are_rgb_stay_so(void **state) {
  (void)state;
  for (int channels = 2; channels <= 4; channels++) {
    for (int header = 0; header < 2; header++) {
      uint8_t *painted = test_paint(40, 24, channels, 14);
      unsigned long size;
      unsigned char *jpeg = compress_rgb(painted, 40, 24, channels, header != 0, &size);
      NodalBlock block = {.compression = NODAL_COMPRESSION_JPEG,
                          .width = 40,
                          .height = 24,
                          .channels = channels,
                          .dtype = NODAL_UINT8,
                          .predictor = 1};
      uint8_t pixels[40 * 24 * 4];
      NodalError *error = NULL;
      size_t stride = (size_t)(40 * channels);
      test_expect_success(nodal_codec_decode(&block, jpeg, size, (NodalRect){0, 0, 40, 24}, pixels, stride, &error),
                          &error);
      expect_near(pixels, painted, stride * 24);
      free(jpeg);
      free(painted);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parts_of_444),
      cmocka_unit_test(parts_of_422),
      cmocka_unit_test(parts_of_420),
      cmocka_unit_test(parts_of_440),
      cmocka_unit_test(parts_of_411),
      cmocka_unit_test(parts_of_gray),
      cmocka_unit_test(parts_of_progressive),
      cmocka_unit_test(every_offset_of_420),
      cmocka_unit_test(stride_beyond_the_part_is_left_alone),
      cmocka_unit_test(wrong_geometry_is_an_error),
      cmocka_unit_test(damaged_headers_are_errors),
      cmocka_unit_test(twelve_bits_are_unsupported),
      cmocka_unit_test(every_truncation_is_an_error),
      cmocka_unit_test(a_missing_end_marker_is_fine),
      cmocka_unit_test(tables_that_are_cut_off_are_errors),
      cmocka_unit_test(changed_bytes_do_no_harm),
      cmocka_unit_test(endless_scans_are_refused),
      cmocka_unit_test(samples_that_are_rgb_stay_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

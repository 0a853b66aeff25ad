/* SPDX-License-Identifier: Apache-2.0 */
/* JPEG 2000 blocks against OpenJPEG's encoder and known arithmetic. */
#include "support.h"

#include <nodal/error.h>

#include <openjpeg.h>

/* A picture to be compressed: component i has samples of `bits` bits, chroma of three reduced by dx and dy. */
typedef struct Picture {
  int width, height, channels, bits;
  int dx, dy; /* of components 1 and 2 */
  int x0, y0; /* offset of the picture on the reference grid */
  bool boxed; /* JP2 and not the bare codestream */
  bool lossy; /* 9-7 transform */
  bool signed_samples;
  OPJ_COLOR_SPACE color;
  int *samples[4];
} Picture;

typedef struct Stream {
  uint8_t *data;
  size_t size, capacity, at;
} Stream;

static OPJ_SIZE_T stream_write(void *buffer, OPJ_SIZE_T size, void *user) {
  Stream *stream = user;
  size_t end = stream->at + size;
  if (end > stream->capacity) {
    stream->capacity = 2 * end;
    stream->data = realloc(stream->data, stream->capacity);
    assert_non_null(stream->data);
  }
  memcpy(stream->data + stream->at, buffer, size);
  stream->at = end;
  stream->size = end > stream->size ? end : stream->size;
  return size;
}

static OPJ_BOOL stream_seek(OPJ_OFF_T offset, void *user) {
  Stream *stream = user;
  stream->at = (size_t)offset;
  return OPJ_TRUE;
}

static OPJ_OFF_T stream_skip(OPJ_OFF_T count, void *user) {
  Stream *stream = user;
  stream->at += (size_t)count;
  return count;
}

static int reduced(int length, int offset, int step) {
  return (offset + length + step - 1) / step - (offset + step - 1) / step;
}

static opj_image_t *make_image(const Picture *picture) {
  opj_image_cmptparm_t parameters[4] = {0};
  for (int i = 0; i < picture->channels; i++) {
    int dx = i > 0 ? picture->dx : 1, dy = i > 0 ? picture->dy : 1;
    parameters[i].dx = (OPJ_UINT32)dx;
    parameters[i].dy = (OPJ_UINT32)dy;
    parameters[i].w = (OPJ_UINT32)reduced(picture->width, picture->x0, dx);
    parameters[i].h = (OPJ_UINT32)reduced(picture->height, picture->y0, dy);
    parameters[i].prec = (OPJ_UINT32)picture->bits;
    parameters[i].sgnd = picture->signed_samples;
  }
  opj_image_t *image = opj_image_create((OPJ_UINT32)picture->channels, parameters, picture->color);
  assert_non_null(image);
  image->x0 = (OPJ_UINT32)picture->x0;
  image->y0 = (OPJ_UINT32)picture->y0;
  image->x1 = (OPJ_UINT32)(picture->x0 + picture->width);
  image->y1 = (OPJ_UINT32)(picture->y0 + picture->height);
  for (int i = 0; i < picture->channels; i++) {
    memcpy(image->comps[i].data, picture->samples[i], sizeof(int) * parameters[i].w * parameters[i].h);
  }
  return image;
}

static Stream compress(const Picture *picture) {
  Stream memory = {0};
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.tcp_numlayers = 1;
  parameters.cp_disto_alloc = 1;
  parameters.tcp_rates[0] = picture->lossy ? 8 : 0;
  parameters.irreversible = picture->lossy;
  parameters.numresolution = 4;
  parameters.tcp_mct = picture->channels >= 3 && picture->dx == 1 && picture->dy == 1;
  parameters.image_offset_x0 = picture->x0;
  parameters.image_offset_y0 = picture->y0;
  opj_image_t *image = make_image(picture);
  opj_codec_t *codec = opj_create_compress(picture->boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
  opj_stream_t *stream = opj_stream_default_create(OPJ_FALSE);
  assert_true(codec && stream);
  opj_stream_set_write_function(stream, stream_write);
  opj_stream_set_seek_function(stream, stream_seek);
  opj_stream_set_skip_function(stream, stream_skip);
  opj_stream_set_user_data(stream, &memory, NULL);
  assert_true(opj_setup_encoder(codec, &parameters, image) && opj_start_compress(codec, image, stream) &&
              opj_encode(codec, stream) && opj_end_compress(codec, stream));
  opj_stream_destroy(stream);
  opj_destroy_codec(codec);
  opj_image_destroy(image);
  return memory;
}

static void paint(Picture *picture, uint64_t seed) {
  for (int i = 0; i < picture->channels; i++) {
    int w = reduced(picture->width, picture->x0, i > 0 ? picture->dx : 1);
    int h = reduced(picture->height, picture->y0, i > 0 ? picture->dy : 1);
    uint8_t *bytes = test_paint(w, h, 1, seed + (uint64_t)i);
    picture->samples[i] = test_alloc(sizeof(int) * (size_t)w * (size_t)h);
    for (int k = 0; k < w * h; k++) {
      picture->samples[i][k] = picture->bits > 8 ? bytes[k] << (picture->bits - 8) | k % 16 : bytes[k];
      if (picture->bits < 8) {
        picture->samples[i][k] >>= 8 - picture->bits;
      }
    }
    free(bytes);
  }
}

static void free_picture(Picture *picture) {
  for (int i = 0; i < picture->channels; i++) {
    free(picture->samples[i]);
  }
}

static NodalBlock block_of(const Picture *picture, int compression) {
  return (NodalBlock){.compression = compression,
                      .width = picture->width,
                      .height = picture->height,
                      .channels = picture->channels,
                      .dtype = picture->bits > 8 ? NODAL_UINT16 : NODAL_UINT8};
}

/* The whole block, by our decoder. */
static uint8_t *decode_whole(const NodalBlock *block, const Stream *stream) {
  size_t stride = (size_t)block->width * (size_t)block->channels * nodal_dtype_size(block->dtype);
  uint8_t *pixels = test_alloc(stride * (size_t)block->height);
  NodalRect all = {0, 0, block->width, block->height};
  NodalError *error = NULL;
  test_expect_success(nodal_codec_decode(block, stream->data, stream->size, all, pixels, stride, &error), &error);
  return pixels;
}

static void check_parts(const NodalBlock *block, const Stream *stream, const uint8_t *whole, int count) {
  uint64_t state = 1;
  size_t pixel = (size_t)block->channels * nodal_dtype_size(block->dtype);
  for (int i = 0; i < count; i++) {
    NodalRect part = test_random_part(&state, block->width, block->height);
    size_t stride = (size_t)part.width * pixel;
    uint8_t *pixels = test_alloc(stride * (size_t)part.height);
    NodalError *error = NULL;
    test_expect_success(nodal_codec_decode(block, stream->data, stream->size, part, pixels, stride, &error), &error);
    test_expect_part(whole, block->width, pixel, part, pixels);
    free(pixels);
  }
}

/* The lossless transform gives back what went in, as RGB, gray or whatever else. */
static void lossless_samples(void **state) {
  (void)state;
  for (int variant = 0; variant < 16; variant++) {
    Picture picture = {.width = variant % 3 ? 64 : 57,
                       .height = 40,
                       .channels = variant % 4 + 1,
                       .bits = variant / 4 == 2   ? 16
                               : variant / 4 == 3 ? 12
                                                  : 8,
                       .dx = 1,
                       .dy = 1,
                       .boxed = variant / 4 % 2 != 0,
                       .color = variant % 4 == 2 ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_GRAY};
    paint(&picture, 1);
    Stream stream = compress(&picture);
    static const int compressions[] = {NODAL_COMPRESSION_JP2K, NODAL_COMPRESSION_JP2K_RGB};
    for (int c = 0; c < 2; c++) {
      NodalBlock block = block_of(&picture, compressions[c]);
      uint8_t *pixels = decode_whole(&block, &stream);
      for (int k = 0; k < picture.width * picture.height * picture.channels; k++) {
        int expected = picture.samples[k % picture.channels][k / picture.channels];
        int got = pixels[k];
        if (picture.bits > 8) {
          uint16_t wide;
          memcpy(&wide, pixels + 2 * k, 2);
          got = wide;
        }
        assert_int_equal(got, expected);
      }
      check_parts(&block, &stream, pixels, 5);
      free(pixels);
    }
    free(stream.data);
    free_picture(&picture);
  }
}

static int rounded(double value) {
  int whole = (int)(value < 0 ? value - 0.5 : value + 0.5);
  return whole < 0 ? 0 : whole > 255 ? 255 : whole;
}

/* ITU-R BT.601 in double precision; fixed point may be off by one. */
static void expect_rgb(const uint8_t *pixel, int y, int cb, int cr) {
  assert_true(abs(pixel[0] - rounded(y + 1.402 * (cr - 128))) <= 1);
  assert_true(abs(pixel[1] - rounded(y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128))) <= 1);
  assert_true(abs(pixel[2] - rounded(y + 1.772 * (cb - 128))) <= 1);
}

/* Chroma whole, halved across (Aperio), halved both ways; a sample stands for all the pixels it covers. */
static void ycbcr_with_any_chroma(void **state) {
  (void)state;
  static const int steps[][4] = {{1, 1, 0, 0}, {2, 1, 0, 0}, {2, 2, 0, 0}, {1, 2, 0, 0}, {2, 2, 5, 3}, {4, 1, 0, 0}};
  for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
    Picture picture = {.width = 53,
                       .height = 37,
                       .channels = 3,
                       .bits = 8,
                       .dx = steps[s][0],
                       .dy = steps[s][1],
                       .x0 = steps[s][2],
                       .y0 = steps[s][3],
                       .color = OPJ_CLRSPC_UNSPECIFIED};
    paint(&picture, 2);
    Stream stream = compress(&picture);
    NodalBlock block = block_of(&picture, NODAL_COMPRESSION_JP2K_YCBCR);
    uint8_t *pixels = decode_whole(&block, &stream);
    int chroma_width = reduced(53, picture.x0, picture.dx);
    for (int y = 0; y < 37; y++) {
      for (int x = 0; x < 53; x++) {
        int cx = (picture.x0 + x) / picture.dx - (picture.x0 + picture.dx - 1) / picture.dx;
        int cy = (picture.y0 + y) / picture.dy - (picture.y0 + picture.dy - 1) / picture.dy;
        int at = (cy < 0 ? 0 : cy) * chroma_width + (cx < 0 ? 0 : cx);
        expect_rgb(pixels + (y * 53 + x) * 3, picture.samples[0][y * 53 + x], picture.samples[1][at],
                   picture.samples[2][at]);
      }
    }
    check_parts(&block, &stream, pixels, 40);
    free(pixels);
    free(stream.data);
    free_picture(&picture);
  }
}

static void colors_by_the_numbers(void **state) {
  (void)state;
  /* Y, Cb, Cr -> R, G, B, with the rounding of OpenSlide's tables; the last two are off by one in libjpeg. */
  static const int known[][6] = {{128, 128, 128, 128, 128, 128}, {76, 85, 255, 254, 0, 0},
                                 {0, 0, 0, 0, 135, 0},           {255, 255, 255, 255, 121, 255},
                                 {200, 100, 150, 231, 194, 150}, {87, 249, 118, 73, 53, 255},
                                 {170, 85, 43, 51, 245, 94}};
  enum { KNOWN = sizeof known / sizeof known[0], WIDTH = KNOWN * 8 };
  Picture picture = {.width = WIDTH, .height = 8, .channels = 3, .bits = 8, .dx = 1, .dy = 1};
  for (int i = 0; i < 3; i++) {
    picture.samples[i] = test_alloc(sizeof(int) * WIDTH * 8);
    for (int k = 0; k < WIDTH * 8; k++) {
      picture.samples[i][k] = known[k % WIDTH / 8][i];
    }
  }
  Stream stream = compress(&picture);
  NodalBlock block = block_of(&picture, NODAL_COMPRESSION_JP2K_YCBCR);
  uint8_t *pixels = decode_whole(&block, &stream);
  for (int k = 0; k < WIDTH * 3; k++) {
    assert_int_equal(pixels[k], known[k / 3 / 8][3 + k % 3]);
  }
  /* 34712: the file says YCbCr, or says nothing. */
  free(stream.data);
  picture.boxed = true;
  picture.color = OPJ_CLRSPC_SYCC;
  stream = compress(&picture);
  block.compression = NODAL_COMPRESSION_JP2K;
  uint8_t *again = decode_whole(&block, &stream);
  assert_memory_equal(again, pixels, WIDTH * 8 * 3);
  free(again);
  free(pixels);
  free(stream.data);
  free_picture(&picture);
}

/* The 9-7 transform is in floating point: a part must not depend on what is decoded around it. */
static void parts_of_lossy_blocks(void **state) {
  (void)state;
  static const int sides[][2] = {{256, 256}, {240, 200}};
  for (int i = 0; i < 2; i++) {
    Picture picture = {.width = sides[i][0],
                       .height = sides[i][1],
                       .channels = 3,
                       .bits = 8,
                       .dx = i == 0 ? 1 : 2,
                       .dy = 1,
                       .lossy = true};
    paint(&picture, 3);
    Stream stream = compress(&picture);
    NodalBlock block = block_of(&picture, i == 0 ? NODAL_COMPRESSION_JP2K_RGB : NODAL_COMPRESSION_JP2K_YCBCR);
    uint8_t *pixels = decode_whole(&block, &stream);
    check_parts(&block, &stream, pixels, 60);
    free(pixels);
    free(stream.data);
    free_picture(&picture);
  }
}

static void expect_error(const NodalBlock *block, const Stream *stream, NodalErrorCode code, const char *message) {
  size_t stride = (size_t)block->width * (size_t)block->channels * nodal_dtype_size(block->dtype);
  uint8_t *pixels = test_alloc(stride * (size_t)block->height);
  NodalRect all = {0, 0, block->width, block->height};
  NodalError *error = NULL;
  test_expect_error(nodal_codec_decode(block, stream->data, stream->size, all, pixels, stride, &error), &error, code,
                    message);
  free(pixels);
}

static void wrong_headers_are_errors(void **state) {
  (void)state;
  Picture picture = {.width = 32, .height = 24, .channels = 3, .bits = 8, .dx = 1, .dy = 1};
  paint(&picture, 4);
  Stream stream = compress(&picture);
  NodalBlock block = block_of(&picture, NODAL_COMPRESSION_JP2K_RGB);
  block.width = 33;
  expect_error(&block, &stream, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it is 32 x 24 pixels instead of 33 x 24");
  block.width = 32;
  block.height = 23;
  expect_error(&block, &stream, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it is 32 x 24 pixels instead of 32 x 23");
  block.height = 24;
  block.channels = 4;
  expect_error(&block, &stream, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it has 3 components instead of 4");
  block.channels = 3;
  block.dtype = NODAL_UINT16;
  expect_error(&block, &stream, NODAL_ERROR_UNSUPPORTED,
               "unsupported JPEG 2000: unsigned samples of 8 bits for uint16");
  free(stream.data);
  picture.signed_samples = true;
  stream = compress(&picture);
  block.dtype = NODAL_UINT8;
  expect_error(&block, &stream, NODAL_ERROR_UNSUPPORTED, "unsupported JPEG 2000: signed samples of 8 bits for uint8");
  free(stream.data);
  free_picture(&picture);
  Picture uneven = {.width = 32, .height = 24, .channels = 2, .bits = 8, .dx = 2, .dy = 1};
  paint(&uneven, 4);
  stream = compress(&uneven);
  block.channels = 2;
  expect_error(&block, &stream, NODAL_ERROR_UNSUPPORTED, "unsupported JPEG 2000: component 1 is sampled 2 x 1");
  free(stream.data);
  free_picture(&uneven);
  Stream text = {(uint8_t *)(uintptr_t) "no codestream", 13, 13, 0};
  expect_error(&block, &text, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it has no codestream");
}

/* OpenJPEG would believe these and ask for gigabytes. */
static void absurd_claims_are_refused(void **state) {
  (void)state;
  Picture picture = {.width = 32, .height = 24, .channels = 3, .bits = 8, .dx = 1, .dy = 1};
  paint(&picture, 7);
  for (int boxed = 0; boxed < 2; boxed++) {
    picture.boxed = boxed != 0;
    Stream stream = compress(&picture);
    NodalBlock block = block_of(&picture, NODAL_COMPRESSION_JP2K_RGB);
    size_t head = 0;
    while (memcmp(stream.data + head, "\xFF\x4F\xFF\x51", 4) != 0) {
      head++;
    }
    /* Csiz, then XTsiz and YTsiz. */
    stream.data[head + 40] = 0x40;
    expect_error(&block, &stream, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it has 16387 components instead of 3");
    stream.data[head + 40] = 0;
    memset(stream.data + head + 24, 0, 8);
    expect_error(&block, &stream, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it claims 0 tiles");
    stream.data[head + 27] = 1;
    stream.data[head + 31] = 1;
    stream.data[head + 10] = 1; /* Xsiz is 256 more */
    stream.data[head + 14] = 1;
    expect_error(&block, &stream, NODAL_ERROR_FORMAT, "damaged JPEG 2000: it claims 81209 tiles");
    free(stream.data);
  }
  free_picture(&picture);
}

/* Cut at every byte: an error, or the right pixels where only the end is gone. Changed bytes do no harm either. */
static void damage_does_no_harm(void **state) {
  (void)state;
  for (int boxed = 0; boxed < 2; boxed++) {
    Picture picture = {.width = 24,
                       .height = 20,
                       .channels = 3,
                       .bits = 8,
                       .dx = 1,
                       .dy = 1,
                       .boxed = boxed != 0,
                       .color = OPJ_CLRSPC_SRGB};
    paint(&picture, 5);
    Stream stream = compress(&picture);
    NodalBlock block = block_of(&picture, NODAL_COMPRESSION_JP2K_RGB);
    uint8_t *whole = decode_whole(&block, &stream), pixels[24 * 20 * 3];
    uint64_t random = 6;
    for (size_t i = 0; i < stream.size; i++) {
      uint8_t *copy = test_alloc(i);
      memcpy(copy, stream.data, i);
      NodalError *error = NULL;
      bool ok = nodal_codec_decode(&block, copy, i, (NodalRect){0, 0, 24, 20}, pixels, 24 * 3, &error);
      assert_true(ok == (error == NULL));
      if (ok) {
        assert_memory_equal(pixels, whole, sizeof pixels);
      }
      nodal_error_free(error);
      free(copy);
      copy = test_alloc(stream.size);
      memcpy(copy, stream.data, stream.size);
      copy[i] = (uint8_t)test_random(&random);
      error = NULL;
      ok = nodal_codec_decode(&block, copy, stream.size, test_random_part(&random, 24, 20), pixels, 24 * 3, &error);
      assert_true(ok == (error == NULL));
      nodal_error_free(error);
      free(copy);
    }
    free(whole);
    free(stream.data);
    free_picture(&picture);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lossless_samples),         cmocka_unit_test(ycbcr_with_any_chroma),
      cmocka_unit_test(colors_by_the_numbers),    cmocka_unit_test(parts_of_lossy_blocks),
      cmocka_unit_test(wrong_headers_are_errors), cmocka_unit_test(absurd_claims_are_refused),
      cmocka_unit_test(damage_does_no_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

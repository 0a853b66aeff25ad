/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

static NodalWriterOptions plain_options(void) {
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = 500;
  options.height = 400;
  options.tile_size = 64;
  return options;
}

typedef struct Wrong {
  void (*change)(NodalWriterOptions *options);
  NodalErrorCode code;
  const char *message;
} Wrong;

#define CHANGE(NAME, STATEMENT)                                                                                        \
  static void NAME(NodalWriterOptions *options) {                                                                      \
    STATEMENT;                                                                                                         \
  }
CHANGE(no_width, options->width = 0)
CHANGE(too_high, options->height = (int64_t)1 << 31)
CHANGE(odd_tile, options->tile_size = 300)
CHANGE(no_tile, options->tile_size = 0)
CHANGE(huge_tile, options->tile_size = 8192)
CHANGE(many_tiles, (options->width = options->height = 1 << 30, options->tile_size = 16))
CHANGE(heavy_tile, (options->color = NODAL_COLOR_CHANNELS, options->channels = 64, options->tile_size = 4096,
                    options->codec = NODAL_CODEC_NONE))
CHANGE(wrong_channels, options->channels = 4)
CHANGE(one_channel, (options->color = NODAL_COLOR_CHANNELS, options->channels = 1))
CHANGE(real_label, (options->color = NODAL_COLOR_LABEL, options->dtype = NODAL_FLOAT32))
CHANGE(jpeg_of_label, options->color = NODAL_COLOR_LABEL)
CHANGE(jpeg_of_16_bit, options->dtype = NODAL_UINT16)
CHANGE(no_quality, options->quality = 0)
CHANGE(webp, options->codec = NODAL_CODEC_WEBP)
CHANGE(many_levels, options->levels = 33)
CHANGE(negative_spacing, options->spacing_x_um = -1)
CHANGE(unknown_color, options->color = (NodalColor)17)

static void refuses_wrong_options(void **state) {
  (void)state;
  static const Wrong wrongs[] = {
      {no_width, NODAL_ERROR_ARGUMENT, "cannot write 0 x 400 pixels"},
      {too_high, NODAL_ERROR_ARGUMENT, "cannot write 500 x 2147483648 pixels"},
      {odd_tile, NODAL_ERROR_ARGUMENT, "tile size 300 is not a multiple of 16 from 16 to 4096"},
      {no_tile, NODAL_ERROR_ARGUMENT, "tile size 0 is not a multiple of 16 from 16 to 4096"},
      {huge_tile, NODAL_ERROR_ARGUMENT, "tile size 8192 is not a multiple of 16 from 16 to 4096"},
      {many_tiles, NODAL_ERROR_ARGUMENT, "more than 67108864 tiles of 16 pixels"},
      {heavy_tile, NODAL_ERROR_ARGUMENT, "a tile of 4096 pixels takes more than 268435456 bytes"},
      {wrong_channels, NODAL_ERROR_ARGUMENT, "rgb has 3 channels, not 4"},
      {one_channel, NODAL_ERROR_ARGUMENT, "channels without colours are 2 to 256, not 1"},
      {real_label, NODAL_ERROR_ARGUMENT, "labels are integers, not float32"},
      {jpeg_of_label, NODAL_ERROR_ARGUMENT, "JPEG takes uint8 gray or rgb, not uint8 label"},
      {jpeg_of_16_bit, NODAL_ERROR_ARGUMENT, "JPEG takes uint8 gray or rgb, not uint16 rgb"},
      {no_quality, NODAL_ERROR_ARGUMENT, "JPEG quality 0 is not 1 to 100"},
      {webp, NODAL_ERROR_UNSUPPORTED, "tiles are not written as webp"},
      {many_levels, NODAL_ERROR_ARGUMENT, "33 levels are not 0 to 32"},
      {negative_spacing, NODAL_ERROR_ARGUMENT, "-1 x 0 is not a spacing"},
      {unknown_color, NODAL_ERROR_ARGUMENT, "unknown color or sample type"},
  };
  for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
    NodalWriterOptions options = plain_options();
    wrongs[i].change(&options);
    NodalError *error = NULL;
    NodalWriter *writer = nodal_writer_new(in_folder("wrong.tif"), &options, &error);
    check_error_at(writer != NULL, &error, wrongs[i].code, in_folder("wrong.tif"), wrongs[i].message);
  }
  assert_int_equal(folder_count(), 0);
}

static void refuses_wrong_tiles(void **state) {
  (void)state;
  static unsigned char tile[64 * 64 * 3];
  NodalWriterOptions options = plain_options();
  const char *path = in_folder("tiles.tif");
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(path, &options, &error);
  check_ok(writer != NULL, &error);
  check_error_at(nodal_writer_write_tile(writer, 8, 0, tile, 192, &error), &error, NODAL_ERROR_ARGUMENT, path,
                 "there is no tile 8, 0");
  check_error_at(nodal_writer_write_tile(writer, 0, -1, tile, 192, &error), &error, NODAL_ERROR_ARGUMENT, path,
                 "there is no tile 0, -1");
  check_ok(nodal_writer_write_tile(writer, 7, 6, tile, 192, &error), &error);
  check_error_at(nodal_writer_write_tile(writer, 7, 6, tile, 192, &error), &error, NODAL_ERROR_ARGUMENT, path,
                 "tile 7, 6 was given before");
  check_error_at(nodal_writer_write_all(writer, painted_tile, NULL, 1, NULL, &error), &error, NODAL_ERROR_ARGUMENT,
                 path, "has been given tiles before");
  check_error_at(nodal_writer_add_associated(writer, "a\nb", tile, 3, 3, 9, &error), &error, NODAL_ERROR_ARGUMENT, path,
                 "an associated image needs a name of one line");
  check_error_at(nodal_writer_add_associated(writer, "macro", tile, 0, 3, 9, &error), &error, NODAL_ERROR_ARGUMENT,
                 path, "associated image macro cannot be 0 x 3 pixels");
  check_ok(nodal_writer_finish(writer, &error), &error);
  check_error_at(nodal_writer_finish(writer, &error), &error, NODAL_ERROR_ARGUMENT, path, "is finished already");
  check_error_at(nodal_writer_write_tile(writer, 0, 0, tile, 192, &error), &error, NODAL_ERROR_ARGUMENT, path,
                 "takes no more tiles");
  nodal_writer_free(writer);
  assert_int_equal(folder_count(), 1);
}

static void keeps_an_existing_file(void **state) {
  (void)state;
  NodalWriterOptions options = plain_options();
  options.force = true;
  const char *path = in_folder("tiles.tif");
  NodalError *error = NULL;
  NodalWriter *writer = nodal_writer_new(path, &options, &error);
  check_ok(writer != NULL, &error);
  check_ok(nodal_writer_finish(writer, &error), &error);
  nodal_writer_free(writer);
  size_t size, again;
  unsigned char *bytes = file_bytes(path, &size);
  options.force = false;
  writer = nodal_writer_new(path, &options, &error);
  check_error_at(writer != NULL, &error, NODAL_ERROR_EXISTS, path, "exists already (--force replaces it)");
  /* With --force, a writer that is not finished leaves the old file alone. */
  options.force = true;
  writer = nodal_writer_new(path, &options, &error);
  check_ok(writer != NULL, &error);
  nodal_writer_free(writer);
  unsigned char *after = file_bytes(path, &again);
  assert_int_equal(size, again);
  assert_memory_equal(bytes, after, size);
  free(bytes);
  free(after);
  assert_int_equal(folder_count(), 1);
}

typedef struct Stop {
  uint64_t after, last, total;
  int calls;
} Stop;

static bool stop_later(void *user, uint64_t done, uint64_t total) {
  Stop *stop = user;
  assert_true(done >= stop->last && done <= total);
  stop->last = done;
  stop->total = total;
  stop->calls++;
  return done < stop->after;
}

static void reports_progress_and_stops(void **state) {
  (void)state;
  Reference reference = reference_paint(500, 400, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  Painted painted = {&reference, NODAL_UINT8, 16};
  NodalWriterOptions options = plain_options();
  options.tile_size = 16;
  options.codec = NODAL_CODEC_NONE;
  const char *path = in_folder("stopped.tif");
  for (int threads = 1; threads < 4; threads += 2) {
    Stop stop = {.after = UINT64_MAX};
    NodalProgress progress = {stop_later, &stop};
    NodalError *error = NULL;
    NodalWriter *writer = nodal_writer_new(path, &options, &error);
    check_ok(writer != NULL, &error);
    check_ok(nodal_writer_write_all(writer, painted_tile, &painted, threads, &progress, &error), &error);
    nodal_writer_free(writer);
    assert_int_equal(stop.total, 500 * 400);
    assert_int_equal(stop.last, 500 * 400);
    stop = (Stop){.after = 0};
    writer = nodal_writer_new(path, &options, &error);
    check_ok(writer != NULL, &error);
    assert_false(nodal_writer_write_all(writer, painted_tile, &painted, threads, &progress, &error));
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_CANCELLED);
    nodal_error_free(error);
    error = NULL;
    assert_int_equal(stop.calls, 1);
    check_error_at(nodal_writer_finish(writer, &error), &error, NODAL_ERROR_ARGUMENT, path,
                   "cannot be finished, writing failed before");
    nodal_writer_free(writer);
  }
  reference_free(&reference);
  assert_int_equal(folder_count(), 1);
}

static bool fail_at_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                         NodalError **error) {
  (void)worker;
  (void)pixels;
  (void)stride;
  const int64_t *tile = user;
  if (column == tile[0] && row == tile[1]) {
    /* Any failing call of the library will do as the source of the error. */
    return nodal_writer_new("", &(NodalWriterOptions){0}, error) != NULL;
  }
  return true;
}

static void hands_on_the_error_of_a_tile(void **state) {
  (void)state;
  NodalWriterOptions options = plain_options();
  int64_t tile[2] = {5, 3};
  for (int threads = 1; threads < 5; threads++) {
    NodalError *error = NULL;
    NodalWriter *writer = nodal_writer_new(in_folder("bad.tif"), &options, &error);
    check_ok(writer != NULL, &error);
    check_error(nodal_writer_write_all(writer, fail_at_tile, tile, threads, NULL, &error), &error, NODAL_ERROR_ARGUMENT,
                ": cannot write 0 x 0 pixels");
    nodal_writer_free(writer);
  }
  assert_int_equal(folder_count(), 1);
}

/* A full disk, played by a limit on the size of files. */
static void leaves_nothing_on_a_full_disk(void **state) {
  (void)state;
  signal(SIGXFSZ, SIG_IGN);
  struct rlimit before, limited;
  getrlimit(RLIMIT_FSIZE, &before);
  Reference reference = reference_paint(500, 400, NODAL_COLOR_RGB, 3, NODAL_UINT8);
  Painted painted = {&reference, NODAL_UINT8, 64};
  NodalWriterOptions options = plain_options();
  options.codec = NODAL_CODEC_NONE;
  const char *path = in_folder("full.tif");
  for (int any_order = 0; any_order < 2; any_order++) {
    limited = before;
    limited.rlim_cur = 100000;
    setrlimit(RLIMIT_FSIZE, &limited);
    NodalError *error = NULL;
    NodalWriter *writer = nodal_writer_new(path, &options, &error);
    bool opened = writer != NULL;
    bool written = opened;
    if (opened && !any_order) {
      written = nodal_writer_write_all(writer, painted_tile, &painted, 2, NULL, &error);
    }
    for (int64_t i = 0; i < 8 * 7 && opened && any_order && written; i++) {
      unsigned char tile[64 * 64 * 3];
      reference_tile(&reference, NODAL_UINT8, 64, i % 8, i / 8, tile, 192);
      written = nodal_writer_write_tile(writer, i % 8, i / 8, tile, 192, &error);
    }
    setrlimit(RLIMIT_FSIZE, &before);
    assert_true(opened);
    check_error_at(written, &error, NODAL_ERROR_IO, path, "File too large");
    check_error_at(nodal_writer_finish(writer, &error), &error, NODAL_ERROR_ARGUMENT, path,
                   "cannot be finished, writing failed before");
    nodal_writer_free(writer);
    assert_int_equal(folder_count(), 1);
  }
  reference_free(&reference);
}

static void names_a_folder_that_is_not_there(void **state) {
  (void)state;
  NodalWriterOptions options = plain_options();
  NodalError *error = NULL;
  const char *path = in_folder("none/slide.tif");
  NodalWriter *writer = nodal_writer_new(path, &options, &error);
  check_error_at(writer != NULL, &error, NODAL_ERROR_IO, path, "No such file or directory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_wrong_options),
      cmocka_unit_test(refuses_wrong_tiles),
      cmocka_unit_test(keeps_an_existing_file),
      cmocka_unit_test(reports_progress_and_stops),
      cmocka_unit_test(hands_on_the_error_of_a_tile),
      cmocka_unit_test(leaves_nothing_on_a_full_disk),
      cmocka_unit_test(names_a_folder_that_is_not_there),
  };
  return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}

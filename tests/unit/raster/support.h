/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_RASTER_SUPPORT_H
#define TEST_RASTER_SUPPORT_H

#include <nodal/raster.h>
#include <stdarg.h>

/* A small image of uint8, and what is asked of it worked out pixel by pixel. */

enum { PICTURE_SIDE = 80 };

typedef struct Picture {
  int width, height;
  uint8_t pixels[PICTURE_SIDE * PICTURE_SIDE];
} Picture;

/* Numbers below `limit`, the same in each run. */
int random_below(int limit);

enum { PATTERN_COUNT = 12 };
/* Noise of several densities, of few and of many values, checkers, combs, a spiral, single lines, all, nothing. */
void picture_paint(Picture *picture, int width, int height, int pattern);

static inline uint8_t picture_at(const Picture *picture, int x, int y) {
  return picture->pixels[y * picture->width + x];
}

/* The same samples as another type, rows `gap` samples apart; freed by the caller with raster_free(). */
NodalRaster picture_raster(const Picture *picture, NodalDtype dtype, int gap);
void raster_free(NodalRaster *raster);

/* Components by flooding; returns how many. `background`: of the pixels that are 0. */
uint32_t flood(const Picture *picture, int connectivity, bool by_value, bool background, uint32_t *labels);

/* Writes the picture as a slide with tiles of 16 and opens it; closed with slide_close(). */
NodalSlide *picture_slide(const Picture *picture, NodalDtype dtype, double spacing_x_um, double spacing_y_um);
void slide_close(NodalSlide *slide);

/* Reads level 0 of a file that a test wrote; freed by the caller. */
void *read_back(const char *path, NodalDtype dtype, int width, int height);

/* A fresh folder under TMPDIR; setup and teardown of a group. */
int folder_set_up(void **state);
int folder_tear_down(void **state);
/* FOLDER/NAME, good until 8 calls later. */
const char *in_folder(const char *name);
/* How many files there are. */
int folder_count(void);

/* Fails the test with the message where there is an error. */
void check_ok(bool ok, NodalError **error);
/* Fails unless there is this error; frees it. */
void check_error(bool ok, NodalError **error, NodalErrorCode code, const char *message);

/* All bytes of a file; freed by the caller. */
unsigned char *file_bytes(const char *path, size_t *size);
void check_same_file(const char *a, const char *b);

#endif

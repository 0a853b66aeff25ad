/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PYRAMID_SUPPORT_H
#define TEST_PYRAMID_SUPPORT_H

#include <nodal/convert.h>
#include <nodal/slide.h>
#include <nodal/writer.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* A picture in plain arrays, one double a sample, and the pyramid that ought to be made of it. */
typedef struct Reference {
  int64_t width, height;
  int channels;
  double *samples; /* row-major, interleaved */
} Reference;

Reference reference_new(int64_t width, int64_t height, int channels);
void reference_free(Reference *reference);

double sample_of(const void *pixels, NodalDtype dtype, size_t index);
void store_sample(void *pixels, NodalDtype dtype, size_t index, double value);

/* A picture for a dtype: gradients, texture, and a patch of one constant value; alpha of all kinds for RGBA. */
Reference reference_paint(int64_t width, int64_t height, NodalColor color, int channels, NodalDtype dtype);

/* The next level, sides rounded up, each 2 x 2 pixels averaged and rounded half up, missing ones repeated. */
Reference reference_halve(const Reference *from, NodalColor color, NodalDtype dtype, bool nearest);

/* Rows of `stride` bytes of tile `column`, `row`; what lies past the edge is filled with 0xee. */
void reference_tile(const Reference *reference, NodalDtype dtype, int side, int64_t column, int64_t row, void *pixels,
                    size_t stride);

/* A NodalTileFunction over a Painted. */
typedef struct Painted {
  const Reference *reference;
  NodalDtype dtype;
  int side;
} Painted;
bool painted_tile(void *painted, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                  NodalError **error);

/* Of a group of tests: a fresh folder under TMPDIR, in the end removed with what is in it. */
int folder_setup(void **state);
int folder_teardown(void **state);
/* FOLDER/NAME; good until 16 calls later. */
const char *in_folder(const char *name);
/* How many entries the folder has, hidden ones included. */
int folder_count(void);

/* All bytes of a file. */
unsigned char *file_bytes(const char *path, size_t *size);

/* Fails the test with the message of the error where `ok` is false. By address, because `ok` is often the call that
 * sets it. */
void check_ok(bool ok, NodalError **error);
/* Fails unless there is an error of this code and message; frees it and sets it to NULL. */
void check_error(bool ok, NodalError **error, NodalErrorCode code, const char *message);

/* The same for the message "PATH: MESSAGE". */
void check_error_at(bool ok, NodalError **error, NodalErrorCode code, const char *path, const char *message);

/* Peak signal-to-noise ratio of 8-bit samples. */
double psnr_of(const unsigned char *a, const unsigned char *b, size_t count);

#endif

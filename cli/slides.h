/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_SLIDES_H
#define NODAL_CLI_SLIDES_H

#include "message.h"
#include "progress.h"

#include <nodal/slide.h>

/** Opens with --source-spacing taken into account. */
NodalSlide *cli_try_slide(const CliContext *context, const char *path, NodalError **error);

/** The same; NULL, and the error told, if it cannot be opened. */
NodalSlide *cli_open_slide(const CliContext *context, const char *path);

/** "slide.tif: no level 7, only 0 to 3" as an error where there is no such level; else fills `level`. */
bool cli_get_level(const CliContext *context, NodalSlide *slide, int index, NodalLevel *level);

/** Says that a slide without spacing cannot be read at one, and what to do. Returns CLI_FAILED. */
int cli_fail_no_spacing(const CliContext *context, NodalSlide *slide);

/** Whether --output can be written as an image and is not `input`; else tells why. Returns the exit code. */
int cli_image_check_output(const CliContext *context, const char *input);

/** An image in memory: `height` rows of `stride` bytes. Start with zeros. */
typedef struct CliImage {
  uint8_t *pixels;
  int64_t width, height;
  size_t stride;
  NodalPixelFormat format;
  int channels;
  NodalDtype dtype;
  double spacing_um; /**< 0: unknown */
} CliImage;

/**
 * Chooses the form of the pixels for `output` and allocates: RGB (RGBA with `rgba`) where the slide has colours, else
 * its own channels and type. False, and the error told, where the file's format cannot hold them or they take more
 * than a gigabyte.
 */
bool cli_image_new(const CliContext *context, CliImage *image, NodalSlide *slide, const char *output, int64_t width,
                   int64_t height, bool rgba);
void cli_image_free(CliImage *image);

/** Reads from level-0 pixel `x`, `y` in strips, between which a signal is heeded. Returns the exit code. */
int cli_image_read_level(const CliContext *context, CliImage *image, NodalSlide *slide, int level, int64_t x,
                         int64_t y);
int cli_image_read_at_spacing(const CliContext *context, CliImage *image, NodalSlide *slide, double spacing_um,
                              double x, double y);

/** Writes to --output, under a progress bar, and tells so; a signal ends it. Returns the exit code. */
int cli_image_write(const CliContext *context, const CliImage *image, int quality);

#endif

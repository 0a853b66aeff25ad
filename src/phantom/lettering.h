/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PHANTOM_LETTERING_H
#define NODAL_PHANTOM_LETTERING_H

#include <stddef.h>
#include <stdint.h>

/** A letter is five squares wide and seven high, and the next one begins after six. */
enum { LETTER_ADVANCE = 6, LETTER_HEIGHT = 7 };

/** An RGB8 picture in memory, rows without gaps. */
typedef struct PhantomPicture {
  uint8_t *rgb;
  int width, height;
} PhantomPicture;

/** Fills a rectangle, which may reach past the picture. */
void phantom_picture_fill(PhantomPicture *picture, int x, int y, int width, int height, const uint8_t color[3]);

/**
 * Writes capitals, digits and blanks in black from `x`, `y` on, each square `scale` pixels wide; other characters are
 * blanks.
 */
void phantom_picture_write(PhantomPicture *picture, int x, int y, int scale, const char *text);

#endif

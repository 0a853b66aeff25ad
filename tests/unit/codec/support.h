/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CODEC_SUPPORT_H
#define TEST_CODEC_SUPPORT_H

/* cmocka.h needs these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/codec.h"

#include <stdlib.h>
#include <string.h>

/** Deterministic numbers (SplitMix64, Steele et al. 2014). */
uint32_t test_random(uint64_t *state);
/** In [0, bound). */
int test_below(uint64_t *state, int bound);

/** Interleaved pixels with gradients, hard edges and some noise; free() them. */
uint8_t *test_paint(int width, int height, int channels, uint64_t seed);

void *test_alloc(size_t size);

/** The call failed with this code and message; frees the error and makes it NULL. */
void test_expect_error(bool result, NodalError **error, NodalErrorCode code, const char *message);
/** The call went well. */
void test_expect_success(bool result, NodalError **error);

/** A rectangle inside width x height. */
NodalRect test_random_part(uint64_t *state, int width, int height);

/** Asserts that `part` (tightly packed) is that part of `whole`. */
void test_expect_part(const uint8_t *whole, int width, size_t pixel_size, NodalRect area, const uint8_t *part);

#endif

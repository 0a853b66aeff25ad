/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PHANTOM_SUPPORT_H
#define TESTS_PHANTOM_SUPPORT_H

#include <nodal/phantom.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/** A phantom that must be made without an error. */
NodalPhantom *make_phantom(int64_t width, int64_t height, double spacing_um, uint64_t seed, int tumors, double size_mm);

/** One with options that must be good. */
NodalPhantom *make_phantom_of(const NodalPhantomOptions *options);

/** Pixels of a region, rows without a gap; freed by the caller. */
uint8_t *paint_region(const NodalPhantom *phantom, int64_t x, int64_t y, int64_t width, int64_t height);

/** FNV-1a, 64 bits. */
uint64_t checksum(const void *data, size_t size);

/** A stream of numbers for choosing test cases. */
uint32_t next_number(uint64_t *state);

#endif

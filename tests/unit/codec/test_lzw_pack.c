/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"
#include "memory_tiff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <tiff.h>

#include <cmocka.h>

static uint64_t state = 5;

static uint32_t next_random(uint32_t bound) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33) % bound;
}

/* Runs of up to `longest` bytes of `values` values. */
static uint8_t *make_runs(size_t size, uint32_t values, uint32_t longest) {
  uint8_t *data = malloc(size + 1);
  for (size_t at = 0; at < size;) {
    uint8_t value = (uint8_t)next_random(values);
    for (uint32_t left = 1 + next_random(longest); left > 0 && at < size; left--) {
      data[at++] = value;
    }
  }
  return data;
}

/* libtiff reads back what was packed. */
static void check_round_trip(const uint8_t *data, size_t size) {
  NodalError *error = NULL;
  NodalBytes packed = {0};
  assert_true(nodal_lzw_pack(data, size, &packed, &error));
  uint8_t *again = malloc(size + 1);
  assert_true(nodal_lzw_unpack(packed.data, packed.size, again, size, &error));
  assert_memory_equal(again, data, size);
  free(again);
  free(packed.data);
}

static void libtiff_reads_it(void **unused) {
  (void)unused;
  static const uint32_t values[] = {1, 2, 3, 8, 9, 20, 256}, longest[] = {1, 2, 7, 300, 5000, 300000};
  static const size_t sizes[] = {1, 2, 255, 4096, 70001, 262144};
  for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
    for (size_t l = 0; l < sizeof longest / sizeof *longest; l++) {
      for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        uint8_t *data = make_runs(sizes[s], values[v], longest[l]);
        check_round_trip(data, sizes[s]);
        free(data);
      }
    }
  }
  /* Where codes grow by a bit, where they are forgotten, and at the end of the data there. */
  uint8_t *noise = make_runs(20000, 256, 1);
  for (size_t size = 240; size < 20000; size += size < 300 || (size > 3700 && size < 4200) ? 1 : 97) {
    check_round_trip(noise, size);
  }
  free(noise);
}

/* Of less than 10,000 bytes libtiff makes no choices of its own: the bytes are the same. */
static void equals_libtiff(void **unused) {
  (void)unused;
  static const uint32_t values[] = {1, 2, 9, 256}, longest[] = {1, 5, 80, 3000};
  TestTile tile = {NODAL_COMPRESSION_LZW, 1, 96, 96, 1, 8, SAMPLEFORMAT_UINT, false};
  for (int i = 0; i < 16; i++) {
    uint8_t *data = make_runs(96 * 96, values[i / 4], longest[i % 4]);
    size_t size;
    uint8_t *theirs = test_tiff_pack(&tile, data, 96 * 96, &size);
    NodalError *error = NULL;
    NodalBytes ours = {0};
    assert_true(nodal_lzw_pack(data, 96 * 96, &ours, &error));
    assert_int_equal(ours.size, size);
    assert_memory_equal(ours.data, theirs, size);
    free(theirs);
    free(data);
    free(ours.data);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(libtiff_reads_it), cmocka_unit_test(equals_libtiff)};
  return cmocka_run_group_tests_name("LZW", tests, NULL, NULL);
}

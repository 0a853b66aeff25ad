/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The first numbers of the authors' own program for the state 1, 2, 3, 4. */
static void xoshiro(void **state) {
  (void)state;
  NodalRandom random = {{1, 2, 3, 4}};
  const uint64_t expected[] = {11520,
                               0,
                               1509978240,
                               UINT64_C(1215971899390074240),
                               UINT64_C(1216172134540287360),
                               UINT64_C(607988272756665600),
                               UINT64_C(16172922978634559625),
                               UINT64_C(8476171486693032832),
                               UINT64_C(10595114339597558777),
                               UINT64_C(2904607092377533576)};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    assert_true(nodal_random_bits(&random) == expected[i]);
  }
}

/* The streams as stated, from the definition of SplitMix64 as a generator. */
static uint64_t split_mix(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

static void streams(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 3; seed++) {
    for (uint64_t stream = 0; stream < 100; stream++) {
      uint64_t from = seed;
      uint64_t before = split_mix(&from) + stream - UINT64_C(0x9E3779B97F4A7C15);
      uint64_t words = split_mix(&before);
      NodalRandom random;
      nodal_random_start(&random, seed, stream);
      for (int i = 0; i < 4; i++) {
        assert_true(random.state[i] == split_mix(&words));
      }
    }
  }
}

/* Each number equally likely, also where 2^32 is no multiple of their count: within five standard deviations. */
static void numbers_below(void **state) {
  (void)state;
  enum { DRAWS = 100000 };
  NodalRandom random;
  nodal_random_start(&random, 7, 0);
  for (uint32_t bound = 1; bound <= 10; bound++) {
    int counts[10] = {0};
    for (int i = 0; i < DRAWS; i++) {
      uint32_t number = nodal_random_below(&random, bound);
      assert_true(number < bound);
      counts[number]++;
    }
    double share = 1.0 / bound, deviation = sqrt(DRAWS * share * (1 - share));
    for (uint32_t i = 0; i < bound; i++) {
      assert_true(fabs(counts[i] - DRAWS * share) <= 5 * deviation);
    }
  }
  /* Three quarters of 2^32: without rejection, every third number would be twice as likely. */
  int third = 0;
  for (int i = 0; i < DRAWS; i++) {
    third += nodal_random_below(&random, UINT32_C(3) << 30) % 3 == 0;
  }
  assert_true(fabs(third - DRAWS / 3.0) <= 5 * sqrt(DRAWS * 2.0 / 9));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(xoshiro),
      cmocka_unit_test(streams),
      cmocka_unit_test(numbers_below),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

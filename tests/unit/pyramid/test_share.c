/* SPDX-License-Identifier: Apache-2.0 */
#include "pyramid/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void remembers_by_kind_and_bytes(void **state) {
  (void)state;
  NodalShared shared = {0};
  NodalPlace place = {0, 0};
  assert_false(nodal_shared_find(&shared, 0, "abc", 3, &place));
  assert_true(nodal_shared_add(&shared, 0, "abc", 3, (NodalPlace){10, 3}, NULL));
  assert_true(nodal_shared_add(&shared, 1, "abc", 3, (NodalPlace){20, 4}, NULL));
  assert_true(nodal_shared_add(&shared, 0, "abcd", 4, (NodalPlace){30, 5}, NULL));
  assert_true(nodal_shared_find(&shared, 0, "abc", 3, &place));
  assert_true(place.offset == 10 && place.size == 3);
  assert_true(nodal_shared_find(&shared, 1, "abc", 3, &place));
  assert_true(place.offset == 20 && place.size == 4);
  assert_true(nodal_shared_find(&shared, 0, "abcd", 4, &place));
  assert_true(place.offset == 30);
  assert_false(nodal_shared_find(&shared, 0, "ab", 2, &place));
  assert_false(nodal_shared_find(&shared, 0, "abd", 3, &place));
  nodal_shared_clear(&shared);
  assert_false(nodal_shared_find(&shared, 0, "abc", 3, &place));
}

static void stops_when_full(void **state) {
  (void)state;
  NodalShared shared = {0};
  NodalPlace place;
  for (unsigned i = 0; i < 3 * NODAL_SHARED_SLOTS; i++) {
    assert_true(nodal_shared_add(&shared, 0, &i, sizeof i, (NodalPlace){i + 1, 1}, NULL));
  }
  int known = 0;
  for (unsigned i = 0; i < 3 * NODAL_SHARED_SLOTS; i++) {
    if (nodal_shared_find(&shared, 0, &i, sizeof i, &place)) {
      assert_int_equal(place.offset, i + 1);
      known++;
    }
  }
  assert_int_equal(known, NODAL_SHARED_SLOTS - 1);
  nodal_shared_clear(&shared);
}

static void leaves_long_keys(void **state) {
  (void)state;
  static unsigned char key[NODAL_SHARED_MAX_BYTES + 1];
  NodalShared shared = {0};
  NodalPlace place;
  assert_true(nodal_shared_add(&shared, 0, key, sizeof key, (NodalPlace){1, 1}, NULL));
  assert_false(nodal_shared_find(&shared, 0, key, sizeof key, &place));
  assert_true(nodal_shared_add(&shared, 0, key, sizeof key - 1, (NodalPlace){2, 1}, NULL));
  assert_true(nodal_shared_find(&shared, 0, key, sizeof key - 1, &place));
  /* Keys of this length fill a megabyte: then no more are taken. */
  int taken = 1;
  for (unsigned i = 1; i < 1000; i++) {
    memcpy(key, &i, sizeof i);
    assert_true(nodal_shared_add(&shared, 0, key, sizeof key - 1, (NodalPlace){i, 1}, NULL));
    taken += nodal_shared_find(&shared, 0, key, sizeof key - 1, &place);
  }
  assert_int_equal(taken, (1 << 20) / NODAL_SHARED_MAX_BYTES);
  nodal_shared_clear(&shared);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(remembers_by_kind_and_bytes),
      cmocka_unit_test(stops_when_full),
      cmocka_unit_test(leaves_long_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <nodal/selftest.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

typedef struct Reported {
  int count, failed;
  char names[64][64];
} Reported;

static void note(void *user, const char *check, const char *failure) {
  Reported *reported = user;
  assert_true(reported->count < 64);
  strncpy(reported->names[reported->count++], check, 63);
  if (failure) {
    print_error("%s: %s\n", check, failure);
    reported->failed++;
  }
}

static void every_check_passes(void **state) {
  (void)state;
  static Reported reported;
  NodalError *error = NULL;
  check_ok(nodal_self_test(note, &reported, &error), &error);
  assert_int_equal(reported.count, 25);
  assert_int_equal(reported.failed, 0);
  for (int i = 0; i < reported.count; i++) {
    for (int k = 0; k < i; k++) {
      assert_string_not_equal(reported.names[i], reported.names[k]);
    }
  }
  /* Nobody needs to listen. */
  assert_true(nodal_self_test(NULL, NULL, NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_check_passes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

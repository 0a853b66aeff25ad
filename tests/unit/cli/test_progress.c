/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"
#include "progress.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_line(void **state) {
  (void)state;
  char line[160];
  cli_progress_line(line, sizeof line, 100, "a.tif", 0.25, 400e6, 2);
  assert_string_equal(line, "a.tif  25% #####...............  50 Mpixel/s  0:06 left");
  cli_progress_line(line, sizeof line, 100, "a.tif", 0, 400e6, 2);
  assert_string_equal(line, "a.tif   0% ....................  0 Mpixel/s");
  cli_progress_line(line, sizeof line, 100, "a.tif", 1, 0, 2);
  assert_string_equal(line, "a.tif 100% ####################  0:00 left");
}

static void test_time_left(void **state) {
  (void)state;
  char line[160];
  cli_progress_line(line, sizeof line, 100, "a", 0.5, 0, 59.6);
  assert_string_equal(line, "a  50% ##########..........  1:00 left");
  cli_progress_line(line, sizeof line, 100, "a", 0.5, 0, 3723);
  assert_string_equal(line, "a  50% ##########..........  1:02:03 left");
  cli_progress_line(line, sizeof line, 100, "a", 1e-9, 0, 1e9);
  assert_string_equal(line, "a   0% ....................  99:59:59 left");
}

static void test_line_fits_the_terminal(void **state) {
  (void)state;
  char line[160];
  cli_progress_line(line, sizeof line, 12, "a.tif", 0.25, 400e6, 2);
  assert_string_equal(line, "a.tif  25% "); /* the last column stays free: writing there may wrap */
}

static void test_report_until_a_signal(void **state) {
  (void)state;
  const CliCommon common = {.quiet = true};
  const CliContext context = {.common = &common};
  CliProgress progress;
  cli_progress_start(&progress, &context, "work", 0);
  NodalProgress callback = cli_progress_callback(&progress);
  assert_false(progress.visible);
  assert_int_equal(cli_interrupted(), 0);
  assert_true(callback.report(callback.user, 1, 2));
  cli_interrupt_install();
  assert_int_equal(raise(SIGTERM), 0);
  assert_int_equal(cli_interrupted(), SIGTERM);
  assert_int_equal(raise(SIGINT), 0);
  assert_int_equal(cli_interrupted(), SIGTERM); /* the first one counts */
  assert_false(callback.report(callback.user, 2, 2));
  cli_progress_end(&progress);
  struct sigaction now;
  assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
  assert_true(now.sa_handler == SIG_DFL); /* a second one ends the program */
}

static void test_label(void **state) {
  (void)state;
  const CliCommon common = {.quiet = true};
  const CliContext context = {.common = &common};
  CliProgress progress;
  cli_progress_start(&progress, &context, "a\033[2Jb\xC3\xA4.tif", 0);
  assert_string_equal(progress.label, "a?[2Jb??.tif");
  cli_progress_start(&progress, &context, "0123456789012345678901234567890123456789", 0);
  assert_string_equal(progress.label, "0123456789012345678901234567890");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_line),
      cmocka_unit_test(test_time_left),
      cmocka_unit_test(test_line_fits_the_terminal),
      cmocka_unit_test(test_label),
      cmocka_unit_test(test_report_until_a_signal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

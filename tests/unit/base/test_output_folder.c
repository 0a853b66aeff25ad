/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/output_folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder for each test, and a path in it. */
static char home[200], goal[300];

static int set_up(void **state) {
  (void)state;
  const char *top = getenv("TMPDIR");
  snprintf(home, sizeof home, "%s/nodal-folder-XXXXXX", top ? top : "/tmp");
  if (!mkdtemp(home)) {
    return -1;
  }
  snprintf(goal, sizeof goal, "%s/goal", home);
  return 0;
}

static int entries(const char *path) {
  DIR *stream = opendir(path);
  assert_non_null(stream);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(stream));) {
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  }
  closedir(stream);
  return count;
}

static void put(const char *folder, const char *name) {
  char path[600];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *stream = fopen(path, "w");
  assert_non_null(stream);
  fclose(stream);
}

static bool is_there(const char *folder, const char *name) {
  char path[600];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return access(path, F_OK) == 0;
}

static int tear_down(void **state) {
  (void)state;
  char text[400];
  snprintf(text, sizeof text, "rm -r '%s'", home);
  return system(text);
}

static NodalOutputFolder *open_folder(bool force) {
  NodalError *error = NULL;
  NodalOutputFolder *folder = nodal_output_folder_open(goal, "marker", force, &error);
  if (!folder) {
    fail_msg("%s", nodal_error_message(error));
  }
  return folder;
}

static void expect_refusal(bool force, const char *reason) {
  NodalError *error = NULL;
  char message[400];
  snprintf(message, sizeof message, "%s: %s", goal, reason);
  assert_null(nodal_output_folder_open(goal, "marker", force, &error));
  assert_string_equal(nodal_error_message(error), message);
  nodal_error_free(error);
}

static void appears_when_it_is_complete(void **state) {
  (void)state;
  NodalOutputFolder *folder = open_folder(false);
  assert_string_equal(nodal_output_folder_name(folder), goal);
  put(nodal_output_folder_place(folder), "file");
  assert_false(is_there(home, "goal"));
  assert_int_equal(entries(home), 1);
  assert_true(nodal_output_folder_commit(folder, NULL));
  nodal_output_folder_free(folder);
  assert_true(is_there(goal, "file"));
  assert_int_equal(entries(home), 1);
}

static void is_removed_with_all_that_is_in_it(void **state) {
  (void)state;
  NodalOutputFolder *folder = open_folder(false);
  char deep[500];
  snprintf(deep, sizeof deep, "%s/deep", nodal_output_folder_place(folder));
  assert_int_equal(mkdir(deep, 0777), 0);
  put(deep, "file");
  char link[600];
  snprintf(link, sizeof link, "%s/link", deep);
  assert_int_equal(mkdir(goal, 0777), 0);
  put(goal, "precious");
  assert_int_equal(symlink(goal, link), 0); /* is removed, and not what it leads to */
  nodal_output_folder_free(folder);
  assert_true(is_there(goal, "precious"));
  assert_int_equal(entries(home), 1);
}

static void replaces_its_own_kind_alone(void **state) {
  (void)state;
  assert_int_equal(mkdir(goal, 0777), 0);
  expect_refusal(false, "exists already (--force replaces it)");
  put(goal, "precious");
  expect_refusal(true, "holds no marker and is not replaced");
  put(goal, "marker");
  NodalOutputFolder *folder = open_folder(true);
  put(nodal_output_folder_place(folder), "new");
  nodal_output_folder_free(folder);
  assert_true(is_there(goal, "precious"));
  folder = open_folder(true);
  put(nodal_output_folder_place(folder), "new");
  assert_true(nodal_output_folder_commit(folder, NULL));
  nodal_output_folder_free(folder);
  assert_true(is_there(goal, "new") && !is_there(goal, "precious"));
  assert_int_equal(entries(home), 1);
}

static void what_appeared_meanwhile_is_kept(void **state) {
  (void)state;
  NodalOutputFolder *folder = open_folder(false);
  assert_int_equal(mkdir(goal, 0777), 0);
  put(goal, "precious");
  NodalError *error = NULL;
  assert_false(nodal_output_folder_commit(folder, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_EXISTS);
  nodal_error_free(error);
  nodal_output_folder_free(folder);
  assert_true(is_there(goal, "precious"));
  assert_int_equal(entries(home), 1);
}

static void is_no_file(void **state) {
  (void)state;
  put(home, "goal");
  expect_refusal(false, "exists already (--force replaces it)");
  expect_refusal(true, "is no directory");
  NodalError *error = NULL;
  assert_null(nodal_output_folder_open("", "marker", false, &error));
  assert_string_equal(nodal_error_message(error), "the name of a folder is empty");
  nodal_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(appears_when_it_is_complete, set_up, tear_down),
      cmocka_unit_test_setup_teardown(is_removed_with_all_that_is_in_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(replaces_its_own_kind_alone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_appeared_meanwhile_is_kept, set_up, tear_down),
      cmocka_unit_test_setup_teardown(is_no_file, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

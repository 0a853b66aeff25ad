/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/output.h"
#include "base/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- Errors --- */

static void expect_error(NodalError *error, NodalErrorCode code, const char *message) {
  assert_non_null(error);
  assert_string_equal(nodal_error_message(error), message);
  assert_int_equal(nodal_error_code(error), code);
  nodal_error_free(error);
}

static void errors_are_one_line(void **state) {
  (void)state;
  NodalError *error = NULL;
  assert_false(nodal_fail(&error, NODAL_ERROR_FORMAT, "line %d\nand\t%s\r\n", 1, "more"));
  expect_error(error, NODAL_ERROR_FORMAT, "line 1 and more");
  error = NULL;
  assert_false(nodal_fail_errno(&error, ENOENT, "%s", "a.tif"));
  expect_error(error, NODAL_ERROR_IO, "a.tif: No such file or directory");
  error = NULL;
  assert_false(nodal_fail_errno(&error, ENOMEM, "a"));
  expect_error(error, NODAL_ERROR_MEMORY, "a: Cannot allocate memory");
  error = NULL;
  assert_false(nodal_fail_memory(&error));
  expect_error(error, NODAL_ERROR_MEMORY, "out of memory");
  assert_false(nodal_fail(NULL, NODAL_ERROR_IO, "nobody listens"));
  assert_false(nodal_fail_errno(NULL, EIO, "nobody listens"));
  assert_false(nodal_fail_memory(NULL));
  nodal_error_free(NULL);
}

static void prefixes_go_before(void **state) {
  (void)state;
  NodalError *error = NULL;
  nodal_error_prefix(&error, "nothing");
  assert_null(error);
  nodal_error_prefix(NULL, "nothing");
  nodal_fail(&error, NODAL_ERROR_UNSUPPORTED, "codec %d", 99);
  nodal_error_prefix(&error, "tile %d", 7);
  nodal_error_prefix(&error, "%s", "b.svs");
  expect_error(error, NODAL_ERROR_UNSUPPORTED, "b.svs: tile 7: codec 99");
}

/* --- Memory --- */

static void arrays_grow_and_keep(void **state) {
  (void)state;
  int *array = NULL;
  size_t capacity = 0;
  for (int i = 0; i < 1000; i++) {
    assert_true(nodal_grow_array(&array, &capacity, (size_t)i + 1, sizeof *array, NULL));
    assert_true(capacity > (size_t)i);
    array[i] = i;
  }
  for (int i = 0; i < 1000; i++) {
    assert_int_equal(array[i], i);
  }
  int *before = array;
  NodalError *error = NULL;
  assert_false(nodal_grow_array(&array, &capacity, SIZE_MAX / 2, sizeof *array, &error));
  expect_error(error, NODAL_ERROR_MEMORY, "out of memory");
  assert_ptr_equal(array, before);
  free(array);
}

static void sizes_are_checked(void **state) {
  (void)state;
  size_t result = 0;
  assert_true(nodal_mul_size(1 << 16, 1 << 16, &result));
  assert_true(result == (size_t)1 << 32);
  assert_false(nodal_mul_size(SIZE_MAX / 2, 3, &result));
  assert_true(nodal_add_size(SIZE_MAX - 1, 1, &result));
  assert_false(nodal_add_size(SIZE_MAX, 1, &result));
  NodalError *error = NULL;
  assert_null(nodal_alloc_array(SIZE_MAX / 2, 3, &error));
  expect_error(error, NODAL_ERROR_MEMORY, "out of memory");
  assert_true(nodal_div_up(0, 7) == 0);
  assert_true(nodal_div_up(14, 7) == 2);
  assert_true(nodal_div_up(15, 7) == 3);
  assert_true(nodal_div_up(INT64_MAX, 2) == INT64_MAX / 2 + 1);
  void *empty = nodal_alloc(0, NULL);
  assert_non_null(empty);
  free(empty);
  char *text = nodal_strdup(NULL, NULL);
  assert_string_equal(text, "");
  free(text);
  text = nodal_strdup_printf(NULL, "%d-%s", 5, "x");
  assert_string_equal(text, "5-x");
  free(text);
}

/* --- A folder of its own for each test --- */

static int make_folder(void **state) {
  char *folder = strdup("/tmp/nodal-test-XXXXXX");
  *state = folder;
  return folder && mkdtemp(folder) ? 0 : -1;
}

static char *path_in(const char *folder, const char *name) {
  char *path = NULL;
  assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
  return path;
}

static int remove_folder(void **state) {
  DIR *folder = opendir(*state);
  for (struct dirent *entry; folder && (entry = readdir(folder));) {
    if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2) {
      unlinkat(dirfd(folder), entry->d_name, 0);
    }
  }
  closedir(folder);
  rmdir(*state);
  free(*state);
  return 0;
}

static int count_files(const char *path) {
  DIR *folder = opendir(path);
  assert_non_null(folder);
  int count = -2; /* "." and ".." */
  while (readdir(folder)) {
    count++;
  }
  closedir(folder);
  return count;
}

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
  fclose(file);
}

static void expect_file(const char *path, const char *text) {
  char buffer[64] = "";
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t got = fread(buffer, 1, sizeof buffer - 1, file);
  fclose(file);
  assert_int_equal(got, strlen(text));
  assert_string_equal(buffer, text);
}

/* --- Source --- */

static void files_and_memory_read_alike(void **state) {
  char *path = path_in(*state, "in.bin");
  write_file(path, "0123456789");
  for (int i = 0; i < 2; i++) {
    NodalError *error = NULL;
    NodalSource *source = i ? nodal_source_open(path, NULL) : nodal_source_new_memory("0123456789", 10, path, NULL);
    assert_non_null(source);
    assert_int_equal(nodal_source_size(source), 10);
    assert_string_equal(nodal_source_name(source), path);
    assert_int_equal(nodal_source_path(source) != NULL, i);
    char buffer[16] = "";
    assert_true(nodal_source_read(source, buffer, 4, 3, NULL));
    assert_string_equal(buffer, "3456");
    assert_true(nodal_source_read(source, buffer, 0, 10, NULL));
    assert_false(nodal_source_read(source, buffer, 4, 7, &error));
    char message[200];
    snprintf(message, sizeof message, "%s: is truncated: 4 bytes at offset 7, but the file has 10", path);
    expect_error(error, NODAL_ERROR_FORMAT, message);
    size_t got;
    assert_true(nodal_source_read_some(source, buffer, 16, 8, &got, NULL));
    assert_int_equal(got, 2);
    assert_true(nodal_source_read_some(source, buffer, 16, UINT64_MAX, &got, NULL));
    assert_int_equal(got, 0);
    assert_true(nodal_source_holds(source, 0, 10));
    assert_true(nodal_source_holds(source, 10, 0));
    assert_false(nodal_source_holds(source, 0, 11));
    assert_false(nodal_source_holds(source, 11, 0));
    assert_false(nodal_source_holds(source, 5, UINT64_MAX));
    assert_ptr_equal(nodal_source_ref(source), source);
    nodal_source_unref(source);
    nodal_source_unref(source);
  }
  nodal_source_unref(NULL);
  free(path);
}

static void only_regular_files_are_opened(void **state) {
  char message[200];
  NodalError *error = NULL;
  assert_null(nodal_source_open(*state, &error));
  snprintf(message, sizeof message, "%s: is a directory", (const char *)*state);
  expect_error(error, NODAL_ERROR_IO, message);

  char *path = path_in(*state, "pipe");
  assert_int_equal(mkfifo(path, 0600), 0);
  error = NULL;
  assert_null(nodal_source_open(path, &error)); /* and does not wait for a writer */
  snprintf(message, sizeof message, "%s: is not a regular file", path);
  expect_error(error, NODAL_ERROR_IO, message);
  free(path);

  path = path_in(*state, "none");
  error = NULL;
  assert_null(nodal_source_open(path, &error));
  snprintf(message, sizeof message, "%s: No such file or directory", path);
  expect_error(error, NODAL_ERROR_IO, message);
  free(path);
}

static void a_file_that_shrinks_is_an_error(void **state) {
  char *path = path_in(*state, "in.bin"), buffer[10], message[200];
  write_file(path, "0123456789");
  NodalSource *source = nodal_source_open(path, NULL);
  assert_int_equal(truncate(path, 5), 0);
  NodalError *error = NULL;
  assert_false(nodal_source_read(source, buffer, 10, 0, &error));
  snprintf(message, sizeof message, "%s: Input/output error", path);
  expect_error(error, NODAL_ERROR_IO, message);
  nodal_source_unref(source);
  free(path);
}

/* --- Output --- */

static void output_appears_when_complete(void **state) {
  char *path = path_in(*state, "out.tif");
  NodalOutput *output = nodal_output_open(path, false, NULL);
  assert_non_null(output);
  assert_string_equal(nodal_output_name(output), path);
  assert_true(nodal_output_write(output, "world", 5, 6, NULL));
  assert_true(nodal_output_write(output, "hello ", 6, 0, NULL));
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(count_files(*state), 1);
  assert_true(nodal_output_commit(output, NULL));
  nodal_output_free(output);
  expect_file(path, "hello world");
  assert_int_equal(count_files(*state), 1);
  free(path);
}

static void output_given_up_leaves_nothing(void **state) {
  char *path = path_in(*state, "out.tif");
  NodalOutput *output = nodal_output_open(path, false, NULL);
  assert_true(nodal_output_write(output, "x", 1, 0, NULL));
  nodal_output_free(output);
  assert_int_equal(count_files(*state), 0);
  nodal_output_free(NULL);
  free(path);
}

static void existing_files_are_kept(void **state) {
  char *path = path_in(*state, "out.tif"), message[200];
  snprintf(message, sizeof message, "%s: exists already (--force replaces it)", path);
  write_file(path, "old");
  NodalError *error = NULL;
  assert_null(nodal_output_open(path, false, &error));
  expect_error(error, NODAL_ERROR_EXISTS, message);
  /* Somebody else made it in the meantime. */
  unlink(path);
  NodalOutput *output = nodal_output_open(path, false, NULL);
  assert_true(nodal_output_write(output, "new", 3, 0, NULL));
  write_file(path, "old");
  error = NULL;
  assert_false(nodal_output_commit(output, &error));
  expect_error(error, NODAL_ERROR_EXISTS, message);
  nodal_output_free(output);
  expect_file(path, "old");
  assert_int_equal(count_files(*state), 1);
  /* By force. */
  output = nodal_output_open(path, true, NULL);
  assert_true(nodal_output_write(output, "new", 3, 0, NULL));
  expect_file(path, "old");
  assert_true(nodal_output_commit(output, NULL));
  nodal_output_free(output);
  expect_file(path, "new");
  error = NULL;
  assert_null(nodal_output_open(*state, true, &error));
  snprintf(message, sizeof message, "%s: is a directory", (const char *)*state);
  expect_error(error, NODAL_ERROR_IO, message);
  free(path);
}

static void memory_output_fills_gaps_with_zero(void **state) {
  (void)state;
  NodalOutput *output = nodal_output_new_memory("name", NULL);
  assert_true(nodal_output_write(output, "ab", 2, 0, NULL));
  assert_true(nodal_output_write(output, "yz", 2, 4, NULL));
  assert_true(nodal_output_write(output, "B", 1, 1, NULL));
  assert_true(nodal_output_commit(output, NULL));
  size_t size;
  const void *bytes = nodal_output_memory(output, &size);
  assert_int_equal(size, 6);
  assert_memory_equal(bytes, "aB\0\0yz", 6);
  nodal_output_free(output);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(errors_are_one_line),
      cmocka_unit_test(prefixes_go_before),
      cmocka_unit_test(arrays_grow_and_keep),
      cmocka_unit_test(sizes_are_checked),
      cmocka_unit_test_setup_teardown(files_and_memory_read_alike, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(only_regular_files_are_opened, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(a_file_that_shrinks_is_an_error, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(output_appears_when_complete, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(output_given_up_leaves_nothing, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(existing_files_are_kept, make_folder, remove_folder),
      cmocka_unit_test(memory_output_fills_gaps_with_zero),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

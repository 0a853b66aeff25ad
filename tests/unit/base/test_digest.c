/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect_digest(const void *data, size_t size, NodalDigest digest, const char *expected) {
  NodalSource *source = nodal_source_new_memory(data, size, "bytes", NULL);
  char text[NODAL_DIGEST_TEXT];
  NodalError *error = NULL;
  if (!nodal_digest_source(source, digest, NULL, text, &error)) {
    fail_msg("%s", nodal_error_message(error));
  }
  assert_string_equal(text, expected);
  assert_int_equal(strlen(text), nodal_digest_length(digest));
  nodal_source_unref(source);
}

/* Appendix A.5 of RFC 1321. */
static void test_md5(void **state) {
  (void)state;
  static const struct {
    const char *text, *digest;
  } vectors[] = {
      {"", "d41d8cd98f00b204e9800998ecf8427e"},
      {"a", "0cc175b9c0f1b6a831c399e269772661"},
      {"abc", "900150983cd24fb0d6963f7d28e17f72"},
      {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
      {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
      {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
      {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
       "57edf4a22be3c955ac49da2e2107b67a"},
  };
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    expect_digest(vectors[i].text, strlen(vectors[i].text), NODAL_DIGEST_MD5, vectors[i].digest);
  }
  assert_string_equal(nodal_digest_name(NODAL_DIGEST_MD5), "md5");
}

/* Section 8.5 of RFC 6234: tests 1 and 2, and test 3, a million times "a", which is no whole number of buffers less
 * one. */
static void test_sha256(void **state) {
  (void)state;
  expect_digest("abc", 3, NODAL_DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  expect_digest(two, strlen(two), NODAL_DIGEST_SHA256,
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  size_t size = 1000000;
  char *many = malloc(size);
  memset(many, 'a', size);
  expect_digest(many, size, NODAL_DIGEST_SHA256, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  free(many);
  assert_string_equal(nodal_digest_name(NODAL_DIGEST_SHA256), "sha256");
}

typedef struct Watch {
  uint64_t last, total;
  int calls, stop_at;
} Watch;

static bool watch(void *user, uint64_t done, uint64_t total) {
  Watch *seen = user;
  assert_true(done > seen->last && done <= total);
  seen->last = done;
  seen->total = total;
  return ++seen->calls != seen->stop_at;
}

/* Over several buffers, beside the program of GNU coreutils. */
static void test_file_against_md5sum(void **state) {
  (void)state;
  char path[] = "/tmp/nodal-digest-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  FILE *file = fdopen(descriptor, "wb");
  enum { SIZE = 3000017 };
  for (uint32_t i = 0, value = 1; i < SIZE; i++) {
    value = value * 1664525u + 1013904223u;
    fputc((int)(value >> 24), file);
  }
  fclose(file);
  static const char *const programs[] = {"md5sum", "sha256sum"};
  for (int digest = NODAL_DIGEST_MD5; digest <= NODAL_DIGEST_SHA256; digest++) {
    char command[64], expected[128] = "", text[NODAL_DIGEST_TEXT];
    snprintf(command, sizeof command, "%s %s", programs[digest], path);
    FILE *pipe = popen(command, "r");
    assert_non_null(fgets(expected, sizeof expected, pipe));
    assert_int_equal(pclose(pipe), 0);
    expected[strcspn(expected, " ")] = '\0';
    NodalSource *source = nodal_source_open(path, NULL);
    Watch seen = {0};
    NodalProgress progress = {watch, &seen};
    assert_true(nodal_digest_source(source, (NodalDigest)digest, &progress, text, NULL));
    assert_string_equal(text, expected);
    assert_true(seen.last == SIZE && seen.total == SIZE && seen.calls > 1);
    nodal_source_unref(source);
  }
  remove(path);
}

static void test_cancelled(void **state) {
  (void)state;
  size_t size = 5 << 20;
  char *zeros = calloc(size, 1), text[NODAL_DIGEST_TEXT];
  NodalSource *source = nodal_source_new_memory(zeros, size, "zeros", NULL);
  Watch seen = {.stop_at = 2};
  NodalProgress progress = {watch, &seen};
  NodalError *error = NULL;
  assert_false(nodal_digest_source(source, NODAL_DIGEST_MD5, &progress, text, &error));
  assert_int_equal(nodal_error_code(error), NODAL_ERROR_CANCELLED);
  assert_int_equal(seen.calls, 2);
  nodal_error_free(error);
  nodal_source_unref(source);
  free(zeros);
}

static int fail_reading(void *user, void *buffer, size_t size, uint64_t offset) {
  (void)user;
  memset(buffer, 0, size);
  return offset == 0 ? 0 : 5; /* EIO */
}

static void test_unreadable(void **state) {
  (void)state;
  NodalSourceFunctions functions = {fail_reading, NULL};
  NodalSource *source = nodal_source_new(&functions, NULL, 3 << 20, "bad.tif", NULL);
  char text[NODAL_DIGEST_TEXT];
  NodalError *error = NULL;
  assert_false(nodal_digest_source(source, NODAL_DIGEST_SHA256, NULL, text, &error));
  assert_string_equal(nodal_error_message(error), "bad.tif: Input/output error");
  nodal_error_free(error);
  nodal_source_unref(source);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_md5),       cmocka_unit_test(test_sha256),     cmocka_unit_test(test_file_against_md5sum),
      cmocka_unit_test(test_cancelled), cmocka_unit_test(test_unreadable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

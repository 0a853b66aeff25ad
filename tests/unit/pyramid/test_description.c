/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/description.h"
#include "support.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PROPERTY(NAME, VALUE)                                                                                          \
  { (char *)(uintptr_t)(NAME), (char *)(uintptr_t)(VALUE) }

static char *format(const NodalProperty *properties, size_t count, bool label) {
  NodalError *error = NULL;
  char *text = nodal_description_format(properties, count, label, &error);
  check_ok(text != NULL, &error);
  return text;
}

static void formats(void **state) {
  (void)state;
  const NodalProperty properties[] = {
      PROPERTY("scanner", "X=1|Y=2"),
      PROPERTY("openslide.vendor", "aperio"),
      PROPERTY("openslide.mpp-x", "0.5"),
      PROPERTY("openslide.level-count", "3"),
      PROPERTY("openslide.level[0].width", "3"),
      PROPERTY("openslide.quickhash-1", "abc"),
      PROPERTY("tiff.ImageDescription", "text"),
      PROPERTY("openslide.comment", "a\nb\\c\td"),
      PROPERTY("a=b", "<?xml DICOM XML Xml xmlxml"),
      PROPERTY("", "nothing"),
      PROPERTY("empty", ""),
  };
  char *text = format(properties, sizeof properties / sizeof *properties, false);
  assert_string_equal(text, "nodal slide\n"
                            "scanner=X=1|Y=2\n"
                            "openslide.comment=a\\nb\\\\c\\x09d\n"
                            "a\\x3db=<?\\x78ml \\x44ICOM \\x58ML Xml \\x78ml\\x78ml\n"
                            "empty=");
  free(text);
  text = format(NULL, 0, true);
  assert_string_equal(text, "nodal label");
  free(text);
}

static void leaves_out_what_is_too_long(void **state) {
  (void)state;
  char *value = malloc(NODAL_DESCRIPTION_MAX_VALUE + 2);
  memset(value, 'v', NODAL_DESCRIPTION_MAX_VALUE + 1);
  value[NODAL_DESCRIPTION_MAX_VALUE + 1] = '\0';
  NodalProperty one = {(char *)(uintptr_t) "n", value};
  char *text = format(&one, 1, false);
  assert_string_equal(text, "nodal slide");
  free(text);
  value[NODAL_DESCRIPTION_MAX_VALUE] = '\0';
  text = format(&one, 1, false);
  assert_int_equal(strlen(text), strlen("nodal slide\nn=") + NODAL_DESCRIPTION_MAX_VALUE);
  free(text);
  NodalProperty *many = malloc(1000 * sizeof *many);
  for (int i = 0; i < 1000; i++) {
    many[i] = one;
  }
  text = format(many, 1000, false);
  size_t each = NODAL_DESCRIPTION_MAX_VALUE + 3;
  assert_int_equal(strlen(text),
                   strlen("nodal slide") + (NODAL_DESCRIPTION_MAX_TOTAL - strlen("nodal slide")) / each * each);
  free(text);
  free(many);
  free(value);
}

static void recognizes(void **state) {
  (void)state;
  bool label = true;
  assert_true(nodal_description_recognize("nodal slide", &label));
  assert_false(label);
  assert_true(nodal_description_recognize("nodal label\na=b", &label));
  assert_true(label);
  assert_true(nodal_description_recognize("nodal slide\r\na=b", NULL));
  assert_false(nodal_description_recognize("nodal slides", &label));
  assert_false(nodal_description_recognize("Aperio nodal slide", &label));
  assert_false(nodal_description_recognize("", &label));
  assert_false(nodal_description_recognize(NULL, &label));
}

typedef struct Found {
  char names[16][32], values[16][64];
  int count, stop_at;
} Found;

static bool take(void *user, const char *name, const char *value, NodalError **error) {
  Found *found = user;
  if (found->count == found->stop_at) {
    return nodal_fail(error, NODAL_ERROR_MEMORY, "enough");
  }
  snprintf(found->names[found->count], sizeof found->names[0], "%s", name);
  snprintf(found->values[found->count], sizeof found->values[0], "%s", value);
  found->count++;
  return true;
}

static void parses_what_it_formats(void **state) {
  (void)state;
  const NodalProperty properties[] = {PROPERTY("one", "1"), PROPERTY("a=b\\\n", "=\\x41\\n\n\r\n\\"),
                                      PROPERTY("xml", "DICOMxmlXML"), PROPERTY("utf", "J\xc3\xb6rg \xe5\xa4\xa7"),
                                      PROPERTY("none", "")};
  size_t count = sizeof properties / sizeof *properties;
  char *text = format(properties, count, true);
  Found found = {.stop_at = 16};
  NodalError *error = NULL;
  check_ok(nodal_description_parse(text, take, &found, &error), &error);
  assert_int_equal(found.count, count);
  for (size_t i = 0; i < count; i++) {
    assert_string_equal(found.names[i], properties[i].name);
    assert_string_equal(found.values[i], properties[i].value);
  }
  found = (Found){.stop_at = 1};
  check_error(nodal_description_parse(text, take, &found, &error), &error, NODAL_ERROR_MEMORY, "enough");
  free(text);
}

static void takes_damaged_text_as_it_is(void **state) {
  (void)state;
  Found found = {.stop_at = 16};
  NodalError *error = NULL;
  check_ok(nodal_description_parse("nodal slide\n\nno equals sign\n=no name\na=\\x\nb=\\xg1\\\nc=\\q\\x00z\r\n", take,
                                   &found, &error),
           &error);
  assert_int_equal(found.count, 3);
  assert_string_equal(found.values[0], "\\x");
  assert_string_equal(found.values[1], "\\xg1\\");
  assert_string_equal(found.values[2], "\\q\\x00z");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(formats),
      cmocka_unit_test(leaves_out_what_is_too_long),
      cmocka_unit_test(recognizes),
      cmocka_unit_test(parses_what_it_formats),
      cmocka_unit_test(takes_damaged_text_as_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

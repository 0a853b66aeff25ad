/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: the description that carries a slide's properties. What is read from it, and can be written, must come back
 * the same from a description that is written of it.
 */
#include "fuzz.h"
#include "slide/description.h"

enum { MAX_INPUT = 1 << 16 };

typedef struct List {
  NodalProperty *items;
  size_t count, capacity;
} List;

static bool collect(void *user, const char *name, const char *value, NodalError **error) {
  (void)error;
  List *list = user;
  FUZZ_REQUIRE(name[0] != '\0');
  if (list->count == list->capacity) {
    list->capacity = list->capacity ? 2 * list->capacity : 16;
    list->items = realloc(list->items, list->capacity * sizeof *list->items);
  }
  list->items[list->count++] = (NodalProperty){strdup(name), strdup(value)};
  return true;
}

static void parse(const char *text, List *list) {
  NodalError *error = NULL;
  bool parsed = nodal_description_parse(text, collect, list, &error);
  fuzz_check_outcome(parsed, error, "");
  FUZZ_REQUIRE(parsed);
}

static char *format(const List *list, bool label) {
  NodalError *error = NULL;
  char *text = nodal_description_format(list->items, list->count, label, &error);
  fuzz_check_outcome(text != NULL, error, "");
  FUZZ_REQUIRE(!strstr(text, "DICOM") && !strstr(text, "xml") && !strstr(text, "XML"));
  return text;
}

/* Every item of the second list stands in the first one, in the same order. */
static void check_order(const List *first, const List *second) {
  size_t at = 0;
  for (size_t i = 0; i < second->count; i++, at++) {
    const NodalProperty *wanted = &second->items[i];
    while (at < first->count &&
           (strcmp(first->items[at].name, wanted->name) != 0 || strcmp(first->items[at].value, wanted->value) != 0)) {
      at++;
    }
    FUZZ_REQUIRE(at < first->count);
  }
}

static void free_list(List *list) {
  for (size_t i = 0; i < list->count; i++) {
    free(list->items[i].name);
    free(list->items[i].value);
  }
  free(list->items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > MAX_INPUT) {
    return 0;
  }
  char *text = malloc(size + 1);
  memcpy(text, data, size);
  text[size] = '\0';
  bool label = false, label_again = false;
  List first = {0}, second = {0};
  nodal_description_recognize(text, &label);
  parse(text, &first);
  char *again = format(&first, label);
  FUZZ_REQUIRE(nodal_description_recognize(again, &label_again) && label_again == label);
  parse(again, &second);
  check_order(&first, &second);
  char *third = format(&second, label);
  FUZZ_REQUIRE(strcmp(again, third) == 0);
  free(third);
  free(again);
  free_list(&first);
  free_list(&second);
  free(text);
  return 0;
}

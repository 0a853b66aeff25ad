/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "server/document.h"
#include "server/route.h"

#include <math.h>
#include <stdlib.h>

/*
 * What reaches `nodal view` from outside: a line of method and address, or, where the input begins with a brace or
 * bracket, operations on annotations. Whatever is accepted must be a path of its own table, and a set that can be made.
 */

static void check_route(const uint8_t *data, size_t size) {
  char line[4096];
  if (size >= sizeof line) {
    return;
  }
  memcpy(line, data, size);
  line[size] = '\0';
  char *space = strchr(line, ' ');
  const char *url = space ? space + 1 : line;
  if (space) {
    *space = '\0';
  }
  ViewPath path;
  int status = view_route_find(space ? line : "GET", url, &path);
  if (status == 0) {
    FUZZ_REQUIRE((unsigned)path.route < VIEW_ROUTE_COUNT && path.level >= 0 && path.column >= 0 && path.row >= 0);
    FUZZ_REQUIRE(!strchr(path.name, '/') && !strchr(path.id, '.') && !strchr(path.other, '.'));
  }
  double number;
  FUZZ_REQUIRE(!view_parse_number(url, &number) || isfinite(number));
}

static ViewDocument *start(void) {
  ViewDocument *document = view_document_new();
  size_t counts[] = {3};
  ViewItem *item = view_item_new("a0", "first", 1, counts);
  ViewGroup *group = view_group_new("g0", "Tumor");
  FUZZ_REQUIRE(document && item && group);
  item->shape = NODAL_SHAPE_POLYGON;
  memcpy(item->group, "g0", 3);
  FUZZ_REQUIRE(view_group_add_attribute(group, "key", "value"));
  FUZZ_REQUIRE(view_document_insert_item(document, 0, item) && view_document_insert_group(document, 0, group));
  return document;
}

static void check_operations(const uint8_t *data, size_t size) {
  json_t *operations = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
  for (int all = 0; operations && all < 2; all++) {
    ViewDocument *before = start(), *document = view_document_copy(before);
    ViewFault fault = {0};
    bool good = view_document_apply(document, operations, (ViewHolds){all, all, all, all}, &fault);
    FUZZ_REQUIRE(good == (fault.status == 0));
    NodalAnnotationSet *set = good ? view_document_to_set(document, &fault) : NULL;
    /* Groups may be nested too deep, or be twice in one place; all else was checked. */
    FUZZ_REQUIRE(!good || set || fault.status == 400);
    ViewText text = {0};
    view_document_print(document, &text);
    free(text.data);
    nodal_annotation_set_free(set);
    view_document_free(document);
    FUZZ_REQUIRE(before->count == 1 && before->group_count == 1);
    view_document_free(before);
  }
  json_decref(operations);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 0 && (data[0] == '[' || data[0] == '{')) {
    check_operations(data, size);
  } else {
    check_route(data, size);
  }
  return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MIB = 1 << 20, MAX_DIGITS = 9 };

const ViewRoute view_routes[VIEW_ROUTE_COUNT] = {
    [VIEW_HEALTH] = {"GET", "/health", 0},
    [VIEW_VERSION] = {"GET", "/version", 0},
    [VIEW_OPENAPI] = {"GET", "/openapi.json", 0},
    [VIEW_SESSION] = {"POST", "/session", 1024},
    [VIEW_SLIDES] = {"GET", "/slides", 0},
    [VIEW_SLIDE] = {"GET", "/slides/{id}", 0},
    [VIEW_TILE] = {"GET", "/slides/{id}/tiles/{level}/{column}_{row}.jpg", 0},
    [VIEW_THUMBNAIL] = {"GET", "/slides/{id}/thumbnail", 0},
    [VIEW_ASSOCIATED] = {"GET", "/slides/{id}/associated/{name}", 0},
    [VIEW_PIXEL] = {"GET", "/slides/{id}/pixel", 0},
    [VIEW_REGION] = {"GET", "/slides/{id}/region", 0},
    [VIEW_OVERLAYS] = {"GET", "/slides/{id}/overlays", 0},
    [VIEW_OVERLAY_TILE] = {"GET", "/slides/{id}/overlays/{oid}/tiles/{level}/{column}_{row}.png", 0},
    [VIEW_ANNOTATIONS] = {"GET", "/slides/{id}/annotations", 0},
    [VIEW_ANNOTATIONS_PATCH] = {"PATCH", "/slides/{id}/annotations", 16 * MIB},
    [VIEW_ANNOTATIONS_EXPORT] = {"GET", "/slides/{id}/annotations/export", 0},
    [VIEW_ANNOTATIONS_IMPORT] = {"POST", "/slides/{id}/annotations/import", 64 * MIB},
    [VIEW_PAIR] = {"GET", "/pairs/{a}/{b}", 0},
    [VIEW_PAIR_PUT] = {"PUT", "/pairs/{a}/{b}", MIB},
};

/* --- What stands for the variables of a pattern --- */

static size_t take_number(const char *text, int64_t *value) {
  size_t digits = strspn(text, "0123456789");
  if (digits > MAX_DIGITS || (digits > 1 && text[0] == '0')) {
    return 0;
  }
  *value = 0;
  for (size_t i = 0; i < digits; i++) {
    *value = *value * 10 + (text[i] - '0');
  }
  return digits;
}

static size_t take_text(const char *text, char *value, size_t size, const char *letters) {
  size_t length = letters ? strspn(text, letters) : strcspn(text, "/");
  if (length >= size) {
    return 0;
  }
  memcpy(value, text, length);
  value[length] = '\0';
  return length;
}

/* Returns how much of `text` is the variable, 0 if it is none. */
static size_t take_variable(const char *name, size_t length, const char *text, ViewPath *path) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
  int64_t level = 0;
  size_t used = 0;
  switch (length > 0 ? name[0] : 0) {
  case 'i':
  case 'a':
    return take_text(text, path->id, sizeof path->id, letters);
  case 'o':
  case 'b':
    return take_text(text, path->other, sizeof path->other, letters);
  case 'n':
    return take_text(text, path->name, sizeof path->name, NULL);
  case 'c':
    return take_number(text, &path->column);
  case 'r':
    return take_number(text, &path->row);
  case 'l':
    used = take_number(text, &level);
    path->level = (int)level;
    return used;
  default:
    return 0;
  }
}

static bool matches(const char *pattern, const char *url, ViewPath *path) {
  while (*pattern) {
    if (*pattern != '{') {
      if (*pattern++ != *url++) {
        return false;
      }
      continue;
    }
    size_t length = strcspn(pattern + 1, "}");
    size_t used = take_variable(pattern + 1, length, url, path);
    if (used == 0) {
      return false;
    }
    url += used;
    pattern += length + 2;
  }
  return *url == '\0';
}

int view_route_find(const char *method, const char *url, ViewPath *path) {
  size_t prefix = sizeof VIEW_API - 1;
  int status = 404;
  if (strncmp(url, VIEW_API, prefix) != 0) {
    return status;
  }
  for (int i = 0; i < VIEW_ROUTE_COUNT; i++) {
    *path = (ViewPath){.route = (ViewRouteId)i};
    if (!matches(view_routes[i].pattern, url + prefix, path)) {
      continue;
    }
    /* HEAD is answered as GET, whose body the library leaves out. */
    if (strcmp(method, view_routes[i].method) == 0 ||
        (strcmp(method, "HEAD") == 0 && strcmp(view_routes[i].method, "GET") == 0)) {
      return 0;
    }
    status = 405;
  }
  return status;
}

bool view_parse_number(const char *text, double *value) {
  if (!text || !*text || strlen(text) > 40 || strspn(text, "0123456789+-.eE") != strlen(text)) {
    return false;
  }
  char *end;
  *value = strtod(text, &end);
  return *end == '\0' && isfinite(*value);
}

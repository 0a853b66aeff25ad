/* SPDX-License-Identifier: Apache-2.0 */
#include "annotation/wkt.h"

#include "base/number.h"

#include <string.h>
#include <strings.h>

typedef struct Wkt {
  const char *text, *at;
  NodalRingBuffer *points;
} Wkt;

/* Goes to the next byte that is not blank and gives it; 0 at the end. */
static char peek(Wkt *wkt) {
  wkt->at += strspn(wkt->at, " \t\r\n");
  return *wkt->at;
}

static bool fail(const Wkt *wkt, const char *wanted, NodalError **error) {
  return nodal_fail(error, NODAL_ERROR_FORMAT, "byte %zu of the WKT: %s is expected%s",
                    (size_t)(wkt->at - wkt->text) + 1, wanted, *wkt->at ? "" : " where it ends");
}

static bool expect(Wkt *wkt, char wanted, NodalError **error) {
  char shown[] = {'\'', wanted, '\'', '\0'};
  if (peek(wkt) != wanted) {
    return fail(wkt, shown, error);
  }
  wkt->at++;
  return true;
}

/* Whether a comma follows, which is passed. */
static bool goes_on(Wkt *wkt) {
  bool comma = peek(wkt) == ',';
  wkt->at += comma;
  return comma;
}

static bool read_number(Wkt *wkt, double *value, NodalError **error) {
  peek(wkt);
  size_t length = strspn(wkt->at, "+-.0123456789Ee");
  if (!nodal_parse_decimal(wkt->at, length, value)) {
    return fail(wkt, "a number", error);
  }
  wkt->at += length;
  return true;
}

static bool read_position(Wkt *wkt, NodalError **error) {
  double x, y;
  return read_number(wkt, &x, error) && read_number(wkt, &y, error) && nodal_ring_buffer_add(wkt->points, x, y, error);
}

/* "(1 2, 3 4)" as one ring; each position may have brackets of its own where it is a MULTIPOINT. */
static bool read_run(Wkt *wkt, bool hole, bool bracketed, NodalError **error) {
  if (!expect(wkt, '(', error) || !nodal_ring_buffer_start(wkt->points, hole, error)) {
    return false;
  }
  do {
    bool inner = bracketed && peek(wkt) == '(';
    wkt->at += inner;
    if (!read_position(wkt, error) || (inner && !expect(wkt, ')', error))) {
      return false;
    }
  } while (goes_on(wkt));
  return expect(wkt, ')', error);
}

static bool read_polygon(Wkt *wkt, NodalError **error) {
  bool hole = false;
  if (!expect(wkt, '(', error)) {
    return false;
  }
  do {
    if (!read_run(wkt, hole, false, error)) {
      return false;
    }
    nodal_ring_buffer_unclose(wkt->points);
    hole = true;
  } while (goes_on(wkt));
  return expect(wkt, ')', error);
}

static bool read_polygons(Wkt *wkt, NodalError **error) {
  if (!expect(wkt, '(', error)) {
    return false;
  }
  do {
    if (!read_polygon(wkt, error)) {
      return false;
    }
  } while (goes_on(wkt));
  return expect(wkt, ')', error);
}

static bool read_shape(Wkt *wkt, NodalShape *shape, NodalError **error) {
  static const struct {
    const char *name;
    NodalShape shape;
  } known[] = {{"POINT", NODAL_SHAPE_POINT},
               {"MULTIPOINT", NODAL_SHAPE_POINTS},
               {"LINESTRING", NODAL_SHAPE_POLYLINE},
               {"POLYGON", NODAL_SHAPE_POLYGON},
               {"MULTIPOLYGON", NODAL_SHAPE_POLYGON}};
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  *shape = NODAL_SHAPE_NONE;
  peek(wkt);
  const char *name = wkt->at;
  size_t length = strspn(name, letters);
  if (length == 0) {
    return fail(wkt, "a type of geometry", error);
  }
  wkt->at += length;
  /* A word that follows says EMPTY, or that there are more than two dimensions. */
  bool plain = !strchr(letters, peek(wkt)) || !*wkt->at;
  for (size_t i = 0; plain && i < sizeof known / sizeof *known; i++) {
    if (strlen(known[i].name) == length && strncasecmp(name, known[i].name, length) == 0) {
      *shape = known[i].shape;
    }
  }
  if (*shape == NODAL_SHAPE_NONE) {
    wkt->at += strlen(wkt->at); /* not ours to judge */
    return true;
  }
  bool several = (name[0] | 0x20) == 'm';
  if (*shape != NODAL_SHAPE_POLYGON) {
    return read_run(wkt, false, *shape == NODAL_SHAPE_POINTS, error);
  }
  return several ? read_polygons(wkt, error) : read_polygon(wkt, error);
}

bool nodal_wkt_read(const char *text, NodalRingBuffer *points, NodalShape *shape, NodalError **error) {
  Wkt wkt = {text, text, points};
  nodal_ring_buffer_clear(points);
  return read_shape(&wkt, shape, error) && (peek(&wkt) == '\0' || fail(&wkt, "the end", error));
}

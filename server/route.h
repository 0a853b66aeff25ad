/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SERVER_ROUTE_H
#define NODAL_SERVER_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What can be asked for under /api/v1. */
typedef enum ViewRouteId {
  VIEW_HEALTH,
  VIEW_VERSION,
  VIEW_OPENAPI,
  VIEW_SESSION,
  VIEW_SLIDES,
  VIEW_SLIDE,
  VIEW_TILE,
  VIEW_THUMBNAIL,
  VIEW_ASSOCIATED,
  VIEW_PIXEL,
  VIEW_REGION,
  VIEW_OVERLAYS,
  VIEW_OVERLAY_TILE,
  VIEW_ANNOTATIONS,
  VIEW_ANNOTATIONS_PATCH,
  VIEW_ANNOTATIONS_EXPORT,
  VIEW_ANNOTATIONS_IMPORT,
  VIEW_PAIR,
  VIEW_PAIR_PUT,
  VIEW_ROUTE_COUNT
} ViewRouteId;

typedef struct ViewRoute {
  const char *method, *pattern; /**< "/slides/{id}", below /api/v1 */
  size_t body_limit;            /**< bytes; 0: no body is read */
} ViewRoute;

/** By ViewRouteId. */
extern const ViewRoute view_routes[VIEW_ROUTE_COUNT];

/** A URL taken apart. */
typedef struct ViewPath {
  ViewRouteId route;
  char id[41], other[41]; /**< {id} or {a}; {oid} or {b}: of [a-z0-9-] */
  char name[128];         /**< {name}: anything without a slash */
  int level;
  int64_t column, row;
} ViewPath;

#define VIEW_API "/api/v1"
enum { VIEW_MAX_URL = 2048 };

/** Fills `path` and returns 0; or returns 404 for what does not exist, 405 for a method that is not for it. */
int view_route_find(const char *method, const char *url, ViewPath *path);

/** A finite decimal number of the query, the whole of `text`. */
bool view_parse_number(const char *text, double *value);

#endif

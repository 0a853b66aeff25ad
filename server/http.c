/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <nodal/version.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 256, CONNECTION_MEMORY = 32 << 10, IDLE_SECONDS = 30, GRACE_SECONDS = 10 };

/* --- What needs no slide --- */

static bool get_health(ViewRequest *request, ViewFault *fault) {
  return view_reply_json(request, json_pack("{s:s}", "status", "ok"), fault);
}

static bool get_version(ViewRequest *request, ViewFault *fault) {
  return view_reply_json(request, json_pack("{s:s,s:i}", "version", nodal_version(), "api", 1), fault);
}

static bool get_openapi(ViewRequest *request, ViewFault *fault) {
  size_t size;
  const char *text = view_openapi(&size);
  ViewText copy = {0};
  view_text_add(&copy, text, size);
  return view_reply_text(request, &copy, "application/json", fault);
}

static bool post_session(ViewRequest *request, ViewFault *fault) {
  ViewServer *server = request->server;
  json_t *document =
      json_pack("{s:s,s:b,s:s}", "status", "ok", "read_only", server->options.read_only, "version", nodal_version());
  char *cookie = view_format("%s=%s; Path=/; HttpOnly; SameSite=Strict", server->cookie, server->session);
  bool good = cookie && view_reply_json(request, document, fault) &&
              (view_response_header(server, request->response, "Set-Cookie", cookie) || view_fail_memory(fault));
  if (!cookie) {
    json_decref(document);
    view_fail_memory(fault);
  }
  free(cookie);
  return good;
}

/* --- Which thread does what --- */

typedef enum Pace { AT_ONCE, QUEUED, SLOW } Pace;

static const struct {
  ViewHandler *handler;
  Pace pace;
} answers[VIEW_ROUTE_COUNT] = {
    [VIEW_HEALTH] = {get_health, AT_ONCE},
    [VIEW_VERSION] = {get_version, AT_ONCE},
    [VIEW_OPENAPI] = {get_openapi, AT_ONCE},
    [VIEW_SESSION] = {post_session, AT_ONCE},
    [VIEW_SLIDES] = {view_get_slides, QUEUED},
    [VIEW_SLIDE] = {view_get_slide, QUEUED},
    [VIEW_TILE] = {view_get_tile, QUEUED},
    [VIEW_THUMBNAIL] = {view_get_thumbnail, QUEUED},
    [VIEW_ASSOCIATED] = {view_get_associated, QUEUED},
    [VIEW_PIXEL] = {view_get_pixel, QUEUED},
    [VIEW_REGION] = {view_get_region, SLOW},
    [VIEW_OVERLAYS] = {view_get_overlays, QUEUED},
    [VIEW_OVERLAY_TILE] = {view_get_overlay_tile, QUEUED},
    [VIEW_ANNOTATIONS] = {view_get_annotations, QUEUED},
    [VIEW_ANNOTATIONS_PATCH] = {view_patch_annotations, QUEUED},
    [VIEW_ANNOTATIONS_EXPORT] = {view_export_annotations, SLOW},
    [VIEW_ANNOTATIONS_IMPORT] = {view_import_annotations, SLOW},
    [VIEW_PAIR] = {view_get_pair, QUEUED},
    [VIEW_PAIR_PUT] = {view_put_pair, QUEUED},
};

bool view_answer(ViewRequest *request) {
  ViewFault fault = {0};
  return answers[request->path.route].handler(request, &fault) || view_reply_fault(request, &fault);
}

/* Hands the answer to the library; without one, for lack of memory, the connection ends. */
static enum MHD_Result send_answer(ViewRequest *request) {
  struct MHD_Response *response = request->entry ? view_entry_response(request->entry) : request->response;
  return response ? request->server->mhd.queue_response(request->connection, request->status, response) : MHD_NO;
}

static enum MHD_Result send_fault(ViewRequest *request, const ViewFault *fault) {
  return view_reply_fault(request, fault) ? send_answer(request) : MHD_NO;
}

static enum MHD_Result begin_answer(ViewRequest *request) {
  switch (answers[request->path.route].pace) {
  case AT_ONCE:
    view_answer(request);
    return send_answer(request);
  case SLOW:
    view_queue_push(&request->server->slow, request);
    return MHD_YES;
  case QUEUED:
    break;
  }
  if (request->path.route == VIEW_TILE && view_tile_at_once(request)) {
    return send_answer(request);
  }
  view_queue_push(&request->server->queue, request);
  return MHD_YES;
}

/* --- Requests as they come in --- */

static bool check_body(const ViewRequest *request, ViewFault *fault) {
  size_t limit = view_routes[request->path.route].body_limit;
  const char *length =
      request->server->mhd.lookup_connection_value(request->connection, MHD_HEADER_KIND, "Content-Length");
  double bytes = 0;
  if (length && (!view_parse_number(length, &bytes) || bytes > (double)limit)) {
    return view_fail(fault, MHD_HTTP_CONTENT_TOO_LARGE, "too_large", "more than %zu bytes are not read here", limit);
  }
  return true;
}

/* Looks at the headers alone. */
static bool admit(ViewRequest *request, const char *url, const char *method, bool *is_page, ViewFault *fault) {
  ViewServer *server = request->server;
  *is_page = strncmp(url, VIEW_API, sizeof VIEW_API - 1) != 0;
  if (atomic_load(&server->stops)) {
    return view_fail(fault, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping", "the server is being stopped");
  }
  if (strlen(url) > VIEW_MAX_URL) {
    return view_fail(fault, MHD_HTTP_URI_TOO_LONG, "too_large", "the address is too long");
  }
  if (!view_guard_origin(server, request->connection, method, *is_page, fault)) {
    return false;
  }
  if (*is_page) {
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
           view_fail(fault, MHD_HTTP_METHOD_NOT_ALLOWED, "method", "the page can only be got");
  }
  int status = view_route_find(method, url, &request->path);
  bool open = status == 0 && request->path.route == VIEW_HEALTH;
  bool for_session = status == 0 && request->path.route == VIEW_SESSION;
  if (!open && !view_guard_token(server, request->connection, for_session, fault)) {
    return false;
  }
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
    return view_fail(fault, MHD_HTTP_METHOD_NOT_ALLOWED, "method", "this address does not know the method");
  }
  return status == 0 ? check_body(request, fault)
                     : view_fail(fault, MHD_HTTP_NOT_FOUND, "not_found", "there is no such address");
}

static ViewRequest *new_request(ViewServer *server, struct MHD_Connection *connection) {
  ViewRequest *request = calloc(1, sizeof *request);
  if (request) {
    request->server = server;
    request->connection = connection;
    atomic_fetch_add(&server->active, 1);
  }
  return request;
}

static enum MHD_Result take_body(ViewRequest *request, const char *data, size_t *size) {
  ViewText *body = &request->body;
  if (*size > view_routes[request->path.route].body_limit - body->size) {
    return MHD_NO;
  }
  view_text_add(body, data, *size);
  *size = 0;
  return body->failed ? MHD_NO : MHD_YES;
}

/* Called with the headers, then for each piece of a body, then at its end, and again when the request wakes. */
static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **state) {
  (void)version;
  ViewRequest *request = *state;
  if (request) {
    return *size > 0 ? take_body(request, data, size) : request->queued ? send_answer(request) : begin_answer(request);
  }
  request = new_request(user, connection);
  if (!request) {
    return MHD_NO;
  }
  *state = request;
  ViewFault fault = {0};
  bool is_page;
  if (!admit(request, url, method, &is_page, &fault)) {
    return send_fault(request, &fault);
  }
  if (is_page) {
    return view_page_find(request, url, &fault) ? send_answer(request) : send_fault(request, &fault);
  }
  return MHD_YES;
}

static void finish(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode how) {
  (void)connection;
  (void)how;
  ViewServer *server = user;
  ViewRequest *request = *state;
  if (!request) {
    return;
  }
  if (request->response) {
    server->mhd.destroy_response(request->response);
  }
  view_store_release(server->store, request->entry);
  free(request->body.data);
  free(request);
  *state = NULL;
  atomic_fetch_sub(&server->active, 1);
}

/* --- Start and stop --- */

bool view_http_start(ViewServer *server, int threads) {
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME;
  server->daemon = server->mhd.start_daemon(
      flags, 0, NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, server->socket, MHD_OPTION_THREAD_POOL_SIZE,
      (unsigned)threads, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_NOTIFY_COMPLETED,
      finish, server, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
  return server->daemon != NULL;
}

void view_http_quiesce(ViewServer *server) {
  atomic_store(&server->stops, true);
  server->mhd.quiesce_daemon(server->daemon);
  const struct timespec pause = {.tv_nsec = 10000000};
  for (int i = 0; i < GRACE_SECONDS * 100 && atomic_load(&server->active) > 0; i++) {
    nanosleep(&pause, NULL);
  }
}

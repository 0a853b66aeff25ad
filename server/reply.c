/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <stdlib.h>
#include <string.h>

bool view_response_header(const ViewServer *server, struct MHD_Response *response, const char *name,
                          const char *value) {
  return server->mhd.add_response_header(response, name, value) == MHD_YES;
}

struct MHD_Response *view_response_new(const ViewServer *server, void *data, size_t size, void (*release)(void *),
                                       const char *type) {
  struct MHD_Response *response =
      server->mhd.create_response_from_buffer_with_free_callback_cls(size, data, release, data);
  if (!response) {
    release(data);
    return NULL;
  }
  /* What the page loads is for this page alone, and is what it says it is. */
  bool good = view_response_header(server, response, "Content-Type", type) &&
              view_response_header(server, response, "X-Content-Type-Options", "nosniff") &&
              view_response_header(server, response, "Cross-Origin-Resource-Policy", "same-origin");
  if (!good) {
    server->mhd.destroy_response(response);
    return NULL;
  }
  return response;
}

bool view_reply_bytes(ViewRequest *request, void *data, size_t size, void (*release)(void *), const char *type,
                      ViewFault *fault) {
  request->response = view_response_new(request->server, data, size, release, type);
  request->status = MHD_HTTP_OK;
  if (request->response && !view_response_header(request->server, request->response, "Cache-Control", "no-store")) {
    request->server->mhd.destroy_response(request->response);
    request->response = NULL;
  }
  return request->response || view_fail_memory(fault);
}

bool view_reply_text(ViewRequest *request, ViewText *text, const char *type, ViewFault *fault) {
  if (text->failed) {
    free(text->data);
    return view_fail_memory(fault);
  }
  return view_reply_bytes(request, text->data, text->size, free, type, fault);
}

bool view_reply_json(ViewRequest *request, json_t *document, ViewFault *fault) {
  char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
  json_decref(document);
  return text ? view_reply_bytes(request, text, strlen(text), free, "application/json", fault)
              : view_fail_memory(fault);
}

bool view_reply_fault(ViewRequest *request, const ViewFault *fault) {
  ViewFault second;
  if (request->response) {
    request->server->mhd.destroy_response(request->response);
    request->response = NULL;
  }
  json_t *message = view_json_text(fault->message);
  json_t *document = json_pack("{s:{s:s,s:o}}", "error", "code", fault->code, "message", message);
  if (!view_reply_json(request, document, &second)) {
    return false;
  }
  request->status = fault->status;
  if (fault->status == MHD_HTTP_UNAUTHORIZED) {
    view_response_header(request->server, request->response, "WWW-Authenticate", "Bearer");
  }
  return true;
}

const char *view_query(const ViewRequest *request, const char *name) {
  return request->server->mhd.lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool view_query_number(const ViewRequest *request, const char *name, double *value, ViewFault *fault) {
  return view_parse_number(view_query(request, name), value) ||
         view_fail(fault, MHD_HTTP_BAD_REQUEST, "invalid", "the query needs a number %s", name);
}

/* --- What is kept --- */

enum { FOR_GOOD = 1 << 8 };

ViewKey view_key(const ViewRequest *request, ViewFile *file, ViewKind kind, int level, int64_t column, int64_t row) {
  return (ViewKey){.owner = file,
                   .version = view_file_version(file),
                   .kind = (int32_t)kind | (view_query(request, "v") ? FOR_GOOD : 0),
                   .level = level,
                   .column = column,
                   .row = row};
}

bool view_reply_kept(ViewRequest *request, const ViewKey *key) {
  request->entry = view_store_get(request->server->store, key);
  request->status = MHD_HTTP_OK;
  return request->entry != NULL;
}

bool view_reply_keep(ViewRequest *request, const ViewKey *key, void *data, size_t size, void (*release)(void *),
                     const char *type, ViewFault *fault) {
  ViewServer *server = request->server;
  struct MHD_Response *response = view_response_new(server, data, size, release, type);
  const char *control = key->kind & FOR_GOOD ? "private, max-age=31536000, immutable" : "no-cache";
  if (response && !view_response_header(server, response, "Cache-Control", control)) {
    server->mhd.destroy_response(response);
    response = NULL;
  }
  request->entry = response ? view_store_put(server->store, key, response, size) : NULL;
  request->status = MHD_HTTP_OK;
  return request->entry || view_fail_memory(fault);
}

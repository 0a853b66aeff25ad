/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

#include "server.h"

#include <string.h>

static const ViewPageFile *find(const char *url) {
  for (const ViewPageFile *file = view_page_files; file->url; file++) {
    if (strcmp(file->url, url) == 0) {
      return file;
    }
  }
  return NULL;
}

const char *view_openapi(size_t *size) {
  const ViewPageFile *file = find("openapi.json");
  *size = file ? file->size : 0;
  return file ? (const char *)file->data : "";
}

const char *view_page_missing(void) {
  return view_page_lack;
}

/* Nothing but what the page brings itself; no scripts or styles in the markup; in no frame of another site. */
static const char *const headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
     "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-cache"}};

static bool has_it(const ViewRequest *request, const ViewPageFile *file) {
  const char *known =
      request->server->mhd.lookup_connection_value(request->connection, MHD_HEADER_KIND, "If-None-Match");
  return known && strcmp(known, file->etag) == 0;
}

bool view_page_find(ViewRequest *request, const char *url, ViewFault *fault) {
  const ViewServer *server = request->server;
  const ViewPageFile *file = url[0] == '/' ? find(url) : NULL;
  const char *missing = view_page_missing();
  if (!file) {
    return missing ? view_fail(fault, MHD_HTTP_NOT_FOUND, "no_page", "%s", missing)
                   : view_fail(fault, MHD_HTTP_NOT_FOUND, "not_found", "there is no such address");
  }
  bool known = has_it(request, file);
  /* The bytes are constant: they are neither copied nor freed. */
  union {
    const unsigned char *constant;
    void *pointer;
  } data = {.constant = file->data};
  request->response =
      server->mhd.create_response_from_buffer(known ? 0 : file->size, data.pointer, MHD_RESPMEM_PERSISTENT);
  request->status = known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK;
  bool good = request->response && view_response_header(server, request->response, "ETag", file->etag) &&
              (known || (view_response_header(server, request->response, "Content-Type", file->type) &&
                         view_response_header(server, request->response, "Content-Encoding", "gzip")));
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
    good = good && view_response_header(server, request->response, headers[i][0], headers[i][1]);
  }
  return good || view_fail_memory(fault);
}

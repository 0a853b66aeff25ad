/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* The name in a Host header without its port; brackets of an IPv6 address stay. */
static size_t name_length(const char *host) {
  const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
  return bracket ? (size_t)(bracket + 1 - host) : strcspn(host, ":");
}

static bool is_name(const char *host, size_t length, const char *name) {
  return strlen(name) == length && strncasecmp(host, name, length) == 0;
}

/* A number is never another site's name; a name may be made to lead here (DNS rebinding). */
static bool is_numeric(const char *host, size_t length) {
  char text[64];
  unsigned char address[16];
  bool bracket = host[0] == '[' && length >= 2;
  size_t size = bracket ? length - 2 : length;
  if (size >= sizeof text) {
    return false;
  }
  memcpy(text, host + bracket, size);
  text[size] = '\0';
  return inet_pton(bracket ? AF_INET6 : AF_INET, text, address) == 1;
}

/* Any port: a tunnel (ssh -L) has one of its own. */
static bool is_own_host(const ViewServer *server, const char *host) {
  size_t length = name_length(host);
  if (is_name(host, length, "127.0.0.1") || is_name(host, length, "localhost") || is_name(host, length, "[::1]")) {
    return true;
  }
  char name[256] = "";
  return server->options.allow_remote &&
         (is_numeric(host, length) || (gethostname(name, sizeof name - 1) == 0 && is_name(host, length, name)));
}

bool view_guard_origin(const ViewServer *server, struct MHD_Connection *connection, const char *method, bool for_page,
                       ViewFault *fault) {
  const char *host = server->mhd.lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
  if (!host || !is_own_host(server, host)) {
    return view_fail(fault, MHD_HTTP_FORBIDDEN, "host", "this server does not answer to that host name");
  }
  const char *site = server->mhd.lookup_connection_value(connection, MHD_HEADER_KIND, "Sec-Fetch-Site");
  if (site && !for_page && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0) {
    return view_fail(fault, MHD_HTTP_FORBIDDEN, "origin", "requests of other sites are not answered");
  }
  const char *origin = server->mhd.lookup_connection_value(connection, MHD_HEADER_KIND, "Origin");
  bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
  if (origin && !reads && (strncmp(origin, "http://", 7) != 0 || strcmp(origin + 7, host) != 0)) {
    return view_fail(fault, MHD_HTTP_FORBIDDEN, "origin", "requests of other sites are not answered");
  }
  return true;
}

bool view_guard_token(ViewServer *server, struct MHD_Connection *connection, bool for_session, ViewFault *fault) {
  static const char bearer[] = "Bearer ";
  const char *given = server->mhd.lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
  if (given && strncasecmp(given, bearer, sizeof bearer - 1) == 0) {
    given += sizeof bearer - 1;
    if (view_same_secret(server->token, given, strlen(given))) {
      return true;
    }
    if (for_session && view_same_secret(server->once, given, strlen(given)) &&
        !atomic_exchange(&server->once_used, true)) {
      return true;
    }
  } else if (!for_session) {
    given = server->mhd.lookup_connection_value(connection, MHD_COOKIE_KIND, server->cookie);
    if (given && view_same_secret(server->session, given, strlen(given))) {
      return true;
    }
  }
  return view_fail(fault, MHD_HTTP_UNAUTHORIZED, "token",
                   "the token is missing or wrong: open the address that nodal view printed");
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SERVER_HTTP_H
#define NODAL_SERVER_HTTP_H

#include "server.h"

/** Starts answering on server->socket. False if libmicrohttpd refuses. */
bool view_http_start(ViewServer *server, int threads);

/** Accepts nothing new, and waits for what is being answered, but not for ever. */
void view_http_quiesce(ViewServer *server);

#endif

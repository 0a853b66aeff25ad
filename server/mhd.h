/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SERVER_MHD_H
#define NODAL_SERVER_MHD_H

#include <microhttpd.h>
#include <stdbool.h>

/*
 * libmicrohttpd as it is loaded when `nodal view` starts: with what it brings along (GnuTLS) it would cost every other
 * command milliseconds. X(NAME) for each function that is used, without its prefix.
 */
#define VIEW_MHD_FUNCTIONS(X)                                                                                          \
  X(start_daemon)                                                                                                      \
  X(stop_daemon)                                                                                                       \
  X(quiesce_daemon)                                                                                                    \
  X(create_response_from_buffer_with_free_callback_cls)                                                                \
  X(create_response_from_buffer)                                                                                       \
  X(add_response_header)                                                                                               \
  X(queue_response)                                                                                                    \
  X(destroy_response)                                                                                                  \
  X(lookup_connection_value)                                                                                           \
  X(get_connection_info)                                                                                               \
  X(suspend_connection)                                                                                                \
  X(resume_connection)

typedef struct ViewMhd {
#define VIEW_MHD_MEMBER(name) __typeof__(MHD_##name) *name;
  VIEW_MHD_FUNCTIONS(VIEW_MHD_MEMBER)
#undef VIEW_MHD_MEMBER
} ViewMhd;

/** False where this system has no libmicrohttpd, or one that lacks something. */
bool view_mhd_load(ViewMhd *mhd);

#endif

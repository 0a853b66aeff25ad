/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SERVER_VIEW_H
#define NODAL_SERVER_VIEW_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The server of `nodal view`: all that the program sees of this folder.
 */

/** What is to be served, and to whom. Strings are borrowed until view_stop(). */
typedef struct ViewOptions {
  const char *const *paths; /**< slides, and folders that are searched for slides */
  int path_count;
  const char *annotations; /**< folder of the annotation files; NULL: beside each slide */
  const char *const *overlays;
  int overlay_count;
  bool pair; /**< the first two paths are slides to be looked at side by side */
  bool read_only;
  bool show_labels;   /**< label and macro images are handed out */
  const char *listen; /**< numeric address; NULL: 127.0.0.1 */
  bool allow_remote;  /**< `listen` may be other than this machine's own loopback */
  int port;           /**< 0: one that is free */
} ViewOptions;

/** One line that says why the server did not start. */
typedef struct ViewProblem {
  char text[600];
  bool usage; /**< the options make no sense */
} ViewProblem;

typedef struct ViewServer ViewServer;

/** Starts serving on threads of its own. NULL, and `problem` filled, if it cannot. */
ViewServer *view_start(const ViewOptions *options, ViewProblem *problem);

/** Ends open responses, saves what is being saved, and frees all. NULL is fine. */
void view_stop(ViewServer *server);

/** "http://127.0.0.1:40123/#t=...", what a browser is to open: it holds the secret. Borrowed. */
const char *view_address(const ViewServer *server);

/** The same address with another secret, which is good for one use: for a browser that is started with it, since other
 * users of the machine can read the arguments of a program. Borrowed. */
const char *view_ticket(const ViewServer *server);

/** How many slides there are; whether each can be read is found out later. */
int view_slide_count(const ViewServer *server);

/** What was odd in finding the slides, one line each, by index from 0; NULL past the last. Borrowed. */
const char *view_warning(const ViewServer *server, int index);

/** Why there is no page, one line; NULL where there is one. Static. */
const char *view_page_missing(void);

/** The version of libmicrohttpd that this was built with: it is loaded when the server starts. Static. */
const char *view_http_version(void);

#endif

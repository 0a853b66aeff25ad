/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Encoded tiles, thumbnails and the like. */
enum { STORE_BYTES = 128 << 20, BACKLOG = 128, MAX_THREADS = 32 };

static bool fail(ViewProblem *problem, const char *format, ...) NODAL_PRINTF(2, 3);

static bool fail(ViewProblem *problem, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(problem->text, sizeof problem->text, format, list);
  va_end(list);
  return false;
}

static int core_count(void) {
  cpu_set_t cores;
  int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 2;
  return count < 2 ? 2 : count > MAX_THREADS ? MAX_THREADS : count;
}

/* --- Where it listens --- */

typedef struct Place {
  struct sockaddr_storage address;
  socklen_t size;
  bool loopback;
} Place;

static bool parse_place(const ViewOptions *options, Place *place) {
  const char *text = options->listen ? options->listen : "127.0.0.1";
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options->port)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)options->port)};
  *place = (Place){.size = 0};
  if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
    memcpy(&place->address, &four, sizeof four);
    place->size = sizeof four;
    place->loopback = ntohl(four.sin_addr.s_addr) >> 24 == 127;
  } else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1) {
    memcpy(&place->address, &six, sizeof six);
    place->size = sizeof six;
    place->loopback = IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
  }
  return place->size > 0;
}

/* The port that was free, and the address as a URL has it. */
static bool name_place(ViewServer *server, const Place *place) {
  struct sockaddr_storage bound;
  socklen_t size = sizeof bound;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
  char text[INET6_ADDRSTRLEN] = "";
  if (getsockname(server->socket, (struct sockaddr *)&bound, &size) != 0) {
    return false;
  }
  if (place->address.ss_family == AF_INET) {
    memcpy(&four, &bound, sizeof four);
    server->port = ntohs(four.sin_port);
    inet_ntop(AF_INET, &four.sin_addr, text, sizeof text);
    snprintf(server->host, sizeof server->host, "%s", text);
  } else {
    memcpy(&six, &bound, sizeof six);
    server->port = ntohs(six.sin6_port);
    inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text);
    snprintf(server->host, sizeof server->host, "[%s]", text);
  }
  return true;
}

static bool listen_there(ViewServer *server, ViewProblem *problem) {
  const ViewOptions *options = &server->options;
  Place place;
  if (!parse_place(options, &place)) {
    problem->usage = true;
    return fail(problem, "--listen %s: is no numeric address", options->listen);
  }
  if (!place.loopback && !options->allow_remote) {
    problem->usage = true;
    return fail(problem,
                "--listen %s: others could reach this address, and what is sent to them is not encrypted; say "
                "--allow-remote if they shall",
                options->listen);
  }
  int on = 1;
  server->socket = socket(place.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (server->socket < 0 || setsockopt(server->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(server->socket, (const struct sockaddr *)&place.address, place.size) != 0 ||
      listen(server->socket, BACKLOG) != 0 || !name_place(server, &place)) {
    char reason[128];
    return fail(problem, "cannot listen on %s, port %d: %s", options->listen ? options->listen : "127.0.0.1",
                options->port, strerror_r(errno, reason, sizeof reason));
  }
  return true;
}

/* --- In the background --- */

/* Opens one slide after another, so that the list can tell what they are. */
static void *scan(void *user) {
  ViewServer *server = user;
  for (size_t i = 0; i < server->slides.count && !atomic_load(&server->stops); i++) {
    ViewFile *file = &server->slides.items[i].file;
    ViewFault fault;
    pthread_mutex_lock(&file->lock);
    bool pending = file->state == VIEW_FILE_PENDING;
    pthread_mutex_unlock(&file->lock);
    if (pending && view_file_acquire(&server->files, file, &fault)) {
      view_file_release(file);
    }
  }
  return NULL;
}

/* --- Start and stop --- */

static bool make_secrets(ViewServer *server, ViewProblem *problem) {
  if (!view_make_secret(server->token) || !view_make_secret(server->session) || !view_make_secret(server->once)) {
    return fail(problem, "the system has no random numbers for a token");
  }
  return true;
}

static bool start_threads(ViewServer *server, ViewProblem *problem) {
  int cores = core_count();
  snprintf(server->cookie, sizeof server->cookie, "nodal-%d", server->port);
  server->address = view_format("http://%s:%d/#t=%s", server->host, server->port, server->token);
  server->ticket = view_format("http://%s:%d/#t=%s", server->host, server->port, server->once);
  server->store = view_store_new(&server->mhd, STORE_BYTES);
  if (!server->address || !server->ticket || !server->store) {
    return fail(problem, "not enough memory");
  }
  if (!view_queue_start(&server->queue, cores) || !view_queue_start(&server->slow, 1)) {
    return fail(problem, "cannot start threads");
  }
  server->scans = pthread_create(&server->scanner, NULL, scan, server) == 0;
  if (!server->scans || !view_http_start(server, cores)) {
    return fail(problem, "cannot start the server on port %d", server->port);
  }
  return true;
}

/* Signals are for the thread that started the server. */
static bool start_quiet_threads(ViewServer *server, ViewProblem *problem) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  bool good = start_threads(server, problem);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return good;
}

ViewServer *view_start(const ViewOptions *options, ViewProblem *problem) {
  *problem = (ViewProblem){.usage = false};
  ViewServer *server = calloc(1, sizeof *server);
  if (!server) {
    fail(problem, "not enough memory");
    return NULL;
  }
  server->options = *options;
  server->socket = -1;
  bool good = (view_files_init(&server->files) || fail(problem, "not enough memory")) &&
              (view_mhd_load(&server->mhd) || fail(problem, "this system lacks libmicrohttpd (libmicrohttpd.so.12)")) &&
              make_secrets(server, problem) && view_slides_find(server, problem) &&
              view_overlays_find(server, problem) && listen_there(server, problem) &&
              start_quiet_threads(server, problem);
  if (!good) {
    view_stop(server);
    return NULL;
  }
  return server;
}

void view_stop(ViewServer *server) {
  if (!server) {
    return;
  }
  atomic_store(&server->stops, true);
  if (server->daemon) {
    view_http_quiesce(server);
  }
  if (server->scans) {
    pthread_join(server->scanner, NULL);
  }
  view_queue_stop(&server->queue);
  view_queue_stop(&server->slow);
  if (server->daemon) {
    server->mhd.stop_daemon(server->daemon);
  }
  if (server->socket >= 0) {
    close(server->socket);
  }
  view_store_free(server->store);
  view_slides_free(server);
  view_files_free(&server->files);
  free(server->address);
  free(server->ticket);
  free(server);
}

const char *view_address(const ViewServer *server) {
  return server->address;
}

const char *view_ticket(const ViewServer *server) {
  return server->ticket;
}

int view_slide_count(const ViewServer *server) {
  return (int)server->slides.count;
}

const char *view_warning(const ViewServer *server, int index) {
  return (size_t)index < server->slides.warning_count ? server->slides.warnings[index] : NULL;
}

const char *view_http_version(void) {
  return VIEW_MHD_VERSION;
}

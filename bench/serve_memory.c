/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What HTTP alone costs: all tiles of level 0 of a slide out of memory, by the same library, set up as in `nodal view`,
 * without a look at who asks. usage: bench-serve-memory SLIDE; prints its port, ends with standard input.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <nodal/nodal.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Tiles {
  int64_t columns, rows;
  struct MHD_Response **responses;
} Tiles;

static void fail(const char *what) {
  fprintf(stderr, "bench-serve-memory: %s\n", what);
  exit(1);
}

static Tiles load(const char *path) {
  NodalError *error = NULL;
  NodalSlide *slide = nodal_slide_open(path, NULL, &error);
  NodalLevel level;
  if (!slide || !nodal_slide_level(slide, 0, &level)) {
    fail(error ? nodal_error_message(error) : "no level 0");
  }
  Tiles tiles = {.columns = (level.width + level.tile_width - 1) / level.tile_width,
                 .rows = (level.height + level.tile_height - 1) / level.tile_height};
  tiles.responses = calloc((size_t)(tiles.columns * tiles.rows), sizeof *tiles.responses);
  for (int64_t i = 0; tiles.responses && i < tiles.columns * tiles.rows; i++) {
    void *data;
    size_t size;
    if (!nodal_slide_read_raw_tile(slide, 0, i % tiles.columns, i / tiles.columns, &data, &size, &error)) {
      fail(nodal_error_message(error));
    }
    tiles.responses[i] = MHD_create_response_from_buffer(size, data ? data : "", MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(tiles.responses[i], "Content-Type", "image/jpeg");
    MHD_add_response_header(tiles.responses[i], "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(tiles.responses[i], "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(tiles.responses[i], "Cache-Control", "private, max-age=31536000, immutable");
  }
  nodal_slide_free(slide);
  return tiles;
}

/* The address ends in COLUMN_ROW.jpg. */
static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **state) {
  (void)method;
  (void)version;
  (void)data;
  (void)size;
  static int seen;
  const Tiles *tiles = user;
  if (!*state) {
    *state = &seen;
    return MHD_YES;
  }
  const char *place = strrchr(url, '/');
  char *end;
  int64_t column = place ? strtol(place + 1, &end, 10) : -1,
          row = place && *end == '_' ? strtol(end + 1, NULL, 10) : -1;
  if (column < 0 || row < 0 || column >= tiles->columns || row >= tiles->rows) {
    return MHD_NO;
  }
  return MHD_queue_response(connection, MHD_HTTP_OK, tiles->responses[row * tiles->columns + column]);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fail("usage: bench-serve-memory SLIDE");
  }
  Tiles tiles = load(argv[1]);
  cpu_set_t cores;
  int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, &tiles,
      MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)(count < 2 ? 2 : count),
      MHD_OPTION_CONNECTION_LIMIT, 256u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32768, MHD_OPTION_END);
  const union MHD_DaemonInfo *info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
  if (!info) {
    fail("cannot listen");
  }
  printf("%d\n", info->port);
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  MHD_stop_daemon(daemon);
  return 0;
}

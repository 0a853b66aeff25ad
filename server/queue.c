/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <poll.h>
#include <stdlib.h>

/* Whether nobody waits for the answer any more: pages give up tiles that have left the view. */
static bool is_abandoned(const ViewRequest *request) {
  const union MHD_ConnectionInfo *info =
      request->server->mhd.get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  struct pollfd peer = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};
  return poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void refuse(ViewRequest *request, const char *code, const char *message) {
  ViewFault fault;
  view_fail(&fault, MHD_HTTP_SERVICE_UNAVAILABLE, code, "%s", message);
  view_reply_fault(request, &fault);
}

/* Without an answer, for lack of memory, the connection is closed as it wakes. */
static void work(ViewRequest *request) {
  if (is_abandoned(request)) {
    refuse(request, "abandoned", "nobody waits for this any more");
  } else {
    view_answer(request);
  }
  request->server->mhd.resume_connection(request->connection);
}

static ViewRequest *take(ViewQueue *queue) {
  pthread_mutex_lock(&queue->lock);
  while (!queue->first && !queue->stops) {
    pthread_cond_wait(&queue->filled, &queue->lock);
  }
  ViewRequest *request = queue->stops ? NULL : queue->first;
  if (request) {
    queue->first = request->next;
    queue->last = queue->first ? queue->last : NULL;
  }
  pthread_mutex_unlock(&queue->lock);
  return request;
}

static void *run(void *user) {
  ViewRequest *request;
  while ((request = take(user))) {
    work(request);
  }
  return NULL;
}

bool view_queue_start(ViewQueue *queue, int threads) {
  *queue = (ViewQueue){.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};
  queue->threads = calloc((size_t)threads, sizeof *queue->threads);
  while (queue->threads && queue->thread_count < threads &&
         pthread_create(&queue->threads[queue->thread_count], NULL, run, queue) == 0) {
    queue->thread_count++;
  }
  return queue->thread_count > 0;
}

void view_queue_push(ViewQueue *queue, ViewRequest *request) {
  request->queued = true;
  request->server->mhd.suspend_connection(request->connection);
  pthread_mutex_lock(&queue->lock);
  request->next = NULL;
  *(queue->last ? &queue->last->next : &queue->first) = request;
  queue->last = request;
  pthread_cond_signal(&queue->filled);
  pthread_mutex_unlock(&queue->lock);
}

void view_queue_stop(ViewQueue *queue) {
  if (queue->thread_count == 0) {
    free(queue->threads);
    return;
  }
  pthread_mutex_lock(&queue->lock);
  queue->stops = true;
  pthread_cond_broadcast(&queue->filled);
  pthread_mutex_unlock(&queue->lock);
  for (int i = 0; i < queue->thread_count; i++) {
    pthread_join(queue->threads[i], NULL);
  }
  for (ViewRequest *request = queue->first, *next; request; request = next) {
    next = request->next;
    refuse(request, "stopping", "the server is being stopped");
    request->server->mhd.resume_connection(request->connection);
  }
  free(queue->threads);
  pthread_cond_destroy(&queue->filled);
  pthread_mutex_destroy(&queue->lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <sched.h>

/*
 * Items are handed out in order. What a worker has finished is committed by whoever finishes the oldest item, which
 * then goes on with all that wait behind it; so commits run in order, one at a time, without a thread of their own.
 *
 * After a failure the items before it, which have all been handed out, are still finished and committed. What is
 * committed and which failure is reported are thus the same for any number of threads.
 */

typedef enum ItemState { ITEM_WAITING, ITEM_DONE, ITEM_FAILED } ItemState;

typedef struct Worker {
  struct NodalPool *pool;
  int index;
  pthread_t thread;
} Worker;

struct NodalPool {
  int threads;
  Worker *workers; /* threads - 1 of them run; the caller is worker 0 */
  pthread_mutex_t lock;
  pthread_cond_t start, change;
  bool quit;
  uint64_t generation;
  int running; /* workers that have not left the run */

  /* the run */
  const NodalPoolRun *run;
  int64_t window, next, committed;
  ItemState *states; /* ring of `window` items from `committed` */
  bool committing, stopping;
  uint64_t done, total;
  int64_t failed_index; /* of `error` */
  NodalError *error;
};

static int usable_cores(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int nodal_pool_threads(const NodalPool *pool) {
  return pool->threads;
}

/* Keeps the failure of the lowest index. Takes `error`. With the lock held. */
static void note_failure(NodalPool *pool, int64_t index, NodalError *error) {
  pool->stopping = true;
  if (pool->error && pool->failed_index <= index) {
    nodal_error_free(error);
    return;
  }
  nodal_error_free(pool->error);
  pool->error = error;
  pool->failed_index = index;
}

/* With the lock held; gives it up during the report. Reports are serial because commits are. */
static void report(NodalPool *pool, int64_t index) {
  const NodalPoolRun *run = pool->run;
  pool->done += run->weight ? run->weight(run->user, index) : 1;
  if (!run->progress) {
    return;
  }
  uint64_t done = pool->done;
  pthread_mutex_unlock(&pool->lock);
  bool go_on = run->progress->report(run->progress->user, done, pool->total);
  pthread_mutex_lock(&pool->lock);
  if (!go_on) {
    NodalError *error = NULL;
    nodal_fail(&error, NODAL_ERROR_CANCELLED, "cancelled");
    note_failure(pool, index, error);
  }
}

/* Whether the oldest item is finished and comes before any failure. With the lock held. */
static bool can_commit(const NodalPool *pool) {
  return pool->committed < pool->next && pool->states[pool->committed % pool->window] == ITEM_DONE &&
         !(pool->stopping && pool->committed > pool->failed_index);
}

/* Commits from the oldest item on as far as items are done. With the lock held. */
static void commit_done(NodalPool *pool, int worker) {
  const NodalPoolRun *run = pool->run;
  if (pool->committing) {
    return;
  }
  pool->committing = true;
  while (can_commit(pool)) {
    int64_t index = pool->committed;
    bool committed = true;
    if (run->commit) {
      NodalError *error = NULL;
      pthread_mutex_unlock(&pool->lock);
      committed = run->commit(run->user, worker, index, &error);
      pthread_mutex_lock(&pool->lock);
      if (!committed) {
        note_failure(pool, index, error);
      }
    }
    pool->states[index % pool->window] = ITEM_WAITING;
    pool->committed++;
    if (committed) {
      report(pool, index);
    }
    pthread_cond_broadcast(&pool->change);
  }
  pool->committing = false;
}

/* Takes part in the run until there is nothing left to hand out. With the lock held at entry and exit. */
static void take_part(NodalPool *pool, int worker) {
  const NodalPoolRun *run = pool->run;
  while (!pool->stopping && pool->next < run->count) {
    if (pool->next >= pool->committed + pool->window) {
      pthread_cond_wait(&pool->change, &pool->lock);
      continue;
    }
    int64_t index = pool->next++;
    pool->states[index % pool->window] = ITEM_WAITING;
    pthread_mutex_unlock(&pool->lock);
    NodalError *error = NULL;
    bool worked = run->work(run->user, worker, index, &error);
    pthread_mutex_lock(&pool->lock);
    pool->states[index % pool->window] = worked ? ITEM_DONE : ITEM_FAILED;
    if (!worked) {
      note_failure(pool, index, error);
      pthread_cond_broadcast(&pool->change);
    }
    commit_done(pool, worker);
  }
}

static void *worker_main(void *argument) {
  Worker *worker = argument;
  NodalPool *pool = worker->pool;
  uint64_t seen = 0;
  pthread_mutex_lock(&pool->lock);
  for (;;) {
    while (!pool->quit && pool->generation == seen) {
      pthread_cond_wait(&pool->start, &pool->lock);
    }
    if (pool->quit) {
      break;
    }
    seen = pool->generation;
    take_part(pool, worker->index);
    if (--pool->running == 0) {
      pthread_cond_broadcast(&pool->change);
    }
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

NodalPool *nodal_pool_new(int threads, NodalError **error) {
  NodalPool *pool = nodal_alloc_array(1, sizeof *pool, error);
  if (!pool) {
    return NULL;
  }
  int wanted = threads > 0 ? threads : usable_cores();
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->start, NULL);
  pthread_cond_init(&pool->change, NULL);
  pool->threads = 1;
  pool->workers = nodal_alloc_array((size_t)wanted, sizeof *pool->workers, error);
  if (!pool->workers) {
    nodal_pool_free(pool);
    return NULL;
  }
  for (int i = 1; i < wanted; i++) {
    Worker *worker = &pool->workers[i];
    *worker = (Worker){.pool = pool, .index = i};
    int number = pthread_create(&worker->thread, NULL, worker_main, worker);
    if (number != 0) {
      nodal_fail_errno(error, number, "cannot start thread %d of %d", i, wanted);
      nodal_pool_free(pool);
      return NULL;
    }
    pool->threads++;
  }
  return pool;
}

void nodal_pool_free(NodalPool *pool) {
  if (!pool) {
    return;
  }
  pthread_mutex_lock(&pool->lock);
  pool->quit = true;
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 1; i < pool->threads; i++) {
    pthread_join(pool->workers[i].thread, NULL);
  }
  pthread_cond_destroy(&pool->change);
  pthread_cond_destroy(&pool->start);
  pthread_mutex_destroy(&pool->lock);
  free(pool->workers);
  free(pool);
}

static void discard_rest(NodalPool *pool) {
  for (int64_t i = pool->committed; pool->run->discard && i < pool->next; i++) {
    if (pool->states[i % pool->window] == ITEM_DONE) {
      pool->run->discard(pool->run->user, i);
    }
  }
}

static void prepare(NodalPool *pool, const NodalPoolRun *run) {
  pool->run = run;
  pool->next = pool->committed = 0;
  pool->stopping = pool->committing = false;
  pool->done = pool->total = 0;
  pool->error = NULL;
  for (int64_t i = 0; run->progress && i < run->count; i++) {
    pool->total += run->weight ? run->weight(run->user, i) : 1;
  }
}

bool nodal_pool_run(NodalPool *pool, const NodalPoolRun *run, NodalError **error) {
  pool->window = nodal_max64(1, nodal_min64(run->window > 0 ? run->window : 4 * (int64_t)pool->threads, run->count));
  pool->states = nodal_alloc_array((size_t)pool->window, sizeof *pool->states, error);
  if (!pool->states) {
    return false;
  }
  prepare(pool, run);
  pthread_mutex_lock(&pool->lock);
  pool->running = pool->threads - 1;
  pool->generation++;
  pthread_cond_broadcast(&pool->start);
  take_part(pool, 0);
  while (pool->running > 0) {
    pthread_cond_wait(&pool->change, &pool->lock);
  }
  /* A worker that finished while another one was committing left its item to that one. */
  commit_done(pool, 0);
  discard_rest(pool);
  pthread_mutex_unlock(&pool->lock);
  free(pool->states);
  pool->states = NULL;
  if (!pool->stopping) {
    return true;
  }
  NodalError *cause = pool->error;
  pool->error = NULL;
  return nodal_error_pass(error, cause);
}

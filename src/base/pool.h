/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_BASE_POOL_H
#define NODAL_BASE_POOL_H

#include "base/error.h"
#include <nodal/types.h>
#include <stdint.h>

/** Worker threads, started once and used for one run after another. */
typedef struct NodalPool NodalPool;

/** `threads` 0: one a core that this process may run on. With 1 the caller's own thread does the work. */
NodalPool *nodal_pool_new(int threads, NodalError **error);
void nodal_pool_free(NodalPool *pool);
int nodal_pool_threads(const NodalPool *pool);

/** Does item `index`; `worker` is 0 .. threads-1. False stops the run; the failure with the lowest index is reported.
 */
typedef bool (*NodalPoolWork)(void *user, int worker, int64_t index, NodalError **error);

/** Takes the result of item `index`; called once an item, in the order of the indices, one at a time. May be NULL. */
typedef bool (*NodalPoolCommit)(void *user, int worker, int64_t index, NodalError **error);

/**
 * Runs `work` for every index in [0, count), items handed out in order, at most `window` (0: 4 a thread) items past the
 * oldest one not committed, and `commit` in order. `progress` may be NULL and then `weight` too; `weight` (NULL: 1 an
 * item) says how much of the whole an item is, and a report that returns false ends the run with
 * NODAL_ERROR_CANCELLED. An item whose work succeeded but whose commit is never called (the run failed) is handed to
 * `discard` (may be NULL).
 */
typedef struct NodalPoolRun {
  int64_t count;
  NodalPoolWork work;
  NodalPoolCommit commit;
  void (*discard)(void *user, int64_t index);
  uint64_t (*weight)(void *user, int64_t index);
  void *user;
  int64_t window;
  const NodalProgress *progress;
} NodalPoolRun;

bool nodal_pool_run(NodalPool *pool, const NodalPoolRun *run, NodalError **error);

#endif

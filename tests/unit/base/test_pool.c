/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ITEMS = 300 };

/* Notes what the pool does and where it breaks its word; asserting is left to the main thread. */
typedef struct Watch {
  int threads;
  int64_t window;
  atomic_int worked[ITEMS], discarded[ITEMS];
  atomic_int working[64]; /* a worker does one thing at a time */
  int64_t committed;      /* plain: commits must not overlap, and the sanitizer would see it */
  _Atomic int64_t committed_now;
  atomic_bool committing, reporting;
  atomic_int broken;
  /* failures to be made */
  int64_t fail_work[3], fail_commit;
  /* progress */
  uint64_t last_done, last_total, cancel_at;
  int reports;
} Watch;

static void expect(Watch *watch, bool condition) {
  if (!condition) {
    watch->broken++;
  }
}

/* Some items take longer than others. */
static void dawdle(int64_t index) {
  uint32_t turns = (uint32_t)((uint64_t)index * 2654435761u) >> 28;
  for (uint32_t i = 0; i < turns; i++) {
    sched_yield();
  }
}

static bool work(void *user, int worker, int64_t index, NodalError **error) {
  Watch *watch = user;
  expect(watch, worker >= 0 && worker < watch->threads && index >= 0 && index < ITEMS);
  expect(watch, watch->working[worker]++ == 0);
  expect(watch, index < watch->committed_now + watch->window);
  dawdle(index);
  watch->worked[index]++;
  watch->working[worker]--;
  for (int i = 0; i < 3; i++) {
    if (watch->fail_work[i] == index) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "item %d is bad", (int)index);
    }
  }
  return true;
}

static bool commit(void *user, int worker, int64_t index, NodalError **error) {
  Watch *watch = user;
  expect(watch, worker >= 0 && worker < watch->threads);
  expect(watch, !atomic_exchange(&watch->committing, true));
  expect(watch, watch->worked[index] == 1);
  expect(watch, watch->committed == index);
  watch->committed++;
  dawdle(index + 1000);
  watch->committed_now = index + 1;
  watch->committing = false;
  if (watch->fail_commit == index) {
    return nodal_fail(error, NODAL_ERROR_IO, "item %d cannot be kept", (int)index);
  }
  return true;
}

static void discard(void *user, int64_t index) {
  Watch *watch = user;
  watch->discarded[index]++;
}

static uint64_t weight(void *user, int64_t index) {
  (void)user;
  return (uint64_t)index % 5 + 1;
}

static bool report(void *user, uint64_t done, uint64_t total) {
  Watch *watch = user;
  expect(watch, !atomic_exchange(&watch->reporting, true));
  expect(watch, done > watch->last_done && done <= total);
  watch->last_done = done;
  watch->last_total = total;
  watch->reports++;
  watch->reporting = false;
  return watch->cancel_at == 0 || done < watch->cancel_at;
}

static Watch new_watch(const NodalPool *pool, int64_t window) {
  Watch watch;
  memset(&watch, 0, sizeof watch);
  watch.threads = nodal_pool_threads(pool);
  watch.window = window ? window : 4 * watch.threads;
  watch.fail_commit = watch.fail_work[0] = watch.fail_work[1] = watch.fail_work[2] = -1;
  return watch;
}

static NodalPool *new_pool(int threads) {
  NodalPool *pool = nodal_pool_new(threads, NULL);
  assert_non_null(pool);
  assert_int_equal(nodal_pool_threads(pool), threads);
  return pool;
}

static const int thread_counts[] = {1, 2, 3, 8};
enum { THREAD_COUNTS = 4 };

static void everything_once_and_in_order(void **state) {
  (void)state;
  static const int64_t windows[] = {0, 1, 2, 1000};
  for (int t = 0; t < THREAD_COUNTS; t++) {
    NodalPool *pool = new_pool(thread_counts[t]);
    /* One pool serves run after run. */
    for (int w = 0; w < 4; w++) {
      Watch watch = new_watch(pool, windows[w]);
      NodalProgress progress = {report, &watch};
      NodalPoolRun run = {ITEMS, work, commit, discard, weight, &watch, windows[w], &progress};
      NodalError *error = NULL;
      assert_true(nodal_pool_run(pool, &run, &error));
      assert_null(error);
      assert_int_equal(watch.broken, 0);
      assert_int_equal(watch.committed, ITEMS);
      for (int i = 0; i < ITEMS; i++) {
        assert_int_equal(watch.worked[i], 1);
        assert_int_equal(watch.discarded[i], 0);
      }
      assert_int_equal(watch.reports, ITEMS);
      assert_int_equal(watch.last_done, 900); /* 60 times 1 + 2 + 3 + 4 + 5 */
      assert_int_equal(watch.last_total, 900);
    }
    nodal_pool_free(pool);
  }
}

static void runs_without_commit_and_without_items(void **state) {
  (void)state;
  NodalPool *pool = new_pool(4);
  Watch watch = new_watch(pool, 0);
  watch.window = ITEMS;
  NodalProgress progress = {report, &watch};
  NodalPoolRun run = {.count = ITEMS, .work = work, .user = &watch, .progress = &progress};
  assert_true(nodal_pool_run(pool, &run, NULL));
  assert_int_equal(watch.broken, 0);
  assert_int_equal(watch.last_done, ITEMS);
  for (int i = 0; i < ITEMS; i++) {
    assert_int_equal(watch.worked[i], 1);
  }
  run.count = 0;
  assert_true(nodal_pool_run(pool, &run, NULL));
  assert_int_equal(watch.reports, ITEMS);
  nodal_pool_free(pool);
  nodal_pool_free(NULL);
}

/* What fails, and what was committed by then, does not depend on the threads or on luck. */
static void lowest_failure_wins(void **state) {
  (void)state;
  static const struct {
    int64_t work[3], commit;
    NodalErrorCode code;
    const char *message;
    int64_t committed;
  } rows[] = {
      {{101, 97, 250}, -1, NODAL_ERROR_FORMAT, "item 97 is bad", 97},
      {{0, 1, 2}, -1, NODAL_ERROR_FORMAT, "item 0 is bad", 0},
      {{299, -1, -1}, -1, NODAL_ERROR_FORMAT, "item 299 is bad", 299},
      {{55, 56, 57}, 54, NODAL_ERROR_IO, "item 54 cannot be kept", 55},
      {{54, 56, 57}, 55, NODAL_ERROR_FORMAT, "item 54 is bad", 54},
      {{-1, -1, -1}, 299, NODAL_ERROR_IO, "item 299 cannot be kept", 300},
  };
  for (int t = 0; t < THREAD_COUNTS; t++) {
    NodalPool *pool = new_pool(thread_counts[t]);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
      for (int again = 0; again < 10; again++) {
        Watch watch = new_watch(pool, 0);
        memcpy(watch.fail_work, rows[r].work, sizeof watch.fail_work);
        watch.fail_commit = rows[r].commit;
        NodalPoolRun run = {.count = ITEMS, .work = work, .commit = commit, .discard = discard, .user = &watch};
        NodalError *error = NULL;
        assert_false(nodal_pool_run(pool, &run, &error));
        assert_string_equal(nodal_error_message(error), rows[r].message);
        assert_int_equal(nodal_error_code(error), rows[r].code);
        nodal_error_free(error);
        assert_int_equal(watch.broken, 0);
        assert_int_equal(watch.committed, rows[r].committed);
        for (int64_t i = 0; i < ITEMS; i++) {
          bool failed = i == rows[r].work[0] || i == rows[r].work[1] || i == rows[r].work[2];
          bool left_over = watch.worked[i] && !failed && i >= watch.committed;
          assert_int_equal(watch.discarded[i], left_over);
        }
      }
    }
    nodal_pool_free(pool);
  }
}

static void a_report_can_end_the_run(void **state) {
  (void)state;
  for (int t = 0; t < THREAD_COUNTS; t++) {
    NodalPool *pool = new_pool(thread_counts[t]);
    Watch watch = new_watch(pool, 0);
    watch.cancel_at = 450;
    NodalProgress progress = {report, &watch};
    NodalPoolRun run = {ITEMS, work, commit, discard, weight, &watch, 0, &progress};
    NodalError *error = NULL;
    assert_false(nodal_pool_run(pool, &run, &error));
    assert_int_equal(nodal_error_code(error), NODAL_ERROR_CANCELLED);
    assert_string_equal(nodal_error_message(error), "cancelled");
    nodal_error_free(error);
    assert_int_equal(watch.broken, 0);
    assert_int_equal(watch.last_done, 450);
    assert_int_equal(watch.reports, 150);
    assert_int_equal(watch.committed, 150);
    /* Once more on the same pool, without an error to be told. */
    watch = new_watch(pool, 0);
    watch.cancel_at = 1;
    assert_false(nodal_pool_run(pool, &run, NULL));
    assert_int_equal(watch.committed, 1);
    nodal_pool_free(pool);
  }
}

static void one_thread_for_each_core(void **state) {
  (void)state;
  NodalPool *pool = nodal_pool_new(0, NULL);
  assert_non_null(pool);
  cpu_set_t set;
  assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
  assert_int_equal(nodal_pool_threads(pool), CPU_COUNT(&set));
  nodal_pool_free(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_once_and_in_order), cmocka_unit_test(runs_without_commit_and_without_items),
      cmocka_unit_test(lowest_failure_wins),          cmocka_unit_test(a_report_can_end_the_run),
      cmocka_unit_test(one_thread_for_each_core),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

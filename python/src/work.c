/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

/* How often a waiting thread looks for signals and tells the progress. */
#define LOOK_NANOSECONDS 50000000

/* Shared by the thread that works and the one that waits. */
typedef struct Job {
  pthread_mutex_t lock;
  pthread_cond_t ended;
  Work work;
  void *user;
  NodalError *error;
  uint64_t done, total;
  bool good, over, stopped;
} Job;

/* Called by the library's threads; none of them ever needs the GIL. */
static bool note(void *user, uint64_t done, uint64_t total) {
  Job *job = user;
  pthread_mutex_lock(&job->lock);
  job->done = done;
  job->total = total;
  bool go_on = !job->stopped;
  pthread_mutex_unlock(&job->lock);
  return go_on;
}

static void *run(void *user) {
  Job *job = user;
  const NodalProgress progress = {.report = note, .user = job};
  bool good = job->work(job->user, &progress, &job->error);
  pthread_mutex_lock(&job->lock);
  job->good = good;
  job->over = true;
  pthread_cond_signal(&job->ended);
  pthread_mutex_unlock(&job->lock);
  return NULL;
}

/* Waits without the GIL for the end or for a moment; whether it is over. */
static bool wait_for(Job *job, uint64_t *done, uint64_t *total) {
  bool over = false;
  Py_BEGIN_ALLOW_THREADS;
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += LOOK_NANOSECONDS;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_mutex_lock(&job->lock);
  while (!job->over && pthread_cond_timedwait(&job->ended, &job->lock, &until) != ETIMEDOUT) {
  }
  over = job->over;
  *done = job->done;
  *total = job->total;
  pthread_mutex_unlock(&job->lock);
  Py_END_ALLOW_THREADS;
  return over;
}

static void stop(Job *job) {
  pthread_mutex_lock(&job->lock);
  job->stopped = true;
  pthread_mutex_unlock(&job->lock);
}

/* Calls the caller's function; false where it raised. */
static bool tell(PyObject *progress, uint64_t done, uint64_t total) {
  if (!progress || progress == Py_None || total == 0) {
    return true;
  }
  PyObject *answer = PyObject_CallFunction(progress, "KK", (unsigned long long)done, (unsigned long long)total);
  Py_XDECREF(answer);
  return answer != NULL;
}

bool py_work_run(Work work, void *user, PyObject *progress) {
  if (progress && progress != Py_None && !PyCallable_Check(progress)) {
    PyErr_SetString(PyExc_TypeError, "progress: a callable of done and total is wanted");
    return false;
  }
  Job job = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER, .work = work, .user = user};
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, &job) != 0) {
    return PyErr_NoMemory();
  }
  bool raised = false;
  uint64_t done = 0, total = 0;
  while (!wait_for(&job, &done, &total)) {
    if (!raised && (PyErr_CheckSignals() < 0 || !tell(progress, done, total))) {
      raised = true;
      stop(&job);
    }
  }
  pthread_join(thread, NULL);
  pthread_mutex_destroy(&job.lock);
  pthread_cond_destroy(&job.ended);
  if (raised) {
    nodal_error_free(job.error);
    return false;
  }
  if (!job.good) {
    return py_raise_error(job.error);
  }
  return tell(progress, done, total);
}

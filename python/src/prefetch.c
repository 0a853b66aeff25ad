/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * Reads patches ahead on threads of its own. The consumer takes jobs from a Python iterator, opens the array that a
 * group of patches is to stand in, and puts the jobs into a ring; threads that never need the GIL read them; groups
 * come out in the order of the jobs. See python/nodal/patches.py for what users see.
 */

#define MOST_THREADS 256
#define MOST_PATCHES 65536
#define LOOK_NANOSECONDS 50000000

/* One patch to be read. */
typedef struct Job {
  PyObject *owner;   /* the nodal.Slide, acquired */
  NodalSlide *slide; /* behind it */
  int level;         /* -1: at the spacing */
  double x, y;       /* level-0 pixels */
  char *pixels;
  NodalError *error;
  bool bad;
} Job;

/* Patches that are delivered together. */
typedef struct Group {
  Target target;
  PyObject *tags; /* a list */
  int count, done;
} Group;

typedef struct PrefetchObject {
  PyObject_HEAD PyObject *source; /* the iterator; NULL: exhausted */
  NodalPixelFormat format;
  NodalInterpolation interpolation;
  NodalDtype dtype; /* of what is read: all slides must have it, and as many channels */
  double spacing_um;
  int64_t width, height;
  int channels; /* 0: no slide was seen yet */
  int batch;    /* patches of a group */
  bool single;  /* a group is one patch without the axis of the batch */
  Group *groups;
  Job *jobs;
  PyObject **kept; /* arrays that were delivered, to be filled again once nobody else has them */
  int group_count, thread_count;
  pthread_t *threads;
  pid_t process;
  /* Guarded by the GIL. */
  uint64_t groups_filled, groups_delivered;
  bool waiting; /* a thread is in __next__() */
  /* Guarded by `lock`. */
  pthread_mutex_t lock;
  pthread_cond_t filled, read;
  uint64_t jobs_filled, jobs_taken;
  bool stop;
} PrefetchObject;

static size_t stride_of(const PrefetchObject *self) {
  return (size_t)self->width * (size_t)self->channels * nodal_dtype_size(self->dtype);
}

static Job *job_at(const PrefetchObject *self, uint64_t index) {
  return &self->jobs[index % ((uint64_t)self->group_count * (uint64_t)self->batch)];
}

static Group *group_at(const PrefetchObject *self, uint64_t index) {
  return &self->groups[index % (uint64_t)self->group_count];
}

/* ---- The threads ---- */

static void read_job(const PrefetchObject *self, Job *job) {
  size_t stride = stride_of(self);
  if (job->level >= 0) {
    job->bad = !nodal_slide_read_region(job->slide, job->level, (int64_t)job->x, (int64_t)job->y, self->width,
                                        self->height, self->format, job->pixels, stride, &job->error);
  } else {
    job->bad = !nodal_slide_read_at_spacing(job->slide, self->spacing_um, job->x, job->y, self->width, self->height,
                                            self->interpolation, self->format, job->pixels, stride, &job->error);
  }
}

static void *run(void *user) {
  PrefetchObject *self = user;
  pthread_mutex_lock(&self->lock);
  for (;;) {
    while (!self->stop && self->jobs_taken == self->jobs_filled) {
      pthread_cond_wait(&self->filled, &self->lock);
    }
    if (self->stop) {
      break;
    }
    uint64_t index = self->jobs_taken++;
    pthread_mutex_unlock(&self->lock);
    read_job(self, job_at(self, index));
    pthread_mutex_lock(&self->lock);
    Group *group = group_at(self, index / (uint64_t)self->batch);
    group->done++;
    if (group->done == group->count) {
      pthread_cond_broadcast(&self->read);
    }
  }
  pthread_mutex_unlock(&self->lock);
  return NULL;
}

static void stop_threads(PrefetchObject *self) {
  Py_BEGIN_ALLOW_THREADS;
  pthread_mutex_lock(&self->lock);
  self->stop = true;
  pthread_cond_broadcast(&self->filled);
  pthread_mutex_unlock(&self->lock);
  for (int i = 0; i < self->thread_count; i++) {
    pthread_join(self->threads[i], NULL);
  }
  Py_END_ALLOW_THREADS;
  self->thread_count = 0;
}

/* ---- Filling ---- */

/* All patches have one shape: that of the first slide decides. */
static bool fits(PrefetchObject *self, NodalSlide *slide) {
  size_t size = nodal_slide_pixel_size(slide, self->format);
  NodalDtype dtype = self->format == NODAL_PIXELS_NATIVE ? nodal_slide_dtype(slide) : NODAL_UINT8;
  int channels = (int)(size / nodal_dtype_size(dtype));
  if (size == 0) {
    return py_raise_argument("%s: cannot be read in that mode", nodal_slide_path(slide));
  }
  if (self->channels == 0) {
    self->channels = channels;
    self->dtype = dtype;
  }
  return (channels == self->channels && dtype == self->dtype) ||
         py_raise_argument("%s: %d x %s a pixel; the slides before it have %d x %s", nodal_slide_path(slide), channels,
                           nodal_dtype_name(dtype), self->channels, nodal_dtype_name(self->dtype));
}

/* Takes a job from the iterator: 1 one came, 0 there is none any more, -1 an exception. */
static int take_job(PrefetchObject *self, Job *job, PyObject **tag) {
  PyObject *item = self->source ? PyIter_Next(self->source) : NULL;
  if (!item) {
    Py_CLEAR(self->source);
    return PyErr_Occurred() ? -1 : 0;
  }
  *job = (Job){0};
  int result = -1;
  if (PyTuple_Check(item) && PyArg_ParseTuple(item, "OiddO", &job->owner, &job->level, &job->x, &job->y, tag)) {
    job->slide = py_slide_acquire(job->owner);
    if (job->slide && fits(self, job->slide)) {
      Py_INCREF(job->owner);
      Py_INCREF(*tag);
      result = 1;
    } else if (job->slide) {
      py_slide_release(job->owner);
    }
  } else if (!PyErr_Occurred()) {
    PyErr_SetString(PyExc_TypeError, "a job is a tuple of slide, level, x, y and a tag");
  }
  Py_DECREF(item);
  return result;
}

/*
 * An array that was delivered and that only this iterator still refers to: its memory is there already, so that filling
 * it costs no page faults. Whoever looks at it by a view or a memoryview refers to it. NULL if there is none.
 */
static PyObject *take_kept(PrefetchObject *self) {
  for (int i = 0; i < self->group_count; i++) {
    PyObject *array = self->kept[i];
    if (array && Py_REFCNT(array) == 1) {
      self->kept[i] = NULL;
      return array;
    }
  }
  return NULL;
}

static void keep(PrefetchObject *self, uint64_t index, PyObject *array) {
  PyObject **place = &self->kept[index % (uint64_t)self->group_count];
  PyObject *before = *place;
  Py_INCREF(array);
  *place = array;
  Py_XDECREF(before);
}

static bool open_group(PrefetchObject *self, Group *group) {
  const Py_ssize_t shape[4] = {self->batch, (Py_ssize_t)self->height, (Py_ssize_t)self->width, self->channels};
  int first = self->single ? 1 : 0, last = self->channels == 1 ? 3 : 4;
  *group = (Group){.tags = PyList_New(0)};
  PyObject *kept = take_kept(self);
  bool good = group->tags && py_target_open(&group->target, kept, self->dtype, last - first, shape + first);
  Py_XDECREF(kept);
  return good;
}

static void release_job(Job *job, bool here) {
  if (job->owner && here) {
    py_slide_release(job->owner);
  }
  Py_CLEAR(job->owner);
  nodal_error_free(job->error);
  job->error = NULL;
}

/* Puts one group into the ring; false with an exception, which what was put in already survives. */
static bool fill_group(PrefetchObject *self) {
  Group *group = group_at(self, self->groups_filled);
  uint64_t first = self->groups_filled * (uint64_t)self->batch;
  int status = 1, count = 0;
  while (count < self->batch) {
    Job *job = job_at(self, first + (uint64_t)count);
    PyObject *tag = NULL;
    status = take_job(self, job, &tag);
    if (status <= 0) {
      break;
    }
    bool good = (count > 0 || open_group(self, group)) && PyList_Append(group->tags, tag) == 0;
    Py_DECREF(tag);
    if (!good) {
      release_job(job, true);
      status = -1;
      break;
    }
    job->pixels = group->target.data + (size_t)count * (size_t)self->height * stride_of(self);
    count++;
  }
  if (status < 0) {
    /* The numbers of jobs go by whole groups: nothing comes after one that is not full. */
    Py_CLEAR(self->source);
  }
  if (count == 0) {
    if (status < 0) {
      py_target_close(&group->target, false);
      Py_CLEAR(group->tags);
    }
    return status >= 0;
  }
  pthread_mutex_lock(&self->lock);
  group->count = count;
  self->jobs_filled = first + (uint64_t)count;
  pthread_cond_broadcast(&self->filled);
  pthread_mutex_unlock(&self->lock);
  self->groups_filled++;
  return status >= 0;
}

/* ---- Delivering ---- */

/* Waits without the GIL; false with an exception where a signal's handler raised. */
static bool wait_for(PrefetchObject *self, const Group *group) {
  for (bool over = false; !over;) {
    Py_BEGIN_ALLOW_THREADS;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_NANOSECONDS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&self->lock);
    while (group->done < group->count && pthread_cond_timedwait(&self->read, &self->lock, &until) != ETIMEDOUT) {
    }
    over = group->done == group->count;
    pthread_mutex_unlock(&self->lock);
    Py_END_ALLOW_THREADS;
    if (!over && PyErr_CheckSignals() < 0) {
      return false;
    }
  }
  return true;
}

/* The array of a group, cut to what there is, and its tags. */
static PyObject *result_new(const PrefetchObject *self, PyObject *array, PyObject *tags, int count) {
  if (array && count < self->batch) {
    PyObject *end = PyLong_FromLong(count);
    PyObject *some = end ? PySlice_New(NULL, end, NULL) : NULL;
    PyObject *part = some ? PyObject_GetItem(array, some) : NULL;
    Py_XDECREF(some);
    Py_XDECREF(end);
    Py_DECREF(array);
    array = part;
  }
  if (!array) {
    return NULL;
  }
  return Py_BuildValue("(NO)", array, self->single ? PyList_GetItem(tags, 0) : tags);
}

static PyObject *deliver(PrefetchObject *self) {
  uint64_t index = self->groups_delivered++;
  Group *group = group_at(self, index);
  NodalError *error = NULL;
  bool bad = false;
  for (int i = 0; i < group->count; i++) {
    Job *job = job_at(self, index * (uint64_t)self->batch + (uint64_t)i);
    if (job->bad && !bad) {
      bad = true;
      error = job->error;
      job->error = NULL;
    }
    release_job(job, true);
  }
  PyObject *array = py_target_close(&group->target, !bad), *tags = group->tags;
  int count = group->count;
  *group = (Group){.count = 0};
  if (array) {
    keep(self, index, array);
  }
  PyObject *result = bad ? py_raise_error(error) : result_new(self, array, tags, count);
  Py_DECREF(tags);
  return result;
}

static PyObject *next_group(PrefetchObject *self) {
  while (self->source && self->groups_filled - self->groups_delivered < (uint64_t)self->group_count) {
    if (!fill_group(self)) {
      return NULL;
    }
  }
  if (self->groups_delivered == self->groups_filled) {
    return NULL;
  }
  return wait_for(self, group_at(self, self->groups_delivered)) ? deliver(self) : NULL;
}

static PyObject *prefetch_next(PyObject *object) {
  PrefetchObject *self = (PrefetchObject *)object;
  if (self->process != getpid()) {
    PyErr_SetString(PyExc_ValueError, "patches that a parent reads ahead cannot be taken in its forked child: "
                                      "begin a new iteration there");
    return NULL;
  }
  if (self->waiting) {
    PyErr_SetString(PyExc_ValueError, "another thread is taking from these patches");
    return NULL;
  }
  self->waiting = true;
  PyObject *result = next_group(self);
  self->waiting = false;
  return result;
}

/* ---- Life ---- */

static PyObject *start(PyTypeObject *type, const PrefetchObject *like, int thread_count) {
  PrefetchObject *self = (PrefetchObject *)py_object_new(type);
  if (!self) {
    return NULL;
  }
  self->format = like->format;
  self->interpolation = like->interpolation;
  self->spacing_um = like->spacing_um;
  self->width = like->width;
  self->height = like->height;
  self->batch = like->batch;
  self->single = like->single;
  self->group_count = like->group_count;
  self->process = getpid();
  pthread_mutex_init(&self->lock, NULL);
  pthread_cond_init(&self->filled, NULL);
  pthread_cond_init(&self->read, NULL);
  self->groups = calloc((size_t)self->group_count, sizeof *self->groups);
  self->jobs = calloc((size_t)self->group_count * (size_t)self->batch, sizeof *self->jobs);
  self->kept = calloc((size_t)self->group_count, sizeof *self->kept);
  self->threads = calloc((size_t)thread_count, sizeof *self->threads);
  while (self->groups && self->jobs && self->kept && self->threads && self->thread_count < thread_count &&
         pthread_create(&self->threads[self->thread_count], NULL, run, self) == 0) {
    self->thread_count++;
  }
  if (self->thread_count == 0) {
    Py_DECREF(self);
    return PyErr_NoMemory();
  }
  self->source = like->source;
  Py_INCREF(self->source);
  return (PyObject *)self;
}

static PyObject *prefetch_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  (void)kwargs;
  PrefetchObject like = {.interpolation = NODAL_INTERPOLATION_LINEAR};
  PyObject *jobs = NULL;
  const char *mode = NULL, *interpolation = NULL;
  long long width = 0, height = 0;
  int threads = 0, ahead = 0;
  if (!PyArg_ParseTuple(args, "OLLdzziii", &jobs, &width, &height, &like.spacing_um, &interpolation, &mode, &like.batch,
                        &threads, &ahead) ||
      !py_choose_mode(mode, &like.format) || !py_choose_interpolation(interpolation, &like.interpolation)) {
    return NULL;
  }
  if (width < 1 || height < 1 || width > INT32_MAX || height > INT32_MAX) {
    return py_raise_argument("size: %lld x %lld pixels", width, height);
  }
  if (threads < 0 || threads > MOST_THREADS || like.batch < 0 || ahead < 0 || like.batch > MOST_PATCHES ||
      ahead > MOST_PATCHES) {
    return py_raise_argument("threads, batch, ahead: are out of range");
  }
  if (threads == 0) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    threads = online < 1 ? 1 : online > MOST_THREADS ? MOST_THREADS : (int)online;
  }
  like.width = width;
  like.height = height;
  like.single = like.batch == 0;
  like.batch = like.single ? 1 : like.batch;
  int patches = ahead > 0 ? ahead : 2 * threads + 2;
  like.group_count = 1 + (patches + like.batch - 1) / like.batch;
  like.source = PyObject_GetIter(jobs);
  if (!like.source) {
    return NULL;
  }
  PyObject *self = start(type, &like, threads);
  Py_DECREF(like.source);
  return self;
}

/* In a forked child there are no threads, and the lock may be held for ever. */
static void prefetch_dealloc(PyObject *object) {
  PrefetchObject *self = (PrefetchObject *)object;
  bool here = self->process == getpid();
  if (here) {
    stop_threads(self);
    pthread_cond_destroy(&self->read);
    pthread_cond_destroy(&self->filled);
    pthread_mutex_destroy(&self->lock);
  }
  for (uint64_t i = self->groups_delivered; self->groups && i < self->groups_filled; i++) {
    Group *group = group_at(self, i);
    for (int j = 0; j < group->count; j++) {
      release_job(job_at(self, i * (uint64_t)self->batch + (uint64_t)j), here);
    }
    py_target_close(&group->target, false);
    Py_CLEAR(group->tags);
  }
  for (int i = 0; self->kept && i < self->group_count; i++) {
    Py_CLEAR(self->kept[i]);
  }
  Py_CLEAR(self->source);
  free(self->kept);
  free(self->groups);
  free(self->jobs);
  free(self->threads);
  py_object_free(object);
}

static PyObject *prefetch_iter(PyObject *object) {
  Py_INCREF(object);
  return object;
}

bool py_prefetch_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {{Py_tp_new, prefetch_new},
                         {Py_tp_dealloc, prefetch_dealloc},
                         {Py_tp_iter, prefetch_iter},
                         {Py_tp_iternext, prefetch_next},
                         {0, NULL}};
  PyType_Spec spec = {"nodal._Prefetch", sizeof(PrefetchObject), 0, Py_TPFLAGS_DEFAULT, slots};
  return py_type_add(module, &spec, &state->prefetch);
}

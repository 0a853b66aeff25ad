/* SPDX-License-Identifier: Apache-2.0 */
#include "slide.h"

#include <unistd.h>

typedef struct CacheObject {
  PyObject_HEAD NodalCache *cache;
  Py_ssize_t budget;
  pid_t process; /* that made `cache`: after a fork its lock may be held by a thread that is not there */
} CacheObject;

static PyObject *cache_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  Py_ssize_t budget = 0;
  if (!py_parse(args, kwargs, "n", NAMES("budget"), &budget)) {
    return NULL;
  }
  if (budget < 0) {
    return py_raise_argument("budget: a number of bytes is not negative");
  }
  NodalError *error = NULL;
  NodalCache *made = nodal_cache_new((size_t)budget, &error);
  if (!made) {
    return py_raise_error(error);
  }
  CacheObject *self = (CacheObject *)py_object_new(type);
  if (!self) {
    nodal_cache_unref(made);
    return NULL;
  }
  self->cache = made;
  self->budget = budget;
  self->process = getpid();
  return (PyObject *)self;
}

static void cache_dealloc(PyObject *object) {
  CacheObject *self = (CacheObject *)object;
  if (self->process == getpid()) {
    nodal_cache_unref(self->cache);
  }
  py_object_free(object);
}

/* A child gets a cache of its own; that of its parent is left alone. */
static NodalCache *cache_here(CacheObject *self) {
  if (self->process != getpid()) {
    NodalError *error = NULL;
    NodalCache *made = nodal_cache_new((size_t)self->budget, &error);
    if (!made) {
      return py_raise_error(error);
    }
    self->cache = made;
    self->process = getpid();
  }
  return self->cache;
}

bool py_cache_get(PyObject *cache, NodalCache **kept) {
  *kept = NULL;
  if (!cache || cache == Py_None) {
    return true;
  }
  if (!PyObject_TypeCheck(cache, py_module_state()->cache)) {
    PyErr_SetString(PyExc_TypeError, "cache: a nodal.Cache is wanted");
    return false;
  }
  NodalCache *here = cache_here((CacheObject *)cache);
  *kept = here ? nodal_cache_ref(here) : NULL;
  return here != NULL;
}

static PyObject *cache_statistics(PyObject *object, void *closure) {
  (void)closure;
  NodalCache *here = cache_here((CacheObject *)object);
  if (!here) {
    return NULL;
  }
  NodalCacheStatistics now = {0};
  nodal_cache_statistics(here, &now);
  return Py_BuildValue("{s:n,s:K,s:K,s:K}", "bytes", (Py_ssize_t)now.bytes, "hits", (unsigned long long)now.hits,
                       "misses", (unsigned long long)now.misses, "waits", (unsigned long long)now.waits);
}

static PyObject *cache_budget(PyObject *object, void *closure) {
  (void)closure;
  return PyLong_FromSsize_t(((CacheObject *)object)->budget);
}

static PyObject *cache_reduce(PyObject *object, PyObject *none) {
  (void)none;
  return Py_BuildValue("(O(n))", Py_TYPE(object), ((CacheObject *)object)->budget);
}

static PyMethodDef methods[] = {{"__reduce__", cache_reduce, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {
    {"budget", cache_budget, NULL, "Bytes it holds at most.", NULL},
    {"statistics", cache_statistics, NULL,
     "What it did so far, a dict: `bytes` held now, `hits`, `misses`, and `waits` for a tile that another thread was "
     "decoding.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static const char doc[] =
    "Cache(budget)\n--\n\n"
    "Decoded tiles, least recently used first out, within `budget` bytes. Slides that are opened with the same cache "
    "share it: nodal.Slide(path, cache=cache). Without one each slide has its own of 32 MiB. Pickled it is an empty "
    "cache of the same budget.";

bool py_cache_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {{Py_tp_doc, DOC(doc)},    {Py_tp_new, cache_new},  {Py_tp_dealloc, cache_dealloc},
                         {Py_tp_methods, methods}, {Py_tp_getset, getters}, {0, NULL}};
  PyType_Spec spec = {"nodal.Cache", sizeof(CacheObject), 0, Py_TPFLAGS_DEFAULT, slots};
  return py_type_add(module, &spec, &state->cache);
}

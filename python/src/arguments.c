/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool py_parse(PyObject *args, PyObject *kwargs, const char *format, const char *const *names, ...) {
  va_list list;
  va_start(list, names);
  /* Python's declaration lacks the const; it writes to none of them. */
  union {
    const char *const *given;
    char **wanted;
  } keywords = {.given = names};
  bool good = PyArg_VaParseTupleAndKeywords(args, kwargs, format, keywords.wanted, list);
  va_end(list);
  return good;
}

bool py_choose(const char *what, const char *text, const char *(*name)(int), int count, int *value) {
  if (!text) {
    return true;
  }
  char known[256] = "";
  size_t used = 0;
  for (int i = 0; i < count; i++) {
    if (strcmp(text, name(i)) == 0) {
      *value = i;
      return true;
    }
    int more = snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", name(i));
    used = more > 0 && used + (size_t)more < sizeof known ? used + (size_t)more : used;
  }
  py_raise_argument("%s: '%s' is none of %s", what, text, known);
  return false;
}

static const char *mode_name(int mode) {
  static const char *const names[] = {"native", "rgb", "rgba"};
  return names[mode];
}

static const char *interpolation_name(int interpolation) {
  return interpolation == NODAL_INTERPOLATION_LINEAR ? "linear" : "nearest";
}

static const char *dtype_name(int dtype) {
  return nodal_dtype_name((NodalDtype)dtype);
}

static const char *color_name(int color) {
  return nodal_color_name((NodalColor)color);
}

static const char *codec_name(int codec) {
  return nodal_codec_name((NodalCodec)codec);
}

bool py_choose_mode(const char *text, NodalPixelFormat *format) {
  int value = NODAL_PIXELS_NATIVE;
  bool good = py_choose("mode", text, mode_name, 3, &value);
  *format = (NodalPixelFormat)value;
  return good;
}

bool py_choose_dtype(const char *text, NodalDtype *dtype) {
  int value = (int)*dtype;
  bool good = py_choose("dtype", text, dtype_name, NODAL_FLOAT32 + 1, &value);
  *dtype = (NodalDtype)value;
  return good;
}

bool py_choose_color(const char *text, NodalColor *color) {
  int value = (int)*color;
  bool good = py_choose("color", text, color_name, NODAL_COLOR_LABEL + 1, &value);
  *color = (NodalColor)value;
  return good;
}

bool py_choose_codec(const char *text, NodalCodec *codec) {
  int value = (int)*codec;
  bool good = py_choose("codec", text, codec_name, NODAL_CODEC_PNG + 1, &value);
  *codec = (NodalCodec)value;
  return good;
}

bool py_choose_interpolation(const char *text, NodalInterpolation *interpolation) {
  int value = (int)*interpolation;
  bool good = py_choose("interpolation", text, interpolation_name, 2, &value);
  *interpolation = (NodalInterpolation)value;
  return good;
}

static bool number_of(PyObject *object, double *number) {
  *number = PyFloat_AsDouble(object);
  return *number != -1 || !PyErr_Occurred();
}

bool py_spacing_argument(PyObject *object, double *x_um, double *y_um) {
  *x_um = *y_um = 0;
  if (!object || object == Py_None) {
    return true;
  }
  if (PyNumber_Check(object)) {
    if (!number_of(object, x_um)) {
      return false;
    }
    *y_um = *x_um;
  } else {
    PyObject *pair = PySequence_Tuple(object);
    bool good = pair && PyTuple_Size(pair) == 2 && number_of(PyTuple_GetItem(pair, 0), x_um) &&
                number_of(PyTuple_GetItem(pair, 1), y_um);
    Py_XDECREF(pair);
    if (!good) {
      return PyErr_Occurred() ? false
                              : py_raise_argument("spacing: a number of micrometres a pixel, or a pair of them");
    }
  }
  if (!(isfinite(*x_um) && isfinite(*y_um) && *x_um > 0 && *y_um > 0)) {
    return py_raise_argument("spacing: micrometres a pixel are more than 0");
  }
  return true;
}

PyObject *py_spacing_new(double x_um, double y_um) {
  if (!(x_um > 0) || !(y_um > 0)) {
    Py_RETURN_NONE;
  }
  return Py_BuildValue("(dd)", x_um, y_um);
}

PyObject *py_text_new(const char *text) {
  if (!text) {
    Py_RETURN_NONE;
  }
  return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogateescape");
}

PyObject *py_lines_new(const char *(*line)(const void *, int), const void *user) {
  PyObject *list = PyList_New(0);
  const char *text = NULL;
  for (int i = 0; list && (text = line(user, i)) != NULL; i++) {
    PyObject *item = py_text_new(text);
    if (!item || PyList_Append(list, item) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(item);
  }
  PyObject *tuple = list ? PyList_AsTuple(list) : NULL;
  Py_XDECREF(list);
  return tuple;
}

bool py_strings_open(Strings *strings, PyObject *sequence, const char *what) {
  *strings = (Strings){NULL, 0, NULL};
  if (!sequence || sequence == Py_None) {
    return true;
  }
  PyObject *given = PyUnicode_Check(sequence) ? NULL : PySequence_List(sequence);
  if (!given) {
    PyErr_Clear();
    return py_raise_argument("%s: a sequence of str", what);
  }
  Py_ssize_t count = PyList_Size(given);
  strings->owner = PyList_New(0);
  strings->texts = calloc((size_t)count + 1, sizeof *strings->texts);
  strings->count = (size_t)count;
  bool good = strings->owner && (strings->texts || PyErr_NoMemory());
  for (Py_ssize_t i = 0; good && i < count; i++) {
    PyObject *item = PyList_GetItem(given, i);
    PyObject *bytes = PyUnicode_Check(item) ? PyUnicode_AsUTF8String(item) : py_raise_argument("%s: not a str", what);
    good = bytes && PyList_Append(strings->owner, bytes) == 0;
    strings->texts[i] = good ? PyBytes_AsString(bytes) : NULL;
    if (good && strlen(strings->texts[i]) != (size_t)PyBytes_Size(bytes)) {
      good = py_raise_argument("%s: a zero byte in a name", what);
    }
    Py_XDECREF(bytes);
  }
  Py_DECREF(given);
  if (!good) {
    py_strings_free(strings);
  }
  return good;
}

void py_strings_free(Strings *strings) {
  free(strings->texts);
  Py_CLEAR(strings->owner);
  *strings = (Strings){NULL, 0, NULL};
}

bool py_labels_open(Labels *labels, PyObject *dict) {
  *labels = (Labels){NULL, 0, {NULL, 0, NULL}};
  if (!dict || dict == Py_None) {
    return true;
  }
  PyObject *keys = PyObject_HasAttrString(dict, "keys") ? PyMapping_Keys(dict)
                                                        : py_raise_argument("labels: a dict of name to value");
  if (!keys || !py_strings_open(&labels->names, keys, "labels")) {
    Py_XDECREF(keys);
    return false;
  }
  labels->count = labels->names.count;
  labels->labels = calloc(labels->count + 1, sizeof *labels->labels);
  bool good = labels->labels || PyErr_NoMemory();
  for (size_t i = 0; good && i < labels->count; i++) {
    PyObject *value = PyObject_GetItem(dict, PyList_GetItem(keys, (Py_ssize_t)i));
    long number = value ? PyLong_AsLong(value) : -1;
    good = number != -1 || !PyErr_Occurred();
    if (good && (number < 0 || number > 255)) {
      good = py_raise_argument("labels: %ld is not between 0 and 255", number);
    }
    labels->labels[i] = (NodalMaskLabel){labels->names.texts[i], (int)number};
    Py_XDECREF(value);
  }
  Py_DECREF(keys);
  if (!good) {
    py_labels_free(labels);
  }
  return good;
}

void py_labels_free(Labels *labels) {
  free(labels->labels);
  py_strings_free(&labels->names);
  labels->labels = NULL;
}

bool py_type_add(PyObject *module, PyType_Spec *spec, PyTypeObject **type) {
  PyObject *made = PyType_FromSpec(spec);
  if (!made) {
    return false;
  }
  *type = (PyTypeObject *)made;
  return PyObject_SetAttrString(module, strrchr(spec->name, '.') + 1, made) == 0;
}

void py_object_free(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
}

PyObject *py_type_not_made(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  (void)args, (void)kwargs;
  PyErr_Format(PyExc_TypeError, "%R is not made by calling it", (PyObject *)type);
  return NULL;
}

PyObject *py_object_new(PyTypeObject *type) {
  allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  return allocate(type, 0);
}

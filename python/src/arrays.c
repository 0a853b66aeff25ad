/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <string.h>

/*
 * Arrays without building against NumPy. New ones come from numpy.empty(), looked up when the first is needed, so that
 * importing nodal does not import NumPy. Memory is reached through a memoryview, which keeps the buffer where it is,
 * and the two functions of the stable ABI of 3.9 that tell its address; headers of 3.13 and later keep them to
 * themselves.
 */
#if PY_VERSION_HEX >= 0x030D0000
extern int PyObject_AsReadBuffer(PyObject *object, const void **buffer, Py_ssize_t *size);
extern int PyObject_AsWriteBuffer(PyObject *object, void **buffer, Py_ssize_t *size);
#else
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif

static const char letters[] = {[NODAL_UINT8] = 'B', [NODAL_UINT16] = 'H', [NODAL_UINT32] = 'I', [NODAL_FLOAT32] = 'f'};

/* A function of NumPy, or None where it cannot be imported. Borrowed; NULL with an exception. */
static PyObject *numpy_function(PyObject **kept, const char *name) {
  if (!*kept) {
    PyObject *numpy = PyImport_ImportModule("numpy");
    if (numpy) {
      *kept = PyObject_GetAttrString(numpy, name);
      Py_DECREF(numpy);
    } else if (PyErr_ExceptionMatches(PyExc_ImportError)) {
      PyErr_Clear();
      Py_INCREF(Py_None);
      *kept = Py_None;
    }
  }
  return *kept;
}

static PyObject *shape_new(int dimensions, const Py_ssize_t *shape) {
  PyObject *tuple = PyTuple_New(dimensions);
  for (int i = 0; tuple && i < dimensions; i++) {
    PyObject *size = PyLong_FromSsize_t(shape[i]);
    if (!size) {
      Py_CLEAR(tuple);
    } else {
      PyTuple_SetItem(tuple, i, size);
    }
  }
  return tuple;
}

/* A memoryview of that shape over a new bytearray. */
static PyObject *view_new(char letter, Py_ssize_t bytes, PyObject *shape) {
  PyObject *array = PyByteArray_FromStringAndSize(NULL, bytes);
  PyObject *view = array ? PyMemoryView_FromObject(array) : NULL;
  char format[2] = {letter, 0};
  /* memoryview.cast() refuses a shape with a 0 in it. */
  PyObject *shaped = !view   ? NULL
                     : bytes ? PyObject_CallMethod(view, "cast", "sO", format, shape)
                             : PyObject_CallMethod(view, "cast", "s", format);
  Py_XDECREF(view);
  Py_XDECREF(array);
  return shaped;
}

static bool attribute(PyObject *view, const char *name, long long *value) {
  PyObject *object = PyObject_GetAttrString(view, name);
  *value = object ? PyLong_AsLongLong(object) : -1;
  Py_XDECREF(object);
  return !PyErr_Occurred();
}

/* A memoryview of `object`, which must be C-contiguous, and may have to be writable. */
static PyObject *view_of(PyObject *object, const char *what, bool writable) {
  PyObject *view = PyMemoryView_FromObject(object);
  if (!view) {
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Clear();
      PyErr_Format(PyExc_TypeError, "%s: an array is wanted, or another object with a buffer", what);
    }
    return NULL;
  }
  long long contiguous = 0, readonly = 1;
  if (!attribute(view, "c_contiguous", &contiguous) || !attribute(view, "readonly", &readonly)) {
    Py_CLEAR(view);
  } else if (!contiguous) {
    py_raise_argument("%s: is not C-contiguous", what);
    Py_CLEAR(view);
  } else if (writable && readonly) {
    py_raise_argument("%s: is read-only", what);
    Py_CLEAR(view);
  }
  return view;
}

static void describe(char *text, size_t size, const char *dtype, int dimensions, const Py_ssize_t *shape) {
  size_t used = 0;
  for (int i = 0; i < dimensions && used < size; i++) {
    used += (size_t)snprintf(text + used, size - used, "%zd x ", shape[i]);
  }
  if (used < size) {
    snprintf(text + used, size - used, "%s", dtype);
  }
}

/* The first letter of an array's format says its kind, the size of an item the rest; bytes may stand for anything. */
static bool fits(PyObject *view, const char *dtype, char letter, size_t size, Py_ssize_t bytes, int dimensions,
                 const Py_ssize_t *shape) {
  long long have = 0, item = 0;
  PyObject *format = NULL;
  if (!attribute(view, "nbytes", &have) || !attribute(view, "itemsize", &item) ||
      !(format = PyObject_GetAttrString(view, "format"))) {
    return false;
  }
  PyObject *text = PyUnicode_AsUTF8String(format);
  Py_DECREF(format);
  if (!text) {
    return false;
  }
  const char *kind = PyBytes_AsString(text);
  kind += strspn(kind, "@=<>|");
  bool same = item == 1 || ((size_t)item == size && (*kind == 'f' || *kind == 'd') == (letter == 'f' || letter == 'd'));
  Py_DECREF(text);
  char wanted[128];
  describe(wanted, sizeof wanted, dtype, dimensions, shape);
  if (!same) {
    return py_raise_argument("out: is of another type; %s is wanted", wanted);
  }
  if (have != bytes) {
    return py_raise_argument("out: has %lld bytes; %s has %zd", have, wanted, bytes);
  }
  return true;
}

static PyObject *target_new(const char *dtype, char letter, Py_ssize_t bytes, int dimensions, const Py_ssize_t *shape) {
  PyObject *empty = numpy_function(&py_module_state()->empty, "empty");
  PyObject *sizes = empty ? shape_new(dimensions, shape) : NULL;
  PyObject *array = NULL;
  if (sizes) {
    array = empty == Py_None ? view_new(letter, bytes, sizes) : PyObject_CallFunction(empty, "(Os)", sizes, dtype);
  }
  Py_XDECREF(sizes);
  return array;
}

bool py_target_open_other(Target *target, const char *dtype, char letter, size_t size, int dimensions,
                          const Py_ssize_t *shape) {
  PyObject *out = target->object;
  *target = (Target){NULL, NULL, NULL};
  Py_ssize_t bytes = (Py_ssize_t)size;
  for (int i = 0; i < dimensions; i++) {
    if (shape[i] < 0) {
      return py_raise_argument("a size is negative");
    }
    if (__builtin_mul_overflow(bytes, shape[i], &bytes)) {
      return py_raise_argument("the array would be larger than memory can be");
    }
  }
  if (out && out != Py_None) {
    target->view = view_of(out, "out", true);
    if (target->view && !fits(target->view, dtype, letter, size, bytes, dimensions, shape)) {
      Py_CLEAR(target->view);
    }
    Py_INCREF(out);
  } else {
    out = target_new(dtype, letter, bytes, dimensions, shape);
    target->view = out ? PyMemoryView_FromObject(out) : NULL;
  }
  void *data = NULL;
  Py_ssize_t have = 0;
  if (target->view && bytes > 0 && (PyObject_AsWriteBuffer(target->view, &data, &have) < 0 || have < bytes)) {
    Py_CLEAR(target->view);
  }
  target->data = data;
  target->object = out;
  if (!target->view) {
    Py_CLEAR(target->object);
  }
  return target->view != NULL;
}

bool py_target_open(Target *target, PyObject *out, NodalDtype dtype, int dimensions, const Py_ssize_t *shape) {
  target->object = out;
  return py_target_open_other(target, nodal_dtype_name(dtype), letters[dtype], nodal_dtype_size(dtype), dimensions,
                              shape);
}

PyObject *py_target_close(Target *target, bool good) {
  Py_CLEAR(target->view);
  if (!good) {
    Py_CLEAR(target->object);
  }
  return target->object;
}

static bool shape_of(Input *input) {
  PyObject *shape = PyObject_GetAttrString(input->view, "shape");
  long long bytes = 0;
  bool good = shape && attribute(input->view, "nbytes", &bytes);
  input->bytes = (Py_ssize_t)bytes;
  input->dimensions = good ? (int)PyTuple_Size(shape) : 0;
  if (good && input->dimensions > MAX_DIMENSIONS) {
    good = py_raise_argument("an array of %d dimensions, %d are the most", input->dimensions, MAX_DIMENSIONS);
  }
  for (int i = 0; good && i < input->dimensions; i++) {
    input->shape[i] = PyLong_AsSsize_t(PyTuple_GetItem(shape, i));
  }
  Py_XDECREF(shape);
  return good;
}

static bool input_view(Input *input, PyObject *object, const char *what) {
  *input = (Input){.view = view_of(object, what, false)};
  Py_ssize_t have = 0;
  if (input->view &&
      (!shape_of(input) || (input->bytes > 0 && PyObject_AsReadBuffer(input->view, &input->data, &have) < 0))) {
    Py_CLEAR(input->view);
  }
  return input->view != NULL;
}

bool py_input_open_pixels(Input *input, PyObject *object, NodalDtype *dtype) {
  if (!input_view(input, object, "pixels")) {
    return false;
  }
  PyObject *format = PyObject_GetAttrString(input->view, "format");
  PyObject *text = format ? PyUnicode_AsUTF8String(format) : NULL;
  Py_XDECREF(format);
  bool found = false;
  if (text) {
    const char *kind = PyBytes_AsString(text);
    /* '=' and no mark at all are the machine's byte order; 'L' is as long as 'I' where it has 4 bytes. */
    kind += strspn(kind, "@=|");
    for (int i = 0; i < (int)sizeof letters && !found; i++) {
      if (kind[0] && !kind[1] && (kind[0] == letters[i] || (kind[0] == '?' && i == NODAL_UINT8))) {
        *dtype = (NodalDtype)i;
        found = true;
      }
    }
    if (!found) {
      py_raise_argument("pixels: are of type '%s'; uint8, uint16, uint32 or float32 are wanted",
                        PyBytes_AsString(text));
    }
  }
  Py_XDECREF(text);
  if (!found) {
    py_input_close(input);
  }
  return found;
}

/* Whether the object is a buffer of just that type. */
static bool has_type(PyObject *object, const char *wanted) {
  PyObject *view = PyMemoryView_FromObject(object);
  PyObject *format = view ? PyObject_GetAttrString(view, "format") : NULL;
  PyErr_Clear();
  bool same = format && PyUnicode_CompareWithASCIIString(format, wanted) == 0;
  Py_XDECREF(format);
  Py_XDECREF(view);
  return same;
}

/* Numbers without NumPy become an array of the standard library, which is flat: pairs follow each other in it. */
static PyObject *plain_array(PyObject *object, char letter) {
  char format[2] = {letter == '?' ? 'B' : letter, 0};
  if (has_type(object, format)) {
    Py_INCREF(object);
    return object;
  }
  PyObject *list = PySequence_List(object);
  PyObject *first = list && PyList_Size(list) > 0 ? PyList_GetItem(list, 0) : NULL;
  if (first && PySequence_Check(first)) {
    PyObject *flat = PyList_New(0);
    for (Py_ssize_t i = 0; flat && i < PyList_Size(list); i++) {
      PyObject *all = PySequence_InPlaceConcat(flat, PyList_GetItem(list, i));
      Py_DECREF(flat);
      flat = all;
    }
    Py_DECREF(list);
    list = flat;
  }
  PyObject *module = list ? PyImport_ImportModule("array") : NULL;
  PyObject *array = module ? PyObject_CallMethod(module, "array", "sO", format, list) : NULL;
  Py_XDECREF(module);
  Py_XDECREF(list);
  return array;
}

bool py_input_open_numbers(Input *input, PyObject *object, const char *dtype, char letter, size_t size) {
  PyObject *convert = numpy_function(&py_module_state()->contiguous, "ascontiguousarray");
  PyObject *array = NULL;
  if (convert) {
    array = convert == Py_None ? plain_array(object, letter) : PyObject_CallFunction(convert, "Os", object, dtype);
  }
  bool good = array && input_view(input, array, "numbers");
  Py_XDECREF(array);
  long long item = 0;
  if (good && (!attribute(input->view, "itemsize", &item) || (size_t)item != size)) {
    py_input_close(input);
    good = PyErr_Occurred() ? false : py_raise_argument("numbers: of another size than %s", dtype);
  }
  return good;
}

void py_input_close(Input *input) {
  Py_CLEAR(input->view);
}

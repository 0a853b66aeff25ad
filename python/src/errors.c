/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <stdarg.h>

/* In the order of NodalErrorCode. The second base lets code catch what it would catch from Python's own functions. */
static const struct {
  const char *name, *base, *doc;
} classes[NODAL_ERROR_CODES] = {
    {"Error", NULL, "What failed in nodal: one line that names the file and what was wrong with it."},
    {"FileError", "OSError", "The operating system refused: no such file, disk full."},
    {"FormatError", "ValueError", "The file contradicts its own format: damaged or malicious."},
    {"UnsupportedError", "ValueError", "A well-formed file or request that this build does not read or write."},
    {"ArgumentError", "ValueError", "An argument that makes no sense."},
    {"OutOfMemoryError", "MemoryError", "Out of memory, or over a safety limit."},
    {"CancelledError", NULL, "The work was stopped."},
    {"ExistsError", "FileExistsError", "The output exists and may not be replaced: force=True replaces it."},
};

static PyObject *class_new(int index, PyObject *first) {
  PyObject *bases = NULL;
  if (first && classes[index].base) {
    PyObject *builtins = PyImport_ImportModule("builtins");
    PyObject *second = builtins ? PyObject_GetAttrString(builtins, classes[index].base) : NULL;
    bases = second ? PyTuple_Pack(2, first, second) : NULL;
    Py_XDECREF(second);
    Py_XDECREF(builtins);
    if (!bases) {
      return NULL;
    }
  } else if (first) {
    Py_INCREF(first);
    bases = first;
  }
  char name[64];
  snprintf(name, sizeof name, "nodal.%s", classes[index].name);
  PyObject *made = PyErr_NewExceptionWithDoc(name, classes[index].doc, bases, NULL);
  Py_XDECREF(bases);
  return made;
}

bool py_errors_add(PyObject *module, ModuleState *state) {
  for (int i = 0; i < NODAL_ERROR_CODES; i++) {
    state->errors[i] = class_new(i, state->errors[0]);
    if (!state->errors[i] || PyObject_SetAttrString(module, classes[i].name, state->errors[i]) < 0) {
      return false;
    }
  }
  return true;
}

void *py_raise_error(NodalError *error) {
  int code = error ? (int)nodal_error_code(error) : NODAL_ERROR_MEMORY;
  PyObject *message = py_text_new(error ? nodal_error_message(error) : "out of memory");
  nodal_error_free(error);
  if (message) {
    PyErr_SetObject(py_module_state()->errors[code > 0 && code < NODAL_ERROR_CODES ? code : 0], message);
    Py_DECREF(message);
  }
  return NULL;
}

void *py_raise_argument(const char *format, ...) {
  va_list list;
  va_start(list, format);
  PyObject *message = PyUnicode_FromFormatV(format, list);
  va_end(list);
  if (message) {
    PyErr_SetObject(py_module_state()->errors[NODAL_ERROR_ARGUMENT], message);
    Py_DECREF(message);
  }
  return NULL;
}

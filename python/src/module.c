/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

static PyObject *libraries_new(void) {
  PyObject *dict = PyDict_New();
  const char *version = NULL, *name = NULL;
  for (int i = 0; dict && (name = nodal_version_library(i, &version)) != NULL; i++) {
    PyObject *text = py_text_new(version);
    if (!text || PyDict_SetItemString(dict, name, text) < 0) {
      Py_CLEAR(dict);
    }
    Py_XDECREF(text);
  }
  return dict;
}

static PyObject *formats_new(void) {
  PyObject *dict = PyDict_New();
  const char *description = NULL, *name = NULL;
  for (int i = 0; dict && (name = nodal_format_name(i, &description)) != NULL; i++) {
    PyObject *text = py_text_new(description);
    if (!text || PyDict_SetItemString(dict, name, text) < 0) {
      Py_CLEAR(dict);
    }
    Py_XDECREF(text);
  }
  return dict;
}

static PyObject *get_libraries(PyObject *module, PyObject *none) {
  (void)module, (void)none;
  return libraries_new();
}

static PyObject *get_formats(PyObject *module, PyObject *none) {
  (void)module, (void)none;
  return formats_new();
}

static PyMethodDef functions[] = {
    {"libraries", get_libraries, METH_NOARGS,
     "libraries()\n--\n\nA dict of the libraries that this build runs with: name to version."},
    {"formats", get_formats, METH_NOARGS,
     "formats()\n--\n\nA dict of the slide formats that this build reads: name to description."},
    {NULL, NULL, 0, NULL}};

static int visit_state(PyObject *module, visitproc visit, void *arg) {
  ModuleState *state = PyModule_GetState(module);
  if (state) {
    for (int i = 0; i < NODAL_ERROR_CODES; i++) {
      Py_VISIT(state->errors[i]);
    }
    Py_VISIT(state->empty);
    Py_VISIT(state->contiguous);
  }
  return 0;
}

static int clear_state(PyObject *module) {
  ModuleState *state = PyModule_GetState(module);
  if (state) {
    for (int i = 0; i < NODAL_ERROR_CODES; i++) {
      Py_CLEAR(state->errors[i]);
    }
    Py_CLEAR(state->empty);
    Py_CLEAR(state->contiguous);
  }
  return 0;
}

/* CPython's own record of the module; its state is in ModuleState, one an interpreter. */
static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "nodal._nodal",
    .m_doc = "The parts of nodal that are written in C.",
    .m_size = sizeof(ModuleState),
    .m_methods = functions,
    .m_traverse = visit_state,
    .m_clear = clear_state,
};

ModuleState *py_module_state(void) {
  return PyModule_GetState(PyState_FindModule(&definition));
}

PyMODINIT_FUNC PyInit__nodal(void);

PyMODINIT_FUNC PyInit__nodal(void) {
  PyObject *module = PyModule_Create(&definition);
  ModuleState *state = module ? PyModule_GetState(module) : NULL;
  bool (*const parts[])(PyObject *, ModuleState *) = {
      py_errors_add,  py_slide_add,   py_writer_add,     py_annotations_add, py_mask_add,
      py_lesions_add, py_stage_add,   py_evaluation_add, py_froc_add,        py_raster_add,
      py_catalog_add, py_convert_add, py_phantom_add,    py_prefetch_add};
  bool good = state != NULL;
  for (size_t i = 0; good && i < sizeof parts / sizeof *parts; i++) {
    good = parts[i](module, state);
  }
  if (!good || PyModule_AddIntConstant(module, "DEFAULT_CACHE_BYTES", (long)NODAL_CACHE_DEFAULT_BYTES) < 0 ||
      PyModule_AddStringConstant(module, "__version__", nodal_version()) < 0) {
    Py_CLEAR(module);
  }
  return module;
}

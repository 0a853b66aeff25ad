/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

/* What nodal.Catalog is made of: see python/nodal/catalog.py for the class that users see. */
typedef struct CatalogObject {
  PyObject_HEAD NodalCatalog *catalog;
} CatalogObject;

static PyObject *wrap(PyObject *type, NodalCatalog *catalog) {
  PyTypeObject *base = py_module_state()->catalog;
  PyObject *made = NULL;
  if (PyType_Check(type) && PyType_IsSubtype((PyTypeObject *)type, base)) {
    made = py_object_new((PyTypeObject *)type);
  } else {
    PyErr_SetString(PyExc_TypeError, "a class of nodal.Catalog is wanted");
  }
  if (!made) {
    nodal_catalog_free(catalog);
    return NULL;
  }
  ((CatalogObject *)made)->catalog = catalog;
  return made;
}

static void catalog_dealloc(PyObject *object) {
  nodal_catalog_free(((CatalogObject *)object)->catalog);
  py_object_free(object);
}

/* ---- Making ---- */

typedef struct Scanning {
  const char *path;
  NodalScanOptions options;
  NodalCatalog *catalog;
} Scanning;

static bool scan(void *user, const NodalProgress *progress, NodalError **error) {
  Scanning *scanning = user;
  scanning->options.progress = progress;
  scanning->catalog = nodal_catalog_scan(scanning->path, &scanning->options, error);
  return scanning->catalog != NULL;
}

static PyObject *catalog_scan(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *type = NULL, *path = NULL, *progress = NULL;
  Scanning scanning = {0};
  int plain = 0;
  if (!PyArg_ParseTuple(args, "OO&piO", &type, PyUnicode_FSConverter, &path, &plain, &scanning.options.threads,
                        &progress)) {
    return NULL;
  }
  scanning.path = PyBytes_AsString(path);
  scanning.options.plain = plain;
  bool good = py_work_run(scan, &scanning, progress);
  Py_DECREF(path);
  if (!good) {
    nodal_catalog_free(scanning.catalog);
    return NULL;
  }
  return wrap(type, scanning.catalog);
}

static PyObject *catalog_read(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *type = NULL, *path = NULL;
  if (!PyArg_ParseTuple(args, "OO&", &type, PyUnicode_FSConverter, &path)) {
    return NULL;
  }
  NodalError *error = NULL;
  NodalCatalog *catalog = nodal_catalog_read(PyBytes_AsString(path), &error);
  Py_DECREF(path);
  return catalog ? wrap(type, catalog) : py_raise_error(error);
}

static PyObject *catalog_write(PyObject *object, PyObject *args, PyObject *kwargs) {
  PyObject *path = NULL;
  int force = 0;
  if (!py_parse(args, kwargs, "O&|$p", NAMES("path", "force"), PyUnicode_FSConverter, &path, &force)) {
    Py_XDECREF(path);
    return NULL;
  }
  NodalError *error = NULL;
  bool good = nodal_catalog_write(((CatalogObject *)object)->catalog, PyBytes_AsString(path), force, &error);
  Py_DECREF(path);
  if (!good) {
    return py_raise_error(error);
  }
  Py_RETURN_NONE;
}

/* ---- Looking ---- */

static Py_ssize_t catalog_length(PyObject *object) {
  return nodal_catalog_count(((CatalogObject *)object)->catalog);
}

/* Strings may be damaged UTF-8; a path may be any bytes. */
static PyObject *row_new(const NodalCatalogRow *row) {
  const char *texts[] = {row->slide, row->path,  row->dataset,    row->split, row->center,  row->patient,  row->node,
                         row->label, row->stage, row->annotation, row->mask,  row->scanner, row->checksum, row->notes};
  const int count = (int)(sizeof texts / sizeof *texts);
  PyObject *tuple = PyTuple_New(count);
  for (int i = 0; tuple && i < count; i++) {
    PyObject *text = py_text_new(texts[i]);
    if (!text) {
      Py_CLEAR(tuple);
    } else {
      PyTuple_SetItem(tuple, i, text);
    }
  }
  return tuple ? Py_BuildValue("(NLLdL)", tuple, (long long)row->width_px, (long long)row->height_px, row->spacing_um,
                               (long long)row->bytes)
               : NULL;
}

static PyObject *catalog_row(PyObject *object, PyObject *args) {
  int index = 0;
  NodalCatalogRow row;
  if (!PyArg_ParseTuple(args, "i", &index)) {
    return NULL;
  }
  if (!nodal_catalog_row(((CatalogObject *)object)->catalog, index, &row)) {
    PyErr_Format(PyExc_IndexError, "slide %d: there are %d", index,
                 nodal_catalog_count(((CatalogObject *)object)->catalog));
    return NULL;
  }
  return row_new(&row);
}

static PyObject *catalog_find(PyObject *object, PyObject *args) {
  const char *slide = NULL;
  if (!PyArg_ParseTuple(args, "s", &slide)) {
    return NULL;
  }
  return PyLong_FromLong(nodal_catalog_find(((CatalogObject *)object)->catalog, slide));
}

static PyObject *catalog_resolve(PyObject *object, PyObject *args, PyObject *kwargs) {
  PyObject *path = NULL;
  if (!py_parse(args, kwargs, "O&", NAMES("path"), PyUnicode_FSConverter, &path)) {
    return NULL;
  }
  NodalError *error = NULL;
  char *resolved = nodal_catalog_resolve(((CatalogObject *)object)->catalog, PyBytes_AsString(path), &error);
  Py_DECREF(path);
  if (!resolved) {
    return py_raise_error(error);
  }
  PyObject *text = PyUnicode_DecodeFSDefault(resolved);
  nodal_free(resolved);
  return text;
}

static const char *warning_at(const void *catalog, int index) {
  return nodal_catalog_warning(catalog, index);
}

static PyObject *get_warnings(PyObject *object, void *closure) {
  (void)closure;
  return py_lines_new(warning_at, ((CatalogObject *)object)->catalog);
}

/* ---- Checking ---- */

typedef struct Checking {
  const NodalCatalog *catalog;
  NodalCheckOptions options;
  NodalFindings *findings;
} Checking;

static bool check(void *user, const NodalProgress *progress, NodalError **error) {
  Checking *checking = user;
  checking->options.progress = progress;
  checking->findings = nodal_catalog_check(checking->catalog, &checking->options, error);
  return checking->findings != NULL;
}

static PyObject *findings_new(const NodalFindings *findings) {
  PyObject *list = PyList_New(0);
  NodalFinding finding;
  for (int i = 0; list && nodal_findings_get(findings, i, &finding); i++) {
    PyObject *slide = py_text_new(finding.slide), *message = py_text_new(finding.message);
    PyObject *item = slide && message
                         ? Py_BuildValue("(ssOO)", nodal_severity_name(finding.severity), finding.kind, slide, message)
                         : NULL;
    if (!item || PyList_Append(list, item) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(item);
    Py_XDECREF(message);
    Py_XDECREF(slide);
  }
  return list;
}

static PyObject *catalog_check(PyObject *object, PyObject *args) {
  Checking checking = {.catalog = ((CatalogObject *)object)->catalog};
  PyObject *lists = NULL, *progress = NULL;
  Strings checksums;
  int deep = 0;
  if (!PyArg_ParseTuple(args, "OpiO", &lists, &deep, &checking.options.threads, &progress) ||
      !py_strings_open(&checksums, lists, "checksums")) {
    return NULL;
  }
  checking.options.checksums = checksums.texts;
  checking.options.checksum_count = (int)checksums.count;
  checking.options.deep = deep;
  PyObject *list = py_work_run(check, &checking, progress) ? findings_new(checking.findings) : NULL;
  nodal_findings_free(checking.findings);
  py_strings_free(&checksums);
  return list;
}

/* ---- The type ---- */

static PyMethodDef methods[] = {
    {"_row", catalog_row, METH_VARARGS, NULL},
    {"_find", catalog_find, METH_VARARGS, NULL},
    {"_check", catalog_check, METH_VARARGS, NULL},
    {"write", CALL(catalog_write), METH_VARARGS | METH_KEYWORDS,
     "write($self, path, *, force=False)\n--\n\nWrites it as CSV; paths relative to the folder of the file."},
    {"resolve", CALL(catalog_resolve), METH_VARARGS | METH_KEYWORDS,
     "resolve($self, path)\n--\n\nA path of a row as it can be opened."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {
    {"warnings", get_warnings, NULL, "What was odd when the folder was scanned: a tuple of lines.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyMethodDef functions[] = {{"_scan_catalog", catalog_scan, METH_VARARGS, NULL},
                                  {"_read_catalog", catalog_read, METH_VARARGS, NULL},
                                  {NULL, NULL, 0, NULL}};

bool py_catalog_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {{Py_tp_new, py_type_not_made}, {Py_tp_dealloc, catalog_dealloc}, {Py_tp_methods, methods},
                         {Py_tp_getset, getters},       {Py_sq_length, catalog_length},   {0, NULL}};
  PyType_Spec spec = {"nodal.CatalogBase", sizeof(CatalogObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return PyModule_AddFunctions(module, functions) == 0 && py_type_add(module, &spec, &state->catalog);
}

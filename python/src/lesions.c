/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <string.h>

/* What nodal.Lesions is made of: see python/nodal/lesions.py for the class that users see. */
typedef struct LesionsObject {
  PyObject_HEAD NodalLesions *lesions;
} LesionsObject;

static PyObject *wrap(PyObject *type, NodalLesions *lesions) {
  PyTypeObject *base = py_module_state()->lesions;
  PyObject *made = NULL;
  if (PyType_Check(type) && PyType_IsSubtype((PyTypeObject *)type, base)) {
    made = py_object_new((PyTypeObject *)type);
  } else {
    PyErr_SetString(PyExc_TypeError, "a class of nodal.Lesions is wanted");
  }
  if (!made) {
    nodal_lesions_free(lesions);
    return NULL;
  }
  ((LesionsObject *)made)->lesions = lesions;
  return made;
}

static void lesions_dealloc(PyObject *object) {
  nodal_lesions_free(((LesionsObject *)object)->lesions);
  py_object_free(object);
}

/* ---- Measuring ---- */

typedef struct Measuring {
  const NodalAnnotationSet *set;
  NodalSlide *mask;
  int value;
  NodalContourOptions contours;
  NodalLesionOptions options;
  NodalLesions *lesions;
} Measuring;

static bool measure(void *user, const NodalProgress *progress, NodalError **error) {
  Measuring *measuring = user;
  measuring->lesions = measuring->set ? nodal_lesions_of_annotations(measuring->set, &measuring->options, error)
                                      : nodal_lesions_of_mask(measuring->mask, measuring->value, &measuring->contours,
                                                              &measuring->options, progress, error);
  return measuring->lesions != NULL;
}

static PyObject *of_annotations(PyObject *module, PyObject *args) {
  (void)module;
  Measuring measuring = {.options = NODAL_LESION_OPTIONS_INIT};
  PyObject *type = NULL, *annotations = NULL, *spacing = NULL, *dict = NULL;
  Labels labels;
  if (!PyArg_ParseTuple(args, "OOOdO", &type, &annotations, &spacing, &measuring.options.merge_gap_um, &dict) ||
      !py_spacing_argument(spacing, &measuring.options.spacing_x_um, &measuring.options.spacing_y_um) ||
      !py_labels_open(&labels, dict)) {
    return NULL;
  }
  measuring.options.labels = labels.labels;
  measuring.options.label_count = labels.count;
  bool good = false;
  measuring.set = py_annotations_lock(annotations);
  if (measuring.set) {
    good = py_work_run(measure, &measuring, NULL);
    py_annotations_unlock(annotations);
  }
  py_labels_free(&labels);
  if (!good) {
    nodal_lesions_free(measuring.lesions);
    return NULL;
  }
  return wrap(type, measuring.lesions);
}

static PyObject *of_mask(PyObject *module, PyObject *args) {
  (void)module;
  Measuring measuring = {.options = NODAL_LESION_OPTIONS_INIT, .contours = NODAL_CONTOUR_OPTIONS_INIT};
  PyObject *type = NULL, *mask = NULL, *spacing = NULL, *progress = NULL;
  if (!PyArg_ParseTuple(args, "OOiOdidiO", &type, &mask, &measuring.value, &spacing, &measuring.options.merge_gap_um,
                        &measuring.contours.level, &measuring.contours.simplify_um, &measuring.contours.threads,
                        &progress) ||
      !py_spacing_argument(spacing, &measuring.options.spacing_x_um, &measuring.options.spacing_y_um)) {
    return NULL;
  }
  bool good = false;
  measuring.mask = py_slide_acquire(mask);
  if (measuring.mask) {
    if (!(measuring.options.spacing_x_um > 0)) {
      nodal_slide_spacing(measuring.mask, &measuring.options.spacing_x_um, &measuring.options.spacing_y_um);
    }
    good = py_work_run(measure, &measuring, progress);
    py_slide_release(mask);
  }
  if (!good) {
    nodal_lesions_free(measuring.lesions);
    return NULL;
  }
  return wrap(type, measuring.lesions);
}

/* ---- Looking ---- */

static Py_ssize_t lesions_length(PyObject *object) {
  return nodal_lesions_count(((LesionsObject *)object)->lesions);
}

static PyObject *lesions_get(PyObject *object, PyObject *args) {
  int index = 0;
  NodalLesion lesion;
  if (!PyArg_ParseTuple(args, "i", &index)) {
    return NULL;
  }
  if (!nodal_lesions_get(((LesionsObject *)object)->lesions, index, &lesion)) {
    PyErr_Format(PyExc_IndexError, "lesion %d: there are %d", index,
                 nodal_lesions_count(((LesionsObject *)object)->lesions));
    return NULL;
  }
  PyObject *label = py_text_new(lesion.label);
  PyObject *cells = lesion.cells < 0 ? Py_BuildValue("") : PyLong_FromLongLong(lesion.cells);
  PyObject *result = label && cells ? Py_BuildValue("(OdddddddOs)", label, lesion.x_px, lesion.y_px, lesion.width_px,
                                                    lesion.height_px, lesion.area_mm2, lesion.longest_mm,
                                                    lesion.major_axis_mm, cells, nodal_category_name(lesion.category))
                                    : NULL;
  Py_XDECREF(label);
  Py_XDECREF(cells);
  return result;
}

static PyObject *get_label(PyObject *object, void *closure) {
  (void)closure;
  return py_text_new(nodal_category_name(nodal_lesions_label(((LesionsObject *)object)->lesions)));
}

static const char *warning_at(const void *lesions, int index) {
  return nodal_lesions_warning(lesions, index);
}

static PyObject *get_warnings(PyObject *object, void *closure) {
  (void)closure;
  return py_lines_new(warning_at, ((LesionsObject *)object)->lesions);
}

/* ---- Counting cells ---- */

static PyObject *set_cells(PyObject *object, PyObject *args, PyObject *kwargs) {
  int index = 0;
  long long cells = 0;
  NodalError *error = NULL;
  if (!py_parse(args, kwargs, "iL", NAMES("index", "cells"), &index, &cells)) {
    return NULL;
  }
  if (!nodal_lesions_set_cells(((LesionsObject *)object)->lesions, index, cells, &error)) {
    return py_raise_error(error);
  }
  Py_RETURN_NONE;
}

static PyObject *add_cells(PyObject *object, PyObject *args, PyObject *kwargs) {
  PyObject *places_object = NULL, *cells_object = NULL;
  if (!py_parse(args, kwargs, "O|O", NAMES("places", "cells"), &places_object, &cells_object)) {
    return NULL;
  }
  Input places, cells = {0};
  if (!py_input_open_numbers(&places, places_object, "float64", 'd', sizeof(double))) {
    return NULL;
  }
  size_t count = (size_t)places.bytes / sizeof(NodalPoint);
  bool pairs = places.bytes == 0 || (places.dimensions == 2 && places.shape[1] == 2) || places.dimensions == 1;
  bool good = pairs || py_raise_argument("places: an array (count, 2) of x and y is wanted");
  if (good && cells_object && cells_object != Py_None) {
    good = py_input_open_numbers(&cells, cells_object, "int64", 'q', sizeof(int64_t));
    if (good && (size_t)cells.bytes / sizeof(int64_t) != count) {
      good = py_raise_argument("cells: as many numbers as places");
    }
    const int64_t *numbers = cells.data;
    for (size_t i = 0; good && i < count; i++) {
      good = numbers[i] >= 0 || py_raise_argument("cells: a number of cells is not negative");
    }
  }
  int64_t outside = 0;
  if (good) {
    nodal_lesions_add_cells(((LesionsObject *)object)->lesions, places.data, cells.data, count, &outside);
  }
  py_input_close(&places);
  py_input_close(&cells);
  return good ? PyLong_FromLongLong(outside) : NULL;
}

static PyObject *read_cells(PyObject *object, PyObject *args, PyObject *kwargs) {
  PyObject *path = NULL;
  if (!py_parse(args, kwargs, "O&", NAMES("path"), PyUnicode_FSConverter, &path)) {
    return NULL;
  }
  int64_t outside = 0;
  NodalError *error = NULL;
  bool good = nodal_lesions_read_cells(((LesionsObject *)object)->lesions, PyBytes_AsString(path), &outside, &error);
  Py_DECREF(path);
  return good ? PyLong_FromLongLong(outside) : py_raise_error(error);
}

/* ---- The type ---- */

static PyMethodDef methods[] = {
    {"_get", lesions_get, METH_VARARGS, NULL},
    {"set_cells", CALL(set_cells), METH_VARARGS | METH_KEYWORDS,
     "set_cells($self, index, cells)\n--\n\nSets the number of cells of a lesion, and its category anew."},
    {"add_cells", CALL(add_cells), METH_VARARGS | METH_KEYWORDS,
     "add_cells($self, places, cells=None)\n--\n\n"
     "Counts cells: adds to the lesion in which each place lies, an array (count, 2) of level-0 pixels, its number of "
     "cells, or 1. All lesions have been counted then. Returns how many cells lie in no lesion."},
    {"read_cells", CALL(read_cells), METH_VARARGS | METH_KEYWORDS,
     "read_cells($self, path)\n--\n\n"
     "Reads cells from a file: a .csv with the columns lesion and cells, or x, y and perhaps cells; or the points of "
     "an "
     "annotation. Returns how many cells lie in no lesion."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {
    {"label", get_label, NULL, "The slide's label: the category of its largest lesion, 'negative' without any.", NULL},
    {"warnings", get_warnings, NULL, "What was odd: a tuple of lines.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyObject *category(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  double longest_mm = 0;
  PyObject *cells_object = NULL;
  if (!py_parse(args, kwargs, "d|O", NAMES("longest_mm", "cells"), &longest_mm, &cells_object)) {
    return NULL;
  }
  long long cells = cells_object && cells_object != Py_None ? PyLong_AsLongLong(cells_object) : -1;
  if (PyErr_Occurred()) {
    return NULL;
  }
  if (!(longest_mm >= 0)) {
    return py_raise_argument("longest_mm: a length is not negative");
  }
  return py_text_new(nodal_category_name(nodal_lesion_category(longest_mm, cells)));
}

static PyMethodDef functions[] = {
    {"_lesions_of_annotations", of_annotations, METH_VARARGS, NULL},
    {"_lesions_of_mask", of_mask, METH_VARARGS, NULL},
    {"lesion_category", CALL(category), METH_VARARGS | METH_KEYWORDS,
     "lesion_category(longest_mm, cells=None)\n--\n\n"
     "The category of one deposit by its longest diameter in mm, and by the number of its cells where they were "
     "counted: 'macro' above 2.0 mm, 'micro' above 0.2 mm or 200 cells, else 'itc'."},
    {NULL, NULL, 0, NULL}};

bool py_lesions_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {{Py_tp_new, py_type_not_made}, {Py_tp_dealloc, lesions_dealloc}, {Py_tp_methods, methods},
                         {Py_tp_getset, getters},       {Py_sq_length, lesions_length},   {0, NULL}};
  PyType_Spec spec = {"nodal.LesionSet", sizeof(LesionsObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return PyModule_AddFunctions(module, functions) == 0 && py_type_add(module, &spec, &state->lesions);
}

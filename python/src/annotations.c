/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <stdlib.h>
#include <string.h>

/* What nodal.Annotations is made of: see python/nodal/annotations.py for the class that users see. */
typedef struct SetObject {
  PyObject_HEAD NodalAnnotationSet *set;
  int locks;    /* calls that read it without the GIL */
  bool writing; /* its warnings are being changed */
} SetObject;

/* ---- Life ---- */

NodalAnnotationSet *py_annotations_of(PyObject *object) {
  if (!PyObject_TypeCheck(object, py_module_state()->annotation_set)) {
    PyErr_SetString(PyExc_TypeError, "nodal.Annotations are wanted");
    return NULL;
  }
  return ((SetObject *)object)->set;
}

NodalAnnotationSet *py_annotations_lock(PyObject *object) {
  NodalAnnotationSet *set = py_annotations_of(object);
  if (set) {
    ((SetObject *)object)->locks++;
  }
  return set;
}

void py_annotations_unlock(PyObject *object) {
  ((SetObject *)object)->locks--;
}

static NodalAnnotationSet *changeable(PyObject *object) {
  SetObject *self = (SetObject *)object;
  return self->locks == 0 ? self->set : py_raise_argument("the annotations are in use by another thread");
}

PyObject *py_annotations_wrap(PyObject *type, NodalAnnotationSet *set) {
  PyTypeObject *base = py_module_state()->annotation_set;
  PyObject *made = NULL;
  if (PyType_Check(type) && PyType_IsSubtype((PyTypeObject *)type, base)) {
    made = py_object_new((PyTypeObject *)type);
  } else {
    PyErr_SetString(PyExc_TypeError, "a class of nodal.Annotations is wanted");
  }
  if (!made) {
    nodal_annotation_set_free(set);
    return NULL;
  }
  ((SetObject *)made)->set = set;
  return made;
}

static PyObject *set_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  (void)args, (void)kwargs;
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_annotation_set_new(&error);
  return set ? py_annotations_wrap((PyObject *)type, set) : py_raise_error(error);
}

static void set_dealloc(PyObject *object) {
  nodal_annotation_set_free(((SetObject *)object)->set);
  py_object_free(object);
}

/* ---- Files ---- */

static const char *format_name(int format) {
  return nodal_annotation_format_name((NodalAnnotationFormat)format);
}

static bool choose_format(const char *text, NodalAnnotationFormat *format) {
  int value = NODAL_ANNOTATION_AUTO;
  bool good = py_choose("format", text, format_name, NODAL_ANNOTATION_SECTRA + 1, &value);
  *format = (NodalAnnotationFormat)value;
  return good;
}

/* A tuple of six numbers, or None: then `*used` is NULL. */
static bool frame_argument(PyObject *object, NodalAnnotationFrame *frame, const NodalAnnotationFrame **used) {
  *used = NULL;
  if (!object || object == Py_None) {
    return true;
  }
  long long width = 0, height = 0;
  if (!PyTuple_Check(object)) {
    PyErr_SetString(PyExc_TypeError, "frame: a tuple is wanted");
    return false;
  }
  if (!PyArg_ParseTuple(object, "LLdddd", &width, &height, &frame->spacing_x_um, &frame->spacing_y_um,
                        &frame->offset_x_nm, &frame->offset_y_nm)) {
    return false;
  }
  frame->width = width;
  frame->height = height;
  *used = frame;
  return true;
}

static PyObject *set_read(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *type = NULL, *path = NULL, *frame_object = NULL;
  const char *format_text = NULL;
  if (!PyArg_ParseTuple(args, "OO&zO", &type, PyUnicode_FSConverter, &path, &format_text, &frame_object)) {
    return NULL;
  }
  NodalAnnotationFormat format;
  NodalAnnotationFrame frame;
  const NodalAnnotationFrame *used = NULL;
  NodalAnnotationSet *set = NULL;
  if (choose_format(format_text, &format) && frame_argument(frame_object, &frame, &used)) {
    NodalError *error = NULL;
    const char *name = PyBytes_AsString(path);
    Py_BEGIN_ALLOW_THREADS;
    set = nodal_annotation_set_read(name, format, used, &error);
    Py_END_ALLOW_THREADS;
    if (!set) {
      py_raise_error(error);
    }
  }
  Py_DECREF(path);
  return set ? py_annotations_wrap(type, set) : NULL;
}

static PyObject *set_write(PyObject *object, PyObject *args) {
  PyObject *path = NULL, *frame_object = NULL;
  const char *format_text = NULL;
  int force = 0;
  if (!PyArg_ParseTuple(args, "O&zOp", PyUnicode_FSConverter, &path, &format_text, &frame_object, &force)) {
    return NULL;
  }
  NodalAnnotationFormat format;
  NodalAnnotationFrame frame;
  const NodalAnnotationFrame *used = NULL;
  NodalAnnotationSet *set = changeable(object);
  bool good = set && choose_format(format_text, &format) && frame_argument(frame_object, &frame, &used);
  if (good) {
    NodalError *error = NULL;
    const char *name = PyBytes_AsString(path);
    ((SetObject *)object)->locks++;
    ((SetObject *)object)->writing = true;
    Py_BEGIN_ALLOW_THREADS;
    good = nodal_annotation_set_write(set, name, format, used, force, &error);
    Py_END_ALLOW_THREADS;
    ((SetObject *)object)->locks--;
    ((SetObject *)object)->writing = false;
    if (!good) {
      py_raise_error(error);
    }
  }
  Py_DECREF(path);
  if (!good) {
    return NULL;
  }
  Py_RETURN_NONE;
}

/* ---- Reading ---- */

static PyObject *color_new(NodalRgb color) {
  if (color == NODAL_RGB_UNSET) {
    Py_RETURN_NONE;
  }
  char text[8];
  snprintf(text, sizeof text, "#%06X", (unsigned)color & 0xFFFFFFu);
  return PyUnicode_FromString(text);
}

/* An array (count, 2) of float64. */
static PyObject *points_new(const NodalPoint *points, size_t count) {
  const Py_ssize_t shape[2] = {(Py_ssize_t)count, 2};
  Target target = {0};
  if (!py_target_open_other(&target, "float64", 'd', sizeof(double), 2, shape)) {
    return NULL;
  }
  if (count > 0) {
    memcpy(target.data, points, count * sizeof *points);
  }
  return py_target_close(&target, true);
}

static PyObject *rings_new(const NodalRing *rings, size_t count) {
  PyObject *tuple = PyTuple_New((Py_ssize_t)count);
  for (size_t i = 0; tuple && i < count; i++) {
    PyObject *points = points_new(rings[i].points, rings[i].count);
    PyObject *item = points ? Py_BuildValue("(NO)", points, rings[i].hole ? Py_True : Py_False) : NULL;
    if (!item) {
      Py_CLEAR(tuple);
    } else {
      PyTuple_SetItem(tuple, (Py_ssize_t)i, item);
    }
  }
  return tuple;
}

static bool annotation_at(PyObject *object, PyObject *args, NodalAnnotation *annotation) {
  int index = 0;
  if (!PyArg_ParseTuple(args, "i", &index)) {
    return false;
  }
  if (!nodal_annotation_set_get(((SetObject *)object)->set, index, annotation)) {
    PyErr_Format(PyExc_IndexError, "annotation %d: there are %d", index,
                 nodal_annotation_set_count(((SetObject *)object)->set));
    return false;
  }
  return true;
}

static PyObject *set_get(PyObject *object, PyObject *args) {
  NodalAnnotation annotation;
  if (!annotation_at(object, args, &annotation)) {
    return NULL;
  }
  PyObject *name = py_text_new(annotation.name), *color = color_new(annotation.color);
  PyObject *rings = rings_new(annotation.rings, annotation.ring_count);
  PyObject *result = name && color && rings ? Py_BuildValue("(OsiOO)", name, nodal_shape_name(annotation.shape),
                                                            annotation.group, color, rings)
                                            : NULL;
  Py_XDECREF(name);
  Py_XDECREF(color);
  Py_XDECREF(rings);
  return result;
}

static PyObject *attributes_new(const NodalAnnotationSet *set, int group) {
  PyObject *dict = PyDict_New();
  const char *key = NULL, *value = NULL;
  for (int i = 0; dict && nodal_annotation_set_attribute(set, group, i, &key, &value); i++) {
    PyObject *name = py_text_new(key), *text = py_text_new(value);
    if (!name || !text || PyDict_SetItem(dict, name, text) < 0) {
      Py_CLEAR(dict);
    }
    Py_XDECREF(name);
    Py_XDECREF(text);
  }
  return dict;
}

static PyObject *set_group(PyObject *object, PyObject *args) {
  const NodalAnnotationSet *set = ((SetObject *)object)->set;
  int index = 0;
  NodalAnnotationGroup group;
  if (!PyArg_ParseTuple(args, "i", &index)) {
    return NULL;
  }
  if (!nodal_annotation_set_group(set, index, &group)) {
    PyErr_Format(PyExc_IndexError, "group %d: there are %d", index, nodal_annotation_set_group_count(set));
    return NULL;
  }
  PyObject *name = py_text_new(group.name), *color = color_new(group.color), *attributes = attributes_new(set, index);
  PyObject *result =
      name && color && attributes ? Py_BuildValue("(OiOO)", name, group.parent, color, attributes) : NULL;
  Py_XDECREF(name);
  Py_XDECREF(color);
  Py_XDECREF(attributes);
  return result;
}

static PyObject *set_area(PyObject *object, PyObject *args) {
  NodalAnnotation annotation;
  return annotation_at(object, args, &annotation) ? PyFloat_FromDouble(nodal_annotation_area(&annotation)) : NULL;
}

static PyObject *set_length(PyObject *object, PyObject *args) {
  NodalAnnotation annotation;
  return annotation_at(object, args, &annotation) ? PyFloat_FromDouble(nodal_annotation_length(&annotation)) : NULL;
}

static PyObject *set_bounds(PyObject *object, PyObject *args) {
  NodalAnnotation annotation;
  NodalPoint minimum, maximum;
  if (!annotation_at(object, args, &annotation)) {
    return NULL;
  }
  if (!nodal_annotation_bounds(&annotation, &minimum, &maximum)) {
    Py_RETURN_NONE;
  }
  return Py_BuildValue("(dddd)", minimum.x, minimum.y, maximum.x, maximum.y);
}

static PyObject *set_outline(PyObject *object, PyObject *args) {
  int index = 0;
  double tolerance = 0;
  NodalAnnotation annotation;
  if (!PyArg_ParseTuple(args, "id", &index, &tolerance)) {
    return NULL;
  }
  if (!nodal_annotation_set_get(((SetObject *)object)->set, index, &annotation)) {
    PyErr_Format(PyExc_IndexError, "annotation %d", index);
    return NULL;
  }
  if (!(tolerance > 0)) {
    return py_raise_argument("tolerance: is more than 0 pixels");
  }
  NodalRing *rings = NULL;
  size_t count = 0;
  NodalError *error = NULL;
  if (!nodal_annotation_outline(&annotation, tolerance, &rings, &count, &error)) {
    return py_raise_error(error);
  }
  PyObject *result = rings_new(rings, count);
  nodal_free(rings);
  return result;
}

/* ---- Changing ---- */

static bool color_argument(PyObject *object, NodalRgb *color) {
  *color = NODAL_RGB_UNSET;
  if (object == Py_None) {
    return true;
  }
  PyObject *bytes = PyUnicode_Check(object) ? PyUnicode_AsUTF8String(object) : NULL;
  const char *text = bytes ? PyBytes_AsString(bytes) : "";
  char *end = NULL;
  unsigned long value =
      text[0] == '#' && strspn(text + 1, "0123456789abcdefABCDEF") == 6 ? strtoul(text + 1, &end, 16) : 0;
  bool good = end && *end == 0;
  *color = (NodalRgb)value;
  Py_XDECREF(bytes);
  return good || py_raise_argument("color: '#RRGGBB' or None is wanted");
}

/* The points of rings that are being handed in; views hold them. */
typedef struct Rings {
  NodalRing *rings;
  Input *inputs;
  size_t count;
} Rings;

static void rings_free(Rings *rings) {
  for (size_t i = 0; rings->inputs && i < rings->count; i++) {
    py_input_close(&rings->inputs[i]);
  }
  free(rings->inputs);
  free(rings->rings);
}

static bool ring_open(PyObject *item, NodalRing *ring, Input *input) {
  PyObject *points = NULL;
  int hole = 0;
  if (!PyTuple_Check(item) || !PyArg_ParseTuple(item, "Op", &points, &hole)) {
    return PyErr_Occurred() ? false : py_raise_argument("rings: tuples of points and whether they are a hole");
  }
  if (!py_input_open_numbers(input, points, "float64", 'd', sizeof(double))) {
    return false;
  }
  bool pairs = input->dimensions == 2 ? input->shape[1] == 2 : input->dimensions == 1 && input->shape[0] % 2 == 0;
  if (input->bytes > 0 && !pairs) {
    return py_raise_argument("points: an array (count, 2) of x and y is wanted");
  }
  *ring = (NodalRing){input->data, (size_t)input->bytes / sizeof(NodalPoint), hole};
  return true;
}

static bool rings_open(Rings *rings, PyObject *tuple) {
  rings->count = (size_t)PyTuple_Size(tuple);
  rings->rings = calloc(rings->count + 1, sizeof *rings->rings);
  rings->inputs = calloc(rings->count + 1, sizeof *rings->inputs);
  if (!rings->rings || !rings->inputs) {
    return PyErr_NoMemory();
  }
  for (size_t i = 0; i < rings->count; i++) {
    if (!ring_open(PyTuple_GetItem(tuple, (Py_ssize_t)i), &rings->rings[i], &rings->inputs[i])) {
      return false;
    }
  }
  return true;
}

static const char *shape_name(int shape) {
  return nodal_shape_name((NodalShape)shape);
}

static PyObject *set_add(PyObject *object, PyObject *args) {
  NodalAnnotation annotation = {0};
  const char *shape_text = NULL;
  PyObject *color = NULL, *tuple = NULL;
  if (!PyArg_ParseTuple(args, "ssiOO", &annotation.name, &shape_text, &annotation.group, &color, &tuple)) {
    return NULL;
  }
  int shape = NODAL_SHAPE_NONE;
  Rings rings = {0};
  PyObject *held = PySequence_Tuple(tuple);
  bool good = held && py_choose("shape", shape_text, shape_name, NODAL_SHAPE_ELLIPSE + 1, &shape) &&
              color_argument(color, &annotation.color) && rings_open(&rings, held);
  /* Asked for last: making the arrays may have run other threads. */
  NodalAnnotationSet *set = good ? changeable(object) : NULL;
  NodalError *error = NULL;
  if (set) {
    annotation.shape = (NodalShape)shape;
    annotation.rings = rings.rings;
    annotation.ring_count = rings.count;
    if (!nodal_annotation_set_add(set, &annotation, &error)) {
      py_raise_error(error);
    }
  }
  rings_free(&rings);
  Py_XDECREF(held);
  if (PyErr_Occurred()) {
    return NULL;
  }
  Py_RETURN_NONE;
}

static PyObject *set_add_group(PyObject *object, PyObject *args) {
  NodalAnnotationGroup group = {0};
  PyObject *color = NULL;
  if (!PyArg_ParseTuple(args, "siO", &group.name, &group.parent, &color) || !color_argument(color, &group.color)) {
    return NULL;
  }
  NodalAnnotationSet *set = changeable(object);
  NodalError *error = NULL;
  if (!set) {
    return NULL;
  }
  if (!nodal_annotation_set_add_group(set, &group, &error)) {
    return py_raise_error(error);
  }
  return PyLong_FromLong(nodal_annotation_set_group_count(set) - 1);
}

static PyObject *set_set_attribute(PyObject *object, PyObject *args) {
  int group = 0;
  const char *key = NULL, *value = NULL;
  if (!PyArg_ParseTuple(args, "iss", &group, &key, &value)) {
    return NULL;
  }
  NodalAnnotationSet *set = changeable(object);
  NodalError *error = NULL;
  if (!set) {
    return NULL;
  }
  if (!nodal_annotation_set_set_attribute(set, group, key, value, &error)) {
    return py_raise_error(error);
  }
  Py_RETURN_NONE;
}

/* ---- Checking ---- */

static void note_fault(void *user, NodalAnnotationFault fault, int annotation, const char *message) {
  PyObject *list = user;
  PyObject *text = PyErr_Occurred() ? NULL : py_text_new(message);
  PyObject *item = text ? Py_BuildValue("(siO)", nodal_annotation_fault_name(fault), annotation, text) : NULL;
  if (item) {
    PyList_Append(list, item);
  }
  Py_XDECREF(item);
  Py_XDECREF(text);
}

static PyObject *set_check(PyObject *object, PyObject *args) {
  long long width = 0, height = 0;
  PyObject *names = NULL;
  Strings groups;
  if (!PyArg_ParseTuple(args, "LLO", &width, &height, &names) || !py_strings_open(&groups, names, "groups")) {
    return NULL;
  }
  const NodalAnnotationCheck check = {width, height, groups.texts, groups.count};
  PyObject *list = PyList_New(0);
  NodalError *error = NULL;
  if (list && !nodal_annotation_set_check(((SetObject *)object)->set, &check, note_fault, list, NULL, &error)) {
    py_raise_error(error);
  }
  py_strings_free(&groups);
  if (PyErr_Occurred()) {
    Py_CLEAR(list);
  }
  return list;
}

/* ---- The type ---- */

static const char *warning_at(const void *set, int index) {
  return nodal_annotation_set_warning(set, index);
}

static PyObject *get_warnings(PyObject *object, void *closure) {
  (void)closure;
  if (((SetObject *)object)->writing) {
    return py_raise_argument("the annotations are being written by another thread");
  }
  return py_lines_new(warning_at, ((SetObject *)object)->set);
}

static PyObject *get_format(PyObject *object, void *closure) {
  (void)closure;
  return py_text_new(nodal_annotation_format_name(nodal_annotation_set_format(((SetObject *)object)->set)));
}

static PyObject *get_group_count(PyObject *object, void *closure) {
  (void)closure;
  return PyLong_FromLong(nodal_annotation_set_group_count(((SetObject *)object)->set));
}

static Py_ssize_t set_length_of(PyObject *object) {
  return nodal_annotation_set_count(((SetObject *)object)->set);
}

static PyObject *no_points(PyObject *module, PyObject *none) {
  (void)module, (void)none;
  return points_new(NULL, 0);
}

static PyMethodDef methods[] = {{"_get", set_get, METH_VARARGS, NULL},
                                {"_group", set_group, METH_VARARGS, NULL},
                                {"_area", set_area, METH_VARARGS, NULL},
                                {"_length", set_length, METH_VARARGS, NULL},
                                {"_bounds", set_bounds, METH_VARARGS, NULL},
                                {"_outline", set_outline, METH_VARARGS, NULL},
                                {"_add", set_add, METH_VARARGS, NULL},
                                {"_add_group", set_add_group, METH_VARARGS, NULL},
                                {"_set_attribute", set_set_attribute, METH_VARARGS, NULL},
                                {"_check", set_check, METH_VARARGS, NULL},
                                {"_write", set_write, METH_VARARGS, NULL},
                                {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {
    {"warnings", get_warnings, NULL, "What was lost or mended while it was read or written: a tuple of lines.", NULL},
    {"format", get_format, NULL, "The format it was read from, such as 'asap'; 'auto' where it was made by calls.",
     NULL},
    {"_group_count", get_group_count, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyMethodDef functions[] = {{"_read_annotations", set_read, METH_VARARGS, NULL},
                                  {"_no_points", no_points, METH_NOARGS, NULL},
                                  {NULL, NULL, 0, NULL}};

bool py_annotations_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {{Py_tp_new, set_new},    {Py_tp_dealloc, set_dealloc},  {Py_tp_methods, methods},
                         {Py_tp_getset, getters}, {Py_sq_length, set_length_of}, {0, NULL}};
  PyType_Spec spec = {"nodal.AnnotationSet", sizeof(SetObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return PyModule_AddFunctions(module, functions) == 0 && py_type_add(module, &spec, &state->annotation_set);
}

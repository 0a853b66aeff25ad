/* SPDX-License-Identifier: Apache-2.0 */
#include "slide.h"

typedef struct LevelObject {
  PyObject_HEAD PyObject *slide;
  int index;
  NodalLevel level;
} LevelObject;

static PyObject *level_new(PyObject *slide, int index, const NodalLevel *level) {
  PyTypeObject *type = py_module_state()->level;
  LevelObject *self = (LevelObject *)py_object_new(type);
  if (self) {
    Py_INCREF(slide);
    self->slide = slide;
    self->index = index;
    self->level = *level;
  }
  return (PyObject *)self;
}

PyObject *py_levels_new(PyObject *slide) {
  NodalSlide *opened = py_slide_acquire(slide);
  if (!opened) {
    return NULL;
  }
  int count = nodal_slide_level_count(opened);
  PyObject *tuple = PyTuple_New(count);
  for (int i = 0; tuple && i < count; i++) {
    NodalLevel level = {0};
    nodal_slide_level(opened, i, &level);
    PyObject *item = level_new(slide, i, &level);
    if (!item) {
      Py_CLEAR(tuple);
    } else {
      PyTuple_SetItem(tuple, i, item);
    }
  }
  py_slide_release(slide);
  return tuple;
}

static void level_dealloc(PyObject *object) {
  Py_CLEAR(((LevelObject *)object)->slide);
  py_object_free(object);
}

/* ---- Indices ---- */

/* One axis of slide[rows, columns]: a slice, clipped as those of an array are, or an index, which drops the axis. */
typedef struct Axis {
  int64_t start, count;
  bool dropped;
} Axis;

static bool axis_of(PyObject *key, int64_t size, const char *what, Axis *axis) {
  if (PySlice_Check(key)) {
    Py_ssize_t start = 0, stop = 0, step = 0;
    if (PySlice_Unpack(key, &start, &stop, &step) < 0) {
      return false;
    }
    if (step != 1) {
      return py_raise_argument("slices of a slide have no step: read a smaller level, or read_at_spacing()");
    }
    axis->count = PySlice_AdjustIndices((Py_ssize_t)size, &start, &stop, step);
    axis->start = start;
    axis->dropped = false;
    return true;
  }
  Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
  if (index == -1 && PyErr_Occurred()) {
    return false;
  }
  int64_t place = index < 0 ? index + size : index;
  if (place < 0 || place >= size) {
    PyErr_Format(PyExc_IndexError, "%s %zd is out of range: there are %lld", what, index, (long long)size);
    return false;
  }
  *axis = (Axis){place, 1, true};
  return true;
}

/* What remains to be done to the array that was read: drop axes, py_choose channels. */
static PyObject *take(PyObject *array, const Axis axes[2], PyObject *channels) {
  if (!array || (!axes[0].dropped && !axes[1].dropped && !channels)) {
    return array;
  }
  PyObject *all = PySlice_New(NULL, NULL, NULL), *first = PyLong_FromLong(0);
  PyObject *key = NULL, *result = NULL;
  if (all && first) {
    PyObject *rows = axes[0].dropped ? first : all, *columns = axes[1].dropped ? first : all;
    key = channels ? PyTuple_Pack(3, rows, columns, channels) : PyTuple_Pack(2, rows, columns);
  }
  if (key) {
    result = PyObject_GetItem(array, key);
  }
  Py_XDECREF(key);
  Py_XDECREF(first);
  Py_XDECREF(all);
  Py_DECREF(array);
  return result;
}

PyObject *py_slide_subscript(PyObject *slide, int index, PyObject *key) {
  NodalSlide *opened = py_slide_acquire(slide);
  if (!opened) {
    return NULL;
  }
  NodalLevel level = {0};
  nodal_slide_level(opened, index, &level);
  int most = nodal_slide_channels(opened) == 1 ? 2 : 3;
  py_slide_release(slide);
  PyObject *keys[3] = {NULL, NULL, NULL};
  Py_ssize_t count = PyTuple_Check(key) ? PyTuple_Size(key) : 1;
  if (count > most) {
    PyErr_Format(PyExc_IndexError, "%zd indices: a slide is indexed by rows, columns%s", count,
                 most == 3 ? " and channels" : "");
    return NULL;
  }
  PyObject *all = PySlice_New(NULL, NULL, NULL);
  if (!all) {
    return NULL;
  }
  for (Py_ssize_t i = 0; i < count; i++) {
    PyObject *item = PyTuple_Check(key) ? PyTuple_GetItem(key, i) : key;
    keys[i] = item == Py_Ellipsis ? all : item;
  }
  Axis axes[2];
  PyObject *result = NULL;
  if (axis_of(keys[0] ? keys[0] : all, level.height, "row", &axes[0]) &&
      axis_of(keys[1] ? keys[1] : all, level.width, "column", &axes[1])) {
    const NodalRect rect = {axes[1].start, axes[0].start, axes[1].count, axes[0].count};
    result = take(py_slide_read_rect(slide, index, rect, NULL, NULL), axes, keys[2]);
  }
  Py_DECREF(all);
  return result;
}

static PyObject *subscript(PyObject *object, PyObject *key) {
  LevelObject *self = (LevelObject *)object;
  return py_slide_subscript(self->slide, self->index, key);
}

static PyObject *level_read(PyObject *object, PyObject *args, PyObject *kwargs) {
  LevelObject *self = (LevelObject *)object;
  long long x = 0, y = 0, width = 0, height = 0;
  const char *mode = NULL;
  PyObject *out = NULL;
  if (!py_parse(args, kwargs, "LLLL|$zO", NAMES("x", "y", "width", "height", "mode", "out"), &x, &y, &width, &height,
                &mode, &out)) {
    return NULL;
  }
  return py_slide_read_rect(self->slide, self->index, (NodalRect){x, y, width, height}, mode, out);
}

/* All of the level, for numpy.asarray(). */
static PyObject *level_array(PyObject *object, PyObject *args, PyObject *kwargs) {
  LevelObject *self = (LevelObject *)object;
  PyObject *dtype = NULL, *copy = NULL;
  if (!py_parse(args, kwargs, "|OO", NAMES("dtype", "copy"), &dtype, &copy)) {
    return NULL;
  }
  if (copy == Py_False) {
    PyErr_SetString(PyExc_ValueError, "a level cannot become an array without a copy");
    return NULL;
  }
  PyObject *array = py_slide_read_rect(self->slide, self->index,
                                       (NodalRect){0, 0, self->level.width, self->level.height}, NULL, NULL);
  if (!array || !dtype || dtype == Py_None) {
    return array;
  }
  PyObject *cast = PyObject_CallMethod(array, "astype", "O", dtype);
  Py_DECREF(array);
  return cast;
}

/* ---- What is known of it ---- */

typedef enum Known {
  KNOWN_CODEC,
  KNOWN_COLUMNS,
  KNOWN_DIMENSIONS,
  KNOWN_DOWNSAMPLE,
  KNOWN_DTYPE,
  KNOWN_HEIGHT,
  KNOWN_INDEX,
  KNOWN_NDIM,
  KNOWN_ROWS,
  KNOWN_SHAPE,
  KNOWN_SPACING,
  KNOWN_TILE_HEIGHT,
  KNOWN_TILE_WIDTH,
  KNOWN_WIDTH
} Known;

static PyObject *get_known(PyObject *object, void *closure) {
  const LevelObject *self = (LevelObject *)object;
  const NodalLevel *level = &self->level;
  switch ((Known)(intptr_t)closure) {
  case KNOWN_CODEC:
    return py_text_new(nodal_codec_name(level->codec));
  case KNOWN_COLUMNS:
    return PyLong_FromLongLong((level->width + level->tile_width - 1) / level->tile_width);
  case KNOWN_DIMENSIONS:
    return Py_BuildValue("(LL)", (long long)level->width, (long long)level->height);
  case KNOWN_DOWNSAMPLE:
    return PyFloat_FromDouble(level->downsample);
  case KNOWN_HEIGHT:
    return PyLong_FromLongLong(level->height);
  case KNOWN_INDEX:
    return PyLong_FromLong(self->index);
  case KNOWN_ROWS:
    return PyLong_FromLongLong((level->height + level->tile_height - 1) / level->tile_height);
  case KNOWN_TILE_HEIGHT:
    return PyLong_FromLongLong(level->tile_height);
  case KNOWN_TILE_WIDTH:
    return PyLong_FromLongLong(level->tile_width);
  case KNOWN_WIDTH:
    return PyLong_FromLongLong(level->width);
  default:
    break;
  }
  NodalSlide *slide = py_slide_acquire(self->slide);
  if (!slide) {
    return NULL;
  }
  PyObject *value = NULL;
  double x_um = 0, y_um = 0;
  switch ((Known)(intptr_t)closure) {
  case KNOWN_DTYPE:
    value = py_text_new(nodal_dtype_name(nodal_slide_dtype(slide)));
    break;
  case KNOWN_NDIM:
    value = PyLong_FromLong(nodal_slide_channels(slide) == 1 ? 2 : 3);
    break;
  case KNOWN_SPACING:
    nodal_slide_spacing(slide, &x_um, &y_um);
    value = py_spacing_new(x_um * level->downsample, y_um * level->downsample);
    break;
  default:
    value = py_slide_shape_new(slide, level);
    break;
  }
  py_slide_release(self->slide);
  return value;
}

static PyObject *get_slide(PyObject *object, void *closure) {
  (void)closure;
  PyObject *slide = ((LevelObject *)object)->slide;
  Py_INCREF(slide);
  return slide;
}

static PyObject *level_repr(PyObject *object) {
  const LevelObject *self = (LevelObject *)object;
  PyObject *downsample = PyFloat_FromDouble(self->level.downsample);
  PyObject *text = downsample
                       ? PyUnicode_FromFormat("<nodal.Level %d, %lld x %lld, 1/%S>", self->index,
                                              (long long)self->level.width, (long long)self->level.height, downsample)
                       : NULL;
  Py_XDECREF(downsample);
  return text;
}

/* ---- The type ---- */

static PyMethodDef methods[] = {
    {"read", CALL(level_read), METH_VARARGS | METH_KEYWORDS,
     "read($self, x, y, width, height, *, mode='native', out=None)\n--\n\n"
     "Reads a rectangle, all of it in pixels of this level; what lies outside is background. mode, out and the result "
     "are those of Slide.read_region()."},
    {"__array__", CALL(level_array), METH_VARARGS | METH_KEYWORDS,
     "__array__($self, dtype=None, copy=None)\n--\n\nAll of the level as an array, for numpy.asarray(level)."},
    {NULL, NULL, 0, NULL}};

#define KNOWN(name, what, doc)                                                                                         \
  { name, get_known, NULL, doc, (void *)(intptr_t)(what) }

static PyGetSetDef getters[] = {
    {"slide", get_slide, NULL, "The slide it belongs to.", NULL},
    KNOWN("index", KNOWN_INDEX, "Number of the level; 0 is the largest."),
    KNOWN("width", KNOWN_WIDTH, "Width in pixels of the level."),
    KNOWN("height", KNOWN_HEIGHT, "Height in pixels of the level."),
    KNOWN("dimensions", KNOWN_DIMENSIONS, "(width, height) in pixels of the level."),
    KNOWN("shape", KNOWN_SHAPE, "(height, width, channels), or (height, width) with one channel."),
    KNOWN("ndim", KNOWN_NDIM, "2 or 3."),
    KNOWN("dtype", KNOWN_DTYPE, "Type of a sample: 'uint8', 'uint16', 'uint32' or 'float32'."),
    KNOWN("downsample", KNOWN_DOWNSAMPLE,
          "The true factor to level 0; not the ratio of the widths where levels are padded or rounded."),
    KNOWN("spacing", KNOWN_SPACING, "(x, y) micrometres a pixel of the level, or None where the file does not say."),
    KNOWN("tile_width", KNOWN_TILE_WIDTH, "Width of a tile in pixels."),
    KNOWN("tile_height", KNOWN_TILE_HEIGHT, "Height of a tile in pixels."),
    KNOWN("columns", KNOWN_COLUMNS, "Number of tiles in a row."),
    KNOWN("rows", KNOWN_ROWS, "Number of rows of tiles."),
    KNOWN("codec", KNOWN_CODEC, "How the tiles are compressed, such as 'jpeg'."),
    {NULL, NULL, NULL, NULL, NULL}};

static const char doc[] =
    "One level of a slide's pyramid, from Slide.levels. It can be indexed as an array, level[rows, columns], and "
    "numpy.asarray(level) reads all of it. It holds the slide, but does not keep it from being closed.";

bool py_level_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {
      {Py_tp_doc, DOC(doc)},   {Py_tp_dealloc, level_dealloc}, {Py_tp_repr, level_repr},      {Py_tp_methods, methods},
      {Py_tp_getset, getters}, {Py_mp_subscript, subscript},   {Py_tp_new, py_type_not_made}, {0, NULL}};
  PyType_Spec spec = {"nodal.Level", sizeof(LevelObject), 0, Py_TPFLAGS_DEFAULT, slots};
  return py_type_add(module, &spec, &state->level);
}

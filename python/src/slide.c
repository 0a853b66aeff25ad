/* SPDX-License-Identifier: Apache-2.0 */
#include "slide.h"

#include <string.h>
#include <unistd.h>

typedef struct SlideObject {
  PyObject_HEAD NodalSlide *slide; /* NULL: closed */
  PyObject *path;                  /* bytes, as the system takes them */
  PyObject *cache;                 /* nodal.Cache or NULL */
  double spacing_um;               /* that overrides the file's; 0: none */
  int users;                       /* calls in progress, guarded by the GIL */
  bool closing;                    /* the last of them frees */
  pid_t process;                   /* that opened `slide` */
} SlideObject;

/* ---- Life ---- */

static NodalSlide *open_slide(SlideObject *self) {
  NodalCache *cache = NULL;
  if (!py_cache_get(self->cache, &cache)) {
    return NULL;
  }
  const NodalSlideOptions options = {.cache = cache, .spacing_um = self->spacing_um};
  const char *path = PyBytes_AsString(self->path);
  NodalError *error = NULL;
  NodalSlide *slide = NULL;
  Py_BEGIN_ALLOW_THREADS;
  slide = nodal_slide_open(path, &options, &error);
  nodal_cache_unref(cache);
  Py_END_ALLOW_THREADS;
  return slide ? slide : py_raise_error(error);
}

static PyObject *slide_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  PyObject *path = NULL, *spacing = NULL, *cache = NULL;
  if (!py_parse(args, kwargs, "O&|$OO", NAMES("path", "spacing", "cache"), PyUnicode_FSConverter, &path, &spacing,
                &cache)) {
    return NULL;
  }
  double spacing_um = 0;
  if (spacing && spacing != Py_None && !PyNumber_Check(spacing)) {
    PyErr_SetString(PyExc_TypeError, "spacing: a number of micrometres a level-0 pixel is wanted");
  }
  if (PyErr_Occurred() || !py_spacing_argument(spacing, &spacing_um, &spacing_um)) {
    Py_DECREF(path);
    return NULL;
  }
  SlideObject *self = (SlideObject *)py_object_new(type);
  if (!self) {
    Py_DECREF(path);
    return NULL;
  }
  self->path = path;
  self->spacing_um = spacing_um;
  self->process = getpid();
  if (cache && cache != Py_None) {
    Py_INCREF(cache);
    self->cache = cache;
  }
  self->slide = open_slide(self);
  if (!self->slide) {
    Py_DECREF(self);
    return NULL;
  }
  return (PyObject *)self;
}

/* What a child inherited is left alone: a lock in it may be held for ever. */
static void let_go(SlideObject *self) {
  NodalSlide *slide = self->slide;
  self->slide = NULL;
  if (slide && self->process == getpid()) {
    Py_BEGIN_ALLOW_THREADS;
    nodal_slide_free(slide);
    Py_END_ALLOW_THREADS;
  }
}

static void slide_dealloc(PyObject *object) {
  SlideObject *self = (SlideObject *)object;
  let_go(self);
  Py_CLEAR(self->path);
  Py_CLEAR(self->cache);
  py_object_free(object);
}

NodalSlide *py_slide_acquire(PyObject *slide) {
  if (!PyObject_TypeCheck(slide, py_module_state()->slide)) {
    PyErr_SetString(PyExc_TypeError, "a nodal.Slide is wanted");
    return NULL;
  }
  SlideObject *self = (SlideObject *)slide;
  if (!self->slide || self->closing) {
    PyErr_SetString(PyExc_ValueError, "the slide is closed");
    return NULL;
  }
  if (self->process != getpid()) {
    /* Opened again without letting other threads in between. */
    NodalCache *cache = NULL;
    if (!py_cache_get(self->cache, &cache)) {
      return NULL;
    }
    const NodalSlideOptions options = {.cache = cache, .spacing_um = self->spacing_um};
    NodalError *error = NULL;
    NodalSlide *again = nodal_slide_open(PyBytes_AsString(self->path), &options, &error);
    nodal_cache_unref(cache);
    if (!again) {
      return py_raise_error(error);
    }
    self->slide = again;
    self->process = getpid();
    self->users = 0;
  }
  self->users++;
  return self->slide;
}

void py_slide_release(PyObject *slide) {
  SlideObject *self = (SlideObject *)slide;
  if (--self->users == 0 && self->closing) {
    let_go(self);
  }
}

static PyObject *slide_close(PyObject *object, PyObject *none) {
  (void)none;
  SlideObject *self = (SlideObject *)object;
  self->closing = true;
  if (self->users == 0) {
    let_go(self);
  }
  Py_RETURN_NONE;
}

static PyObject *slide_enter(PyObject *object, PyObject *none) {
  (void)none;
  if (!py_slide_acquire(object)) {
    return NULL;
  }
  py_slide_release(object);
  Py_INCREF(object);
  return object;
}

static PyObject *slide_exit(PyObject *object, PyObject *args) {
  (void)args;
  return slide_close(object, NULL);
}

static PyObject *rebuild(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *type = NULL, *path = NULL, *spacing = NULL, *cache = NULL;
  if (!PyArg_ParseTuple(args, "OOOO", &type, &path, &spacing, &cache)) {
    return NULL;
  }
  PyObject *positional = PyTuple_Pack(1, path);
  PyObject *named = Py_BuildValue("{s:O,s:O}", "spacing", spacing, "cache", cache);
  PyObject *made = positional && named ? PyObject_Call(type, positional, named) : NULL;
  Py_XDECREF(positional);
  Py_XDECREF(named);
  return made;
}

static PyObject *path_new(SlideObject *self) {
  return PyUnicode_DecodeFSDefaultAndSize(PyBytes_AsString(self->path), PyBytes_Size(self->path));
}

static PyObject *slide_reduce(PyObject *object, PyObject *none) {
  (void)none;
  SlideObject *self = (SlideObject *)object;
  if (self->closing) {
    PyErr_SetString(PyExc_ValueError, "the slide is closed");
    return NULL;
  }
  PyObject *module = PyImport_ImportModule("nodal._nodal");
  PyObject *function = module ? PyObject_GetAttrString(module, "_slide") : NULL;
  Py_XDECREF(module);
  PyObject *path = function ? path_new(self) : NULL;
  PyObject *spacing = self->spacing_um > 0 ? PyFloat_FromDouble(self->spacing_um) : Py_BuildValue("");
  PyObject *result = path && spacing ? Py_BuildValue("(O(OOOO))", function, Py_TYPE(object), path, spacing,
                                                     self->cache ? self->cache : Py_None)
                                     : NULL;
  Py_XDECREF(function);
  Py_XDECREF(path);
  Py_XDECREF(spacing);
  return result;
}

/* ---- What is known of it ---- */

typedef enum Known {
  KNOWN_ASSOCIATED,
  KNOWN_BACKGROUND,
  KNOWN_CHANNELS,
  KNOWN_COLOR,
  KNOWN_DIMENSIONS,
  KNOWN_DTYPE,
  KNOWN_FORMAT,
  KNOWN_HEIGHT,
  KNOWN_ICC_PROFILE,
  KNOWN_LEVEL_COUNT,
  KNOWN_PROPERTIES,
  KNOWN_SHAPE,
  KNOWN_SPACING,
  KNOWN_VALUE_RANGE,
  KNOWN_WIDTH
} Known;

static PyObject *associated_new(NodalSlide *slide) {
  PyObject *dict = PyDict_New();
  int64_t width = 0, height = 0;
  const char *name = NULL;
  for (int i = 0; dict && (name = nodal_slide_associated_name(slide, i, &width, &height)) != NULL; i++) {
    PyObject *key = py_text_new(name), *size = Py_BuildValue("(LL)", (long long)width, (long long)height);
    if (!key || !size || PyDict_SetItem(dict, key, size) < 0) {
      Py_CLEAR(dict);
    }
    Py_XDECREF(key);
    Py_XDECREF(size);
  }
  return dict;
}

static PyObject *properties_new(NodalSlide *slide) {
  PyObject *dict = PyDict_New();
  const char *name = NULL;
  for (int i = 0; dict && (name = nodal_slide_property_name(slide, i)) != NULL; i++) {
    PyObject *key = py_text_new(name), *value = py_text_new(nodal_slide_property(slide, name));
    if (!key || !value || PyDict_SetItem(dict, key, value) < 0) {
      Py_CLEAR(dict);
    }
    Py_XDECREF(key);
    Py_XDECREF(value);
  }
  return dict;
}

static PyObject *icc_profile_new(NodalSlide *slide) {
  size_t size = 0;
  const void *profile = nodal_slide_icc_profile(slide, &size);
  if (!profile) {
    Py_RETURN_NONE;
  }
  return PyBytes_FromStringAndSize(profile, (Py_ssize_t)size);
}

PyObject *py_slide_shape_new(NodalSlide *slide, const NodalLevel *level) {
  int channels = nodal_slide_channels(slide);
  if (channels == 1) {
    return Py_BuildValue("(LL)", (long long)level->height, (long long)level->width);
  }
  return Py_BuildValue("(LLi)", (long long)level->height, (long long)level->width, channels);
}

static PyObject *pair_new(bool known, double first, double second) {
  if (!known) {
    Py_RETURN_NONE;
  }
  return Py_BuildValue("(dd)", first, second);
}

static PyObject *known_new(NodalSlide *slide, Known what) {
  NodalLevel level = {0};
  double first = 0, second = 0;
  uint8_t rgb[3] = {0};
  bool known = false;
  nodal_slide_level(slide, 0, &level);
  switch (what) {
  case KNOWN_ASSOCIATED:
    return associated_new(slide);
  case KNOWN_BACKGROUND:
    nodal_slide_background(slide, rgb);
    return Py_BuildValue("(iii)", rgb[0], rgb[1], rgb[2]);
  case KNOWN_CHANNELS:
    return PyLong_FromLong(nodal_slide_channels(slide));
  case KNOWN_COLOR:
    return py_text_new(nodal_color_name(nodal_slide_color(slide)));
  case KNOWN_DIMENSIONS:
    return Py_BuildValue("(LL)", (long long)level.width, (long long)level.height);
  case KNOWN_DTYPE:
    return py_text_new(nodal_dtype_name(nodal_slide_dtype(slide)));
  case KNOWN_FORMAT:
    return py_text_new(nodal_slide_format(slide));
  case KNOWN_HEIGHT:
    return PyLong_FromLongLong(level.height);
  case KNOWN_ICC_PROFILE:
    return icc_profile_new(slide);
  case KNOWN_LEVEL_COUNT:
    return PyLong_FromLong(nodal_slide_level_count(slide));
  case KNOWN_PROPERTIES:
    return properties_new(slide);
  case KNOWN_SHAPE:
    return py_slide_shape_new(slide, &level);
  case KNOWN_SPACING:
    known = nodal_slide_spacing(slide, &first, &second);
    return pair_new(known, first, second);
  case KNOWN_VALUE_RANGE:
    known = nodal_slide_value_range(slide, &first, &second);
    return pair_new(known, first, second);
  case KNOWN_WIDTH:
    return PyLong_FromLongLong(level.width);
  }
  return NULL;
}

static PyObject *get_known(PyObject *object, void *closure) {
  NodalSlide *slide = py_slide_acquire(object);
  if (!slide) {
    return NULL;
  }
  PyObject *value = known_new(slide, (Known)(intptr_t)closure);
  py_slide_release(object);
  return value;
}

static PyObject *get_path(PyObject *object, void *closure) {
  (void)closure;
  return path_new((SlideObject *)object);
}

static PyObject *get_closed(PyObject *object, void *closure) {
  (void)closure;
  return PyBool_FromLong(((SlideObject *)object)->closing);
}

static PyObject *get_levels(PyObject *object, void *closure) {
  (void)closure;
  return py_levels_new(object);
}

static PyObject *slide_best_level(PyObject *object, PyObject *args, PyObject *kwargs) {
  double downsample = 0;
  if (!py_parse(args, kwargs, "d", NAMES("downsample"), &downsample)) {
    return NULL;
  }
  NodalSlide *slide = py_slide_acquire(object);
  if (!slide) {
    return NULL;
  }
  int level = nodal_slide_best_level(slide, downsample);
  py_slide_release(object);
  return PyLong_FromLong(level);
}

static PyObject *slide_repr(PyObject *object) {
  SlideObject *self = (SlideObject *)object;
  PyObject *path = path_new(self);
  if (!path) {
    return NULL;
  }
  PyObject *text = NULL;
  if (self->closing) {
    text = PyUnicode_FromFormat("<nodal.Slide %R, closed>", path);
  } else {
    NodalSlide *slide = py_slide_acquire(object);
    NodalLevel level = {0};
    if (slide) {
      nodal_slide_level(slide, 0, &level);
      text = PyUnicode_FromFormat("<nodal.Slide %R, %s, %lld x %lld, %d levels>", path, nodal_slide_format(slide),
                                  (long long)level.width, (long long)level.height, nodal_slide_level_count(slide));
      py_slide_release(object);
    }
  }
  Py_DECREF(path);
  return text;
}

static PyObject *subscript(PyObject *object, PyObject *key) {
  return py_slide_subscript(object, 0, key);
}

/* ---- The type ---- */

#define READ_OUT                                                                                                       \
  "mode: 'native', the file's own channels and type (default); 'rgb'; or 'rgba', alpha 0 where there is no pixel. "    \
  "out: a writable, C-contiguous array of just that size, which is filled and returned instead of a new one. "         \
  "Returns an array (height, width, channels), or (height, width) where there is one channel."

static PyMethodDef methods[] = {
    {"read_region", CALL(py_slide_read_region), METH_VARARGS | METH_KEYWORDS,
     "read_region($self, x, y, width, height, level=0, *, mode='native', out=None)\n--\n\n"
     "Reads a region. x, y: level-0 pixels of its top-left corner; width, height: pixels of `level`. What lies outside "
     "the slide is background. " READ_OUT},
    {"read_at_spacing", CALL(py_slide_read_at_spacing), METH_VARARGS | METH_KEYWORDS,
     "read_at_spacing($self, spacing, x, y, width, height, *, interpolation='linear', mode='native', out=None)\n--\n\n"
     "Reads at any spacing: a grid of width x height pixels of `spacing` micrometres whose top-left corner lies at x, "
     "y "
     "(level-0 pixels, fractions allowed), from the nearest finer level. interpolation: 'linear', a triangle filter as "
     "wide as the output pixel, or 'nearest', which label slides always are. " READ_OUT},
    {"read_tile", CALL(py_slide_read_tile), METH_VARARGS | METH_KEYWORDS,
     "read_tile($self, level, column, row, *, mode='native', out=None)\n--\n\n"
     "Reads one whole tile of a level; what lies past the level's edge is background. " READ_OUT},
    {"read_raw_tile", CALL(py_slide_read_raw_tile), METH_VARARGS | METH_KEYWORDS,
     "read_raw_tile($self, level, column, row)\n--\n\n"
     "The compressed tile as the bytes of a file of its own (a JPEG tile with its tables); None for a tile that the "
     "file leaves out."},
    {"read_associated", CALL(py_slide_read_associated), METH_VARARGS | METH_KEYWORDS,
     "read_associated($self, name, *, out=None)\n--\n\n"
     "Reads an associated image, such as 'label' or 'macro', as an array (height, width, 3) of uint8."},
    {"thumbnail", CALL(py_slide_thumbnail), METH_VARARGS | METH_KEYWORDS,
     "thumbnail($self, size=1024, *, mode='native')\n--\n\n"
     "The whole slide as an array whose longest side is at most `size` pixels, never larger than the slide."},
    {"best_level", CALL(slide_best_level), METH_VARARGS | METH_KEYWORDS,
     "best_level($self, downsample)\n--\n\n"
     "The smallest level whose downsample is at most `downsample`, else 0."},
    {"close", slide_close, METH_NOARGS,
     "close($self)\n--\n\nFrees the file; reads in other threads end first. Closing twice is fine."},
    {"__enter__", slide_enter, METH_NOARGS, NULL},
    {"__exit__", slide_exit, METH_VARARGS, NULL},
    {"__reduce__", slide_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};

#define KNOWN(name, what, doc)                                                                                         \
  { name, get_known, NULL, doc, (void *)(intptr_t)(what) }

static PyGetSetDef getters[] = {
    {"path", get_path, NULL, "The path it was opened with, a str.", NULL},
    {"closed", get_closed, NULL, "Whether close() was called.", NULL},
    {"levels", get_levels, NULL, "The levels of the pyramid, a tuple of Level; the first is the largest.", NULL},
    KNOWN("format", KNOWN_FORMAT, "The format of the file, such as 'generic-tiff' or 'aperio'."),
    KNOWN("width", KNOWN_WIDTH, "Width of level 0 in pixels."),
    KNOWN("height", KNOWN_HEIGHT, "Height of level 0 in pixels."),
    KNOWN("dimensions", KNOWN_DIMENSIONS, "(width, height) of level 0 in pixels."),
    KNOWN("shape", KNOWN_SHAPE, "Level 0 as an array: (height, width, channels), or (height, width) with one channel."),
    KNOWN("dtype", KNOWN_DTYPE, "Type of a sample: 'uint8', 'uint16', 'uint32' or 'float32'."),
    KNOWN("channels", KNOWN_CHANNELS, "Number of channels."),
    KNOWN("color", KNOWN_COLOR, "What the channels mean: 'gray', 'rgb', 'rgba', 'channels' or 'label'."),
    KNOWN("level_count", KNOWN_LEVEL_COUNT, "Number of levels."),
    KNOWN("spacing", KNOWN_SPACING,
          "(x, y) micrometres a level-0 pixel, or None where the file does not say: never guessed."),
    KNOWN("value_range", KNOWN_VALUE_RANGE,
          "(smallest, largest) sample value that the file states, or None where it does not."),
    KNOWN("background", KNOWN_BACKGROUND, "(red, green, blue) that stands where there is no pixel."),
    KNOWN("properties", KNOWN_PROPERTIES, "What else the file says, a dict of str; names as OpenSlide has them."),
    KNOWN("associated", KNOWN_ASSOCIATED,
          "The associated images: a dict of name to (width, height) in pixels. See read_associated()."),
    KNOWN("icc_profile", KNOWN_ICC_PROFILE, "The ICC profile of the levels as bytes, or None."),
    {NULL, NULL, NULL, NULL, NULL}};

static const char doc[] =
    "Slide(path, *, spacing=None, cache=None)\n--\n\n"
    "A whole-slide image, open for reading. The format is found by looking at the content. path: a str, bytes or "
    "os.PathLike. spacing: micrometres a level-0 pixel, instead of what the file says. cache: a nodal.Cache to share "
    "with other slides.\n\n"
    "    with nodal.Slide('slide.tif') as slide:\n"
    "        patch = slide.read_region(10000, 8000, 512, 512, level=1)\n"
    "        top = slide[0:256, 0:512]           # rows, columns of level 0\n"
    "        small = slide.levels[-1][:, :]      # all of the smallest level\n\n"
    "All methods may be called from several threads at once and run beside each other. A slide can be pickled (as its "
    "path and options), and is opened anew in a forked child. Indices are clipped to the slide as those of an array "
    "are; methods that take x, y, width and height fill what lies outside with background.";

static PyMethodDef functions[] = {{"_slide", rebuild, METH_VARARGS, "Opens a slide that was pickled."},
                                  {NULL, NULL, 0, NULL}};

bool py_slide_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {
      {Py_tp_doc, DOC(doc)},    {Py_tp_new, slide_new},  {Py_tp_dealloc, slide_dealloc}, {Py_tp_repr, slide_repr},
      {Py_tp_methods, methods}, {Py_tp_getset, getters}, {Py_mp_subscript, subscript},   {0, NULL}};
  PyType_Spec spec = {"nodal.Slide", sizeof(SlideObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return PyModule_AddFunctions(module, functions) == 0 && py_cache_add(module, state) && py_level_add(module, state) &&
         py_type_add(module, &spec, &state->slide);
}

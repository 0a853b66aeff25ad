/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <stdlib.h>

typedef struct MaskObject {
  PyObject_HEAD NodalMask *mask;
} MaskObject;

static const char *rule_name(int rule) {
  return rule == NODAL_MASK_CENTER ? "center" : "asap";
}

/* A mask of a set that is locked. */
static NodalMask *make(const NodalAnnotationSet *set, const NodalMaskOptions *options) {
  NodalError *error = NULL;
  NodalMask *mask = NULL;
  Py_BEGIN_ALLOW_THREADS;
  mask = nodal_mask_new(set, options, &error);
  Py_END_ALLOW_THREADS;
  return mask ? mask : py_raise_error(error);
}

static PyObject *mask_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  NodalMaskOptions options = NODAL_MASK_OPTIONS_INIT;
  PyObject *annotations = NULL, *spacing = NULL, *label_dict = NULL, *order_names = NULL;
  const char *rule_text = NULL, *preset = NULL;
  long long width = 0, height = 0;
  if (!py_parse(args, kwargs, "OLL|$OdzOOz",
                NAMES("annotations", "width", "height", "spacing", "downsample", "rule", "labels", "order", "preset"),
                &annotations, &width, &height, &spacing, &options.downsample, &rule_text, &label_dict, &order_names,
                &preset)) {
    return NULL;
  }
  int rule = NODAL_MASK_CENTER;
  Labels labels = {0};
  Strings order = {0};
  NodalMask *mask = NULL;
  options.width = width;
  options.height = height;
  bool good = py_choose("rule", rule_text, rule_name, NODAL_MASK_ASAP + 1, &rule) &&
              py_spacing_argument(spacing, &options.spacing_x_um, &options.spacing_y_um) &&
              py_labels_open(&labels, label_dict) && py_strings_open(&order, order_names, "order");
  if (good && preset && (labels.labels || order.texts)) {
    good = py_raise_argument("preset: stands for labels and order, which are given as well");
  } else if (good && preset && !nodal_mask_preset(preset, &options)) {
    good = py_raise_argument("preset: '%s' is none of camelyon16, camelyon17", preset);
  } else if (!preset) {
    options.labels = labels.labels;
    options.label_count = labels.count;
    options.order = order.texts;
    options.order_count = order.count;
  }
  options.rule = (NodalMaskRule)rule;
  NodalAnnotationSet *set = good ? py_annotations_lock(annotations) : NULL;
  if (set) {
    mask = make(set, &options);
    py_annotations_unlock(annotations);
  }
  py_labels_free(&labels);
  py_strings_free(&order);
  MaskObject *self = mask ? (MaskObject *)py_object_new(type) : NULL;
  if (!self) {
    nodal_mask_free(mask);
    return NULL;
  }
  self->mask = mask;
  return (PyObject *)self;
}

static void mask_dealloc(PyObject *object) {
  nodal_mask_free(((MaskObject *)object)->mask);
  py_object_free(object);
}

static PyObject *mask_draw(PyObject *object, PyObject *args, PyObject *kwargs) {
  long long x = 0, y = 0, width = 0, height = 0;
  PyObject *out = NULL;
  if (!py_parse(args, kwargs, "LLLL|$O", NAMES("x", "y", "width", "height", "out"), &x, &y, &width, &height, &out)) {
    return NULL;
  }
  const Py_ssize_t shape[2] = {(Py_ssize_t)height, (Py_ssize_t)width};
  Target target = {0};
  if (!py_target_open(&target, out, NODAL_UINT8, 2, shape)) {
    return NULL;
  }
  const NodalMask *mask = ((MaskObject *)object)->mask;
  NodalError *error = NULL;
  bool good = true;
  if (width > 0 && height > 0) {
    Py_BEGIN_ALLOW_THREADS;
    good = nodal_mask_draw(mask, (NodalRect){x, y, width, height}, (uint8_t *)target.data, (size_t)width, &error);
    Py_END_ALLOW_THREADS;
  }
  if (!good) {
    py_raise_error(error);
  }
  return py_target_close(&target, good);
}

typedef struct Writing {
  const NodalMask *mask;
  const char *path;
  NodalMaskWrite options;
} Writing;

static bool write_mask(void *user, const NodalProgress *progress, NodalError **error) {
  const Writing *writing = user;
  return nodal_mask_write(writing->mask, writing->path, &writing->options, progress, error);
}

static PyObject *mask_write(PyObject *object, PyObject *args, PyObject *kwargs) {
  Writing writing = {.mask = ((MaskObject *)object)->mask, .options = NODAL_MASK_WRITE_INIT};
  PyObject *path = NULL, *progress = NULL;
  const char *codec = NULL;
  int force = 0;
  if (!py_parse(args, kwargs, "O&|$izipO", NAMES("path", "tile_size", "codec", "threads", "force", "progress"),
                PyUnicode_FSConverter, &path, &writing.options.tile_size, &codec, &writing.options.threads, &force,
                &progress)) {
    Py_XDECREF(path);
    return NULL;
  }
  writing.path = PyBytes_AsString(path);
  writing.options.force = force;
  bool good = py_choose_codec(codec, &writing.options.codec) && py_work_run(write_mask, &writing, progress);
  Py_DECREF(path);
  if (!good) {
    return NULL;
  }
  Py_RETURN_NONE;
}

static PyObject *get_dimensions(PyObject *object, void *closure) {
  int64_t width = 0, height = 0;
  nodal_mask_size(((MaskObject *)object)->mask, &width, &height);
  return closure ? Py_BuildValue("(LL)", (long long)height, (long long)width)
                 : Py_BuildValue("(LL)", (long long)width, (long long)height);
}

static const char *warning_at(const void *mask, int index) {
  return nodal_mask_warning(mask, index);
}

static PyObject *get_warnings(PyObject *object, void *closure) {
  (void)closure;
  return py_lines_new(warning_at, ((MaskObject *)object)->mask);
}

/* ---- Contours ---- */

typedef struct Tracing {
  NodalSlide *slide;
  NodalContourOptions options;
  NodalAnnotationSet *set;
} Tracing;

static bool trace(void *user, const NodalProgress *progress, NodalError **error) {
  Tracing *tracing = user;
  tracing->set = nodal_mask_contours(tracing->slide, &tracing->options, progress, error);
  return tracing->set != NULL;
}

static PyObject *mask_contours(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *type = NULL, *slide = NULL, *values = NULL, *progress = NULL;
  Tracing tracing = {.options = NODAL_CONTOUR_OPTIONS_INIT};
  int join = 0;
  if (!PyArg_ParseTuple(args, "OOidOpiO", &type, &slide, &tracing.options.level, &tracing.options.simplify_um, &values,
                        &join, &tracing.options.threads, &progress)) {
    return NULL;
  }
  Input numbers = {0};
  tracing.options.join_holes = join;
  if (values != Py_None) {
    if (!py_input_open_numbers(&numbers, values, "uint32", 'I', sizeof(uint32_t))) {
      return NULL;
    }
    tracing.options.values = numbers.data;
    tracing.options.value_count = (size_t)numbers.bytes / sizeof(uint32_t);
  }
  bool good = false;
  tracing.slide = py_slide_acquire(slide);
  if (tracing.slide) {
    good = py_work_run(trace, &tracing, progress);
    py_slide_release(slide);
  }
  py_input_close(&numbers);
  if (!good) {
    nodal_annotation_set_free(tracing.set);
    return NULL;
  }
  return py_annotations_wrap(type, tracing.set);
}

/* ---- The type ---- */

static PyMethodDef methods[] = {
    {"draw", CALL(mask_draw), METH_VARARGS | METH_KEYWORDS,
     "draw($self, x, y, width, height, *, out=None)\n--\n\n"
     "Draws a region, in pixels of the mask, as an array (height, width) of uint8. What lies outside is 0."},
    {"write", CALL(mask_write), METH_VARARGS | METH_KEYWORDS,
     "write($self, path, *, tile_size=512, codec='lzw', threads=0, force=False, progress=None)\n--\n\n"
     "Writes the mask as a tiled BigTIFF label pyramid, the same file for any number of threads (0: one a core). "
     "codec: "
     "'lzw', 'deflate', 'zstd' or 'none'. progress: called with the amount done and the whole."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {{"dimensions", get_dimensions, NULL, "(width, height) in pixels of the mask.", NULL},
                                {"shape", get_dimensions, NULL, "(height, width) in pixels of the mask.", (void *)1},
                                {"warnings", get_warnings, NULL, "What was odd: a tuple of lines.", NULL},
                                {NULL, NULL, NULL, NULL, NULL}};

static PyMethodDef functions[] = {{"_contours", mask_contours, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};

static const char doc[] =
    "Mask(annotations, width, height, *, spacing=None, downsample=1.0, rule='center', labels=None, order=None, "
    "preset=None)\n--\n\n"
    "Annotations ready to be drawn as a mask. width, height: of level 0 of the slide, pixels. spacing: micrometres a "
    "level-0 pixel, or a pair. downsample: level-0 pixels a pixel of the mask. rule: 'center', a pixel belongs to an "
    "outline where its center does, or 'asap', as ASAP decides. labels: a dict of group name (annotation name where "
    "there are no groups) to value, 0 to 255; None: all is 1. order: names in the order in which they are drawn, "
    "others "
    "are left out; None: all, and a larger value is never overwritten. preset: 'camelyon16' or 'camelyon17' instead of "
    "both.";

bool py_mask_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {{Py_tp_doc, DOC(doc)},    {Py_tp_new, mask_new},   {Py_tp_dealloc, mask_dealloc},
                         {Py_tp_methods, methods}, {Py_tp_getset, getters}, {0, NULL}};
  PyType_Spec spec = {"nodal.Mask", sizeof(MaskObject), 0, Py_TPFLAGS_DEFAULT, slots};
  return PyModule_AddFunctions(module, functions) == 0 && py_type_add(module, &spec, &state->mask);
}

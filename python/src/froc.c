/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

typedef struct TruthObject {
  PyObject_HEAD NodalFrocTruth *truth;
} TruthObject;

typedef struct FrocObject {
  PyObject_HEAD NodalFroc *froc;
  int locks; /* calls that read it without the GIL */
} FrocObject;

static const NodalFrocRules *rules_of(const char *name) {
  const NodalFrocRules *rules = nodal_froc_rules(name ? name : "2016");
  return rules ? rules : py_raise_argument("rules: '%s' is none of 2016, dataset", name);
}

/* ---- The lesions of a slide ---- */

/* Each way to find them, as long work. */
typedef struct Finding {
  const NodalFrocRules *rules;
  const NodalAnnotationSet *set;
  NodalSlide *mask;
  NodalRaster raster;
  double downsample, spacing_um;
  int threads;
  NodalFrocTruth *truth;
} Finding;

static bool find(void *user, const NodalProgress *progress, NodalError **error) {
  (void)progress;
  Finding *finding = user;
  const NodalFrocMask options = {finding->downsample, finding->spacing_um, finding->threads};
  if (finding->set) {
    finding->truth = nodal_froc_truth_of_annotations(finding->rules, finding->set, &options, error);
  } else if (finding->mask) {
    finding->truth = nodal_froc_truth_of_mask(finding->rules, finding->mask, &options, error);
  } else {
    finding->truth = nodal_froc_truth_new(finding->rules, &finding->raster, finding->downsample, finding->spacing_um,
                                          finding->threads, error);
  }
  return finding->truth != NULL;
}

static bool find_in_array(Finding *finding, PyObject *object) {
  Input input;
  NodalDtype dtype = NODAL_UINT8;
  if (!py_input_open_pixels(&input, object, &dtype)) {
    return false;
  }
  bool good = input.dimensions == 2 || py_raise_argument("source: an array (height, width) is wanted");
  if (good) {
    finding->raster = (NodalRaster){input.data, dtype, input.shape[1], input.shape[0],
                                    (size_t)input.shape[1] * nodal_dtype_size(dtype)};
    finding->downsample = finding->downsample > 0 ? finding->downsample : 32;
    good = py_work_run(find, finding, NULL);
  }
  py_input_close(&input);
  return good;
}

static PyObject *truth_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  PyObject *source = NULL;
  const char *rules = NULL;
  Finding finding = {0};
  if (!py_parse(args, kwargs, "O|$zddi", NAMES("source", "rules", "downsample", "spacing", "threads"), &source, &rules,
                &finding.downsample, &finding.spacing_um, &finding.threads)) {
    return NULL;
  }
  finding.rules = rules_of(rules);
  bool good = false;
  if (finding.rules && PyObject_TypeCheck(source, py_module_state()->slide)) {
    finding.mask = py_slide_acquire(source);
    good = finding.mask && py_work_run(find, &finding, NULL);
    if (finding.mask) {
      py_slide_release(source);
    }
  } else if (finding.rules && PyObject_TypeCheck(source, py_module_state()->annotation_set)) {
    finding.set = py_annotations_lock(source);
    good = py_work_run(find, &finding, NULL);
    py_annotations_unlock(source);
  } else if (finding.rules) {
    good = find_in_array(&finding, source);
  }
  TruthObject *self = good ? (TruthObject *)py_object_new(type) : NULL;
  if (!self) {
    nodal_froc_truth_free(finding.truth);
    return NULL;
  }
  self->truth = finding.truth;
  return (PyObject *)self;
}

static void truth_dealloc(PyObject *object) {
  nodal_froc_truth_free(((TruthObject *)object)->truth);
  py_object_free(object);
}

/* ---- The curve of many slides ---- */

static PyObject *froc_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  const char *rules_text = NULL;
  int include_itc = 0;
  if (!py_parse(args, kwargs, "|z$p", NAMES("rules", "include_itc"), &rules_text, &include_itc)) {
    return NULL;
  }
  const NodalFrocRules *rules = rules_of(rules_text);
  NodalError *error = NULL;
  NodalFroc *froc = rules ? nodal_froc_new(rules, include_itc, &error) : NULL;
  if (!froc) {
    return rules ? py_raise_error(error) : NULL;
  }
  FrocObject *self = (FrocObject *)py_object_new(type);
  if (!self) {
    nodal_froc_free(froc);
    return NULL;
  }
  self->froc = froc;
  return (PyObject *)self;
}

static void froc_dealloc(PyObject *object) {
  nodal_froc_free(((FrocObject *)object)->froc);
  py_object_free(object);
}

static PyObject *froc_add_slide(PyObject *object, PyObject *args, PyObject *kwargs) {
  FrocObject *self = (FrocObject *)object;
  const char *name = NULL;
  PyObject *truth = NULL, *detections = NULL;
  if (!py_parse(args, kwargs, "sOO", NAMES("slide", "truth", "detections"), &name, &truth, &detections)) {
    return NULL;
  }
  if (truth != Py_None && !PyObject_TypeCheck(truth, py_module_state()->froc_truth)) {
    PyErr_SetString(PyExc_TypeError, "truth: a nodal.FrocTruth or None is wanted");
    return NULL;
  }
  Input input;
  if (!py_input_open_numbers(&input, detections, "float64", 'd', sizeof(double))) {
    return NULL;
  }
  NodalError *error = NULL;
  bool rows = input.bytes == 0 || (input.dimensions == 2 && input.shape[1] == 3);
  if (!rows) {
    py_raise_argument("detections: an array (count, 3) of probability, x and y is wanted");
  } else if (self->locks > 0) {
    py_raise_argument("the curve is in use by another thread");
  } else if (!nodal_froc_add(self->froc, name, truth == Py_None ? NULL : ((TruthObject *)truth)->truth, input.data,
                             (size_t)input.bytes / sizeof(NodalDetection), &error)) {
    py_raise_error(error);
  }
  py_input_close(&input);
  if (PyErr_Occurred()) {
    return NULL;
  }
  Py_RETURN_NONE;
}

static PyObject *froc_score(PyObject *object, PyObject *none) {
  (void)none;
  NodalFrocScore score;
  NodalError *error = NULL;
  if (!nodal_froc_score(((FrocObject *)object)->froc, &score, &error)) {
    return py_raise_error(error);
  }
  PyObject *at = PyDict_New();
  for (int i = 0; at && i < NODAL_FROC_TARGETS; i++) {
    PyObject *key = PyFloat_FromDouble(nodal_froc_target(i)), *value = PyFloat_FromDouble(score.sensitivity_at[i]);
    if (!key || !value || PyDict_SetItem(at, key, value) < 0) {
      Py_CLEAR(at);
    }
    Py_XDECREF(key);
    Py_XDECREF(value);
  }
  PyObject *result = at ? Py_BuildValue("(dnnnO)", score.score, (Py_ssize_t)score.slides, (Py_ssize_t)score.lesions,
                                        (Py_ssize_t)score.itc, at)
                        : NULL;
  Py_XDECREF(at);
  return result;
}

typedef struct Drawing {
  const NodalFroc *froc;
  NodalResampling resampling;
  NodalInterval interval;
  int64_t undefined;
} Drawing;

static bool draw(void *user, const NodalProgress *progress, NodalError **error) {
  Drawing *drawing = user;
  drawing->resampling.progress = progress;
  return nodal_froc_interval(drawing->froc, &drawing->resampling, &drawing->interval, &drawing->undefined, error);
}

static PyObject *froc_interval(PyObject *object, PyObject *args, PyObject *kwargs) {
  FrocObject *self = (FrocObject *)object;
  Drawing drawing = {.froc = self->froc, .resampling = NODAL_RESAMPLING_INIT};
  unsigned long long seed = 1;
  long long resamples = 2000;
  PyObject *progress = NULL;
  if (!py_parse(args, kwargs, "|LKiO", NAMES("resamples", "seed", "threads", "progress"), &resamples, &seed,
                &drawing.resampling.threads, &progress)) {
    return NULL;
  }
  drawing.resampling.seed = seed;
  drawing.resampling.resamples = resamples;
  self->locks++;
  bool good = py_work_run(draw, &drawing, progress);
  self->locks--;
  return good ? Py_BuildValue("(dd)", drawing.interval.low, drawing.interval.high) : NULL;
}

static PyObject *froc_curve(PyObject *object, PyObject *none) {
  (void)none;
  NodalFrocPoint *points = NULL;
  size_t count = 0;
  NodalError *error = NULL;
  if (!nodal_froc_curve(((FrocObject *)object)->froc, &points, &count, &error)) {
    return py_raise_error(error);
  }
  const Py_ssize_t shape[2] = {(Py_ssize_t)count, 3};
  Target target = {0};
  bool good = py_target_open_other(&target, "float64", 'd', sizeof(double), 2, shape);
  double *rows = (double *)(void *)target.data;
  for (size_t i = 0; good && i < count; i++) {
    rows[3 * i] = points[i].threshold;
    rows[3 * i + 1] = points[i].false_positives;
    rows[3 * i + 2] = points[i].sensitivity;
  }
  nodal_free(points);
  return py_target_close(&target, good);
}

static PyObject *lesion_new(const NodalFrocLesion *lesion) {
  PyObject *slide = py_text_new(lesion->slide);
  PyObject *result = slide ? Py_BuildValue("(OiOddddddd)", slide, lesion->number, lesion->itc ? Py_True : Py_False,
                                           lesion->probability, lesion->x_px, lesion->y_px, lesion->width_px,
                                           lesion->height_px, lesion->area_mm2, lesion->major_axis_um)
                           : NULL;
  Py_XDECREF(slide);
  return result;
}

static PyObject *froc_lesions(PyObject *object, PyObject *none) {
  (void)none;
  PyObject *list = PyList_New(0);
  NodalFrocLesion lesion;
  for (size_t i = 0; list && nodal_froc_lesion(((FrocObject *)object)->froc, i, &lesion); i++) {
    PyObject *item = lesion_new(&lesion);
    if (!item || PyList_Append(list, item) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(item);
  }
  return list;
}

/* ---- The types ---- */

static PyMethodDef froc_methods[] = {
    {"add", CALL(froc_add_slide), METH_VARARGS | METH_KEYWORDS,
     "add($self, slide, truth, detections)\n--\n\n"
     "Adds a slide by its name. truth: a FrocTruth; None for a slide without tumor. detections: an array (count, 3) of "
     "probability, x and y in level-0 pixels."},
    {"_score", froc_score, METH_NOARGS, NULL},
    {"_lesions", froc_lesions, METH_NOARGS, NULL},
    {"interval", CALL(froc_interval), METH_VARARGS | METH_KEYWORDS,
     "interval($self, resamples=2000, seed=1, threads=0, progress=None)\n--\n\n"
     "(low, high) of the score with 95 % confidence by drawing slides again."},
    {"curve", froc_curve, METH_NOARGS,
     "curve($self)\n--\n\n"
     "An array (points, 3) of threshold, false positives a slide and sensitivity, from the highest threshold down."},
    {NULL, NULL, 0, NULL}};

static const char truth_doc[] =
    "FrocTruth(source, *, rules='2016', downsample=0.0, spacing=0.0, threads=0)\n--\n\n"
    "The lesions of one slide as the rules of the CAMELYON16 organisers see them. source: a Slide of a mask, "
    "Annotations, or level 5 of a mask as an array (height, width). rules: '2016' or 'dataset', the two scripts that "
    "were published. downsample: level-0 pixels of the slide a level-0 pixel of the mask, or a pixel of the array "
    "(32). "
    "spacing: micrometres a level-0 pixel, for rules that have none of their own.";

static const char froc_doc[] =
    "Froc(rules='2016', *, include_itc=False)\n--\n\n"
    "Free-response ROC of detections against lesions, as in CAMELYON16. rules: as those of FrocTruth. include_itc: "
    "isolated tumor cells count as lesions, which is not the challenge.";

bool py_froc_add(PyObject *module, ModuleState *state) {
  PyType_Slot truth_slots[] = {
      {Py_tp_doc, DOC(truth_doc)}, {Py_tp_new, truth_new}, {Py_tp_dealloc, truth_dealloc}, {0, NULL}};
  PyType_Spec truth = {"nodal.FrocTruth", sizeof(TruthObject), 0, Py_TPFLAGS_DEFAULT, truth_slots};
  PyType_Slot slots[] = {{Py_tp_doc, DOC(froc_doc)},
                         {Py_tp_new, froc_new},
                         {Py_tp_dealloc, froc_dealloc},
                         {Py_tp_methods, froc_methods},
                         {0, NULL}};
  PyType_Spec spec = {"nodal.FrocBase", sizeof(FrocObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return py_type_add(module, &truth, &state->froc_truth) && py_type_add(module, &spec, &state->froc);
}

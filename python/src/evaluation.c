/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <string.h>

typedef struct RocObject {
  PyObject_HEAD NodalRoc *roc;
} RocObject;

/* ---- Resampling ---- */

/* What is drawn again, whatever it is; runs as long work. */
typedef struct Drawing {
  const NodalRoc *roc;
  const int *truth, *predicted, *other;
  size_t count;
  int classes;
  NodalResampling resampling;
  NodalInterval interval;
  int64_t undefined;
  double p;
} Drawing;

static bool draw(void *user, const NodalProgress *progress, NodalError **error) {
  Drawing *drawing = user;
  drawing->resampling.progress = progress;
  if (drawing->roc) {
    return nodal_roc_bootstrap(drawing->roc, &drawing->resampling, &drawing->interval, error);
  }
  if (drawing->other) {
    return nodal_kappa_permutation(drawing->truth, drawing->predicted, drawing->other, drawing->count, drawing->classes,
                                   &drawing->resampling, &drawing->p, error);
  }
  return nodal_kappa_bootstrap(drawing->truth, drawing->predicted, drawing->count, drawing->classes,
                               &drawing->resampling, &drawing->interval, &drawing->undefined, error);
}

/* ---- Scores of positive and negative cases ---- */

static PyObject *roc_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  PyObject *scores_object = NULL, *positive_object = NULL;
  if (!py_parse(args, kwargs, "OO", NAMES("scores", "positive"), &scores_object, &positive_object)) {
    return NULL;
  }
  Input scores, positive;
  if (!py_input_open_numbers(&scores, scores_object, "float64", 'd', sizeof(double))) {
    return NULL;
  }
  if (!py_input_open_numbers(&positive, positive_object, "bool", '?', sizeof(bool))) {
    py_input_close(&scores);
    return NULL;
  }
  size_t count = (size_t)scores.bytes / sizeof(double);
  NodalRoc *roc = NULL;
  if (count != (size_t)positive.bytes) {
    py_raise_argument("scores, positive: %zu and %zu cases", count, (size_t)positive.bytes);
  } else {
    NodalError *error = NULL;
    Py_BEGIN_ALLOW_THREADS;
    roc = nodal_roc_new(scores.data, positive.data, count, &error);
    Py_END_ALLOW_THREADS;
    if (!roc) {
      py_raise_error(error);
    }
  }
  py_input_close(&scores);
  py_input_close(&positive);
  RocObject *self = roc ? (RocObject *)py_object_new(type) : NULL;
  if (!self) {
    nodal_roc_free(roc);
    return NULL;
  }
  self->roc = roc;
  return (PyObject *)self;
}

static void roc_dealloc(PyObject *object) {
  nodal_roc_free(((RocObject *)object)->roc);
  py_object_free(object);
}

static PyObject *get_auc(PyObject *object, void *closure) {
  (void)closure;
  return PyFloat_FromDouble(nodal_roc_auc(((RocObject *)object)->roc));
}

static PyObject *get_variance(PyObject *object, void *closure) {
  (void)closure;
  return PyFloat_FromDouble(nodal_roc_variance(((RocObject *)object)->roc));
}

static PyObject *get_interval(PyObject *object, void *closure) {
  (void)closure;
  NodalInterval interval = nodal_roc_delong_interval(((RocObject *)object)->roc);
  return Py_BuildValue("(dd)", interval.low, interval.high);
}

static PyObject *get_cases(PyObject *object, void *closure) {
  const NodalRoc *roc = ((RocObject *)object)->roc;
  return PyLong_FromSize_t(closure ? nodal_roc_positives(roc) : nodal_roc_negatives(roc));
}

static PyObject *roc_bootstrap(PyObject *object, PyObject *args, PyObject *kwargs) {
  Drawing drawing = {.roc = ((RocObject *)object)->roc, .resampling = NODAL_RESAMPLING_INIT};
  unsigned long long seed = 1;
  long long resamples = 2000;
  PyObject *progress = NULL;
  if (!py_parse(args, kwargs, "|LKiO", NAMES("resamples", "seed", "threads", "progress"), &resamples, &seed,
                &drawing.resampling.threads, &progress)) {
    return NULL;
  }
  drawing.resampling.seed = seed;
  drawing.resampling.resamples = resamples;
  if (!py_work_run(draw, &drawing, progress)) {
    return NULL;
  }
  return Py_BuildValue("(dd)", drawing.interval.low, drawing.interval.high);
}

static PyObject *point_new(const NodalRocPoint *point) {
  return Py_BuildValue("(ddd)", point->threshold, point->sensitivity, point->specificity);
}

static PyObject *roc_at_specificity(PyObject *object, PyObject *args, PyObject *kwargs) {
  double specificity = 0;
  if (!py_parse(args, kwargs, "d", NAMES("specificity"), &specificity)) {
    return NULL;
  }
  if (!(specificity >= 0 && specificity <= 1)) {
    return py_raise_argument("specificity: is between 0 and 1");
  }
  const NodalRocPoint point = nodal_roc_at_specificity(((RocObject *)object)->roc, specificity);
  return point_new(&point);
}

static PyObject *roc_youden(PyObject *object, PyObject *none) {
  (void)none;
  const NodalRocPoint point = nodal_roc_youden(((RocObject *)object)->roc);
  return point_new(&point);
}

static PyObject *roc_curve(PyObject *object, PyObject *none) {
  (void)none;
  const NodalRoc *roc = ((RocObject *)object)->roc;
  size_t count = nodal_roc_point_count(roc);
  const Py_ssize_t shape[2] = {(Py_ssize_t)count, 3};
  Target target = {0};
  if (!py_target_open_other(&target, "float64", 'd', sizeof(double), 2, shape)) {
    return NULL;
  }
  double *rows = (double *)(void *)target.data;
  NodalRocPoint point;
  for (size_t i = 0; i < count && nodal_roc_point(roc, i, &point); i++) {
    rows[3 * i] = point.threshold;
    rows[3 * i + 1] = point.sensitivity;
    rows[3 * i + 2] = point.specificity;
  }
  return py_target_close(&target, true);
}

static PyMethodDef roc_methods[] = {
    {"bootstrap", CALL(roc_bootstrap), METH_VARARGS | METH_KEYWORDS,
     "bootstrap($self, resamples=2000, seed=1, threads=0, progress=None)\n--\n\n"
     "(low, high) of the area with 95 % confidence by drawing positive and negative cases again; the same for any "
     "number of threads."},
    {"at_specificity", CALL(roc_at_specificity), METH_VARARGS | METH_KEYWORDS,
     "at_specificity($self, specificity)\n--\n\n"
     "(threshold, sensitivity, specificity) of the point of highest sensitivity with at least that specificity."},
    {"youden", roc_youden, METH_NOARGS,
     "youden($self)\n--\n\n(threshold, sensitivity, specificity) where the sum of the latter two is largest."},
    {"curve", roc_curve, METH_NOARGS,
     "curve($self)\n--\n\n"
     "An array (points, 3) of threshold, sensitivity and specificity, from the highest threshold down; the first, at "
     "infinity, calls nothing positive."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef roc_getters[] = {
    {"auc", get_auc, NULL, "The area under the curve (Mann and Whitney), ties counted half.", NULL},
    {"variance", get_variance, NULL, "The variance of the area by DeLong; nan with too few cases.", NULL},
    {"interval", get_interval, NULL, "(low, high) of the area with 95 % confidence by DeLong.", NULL},
    {"positives", get_cases, NULL, "Number of positive cases.", (void *)1},
    {"negatives", get_cases, NULL, "Number of negative cases.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static const char roc_doc[] =
    "Roc(scores, positive)\n--\n\n"
    "The receiver operating characteristic of scores, the higher the likelier positive, and of which cases are "
    "positive: two arrays or sequences of one length.";

/* ---- Agreement of ordered classes ---- */

/* Two or three predictions of the same cases. */
typedef struct Cases {
  Input inputs[3];
  int count;
} Cases;

static void cases_close(Cases *cases) {
  for (int i = 0; i < cases->count; i++) {
    py_input_close(&cases->inputs[i]);
  }
}

static bool cases_open(Cases *cases, PyObject *const objects[3]) {
  for (cases->count = 0; cases->count < 3 && objects[cases->count]; cases->count++) {
    if (!py_input_open_numbers(&cases->inputs[cases->count], objects[cases->count], "int32", 'i', sizeof(int))) {
      cases_close(cases);
      return false;
    }
    if (cases->inputs[cases->count].bytes != cases->inputs[0].bytes) {
      py_raise_argument("truth, predicted: are of different lengths");
      cases->count++;
      cases_close(cases);
      return false;
    }
  }
  return true;
}

static bool classes_good(int classes) {
  return (classes >= 1 && classes <= NODAL_KAPPA_MAX_CLASSES) ||
         py_raise_argument("classes: %d is not between 1 and %d", classes, NODAL_KAPPA_MAX_CLASSES);
}

/* Fills counts[classes * classes]. */
static bool count_cases(const Cases *cases, int classes, int64_t *counts) {
  NodalError *error = NULL;
  bool good = nodal_confusion(cases->inputs[0].data, cases->inputs[1].data,
                              (size_t)cases->inputs[0].bytes / sizeof(int), classes, counts, &error);
  return good || py_raise_error(error);
}

static PyObject *confusion(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  PyObject *objects[3] = {NULL, NULL, NULL};
  int classes = 0;
  Cases cases;
  if (!py_parse(args, kwargs, "OOi", NAMES("truth", "predicted", "classes"), &objects[0], &objects[1], &classes) ||
      !classes_good(classes) || !cases_open(&cases, objects)) {
    return NULL;
  }
  const Py_ssize_t shape[2] = {classes, classes};
  Target target = {0};
  PyObject *result = NULL;
  if (py_target_open_other(&target, "int64", 'q', sizeof(int64_t), 2, shape)) {
    memset(target.data, 0, (size_t)classes * (size_t)classes * sizeof(int64_t));
    result = py_target_close(&target, count_cases(&cases, classes, (int64_t *)(void *)target.data));
  }
  cases_close(&cases);
  return result;
}

static PyObject *kappa(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  PyObject *objects[3] = {NULL, NULL, NULL};
  int classes = 0;
  Cases cases;
  if (!py_parse(args, kwargs, "OOi", NAMES("truth", "predicted", "classes"), &objects[0], &objects[1], &classes) ||
      !classes_good(classes) || !cases_open(&cases, objects)) {
    return NULL;
  }
  int64_t counts[NODAL_KAPPA_MAX_CLASSES * NODAL_KAPPA_MAX_CLASSES] = {0};
  bool good = count_cases(&cases, classes, counts);
  cases_close(&cases);
  return good ? PyFloat_FromDouble(nodal_kappa(counts, classes)) : NULL;
}

static bool draw_cases(Drawing *drawing, const Cases *cases, PyObject *progress) {
  drawing->truth = cases->inputs[0].data;
  drawing->predicted = cases->inputs[1].data;
  drawing->other = cases->count > 2 ? cases->inputs[2].data : NULL;
  drawing->count = (size_t)cases->inputs[0].bytes / sizeof(int);
  return py_work_run(draw, drawing, progress);
}

static PyObject *kappa_interval(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  Drawing drawing = {.resampling = NODAL_RESAMPLING_INIT};
  PyObject *objects[3] = {NULL, NULL, NULL}, *progress = NULL;
  unsigned long long seed = 1;
  long long resamples = 2000;
  Cases cases;
  if (!py_parse(args, kwargs, "OOi|LKiO",
                NAMES("truth", "predicted", "classes", "resamples", "seed", "threads", "progress"), &objects[0],
                &objects[1], &drawing.classes, &resamples, &seed, &drawing.resampling.threads, &progress) ||
      !cases_open(&cases, objects)) {
    return NULL;
  }
  drawing.resampling.seed = seed;
  drawing.resampling.resamples = resamples;
  bool good = draw_cases(&drawing, &cases, progress);
  cases_close(&cases);
  return good ? Py_BuildValue("(dd)", drawing.interval.low, drawing.interval.high) : NULL;
}

static PyObject *kappa_permutation(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  Drawing drawing = {.resampling = NODAL_RESAMPLING_INIT};
  PyObject *objects[3] = {NULL, NULL, NULL}, *progress = NULL;
  unsigned long long seed = 1;
  long long resamples = 2000;
  Cases cases;
  if (!py_parse(args, kwargs, "OOOi|LKiO",
                NAMES("truth", "predicted", "other", "classes", "resamples", "seed", "threads", "progress"),
                &objects[0], &objects[1], &objects[2], &drawing.classes, &resamples, &seed, &drawing.resampling.threads,
                &progress) ||
      !cases_open(&cases, objects)) {
    return NULL;
  }
  drawing.resampling.seed = seed;
  drawing.resampling.resamples = resamples;
  bool good = draw_cases(&drawing, &cases, progress);
  cases_close(&cases);
  return good ? PyFloat_FromDouble(drawing.p) : NULL;
}

static PyMethodDef functions[] = {
    {"confusion", CALL(confusion), METH_VARARGS | METH_KEYWORDS,
     "confusion(truth, predicted, classes)\n--\n\n"
     "Counts cases: an array (classes, classes) of int64, rows the truth. truth, predicted: numbers from 0 to classes "
     "- "
     "1."},
    {"kappa", CALL(kappa), METH_VARARGS | METH_KEYWORDS,
     "kappa(truth, predicted, classes)\n--\n\n"
     "Cohen's kappa with quadratic weights; nan where it is not defined."},
    {"kappa_interval", CALL(kappa_interval), METH_VARARGS | METH_KEYWORDS,
     "kappa_interval(truth, predicted, classes, resamples=2000, seed=1, threads=0, progress=None)\n--\n\n"
     "(low, high) of kappa with 95 % confidence by drawing cases again."},
    {"kappa_permutation", CALL(kappa_permutation), METH_VARARGS | METH_KEYWORDS,
     "kappa_permutation(truth, predicted, other, classes, resamples=2000, seed=1, threads=0, progress=None)\n--\n\n"
     "The p-value of whether two predictions of the same cases differ in kappa, paired and two-sided."},
    {NULL, NULL, 0, NULL}};

bool py_evaluation_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {{Py_tp_doc, DOC(roc_doc)},    {Py_tp_new, roc_new},        {Py_tp_dealloc, roc_dealloc},
                         {Py_tp_methods, roc_methods}, {Py_tp_getset, roc_getters}, {0, NULL}};
  PyType_Spec spec = {"nodal.Roc", sizeof(RocObject), 0, Py_TPFLAGS_DEFAULT, slots};
  return PyModule_AddFunctions(module, functions) == 0 && py_type_add(module, &spec, &state->roc);
}

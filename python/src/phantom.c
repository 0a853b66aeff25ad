/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <string.h>

typedef struct PhantomObject {
  PyObject_HEAD NodalPhantom *phantom;
  NodalPhantomOptions options;
} PhantomObject;

static const char *stain_name(int stain) {
  return stain == NODAL_PHANTOM_HE ? "he" : "ihc";
}

static bool faults_argument(PyObject *object, unsigned *faults) {
  static const char *const names[] = {"out-of-focus", "pen", "fold", "bubble"};
  Strings given;
  if (!py_strings_open(&given, object, "faults")) {
    return false;
  }
  bool good = true;
  for (size_t i = 0; good && i < given.count; i++) {
    int index = 0;
    while (index < 4 && strcmp(given.texts[i], names[index]) != 0) {
      index++;
    }
    good = index < 4 || py_raise_argument("faults: '%s' is none of out-of-focus, pen, fold, bubble", given.texts[i]);
    *faults |= 1u << index;
  }
  py_strings_free(&given);
  return good;
}

static PyObject *phantom_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  NodalPhantomOptions options = NODAL_PHANTOM_OPTIONS_INIT;
  long long width = 0, height = 0;
  unsigned long long seed = 1;
  PyObject *center = NULL, *faults = NULL;
  const char *stain_text = NULL;
  int stain = NODAL_PHANTOM_HE;
  if (!py_parse(
          args, kwargs, "LL|$dKidOzO",
          NAMES("width", "height", "spacing", "seed", "tumor_count", "tumor_size_mm", "center", "stain", "faults"),
          &width, &height, &options.spacing_um, &seed, &options.tumor_count, &options.tumor_size_mm, &center,
          &stain_text, &faults) ||
      !py_choose("stain", stain_text, stain_name, 2, &stain) || !faults_argument(faults, &options.faults)) {
    return NULL;
  }
  options.stain = (NodalPhantomStain)stain;
  if (center && center != Py_None) {
    long number = PyLong_AsLong(center);
    options.look = number >= 0 && number < NODAL_PHANTOM_CENTERS ? nodal_phantom_center_look((int)number) : NULL;
    if (!options.look) {
      return PyErr_Occurred() ? NULL : py_raise_argument("center: is between 0 and %d", NODAL_PHANTOM_CENTERS - 1);
    }
  }
  options.width = width;
  options.height = height;
  options.seed = seed;
  NodalError *error = NULL;
  NodalPhantom *phantom = NULL;
  Py_BEGIN_ALLOW_THREADS;
  phantom = nodal_phantom_new(&options, &error);
  Py_END_ALLOW_THREADS;
  if (!phantom) {
    return py_raise_error(error);
  }
  PhantomObject *self = (PhantomObject *)py_object_new(type);
  if (!self) {
    nodal_phantom_free(phantom);
    return NULL;
  }
  self->phantom = phantom;
  self->options = options;
  return (PyObject *)self;
}

static void phantom_dealloc(PyObject *object) {
  nodal_phantom_free(((PhantomObject *)object)->phantom);
  py_object_free(object);
}

static PyObject *phantom_paint(PyObject *object, PyObject *args, PyObject *kwargs) {
  const NodalPhantom *phantom = ((PhantomObject *)object)->phantom;
  long long x = 0, y = 0, width = 0, height = 0;
  PyObject *out = NULL;
  if (!py_parse(args, kwargs, "LLLL|$O", NAMES("x", "y", "width", "height", "out"), &x, &y, &width, &height, &out)) {
    return NULL;
  }
  const Py_ssize_t shape[3] = {(Py_ssize_t)height, (Py_ssize_t)width, 3};
  Target target = {0};
  if (!py_target_open(&target, out, NODAL_UINT8, 3, shape)) {
    return NULL;
  }
  NodalError *error = NULL;
  bool good = true;
  if (width > 0 && height > 0) {
    Py_BEGIN_ALLOW_THREADS;
    good = nodal_phantom_paint(phantom, x, y, width, height, (uint8_t *)target.data, (size_t)width * 3, &error);
    Py_END_ALLOW_THREADS;
  }
  if (!good) {
    py_raise_error(error);
  }
  return py_target_close(&target, good);
}

static PyObject *phantom_truth(PyObject *object, PyObject *args, PyObject *kwargs) {
  long long x = 0, y = 0;
  if (!py_parse(args, kwargs, "LL", NAMES("x", "y"), &x, &y)) {
    return NULL;
  }
  return PyLong_FromLong(nodal_phantom_truth(((PhantomObject *)object)->phantom, x, y));
}

static PyObject *outline_new(const NodalPhantom *phantom, int index) {
  NodalPoint points[NODAL_PHANTOM_OUTLINE_POINTS];
  const Py_ssize_t shape[2] = {NODAL_PHANTOM_OUTLINE_POINTS, 2};
  Target target = {0};
  if (!nodal_phantom_outline(phantom, index, points)) {
    PyErr_Format(PyExc_IndexError, "nest %d is not there", index);
    return NULL;
  }
  if (!py_target_open_other(&target, "float64", 'd', sizeof(double), 2, shape)) {
    return NULL;
  }
  double *numbers = (double *)(void *)target.data;
  for (int i = 0; i < NODAL_PHANTOM_OUTLINE_POINTS; i++) {
    numbers[2 * i] = points[i].x;
    numbers[2 * i + 1] = points[i].y;
  }
  return py_target_close(&target, true);
}

static PyObject *phantom_nests(PyObject *object, PyObject *none) {
  (void)none;
  const NodalPhantom *phantom = ((PhantomObject *)object)->phantom;
  PyObject *list = PyList_New(0);
  NodalPhantomNest nest;
  for (int i = 0; list && nodal_phantom_nest(phantom, i, &nest); i++) {
    PyObject *outline = outline_new(phantom, i);
    PyObject *item =
        outline ? Py_BuildValue("(dddN)", nest.center_x_px, nest.center_y_px, nest.longest_mm, outline) : NULL;
    if (!item || PyList_Append(list, item) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(item);
  }
  return list;
}

/* ---- Writing it as a slide ---- */

typedef struct Painting {
  const NodalPhantom *phantom;
  NodalWriter *writer;
  int tile_size, threads;
} Painting;

static bool paint_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                       NodalError **error) {
  (void)worker;
  const Painting *painting = user;
  int64_t size = painting->tile_size;
  return nodal_phantom_paint(painting->phantom, column * size, row * size, size, size, pixels, stride, error);
}

static bool paint_all(void *user, const NodalProgress *progress, NodalError **error) {
  Painting *painting = user;
  return nodal_writer_write_all(painting->writer, paint_tile, painting, painting->threads, progress, error) &&
         nodal_writer_finish(painting->writer, error);
}

static PyObject *phantom_write(PyObject *object, PyObject *args, PyObject *kwargs) {
  const PhantomObject *self = (PhantomObject *)object;
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  PyObject *path = NULL, *progress = NULL;
  const char *codec = NULL;
  int threads = 0, force = 0;
  if (!py_parse(args, kwargs, "O&|$iziipO",
                NAMES("path", "tile_size", "codec", "quality", "threads", "force", "progress"), PyUnicode_FSConverter,
                &path, &options.tile_size, &codec, &options.quality, &threads, &force, &progress)) {
    Py_XDECREF(path);
    return NULL;
  }
  options.width = self->options.width;
  options.height = self->options.height;
  options.spacing_x_um = options.spacing_y_um = self->options.spacing_um;
  options.description = "A synthetic lymph node painted by nodal. It shows no patient.";
  options.force = force;
  NodalError *error = NULL;
  NodalWriter *writer = NULL;
  if (py_choose_codec(codec, &options.codec)) {
    writer = nodal_writer_new(PyBytes_AsString(path), &options, &error);
    if (!writer) {
      py_raise_error(error);
    }
  }
  Py_DECREF(path);
  Painting painting = {self->phantom, writer, options.tile_size, threads};
  bool good = writer && py_work_run(paint_all, &painting, progress);
  nodal_writer_free(writer);
  if (!good) {
    return NULL;
  }
  Py_RETURN_NONE;
}

static PyObject *get_dimensions(PyObject *object, void *closure) {
  (void)closure;
  const NodalPhantomOptions *options = &((PhantomObject *)object)->options;
  return Py_BuildValue("(LL)", (long long)options->width, (long long)options->height);
}

static PyObject *get_spacing(PyObject *object, void *closure) {
  (void)closure;
  return PyFloat_FromDouble(((PhantomObject *)object)->options.spacing_um);
}

/* ---- Data sets ---- */

typedef struct Dataset {
  const char *path;
  NodalPhantomDatasetOptions options;
  NodalPhantomDatasetSummary summary;
} Dataset;

static bool write_dataset(void *user, const NodalProgress *progress, NodalError **error) {
  Dataset *dataset = user;
  return nodal_phantom_dataset_write(&dataset->options, dataset->path, progress, &dataset->summary, error);
}

static PyObject *phantom_dataset(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  Dataset dataset = {.options = NODAL_PHANTOM_DATASET_OPTIONS_INIT};
  PyObject *path = NULL, *progress = NULL;
  long long size = dataset.options.size;
  unsigned long long seed = dataset.options.seed;
  int ihc = 1, force = 0;
  if (!py_parse(args, kwargs, "O&|$iLKpipO",
                NAMES("path", "patients", "size", "seed", "ihc", "threads", "force", "progress"), PyUnicode_FSConverter,
                &path, &dataset.options.patients, &size, &seed, &ihc, &dataset.options.threads, &force, &progress)) {
    Py_XDECREF(path);
    return NULL;
  }
  dataset.path = PyBytes_AsString(path);
  dataset.options.size = size;
  dataset.options.seed = seed;
  dataset.options.ihc = ihc;
  dataset.options.force = force;
  bool good = py_work_run(write_dataset, &dataset, progress);
  Py_DECREF(path);
  if (!good) {
    return NULL;
  }
  const NodalPhantomDatasetSummary *summary = &dataset.summary;
  return Py_BuildValue("{s:L,s:L,s:L,s:L,s:L}", "slides", (long long)summary->slides, "ihc_slides",
                       (long long)summary->ihc_slides, "lesions", (long long)summary->lesions, "faulty_slides",
                       (long long)summary->faulty_slides, "bytes", (long long)summary->bytes);
}

static PyMethodDef functions[] = {
    {"phantom_dataset", CALL(phantom_dataset), METH_VARARGS | METH_KEYWORDS,
     "phantom_dataset(path, *, patients=20, size=5000, seed=1, ihc=True, threads=0, force=False, progress=None)\n--\n\n"
     "Paints a synthetic data set in the manner of CAMELYON17 into a folder: patients of five nodes in five centers, "
     "with contours, masks, labels, stages and checksums. size: longer side of a slide in pixels. ihc: with a "
     "neighbouring section of each positive slide in IHC. Returns a dict of how many slides, ihc_slides, lesions, "
     "faulty_slides and bytes there are."},
    {NULL, NULL, 0, NULL}};

static PyMethodDef methods[] = {
    {"paint", CALL(phantom_paint), METH_VARARGS | METH_KEYWORDS,
     "paint($self, x, y, width, height, *, out=None)\n--\n\n"
     "Paints a region, level-0 pixels, as an array (height, width, 3) of uint8. What lies outside is glass."},
    {"write", CALL(phantom_write), METH_VARARGS | METH_KEYWORDS,
     "write($self, path, *, tile_size=512, codec='jpeg', quality=80, threads=0, force=False, progress=None)\n--\n\n"
     "Writes it as a tiled BigTIFF pyramid whose description says that it is synthetic."},
    {"truth", CALL(phantom_truth), METH_VARARGS | METH_KEYWORDS,
     "truth($self, x, y)\n--\n\n0, or the number from 1 of the nest that the level-0 pixel lies in."},
    {"_nests", phantom_nests, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {{"dimensions", get_dimensions, NULL, "(width, height) in pixels.", NULL},
                                {"spacing", get_spacing, NULL, "Micrometres a pixel.", NULL},
                                {NULL, NULL, NULL, NULL, NULL}};

bool py_phantom_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {{Py_tp_new, phantom_new},
                         {Py_tp_dealloc, phantom_dealloc},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, NULL}};
  PyType_Spec spec = {"nodal.PhantomBase", sizeof(PhantomObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return PyModule_AddFunctions(module, functions) == 0 && py_type_add(module, &spec, &state->phantom);
}

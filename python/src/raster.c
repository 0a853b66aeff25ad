/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

/* One kernel on an array in memory, as long work; `run` knows which members it uses. */
typedef struct Kernel {
  NodalRaster raster;
  NodalComponentOptions components;
  NodalStatisticsOptions statistics;
  int connectivity, threads, kind;
  double radius, spacing_x, spacing_y;
  void *out;
  uint32_t count;
  NodalRegion *regions;
  size_t region_count;
} Kernel;

static bool label(void *user, const NodalProgress *progress, NodalError **error) {
  (void)progress;
  Kernel *kernel = user;
  return nodal_raster_label(&kernel->raster, &kernel->components, kernel->threads, kernel->out, &kernel->count, error);
}

static bool fill(void *user, const NodalProgress *progress, NodalError **error) {
  (void)progress;
  Kernel *kernel = user;
  return nodal_raster_fill(&kernel->raster, kernel->connectivity, kernel->threads, kernel->out, &kernel->count, error);
}

static bool distance(void *user, const NodalProgress *progress, NodalError **error) {
  (void)progress;
  Kernel *kernel = user;
  return nodal_raster_distance(&kernel->raster, (NodalDistanceTo)kernel->kind, kernel->spacing_x, kernel->spacing_y,
                               kernel->threads, kernel->out, error);
}

static bool morphology(void *user, const NodalProgress *progress, NodalError **error) {
  (void)progress;
  Kernel *kernel = user;
  return nodal_raster_morphology(&kernel->raster, (NodalMorphology)kernel->kind, kernel->radius, kernel->spacing_x,
                                 kernel->spacing_y, kernel->threads, kernel->out, error);
}

static bool measure(void *user, const NodalProgress *progress, NodalError **error) {
  (void)progress;
  Kernel *kernel = user;
  return nodal_raster_statistics(&kernel->raster, &kernel->statistics, kernel->spacing_x, kernel->spacing_y,
                                 kernel->threads, &kernel->regions, &kernel->region_count, error);
}

static bool image_open(Kernel *kernel, Input *input, PyObject *object) {
  NodalDtype dtype = NODAL_UINT8;
  if (!py_input_open_pixels(input, object, &dtype)) {
    return false;
  }
  if (input->dimensions != 2 || input->bytes == 0) {
    py_raise_argument("image: an array (height, width) is wanted");
    py_input_close(input);
    return false;
  }
  kernel->raster = (NodalRaster){input->data, dtype, input->shape[1], input->shape[0],
                                 (size_t)input->shape[1] * nodal_dtype_size(dtype)};
  return true;
}

/* Runs the kernel on an image into a new array of its size. */
static PyObject *image_new(Kernel *kernel, Work work, PyObject *image, NodalDtype dtype) {
  Input input;
  Target target = {0};
  if (!image_open(kernel, &input, image)) {
    return NULL;
  }
  PyObject *result = NULL;
  if (py_target_open(&target, NULL, dtype, 2, input.shape)) {
    kernel->out = target.data;
    result = py_target_close(&target, py_work_run(work, kernel, NULL));
  }
  py_input_close(&input);
  return result;
}

static PyObject *components(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  Kernel kernel = {.components = NODAL_COMPONENT_OPTIONS_INIT};
  PyObject *image = NULL;
  int by_value = 0;
  if (!py_parse(args, kwargs, "O|$ipi", NAMES("image", "connectivity", "by_value", "threads"), &image,
                &kernel.components.connectivity, &by_value, &kernel.threads)) {
    return NULL;
  }
  kernel.components.by_value = by_value;
  PyObject *labels = image_new(&kernel, label, image, NODAL_UINT32);
  return labels ? Py_BuildValue("(Nk)", labels, (unsigned long)kernel.count) : NULL;
}

static PyObject *fill_holes(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  Kernel kernel = {.connectivity = 8};
  PyObject *image = NULL;
  if (!py_parse(args, kwargs, "O|$ii", NAMES("image", "connectivity", "threads"), &image, &kernel.connectivity,
                &kernel.threads)) {
    return NULL;
  }
  return image_new(&kernel, fill, image, NODAL_UINT8);
}

static const char *to_name(int to) {
  return to == NODAL_DISTANCE_TO_ZERO ? "zero" : "nonzero";
}

/* Pixels count 1 unless a spacing is given. */
static bool unit_of(PyObject *spacing, Kernel *kernel) {
  if (!py_spacing_argument(spacing, &kernel->spacing_x, &kernel->spacing_y)) {
    return false;
  }
  if (!(kernel->spacing_x > 0)) {
    kernel->spacing_x = kernel->spacing_y = 1;
  }
  return true;
}

static PyObject *distances(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  Kernel kernel = {.kind = NODAL_DISTANCE_TO_ZERO};
  PyObject *image = NULL, *spacing = NULL;
  const char *to = NULL;
  if (!py_parse(args, kwargs, "O|$zOi", NAMES("image", "to", "spacing", "threads"), &image, &to, &spacing,
                &kernel.threads) ||
      !py_choose("to", to, to_name, 2, &kernel.kind) || !unit_of(spacing, &kernel)) {
    return NULL;
  }
  return image_new(&kernel, distance, image, NODAL_FLOAT32);
}

static const char *operation_name(int operation) {
  static const char *const names[] = {"dilate", "erode", "open", "close"};
  return names[operation];
}

static PyObject *morph(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  Kernel kernel = {.kind = NODAL_MORPHOLOGY_DILATE};
  PyObject *image = NULL, *spacing = NULL;
  const char *operation = NULL;
  if (!py_parse(args, kwargs, "Osd|$Oi", NAMES("image", "operation", "radius", "spacing", "threads"), &image,
                &operation, &kernel.radius, &spacing, &kernel.threads) ||
      !py_choose("operation", operation, operation_name, 4, &kernel.kind) || !unit_of(spacing, &kernel)) {
    return NULL;
  }
  return image_new(&kernel, morphology, image, NODAL_UINT8);
}

static PyObject *region_new(const NodalRegion *region) {
  return Py_BuildValue("(kkdddddddddddddd)", (unsigned long)region->label, (unsigned long)region->value,
                       region->area_px, region->area_mm2, region->centroid_x_px, region->centroid_y_px, region->x_px,
                       region->y_px, region->width_px, region->height_px, region->longest_px, region->longest_um,
                       region->major_axis_px, region->major_axis_um, region->minor_axis_px, region->minor_axis_um);
}

static PyObject *statistics(PyObject *module, PyObject *args) {
  (void)module;
  Kernel kernel = {.statistics = NODAL_STATISTICS_OPTIONS_INIT};
  PyObject *image = NULL, *spacing = NULL;
  int regions = 0, connectivity = 8;
  Input input;
  if (!PyArg_ParseTuple(args, "OpiOi", &image, &regions, &connectivity, &spacing, &kernel.threads) ||
      !py_spacing_argument(spacing, &kernel.spacing_x, &kernel.spacing_y) || !image_open(&kernel, &input, image)) {
    return NULL;
  }
  kernel.statistics.regions = regions;
  kernel.statistics.components.connectivity = connectivity;
  PyObject *list = py_work_run(measure, &kernel, NULL) ? PyList_New(0) : NULL;
  for (size_t i = 0; list && i < kernel.region_count; i++) {
    PyObject *item = region_new(&kernel.regions[i]);
    if (!item || PyList_Append(list, item) < 0) {
      Py_CLEAR(list);
    }
    Py_XDECREF(item);
  }
  nodal_free(kernel.regions);
  py_input_close(&input);
  return list;
}

static PyMethodDef functions[] = {
    {"label_components", CALL(components), METH_VARARGS | METH_KEYWORDS,
     "label_components(image, *, connectivity=8, by_value=False, threads=0)\n--\n\n"
     "Connected components of an array (height, width): (labels, count), labels uint32 from 1 in the order of their "
     "first pixels. by_value: only pixels of one value are connected; else all that are not 0."},
    {"fill_holes", CALL(fill_holes), METH_VARARGS | METH_KEYWORDS,
     "fill_holes(image, *, connectivity=8, threads=0)\n--\n\n"
     "1 where the image is not 0 and in each hole, else 0, as uint8."},
    {"distance", CALL(distances), METH_VARARGS | METH_KEYWORDS,
     "distance(image, *, to='zero', spacing=None, threads=0)\n--\n\n"
     "Exact Euclidean distance from each pixel to the nearest that is 0 (to='zero') or that is not ('nonzero'), as "
     "float32 in pixels, or in the unit of spacing: the size of a pixel, or a pair (x, y)."},
    {"morphology", CALL(morph), METH_VARARGS | METH_KEYWORDS,
     "morphology(image, operation, radius, *, spacing=None, threads=0)\n--\n\n"
     "'dilate', 'erode', 'open' or 'close' with an exact disk, in pixels or the unit of spacing. The result is 0 or 1, "
     "uint8."},
    {"_statistics", statistics, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL}};

bool py_raster_add(PyObject *module, ModuleState *state) {
  (void)state;
  return PyModule_AddFunctions(module, functions) == 0;
}

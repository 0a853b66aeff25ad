/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

typedef struct Converting {
  NodalSlide *slide;
  const char *output;
  NodalConvertOptions options;
  NodalConvertResult result;
} Converting;

static bool run(void *user, const NodalProgress *progress, NodalError **error) {
  Converting *converting = user;
  return nodal_convert(converting->slide, converting->output, &converting->options, progress, &converting->result,
                       error);
}

static bool region_argument(PyObject *object, NodalRect *region) {
  if (!object || object == Py_None) {
    return true;
  }
  long long x = 0, y = 0, width = 0, height = 0;
  PyObject *tuple = PySequence_Tuple(object);
  bool good = tuple && PyArg_ParseTuple(tuple, "LLLL", &x, &y, &width, &height);
  Py_XDECREF(tuple);
  if (good && (width < 1 || height < 1)) {
    good = py_raise_argument("region: %lld x %lld pixels", width, height);
  }
  *region = (NodalRect){x, y, width, height};
  return good;
}

static PyObject *result_new(const NodalConvertResult *result) {
  return Py_BuildValue("{s:O,s:O,s:s,s:i,s:i,s:L,s:L}", "kept", result->kept ? Py_True : Py_False, "label",
                       result->label ? Py_True : Py_False, "codec", nodal_codec_name(result->codec), "tile_size",
                       result->tile_size, "levels", result->levels, "width", (long long)result->width, "height",
                       (long long)result->height);
}

static PyObject *convert(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  Converting converting = {.options = NODAL_CONVERT_OPTIONS_INIT};
  NodalConvertOptions *options = &converting.options;
  PyObject *slide = NULL, *path = NULL, *region = NULL, *progress = NULL;
  const char *codec = NULL, *interpolation = NULL;
  int keep = 1, chroma_full = 0, force = 0;
  if (!py_parse(args, kwargs, "OO&|$pzipiOdizipO",
                NAMES("slide", "output", "keep", "codec", "quality", "chroma_full", "tile_size", "region", "spacing",
                      "levels", "interpolation", "threads", "force", "progress"),
                &slide, PyUnicode_FSConverter, &path, &keep, &codec, &options->quality, &chroma_full,
                &options->tile_size, &region, &options->spacing_um, &options->levels, &interpolation, &options->threads,
                &force, &progress)) {
    Py_XDECREF(path);
    return NULL;
  }
  options->keep = keep;
  options->chroma_full = chroma_full;
  options->force = force;
  converting.output = PyBytes_AsString(path);
  bool good = py_choose_codec(codec, &options->codec) &&
              py_choose_interpolation(interpolation, &options->interpolation) &&
              region_argument(region, &options->region);
  converting.slide = good ? py_slide_acquire(slide) : NULL;
  if (converting.slide) {
    good = py_work_run(run, &converting, progress);
    py_slide_release(slide);
  }
  good = good && converting.slide;
  Py_DECREF(path);
  return good ? result_new(&converting.result) : NULL;
}

/* ---- Single images ---- */

static PyObject *write_image(PyObject *module, PyObject *args, PyObject *kwargs) {
  (void)module;
  PyObject *path = NULL, *pixels = NULL;
  double spacing = 0;
  int quality = 90, force = 0;
  if (!py_parse(args, kwargs, "O&O|$dip", NAMES("path", "pixels", "spacing", "quality", "force"), PyUnicode_FSConverter,
                &path, &pixels, &spacing, &quality, &force)) {
    Py_XDECREF(path);
    return NULL;
  }
  Input input;
  NodalDtype dtype = NODAL_UINT8;
  bool good = py_input_open_pixels(&input, pixels, &dtype);
  if (good) {
    int channels = input.dimensions == 3 ? (int)input.shape[2] : 1;
    NodalError *error = NULL;
    if (input.dimensions < 2 || input.bytes == 0) {
      good = py_raise_argument("pixels: an array (height, width) or (height, width, channels) is wanted");
    } else {
      size_t stride = (size_t)input.shape[1] * (size_t)channels * nodal_dtype_size(dtype);
      Py_BEGIN_ALLOW_THREADS;
      good = nodal_image_write(PyBytes_AsString(path), input.data, input.shape[1], input.shape[0], stride, channels,
                               dtype, spacing, quality, force, NULL, &error);
      Py_END_ALLOW_THREADS;
      if (!good) {
        py_raise_error(error);
      }
    }
    py_input_close(&input);
  }
  Py_DECREF(path);
  if (!good) {
    return NULL;
  }
  Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"convert", CALL(convert), METH_VARARGS | METH_KEYWORDS,
     "convert(slide, output, *, keep=True, codec='jpeg', quality=80, chroma_full=False, tile_size=0, region=None, "
     "spacing=0.0, levels=0, interpolation='linear', threads=0, force=False, progress=None)\n--\n\n"
     "Converts a Slide to the generic tiled BigTIFF pyramid, with its spacing, properties, ICC profile and associated "
     "images. keep: copy the compressed tiles of level 0 where they are JPEG and nothing changes them. region: (x, y, "
     "width, height) in level-0 pixels. spacing: resample to so many micrometres a pixel. Returns a dict of what was "
     "done: kept, label, codec, tile_size, levels, width, height."},
    {"write_image", CALL(write_image), METH_VARARGS | METH_KEYWORDS,
     "write_image(path, pixels, *, spacing=0.0, quality=90, force=False)\n--\n\n"
     "Writes an array (height, width) or (height, width, channels) as PNG, JPEG or TIFF, by the extension of the path. "
     "spacing: micrometres a pixel; 0: unknown."},
    {NULL, NULL, 0, NULL}};

bool py_convert_add(PyObject *module, ModuleState *state) {
  (void)state;
  return PyModule_AddFunctions(module, functions) == 0;
}

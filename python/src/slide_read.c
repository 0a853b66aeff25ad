/* SPDX-License-Identifier: Apache-2.0 */
#include "slide.h"

#include <math.h>
#include <string.h>

/* What a read needs to know besides the place: how many channels of which type come out. */
typedef struct Pixels {
  NodalPixelFormat format;
  NodalDtype dtype;
  int channels;
} Pixels;

static bool pixels_of(NodalSlide *slide, const char *mode, Pixels *pixels) {
  if (!py_choose_mode(mode, &pixels->format)) {
    return false;
  }
  size_t size = nodal_slide_pixel_size(slide, pixels->format);
  if (size == 0) {
    return py_raise_argument("mode: %s %s pixels cannot be read as '%s'", nodal_dtype_name(nodal_slide_dtype(slide)),
                             nodal_color_name(nodal_slide_color(slide)), mode);
  }
  pixels->dtype = pixels->format == NODAL_PIXELS_NATIVE ? nodal_slide_dtype(slide) : NODAL_UINT8;
  pixels->channels = (int)(size / nodal_dtype_size(pixels->dtype));
  return true;
}

/* Opens an array of that size; `*stride` is the bytes of a row. */
static bool open_array(Target *target, PyObject *out, const Pixels *pixels, int64_t width, int64_t height,
                       size_t *stride) {
  if (width < 0 || height < 0) {
    return py_raise_argument("%lld x %lld: a size is not negative", (long long)width, (long long)height);
  }
  const Py_ssize_t shape[3] = {(Py_ssize_t)height, (Py_ssize_t)width, pixels->channels};
  *stride = (size_t)width * (size_t)pixels->channels * nodal_dtype_size(pixels->dtype);
  return py_target_open(target, out, pixels->dtype, pixels->channels == 1 ? 2 : 3, shape);
}

/* Every way to read pixels: what is asked for, and the call that the union's member belongs to. */
typedef struct Request {
  enum { READ_LEVEL, READ_REGION, READ_AT_SPACING, READ_TILE } kind;
  int level;
  int64_t x, y, width, height; /* tiles: column and row */
  double spacing_um, at_x, at_y;
  NodalInterpolation interpolation;
} Request;

static bool ask(NodalSlide *slide, const Request *request, NodalPixelFormat format, void *data, size_t stride,
                NodalError **error) {
  switch (request->kind) {
  case READ_LEVEL:
    return nodal_slide_read_level(slide, request->level,
                                  (NodalRect){request->x, request->y, request->width, request->height}, format, data,
                                  stride, error);
  case READ_REGION:
    return nodal_slide_read_region(slide, request->level, request->x, request->y, request->width, request->height,
                                   format, data, stride, error);
  case READ_AT_SPACING:
    return nodal_slide_read_at_spacing(slide, request->spacing_um, request->at_x, request->at_y, request->width,
                                       request->height, request->interpolation, format, data, stride, error);
  case READ_TILE:
    return nodal_slide_read_tile(slide, request->level, request->x, request->y, format, data, stride, error);
  }
  return false;
}

/* With `slide` acquired from `self`. */
static PyObject *read_pixels(NodalSlide *slide, const Request *request, const char *mode, PyObject *out) {
  Pixels pixels;
  Target target = {0};
  size_t stride = 0;
  if (!pixels_of(slide, mode, &pixels) ||
      !open_array(&target, out, &pixels, request->width, request->height, &stride)) {
    return NULL;
  }
  NodalError *error = NULL;
  bool good = true;
  if (request->width > 0 && request->height > 0) {
    Py_BEGIN_ALLOW_THREADS;
    good = ask(slide, request, pixels.format, target.data, stride, &error);
    Py_END_ALLOW_THREADS;
  }
  if (!good) {
    py_raise_error(error);
  }
  return py_target_close(&target, good);
}

static PyObject *read_from(PyObject *self, const Request *request, const char *mode, PyObject *out) {
  NodalSlide *slide = py_slide_acquire(self);
  if (!slide) {
    return NULL;
  }
  PyObject *result = NULL;
  NodalLevel level;
  if (request->kind != READ_AT_SPACING && !nodal_slide_level(slide, request->level, &level)) {
    py_raise_argument("level %d: the slide has %d levels", request->level, nodal_slide_level_count(slide));
  } else if (request->kind == READ_TILE) {
    Request tile = *request;
    tile.width = level.tile_width;
    tile.height = level.tile_height;
    result = read_pixels(slide, &tile, mode, out);
  } else {
    result = read_pixels(slide, request, mode, out);
  }
  py_slide_release(self);
  return result;
}

PyObject *py_slide_read_rect(PyObject *slide, int level, NodalRect rect, const char *mode, PyObject *out) {
  const Request request = {
      .kind = READ_LEVEL, .level = level, .x = rect.x, .y = rect.y, .width = rect.width, .height = rect.height};
  return read_from(slide, &request, mode, out);
}

PyObject *py_slide_read_region(PyObject *self, PyObject *args, PyObject *kwargs) {
  long long x = 0, y = 0, width = 0, height = 0;
  int level = 0;
  const char *mode = NULL;
  PyObject *out = NULL;
  if (!py_parse(args, kwargs, "LLLL|i$zO", NAMES("x", "y", "width", "height", "level", "mode", "out"), &x, &y, &width,
                &height, &level, &mode, &out)) {
    return NULL;
  }
  const Request request = {.kind = READ_REGION, .level = level, .x = x, .y = y, .width = width, .height = height};
  return read_from(self, &request, mode, out);
}

PyObject *py_slide_read_at_spacing(PyObject *self, PyObject *args, PyObject *kwargs) {
  Request request = {.kind = READ_AT_SPACING};
  long long width = 0, height = 0;
  const char *mode = NULL, *interpolation = NULL;
  PyObject *out = NULL;
  if (!py_parse(args, kwargs, "dddLL|$zzO",
                NAMES("spacing", "x", "y", "width", "height", "interpolation", "mode", "out"), &request.spacing_um,
                &request.at_x, &request.at_y, &width, &height, &interpolation, &mode, &out) ||
      !py_choose_interpolation(interpolation, &request.interpolation)) {
    return NULL;
  }
  request.width = width;
  request.height = height;
  return read_from(self, &request, mode, out);
}

PyObject *py_slide_read_tile(PyObject *self, PyObject *args, PyObject *kwargs) {
  long long column = 0, row = 0;
  int level = 0;
  const char *mode = NULL;
  PyObject *out = NULL;
  if (!py_parse(args, kwargs, "iLL|$zO", NAMES("level", "column", "row", "mode", "out"), &level, &column, &row, &mode,
                &out)) {
    return NULL;
  }
  const Request request = {.kind = READ_TILE, .level = level, .x = column, .y = row};
  return read_from(self, &request, mode, out);
}

PyObject *py_slide_read_raw_tile(PyObject *self, PyObject *args, PyObject *kwargs) {
  long long column = 0, row = 0;
  int level = 0;
  if (!py_parse(args, kwargs, "iLL", NAMES("level", "column", "row"), &level, &column, &row)) {
    return NULL;
  }
  NodalSlide *slide = py_slide_acquire(self);
  if (!slide) {
    return NULL;
  }
  void *data = NULL;
  size_t size = 0;
  NodalError *error = NULL;
  bool good = false;
  Py_BEGIN_ALLOW_THREADS;
  good = nodal_slide_read_raw_tile(slide, level, column, row, &data, &size, &error);
  Py_END_ALLOW_THREADS;
  py_slide_release(self);
  if (!good) {
    return py_raise_error(error);
  }
  if (!data) {
    Py_RETURN_NONE;
  }
  PyObject *bytes = PyBytes_FromStringAndSize(data, (Py_ssize_t)size);
  nodal_free(data);
  return bytes;
}

static bool associated_size(NodalSlide *slide, const char *name, int64_t *width, int64_t *height) {
  const char *known = NULL;
  for (int i = 0; (known = nodal_slide_associated_name(slide, i, width, height)) != NULL; i++) {
    if (strcmp(known, name) == 0) {
      return true;
    }
  }
  PyErr_Format(PyExc_KeyError, "%s has no associated image '%s'", nodal_slide_path(slide), name);
  return false;
}

PyObject *py_slide_read_associated(PyObject *self, PyObject *args, PyObject *kwargs) {
  const char *name = NULL;
  PyObject *out = NULL;
  if (!py_parse(args, kwargs, "s|$O", NAMES("name", "out"), &name, &out)) {
    return NULL;
  }
  NodalSlide *slide = py_slide_acquire(self);
  if (!slide) {
    return NULL;
  }
  const Pixels pixels = {NODAL_PIXELS_RGB, NODAL_UINT8, 3};
  int64_t width = 0, height = 0;
  size_t stride = 0;
  Target target = {0};
  PyObject *result = NULL;
  if (associated_size(slide, name, &width, &height) && open_array(&target, out, &pixels, width, height, &stride)) {
    NodalError *error = NULL;
    bool good = false;
    Py_BEGIN_ALLOW_THREADS;
    good = nodal_slide_read_associated(slide, name, target.data, stride, &error);
    Py_END_ALLOW_THREADS;
    if (!good) {
      py_raise_error(error);
    }
    result = py_target_close(&target, good);
  }
  py_slide_release(self);
  return result;
}

/*
 * Geometry in pixels, whether or not the file states a spacing, and one scale for both directions: the slide is opened
 * once more with a spacing of 1, so that a spacing is a number of level-0 pixels.
 */
static PyObject *shrink(NodalSlide *pixels, int size, const char *mode) {
  NodalLevel level = {0};
  nodal_slide_level(pixels, 0, &level);
  int64_t longest = level.width > level.height ? level.width : level.height;
  double scale = longest > size ? (double)longest / size : 1;
  Request request = {.kind = READ_AT_SPACING,
                     .spacing_um = scale,
                     .width = llround((double)level.width / scale),
                     .height = llround((double)level.height / scale)};
  request.width = request.width > 0 ? request.width : 1;
  request.height = request.height > 0 ? request.height : 1;
  return read_pixels(pixels, &request, mode, NULL);
}

PyObject *py_slide_thumbnail(PyObject *self, PyObject *args, PyObject *kwargs) {
  int size = 1024;
  const char *mode = NULL;
  if (!py_parse(args, kwargs, "|i$z", NAMES("size", "mode"), &size, &mode)) {
    return NULL;
  }
  if (size < 1 || size > 32768) {
    return py_raise_argument("size: %d is not between 1 and 32768", size);
  }
  NodalSlide *slide = py_slide_acquire(self);
  if (!slide) {
    return NULL;
  }
  const NodalSlideOptions options = {.spacing_um = 1};
  NodalError *error = NULL;
  NodalSlide *pixels = NULL;
  Py_BEGIN_ALLOW_THREADS;
  pixels = nodal_slide_open(nodal_slide_path(slide), &options, &error);
  Py_END_ALLOW_THREADS;
  py_slide_release(self);
  PyObject *result = pixels ? shrink(pixels, size, mode) : py_raise_error(error);
  nodal_slide_free(pixels);
  return result;
}

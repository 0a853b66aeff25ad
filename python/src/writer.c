/* SPDX-License-Identifier: Apache-2.0 */
#include "nodal_python.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct WriterObject {
  PyObject_HEAD NodalWriter *writer; /* NULL: finished or closed */
  NodalWriterOptions options;
  int channels;
  size_t pixel;  /* bytes */
  int users;     /* calls in progress, guarded by the GIL */
  pid_t process; /* that made it: to a forked child the file is not its own */
} WriterObject;

/* ---- Life ---- */

static int channels_of(const NodalWriterOptions *options) {
  switch (options->color) {
  case NODAL_COLOR_RGB:
    return 3;
  case NODAL_COLOR_RGBA:
    return 4;
  case NODAL_COLOR_CHANNELS:
    return options->channels;
  default:
    return 1;
  }
}

static bool background_argument(PyObject *object, uint8_t background[3]) {
  if (!object || object == Py_None) {
    return true;
  }
  PyObject *tuple = PySequence_Tuple(object);
  bool good = tuple && PyTuple_Size(tuple) == 3;
  for (int i = 0; good && i < 3; i++) {
    long value = PyLong_AsLong(PyTuple_GetItem(tuple, i));
    good = value >= 0 && value <= 255;
    background[i] = good ? (uint8_t)value : 0;
  }
  Py_XDECREF(tuple);
  if (!good && !PyErr_Occurred()) {
    py_raise_argument("background: red, green and blue, each 0 to 255");
  }
  return good;
}

/* What is borrowed from the arguments while the writer is made. */
typedef struct Given {
  PyObject *path, *spacing, *background;
  const char *icc_profile;
  Py_ssize_t icc_profile_size;
  const char *color, *dtype, *codec, *interpolation, *description;
  long long width, height;
  int chroma_full, force;
} Given;

static bool options_of(const Given *given, NodalWriterOptions *options) {
  options->width = given->width;
  options->height = given->height;
  options->chroma_full = given->chroma_full;
  options->force = given->force;
  options->description = given->description;
  options->icc_profile = given->icc_profile;
  options->icc_profile_size = (size_t)given->icc_profile_size;
  if (!py_choose_color(given->color, &options->color) || !py_choose_dtype(given->dtype, &options->dtype)) {
    return false;
  }
  /* JPEG is the default of colour slides alone: labels and numbers are kept as they are. */
  if (!given->codec && !(options->color == NODAL_COLOR_RGB && options->dtype == NODAL_UINT8)) {
    options->codec = NODAL_CODEC_LZW;
  }
  return py_choose_codec(given->codec, &options->codec) &&
         py_choose_interpolation(given->interpolation, &options->interpolation) &&
         py_spacing_argument(given->spacing, &options->spacing_x_um, &options->spacing_y_um) &&
         background_argument(given->background, options->background);
}

static PyObject *writer_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  Given given = {0};
  if (!py_parse(args, kwargs, "O&LL|$ziziziizOzz#Opi",
                NAMES("path", "width", "height", "color", "channels", "dtype", "tile_size", "codec", "quality",
                      "levels", "interpolation", "spacing", "description", "icc_profile", "background", "force",
                      "chroma_full"),
                PyUnicode_FSConverter, &given.path, &given.width, &given.height, &given.color, &options.channels,
                &given.dtype, &options.tile_size, &given.codec, &options.quality, &options.levels, &given.interpolation,
                &given.spacing, &given.description, &given.icc_profile, &given.icc_profile_size, &given.background,
                &given.force, &given.chroma_full)) {
    Py_XDECREF(given.path);
    return NULL;
  }
  NodalWriter *writer = NULL;
  NodalError *error = NULL;
  if (options_of(&given, &options)) {
    const char *path = PyBytes_AsString(given.path);
    Py_BEGIN_ALLOW_THREADS;
    writer = nodal_writer_new(path, &options, &error);
    Py_END_ALLOW_THREADS;
    if (!writer) {
      py_raise_error(error);
    }
  }
  Py_DECREF(given.path);
  WriterObject *self = writer ? (WriterObject *)py_object_new(type) : NULL;
  if (!self) {
    nodal_writer_free(writer);
    return NULL;
  }
  self->writer = writer;
  self->options = options;
  self->channels = channels_of(&options);
  self->pixel = nodal_dtype_size(options.dtype) * (size_t)self->channels;
  self->process = getpid();
  return (PyObject *)self;
}

/* Without a finish nothing is left on disk; a child keeps off its parent's file. */
static void let_go(WriterObject *self) {
  NodalWriter *writer = self->writer;
  self->writer = NULL;
  if (writer && self->process == getpid()) {
    Py_BEGIN_ALLOW_THREADS;
    nodal_writer_free(writer);
    Py_END_ALLOW_THREADS;
  }
}

static void writer_dealloc(PyObject *object) {
  let_go((WriterObject *)object);
  py_object_free(object);
}

static WriterObject *writer_of(PyObject *object) {
  WriterObject *self = (WriterObject *)object;
  if (!self->writer) {
    PyErr_SetString(PyExc_ValueError, "the writer is finished or closed");
    return NULL;
  }
  if (self->process != getpid()) {
    PyErr_SetString(PyExc_ValueError, "a writer cannot be used in a forked child: the file is its parent's");
    return NULL;
  }
  return self;
}

static bool writer_idle(const WriterObject *self) {
  return self->users == 0 || py_raise_argument("another thread is still writing to it");
}

/* ---- Tiles ---- */

/* Where a tile lies, and how much of it lies within the slide. */
typedef struct Tile {
  int64_t column, row, width, height;
} Tile;

static bool tile_at(const WriterObject *self, int64_t column, int64_t row, Tile *tile) {
  int64_t size = self->options.tile_size;
  int64_t columns = (self->options.width + size - 1) / size, rows = (self->options.height + size - 1) / size;
  if (column < 0 || row < 0 || column >= columns || row >= rows) {
    return py_raise_argument("tile %lld, %lld: there are %lld x %lld", (long long)column, (long long)row,
                             (long long)columns, (long long)rows);
  }
  int64_t width = self->options.width - column * size, height = self->options.height - row * size;
  *tile = (Tile){column, row, width < size ? width : size, height < size ? height : size};
  return true;
}

static bool pixels_open(const WriterObject *self, Input *input, PyObject *object) {
  NodalDtype dtype = self->options.dtype;
  if (!py_input_open_pixels(input, object, &dtype)) {
    return false;
  }
  if (dtype != self->options.dtype) {
    py_raise_argument("pixels: are %s; the file's are %s", nodal_dtype_name(dtype),
                      nodal_dtype_name(self->options.dtype));
    py_input_close(input);
    return false;
  }
  return true;
}

/* Whether the array is `height` x `width` pixels of the file's channels. */
static bool has_size(const WriterObject *self, const Input *input, int64_t width, int64_t height) {
  bool flat = self->channels == 1 && input->dimensions == 2;
  bool channels = input->dimensions == 3 && input->shape[2] == self->channels;
  return (flat || channels) && input->shape[0] == height && input->shape[1] == width;
}

/* Gives a tile out of rows of `stride` bytes of which only those within the slide are there. */
static bool give_tile(const WriterObject *self, const Tile *tile, const uint8_t *pixels, size_t stride,
                      NodalError **error) {
  size_t size = (size_t)self->options.tile_size, row = size * self->pixel;
  if (tile->width == (int64_t)size && tile->height == (int64_t)size) {
    return nodal_writer_write_tile(self->writer, tile->column, tile->row, pixels, stride, error);
  }
  uint8_t *whole = calloc(size, row);
  if (!whole) {
    return false;
  }
  for (int64_t y = 0; y < tile->height; y++) {
    memcpy(whole + (size_t)y * row, pixels + (size_t)y * stride, (size_t)tile->width * self->pixel);
  }
  bool good = nodal_writer_write_tile(self->writer, tile->column, tile->row, whole, row, error);
  free(whole);
  return good;
}

static PyObject *writer_write_tile(PyObject *object, PyObject *args, PyObject *kwargs) {
  long long column = 0, row = 0;
  PyObject *pixels = NULL;
  Tile tile;
  if (!py_parse(args, kwargs, "LLO", NAMES("column", "row", "pixels"), &column, &row, &pixels)) {
    return NULL;
  }
  WriterObject *self = writer_of(object);
  Input input = {0};
  if (!self || !tile_at(self, column, row, &tile) || !pixels_open(self, &input, pixels)) {
    return NULL;
  }
  int64_t size = self->options.tile_size;
  bool flat = input.dimensions == 1 && input.bytes == (Py_ssize_t)((size_t)(size * size) * self->pixel);
  bool whole = flat || has_size(self, &input, size, size);
  if (!whole && !has_size(self, &input, tile.width, tile.height)) {
    py_raise_argument("pixels: a tile is %lld x %lld pixels of %d channels, here at the edge perhaps %lld x %lld",
                      (long long)size, (long long)size, self->channels, (long long)tile.height, (long long)tile.width);
    py_input_close(&input);
    return NULL;
  }
  size_t stride = (size_t)(whole ? size : tile.width) * self->pixel;
  NodalError *error = NULL;
  bool good = false;
  self->users++;
  Py_BEGIN_ALLOW_THREADS;
  good = give_tile(self, &tile, input.data, stride, &error);
  Py_END_ALLOW_THREADS;
  self->users--;
  py_input_close(&input);
  if (!good) {
    return py_raise_error(error);
  }
  Py_RETURN_NONE;
}

/* Whether a span of an axis begins at a tile and ends at one, or at the edge of the slide. */
static bool is_aligned(int64_t start, int64_t length, int64_t size, int64_t tile) {
  return start >= 0 && start % tile == 0 && length > 0 && length <= size - start &&
         (length % tile == 0 || start + length == size);
}

static bool give_tiles(const WriterObject *self, int64_t x, int64_t y, const Input *input, NodalError **error) {
  int64_t size = self->options.tile_size;
  size_t stride = (size_t)input->shape[1] * self->pixel;
  const uint8_t *pixels = input->data;
  for (int64_t top = 0; top < input->shape[0]; top += size) {
    for (int64_t left = 0; left < input->shape[1]; left += size) {
      int64_t width = input->shape[1] - left, height = input->shape[0] - top;
      const Tile tile = {(x + left) / size, (y + top) / size, width < size ? width : size,
                         height < size ? height : size};
      if (!give_tile(self, &tile, pixels + (size_t)top * stride + (size_t)left * self->pixel, stride, error)) {
        return false;
      }
    }
  }
  return true;
}

static PyObject *writer_write(PyObject *object, PyObject *args, PyObject *kwargs) {
  long long x = 0, y = 0;
  PyObject *pixels = NULL;
  if (!py_parse(args, kwargs, "LLO", NAMES("x", "y", "pixels"), &x, &y, &pixels)) {
    return NULL;
  }
  WriterObject *self = writer_of(object);
  Input input = {0};
  if (!self || !pixels_open(self, &input, pixels)) {
    return NULL;
  }
  const NodalWriterOptions *options = &self->options;
  bool good = input.dimensions >= 2 && has_size(self, &input, input.shape[1], input.shape[0]) &&
              is_aligned(x, input.shape[1], options->width, options->tile_size) &&
              is_aligned(y, input.shape[0], options->height, options->tile_size);
  if (!good) {
    py_raise_argument(
        "pixels: an array (height, width, %d) that begins at a multiple of %d pixels and ends at one, or at "
        "the edge of the slide",
        self->channels, options->tile_size);
    py_input_close(&input);
    return NULL;
  }
  NodalError *error = NULL;
  self->users++;
  Py_BEGIN_ALLOW_THREADS;
  good = give_tiles(self, x, y, &input, &error);
  Py_END_ALLOW_THREADS;
  self->users--;
  py_input_close(&input);
  if (!good) {
    return py_raise_error(error);
  }
  Py_RETURN_NONE;
}

static PyObject *writer_add_associated(PyObject *object, PyObject *args, PyObject *kwargs) {
  const char *name = NULL;
  PyObject *pixels = NULL;
  if (!py_parse(args, kwargs, "sO", NAMES("name", "pixels"), &name, &pixels)) {
    return NULL;
  }
  WriterObject *self = writer_of(object);
  NodalDtype dtype = NODAL_UINT8;
  Input input = {0};
  if (!self || !py_input_open_pixels(&input, pixels, &dtype)) {
    return NULL;
  }
  bool good = dtype == NODAL_UINT8 && input.dimensions == 3 && input.shape[2] == 3;
  NodalError *error = NULL;
  if (!good) {
    py_raise_argument("pixels: an associated image is an array (height, width, 3) of uint8");
  } else if (writer_idle(self)) {
    good = nodal_writer_add_associated(self->writer, name, input.data, input.shape[1], input.shape[0],
                                       (size_t)input.shape[1] * 3, &error);
    if (!good) {
      py_raise_error(error);
    }
  }
  py_input_close(&input);
  if (PyErr_Occurred()) {
    return NULL;
  }
  Py_RETURN_NONE;
}

/* ---- The end ---- */

static PyObject *writer_finish(PyObject *object, PyObject *none) {
  (void)none;
  WriterObject *self = writer_of(object);
  if (!self || !writer_idle(self)) {
    return NULL;
  }
  NodalWriter *writer = self->writer;
  self->writer = NULL;
  NodalError *error = NULL;
  bool good = false;
  Py_BEGIN_ALLOW_THREADS;
  good = nodal_writer_finish(writer, &error);
  nodal_writer_free(writer);
  Py_END_ALLOW_THREADS;
  if (!good) {
    return py_raise_error(error);
  }
  Py_RETURN_NONE;
}

static PyObject *writer_close(PyObject *object, PyObject *none) {
  (void)none;
  WriterObject *self = (WriterObject *)object;
  if (!writer_idle(self)) {
    return NULL;
  }
  let_go(self);
  Py_RETURN_NONE;
}

static PyObject *writer_enter(PyObject *object, PyObject *none) {
  (void)none;
  if (!writer_of(object)) {
    return NULL;
  }
  Py_INCREF(object);
  return object;
}

static PyObject *writer_exit(PyObject *object, PyObject *args) {
  PyObject *type = PyTuple_Size(args) > 0 ? PyTuple_GetItem(args, 0) : Py_None;
  bool finish = type == Py_None && ((WriterObject *)object)->writer;
  return finish ? writer_finish(object, NULL) : writer_close(object, NULL);
}

/* ---- The type ---- */

static PyObject *get_level_count(PyObject *object, void *closure) {
  (void)closure;
  WriterObject *self = writer_of(object);
  return self ? PyLong_FromLong(nodal_writer_level_count(self->writer)) : NULL;
}

static PyObject *get_closed(PyObject *object, void *closure) {
  (void)closure;
  return PyBool_FromLong(!((WriterObject *)object)->writer);
}

static PyObject *get_tile_size(PyObject *object, void *closure) {
  (void)closure;
  return PyLong_FromLong(((WriterObject *)object)->options.tile_size);
}

static PyMethodDef methods[] = {
    {"write_tile", CALL(writer_write_tile), METH_VARARGS | METH_KEYWORDS,
     "write_tile($self, column, row, pixels)\n--\n\n"
     "Gives one tile of level 0: an array (tile_size, tile_size, channels) of the file's type, or only what lies "
     "within "
     "the slide; without the last axis where there is one channel, or flat. Tiles may come in any order and from any "
     "thread, each once; those never given are background. Give neighbours together: parents of half-given quartets "
     "are held in memory."},
    {"write", CALL(writer_write), METH_VARARGS | METH_KEYWORDS,
     "write($self, x, y, pixels)\n--\n\n"
     "Gives all tiles of a region of level 0: x, y and the size of the array are multiples of the tile size, or end at "
     "the edge of the slide."},
    {"add_associated", CALL(writer_add_associated), METH_VARARGS | METH_KEYWORDS,
     "add_associated($self, name, pixels)\n--\n\n"
     "Adds an associated image such as 'label' or 'macro': an array (height, width, 3) of uint8, stored lossless."},
    {"finish", writer_finish, METH_NOARGS,
     "finish($self)\n--\n\nWrites what is left and gives the file its name. The writer is of no use afterwards."},
    {"close", writer_close, METH_NOARGS, "close($self)\n--\n\nGives up: nothing is left on disk unless it finished."},
    {"__enter__", writer_enter, METH_NOARGS, NULL},
    {"__exit__", writer_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getters[] = {{"level_count", get_level_count, NULL, "Number of levels the file will have.", NULL},
                                {"tile_size", get_tile_size, NULL, "Width and height of a tile in pixels.", NULL},
                                {"closed", get_closed, NULL, "Whether it is finished or was given up.", NULL},
                                {NULL, NULL, NULL, NULL, NULL}};

static const char doc[] =
    "Writer(path, width, height, *, color='rgb', channels=0, dtype='uint8', tile_size=512, codec=None, quality=80, "
    "levels=0, interpolation='linear', spacing=None, description=None, icc_profile=None, background=(255, 255, 255), "
    "force=False, chroma_full=False)\n--\n\n"
    "A tiled BigTIFF pyramid being written, all levels in one pass. width, height: pixels of level 0. color: 'gray', "
    "'rgb', 'rgba', 'channels' (with `channels`) or 'label', whose values are never averaged. dtype: 'uint8', "
    "'uint16', 'uint32' or 'float32'. codec: 'jpeg' (the default of 8-bit RGB), 'lzw' (of all else), 'deflate', 'zstd' "
    "or 'none'. levels 0: halved until both sides fit in one tile. spacing: micrometres a level-0 pixel, or a pair (x, "
    "y). background: what stands where nobody wrote. force replaces an existing file.\n\n"
    "    with nodal.Writer('mask.tif', 4096, 4096, color='label', spacing=0.25) as writer:\n"
    "        writer.write_tile(0, 0, numpy.ones((512, 512), numpy.uint8))\n\n"
    "The file appears under its name when the block ends or finish() is called; an exception leaves nothing behind.";

bool py_writer_add(PyObject *module, ModuleState *state) {
  PyType_Slot slots[] = {{Py_tp_doc, DOC(doc)},    {Py_tp_new, writer_new}, {Py_tp_dealloc, writer_dealloc},
                         {Py_tp_methods, methods}, {Py_tp_getset, getters}, {0, NULL}};
  PyType_Spec spec = {"nodal.Writer", sizeof(WriterObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  return py_type_add(module, &spec, &state->writer);
}

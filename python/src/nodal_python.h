/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYTHON_H
#define NODAL_PYTHON_H

/*
 * The extension module nodal._nodal. Built for the stable ABI of Python 3.9, so that one binary serves that version and
 * all later ones; see python/meson.build. Rules of this folder: `_new` functions return a new reference or NULL with an
 * exception set; whatever may take long runs without the GIL, and what it uses is held by a count or a view meanwhile.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <nodal/nodal.h>

#include <sys/types.h>

#define NODAL_ERROR_CODES 8

/** What belongs to one interpreter. */
typedef struct ModuleState {
  PyObject *errors[NODAL_ERROR_CODES]; /**< by NodalErrorCode; 0: nodal.Error, the class of them all */
  PyObject *empty;                     /**< numpy.empty, or None where there is no NumPy; NULL: not looked for yet */
  PyObject *contiguous;                /**< numpy.ascontiguousarray, as above */
  PyTypeObject *annotation_set, *cache, *catalog, *froc, *froc_truth, *lesions, *level, *mask, *phantom, *prefetch,
      *roc, *slide, *writer;
} ModuleState;

/** The state of this interpreter's module. */
ModuleState *py_module_state(void);

/* ---- errors.c ---- */

/** Makes the exception classes and adds them to the module. */
bool py_errors_add(PyObject *module, ModuleState *state);

/** Turns an error of the library into an exception and frees it. Returns NULL. */
void *py_raise_error(NodalError *error);

/** Raises nodal.ArgumentError. Returns NULL. */
void *py_raise_argument(const char *format, ...);

/* ---- arguments.c ---- */

/** PyArg_ParseTupleAndKeywords() with names that are const; the list ends with NULL. */
bool py_parse(PyObject *args, PyObject *kwargs, const char *format, const char *const *names, ...);
#define NAMES(...)                                                                                                     \
  (const char *const[]) {                                                                                              \
    __VA_ARGS__, NULL                                                                                                  \
  }

/** Looks `text` up among name(0), ..., name(count - 1); raises ArgumentError that lists them. NULL leaves `value`. */
bool py_choose(const char *what, const char *text, const char *(*name)(int), int count, int *value);

bool py_choose_mode(const char *text, NodalPixelFormat *format);
bool py_choose_dtype(const char *text, NodalDtype *dtype);
bool py_choose_color(const char *text, NodalColor *color);
bool py_choose_codec(const char *text, NodalCodec *codec);
bool py_choose_interpolation(const char *text, NodalInterpolation *interpolation);

/**
 * A spacing: a number for both directions, a pair, or None (0, 0). False with an exception where it is neither, or not
 * a positive number.
 */
bool py_spacing_argument(PyObject *object, double *x_um, double *y_um);

/** A new tuple of two numbers, or None where they are 0. */
PyObject *py_spacing_new(double x_um, double y_um);

/** A tuple of the lines that `line` gives by index until NULL. */
PyObject *py_lines_new(const char *(*line)(const void *, int), const void *user);

/** A str from UTF-8 that may be damaged; None from NULL. */
PyObject *py_text_new(const char *text);

/** An array of C strings out of a sequence of str (NULL: none), ended by NULL. Freed with py_strings_free(). */
typedef struct Strings {
  const char **texts;
  size_t count;
  PyObject *owner;
} Strings;
bool py_strings_open(Strings *strings, PyObject *sequence, const char *what);
void py_strings_free(Strings *strings);

/** Labels out of a dict of name to value. Freed with py_labels_free(); `labels` NULL for None. */
typedef struct Labels {
  NodalMaskLabel *labels;
  size_t count;
  Strings names;
} Labels;
bool py_labels_open(Labels *labels, PyObject *dict);
void py_labels_free(Labels *labels);

/** A slot or a method table wants these types. */
#define CALL(function) (PyCFunction)(void (*)(void))(function)
#define DOC(text)                                                                                                      \
  ((union {                                                                                                            \
     const char *given;                                                                                                \
     void *wanted;                                                                                                     \
   }){.given = (text)}                                                                                                 \
       .wanted)

/** Adds `type` made from `spec` to the module and to the state. */
bool py_type_add(PyObject *module, PyType_Spec *spec, PyTypeObject **type);

/** The tp_new of a type whose objects come from elsewhere: raises TypeError. */
PyObject *py_type_not_made(PyTypeObject *type, PyObject *args, PyObject *kwargs);

/** A zeroed object of a heap type, and its end. */
PyObject *py_object_new(PyTypeObject *type);
void py_object_free(PyObject *self);

/* ---- arrays.c ---- */

#define MAX_DIMENSIONS 3

/** An array to be filled: a new one, or the caller's `out`. Its memory stays where it is until py_target_close(). */
typedef struct Target {
  PyObject *object;
  PyObject *view; /**< a memoryview holds the buffer: it can neither be resized nor freed */
  char *data;
} Target;

/**
 * `out` NULL or None makes a NumPy array (a memoryview over a bytearray where there is no NumPy); otherwise it must be
 * writable, C-contiguous and of just that many bytes.
 */
bool py_target_open(Target *target, PyObject *out, NodalDtype dtype, int dimensions, const Py_ssize_t *shape);
/** float64, int64 and so on, by their names in NumPy and in the struct module. */
bool py_target_open_other(Target *target, const char *dtype, char letter, size_t size, int dimensions,
                          const Py_ssize_t *shape);
/** Lets go of the memory; returns the array, or NULL where `good` is false. */
PyObject *py_target_close(Target *target, bool good);

/** Data to be read: C-contiguous, of one type. */
typedef struct Input {
  PyObject *view;
  const void *data;
  int dimensions;
  Py_ssize_t shape[MAX_DIMENSIONS + 1];
  Py_ssize_t bytes;
} Input;

/** The buffer of `object` as it is; `dtype` says what its samples are. */
bool py_input_open_pixels(Input *input, PyObject *object, NodalDtype *dtype);
/** `object` (an array or a sequence) as numbers of that type: "float64" and 'd', "int32" and 'i', "bool" and '?'. */
bool py_input_open_numbers(Input *input, PyObject *object, const char *dtype, char letter, size_t size);
void py_input_close(Input *input);

/* ---- work.c ---- */

/** Long work of the library; runs on a thread of its own, without the GIL. */
typedef bool (*Work)(void *user, const NodalProgress *progress, NodalError **error);

/**
 * Does the work while the calling thread waits for it, looks for signals (KeyboardInterrupt stops the work cleanly) and
 * calls `progress` (a callable of done and total, or None). False with an exception where the work failed or was
 * stopped.
 */
bool py_work_run(Work work, void *user, PyObject *progress);

/* ---- the types ---- */

bool py_annotations_add(PyObject *module, ModuleState *state);
bool py_catalog_add(PyObject *module, ModuleState *state);
bool py_convert_add(PyObject *module, ModuleState *state);
bool py_evaluation_add(PyObject *module, ModuleState *state);
bool py_froc_add(PyObject *module, ModuleState *state);
bool py_lesions_add(PyObject *module, ModuleState *state);
bool py_mask_add(PyObject *module, ModuleState *state);
bool py_phantom_add(PyObject *module, ModuleState *state);
bool py_prefetch_add(PyObject *module, ModuleState *state);
bool py_raster_add(PyObject *module, ModuleState *state);
bool py_slide_add(PyObject *module, ModuleState *state);
bool py_stage_add(PyObject *module, ModuleState *state);
bool py_writer_add(PyObject *module, ModuleState *state);

/**
 * The library's slide behind a nodal.Slide, held until py_slide_release(): opened anew where this is a forked child,
 * whose copy may hold locks that nobody will ever release. NULL with an exception where it is closed or no slide at
 * all.
 */
NodalSlide *py_slide_acquire(PyObject *slide);
void py_slide_release(PyObject *slide);

/** The set behind a nodal.Annotations, or NULL with an exception. Valid while `object` is held and not changed. */
NodalAnnotationSet *py_annotations_of(PyObject *object);
/** As py_annotations_of(), but the set cannot be changed until py_annotations_unlock(). */
NodalAnnotationSet *py_annotations_lock(PyObject *object);
void py_annotations_unlock(PyObject *object);
/** An object of `type`, nodal.AnnotationSet or a class of it, that owns `set`. */
PyObject *py_annotations_wrap(PyObject *type, NodalAnnotationSet *set);

#endif

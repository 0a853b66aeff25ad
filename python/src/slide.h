/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_PYTHON_SLIDE_H
#define NODAL_PYTHON_SLIDE_H

#include "nodal_python.h"

/** The budget in bytes of nodal.Cache `cache`, and a reference to it, to be given back. False with an exception. */
bool py_cache_get(PyObject *cache, NodalCache **kept);
bool py_cache_add(PyObject *module, ModuleState *state);

/** Reads a rectangle of a level, in its own pixels, into `out` (NULL: a new array). */
PyObject *py_slide_read_rect(PyObject *slide, int level, NodalRect rect, const char *mode, PyObject *out);

/** slide[rows, columns] at a level. */
PyObject *py_slide_subscript(PyObject *slide, int level, PyObject *key);

/** The shape of a level as an array: height, width and, unless it is 1, the number of channels. */
PyObject *py_slide_shape_new(NodalSlide *slide, const NodalLevel *level);

PyObject *py_slide_read_region(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *py_slide_read_at_spacing(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *py_slide_read_tile(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *py_slide_read_raw_tile(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *py_slide_read_associated(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *py_slide_thumbnail(PyObject *self, PyObject *args, PyObject *kwargs);

/** A tuple of nodal.Level, each of which holds the slide. */
PyObject *py_levels_new(PyObject *slide);
bool py_level_add(PyObject *module, ModuleState *state);

#endif

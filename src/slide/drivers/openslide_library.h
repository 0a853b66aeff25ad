/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SLIDE_DRIVERS_OPENSLIDE_LIBRARY_H
#define NODAL_SLIDE_DRIVERS_OPENSLIDE_LIBRARY_H

#include <openslide.h>
#include <stdbool.h>

/*
 * OpenSlide, loaded when a file is met that no native driver takes. It brings some forty libraries along, whose loading
 * takes longer than all that `nodal info` does, and most slides are read without it.
 */

#ifdef NODAL_OPENSLIDE_4
#define NODAL_OPENSLIDE_FUNCTIONS_4(X)                                                                                 \
  X(cache_create) X(cache_release) X(set_cache) X(get_icc_profile_size) X(read_icc_profile)
#else
#define NODAL_OPENSLIDE_FUNCTIONS_4(X)
#endif

#define NODAL_OPENSLIDE_FUNCTIONS(X)                                                                                   \
  X(detect_vendor)                                                                                                     \
  X(open)                                                                                                              \
  X(close)                                                                                                             \
  X(get_error)                                                                                                         \
  X(get_version)                                                                                                       \
  X(get_level_count)                                                                                                   \
  X(get_level_dimensions)                                                                                              \
  X(get_level_downsample)                                                                                              \
  X(get_property_names)                                                                                                \
  X(get_property_value)                                                                                                \
  X(get_associated_image_names)                                                                                        \
  X(get_associated_image_dimensions)                                                                                   \
  X(read_region)                                                                                                       \
  X(read_associated_image)                                                                                             \
  NODAL_OPENSLIDE_FUNCTIONS_4(X)

/** Its functions: library.open is openslide_open(). */
typedef struct NodalOpenslide {
#define NODAL_OPENSLIDE_MEMBER(name) __typeof__(openslide_##name) *name;
  NODAL_OPENSLIDE_FUNCTIONS(NODAL_OPENSLIDE_MEMBER)
#undef NODAL_OPENSLIDE_MEMBER
} NodalOpenslide;

/** False where this machine has no OpenSlide of the version that nodal was built for. It is never unloaded. */
bool nodal_openslide_load(NodalOpenslide *library);

#endif

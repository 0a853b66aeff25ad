/* SPDX-License-Identifier: Apache-2.0 */
#include "slide/drivers/openslide_library.h"

#include "base/xml.h"

#include <dlfcn.h>
#include <string.h>

#ifdef NODAL_OPENSLIDE_4
#define LIBRARY "libopenslide.so.1"
#else
#define LIBRARY "libopenslide.so.0"
#endif

/* A pointer to data becomes one to a function; POSIX has dlsym() promise that their bytes are the same. */
static bool find(void *handle, const char *name, void *function) {
  void *symbol = dlsym(handle, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

bool nodal_openslide_load(NodalOpenslide *library) {
  /* OpenSlide sets libxml2 up as it is loaded, while other threads may use it already. */
  nodal_xml_start();
  /* What is loaded already is only counted once more. Its own libraries cannot be unloaded: there is no dlclose(). */
  void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    return false;
  }
  bool found = true;
#define FIND(name) found = found && find(handle, "openslide_" #name, &library->name);
  NODAL_OPENSLIDE_FUNCTIONS(FIND)
#undef FIND
  return found;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "mhd.h"

#include <dlfcn.h>
#include <string.h>

/* A pointer to data becomes one to a function; POSIX has dlsym() promise that their bytes are the same. */
static bool find(void *handle, const char *name, void *function) {
  void *symbol = dlsym(handle, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

bool view_mhd_load(ViewMhd *mhd) {
  void *handle = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    return false;
  }
  bool found = true;
#define FIND(name) found = found && find(handle, "MHD_" #name, &mhd->name);
  VIEW_MHD_FUNCTIONS(FIND)
#undef FIND
  return found;
}

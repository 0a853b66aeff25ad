/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"
#include "slide/driver.h"
#include <nodal/version.h>

const char *nodal_version(void) {
  return NODAL_VERSION;
}

const char *nodal_version_library(int index, const char **version) {
  int codecs = 0;
  const char *unused;
  while (nodal_codec_library(codecs, &unused)) {
    codecs++;
  }
  const char *text = NULL;
  const char *name = index < codecs ? nodal_codec_library(index, &text) : nodal_slide_library(index - codecs, &text);
  if (name && version) {
    *version = text;
  }
  return name;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"
#include "base/digest.h"
#include "codec/codec.h"
#include "slide/driver.h"
#include <nodal/version.h>

const char *nodal_version(void) {
  return NODAL_VERSION;
}

const char *nodal_version_library(int index, const char **version) {
  static const char *(*const layers[])(int, const char **) = {nodal_codec_library, nodal_slide_library,
                                                              nodal_csv_library, nodal_digest_library};
  for (size_t i = 0; index >= 0 && i < sizeof layers / sizeof *layers; i++) {
    const char *text;
    for (int k = 0; layers[i](k, &text); k++) {
      if (index-- > 0) {
        continue;
      }
      if (version) {
        *version = text;
      }
      return layers[i](k, &text);
    }
  }
  return NULL;
}

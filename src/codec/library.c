/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"

#include <libdeflate.h>
#include <openjpeg.h>
#include <png.h>
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>
#include <zlib.h>
#include <zstd.h>

#define TEXT(number) #number
#define EXPANDED(number) TEXT(number)

const char *nodal_codec_library(int index, const char **version) {
  const struct {
    const char *name, *version;
  } libraries[] = {
#ifdef LIBJPEG_TURBO_VERSION
      {"libjpeg-turbo", EXPANDED(LIBJPEG_TURBO_VERSION)},
#else
      {"libjpeg", EXPANDED(JPEG_LIB_VERSION)},
#endif
      {"libtiff", NODAL_LIBTIFF_VERSION},
      {"libdeflate", LIBDEFLATE_VERSION_STRING},
      {"zlib", zlibVersion()},
      {"libzstd", ZSTD_versionString()},
      {"libwebp", NODAL_WEBP_VERSION},
      {"openjpeg", opj_version()},
      {"libpng", png_get_libpng_ver(NULL)},
  };
  if (index < 0 || (size_t)index >= sizeof libraries / sizeof *libraries) {
    return NULL;
  }
  if (version) {
    *version = libraries[index].version;
  }
  return libraries[index].name;
}

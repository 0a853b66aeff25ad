/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <nodal/writer.h>
#include <stdlib.h>
#include <string.h>

/* Tiles of slides that have no JPEG of their own are looked at, not measured. */
enum { QUALITY = 85, MAX_SIDE = 8192, MAX_PIXELS = 16 << 20 };

bool view_reply_pixels(ViewRequest *request, const ViewKey *key, const char *name, const uint8_t *pixels, int64_t width,
                       int64_t height, int channels, ViewFault *fault) {
  NodalError *error = NULL;
  void *data = NULL;
  size_t size = 0;
  if (!nodal_image_encode(name, pixels, width, height, (size_t)width * (size_t)channels, channels, NODAL_UINT8, 0,
                          QUALITY, &data, &size, &error)) {
    return view_fail_error(fault, error);
  }
  const char *type = strstr(name, ".png") ? "image/png" : "image/jpeg";
  return view_reply_keep(request, key, data, size, nodal_free, type, fault);
}

bool view_check_tile(const ViewRequest *request, const NodalSlide *slide, NodalLevel *level, ViewFault *fault) {
  const ViewPath *path = &request->path;
  if (!nodal_slide_level(slide, path->level, level) ||
      path->column >= (level->width + level->tile_width - 1) / level->tile_width ||
      path->row >= (level->height + level->tile_height - 1) / level->tile_height) {
    return view_fail(fault, MHD_HTTP_NOT_FOUND, "not_found", "there is no such tile");
  }
  if (level->tile_width > MAX_SIDE || level->tile_height > MAX_SIDE ||
      level->tile_width * level->tile_height > MAX_PIXELS) {
    return view_fail(fault, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported",
                     "tiles of %lld x %lld pixels are too large to be shown; nodal convert makes smaller ones",
                     (long long)level->tile_width, (long long)level->tile_height);
  }
  return true;
}

/* The file's own bytes; `*absent` where it leaves the tile out. */
static bool reply_raw(ViewRequest *request, const ViewKey *key, NodalSlide *slide, bool *absent, ViewFault *fault) {
  NodalError *error = NULL;
  void *data = NULL;
  size_t size = 0;
  if (!nodal_slide_read_raw_tile(slide, request->path.level, key->column, key->row, &data, &size, &error)) {
    return view_fail_error(fault, error);
  }
  *absent = !data;
  return *absent || view_reply_keep(request, key, data, size, nodal_free, "image/jpeg", fault);
}

static bool is_plain(const uint8_t *pixels, size_t size, const uint8_t background[3]) {
  return memcmp(pixels, background, 3) == 0 && memcmp(pixels, pixels + 3, size - 3) == 0;
}

/* `absent`: the file leaves the tile out, so that it may be one of many that are background alone. */
static bool reply_encoded(ViewRequest *request, ViewKey *key, ViewSlide *slide, NodalSlide *open,
                          const NodalLevel *level, bool absent, ViewFault *fault) {
  const ViewPath *path = &request->path;
  size_t stride = (size_t)level->tile_width * 3, size = stride * (size_t)level->tile_height;
  uint8_t *pixels = malloc(size), background[3];
  NodalError *error = NULL;
  bool good;
  nodal_slide_background(open, background);
  if (!pixels) {
    good = view_fail_memory(fault);
  } else if (!nodal_slide_read_tile(open, path->level, path->column, path->row, NODAL_PIXELS_RGB, pixels, stride,
                                    &error)) {
    good = view_fail_error(fault, error);
  } else {
    bool shared = absent && is_plain(pixels, size, background);
    if (shared) {
      *key = view_key(request, &slide->file, VIEW_KEEP_BACKGROUND, path->level, 0, 0);
    }
    good = (shared && view_reply_kept(request, key)) ||
           view_reply_pixels(request, key, "tile.jpg", pixels, level->tile_width, level->tile_height, 3, fault);
  }
  free(pixels);
  return good;
}

static ViewKey tile_key(const ViewRequest *request, ViewSlide *slide) {
  const ViewPath *path = &request->path;
  return view_key(request, &slide->file, VIEW_KEEP_TILE, path->level, path->column, path->row);
}

static bool reply_tile(ViewRequest *request, ViewSlide *slide, NodalSlide *open, ViewFault *fault) {
  NodalLevel level;
  ViewKey key = tile_key(request, slide);
  if (view_reply_kept(request, &key)) {
    return true;
  }
  if (!view_check_tile(request, open, &level, fault) || !view_check_picture(slide, fault)) {
    return false;
  }
  bool absent = false;
  if (level.codec == NODAL_CODEC_JPEG) {
    bool good = reply_raw(request, &key, open, &absent, fault);
    if (!absent && (good || strcmp(fault->code, "unsupported") != 0)) {
      return good;
    }
  }
  return reply_encoded(request, &key, slide, open, &level, absent, fault);
}

bool view_get_tile(ViewRequest *request, ViewFault *fault) {
  ViewSlide *slide;
  NodalSlide *open = view_slide_open(request, &slide, fault);
  if (!open) {
    return false;
  }
  bool good = reply_tile(request, slide, open, fault);
  view_file_release(&slide->file);
  return good;
}

bool view_tile_at_once(ViewRequest *request) {
  ViewFault fault;
  ViewSlide *slide = view_slide_find(request, request->path.id, &fault);
  if (!slide) {
    return view_reply_fault(request, &fault);
  }
  ViewKey key = tile_key(request, slide);
  if (view_reply_kept(request, &key)) {
    return true;
  }
  NodalSlide *open = view_file_acquire_open(&request->server->files, &slide->file);
  NodalLevel level;
  bool absent = false;
  bool good = open && view_check_tile(request, open, &level, &fault) && level.codec == NODAL_CODEC_JPEG &&
              slide->file.is_picture && reply_raw(request, &key, open, &absent, &fault) && !absent;
  if (open) {
    view_file_release(&slide->file);
  }
  return good;
}

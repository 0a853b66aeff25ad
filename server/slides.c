/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <string.h>

NodalSlide *view_slide_open(ViewRequest *request, ViewSlide **found, ViewFault *fault) {
  *found = view_slide_find(request, request->path.id, fault);
  return *found ? view_file_acquire(&request->server->files, &(*found)->file, fault) : NULL;
}

bool view_check_picture(const ViewSlide *slide, ViewFault *fault) {
  return slide->file.is_picture || view_fail(fault, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported",
                                             "%s: has no colours to be shown as a slide", slide->name);
}

/* --- The list --- */

static json_t *json_spacing(const ViewFile *file) {
  return file->spacing_um[0] > 0 && file->spacing_um[1] > 0
             ? json_pack("[f,f]", file->spacing_um[0], file->spacing_um[1])
             : json_null();
}

/* What the last opening told of the slide. */
static json_t *json_entry(const ViewServer *server, ViewSlide *slide) {
  ViewFile *file = &slide->file;
  bool annotated = view_notes_exist(server, slide);
  pthread_mutex_lock(&file->lock);
  bool known = file->state == VIEW_FILE_GOOD;
  bool good = known && file->is_picture;
  json_t *entry = json_pack(
      "{s:s,s:o,s:o,s:o,s:o,s:o,s:b,s:i,s:o,s:s}", "id", slide->id, "name", view_json_text(slide->name), "width",
      known ? json_integer(file->width) : json_null(), "height", known ? json_integer(file->height) : json_null(),
      "spacing_um", json_spacing(file), "format", view_json_text(known ? file->format : NULL), "annotations", annotated,
      "overlays", slide->overlay_count, "pair", view_json_text(slide->pair ? slide->pair->id : NULL), "status",
      good                               ? "ok"
      : file->state == VIEW_FILE_PENDING ? "pending"
                                         : "unreadable");
  if (known && !good) {
    ViewFault fault;
    view_check_picture(slide, &fault);
    json_object_set_new(entry, "message", view_json_text(fault.message));
  } else if (file->state == VIEW_FILE_BROKEN) {
    json_object_set_new(entry, "message", view_json_text(file->message));
  }
  pthread_mutex_unlock(&file->lock);
  return entry;
}

bool view_get_slides(ViewRequest *request, ViewFault *fault) {
  ViewServer *server = request->server;
  json_t *list = json_array();
  for (size_t i = 0; i < server->slides.count; i++) {
    json_array_append_new(list, json_entry(server, &server->slides.items[i]));
  }
  return view_reply_json(request, json_pack("{s:o,s:b}", "slides", list, "read_only", server->options.read_only),
                         fault);
}

/* --- One slide --- */

json_t *view_json_levels(const NodalSlide *slide) {
  json_t *levels = json_array();
  NodalLevel level;
  for (int i = 0; nodal_slide_level(slide, i, &level); i++) {
    json_array_append_new(levels,
                          json_pack("{s:I,s:I,s:f,s:I,s:I}", "width", (json_int_t)level.width, "height",
                                    (json_int_t)level.height, "downsample", level.downsample, "tile_width",
                                    (json_int_t)level.tile_width, "tile_height", (json_int_t)level.tile_height));
  }
  return levels;
}

/* Labels and macros may show the name of a patient. */
static bool is_shown(const ViewServer *server, const char *name) {
  return server->options.show_labels || strcmp(name, "thumbnail") == 0;
}

static json_t *json_associated(const ViewServer *server, const NodalSlide *slide) {
  json_t *images = json_array();
  int64_t width, height;
  const char *name;
  for (int i = 0; (name = nodal_slide_associated_name(slide, i, &width, &height)); i++) {
    if (is_shown(server, name)) {
      json_array_append_new(images, json_pack("{s:o,s:I,s:I}", "name", view_json_text(name), "width", (json_int_t)width,
                                              "height", (json_int_t)height));
    }
  }
  return images;
}

static json_t *json_properties(const NodalSlide *slide) {
  json_t *properties = json_object();
  const char *name;
  for (int i = 0; (name = nodal_slide_property_name(slide, i)); i++) {
    json_object_set_new(properties, name, view_json_text(nodal_slide_property(slide, name)));
  }
  return properties;
}

bool view_get_slide(ViewRequest *request, ViewFault *fault) {
  ViewSlide *slide = view_slide_find(request, request->path.id, fault);
  if (!slide) {
    return false;
  }
  view_file_renew(&request->server->files, &slide->file);
  NodalSlide *open = view_file_acquire(&request->server->files, &slide->file, fault);
  if (!open) {
    return false;
  }
  json_t *document = NULL;
  bool good = view_check_picture(slide, fault);
  if (good) {
    uint8_t background[3];
    nodal_slide_background(open, background);
    document = json_entry(request->server, slide);
    json_object_set_new(document, "levels", view_json_levels(open));
    json_object_set_new(document, "background", json_pack("[i,i,i]", background[0], background[1], background[2]));
    json_object_set_new(document, "associated", json_associated(request->server, open));
    json_object_set_new(document, "properties", json_properties(open));
    json_object_set_new(document, "etag", json_string(slide->file.etag));
  }
  view_file_release(&slide->file);
  return good && view_reply_json(request, document, fault);
}

bool view_get_associated(ViewRequest *request, ViewFault *fault) {
  ViewSlide *slide;
  NodalSlide *open = view_slide_open(request, &slide, fault);
  if (!open) {
    return false;
  }
  int64_t width = 0, height = 0;
  const char *name = NULL;
  int index = 0;
  while ((name = nodal_slide_associated_name(open, index, &width, &height)) && strcmp(name, request->path.name) != 0) {
    index++;
  }
  bool good =
      (name && is_shown(request->server, name)) ||
      view_fail(fault, MHD_HTTP_NOT_FOUND, "not_found", "%s: there is no such image, or it is not shown", slide->name);
  ViewKey key = view_key(request, &slide->file, VIEW_KEEP_ASSOCIATED, index, 0, 0);
  if (good && !view_reply_kept(request, &key)) {
    good = view_reply_associated(request, &key, open, name, width, height, fault);
  }
  view_file_release(&slide->file);
  return good;
}

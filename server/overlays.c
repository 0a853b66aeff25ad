/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Values are looked for in the largest level of at most so many pixels. */
enum { MAX_SURVEY = 4 << 20, MAX_LABEL = 255 };

typedef enum OverlayKind { KIND_MASK, KIND_LABELS, KIND_LIKELIHOOD } OverlayKind;
static const char *const kind_names[] = {"mask", "labels", "likelihood"};

/* Colours that the colour-blind tell apart (Okabe and Ito), and more in turn. */
static const uint32_t palette[] = {0xd55e00, 0x0072b2, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0xf0e442, 0x999999};

struct ViewOverlay {
  char id[20];
  const char *name; /* inside file.path */
  ViewFile file;

  /* Found out when it is first asked for, under `lock`. */
  pthread_mutex_t lock;
  int surveyed;    /* the version of the file it was found out of; 0: none yet */
  ViewFault fault; /* status 0: it can be shown */
  OverlayKind kind;
  NodalDtype dtype;
  double minimum, maximum, downsample;
  bool present[MAX_LABEL + 1];
};

/* --- Which there are --- */

static const char *const suffixes[] = {"_mask", "_likelihood_map"};
static const char *const extensions[] = {".tif", ".tiff"};

bool view_is_overlay_name(const char *path, size_t *stem_length) {
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
    for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
      size_t length = strlen(path), end = strlen(extensions[i]), middle = strlen(suffixes[k]);
      if (length > end + middle && strcasecmp(path + length - end, extensions[i]) == 0 &&
          strncasecmp(path + length - end - middle, suffixes[k], middle) == 0) {
        *stem_length = length - end - middle;
        return path[*stem_length - 1] != '/';
      }
    }
  }
  return false;
}

/* Takes `path` over, also on failure. */
static bool add_overlay(ViewSlide *slide, char *path) {
  if (!path) {
    return false;
  }
  ViewOverlay *overlay = &slide->overlays[slide->overlay_count];
  *overlay = (ViewOverlay){.lock = PTHREAD_MUTEX_INITIALIZER};
  snprintf(overlay->id, sizeof overlay->id, "o%d", slide->overlay_count++);
  view_file_init(&overlay->file, path);
  const char *slash = strrchr(path, '/');
  overlay->name = slash ? slash + 1 : path;
  return true;
}

/* How many names the slide is given on the command line by: it is the only one, or its name begins the overlay's. */
static ViewSlide *slide_for(ViewServer *server, const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  ViewSlide *best = server->slides.count == 1 ? server->slides.items : NULL;
  size_t best_length = 0;
  for (size_t i = 0; i < server->slides.count; i++) {
    ViewSlide *slide = &server->slides.items[i];
    const char *stem = strrchr(slide->stem, '/') + 1;
    size_t length = strlen(stem);
    if (length > best_length && strncmp(name, stem, length) == 0) {
      best = slide;
      best_length = length;
    }
  }
  return best;
}

/* Makes room for `more` overlays; they have no places yet. */
static bool find_beside(ViewSlide *slide, size_t more) {
  char *found[4];
  size_t count = 0;
  for (size_t k = 0; k < 2; k++) {
    for (size_t i = 0; i < 2; i++) {
      char *path = view_format("%s%s%s", slide->stem, suffixes[k], extensions[i]);
      struct stat status;
      if (path && stat(path, &status) == 0 && S_ISREG(status.st_mode) && strcmp(path, slide->file.path) != 0) {
        found[count++] = path;
      } else {
        free(path);
      }
    }
  }
  bool good = true;
  if (count + more > 0) {
    slide->overlays = calloc(count + more, sizeof *slide->overlays);
    good = slide->overlays != NULL;
  }
  for (size_t i = 0; i < count; i++) {
    if (good) {
      good = add_overlay(slide, found[i]);
    } else {
      free(found[i]);
    }
  }
  return good;
}

bool view_overlays_find(ViewServer *server, ViewProblem *problem) {
  const ViewOptions *options = &server->options;
  size_t *more = calloc(server->slides.count, sizeof *more);
  bool good = more != NULL;
  for (int i = 0; good && i < options->overlay_count; i++) {
    ViewSlide *slide = slide_for(server, options->overlays[i]);
    if (!slide) {
      snprintf(problem->text, sizeof problem->text,
               "--overlay %s: of which slide? Its name has to begin as that of the slide", options->overlays[i]);
      problem->usage = true;
      free(more);
      return false;
    }
    more[slide - server->slides.items]++;
  }
  for (size_t i = 0; good && i < server->slides.count; i++) {
    good = find_beside(&server->slides.items[i], more[i]);
  }
  for (int i = 0; good && i < options->overlay_count; i++) {
    ViewSlide *slide = slide_for(server, options->overlays[i]);
    char *path = realpath(options->overlays[i], NULL);
    if (!path) {
      snprintf(problem->text, sizeof problem->text, "%s: there is no such file", options->overlays[i]);
      free(more);
      return false;
    }
    bool known = false;
    for (int k = 0; k < slide->overlay_count; k++) {
      known |= strcmp(slide->overlays[k].file.path, path) == 0;
    }
    if (known) {
      free(path);
    } else {
      good = add_overlay(slide, path);
    }
  }
  free(more);
  if (!good) {
    snprintf(problem->text, sizeof problem->text, "not enough memory");
  }
  return good;
}

void view_overlays_free(ViewSlide *slide) {
  for (int i = 0; i < slide->overlay_count; i++) {
    view_file_free(&slide->overlays[i].file);
    pthread_mutex_destroy(&slide->overlays[i].lock);
  }
  free(slide->overlays);
}

/* --- What they are --- */

/* Level-0 pixels of the slide a pixel of the overlay, from the spacings; a whole number where it nearly is one. */
static double ratio_of_spacings(const ViewFile *slide, const ViewFile *overlay) {
  double ratio = overlay->spacing_um[0] / slide->spacing_um[0];
  double whole = round(ratio);
  return whole >= 1 && fabs(ratio / whole - 1) < 0.01 ? whole : ratio;
}

/* From the sizes, where both sides agree on one whole number. */
static double ratio_of_sizes(const ViewFile *slide, const ViewFile *overlay) {
  double whole = round((double)slide->width / (double)overlay->width);
  return whole >= 1 && fabs((double)overlay->width * whole - (double)slide->width) < whole + 1 &&
                 fabs((double)overlay->height * whole - (double)slide->height) < whole + 1
             ? whole
             : 0;
}

static bool covers(double ratio, int64_t overlay, int64_t slide, int64_t tile) {
  double padding = ratio * (double)tile, off = 0.02 * (double)slide;
  return fabs(ratio * (double)overlay - (double)slide) <= (padding > off ? padding : off);
}

static bool fit(ViewOverlay *overlay, const ViewSlide *slide, const NodalLevel *level) {
  const ViewFile *under = &slide->file, *over = &overlay->file;
  bool spaced = under->spacing_um[0] > 0 && over->spacing_um[0] > 0;
  double ratio = spaced ? ratio_of_spacings(under, over) : ratio_of_sizes(under, over);
  if (ratio > 0 && covers(ratio, over->width, under->width, level->tile_width) &&
      covers(ratio, over->height, under->height, level->tile_height)) {
    overlay->downsample = ratio;
    return true;
  }
  return view_fail(&overlay->fault, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported",
                   "%s: its size%s does not fit that of the slide", overlay->name, spaced ? " and spacing" : "");
}

static double sample_at(const uint8_t *pixels, NodalDtype dtype, size_t index) {
  uint16_t small;
  uint32_t large;
  float real;
  switch (dtype) {
  case NODAL_UINT8:
    return pixels[index];
  case NODAL_UINT16:
    memcpy(&small, pixels + 2 * index, sizeof small);
    return small;
  case NODAL_UINT32:
    memcpy(&large, pixels + 4 * index, sizeof large);
    return large;
  case NODAL_FLOAT32:
    memcpy(&real, pixels + 4 * index, sizeof real);
    return (double)real;
  }
  return 0;
}

/* Least and largest value, and which labels there are. */
static void survey_values(ViewOverlay *overlay, const uint8_t *pixels, size_t count, double *least, double *most) {
  for (size_t i = 0; i < count; i++) {
    double value = sample_at(pixels, overlay->dtype, i);
    if (isfinite(value)) {
      *least = fmin(*least, value);
      *most = fmax(*most, value);
      overlay->present[(int)fmax(0, fmin(value, MAX_LABEL))] = true;
    }
  }
}

static bool read_survey(ViewOverlay *overlay, NodalSlide *open, double *least, double *most) {
  NodalLevel level;
  int index = 0;
  while (nodal_slide_level(open, index, &level) && level.width > MAX_SURVEY / level.height) {
    index++;
  }
  if (!nodal_slide_level(open, index, &level)) {
    return true;
  }
  size_t sample = nodal_dtype_size(overlay->dtype), stride = (size_t)level.width * sample;
  uint8_t *pixels = malloc(stride * (size_t)level.height);
  NodalError *error = NULL;
  NodalRect all = {0, 0, level.width, level.height};
  if (!pixels) {
    return view_fail_memory(&overlay->fault);
  }
  bool good = nodal_slide_read_level(open, index, all, NODAL_PIXELS_NATIVE, pixels, stride, &error);
  if (good) {
    survey_values(overlay, pixels, (size_t)level.width * (size_t)level.height, least, most);
  } else {
    view_fail_error(&overlay->fault, error);
  }
  free(pixels);
  return good;
}

/* Labels are named so by the file, or have few values; likelihoods are fractions, or are named so. */
static void choose_kind(ViewOverlay *overlay, const NodalSlide *open, double least, double most) {
  bool named = strcasestr(overlay->name, "likelihood") || strcasestr(overlay->name, "heat");
  bool labels =
      nodal_slide_color(open) == NODAL_COLOR_LABEL || (overlay->dtype != NODAL_FLOAT32 && !named && most <= 32);
  overlay->kind = !labels ? KIND_LIKELIHOOD : most <= 1 ? KIND_MASK : KIND_LABELS;
  overlay->minimum = 0;
  overlay->maximum = MAX_LABEL;
  if (labels || nodal_slide_value_range(open, &overlay->minimum, &overlay->maximum)) {
    return;
  }
  bool fraction = overlay->dtype == NODAL_FLOAT32 && least >= 0 && most <= 1;
  overlay->minimum = least > 0 ? 0 : least;
  overlay->maximum = fraction ? 1 : overlay->dtype == NODAL_UINT8 ? MAX_LABEL : most;
  if (overlay->maximum <= overlay->minimum) {
    overlay->maximum = overlay->minimum + 1;
  }
}

static void survey(ViewOverlay *overlay, const ViewSlide *slide, NodalSlide *open) {
  NodalLevel level = {0};
  nodal_slide_level(open, 0, &level);
  overlay->dtype = nodal_slide_dtype(open);
  if (nodal_slide_channels(open) != 1) {
    view_fail(&overlay->fault, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported",
              "%s: has %d channels, an overlay has one", overlay->name, nodal_slide_channels(open));
    return;
  }
  double least = INFINITY, most = -INFINITY;
  if (fit(overlay, slide, &level) && read_survey(overlay, open, &least, &most)) {
    if (least > most) {
      least = 0;
      most = overlay->dtype == NODAL_FLOAT32 ? 1 : MAX_LABEL;
    }
    choose_kind(overlay, open, least, most);
  }
}

/* Opens the overlay and finds out what it is; NULL, and the fault filled, where it cannot be shown. The slide has been
 * opened before. */
static NodalSlide *open_overlay(ViewServer *server, const ViewSlide *slide, ViewOverlay *overlay, ViewFault *fault) {
  NodalSlide *open = view_file_acquire(&server->files, &overlay->file, fault);
  if (!open) {
    return NULL;
  }
  pthread_mutex_lock(&overlay->lock);
  int version = view_file_version(&overlay->file);
  if (overlay->surveyed != version) {
    overlay->fault = (ViewFault){.status = 0};
    memset(overlay->present, 0, sizeof overlay->present);
    survey(overlay, slide, open);
    overlay->surveyed = version;
  }
  bool good = overlay->fault.status == 0;
  if (!good) {
    *fault = overlay->fault;
  }
  pthread_mutex_unlock(&overlay->lock);
  if (!good) {
    view_file_release(&overlay->file);
  }
  return good ? open : NULL;
}

/* --- Answers --- */

static json_t *json_values(const ViewOverlay *overlay) {
  json_t *values = json_array();
  for (int i = 1; i <= MAX_LABEL; i++) {
    if (overlay->present[i]) {
      char name[8];
      snprintf(name, sizeof name, "%d", i);
      uint32_t color = palette[(size_t)(i - 1) % (sizeof palette / sizeof *palette)];
      json_array_append_new(values,
                            json_pack("{s:i,s:s,s:o}", "value", i, "name", name, "color", view_json_color(color)));
    }
  }
  return values;
}

static json_t *json_overlay(ViewServer *server, const ViewSlide *slide, ViewOverlay *overlay) {
  ViewFault fault;
  view_file_renew(&server->files, &overlay->file);
  NodalSlide *open = open_overlay(server, slide, overlay, &fault);
  if (!open) {
    return json_pack("{s:s,s:o,s:s,s:o}", "id", overlay->id, "name", view_json_text(overlay->name), "status",
                     "unreadable", "message", view_json_text(fault.message));
  }
  json_t *entry =
      json_pack("{s:s,s:o,s:s,s:s,s:s,s:f,s:f,s:I,s:I,s:o,s:f,s:s}", "id", overlay->id, "name",
                view_json_text(overlay->name), "status", "ok", "kind", kind_names[overlay->kind], "dtype",
                nodal_dtype_name(overlay->dtype), "minimum", overlay->minimum, "maximum", overlay->maximum, "width",
                (json_int_t)overlay->file.width, "height", (json_int_t)overlay->file.height, "levels",
                view_json_levels(open), "downsample_to_slide", overlay->downsample, "etag", overlay->file.etag);
  if (overlay->kind != KIND_LIKELIHOOD) {
    json_object_set_new(entry, "values", json_values(overlay));
  }
  view_file_release(&overlay->file);
  return entry;
}

bool view_get_overlays(ViewRequest *request, ViewFault *fault) {
  ViewSlide *slide;
  if (!view_slide_open(request, &slide, fault)) {
    return false;
  }
  json_t *list = json_array();
  for (int i = 0; i < slide->overlay_count; i++) {
    json_array_append_new(list, json_overlay(request->server, slide, &slide->overlays[i]));
  }
  view_file_release(&slide->file);
  return view_reply_json(request, list, fault);
}

json_t *view_overlay_values(ViewRequest *request, ViewSlide *slide, double x, double y) {
  json_t *values = json_object();
  for (int i = 0; i < slide->overlay_count; i++) {
    ViewOverlay *overlay = &slide->overlays[i];
    ViewFault fault;
    NodalSlide *open = open_overlay(request->server, slide, overlay, &fault);
    if (!open) {
      continue;
    }
    uint8_t sample[4];
    NodalRect place = {(int64_t)floor(x / overlay->downsample), (int64_t)floor(y / overlay->downsample), 1, 1};
    bool inside = place.x >= 0 && place.y >= 0 && place.x < overlay->file.width && place.y < overlay->file.height;
    bool read = inside && nodal_slide_read_level(open, 0, place, NODAL_PIXELS_NATIVE, sample, sizeof sample, NULL);
    double value = read ? sample_at(sample, overlay->dtype, 0) : NAN;
    json_object_set_new(values, overlay->id, isfinite(value) ? json_real(value) : json_null());
    view_file_release(&overlay->file);
  }
  return values;
}

/* To gray of 8 bits, in place where it is smaller: sample by sample from the first. */
static void to_gray(const ViewOverlay *overlay, uint8_t *pixels, size_t count) {
  if (overlay->dtype == NODAL_UINT8 && overlay->minimum <= 0 && overlay->maximum >= MAX_LABEL) {
    return;
  }
  double factor = MAX_LABEL / (overlay->maximum - overlay->minimum);
  bool labels = overlay->kind != KIND_LIKELIHOOD;
  for (size_t i = 0; i < count; i++) {
    double value = sample_at(pixels, overlay->dtype, i);
    double gray = labels ? value : round((value - overlay->minimum) * factor);
    pixels[i] = (uint8_t)(gray > 0 ? fmin(gray, MAX_LABEL) : 0);
  }
}

static bool reply_overlay_tile(ViewRequest *request, const ViewOverlay *overlay, const ViewKey *key, NodalSlide *open,
                               ViewFault *fault) {
  NodalLevel level;
  if (!view_check_tile(request, open, &level, fault)) {
    return false;
  }
  size_t sample = nodal_dtype_size(overlay->dtype), count = (size_t)level.tile_width * (size_t)level.tile_height;
  uint8_t *pixels = malloc(count * sample);
  NodalError *error = NULL;
  bool good;
  if (!pixels) {
    good = view_fail_memory(fault);
  } else if (!nodal_slide_read_tile(open, request->path.level, key->column, key->row, NODAL_PIXELS_NATIVE, pixels,
                                    (size_t)level.tile_width * sample, &error)) {
    good = view_fail_error(fault, error);
  } else {
    to_gray(overlay, pixels, count);
    good = view_reply_pixels(request, key, "tile.png", pixels, level.tile_width, level.tile_height, 1, fault);
  }
  free(pixels);
  return good;
}

bool view_get_overlay_tile(ViewRequest *request, ViewFault *fault) {
  const ViewPath *path = &request->path;
  ViewSlide *slide = view_slide_find(request, path->id, fault);
  ViewOverlay *overlay = NULL;
  for (int i = 0; slide && i < slide->overlay_count; i++) {
    overlay = strcmp(slide->overlays[i].id, path->other) == 0 ? &slide->overlays[i] : overlay;
  }
  if (!overlay) {
    return slide ? view_fail(fault, MHD_HTTP_NOT_FOUND, "not_found", "there is no overlay %s", path->other) : false;
  }
  ViewKey key = view_key(request, &overlay->file, VIEW_KEEP_TILE, path->level, path->column, path->row);
  if (view_reply_kept(request, &key)) {
    return true;
  }
  if (!view_file_acquire(&request->server->files, &slide->file, fault)) {
    return false;
  }
  NodalSlide *open = open_overlay(request->server, slide, overlay, fault);
  bool good = open && reply_overlay_tile(request, overlay, &key, open, fault);
  if (open) {
    view_file_release(&overlay->file);
  }
  view_file_release(&slide->file);
  return good;
}

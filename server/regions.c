/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <math.h>
#include <nodal/writer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REGION = 50000000, MAX_ASSOCIATED = 20000000, REGION_QUALITY = 90 };
enum { THUMBNAIL_SIZE = 256, THUMBNAIL_LEAST = 16, THUMBNAIL_MOST = 2048 };

/* --- Thumbnails, associated images, pixels --- */

/* A spacing of 1 makes spacings of level-0 pixels: for slides without one, and with one scale for both directions. */
static bool reply_thumbnail(ViewRequest *request, const ViewKey *key, const ViewSlide *slide, int size,
                            ViewFault *fault) {
  NodalSlideOptions options = {.spacing_um = 1, .cache = request->server->files.cache};
  NodalError *error = NULL;
  NodalSlide *open = nodal_slide_open(slide->file.path, &options, &error);
  if (!open) {
    return view_fail_error(fault, error);
  }
  NodalLevel level = {0};
  nodal_slide_level(open, 0, &level);
  double longest = (double)(level.width > level.height ? level.width : level.height);
  double scale = longest > size ? longest / size : 1;
  int64_t width = llround((double)level.width / scale), height = llround((double)level.height / scale);
  width = width > 0 ? width : 1;
  height = height > 0 ? height : 1;
  uint8_t *pixels = malloc((size_t)width * (size_t)height * 3);
  bool good;
  if (!pixels) {
    good = view_fail_memory(fault);
  } else if (!nodal_slide_read_at_spacing(open, scale, 0, 0, width, height, NODAL_INTERPOLATION_LINEAR,
                                          NODAL_PIXELS_RGB, pixels, (size_t)width * 3, &error)) {
    good = view_fail_error(fault, error);
  } else {
    good = view_reply_pixels(request, key, "thumbnail.jpg", pixels, width, height, 3, fault);
  }
  free(pixels);
  nodal_slide_free(open);
  return good;
}

bool view_get_thumbnail(ViewRequest *request, ViewFault *fault) {
  double size = THUMBNAIL_SIZE;
  if (view_query(request, "size") && !view_query_number(request, "size", &size, fault)) {
    return false;
  }
  if (size < THUMBNAIL_LEAST || size > THUMBNAIL_MOST) {
    return view_fail(fault, MHD_HTTP_BAD_REQUEST, "invalid", "a thumbnail's size is %d to %d pixels", THUMBNAIL_LEAST,
                     THUMBNAIL_MOST);
  }
  ViewSlide *slide = view_slide_find(request, request->path.id, fault);
  if (!slide) {
    return false;
  }
  ViewKey key = view_key(request, &slide->file, VIEW_KEEP_THUMBNAIL, 0, (int64_t)size, 0);
  if (view_reply_kept(request, &key)) {
    return true;
  }
  if (!view_file_acquire(&request->server->files, &slide->file, fault)) {
    return false;
  }
  bool good = view_check_picture(slide, fault) && reply_thumbnail(request, &key, slide, (int)size, fault);
  view_file_release(&slide->file);
  return good;
}

bool view_reply_associated(ViewRequest *request, const ViewKey *key, NodalSlide *slide, const char *name, int64_t width,
                           int64_t height, ViewFault *fault) {
  if (width < 1 || height < 1 || width > MAX_ASSOCIATED / height) {
    return view_fail(fault, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported", "the image is too large to be shown");
  }
  uint8_t *pixels = malloc((size_t)width * (size_t)height * 3);
  NodalError *error = NULL;
  bool good;
  if (!pixels) {
    good = view_fail_memory(fault);
  } else if (!nodal_slide_read_associated(slide, name, pixels, (size_t)width * 3, &error)) {
    good = view_fail_error(fault, error);
  } else {
    good = view_reply_pixels(request, key, "associated.jpg", pixels, width, height, 3, fault);
  }
  free(pixels);
  return good;
}

/* null outside of the slide. */
static json_t *pixel_of(const ViewSlide *slide, NodalSlide *open, double x, double y, ViewFault *fault) {
  uint8_t rgb[3];
  NodalError *error = NULL;
  if (!slide->file.is_picture || x < 0 || y < 0 || x >= (double)slide->file.width || y >= (double)slide->file.height) {
    return json_null();
  }
  if (!nodal_slide_read_region(open, 0, (int64_t)x, (int64_t)y, 1, 1, NODAL_PIXELS_RGB, rgb, 3, &error)) {
    view_fail_error(fault, error);
    return NULL;
  }
  return json_pack("[i,i,i]", rgb[0], rgb[1], rgb[2]);
}

bool view_get_pixel(ViewRequest *request, ViewFault *fault) {
  double x, y;
  if (!view_query_number(request, "x", &x, fault) || !view_query_number(request, "y", &y, fault)) {
    return false;
  }
  ViewSlide *slide;
  NodalSlide *open = view_slide_open(request, &slide, fault);
  if (!open) {
    return false;
  }
  json_t *rgb = pixel_of(slide, open, x, y, fault);
  view_file_release(&slide->file);
  return rgb &&
         view_reply_json(
             request, json_pack("{s:o,s:o}", "rgb", rgb, "overlays", view_overlay_values(request, slide, x, y)), fault);
}

/* --- Regions --- */

typedef struct Region {
  double x, y, width, height, spacing_um; /* level-0 pixels; 0: the slide's own */
  const char *extension, *type;
  int64_t columns, rows; /* of the picture */
} Region;

static bool choose_format(ViewRequest *request, Region *region, ViewFault *fault) {
  static const char *const formats[][2] = {{"png", "image/png"}, {"tif", "image/tiff"}, {"jpg", "image/jpeg"}};
  const char *format = view_query(request, "format");
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    if (strcmp(format ? format : "png", formats[i][0]) == 0) {
      region->extension = formats[i][0];
      region->type = formats[i][1];
      return true;
    }
  }
  return view_fail(fault, MHD_HTTP_BAD_REQUEST, "invalid", "a region is written as png, tif or jpg");
}

static bool read_query(ViewRequest *request, Region *region, ViewFault *fault) {
  return view_query_number(request, "x", &region->x, fault) && view_query_number(request, "y", &region->y, fault) &&
         view_query_number(request, "width", &region->width, fault) &&
         view_query_number(request, "height", &region->height, fault) &&
         (!view_query(request, "spacing_um") || view_query_number(request, "spacing_um", &region->spacing_um, fault)) &&
         choose_format(request, region, fault);
}

static bool size_region(const ViewSlide *slide, Region *region, ViewFault *fault) {
  double across = 1, down = 1, farthest = 1e9;
  if (region->spacing_um > 0 && slide->file.spacing_um[0] <= 0) {
    return view_fail(fault, MHD_HTTP_BAD_REQUEST, "invalid", "%s: has no spacing, a region has the slide's own pixels",
                     slide->name);
  }
  if (region->spacing_um > 0) {
    across = slide->file.spacing_um[0] / region->spacing_um;
    down = slide->file.spacing_um[1] / region->spacing_um;
  }
  if (!(fabs(region->x) <= farthest && fabs(region->y) <= farthest && region->width >= 1 && region->height >= 1 &&
        region->width <= farthest && region->height <= farthest && region->spacing_um >= 0)) {
    return view_fail(fault, MHD_HTTP_BAD_REQUEST, "invalid", "a region of the slide has a size of at least one pixel");
  }
  double columns = round(region->width * across), rows = round(region->height * down);
  columns = columns < 1 ? 1 : columns;
  rows = rows < 1 ? 1 : rows;
  if (columns * rows > MAX_REGION || columns > 65500 || rows > 65500) {
    return view_fail(fault, MHD_HTTP_BAD_REQUEST, "too_large",
                     "%.0f x %.0f pixels are more than the %d million that a region may have; nodal crop takes more",
                     columns, rows, MAX_REGION / 1000000);
  }
  region->columns = (int64_t)columns;
  region->rows = (int64_t)rows;
  return true;
}

static bool read_pixels(NodalSlide *open, const Region *region, uint8_t *pixels, NodalError **error) {
  size_t stride = (size_t)region->columns * 3;
  if (region->spacing_um > 0) {
    return nodal_slide_read_at_spacing(open, region->spacing_um, region->x, region->y, region->columns, region->rows,
                                       NODAL_INTERPOLATION_LINEAR, NODAL_PIXELS_RGB, pixels, stride, error);
  }
  return nodal_slide_read_region(open, 0, (int64_t)floor(region->x), (int64_t)floor(region->y), region->columns,
                                 region->rows, NODAL_PIXELS_RGB, pixels, stride, error);
}

/* "attachment; filename=..." of what is safe in any file's name. */
static bool name_download(ViewRequest *request, const ViewSlide *slide, const Region *region, ViewFault *fault) {
  char *value =
      view_format("attachment; filename=\"%s_%.0f_%.0f.%s\"", slide->name, region->x, region->y, region->extension);
  for (char *at = value ? strchr(value, '"') + 1 : NULL; at && at[1]; at++) {
    bool plain = (*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') || *at == '-' ||
                 *at == '.';
    *at = plain ? *at : '_';
  }
  bool good = value && view_response_header(request->server, request->response, "Content-Disposition", value);
  free(value);
  return good || view_fail_memory(fault);
}

static bool reply_region(ViewRequest *request, const ViewSlide *slide, NodalSlide *open, const Region *region,
                         ViewFault *fault) {
  uint8_t *pixels = malloc((size_t)region->columns * (size_t)region->rows * 3);
  if (!pixels) {
    return view_fail_memory(fault);
  }
  double spacing = region->spacing_um > 0 ? region->spacing_um : slide->file.spacing_um[0];
  char name[24];
  snprintf(name, sizeof name, "region.%s", region->extension);
  NodalError *error = NULL;
  void *data = NULL;
  size_t size = 0;
  bool good = read_pixels(open, region, pixels, &error) &&
              nodal_image_encode(name, pixels, region->columns, region->rows, (size_t)region->columns * 3, 3,
                                 NODAL_UINT8, spacing, REGION_QUALITY, &data, &size, &error);
  free(pixels);
  return good ? view_reply_bytes(request, data, size, nodal_free, region->type, fault) &&
                    name_download(request, slide, region, fault)
              : view_fail_error(fault, error);
}

bool view_get_region(ViewRequest *request, ViewFault *fault) {
  Region region = {0};
  if (!read_query(request, &region, fault)) {
    return false;
  }
  ViewSlide *slide;
  NodalSlide *open = view_slide_open(request, &slide, fault);
  if (!open) {
    return false;
  }
  bool good = view_check_picture(slide, fault) && size_region(slide, &region, fault) &&
              reply_region(request, slide, open, &region, fault);
  view_file_release(&slide->file);
  return good;
}

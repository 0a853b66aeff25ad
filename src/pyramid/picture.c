/* SPDX-License-Identifier: Apache-2.0 */
#include "pyramid/picture.h"

#include "pyramid/halve.h"

#include <string.h>

enum { PLANES = 3 };

size_t nodal_form_bytes(const NodalForm *form) {
  size_t area = (size_t)form->side * (size_t)form->side;
  return form->planes ? area + area / 2 : area * form->pixel_size;
}

NodalPicture nodal_picture_at(const NodalForm *form, void *memory) {
  size_t side = (size_t)form->side;
  uint8_t *at = memory;
  if (!form->planes) {
    return (NodalPicture){{at, NULL, NULL}, {side * form->pixel_size, 0, 0}};
  }
  uint8_t *chroma = at + side * side;
  return (NodalPicture){{at, chroma, chroma + side / 2 * (side / 2)}, {side, side / 2, side / 2}};
}

NodalPicture nodal_picture_quarter(const NodalForm *form, const NodalPicture *picture, int dx, int dy) {
  NodalPicture quarter = *picture;
  size_t half = (size_t)form->side / 2;
  size_t x = dx ? half : 0, y = dy ? half : 0;
  if (!form->planes) {
    quarter.plane[0] += y * picture->stride[0] + x * form->pixel_size;
    return quarter;
  }
  quarter.plane[0] += y * picture->stride[0] + x;
  for (int i = 1; i < PLANES; i++) {
    quarter.plane[i] += y / 2 * picture->stride[i] + x / 2;
  }
  return quarter;
}

void nodal_picture_halve(const NodalForm *form, const NodalPicture *from, const NodalPicture *to) {
  int half = form->side / 2;
  if (form->planes) {
    for (int i = 0; i < PLANES; i++) {
      NodalHalving plane = {from->plane[i], to->plane[i],        from->stride[i],
                            to->stride[i],  i ? half / 2 : half, i ? half / 2 : half};
      nodal_halve_mean(&plane, 1, NODAL_UINT8);
    }
    return;
  }
  NodalHalving halving = {from->plane[0], to->plane[0], from->stride[0], to->stride[0], half, half};
  if (form->nearest) {
    nodal_halve_nearest(&halving, form->pixel_size);
  } else if (form->alpha) {
    nodal_halve_alpha(&halving, form->dtype);
  } else {
    nodal_halve_mean(&halving, form->channels, form->dtype);
  }
}

static void extend_plane(uint8_t *plane, size_t stride, size_t pixel_size, size_t side, size_t width, size_t height) {
  for (size_t y = 0; width < side && y < height; y++) {
    uint8_t *last = plane + y * stride + (width - 1) * pixel_size;
    if (pixel_size == 1) {
      memset(last + 1, *last, side - width);
    } else {
      for (size_t x = width; x < side; x++, last += pixel_size) {
        memcpy(last + pixel_size, last, pixel_size);
      }
    }
  }
  for (size_t y = height; y < side; y++) {
    memcpy(plane + y * stride, plane + (height - 1) * stride, side * pixel_size);
  }
}

void nodal_picture_extend(const NodalForm *form, const NodalPicture *picture, int64_t width, int64_t height) {
  size_t side = (size_t)form->side, w = (size_t)width, h = (size_t)height;
  if (w >= side && h >= side) {
    return;
  }
  if (!form->planes) {
    extend_plane(picture->plane[0], picture->stride[0], form->pixel_size, side, w, h);
    return;
  }
  extend_plane(picture->plane[0], picture->stride[0], 1, side, w, h);
  for (int i = 1; i < PLANES; i++) {
    extend_plane(picture->plane[i], picture->stride[i], 1, side / 2, (w + 1) / 2, (h + 1) / 2);
  }
}

/* All pixels equal means that each byte equals the one a pixel before it. */
static bool repeats(const uint8_t *memory, size_t size, size_t pixel_size) {
  return memcmp(memory, memory + pixel_size, size - pixel_size) == 0;
}

bool nodal_picture_constant(const NodalForm *form, const uint8_t *memory, uint8_t *value) {
  size_t area = (size_t)form->side * (size_t)form->side;
  if (!form->planes) {
    memcpy(value, memory, form->pixel_size);
    return repeats(memory, area * form->pixel_size, form->pixel_size);
  }
  const uint8_t *cb = memory + area, *cr = cb + area / 4;
  value[0] = *memory;
  value[1] = *cb;
  value[2] = *cr;
  return repeats(memory, area, 1) && repeats(cb, area / 4, 1) && repeats(cr, area / 4, 1);
}

static void fill_plane(uint8_t *plane, size_t stride, size_t pixel_size, size_t side, const uint8_t *value) {
  for (size_t x = 0; x < side; x++) {
    memcpy(plane + x * pixel_size, value, pixel_size);
  }
  for (size_t y = 1; y < side; y++) {
    memcpy(plane + y * stride, plane, side * pixel_size);
  }
}

void nodal_picture_fill(const NodalForm *form, const NodalPicture *picture, int side, const uint8_t *value) {
  if (!form->planes) {
    fill_plane(picture->plane[0], picture->stride[0], form->pixel_size, (size_t)side, value);
    return;
  }
  fill_plane(picture->plane[0], picture->stride[0], 1, (size_t)side, value);
  for (int i = 1; i < PLANES; i++) {
    fill_plane(picture->plane[i], picture->stride[i], 1, (size_t)side / 2, value + i);
  }
}

#define RANGE(TYPE)                                                                                                    \
  do {                                                                                                                 \
    const TYPE *row = (const TYPE *)(const void *)at;                                                                  \
    TYPE low = row[0], high = row[0];                                                                                  \
    for (size_t i = 1; i < samples; i++) {                                                                             \
      low = row[i] < low ? row[i] : low;                                                                               \
      high = row[i] > high ? row[i] : high;                                                                            \
    }                                                                                                                  \
    *minimum = (double)low < *minimum ? (double)low : *minimum;                                                        \
    *maximum = (double)high > *maximum ? (double)high : *maximum;                                                      \
  } while (0)

static void range_of_floats(const float *row, size_t samples, double *minimum, double *maximum) {
  for (size_t i = 0; i < samples; i++) {
    /* A comparison with NaN is false. */
    *minimum = (double)row[i] < *minimum ? (double)row[i] : *minimum;
    *maximum = (double)row[i] > *maximum ? (double)row[i] : *maximum;
  }
}

void nodal_picture_range(const NodalForm *form, const NodalPicture *picture, int64_t width, int64_t height,
                         double *minimum, double *maximum) {
  size_t samples = (size_t)width * (size_t)form->channels;
  for (int64_t y = 0; y < height; y++) {
    const uint8_t *at = picture->plane[0] + (size_t)y * picture->stride[0];
    switch (form->dtype) {
    case NODAL_UINT8:
      RANGE(uint8_t);
      break;
    case NODAL_UINT16:
      RANGE(uint16_t);
      break;
    case NODAL_UINT32:
      RANGE(uint32_t);
      break;
    case NODAL_FLOAT32:
      range_of_floats((const float *)(const void *)at, samples, minimum, maximum);
      break;
    }
  }
}

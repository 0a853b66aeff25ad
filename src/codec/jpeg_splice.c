/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/parts.h"

#include <string.h>

/* Markers of ITU-T T.81, table B.1. */
enum { MARKER_SOI = 0xD8, MARKER_EOI = 0xD9, MARKER_SOS = 0xDA, MARKER_APP0 = 0xE0, MARKER_APP14 = 0xEE };

/* A stream of JPEG markers being walked. */
typedef struct Walk {
  const uint8_t *data;
  size_t size, at;
} Walk;

/* The marker at the present place, fill bytes skipped; `at` comes to stand behind it. -1: there is none. */
static int next_marker(Walk *walk) {
  if (walk->at >= walk->size || walk->data[walk->at] != 0xFF) {
    return -1;
  }
  while (walk->at < walk->size && walk->data[walk->at] == 0xFF) {
    walk->at++;
  }
  return walk->at < walk->size ? walk->data[walk->at++] : -1;
}

/* Length of the segment of the marker just read, its two length bytes included; 0 if it does not fit the stream. */
static size_t segment_size(const Walk *walk) {
  if (walk->size - walk->at < 2) {
    return 0;
  }
  size_t length = (size_t)walk->data[walk->at] << 8 | walk->data[walk->at + 1];
  return length >= 2 && length <= walk->size - walk->at ? length : 0;
}

static void append(NodalBytes *out, const void *data, size_t size) {
  memcpy(out->data + out->size, data, size);
  out->size += size;
}

static void append_segment(NodalBytes *out, int marker, const uint8_t *segment, size_t size) {
  const uint8_t head[2] = {0xFF, (uint8_t)marker};
  append(out, head, sizeof head);
  append(out, segment, size);
}

/* The segments between SOI and EOI. */
static bool append_tables(const void *tables, size_t size, NodalBytes *out, NodalError **error) {
  Walk walk = {tables, size, 0};
  if (next_marker(&walk) != MARKER_SOI) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG: the tables do not start with SOI");
  }
  while (walk.at < walk.size) {
    int marker = next_marker(&walk);
    if (marker == MARKER_EOI) {
      return true;
    }
    size_t length = marker < 0 || marker == MARKER_SOS ? 0 : segment_size(&walk);
    if (length == 0) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG: bad marker in the tables at byte %zu", walk.at);
    }
    append_segment(out, marker, walk.data + walk.at, length);
    walk.at += length;
  }
  return true;
}

/* What follows SOI, without the markers that would make a decoder take RGB for YCbCr where `rgb`. */
static bool append_image(const void *data, size_t size, bool rgb, NodalBytes *out, NodalError **error) {
  Walk walk = {data, size, 2};
  while (rgb) {
    size_t start = walk.at;
    int marker = next_marker(&walk);
    size_t length = marker < 0 || marker == MARKER_EOI ? 0 : segment_size(&walk);
    if (length == 0) {
      return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG: bad marker at byte %zu", walk.at);
    }
    if (marker == MARKER_SOS) {
      walk.at = start;
      break;
    }
    if (marker != MARKER_APP0 && marker != MARKER_APP14) {
      append_segment(out, marker, walk.data + walk.at, length);
    }
    walk.at += length;
  }
  append(out, walk.data + walk.at, walk.size - walk.at);
  return true;
}

bool nodal_codec_jpeg_splice(const void *tables, size_t tables_size, const void *data, size_t size, bool rgb,
                             NodalBytes *out, NodalError **error) {
  static const uint8_t soi[2] = {0xFF, MARKER_SOI};
  /* Adobe's marker: version 100, no flags, transform 0, which says RGB. */
  static const uint8_t adobe[14] = {0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
  out->size = 0;
  const uint8_t *bytes = data;
  if (size < 2 || bytes[0] != 0xFF || bytes[1] != MARKER_SOI) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "damaged JPEG: it does not start with SOI");
  }
  size_t room;
  if (!nodal_add_size(tables_size, size, &room) || !nodal_add_size(room, 32, &room)) {
    return nodal_fail_memory(error);
  }
  if (!nodal_bytes_reserve(out, room, error)) {
    return false;
  }
  append(out, soi, sizeof soi);
  if (rgb) {
    append_segment(out, MARKER_APP14, adobe, sizeof adobe);
  }
  bool ok = (!tables || tables_size == 0 || append_tables(tables, tables_size, out, error)) &&
            append_image(data, size, rgb, out, error);
  if (!ok) {
    out->size = 0;
  }
  return ok;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff/tiff_reader.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One read takes in a usual directory with its values; a few of them where the writer put them at the head. */
enum { WINDOW_SIZE = 16384 };

/* Far more than any writer makes; bounds the work that overlapping directories can cause. */
enum { MAX_ENTRIES = 4096 };

static const struct {
  uint16_t tag;
  const char *name;
} fields[FIELD_COUNT] = {
    [FIELD_NEW_SUBFILE_TYPE] = {254, "tag 254 (NewSubfileType)"},
    [FIELD_SUBFILE_TYPE] = {255, "tag 255 (SubfileType)"},
    [FIELD_IMAGE_WIDTH] = {256, "tag 256 (ImageWidth)"},
    [FIELD_IMAGE_LENGTH] = {257, "tag 257 (ImageLength)"},
    [FIELD_BITS_PER_SAMPLE] = {258, "tag 258 (BitsPerSample)"},
    [FIELD_COMPRESSION] = {259, "tag 259 (Compression)"},
    [FIELD_PHOTOMETRIC] = {262, "tag 262 (PhotometricInterpretation)"},
    [FIELD_DOCUMENT_NAME] = {269, "tag 269 (DocumentName)"},
    [FIELD_IMAGE_DESCRIPTION] = {270, "tag 270 (ImageDescription)"},
    [FIELD_MAKE] = {271, "tag 271 (Make)"},
    [FIELD_MODEL] = {272, "tag 272 (Model)"},
    [FIELD_STRIP_OFFSETS] = {273, "tag 273 (StripOffsets)"},
    [FIELD_ORIENTATION] = {274, "tag 274 (Orientation)"},
    [FIELD_SAMPLES_PER_PIXEL] = {277, "tag 277 (SamplesPerPixel)"},
    [FIELD_ROWS_PER_STRIP] = {278, "tag 278 (RowsPerStrip)"},
    [FIELD_STRIP_BYTE_COUNTS] = {279, "tag 279 (StripByteCounts)"},
    [FIELD_X_RESOLUTION] = {282, "tag 282 (XResolution)"},
    [FIELD_Y_RESOLUTION] = {283, "tag 283 (YResolution)"},
    [FIELD_PLANAR_CONFIGURATION] = {284, "tag 284 (PlanarConfiguration)"},
    [FIELD_RESOLUTION_UNIT] = {296, "tag 296 (ResolutionUnit)"},
    [FIELD_SOFTWARE] = {305, "tag 305 (Software)"},
    [FIELD_DATE_TIME] = {306, "tag 306 (DateTime)"},
    [FIELD_ARTIST] = {315, "tag 315 (Artist)"},
    [FIELD_HOST_COMPUTER] = {316, "tag 316 (HostComputer)"},
    [FIELD_PREDICTOR] = {317, "tag 317 (Predictor)"},
    [FIELD_COLOR_MAP] = {320, "tag 320 (ColorMap)"},
    [FIELD_TILE_WIDTH] = {322, "tag 322 (TileWidth)"},
    [FIELD_TILE_LENGTH] = {323, "tag 323 (TileLength)"},
    [FIELD_TILE_OFFSETS] = {324, "tag 324 (TileOffsets)"},
    [FIELD_TILE_BYTE_COUNTS] = {325, "tag 325 (TileByteCounts)"},
    [FIELD_SUB_IFDS] = {330, "tag 330 (SubIFDs)"},
    [FIELD_EXTRA_SAMPLES] = {338, "tag 338 (ExtraSamples)"},
    [FIELD_SAMPLE_FORMAT] = {339, "tag 339 (SampleFormat)"},
    [FIELD_S_MIN_SAMPLE_VALUE] = {340, "tag 340 (SMinSampleValue)"},
    [FIELD_S_MAX_SAMPLE_VALUE] = {341, "tag 341 (SMaxSampleValue)"},
    [FIELD_JPEG_TABLES] = {347, "tag 347 (JPEGTables)"},
    [FIELD_XMP] = {700, "tag 700 (XMP)"},
    [FIELD_COPYRIGHT] = {33432, "tag 33432 (Copyright)"},
    [FIELD_ICC_PROFILE] = {34675, "tag 34675 (ICCProfile)"},
    [FIELD_NDPI_FORMAT] = {65420, "tag 65420 (NDPI format)"},
};

const char *nodal_tiff_field_name(TiffField field) {
  return fields[field].name;
}

bool nodal_tiff_fail(const TiffReader *reader, NodalError **error, NodalErrorCode code, const char *format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return reader->directory < 0 ? nodal_fail(error, code, "%s: %s", reader->name, text)
                               : nodal_fail(error, code, "%s: directory %d: %s", reader->name, reader->directory, text);
}

/* --- Numbers --- */

uint16_t nodal_tiff_get16(bool big_endian, const uint8_t *bytes) {
  return (uint16_t)(big_endian ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0]);
}

uint32_t nodal_tiff_get32(bool big_endian, const uint8_t *bytes) {
  uint32_t first = nodal_tiff_get16(big_endian, bytes), second = nodal_tiff_get16(big_endian, bytes + 2);
  return big_endian ? first << 16 | second : second << 16 | first;
}

uint64_t nodal_tiff_get64(bool big_endian, const uint8_t *bytes) {
  uint64_t first = nodal_tiff_get32(big_endian, bytes), second = nodal_tiff_get32(big_endian, bytes + 4);
  return big_endian ? first << 32 | second : second << 32 | first;
}

size_t nodal_tiff_type_size(int type) {
  static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  return type >= 0 && (size_t)type < sizeof sizes ? sizes[type] : 0;
}

bool nodal_tiff_type_is_unsigned(int type) {
  return type == TIFF_TYPE_BYTE || type == TIFF_TYPE_SHORT || type == TIFF_TYPE_LONG || type == TIFF_TYPE_IFD ||
         type == TIFF_TYPE_LONG8 || type == TIFF_TYPE_IFD8;
}

bool nodal_tiff_type_is_number(int type) {
  return nodal_tiff_type_size(type) != 0 && type != TIFF_TYPE_ASCII && type != TIFF_TYPE_UNDEFINED;
}

uint64_t nodal_tiff_get_unsigned(bool big_endian, int type, const uint8_t *bytes) {
  switch (nodal_tiff_type_size(type)) {
  case 1:
    return bytes[0];
  case 2:
    return nodal_tiff_get16(big_endian, bytes);
  case 4:
    return nodal_tiff_get32(big_endian, bytes);
  default:
    return nodal_tiff_get64(big_endian, bytes);
  }
}

double nodal_tiff_get_number(bool big_endian, int type, const uint8_t *bytes) {
  switch (type) {
  case TIFF_TYPE_SBYTE:
    return (int8_t)bytes[0];
  case TIFF_TYPE_SSHORT:
    return (int16_t)nodal_tiff_get16(big_endian, bytes);
  case TIFF_TYPE_SLONG:
    return (int32_t)nodal_tiff_get32(big_endian, bytes);
  case TIFF_TYPE_SLONG8:
    return (double)(int64_t)nodal_tiff_get64(big_endian, bytes);
  case TIFF_TYPE_RATIONAL: {
    uint32_t denominator = nodal_tiff_get32(big_endian, bytes + 4);
    return denominator ? (double)nodal_tiff_get32(big_endian, bytes) / denominator : 0;
  }
  case TIFF_TYPE_SRATIONAL: {
    int32_t denominator = (int32_t)nodal_tiff_get32(big_endian, bytes + 4);
    return denominator ? (double)(int32_t)nodal_tiff_get32(big_endian, bytes) / denominator : 0;
  }
  case TIFF_TYPE_FLOAT: {
    uint32_t raw = nodal_tiff_get32(big_endian, bytes);
    float value;
    memcpy(&value, &raw, sizeof value);
    return value;
  }
  case TIFF_TYPE_DOUBLE: {
    uint64_t raw = nodal_tiff_get64(big_endian, bytes);
    double value;
    memcpy(&value, &raw, sizeof value);
    return value;
  }
  default:
    return (double)nodal_tiff_get_unsigned(big_endian, type, bytes);
  }
}

/* --- Bytes --- */

/* `size` bytes of the file, which must hold them; valid until the next call. */
static bool peek(TiffReader *reader, uint64_t offset, size_t size, const uint8_t **bytes, NodalError **error) {
  if (offset >= reader->window_offset && offset - reader->window_offset <= reader->window_size &&
      size <= reader->window_size - (size_t)(offset - reader->window_offset)) {
    *bytes = reader->window + (offset - reader->window_offset);
    return true;
  }
  size_t wanted = size < WINDOW_SIZE ? WINDOW_SIZE : size;
  reader->window_size = 0;
  if (wanted > reader->window_capacity) {
    free(reader->window);
    reader->window_capacity = 0;
    reader->window = nodal_alloc(wanted, error);
    if (!reader->window) {
      return false;
    }
    reader->window_capacity = wanted;
  }
  if (!nodal_source_read_some(reader->source, reader->window, wanted, offset, &reader->window_size, error)) {
    return false;
  }
  reader->window_offset = offset;
  *bytes = reader->window;
  return true;
}

bool nodal_tiff_check_values(const TiffReader *reader, TiffField field, uint64_t *size, NodalError **error) {
  const TiffEntry *entry = &reader->entries[field];
  *size = 0;
  if (entry->count == 0) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "%s has no value", nodal_tiff_field_name(field));
  }
  if (__builtin_mul_overflow(entry->count, nodal_tiff_type_size(entry->type), size) ||
      !nodal_source_holds(reader->source, entry->offset, *size)) {
    return nodal_tiff_fail(
        reader, error, NODAL_ERROR_FORMAT,
        "%s: %" PRIu64 " values of type %d at offset %" PRIu64 " go past the end of the file (%" PRIu64 " bytes)",
        nodal_tiff_field_name(field), entry->count, entry->type, entry->offset, nodal_source_size(reader->source));
  }
  return true;
}

bool nodal_tiff_values(TiffReader *reader, TiffField field, uint64_t count, const uint8_t **bytes, NodalError **error) {
  const TiffEntry *entry = &reader->entries[field];
  uint64_t size;
  if (!nodal_tiff_check_values(reader, field, &size, error)) {
    return false;
  }
  if (entry->count < count) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "%s has %" PRIu64 " values instead of %" PRIu64,
                           nodal_tiff_field_name(field), entry->count, count);
  }
  if (entry->in_place) {
    *bytes = entry->bytes;
    return true;
  }
  return peek(reader, entry->offset, (size_t)(count * nodal_tiff_type_size(entry->type)), bytes, error);
}

bool nodal_tiff_copy_values(TiffReader *reader, TiffField field, void *to, size_t size, NodalError **error) {
  const TiffEntry *entry = &reader->entries[field];
  if (!entry->in_place && size > WINDOW_SIZE) {
    return nodal_source_read(reader->source, to, size, entry->offset, error);
  }
  const uint8_t *bytes = entry->bytes;
  if (!entry->in_place && !peek(reader, entry->offset, size, &bytes, error)) {
    return false;
  }
  memcpy(to, bytes, size);
  return true;
}

/* --- Header and entries --- */

bool nodal_tiff_is_tiff(const uint8_t *head, size_t size) {
  if (size < 8 || (memcmp(head, "II", 2) != 0 && memcmp(head, "MM", 2) != 0)) {
    return false;
  }
  uint16_t version = nodal_tiff_get16(head[0] == 'M', head + 2);
  return version == 42 || (version == 43 && size >= 16);
}

bool nodal_tiff_reader_start(TiffReader *reader, NodalSource *source, uint64_t *first, NodalError **error) {
  *reader = (TiffReader){.source = source, .name = nodal_source_name(source), .directory = -1};
  const uint8_t *head;
  if (!peek(reader, 0, 16, &head, error)) {
    return false;
  }
  if (!nodal_tiff_is_tiff(head, reader->window_size)) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "is not a TIFF file");
  }
  reader->big_endian = head[0] == 'M';
  reader->big = nodal_tiff_get16(reader->big_endian, head + 2) == 43;
  if (reader->big) {
    int offset_size = nodal_tiff_get16(reader->big_endian, head + 4);
    int reserved = nodal_tiff_get16(reader->big_endian, head + 6);
    if (offset_size != 8 || reserved != 0) {
      return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT,
                             "BigTIFF header has offset size %d and %d instead of 8 and 0", offset_size, reserved);
    }
    *first = nodal_tiff_get64(reader->big_endian, head + 8);
  } else {
    *first = nodal_tiff_get32(reader->big_endian, head + 4);
  }
  if (*first == 0) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "has no directory");
  }
  return true;
}

void nodal_tiff_reader_finish(TiffReader *reader) {
  free(reader->window);
  reader->window = NULL;
}

/* The slot of a tag; FIELD_COUNT if nobody asks for it. */
static TiffField find_field(uint16_t tag) {
  size_t low = 0, high = FIELD_COUNT;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (fields[middle].tag < tag) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < FIELD_COUNT && fields[low].tag == tag ? (TiffField)low : FIELD_COUNT;
}

/* `position`: of the entry in the file. */
static void parse_entry(TiffReader *reader, const uint8_t *bytes, uint64_t position) {
  bool big_endian = reader->big_endian;
  TiffField field = find_field(nodal_tiff_get16(big_endian, bytes));
  /* Some writers repeat a tag; the first one counts, as with libtiff. */
  if (field == FIELD_COUNT || reader->entries[field].present) {
    return;
  }
  TiffEntry *entry = &reader->entries[field];
  entry->present = true;
  entry->type = nodal_tiff_get16(big_endian, bytes + 2);
  size_t value_at = reader->big ? 12 : 8, place = reader->big ? 8 : 4;
  entry->count = reader->big ? nodal_tiff_get64(big_endian, bytes + 4) : nodal_tiff_get32(big_endian, bytes + 4);
  size_t type_size = nodal_tiff_type_size(entry->type);
  entry->in_place = type_size == 0 || entry->count <= place / type_size;
  if (entry->in_place) {
    entry->offset = position + value_at;
    memcpy(entry->bytes, bytes + value_at, place);
  } else {
    entry->offset = reader->big ? nodal_tiff_get64(big_endian, bytes + 12) : nodal_tiff_get32(big_endian, bytes + 8);
  }
}

static bool fail_past_end(const TiffReader *reader, uint64_t offset, NodalError **error) {
  return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT,
                         "at offset %" PRIu64 ", goes past the end of the file (%" PRIu64 " bytes)", offset,
                         nodal_source_size(reader->source));
}

bool nodal_tiff_read_entries(TiffReader *reader, uint64_t offset, NodalError **error) {
  size_t count_size = reader->big ? 8 : 2, entry_size = reader->big ? 20 : 12, next_size = reader->big ? 8 : 4;
  const uint8_t *bytes;
  if (offset < (reader->big ? 16 : 8)) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "at offset %" PRIu64 ", lies in the header", offset);
  }
  if (!nodal_source_holds(reader->source, offset, count_size)) {
    return fail_past_end(reader, offset, error);
  }
  if (!peek(reader, offset, count_size, &bytes, error)) {
    return false;
  }
  uint64_t count =
      reader->big ? nodal_tiff_get64(reader->big_endian, bytes) : nodal_tiff_get16(reader->big_endian, bytes);
  if (count == 0) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "has no entries");
  }
  if (count > MAX_ENTRIES) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "has %" PRIu64 " entries; at most %d are read", count,
                           (int)MAX_ENTRIES);
  }
  size_t size = count_size + (size_t)count * entry_size + next_size;
  if (!nodal_source_holds(reader->source, offset, size)) {
    return fail_past_end(reader, offset, error);
  }
  if (!peek(reader, offset, size, &bytes, error)) {
    return false;
  }
  memset(reader->entries, 0, sizeof reader->entries);
  for (size_t at = count_size; at < size - next_size; at += entry_size) {
    parse_entry(reader, bytes + at, offset + at);
  }
  bytes += size - next_size;
  reader->next =
      reader->big ? nodal_tiff_get64(reader->big_endian, bytes) : nodal_tiff_get32(reader->big_endian, bytes);
  return true;
}

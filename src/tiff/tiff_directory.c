/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "tiff/tiff_reader.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Safety limits. The largest description known is the XML of Philips with its pictures inside, some megabytes. */
enum {
  MAX_BLOB = 64 << 20,
  MAX_JPEG_TABLES = 1 << 20,
  MAX_TILE_SIDE = 65536,
  MAX_TILE_PIXELS = 64 << 20,
  MAX_COLOR_BITS = 16
};
static const uint64_t max_kept_bytes = (uint64_t)256 << 20;

/* --- Memory that lives as long as the file is open --- */

void *nodal_tiff_keep(TiffKeeper *keeper, const TiffReader *reader, size_t size, NodalError **error) {
  if (size > max_kept_bytes - keeper->bytes) {
    nodal_tiff_fail(reader, error, NODAL_ERROR_MEMORY, "the texts and tables of the file are larger than %" PRIu64,
                    max_kept_bytes);
    return NULL;
  }
  if (!nodal_grow_array(&keeper->blobs, &keeper->capacity, keeper->count + 1, sizeof *keeper->blobs, error)) {
    return NULL;
  }
  void *blob = nodal_alloc(size, error);
  if (blob) {
    keeper->blobs[keeper->count++] = blob;
    keeper->bytes += size;
  }
  return blob;
}

void nodal_tiff_keeper_free(TiffKeeper *keeper) {
  for (size_t i = 0; i < keeper->count; i++) {
    free(keeper->blobs[i]);
  }
  free(keeper->blobs);
  *keeper = (TiffKeeper){0};
}

/* --- Single numbers --- */

static bool has(const TiffReader *reader, TiffField field) {
  return reader->entries[field].present;
}

/* Whether the field has a value of a type that makes sense for it; where it is only of use to people, not of need. */
static bool is_usable(const TiffReader *reader, TiffField field, bool (*type_is_right)(int type)) {
  const TiffEntry *entry = &reader->entries[field];
  return entry->present && entry->count > 0 && type_is_right(entry->type);
}

static bool check_unsigned(const TiffReader *reader, TiffField field, NodalError **error) {
  int type = reader->entries[field].type;
  return nodal_tiff_type_is_unsigned(type) ||
         nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "%s has type %d instead of a whole number",
                         nodal_tiff_field_name(field), type);
}

/* A number without which the pixels cannot be understood. */
static bool read_needed(TiffReader *reader, TiffField field, int64_t fallback, int64_t least, int64_t most,
                        int64_t *value, NodalError **error) {
  *value = fallback;
  if (!has(reader, field)) {
    return true;
  }
  const uint8_t *bytes;
  if (!check_unsigned(reader, field, error) || !nodal_tiff_values(reader, field, 1, &bytes, error)) {
    return false;
  }
  uint64_t number = nodal_tiff_get_unsigned(reader->big_endian, reader->entries[field].type, bytes);
  if (number < (uint64_t)least || number > (uint64_t)most) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "%s is %" PRIu64 " instead of %" PRId64 " to %" PRId64,
                           nodal_tiff_field_name(field), number, least, most);
  }
  *value = (int64_t)number;
  return true;
}

/* read_needed() into an int. */
static bool read_needed_int(TiffReader *reader, TiffField field, int fallback, int least, int most, int *value,
                            NodalError **error) {
  int64_t number;
  bool success = read_needed(reader, field, fallback, least, most, &number, error);
  *value = (int)number;
  return success;
}

/* A number that may be taken as absent where it makes no sense. */
static bool read_optional_int(TiffReader *reader, TiffField field, int fallback, int least, int most, int *value,
                              NodalError **error) {
  *value = fallback;
  if (!is_usable(reader, field, nodal_tiff_type_is_unsigned)) {
    return true;
  }
  const uint8_t *bytes;
  if (!nodal_tiff_values(reader, field, 1, &bytes, error)) {
    return false;
  }
  uint64_t number = nodal_tiff_get_unsigned(reader->big_endian, reader->entries[field].type, bytes);
  if (number >= (uint64_t)least && number <= (uint64_t)most) {
    *value = (int)number;
  }
  return true;
}

/* A tag with one value a sample. `*value` is the first; some writers give only one for all. */
static bool read_per_sample(TiffReader *reader, TiffField field, int samples, uint64_t fallback, uint64_t *value,
                            bool *alike, NodalError **error) {
  *value = fallback;
  *alike = true;
  if (!has(reader, field)) {
    return true;
  }
  const TiffEntry *entry = &reader->entries[field];
  uint64_t count = entry->count < (uint64_t)samples ? entry->count : (uint64_t)samples;
  const uint8_t *bytes;
  if (!check_unsigned(reader, field, error) || !nodal_tiff_values(reader, field, count, &bytes, error)) {
    return false;
  }
  size_t size = nodal_tiff_type_size(entry->type);
  *value = nodal_tiff_get_unsigned(reader->big_endian, entry->type, bytes);
  for (uint64_t i = 1; i < count; i++) {
    if (nodal_tiff_get_unsigned(reader->big_endian, entry->type, bytes + i * size) != *value) {
      *alike = false;
    }
  }
  return true;
}

/* --- Texts and blobs --- */

static bool is_text_type(int type) {
  return type == TIFF_TYPE_ASCII || type == TIFF_TYPE_BYTE || type == TIFF_TYPE_UNDEFINED;
}

static bool is_blob_type(int type) {
  return type == TIFF_TYPE_BYTE || type == TIFF_TYPE_UNDEFINED;
}

/* Length of the UTF-8 sequence at `text` (RFC 3629), which ends with a NUL; 0 if there is none. */
static size_t utf8_length(const uint8_t *text) {
  uint8_t first = text[0];
  if (first < 0x80) {
    return 1;
  }
  size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) {
    return 0;
  }
  for (size_t i = 1; i < length; i++) {
    if ((text[i] & 0xC0) != 0x80) {
      return 0;
    }
  }
  /* Overlong forms, surrogates, and what lies past U+10FFFF. */
  if ((first == 0xE0 && text[1] < 0xA0) || (first == 0xED && text[1] > 0x9F) || (first == 0xF0 && text[1] < 0x90) ||
      (first == 0xF4 && text[1] > 0x8F)) {
    return 0;
  }
  return length;
}

static void make_utf8(char *text) {
  uint8_t *at = (uint8_t *)text;
  while (*at) {
    size_t length = utf8_length(at);
    if (length == 0) {
      *at = '?';
      length = 1;
    }
    at += length;
  }
}

/* Reads a blob and a NUL after it; `*blob` stays NULL where the tag is absent or of a strange type. */
static bool read_blob(TiffReader *reader, TiffKeeper *keeper, TiffField field, bool (*type_is_right)(int type),
                      uint64_t limit, uint8_t **blob, size_t *size, NodalError **error) {
  *blob = NULL;
  *size = 0;
  if (!is_usable(reader, field, type_is_right)) {
    return true;
  }
  uint64_t bytes;
  if (!nodal_tiff_check_values(reader, field, &bytes, error)) {
    return false;
  }
  if (bytes > limit) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_MEMORY, "%s has %" PRIu64 " bytes; at most %" PRIu64 " are read",
                           nodal_tiff_field_name(field), bytes, limit);
  }
  uint8_t *copy = nodal_tiff_keep(keeper, reader, (size_t)bytes + 1, error);
  if (!copy || !nodal_tiff_copy_values(reader, field, copy, (size_t)bytes, error)) {
    return false;
  }
  copy[bytes] = 0;
  *blob = copy;
  *size = (size_t)bytes;
  return true;
}

/* An empty text counts as none. */
static bool read_text(TiffReader *reader, TiffKeeper *keeper, TiffField field, const char **text, NodalError **error) {
  uint8_t *blob;
  size_t size;
  if (!read_blob(reader, keeper, field, is_text_type, MAX_BLOB, &blob, &size, error)) {
    return false;
  }
  if (blob && blob[0]) {
    make_utf8((char *)blob);
    *text = (const char *)blob;
  }
  return true;
}

static bool read_texts(TiffReader *reader, TiffKeeper *keeper, NodalTiffDirectory *directory, NodalError **error) {
  return read_text(reader, keeper, FIELD_DOCUMENT_NAME, &directory->document_name, error) &&
         read_text(reader, keeper, FIELD_IMAGE_DESCRIPTION, &directory->description, error) &&
         read_text(reader, keeper, FIELD_MAKE, &directory->make, error) &&
         read_text(reader, keeper, FIELD_MODEL, &directory->model, error) &&
         read_text(reader, keeper, FIELD_SOFTWARE, &directory->software, error) &&
         read_text(reader, keeper, FIELD_DATE_TIME, &directory->date_time, error) &&
         read_text(reader, keeper, FIELD_ARTIST, &directory->artist, error) &&
         read_text(reader, keeper, FIELD_HOST_COMPUTER, &directory->host_computer, error) &&
         read_text(reader, keeper, FIELD_COPYRIGHT, &directory->copyright, error);
}

static bool is_short(int type) {
  return type == TIFF_TYPE_SHORT;
}

/* Left out unless it has exactly the size that the bits ask for. */
static bool read_color_map(TiffReader *reader, TiffKeeper *keeper, NodalTiffDirectory *directory, NodalError **error) {
  if (!is_usable(reader, FIELD_COLOR_MAP, is_short) || directory->bits > MAX_COLOR_BITS) {
    return true;
  }
  size_t count = (size_t)3 << directory->bits;
  if (reader->entries[FIELD_COLOR_MAP].count != count) {
    return true;
  }
  const uint8_t *bytes;
  if (!nodal_tiff_values(reader, FIELD_COLOR_MAP, count, &bytes, error)) {
    return false;
  }
  uint16_t *map = nodal_tiff_keep(keeper, reader, count * sizeof *map, error);
  if (!map) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    map[i] = nodal_tiff_get16(reader->big_endian, bytes + 2 * i);
  }
  directory->color_map = map;
  return true;
}

static bool read_blobs(TiffReader *reader, TiffKeeper *keeper, NodalTiffDirectory *directory, NodalError **error) {
  uint8_t *blob;
  if (!read_blob(reader, keeper, FIELD_JPEG_TABLES, is_blob_type, MAX_JPEG_TABLES, &blob, &directory->jpeg_tables_size,
                 error)) {
    return false;
  }
  directory->jpeg_tables = blob;
  if (!read_blob(reader, keeper, FIELD_ICC_PROFILE, is_blob_type, MAX_BLOB, &blob, &directory->icc_profile_size,
                 error)) {
    return false;
  }
  directory->icc_profile = blob;
  return read_color_map(reader, keeper, directory, error);
}

/* --- Geometry and samples --- */

static bool read_subfile_type(TiffReader *reader, NodalTiffDirectory *directory, NodalError **error) {
  int64_t type;
  int old_type;
  if (!read_needed(reader, FIELD_NEW_SUBFILE_TYPE, 0, 0, UINT32_MAX, &type, error) ||
      !read_optional_int(reader, FIELD_SUBFILE_TYPE, 1, 1, 3, &old_type, error)) {
    return false;
  }
  if (!has(reader, FIELD_NEW_SUBFILE_TYPE)) {
    type = old_type == 1 ? 0 : old_type == 2 ? 1 : 2;
  }
  directory->subfile_type = (uint32_t)type;
  return true;
}

static bool read_size(TiffReader *reader, NodalTiffDirectory *directory, NodalError **error) {
  if (!has(reader, FIELD_IMAGE_WIDTH) || !has(reader, FIELD_IMAGE_LENGTH)) {
    return nodal_tiff_fail(
        reader, error, NODAL_ERROR_FORMAT, "has no %s",
        nodal_tiff_field_name(has(reader, FIELD_IMAGE_WIDTH) ? FIELD_IMAGE_LENGTH : FIELD_IMAGE_WIDTH));
  }
  return read_needed(reader, FIELD_IMAGE_WIDTH, 0, 1, INT32_MAX, &directory->width, error) &&
         read_needed(reader, FIELD_IMAGE_LENGTH, 0, 1, INT32_MAX, &directory->height, error);
}

static void set_dtype(NodalTiffDirectory *directory, uint64_t sample_format) {
  /* 1: unsigned, 4: undefined, which libtiff takes for the same; 3: floating point. */
  bool is_unsigned = sample_format == 1 || sample_format == 4;
  directory->dtype_known = true;
  if (is_unsigned && directory->bits == 8) {
    directory->dtype = NODAL_UINT8;
  } else if (is_unsigned && directory->bits == 16) {
    directory->dtype = NODAL_UINT16;
  } else if (is_unsigned && directory->bits == 32) {
    directory->dtype = NODAL_UINT32;
  } else if (sample_format == 3 && directory->bits == 32) {
    directory->dtype = NODAL_FLOAT32;
  } else {
    directory->dtype_known = false;
  }
}

static bool read_samples(TiffReader *reader, NodalTiffDirectory *directory, NodalError **error) {
  if (!read_needed_int(reader, FIELD_SAMPLES_PER_PIXEL, 1, 1, NODAL_TIFF_MAX_SAMPLES, &directory->samples, error)) {
    return false;
  }
  uint64_t bits, format;
  bool alike;
  if (!read_per_sample(reader, FIELD_BITS_PER_SAMPLE, directory->samples, 1, &bits, &alike, error)) {
    return false;
  }
  if (!alike) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_UNSUPPORTED, "its samples differ in their bits");
  }
  if (bits < 1 || bits > 64) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "%s is %" PRIu64 " instead of 1 to 64",
                           nodal_tiff_field_name(FIELD_BITS_PER_SAMPLE), bits);
  }
  directory->bits = (int)bits;
  if (!read_per_sample(reader, FIELD_SAMPLE_FORMAT, directory->samples, 1, &format, &alike, error)) {
    return false;
  }
  set_dtype(directory, alike ? format : 0);

  if (is_usable(reader, FIELD_EXTRA_SAMPLES, nodal_tiff_type_is_unsigned)) {
    uint64_t count = reader->entries[FIELD_EXTRA_SAMPLES].count;
    if (count > (uint64_t)directory->samples) {
      return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "%s has %" PRIu64 " values for %d samples",
                             nodal_tiff_field_name(FIELD_EXTRA_SAMPLES), count, directory->samples);
    }
    directory->extra_samples = (int)count;
  }
  return read_optional_int(reader, FIELD_EXTRA_SAMPLES, 0, 0, 2, &directory->extra_sample, error);
}

static bool read_blocks(TiffReader *reader, NodalTiffDirectory *directory, NodalError **error) {
  int planar;
  if (!read_needed_int(reader, FIELD_PLANAR_CONFIGURATION, 1, 1, 2, &planar, error)) {
    return false;
  }
  directory->planar = planar == 2 && directory->samples > 1;
  directory->tiled = has(reader, FIELD_TILE_WIDTH) || has(reader, FIELD_TILE_LENGTH);
  if (directory->tiled) {
    if (!has(reader, FIELD_TILE_WIDTH) || !has(reader, FIELD_TILE_LENGTH)) {
      return nodal_tiff_fail(
          reader, error, NODAL_ERROR_FORMAT, "has no %s",
          nodal_tiff_field_name(has(reader, FIELD_TILE_WIDTH) ? FIELD_TILE_LENGTH : FIELD_TILE_WIDTH));
    }
    if (!read_needed(reader, FIELD_TILE_WIDTH, 0, 1, MAX_TILE_SIDE, &directory->block_width, error) ||
        !read_needed(reader, FIELD_TILE_LENGTH, 0, 1, MAX_TILE_SIDE, &directory->block_height, error)) {
      return false;
    }
    if (directory->block_width * directory->block_height > MAX_TILE_PIXELS) {
      return nodal_tiff_fail(reader, error, NODAL_ERROR_MEMORY,
                             "a tile of %" PRId64 " x %" PRId64 " pixels is larger than %d", directory->block_width,
                             directory->block_height, (int)MAX_TILE_PIXELS);
    }
  } else {
    int64_t rows;
    if (!read_needed(reader, FIELD_ROWS_PER_STRIP, UINT32_MAX, 1, UINT32_MAX, &rows, error)) {
      return false;
    }
    directory->block_width = directory->width;
    directory->block_height = nodal_min64(rows, directory->height);
  }
  directory->blocks_across = nodal_div_up(directory->width, directory->block_width);
  directory->blocks_down = nodal_div_up(directory->height, directory->block_height);
  /* No overflow: the factors are below 2^31, 2^31 and 2^8 + 1, and of the first two one is 1 for strips. */
  uint64_t blocks = (uint64_t)directory->blocks_across * (uint64_t)directory->blocks_down;
  if (__builtin_mul_overflow(blocks, directory->planar ? (uint64_t)directory->samples : 1, &directory->block_count)) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_MEMORY, "has too many blocks");
  }
  return true;
}

static bool read_coding(TiffReader *reader, NodalTiffDirectory *directory, NodalError **error) {
  /* The specification has no default for the photometric; libtiff, too, guesses by the number of samples. */
  int guess = directory->samples - directory->extra_samples >= 3 ? 2 : 1;
  return read_needed_int(reader, FIELD_COMPRESSION, 1, 1, UINT16_MAX, &directory->compression, error) &&
         read_needed_int(reader, FIELD_PHOTOMETRIC, guess, 0, UINT16_MAX, &directory->photometric, error) &&
         read_needed_int(reader, FIELD_PREDICTOR, 1, 1, UINT16_MAX, &directory->predictor, error) &&
         read_optional_int(reader, FIELD_ORIENTATION, 1, 1, 8, &directory->orientation, error);
}

/* --- Numbers about the pixels --- */

static bool read_resolution(TiffReader *reader, TiffField field, double *resolution, NodalError **error) {
  *resolution = 0;
  if (!is_usable(reader, field, nodal_tiff_type_is_number)) {
    return true;
  }
  const uint8_t *bytes;
  if (!nodal_tiff_values(reader, field, 1, &bytes, error)) {
    return false;
  }
  double value = nodal_tiff_get_number(reader->big_endian, reader->entries[field].type, bytes);
  *resolution = isfinite(value) && value > 0 ? value : 0;
  return true;
}

/* Least and greatest of the values of a field; `*found` is false where there is none, or one is not finite. */
static bool read_extremes(TiffReader *reader, TiffField field, int samples, double *least, double *greatest,
                          bool *found, NodalError **error) {
  *found = false;
  if (!is_usable(reader, field, nodal_tiff_type_is_number)) {
    return true;
  }
  const TiffEntry *entry = &reader->entries[field];
  uint64_t count = entry->count < (uint64_t)samples ? entry->count : (uint64_t)samples;
  const uint8_t *bytes;
  if (!nodal_tiff_values(reader, field, count, &bytes, error)) {
    return false;
  }
  *least = INFINITY;
  *greatest = -INFINITY;
  bool finite = true;
  for (uint64_t i = 0; i < count; i++) {
    double value =
        nodal_tiff_get_number(reader->big_endian, entry->type, bytes + i * nodal_tiff_type_size(entry->type));
    finite = finite && isfinite(value);
    *least = fmin(*least, value);
    *greatest = fmax(*greatest, value);
  }
  *found = finite;
  return true;
}

static bool read_value_range(TiffReader *reader, NodalTiffDirectory *directory, NodalError **error) {
  double least = 0, greatest = 0, unused;
  bool found_least, found_greatest;
  if (!read_extremes(reader, FIELD_S_MIN_SAMPLE_VALUE, directory->samples, &least, &unused, &found_least, error) ||
      !read_extremes(reader, FIELD_S_MAX_SAMPLE_VALUE, directory->samples, &unused, &greatest, &found_greatest,
                     error)) {
    return false;
  }
  if (found_least && found_greatest && least <= greatest) {
    directory->has_value_range = true;
    directory->minimum = least;
    directory->maximum = greatest;
  }
  return true;
}

bool nodal_tiff_interpret(TiffReader *reader, TiffKeeper *keeper, NodalTiffDirectory *directory, NodalError **error) {
  directory->xmp = has(reader, FIELD_XMP);
  directory->ndpi = has(reader, FIELD_NDPI_FORMAT);
  return read_subfile_type(reader, directory, error) && read_size(reader, directory, error) &&
         read_samples(reader, directory, error) && read_blocks(reader, directory, error) &&
         read_coding(reader, directory, error) &&
         read_optional_int(reader, FIELD_RESOLUTION_UNIT, 2, 1, 3, &directory->resolution_unit, error) &&
         read_resolution(reader, FIELD_X_RESOLUTION, &directory->x_resolution, error) &&
         read_resolution(reader, FIELD_Y_RESOLUTION, &directory->y_resolution, error) &&
         read_value_range(reader, directory, error) && read_texts(reader, keeper, directory, error) &&
         read_blobs(reader, keeper, directory, error);
}

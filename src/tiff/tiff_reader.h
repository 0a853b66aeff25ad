/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_TIFF_TIFF_READER_H
#define NODAL_TIFF_TIFF_READER_H

#include "tiff/tiff.h"

/* Bytes of a TIFF file to entries and values. What the values mean is the business of tiff_directory.c. */

/* Types of values (TIFF 6.0 section 2, BigTIFF, TIFF technical note 1). */
typedef enum TiffType {
  TIFF_TYPE_BYTE = 1,
  TIFF_TYPE_ASCII = 2,
  TIFF_TYPE_SHORT = 3,
  TIFF_TYPE_LONG = 4,
  TIFF_TYPE_RATIONAL = 5,
  TIFF_TYPE_SBYTE = 6,
  TIFF_TYPE_UNDEFINED = 7,
  TIFF_TYPE_SSHORT = 8,
  TIFF_TYPE_SLONG = 9,
  TIFF_TYPE_SRATIONAL = 10,
  TIFF_TYPE_FLOAT = 11,
  TIFF_TYPE_DOUBLE = 12,
  TIFF_TYPE_IFD = 13,
  TIFF_TYPE_LONG8 = 16,
  TIFF_TYPE_SLONG8 = 17,
  TIFF_TYPE_IFD8 = 18
} TiffType;

/* The tags that are looked at, in the order of their numbers. */
typedef enum TiffField {
  FIELD_NEW_SUBFILE_TYPE,
  FIELD_SUBFILE_TYPE,
  FIELD_IMAGE_WIDTH,
  FIELD_IMAGE_LENGTH,
  FIELD_BITS_PER_SAMPLE,
  FIELD_COMPRESSION,
  FIELD_PHOTOMETRIC,
  FIELD_DOCUMENT_NAME,
  FIELD_IMAGE_DESCRIPTION,
  FIELD_MAKE,
  FIELD_MODEL,
  FIELD_STRIP_OFFSETS,
  FIELD_ORIENTATION,
  FIELD_SAMPLES_PER_PIXEL,
  FIELD_ROWS_PER_STRIP,
  FIELD_STRIP_BYTE_COUNTS,
  FIELD_X_RESOLUTION,
  FIELD_Y_RESOLUTION,
  FIELD_PLANAR_CONFIGURATION,
  FIELD_RESOLUTION_UNIT,
  FIELD_SOFTWARE,
  FIELD_DATE_TIME,
  FIELD_ARTIST,
  FIELD_HOST_COMPUTER,
  FIELD_PREDICTOR,
  FIELD_COLOR_MAP,
  FIELD_TILE_WIDTH,
  FIELD_TILE_LENGTH,
  FIELD_TILE_OFFSETS,
  FIELD_TILE_BYTE_COUNTS,
  FIELD_SUB_IFDS,
  FIELD_EXTRA_SAMPLES,
  FIELD_SAMPLE_FORMAT,
  FIELD_S_MIN_SAMPLE_VALUE,
  FIELD_S_MAX_SAMPLE_VALUE,
  FIELD_JPEG_TABLES,
  FIELD_XMP,
  FIELD_COPYRIGHT,
  FIELD_ICC_PROFILE,
  FIELD_NDPI_FORMAT,
  FIELD_COUNT
} TiffField;

/* One entry of a directory. */
typedef struct TiffEntry {
  bool present;
  bool in_place; /* the value is in the entry itself, and in `bytes` */
  uint16_t type;
  uint64_t count;
  uint64_t offset; /* where the value is in the file, also if it is in place */
  uint8_t bytes[8];
} TiffEntry;

typedef struct TiffReader {
  NodalSource *source;
  const char *name;
  bool big_endian, big;
  int directory; /* the one being read, for messages; -1: none yet */

  /* The piece of the file read last: directories and their values mostly lie side by side. */
  uint8_t *window;
  size_t window_size, window_capacity;
  uint64_t window_offset;

  TiffEntry entries[FIELD_COUNT]; /* of the directory being read */
  uint64_t next;                  /* offset of the directory after it; 0: none */
} TiffReader;

/* nodal_fail() with the file and the directory before the message. */
bool nodal_tiff_fail(const TiffReader *reader, NodalError **error, NodalErrorCode code, const char *format, ...)
    NODAL_PRINTF(4, 5);

/* Starts reading: looks at the header. `*first` is the offset of the first directory. */
bool nodal_tiff_reader_start(TiffReader *reader, NodalSource *source, uint64_t *first, NodalError **error);
void nodal_tiff_reader_finish(TiffReader *reader);

/* Reads the entries of the directory at `offset`, but not their values. */
bool nodal_tiff_read_entries(TiffReader *reader, uint64_t offset, NodalError **error);

/* Number and specification's name of a tag: "tag 256 (ImageWidth)". Static. */
const char *nodal_tiff_field_name(TiffField field);

/* Bytes of a value type; 0 for types that are not known. */
size_t nodal_tiff_type_size(int type);
/* Types of whole numbers that are never negative. */
bool nodal_tiff_type_is_unsigned(int type);
bool nodal_tiff_type_is_number(int type);

uint16_t nodal_tiff_get16(bool big_endian, const uint8_t *bytes);
uint32_t nodal_tiff_get32(bool big_endian, const uint8_t *bytes);
uint64_t nodal_tiff_get64(bool big_endian, const uint8_t *bytes);
/* One value of a type that nodal_tiff_type_is_unsigned(). */
uint64_t nodal_tiff_get_unsigned(bool big_endian, int type, const uint8_t *bytes);
/* One value of a type that nodal_tiff_type_is_number(). A fraction with denominator 0 is 0. */
double nodal_tiff_get_number(bool big_endian, int type, const uint8_t *bytes);

/*
 * The first `count` values of an entry as bytes in the file's order, valid until the next read. Fails where the entry
 * has fewer, or where they lie outside the file.
 */
bool nodal_tiff_values(TiffReader *reader, TiffField field, uint64_t count, const uint8_t **bytes, NodalError **error);

/* Checks that all values of an entry, of a known type, lie inside the file. `*size`: their bytes. */
bool nodal_tiff_check_values(const TiffReader *reader, TiffField field, uint64_t *size, NodalError **error);

/* Reads `size` bytes of an entry's values, which nodal_tiff_check_values() found to be there. */
bool nodal_tiff_copy_values(TiffReader *reader, TiffField field, void *to, size_t size, NodalError **error);

/* What one directory's fields become; the blobs come from `keep`. */
typedef struct TiffKeeper {
  void **blobs;
  size_t count, capacity;
  uint64_t bytes; /* of all blobs: many directories may name one long text */
} TiffKeeper;

/* Memory that lives as long as the file is open. */
void *nodal_tiff_keep(TiffKeeper *keeper, const TiffReader *reader, size_t size, NodalError **error);
void nodal_tiff_keeper_free(TiffKeeper *keeper);

/* Gives the entries just read their meaning. */
bool nodal_tiff_interpret(TiffReader *reader, TiffKeeper *keeper, NodalTiffDirectory *directory, NodalError **error);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff/tiff_writer.h"

#include "base/memory.h"
#include "tiff/rational.h"
#include "tiff/tiff.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/*
 * The file: header, all directories each with its values, all arrays of block places, data, directories added late.
 * A directory's entries are listed twice, for their sizes when the layout is fixed and for their values when all is
 * known; both times by the same function, so that they cannot disagree.
 */

enum { HEADER_SIZE = 16, ENTRY_SIZE = 20, PLACE = 8, MAX_ENTRIES = 32, TILE_STEP = 16 };

/* Types of values, with the bytes of their elements. */
typedef enum WireType {
  WIRE_ASCII = 2,
  WIRE_SHORT = 3,
  WIRE_LONG = 4,
  WIRE_RATIONAL = 5,
  WIRE_UNDEFINED = 7,
  WIRE_DOUBLE = 12,
  WIRE_LONG8 = 16
} WireType;

typedef struct Directory {
  NodalTiffSpec spec; /* its pointers are copies */
  char *description, *software;
  uint8_t *jpeg_tables, *icc_profile;
  uint64_t block_count;
  uint64_t *offsets;
  uint32_t *sizes;      /* or: */
  uint64_t *wide_sizes; /* where a block may have 4 GiB */
  double minimum, maximum;
  uint64_t at;        /* of the directory in the file */
  uint64_t arrays_at; /* of the array of offsets, and after it that of sizes, where they do not fit in the entry */
  uint64_t end;       /* of the directory's values */
} Directory;

struct NodalTiffWriter {
  NodalOutput *output;
  /* A fixed table: it never moves while other threads look a directory up. */
  Directory *directories[NODAL_TIFF_MAX_DIRECTORIES];
  atomic_int count;
  int early_count; /* directories at the head; the others are added after the start */
  bool started;
  uint64_t head_size; /* where the data begin */
  _Atomic uint64_t end;
  atomic_bool too_large;
  pthread_mutex_t lock; /* adding, value ranges */
};

/* One entry; `values` in the machine's byte order, fractions as pairs. */
typedef struct Entry {
  uint16_t tag, type;
  uint64_t count;
  const void *values;
  bool is_array; /* of blocks: with the arrays, not behind the directory */
} Entry;

/* What the values of entries point into. */
typedef struct EntryList {
  Entry entries[MAX_ENTRIES];
  int count;
  uint32_t numbers[MAX_ENTRIES];
  uint16_t bits[NODAL_TIFF_MAX_SAMPLES], formats[NODAL_TIFF_MAX_SAMPLES], extra[NODAL_TIFF_MAX_SAMPLES];
  double minima[NODAL_TIFF_MAX_SAMPLES], maxima[NODAL_TIFF_MAX_SAMPLES];
  uint16_t subsampling[2], shorts[MAX_ENTRIES];
  uint32_t resolution[2][2], reference[12];
} EntryList;

/* --- Directories to be --- */

static void free_directory(Directory *directory) {
  if (directory) {
    free(directory->description);
    free(directory->software);
    free(directory->jpeg_tables);
    free(directory->icc_profile);
    free(directory->offsets);
    free(directory->sizes);
    free(directory->wide_sizes);
    free(directory);
  }
}

NodalTiffWriter *nodal_tiff_writer_new(NodalOutput *output, NodalError **error) {
  NodalTiffWriter *writer = nodal_alloc_array(1, sizeof *writer, error);
  if (writer) {
    writer->output = output;
    pthread_mutex_init(&writer->lock, NULL);
  }
  return writer;
}

void nodal_tiff_writer_free(NodalTiffWriter *writer) {
  if (!writer) {
    return;
  }
  for (int i = 0; i < writer->count; i++) {
    free_directory(writer->directories[i]);
  }
  pthread_mutex_destroy(&writer->lock);
  free(writer);
}

static bool fail_argument(const NodalTiffWriter *writer, NodalError **error, const char *text) {
  return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %s", nodal_output_name(writer->output), text);
}

static bool check_spec(const NodalTiffWriter *writer, const NodalTiffSpec *spec, NodalError **error) {
  if (spec->width < 1 || spec->height < 1 || spec->width > INT32_MAX || spec->height > INT32_MAX) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: an image of %" PRId64 " x %" PRId64 " pixels cannot be written",
                      nodal_output_name(writer->output), spec->width, spec->height);
  }
  bool strip = spec->tile_width == 0 && spec->tile_height == 0;
  if (!strip && (spec->tile_width < TILE_STEP || spec->tile_height < TILE_STEP || spec->tile_width % TILE_STEP ||
                 spec->tile_height % TILE_STEP)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: tiles of %d x %d pixels: the sides must be multiples of %d",
                      nodal_output_name(writer->output), spec->tile_width, spec->tile_height, (int)TILE_STEP);
  }
  if (spec->samples < 1 || spec->samples > NODAL_TIFF_MAX_SAMPLES || spec->extra_samples < 0 ||
      spec->extra_samples > spec->samples) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %d sample%s, %d of them extra, cannot be written",
                      nodal_output_name(writer->output), spec->samples, nodal_plural((uint64_t)spec->samples),
                      spec->extra_samples);
  }
  return true;
}

static bool copy_blob(uint8_t **copy, const void *blob, size_t size, NodalError **error) {
  if (!blob || size == 0) {
    return true;
  }
  *copy = nodal_alloc(size, error);
  if (*copy) {
    memcpy(*copy, blob, size);
  }
  return *copy != NULL;
}

static bool copy_text(char **copy, const char *text, NodalError **error) {
  return !text || (*copy = nodal_strdup(text, error));
}

static bool fill_directory(const NodalTiffWriter *writer, Directory *directory, const NodalTiffSpec *spec,
                           NodalError **error) {
  directory->spec = *spec;
  int64_t width = spec->tile_width ? spec->tile_width : spec->width;
  int64_t height = spec->tile_width ? spec->tile_height : spec->height;
  directory->block_count = (uint64_t)(nodal_div_up(spec->width, width) * nodal_div_up(spec->height, height));
  if (directory->block_count > NODAL_TIFF_MAX_BLOCKS) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: would have %" PRIu64 " tiles; at most %d are written",
                      nodal_output_name(writer->output), directory->block_count, (int)NODAL_TIFF_MAX_BLOCKS);
  }
  /* Compressed data may be somewhat larger than the pixels. */
  double most = 2.0 * (double)width * (double)height * spec->samples * (double)nodal_dtype_size(spec->dtype);
  bool wide = most > UINT32_MAX;
  size_t count = (size_t)directory->block_count;
  directory->offsets = nodal_alloc_array(count, sizeof *directory->offsets, error);
  if (!directory->offsets) {
    return false;
  }
  if (wide) {
    directory->wide_sizes = nodal_alloc_array(count, sizeof *directory->wide_sizes, error);
  } else {
    directory->sizes = nodal_alloc_array(count, sizeof *directory->sizes, error);
  }
  return (directory->sizes || directory->wide_sizes) && copy_text(&directory->description, spec->description, error) &&
         copy_text(&directory->software, spec->software, error) &&
         copy_blob(&directory->jpeg_tables, spec->jpeg_tables, spec->jpeg_tables_size, error) &&
         copy_blob(&directory->icc_profile, spec->icc_profile, spec->icc_profile_size, error);
}

int nodal_tiff_writer_add(NodalTiffWriter *writer, const NodalTiffSpec *spec, NodalError **error) {
  if (!check_spec(writer, spec, error)) {
    return -1;
  }
  Directory *directory = nodal_alloc_array(1, sizeof *directory, error);
  if (!directory || !fill_directory(writer, directory, spec, error)) {
    free_directory(directory);
    return -1;
  }
  pthread_mutex_lock(&writer->lock);
  int index = writer->count;
  if (index < NODAL_TIFF_MAX_DIRECTORIES) {
    writer->directories[index] = directory;
    writer->count = index + 1;
  }
  pthread_mutex_unlock(&writer->lock);
  if (index == NODAL_TIFF_MAX_DIRECTORIES) {
    free_directory(directory);
    fail_argument(writer, error, "has too many directories");
    return -1;
  }
  return index;
}

/* --- Entries --- */

static void add_entry(EntryList *list, int tag, WireType type, uint64_t count, const void *values) {
  list->entries[list->count++] = (Entry){(uint16_t)tag, (uint16_t)type, count, values, false};
}

static void add_short(EntryList *list, int tag, int value) {
  uint16_t *number = &list->shorts[list->count];
  *number = (uint16_t)value;
  add_entry(list, tag, WIRE_SHORT, 1, number);
}

static void add_long(EntryList *list, int tag, int64_t value) {
  uint32_t *number = &list->numbers[list->count];
  *number = (uint32_t)value;
  add_entry(list, tag, WIRE_LONG, 1, number);
}

static void add_text(EntryList *list, int tag, const char *text) {
  if (text) {
    add_entry(list, tag, WIRE_ASCII, strlen(text) + 1, text);
  }
}

static void add_blocks(EntryList *list, const Directory *directory, int offsets_tag, int sizes_tag) {
  bool is_array = directory->block_count > 1;
  add_entry(list, offsets_tag, WIRE_LONG8, directory->block_count, directory->offsets);
  list->entries[list->count - 1].is_array = is_array;
  if (sizes_tag == 279) {
    add_short(list, 274, 1);
    add_short(list, 277, directory->spec.samples);
    add_long(list, 278, directory->spec.height);
  }
  if (directory->wide_sizes) {
    add_entry(list, sizes_tag, WIRE_LONG8, directory->block_count, directory->wide_sizes);
  } else {
    add_entry(list, sizes_tag, WIRE_LONG, directory->block_count, directory->sizes);
  }
  list->entries[list->count - 1].is_array = is_array;
}

static void fill_samples(EntryList *list, const Directory *directory) {
  const NodalTiffSpec *spec = &directory->spec;
  for (int i = 0; i < spec->samples; i++) {
    list->bits[i] = (uint16_t)(8 * nodal_dtype_size(spec->dtype));
    list->formats[i] = spec->dtype == NODAL_FLOAT32 ? 3 : 1;
    /* Alpha is one of the extra samples, the first; more of them have no meaning. */
    list->extra[i] = (uint16_t)(i == 0 ? spec->extra_sample : 0);
    list->minima[i] = directory->minimum;
    list->maxima[i] = directory->maximum;
  }
}

static bool has_resolution(const NodalTiffSpec *spec) {
  return spec->x_resolution > 0 && spec->y_resolution > 0;
}

static void add_resolution(EntryList *list, const NodalTiffSpec *spec) {
  if (has_resolution(spec)) {
    nodal_rational_from_double(spec->x_resolution, &list->resolution[0][0], &list->resolution[0][1]);
    nodal_rational_from_double(spec->y_resolution, &list->resolution[1][0], &list->resolution[1][1]);
    add_entry(list, 282, WIRE_RATIONAL, 1, list->resolution[0]);
    add_entry(list, 283, WIRE_RATIONAL, 1, list->resolution[1]);
  }
}

static void add_ycbcr(EntryList *list, const NodalTiffSpec *spec) {
  /* Full range, as JFIF has it; the default of TIFF is another one. */
  static const uint32_t full_range[] = {0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1};
  memcpy(list->reference, full_range, sizeof full_range);
  list->subsampling[0] = (uint16_t)spec->h_samp;
  list->subsampling[1] = (uint16_t)spec->v_samp;
  add_entry(list, 530, WIRE_SHORT, 2, list->subsampling);
  add_entry(list, 532, WIRE_RATIONAL, 6, list->reference);
}

/* All entries in the order of their tags, as TIFF wants them. */
static void list_entries(EntryList *list, const Directory *directory) {
  const NodalTiffSpec *spec = &directory->spec;
  uint64_t samples = (uint64_t)spec->samples;
  bool tiled = spec->tile_width > 0;
  list->count = 0;
  fill_samples(list, directory);
  add_long(list, 254, spec->subfile_type);
  add_long(list, 256, spec->width);
  add_long(list, 257, spec->height);
  add_entry(list, 258, WIRE_SHORT, samples, list->bits);
  add_short(list, 259, spec->compression);
  add_short(list, 262, spec->photometric);
  add_text(list, 270, directory->description);
  if (tiled) {
    add_short(list, 274, 1);
    add_short(list, 277, spec->samples);
  } else {
    add_blocks(list, directory, 273, 279);
  }
  add_resolution(list, spec);
  add_short(list, 284, 1);
  if (has_resolution(spec)) {
    add_short(list, 296, 3);
  }
  add_text(list, 305, directory->software);
  if (spec->predictor > 1) {
    add_short(list, 317, spec->predictor);
  }
  if (tiled) {
    add_long(list, 322, spec->tile_width);
    add_long(list, 323, spec->tile_height);
    add_blocks(list, directory, 324, 325);
  }
  if (spec->extra_samples > 0) {
    add_entry(list, 338, WIRE_SHORT, (uint64_t)spec->extra_samples, list->extra);
  }
  add_entry(list, 339, WIRE_SHORT, samples, list->formats);
  if (spec->has_value_range) {
    add_entry(list, 340, WIRE_DOUBLE, samples, list->minima);
    add_entry(list, 341, WIRE_DOUBLE, samples, list->maxima);
  }
  if (directory->jpeg_tables) {
    add_entry(list, 347, WIRE_UNDEFINED, spec->jpeg_tables_size, directory->jpeg_tables);
  }
  if (spec->photometric == 6) {
    add_ycbcr(list, spec);
  }
  if (directory->icc_profile) {
    add_entry(list, 34675, WIRE_UNDEFINED, spec->icc_profile_size, directory->icc_profile);
  }
}

/* --- Layout --- */

static uint64_t align(uint64_t offset) {
  return (offset + 7) & ~UINT64_C(7);
}

/* Bytes of one number; a fraction is two of them. */
static size_t element_size(int type) {
  switch (type) {
  case WIRE_ASCII:
  case WIRE_UNDEFINED:
    return 1;
  case WIRE_SHORT:
    return 2;
  case WIRE_LONG:
  case WIRE_RATIONAL:
    return 4;
  default:
    return 8;
  }
}

static uint64_t element_count(const Entry *entry) {
  return entry->type == WIRE_RATIONAL ? 2 * entry->count : entry->count;
}

static uint64_t value_size(const Entry *entry) {
  return element_count(entry) * element_size(entry->type);
}

static uint64_t directory_size(const EntryList *list) {
  return 8 + (uint64_t)list->count * ENTRY_SIZE + 8;
}

/* Gives the directory and its values, but not its arrays, a place from `offset` on. */
static void place_directory(Directory *directory, uint64_t offset) {
  EntryList list;
  list_entries(&list, directory);
  directory->at = align(offset);
  uint64_t end = directory->at + directory_size(&list);
  for (int i = 0; i < list.count; i++) {
    uint64_t size = value_size(&list.entries[i]);
    if (size > PLACE && !list.entries[i].is_array) {
      end = align(end) + size;
    }
  }
  directory->end = align(end);
}

/* Gives the arrays a place; returns their end. */
static uint64_t place_arrays(Directory *directory, uint64_t offset) {
  directory->arrays_at = align(offset);
  if (directory->block_count == 1) {
    return directory->arrays_at;
  }
  uint64_t size = directory->block_count * (directory->wide_sizes ? 8 : 4);
  return align(directory->arrays_at + 8 * directory->block_count) + align(size);
}

bool nodal_tiff_writer_start(NodalTiffWriter *writer, NodalError **error) {
  if (writer->count == 0) {
    return fail_argument(writer, error, "a TIFF file needs an image");
  }
  uint64_t offset = HEADER_SIZE;
  writer->early_count = writer->count;
  for (int i = 0; i < writer->early_count; i++) {
    place_directory(writer->directories[i], offset);
    offset = writer->directories[i]->end;
  }
  for (int i = 0; i < writer->early_count; i++) {
    offset = place_arrays(writer->directories[i], offset);
  }
  writer->head_size = offset;
  writer->end = offset;
  writer->started = true;
  return true;
}

/* --- Data --- */

bool nodal_tiff_writer_append(NodalTiffWriter *writer, const void *data, size_t size, uint64_t *offset,
                              NodalError **error) {
  *offset = atomic_fetch_add(&writer->end, (uint64_t)size + size % 2);
  return nodal_output_write(writer->output, data, size, *offset, error);
}

void nodal_tiff_writer_set_block(NodalTiffWriter *writer, int directory, uint64_t index, uint64_t offset,
                                 uint64_t size) {
  Directory *entry = writer->directories[directory];
  entry->offsets[index] = offset;
  if (entry->wide_sizes) {
    entry->wide_sizes[index] = size;
  } else if (size <= UINT32_MAX) {
    entry->sizes[index] = (uint32_t)size;
  } else {
    writer->too_large = true;
  }
}

void nodal_tiff_writer_set_value_range(NodalTiffWriter *writer, int directory, double minimum, double maximum) {
  pthread_mutex_lock(&writer->lock);
  writer->directories[directory]->minimum = minimum;
  writer->directories[directory]->maximum = maximum;
  pthread_mutex_unlock(&writer->lock);
}

/* --- Encoding --- */

static void put(uint8_t *to, size_t size, uint64_t value) {
  for (size_t i = 0; i < size; i++) {
    to[i] = (uint8_t)(value >> (8 * i));
  }
}

static void put_values(uint8_t *to, const Entry *entry) {
  size_t size = element_size(entry->type);
  uint64_t count = element_count(entry);
  const uint8_t *values = entry->values;
  for (uint64_t i = 0; i < count; i++) {
    uint8_t narrow;
    uint16_t medium;
    uint32_t number;
    uint64_t wide;
    switch (size) {
    case 1:
      memcpy(&narrow, values + i, 1);
      wide = narrow;
      break;
    case 2:
      memcpy(&medium, values + 2 * i, 2);
      wide = medium;
      break;
    case 4:
      memcpy(&number, values + 4 * i, 4);
      wide = number;
      break;
    default:
      memcpy(&wide, values + 8 * i, 8);
      break;
    }
    put(to + size * i, size, wide);
  }
}

/* Writes a directory with its values and arrays into `buffer`, which stands for the file from `base` on. */
static void put_directory(uint8_t *buffer, uint64_t base, const Directory *directory, uint64_t next) {
  EntryList list;
  list_entries(&list, directory);
  uint8_t *at = buffer + (directory->at - base);
  uint64_t value_at = directory->at + directory_size(&list), array_at = directory->arrays_at;
  put(at, 8, (uint64_t)list.count);
  at += 8;
  for (int i = 0; i < list.count; i++, at += ENTRY_SIZE) {
    const Entry *entry = &list.entries[i];
    put(at, 2, entry->tag);
    put(at + 2, 2, entry->type);
    put(at + 4, 8, entry->count);
    uint64_t size = value_size(entry);
    if (size <= PLACE) {
      put_values(at + 12, entry);
      continue;
    }
    uint64_t *place = entry->is_array ? &array_at : &value_at;
    *place = align(*place);
    put(at + 12, 8, *place);
    put_values(buffer + (*place - base), entry);
    *place += size;
  }
  put(at, 8, next);
}

/* The chain has the directories in the order in which they came, but for one that asked to be the second. */
static uint64_t next_of(const NodalTiffWriter *writer, int index) {
  int second = 1, next = index + 1;
  while (second < writer->count && !writer->directories[second]->spec.second) {
    second++;
  }
  if (second > 1 && second < writer->count) {
    next = index == 0 ? second : index == second ? 1 : index + 1 == second ? second + 1 : index + 1;
  }
  return next < writer->count ? writer->directories[next]->at : 0;
}

static bool write_head(NodalTiffWriter *writer, NodalError **error) {
  uint8_t *buffer = nodal_alloc_array((size_t)writer->head_size, 1, error);
  if (!buffer) {
    return false;
  }
  memcpy(buffer, "II\x2B\0\x08\0\0\0", 8);
  put(buffer + 8, 8, writer->directories[0]->at);
  for (int i = 0; i < writer->early_count; i++) {
    put_directory(buffer, 0, writer->directories[i], next_of(writer, i));
  }
  bool written = nodal_output_write(writer->output, buffer, (size_t)writer->head_size, 0, error);
  free(buffer);
  return written;
}

/* A directory that was added after the start, at the place it has been given. */
static bool write_late(NodalTiffWriter *writer, int index, uint64_t end, NodalError **error) {
  const Directory *directory = writer->directories[index];
  size_t size = (size_t)(end - directory->at);
  uint8_t *buffer = nodal_alloc_array(size, 1, error);
  if (!buffer) {
    return false;
  }
  put_directory(buffer, directory->at, directory, next_of(writer, index));
  bool written = nodal_output_write(writer->output, buffer, size, directory->at, error);
  free(buffer);
  return written;
}

bool nodal_tiff_writer_finish(NodalTiffWriter *writer, NodalError **error) {
  if (!writer->started && !nodal_tiff_writer_start(writer, error)) {
    return false;
  }
  if (writer->too_large) {
    return fail_argument(writer, error, "a block of 4 GiB cannot be written");
  }
  uint64_t end = writer->end;
  for (int i = writer->early_count; i < writer->count; i++) {
    place_directory(writer->directories[i], end);
    end = place_arrays(writer->directories[i], writer->directories[i]->end);
  }
  writer->end = end;
  for (int i = writer->early_count; i < writer->count; i++) {
    uint64_t own_end = i + 1 < writer->count ? writer->directories[i + 1]->at : end;
    if (!write_late(writer, i, own_end, error)) {
      return false;
    }
  }
  return write_head(writer, error);
}

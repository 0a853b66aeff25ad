/* SPDX-License-Identifier: Apache-2.0 */
#include "tiff/tiff.h"

#include "base/memory.h"
#include "tiff/tiff_reader.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* For the block tables of all directories together. */
static const size_t max_array_bytes = (size_t)512 << 20;

/* Where in the file an array of block offsets or byte counts lies. */
typedef struct FileArray {
  uint64_t offset, count;
  int type; /* 0: there is none */
} FileArray;

/* Numbers of 4 bytes where they fit, else 8. */
typedef struct CompactArray {
  bool wide;
  uint32_t *narrow_values;
  uint64_t *wide_values;
} CompactArray;

/* What has been read of a directory's arrays. */
typedef struct BlockTable {
  CompactArray offsets, sizes; /* `sizes` is empty where they are computed */
} BlockTable;

typedef struct Directory {
  NodalTiffDirectory public;
  FileArray offsets, sizes;
  _Atomic(BlockTable *) blocks; /* NULL until somebody asks */
} Directory;

struct NodalTiff {
  NodalSource *source;
  bool big_endian, big;
  Directory *directories;
  size_t count, capacity;
  TiffKeeper keeper;
  pthread_mutex_t lock; /* for reading arrays */
  size_t array_bytes;   /* of all block tables */
};

/* --- Opening --- */

static bool note_array(TiffReader *reader, TiffField field, uint64_t needed, FileArray *array, NodalError **error) {
  const TiffEntry *entry = &reader->entries[field];
  const char *name = nodal_tiff_field_name(field);
  if (!nodal_tiff_type_is_unsigned(entry->type) || entry->type == TIFF_TYPE_BYTE) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "%s has type %d instead of 3, 4 or 16", name,
                           entry->type);
  }
  uint64_t size;
  if (!nodal_tiff_check_values(reader, field, &size, error)) {
    return false;
  }
  if (entry->count < needed) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "%s has %" PRIu64 " values instead of %" PRIu64, name,
                           entry->count, needed);
  }
  *array = (FileArray){entry->offset, needed, entry->type};
  return true;
}

/* Finds the arrays of offsets and byte counts without reading them. */
static bool note_arrays(TiffReader *reader, Directory *directory, NodalError **error) {
  const NodalTiffDirectory *public = &directory->public;
  if (public->block_count > NODAL_TIFF_MAX_BLOCKS) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_MEMORY, "has %" PRIu64 " blocks; at most %d are read",
                           public->block_count, (int)NODAL_TIFF_MAX_BLOCKS);
  }
  TiffField offsets = public->tiled ? FIELD_TILE_OFFSETS : FIELD_STRIP_OFFSETS;
  TiffField sizes = public->tiled ? FIELD_TILE_BYTE_COUNTS : FIELD_STRIP_BYTE_COUNTS;
  /* Some writers put the places of tiles under the tags of strips. */
  if (public->tiled && !reader->entries[offsets].present && reader->entries[FIELD_STRIP_OFFSETS].present) {
    offsets = FIELD_STRIP_OFFSETS;
  }
  if (public->tiled && !reader->entries[sizes].present && reader->entries[FIELD_STRIP_BYTE_COUNTS].present) {
    sizes = FIELD_STRIP_BYTE_COUNTS;
  }
  if (!reader->entries[offsets].present) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "has no %s", nodal_tiff_field_name(offsets));
  }
  if (!note_array(reader, offsets, public->block_count, &directory->offsets, error)) {
    return false;
  }
  if (!reader->entries[sizes].present) {
    return (!public->tiled && public->compression == 1) ||
           nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "has no %s", nodal_tiff_field_name(sizes));
  }
  return note_array(reader, sizes, public->block_count, &directory->sizes, error);
}

static bool check_new_offset(const NodalTiff *tiff, const TiffReader *reader, uint64_t offset, NodalError **error) {
  if (tiff->count == NODAL_TIFF_MAX_DIRECTORIES) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_MEMORY, "is one more than the %d that are read",
                           NODAL_TIFF_MAX_DIRECTORIES);
  }
  for (size_t i = 0; i < tiff->count; i++) {
    if (tiff->directories[i].public.offset == offset) {
      return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT,
                             "at offset %" PRIu64 ", is directory %zu again: the chain is a loop", offset, i);
    }
  }
  return true;
}

static bool add_directory(NodalTiff *tiff, TiffReader *reader, uint64_t offset, int parent, NodalError **error) {
  reader->directory = (int)tiff->count;
  Directory directory = {.public = {.offset = offset, .parent = parent}};
  if (!check_new_offset(tiff, reader, offset, error) || !nodal_tiff_read_entries(reader, offset, error) ||
      !nodal_tiff_interpret(reader, &tiff->keeper, &directory.public, error) ||
      !note_arrays(reader, &directory, error) ||
      !nodal_grow_array(&tiff->directories, &tiff->capacity, tiff->count + 1, sizeof directory, error)) {
    return false;
  }
  memcpy(&tiff->directories[tiff->count++], &directory, sizeof directory);
  return true;
}

/* The offsets in tag 330 of the directory just read; `*offsets` is freed by the caller. */
static bool read_sub_offsets(const NodalTiff *tiff, TiffReader *reader, uint64_t **offsets, size_t *count,
                             NodalError **error) {
  *offsets = NULL;
  *count = 0;
  const TiffEntry *entry = &reader->entries[FIELD_SUB_IFDS];
  if (!entry->present || entry->count == 0) {
    return true;
  }
  const char *name = nodal_tiff_field_name(FIELD_SUB_IFDS);
  if (!nodal_tiff_type_is_unsigned(entry->type)) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_FORMAT, "%s has type %d instead of 4, 13, 16 or 18", name,
                           entry->type);
  }
  if (entry->count > NODAL_TIFF_MAX_DIRECTORIES - tiff->count) {
    return nodal_tiff_fail(reader, error, NODAL_ERROR_MEMORY,
                           "%s has %" PRIu64 " values; at most %d directories are read", name, entry->count,
                           NODAL_TIFF_MAX_DIRECTORIES);
  }
  const uint8_t *bytes;
  if (!nodal_tiff_values(reader, FIELD_SUB_IFDS, entry->count, &bytes, error)) {
    return false;
  }
  uint64_t *values = nodal_alloc_array((size_t)entry->count, sizeof *values, error);
  if (!values) {
    return false;
  }
  for (size_t i = 0; i < entry->count; i++) {
    values[i] = nodal_tiff_get_unsigned(reader->big_endian, entry->type, bytes + i * nodal_tiff_type_size(entry->type));
  }
  *offsets = values;
  *count = (size_t)entry->count;
  return true;
}

/* A directory of the chain and its sub-directories. What those have for a successor or for children is not followed. */
static bool add_family(NodalTiff *tiff, TiffReader *reader, uint64_t offset, NodalError **error) {
  int parent = (int)tiff->count;
  if (!add_directory(tiff, reader, offset, -1, error)) {
    return false;
  }
  uint64_t next = reader->next, *children;
  size_t count;
  bool success = read_sub_offsets(tiff, reader, &children, &count, error);
  for (size_t i = 0; success && i < count; i++) {
    success = add_directory(tiff, reader, children[i], parent, error);
  }
  free(children);
  reader->next = next;
  return success;
}

/* NDPI is not quite TIFF beyond 4 GiB; what can be read of it is enough to know it by. */
static bool is_tolerable(const NodalTiff *tiff, const NodalError *fault) {
  NodalErrorCode code = nodal_error_code(fault);
  return tiff->count > 0 && tiff->directories[0].public.ndpi &&
         (code == NODAL_ERROR_FORMAT || code == NODAL_ERROR_UNSUPPORTED);
}

static bool read_chain(NodalTiff *tiff, TiffReader *reader, uint64_t first, NodalError **error) {
  for (uint64_t offset = first; offset != 0; offset = reader->next) {
    NodalError *fault = NULL;
    if (!add_family(tiff, reader, offset, &fault)) {
      if (is_tolerable(tiff, fault)) {
        nodal_error_free(fault);
        return true;
      }
      return nodal_error_pass(error, fault);
    }
  }
  return true;
}

NodalTiff *nodal_tiff_open(NodalSource *source, NodalError **error) {
  NodalTiff *tiff = nodal_alloc_array(1, sizeof *tiff, error);
  if (!tiff) {
    return NULL;
  }
  tiff->source = nodal_source_ref(source);
  pthread_mutex_init(&tiff->lock, NULL);
  TiffReader reader;
  uint64_t first;
  bool success = nodal_tiff_reader_start(&reader, source, &first, error) && read_chain(tiff, &reader, first, error);
  tiff->big_endian = reader.big_endian;
  tiff->big = reader.big;
  nodal_tiff_reader_finish(&reader);
  if (!success) {
    nodal_tiff_free(tiff);
    return NULL;
  }
  return tiff;
}

static void free_table(BlockTable *table) {
  if (table) {
    free(table->offsets.narrow_values);
    free(table->offsets.wide_values);
    free(table->sizes.narrow_values);
    free(table->sizes.wide_values);
    free(table);
  }
}

void nodal_tiff_free(NodalTiff *tiff) {
  if (!tiff) {
    return;
  }
  for (size_t i = 0; i < tiff->count; i++) {
    free_table(atomic_load_explicit(&tiff->directories[i].blocks, memory_order_relaxed));
  }
  free(tiff->directories);
  nodal_tiff_keeper_free(&tiff->keeper);
  pthread_mutex_destroy(&tiff->lock);
  nodal_source_unref(tiff->source);
  free(tiff);
}

bool nodal_tiff_big_endian(const NodalTiff *tiff) {
  return tiff->big_endian;
}

bool nodal_tiff_big(const NodalTiff *tiff) {
  return tiff->big;
}

int nodal_tiff_directory_count(const NodalTiff *tiff) {
  return (int)tiff->count;
}

const NodalTiffDirectory *nodal_tiff_directory(const NodalTiff *tiff, int index) {
  return &tiff->directories[index].public;
}

/* --- Block tables --- */

static bool fail_block(const NodalTiff *tiff, int directory, NodalError **error, NodalErrorCode code,
                       const char *message) {
  return nodal_fail(error, code, "%s: directory %d: %s", nodal_source_name(tiff->source), directory, message);
}

/* The greatest of an array's numbers in the file. */
static uint64_t find_greatest(const NodalTiff *tiff, const FileArray *array, const uint8_t *bytes) {
  size_t size = nodal_tiff_type_size(array->type);
  uint64_t greatest = 0;
  for (uint64_t i = 0; i < array->count; i++) {
    uint64_t value = nodal_tiff_get_unsigned(tiff->big_endian, array->type, bytes + i * size);
    greatest = value > greatest ? value : greatest;
  }
  return greatest;
}

static bool read_array(NodalTiff *tiff, int directory, const FileArray *array, CompactArray *compact,
                       NodalError **error) {
  size_t count = (size_t)array->count, size = nodal_tiff_type_size(array->type);
  uint8_t *bytes = nodal_alloc(count * size, error);
  if (!bytes || !nodal_source_read(tiff->source, bytes, count * size, array->offset, error)) {
    free(bytes);
    return false;
  }
  compact->wide = find_greatest(tiff, array, bytes) > UINT32_MAX;
  size_t kept = count * (compact->wide ? sizeof(uint64_t) : sizeof(uint32_t));
  if (kept > max_array_bytes - tiff->array_bytes) {
    free(bytes);
    return fail_block(tiff, directory, error, NODAL_ERROR_MEMORY, "the places of all its blocks need too much memory");
  }
  void *values = nodal_alloc(kept, error);
  if (!values) {
    free(bytes);
    return false;
  }
  compact->wide_values = compact->wide ? values : NULL;
  compact->narrow_values = compact->wide ? NULL : values;
  for (size_t i = 0; i < count; i++) {
    uint64_t value = nodal_tiff_get_unsigned(tiff->big_endian, array->type, bytes + i * size);
    if (compact->wide) {
      compact->wide_values[i] = value;
    } else {
      compact->narrow_values[i] = (uint32_t)value;
    }
  }
  free(bytes);
  tiff->array_bytes += kept;
  return true;
}

static uint64_t compact_get(const CompactArray *array, uint64_t index) {
  return array->wide ? array->wide_values[index] : array->narrow_values[index];
}

/* The table of a directory, read if nobody has done so before. */
static const BlockTable *get_table(NodalTiff *tiff, int index, NodalError **error) {
  Directory *directory = &tiff->directories[index];
  BlockTable *table = atomic_load_explicit(&directory->blocks, memory_order_acquire);
  if (table) {
    return table;
  }
  pthread_mutex_lock(&tiff->lock);
  table = atomic_load_explicit(&directory->blocks, memory_order_relaxed);
  if (!table && (table = nodal_alloc_array(1, sizeof *table, error))) {
    size_t bytes_before = tiff->array_bytes;
    if (read_array(tiff, index, &directory->offsets, &table->offsets, error) &&
        (directory->sizes.type == 0 || read_array(tiff, index, &directory->sizes, &table->sizes, error))) {
      atomic_store_explicit(&directory->blocks, table, memory_order_release);
    } else {
      tiff->array_bytes = bytes_before;
      free_table(table);
      table = NULL;
    }
  }
  pthread_mutex_unlock(&tiff->lock);
  return table;
}

/* Bytes of an uncompressed strip. */
static uint64_t strip_size(const NodalTiffDirectory *directory, uint64_t index) {
  uint64_t row = index % (uint64_t)directory->blocks_down * (uint64_t)directory->block_height;
  uint64_t left = (uint64_t)directory->height - row;
  uint64_t rows = left < (uint64_t)directory->block_height ? left : (uint64_t)directory->block_height;
  uint64_t samples = directory->planar ? 1 : (uint64_t)directory->samples;
  /* At most 2^31 * 2^8 * 2^6 bits; the bytes of all rows may be too many. */
  uint64_t row_bytes = ((uint64_t)directory->width * samples * (uint64_t)directory->bits + 7) / 8;
  uint64_t size;
  return __builtin_mul_overflow(row_bytes, rows, &size) ? UINT64_MAX : size;
}

bool nodal_tiff_block(NodalTiff *tiff, int directory, uint64_t index, uint64_t *offset, uint64_t *size,
                      NodalError **error) {
  const Directory *entry = &tiff->directories[directory];
  *offset = *size = 0;
  if (index >= entry->public.block_count) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: directory %d: has no block %" PRIu64,
                      nodal_source_name(tiff->source), directory, index);
  }
  const BlockTable *table = get_table(tiff, directory, error);
  if (!table) {
    return false;
  }
  uint64_t at = compact_get(&table->offsets, index);
  uint64_t bytes = entry->sizes.type ? compact_get(&table->sizes, index) : strip_size(&entry->public, index);
  if (at == 0 || bytes == 0) {
    return true;
  }
  if (!nodal_source_holds(tiff->source, at, bytes)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT,
                      "%s: directory %d: block %" PRIu64 ": %" PRIu64 " bytes at offset %" PRIu64
                      " go past the end of the file (%" PRIu64 " bytes)",
                      nodal_source_name(tiff->source), directory, index, bytes, at, nodal_source_size(tiff->source));
  }
  *offset = at;
  *size = bytes;
  return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/jpeg.h"

#include <stdarg.h>
#include <string.h>

#include <jerror.h>

/* More than any encoder writes (a progressive file has about ten); a file of nothing but scans costs hours. */
enum { MAX_SCANS = 500 };

static NodalErrorCode code_of_message(int number) {
  switch (number) {
  case JERR_OUT_OF_MEMORY:
    return NODAL_ERROR_MEMORY;
  case JERR_BAD_PRECISION:
  case JERR_SOF_UNSUPPORTED:
  case JERR_ARITH_NOTIMPL:
  case JERR_NOT_COMPILED:
  case JERR_CONVERSION_NOTIMPL:
  case JERR_FRACT_SAMPLE_NOTIMPL:
  case JERR_IMAGE_TOO_BIG:
    return NODAL_ERROR_UNSUPPORTED;
  default:
    return NODAL_ERROR_FORMAT;
  }
}

_Noreturn static void escape_with_message(j_common_ptr common) {
  NodalJpegErrors *errors = (NodalJpegErrors *)common->err;
  char text[JMSG_LENGTH_MAX];
  errors->manager.format_message(common, text);
  NodalErrorCode code = code_of_message(errors->manager.msg_code);
  switch (code) {
  case NODAL_ERROR_UNSUPPORTED:
    nodal_jpeg_escape(errors, code, "unsupported JPEG: %s", text);
  case NODAL_ERROR_MEMORY:
    nodal_jpeg_escape(errors, code, "out of memory");
  default:
    nodal_jpeg_escape(errors, code, "damaged JPEG: %s", text);
  }
}

/* libjpeg's warnings are about data that it had to make up, but for these, which leave the pixels alone. */
static bool is_harmless(int number) {
  return number == JWRN_EXTRANEOUS_DATA || number == JWRN_JFIF_MAJOR || number == JWRN_ADOBE_XFORM ||
         number == JWRN_NOT_SEQUENTIAL;
}

static void take_message(j_common_ptr common, int level) {
  if (level < 0 && !is_harmless(common->err->msg_code)) {
    escape_with_message(common);
  }
}

static void print_nothing(j_common_ptr common) {
  (void)common;
}

void nodal_jpeg_errors_start(NodalJpegErrors *errors) {
  memset(errors, 0, sizeof *errors);
  jpeg_std_error(&errors->manager);
  errors->manager.error_exit = escape_with_message;
  errors->manager.emit_message = take_message;
  errors->manager.output_message = print_nothing;
}

void nodal_jpeg_escape(NodalJpegErrors *errors, NodalErrorCode code, const char *format, ...) {
  errors->code = code;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(errors->message, sizeof errors->message, format, arguments);
  va_end(arguments);
  longjmp(errors->escape, 1);
}

static void source_start(j_decompress_ptr state) {
  (void)state;
}

/*
 * Past the end there are end markers without end. A stream that lacks its own but is complete is thus read quietly; in
 * one that was cut off the entropy decoder warns of the early end of its data, which is an error here. Inside a segment
 * (libjpeg then still holds its marker) the end marker would be taken for the rest of a table.
 */
static boolean source_fill(j_decompress_ptr state) {
  static const JOCTET end[2] = {0xFF, JPEG_EOI};
  NodalJpegReader *reader = (NodalJpegReader *)state;
  if (state->unread_marker != 0) {
    nodal_jpeg_escape(&reader->errors, NODAL_ERROR_FORMAT, "damaged JPEG: the %s cut off",
                      reader->in_tables ? "tables are" : "header is");
  }
  state->src->next_input_byte = end;
  state->src->bytes_in_buffer = sizeof end;
  return TRUE;
}

static void source_skip(j_decompress_ptr state, long count) {
  struct jpeg_source_mgr *source = state->src;
  if (count <= 0) {
    return;
  }
  if ((size_t)count > source->bytes_in_buffer) {
    source_fill(state);
  } else {
    source->next_input_byte += count;
    source->bytes_in_buffer -= (size_t)count;
  }
}

static void set_source(NodalJpegReader *reader, const void *data, size_t size) {
  reader->source.next_input_byte = data;
  reader->source.bytes_in_buffer = size;
  reader->state.src = &reader->source;
}

/* libjpeg-turbo would take the tables that most encoders use for those that are not there. */
static void check_huffman_tables(NodalJpegReader *reader) {
  j_decompress_ptr state = &reader->state;
  if (state->progressive_mode || state->arith_code) {
    return; /* tables may come between the scans, and none are made up */
  }
  for (int i = 0; i < state->comps_in_scan; i++) {
    const jpeg_component_info *component = state->cur_comp_info[i];
    bool known = component->dc_tbl_no < NUM_HUFF_TBLS && component->ac_tbl_no < NUM_HUFF_TBLS &&
                 state->dc_huff_tbl_ptrs[component->dc_tbl_no] && state->ac_huff_tbl_ptrs[component->ac_tbl_no];
    if (!known) {
      nodal_jpeg_escape(&reader->errors, NODAL_ERROR_FORMAT, "damaged JPEG: component %d has no Huffman table", i);
    }
  }
}

void nodal_jpeg_reader_start(NodalJpegReader *reader, const void *tables, size_t tables_size, const void *data,
                             size_t size) {
  jpeg_create_decompress(&reader->state);
  reader->source = (struct jpeg_source_mgr){.init_source = source_start,
                                            .fill_input_buffer = source_fill,
                                            .skip_input_data = source_skip,
                                            .resync_to_restart = jpeg_resync_to_restart,
                                            .term_source = source_start};
  if (tables && tables_size > 0) {
    set_source(reader, tables, tables_size);
    reader->in_tables = true;
    if (jpeg_read_header(&reader->state, FALSE) != JPEG_HEADER_TABLES_ONLY) {
      nodal_jpeg_escape(&reader->errors, NODAL_ERROR_FORMAT, "damaged JPEG: the tables hold an image");
    }
  }
  set_source(reader, data, size);
  reader->in_tables = false;
  jpeg_read_header(&reader->state, TRUE);
  if (reader->state.data_precision != 8) {
    nodal_jpeg_escape(&reader->errors, NODAL_ERROR_UNSUPPORTED, "unsupported JPEG: %d bits a sample",
                      reader->state.data_precision);
  }
  check_huffman_tables(reader);
}

static void count_scans(j_common_ptr common) {
  if (((j_decompress_ptr)common)->input_scan_number > MAX_SCANS) {
    nodal_jpeg_escape((NodalJpegErrors *)common->err, NODAL_ERROR_FORMAT, "damaged JPEG: more than %d scans",
                      MAX_SCANS);
  }
}

void nodal_jpeg_reader_limit(NodalJpegReader *reader, size_t bytes) {
  j_decompress_ptr state = &reader->state;
  if (!jpeg_has_multiple_scans(state)) {
    return;
  }
  /* libjpeg then keeps all coefficients. 10 components at most, of 65535 x 65535 samples at most: no overflow. */
  uint64_t needed = bytes;
  for (int i = 0; i < state->num_components; i++) {
    const jpeg_component_info *component = &state->comp_info[i];
    needed += (uint64_t)component->width_in_blocks * component->height_in_blocks * sizeof(JBLOCK);
  }
  if (needed > NODAL_CODEC_MAX_BYTES) {
    nodal_jpeg_escape(&reader->errors, NODAL_ERROR_MEMORY, "JPEG of %u x %u pixels in several scans is too large",
                      state->image_width, state->image_height);
  }
  reader->progress = (struct jpeg_progress_mgr){.progress_monitor = count_scans};
  state->progress = &reader->progress;
}

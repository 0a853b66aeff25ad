/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/sample.h"
#include "pyramid/form.h"
#include "pyramid/pyramid.h"
#include "slide/description.h"

#include <math.h>
#include <string.h>

/* TIFF 6.0, tags 262 (PhotometricInterpretation), 254 (NewSubfileType) and 338 (ExtraSamples). */
enum { PHOTOMETRIC_GRAY = 1, PHOTOMETRIC_RGB = 2, PHOTOMETRIC_YCBCR = 6 };
enum { SUBFILE_REDUCED = 1, EXTRA_UNSPECIFIED = 0, EXTRA_ALPHA = 2 };

static const double micrometres_a_centimeter = 10000;

static void fill_in_form(NodalWriter *writer, const NodalWriterOptions *options, const NodalKeptTiles *kept) {
  int channels = nodal_pyramid_channels(options);
  writer->form = (NodalForm){.side = options->tile_size,
                             .channels = channels,
                             .dtype = options->dtype,
                             .planes = kept && kept->planes,
                             .alpha = options->color == NODAL_COLOR_RGBA,
                             .nearest = options->color == NODAL_COLOR_LABEL ||
                                        options->interpolation == NODAL_INTERPOLATION_NEAREST,
                             .pixel_size = (size_t)channels * nodal_dtype_size(options->dtype)};
  writer->tile_bytes = nodal_form_bytes(&writer->form);
  writer->encoding = (NodalEncoding){.codec = options->codec,
                                     .width = options->tile_size,
                                     .height = options->tile_size,
                                     .channels = channels,
                                     .dtype = options->dtype,
                                     .quality = options->quality,
                                     .chroma_full = options->chroma_full && !writer->form.planes,
                                     .rgb = options->form == NODAL_FORM_APERIO,
                                     .bare = options->codec == NODAL_CODEC_JPEG};
  if (options->color == NODAL_COLOR_RGB || options->color == NODAL_COLOR_RGBA) {
    /* The file's samples may be wider than the bytes that the background is given in. */
    size_t size = nodal_dtype_size(options->dtype);
    for (size_t i = 0; i < 3; i++) {
      nodal_sample_from_byte(writer->background + i * size, options->dtype, options->background[i]);
    }
  }
}

static void plan_levels(NodalWriter *writer, const NodalWriterOptions *options) {
  int64_t width = options->width, height = options->height, side = options->tile_size;
  for (int k = 0; k < NODAL_PYRAMID_MAX_LEVELS; k++) {
    writer->levels[k] = (NodalPyramidLevel){
        .width = width, .height = height, .columns = nodal_div_up(width, side), .rows = nodal_div_up(height, side)};
    writer->level_count = k + 1;
    bool smallest = width == 1 && height == 1;
    bool enough = options->levels > 0 ? k + 1 == options->levels : width <= side && height <= side;
    if (smallest || enough) {
      break;
    }
    width = nodal_div_up(width, 2);
    height = nodal_div_up(height, 2);
  }
}

static int photometric_of(const NodalWriterOptions *options) {
  if (options->color != NODAL_COLOR_RGB && options->color != NODAL_COLOR_RGBA) {
    return PHOTOMETRIC_GRAY;
  }
  return options->codec == NODAL_CODEC_JPEG && options->form != NODAL_FORM_APERIO ? PHOTOMETRIC_YCBCR : PHOTOMETRIC_RGB;
}

static NodalTiffSpec common_spec(const NodalWriter *writer, const NodalWriterOptions *options,
                                 const NodalBytes *tables) {
  bool subsampled = !writer->encoding.chroma_full;
  NodalTiffSpec spec = {.tile_width = options->tile_size,
                        .tile_height = options->tile_size,
                        .samples = writer->form.channels,
                        .dtype = options->dtype,
                        .compression = nodal_codec_compression(&writer->encoding),
                        .photometric = photometric_of(options),
                        .predictor = nodal_codec_predictor(&writer->encoding),
                        .h_samp = subsampled ? 2 : 1,
                        .v_samp = subsampled ? 2 : 1,
                        .software = nodal_form_software(options->form),
                        .jpeg_tables = tables->data,
                        .jpeg_tables_size = tables->size};
  if (options->color == NODAL_COLOR_RGBA) {
    spec.extra_samples = 1;
    spec.extra_sample = EXTRA_ALPHA;
  } else if (options->color == NODAL_COLOR_CHANNELS) {
    spec.extra_samples = writer->form.channels - 1;
    spec.extra_sample = EXTRA_UNSPECIFIED;
  }
  return spec;
}

static void make_level_zero(NodalTiffSpec *spec, const NodalWriter *writer, const NodalWriterOptions *options,
                            const char *description, const NodalKeptTiles *kept) {
  spec->description = description;
  spec->icc_profile = options->icc_profile;
  spec->icc_profile_size = options->icc_profile ? options->icc_profile_size : 0;
  spec->has_value_range = writer->tracks_range;
  if (kept) {
    spec->compression = kept->compression;
    spec->photometric = kept->photometric;
    spec->predictor = 0;
    spec->h_samp = kept->h_samp;
    spec->v_samp = kept->v_samp;
    spec->jpeg_tables = kept->tables;
    spec->jpeg_tables_size = kept->tables_size;
  }
}

static bool plan_directories(NodalWriter *writer, const NodalWriterOptions *options, const char *description,
                             const NodalKeptTiles *kept, NodalError **error) {
  NodalBytes tables = {0};
  if (writer->encoding.bare && !nodal_codec_jpeg_tables(&writer->encoding, &tables, error)) {
    free(tables.data);
    return false;
  }
  bool planned = true;
  for (int k = 0; planned && k < writer->level_count; k++) {
    NodalPyramidLevel *level = &writer->levels[k];
    NodalTiffSpec spec = common_spec(writer, options, &tables);
    bool padded = options->form == NODAL_FORM_PHILIPS;
    spec.width = padded ? level->columns * options->tile_size : level->width;
    spec.height = padded ? level->rows * options->tile_size : level->height;
    /* Readers of Aperio's form take what is marked as reduced for a label. */
    spec.subfile_type = k > 0 && options->form != NODAL_FORM_APERIO ? SUBFILE_REDUCED : 0;
    if (options->spacing_x_um > 0 && options->spacing_y_um > 0) {
      spec.x_resolution = micrometres_a_centimeter / ldexp(options->spacing_x_um, k);
      spec.y_resolution = micrometres_a_centimeter / ldexp(options->spacing_y_um, k);
    }
    if (k == 0) {
      make_level_zero(&spec, writer, options, description, kept);
    }
    level->directory = nodal_tiff_writer_add(writer->tiff, &spec, error);
    planned = level->directory >= 0;
  }
  free(tables.data);
  return planned && nodal_tiff_writer_start(writer->tiff, error);
}

/* A label image says so in its description, by which a reader knows it from an intensity. */
static char *describe(const NodalWriter *writer, const NodalWriterOptions *options, NodalError **error) {
  bool label = false;
  if (options->form != NODAL_FORM_GENERIC) {
    return nodal_form_description(options, writer->level_count, error);
  }
  if (options->color != NODAL_COLOR_LABEL || (nodal_description_recognize(options->description, &label) && label)) {
    return nodal_strdup(options->description, error);
  }
  char *name = nodal_strdup("description", error), *value = nodal_strdup(options->description, error);
  NodalProperty property = {name, value};
  char *text = name && value ? nodal_description_format(&property, options->description ? 1 : 0, true, error) : NULL;
  free(name);
  free(value);
  return text;
}

static bool prepare(NodalWriter *writer, const NodalWriterOptions *options, const NodalKeptTiles *kept,
                    NodalError **error) {
  char *description = describe(writer, options, error);
  if (!description) {
    return false;
  }
  writer->tiff = nodal_tiff_writer_new(writer->output, error);
  bool ready = writer->tiff && plan_directories(writer, options, description[0] ? description : NULL, kept, error);
  free(description);
  return ready;
}

NodalWriter *nodal_pyramid_new(NodalOutput *output, bool owns_output, const NodalWriterOptions *options,
                               const NodalKeptTiles *kept, NodalError **error) {
  NodalWriter *writer = NULL;
  if (nodal_pyramid_check_options(nodal_output_name(output), options, error)) {
    writer = nodal_alloc_array(1, sizeof *writer, error);
  }
  if (!writer) {
    if (owns_output) {
      nodal_output_free(output);
    }
    return NULL;
  }
  pthread_mutex_init(&writer->lock, NULL);
  writer->output = output;
  writer->owns_output = owns_output;
  writer->minimum = INFINITY;
  writer->maximum = -INFINITY;
  writer->kept = kept != NULL;
  writer->options = *options;
  writer->options.description = writer->options.icc_profile = NULL;
  writer->tracks_range =
      !kept && options->codec != NODAL_CODEC_JPEG &&
      (options->dtype != NODAL_UINT8 || (options->color != NODAL_COLOR_RGB && options->color != NODAL_COLOR_RGBA));
  fill_in_form(writer, options, kept);
  plan_levels(writer, options);
  if (!prepare(writer, options, kept, error)) {
    nodal_error_prefix(error, "%s", nodal_output_name(output));
    nodal_writer_free(writer);
    return NULL;
  }
  return writer;
}

NodalWriter *nodal_writer_new(const char *path, const NodalWriterOptions *options, NodalError **error) {
  if (!nodal_pyramid_check_options(path, options, error)) {
    return NULL;
  }
  NodalOutput *output = nodal_output_open(path, options->force, error);
  return output ? nodal_pyramid_new(output, true, options, NULL, error) : NULL;
}

int nodal_writer_level_count(const NodalWriter *writer) {
  return writer->level_count;
}

static void note_range(NodalWriter *writer) {
  if (writer->tracks_range) {
    bool any = writer->minimum <= writer->maximum;
    nodal_tiff_writer_set_value_range(writer->tiff, writer->levels[0].directory, any ? writer->minimum : 0,
                                      any ? writer->maximum : 0);
  }
}

bool nodal_writer_finish(NodalWriter *writer, NodalError **error) {
  const char *name = nodal_output_name(writer->output);
  if (writer->finished || writer->failed) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: %s", name,
                      writer->finished ? "is finished already" : "cannot be finished, writing failed before");
  }
  writer->failed = true;
  if (!writer->complete && !nodal_pyramid_fill_missing(writer, error)) {
    return false;
  }
  note_range(writer);
  if (!nodal_tiff_writer_finish(writer->tiff, error) || !nodal_output_commit(writer->output, error)) {
    return false;
  }
  writer->failed = false;
  writer->finished = true;
  return true;
}

void nodal_writer_free(NodalWriter *writer) {
  if (!writer) {
    return;
  }
  nodal_pyramid_free_pending(writer);
  for (int k = 0; k < writer->level_count; k++) {
    free(writer->levels[k].given);
  }
  while (writer->idle_scratch) {
    NodalTileScratch *next = writer->idle_scratch->next;
    free(writer->idle_scratch->pixels);
    free(writer->idle_scratch->bytes.data);
    free(writer->idle_scratch);
    writer->idle_scratch = next;
  }
  nodal_shared_clear(&writer->shared);
  nodal_tiff_writer_free(writer->tiff);
  if (writer->owns_output) {
    nodal_output_free(writer->output);
  }
  pthread_mutex_destroy(&writer->lock);
  free(writer);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "raster.h"

#include "file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const cli_raster_connectivities[] = {"4", "8", NULL};
const char *const cli_raster_units[] = {"um", "px", NULL};
const char *const cli_raster_codecs[] = {"lzw", "deflate", "zstd", "none", NULL};

static const NodalCodec codec_values[] = {NODAL_CODEC_LZW, NODAL_CODEC_DEFLATE, NODAL_CODEC_ZSTD, NODAL_CODEC_NONE};

static bool check_channel(const CliRaster *raster) {
  int channels = nodal_slide_channels(raster->slide), channel = raster->values->channel;
  if (channel < 0 && channels > 1) {
    cli_error(raster->context, "%s: has %d channels (--channel chooses one)", raster->values->slide, channels);
    return false;
  }
  if (channel >= channels) {
    if (channels == 1) {
      cli_error(raster->context, "%s: no channel %d, only 0", raster->values->slide, channel);
    } else {
      cli_error(raster->context, "%s: no channel %d, only 0 to %d", raster->values->slide, channel, channels - 1);
    }
    return false;
  }
  return true;
}

bool cli_raster_open(CliRaster *raster, const CliContext *context, const CliRasterValues *values, bool writes) {
  *raster = (CliRaster){.context = context, .values = values};
  if (writes && !cli_check_output(context, values->common.output, values->slide)) {
    return false;
  }
  raster->slide = cli_open_slide(context, values->slide);
  if (!raster->slide || !cli_get_level(context, raster->slide, values->level, &raster->level) ||
      !check_channel(raster)) {
    return false;
  }
  if (nodal_slide_spacing(raster->slide, &raster->spacing_x_um, &raster->spacing_y_um)) {
    raster->spacing_x_um *= raster->level.downsample;
    raster->spacing_y_um *= raster->level.downsample;
  }
  NodalRasterJob job = NODAL_RASTER_JOB_INIT;
  job.slide = raster->slide;
  job.level = values->level;
  job.channel = values->channel;
  job.output = values->common.output;
  job.threads = values->common.threads;
  job.force = values->common.force;
  if (writes) {
    job.codec = codec_values[values->codec];
    job.tile_size = values->tile;
  }
  raster->job = job;
  return true;
}

bool cli_raster_need_spacing(const CliRaster *raster) {
  if (raster->spacing_x_um > 0) {
    return true;
  }
  cli_fail_no_spacing(raster->context, raster->slide);
  return false;
}

void cli_raster_start(CliRaster *raster) {
  cli_progress_start(&raster->progress, raster->context, raster->context->command->name,
                     (double)raster->level.width * (double)raster->level.height);
  raster->callback = cli_progress_callback(&raster->progress);
  raster->job.progress = &raster->callback;
}

int cli_raster_finish(CliRaster *raster, bool done, NodalError *error) {
  cli_progress_end(&raster->progress);
  return done ? CLI_DONE : cli_fail(raster->context, error);
}

void cli_raster_close(CliRaster *raster) {
  nodal_slide_free(raster->slide);
}

static json_t *new_document(const CliRaster *raster) {
  json_t *document = json_object();
  cli_json_set(document, "input", cli_json_text(raster->values->slide));
  cli_json_set(document, "output", cli_json_text(raster->values->common.output));
  cli_json_set(document, "level", json_integer(raster->values->level));
  cli_json_set(document, "width", json_integer(raster->level.width));
  cli_json_set(document, "height", json_integer(raster->level.height));
  bool known = raster->spacing_x_um > 0;
  cli_json_set(document, "spacing_x_um", known ? cli_json_number(raster->spacing_x_um) : json_null());
  cli_json_set(document, "spacing_y_um", known ? cli_json_number(raster->spacing_y_um) : json_null());
  return document;
}

static void report(const CliRaster *raster, const CliRasterWork *work, void *user) {
  json_t *document = raster->context->common->json ? new_document(raster) : NULL;
  if (work->report) {
    work->report(raster, document, user);
  } else {
    cli_tell(raster->context, "%s: %lld x %lld pixels\n", raster->values->common.output, (long long)raster->level.width,
             (long long)raster->level.height);
  }
  if (document) {
    cli_json_print(document);
  }
}

int cli_raster_run(const CliContext *context, const CliRasterValues *values, const CliRasterWork *work, void *user) {
  const char *const extensions[] = {".tif", ".tiff", NULL};
  if (!cli_has_extension(values->common.output, extensions)) {
    return cli_usage(context, "--output: '%s' does not end in .tif or .tiff", values->common.output);
  }
  int status = CLI_FAILED;
  CliRaster raster;
  if (cli_raster_open(&raster, context, values, true) && (!work->ready || work->ready(&raster, user))) {
    NodalError *error = NULL;
    cli_raster_start(&raster);
    bool done = work->work(&raster, user, &error);
    status = cli_raster_finish(&raster, done, error);
    if (done) {
      report(&raster, work, user);
    }
  }
  cli_raster_close(&raster);
  return status;
}

bool cli_raster_number(const CliContext *context, const char *option, const char *text, double fallback,
                       double *number) {
  *number = fallback;
  if (!text) {
    return true;
  }
  /* As with all numbers of the command line, neither blanks nor "inf", "nan" and hexadecimal. */
  char *end = NULL;
  bool plain = text[strspn(text, "0123456789.+-eE")] == '\0';
  *number = plain ? strtod(text, &end) : 0;
  if (!plain || *end || !isfinite(*number)) {
    cli_usage(context, "%s: '%s' is not a number", option, text);
    return false;
  }
  return true;
}

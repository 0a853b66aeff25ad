/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "interrupt.h"
#include "json.h"
#include "slides.h"

#include <nodal/convert.h>
#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliCommon common;
  CliStrings slides;
  int codec, quality, subsampling, tile;
  NodalRect region;
  double spacing_um;
  int levels, interpolation;
} Values;

static const char *const codecs[] = {"keep", "jpeg", "lzw", "deflate", "zstd", "none", NULL};
static const NodalCodec codec_values[] = {NODAL_CODEC_JPEG,    NODAL_CODEC_JPEG, NODAL_CODEC_LZW,
                                          NODAL_CODEC_DEFLATE, NODAL_CODEC_ZSTD, NODAL_CODEC_NONE};
static const char *const subsamplings[] = {"420", "444", NULL};
static const char *const interpolations[] = {"linear", "nearest", NULL};
static const NodalInterpolation interpolation_values[] = {NODAL_INTERPOLATION_LINEAR, NODAL_INTERPOLATION_NEAREST};

typedef enum JobState { JOB_CONVERTED, JOB_SKIPPED, JOB_FAILED } JobState;
static const char *const state_names[] = {"converted", "skipped", "failed"};

/* One input and what became of it. */
typedef struct Job {
  const char *input;
  char *output;
  JobState state;
  NodalConvertResult result;
  double seconds;
} Job;

typedef struct Batch {
  const CliContext *context;
  const Values *values;
  Job *jobs;
  int count;
  bool folder;   /* outputs go into a folder, and those that are there are skipped */
  int totals[3]; /* by JobState */
} Batch;

static json_t *json_job(const Job *job) {
  bool done = job->state == JOB_CONVERTED;
  json_t *entry = json_object();
  cli_json_set(entry, "input", cli_json_text(job->input));
  cli_json_set(entry, "output", cli_json_text(job->output));
  cli_json_set(entry, "status", cli_json_text(state_names[job->state]));
  cli_json_set(entry, "kept", done ? json_boolean(job->result.kept) : json_null());
  cli_json_set(entry, "codec", done ? cli_json_text(nodal_codec_name(job->result.codec)) : json_null());
  cli_json_set(entry, "tile_size", done ? json_integer(job->result.tile_size) : json_null());
  cli_json_set(entry, "levels", done ? json_integer(job->result.levels) : json_null());
  cli_json_set(entry, "width", done ? json_integer(job->result.width) : json_null());
  cli_json_set(entry, "height", done ? json_integer(job->result.height) : json_null());
  cli_json_set(entry, "seconds", done ? cli_json_number(job->seconds) : json_null());
  return entry;
}

static void print_json(const Batch *batch) {
  json_t *document = json_object(), *slides = json_array();
  for (int i = 0; i < batch->count; i++) {
    cli_json_append(slides, json_job(&batch->jobs[i]));
  }
  cli_json_set(document, "slides", slides);
  for (int state = 0; state < 3; state++) {
    cli_json_set(document, state_names[state], json_integer(batch->totals[state]));
  }
  cli_json_print(document);
}

static NodalConvertOptions convert_options(const Values *values) {
  NodalConvertOptions options = NODAL_CONVERT_OPTIONS_INIT;
  options.keep = values->codec == 0;
  options.codec = codec_values[values->codec];
  options.quality = values->quality;
  options.chroma_full = values->subsampling == 1;
  options.tile_size = values->tile;
  options.region = values->region;
  options.spacing_um = values->spacing_um;
  options.levels = values->levels;
  options.interpolation = interpolation_values[values->interpolation];
  options.threads = values->common.threads;
  options.force = values->common.force;
  return options;
}

/* Name of the file without its folders, for the progress bar. */
static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

static int convert_slide(const Batch *batch, Job *job, NodalSlide *slide) {
  const CliContext *context = batch->context;
  double x_um, y_um;
  if (batch->values->spacing_um > 0 && !nodal_slide_spacing(slide, &x_um, &y_um)) {
    return cli_fail_no_spacing(context, slide);
  }
  NodalLevel level = {0};
  nodal_slide_level(slide, 0, &level);
  const NodalRect *region = &batch->values->region;
  double pixels =
      region->width > 0 ? (double)region->width * (double)region->height : (double)level.width * (double)level.height;
  NodalConvertOptions options = convert_options(batch->values);
  CliProgress progress;
  cli_progress_start(&progress, context, base_name(job->input), pixels);
  NodalProgress callback = cli_progress_callback(&progress);
  NodalError *error = NULL;
  bool converted = nodal_convert(slide, job->output, &options, &callback, &job->result, &error);
  cli_progress_end(&progress);
  return converted ? CLI_DONE : cli_fail(context, error);
}

static int convert_job(Batch *batch, Job *job) {
  const CliContext *context = batch->context;
  job->state = JOB_FAILED;
  bool itself = cli_same_file(job->output, job->input);
  if (batch->folder && !itself && !context->common->force && cli_exists(job->output)) {
    job->state = JOB_SKIPPED;
    cli_tell(context, "%s: already there\n", job->output);
    return CLI_DONE;
  }
  if (!cli_check_output(context, job->output, job->input)) {
    return CLI_FAILED;
  }
  double started = cli_seconds();
  NodalSlide *slide = cli_open_slide(context, job->input);
  int status = slide ? convert_slide(batch, job, slide) : CLI_FAILED;
  nodal_slide_free(slide);
  if (status == CLI_DONE) {
    job->state = JOB_CONVERTED;
    job->seconds = cli_seconds() - started;
    const NodalConvertResult *result = &job->result;
    cli_tell(context, "%s: %lld x %lld pixels, %d %s, %s%s%s, %.1f s\n", job->output, (long long)result->width,
             (long long)result->height, result->levels, result->levels == 1 ? "level" : "levels",
             nodal_codec_name(result->codec), result->kept ? " kept" : "", result->label ? ", label" : "",
             job->seconds);
  }
  return status;
}

/* Two inputs must not become one output: the second would count as done, or replace the first. */
static int check_collisions(const Batch *batch) {
  char **outputs = cli_allocate((size_t)batch->count * sizeof *outputs);
  for (int i = 0; i < batch->count; i++) {
    outputs[i] = batch->jobs[i].output;
  }
  int first, second;
  bool found = cli_find_collision(outputs, batch->count, &first, &second);
  free(outputs);
  return found ? cli_usage(batch->context, "%s and %s would both become %s", batch->jobs[first].input,
                           batch->jobs[second].input, batch->jobs[first].output)
               : CLI_DONE;
}

static int run_batch(Batch *batch) {
  for (int i = 0; i < batch->count; i++) {
    if (cli_interrupted()) {
      return cli_interrupted_exit(batch->context);
    }
    Job *job = &batch->jobs[i];
    int status = convert_job(batch, job);
    if (status > 128) {
      return status;
    }
    batch->totals[job->state]++;
    fflush(stdout); /* so that a log shows what is done while the next goes on */
  }
  if (batch->context->common->json) {
    print_json(batch);
  }
  if (batch->count > 1) {
    cli_tell(batch->context, "%d converted, %d already there, %d failed\n", batch->totals[JOB_CONVERTED],
             batch->totals[JOB_SKIPPED], batch->totals[JOB_FAILED]);
  }
  return batch->totals[JOB_FAILED] > 0 ? CLI_FAILED : CLI_DONE;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  const char *output = values->common.output, *const extensions[] = {".tif", ".tiff", NULL};
  Batch batch = {.context = context, .values = values, .count = values->slides.count};
  batch.folder = batch.count > 1 || output[strlen(output) - 1] == '/' || cli_is_folder(output);
  if (!batch.folder && !cli_has_extension(output, extensions)) {
    return cli_usage(context, "--output: '%s' ends neither in .tif or .tiff, nor in / for a folder", output);
  }
  batch.jobs = cli_allocate((size_t)batch.count * sizeof *batch.jobs);
  for (int i = 0; i < batch.count; i++) {
    const char *input = values->slides.items[i];
    batch.jobs[i].input = input;
    batch.jobs[i].output = batch.folder ? cli_output_in_folder(output, input) : cli_format("%s", output);
  }
  int status = check_collisions(&batch);
  if (status == CLI_DONE && batch.folder && !cli_make_folders(context, output)) {
    status = CLI_FAILED;
  }
  if (status == CLI_DONE) {
    status = run_batch(&batch);
  }
  for (int i = 0; i < batch.count; i++) {
    free(batch.jobs[i].output);
  }
  free(batch.jobs);
  return status;
}

static const CliOption arguments[] = {{.name = "SLIDE",
                                       .required = true,
                                       .type = CLI_STRINGS,
                                       .offset = offsetof(Values, slides),
                                       .help = "The slides to convert."},
                                      {.name = NULL}};

static const CliOption options[] = {
    {.name = "output",
     .letter = 'o',
     .required = true,
     .type = CLI_STRING,
     .value = "OUT",
     .offset = offsetof(CliCommon, output),
     .help = "The .tif to write; or a folder, where it is one, ends in / or there are several slides."},
    {.name = "force",
     .letter = 'f',
     .offset = offsetof(CliCommon, force),
     .help = "Replace outputs that exist, instead of skipping them in a folder."},
    {.name = "codec",
     .letter = 'c',
     .type = CLI_CHOICE,
     .value = "CODEC",
     .choices = codecs,
     .offset = offsetof(Values, codec),
     .initial = "keep",
     .help = "How tiles are compressed. keep copies the JPEG tiles of level 0 bit for bit, and is jpeg where there "
             "are none."},
    {.name = "quality",
     .type = CLI_INT,
     .value = "Q",
     .offset = offsetof(Values, quality),
     .minimum = 1,
     .maximum = 100,
     .initial = "80",
     .help = "Quality of the JPEG tiles that are encoded."},
    {.name = "subsampling",
     .type = CLI_CHOICE,
     .value = "S",
     .choices = subsamplings,
     .offset = offsetof(Values, subsampling),
     .initial = "420",
     .help = "Chroma of the JPEG tiles that are encoded: 420 at half size, 444 in full."},
    {.name = "tile",
     .type = CLI_INT,
     .value = "N",
     .offset = offsetof(Values, tile),
     .minimum = 16,
     .maximum = 4096,
     .multiple = 16,
     .help = "Side of a tile, a multiple of 16; else that of the tiles that are kept, or 512."},
    {.name = "region",
     .type = CLI_RECT,
     .value = "X,Y,W,H",
     .offset = offsetof(Values, region),
     .help = "Convert this part of the slide only, in pixels of level 0."},
    {.name = "spacing",
     .type = CLI_DOUBLE,
     .value = "UM",
     .offset = offsetof(Values, spacing_um),
     .minimum = 0.001,
     .maximum = 10000,
     .help = "Resample to this spacing, in micrometres a pixel."},
    {.name = "levels",
     .type = CLI_INT,
     .value = "N",
     .offset = offsetof(Values, levels),
     .minimum = 1,
     .maximum = 32,
     .help = "Number of levels; else as many as halve the slide into one tile."},
    {.name = "interpolation",
     .type = CLI_CHOICE,
     .value = "HOW",
     .choices = interpolations,
     .offset = offsetof(Values, interpolation),
     .initial = "linear",
     .help = "How smaller levels are made. Label images are always nearest."},
    CLI_OPTION_THREADS,
    CLI_OPTION_SOURCE_SPACING,
    CLI_OPTION_JSON,
    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal convert slide.svs -o slide.tif", "Level 0 bit for bit as the scanner wrote it, with a full pyramid."},
    {"nodal convert *.svs -o converted/", "Many slides; to go on after a break, type the same again."},
    {"nodal convert slide.tif -o part.tif --region 10000,20000,8192,8192", "A part of a slide as a slide."},
    {"nodal convert slide.ndpi -o half.tif --spacing 0.5 --quality 90", "Resampled to 0.5 micrometres a pixel."},
    {NULL, NULL}};

const CliCommand cli_convert = {
    .name = "convert",
    .group = "Make slides",
    .summary = "turn slides into tiled BigTIFF pyramids",
    .description =
        "Converts slides of any format to the generic tiled BigTIFF pyramid, the format of the data sets. Spacing, "
        "properties, ICC profile, label and macro images are carried over. A label image (mask) is recognised and "
        "kept lossless. The output is the same, byte for byte, for any number of threads.\n\n"
        "With several slides, each becomes FOLDER/NAME.tif; one that is already there is skipped, one that fails is "
        "reported and the rest goes on, and the exit status is 1 if any failed.\n\n"
        "--json prints an object with the key slides: an array of objects with the keys input, output, status "
        "(converted, skipped or failed), kept, codec, tile_size, levels, width, height and seconds; and with the "
        "numbers of slides under converted, skipped and failed.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};

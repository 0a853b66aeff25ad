/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"
#include "progress.h"

#include <math.h>
#include <nodal/annotation.h>
#include <nodal/phantom.h>
#include <nodal/version.h>
#include <nodal/writer.h>
#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliCommon common;
  int64_t size[2];
  double spacing_um;
  int64_t seed;
  int tumor;
  double tumor_size_mm;
  const char *tumor_sizes;
  int center, stain;
  const char *faults;
  double turn_degrees;
  const char *shift;
  const char *nuclei;
  NodalRect nuclei_region;
  int codec, quality, subsampling, tile;
  const char *truth, *annotation;
} Values;

static const char *const codecs[] = {"jpeg", "lzw", "deflate", "zstd", "none", NULL};
static const NodalCodec codec_values[] = {NODAL_CODEC_JPEG, NODAL_CODEC_LZW, NODAL_CODEC_DEFLATE, NODAL_CODEC_ZSTD,
                                          NODAL_CODEC_NONE};
static const char *const subsamplings[] = {"420", "444", NULL};
static const char *const centers[] = {"none", "0", "1", "2", "3", "4", NULL};
static const char *const stains[] = {"he", "ihc", NULL};
static const char *const faults[] = {"focus", "pen", "fold", "bubble", NULL};
static const NodalPhantomFault fault_values[] = {NODAL_PHANTOM_OUT_OF_FOCUS, NODAL_PHANTOM_PEN, NODAL_PHANTOM_FOLD,
                                                 NODAL_PHANTOM_BUBBLE};

typedef struct Painter {
  const NodalPhantom *phantom;
  const Values *values;
} Painter;

static bool paint_tile(void *user, int worker, int64_t column, int64_t row, void *pixels, size_t stride,
                       NodalError **error) {
  (void)worker;
  const Painter *painter = user;
  const Values *values = painter->values;
  int64_t x = column * values->tile, y = row * values->tile;
  int64_t width = values->size[0] - x < values->tile ? values->size[0] - x : values->tile;
  int64_t height = values->size[1] - y < values->tile ? values->size[1] - y : values->tile;
  return nodal_phantom_paint(painter->phantom, x, y, width, height, pixels, stride, error);
}

/* What the lists of the command line hold. */
typedef struct Lists {
  double sizes_mm[1000];
  int size_count;
  double shift_um[2];
  unsigned faults;
} Lists;

/* Numbers between commas, `least` to `most` of them. */
static bool read_numbers(const CliContext *context, const char *option, const char *text, double *numbers, int least,
                         int most, int *count) {
  *count = 0;
  for (const char *next = text; next; next = *next ? next + 1 : NULL) {
    char *end;
    size_t length = strcspn(next, ",");
    double number = strtod(next, &end);
    if (length == 0 || strspn(next, "0123456789.+-eE") != length || end != next + length || !isfinite(number)) {
      cli_usage(context, "--%s: '%.*s' is not a number", option, (int)length, next);
      return false;
    }
    if (*count == most) {
      cli_usage(context, "--%s: '%s' has more than %d numbers", option, text, most);
      return false;
    }
    numbers[(*count)++] = number;
    next = end;
  }
  if (*count < least) {
    cli_usage(context, "--%s: '%s' has fewer than %d numbers", option, text, least);
    return false;
  }
  return true;
}

static bool read_faults(const CliContext *context, const char *text, unsigned *set) {
  for (const char *next = text; next; next = *next ? next + 1 : NULL) {
    size_t length = strcspn(next, ",");
    int found = 0;
    while (faults[found] && (strlen(faults[found]) != length || strncmp(faults[found], next, length) != 0)) {
      found++;
    }
    if (!faults[found]) {
      cli_usage(context, "--faults: '%.*s' is not one of focus, pen, fold, bubble", (int)length, next);
      return false;
    }
    *set |= fault_values[found];
    next += length;
  }
  return true;
}

static bool read_lists(const CliContext *context, const Values *values, Lists *lists) {
  int count;
  return (!values->tumor_sizes ||
          read_numbers(context, "tumor-sizes", values->tumor_sizes, lists->sizes_mm, 1, 1000, &lists->size_count)) &&
         (!values->shift || read_numbers(context, "shift", values->shift, lists->shift_um, 2, 2, &count)) &&
         (!values->faults || read_faults(context, values->faults, &lists->faults));
}

/* Property lines that `nodal info` shows. Whoever meets the file must learn that nobody was ever ill of it. */
static char *describe(const Values *values) {
  char *sizes = values->tumor_sizes ? cli_format("nodal.phantom-tumor-sizes-mm=%s\n", values->tumor_sizes)
                                    : cli_format("nodal.phantom-tumor=%d\nnodal.phantom-tumor-size-mm=%.10g\n",
                                                 values->tumor, values->tumor_size_mm);
  char *text =
      cli_format("nodal slide\n"
                 "nodal.synthetic=A synthetic lymph node painted by nodal %s. It shows no patient.\n"
                 "nodal.phantom-seed=%lld\n"
                 "%s"
                 "nodal.phantom-center=%s\n"
                 "nodal.phantom-stain=%s\n"
                 "nodal.phantom-faults=%s\n"
                 "nodal.phantom-turn-degrees=%.10g\n"
                 "nodal.phantom-shift-um=%s\n",
                 nodal_version(), (long long)values->seed, sizes, centers[values->center], stains[values->stain],
                 values->faults ? values->faults : "none", values->turn_degrees, values->shift ? values->shift : "0,0");
  free(sizes);
  return text;
}

static bool write_slide(const CliContext *context, const Values *values, const NodalPhantom *phantom, int *levels,
                        NodalError **error) {
  char *description = describe(values);
  NodalWriterOptions options = NODAL_WRITER_OPTIONS_INIT;
  options.width = values->size[0];
  options.height = values->size[1];
  options.tile_size = values->tile;
  options.codec = codec_values[values->codec];
  options.quality = values->quality;
  options.chroma_full = values->subsampling == 1;
  options.spacing_x_um = values->spacing_um;
  options.spacing_y_um = values->spacing_um;
  options.description = description;
  options.force = values->common.force;
  NodalWriter *writer = nodal_writer_new(values->common.output, &options, error);
  bool written = writer != NULL;
  if (writer) {
    *levels = nodal_writer_level_count(writer);
    Painter painter = {.phantom = phantom, .values = values};
    CliProgress progress;
    cli_progress_start(&progress, context, "paint", (double)options.width * (double)options.height);
    NodalProgress callback = cli_progress_callback(&progress);
    written = nodal_writer_write_all(writer, paint_tile, &painter, values->common.threads, &callback, error) &&
              nodal_writer_finish(writer, error);
    cli_progress_end(&progress);
  }
  nodal_writer_free(writer);
  free(description);
  return written;
}

/* Writes the table under its temporary name. */
static bool write_truth(const CliContext *context, CliTextFile *file, const char *path, const NodalPhantom *phantom) {
  if (!cli_text_open(context, file, path)) {
    return false;
  }
  fputs("nest,center_x_px,center_y_px,longest_mm\n", file->stream);
  NodalPhantomNest nest;
  for (int i = 0; nodal_phantom_nest(phantom, i, &nest); i++) {
    fprintf(file->stream, "%d,%.2f,%.2f,%.4f\n", i + 1, nest.center_x_px, nest.center_y_px, nest.longest_mm);
  }
  return cli_text_finish(context, file);
}

/* The outlines as CAMELYON17 has them: polygons of the group "metastases". */
static bool add_outlines(NodalAnnotationSet *set, const NodalPhantom *phantom, NodalError **error) {
  const NodalAnnotationGroup group = {.name = "metastases", .parent = -1, .color = 0xFF0000};
  NodalPoint points[NODAL_PHANTOM_OUTLINE_POINTS];
  bool added = nodal_annotation_set_add_group(set, &group, error);
  for (int i = 0; added && nodal_phantom_outline(phantom, i, points); i++) {
    char *name = cli_format("Nest %d", i + 1);
    NodalRing ring = {.points = points, .count = NODAL_PHANTOM_OUTLINE_POINTS};
    NodalAnnotation annotation = {
        .name = name, .shape = NODAL_SHAPE_POLYGON, .group = 0, .color = 0xF4FA58, .rings = &ring, .ring_count = 1};
    added = nodal_annotation_set_add(set, &annotation, error);
    free(name);
  }
  return added;
}

/* Writes the outlines under the file's temporary name. */
static bool write_annotation(const CliContext *context, CliTextFile *file, const char *path,
                             const NodalPhantom *phantom) {
  if (!cli_text_open(context, file, path) || !cli_text_finish(context, file)) {
    return false;
  }
  NodalError *error = NULL;
  NodalAnnotationSet *set = nodal_annotation_set_new(&error);
  bool written = set && add_outlines(set, phantom, &error) &&
                 nodal_annotation_set_write(set, file->temporary, NODAL_ANNOTATION_ASAP, NULL, true, &error);
  nodal_annotation_set_free(set);
  if (!written) {
    cli_fail(context, error);
  }
  return written;
}

/* Writes the nuclei of the region, or of the whole slide, under the file's temporary name. */
static bool write_nuclei(const CliContext *context, CliTextFile *file, const Values *values,
                         const NodalPhantom *phantom) {
  NodalRect region = values->nuclei_region;
  if (region.width == 0) {
    region = (NodalRect){0, 0, values->size[0], values->size[1]};
  }
  NodalPhantomNucleus *nuclei;
  size_t count;
  NodalError *error = NULL;
  if (!nodal_phantom_nuclei(phantom, region.x, region.y, region.width, region.height, &nuclei, &count, &error)) {
    cli_fail(context, error);
    return false;
  }
  bool written = cli_text_open(context, file, values->nuclei);
  if (written) {
    fputs("x_px,y_px,kind\n", file->stream);
    for (size_t i = 0; i < count; i++) {
      fprintf(file->stream, "%.3f,%.3f,%s\n", nuclei[i].x_px, nuclei[i].y_px, nuclei[i].kind);
    }
    written = cli_text_finish(context, file);
  }
  nodal_free(nuclei);
  return written;
}

static void print_json(const Values *values, const NodalPhantom *phantom, int levels, double seconds) {
  json_t *document = json_object(), *nests = json_array();
  NodalPhantomNest nest;
  for (int i = 0; nodal_phantom_nest(phantom, i, &nest); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "nest", json_integer(i + 1));
    cli_json_set(entry, "center_x_px", cli_json_number(nest.center_x_px));
    cli_json_set(entry, "center_y_px", cli_json_number(nest.center_y_px));
    cli_json_set(entry, "longest_mm", cli_json_number(nest.longest_mm));
    cli_json_append(nests, entry);
  }
  cli_json_set(document, "output", cli_json_text(values->common.output));
  cli_json_set(document, "width", json_integer(values->size[0]));
  cli_json_set(document, "height", json_integer(values->size[1]));
  cli_json_set(document, "spacing_um", cli_json_number(values->spacing_um));
  cli_json_set(document, "seed", json_integer(values->seed));
  cli_json_set(document, "codec", cli_json_text(codecs[values->codec]));
  cli_json_set(document, "tile_size", json_integer(values->tile));
  cli_json_set(document, "levels", json_integer(levels));
  cli_json_set(document, "seconds", cli_json_number(seconds));
  cli_json_set(document, "nests", nests);
  cli_json_print(document);
}

static int paint(const CliContext *context, const Values *values, const NodalPhantom *phantom) {
  double started = cli_seconds();
  CliTextFile truth = {0}, annotation = {0}, nuclei = {0};
  int levels = 0, status = CLI_DONE;
  NodalError *error = NULL;
  /* The small files first: what keeps them from being written shows before the long work. */
  if ((values->truth && !write_truth(context, &truth, values->truth, phantom)) ||
      (values->annotation && !write_annotation(context, &annotation, values->annotation, phantom)) ||
      (values->nuclei && !write_nuclei(context, &nuclei, values, phantom))) {
    status = CLI_FAILED;
  } else if (!write_slide(context, values, phantom, &levels, &error)) {
    status = cli_fail(context, error);
  } else if ((values->truth && !cli_text_commit(context, &truth)) ||
             (values->annotation && !cli_text_commit(context, &annotation)) ||
             (values->nuclei && !cli_text_commit(context, &nuclei))) {
    status = CLI_FAILED;
  }
  cli_text_close(&truth);
  cli_text_close(&annotation);
  cli_text_close(&nuclei);
  if (status != CLI_DONE) {
    return status;
  }
  double seconds = cli_seconds() - started;
  if (context->common->json) {
    print_json(values, phantom, levels, seconds);
  }
  cli_tell(context, "%s: %lld x %lld pixels, %d %s, %.1f s\n", values->common.output, (long long)values->size[0],
           (long long)values->size[1], levels, levels == 1 ? "level" : "levels", seconds);
  return CLI_DONE;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  const char *const extensions[] = {".tif", ".tiff", NULL};
  if (!cli_has_extension(values->common.output, extensions)) {
    return cli_usage(context, "--output: '%s' does not end in .tif or .tiff", values->common.output);
  }
  if (!cli_check_output(context, values->common.output, NULL) ||
      (values->truth && !cli_check_output(context, values->truth, NULL)) ||
      (values->annotation && !cli_check_output(context, values->annotation, NULL)) ||
      (values->nuclei && !cli_check_output(context, values->nuclei, NULL))) {
    return CLI_FAILED;
  }
  Lists lists = {0};
  if (!read_lists(context, values, &lists)) {
    return CLI_USAGE;
  }
  if (values->nuclei_region.width > 0 && !values->nuclei) {
    return cli_usage(context, "--nuclei-region is of no use without --nuclei");
  }
  NodalPhantomOptions options = NODAL_PHANTOM_OPTIONS_INIT;
  options.width = values->size[0];
  options.height = values->size[1];
  options.spacing_um = values->spacing_um;
  options.seed = (uint64_t)values->seed;
  options.tumor_count = values->tumor;
  options.tumor_size_mm = values->tumor_size_mm;
  if (lists.size_count > 0) {
    options.tumor_count = lists.size_count;
    options.tumor_sizes_mm = lists.sizes_mm;
  }
  options.look = nodal_phantom_center_look(values->center - 1);
  options.stain = values->stain == 1 ? NODAL_PHANTOM_IHC : NODAL_PHANTOM_HE;
  options.faults = lists.faults;
  options.turn_degrees = values->turn_degrees;
  options.shift_x_um = lists.shift_um[0];
  options.shift_y_um = lists.shift_um[1];
  NodalError *error = NULL;
  NodalPhantom *phantom = nodal_phantom_new(&options, &error);
  if (!phantom) {
    return cli_fail(context, error);
  }
  int status = paint(context, values, phantom);
  nodal_phantom_free(phantom);
  return status;
}

static const CliOption arguments[] = {{.name = NULL}};

static const CliOption options[] = {CLI_OPTION_OUTPUT("The slide to write, a .tif."),
                                    {.name = "size",
                                     .letter = 's',
                                     .required = true,
                                     .type = CLI_SIZE,
                                     .value = "W H",
                                     .offset = offsetof(Values, size),
                                     .minimum = 1,
                                     .maximum = 400000,
                                     .help = "Width and height of level 0, in pixels."},
                                    CLI_OPTION_FORCE,
                                    {.name = "spacing",
                                     .type = CLI_DOUBLE,
                                     .value = "UM",
                                     .offset = offsetof(Values, spacing_um),
                                     .minimum = 0.1,
                                     .maximum = 100,
                                     .initial = "0.243",
                                     .help = "Micrometres a pixel."},
                                    {.name = "seed",
                                     .type = CLI_INT64,
                                     .value = "N",
                                     .offset = offsetof(Values, seed),
                                     .minimum = 0,
                                     .maximum = 9e18,
                                     .initial = "1",
                                     .help = "Number of the picture: the same seed gives the same pixels."},
                                    {.name = "tumor",
                                     .type = CLI_INT,
                                     .value = "N",
                                     .offset = offsetof(Values, tumor),
                                     .minimum = 0,
                                     .maximum = 1000,
                                     .initial = "0",
                                     .help = "Nests of tumor cells."},
                                    {.name = "tumor-size",
                                     .type = CLI_DOUBLE,
                                     .value = "MM",
                                     .offset = offsetof(Values, tumor_size_mm),
                                     .minimum = 0.01,
                                     .maximum = 100,
                                     .initial = "1",
                                     .help = "Longest diameter of the largest nest, in millimetres."},
                                    {.name = "tumor-sizes",
                                     .type = CLI_STRING,
                                     .value = "MM,MM,...",
                                     .offset = offsetof(Values, tumor_sizes),
                                     .help = "Longest diameter of every nest, in millimetres, instead of --tumor and "
                                             "--tumor-size."},
                                    {.name = "center",
                                     .type = CLI_CHOICE,
                                     .value = "N",
                                     .choices = centers,
                                     .offset = offsetof(Values, center),
                                     .initial = "none",
                                     .help = "Stain, glass and optics as at the synthetic center 0 to 4."},
                                    {.name = "stain",
                                     .type = CLI_CHOICE,
                                     .value = "STAIN",
                                     .choices = stains,
                                     .offset = offsetof(Values, stain),
                                     .initial = "he",
                                     .help = "he: hematoxylin and eosin. ihc: synthetic cytokeratin stain, tumor cells "
                                             "brown."},
                                    {.name = "faults",
                                     .type = CLI_STRING,
                                     .value = "LIST",
                                     .offset = offsetof(Values, faults),
                                     .help = "Synthetic faults, with commas between: focus, pen, fold, bubble."},
                                    {.name = "turn",
                                     .type = CLI_DOUBLE,
                                     .value = "DEG",
                                     .offset = offsetof(Values, turn_degrees),
                                     .minimum = -180,
                                     .maximum = 180,
                                     .initial = "0",
                                     .help = "A neighbouring section: the same tissue turned clockwise about the "
                                             "slide's center, with other single cells."},
                                    {.name = "shift",
                                     .type = CLI_STRING,
                                     .value = "X,Y",
                                     .offset = offsetof(Values, shift),
                                     .help = "Shift the neighbouring section after its turn, in micrometres."},
                                    {.name = "truth",
                                     .type = CLI_STRING,
                                     .value = "FILE",
                                     .offset = offsetof(Values, truth),
                                     .help = "Write the nests as a table: nest, center_x_px, center_y_px, longest_mm."},
                                    {.name = "annotation",
                                     .type = CLI_STRING,
                                     .value = "FILE",
                                     .offset = offsetof(Values, annotation),
                                     .help = "Write the outlines of the nests as ASAP XML, group \"metastases\" as in "
                                             "CAMELYON17."},
                                    {.name = "nuclei",
                                     .type = CLI_STRING,
                                     .value = "FILE",
                                     .offset = offsetof(Values, nuclei),
                                     .help = "Write the painted nuclei as a table: x_px, y_px, kind; of at most 100 "
                                             "million pixels."},
                                    {.name = "nuclei-region",
                                     .type = CLI_RECT,
                                     .value = "X,Y,W,H",
                                     .offset = offsetof(Values, nuclei_region),
                                     .help = "Those of this region instead of the whole slide."},
                                    {.name = "codec",
                                     .letter = 'c',
                                     .type = CLI_CHOICE,
                                     .value = "CODEC",
                                     .choices = codecs,
                                     .offset = offsetof(Values, codec),
                                     .initial = "jpeg",
                                     .help = "How tiles are compressed."},
                                    {.name = "quality",
                                     .type = CLI_INT,
                                     .value = "Q",
                                     .offset = offsetof(Values, quality),
                                     .minimum = 1,
                                     .maximum = 100,
                                     .initial = "80",
                                     .help = "Quality of JPEG tiles."},
                                    {.name = "subsampling",
                                     .type = CLI_CHOICE,
                                     .value = "S",
                                     .choices = subsamplings,
                                     .offset = offsetof(Values, subsampling),
                                     .initial = "420",
                                     .help = "Chroma of JPEG tiles: 420 at half size, 444 in full."},
                                    {.name = "tile",
                                     .type = CLI_INT,
                                     .value = "N",
                                     .offset = offsetof(Values, tile),
                                     .minimum = 16,
                                     .maximum = 4096,
                                     .multiple = 16,
                                     .initial = "512",
                                     .help = "Side of a tile, a multiple of 16."},
                                    CLI_OPTION_THREADS,
                                    CLI_OPTION_JSON,
                                    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal phantom slide -o phantom.tif --size 20000 10000 --seed 7", "A slide of 200 million pixels without tumor."},
    {"nodal phantom slide -o p.tif --size 20000 10000 --tumor 3 --truth nests.csv",
     "The same with three nests of tumor cells, and where they are."},
    {"nodal phantom slide -o p.tif --size 20000 10000 --tumor 3 --annotation p.xml",
     "With their outlines, as a pathologist would have drawn them."},
    {"nodal phantom slide -o p.tif -s 9000 9000 --tumor-sizes 1.1,0.05 --faults pen",
     "Nests of exactly these diameters, and strokes of a pen."},
    {"nodal phantom slide -o i.tif -s 20000 10000 --tumor 2 --stain ihc --turn 3",
     "A synthetic IHC section of a node, turned by 3 degrees."},
    {NULL, NULL}};

const CliCommand cli_phantom_slide = {
    .name = "phantom slide",
    .group = "Make slides",
    .summary = "paint a synthetic slide of a lymph node",
    .description =
        "Paints a synthetic hematoxylin-and-eosin slide of a lymph node: white glass, capsule and fat, cortex full of "
        "lymphocytes, germinal centers, and nests of tumor cells if asked for. The picture is artificial, for tests "
        "and demonstrations; it shows no patient, and the file says so. The same options always give the same pixels.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_CLI_RASTER_H
#define NODAL_CLI_RASTER_H

#include "json.h"
#include "slides.h"

#include <nodal/raster.h>

/* What the commands `nodal raster ...` share. */

/** The first member of their values. */
typedef struct CliRasterValues {
  CliCommon common;
  const char *slide;
  int level, channel; /**< channel -1: not given */
  int codec, tile;
} CliRasterValues;

/** One run: a slide, and the job that is filled in from the values. */
typedef struct CliRaster {
  const CliContext *context;
  const CliRasterValues *values;
  NodalSlide *slide;
  NodalLevel level;
  double spacing_x_um, spacing_y_um; /**< of the level; 0: unknown */
  NodalRasterJob job;
  CliProgress progress;
  NodalProgress callback;
} CliRaster;

/** Checks output, slide, level and channel. False, and the error told, where something is wrong. `writes`: --output is
 * a slide to be written. */
bool cli_raster_open(CliRaster *raster, const CliContext *context, const CliRasterValues *values, bool writes);

/** Shows the bar while the library works. */
void cli_raster_start(CliRaster *raster);

/** Ends the bar; tells the error where the work failed. Returns the exit code. */
int cli_raster_finish(CliRaster *raster, bool done, NodalError *error);

void cli_raster_close(CliRaster *raster);

/** What is special about a command that writes a slide. `user` is passed on. */
typedef struct CliRasterWork {
  bool (*ready)(const CliRaster *raster,
                void *user); /**< false, and the error told, where something is amiss; or NULL */
  bool (*work)(CliRaster *raster, void *user, NodalError **error);
  /** Adds its numbers to the document of --json; or, where that is NULL, tells them. May be NULL. */
  void (*report)(const CliRaster *raster, json_t *document, void *user);
} CliRasterWork;

/** All of a command that writes a slide, from the name of the output to the account of what was done. The document of
 * --json has the keys input, output, level, width, height, spacing_x_um and spacing_y_um. Returns the exit code. */
int cli_raster_run(const CliContext *context, const CliRasterValues *values, const CliRasterWork *work, void *user);

/** A number that an option was given, or `fallback` where `text` is NULL. False, and the usage error told, where it is
 * none. */
bool cli_raster_number(const CliContext *context, const char *option, const char *text, double fallback,
                       double *number);

/** Value names of --connectivity, by index; 4 and 8. */
extern const char *const cli_raster_connectivities[];
extern const char *const cli_raster_codecs[];

/** "um" and "px", by NodalDistanceUnit. */
extern const char *const cli_raster_units[];

/** False, and the error told, where the slide has no spacing. */
bool cli_raster_need_spacing(const CliRaster *raster);

/* Rows of the option tables. */
/* clang-format off */
#define CLI_RASTER_ARGUMENT(what)                                                                                      \
  {.name = "SLIDE", .required = true, .type = CLI_STRING, .offset = offsetof(CliRasterValues, slide), .help = what}
#define CLI_RASTER_OPTION_LEVEL                                                                                        \
  {.name = "level", .letter = 'l', .type = CLI_INT, .value = "L", .offset = offsetof(CliRasterValues, level),          \
   .minimum = 0, .maximum = 1000, .initial = "0", .help = "Work on this level of the pyramid."}
#define CLI_RASTER_OPTION_CHANNEL                                                                                      \
  {.name = "channel", .type = CLI_INT, .value = "C", .offset = offsetof(CliRasterValues, channel),                     \
   .minimum = -1, .maximum = 1000, .initial = "-1",                                                                    \
   .help = "Channel to look at, from 0 (of RGB 0 is red); -1 is the only one there is."}
#define CLI_RASTER_OPTION_CONNECTIVITY(owner, member)                                                                  \
  {.name = "connectivity", .type = CLI_CHOICE, .value = "N", .choices = cli_raster_connectivities,                     \
   .offset = offsetof(owner, member), .initial = "8",                                                                  \
   .help = "8: pixels that meet at a corner belong together; 4: only those that share an edge."}
#define CLI_RASTER_OPTIONS_WRITE                                                                                       \
  {.name = "codec", .letter = 'c', .type = CLI_CHOICE, .value = "CODEC", .choices = cli_raster_codecs,                 \
   .offset = offsetof(CliRasterValues, codec), .initial = "lzw", .help = "How tiles are compressed."},                 \
  {.name = "tile", .type = CLI_INT, .value = "N", .offset = offsetof(CliRasterValues, tile),                           \
   .minimum = 16, .maximum = 4096, .multiple = 16, .initial = "512", .help = "Side of a tile, a multiple of 16."}
#define CLI_RASTER_OPTION_UNIT(owner, member)                                                                          \
  {.name = "unit", .type = CLI_CHOICE, .value = "UNIT", .choices = cli_raster_units,                                   \
   .offset = offsetof(owner, member), .initial = "um", .help = "Micrometres, or pixels of the level that is read."}
/* What ends the table of every command that writes a slide. */
#define CLI_RASTER_OPTIONS_END                                                                                         \
  CLI_RASTER_OPTION_LEVEL, CLI_RASTER_OPTION_CHANNEL, CLI_RASTER_OPTIONS_WRITE, CLI_OPTION_THREADS,                    \
  CLI_OPTION_SOURCE_SPACING, CLI_OPTION_JSON, CLI_OPTIONS_END
/* clang-format on */

#endif

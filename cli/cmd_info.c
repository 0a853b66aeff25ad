/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"
#include "json.h"
#include "slides.h"
#include "suggest.h"

#include <string.h>

typedef struct Values {
  CliCommon common;
  CliStrings slides, properties;
} Values;

static json_t *json_levels(const NodalSlide *slide) {
  json_t *levels = json_array();
  NodalLevel level;
  for (int i = 0; nodal_slide_level(slide, i, &level); i++) {
    json_t *entry = json_object();
    cli_json_set(entry, "width", json_integer(level.width));
    cli_json_set(entry, "height", json_integer(level.height));
    cli_json_set(entry, "downsample", cli_json_number(level.downsample));
    cli_json_set(entry, "tile_width", json_integer(level.tile_width));
    cli_json_set(entry, "tile_height", json_integer(level.tile_height));
    cli_json_set(entry, "codec", cli_json_text(nodal_codec_name(level.codec)));
    cli_json_append(levels, entry);
  }
  return levels;
}

static json_t *json_slide(const NodalSlide *slide) {
  NodalLevel level = {0};
  nodal_slide_level(slide, 0, &level);
  json_t *document = json_object(), *spacing = json_null();
  double x_um, y_um;
  if (nodal_slide_spacing(slide, &x_um, &y_um)) {
    spacing = json_object();
    cli_json_set(spacing, "x", cli_json_number(x_um));
    cli_json_set(spacing, "y", cli_json_number(y_um));
  }
  json_t *associated = json_array(), *properties = json_object();
  const char *name;
  for (int i = 0; (name = nodal_slide_associated_name(slide, i, NULL, NULL)); i++) {
    cli_json_append(associated, cli_json_text(name));
  }
  for (int i = 0; (name = nodal_slide_property_name(slide, i)); i++) {
    cli_json_set(properties, name, cli_json_text(nodal_slide_property(slide, name)));
  }
  cli_json_set(document, "path", cli_json_text(nodal_slide_path(slide)));
  cli_json_set(document, "format", cli_json_text(nodal_slide_format(slide)));
  cli_json_set(document, "width", json_integer(level.width));
  cli_json_set(document, "height", json_integer(level.height));
  cli_json_set(document, "channels", json_integer(nodal_slide_channels(slide)));
  cli_json_set(document, "dtype", cli_json_text(nodal_dtype_name(nodal_slide_dtype(slide))));
  cli_json_set(document, "spacing_um", spacing);
  cli_json_set(document, "levels", json_levels(slide));
  cli_json_set(document, "associated", associated);
  cli_json_set(document, "properties", properties);
  return document;
}

static json_t *json_failure(const char *path, const char *message) {
  json_t *document = json_object();
  cli_json_set(document, "path", cli_json_text(path));
  cli_json_set(document, "error", cli_json_text(message));
  return document;
}

static void print_size_and_spacing(const NodalSlide *slide) {
  NodalLevel level = {0};
  nodal_slide_level(slide, 0, &level);
  printf("  %-12s %lld x %lld px", "size", (long long)level.width, (long long)level.height);
  double x_um, y_um;
  if (!nodal_slide_spacing(slide, &x_um, &y_um)) {
    printf("\n  %-12s unknown\n", "spacing");
    return;
  }
  printf(", %.3f x %.3f mm\n", (double)level.width * x_um / 1000, (double)level.height * y_um / 1000);
  printf("  %-12s %.6g um", "spacing", x_um);
  if (x_um < y_um || x_um > y_um) {
    printf(" across, %.6g um down", y_um);
  }
  putchar('\n');
}

static void print_levels(const NodalSlide *slide) {
  printf("  %-12s %5s %10s %10s %12s %12s  %s\n", "levels", "level", "width", "height", "downsample", "tile", "codec");
  NodalLevel level;
  for (int i = 0; nodal_slide_level(slide, i, &level); i++) {
    char tile[48];
    snprintf(tile, sizeof tile, "%lld x %lld", (long long)level.tile_width, (long long)level.tile_height);
    printf("  %-12s %5d %10lld %10lld %12.8g %12s  %s\n", "", i, (long long)level.width, (long long)level.height,
           level.downsample, tile, nodal_codec_name(level.codec));
  }
}

/* Properties that only repeat what stands above them. */
static bool is_told_already(const char *name) {
  const char *const repeats[] = {"openslide.level[", "openslide.level-count", "openslide.associated."};
  for (size_t i = 0; i < sizeof repeats / sizeof *repeats; i++) {
    if (strncmp(name, repeats[i], strlen(repeats[i])) == 0) {
      return true;
    }
  }
  return false;
}

static void print_slide(const CliContext *context, const NodalSlide *slide) {
  cli_print_safe(stdout, "%s\n", nodal_slide_path(slide));
  cli_print_safe(stdout, "  %-12s %s\n", "format", nodal_slide_format(slide));
  print_size_and_spacing(slide);
  printf("  %-12s %d (%s), %s\n", "channels", nodal_slide_channels(slide), nodal_color_name(nodal_slide_color(slide)),
         nodal_dtype_name(nodal_slide_dtype(slide)));
  double minimum, maximum;
  if (nodal_slide_value_range(slide, &minimum, &maximum)) {
    printf("  %-12s %.10g to %.10g\n", "values", minimum, maximum);
  }
  print_levels(slide);
  const char *label = "associated", *name;
  int64_t width, height;
  for (int i = 0; (name = nodal_slide_associated_name(slide, i, &width, &height)); i++, label = "") {
    cli_print_safe(stdout, "  %-12s %s, %lld x %lld px\n", label, name, (long long)width, (long long)height);
  }
  size_t profile = 0;
  if (nodal_slide_icc_profile(slide, &profile)) {
    printf("  %-12s %zu bytes\n", "ICC profile", profile);
  }
  label = "properties";
  for (int i = 0; (name = nodal_slide_property_name(slide, i)); i++) {
    if (context->common->verbose || !is_told_already(name)) {
      cli_print_safe(stdout, "  %-12s %s: %s\n", label, name, nodal_slide_property(slide, name));
      label = "";
    }
  }
}

/* The values alone, a line each; before them the slide where there are several. */
static int print_properties(const CliContext *context, const Values *values, const NodalSlide *slide) {
  int status = CLI_DONE;
  for (int i = 0; i < values->properties.count; i++) {
    const char *wanted = values->properties.items[i], *value = nodal_slide_property(slide, wanted);
    if (value && values->slides.count > 1) {
      cli_print_safe(stdout, "%s: %s\n", nodal_slide_path(slide), value);
    } else if (value) {
      cli_print_safe(stdout, "%s\n", value);
    }
    if (value) {
      continue;
    }
    status = CLI_FAILED;
    CliSuggestion suggestion = {.typed = wanted};
    const char *name;
    for (int j = 0; (name = nodal_slide_property_name(slide, j)); j++) {
      cli_suggest(&suggestion, name);
    }
    cli_error(context, suggestion.best ? "%s: no property '%s', did you mean '%s'?" : "%s: no property '%s'",
              nodal_slide_path(slide), wanted, suggestion.best);
  }
  return status;
}

/* `document` receives what goes into the JSON array or document, if anything does. */
static int show(const CliContext *context, const Values *values, const char *path, json_t **document) {
  NodalError *error = NULL;
  NodalSlide *slide = cli_try_slide(context, path, &error);
  if (!slide) {
    if (context->common->json && values->slides.count > 1) {
      *document = json_failure(path, nodal_error_message(error));
    }
    return cli_fail(context, error);
  }
  int status = CLI_DONE;
  if (values->properties.count > 0) {
    status = print_properties(context, values, slide);
  } else if (context->common->json) {
    *document = json_slide(slide);
  } else {
    print_slide(context, slide);
  }
  nodal_slide_free(slide);
  return status;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  if (context->common->json && values->properties.count > 0) {
    return cli_usage(context, "--property and --json exclude each other");
  }
  bool several = values->slides.count > 1;
  json_t *array = context->common->json && several ? json_array() : NULL;
  int failed = 0;
  for (int i = 0; i < values->slides.count && !ferror(stdout); i++) {
    if (cli_interrupted()) {
      json_decref(array);
      return cli_interrupted_exit(context);
    }
    if (i > 0 && !context->common->json && values->properties.count == 0) {
      putchar('\n');
    }
    json_t *document = NULL;
    failed += show(context, values, values->slides.items[i], &document) != CLI_DONE;
    if (array) {
      cli_json_append(array, document);
    } else if (document) {
      cli_json_print(document);
    }
  }
  if (array) {
    cli_json_print(array);
  }
  if (failed > 0 && several) {
    cli_error(context, "%d of %d slides failed", failed, values->slides.count);
  }
  return failed > 0 ? CLI_FAILED : CLI_DONE;
}

static const CliOption arguments[] = {{.name = "SLIDE",
                                       .required = true,
                                       .type = CLI_STRINGS,
                                       .offset = offsetof(Values, slides),
                                       .help = "The slides to tell about."},
                                      {.name = NULL}};

static const CliOption options[] = {{.name = "property",
                                     .letter = 'p',
                                     .type = CLI_STRINGS,
                                     .value = "NAME",
                                     .offset = offsetof(Values, properties),
                                     .help = "Print the value of this property and nothing else. May be repeated."},
                                    CLI_OPTION_SOURCE_SPACING,
                                    CLI_OPTION_JSON,
                                    CLI_OPTIONS_END};

static const CliExample examples[] = {
    {"nodal info slide.svs", "Format, size, levels, spacing, associated images and properties."},
    {"nodal info --property openslide.objective-power slide.svs", "The value of one property."},
    {"nodal info --json *.tif > slides.json", "All of it about many slides, for a program to read."},
    {NULL, NULL}};

const CliCommand cli_info = {
    .name = "info",
    .group = "Look at slides",
    .summary = "show format, size, levels, spacing and properties",
    .description =
        "Shows what a slide is: its format, its size in pixels and millimetres, its levels with their true "
        "downsample, tile size and codec, its spacing, channels and sample type, its associated images and "
        "its properties (with --verbose also those that only repeat the rest). Only the directories of the file are "
        "read, no pixels.\n\n"
        "--json prints an object for one slide and an array for several, with the keys path, format, width, "
        "height, channels, dtype, spacing_um (x and y, or null), levels (width, height, downsample, "
        "tile_width, tile_height, codec), associated (names) and properties. In an array, a slide that cannot "
        "be opened has the keys path and error.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};

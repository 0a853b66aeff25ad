/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "json.h"
#include "slides.h"

#include <stdlib.h>
#include <string.h>

typedef struct Values {
  CliCommon common;
  const char *slide, *name;
  int quality;
} Values;

static json_t *json_image(const char *name, int64_t width, int64_t height) {
  json_t *entry = json_object();
  cli_json_set(entry, "name", cli_json_text(name));
  cli_json_set(entry, "width", json_integer(width));
  cli_json_set(entry, "height", json_integer(height));
  return entry;
}

static int list(const CliContext *context, NodalSlide *slide) {
  json_t *images = context->common->json ? json_array() : NULL;
  const char *name;
  int64_t width, height;
  for (int i = 0; (name = nodal_slide_associated_name(slide, i, &width, &height)); i++) {
    if (images) {
      cli_json_append(images, json_image(name, width, height));
    } else {
      cli_print_safe(stdout, "%s  %lld x %lld\n", name, (long long)width, (long long)height);
    }
  }
  if (images) {
    cli_json_print(images);
  } else if (!nodal_slide_associated_name(slide, 0, NULL, NULL)) {
    cli_warning(context, "%s: has no associated images", nodal_slide_path(slide));
  }
  return CLI_DONE;
}

static int fail_no_image(const CliContext *context, NodalSlide *slide, const char *wanted) {
  char *names = cli_format("%s", "");
  const char *name;
  for (int i = 0; (name = nodal_slide_associated_name(slide, i, NULL, NULL)); i++) {
    char *longer = cli_format("%s%s%s", names, i ? ", " : "", name);
    free(names);
    names = longer;
  }
  if (*names) {
    cli_error(context, "%s: no associated image '%s', only: %s", nodal_slide_path(slide), wanted, names);
  } else {
    cli_error(context, "%s: has no associated images", nodal_slide_path(slide));
  }
  free(names);
  return CLI_FAILED;
}

static int extract(const CliContext *context, const Values *values, NodalSlide *slide) {
  int64_t width = 0, height = 0;
  const char *name;
  int index = 0;
  while ((name = nodal_slide_associated_name(slide, index, &width, &height)) && strcmp(name, values->name) != 0) {
    index++;
  }
  if (!name) {
    return fail_no_image(context, slide, values->name);
  }
  CliImage image = {.width = width, .height = height, .channels = 3, .dtype = NODAL_UINT8};
  size_t size;
  if (!__builtin_mul_overflow((size_t)width, (size_t)3, &image.stride) &&
      !__builtin_mul_overflow(image.stride, (size_t)height, &size) && size <= (size_t)1 << 30) {
    image.pixels = malloc(size ? size : 1);
  }
  if (!image.pixels) {
    cli_error(context, "%s: %s: no memory for %lld x %lld pixels", values->slide, name, (long long)width,
              (long long)height);
    return CLI_FAILED;
  }
  NodalError *error = NULL;
  bool read = nodal_slide_read_associated(slide, name, image.pixels, image.stride, &error);
  int status = read ? cli_image_write(context, &image, values->quality) : cli_fail(context, error);
  cli_image_free(&image);
  if (status != CLI_DONE) {
    return status;
  }
  if (context->common->json) {
    json_t *document = json_image(name, width, height);
    cli_json_set(document, "input", cli_json_text(values->slide));
    cli_json_set(document, "output", cli_json_text(values->common.output));
    cli_json_print(document);
  }
  return CLI_DONE;
}

static int run(const CliContext *context, const void *memory) {
  const Values *values = memory;
  const char *output = values->common.output;
  if (values->name && !output) {
    return cli_usage(context, "--output is missing");
  }
  if (output && !values->name) {
    return cli_usage(context, "NAME is missing: which image goes to --output");
  }
  int checked = output ? cli_image_check_output(context, values->slide) : CLI_DONE;
  if (checked != CLI_DONE) {
    return checked;
  }
  NodalSlide *slide = cli_open_slide(context, values->slide);
  int status = CLI_FAILED;
  if (slide) {
    status = values->name ? extract(context, values, slide) : list(context, slide);
  }
  nodal_slide_free(slide);
  return status;
}

static const CliOption arguments[] = {
    {.name = "SLIDE", .required = true, .type = CLI_STRING, .offset = offsetof(Values, slide), .help = "The slide."},
    {.name = "NAME",
     .hides = true,
     .type = CLI_STRING,
     .offset = offsetof(Values, name),
     .help = "The image: label, macro, thumbnail. Without it the slide's images are listed."},
    {.name = NULL}};

static const CliOption options[] = {{.name = "output",
                                     .letter = 'o',
                                     .type = CLI_STRING,
                                     .value = "FILE",
                                     .offset = offsetof(CliCommon, output),
                                     .help = "The image to write: .png, .jpg or .tif."},
                                    CLI_OPTION_FORCE,
                                    CLI_OPTION_IMAGE_QUALITY,
                                    CLI_OPTION_JSON,
                                    CLI_OPTIONS_END};

static const CliExample examples[] = {{"nodal associated slide.svs", "Lists the images that the slide carries."},
                                      {"nodal associated slide.svs label -o label.png", "Writes one of them."},
                                      {NULL, NULL}};

const CliCommand cli_associated = {
    .name = "associated",
    .group = "Look at slides",
    .summary = "list or write the label, macro and thumbnail images",
    .description = "Writes one of the images that a slide carries beside its levels: the photo of the glass label, of "
                   "the whole glass (macro), a thumbnail. Without NAME, lists them. Labels may identify a patient.",
    .arguments = arguments,
    .options = options,
    .examples = examples,
    .values_size = sizeof(Values),
    .run = run,
};

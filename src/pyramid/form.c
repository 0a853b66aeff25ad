/* SPDX-License-Identifier: Apache-2.0 */
#include "pyramid/form.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/printer.h"
#include "base/xml_writer.h"
#include <nodal/version.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * Readers know the forms by these words ("Philips DP" is tifffile's). What follows says where the file is really from.
 * Lines of Aperio's end in LF alone where the second one names an image: OpenSlide takes the CR for one more.
 */
#define APERIO_HEAD "Aperio Image Library, imitated by nodal " NODAL_VERSION
#define PHILIPS_SOFTWARE "Philips DP, imitated by nodal " NODAL_VERSION
#define OWN_SOFTWARE "nodal " NODAL_VERSION

bool nodal_form_check(const char *name, const NodalWriterOptions *options, NodalError **error) {
  if ((int)options->form < 0 || options->form > NODAL_FORM_PHILIPS) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: unknown form", name);
  }
  if (options->form == NODAL_FORM_GENERIC) {
    return true;
  }
  if (options->codec != NODAL_CODEC_JPEG || options->color != NODAL_COLOR_RGB) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: the form of a scanner holds JPEG of uint8 RGB alone", name);
  }
  bool spaced = options->spacing_x_um > 0 && options->spacing_y_um > 0;
  if (!spaced || (options->form == NODAL_FORM_APERIO && options->spacing_x_um != options->spacing_y_um)) {
    return nodal_fail(error, NODAL_ERROR_ARGUMENT, "%s: the form of this scanner needs %s", name,
                      spaced ? "one spacing for both directions" : "a spacing");
  }
  return true;
}

const char *nodal_form_software(NodalWriterForm form) {
  return form == NODAL_FORM_PHILIPS ? PHILIPS_SOFTWARE : OWN_SOFTWARE;
}

/* A copy in which what the form's readers take for an end of a field is a blank. */
static char *flatten(const char *text, NodalError **error) {
  char *copy = nodal_strdup(text, error);
  for (char *at = copy; at && (at = strpbrk(at, "|\r\n"));) {
    *at = ' ';
  }
  return copy;
}

static char *describe_aperio(const NodalWriterOptions *options, NodalError **error) {
  char spacing[NODAL_NUMBER_SIZE];
  nodal_format_double(spacing, options->spacing_x_um);
  char *title = flatten(options->description, error);
  char *text =
      title ? nodal_strdup_printf(error,
                                  APERIO_HEAD "\r\n%lldx%lld [0,0 %lldx%lld] (%dx%d) JPEG/RGB Q=%d|MPP = "
                                              "%s%s%s",
                                  (long long)options->width, (long long)options->height, (long long)options->width,
                                  (long long)options->height, options->tile_size, options->tile_size, options->quality,
                                  spacing, title[0] ? "|Title = " : "", title)
            : NULL;
  free(title);
  return text;
}

static void print_attribute(NodalPrinter *printer, const char *name, const char *group, const char *element,
                            const char *type, const char *value) {
  nodal_print_format(printer, "<Attribute Name=\"%s\" Group=\"%s\" Element=\"%s\" PMSVR=\"%s\">", name, group, element,
                     type);
  nodal_print_xml(printer, value);
  nodal_print(printer, "</Attribute>\n");
}

static void print_sequence(NodalPrinter *printer, const char *name, const char *group, const char *element) {
  nodal_print_format(printer,
                     "<Attribute Name=\"%s\" Group=\"%s\" Element=\"%s\" PMSVR=\"IDataObjectArray\">\n<Array>\n", name,
                     group, element);
}

/* What a pixel of a level measures, in millimetres, rows before columns. */
static void print_spacing(NodalPrinter *printer, const NodalWriterOptions *options, int level) {
  char y[NODAL_NUMBER_SIZE], x[NODAL_NUMBER_SIZE], value[2 * NODAL_NUMBER_SIZE + 8];
  nodal_format_double(y, ldexp(options->spacing_y_um / 1000, level));
  nodal_format_double(x, ldexp(options->spacing_x_um / 1000, level));
  snprintf(value, sizeof value, "\"%s\" \"%s\"", y, x);
  print_attribute(printer, "DICOM_PIXEL_SPACING", "0x0028", "0x0030", "IDoubleArray", value);
}

static void print_level(NodalPrinter *printer, const NodalWriterOptions *options, int level) {
  char number[16];
  snprintf(number, sizeof number, "%d", level);
  nodal_print(printer, "<DataObject ObjectType=\"PixelDataRepresentation\">\n");
  print_spacing(printer, options, level);
  print_attribute(printer, "PIIM_PIXEL_DATA_REPRESENTATION_NUMBER", "0x1001", "0x8B02", "IUInt16", number);
  nodal_print(printer, "</DataObject>\n");
}

static char *describe_philips(const NodalWriterOptions *options, int levels, NodalError **error) {
  NodalOutput *output = nodal_output_new_memory("description", error);
  if (!output) {
    return NULL;
  }
  NodalPrinter printer;
  nodal_printer_init(&printer, output);
  nodal_print(&printer, "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<DataObject ObjectType=\"DPUfsImport\">\n");
  print_attribute(&printer, "DICOM_MANUFACTURER", "0x0008", "0x0070", "IString", PHILIPS_SOFTWARE);
  if (options->description) {
    /* DICOM PS3.3: "a text description of how this image was derived". */
    print_attribute(&printer, "DICOM_DERIVATION_DESCRIPTION", "0x0008", "0x2111", "IString", options->description);
  }
  print_sequence(&printer, "PIM_DP_SCANNED_IMAGES", "0x301D", "0x1003");
  nodal_print(&printer, "<DataObject ObjectType=\"DPScannedImage\">\n");
  print_attribute(&printer, "PIM_DP_IMAGE_TYPE", "0x301D", "0x1004", "IString", "WSI");
  print_spacing(&printer, options, 0);
  print_sequence(&printer, "PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE", "0x1001", "0x8B01");
  for (int k = 0; k < levels; k++) {
    print_level(&printer, options, k);
  }
  nodal_print(&printer, "</Array>\n</Attribute>\n</DataObject>\n</Array>\n</Attribute>\n</DataObject>\n");
  char *text = NULL;
  if (nodal_printer_finish(&printer, error)) {
    size_t size;
    const void *bytes = nodal_output_memory(output, &size);
    text = nodal_strdup_printf(error, "%.*s", (int)size, (const char *)bytes);
  }
  nodal_output_free(output);
  return text;
}

char *nodal_form_description(const NodalWriterOptions *options, int levels, NodalError **error) {
  return options->form == NODAL_FORM_APERIO ? describe_aperio(options, error)
                                            : describe_philips(options, levels, error);
}

char *nodal_form_image_description(const NodalWriterOptions *options, const char *name, int64_t width, int64_t height,
                                   NodalError **error) {
  switch (options->form) {
  case NODAL_FORM_APERIO:
    if (strcmp(name, "thumbnail") == 0) {
      return nodal_strdup_printf(error, APERIO_HEAD "\r\n%lldx%lld -> %lldx%lld", (long long)options->width,
                                 (long long)options->height, (long long)width, (long long)height);
    }
    return nodal_strdup_printf(error, APERIO_HEAD "\n%s %lldx%lld", name, (long long)width, (long long)height);
  case NODAL_FORM_PHILIPS: {
    char *text = nodal_strdup(name, error);
    if (text && text[0] >= 'a' && text[0] <= 'z') {
      text[0] = (char)(text[0] - 'a' + 'A');
    }
    return text;
  }
  default:
    return nodal_strdup(name, error);
  }
}

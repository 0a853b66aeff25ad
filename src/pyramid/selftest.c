/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "pyramid/pyramid.h"
#include "pyramid/selftest_data.h"
#include "slide/driver.h"
#include <nodal/selftest.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Side of the built-in slide, and of the picture in selftest_data.c; both of one tile and of four. */
enum { SIDE = 96, TILE = 48, DATA_SIDE = 32 };

static const double spacing_um = 0.25;

/* --- the built-in picture --- */

/* A sample of the built-in slide: gradients that differ by channel, small enough for every type. */
static double picture(int64_t x, int64_t y, int channel, NodalDtype dtype) {
  double value = (double)(channel % 2 ? 2 * y + x / 4 : 2 * x + y / 4) + 10 * channel;
  return dtype == NODAL_FLOAT32 ? value / 4 - 20 : dtype == NODAL_UINT8 ? value : value * 200;
}

/* The picture of selftest_data.py. */
static double data_picture(int64_t x, int64_t y, int channel) {
  return (double)(channel == 0 ? 4 * x + 20 : channel == 1 ? 4 * y + 30 : 2 * (x + y) + 10);
}

static double load(const uint8_t *pixels, NodalDtype dtype, size_t index) {
  switch (dtype) {
  case NODAL_UINT8:
    return pixels[index];
  case NODAL_UINT16:
    return ((const uint16_t *)(const void *)pixels)[index];
  case NODAL_UINT32:
    return ((const uint32_t *)(const void *)pixels)[index];
  default:
    return (double)((const float *)(const void *)pixels)[index];
  }
}

static void store(uint8_t *pixels, NodalDtype dtype, size_t index, double value) {
  switch (dtype) {
  case NODAL_UINT8:
    pixels[index] = (uint8_t)value;
    break;
  case NODAL_UINT16:
    ((uint16_t *)(void *)pixels)[index] = (uint16_t)value;
    break;
  case NODAL_UINT32:
    ((uint32_t *)(void *)pixels)[index] = (uint32_t)value;
    break;
  default:
    ((float *)(void *)pixels)[index] = (float)value;
  }
}

/* --- what is checked --- */

typedef struct Check Check;
struct Check {
  const char *name;
  bool (*run)(const Check *check, NodalError **error);
  NodalColor color;
  int channels;
  NodalDtype dtype;
  NodalCodec codec;
  bool chroma_full;
  const NodalSelfTestData *data; /* what others made */
  int compression, predictor;    /* of `data` as a tile */
  const char *format;            /* that the reader must find */
  const char *description, *software;
  double tolerance; /* largest difference of a sample */
};

typedef double (*Expected)(const Check *check, int64_t x, int64_t y, int channel);

static bool compare_level(const Check *check, NodalSlide *slide, int level, int64_t side, Expected expected,
                          NodalError **error) {
  NodalLevel geometry;
  if (!nodal_slide_level(slide, level, &geometry) || geometry.width != side || geometry.height != side ||
      nodal_slide_channels(slide) != check->channels || nodal_slide_dtype(slide) != check->dtype) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "level %d is not what was written", level);
  }
  size_t stride = (size_t)side * nodal_slide_pixel_size(slide, NODAL_PIXELS_NATIVE);
  uint8_t *pixels = nodal_alloc(stride * (size_t)side, error);
  NodalRect all = {0, 0, side, side};
  bool equal = pixels && nodal_slide_read_level(slide, level, all, NODAL_PIXELS_NATIVE, pixels, stride, error);
  for (int64_t i = 0; equal && i < side * side * check->channels; i++) {
    int channel = (int)(i % check->channels);
    int64_t x = i / check->channels % side, y = i / check->channels / side;
    double wanted = expected(check, x, y, channel), got = load(pixels, check->dtype, (size_t)i);
    if (!(fabs(got - wanted) <= check->tolerance)) {
      equal = nodal_fail(error, NODAL_ERROR_FORMAT, "level %d, pixel %lld,%lld, channel %d is %g instead of %g", level,
                         (long long)x, (long long)y, channel, got, wanted);
    }
  }
  free(pixels);
  return equal;
}

static NodalSlide *open_memory(const void *data, size_t size, NodalError **error) {
  NodalSource *source = nodal_source_new_memory(data, size, "built-in slide", error);
  NodalSlide *slide = source ? nodal_slide_open_source(source, NULL, error) : NULL;
  nodal_source_unref(source);
  return slide;
}

static bool has_format(const Check *check, const NodalSlide *slide, NodalError **error) {
  double x = 0, y = 0;
  if (strcmp(nodal_slide_format(slide), check->format) != 0) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "is taken for %s", nodal_slide_format(slide));
  }
  if (check->description && (!nodal_slide_spacing(slide, &x, &y) || fabs(x - spacing_um) > 1e-6)) {
    return nodal_fail(error, NODAL_ERROR_FORMAT, "has a spacing of %g um instead of %g", x, spacing_um);
  }
  return true;
}

/* --- slides that the writer makes --- */

static double written_pixel(const Check *check, int64_t x, int64_t y, int channel) {
  return picture(x, y, channel, check->dtype);
}

static double halved_pixel(const Check *check, int64_t x, int64_t y, int channel) {
  if (check->color == NODAL_COLOR_LABEL) {
    return picture(2 * x, 2 * y, channel, check->dtype);
  }
  double sum = 0;
  for (int i = 0; i < 4; i++) {
    sum += picture(2 * x + (i & 1), 2 * y + (i >> 1), channel, check->dtype);
  }
  return check->dtype == NODAL_FLOAT32 ? sum / 4 : floor(sum / 4 + 0.5);
}

static bool write_slide(const Check *check, NodalOutput *output, NodalError **error) {
  NodalWriterOptions options = {.width = SIDE,
                                .height = SIDE,
                                .color = check->color,
                                .channels = check->channels,
                                .dtype = check->dtype,
                                .tile_size = TILE,
                                .codec = check->codec,
                                .quality = 95,
                                .chroma_full = check->chroma_full,
                                .spacing_x_um = spacing_um,
                                .spacing_y_um = spacing_um};
  NodalWriter *writer = nodal_pyramid_new(output, false, &options, NULL, error);
  size_t pixel_size = (size_t)check->channels * nodal_dtype_size(check->dtype), stride = SIDE * pixel_size;
  uint8_t *pixels = writer ? nodal_alloc(stride * SIDE, error) : NULL;
  for (int64_t i = 0; pixels && i < (int64_t)SIDE * SIDE * check->channels; i++) {
    int64_t pixel = i / check->channels;
    store(pixels, check->dtype, (size_t)i,
          picture(pixel % SIDE, pixel / SIDE, (int)(i % check->channels), check->dtype));
  }
  bool written = pixels != NULL;
  for (int64_t i = 0; written && i < 4; i++) {
    const uint8_t *tile = pixels + (size_t)(i / 2 * TILE) * stride + (size_t)(i % 2 * TILE) * pixel_size;
    written = nodal_writer_write_tile(writer, i % 2, i / 2, tile, stride, error);
  }
  written = written && nodal_writer_finish(writer, error);
  free(pixels);
  nodal_writer_free(writer);
  return written;
}

static bool check_written(const Check *check, NodalError **error) {
  NodalOutput *output = nodal_output_new_memory("built-in slide", error);
  bool ok = output && write_slide(check, output, error);
  size_t size = 0;
  const void *file = ok ? nodal_output_memory(output, &size) : NULL;
  NodalSlide *slide = file ? open_memory(file, size, error) : NULL;
  ok = slide && compare_level(check, slide, 0, SIDE, written_pixel, error) &&
       compare_level(check, slide, 1, SIDE / 2, halved_pixel, error);
  if (ok && nodal_slide_color(slide) != check->color) {
    ok = nodal_fail(error, NODAL_ERROR_FORMAT, "is taken for %s", nodal_color_name(nodal_slide_color(slide)));
  }
  nodal_slide_free(slide);
  nodal_output_free(output);
  return ok;
}

/* --- slides that others made --- */

static double data_pixel(const Check *check, int64_t x, int64_t y, int channel) {
  return check->dtype == NODAL_FLOAT32  ? 0.5 * (double)x - 0.25 * (double)y
         : check->dtype == NODAL_UINT16 ? (double)(256 * x + y)
                                        : data_picture(x, y, channel);
}

static bool check_file(const Check *check, NodalError **error) {
  NodalSlide *slide = open_memory(check->data->data, check->data->size, error);
  bool ok = slide && has_format(check, slide, error) && compare_level(check, slide, 0, DATA_SIDE, data_pixel, error);
  nodal_slide_free(slide);
  return ok;
}

/* Wraps a compressed tile into a TIFF of one level. */
static bool wrap_tile(const Check *check, const void *tile, size_t size, NodalOutput *output, NodalError **error) {
  enum { PHOTOMETRIC_GRAY = 1, PHOTOMETRIC_RGB = 2 };
  NodalTiffSpec spec = {.width = DATA_SIDE,
                        .height = DATA_SIDE,
                        .tile_width = DATA_SIDE,
                        .tile_height = DATA_SIDE,
                        .samples = check->channels,
                        .dtype = check->dtype,
                        .compression = check->compression,
                        .photometric = check->channels == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_GRAY,
                        .predictor = check->predictor,
                        .description = check->description,
                        .software = check->software};
  NodalTiffWriter *writer = nodal_tiff_writer_new(output, error);
  int directory = writer ? nodal_tiff_writer_add(writer, &spec, error) : -1;
  uint64_t offset = 0;
  bool wrapped = directory >= 0 && nodal_tiff_writer_start(writer, error) &&
                 nodal_tiff_writer_append(writer, tile, size, &offset, error);
  if (wrapped) {
    nodal_tiff_writer_set_block(writer, directory, 0, offset, size);
    wrapped = nodal_tiff_writer_finish(writer, error);
  }
  nodal_tiff_writer_free(writer);
  return wrapped;
}

static bool check_wrapped(const Check *check, const void *tile, size_t tile_size, NodalError **error) {
  NodalOutput *output = nodal_output_new_memory("built-in slide", error);
  bool ok = output && wrap_tile(check, tile, tile_size, output, error);
  size_t size = 0;
  const void *file = ok ? nodal_output_memory(output, &size) : NULL;
  NodalSlide *slide = file ? open_memory(file, size, error) : NULL;
  ok = slide && has_format(check, slide, error) && compare_level(check, slide, 0, DATA_SIDE, data_pixel, error);
  nodal_slide_free(slide);
  nodal_output_free(output);
  return ok;
}

static bool check_tile(const Check *check, NodalError **error) {
  return check_wrapped(check, check->data->data, check->data->size, error);
}

/* The tile as it is, or as PackBits: each row (96 bytes) as one literal run. */
static bool check_plain(const Check *check, NodalError **error) {
  enum { ROW = 3 * DATA_SIDE };
  uint8_t tile[DATA_SIDE * (ROW + 1)], *at = tile;
  for (int64_t y = 0; y < DATA_SIDE; y++) {
    if (check->compression == NODAL_COMPRESSION_PACKBITS) {
      *at++ = ROW - 1;
    }
    for (int i = 0; i < ROW; i++) {
      *at++ = (uint8_t)data_picture(i / 3, y, i % 3);
    }
  }
  return check_wrapped(check, tile, (size_t)(at - tile), error);
}

static bool check_deflate_old(const Check *check, NodalError **error) {
  uint8_t pixels[DATA_SIDE * DATA_SIDE * 3];
  for (int i = 0; i < DATA_SIDE * DATA_SIDE * 3; i++) {
    pixels[i] = (uint8_t)data_picture(i / 3 % DATA_SIDE, i / 3 / DATA_SIDE, i % 3);
  }
  NodalEncoding encoding = {
      .codec = NODAL_CODEC_DEFLATE, .width = DATA_SIDE, .height = DATA_SIDE, .channels = 3, .dtype = NODAL_UINT8};
  NodalBytes bytes = {0};
  bool ok = nodal_codec_encode(&encoding, pixels, 3 * DATA_SIDE, &bytes, error) &&
            check_wrapped(check, bytes.data, bytes.size, error);
  free(bytes.data);
  return ok;
}

#define PHILIPS_XML                                                                                                    \
  "<?xml version=\"1.0\"?><DataObject ObjectType=\"DPUfsImport\"><Attribute Name=\"PIM_DP_SCANNED_IMAGES\"><Array>"    \
  "<DataObject ObjectType=\"DPScannedImage\"><Attribute Name=\"PIM_DP_IMAGE_TYPE\">WSI</Attribute>"                    \
  "<Attribute Name=\"PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE\"><Array><DataObject "                                    \
  "ObjectType=\"PixelDataRepresentation\"><Attribute Name=\"DICOM_PIXEL_SPACING\">&quot;0.00025&quot; "                \
  "&quot;0.00025&quot;</Attribute></DataObject></Array></Attribute></DataObject></Array></Attribute></DataObject>"

#define OME_XML                                                                                                        \
  "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\"><Image ID=\"Image:0\">"     \
  "<Pixels ID=\"Pixels:0\" DimensionOrder=\"XYCZT\" Type=\"uint8\" SizeX=\"32\" SizeY=\"32\" SizeC=\"3\" SizeZ=\"1\" " \
  "SizeT=\"1\" PhysicalSizeX=\"0.25\" PhysicalSizeY=\"0.25\"><Channel ID=\"Channel:0:0\" SamplesPerPixel=\"3\"/>"      \
  "<TiffData/></Pixels></Image></OME>"

/* Rows: name, function, colour, channels, type, then what the function needs. */
static const Check checks[] = {
    {"tiff, none", check_written, NODAL_COLOR_RGB, 3, NODAL_UINT8, .codec = NODAL_CODEC_NONE},
    {"tiff, jpeg 4:2:0", check_written, NODAL_COLOR_RGB, 3, NODAL_UINT8, .codec = NODAL_CODEC_JPEG, .tolerance = 9},
    {"tiff, jpeg 4:4:4", check_written, NODAL_COLOR_RGB, 3, NODAL_UINT8, .codec = NODAL_CODEC_JPEG, .chroma_full = true,
     .tolerance = 6},
    {"tiff, jpeg gray", check_written, NODAL_COLOR_GRAY, 1, NODAL_UINT8, .codec = NODAL_CODEC_JPEG, .tolerance = 4},
    {"tiff, lzw", check_written, NODAL_COLOR_RGB, 3, NODAL_UINT8, .codec = NODAL_CODEC_LZW},
    {"tiff, deflate", check_written, NODAL_COLOR_RGB, 3, NODAL_UINT8, .codec = NODAL_CODEC_DEFLATE},
    {"tiff, zstd", check_written, NODAL_COLOR_RGB, 3, NODAL_UINT8, .codec = NODAL_CODEC_ZSTD},
    {"tiff, uint16", check_written, NODAL_COLOR_RGB, 3, NODAL_UINT16, .codec = NODAL_CODEC_LZW},
    {"tiff, uint32", check_written, NODAL_COLOR_GRAY, 1, NODAL_UINT32, .codec = NODAL_CODEC_DEFLATE},
    {"tiff, float32", check_written, NODAL_COLOR_GRAY, 1, NODAL_FLOAT32, .codec = NODAL_CODEC_ZSTD},
    {"tiff, 5 channels", check_written, NODAL_COLOR_CHANNELS, 5, NODAL_UINT8, .codec = NODAL_CODEC_LZW},
    {"tiff, label", check_written, NODAL_COLOR_LABEL, 1, NODAL_UINT8, .codec = NODAL_CODEC_LZW},
    {"tiff, packbits", check_plain, NODAL_COLOR_RGB, 3, NODAL_UINT8, .compression = NODAL_COMPRESSION_PACKBITS,
     .format = "generic-tiff"},
    {"tiff, deflate with its old number", check_deflate_old, NODAL_COLOR_RGB, 3, NODAL_UINT8,
     .compression = NODAL_COMPRESSION_DEFLATE_OLD, .predictor = 2, .format = "generic-tiff"},
    {"tiff, floating point predictor", check_tile, NODAL_COLOR_GRAY, 1, NODAL_FLOAT32,
     .data = &nodal_self_test_float_predictor, .compression = NODAL_COMPRESSION_DEFLATE, .predictor = 3,
     .format = "generic-tiff"},
    {"tiff, jpeg 2000", check_tile, NODAL_COLOR_RGB, 3, NODAL_UINT8, .data = &nodal_self_test_jp2k_rgb,
     .compression = NODAL_COMPRESSION_JP2K, .format = "generic-tiff"},
    {"tiff, jpeg 2000 (33005)", check_tile, NODAL_COLOR_RGB, 3, NODAL_UINT8, .data = &nodal_self_test_jp2k_rgb,
     .compression = NODAL_COMPRESSION_JP2K_RGB, .format = "generic-tiff"},
    {"tiff, jpeg 2000 (33003)", check_tile, NODAL_COLOR_RGB, 3, NODAL_UINT8, .data = &nodal_self_test_jp2k_ycbcr,
     .compression = NODAL_COMPRESSION_JP2K_YCBCR, .format = "generic-tiff", .tolerance = 2},
    {"tiff, webp", check_tile, NODAL_COLOR_RGB, 3, NODAL_UINT8, .data = &nodal_self_test_webp,
     .compression = NODAL_COMPRESSION_WEBP, .format = "generic-tiff"},
    {"tiff, big-endian", check_file, NODAL_COLOR_GRAY, 1, NODAL_UINT16, .data = &nodal_self_test_big_endian_tiff,
     .format = "generic-tiff"},
    {"aperio", check_plain, NODAL_COLOR_RGB, 3, NODAL_UINT8, .compression = NODAL_COMPRESSION_NONE, .format = "aperio",
     .description = "Aperio Image Library v1\n32x32|AppMag = 40|MPP = 0.25"},
    {"philips", check_plain, NODAL_COLOR_RGB, 3, NODAL_UINT8, .compression = NODAL_COMPRESSION_NONE,
     .format = "philips", .description = PHILIPS_XML, .software = "Philips DP v1.0"},
    {"ome-tiff", check_plain, NODAL_COLOR_RGB, 3, NODAL_UINT8, .compression = NODAL_COMPRESSION_NONE,
     .format = "ome-tiff", .description = OME_XML},
    {"png", check_file, NODAL_COLOR_RGB, 3, NODAL_UINT8, .data = &nodal_self_test_png, .format = "png"},
    {"jpeg", check_file, NODAL_COLOR_RGB, 3, NODAL_UINT8, .data = &nodal_self_test_jpeg, .format = "jpeg",
     .tolerance = 6},
};

bool nodal_self_test(NodalSelfTestReport report, void *user, NodalError **error) {
  bool all_passed = true;
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
    NodalError *failure = NULL;
    bool passed = checks[i].run(&checks[i], &failure);
    if (report) {
      report(user, checks[i].name, passed ? NULL : nodal_error_message(failure));
    }
    if (!passed && all_passed && error) {
      nodal_error_prefix(&failure, "%s", checks[i].name);
      *error = failure;
    } else {
      nodal_error_free(failure);
    }
    all_passed = all_passed && passed;
  }
  return all_passed;
}

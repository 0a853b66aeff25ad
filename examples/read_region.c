/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens a slide, says what it is, and saves one region of it.
 *
 *   read_region SLIDE X Y WIDTH HEIGHT LEVEL OUT.png
 *
 * X and Y are level-0 pixels, WIDTH and HEIGHT pixels of LEVEL.
 */
#include <inttypes.h>
#include <nodal/nodal.h>
#include <stdio.h>
#include <stdlib.h>

static void describe(const NodalSlide *slide) {
  double x_um, y_um;
  printf("%s: %s, %d x %s, ", nodal_slide_path(slide), nodal_slide_format(slide), nodal_slide_channels(slide),
         nodal_dtype_name(nodal_slide_dtype(slide)));
  if (nodal_slide_spacing(slide, &x_um, &y_um)) {
    printf("%.4g x %.4g um a pixel\n", x_um, y_um);
  } else {
    printf("unknown spacing\n");
  }
  NodalLevel level;
  for (int i = 0; nodal_slide_level(slide, i, &level); i++) {
    printf("level %d: %" PRId64 " x %" PRId64 ", 1/%g, tiles of %" PRId64 " x %" PRId64 ", %s\n", i, level.width,
           level.height, level.downsample, level.tile_width, level.tile_height, nodal_codec_name(level.codec));
  }
}

static bool save_region(NodalSlide *slide, NodalRect region, int level, const char *output, NodalError **error) {
  double spacing = 0, spacing_y;
  NodalLevel info;
  if (nodal_slide_spacing(slide, &spacing, &spacing_y) && nodal_slide_level(slide, level, &info)) {
    spacing *= info.downsample;
  }
  size_t stride = (size_t)region.width * 3;
  uint8_t *pixels = malloc(stride * (size_t)region.height);
  if (!pixels) {
    perror("read_region");
    return false;
  }
  bool ok = nodal_slide_read_region(slide, level, region.x, region.y, region.width, region.height, NODAL_PIXELS_RGB,
                                    pixels, stride, error) &&
            nodal_image_write(output, pixels, region.width, region.height, stride, 3, NODAL_UINT8, spacing, 90, true,
                              NULL, error);
  free(pixels);
  return ok;
}

int main(int argc, char **argv) {
  if (argc != 8) {
    fprintf(stderr, "usage: read_region SLIDE X Y WIDTH HEIGHT LEVEL OUT.png\n");
    return 2;
  }
  NodalRect region = {strtoll(argv[2], NULL, 10), strtoll(argv[3], NULL, 10), strtoll(argv[4], NULL, 10),
                      strtoll(argv[5], NULL, 10)};
  if (region.width < 1 || region.height < 1 || region.width > 20000 || region.height > 20000) {
    fprintf(stderr, "read_region: WIDTH and HEIGHT are 1 to 20000\n");
    return 2;
  }
  NodalError *error = NULL;
  NodalSlide *slide = nodal_slide_open(argv[1], NULL, &error);
  bool ok = slide != NULL;
  if (ok) {
    describe(slide);
    ok = save_region(slide, region, (int)strtol(argv[6], NULL, 10), argv[7], &error);
  }
  if (error) {
    fprintf(stderr, "read_region: %s\n", nodal_error_message(error));
    nodal_error_free(error);
  }
  nodal_slide_free(slide);
  return ok ? 0 : 1;
}

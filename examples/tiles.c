/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tile server does: takes the compressed tiles as they are in the file, without decoding them, and writes one.
 *
 *   tiles SLIDE [LEVEL COLUMN ROW OUT.jpg]
 *
 * Without a tile it counts the bytes of each level.
 */
#include <inttypes.h>
#include <nodal/nodal.h>
#include <stdio.h>
#include <stdlib.h>

static bool count_level(NodalSlide *slide, int index, const NodalLevel *level, NodalError **error) {
  int64_t columns = (level->width + level->tile_width - 1) / level->tile_width;
  int64_t rows = (level->height + level->tile_height - 1) / level->tile_height;
  int64_t present = 0;
  uint64_t bytes = 0;
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t column = 0; column < columns; column++) {
      void *data = NULL;
      size_t size = 0;
      if (!nodal_slide_read_raw_tile(slide, index, column, row, &data, &size, error)) {
        return false;
      }
      nodal_free(data);
      present += size > 0;
      bytes += size;
    }
  }
  printf("level %d: %" PRId64 " of %" PRId64 " tiles, %s, %" PRIu64 " bytes\n", index, present, columns * rows,
         nodal_codec_name(level->codec), bytes);
  return true;
}

static bool save_tile(NodalSlide *slide, int level, int64_t column, int64_t row, const char *path, NodalError **error) {
  void *data = NULL;
  size_t size = 0;
  if (!nodal_slide_read_raw_tile(slide, level, column, row, &data, &size, error)) {
    return false;
  }
  FILE *file = fopen(path, "wb");
  bool ok = file && fwrite(data, 1, size, file) == size;
  ok = file && fclose(file) == 0 && ok;
  if (!ok) {
    perror(path);
  } else {
    printf("%s: %zu bytes\n", path, size);
  }
  nodal_free(data);
  return ok;
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 6) {
    fprintf(stderr, "usage: tiles SLIDE [LEVEL COLUMN ROW OUT.jpg]\n");
    return 2;
  }
  NodalError *error = NULL;
  NodalSlide *slide = nodal_slide_open(argv[1], NULL, &error);
  bool ok = slide != NULL;
  NodalLevel level;
  if (ok && argc == 6) {
    ok = save_tile(slide, (int)strtol(argv[2], NULL, 10), strtoll(argv[3], NULL, 10), strtoll(argv[4], NULL, 10),
                   argv[5], &error);
  }
  for (int i = 0; ok && argc == 2 && nodal_slide_level(slide, i, &level); i++) {
    ok = count_level(slide, i, &level, &error);
  }
  if (error) {
    fprintf(stderr, "tiles: %s\n", nodal_error_message(error));
    nodal_error_free(error);
  }
  nodal_slide_free(slide);
  return ok ? 0 : 1;
}

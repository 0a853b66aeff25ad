/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_SLIDE_H
#define NODAL_SLIDE_H

#include <nodal/cache.h>
#include <nodal/error.h>
#include <nodal/source.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A whole-slide image open for reading. All calls on one slide are thread-safe, except that nothing may run on it
 * while it is freed. What a getter returns is borrowed and lives as long as the slide.
 */
typedef struct NodalSlide NodalSlide;

typedef struct NodalSlideOptions {
  NodalCache *cache; /**< shared cache, the slide takes its own reference; NULL: one of its own */
  double spacing_um; /**< overrides the file's spacing, in micrometres a level-0 pixel; 0: as the file says */
} NodalSlideOptions;

/**
 * Opens a slide. The format is found by looking at the content, never at the extension. Reads the directories only, no
 * pixels. `options` may be NULL.
 */
NODAL_API NODAL_MUST_CHECK NodalSlide *nodal_slide_open(const char *path, const NodalSlideOptions *options,
                                                        NodalError **error);

/** The same from any byte source, of which the slide takes its own reference. Formats of many files need a path. */
NODAL_API NODAL_MUST_CHECK NodalSlide *nodal_slide_open_source(NodalSource *source, const NodalSlideOptions *options,
                                                               NodalError **error);
NODAL_API void nodal_slide_free(NodalSlide *slide);

/** The path, or the source's name. */
NODAL_API const char *nodal_slide_path(const NodalSlide *slide);

/** "generic-tiff", "aperio", "philips", "ome-tiff", "png", "jpeg", or the vendor name OpenSlide gives. */
NODAL_API const char *nodal_slide_format(const NodalSlide *slide);

NODAL_API int nodal_slide_channels(const NodalSlide *slide);
NODAL_API NodalDtype nodal_slide_dtype(const NodalSlide *slide);
NODAL_API NodalColor nodal_slide_color(const NodalSlide *slide);

/** Micrometres a level-0 pixel. False, and nothing stored, when the file does not say: never guessed. */
NODAL_API bool nodal_slide_spacing(const NodalSlide *slide, double *x_um, double *y_um);

/** Smallest and largest sample value the file states (TIFF SMinSampleValue, SMaxSampleValue). False if it does not. */
NODAL_API bool nodal_slide_value_range(const NodalSlide *slide, double *minimum, double *maximum);

/** One level of the pyramid. Level 0 is the largest. */
typedef struct NodalLevel {
  int64_t width, height; /**< pixels of this level, as stored: padded where the file pads */
  double downsample;     /**< the true factor to level 0; not width0 / width where levels are padded or rounded */
  int64_t tile_width, tile_height;
  NodalCodec codec;
} NodalLevel;

NODAL_API int nodal_slide_level_count(const NodalSlide *slide);

/** Fills `level`; false if there is no such level. */
NODAL_API bool nodal_slide_level(const NodalSlide *slide, int index, NodalLevel *level);

/** The smallest level whose downsample is at most `downsample` (a thousandth above counts as equal), else 0. */
NODAL_API int nodal_slide_best_level(const NodalSlide *slide, double downsample);

/** Properties in the order the file gives them, names as OpenSlide has them where it has one. NULL past the last. */
NODAL_API const char *nodal_slide_property_name(const NodalSlide *slide, int index);
/** The value of a property by name, or NULL. */
NODAL_API const char *nodal_slide_property(const NodalSlide *slide, const char *name);

/** ICC profile of the levels, or NULL; `size` in bytes. */
NODAL_API const void *nodal_slide_icc_profile(const NodalSlide *slide, size_t *size);

/** Names of the associated images ("label", "macro", "thumbnail"), NULL past the last; width and height in pixels,
 * may be NULL. */
NODAL_API const char *nodal_slide_associated_name(const NodalSlide *slide, int index, int64_t *width, int64_t *height);

/** Reads an associated image as RGB8: `height` rows of `stride` bytes, 3 bytes a pixel. */
NODAL_API NODAL_MUST_CHECK bool nodal_slide_read_associated(NodalSlide *slide, const char *name, void *pixels,
                                                            size_t stride, NodalError **error);

/** The form in which pixels are wanted. */
typedef enum NodalPixelFormat {
  NODAL_PIXELS_NATIVE, /**< the file's own channels and type, interleaved */
  NODAL_PIXELS_RGB,    /**< 3 x uint8; only from uint8 gray, RGB or RGBA (over the background) */
  NODAL_PIXELS_RGBA    /**< 4 x uint8, alpha not premultiplied; 0 where there is no pixel: outside, or tile absent */
} NodalPixelFormat;

/** Bytes of one pixel of this slide in `format`; 0 where the slide cannot be read so. */
NODAL_API size_t nodal_slide_pixel_size(const NodalSlide *slide, NodalPixelFormat format);

/**
 * The value that stands where there is no pixel, one byte a channel of `rgb`: the file's own background colour where it
 * states one, else white. Slides that are not RGB or RGBA have 0 there.
 */
NODAL_API void nodal_slide_background(const NodalSlide *slide, uint8_t rgb[3]);

/**
 * Reads a region. `x`, `y`: level-0 pixels of its top-left corner; the region starts at the level's pixel
 * floor(x / downsample), floor(y / downsample). `width`, `height`: pixels of `level`. `pixels`: `height` rows of
 * `stride` bytes each. What lies outside the slide is background. A tile that is damaged makes the call fail, with the
 * rest of the region still filled in.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_slide_read_region(NodalSlide *slide, int level, int64_t x, int64_t y,
                                                        int64_t width, int64_t height, NodalPixelFormat format,
                                                        void *pixels, size_t stride, NodalError **error);

/** The same with the whole rectangle in pixels of `level`. */
NODAL_API NODAL_MUST_CHECK bool nodal_slide_read_level(NodalSlide *slide, int level, NodalRect region,
                                                       NodalPixelFormat format, void *pixels, size_t stride,
                                                       NodalError **error);

/**
 * Reads at any spacing: a grid of `width` x `height` pixels of `spacing_um` micrometres whose top-left corner lies at
 * `x`, `y` (level-0 pixels, fractions allowed). Taken from the nearest finer level by a triangle filter as wide as the
 * output pixel (or by the nearest pixel); fails where the slide has no spacing. A label slide is always read nearest.
 * A pixel of the grid that covers any part of the slide is made of that part alone; the others are background.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_slide_read_at_spacing(NodalSlide *slide, double spacing_um, double x, double y,
                                                            int64_t width, int64_t height,
                                                            NodalInterpolation interpolation, NodalPixelFormat format,
                                                            void *pixels, size_t stride, NodalError **error);

/** Reads one whole tile, `tile_height` rows of `stride` bytes; what lies past the level's edge is background. */
NODAL_API NODAL_MUST_CHECK bool nodal_slide_read_tile(NodalSlide *slide, int level, int64_t column, int64_t row,
                                                      NodalPixelFormat format, void *pixels, size_t stride,
                                                      NodalError **error);

/**
 * The compressed tile as a file of its own: a JPEG tile comes with its tables spliced in, and with an Adobe APP14
 * marker where its samples are RGB. `*data` is freed with nodal_free(); NULL with size 0 for a tile that the file
 * leaves out. Fails with NODAL_ERROR_UNSUPPORTED where the format has no such tiles.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_slide_read_raw_tile(NodalSlide *slide, int level, int64_t column, int64_t row,
                                                          void **data, size_t *size, NodalError **error);

/** Name and one-line description of the formats this build reads, by index from 0; NULL past the last. Static. */
NODAL_API const char *nodal_format_name(int index, const char **description);

#ifdef __cplusplus
}
#endif
#endif

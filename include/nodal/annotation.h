/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODAL_ANNOTATION_H
#define NODAL_ANNOTATION_H

#include <nodal/error.h>
#include <nodal/source.h>
#include <nodal/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A place on a slide in level-0 pixels, fractions allowed. Pixel (i, j) covers i to i + 1 and j to j + 1; its center is
 * at i + 0.5, j + 0.5.
 */
typedef struct NodalPoint {
  double x, y;
} NodalPoint;

/** What an annotation is. */
typedef enum NodalShape {
  NODAL_SHAPE_NONE,      /**< points without a meaning (ASAP's type None) */
  NODAL_SHAPE_POINT,     /**< one point (ASAP: Dot) */
  NODAL_SHAPE_POINTS,    /**< a set of points (ASAP: PointSet) */
  NODAL_SHAPE_POLYLINE,  /**< an open line; a ruler where it has two points (ASAP: Measurement) */
  NODAL_SHAPE_RECTANGLE, /**< one ring of its four corners */
  NODAL_SHAPE_POLYGON,   /**< one or more outer rings, each followed by the holes in it */
  NODAL_SHAPE_SPLINE,    /**< one ring of points that a closed centripetal Catmull-Rom curve goes through */
  NODAL_SHAPE_ELLIPSE    /**< one ring of two points: opposite corners of the box, sides parallel to the axes */
} NodalShape;

/** "none", "point", "points", "polyline", "rectangle", "polygon", "spline" or "ellipse". Static. */
NODAL_API const char *nodal_shape_name(NodalShape shape);

/**
 * A run of points. A ring that bounds an area is closed from its last point to its first. Formats that repeat the first
 * point are read without the repetition; ASAP's own has no such habit, and there it is a vertex like any other.
 */
typedef struct NodalRing {
  const NodalPoint *points;
  size_t count;
  bool hole; /**< cuts out of the outer ring before it; polygons only */
} NodalRing;

/** Red, green and blue as 0xRRGGBB; NODAL_RGB_UNSET where a file states none. */
typedef uint32_t NodalRgb;
#define NODAL_RGB_UNSET ((NodalRgb)0xFFFFFFFF)

/** One annotation, as it is looked at or handed in. Strings are UTF-8, never NULL. */
typedef struct NodalAnnotation {
  const char *name;
  NodalShape shape;
  int group; /**< index of the group it belongs to; -1: none */
  NodalRgb color;
  const NodalRing *rings;
  size_t ring_count;
} NodalAnnotation;

/** A group of annotations: what a contour stands for ("metastases", "_2"). Groups may be nested. */
typedef struct NodalAnnotationGroup {
  const char *name;
  int parent; /**< index of the group it belongs to; -1: none */
  NodalRgb color;
} NodalAnnotationGroup;

/**
 * The annotations of one slide and their groups, in the order of the file. Reading from it is thread-safe, changing it
 * is not. What a getter returns is borrowed until the set is changed or freed.
 */
typedef struct NodalAnnotationSet NodalAnnotationSet;

NODAL_API NODAL_MUST_CHECK NodalAnnotationSet *nodal_annotation_set_new(NodalError **error);
NODAL_API void nodal_annotation_set_free(NodalAnnotationSet *set);

NODAL_API int nodal_annotation_set_count(const NodalAnnotationSet *set);

/** Fills `annotation`; false if there is no such one. */
NODAL_API bool nodal_annotation_set_get(const NodalAnnotationSet *set, int index, NodalAnnotation *annotation);

NODAL_API int nodal_annotation_set_group_count(const NodalAnnotationSet *set);

/** Fills `group`; false if there is no such one. */
NODAL_API bool nodal_annotation_set_group(const NodalAnnotationSet *set, int index, NodalAnnotationGroup *group);

/** The first group of that name, or -1. */
NODAL_API int nodal_annotation_set_find_group(const NodalAnnotationSet *set, const char *name);

/** Attributes of a group, by index from 0: false past the last. Key and value are borrowed. */
NODAL_API bool nodal_annotation_set_attribute(const NodalAnnotationSet *set, int group, int index, const char **key,
                                              const char **value);

/**
 * Appends a copy. Fails with NODAL_ERROR_ARGUMENT where the group does not exist, a name is not UTF-8, or a coordinate
 * is no number of at most 1e12; with NODAL_ERROR_MEMORY where the set would take more than 384 MiB.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_annotation_set_add(NodalAnnotationSet *set, const NodalAnnotation *annotation,
                                                         NodalError **error);

/**
 * Appends a copy of a group, whose parent must be there already. Two groups of one name and parent are an error, and so
 * is a nest of more than 64 or a set of more than 65,536 groups.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_annotation_set_add_group(NodalAnnotationSet *set,
                                                               const NodalAnnotationGroup *group, NodalError **error);

/** Sets an attribute of a group; a key that is there gets the new value. */
NODAL_API NODAL_MUST_CHECK bool nodal_annotation_set_set_attribute(NodalAnnotationSet *set, int group, const char *key,
                                                                   const char *value, NodalError **error);

/**
 * What was lost or mended while this set was read, or written, one line each without a newline, by index from 0; NULL
 * past the last. No more than 1000 are kept; the last of them then says so.
 */
NODAL_API const char *nodal_annotation_set_warning(const NodalAnnotationSet *set, int index);

/** The formats annotations are kept in. */
typedef enum NodalAnnotationFormat {
  NODAL_ANNOTATION_AUTO, /**< reading: by content; writing: by the extension (.xml, .geojson, .json, .ndpa, .csv) */
  NODAL_ANNOTATION_ASAP,
  NODAL_ANNOTATION_GEOJSON,
  NODAL_ANNOTATION_IMAGESCOPE,
  NODAL_ANNOTATION_NDPA,
  NODAL_ANNOTATION_CSV,
  NODAL_ANNOTATION_DARWIN,   /**< read only */
  NODAL_ANNOTATION_CYTOMINE, /**< read only */
  NODAL_ANNOTATION_SECTRA    /**< read only */
} NodalAnnotationFormat;

/** "asap", "geojson", "imagescope", "ndpa", "csv", "darwin", "cytomine" or "sectra"; "auto". Static. */
NODAL_API const char *nodal_annotation_format_name(NodalAnnotationFormat format);

/** Whether annotations can be written in that format. */
NODAL_API bool nodal_annotation_format_is_written(NodalAnnotationFormat format);

/**
 * What some formats need to know of the slide: an NDPA counts nanometres from the middle of the glass and needs all of
 * it, Cytomine pixels from the bottom of the image, Sectra in widths of it; these need width and height alone.
 */
typedef struct NodalAnnotationFrame {
  int64_t width, height; /**< of level 0, pixels */
  double spacing_x_um, spacing_y_um;
  double offset_x_nm, offset_y_nm; /**< of the middle of the image from the middle of the glass
                                      (hamamatsu.XOffsetFromSlideCentre) */
} NodalAnnotationFrame;

/**
 * Reads annotations. `frame` is needed for NDPA, Cytomine and Sectra and may be NULL elsewhere. A file that is damaged
 * fails with its name and line; what is only odd (a polygon of two points) is read and told as a warning.
 */
NODAL_API NODAL_MUST_CHECK NodalAnnotationSet *nodal_annotation_set_read(const char *path, NodalAnnotationFormat format,
                                                                         const NodalAnnotationFrame *frame,
                                                                         NodalError **error);
NODAL_API NODAL_MUST_CHECK NodalAnnotationSet *nodal_annotation_set_read_source(NodalSource *source,
                                                                                NodalAnnotationFormat format,
                                                                                const NodalAnnotationFrame *frame,
                                                                                NodalError **error);

/** What the coordinates of a set are. */
typedef enum NodalAnnotationPlaces {
  NODAL_PLACES_KNOWN,   /**< level-0 pixels from the upper left corner */
  NODAL_PLACES_SHIFTED, /**< level-0 pixels from elsewhere: lengths and areas hold, places do not */
  NODAL_PLACES_SCALED   /**< of an unknown unit: shapes and counts hold, nothing that is measured */
} NodalAnnotationPlaces;

/**
 * Reads annotations without their slide, to look at what there is: where the format needs a frame, the coordinates stay
 * the file's own, and a warning says so. Such a set cannot be written, nor checked against the size of a slide. NDPA
 * is refused.
 */
NODAL_API NODAL_MUST_CHECK NodalAnnotationSet *
nodal_annotation_set_read_unplaced(NodalSource *source, NodalAnnotationFormat format, NodalError **error);

/** NODAL_PLACES_KNOWN, unless the set was read without the frame that its format needs. */
NODAL_API NodalAnnotationPlaces nodal_annotation_set_places(const NodalAnnotationSet *set);

/** The format the set was read from; NODAL_ANNOTATION_AUTO where it was made by calls. */
NODAL_API NodalAnnotationFormat nodal_annotation_set_format(const NodalAnnotationSet *set);

/**
 * Writes annotations. What the format cannot hold is left out and told as a warning of the set. Coordinates are written
 * in the shortest form that reads back the same.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_annotation_set_write(NodalAnnotationSet *set, const char *path,
                                                           NodalAnnotationFormat format,
                                                           const NodalAnnotationFrame *frame, bool force,
                                                           NodalError **error);

/** The same into memory, in a format that is written; `*data` is freed with nodal_free(). */
NODAL_API NODAL_MUST_CHECK bool nodal_annotation_set_encode(NodalAnnotationSet *set, NodalAnnotationFormat format,
                                                            const NodalAnnotationFrame *frame, void **data,
                                                            size_t *size, NodalError **error);

/** What nodal_annotation_set_check() is to look for besides. Zero it first. */
typedef struct NodalAnnotationCheck {
  int64_t width, height;     /**< of level 0 of the slide, pixels; 0: unknown, places are not checked */
  const char *const *groups; /**< names that are known; NULL: any */
  size_t group_count;
} NodalAnnotationCheck;

/** Kinds of problems that a check finds. */
typedef enum NodalAnnotationFault {
  NODAL_FAULT_EMPTY_SET,     /**< no annotation at all */
  NODAL_FAULT_TOO_FEW,       /**< an area of fewer than three points */
  NODAL_FAULT_DUPLICATE,     /**< a vertex equal to the one before it */
  NODAL_FAULT_OPEN,          /**< a ring whose ends lie further apart than any of its edges are long, than ten median
                                edges and than a twentieth of the outline: perhaps a part is missing */
  NODAL_FAULT_CROSSING,      /**< a ring that crosses itself; edges that only touch do not */
  NODAL_FAULT_OUTSIDE,       /**< outside the slide */
  NODAL_FAULT_UNKNOWN_GROUP, /**< its group, or the lack of one, is not among those known */
  NODAL_FAULT_OTHER_LEVEL    /**< all coordinates lie in the first eighth of the width and of the height, as those of a
                                smaller level would */
} NodalAnnotationFault;

/** "empty-set", "too-few-points", "duplicate-vertex", ... Static. */
NODAL_API const char *nodal_annotation_fault_name(NodalAnnotationFault fault);

/** One problem: `annotation` -1 for the whole set; `message` is one line. Borrowed during the call. */
typedef void (*NodalAnnotationReport)(void *user, NodalAnnotationFault fault, int annotation, const char *message);

/**
 * Reports each problem, in the order of the annotations. `report` and `count` (how many) may be NULL. Fails only
 * without memory, and where a ring is made so that its crossings cannot be searched in reasonable time. Thread-safe.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_annotation_set_check(const NodalAnnotationSet *set,
                                                           const NodalAnnotationCheck *check,
                                                           NodalAnnotationReport report, void *user, size_t *count,
                                                           NodalError **error);

/**
 * The outline of an annotation as rings of straight edges: splines and ellipses become polygons that lie within
 * `tolerance_px` of the curve, all else is as it is. Shapes without an area have no rings. `*rings` is one allocation
 * that holds the points too, freed with nodal_free(). The spline is the closed centripetal Catmull-Rom curve (Yuksel,
 * Schaefer and Keyser 2011), which is what ASAP shows.
 */
NODAL_API NODAL_MUST_CHECK bool nodal_annotation_outline(const NodalAnnotation *annotation, double tolerance_px,
                                                         NodalRing **rings, size_t *count, NodalError **error);

/** Area inside the outline, holes not counted, square level-0 pixels (shoelace formula); splines as curves. */
NODAL_API double nodal_annotation_area(const NodalAnnotation *annotation);

/** Length of the outline, or of a line, level-0 pixels. */
NODAL_API double nodal_annotation_length(const NodalAnnotation *annotation);

/**
 * Smallest box round all points; false where there are none. The curve of a spline can reach past its points: the box
 * of the outline is what holds it.
 */
NODAL_API bool nodal_annotation_bounds(const NodalAnnotation *annotation, NodalPoint *minimum, NodalPoint *maximum);

#ifdef __cplusplus
}
#endif
#endif

# SPDX-License-Identifier: Apache-2.0
"""Annotations of a slide: the sequence, its groups, its formats, GeoJSON."""
import collections

from . import _nodal

__all__ = ["Annotation", "Annotations", "Fault", "Group", "Ring", "contours"]

Ring = collections.namedtuple("Ring", "points hole")
Ring.__doc__ = "A run of points: an array (count, 2) of x, y in level-0 pixels, and whether it is a hole."

Group = collections.namedtuple("Group", "name parent color attributes")
Group.__doc__ = "A group of annotations: its name, the index of its parent (None: none), '#RRGGBB' or None, a dict of str."

Fault = collections.namedtuple("Fault", "fault annotation message")
Fault.__doc__ = "A problem that a check found: its kind, the index of the annotation (None: the whole), one line."

_Annotation = collections.namedtuple("_Annotation", "name shape group color rings group_index")

# Shapes and their geometries in GeoJSON.
_POINTS = {"point": "Point", "points": "MultiPoint", "none": "MultiPoint", "polyline": "LineString"}


def _closed(points):
    pairs = [[float(x), float(y)] for x, y in points.tolist()]
    return pairs + pairs[:1]


def _polygons(rings):
    """Outer rings, each with its holes, as GeoJSON has them."""
    polygons = []
    for points, hole in rings:
        if hole and polygons:
            polygons[-1].append(_closed(points))
        else:
            polygons.append([_closed(points)])
    return polygons


class Annotation(_Annotation):
    """One annotation, a tuple of

    - name: str
    - shape: 'none', 'point', 'points', 'polyline', 'rectangle', 'polygon', 'spline' or 'ellipse'
    - group: name of the group it belongs to, or None
    - color: '#RRGGBB' or None
    - rings: a tuple of Ring; of a polygon each outer ring is followed by the holes in it
    - group_index: index of the group, or None

    It has a `__geo_interface__`, so that shapely.geometry.shape(annotation) makes a geometry of it.
    """

    __slots__ = ()

    @property
    def points(self):
        """The points of its first ring: an array (count, 2) of x, y in level-0 pixels."""
        return self.rings[0].points if self.rings else _nodal._no_points()

    @property
    def __geo_interface__(self):
        """Its geometry as GeoJSON has it; splines and ellipses by the points that define them are of no use there, so
        they come as polygons that lie within a twentieth of a pixel of the curve."""
        if self.shape in _POINTS:
            pairs = [[float(x), float(y)] for points, _ in self.rings for x, y in points.tolist()]
            kind = _POINTS[self.shape]
            return {"type": kind, "coordinates": pairs[0] if kind == "Point" and pairs else pairs}
        rings = self.rings
        if self.shape in ("spline", "ellipse"):
            single = Annotations()
            single.add(*self[:2], rings=rings)
            rings = single.outline(0, 0.05)
        polygons = _polygons(rings)
        if len(polygons) == 1:
            return {"type": "Polygon", "coordinates": polygons[0]}
        return {"type": "MultiPolygon", "coordinates": polygons}


def _frame(frame):
    """What the library needs to know of the slide: from a Slide, or (width, height[, spacing])."""
    if frame is None:
        return None
    if isinstance(frame, _nodal.Slide):
        offsets = [float(frame.properties.get(f"hamamatsu.{axis}OffsetFromSlideCentre", 0)) for axis in "XY"]
        return (*frame.dimensions, *(frame.spacing or (0.0, 0.0)), *offsets)
    width, height, *rest = frame
    spacing = rest[0] if rest else 0.0
    x_um, y_um = spacing if isinstance(spacing, (tuple, list)) else (spacing, spacing)
    return (width, height, float(x_um), float(y_um), 0.0, 0.0)


def _rings(points, rings):
    if (points is None) == (rings is None):
        raise TypeError("either points or rings are wanted")
    return ((points, False),) if rings is None else tuple((part[0], bool(part[1])) for part in rings)


class Annotations(_nodal.AnnotationSet):
    """The annotations of one slide, a sequence of Annotation in the order of the file; new ones are empty.

        annotations = nodal.Annotations.read("slide.xml")
        for annotation in annotations:
            print(annotation.name, annotation.group, annotation.shape, len(annotation.points))
        annotations.write("slide.geojson")

    Coordinates are level-0 pixels, fractions allowed; pixel (i, j) covers i to i + 1 and j to j + 1.
    """

    @classmethod
    def read(cls, path, format="auto", *, frame=None):
        """Reads a file. format: 'auto' looks at the content; 'asap', 'geojson', 'imagescope', 'ndpa', 'csv', 'darwin',
        'cytomine' or 'sectra'. frame: the Slide, or (width, height, spacing), which NDPA, Cytomine and Sectra need."""
        return _nodal._read_annotations(cls, path, format, _frame(frame))

    def write(self, path, format="auto", *, frame=None, force=False):
        """Writes a file. format: 'auto' goes by the extension (.xml, .geojson, .json, .ndpa, .csv). What the format
        cannot hold is left out and told in `warnings`. force replaces an existing file."""
        self._write(path, format, _frame(frame), force)

    def _index(self, index):
        count = len(self)
        place = index + count if index < 0 else index
        if not 0 <= place < count:
            raise IndexError(f"annotation {index}: there are {count}")
        return place

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        name, shape, group, color, rings = self._get(self._index(index.__index__()))
        group_name = self._group(group)[0] if group >= 0 else None
        return Annotation(name, shape, group_name, color, tuple(Ring(*ring) for ring in rings),
                          group if group >= 0 else None)

    def __iter__(self):
        for index in range(len(self)):
            yield self[index]

    def __repr__(self):
        return f"<nodal.Annotations, {len(self)} in {self._group_count} groups>"

    def __reduce__(self):
        return _restore, (type(self), self.groups, [tuple(annotation) for annotation in self])

    @property
    def groups(self):
        """The groups, a list of Group."""
        return [Group(name, parent if parent >= 0 else None, color, attributes)
                for name, parent, color, attributes in map(self._group, range(self._group_count))]

    def add_group(self, name, *, parent=None, color=None, attributes=None):
        """Adds a group and returns its index. parent: index of the group it belongs to. color: '#RRGGBB'."""
        index = self._add_group(name, -1 if parent is None else parent, color)
        for key, value in (attributes or {}).items():
            self._set_attribute(index, key, value)
        return index

    def add(self, name, shape="polygon", points=None, *, rings=None, group=None, color=None):
        """Adds an annotation. points: (count, 2), an array or a sequence of pairs x, y in level-0 pixels; or rings: a
        sequence of (points, hole), each hole after the ring it is in. group: index or name; a name that is not there
        yet becomes a new group. color: '#RRGGBB'."""
        if group is None:
            index = -1
        elif isinstance(group, str):
            names = [known.name for known in self.groups]
            index = names.index(group) if group in names else self.add_group(group)
        else:
            index = group.__index__()
        self._add(name, shape, index, color, _rings(points, rings))

    def area(self, index):
        """Area inside the outline of an annotation, holes not counted, in square level-0 pixels."""
        return self._area(self._index(index))

    def length(self, index):
        """Length of the outline of an annotation, or of a line, in level-0 pixels."""
        return self._length(self._index(index))

    def bounds(self, index):
        """(left, top, right, bottom) of the points of an annotation in level-0 pixels; None where it has none."""
        return self._bounds(self._index(index))

    def outline(self, index, tolerance=0.05):
        """The outline as a tuple of Ring with straight edges; splines and ellipses become polygons within `tolerance`
        level-0 pixels of the curve. Shapes without an area have none."""
        return tuple(Ring(*ring) for ring in self._outline(self._index(index), tolerance))

    def check(self, slide=None, *, groups=None):
        """Looks for what is wrong: a list of Fault. slide: a Slide or (width, height), to find what lies outside.
        groups: the names that are known."""
        width, height = (0, 0) if slide is None else slide.dimensions if isinstance(slide, _nodal.Slide) else slide
        return [Fault(fault, index if index >= 0 else None, message)
                for fault, index, message in self._check(width, height, groups)]

    def to_geojson(self):
        """A FeatureCollection, a dict of plain lists and numbers in level-0 pixels, as json.dump() and shapely take it.
        The properties of a feature are its name, shape, group and color."""
        features = [{"type": "Feature", "geometry": annotation.__geo_interface__,
                     "properties": {"name": annotation.name, "shape": annotation.shape, "group": annotation.group,
                                    "color": annotation.color}} for annotation in self]
        return {"type": "FeatureCollection", "features": features}

    @classmethod
    def from_geojson(cls, collection):
        """Annotations of a FeatureCollection, a Feature, a geometry, or a sequence of anything with a
        `__geo_interface__` (shapely's geometries). Properties name, group and color are used where they are there."""
        annotations = cls()
        for feature in _features(collection):
            properties = feature.get("properties") or {}
            _add_geometry(annotations, feature["geometry"], properties)
        return annotations


def _restore(cls, groups, annotations):
    made = cls()
    for group in groups:
        made.add_group(group.name, parent=group.parent, color=group.color, attributes=group.attributes)
    for name, shape, _, color, rings, group in annotations:
        made.add(name, shape, rings=rings, group=group, color=color)
    return made


def _features(thing):
    thing = getattr(thing, "__geo_interface__", thing)
    if isinstance(thing, dict):
        if thing.get("type") == "FeatureCollection":
            yield from thing["features"]
        elif thing.get("type") == "Feature":
            yield thing
        else:
            yield {"geometry": thing}
    else:
        for part in thing:
            yield from _features(part)


def _opened(ring):
    """Without the repetition of the first point at the end."""
    points = [(point[0], point[1]) for point in ring]
    return points[:-1] if len(points) > 1 and points[0] == points[-1] else points


def _add_geometry(annotations, geometry, properties):
    kind, coordinates = geometry["type"], geometry.get("coordinates")
    if kind == "GeometryCollection":
        for part in geometry["geometries"]:
            _add_geometry(annotations, part, properties)
        return
    if kind == "Point":
        shape, rings = "point", [([coordinates[:2]], False)]
    elif kind == "MultiPoint":
        shape, rings = "points", [([point[:2] for point in coordinates], False)]
    elif kind == "LineString":
        shape, rings = "polyline", [([point[:2] for point in coordinates], False)]
    elif kind in ("Polygon", "MultiPolygon"):
        polygons = [coordinates] if kind == "Polygon" else coordinates
        shape, rings = "polygon", [(_opened(ring), index > 0) for polygon in polygons
                                   for index, ring in enumerate(polygon)]
    else:
        raise _nodal.ArgumentError(f"geometry: '{kind}' is none that annotations can hold")
    annotations.add(str(properties.get("name") or ""), shape, rings=rings, group=properties.get("group"),
                    color=properties.get("color"))


def contours(mask, *, level=0, simplify_um=0.0, values=None, join_holes=False, threads=0, progress=None):
    """The outlines of a label image as Annotations: polygons with holes in level-0 pixels, one for each 4-connected
    region, one group a value.

    mask: a Slide of one integer channel. simplify_um: how far a contour may be off, micrometres; 0: every corner is
    kept. values: those whose regions are wanted; None: all but 0. join_holes: for formats without holes, the outline
    runs into each hole and back. progress: called with the amount done and the whole."""
    return _nodal._contours(Annotations, mask, level, simplify_um, values, join_holes, threads, progress)

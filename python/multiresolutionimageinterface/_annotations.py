# SPDX-License-Identifier: Apache-2.0
"""AnnotationList, its repositories, and AnnotationToMask."""
import os

import nodal

from ._image import integer, single, warn
from ._progress import report

_TYPES = ("None", "Dot", "Polygon", "Spline", "PointSet", "Measurement", "Rectangle")
_SHAPES = ("none", "point", "polygon", "spline", "points", "polyline", "rectangle")


class Point:
    """x, y in level-0 pixels, kept in single precision as ASAP does."""

    __slots__ = ("_x", "_y")

    def __init__(self, x=0.0, y=0.0):
        self._x, self._y = single(x), single(y)

    def getX(self):
        return self._x

    def getY(self):
        return self._y

    def setX(self, x):
        self._x = single(x)

    def setY(self, y):
        self._y = single(y)

    def __repr__(self):
        return f"Point({self._x}, {self._y})"


class AnnotationBase:
    """What annotations and groups have in common."""

    def __init__(self):
        self._name, self._color, self._group = "", "#F4FA58", None

    def getName(self):
        return self._name

    def setName(self, name):
        self._name = str(name)

    def getColor(self):
        return self._color

    def setColor(self, color):
        self._color = str(color)

    def getGroup(self):
        return self._group

    def setGroup(self, group):
        self._group = group


class AnnotationGroup(AnnotationBase):
    """A group of annotations; groups may be nested by setGroup()."""

    def __init__(self):
        super().__init__()
        self._attributes = {}

    def getAttributes(self):
        return self._attributes

    def getAttribute(self, key):
        return self._attributes.get(key, "")

    def setAttribute(self, key, value):
        self._attributes[str(key)] = str(value)

    def getNumberOfAttributes(self):
        return len(self._attributes)


class Annotation(AnnotationBase):
    """A shape of points."""

    (Type_NONE, Type_DOT, Type_POLYGON, Type_SPLINE, Type_POINTSET, Type_MEASUREMENT, Type_RECTANGLE) = range(7)
    NONE, DOT, POLYGON, SPLINE, POINTSET, MEASUREMENT, RECTANGLE = range(7)

    def __init__(self):
        super().__init__()
        self._type = Annotation.Type_NONE
        self._points = []

    def getType(self):
        return self._type

    def setType(self, type):
        self._type = integer(type, "type")

    def getTypeAsString(self):
        return _TYPES[self._type]

    def setTypeFromString(self, type):
        self._type = _TYPES.index(type) if type in _TYPES else Annotation.Type_NONE

    def getCoordinates(self):
        return tuple(self._points)

    def getCoordinate(self, index):
        return self._points[index]

    def setCoordinates(self, coordinates):
        self._points = [point if isinstance(point, Point) else Point(*point) for point in coordinates]

    def addCoordinate(self, x, y=None):
        self._points.append(x if y is None else Point(x, y))

    def insertCoordinate(self, index, x, y=None):
        self._points.insert(index, x if y is None else Point(x, y))

    def removeCoordinate(self, index):
        del self._points[index]

    def clearCoordinates(self):
        self._points = []

    def getNumberOfPoints(self):
        return len(self._points)

    def getArea(self):
        """Of the polygon of its points in square level-0 pixels, whatever its type."""
        pairs = zip(self._points, self._points[1:] + self._points[:1])
        return abs(sum(a.getX() * b.getY() - b.getX() * a.getY() for a, b in pairs)) / 2

    def isClockwise(self):
        pairs = zip(self._points, self._points[1:] + self._points[:1])
        return sum((b.getX() - a.getX()) * (b.getY() + a.getY()) for a, b in pairs) < 0

    def getImageBoundingBox(self):
        """(top-left Point, bottom-right Point)."""
        xs, ys = [point.getX() for point in self._points], [point.getY() for point in self._points]
        return (Point(min(xs), min(ys)), Point(max(xs), max(ys))) if xs else (Point(), Point())

    def getCenter(self):
        """Center of its bounding box."""
        low, high = self.getImageBoundingBox()
        return Point((low.getX() + high.getX()) / 2, (low.getY() + high.getY()) / 2)


class AnnotationList:
    """The annotations of a slide and their groups."""

    def __init__(self):
        self._annotations, self._groups = [], []

    @staticmethod
    def _find(things, key):
        if isinstance(key, str):
            return next((thing for thing in things if thing.getName() == key), None)
        return things[key] if -len(things) <= key < len(things) else None

    def getAnnotations(self):
        return tuple(self._annotations)

    def setAnnotations(self, annotations):
        self._annotations = list(annotations)

    def getAnnotation(self, key):
        return self._find(self._annotations, key)

    def addAnnotation(self, annotation):
        self._annotations.append(annotation)

    def removeAnnotation(self, key):
        self._annotations.remove(self.getAnnotation(key))

    def removeAllAnnotations(self):
        self._annotations = []

    def getGroups(self):
        return tuple(self._groups)

    def setGroups(self, groups):
        self._groups = list(groups)

    def getGroup(self, key):
        return self._find(self._groups, key)

    def addGroup(self, group):
        self._groups.append(group)

    def removeGroup(self, key):
        self._groups.remove(self.getGroup(key))

    def removeAllGroups(self):
        self._groups = []


def _fill(annotation_list, annotations):
    """Makes the list anew out of nodal's annotations."""
    groups = []
    for group in annotations.groups:
        made = AnnotationGroup()
        made.setName(group.name)
        made.setColor(group.color or made.getColor())
        made.setGroup(None if group.parent is None else groups[group.parent])
        for key, value in group.attributes.items():
            made.setAttribute(key, value)
        groups.append(made)
    shapes = []
    for annotation in annotations:
        made = Annotation()
        made.setName(annotation.name)
        made.setColor(annotation.color or made.getColor())
        made.setGroup(None if annotation.group_index is None else groups[annotation.group_index])
        made.setType(_SHAPES.index(annotation.shape) if annotation.shape in _SHAPES else Annotation.Type_NONE)
        made.setCoordinates([Point(x, y) for ring in annotation.rings for x, y in ring.points.tolist()])
        shapes.append(made)
    annotation_list.setGroups(groups)
    annotation_list.setAnnotations(shapes)


def _ordered(groups):
    """Groups with parents first, those included that only an annotation or a group knows."""
    ordered = []
    for group in groups:
        chain = []
        while group is not None and group not in ordered and group not in chain:
            chain.append(group)
            group = group.getGroup()
        ordered.extend(reversed(chain))
    return ordered


def _gathered(annotation_list):
    """The list as nodal's annotations."""
    made = nodal.Annotations()
    shapes = annotation_list.getAnnotations()
    groups = _ordered(list(annotation_list.getGroups()) + [shape.getGroup() for shape in shapes])
    numbers = {}
    for group in groups:
        parent = group.getGroup()
        numbers[id(group)] = made.add_group(group.getName(), parent=None if parent is None else numbers[id(parent)],
                                            color=group.getColor() or None, attributes=group.getAttributes())
    for shape in shapes:
        group = shape.getGroup()
        made.add(shape.getName(), _SHAPES[shape.getType()],
                 [(point.getX(), point.getY()) for point in shape.getCoordinates()],
                 group=None if group is None else numbers[id(group)], color=shape.getColor() or None)
    return made


class Repository:
    """A file of annotations that is read into a list, or written from it."""

    _format = "auto"

    def __init__(self, list):
        self._list = list
        self._source = ""

    def setSource(self, source):
        self._source = os.fspath(source)

    def getSource(self):
        return self._source

    def _frame(self):
        return None

    def load(self):
        """Whether the file could be read; if not the list is emptied, and a warning says why."""
        try:
            annotations = nodal.Annotations.read(self._source, self._format, frame=self._frame())
        except nodal.Error as error:
            self._list.removeAllAnnotations()
            self._list.removeAllGroups()
            warn(error)
            return False
        for reason in annotations.warnings:
            warn(reason)
        _fill(self._list, annotations)
        return True

    def save(self):
        """Writes ASAP's XML; whether that worked."""
        try:
            _gathered(self._list).write(self._source, "asap", force=True)
        except nodal.Error as error:
            warn(error)
            return False
        return True


class XmlRepository(Repository):
    """ASAP's XML."""

    _format = "asap"


class ImageScopeRepository(Repository):
    """Aperio's XML."""

    _format = "imagescope"


class NDPARepository(Repository):
    """Hamamatsu's NDPA, which lies beside its slide: setNDPISourceFile(), or the name without .ndpa."""

    _format = "ndpa"
    _slide = None

    def setNDPISourceFile(self, ndpiSourceFile):
        self._slide = os.fspath(ndpiSourceFile)

    def _frame(self):
        return nodal.Slide(self._slide or os.path.splitext(self._source)[0])


class AnnotationService:
    """Keeps a list and the repository it came from."""

    def __init__(self):
        self._list = AnnotationList()
        self._repository = None

    def getList(self):
        return self._list

    def getRepository(self):
        return self._repository

    def loadRepositoryFromFile(self, filename):
        kind = NDPARepository if os.fspath(filename).endswith(".ndpa") else Repository
        self._repository = kind(self._list)
        self._repository.setSource(filename)
        return self._repository.load()

    def saveRepositoryToFile(self, filename):
        self._repository = XmlRepository(self._list)
        self._repository.setSource(filename)
        return self._repository.save()


class AnnotationToMask:
    """Draws annotations by ASAP's pixel rule."""

    def __init__(self):
        self._monitor = None

    def setProgressMonitor(self, progressMonitor):
        self._monitor = progressMonitor

    def convert(self, annotationList, maskFile, dimensions, spacing, nameToLabel=None, nameOrder=None):
        """Writes a mask of the size and spacing of the slide. nameToLabel: group name (annotation name where there are
        no groups) to value; None or empty: all is 1. nameOrder: names in the order in which they are drawn, others are
        left out."""
        annotations = _gathered(annotationList)
        labels = {str(name): int(value) % 256 for name, value in (nameToLabel or {}).items()}
        order = [str(name) for name in nameOrder or ()]
        names = {group.name for group in annotations.groups} or {shape.name for shape in annotations}
        if labels:
            # What is drawn in order without a value cuts out, as 0 does.
            labels = {**dict.fromkeys(order, 0), **labels}
            if not names.intersection(labels):
                warn(f"{maskFile}: none of the names {', '.join(sorted(labels))} is there: the mask is empty")
                annotations, labels, order = nodal.Annotations(), {}, []
        width, height = dimensions
        mask = nodal.Mask(annotations, width, height, spacing=tuple(spacing) or None, rule="asap",
                          labels=labels or None, order=order if labels and order else None)
        for reason in mask.warnings:
            warn(f"{maskFile}: {reason}")
        mask.write(maskFile, force=True, progress=report(self._monitor))

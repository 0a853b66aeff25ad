# SPDX-License-Identifier: Apache-2.0
"""nodal: whole-slide images of lymph nodes."""
from ._nodal import (DEFAULT_CACHE_BYTES, ArgumentError, Cache, CancelledError, Error, ExistsError, FileError, FormatError, Level, Mask,
                     OutOfMemoryError, Slide, UnsupportedError, Writer, __version__, formats, libraries)
from .annotations import Annotation, Annotations, Fault, Group, Ring, contours

# SPDX-License-Identifier: Apache-2.0
"""ASAP's Python module, on nodal: code written for `import multiresolutionimageinterface as mir` runs as it is.

Calls, argument orders, keywords and both spellings of the enums are ASAP's, and so are its results: None, -1 or False
where ASAP gives no reason for a failure; here a UserWarning carries it. What ASAP's module has and this one lacks
raises AttributeError. New code is better off with `import nodal`.
"""
from ._annotations import (Annotation, AnnotationBase, AnnotationGroup, AnnotationList, AnnotationService,
                           AnnotationToMask, ImageScopeRepository, NDPARepository, Point, Repository, XmlRepository)
from ._enums import *  # noqa: F401,F403
from ._image import (ImageSource, MultiResolutionImage, MultiResolutionImageReader, MultiResolutionImageToTIFFImage,
                     TIFFImage)
from ._progress import CmdLineProgressMonitor, ProgressMonitor
from ._vectors import (map_int_string, map_string_int, vector_annotation, vector_annotation_group, vector_double,
                       vector_float, vector_int, vector_long_long, vector_point, vector_string, vector_uint,
                       vector_unsigned_long_long)
from ._writer import MultiResolutionImageWriter

ASAP_VERSION_STRING = "2.2.0"
ASAP_VERSION_MAJOR, ASAP_VERSION_MINOR, ASAP_VERSION_PATCH = "2", "2", "0"

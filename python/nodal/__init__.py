# SPDX-License-Identifier: Apache-2.0
"""nodal: whole-slide images of lymph nodes."""
from ._nodal import (ArgumentError, Cache, CancelledError, Error, ExistsError, FileError, FormatError, Level,
                     OutOfMemoryError, Slide, UnsupportedError, __version__, formats, libraries)

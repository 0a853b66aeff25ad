# SPDX-License-Identifier: Apache-2.0
"""nodal: whole-slide images of lymph nodes, from the scanner's file to the score.

    import nodal

    with nodal.Slide("slide.tif") as slide:
        patch = slide.read_region(10000, 8000, 512, 512, level=1)   # x, y of level 0; pixels of level 1
        top = slide[0:256, 0:512]                                   # rows, columns of level 0
        tissue = slide.read_at_spacing(8.0, 0, 0, 400, 300)         # 400 x 300 pixels of 8 micrometres

Slides       Slide, Level, Cache, formats(), convert(), Writer, write_image()
Patches      patches(): many slides at one spacing, read ahead on all cores
Annotations  Annotations, Annotation, Group, Ring, Fault; to and from ASAP, GeoJSON and others
Masks        Mask, contours(), label_components(), fill_holes(), distance(), morphology(), statistics()
Diagnosis    Lesions, lesion_category(), stage(), read_stages()
Evaluation   Roc, kappa(), confusion(), kappa_interval(), kappa_permutation(), Froc, FrocTruth
Data sets    Catalog: what there is in a folder, and what is wrong with it
No data?     Phantom, phantom_dataset(): synthetic slides and data sets with known truth

Coordinates x, y are level-0 pixels from the upper left corner; sizes are width and height in pixels of the level that is
read; arrays are (height, width, channels), or (height, width) where there is one channel. Lengths carry their unit:
spacings are micrometres a pixel. Arrays are NumPy's, which is imported when the first is made; without NumPy they are
memoryviews of the same shape.

What fails raises a class of nodal.Error whose text is one line that names the file and what was wrong with it; it is also
an OSError (FileError), FileExistsError, ValueError (FormatError, UnsupportedError, ArgumentError) or MemoryError. All calls
release the GIL while they work.
"""
from ._nodal import (DEFAULT_CACHE_BYTES, ArgumentError, Cache, CancelledError, Error, ExistsError, FileError, FormatError,
                     FrocTruth, Level, Mask, OutOfMemoryError, Roc, Slide, UnsupportedError, Writer, __version__, confusion,
                     convert, distance, fill_holes, formats, kappa, kappa_interval, kappa_permutation, label_components,
                     lesion_category, libraries, morphology, phantom_dataset, stage, write_image)
from .annotations import Annotation, Annotations, Fault, Group, Ring, contours
from .catalog import Catalog, CatalogRow, Finding
from .evaluation import Froc, FrocLesion, FrocScore, Region, statistics
from .lesions import Lesion, Lesions, StagedPatient, StageTable, read_stages
from .patches import Batch, Patch, Patches, patches
from .phantom import Nest, Phantom

__all__ = [name for name in dir() if not name.startswith("_") and name not in ("annotations", "catalog", "evaluation", "lesions",
                                                                              "phantom")]

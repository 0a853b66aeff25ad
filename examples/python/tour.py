# SPDX-License-Identifier: Apache-2.0
"""A tour of nodal in Python, cell by cell (editors that know "# %%" run it as a notebook). Needs NumPy and no data: the
slide is synthetic and shows no patient.

usage: tour.py [FOLDER]
"""
# %% A slide to work with
import pathlib
import sys

import numpy

import nodal

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tour")
folder.mkdir(exist_ok=True)
phantom = nodal.Phantom(6000, 4500, spacing=0.5, seed=7, tumor_count=2, tumor_size_mm=0.6)
phantom.write(folder / "slide.tif", force=True)
phantom.annotations().write(folder / "slide.xml", force=True)

# %% What it is
slide = nodal.Slide(folder / "slide.tif")
print(slide)
for level in slide.levels:
    print(f"  {level.width} x {level.height}, 1/{level.downsample:g}, {level.spacing[0]:g} um a pixel, {level.codec}")

# %% Pixels
patch = slide.read_region(2500, 2000, 512, 256, level=1)
assert patch.shape == (256, 512, 3) and numpy.array_equal(patch, slide.levels[1][1000:1256, 1250:1762])
overview = slide.read_at_spacing(8.0, 0, 0, 375, 282)
nodal.write_image(folder / "overview.png", overview, spacing=8.0, force=True)

# %% Annotations, as anything else sees them
annotations = nodal.Annotations.read(folder / "slide.xml")
for index, annotation in enumerate(annotations):
    print(f"  {annotation.name}: {annotation.group}, {annotations.area(index) * 0.25e-6:.3f} mm2")
annotations.write(folder / "slide.geojson", force=True)

# %% A mask, all of it on disk and a part of it in memory
mask = nodal.Mask(annotations, *slide.dimensions, spacing=slide.spacing, preset="camelyon17")
mask.write(folder / "mask.tif", force=True)
print(f"  {mask.draw(0, 0, *mask.dimensions).mean():.2%} is tumor")

# %% Lesions, and what the slide is called by them
lesions = nodal.Lesions.of_annotations(annotations, slide.spacing)
print(f"  {lesions.label}: {', '.join(f'{lesion.longest_mm:.3f} mm' for lesion in lesions)}")
print(f"  with four negative nodes the patient is {nodal.stage([lesions.label] + ['negative'] * 4)}")

# %% A tissue mask by a threshold on optical density
small = slide.levels[3][:, :].astype(numpy.float32)
density = -numpy.log(numpy.clip(small, 1, 254) / 255).mean(axis=2)
tissue = (density > 0.02 * -numpy.log(1 / 255)).astype(numpy.uint8)
tissue = nodal.fill_holes(nodal.morphology(tissue, "open", 2))
print(f"  {tissue.mean():.0%} is tissue")

# %% Patches of tumor and of other tissue, equally many, read ahead on all cores
values = tissue.copy()
small_mask = nodal.Mask(annotations, *slide.dimensions, downsample=8, preset="camelyon17")
values[small_mask.draw(0, 0, *small_mask.dimensions) == 1] = 2
training = nodal.patches(slide, 128, 1.0, mask=values, values=[1, 2], count=256, balance=True, seed=1, batch=32)
for batch in training:
    assert batch.pixels.shape == (32, 128, 128, 3)
labels = [label for batch in training for label in batch.label]
print(f"  {labels.count(1)} patches of other tissue, {labels.count(2)} of tumor")

# %% A score: two detections that hit, one that does not
froc = nodal.Froc(include_itc=True)
hits = [(0.9 - 0.1 * index, nest.center_x_px, nest.center_y_px) for index, nest in enumerate(phantom.nests)]
froc.add("slide", nodal.FrocTruth(annotations), hits + [(0.1, 10, 10)])
print(f"  FROC score {froc.score().score:.3f}")

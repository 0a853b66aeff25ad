# SPDX-License-Identifier: Apache-2.0
"""The three snippets of the CAMELYON data paper in ASAP's dialect: a patch, an annotation mask, a tissue mask.

usage: asap.py SLIDE ANNOTATION FOLDER
"""
import os
import sys

import multiresolutionimageinterface as mir
import numpy as np
from scipy.ndimage import median_filter
from skimage.transform import resize

slide_path, annotation_path, folder = sys.argv[1:4]

# A patch
reader = mir.MultiResolutionImageReader()
mr_image = reader.open(slide_path)
level = 2
ds = mr_image.getLevelDownsample(level)
image_patch = mr_image.getUCharPatch(int(568 * ds), int(732 * ds), 300, 200, level)
print(image_patch.shape)

# Annotation to mask
annotation_list = mir.AnnotationList()
xml_repository = mir.XmlRepository(annotation_list)
xml_repository.setSource(annotation_path)
xml_repository.load()
annotation_mask = mir.AnnotationToMask()
label_map = {'metastases': 1, 'normal': 2}
conversion_order = ['metastases', 'normal']
annotation_mask.convert(annotation_list, os.path.join(folder, 'annotation_mask.tif'), mr_image.getDimensions(),
                        mr_image.getSpacing(), label_map, conversion_order)

# Tissue mask
level = 3
level_dims = mr_image.getLevelDimensions(level)
level_ds = mr_image.getLevelDownsample(level)
tile = np.clip(mr_image.getUCharPatch(0, 0, level_dims[0], level_dims[1], level), 1, 254)
OD = -np.log(tile / 255.)
D = median_filter(np.sum(OD, axis=2) / 3., size=3)
raw_mask = (D > 0.02 * -np.log(1 / 255.)) * (D < 0.98 * -np.log(1 / 255.))
writer = mir.MultiResolutionImageWriter()
writer.openFile(os.path.join(folder, 'tissue_mask.tif'))
writer.setTileSize(512)
writer.setCompression(mir.LZW)
writer.setDataType(mir.UChar)
writer.setInterpolation(mir.NearestNeighbor)
writer.setColorType(mir.Monochrome)
out_dims = mr_image.getLevelDimensions(0)
writer.writeImageInformation(out_dims[0], out_dims[1])
step_size = int(512 / int(level_ds))
for y in range(0, level_dims[1], step_size):
    for x in range(0, level_dims[0], step_size):
        write_tl = np.zeros((step_size, step_size), dtype='ubyte')
        cur_tl = raw_mask[y:y + step_size, x:x + step_size]
        write_tl[0:cur_tl.shape[0], 0:cur_tl.shape[1]] = cur_tl
        res_tl = resize(write_tl, (512, 512), order=0, mode='constant', preserve_range=True)
        writer.writeBaseImagePart(res_tl.flatten())
writer.finishImage()

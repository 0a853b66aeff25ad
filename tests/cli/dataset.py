# SPDX-License-Identifier: Apache-2.0
"""Made-up data sets: tiny slides, contours and tables under published names. Nothing in them shows a patient."""
import csv

import numpy
import tifffile

COLUMNS = ["slide", "path", "dataset", "split", "center", "patient", "node", "label", "stage", "annotation", "mask",
           "width_px", "height_px", "spacing_um", "scanner", "bytes", "checksum", "notes"]


def write_slide(path, width=256, height=192, spacing=0.25, spacing_y=None, value=200, **more):
    """A slide of one colour; spacing None: it states none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = numpy.full((height, width, 3), value, numpy.uint8)
    if spacing is not None:
        more.update(resolution=(10000 / spacing, 10000 / (spacing_y or spacing)), resolutionunit="CENTIMETER")
    tifffile.imwrite(path, pixels, photometric="rgb", tile=(64, 64), compression="zlib", metadata=None, software=False,
                     **more)
    return path


def write_mask(path, width=256, height=192, tile=64):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = numpy.zeros((height, width), numpy.uint8)
    pixels[10:20, 10:20] = 2
    tifffile.imwrite(path, pixels, photometric="minisblack", tile=(tile, tile), compression="zlib", metadata=None)
    return path


def write_contours(path, *boxes, group="metastases"):
    """ASAP XML with a rectangle (x, y, width, height) each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ['<?xml version="1.0"?>', "<ASAP_Annotations>", "<Annotations>"]
    for number, (x, y, width, height) in enumerate(boxes):
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        lines.append(f'<Annotation Name="Annotation {number}" Type="Polygon" PartOfGroup="{group}" Color="#F4FA58">'
                     "<Coordinates>")
        lines += [f'<Coordinate Order="{order}" X="{cx}" Y="{cy}" />' for order, (cx, cy) in enumerate(corners)]
        lines.append("</Coordinates></Annotation>")
    lines += ["</Annotations>", "<AnnotationGroups>",
              f'<Group Name="{group}" PartOfGroup="None" Color="#64FE2E"><Attributes /></Group>',
              "</AnnotationGroups>", "</ASAP_Annotations>"]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def read_catalog(path):
    """Slide to row; the header must be the whole one."""
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    assert reader.fieldnames == COLUMNS
    assert len({row["slide"] for row in rows}) == len(rows)
    return {row["slide"]: row for row in rows}


def write_catalog(path, *rows):
    """Rows as dictionaries; what they lack is empty."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


# Labels of the training set of CAMELYON17, patient by patient, as facts: 0 negative, 1 itc, 2 micro, 3 macro.
OFFICIAL = """
00000 00000 00000 00000 00001 00011 00101 00002 20000 12000 20002 20000 30000 00332 00313 03301 31000 01332 02231 33330
02203 33022 22000 00000 01101 00000 12323 20202 22320 23130 00002 00000 02000 03220 00030 00000 00020 01000 20001 32000
00100 10000 00030 00000 00033 32033 00022 00300 22000 02200 00002 33303 33330 00000 00000 00000 00000 00000 00000 00000
20010 00002 22330 30333 10010 30003 00230 00012 01001 33220 00030 00000 13302 03020 00002 00003 03221 00303 00000 00000
11332 02201 00000 00000 00330 00000 00000 11000 02001 00010 00000 00333 33033 00003 33303 30000 30333 30033 00000 00003
""".split()

# What the other version in circulation says: slide, label, and the stages that follow from it.
OTHER = {(6, 1): 1, (8, 4): 1, (9, 3): 1, (18, 4): 2, (20, 1): 1, (22, 4): 3, (29, 2): 2, (38, 2): 2, (38, 4): 2,
         (60, 3): 2, (67, 4): 1, (72, 0): 2, (76, 2): 3, (76, 4): 2, (80, 0): 2, (86, 0): 1, (86, 1): 1, (86, 4): 1,
         (87, 2): 1, (88, 4): 2, (89, 3): 2, (97, 1): 3}

LABELS = ["negative", "itc", "micro", "macro"]


def stage_of(labels):
    """The stages of CAMELYON17 as its page words them; labels as digits."""
    macro, positive = labels.count(3), labels.count(2) + labels.count(3)
    if macro:
        return "pN1" if positive <= 3 else "pN2"
    return "pN1mi" if positive else "pN0(i+)" if 1 in labels else "pN0"


def label_table(changes=None, patients=range(100), end="\n", first=0):
    """A table of labels and stages as it is published."""
    lines = ["patient,stage"]
    for patient in patients:
        labels = [(changes or {}).get((patient, node), int(OFFICIAL[patient][node])) for node in range(5)]
        name = f"patient_{patient + first:03}"
        lines.append(f"{name}.zip,{stage_of(labels)}")
        lines += [f"{name}_node_{node}.tif,{LABELS[label]}" for node, label in enumerate(labels)]
    return "".join(line + end for line in lines)

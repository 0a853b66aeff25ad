# SPDX-License-Identifier: Apache-2.0
"""Where there is no NumPy, arrays are memoryviews of the same shape."""

NO_NUMPY = "import sys; sys.modules['numpy'] = None; import nodal\n"


def test_slides(python, slide_path, deep_path, pixels):
    output = python(NO_NUMPY + """
slide = nodal.Slide(sys.argv[1])
region = slide.read_region(100, 50, 30, 20)
print(type(region).__name__, region.shape, region.format, region[3, 4, 1], slide[9:3, 0:5].nbytes)
deep = nodal.Slide(sys.argv[2]).read_region(10, 20, 30, 40)
print(deep.shape, deep.format, deep[5, 7])
""", slide_path, deep_path)
    assert output == f"memoryview (20, 30, 3) B {pixels[53, 104, 1]} 0\n(40, 30) H {300 * 25 + 17}\n"


def test_the_rest(python, tmp_path):
    output = python(NO_NUMPY + """
annotations = nodal.Annotations()
annotations.add("a", "polygon", [(1, 2), (30, 4), (5, 60)], group="metastases")
annotations.add("b", "ellipse", [(10, 10), (20, 30)])
print(annotations[0].points.tolist(), annotations.to_geojson()["features"][0]["geometry"]["coordinates"])
print(annotations[1].__geo_interface__["type"], annotations[1].points.shape)
again = nodal.Annotations()
again.add("a", "polygon", annotations[0].points)
print(again.area(0))
print(nodal.Roc([0.1, 0.4, 0.35, 0.8], [False, False, True, True]).auc, nodal.kappa([0, 1, 2], [0, 1, 1], 3))
with nodal.Writer(sys.argv[1], 64, 64, color="gray", codec="none", tile_size=64) as writer:
    writer.write_tile(0, 0, bytes(range(64)) * 64)
print(nodal.Slide(sys.argv[1])[3:4, 0:64].tolist()[0][:4])
for patch in nodal.patches(sys.argv[1], 32):
    print(patch.x, patch.y, patch.pixels.shape)
    break
""", tmp_path / "gray.tif")
    assert output.splitlines() == [
        "[[1.0, 2.0], [30.0, 4.0], [5.0, 60.0]] [[[1.0, 2.0], [30.0, 4.0], [5.0, 60.0], [1.0, 2.0]]]",
        "Polygon (2, 2)", "837.0", "0.75 0.6666666666666666", "[0, 1, 2, 3]", "0 0 (32, 32, 3)"]

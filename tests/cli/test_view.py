# SPDX-License-Identifier: Apache-2.0
"""nodal view: who is let in, what the slides look like through it, and how it starts and ends."""
import gzip
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import numpy
import PIL.Image
import pytest
import tifffile

from program import ROOT, command, names, nodal
from viewer import Viewer


def pixels(reply):
    return numpy.asarray(PIL.Image.open(io.BytesIO(reply.body)))


def wait_until(check):
    """For what happens in the background; fails after a minute."""
    for _ in range(600):
        if check():
            return
        time.sleep(0.1)
    raise AssertionError("it never happened")


@pytest.fixture(scope="module")
def viewer(jpeg_slide, lossless_slide, aperio_slide, bare_slide, deep_slide):
    with Viewer(jpeg_slide, lossless_slide, aperio_slide, bare_slide, deep_slide) as running:
        yield running


# --- Who is let in ---


def test_the_token_is_needed(viewer):
    assert viewer.get("/health", token=False).json == {"status": "ok"}
    for path in ("/slides", "/version", "/openapi.json", "/no/such/thing", "/slides/x/tiles/0/0_0.jpg"):
        reply = viewer.ask(path, token=False)
        assert (reply.status, reply.code) == (401, "token")
        assert reply.headers["WWW-Authenticate"] == "Bearer"
    for token in ("", viewer.token[:-1], viewer.token + "x", viewer.token[:-1] + "~", viewer.token.swapcase()):
        reply = viewer.ask("/slides", token=False, headers={"Authorization": f"Bearer {token}"})
        assert reply.status == 401


def test_the_token_becomes_a_cookie(viewer):
    reply = viewer.ask("/session", "POST", "")
    assert reply.status == 200 and reply.json["read_only"] is False
    cookie = reply.headers["Set-Cookie"]
    name, _, rest = cookie.partition("=")
    assert name == f"nodal-{viewer.port}"
    assert rest.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert viewer.token not in cookie
    pair = cookie.split(";")[0]
    assert viewer.ask("/slides", token=False, headers={"Cookie": pair}).status == 200
    assert viewer.ask("/slides", token=False, headers={"Cookie": pair[:-1]}).status == 401
    assert viewer.ask("/session", "POST", "", token=False, headers={"Cookie": pair}).status == 401


@pytest.mark.parametrize("host, status", [
    ("127.0.0.1", 200), ("localhost:1234", 200), ("[::1]:80", 200), ("LOCALHOST", 200), ("evil.example", 403),
    ("127.0.0.1.evil.example", 403), ("localhost.evil.example:80", 403), ("192.0.2.1", 403), ("", 403)])
def test_other_names_of_the_host_are_refused(viewer, host, status):
    assert viewer.ask("/slides", headers={"Host": host}).status == status
    page = viewer.ask("//", token=False, headers={"Host": host})
    assert (page.status == 403) == (status == 403)


def test_other_sites_are_refused(viewer):
    assert viewer.ask("/slides", headers={"Sec-Fetch-Site": "same-origin"}).status == 200
    for site in ("cross-site", "same-site"):
        reply = viewer.ask("/slides", headers={"Sec-Fetch-Site": site})
        assert (reply.status, reply.code) == (403, "origin")
    for origin in ("https://evil.example", f"https://{viewer.host}:{viewer.port}", "null"):
        reply = viewer.ask("/session", "POST", "", headers={"Origin": origin})
        assert (reply.status, reply.code) == (403, "origin")
    own = {"Origin": f"http://{viewer.host}:{viewer.port}"}
    assert viewer.ask("/session", "POST", "", headers=own).status == 200
    assert not [name for name in viewer.get("/slides").headers if name.lower().startswith("access-control")]


def test_addresses_lead_nowhere_else(viewer):
    for path in ("/slides/..%2f..%2fetc%2fpasswd", "/slides/../../../etc/passwd", "/../../etc/passwd", "/slides//",
                 "/slides/%00", "/slides/0123456789abcdef/associated/..%2f..%2fx", "/slide"):
        assert viewer.ask(path).status == 404
    identity = viewer.slide("jpeg.tif")
    for tile in ("0/-1_0.jpg", "0/0_0.png", "0/99999_0.jpg", "0/0_4.jpg", "9/0_0.jpg", "00/0_0.jpg", "0/0_0.jpg/",
                 "0/1e1_0.jpg", "0/9999999999_0.jpg"):
        assert viewer.ask(f"/slides/{identity}/tiles/{tile}").status == 404, tile
    assert viewer.ask("/slides", "DELETE").status == 405
    assert viewer.ask(f"/slides/{identity}/" + "a" * 3000).status in (404, 414)


def test_bodies_are_bounded(viewer):
    identity = viewer.slide("jpeg.tif")
    connection = viewer.connect()
    connection.putrequest("PATCH", f"/api/v1/slides/{identity}/annotations")
    connection.putheader("Authorization", f"Bearer {viewer.token}")
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert viewer.ask("/slides", body=b"x").status == 413


def test_odd_connections_do_no_harm(viewer):
    for sent in (b"\0" * 100, b"GET / HTTP/1.1\r\nHost:", b"GET " + b"/" * 100000 + b" HTTP/1.1\r\n\r\n",
                 b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000, b""):
        with socket.create_connection((viewer.host, viewer.port)) as raw:
            try:
                raw.sendall(sent)
            except (ConnectionResetError, BrokenPipeError):
                pass
    many = [socket.create_connection((viewer.host, viewer.port)) for _ in range(300)]
    for raw in many:
        raw.close()
    wait_until(lambda: viewer.ask("/health").status == 200)


# --- Slides ---


def test_slides_are_listed(viewer):
    def listed():
        return viewer.get("/slides").json

    wait_until(lambda: all(entry["status"] != "pending" for entry in listed()["slides"]))
    answer = listed()
    assert answer["read_only"] is False
    rows = {entry["name"]: entry for entry in answer["slides"]}
    assert list(rows) == ["jpeg.tif", "lossless.tif", "scan.svs", "bare.tif", "deep.tif"]
    jpeg = rows["jpeg.tif"]
    assert (jpeg["width"], jpeg["height"], jpeg["spacing_um"], jpeg["status"]) == (1100, 900, [0.5, 0.5], "ok")
    assert rows["bare.tif"]["spacing_um"] is None
    assert rows["deep.tif"]["status"] == "unreadable"
    assert rows["deep.tif"]["message"] == "deep.tif: has no colours to be shown as a slide"
    assert len({entry["id"] for entry in answer["slides"]}) == 5


def test_a_slide_is_described(viewer, jpeg_slide):
    slide = viewer.get(f"/slides/{viewer.slide('jpeg.tif')}").json
    with tifffile.TiffFile(jpeg_slide) as tiff:
        pages = [(page.imagewidth, page.imagelength, page.tilewidth, page.tilelength) for page in tiff.pages]
    levels = [(level["width"], level["height"], level["tile_width"], level["tile_height"]) for level in slide["levels"]]
    assert levels == pages
    assert [level["downsample"] for level in slide["levels"]] == [2 ** i for i in range(len(pages))]
    assert slide["background"] == [255, 255, 255]


def test_tiles_are_the_bytes_of_the_file(viewer, jpeg_slide):
    identity = viewer.slide("jpeg.tif")
    slide = viewer.get(f"/slides/{identity}").json
    with tifffile.TiffFile(jpeg_slide) as tiff:
        for index, page in enumerate(tiff.pages):
            columns = -(-page.imagewidth // page.tilewidth)
            for number, (offset, size) in enumerate(zip(page.dataoffsets, page.databytecounts)):
                with open(jpeg_slide, "rb") as file:
                    file.seek(offset)
                    scan = file.read(size)
                reply = viewer.get(f"/slides/{identity}/tiles/{index}/{number % columns}_{number // columns}.jpg"
                                   f"?v={slide['etag']}")
                assert reply.headers["Content-Type"] == "image/jpeg"
                assert reply.headers["Cache-Control"] == "private, max-age=31536000, immutable"
                assert reply.headers["X-Content-Type-Options"] == "nosniff"
                # From its frame on, a tile is what the file holds.
                start = scan.index(b"\xff\xc0")
                assert reply.body.endswith(scan[start:])
                assert pixels(reply).shape == (page.tilelength, page.tilewidth, 3)


def test_other_tiles_are_encoded(viewer, lossless_slide):
    identity = viewer.slide("lossless.tif")
    whole = tifffile.imread(lossless_slide)
    for _ in range(2):
        reply = viewer.get(f"/slides/{identity}/tiles/0/1_2.jpg")
        assert reply.headers["Cache-Control"] == "no-cache"
        tile = pixels(reply).astype(int)
        assert numpy.abs(tile - whole[512:768, 256:512]).mean() < 5
    edge = pixels(viewer.get(f"/slides/{identity}/tiles/0/4_3.jpg")).astype(int)
    assert edge.shape == (256, 256, 3)
    assert numpy.abs(edge[:132, :76] - whole[768:, 1024:]).mean() < 5
    assert edge[200:, 200:].min() > 250


def test_tiles_left_out_are_background(jpeg_slide, tmp_path):
    path = tmp_path / "hole.tif"
    data = bytearray(jpeg_slide.read_bytes())
    with tifffile.TiffFile(jpeg_slide) as tiff:
        counts = tiff.pages[0].tags["TileByteCounts"]
        size = {4: 4, 16: 8}[int(counts.dtype)]
        data[counts.valueoffset + size:counts.valueoffset + 2 * size] = bytes(size)
    path.write_bytes(data)
    with Viewer(path) as viewer:
        identity = viewer.slide("hole.tif")
        assert pixels(viewer.get(f"/slides/{identity}/tiles/0/0_0.jpg")).min() < 240
        hole = pixels(viewer.get(f"/slides/{identity}/tiles/0/1_0.jpg"))
        assert hole.shape == (256, 256, 3) and (hole == 255).all()


def test_tiles_that_aperio_leaves_out_come_from_the_level_above(tmp_path):
    """As OpenSlide has it, and nodal crop."""
    path = tmp_path / "sparse.svs"
    pattern = numpy.indices((480, 480)).sum(0).astype(numpy.uint8)[..., None].repeat(3, 2)
    head = "Aperio Image Library v11.2.1\r\n480x480 (240x240)|AppMag = 20|MPP = 0.5"
    plain = {"photometric": "rgb", "compression": "zlib", "metadata": None, "description": head}
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pattern, tile=(240, 240), **plain)
        tiff.write(pattern[::4, ::4], **plain)
        tiff.write(pattern[::2, ::2], tile=(240, 240), **plain)
    with tifffile.TiffFile(path) as tiff:
        count = tiff.pages[2].tags["TileByteCounts"]
    data = bytearray(path.read_bytes())
    data[count.valueoffset:count.valueoffset + 4] = bytes(4)
    path.write_bytes(data)
    cropped = tmp_path / "crop.png"
    nodal("crop", path, 0, 0, 240, 240, "--level", 1, "-o", cropped, "-q")
    wanted = numpy.asarray(PIL.Image.open(cropped)).astype(int)
    with Viewer(path) as viewer:
        tile = pixels(viewer.get(f"/slides/{viewer.slide('sparse.svs')}/tiles/1/0_0.jpg")).astype(int)
    assert wanted.std() > 20 and numpy.abs(tile - wanted).mean() < 4


def test_thumbnails(viewer, lossless_slide):
    identity = viewer.slide("lossless.tif")
    whole = tifffile.imread(lossless_slide).astype(float)
    small = pixels(viewer.get(f"/slides/{identity}/thumbnail?size=110"))
    assert small.shape == (90, 110, 3)
    means = whole.reshape(90, 10, 110, 10, 3).mean(axis=(1, 3))
    assert numpy.abs(small - means).mean() < 6
    assert pixels(viewer.get(f"/slides/{viewer.slide('bare.tif')}/thumbnail")).shape == (171, 256, 3)
    for size in ("15", "2049", "x", "1e999"):
        assert viewer.ask(f"/slides/{identity}/thumbnail?size={size}").code == "invalid"


def test_pixels(viewer, bare_slide):
    identity = viewer.slide("bare.tif")
    image = tifffile.imread(bare_slide)
    for x, y in ((0, 0), (299.9, 199.9), (17.5, 120)):
        answer = viewer.get(f"/slides/{identity}/pixel?x={x}&y={y}").json
        assert answer == {"rgb": image[int(y), int(x)].tolist(), "overlays": {}}
    assert viewer.get(f"/slides/{identity}/pixel?x=-1&y=0").json["rgb"] is None
    assert viewer.get(f"/slides/{identity}/pixel?x=300&y=0").json["rgb"] is None
    for query in ("x=1", "x=1&y=nan", "x=1&y=", "x=1&y=0x10"):
        assert viewer.ask(f"/slides/{identity}/pixel?{query}").code == "invalid"


def test_regions(viewer, bare_slide, lossless_slide, tmp_path):
    bare, lossless = viewer.slide("bare.tif"), viewer.slide("lossless.tif")
    image = tifffile.imread(bare_slide)
    for kind in ("png", "tif"):
        reply = viewer.get(f"/slides/{bare}/region?x=-5&y=10&width=50&height=60&format={kind}")
        seen = pixels(reply)
        assert seen.shape == (60, 50, 3)
        assert (seen[:, 5:] == image[10:70, :45]).all() and (seen[:, :5] == 0).all() | (seen[:, :5] == 255).all()
        assert reply.headers["Content-Disposition"] == f'attachment; filename="bare.tif_-5_10.{kind}"'
    reply = viewer.get(f"/slides/{lossless}/region?x=100&y=200&width=400&height=300&spacing_um=2")
    cropped = tmp_path / "crop.png"
    nodal("crop", lossless_slide, 100, 200, 100, 75, "--spacing", 2, "-o", cropped, "-q")
    assert reply.body == cropped.read_bytes()
    assert viewer.ask(f"/slides/{bare}/region?x=0&y=0&width=9&height=9&spacing_um=1").code == "invalid"
    assert viewer.ask(f"/slides/{bare}/region?x=0&y=0&width=9&height=9&format=bmp").code == "invalid"
    assert viewer.ask(f"/slides/{bare}/region?x=0&y=0&width=50000&height=50000").code == "too_large"
    assert viewer.ask(f"/slides/{bare}/region?x=0&y=0&width=0&height=5").code == "invalid"


def test_a_slide_that_is_made_anew_is_read_anew(jpeg_slide, lossless_slide, tmp_path):
    path = shutil.copy(jpeg_slide, tmp_path / "slide.tif")
    with Viewer(path) as viewer:
        identity = viewer.slide("slide.tif")
        before = viewer.get(f"/slides/{identity}").json["etag"]
        tile = f"/slides/{identity}/tiles/0/1_1.jpg"
        first = viewer.get(tile).body
        assert viewer.get(f"/slides/{identity}").json["etag"] == before
        shutil.copy(lossless_slide, tmp_path / "new.tif").replace(path)
        assert viewer.get(tile).body == first
        after = viewer.get(f"/slides/{identity}").json["etag"]
        assert after != before and viewer.get(tile).body != first


def test_labels_are_hidden_unless_asked_for(viewer, aperio_slide):
    identity = viewer.slide("scan.svs")
    assert [image["name"] for image in viewer.get(f"/slides/{identity}").json["associated"]] == ["thumbnail"]
    for name in ("label", "macro", "none"):
        assert viewer.ask(f"/slides/{identity}/associated/{name}").status == 404
    assert pixels(viewer.get(f"/slides/{identity}/associated/thumbnail")).shape == (90, 120, 3)
    with Viewer(aperio_slide, "--show-labels") as open_viewer:
        shown = open_viewer.get(f"/slides/{identity}").json["associated"]
        assert {image["name"] for image in shown} == {"thumbnail", "label", "macro"}
        assert pixels(open_viewer.get(f"/slides/{identity}/associated/label")).shape == (46, 38, 3)


def test_a_damaged_tile_fails_alone(jpeg_slide, tmp_path):
    path = tmp_path / "damaged.tif"
    with tifffile.TiffFile(jpeg_slide) as tiff:
        offset, size = tiff.pages[0].dataoffsets[0], tiff.pages[0].databytecounts[0]
    data = bytearray(jpeg_slide.read_bytes())
    data[offset:offset + size] = bytes(size)
    path.write_bytes(data)
    with Viewer(path) as viewer:
        identity = viewer.slide("damaged.tif")
        reply = viewer.ask(f"/slides/{identity}/tiles/0/0_0.jpg")
        assert (reply.status, reply.code) == (500, "damaged")
        assert "damaged.tif" in reply.json["error"]["message"]
        viewer.get(f"/slides/{identity}/tiles/0/1_0.jpg")


# --- Folders ---


def test_folders_are_searched(jpeg_slide, mask_slide, tmp_path):
    deep = tmp_path / "training" / "center_0"
    deep.mkdir(parents=True)
    outside = tmp_path / "outside.tif"
    shutil.copy(jpeg_slide, outside)
    for name in ("b_10.tif", "b_9.TIF", "c.svs"):
        shutil.copy(jpeg_slide, deep / name)
    shutil.copy(mask_slide, deep / "c_mask.tif")
    shutil.copy(mask_slide, deep / "alone_mask.tif")
    (deep / ".hidden.tif").write_bytes(b"")
    (deep / "notes.txt").write_text("no slide")
    (deep / "link.tif").symlink_to(outside)
    (deep / "inner.tif").symlink_to(deep / "c.svs")
    with Viewer(tmp_path / "training") as viewer:
        rows = viewer.get("/slides").json["slides"]
        assert [row["name"] for row in rows] == ["alone_mask.tif", "b_9.TIF", "b_10.tif", "c.svs", "inner.tif"]
        assert rows[3]["overlays"] == 1
    assert viewer.errors.splitlines()[-1] == (f"nodal view: warning: {tmp_path}/training: 1 link to slides elsewhere "
                                              "passed over; name them, or their folder")
    with Viewer(tmp_path / "training", deep / "c.svs", deep) as viewer:
        assert len(viewer.get("/slides").json["slides"]) == 5
    with Viewer(deep / "link.tif") as viewer:
        assert [row["name"] for row in viewer.get("/slides").json["slides"]] == ["link.tif"]


def test_a_thousand_slides_start_at_once(jpeg_slide, tmp_path):
    for number in range(1000):
        (tmp_path / f"slide_{number:03}.tif").hardlink_to(jpeg_slide)
    with Viewer(tmp_path) as viewer:
        rows = viewer.get("/slides").json["slides"]
        assert len(rows) == 1000 and rows[999]["name"] == "slide_999.tif"
        viewer.get(f"/slides/{rows[999]['id']}/tiles/0/0_0.jpg")
        wait_until(lambda: all(row["status"] == "ok" for row in viewer.get("/slides").json["slides"]))
        descriptors = names(f"/proc/{viewer.process.pid}/fd")
        assert len(descriptors) < 200


# --- The page and the description ---


def test_the_description_is_that_of_the_program(viewer):
    described = json.loads((ROOT / "server" / "openapi.json").read_text())
    assert viewer.get("/openapi.json").json == described
    identity = viewer.slide("jpeg.tif")
    values = {"id": identity, "a": identity, "b": identity, "oid": "o0", "level": "0", "column": "0", "row": "0",
              "name": "thumbnail"}
    for pattern, methods in described["paths"].items():
        for method in methods:
            path = pattern.format(**values)
            reply = viewer.ask(path, method.upper(), "" if method != "get" else None)
            assert reply.status not in (401, 403, 405), path
            assert reply.status != 404 or "there is no such address" not in reply.json["error"]["message"], path


# --- Start and end ---


def test_it_tells_its_address_and_ends(jpeg_slide):
    process = subprocess.Popen(command("view", "--no-open", jpeg_slide), stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.PIPE)
    assert process.stdout.readline() == "1 slide\n"
    address = process.stdout.readline()
    assert address.startswith("http://127.0.0.1:") and len(address.strip().split("/#t=")[1]) == 43
    assert process.stdout.readline() == "Ctrl-C ends it.\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_browser_is_opened_with_a_ticket_for_one_use(jpeg_slide, tmp_path):
    opener, seen = tmp_path / "xdg-open", tmp_path / "seen"
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > {seen}.part && mv {seen}.part {seen}\n')
    opener.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if key != "SSH_CONNECTION"}
    environment.update(DISPLAY=":77", PATH=f"{tmp_path}:{os.environ['PATH']}")
    process = subprocess.Popen(command("view", "-q", jpeg_slide), stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.PIPE, env=environment)
    try:
        viewer = Viewer.of(process, process.stdout.readline().strip())
        if viewer.ask("//", token=False).status == 200:
            wait_until(seen.exists)
            place, ticket = seen.read_text().split("/#t=")
            assert place == viewer.address.split("/#t=")[0] and ticket != viewer.token
            once = {"Authorization": f"Bearer {ticket}"}
            assert viewer.ask("/slides", token=False, headers=once).status == 401
            assert viewer.ask("/session", "POST", "", token=False, headers=once).status == 200
            assert viewer.ask("/session", "POST", "", token=False, headers=once).status == 401
        assert viewer.ask("/session", "POST", "").status == 200
        assert viewer.ask("/session", "POST", "").status == 200
    finally:
        viewer.stop()


def test_sigterm_ends_it_too(jpeg_slide):
    viewer = Viewer(jpeg_slide)
    viewer.get("/slides")
    viewer.stop(signal.SIGTERM)


def test_what_is_being_answered_is_answered_to_its_end(large_slide):
    with Viewer(large_slide) as viewer:
        identity = viewer.slide("large.tif")
        connection = viewer.connect()
        connection.request("GET", f"/api/v1/slides/{identity}/region?x=0&y=0&width=4000&height=4000&format=jpg",
                           headers={"Authorization": f"Bearer {viewer.token}"})
        wait_until(lambda: cpu_ticks(viewer.process.pid) > 5)
        viewer.process.send_signal(signal.SIGTERM)
        response = connection.getresponse()
        assert response.status == 200
        assert PIL.Image.open(io.BytesIO(response.read())).size == (4000, 4000)
        connection.close()


def cpu_ticks(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_secrets_are_new_each_time(jpeg_slide):
    with Viewer(jpeg_slide) as one, Viewer(jpeg_slide) as other:
        assert one.token != other.token
        assert one.slide("jpeg.tif") == other.slide("jpeg.tif")


def test_ports_and_addresses(jpeg_slide):
    with Viewer(jpeg_slide) as viewer:
        _, errors = nodal("view", "--no-open", "--port", viewer.port, jpeg_slide, status=1)
        assert errors == f"nodal view: cannot listen on 127.0.0.1, port {viewer.port}: Address already in use\n"
    with Viewer(jpeg_slide, "--port", viewer.port) as again:
        assert again.port == viewer.port
    _, errors = nodal("view", "--no-open", "--listen", "0.0.0.0", jpeg_slide, status=2)
    assert "others could reach this address" in errors and "--allow-remote" in errors
    _, errors = nodal("view", "--no-open", "--listen", "example.org", jpeg_slide, status=2)
    assert "--listen example.org: is no numeric address" in errors
    with Viewer(jpeg_slide, "--listen", "0.0.0.0", "--allow-remote") as remote:
        remote.host = "127.0.0.1"
        assert remote.ask("/slides", headers={"Host": "192.0.2.7:80"}).status == 200
        assert remote.ask("/slides", headers={"Host": "evil.example"}).status == 403
        assert remote.ask("/slides", token=False).status == 401


def test_what_makes_no_sense_is_refused(jpeg_slide, lossless_slide, mask_slide, tmp_path):
    _, errors = nodal("view", "--no-open", tmp_path / "none.tif", status=1)
    assert errors == f"nodal view: {tmp_path}/none.tif: there is no such file or folder\n"
    _, errors = nodal("view", "--no-open", tmp_path, status=1)
    assert errors == "nodal view: there are no slides to look at\n"
    _, errors = nodal("view", "--no-open", "--pair", jpeg_slide, status=2)
    assert "--pair: the first two arguments have to be two slides" in errors
    _, errors = nodal("view", "--no-open", "--pair", jpeg_slide, jpeg_slide, status=2)
    assert "--pair: the first two arguments have to be two slides" in errors
    _, errors = nodal("view", "--no-open", jpeg_slide, "--annotations", tmp_path / "none", status=1)
    assert errors == f"nodal view: --annotations {tmp_path}/none: is no folder\n"
    _, errors = nodal("view", "--no-open", jpeg_slide, lossless_slide, "--overlay", mask_slide, status=2)
    assert "of which slide?" in errors


def test_a_tile_that_nobody_waits_for_is_not_made(lossless_slide, tmp_path):
    """More encoded tiles than there are threads are asked for and given up at once; the server answers others soon."""
    path = tmp_path / "many.tif"
    nodal("phantom", "slide", "-q", "-o", path, "--size", 6000, 6000, "--spacing", 0.5, "--codec", "deflate")
    with Viewer(path) as viewer:
        identity = viewer.slide("many.tif")
        head = f"Host: {viewer.host}\r\nAuthorization: Bearer {viewer.token}\r\n\r\n"
        for column in range(11):
            for row in range(11):
                with socket.create_connection((viewer.host, viewer.port)) as raw:
                    raw.sendall(f"GET /api/v1/slides/{identity}/tiles/0/{column}_{row}.jpg HTTP/1.1\r\n{head}".encode())
        assert viewer.get(f"/slides/{identity}/tiles/0/5_5.jpg").status == 200


def test_the_page(viewer):
    """With Node.js at build time there is a page; without, the program says so."""
    reply = viewer.ask("//", token=False)
    if reply.status == 404:
        assert reply.code == "no_page" and "made without" in reply.json["error"]["message"]
        return
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in reply.headers["Content-Security-Policy"]
    assert (reply.headers["Content-Encoding"], reply.headers["Content-Type"]) == ("gzip", "text/html; charset=utf-8")
    markup = gzip.decompress(reply.body).decode()
    assert "<script" in markup and "http" not in markup.replace("http-equiv", "")
    again = viewer.ask("//", token=False, headers={"If-None-Match": reply.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    script = viewer.ask("//app.js", token=False)
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert b"node_modules" not in gzip.decompress(script.body)
    for name in ("//app.jsx", "//../etc/passwd", "//openapi.json", "//index.html.bak"):
        assert viewer.ask(name, token=False).status == 404
    assert viewer.ask("//", "POST", "", token=False).status == 405

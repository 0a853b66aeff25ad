# SPDX-License-Identifier: Apache-2.0
"""Signals, full disks, broken pipes and closed streams: a clear end, and nothing half-written left behind."""
import os
import pty
import re
import resource
import select
import signal
import subprocess
import time

import numpy
import pytest
import tifffile

from program import command, names, nodal


def wait_for(condition, process):
    """Until the condition holds; the work is long enough for that, or else the process ends and the test fails."""
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)


def interrupt(tmp_path, number, *arguments):
    """Starts the program, sends the signal as soon as its temporary file is there, and returns how it ended."""
    before = names(tmp_path)
    process = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: [name for name in names(tmp_path) if name.endswith(".part")], process)
    process.send_signal(number)
    output, errors = process.communicate()
    assert names(tmp_path) == before
    return process.returncode, output, errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_convert(tmp_path, large_slide, number):
    assert interrupt(tmp_path, number, "convert", large_slide, "-o", tmp_path / "out.tif", "--codec", "deflate") == \
        (128 + number, "", "nodal convert: interrupted\n")


def test_signal_keeps_an_older_output(tmp_path, large_slide):
    output = tmp_path / "out.tif"
    output.write_text("precious")
    interrupt(tmp_path, signal.SIGINT, "convert", large_slide, "-f", "-o", output, "--codec", "deflate")
    assert output.read_text() == "precious"


def test_signal_ends_many_conversions(tmp_path, large_slide, bare_slide):
    status, output, errors = interrupt(tmp_path, signal.SIGINT, "convert", large_slide, bare_slide, "--json",
                                       "--codec", "deflate", "-o", tmp_path)
    assert (status, output, errors) == (130, "", "nodal convert: interrupted\n")


def test_signal_ends_phantom(tmp_path):
    truth = tmp_path / "truth.csv"
    assert interrupt(tmp_path, signal.SIGINT, "phantom", "slide", "-o", tmp_path / "out.tif", "--size", 20000, 20000,
                     "--truth", truth) == (130, "", "nodal phantom slide: interrupted\n")


def test_ignored_signal_stays_ignored(tmp_path, bare_slide):
    """What nohup does: the program starts with the signal ignored, and goes on."""
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    process = subprocess.Popen(command("phantom", "slide", "-q", "-o", tmp_path / "out.tif", "--size", 3000, 3000),
                               preexec_fn=ignore)
    wait_for(lambda: [name for name in names(tmp_path) if name.endswith(".part")], process)
    process.send_signal(signal.SIGHUP)
    assert process.wait() == 0
    assert names(tmp_path) == ["out.tif"]


def limit_file_size(size):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


@pytest.mark.parametrize("arguments", [["convert", "SLIDE", "-o", "out.tif"],
                                       ["convert", "SLIDE", "-o", "out.tif", "--codec", "none"],
                                       ["crop", "SLIDE", "0", "0", "900", "900", "-o", "out.png"],
                                       ["crop", "SLIDE", "0", "0", "900", "900", "-o", "out.tif"],
                                       ["thumbnail", "SLIDE", "-o", "out.jpg"],
                                       ["phantom", "slide", "-o", "out.tif", "--size", "900", "900"]])
def test_full_disk(tmp_path, jpeg_slide, arguments):
    words = [str(jpeg_slide) if word == "SLIDE" else word for word in arguments]
    output, errors = nodal(*words, status=1, cwd=tmp_path, preexec_fn=limit_file_size(16384))
    assert output == ""
    assert re.fullmatch(r"nodal [a-z ]+: out\.(tif|png|jpg): File too large\n", errors)
    assert names(tmp_path) == []


def test_full_disk_for_the_truth(tmp_path):
    """The table of 300 nests is longer than the limit, the slide of one small tile is not."""
    arguments = ["phantom", "slide", "-q", "-o", "out.tif", "--size", 256, 256, "--spacing", 100, "--tile", 256,
                 "--quality", 1, "--tumor", 300, "--tumor-size", 0.4]
    _, errors = nodal(*arguments, "--truth", "t.csv", status=1, cwd=tmp_path, preexec_fn=limit_file_size(6000))
    assert errors == "nodal phantom slide: t.csv: File too large\n"
    assert names(tmp_path) == []
    nodal(*arguments, cwd=tmp_path, preexec_fn=limit_file_size(6000))
    assert names(tmp_path) == ["out.tif"]


def test_full_stdout(jpeg_slide):
    for arguments in (["info", jpeg_slide], ["info", "--json", jpeg_slide], ["help"], ["help", "convert"],
                      ["--version"], ["compare", jpeg_slide, jpeg_slide], ["generate", "bash"]):
        with open("/dev/full", "wb") as full:
            run = subprocess.run(command(*arguments), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert (run.returncode, run.stderr) == (1, "nodal: standard output: No space left on device\n")


def test_full_stdout_does_not_hide_usage_errors():
    with open("/dev/full", "wb") as full:
        run = subprocess.run(command("crop"), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 2


def test_reader_that_goes_away(jpeg_slide):
    read, write = os.pipe()
    os.close(read)
    run = subprocess.run(command("info", jpeg_slide), stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (run.returncode, run.stderr) == (1, "")


def test_closed_stdout(tmp_path, jpeg_slide):
    """What is printed must not land in a file that happened to get descriptor 1."""
    def close():
        os.close(1)
    run = subprocess.run(command("info", jpeg_slide), stderr=subprocess.PIPE, text=True, preexec_fn=close, check=False)
    assert (run.returncode, run.stderr) == (1, "nodal: standard output: Bad file descriptor\n")
    output = tmp_path / "out.tif"
    run = subprocess.run(command("convert", jpeg_slide, "-q", "-o", output), stderr=subprocess.PIPE, text=True,
                         preexec_fn=close, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert nodal("compare", "-q", "--level", 0, jpeg_slide, output) == ("", "")


def test_all_streams_closed(tmp_path, jpeg_slide):
    def close():
        for descriptor in (0, 1, 2):
            os.close(descriptor)
    output = tmp_path / "out.tif"
    run = subprocess.run(command("convert", jpeg_slide, "-o", output, "-v"), preexec_fn=close, check=False)
    assert run.returncode == 1  # its account could not be printed
    assert nodal("compare", "-q", "--level", 0, jpeg_slide, output) == ("", "")


# ---- the progress bar ------------------------------------------------------------------------------------------------

def on_a_terminal(*arguments, interrupt_at=None):
    """Runs with stderr on a terminal; returns (status, stdout, what the terminal got). SIGINT once it got that."""
    master, slave = pty.openpty()
    process = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=slave, stdin=subprocess.DEVNULL)
    os.close(slave)
    received = b""
    while True:
        readable, _, _ = select.select([master], [], [], 60)
        assert readable
        try:
            data = os.read(master, 65536)
        except OSError:  # the last one to hold the terminal closed it
            break
        if not data:
            break
        received += data
        if interrupt_at and interrupt_at in received:
            process.send_signal(signal.SIGINT)
            interrupt_at = None
    os.close(master)
    output = process.stdout.read()
    process.stdout.close()
    return process.wait(), output.decode(), received.decode()


def test_bar_is_drawn_and_cleared(tmp_path, large_slide):
    started = time.monotonic()
    status, output, drawn = on_a_terminal("convert", large_slide, "-o", tmp_path / "out.tif", "--codec", "zstd")
    seconds = time.monotonic() - started
    assert status == 0 and output.count("\n") == 1
    frames = drawn.split("\r")[1:]
    assert frames[-1] == "\x1b[K"  # cleared
    pattern = re.compile(r"large\.tif +(\d+)% [#.]{20}  \d+ Mpixel/s(  \d+:\d\d left)?\x1b\[K")
    parts = [int(pattern.fullmatch(frame).group(1)) for frame in frames[:-1]]
    assert parts and parts == sorted(parts) and parts[-1] <= 100
    assert len(parts) <= 6 * seconds + 1


@pytest.fixture(scope="session")
def large_label_slide(slides):
    """A file like an Aperio scanner's with a label of 4000 x 3000 random pixels, which PNG takes long to compress."""
    path = slides / "label.svs"
    pixels = numpy.random.default_rng(9).integers(0, 256, (3000, 4000, 3), dtype=numpy.uint8)
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels[:240, :240], tile=(240, 240), photometric="rgb", metadata=None, description="Aperio")
        tiff.write(pixels[:60, :60], photometric="rgb", metadata=None, description="Aperio")
        tiff.write(pixels, photometric="rgb", metadata=None, subfiletype=1, description="Aperio\nlabel 4000x3000")
    return path


@pytest.mark.parametrize("arguments, bar", [
    (["crop", "SLIDE", 0, 0, 9000, 7000, "--spacing", 0.2, "-o", "OUT.png"], b"read "),
    (["crop", "SLIDE", 0, 0, 9000, 7000, "--spacing", 0.2, "-o", "OUT.tif"], b"read "),
    (["thumbnail", "SLIDE", "-s", 8999, "-o", "OUT.png"], b"read "),
    (["crop", "SLIDE", 0, 0, 9000, 7000, "-o", "OUT.png"], b"write "),
    (["thumbnail", "SLIDE", "-s", 9000, "-o", "OUT.png"], b"write "),
    (["associated", "LABEL", "label", "-o", "OUT.png"], b"write "),
    (["compare", "SLIDE", "SLIDE", "-t", 1], b"level 0 ")], ids=lambda value: value[0] if len(value) > 3 else "")
def test_signal_ends_long_work(tmp_path, large_slide, large_label_slide, arguments, bar):
    places = {"SLIDE": str(large_slide), "LABEL": str(large_label_slide)}
    words = [places.get(word, str(word).replace("OUT", f"{tmp_path}/out")) for word in arguments]
    status, output, drawn = on_a_terminal(*words, interrupt_at=bar)
    assert (status, output.count("\n")) == (130, 0)
    assert drawn.endswith(f"\r\x1b[Knodal {words[0]}: interrupted\r\n")
    assert names(tmp_path) == []


def test_no_bar_when_quiet(tmp_path, large_slide):
    assert on_a_terminal("convert", large_slide, "-q", "-o", tmp_path / "out.tif") == (0, "", "")


def test_no_bar_off_a_terminal(tmp_path, large_slide):
    assert nodal("convert", large_slide, "-o", tmp_path / "out.tif")[1] == ""


def test_second_signal_kills(tmp_path):
    """A pipe that nobody reads holds the program in a place where the first signal's flag is not looked at."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(write, True)
    process = subprocess.Popen(command("help", "convert"), stdout=write)
    os.close(write)
    stat = f"/proc/{process.pid}/stat"
    wait_for(lambda: open(stat, encoding="ascii").read().split()[2] == "S", process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait() == -signal.SIGINT
    os.close(read)

# SPDX-License-Identifier: Apache-2.0
"""Runs the program on a made file within limits of memory and time."""
import os
import pathlib
import resource
import signal
import subprocess
import time

import table

HERE = pathlib.Path(__file__).resolve().parent
NODAL = os.environ.get("NODAL", str(HERE.parent.parent / "build" / "cli" / "nodal"))
SANITIZED = os.environ.get("NODAL_SANITIZE", "none") != "none"
ADDRESS_SPACE = 3 << 29
RESIDENT_KILOBYTES = 1 << 20
SECONDS = 200 if SANITIZED else 20


def limit():
    # The sanitizers' shadow memory takes terabytes of addresses.
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(arguments, folder, environment=None):
    """(exit status, signal, stdout, stderr, peak resident kilobytes); the program is killed after SECONDS."""
    with open(folder / "out", "wb+") as out, open(folder / "err", "wb+") as err:
        process = subprocess.Popen([NODAL, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   preexec_fn=limit, env=environment)
        end = time.monotonic() + SECONDS
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                os.kill(process.pid, signal.SIGKILL)
                end = float("inf")
            time.sleep(0.002)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return process.returncode, out.read(), err.read().decode("utf-8"), usage.ru_maxrss


def make(base, mutations):
    made = base()
    tiff = None if isinstance(made, bytes) else made
    for mutation in mutations:
        if isinstance(mutation, table.Before):
            mutation.apply(tiff)
    data = bytearray(made if tiff is None else tiff.build())
    for mutation in mutations:
        if isinstance(mutation, table.After):
            changed = mutation.apply(tiff, data)
            data = data if changed is None else bytearray(changed)
    return tiff, bytes(data)


def truth_and_detections(path, folder):
    """Folders of one slide: the file is its truth, a mask or outlines."""
    truth, detections = folder / "truth", folder / "detections"
    for made in (truth, detections):
        made.mkdir(exist_ok=True)
    (truth / ("a.xml" if path.read_bytes().startswith(b"<") else "a_mask.tif")).write_bytes(path.read_bytes())
    (detections / "a.csv").write_text("0.5,700,700\n0.25,20,1500\n")
    return ["--truth", str(truth), "--detections", str(detections)]


def arguments_of(command, path, folder):
    name, *rest = [str(folder / word) if word == "out.html" else word for word in command.split()]
    if name == "annotation":
        return [name, *rest, str(path)]
    if name == "evaluate" and rest[0] == "lesions":
        return [name, *rest, *truth_and_detections(path, folder)]
    if name == "evaluate":  # what is its own truth
        return [name, *rest, "--truth", str(path), *([] if rest[0] == "rank" else ["--predictions"]), str(path)]
    if name in ("lesions", "stage"):
        return [name, str(path), *rest]
    return [name, str(path), *rest, "-o", str(folder / "crop.png")] if name == "crop" else [name, str(path)]

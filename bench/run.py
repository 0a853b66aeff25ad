#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Races nodal against its peers and keeps the results: ./dev bench NAME, of read, convert, write, annotation, mask, raster,
evaluate, froc, view and python

usage: run.py read|convert|write|annotation|mask|raster|evaluate|froc|view|python BUILD_DIR [--rounds N]

Every round runs all racers once, the first of them in turn, on the same work. A ratio is nodal's seconds over the
peer's of the same round, so below 1 nodal is the faster; the table and bench/results/NAME.csv give its median, smallest
and largest of all rounds. CPU time is what to go by where the machine has other work. The slides are made once, in
BUILD_DIR/data: real tissue mirrored to 30,000 x 30,000 pixels where the sample slide is there, and a phantom.
"""
import argparse
import csv
import datetime
import json
import math
import os
import pathlib
import random
import re
import shutil
import statistics
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLE = ROOT.parent / "shared" / "data" / "wsi" / "CMU-1-Small-Region.svs"
TILED = "tile,tile-width=512,tile-height=512,bigtiff"
PYRAMID = f"{TILED},compression=jpeg,Q=80,pyramid"

# (case, peer): (clock, the largest ratio that is good enough)
TARGETS = {
    ("aligned 512", "whole tiles"): ("cpu", 1.10),
    ("aligned 512", "OpenSlide"): ("cpu", 1 / 5),
    ("random 256", "OpenSlide"): ("cpu", 1 / 3.5),
    ("random 512", "OpenSlide"): ("cpu", 1 / 4),
    ("aligned 512, cached", "first read"): ("cpu", 1 / 5),
    ("all cores, aligned 512", "1 thread"): ("wall", 1 / 0.9),
    ("all cores, random 512", "1 thread"): ("wall", 1 / 0.9),
    ("convert jpeg tiles", "libvips"): ("cpu", 0.25),
    ("convert lzw tiles", "libvips"): ("cpu", 0.8),
    ("convert deflate tiles", "libvips"): ("cpu", 0.8),
    ("read asap xml", "libxml2 tree"): ("cpu", 1 / 3),
    ("mask, 71,000 points", "14,200 points"): ("cpu", 5.0),
    ("froc, each contour set once", "Python"): ("cpu", 1 / 10),
    ("random 512 to NumPy", "OpenSlide"): ("cpu", 1 / 4),
    ("random 512 to NumPy", "tifffile"): ("cpu", 1 / 1.5),
    ("patches 512, all cores", "C library"): ("wall", 1 / 0.85),
    ("400 tiles again and again", "from memory"): ("cpu", 1 / 0.8),
    ("400 tiles again and again", "Flask"): ("cpu", 1 / 20),
}
for threads, factor in (("1 thread", 1.0), ("2 threads", 1 / 1.7)):
    for kernel, peer in (("label", "scipy"), ("label", "scikit-image"), ("distance inside", "scipy"),
                         ("distance outside", "scipy"), ("fill holes", "scipy"), ("statistics", "scikit-image")):
        TARGETS[f"{kernel}, {threads}", peer] = ("cpu" if factor == 1 else "wall", factor)
        if factor != 1:
            TARGETS[f"{kernel}, {threads}", "nodal on 1"] = ("wall", factor)
# case: (what, limit): of nodal alone
LIMITS = {
    "info, 200000 x 100000": ("wall", 0.010),
    "convert jpeg tiles": ("rss", 256.0),
    "convert lzw tiles": ("rss", 256.0),
    "convert deflate tiles": ("rss", 256.0),
    "convert 200000 x 100000": ("rss", 256.0),
    "paint phantom": ("rate", 50.0),
    "read asap xml": ("cpu", 0.060),
    "check": ("cpu", 0.5),
    "mask, tumor_054": ("wall", 2.0),
    "mask, tumor_007": ("wall", 2.0),
    "mask, 71,000 points": ("rss", 200.0),
    "froc, 130 masks": ("wall", 10.0),
    "froc, 130 annotations": ("wall", 10.0),
    "AUC of 1000000 scores, distinct": ("cpu", 0.15),
    "AUC of 1000000 scores, of 1000 kinds": ("cpu", 0.15),
    "100000 resamples of kappa": ("cpu", 1.0),
    "import nodal": ("cpu", 0.030),
}
COLUMNS = ["date", "commit", "machine", "cores", "load", "slide", "case", "reader", "clock", "n", "median_s", "min_s",
           "max_s", "mpixel_per_s", "rss_mib", "ratio", "ratio_min", "ratio_max"]


def fail(message):
    sys.exit(f"bench: {message}")


def run(command, **more):
    done = subprocess.run([str(word) for word in command], check=False, text=True, stdout=subprocess.PIPE, **more)
    if done.returncode:
        fail(f"{' '.join(str(word) for word in command)}: exit status {done.returncode}")
    return done.stdout


# ---- slides ---------------------------------------------------------------------------------------------------------

class Slides:
    """Inputs, made when first asked for and kept."""

    def __init__(self, build):
        self.build = build
        self.folder = build / "data"
        self.folder.mkdir(parents=True, exist_ok=True)

    def make(self, name, command):
        """The file `name`; `command` gets the path to write to."""
        path = self.folder / name
        if not path.is_file():
            print(f"making {name}", file=sys.stderr)
            # Half a slide must not be taken for one by the next run.
            part = self.folder / f"part-{name}"
            command(part)
            part.rename(path)
        return path

    def tissue(self):
        """Real tissue, JPEG tiles; None without the sample slide."""
        if not SAMPLE.is_file():
            return None

        def mirror(path):
            region = self.folder / "region.v"
            run(["vips", "extract_band", SAMPLE, region, 0, "--n", 3])
            run(["vips", "embed", region, f"{path}[{PYRAMID},resunit=cm,xres=4115.226,yres=4115.226]", 0, 0, 30000,
                 30000, "--extend", "mirror"])
            region.unlink()
        return self.make("tissue.tif", mirror)

    def phantom(self):
        return self.make("phantom.tif", lambda path: run(
            [self.build / "cli" / "nodal", "phantom", "slide", "-q", "-f", "-o", path, "--size", 30000, 30000,
             "--spacing", 0.243, "--seed", 1, "--tumor", 5]))

    def large(self):
        """200,000 x 100,000 pixels, most of them glass."""
        return self.make("large.tif", lambda path: run(
            [self.build / "bench" / "bench-large-slide", path, 200000, 100000]))

    def lossless(self, codec):
        """A ninth of the tissue (or phantom), one level, not JPEG."""
        source = self.tissue() or self.phantom()
        return self.make(f"{codec}.tif", lambda path: run(
            ["vips", "crop", source, f"{path}[{TILED},compression={codec},predictor=horizontal]", 0, 0, 10000, 10000]))

    def contours(self):
        """ASAP XML of 70,000 vertices: 20 contours that wind like drawn ones, numbers as ASAP prints them."""
        def draw(path):
            lines = ['<?xml version="1.0"?>', "<ASAP_Annotations>", "\t<Annotations>"]
            for index in range(20):
                lines.append(f'\t\t<Annotation Name="Annotation {index}" Type="Polygon" PartOfGroup="Tumor" '
                             'Color="#F4FA58">')
                lines.append("\t\t\t<Coordinates>")
                for order in range(3500):
                    angle = 2 * math.pi * order / 3500
                    radius = 3000 + 200 * math.sin(9 * angle) + 15 * math.sin(211 * angle)
                    x, y = (struct.unpack("f", struct.pack("f", value))[0] for value in (
                        5000 + 8000 * (index % 5) + radius * math.cos(angle),
                        5000 + 8000 * (index // 5) + radius * math.sin(angle)))
                    lines.append(f'\t\t\t\t<Coordinate Order="{order}" X="{x:.9g}" Y="{y:.9g}" />')
                lines.append("\t\t\t</Coordinates>\n\t\t</Annotation>")
            lines.append("\t</Annotations>\n\t<AnnotationGroups>\n\t\t<Group Name=\"Tumor\" PartOfGroup=\"None\" "
                         "Color=\"#FF0000\">\n\t\t\t<Attributes />\n\t\t</Group>\n\t</AnnotationGroups>\n"
                         "</ASAP_Annotations>\n")
            path.write_text("\n".join(lines), encoding="utf-8")
        return self.make("contours.xml", draw)

    def main(self):
        """(name, path) of the slides to race on."""
        tissue = self.tissue()
        return ([("tissue", tissue)] if tissue else []) + [("phantom", self.phantom())]


# ---- results --------------------------------------------------------------------------------------------------------

class Samples:
    """Seconds of every racer of one slide: case -> racer -> round -> (cpu, wall, megapixels, rss)."""

    def __init__(self):
        self.cases = {}

    def add(self, case, racer, index, cpu, wall, megapixels=0.0, rss=0.0):
        self.cases.setdefault(case, {}).setdefault(racer, {})[index] = (cpu, wall, megapixels, rss)

    def add_text(self, text):
        """What a benchmark program printed; returns its remarks."""
        remarks = []
        for line in text.splitlines():
            if line.startswith("#"):
                remarks.append(line[2:])
                continue
            case, racer, index, cpu, wall, megapixels = line.split("\t")
            self.add(case, racer, int(index), float(cpu), float(wall), float(megapixels))
        return remarks


def ratios(own, other, clock):
    both = [(own[index][clock], other[index][clock]) for index in own if index in other]
    return [mine / theirs for mine, theirs in both if theirs > 0]


def rows_of(samples):
    """One row a case, racer and clock; nodal's own first."""
    for case, racers in samples.cases.items():
        # Without nodal it is the bare decoder beside itself on one thread.
        first = next((name for name in ("nodal", "whole tiles") if name in racers), None)
        own = racers.get(first, {})
        for racer in sorted(racers, key=lambda name: (name != first, name)):
            for clock, name in enumerate(("cpu", "wall")):
                seconds = [sample[clock] for sample in racers[racer].values()]
                median = statistics.median(seconds)
                megapixels = statistics.mean(sample[2] for sample in racers[racer].values())
                row = {"case": case, "reader": racer, "clock": name, "n": len(seconds), "median_s": f"{median:.6f}",
                       "min_s": f"{min(seconds):.6f}", "max_s": f"{max(seconds):.6f}"}
                if megapixels and median > 0:
                    row["mpixel_per_s"] = f"{megapixels / median:.1f}"
                rss = max(sample[3] for sample in racers[racer].values())
                if rss:
                    row["rss_mib"] = f"{rss:.1f}"
                if racer != first and own:
                    spread = ratios(own, racers[racer], clock)
                    if spread:
                        row.update(ratio=f"{statistics.median(spread):.3f}", ratio_min=f"{min(spread):.3f}",
                                   ratio_max=f"{max(spread):.3f}")
                yield row


def verdict(row):
    """What the row has to reach, and whether it does."""
    if row["reader"] == "nodal":
        what, limit = LIMITS.get(row["case"], ("", 0))
        values = {"wall": ("median_s", row["clock"] == "wall", "{:.3f} s"),
                  "cpu": ("median_s", row["clock"] == "cpu", "{:.3f} s"),
                  "rss": ("rss_mib", row["clock"] == "cpu",
                  "{:.0f} MiB"), "rate": ("mpixel_per_s", row["clock"] == "cpu", "{:.0f} MP/s")}
        if what not in values or not values[what][1] or values[what][0] not in row:
            return ""
        value = float(row[values[what][0]])
        good = value >= limit if what == "rate" else value <= limit
        return f"{'>=' if what == 'rate' else '<='} {values[what][2].format(limit)} {'met' if good else 'MISSED'}"
    for (case, peer), (clock, limit) in TARGETS.items():
        if case == row["case"] and row["reader"].startswith(peer) and clock == row["clock"] and "ratio" in row:
            return f"<= {limit:.3f} {'met' if float(row['ratio']) <= limit else 'MISSED'}"
    return ""


def print_table(slide, rows):
    heads = ["case", "reader", "clock", "n", "median s", "min", "max", "MP/s", "MiB", "nodal/it", "spread", "goal"]
    lines = [heads]
    for row in rows:
        spread = f"{row['ratio_min']}-{row['ratio_max']}" if "ratio" in row else ""
        lines.append([row["case"], row["reader"], row["clock"], str(row["n"]), row["median_s"][:8], row["min_s"][:8],
                      row["max_s"][:8], row.get("mpixel_per_s", ""), row.get("rss_mib", ""), row.get("ratio", ""),
                      spread, verdict(row)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    print(f"\n{slide}")
    for line in lines:
        print("  ".join(cell.ljust(width) if i in (0, 1, 2, 11) else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())


def processor():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        return next(line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name"))
    except (OSError, StopIteration):
        return os.uname().machine


class Report:
    def __init__(self, name):
        self.path = ROOT / "bench" / "results" / f"{name}.csv"
        commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short=10", "HEAD"], check=False, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()
        self.facts = {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%MZ"),
                      "commit": commit or "unknown", "machine": processor(), "cores": os.cpu_count(),
                      "load": f"{os.getloadavg()[0]:.1f}"}
        print(f"{processor()}, {os.cpu_count()} cores, load {self.facts['load']} before the start")
        if os.getloadavg()[0] > 0.5:
            print("the machine has other work: wall time means little, go by CPU time")

    def add(self, slide, samples, remarks=()):
        rows = list(rows_of(samples))
        print_table(slide, rows)
        for remark in remarks:
            print(remark)
        sys.stdout.flush()
        self.path.parent.mkdir(exist_ok=True)
        fresh = not self.path.is_file()
        with open(self.path, "a", newline="", encoding="utf-8") as text:
            writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
            if fresh:
                writer.writeheader()
            for row in rows:
                writer.writerow({**self.facts, "slide": slide, **row})


# ---- the benchmarks -------------------------------------------------------------------------------------------------

def timed(command):
    """(CPU seconds of all threads, wall seconds, peak memory in MiB) of one program."""
    start = time.perf_counter()
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        fail(f"{' '.join(str(word) for word in command)}: exit status {child.returncode}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def race(samples, case, racers, rounds, megapixels=0.0):
    """`racers`: name -> command."""
    names = list(racers)
    for index in range(rounds):
        for turn in range(len(names)):
            name = names[(turn + index) % len(names)]
            cpu, wall, rss = timed(racers[name])
            samples.add(case, name, index, cpu, wall, megapixels, rss)


def bench_read(slides, report, rounds):
    program = slides.build / "bench" / "bench-read"
    for name, path in slides.main():
        samples = Samples()
        remarks = samples.add_text(run([program, path, rounds]))
        report.add(name, samples, remarks)
    large = slides.large()
    samples = Samples()
    samples.add_text(run([program, large, rounds, "open and close"]))
    nodal = slides.build / "cli" / "nodal"
    race(samples, "info, 200000 x 100000", {"nodal": [nodal, "info", large], "start alone": [nodal, "--version"]},
         rounds)
    report.add("large", samples)


def bench_convert(slides, report, rounds):
    nodal = slides.build / "cli" / "nodal"
    ours, theirs = slides.folder / "out-nodal.tif", slides.folder / "out-vips.tif"

    def commands(source):
        return {"nodal": [nodal, "convert", "-q", "-f", source, "-o", ours],
                "libvips": ["vips", "copy", source, f"{theirs}[{PYRAMID}]"]}
    for name, path in slides.main():
        samples = Samples()
        race(samples, "convert jpeg tiles", commands(path), rounds, 900.0)
        run([nodal, "compare", path, ours, "--level", 0])
        remarks = ["level 0 is equal, bit for bit", sizes(ours, theirs)]
        report.add(name, samples, remarks)
    for codec in ("lzw", "deflate"):
        samples = Samples()
        race(samples, f"convert {codec} tiles", commands(slides.lossless(codec)), rounds, 100.0)
        report.add("lossless", samples, [sizes(ours, theirs)])
    large = slides.large()
    samples = Samples()
    race(samples, "convert 200000 x 100000", {"nodal": commands(large)["nodal"]}, 1, 20000.0)
    report.add("large", samples)
    ours.unlink()
    theirs.unlink()


def sizes(ours, theirs):
    return f"output: nodal {ours.stat().st_size / 2**20:.1f} MiB, libvips {theirs.stat().st_size / 2**20:.1f} MiB"


def bench_write(slides, report, rounds):
    for name, path in slides.main():
        samples = Samples()
        remarks = samples.add_text(run([slides.build / "bench" / "bench-write", path, 8192, slides.folder, rounds]))
        report.add(name, samples, remarks)


def bench_annotation(slides, report, rounds):
    samples = Samples()
    program = slides.build / "bench" / "bench-annotation"
    remarks = samples.add_text(run([program, slides.contours(), slides.folder, rounds]))
    report.add("contours", samples, remarks)


def bench_raster(slides, report, rounds):
    """Kernels in one process with their peers, then the commands on an image that would not fit: time and memory."""
    library = next((slides.build / "src").glob("libnodal.so"))
    for name in ("tissue", "lesions"):
        samples = Samples()
        remarks = samples.add_text(run([sys.executable, "-B", ROOT / "bench" / "raster.py", library, rounds, name]))
        report.add(f"array of {name}", samples, remarks)
    nodal = slides.build / "cli" / "nodal"
    output = slides.folder / "out-raster.tif"
    samples = Samples()
    threshold = ["threshold", slides.phantom(), "--channel", 1, "--high", 200]
    mask = slides.make("mask.tif", lambda path: run([nodal, "raster", *threshold, "-q", "-o", path]))
    for words in (threshold, ["components", mask], ["distance", mask], ["fill", mask],
                  ["morphology", mask, "--operation", "close", "--radius", 20], ["relabel", mask, "--map", "1=2"]):
        race(samples, f"{words[0]} 30000 x 30000", {"nodal": [nodal, "raster", *words, "-q", "-f", "-o", output]}, 1, 900.0)
    race(samples, "statistics 30000 x 30000", {"nodal": [nodal, "raster", "statistics", mask, "-r", "-q"]}, 1, 900.0)
    output.unlink()
    report.add("phantom", samples)


# A contour set of CAMELYON16, and the size of the slide the goal is stated for.
CONTOURS = ROOT.parent / "shared" / "data" / "annotations"
CONTOUR_SLIDE = (100000, 200000)


def write_contours(path, points):
    """Ten wavy outlines all over the slide, of `points` points together: the same outlines for any number."""
    text = ['<?xml version="1.0"?><ASAP_Annotations><Annotations>']
    for ring in range(10):
        x, y = 25000 + 50000 * (ring % 2), 20000 + 40000 * (ring // 2)
        text.append(f'<Annotation Name="{ring}" Type="Polygon" PartOfGroup="None" Color="#F4FA58"><Coordinates>')
        for i in range(points // 10):
            angle = 2 * math.pi * i / (points // 10)
            radius = 14000 + 1500 * math.sin(17 * angle + ring) + 400 * math.sin(90 * angle)
            text.append(f'<Coordinate Order="{i}" X="{x + radius * math.cos(angle):.3f}" '
                        f'Y="{y + radius * math.sin(angle):.3f}" />')
        text.append("</Coordinates></Annotation>")
    path.write_text("".join(text) + "</Annotations><AnnotationGroups /></ASAP_Annotations>", encoding="utf-8")


def bench_mask(slides, report, rounds):
    nodal, mask = slides.build / "cli" / "nodal", slides.folder / "mask.tif"
    width, height = CONTOUR_SLIDE
    megapixels = width * height / 1e6

    def command(path, *more):
        return [nodal, "mask", path, "--size", width, height, "--spacing", 0.243, "-q", "-f", "-o", mask, *more]
    many, few = (slides.make(f"contours-{count}.xml", lambda path, count=count: write_contours(path, count))
                 for count in (71000, 14200))
    sets = [(name, CONTOURS / f"{name}.xml") for name in ("tumor_054", "tumor_007")
            if (CONTOURS / f"{name}.xml").is_file()]
    samples = Samples()
    for name, path in sets:
        race(samples, f"mask, {name}", {"nodal": command(path)}, rounds, megapixels)
        race(samples, f"mask, {name}, zstd", {"nodal": command(path, "--codec", "zstd")}, rounds, megapixels)
    race(samples, "mask, 71,000 points", {"nodal": command(many), "14,200 points": command(few)}, rounds, megapixels)
    name, path = sets[0] if sets else ("14,200 points", few)
    race(samples, "contours", {"nodal": [nodal, "contours", mask, "-q", "-f", "-o", slides.folder / "contours.xml"]},
         rounds, megapixels)
    remarks = samples.add_text(run([slides.build / "bench" / "bench-mask", path, width, height, rounds]))
    tests = float(next(line for line in remarks if line.startswith("tests")).split()[1])
    race(samples, "mask by asap's rule", {"nodal": command(path, "--rule", "asap")}, rounds, megapixels)
    box = statistics.median(sample[0] / sample[2] for sample in
                            samples.cases["asap rule, box"]["every pixel and edge"].values()) * 1e-6
    whole = statistics.median(sample[0] for sample in samples.cases["mask by asap's rule"]["nodal"].values())
    report.add(f"{width} x {height}", samples, [
        "'asap rule, box': MP/s are millions of pixel-edge tests a second. ASAP is not packaged: its loop is written out",
        f"in bench/mask.c and makes {1 / box:.3g} tests a second. All of {name} takes it {tests:.3g} tests, so by this",
        f"rate {tests * box:.0f} s of CPU (a model, not a run); nodal takes {whole:.2f} s, file and pyramid included:",
        f"{tests * box / whole:.0f} times as fast (goal: 500, {'met' if tests * box / whole >= 500 else 'MISSED'})"])
    library = slides.build / "src" / "libnodal.so"
    samples = Samples()
    remarks = samples.add_text(run([sys.executable, "-B", ROOT / "bench" / "mask.py", library, path, rounds]))
    report.add(name, samples, remarks)
    mask.unlink()


# Slides of CAMELYON16's test set, and the size of a large one.
FROC_SLIDES, FROC_TUMOR, FROC_SIZE = 130, 50, (163840, 221184)


def write_froc_slides(slides, nodal, folder):
    """Masks of 255 (each contour set's own, several names for one file), annotations, and detections near and far."""
    chance = random.Random(1)
    sets = sorted(CONTOURS.glob("tumor_*.xml")) or [slides.contours()]
    for name in ("masks", "annotations", "detections", "few", "made"):
        (folder / name).mkdir(parents=True)
    labels = [word for group in ("_0", "_1", "Tumor") for word in ("--label", f"{group}=255")]
    for path in sets:
        run([nodal, "mask", path, "--size", *FROC_SIZE, "--spacing", 0.243, *labels, "--label", "_2=0", "--label",
             "Exclusion=0", "--label", "None=0", "--order", "_0,_1,Tumor,_2,Exclusion,None", "--rule", "asap", "-q",
             "-o", folder / "made" / f"{path.stem}.tif"])
    for index in range(FROC_SLIDES):
        places = [(str(chance.randrange(FROC_SIZE[0])), str(chance.randrange(FROC_SIZE[1]))) for _ in range(40)]
        if index < FROC_TUMOR:
            path = sets[index % len(sets)]
            (folder / "masks" / f"slide_{index:03}_mask.tif").symlink_to(pathlib.Path("..", "made", f"{path.stem}.tif"))
            (folder / "annotations" / f"slide_{index:03}.xml").symlink_to(path)
            vertices = re.findall(r'X="([^"]*)" Y="([^"]*)"', path.read_text(encoding="utf-8"))
            places += [chance.choice(vertices) for _ in range(60)]
        text = "".join(f"{chance.random()},{int(float(x))},{int(float(y))}\n" for x, y in places)
        (folder / "detections" / f"slide_{index:03}.csv").write_text(text, encoding="utf-8")
        if index < len(sets) or index >= FROC_SLIDES - len(sets):
            (folder / "few" / f"slide_{index:03}.csv").write_text(text, encoding="utf-8")


def bench_froc(slides, report, rounds):
    """The peer takes seconds a mask, so it races on few; both read level 5, and the score must be the same."""
    nodal, folder = slides.build / "cli" / "nodal", slides.folder / "froc"
    if not folder.is_dir():
        print("making froc", file=sys.stderr)
        part = slides.folder / "part-froc"
        shutil.rmtree(part, ignore_errors=True)
        write_froc_slides(slides, nodal, part)
        part.rename(folder)
    peer = [sys.executable, "-B", ROOT / "bench" / "froc_peer.py", folder / "masks", folder / "few"]

    def command(truth, detections, *more):
        return [nodal, "evaluate", "lesions", "--truth", folder / truth, "--detections", folder / detections, "--rules",
                "2016", "-q", *more]
    document = json.loads(run(command("masks", "few", "--json")))
    count, lesions, score = run(peer).split()
    if (document["slides"], document["lesions"]) != (int(count), int(lesions)) or \
            abs(document["score"] - float(score)) > 1e-9:
        fail(f"froc: nodal has {document['lesions']} lesions and {document['score']!r}, the peer {lesions} and {score}")
    samples = Samples()
    race(samples, "froc, each contour set once", {"nodal": command("masks", "few"), "Python": peer}, rounds)
    race(samples, "froc, 130 masks", {"nodal": command("masks", "detections"),
                                      "1 thread": command("masks", "detections", "-t", 1)}, rounds)
    race(samples, "froc, 130 annotations", {"nodal": command("annotations", "detections")}, rounds)
    peak = max(sample[3] for case in samples.cases.values() for sample in case["nodal"].values())
    report.add(f"{FROC_TUMOR} slides of {FROC_SIZE[0]} x {FROC_SIZE[1]} with tumor", samples, [
        f"each contour set once, and as many normal slides: {count} slides, {lesions} lesions, score {score} by both",
        "Python: bench/froc_peer.py, the rules of 2016 in numpy, scipy and scikit-image on one thread",
        f"peak memory of nodal: {peak:.0f} MiB (goal: 300, {'met' if peak <= 300 else 'MISSED'})"])


def bench_evaluate(slides, report, rounds):
    samples = Samples()
    library = next((slides.build / "src").glob("libnodal.so"))
    remarks = samples.add_text(run([sys.executable, "-B", ROOT / "bench" / "evaluate.py", library, rounds]))
    report.add("arrays", samples, remarks)


def bench_python(slides, report, rounds):
    library = next((slides.build / "src").glob("libnodal.so"))
    os.environ["PYTHONPATH"] = str(slides.build / "python")
    for name, path in slides.main():
        samples = Samples()
        remarks = samples.add_text(run([sys.executable, "-B", ROOT / "bench" / "python.py", library, rounds, path]))
        report.add(name, samples, remarks)


def bench_view(slides, report, rounds):
    samples = Samples()
    remarks = samples.add_text(run([sys.executable, "-B", ROOT / "bench" / "view.py", slides.build, slides.phantom(),
                                    slides.large(), rounds]))
    report.add("phantom", samples, remarks + ["seconds are those of 10,000 tiles"])


# name: (function, rounds)
BENCHMARKS = {
    "read": (bench_read, 5),
    "convert": (bench_convert, 3),
    "write": (bench_write, 3),
    "annotation": (bench_annotation, 9),
    "mask": (bench_mask, 3),
    "froc": (bench_froc, 3),
    "raster": (bench_raster, 3),
    "evaluate": (bench_evaluate, 7),
    "python": (bench_python, 7),
    "view": (bench_view, 5),
}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description="Races nodal against its peers.")
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, help="how often each runs (3 to 9, by the benchmark)")
    options = parser.parse_args()
    function, rounds = BENCHMARKS[options.name]
    function(Slides(options.build.resolve()), Report(options.name), options.rounds or rounds)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Races the tile service of `nodal view` against the same HTTP library out of memory and against a page in Flask.

usage: view.py BUILD_DIR SLIDE LARGE ROUNDS     prints lines of case, racer, round, CPU seconds, wall seconds, megapixels

Each racer serves the same addresses, tiles of level 0 in random order, to wrk over 64 connections that are kept alive.
Seconds are those of 10,000 tiles: CPU of the server alone, from /proc; wall as wrk saw it. Megapixels are those of 10,000
tiles.
"""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

CONNECTIONS, SECONDS, UNIT = 64, 3, 10000
WINDOW = 1000  # pixels across
BUDGET_MIB = 128 + 64  # of the server: encoded and decoded tiles

SCRIPT = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local headers = { ["Authorization"] = "Bearer %s" }
math.randomseed(%d)
request = function() return wrk.format("GET", paths[math.random(#paths)], headers) end
"""


class Server:
    def __init__(self, command, **more):
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, **more)
        self.line = self.process.stdout.readline()
        self.token, self.port = "none", None
        if self.line.startswith("{"):
            address = json.loads(self.line)["address"]
            self.token = address.partition("#t=")[2]
            self.port = int(re.search(r":(\d+)/", address).group(1))
        else:
            self.port = int(self.line)

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024

    def get(self, path):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}",
                                         headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request) as reply:
            return reply.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]


def load(server, paths, folder, seed, connections=CONNECTIONS):
    """(tiles, CPU seconds, wall seconds, p99 in ms) of a few seconds."""
    listing, script = folder / "paths.txt", folder / "script.lua"
    listing.write_text("\n".join(paths) + "\n", encoding="utf-8")
    script.write_text(SCRIPT % (listing, server.token, seed), encoding="utf-8")
    before = server.cpu()
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "30s", "--latency", "-s",
                           str(script), f"http://127.0.0.1:{server.port}/"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    cpu = server.cpu() - before
    tiles, wall = re.search(r"(\d+) requests in ([\d.]+)s", done).groups()
    p99 = milliseconds(re.search(r"99%\s+(\S+)", done).group(1))
    if "Non-2xx" in done:
        sys.exit(f"view: a server answered with errors\n{done}")
    return int(tiles), cpu, float(wall), p99


def first_view(nodal, slide):
    """Milliseconds from the address to all that a window shows first: list, slide, and tiles of the level that fits."""
    server = Server([nodal, "view", "--no-open", "--json", slide])
    start = time.perf_counter()
    identity = json.loads(server.get("/api/v1/slides"))["slides"][0]["id"]
    described = json.loads(server.get(f"/api/v1/slides/{identity}"))
    index = max(index for index, level in enumerate(described["levels"]) if index == 0 or level["width"] >= WINDOW)
    level = described["levels"][index]
    for column in range(-(-level["width"] // level["tile_width"])):
        for row in range(-(-level["height"] // level["tile_height"])):
            server.get(f"/api/v1/slides/{identity}/tiles/{index}/{column}_{row}.jpg?v={described['etag']}")
    spent = (time.perf_counter() - start) * 1000
    server.stop()
    return spent


def main():
    build, slide, large = map(pathlib.Path, sys.argv[1:4])
    rounds = int(sys.argv[4])
    here = pathlib.Path(__file__).resolve().parent
    commands = {"nodal": [build / "cli" / "nodal", "view", "--no-open", "--json", slide],
                "from memory": [build / "bench" / "bench-serve-memory", slide],
                "Flask": [sys.executable, "-B", here / "view_peer.py", slide]}
    servers = {name: Server(command, stdin=subprocess.PIPE) for name, command in commands.items()}
    try:
        race(servers, rounds)
    finally:
        for server in servers.values():
            server.stop()
    spent = sorted(first_view(build / "cli" / "nodal", large) for _ in range(rounds))
    print(f"# 200,000 x 100,000 pixels: list, slide and the tiles that a window shows first {spent[len(spent) // 2]:.0f} ms, "
          f"{spent[0]:.0f} to {spent[-1]:.0f}")


def race(servers, rounds):
    nodal = servers["nodal"]
    identity = json.loads(nodal.get("/api/v1/slides"))["slides"][0]["id"]
    described = json.loads(nodal.get(f"/api/v1/slides/{identity}"))
    level = described["levels"][0]
    columns, rows = -(-level["width"] // level["tile_width"]), -(-level["height"] // level["tile_height"])
    paths = [f"/api/v1/slides/{identity}/tiles/0/{column}_{row}.jpg?v={described['etag']}"
             for row in range(rows) for column in range(columns)]
    random.Random(1).shuffle(paths)
    cases = {"400 tiles again and again": (paths[:400], list(servers)),
             f"all {len(paths)} tiles": (paths, ["nodal", "from memory"])}
    slowest = {}
    with tempfile.TemporaryDirectory() as folder:
        for case, (asked, names) in cases.items():
            for index in range(rounds):
                for turn in range(len(names)):
                    name = names[(turn + index) % len(names)]
                    tiles, cpu, wall, p99 = load(servers[name], asked, pathlib.Path(folder), index)
                    slowest.setdefault((case, name), []).append(p99)
                    share = UNIT / tiles
                    pixels = UNIT * level["tile_width"] * level["tile_height"] / 1e6
                    print(f"{case}\t{name}\t{index}\t{cpu * share}\t{wall * share}\t{pixels}", flush=True)
        for index in range(3):
            load(nodal, paths, pathlib.Path(folder), 100 + index)
    for (case, name), values in slowest.items():
        values.sort()
        goal = f" (goal: 10, {'met' if values[len(values) // 2] <= 10 else 'MISSED'})" if name == "nodal" else ""
        print(f"# {case}, {name}: p99 at {CONNECTIONS} connections {values[len(values) // 2]:.1f} ms, {values[0]:.1f} to "
              f"{values[-1]:.1f}{goal}")
    peak = nodal.peak_mib()
    print(f"# peak memory of nodal {peak:.0f} MiB (goal: {BUDGET_MIB + 100}, "
          f"{'met' if peak <= BUDGET_MIB + 100 else 'MISSED'})")


if __name__ == "__main__":
    main()

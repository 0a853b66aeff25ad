# SPDX-License-Identifier: Apache-2.0
"""Races functions of one process by turns and prints the lines that run.py reads."""
import time


def race(case, racers, rounds, megapixels=0.0):
    """`racers`: name -> function. Lines of case, racer, round, CPU seconds, wall seconds, megapixels."""
    names = list(racers)
    for index in range(rounds):
        for turn in range(len(names)):
            racer = names[(turn + index) % len(names)]
            cpu, wall = time.process_time(), time.perf_counter()
            racers[racer]()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            print(f"{case}\t{racer}\t{index}\t{cpu}\t{wall}\t{megapixels}", flush=True)

# SPDX-License-Identifier: Apache-2.0
"""Monitors of long work."""
import sys


class ProgressMonitor:
    """Is told how far the work is; made to be subclassed."""

    def __init__(self, maximumProgress=100):
        self._maximum = maximumProgress
        self._progress = 0

    def maximumProgress(self):
        return self._maximum

    def setMaximumProgress(self, maximumProgress):
        self._maximum = maximumProgress

    def progress(self):
        return self._progress

    def setProgress(self, progress):
        self._progress = progress

    def __iadd__(self, amount):
        self.setProgress(self._progress + amount)
        return self


class CmdLineProgressMonitor(ProgressMonitor):
    """Prints the percentage on standard error."""

    def setProgress(self, progress):
        before = int(100 * self._progress / self._maximum) if self._maximum else 0
        super().setProgress(progress)
        now = int(100 * progress / self._maximum) if self._maximum else 0
        if now != before:
            print(f"\rProgress: {now} %", end="\n" if now >= 100 else "", file=sys.stderr, flush=True)


def report(monitor):
    """A function of done and total that tells the monitor, or None."""
    if monitor is None:
        return None

    def tell(done, total):
        monitor.setProgress(monitor.maximumProgress() * done / total)
    return tell

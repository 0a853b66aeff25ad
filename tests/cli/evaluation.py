# SPDX-License-Identifier: Apache-2.0
"""What the tests of nodal evaluate share."""
from program import nodal

STAGES = ["pN0", "pN0(i+)", "pN1mi", "pN1", "pN2"]


def write(path, text):
    path.write_text(text, encoding="utf-8", newline="")
    return path


def stage_table(stages, first=0, header="patient,stage", end="\n"):
    """Patients by number as CAMELYON17 has them, each with a row of a node, which says nothing."""
    rows = [header] + [line for number, stage in enumerate(stages, first) for line in
                       (f"patient_{number:03}.zip,{stage}", f"patient_{number:03}_node_0.tif,negative")]
    return "".join(row + end for row in rows)


def in_folder(folder, *arguments, status=0):
    """Runs nodal evaluate there; returns (stdout, stderr)."""
    return nodal("evaluate", *arguments, status=status, cwd=folder)

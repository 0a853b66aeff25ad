# SPDX-License-Identifier: Apache-2.0
"""What the documentation shows is there: links, C programs, commands and their options."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


def command_lines():
    """(page, words) of each `nodal ...` line in a shell block, without comments and redirections."""
    for page in PAGES:
        for block in blocks(page, "sh"):
            for line in block.splitlines():
                words = re.sub(r"(^|\s)[#>].*", "", line).split()
                if words[:1] == ["nodal"]:
                    yield page, words[1:]


def test_there_are_pages():
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/guide/c-api.md"} <= set(IDS)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert missing == []


def test_whole_programs_compile():
    programs = [block for page in PAGES for block in blocks(page, "c") if block.startswith("#include")]
    assert len(programs) >= 2
    for program in programs:
        done = subprocess.run(["cc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{ROOT / 'include'}",
                               "-x", "c", "-"], input=program, text=True, capture_output=True, check=False)
        assert done.stderr == ""


def test_commands_and_options_exist():
    lines = list(command_lines())
    assert len(lines) >= 15
    overview = subprocess.run([os.environ["NODAL"], "help"], text=True, capture_output=True, check=True).stdout
    families = set(re.findall(r"^  ([a-z-]+) [a-z]+  ", overview, re.MULTILINE))
    assert "phantom" in families
    helps = {}
    for page, words in lines:
        name = " ".join(words[:2]) if words[0] in families else words[0]
        if name not in helps:
            done = subprocess.run([os.environ["NODAL"], "help", *name.split()], text=True, capture_output=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")
            helps[name] = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", done.stdout))
        options = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert options <= helps[name], f"{page.name}: nodal {' '.join(words)}"


def test_commands_of_dev_exist():
    """Every ./dev COMMAND that a page names is in its help."""
    done = subprocess.run([ROOT / "dev", "help"], text=True, capture_output=True, check=True)
    known = set(re.findall(r"^  ([a-z]+) ", done.stdout, re.M))
    named = {word for page in PAGES for word in re.findall(r"\./dev ([a-z]+)", page.read_text(encoding="utf-8"))}
    assert {"demo", "test"} <= named <= known

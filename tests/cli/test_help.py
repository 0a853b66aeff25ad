# SPDX-License-Identifier: Apache-2.0
"""Help, manual pages and completions, all out of the option tables."""
import re
import subprocess

import pytest

from program import NODAL, ROOT, nodal

COMMANDS = ["info", "view", "thumbnail", "crop", "associated", "convert", "phantom slide", "phantom dataset", "phantom reader",
            "annotation info", "annotation convert", "annotation check", "mask", "contours", "raster threshold", "raster components",
            "raster distance", "raster morphology", "raster fill", "raster statistics", "raster relabel", "lesions",
            "stage", "evaluate slides", "evaluate lesions", "evaluate stages", "evaluate rank", "dataset scan",
            "dataset check", "dataset tables", "dataset split", "dataset patients", "dataset compare", "dataset audit",
            "compare", "self-test", "help"]


def options_of(command):
    """The long options that the help of a command lists, with what they take."""
    output, _ = nodal("help", *command.split())
    return re.findall(r"^  (?:-(\w), |    )--([a-z-]+)(?: (\S+))?", output, re.MULTILINE)


def test_overview():
    output, errors = nodal("help")
    assert errors == ""
    assert re.findall(r"^  ([a-z-]+(?: [a-z]+)?)  +[a-z]", output, re.MULTILINE) == COMMANDS
    assert re.findall(r"^(\S.*):$", output, re.MULTILINE) == ["Look at slides", "Make slides",
                                                              "Annotations and masks", "Lesions and stages", "Evaluate",
                                                              "Data sets", "Check", "Learn"]
    assert nodal("--help") == nodal("-h") == (output, "")


def test_no_command_is_wrong_usage():
    output, errors = nodal(status=2)
    assert output == ""
    assert errors == nodal("help")[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command):
    output, errors = nodal("help", *command.split())
    assert errors == ""
    assert output.startswith(f"nodal {command}: ")
    assert f"\nUsage: nodal {command}" in output
    assert "\nOptions:\n" in output
    assert f"\nExamples:\n  nodal {command}" in output
    assert max(map(len, output.splitlines())) <= 80
    assert nodal(*command.split(), "--help") == nodal(*command.split(), "-h") == (output, "")
    options = {name: letter for letter, name, _ in options_of(command)}
    common = {"output": "o", "force": "f", "threads": "t", "quiet": "q", "verbose": "v", "json": "", "help": "h"}
    assert {name: options[name] for name in common if name in options} == \
        {name: letter for name, letter in common.items() if name in options}
    assert {"quiet", "verbose", "help"} <= set(options)


def test_every_example_parses():
    for command in COMMANDS:
        output, _ = nodal("help", *command.split())
        for line in re.findall(r"^  nodal (.*)$", output[output.index("\nExamples:\n"):], re.MULTILINE):
            words = line.split(" >")[0].split()
            nodal(*words, "--help")  # parses what stands before
            if command != "help":
                _, errors = nodal(*words, "--zzz", status=2)
                assert errors.splitlines()[0] == f"nodal {command}: no option '--zzz'"


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man")
    assert nodal("generate", "man", folder) == ("", "")
    return folder


def test_manual_has_a_page_a_command(manual):
    pages = sorted(["nodal.1"] + [f"nodal-{command.replace(' ', '-')}.1" for command in COMMANDS])
    assert sorted(path.name for path in manual.iterdir()) == pages
    # The build installs them by this list.
    build = (ROOT / "cli" / "meson.build").read_text()
    listed = re.search(r"foreach command : \[(.*?)\]", build, re.DOTALL).group(1)
    assert sorted(["nodal.1"] + [f"nodal-{name}.1" for name in re.findall(r"'([a-z-]+)'", listed)]) == pages


def test_manual_is_written_again_over_itself(manual):
    before = {path.name: path.read_bytes() for path in manual.iterdir()}
    nodal("generate", "man", manual)
    assert {path.name: path.read_bytes() for path in manual.iterdir()} == before


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_manual_renders_without_warnings(manual, command):
    page = manual / ("-".join(["nodal", *command.split()]) + ".1")
    groff = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-cbou", page], capture_output=True, text=True,
                           check=True)
    assert groff.stderr == ""
    man = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", page], capture_output=True, text=True,
                         check=True)
    assert man.stderr == ""
    text = re.sub(r"\s+", " ", groff.stdout)
    assert "NAME nodal" in text and "EXIT STATUS 0 Done. 1 Failed" in text
    for letter, name, value in options_of(command) if command else []:
        start = f"-{letter}, " if letter else ""
        assert f"{start}--{name}{' ' + value if value else ''} " in text


def test_generate_is_hidden_and_complete(tmp_path):
    assert "generate" not in nodal("help")[0]
    assert nodal("generate", "man", status=2)[1].startswith("nodal generate: man: DIR is missing\n")
    assert nodal("generate", "csh", status=2)[1].startswith(
        "nodal generate: WHAT: 'csh' is not one of man, bash, zsh, fish\n")
    missing = tmp_path / "no"
    assert nodal("generate", "man", missing, status=1)[1] == \
        f"nodal generate: {missing}/nodal.1: No such file or directory\n"


def complete(tmp_path, *words):
    """What bash offers for the last of the words."""
    script, _ = nodal("generate", "bash")
    path = tmp_path / "nodal.bash"
    path.write_text(script)
    quoted = " ".join("'" + word + "'" for word in words)
    # `compopt` wants a completion that readline started, so a stand-in tells that it was called.
    ask = (f"compopt() {{ echo \"compopt $*\"; }}\nsource {path}\nCOMP_WORDS=({quoted})\n"
           f"COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n_nodal\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n")
    run = subprocess.run(["bash", "-u", "-c", ask], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stderr == ""
    return run.stdout.split("\n")[:-1]


def test_bash_completion(tmp_path):
    script, _ = nodal("generate", "bash")
    assert subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=True).stderr == ""
    assert complete(tmp_path, "nodal", "") == ["info", "view", "thumbnail", "crop", "associated", "convert", "phantom",
                                               "annotation", "mask", "contours", "raster", "lesions", "stage", "evaluate",
                                               "dataset", "compare", "self-test", "help", "--version", "--help"]
    assert complete(tmp_path, "nodal", "co") == ["convert", "contours", "compare"]
    assert complete(tmp_path, "nodal", "phantom", "") == ["slide", "dataset", "reader"]
    assert complete(tmp_path, "nodal", "help", "cr") == ["compopt +o default", "crop"]
    assert complete(tmp_path, "nodal", "convert", "--codec", "") == ["keep", "jpeg", "lzw", "deflate", "zstd", "none"]
    assert complete(tmp_path, "nodal", "convert", "-c", "l") == ["lzw"]
    assert complete(tmp_path, "nodal", "convert", "--codec", "=", "z") == ["zstd"]
    assert complete(tmp_path, "nodal", "convert", "--codec", "=") == ["keep", "jpeg", "lzw", "deflate", "zstd", "none"]
    assert complete(tmp_path, "nodal", "phantom", "slide", "--codec", "j") == ["jpeg"]
    assert complete(tmp_path, "nodal", "convert", "--s") == ["--subsampling", "--spacing", "--source-spacing"]
    assert complete(tmp_path, "nodal", "convert", "--quality", "") == ["compopt +o default", ""]
    assert complete(tmp_path, "nodal", "convert", "--output", "") == [""]  # left to bash's own file names
    assert complete(tmp_path, "nodal", "info", "sl") == [""]


@pytest.mark.parametrize("command", COMMANDS)
def test_bash_completion_knows_every_option(tmp_path, command):
    options = [f"--{name}" for _, name, _ in options_of(command)]
    if command != "help":
        assert complete(tmp_path, "nodal", *command.split(), "-") == options


@pytest.mark.parametrize("command", COMMANDS)
def test_zsh_and_fish_completions_know_every_option(command):
    zsh, _ = nodal("generate", "zsh")
    fish, _ = nodal("generate", "fish")
    assert zsh.startswith("#compdef nodal\n")
    for script in (zsh, fish):
        assert script.replace("'\\''", "").count("'") % 2 == 0  # '\'' is an apostrophe within quotes
    part = zsh[zsh.index(f"    '{command}')\n"):]
    part = part[:part.index("\n      ;;\n")]
    for letter, name, value in options_of(command):
        equals = "=" if value else ""
        assert (f"{{-{letter}{'+' if value else ''},--{name}{equals}}}'[" if letter and name != "property"
                else f"--{name}{equals}[") in part
        last = command.split()[-1]
        assert (f"complete -c nodal -n '__fish_seen_subcommand_from {last}' -l {name}"
                f"{' -s ' + letter if letter else ''} ") in fish


def test_version():
    output, errors = nodal("--version")
    assert errors == ""
    header = (ROOT / "include" / "nodal" / "version.h").read_text()
    version = re.search(r'#define NODAL_VERSION "(.*)"', header).group(1)
    assert output.startswith(f"nodal {version}\n\nLibraries:\n  ")
    libraries, formats = output.split("\n\nFormats:\n")
    document_text, errors = nodal("--version", "--json")
    assert errors == "" and nodal("--json", "--version")[0] == document_text
    import json
    document = json.loads(document_text)
    assert list(document) == ["version", "libraries", "formats"]
    assert document["version"] == version
    assert [f"  {entry['name']:<16} {entry['version']}" for entry in document["libraries"]] == \
        libraries.splitlines()[3:]
    assert [f"  {entry['name']:<16} {entry['description']}" for entry in document["formats"]] == formats.splitlines()
    assert {"openslide", "jansson"} <= {entry["name"] for entry in document["libraries"]}
    assert "generic-tiff" in {entry["name"] for entry in document["formats"]}
    jansson = subprocess.run(["pkg-config", "--modversion", "jansson"], capture_output=True, text=True,
                             check=True).stdout.strip()
    assert {"name": "jansson", "version": jansson} in document["libraries"]


def test_program_links_the_library_alone():
    """The program stands on the public API: it needs libnodal, libjansson and the C library, nothing else."""
    needed = subprocess.run(["readelf", "-d", NODAL], capture_output=True, text=True, check=True).stdout
    libraries = {re.sub(r"\.so.*", "", name) for name in re.findall(r"NEEDED.*\[(.*)\]", needed)}
    assert {"libnodal", "libjansson"} <= libraries
    assert libraries <= {"libnodal", "libjansson", "libc", "libm", "libasan", "libubsan", "libtsan", "ld-linux-x86-64",
                         "libpthread", "libgcc_s"}

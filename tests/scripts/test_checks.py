# SPDX-License-Identifier: Apache-2.0
"""The checks of scripts/ pass on this tree and catch what they are there to catch."""
import importlib.machinery
import importlib.util
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"


def load(name):
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(ROOT / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def run(name, *arguments):
    done = subprocess.run([ROOT / "scripts" / name, *map(str, arguments)], text=True, capture_output=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def tree(tmp_path):
    """A small project that keeps every rule."""
    files = {
        "include/nodal/export.h": LICENCE + "#define NODAL_API __attribute__((visibility(\"default\")))\n",
        "include/nodal/error.h": LICENCE + "#include <nodal/export.h>\n/* nodal_comment(); */\n"
                                           "NODAL_API int nodal_error_code(int error);\n"
                                           "typedef int (*NodalCallback)(int nodal_argument);\n",
        "include/nodal/slide.h": LICENCE + "#include <nodal/error.h>\n#include <stdint.h>\n",
        "include/nodal/nodal.h": LICENCE + "#include <nodal/error.h>\n#include <nodal/slide.h>\n",
        "src/base/error.c": LICENCE + "#include \"base/error.h\"\n#include <unistd.h>\n",
        "src/base/error.h": LICENCE + "#include <nodal/error.h>\n",
        "src/codec/codec.h": LICENCE + "#include \"base/error.h\"\n",
        "src/codec/codec.c": LICENCE + "#include \"codec/codec.h\"\n#include \"codec/jpeg.h\"\n",
        "src/codec/jpeg.h": LICENCE + "#include \"codec/codec.h\"\n",
        "src/codec/jpeg.c": LICENCE + "#include \"codec/jpeg.h\"\n#include <jpeglib.h>\n",
        "src/codec/png.c": LICENCE + "#include \"codec/codec.h\"\n#include <png.h>\n",
        "src/slide/registry.c": LICENCE + "#include \"slide/drivers/aperio.h\"\n#include <nodal/slide.h>\n",
        "src/slide/drivers/aperio.h": LICENCE + "#include <nodal/slide.h>\n",
        "src/slide/drivers/aperio.c": LICENCE + "#include \"slide/drivers/aperio.h\"\n#include \"codec/codec.h\"\n",
        "src/slide/drivers/ome.c": LICENCE + "#include <libxml/tree.h>\n",
        "src/slide/drivers/openslide.c": LICENCE + "#include <openslide.h>\n",
        "cli/main.c": LICENCE + "#include \"cli/main.h\"\n#include <jansson.h>\n#include <nodal/nodal.h>\n",
        "cli/main.h": LICENCE,
        "tests/unit/test_base.c": LICENCE + "#include \"base/error.h\"\n#include <cmocka.h>\n",
        "dev": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def plant(tree, name, text):
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((path.read_text() if path.exists() else LICENCE) + text)


def test_this_tree_keeps_the_layers():
    assert run("check-layers") == (0, "")


def test_this_tree_keeps_the_habits():
    assert run("check-source") == (0, "")


def test_public_headers_stand_alone():
    assert run("check-headers") == (0, "")


def test_library_exports_what_the_headers_declare():
    library = pathlib.Path(os.environ["NODAL_BUILD_DIR"]) / "src" / "libnodal.so"
    assert run("check-exports", library) == (0, "")


def test_layers_accepts_a_tree_that_keeps_the_rules(tree):
    assert run("check-layers", tree) == (0, "")


LAYER_VIOLATIONS = [
    ("src/base/error.c", '#include "codec/codec.h"\n',
     '4: "codec/codec.h": layer base may not include layer codec'),
    ("src/base/memory.c", "#include <nodal/slide.h>\n",
     "2: <nodal/slide.h>: belongs to layer slide, which base may not include"),
    ("src/codec/tables.c", '#include "slide/registry.h"\n', '2: "slide/registry.h": there is no such file'),
    ("src/codec/png.c", '#include "codec/jpeg.h"\n',
     '4: "codec/jpeg.h": files of src/codec never see a sibling'),
    ("src/slide/read.c", '#include "codec/jpeg.h"\n', '2: "codec/jpeg.h": other layers see codec/codec.h alone'),
    ("src/slide/read.c", "#include <tiffio.h>\n", "2: <tiffio.h>: this library is not for this file"),
    ("src/slide/read.c", "/* a comment\n */ #include <turbojpeg.h>\n",
     "3: <turbojpeg.h>: this library is not for this file"),
    ("src/slide/read.c", "#include <openslide.h>\n", "2: <openslide.h>: this library is not for this file"),
    ("src/slide/read.c", '#include "slide/drivers/aperio.h"\n',
     '2: "slide/drivers/aperio.h": only src/slide/registry.c names what is in src/slide/drivers'),
    ("src/slide/drivers/ome.c", '#include "slide/drivers/aperio.h"\n',
     '3: "slide/drivers/aperio.h": files of src/slide/drivers never see a sibling'),
    ("src/slide/drivers/ome.c", '#include "aperio.h"\n',
     '3: "aperio.h": files of src/slide/drivers never see a sibling'),
    ("src/slide/drivers/aperio.c", "#include <libxml/tree.h>\n",
     "4: <libxml/tree.h>: this library is not for this file"),
    ("src/slide/drivers/aperio.c", "#include <jansson.h>\n", "4: <jansson.h>: this library is not for this file"),
    ("src/slide/read.c", "#include <glib.h>\n", "2: <glib.h>: a header that check-layers does not know"),
    ("src/slide/read.c", "#include HEADER\n", "2: HEADER: an include is written out, not a macro"),
    ("src/slide/read.c", '#include "../../cli/main.h"\n',
     '2: "../../cli/main.h": src/ includes src/ and <nodal/...> only'),
    ("cli/main.c", '#include "base/error.h"\n', '5: "base/error.h": cli/ sees only <nodal/...> and cli/'),
    ("examples/read.c", '#include "base/error.h"\n', '2: "base/error.h": examples/ sees only <nodal/...> and examples/'),
    ("cli/main.c", "#include <nodal/nothing.h>\n", "5: <nodal/nothing.h>: there is no such public header"),
    ("include/nodal/slide.h", "#include <unistd.h>\n",
     "4: <unistd.h>: a public header includes the C library and <nodal/...> only"),
    ("include/nodal/slide.h", '#include "error.h"\n',
     '4: "error.h": public headers include each other as <nodal/...> and nothing else in quotes'),
]


@pytest.mark.parametrize("path, text, message", LAYER_VIOLATIONS,
                         ids=[f"{path}-{text.split()[-1]}" for path, text, _ in LAYER_VIOLATIONS])
def test_layers_catches(tree, path, text, message):
    plant(tree, path, text)
    assert run("check-layers", tree) == (1, f"{path}:{message}\n")


def test_layers_catches_an_unknown_layer(tree):
    plant(tree, "src/helpers/helpers.c", "")
    assert run("check-layers", tree) == (1, "src/helpers: no layer that check-layers knows\n")


SOURCE_VIOLATIONS = [
    ("src/base/a.c", 'void f(void) {\n  printf("x");\n}\n', "src/base/a.c:3: printf: the library prints nothing"),
    ("src/base/a.c", "void f(void) {\n  fputs(t, stderr);\n}\n", "src/base/a.c:3: stderr: the library prints nothing"),
    ("src/base/a.c", "void *f(int d) {\n  return mmap(0, 1, 1, 1, d, 0);\n}\n",
     "src/base/a.c:3: mmap: a truncated file would be SIGBUS; pread"),
    ("cli/a.c", "int f(const char *t) {\n  return atoi(t);\n}\n",
     "cli/a.c:3: atoi: cannot tell an error; parse with a check"),
    ("src/base/a.c", "char *f(char *a, const char *b) {\n  return strcpy(a, b);\n}\n",
     "src/base/a.c:3: strcpy: has no bound; memcpy with a known size"),
    ("src/base/a.c", "int x; \n", "src/base/a.c:2: blanks at the end of the line"),
    ("src/base/a.c", "int x;", "src/base/a.c: no newline at the end"),
    ("src/base/a.c", "int x;\n" * 800, "src/base/a.c: 801 lines, 800 are the most"),
    ("src/base/a.c", "void f(void) {\n" + "  g();\n" * 99 + "}\n",
     "src/base/a.c:2: a function of 101 lines, 100 are the most"),
]


@pytest.mark.parametrize("path, text, message", SOURCE_VIOLATIONS,
                         ids=[message.split(": ", 1)[1][:24] for _, _, message in SOURCE_VIOLATIONS])
def test_source_catches(tree, path, text, message):
    plant(tree, path, text)
    assert run("check-source", tree) == (1, message + "\n")


def test_source_catches_a_missing_licence(tree):
    (tree / "src/base/a.c").write_text("int x;\n")
    expected = "src/base/a.c:1: the licence line is missing: SPDX-License-Identifier: Apache-2.0\n"
    assert run("check-source", tree) == (1, expected)


def test_source_lets_words_in_comments_and_strings_pass(tree):
    plant(tree, "src/base/a.c", '/* not strcpy( */\nconst char *t = "printf(";\nint snprintf_count;\nint a = b.exit(c);\n')
    assert run("check-source", tree) == (0, "")


def test_headers_catches_one_that_needs_another_first(tree):
    plant(tree, "include/nodal/slide.h", "size_t nodal_slide_size(void);\n")
    code, said = run("check-headers", tree)
    assert code == 1
    assert said.startswith("nodal/nodal.h with gcc -x c -std=c17:\n")
    assert "nodal/slide.h with g++ -x c++ -std=c++17:\n" in said


def test_headers_catches_one_that_no_c_plus_plus_compiler_takes(tree):
    plant(tree, "include/nodal/slide.h", "int nodal_slide_new(int new);\n")
    code, said = run("check-headers", tree)
    assert code == 1
    assert "nodal/slide.h with gcc" not in said
    assert "nodal/slide.h with g++ -x c++ -std=c++17:\n" in said


def test_headers_catches_one_that_the_umbrella_forgets(tree):
    plant(tree, "include/nodal/writer.h", "int nodal_writer_count(void);\n")
    assert run("check-headers", tree) == (1, "nodal/nodal.h does not include <nodal/writer.h>\n")


def shared_object(tree, source):
    library = tree / "libnodal.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-x", "c", "-", "-o", library], input=source, text=True, check=True)
    return library


def test_exports_accepts_what_is_declared(tree):
    library = shared_object(tree, "int nodal_error_code(int e) { return e; }\nconst int local __attribute__((visibility("
                                  "\"hidden\"))) = 3;\nstatic const char *const names[] = {\"a\"};\n"
                                  "__attribute__((visibility(\"hidden\"))) const char *f(int i) { return names[i]; }\n")
    assert run("check-exports", library, tree) == (0, "")


def test_exports_catches_too_many_and_too_few(tree):
    library = shared_object(tree, "int nodal_other(int e) { return e; }\n")
    assert run("check-exports", library, tree) == (
        1, "nodal_error_code: declared in include/nodal, not exported\n"
           "nodal_other: exported, not declared in include/nodal\n")


def test_exports_catches_a_function_without_its_mark(tree):
    plant(tree, "include/nodal/slide.h", "int nodal_slide_size(void);\n")
    library = shared_object(tree, "int nodal_error_code(int e) { return e; }\nint nodal_slide_size(void) { return 1; }\n")
    assert run("check-exports", library, tree) == (1, "nodal_slide_size: declared in nodal/slide.h without NODAL_API\n")


def test_exports_catches_state(tree):
    library = shared_object(tree, "static int calls;\nstatic _Thread_local int mine = 1;\n"
                                  "int nodal_error_code(int e) { return e + calls++ + mine++; }\n")
    assert run("check-exports", library, tree) == (
        1, "calls: mutable state of the whole program\nmine: mutable state of the whole program\n")


PROJECT = """project('nodal', 'c')
test('good', executable('good', 'good.c'), protocol: 'tap')
test('bad', executable('bad', 'bad.c'), protocol: 'tap')
test('crash', executable('crash', 'crash.c'), protocol: 'tap')
test('plain', executable('plain', 'plain.c'))
test('slow', executable('slow', 'slow.c'), timeout: 1)
test('skip', executable('skip', 'skip.c'), suite: 'other')
"""
PROGRAMS = {
    "good": 'puts("1..3\\nok 1 - a\\nok 2 - b\\nok 3 - c # SKIP d");',
    "bad": 'puts("1..2\\nok 1 - a\\nnot ok 2 - b"); return 1;',
    "crash": 'puts("1..1\\nok 1 - a"); fflush(stdout); __builtin_trap();',
    "plain": "",
    "slow": "sleep(30);",
    "skip": "return 77;",
}


def test_counts_every_case_and_every_crash(tmp_path, capsys):
    (tmp_path / "meson.build").write_text(PROJECT)
    for name, body in PROGRAMS.items():
        (tmp_path / f"{name}.c").write_text(f"#include <stdio.h>\n#include <unistd.h>\nint main(void) {{ {body} return 0; }}\n")
    build_dir = tmp_path / "build"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MESON")}
    subprocess.run([shutil.which("meson"), "setup", str(build_dir), str(tmp_path)], check=True, capture_output=True,
                   env=environment)
    subprocess.run([shutil.which("ninja"), "-C", str(build_dir)], check=True, capture_output=True, env=environment)
    tests = load("run-tests")

    class Arguments:
        sanitize, all, expression = "none", False, ""

    counts = tests.Counts()
    assert tests.run_meson(build_dir, Arguments, environment, counts)
    # good: 2 and 1 skipped; bad: 1 and 1; crash: 1, and 1 for the crash; plain: 1; slow: a failure; skip: 1.
    assert (counts.passed, counts.failed, counts.skipped) == (5, 3, 2)
    assert "crash: ERROR outside its cases\n" in capsys.readouterr().out

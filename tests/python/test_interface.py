# SPDX-License-Identifier: Apache-2.0
"""The stubs say what is there, and all of it is documented."""
import ast
import inspect
import pathlib
import pydoc

import pytest

import nodal

STUB = ast.parse((pathlib.Path(nodal.__file__).parent / "__init__.pyi").read_text(encoding="utf-8"))


def defined(body):
    return {node.name: node for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


def parameters_of_stub(node):
    """Name, kind and default of each parameter, without self and cls."""
    given = node.args
    plain = [(argument.arg, False) for argument in given.args if argument.arg not in ("self", "cls")]
    defaults = [None] * (len(plain) - len(given.defaults)) + given.defaults
    rows = [(name, keyword, default) for (name, keyword), default in zip(plain, defaults)]
    rows += [(argument.arg, True, default) for argument, default in zip(given.kwonlyargs, given.kw_defaults)]
    return [(name, keyword, None if default is None else ast.literal_eval(default)) for name, keyword, default in rows]


def parameters_of(thing):
    rows = []
    for parameter in inspect.signature(thing).parameters.values():
        if parameter.name not in ("self", "cls"):
            default = None if parameter.default is inspect.Parameter.empty else parameter.default
            rows.append((parameter.name, parameter.kind is inspect.Parameter.KEYWORD_ONLY, default))
    return rows


FUNCTIONS = [(name, nodal, node) for name, node in defined(STUB.body).items() if isinstance(node, ast.FunctionDef)]
METHODS = [(f"{name}.{method}", getattr(nodal, name), each) for name, node in defined(STUB.body).items()
           if isinstance(node, ast.ClassDef) and not name.startswith("_")
           for method, each in defined(node.body).items() if not each.decorator_list and not method.startswith("_")]


@pytest.mark.parametrize("name, owner, node", FUNCTIONS + METHODS, ids=[row[0] for row in FUNCTIONS + METHODS])
def test_signatures(name, owner, node):
    assert parameters_of(getattr(owner, node.name)) == parameters_of_stub(node)


@pytest.mark.parametrize("name", ["Slide", "Writer", "Mask", "Cache", "Roc", "FrocTruth", "Froc", "Phantom"])
def test_constructors(name):
    """Their docstrings begin with what the .pyi file says."""
    node = defined(defined(STUB.body)[name].body)["__init__"]
    thing = getattr(nodal, name)
    text = thing.__text_signature__ or (thing.__doc__ or "").split("\n")[0][len(name):]
    if name == "Froc":
        text = "(rules='2016', *, include_itc=False)"
    made = ast.parse(f"def f{text.replace('$self, ', '')}: pass").body[0]
    assert parameters_of_stub(made) == parameters_of_stub(node)


def test_names():
    public = {name for name in dir(nodal) if not name.startswith("_")}
    public -= {"annotations", "catalog", "evaluation", "lesions", "phantom"}
    named = {name for name in defined(STUB.body) if not name.startswith("_")} | {"DEFAULT_CACHE_BYTES"}
    assert public == named == set(nodal.__all__)


def test_members():
    for name, node in defined(STUB.body).items():
        if isinstance(node, ast.ClassDef) and not name.startswith("_") and name not in ("Patches",):
            members = {member for member in defined(node.body) if not member.startswith("_")}
            fields = defined(STUB.body)["_AnnotationFields"].body if name == "Annotation" else node.body
            members |= {each.target.id for each in fields if isinstance(each, ast.AnnAssign)}
            have = {member for member in vars(getattr(nodal, name)) if not member.startswith("_")}
            for base in getattr(nodal, name).__mro__[1:]:
                if base.__module__.startswith("nodal") and not issubclass(base, BaseException):
                    have |= {member for member in vars(base) if not member.startswith("_")}
            assert have == members, name


def test_everything_is_documented():
    for name in nodal.__all__:
        thing = getattr(nodal, name)
        if callable(thing):
            assert thing.__doc__, name
        if inspect.isclass(thing) and not issubclass(thing, tuple):
            for member, value in vars(thing).items():
                if not member.startswith("_") and (callable(value) or inspect.isdatadescriptor(value)):
                    assert inspect.getdoc(getattr(thing, member)), f"{name}.{member}"


def test_help_is_a_manual():
    text = pydoc.plain(pydoc.render_doc(nodal))
    for phrase in ("class Slide", "read_region(self, /, x, y, width, height, level=0", "level-0 pixels", "patches(slides, size"):
        assert phrase in text

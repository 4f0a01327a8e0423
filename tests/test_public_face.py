"""The public face: what the package and its rooms export, that it is documented, and that its examples run."""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import inspect
import re
import subprocess
import sys
import tomllib

import numpy as np
import pytest

import gloctm
from gloctm import Corpus, GloCTM, TopicModel, TopicView

ROOMS = sorted(set(dir(gloctm)) - set(gloctm.__all__))
NAMES = [("gloctm", name) for name in gloctm.__all__ if not name.startswith("__")] + [
    (f"gloctm.{room}", name) for room in ROOMS for name in importlib.import_module(f"gloctm.{room}").__all__
]
# Type aliases and constants have no docstrings of their own.
DOCUMENTED = [
    (module, name)
    for module, name in NAMES
    if inspect.isclass(found := getattr(importlib.import_module(module), name))
    or inspect.isroutine(inspect.unwrap(found))
]


def public(module, name):
    return getattr(importlib.import_module(module), name)


@pytest.fixture(scope="module")
def namespace():
    corpus = Corpus.demo(["en", "de"], show_progress=False)
    model = GloCTM(num_topics=12, threads=1, show_progress=False).fit(corpus)
    return {"corpus": corpus, "model": model, "np": np}


@pytest.mark.parametrize("module", ["gloctm", *(f"gloctm.{room}" for room in ROOMS)])
def test_a_room_lists_what_it_exports(module):
    room = importlib.import_module(module)
    assert room.__doc__
    assert sorted(set(room.__all__)) == sorted(room.__all__)
    assert all(hasattr(room, name) for name in room.__all__)


def test_no_room_imports_torch_but_the_network():
    rooms = [room for room in ROOMS if room != "network"]
    code = f"import sys, gloctm\nfor room in {rooms}: getattr(gloctm, room).__all__\nprint('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(("module", "name"), DOCUMENTED)
def test_a_public_name_is_documented_with_an_example(module, name):
    found = public(module, name)
    doc = inspect.getdoc(found) or ""
    assert doc
    if not (inspect.isclass(found) and issubclass(found, BaseException)):
        assert ">>>" in doc, f"{module}.{name} has no example"


@pytest.mark.parametrize("found", [Corpus, GloCTM, TopicModel, TopicView])
def test_methods_have_examples(found):
    methods = [getattr(found, name) for name in dir(found) if not name.startswith("_")]
    own = [each for each in methods if inspect.isroutine(each) and each.__module__.startswith("gloctm")]
    assert [each.__name__ for each in own if ">>>" not in (inspect.getdoc(each) or "")] == []


def test_contracts_name_every_room(repository):
    contracts = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = {room for layer in contracts[0]["layers"] for room in layer.split(" | ")}
    without_torch = {name for each in contracts for name in each.get("source_modules", ())}
    assert {f"gloctm.{room}" for room in layers - {"__main__", "training", "network"}} == without_torch


def examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    seen = set()
    for module, name in DOCUMENTED:
        for test in finder.find(public(module, name), f"{module}.{name}", globs={}):
            if test.docstring not in seen:
                seen.add(test.docstring)
                test.home = module, name
                yield pytest.param(test, id=test.name)


@pytest.mark.parametrize("example", list(examples()))
def test_examples_run(example, namespace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example.globs = {**vars(importlib.import_module(public(*example.home).__module__)), **namespace}
    told = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False)
    runner.run(example, out=told.append)
    assert runner.failures == 0, "".join(told)


# What these scripts take apart, replace or build upon is inside the rooms.
INSIDE = (
    "ablations.py",
    "choosing_k.py",
    "document_map.py",
    "epochs.py",
    "engines.py",
    "joint.py",
    "languages.py",
    "plot.py",
    "retrieval.py",
    "sensitivity.py",
    "speed.py",
    "streaming.py",
    "unseen_language.py",
)


def imports(code):
    """For each import of the package in some code, the module and the names."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "gloctm":
            yield node.module, [alias.name for alias in node.names]


def snippets(page):
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE):
        # A line of a session in the interpreter, or of a notebook, is no module.
        with contextlib.suppress(SyntaxError):
            yield from imports(block)


def test_documentation_and_benchmarks_use_the_public_face(repository):
    pages = [repository / "README.md", *(repository / "docs").rglob("*.md")]
    found = [each for page in pages for each in snippets(page)]
    scripts = (repository / "benchmarks").rglob("*.py")
    outside = [each for each in scripts if each.name not in INSIDE and each.parent.name != "baselines"]
    found += [each for script in outside for each in imports(script.read_text(encoding="utf-8"))]
    assert len(found) > 30
    # Files written whole and the built-in texts are tools of the repository as well.
    strangers = [
        (module, name)
        for module, names in found
        for name in names
        if not module.startswith(("gloctm.files", "gloctm.demo"))
        and name not in getattr(importlib.import_module(module), "__all__", ())
        and name not in ROOMS
    ]
    assert strangers == []

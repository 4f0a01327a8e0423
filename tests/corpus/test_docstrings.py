"""The examples in docstrings are run."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import gloctm

SOURCE = Path(gloctm.__file__).parent
ROOMS = ("corpus", "text", "embedding", "reading", "files", "demo")
MODULES = [
    ".".join(("gloctm", *file.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
    for room in ROOMS
    for file in sorted((SOURCE / room).glob("*.py"))
]


@pytest.mark.parametrize("name", [*MODULES, "gloctm.languages", "gloctm.progress", "gloctm.errors"])
def test_examples(name):
    module = import_module(name)
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("room", ["corpus", "text", "embedding"])
def test_everything_public_has_an_example(room):
    public = import_module(f"gloctm.{room}")
    without = [name for name in public.__all__ if ">>>" not in (getattr(public, name).__doc__ or "")]
    assert without == []

"""Examples in the docstrings of training, of its network and of its measures are run."""

from __future__ import annotations

import doctest
import inspect
from importlib import import_module
from pathlib import Path

import pytest

import gloctm

SOURCE = Path(gloctm.__file__).parent
ROOMS = ("augmentation", "context", "evaluation", "metrics", "network", "selection", "training")
MODULES = [
    f"gloctm.{room}.{file.stem}"
    for room in ROOMS
    for file in sorted((SOURCE / room).glob("*.py"))
    if ">>>" in file.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_function_has_an_example(room):
    public = import_module(f"gloctm.{room}")
    functions = [each for name in getattr(public, "__all__", ()) if inspect.isfunction(each := getattr(public, name))]
    assert [each.__name__ for each in functions if ">>>" not in inspect.getdoc(each)] == []

"""Benchmarks are scripts beside each other: their tests import them as they import one another."""

import sys

import pytest

from paths import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """The benchmarks are not the package: ``make test-all`` tests them."""
    for item in items:
        if item.path.parent == ROOT / "tests" / "benchmarks":
            item.add_marker("slow")

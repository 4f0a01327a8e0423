"""What tests of the docs share."""

from __future__ import annotations

import importlib.util

import pytest


@pytest.fixture(scope="session")
def build(repository):
    """The script that builds the site."""
    specification = importlib.util.spec_from_file_location("build_site", repository / "docs" / "build_site.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module

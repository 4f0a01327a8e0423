"""Extras that messages and documents name exist, and install what is said to be missing."""

from __future__ import annotations

import re
import tomllib

import pytest

from gloctm.errors import EXTRAS, MissingDependencyError
from paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = PROJECT["optional-dependencies"]


def name_of(requirement):
    """A requirement's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def packages_of(extra):
    """What an extra installs, with those that it names."""
    found = set()
    for requirement in OPTIONAL[extra]:
        inner = re.fullmatch(r"gloctm\[(.+)\]", requirement)
        found |= set().union(*map(packages_of, inner[1].split(","))) if inner else {name_of(requirement)}
    return found


def hints():
    """The packages of every hint in the source."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    text = r'f?"[^"]+"'
    raised = re.findall(rf'MissingDependencyError\.of\(\s*{text},\s*"([^"]+)"', source)
    imported = re.findall(rf'import_optional\(\s*{text},\s*{text},\s*"([^"]+)"', source)
    return sorted({*raised, *imported})


def test_every_hint_is_found():
    # However a module asks for a package.
    assert {"torch", "rjieba", "fastapi uvicorn python-multipart"} <= set(hints())


@pytest.mark.parametrize("packages", hints())
def test_a_hint_names_an_extra_that_has_the_packages(packages):
    message = str(MissingDependencyError.of("This", packages))
    command = message.partition(": pip install ")[2]
    extra = re.fullmatch(r'"gloctm\[(\w+)\]"', command)
    if extra:
        assert {name_of(each) for each in packages.split()} <= packages_of(extra[1])
    else:
        # By its own name: what every installation has, or what no extra but those of everything has.
        assert command == packages
        small = set(OPTIONAL) - {"all", "dev", "docs", "train"}
        assert not {name_of(each) for each in packages.split()} & set().union(*map(packages_of, small))


def test_the_table_of_extras_has_all_for_users():
    page = (ROOT / "docs" / "get-started" / "install.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(OPTIONAL) - {"audit", "dev", "docs"}


def test_a_message_names_the_packages_and_the_command():
    assert str(MissingDependencyError.of("Drawing", "vl-convert-python jinja2")) == (
        'Drawing needs vl-convert-python and jinja2, not installed here: pip install "gloctm[report]"'
    )
    assert str(MissingDependencyError.of("Logging", "wandb")) == (
        "Logging needs wandb, not installed here: pip install wandb"
    )


@pytest.mark.parametrize("package", EXTRAS)
def test_an_extra_has_its_package(package):
    assert name_of(package) in packages_of(EXTRAS[package])


def test_extras_that_are_named_anywhere_exist():
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), ROOT / "Makefile"]
    for file in files:
        text = file.read_text(encoding="utf-8")
        for named in re.findall(r'(?:gloctm|"\.)\[([a-z,-]+)\]', text):
            assert set(named.split(",")) <= set(OPTIONAL), (file, named)

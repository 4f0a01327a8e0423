"""The page about speed: its tables and its plot are those of the results."""

from __future__ import annotations

import json
import re
import shutil
import sys
from xml.etree import ElementTree

import pages.results
import pytest

import tables


@pytest.fixture
def copy(repository, tmp_path, monkeypatch):
    """Results and pages, to be changed at will, of which tables are made."""
    for name in ("benchmarks/results", "docs"):
        shutil.copytree(repository / name, tmp_path / name)
    shutil.copy(repository / "README.md", tmp_path)
    for module in (tables, pages.results):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def make(monkeypatch):
    """Make the tables, with arguments of the command; what it says is wrong."""

    def made(*arguments):
        monkeypatch.setattr(sys, "argv", ["tables.py", *arguments])
        try:
            tables.main()
        except SystemExit as error:
            return str(error)
        return None

    return made


def results(folder):
    lines = (folder / "benchmarks" / "results" / "speed.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def write_results(folder, changed):
    text = "".join(json.dumps(each) + "\n" for each in changed)
    (folder / "benchmarks" / "results" / "speed.jsonl").write_text(text, encoding="utf-8")


def test_every_result_has_its_machine_and_threads(repository):
    every = results(repository)
    assert {each["benchmark"] for each in every} == {
        "step",
        "parts",
        "growth",
        "augment",
        "inference from counts",
        "inference from text",
        "memory",
    }
    for each in every:
        assert each["machine"]["processor"]
        assert each["threads"] >= 1


@pytest.mark.parametrize("benchmark", ["step", "parts", "growth", "augment", "memory"])
def test_another_result_is_noticed_on_the_page(copy, make, benchmark):
    assert make("--check") is None
    key = {"parts": "decoder_milliseconds", "augment": "seconds", "memory": "megabytes"}.get(benchmark, "milliseconds")
    changed = results(copy)
    for each in changed:
        if each["benchmark"] == benchmark:
            each[key] = {"forwards": 1.0, "backwards": 1.0} if benchmark == "parts" else each[key] * 3 + 1
    write_results(copy, changed)
    assert "speed.md" in make("--check")
    before = (copy / "docs" / "results" / "speed.md").read_text(encoding="utf-8")
    assert make() is None
    assert (copy / "docs" / "results" / "speed.md").read_text(encoding="utf-8") != before
    assert make("--check") is None


def test_another_plot_is_noticed(copy, make):
    path = copy / "docs" / "images" / "speed.svg"
    path.write_text(path.read_text(encoding="utf-8").replace("path", "line"), encoding="utf-8")
    assert "speed.svg" in make("--check")
    path.unlink()
    assert make("--check") is not None
    assert make() is None
    assert "<path" in path.read_text(encoding="utf-8")


def test_the_plot_has_a_point_for_every_ratio(repository):
    root = ElementTree.parse(repository / "docs" / "images" / "speed.svg").getroot()
    points = [element for element in root.iter() if element.get("aria-roledescription") == "point"]
    measured = [each["ratio"] for each in results(repository) if each["benchmark"] == "growth" and "ratio" in each]
    assert len(measured) > 3
    assert sorted(point[0].text.split(": ")[1] for point in points) == sorted(f"{ratio:.1f}" for ratio in measured)
    # All within the picture.
    places = [re.fullmatch(r"translate\((.*),(.*)\)", point.get("transform")).groups() for point in points]
    assert all(0 <= float(right) <= 250 and 0 <= float(down) <= 180 for right, down in places)


def test_a_yardstick_that_did_not_fit_leaves_a_dash(copy, make):
    changed = results(copy)
    for each in changed:
        if each["benchmark"] == "growth":
            each.pop("ratio", None)
            each.pop("yardstick_milliseconds", None)
    write_results(copy, changed)
    assert make() is None
    page = (copy / "docs" / "results" / "speed.md").read_text(encoding="utf-8")
    [vocabulary] = re.findall(r"<!-- table: speed vocabulary -->\n(.*?)<!-- end", page, flags=re.DOTALL)
    assert all("| — |" in line for line in vocabulary.splitlines()[2:])


def test_links_and_commands_of_the_page(repository):
    text = (repository / "docs" / "results" / "speed.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (repository / "docs" / "results" / target).exists(), target
    for script in re.findall(r"benchmarks/\w+\.py", text):
        assert (repository / script).is_file(), script
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([\w-]+)", text):
        if target.startswith("benchmark"):
            assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)

"""The page about speed: its tables and its plot are those of the results."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest


@pytest.fixture
def copy(repository, tmp_path):
    """Results, pages and what makes one of the other, to be changed at will."""
    for name in ("benchmarks", "docs"):
        shutil.copytree(repository / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def tables(folder, *arguments):
    return subprocess.run(
        [sys.executable, folder / "benchmarks" / "tables.py", *arguments], capture_output=True, text=True, check=False
    )


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
def test_another_result_is_noticed_on_the_page(copy, benchmark):
    assert tables(copy, "--check").returncode == 0
    key = {"parts": "decoder_milliseconds", "augment": "seconds", "memory": "megabytes"}.get(benchmark, "milliseconds")
    changed = results(copy)
    for each in changed:
        if each["benchmark"] == benchmark:
            each[key] = {"forwards": 1.0, "backwards": 1.0} if benchmark == "parts" else each[key] * 3 + 1
    write_results(copy, changed)
    finished = tables(copy, "--check")
    assert finished.returncode == 1
    assert "speed.md" in finished.stderr
    before = (copy / "docs" / "speed.md").read_text(encoding="utf-8")
    assert tables(copy).returncode == 0
    assert (copy / "docs" / "speed.md").read_text(encoding="utf-8") != before
    assert tables(copy, "--check").returncode == 0


def test_another_plot_is_noticed(copy):
    path = copy / "docs" / "images" / "speed.svg"
    path.write_text(path.read_text(encoding="utf-8").replace("circle", "ellipse"), encoding="utf-8")
    finished = tables(copy, "--check")
    assert finished.returncode == 1
    assert "speed.svg" in finished.stderr
    path.unlink()
    assert tables(copy, "--check").returncode == 1
    assert tables(copy).returncode == 0
    assert "circle" in path.read_text(encoding="utf-8")


def test_the_plot_has_a_point_for_every_ratio(repository):
    root = ElementTree.parse(repository / "docs" / "images" / "speed.svg").getroot()
    points = [element for element in root.iter() if element.tag.endswith("circle")]
    measured = [each["ratio"] for each in results(repository) if each["benchmark"] == "growth" and "ratio" in each]
    assert len(measured) > 3
    assert sorted(point[0].text.split(": ")[1] for point in points) == sorted(f"{ratio:.1f}" for ratio in measured)
    # All within the picture.
    assert all(0 <= float(point.get(side)) <= 250 for point in points for side in ("cx", "cy"))


def test_a_yardstick_that_did_not_fit_leaves_a_dash(copy):
    changed = results(copy)
    for each in changed:
        if each["benchmark"] == "growth":
            each.pop("ratio", None)
            each.pop("yardstick_milliseconds", None)
    write_results(copy, changed)
    assert tables(copy).returncode == 0
    page = (copy / "docs" / "speed.md").read_text(encoding="utf-8")
    [vocabulary] = re.findall(r"<!-- table: speed vocabulary -->\n(.*?)<!-- end", page, flags=re.DOTALL)
    assert all("| — |" in line for line in vocabulary.splitlines()[2:])


def test_links_and_commands_of_the_page(repository):
    text = (repository / "docs" / "speed.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (repository / "docs" / target).exists(), target
    for script in re.findall(r"benchmarks/\w+\.py", text):
        assert (repository / script).is_file(), script
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([\w-]+)", text):
        if target.startswith("benchmark"):
            assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)

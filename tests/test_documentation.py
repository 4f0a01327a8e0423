"""Everything the README shows is run, in order, in an empty folder; docstrings' examples too."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mktestdocs import check_md_file

import gloctm.estimator
from gloctm import Corpus
from gloctm.estimator import GloCTM


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    """An empty working folder, and this environment's commands first on the path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    return tmp_path


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_readme_python(repository, in_folder):
    readme = repository / "README.md"
    assert len(blocks(readme, "python")) == 1
    check_md_file(fpath=readme, lang="python")
    assert (in_folder / "my-model" / "model.json").is_file()


def test_readme_shell_tour(repository, in_folder):
    [tour] = [block for block in blocks(repository / "README.md", "bash") if "corpus build" in block]
    for line in tour.strip().splitlines():
        finished = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, (line, finished.stderr)
    header, *rows = (in_folder / "theta.csv").read_text(encoding="utf-8").splitlines()
    assert header == "id,lang," + ",".join(f"topic_{topic}" for topic in range(12))
    assert len(rows) == 1200


def test_your_own_text(repository, in_folder):
    page = repository / "docs" / "your-own-text.md"
    made, shell = blocks(page, "bash")
    for line in made.strip().splitlines():
        subprocess.run(line, shell=True, check=True)
    check_md_file(fpath=page, lang="python", memory=True)
    for line in shell.strip().splitlines():
        finished = subprocess.run(line, shell=True, check=False)
        assert finished.returncode == 0, line
    # From a table to topics in ten lines, as it says.
    first = blocks(page, "python")[0]
    assert len([line for line in first.splitlines() if line.strip()]) <= 10


def test_readme_commands_are_those_of_the_makefile(repository):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    shown = re.findall(r"^make (\w+)", "\n".join(blocks(repository / "README.md", "bash")), flags=re.MULTILINE)
    assert shown == ["demo", "test"]
    for target in shown:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        *(
            f"docs/{name}.md"
            for name in (
                "benchmarks",
                "choosing-k",
                "figures",
                "formats",
                "languages",
                "method",
                "metrics",
                "interoperability",
                "quality",
                "report",
                "server",
                "speed",
                "your-own-text",
            )
        ),
    ],
)
def test_links_and_paths_in_the_documentation_exist(repository, page):
    text = (repository / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (repository / page).parent.joinpath(target).exists(), target
    for module in re.findall(r"`(gloctm/[\w/.]+\.py)`", text):
        assert (repository / "src" / module).is_file(), module


def test_tables_are_those_of_the_results(repository):
    checked = subprocess.run(
        [sys.executable, repository / "benchmarks" / "tables.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_docstring_examples():
    example = doctest.DocTestFinder().find(GloCTM, "GloCTM", gloctm.estimator)[0]
    assert example.examples
    runner = doctest.DocTestRunner()
    runner.run(example)
    assert runner.failures == 0


def test_metrics_page(repository, in_folder):
    corpus = Corpus.demo(["en", "de"], show_progress=False)
    corpus.save("corpus")
    GloCTM(num_topics=12, show_progress=False).fit(corpus).save("model")
    check_md_file(fpath=repository / "docs" / "metrics.md", lang="python", memory=True)


def test_figures_page(repository, in_folder):
    check_md_file(fpath=repository / "docs" / "figures.md", lang="python", memory=True)

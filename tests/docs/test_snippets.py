"""Every snippet of the README and of the docs is run, in an empty folder.

Blocks of ``python`` and ``bash`` are run as they are; ``py`` and ``sh`` mark those that need a network, data that the
project does not have, or more than a few seconds.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from mktestdocs import check_md_file
from typer.testing import CliRunner

from gloctm import Corpus, GloCTM
from gloctm.cli.main import app

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder with a small corpus and a model of it, which many pages begin with."""
    folder = tmp_path_factory.mktemp("trained")
    corpus = Corpus.demo(["en", "de"], show_progress=False)
    corpus.save(folder / "corpus")
    GloCTM(num_topics=12, show_progress=False).fit(corpus).save(folder / "model")
    return folder


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def in_trained(in_folder, trained):
    """A working folder with the small corpus and its model."""
    shutil.copytree(trained, in_folder, dirs_exist_ok=True)
    return in_folder


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def run(lines: str) -> None:
    for line in lines.strip().splitlines():
        command, *arguments = shlex.split(line)
        assert command == "gloctm"
        finished = CliRunner().invoke(app, arguments)
        assert finished.exit_code == 0, (line, finished.output)


def test_readme_python_and_its_topics(repository, in_folder):
    readme = repository / "README.md"
    [snippet] = blocks(readme, "python")
    assert len([line for line in snippet.splitlines() if line.strip()]) == 6
    check_md_file(fpath=readme, lang="python")

    found = topics_of("my-model")
    rows = re.findall(r"^\| (\w+ \w+ \w+) \| (.+?) \| (.+?) \|$", readme.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == 3
    for row in rows:
        assert any(shows(topic, ("en", "zh", "de"), row) for topic in found.values()), row
    page = (DOCS / "get-started" / "sample-report.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|(.+)\|$", page, re.MULTILINE)
    assert len(rows) == 12
    for _, cells in rows:
        assert any(shows(topic, ("en", "zh", "ja", "es", "de"), cells.split("|")) for topic in found.values()), cells


def topics_of(path: str) -> dict[int, dict[str, list[str]]]:
    """The first words of a model's topics, by topic and language."""
    found: dict[int, dict[str, list[str]]] = {}
    for each in GloCTM.load(path).topics(num_words=15):
        found.setdefault(each["topic"], {})[each["language"]] = each["words"]
    return found


def shows(topic: dict[str, list[str]], languages: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a row of a table shows words of a topic, language by language.

    A corpus that is embedded again may differ in the last bits of its vectors, and a word in five with it.
    """
    rows = zip(languages, (words.split() for words in cells), strict=True)
    return all(len(set(words) & set(topic[code])) >= len(words) - len(words) // 5 for code, words in rows)


def test_shell_tour(repository, in_folder):
    [tour] = blocks(DOCS / "get-started" / "first-model.md", "bash")
    [block] = [block for block in blocks(repository / "README.md", "bash") if "gloctm" in block]
    activation, *short = block.splitlines()
    assert activation.split("#")[0].strip() == ". .venv/bin/activate"
    assert len(short) == 4
    assert [line for line in tour.splitlines() if line in short] == short
    for line in tour.splitlines():
        before = set(in_folder.iterdir())
        run(line)
        # The README works without the lines that it leaves out.
        assert line in short or {path.name for path in set(in_folder.iterdir()) - before} <= {"theta.csv"}
    header, *rows = (in_folder / "theta.csv").read_text(encoding="utf-8").splitlines()
    assert header == "id,lang," + ",".join(f"topic_{topic}" for topic in range(12))
    assert len(rows) == 1200


def test_your_own_text(in_folder):
    page = DOCS / "guides" / "your-own-text.md"
    made, shell = blocks(page, "bash")
    run(made)
    check_md_file(fpath=page, lang="python", memory=True)
    run(shell)
    # From a table to topics in ten lines, as it says.
    first = blocks(page, "python")[0]
    assert len([line for line in first.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize(
    "page",
    [
        *("concepts/when-to-use", "get-started/first-model", "guides/figures"),
        *("guides/guided-topics", "guides/published-method", "guides/topics-at-work", "guides/transform"),
        *("guides/scale", "guides/update"),
    ],
)
def test_page_that_begins_with_nothing(page, in_folder):
    check_md_file(fpath=DOCS / f"{page}.md", lang="python", memory=True)


@pytest.mark.parametrize("page", ["guides/evaluate", "guides/server"])
def test_page_that_begins_with_a_model(page, in_trained):
    check_md_file(fpath=DOCS / f"{page}.md", lang="python", memory=True)


def pages_with(language: str) -> set[str]:
    return {page.relative_to(DOCS).with_suffix("").as_posix() for page in DOCS.rglob("*.md") if blocks(page, language)}


def test_every_page_with_a_snippet_is_run():
    named = re.findall(r'"((?:concepts|get-started|guides)/[\w-]+)"', Path(__file__).read_text(encoding="utf-8"))
    elsewhere = {
        "guides/choose-k": "selection/test_selection.py",
        "guides/export": "export/test_export.py",
        "guides/labels": "export/test_export.py",
        "guides/languages": "benchmarks/test_languages_page.py",
        "guides/notebook": "docs/test_notebook.py",
        "guides/your-own-text": "docs/test_snippets.py",
    }
    for page, module in elsewhere.items():
        test = (DOCS.parent / "tests" / module).read_text(encoding="utf-8")
        assert page.rpartition("/")[2] in test, page
    assert pages_with("python") | {"guides/notebook"} == {*named, *elsewhere}
    assert pages_with("bash") == {"get-started/first-model", "guides/choose-k", "guides/your-own-text"}

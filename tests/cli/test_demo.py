"""The demo as a user runs it, and the quality its topics must reach."""

from __future__ import annotations

import pytest

from command_line import run_here, run_process
from gloctm import Corpus, GloCTM
from gloctm.demo import LANGUAGES, THEMES
from gloctm.metrics import nearest_document_agreement, theme_topics, topic_uniqueness


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo run once, as a process."""
    folder = tmp_path_factory.mktemp("demo")
    finished = run_process("demo", "-o", folder / "model")
    assert finished.returncode == 0, finished.stderr
    return folder / "model", finished


def test_the_demo_shows_topics_of_every_language(demo):
    path, finished = demo
    for language in LANGUAGES:
        assert f" {language} " in finished.stdout
    assert "topic uniqueness" in finished.stdout
    assert str(path) in finished.stdout.replace("\n", "")
    model = GloCTM.load(path)
    assert model.languages_ == LANGUAGES
    for record in model.topics(3):
        assert record["words"][0] in finished.stdout
    assert "finding topics" in finished.stderr


def test_it_ends_by_writing_a_page_and_saying_where(demo):
    for package in ("vl_convert", "jinja2"):
        pytest.importorskip(package, reason="the report needs vl-convert-python and jinja2")
    path, finished = demo
    page = path.with_name("model.html")
    assert finished.stdout.splitlines()[-1] == f"report written to {page}: open it in a browser"
    html = page.read_text(encoding="utf-8")
    assert "<title>The demo of GloCTM</title>" in html
    assert 'id="summary"' in html


def test_a_file_that_is_no_page_is_not_replaced(tmp_path):
    (tmp_path / "model.html").write_text("mine")
    result = run_here("demo", "-o", tmp_path / "model")
    assert result.returncode == 2
    assert "a file of that name is no report" in result.stderr
    assert (tmp_path / "model.html").read_text() == "mine"
    assert [file.name for file in tmp_path.iterdir()] == ["model.html"]


def test_its_topics_are_the_themes_in_every_language(demo):
    path, _ = demo
    model = GloCTM.load(path)
    corpus = Corpus.demo(show_progress=False)
    theta = model.transform(corpus)
    labels = {language: part.labels for language, part in corpus.items()}
    owned = theme_topics(theta, labels)
    # Each theme has a topic of its own.
    assert set(owned) == set(THEMES)
    assert len(set(owned.values())) == len(THEMES), owned
    agreement = nearest_document_agreement(theta, labels)
    assert len(agreement) == 20
    assert min(agreement.values()) >= 0.95, agreement
    for language in LANGUAGES:
        topics = [record["words"] for record in model.topics(15, languages=[language])]
        assert topic_uniqueness(topics) >= 0.98

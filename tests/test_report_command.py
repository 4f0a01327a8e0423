"""A model's page by the command and by the method, from a corpus to HTML."""

from __future__ import annotations

import re

import numpy as np
import pytest
import scipy.sparse as sp

from gloctm import Corpus
from gloctm.cli.main import main
from gloctm.corpus import LanguageCorpus
from gloctm.errors import InputError
from gloctm.view import TopicView
from handmade import handmade_model

VOCABULARY = {"en": ["storm", "rain", "vote", "party"], "ja": ["雨", "風", "投票", "党"]}
TOPIC_WORD = {code: [[2, 1, 0, -1], [-1, 0, 2, 1], [0, 0, 0, 1]] for code in VOCABULARY}
HOSTILE = "<script>alert('storm')</script> & </script><!-- vote"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A saved model and a saved corpus whose texts, labels and ids are markup."""
    folder = tmp_path_factory.mktemp("report")
    model = handmade_model(VOCABULARY, TOPIC_WORD)
    model.save(folder / "model")
    rng = np.random.default_rng(0)
    Corpus(
        {
            code: LanguageCorpus(
                counts=sp.csr_array(rng.integers(0, 3, size=(12, 4)) + np.eye(12, 4, dtype=int)),
                vocabulary=words,
                texts=[f"{HOSTILE} {words[row % 4]} {row}" for row in range(12)],
                ids=[f"<b>{row}</b>" for row in range(12)],
                labels=["<i>one</i>", "two"] * 6,
                dates=["2020", "2021", "2022"] * 4,
            )
            for code, words in VOCABULARY.items()
        }
    ).save(folder / "corpus")
    return folder


def run(capsys, monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["gloctm", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    return ended.value.code or 0, told.out, told.err


def test_the_command_writes_a_page_of_model_and_corpus(folder, tmp_path, capsys, monkeypatch):
    page = tmp_path / "report.html"
    given = ("--corpus", folder / "corpus", "--title", "Weather & votes", "-n", 3, "--quiet")
    code, out, err = run(capsys, monkeypatch, "report", folder / "model", "-o", page, *given)
    assert (code, err) == (0, "")
    assert out == f"report written to {page}: open it in a browser\n"
    html = page.read_text(encoding="utf-8")
    assert "<title>Weather &amp; votes" in html
    assert HOSTILE not in html
    assert not re.search(r"<script>alert|<b>0</b>|<i>one</i>", html)
    assert 'http-equiv="Content-Security-Policy"' in html


def test_without_a_corpus_there_are_words_and_a_word_about_it(folder, tmp_path, capsys, monkeypatch):
    code, out, err = run(capsys, monkeypatch, "report", folder / "model", "-o", tmp_path / "a.html")
    assert code == 0
    assert "without --corpus there are words only" in err
    assert "report written to" in out


def test_a_view_is_shown_as_it_was_saved(folder, tmp_path, capsys, monkeypatch):
    from gloctm import GloCTM

    model = GloCTM.load(folder / "model")
    TopicView.of(model).merge([0, 2], name="Wetter <1>").save(tmp_path / "view.json")
    code, _, err = run(
        capsys,
        monkeypatch,
        "report",
        folder / "model",
        "-o",
        tmp_path / "v.html",
        "--view",
        tmp_path / "view.json",
        "-q",
    )
    assert (code, err) == (0, "")
    assert (tmp_path / "v.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("report.pdf", "give it a name that ends in .html"),
        ("nowhere/report.html", "the folder .*nowhere does not exist"),
        (".", "which is a folder"),
    ],
)
def test_a_target_that_can_not_be_is_said_before_anything_is_computed(
    folder, tmp_path, capsys, monkeypatch, output, said
):
    code, out, err = run(capsys, monkeypatch, "report", folder / "model", "-o", tmp_path / output)
    assert (code, out) == (2, "")
    assert re.search(said, err)
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_of_another_model_is_refused(folder, tmp_path, capsys, monkeypatch):
    other = {"en": ["a", "b", "c", "d"], "ja": VOCABULARY["ja"]}
    handmade_model(other, TOPIC_WORD).save(tmp_path / "other")
    target = tmp_path / "o.html"
    code, _, err = run(capsys, monkeypatch, "report", tmp_path / "other", "-o", target, "--corpus", folder / "corpus")
    assert code == 2
    assert "vocabulary" in err
    assert not target.exists()


def test_the_method_writes_the_same_page(folder, tmp_path, capsys, monkeypatch):
    from gloctm import GloCTM

    model, corpus = GloCTM.load(folder / "model"), Corpus.load(folder / "corpus")
    written = model.report(tmp_path / "m.html", corpus=corpus, title="one")
    run(capsys, monkeypatch, "report", folder / "model", "-o", tmp_path / "c.html", "--corpus", folder / "corpus",
        "--title", "one", "-q")  # fmt: skip
    assert written == tmp_path / "m.html"
    assert written.read_bytes() == (tmp_path / "c.html").read_bytes()
    with pytest.raises(InputError, match=r"ends in \.html"):
        model.report(tmp_path / "m.txt")

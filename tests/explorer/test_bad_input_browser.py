"""Reports of hardly anything, of far too much, of something else: a page says what is missing, and is never blank."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from large_summary import large_summary

from browser import Open, go, heading
from browser import browser as browser
from browser import open_page as open_page
from command_line import run_here
from gloctm import Corpus, GloCTM, TopicView
from gloctm.corpus import LanguageCorpus
from gloctm.explorer import write_report
from handmade import handmade_corpus, handmade_model

pytestmark = pytest.mark.browser

NAMES = ("overview", "topics", "compare", "labels", "time", "documents", "similarity", "side", "about")
VIEWS = [f"#view={name}" for name in NAMES]
VIEWS += [f"#view=side&kind={kind}" for kind in ("languages", "labels", "periods", "models")]
VIEWS += ["#view=compare&lang=de", "#topic=0", "#topic=999", "#search=w1", "#search=zzz", "#view=documents&q=zzz"]
MARKUP = "<script>window.intruder=1</script><img/src=x/onerror='window.intruder=1'>&amp;</main><!--"


def model_of(num_topics: int = 3, codes: tuple[str, ...] = ("en", "de"), words: int = 12) -> GloCTM:
    rng = np.random.default_rng(0)
    vocabulary = {code: [f"w{number}{code}" for number in range(words)] for code in codes}
    return handmade_model(vocabulary, {code: rng.normal(size=(num_topics, words)).tolist() for code in codes})


def year(number: int) -> str:
    return str(2000 + number % 5)


def corpus_of(model: GloCTM, documents: int, **columns: Callable[[int], str] | None) -> Corpus:
    """Documents of a model's words; labels, dates and texts are made by functions of their numbers."""
    rng = np.random.default_rng(0)
    parts = {}
    for code, words in model.vocabulary_.items():
        counts = sp.csr_array(rng.poisson(0.7, size=(documents, len(words))) + np.eye(documents, len(words), dtype=int))
        made = {name: make and [make(number) for number in range(documents)] for name, make in columns.items()}
        parts[code] = LanguageCorpus(counts=counts, vocabulary=list(words), **made)
    return Corpus(parts)


def texts_of(open_page: Open, report: Path, views: list[str] = VIEWS, **options: Any) -> dict[str, str]:
    """What every view says, drawn to the end: none may be blank, unfinished or say what no one understands."""
    page = open_page(report.as_uri(), **options)
    said = {}
    for view in views:
        go(page, view)
        page.wait_for_selector(".chart:not([data-drawn])", state="detached")
        page.wait_for_selector("text=One moment", state="detached")
        assert heading(page), view
        said[view] = page.locator("main").inner_text()
        assert len(said[view]) > len(heading(page)) + 20, view
        for nothing in ("NaN", "undefined", "null", "Infinity", "[object"):
            assert nothing not in said[view], (view, nothing)
        assert page.locator("main .problem").all_inner_texts() == [], view
        assert page.evaluate("window.intruder") is None
    return said


def test_a_corpus_of_words_alone(open_page, tmp_path):
    model = model_of()
    corpus = handmade_corpus(model, texts=False)
    said = texts_of(open_page, model.report(tmp_path / "report.html", corpus=corpus))
    assert "No document has a label" in said["#view=labels"]
    assert "No document has a date" in said["#view=time"]
    assert "keeps no texts" in said["#view=documents"]
    assert "--compare" in said["#view=side&kind=models"]


def test_no_corpus(open_page, tmp_path):
    said = texts_of(open_page, model_of().report(tmp_path / "report.html", corpus=False))
    for view in ("compare", "labels", "time", "documents"):
        assert "--corpus" in said[f"#view={view}"], view


def test_one_document(open_page, tmp_path):
    model = model_of()
    corpus = corpus_of(model, 1, texts=str, labels=lambda _: "news", dates=lambda _: "2020")
    said = texts_of(open_page, model.report(tmp_path / "report.html", corpus=corpus))
    assert "2 documents" in said["#view=documents"]


def test_one_language_and_one_topic(open_page, tmp_path):
    # A corpus has two languages or more; a summary may have one.
    made = large_summary(num_documents=40, num_topics=4, codes=("de",))
    said = texts_of(open_page, write_report(made, tmp_path / "language.html"))
    assert "one language" in said["#view=compare"]
    alone = model_of(num_topics=1)
    said = texts_of(open_page, alone.report(tmp_path / "topic.html", corpus=corpus_of(alone, 9, texts=str)))
    assert "One topic is shown" in said["#view=similarity"]


def test_200_topics(open_page, tmp_path):
    model = model_of(num_topics=200, words=60)
    corpus = corpus_of(model, 400, texts=str, labels=lambda number: "ab"[number % 2], dates=year)
    said = texts_of(open_page, model.report(tmp_path / "report.html", corpus=corpus))
    assert "200 topics" in said["#view=overview"]


def test_texts_full_of_markup(open_page, tmp_path):
    model = model_of()
    corpus = corpus_of(
        model, 20, texts=lambda number: f"{number}{MARKUP}", labels=lambda number: f"{number % 2}{MARKUP}"
    )
    said = texts_of(open_page, model.report(tmp_path / "report.html", corpus=corpus, title=MARKUP))
    for view in ("overview", "documents"):
        assert MARKUP in said[f"#view={view}"]


def test_a_view_that_hides_nearly_all(open_page, tmp_path):
    model = model_of(num_topics=6)
    corpus = corpus_of(model, 30, texts=str, labels=lambda number: "ab"[number % 2], dates=year)
    view = TopicView.of(model).hide(1, 2, 3, 4, 5)
    said = texts_of(open_page, model.report(tmp_path / "report.html", corpus=corpus, view=view))
    assert "1, 2, 3, 4 and 5 are hidden" in said["#view=overview"]


def test_a_million_documents_are_a_sample_and_said_to_be(open_page, tmp_path):
    made = large_summary(num_documents=200, num_topics=5, codes=("en", "ar"))
    made["documents"]["totals"] = {"en": 600_000, "ar": 400_000}
    said = texts_of(open_page, write_report(made, tmp_path / "million.html"), ["#view=documents"])
    assert "200 of 1,000,000 documents, drawn at random" in said["#view=documents"]
    model = model_of()
    report = model.report(tmp_path / "report.html", corpus=corpus_of(model, 300, texts=str), max_listed=50)
    assert "50 of 600 documents, drawn at random" in texts_of(open_page, report, ["#view=documents"])["#view=documents"]


def test_another_corpus_is_refused_with_nothing_written(tmp_path):
    model_of().save(tmp_path / "model")
    said = {"languages": "no documents in English and none in German", "words": "the corpus has another vocabulary"}
    others = {"languages": model_of(codes=("fr", "it")), "words": model_of(words=7)}
    for name, other in others.items():
        corpus_of(other, 9).save(tmp_path / name)
        report = tmp_path / "report.html"
        ended = run_here("report", tmp_path / "model", "--corpus", tmp_path / name, "-o", report)
        assert ended.returncode == 2
        assert said[name] in ended.stderr
        assert len(ended.stderr.splitlines()) == 1, ended.stderr
        assert list(tmp_path.glob("*.html*")) == []

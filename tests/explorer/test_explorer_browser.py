"""The explorer as a person meets it in a browser: clicks, keys, a narrow window, the dark, hostile texts.

The page of the built-in corpus is made the way that users make theirs, from corpus and model. Made-up summaries have
what that corpus has not: dates, a language written from right to left, a view with merged and hidden topics.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
import pytest
import scipy.sparse as sp

from browser import Open, Watched, arrive, go, heading, saved, serious_violations
from browser import browser as browser
from browser import open_page as open_page
from gloctm import Corpus, GloCTM
from gloctm.corpus import LanguageCorpus
from gloctm.demo import THEMES
from gloctm.explorer import write_report
from gloctm.summary import Summary, summarize
from handmade import handmade_model
from made_up_summary import made_up_summary

pytestmark = pytest.mark.browser

VIEWS = ["", "#topic=1", "#view=topics", "#view=compare", "#view=compare&lang=ar", "#view=labels", "#view=time"]
VIEWS += ["#view=about", "#search=雨", "#view=constructor"]
# Where colors are of every kind.
DARK_VIEWS = ["#topic=1", "#view=compare&lang=ar"]
# Without spaces, since a word of a vocabulary may be like this, too.
SCRIPT = "<script>window.intruder=1</script><img/src=x/onerror='window.intruder=1'><b>bold</b>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(made_up_summary(num_topics=6), tmp_path_factory.mktemp("report") / "report.html")


class Demo(NamedTuple):
    """The built-in corpus, a model of it, what is shown of both, and the page."""

    corpus: Corpus
    model: GloCTM
    summary: Summary
    report: Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The page of the built-in corpus and a model of it."""
    corpus = Corpus.demo(show_progress=False)
    model = GloCTM(num_topics=len(THEMES), threads=1, show_progress=False).fit(corpus)
    summary = summarize(model, corpus)
    return Demo(corpus, model, summary, write_report(summary, tmp_path_factory.mktemp("demo") / "report.html"))


@pytest.fixture(scope="module")
def shared(browser: Any, report: Path) -> Iterator[tuple[Watched, Any]]:
    """The page of the made-up summary, open for all tests that leave it as it is."""
    profile = Watched(browser, permissions=("clipboard-read", "clipboard-write"), has_touch=True)
    yield profile, profile.open(at(report))
    profile.context.close()


@pytest.fixture
def visit(shared: tuple[Watched, Any]) -> Iterator[Open]:
    """Goes to a view of the shared page; at the end nothing may have gone wrong, nor left the page."""
    profile, page = shared

    def go_to(view: str = "") -> Any:
        # By way of another view, so that nothing is left of what was sorted or unfolded.
        go(page, "#view=nothing")
        go(page, view)
        return page

    yield go_to
    profile.check()


def at(report: Path, view: str = "") -> str:
    return report.as_uri() + view


def all_drawn(page: Any) -> None:
    """Wait for every chart, having come past all."""
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_selector(".chart:not([data-drawn])", state="detached")
    assert page.locator(".chart .problem").count() == 0


def widths(page: Any) -> list[int]:
    """How wide the page is, and the window."""
    found: list[int] = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return found


def test_the_page_of_the_embedded_corpus_is_explored(open_page, demo):
    page = open_page(at(demo.report))
    assert heading(page) == "12 topics in English, Chinese, Japanese, Spanish and German"
    links = page.locator(".topic-list a")
    assert links.count() == 12
    links.nth(3).click()
    arrive(page, "#topic=")
    number = int(page.url.partition("#topic=")[2])
    topic = next(each for each in demo.summary.topics if each.id == number)
    assert topic.name in heading(page)
    for code in demo.corpus.languages:
        shown = page.locator(f".word-column ol[lang={code}] .text").all_text_contents()
        assert shown == [word for word, _ in topic.words[code]]
        document = topic.documents[code][0]
        assert document.text in list(demo.corpus[code].texts)
        card = page.locator(f".document .text[lang={code}]").first
        assert card.text_content() == document.text
        assert card.locator("mark").count() == len(document.marks)
    assert topic.links
    assert page.locator(".word.linked").count() > 0
    word = demo.summary.topics[0].words["ja"][0][0]
    page.get_by_role("combobox", name="Search a word").fill(word)
    page.get_by_role("option", name=f"{word} Japanese").first.click()
    arrive(page, f"#search={quote(word)}&lang=ja")
    page.locator(".card .bars a").first.click()
    arrive(page, f"#topic={demo.summary.topics[0].id}&")
    assert page.locator(".word.sought .text").inner_text() == word
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    all_drawn(page)
    assert serious_violations(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    for view in ["#topic=2", "#view=compare&lang=ja", "#view=labels"]:
        go(page, view)
        all_drawn(page)
        width, window = widths(page)
        assert width <= window, view


def test_a_topic_is_opened_from_the_list_and_left_by_the_back_button(visit):
    page = visit()
    assert heading(page) == page.title() == "Four seasons of news"
    page.locator(".topic-list a", has_text="train station ticket").or_(
        page.locator(".topic-list a", has_text="label 1")
    ).first.click()
    arrive(page, "#topic=1")
    assert "train station ticket" in heading(page)
    assert page.title() == "Topic 1: train station ticket – Four seasons of news"
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.get_by_role("link", name="Next").click()
    arrive(page, "#topic=2")
    page.go_back()
    arrive(page, "#topic=1")
    page.go_back()
    page.wait_for_selector(".map-holder")
    assert page.title() == "Four seasons of news"


def test_a_topic_is_opened_from_the_map(visit):
    page = visit()
    page.wait_for_selector(".map[data-drawn]")
    spot = page.locator(".map .spot").nth(4)
    number = spot.get_attribute("data-topic")
    spot.locator(".disc").hover()
    assert page.locator(".topic-list li.pointed .number").all_inner_texts() == [number]
    assert page.locator(".tip").inner_text() == spot.get_attribute("aria-label").replace("; ", "\n")
    page.locator(".topic-list a").first.hover()
    assert page.locator(".tip").is_hidden()
    pointed = page.locator(".map .spot.pointed")
    assert pointed.get_attribute("data-topic") == page.locator(".topic-list .number").first.inner_text()
    spot.focus()
    page.keyboard.press("Enter")
    arrive(page, f"#topic={number}")


def test_a_topic_page_has_words_documents_and_figures_of_every_language(visit):
    page = visit("#topic=0")
    topic = made_up_summary(num_topics=6)["topics"][0]
    for code, direction in {"en": "ltr", "ja": "ltr", "ar": "rtl", "de": "ltr"}.items():
        column = page.locator(f".word-column ol[lang={code}][dir={direction}]")
        assert column.locator(".text").all_text_contents() == [word for word, _ in topic["words"][code]]
        document = page.locator(f".document .text[lang={code}][dir={direction}]").first
        text, marks = topic["documents"][code][0]["text"], topic["documents"][code][0]["marks"]
        units = text.encode("utf-16-le")
        assert document.text_content() == text
        assert document.locator("mark").all_text_contents() == [
            units[2 * start : 2 * end].decode("utf-16-le") for start, end in marks
        ]
    prevalence = page.locator("figure", has_text="By language")
    prevalence.locator("summary").click()
    assert prevalence.locator("tbody tr").count() == 4
    assert "Japanese" in prevalence.locator(".chart").get_attribute("aria-label")


def test_translations_show_by_pointer_keyboard_and_touch(visit):
    page = visit("#topic=0")
    partners = page.locator(".word.partner .text")
    rain = page.locator(".word", has_text="rain")
    rain.hover()
    assert partners.all_text_contents() == ["雨", "عاصفة", "Wind"]
    assert page.locator(".curves path").count() == 3
    assert "雨 (Japanese, cosine 0.90)" in page.locator(".said").inner_text()
    page.mouse.move(0, 0)
    assert partners.count() == 0
    rain.focus()
    page.keyboard.press("ArrowDown")
    assert partners.all_text_contents() == ["嵐", "ريح", "Wolke"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("h1").click()
    assert page.locator(".word.source").get_attribute("aria-pressed") == "true"
    assert page.locator(".word.source .text").inner_text() == "嵐"
    page.locator(".word", has_text="Regen").tap()
    assert page.locator(".word.source .text").inner_text() == "Regen"
    page.get_by_role("button", name="Show all 30 words").click()
    assert page.locator(".word:visible").count() == 4 * 30


def test_a_word_of_any_language_leads_to_its_topics(visit):
    page = visit("#view=topics")
    box = page.get_by_role("combobox", name="Search a word")
    for typed, word, language, code, topic in [
        ("電", "電車", "Japanese", "ja", 1),
        ("WOL", "Wolke", "German", "de", 0),
        ("ｇｕｉ", "guitar", "English", "en", 2),
        ("مط", "مطر", "Arabic", "ar", 0),
    ]:
        box.fill(typed)
        option = page.get_by_role("option", name=f"{word} {language}")
        option.wait_for()
        assert box.get_attribute("aria-expanded") == "true"
        page.keyboard.press("ArrowDown")
        active = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
        assert active.get_attribute("aria-selected") == "true"
        option.click()
        arrive(page, f"#search={quote(word)}&lang={code}")
        assert page.locator(".card h3").inner_text().split() == [word, language]
        first = page.locator(".card .bars li").first
        assert f"word {1 + made_up_rank(word)}" in first.inner_text()
        first.get_by_role("link").click()
        arrive(page, f"#topic={topic}&")
        assert page.locator(".word.sought .text").inner_text() == word


def made_up_rank(word: str) -> int:
    search = made_up_summary(num_topics=6)["search"]
    return next(part["topics"][part["words"].index(word)][0][1] for part in search.values() if word in part["words"])


def test_a_word_of_no_vocabulary_is_said_to_be_in_none(visit):
    page = visit("#view=topics")
    page.get_by_role("combobox", name="Search a word").fill("zzzz")
    page.keyboard.press("Enter")
    arrive(page, "#search=zzzz")
    assert "No word of any language's vocabulary" in page.locator("main").inner_text()


def test_the_theme_follows_the_system_until_switched_and_is_remembered(open_page, report):
    background, ink_of = "getComputedStyle(document.body).backgroundColor", "text => getComputedStyle(text).fill"
    page = open_page(at(report, "#topic=0"), color_scheme="dark")
    all_drawn(page)
    dark, ink = page.evaluate(background), page.locator(".chart.intervals text").first.evaluate(ink_of)
    button = page.get_by_role("button", name="Dark theme", exact=True)
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    light = page.evaluate(background)
    assert light != dark
    assert page.locator(".chart.intervals text").first.evaluate(ink_of) != ink
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate(background) == light


def test_on_paper_there_is_nothing_to_press(visit):
    page = visit("#topic=0")
    buttons = page.locator("button:visible:not(.word, .sort), select:visible")
    assert buttons.count() > 0
    page.emulate_media(media="print")
    assert buttons.all_inner_texts() == []
    page.emulate_media(media="screen")


def test_every_view_fits_a_narrow_window_and_is_accessible(open_page, report):
    page = open_page(at(report), viewport={"width": 320, "height": 640})
    for view in VIEWS:
        go(page, view)
        all_drawn(page)
        width, window = widths(page)
        assert width <= window, view
        if view.startswith("#topic"):
            page.locator(".word.linked").first.click()
        for details in page.locator("details > summary").all():
            details.click()
        assert serious_violations(page) == [], view


def test_wide_views_are_accessible_in_both_themes(visit):
    page = visit()
    for view in DARK_VIEWS:
        go(page, view)
        all_drawn(page)
        assert serious_violations(page) == [], view
        page.get_by_role("button", name="Dark").click()
        # In the other theme only colors differ.
        assert serious_violations(page, "color-contrast") == [], view


def test_everything_is_reached_by_the_keyboard(open_page, report):
    page = open_page(at(report))
    focused = "document.activeElement.id || document.activeElement.textContent"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "main"
    assert page.title() == "Four seasons of news"
    page.keyboard.press("Shift+Tab")
    passed = []
    while not passed or passed[-1] != "search":
        passed.append(page.evaluate(focused))
        page.keyboard.press("Shift+Tab")
        assert len(passed) < 40
    assert passed[0] == page.locator("#views a").last.inner_text()
    assert passed[-3:] == ["theme", "reader", "search"]
    page.keyboard.press("Tab")
    page.keyboard.type("雨")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    arrive(page, "#search=")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    arrive(page, "#topic=0")
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate("document.activeElement.closest('figure, .words, .document-column, .topic-list')?.className")
        )
        if page.evaluate("document.activeElement === document.body"):
            break
    assert {"words", "", "topic-list"} <= {next(iter(name.split(" ")[-1:]), "") for name in seen if name is not None}


def test_tables_sort_and_are_saved_as_sorted(visit):
    page = visit("#view=compare&lang=ja")
    header = page.locator("th", has_text="Japanese")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    shares = [float(text.rstrip("%")) for text in page.locator("tbody td:nth-child(4)").all_text_contents()]
    assert shares == sorted(shares)
    name, content = saved(page, page.get_by_role("button", name="compared with the others as CSV"))
    assert name.endswith(".csv")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    topics = {str(topic["id"]): topic for topic in made_up_summary(num_topics=6)["topics"]}
    assert [float(row["Japanese: mean proportion"]) for row in rows] == sorted(
        topic["prevalence"]["ja"]["mean"] for topic in topics.values()
    )
    for row in rows:
        contrast = topics[row["topic"]]["contrast"]["ja"]
        assert row["name"] == topics[row["topic"]]["name"]
        assert float(row["low (proportion)"]) == contrast["low"]
        assert row["in short"] == ("more" if contrast["low"] > 0 else "less" if contrast["high"] < 0 else "not clear")


def test_charts_words_and_the_citation_are_saved_and_copied(visit):
    page = visit("#topic=0")
    name, picture = saved(page, page.get_by_role("button", name="chart By language as PNG"))
    assert (name, picture[:8]) == ("four-seasons-of-news-by-language.png", b"\x89PNG\r\n\x1a\n")
    name, drawing = saved(page, page.get_by_role("button", name="chart By language as SVG"))
    assert name.endswith("by-language.svg")
    assert drawing.startswith(b"<svg")
    assert b"Japanese" in drawing
    page.locator(".words").get_by_role("button", name="Copy table").click()
    page.get_by_role("button", name="Copied").wait_for()
    first, second, *_ = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert first.split("\t")[:3] == ["English", "English: weight", "Japanese"]
    assert second.split("\t")[::2] == ["rain", "雨", "مطر", "Regen"]
    go(page, "")
    name, content = saved(page, page.get_by_role("button", name="all words and weights as CSV"))
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(rows) == 6 * 4 * 30
    assert rows[30]["word"] == "雨"
    go(page, "#view=about")
    name, citation = saved(page, page.get_by_role("button", name="Save the citation"))
    assert name == "gloctm.bib"
    assert b"Cross-Lingual Topic Modeling via a Global Context Space" in citation
    assert b"author" not in citation


@pytest.fixture
def hostile_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the command makes of a model and a corpus whose every text is markup."""
    from gloctm.cli.main import main

    words = {code: [f"{word}{SCRIPT}" for word in ["rain", "storm", "vote", "=1+1"]] for code in ("en", "ja")}
    model = handmade_model(words, {code: [[2, 1, 0, -1], [-1, 0, 2, 1]] for code in words})
    model.set_labels({"ja": {1: f"label{SCRIPT}"}})
    model.save(tmp_path / "model")
    rng = np.random.default_rng(0)
    Corpus(
        {
            code: LanguageCorpus(
                counts=sp.csr_array(rng.integers(0, 3, size=(40, 4)) + np.tile(np.eye(4, dtype=int), (10, 1))),
                vocabulary=vocabulary,
                texts=[f"{SCRIPT} {vocabulary[row % 4]} {row}" for row in range(40)],
                ids=[f"{row}{SCRIPT}" for row in range(40)],
                labels=[f"news{SCRIPT}", f"sports{SCRIPT}"] * 20,
                dates=["2020", "2021"] * 20,
            )
            for code, vocabulary in words.items()
        }
    ).save(tmp_path / "corpus")
    report = tmp_path / "report.html"
    places = [str(tmp_path / "model"), "--corpus", str(tmp_path / "corpus"), "-o", str(report)]
    monkeypatch.setattr("sys.argv", ["gloctm", "report", *places, "--title", f"Title{SCRIPT}", "--quiet"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    return report


def test_markup_in_texts_shows_as_text(open_page, hostile_report):
    page = open_page(at(hostile_report))
    assert heading(page) == f"Title{SCRIPT}"
    views = ["", "#topic=0", "#view=topics", "#view=compare", "#view=labels", "#view=time", "#search=rain"]
    for view in [*views, "#search=" + SCRIPT.replace("&", "%26"), f"#topic={SCRIPT}"]:
        go(page, view)
        all_drawn(page)
        assert page.evaluate("window.intruder") is None
        assert page.locator("main img, main b:has-text('bold') b, main script, .chart tspan").count() == 0, view
    go(page, "#topic=1")
    assert f"label{SCRIPT}" in heading(page)
    assert SCRIPT in page.locator(".document .text").first.inner_text()
    assert f"vote{SCRIPT}" in page.locator(".document mark").all_text_contents()
    all_drawn(page)
    assert page.locator(".chart text", has_text=f"news{SCRIPT}"[:12]).count() > 0
    page.get_by_role("combobox", name="Search a word").fill("rain")
    page.get_by_role("option").first.wait_for()
    assert f"rain{SCRIPT}" in page.get_by_role("option").first.inner_text()


def test_no_text_is_saved_as_a_formula(open_page, hostile_report):
    page = open_page(at(hostile_report, "#view=topics"))
    _, content = saved(page, page.get_by_role("button", name="all words and weights as CSV"))
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert f"'=1+1{SCRIPT}" in {row["word"] for row in rows}
    assert {float(row["weight"]) for row in rows} == {-1, 0, 1, 2}


def test_what_figures_do_not_say_is_said_next_to_them(visit):
    page = visit("#view=compare")
    said = page.locator(".caveats").inner_text()
    for part in [
        "mean share of a document",
        "global encoder",
        "differences are understated",
        "not cover errors of the model",
    ]:
        assert part in said
    assert "Of 24 comparisons, about 1 looks clear by chance" in said
    assert "One topic has a language whose words agree little" in said
    doubted = page.locator("tbody tr", has=page.locator(".doubt"))
    assert [row.locator(".number").inner_text() for row in doubted.all()] == ["1"]
    go(page, "#topic=1")
    assert "The words in German agree little" in page.locator("main").inner_text()
    assert "German −0.10" in page.locator("main").inner_text()
    assert "another theme?" in page.locator(".word-column", has_text="German").first.inner_text()
    go(page, "#topic=0")
    assert "agree little" not in page.locator("main").inner_text()


def test_a_page_of_the_context_method_says_what_is_true_of_it(open_page, visit, tmp_path):
    path = write_report(made_up_summary(context=True), tmp_path / "report.html")
    page = open_page(at(path))
    go(page, "#view=about")
    sections = page.locator("h2").all_inner_texts()
    assert sections == ["Quality", "What the figures say", "Settings", "Cite"]
    page.locator("details summary", has_text="Model").click()
    assert "the words of each document in the space of contexts" in page.locator("main").inner_text()
    go(page, "#view=compare")
    said = page.locator(".caveats").inner_text()
    assert "inferred by the words of each document in the space of contexts that all languages share." in said
    assert "soft" not in said
    go(page, "#topic=0")
    assert "Weights above 0 say how well a word coheres" in page.locator("main").inner_text()
    for view in VIEWS:
        go(page, view)
        all_drawn(page)
        assert "NaN" not in page.locator("main").inner_text()
        assert serious_violations(page) == []
    # A page of a published model has what this one lacks.
    page = visit("#view=about")
    assert page.locator("h2").all_inner_texts() == [*sections[:2], "Training", *sections[2:]]
    go(page, "#topic=0")
    assert "Weights above 0" not in page.locator("main").inner_text()


def test_bars_of_logarithms_are_of_probabilities(open_page, tmp_path):
    made_up = made_up_summary(context=True, ranking="weights")
    path = write_report(made_up, tmp_path / "report.html")
    page = open_page(at(path, "#topic=0"))
    widths_of_bars = "bars => bars.map(bar => parseFloat(bar.style.width))"
    shown = page.locator(".word-column").first.locator(".bar").evaluate_all(widths_of_bars)
    weights = [weight for _, weight in made_up["topics"][0]["words"]["en"]]
    assert shown == pytest.approx([100 * np.exp(weight - weights[0]) for weight in weights], abs=0.01)
    assert "Weights are logarithms" in page.locator("main").inner_text()
    # Of a word that several topics have, all are told.
    go(page, "#search=rain&lang=en")
    shown = page.locator(".card .bars .bar").evaluate_all(widths_of_bars)
    topics = [entry for entry in made_up["search"]["en"]["topics"][0] if entry[1] < 50]
    assert shown == pytest.approx([100 * np.exp(weight - topics[0][2]) for *_, weight in topics], abs=0.01)


def test_topics_have_the_model_s_numbers(visit):
    page = visit()
    assert "The model's topic 5 is hidden here" in page.locator("main").inner_text()
    assert sorted(page.locator(".topic-list .number").all_inner_texts()) == ["0", "1", "2", "4", "6", "7"]
    go(page, "#topic=4")
    assert "ball goal coach" in heading(page)
    page.get_by_role("link", name="Previous").click()
    arrive(page, "#topic=2")
    assert "merged of the model's topics 2 (70.0%) and 3 (30.0%)" in page.locator(".lead").inner_text()
    name = heading(page)
    go(page, "#topic=3")
    assert heading(page) == name
    go(page, "#topic=5")
    assert "Topic 5 of the model is hidden here." in page.locator("main").inner_text()


def test_labels_are_of_all_languages_or_one(visit):
    page = visit("#view=labels")
    labels = made_up_summary(num_topics=6)["labels"]
    assert "7 documents in English have no label" in page.locator("main").inner_text()
    cells = page.locator("section table tbody tr", has_text=made_up_summary(num_topics=6)["topics"][0]["name"]).locator(
        "td"
    )

    def shown(estimates: list[Any]) -> list[str]:
        return ["–" if each is None else f"{100 * each['mean']:.1f}%" for each in estimates]

    assert cells.all_inner_texts()[1:] == shown(labels["prevalence"][0])
    page.get_by_label("Language", exact=True).select_option("ja")
    assert cells.all_inner_texts()[1:] == shown(labels["by_language"]["ja"][0])
    assert "lang=ja" in page.url


def test_time_tells_its_unit_and_what_is_left_out(visit):
    page = visit("#view=time")
    text = page.locator("main").inner_text()
    assert "most months have fewer than 20 documents" in text
    assert "5 documents in English have no date and are left out." in text
    page.locator("figure details > summary").click()
    first = made_up_summary(num_topics=6)["dates"]["prevalence"]["en"]
    place = [topic["id"] for topic in made_up_summary(num_topics=6)["topics"]].index(
        int(page.get_by_label("Topic", exact=True).input_value())
    )
    estimate = first[place][0]
    shown = page.locator("figure tbody tr").first.locator("td").first.inner_text()
    assert (
        shown
        == f"{100 * estimate['mean']:.1f}% ({100 * estimate['low']:.1f}\u00a0to\u00a0{100 * estimate['high']:.1f})"
    )
    all_drawn(page)


def test_topics_are_found_by_number_and_by_their_names(visit):
    page = visit("#search=Topic 7")
    assert page.locator("main .topic-link .number").all_inner_texts() == ["7"]
    go(page, "#search=storm")
    assert "0" in page.locator("main ul.plain .number").all_inner_texts()
    # Within "rain", "train" and "Trainer".
    go(page, "#search=ain")
    assert page.locator("section:has(> h2:text-is('Topics')) .number").all_inner_texts() == ["0", "1", "4"]


def test_without_a_corpus_there_is_no_more_than_the_model_tells(open_page, tmp_path):
    path = write_report(made_up_summary(corpus=False), tmp_path / "report.html")
    page = open_page(at(path))
    names = ["Overview", "Topics", "Similarity", "Side by side", "About"]
    assert page.locator("#views a").all_text_contents() == names
    for view in ["#topic=0", "#view=topics", ""]:
        go(page, view)
        all_drawn(page)
        assert "NaN" not in page.locator("main").inner_text()
    assert "made without a corpus" in page.locator("main").inner_text()


def test_two_languages_are_compared_with_each_other_at_once(open_page, tmp_path):
    path = write_report(made_up_summary(("de", "zh")), tmp_path / "report.html")
    page = open_page(at(path, "#view=compare"))
    assert page.get_by_label("Language", exact=True).input_value() == "de"
    page.get_by_label("Language", exact=True).focus()
    page.get_by_label("Language", exact=True).select_option("zh")
    assert page.url.endswith("lang=zh&show=difference")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    assert page.title().startswith("Chinese compared")
    assert page.locator("thead th").all_inner_texts()[4] == "German ↕"[:6]


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Starts the server itself over a small model, at a free port: its address."""
    import serving

    with contextlib.ExitStack() as running:

        def start(**settings: Any) -> str:
            model = serving.make_model()
            app = serving.create_app(model, serving.made_summary(model), **settings)
            return running.enter_context(serving.listening(app)).rstrip("/")

        yield start


def test_a_live_page_tells_the_topics_of_a_text(open_page, serve):
    server = serve()
    page = open_page(f"{server}/#view=try")
    page.get_by_label("Text", exact=True).fill("🌧 Regen und Sturm <b>")
    page.get_by_label("Language", exact=True).select_option("de")
    page.get_by_role("button", name="Find its topics").click()
    page.wait_for_selector(".result .topic-list")
    assert page.locator(".result").get_by_text("Language: German.").count() == 1
    shares = [float(text.rstrip("%")) for text in page.locator(".result .topic-list .figures").all_inner_texts()]
    assert len(shares) == 4
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert page.locator(".result .document").inner_text() == "🌧 Regen und Sturm <b>"
    assert set(page.locator(".result mark").all_inner_texts()) <= {"Regen", "Sturm"}
    assert serious_violations(page) == []
    page.get_by_label("Text", exact=True).fill("pluie orage")
    assert page.locator(".result .topic-list").count() == 0
    page.get_by_label("Language", exact=True).select_option("another, by its code")
    page.get_by_label("Its code").fill("fr")
    page.get_by_role("button", name="Find its topics").click()
    page.get_by_text("Language: French. The model was not trained on it").wait_for()
    page.get_by_label("A file of texts").set_input_files(
        files=[{"name": "mine.csv", "mimeType": "text/csv", "buffer": b"id,lang,text\n1,de,Regen\n2,en,rain train\n"}]
    )
    name, content = saved(page, page.get_by_role("button", name="Upload"))
    assert name.endswith("theta-mine.csv")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [(row["id"], row["lang"]) for row in rows] == [("1", "de"), ("2", "en")]


def test_a_live_page_says_what_the_server_objects_to(open_page, serve):
    import serving

    server = serve(token=serving.TOKEN)
    credentials = {"username": "anybody", "password": serving.TOKEN}
    page = open_page(f"{server}/#view=try", refused=2, http_credentials=credentials)
    page.get_by_label("Text", exact=True).fill("rain")
    page.get_by_label("Language", exact=True).select_option("en")
    page.get_by_role("button", name="Find its topics").click()
    page.wait_for_selector(".result .topic-list")
    page.get_by_label("Text", exact=True).fill("rain " * 10_000)
    page.get_by_role("button", name="Find its topics").click()
    page.locator(".result .problem").wait_for()
    assert "20,000" in page.locator(".result .problem").inner_text()

    def want_token(route: Any) -> None:
        """As a server answers a browser that does not send by itself what it was let in by."""
        if route.request.headers.get("authorization") == f"Bearer {serving.TOKEN}":
            route.continue_()
        else:
            route.fulfill(status=401, json={"detail": "a token is needed"})

    page.route("**/api/transform", want_token)
    page.get_by_label("Text", exact=True).fill("rain")
    page.get_by_role("button", name="Find its topics").click()
    page.get_by_label("Token of the server").fill(serving.TOKEN)
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="Find its topics").click()
    page.wait_for_selector(".result .topic-list")


def test_the_page_works_where_nothing_can_be_remembered_and_new_functions_lack(open_page, report):
    page = open_page(at(report, "#view=topics"))
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } })")
    page.add_init_script("delete Uint8Array.fromBase64")
    page.reload()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    go(page, "#view=compare")
    all_drawn(page)

"""Names and words in the reader's language, as a person meets them in a browser."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import Watched, arrive, go, heading, serious_violations
from browser import browser as browser
from gloctm.explorer import write_report
from made_up_summary import made_up_summary

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    return made_up_summary(num_topics=6)


@pytest.fixture(scope="module")
def report(summary: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(summary, tmp_path_factory.mktemp("names") / "report.html")


@pytest.fixture(scope="module")
def shared(browser: Any, report: Path) -> Iterator[tuple[Watched, Any]]:
    profile = Watched(browser, permissions=("clipboard-read", "clipboard-write"))
    yield profile, profile.open(report.as_uri())
    profile.context.close()


@pytest.fixture
def page(shared: tuple[Watched, Any]) -> Iterator[Any]:
    """The page, with names and words in all languages; at the end nothing may have gone wrong."""
    profile, page = shared
    page.get_by_label("Names and words in").select_option("all")
    go(page, "#view=overview")
    yield page
    profile.check()


def test_the_reader_s_language_is_chosen_and_remembered(page, summary):
    topic = summary["topics"][1]
    reader = page.get_by_label("Names and words in")
    assert reader.locator("option").all_inner_texts() == ["all languages", "English", "Japanese", "Arabic", "German"]
    go(page, "#topic=1")
    assert topic["name"] in heading(page)
    assert page.locator(".word-column:visible").count() == 4
    reader.focus()
    reader.select_option("ar")
    assert page.evaluate("document.activeElement.id") == "reader"
    name = page.locator("h1 [lang=ar][dir=rtl]")
    assert name.inner_text() == topic["names"]["ar"]
    assert topic["names"]["ar"] in page.title()
    # Its words first, those of other languages on demand.
    assert page.locator(".word-column:visible ol").get_attribute("lang") == "ar"
    shown = page.locator(".word-column .text:visible").all_inner_texts()
    assert shown == [word for word, _ in topic["words"]["ar"][:12]]
    page.get_by_role("button", name="Show words in 3 other languages").click()
    assert page.locator(".word-column:visible").count() == 4
    assert page.locator(".word-column ol").first.get_attribute("lang") == "ar"
    page.get_by_role("button", name="Hide words in other languages").click()
    assert page.locator(".word-column:visible").count() == 1
    assert page.locator(".document-column:visible .text").first.get_attribute("lang") == "ar"
    assert page.locator(".document-column:visible").count() == 1
    assert serious_violations(page) == []
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.get_by_label("Names and words in").input_value() == "ar"
    assert name.inner_text() == topic["names"]["ar"]


def test_names_are_in_the_reader_s_language_everywhere(page, summary):
    page.get_by_label("Names and words in").select_option("ja")
    names = [topic["names"]["ja"] for topic in summary["topics"]]
    listed = page.locator(".topic-list .topic-link [lang=ja]").all_inner_texts()
    assert sorted(listed) == sorted(names)
    go(page, "#view=topics")
    columns = page.locator("thead th").all_inner_texts()
    assert "Japanese" in columns
    assert "Arabic" not in columns
    box = page.get_by_role("combobox", name="Search a word")
    # A topic is found by its name in any language.
    box.fill("قطار محطة")
    page.get_by_role("option", name="電車 駅 切符").click()
    arrive(page, "#topic=1")
    # Documents in it come first.
    go(page, "#view=documents")
    page.get_by_text("Those in Japanese come first.").wait_for()
    assert page.locator(".document-row .excerpt").first.get_attribute("lang") == "ja"
    go(page, "#topic=1")
    page.get_by_label("Names and words in").select_option("all")
    assert summary["topics"][1]["name"] in heading(page)


def test_a_report_in_one_language_has_no_switch(browser, tmp_path):
    path = write_report(made_up_summary(("de",)), tmp_path / "report.html")
    profile = Watched(browser)
    page = profile.open(path.as_uri() + "#topic=0")
    assert page.get_by_label("Names and words in").count() == 0 or not page.locator("#reader").is_visible()
    assert page.locator(".word-column:visible").count() == 1
    profile.context.close()
    profile.check()


def shown_words(page: Any, code: str) -> list[str]:
    return [str(word) for word in page.locator(f".word-column ol[lang={code}] .text").all_text_contents()]


def by_relevance(terms: list[Any], weight: float) -> list[str]:
    """As LDAvis orders them."""

    def relevance(term: Any) -> float:
        _, probability, overall, _ = term
        return weight * math.log(probability) + (1 - weight) * math.log(probability / overall)

    return [word for word, *_ in sorted(terms, key=relevance, reverse=True)]


def test_words_are_ordered_from_frequent_to_telling(page, summary):
    topic = summary["topics"][0]
    go(page, "#topic=0")
    slider = page.get_by_role("slider", name="Order of words")
    in_model_order = {code: [word for word, _ in topic["words"][code]] for code in topic["words"]}
    assert slider.get_attribute("aria-valuetext") == "the model's order"
    assert shown_words(page, "en") == in_model_order["en"]
    slider.focus()
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "by relevance, λ = 0.00"
    assert page.url.endswith("&lambda=0")
    for code, terms in topic["terms"].items():
        assert shown_words(page, code) == by_relevance(terms, 0)[:30]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert "λ = 1.00" in page.locator(".order output").inner_text()
    assert shown_words(page, "ja") == by_relevance(topic["terms"]["ja"], 1)[:30]
    # Translations and the arrow keys work in this order, too.
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.querySelector('.text').textContent")
    assert first == shown_words(page, "en")[0]
    page.keyboard.press("ArrowDown")
    second = page.evaluate("document.activeElement.querySelector('.text').textContent")
    assert second == shown_words(page, "en")[1]
    rain = page.locator(".word", has_text="rain")
    rain.click()
    assert set(page.locator(".word.partner .text").all_text_contents()) == {"雨", "عاصفة", "Wind"}
    page.locator(".words").get_by_role("button", name="Copy table").click()
    page.get_by_role("button", name="Copied").wait_for()
    head, row, *_ = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert head.split("\t")[:3] == ["English", "English: relevance", "English: share of the topic's words"]
    assert row.split("\t")[0] == first
    assert serious_violations(page) == []
    # Kept on the way to the next topic, until it is set back.
    page.get_by_role("link", name="Next").click()
    arrive(page, "#topic=1")
    assert "λ = 1.00" in page.locator(".order output").inner_text()
    page.get_by_role("button", name="Model's order").click()
    assert page.evaluate("document.activeElement.type") == "range"
    assert shown_words(page, "en") == [word for word, _ in summary["topics"][1]["words"]["en"]]


def test_a_word_tells_how_frequent_it_is(page, summary):
    go(page, "#topic=0")
    word, probability, overall, documents = summary["topics"][0]["terms"]["en"][0]
    said = page.locator(".said")
    assert "Point to a word" in said.inner_text()
    page.locator(".word", has_text=word).first.hover()
    text = said.inner_text()
    assert text.startswith(f"{word} (English) ⇄ 雨 (Japanese, cosine 0.90)")
    assert f"{100 * probability:.2g}".rstrip("0").rstrip(".") in text
    assert f"in {documents} documents." in text
    assert ("times as often in the topic" if probability >= overall else "less often in the topic") in text
    page.mouse.move(0, 0)
    assert "Point to a word" in said.inner_text()

"""Names and words in the reader's language, as a person meets them in a browser."""

from __future__ import annotations

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

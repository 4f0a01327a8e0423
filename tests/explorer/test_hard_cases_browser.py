"""What a page rarely has to show: documents about hidden topics alone, very long words, a view of nothing new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from large_summary import made_up_documents

from browser import Watched, go
from browser import browser as browser
from gloctm.explorer import write_report
from made_up_summary import made_up_summary

pytestmark = pytest.mark.browser

LONG = "a" * 300


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    made = made_up_summary(num_topics=6)
    documents = made["documents"] = made_up_documents(made, num_documents=60, words_per_text=20)
    # The view hides all topics that one document has.
    documents["topics"][7] = []
    documents["labels"] = [0] * 60
    for values in (documents["label_values"], made["labels"]["values"]):
        values[0] = LONG
    for topic in made["topics"][:2]:
        topic["name"], topic["names"] = LONG, dict.fromkeys(topic["names"], LONG)
    return made


@pytest.fixture(scope="module")
def report(summary: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(summary, tmp_path_factory.mktemp("hard") / "report.html")


@pytest.fixture
def profile(browser: Any) -> Iterator[Watched]:
    watched = Watched(browser, viewport={"width": 390, "height": 800})
    yield watched
    watched.context.close()
    watched.check()


def test_a_document_about_hidden_topics_alone_is_listed_and_opens(profile, report, summary):
    page = profile.open(f"{report.as_uri()}#view=documents&q={summary['documents']['ids'][7]}")
    row = page.locator(".document-row")
    row.locator(".opener").click()
    assert "It is about hidden topics alone." in row.inner_text()
    assert row.locator(".whole .text").inner_text().strip()


def test_very_long_words_do_not_widen_the_page(profile, report):
    page = profile.open(report.as_uri())
    first, second = "#view=side&kind=topics&one=0&other=1", "#view=side&kind=labels"
    views = ("#view=topics", "#view=documents", "#view=labels", first, second, "#topic=0", "#search=aaa")
    for view in views:
        go(page, view)
        # Documents are unpacked when first asked for.
        page.wait_for_function("!document.querySelector('main').innerText.includes('One moment')")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


def test_a_view_file_has_names_that_gloctm_takes(profile, report, summary, tmp_path):
    page = profile.open(report.as_uri() + "#view=topics")
    own = {"format": "gloctm-view", "format_version": 1, **summary["view"]}
    bar, field = page.locator("#changes"), page.get_by_label("Load a view file")
    for number, name in enumerate(["x" * 201, "two\nlines", "  "]):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps({**own, "names": {"0": name}}))
        field.set_input_files(file)
        bar.get_by_text(f"{file.name}: This view is damaged").wait_for()
    # The view that is shown already changes nothing, and what was wrong before is no longer told.
    file = tmp_path / "own.json"
    file.write_text(json.dumps(own))
    field.set_input_files(file)
    bar.wait_for(state="hidden")


def test_undoing_stays_in_the_view_of_documents(profile, report):
    page = profile.open(report.as_uri() + "#topic=2")
    page.get_by_role("button", name="Hide", exact=True).click()
    go(page, "#topic=1")
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name, in all languages").fill("Something")
    page.get_by_role("button", name="Save", exact=True).click()
    # Numbers are only of those documents where they are the same as in the list.
    assert page.get_by_role("link", name="All documents of this report that are mainly about this topic").count() == 1
    go(page, "#view=documents&topic=2")
    page.locator("#changes").get_by_role("button", name="Undo").click()
    assert page.locator("h1").inner_text() == "Documents"
    # The report hides a topic.
    assert "a document mostly about one of them is listed with the largest" in page.locator("main").inner_text()


def test_the_readers_language_is_not_said_to_come_first_where_one_is_chosen(profile, report):
    page = profile.open(report.as_uri() + "#view=documents")
    page.get_by_label("Names and words in").select_option("ja")
    page.locator(".count-shown", has_text="Those in Japanese come first.").wait_for()
    go(page, "#view=documents&lang=de")
    assert "come first" not in page.locator(".count-shown").inner_text()

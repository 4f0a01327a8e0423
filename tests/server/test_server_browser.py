"""The page of a running server in a browser: the real app and its policy, over a real connection."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from browser import browser as browser
from browser import open_page as open_page
from browser import saved, serious_violations
from serving import TOKEN, listening, make_context_model
from serving import model as model

# First, since it skips where the server's packages lack.
# isort: split
from gloctm import GloCTM
from gloctm.errors import EmptyDocumentWarning
from gloctm.model.view import TopicView
from gloctm.server import Limits, create_app
from gloctm.summary import summarize
from handmade import handmade_corpus

pytestmark = pytest.mark.browser

TEXT = "🌧 Rain <b>and</b> a storm at the station"


@pytest.fixture(scope="module")
def view(model: GloCTM) -> TopicView:
    """Topics by whose numbers no place is told."""
    return TopicView.of(model).merge([1, 2]).hide(0)


@pytest.fixture(scope="module")
def address(model: GloCTM, view: TopicView) -> Iterator[str]:
    """Of the view where texts are tried."""
    summary = summarize(model, handmade_corpus(model), view=view, title="News")
    limits = Limits(rate=0, characters=500)
    with listening(create_app(model, summary, limits=limits), limits) as url:
        yield f"{url}#view=try"


def find_topics(page: Any) -> None:
    page.get_by_role("button", name="Find its topics").click()


def shown_shares(page: Any) -> dict[int, str]:
    """Of each topic that is shown for a text its share, by the topic's number."""
    rows = page.locator(".result .topic-list li").all()
    return {int(row.locator(".number").inner_text()): row.locator(".figures").inner_text() for row in rows}


def as_shown(theta: Any) -> list[str]:
    return [f"{100 * share:.1f}%" for share in theta]


def test_a_text_gets_its_topics_by_the_encoder_of_the_page(open_page, address, model, view):
    page = open_page(address)
    page.get_by_label("Text", exact=True).fill(TEXT)
    page.get_by_label("Language", exact=True).select_option("en")
    find_topics(page)
    page.wait_for_selector(".result mark")
    theta = view.transform(model, [TEXT], "en", via="global")[0]
    assert shown_shares(page) == dict(zip([1, 3], as_shown(theta), strict=True))
    assert "global encoder" in page.locator(".result").first.inner_text()
    assert page.locator(".result .document").inner_text() == TEXT
    assert set(page.locator(".result mark").all_inner_texts()) <= {"Rain", "storm", "station"}
    points = [float(text.split("+")[1]) for text in page.locator(".result td li").all_inner_texts()]
    assert points
    assert min(points) >= 1
    page.locator(".result .topic-list a").first.click()
    page.wait_for_selector('html[data-shown^="#topic="]')
    assert page.locator("h1").inner_text().startswith(f"Topic {[1, 3][int(np.argmax(theta))]}:")


def test_a_text_gets_its_topics_by_all_its_words(open_page):
    model, corpus = make_context_model()
    with listening(create_app(model, summarize(model, corpus), limits=Limits(rate=0))) as url:
        page = open_page(f"{url}#view=try")
        text = "Rain, pluie and a guitar"
        page.get_by_label("Text", exact=True).fill(text)
        page.get_by_label("Language", exact=True).select_option("en")
        find_topics(page)
        page.wait_for_selector(".result mark")
        theta = model.transform([text], "en")[0]
        assert shown_shares(page) == dict(zip(range(3), as_shown(theta), strict=True))
        said = page.locator(".result").first.inner_text()
        assert "the space of contexts that all languages share, like all figures here" in said
        assert "Words that are not marked change little." in said
        assert "soft" not in said
        # One of them is in no vocabulary.
        assert page.locator(".result mark").all_inner_texts() == ["Rain", "pluie", "guitar"]


def test_what_was_found_for_another_text_does_not_stay(open_page, address):
    page = open_page(address)
    text = page.get_by_label("Text", exact=True)
    text.fill("rain")
    page.get_by_label("Language", exact=True).select_option("en")
    find_topics(page)
    page.wait_for_selector(".result .topic-list")
    text.press("End")
    text.press("s")
    assert page.locator(".result").first.inner_text() == ""


def test_a_language_never_trained_on_is_named_by_its_code(open_page, address, model, view):
    page = open_page(address)
    page.get_by_label("Text", exact=True).fill("la pluie, un orage")
    page.get_by_label("Language", exact=True).select_option("another, by its code")
    # The field that appears has the focus.
    page.keyboard.type("FR")
    find_topics(page)
    page.wait_for_selector(".result .topic-list")
    theta = view.transform(model, ["la pluie, un orage"], "fr")[0]
    assert shown_shares(page) == dict(zip([1, 3], as_shown(theta), strict=True))
    assert "Language: French." in page.locator(".result").first.inner_text()


def test_what_the_server_warns_of_is_shown(open_page, address):
    page = open_page(address)
    page.get_by_label("Text", exact=True).fill("nothing known here")
    page.get_by_label("Language", exact=True).select_option("de")
    find_topics(page)
    page.get_by_text("The model knows no word of the text in German (de).").wait_for()
    page.get_by_label("Language", exact=True).select_option("another, by its code")
    page.get_by_label("Its code").fill("sw")
    page.get_by_label("Text", exact=True).fill("pluie")
    find_topics(page)
    page.get_by_text("does not support Swahili (sw)").wait_for()
    assert len(shown_shares(page)) == 2


def test_a_line_in_no_known_language_does_not_stop_the_others(open_page, address):
    page = open_page(address)
    page.get_by_label("Text", exact=True).fill("rain and storm, the train left the station\n12345")
    page.get_by_label("Each line is a text of its own").check()
    find_topics(page)
    page.wait_for_selector(".result table")
    rows = [row.locator("th, td").all_inner_texts() for row in page.locator(".result tbody tr").all()]
    assert [row[1] for row in rows] == ["English", "unknown language"]
    assert rows[0][3].endswith("%")
    assert not rows[1][3].endswith("%")
    warning = page.locator(".result .warning").inner_text()
    assert "The language can't be identified of 1 of 2 lines, the first in line 2; topics are missing" in warning


def test_what_the_server_objects_to_is_told_in_sentences(open_page, address):
    page = open_page(address, refused=3)
    text = page.get_by_label("Text", exact=True)
    text.fill("12345")
    find_topics(page)
    page.get_by_text("The language of the text can't be identified: name it.").wait_for()
    text.fill("rain " * 200)
    find_topics(page)
    page.get_by_text("The text has 1,000 characters, and may have 500: split it.").wait_for()
    page.get_by_label("A file of texts").set_input_files(
        files=[{"name": "mine.csv", "mimeType": "text/csv", "buffer": b"nothing\nrain\n"}]
    )
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("The file has no column 'text'").wait_for()


def test_pasted_lines_may_be_one_text_each(open_page, address, model, view):
    page = open_page(address)
    text = page.get_by_label("Text", exact=True)
    page.get_by_label("Language", exact=True).select_option("en")
    choice = page.get_by_label("Each line is a text of its own")
    text.fill("rain and storm")
    assert not choice.is_visible()
    text.fill("rain and storm\n\nstation\nnothing known")
    choice.check()
    find_topics(page)
    page.wait_for_selector(".result table")
    rows = [row.locator("th, td").all_inner_texts() for row in page.locator(".result tbody tr").all()]
    assert [row[0] for row in rows] == ["rain and storm", "station", "nothing known"]
    with pytest.warns(EmptyDocumentWarning):
        theta = view.transform(model, ["rain and storm", "station", "nothing known"], "en", via="global")
    assert [row[3] for row in rows[:2]] == as_shown(theta[:2].max(axis=1))
    for row, each in zip(rows, theta[:2], strict=False):
        assert str([1, 3][int(each.argmax())]) in row[2]
    assert "Warning: " in page.locator(".result .warning").inner_text()
    assert serious_violations(page) == []


def test_the_page_of_the_api_is_accessible(open_page, address):
    page = open_page(address)
    page.goto(address.partition("#")[0] + "docs")
    assert page.locator("h1").inner_text() == "API"
    page.get_by_role("link", name="POST /api/transform", exact=True).click()
    assert serious_violations(page) == []


def test_a_file_is_uploaded_and_its_topics_saved(open_page, address, model, view):
    page = open_page(address)
    content = b"id,comment\n=1,rain and storm\nb,nothing known\n"
    page.get_by_label("A file of texts").set_input_files(
        files=[{"name": "mine.csv", "mimeType": "text/csv", "buffer": content}]
    )
    page.get_by_label("Column of the texts").fill("comment")
    page.get_by_label("Language of texts that name none").select_option("en")
    name, saved_content = saved(page, page.get_by_role("button", name="Upload"))
    assert name == "news-theta-mine.csv"
    first, second = csv.DictReader(io.StringIO(saved_content.decode("utf-8")))
    # As in one call: a document alone may differ in the last digits.
    with pytest.warns(EmptyDocumentWarning):
        theta = view.transform(model, ["rain and storm", "nothing known"], "en", via="global")[0]
    assert (first["id"], second["id"]) == ("'=1", "b")
    assert first["text"] == "rain and storm"
    assert int(first["topic"]) == [1, 3][int(theta.argmax())]
    assert first["name"]
    assert page.locator(".result .warning").inner_text().startswith("Warning: The model knows no word of 1 of 2")
    np.testing.assert_array_equal(np.float32([first["topic_1"], first["topic_3"]]), theta)
    assert second["topic_1"] == second["topic_3"] == ""
    page.get_by_text("The model knows no word of 1 of 2 documents").wait_for()


def test_the_live_view_fits_a_phone_and_has_no_serious_accessibility_violation(open_page, address):
    page = open_page(address, viewport={"width": 320, "height": 640})
    page.get_by_label("Text", exact=True).fill(TEXT)
    page.get_by_label("Language", exact=True).select_option("en")
    page.get_by_label("Language of texts that name none").select_option("another, by its code")
    find_topics(page)
    page.wait_for_selector(".result mark")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert serious_violations(page) == []


def test_a_server_with_a_token_gives_its_page_to_who_has_it(open_page, model):
    with listening(create_app(model, token=TOKEN)) as url:
        page = open_page(f"{url}#view=try", http_credentials={"username": "anyone", "password": TOKEN})
        page.get_by_label("Text", exact=True).fill("rain")
        page.get_by_label("Language", exact=True).select_option("en")
        find_topics(page)
        page.wait_for_selector(".result .topic-list")
        assert len(shown_shares(page)) == 4

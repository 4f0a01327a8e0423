"""Search finds words, topics, labels and documents, and leads to each; over a server also by meaning."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from browser import Watched, arrive, go, serious_violations
from browser import browser as browser
from browser import page as page
from browser import shared as shared
from made_up_summary import made_up_summary

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    return made_up_summary(num_topics=6, documents=12)


def field(page: Any) -> Any:
    return page.get_by_role("combobox", name="Search a word")


def offers(page: Any, group: str) -> list[str]:
    found = page.get_by_role("group", name=group, exact=True).get_by_role("option")
    return [" ".join(text.split()) for text in found.all_inner_texts()]


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("orm", "storm English"),
        ('"orm"', "storm English"),
        ("STATION", "station English"),
        ("ﾀｰ", "ギター Japanese"),
        ("صف", "عاصفة Arabic"),
    ],
)
def test_words_are_found_by_any_part_in_any_script(page, typed, word):
    field(page).fill(typed)
    page.get_by_role("group", name="Words").wait_for()
    assert any(offer.startswith(word) for offer in offers(page, "Words"))


def test_words_that_are_typed_whole_come_first(page):
    field(page).fill("rain")
    assert [offer.split()[0] for offer in offers(page, "Words")][:2] == ["rain", "train"]
    # With one language chosen, its words come first.
    page.get_by_label("Names and words in").select_option("de")
    field(page).fill("wind")
    assert [offer.split()[:2] for offer in offers(page, "Words")][:2] == [["wind", "English"], ["Wind", "German"]][::-1]
    page.get_by_label("Names and words in").select_option("all")


def test_several_words_are_all_sought(page, summary):
    field(page).fill("cloud 風")
    # In topic 0 alone are both; no word has both, so each is offered by itself.
    assert [offer.split()[-1] for offer in offers(page, "Topics")] == ["0"]
    assert [offer.split()[0] for offer in offers(page, "Words")] == ["cloud", "風"]
    field(page).fill("guitar referee")
    assert offers(page, "Topics") == []
    field(page).fill("label 1")
    assert [offer.split()[-1] for offer in offers(page, "Topics")] == ["1"]
    field(page).fill("Topic 6")
    assert [offer.split()[-1] for offer in offers(page, "Topics")] == ["6"]


def test_labels_and_documents_are_found_and_led_to(page, summary):
    labels, table = summary["labels"], summary["documents"]
    field(page).fill("port")
    count = sum(counts[labels["values"].index("sports")] for counts in labels["counts"].values())
    assert offers(page, "Labels") == [f"sports {count} documents"]
    page.get_by_role("group", name="Labels").get_by_role("option").click()
    arrive(page, "#view=labels&of=")
    shares = [row[1]["mean"] for row in labels["prevalence"]]
    most = summary["topics"][shares.index(max(shares))]
    assert page.get_by_label("Topic", exact=True).input_value() == str(most["id"])
    with_it = sum("bahnhof" in text.lower() for text in table["texts"])
    field(page).fill("Bahnhof")
    page.get_by_role("option", name=f"{with_it} documents with it").click()
    arrive(page, "#view=documents&q=Bahnhof")
    go(page, "#search=Bahnhof")
    found = page.locator(".found-documents")
    found.get_by_role("link", name="documents").last.wait_for()
    assert found.locator(".document-row").count() == min(3, with_it)
    # By its id.
    go(page, "#search=ja-3")
    found.locator(".document-row").wait_for()
    assert found.locator(".document-row").count() == 1
    assert serious_violations(page) == []


def test_the_keyboard_goes_through_all_groups(page):
    go(page, "#view=topics")
    field(page).fill("station")
    page.locator("#offers [role=option]").first.wait_for()
    seen = []
    for _ in range(page.locator("#offers [role=option]").count()):
        page.keyboard.press("ArrowDown")
        active = page.locator(f"#{field(page).get_attribute('aria-activedescendant')}")
        seen.append(active.evaluate("each => each.closest('[role=group]').getAttribute('aria-label')"))
    assert list(dict.fromkeys(seen)) == ["Words", "Topics", "Documents"]
    assert serious_violations(page) == []
    page.keyboard.press("Enter")
    arrive(page, "#view=documents")


def test_nothing_found_is_said(page):
    field(page).fill("zzzz")
    page.get_by_role("option", name="No word, topic or label has this").wait_for()
    page.keyboard.press("Enter")
    arrive(page, "#search=zzzz")
    page.get_by_text("No document has this in its text").wait_for()
    assert "No word of any language's vocabulary has this" in page.locator("main").inner_text()
    assert page.get_by_text("Search by meaning").count() == 0


def test_a_server_also_searches_by_meaning(browser, tmp_path, summary):
    from gloctm.explorer import render_page

    topic, asked = summary["topics"][1], []
    answer = {
        "by": "meaning",
        "topics": [{"topic": 1, "name": topic["name"], "score": 0.71, "similarity": 0.6, "word_share": 0.9}],
        "documents": [
            {
                **{"id": "17", "lang": "ar", "text": "<b>قطار</b>", "label": "news", "date": None, "score": 0.66},
                **{"similarity": 0.7, "word_share": 0.5, "topic": 1, "name": topic["name"], "proportion": 0.93},
            }
        ],
        "warnings": ["the encoder is small"],
    }
    body = render_page(summary, live=True)
    profile = Watched(browser, refused=1)
    profile.context.route("http://live.test/", lambda route: route.fulfill(body=body, content_type="text/html"))

    def search(route: Any) -> None:
        asked.append(json.loads(route.request.post_data))
        if asked[-1]["query"] == "?":
            route.fulfill(status=422, json={"detail": "nothing can be compared"})
        else:
            route.fulfill(json=answer)

    profile.context.route("http://live.test/api/search", search)
    page = profile.open("http://live.test/")
    field(page).fill("a late train")
    page.get_by_role("option", name="Search by meaning").click()
    arrive(page, f"#search={quote('a late train').replace('%20', '+')}&by=meaning")
    page.locator(".result .topic-list").wait_for()
    assert asked == [{"query": "a late train", "lang": None, "num": 10}]
    text = page.locator(".result").inner_text()
    for part in ["score 0.71", "<b>قطار</b>", "The encoder is small.", "17", "news"]:
        assert part in text
    assert page.locator(".result .text[lang=ar][dir=rtl]").count() == 1
    assert serious_violations(page) == []
    go(page, "#search=%3F&by=meaning")
    page.get_by_text("Nothing can be compared.").wait_for()
    profile.context.close()
    profile.check()

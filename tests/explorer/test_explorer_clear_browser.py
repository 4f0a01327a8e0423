"""What a page calls clear, how it begins, and what it ties together: never more than the figures say."""

from __future__ import annotations

from typing import Any

import pytest

from browser import Watched, arrive, go, serious_violations
from browser import browser as browser
from browser import page as page
from browser import shared as shared
from gloctm.explorer import render_page, write_report
from made_up_summary import made_up_summary

pytestmark = pytest.mark.browser

NUM_TOPICS = 12


def estimate(mean: float, width: float) -> dict[str, float]:
    return {"mean": mean, "low": max(0.0, mean - width), "high": mean + width}


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    """Topic 0 differs clearly, 1 clearly but little, the others not; of 2019 and culture there are few documents."""
    made = made_up_summary(("en", "de"), num_topics=NUM_TOPICS, vocabulary=80, other=True)
    clear, small, unclear = (0.05, 0.02), (0.001, 0.0005), (0.0, 0.02)
    labels, dates = made["labels"], made["dates"]
    dates["prevalence"] = {code: [] for code in ("en", "de")}
    labels["prevalence"] = []
    for place, topic in enumerate(made["topics"]):
        difference, width = {0: clear, 1: small}.get(place, unclear)
        topic["doubtful"] = []
        one, other = estimate(0.08 + difference, width / 2), estimate(0.08, width / 2)
        topic["prevalence"] = {"en": one, "de": other}
        topic["contrast"] = {
            code: {"difference": sign * difference, "low": sign * difference - width, "high": sign * difference + width}
            for code, sign in (("en", 1), ("de", -1))
        }
        labels["prevalence"].append([one, other, one])
        for code in ("en", "de"):
            dates["prevalence"][code].append([one, other, other, one])
    labels["counts"] = {code: [100, 100, 4] for code in ("en", "de")}
    labels["by_language"] = {}
    dates["counts"] = {code: [5, 100, 100, 100] for code in ("en", "de")}
    # Topic 2 here split into 1 and the last there; the first of both models have no like.
    match = made["other"]["matches"]
    match[:] = sorted(match, key=lambda each: each[1])[1:]
    row = next(place for place, topic in enumerate(made["topics"]) if topic["id"] == match[0][0])
    for each, cosines in enumerate(made["other"]["similarity"]):
        cosines[0] = 0.93 if each == row else 0.1
    # A word that fits no topic, and many that begin alike.
    index = made["search"]["en"]
    index["words"] += ["people", *(f"stormy{letter}" for letter in "abcdefghijk")]
    index["topics"] += [[[4, 900, -0.31]], *([[0, 20, 0.5]] for _ in range(11))]
    heights = [0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.22, 0.5, 0.52, 0.54, 0.9]
    for merge, height in zip(made["merges"], heights, strict=True):
        merge[2] = height
    return made


def text_of(page: Any) -> str:
    return str(page.locator("main").inner_text())


def row_of(page: Any, topic: dict[str, Any]) -> str:
    return str(page.locator(".differences tbody tr", has_text=topic["name"]).first.inner_text())


@pytest.mark.parametrize("kind", ["languages&one=en&other=de", "labels", "periods&one=2023&other=2020"])
def test_small_differences_are_not_called_clear(page, summary, kind):
    go(page, f"#view=side&kind={kind}")
    assert "1 of 12 topics clearly differ" in text_of(page)
    assert "1 more is clear but small: below 0.5 points." in text_of(page)
    first, second, third = summary["topics"][:3]
    assert "▲ more in" in row_of(page, first)
    assert "+0.1 (" in row_of(page, second)
    assert "clear but small" in row_of(page, second)
    assert "▲" not in row_of(page, second)
    assert "not clear" in row_of(page, third)


def test_every_view_calls_the_same_differences_clear(page, summary):
    first, second = summary["topics"][:2]
    go(page, "#view=overview")
    found = page.locator(".finding", has_text="languages").locator("li")
    assert [first["name"] in each for each in found.all_inner_texts()] == [True]
    assert not any(
        second["name"] in each for each in page.locator(".finding ol").nth(2).locator("li").all_inner_texts()
    )
    go(page, "#view=compare&lang=en")
    rows = page.get_by_role("region", name="English compared with German").locator("tbody tr")
    assert "▲ more" in rows.filter(has_text=first["name"]).first.inner_text()
    assert "clear but small" in rows.filter(has_text=second["name"]).first.inner_text()
    assert page.locator("main .verdict.more").count() == 1
    # Colors of labels and periods, against their mean: those of few documents, and small ones, stay faint.
    go(page, "#view=labels&colors=usual")
    assert "fewer than 20 documents" in text_of(page)
    assert page.get_by_role("button", name="mean of the labels").is_visible()
    cells = page.locator(".heat tbody tr", has_text=first["name"]).locator(".heat-holder")
    parts = [
        float(part) for part in cells.evaluate_all("all => all.map(each => each.style.getPropertyValue('--part'))")
    ]
    assert parts[2] == pytest.approx(0.3 * parts[0])
    go(page, "#view=time")
    assert page.get_by_role("button", name="mean of the years").is_visible()
    assert "The mean of the years gives each the same weight" in text_of(page)
    # From the first year, of few documents, nothing has clearly grown.
    assert "too few documents" in page.locator(".course-growth").first.inner_text()
    assert page.locator(".course-growth .verdict.more, .course-growth .verdict.less").count() == 0


@pytest.mark.parametrize("kind", ["labels&one=news&other=culture", "periods&one=2020&other=2019"])
def test_few_documents_make_nothing_clear(page, summary, kind):
    go(page, f"#view=side&kind={kind}")
    assert "Fewer than 20 documents in " in text_of(page)
    assert "Too few documents to call a difference clear" in text_of(page)
    assert "clearly differ" not in text_of(page)
    assert page.locator(".differences .verdict").all_inner_texts() == ["too few documents"] * NUM_TOPICS


def test_topics_that_split_are_not_without_a_match(page, summary):
    go(page, "#view=side&kind=models")
    id_here, number, _ = summary["other"]["matches"][0]
    text = text_of(page)
    assert "10 topics match one to one; 1 split or were joined; 2 here and 0 there have no match." in text
    assert f"{id_here} here → {number} and 0 there" in text
    assert "split; similarity 0.93" in text
    assert "another scale than those under Similarity" in text
    assert "nearest there: topic" in page.locator("section", has_text="Only here").last.inner_text()


def test_the_tree_is_first_cut_where_it_says_most(page):
    go(page, "#view=similarity")
    page.wait_for_selector(".matrix-cells svg")
    assert "5 groups of 12 topics" in text_of(page)
    assert page.locator(".topic-group").count() > 0
    holder, matrix = (page.locator(each).bounding_box() for each in (".matrix-holder", ".matrix"))
    assert 0.85 * holder["width"] < matrix["width"] <= holder["width"]


def test_two_topics_are_not_joined_at_first(browser, tmp_path):
    profile = Watched(browser)
    report = write_report(made_up_summary(num_topics=2), tmp_path / "report.html")
    assert "2 groups of 2 topics" in text_of(profile.open(f"{report.as_uri()}#view=similarity"))
    profile.context.close()
    profile.check()


def test_search_says_how_many_more_and_ties_no_word_to_a_topic_it_does_not_fit(page):
    search = page.get_by_role("combobox", name="Search a word")
    search.fill("stormy")
    words = page.get_by_role("group", name="Words", exact=True).get_by_role("option")
    assert words.count() == 8
    assert words.last.inner_text() == "4 more words: Enter shows all"
    search.press("Enter")
    arrive(page, "#search=stormy")
    assert page.locator(".card.found").count() == 11
    search.fill("people")
    assert "no topic" in words.first.inner_text()
    go(page, "#search=people&lang=en")
    assert "No topic has it among its words." in text_of(page)
    assert page.locator(".card.found .topic-link").count() == 0


def test_marks_of_words_are_called_what_they_are(page, summary):
    go(page, f"#topic={summary['topics'][0]['id']}")
    assert "⇄ marks words whose nearest word in another language, by their vectors, is shown" in text_of(page)
    go(page, "#view=side&kind=languages")
    assert "each other's nearest in the other language, by their vectors" in text_of(page)


def test_sentences_are_searched_by_meaning_first(browser, summary):
    profile = Watched(browser)
    body = render_page(summary, live=True)
    profile.context.route("http://live.test/", lambda route: route.fulfill(body=body, content_type="text/html"))
    page = profile.open("http://live.test/")
    search = page.get_by_role("combobox", name="Search a word")
    titles = page.locator("#offers [role=group]")

    def groups(typed: str) -> list[str]:
        search.fill(typed)
        return [str(each) for each in titles.evaluate_all("all => all.map(each => each.ariaLabel)")]

    assert groups("how do I book a train")[0] == "Meaning"
    assert groups("train")[-1] == "Meaning"
    assert groups("xqzw")[0] == "Meaning"
    search.fill("how do I book a train")
    search.press("Enter")
    arrive(page, "#search=how")
    link = page.locator(".by-meaning a.main-link")
    assert link.is_visible()
    assert serious_violations(page) == []
    go(page, "#search=train")
    assert page.locator(".by-meaning").is_visible()
    assert link.count() == 0
    profile.context.close()
    profile.check()

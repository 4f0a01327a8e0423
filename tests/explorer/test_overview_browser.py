"""The overview answers first: findings, each a link, then all topics; what they rest on is in a view of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import Watched, arrive, go, heading, serious_violations
from browser import browser as browser
from browser import shared as shared
from gloctm.explorer import write_report
from made_up_summary import PERIODS, made_up_summary

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    return made_up_summary(num_topics=6)


@pytest.fixture
def page(shared: tuple[Watched, Any]) -> Iterator[Any]:
    profile, page = shared
    go(page, "#view=nothing")
    go(page, "#view=overview")
    yield page
    profile.check()


def card(page: Any, title: str) -> Any:
    return page.locator(".finding", has=page.get_by_role("heading", name=title))


def open_made_up(browser: Any, path: Path, made_up: dict[str, Any], view: str = "") -> tuple[Watched, Any]:
    profile = Watched(browser)
    return profile, profile.open(write_report(made_up, path / "report.html").as_uri() + view)


def test_the_largest_topics_come_first(page, summary):
    largest = sorted(summary["topics"], key=lambda topic: -topic["overall"])[:3]
    sentences = card(page, "Largest topics").locator("li")
    for topic, sentence in zip(largest, sentences.all(), strict=True):
        text = sentence.inner_text()
        assert topic["name"] in text
        assert f"{100 * topic['overall']:.1f}% of a document on average" in text
        assert f"mainly about: {sum(topic['mainly'].values())} documents" in text
    sentences.first.get_by_role("link").click()
    arrive(page, f"#topic={largest[0]['id']}")
    assert largest[0]["name"] in heading(page)
    assert f"mainly about: {sum(largest[0]['mainly'].values())} documents" in page.locator(".lead").inner_text()


def test_clear_differences_between_languages_are_told_without_doubtful_topics(page, summary):
    found = [
        (abs(each["difference"]), topic, code, each)
        for topic in summary["topics"]
        if not topic["doubtful"]
        for code, each in topic["contrast"].items()
        if each["low"] > 0 or each["high"] < 0
    ]
    _, topic, code, estimate = max(found, key=lambda each: each[0])
    differences = card(page, "Greatest differences between languages")
    name = next(language["name"] for language in summary["languages"] if language["code"] == code)
    direction = "more" if estimate["difference"] > 0 else "less"
    first = differences.locator("li").first
    assert first.inner_text().startswith(f"{name}: {direction} about {topic['name']}")
    points = f"{100 * estimate['difference']:+.1f} points ({100 * estimate['low']:+.1f}"
    assert points.replace("-", "−") in first.inner_text()
    # Five topics without doubt, in four languages.
    assert "The greatest of 20 comparisons, of which about 1 looks clear by chance" in differences.inner_text()
    assert "Left out: 1 topic with another theme in some language." in differences.inner_text()
    first.get_by_role("link").click()
    arrive(page, f"#view=compare&lang={code}")


def test_changes_over_time_are_told_with_their_intervals(page, summary):
    dates = summary["dates"]
    found = []
    for code, rows in dates["prevalence"].items():
        for topic, row in zip(summary["topics"], rows, strict=True):
            first, last = row[0], row[-1]
            difference = last["mean"] - first["mean"]
            low = difference - math.hypot(last["mean"] - last["low"], first["high"] - first["mean"])
            high = difference + math.hypot(last["high"] - last["mean"], first["mean"] - first["low"])
            if low > 0 or high < 0:
                found.append((abs(difference), topic, code, difference, low))
    _, topic, code, difference, low = max(found, key=lambda each: each[0])
    first = card(page, "What changed over time").locator("li").first
    text = first.inner_text()
    assert topic["name"] in text
    assert f"in {PERIODS[0]}" in text
    assert f"{100 * difference:+.1f} points ({100 * low:+.1f}" in text
    first.get_by_role("link").click()
    arrive(page, f"#view=time&of={topic['id']}&lang={code}")


def test_doubtful_topics_are_marked_where_they_are_first_seen(page):
    section = page.locator("section", has=page.get_by_role("heading", name="Topics", exact=True)).last
    assert "One topic has a language whose words agree little" in section.inner_text()


def test_what_the_topics_rest_on_is_in_a_view_of_its_own(page):
    assert page.locator("main", has_text="@inproceedings").count() == 0
    page.get_by_role("link", name="Quality, training, settings").click()
    arrive(page, "#view=about")
    assert page.locator("#views a[aria-current]").inner_text() == "About"
    text = page.locator("main").inner_text()
    for part in ["inverted RBO", "Training: total loss", "@inproceedings", "Mainly about:"]:
        assert part in text
    assert serious_violations(page) == []


def test_a_phone_has_links_to_the_parts_of_a_page(page):
    assert not page.locator(".jumps").is_visible()
    page.set_viewport_size({"width": 320, "height": 640})
    try:
        # The findings begin on the first screen, and end within three.
        assert page.locator(".findings").bounding_box()["y"] < 640
        box = page.locator(".findings").bounding_box()
        assert box["y"] + box["height"] < 3 * 640
        go(page, "#topic=1")
        page.locator(".jumps").get_by_role("button", name="Typical documents").click()
        heading = page.get_by_role("heading", name="Typical documents")
        assert 0 <= heading.bounding_box()["y"] < 640
        assert page.evaluate("document.activeElement.textContent") == "Typical documents"
        go(page, "#view=about")
        current = page.locator("#views a[aria-current]").bounding_box()
        assert current["x"] >= 0
        assert current["x"] + current["width"] <= 320
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    finally:
        page.set_viewport_size({"width": 1280, "height": 720})


def test_what_is_missing_is_said(browser, tmp_path):
    # No figure is clear, nor dated; labels tell instead.
    made_up = made_up_summary()
    made_up["dates"] = None
    for topic in made_up["topics"]:
        for each in topic["contrast"].values():
            each.update(low=-0.5, high=0.5)
    estimates = made_up["labels"]["prevalence"]
    for row in estimates:
        for place in (0, 1):
            row[place] = {"mean": 0.1, "low": 0.09, "high": 0.11}
    estimates[1][0] = {"mean": 0.5, "low": 0.45, "high": 0.55}
    profile, page = open_made_up(browser, tmp_path, made_up)
    assert "No difference is clear" in card(page, "Greatest differences").inner_text()
    first = card(page, "What labels are about").locator("li").first
    assert first.inner_text().startswith(f"news: more about {made_up['topics'][1]['name']}")
    assert "50.0% of a document, 10.0% with other labels: +40.0 points (" in first.inner_text()
    assert "looks clear by chance alone" in card(page, "What labels are about").inner_text()
    first.get_by_role("link").click()
    arrive(page, "#view=labels&of=1")
    profile.check()
    # One language, one topic, no labels and no dates.
    made_up = made_up_summary(("de",), num_topics=1)
    made_up["labels"] = made_up["dates"] = None
    profile, page = open_made_up(browser, tmp_path, made_up)
    assert "one language, so there is nothing to compare" in page.locator(".findings").inner_text()
    assert "neither dates nor labels" in page.locator(".findings").inner_text()
    assert serious_violations(page) == []
    profile.check()
    profile, page = open_made_up(browser, tmp_path, made_up_summary(corpus=False))
    text = page.locator("main").inner_text()
    assert "made without a corpus" in text
    assert "gloctm report MODEL --corpus CORPUS" in text
    go(page, "#view=about")
    assert "NaN" not in page.locator("main").inner_text()
    profile.check()

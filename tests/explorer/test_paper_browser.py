"""Pages on paper, which nobody scrolls, points at or presses: all that was there is there; and room in charts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import Watched, go
from browser import browser as browser
from gloctm.explorer import write_report
from made_up_summary import made_up_summary

pytestmark = pytest.mark.browser

LABELS = [f"office {number}" for number in range(40)]
# What is between the margins of a sheet.
SHEET = {"width": 718, "height": 1000}


def summary_of_many_labels() -> dict[str, Any]:
    """Forty labels, one of them with nearly all of the first topic; periods of few documents, with wide intervals."""
    made = json.loads(json.dumps(made_up_summary(("en", "de"), num_topics=4, documents=40)))
    found = [
        {"mean": 0.98 if not number else 0.0, "low": 0, "high": 0.99 if not number else 0.0} for number in range(40)
    ]
    labels = made["labels"]
    labels["values"] = LABELS
    for part in (labels["prevalence"], *labels["by_language"].values()):
        part[:] = [found for _ in part]
    labels["counts"] = {code: [50] * 40 for code in labels["counts"]}
    dates = made["dates"]
    dates["counts"] = {code: [6, 6, 0, 6] for code in dates["counts"]}
    for courses in dates["prevalence"].values():
        courses[:] = [[each and {"mean": 0.3, "low": 0.0, "high": 0.9} for each in course] for course in courses]
    return made


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(summary_of_many_labels(), tmp_path_factory.mktemp("paper") / "report.html")


@pytest.fixture(scope="module")
def profile(browser: Any, report: Path) -> Iterator[tuple[Watched, Any]]:
    watched = Watched(browser, viewport={"width": 1280, "height": 800})
    yield watched, watched.open(report.as_uri())
    watched.context.close()


@pytest.fixture
def page(profile: tuple[Watched, Any]) -> Iterator[Any]:
    watched, page = profile
    yield page
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 800})
    watched.check()


def print_view(page: Any, view: str) -> None:
    """Show a view as it is printed, from its top."""
    go(page, view)
    page.wait_for_selector(".chart:not([data-drawn])", state="detached")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size(SHEET)


def boxes(page: Any, parts: str) -> list[dict[str, float]]:
    return page.eval_on_selector_all(parts, "all => all.map(each => each.getBoundingClientRect().toJSON())")


def test_a_page_has_loaded_once_its_charts_are_drawn(browser, report):
    # As programs print that wait for the page alone.
    watched = Watched(browser, viewport={"width": 1280, "height": 800})
    page = watched.context.new_page()
    for view in ("#topic=0", "#view=time", "#view=documents"):
        page.goto("about:blank")
        page.goto(report.as_uri() + view, wait_until="load")
        drawn = "[...document.querySelectorAll('.chart')].map(each => each.dataset.drawn)"
        assert page.evaluate(
            "[document.documentElement.dataset.ready, document.querySelectorAll('iframe').length]"
        ) == [
            "true",
            0,
        ]
        assert set(page.evaluate(drawn)) <= {"true"}, view
        assert "One moment" not in page.locator("main").inner_text()
    watched.context.close()


def test_wide_tables_are_on_paper_in_parts_and_charts_as_wide_as_it(page):
    print_view(page, "#view=labels")
    heads = page.locator(".heat thead th:visible").all_inner_texts()
    assert [name for name in LABELS if not any(head.split("\n")[0].strip().startswith(name) for head in heads)] == []
    assert len([head for head in heads if head.startswith("topic")]) > 2
    # A little more makes browsers print all a little smaller.
    tables = boxes(page, ".heat table:not(.in-parts), .chart svg")
    assert max(box["right"] for box in tables) <= 1.15 * SHEET["width"]
    # Written large enough, with the last point.
    [drawn] = boxes(page, ".chart svg")
    assert drawn["width"] > 0.85 * SHEET["width"]
    points = boxes(page, ".chart .mark-symbol path[aria-label], .chart .mark-symbol path")
    assert max(point["right"] for point in points) > 0.8 * SHEET["width"]
    assert page.locator("main :is(.step, .said, .buttons, button:not(.sort))").locator("visible=true").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert page.locator(".part-on-paper").count() == 0
    assert page.locator(".heat thead th:visible").count() == 42
    page.wait_for_function("document.querySelector('.chart svg').getBoundingClientRect().width > 900")


def test_hints_tools_and_folded_parts_are_not_on_paper_but_settings_are(page):
    print_view(page, "#topic=0")
    assert page.locator(".words .said").is_hidden()
    assert len(boxes(page, ".chart svg")) > 1
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    print_view(page, "#view=topics")
    assert page.locator(".table thead th:visible").first.inner_text().startswith("topic")
    assert page.locator(".view-file").is_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    print_view(page, "#view=about")
    assert page.locator("details.settings dl").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not page.locator("details.settings").first.evaluate("each => each.open")
    print_view(page, "#view=documents")
    page.wait_for_selector(".document-map canvas.points", timeout=10_000)
    shapes = page.locator(".document-map canvas").evaluate_all(
        "all => all.map(each => [each.clientWidth / each.clientHeight, each.width / each.height])"
    )
    for shown, drawn in shapes:
        assert shown == pytest.approx(drawn, rel=0.02)


def test_scales_over_time_reach_above_the_intervals(page):
    go(page, "#view=time")
    page.wait_for_selector(".chart[data-drawn]")
    named = page.locator(".chart .role-axis-label text").all_text_contents()
    assert "80%" in named
    highest = page.locator(".course-top").first.inner_text()
    # Of both languages together.
    assert 40 < float(highest.removesuffix("%")) < 100
    areas = boxes(page, ".chart .mark-area path")
    [frame] = boxes(page, ".chart svg")
    assert len(areas) == 2
    assert all(area["top"] > frame["top"] + 10 for area in areas)
    opacities = page.locator(".chart .mark-area path").evaluate_all(
        "all => all.map(each => each.getAttribute('fill-opacity'))"
    )
    assert [float(each) for each in opacities] == [0.08, 0.08]


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_names_keep_off_points_at_zero_and_titles_are_whole(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    go(page, "#view=labels")
    page.wait_for_selector(".chart[data-drawn]")
    page.wait_for_function(
        "(each => Number(each.dataset.width) === each.clientWidth)(document.querySelector('.chart'))"
    )
    page.wait_for_function(
        "document.querySelector('.chart svg').clientWidth <= document.querySelector('.chart').clientWidth"
    )
    names = page.locator(".chart .role-axis-label text", has_text="office").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().right)"
    )
    points = boxes(page, ".chart .mark-symbol.role-mark path")
    assert len(names) == len(points) == 40
    assert max(names) + 2 < min(point["left"] for point in points)
    [frame] = boxes(page, ".chart")
    for text in boxes(page, ".chart svg text"):
        assert frame["left"] - 1 <= text["left"]
        assert text["right"] <= frame["right"] + 1

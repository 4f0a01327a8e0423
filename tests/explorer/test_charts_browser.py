"""Charts and the map of topics as a person sees them: names to be read, colors that differ, files that hold all."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from browser import Watched, saved
from browser import browser as browser
from gloctm.descriptions import DESCRIPTIONS, filled
from gloctm.explorer import write_report
from gloctm.plot.palette import contrast
from made_up_summary import made_up_summary

pytestmark = pytest.mark.browser

CODES = ("en", "ja", "ar", "de", "zh")
MANY = 50
MADE = made_up_summary(CODES, num_topics=MANY)


@pytest.fixture(scope="module")
def profile(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watched, Any]]:
    """The page of fifty topics in five languages."""
    report = write_report(MADE, tmp_path_factory.mktemp("charts") / "report.html")
    profile = Watched(browser, viewport={"width": 1280, "height": 800})
    yield profile, profile.open(report.as_uri())
    profile.context.close()


@pytest.fixture
def page(profile: tuple[Watched, Any]) -> Iterator[Any]:
    """That page at its usual width; at the end nothing may have gone wrong, nor left it."""
    watched, page = profile
    page.set_viewport_size({"width": 1280, "height": 800})
    yield page
    watched.check()


def go(page: Any, view: str, chart: str) -> Any:
    """Go to a view, and wait for a chart of it."""
    shown = page.evaluate("(view) => { location.hash = view; return location.hash; }", view)
    page.wait_for_selector(f'html[data-shown="{shown}"]')
    drawn = page.locator(chart).first
    drawn.scroll_into_view_if_needed()
    page.wait_for_selector(f'{chart}[data-drawn="true"]')
    return drawn


def boxes(page: Any, within: str, parts: str) -> list[dict[str, float]]:
    """Where parts of a drawing are."""
    script = """([within, parts]) => [...document.querySelector(within).querySelectorAll(parts)].map((part) => {
        const { left, right, top, bottom } = part.getBoundingClientRect();
        return { left, right, top, bottom };
    })"""
    found: list[dict[str, float]] = page.evaluate(script, [within, parts])
    return found


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two boxes share more than the blank above and below letters."""
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > 1 and down > 3


def test_every_circle_of_fifty_has_a_name_that_covers_nothing(page):
    go(page, "#view=overview", ".map")
    names = page.locator(".map .spot").evaluate_all(
        "spots => spots.map(spot => [...spot.querySelectorAll('.name')].map(line => line.textContent).join(' '))"
    )
    titles = [topic["name"] for topic in MADE["topics"]]
    assert len(names) == MANY
    for name, title in zip(names, titles, strict=True):
        assert name == title or (len(name) > 8 and title.startswith(name.rstrip("…")))
    texts = boxes(page, ".map", ".name")
    circles = boxes(page, ".map", ".spot > g")
    assert not any(overlap(one, other) for one, other in itertools.combinations(texts, 2))
    assert not any(overlap(one, other) for one, other in itertools.combinations(circles, 2))
    # Circles are round: their corners are free.
    inner = [
        {"left": c["left"] + 4, "right": c["right"] - 4, "top": c["top"] + 4, "bottom": c["bottom"] - 4}
        for c in circles
    ]
    assert not any(overlap(text, circle) for text in texts for circle in inner)
    [frame] = boxes(page, ".map-holder", ".map")
    for box in [*texts, *circles]:
        assert frame["left"] <= box["left"]
        assert box["right"] <= frame["right"]
        assert frame["top"] <= box["top"]
        assert box["bottom"] <= frame["bottom"]


def test_circles_and_bars_tell_their_languages_and_doubts(page):
    go(page, "#view=overview", ".map")
    assert page.locator(".map .legend text").all_text_contents() == [
        "English",
        "Japanese",
        "Arabic",
        "German",
        "Chinese",
    ]
    topic = MADE["topics"][1]
    assert topic["doubtful"]
    spot = page.locator(f'.map .spot[data-topic="{topic["id"]}"]')
    assert spot.locator("g path").count() == len(CODES)
    whole = sum(topic["prevalence"][code]["mean"] for code in CODES)
    parts = [f"{100 * topic['prevalence'][code]['mean'] / whole:.0f}%" for code in CODES]
    said = spot.get_attribute("aria-label")
    assert re.findall(r"\b(\d+%)", said.partition("by language: ")[2]) == parts
    assert "The words in Chinese agree little" in spot.locator(".doubt title").text_content()
    item = page.locator(".topic-list li", has=page.locator(f'a[href="#topic={topic["id"]}"]'))
    assert item.locator(".doubt").get_attribute("title") == spot.locator(".doubt title").text_content()
    widths = item.locator(".bar > span").evaluate_all("parts => parts.map(part => parseFloat(part.style.width))")
    assert sum(widths) == pytest.approx(100, abs=0.1)
    # No text is crossed by the bar of its line.
    bar = boxes(page, ".topic-list", "li .bar")[0]
    assert not any(overlap(bar, text) for text in boxes(page, ".topic-list", "li:first-child :is(a, .figures)"))


def test_the_map_is_saved_with_all_that_is_seen(page):
    go(page, "#view=overview", ".map")
    name, drawing = saved(page, page.get_by_role("button", name="chart Map of topics as SVG"))
    text = drawing.decode()
    assert name.endswith("map-of-topics.svg")
    assert text.startswith("<svg")
    assert "var(" not in text
    assert "href" not in text
    for part in ("Chinese", "train station", ">51<"):
        assert part in text
    _, picture = saved(page, page.get_by_role("button", name="chart Map of topics as PNG"))
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    # Twice the size of the drawing.
    assert int.from_bytes(picture[16:20], "big") == 2 * int(re.search(r'width="(\d+)"', text)[1])


def test_a_phone_shows_every_number_and_the_names_that_fit(page):
    page.set_viewport_size({"width": 320, "height": 700})
    go(page, "#view=overview", ".map")
    page.wait_for_function("document.querySelector('.map svg').clientWidth < 320")
    assert page.locator(".map .spot > text:not(.name, .doubt)").count() == MANY
    texts, circles = boxes(page, ".map", ".name"), boxes(page, ".map", ".spot > g")
    assert not any(overlap(one, other) for one, other in itertools.combinations(texts, 2))
    assert not any(overlap(one, other) for one, other in itertools.combinations(circles, 2))
    for view, chart in (("#view=compare&show=prevalence&lang=all", ".heat"), ("#view=time", ".trend")):
        go(page, view, chart)
        [frame] = boxes(page, "main", f"{chart} svg")
        for text in boxes(page, chart, "svg text"):
            assert frame["left"] - 1 <= text["left"]
            assert text["right"] <= frame["right"] + 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_topic_is_seen_among_those_near_it(page):
    chosen, similar = 0, [other for other, _ in MADE["topics"][0]["similar"]]
    go(page, f"#topic={chosen}", ".map")
    for number in (chosen, *similar):
        spot = page.locator(f'.map .spot[data-topic="{number}"]')
        assert spot.locator("g").first.get_attribute("opacity") == "1"
        assert spot.locator(".name").count() > 0
    others = page.locator(".map .spot g[opacity='0.35']")
    assert others.count() == MANY - 1 - len(similar)


def hexadecimal(color: str) -> str:
    """A color as browsers or styles write it, as "#rrggbb"."""
    if color.startswith("#"):
        return color
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", color)[:3])


def test_shares_that_hardly_differ_have_colors_that_do(page):
    heat = go(page, "#view=compare&show=prevalence&lang=all", ".heat")
    cells = heat.locator(".mark-rect.role-mark path").evaluate_all(
        "cells => cells.map(cell => cell.getAttribute('fill'))"
    )
    texts = heat.locator(".mark-text.role-mark text").evaluate_all(
        "texts => texts.map(text => [text.textContent, text.getAttribute('fill')])"
    )
    assert len(cells) == len(texts) == MANY * len(CODES)
    shares = [float(text.partition("%")[0]) for text, _ in texts]
    least, most = (hexadecimal(cells[shares.index(end(shares))]) for end in (min, max))
    assert contrast(least, most) > 7
    for cell, (_, ink) in zip(cells, texts, strict=True):
        assert contrast(hexadecimal(cell), hexadecimal(ink)) >= 4.5
    # Differences that are not clear have no color.
    gray = go(page, "#view=compare&show=difference&lang=all", ".heat")
    assert (
        len(
            set(
                gray.locator(".mark-rect.role-mark path").evaluate_all(
                    "cells => cells.map(cell => cell.getAttribute('fill'))"
                )
            )
        )
        == 1
    )


def test_charts_tell_what_is_pointed_at_and_follow_the_window_and_the_theme(page):
    chart = go(page, "#topic=0", ".intervals")
    point = chart.locator(".mark-symbol.role-mark path").first
    point.hover()
    shown = page.locator(".tip")
    shown.wait_for()
    assert shown.inner_text().startswith("English: ")
    page.locator("h1").hover()
    assert shown.is_hidden()
    wide = chart.locator("svg").bounding_box()["width"]
    page.set_viewport_size({"width": 700, "height": 800})
    page.wait_for_function("(wide) => document.querySelector('.intervals svg').clientWidth !== wide", arg=int(wide))
    assert chart.locator("svg").bounding_box()["width"] <= chart.bounding_box()["width"]
    ink = "text => getComputedStyle(text).fill"
    light = chart.locator("text").first.evaluate(ink)
    page.get_by_role("button", name="Dark theme").click()
    assert chart.locator("text").first.evaluate(ink) != light
    page.get_by_role("button", name="Dark theme").click()
    assert chart.locator("text").first.evaluate(ink) == light
    # Colors that are mixed are drawn again.
    heat = go(page, "#view=compare&show=prevalence&lang=all", ".heat")
    fill = heat.locator(".mark-rect.role-mark path").first.get_attribute("fill")
    page.get_by_role("button", name="Dark theme").click()
    page.wait_for_selector(f".heat .mark-rect.role-mark path:first-child:not([fill='{fill}'])")
    page.get_by_role("button", name="Dark theme").click()
    page.wait_for_selector(f".heat .mark-rect.role-mark path:first-child[fill='{fill}']")


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node to run the script")
def test_the_page_fills_descriptions_as_python_does(tmp_path: Path):
    source = (Path(str(resources.files("gloctm.explorer"))) / "assets/scripts/charts.js").read_text(encoding="utf-8")
    [function] = re.findall(r"^function filled.*?^}", source, re.MULTILINE | re.DOTALL)
    names = set(re.findall(r'"[$?]": "(\w+)"', json.dumps(DESCRIPTIONS)))
    everything = {name: f"the {name}" for name in names}
    for chosen in ({}, {"legend": True, "bands": True}, {"legend": True, "alone": "the alone", "plain": None}):
        values = {**everything, **chosen}
        script = tmp_path / "filled.mjs"
        script.write_text(
            f"{function}\nconsole.log(JSON.stringify(filled({json.dumps(DESCRIPTIONS)}, {json.dumps(values)})));",
            encoding="utf-8",
        )
        ran = subprocess.run(["node", str(script)], capture_output=True, text=True, check=True)
        assert json.loads(ran.stdout) == filled(DESCRIPTIONS, values)

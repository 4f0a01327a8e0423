"""Topics, languages, labels, periods and models compared, as a person does it in a browser."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from large_summary import large_summary

from browser import Open, Watched, arrive, go, heading, saved, serious_violations
from browser import browser as browser
from browser import open_page as open_page
from gloctm.explorer import write_report
from gloctm.summary.content import Estimate
from gloctm.summary.prevalence import difference
from made_up_summary import made_up_summary

pytestmark = pytest.mark.browser

VIEWS = [f"#view=side&kind={kind}" for kind in ("topics", "languages", "labels", "periods", "models")]
VIEWS += ["#view=similarity&groups=3", "#view=labels&colors=usual", "#view=time"]


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    return made_up_summary(num_topics=6, other=True)


@pytest.fixture(scope="module")
def report(summary: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(summary, tmp_path_factory.mktemp("comparison") / "report.html")


@pytest.fixture(scope="module")
def shared(browser: Any, report: Path) -> Iterator[tuple[Watched, Any]]:
    profile = Watched(browser)
    yield profile, profile.open(report.as_uri())
    profile.context.close()


@pytest.fixture
def visit(shared: tuple[Watched, Any]) -> Iterator[Open]:
    """Goes to a view of the shared page; at the end nothing may have gone wrong, nor left the page."""
    profile, page = shared

    def go_to(view: str) -> Any:
        go(page, "#view=nothing")
        go(page, view)
        return page

    yield go_to
    profile.check()


@pytest.fixture
def open_summary(open_page: Open, tmp_path: Path) -> Callable[..., Any]:
    """Opens a view of the page of a made-up summary."""

    def open_it(made: dict[str, Any], view: str, **options: Any) -> Any:
        return open_page(write_report(made, tmp_path / "report.html").as_uri() + view, **options)

    return open_it


def hash_of(page: Any) -> str:
    """The part of the address that names the view, at once after it was replaced."""
    return str(page.evaluate("location.hash"))


def text_of(page: Any) -> str:
    return str(page.locator("main").inner_text())


def first_column(table: Any) -> list[str]:
    return [text.strip() for text in table.locator("tbody tr th").all_inner_texts()]


def percent(value: float) -> str:
    """As the page writes it: halves are rounded up."""
    return f"{(100 * Decimal(repr(value))).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def points(value: float) -> str:
    shown = Decimal(repr(100 * value)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{shown:+}".replace("-", "−") if shown else "0.0"


def mover(one: dict[str, float], other: dict[str, float]) -> tuple[float, float, float]:
    """The difference of two estimates with its interval, as Python computes it."""
    found = difference(*(Estimate(each["mean"], each["low"], each["high"]) for each in (one, other)))
    return found.value, found.low, found.high


def shown_difference(one: dict[str, float], other: dict[str, float]) -> str:
    value, low, high = mover(one, other)
    return f"{points(value)} ({points(low)}\u00a0to\u00a0{points(high)})"


def test_two_topics_are_chosen_swapped_and_linked_to(visit, summary):
    page = visit("#view=side&kind=topics&one=1&other=4")
    one, other = summary["topics"][1], summary["topics"][3]
    assert [one["id"], other["id"]] == [1, 4]
    assert page.locator(".side-head .topic-link").all_inner_texts() == [
        f"1 {one['name']}",
        f"4 {other['name']}",
    ]
    assert f"cosine {summary['similarity'][1][3]:.2f}".replace("-", "−") in text_of(page)
    # Every word of both is in one of three lists.
    for number, code in enumerate(["en", "ja", "ar", "de"]):
        parts = page.locator(".venn").nth(number).locator(".venn-part")
        words = [part.locator(".text").all_text_contents() for part in parts.all()]
        mine, theirs = ([word for word, _ in topic["words"][code]] for topic in (one, other))
        assert set(words[1]) == set(mine) & set(theirs)
        assert sorted(words[0] + words[1]) == sorted(mine)
        assert sorted(words[1] + words[2]) == sorted(theirs)
    assert page.locator(".venn").nth(2).locator(".text").first.get_attribute("dir") == "rtl"
    page.get_by_role("button", name="Swap both sides").press("Enter")
    assert page.evaluate("document.activeElement.id") == "swap"
    assert "one=4&other=1" in hash_of(page)
    assert page.locator(".side-head .topic-link").first.inner_text() == f"4 {other['name']}"
    page.get_by_label("The other", exact=True).focus()
    page.get_by_label("The other", exact=True).select_option("0")
    assert "one=4&other=0" in hash_of(page)
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    # The one that the other side has: both change places.
    page.get_by_label("The other", exact=True).select_option("4")
    assert "one=0&other=4" in hash_of(page)
    # What is further down is a press away.
    page.get_by_role("button", name="Typical documents").click()
    assert page.evaluate("document.activeElement.textContent") == "Typical documents"
    assert page.locator(".side-documents .document").first.is_visible()
    page.get_by_role("link", name="its documents").first.click()
    arrive(page, "#view=documents&topic=0")


def test_shares_of_two_topics_have_intervals_that_bear_their_dependence(visit, summary):
    page = visit("#view=side&kind=topics&one=1&other=4")
    table = page.get_by_role("region", name="shares of topics 1 and 4")
    one, other = (summary["topics"][place]["prevalence"]["de"] for place in (1, 3))
    row = table.locator("tbody tr", has_text="German")
    value = one["mean"] - other["mean"]
    low = value - (one["mean"] - one["low"]) - (other["high"] - other["mean"])
    assert f"{points(value)} ({points(low)}" in row.inner_text()
    assert percent(one["mean"]) in row.inner_text()
    # Over time and by label the same two.
    assert page.get_by_role("img", name="Topics 1 and 4 by year, all languages, weighted equally").is_visible()
    page.locator("figure details > summary").click()
    trend = page.get_by_role("region", name="topics 1 and 4 by year")
    assert first_column(trend) == ["2019", "2020", "2021", "2023"]
    # Of all languages: the mean of their means.
    means = [summary["dates"]["prevalence"][code][1][0]["mean"] for code in ("en", "ja", "ar", "de")]
    assert percent(sum(means) / 4) in trend.locator("tbody tr").first.inner_text()
    assert first_column(page.get_by_role("region", name="topics 1 and 4 by label")) == ["news", "sports", "culture"]


def test_two_languages_differ_by_topics_with_intervals(visit, summary):
    page = visit("#view=side&kind=languages&one=de&other=ja")
    table = page.get_by_role("region", name="German and Japanese")
    for topic in summary["topics"]:
        row = table.locator("tbody tr", has_text=topic["name"])
        assert shown_difference(topic["prevalence"]["de"], topic["prevalence"]["ja"]) in row.inner_text()

    def is_clear(topic: dict[str, Any]) -> bool:
        _, low, high = mover(topic["prevalence"]["de"], topic["prevalence"]["ja"])
        return low > 0 or high < 0

    def size(topic: dict[str, Any]) -> float:
        return abs(mover(topic["prevalence"]["de"], topic["prevalence"]["ja"])[0])

    ordered = sorted(summary["topics"], key=lambda topic: (is_clear(topic), size(topic)), reverse=True)
    assert [int(each.split()[0]) for each in first_column(table)] == [topic["id"] for topic in ordered]
    clear = sum(map(is_clear, summary["topics"]))
    assert f"{clear} of 6 topics clearly differ" in text_of(page)
    assert "German: 243 documents; Japanese: 241 documents." in text_of(page)
    # Words that translate each other are next to each other.
    page.get_by_label("Topic", exact=True).select_option("2")
    assert "of=2" in hash_of(page)
    topic = summary["topics"][2]
    links = sorted(
        [[a, b] for one, a, two, b, _ in topic["links"] if (one, two) == ("ja", "de")], key=lambda pair: sum(pair)
    )
    pairs = page.locator(".translation").all()
    shown = {tuple(pair.locator(".text").all_text_contents()) for pair in pairs}
    assert shown == {(topic["words"]["de"][b][0], topic["words"]["ja"][a][0]) for a, b in links}
    texts = page.locator(".side-documents .text").all_text_contents()
    assert texts == [document["text"] for code in ("de", "ja") for document in topic["documents"][code][:2]]
    name, content = saved(page, page.get_by_role("button", name="Save German and Japanese as CSV"))
    assert name.endswith("german-and-japanese.csv")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    first = next(topic for topic in summary["topics"] if topic["id"] == int(rows[0]["topic"]))
    assert float(rows[0]["difference: low"]) == pytest.approx(
        mover(first["prevalence"]["de"], first["prevalence"]["ja"])[1]
    )


def test_two_labels_and_two_periods_are_compared_in_all_languages_or_one(visit, summary):
    page = visit("#view=side&kind=labels")
    table = page.get_by_role("region", name="news and sports")
    estimates = summary["labels"]["prevalence"]
    row = table.locator("tbody tr", has_text=summary["topics"][0]["name"])
    assert shown_difference(estimates[0][0], estimates[0][1]) in row.inner_text()
    assert "news: 320 documents; sports: 400 documents, all languages, weighted equally." in text_of(page)
    page.get_by_label("Language of the figures").select_option("ja")
    estimates = summary["labels"]["by_language"]["ja"]
    assert shown_difference(estimates[0][0], estimates[0][1]) in row.inner_text()
    assert "news: 80 documents" in text_of(page)
    assert (
        row.get_by_role("link", name="sports").get_attribute("href") == "#view=documents&topic=0&label=sports&lang=ja"
    )
    page.get_by_label("Compare", exact=True).select_option("periods")
    assert "kind=periods" in hash_of(page)
    assert page.get_by_label("The one", exact=True).input_value() == "2023"
    assert page.get_by_label("The other", exact=True).input_value() == "2019"
    page.get_by_label("Language of the figures").select_option("en")
    row = page.locator("tbody tr", has_text=summary["topics"][0]["name"])
    estimates = summary["dates"]["prevalence"]["en"][0]
    assert shown_difference(estimates[3], estimates[0]) in row.inner_text()
    assert "2023: 120 documents; 2019: 60 documents, English." in text_of(page)
    assert "5 documents in English have no date and are left out." in text_of(page)
    # A year without documents has no figures.
    page.get_by_label("The one", exact=True).select_option("2021")
    assert "Fewer than 20 documents in 2021" in text_of(page)
    assert "no figure" in row.inner_text()


def test_two_models_are_compared_by_their_matches(visit, summary):
    page = visit("#view=side&kind=models")
    assert "Another year of news" in text_of(page)
    assert "5 topics match one to one; 1 here and 0 there have no match." in text_of(page)
    table = page.get_by_role("region", name="topics that match")
    place = {topic["id"]: topic for topic in summary["topics"]}
    there = {topic["number"]: topic for topic in summary["other"]["topics"]}
    for topic, number, _ in summary["other"]["matches"]:
        row = table.locator("tbody tr", has_text=f"{topic} {place[topic]['name']}").first
        assert there[number]["names"]["en"] in row.inner_text()
    assert summary["topics"][0]["name"] in page.locator(".unmatched").inner_text()


def test_similar_topics_are_grouped_by_cutting_their_tree(visit, summary):
    page = visit("#view=similarity")
    page.wait_for_selector(".matrix-cells svg")
    names = page.locator(".matrix-names .topic-link")
    # Each pair of the made-up topics is alike, so next to each other.
    ids = [int(each.split()[0]) for each in names.all_inner_texts()]
    assert sorted(ids) == [topic["id"] for topic in summary["topics"]]
    assert abs(ids.index(0) - ids.index(1)) == 1
    page.get_by_label("Number of groups").fill("2")
    assert "groups=2" in hash_of(page)
    assert "2 groups of 6 topics" in text_of(page)
    assert page.get_by_label("Cut the tree into groups").input_value() == "2"
    grouped = [card.locator(".topic-link").count() for card in page.locator(".topic-group").all()]
    assert sum(grouped) + page.locator(".alone .topic-link").count() == 6
    page.get_by_label("Cut the tree into groups").focus()
    page.keyboard.press("ArrowRight")
    assert "3 groups of 6 topics" in text_of(page)
    assert page.locator(".tree path.joined").count() == 3
    # The matrix by keyboard, then both topics by Enter.
    page.locator(".matrix-names a").last.focus()
    page.keyboard.press("Tab")
    said = page.locator(".similarity .said")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    one, other = ids[1], ids[2]
    places = [[topic["id"] for topic in summary["topics"]].index(each) for each in (one, other)]
    cosine = f"{summary['similarity'][places[0]][places[1]]:.2f}".replace("-", "−")
    assert said.inner_text().startswith(f"Topic {one}: ")
    assert f"cosine {cosine}" in said.inner_text()
    page.keyboard.press("Enter")
    arrive(page, f"#view=side&kind=topics&one={one}&other={other}")
    # By pointer, and as a table.
    page = visit("#view=similarity&groups=3&cells=values")
    page.wait_for_selector(".matrix-cells .value")
    size = page.locator(".matrix-cells svg").bounding_box()
    page.locator(".matrix-cells").click(position={"x": size["width"] * 0.9, "y": size["height"] * 0.05})
    arrive(page, f"#view=side&kind=topics&one={ids[0]}&other={ids[5]}")
    page = visit("#view=similarity")
    page.locator(".pairs > summary").click()
    cells = page.get_by_role("region", name="most similar topics").locator("tbody tr").first
    assert "0.80" in cells.inner_text()
    cells.get_by_role("link", name="side by side").click()
    arrive(page, "#view=side&kind=topics")


def test_groups_of_the_tree_become_a_view(open_page, report, summary):
    page = open_page(report.as_uri() + "#view=similarity&groups=2")
    page.get_by_role("button", name="Use these groups as a view").click()
    page.locator(".matrix-names li").nth(2).wait_for(state="detached")
    go(page, "#view=topics")
    assert page.locator("main tbody tr").count() == 2


def test_cells_of_labels_are_colored_sorted_and_lead_to_documents(visit, summary):
    page = visit("#view=labels&lang=ja")
    table = page.get_by_role("region", name="topics by label, Japanese")
    estimates = [row[1] for row in summary["labels"]["by_language"]["ja"]]
    table.get_by_role("button", name="sports").click()
    order = sorted(range(6), key=lambda place: -estimates[place]["mean"])
    assert [int(each.split()[0]) for each in first_column(table)] == [summary["topics"][place]["id"] for place in order]
    assert table.locator("th", has_text="sports").get_attribute("aria-sort") == "descending"
    # The largest share has the strongest color, and each cell a text that can be read on its own.
    parts = [
        float(each)
        for each in table.locator(".heat-holder").evaluate_all(
            "cells => cells.map(cell => cell.style.getPropertyValue('--part'))"
        )
    ]
    assert max(parts) == 1
    assert serious_violations(page, "color-contrast") == []
    # Arrow keys go from cell to cell and tell the interval.
    table.locator(".heat-cell").first.focus()
    page.keyboard.press("ArrowRight")
    said = page.locator(".heat .said")
    best = estimates[order[0]]
    assert f"{percent(best['mean'])} (" in said.inner_text()
    assert said.inner_text().startswith("sports, Topic ")
    assert "100 documents" in said.inner_text()
    # Into the next row; past its end the focus stays.
    page.keyboard.press("ArrowDown")
    assert percent(estimates[order[1]]["mean"]) in said.inner_text()
    page.keyboard.press("ArrowRight")
    assert percent(estimates[order[1]]["mean"]) in said.inner_text()
    page.get_by_label("Colors").select_option("usual")
    assert "colors=usual" in hash_of(page)
    assert "lang=ja" in hash_of(page)
    assert table.locator(".heat-cell").first.inner_text().startswith("×")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert serious_violations(page, "color-contrast") == []
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    table.locator(".heat-cell").first.click()
    arrive(page, "#view=documents&topic=")
    assert "lang=ja" in hash_of(page)
    assert "label=" in hash_of(page)


def test_courses_of_all_topics_are_sorted_scaled_and_linked(visit, summary):
    page = visit("#view=time")
    cards = page.locator(".multiples > li")
    names = [card.locator(".topic-link").inner_text() for card in cards.all()]
    sizes = sorted(summary["topics"], key=lambda topic: (-topic["overall"], topic["id"]))
    assert [int(name.split()[0]) for name in names] == [topic["id"] for topic in sizes]
    cards.last.scroll_into_view_if_needed()
    page.locator(".multiples .course").nth(5).wait_for(state="attached")
    assert cards.first.locator(".curve:not(.lone)").count() == 1
    assert cards.first.locator(".band").count() >= 1
    assert len(set(page.locator(".course-top").all_inner_texts())) == 1
    page.get_by_label("Scale").select_option("own")
    assert len(set(page.locator(".course-top").all_inner_texts())) > 1
    page.get_by_label("Lines").select_option("each")
    page.get_by_label("Sorted by").select_option("name")
    assert {"lines=each", "order=name", "scale=own"} <= set(hash_of(page).split("&"))
    titles = [topic["name"] for topic in summary["topics"]]
    names = [card.locator(".topic-link").inner_text().split(" ", 1)[1] for card in cards.all()]
    assert sorted(names) == sorted(titles)
    assert names == page.evaluate("names => names.sort((one, other) => one.localeCompare(other))", names)
    cards.last.scroll_into_view_if_needed()
    page.locator(".multiples .course").nth(5).wait_for(state="attached")
    assert cards.first.locator(".curve:not(.lone)").count() == 4
    cards.first.locator(".course-plot").hover()
    assert "Arabic" in page.locator(".tip").inner_text()
    # The change, from the first year to the last.
    page.get_by_label("Lines").select_option("en")
    topic = summary["topics"][0]
    first, _, _, last = summary["dates"]["prevalence"]["en"][0]
    card = cards.filter(has_text=topic["name"])
    assert shown_difference(last, first) in card.inner_text()
    card.get_by_role("link").click()
    arrive(page, "#topic=0")


def test_every_comparison_fits_a_narrow_window_and_is_accessible(open_page, report):
    page = open_page(report.as_uri(), viewport={"width": 320, "height": 800}, color_scheme="dark")
    for view in VIEWS:
        go(page, view)
        wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window, view
        assert serious_violations(page) == [], view


def test_wide_comparisons_are_accessible_in_the_light(visit):
    for view in [*VIEWS, "#view=similarity&cells=values"]:
        page = visit(view)
        assert serious_violations(page) == [], view


def test_many_topics_are_shown_in_parts(open_summary):
    """A hundred topics, six labels, eight languages, in a narrow window."""
    made = large_summary(num_documents=80, num_topics=100)
    page = open_summary(made, "#view=side&kind=languages", viewport={"width": 320, "height": 800})
    rows = page.get_by_role("region", name="English and Japanese").locator("tbody tr")
    assert rows.count() == 50
    page.get_by_role("button", name="Show all 100 rows").press("Enter")
    assert rows.count() == 100
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 51
    go(page, "#view=time")
    cards = page.locator(".multiples > li")
    assert cards.count() == 60
    page.get_by_role("button", name="Show all 100 topics").click()
    assert cards.count() == 100
    # Those out of sight are not drawn yet.
    assert page.locator(".multiples .course").count() < 100
    go(page, "#view=similarity&groups=50")
    assert page.locator(".topic-group").count() == 24
    more = page.get_by_role("button", name="Show all 50 groups")
    more.click()
    assert page.locator(".topic-group").count() + page.locator(".alone li").count() >= 50
    for view in VIEWS:
        go(page, view)
        wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window, view


def test_markup_in_texts_is_text_in_comparisons(open_summary):
    script = "<script>window.intruder=1</script><img/src=x/onerror='window.intruder=1'>"
    page = open_summary(made_up_summary(num_topics=6, other=True, hostile=script), VIEWS[0])
    for view in VIEWS:
        go(page, view)
        assert page.locator("main img, main script").count() == 0
        assert page.evaluate("window.intruder") is None
        wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window, view


def test_what_is_missing_is_said_with_its_cure(open_summary):
    made = made_up_summary(("en",), num_topics=5, corpus=False)
    page = open_summary(made, "#view=side&kind=languages")
    expected = {
        "#view=side&kind=languages": "The model has one language",
        "#view=side&kind=labels": "gloctm report MODEL --corpus CORPUS",
        "#view=side&kind=periods": "gloctm report MODEL --corpus CORPUS",
        "#view=side&kind=models": "--compare OTHER",
        "#view=side&kind=topics": "Shares and documents need the corpus",
        "#view=labels": "No document has a label.",
        "#view=time": "No document has a date.",
        "#view=compare": "Shares need the corpus",
    }
    for view, sentence in expected.items():
        go(page, view)
        assert sentence in text_of(page), view
        assert heading(page)
        assert "NaN" not in text_of(page)
        assert "undefined" not in text_of(page)


def test_a_report_of_little_says_so(open_summary):
    made = made_up_summary(("en", "ar"), num_topics=1, num_documents=1)
    made["labels"] = made["dates"] = None
    page = open_summary(made, "#view=side")
    assert "One topic is shown" in text_of(page)
    go(page, "#view=similarity")
    assert "One topic is shown" in text_of(page)
    for kind in ("labels", "periods"):
        go(page, f"#view=side&kind={kind}")
        assert "Build the corpus from documents with a column" in text_of(page)
    go(page, "#view=side&kind=languages")
    assert "of 1 topics" in text_of(page) or "of 1 topic" in text_of(page)
    assert "NaN" not in text_of(page)

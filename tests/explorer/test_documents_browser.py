"""The view of documents, as a person meets it in a browser: filters, list, map, and what is saved of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from large_summary import large_summary, made_up_documents

from browser import Watched, arrive, go, heading, saved, serious_violations
from browser import browser as browser
from gloctm.explorer import write_report
from made_up_summary import made_up_summary

pytestmark = pytest.mark.browser

Visit = Callable[[str], Any]


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    made = made_up_summary(num_topics=6, num_words=40)
    made["documents"] = made_up_documents(made, num_documents=400, words_per_text=40)
    return made


@pytest.fixture(scope="module")
def shared(browser: Any, summary: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    report = write_report(summary, tmp_path_factory.mktemp("documents") / "report.html")
    profile = Watched(browser, viewport={"width": 1280, "height": 900})
    yield profile, profile.open(report.as_uri())
    profile.context.close()


@pytest.fixture
def visit(shared: tuple[Watched, Any]) -> Iterator[Visit]:
    """Goes to a view of the shared page; at the end nothing may have gone wrong, nor left the page."""
    profile, page = shared

    def go_to(view: str) -> Any:
        go(page, "#view=nothing")
        go(page, view)
        if view.startswith("#view=documents"):
            drawn(page)
        return page

    yield go_to
    profile.check()


def drawn(page: Any) -> None:
    """Wait until the map is drawn, and stays where it is."""
    page.wait_for_selector("canvas.names[data-took]")
    page.evaluate(
        """async () => {
          const canvas = document.querySelector("canvas.names");
          for (let last = "", same = 0; same < 5; ) {
            await new Promise(requestAnimationFrame);
            const box = canvas.getBoundingClientRect();
            const now = [box.x, box.y, box.width, box.height, canvas.dataset.view].join();
            same = now === last ? same + 1 : 0;
            last = now;
          }
        }"""
    )


def counted(page: Any, count: int) -> None:
    """Wait until so many documents are shown."""
    page.locator(".count-shown", has_text=f"{count:,} of").wait_for()


def rows(page: Any) -> list[int]:
    """The documents on this page of the list."""
    return [int(row.get_attribute("data-document")) for row in page.locator(".document-row").all()]


def matching(summary: dict[str, Any], **wanted: Any) -> list[int]:
    """Documents that pass filters, in the corpus's order; each is a function of the document's columns."""
    documents = summary["documents"]
    return [
        row
        for row in range(len(documents["ids"]))
        if all(passes(documents[column][row]) for column, passes in wanted.items())
    ]


def mainly(place: int) -> Callable[[list[list[float]]], bool]:
    return lambda topics: topics[0][0] == place


def place_on_page(page: Any, summary: dict[str, Any], row: int) -> tuple[float, float]:
    """Where a document is on the page."""
    ax, bx, ay, by = map(float, page.locator("canvas.names").get_attribute("data-view").split())
    box = page.locator("canvas.names").bounding_box()
    documents = summary["documents"]
    return box["x"] + documents["x"][row] * ax + bx, box["y"] + documents["y"][row] * ay + by


def still(page: Any) -> None:
    """Wait until the map has been drawn again."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_documents_are_filtered_by_what_is_known_of_them(visit, summary):
    page = visit("#view=documents")
    assert heading(page) == "Documents"
    counted(page, 400)
    assert "400 of 800 documents, drawn at random" in page.locator(".sample").inner_text()
    page.get_by_label("Topic", exact=True).select_option("1")
    found = matching(summary, topics=mainly(1))
    counted(page, len(found))
    # Largest share first; the choice keeps the focus.
    shares = [summary["documents"]["topics"][row][0][1] for row in rows(page)]
    assert shares == sorted(shares, reverse=True)
    assert page.evaluate("document.activeElement.labels[0].textContent") == "Topic"
    page.get_by_label("How much of it").select_option("10")
    some = matching(summary, topics=lambda topics: any(topic == 1 and share >= 0.1 for topic, share in topics))
    assert len(some) > len(found)
    counted(page, len(some))
    page.get_by_label("Language", exact=True).select_option("ar")
    page.get_by_label("From", exact=True).fill("2017-03")
    page.get_by_label("To", exact=True).fill("2020")
    left = matching(
        summary,
        topics=lambda topics: any(topic == 1 and share >= 0.1 for topic, share in topics),
        languages=lambda place: place == 2,
        dates=lambda date: "2017-03" <= date < "2021",
    )
    assert left
    counted(page, len(left))
    assert set(rows(page)) <= set(left)
    # The address is that of what is seen.
    address = page.evaluate("location.hash")
    assert set(address[1:].split("&")) == {
        "view=documents",
        "topic=1",
        "share=10",
        "lang=ar",
        "from=2017-03",
        "to=2020",
    }
    go(page, "#view=overview")
    go(page, address)
    drawn(page)
    counted(page, len(left))
    assert page.get_by_label("To", exact=True).input_value() == "2020"
    page.get_by_label("From", exact=True).fill("20x")
    assert page.get_by_label("From", exact=True).get_attribute("aria-invalid") == "true"
    page.get_by_role("button", name="Clear filters").click()
    counted(page, 400)
    assert page.evaluate("location.hash") == "#view=documents"
    page.get_by_label("Label", exact=True).select_option(summary["documents"]["label_values"][0])
    counted(page, len(matching(summary, labels=lambda label: label == 0)))
    page.get_by_label("Sort by").select_option("newest")
    dates = page.locator(".document-row time").all_inner_texts()
    assert dates == sorted(dates, reverse=True)


def test_words_are_sought_inside_words_in_any_script_and_case(visit, summary):
    page = visit("#view=documents")
    texts = summary["documents"]["texts"]
    for typed, sought in [("STATI rail", ["stati", "rail"]), ("駅 切", ["駅", "切"]), ("محط", ["محط"])]:
        page.get_by_label("Words in the text").fill(typed)
        found = [row for row, text in enumerate(texts) if all(word in text.lower() for word in sought)]
        assert found
        page.locator(".document-row mark.sought", has_text=sought[0]).first.wait_for()
        counted(page, len(found))
        assert set(rows(page)) <= set(found)
    # In quotes: one after the other. Rows show the place, however far within the text.
    first, second = next(
        text.split()[30:32] for text in texts if len(text.split()) > 32 and "…" not in text.split()[30:32]
    )
    page.get_by_label("Words in the text").fill(f'"{first} {second}"')
    found = [row for row, text in enumerate(texts) if f"{first} {second}".lower() in text.lower()]
    assert len(found) < sum(first.lower() in text.lower() and second.lower() in text.lower() for text in texts)
    counted(page, len(found))
    for row in page.locator(".document-row").all():
        marked = row.locator("mark.sought")
        assert f"{first} {second}".lower() in row.locator(".excerpt").inner_text().lower()
        seen, excerpt = marked.first.bounding_box(), row.locator(".excerpt").bounding_box()
        assert seen["y"] + seen["height"] <= excerpt["y"] + excerpt["height"] + 3
    page.get_by_label("Words in the text").fill("no such word")
    counted(page, 0)
    assert "No document passes all filters" in page.locator(".count-shown").inner_text()


def test_a_document_opens_with_the_words_of_a_topic_marked(visit, summary):
    page = visit("#view=documents&topic=1&lang=ar")
    documents = summary["documents"]
    row = rows(page)[0]
    opener = page.locator(".document-row button.opener").first
    opener.focus()
    page.keyboard.press("Enter")
    assert opener.get_attribute("aria-expanded") == "true"
    assert f"document={row}" in page.evaluate("location.hash")
    text = page.locator(".document-row.open .whole .text[lang=ar][dir=rtl]")
    assert text.inner_text() == documents["texts"][row].strip()
    # Only the first words of the topic: with more, half of the text would be marked.
    words = [entry[0] for entry in summary["topics"][1]["words"]["ar"]]
    marked = text.locator("mark").all_inner_texts()
    assert set(marked) == set(words[:30]) & set(documents["texts"][row].split())
    assert set(words[30:]) & set(documents["texts"][row].split())
    assert "weight" in text.locator("mark").first.get_attribute("title")
    bars = page.locator(".document-row.open .whole .bars li")
    assert bars.count() == len(documents["topics"][row])
    # Another topic of it has other words, or none.
    last = bars.last
    last.get_by_role("button").click()
    other = summary["topics"][documents["topics"][row][-1][0]]
    assert last.get_by_role("button").get_attribute("aria-pressed") == "true"
    known = {entry[0] for entry in other["words"]["ar"][:30]}
    assert set(text.locator("mark").all_inner_texts()) <= known
    cut = next(each for each in matching(summary, cut=bool, topics=mainly(1)))
    page = visit(f"#view=documents&document={cut}")
    assert "Shown cut" in page.locator(".document-row.open .whole").inner_text()
    page.locator(".document-row.open .whole .topic-link").first.click()
    arrive(page, "#topic=1")
    page.get_by_role("link", name="documents that are mainly about this topic").or_(
        page.get_by_role("link", name="All documents of this report")
    ).click()
    arrive(page, "#view=documents&topic=1")
    drawn(page)
    counted(page, len(matching(summary, topics=mainly(1))))


def test_the_list_is_turned_page_by_page(visit):
    page = visit("#view=documents")
    first = rows(page)
    assert len(first) == 20
    page.get_by_role("button", name="Next page").click()
    assert set(rows(page)).isdisjoint(first)
    assert page.evaluate("location.hash").endswith("page=2")
    page.get_by_role("button", name="Last page").click()
    assert "Page 20 of 20" in page.locator(".pager").inner_text()
    assert page.get_by_role("button", name="Next page").is_disabled()


def test_what_is_shown_is_saved_as_csv_and_as_parquet(visit, summary):
    page = visit("#view=documents&topic=2&share=5")
    documents, topics = summary["documents"], summary["topics"]
    place = next(place for place, topic in enumerate(topics) if topic["id"] == 2)
    found = matching(summary, topics=lambda each: any(topic == place and share >= 0.05 for topic, share in each))
    name, content = saved(page, page.get_by_role("button", name="Save the documents shown as Parquet"))
    assert name == "four-seasons-of-news-documents.parquet"
    table = pq.read_table(io.BytesIO(content))
    assert table.num_rows == len(found)
    by_id = {row["id"]: row for row in table.to_pylist()}
    for row in found:
        read = by_id[documents["ids"][row]]
        label = documents["labels"][row]
        assert read["text"] == documents["texts"][row]
        assert read["language"] == summary["languages"][documents["languages"][row]]["code"]
        assert read["label"] == (None if label < 0 else documents["label_values"][label])
        assert read["date"] == (documents["dates"][row] or None)
        assert read["cut"] == documents["cut"][row]
        shares = {topics[each]["id"]: share for each, share in documents["topics"][row]}
        assert {topic["id"]: read[f"share of topic {topic['id']}"] for topic in topics} == {
            topic["id"]: shares.get(topic["id"], 0) for topic in topics
        }
        # Smaller shares, so that a row sums to 1.
        assert read["rest"] == pytest.approx(1 - sum(shares.values()), abs=1e-4)
        assert read["topic"] == next(iter(shares))
        assert read["x"] == pytest.approx(documents["x"][row], abs=1e-4)
    _, content = saved(page, page.get_by_role("button", name="Save the documents shown as CSV"))
    read = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row["id"] for row in read] == table.column("id").to_pylist()
    assert list(read[0]) == table.column_names
    page.get_by_label("Words in the text").fill("no such word")
    counted(page, 0)
    _, content = saved(page, page.get_by_role("button", name="Save the documents shown as Parquet"))
    assert pq.read_table(io.BytesIO(content)).num_rows == 0


def test_the_map_shows_documents_under_the_pointer_and_opens_them(visit, summary):
    page = visit("#view=documents&lang=ja")
    documents = summary["documents"]
    canvas = page.locator("canvas.names")
    canvas.scroll_into_view_if_needed()
    assert "The list says the same" in canvas.get_attribute("aria-label")
    # Names are those of topics, each once.
    names = canvas.get_attribute("data-names").splitlines()
    assert names
    assert len(set(names)) == len(names)
    row = rows(page)[0]
    page.mouse.move(*place_on_page(page, summary, row))
    tip = page.locator(".document-tip")
    tip.wait_for()
    assert tip.locator("[lang=ja]").inner_text()[:5] in "".join(documents["texts"])
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector(".document-row.open")
    opened = int(page.locator(".document-row.open").get_attribute("data-document"))
    assert documents["languages"][opened] == 1
    assert page.locator(".document-row.open .whole .text").inner_text() == documents["texts"][opened].strip()
    # Documents of other languages are filtered out: nothing is under the pointer there.
    canvas.focus()
    for key in ["+", "+", "ArrowLeft", "ArrowUp", "-"]:
        before = canvas.get_attribute("data-view")
        page.keyboard.press(key)
        page.wait_for_function("(before) => document.querySelector('canvas.names').dataset.view !== before", arg=before)
    page.keyboard.press("0")
    page.wait_for_function("document.querySelector('canvas.names').dataset.view.length > 0")
    page.get_by_role("button", name="Zoom in").click()
    still(page)
    zoomed = canvas.get_attribute("data-view")
    page.get_by_role("button", name="Show all of the map").click()
    still(page)
    assert canvas.get_attribute("data-view") != zoomed


def test_documents_are_chosen_on_the_map(visit, summary):
    page = visit("#view=documents")
    page.locator("canvas.names").scroll_into_view_if_needed()
    drawn(page)
    documents = summary["documents"]
    box = page.locator("canvas.names").bounding_box()

    def within(x1: float, y1: float, x2: float, y2: float) -> set[int]:
        places = {row: place_on_page(page, summary, row) for row in range(400)}
        return {row for row, (x, y) in places.items() if x1 < x < x2 and y1 < y < y2}

    x1, y1 = round(box["x"] + box["width"] * 0.3), round(box["y"] + box["height"] * 0.3)
    x2, y2 = round(box["x"] + box["width"] * 0.6), round(box["y"] + box["height"] * 0.7)
    expected = within(x1, y1, x2, y2)
    assert 10 < len(expected) < 390

    def drag(*places: tuple[float, float]) -> None:
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()

    page.keyboard.down("Shift")
    drag((x1, y1), (x2, y2))
    page.keyboard.up("Shift")
    counted(page, len(expected))
    assert set(rows(page)) <= expected
    # Filters choose among them.
    page.get_by_label("Language", exact=True).select_option("en")
    counted(page, len({row for row in expected if documents["languages"][row] == 0}))
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_role("button", name="Clear what was chosen").click()
    counted(page, 400)
    page.get_by_role("button", name="Lasso").click()
    drag((x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1))
    counted(page, len(expected))
    page.get_by_role("button", name="Clear what was chosen").click()
    counted(page, 400)


def test_colors_follow_the_choice_and_the_theme_and_their_legend_filters(visit, summary):
    page = visit("#view=documents")
    documents = summary["documents"]
    pixels = "() => document.querySelector('canvas.points').toDataURL()"
    seen = set()
    for color in ["topic", "language", "label", "date"]:
        page.get_by_label("Color by").select_option(color)
        still(page)
        seen.add(page.evaluate(pixels))
    page.get_by_role("button", name="Dark theme").click()
    still(page)
    seen.add(page.evaluate(pixels))
    assert len(seen) == 5
    assert "color=date" in page.evaluate("location.hash")
    page.get_by_role("button", name="Dark theme").click()
    period = page.locator(".legend-of-documents button").first
    year = period.locator(".said-of").inner_text()
    period.click()
    counted(page, len(matching(summary, dates=lambda date: date.startswith(year))))
    assert period.get_attribute("aria-pressed") == "true"
    assert page.get_by_label("From", exact=True).input_value() == year
    period.click()
    counted(page, 400)
    page.get_by_label("Color by").select_option("label")
    assert "no label" in page.locator(".legend-of-documents").inner_text()
    page.locator(".legend-of-documents button").first.click()
    counted(page, len(matching(summary, labels=lambda label: label == 0)))
    assert "0.93 times as often as by chance" in page.locator(".document-map-part").inner_text()
    assert documents["projection"] == "umap"
    assert "UMAP" in page.locator(".document-map-part").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_clipped_or_out_of_reach(visit, theme):
    page = visit("#view=documents&topic=1&q=a&color=label")
    if page.locator("html").get_attribute("data-theme") != theme:
        page.get_by_role("button", name="Dark theme").click()
    page.locator("button.opener").first.click()
    assert serious_violations(page) == []
    for width in [320, 720, 2560]:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})
    if theme == "dark":
        page.get_by_role("button", name="Dark theme").click()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens the page of a summary at its documents."""
    profiles: list[Watched] = []

    def open_summary(made: dict[str, Any], view: str = "#view=documents", **options: Any) -> Any:
        profiles.append(Watched(browser, **options))
        return profiles[-1].open(write_report(made, tmp_path / f"{len(profiles)}.html").as_uri() + view)

    yield open_summary
    for profile in profiles:
        profile.context.close()
        profile.check()


def test_a_hundred_thousand_documents_are_filtered_chosen_and_saved(opened):
    made = large_summary()
    documents = made["documents"]
    page = opened(made, viewport={"width": 1280, "height": 900})
    drawn(page)
    counted(page, 100_000)
    assert page.locator(".document-row").count() == 20
    page.get_by_label("Topic", exact=True).select_option("4")
    place = next(place for place, topic in enumerate(made["topics"]) if topic["id"] == 4)
    page.get_by_label("Language", exact=True).select_option("he")
    found = matching(made, topics=mainly(place), languages=lambda language: language == 7)
    counted(page, len(found))
    _, content = saved(page, page.get_by_role("button", name="Save the documents shown as Parquet"))
    assert pq.read_table(io.BytesIO(content)).num_rows == len(found)
    word = made["topics"][place]["words"]["he"][0][0]
    page.get_by_label("Words in the text").fill(word)
    counted(page, sum(word in documents["texts"][row] for row in found))
    page.get_by_role("button", name="Clear filters").click()
    counted(page, 100_000)
    box = page.locator("canvas.names").bounding_box()
    page.get_by_role("button", name="Rectangle").click()
    page.locator("canvas.names").scroll_into_view_if_needed()
    box = page.locator("canvas.names").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Clear what was chosen").wait_for()
    shown = int(page.locator(".count-shown").inner_text().split(" ")[0].replace(",", ""))
    assert 10_000 < shown < 90_000
    assert serious_violations(page) == []


def test_documents_follow_topics_that_are_merged_or_hidden_in_the_page(opened, summary):
    page = opened(summary, "#view=topics", viewport={"width": 1280, "height": 900})
    for number in (0, 4):
        page.get_by_role("checkbox", name=f"Choose Topic {number}:").check()
    page.get_by_role("button", name="Merge them").click()
    go(page, "#view=documents&topic=4")
    drawn(page)
    merged = {place for place, topic in enumerate(summary["topics"]) if topic["id"] in (0, 4)}

    def mainly_merged(topics: list[list[float]]) -> bool:
        sums: dict[int, float] = {}
        for topic, share in topics:
            sums[-1 if topic in merged else topic] = sums.get(-1 if topic in merged else topic, 0) + share
        return max(sums, key=lambda topic: sums[topic]) == -1

    counted(page, len(matching(summary, topics=mainly_merged)))
    assert page.get_by_label("Topic", exact=True).input_value() == "0"
    page.get_by_role("button", name="Clear filters").click()
    before = topic_colors(page)
    assert len(set(before.values())) == len(before) == 5
    go(page, "#topic=1")
    page.get_by_role("button", name="Hide", exact=True).click()
    arrive(page, "#view=topics")
    go(page, "#view=documents")
    drawn(page)
    counted(page, 400)
    assert topic_colors(page) == {number: color for number, color in before.items() if number != "1"}
    assert page.get_by_label("Topic", exact=True).locator("option[value='1']").count() == 0


def topic_colors(page: Any) -> dict[str, str]:
    """The color of each topic, by the model's number."""
    return dict(
        page.locator(".legend-of-documents button").evaluate_all(
            "(all) => all.map((each) => [each.querySelector('.number').textContent, "
            "getComputedStyle(each.querySelector('.swatch')).backgroundColor])"
        )
    )


def test_the_map_zooms_to_documents_and_names_all_of_its_groups(opened):
    made = made_up_summary(num_topics=40)
    documents = made["documents"] = made_up_documents(made, num_documents=400)
    # Two groups with nothing between them; the left one is of five topics that are at one place.
    for row, topics in enumerate(documents["topics"]):
        main = row % 6
        topics[:] = [[main, 0.9]]
        documents["x"][row] = (1 if main == 5 else -1) * (0.9 + row / 4000)
        documents["y"][row] = (row // 6) / 200
    page = opened(made, viewport={"width": 1280, "height": 900})
    drawn(page)
    canvas = page.locator("canvas.names")
    assert len(canvas.get_attribute("data-names").splitlines()) == 6
    box = canvas.bounding_box()
    for _ in range(6):
        before = canvas.get_attribute("data-view")
        page.get_by_role("button", name="Zoom in").click()
        still(page)
        assert canvas.get_attribute("data-view") != before
        places = [place_on_page(page, made, row) for row in range(400)]
        assert any(0 < x - box["x"] < box["width"] and 0 < y - box["y"] < box["height"] for x, y in places)
    hint = page.locator(".nothing-here")
    assert hint.is_hidden()
    canvas.focus()
    for _ in range(40):
        if hint.is_visible():
            break
        page.keyboard.press("ArrowRight")
        still(page)
    assert "No documents shown here" in hint.inner_text()
    assert serious_violations(page) == []
    hint.get_by_role("button", name="Show all").click()
    still(page)
    assert hint.is_hidden()
    assert page.evaluate("document.activeElement.className") == "names"


@pytest.mark.parametrize("width", [390, 1280])
def test_a_long_legend_shows_whole_rows_and_says_that_it_scrolls(opened, width):
    made = made_up_summary(num_topics=40)
    made["documents"] = made_up_documents(made, num_documents=400)
    page = opened(made, viewport={"width": width, "height": 900})
    drawn(page)
    legend = page.locator(".legend-of-documents")
    page.get_by_text("Scroll for all 40 colors.").wait_for()
    cut = """(list) => {
      const box = list.getBoundingClientRect();
      const parts = [...list.querySelectorAll("button")].map((each) => each.getBoundingClientRect());
      return parts.filter(({ top, bottom }) => top < box.bottom - 1 && bottom > box.bottom + 1).length;
    }"""
    assert legend.locator("ul").evaluate(cut) == 0
    page.get_by_label("Color by").select_option("language")
    still(page)
    assert legend.locator(".note").is_hidden()


@pytest.mark.parametrize("missing", ["texts", "labels", "dates"])
def test_what_a_corpus_lacks_is_said(opened, missing):
    made = made_up_summary(num_topics=6)
    made["documents"] = made_up_documents(made, num_documents=60, **{missing: False})
    page = opened(made)
    drawn(page)
    counted(page, 60)
    label = {"texts": "Words in the text", "labels": "Label", "dates": "From"}[missing]
    assert page.get_by_label(label, exact=True).count() == 0
    if missing == "texts":
        assert "The corpus keeps no texts" in page.locator(".documents-view").inner_text()
        page.locator("button.opener").first.click()
        assert "Build it with its texts" in page.locator(".document-row.open .whole").inner_text()
        # Ids may be sought by their address.
        go(page, "#view=documents&q=en-3")
        counted(page, 1)


def test_one_document_and_none_are_pages_as_well(opened):
    made = made_up_summary(("en",), num_topics=1)
    made["documents"] = {**made_up_documents(made, num_documents=1), "projection": "topics", "totals": {"en": 1}}
    page = opened(made)
    drawn(page)
    counted(page, 1)
    assert "the one document of the corpus" in page.locator(".sample").inner_text()
    assert "pip install" not in page.locator(".document-map-part").inner_text()
    page.locator("canvas.names").focus()
    page.keyboard.press("+")
    made = made_up_summary(num_topics=6)
    # So many that UMAP would place them, were it installed.
    listed = made_up_documents(made, num_documents=2000, words_per_text=5)
    made["documents"] = {**listed, "projection": "topics", "mixing": 0.4}
    page = opened(made)
    drawn(page)
    said = page.locator(".document-map-part").inner_text()
    assert "pip install 'gloctm[map]'" in said
    assert "Languages mix little" in said
    page = opened({**made_up_summary(corpus=False), "documents": None})
    assert heading(page) == "Documents"
    assert "made without a corpus" in page.locator("main").inner_text()
    assert page.locator("#views a", has_text="Documents").count() == 0


def test_hostile_texts_stay_texts(opened):
    hostile = "<img/src=x/onerror='window.intruder=1'>=1+1"
    made = made_up_summary(num_topics=6, hostile=hostile)
    made["documents"] = made_up_documents(made, num_documents=60, hostile=hostile)
    page = opened(made, "#view=documents&color=label")
    drawn(page)
    page.locator("button.opener").first.click()
    assert hostile in page.locator(".document-row.open .whole .text").inner_text()
    assert hostile in page.locator(".legend-of-documents").inner_text()
    page.get_by_label("Words in the text").fill("<IMG/src")
    counted(page, 60)
    assert page.evaluate("window.intruder") is None

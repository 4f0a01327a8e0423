"""The explorer as a person meets it in a browser: clicks, keys, a narrow window, the dark, hostile texts."""

from __future__ import annotations

import csv
import http.server
import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest

from gloctm.explorer import render_page, write_report
from made_up_summary import made_up_summary

pytest.importorskip("jinja2", reason="the report needs jinja2")
pytest.importorskip("plotly", reason="the report needs plotly")
playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")

CHROMIUM = Path("/usr/bin/chromium")
if not CHROMIUM.exists():
    pytest.skip(f"browser tests need {CHROMIUM}", allow_module_level=True)

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
FLAGS += [f"--disable-{feature}" for feature in ("background-networking", "component-update", "sync")]
VIEWS = ["", "#topic=1", "#view=topics", "#view=compare", "#view=compare&lang=ar", "#view=labels", "#view=time"]
VIEWS += ["#search=雨", "#view=nothing"]
# Long: other work on the same machine must not fail a test.
PATIENCE = 120_000
SCRIPT = "<script>window.intruder = 1</script><img src=x onerror='window.intruder = 1'><b>bold</b>"
# Colours that an animation is halfway through are nobody's.
STILL = {"reduced_motion": "reduce"}

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS, headless=True)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(made_up_summary(num_topics=6), tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """Opens an address in a fresh browser profile; at the end nothing may have gone wrong, nor left the page."""
    problems: list[str] = []
    contexts = []

    def watch_request(request: Any) -> None:
        if not request.url.startswith(allowed):
            problems.append(f"request: {request.url}")

    def open_address(address: str, *, permissions: tuple[str, ...] = (), origin: str = "file:", **options: Any) -> Any:
        nonlocal allowed
        allowed = (origin, "blob:", "data:")
        context = browser.new_context(**{**STILL, **options})
        contexts.append(context)
        if permissions:
            context.grant_permissions(list(permissions))
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: problems.append(f"console: {message.type}: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
        page.on("request", watch_request)
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        return page

    allowed: tuple[str, ...] = ()
    yield open_address
    for context in contexts:
        context.close()
    assert problems == []


def at(report: Path, view: str = "") -> str:
    return report.as_uri() + view


def heading(page: Any) -> str:
    return str(page.locator("h1").inner_text())


def go(page: Any, view: str) -> None:
    """To another view of the page that is open."""
    arrive(page, page.evaluate("(view) => { location.hash = view; return location.hash; }", view or "#view=overview"))


def arrive(page: Any, address: str) -> None:
    """Wait for the view whose address, as the browser spells it, begins like this: it is drawn after that changes."""
    page.wait_for_selector(f'html[data-shown^="{address}"]')


def all_drawn(page: Any) -> None:
    """Wait for every chart, having come past all."""
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_selector(".chart:not([data-drawn])", state="detached")
    assert page.locator(".chart .problem").count() == 0


def saved(page: Any, button: Any) -> tuple[str, bytes]:
    """What a button saves: its name, its content."""
    with page.expect_download() as started:
        button.click()
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


def test_a_topic_is_opened_from_the_list_and_left_by_the_back_button(open_page, report):
    page = open_page(at(report))
    assert heading(page) == page.title() == "Four seasons of news"
    page.locator(".topic-list a", has_text="train station ticket").or_(
        page.locator(".topic-list a", has_text="label 1")
    ).first.click()
    arrive(page, "#topic=1")
    assert "train station ticket" in heading(page)
    assert page.title() == "Topic 1: train station ticket – Four seasons of news"
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.get_by_role("link", name="Next").click()
    arrive(page, "#topic=2")
    page.go_back()
    arrive(page, "#topic=1")
    page.go_back()
    page.wait_for_selector(".map-holder")
    assert page.title() == "Four seasons of news"


def test_a_topic_is_opened_from_the_map(open_page, report):
    page = open_page(at(report))
    page.wait_for_selector(".map[data-drawn]")
    bubble = page.locator(".map .points path").nth(4)
    bubble.scroll_into_view_if_needed()
    box = bubble.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".topic-list li.pointed")
    number = page.locator(".topic-list li.pointed .number").inner_text()
    page.mouse.down()
    page.mouse.up()
    arrive(page, f"#topic={number}")


def test_a_topic_page_has_words_documents_and_figures_of_every_language(open_page, report):
    page = open_page(at(report, "#topic=0"))
    topic = made_up_summary(num_topics=6)["topics"][0]
    for code, direction in {"en": "ltr", "ja": "ltr", "ar": "rtl", "de": "ltr"}.items():
        column = page.locator(f".word-column ol[lang={code}][dir={direction}]")
        assert column.locator(".text").all_text_contents() == [word for word, _ in topic["words"][code]]
        document = page.locator(f".document .text[lang={code}][dir={direction}]").first
        text, marks = topic["documents"][code][0]["text"], topic["documents"][code][0]["marks"]
        units = text.encode("utf-16-le")
        assert document.text_content() == text
        assert document.locator("mark").all_text_contents() == [
            units[2 * start : 2 * end].decode("utf-16-le") for start, end in marks
        ]
    prevalence = page.locator("figure", has_text="By language")
    prevalence.locator("summary").click()
    assert prevalence.locator("tbody tr").count() == 4
    assert "Japanese" in prevalence.locator(".chart").get_attribute("aria-label")


def test_translations_show_by_pointer_keyboard_and_touch(open_page, report):
    page = open_page(at(report, "#topic=0"), has_touch=True)
    partners = page.locator(".word.partner .text")
    rain = page.locator(".word", has_text="rain")
    rain.hover()
    assert partners.all_text_contents() == ["雨", "عاصفة", "Wind"]
    assert page.locator(".curves path").count() == 3
    assert "雨 (Japanese, cosine 0.90)" in page.locator(".said").inner_text()
    page.mouse.move(0, 0)
    assert partners.count() == 0
    rain.focus()
    page.keyboard.press("ArrowDown")
    assert partners.all_text_contents() == ["嵐", "ريح", "Wolke"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("h1").click()
    assert page.locator(".word.source").get_attribute("aria-pressed") == "true"
    assert page.locator(".word.source .text").inner_text() == "嵐"
    page.locator(".word", has_text="Regen").tap()
    assert page.locator(".word.source .text").inner_text() == "Regen"
    page.get_by_role("button", name="Show all 30 words").click()
    assert page.locator(".word:visible").count() == 4 * 30


def test_a_word_of_any_language_leads_to_its_topics(open_page, report):
    page = open_page(at(report, "#view=topics"))
    box = page.get_by_role("combobox", name="Search a word")
    for typed, word, language, code, topic in [
        ("電", "電車", "Japanese", "ja", 1),
        ("WOL", "Wolke", "German", "de", 0),
        ("ｇｕｉ", "guitar", "English", "en", 2),
        ("مط", "مطر", "Arabic", "ar", 0),
    ]:
        box.fill(typed)
        option = page.get_by_role("option", name=f"{word} {language}")
        option.wait_for()
        assert box.get_attribute("aria-expanded") == "true"
        page.keyboard.press("ArrowDown")
        active = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
        assert active.get_attribute("aria-selected") == "true"
        option.click()
        arrive(page, f"#search={quote(word)}&lang={code}")
        assert page.locator(".card h2").inner_text().split() == [word, language]
        first = page.locator(".card .bars li").first
        assert f"word {1 + made_up_rank(word)}" in first.inner_text()
        first.get_by_role("link").click()
        arrive(page, f"#topic={topic}&")
        assert page.locator(".word.sought .text").inner_text() == word


def made_up_rank(word: str) -> int:
    search = made_up_summary(num_topics=6)["search"]
    return next(part["topics"][part["words"].index(word)][0][1] for part in search.values() if word in part["words"])


def test_a_word_of_no_vocabulary_is_said_to_be_in_none(open_page, report):
    page = open_page(at(report, "#view=topics"))
    page.get_by_role("combobox", name="Search a word").fill("zzzz")
    page.keyboard.press("Enter")
    arrive(page, "#search=zzzz")
    assert "No word of any language's vocabulary" in page.locator("main").inner_text()


def test_the_theme_follows_the_system_until_switched_and_is_remembered(open_page, report):
    background = "getComputedStyle(document.body).backgroundColor"
    page = open_page(at(report, "#topic=0"), color_scheme="dark")
    all_drawn(page)
    dark, dark_chart = page.evaluate(background), page.locator(".main-svg").first.get_attribute("style")
    button = page.get_by_role("button", name="Dark")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    light = page.evaluate(background)
    assert light != dark
    assert page.locator(".main-svg").first.get_attribute("style") != dark_chart
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate(background) == light


def test_the_page_works_where_nothing_can_be_remembered(open_page, report):
    page = open_page(at(report, "#view=topics"))
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } })")
    page.reload()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_no_view_of_a_narrow_window_scrolls_sideways(open_page, report):
    page = open_page(at(report), viewport={"width": 320, "height": 640})
    for view in VIEWS:
        go(page, view)
        all_drawn(page)
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], view


def test_everything_is_reached_by_the_keyboard(open_page, report):
    page = open_page(at(report))
    focused = "document.activeElement.id || document.activeElement.textContent"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "main"
    assert page.title() == "Four seasons of news"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(focused) == "Over time"
    for _ in range(6):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate(focused) == "search"
    page.keyboard.type("雨")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    arrive(page, "#search=")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    arrive(page, "#topic=0")
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate("document.activeElement.closest('figure, .words, .document-column, .topic-list')?.className")
        )
        if page.evaluate("document.activeElement === document.body"):
            break
    assert {"words", "", "topic-list"} <= {next(iter(name.split(" ")[-1:]), "") for name in seen if name is not None}


def test_tables_sort_and_are_saved_as_sorted(open_page, report):
    page = open_page(at(report, "#view=compare&lang=ja"))
    header = page.locator("th", has_text="Japanese")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    shares = [float(text.rstrip("%")) for text in page.locator("tbody td:nth-child(2)").all_text_contents()]
    assert shares == sorted(shares)
    name, content = saved(page, page.get_by_role("button", name="compared with the other languages as CSV"))
    assert name.endswith(".csv")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    topics = {str(topic["id"]): topic for topic in made_up_summary(num_topics=6)["topics"]}
    assert [float(row["Japanese"]) for row in rows] == sorted(
        topic["prevalence"]["ja"]["mean"] for topic in topics.values()
    )
    for row in rows:
        assert float(row["low"]) == topics[row["topic"]]["contrast"]["ja"]["low"]


def test_charts_words_and_the_citation_are_saved_and_copied(open_page, report):
    page = open_page(at(report, "#topic=0"), permissions=("clipboard-read", "clipboard-write"))
    name, picture = saved(page, page.get_by_role("button", name="chart By language as PNG"))
    assert (name, picture[:8]) == ("four-seasons-of-news-by-language.png", b"\x89PNG\r\n\x1a\n")
    name, drawing = saved(page, page.get_by_role("button", name="chart By language as SVG"))
    assert name.endswith("by-language.svg")
    assert drawing.startswith(b"<svg")
    assert b"Japanese" in drawing
    page.locator(".words").get_by_role("button", name="Copy table").click()
    page.get_by_role("button", name="Copied").wait_for()
    first, second, *_ = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert first.split("\t")[:3] == ["English", "English: weight", "Japanese"]
    assert second.split("\t")[::2] == ["rain", "雨", "مطر", "Regen"]
    go(page, "")
    name, content = saved(page, page.get_by_role("button", name="all topics as CSV"))
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(rows) == 6 * 4 * 30
    assert rows[30]["word"] == "雨"
    name, citation = saved(page, page.get_by_role("button", name="Save the citation"))
    assert name == "gloctm.bib"
    assert b"Cross-Lingual Topic Modeling via a Global Context Space" in citation


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_view_has_a_serious_accessibility_violation(theme, open_page, report):
    base = pytest.importorskip("axe_playwright_python.base", reason="needs axe-playwright-python")
    page = open_page(at(report), color_scheme=theme)
    page.evaluate(base.AXE_SCRIPT)
    for view in VIEWS:
        go(page, view)
        if view.startswith("#topic"):
            all_drawn(page)
            page.locator(".word.linked").first.click()
        for details in page.locator("details > summary").all():
            details.click()
        # In the dark only colours differ.
        rules = {} if theme == "light" else {"runOnly": ["color-contrast"]}
        found = page.evaluate("(rules) => axe.run(document, { resultTypes: ['violations'], ...rules })", rules)
        serious = [
            (violation["id"], [node["html"][:200] for node in violation["nodes"]][:3])
            for violation in found["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        assert serious == [], view


def test_markup_in_texts_shows_as_text(open_page, tmp_path):
    mapping = made_up_summary(hostile=SCRIPT)
    page = open_page(at(write_report(mapping, tmp_path / "report.html")))
    for view in [*VIEWS, "#search=" + SCRIPT.replace("&", "%26"), f"#topic={SCRIPT}"]:
        go(page, view)
        all_drawn(page)
        assert page.evaluate("window.intruder") is None
        assert page.locator("main img, main b:has-text('bold') b, main script, .chart tspan").count() == 0, view
    go(page, "#topic=0")
    assert SCRIPT in heading(page)
    assert SCRIPT in page.locator(".document .text").first.inner_text()
    all_drawn(page)
    assert page.locator(".chart text", has_text=f"news{SCRIPT}"[:20]).count() > 0
    page.get_by_role("combobox", name="Search a word").fill("rain")
    page.get_by_role("option").first.wait_for()
    assert f"rain{SCRIPT}" in page.get_by_role("option").first.inner_text()


def test_without_a_corpus_there_is_no_more_than_the_model_tells(open_page, tmp_path):
    path = write_report(made_up_summary(corpus=False), tmp_path / "report.html")
    page = open_page(at(path))
    assert page.locator("#views a").all_text_contents() == ["Overview", "Topics", "Languages"]
    for view in ["", "#topic=0", "#view=topics", "#view=compare"]:
        go(page, view)
        all_drawn(page)
        assert "NaN" not in page.locator("main").inner_text()
    assert "made without a corpus" in page.locator("main").inner_text()


def test_two_languages_are_compared_with_each_other_at_once(open_page, tmp_path):
    path = write_report(made_up_summary(("de", "zh")), tmp_path / "report.html")
    page = open_page(at(path, "#view=compare"))
    assert page.get_by_label("Language", exact=True).input_value() == "de"
    page.get_by_label("Language", exact=True).focus()
    page.get_by_label("Language", exact=True).select_option("zh")
    assert page.url.endswith("lang=zh&show=difference")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    assert page.title().startswith("Chinese compared")


class Server(http.server.BaseHTTPRequestHandler):
    """A stand-in for the server: the page, and answers of the API's form."""

    asked: ClassVar[list[dict[str, Any]]] = []

    def do_GET(self) -> None:
        self.answer(render_page(made_up_summary(), live=True).encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/base/api/transform/file":
            self.answer(b"id,topic_0\r\n1,0.5\r\n" if b'name="format"\r\n\r\ncsv' in body else b"?", "text/csv")
            return
        assert self.path == "/base/api/transform"
        [document] = json.loads(body)["documents"]
        self.asked.append({**json.loads(body), "token": self.headers.get("Authorization")})
        if document["text"] == "too long":
            self.answer(b'{"detail": "The text is too long."}', "application/json", 413)
        elif document["text"] == "secret" and self.headers.get("Authorization") != "Bearer open":
            self.answer(b'{"detail": "This server wants a token."}', "application/json", 401)
        else:
            word = {"word": "regen", "start": 3, "end": 8, "topics": [[0, 1.9], [2, 0.4]]}
            found = {"id": "1", "lang": "de", "theta": [0.7, 0.1, 0.15, 0.05], "words": [word]}
            self.answer(json.dumps({"documents": [found]}).encode(), "application/json")

    def answer(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Server.asked = []
    started = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=started.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{started.server_port}"
    started.shutdown()
    started.server_close()


def test_a_live_page_tells_the_topics_of_a_text(open_page, server):
    page = open_page(f"{server}/base/#view=try", origin=server)
    page.get_by_label("Text", exact=True).fill("🌧 Regen <b>")
    page.get_by_role("button", name="Find its topics").click()
    page.wait_for_selector(".result mark")
    assert page.locator(".result mark").inner_text() == "Regen"
    assert page.locator(".result .topic-list li").first.inner_text().split() == ["0", "rain", "storm", "wind", "70.0%"]
    assert page.locator(".result .document").inner_text() == "🌧 Regen <b>"
    assert Server.asked[0] == {"documents": [{"text": "🌧 Regen <b>", "lang": None}], "explain": True, "token": None}
    page.get_by_label("A file of texts").set_input_files(
        files=[{"name": "mine.csv", "mimeType": "text/csv", "buffer": b"id,text\n1,Regen\n"}]
    )
    name, content = saved(page, page.get_by_role("button", name="Upload"))
    assert (name, content) == ("four-seasons-of-news-theta-mine.csv", b"id,topic_0\r\n1,0.5\r\n")
    base = pytest.importorskip("axe_playwright_python.base", reason="needs axe-playwright-python")
    page.evaluate(base.AXE_SCRIPT)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert [violation["id"] for violation in found if violation["impact"] in ("serious", "critical")] == []


def test_a_live_page_says_what_the_server_objects_to(browser, server):
    # Not by the fixture: a browser reports an answer of 4xx on its console, whatever a page does.
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{server}/base/#view=try")
    page.get_by_label("Text", exact=True).fill("too long")
    page.get_by_role("button", name="Find its topics").click()
    page.get_by_text("The text is too long.").wait_for()
    page.get_by_label("Text", exact=True).fill("secret")
    page.get_by_role("button", name="Find its topics").click()
    page.get_by_label("Token of the server").fill("open")
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="Find its topics").click()
    page.wait_for_selector(".result mark")
    assert Server.asked[-1]["token"] == "Bearer open"
    context.close()


def test_a_browser_without_the_newest_functions_unpacks_the_charts(open_page, report):
    page = open_page(at(report, "#view=topics"))
    page.add_init_script("delete Uint8Array.fromBase64")
    page.reload()
    go(page, "#view=compare")
    all_drawn(page)

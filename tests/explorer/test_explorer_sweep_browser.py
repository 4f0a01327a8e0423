"""Every view of a large page at every width, in both themes, by keyboard, on paper: nothing may be clipped or lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from large_summary import large_summary

from browser import Watched, go, serious_violations
from browser import browser as browser
from browser import open_page as open_page
from gloctm.explorer import write_report

pytestmark = pytest.mark.browser

VIEWS = [f"#view={name}" for name in ("overview", "topics", "compare", "labels", "time", "documents", "similarity")]
VIEWS += [
    "#view=side",
    "#view=about",
    "#topic=0",
    "#search=rain",
    "#view=compare&lang=ar",
    "#view=compare&show=prevalence",
]
VIEWS += ["#view=side&kind=models", "#view=time&lines=each"]
PHONE = {"width": 320, "height": 640}
WIDTHS = [320, 768, 1280, 2560]
# What a reader must have before them within so many screens of a phone.
POINTS = "main :is(figure, .findings, .words, .table, .side-heads, .map-and-list, canvas, .found, .bars)"

# What sticks out of the window, what is cut off without a sign of it, and texts of charts over each other.
FLAWS = """() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  const kind = (element) => element.getAttribute("class") ?? "";
  const named = (element) => `${element.tagName} ${kind(element)} "${element.textContent.trim().slice(0, 40)}"`;
  const within = (element, what) => {
    for (let each = element.parentElement; each; each = each.parentElement)
      if (what(getComputedStyle(each))) return true;
    return false;
  };
  const total = document.documentElement.scrollWidth;
  if (total > window.innerWidth) found.push(`the page is ${total} wide`);
  for (const element of document.querySelectorAll("body *")) {
    if (element instanceof SVGElement || element.closest(".offscreen, #skip, #offers, script")) continue;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const style = getComputedStyle(element);
    const out = box.right > width + 1 || box.left < -1;
    if (out && !within(element, ({ overflowX }) => overflowX !== "visible"))
      found.push(`out of the window: ${named(element)}`);
    // An ellipsis, and lines that are counted, are signs.
    const said = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
    const wider = element.scrollWidth > element.clientWidth + 1 && /hidden|clip/.test(style.overflowX);
    const higher = element.scrollHeight > element.clientHeight + 2 && /hidden|clip/.test(style.overflowY);
    const shown = element.clientWidth > 1 && element.textContent.trim();
    if (shown && !said && (wider || higher)) found.push(`cut off: ${named(element)}`);
  }
  for (const svg of document.querySelectorAll("main svg")) {
    const frame = svg.getBoundingClientRect();
    if (!frame.width) continue;
    const visible = ({ visibility, opacity }) => visibility === "visible" && opacity !== "0";
    const texts = [...svg.querySelectorAll("text")]
      .filter((text) => text.textContent.trim() && visible(getComputedStyle(text)))
      .map((text) => [text.textContent, text.getBoundingClientRect()]);
    for (const [text, box] of texts) {
      const aside = box.left < frame.left - 2 || box.right > frame.right + 2;
      if (aside || box.top < frame.top - 2 || box.bottom > frame.bottom + 2) found.push(`cut off in a figure: ${text}`);
    }
    texts.forEach(([text, one], place) => {
      for (const [further, other] of texts.slice(place + 1, place + 60)) {
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (across > 2 && down > 0.25 * Math.min(one.height, other.height))
          found.push(`over each other: ${text} / ${further}`);
      }
    });
  }
  return [...new Set(found)].slice(0, 8);
}"""

# What has the focus: whether it has a name, whether one sees that it has the focus, a mark by which it is counted.
FOCUSED = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const style = getComputedStyle(element);
  const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(" ");
  const name = element.getAttribute("aria-label") || labels || element.textContent || element.title;
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const inside = element.querySelector?.(".disc");
  const marked = inside && parseFloat(getComputedStyle(inside).strokeWidth) >= 3;
  const box = element.getBoundingClientRect();
  element.dataset.reached = "yes";
  return {
    what: `${element.tagName} ${element.className?.baseVal ?? element.className} ${name.trim().slice(0, 30)}`,
    named: Boolean(name.trim()),
    seen: (outlined || marked) && box.width > 0 && box.bottom > 0 && box.top < window.innerHeight,
  };
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50 topics, 8 languages, labels, dates, documents, another model."""
    return write_report(
        large_summary(num_documents=2000, other=True), tmp_path_factory.mktemp("report") / "report.html"
    )


@pytest.fixture(scope="module")
def watched(browser: Any, report: Path) -> Iterator[tuple[Watched, Any]]:
    profile = Watched(browser, viewport=PHONE)
    yield profile, profile.open(report.as_uri())
    profile.context.close()


@pytest.fixture
def page(watched: tuple[Watched, Any]) -> Iterator[Any]:
    """The page that all tests share."""
    profile, shared = watched
    yield shared
    # Nothing that a test leaves meets the next one.
    shared.evaluate("dispatchEvent(new Event('afterprint'))")
    shared.emulate_media(media="screen", color_scheme="light")
    shared.set_viewport_size(PHONE)
    profile.check()


def visit(page: Any, view: str) -> None:
    go(page, view)
    settle(page)


def settle(page: Any) -> None:
    """Wait for all charts, and the map of documents; charts out of sight are drawn a little later."""
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_selector(".chart:not([data-drawn])", state="detached")
    page.evaluate("window.scrollTo(0, 0)")


def test_all_views_are_visited(page):
    links = page.eval_on_selector_all("#views a", "links => links.map(link => link.getAttribute('href'))")
    assert set(links) <= set(VIEWS)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_clipped_or_wider_than_the_window(page, width):
    page.set_viewport_size({"width": width, "height": 640 if width == 320 else 900})
    found = {}
    for view in VIEWS:
        visit(page, view)
        found[view] = page.evaluate(FLAWS)
    assert {view: flaws for view, flaws in found.items() if flaws} == {}


def test_phones_come_to_the_point_and_jump(page):
    for view in VIEWS:
        visit(page, view)
        assert page.locator(POINTS).count(), view
        top, height = page.evaluate(
            "(points) => [document.querySelector(points).getBoundingClientRect().top,"
            " document.documentElement.scrollHeight].map((each) => each / window.innerHeight)",
            POINTS,
        )
        assert top < 2, view
        if height > 3:
            assert page.locator("main .jumps:visible, main .jump:visible").count(), view
            assert page.get_by_role("button", name="To the top").is_visible()
    page.get_by_role("button", name="To the top").click()
    assert page.evaluate("window.scrollY") == 0


def test_every_view_is_accessible_in_both_themes(open_page, tmp_path):
    # Few topics, since it looks at every element.
    made = large_summary(num_documents=60, num_topics=6, other=True)
    page = open_page(write_report(made, tmp_path / "report.html").as_uri(), viewport={"width": 1280, "height": 900})
    for view in VIEWS:
        visit(page, view)
        assert serious_violations(page) == [], view
        page.get_by_role("button", name="Dark").click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        settle(page)
        # In the other theme only colors differ.
        assert serious_violations(page, "color-contrast") == [], view
        page.get_by_role("button", name="Dark").click()


def test_the_keyboard_reaches_all_with_a_name_and_a_visible_focus(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    for view in ["#view=overview", "#view=topics", "#view=documents", "#view=similarity", "#view=side", "#topic=0"]:
        visit(page, view)
        page.locator("#main").focus()
        flaws = []
        for _ in range(400):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
            if focused is None:
                break
            if not (focused["named"] and focused["seen"]):
                flaws.append(focused)
        assert flaws == [], view
        missed = page.eval_on_selector_all(
            "main :is(a[href], button:enabled, select, input, summary, [tabindex='0']):not([tabindex='-1'])",
            "all => all.filter(each => each.checkVisibility() && !each.dataset.reached).map(each => each.outerHTML)",
        )
        assert missed[:3] == [], view


def test_texts_from_right_to_left_are_so(page):
    visit(page, "#topic=0")
    for code in ("ar", "he"):
        words = page.locator(f".word-column [lang={code}]").first
        assert words.evaluate("each => getComputedStyle(each).direction") == "rtl"
        document = page.locator(f".document [lang={code}]").first
        style = document.evaluate("each => [getComputedStyle(each).direction, getComputedStyle(each).textAlign]")
        assert style[0] == "rtl"
        assert style[1] in ("start", "right")


def test_paper_has_figures_and_texts_and_nothing_to_press(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    for view in VIEWS:
        go(page, view)
        # Without having come past them.
        page.wait_for_selector(".chart:not([data-drawn])", state="detached")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 720, "height": 1000})
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        pressed = page.locator("header, footer, .buttons, .jumps, select, main input")
        assert pressed.locator("visible=true").count() == 0, view
        assert page.evaluate(FLAWS) == [], view
        assert page.locator(".course-plot:not(:has(svg))").count() == 0, view
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        page.emulate_media(media="screen")
    visit(page, "#topic=0")
    assert len(page.pdf()) > 20_000

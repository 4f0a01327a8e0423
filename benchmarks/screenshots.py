"""Pictures of a report, taken by a browser: those of the docs, or every view at three widths in two themes.

    python benchmarks/screenshots.py REPORT.html [--folder docs/images] [--topic 0] [--language ja]
    python benchmarks/screenshots.py REPORT.html --all --folder FOLDER

Without --all, writes explorer-overview.png, explorer-topic.png, explorer-documents.png, explorer-compare.png (wide,
light), explorer-topic-dark.png and explorer-phone.png. With --all, writes VIEW-WIDTH-THEME.png of whole pages, to be
looked at before a change of the page is called done, and says which page scrolls sideways. Needs playwright and
Chromium (the distribution's, or the one of --chromium).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 720}
WINDOWS = (PHONE | {"width": 320}, WIDE, {"width": 2560, "height": 1300})
THEMES = ("light", "dark")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
# Whole pages are cut here: nobody looks at a longer picture.
MOST_PIXELS = 6000


@dataclass(frozen=True)
class Picture:
    """One picture: of which view, in what window, of what theme, with what pointed to; of the window, or all of it."""

    name: str
    view: str
    window: dict[str, int] = field(default_factory=lambda: WIDE)
    theme: str = "light"
    pointed: str | None = None
    whole: bool = False


def pictures(topic: int, language: str | None) -> list[Picture]:
    """The pictures of the docs."""
    compared = "#view=compare" + (f"&lang={language}" if language else "")
    word = "button.word >> nth=0"
    return [
        # Findings and the whole map.
        Picture("explorer-overview", "", window=WIDE | {"height": 1500}),
        Picture("explorer-topic", f"#topic={topic}", pointed=word),
        Picture("explorer-topic-dark", f"#topic={topic}", theme="dark", pointed=word),
        Picture("explorer-documents", "#view=documents"),
        Picture("explorer-compare", compared),
        Picture("explorer-phone", f"#topic={topic}", window=PHONE),
    ]


def every_picture(browser: Any, report: Path, topic: int) -> Iterator[Picture]:
    """Each view of the navigation, a topic and a search, at three widths in two themes."""
    page = browser.new_page()
    page.goto(report.resolve().as_uri())
    page.wait_for_selector("html[data-ready]")
    links = page.eval_on_selector_all("#views a", "links => links.map(link => link.getAttribute('href'))")
    page.close()
    for view in [*links, f"#topic={topic}", "#search=a"]:
        name = view.lstrip("#").replace("view=", "").replace("=", "-").replace("&", "-")
        for window in WINDOWS:
            for theme in THEMES:
                yield Picture(f"{name}-{window['width']}-{theme}", view, window=window, theme=theme, whole=True)


def take(browser: Any, report: Path, picture: Picture, folder: Path) -> Path:
    """Open the view, let its charts be drawn, save what the window shows, or the whole page."""
    context = browser.new_context(viewport=picture.window, color_scheme=picture.theme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(report.resolve().as_uri() + picture.view)
    page.wait_for_selector("html[data-ready]")
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_selector(".chart:not([data-drawn])", state="detached")
    page.evaluate("window.scrollTo(0, 0)")
    if picture.pointed and page.locator(picture.pointed).count():
        page.hover(picture.pointed)
    path = folder / f"{picture.name}.png"
    if picture.whole:
        width, height = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        if width > picture.window["width"]:
            print(f"{picture.name}: {width} pixels wide, so it scrolls sideways", file=sys.stderr)
        size = {"x": 0, "y": 0, "width": picture.window["width"], "height": min(height, MOST_PIXELS)}
        page.screenshot(path=path, full_page=True, clip=size)
    else:
        page.screenshot(path=path)
    context.close()
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("--folder", type=Path, default=Path(__file__).resolve().parent.parent / "docs" / "images")
    parser.add_argument("--topic", type=int, default=0)
    parser.add_argument("--language")
    parser.add_argument("--all", action="store_true", help="every view, at three widths in two themes")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    arguments = parser.parse_args()
    if not arguments.report.is_file():
        sys.exit(f"there is no report {arguments.report}: make one by gloctm report")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.exit("taking pictures needs a package that is not installed: pip install playwright")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=FLAGS)
        if arguments.all:
            wanted = list(every_picture(browser, arguments.report, arguments.topic))
        else:
            wanted = pictures(arguments.topic, arguments.language)
        for picture in wanted:
            print(take(browser, arguments.report, picture, arguments.folder))
        browser.close()


if __name__ == "__main__":
    main()

"""Pictures of a report for the docs, taken by a browser.

    python benchmarks/screenshots.py REPORT.html [--folder docs/images] [--topic 0] [--language ja]

Writes explorer-overview.png, explorer-topic.png, explorer-compare.png (wide, light), explorer-topic-dark.png and
explorer-phone.png into the folder. Needs playwright and Chromium (the distribution's, or the one of --chromium).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 720}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]


@dataclass(frozen=True)
class Picture:
    """One picture: of which view, in what window, of what theme, with what pointed to."""

    name: str
    view: str
    window: dict[str, int] = field(default_factory=lambda: WIDE)
    theme: str = "light"
    pointed: str | None = None


def pictures(topic: int, language: str | None) -> list[Picture]:
    """The pictures of the docs."""
    compared = "#view=compare" + (f"&lang={language}" if language else "")
    word = "button.word >> nth=0"
    return [
        Picture("explorer-overview", ""),
        Picture("explorer-topic", f"#topic={topic}", pointed=word),
        Picture("explorer-topic-dark", f"#topic={topic}", theme="dark", pointed=word),
        Picture("explorer-compare", compared),
        Picture("explorer-phone", f"#topic={topic}", window=PHONE),
    ]


def take(browser: Any, report: Path, picture: Picture, folder: Path) -> Path:
    """Open the view, let its charts be drawn, save what the window shows."""
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
    page.screenshot(path=path)
    context.close()
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("--folder", type=Path, default=Path(__file__).resolve().parent.parent / "docs" / "images")
    parser.add_argument("--topic", type=int, default=0)
    parser.add_argument("--language")
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
        for picture in pictures(arguments.topic, arguments.language):
            print(take(browser, arguments.report, picture, arguments.folder))
        browser.close()


if __name__ == "__main__":
    main()

"""How large the report's page is, how soon it can be used, and how long a frame of the map of documents takes.

    python benchmarks/page.py [--repeats 5] [--chromium /usr/bin/chromium]

Pages of a made-up summary of 50 topics: without documents in 5 languages, with 20,000 and 100,000 documents in 8. Each
is opened anew, in turn, and the map is dragged for 60 frames. Writes benchmarks/results/page.jsonl, a line a page, with
the median of the repeats. A headless browser draws without a graphics card, as the slowest of readers do.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import machine

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "page.jsonl"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "explorer")]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
#: Languages, documents (0: none) and device pixels per pixel of each page.
PAGES = ((5, 0, 1), (8, 20_000, 1), (8, 100_000, 1), (8, 100_000, 2))
MAP = ".document-map canvas[role=img]"
Line = dict[str, Any]


def written(languages: int, documents: int, folder: Path) -> Path:
    """The page of a made-up summary, as a file."""
    from large_summary import CODES, large_summary

    from gloctm.explorer import write_report

    # 50 words a text, as in the news and reviews of the quality benchmarks.
    made = large_summary(num_documents=max(documents, 1), codes=CODES[:languages], words_per_text=50)
    if not documents:
        made["documents"] = None
    return write_report(made, folder / f"{languages}-{documents}.html")


def opened(browser: Any, page_file: Path, documents: int, scale: int) -> Line:
    """Open a page once: milliseconds until its overview and then its map are there, and frames of the map."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, device_scale_factor=scale)
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-ready]")
    found: Line = {"ready": page.evaluate("performance.now()")}
    if documents:
        page.evaluate("window.asked = performance.now(); location.hash = '#view=documents'")
        page.wait_for_selector(f"{MAP}[data-took]")
        found["map"] = page.evaluate("performance.now() - window.asked")
        found["frames"] = frames(page)
    context.close()
    return found


def frames(page: Any) -> list[float]:
    """Milliseconds of drawing of each frame while the map is zoomed and dragged."""
    box = page.locator(MAP).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.evaluate(
        """(selector) => {
          window.frames_ = [];
          const canvas = document.querySelector(selector);
          new MutationObserver(() => window.frames_.push(Number(canvas.dataset.took)))
            .observe(canvas, { attributeFilter: ["data-took"] });
        }""",
        MAP,
    )
    page.mouse.wheel(0, -300)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(x + step, y + step / 2)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    page.mouse.up()
    found: list[float] = page.evaluate("window.frames_")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=FLAGS)
        files = [written(languages, documents, Path(folder)) for languages, documents, _ in PAGES]
        runs: list[list[Line]] = [[] for _ in PAGES]
        for _ in range(arguments.repeats):
            for place, (_, documents, scale) in enumerate(PAGES):
                runs[place].append(opened(browser, files[place], documents, scale))
        version = browser.version
        browser.close()
        lines = []
        for (languages, documents, scale), file, each in zip(PAGES, files, runs, strict=True):
            frame = sorted(took for run in each for took in run.get("frames", []))
            lines.append(
                {
                    "benchmark": "page",
                    **{"topics": 50, "languages": languages, "documents": documents, "scale": scale},
                    "megabytes": round(file.stat().st_size / 1e6, 2),
                    "ready_ms": round(statistics.median(run["ready"] for run in each)),
                    "map_ms": round(statistics.median(run["map"] for run in each)) if documents else None,
                    "frame_ms": [frame[len(frame) // 2], frame[int(0.95 * len(frame))]] if frame else None,
                    "repeats": arguments.repeats,
                    **{"machine": machine(), "chromium": version},
                }
            )
    RESULTS.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    for line in lines:
        print(line)


if __name__ == "__main__":
    main()

"""The table of the report page's size and speed (docs/guides/report.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.markdown import markdown
from pages.results import results


def page() -> str:
    """How large pages are, how soon they can be used, and how long a frame of the map takes."""
    return markdown(
        ["languages", "documents", "pixels per pixel", "MB", "usable (s)", "map (s)", "frame, median and 95% (ms)"],
        (
            [
                each["languages"],
                f"{each['documents']:,}" if each["documents"] else "none",
                each["scale"],
                f"{each['megabytes']:.1f}",
                f"{each['ready_ms'] / 1000:.2f}",
                f"{each['map_ms'] / 1000:.2f}" if each["map_ms"] else "",
                ", ".join(f"{took:.0f}" for took in each["frame_ms"]) if each["frame_ms"] else "",
            ]
            for each in results("page", "page")
        ),
    )


TABLES: dict[str, Callable[[], str]] = {"page": page}

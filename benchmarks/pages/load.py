"""The table of the server under load (docs/guides/server.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.markdown import markdown
from pages.results import results


def load() -> str:
    """How the server answered under load."""
    # The newest run alone: a line a phase, the last of which ends it.
    newest = {each["phase"]: each for each in results("load", "load")}
    return markdown(
        ["", "clients", "wanted", "answered", "200", "429", "503", "p50", "p95", "p99", "memory"],
        (
            [
                phase,
                each["clients"],
                "as fast as can be" if each["wanted_per_second"] is None else f"{each['wanted_per_second']:,}",
                f"{each['answered_per_second']:.0f}",
                *(
                    f"{100 * each['statuses'].get(status, 0) / each['requests']:.0f}%"
                    for status in ("200", "429", "503")
                ),
                *(f"{each['milliseconds'][name]:,.0f}" for name in ("p50", "p95", "p99")),
                f"{each['megabytes_before']} → {each['megabytes_after']}",
            ]
            for phase, each in newest.items()
        ),
    )


TABLES: dict[str, Callable[[], str]] = {"load": load}

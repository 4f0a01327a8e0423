"""The table of the default method on little text (docs/results/quality.md)."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from pages.markdown import markdown, spread
from pages.results import Result, results


def small_corpora() -> str:
    groups: dict[str, list[Result]] = {}
    for each in results("small", "small"):
        groups.setdefault(each["case"], []).append(each)
    if not groups:
        return "not measured yet"
    return markdown(
        [
            "languages",
            "documents per language",
            "seeds",
            "themes that own a topic in all",
            "theme found, new texts",
            "texts trained on",
            "language not trained on",
            "worst of these",
            "seconds",
        ],
        (
            [
                len(group[0]["documents"]),
                sizes(group[0]["documents"]),
                len(group),
                f"{spread([one['themes_owned'] for one in group], '.1f')} of 12",
                spread([mean(one, "new") for one in group]),
                spread([mean(one, "trained on") for one in group]),
                spread([statistics.mean(one["accuracy_unseen"].values()) for one in group]),
                spread([min(one["accuracy_unseen"].values()) for one in group]),
                spread([one["seconds"] for one in group], ".1f"),
            ]
            for group in groups.values()
        ),
    )


def sizes(documents: dict[str, int]) -> str:
    """The sizes of languages: all alike, or from the least to the most."""
    least, most = min(documents.values()), max(documents.values())
    return str(least) if least == most else f"{least} to {most}"


def mean(one: Result, asked: str) -> float | None:
    """The mean accuracy over languages whose texts were trained on, or were new; None without any."""
    found = [one["accuracy"][code] for code, what in one["asked"].items() if what == asked]
    return statistics.mean(found) if found else None


TABLES: dict[str, Callable[[], str]] = {"small corpora": small_corpora}

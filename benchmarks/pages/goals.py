"""What was wanted of the default method, and what it reaches (docs/lab/goals.md)."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from pages.markdown import CORPORA, markdown, spread
from pages.results import Result, results

GOALS = {
    "ecnews": ("0.100", "0.140", "0.97", "−0.22", "0.66", "0.64", "0.69", "360"),
    "rakuten_amazon": ("0.075", "0.100", "0.97", "−0.25", "0.76", "0.77", "0.66", "300"),
}


def goals() -> str:
    """Goals and means ± standard deviations over seeds, corpus by corpus."""
    rows: list[list[object]] = []
    for corpus, wanted in GOALS.items():
        found = [
            each for each in results("quality", "quality") if (each["corpus"], each["model"]) == (corpus, "context")
        ]
        if not found:
            return "not measured yet"
        rows.append([f"{CORPORA[corpus]}: goal", "", *wanted])

        def mean(measure: str, found: list[Result] = found) -> list[float]:
            return [statistics.mean(each["measures"][measure].values()) for each in found]

        def across(to_english: bool, found: list[Result] = found) -> list[float]:
            return [
                next(
                    value
                    for what, value in each["measures"]["accuracy_across"].items()
                    if what.startswith("en from") == to_english
                )
                for each in found
            ]

        rows.append(
            [
                f"{CORPORA[corpus]}: reached",
                len(found),
                spread(mean("cnpmi_published"), ".4f"),
                spread(mean("cnpmi_document"), ".4f"),
                spread(mean("topic_uniqueness")),
                spread(mean("npmi")),
                spread(across(True)),
                spread(across(False)),
                spread(mean("purity")),
                spread([each["training_seconds"] for each in found], ".0f"),
            ]
        )
    return markdown(
        [
            *("", "seeds", "CNPMI, published", "CNPMI, document", "TU", "NPMI"),
            *("English from the other", "the other from English", "purity", "seconds, one thread"),
        ],
        rows,
    )


TABLES: dict[str, Callable[[], str]] = {"goals": goals}

"""Tables and plots of quality after so many epochs (docs/lab/epochs.md)."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from pages.markdown import CORPORA, SCHEDULES, markdown, spread
from pages.results import Result, results
from plot import Panel, svg


def epochs(corpus: str) -> Callable[[], str]:
    """The table of one corpus: quality after so many epochs."""

    def table() -> str:
        groups: dict[tuple[str, int], list[Result]] = {}
        for each in results("epochs", "epochs"):
            if each["corpus"] == corpus:
                groups.setdefault((each["run"], each["epoch"]), []).append(each)
        across = [pair for pair in groups[next(iter(groups))][0]["accuracy"] if len(set(pair.split(" from "))) == 2]
        return markdown(
            ["training", "epochs", "seeds", "loss", "TU", "CNPMI, published", "CNPMI, document", *across],
            (
                [
                    SCHEDULES[run],
                    epoch,
                    len(group),
                    spread([one["loss"] for one in group], ",.0f"),
                    spread([statistics.mean(one["topic_uniqueness"].values()) for one in group]),
                    spread([one["cnpmi"]["published"] for one in group], ".4f"),
                    spread([one["cnpmi"]["document"] for one in group], ".4f"),
                    *(spread([one["accuracy"][pair] for one in group]) for pair in across),
                ]
                for (run, epoch), group in sorted(groups.items(), key=lambda item: (SCHEDULES[item[0][0]], item[0][1]))
            ),
        )

    return table


def epochs_plot(corpus: str) -> Callable[[], str]:
    """TU, CNPMI and transfer as training goes on, as shares of what they are at its end."""

    def plot() -> str:
        runs = [each for each in results("epochs", "epochs") if each["corpus"] == corpus and each["run"] == "published"]
        first = min(each["seed"] for each in runs)
        runs = sorted((each for each in runs if each["seed"] == first), key=lambda each: int(each["epoch"]))
        measures: dict[str, Callable[[Result], float]] = {
            "TU": lambda each: statistics.mean(each["topic_uniqueness"].values()),
            "CNPMI, published counting": lambda each: float(each["cnpmi"]["published"]),
            "accuracy across languages": lambda each: statistics.mean(
                value for pair, value in each["accuracy"].items() if len(set(pair.split(" from "))) == 2
            ),
        }
        panels = [
            Panel(
                f"{name}, percent of the last",
                "epochs",
                [(each["epoch"], 100 * measure(each) / measure(runs[-1])) for each in runs],
            )
            for name, measure in measures.items()
        ]
        return svg(f"Quality by epochs, {CORPORA[corpus]}", panels)

    return plot


TABLES: dict[str, Callable[[], str]] = {
    "epochs ecnews": epochs("ecnews"),
    "epochs rakuten": epochs("rakuten_amazon"),
}
PLOTS: dict[str, Callable[[], str]] = {
    "docs/images/epochs-ecnews.svg": epochs_plot("ecnews"),
    "docs/images/epochs-rakuten.svg": epochs_plot("rakuten_amazon"),
}

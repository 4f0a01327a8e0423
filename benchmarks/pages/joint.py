"""Table of training by several processes (docs/lab/data-parallel.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.markdown import markdown
from pages.results import results


def joint() -> str:
    """Time and exchange of a step, and how far the loss is from that of one process."""
    lines = results("joint", "joint")
    alone = {each["batch_size"]: each for each in lines if each["ranks"] == 1}
    return markdown(
        [
            "documents per step and language",
            "processes",
            "processor, ms per step and process",
            "relative to one",
            "exchanges per step",
            "MB per step",
            "loss, relative difference",
        ],
        (
            [
                f"{each['batch_size']:,}",
                each["ranks"],
                f"{each['cpu_milliseconds']:.0f}",
                f"{each['cpu_milliseconds'] / alone[each['batch_size']]['cpu_milliseconds']:.2f}",
                f"{each['exchanges']:.0f}",
                f"{each['bytes'] / 1e6:.1f}",
                f"{abs(each['loss'] / alone[each['batch_size']]['loss'] - 1):.0e}" if each["ranks"] > 1 else "",
            ]
            for each in lines
        ),
    )


TABLES: dict[str, Callable[[], str]] = {"joint": joint}

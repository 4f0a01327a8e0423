"""Table of stages on a cluster that loses a machine (docs/guides/cluster.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.markdown import markdown
from pages.results import results

STAGES = {"build": "build", "embed": "embed, stand-in", "transform": "transform files"}


def engines() -> str:
    """Seconds of each stage by what ran it, and in how many files bytes differ from those of processes."""
    lines = results("engines", "engines")
    return markdown(
        ["stage", "by", "seconds", "killed after", "files", "files that differ"],
        (
            [
                STAGES[each["stage"]],
                {"processes": "2 processes", "ray": "2 machines"}.get(each["engine"], "2 machines, one killed"),
                f"{each['seconds']:.0f}",
                "" if each["killed_after"] is None else f"{each['killed_after']:.0f}",
                each["files"],
                each["different_files"],
            ]
            for stage in STAGES
            for each in lines
            if each["stage"] == stage
        ),
    )


TABLES: dict[str, Callable[[], str]] = {"engines": engines}

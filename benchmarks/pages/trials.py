"""The table of the trials (docs/lab/trials.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.markdown import markdown
from pages.results import results

# As ``trials.frame.COUNTS`` has them, in few words.
COUNTS = {
    "unexpected": "tracebacks, unexpected errors",
    "hang": "hangs",
    "memory": "too much memory",
    "lost": "documents lost",
    "silent": "silent changes",
    "leftover": "files left",
}


def trials() -> str:
    """How many trials there were of each part, and in how many something was amiss."""
    found = results("trials", "trials")
    if not found:
        return "not run yet"
    table = markdown(
        ["", "trials", "kills", *COUNTS.values(), "longest (s)", "most memory (MB)"],
        (
            [
                f"{each['kind']}: {each['part']}",
                f"{each['trials']:,}",
                f"{each['kills']:,}" if "kills" in each else "",
                *(f"{each[count]:,}" for count in COUNTS),
                f"{each['longest_seconds']:.1f}",
                f"{each['most_megabytes']:,}",
            ]
            for each in found
        ),
    )
    runs = {each["kind"]: each for each in found}
    lines = (
        f"- {kind}: seed {each['seed']}; "
        + ", ".join(f"{name} {number}" for name, number in each["versions"].items() if name != "system")
        for kind, each in runs.items()
    )
    return "\n".join([table, "", "Versions:", "", *lines])


TABLES: dict[str, Callable[[], str]] = {"trials": trials}

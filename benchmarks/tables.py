"""The tables and the plots in the documentation, made from the results in benchmarks/results.

    python benchmarks/tables.py            # write them into README.md, docs and docs/images
    python benchmarks/tables.py --check    # exit with 1 if they are not what the results say

A table is between ``<!-- table: NAME -->`` and ``<!-- end of table -->``. The modules in benchmarks/pages make them.
"""

from __future__ import annotations

import argparse
import re
import sys

from pages import (
    ablations,
    build,
    choosing_k,
    differences,
    encoders,
    engines,
    epochs,
    goals,
    joint,
    languages,
    load,
    page,
    published,
    quality,
    robustness,
    scale,
    sensitivity,
    small,
    speed,
    streaming,
    topics,
    trials,
)
from pages.results import ROOT

PAGES = ("README.md", *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs").rglob("*.md"))))
TABLES = {
    **(languages.TABLES | build.TABLES | speed.TABLES | epochs.TABLES | quality.TABLES),
    **(ablations.TABLES | small.TABLES | load.TABLES | choosing_k.TABLES | topics.TABLES | goals.TABLES),
    **(encoders.TABLES | page.TABLES | scale.TABLES | streaming.TABLES | joint.TABLES | engines.TABLES),
    **(trials.TABLES | differences.TABLES | robustness.TABLES | published.TABLES | sensitivity.TABLES),
}
PLOTS = speed.PLOTS | epochs.PLOTS | quality.PLOTS | scale.PLOTS | sensitivity.PLOTS


def with_tables(text: str) -> str:
    """A page with its tables as the results have them."""

    def table(found: re.Match[str]) -> str:
        return f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}"

    return re.sub(r"(<!-- table: ([\w ]+) -->)\n.*?(<!-- end of table -->)", table, text, flags=re.DOTALL)


def main() -> None:
    """Write or check the pages and plots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    for name in (*PAGES, *PLOTS):
        path = ROOT / name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = PLOTS[name]() if name in PLOTS else with_tables(before)
        if check and before != after:
            sys.exit(f"{name} is not what the results say: run python benchmarks/tables.py")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

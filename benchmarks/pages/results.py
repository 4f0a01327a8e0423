"""What was measured: the lines of benchmarks/results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
Result = dict[str, Any]


def is_complete(line: Result) -> bool:
    """Whether a line has all that is shown of it: of quality, retrieval and memory came later."""
    return line.get("benchmark") != "quality" or "peak_megabytes" in line


def results(name: str, benchmark: str | None = None) -> list[Result]:
    """The results in a file, of one benchmark; none where there is no file yet."""
    path = ROOT / "benchmarks" / "results" / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    every = [json.loads(line) for line in lines if line]
    return [each for each in every if benchmark is None or each["benchmark"] == benchmark]

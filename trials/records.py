"""Results of trials as JSON lines: written one by one, taken up again, and summed up."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from trials.frame import COUNTS, Trial

ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("gloctm", "numpy", "scipy", "scikit-learn", "torch", "safetensors", "pyarrow")


def versions() -> dict[str, str]:
    """Return the versions that results depend on, the project's revision among them where git knows it."""
    found = {"python": platform.python_version(), "system": f"{platform.system()} {platform.release()}"}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        # What an earlier run recorded is no change of what is tried.
        changed = _git("status", "--porcelain", "--", ".", ":!benchmarks/results")
        found["revision"] = _git("rev-parse", "--short=12", "HEAD") + ("-dirty" if changed else "")
    return found


def _git(*arguments: str) -> str:
    command = ("git", "-C", str(ROOT), *arguments)
    return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout.strip()


class Records:
    """The file of a run: a line that says what it is, then one for each trial.

    Args:
        path: the file; made if it is not there.
        run: what the run is; a file of another run is refused.

    Raises:
        ValueError: the file is of another run.
    """

    def __init__(self, path: Path, run: dict[str, Any]) -> None:
        self.path = path
        self.trials: list[dict[str, Any]] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes() if path.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        lines = [json.loads(line) for line in whole.splitlines()]
        if lines and lines[0] != run:
            raise ValueError(f"{path} has another run, or one of other versions: add --fresh, or name another --folder")
        if len(whole) < len(content):
            # The runner was killed while it wrote.
            os.truncate(path, len(whole))
        self.trials = lines[1:]
        if not lines:
            self._write(run)

    def add(self, trial: Trial) -> None:
        """Keep a trial."""
        line = {
            **{"number": trial.number, "part": trial.part, "faults": trial.faults},
            **{"seconds": round(trial.seconds, 3), "megabytes": round(trial.megabytes)},
            **trial.facts,
        }
        self._write(line)
        self.trials.append(json.loads(json.dumps(line)))

    def _write(self, line: dict[str, Any]) -> None:
        with self.path.open("ab") as stream:
            stream.write(json.dumps(line).encode() + b"\n")


def summed(trials: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each part how many trials there were, and of what is counted how much.

    Facts that are numbers, such as ``kills``, are added up.
    """
    rows: dict[str, dict[str, Any]] = {}
    for each in sorted(trials, key=lambda each: str(each["part"])):
        row = rows.setdefault(
            each["part"],
            {"part": each["part"], "trials": 0, **dict.fromkeys(COUNTS, 0), "longest_seconds": 0, "most_megabytes": 0},
        )
        row["trials"] += 1
        for count in {count for count, _ in each["faults"]}:
            row[count] += 1
        row["longest_seconds"] = max(row["longest_seconds"], each["seconds"])
        row["most_megabytes"] = max(row["most_megabytes"], each["megabytes"])
        for name, value in each.items():
            if name not in ("number", "seconds", "megabytes") and type(value) is int:
                row[name] = row.get(name, 0) + value
    return list(rows.values())


def record(path: Path, run: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Put the sums of a run in the file of results, in place of those of the same kind."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if json.loads(line)["kind"] != run["kind"]]
    added = [json.dumps({"benchmark": "trials", **run, **row}) for row in rows]
    path.write_text("".join(f"{line}\n" for line in [*kept, *added]), encoding="utf-8", newline="\n")

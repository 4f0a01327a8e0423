"""The command line of the trials."""

from __future__ import annotations

import argparse
import gc
import importlib
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from trials import __doc__ as about
from trials.forking import Limits, forked
from trials.frame import COUNTS, SIZES, Kind, Trial, known_kinds
from trials.records import ROOT, Records, record, summed, versions

RESULTS = ROOT / "benchmarks" / "results" / "trials.jsonl"
# Preparing is no trial; it may take its time.
_PREPARING = Limits(seconds=600, megabytes=8192)
_PROGRESS_SECONDS = 10


def main() -> None:
    """Run kinds of trials; exit with 1 if anything is amiss."""
    kinds = known_kinds()
    parser = argparse.ArgumentParser(
        prog="python -m trials", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(kinds)}; all unless given")
    parser.add_argument("--size", choices=SIZES, default="sample")
    parser.add_argument("--count", type=int, help="how many trials of each kind, in place of what the size says")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one trial, whose folder is kept")
    parser.add_argument("--minutes", type=float, help="stop after so long; the next run goes on")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "trials", help="for results and failures")
    parser.add_argument("--fresh", action="store_true", help="begin again")
    parser.add_argument("--record", action="store_true", help=f"put the sums in {RESULTS.relative_to(ROOT)}")
    given = parser.parse_args()
    if unknown := sorted(set(given.kinds) - set(kinds)):
        parser.error(f"there is no kind {unknown[0]!r}: {', '.join(kinds)}")
    ends = None if given.minutes is None else time.monotonic() + 60 * given.minutes
    # Every kind is run, whatever the one before found.
    sound = [_run_kind(kinds[name], given, ends) for name in given.kinds or kinds]
    sys.exit(not all(sound))


def _run_kind(kind: Kind, given: argparse.Namespace, ends: float | None) -> bool:
    """Run the trials of a kind that have not been run; return whether all were sound."""
    for module in kind.warms:
        importlib.import_module(module)
    # What is there now is not copied again by every child's collections.
    gc.collect()
    gc.freeze()
    folder = given.folder.absolute() / f"{kind.name}-{given.seed}"
    if given.only is not None:
        return _run_only(kind, given, folder.with_name(f"{folder.name}-only"))
    run: dict[str, Any] = {"kind": kind.name, "about": kind.about, "seed": given.seed, "versions": versions()}
    if given.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        records = Records(folder / "trials.jsonl", run)
    except ValueError as error:
        sys.exit(str(error))
    if not (folder / "inputs").exists():
        _prepare(kind, folder)
    count = given.count or kind.sizes[given.size]
    done = {each["number"] for each in records.trials}
    numbers = [number for number in range(count) if number not in done]
    said = time.monotonic()
    for position, number in enumerate(numbers):
        if ends is not None and time.monotonic() > ends:
            _say(f"{kind.name}: stopped after {position} of {len(numbers)} trials; the next run goes on")
            break
        trial = _run_trial(kind, given.seed, number, folder)
        records.add(trial)
        if time.monotonic() - said > _PROGRESS_SECONDS:
            _say(f"{kind.name}: {position + 1} of {len(numbers)} trials")
            said = time.monotonic()
        if trial.faults:
            _tell(trial, given.folder)
    rows = summed(records.trials)
    for row in rows:
        print(_line(kind, row))
    if given.record:
        record(RESULTS, run, rows)
    return not any(row[name] for row in rows for name in COUNTS)


def _run_only(kind: Kind, given: argparse.Namespace, folder: Path) -> bool:
    """Run one trial, with inputs as they are made now, and keep its folder."""
    shutil.rmtree(folder, ignore_errors=True)
    _prepare(kind, folder)
    trial = _run_trial(kind, given.seed, given.only, folder, keep=True)
    if trial.faults:
        _tell(trial, given.folder)
    else:
        _say(f"{kind.name} {trial.number} ({trial.part}), {trial.facts}: nothing amiss; kept in {trial.folder.parent}")
    return not trial.faults


def _prepare(kind: Kind, folder: Path) -> None:
    """Make what the trials of a kind read, whole or not at all."""
    making = folder / "making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    environment = {"GLOCTM_CACHE": str(folder / "preparing" / "cache")}
    ended = forked(
        lambda: kind.prepare(making),
        folder=making,
        notes=folder / "preparing",
        limits=_PREPARING,
        environment=environment,
    )
    if not ended.went_well:
        sys.exit(f"{kind.name}: the inputs can't be made\n{ended.story}{ended.messages}")
    making.rename(folder / "inputs")


def _run_trial(kind: Kind, seed: int, number: int, folder: Path, *, keep: bool = False) -> Trial:
    place = folder / "now" / str(number)
    shutil.rmtree(place, ignore_errors=True)
    trial = Trial(kind, seed, number, folder / "inputs", place / "folder", place / "notes")
    trial.folder.mkdir(parents=True)
    trial.notes.mkdir()
    kind.run(trial)
    if trial.faults or keep:
        kept = folder / "kept" / str(number)
        shutil.rmtree(kept, ignore_errors=True)
        kept.parent.mkdir(exist_ok=True)
        place.rename(kept)
        trial.folder, trial.notes = kept / "folder", kept / "notes"
    else:
        shutil.rmtree(place)
    return trial


def _tell(trial: Trial, folder: Path) -> None:
    again = ["python", "-m", "trials", trial.kind.name, "--seed", str(trial.seed), "--only", str(trial.number)]
    if folder != ROOT / "build" / "trials":
        again += ["--folder", str(folder)]
    _say(f"{trial.kind.name} {trial.number} ({trial.part}), {trial.facts}: kept in {trial.folder.parent}")
    for count, what in trial.faults:
        _say(f"  {count}: " + what.strip().replace("\n", "\n    "))
    _say(f"  again: {shlex.join(again)}")


def _line(kind: Kind, row: dict[str, Any]) -> str:
    amiss = ", ".join(f"{row[name]} {what}" for name, what in COUNTS.items() if row[name]) or "nothing amiss"
    longest = f"{row['longest_seconds']:.1f} s and {row['most_megabytes']:.0f} MB at most"
    kills = f", {row['kills']} kills" if "kills" in row else ""
    return f"{kind.name} {row['part']}: {row['trials']} trials{kills}, {amiss}; {longest}"


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)

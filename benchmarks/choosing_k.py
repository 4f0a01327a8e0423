"""The search of docs/guides/choose-k.md: how many topics the built-in corpus has.

    OMP_NUM_THREADS=1 python benchmarks/choosing_k.py [--folder build/choosing-k]

What ``gloctm search corpus -o search --topics 4,8,12,16,24`` does with three languages of the embedded
corpus. FOLDER is the search's own: a run that was stopped goes on from there. At its end each training is a JSON line
of benchmarks/results/choosing-k.jsonl, with its settings, measures and top words, in place of those of an earlier run.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from machine import machine

from gloctm import Corpus
from gloctm.cli.search import result_lines, training_command
from gloctm.files.atomic import atomic_file
from gloctm.selection import Candidate, SearchResult, Trial, search

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "choosing-k.jsonl"
LANGUAGES = ("en", "zh", "de")
NUMBERS_OF_TOPICS = (4, 8, 12, 16, 24)
SEEDS = (0, 1, 2)
# What the page's commands call the corpus and the search.
CORPUS, OUTPUT = Path("corpus"), Path("search")
# Of a terminal, which the page's table is to fit.
WIDTH = 80
Line = dict[str, Any]


def lines_of(result: SearchResult) -> list[Line]:
    """A line for each training, in the order of the search."""
    told = {"benchmark": "choosing k", "preset": None, "languages": LANGUAGES, "objective": result.objective}
    return [
        {**told, "tried": candidate.settings, **asdict(trial), "machine": machine()}
        for candidate in result.candidates
        for trial in candidate.trials
    ]


def result_of(lines: Iterable[Line]) -> SearchResult:
    """What the search found, from the lines of its trainings.

    Raises:
        SystemExit: trainings do not belong together, or not every candidate has every seed.
    """
    every = list(lines)
    if len({(each["objective"], each["corpus"], json.dumps(each["versions"])) for each in every}) != 1:
        raise SystemExit("trainings of choosing-k.jsonl are of several searches, or none: make them again")
    groups: dict[str, list[Line]] = {}
    for each in every:
        groups.setdefault(json.dumps(each["tried"]), []).append(each)
    seeds = tuple(each["seed"] for each in next(iter(groups.values())))
    if any(tuple(each["seed"] for each in group) != seeds for group in groups.values()):
        raise SystemExit("not every candidate of choosing-k.jsonl was trained with the same seeds: make it again")
    names = [field.name for field in fields(Trial)]
    candidates = [
        Candidate.of(group[0]["tried"], [Trial(**{name: each[name] for name in names}) for each in group])
        for group in groups.values()
    ]
    return SearchResult(tuple(candidates), every[0]["objective"], seeds)


def as_printed(lines: Iterable[Line]) -> str:
    """What ``gloctm search`` says of these trainings, as a block of a page."""
    every = list(lines)
    result = result_of(every)
    command = training_command(CORPUS, result, output=OUTPUT, preset=every[0]["preset"], config=None, settings={})
    return "\n".join(["```text", *result_lines(result, command, WIDTH), "```"])


def main() -> None:
    """Search, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "choosing-k", help="keeps what was done")
    arguments = parser.parse_args()
    # A few hundred documents a language are warned of where topics are many.
    warnings.simplefilter("ignore")
    corpus = Corpus.demo(LANGUAGES, show_progress=False)
    arguments.folder.parent.mkdir(parents=True, exist_ok=True)
    result = search(corpus, {"num_topics": NUMBERS_OF_TOPICS}, output=arguments.folder, seeds=SEEDS, resume=True)
    with atomic_file(RESULTS) as file:
        for line in lines_of(result):
            print(json.dumps(line, ensure_ascii=False), file=file)


if __name__ == "__main__":
    main()

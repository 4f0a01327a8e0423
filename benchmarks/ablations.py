"""What each part of the default method is good for: the method with one change at a time, measured alike.

    python benchmarks/ablations.py DATA --reference REFERENCES [--dictionary DICTIONARIES]
        [--ablations default no-midpoints ...] [--seeds 0 48 36] [--workers 2]

Arguments and measures are those of benchmarks/quality.py, and so is the way of running: processes of one thread, as
many at a time as there are cores. A change is of a setting, or of a number that the package has no setting for and that
is replaced while a model is trained. Each training is a JSON line, appended to benchmarks/results/ablations.jsonl as
soon as it is there; what is there is not run again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import scipy.sparse as sp
from baselines.model import GloCTMModel
from baselines.settings import comparable, digest
from corpora import add_arguments, of_arguments
from machine import machine
from memory import forget_peak, peak_megabytes
from numpy.typing import NDArray
from pool import Task, number_of_workers, run_or_exit
from quality import NUM_TOPICS, SEEDS, Line, ResultLog, Yardsticks, rounded

from gloctm.augmentation import presence
from gloctm.context import fit, space, topics
from gloctm.errors import EmptyDocumentWarning, GloCTMError
from gloctm.evaluation import DIVERSITY_WORDS

RESULTS = Path(__file__).resolve().parent / "results" / "ablations.jsonl"
# With a ridge so large (TTᵀ + λ)⁻¹T is all but T / λ: μ is the cosine with each topic by itself, over λ.
LARGE_RIDGE = 100.0
Array = NDArray[np.float32]
# What is known of a line before training, by change, model, corpus, seed and what it is measured by.
Facts = Callable[[str, GloCTMModel, str, int, Mapping[str, Any]], Line]


@dataclass(frozen=True)
class Ablation:
    """One change of the default method.

    Attributes:
        name: as in tables.
        settings: of the estimator.
        numbers: of modules in ``gloctm.context``, by their names there, to be replaced while a model is trained.
        functions: the same of functions.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)
    functions: Mapping[str, Any] = field(default_factory=dict)


def contexts_without_near_words(
    counts: Mapping[str, sp.csr_array], vectors: Mapping[str, Array], word_embeddings: Mapping[str, Array]
) -> dict[str, Array]:
    """Context vectors of words by the documents that have them alone."""
    found = {}
    for language, matrix in counts.items():
        present = presence(matrix)
        frequency = np.asarray(present.sum(axis=0)).ravel()[:, None]
        found[language] = np.asarray((present.T @ vectors[language]) / (frequency + space.SHRINKAGE), np.float32)
    return found


def never_one_stem(first: str, second: str) -> bool:
    """No word is a form of another."""
    return False


ABLATIONS = {
    "default": Ablation("GloCTM"),
    "no-midpoints": Ablation("documents stay where they are (`num_near_documents=0`)", {"num_near_documents": 0}),
    "one-start": Ablation("one start of k-means", numbers={"topics.MOST_STARTS": 1, "topics.FEWEST_STARTS": 1}),
    "no-near-words": Ablation(
        "rare words know no words near them", functions={"fit.word_contexts": contexts_without_near_words}
    ),
    "no-refinements": Ablation("topics stay at the centers of clusters (`num_refinements=0`)", {"num_refinements": 0}),
    # The number is the default of an argument, which a change of the number would not reach.
    "no-em": Ablation(
        "topics do not share the words of a document (no EM)",
        functions={"fit.topic_word_log_probabilities": partial(topics.topic_word_log_probabilities, rounds=0)},
    ),
    "weights": Ablation('words by weights (`ranking="weights"`)', {"ranking": "weights"}),
    "no-translations": Ablation("coherence without translations", numbers={"coherence.TRANSLATION_WEIGHT": 0.0}),
    "no-own": Ablation("coherence across languages alone", numbers={"coherence.OWN_WEIGHT": 0.0}),
    "no-frequency": Ablation("coherence without frequency", numbers={"coherence.FREQUENCY_WEIGHT": 0.0}),
    "exclusive": Ablation("each word in one topic alone", numbers={"coherence.SHARED_SCORE": 1.0}),
    "inflections": Ablation("all forms of a word are shown", functions={"inflections.have_one_stem": never_one_stem}),
    "cosine": Ablation(
        "θ by the cosine with each topic",
        # Temperatures are looked for where they are with μ as small as that.
        numbers={
            "inference.RIDGE": LARGE_RIDGE,
            "fit.TEMPERATURES": tuple(each / LARGE_RIDGE for each in fit.TEMPERATURES),
        },
    ),
    "temperature": Ablation("θ at a temperature of 1", {"temperature": 1.0}),
}

# Where a module that an ablation names lives, if not in the room of the method.
HOMES = {"inference": "gloctm.model.context_inference"}


@contextlib.contextmanager
def replaced(ablation: Ablation) -> Iterator[None]:
    """Within the block, models are trained with the ablation's numbers and functions."""
    with contextlib.ExitStack() as stack:
        for name, value in {**ablation.numbers, **ablation.functions}.items():
            module, _, attribute = name.partition(".")
            stack.enter_context(mock.patch(f"{HOMES.get(module, f'gloctm.context.{module}')}.{attribute}", value))
        yield


def model_of(ablation: Ablation, seed: int) -> GloCTMModel:
    """The default method, with an ablation's settings."""
    return GloCTMModel(
        name=ablation.name,
        changes=dict(ablation.settings),
        num_topics=NUM_TOPICS,
        seed=seed,
        threads=1,
        show_progress=True,
    )


def facts(key: str, model: GloCTMModel, corpus: str, seed: int, about: Mapping[str, Any]) -> Line:
    """What is known of a line of results before training: which one it will be."""
    ablation = ABLATIONS[key]
    settings = {**model.settings(), "replaced": {**ablation.numbers, **dict.fromkeys(ablation.functions, key)}}
    return {
        "benchmark": "ablations",
        "corpus": corpus,
        "model": key,
        "view": "",
        "seed": seed,
        **about,
        "settings": settings,
        "conditions": digest({"settings": comparable(settings, model.usual), **about}),
    }


def run(
    keys: Sequence[str],
    seeds: Sequence[int],
    corpus: str,
    yardsticks: Yardsticks,
    log: ResultLog,
    facts: Facts = facts,
    changes: Mapping[str, Ablation] = ABLATIONS,
) -> None:
    """Train and measure what the log lacks, in this process.

    Args:
        keys: of changes.
        seeds: each with all changes.
        corpus: by its preset.
        yardsticks: what it is measured by.
        log: of results.
        facts: what lines say of a change.
        changes: by their keys.
    """
    for seed in seeds:
        for key in keys:
            model = model_of(changes[key], seed)
            line = facts(key, model, corpus, seed, yardsticks.about)
            if log.has(line):
                continue
            print(f"{corpus}: {key}, seed {seed}", flush=True)
            forget_peak()
            with replaced(changes[key]):
                model.fit(yardsticks.corpus)
            peak = peak_megabytes()
            sizes = [part.num_words for part in yardsticks.corpus.values()]
            words = model.top_words(min(DIVERSITY_WORDS, *sizes))
            of_documents = {**yardsticks.of_documents(model), **yardsticks.of_pairs(model)}
            log.append(
                {
                    **line,
                    "training_seconds": round(model.training_seconds or 0, 1),
                    "peak_megabytes": peak,
                    "details": model.details(),
                    "measures": rounded({**yardsticks.of_topics(words), **of_documents}),
                    "top_words": words,
                    "machine": machine(),
                }
            )


def command(
    description: str | None,
    option: str,
    script: Path,
    results: Path,
    seeds: Sequence[int],
    facts: Facts = facts,
    changes: Mapping[str, Ablation] = ABLATIONS,
) -> None:
    """The command of this benchmark, or of one with other changes.

    Args:
        description: what it says of itself.
        option: by which it is told some of the changes.
        script: itself.
        results: the file of its lines.
        seeds: unless given.
        facts: what lines say of a change.
        changes: by their keys.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument(f"--{option}", nargs="*", choices=changes, default=list(changes), dest="keys", metavar="CHANGE")
    parser.add_argument("--seeds", type=int, nargs="*", default=list(seeds))
    parser.add_argument("--workers", type=number_of_workers, default=os.cpu_count() or 1, help="processes at a time")
    arguments = parser.parse_args()
    # Both corpora have documents without words, and every model says so again.
    warnings.simplefilter("ignore", EmptyDocumentWarning)
    tasks = []
    try:
        log, corpora = ResultLog(results), of_arguments(arguments)
        for files in corpora:
            yardsticks = Yardsticks.of_files(files)
            if len(corpora) == len(arguments.keys) == len(arguments.seeds) == 1:
                run(arguments.keys, arguments.seeds, files.preset, yardsticks, log, facts, changes)
                return
            for seed in arguments.seeds:
                for key in arguments.keys:
                    line = facts(key, model_of(changes[key], seed), files.preset, seed, yardsticks.about)
                    one = (*files.arguments(), f"--{option}", key, "--seeds", str(seed))
                    if not log.has(line):
                        tasks.append(Task(f"{files.preset}, {key}, seed {seed}", script, one))
    except GloCTMError as error:
        sys.exit(f"error: {error}")
    run_or_exit(tasks, arguments.workers)


def main() -> None:
    command(__doc__, "ablations", Path(__file__).resolve(), RESULTS, SEEDS[:3])


if __name__ == "__main__":
    main()

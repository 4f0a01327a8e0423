"""What the default method makes of little text: the built-in corpus cut small, and languages of unequal sizes.

    OMP_NUM_THREADS=1 python benchmarks/small.py [--seeds 0 48 36]

The built-in corpus has 240 texts a language on 12 themes, in five languages; tests/data/languages has 180 on the same
themes in each of six more. Trainings are by default settings with 12 topics. Of each corpus it is measured

- how many themes own a topic in all languages (``gloctm.metrics.theme_topics``);
- in how many texts the largest topic is that of their theme, the topics having the theme that most documents with it
  have: texts that were not trained on where a language has any left, else those that were; raw, as users give them;
- the same in languages that were not trained on: in each of the corpus by a training without it, and in all others that
  there are texts of.

Each training is a JSON line of benchmarks/results/small.jsonl, in place of those of an earlier run.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from building import texts_by_language
from machine import machine
from numpy.typing import NDArray

from gloctm import Corpus, GloCTM
from gloctm.demo import LANGUAGES, THEMES
from gloctm.files.atomic import atomic_file
from gloctm.metrics import theme_topics

RESULTS = Path(__file__).resolve().parent / "results" / "small.jsonl"
SEEDS = (0, 48, 36)
Records = Sequence[Mapping[str, str]]
# Documents of each language.
CASES: dict[str, dict[str, int]] = {
    "60 each": dict.fromkeys(LANGUAGES, 60),
    "120 each": dict.fromkeys(LANGUAGES, 120),
    "240 each": dict.fromkeys(LANGUAGES, 240),
    "five unequal": {"en": 240, "zh": 180, "ja": 120, "es": 84, "de": 60},
    "eight unequal": {"en": 240, "zh": 180, "ja": 120, "es": 84, "de": 60, "fr": 180, "ko": 120, "ar": 60},
}


def split(records: Records, number: int) -> tuple[list[Mapping[str, str]], list[Mapping[str, str]]]:
    """So many documents, of every theme as many and the first of them, and the rest."""
    each = number // len(THEMES)
    seen: Counter[str] = Counter()
    taken, left = [], []
    for record in records:
        (taken if seen[record["label"]] < each else left).append(record)
        seen[record["label"]] += 1
    return taken, left


def corpus_of(records: Mapping[str, Records]) -> Corpus:
    """A corpus with every default, the themes as labels."""
    texts, labels = ({code: [one[key] for one in each] for code, each in records.items()} for key in ("text", "label"))
    return Corpus.from_texts(texts, labels=labels, show_progress=False)


def themes_of_topics(theta: Mapping[str, NDArray[np.float32]], labels: Mapping[str, Sequence[str]]) -> list[str | None]:
    """For each topic the theme that most documents with it as their largest have; None for a topic without any."""
    votes: list[Counter[str]] = [Counter() for _ in range(next(iter(theta.values())).shape[1])]
    for code, rows in theta.items():
        for topic, label in zip(rows.argmax(axis=1).tolist(), labels[code], strict=True):
            votes[topic][label] += 1
    return [each.most_common(1)[0][0] if each else None for each in votes]


class Judged:
    """A model and what its topics are about.

    Args:
        corpus: to train on.
        seed: of the training.
    """

    def __init__(self, corpus: Corpus, seed: int) -> None:
        start = time.process_time()
        self.model = GloCTM(num_topics=len(THEMES), random_state=seed, show_progress=False).fit(corpus)
        self.seconds = time.process_time() - start
        labels = {code: list(part.labels or ()) for code, part in corpus.items()}
        theta = self.model.transform(corpus)
        assert isinstance(theta, dict)
        self.themes = themes_of_topics(theta, labels)
        self.owned = theme_topics(theta, labels)

    def accuracy(self, records: Records, language: str) -> float:
        """In how many of these texts the largest topic is that of their theme."""
        theta = self.model.transform([record["text"] for record in records], language=language)
        assert isinstance(theta, np.ndarray)
        found = [self.themes[topic] for topic in theta.argmax(axis=1)]
        return round(sum(a == record["label"] for a, record in zip(found, records, strict=True)) / len(records), 4)


def measured(case: str, every: Mapping[str, Records], seed: int) -> dict[str, Any]:
    """One line of results."""
    taken, asked = {}, {}
    for code, number in CASES[case].items():
        taken[code], left = split(every[code], number)
        asked[code] = left or taken[code]
    corpus = corpus_of(taken)
    judged = Judged(corpus, seed)
    unseen = {}
    for code, records in every.items():
        others = [other for other in taken if other != code]
        unseen[code] = (Judged(corpus.select(others), seed) if code in taken else judged).accuracy(records, code)
    return {
        "benchmark": "small",
        "case": case,
        "documents": {code: len(each) for code, each in taken.items()},
        "seed": seed,
        "chosen": {name: judged.model.settings_[name] for name in ("num_near_documents", "temperature")},
        "themes_owned": len(judged.owned),
        "accuracy": {code: judged.accuracy(each, code) for code, each in asked.items()},
        "asked": {code: "trained on" if each is taken[code] else "new" for code, each in asked.items()},
        "accuracy_unseen": unseen,
        "seconds": round(judged.seconds, 2),
        "machine": machine(),
    }


def main() -> None:
    """Measure, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    arguments = parser.parse_args()
    # Corpora as small as the first are warned of.
    warnings.simplefilter("ignore")
    every = texts_by_language()
    lines = [measured(case, every, seed) for case in CASES for seed in arguments.seeds]
    with atomic_file(RESULTS) as file:
        for line in lines:
            print(json.dumps(line), file=file)


if __name__ == "__main__":
    main()

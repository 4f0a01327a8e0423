"""How few epochs, and which schedule, reach the quality of the published 150.

    python benchmarks/epochs.py CORPUS TEST REFERENCE [--name ecnews] [--seeds 0 48 36] [--runs published cosine-25]

CORPUS is a saved corpus with embeddings and labels, TEST a saved corpus with the same vocabulary and labels, REFERENCE
a folder with two line-aligned files of words, LANG.txt.xz, for CNPMI. A run trains once and is judged after some of its
epochs: the loss, TU, CNPMI by both countings over 15 words, and the accuracy of an RBF SVM on μ, taught by 8,000
documents of one language and asked of the test documents of every language.

Each judgement is a JSON line, appended to benchmarks/results/epochs.jsonl as soon as it is made; what is there already
is not judged again.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine
from numpy.typing import NDArray

from gloctm import Corpus, GloCTM
from gloctm.evaluation import MAX_TRAIN, NUM_WORDS
from gloctm.metrics import (
    ReferenceCounts,
    cross_lingual_classification,
    cross_lingual_npmi,
    read_reference,
    topic_uniqueness,
)
from gloctm.model import top_words
from gloctm.model.inference import latent_means
from gloctm.model.parameters import local_encoder_name, topic_word_name
from gloctm.training import Callback, TrainingRun

RESULTS = Path(__file__).resolve().parent / "results" / "epochs.jsonl"

# What each run changes of the preset, and after which epochs it is judged.
RUNS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "published": ({}, (10, 25, 50, 75, 100, 125, 150)),
    "cosine-15": ({"schedule": "cosine", "epochs": 15}, (15,)),
    "cosine-25": ({"schedule": "cosine", "epochs": 25}, (25,)),
    "cosine-50": ({"schedule": "cosine", "epochs": 50}, (50,)),
    "cosine-100": ({"schedule": "cosine", "epochs": 100}, (100,)),
    "cosine-25-fivefold": ({"schedule": "cosine", "epochs": 25, "learning_rate": 1e-2}, (25,)),
    "cosine-50-small": ({"schedule": "cosine", "epochs": 50, "batch_size": 64}, (50,)),
}


class Judge(Callback):
    """Measures a model under training after some epochs.

    Args:
        corpus: trained on.
        test: asked of.
        reference: for CNPMI, of the corpus' first two languages.
        epochs: after which.
        facts: what to write next to the measures.
    """

    def __init__(
        self,
        corpus: Corpus,
        test: Corpus,
        reference: tuple[ReferenceCounts, ReferenceCounts],
        epochs: tuple[int, ...],
        facts: Mapping[str, Any],
    ) -> None:
        self.corpus, self.test, self.reference, self.epochs, self.facts = corpus, test, reference, epochs, facts

    def on_epoch_end(self, run: TrainingRun, epoch: Mapping[str, float]) -> None:
        """Measure and write."""
        if epoch["epoch"] not in self.epochs:
            return
        measures = self.measures(run.weights())
        result = {**self.facts, **epoch, **measures, "machine": machine()}
        with RESULTS.open("a", encoding="utf-8") as file:
            print(json.dumps(result), file=file, flush=True)

    def measures(self, weights: Mapping[str, NDArray[np.float32]]) -> dict[str, Any]:
        """Quality of the topics and of the topic proportions."""
        topics = {
            code: top_words(weights[topic_word_name(code)], part.vocabulary, NUM_WORDS)
            for code, part in self.corpus.items()
        }
        first, second = self.corpus.languages[:2]
        coherence = {
            counting: round(cross_lingual_npmi(topics[first], topics[second], *self.reference, counting=counting), 5)
            for counting in ("published", "document")
        }
        return {
            "topic_uniqueness": {code: round(topic_uniqueness(words), 4) for code, words in topics.items()},
            "cnpmi": coherence,
            "accuracy": self.accuracy(weights),
        }

    def accuracy(self, weights: Mapping[str, NDArray[np.float32]]) -> dict[str, float]:
        """Of an SVM, for each pair of languages."""
        taught, asked = (
            {code: latent_means(part.counts, weights, local_encoder_name(code)) for code, part in corpus.items()}
            for corpus in (self.corpus, self.test)
        )
        labels, asked_labels = (
            {code: part.labels or () for code, part in each.items()} for each in (self.corpus, self.test)
        )
        scores = cross_lingual_classification(taught, labels, asked, asked_labels, max_train=MAX_TRAIN)
        return {f"{target} from {source}": round(each.accuracy, 4) for (source, target), each in scores.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--name", required=True, help="the preset: ecnews or rakuten_amazon")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 48, 36])
    parser.add_argument("--runs", nargs="*", choices=RUNS, default=list(RUNS))
    parser.add_argument("--checkpoints", type=Path, help="a folder to keep the state of runs in")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    corpus, test = Corpus.load(arguments.corpus), Corpus.load(arguments.test)
    reference = read_reference(arguments.reference, corpus.languages[:2])
    done = set()
    if RESULTS.exists():
        for line in RESULTS.read_text(encoding="utf-8").splitlines():
            each = json.loads(line)
            done.add((each["corpus"], each["run"], each["seed"], each["epoch"]))
    for seed in arguments.seeds:
        for run in arguments.runs:
            changes, epochs = RUNS[run]
            left = tuple(epoch for epoch in epochs if (arguments.name, run, seed, epoch) not in done)
            if not left:
                continue
            facts = {"benchmark": "epochs", "corpus": arguments.name, "run": run, "seed": seed}
            judge = Judge(corpus, test, reference, left, facts)
            model = GloCTM.from_preset(arguments.name, random_state=seed, threads=1, **changes)
            kept = None
            if arguments.checkpoints is not None:
                kept = arguments.checkpoints / f"{arguments.name}-{run}-{seed}"
            model.fit(corpus, callbacks=[judge], checkpoint=kept, resume=kept is not None)


if __name__ == "__main__":
    main()

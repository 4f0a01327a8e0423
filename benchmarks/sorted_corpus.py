"""Whether the default method finds as good topics in documents that are sorted by label as in the order they came in.

    python benchmarks/sorted_corpus.py CORPUS REFERENCE --name ecnews [--seeds 0 48 36]

CORPUS is a saved corpus with embeddings and labels, REFERENCE a folder with two line-aligned files of words,
LANG.txt.xz, for CNPMI. Topics are measured by TU and CNPMI over 15 words. Each training is a JSON line, appended to
benchmarks/results/sorted-corpus.jsonl as soon as it is done.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from machine import machine

from gloctm import Corpus, GloCTM
from gloctm.evaluation import NUM_WORDS
from gloctm.metrics import cross_lingual_npmi, read_reference, topic_uniqueness
from gloctm.model import top_words

RESULTS = Path(__file__).resolve().parent / "results" / "sorted-corpus.jsonl"


def sorted_by_label(corpus: Corpus) -> Corpus:
    """Return the documents of each language in the order of their labels."""
    return corpus.take({code: np.argsort(np.asarray(part.labels), kind="stable") for code, part in corpus.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--name", required=True, help="of the corpus, for the record")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 48, 36])
    arguments = parser.parse_args()
    corpus = Corpus.load(arguments.corpus)
    orders = {"as it is": corpus, "sorted by label": sorted_by_label(corpus)}
    reference = read_reference(arguments.reference, corpus.languages[:2])
    for seed in arguments.seeds:
        for order, documents in orders.items():
            started = time.process_time()
            model = GloCTM(random_state=seed, threads=1, show_progress=False).fit(documents)
            topics = {
                code: top_words(scores, model.vocabulary_[code], NUM_WORDS)
                for code, scores in model.word_scores_.items()
            }
            first, second = topics.values()
            line = {
                "benchmark": "sorted corpus",
                "corpus": arguments.name,
                "documents": order,
                "seed": seed,
                "training_seconds": round(time.process_time() - started),
                "topic_uniqueness": {code: round(topic_uniqueness(words), 4) for code, words in topics.items()},
                "cnpmi": {
                    counting: round(cross_lingual_npmi(first, second, *reference, counting=counting), 5)
                    for counting in ("published", "document")
                },
                "machine": machine(),
            }
            with RESULTS.open("a", encoding="utf-8") as file:
                print(json.dumps(line), file=file, flush=True)


if __name__ == "__main__":
    main()

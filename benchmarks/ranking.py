"""Which words stand for a topic: by β alone, as published, or by β and how frequent the words are.

    python benchmarks/ranking.py CORPUS REFERENCE --name ecnews MODEL [MODEL ...]

CORPUS is the saved corpus that the saved models were trained on, REFERENCE a folder with an aligned reference corpus.
Words are ranked by β + α · s · log f: f is the share of the documents with the word, and s the standard deviation of
the language's β, so that α means the same whatever the scale of β. Each α is a JSON line, appended to
benchmarks/results/ranking.jsonl; what is there is not measured again.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import numpy as np
from baselines.settings import comparable
from machine import machine
from numpy.typing import NDArray

from gloctm import Corpus, GloCTM
from gloctm.evaluation import NUM_WORDS
from gloctm.metrics import cross_lingual_npmi, read_reference, topic_uniqueness
from gloctm.presets import get_preset
from gloctm.topics import top_words

RESULTS = Path(__file__).resolve().parent / "results" / "ranking.jsonl"
FREQUENCY_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3)
Array = NDArray[np.float64]


def document_shares(corpus: Corpus) -> dict[str, Array]:
    """For each language the share of its documents that have a word, ``(V_l,)``."""
    return {
        code: np.bincount(part.counts.indices, minlength=part.num_words) / part.num_documents
        for code, part in corpus.items()
    }


def scores(topic_word: NDArray[np.floating], shares: Array, weight: float) -> Array:
    """β + α · s · log f, ``(K, V_l)``; a word that no document has comes last where α is above 0."""
    if not weight:
        return topic_word.astype(np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(topic_word + weight * topic_word.std(dtype=np.float64) * np.log(shares))


def changes(model: GloCTM, name: str) -> dict[str, Any]:
    """What the model was trained with otherwise than the preset has it."""
    usual = {**GloCTM().get_params(), **get_preset(name)}
    return {key: value for key, value in comparable(model.get_params()).items() if value != usual[key]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--name", required=True, help="the preset that the models were trained by")
    arguments = parser.parse_args()
    corpus = Corpus.load(arguments.corpus)
    first, second = corpus.languages[:2]
    reference = read_reference(arguments.reference, (first, second))
    shares = document_shares(corpus)
    share_of = {code: dict(zip(part.vocabulary, shares[code], strict=True)) for code, part in corpus.items()}
    done = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    keys = ("corpus", "changes", "seed", "frequency_weight")
    known = [[line[key] for key in keys] for line in map(json.loads, done)]
    for path in arguments.models:
        model = GloCTM.load(path)
        for weight in FREQUENCY_WEIGHTS:
            facts = [arguments.name, changes(model, arguments.name), model.random_state, weight]
            if facts in known:
                continue
            topics = {
                code: top_words(scores(model.topic_word_[code], shares[code], weight), part.vocabulary, NUM_WORDS)
                for code, part in corpus.items()
            }
            result = {
                "benchmark": "ranking",
                **dict(zip(keys, facts, strict=True)),
                "topic_uniqueness": {code: round(topic_uniqueness(words), 4) for code, words in topics.items()},
                "cnpmi": {
                    counting: round(cross_lingual_npmi(topics[first], topics[second], *reference, counting=counting), 5)
                    for counting in ("published", "document")
                },
                "median_share": {
                    code: round(statistics.median(share_of[code][word] for topic in words for word in topic), 6)
                    for code, words in topics.items()
                },
                "top_words": {code: [words[:10] for words in each] for code, each in topics.items()},
                "machine": machine(),
            }
            with RESULTS.open("a", encoding="utf-8") as file:
                print(json.dumps(result, ensure_ascii=False), file=file, flush=True)


if __name__ == "__main__":
    main()

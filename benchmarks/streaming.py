"""Training on shards: whether it suffers from documents in an order that means something, and what reading costs.

    python benchmarks/streaming.py sorted CORPUS REFERENCE --name ecnews [--epochs 15] [--seeds 0 48 36]
        [--readings memory 4096 32768]
    python benchmarks/streaming.py reading [--documents 100000] [--words 8 46] [--steps 600]

sorted: CORPUS is a saved corpus with embeddings and labels, REFERENCE a folder with two line-aligned files of words,
LANG.txt.xz, for CNPMI. Documents are sorted by label. The published method then trains on them in memory, where an
epoch shuffles all documents (``memory``), and on a sharded corpus, in windows of so many documents. Topics are measured
by TU and CNPMI over 15 words.

reading: made-up documents in two languages with 512-dimensional embeddings. Measured are the seconds of the processor
per document to read, check, shuffle and gather an epoch without training on it, and the share of the time of training
for which a step waits for the thread that reads.

Each measurement is a JSON line, appended to benchmarks/results/streaming.jsonl as soon as it is done; trainings that
are there already are not repeated.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import machine
from made_up import Shape
from numpy.typing import NDArray

from gloctm import Corpus, ShardedCorpus
from gloctm.evaluation import NUM_WORDS
from gloctm.metrics import ReferenceCounts, cross_lingual_npmi, read_reference, topic_uniqueness
from gloctm.model import top_words
from gloctm.model.parameters import topic_word_name
from gloctm.training import TrainingSettings, get_preset
from gloctm.training.loop import TrainingLoop
from gloctm.training.streamed import StreamedBatches
from gloctm.training.train import train

SHUFFLED = TrainingSettings().shuffle_documents
RESULTS = Path(__file__).resolve().parent / "results" / "streaming.jsonl"


def sorted_by_label(corpus: Corpus) -> Corpus:
    """Return the documents of each language in the order of their labels."""
    parts = {
        code: part.select(np.argsort(np.asarray(part.labels), kind="stable").tolist()) for code, part in corpus.items()
    }
    return Corpus(parts, encoder=corpus.encoder, word_encoder=corpus.word_encoder)


def settings_of(name: str, epochs: int, shuffle_documents: int | None) -> TrainingSettings:
    """Return the settings of a preset, with these changed."""
    preset = {key: value for key, value in get_preset(name).items() if key in TrainingSettings.__dataclass_fields__}
    window = {} if shuffle_documents is None else {"shuffle_documents": shuffle_documents}
    return TrainingSettings(**{**preset, **window, "epochs": epochs, "threads": 1, "device": "cpu"})


def measured(
    weights: Mapping[str, NDArray[np.float32]],
    corpus: Corpus,
    reference: tuple[ReferenceCounts, ReferenceCounts],
) -> dict[str, Any]:
    """Return the measures of the topics."""
    topics = {
        code: top_words(weights[topic_word_name(code)], list(part.vocabulary), NUM_WORDS)
        for code, part in corpus.items()
    }
    first, second = topics
    coherence = {
        counting: round(cross_lingual_npmi(topics[first], topics[second], *reference, counting=counting), 5)
        for counting in ("published", "document")
    }
    uniqueness = {code: round(topic_uniqueness(words), 4) for code, words in topics.items()}
    return {"topic_uniqueness": uniqueness, "cnpmi": coherence}


def append(line: Mapping[str, Any]) -> None:
    """Keep a line of results."""
    with RESULTS.open("a", encoding="utf-8") as file:
        print(json.dumps({**line, "machine": machine()}), file=file, flush=True)


def compare_orders(arguments: argparse.Namespace) -> None:
    """Train on documents sorted by label, in memory and from shards."""
    done = set()
    if RESULTS.exists():
        lines = (json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines())
        names = ("corpus", "reading", "epochs", "seed")
        done = {tuple(line[name] for name in names) for line in lines if line["benchmark"] == "streaming"}
    corpus = sorted_by_label(Corpus.load(arguments.corpus))
    reference = read_reference(arguments.reference, corpus.languages[:2])
    with tempfile.TemporaryDirectory() as folder:
        sharded = ShardedCorpus.load(corpus.save(Path(folder) / "sorted", sharded=True))
        for seed, reading in product(arguments.seeds, arguments.readings):
            if (arguments.name, reading, arguments.epochs, seed) in done:
                continue
            in_memory = reading == "memory"
            settings = settings_of(arguments.name, arguments.epochs, None if in_memory else int(reading))
            started = time.process_time()
            result = train(corpus if in_memory else sharded, settings, seed=seed, show_progress=False)
            append(
                {
                    "benchmark": "streaming",
                    "corpus": arguments.name,
                    "documents": "sorted by label",
                    "reading": reading,
                    "epochs": arguments.epochs,
                    "seed": seed,
                    "training_seconds": round(time.process_time() - started),
                    "loss": round(result.history[-1]["loss"], 3),
                    **measured(result.weights, corpus, reference),
                }
            )


def time_reading(arguments: argparse.Namespace) -> None:
    """Read made-up shards, without training on them and with it."""
    torch.set_num_threads(1)
    for words in arguments.words:
        shape = Shape(documents=(arguments.documents,) * 2, words=(5000, 5000), distinct_words=words)
        with tempfile.TemporaryDirectory() as folder:
            sharded = ShardedCorpus.load(shape.corpus().save(Path(folder) / "made-up", sharded=True))
            settings = settings_of("published", 100, None)
            with StreamedBatches(
                sharded, settings.num_neighbors, torch.device("cpu"), seed=0, shuffle_documents=SHUFFLED
            ) as batches:
                # Files are checked against their digests in the first epoch alone.
                first, second = (epoch_seconds(batches, number) for number in range(2))
            with StreamedBatches(
                sharded, settings.num_neighbors, torch.device("cpu"), seed=0, shuffle_documents=SHUFFLED
            ) as batches:
                waiting = waiting_share(batches, sharded, settings, arguments.steps)
        total = 2 * arguments.documents
        append(
            {
                "benchmark": "reading",
                "documents": arguments.documents,
                "distinct_words": words,
                "shuffle_documents": SHUFFLED,
                "microseconds_per_document": round(1e6 * second / total, 2),
                "microseconds_per_document_with_checks": round(1e6 * first / total, 2),
                "steps": arguments.steps,
                "waiting_share": round(waiting, 5),
            }
        )


def epoch_seconds(batches: StreamedBatches, number: int) -> float:
    """Return what the processor spends on the batches of an epoch, in all threads."""
    generator = torch.Generator()
    started = time.process_time()
    for _ in batches.epoch(128, generator, number=number):
        pass
    return time.process_time() - started


def waiting_share(batches: StreamedBatches, corpus: ShardedCorpus, settings: TrainingSettings, steps: int) -> float:
    """Return the share of the time of some steps for which training waits for windows."""
    sizes = {code: part.num_words for code, part in corpus.items()}
    loop = TrainingLoop(sizes, batches, settings, 0, {})
    loop.network.train()
    started = time.perf_counter()
    for _, batch in zip(range(steps), batches.epoch(settings.batch_size, loop.shuffling), strict=False):
        loop.take_step(batch)
    return batches.waited_seconds / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    orders = commands.add_parser("sorted")
    orders.add_argument("corpus", type=Path)
    orders.add_argument("reference", type=Path)
    orders.add_argument("--name", required=True, help="the preset: ecnews or rakuten_amazon")
    orders.add_argument("--epochs", type=int, default=15)
    orders.add_argument("--seeds", type=int, nargs="*", default=[0, 48, 36])
    orders.add_argument("--readings", nargs="*", default=["memory", "4096", "32768"])
    orders.set_defaults(run=compare_orders)
    reading = commands.add_parser("reading")
    reading.add_argument("--documents", type=int, default=100_000, help="of each of two languages")
    reading.add_argument("--words", type=int, nargs="*", default=[8, 46], help="different ones of a document")
    reading.add_argument("--steps", type=int, default=600)
    reading.set_defaults(run=time_reading)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()

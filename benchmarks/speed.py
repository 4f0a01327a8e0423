"""How fast training, augmentation and inference are, and what memory they take, beside the method in stock modules.

    python benchmarks/speed.py step [--shape ecnews] [--threads 1] [--device cpu]

The yardstick is benchmarks/yardstick.py: the same arithmetic by dense layers and autograd. Both sides take steps in
turn, on the same machine, with the same threads; a result has the median of each and the median of their ratios. Counts
and embeddings are made up, in the shape of the published corpora: time depends on sizes and not on what words mean.

Each result is a JSON line on standard output; benchmarks/results/speed.jsonl keeps them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from machine import machine
from yardstick import Yardstick, train_step

from gloctm import Corpus
from gloctm.augmentation import augment
from gloctm.corpus.corpus import LanguageCorpus
from gloctm.network.initialization import make_generator
from gloctm.network.network import GloCTMNetwork
from gloctm.training import Batches, draw_noise, thread_count

Result = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """Sizes of a corpus and of a model of it.

    Attributes:
        documents: of each language.
        words: of each language's vocabulary.
        distinct_words: how many each document has, on average.
        num_neighbors: k.
        num_topics: K.
        dimension: of the embeddings.
    """

    documents: tuple[int, ...]
    words: tuple[int, ...]
    distinct_words: float
    num_neighbors: int = 3
    num_topics: int = 50
    dimension: int = 512

    def corpus(self, limit: int | None = None) -> Corpus:
        """Counts with Zipf's distribution of words and random embeddings, at most ``limit`` documents a language."""
        parts = {}
        for place, (documents, words) in enumerate(zip(self.documents, self.words, strict=True)):
            generator = np.random.default_rng(place)
            number = min(documents, limit or documents)
            frequency = 1 / np.arange(10, words + 10)
            sizes = np.maximum(generator.poisson(self.distinct_words * 1.15, number), 1)
            columns = generator.choice(words, int(sizes.sum()), p=frequency / frequency.sum())
            rows = np.repeat(np.arange(number), sizes)
            counts = sp.coo_array((np.ones(len(columns), np.int32), (rows, columns)), shape=(number, words)).tocsr()
            parts[f"x{chr(97 + place // 26)}{chr(97 + place % 26)}"] = LanguageCorpus(
                counts=counts,
                vocabulary=[f"w{word}" for word in range(words)],
                word_embeddings=generator.standard_normal((words, self.dimension), np.float32),
                document_embeddings=generator.standard_normal((number, self.dimension), np.float32),
            )
        return Corpus(parts)


# Documents, vocabularies and mean number of a document's distinct words of the benchmark folders.
SHAPES = {
    "ecnews": Shape((37_480, 40_000), (5000, 5000), 10.4),
    "rakuten": Shape((20_000, 20_000), (5000, 5000), 23.4, num_neighbors=12),
}
BATCH_SIZE = 128


def dense_step(shape: Shape, device: torch.device) -> Callable[[], object]:
    """A step of the yardstick, on dense tensors of some of the documents."""
    corpus = shape.corpus(limit=2000)
    words = {code: np.asarray(part.word_embeddings) for code, part in corpus.items()}
    global_counts = augment({code: part.counts for code, part in corpus.items()}, words, shape.num_neighbors)
    tensors = [
        tuple(
            torch.as_tensor(array, dtype=torch.float32, device=device)
            for array in (part.counts.toarray(), global_counts[code].toarray(), np.asarray(part.document_embeddings))
        )
        for code, part in corpus.items()
    ]
    torch.manual_seed(0)
    network = Yardstick({code: part.num_words for code, part in corpus.items()}, shape.num_topics).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    number = len(tensors[0][0])

    def step() -> object:
        rows = torch.randint(number, (BATCH_SIZE,), device=device)
        return train_step(network, optimizer, [(counts[rows], shared[rows], e[rows]) for counts, shared, e in tensors])

    return step


def own_step(shape: Shape, device: torch.device) -> Callable[[], object]:
    """A step of the package's training, as its loop takes it."""
    corpus = shape.corpus(limit=10_000)
    batches = Batches(corpus, shape.num_neighbors, device)
    network = GloCTMNetwork({code: part.num_words for code, part in corpus.items()}, shape.num_topics).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3, fused=True)
    noise = {code: make_generator(0, "noise", code, device=device) for code in corpus}
    shuffling = make_generator(0, "shuffling")
    endless = (batch for _ in itertools.count() for batch in batches.epoch(BATCH_SIZE, shuffling))
    total = torch.zeros(4, dtype=torch.float64, device=device)

    def step() -> object:
        batch = next(endless)
        optimizer.zero_grad(set_to_none=True)
        terms = network(batch, draw_noise(batch, shape.num_topics, noise), noise)
        terms.total.backward()
        optimizer.step()
        total.add_(terms.detached())
        return None

    return step


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """How long it takes, a device's queue included."""
    start = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def compare_steps(shape: Shape, threads: int, device: torch.device, rounds: int) -> Result:
    """Steps of both sides in turn."""
    with thread_count(threads):
        sides = [make(shape, device) for make in (dense_step, own_step)]
        for step in sides * 3:
            step()
        times = [[seconds(step, device) for step in sides] for _ in range(rounds)]
    dense, own = (statistics.median(each) for each in zip(*times, strict=True))
    return {
        "yardstick_milliseconds": round(1000 * dense, 2),
        "milliseconds": round(1000 * own, 2),
        "ratio": round(statistics.median(one / other for one, other in times), 2),
        "threads": threads,
        "device": device_name(device),
    }


def device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def tell(benchmark: str, shape: Shape, **result: Any) -> None:
    """Write a result."""
    sizes = {key: value for key, value in asdict(shape).items() if key != "distinct_words"}
    print(json.dumps({"benchmark": benchmark, **sizes, **result, "machine": machine()}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    step = commands.add_parser("step")
    step.add_argument("--shape", choices=SHAPES, nargs="*", default=list(SHAPES))
    step.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    step.add_argument("--device", default="cpu")
    step.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    device = torch.device(arguments.device)
    if arguments.command == "step":
        for name in arguments.shape:
            for threads in arguments.threads:
                result = compare_steps(SHAPES[name], threads, device, arguments.rounds)
                tell("step", SHAPES[name], name=name, **result)


if __name__ == "__main__":
    main()

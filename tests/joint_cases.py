"""Losses and trainings that one process or several compute alike; as a program, one of several processes.

``python joint_cases.py FOLDER`` computes all cases, in the processes that the environment names. Each writes what it
found to ``FOLDER/RANK.npz``. With ``grouped`` as well, they are in a process group before, as Ray Train's are.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch
import torch.distributed as dist

from blocked import BlockedCorpus
from gloctm.errors import GloCTMError, TrainingInterrupted
from gloctm.network.initialization import make_generator
from gloctm.network.network import GloCTMNetwork, LanguageBatch, LanguageNoise
from gloctm.network.ranks import Ranks, Share, joined_ranks
from gloctm.network.sparse import SparseRows
from gloctm.training.batches import draw_noise
from gloctm.training.callbacks import Callback
from gloctm.training.checkpoint import CheckpointPolicy
from gloctm.training.settings import TrainingSettings
from gloctm.training.train import train
from planted import planted_corpus

SIZES = {"en": 30, "zh": 23, "to": 41}


@dataclass(frozen=True)
class Case:
    """A batch and a network."""

    documents: int = 37
    dimension: int = 6
    dropout: float = 0.0
    dtype: torch.dtype = torch.float64


CASES = {
    "plain": Case(),
    # Fewer documents than half the dimensions: the embeddings are exchanged rather than their products.
    "wide": Case(dimension=100),
    "dropout": Case(dropout=0.3),
    # Of three processes, one has no document.
    "last": Case(documents=2, dropout=0.3),
    "single": Case(dtype=torch.float32),
}


def whole_batch(case: Case) -> dict[str, LanguageBatch]:
    """Counts of 0 to 3, some documents empty."""
    generator = np.random.default_rng(0)
    total = sum(SIZES.values())

    def rows(words: int) -> SparseRows:
        dense = generator.integers(0, 4, (case.documents, words)) * (generator.random((case.documents, words)) < 0.4)
        dense[generator.random(case.documents) < 0.2] = 0
        return SparseRows.from_scipy(sp.csr_array(dense.astype("f4")), dtype=case.dtype)

    return {
        language: LanguageBatch(
            rows(size),
            rows(total),
            torch.from_numpy(generator.normal(0.3, 1, (case.documents, case.dimension))).to(case.dtype),
        )
        for language, size in SIZES.items()
    }


def computed(case: Case, ranks: Ranks | None, *, fused: bool = True) -> dict[str, np.ndarray]:
    """The four terms, every gradient and all statistics of a step, after two; by all processes, or stock ones alone."""
    network = GloCTMNetwork(SIZES, 5, local_hidden_size=7, global_hidden_size=9, dropout=case.dropout).to(case.dtype)
    network.fused = fused
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "norm" in name:
                parameter.uniform_(-3, 3, generator=make_generator(0, name))
    batch, share = whole_batch(case), None
    if ranks is not None:
        share = Share(ranks, case.documents)
        own = torch.arange(case.documents)[share.rows]
        batch = {
            code: LanguageBatch(
                part.counts.take(own), part.global_counts.take(own), part.document_embeddings[share.rows]
            )
            for code, part in batch.items()
        }
    generators = {code: make_generator(0, "noise", code) for code in SIZES}
    for _ in range(2):
        network.zero_grad()
        noise = {
            code: LanguageNoise(each.local.to(case.dtype), each.shared.to(case.dtype))
            for code, each in draw_noise(batch, 5, generators, share).items()
        }
        terms = network(batch, noise, generators, share)
        terms.total.backward()
    told, gradients = terms.detached(), [parameter.grad for parameter in network.parameters()]
    if ranks is not None:
        told, gradients = ranks.sum_(told), ranks.sum_each(gradients)
    names = [name for name, _ in network.named_parameters()]
    return {
        "terms": told.numpy(),
        **{f"gradient/{name}": each.numpy() for name, each in zip(names, gradients, strict=True)},
        **{f"buffer/{name}": each.numpy() for name, each in network.named_buffers()},
        **{f"drawn/{code}": generator.get_state().numpy() for code, generator in generators.items()},
    }


# 194 documents: the last batch has two.
TRAINING = {"num_topics": 5, "epochs": 3, "batch_size": 32, "dropout": 0.1, "threads": 1, "device": "cpu"}

# In single precision, larger steps of Adam amplify how each processor rounds beyond what histories are held to.
HISTORY = {"shuffle_documents": 64, "learning_rate": 5e-4}


def corpus():
    return planted_corpus(("en", "de", "to"), documents={"en": 194, "de": 150, "to": 60})


def streamed():
    return BlockedCorpus(corpus(), 16)


def history(documents, ranks: Ranks | None = None, **options) -> np.ndarray:
    """The mean loss and its terms of each epoch of a training."""
    settings = TrainingSettings(**{**TRAINING, **HISTORY, **options.pop("settings", {})})
    found = train(documents, settings, seed=options.pop("seed", 0), show_progress=False, ranks=ranks, **options)
    return as_array(found.history)


def as_array(epochs) -> np.ndarray:
    return np.array([[epoch[name] for name in sorted(epoch)] for epoch in epochs])


class Stops(Callback):
    """Ends a training after its second epoch."""

    def on_epoch_end(self, run, epoch):
        if epoch["epoch"] == 2:
            run.stop()


def asked_at(step: int, asked: bool):
    """A stop that one process alone is asked for."""
    steps = iter(range(10**6))
    return lambda: KeyboardInterrupt if asked and next(steps) + 1 >= step else None


def outcome(do) -> str:
    """What became of something that fails."""
    try:
        do()
    except (GloCTMError, TrainingInterrupted) as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def main(folder: Path) -> None:
    with joined_ranks(torch.device("cpu")) as ranks:
        found = {f"{name}/{key}": value for name, case in CASES.items() for key, value in computed(case, ranks).items()}
        found["resident"] = history(corpus(), ranks)
        found["streamed"] = history(streamed(), ranks)
        found["stopped"] = history(corpus(), ranks, callbacks=[Stops()])
        last = ranks.rank == ranks.world - 1
        policy = CheckpointPolicy(folder / "run.checkpoint", 60.0, resume=False)
        other, wrong = {"num_topics": 6 if last else 5}, {"batch_size": 2, "max_steps": 3}
        outcomes = {
            "interrupted": lambda: history(corpus(), ranks, checkpoints=policy, stop=asked_at(9, last)),
            "not to be resumed": lambda: history(corpus(), ranks, checkpoints=policy),
            "not finite": lambda: history(corpus(), ranks, settings={"learning_rate": 1e9}),
            "seed": lambda: history(corpus(), ranks, seed=0 if last else None),
            "settings": lambda: history(corpus(), ranks, settings=other),
            "batches": lambda: history(corpus(), ranks, settings=wrong),
            "large": lambda: history(corpus(), ranks, settings={"batch_size": 5001}),
            "corpus": lambda: history(corpus() if last else planted_corpus(("en", "de")), ranks),
        }
        for name, do in outcomes.items():
            found[f"outcome/{name}"] = np.array(outcome(do))
            # What the first process writes is there for the others before they go on.
            ranks.any(False)
        first = ranks.from_first(lambda: f"made by {ranks.rank}")
        found["told"] = np.array(json.dumps([*ranks.texts(str(ranks.rank)), first, ranks.any(last)]))
        ranks.leave()
    np.savez(folder / f"{ranks.rank}.npz", **found)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if "grouped" in sys.argv:
        dist.init_process_group("gloo")
    main(Path(sys.argv[1]))
    assert dist.is_initialized() == ("grouped" in sys.argv)

"""Variants of the method, measured alike: which neighbours join a document, and what CKA compares.

    python benchmarks/variants.py CORPUS TEST REFERENCE --name ecnews
        [--variants base mutual ...] [--seeds 0] [--epochs 25] [--models FOLDER]

CORPUS is a saved corpus with embeddings and labels, TEST a saved corpus with the same vocabulary, embeddings and
labels, REFERENCE a folder with an aligned reference corpus. The settings are the preset's, but for ``--epochs`` fewer
than its own, in which the learning rate goes down along a cosine. Every variant is judged by TU, CNPMI and, for the
local encoder, the global one and both, by the accuracy of SVMs across languages. Each is a JSON line, appended to
benchmarks/results/variants.jsonl; what is there is not run again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import scipy.sparse as sp
import torch
from baselines.ablations import WithoutGlobalPath, WithoutSharedDecoder
from machine import machine
from numpy.typing import NDArray
from torch import Tensor

from gloctm import Corpus, GloCTM
from gloctm.augmentation import global_counts, presence, rows_of_ones
from gloctm.evaluation import MAX_TRAIN, NUM_WORDS
from gloctm.inference import latent_means
from gloctm.metrics import cross_lingual_classification, cross_lingual_npmi, read_reference, topic_uniqueness
from gloctm.neighbors import nearest_neighbors, unit_vectors
from gloctm.network.network import GloCTMNetwork, LanguageBatch
from gloctm.network.topic_encoder import Posterior
from gloctm.parameters import GLOBAL_ENCODER_NAME, local_encoder_name
from gloctm.presets import get_preset
from gloctm.topics import top_words

RESULTS = Path(__file__).resolve().parent / "results" / "variants.jsonl"
Array = NDArray[np.float32]
# Words whose mean similarity corrects that of hubs, as in the paper (Conneau et al., 2018).
CSLS_NEIGHBORS = 10
# A neighbour is mutual if the word is among so many of the neighbour's own.
MUTUAL_NEIGHBORS = 10


@dataclass(frozen=True)
class Variant:
    """What is done otherwise than published.

    Attributes:
        own: neighbours in a word's own language; None: the preset's number.
        other: neighbours in each other language; None: the preset's number.
        own_weight: what a neighbour in the own language adds.
        centred_words: word embeddings are centred by language before they are compared.
        csls: similarity is corrected for hubs: 2 cos(a, b) − the mean of each one's highest (Conneau et al., 2018).
        mutual: only neighbours of which the word is a neighbour, too.
        floor: only neighbours with at least this cosine.
        by_similarity: a neighbour adds its cosine instead of 1.
        counts: a word counts as often as it occurs.
        documents: so many nearest documents of every other language give a document their words.
        cka: whose θ are compared with the document embeddings.
        pooled: CKA over the documents of all languages together, embeddings centred by language, instead of over
            each language's.
        network: what is trained instead of the package's network, with a part of the method left out.
        settings: changes of the preset, beyond that of ``pooled``.
    """

    own: int | None = None
    other: int | None = None
    own_weight: float = 1.0
    centred_words: bool = False
    csls: bool = False
    mutual: bool = False
    floor: float | None = None
    by_similarity: bool = False
    counts: bool = False
    documents: int = 0
    cka: str = "local"
    pooled: bool = False
    network: type[GloCTMNetwork] | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> dict[str, Any]:
        """All changes of the preset."""
        return {"pooled_cka": self.pooled, **self.settings}

    @property
    def paths(self) -> tuple[str, ...]:
        """By which encoders it infers: an encoder that was never taught tells nothing."""
        return ("local",) if self.network is WithoutGlobalPath else ("local", "global", "both")


VARIANTS = {
    "base": Variant(),
    "without augmentation": Variant(settings={"num_neighbors": 0}),
    "without the global path": Variant(network=WithoutGlobalPath),
    "without the internal KL": Variant(settings={"kl_weight": 0.0}),
    "without CKA": Variant(settings={"cka_weight": 0.0}),
    "without the shared decoder": Variant(network=WithoutSharedDecoder),
    "other languages only": Variant(own=0),
    "own language weighted 0.3": Variant(own_weight=0.3),
    "centred words": Variant(centred_words=True),
    "CSLS": Variant(csls=True),
    "CSLS, other languages only": Variant(csls=True, own=0),
    "mutual": Variant(mutual=True),
    "floor 0.6": Variant(floor=0.6),
    "by similarity": Variant(by_similarity=True),
    "counts": Variant(counts=True),
    "CKA on global": Variant(cka="global"),
    "CKA on both": Variant(cka="both"),
    "pooled CKA": Variant(pooled=True),
    "pooled CKA on both": Variant(pooled=True, cka="both"),
    "pooled CKA, own language weighted 0.3": Variant(pooled=True, own_weight=0.3),
    "pooled CKA, other languages only": Variant(pooled=True, own=0),
    "3 documents": Variant(own=0, other=0, documents=3),
    "3 documents and words": Variant(documents=3),
    "3 documents and mutual words, pooled CKA": Variant(documents=3, pooled=True, mutual=True),
    "10 documents and mutual words, pooled CKA": Variant(documents=10, pooled=True, mutual=True),
    "3 documents, pooled CKA": Variant(own=0, other=0, documents=3, pooled=True),
    "3 documents and words, pooled CKA": Variant(documents=3, pooled=True),
    "10 documents, pooled CKA": Variant(own=0, other=0, documents=10, pooled=True),
}


class Augmentation:
    """The global counts of a variant, for the documents trained on and for others.

    Args:
        corpus: trained on.
        variant: see there.
        num_neighbors: the preset's k.
    """

    def __init__(self, corpus: Corpus, variant: Variant, num_neighbors: int) -> None:
        self.corpus, self.variant = corpus, variant
        words = {code: np.asarray(part.word_embeddings) for code, part in corpus.items()}
        self._matrices = neighbor_matrices(words, variant, num_neighbors)
        self._means = {code: unit_vectors(part.document_embeddings).mean(axis=0) for code, part in corpus.items()}

    def global_counts(self, documents: Corpus) -> dict[str, sp.csr_array]:
        """G of every language."""
        return {code: self._of_language(code, documents) for code in self.corpus}

    def _of_language(self, language: str, documents: Corpus) -> sp.csr_array:
        counts, matrix = documents[language].counts, self._matrices[language]
        total = (
            sp.csr_array(counts.astype(np.float32) @ matrix) if self.variant.counts else global_counts(counts, matrix)
        )
        if self.variant.documents:
            near = [self._near_documents(language, other, documents) for other in self.corpus]
            total = sp.csr_array(total + sp.hstack(near, format="csr"))
        total.sort_indices()
        return total

    def _near_documents(self, language: str, other: str, documents: Corpus) -> sp.csr_array:
        """As ``gloctm.near_documents`` has them, but for documents that were not trained on, too."""
        trained = self.corpus[other]
        if other == language:
            return sp.csr_array((documents[language].num_documents, trained.num_words), dtype=np.float32)
        asked, known = self._directions(language, documents), self._directions(other, self.corpus)
        near = nearest_neighbors(asked, known, self.variant.documents)
        return sp.csr_array(rows_of_ones(near, trained.num_documents) @ presence(trained.counts))

    def _directions(self, language: str, documents: Corpus) -> Array:
        return unit_vectors(unit_vectors(documents[language].document_embeddings) - self._means[language])


def neighbor_matrices(words: Mapping[str, Array], variant: Variant, num_neighbors: int) -> dict[str, sp.csr_array]:
    """N_l of a variant, ``(V_l, V)``: a word itself, and its neighbours with their weights."""
    vectors = {
        code: unit_vectors(unit_vectors(each) - unit_vectors(each).mean(axis=0) if variant.centred_words else each)
        for code, each in words.items()
    }
    matrices = {}
    for language in vectors:
        blocks = []
        for other in vectors:
            given = variant.own if other == language else variant.other
            block = _block(vectors[language], vectors[other], variant, num_neighbors if given is None else given,
                           same=other == language)  # fmt: skip
            blocks.append(block)
        matrices[language] = sp.csr_array(sp.hstack(blocks, format="csr").astype(np.float32))
    return matrices


def _block(first: Array, other: Array, variant: Variant, k: int, *, same: bool) -> sp.csr_array:
    shape = (len(first), len(other))
    block = sp.csr_array(shape, dtype=np.float32)
    if k:
        cosine = first @ other.T
        ranked = cosine.copy()
        if variant.csls:
            highest = [np.sort(each, axis=1)[:, -CSLS_NEIGHBORS:].mean(axis=1) for each in (cosine, cosine.T)]
            ranked = 2 * cosine - highest[0][:, None] - highest[1][None]
        if same:
            np.fill_diagonal(ranked, -np.inf)
        columns = np.argsort(-ranked, axis=1, kind="stable")[:, :k]
        keep = np.ones(columns.shape, np.bool_)
        if variant.mutual:
            back = np.argsort(-ranked.T, axis=1, kind="stable")[:, : max(k, MUTUAL_NEIGHBORS)]
            keep &= (back[columns] == np.arange(len(first))[:, None, None]).any(axis=2)
        taken = np.take_along_axis(cosine, columns, axis=1)
        if variant.floor is not None:
            keep &= taken >= variant.floor
        values = taken if variant.by_similarity else np.ones_like(taken)
        values = values * (variant.own_weight if same else 1.0)
        rows = np.repeat(np.arange(len(first)), k).reshape(columns.shape)
        block = sp.csr_array((values[keep].astype(np.float32), (rows[keep], columns[keep])), shape=shape)
    return sp.csr_array(block + sp.eye_array(len(first), format="csr", dtype=np.float32)) if same else block


def network_of(variant: Variant) -> type[GloCTMNetwork]:
    """The network without a part, or the one whose CKA is the variant's."""
    if variant.network is not None:
        return variant.network

    class Network(GloCTMNetwork):
        def _reconstruct(
            self,
            batch: Mapping[str, LanguageBatch],
            q_local: Mapping[str, Posterior],
            q_global: Mapping[str, Posterior],
        ) -> tuple[Tensor, Tensor]:
            self._q_global = q_global
            return super()._reconstruct(batch, q_local, q_global)

        def _cka(self, batch: Mapping[str, LanguageBatch], q_local: Mapping[str, Posterior]) -> Tensor:
            compared = {"local": [q_local], "global": [self._q_global], "both": [q_local, self._q_global]}[variant.cka]
            terms = [super(Network, self)._cka(batch, posteriors) for posteriors in compared]
            return torch.stack(terms).mean()

    return Network


@contextlib.contextmanager
def trained_with(augmentation: Augmentation, network: type[GloCTMNetwork]) -> Iterator[None]:
    """Within the block, ``GloCTM.fit`` trains on these global counts, and this network."""

    def augment(*_: Any, **__: Any) -> dict[str, sp.csr_array]:
        return augmentation.global_counts(augmentation.corpus)

    with mock.patch("gloctm.batches.augment", augment), mock.patch("gloctm.training.GloCTMNetwork", network):
        yield


def latent(model: GloCTM, documents: Corpus, augmentation: Augmentation) -> dict[str, dict[str, Array]]:
    """μ of documents by each path that the variant has."""
    local = {
        code: latent_means(part.counts, model.weights_, local_encoder_name(code)) for code, part in documents.items()
    }
    if "global" not in augmentation.variant.paths:
        return {"local": local}
    shared = augmentation.global_counts(documents)
    by_global = {code: latent_means(counts, model.weights_, GLOBAL_ENCODER_NAME) for code, counts in shared.items()}
    both = {code: (local[code] + by_global[code]) / 2 for code in local}
    return {"local": local, "global": by_global, "both": both}


def measures(model: GloCTM, corpus: Corpus, test: Corpus, augmentation: Augmentation, reference: Any) -> dict[str, Any]:
    """Quality of the topics and of the topic proportions."""
    topics = {code: top_words(model.topic_word_[code], part.vocabulary, NUM_WORDS) for code, part in corpus.items()}
    first, second = corpus.languages[:2]
    taught, asked = latent(model, corpus, augmentation), latent(model, test, augmentation)
    labels, asked_labels = ({code: part.labels or () for code, part in each.items()} for each in (corpus, test))
    accuracy = {}
    for path in taught:
        scores = cross_lingual_classification(taught[path], labels, asked[path], asked_labels, max_train=MAX_TRAIN)
        accuracy[path] = {
            f"{target} from {source}": round(each.accuracy, 4) for (source, target), each in scores.items()
        }
    return {
        "topic_uniqueness": {code: round(topic_uniqueness(words), 4) for code, words in topics.items()},
        "cnpmi": {
            counting: round(cross_lingual_npmi(topics[first], topics[second], *reference, counting=counting), 5)
            for counting in ("published", "document")
        },
        "accuracy": accuracy,
        "top_words": {code: [words[:10] for words in each] for code, each in topics.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--name", required=True, help="the preset: ecnews or rakuten_amazon")
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON: further changes of the preset")
    parser.add_argument("--models", type=Path, help="a folder to keep the trained models in")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    corpus, test = Corpus.load(arguments.corpus), Corpus.load(arguments.test)
    reference = read_reference(arguments.reference, corpus.languages[:2])
    preset = get_preset(arguments.name)
    schedule = {} if arguments.epochs == preset["epochs"] else {"schedule": "cosine", "epochs": arguments.epochs}
    done = set()
    if RESULTS.exists():
        for line in RESULTS.read_text(encoding="utf-8").splitlines():
            each = json.loads(line)
            done.add(json.dumps([each[key] for key in ("corpus", "variant", "settings", "seed", "epochs")]))
    for seed in arguments.seeds:
        for name in arguments.variants:
            variant = replace(VARIANTS[name], settings={**VARIANTS[name].settings, **arguments.settings})
            facts = [arguments.name, name, variant.settings, seed, arguments.epochs]
            if json.dumps(facts) in done:
                continue
            print(f"{arguments.name}: {name}, seed {seed}", flush=True)
            given = {**schedule, **variant.changes, "random_state": seed, "threads": 1}
            model = GloCTM.from_preset(arguments.name, **given)
            augmentation = Augmentation(corpus, variant, model.num_neighbors)
            start = time.perf_counter()
            with trained_with(augmentation, network_of(variant)):
                model.fit(corpus)
            seconds = round(time.perf_counter() - start)
            if arguments.models is not None:
                model.save(arguments.models / "-".join(str(fact).replace(" ", "_") for fact in facts))
            result = {
                "benchmark": "variants",
                **dict(zip(("corpus", "variant", "settings", "seed", "epochs"), facts, strict=True)),
                "training_seconds": seconds,
                "loss": round(model.history_[-1]["loss"], 2),
                **measures(model, corpus, test, augmentation, reference),
                "machine": machine(),
            }
            with RESULTS.open("a", encoding="utf-8") as file:
                print(json.dumps(result, ensure_ascii=False), file=file, flush=True)


if __name__ == "__main__":
    main()

"""A model and a corpus whose every number is known, without training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.sparse as sp

from gloctm import Corpus, GloCTM
from gloctm.corpus import LanguageCorpus
from gloctm.model.parameters import expected_shapes, topic_word_name
from gloctm.model.storage import ModelArtifact
from gloctm.training.settings import settings_of_method

HIDDEN = 4


def handmade_model(
    vocabulary: Mapping[str, Sequence[str]],
    topic_word: Mapping[str, Sequence[Sequence[float]]],
    *,
    word_embeddings: Mapping[str, np.ndarray] | None = None,
    word_encoder: str | None = None,
    seed: int = 0,
) -> GloCTM:
    """A published model of these β; the rest of its weights is random, its variances positive."""
    num_topics = len(next(iter(topic_word.values())))
    rng = np.random.default_rng(seed)
    shapes = expected_shapes({code: len(words) for code, words in vocabulary.items()}, num_topics, HIDDEN, HIDDEN)
    weights = {
        name: (rng.uniform(0.5, 2, shape) if name.endswith("running_var") else rng.normal(size=shape)).astype("f4")
        for name, shape in shapes.items()
    }
    for code, beta in topic_word.items():
        weights[topic_word_name(code)] = np.asarray(beta, np.float32)
    if word_embeddings is None:
        word_embeddings = {code: rng.normal(size=(len(words), 8)) for code, words in vocabulary.items()}
    model = GloCTM(
        num_topics=num_topics,
        method="published",
        local_hidden_size=HIDDEN,
        global_hidden_size=HIDDEN,
        show_progress=False,
        threads=1,
    )
    model.set_artifact(
        ModelArtifact(
            settings=settings_of_method(model.get_params(), GloCTM().get_params()),
            seed=seed,
            vocabulary={code: list(words) for code, words in vocabulary.items()},
            tokenizers=dict.fromkeys(vocabulary, "whitespace"),
            weights=weights,
            word_embeddings={code: np.asarray(array, np.float32) for code, array in word_embeddings.items()},
            encoder=word_encoder,
            word_encoder=word_encoder,
            history=[{"epoch": 1, "loss": 2.5, "local": 1.0, "shared": 1.0, "regularization": 0.3, "cka": 0.2}],
            corpus_fingerprint="f" * 64,
        ),
        {},
    )
    return model


def handmade_corpus(model: GloCTM, *, documents: int = 9, seed: int = 0, texts: bool = True) -> Corpus:
    """Random documents over a model's vocabulary; the second of each language has no word."""
    rng = np.random.default_rng(seed)
    parts = {}
    for code, words in model.vocabulary_.items():
        counts = rng.poisson(0.7, size=(documents, len(words)))
        counts[:, 0] += 1
        counts[1] = 0
        parts[code] = LanguageCorpus(
            counts=sp.csr_array(counts),
            vocabulary=list(words),
            ids=[f"{code}-{row}" for row in range(documents)],
            texts=[f"text {row} of {code}" for row in range(documents)] if texts else None,
        )
    return Corpus(parts)

"""The variants of the method that the benchmark compares."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from gloctm import Corpus, GloCTM
from gloctm.augmentation import augment
from gloctm.corpus import LanguageCorpus
from gloctm.network.network import LanguageBatch
from gloctm.network.sparse import SparseRows
from gloctm.network.topic_encoder import Posterior
from planted import planted_corpus

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))

from variants import VARIANTS, Augmentation, Variant, latent, network_of, trained_with

pytestmark = pytest.mark.filterwarnings(
    "ignore::gloctm.errors.SmallCorpusWarning", "ignore::gloctm.errors.ShortTrainingWarning"
)
SETTINGS = {"num_topics": 4, "epochs": 2, "batch_size": 32, "threads": 1, "show_progress": False}


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(("en", "zh", "de"), num_topics=4, words_per_topic=10, documents=60, seed=2)


def fitted(corpus, variant, **given):
    model = GloCTM(**{**SETTINGS, "num_neighbors": 3, **variant.changes, **given})
    augmentation = Augmentation(corpus, variant, model.num_neighbors)
    with trained_with(augmentation, network_of(variant)):
        return model.fit(corpus), augmentation


def test_the_base_is_the_published_method(corpus):
    usual = GloCTM(**SETTINGS).fit(corpus)
    base, augmentation = fitted(corpus, VARIANTS["base"])
    for language in corpus:
        np.testing.assert_allclose(base.topic_word_[language], usual.topic_word_[language], rtol=1e-4, atol=1e-5)
    inferred = latent(base, corpus, augmentation)
    for path, means in inferred.items():
        for language, expected in base.transform(corpus, via=path, latent=True).items():
            np.testing.assert_allclose(means[language], expected, rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module")
def base(corpus):
    return fitted(corpus, VARIANTS["base"])[0]


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_trains_to_something_finite_and_of_its_own(corpus, base, name):
    model, augmentation = fitted(corpus, VARIANTS[name])
    for means in latent(model, corpus, augmentation).values():
        assert all(np.isfinite(each).all() for each in means.values())
    same = [np.array_equal(model.topic_word_[code], base.topic_word_[code]) for code in corpus]
    # In the planted corpus every neighbour is nearer than the floor, and mutual.
    assert all(same) == (name in ("base", "floor 0.6", "mutual"))


def test_global_counts_are_those_of_the_neighbours_asked_for(corpus):
    words = {code: np.asarray(part.word_embeddings) for code, part in corpus.items()}
    counts = {code: part.counts for code, part in corpus.items()}
    published = augment(counts, words, 3)["en"].toarray()
    sizes = [part.num_words for part in corpus.values()]
    own = slice(0, sizes[0])

    def of(**given):
        return Augmentation(corpus, Variant(**given), 3).global_counts(corpus)["en"].toarray()

    np.testing.assert_array_equal(of(), published)
    others_only = of(own=0)
    np.testing.assert_array_equal(others_only[:, sizes[0] :], published[:, sizes[0] :])
    present = (counts["en"].toarray() > 0).astype(np.float32)
    np.testing.assert_array_equal(others_only[:, own], present)
    np.testing.assert_allclose(of(own_weight=0.5)[:, own], present + 0.5 * (published[:, own] - present))
    assert (of(mutual=True) <= published).all()
    assert (of(floor=0.99) <= published).all()
    assert (of(by_similarity=True) <= published + 1e-6).all()
    np.testing.assert_array_equal(of(own=0, other=0, counts=True)[:, own], counts["en"].toarray())


def test_a_document_gets_the_words_of_the_nearest_documents_of_other_languages(corpus):
    found = Augmentation(corpus, Variant(own=0, other=0, documents=1), 3).global_counts(corpus)["zh"].toarray()
    blocks = np.split(found, np.cumsum([part.num_words for part in corpus.values()])[:-1], axis=1)
    for block, (code, part) in zip(blocks, corpus.items(), strict=True):
        present = (part.counts.toarray() > 0).astype(np.float32)
        if code == "zh":
            np.testing.assert_array_equal(block, present)
        else:
            # Every row is a document, and of the same theme, as the embeddings tell.
            rows = [np.flatnonzero((present == row).all(axis=1)) for row in block]
            themes, own = np.asarray(part.labels), np.asarray(corpus["zh"].labels)
            agree = [theme in themes[places] for theme, places in zip(own, rows, strict=True)]
            assert all(len(places) for places in rows)
            assert np.mean(agree) > 0.9


def test_near_documents_and_pooled_cka_are_those_of_the_package(corpus):
    variant = VARIANTS["3 documents and words, pooled CKA"]
    near, _ = fitted(corpus, variant)
    usual = GloCTM(**SETTINGS, num_near_documents=3, pooled_cka=True).fit(corpus)
    for language in corpus:
        np.testing.assert_allclose(near.topic_word_[language], usual.topic_word_[language], rtol=1e-4, atol=1e-5)
    # Of documents that were not trained on the near ones are among those that were.
    rows = {code: np.arange(0, part.num_documents, 3) for code, part in corpus.items()}
    some = Corpus(
        {
            code: LanguageCorpus(
                counts=part.counts[rows[code]],
                vocabulary=part.vocabulary,
                document_embeddings=np.asarray(part.document_embeddings)[rows[code]],
            )
            for code, part in corpus.items()
        }
    )
    augmentation = Augmentation(corpus, variant, 3)
    every = augmentation.global_counts(corpus)
    for language, found in augmentation.global_counts(some).items():
        np.testing.assert_array_equal(found.toarray(), every[language][rows[language]].toarray())


def test_cka_compares_the_paths_asked_for(corpus):
    sizes = {code: part.num_words for code, part in corpus.items()}
    vectors = {code: torch.from_numpy(np.array(part.document_embeddings[:8])) for code, part in corpus.items()}
    rows = {code: SparseRows.from_scipy(part.counts[:8]) for code, part in corpus.items()}
    batch = {code: LanguageBatch(rows[code], rows[code], vectors[code]) for code in corpus}
    generator = torch.Generator().manual_seed(0)
    # θ that are the embeddings themselves, as alike as can be, and others that have nothing to do with them.
    alike = {code: Posterior(each, each, each) for code, each in vectors.items()}
    drawn = {code: torch.rand(8, 4, generator=generator) for code in corpus}
    other = {code: Posterior(each, each, each) for code, each in drawn.items()}

    def loss(cka, q_local, q_global):
        network = network_of(Variant(cka=cka))(sizes, 4)
        network._q_global = q_global
        return float(network._cka(batch, q_local))

    assert loss("local", alike, other) == loss("global", other, alike) == pytest.approx(0, abs=1e-3)
    assert loss("local", other, alike) == loss("global", alike, other) > 10
    assert loss("both", alike, other) == pytest.approx(loss("local", other, alike) / 2, rel=1e-3)

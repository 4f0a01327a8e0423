"""Words of near documents in the global counts, against what a direct comparison gives."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from gloctm.near_documents import words_of_near_documents
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from gloctm import Corpus, GloCTM
from gloctm.augmentation import augment
from gloctm.batches import Batches
from gloctm.errors import InputError
from planted import planted_corpus

pytestmark = pytest.mark.filterwarnings(
    "ignore::gloctm.errors.SmallCorpusWarning", "ignore::gloctm.errors.ShortTrainingWarning"
)


def direct(counts, vectors, number):
    """The same by full comparison, dense."""
    unit = {code: each / np.linalg.norm(each, axis=1, keepdims=True) for code, each in vectors.items()}
    centred = {code: each - each.mean(axis=0) for code, each in unit.items()}
    result = {}
    for code, own in counts.items():
        blocks = []
        for other, matrix in counts.items():
            present = (matrix.toarray() > 0).astype(float)
            if other == code:
                blocks.append(np.zeros(own.shape))
                continue
            near = np.argsort(-cosine_similarity(centred[code], centred[other]), axis=1, kind="stable")[:, :number]
            blocks.append(present[near].sum(axis=1))
        joined = np.concatenate(blocks, axis=1)
        joined[np.asarray(own.sum(axis=1)).ravel() == 0] = 0
        result[code] = joined
    return result


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), number=st.integers(1, 4), languages=st.integers(2, 4))
def test_words_are_those_of_the_nearest_documents_of_other_languages(seed, number, languages):
    rng = np.random.default_rng(seed)
    codes = ("en", "zh", "de", "ar")[:languages]
    counts = {code: sp.csr_array(rng.poisson(0.3, size=(int(rng.integers(4, 30)), 9))) for code in codes}
    vectors = {code: rng.normal(size=(matrix.shape[0], 6)).astype("f4") for code, matrix in counts.items()}
    found = words_of_near_documents(counts, vectors, number)
    for code, expected in direct(counts, vectors, number).items():
        np.testing.assert_array_equal(found[code].toarray(), expected)
        assert found[code].has_sorted_indices


def test_what_is_near_does_not_depend_on_the_place_of_a_language():
    corpus = planted_corpus(("en", "zh"), documents=40)
    counts = {code: part.counts for code, part in corpus.items()}
    vectors = {code: np.asarray(part.document_embeddings) for code, part in corpus.items()}
    usual = words_of_near_documents(counts, vectors, 2)
    # As far from zero as the lengths that rows are brought to leave it: directions shift alike within a language.
    longer = words_of_near_documents(counts, {code: 7 * each for code, each in vectors.items()}, 2)
    for code in counts:
        np.testing.assert_array_equal(usual[code].toarray(), longer[code].toarray())


def test_training_takes_them_beside_the_neighbours_of_words():
    corpus = planted_corpus(("en", "zh"), documents=30)
    counts = {code: part.counts for code, part in corpus.items()}
    words = augment(counts, {code: part.word_embeddings for code, part in corpus.items()}, 3)
    documents = words_of_near_documents(
        counts, {code: np.asarray(part.document_embeddings) for code, part in corpus.items()}, 2
    )
    batches = Batches(corpus, 3, torch.device("cpu"), num_near_documents=2)
    batch = next(batches.epoch(30, torch.Generator().manual_seed(0)))
    order = torch.randperm(30, generator=torch.Generator().manual_seed(0)).numpy()
    for code, part in batch.items():
        expected = (words[code] + documents[code])[order]
        np.testing.assert_array_equal(part.global_counts.row_sums().numpy(), expected.sum(axis=1))
        np.testing.assert_array_equal(part.global_counts.indices.numpy(), expected.indices)
        np.testing.assert_array_equal(part.global_counts.values.numpy(), expected.data)


def test_inference_needs_no_documents(tmp_path):
    corpus = planted_corpus(("en", "zh"), documents=120)
    model = GloCTM(
        num_topics=5, epochs=2, batch_size=32, num_near_documents=3, pooled_cka=True, threads=1, show_progress=False
    ).fit(corpus)
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    assert loaded.num_near_documents == 3
    assert loaded.pooled_cka is True
    counts = corpus["en"].counts
    for via in ("local", "global", "both"):
        alone = loaded.transform(counts[:1], lang="en", via=via)
        np.testing.assert_allclose(loaded.transform(counts, lang="en", via=via)[:1], alone, rtol=1e-4)
        np.testing.assert_array_equal(
            loaded.transform(counts, lang="en", via=via), model.transform(counts, "en", via=via)
        )


def test_what_does_not_fit_is_said():
    corpus = planted_corpus(("en", "zh"), documents={"en": 40, "zh": 30})
    with pytest.raises(InputError, match="num_near_documents is 31 but 'zh' has 30 documents"):
        GloCTM(num_topics=3, epochs=1, num_near_documents=31, show_progress=False).fit(corpus)
    narrow = corpus.with_embeddings("zh", documents=np.asarray(corpus["zh"].document_embeddings)[:, :5])
    with pytest.raises(InputError, match=r"num_near_documents compares .* \(\{'en': 24, 'zh': 5\}\)"):
        GloCTM(num_topics=3, epochs=1, num_near_documents=2, show_progress=False).fit(narrow)
    with pytest.raises(InputError, match="num_near_documents is -1: it must be 0 or more"):
        GloCTM(num_topics=3, epochs=1, num_near_documents=-1, show_progress=False).fit(corpus)
    assert isinstance(corpus, Corpus)

"""Parts of a corpus that do not fit together are refused in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from gloctm import Corpus
from gloctm.corpus import LanguageCorpus
from gloctm.errors import InputError
from planted import planted_corpus


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(("en", "de"), num_topics=3, words_per_topic=4, documents=20)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["a"]}, "'en' has 20 documents but 1 label: give one for each document"),
        ({"ids": ["a"]}, "'en' has 20 documents but 1 id: give one for each document"),
        ({"texts": ["a"] * 21}, "'en' has 20 documents but 21 texts: give one for each document"),
        ({"word_embeddings": np.ones((11, 24), "f4")}, "'en' has 12 words but 11 word embeddings: one row per word"),
        ({"document_embeddings": np.ones((3, 24), "f4")}, "'en' has 20 documents but 3 document embeddings: one row"),
        ({"word_embeddings": np.full((12, 24), np.nan, "f4")}, r"at row 0 \('en-0-0'\): correct that row"),
        ({"document_embeddings": np.full((20, 2), np.inf)}, "NaN or infinite numbers at row 0: correct that row"),
        ({"word_embeddings": np.ones((12, 23), "f4")}, "differ in dimension between languages .*: use one encoder"),
        ({"vocabulary": ["a"], "counts": sp.csr_array(np.ones((20, 1)))}, "has one word .*: at least two are needed"),
        ({"counts": sp.csr_array((20, 12))}, "all 20 documents of 'en' are empty: .*check the texts"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_parts_of_a_corpus_that_do_not_fit_together(corpus, changes, message):
    en = corpus["en"]
    parts = {"counts": en.counts, "vocabulary": en.vocabulary, "word_embeddings": en.word_embeddings, **changes}
    with pytest.raises(InputError, match=message):
        Corpus({"en": LanguageCorpus(**parts), "de": corpus["de"]})

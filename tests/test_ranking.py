"""Words of topics ranked by how frequent they are, too."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from gloctm import Corpus, GloCTM
from gloctm.corpus import LanguageCorpus

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))

from ranking import changes, document_shares, scores

SIZES = {"en": 4, "zh": 2}


def test_shares_of_documents_with_a_word():
    counts = sp.csr_array(np.array([[5, 0, 1], [1, 0, 0], [0, 0, 2], [1, 0, 0]]))
    parts = {code: LanguageCorpus(counts=counts[:size], vocabulary=["a", "b", "c"]) for code, size in SIZES.items()}
    shares = document_shares(Corpus(parts))
    np.testing.assert_array_equal(shares["en"], [3 / 4, 0, 2 / 4])
    np.testing.assert_array_equal(shares["zh"], [2 / 2, 0, 1 / 2])


def test_scores_by_hand():
    topic_word = np.array([[1.0, 3.0, 2.0], [0.0, 0.0, 0.0]], np.float32)
    shares = np.array([0.5, 0.25, 0.0])
    np.testing.assert_array_equal(scores(topic_word, shares, 0.0), topic_word)
    ranked = scores(topic_word, shares, 0.5)
    spread = 0.5 * np.std([1, 3, 2, 0, 0, 0])
    np.testing.assert_allclose(ranked[:, :2], topic_word[:, :2] + spread * np.log([0.5, 0.25]))
    assert (ranked[:, 2] == -np.inf).all()


@pytest.mark.parametrize("given", [{}, {"pooled_cka": True, "epochs": 25}])
def test_models_are_told_apart_by_what_was_changed_of_the_preset(given):
    model = GloCTM.from_preset("ecnews", random_state=3, threads=1, show_progress=False, **given)
    assert changes(model, "ecnews") == given

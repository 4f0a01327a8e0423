"""How far two models are apart, with an interval, and the scores of topics that this rests on."""

from __future__ import annotations

import numpy as np
import pytest
from pages.differences import bootstrap, same_seeds, seeds_apart, told
from pages.scores import score_key
from topic_scores import scored, scores, uniqueness

from gloctm.metrics import ReferenceCounts, cross_lingual_npmi, topic_uniqueness

REFERENCES = {
    ("en", "de"): (
        ReferenceCounts.from_documents([["cat", "dog"], ["rain"], ["sun", "cat"]]),
        ReferenceCounts.from_documents([["Katze", "Hund"], ["Regen"], ["Regen", "Katze"]]),
    )
}


def drawn(shift, spread=0.1, seeds=5, topics=50):
    rng = np.random.default_rng(1)
    return [(rng.normal(shift, spread, topics), rng.normal(0, spread, topics)) for _ in range(seeds)]


def test_an_interval_holds_the_mean_and_repeats():
    pairs = drawn(0.05)
    mean, low, high = bootstrap(pairs)
    assert low < mean < high
    assert mean == pytest.approx(np.mean([one.mean() - two.mean() for one, two in pairs]))
    assert bootstrap(pairs) == (mean, low, high)
    # About as theory has it for independent topics: two means of 250 topics, and seeds that differ by chance alone.
    assert 0.5 < (high - low) / (2 * 1.96 * 0.1 * np.sqrt(2 / 250)) < 2


def test_models_that_are_alike_are_not_told_apart_and_others_are():
    one = drawn(0)[0][0]
    _, low, high = bootstrap([(one, one)])
    assert low < 0 < high
    assert bootstrap(drawn(0.1))[1] > 0
    # Seeds that disagree widen the interval, though topics are all alike.
    same = np.ones(50)
    _, low, high = bootstrap([(same * 0.1, same * 0), (same * 0, same * 0.1), (same * 0.1, same * 0)])
    assert low < 0 < high
    _, low, high = bootstrap([(same, same * 0)] * 3)
    assert low == high == 1


def test_seeds_are_paired():
    default = [{"seed": seed} for seed in (0, 48, 36)]
    other = [{"seed": seed} for seed in (48, 23)]
    assert [one["seed"] for one, _ in same_seeds(default, other)] == [48]
    assert len(same_seeds(default, [{"seed": None}])) == 3


def test_cells():
    assert seeds_apart([(0.5, 0.25), (0.75, None), (0.5, 0.5)]) == "+0.125 [+0.000, +0.250]"
    assert seeds_apart([(None, 1.0)]) == "—"
    assert told(0.2, 0.1, 0.3, ".1f") == "**+0.2 [+0.1, +0.3]**"
    assert told(0.2, -0.1, 0.3, ".1f") == "+0.2 [-0.1, +0.3]"
    assert told(0.2, 0.1, 0.3, ".1f", sure=False) == "+0.2 [+0.1, +0.3]"


def test_scores_of_topics_have_the_measures_as_their_means():
    topics = {"en": [["cat", "dog", "rain"], ["rain", "sun", "dog"]], "de": [["Katze", "Hund"], ["Regen", "Katze"]]}
    found = scores(topics, REFERENCES, 2)
    first = {code: [words[:2] for words in each] for code, each in topics.items()}
    assert np.mean(found["topic_uniqueness"]) == pytest.approx(
        np.mean([topic_uniqueness(each) for each in first.values()]), abs=1e-4
    )
    for name, counting in (("cnpmi_published", "published"), ("cnpmi_document", "document")):
        expected = cross_lingual_npmi(first["en"], first["de"], *REFERENCES["en", "de"], counting=counting)
        assert np.mean(found[name]) == pytest.approx(expected, abs=1e-4)
    assert uniqueness([["a", "b"], ["b"]]) == [0.75, 0.5]


def test_scores_are_those_of_the_words_of_a_result_and_of_no_other_training():
    words = {"en": [["cat", "dog"]], "de": [["Katze", "Hund"]]}
    result = {"corpus": "ecnews", "model": "kmeans", "view": "", "seed": 0, "conditions": "a", "top_words": words}
    line = scored({**result, "name": "k-means"}, REFERENCES)
    assert score_key(line) == score_key(result)
    assert score_key(line) != score_key({**result, "top_words": {**words, "de": [["Hund", "Katze"]]}})

"""CNPMI against golden numbers, a case computed by hand, and a plain loop."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloctm.errors import InputError
from gloctm.metrics import ReferenceCounts, cross_lingual_npmi

GOLDEN = json.loads((Path(__file__).parent / "golden" / "metrics.json").read_text())


@pytest.mark.parametrize(
    ("counting", "name"), [("published", "cnpmi_published_counting"), ("document", "cnpmi_document_frequency")]
)
@pytest.mark.parametrize("only_topic_words", [True, False])
def test_golden(counting, name, only_topic_words):
    references = []
    for side in "ab":
        words = {word for topic in GOLDEN[f"topics_{side}"] for word in topic} if only_topic_words else None
        documents = (line.split() for line in GOLDEN[f"reference_{side}"])
        references.append(ReferenceCounts.from_documents(documents, words))
    found = cross_lingual_npmi(GOLDEN["topics_a"], GOLDEN["topics_b"], *references, counting=counting)
    assert round(found, 6 if counting == "document" else 5) == GOLDEN["expected"][name]


def test_by_hand():
    one = ReferenceCounts.from_documents([["a", "a"], ["a"], ["c"], []])
    two = ReferenceCounts.from_documents([["x"], ["x"], ["x"], ["z"]])
    # a: 3 tokens, in 2 of 4 documents; x: in 3; both in 2 of the 4 pairs.
    document = math.log(0.5 / (0.5 * 0.75)) / -math.log(0.5)
    published = math.log(0.5 / (0.75 * 0.75)) / -math.log(0.5)
    assert cross_lingual_npmi([["a"]], [["x"]], one, two, counting="document") == pytest.approx(document)
    assert cross_lingual_npmi([["a"]], [["x"]], one, two) == pytest.approx(published)
    # Never together, and not in the corpus at all: 0 each.
    assert cross_lingual_npmi([["a", "none"]], [["z"]], one, two) == 0
    assert cross_lingual_npmi([["a"], ["a"]], [["x"], ["z"]], one, two) == pytest.approx(published / 2)


@given(pairs=st.lists(st.tuples(*[st.lists(st.sampled_from("abcd"), max_size=5)] * 2), min_size=1, max_size=8))
def test_against_a_loop(pairs):
    topics, others = [["a", "b"], ["c", "never"]], [["b"], ["d", "a"]]
    references = [ReferenceCounts.from_documents(side) for side in zip(*pairs, strict=True)]
    values = []
    for topic, other in zip(topics, others, strict=True):
        for one in topic:
            for two in other:
                share = np.mean([one in left and two in right for left, right in pairs])
                expected = np.mean([one in left for left, _ in pairs]) * np.mean([two in right for _, right in pairs])
                inner = 0 < share < 1
                values.append(math.log(share / expected) / -math.log(share) if inner else 0.0)
    by_topic = [np.mean(values[:2]), np.mean(values[2:])]
    found = cross_lingual_npmi(topics, others, *references, counting="document")
    assert found == pytest.approx(np.mean(by_topic), abs=1e-12)
    assert -1 <= found <= 1


def test_wrong_input():
    one, two = (ReferenceCounts.from_documents([["a"]] * number) for number in (2, 3))
    with pytest.raises(InputError, match="2 and 3 documents"):
        cross_lingual_npmi([["a"]], [["a"]], one, two)
    with pytest.raises(InputError, match="1 topics in one language but 2"):
        cross_lingual_npmi([["a"]], [["a"], ["a"]], one, one)
    with pytest.raises(InputError, match="at least one topic"):
        cross_lingual_npmi([], [], one, one)
    with pytest.raises(InputError, match="counting is 'tokens'"):
        cross_lingual_npmi([["a"]], [["a"]], one, one, counting="tokens")

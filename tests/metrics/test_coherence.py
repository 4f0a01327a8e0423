"""Coherence against golden numbers, cases computed by hand, plain loops, and values of a library."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.errors import InputError
from gloctm.metrics.coherence import (
    ReferenceCounts,
    cross_lingual_npmi,
    cross_lingual_npmi_by_topic,
    cross_lingual_npmi_of_pairs,
    npmi,
    npmi_by_topic,
    reference_coverage,
)
from gloctm.metrics.sliding_window import c_v, c_v_by_topic
from paths import GOLDEN

EXPECTED = json.loads((GOLDEN / "metrics.json").read_text())

# Documents of 4 to 12 letters, of which none comes twice within 13 places, since 13 is prime.
LETTERS = "abcdefghijklm"
LETTER_DOCUMENTS = [[LETTERS[(i * i + j * (1 + i * i % 7)) % 13] for j in range(4 + i % 9)] for i in range(40)]
LETTER_TOPICS = [list("abcd"), list("efgh"), list("mkjl"), list("aiel")]
# gensim 4.4.0: CoherenceModel(topics, texts, coherence=..., window_size=...).get_coherence_per_topic().
GENSIM_C_V = {
    5: [0.33925933063835056, 0.3781297056352302, 0.3209129544346891, 0.46336615340556453],
    110: [0.5574634912289294, 0.6212807984358394, 0.628355039232351, 0.5014276254449357],
}
# With a window that holds whole documents.
GENSIM_C_NPMI = [0.046603815187546895, 0.10358647364534758, 0.10396985330085902, 0.001091213271250725]


@pytest.mark.parametrize(
    ("counting", "name"), [("published", "cnpmi_published_counting"), ("document", "cnpmi_document_frequency")]
)
@pytest.mark.parametrize("only_topic_words", [True, False])
def test_golden(counting, name, only_topic_words):
    references = []
    for side in "ab":
        words = {word for topic in EXPECTED[f"topics_{side}"] for word in topic} if only_topic_words else None
        documents = (line.split() for line in EXPECTED[f"reference_{side}"])
        references.append(ReferenceCounts.from_documents(documents, words))
    found = cross_lingual_npmi(EXPECTED["topics_a"], EXPECTED["topics_b"], *references, counting=counting)
    assert round(found, 6 if counting == "document" else 5) == EXPECTED["expected"][name]


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
@settings(deadline=None)
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
    with pytest.raises(InputError, match="not a string"):
        cross_lingual_npmi(["a word"], [["a"]], one, one)
    for wrong in (0, 1.5, True):
        with pytest.raises(InputError, match=f"topics_per_block is {wrong}: it must be a whole number of at least 1$"):
            cross_lingual_npmi([["a"]], [["a"]], one, one, topics_per_block=wrong)
        with pytest.raises(
            InputError, match=f"jobs is {wrong}: it must be a whole number of at least 1, or -1 for one"
        ):
            cross_lingual_npmi([["a"]], [["a"]], one, one, jobs=wrong)
    for wrong in (None, [1]):
        with pytest.raises(InputError, match="as lists of words"):
            cross_lingual_npmi([["a"]], wrong, one, one)


@pytest.mark.parametrize("documents", [["a b", "c"], "a b", [["a", "b"], "c"], [b"a b"], [3], [None], None])
def test_documents_that_are_no_lists_of_words(documents):
    for count in (ReferenceCounts.from_documents, lambda given: c_v([["a", "b"]], given)):
        with pytest.raises(InputError, match=r"needs (each document as a list of its words|documents, each a list)"):
            count(documents)


def random_topics(words, num_topics, seed):
    generator = np.random.default_rng(seed)
    return [generator.choice(words, 6, replace=False).tolist() for _ in range(num_topics)]


def random_reference(words, seed):
    generator = np.random.default_rng(seed)
    return ReferenceCounts.from_documents([generator.choice(words, 12).tolist() for _ in range(60)])


WORDS = [f"w{number}" for number in range(40)]


@pytest.mark.parametrize("counting", ["published", "document"])
@pytest.mark.parametrize(("topics_per_block", "jobs"), [(1, 1), (3, 1), (100, 1), (1, 2), (4, -1)])
def test_blocks_and_threads_change_no_bit(counting, topics_per_block, jobs):
    topics, others = random_topics([*WORDS, "none"], 23, 0), random_topics(WORDS, 23, 1)
    one, two = random_reference(WORDS[:-2], 2), random_reference(WORDS, 3)
    how = {"topics_per_block": topics_per_block, "jobs": jobs}
    whole = cross_lingual_npmi_by_topic(topics, others, one, two, counting=counting)
    assert whole.shape == (23,)
    assert cross_lingual_npmi(topics, others, one, two, counting=counting) == whole.mean()
    assert np.array_equal(cross_lingual_npmi_by_topic(topics, others, one, two, counting=counting, **how), whole)
    assert np.array_equal(npmi_by_topic(topics, one, **how), npmi_by_topic(topics, one))
    # Nor do the other topics: each has the value that it has alone.
    alone = [cross_lingual_npmi([a], [b], one, two, counting=counting) for a, b in zip(topics, others, strict=True)]
    assert alone == whole.tolist()


def test_pairs_of_languages():
    topics = {language: random_topics(WORDS, 5, seed) for seed, language in enumerate(["en", "zh", "ja"])}
    counts = [random_reference(WORDS, seed) for seed in range(4)]
    references = {("zh", "en"): (counts[0], counts[1]), ("en", "ja"): (counts[2], counts[3])}
    found = cross_lingual_npmi_of_pairs(topics, references, counting="document", jobs=2, topics_per_block=2)
    assert list(found) == [("zh", "en"), ("en", "ja")]
    for (one, two), value in found.items():
        expected = cross_lingual_npmi(topics[one], topics[two], *references[one, two], counting="document")
        assert value == expected
        swapped = {(two, one): references[one, two][::-1]}
        assert cross_lingual_npmi_of_pairs(topics, swapped, counting="document")[two, one] == pytest.approx(expected)
    published = cross_lingual_npmi_of_pairs(topics, references)
    assert published["zh", "en"] == cross_lingual_npmi(topics["zh"], topics["en"], counts[0], counts[1])
    assert published != found


def test_wrong_pairs():
    topics = {"en": [["a"]], "zh": [["a"]]}
    both = (ReferenceCounts.from_documents([["a"]]),) * 2
    for references, message in [
        ({}, "at least one pair"),
        ({("en", "ja"): both}, "no topics in ja"),
        ({("en", "en"): both}, "en and en"),
        ({("en", "zh"): both, ("zh", "en"): both}, "two reference corpora"),
    ]:
        with pytest.raises(InputError, match=message):
            cross_lingual_npmi_of_pairs(topics, references)


@given(
    documents=st.lists(st.lists(st.sampled_from("abcde"), max_size=6), max_size=8),
    words=st.none() | st.lists(st.sampled_from("abcxy"), max_size=5),
)
@settings(deadline=None)
def test_counts_are_those_of_the_documents(documents, words):
    reference = ReferenceCounts.from_documents(iter(documents), words)
    assert reference.num_documents == len(documents)
    asked = ["x", "c", "a", "c"]
    found = reference.of(asked)
    assert found.shape == (len(documents), 4)
    expected = [[doc.count(word) * (words is None or word in words) for word in asked] for doc in documents]
    assert found.toarray().tolist() == expected


def test_stored_zeros_and_several_entries_of_a_word_change_nothing():
    expected = ReferenceCounts.from_documents([["a", "a"], ["b"], ["a", "b"], []], "ab")
    rows, columns = [0, 0, 0, 1, 1, 2, 2, 3], [0, 0, 1, 1, 0, 0, 1, 1]
    zeros = sp.csc_array(sp.coo_array(([1, 1, 0, 1, 0, 1, 1, 0], (rows, columns)), shape=(4, 2)))
    # A matrix in which a word of a document has two entries, as arithmetic on indices may leave it.
    doubled = sp.csc_array(([1, 1, 1, 0, 1, 1], [0, 0, 2, 1, 1, 2], [0, 4, 6]), shape=(4, 2))
    for matrix in (zeros, doubled):
        found = ReferenceCounts({"a": 0, "b": 1}, matrix)
        assert npmi([["a", "b"]], found) == npmi([["a", "b"]], expected)
        for counting in ("published", "document"):
            both = [cross_lingual_npmi([["a"]], [["b"]], each, each, counting=counting) for each in (found, expected)]
            assert both[0] == both[1]
    # What was given stays as it was.
    assert zeros.nnz == 7
    assert doubled.nnz == 6


def test_coverage_by_hand():
    reference = ReferenceCounts.from_documents([["a", "b", "b"], ["c"], []], "abcd")
    assert reference_coverage([["a", "b"]], reference) == 1
    # d is among the words counted, but in no document; e is not.
    assert reference_coverage([["a", "d"], ["e", "c", "a"]], reference) == 3 / 5
    assert reference_coverage([["a", "a", "e"]], reference) == 1 / 2
    assert reference_coverage([["x"], ["d"]], reference) == 0
    with pytest.raises(InputError, match="coverage by a reference corpus needs at least one topic"):
        reference_coverage([], reference)


def test_npmi_by_hand():
    # a in 3 of 4 documents, b in 2, both in 2; c in 1, never with a; d in none; e in all.
    reference = ReferenceCounts.from_documents([["a", "b", "b", "e"], ["a", "b", "e"], ["a", "e"], ["c", "e"]])
    together = math.log(0.5 / (0.75 * 0.5)) / -math.log(0.5)
    assert npmi([["a", "b"]], reference) == pytest.approx(together)
    assert npmi([["a", "c"]], reference) == -1  # never together
    assert npmi([["a", "d"]], reference) == 0  # nothing is known of d
    assert npmi([["a", "e"]], reference) == 0  # a word of all documents is independent of any
    assert npmi([["c", "e"]], ReferenceCounts.from_documents([["c", "e"]])) == 0  # both in all: nothing to tell
    assert npmi([["a", "b", "c"]], reference) == pytest.approx((together - 2) / 3)
    assert npmi([["a", "b"], ["a", "c"]], reference) == pytest.approx((together - 1) / 2)
    exclusive = ReferenceCounts.from_documents([["a", "b"], ["c"]])
    assert npmi([["a", "b"]], exclusive) == pytest.approx(1)


documents_of_letters = st.lists(st.lists(st.sampled_from("abcd"), max_size=9), min_size=1, max_size=6)


@given(documents=documents_of_letters, order=st.permutations("abcz"))
@settings(deadline=None)
def test_npmi_bounds_and_order(documents, order):
    reference = ReferenceCounts.from_documents(documents)
    found = npmi([list("abcz")], reference)
    assert -1 <= found <= 1
    assert npmi([order], reference) == pytest.approx(found, abs=1e-12)
    assert npmi([list("abcz")], ReferenceCounts.from_documents(documents[::-1])) == pytest.approx(found, abs=1e-12)


def test_npmi_against_gensim():
    found = npmi_by_topic(LETTER_TOPICS, ReferenceCounts.from_documents(LETTER_DOCUMENTS))
    # gensim adds 1e-12 to probabilities.
    assert found == pytest.approx(GENSIM_C_NPMI, abs=1e-10)


@pytest.mark.parametrize("window", [5, 110])
def test_c_v_against_gensim(window):
    found = c_v_by_topic(LETTER_TOPICS, LETTER_DOCUMENTS, window=window)
    assert found == pytest.approx(GENSIM_C_V[window], abs=1e-12)
    assert c_v(LETTER_TOPICS, iter(LETTER_DOCUMENTS), window=window) == pytest.approx(np.mean(GENSIM_C_V[window]))


def plain_c_v(topic, documents, window):
    windows = [
        set(document[start : start + window])
        for document in documents
        if document
        for start in range(max(1, len(document) - window + 1))
    ]
    vectors = []
    for one in topic:
        vector = []
        for two in topic:
            p, p1, p2 = (
                sum(wanted <= words for words in windows) / len(windows) for wanted in ({one, two}, {one}, {two})
            )
            known = p1 and p2 and p < 1
            vector.append(math.log((p + 1e-12) / (p1 * p2)) / -math.log(p + 1e-12) if known else 0.0)
        vectors.append(vector)
    total = [sum(column) for column in zip(*vectors, strict=True)]
    cosines = []
    for vector in vectors:
        lengths = math.hypot(*vector) * math.hypot(*total)
        product = sum(one * two for one, two in zip(vector, total, strict=True))
        cosines.append(product / lengths if lengths else 0.0)
    return sum(cosines) / len(cosines)


@given(
    documents=documents_of_letters.filter(any),
    window=st.integers(2, 11),
    topic=st.permutations("abcz").map(lambda words: words[:3]),
)
@settings(deadline=None)
def test_c_v_against_a_loop(documents, window, topic):
    found = c_v_by_topic([topic, list("ab")], documents, window=window)
    expected = [plain_c_v(each, documents, window) for each in (topic, "ab")]
    assert found == pytest.approx(expected, abs=1e-9)
    assert (np.abs(found) <= 1 + 1e-12).all()


def test_c_v_in_batches(monkeypatch):
    whole = c_v_by_topic(LETTER_TOPICS, LETTER_DOCUMENTS, window=5)
    monkeypatch.setattr("gloctm.metrics.sliding_window._BATCH", 7)
    monkeypatch.setattr("gloctm.metrics.sliding_window._TOPICS_PER_BLOCK", 3)
    assert np.array_equal(c_v_by_topic(LETTER_TOPICS, LETTER_DOCUMENTS, window=5), whole)


def test_c_v_tells_themes_from_mixtures():
    documents = [["sun", "rain", "wind"], ["goal", "ball", "team"]] * 10 + [["sun", "goal"], ["other"]]
    theme, mixture = c_v_by_topic([["sun", "rain", "wind"], ["sun", "ball", "other"]], documents)
    assert theme > 0.95 > mixture


def test_wrong_input_within_a_language():
    reference = ReferenceCounts.from_documents([["a", "b"]])
    for compute in (lambda topics: npmi(topics, reference), lambda topics: c_v(topics, [["a", "b"]])):
        with pytest.raises(InputError, match="at least one topic"):
            compute([])
        with pytest.raises(InputError, match="topic 1 has 1"):
            compute([["a", "b"], ["a"]])
        with pytest.raises(InputError, match="'a' twice"):
            compute([["b", "a", "a"]])
        with pytest.raises(InputError, match="not a string"):
            compute(["ab", "ba"])
    with pytest.raises(InputError, match="this one is empty"):
        npmi([["a", "b"]], ReferenceCounts.from_documents([]))
    with pytest.raises(InputError, match="there is none"):
        c_v([["a", "b"]], [[], []])
    for window in (1, True, 2.5):
        with pytest.raises(InputError, match=f"window is {window}: it must be a whole number of at least 2"):
            c_v([["a", "b"]], [["a"]], window=window)

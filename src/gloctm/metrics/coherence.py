"""Whether the words of a topic go together, judged by a reference corpus."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from numbers import Integral
from typing import Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.checks import check_choice, check_int
from gloctm.errors import InputError
from gloctm.metrics.top_words import check_topics, checked_documents

Counting = Literal["published", "document"]
Topics = Sequence[Sequence[str]]

# Topics whose words are looked up together. A product of sparse matrices computes the pairs of words of different
# topics too, which nobody needs: few topics at a time cost less than many, and one at a time more than a few.
TOPICS_PER_BLOCK = 8


@dataclass(frozen=True)
class ReferenceCounts:
    """How often words are in the documents of a reference corpus.

    Attributes:
        columns: for each word its column.
        counts: ``(documents, words)``, CSC. A matrix given with zeros in it, or with several entries for one word of a
            document, is put right in a copy: only what is above zero is stored, once.

    Examples:
        >>> counts = ReferenceCounts.from_documents([["cat", "dog"], ["cat"]])
        >>> sorted(counts.columns)
        ['cat', 'dog']
    """

    columns: dict[str, int]
    counts: sp.csc_array

    def __post_init__(self) -> None:
        # An entry means that a document has the word, so a stored zero would be one.
        if not (self.counts.has_canonical_format and self.counts.data.all()):
            counts = self.counts.copy()
            counts.sum_duplicates()
            counts.eliminate_zeros()
            object.__setattr__(self, "counts", counts)

    def __repr__(self) -> str:
        return f"ReferenceCounts({self.num_documents} documents, {len(self.columns)} words)"

    @classmethod
    def from_documents(
        cls, documents: Iterable[Sequence[str]], words: Collection[str] | None = None
    ) -> ReferenceCounts:
        """Count the words of documents, one document at a time: memory grows with the counts above zero alone.

        Args:
            documents: each a list of words.
            words: the words to count; None counts all.

        Raises:
            InputError: a document is a string, of which letters would be counted.
        """
        columns = {} if words is None else {word: column for column, word in enumerate(dict.fromkeys(words))}
        starts, found, numbers = array("q", [0]), array("i"), array("i")
        for document in checked_documents("a reference corpus", documents):
            for word, number in Counter(document).items():
                column = columns.setdefault(word, len(columns)) if words is None else columns.get(word)
                if column is not None:
                    found.append(column)
                    numbers.append(number)
            starts.append(len(found))
        rows = (np.frombuffer(numbers, np.int32), np.frombuffer(found, np.int32), np.frombuffer(starts, np.int64))
        return cls(columns, sp.csc_array(sp.csr_array(rows, shape=(len(starts) - 1, len(columns)))))

    @property
    def num_documents(self) -> int:
        """How many documents there are."""
        return int(self.counts.shape[0])

    def of(self, words: Sequence[str]) -> sp.csc_array:
        """Return ``(documents, words)`` of these words; one that the corpus lacks has an empty column."""
        columns = np.asarray([self.columns.get(word, -1) for word in words], np.int64)
        # Only the columns asked for are copied: a reference corpus may be large.
        starts = self.counts.indptr[columns].astype(np.int64)
        lengths = np.where(columns < 0, 0, self.counts.indptr[columns + 1] - starts)
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(starts - indptr[:-1], lengths) + np.arange(indptr[-1])
        chosen = (self.counts.data[places], self.counts.indices[places], indptr)
        return sp.csc_array(chosen, shape=(self.num_documents, len(words)))


def cross_lingual_npmi(
    topics: Topics,
    other_topics: Topics,
    reference: ReferenceCounts,
    other_reference: ReferenceCounts,
    *,
    counting: Counting = "published",
    topics_per_block: int = TOPICS_PER_BLOCK,
    jobs: int = 1,
) -> float:
    """Compute CNPMI: normalized pointwise mutual information of each topic's words in two languages.

    Of a pair of words, one of each language, with p the share of document pairs that have both and p₁, p₂ their own
    probabilities: log(p / (p₁ p₂)) / −log p, and 0 where no pair of documents has both. It is averaged over all pairs
    of a topic's words, then over topics.

    Args:
        topics: top words of each topic in one language (15 in published results).
        other_topics: the same topics in the other.
        reference: counts of a corpus in the one language.
        other_reference: of the other, document by document aligned with it.
        counting: ``"document"`` takes shares of documents for all three probabilities, so that a pair's value is from
            −1 to 1. ``"published"`` takes a word's tokens per document for its own (p₁, p₂), as the figures that papers
            quote do: words said several times in a document then count for less, and values may be below −1.
        topics_per_block: how many topics are counted at a time, which bounds memory; the result is the same bit for
            bit.
        jobs: how many threads, one a block, as joblib counts them (−1: one a core); the result is the same bit for
            bit. One unless asked for: fifty topics take a few hundredths of a second, less than threads take to start,
            so that more are for thousands of topics or millions of documents.

    Raises:
        InputError: the numbers of topics or of documents differ, or there are none.

    Example:
        >>> from gloctm.metrics import read_reference
        >>> en = ReferenceCounts.from_documents([["cat"], ["dog"]])
        >>> de = ReferenceCounts.from_documents([["Katze"], ["Hund"]])
        >>> round(cross_lingual_npmi([["cat"]], [["Katze"]], en, de), 6)
        1.0

    References:
        Hao, Paul: Learning Multilingual Topics from Incomparable Corpora. COLING 2018. Hao, Boyd-Graber, Paul: Lessons
        from the Bible on Modern Topics. NAACL 2018.
    """
    by_topic = cross_lingual_npmi_by_topic(
        topics,
        other_topics,
        reference,
        other_reference,
        counting=counting,
        topics_per_block=topics_per_block,
        jobs=jobs,
    )
    return float(np.mean(by_topic))


def cross_lingual_npmi_by_topic(
    topics: Topics,
    other_topics: Topics,
    reference: ReferenceCounts,
    other_reference: ReferenceCounts,
    *,
    counting: Counting = "published",
    topics_per_block: int = TOPICS_PER_BLOCK,
    jobs: int = 1,
) -> NDArray[np.float64]:
    """Compute CNPMI of each topic, ``(K,)``; see ``cross_lingual_npmi``, which is their mean.

    Example:
        >>> en = ReferenceCounts.from_documents([["cat"], ["dog"]])
        >>> de = ReferenceCounts.from_documents([["Katze"], ["Hund"]])
        >>> cross_lingual_npmi_by_topic([["cat"], ["dog"]], [["Katze"], ["Hund"]], en, de).round(6)
        array([1., 1.])
    """
    check_choice("counting", counting, ("published", "document"))
    for each in (topics, other_topics):
        check_topics("coherence", each)
    if len(topics) != len(other_topics):
        raise InputError(f"{len(topics)} topics in one language but {len(other_topics)} in the other: give the same")
    if reference.num_documents != other_reference.num_documents or not reference.num_documents:
        raise InputError(
            f"the reference corpora have {reference.num_documents} and {other_reference.num_documents} documents: each "
            "line of one must be aligned with the same line of the other"
        )
    compute = partial(_cross_lingual_block, topics, other_topics, reference, other_reference, counting)
    return _by_blocks(compute, len(topics), topics_per_block, jobs)


def cross_lingual_npmi_of_pairs(
    topics: Mapping[str, Topics],
    references: Mapping[tuple[str, str], tuple[ReferenceCounts, ReferenceCounts]],
    *,
    counting: Counting = "published",
    topics_per_block: int = TOPICS_PER_BLOCK,
    jobs: int = 1,
) -> dict[tuple[str, str], float]:
    """Compute CNPMI of every pair of languages with a reference corpus; the mean over pairs is the one figure.

    Args:
        topics: for each language its topics' top words.
        references: for each pair of languages the counts of an aligned corpus, in the pair's order, as
            ``read_references`` gives them. A pair without one is left out of the mean.
        counting: see ``cross_lingual_npmi``, as all that follow.
        topics_per_block: how many topics are counted at a time.
        jobs: how many threads.

    Returns:
        ``{(language, other): CNPMI}``, in the order of ``references``. The order within a pair does not matter.

    Raises:
        InputError: there are no references, one is of a language without topics or with itself, or a pair is there in
            both orders.

    Example:
        >>> en = ReferenceCounts.from_documents([["cat"], ["dog"]])
        >>> de = ReferenceCounts.from_documents([["Katze"], ["Hund"]])
        >>> topics = {"en": [["cat"]], "de": [["Katze"]]}
        >>> list(cross_lingual_npmi_of_pairs(topics, {("en", "de"): (en, de)}))
        [('en', 'de')]
    """
    if not references:
        raise InputError("CNPMI needs at least one pair of languages with a reference corpus: give one")
    for one, two in references:
        for language in (one, two):
            if language not in topics:
                raise InputError(
                    f"a reference corpus is of {one} and {two}, but there are no topics in {language}: leave it out"
                )
        if one == two:
            raise InputError(f"a reference corpus is of {one} and {one}: CNPMI is of two languages, give another")
        if (two, one) in references:
            raise InputError(f"{one} and {two} have two reference corpora, one in each order: leave one out")
    return {
        (one, two): cross_lingual_npmi(
            topics[one],
            topics[two],
            *counts,
            counting=counting,
            topics_per_block=topics_per_block,
            jobs=jobs,
        )
        for (one, two), counts in references.items()
    }


def reference_coverage(topics: Topics, reference: ReferenceCounts) -> float:
    """Return the share of the topics' words that a reference corpus has: what CNPMI and NPMI rest on.

    Pairs with any other word count 0 in both. That lowers CNPMI, but *raises* NPMI where it is below 0, as it is for
    most topics in short texts: values of two models compare where their coverage is alike.

    Args:
        topics: top words of each topic; one that a topic has twice counts once in it.
        reference: counts of a corpus in that language.

    Returns:
        From 0 (the reference is of another language, or its words are cut or spelled otherwise) to 1.

    Raises:
        InputError: there are no topics, or one has no words.

    Example:
        >>> reference_coverage([["cat", "unicorn"]], ReferenceCounts.from_documents([["cat"], ["dog"]]))
        0.5
    """
    check_topics("coverage by a reference corpus", topics)
    words = _places(topics)
    known = np.diff(reference.of(list(words)).indptr) > 0
    return float(np.mean([known[words[word]] for topic in topics for word in dict.fromkeys(topic)]))


def npmi(
    topics: Topics, reference: ReferenceCounts, *, topics_per_block: int = TOPICS_PER_BLOCK, jobs: int = 1
) -> float:
    """Compute NPMI: normalized pointwise mutual information of each topic's words, within a language.

    Of a pair of words, with p the share of documents that have both and p₁, p₂ the shares that have each:
    log(p / (p₁ p₂)) / −log p. It is averaged over a topic's pairs of distinct words, then over topics.

    Two words that the corpus has but never together count −1: that is what the formula tends to, and a small number
    added to p, as some libraries do, would make the value depend on that number (with 10⁻¹² two words in 1 % of
    documents each get −0.67). A pair with a word that no document has counts 0, as does one of words that every
    document has: nothing can be said of it, and the fault is more often the reference corpus's than the topic's. CNPMI
    counts pairs of the first kind 0 as well, as published. So a word that the corpus lacks *raises* NPMI wherever it is
    below 0: read it with ``reference_coverage``.

    Args:
        topics: top words of each topic (10 or 15 in published results), two or more, distinct.
        reference: counts of a corpus in that language. A document is the window in which words are together.
        topics_per_block: how many topics are counted at a time; the result is the same bit for bit.
        jobs: how many threads, one a block; the result is the same bit for bit. One by default, see
            ``cross_lingual_npmi``.

    Returns:
        From −1 (words that exclude each other) to 1 (words always together); 0 for words of no concern to each other.

    Raises:
        InputError: there are no topics or documents, a topic has fewer than two words, or one of them twice.

    Example:
        >>> reference = ReferenceCounts.from_documents([["cat", "dog"], ["bread"]])
        >>> round(npmi([["cat", "dog"]], reference), 6)
        1.0

    References:
        Bouma: Normalized (Pointwise) Mutual Information in Collocation Extraction. GSCL 2009. Lau, Newman, Baldwin:
        Machine Reading Tea Leaves. EACL 2014.
    """
    return float(np.mean(npmi_by_topic(topics, reference, topics_per_block=topics_per_block, jobs=jobs)))


def npmi_by_topic(
    topics: Topics, reference: ReferenceCounts, *, topics_per_block: int = TOPICS_PER_BLOCK, jobs: int = 1
) -> NDArray[np.float64]:
    """Compute NPMI of each topic, ``(K,)``; see ``npmi``, which is their mean.

    Example:
        >>> reference = ReferenceCounts.from_documents([["cat", "dog"], ["bread"]])
        >>> npmi_by_topic([["cat", "dog"], ["cat", "bread"]], reference).round(6)
        array([ 1., -1.])
    """
    check_topics("NPMI", topics, distinct=True, least=2)
    if not reference.num_documents:
        raise InputError("NPMI needs a reference corpus with at least one document: this one is empty")
    return _by_blocks(partial(_within_block, topics, reference), len(topics), topics_per_block, jobs)


def _by_blocks(
    compute: Callable[[slice], list[float]], num_topics: int, topics_per_block: int, jobs: int
) -> NDArray[np.float64]:
    """Return a value for each topic, computed by blocks of them."""
    topics_per_block = check_int("topics_per_block", topics_per_block, 1)
    # joblib counts backwards below 0.
    if isinstance(jobs, bool) or not isinstance(jobs, Integral) or not jobs:
        raise InputError(f"jobs is {jobs!r}: it must be a whole number of at least 1, or -1 for one thread a core")
    blocks = [slice(start, start + topics_per_block) for start in range(0, num_topics, topics_per_block)]
    if jobs == 1 or len(blocks) == 1:
        values = [compute(block) for block in blocks]
    else:
        from joblib import Parallel, delayed

        # Threads: products of sparse matrices let go of Python's lock, and the counts need not be copied.
        values = Parallel(n_jobs=int(jobs), prefer="threads")(delayed(compute)(block) for block in blocks)
    return np.asarray(list(chain.from_iterable(values)), np.float64)


def _cross_lingual_block(
    topics: Topics,
    other_topics: Topics,
    reference: ReferenceCounts,
    other_reference: ReferenceCounts,
    counting: Counting,
    block: slice,
) -> list[float]:
    words, other_words = _places(topics[block]), _places(other_topics[block])
    counts, other_counts = reference.of(list(words)), other_reference.of(list(other_words))
    together = (_presence(counts).T @ _presence(other_counts)).toarray() / reference.num_documents
    own, other = (_probability(each, counting) for each in (counts, other_counts))
    means = []
    for one, two in zip(topics[block], other_topics[block], strict=True):
        rows, columns = [words[word] for word in one], [other_words[word] for word in two]
        # From here on topic by topic: nothing of the value depends on the others of the block.
        values = _npmi(together[np.ix_(rows, columns)], np.outer(own[rows], other[columns]), never=0.0)
        means.append(float(values.mean()))
    return means


def _within_block(topics: Topics, reference: ReferenceCounts, block: slice) -> list[float]:
    words = _places(topics[block])
    present = _presence(reference.of(list(words)))
    together = (present.T @ present).toarray() / reference.num_documents
    means = []
    for topic in topics[block]:
        rows = [words[word] for word in topic]
        joint = together[np.ix_(rows, rows)]
        values = _npmi(joint, np.outer(joint.diagonal(), joint.diagonal()), never=-1.0)
        means.append(float(values[np.triu_indices(len(rows), 1)].mean()))
    return means


def _places(topics: Topics) -> dict[str, int]:
    """Return the distinct words of some topics, numbered."""
    return {word: place for place, word in enumerate(dict.fromkeys(chain.from_iterable(topics)))}


def _npmi(joint: NDArray[np.float64], expected: NDArray[np.float64], *, never: float) -> NDArray[np.float64]:
    """Compute NPMI of pairs from their probability and that of independent words; ``never`` for unseen pairs."""
    # Words that are in all pairs of documents tell nothing new of each other, and 0/0.
    seen = (joint > 0) & (joint < 1)
    share = np.where(seen, joint, 0.5)
    values = np.log(share / np.where(seen, expected, 1)) / -np.log(share)
    return np.where(seen, values, np.where((joint == 0) & (expected > 0), never, 0.0))


def _presence(counts: sp.csc_array) -> sp.csc_array:
    return sp.csc_array((np.ones_like(counts.data), counts.indices, counts.indptr), shape=counts.shape)


def _probability(counts: sp.csc_array, counting: Counting) -> NDArray[np.float64]:
    total = np.diff(counts.indptr) if counting == "document" else np.asarray(counts.sum(axis=0)).ravel()
    return np.asarray(total / counts.shape[0], np.float64)

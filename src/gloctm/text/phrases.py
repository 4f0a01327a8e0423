"""Phrases: two neighboring words more frequent than by chance ("new york", 机器 学习).

A pair is a phrase if its normalized pointwise mutual information,

    NPMI(a, b) = log(p(a b) / (p(a) p(b))) / −log p(a b),

is at least ``MIN_NPMI``, or ``MIN_NPMI_STOPPED`` if the first is a stop word, as in "new york"; the second never is.
p(a b) is the share of the pair among all pairs, p(a) that of a word among all words. See Bouma 2009, Normalized
(Pointwise) Mutual Information in Collocation Extraction. A phrase is written with a space between its words. Phrases of
the vocabulary are joined from left to right when words are counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

# 1 is a pair whose words are always together, 0 a pair as frequent as by chance.
MIN_NPMI = 0.5
# Stop words have many neighbors, more of them by chance.
MIN_NPMI_STOPPED = 0.6
# A pair seen a few times can reach any NPMI by chance.
MIN_COUNT = 5
# What ends a name of a tokenizer whose words are joined to phrases.
SUFFIX = "+phrases"

Numbers = NDArray[np.int64]


def phrase_table(vocabulary: Collection[str]) -> dict[str, set[str]]:
    """Return the phrases among the words of a vocabulary: for each first word the words that may follow."""
    table: dict[str, set[str]] = {}
    for word in vocabulary:
        first, space, second = word.partition(" ")
        if space:
            table.setdefault(first, set()).add(second)
    return table


def merge_phrases(tokens: Sequence[str], table: Mapping[str, Collection[str]]) -> list[str]:
    """Join the phrases of a table in a document's words, from left to right."""
    merged: list[str] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        if following is not None and following in table.get(token, ()):
            merged.append(f"{token} {following}")
            position += 2
        else:
            merged.append(token)
            position += 1
    return merged


class PairCounter:
    """Counts pairs of neighboring words over blocks of documents, in memory that grows with the distinct pairs.

    Args:
        num_words: how many words are numbered.
        eligible: for each whether it may be part of a phrase.
        stopped: for each whether it is a stop word.
    """

    def __init__(self, num_words: int, eligible: NDArray[np.bool_], stopped: NDArray[np.bool_]) -> None:
        self.num_words = num_words
        self._eligible = eligible
        self._stopped = stopped
        self._keys: Numbers = np.empty(0, np.int64)
        self._counts: Numbers = np.empty(0, np.int64)
        self._word_counts = np.zeros(num_words, np.int64)
        self._num_pairs = 0
        self._waiting: list[Numbers] = []

    def add(self, tokens: NDArray[np.int32], lengths: NDArray[np.int32]) -> None:
        """Count one block: the documents' word numbers one after another, and how many each document has."""
        self._word_counts += np.bincount(tokens, minlength=self.num_words)
        first = _pair_starts(tokens, lengths)
        self._num_pairs += len(first)
        left, right = tokens[:-1][first].astype(np.int64), tokens[1:][first].astype(np.int64)
        kept = self._eligible[left] & self._eligible[right] & ~self._stopped[right]
        self._waiting.append(left[kept] * self.num_words + right[kept])
        if sum(map(len, self._waiting)) > max(2_000_000, len(self._keys)):
            self._settle()

    def phrases(self) -> list[tuple[int, int]]:
        """Return the pairs that are phrases, by number."""
        self._settle()
        left, right = np.divmod(self._keys, max(self.num_words, 1))
        total_pairs, total_words = max(self._num_pairs, 1), max(int(self._word_counts.sum()), 1)
        share = self._counts / total_pairs
        chance = self._word_counts[left] / total_words * (self._word_counts[right] / total_words)
        # A corpus of one pair repeated has log 1 = 0 below the line.
        npmi = np.log(share / chance) / np.maximum(-np.log(share), 1e-12)
        least = np.where(self._stopped[left], MIN_NPMI_STOPPED, MIN_NPMI)
        chosen = (npmi >= least) & (self._counts >= MIN_COUNT)
        return list(zip(left[chosen].tolist(), right[chosen].tolist(), strict=True))

    def _settle(self) -> None:
        if not self._waiting:
            return
        keys, counts = np.unique(np.concatenate(self._waiting), return_counts=True)
        both, position = np.unique(np.concatenate([self._keys, keys]), return_inverse=True)
        total = np.bincount(position, np.concatenate([self._counts, counts]), len(both))
        self._keys, self._counts, self._waiting = both, total.astype(np.int64), []


def merge_numbers(
    tokens: NDArray[np.int32], lengths: NDArray[np.int32], phrases: Mapping[tuple[int, int], int], num_words: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Join phrases in a block of documents given as numbers, from left to right, as ``merge_phrases`` does with words.

    Args:
        tokens: the documents' word numbers one after another.
        lengths: how many each document has.
        phrases: for each pair of words the number of the phrase.
        num_words: numbers of single words are below this.

    Returns:
        Tokens and lengths after joining.
    """
    if not phrases or not len(tokens):
        return tokens, lengths
    first = _pair_starts(tokens, lengths)
    keys = np.asarray([left * num_words + right for left, right in phrases], np.int64)
    numbers = np.asarray(list(phrases.values()), np.int32)
    order = np.argsort(keys)
    keys, numbers = keys[order], numbers[order]
    pairs = tokens[:-1][first].astype(np.int64) * num_words + tokens[1:][first]
    place = np.minimum(np.searchsorted(keys, pairs), len(keys) - 1)
    hit = np.flatnonzero(keys[place] == pairs)
    start, number = first[hit], numbers[place[hit]]
    # In "a b c" with phrases "a b" and "b c" the first wins: of matches that overlap in a row, every other one.
    new_run = np.ones(len(start), bool)
    new_run[1:] = np.diff(start) > 1
    run_start = np.maximum.accumulate(np.where(new_run, np.arange(len(start)), 0))
    taken = (np.arange(len(start)) - run_start) % 2 == 0
    start, number = start[taken], number[taken]
    merged = tokens.copy()
    merged[start] = number
    keep = np.ones(len(tokens), bool)
    keep[start + 1] = False
    document = np.repeat(np.arange(len(lengths)), lengths)
    return merged[keep], np.bincount(document[keep], minlength=len(lengths)).astype(np.int32)


def _pair_starts(tokens: NDArray[np.int32], lengths: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return where two words of one document are neighbors."""
    if len(tokens) < 2:
        return np.empty(0, np.int64)
    document = np.repeat(np.arange(len(lengths)), lengths)
    return np.flatnonzero(document[:-1] == document[1:])


def phrase_words(phrases: Iterable[tuple[int, int]], words: Sequence[str]) -> list[str]:
    """Return phrases as they are written."""
    return [f"{words[left]} {words[right]}" for left, right in phrases]

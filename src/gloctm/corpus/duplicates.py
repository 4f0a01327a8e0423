"""Documents that repeat earlier ones of their language, exactly or nearly.

Texts are compared without regard to capitals and white space. Exact duplicates are found by digests of 8 bytes. Near
duplicates share at least ``NEAR`` of their runs of five characters (Jaccard), which works in every script. MinHash
(Broder: On the resemblance and containment of documents, 1997) finds candidates in a time that grows with the number of
documents, not its square; each is then compared exactly.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

#: The share of runs of characters that near duplicates have in common, of all that either has.
NEAR = 0.8
# Length of the runs. Shorter ones are in every text, longer ones miss what differs by few words.
_RUN = 5
# Hash functions, and how many of them must agree in at least one of the bands: 98 % of pairs that share 0.7 do.
_HASHES, _PER_BAND = 64, 4
# Texts that are hashed at a time.
_BLOCK = 64
_EMPTY = np.uint32(2**32 - 1)


def comparable(text: str) -> str:
    r"""Return a text as it is compared: without regard to capitals and white space.

    Example:
        >>> comparable(" Thank  you\n")
        'thank you'
    """
    return " ".join(text.casefold().split())


def digest_of(text: str) -> int:
    r"""Return eight bytes of a text as a number; texts that are compared alike have the same.

    Example:
        >>> digest_of("Thank you") == digest_of("thank  you\n") != digest_of("thanks")
        True
    """
    return exact_digest(comparable(text))


def exact_digest(text: str) -> int:
    """Return eight bytes of a text, as it is, as a number."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


#: That of texts which are empty, or white space.
EMPTY_DIGEST = digest_of("")


class Digests:
    """Eight bytes per document, by which exact duplicates are found.

    Example:
        >>> digests = Digests()
        >>> for text in ("Thank you", "no", "thank  you", "", ""):
        ...     digests.add(text)
        >>> digests.originals().tolist(), digests.num_duplicates()
        ([0, 1, 0, 3, 4], 1)
    """

    def __init__(self) -> None:
        self._values = array("Q")
        self._empty = array("q")

    def add(self, text: str) -> None:
        """Add the next document."""
        digest = digest_of(text)
        if digest == EMPTY_DIGEST:
            self._empty.append(len(self._values))
        self._values.append(digest)

    def originals(self) -> Rows:
        """Return for each document the first that equals it: itself, if none does. Empty ones repeat nothing."""
        _, first, group = np.unique(np.asarray(self._values, np.uint64), return_index=True, return_inverse=True)
        originals = first[group].astype(np.int64)
        empty = np.asarray(self._empty, np.int64)
        originals[empty] = empty
        return originals

    def num_duplicates(self) -> int:
        """Return how many documents repeat an earlier one."""
        distinct = len(np.unique(np.asarray(self._values, np.uint64)))
        return len(self._values) - distinct - max(len(self._empty) - 1, 0)


def near_originals(texts: Sequence[str], least: float = NEAR) -> Rows:
    """Return for each text the first text kept that it nearly repeats: itself, if none.

    A text is compared with texts that are kept, so no chain of small changes joins texts that differ. Memory: 256 bytes
    per text.

    Args:
        texts: of one language.
        least: the least share of runs of characters in common.

    Example:
        >>> text = "The bridge across the river will be closed for repairs until the end of May"
        >>> near_originals([text, "Another text", text + "!", text.upper()]).tolist()
        [0, 1, 0, 0]
    """
    signatures = _signatures(texts)
    originals = np.arange(len(texts), dtype=np.int64)
    if not len(texts):
        return originals
    candidates: dict[int, set[int]] = {}
    known = signatures[:, 0] != _EMPTY
    for band in range(0, _HASHES, _PER_BAND):
        rows, others = _neighbors(signatures[:, band : band + _PER_BAND], known)
        # Two in three of the hashes: what is less alike by this estimate is not compared exactly.
        alike = (signatures[rows] == signatures[others]).mean(axis=1) >= least - 0.2
        for row, other in zip(rows[alike].tolist(), others[alike].tolist(), strict=True):
            candidates.setdefault(row, set()).add(other)
    for row in sorted(candidates):
        own = _runs_of(texts[row])
        for kept in sorted({int(originals[other]) for other in candidates[row]}):
            if _jaccard(own, _runs_of(texts[kept])) >= least:
                originals[row] = kept
                break
    return originals


def _neighbors(keys: NDArray[np.uint32], known: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Return pairs of a row and an earlier one with the same key: the first such, and the one just before."""
    rows = np.flatnonzero(known)
    if not len(rows):
        return rows, rows
    _, group = np.unique(keys[rows], axis=0, return_inverse=True)
    order = np.argsort(group.ravel(), kind="stable")
    grouped, ordered = group.ravel()[order], rows[order]
    begins = np.concatenate([[True], grouped[1:] != grouped[:-1]])
    first = ordered[np.maximum.accumulate(np.where(begins, np.arange(len(ordered)), 0))]
    before = np.concatenate([ordered[:1], ordered[:-1]])
    later = ~begins
    return np.tile(ordered[later], 2), np.concatenate([first[later], before[later]])


def _signatures(texts: Iterable[str]) -> NDArray[np.uint32]:
    """Return MinHash signatures ``(texts, hashes)``."""
    random = np.random.Generator(np.random.PCG64(0))
    factors = random.integers(1, 2**63, _HASHES, dtype=np.uint64) | np.uint64(1)
    found = [np.empty((0, _HASHES), np.uint32)]
    for block in _blocks(iter(texts)):
        runs = [_run_hashes(text) for text in block]
        sizes = np.asarray([len(each) for each in runs])
        together = np.concatenate(runs)
        # Multiplication by an odd number and taking the upper half: a hash function for each number.
        hashes = ((together[:, None] * factors) >> np.uint64(32)).astype(np.uint32)
        # One more row, at which a last text without runs begins.
        hashes = np.concatenate([hashes, np.full((1, _HASHES), _EMPTY)])
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        signatures = np.minimum.reduceat(hashes, starts, axis=0)
        signatures[sizes == 0] = _EMPTY
        found.append(signatures)
    return np.concatenate(found)


def _blocks(texts: Iterator[str]) -> Iterator[list[str]]:
    while block := list(islice(texts, _BLOCK)):
        yield block


def _run_hashes(text: str) -> NDArray[np.uint64]:
    """Return a number for each run of characters, from the code points in it."""
    code = np.frombuffer(comparable(text).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    if not len(code):
        return code
    padded = np.pad(code, (0, max(_RUN - len(code), 0)))
    number = np.zeros(len(padded) - _RUN + 1, np.uint64)
    for place in range(_RUN):
        number = number * np.uint64(0x9E3779B97F4A7C15) + padded[place : place + len(number)]
    return number ^ (number >> np.uint64(29))


def _runs_of(text: str) -> NDArray[np.uint64]:
    return np.unique(_run_hashes(text))


def _jaccard(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> float:
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / max(len(first) + len(second) - shared, 1)

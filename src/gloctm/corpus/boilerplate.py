"""Lines and sentences that very many documents of a language have: signatures, banners, footers."""

from __future__ import annotations

import re
from collections.abc import Collection

from gloctm.corpus.duplicates import comparable

#: Boilerplate is in at least this many documents of a language …
LEAST_DOCUMENTS = 10
#: … and in at least this share of them.
LEAST_SHARE = 0.05
# Shorter pieces, such as "Thank you!", are not counted.
_LEAST_LETTERS = 12
# Pieces that are counted at a time; see ``PieceCounter``.
_WIDTH = 20_000
# A line, or a sentence within one, with its end. The dots of an address end none.
_PIECE = re.compile(r"(?:[^\n.!?。！？।]++|[.!?](?=[^\s.!?。！？।]))++(?:[.!?。！？।]+|\n|$)")


class PieceCounter:
    r"""Counts in how many documents each line or sentence is, in bounded memory.

    By lossy counting (Manku and Motwani: Approximate Frequency Counts over Data Streams, 2002): a piece that has become
    too rare to reach the share is forgotten. What is in ``LEAST_SHARE`` of documents of up to a thousand pieces is
    never missed.

    Example:
        >>> counter = PieceCounter()
        >>> for number in range(20):
        ...     counter.add(f"Report number {number} came in.\nSent from my telephone")
        >>> counter.boilerplate()
        {'Sent from my telephone': 20}
    """

    def __init__(self) -> None:
        self._documents = 0
        self._pieces = 0
        self._round = 0
        # By digest: the piece, its documents, and in how many it may have been before.
        self._counts: dict[int, list[int]] = {}
        self._shown: dict[int, str] = {}

    def add(self, text: str) -> None:
        """Add the next document."""
        self._documents += 1
        pieces = _pieces(text)
        own = {_digest(piece): piece for piece in pieces} if len(pieces) > 1 else {}
        if len(own) < 2:
            # A document of one line is as a whole a duplicate, or none.
            return
        for digest, piece in own.items():
            entry = self._counts.get(digest)
            if entry is None:
                self._counts[digest] = [1, self._round]
            else:
                entry[0] += 1
                if entry[0] == 2:
                    self._shown[digest] = piece.strip()
        self._pieces += len(own)
        if self._pieces >= _WIDTH:
            self._pieces = 0
            self._round += 1
            self._counts = {key: each for key, each in self._counts.items() if sum(each) > self._round}
            self._shown = {key: piece for key, piece in self._shown.items() if key in self._counts}

    def boilerplate(self) -> dict[str, int]:
        """Return pieces that are boilerplate, with their number of documents, most first."""
        least = max(LEAST_DOCUMENTS, LEAST_SHARE * self._documents)
        found = {self._shown[key]: each[0] for key, each in self._counts.items() if each[0] >= least}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def without_boilerplate(text: str, boilerplate: Collection[str]) -> str:
    r"""Return a text without these lines and sentences; one that is nothing else stays whole.

    Example:
        >>> without_boilerplate("The bus was late.\nSent from my telephone", ["Sent from my telephone"])
        'The bus was late.'
    """
    unwanted = {_digest(piece) for piece in boilerplate}
    kept = _PIECE.sub(lambda found: "" if _digest(found[0]) in unwanted else found[0], text).strip()
    return kept or text


def _pieces(text: str) -> list[str]:
    return [piece for piece in _PIECE.findall(text) if len(piece) >= _LEAST_LETTERS]


def _digest(piece: str) -> int:
    # Of this process only, and quicker than those that others can compute, too.
    return hash(comparable(piece))

"""Made-up documents in two languages, for corpora of any size: Zipf's distribution of words, and themes to be found.

    python benchmarks/made_up_text.py documents.jsonl --documents 100000 --words 8

Every word is made of syllables of its language and belongs to one of 50 themes, which both languages share. Most words
of a document are of its theme, and stop words are between them as often as in real texts. A word's rank has Zipf's
distribution over a million, so that distinct words grow with documents as they do in real collections. One seed gives
the same documents, and fewer documents are the first of more.

``StandIn`` embeds such texts at a rate that no real encoder has: a word by its theme and itself, a text by the mean of
its words. It shows what memory and time everything but an encoder takes.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.files.atomic import atomic_file
from gloctm.text import stop_words

THEMES = 50
LANGUAGES = ("en", "de")
# Stop words for each other word, and the share of the others that are of the document's theme.
STOP_SHARE = 0.35
THEME_SHARE = 0.6
# Words more frequent than these are of no theme.
GENERAL = 500
# Words drawn for a document that has so many distinct ones of the vocabulary: some are rare, some come twice.
DRAWN = {8: 11.8, 46: 83.0}
# Documents drawn at a time, each block by a generator of its own.
BLOCK = 10_000
# Consonants and vowels of which a language makes its syllables.
SOUNDS = {"en": ("bcdfghklmnprstvw", "aeiou"), "de": ("bdfgklmnprstwzvh", "aeiäü")}


@cache
def spelled(language: str, number: int) -> NDArray[np.object_]:
    """The first ``number`` words of a language, the most frequent first."""
    syllables = ["".join(pair) for pair in product(*SOUNDS[language])]
    base = len(syllables)
    words = []
    for rank in range(number):
        left, parts = rank + base, []
        while left:
            left, syllable = divmod(left, base)
            parts.append(syllables[syllable])
        words.append("".join(parts))
    return np.asarray(words, dtype=object)


@dataclass(frozen=True)
class MadeUp:
    """Documents by their mean length.

    Attributes:
        words: distinct words of a vocabulary of 5,000 that a document has on average: a key of ``DRAWN``.
        types: words that a language has.
        seed: of everything drawn.
    """

    words: int = 46
    types: int = 1_000_000
    seed: int = 0

    @cached_property
    def cumulative(self) -> NDArray[np.float64]:
        """Zipf's distribution of ranks, summed up."""
        shares = np.arange(10, self.types + 10) ** -1.3
        return np.cumsum(shares / shares.sum())

    def lines(self, count: int) -> Iterator[str]:
        """``count`` documents as JSON lines, languages in turn."""
        for start in range(0, count, BLOCK):
            yield from self._block(start)[: count - start]

    def _block(self, start: int) -> list[str]:
        each = BLOCK // len(LANGUAGES)
        languages = [self._texts(code, start, each) for code in LANGUAGES]
        return [
            f'{{"id": "{code}-{start + row}", "lang": "{code}", "label": "theme {theme}", "date": "{date}", '
            f'"text": "{text}"}}\n'
            for row in range(each)
            for code, (themes, dates, texts) in zip(LANGUAGES, languages, strict=True)
            for theme, date, text in ((themes[row], dates[row], texts[row]),)
        ]

    def _texts(self, code: str, start: int, number: int) -> tuple[list[int], list[str], list[str]]:
        generator = np.random.default_rng([self.seed, start, LANGUAGES.index(code)])
        themes = generator.integers(THEMES, size=number)
        sizes = np.maximum(generator.poisson(DRAWN[self.words], number), 1)
        of_theme = generator.random(int(sizes.sum())) < THEME_SHARE
        common = self.cumulative[GENERAL] * of_theme
        ranks = np.searchsorted(self.cumulative, common + (1 - common) * generator.random(len(of_theme)))
        ranks = np.where(of_theme, ranks - ranks % THEMES + np.repeat(themes, sizes), ranks)
        written = spelled(code, self.types)[np.minimum(ranks, self.types - 1)]
        stops = np.asarray(sorted(word for word in stop_words(code) if word.isalpha()), dtype=object)
        between = stops[np.minimum(generator.geometric(0.02, len(ranks)), len(stops)) - 1] + " "
        # An array of strings and a sum of them: a stop word and a space before some words.
        pieces = (np.where(generator.random(len(ranks)) < STOP_SHARE, between, "") + written).tolist()
        ends = np.cumsum(sizes).tolist()
        texts = [
            " ".join(pieces[first:last]).capitalize() + "." for first, last in zip([0, *ends[:-1]], ends, strict=True)
        ]
        days = np.datetime64("2021-01-01") + generator.integers(1800, size=number)
        return themes.tolist(), days.astype(str).tolist(), texts


@cache
def word_vectors(dimension: int, types: int) -> tuple[dict[str, int], NDArray[np.float32]]:
    """The words that have a vector of their own, with their rows, and the vectors; once per process."""
    generator = np.random.default_rng(0)
    themes = generator.standard_normal((THEMES, dimension), np.float32)
    vectors = [
        generator.standard_normal((types, dimension), np.float32)
        + themes[np.arange(types) % THEMES]
        + 0.5 * generator.standard_normal(dimension, np.float32)
        for _ in LANGUAGES
    ]
    words = (word for code in LANGUAGES for word in spelled(code, types).tolist())
    return {word: row for row, word in enumerate(words)}, np.concatenate(vectors)


class StandIn:
    """An encoder of made-up texts: the mean of vectors of words, which have a part of their theme.

    Args:
        dimension: of vectors.
        types: words of each language that have a vector of their own.
    """

    name, version = "stand-in", "1"

    def __init__(self, dimension: int = 512, types: int = 8000) -> None:
        self.dimension, self.types = dimension, types

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors ``(texts, dimension)``, float32, of length 1."""
        known, table = word_vectors(self.dimension, self.types)
        rows, find = [], known.get
        for text in texts:
            rows.append([row for word in text.lower().rstrip(".").split() if (row := find(word)) is not None])
        starts = np.cumsum([0, *map(len, rows)])
        columns = np.fromiter((row for each in rows for row in each), np.int32, int(starts[-1]))
        ones = np.ones(len(columns), np.float32)
        vectors = sp.csr_array((ones, columns, starts), shape=(len(texts), len(table))) @ table
        for place, each in enumerate(rows):
            if not each:
                seed = zlib.crc32(texts[place].encode())
                vectors[place] = np.random.default_rng(seed).standard_normal(self.dimension, np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def main() -> None:
    """Write documents to a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--documents", type=int, required=True)
    parser.add_argument("--words", type=int, choices=sorted(DRAWN), default=46)
    arguments = parser.parse_args()
    with atomic_file(arguments.output) as file:
        file.writelines(MadeUp(arguments.words).lines(arguments.documents))


if __name__ == "__main__":
    main()

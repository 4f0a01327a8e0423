"""Places of vocabulary words in raw text.

Tokenizers return words, not places, and words are normalized: another case, other apostrophes, no vowel signs, perhaps
the dictionary form. A text is therefore cut into short pieces with known places, and each piece is tokenized. Each word
is searched in the normalized piece, from left to right; a table leads from its characters back to those of the text.

Scripts with spaces are cut at spaces: a dictionary form that is not found can only be that of the word it came from.
Others are cut at the ends of sentences, and a dictionary form is searched by its beginning (降る by 降). What is not
found is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gloctm.errors import InputError, MissingDependencyError
from gloctm.text import Tokenizer, as_tokenizer, get_tokenizer_by_name, normalize_text
from gloctm.text.chinese import CONVERSIONS, conversion_of, converted
from gloctm.text.patterns import compiled
from gloctm.text.phrases import SUFFIX as PHRASES
from gloctm.text.phrases import phrase_table

# Only the beginning of a longer text is read: tokenizers take seconds for a book.
LONGEST_TEXT = 20_000
# Tokenizers whose words depend on their run without spaces alone.
_BY_SPACES = ("unicode", "whitespace")
# Texts that came as words; in whole texts, words are found as they are written.
_AS_WORDS = "whitespace"
# Tokenizers that return dictionary forms of words written together with others.
_DICTIONARY_FORMS = ("ja-sudachi", "ko-kiwi")
_RUN = re.compile(r"\S+")
_SENTENCE = re.compile(r"[^\n。！？!?]+[\n。！？!?]*")
_CHINESE_CHARACTER = re.compile("[\u3400-\u9fff]")
# What begins or ends a run of letters and marks without belonging to a word.
_NO_PART = "'’‘ʼ\u200c\u200d\u00ad"
_LETTERS = rf"[\p{{L}}\p{{M}}{_NO_PART}]+"
# What a reader sees as one character.
_CLUSTER = r"\X"


@dataclass(frozen=True)
class Place:
    """A word of the vocabulary and its place in a text, in characters: [start, end)."""

    word: str
    start: int
    end: int


class WordFinder:
    """Finds the places of vocabulary words in raw texts of one language.

    Args:
        language: a normalized code.
        tokenizer: that of the counted texts.
        name: its name in the corpus, which says whether words were joined to phrases.
        vocabulary: the words that count.
    """

    def __init__(self, language: str, tokenizer: Tokenizer, name: str, vocabulary: Collection[str]) -> None:
        self._language = language
        self._tokenizer = tokenizer
        self._vocabulary = frozenset(vocabulary)
        self._phrases = phrase_table(vocabulary) if name.endswith(PHRASES) else {}
        base, *suffixes = name.removesuffix(PHRASES).split("+")
        self._by_spaces = base in _BY_SPACES
        self._as_words = base == _AS_WORDS
        # Then words are not found as they are written.
        self._has_lemmas = "lemmas" in suffixes or "folded" in suffixes
        self._may_be_inflected = base in _DICTIONARY_FORMS
        kind = next((each for each in CONVERSIONS if each in suffixes), None)
        self._conversion = None if kind is None else conversion_of(language, kind)
        # Runs recur in every document.
        self._known: dict[str, list[Place | None]] = {}
        self._normalized: dict[str, str] = {}

    def __call__(self, text: str) -> list[Place]:
        """Return the places of vocabulary words in a text, in order and without overlap."""
        found: list[Place | None] = []
        pieces = _RUN if self._by_spaces else _SENTENCE
        for piece in pieces.finditer(text[:LONGEST_TEXT]):
            found += _shifted(self._in_piece(piece.group()), piece.start())
        if self._phrases:
            found = list(self._joined(found))
        return [place for place in found if place is not None and place.word in self._vocabulary]

    def _in_piece(self, piece: str) -> list[Place | None]:
        if piece not in self._known:
            self._known[piece] = self._in_run(piece) if self._by_spaces else self._in_sentence(piece)
        return self._known[piece]

    def _in_run(self, run: str) -> list[Place | None]:
        """Return the words of a run without spaces; None for one that is not found."""
        if self._as_words:
            return self._as_written(run)
        words = self._tokenizer(run)
        if not self._phrases and self._vocabulary.isdisjoint(words):
            return [None] * len(words)
        parts = [(match.start(), match.group()) for match in compiled(_LETTERS).finditer(run)]
        by_part = [self._tokenizer(part) for _, part in parts] if len(parts) > 1 else [words]
        if not parts or [word for each in by_part for word in each] != words:
            # In an address, or with a binding between letters, the words of the parts are not those of the whole.
            return self._in_sentence(run)
        places: list[Place | None] = []
        for (start, part), own in zip(parts, by_part, strict=True):
            if len(own) == 1 and (self._has_lemmas or not (literal := self._in_sentence(part)) or literal[0] is None):
                begin = start + len(part) - len(part.lstrip(_NO_PART))
                places.append(Place(own[0], begin, start + len(part.rstrip(_NO_PART))))
            else:
                places += _shifted(self._in_sentence(part), start)
        return places

    def _as_written(self, run: str) -> list[Place | None]:
        if run in self._vocabulary:
            return [Place(run, 0, len(run))]
        parts = ((match.group(), match.start(), match.end()) for match in compiled(_LETTERS).finditer(run))
        words = ((normalize_text(part, self._language), start, end) for part, start, end in parts)
        return [Place(*each) if each[0] in self._vocabulary else None for each in words] or [None]

    def _in_sentence(self, sentence: str) -> list[Place | None]:
        """Return the words of a piece, each searched after the one before; None for one that is not found."""
        words = self._tokenizer(sentence)
        normalized = NormalizedText.of(sentence, self._language) if words else None
        if normalized is None:
            return [None] * len(words)
        places: list[Place | None] = []
        cursor = 0
        for word in words:
            span = self._span(word, normalized.text, cursor)
            if span is None:
                places.append(None)
                continue
            places.append(Place(word, normalized.starts[span[0]], normalized.ends[span[1] - 1]))
            cursor = span[1]
        return places

    def _span(self, word: str, text: str, cursor: int) -> tuple[int, int] | None:
        """Return the next place of a word in normalized text, as it is or in another form."""
        if word not in self._normalized:
            # Words of the user's own tokenizer need not be normalized.
            self._normalized[word] = normalize_text(word, self._language).strip() or word
        word = self._normalized[word]
        start = text.find(word, cursor)
        if self._conversion is not None:
            for place in range(cursor, len(text) - len(word) + 1 if start < 0 else start):
                if converted(text[place : place + len(word)], self._conversion) == word:
                    return place, place + len(word)
        if self._may_be_inflected:
            # The nearest: the form itself may occur further on.
            for stem in _stems(word):
                place = text.find(stem, cursor)
                if place >= 0 and (start < 0 or place < start):
                    if len(stem) == 1 and not _CHINESE_CHARACTER.match(stem) and text[place - 1 : place].isalpha():
                        continue
                    return place, place + len(stem)
        return None if start < 0 else (start, start + len(word))

    def _joined(self, found: Sequence[Place | None]) -> Iterator[Place | None]:
        """Yield phrases as one, from left to right, as ``merge_phrases`` joins them."""
        position = 0
        while position < len(found):
            first = found[position]
            second = found[position + 1] if position + 1 < len(found) else None
            if first is not None and second is not None and second.word in self._phrases.get(first.word, ()):
                yield Place(f"{first.word} {second.word}", first.start, second.end)
                position += 2
            else:
                yield first
                position += 1


@dataclass(frozen=True)
class NormalizedText:
    """A normalized text with the places its characters came from.

    Attributes:
        text: as ``normalize_text`` returns it.
        starts: per character, the start of its origin in the text.
        ends: per character, the end of its origin.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str, language: str) -> NormalizedText | None:
        """Normalize a text; return None if the origin of single characters is unclear."""
        normalized = normalize_text(text, language)
        if text.isascii() and len(normalized) == len(text):
            return cls(normalized, range(len(text)), range(1, len(text) + 1))
        starts: list[int] = []
        ends: list[int] = []
        for cluster in compiled(_CLUSTER).finditer(text):
            size = _normalized_length(cluster.group(), language)
            starts += [cluster.start()] * size
            ends += [cluster.end()] * size
        return cls(normalized, starts, ends) if len(starts) == len(normalized) else None


def _shifted(places: Sequence[Place | None], by: int) -> list[Place | None]:
    return [None if place is None else Place(place.word, place.start + by, place.end + by) for place in places]


def _stems(word: str) -> list[str]:
    """Return what stays of a dictionary form under inflection, longest first: 降る → 降, 깨끗하다 → 깨끗하, 깨끗."""
    if len(word) < 2:
        return []
    if word[-1] == "다":
        return [word[:-1], word[:-2]] if len(word) > 3 else [word[:-1]]
    if word[-1] in "うくぐすつぬぶむるい" and (len(word) > 2 or _CHINESE_CHARACTER.match(word)):
        return [word[:-1]]
    return []


@lru_cache(maxsize=1 << 14)
def _normalized_length(cluster: str, language: str) -> int:
    return len(normalize_text(cluster, language))


def finder_of(
    language: str, name: str, vocabulary: Collection[str], own: Callable[[str], list[str]] | None
) -> WordFinder | None:
    """Return the finder for texts of a corpus; None if their tokenizer is not available here.

    Args:
        language: a normalized code.
        name: the tokenizer's name, as a corpus or model keeps it.
        vocabulary: the words that count.
        own: the user's own tokenizer, if texts were tokenized by one and it is at hand.
    """
    try:
        tokenizer = get_tokenizer_by_name(name, language)
        # A missing package raises at the first text.
        tokenizer("")
    except MissingDependencyError:
        return None
    except InputError:
        if own is None:
            return None
        tokenizer = as_tokenizer(own)
    return WordFinder(language, tokenizer, name, vocabulary)

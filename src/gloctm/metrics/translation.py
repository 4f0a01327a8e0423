"""Whether the words of a topic in one language translate those in another, by a dictionary."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gloctm.errors import FileFormatError, InputError
from gloctm.files.compressed import opened
from gloctm.files.encodings import decoded_lines
from gloctm.metrics.top_words import check_topics

_SPACES = re.compile("[ \t]+")


@dataclass(frozen=True)
class TranslationDictionary:
    """Which words of two languages translate each other; a word may have any number of translations.

    Words are the same if they are spelled the same, letter by letter: spell them as the vocabularies do (lower case,
    and stemmed where those are).

    Attributes:
        translations: for each word of the one language those in the other.
        other_translations: for each word of the other language those in the one; the same pairs.

    Example:
        >>> dictionary = TranslationDictionary.from_pairs([("cat", "Katze"), ("dog", "Hund")])
        >>> dictionary.reversed().translations["Hund"]
        frozenset({'dog'})
    """

    translations: Mapping[str, frozenset[str]]
    other_translations: Mapping[str, frozenset[str]]

    def __repr__(self) -> str:
        return f"TranslationDictionary({self.num_pairs} pairs)"

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[str, str]]) -> TranslationDictionary:
        """Make one of pairs (word, translation), in any order; a pair given twice counts once."""
        forward: dict[str, set[str]] = {}
        backward: dict[str, set[str]] = {}
        for word, translation in pairs:
            forward.setdefault(word, set()).add(translation)
            backward.setdefault(translation, set()).add(word)
        return cls(
            *({word: frozenset(found) for word, found in direction.items()} for direction in (forward, backward))
        )

    @property
    def num_pairs(self) -> int:
        """How many different pairs there are."""
        return sum(map(len, self.translations.values()))

    def reversed(self) -> TranslationDictionary:
        """Return the dictionary from the other language to the first."""
        return TranslationDictionary(self.other_translations, self.translations)

    def restricted(self, words: Collection[str], other_words: Collection[str]) -> TranslationDictionary:
        """Return only the pairs with one word among ``words`` and its translation among ``other_words``.

        With two vocabularies, a word none of whose translations a topic could show then counts as one that the
        dictionary lacks.
        """
        own, other = frozenset(words), frozenset(other_words)
        return TranslationDictionary.from_pairs(
            (word, translation)
            for word, translations in self.translations.items()
            if word in own
            for translation in translations & other
        )


@dataclass(frozen=True)
class TranslationAgreement:
    """How far the words of aligned topics translate each other.

    Attributes:
        agreement: of the top words that the dictionary has, the share with a translation in the same topic, from 0 to
            1.
        coverage: the share of top words that the dictionary has, above 0 and up to 1. With little of it, agreement
            rests on few words.

    Examples:
        >>> TranslationAgreement(agreement=0.4, coverage=0.8).coverage
        0.8
    """

    agreement: float
    coverage: float


def read_dictionary(path: str | os.PathLike[str]) -> TranslationDictionary:
    r"""Read pairs of words: ``word translation`` on a line, and a line more for each further translation.

    Args:
        path: a UTF-8 text, plain or compressed with gzip, xz or bzip2. A line with a tab in it is
            parted there, so that words may have spaces; others at spaces. Empty lines are passed over.

    Returns:
        A dictionary from the language that lines begin with to the other; ``reversed()`` is the other way round.

    Raises:
        FileFormatError: the file is missing, can't be read, is damaged, is not UTF-8, has a line that is no pair, or
            has no pair at all.

    Example:
        >>> _ = Path("en-de.txt").write_text("cat Katze\ndog Hund\n", encoding="utf-8")
        >>> read_dictionary("en-de.txt")
        TranslationDictionary(2 pairs)
    """
    source = Path(path)
    dictionary = TranslationDictionary.from_pairs(_pairs(source))
    if not dictionary.translations:
        raise FileFormatError(f"{source} has no words: give a file with a word and its translation on each line")
    return dictionary


def translation_agreement(
    topics: Sequence[Sequence[str]], other_topics: Sequence[Sequence[str]], dictionary: TranslationDictionary
) -> TranslationAgreement:
    """Compute the share of each topic's top words that have a translation among its top words elsewhere.

    A topic's share in one direction is taken over those of its top words that the dictionary has (as a word of that
    language, with whatever translations); the others, names and numbers mostly, are left out. Agreement is the mean of
    shares over the topics that have such a word, and then over both directions. A direction without any such word is
    left out of the mean.

    Args:
        topics: top words of each topic in one language.
        other_topics: the same topics in the other; the numbers of words may differ.
        dictionary: from the one language to the other. One that is restricted to both vocabularies
            (``TranslationDictionary.restricted``) does not blame topics for words that could not be in them.

    Returns:
        Agreement, from 0 to 1, and coverage over all top words of both languages. Agreement is never near 1 for
        themes, whose words rarely are translations of one another: compare models by the same dictionary and the same
        number of words, more of which raise it.

    Raises:
        InputError: the numbers of topics differ, there are none, one has no words, or the dictionary has none of them.

    Example:
        >>> dictionary = TranslationDictionary.from_pairs([("cat", "Katze"), ("dog", "Hund")])
        >>> translation_agreement([["cat", "dog"]], [["Katze", "Maus"]], dictionary).agreement
        0.75
    """
    for each in (topics, other_topics):
        check_topics("translation agreement", each)
    if len(topics) != len(other_topics):
        raise InputError(f"{len(topics)} topics in one language but {len(other_topics)} in the other: give the same")
    known, other_known = dictionary.translations, dictionary.other_translations
    shares, num_known = _shares(topics, other_topics, known)
    other_shares, other_num_known = _shares(other_topics, topics, other_known)
    if not shares and not other_shares:
        raise InputError(
            "the dictionary has no word of the topics: check that it is of these two languages, in this order "
            "(else reversed() turns it round), and spelled as their vocabularies are"
        )
    num_words = sum(len(set(words)) for words in (*topics, *other_topics))
    directions = [float(np.mean(each)) for each in (shares, other_shares) if each]
    return TranslationAgreement(float(np.mean(directions)), (num_known + other_num_known) / num_words)


def _shares(
    topics: Sequence[Sequence[str]], other_topics: Sequence[Sequence[str]], translations: Mapping[str, frozenset[str]]
) -> tuple[list[float], int]:
    """Return, in one direction, the share of each topic with a known word, and how many known words there are."""
    shares: list[float] = []
    num_known = 0
    for words, other_words in zip(topics, other_topics, strict=True):
        known = [word for word in dict.fromkeys(words) if word in translations]
        if known:
            shares.append(sum(not translations[word].isdisjoint(other_words) for word in known) / len(known))
            num_known += len(known)
    return shares, num_known


def _pairs(source: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(_lines(source), 1):
        text = line.strip("\r\n\t ")
        if not text:
            continue
        parts = [part.strip() for part in text.split("\t")] if "\t" in text else _SPACES.split(text)
        if len(parts) != 2 or not all(parts):
            raise FileFormatError(
                f"line {number} of {source} is {text!r:.60}: it must be a word and one translation, with a tab or a "
                "space between them"
            )
        yield parts[0], parts[1]


def _lines(source: Path) -> Iterator[str]:
    with opened(source) as stream:
        yield from decoded_lines(source, stream)

"""Words of scripts that write spaces between them: runs of letters, by Unicode's properties."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from gloctm.languages import primary_subtag
from gloctm.text.addresses import normalize_without_addresses
from gloctm.text.apostrophes import apostrophes_of, elided_before
from gloctm.text.codes import has_digits, with_stand_ins, without_stand_ins
from gloctm.text.folding import FOLDED, check_fold, fold_word
from gloctm.text.lemmas import check_lemmas, lemma_of
from gloctm.text.patterns import as_ranges, compiled

# What binds two letters into one word, other than an apostrophe: the Catalan and Occitan point, the Hebrew mark of
# abbreviations.
_BINDING = {
    "ca": "|(?<=l)\u00b7(?=l)",
    "oc": "|(?<=[ns])\u00b7(?=h)",
    "he": "|(?<=[\u05d0-\u05ea])\u05f4(?=[\u05d0-\u05ea])",
    "yi": "|(?<=[\u05d0-\u05ea])\u05f4(?=[\u05d0-\u05ea])",
}
# Scripts of which one character is a syllable or more, and so may be a word.
_LETTER_OR_MARK = r"[\p{L}\p{M}]"
_ALONE = r"[가-힣\p{Han}\p{Yi}\p{Tibetan}]"
# The same as below, for text that is all ASCII.
_ASCII_WORD = re.compile("[a-z]{2,}")
_ASCII_WORD_WITH_APOSTROPHES = re.compile("[a-z](?:[a-z]+(?:'[a-z]+)*|(?:'[a-z]+)+)")
# And without the English possessive, unless it is not the end: of x's'y, all is one word.
_POSSESSIVE = "'s(?!'?[a-z])"
_ASCII_ENGLISH_WORD = re.compile(
    f"[a-z](?:[a-z]+(?:(?!{_POSSESSIVE})'[a-z]+)*|(?:(?!{_POSSESSIVE})'[a-z]+)+)",
)
# Stands where an apostrophe was after an elided word; normalized text has no surrogates.
_ELIDED = "\ud800"
_BEYOND_THE_BASIC_PLANE = re.compile("[\U00010000-\U0010ffff]")


class UnicodeTokenizer:
    """Runs of letters and combining marks of any script; an apostrophe within a word belongs to it.

    Web addresses, mentions, numbers and punctuation are left out, a hashtag keeps its word. Single letters are left out
    except syllables of Hangul, ideographs and similar, which are words. Elided articles and prepositions (French
    l', d', Italian dell') are taken off, as are English 's and what follows an apostrophe in Turkish. Scripts that
    write no spaces between words (Burmese, Tibetan) need a tokenizer of their own: a run is a phrase there.

    Args:
        language: BCP-47; says which elisions and spellings there are.
        lemmas: give the dictionary form of each word, by simplemma.
        fold: give words that are written in several ways in one, see ``gloctm.text.folding``.

    Raises:
        InputError: lemmas are wanted for a language that simplemma has not, or there is nothing to fold in it.
    """

    name = "unicode"

    def __init__(self, language: str = "und", *, lemmas: bool = False, fold: bool = False) -> None:
        self.language = language
        self.lemmas = lemmas
        self.fold = fold
        self._code = primary_subtag(language)
        if lemmas:
            check_lemmas(language)
            self.name = f"{self.name}+lemmas"
        if fold:
            check_fold(language)
            self.name = f"{self.name}{FOLDED}"

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``, in order."""
        words = words_of(normalize_without_addresses(text, self.language), self._code)
        if self.lemmas:
            words = [lemma_of(word, self.language) for word in words]
        return [fold_word(word, self.language) for word in words] if self.fold else words


def words_of(text: str, code: str) -> list[str]:
    """Return the words of normalized text: its runs of letters, elisions taken off and single letters left out.

    Runs of letters and digits are words as a whole, see ``gloctm.text.codes``.

    Args:
        text: from ``normalize_text``, without addresses.
        code: the primary subtag of the language.
    """
    if not has_digits(text) or (coded := with_stand_ins(text)) is text:
        return _runs(text, code)
    return without_stand_ins(_runs(coded, code))


def _runs(text: str, code: str) -> list[str]:
    apostrophe = "'" in text
    pattern: Any
    if code in _BINDING or not (text.isascii() or _is_of_the_basic_plane(text)):
        found = _any_word(code).findall(text)
        return [word for each in found if (word := _word_itself(each, code))]
    if apostrophe and (before := elided_before(code)) is not None:
        text = _elision(before).sub(_ELIDED, text)
        apostrophe = "'" in text
    if text.isascii():
        if apostrophe and code == "en":
            return _ASCII_ENGLISH_WORD.findall(text)
        pattern = _ASCII_WORD_WITH_APOSTROPHES if apostrophe else _ASCII_WORD
    else:
        pattern = _word(apostrophe)
    words: list[str] = pattern.findall(text)
    if apostrophe and apostrophes_of(code) is not None:
        return [word for each in words if (word := _word_itself(each, code) if "'" in each else each)]
    return words


@lru_cache(maxsize=1 << 16)
def stands_alone(character: str) -> bool:
    """Return whether one character of this script may be a word."""
    return compiled(_ALONE).fullmatch(character) is not None


def _word_itself(found: str, code: str) -> str:
    """Return a word without what an apostrophe cuts off; empty where a single letter is left."""
    # A cache of words as long as a book would take all memory.
    return _cut_off(found, code) if len(found) < 64 else _cut_off.__wrapped__(found, code)


@lru_cache(maxsize=1 << 16)
def _cut_off(found: str, code: str) -> str:
    taken_off = apostrophes_of(code) if "'" in found else None
    word = found if taken_off is None else taken_off.sub("", found)
    return word if len(word) > 1 or stands_alone(word) else ""


def _is_of_the_basic_plane(text: str) -> bool:
    """Return whether all letters are of the basic plane, and none is joined to another by an invisible character."""
    if "\u200c" in text or "\u200d" in text:
        return False
    # In UTF-16 other characters take two units; emoji, of which there are many, are no letters.
    if len(text.encode("utf-16-le")) == 2 * len(text):
        return True
    return not any(compiled(_LETTER_OR_MARK).match(each) for each in set(_BEYOND_THE_BASIC_PLANE.findall(text)))


@lru_cache(maxsize=4)
def _any_word(code: str) -> Any:
    """Return the pattern of a word in full: the two quicker ones below find what this one finds."""
    letters = _LETTER_OR_MARK
    # \u200c and \u200d join letters within words of Persian and of Indic scripts; at a word's end they belong to
    # it only after a combining mark.
    joined = rf"(?:(?<=\p{{M}})[\u200c\u200d]+|[\u200c\u200d]+(?={letters}))"
    binding = f"(?:'{_BINDING.get(code, '')})"
    return compiled(rf"\p{{L}}{letters}*(?:{joined}{letters}*)*(?:{binding}\p{{L}}{letters}*)*")


@lru_cache(maxsize=2)
def _word(apostrophe: bool) -> re.Pattern[str]:
    """Return the pattern of a word of the basic plane without joiners, single letters and what is elided left out.

    For the standard library's engine, which knows no properties of letters and is more than twice as fast.
    """
    letter, letters, alone = (as_ranges(each) for each in (r"\p{L}", r"[\p{L}\p{M}]", _ALONE))
    more = f"'{letter}{letters}*"
    return re.compile(
        f"{letter}(?:{letters}++(?!{_ELIDED})(?:{more})*|(?:{more})+|(?<={alone}))"
        if apostrophe
        else f"{letter}(?:{letters}++(?!{_ELIDED})|(?<={alone}))"
    )


@lru_cache(maxsize=8)
def _elision(before: str) -> re.Pattern[str]:
    """Return the pattern of an apostrophe after an elided word that begins a word, and of what else is elided after it.

    Args:
        before: what may be elided, alternatives of a pattern.
    """
    letter, letters = as_ranges(r"\p{L}"), as_ranges(r"[\p{L}\p{M}]")
    begins = f"(?<!{letters})(?<!{letters}')"
    # To look back from the apostrophe is much quicker than to try every letter for what may be elided.
    preceded = "|".join(f"(?<={begins}{elided}')" for elided in before.split("|"))
    return re.compile(f"'(?={letter})(?:{preceded})(?:(?:{before})'(?={letter}))*+")

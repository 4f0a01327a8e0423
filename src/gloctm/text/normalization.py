"""One spelling for each word, whatever keyboard it was typed on."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from gloctm.languages import primary_subtag
from gloctm.text.patterns import as_ranges

# Halves of characters outside the basic plane: legal in a Python string, but no UTF-8 and so no tokenizer takes them.
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
# What editors make of the signs of a keyboard.
_TYPOGRAPHIC = (("\u2019", "'"), ("\u2018", "'"), ("\u201c", '"'), ("\u201d", '"'), ("\u2013", "-"))
# Signs after a word that NFKC would make a part of it: footnotes and square meters, ordinals, trade marks, numero.
_RAISED = re.compile("[\u00b9\u00b2\u00b3\u00aa\u00ba\u2122\u2120\u2116]")
_SELDOM = (
    # The apostrophe that is a letter.
    ("\u02bc", "'"),
    # Python's lower case of İ is an i with another dot above it.
    ("İ", "i"),
    # NFKC takes the Thai and Lao vowel am apart, which their dictionaries and keyboards have in one piece.
    ("\u0e4d\u0e32", "\u0e33"),
    ("\u0ecd\u0eb2", "\u0eb3"),
)
# Written within words, but not part of them: soft hyphen, word joiner, byte order mark, directional marks, the Arabic
# tatweel that stretches a word, the Armenian marks of stress and question above a vowel.
_INVISIBLE = "\u00ad\u2060\ufeff\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u0640\u055b\u055c\u055e"
# Vowel signs that most texts leave out, by which one word would be several.
_ARABIC_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
_HEBREW_MARKS = "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
# Kashmiri and Yiddish write their vowels by such marks, always.
_KEEPS_MARKS = {"ks": _INVISIBLE + _HEBREW_MARKS, "yi": _INVISIBLE + _ARABIC_MARKS}
# What is taken out of ordinary texts: the tatweel, and the signs for a vowel, its absence or doubling.
_FREQUENT_MARKS = {"ar": "\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652", "ks": "\u0640"}
# The Latin alphabets in which I is the capital of ı, and İ that of i.
_DOTLESS = frozenset({"tr", "az", "azj", "crh", "gag"})
# Languages whose ی and ک are often typed by an Arabic keyboard; Pashto and others tell the two apart.
_PERSIAN_LETTERS = frozenset({"fa", "pes", "prs", "ur"})
_HEBREW_LETTERS = frozenset({"he", "yi", "lad"})
_HEBREW_ABBREVIATION = re.compile('(?<=[\u05d0-\u05ea])"(?=[\u05d0-\u05ea])')
_UZBEK_LETTER = re.compile("(?<=[og])['\u02bb]")


def normalize_text(text: str, language: str = "und") -> str:
    """Normalize a text: NFKC, lower case, plain apostrophes and quotation marks, no marks that are no part of a word.

    Lower case rather than case folding, which would turn German ``Straße`` into ``strasse`` in every topic shown.
    Lone surrogates become spaces. Soft hyphens, directional marks, the Arabic tatweel, Arabic vowel signs and Hebrew
    points are taken out, since a word would otherwise be several.

    Args:
        text: any text.
        language: a normalized code. Turkish and its neighbors have an I of their own, Persian letters, Hebrew
            abbreviations and Uzbek o'/g' are brought to one form; Kashmiri and Yiddish keep their vowel signs.

    Example:
        >>> normalize_text("The “Café” Menu")
        'the "café" menu'
    """
    code = primary_subtag(language)
    if not text.isascii():
        for typographic, plain in _TYPOGRAPHIC:
            text = text.replace(typographic, plain)
    # Most English texts are done with this.
    if not text.isascii():
        given, text = text, unicodedata.normalize("NFKC", text)
        # The same object where there is nothing to change, and so none of these signs.
        if text is not given and _RAISED.search(given):
            text = unicodedata.normalize("NFKC", _RAISED.sub(" ", given))
        # Removing a character at a time is several times quicker than a pattern for all, and these are most of them.
        for mark in _FREQUENT_MARKS.get(code, ""):
            text = text.replace(mark, "")
        # One search for all that is seldom there, rather than one for each; most texts of western Europe need none.
        if not _is_latin_1(text) and _seldom(code).search(text):
            text = _without_the_seldom(text, code)
    if code in _DOTLESS:
        text = text.replace("I", "ı")
    return _in_one_spelling(text.lower(), code)


def pieces_of(text: str, size: int) -> list[str]:
    """Cut a long text into pieces of at most ``size`` characters: after a sentence if possible, or else at a space."""
    pieces, start = [], 0
    while len(text) - start > size:
        ends = (max(text.rfind(mark, start, start + size) for mark in marks) + 1 for marks in ("\n。.!?", " "))
        end = next(filter(None, ends), start + size)
        pieces.append(text[start:end])
        start = end
    return [*pieces, text[start:]]


def _is_latin_1(text: str) -> bool:
    """Return whether all characters are of Latin-1, and none is its only one that is seldom there, the soft hyphen.

    May say that they are not: no time is lost on a text that begins with a letter of another script.
    """
    return text[:1] < "\u0100" and len(text.encode("latin-1", "ignore")) == len(text) and "\u00ad" not in text


def _without_the_seldom(text: str, code: str) -> str:
    for one, other in _SELDOM:
        text = text.replace(one, other)
    text = _other_digits().sub(lambda found: str(unicodedata.digit(found[0])), text)
    return _dispensable(code).sub("", _LONE_SURROGATES.sub(" ", text))


def _in_one_spelling(text: str, code: str) -> str:
    if code in _PERSIAN_LETTERS:
        return text.replace("ي", "ی").replace("ك", "ک")
    if code in _HEBREW_LETTERS:
        return _HEBREW_ABBREVIATION.sub("\u05f4", text.replace("\u05f3", "'"))
    if code == "uz":
        return _UZBEK_LETTER.sub("\u02bb", text)
    return text


@lru_cache(maxsize=8)
def _dispensable(code: str) -> re.Pattern[str]:
    return re.compile(f"[{_KEEPS_MARKS.get(code, _INVISIBLE + _ARABIC_MARKS + _HEBREW_MARKS)}]")


@lru_cache(maxsize=1)
def _other_digits() -> re.Pattern[str]:
    return re.compile(as_ranges(r"(?![0-9])\p{Nd}"))


@lru_cache(maxsize=8)
def _seldom(code: str) -> re.Pattern[str]:
    starts = "".join(one[0] for one, _ in _SELDOM)
    classes = (_LONE_SURROGATES.pattern, f"[{starts}]", _dispensable(code).pattern, _other_digits().pattern)
    return re.compile("|".join(classes).replace("]|[", ""))

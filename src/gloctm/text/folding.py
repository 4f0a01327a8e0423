"""One spelling for words that a language writes in two: on request, since some differences say something.

| language | what becomes one |
|---|---|
| Arabic | alef with and without hamza or madda; teh marbuta and heh; alef maksura and yeh |
| Persian, Urdu, Sorani | Arabic and Persian yeh and kaf; with and without zero-width non-joiner; alef and heh |
| Serbian, Bosnian, Montenegrin | Cyrillic and Latin letters (as Latin) |
| Greek | with and without accents and dialytika; the two sigmas |
| Vietnamese | the two places of a tone mark: hoà and hòa |
| Russian | ё and е |
| Romanian | cedilla and comma below |
| German | ß and ss |
| Hindi, Marathi, Nepali | with and without nukta; chandrabindu and anusvara |
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

from gloctm.errors import InputError
from gloctm.languages import primary_subtag
from gloctm.text.normalization import normalize_text

_ARABIC = str.maketrans("أإآٱةى", "ااااهي")
_PERSIAN = str.maketrans({**dict(zip("يىكةۀأإآٱؤئ", "ییکههااآاوی", strict=True)), "\u200c": None})
_SERBIAN = str.maketrans(
    {
        **dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True)),
        **{"љ": "lj", "њ": "nj", "џ": "dž"},
    }
)
_RUSSIAN = str.maketrans("ё", "е")
_ROMANIAN = str.maketrans("şţ", "șț")
_GERMAN = str.maketrans({"ß": "ss"})
_COMBINING = re.compile("[\u0300-\u036f]")
# The marks of tones, of which one may stand on either vowel of an open syllable. After q, u is no vowel.
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_VIETNAMESE = re.compile(rf"(o)([ae])([{_TONES}])(?!\w)|(?<!q)(u)(y)([{_TONES}])(?!\w)")


def _greek(word: str) -> str:
    bare = _COMBINING.sub("", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", bare).replace("ς", "σ")


def _vietnamese(word: str) -> str:
    def moved(found: re.Match[str]) -> str:
        first, second, tone = found.group(1, 2, 3) if found[1] else found.group(4, 5, 6)
        return f"{first}{tone}{second}"

    decomposed = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", _VIETNAMESE.sub(moved, decomposed))


def _hindi(word: str) -> str:
    return unicodedata.normalize("NFD", word).replace("\u093c", "").replace("\u0901", "\u0902")


def _by(table: Mapping[int, int | str | None]) -> Callable[[str], str]:
    return lambda word: word.translate(table)


_FOLDS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("ar", "arb", "ary", "arz", "apc", "acm", "ajp", "apd"), _by(_ARABIC)),
    **dict.fromkeys(("fa", "pes", "prs", "ur", "ckb"), _by(_PERSIAN)),
    **dict.fromkeys(("sr", "sh", "hbs", "bs", "cnr"), _by(_SERBIAN)),
    "el": _greek,
    "vi": _vietnamese,
    "ru": _by(_RUSSIAN),
    "ro": _by(_ROMANIAN),
    "de": _by(_GERMAN),
    **dict.fromkeys(("hi", "mr", "ne"), _hindi),
}
#: Ends the name of a tokenizer that folds.
FOLDED = "+folded"
FOLDED_LANGUAGES = frozenset(_FOLDS)


def check_fold(language: str) -> None:
    """Raise InputError for a language in which nothing is folded.

    Example:
        >>> check_fold("el")
    """
    if primary_subtag(language) not in _FOLDS:
        raise InputError(
            f"there is nothing to fold in {language!r}: leave it out; fold is for {', '.join(sorted(_FOLDS))}"
        )


def fold_word(word: str, language: str) -> str:
    """Return a normalized word, or text, in the one spelling that all its spellings share.

    Args:
        word: as ``normalize_text`` gives it.
        language: a normalized code; without a folding, the word is returned as it is.

    Example:
        >>> fold_word("београд", "sr"), fold_word("beograd", "sr-Latn"), fold_word("οδός", "el")
        ('beograd', 'beograd', 'οδοσ')
    """
    # A cache of words as long as a book would take all memory.
    return (
        _folded(word, primary_subtag(language))
        if len(word) < 64
        else _folded.__wrapped__(word, primary_subtag(language))
    )


def is_changed_by_folding(text: str, language: str) -> bool:
    """Return whether a text has words that are written otherwise once they are folded.

    Example:
        >>> is_changed_by_folding("Die Straße", "de"), is_changed_by_folding("Die STRASSE", "de")
        (True, False)
    """
    normal = normalize_text(text, language)
    return fold_word(normal, language) != normal


@lru_cache(maxsize=1 << 16)
def _folded(word: str, code: str) -> str:
    fold = _FOLDS.get(code)
    return word if fold is None else fold(word)

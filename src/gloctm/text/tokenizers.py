"""Tokenizers by language: raw text in, a list of words out.

Every tokenizer is a callable with a ``name``; its name is stored with a corpus and a model, so that text
transformed later is tokenized like the training text. A name is that of a tokenizer and what is done with
its words: ``unicode``, ``unicode+lemmas``, ``zh-jieba+simplified``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from gloctm.errors import InputError, UnsegmentedLanguageWarning
from gloctm.languages import likely_script, normalize_language, primary_subtag
from gloctm.text.chinese import CONVERSIONS, ChineseTokenizer, Conversion
from gloctm.text.folding import check_fold
from gloctm.text.japanese import JapaneseTokenizer
from gloctm.text.khmer import KhmerTokenizer
from gloctm.text.korean import KoreanTokenizer
from gloctm.text.lao import LaoTokenizer
from gloctm.text.lemmas import check_lemmas
from gloctm.text.thai import ThaiTokenizer
from gloctm.text.unicode import UnicodeTokenizer


@runtime_checkable
class Tokenizer(Protocol):
    """Anything that cuts a text into words. ``name`` identifies it in saved corpora and models.

    Example:
        >>> isinstance(get_tokenizer("en"), Tokenizer)
        True
    """

    name: str

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``, in order, normalized."""


class CustomTokenizer:
    """A user's own callable. A model saved with it needs the callable again to transform raw text.

    Example:
        >>> CustomTokenizer(str.split)("red house")
        ['red', 'house']
    """

    name = "custom"

    def __init__(self, function: Callable[[str], list[str]]) -> None:
        self.function = function

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``, in order."""
        given: Any = self.function(text)
        listed = isinstance(given, Iterable) and not isinstance(given, str)
        tokens = list(given) if listed else []
        if not listed or not all(isinstance(token, str) for token in tokens):
            raise InputError(f"your tokenizer gave {given!r:.60} for a text: it must give a list of words")
        return tokens


class WhitespaceTokenizer:
    """Text that is already cut into words with spaces between them: split, nothing else."""

    name = "whitespace"

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``, in order."""
        return text.split()


# Languages of which the written form is Chinese. Others of the family are as often written in Latin letters.
_CHINESE = frozenset({"zh", "cmn", "yue", "wuu", "gan", "hsn", "lzh"})
# Scripts without spaces between words for which there is no segmenter here, by their codes in ISO 15924.
_UNSEGMENTED = {
    "Mymr": "Burmese",
    "Tibt": "Tibetan",
    "Lana": "Tai Tham",
    "Talu": "New Tai Lue",
    "Tale": "Tai Le",
    "Tavt": "Tai Viet",
    "Java": "Javanese",
    "Bali": "Balinese",
}
_BUILT_IN: Mapping[str, Callable[..., Tokenizer]] = {
    kind.name: kind
    for kind in (
        UnicodeTokenizer,
        ChineseTokenizer,
        JapaneseTokenizer,
        KoreanTokenizer,
        ThaiTokenizer,
        LaoTokenizer,
        KhmerTokenizer,
        WhitespaceTokenizer,
    )
}
# Those whose words are dictionary forms as they are.
_GIVE_LEMMAS = frozenset({JapaneseTokenizer.name, KoreanTokenizer.name})


def get_tokenizer(
    language: str, *, lemmas: bool = False, convert: Conversion | None = None, fold: bool = False
) -> Tokenizer:
    """Return the default tokenizer of a language: a dictionary one where words have no spaces between them.

    Args:
        language: a code, BCP-47.
        lemmas: give the dictionary form of each word; off because the dictionaries are large. Japanese and Korean
            words are in dictionary form anyway.
        convert: for Chinese, give all words in ``"simplified"`` or ``"traditional"`` characters; None as written.
        fold: give words that the language writes in several ways in one: two scripts of Serbian, accents of Greek,
            alefs of Arabic and others, see ``gloctm.text.folding``.

    Raises:
        InputError: no such language, no lemmas for it, or nothing to convert or fold in it.

    Warns:
        UnsegmentedLanguageWarning: the language has no spaces between words, and no tokenizer here.

    Example:
        >>> get_tokenizer("fr")("L'eau de la Seine")
        ['eau', 'de', 'la', 'seine']
    """
    code = normalize_language(language)
    base = _default_name(code)
    _check_conversion(convert, code, base)
    if base == UnicodeTokenizer.name:
        script = _UNSEGMENTED.get(likely_script(code))
        if script is not None:
            warnings.warn(
                f"{script} script has no spaces between words and {code!r} no tokenizer here, so its words would "
                f"be whole phrases: give one of your own, tokenizers={{{code!r}: ...}}, or lists of words",
                UnsegmentedLanguageWarning,
                stacklevel=2,
            )
    return _make(base, code, lemmas=lemmas, convert=convert, fold=fold)


def get_tokenizer_by_name(name: str, language: str) -> Tokenizer:
    """Return the tokenizer of a language that a saved corpus or model names.

    Args:
        name: as a tokenizer's ``name`` has it; ``+phrases``, which is done to lists of words, is passed over.
        language: a code, BCP-47.

    Raises:
        InputError: it is not one of this package's: the callable has to be handed in again.

    Example:
        >>> get_tokenizer_by_name("whitespace", "en")("New York")
        ['New', 'York']
    """
    base, lemmas, convert, fold = _parsed(name)
    if base is None:
        raise InputError(
            f"the texts of {language!r} were cut by a tokenizer of your own ({name.removesuffix('+phrases')}): "
            f"load the model with tokenizers={{{language!r}: ...}}, or give lists of words"
        )
    return _make(base, normalize_language(language), lemmas=lemmas, convert=convert, fold=fold)


def as_tokenizer(tokenizer: Callable[[str], list[str]]) -> Tokenizer:
    """Return a Tokenizer as it is; any other callable, wrapped.

    One of your own that bears the name of one of this package's is wrapped too: its name would bring back the other.

    Raises:
        InputError: it can't be called.

    Example:
        >>> as_tokenizer(str.split).name
        'custom'
    """
    if not callable(tokenizer):
        raise InputError(
            f"a tokenizer is {tokenizer!r:.60}: give a function that takes a text and gives a list of words"
        )
    if isinstance(tokenizer, Tokenizer) and (is_built_in(tokenizer) or _parsed(tokenizer.name)[0] is None):
        return tokenizer
    return CustomTokenizer(tokenizer)


def is_built_in(tokenizer: Tokenizer) -> bool:
    """Return whether a name is enough to have this tokenizer again.

    Example:
        >>> is_built_in(get_tokenizer("en")), is_built_in(as_tokenizer(str.split))
        (True, False)
    """
    # Not isinstance(): a class of the user's own, made from one of these, would be lost.
    base = _parsed(tokenizer.name)[0]
    return base is not None and type(tokenizer) is _BUILT_IN[base]


def _default_name(code: str) -> str:
    language, script = primary_subtag(code), likely_script(code)
    # Pinyin, for example: letters, with spaces.
    if script == "Latn":
        return UnicodeTokenizer.name
    if language in _CHINESE:
        return ChineseTokenizer.name
    by_language = {"ja": JapaneseTokenizer.name, "ko": KoreanTokenizer.name}
    by_script = {"Thai": ThaiTokenizer.name, "Laoo": LaoTokenizer.name, "Khmr": KhmerTokenizer.name}
    return by_language.get(language) or by_script.get(script) or UnicodeTokenizer.name


def _parsed(name: str) -> tuple[str | None, bool, Conversion | None, bool]:
    """Return a name's tokenizer, whether it gives lemmas, the conversion, and whether it folds; else no tokenizer."""
    base, *suffixes = str(name).removesuffix("+phrases").split("+")
    convert = next((kind for kind in CONVERSIONS if suffixes == [kind]), None)
    lemmas, fold = suffixes[:1] == ["lemmas"], suffixes[-1:] == ["folded"]
    known = (
        not suffixes
        or (len(suffixes) == lemmas + fold and base == UnicodeTokenizer.name)
        or (convert is not None and base == ChineseTokenizer.name)
    )
    return (base, lemmas, convert, fold) if known and base in _BUILT_IN else (None, False, None, False)


def _make(base: str, code: str, *, lemmas: bool, convert: Conversion | None, fold: bool) -> Tokenizer:
    if base == UnicodeTokenizer.name:
        return UnicodeTokenizer(code, lemmas=lemmas, fold=fold)
    if fold:
        check_fold(code)
    if lemmas and base not in _GIVE_LEMMAS:
        check_lemmas(code)
    if base == ChineseTokenizer.name:
        return ChineseTokenizer(code, convert=convert)
    return _BUILT_IN[base]()


def _check_conversion(convert: Conversion | None, code: str, base: str) -> None:
    if convert is not None and base != ChineseTokenizer.name:
        raise InputError(f"convert={convert!r} is for Chinese only: leave it out for {code!r}")

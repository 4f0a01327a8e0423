"""Tokenisers by language: raw text in, a list of words out.

Every tokeniser is a callable with a ``name``; the name is stored with a corpus and a model, so that text
transformed later is cut into words as the training text was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from gloctm.errors import InputError, MissingDependencyError
from gloctm.languages import normalize_language, primary_subtag

# Halves of characters outside the basic plane: legal in a Python string, but no UTF-8 and so no tokeniser takes them.
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


@runtime_checkable
class Tokenizer(Protocol):
    """Anything that cuts a text into words. ``name`` identifies it in saved corpora and models."""

    name: str

    def __call__(self, text: str) -> list[str]:
        """The words of ``text``, in order, normalised."""


def normalize_text(text: str) -> str:
    """NFKC, lower case, typographic apostrophes made plain, lone surrogates made spaces.

    Lower case rather than case folding, which would turn German ``Straße`` into ``strasse`` in every topic shown.
    """
    text = unicodedata.normalize("NFKC", _LONE_SURROGATES.sub(" ", text))
    return text.lower().replace("\u2019", "'").replace("\u02bc", "'")


class UnicodeTokenizer:
    """Runs of letters and combining marks of any script; an apostrophe within a word belongs to it.

    Web addresses, mentions, numbers and punctuation are left out, and single letters but for syllables of Hangul and
    ideographs, which are words. Scripts that write no spaces between words (Thai, Lao, Khmer, Burmese) need a tokeniser
    of their own: a run is a phrase there.

    Args:
        language: English loses its possessive 's.
    """

    name = "unicode"

    def __init__(self, language: str = "und") -> None:
        self._ending = "'s" if primary_subtag(language) == "en" else ""

    @cached_property
    def _patterns(self) -> tuple[Any, Any, Any]:
        import regex

        # An e-mail address is sought from the start of a run without spaces only, and without backtracking: where
        # there are no spaces (Thai), a run is as long as the text.
        address = regex.compile(r"(?:https?://|www\.)\S+|(?<!\S)\S[^\s@]*+@\S[^\s.]*+\.\S+|(?<!\w)@\w+")
        # \u200c and \u200d join letters within words of Persian and of Indic scripts; at a word's end they belong to
        # it only after a combining mark.
        letters, joined = r"[\p{L}\p{M}]", r"(?:(?<=\p{M})[\u200c\u200d]+|[\u200c\u200d]+(?=[\p{L}\p{M}]))"
        word = regex.compile(rf"\p{{L}}{letters}*(?:{joined}{letters}*)*(?:'\p{{L}}{letters}*)*")
        return address, word, regex.compile(r"[가-힣\p{Han}]")

    def __call__(self, text: str) -> list[str]:
        """The words of ``text``, in order."""
        address, word, alone = self._patterns
        words = word.findall(address.sub(" ", normalize_text(text)))
        tokens = (found.removesuffix(self._ending) for found in words)
        return [token for token in tokens if len(token) > 1 or alone.fullmatch(token)]


class ChineseTokenizer:
    """Chinese words by rjieba's dictionary and hidden Markov model; Latin words within the text are kept.

    Single characters stay: many are words. Stop words, taken out later, are most of those that are not wanted.
    """

    name = "zh-jieba"

    @cached_property
    def _parts(self) -> tuple[Callable[[str], list[str]], Any]:
        try:
            import rjieba
        except ImportError:
            raise MissingDependencyError.of("Cutting Chinese text into words", "rjieba") from None
        import regex

        return rjieba.cut, regex.compile(r"\p{Han}+|\p{L}{2,}")

    def __call__(self, text: str) -> list[str]:
        """The words of ``text``, in order."""
        cut, word = self._parts
        return [token for token in cut(normalize_text(text)) if word.fullmatch(token)]


class JapaneseTokenizer:
    """Japanese content words by SudachiPy, in dictionary form: nouns, verbs, adjectives and adverbs.

    Split mode C (longest units): a topic word such as 天気予報 says more than its parts.
    """

    name = "ja-sudachi"
    _content = frozenset({"名詞", "動詞", "形容詞", "形状詞", "副詞"})
    _function = frozenset({"数詞", "非自立可能", "助動詞語幹"})
    # Sudachi refuses longer input; it is cut at this many UTF-8 bytes, at a line or sentence end where there is one.
    _limit = 40_000

    @cached_property
    def _parts(self) -> tuple[Any, Any]:
        try:
            from sudachipy import Dictionary, SplitMode
        except ImportError:
            raise MissingDependencyError.of("Cutting Japanese text into words", "sudachipy sudachidict-core") from None
        import regex

        return Dictionary().tokenizer(mode=SplitMode.C), regex.compile(r"\p{L}[\p{L}\p{M}ー]*")

    def __call__(self, text: str) -> list[str]:
        """The words of ``text``, in order."""
        tokenizer, word = self._parts
        tokens: list[str] = []
        for piece in _pieces(normalize_text(text), self._limit // 4):
            for morpheme in tokenizer.tokenize(piece):
                part = morpheme.part_of_speech()
                if part[0] not in self._content or self._function.intersection(part[1:3]):
                    continue
                # The dictionary has some Latin words in capitals.
                token = morpheme.dictionary_form().lower()
                # A single kana is a fragment; a single kanji is a word.
                if word.fullmatch(token) and (len(token) > 1 or "\u4e00" <= token <= "\u9fff"):
                    tokens.append(token)
        return tokens


class CustomTokenizer:
    """A user's own callable. A model saved with it needs the callable again to transform raw text."""

    name = "custom"

    def __init__(self, function: Callable[[str], list[str]]) -> None:
        self.function = function

    def __call__(self, text: str) -> list[str]:
        """The words of ``text``, in order."""
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
        """The words of ``text``, in order."""
        return text.split()


_BY_LANGUAGE: Mapping[str, Callable[[], Tokenizer]] = {
    "zh": ChineseTokenizer,
    "cmn": ChineseTokenizer,
    "yue": ChineseTokenizer,
    "ja": JapaneseTokenizer,
}
_BY_NAME: Mapping[str, Callable[[], Tokenizer]] = {
    kind.name: kind for kind in (ChineseTokenizer, JapaneseTokenizer, WhitespaceTokenizer)
}
_BUILT_IN: Mapping[str, Callable[..., Tokenizer]] = {UnicodeTokenizer.name: UnicodeTokenizer, **_BY_NAME}


def get_tokenizer(language: str) -> Tokenizer:
    """The default tokeniser of a language: a dictionary one where words have no spaces between them."""
    code = normalize_language(language)
    kind = _BY_LANGUAGE.get(primary_subtag(code))
    return UnicodeTokenizer(code) if kind is None else kind()


def get_tokenizer_by_name(name: str, language: str) -> Tokenizer:
    """The tokeniser of a language that a saved corpus or model names.

    Raises:
        InputError: it is not one of this package's: the callable has to be handed in again.
    """
    if name == UnicodeTokenizer.name:
        return UnicodeTokenizer(language)
    if name not in _BY_NAME:
        raise InputError(
            f"the texts of {language!r} were cut by a tokenizer of your own ({name}): "
            f"load the model with tokenizers={{{language!r}: ...}}, or give lists of words"
        )
    return _BY_NAME[name]()


def as_tokenizer(tokenizer: Callable[[str], list[str]]) -> Tokenizer:
    """A Tokenizer as it is; any other callable, wrapped.

    One of your own that bears the name of one of this package's is wrapped too: its name would bring back the other.
    """
    if isinstance(tokenizer, Tokenizer) and (is_built_in(tokenizer) or tokenizer.name not in _BUILT_IN):
        return tokenizer
    return CustomTokenizer(tokenizer)


def is_built_in(tokenizer: Tokenizer) -> bool:
    """Whether a name is enough to have this tokeniser again."""
    # Not isinstance(): a class of the user's own, made from one of these, would be lost.
    return type(tokenizer) is _BUILT_IN.get(tokenizer.name)


def _pieces(text: str, size: int) -> list[str]:
    """Cut a long text into pieces of at most ``size`` characters, after a sentence or line where possible."""
    pieces = []
    while len(text) > size:
        cut = max(text.rfind(mark, 0, size) for mark in "\n。！？ ") + 1 or size
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]

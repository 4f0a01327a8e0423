"""Words of Japanese, in dictionary form."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

from gloctm.errors import import_optional
from gloctm.text.addresses import normalize_without_addresses
from gloctm.text.codes import SegmentedCodes, has_digits
from gloctm.text.normalization import pieces_of
from gloctm.text.patterns import compiled
from gloctm.text.unicode import words_of

_CONTENT = frozenset({"名詞", "動詞", "形容詞", "形状詞", "副詞"})
_FUNCTION = frozenset({"数詞", "非自立可能", "助動詞語幹"})
# Sudachi refuses input of more than 49,149 UTF-8 bytes; a character has up to four.
_PIECE = 10_000
_WORD = r"\p{L}[\p{L}\p{M}ー]*"


class JapaneseTokenizer:
    """Japanese content words by SudachiPy, in dictionary form: nouns, verbs, adjectives and adverbs.

    Split mode C (longest units): a topic word such as 天気予報 says more than its parts.
    """

    name = "ja-sudachi"

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``, in order."""
        tokenizer, word = _tokenizer(), compiled(_WORD)
        tokens: list[str] = []
        for piece in pieces_of(normalize_without_addresses(text, "ja", spaced=False), _PIECE):
            codes = SegmentedCodes(piece) if has_digits(piece) else None
            for morpheme in tokenizer.tokenize(piece):
                if codes is not None and codes.cover(morpheme.begin()):
                    tokens += codes.new_words()
                    continue
                part = morpheme.part_of_speech()
                if part[0] not in _CONTENT or _FUNCTION.intersection(part[1:3]):
                    continue
                # The dictionary has some Latin words in capitals.
                token = morpheme.dictionary_form().lower()
                # A single kana is a fragment; a single kanji is a word.
                if word.fullmatch(token) and (len(token) > 1 or "\u4e00" <= token <= "\u9fff"):
                    tokens.append(token)
                elif len(token) > 1:
                    tokens += words_of(token, "ja")
        return tokens


# One thread at a time may use a tokenizer of Sudachi's; the dictionary, which is what takes memory, serves all.
_of_thread = threading.local()


def _tokenizer() -> Any:
    if not hasattr(_of_thread, "tokenizer"):
        dictionary = _dictionary()
        from sudachipy import SplitMode

        _of_thread.tokenizer = dictionary.tokenizer(mode=SplitMode.C)
    return _of_thread.tokenizer


@lru_cache(maxsize=1)
def _dictionary() -> Any:
    return import_optional("sudachipy", "Tokenizing Japanese text", "sudachipy sudachidict-core").Dictionary()

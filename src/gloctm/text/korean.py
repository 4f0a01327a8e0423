"""Words of Korean, in dictionary form."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from gloctm.errors import import_optional
from gloctm.text.addresses import normalize_without_addresses
from gloctm.text.codes import SegmentedCodes
from gloctm.text.normalization import pieces_of
from gloctm.text.patterns import compiled
from gloctm.text.unicode import words_of

# Common and proper nouns, verbs and adjectives, roots, and words in other scripts. A class such as VV has kinds, VV-R
# and VV-I, for regular and irregular verbs.
_CONTENT = frozenset({"NNG", "NNP", "VV", "VA", "XR", "SL", "SH"})
# Kiwi's time grows with the square of the length.
_PIECE = 1_000
_HANGUL = re.compile("[가-힣]")
# No loose letters of Hangul (laughter, slips of the keyboard), no single letters of other scripts.
_WORD = r"[가-힣]+|〇*(?=\p{L})\p{Han}+|(?:(?!\p{Hangul})\p{L}){2,}"


class KoreanTokenizer:
    """Korean content words by kiwipiepy, in dictionary form: nouns, verbs, adjectives, words in other scripts.

    Particles, endings, auxiliary verbs, pronouns, numerals and counters are left out. A verb made of a noun gives the
    noun (공부했다 → 공부), one made of a root its dictionary form (깨끗한 → 깨끗하다). The first text takes some
    seconds: the model is loaded once per process, about 300 MB.
    """

    name = "ko-kiwi"

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``, in order."""
        kiwi, word = _kiwi(), compiled(_WORD)
        text = normalize_without_addresses(text, "ko", spaced=False).replace("#", " ")
        tokens: list[str] = []
        for piece in pieces_of(text, _PIECE):
            if not _HANGUL.search(piece):
                tokens.extend(words_of(piece, "ko"))
                continue
            found = kiwi.tokenize(piece)
            codes = SegmentedCodes(piece)
            for position, morpheme in enumerate(found):
                if codes.cover(morpheme.start):
                    tokens += codes.new_words()
                    continue
                kind = morpheme.tag[:2] if morpheme.tag[:1] == "V" else morpheme.tag
                if kind not in _CONTENT:
                    continue
                token = morpheme.lemma.lower()
                if kind == "XR" and position + 1 < len(found) and found[position + 1].tag in ("XSA", "XSV"):
                    token += found[position + 1].form + "다"
                if word.fullmatch(token):
                    tokens.append(token)
                elif len(token) > 1:
                    tokens += filter(word.fullmatch, words_of(token, "ko"))
        return tokens


@lru_cache(maxsize=1)
def _kiwi() -> Any:
    kiwi = import_optional("kiwipiepy", "Tokenizing Korean text", "kiwipiepy")
    # The dictionary of expressions of several words takes 190 MB, and its words have spaces within.
    return kiwi.Kiwi(num_workers=1, load_multi_dict=False)

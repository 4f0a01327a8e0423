"""Words of Chinese, in simplified or traditional characters."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, Literal

from gloctm.errors import InputError, import_optional
from gloctm.languages import likely_script, region
from gloctm.text.normalization import normalize_text, without_addresses
from gloctm.text.patterns import compiled

Conversion = Literal["simplified", "traditional"]
CONVERSIONS: tuple[Conversion, ...] = ("simplified", "traditional")

_WORD = r"\p{Han}+|\p{L}{2,}"


class ChineseTokenizer:
    """Chinese words by rjieba's dictionary and hidden Markov model; Latin words within the text are kept.

    Single characters stay: many are words. Stop words, taken out later, are most of those that are not wanted.
    The dictionary is in simplified characters: a traditional text is cut where its simplified form would be, and the
    words come back as they were written.

    Args:
        language: a code of Chinese; ``zh-Hant``, ``zh-TW``, ``zh-HK`` and ``yue``, for example, are traditional.
        convert: give all words in ``"simplified"`` or ``"traditional"`` characters, so that texts in both make one
            vocabulary; the traditional ones are those of the region in the code, of Taiwan where there is none.

    Raises:
        InputError: ``convert`` is something else.
    """

    name = "zh-jieba"

    def __init__(self, language: str = "zh", *, convert: Conversion | None = None) -> None:
        if convert is not None and convert not in CONVERSIONS:
            raise InputError(f"convert is {convert!r}: Chinese can be converted to 'simplified' or 'traditional'")
        self.language = language
        self.convert = convert
        # Where conversion is asked for, texts may be of both kinds.
        self._traditional = convert is not None or is_traditional(language)
        if convert is not None:
            self.name = f"{type(self).name}+{convert}"

    def __call__(self, text: str) -> list[str]:
        """Return the words of ``text``, in order."""
        text = without_addresses(normalize_text(text, self.language), spaced=False)
        found = _cut_traditional(text) if self._traditional else _cut()(text)
        word = compiled(_WORD)
        words = [token for token in found if word.fullmatch(token)]
        if self.convert is None:
            return words
        kind = conversion_of(self.language, self.convert)
        return [converted(token, kind) for token in words]


def is_traditional(language: str) -> bool:
    """Return whether a code of Chinese means texts in traditional characters."""
    return likely_script(language) == "Hant"


def conversion_of(language: str, convert: Conversion) -> str:
    """Return the conversion, by its name in OpenCC, that gives a language simplified or traditional characters."""
    if convert == "simplified":
        return "t2s"
    return "s2hk" if region(language) in {"HK", "MO"} else "s2tw"


def converted(word: str, kind: str) -> str:
    """Return a word in other characters, by OpenCC; as a whole, since 发 has two forms: 頭髮 hair and 發展 growth."""
    # OpenCC's time grows with the square of the length; and a cache of long words would take all memory.
    if len(word) > 16:
        return "".join(converted(word[start : start + 16], kind) for start in range(0, len(word), 16))
    return _converted(word, kind)


@lru_cache(maxsize=1 << 17)
def _converted(word: str, kind: str) -> str:
    return str(_converter(kind).convert(word))


def _cut_traditional(text: str) -> list[str]:
    found = _cut()(text.translate(_simplified()))
    ends = accumulate(map(len, found), initial=0)
    return [text[start:end] for start, end in pairwise(ends)]


class _Simplified(dict[int, str]):
    """The simplified form of each character, one for one, looked up once each."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        # As few of the rest have another form, it is not worth the room.
        if code < 0x2E80:
            return character
        simple = str(_converter("t2s").convert(character))
        self[code] = simple = simple if len(simple) == 1 else character
        return simple


@lru_cache(maxsize=1)
def _simplified() -> _Simplified:
    return _Simplified()


@lru_cache(maxsize=4)
def _converter(kind: str) -> Any:
    purpose = "Traditional Chinese, or converting to it"
    return import_optional("opencc", purpose, "opencc-python-reimplemented").OpenCC(kind)


@lru_cache(maxsize=1)
def _cut() -> Callable[[str], list[str]]:
    cut: Callable[[str], list[str]] = import_optional("rjieba", "Tokenizing Chinese text", "rjieba").cut
    return cut

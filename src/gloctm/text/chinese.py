"""Words of Chinese, in simplified or traditional characters."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from itertools import accumulate, pairwise
from typing import Any, Literal

from gloctm.errors import InputError, import_optional
from gloctm.languages import likely_script, region
from gloctm.text.addresses import normalize_without_addresses
from gloctm.text.patterns import compiled
from gloctm.text.unicode import words_of

Conversion = Literal["simplified", "traditional"]
CONVERSIONS: tuple[Conversion, ...] = ("simplified", "traditional")

_WORD = r"〇*(?=\p{L})\p{Han}+|\p{L}{2,}"


# Characters of nearly every traditional text that no simplified one has.
_TRADITIONAL = re.compile(
    "[這個們國來為爲說説會時過對發學無與於實現機電開關問題長門東車書見話語讓應該還沒點當從種經給樣業動務員區場廣產專數"
    "據報導論級組織線網絡結構標進運連達遠選邊適頭顯體驗馬魚鳥龍歡樂愛讀買賣貴費質軍輕軟轉輸農郵醫銀錢鐵錄間聞陽階際"
    "隊難雲靜響頁順須預領類風飛飯館麼幾萬億兩單嗎寫將嚴師帶廠廳張強彈戰戲擇擔數敗歲氣決沖減滅漢灣為爾獎環瑪療盡監"
    "確禮稱積穩節範簡紅約紀純細終統絕維緊績續總罷義習聯職聽臺號補裝複計訊記許設評詞試認證議護變貝負財責貨貸賓贏趕"
    "跡車輛辦適鄉釋針鋼鎮隨雙離靈韓項顧顏願飲驚黨齊齡]"
)


class ChineseTokenizer:
    """Chinese words by rjieba's dictionary and hidden Markov model; Latin words within the text are kept.

    Single characters stay: many are words. Stop words, taken out later, are most of those that are not wanted.
    The dictionary is in simplified characters: a traditional text is cut where its simplified form would be, and the
    words come back as they were written. The characters tell, not the code: a traditional text under ``zh``, too, if
    OpenCC is installed.

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
        text = normalize_without_addresses(text, self.language, spaced=False)
        found = _cut_traditional(text) if self._is_traditional(text) else _cut()(text)
        word = compiled(_WORD)
        words = []
        for token in found:
            if word.fullmatch(token):
                words.append(token)
            elif len(token) > 1:
                words += words_of(token, "zh")
        if self.convert is None:
            return words
        kind = conversion_of(self.language, self.convert)
        return [converted(token, kind) for token in words]

    def _is_traditional(self, text: str) -> bool:
        """Return whether a text is to be cut where its simplified form would be."""
        return self._traditional or (_TRADITIONAL.search(text) is not None and _has_opencc())


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


@lru_cache(maxsize=1)
def _has_opencc() -> bool:
    return find_spec("opencc") is not None


@lru_cache(maxsize=4)
def _converter(kind: str) -> Any:
    purpose = "Traditional Chinese, or converting to it"
    return import_optional("opencc", purpose, "opencc-python-reimplemented").OpenCC(kind)


@lru_cache(maxsize=1)
def _cut() -> Callable[[str], list[str]]:
    cut: Callable[[str], list[str]] = import_optional("rjieba", "Tokenizing Chinese text", "rjieba").cut
    return cut

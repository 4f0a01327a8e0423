"""Languages by their English names, and the direction in which they are written.

langcodes takes its names from another package, language_data, which has far more than a report needs.
"""

from __future__ import annotations

import re
from typing import Literal

from gloctm.languages import likely_script

_NAMES = dict(
    re.findall(
        r"(\w+) ([^,\n]+)",
        """
af Afrikaans, am Amharic, ar Arabic, arz Egyptian Arabic, az Azerbaijani, be Belarusian, bg Bulgarian, bn Bengali,
bo Tibetan, br Breton, bs Bosnian, ca Catalan, ckb Central Kurdish, cs Czech, cy Welsh, da Danish, de German,
dv Divehi, el Greek, en English, eo Esperanto, es Spanish, et Estonian, eu Basque, fa Persian, fi Finnish,
fil Filipino, fr French, ga Irish, gd Scottish Gaelic, gl Galician, gu Gujarati, ha Hausa, he Hebrew, hi Hindi,
hr Croatian, hu Hungarian, hy Armenian, id Indonesian, ig Igbo, is Icelandic, it Italian, ja Japanese, jv Javanese,
ka Georgian, kk Kazakh, km Khmer, kn Kannada, ko Korean, ku Kurdish, ky Kyrgyz, la Latin, lb Luxembourgish, lo Lao,
lt Lithuanian, lv Latvian, mk Macedonian, ml Malayalam, mn Mongolian, mr Marathi, ms Malay, mt Maltese, my Burmese,
nb Norwegian Bokmål, ne Nepali, nl Dutch, nn Norwegian Nynorsk, no Norwegian, oc Occitan, or Odia, pa Punjabi,
pl Polish, ps Pashto, pt Portuguese, ro Romanian, ru Russian, sd Sindhi, si Sinhala, sk Slovak, sl Slovenian,
so Somali, sq Albanian, sr Serbian, su Sundanese, sv Swedish, sw Swahili, ta Tamil, te Telugu, tg Tajik, th Thai,
tk Turkmen, tl Tagalog, tr Turkish, tt Tatar, ug Uyghur, uk Ukrainian, ur Urdu, uz Uzbek, vi Vietnamese, xh Xhosa,
yi Yiddish, yo Yoruba, yue Cantonese, zh Chinese, zu Zulu
""",
    )
)
# Codes of ISO 15924.
_SCRIPTS = {
    **{"Arab": "Arabic script", "Latn": "Latin script", "Cyrl": "Cyrillic"},
    **{"Hans": "Simplified", "Hant": "Traditional"},
}
_RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"})


def name_of_language(code: str) -> str:
    """Return a language's English name, with script and region in parentheses where the code has them.

    Args:
        code: a normalized code; it is returned itself where no name is known.
    """
    primary, *rest = code.split("-")
    if primary not in _NAMES:
        return code
    more = ", ".join(_SCRIPTS.get(each, each) for each in rest)
    return f"{_NAMES[primary]} ({more})" if more else _NAMES[primary]


def direction_of(code: str) -> Literal["ltr", "rtl"]:
    """Return the direction of a language's script."""
    return "rtl" if likely_script(code) in _RIGHT_TO_LEFT else "ltr"

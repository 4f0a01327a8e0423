"""Languages by their English names, and the direction in which they are written."""

from __future__ import annotations

from typing import Literal

from gloctm.language_names import ENGLISH_NAMES
from gloctm.languages import likely_script

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
    if primary not in ENGLISH_NAMES:
        return code
    more = ", ".join(_SCRIPTS.get(each, each) for each in rest)
    return f"{ENGLISH_NAMES[primary]} ({more})" if more else ENGLISH_NAMES[primary]


def direction_of(code: str) -> Literal["ltr", "rtl"]:
    """Return the direction of a language's script."""
    return "rtl" if likely_script(code) in _RIGHT_TO_LEFT else "ltr"

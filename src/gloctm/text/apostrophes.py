"""What an apostrophe cuts off a word, by language: elided articles, pronouns and prepositions, and endings."""

from __future__ import annotations

import re
from functools import lru_cache

# Before the apostrophe, where the word itself comes after it. Words that are one (aujourd'hui, quelqu'un, mezz'ora,
# sant'antonio) stay whole.
_BEFORE = {
    "fr": "l d j m n t s c ç y qu jusqu lorsqu puisqu quoiqu",
    "it": "l un d dell all dall nell sull coll quell quest c s m t v n gl ch com dov cos quand senz "
    "nessun ciascun qualcun anch",
    "ca": "l d m t s n",
    "oc": "l d j m t s n c qu jusqu",
    "pt": "d",
    "gl": "d",
    "co": "l d un m t s v c n ch quell quand",
    "scn": "l d m t s c n un",
    "sc": "l s d m t un",
    "fur": "l d un",
    "wa": "l d m t s c k n dj",
    "rm": "l d s ch",
    "eo": "l d",
    "lb": "d",
    "ga": "b d m",
    "gd": "b d m t dh",
    "br": "d m n s",
    "mt": "b f m s t x",
    "el": "σ τ μ ν θ απ γι αλλ κι κατ μετ παρ",
}
# After the apostrophe, where the word itself comes before it: the English possessive, weak pronouns and articles.
_AFTER = {"en": "s", "ca": "ls l m ns n s t us", "cy": "r n i u w m th ch"}
# Where an apostrophe parts a name from all its endings; one word, for the Koran, has it within.
_ENDINGS = frozenset({"tr", "az", "azj", "crh"})


@lru_cache(maxsize=64)
def apostrophes_of(code: str) -> re.Pattern[str] | None:
    """Return what to take off a lower-case word that has an apostrophe in it; None where nothing is.

    Args:
        code: the primary subtag of a language.
    """
    parts = []
    if code in _BEFORE:
        parts.append(f"^(?:(?:{'|'.join(_BEFORE[code].split())})')+")
    if code in _AFTER:
        parts.append(f"'(?:{'|'.join(_AFTER[code].split())})$")
    if code in _ENDINGS:
        parts.append("(?<!^kur)'.*$")
    return re.compile("|".join(parts)) if parts else None


def elided_before(code: str) -> str | None:
    """Return what may be elided before a word, as alternatives of a pattern; None where there is more to an apostrophe.

    Args:
        code: the primary subtag of a language.
    """
    return "|".join(_BEFORE[code].split()) if code in _BEFORE and code not in _AFTER else None

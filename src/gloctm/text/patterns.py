"""Patterns of the library regex, which knows Unicode's properties, loaded when the first is used."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=64)
def compiled(pattern: str) -> Any:
    r"""Compile a pattern, once per process.

    Example:
        >>> compiled(r"\p{Han}+").findall("red 红色")
        ['红色']
    """
    import regex

    return regex.compile(pattern)


@lru_cache(maxsize=16)
def as_ranges(characters: str) -> str:
    """Return a class of characters of the basic plane, written out, for an engine that knows no properties.

    Args:
        characters: a pattern of one character, for the library regex.
    """
    # Not the surrogates, which normalized text has not.
    plane = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x10000))))
    # One range must not reach across the gap; no letters are next to it.
    runs = (found.group() for found in compiled(f"{characters}+").finditer(plane))
    return "[" + "".join(f"{re.escape(run[0])}-{re.escape(run[-1])}" for run in runs) + "]"

"""Patterns of the library regex, which knows Unicode's properties, loaded when the first is used."""

from __future__ import annotations

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

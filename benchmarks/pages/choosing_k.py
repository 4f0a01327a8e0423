"""The table of docs/guides/choose-k.md."""

from __future__ import annotations

from collections.abc import Callable

from choosing_k import as_printed

from pages.results import results


def choosing_k() -> str:
    """What the search of the built-in corpus says, as it is printed."""
    return as_printed(results("choosing-k"))


TABLES: dict[str, Callable[[], str]] = {"choosing k": choosing_k}

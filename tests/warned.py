"""Warnings that this package gives, apart from those that whatever else runs in the process may give."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from gloctm import errors

OURS = tuple(each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, Warning))


def messages_of(caught: Iterable[Any], category: type[Warning]) -> list[str]:
    """Return what the warnings of one category say, in order."""
    return [str(each.message) for each in of_category(caught, category)]


def of_category(caught: Iterable[Any], category: type[Warning]) -> list[Any]:
    """Return the warnings of one category, in order."""
    return [each for each in caught if each.category is category]


@contextlib.contextmanager
def no_warnings() -> Iterator[None]:
    """Make every warning of this package an error."""
    with warnings.catch_warnings():
        for category in OURS:
            warnings.simplefilter("error", category)
        yield

"""pyarrow, an extra, imported where something needs it."""

from __future__ import annotations

from typing import Any

from gloctm.errors import MissingDependencyError


def import_pyarrow(purpose: str) -> tuple[Any, Any]:
    """Return the library pyarrow and its module for Parquet.

    Raises:
        MissingDependencyError: it is not installed; the message begins with the purpose.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingDependencyError.of(purpose, "pyarrow") from None
    return pyarrow, parquet

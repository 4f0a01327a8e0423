"""pyarrow, an extra, imported where something needs it."""

from __future__ import annotations

from typing import Any

from gloctm.errors import import_optional


def import_pyarrow(purpose: str) -> tuple[Any, Any]:
    """Return the library pyarrow and its module for Parquet.

    Raises:
        MissingDependencyError: it is not installed; the message begins with the purpose.
    """
    return import_optional("pyarrow", purpose, "pyarrow"), import_optional("pyarrow.parquet", purpose, "pyarrow")

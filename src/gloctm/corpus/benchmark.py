"""The field's benchmark layout, as InfoCTM and TopMost publish it: a folder with a set of files per language."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import scipy.sparse as sp

from gloctm.corpus.language import LanguageCorpus
from gloctm.errors import FileFormatError, InputError
from gloctm.files.encodings import decoded_lines
from gloctm.languages import ALIASES, normalize_language, normalize_languages


def read_benchmark(
    path: str | os.PathLike[str], languages: Sequence[str] | None = None, *, split: str = "train"
) -> dict[str, LanguageCorpus]:
    """Read one split of a benchmark folder; see ``Corpus.from_benchmark``.

    Texts and labels are optional (some published folders lack a text file), counts and vocabulary are not.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise FileFormatError(f"{folder} is not a folder: give the folder of a benchmark corpus")
    if split not in ("train", "test"):
        raise InputError(f"split is {split!r}: it is 'train' or 'test'")
    found = {file.name.removeprefix("vocab_"): file for file in sorted(folder.glob("vocab_*")) if not file.suffix}
    if not found:
        raise FileFormatError(f"{folder} has no file vocab_LANG: it is not in the benchmark layout")
    parts = {}
    chosen = list(found) if languages is None else list(languages)
    for language, code in zip(chosen, normalize_languages(chosen), strict=True):
        suffix = _suffix(language, found, folder)
        counts = _read_counts(folder / f"{split}_bow_matrix_{suffix}.npz")
        parts[code] = LanguageCorpus(
            counts=counts,
            vocabulary=_read_lines(folder / f"vocab_{suffix}"),
            labels=_read_optional(folder / f"{split}_labels_{suffix}.txt"),
            texts=_read_optional(folder / f"{split}_texts_{suffix}.txt"),
            tokenizer="whitespace",
        )
    return parts


def is_benchmark(path: Path) -> bool:
    """Return whether a path is a folder in the benchmark layout."""
    return path.is_dir() and any(not file.suffix for file in path.glob("vocab_*"))


def _suffix(language: str, found: dict[str, Path], folder: Path) -> str:
    """Return how the folder spells a language: as given, or by a spelling that means the same."""
    code = normalize_language(language)
    for candidate in (language, code, *(alias for alias, meant in ALIASES.items() if meant == code)):
        if candidate in found:
            return candidate
    raise InputError(f"{folder} has no language {language!r}: it has {', '.join(found)}")


def _read_counts(path: Path) -> sp.csr_array:
    try:
        return sp.csr_array(sp.load_npz(path))
    except FileNotFoundError:
        raise FileFormatError(f"{path.parent} is incomplete: {path.name} is missing") from None
    except Exception as error:  # a damaged archive raises nearly anything: zlib.error, NotImplementedError, ...
        raise FileFormatError(f"{path} is not a readable sparse matrix ({error}): get the file again") from None


def _read_lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            return [line.removesuffix("\n").removesuffix("\r") for line in decoded_lines(path, stream)]
    except FileNotFoundError:
        raise FileFormatError(f"{path.parent} is incomplete: {path.name} is missing") from None


def _read_optional(path: Path) -> list[str] | None:
    return _read_lines(path) if path.exists() else None

"""Where a build works: its folders, what runs its stages, and what their results depend on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gloctm.corpus.options import TextSettings
from gloctm.engine import Done, Engine, Note, Piece, key_of, run_stage

# Part of every key: to be raised when a stage gives other results for the same input.
_VERSION = 1


@dataclass(frozen=True)
class Workshop:
    """The folder of an unfinished build.

    Attributes:
        folder: the folder.
        engine: runs the pieces of the stages.
        show_progress: whether progress is shown.
    """

    folder: Path
    engine: Engine
    show_progress: bool

    @property
    def splits(self) -> Path:
        """The folder of the splits' tables."""
        return self.folder / "splits"

    @property
    def words(self) -> Path:
        """The folder of words that may be in vocabularies."""
        return self.folder / "words"

    @property
    def corpus(self) -> Path:
        """The folder of the corpus as it will be."""
        return self.folder / "corpus"

    @property
    def digests(self) -> Path:
        """The folder of what duplicates are found by."""
        return self.folder / "digests"

    def run(
        self,
        work: Callable[[Any], Done],
        pieces: Sequence[Piece],
        folder: Path,
        description: str,
        unit: str = "shards",
    ) -> list[Note]:
        """Run a stage whose files are in a folder; see ``run_stage``."""
        return run_stage(
            self.engine,
            work,
            pieces,
            folder,
            description=description,
            notes=self.folder / "notes" / work.__name__,
            unit=unit,
            show_progress=self.show_progress,
        )


def key(stage: str, *parts: Any) -> str:
    """Return the key of a piece of a stage."""
    return key_of(stage, _VERSION, version("gloctm"), *parts)


def settings_identity(settings: TextSettings) -> dict[str, Any]:
    """Return settings as JSON can hold them; a tokenizer of the user's own is its name and, where it has one, its code.

    What such a tokenizer calls in turn is not part of it.
    """
    return {
        **{name: _plain(value) for name, value in vars(settings).items()},
        "tokenizers": tokenizers_identity(settings.tokenizers),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return value


def tokenizers_identity(tokenizers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return tokenizers of the user's own as JSON can hold them, see ``settings_identity``."""
    functions = {code: getattr(tokenizer, "function", tokenizer) for code, tokenizer in tokenizers.items()}
    return {code: [_qualified(function), _code(function)] for code, function in functions.items()}


def _qualified(tokenizer: Any) -> str:
    named = tokenizer if hasattr(tokenizer, "__qualname__") else type(tokenizer)
    return f"{named.__module__}.{named.__qualname__}"


def _code(tokenizer: Any) -> str:
    code = getattr(inspect.unwrap(tokenizer), "__code__", None)
    # The names of inner functions would have their addresses.
    constants = [] if code is None else [each for each in code.co_consts if isinstance(each, str | int | float | bytes)]
    return "" if code is None else f"{code.co_code.hex()} {code.co_names} {constants}"


def options_identity(options: Any) -> dict[str, Any]:
    """Return a dataclass of plain values as JSON can hold it."""
    return asdict(options)

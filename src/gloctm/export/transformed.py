"""What became of documents, and writing them to one file as they are inferred."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import IO

from gloctm.corpus.report import describe_left_out, kind_of_reason
from gloctm.errors import ReadingWarning
from gloctm.export.incoming import LeftOut
from gloctm.export.proportions import Write, proportions_writer
from gloctm.export.sources import Inferred, Source, Step
from gloctm.model.fitted import FittedModel
from gloctm.progress import track
from gloctm.reading.dropped import DroppedDocument


@dataclass
class Transformed:
    """What ``transform_to`` wrote, and what it left out.

    Attributes:
        documents: how many were written, by language in order of appearance.
        left_out: how many could not be read, or their language not be identified, by reason.
        first_left_out: the first of them.

    Examples:
        >>> from gloctm.export import transform_to
        >>> transformed = transform_to(model, [{"text": "12 - 34"}, {"text": "A train.", "lang": "en"}], "theta.csv")
        >>> dict(transformed.documents), dict(transformed.left_out)
        ({'en': 1}, {'language not recognized': 1})
    """

    documents: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    first_left_out: DroppedDocument | None = None

    @property
    def num_documents(self) -> int:
        """How many documents were written."""
        return self.documents.total()

    @property
    def num_read(self) -> int:
        """How many documents were read."""
        return self.documents.total() + self.left_out.total()

    def add(self, found: Inferred) -> None:
        """Count documents."""
        self.documents.update(found.languages)
        self.left_out.update(kind_of_reason(each.document.reason) for each in found.left_out)
        if self.first_left_out is None and found.left_out:
            self.first_left_out = found.left_out[0].listed()

    def warn(self, listed: str, stacklevel: int = 3) -> None:
        """Warn of documents that were left out; ``listed`` says where they are listed."""
        if (first := self.first_left_out) is not None:
            warnings.warn(
                f"{describe_left_out(self.left_out)}, the first at {first.source}: {first.text!r}; {listed} lists them",
                ReadingWarning,
                stacklevel=stacklevel,
            )


def write_inferred(
    target: str | os.PathLike[str] | IO[str],
    steps: Iterable[Step],
    done: Transformed,
    leave_out: Callable[[Iterable[LeftOut]], None],
) -> None:
    """Infer documents and write them to one file, or to a stream; without any document, nothing.

    Args:
        target: see ``write_proportions``.
        steps: the documents.
        done: counts them.
        leave_out: is handed what is left out.
    """
    with contextlib.ExitStack() as stack:
        write: Write | None = None
        for step in steps:
            found = step.infer()
            done.add(found)
            leave_out(found.left_out)
            if found.ids:
                if write is None:
                    write = stack.enter_context(proportions_writer(target, range(found.theta.shape[1])))
                write(found.ids, found.languages, found.theta)


def steps_shown(source: Source, model: FittedModel, done: Transformed) -> Iterator[Step]:
    """Yield the steps of a source and show their progress; a single step shows that of its own work.

    Args:
        source: the documents.
        model: infers them. It shows progress or none; with several steps, none of its own from then on.
        done: counts them.
    """
    steps = source.steps()
    first = next(steps, None)
    if first is None:
        return
    show = model.show_progress and source.takes_long
    if source.takes_long:
        model.show_progress = False
    with track("transforming", None, "documents", show=show) as progress:
        for step in chain([first], steps):
            yield step
            progress.advance(step.size, total=source.total(done.num_read))

"""Topic proportions of any number of documents, written as they are inferred: memory does not grow with them."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

from gloctm.corpus.options import MIN_CONFIDENCE
from gloctm.corpus.report import describe_left_out, kind_of_reason
from gloctm.errors import InputError, ReadingWarning
from gloctm.export.incoming import Block, identified, read_blocks
from gloctm.export.proportions import Write, check_proportions_target, proportions_writer
from gloctm.files.atomic import atomic_file
from gloctm.model.fitted import Encoder
from gloctm.model.inference import Via
from gloctm.model.inferring import BlockInference
from gloctm.model.model import TopicModel
from gloctm.progress import Progress, track
from gloctm.reading.dropped import DroppedDocument, write_dropped
from gloctm.reading.records import RecordReader, as_records

T = TypeVar("T")


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

    def add(self, block: Block) -> None:
        """Count the documents of a block."""
        self.documents.update(block.languages)
        self.left_out.update(kind_of_reason(each.reason) for each in block.left_out)
        if self.first_left_out is None and block.left_out:
            self.first_left_out = block.left_out[0]

    def warn(self, listed: str, stacklevel: int = 3) -> None:
        """Warn of documents that were left out; ``listed`` says where they are listed."""
        if (first := self.first_left_out) is not None:
            warnings.warn(
                f"{describe_left_out(self.left_out)}, the first at {first.source}: {first.text!r}; {listed} lists them",
                ReadingWarning,
                stacklevel=stacklevel,
            )


def transform_to(
    model: TopicModel,
    documents: Any,
    target: str | os.PathLike[str] | IO[str],
    *,
    via: Via | None = None,
    latent: bool = False,
    encoder: Encoder | None = None,
    min_confidence: float = MIN_CONFIDENCE,
    dropped: str | os.PathLike[str] | None = None,
    on_read: Callable[[RecordReader], None] | None = None,
) -> Transformed:
    """Infer the topic proportions of documents and write them as ``write_proportions`` does, a row per document.

    Documents are read, inferred and written in blocks of some thousand, so that memory does not grow with them. The
    rows are those of ``TopicModel.transform``, in the order of the documents.

    Args:
        model: trained.
        documents: what ``read_records`` gives for files, or what ``as_records`` takes: mappings with ``text`` and,
            where wanted, ``lang`` and ``id``; a data frame; anything that hands them out one by one. Languages that
            are not given are identified, preferably as one of the model's. A document without an id gets its position.
        target: a file that ends in ``.parquet``, ``.csv`` or ``.jsonl``, put in place only once it is complete; or an
            open text stream, which receives JSON lines block by block.
        via: see ``TopicModel.transform``.
        latent: write the latent means μ instead of θ.
        encoder: see ``TopicModel.transform``.
        min_confidence: documents whose language is identified with less confidence are left out; 0.5, which nearly all
            texts of a sentence or two reach.
        dropped: a file for the list of documents that are left out, as JSON lines. None writes no list.
        on_read: called once all documents have been read, before the last of them are inferred.

    Returns:
        How many documents were written, and how many left out. A ReadingWarning says why; other warnings are those of
        ``transform``, each once for all documents of a language.

    Raises:
        NotFittedError: the model is not trained.
        InputError: there are no documents, or none that can be used; see ``transform``. Nothing is then written but
            what a stream has received.
        FileFormatError: a file of documents can't be read.

    Examples:
        >>> from gloctm.export import transform_to
        >>> documents = [{"text": "The train was late.", "lang": "en"}, {"text": "Der Zug kam.", "lang": "de"}]
        >>> transform_to(model, documents, "theta.csv").num_documents
        2
    """
    _check(target, dropped, min_confidence)
    reader = as_records(documents)
    inference = BlockInference(model, via=via, latent=latent, encoder=encoder)
    done = Transformed()
    with contextlib.ExitStack() as stack:
        leave_out = stack.enter_context(_listing(dropped))
        write: Write | None = None
        for entries, follows, progress in _shown(read_blocks(reader), reader, inference):
            if not follows and on_read is not None:
                on_read(reader)
            block = identified(entries, min_confidence, model.languages_)
            done.add(block)
            leave_out(block.left_out)
            if block.texts:
                theta = inference.texts(block.texts, block.languages)
                if write is None:
                    write = stack.enter_context(proportions_writer(target, range(theta.shape[1])))
                write(block.ids, block.languages, theta)
            read = done.num_documents + done.left_out.total()
            share = reader.fraction()
            progress.advance(len(entries), total=round(read / share) if share else None)
    done.warn("dropped=FILE" if dropped is None else str(dropped))
    if not done.num_documents:
        if not done.left_out:
            raise InputError(f"{reader.origin} has no documents: nothing to transform")
        raise InputError(f"{reader.origin}: no document could be used")
    inference.warn()
    return done


def _check(
    target: str | os.PathLike[str] | IO[str], dropped: str | os.PathLike[str] | None, min_confidence: float
) -> None:
    """Raise now if something would be refused later."""
    if isinstance(target, str | os.PathLike):
        check_proportions_target(Path(target))
    if dropped is not None:
        listed = Path(dropped)
        if str(listed) == "-" or listed.is_dir() or not listed.parent.is_dir():
            raise InputError(f"dropped is {dropped}: name a file in a folder that exists")
        if isinstance(target, str | os.PathLike) and listed.absolute() == Path(target).absolute():
            raise InputError(f"can't write both the topics and what is left out to {dropped}: name another file")
    if not 0 <= min_confidence <= 1:
        raise InputError(f"min_confidence is {min_confidence}: it must be from 0 to 1")


@contextlib.contextmanager
def _listing(path: str | os.PathLike[str] | None) -> Iterator[Callable[[list[DroppedDocument]], None]]:
    """Yield a function that lists documents in a file, if there is one."""
    if path is None:
        yield lambda _: None
        return
    with atomic_file(path) as stream:
        yield lambda left_out: write_dropped(stream, left_out)


def _shown(blocks: Iterable[T], reader: RecordReader, inference: BlockInference) -> Iterator[tuple[T, bool, Progress]]:
    """Yield blocks, whether another follows, and what shows their progress: of a single block, its own work does."""
    waiting = iter(blocks)
    try:
        block = next(waiting)
    except StopIteration:
        return
    following = next(waiting, None)
    show = following is not None and inference.model.show_progress
    if following is not None:
        inference.without_progress()
    with track("transforming", None, "documents", show=show) as progress:
        while True:
            yield block, following is not None, progress
            if following is None:
                return
            block, following = following, next(waiting, None)

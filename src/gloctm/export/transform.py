"""Topic proportions of any number of documents, written as they are inferred: memory does not grow with them."""

from __future__ import annotations

import contextlib
import os
import secrets
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import chain, groupby
from pathlib import Path
from typing import IO, Any

from gloctm.corpus.corpus import Corpus
from gloctm.corpus.options import MIN_CONFIDENCE
from gloctm.corpus.report import describe_left_out, kind_of_reason
from gloctm.engine.stage import key_of
from gloctm.errors import InputError, ReadingWarning
from gloctm.export.parts import check_parts_target, folder_of_parts, is_folder_target, model_fingerprint
from gloctm.export.proportions import Write, check_proportions_target, proportions_writer
from gloctm.export.sources import CorpusDocuments, Inferred, ReadDocuments, Source, Step
from gloctm.files.atomic import atomic_file
from gloctm.model.fitted import Encoder, FittedModel
from gloctm.model.inference import Via
from gloctm.model.inferring import BlockInference
from gloctm.model.model import TopicModel
from gloctm.progress import Progress, track
from gloctm.reading.dropped import DroppedDocument, write_dropped
from gloctm.reading.records import RecordReader, as_records
from gloctm.shards.corpus import ShardedCorpus

# Of what parts hold: those of another are made again.
_VERSION = 1


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
        self.left_out.update(kind_of_reason(each.reason) for each in found.left_out)
        if self.first_left_out is None and found.left_out:
            self.first_left_out = found.left_out[0]

    def state(self, inference: BlockInference) -> dict[str, Any]:
        """Return what was counted so far, as JSON holds it."""
        first = self.first_left_out
        return {
            "documents": dict(self.documents),
            "left_out": dict(self.left_out),
            "first_left_out": None if first is None else asdict(first),
            "tallies": [tally.as_json() for tally in inference.tallies.values()],
        }

    def restore(self, state: Mapping[str, Any], inference: BlockInference) -> None:
        """Go on from what ``state`` returned."""
        self.documents.update(state["documents"])
        self.left_out.update(state["left_out"])
        if state["first_left_out"] is not None:
            self.first_left_out = DroppedDocument(**state["first_left_out"])
        inference.restore(state["tallies"])

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
        documents: a ``Corpus`` or a ``ShardedCorpus``; or what ``read_records`` gives for files; or what ``as_records``
            takes: mappings with ``text`` and, where wanted, ``lang`` and ``id``, or a data frame. Languages that are
            not given are identified, preferably as one of the model's. A document without an id gets its position.
        target: a file that ends in ``.parquet``, ``.csv`` or ``.jsonl``, put in place only once it is complete; or an
            open text stream, which receives JSON lines block by block. A name without an ending is a folder of Parquet
            files with ``_transform.json``: what a run that was killed has made of it waits in the hidden folder
            ``.NAME.transforming``, and the same call goes on from there, unless files, model or settings changed.
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
    path = None if not isinstance(target, str | os.PathLike) else Path(target)
    _check(path, dropped, min_confidence)
    corpus = documents if isinstance(documents, Corpus | ShardedCorpus) else None
    inference = BlockInference(model, via=via, latent=latent, encoder=encoder, corpus=corpus)
    source: Source
    if corpus is not None:
        source = CorpusDocuments(corpus, inference)
    else:
        source = ReadDocuments(as_records(documents), inference, min_confidence, on_read)
    done = Transformed()
    with _listing(dropped) as leave_out:
        if path is not None and is_folder_target(path):
            settings = {"latent": latent, "via": via, "encoder": _encoder_identity(inference.model, encoder)}
            _write_folder(path, source, inference, done, leave_out, settings)
        else:
            _write_file(target, source, inference, done, leave_out)
    done.warn("dropped=FILE" if dropped is None else str(dropped))
    if not done.num_documents:
        if not done.left_out:
            raise InputError(f"{source.name} has no documents: nothing to transform")
        raise InputError(f"{source.name}: no document could be used")
    inference.warn()
    return done


def _write_file(
    target: str | os.PathLike[str] | IO[str],
    source: Source,
    inference: BlockInference,
    done: Transformed,
    leave_out: Callable[[Iterable[DroppedDocument]], None],
) -> None:
    """Write one file, or to a stream; without any document, nothing."""
    with contextlib.ExitStack() as stack:
        write: Write | None = None
        for step, progress in _shown(source, inference):
            found = step.infer()
            done.add(found)
            leave_out(found.left_out)
            if found.ids:
                if write is None:
                    write = stack.enter_context(proportions_writer(target, range(found.theta.shape[1])))
                write(found.ids, found.languages, found.theta)
            progress.advance(step.size, total=source.total(done.num_read))


def _write_folder(
    target: Path,
    source: Source,
    inference: BlockInference,
    done: Transformed,
    leave_out: Callable[[Iterable[DroppedDocument]], None],
    settings: dict[str, Any],
) -> None:
    """Write a folder of parts, those left that a run before has made of the same documents."""
    model = inference.model
    before = source.identity()
    facts = {"model": model_fingerprint(model), "num_topics": model.num_topics_, **settings}
    # What may have changed unseen is made again.
    key = key_of("transform", _VERSION, version("gloctm"), secrets.token_hex(16) if before is None else before, facts)
    skipped = 0
    with folder_of_parts(target, key, range(model.num_topics_), facts) as writer:
        leave_out(writer.left_out())
        if writer.done:
            skipped = len(writer.done)
            done.restore(writer.state, inference)
        for number, steps in groupby(_shown(source, inference), key=lambda each: each[0].part):
            if number < skipped:
                for step, progress in steps:
                    progress.advance(step.size)
                continue
            with writer.part() as (write, left_out):
                for step, progress in steps:
                    found = step.infer()
                    done.add(found)
                    left_out += found.left_out
                    write(found.ids, found.languages, found.theta)
                    progress.advance(step.size, total=source.total(done.num_read))
            leave_out(left_out)
            writer.commit(done.state(inference))
        if source.identity() != before:
            raise InputError(f"{source.name} was changed while it was read: run the same again")


def _encoder_identity(model: FittedModel, encoder: Encoder | None) -> list[str] | None:
    found = model.encoder_of_words(encoder)
    return None if found is None else [found.name, found.version]


def check_target(target: Path) -> None:
    """Raise now if ``transform_to`` would refuse this target, before anything is computed."""
    if is_folder_target(target):
        check_parts_target(target)
    else:
        check_proportions_target(target)


def _check(target: Path | None, dropped: str | os.PathLike[str] | None, min_confidence: float) -> None:
    """Raise now if something would be refused later."""
    if target is not None:
        check_target(target)
    if dropped is not None:
        listed = Path(dropped)
        if str(listed) == "-" or listed.is_dir() or not listed.parent.is_dir():
            raise InputError(f"dropped is {dropped}: name a file in a folder that exists")
        if target is not None and listed.absolute() == target.absolute():
            raise InputError(f"can't write both the topics and what is left out to {dropped}: name another file")
    if not 0 <= min_confidence <= 1:
        raise InputError(f"min_confidence is {min_confidence}: it must be from 0 to 1")


@contextlib.contextmanager
def _listing(path: str | os.PathLike[str] | None) -> Iterator[Callable[[Iterable[DroppedDocument]], None]]:
    """Yield a function that lists documents in a file, if there is one."""
    if path is None:
        yield lambda _: None
        return
    with atomic_file(path) as stream:
        yield lambda left_out: write_dropped(stream, left_out)


def _shown(source: Source, inference: BlockInference) -> Iterator[tuple[Step, Progress]]:
    """Yield steps with what shows their progress; a single step shows that of its own work."""
    steps = source.steps()
    first = next(steps, None)
    if first is None:
        return
    show = source.takes_long and inference.model.show_progress
    if source.takes_long:
        inference.without_progress()
    with track("transforming", None, "documents", show=show) as progress:
        for step in chain([first], steps):
            yield step, progress

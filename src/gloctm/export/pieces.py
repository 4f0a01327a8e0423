"""Pieces of a transform into a folder: functions of their items alone, run here, in other processes or elsewhere.

A piece reads some documents, infers them, and writes a file of topic proportions and one of what it leaves out. Where
documents have no id, that is their position in the whole input, which only all pieces before tell: a second stage then
writes the file again with ids.
"""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from gloctm import errors
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.shard_manifest import CORPUS_FORMAT
from gloctm.embedding.embed import get_encoder_by_name
from gloctm.embedding.encoder import TextEncoder
from gloctm.engine import Done
from gloctm.errors import InputError
from gloctm.export.incoming import LeftOut, with_positions
from gloctm.export.sources import CorpusDocuments, ReadDocuments, Source
from gloctm.export.transformed import Transformed, steps_shown, write_inferred
from gloctm.files.arrow import import_pyarrow
from gloctm.files.atomic import atomic_file, storable
from gloctm.files.digests import file_sha256
from gloctm.model.fitted import Encoder, FittedModel
from gloctm.model.inference import Via
from gloctm.model.inferring import BlockInference, for_streams
from gloctm.model.model import TopicModel
from gloctm.reading.dropped import DroppedDocument
from gloctm.reading.records import ReadSettings, RecordReader, read_parts
from gloctm.shards.corpus import ShardedCorpus
from gloctm.shards.plan import Split
from gloctm.text import Tokenizer


@dataclass(frozen=True)
class HeldModel:
    """A model of this process.

    Attributes:
        model: see ``for_streams``.
        encoder: see ``TopicModel.transform``.
    """

    model: FittedModel
    encoder: Encoder | None

    def opened(self) -> tuple[FittedModel, Encoder | None]:
        """Return the model and the encoder."""
        return self.model, self.encoder


@dataclass(frozen=True)
class SavedModel:
    """A model in a folder, which each process loads once.

    Attributes:
        folder: of the model.
        fingerprint: of what inference reads of it; another model in the same folder has another one.
        encoder: embeds words outside the vocabularies: its name, or itself where it is your own; None for none.
        tokenizers: your own, by language.
    """

    folder: Path
    fingerprint: str
    encoder: str | TextEncoder | None
    tokenizers: Mapping[str, Tokenizer] = field(default_factory=dict)

    def opened(self) -> tuple[FittedModel, Encoder | None]:
        """Return the model and the encoder."""
        model = _loaded(self.folder, self.fingerprint)
        model.own_tokenizers = dict(self.tokenizers)
        return model, _by_name(self.encoder) if isinstance(self.encoder, str) else self.encoder


@lru_cache(maxsize=1)
def _loaded(folder: Path, fingerprint: str) -> FittedModel:
    return for_streams(TopicModel.load(folder))


@lru_cache(maxsize=1)
def _by_name(name: str) -> TextEncoder:
    return get_encoder_by_name(name)


@dataclass(frozen=True)
class SplitDocuments:
    """Documents of stretches of files.

    Attributes:
        split: the stretches.
        reading: how they are read.
        min_confidence: of identified languages.
        is_beginning: whether the whole input begins with them.
    """

    split: Split
    reading: ReadSettings
    min_confidence: float
    is_beginning: bool

    #: Of routes: documents that are read are of no corpus.
    corpus = None

    def __str__(self) -> str:
        return str(self.split)

    @contextlib.contextmanager
    def opened(self, inference: BlockInference) -> Iterator[Source]:
        """Yield what reads them; the files must not change meanwhile."""
        self.split.check_unchanged()
        reader = read_parts(self.split.parts, self.reading)
        yield ReadDocuments(reader, inference, self.min_confidence, is_beginning=self.is_beginning)
        self.split.check_unchanged()


@dataclass(frozen=True)
class ShardDocuments:
    """Documents of one shard of a corpus on disk.

    Attributes:
        folder: of the corpus.
        manifest: SHA-256 of its manifest.
        shard: see ``list_shards``.
    """

    folder: Path
    manifest: str
    shard: tuple[str, int, int]

    def __str__(self) -> str:
        code, first, last = self.shard
        return f"{self.folder}, documents {first:,} to {last - 1:,} of {code}"

    @property
    def corpus(self) -> ShardedCorpus:
        """The corpus, opened once per process."""
        self._check_unchanged()
        return _corpus(self.folder, self.manifest)

    def _check_unchanged(self) -> None:
        if file_sha256(self.folder / CORPUS_FORMAT.manifest) != self.manifest:
            raise InputError(f"{self.folder} changed while it was read: run the same again")

    @contextlib.contextmanager
    def opened(self, inference: BlockInference) -> Iterator[Source]:
        """Yield what reads them."""
        yield CorpusDocuments(self.corpus, inference, [self.shard])
        self._check_unchanged()


@lru_cache(maxsize=1)
def _corpus(folder: Path, manifest: str) -> ShardedCorpus:
    return ShardedCorpus.load(folder)


@dataclass(frozen=True)
class HeldDocuments:
    """Documents in the memory of this process, or that it alone can read.

    Attributes:
        documents: all of them.
        min_confidence: of identified languages.
    """

    documents: RecordReader | Corpus
    min_confidence: float

    def __str__(self) -> str:
        return "documents in memory"

    @property
    def corpus(self) -> Corpus | None:
        """The corpus, where they are one."""
        return self.documents if isinstance(self.documents, Corpus) else None

    @contextlib.contextmanager
    def opened(self, inference: BlockInference) -> Iterator[Source]:
        """Yield what reads them."""
        if isinstance(self.documents, Corpus):
            yield CorpusDocuments(self.documents, inference)
        else:
            yield ReadDocuments(self.documents, inference, self.min_confidence)


@dataclass(frozen=True)
class TransformItem:
    """Documents to be inferred.

    Attributes:
        documents: which.
        model: infers them.
        via: see ``TopicModel.transform``.
        latent: see ``TopicModel.transform``.
        folder: where files go.
        name: what their names begin with.
    """

    documents: SplitDocuments | ShardDocuments | HeldDocuments
    model: HeldModel | SavedModel
    via: Via | None
    latent: bool
    folder: Path
    name: str


@dataclass(frozen=True)
class NumberItem:
    """A file of topic proportions whose documents get their positions as ids.

    Attributes:
        folder: where it is, and where the file with ids goes.
        name: what their names begin with.
        first: the position in the whole input at which its documents begin.
    """

    folder: Path
    name: str
    first: int


def inferred_file(name: str) -> str:
    """Return the name of a piece's topic proportions."""
    return f"{name}.parquet"


def numbered_file(name: str, first: int) -> str:
    """Return the name of a piece's topic proportions where documents have their positions, from the first on, as ids.

    Of an input that is named twice, one piece has several.
    """
    return f"{name}.from-{first}.parquet"


def words_file(name: str) -> str:
    """Return the name of a piece's list of words that did not count, which it has if there are any."""
    return f"{name}.words.json"


def infer_piece(item: TransformItem) -> Done:
    """Infer some documents.

    Facts are how many by language, how many left out by reason, what is amiss with words, how they were read, and the
    warnings that are to be given once for all pieces.

    Raises:
        FileFormatError: a file is damaged or malformed, or changed since the pieces were planned.
        InputError: see ``TopicModel.transform``.
    """
    model, encoder = item.model.opened()
    done = Transformed()
    files = [_left_out_file(item.name)]
    # Of several threads, the last bits would be others. Each process has a core, anyway.
    with threadpool_limits(1), _noted_warnings() as noted:
        inference = BlockInference(
            model, via=item.via, latent=item.latent, encoder=encoder, corpus=item.documents.corpus
        )
        with (
            item.documents.opened(inference) as source,
            _listing(item.folder / _left_out_file(item.name)) as leave_out,
        ):
            write_inferred(item.folder / inferred_file(item.name), steps_shown(source, model, done), done, leave_out)
    if done.num_documents:
        files.append(inferred_file(item.name))
    words = {code: sorted(tally.left_out) for code, tally in inference.tallies.items() if tally.left_out}
    if words:
        files.append(words_file(item.name))
        with atomic_file(item.folder / files[-1], "wb") as stream:
            stream.write(storable(json.dumps(words, ensure_ascii=False)).encode())
    facts = {
        "documents": dict(done.documents),
        "left_out": dict(done.left_out),
        "tallies": {code: tally.counts() for code, tally in inference.tallies.items()},
        "warnings": noted,
        **source.facts(),
    }
    return Done(files, facts)


def number_piece(item: NumberItem) -> Done:
    """Give documents without an id their position in the whole input."""
    pyarrow, parquet = import_pyarrow("Writing Parquet")
    positions = (item.first + each.position for each in left_out_of(item.folder, item.name))
    with (
        parquet.ParquetFile(item.folder / inferred_file(item.name)) as file,
        atomic_file(item.folder / numbered_file(item.name, item.first), "wb") as stream,
        parquet.ParquetWriter(stream, file.schema_arrow) as writer,
    ):

        def groups(columns: list[str] | None = None) -> Iterator[Any]:
            return (file.read_row_group(number, columns=columns) for number in range(file.num_row_groups))

        given = (each for group in groups(["id"]) for each in group.column(0).to_pylist())
        ids = with_positions(given, item.first, positions)
        for table in groups():
            own = pyarrow.array(list(islice(ids, table.num_rows)), pyarrow.string())
            writer.write_table(table.set_column(0, "id", own), row_group_size=max(table.num_rows, 1))
    return Done([numbered_file(item.name, item.first)])


def left_out_of(folder: Path, name: str) -> Iterator[LeftOut]:
    """Yield what a piece left out, in order."""
    with (folder / _left_out_file(name)).open("rb") as stream:
        for line in stream:
            content = json.loads(line)
            yield LeftOut(DroppedDocument(**content.pop("document")), **content)


def words_left_out_of(folder: Path, name: str) -> dict[str, list[str]]:
    """Return the words outside the vocabularies that did not count in a piece, by language."""
    found: dict[str, list[str]] = json.loads((folder / words_file(name)).read_bytes())
    return found


def warn_as_noted(noted: Iterable[tuple[str, str]], stacklevel: int) -> None:
    """Give the warnings of pieces, each once.

    Args:
        noted: category and message of each.
        stacklevel: of the warnings; 2 is the caller of this.
    """
    for category, message in dict.fromkeys(map(tuple, noted)):
        warnings.warn(message, getattr(errors, category), stacklevel=stacklevel)


@contextlib.contextmanager
def _noted_warnings() -> Iterator[list[tuple[str, str]]]:
    """Yield a list that holds the package's own warnings at the end of the block; others are given."""
    noted: list[tuple[str, str]] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield noted
    for each in caught:
        name = each.category.__name__
        if getattr(errors, name, None) is each.category:
            noted.append((name, str(each.message)))
        else:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    noted[:] = dict.fromkeys(noted)


@contextlib.contextmanager
def _listing(path: Path) -> Iterator[Any]:
    """Yield a function that lists what is left out in a file."""
    with atomic_file(path, "wb") as stream:

        def leave_out(found: Iterable[LeftOut]) -> None:
            for each in found:
                stream.write(storable(json.dumps(asdict(each), ensure_ascii=False)).encode() + b"\n")

        yield leave_out


def _left_out_file(name: str) -> str:
    return f"{name}.left_out.jsonl"

"""Transform into a folder as stages of independent pieces: planned, run by an engine, and put together.

Pieces are made in the hidden folder ``.NAME.transforming`` next to the target, where a run that was killed goes on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gloctm.corpus.corpus import Corpus
from gloctm.corpus.shard_files import SHARD_DOCUMENTS
from gloctm.corpus.shard_manifest import CORPUS_FORMAT
from gloctm.embedding.encoder import TextEncoder
from gloctm.engine import ONE_CORE, Engine, Note, Piece, Resources, Serial, get_engine, key_of, run_stage
from gloctm.errors import FileFormatError, InputError, MissingDependencyError
from gloctm.export import incoming
from gloctm.export.parts import Part, check_parts_target, model_fingerprint, put_in_place
from gloctm.export.pieces import (
    HeldDocuments,
    HeldModel,
    NumberItem,
    SavedModel,
    ShardDocuments,
    SplitDocuments,
    TransformItem,
    infer_piece,
    inferred_file,
    left_out_of,
    number_piece,
    numbered_file,
    warn_as_noted,
    words_file,
    words_left_out_of,
)
from gloctm.export.sources import HowRead, list_shards
from gloctm.export.transformed import Transformed
from gloctm.files.digests import file_sha256
from gloctm.files.encodings import Encoding
from gloctm.files.work import TRANSFORMING, work_folder, working_in
from gloctm.model.fitted import Encoder, FittedModel
from gloctm.model.inference import Via
from gloctm.model.inferring import Tally, for_streams
from gloctm.model.storage import save_model
from gloctm.reading.builder import check_seen
from gloctm.reading.dropped import DroppedDocument
from gloctm.reading.notes import joined_notes, notes_from_json
from gloctm.reading.records import RecordReader, tables_in
from gloctm.shards import plan
from gloctm.shards.corpus import ShardedCorpus
from gloctm.shards.machines import (
    TEXT_PACKAGES,
    encoder_folder,
    encoder_packages,
    one_of_each_folder,
    resources_of,
    sendable,
    uses_all_cores,
)
from gloctm.shards.workshop import tokenizers_identity

# Part of every key: to be raised when the same documents and model give other parts.
_VERSION = 3

_Documents = SplitDocuments | ShardDocuments | HeldDocuments


@dataclass(frozen=True)
class HowInferred:
    """How documents are inferred; see ``transform_to``.

    Attributes:
        via: the encoder of a published model.
        latent: whether μ is written instead of θ.
        encoder: embeds words outside the vocabularies.
        min_confidence: of identified languages.
    """

    via: Via | None
    latent: bool
    encoder: Encoder | None
    min_confidence: float


@dataclass
class _Together:
    """What the notes of all pieces say together.

    Attributes:
        done: the documents.
        tallies: what is amiss, by language.
        firsts: for each piece the position in the whole input at which its documents begin.
        columns: the column of each field.
        unseen: for each piece the columns that are named and not there.
        notes: what was read otherwise than written, as JSON holds it.
        warnings: category and message of each.
    """

    done: Transformed = field(default_factory=Transformed)
    tallies: dict[str, Tally] = field(default_factory=dict)
    firsts: list[int] = field(default_factory=list)
    columns: dict[str, str | None] = field(default_factory=dict)
    unseen: list[set[str]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)

    def add(self, note: Note, folder: Path, name: str) -> None:
        """Add the next piece."""
        facts = note.facts
        self.firsts.append(self.done.num_read)
        self.done.documents.update(facts["documents"])
        self.done.left_out.update(facts["left_out"])
        words = words_left_out_of(folder, name) if words_file(name) in note.files else {}
        for code, counts in facts["tallies"].items():
            self.tallies.setdefault(code, Tally(code, counts["known"])).add(counts, words.get(code, ()))
        self.warnings += facts["warnings"]
        for kind, column in facts.get("columns", {}).items():
            if column is not None or kind not in self.columns:
                self.columns[kind] = column
        self.unseen.append(set(facts.get("unseen", ())))
        self.notes += facts.get("notes", ())


def transform_into_folder(
    target: Path,
    documents: RecordReader | Corpus | ShardedCorpus,
    model: FittedModel,
    how: HowInferred,
    leave_out: Callable[[Iterable[DroppedDocument]], None],
    *,
    on_read: Callable[[HowRead], None] | None = None,
    engine: str = "processes",
    processes: int | None = None,
    address: str | None = None,
    stacklevel: int = 3,
) -> tuple[Transformed, list[Tally]]:
    """Write a folder of parts; without any document that can be used, nothing.

    What was done before an error or a kill waits next to the target for the same call.

    Args:
        target: the folder; an older one of this kind is replaced.
        documents: see ``transform_to``, as for the rest.
        model: trained.
        how: how documents are inferred.
        leave_out: is handed what is left out.
        on_read: gets how documents were read.
        engine: what runs the pieces.
        processes: how many.
        address: of the engine's cluster.
        stacklevel: of warnings; 3 is the caller of the function that calls this.

    Returns:
        What became of the documents, and what is amiss by language.

    Raises:
        InputError: the target holds something else, or another process writes it; the documents can't be inferred, or
            not by several processes.
        FileFormatError: a file is damaged or malformed, or changed while it was read.
    """
    check_parts_target(target)
    listed = _list_documents(documents, how.min_confidence)
    encoder = model.encoder_of_words(how.encoder)
    runs = _engine(get_engine(engine, processes, address), engine, processes, documents, len(listed), model, encoder)
    fingerprint = model_fingerprint(model)
    facts = {
        "model": fingerprint,
        "num_topics": model.num_topics_,
        "latent": how.latent,
        "via": how.via,
        "encoder": _encoder_identity(encoder),
    }
    with working_in(work_folder(target, TRANSFORMING)) as work, runs:
        # The progress of a single piece is that of its documents.
        is_alone = len(listed) == 1
        packages = TEXT_PACKAGES if encoder is None else {*TEXT_PACKAGES, *encoder_packages(encoder.name)}
        runs.check(work, _read_by(documents, encoder), sorted(packages))
        shows = model.show_progress and not is_alone
        stage = _Stage(runs, work / "parts", work / "notes", shows)
        shared: HeldModel | SavedModel
        if isinstance(runs, Serial):
            shared = HeldModel(for_streams(model, show_progress=model.show_progress and is_alone), encoder)
        else:
            # A process of a run that was killed may still be about to load the model of that run.
            saved = work / "models" / fingerprint[:32]
            save_model(model.artifact(), saved)
            shared = SavedModel(saved, fingerprint, sendable(encoder), model.own_tokenizers)
        own = tokenizers_identity(model.own_tokenizers)
        pieces = []
        for each, identity in listed:
            key = key_of("transform", _VERSION, version("gloctm"), identity, facts, own)
            # Named by what it depends on: where one file changes, the parts of others are kept.
            item = TransformItem(each, shared, how.via, how.latent, stage.folder, key[:32])
            pieces.append(Piece(key[:32], key, item, str(each)))
        notes = stage.run(infer_piece, pieces, "transforming", resources_of(encoder))
        together = _Together()
        for piece, note in zip(pieces, notes, strict=True):
            together.add(note, stage.folder, piece.name)
        if isinstance(documents, RecordReader):
            if tables := tables_in(documents.files):
                check_seen(set.intersection(*together.unseen), tables, FileFormatError)
            if on_read is not None:
                on_read(HowRead(together.columns, joined_notes(notes_from_json(together.notes))))
        warn_as_noted(together.warnings, stacklevel + 1)
        leave_out(_left_out(stage.folder, pieces, together.firsts))
        together.done.first_left_out = next(_left_out(stage.folder, pieces, together.firsts), None)
        parts = stage.parts(pieces, notes, together.firsts)
        if parts:
            put_in_place(target, parts, {**facts, "documents": dict(together.done.documents)})
    return together.done, list(together.tallies.values())


@dataclass(frozen=True)
class _Stage:
    """What runs the pieces, and where."""

    engine: Engine
    folder: Path
    notes: Path
    show_progress: bool

    def run(
        self,
        work: Callable[[Any], Any],
        pieces: Sequence[Piece],
        description: str,
        resources: Resources = ONE_CORE,
    ) -> list[Note]:
        self.folder.mkdir(exist_ok=True)
        return run_stage(
            self.engine,
            work,
            pieces,
            self.folder,
            description=description,
            notes=self.notes,
            unit="parts",
            resources=resources,
            show_progress=self.show_progress,
        )

    def parts(self, pieces: Sequence[Piece], notes: Sequence[Note], firsts: Sequence[int]) -> list[Part]:
        """Return the files of all documents, once those without an id have their positions."""
        files = {number: inferred_file(piece.name) for number, piece in enumerate(pieces)}
        made = dict(enumerate(notes))
        lacking = {}
        for number, (piece, note, first) in enumerate(zip(pieces, notes, firsts, strict=True)):
            if note.facts.get("without_id"):
                files[number] = numbered_file(piece.name, first)
                item = NumberItem(self.folder, piece.name, first)
                lacking[number] = Piece(files[number], key_of("number", note.key, first), item)
        made.update(zip(lacking, self.run(number_piece, list(lacking.values()), "numbering"), strict=True))
        rows = {number: sum(note.facts["documents"].values()) for number, note in enumerate(notes)}
        return [
            Part(self.folder / file, rows[number], *made[number].files[file])
            for number, file in files.items()
            if rows[number]
        ]


def _list_documents(
    documents: RecordReader | Corpus | ShardedCorpus, min_confidence: float
) -> list[tuple[_Documents, Any]]:
    """Return the documents of each piece, and what says that these are the same in the same state."""
    if isinstance(documents, ShardedCorpus):
        folder = documents.path.absolute()
        manifest = file_sha256(folder / CORPUS_FORMAT.manifest)
        where = [str(folder.resolve()), manifest]
        return [(ShardDocuments(folder, manifest, shard), [*where, *shard]) for shard in list_shards(documents)]
    if isinstance(documents, RecordReader) and documents.can_be_read_again:
        settings = documents.settings
        assert settings is not None
        how = [asdict(settings), min_confidence, incoming.BLOCK_DOCUMENTS, incoming.BLOCK_CHARACTERS]
        files = [file.absolute() for file in documents.files]
        splits = plan.list_splits(files, Encoding.of(settings.encoding), plan.SPLIT_BYTES)
        return [
            (SplitDocuments(split, settings, min_confidence, is_first), [split.identity(), is_first, *how])
            for split, is_first in ((split, number == 0) for number, split in enumerate(splits))
        ]
    # What may have changed unseen is made again.
    return [(HeldDocuments(documents, min_confidence), secrets.token_hex(16))]


def _engine(
    runs: Engine,
    name: str,
    processes: int | None,
    documents: RecordReader | Corpus | ShardedCorpus,
    num_pieces: int,
    model: FittedModel,
    encoder: TextEncoder | None,
) -> Engine:
    # What several processes are not worth, or what may not be sent to one.
    is_little = num_pieces == 1
    if isinstance(documents, ShardedCorpus):
        is_little = sum(part.num_documents for part in documents.values()) <= SHARD_DOCUMENTS
    elif isinstance(documents, Corpus) or not documents.can_be_read_again:
        if not isinstance(runs, Serial) and (processes is not None or name != "processes"):
            raise InputError(
                "documents in memory, and those of standard input, are transformed by one process: leave "
                f"{several(name, processes)} out, or write the documents to a file first"
            )
        return Serial()
    if name == "processes" and processes is None and (is_little or model.own_tokenizers or uses_all_cores(encoder)):
        return Serial()
    return runs


def _read_by(documents: RecordReader | Corpus | ShardedCorpus, encoder: TextEncoder | None) -> list[Path]:
    """Return what every machine has to see."""
    if isinstance(documents, ShardedCorpus):
        read = [documents.path.absolute() / CORPUS_FORMAT.manifest]
    else:
        files = documents.files if isinstance(documents, RecordReader) else ()
        read = one_of_each_folder(file.path.absolute() for file in files if file.path is not None)
    return [*read, *encoder_folder(encoder)]


def several(engine: str, processes: int | None) -> str:
    """Return what asks for several processes, for messages."""
    return f"engine={engine!r}" if processes in (None, 1) else f"processes={processes}"


def _encoder_identity(encoder: TextEncoder | None) -> list[str | None] | None:
    if encoder is None:
        return None
    try:
        return [encoder.name, encoder.version]
    except (InputError, MissingDependencyError, OSError):
        # Whoever needs it says so.
        return [encoder.name, None]


def _left_out(folder: Path, pieces: Sequence[Piece], firsts: Sequence[int]) -> Iterator[DroppedDocument]:
    for piece, first in zip(pieces, firsts, strict=True):
        for each in left_out_of(folder, piece.name):
            yield each.listed(first)

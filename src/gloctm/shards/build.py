"""Building a corpus in shards from files: the driver, which plans the stages and puts together what they note.

It never holds documents, or anything per document: workers write those, and hand back numbers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Unpack

from gloctm.checks import check_int
from gloctm.corpus.build import (
    check_found,
    vocabulary_report,
    wanted_languages,
    warn_of_double_ids,
    warn_of_no_text,
    warn_of_notes,
    warn_of_small,
)
from gloctm.corpus.collector import small_languages, too_few, variant_meant
from gloctm.corpus.options import (
    MIN_CONFIDENCE,
    MIN_DOCUMENTS,
    TextOptions,
    TextSettings,
    as_columns,
    check_confidence,
    check_option_names,
    passage_length,
    text_settings,
    vocabulary_settings,
    warn_of_lacking_stop_words,
    warn_of_similar,
    warn_of_unused,
)
from gloctm.corpus.repeated import RepeatedTexts, repeat_settings
from gloctm.corpus.report import BuildReport
from gloctm.corpus.shard_manifest import CORPUS_FORMAT, LanguageEntry, describe_language, write_manifest
from gloctm.corpus.sharded import DROPPED
from gloctm.corpus.validation import check_language_count, check_vocabulary
from gloctm.embedding.embed import get_encoders
from gloctm.embedding.encoder import EncoderPair, TextEncoder
from gloctm.engine import Piece, get_engine
from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import atomic_folder, atomic_path, check_folder_target, write_json
from gloctm.files.encodings import Encoding
from gloctm.files.manifest import check_manifest
from gloctm.files.work import BUILDING, linked, work_folder, working_in
from gloctm.reading.builder import check_seen
from gloctm.reading.columns import Columns
from gloctm.reading.dates import DateOrder
from gloctm.reading.dropped import write_dropped
from gloctm.reading.quoting import Quoting
from gloctm.reading.records import ReadSettings, read_parts, tables_in
from gloctm.reading.sources import SourceFile, describe_sources, list_files
from gloctm.shards import plan
from gloctm.shards.counting import count_languages, find_repeats, first_id
from gloctm.shards.embed import check_embedding_type, complete_manifest, write_embeddings
from gloctm.shards.machines import TEXT_PACKAGES, one_of_each_folder
from gloctm.shards.merged import LanguageSources, Merged, dropped_documents, in_order, merge_splits, move_language
from gloctm.shards.tables import arrow
from gloctm.shards.tokens import AgainItem, TokensItem, tokenize_again, tokenize_split
from gloctm.shards.vocabulary import choose_vocabularies
from gloctm.shards.workshop import Workshop, key, options_identity, settings_identity
from gloctm.text.stopwords import changes_of_list

# Warnings name the caller of ``ShardedCorpus.from_files``, which called the function here.
_CALLER = 3
_REFUSED = {
    "phrases": "phrases are not sought in a corpus in shards: leave phrases out, or build it in memory",
    "drop_duplicates": "duplicates are counted in a corpus in shards, not dropped: leave drop_duplicates out",
    "drop_boilerplate": "boilerplate is not sought in a corpus in shards: leave drop_boilerplate out",
}


def build_sharded(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    columns: Columns | Mapping[str, str | None] | None = None,
    language: str | None = None,
    languages: Sequence[str] | None = None,
    min_confidence: float = MIN_CONFIDENCE,
    min_documents: int = MIN_DOCUMENTS,
    merge_regions: bool = False,
    encoding: str = "utf-8",
    file_format: str | None = None,
    on_error: Literal["raise", "skip"] = "raise",
    quoting: Quoting = "auto",
    date_order: DateOrder = "auto",
    encoder: str | TextEncoder | EncoderPair | None = "auto",
    embedding_dtype: str | None = None,
    engine: str = "processes",
    address: str | None = None,
    show_progress: bool = True,
    **options: Unpack[TextOptions],
) -> None:
    """Build a corpus in shards from files, with the vocabulary, counts and documents of ``Corpus.from_files``.

    Memory holds the distinct words of a stretch of the input per process, never all documents. What is done before a
    kill waits in the hidden folder ``.NAME.building`` next to the output, and the same call goes on.

    A tokenizer of your own counts as the same in a later call if its name and code are; what it calls in turn may
    change without notice. Boilerplate is not counted in the report.

    Args:
        paths: see ``Corpus.from_files``. Files are read several times, so standard input is refused.
        output: folder of the corpus; an older corpus there is replaced.
        columns: see ``Corpus.from_files``, as for the next eleven.
        language: the language of all documents.
        languages: the languages wanted.
        min_confidence: the least confidence of an identified language.
        min_documents: the least number of documents in a language that no document names.
        merge_regions: whether regional variants are one language.
        encoding: of text files.
        file_format: of the files.
        on_error: whether lines that can't be read are left out.
        quoting: whether quotation marks quote the fields of CSV and TSV.
        date_order: of day and month.
        encoder: computes the embeddings; None leaves them out.
        embedding_dtype: how embeddings of documents are stored, see ``ShardedCorpus.embed``.
        engine: see ``get_engine``.
        address: of the cluster of the engine ``"ray"``, see ``get_engine``.
        show_progress: whether progress is shown.
        **options: see ``Corpus.from_texts``. Refused are ``phrases``, ``drop_duplicates`` and ``drop_boilerplate``.
            ``processes`` are all cores unless given, and one for little text and for tokenizers of your own.

    Raises:
        FileFormatError: a file is missing, damaged or malformed, or changes while it is read; the message has the line.
        InputError: the documents make no corpus, an option is refused, or the output is in use or holds something else.
    """
    check_option_names("from_files", options, build_sharded.__kwdefaults__ or ())
    for name, message in _REFUSED.items():
        if options.get(name):
            raise InputError(message)
    arrow()
    if embedding_dtype is not None:
        check_embedding_type(embedding_dtype)
    if encoder is not None:
        # Raises now, not after the build, what is no encoder.
        get_encoders(encoder)
    wanted = wanted_languages(languages, merge_regions=merge_regions)
    check_int("min_documents", min_documents, 0)
    check_confidence(min_confidence)
    choice = vocabulary_settings(options)
    repeat_settings(options)
    settings = text_settings(options, wanted, min_confidence=min_confidence, merge_regions=merge_regions)
    reading = ReadSettings(as_columns(columns), language, encoding, on_error, quoting, date_order)
    # Raises now what each worker would.
    read_parts((), reading)
    listed = list_files(paths, file_format=file_format, language_given=language is not None)
    files = [file.absolute() for file in listed]
    processes = options.get("processes")
    # Starting processes takes longer than one split, and the user's own tokenizer may not be sent to one.
    is_little = sum(file.size or 0 for file in files) <= plan.SPLIT_BYTES or settings.tokenizers
    few = processes is None and is_little and engine != "ray"
    runs = get_engine(engine, 1 if few else processes, address)
    target = Path(output)
    check_folder_target(target, replaces=CORPUS_FORMAT)
    with working_in(work_folder(target, BUILDING)) as folder, runs:
        workshop = Workshop(folder, runs, show_progress)
        runs.check(folder, one_of_each_folder(file.path for file in files if file.path is not None), TEXT_PACKAGES)
        found = _tokenized(workshop, files, reading, settings, merge_regions)
        if wanted is None:
            _move_misplaced(workshop, found, settings)
        small = _without_small(found, min_documents, wanted or ())
        tables = tables_in(files)
        if tables:
            check_seen(found.unseen, tables, FileFormatError)
        _warn_of_small(small, found, min_documents)
        check_found(describe_sources(paths), found.languages, wanted, found.dropped_by_reason(), found.num_read)
        check_language_count(found.languages)
        warn_of_unused(settings, found.languages, stacklevel=_CALLER)
        if wanted is None:
            warn_of_similar(found.languages, found.named, "pass merge_regions=True", stacklevel=_CALLER)
        parts = in_order(found, wanted)
        if wanted is None:
            for code in parts:
                settings.check(code)
        vocabularies = choose_vocabularies(workshop, parts, settings, choice)
        for code, vocabulary in vocabularies.items():
            _write_vocabulary(workshop.corpus / code, code, vocabulary.words)
        shards = count_languages(workshop, parts, vocabularies, found.order)
        repeats = find_repeats(workshop, parts, shards)
        for code, (double, _) in repeats.items():
            first = "" if not double.number else first_id(workshop, code, double.first)
            warn_of_double_ids(code, double.number, first, stacklevel=_CALLER)
        warn_of_lacking_stop_words(settings, parts, stacklevel=_CALLER)
        warn_of_notes(found.notes, stacklevel=_CALLER)
        warn_of_no_text(*found.no_text, stacklevel=_CALLER)
        report = BuildReport(
            words={
                code: each.statistics(vocabularies[code].distinct, vocabularies[code].frequent_tokens)
                for code, each in parts.items()
            },
            identified=found.identified(),
            repeated={code: RepeatedTexts(same.number) for code, (_, same) in repeats.items() if same.number},
            settings=vocabulary_report({code: each.min_df for code, each in vocabularies.items()}, choice),
            columns=found.columns,
            notes=found.notes,
            cleaned={code: each.cleaned for code, each in parts.items() if each.cleaned},
        )
        entries = {}
        for code, shard_entries in shards.entries.items():
            stopped = settings.stopped(code).union(vocabularies[code].frequent)
            entries[code] = describe_language(
                workshop.corpus / code,
                shard_entries,
                tokenizer=settings.tokenizer(code).name,
                stop_words=changes_of_list(code, stopped),
                markup=settings.markup,
            )
        _finish(
            workshop,
            entries,
            shards.sha256,
            {**report.as_json(), "dropped": found.dropped_by_reason()},
            (found, small, too_few(min_documents)),
            passage_length(options.get("passages", "auto")),
        )
        how: Any = {"engine": engine, "address": address, "processes": processes}
        _put_in_place(workshop, target, encoder, embedding_dtype, how)


def _tokenized(
    workshop: Workshop,
    files: Sequence[SourceFile],
    reading: ReadSettings,
    settings: TextSettings,
    merge_regions: bool,
) -> Merged:
    splits = plan.list_splits(files, Encoding.of(reading.encoding), plan.SPLIT_BYTES)
    how = [options_identity(reading), settings_identity(settings), merge_regions]
    pieces = []
    for split in splits:
        own = key("tokens", split.identity(), how)
        # Named by what it depends on: where one file changes, the others' splits are kept.
        item = TokensItem(split, reading, settings, merge_regions, workshop.splits, own[:32])
        pieces.append(Piece(own[:32], own, item, str(split)))
    notes = workshop.run(tokenize_split, pieces, workshop.splits, "tokenizing", "parts")
    return merge_splits(notes, [piece.name for piece in pieces], workshop.splits)


def _move_misplaced(workshop: Workshop, found: Merged, settings: TextSettings) -> None:
    """Tokenize documents identified as ``en`` again, as ``en-GB``, if other documents name only that variant."""
    for code in [code for code in found.languages if code not in found.named]:
        variant = variant_meant(code, found.named)
        if variant is None:
            continue
        pieces = []
        for source in found.languages[code].sources:
            own = key("again", source.key, code, variant)
            batches = tuple(batch for batch, _ in source.facts["batches"])
            item = AgainItem(source.tokens, batches, variant, settings, workshop.splits, own[:32])
            pieces.append(Piece(own[:32], own, item))
        notes = workshop.run(tokenize_again, pieces, workshop.splits, f"tokenizing as {variant}", "parts")
        move_language(found, code, variant, notes, [piece.name for piece in pieces])


def _without_small(found: Merged, min_documents: int, wanted: Sequence[str]) -> dict[str, LanguageSources]:
    """Take small languages out, and return them."""
    sizes = {code: each.total("documents") for code, each in found.languages.items()}
    small = {}
    for code in small_languages(sizes, min_documents, wanted=wanted, named=found.named):
        small[code] = found.languages.pop(code)
        found.confidences.pop(code, None)
        found.reasons[too_few(min_documents)] += sizes[code]
    return small


def _warn_of_small(small: Mapping[str, LanguageSources], found: Merged, min_documents: int) -> None:
    named = {code: each.total("documents") for code, each in small.items() if code in found.named}
    warn_of_small(named, found.languages, min_documents, stacklevel=_CALLER + 1)


def _write_vocabulary(folder: Path, code: str, words: Sequence[str]) -> None:
    check_vocabulary(code, words, len(words))
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(folder / "vocabulary.json") as temporary:
        write_json(temporary, list(words))


def _finish(
    workshop: Workshop,
    entries: Mapping[str, LanguageEntry],
    sha256: Mapping[str, str],
    report: Mapping[str, Any],
    dropped: tuple[Merged, Mapping[str, LanguageSources], str],
    length: int | None,
) -> None:
    """Write what a corpus has apart from its shards, the manifest last."""
    folder = workshop.corpus
    expected = {f"{code}/{file}" for code, entry in entries.items() for file in entry.files()}
    if report["dropped"]:
        write_dropped(folder / DROPPED, dropped_documents(*dropped))
        expected.add(DROPPED)
    for file in folder.rglob("*"):
        # Of a build that was ended, with other files or settings.
        if file.is_file() and file.relative_to(folder).as_posix() not in expected:
            file.unlink()
    write_manifest(folder, entries, passage_length=length, report=report, sha256=sha256)


def _put_in_place(
    workshop: Workshop,
    target: Path,
    encoder: str | TextEncoder | EncoderPair | None,
    embedding_dtype: str | None,
    how: Mapping[str, Any],
) -> None:
    """Embed the finished corpus if that is wanted, and put it in place of the target."""
    source = workshop.corpus
    manifest = check_manifest(source, CORPUS_FORMAT)
    embedded = None
    if encoder is not None:
        made = workshop.folder / "embeddings"
        embedded = write_embeddings(
            source,
            made,
            workshop.folder / "notes" / "embeddings",
            encoder=encoder,
            embedding_dtype=embedding_dtype,
            **how,
            show_progress=workshop.show_progress,
        )
    with atomic_folder(target, replaces=CORPUS_FORMAT) as folder:
        for path in manifest["files"]:
            linked(source / path, folder / path)
        if embedded is None:
            linked(source / CORPUS_FORMAT.manifest, folder / CORPUS_FORMAT.manifest)
            return
        for path in embedded.files:
            linked(made / path, folder / path)
        complete_manifest(folder, manifest, embedded)

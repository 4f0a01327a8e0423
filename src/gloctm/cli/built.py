"""Building a corpus from files on the command line, and what is said of it."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gloctm.checks import count_of
from gloctm.cli.building import building, first_given
from gloctm.cli.messages import flag_of, in_shell_terms, say
from gloctm.cli.options import say_what_is_replaced
from gloctm.corpus import Corpus
from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.shard_manifest import CORPUS_FORMAT
from gloctm.corpus.sharded import DROPPED
from gloctm.errors import GloCTMError, InputError, ReadingWarning
from gloctm.files.atomic import check_folder_target
from gloctm.files.leftovers import restored
from gloctm.files.work import KINDS, InUseError, files_of, unfinished, work_folder
from gloctm.reading.columns import describe_columns
from gloctm.reading.quoting import LITERAL, SPANNING
from gloctm.reading.sources import STANDARD_INPUT
from gloctm.shards import ShardedCorpus, ShardedLanguage, open_corpus

# An in-memory build of more is told that there are shards.
MANY_DOCUMENTS = 500_000


def corpus_to_train_on(
    path: Path,
    output: Path,
    flags: Mapping[str, Any],
    *,
    num_topics: int | None,
    show_progress: bool,
    resume: bool,
) -> tuple[Corpus | ShardedCorpus, Path]:
    """Return a saved corpus, or one that is built from a file of documents, and where it is.

    Args:
        path: a corpus folder, or a file of documents or ``-``, whose corpus is saved next to the model.
        output: the model's folder.
        flags: those of ``building``, with their values.
        num_topics: K, which too few documents can't make; None for any.
        show_progress: whether to show the progress of building.
        resume: whether a corpus that was built before is taken again.
    """
    if str(path) != STANDARD_INPUT and not restored(path).exists():
        raise InputError(
            unfinished(path)
            or f"{path} does not exist: give a file of documents (.jsonl, .csv, .tsv or .parquet), or the folder of a "
            "saved corpus"
        )
    if path.is_dir():
        if (name := first_given(flags)) is not None:
            raise InputError(f"{flag_of(name)} has no effect on a corpus folder: leave it out, or give a file")
        loaded = open_corpus(path)
        check_enough_documents(loaded, num_topics)
        return loaded, path
    built = output.with_name(f"{output.name}-corpus")
    given = building(**flags)
    sharded = given.pop("sharded", False)
    embedding = {"encoder": given.pop("encoder", "auto"), "cache": given.pop("cache", True)}
    corpus: Corpus | ShardedCorpus
    if resume and restored(built).exists():
        corpus = open_corpus(built)
        # In shards, embeddings may have been interrupted.
        if isinstance(corpus, Corpus) or corpus.has_embeddings or embedding["encoder"] is None:
            return corpus, built
    else:
        check_folder_target(built, replaces=CORPUS_FORMAT)
        if sharded:
            building_only = {name: value for name, value in given.items() if name != "embedding_dtype"}
            corpus = sharded_from([str(path)], built, {**building_only, "encoder": None}, show_progress=show_progress)
        else:
            corpus = built_from([str(path)], {**given, "encoder": None}, show_progress=show_progress)
        # Before texts are embedded, which takes longest.
        check_enough_documents(corpus, num_topics)
    if isinstance(corpus, Corpus):
        if embedding["encoder"] is not None:
            corpus = corpus.embed(**embedding, show_progress=show_progress)
        corpus.save(built)
    elif embedding["encoder"] is not None:
        shared = {name: given[name] for name in ("embedding_dtype", "processes", "engine", "address") if name in given}
        with telling_what_is_kept(built):
            corpus = corpus.embed(embedding["encoder"], **shared, show_progress=show_progress)
    tell_what_became(corpus, built)
    say(f"corpus written to {built}")
    return corpus, built


def check_enough_documents(corpus: Corpus | ShardedCorpus, num_topics: int | None) -> None:
    """Raise if the texts that differ are fewer than the topics asked for."""
    if num_topics is None:
        return
    from gloctm.context.num_topics import most_topics

    different = _different_texts(corpus.as_passages().values(), num_topics)
    if different < num_topics:
        better = most_topics({code: part.num_documents for code, part in corpus.items()})
        raise InputError(
            f"there are {different:,} different documents, which can't make {num_topics:,} topics: ask for about "
            f"{better} (--num-topics {better} or --num-topics auto), or add documents"
        )


def _different_texts(parts: Iterable[LanguageCorpus | ShardedLanguage], enough: int) -> int:
    """Return how many texts of some languages differ within their language; no more are read than are enough."""
    different = 0
    for part in parts:
        seen: set[Any] = set()
        for documents in part.parts(texts=True):
            seen.update(documents.texts or range(len(seen), len(seen) + documents.num_documents))
            if different + len(seen) >= enough:
                break
        different += len(seen)
    return different


def built_from(sources: list[str], given: Mapping[str, Any], *, show_progress: bool) -> Corpus:
    """Return the corpus of files.

    Args:
        sources: the files, or folders of them.
        given: further arguments of ``Corpus.from_files``.
        show_progress: whether to show the progress.
    """
    check_text_files(sources, given.get("file_format"), given.get("languages"), given.get("min_documents"))
    say_what_is_replaced(given.get("stop_words"))
    with left_out_counted_below():
        return Corpus.from_files(sources, show_progress=show_progress, **given)


def sharded_from(sources: list[str], output: Path, given: Mapping[str, Any], *, show_progress: bool) -> ShardedCorpus:
    """Return the corpus of files, in shards in a folder.

    Args:
        sources: the files, or folders of them.
        output: the folder.
        given: further arguments of ``ShardedCorpus.from_files``.
        show_progress: whether to show the progress.
    """
    check_text_files(sources, given.get("file_format"), given.get("languages"), given.get("min_documents"))
    say_what_is_replaced(given.get("stop_words"))
    # The files of shards are their own cache.
    options = {name: value for name, value in given.items() if name != "cache"}
    with left_out_counted_below(), telling_what_is_kept(output):
        return ShardedCorpus.from_files(sources, output, show_progress=show_progress, **options)


@contextlib.contextmanager
def telling_what_is_kept(output: Path) -> Iterator[None]:
    """Say, where work that is kept piece by piece fails or is interrupted, what is kept of it and how to go on.

    After a mistake in what was given, only what this run added is named: it may have nothing to do with the rest.
    """
    works = [work_folder(output, what) for what in KINDS]
    before = {folder: files_of(folder) for folder in works}
    try:
        yield
    except InUseError:
        raise
    except BaseException as error:
        is_mistake = isinstance(error, GloCTMError)
        kept = [folder for folder in works if files_of(folder) - (before[folder] if is_mistake else set())]
        if not kept:
            raise
        again = "the corrected command goes on with it" if is_mistake else "run the same command again to go on"
        told = f"what was done is kept in {kept[0]}: {again}, or delete it"
        if isinstance(error, KeyboardInterrupt):
            raise type(error)(told) from None
        say(f"gloctm: {told}")
        raise


def tell_of_shards(corpus: Corpus) -> None:
    """Say that corpora can be in shards, where one that was built in memory is large."""
    documents = sum(part.num_documents for part in corpus.values())
    if documents > MANY_DOCUMENTS:
        say(
            f"{documents:,} documents were built in memory: gloctm corpus build --sharded takes as little memory for "
            "any number, and so do the commands that use such a corpus"
        )


def check_text_files(
    sources: list[str], file_format: str | None, languages: list[str] | None, min_documents: int | None
) -> None:
    """Raise if text files named one by one are too few documents: that they hold many, a line each, is soon thought."""
    from gloctm.corpus.options import MIN_DOCUMENTS
    from gloctm.reading.sources import format_of

    paths = [Path(source) for source in sources]
    if not all(path.is_file() and (file_format or format_of(path)) == "txt" for path in paths):
        return
    least = 1 if languages is not None else max(MIN_DOCUMENTS if min_documents is None else min_documents, 1)
    if len(paths) < 2 * least:
        counted = f"{paths[0]} is one document" if len(paths) == 1 else f"these are {len(paths)} documents"
        needed = (
            "a corpus needs one in each of two languages or more"
            if least == 1
            else f"languages that are identified need {least} each (--min-documents)"
        )
        raise InputError(
            f"{counted}, since a text file is one whole, and {needed}: "
            "give many documents as lines of a .csv or .jsonl file, or as a folder of text files"
        )


@contextlib.contextmanager
def left_out_counted_below() -> Iterator[None]:
    """Silence the warning of documents without text, which ``tell_what_became`` counts with all that is left out."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".* no text and (is|are) left out", ReadingWarning)
        yield


def tell_what_became(corpus: Corpus | ShardedCorpus, path: Path) -> None:
    """Say which columns were taken, what was left out, which languages were identified, which documents are empty."""
    from gloctm.cli.tables import (
        describe_cleaned,
        describe_dropped,
        describe_passages,
        describe_phrases,
        describe_repeated,
    )

    report = corpus.report
    if report is not None and (columns := describe_columns(report.columns)):
        say(columns)
    if report is not None and report.identified:
        found = ", ".join(
            f"{code} {each.documents:,} (mean confidence {each.confidence:.2f})"
            for code, each in report.identified.items()
        )
        say(f"languages identified: {found}")
    if report is not None and report.dropped:
        say(f"gloctm: warning: {describe_dropped(report.dropped)}; {path / DROPPED} lists them")
    for note in () if report is None else report.notes:
        # Of others there have been warnings.
        if note.what in (SPANNING, LITERAL):
            say(in_shell_terms(str(note)))
    for line in () if report is None else describe_cleaned(report):
        say(line)
    # Shards are built without what the hints advise.
    for line in [] if report is None else describe_repeated(report, hints=isinstance(corpus, Corpus)):
        say(line)
    if report is not None and (phrases := describe_phrases(report)):
        say(phrases)
    for line in describe_passages(corpus):
        say(line)
    tell_encoder(corpus)
    least = None if report is None else report.settings.get("min_df")
    for language, part in corpus.items():
        if empty := part.num_empty:
            own = least.get(language) if isinstance(least, dict) else least
            have = "has" if empty == 1 else "have"
            kept = "it is kept as an empty document" if empty == 1 else "they are kept as empty documents"
            say(
                f"gloctm: warning: {empty:,} of {count_of(part.num_documents, 'document')} in {language!r} {have} no "
                f"word of the vocabulary; {kept}{'' if own == 1 else ' (--min-df 1 keeps rarer words)'}"
            )


def tell_encoder(corpus: Corpus | ShardedCorpus) -> None:
    """Say which encoder was taken, where it is not the usual one."""
    if corpus.encoder not in (None, "usem3"):
        say(f"encoder: {corpus.encoder}")

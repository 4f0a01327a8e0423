"""``gloctm topics``, ``transform`` and ``info``: what a trained model is asked. None of them imports torch."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from gloctm.cli.options import (
    DocumentLanguage,
    Encoding,
    FileFormat,
    IdColumn,
    LangColumn,
    Languages,
    MinConfidence,
    SkipBadLines,
    TextColumn,
    read_word_lists,
    split_languages,
)
from gloctm.errors import InputError

Model = Annotated[Path, typer.Argument(help="A model folder.", show_default=False)]
WordEncoder = Annotated[
    str | None,
    typer.Option(
        help="What embedded the words the model was trained on, where it does not know the name: needed for "
        "languages that it was not trained on."
    ),
]


def topics(
    path: Model,
    num_words: Annotated[int, typer.Option("--words", "-n", help="Words a topic and language.")] = 10,
    languages: Languages = None,
    vocabulary: Annotated[
        list[str] | None,
        typer.Option(
            help="Words of a language that the model was not trained on, to show its topics in: LANG=FILE, a word a "
            "line. Repeatable."
        ),
    ] = None,
    encoder: WordEncoder = None,
    output_format: Annotated[
        str,
        typer.Option(
            "--format", "-f", help="table, markdown, json (one list) or jsonl (one line a topic and language)."
        ),
    ] = "table",
) -> None:
    """Show the topics, every language side by side, and their uniqueness (TU, over the words shown)."""
    if output_format not in ("table", "markdown", "json", "jsonl"):
        raise InputError(f"--format is {output_format!r}: it must be table, markdown, json or jsonl")
    from gloctm.cli.tables import print_topics, print_topics_as_markdown
    from gloctm.estimator import GloCTM
    from gloctm.metrics import topic_uniqueness

    model = GloCTM.load(path)
    further = read_word_lists("--vocabulary", vocabulary)
    chosen = split_languages(languages)
    if further and chosen is None:
        chosen = list(dict.fromkeys([*model.languages_, *further]))
    records = model.topics(num_words, languages=chosen, vocabulary=further, encoder=encoder)
    if output_format == "markdown":
        print_topics_as_markdown(records)
    elif output_format == "json":
        print(json.dumps(records, ensure_ascii=False, indent=2))
    elif output_format == "jsonl":
        for record in records:
            print(json.dumps(record, ensure_ascii=False))
    else:
        shown = dict.fromkeys(record["language"] for record in records)
        uniqueness = {
            code: topic_uniqueness([record["words"] for record in records if record["language"] == code])
            for code in shown
        }
        print_topics(records, uniqueness)
        print("TU: topic uniqueness over the words shown; 1 means that no word is in two topics")


def transform(
    path: Model,
    sources: Annotated[
        list[str],
        typer.Argument(
            help="JSON lines, CSV, TSV or Parquet files, or folders of them, or of .txt files in subfolders named by "
            "language; - for standard input. In any language that the model's encoder knows.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="File to write: .parquet, .csv or .jsonl; - prints JSON lines.", show_default=False
        ),
    ],
    latent: Annotated[bool, typer.Option(help="Write the latent means μ instead of the proportions θ.")] = False,
    via: Annotated[
        str | None,
        typer.Option(
            help="The encoder that infers: local (trained languages only) or global. (default: local for languages the "
            "model was trained on, global for others)"
        ),
    ] = None,
    encoder: WordEncoder = None,
    language: DocumentLanguage = None,
    min_confidence: MinConfidence = None,
    text_column: TextColumn = "text",
    lang_column: LangColumn = "lang",
    id_column: IdColumn = "id",
    file_format: FileFormat = None,
    encoding: Encoding = None,
    skip_bad_lines: SkipBadLines = False,
) -> None:
    """Infer the topic proportions of documents: columns id, lang, topic_0, topic_1 and so on."""
    from gloctm.cli.messages import say
    from gloctm.corpus import read_records
    from gloctm.corpus.corpus import MIN_CONFIDENCE
    from gloctm.corpus.records import Columns
    from gloctm.corpus.tokenization import with_languages
    from gloctm.estimator import GloCTM
    from gloctm.proportions import check_proportions_target, write_proportions

    check_proportions_target(output)
    for source in map(Path, sources):
        if source.exists() and output.exists() and output.samefile(source):
            raise InputError(f"can't write to {output}: it is the file that is read; name another one")
    if via not in (None, "local", "global"):
        raise InputError(f"--via is {via!r}: it must be local or global")
    confidence = MIN_CONFIDENCE if min_confidence is None else min_confidence
    if not 0 <= confidence <= 1:
        raise InputError(f"min_confidence is {confidence}: it must be from 0 to 1")
    model = GloCTM.load(path)
    reader = read_records(
        sources,
        columns=Columns(text=text_column, lang=lang_column, label=None, id=id_column or None, date=None),
        language=language,
        encoding=encoding or "utf-8",
        file_format=file_format,
        on_error="skip" if skip_bad_lines else "raise",
    )
    # Numbered before any is left out: row 7 of the input stays 7.
    numbered = list(reader)
    for row, record in enumerate(numbered):
        record.setdefault("id", str(row))
    if not numbered and not reader.dropped:
        raise InputError(f"{', '.join(sources)} has no documents: nothing to transform")
    records, unidentified = with_languages(numbered, confidence)
    dropped = [*reader.dropped, *unidentified]
    if dropped:
        first = dropped[0]
        say(
            f"gloctm: warning: {len(dropped)} documents are left out, the first at {first.source} ({first.reason}): "
            f"{first.text!r}"
        )
    if not records:
        raise InputError(f"{', '.join(sources)}: no document could be used")
    languages = [record["lang"] for record in records]
    chosen = cast('Literal["local", "global"] | None', via)
    theta = model.transform(
        [record["text"] for record in records], languages, latent=latent, via=chosen, encoder=encoder
    )
    assert not isinstance(theta, dict)
    unseen = sorted(set(languages) - set(model.languages_))
    if unseen:
        say(f"never trained on, inferred by the global encoder: {', '.join(unseen)}")
    ids = [record["id"] for record in records]
    if str(output) == "-":
        write_proportions(sys.stdout, ids, languages, theta)
        return
    write_proportions(output, ids, languages, theta)
    say(f"{len(records)} documents written to {output}")


def info(path: Model) -> None:
    """Show what a model is: languages, vocabularies, settings, seed, training, versions."""
    from gloctm.cli.tables import print_facts
    from gloctm.estimator import GloCTM

    model = GloCTM.load(path)
    last = model.history_[-1]
    print_facts(
        {
            "languages": ", ".join(f"{code} ({len(model.vocabulary_[code]):,} words)" for code in model.languages_),
            "topics": model.num_topics,
            "encoder": model.encoder_ or "own vectors",
            "tokenizers": ", ".join(f"{code}: {name}" for code, name in model.tokenizers_.items()),
            "seed": model.seed_,
            "epochs": len(model.history_),
            "last loss": f"{last['loss']:.2f} (local {last['local']:.2f}, global {last['shared']:.2f}, "
            f"KL {last['regularization']:.2f}, CKA {last['cka']:.2f})",
            **model.settings_,
            "corpus": model.corpus_fingerprint_,
            "versions": ", ".join(f"{name} {number}" for name, number in model.environment_.items()),
        }
    )

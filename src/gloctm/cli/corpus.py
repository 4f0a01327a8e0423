"""``gloctm corpus``: build, embed and look at corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gloctm.cli.building import Cache, EmbeddingEncoder, EmbeddingType, building, building_flags
from gloctm.cli.options import (
    DOCUMENTS,
    AddressOption,
    EngineOption,
    LanguagesOption,
    Quiet,
    engine_settings,
    split_languages,
    with_parameters,
)
from gloctm.errors import InputError

app = typer.Typer(help="Build, embed and inspect corpora.", no_args_is_help=True)


@app.command("build")
@with_parameters(building_flags())
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
    split: Annotated[
        str | None,
        typer.Option(
            help="Part of a benchmark folder to read: train or test. (default: train)", rich_help_panel=DOCUMENTS
        ),
    ] = None,
    quiet: Quiet = False,
    **flags: Any,
) -> None:
    """Build a corpus from documents in two or more languages.

    With --sharded, memory does not grow with the number of documents.
    """
    from gloctm.cli.built import built_from, sharded_from, tell_of_shards, tell_what_became
    from gloctm.cli.messages import flag_of, say
    from gloctm.corpus import Corpus
    from gloctm.corpus.benchmark import is_benchmark
    from gloctm.corpus.shard_manifest import CORPUS_FORMAT
    from gloctm.files.atomic import check_folder_target

    check_folder_target(output, replaces=CORPUS_FORMAT)
    given = building(**flags)
    sharded = given.pop("sharded", False)
    corpus: Any
    if len(sources) == 1 and is_benchmark(Path(sources[0])):
        shared = {name: given.pop(name) for name in ("languages", "encoder", "cache") if name in given}
        if given:
            raise InputError(
                f"{flag_of(next(iter(given)))} has no effect on a benchmark folder, whose words are counted already: "
                "leave it out"
            )
        corpus = Corpus.from_benchmark(sources[0], split=split or "train", show_progress=not quiet, **shared)
        corpus.save(output, sharded=sharded)
    else:
        if split is not None:
            raise InputError("--split has no effect on files, only on a benchmark folder: leave it out")
        if sharded:
            corpus = sharded_from(sources, output, given, show_progress=not quiet)
        else:
            corpus = built_from(sources, given, show_progress=not quiet)
            corpus.save(output)
    tell_what_became(corpus, output)
    say(f"corpus written to {output}")
    if not sharded:
        tell_of_shards(corpus)


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
    embedding_dtype: EmbeddingType = None,
    processes: Annotated[
        int | None,
        typer.Option(help="Number of processes that embed the documents of a corpus in shards. (default: all cores)"),
    ] = None,
    engine: EngineOption = None,
    address: AddressOption = None,
    quiet: Quiet = False,
) -> None:
    """Add missing embeddings to a corpus: your own files first, then an encoder for the rest.

    For a corpus in shards, run the same command again to continue after an interruption.
    """
    from gloctm.cli.built import tell_encoder, telling_what_is_kept
    from gloctm.cli.messages import flag_of, say
    from gloctm.corpus.shard_manifest import CORPUS_FORMAT
    from gloctm.files.atomic import check_folder_target
    from gloctm.shards import ShardedCorpus, open_corpus
    from gloctm.shards.embed import embed_folder

    corpus = open_corpus(path)
    target = path if output is None else output
    check_folder_target(target, replaces=CORPUS_FORMAT)
    own: dict[str, Any] = {"words": _own_vectors("words", words), "documents": _own_vectors("documents", documents)}
    flags = {"embedding_dtype": embedding_dtype, "processes": processes, **engine_settings(engine, address)}
    in_shards: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    if isinstance(corpus, ShardedCorpus):
        chosen = None if encoder == "none" else encoder
        with telling_what_is_kept(target):
            embed_folder(path, target, encoder=chosen, **own, show_progress=not quiet, **in_shards)
        embedded: Any = ShardedCorpus.load(target)
    elif in_shards:
        raise InputError(f"{flag_of(next(iter(in_shards)))} has an effect only on a corpus in shards: leave it out")
    else:
        for kind, files in own.items():
            for language, file in files.items():
                corpus = corpus.with_embeddings(language, **{kind: file})
        embedded = corpus if encoder == "none" else corpus.embed(encoder, cache=cache, show_progress=not quiet)
        embedded.save(target)
    tell_encoder(embedded)
    say(f"corpus written to {target}")


def _own_vectors(kind: str, pairs: list[str] | None) -> dict[str, str]:
    """Return the files given as ``LANG=FILE.npy``, by language."""
    found = {}
    for pair in pairs or []:
        language, separator, file = pair.partition("=")
        if not separator or not file:
            raise InputError(f"--{kind} {pair!r}: give LANG=FILE.npy, for example en=vectors.npy")
        found[language] = file
    return found


@app.command("example")
def example(
    output: Annotated[Path, typer.Argument(help="File to write, .jsonl or .csv.", show_default=False)],
    languages: LanguagesOption = None,
) -> None:
    """Write the built-in corpus to a file: 240 short documents per language for trying things out."""
    import json

    from gloctm.cli.messages import say
    from gloctm.demo import demo_records
    from gloctm.files.atomic import atomic_file
    from gloctm.inert import CsvWriter

    if output.suffix.lower() not in (".jsonl", ".csv"):
        raise InputError(f"can't write {output}: its name must end in .jsonl or .csv")
    records = demo_records(split_languages(languages))
    with atomic_file(output) as stream:
        if output.suffix.lower() == ".csv":
            columns = ["id", "lang", "label", "text"]
            CsvWriter(stream, columns).rows([record.get(name) for name in columns] for record in records)
        else:
            stream.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    say(f"{len(records):,} documents written to {output}")


@app.command("info")
def info(path: Annotated[Path, typer.Argument(help="A corpus folder.", show_default=False)]) -> None:
    """Show the contents of a corpus, one row per language."""
    from gloctm.cli.tables import print_corpus
    from gloctm.shards import open_corpus

    print_corpus(open_corpus(path))

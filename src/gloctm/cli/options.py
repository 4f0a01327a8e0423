"""What several commands take in the same way."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from gloctm.checks import check_choice
from gloctm.errors import InputError
from gloctm.languages import normalize_language

if TYPE_CHECKING:
    from gloctm.metrics.reference import Source
    from gloctm.model.inference import Via
    from gloctm.summary.content import Projection

# The parts of the help.
DOCUMENTS, LANGUAGE, WORDS = "How documents are read", "Language", "Vocabulary"
MACHINES = "Several machines"

LanguagesOption = Annotated[
    str | None,
    typer.Option(help="Languages to use, in order, separated by commas. Default: all, in input order."),
]

TextColumn = Annotated[str, typer.Option(help="Column or key of the text.", rich_help_panel=DOCUMENTS)]
LangColumn = Annotated[str, typer.Option(help="… of the language.", rich_help_panel=DOCUMENTS)]
LabelColumn = Annotated[str, typer.Option(help="… of a label; empty for none.", rich_help_panel=DOCUMENTS)]
IdColumn = Annotated[str, typer.Option(help="… of an identifier; empty for none.", rich_help_panel=DOCUMENTS)]
DateColumn = Annotated[str, typer.Option(help="… of a date; empty for none.", rich_help_panel=DOCUMENTS)]
FileFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="jsonl, csv, tsv, parquet or txt, if the file name does not tell. (standard input: jsonl)",
        rich_help_panel=DOCUMENTS,
    ),
]
EncodingOption = Annotated[
    str | None,
    typer.Option(help="Encoding of the files: utf-8, cp1252, utf-16 … (default: utf-8)", rich_help_panel=DOCUMENTS),
]
QuotingOption = Annotated[
    str | None,
    typer.Option(
        "--quoting",
        help="Whether quotation marks quote the fields of CSV and TSV: csv, none, or auto, which decides by the lines. "
        "(default: auto)",
        rich_help_panel=DOCUMENTS,
    ),
]
DateOrderOption = Annotated[
    str | None,
    typer.Option(
        "--date-order",
        help="Order of day and month in dates such as 05/31/2024: dmy, mdy, or auto, which decides by the dates. "
        "(default: auto)",
        rich_help_panel=DOCUMENTS,
    ),
]
SkipBadLines = Annotated[
    bool,
    typer.Option(
        "--skip-bad-lines",
        help="Skip and list lines that can't be read instead of stopping.",
        rich_help_panel=DOCUMENTS,
    ),
]
References = Annotated[
    list[str] | None,
    typer.Option(
        "--reference",
        "-r",
        metavar="<folder or files>",
        help="A reference corpus: a folder with LANG.txt for two or more languages, plain or .gz, .xz, .bz2; line i of "
        "each is the same document, words separated by spaces. Or such files separated by commas: en.txt,zh.txt.xz, "
        "or en=one.txt,zh=other.txt. Repeatable.",
        show_default=False,
    ),
]
EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="What does the work: processes of this machine, serial for one process, or ray for the machines of a Ray "
        "cluster. (default: processes)",
        rich_help_panel=MACHINES,
    ),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        help="Address of the Ray cluster, host:port, or auto for the one that this machine belongs to. (default: "
        "RAY_ADDRESS, or a cluster of this machine alone)",
        rich_help_panel=MACHINES,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
DocumentLanguage = Annotated[
    str | None,
    typer.Option(
        "--language",
        help="Language of all documents; auto identifies it for each document and ignores the column. Default: only "
        "documents without a language are identified.",
        rich_help_panel=LANGUAGE,
    ),
]
MinConfidence = Annotated[
    float | None,
    typer.Option(
        help="Leave out documents whose language is identified with lower confidence (0 to 1). (default: 0.5)",
        rich_help_panel=LANGUAGE,
    ),
]


def with_parameters(parameters: Sequence[inspect.Parameter]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command these parameters, in place of its ``**flags``."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = list(signature.parameters.values())[:-1]
        # What typer reads; for the type checker a function has no such attribute.
        command.__signature__ = signature.replace(parameters=[*own, *parameters])  # type: ignore[attr-defined]
        return command

    return decorate


def engine_settings(engine: str | None, address: str | None) -> dict[str, str]:
    """Return the arguments ``engine`` and ``address``, as far as they are given.

    Raises:
        InputError: there is no such engine, or it has no use for an address.
    """
    from gloctm.engine import get_engine

    given = {name: value for name, value in (("engine", engine), ("address", address)) if value is not None}
    get_engine(engine or "processes", address=address)
    return given


def split_languages(languages: str | None) -> list[str] | None:
    """Return the codes in a list separated by commas; None where no list was given."""
    return None if languages is None else [code.strip() for code in languages.split(",") if code.strip()]


def read_word_lists(flag: str, pairs: list[str] | None) -> dict[str, list[str]] | None:
    """Read words by language from files given as ``LANG=FILE``; return None where none were given.

    One word per line; blank lines and those that begin with ``#`` are skipped.
    """
    words: dict[str, list[str]] = {}
    for pair in pairs or []:
        language, separator, file = pair.partition("=")
        if not separator or not file:
            raise InputError(f"{flag} {pair!r}: give LANG=FILE, for example en=words.txt")
        try:
            listed = Path(file).read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError:
            raise InputError(f"{flag}: {file} is not UTF-8 text: convert it") from None
        except IsADirectoryError:
            raise InputError(f"{flag}: {file} is a folder: give a file with one word per line") from None
        words.setdefault(normalize_language(language), []).extend(
            word for word in map(str.strip, listed) if word and not word.startswith("#")
        )
    return words or None


def read_stop_words(given: list[str] | None) -> dict[str, list[str]] | Literal["none"] | None:
    """Return the lists given as ``--stop-words``: LANG=FILE, LANG=none, or none alone; None where none were given."""
    if given == ["none"]:
        return "none"
    without = [normalize_language(pair[: -len("=none")]) for pair in given or [] if pair.endswith("=none")]
    words = read_word_lists("--stop-words", [pair for pair in given or [] if not pair.endswith("=none")]) or {}
    return {**words, **{code: [] for code in without}} or None


def say_what_is_replaced(given: dict[str, list[str]] | Literal["none"] | None) -> None:
    """Say how many stop words each list of one's own replaces: an addition may have been meant."""
    from gloctm.cli.messages import say
    from gloctm.text import stop_words

    for language, own in ({} if given is None or given == "none" else given).items():
        if own and (usual := stop_words(language)):
            say(
                f"gloctm: --stop-words replaces the {len(usual):,} stop words of {language!r} by {len(own):,}; "
                "--more-stop-words adds to them"
            )


def read_references(given: list[str] | None) -> list[Source]:
    """Return the reference corpora given as ``--reference``: folders, or files with commas between them.

    Raises:
        InputError: a file whose name does not tell its language, or one file alone.
    """
    return [each if Path(each).is_dir() else _files_by_language(each) for each in given or []]


def _files_by_language(given: str) -> dict[str, Path]:
    from gloctm.metrics.reference import language_of_file

    parts = [part.strip() for part in given.split(",") if part.strip()]
    if len(parts) < 2:
        problem = "is a file" if Path(given).is_file() else "does not exist"
        raise InputError(
            f"--reference {given} {problem}: give a folder with a file LANG.txt for each language, or files with a "
            "comma between them, as en.txt,zh.txt or en=one.txt,zh=other.txt"
        )
    found: dict[str, Path] = {}
    for part in parts:
        code, separator, file = part.partition("=")
        path = Path(file if separator else part)
        language = normalize_language(code) if separator else language_of_file(path)
        if language is None:
            raise InputError(f"--reference: the name of {path} does not tell its language: give LANG={path}")
        if language in found:
            raise InputError(f"--reference {given}: two files are of {language}: give one of each language")
        found[language] = path
    return found


def check_projection(projection: str) -> Projection:
    """Return what is given as ``--map``.

    Raises:
        InputError: it is neither of the ways.
    """
    check_choice("--map", projection, ("umap", "topics"))
    return cast("Projection", projection)


def check_via(via: str) -> Via:
    """Return what is given as ``--via``.

    Raises:
        InputError: it is none of the encoders.
    """
    from gloctm.model.inference import VIAS

    check_choice("--via", via, VIAS)
    return cast("Via", via)

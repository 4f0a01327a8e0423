"""``gloctm search``: which K, and which weights."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gloctm.cli.options import Quiet
from gloctm.errors import InputError

if TYPE_CHECKING:
    from gloctm.search import Range, SearchResult

# Told in the page alone: they follow others closely.
_IN_PAGE_ALONE = (
    *("inverted_rank_biased_overlap", "macro_f1_within", "macro_f1_across"),
    *("purity", "normalized_mutual_information"),
)
# Wide enough for the table where the output is no terminal.
_FILE_WIDTH = 160


def search(
    corpus: Annotated[Path, typer.Argument(help="A corpus folder.", show_default=False)],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder for trials.jsonl, summary.json and search.html, a page with tables, plots and topics.",
            show_default=False,
        ),
    ],
    topics: Annotated[
        str | None,
        typer.Option(
            "--topics",
            "-k",
            help="Values of K to try, as 10,20,30; or, with --trials, a range as 5..40.",
            show_default=False,
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="The same for any setting of training, as kl_weight=2,4 or cka_weight=100..500; with one value, "
            "as epochs=50, it is that of all candidates. Repeatable.",
            show_default=False,
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            help="Draw so many candidates, near those that were good. (default: every combination)", show_default=False
        ),
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds to train each candidate with, separated by commas.")] = "0,1,2",
    references: Annotated[
        list[Path] | None,
        typer.Option(
            "--reference",
            "-r",
            help="A folder with a reference corpus, as for gloctm evaluate. Repeatable.",
            show_default=False,
        ),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            help="The measure to choose by. (default: topic_quality with --reference, else topic_quality_in_corpus)",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Named settings to start from: ecnews, amazon_review, rakuten_amazon or demo.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML or TOML file of settings, as for gloctm train.", show_default=False)
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the largest language. (default: 150)", show_default=False)
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda. (default: auto)", show_default=False)] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads torch may use. (default: torch's own choice)", show_default=False)
    ] = None,
    num_words: Annotated[int, typer.Option("--words", "-n", help="Top words a topic to measure.")] = 15,
    labels: Annotated[
        bool, typer.Option("--labels/--no-labels", help="Measure by the corpus' labels, if it has any.")
    ] = True,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the search in the output folder; values and seeds may be added."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train and measure candidates for the number of topics and other settings, each with several seeds.

    Every training is kept at once: a search that was interrupted, or killed, goes on with --resume. Models are not
    kept; the command that trains the best one is printed.
    """
    from gloctm.cli.messages import say
    from gloctm.cli.train import read_config
    from gloctm.corpus import Corpus
    from gloctm.search import search as searched

    named = {"epochs": epochs, "device": device, "threads": threads}
    flags: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    space: dict[str, Range | list[Any]] = {} if topics is None else {"num_topics": _values("--topics", topics)}
    for each in given or []:
        name, separator, values = each.partition("=")
        name = name.strip().replace("-", "_")
        if not separator or not values.strip():
            raise InputError(f"--set {each!r}: give SETTING=VALUES, for example kl_weight=2,4")
        if name in space or name in flags:
            raise InputError(f"{name} is given twice: give all its values in one place")
        read = _values("--set", values)
        if isinstance(read, list) and len(read) == 1:
            flags[name] = read[0]
        else:
            space[name] = read
    if not space:
        raise InputError("there is nothing to choose from: give values with --topics 10,20,30 or --set kl_weight=2,4")
    settings = {**(read_config(config) if config is not None else {}), **flags}
    result = searched(
        Corpus.load(corpus),
        space,
        output=output,
        preset=preset,
        settings=settings,
        seeds=_seeds(seeds),
        references=references or [],
        objective=objective,
        trials=trials,
        num_words=num_words,
        labels=labels,
        resume=resume,
        show_progress=not quiet,
    )
    _print(result)
    print(f"best: {', '.join(f'{name} {value}' for name, value in result.best.settings.items())}")
    print(f"train it with: {training_command(corpus, result, preset=preset, config=config, settings=flags)}")
    say(f"written to {output}; see {output / 'search.html'}")


def training_command(
    corpus: Path, result: SearchResult, *, preset: str | None, config: Path | None, settings: dict[str, Any]
) -> str:
    """The command that trains the best candidate's model of the first seed."""
    words = ["gloctm", "train", str(corpus), "-o", "model"]
    if preset is not None:
        words += ["--preset", preset]
    if config is not None:
        words += ["--config", str(config)]
    best = result.best
    for name, value in {**settings, **best.settings, "random_state": best.trials[0].seed}.items():
        flag = name.replace("_", "-")
        words += [f"--{flag}" if value else f"--no-{flag}"] if isinstance(value, bool) else [f"--{flag}", str(value)]
    return shlex.join(words)


def _values(flag: str, text: str) -> Range | list[Any]:
    from gloctm.search import Range

    low, dots, high = text.partition("..")
    if dots:
        ends = _value(low), _value(high)
        if not all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends):
            raise InputError(f"{flag} {text!r}: a range is of two numbers, for example 100..500")
        return Range(*ends)
    return [_value(each) for each in text.split(",") if each.strip()]


def _value(text: str) -> Any:
    text = text.strip()
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text.lower(), text)


def _seeds(text: str) -> list[int]:
    try:
        return [int(each) for each in text.split(",") if each.strip()]
    except ValueError:
        raise InputError(f"--seeds {text!r}: give whole numbers separated by commas, for example 0,1,2") from None


def _print(result: SearchResult) -> None:
    import os

    from rich.console import Console
    from rich.table import Table

    heading, *rows = result.table(
        [name for name in result.measures if name == result.objective or name not in _IN_PAGE_ALONE]
    )
    table = Table(header_style="bold", padding=(0, 1, 0, 0))
    for cell in heading:
        table.add_column(cell, justify="right")
    for row in rows:
        table.add_row(*row, style="bold" if row[-1] == "best" else None)
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _FILE_WIDTH
    console = Console(markup=False, width=width)
    with console.capture() as shown:
        console.print(table)
    print(shown.get().removesuffix("\n"))

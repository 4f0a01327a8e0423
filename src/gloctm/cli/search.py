"""``gloctm search``: which K, and which weights."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gloctm.cli.messages import show
from gloctm.cli.options import Quiet, References, read_references
from gloctm.cli.settings import Config, Preset, settings_begun_with, with_flags
from gloctm.errors import GloCTMError, InputError
from gloctm.evaluation import name_of

if TYPE_CHECKING:
    from gloctm.selection import Range, SearchResult

# Shown in the page alone: they follow others closely.
_IN_PAGE_ALONE = (
    *("topic_diversity", "inverted_rank_biased_overlap", "macro_f1_within", "macro_f1_across"),
    *("purity", "normalized_mutual_information", "purity_pooled", "normalized_mutual_information_pooled"),
    "reference_coverage",
)
# Of a table where the output is no terminal and so has no width of its own.
_FILE_WIDTH = 160
# Between columns.
_GAP = "  "
# Sentences of the library, and what they are for this command.
_IN_SHELL = (
    (r"labels=False \(--no-labels\)", "--no-labels"),
    (r"\(trials\)", "(--trials)"),
    (r"^(seeds|trials)(?= is )", r"--\1"),
    (r"as seeds$", "by --seeds"),
    (r"or None \(None ", "or none (none "),
)


@with_flags("method", "epochs", "device", "threads")
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
            "--num-topics",
            "--topics",
            "-k",
            help="Values of K to try: 10,20,30; or, with --trials, a range: 5..40.",
            show_default=False,
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="The same for any training setting: num_refinements=0,5 or temperature=0.05..0.3. A single value, as "
            "in ranking=weights, applies to all candidates. none is a value, too: num_near_documents=none,3. "
            "Repeatable.",
            show_default=False,
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            help="Number of candidates to draw, near good ones. (default: every combination)",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds to train each candidate with, separated by commas.")] = "0,1,2",
    references: References = None,
    objective: Annotated[
        str | None,
        typer.Option(
            help="Measure to choose by. (default: topic_quality with --reference, else topic_quality_in_corpus)",
            show_default=False,
        ),
    ] = None,
    preset: Preset = None,
    config: Config = None,
    num_words: Annotated[
        int, typer.Option("--num-words", "--words", "-n", help="Top words per topic to measure.")
    ] = 15,
    labels: Annotated[
        bool, typer.Option("--labels/--no-labels", help="Use the labels of the corpus, if it has any.")
    ] = True,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue the search in the output folder; values and seeds may be added."),
    ] = False,
    quiet: Quiet = False,
    **flags: Any,
) -> None:
    """Train and measure candidates for the number of topics and other settings, each with several seeds.

    The result of each training is saved at once, and --resume continues an interrupted search. Models are not saved;
    the command that trains the best one is printed.
    """
    from gloctm.cli.messages import say
    from gloctm.cli.shown import read_corpus
    from gloctm.selection import search as searched
    from gloctm.selection.trials import IDENTITY

    flags = {name: value for name, value in flags.items() if value is not None}
    spelled = {name: f"--{name}" for name in flags} | ({} if topics is None else {"num_topics": "--num-topics"})
    space: dict[str, Range | list[Any]] = {} if topics is None else {"num_topics": _values("--num-topics", topics)}
    for each in given or []:
        name, separator, values = each.partition("=")
        name = name.strip().replace("-", "_")
        if not separator or not values.strip():
            raise InputError(f"--set {each!r}: give SETTING=VALUES, for example num_refinements=0,5")
        if name in space or name in flags:
            raise InputError(f"{name} is given twice: give all its values in one place")
        spelled[name] = f"--set {name}"
        read = _values("--set", values)
        if isinstance(read, list) and len(read) == 1:
            flags[name] = read[0]
        else:
            space[name] = read
    if not space:
        raise InputError(
            "there is nothing to choose from: give values with --topics 10,20,30 or --set num_refinements=0,5"
        )
    configured = settings_begun_with(None, config)
    sources = read_references(references)
    loaded, the_seeds = read_corpus(corpus), _seeds(seeds)
    if resume and not (output / IDENTITY).exists():
        say(f"there is no search in {output} to go on from: it begins")
    try:
        result = searched(
            loaded,
            space,
            output=output,
            preset=preset,
            settings={**configured, **flags},
            seeds=the_seeds,
            references=sources,
            objective=objective,
            trials=trials,
            num_words=num_words,
            labels=labels,
            resume=resume,
            show_progress=not quiet,
        )
    except GloCTMError as error:
        raise type(error)(_in_shell_terms(str(error), spelled)) from error
    command = training_command(corpus, result, output=output, preset=preset, config=config, settings=flags)
    show("\n".join(result_lines(result, command, shutil.get_terminal_size((_FILE_WIDTH, 24)).columns)))
    begun = settings_begun_with(preset, config)
    for name, value in {**flags, **result.best.settings}.items():
        if value is None and begun.get(name) is not None:
            say(f"{name} none has no flag: write {name}: null in a YAML file, and give train that as --config")
    say(f"written to {output}; see {output / 'search.html'}")


def training_command(
    corpus: Path,
    result: SearchResult,
    *,
    output: Path,
    preset: str | None,
    config: Path | None,
    settings: dict[str, Any],
) -> str:
    """Return the command that trains the best candidate's model of the first seed, to a folder next to the search's.

    What is None has no flag: it is left out, as are all that the estimator has None for.
    """
    # A folder such as "." has no name of its own.
    place = output if output.name not in ("", "..") else output.resolve()
    words = ["gloctm", "train", str(corpus), "-o", f"{place}-model"]
    if preset is not None:
        words += ["--preset", preset]
    if config is not None:
        words += ["--config", str(config)]
    best = result.best
    for name, value in {**settings, **best.settings, "random_state": best.trials[0].seed}.items():
        if value is None:
            continue
        flag = name.replace("_", "-")
        words += [f"--{flag}" if value else f"--no-{flag}"] if isinstance(value, bool) else [f"--{flag}", str(value)]
    return shlex.join(words)


def _values(flag: str, text: str) -> Range | list[Any]:
    from gloctm.selection import Range

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
    return {"true": True, "false": False, "none": None}.get(text.lower(), text)


def _seeds(text: str) -> list[int]:
    try:
        seeds = [int(each) for each in text.split(",") if each.strip()]
    except ValueError:
        seeds = []
    if not seeds:
        raise InputError(f"--seeds {text!r}: give whole numbers separated by commas, for example 0,1,2")
    return seeds


def _in_shell_terms(message: str, spelled: dict[str, str]) -> str:
    """Return a sentence of the library with what is called otherwise here called so.

    Args:
        message: the sentence.
        spelled: how settings were given, for example ``{"num_topics": "--num-topics"}``.
    """
    subject = message.split(" ", 1)[0]
    if subject in spelled:
        message = spelled[subject] + message.removeprefix(subject)
    for wording, other in _IN_SHELL:
        message = re.sub(wording, other, message)
    return message


def result_lines(result: SearchResult, command: str, width: int) -> list[str]:
    """Return all that is printed of a search: its table, the best candidate, and what trains it.

    Args:
        result: of the search.
        command: see `training_command`.
        width: of a line of the table.
    """
    best = ", ".join(f"{name} {value}" for name, value in result.best.settings.items())
    return [*table_lines(result, width), "", f"best: {best}", f"train it with: {command}"]


def table_lines(result: SearchResult, width: int) -> list[str]:
    """Return the candidates and their main measures as plain text, and what the best was chosen by.

    Args:
        result: of the search.
        width: of a line. Measures that find no room come below, with the settings once more: nothing is cut.
    """
    kept = [name for name in result.measures if name == result.objective or not _is_told_in_page_alone(name, result)]
    cells = [[cell.replace(" ± ", "±") for cell in row] for row in result.table(kept)]
    columns = [_column(*column) for column in zip(*cells, strict=True)]
    names = len(result.candidates[0].settings)
    settings, measures, mark = columns[:names], columns[names:-1], columns[-1]
    blocks = [[measures[0]]]
    for column in measures[1:]:
        if len(_beside([*settings, *blocks[-1], column, mark])[-1]) > width:
            blocks.append([])
        blocks[-1].append(column)
    lines = []
    for block in blocks:
        lines += [*(line.rstrip() for line in _beside([*settings, *block, mark])), ""]
    seeds = f"seed{'s' * (len(result.seeds) > 1)} {', '.join(map(str, result.seeds))}"
    over = f"mean±standard deviation over the {seeds}" if len(result.seeds) > 1 else seeds
    return [*lines, f"{over}; chosen by {name_of(result.objective)}", f"(--objective {result.objective})"]


def _is_told_in_page_alone(measure: str, result: SearchResult) -> bool:
    # Across languages says more, where there are several.
    return measure in _IN_PAGE_ALONE or (measure == "accuracy_within" and "accuracy_across" in result.measures)


def _column(heading: str, *cells: str) -> list[str]:
    """Return lines of equal width: the heading, broken into lines, above the cells."""
    words = re.findall(r"[^\s_]+_?|_", heading)
    width = max(map(len, (*words, *cells)), default=0)
    broken = [""]
    for word in words:
        joined = broken[-1] + (" " if broken[-1] and not broken[-1].endswith("_") else "") + word
        if len(joined) > width:
            broken.append(word)
        else:
            broken[-1] = joined
    # A mark has no heading, and is to the left.
    return [f"{line:>{width}}" if heading else f"{line:<{width}}" for line in (*broken, *cells)]


def _beside(columns: Sequence[Sequence[str]]) -> list[str]:
    """Join columns side by side, their last lines in one row."""
    height = max(map(len, columns))
    filled = [[" " * len(column[0])] * (height - len(column)) + list(column) for column in columns]
    return [_GAP.join(row) for row in zip(*filled, strict=True)]

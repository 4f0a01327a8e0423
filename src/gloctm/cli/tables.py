"""Tables for people, on standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gloctm.checks import count_of
from gloctm.cli.messages import show
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.report import BuildReport, describe_left_out, main_reasons
from gloctm.corpus.statistics import DocumentStatistics, num_split
from gloctm.reading.columns import describe_columns
from gloctm.reading.dropped import DroppedDocument
from gloctm.shards import ShardedCorpus, ShardedLanguage

if TYPE_CHECKING:
    from gloctm.evaluation import Evaluation

# Enough for a few languages side by side where the output is no terminal and so has no width of its own.
_FILE_WIDTH = 160
# Values of one measure that are shown one by one.
_MOST_VALUES = 8
# Lines and sentences that many documents have, shown per language.
_MOST_PIECES = 3
_LEGEND = (
    "empty: share of documents without a word of the vocabulary",
    "words: size of the vocabulary",
    "tokens: words of the vocabulary in all documents, repetitions counted",
    "words covered: share of all words but stop words that are in the vocabulary",
    "mean length: tokens per document",
    "labels: different ones",
    "vectors: dimensions of the word embeddings and of the document embeddings",
)


def print_corpus(corpus: Corpus | ShardedCorpus, *, num_words: int = 10) -> None:
    """Return what a corpus holds, a row per language, and how its words were chosen."""
    from rich.table import Table
    from rich.text import Text

    # Without padding it has room on a terminal of 80 columns.
    table = Table(padding=0)
    table.add_column("language")
    for heading in ("documents", "empty", "words", "tokens", "words\ncovered", "mean\nlength", "labels"):
        table.add_column(heading, justify="right")
    table.add_column("tokenizer", overflow="fold")
    table.add_column("vectors")
    report = corpus.report or BuildReport()
    found = {language: _statistics(part) for language, part in corpus.items()}
    for language, part in corpus.items():
        each = found[language]
        dimensions = (None if part.word_embeddings is None else part.word_embeddings.shape[1], part.document_dimension)
        table.add_row(
            language,
            f"{each.documents:,}",
            f"{each.empty / each.documents:.1%}",
            f"{part.num_words:,}",
            f"{each.tokens:,}",
            f"{each.covered / report.words[language].tokens:.1%}"
            if language in report.words and report.words[language].tokens
            else "-",
            f"{each.tokens / each.documents:.1f}",
            "-" if each.labels is None else str(len(each.labels)),
            part.tokenizer,
            " ".join("-" if dimension is None else str(dimension) for dimension in dimensions),
        )
    _print(table)
    lines = [f"{language}: {' '.join(each.frequent_words(num_words))}" for language, each in found.items()]
    lines = ["In most documents:", *lines, "", *_LEGEND, ""]
    if report.settings:
        lines.append("vocabulary: " + ", ".join(f"{name} {_told(value)}" for name, value in report.settings.items()))
    if phrases := describe_phrases(report):
        lines.append(phrases)
    lines += describe_passages(corpus)
    lines += describe_cleaned(report)
    for language, named in report.identified.items():
        number = count_of(named.documents, "document")
        lines.append(f"identified: {number} as {language}, mean confidence {named.confidence:.2f}")
    if columns := describe_columns(report.columns):
        lines.append(columns)
    lines += [f"note: {note}" for note in report.notes]
    lines += describe_repeated(report)
    lines += [
        f"left out: {count_of(count, 'document')}: {reason}"
        for reason, count in main_reasons(report.dropped_by_reason())
    ]
    lines.append(f"encoder: {corpus.encoder or 'none'}")
    for line in lines:
        _print(Text(line))


def _statistics(part: LanguageCorpus | ShardedLanguage) -> DocumentStatistics:
    """Return the statistics of a language's documents, a shard at a time where they are in shards."""
    found = DocumentStatistics(part.vocabulary)
    for documents in part.parts():
        found.add(documents)
    return found


def describe_repeated(report: BuildReport, *, hints: bool = False) -> list[str]:
    """Return what documents repeat, a line each; with hints, how to drop it."""
    lines = []
    for language, each in report.repeated.items():
        if each.duplicates:
            verb = "repeats" if each.duplicates == 1 else "repeat"
            hint = " (--drop-duplicates exact drops them)" if hints else ""
            lines.append(f"{count_of(each.duplicates, 'document')} in {language} {verb} an earlier one{hint}")
        for piece, count in list(each.boilerplate.items())[:_MOST_PIECES]:
            hint = " (--drop-boilerplate drops it)" if hints and not each.boilerplate_dropped else ""
            what = "dropped from" if each.boilerplate_dropped else "in"
            lines.append(f"boilerplate {what} {count_of(count, 'document')} in {language}: {piece!r:.80}{hint}")
    return lines


def _told(value: Any) -> str:
    """Return a setting; of one by language, each."""
    return " ".join(f"{code} {each}" for code, each in value.items()) if isinstance(value, dict) else str(value)


def print_evaluation(evaluation: Evaluation) -> None:
    """Print a row a measure, with its values and, where there are several, their mean."""
    from rich.table import Table

    from gloctm.evaluation import name_of

    table = Table()
    table.add_column(f"measure, {evaluation.conditions['words']} words per topic")
    table.add_column("mean", justify="right")
    table.add_column("of", overflow="fold")
    for name, values in evaluation.measures.items():
        each = "  ".join(f"{what} {value:.3f}" for what, value in values.items())
        if len(values) > _MOST_VALUES:
            least, most = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
            each = f"{len(values)} of {values[least]:.3f} ({least}) to {values[most]:.3f} ({most})"
        table.add_row(name_of(name), f"{evaluation.mean(name):.4f}", each)
    _print(table)


def describe_phrases(report: BuildReport) -> str:
    """Return how many phrases the vocabulary of each language has; empty where none were sought."""
    found = {code: each.phrases for code, each in report.words.items() if each.phrases is not None}
    return f"phrases: {', '.join(f'{code} {count:,}' for code, count in found.items())}" if found else ""


def describe_passages(corpus: Corpus | ShardedCorpus) -> list[str]:
    """Return for each language how many documents are split, and into how many passages."""
    lines = []
    words = {} if corpus.report is None else corpus.report.words
    for language, part in corpus.items():
        if part.has_passages:
            counted = words[language].split if language in words else None
            split = num_split(part.parts()) if counted is None else counted
            number = part.num_units - part.num_documents + split
            was = "was" if part.num_documents == 1 else "were"
            lines.append(
                f"passages: {split:,} of {count_of(part.num_documents, 'document')} in {language!r} {was} split into "
                f"{number:,} passages"
            )
    return lines


_CLEANED = {
    "markup": "markup removed from",
    "addresses": "addresses and mentions passed over in",
    "hyphens": "words joined that the end of a line divided, in",
    "folded": "words brought to one spelling in",
}


def describe_cleaned(report: BuildReport) -> list[str]:
    """Return in how many documents something was changed before words were counted, a line per kind."""
    lines = []
    for name, done in _CLEANED.items():
        counts = {code: number for code, each in report.cleaned.items() if (number := getattr(each, name))}
        if counts:
            by_language = ", ".join(f"{code} {number:,}" for code, number in counts.items())
            lines.append(f"{done} {count_of(sum(counts.values()), 'document')} ({by_language})")
    return lines


def describe_dropped(dropped: Sequence[DroppedDocument]) -> str:
    """Return how many documents were left out, and for which reasons."""
    return describe_left_out(BuildReport(dropped=dropped).dropped_by_reason())


def print_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values, one line each."""
    width = max(map(len, facts))
    for name, value in facts.items():
        show(f"{name:<{width}}  {value}")


def _print(table: Any) -> None:
    # Not by rich, which ends the process where the reader of the output has gone.
    show("\n".join(_lines(table)))


def _lines(table: Any) -> list[str]:
    from rich.console import Console

    # No markup: words of a corpus are shown as they are. No styles either, which would be escapes like any others.
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _FILE_WIDTH
    console = Console(markup=False, width=width, force_terminal=False)
    with console.capture() as shown:
        console.print(table)
    return shown.get().removesuffix("\n").split("\n")

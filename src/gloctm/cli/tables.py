"""Tables for people, on standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from gloctm.corpus.corpus import Corpus
from gloctm.corpus.report import BuildReport
from gloctm.corpus.statistics import covered_tokens, frequent_words
from gloctm.topics import TopicRecord

# Enough for a few languages side by side where the output is no terminal and so has no width of its own.
_FILE_WIDTH = 160
# Reasons for leaving documents out that are told one by one.
_MOST_REASONS = 6


def print_topics(records: Sequence[TopicRecord], uniqueness: Mapping[str, float] | None = None) -> None:
    """Aligned topics, a row each, the languages side by side."""
    from rich.table import Table

    languages = list(dict.fromkeys(record["language"] for record in records))
    table = Table(header_style="bold", show_lines=True)
    table.add_column("topic", justify="right")
    for language in languages:
        footer = "" if uniqueness is None else f"TU {uniqueness[language]:.3f}"
        # Folding: rich would cut a line of double-width characters short.
        table.add_column(language, footer=footer, ratio=1, overflow="fold")
    table.show_footer = uniqueness is not None
    rows: dict[int, dict[str, str]] = {}
    for record in records:
        rows.setdefault(record["topic"], {})[record["language"]] = " ".join(record["words"])
    for topic, words in rows.items():
        table.add_row(str(topic), *(words[language] for language in languages))
    _print(table)


def print_topics_as_markdown(records: Sequence[TopicRecord]) -> None:
    """Aligned topics as a Markdown table, to be pasted into a document."""
    languages = list(dict.fromkeys(record["language"] for record in records))
    rows: dict[int, list[str]] = {}
    for record in records:
        # A bar would end the cell.
        rows.setdefault(record["topic"], []).append(" ".join(record["words"]).replace("|", "\\|"))
    print(f"| topic | {' | '.join(languages)} |")
    print(f"|--:|{'---|' * len(languages)}")
    for topic, cells in rows.items():
        print(f"| {topic} | {' | '.join(cells)} |")


def print_corpus(corpus: Corpus, *, num_words: int = 10) -> None:
    """What a corpus holds, a row a language, and how its words were chosen."""
    from rich.table import Table
    from rich.text import Text

    # Without padding it has room on a terminal of 80 columns.
    table = Table(header_style="bold", padding=0)
    table.add_column("language")
    for heading in ("documents", "empty", "words", "tokens", "cover", "each", "labels"):
        table.add_column(heading, justify="right")
    table.add_column("tokenizer", overflow="fold")
    table.add_column("vectors")
    report = corpus.report or BuildReport()
    for language, part in corpus.items():
        tokens = int(part.counts.sum())
        dimensions = [
            "-" if array is None else str(array.shape[1]) for array in (part.word_embeddings, part.document_embeddings)
        ]
        empty = int(part.empty_documents.sum())
        table.add_row(
            language,
            f"{part.num_documents:,}",
            f"{empty / part.num_documents:.1%}" if empty else "0",
            f"{part.num_words:,}",
            f"{tokens:,}",
            f"{covered_tokens(part) / report.words[language].tokens:.1%}"
            if language in report.words and report.words[language].tokens
            else "-",
            f"{tokens / part.num_documents:.1f}",
            str(len(set(part.labels))) if part.labels is not None else "-",
            part.tokenizer,
            " ".join(dimensions),
        )
    _print(table)
    lines = [f"{language}: {' '.join(frequent_words(part, num_words))}" for language, part in corpus.items()]
    lines.append(
        "empty: share of documents without a word of the vocabulary; words: size of the vocabulary; cover: share of "
        "all words but stop words that are in it; each: tokens a document; vectors: dimensions of word and document "
        "embeddings; below the table, the words in most documents"
    )
    if report.settings:
        lines.append("vocabulary: " + ", ".join(f"{name} {value}" for name, value in report.settings.items()))
    for language, each in report.identified.items():
        lines.append(f"identified: {each.documents:,} documents as {language}, mean confidence {each.confidence:.2f}")
    lines += [f"left out: {count:,} documents, {reason}" for reason, count in main_reasons(report)]
    lines.append(f"encoder: {corpus.encoder or 'none'}")
    for line in lines:
        _print(Text(line))


def main_reasons(report: BuildReport) -> list[tuple[str, int]]:
    """Why documents were left out and how many, most first; rare reasons, of which there can be thousands, as one."""
    reasons = list(report.dropped_by_reason().items())
    if len(reasons) <= _MOST_REASONS:
        return reasons
    others = sum(count for _, count in reasons[_MOST_REASONS - 1 :])
    return [*reasons[: _MOST_REASONS - 1], ("other reasons", others)]


def print_facts(facts: Mapping[str, Any]) -> None:
    """Names and values, a line each."""
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name:<{width}}  {value}")


def _print(table: Any) -> None:
    from rich.console import Console

    # Markup off: words of a corpus are shown as they are.
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _FILE_WIDTH
    console = Console(markup=False, width=width)
    # Printed by print(), because rich ends the process where the reader of the output has gone.
    with console.capture() as shown:
        console.print(table)
    print(shown.get(), end="")

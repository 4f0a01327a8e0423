"""Topics on standard output: lines of words for people, or Markdown, or CSV."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from gloctm.cli.messages import show
from gloctm.inert import CsvWriter

if TYPE_CHECKING:
    from gloctm.model.model import TopicModel
    from gloctm.model.topics import TopicRecord

# Columns of a label at most, and a quarter of the terminal at most; words matter more.
_MOST_LABEL = 22
_GAP = "  "


def print_topics(model: TopicModel, records: Sequence[TopicRecord], *, num_words: int) -> None:
    """Print a line per topic and language, with as many words as the terminal has room for.

    Args:
        model: trained.
        records: the topics shown, a record per topic and language.
        num_words: how many words they have, for their uniqueness.
    """
    shares, labels, marked = model.topic_shares_, model.labels_, set(doubtful_topics(model))
    labeled = {(record["topic"], record["language"]) for record in records if _label(record, labels)}
    heading = ["topic", "lang", *(["share"] if shares else []), *(["label"] if labeled else [])]
    rows: list[tuple[list[str], list[str]]] = [(heading, ["words"])]
    before = None
    for record in records:
        topic, code = record["topic"], record["language"]
        cells = [f"{topic:>5}" if topic != before else "", f"{code}?" if (topic, code) in marked else code]
        if shares:
            cells.append(f"{shares[code][topic]:>5.1%}" if code in shares else "")
        if labeled:
            cells.append(_fitting(_label(record, labels).split(" "), min(_MOST_LABEL, terminal_width() // 4)))
        rows.append((cells, record["words"]))
        before = topic
    widths = [max(_cells(cells[column]) for cells, _ in rows) for column in range(len(heading))]
    room = terminal_width() - sum(widths) - len(_GAP) * len(widths)
    for cells, words in rows:
        padded = (f"{cell}{' ' * (width - _cells(cell))}" for cell, width in zip(cells, widths, strict=True))
        show(_GAP.join([*padded, _fitting(words, room)]))
    show(_uniqueness(records, num_words))
    if marked & {(record["topic"], record["language"]) for record in records}:
        show("?: probably another theme than in the other languages")


def print_topic(model: TopicModel, topic: int, records: Sequence[TopicRecord]) -> None:
    """Print one topic with all its words, the lines wrapped between words.

    Args:
        model: trained.
        topic: its number.
        records: the topic, a record per language.
    """
    show(f"topic {topic}")
    for record in records:
        code, label = record["language"], _label(record, model.labels_)
        share = model.topic_shares_.get(code)
        told = [code, *([f"{share[topic]:.1%} of the documents"] if share else []), *([label] if label else [])]
        show(", ".join(told))
        for line in _wrapped(record["words"], terminal_width() - 2):
            show(f"  {line}")


def print_topics_as_markdown(records: Sequence[TopicRecord]) -> None:
    """Print aligned topics as a Markdown table, to be pasted into a document."""
    languages = list(dict.fromkeys(record["language"] for record in records))
    rows: dict[int, list[str]] = {}
    for record in records:
        # A bar would end the cell.
        rows.setdefault(record["topic"], []).append(" ".join(record["words"]).replace("|", "\\|"))
    show(f"| topic | {' | '.join(languages)} |")
    show(f"|--:|{'---|' * len(languages)}")
    for topic, cells in rows.items():
        show(f"| {topic} | {' | '.join(cells)} |")


def print_topics_as_csv(records: Sequence[TopicRecord]) -> None:
    """Print topics as CSV, one word per row: its topic, language, rank from 1, and weight."""
    table = CsvWriter(sys.stdout, ["topic", "language", "rank", "word", "weight"])
    for record in records:
        ranked = enumerate(zip(record["words"], record["weights"], strict=True), start=1)
        table.rows([record["topic"], record["language"], rank, word, weight] for rank, (word, weight) in ranked)


def doubtful_topics(model: TopicModel) -> list[tuple[int, str]]:
    """List topics and languages where the topic probably has another theme than in the other languages."""
    from gloctm.model.vectors import topic_vectors
    from gloctm.summary.agreement import doubtful_by_topic

    doubtful = doubtful_by_topic(topic_vectors(model.word_scores_, model.word_embeddings_))
    return [(topic, code) for topic, codes in enumerate(doubtful) for code in codes]


def outcome(model: TopicModel) -> str:
    """Say how many topics a training gave, and which of them are doubtful."""
    from gloctm.checks import listed

    found = list(dict.fromkeys(str(topic) for topic, _ in doubtful_topics(model)))
    topics = f"topic{'' if len(found) == 1 else 's'} {listed(found)}"
    doubtful = f", {len(found)} doubtful ({topics}: another theme in one language)" if found else ""
    return f"{model.num_topics_} topics{doubtful}"


def _label(record: TopicRecord, labels: Mapping[str, Mapping[int, str]]) -> str:
    return labels.get(record["language"], {}).get(record["topic"], "")


def _uniqueness(records: Sequence[TopicRecord], num_words: int) -> str:
    from gloctm.metrics.diversity import topic_uniqueness

    codes = dict.fromkeys(record["language"] for record in records)
    measured = {
        code: topic_uniqueness([record["words"] for record in records if record["language"] == code]) for code in codes
    }
    told = ", ".join(f"{code} {value:.3f}" for code, value in measured.items())
    return f"topic uniqueness (TU, {num_words} words): {told}; 1 means that no word is in two topics"


def _fitting(words: Sequence[str], room: int) -> str:
    return " ".join(words[: _num_fitting(words, room)])


def _wrapped(words: Sequence[str], room: int) -> list[str]:
    lines: list[str] = []
    rest = list(words)
    while rest:
        number = _num_fitting(rest, room)
        lines.append(" ".join(rest[:number]))
        rest = rest[number:]
    return lines


def _num_fitting(words: Sequence[str], room: int) -> int:
    """Return how many of the first words there is room for, with a space between two; at least one."""
    ends = accumulate((_cells(word) + 1 for word in words), initial=-1)
    return max(sum(end <= room for end in ends) - 1, 1)


def _cells(text: str) -> int:
    # A Chinese character takes two columns, a combining mark none.
    from rich.cells import cell_len

    return cell_len(text)


def terminal_width() -> int:
    """Return the columns of the terminal; what goes elsewhere has room for everything."""
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return sys.maxsize
    return shutil.get_terminal_size().columns

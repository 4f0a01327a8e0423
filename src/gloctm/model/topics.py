"""Topics as tables: the heaviest words of each topic, language by language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from gloctm.arrays import Array, Floats
from gloctm.model.table import Table


class TopicRecord(TypedDict):
    """One topic in one language: its words, heaviest first, and their weights.

    Examples:
        >>> record = model.topics(3)[0]
        >>> record["topic"], record["language"], len(record["words"])
        (0, 'en', 3)
    """

    topic: int
    language: str
    words: list[str]
    weights: list[float]


class TopicTable(Table[TopicRecord]):
    """Records of topics, which a notebook shows as a table and ``print_topics`` as text, a block per topic.

    Args:
        records: topics in order, with the same languages in each.
        labels: for each language the labels of topics by number, shown with them.

    Examples:
        >>> table = TopicTable([TopicRecord(topic=0, language="en", words=["train", "bus"], weights=[2.0, 1.0])])
        >>> print(table.as_text())
        0
          en  train  bus
    """

    def __init__(self, records: Iterable[TopicRecord], *, labels: Mapping[str, Mapping[int, str]] | None = None):
        super().__init__(records)
        self._labels = labels or {}

    def as_text(self) -> str:
        """Return a block per topic, with a line per language."""
        width = max((len(record["language"]) for record in self), default=0)
        lines = []
        for topic, records in self._by_topic().items():
            lines.append(f"{topic}  {self._label(topic)}".rstrip())
            lines += [f"  {record['language']:{width}}  {'  '.join(record['words'])}" for record in records]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Show a row per topic and a column per language; colors are those of the notebook."""
        codes = list(dict.fromkeys(record["language"] for record in self))
        rows = []
        for topic, records in self._by_topic().items():
            words = {record["language"]: ", ".join(record["words"]) for record in records}
            texts = {"": self._label(topic), **{code: words.get(code, "") for code in codes}}
            cells = "".join(
                f'<td dir="auto" lang="{escape(code)}" style="text-align:start">{escape(text)}</td>'
                for code, text in texts.items()
            )
            rows.append(f"<tr><th>{topic}</th>{cells}</tr>")
        head = "".join(f"<th>{escape(code)}</th>" for code in codes)
        return (
            f"<table><thead><tr><th>topic</th><th>label</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )

    def _by_topic(self) -> dict[int, list[TopicRecord]]:
        found: dict[int, list[TopicRecord]] = {}
        for record in self:
            found.setdefault(record["topic"], []).append(record)
        return found

    def _label(self, topic: int) -> str:
        """Join the labels of a topic, each once."""
        return " · ".join(dict.fromkeys(texts[topic] for texts in self._labels.values() if topic in texts))


def top_words(topic_word: Array, vocabulary: Sequence[str], num_words: int) -> list[list[str]]:
    """Return the heaviest words of each topic; of equals, the one that comes first in the vocabulary.

    Args:
        topic_word: β_l, ``(K, V_l)``.
        vocabulary: the word of each column.
        num_words: how many; all if there are fewer.

    Examples:
        >>> top_words(np.array([[0.1, 0.7, 0.2]], np.float32), ["bus", "train", "station"], 2)
        [['train', 'station']]
    """
    return [[vocabulary[column] for column in row] for row in heaviest_columns(topic_word, num_words).tolist()]


def topic_records(
    topic_word: Mapping[str, Array], vocabulary: Mapping[str, Sequence[str]], num_words: int
) -> list[TopicRecord]:
    """Make a record per topic and language: topics in order, languages in the order of the mapping."""
    columns = {language: heaviest_columns(weights, num_words) for language, weights in topic_word.items()}
    num_topics = len(next(iter(topic_word.values())))
    return [
        TopicRecord(
            topic=topic,
            language=language,
            words=[vocabulary[language][column] for column in columns[language][topic]],
            weights=[float(topic_word[language][topic, column]) for column in columns[language][topic]],
        )
        for topic in range(num_topics)
        for language in topic_word
    ]


def heaviest_columns(weights: Floats, number: int) -> NDArray[np.int64]:
    """Return the columns of the greatest numbers of each row, the greatest first; of equals, the first column.

    Whole rows are not sorted: of 20,000 words, 30 are found in an eighth of the time.

    Args:
        weights: ``(rows, columns)``, none of them NaN.
        number: how many; all if there are fewer.

    Examples:
        >>> heaviest_columns(np.array([[0.1, 0.7, 0.2, 0.7]]), 3).tolist()
        [[1, 3, 2]]
    """
    rows = np.asarray(weights)
    if number >= rows.shape[1]:
        return np.argsort(-rows, axis=1, kind="stable")
    found = np.empty((len(rows), number), np.int64)
    for place, row in enumerate(rows):
        columns = np.flatnonzero(row >= np.partition(row, -number)[-number])
        found[place] = columns[np.argsort(-row[columns], kind="stable")[:number]]
    return found

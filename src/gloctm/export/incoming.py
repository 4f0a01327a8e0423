"""Documents that come block by block, with their languages, to be inferred; memory holds a block or two."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gloctm.corpus.tokenization import with_languages
from gloctm.reading.builder import Record
from gloctm.reading.dropped import DroppedDocument
from gloctm.reading.records import RecordReader

# Enough that what a block takes by itself does not count, few enough that a block is small: texts, words and θ of short
# documents take about 100 MB.
BLOCK_DOCUMENTS = 16_384
# Of long documents, their words take most: about ten times the characters.
BLOCK_CHARACTERS = 4_000_000

#: Documents of a block in the order of the input, and among them what was left out.
Entries = list[Record | DroppedDocument]


@dataclass(frozen=True)
class Block:
    """Documents to infer.

    Attributes:
        ids: of each.
        languages: of each, normalized.
        texts: of each.
        left_out: what is not among them, in the order of the input.
    """

    ids: list[str]
    languages: list[str]
    texts: list[str]
    left_out: list[DroppedDocument]


def read_blocks(reader: RecordReader) -> Iterator[Entries]:
    """Yield documents in blocks, in order; each has an id, its position in the whole input unless given.

    Args:
        reader: reads them. What it leaves out is handed on with the blocks, and no longer in ``reader.dropped``.

    Examples:
        >>> from gloctm.export.incoming import read_blocks
        >>> from gloctm.corpus import as_records
        >>> [[record]] = read_blocks(as_records([{"text": "a red car", "lang": "en"}]))
        >>> record["id"]
        '0'
    """
    entries: Entries = []
    position = characters = 0
    for record in reader:
        # What could not be read comes before the record that could.
        if dropped := reader.take_dropped():
            entries += dropped
            position += len(dropped)
        record.setdefault("id", str(position))
        position += 1
        entries.append(record)
        characters += len(record["text"])
        if len(entries) >= BLOCK_DOCUMENTS or characters >= BLOCK_CHARACTERS:
            yield entries
            entries, characters = [], 0
    entries += reader.take_dropped()
    if entries:
        yield entries


def identified(entries: Entries, min_confidence: float, known: Sequence[str]) -> Block:
    """Identify the languages that documents lack.

    Args:
        entries: a block.
        min_confidence: documents identified with less confidence are left out.
        known: the languages of the model, in one of which a short text most probably is.

    Raises:
        MissingDependencyError: languages are to be identified, and py3langid is not installed.
    """
    records = [entry for entry in entries if not isinstance(entry, DroppedDocument)]
    complete, unknown = with_languages(records, min_confidence, known=known)
    if len(records) < len(entries):
        unknown = _in_order(entries, unknown)
    return Block(
        [record["id"] for record in complete],
        [record["lang"] for record in complete],
        [record["text"] for record in complete],
        unknown,
    )


def _in_order(entries: Entries, unknown: Sequence[DroppedDocument]) -> list[DroppedDocument]:
    """Bring what could not be read and what could not be identified into the order of the input."""
    ordered, waiting = [], deque(unknown)
    for entry in entries:
        if isinstance(entry, DroppedDocument):
            ordered.append(entry)
        elif waiting and "lang" not in entry and entry["source"] == waiting[0].source:
            ordered.append(waiting.popleft())
    return ordered

"""Documents that come block by block, with their languages, to be inferred; memory holds a block or two."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from gloctm.corpus.tokenization import with_languages
from gloctm.reading.builder import Record
from gloctm.reading.dropped import DroppedDocument
from gloctm.reading.records import RecordReader

# Enough that what a block takes by itself does not count, few enough that a block is small: texts, words and θ of short
# documents take about 100 MB.
BLOCK_DOCUMENTS = 16_384
# Of long documents, their words take most: about ten times the characters.
BLOCK_CHARACTERS = 4_000_000

#: Documents of a block in the order of the input, and among them what could not be read.
Entries = list[Record | DroppedDocument]


@dataclass(frozen=True)
class LeftOut:
    """What is not among the documents inferred.

    Attributes:
        document: what it is, and why.
        position: its position in what is read.
        takes_position: whether its id is its position in the whole input.
    """

    document: DroppedDocument
    position: int
    takes_position: bool = False

    def listed(self, first: int = 0) -> DroppedDocument:
        """Return the document with its id, if what is read begins at this position of the whole input."""
        return replace(self.document, id=str(first + self.position)) if self.takes_position else self.document


@dataclass(frozen=True)
class Block:
    """Documents to infer.

    Attributes:
        ids: of each; None for its position in the whole input.
        languages: of each, normalized.
        texts: of each.
        left_out: what is not among them, in the order of the input.
    """

    ids: list[str | None]
    languages: list[str]
    texts: list[str]
    left_out: list[LeftOut]


def read_blocks(reader: RecordReader) -> Iterator[Entries]:
    """Yield documents in blocks, in order.

    Args:
        reader: reads them. What it leaves out is handed on with the blocks, and no longer in ``reader.dropped``.

    Examples:
        >>> from gloctm.export.incoming import read_blocks
        >>> from gloctm.corpus import as_records
        >>> [[record]] = read_blocks(as_records([{"text": "a red car", "lang": "en"}]))
        >>> record["text"]
        'a red car'
    """
    entries: Entries = []
    characters = 0
    for record in reader:
        # What could not be read comes before the record that could.
        entries += reader.take_dropped()
        entries.append(record)
        characters += len(record["text"])
        if len(entries) >= BLOCK_DOCUMENTS or characters >= BLOCK_CHARACTERS:
            yield entries
            entries, characters = [], 0
    entries += reader.take_dropped()
    if entries:
        yield entries


def identified(entries: Entries, first: int, min_confidence: float, known: Sequence[str]) -> Block:
    """Identify the languages that documents lack.

    Args:
        entries: a block.
        first: the position of its first entry in what is read.
        min_confidence: documents identified with less confidence are left out.
        known: the languages of the model, in one of which a short text most probably is.

    Raises:
        MissingDependencyError: languages are to be identified, and py3langid is not installed.
    """
    records = [entry for entry in entries if not isinstance(entry, DroppedDocument)]
    complete, unknown = with_languages(records, min_confidence, known=known)
    lacking = unknown or len(records) < len(entries)
    return Block(
        [record.get("id") for record in complete],
        [record["lang"] for record in complete],
        [record["text"] for record in complete],
        _in_order(entries, first, unknown) if lacking else [],
    )


def with_positions(ids: Iterable[str | None], first: int, left_out: Iterable[int]) -> Iterator[str]:
    """Yield ids, positions for those that are None.

    Args:
        ids: of documents, in order.
        first: the position of what is read first.
        left_out: positions that none of the documents has, ascending.

    Examples:
        >>> from gloctm.export.incoming import with_positions
        >>> list(with_positions([None, "a", None], 10, [10, 13]))
        ['11', 'a', '14']
    """
    position, missing = first, iter(left_out)
    following = next(missing, None)
    for each in ids:
        while position == following:
            position, following = position + 1, next(missing, None)
        yield str(position) if each is None else each
        position += 1


def _in_order(entries: Entries, first: int, unknown: Sequence[DroppedDocument]) -> list[LeftOut]:
    """Bring what could not be read and what could not be identified into the order of the input."""
    ordered, waiting = [], deque(unknown)
    for position, entry in enumerate(entries, start=first):
        if isinstance(entry, DroppedDocument):
            ordered.append(LeftOut(entry, position))
        elif waiting and "lang" not in entry and entry["source"] == waiting[0].source:
            ordered.append(LeftOut(waiting.popleft(), position, takes_position="id" not in entry))
    return ordered

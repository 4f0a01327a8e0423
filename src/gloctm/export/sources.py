"""What is inferred step by step: documents as they are read, or a corpus shard by shard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np

from gloctm.arrays import Array
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.shard_files import SHARD_DOCUMENTS
from gloctm.export import incoming
from gloctm.export.incoming import LeftOut, with_positions
from gloctm.model.inferring import BlockInference
from gloctm.reading.notes import Note
from gloctm.reading.records import RecordReader
from gloctm.shards.corpus import ShardedCorpus


@dataclass(frozen=True)
class HowRead:
    """How documents were read.

    Attributes:
        columns: the column of each field; None where the documents have none.
        notes: what was read otherwise than written, counted by kind.
    """

    columns: Mapping[str, str | None]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Inferred:
    """Documents with their topics.

    Attributes:
        ids: of each; None where that is its position in an input of which this is not the beginning.
        languages: of each.
        theta: θ or μ, ``(documents, K)``.
        left_out: what is not among them, in the order of the input.
    """

    ids: Sequence[str | None]
    languages: list[str]
    theta: Array
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """Some documents, not yet inferred.

    Attributes:
        size: how many documents.
        infer: infers them.
    """

    size: int
    infer: Callable[[], Inferred]


class Source(Protocol):
    """Where documents come from."""

    def steps(self) -> Iterator[Step]:
        """Yield the steps, in order, once."""

    def total(self, read: int) -> int | None:
        """Return how many documents there are, or about how many, if ``read`` of them have been read."""

    def facts(self) -> dict[str, Any]:
        """Return how documents were read, as JSON holds it; known after the last step."""

    @property
    def takes_long(self) -> bool:
        """Whether there is more than one step; known once the first one is there."""


class ReadDocuments:
    """Documents that are read, identified and inferred block by block.

    Args:
        reader: reads them.
        inference: infers them.
        min_confidence: documents whose language is identified with less confidence are left out.
        is_beginning: whether the whole input begins with them: their positions are then known.
        on_read: gets how documents were read, once all have been.
    """

    def __init__(
        self,
        reader: RecordReader,
        inference: BlockInference,
        min_confidence: float,
        *,
        is_beginning: bool = True,
        on_read: Callable[[HowRead], None] | None = None,
    ) -> None:
        self.takes_long = False
        self._reader = reader
        self._inference = inference
        self._min_confidence = min_confidence
        self._is_beginning = is_beginning
        self._on_read = on_read
        self._without_id = 0

    def steps(self) -> Iterator[Step]:
        """Yield a step for each block, once it is known whether another follows."""
        blocks = incoming.read_blocks(self._reader)
        block = next(blocks, None)
        first = 0
        while block is not None:
            following = next(blocks, None)
            self.takes_long = self.takes_long or following is not None
            if following is None and self._on_read is not None:
                self._on_read(HowRead(self._reader.columns, self._reader.notes))
            entries = block
            yield Step(len(entries), lambda: self._inferred(entries, first))  # noqa: B023  # at once
            block, first = following, first + len(entries)

    def total(self, read: int) -> int | None:
        """Return an estimate by the share of the bytes that have been read."""
        share = self._reader.fraction()
        return round(read / share) if share else None

    def facts(self) -> dict[str, Any]:
        """Return the columns, those that were nowhere, what was read otherwise, and how many have no id yet."""
        return {
            "columns": dict(self._reader.columns),
            "unseen": sorted(self._reader.unseen),
            "notes": [asdict(note) for note in self._reader.notes],
            "without_id": self._without_id,
        }

    def _inferred(self, entries: incoming.Entries, first: int) -> Inferred:
        block = incoming.identified(entries, first, self._min_confidence, self._inference.model.languages_)
        theta = self._inference.texts(block.texts, block.languages)
        ids: Sequence[str | None] = block.ids
        if self._is_beginning:
            ids = list(with_positions(ids, first, (each.position for each in block.left_out)))
        self._without_id += sum(each is None for each in ids)
        return Inferred(ids, block.languages, theta, block.left_out)


class CorpusDocuments:
    """Documents of a corpus, inferred shard by shard by their counts.

    Those of a language whose words are not the model's are inferred by their texts.

    Args:
        corpus: in memory or in shards.
        inference: infers them.
        shards: see ``list_shards``; all unless given.
    """

    def __init__(
        self,
        corpus: Corpus | ShardedCorpus,
        inference: BlockInference,
        shards: Sequence[tuple[str, int, int]] | None = None,
    ) -> None:
        self._corpus = corpus
        self._inference = inference
        self._shards = list_shards(corpus) if shards is None else shards
        self._number = sum(part.num_documents for part in corpus.values())
        self.takes_long = len(self._shards) > 1 and self._number > incoming.BLOCK_DOCUMENTS

    def steps(self) -> Iterator[Step]:
        """Yield a step for each shard, language by language; a shard is read when its step is inferred."""
        for code, first, end in self._shards:
            rows = np.arange(first, end)
            yield Step(len(rows), lambda: self._inferred(code, rows))  # noqa: B023  # at once

    def total(self, read: int) -> int | None:
        """Return how many documents there are."""
        return self._number

    def facts(self) -> dict[str, Any]:
        """Return nothing: a corpus has been read."""
        return {}

    def _needs_texts(self, code: str) -> bool:
        part, known = self._corpus[code], self._inference.model.vocabulary_.get(code)
        return known is not None and part.has_texts and list(part.vocabulary) != known

    def _inferred(self, code: str, rows: Any) -> Inferred:
        by_texts = self._needs_texts(code)
        part: LanguageCorpus = self._corpus[code].take(rows, texts=by_texts, embeddings=False)
        ids = list(part.ids) if part.ids is not None else [str(row) for row in rows]
        languages = [code] * len(rows)
        if not by_texts:
            return Inferred(ids, languages, self._inference.counted(part, code))
        assert part.texts is not None
        size = incoming.BLOCK_DOCUMENTS
        blocks = [part.texts[start : start + size] for start in range(0, len(rows), size)]
        theta = [self._inference.texts(texts, [code] * len(texts)) for texts in blocks]
        return Inferred(ids, languages, np.concatenate(theta))


def list_shards(corpus: Corpus | ShardedCorpus) -> list[tuple[str, int, int]]:
    """Return for each shard of a corpus, in order, its language, its first document, and the one after its last.

    A corpus in memory is cut as it would be on disk.
    """
    return [
        (code, first, min(first + SHARD_DOCUMENTS, part.num_documents))
        for code, part in corpus.items()
        for first in range(0, part.num_documents, SHARD_DOCUMENTS)
    ]

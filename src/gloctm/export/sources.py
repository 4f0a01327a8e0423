"""What is inferred step by step: documents as they are read, or a corpus shard by shard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from gloctm.arrays import Array
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.shard_files import SHARD_DOCUMENTS
from gloctm.export import incoming
from gloctm.files.digests import file_sha256
from gloctm.model.inferring import BlockInference
from gloctm.reading.dropped import DroppedDocument
from gloctm.reading.records import RecordReader
from gloctm.shards.corpus import ShardedCorpus

# Blocks of read documents in one part of a folder: 65,536 short documents.
BLOCKS_PER_PART = 4


@dataclass(frozen=True)
class Inferred:
    """Documents with their topics.

    Attributes:
        ids: of each.
        languages: of each.
        theta: θ or μ, ``(documents, K)``.
        left_out: what is not among them, in the order of the input.
    """

    ids: list[str]
    languages: list[str]
    theta: Array
    left_out: list[DroppedDocument] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """Some documents, not yet inferred.

    Attributes:
        part: the number of the part that they belong to, ascending, where a folder of parts is written.
        size: how many documents.
        infer: infers them.
    """

    part: int
    size: int
    infer: Callable[[], Inferred]


class Source(Protocol):
    """Where documents come from."""

    name: str

    def steps(self) -> Iterator[Step]:
        """Yield the steps, in order, once."""

    def identity(self) -> Any:
        """Return what says that these are the same documents in the same state, as JSON holds it; None if nothing."""

    def total(self, read: int) -> int | None:
        """Return how many documents there are, or about how many, if ``read`` of them have been read."""

    @property
    def takes_long(self) -> bool:
        """Whether there is more than one step; known once the first one is there."""


class ReadDocuments:
    """Documents that are read, identified and inferred block by block.

    Args:
        reader: reads them.
        inference: infers them.
        min_confidence: documents whose language is identified with less confidence are left out.
        on_read: called once all documents have been read.
    """

    def __init__(
        self,
        reader: RecordReader,
        inference: BlockInference,
        min_confidence: float,
        on_read: Callable[[RecordReader], None] | None,
    ) -> None:
        self.name = reader.origin
        self.takes_long = False
        self._reader = reader
        self._inference = inference
        self._min_confidence = min_confidence
        self._on_read = on_read

    def steps(self) -> Iterator[Step]:
        """Yield a step for each block, once it is known whether another follows."""
        blocks = incoming.read_blocks(self._reader)
        block = next(blocks, None)
        number = 0
        while block is not None:
            following = next(blocks, None)
            self.takes_long = self.takes_long or following is not None
            if following is None and self._on_read is not None:
                self._on_read(self._reader)
            entries = block
            yield Step(number // BLOCKS_PER_PART, len(entries), lambda: self._inferred(entries))  # noqa: B023  # at once
            block, number = following, number + 1

    def identity(self) -> Any:
        """Return the files with their sizes and times, and how they are read; None for what is in memory or a pipe."""
        read = self._reader.identity()
        return None if read is None else [read, self._min_confidence, incoming.BLOCK_DOCUMENTS, BLOCKS_PER_PART]

    def total(self, read: int) -> int | None:
        """Return an estimate by the share of the bytes that have been read."""
        share = self._reader.fraction()
        return round(read / share) if share else None

    def _inferred(self, entries: incoming.Entries) -> Inferred:
        block = incoming.identified(entries, self._min_confidence, self._inference.model.languages_)
        theta = self._inference.texts(block.texts, block.languages)
        return Inferred(block.ids, block.languages, theta, block.left_out)


class CorpusDocuments:
    """Documents of a corpus, inferred shard by shard by their counts.

    Those of a language whose words are not the model's are inferred by their texts.

    Args:
        corpus: in memory or in shards.
        inference: infers them.
    """

    def __init__(self, corpus: Corpus | ShardedCorpus, inference: BlockInference) -> None:
        self.name = str(corpus.path) if isinstance(corpus, ShardedCorpus) else "the corpus"
        self._corpus = corpus
        self._inference = inference
        self._number = sum(part.num_documents for part in corpus.values())
        self.takes_long = self._number > incoming.BLOCK_DOCUMENTS

    def steps(self) -> Iterator[Step]:
        """Yield a step for each shard, language by language; a shard is read when its step is inferred."""
        number = 0
        for code, part in self._corpus.items():
            by_texts = self._needs_texts(code)
            for first in range(0, part.num_documents, SHARD_DOCUMENTS):
                rows = np.arange(first, min(first + SHARD_DOCUMENTS, part.num_documents))
                yield Step(number, len(rows), lambda: self._inferred(code, rows, by_texts))  # noqa: B023  # at once
                number += 1

    def identity(self) -> Any:
        """Return where shards are and the SHA-256 of their manifest; None for a corpus in memory."""
        if not isinstance(self._corpus, ShardedCorpus):
            return None
        manifest = file_sha256(self._corpus.path / "corpus.json")
        return [str(self._corpus.path.resolve()), manifest, list(self._corpus.languages), SHARD_DOCUMENTS]

    def total(self, read: int) -> int | None:
        """Return how many documents there are."""
        return self._number

    def _needs_texts(self, code: str) -> bool:
        part, known = self._corpus[code], self._inference.model.vocabulary_.get(code)
        return known is not None and part.has_texts and list(part.vocabulary) != known

    def _inferred(self, code: str, rows: Any, by_texts: bool) -> Inferred:
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

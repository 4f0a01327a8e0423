"""``ShardedLanguage``: the documents of one language in shards, of which only what is asked for is in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array, Indices, evenly_spread
from gloctm.checks import check_int
from gloctm.corpus.language import SAMPLE_DOCUMENTS, LanguageCorpus
from gloctm.corpus.shard_files import OPTIONAL_COLUMNS, ShardRows
from gloctm.corpus.shard_manifest import read_vocabulary, read_word_embeddings
from gloctm.corpus.shard_reading import ShardFiles
from gloctm.corpus.sharded import join_rows, language_part, read_whole
from gloctm.embedding.encoder import Embeddings
from gloctm.errors import InputError
from gloctm.text.cleaning import Markup


class ShardedLanguage:
    """The documents of one language in shards; it has the cheap attributes of a ``LanguageCorpus``, and reads the rest.

    Args:
        files: the shards.
        of_passages: whether its documents are the passages of documents that are split, as ``as_passages`` has them.

    Examples:
        >>> from gloctm import ShardedCorpus
        >>> part = ShardedCorpus.load(corpus.save("shards", sharded=True))["en"]
        >>> part
        ShardedLanguage(240 documents, 2198 words, 1 shard)
        >>> part.take([7, 3]).ids
        ['en-football-08', 'en-football-04']
    """

    #: A corpus on disk has names of tokenizers alone.
    own_tokenizer = None

    def __init__(self, files: ShardFiles, *, of_passages: bool = False) -> None:
        self._files = files
        self._entry = files.entry
        self._of_passages = of_passages
        sizes = [each.units if of_passages else each.documents for each in self._entry.shards]
        # Where the documents of each shard begin, and where the last ones end.
        self._bounds = np.cumsum([0, *sizes])

    def __repr__(self) -> str:
        number = len(self._entry.shards)
        shards = f"{number} shard" if number == 1 else f"{number:,} shards"
        return f"ShardedLanguage({self.num_documents} documents, {self.num_words} words, {shards})"

    @property
    def num_documents(self) -> int:
        """The number of documents, empty ones included."""
        return int(self._bounds[-1])

    @property
    def num_words(self) -> int:
        """Size of the vocabulary."""
        return self._entry.num_words

    @property
    def num_units(self) -> int:
        """The number of passages; that of documents where none is split."""
        return self._entry.total("units")

    @property
    def num_empty(self) -> int:
        """How many documents have no word of the vocabulary."""
        return self._entry.total("empty_units" if self._of_passages else "empty")

    @property
    def num_nonzeros(self) -> int:
        """How many counts are stored: for each document its different words."""
        return self._entry.total("unit_nonzeros" if self._of_passages else "nonzeros")

    @cached_property
    def vocabulary(self) -> list[str]:
        """The word of each column of counts."""
        return read_vocabulary(self._files.folder, self._entry)

    @cached_property
    def word_embeddings(self) -> Embeddings | None:
        """``(vocabulary, dimension)`` float32, memory-mapped; None before they are computed."""
        found: Embeddings | None = read_word_embeddings(self._files.folder, self._entry, self._files.sha256)
        return found

    @property
    def tokenizer(self) -> str:
        """Name of the tokenizer of the texts."""
        return self._entry.tokenizer

    @property
    def stop_words(self) -> Mapping[str, Sequence[str]]:
        """How the stop words differ from the list of the language."""
        return self._entry.stop_words

    @property
    def markup(self) -> Markup | None:
        """What was done about markup in the texts."""
        return self._entry.markup

    @property
    def has_document_embeddings(self) -> bool:
        """Whether there are embeddings of the documents, or of their passages where any is split."""
        return self._entry.dimension is not None

    @property
    def has_word_embeddings(self) -> bool:
        """Whether there are embeddings of the words."""
        return self._entry.words_sha256 is not None

    @property
    def document_dimension(self) -> int | None:
        """Dimension of the embeddings of documents; None before they are computed."""
        return self._entry.dimension

    @property
    def has_passages(self) -> bool:
        """Whether any document is split; False for ``as_passages``, whose documents are the passages."""
        return self._entry.has_passages and not self._of_passages

    @property
    def has_texts(self) -> bool:
        """Whether there are raw texts."""
        return "text" in self._entry.columns

    @property
    def has_labels(self) -> bool:
        """Whether documents have labels."""
        return "label" in self._entry.columns

    @property
    def has_dates(self) -> bool:
        """Whether documents have dates."""
        return "date" in self._entry.columns

    @cached_property
    def block_sizes(self) -> NDArray[np.int64]:
        """How many documents each block has, in order over all shards: 1,024, but for the last one of a shard."""
        sizes = []
        for total in np.diff(self._bounds).tolist():
            full, rest = divmod(total, self._files.block)
            sizes += [self._files.block] * full + ([rest] if rest else [])
        return np.asarray(sizes, np.int64)

    def as_passages(self) -> ShardedLanguage:
        """Return a view whose documents are the passages; itself where no document is split.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> part = ShardedCorpus.load(corpus.save("shards", sharded=True))["en"]
            >>> part.as_passages() is part
            True
        """
        return ShardedLanguage(self._files, of_passages=True) if self.has_passages else self

    def parts(self, *, texts: bool = False, embeddings: bool = False) -> Iterator[LanguageCorpus]:
        """Yield the documents shard by shard, in order, with their ids, labels, dates and passages.

        Args:
            texts: whether texts are read.
            embeddings: whether embeddings of documents are read.

        Raises:
            FileFormatError: a file is missing or damaged.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> part = ShardedCorpus.load(corpus.save("shards", sharded=True))["en"]
            >>> [each.num_documents for each in part.parts()]
            [240]
        """
        for first, last in zip(self._bounds[:-1], self._bounds[1:], strict=True):
            yield self.take(np.arange(first, last), texts=texts, embeddings=embeddings)

    def take(self, rows: Any, *, texts: bool = True, embeddings: bool = True) -> LanguageCorpus:
        """Read some of the documents, in this order; they may repeat. Only the blocks that hold them are read.

        Args:
            rows: the rows of the documents.
            texts: whether texts are read.
            embeddings: whether embeddings of documents are read.

        Raises:
            InputError: a row is none of this language's.
            FileFormatError: a file is missing or damaged.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> part = ShardedCorpus.load(corpus.save("shards", sharded=True))["en"]
            >>> part.take([3, 5], texts=False).num_documents
            2
        """
        chosen, order = np.unique(self._checked(rows), return_inverse=True)
        columns = [name for name in ("id", *OPTIONAL_COLUMNS) if texts or name != "text"]
        read = self._files.units if self._of_passages else self._files.documents
        pieces: list[ShardRows] = []
        places: list[tuple[int, Indices]] = []
        for number, local in self._by_shard(chosen):
            piece, units = read(number, local, columns=columns)
            pieces.append(piece)
            places.append((number, units))
        joined = join_rows(pieces)
        part = language_part(
            joined,
            self._entry,
            vocabulary=self.vocabulary,
            word_embeddings=self.word_embeddings,
            texts=joined.texts,
            embeddings=self._embeddings(places) if embeddings and self.has_document_embeddings else None,
        )
        return part if np.array_equal(order, np.arange(len(chosen))) else part.select(order)

    def sample(
        self, num_documents: int = SAMPLE_DOCUMENTS, *, texts: bool = True, embeddings: bool = True
    ) -> LanguageCorpus:
        """Read documents spread evenly over all of them; nothing is drawn.

        Args:
            num_documents: how many, at most.
            texts: whether texts are read.
            embeddings: whether embeddings of documents are read.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> part = ShardedCorpus.load(corpus.save("shards", sharded=True))["en"]
            >>> part.sample(3).ids
            ['en-football-01', 'en-weather-01', 'en-music-20']
        """
        rows = evenly_spread(self.num_documents, check_int("num_documents", num_documents, 1))
        return self.take(rows, texts=texts, embeddings=embeddings)

    def read(self) -> LanguageCorpus:
        """Read all documents; texts, and embeddings that are many, wait in temporary files.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> ShardedCorpus.load(corpus.save("shards", sharded=True))["en"].read()
            LanguageCorpus(240 documents, 2198 words)
        """
        whole = read_whole(self._files)
        return whole.as_passages() if self._of_passages else whole

    def fingerprint(self) -> str:
        """Return the SHA-256 of vocabulary, embeddings, counts and passages, of the manifest's hashes.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> len(ShardedCorpus.load(corpus.save("shards", sharded=True))["en"].fingerprint())
            64
        """
        entry, digest = self._entry, hashlib.sha256()
        parts = [entry.vocabulary_sha256, entry.words_sha256, "passages" if self._of_passages else "documents"]
        for shard in entry.shards:
            parts += [shard.content, shard.embeddings]
        digest.update("\n".join(each or "-" for each in parts).encode())
        return digest.hexdigest()

    def read_blocks(self, numbers: Sequence[int], order: Indices | None = None) -> tuple[sp.csr_array, Array]:
        """Read the counts and embeddings of whole blocks: what streamed training reads.

        Args:
            numbers: of the blocks, see ``block_sizes``.
            order: in which documents are returned, each once, counted through the blocks; as they come unless given.

        Returns:
            Counts, ``(documents, vocabulary)`` int32, and embeddings, ``(documents, dimension)`` float32, with no
            column where there are no embeddings.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> part = ShardedCorpus.load(corpus.save("shards", sharded=True))["en"]
            >>> counts, embeddings = part.read_blocks([0])
            >>> counts.shape, embeddings.shape
            ((240, 2198), (240, 512))
        """
        asked = np.asarray(numbers, np.int64)
        if not len(asked) or asked.min() < 0 or asked.max() >= len(self.block_sizes):
            raise InputError(
                f"blocks {list(numbers)!r:.60} are asked for: give some from 0 to {len(self.block_sizes) - 1}"
            )
        if self.has_passages:
            # Embeddings of documents that are split are means of those of passages.
            ends = np.cumsum(self.block_sizes)
            rows = np.concatenate([np.arange(ends[each] - self.block_sizes[each], ends[each]) for each in asked])
            part = self.take(rows, texts=False)
            vectors = (
                np.empty((len(rows), 0), np.float32) if part.document_embeddings is None else part.document_embeddings
            )
            return (part.counts, vectors) if order is None else (sp.csr_array(part.counts[order]), vectors[order])
        shards = np.searchsorted(self._first_blocks, asked, side="right") - 1
        blocks: list[Any] = [None] * len(asked)
        sizes = self.block_sizes[asked]
        places = np.arange(sizes.sum())
        if order is not None:
            places[order] = np.arange(len(order))
        places_of = np.split(places, np.cumsum(sizes)[:-1])
        embeddings = np.empty((len(places), self.document_dimension or 0), np.float32)
        # One block at a time, which the processor's cache holds, goes to its places: each vector is moved once.
        read = np.empty((int(sizes.max()), embeddings.shape[1]), np.float32)
        for shard in np.unique(shards):
            positions = np.flatnonzero(shards == shard)
            within = (asked[positions] - self._first_blocks[shard]).tolist()
            counts = self._files.counts(int(shard), within, passages=self._of_passages)
            for position, block, each in zip(positions, within, counts, strict=True):
                blocks[position] = each
                if self.has_document_embeddings:
                    vectors = read[: sizes[position]]
                    self._files.embeddings_into(int(shard), block * self._files.block, vectors)
                    embeddings[places_of[position]] = vectors
        stacked = sp.csr_array(sp.vstack(blocks, format="csr", dtype=np.int32))
        return stacked if order is None else sp.csr_array(stacked[order]), embeddings

    @cached_property
    def _first_blocks(self) -> Indices:
        """The number of each shard's first block."""
        return np.cumsum([0, *(-(-np.diff(self._bounds) // self._files.block))[:-1]])

    def _checked(self, rows: Any) -> Indices:
        chosen = np.asarray(rows)
        if chosen.ndim != 1 or not len(chosen) or chosen.dtype.kind not in "iu":
            raise InputError(
                f"rows have shape {chosen.shape} and type {chosen.dtype}: give a list of rows, at least one"
            )
        if chosen.min() < 0 or chosen.max() >= self.num_documents:
            wrong = int(chosen.min() if chosen.min() < 0 else chosen.max())
            raise InputError(f"row {wrong} is asked for: rows go from 0 to {self.num_documents - 1}")
        return chosen.astype(np.int64)

    def _by_shard(self, rows: Indices) -> Iterator[tuple[int, Indices]]:
        """Yield for each shard that holds some of these rows, which ascend, its number and the rows within it."""
        cuts = np.searchsorted(rows, self._bounds)
        for number in np.flatnonzero(np.diff(cuts)).tolist():
            yield number, rows[cuts[number] : cuts[number + 1]] - self._bounds[number]

    def _embeddings(self, places: Sequence[tuple[int, Indices]]) -> Array:
        assert self._entry.dimension is not None
        found = np.empty((sum(len(units) for _, units in places), self._entry.dimension), np.float32)
        first = 0
        for number, units in places:
            self._files.embeddings(number, units, found[first : first + len(units)])
            first += len(units)
        return found

"""Reduce of a build: the words of a language over all splits, and which of them may be in its vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gloctm.corpus.options import ENOUGH_DOCUMENTS
from gloctm.engine import Done
from gloctm.shards.tables import arrow, as_bytes, as_strings, read_batch, read_batches, writing
from gloctm.shards.tokens import WORD_BUCKETS
from gloctm.text.vocabulary import often_enough, seldom_enough

# Rows of splits' tables that are held before equal words are put together.
_ROWS = 2**21


@dataclass(frozen=True)
class WordsItem:
    """Some of a language's words, by a hash: those of one partition.

    Attributes:
        sources: the tables of words of the splits, and the first batch of the language in each.
        partition: which buckets of words: every ``partitions``th from this one on.
        partitions: in how many parts the words are, at most as many as there are buckets.
        num_passages: how many passages all documents of the language have.
        min_df: see ``choose_words``, as for the next two.
        max_df: a share, or a number.
        max_size: how many words are kept at most.
        frequent_share: words in a larger share of the passages count as stop words; None for no word.
        keep: words that don't.
        folder: where the file goes.
        name: what its name begins with.
    """

    sources: tuple[tuple[Path, int], ...]
    partition: int
    partitions: int
    num_passages: int
    min_df: float
    max_df: float
    max_size: int | None
    frequent_share: float | None
    keep: frozenset[str]
    folder: Path
    name: str


def candidates_file(name: str) -> str:
    """Return the name of the table of words that may be in the vocabulary."""
    return f"{name}.candidates.arrow"


def reduce_words(item: WordsItem) -> Done:
    """Add up the words of a partition over all splits, and write those that may be in the vocabulary."""
    pyarrow = arrow()
    table = _summed(item)
    df, tf = (table.column(name).to_numpy() for name in ("df", "tf"))
    stopped = np.zeros(len(df), bool)
    frequent: list[str] = []
    if item.frequent_share is not None and item.num_passages >= ENOUGH_DOCUMENTS:
        for row in np.flatnonzero(df > item.frequent_share * item.num_passages).tolist():
            [word] = as_strings(table.column("word").slice(row, 1).combine_chunks())
            if word not in item.keep:
                stopped[row] = True
                frequent.append(word)
    often = often_enough(df, item.num_passages, item.min_df) & ~stopped
    chosen = _best(df, often & seldom_enough(df, item.num_passages, item.max_df), item.max_size)
    words = as_strings(table.column("word").take(pyarrow.array(chosen)).combine_chunks())
    # Sorted: equal words come together in no certain order.
    order = sorted(range(len(words)), key=words.__getitem__)
    schema = pyarrow.schema([("word", pyarrow.binary()), ("df", pyarrow.int64())])
    with writing(item.folder / candidates_file(item.name), schema) as sink:
        columns = [as_bytes([words[place] for place in order]), pyarrow.array(df[chosen][order])]
        sink.write_batch(pyarrow.record_batch(columns, schema=schema))
    facts = {
        "distinct": int((~stopped).sum()),
        "often": int(often.sum()),
        "most": int(df[~stopped].max(initial=0)),
        "frequent": sorted(frequent),
        "frequent_tokens": int(tf[stopped].sum()),
    }
    return Done([candidates_file(item.name)], facts)


def read_candidates(path: Path) -> tuple[list[str], NDArray[np.int64]]:
    """Return words that may be in the vocabulary, and in how many passages each is."""
    batch = read_batch(path, 0)
    return as_strings(batch.column("word")), np.asarray(batch.column("df").to_numpy(), np.int64)


def _best(df: NDArray[np.int64], eligible: NDArray[np.bool_], max_size: int | None) -> NDArray[np.int64]:
    """Return the rows of the most frequent words, and of all that are as frequent as the last of them."""
    rows = np.flatnonzero(eligible)
    if max_size is not None and len(rows) > max_size:
        least = np.partition(df[rows], len(rows) - max_size)[len(rows) - max_size]
        rows = rows[df[rows] >= least]
    return rows


def _summed(item: WordsItem) -> Any:
    """Return a table of the partition's words, each once, with its sums over the splits."""
    pyarrow = arrow()
    held: list[Any] = []
    rows = 0
    for batch in _batches(item):
        held.append(batch)
        rows += batch.num_rows
        if rows >= _ROWS:
            held = [_grouped(pyarrow.concat_tables(held))]
            rows = held[0].num_rows
    return _grouped(pyarrow.concat_tables(held))


def _grouped(table: Any) -> Any:
    sums = table.group_by("word", use_threads=False).aggregate([("df", "sum"), ("tf", "sum")])
    return arrow().table({"word": sums.column("word"), "df": sums.column("df_sum"), "tf": sums.column("tf_sum")})


def _batches(item: WordsItem) -> Iterator[Any]:
    pyarrow = arrow()
    for path, first in item.sources:
        buckets = range(first + item.partition, first + WORD_BUCKETS, item.partitions)
        yield pyarrow.Table.from_batches(read_batches(path, buckets, ["word", "df", "tf"]))

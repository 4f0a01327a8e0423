"""Reduce of a build: how many documents of a language repeat an id, or a text, of an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gloctm.corpus.duplicates import EMPTY_DIGEST
from gloctm.engine import Done

#: Columns of digests.
IDS, TEXTS = 0, 1


@dataclass(frozen=True)
class RepeatsItem:
    """Some of a language's documents, by their digests: those of one partition.

    Attributes:
        paths: the digests of the shards, in order.
        column: ``IDS`` or ``TEXTS``.
        partition: which digests, of ``partitions``.
        partitions: in how many parts they are.
    """

    paths: tuple[Path, ...]
    column: int
    partition: int
    partitions: int


def count_repeats(item: RepeatsItem) -> Done:
    """Count the documents whose digest an earlier one has; ``first`` is the row of the first, among all shards.

    Empty texts repeat nothing.
    """
    values, rows = [], []
    start = 0
    for path in item.paths:
        digests = np.load(path, mmap_mode="r", allow_pickle=False)[:, item.column]
        mine = digests % np.uint64(item.partitions) == item.partition
        if item.column == TEXTS:
            mine &= digests != np.uint64(EMPTY_DIGEST)
        values.append(digests[mine])
        rows.append(start + np.flatnonzero(mine))
        start += len(digests)
    digest, row = np.concatenate(values), np.concatenate(rows)
    order = np.argsort(digest, kind="stable")
    ordered = digest[order]
    repeated = row[order][1:][ordered[1:] == ordered[:-1]]
    return Done(facts={"number": len(repeated), "first": int(repeated.min()) if len(repeated) else None})

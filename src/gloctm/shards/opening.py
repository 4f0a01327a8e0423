"""Opening a saved corpus as what it is: in memory, or in shards."""

from __future__ import annotations

import os

from gloctm.corpus.corpus import Corpus
from gloctm.corpus.shard_manifest import CORPUS_FORMAT, SHARDED_VERSION
from gloctm.files.leftovers import restored
from gloctm.files.plain import read_plain_json
from gloctm.shards.corpus import ShardedCorpus


def open_corpus(path: str | os.PathLike[str], *, verify: bool | None = None) -> Corpus | ShardedCorpus:
    """Return a saved corpus: a ``Corpus``, or a ``ShardedCorpus``, of which nothing is read, where it is in shards.

    Args:
        path: the folder.
        verify: see ``Corpus.load`` and ``ShardedCorpus.load``.

    Raises:
        FileFormatError: it is missing, foreign, incomplete, damaged, or written by a newer version.

    Examples:
        >>> from gloctm.shards import open_corpus
        >>> open_corpus(corpus.save("shards", sharded=True))
        ShardedCorpus(en: 240 × 2198, de: 240 × 2260)
    """
    manifest = restored(path) / CORPUS_FORMAT.manifest
    content = read_plain_json(manifest) if os.path.lexists(manifest) else None
    in_shards = isinstance(content, dict) and content.get("format_version") == SHARDED_VERSION
    return ShardedCorpus.load(path, verify=verify) if in_shards else Corpus.load(path, verify=verify)

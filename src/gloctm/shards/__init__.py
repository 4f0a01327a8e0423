"""A corpus on disk of any size: ``ShardedCorpus``, whose documents are read shard by shard."""

from gloctm.shards.corpus import ShardedCorpus
from gloctm.shards.language import ShardedLanguage
from gloctm.shards.opening import open_corpus

__all__ = ["ShardedCorpus", "ShardedLanguage", "open_corpus"]

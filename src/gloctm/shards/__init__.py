"""A corpus on disk of any size: ``ShardedCorpus``, whose documents are read shard by shard."""

from gloctm.shards.corpus import ShardedCorpus
from gloctm.shards.language import ShardedLanguage

__all__ = ["ShardedCorpus", "ShardedLanguage"]

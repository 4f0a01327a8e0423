"""A corpus on disk of any size: ``ShardedCorpus``, whose documents are read shard by shard."""

from gloctm.shards.corpus import ShardedCorpus
from gloctm.shards.language import ShardedLanguage
from gloctm.shards.opening import open_corpus
from gloctm.shards.samples import SampledCorpus, sample_of

__all__ = ["SampledCorpus", "ShardedCorpus", "ShardedLanguage", "open_corpus", "sample_of"]

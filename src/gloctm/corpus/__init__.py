"""``Corpus`` and everything that makes, reads and writes one."""

from gloctm.corpus.corpus import Corpus, LanguageCorpus
from gloctm.corpus.records import read_records

__all__ = ["Corpus", "LanguageCorpus", "read_records"]

"""``Corpus`` and everything that makes, reads and writes one."""

from gloctm.corpus.corpus import Corpus, LanguageCorpus
from gloctm.reading.records import Columns, as_records, read_records

__all__ = ["Columns", "Corpus", "LanguageCorpus", "as_records", "read_records"]

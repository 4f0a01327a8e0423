"""``Corpus`` and everything that makes, reads and writes one."""

from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.options import TextOptions
from gloctm.corpus.passages import Passages
from gloctm.corpus.report import BuildReport
from gloctm.reading.columns import Columns
from gloctm.reading.records import as_records, read_records

__all__ = [
    "BuildReport",
    "Columns",
    "Corpus",
    "LanguageCorpus",
    "Passages",
    "TextOptions",
    "as_records",
    "read_records",
]

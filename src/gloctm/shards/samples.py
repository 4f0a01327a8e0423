"""Samples of corpora in shards, for whatever shows or measures documents: those need them in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gloctm.checks import listed
from gloctm.corpus.corpus import Corpus, check_corpus
from gloctm.corpus.language import SAMPLE_DOCUMENTS, LanguageCorpus
from gloctm.shards.corpus import ShardedCorpus

#: A corpus of either kind.
AnyCorpus = Corpus | ShardedCorpus


class SampledCorpus(Corpus):
    """Some of the documents of a larger corpus, which says of how many.

    Args:
        languages: the documents, by language.
        totals: by language, how many documents there are in all.
        encoder: see ``Corpus``, as for the rest.
        word_encoder: name of the encoder of the words.
        passage_length: of passages.

    Examples:
        >>> from gloctm.shards.samples import SampledCorpus
        >>> SampledCorpus.of(corpus, {"en": 1000, "de": 240}).describe()
        '240 of 1,000 documents in en, spread evenly over the corpus'
    """

    totals: Mapping[str, int]

    @classmethod
    def of(cls, corpus: Corpus, totals: Mapping[str, int]) -> SampledCorpus:
        """Return documents as a sample of more."""
        found = cls(
            dict(corpus),
            encoder=corpus.encoder,
            word_encoder=corpus.word_encoder,
            passage_length=corpus.passage_length,
            report=corpus.report,
        )
        found.totals = dict(totals)
        return found

    def select(self, languages: Sequence[str]) -> Corpus:
        """Return the same sample with these languages only."""
        return SampledCorpus.of(super().select(languages), self.totals)

    def describe(self) -> str:
        """Return how many of which documents these are, as a part of a sentence."""
        parts = [
            f"{part.num_documents:,} of {self.totals[code]:,} documents in {code}"
            for code, part in self.items()
            if part.num_documents < self.totals[code]
        ]
        return f"{listed(parts)}, spread evenly over the corpus"


def sample_of(corpus: Any, name: str = "corpus") -> Corpus:
    """Return a corpus in memory: itself, or of one in shards the documents of ``ShardedCorpus.sample``.

    At most 100,000 documents per language are read, spread evenly: enough for figures that no longer change, in a few
    hundred megabytes. A ``SampledCorpus`` is one from which documents were left out.

    Args:
        corpus: of either kind.
        name: of the argument, for a message.

    Raises:
        InputError: it is no corpus.
        FileFormatError: a file of it is missing or damaged.

    Examples:
        >>> from gloctm.shards.samples import sample_of
        >>> sample_of(corpus) is corpus
        True
    """
    if not isinstance(corpus, ShardedCorpus):
        check_corpus(corpus, name)
        found: Corpus = corpus
        return found
    totals = {code: part.num_documents for code, part in corpus.items()}
    sampled = corpus.sample(SAMPLE_DOCUMENTS)
    return SampledCorpus.of(sampled, totals) if max(totals.values()) > SAMPLE_DOCUMENTS else sampled


def as_sampled(corpus: Corpus, languages: Mapping[str, LanguageCorpus]) -> Corpus:
    """Return a corpus of these languages, a sample where the given one is."""
    found = Corpus(
        languages, encoder=corpus.encoder, word_encoder=corpus.word_encoder, passage_length=corpus.passage_length
    )
    return SampledCorpus.of(found, corpus.totals) if isinstance(corpus, SampledCorpus) else found

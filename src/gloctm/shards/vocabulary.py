"""The vocabularies of a build, chosen from what the reduce of words found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from gloctm.corpus.collection import chosen_min_df
from gloctm.corpus.options import FREQUENT, TextSettings, VocabularySettings
from gloctm.engine import Note, Piece
from gloctm.errors import InputError
from gloctm.shards.merged import LanguageSources
from gloctm.shards.tokens import WORD_BUCKETS
from gloctm.shards.words import WordsItem, candidates_file, read_candidates, reduce_words
from gloctm.shards.workshop import Workshop, key
from gloctm.text.vocabulary import choose_words, why_no_words

# Rows of splits' tables of words that are put together at a time: some hundred megabytes.
_PARTITION_WORDS = 2**22


@dataclass(frozen=True)
class Vocabulary:
    """The words of a language.

    Attributes:
        words: the vocabulary.
        min_df: see ``choose_words``.
        distinct: how many distinct words there are, stop words left out.
        frequent: words left out because too many documents have them.
        frequent_tokens: how often these are in the documents.
    """

    words: list[str]
    min_df: float
    distinct: int
    frequent: list[str]
    frequent_tokens: int


def choose_vocabularies(
    workshop: Workshop,
    languages: Mapping[str, LanguageSources],
    settings: TextSettings,
    choice: VocabularySettings,
) -> dict[str, Vocabulary]:
    """Return the vocabulary of each language.

    Raises:
        InputError: that of a language has no words.
    """
    pieces: list[Piece] = []
    owners: list[str] = []
    for code, language in languages.items():
        made = _pieces(workshop, code, language, settings, choice)
        pieces += made
        owners += [code] * len(made)
    notes = workshop.run(reduce_words, pieces, workshop.words, "choosing words", "parts")
    found = {}
    for code, language in languages.items():
        own = [(piece, note) for owner, piece, note in zip(owners, pieces, notes, strict=True) if owner == code]
        found[code] = _chosen(workshop, code, language, choice, own)
    return found


def _pieces(
    workshop: Workshop, code: str, language: LanguageSources, settings: TextSettings, choice: VocabularySettings
) -> list[Piece]:
    frequent = FREQUENT if settings.lacks_stop_words(code) else None
    total = language.total("passages")
    min_df = chosen_min_df(total) if choice.min_df is None else choice.min_df
    keep = settings.kept(code)
    partitions = min(max(1, ceil(language.total("distinct") / _PARTITION_WORDS)), WORD_BUCKETS)
    read = [[source.key, code, source.facts["words"]] for source in language.sources]
    pieces = []
    for number in range(partitions):
        name = f"{code}/{number:03d}"
        item = WordsItem(
            sources=tuple((source.words, source.facts["words"]) for source in language.sources),
            partition=number,
            partitions=partitions,
            num_passages=total,
            min_df=min_df,
            max_df=choice.max_df,
            max_size=choice.max_size,
            frequent_share=frequent,
            keep=keep,
            folder=workshop.words,
            name=name,
        )
        limits = [total, min_df, choice.max_df, choice.max_size, frequent, sorted(keep)]
        pieces.append(Piece(name, key("words", read, number, partitions, limits), item))
    return pieces


def _chosen(
    workshop: Workshop,
    code: str,
    language: LanguageSources,
    choice: VocabularySettings,
    parts: list[tuple[Piece, Note]],
) -> Vocabulary:
    words: list[str] = []
    frequency = [np.zeros(0, np.int64)]
    for piece, _ in parts:
        own, df = read_candidates(workshop.words / candidates_file(piece.name))
        words += own
        frequency.append(df)
    total = language.total("passages")
    min_df = chosen_min_df(total) if choice.min_df is None else choice.min_df
    chosen = choose_words(
        words, np.concatenate(frequency), total, min_df=min_df, max_df=choice.max_df, max_size=choice.max_size
    )
    facts = [note.facts for _, note in parts]
    distinct, often = (sum(each[name] for each in facts) for name in ("distinct", "often"))
    frequent = sorted(word for each in facts for word in each["frequent"])
    frequent_tokens = sum(each["frequent_tokens"] for each in facts)
    if not chosen:
        # As many words, and as many that are in enough documents, as there are: the reason depends on nothing else.
        most = max(each["most"] for each in facts)
        counts = np.full(distinct, 0)
        counts[: max(often, min(distinct, 1))] = most
        num_stopped = language.total("stopped") + frequent_tokens
        reason = why_no_words(counts, total, num_stopped=num_stopped, min_df=min_df, max_df=choice.max_df)
        raise InputError(f"the vocabulary of {code!r} is empty: {reason}")
    return Vocabulary(chosen, min_df, distinct, frequent, frequent_tokens)

"""Blocks of documents to blocks of words: the part of building a corpus that worker processes do.

``tokenize_block`` depends on its block and the settings alone, so any number of processes gives the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gloctm.corpus.options import TextSettings
from gloctm.corpus.report import CleanedDocuments
from gloctm.languages import known_spelling
from gloctm.reading.builder import Record
from gloctm.reading.dropped import EXCERPT, DroppedDocument
from gloctm.text import is_built_in
from gloctm.text.addresses import count_with_addresses
from gloctm.text.cleaning import CleanedText, clean_text, may_change
from gloctm.text.folding import is_changed_by_folding
from gloctm.text.passages import passage_starts, split_at

NOT_WANTED = "language not wanted"


@dataclass(frozen=True)
class Words:
    """The words of a block's documents in one language.

    Attributes:
        rows: where in the block these documents are.
        words: the distinct words.
        frequency: in how many of the documents each word is; here and below, passages count as documents.
        tokens: the documents' words one after another, as positions in ``words``.
        lengths: how many of ``tokens`` each document has.
        stop_words: positions in ``words`` of stop words, where these were not left out.
        stopped: how many stop words there were.
        starts: where the passages of a document begin, by its position in ``rows``; of documents that are split alone.
        cleaned: in how many of the documents something was changed before.
    """

    rows: list[int]
    words: list[str]
    frequency: NDArray[np.int64]
    tokens: NDArray[np.int32]
    lengths: NDArray[np.int32]
    stop_words: list[int]
    stopped: int
    starts: dict[int, list[int]] = field(default_factory=dict)
    cleaned: CleanedDocuments = field(default_factory=CleanedDocuments)


@dataclass(frozen=True)
class TokenizedBlock:
    """What became of a block.

    Attributes:
        words: by language, in order of appearance.
        identified: for the position of each document without a language, the language found and the confidence.
        cleaned: by position, each document that cleaning changed.
    """

    words: dict[str, Words]
    identified: dict[int, tuple[str, float]]
    cleaned: dict[int, CleanedText] = field(default_factory=dict)


def tokenize_block(block: Sequence[tuple[str, str | None]], settings: TextSettings) -> TokenizedBlock:
    """Tokenize the texts of a block.

    Args:
        block: text and language of each document; a language of None is identified.
        settings: how.
    """
    unknown = [row for row, (_, language) in enumerate(block) if language is None]
    identified: dict[int, tuple[str, float]] = {}
    if unknown:
        from gloctm.text.identification import identify_languages

        found = identify_languages([block[row][0] for row in unknown])
        identified = {
            row: (known_spelling(language, settings.languages or ()), confidence)
            for row, (language, confidence) in zip(unknown, found, strict=True)
        }
    rows: dict[str, list[int]] = {}
    for row, (_, given) in enumerate(block):
        if given is not None:
            rows.setdefault(given, []).append(row)
        elif is_wanted(*identified[row], settings):
            rows.setdefault(identified[row][0], []).append(row)
    words: dict[str, Words] = {}
    changed: dict[int, CleanedText] = {}
    for language, chosen in rows.items():
        texts = [block[row][0] for row in chosen]
        markup = hyphens = 0
        for place in [place for place, text in enumerate(texts) if may_change(text)]:
            cleaned = clean_text(texts[place], language, markup=settings.markup)
            if cleaned.text is not texts[place]:
                texts[place], changed[chosen[place]] = cleaned.text, cleaned
            markup += cleaned.markup
            hyphens += cleaned.hyphens > 0
        # What tokenizers of your own pass over is not known.
        addresses = count_with_addresses(texts) if is_built_in(settings.tokenizer(language)) else 0
        folded = sum(is_changed_by_folding(text, language) for text in texts) if settings.folds(language) else 0
        counts = CleanedDocuments(markup=markup, addresses=addresses, hyphens=hyphens, folded=folded)
        words[language] = _words(texts, chosen, language, settings, counts)
    return TokenizedBlock(words, identified, changed)


def is_wanted(language: str, confidence: float, settings: TextSettings) -> bool:
    """Return whether a document identified like this is kept."""
    known = language != "und" and confidence >= settings.min_confidence
    return known and (settings.languages is None or language in settings.languages)


def with_languages(
    records: Sequence[Record], min_confidence: float, *, known: Sequence[str] = ()
) -> tuple[list[Record], list[DroppedDocument]]:
    """Identify the languages that records lack; return these records, and those for which that failed.

    Args:
        records: in any languages.
        min_confidence: documents identified with less confidence are left out.
        known: languages that are expected, and as they are spelled, such as those of a model (see ``known_spelling``).
    """
    lacking = [row for row, record in enumerate(records) if "lang" not in record]
    if not lacking:
        return list(records), []
    from gloctm.text.identification import identify_expected

    texts = [records[row]["text"] for row in lacking]
    found = dict(zip(lacking, identify_expected(texts, known), strict=True))
    complete: list[Record] = []
    dropped: list[DroppedDocument] = []
    for row, record in enumerate(records):
        if row not in found:
            complete.append(record)
            continue
        language, confidence = found[row]
        if language == "und" or confidence < min_confidence:
            dropped.append(unidentified(record, language, confidence, min_confidence))
        else:
            complete.append({**record, "lang": known_spelling(language, known)})
    return complete, dropped


def unidentified(record: Record, language: str, confidence: float, min_confidence: float) -> DroppedDocument:
    """Return a document that its identified language keeps out, with the reason."""
    if language == "und":
        reason = "language not recognized"
    else:
        reason = "language uncertain" if confidence < min_confidence else NOT_WANTED
    return left_out(record, reason, language, confidence)


def left_out(record: Record, reason: str, language: str | None, confidence: float | None = None) -> DroppedDocument:
    """Return a document that is left out, for the report."""
    return DroppedDocument(
        source=record.get("source", ""),
        reason=reason,
        text=record["text"][:EXCERPT],
        id=record.get("id"),
        language=language,
        confidence=None if confidence is None else round(confidence, 4),
    )


def _words(
    texts: Sequence[str], rows: list[int], language: str, settings: TextSettings, cleaned: CleanedDocuments
) -> Words:
    tokenizer, stop_words = settings.tokenizer(language), settings.stopped(language)
    position = _Numbering()
    number_of = position.__getitem__
    numbers: list[int] = []
    lengths: list[int] = []
    starts: dict[int, list[int]] = {}
    for place, text in enumerate(texts):
        passages = [text]
        if settings.passage_length is not None:
            found = passage_starts(text, settings.passage_length)
            if len(found) > 1:
                starts[place], passages = found, split_at(text, found)
        for passage in passages:
            tokens = tokenizer(passage)
            # Python code runs only for words without a number.
            numbers.extend(map(number_of, tokens))
            lengths.append(len(tokens))
    words = list(position)
    sequence, sizes = np.asarray(numbers, np.int32), np.asarray(lengths, np.int64)
    is_stop = np.fromiter((word in stop_words for word in words), bool, len(words))
    document = np.repeat(np.arange(len(sizes)), sizes)
    stopped = is_stop[sequence]
    if not settings.phrases:
        document, sequence = document[~stopped], _renumbered(is_stop)[sequence[~stopped]]
        words = [word for word, stop in zip(words, is_stop.tolist(), strict=True) if not stop]
    width = max(len(words), 1)
    keys = np.sort(document * width + sequence)
    distinct = keys[np.flatnonzero(np.diff(keys, prepend=-1))]
    return Words(
        rows=rows,
        words=words,
        frequency=np.bincount(distinct % width, minlength=len(words)),
        tokens=sequence,
        lengths=np.bincount(document, minlength=len(sizes)).astype(np.int32),
        stop_words=np.flatnonzero(is_stop).tolist() if settings.phrases else [],
        stopped=int(stopped.sum()),
        starts=starts,
        cleaned=cleaned,
    )


class _Numbering(dict[str, int]):
    """Numbers words in the order of their first lookup."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


def _renumbered(left_out: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the numbers of things once some are left out."""
    return (np.cumsum(~left_out) - 1).astype(np.int32)

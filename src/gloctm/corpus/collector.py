"""Documents of a stream, gathered by language as blocks of them come back cut into words."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gloctm.corpus.collection import WordCollection
from gloctm.corpus.texts import TextWriter
from gloctm.corpus.tokenization import NOT_WANTED, TextSettings, TokenizedBlock, is_wanted, left_out, unidentified
from gloctm.languages import known_spelling, without_region
from gloctm.reading.dropped import EXCERPT, DroppedDocument
from gloctm.reading.records import Record, RecordReader


@dataclass
class Documents:
    """What is gathered of the documents of one language."""

    words: WordCollection = field(default_factory=WordCollection)
    given_ids: list[str | None] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    texts: TextWriter = field(default_factory=TextWriter)

    @property
    def ids(self) -> list[str]:
        """The id of each document; its position where it has none."""
        return [str(row) if given is None else given for row, given in enumerate(self.given_ids)]

    def append(self, record: Record) -> None:
        """Add one document; its words come in a block, by ``words``."""
        self.given_ids.append(record.get("id"))
        # Few labels and dates, many documents.
        self.labels.append(sys.intern(record.get("label", "")))
        self.dates.append(sys.intern(record.get("date", "")))
        self.texts.append(record["text"], source=record.get("source", ""))

    def as_records(self, language: str) -> Iterator[Record]:
        """All of them as they came, as of another language."""
        columns = zip(self.texts.finished().entries(), self.given_ids, self.labels, self.dates, strict=True)
        for entry, identifier, label, date in columns:
            record = Record(text=entry["text"], source=entry["source"], lang=language, label=label, date=date)
            if identifier is not None:
                record["id"] = identifier
            yield record

    def as_dropped(self, language: str, reason: str) -> list[DroppedDocument]:
        """All of them, left out."""
        entries = self.texts.finished().entries()
        return [
            DroppedDocument(entry["source"], reason, entry["text"][:EXCERPT], identifier, language)
            for identifier, entry in zip(self.ids, entries, strict=True)
        ]


class DocumentCollector:
    """Reads a stream and sorts its documents by language.

    Args:
        records: the stream.
        settings: which languages are wanted, and how surely identified.
        merge_regions: whether documents are taken for ones of the language that theirs is a regional variant of.

    Attributes:
        collected: the documents kept, by language in order of appearance.
        confidences: for each identified language that of every document.
        dropped: the documents left out.
        named: the languages that documents name, in order of appearance.
        num_read: how many have been read.
    """

    def __init__(self, records: RecordReader, settings: TextSettings, *, merge_regions: bool = False) -> None:
        self._records = records
        self._settings = settings
        self._merge_regions = merge_regions
        self.named: dict[str, None] = {}
        self.collected: dict[str, Documents] = {}
        self.confidences: dict[str, list[float]] = {}
        self.dropped: list[DroppedDocument] = []
        self.num_read = 0

    def read(self) -> Iterator[Record]:
        """The documents but those whose language is given and not wanted."""
        for record in self._records:
            self.num_read += 1
            language = record.get("lang")
            if language is not None:
                if self._merge_regions:
                    language = record["lang"] = without_region(language)
                if self._settings.languages is not None and language not in self._settings.languages:
                    self.dropped.append(left_out(record, NOT_WANTED, language))
                    continue
                self.named[language] = None
            yield record

    def guessed_total(self) -> int | None:
        """How many documents there may be in all; None while nothing tells."""
        share = self._records.fraction()
        return round(self.num_read / share) if share else None

    def add(self, block: Sequence[Record], tokenized: TokenizedBlock) -> None:
        """Take in a block that has been cut into words."""
        for row, (language, confidence) in tokenized.identified.items():
            if is_wanted(language, confidence, self._settings):
                self.confidences.setdefault(language, []).append(confidence)
            else:
                self.dropped.append(unidentified(block[row], language, confidence, self._settings.min_confidence))
        for language, words in tokenized.words.items():
            if language not in self.collected:
                self.collected[language] = Documents()
            documents = self.collected[language]
            documents.words.add(words)
            for row in words.rows:
                documents.append(block[row])

    def misplaced(self) -> Iterator[Record]:
        """Documents that were identified as a language which others name as a variant of it: ``en`` beside ``en-GB``.

        They are taken out, and come as documents of the variant, to be cut into words as such. Where several variants
        are named, or one in another script than is usual, nothing tells which it would be, and they stay. ``no`` is how
        Bokmål is identified, so that ``nb`` is a variant of it.
        """
        if self._settings.languages is not None:
            # Spelled as is wanted from the start.
            return
        for code in [code for code in self.collected if code not in self.named]:
            variant = known_spelling(code, list(self.named))
            if variant != code and (without_region(variant) == code or (code, without_region(variant)) == ("no", "nb")):
                self.confidences.setdefault(variant, []).extend(self.confidences.pop(code))
                yield from self.collected.pop(code).as_records(variant)

    def drop_small_languages(self, min_documents: int) -> None:
        """Leave languages out that were only identified, neither named nor wanted, with fewer documents than this."""
        for language in [code for code in self.collected if code not in self.named]:
            wanted = self._settings.languages is not None and language in self._settings.languages
            if len(self.collected[language].given_ids) < min_documents and not wanted:
                reason = f"fewer than {min_documents} documents in a language"
                self.dropped += self.collected.pop(language).as_dropped(language, reason)
                del self.confidences[language]

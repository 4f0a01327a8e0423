"""Documents of a stream, collected by language as their blocks come back tokenized."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gloctm.corpus.collection import WordCollection
from gloctm.corpus.options import TextSettings
from gloctm.corpus.repeated import RepeatCounter, RepeatSettings, find_kept
from gloctm.corpus.report import CleanedDocuments
from gloctm.corpus.texts import TextWriter
from gloctm.corpus.tokenization import NOT_WANTED, TokenizedBlock, is_wanted, left_out, unidentified
from gloctm.languages import known_spelling, merged_language, without_region
from gloctm.reading.builder import NO_TEXT, Record
from gloctm.reading.dropped import EXCERPT, DroppedDocument
from gloctm.reading.records import RecordReader
from gloctm.text.cleaning import CleanedText

# What cleaning changed in a document.
_MARKUP, _HYPHENS = 1, 2


@dataclass
class Documents:
    """What is collected of the documents of one language."""

    words: WordCollection = field(default_factory=WordCollection)
    ids: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    texts: TextWriter = field(default_factory=TextWriter)
    changes: bytearray = field(default_factory=bytearray)
    repeats: RepeatCounter = field(default_factory=RepeatCounter)
    dropped_boilerplate: dict[str, int] | None = None

    def append(self, record: Record, cleaned: CleanedText) -> None:
        """Add one document; its words come in a block, through ``words``."""
        self.ids.append(record["id"])
        # Few labels and dates, many documents.
        self.labels.append(sys.intern(record.get("label", "")))
        self.dates.append(sys.intern(record.get("date", "")))
        self.texts.append(cleaned.text, source=record.get("source", ""))
        self.changes.append(_MARKUP * cleaned.markup + _HYPHENS * (cleaned.hyphens > 0))
        self.repeats.add(cleaned.text)

    def as_records(self, language: str) -> Iterator[Record]:
        """Yield all documents as they came, as documents of another language."""
        columns = zip(self.texts.finished().entries(), self.ids, self.labels, self.dates, strict=True)
        for entry, identifier, label, date in columns:
            yield Record(
                text=entry["text"], source=entry["source"], lang=language, id=identifier, label=label, date=date
            )

    def as_dropped(self, language: str, reason: str) -> list[DroppedDocument]:
        """Return all documents as left out."""
        entries = self.texts.finished().entries()
        return [
            DroppedDocument(entry["source"], reason, entry["text"][:EXCERPT], identifier, language)
            for identifier, entry in zip(self.ids, entries, strict=True)
        ]


class DocumentCollector:
    """Reads a stream and collects its documents by language.

    Args:
        records: the stream.
        settings: which languages are wanted, and with which confidence.
        merge_regions: whether a regional variant counts as its language.

    Attributes:
        collected: the documents kept, by language in order of appearance.
        confidences: the confidence of every document, by identified language.
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
        # What cleaning changed in documents that come again, in order.
        self._earlier: dict[str, deque[int]] = {}

    def read(self) -> Iterator[Record]:
        """Yield the documents, except those whose language is given and not wanted; each has an id.

        Unless one is given, that is the position in the whole input, of which what can't be read is a part.
        """
        for record in self._records:
            record.setdefault("id", str(self.num_read + len(self._records.dropped)))
            self.num_read += 1
            reason = why_left_out(record, self._settings.languages, merge_regions=self._merge_regions)
            if reason is not None:
                self.dropped.append(left_out(record, reason, record.get("lang")))
                continue
            if "lang" in record:
                self.named[record["lang"]] = None
            yield record

    def guessed_total(self) -> int | None:
        """Return an estimate of the number of all documents; None while there is none."""
        share = self._records.fraction()
        return round(self.num_read / share) if share else None

    def add(self, block: Sequence[Record], tokenized: TokenizedBlock) -> None:
        """Add a block that has been tokenized."""
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
                documents.append(block[row], tokenized.cleaned.get(row) or CleanedText(block[row]["text"]))
            self._restore_changes(language, documents, len(words.rows))

    def _restore_changes(self, language: str, documents: Documents, added: int) -> None:
        """Mark the last documents of a language as changed where they were already, when they first came."""
        if not (earlier := self._earlier.get(language)):
            return
        changes = bytes(earlier.popleft() for _ in range(added))
        # They came back as they were cleaned, with nothing left to change.
        documents.changes[-added:] = changes
        markup, hyphens = (sum(bool(change & kind) for change in changes) for kind in (_MARKUP, _HYPHENS))
        documents.words.cleaned += CleanedDocuments(markup=markup, hyphens=hyphens)

    def misplaced(self) -> Iterator[Record]:
        """Yield documents identified as ``en`` again, as ``en-GB``, if other documents name only that variant.

        They are taken out, since the variant has a tokenizer of its own. They stay where several variants are named,
        or one in another script than is usual: nothing says which one theirs is. Bokmål is identified as ``no``, so
        ``nb`` is a variant of it.
        """
        if self._settings.languages is not None:
            # Tokenization spells them as wanted.
            return
        for code in [code for code in self.collected if code not in self.named]:
            variant = variant_meant(code, self.named)
            if variant is not None:
                self.confidences.setdefault(variant, []).extend(self.confidences.pop(code))
                documents = self.collected.pop(code)
                self._earlier.setdefault(variant, deque()).extend(documents.changes)
                yield from documents.as_records(variant)

    def without_repeated(self, settings: RepeatSettings) -> Iterator[Record]:
        """Drop repeated texts; yield the others again, of languages that have any, to be tokenized and added."""
        for language in list(self.collected):
            documents = self.collected[language]
            texts, ids = documents.texts.finished(), documents.ids
            boilerplate = documents.repeats.boilerplate() if settings.boilerplate else {}
            kept = find_kept(texts, settings, boilerplate)
            if len(kept.rows) == len(texts) and not boilerplate:
                continue
            self.collected[language] = Documents(dropped_boilerplate=boilerplate if settings.boilerplate else None)
            self._earlier[language] = deque(documents.changes[row] for row in kept.rows)
            reasons = dict(kept.reasons(ids))
            for row, record in enumerate(documents.as_records(language)):
                if row in reasons:
                    self.dropped.append(left_out(record, reasons[row], language))
                else:
                    yield {**record, "text": kept.texts[row]}

    def drop_small_languages(self, min_documents: int) -> dict[str, int]:
        """Drop ``small_languages``; return those that documents name, with their numbers of documents."""
        sizes = {code: len(each.ids) for code, each in self.collected.items()}
        small = small_languages(sizes, min_documents, wanted=self._settings.languages or (), named=self.named)
        for language in small:
            self.dropped += self.collected.pop(language).as_dropped(language, too_few(min_documents))
            self.confidences.pop(language, None)
        return {language: sizes[language] for language in small if language in self.named}


def why_left_out(record: Record, wanted: Collection[str] | None, *, merge_regions: bool) -> str | None:
    """Return why a document is left out before its words are looked at, None where it is not.

    Its language becomes that which it counts as.

    Args:
        record: the document.
        wanted: the languages wanted, if given.
        merge_regions: whether a regional variant counts as its language.
    """
    if not record["text"] or record["text"].isspace():
        return NO_TEXT
    if "lang" in record:
        language = record["lang"]
        merged = merged_language(language)
        # Whoever asks for English means that of any region.
        if merge_regions or (wanted is not None and language not in wanted and merged in wanted):
            language = record["lang"] = merged
        if wanted is not None and language not in wanted:
            return NOT_WANTED
    return None


def variant_meant(code: str, named: Iterable[str]) -> str | None:
    """Return the one variant of a language that documents name, where others were identified as that language.

    None where they name several, or one in another script than is usual: nothing says which one theirs is. Bokmål is
    identified as ``no``, so ``nb`` is a variant of it.
    """
    variant = known_spelling(code, list(named))
    is_variant = without_region(variant) == code or (code, without_region(variant)) == ("no", "nb")
    return variant if variant != code and is_variant else None


def small_languages(
    sizes: Mapping[str, int], min_documents: int, *, wanted: Collection[str], named: Collection[str]
) -> list[str]:
    """Return the languages with too few documents, which are dropped unless they are wanted.

    A language that was only identified mostly is a mistake. One that documents name is dropped only where two others
    remain, since small corpora may be meant.
    """
    enough = [code for code, size in sizes.items() if size >= min_documents]
    return [
        code
        for code, size in sizes.items()
        if size < min_documents and code not in wanted and not (code in named and len(enough) < 2)
    ]


def too_few(min_documents: int) -> str:
    """Return the reason why the documents of small languages are dropped."""
    return f"fewer than {min_documents} documents in a language"

"""What the splits of an input are together: languages, their documents in order, what was left out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gloctm.corpus.report import CleanedDocuments, IdentifiedLanguage, WordStatistics
from gloctm.engine import Note as StageNote
from gloctm.reading.builder import NO_TEXT
from gloctm.reading.dates import AMBIGUOUS, DateOrder, only_order
from gloctm.reading.dropped import EXCERPT, DroppedDocument
from gloctm.reading.notes import Note, Notes, joined_notes, notes_from_json
from gloctm.shards.tables import as_strings, read_batch
from gloctm.shards.tokens import dropped_file, tokens_file, words_file


@dataclass(frozen=True)
class Source:
    """The documents of one language in one split.

    Attributes:
        folder: where the split's files are.
        name: what their names begin with.
        key: that of the split's note.
        facts: what the note says of the language.
        base: the position of the split's first document in the whole input.
    """

    folder: Path
    name: str
    key: str
    facts: Mapping[str, Any]
    base: int

    @property
    def tokens(self) -> Path:
        """The table of documents."""
        return self.folder / tokens_file(self.name)

    @property
    def words(self) -> Path:
        """The table of words."""
        return self.folder / words_file(self.name)


@dataclass(frozen=True)
class LanguageSources:
    """The documents of one language: those of all splits, in order."""

    sources: list[Source] = field(default_factory=list)
    cleaned_before: CleanedDocuments = field(default_factory=CleanedDocuments)

    def total(self, name: str) -> int:
        """Return the sum over the splits of one of their numbers, such as ``"documents"``."""
        return sum(source.facts.get(name, 0) for source in self.sources)

    def has(self, name: str) -> bool:
        """Return whether any document has an id, a label, a date, or a date of an unknown order (``"waiting"``)."""
        return any(source.facts["has"][name] for source in self.sources)

    @property
    def cleaned(self) -> CleanedDocuments:
        """In how many documents something was changed before words were counted."""
        return sum((CleanedDocuments(**each.facts["cleaned"]) for each in self.sources), self.cleaned_before)

    def statistics(self, distinct: int, frequent_tokens: int) -> WordStatistics:
        """Return the numbers of words.

        Args:
            distinct: distinct words that are no stop words.
            frequent_tokens: words in the documents that are stop words for being in many.
        """
        has_passages = self.total("split") > 0
        return WordStatistics(
            tokens=self.total("tokens") - frequent_tokens,
            stopped=self.total("stopped") + frequent_tokens,
            distinct=distinct,
            split=self.total("split") if has_passages else None,
            passages=self.total("split_passages") if has_passages else None,
        )


@dataclass
class Merged:
    """All splits together.

    Attributes:
        languages: by code, in order of appearance.
        named: the languages that documents name.
        confidences: how many documents were identified as each language, and the sum of the confidences.
        columns: the column of each field.
        unseen: the columns that the user names and that are nowhere.
        notes: what was read otherwise than written.
        order: of day and month in dates, if they show one.
        reasons: how many documents were left out, by reason; those that could not be read come first.
        no_text: how many had no text, and the place of the first.
        num_read: how many documents were read.
        lists: the lists of documents that were left out, and the position of each one's split in the input.
    """

    languages: dict[str, LanguageSources] = field(default_factory=dict)
    named: dict[str, None] = field(default_factory=dict)
    confidences: dict[str, tuple[int, float]] = field(default_factory=dict)
    columns: dict[str, str | None] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()
    order: DateOrder | None = None
    reasons: Counter[str] = field(default_factory=Counter)
    no_text: tuple[int, str] = (0, "")
    num_read: int = 0
    lists: list[tuple[Path, int]] = field(default_factory=list)

    def identified(self) -> dict[str, IdentifiedLanguage]:
        """Return how documents came to be in languages that nobody had named."""
        return {
            code: IdentifiedLanguage(number, round(total / number, 4))
            for code, (number, total) in self.confidences.items()
        }

    def dropped_by_reason(self) -> dict[str, int]:
        """Return how many documents were left out for each reason, most first."""
        return dict(self.reasons.most_common())


def merge_splits(notes: Sequence[StageNote], names: Sequence[str], folder: Path) -> Merged:
    """Return what splits are together.

    Args:
        notes: those of ``tokenize_split``, in order.
        names: what the names of each split's files begin with.
        folder: where these are.
    """
    found = Merged()
    reasons = Counter[str](), Counter[str]()
    orders: set[DateOrder] = set()
    unclear = Notes()
    unseen: list[set[str]] = []
    base = 0
    for note, name in zip(notes, names, strict=True):
        facts = note.facts
        for code, own in facts["languages"].items():
            found.languages.setdefault(code, LanguageSources()).sources.append(
                Source(folder, name, note.key, own, base)
            )
        for code, (number, total) in facts["confidences"].items():
            before = found.confidences.get(code, (0, 0.0))
            found.confidences[code] = before[0] + number, before[1] + total
        found.named.update(dict.fromkeys(facts["named"]))
        for field_name, column in facts["columns"].items():
            if column is not None or field_name not in found.columns:
                found.columns[field_name] = column
        unseen.append(set(facts["unseen"]))
        orders.update(facts["orders"])
        if facts["waiting"] is not None:
            count, where, text = facts["waiting"]
            unclear.add(AMBIGUOUS, where, text, count)
        for all_reasons, own_reasons in zip(reasons, facts["reasons"], strict=True):
            all_reasons.update(own_reasons)
        found.num_read += facts["read"]
        found.lists.append((folder / dropped_file(name), base))
        base += facts["positions"]
    found.unseen = frozenset(set.intersection(*unseen)) if unseen else frozenset()
    found.order = only_order(orders)
    own_notes = [note for split in notes for note in notes_from_json(split.facts["notes"])]
    found.notes = joined_notes([*own_notes, *(unclear.all() if found.order is None else ())])
    found.reasons = reasons[0] + reasons[1]
    without = [place for kind in (0, 1) for note in notes for place in note.facts["no_text"][kind]]
    found.no_text = found.reasons[NO_TEXT], without[0] if without else ""
    return found


def move_language(found: Merged, code: str, variant: str, again: Sequence[StageNote], names: Sequence[str]) -> None:
    """Make the documents of a language those of a variant of it, in which they were tokenized again, in place.

    Args:
        found: all splits together.
        code: the language that was identified.
        variant: the variant that others name.
        again: notes of ``tokenize_again``, one per source of the language.
        names: what the names of their files begin with.
    """
    before, moved = found.languages.pop(code), found.languages.get(variant, LanguageSources())
    sources = list(moved.sources)
    for source, note, name in zip(before.sources, again, names, strict=True):
        sources.append(Source(source.folder, name, note.key, note.facts["languages"][variant], source.base))
    # They came back as they were cleaned, with nothing left to change.
    changes = CleanedDocuments(markup=before.cleaned.markup, hyphens=before.cleaned.hyphens)
    found.languages[variant] = LanguageSources(sources, moved.cleaned_before + changes)
    number, total = found.confidences.pop(code)
    earlier = found.confidences.get(variant, (0, 0.0))
    found.confidences[variant] = earlier[0] + number, earlier[1] + total


def dropped_documents(found: Merged, small: Mapping[str, LanguageSources], reason: str) -> Iterator[DroppedDocument]:
    """Yield the documents that were left out, in input order; those of small languages at the end.

    Args:
        found: all splits together.
        small: languages that are left out as a whole.
        reason: why.
    """
    for path, base in found.lists:
        with path.open("rb") as stream:
            for line in stream:
                content = json.loads(line)
                position = content.pop("position", None)
                if position is not None:
                    content["id"] = str(base + position)
                yield DroppedDocument(**content)
    for language, each in small.items():
        for source in each.sources:
            yield from _as_dropped(source, language, reason)


def _as_dropped(source: Source, language: str, reason: str) -> Iterator[DroppedDocument]:
    names = ("source", "text", "id")
    for number, _ in source.facts["batches"]:
        batch = read_batch(source.tokens, number, [*names, "position"])
        columns = [as_strings(batch.column(name)) for name in names]
        positions = batch.column("position").to_pylist()
        for place, text, identifier, position in zip(*columns, positions, strict=True):
            own = str(source.base + position) if identifier is None else identifier
            yield DroppedDocument(place, reason, text[:EXCERPT], own, language)


def cut_into_shards(sources: Iterable[Source], size: int) -> Iterator[list[tuple[Source, int, int, int]]]:
    """Yield what each shard of a language consists of: source, batch, first row and the row after the last.

    Args:
        sources: the documents, in order.
        size: documents of a shard.
    """
    shard: list[tuple[Source, int, int, int]] = []
    free = size
    for source in sources:
        for batch, rows in source.facts["batches"]:
            first = 0
            while first < rows:
                last = min(rows, first + free)
                shard.append((source, batch, first, last))
                free -= last - first
                first = last
                if not free:
                    yield shard
                    shard, free = [], size
    if shard:
        yield shard


def in_order(found: Merged, wanted: Collection[str] | None) -> dict[str, LanguageSources]:
    """Return the languages in the order of the corpus: as they are wanted, or as they appeared."""
    codes = found.languages if wanted is None else wanted
    return {code: found.languages[code] for code in codes}

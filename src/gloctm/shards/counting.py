"""The shards of a build: which documents each has, and what they repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from gloctm.corpus import shard_files
from gloctm.corpus.shard_files import ShardEntry
from gloctm.corpus.shard_manifest import vocabulary_digest
from gloctm.engine import Piece
from gloctm.files.arrow import import_pyarrow
from gloctm.reading.dates import DateOrder
from gloctm.shards.counts import ShardItem, Span, count_shard, digests_path
from gloctm.shards.merged import LanguageSources, cut_into_shards
from gloctm.shards.repeats import IDS, TEXTS, RepeatsItem, count_repeats
from gloctm.shards.vocabulary import Vocabulary
from gloctm.shards.workshop import Workshop, key

# Documents whose digests are compared at a time: some hundred megabytes.
_PARTITION_DOCUMENTS = 2**23


@dataclass(frozen=True)
class Shards:
    """The shards of all languages.

    Attributes:
        entries: what the manifest says of each, by language.
        sha256: of their files, by path in the corpus.
        keys: of their notes, by language.
    """

    entries: dict[str, list[ShardEntry]] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Repeated:
    """How many documents repeat something, and the row of the first that does, in its language."""

    number: int = 0
    first: int = 0


def count_languages(
    workshop: Workshop,
    languages: Mapping[str, LanguageSources],
    vocabularies: Mapping[str, Vocabulary],
    order: DateOrder | None,
) -> Shards:
    """Write the shards of all languages.

    Args:
        workshop: where.
        languages: the documents.
        vocabularies: what is counted; each is in its file already.
        order: of day and month in dates, if they show one.
    """
    pieces: list[Piece] = []
    for code, language in languages.items():
        digest = vocabulary_digest(vocabularies[code].words)
        has_dates = language.has("dates") or (language.has("waiting") and order is not None)
        has = language.has("ids"), language.has("labels"), has_dates, language.total("split") > 0
        shards = cut_into_shards(language.sources, shard_files.SHARD_DOCUMENTS)
        for number, rows in enumerate(shards):
            spans = tuple(
                Span(source.tokens, batch, first, last, source.words, source.facts["words"], source.base)
                for source, batch, first, last in rows
            )
            read = [[source.key, code, batch, first, last, source.base] for source, batch, first, last in rows]
            item = ShardItem(workshop.corpus, code, number, spans, *has, order, workshop.digests)
            own = key("counts", read, digest, has, order, shard_files.BLOCK_DOCUMENTS)
            pieces.append(Piece(f"{code}/{number:05d}", own, item))
    notes = workshop.run(count_shard, pieces, workshop.corpus, "counting words")
    found = Shards()
    for piece, note in zip(pieces, notes, strict=True):
        code = piece.item.language
        found.entries.setdefault(code, []).append(ShardEntry.from_json(note.facts["entry"]))
        found.keys.setdefault(code, []).append(piece.key)
        found.sha256.update({path: sha256 for path, (_, sha256) in note.files.items()})
    return found


def find_repeats(
    workshop: Workshop, languages: Mapping[str, LanguageSources], shards: Shards
) -> dict[str, tuple[Repeated, Repeated]]:
    """Return what the documents of each language repeat of earlier ones: ids, and texts."""
    pieces: list[Piece] = []
    for code, language in languages.items():
        paths = tuple(digests_path(workshop.digests, code, number) for number in range(len(shards.keys[code])))
        partitions = max(1, ceil(language.total("documents") / _PARTITION_DOCUMENTS))
        # Positions in the input repeat nothing.
        for column in [IDS, TEXTS] if language.has("ids") else [TEXTS]:
            for part in range(partitions):
                item = RepeatsItem(paths, column, part, partitions)
                name = f"{code}/{('ids', 'texts')[column]}-{part:03d}"
                pieces.append(Piece(name, key("repeats", shards.keys[code], column, part, partitions), item))
    notes = workshop.run(count_repeats, pieces, workshop.digests, "comparing documents", "parts")
    found: dict[str, list[list[Repeated]]] = {code: [[], []] for code in languages}
    for piece, note in zip(pieces, notes, strict=True):
        code, _, _ = piece.name.partition("/")
        if note.facts["number"]:
            found[code][piece.item.column].append(Repeated(note.facts["number"], note.facts["first"]))
    return {code: (_together(ids), _together(texts)) for code, (ids, texts) in found.items()}


def first_id(workshop: Workshop, code: str, row: int) -> str:
    """Return the id of a document, by its row in its language."""
    _, parquet = import_pyarrow("building a corpus in shards")
    number, within = divmod(row, shard_files.SHARD_DOCUMENTS)
    path = workshop.corpus / code / shard_files.documents_file(number)
    column = parquet.read_table(path, columns=["id"]).column("id")
    return str(column[within].as_py())


def _together(parts: list[Repeated]) -> Repeated:
    if not parts:
        return Repeated()
    return Repeated(sum(part.number for part in parts), min(part.first for part in parts))

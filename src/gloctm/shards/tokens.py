"""Map 1 of a build: a split of the input becomes documents, word numbers and words, a table each."""

from __future__ import annotations

import json
import zlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gloctm.corpus.collector import why_left_out
from gloctm.corpus.duplicates import digest_of
from gloctm.corpus.options import TextSettings
from gloctm.corpus.report import CleanedDocuments, kind_of_reason
from gloctm.corpus.tokenization import TokenizedBlock, Words, is_wanted, left_out, tokenize_block, unidentified
from gloctm.corpus.workers import in_blocks
from gloctm.engine import Done
from gloctm.files.atomic import atomic_file, storable
from gloctm.reading.builder import NO_TEXT, Record
from gloctm.reading.dates import settled_date
from gloctm.reading.dropped import DroppedDocument
from gloctm.reading.records import ReadSettings, RecordReader, read_parts
from gloctm.shards.plan import Split
from gloctm.shards.tables import arrow, as_bytes, as_strings, read_batch, writing

#: Batches of the table of words, per language: a word is in the one that its hash says.
WORD_BUCKETS = 32
# A batch has at most about this many documents, or characters.
_BATCH_DOCUMENTS = 8192
_BATCH_CHARACTERS = 2**23


@dataclass(frozen=True)
class TokensItem:
    """A split to be tokenized.

    Attributes:
        split: what to read.
        reading: how.
        settings: how texts become words.
        merge_regions: whether a regional variant counts as its language.
        folder: where files go.
        name: what their names begin with.
    """

    split: Split
    reading: ReadSettings
    settings: TextSettings
    merge_regions: bool
    folder: Path
    name: str


@dataclass(frozen=True)
class AgainItem:
    """Documents of a split in one language, to be tokenized again as those of another.

    Attributes:
        source: the split's table of documents.
        batches: those of the language.
        language: the other language.
        settings: see ``TokensItem``, as for the rest.
        folder: where files go.
        name: what their names begin with.
    """

    source: Path
    batches: tuple[int, ...]
    language: str
    settings: TextSettings
    folder: Path
    name: str


def tokens_file(name: str) -> str:
    """Return the name of a split's table of documents and word numbers."""
    return f"{name}.tokens.arrow"


def words_file(name: str) -> str:
    """Return the name of a split's table of words."""
    return f"{name}.words.arrow"


def dropped_file(name: str) -> str:
    """Return the name of a split's list of documents that were left out."""
    return f"{name}.dropped.jsonl"


def tokenize_split(item: TokensItem) -> Done:
    """Read and tokenize a split.

    Raises:
        FileFormatError: a file is damaged or malformed, or changed since the splits were planned.
    """
    item.split.check_unchanged()
    intake = _Intake(read_parts(item.split.parts, item.reading), item.settings, item.merge_regions)
    with _TableWriter(item.folder, item.name) as writer:
        for block in in_blocks(intake.records()):
            positions = intake.take_positions(len(block))
            tokenized = tokenize_block([(record["text"], record.get("lang")) for record in block], item.settings)
            intake.add_identified(block, positions, tokenized)
            writer.add(block, positions, tokenized)
        languages = writer.finish()
    intake.write_dropped(item.folder / dropped_file(item.name))
    item.split.check_unchanged()
    files = [tokens_file(item.name), words_file(item.name), dropped_file(item.name)]
    return Done(files, {**intake.facts(), "languages": languages})


def tokenize_again(item: AgainItem) -> Done:
    """Tokenize documents again, as documents of another language."""
    with _TableWriter(item.folder, item.name) as writer:
        for number in item.batches:
            batch = read_batch(item.source, number)
            names = ("text", "source", "id", "label", "date")
            columns = [as_strings(batch.column(name)) for name in names]
            positions = batch.column("position").to_pylist()
            records: list[Record] = []
            for text, source, identifier, label, date in zip(*columns, strict=True):
                record = Record(text=text, source=source, lang=item.language, label=label, date=date)
                if identifier is not None:
                    record["id"] = identifier
                records.append(record)
            at = 0
            for block in in_blocks(records):
                tokenized = tokenize_block([(record["text"], record["lang"]) for record in block], item.settings)
                writer.add(block, positions[at : at + len(block)], tokenized)
                at += len(block)
        languages = writer.finish()
    return Done([tokens_file(item.name), words_file(item.name)], {"languages": languages})


class _Intake:
    """The documents of a split as they are read: which are kept, and where each is in the split."""

    def __init__(self, reader: RecordReader, settings: TextSettings, merge_regions: bool) -> None:
        self._reader = reader
        self._settings = settings
        self._merge_regions = merge_regions
        self._positions: deque[int] = deque()
        self._num_read = 0
        self._named: dict[str, None] = {}
        self._confidences: dict[str, list[float]] = {}
        # Those that could not be read, and others, each with its position; the latter's id may be that.
        self._unread: list[tuple[int, DroppedDocument]] = []
        self._left_out: list[tuple[int, DroppedDocument, bool]] = []

    def records(self) -> Iterator[Record]:
        """Yield the documents that are kept, as far as can be said before their language is identified."""
        for record in self._reader:
            position = self._num_read + self._note_unread()
            self._num_read += 1
            reason = why_left_out(record, self._settings.languages, merge_regions=self._merge_regions)
            if reason is not None:
                dropped = left_out(record, reason, record.get("lang"))
                self._left_out.append((position, dropped, "id" not in record))
                continue
            if "lang" in record:
                self._named[record["lang"]] = None
            self._positions.append(position)
            yield record
        self._note_unread()

    def take_positions(self, number: int) -> list[int]:
        """Return the positions in the split of the next few documents."""
        return [self._positions.popleft() for _ in range(number)]

    def add_identified(self, block: Sequence[Record], positions: Sequence[int], tokenized: TokenizedBlock) -> None:
        """Note the languages that were identified in a block."""
        for row, (language, confidence) in tokenized.identified.items():
            if is_wanted(language, confidence, self._settings):
                self._confidences.setdefault(language, []).append(confidence)
            else:
                record = block[row]
                dropped = unidentified(record, language, confidence, self._settings.min_confidence)
                self._left_out.append((positions[row], dropped, "id" not in record))

    def write_dropped(self, path: Path) -> None:
        """Write the documents that were left out, in input order; ``position`` is the id of those without one."""
        entries = [(position, dropped, False) for position, dropped in self._unread] + self._left_out
        entries.sort(key=lambda entry: entry[0])
        with atomic_file(path, "wb") as stream:
            for position, dropped, is_default in entries:
                content = {**asdict(dropped), **({"position": position} if is_default else {})}
                stream.write(storable(json.dumps(content, ensure_ascii=False)).encode() + b"\n")

    def facts(self) -> dict[str, Any]:
        """Return what is known of the split."""
        unread, others = [each for _, each in self._unread], [each for _, each, _ in self._left_out]
        waiting = self._reader.dates.waiting
        first = next(iter(waiting), None)
        return {
            "read": self._num_read,
            "positions": self._num_read + len(unread),
            "named": list(self._named),
            "confidences": {code: [len(each), sum(each)] for code, each in self._confidences.items()},
            "columns": dict(self._reader.columns),
            "unseen": sorted(self._reader.unseen),
            "notes": [asdict(note) for note in self._reader.notes],
            "orders": sorted(self._reader.dates.orders),
            "waiting": None
            if first is None
            else [sum(count for _, count in waiting.values()), waiting[first][0], first],
            "reasons": [Counter(kind_of_reason(each.reason) for each in kind) for kind in (unread, others)],
            "no_text": [[each.source for each in kind if each.reason == NO_TEXT][:1] for kind in (unread, others)],
        }

    def _note_unread(self) -> int:
        dropped = self._reader.dropped
        for number in range(len(self._unread), len(dropped)):
            self._unread.append((self._num_read + number, dropped[number]))
        return len(dropped)


class _TableWriter:
    """Writes the tables of a split."""

    def __init__(self, folder: Path, name: str) -> None:
        pyarrow = arrow()
        texts = [(column, pyarrow.binary()) for column in ("id", "label", "date", "text", "source")]
        numbers = [("position", pyarrow.int64()), ("digest", pyarrow.uint64())]
        lists = [(column, pyarrow.list_(pyarrow.int32())) for column in ("tokens", "lengths", "starts")]
        self.schema = pyarrow.schema([*texts, *numbers, *lists])
        self.num_batches = 0
        self._words_schema = pyarrow.schema(
            [("word", pyarrow.binary()), ("number", pyarrow.int32()), ("df", pyarrow.int64()), ("tf", pyarrow.int64())]
        )
        self._folder = folder
        self._name = name
        self._stack = ExitStack()
        self._languages: dict[str, _LanguageWriter] = {}

    def __enter__(self) -> _TableWriter:
        self._sink = self._stack.enter_context(writing(self._folder / tokens_file(self._name), self.schema))
        return self

    def __exit__(self, *failure: Any) -> bool | None:
        return self._stack.__exit__(*failure)

    def add(self, block: Sequence[Record], positions: Sequence[int], tokenized: TokenizedBlock) -> None:
        for language, words in tokenized.words.items():
            if language not in self._languages:
                self._languages[language] = _LanguageWriter(self)
            rows = words.rows
            records = [block[row] for row in rows]
            changed = tokenized.cleaned
            texts = [changed[row].text if row in changed else block[row]["text"] for row in rows]
            self._languages[language].add(words, records, texts, [positions[row] for row in rows])

    def write(self, columns: Sequence[Any]) -> int:
        self._sink.write_batch(arrow().record_batch(columns, schema=self.schema))
        self.num_batches += 1
        return self.num_batches - 1

    def finish(self) -> dict[str, Any]:
        """Write the words, and return what is known of each language, in order of appearance."""
        found = {}
        with writing(self._folder / words_file(self._name), self._words_schema) as sink:
            for number, (language, writer) in enumerate(self._languages.items()):
                found[language] = {**writer.finish(), "words": number * WORD_BUCKETS}
                for columns in writer.words():
                    sink.write_batch(arrow().record_batch(columns, schema=self._words_schema))
        return found


class _LanguageWriter:
    """Collects documents of one language into batches, and numbers their words."""

    def __init__(self, writer: _TableWriter) -> None:
        self._writer = writer
        self._numbers: dict[str, int] = {}
        self._frequency = np.zeros((2, 0), np.int64)
        self._batches: list[list[int]] = []
        self._sums = Counter[str]()
        self._cleaned = CleanedDocuments()
        self._has = dict.fromkeys(("ids", "labels", "dates", "waiting"), False)
        self._begin()

    def _begin(self) -> None:
        self._records: list[Record] = []
        self._texts: list[str] = []
        self._positions: list[int] = []
        self._tokens: list[NDArray[np.int32]] = []
        self._lengths: list[NDArray[np.int32]] = []
        self._starts: dict[int, list[int]] = {}
        self._characters = 0

    def add(self, words: Words, records: list[Record], texts: list[str], positions: list[int]) -> None:
        numbers = self._numbers
        local = np.asarray([numbers.setdefault(word, len(numbers)) for word in words.words], np.int32)
        if len(numbers) > self._frequency.shape[1]:
            # Twice as long each time: growing by one word would copy everything for each.
            self._frequency = np.pad(self._frequency, ((0, 0), (0, 2 * len(numbers) - self._frequency.shape[1])))
        self._frequency[0, local] += words.frequency
        self._frequency[1, local] += np.bincount(words.tokens, minlength=len(local))
        self._starts.update({len(self._records) + place: starts for place, starts in words.starts.items()})
        self._records += records
        self._texts += texts
        self._positions += positions
        self._tokens.append(local[words.tokens])
        self._lengths.append(words.lengths)
        self._characters += sum(map(len, texts))
        self._cleaned += words.cleaned
        self._sums.update(
            documents=len(records),
            passages=len(words.lengths),
            tokens=len(words.tokens),
            stopped=words.stopped,
            split=len(words.starts),
            split_passages=sum(map(len, words.starts.values())),
        )
        if len(self._records) >= _BATCH_DOCUMENTS or self._characters >= _BATCH_CHARACTERS:
            self._flush()

    def finish(self) -> dict[str, Any]:
        if self._records:
            self._flush()
        return {
            **self._sums,
            "batches": self._batches,
            "distinct": len(self._numbers),
            "cleaned": asdict(self._cleaned),
            "has": self._has,
        }

    def words(self) -> Iterator[list[Any]]:
        """Yield the columns of the table of words, a batch for each bucket."""
        pyarrow = arrow()
        words = list(self._numbers)
        hashes = np.fromiter((zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words), np.int64)
        for bucket in range(WORD_BUCKETS):
            numbers = np.flatnonzero(hashes % WORD_BUCKETS == bucket)
            own = as_bytes([words[number] for number in numbers.tolist()])
            frequency = (pyarrow.array(each[numbers]) for each in self._frequency)
            yield [own, pyarrow.array(numbers.astype(np.int32)), *frequency]

    def _flush(self) -> None:
        pyarrow = arrow()
        records = self._records
        ids = [record.get("id") for record in records]
        labels = [record.get("label", "") for record in records]
        dates = [record.get("date", "") for record in records]
        self._note(ids, labels, dates)
        tokens, lengths = np.concatenate(self._tokens), np.concatenate(self._lengths)
        number = np.ones(len(records), np.int64)
        number[list(self._starts)] = [len(starts) for starts in self._starts.values()]
        first = np.cumsum(number) - number
        ends = np.concatenate([[0], np.cumsum(lengths)])
        offsets = np.concatenate([ends[first], ends[-1:]]).astype(np.int32)
        sizes = {row: lengths[first[row] : first[row] + number[row]] for row in self._starts}
        strings: list[Sequence[str | None]] = [ids, labels, dates, self._texts]
        strings.append([record.get("source", "") for record in records])
        columns = [
            *(as_bytes(values) for values in strings),
            pyarrow.array(self._positions, pyarrow.int64()),
            pyarrow.array(list(map(digest_of, self._texts)), pyarrow.uint64()),
            pyarrow.ListArray.from_arrays(pyarrow.array(offsets), pyarrow.array(tokens)),
            _sparse_lists(sizes, len(records)),
            _sparse_lists(self._starts, len(records)),
        ]
        self._batches.append([self._writer.write(columns), len(records)])
        self._begin()

    def _note(self, ids: Iterable[str | None], labels: Iterable[str], dates: Iterable[str]) -> None:
        has = self._has
        has["ids"] = has["ids"] or any(each is not None for each in ids)
        has["labels"] = has["labels"] or any(labels)
        for date in set(dates) - {""} if not (has["dates"] and has["waiting"]) else ():
            # A date that is not settled without an order waits for it.
            has["dates" if settled_date(date, None) else "waiting"] = True


def _sparse_lists(values: Mapping[int, Sequence[int] | NDArray[np.integer]], rows: int) -> Any:
    """Return lists of int32, None in most rows."""
    pyarrow = arrow()
    listed: list[Any] = [None] * rows
    for row, each in values.items():
        listed[row] = each
    return pyarrow.array(listed, pyarrow.list_(pyarrow.int32()))

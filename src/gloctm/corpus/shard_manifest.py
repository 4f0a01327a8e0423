"""The manifest of a corpus in shards, format 3: what it says of each language, written last, read alone to open it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gloctm.corpus import shard_files
from gloctm.corpus.shard_files import ShardEntry, documents_file, embeddings_file, passages_file
from gloctm.errors import FileFormatError, InputError
from gloctm.files.arrays import map_array
from gloctm.files.atomic import FolderFormat, atomic_path, read_json
from gloctm.files.digests import open_checked
from gloctm.files.manifest import file_sizes, list_files
from gloctm.files.manifest import write_manifest as write_with_digest
from gloctm.files.plain import most_json_of, open_plain, read_plain_json
from gloctm.text.cleaning import Markup

SHARDED_VERSION = 3
VOCABULARY = "vocabulary.json"
WORD_EMBEDDINGS = "word_embeddings.npy"
#: How every message about a file of a corpus in shards ends.
CURE = "copy it again, or build the corpus again"

_ROWS = 8192


def _schema(version: int) -> Any:
    from gloctm.corpus.schema import PlainManifest, ShardedManifest

    return ShardedManifest if version == SHARDED_VERSION else PlainManifest


#: Folders of any version; 3 is that of shards.
CORPUS_FORMAT = FolderFormat(kind="corpus", manifest="corpus.json", name="gloctm-corpus", newest=3, schema=_schema)
_SUMS = ("documents", "units", "nonzeros", "empty", "unit_nonzeros", "empty_units")


@dataclass(frozen=True)
class LanguageEntry:
    """One language as the manifest lists it; ``describe_language`` makes one of its files.

    Attributes:
        shards: in order.
        num_words: size of the vocabulary.
        vocabulary_sha256: of the words.
        words_sha256: of the word embeddings as float32; None before they are computed.
        tokenizer: see ``LanguageCorpus``, as for the next two.
        stop_words: the words added or kept.
        markup: what was done about markup.
        dimension: of the embeddings of documents; None before there are any.
        embedding_dtype: how these are stored, ``"float32"`` or ``"float16"``.
    """

    shards: tuple[ShardEntry, ...]
    num_words: int
    vocabulary_sha256: str
    words_sha256: str | None
    tokenizer: str
    stop_words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    markup: Markup | None = None
    dimension: int | None = None
    embedding_dtype: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Which of ``label``, ``date`` and ``text`` the documents have."""
        return self.shards[0].columns

    @property
    def has_passages(self) -> bool:
        """Whether any document is split."""
        return self.shards[0].passages

    def total(self, name: str) -> int:
        """Return the sum over the shards of one of their numbers, as ``"documents"``."""
        return sum(getattr(shard, name) for shard in self.shards)

    def files(self) -> list[str]:
        """Return the names of all files that the language needs, in its folder."""
        names = [VOCABULARY] + ([] if self.words_sha256 is None else [WORD_EMBEDDINGS])
        for number in range(len(self.shards)):
            names.append(documents_file(number))
            names += [passages_file(number)] if self.has_passages else []
            names += [] if self.dimension is None else [embeddings_file(number)]
        return names

    def as_json(self) -> dict[str, Any]:
        """Return the entry as JSON holds it, with its sums."""
        return {
            **{name: self.total(name) for name in _SUMS},
            "vocabulary": self.num_words,
            "vocabulary_sha256": self.vocabulary_sha256,
            "word_embeddings_sha256": self.words_sha256,
            "tokenizer": self.tokenizer,
            **({"stop_words": dict(self.stop_words)} if self.stop_words else {}),
            **({} if self.markup is None else {"markup": self.markup}),
            "columns": ["id", *self.columns],
            "dimension": self.dimension,
            "embedding_dtype": self.embedding_dtype,
            "shards": [shard.as_json() for shard in self.shards],
        }


def describe_language(
    folder: Path,
    shards: Sequence[ShardEntry],
    *,
    tokenizer: str = "whitespace",
    stop_words: Mapping[str, Sequence[str]] | None = None,
    markup: Markup | None = None,
) -> LanguageEntry:
    """Return what the manifest says of a language whose files are all written.

    Args:
        folder: that of the language, with ``vocabulary.json`` and the files of the shards; where words are embedded,
            with ``word_embeddings.npy``. Embeddings of documents count only where every entry has their digest.
        shards: what ``write_shard`` returned, with the digests of ``write_shard_embeddings``.
        tokenizer: see ``LanguageCorpus``, as for the next two.
        stop_words: the words added or kept.
        markup: what was done about markup.

    Raises:
        InputError: shards do not go together.
    """
    if not _is_uniform(shards):
        raise InputError(
            f"the shards of {folder.name!r} differ in their columns, passages or embeddings: write all in one way"
        )
    words = folder / WORD_EMBEDDINGS
    header = np.load(folder / embeddings_file(0), mmap_mode="r", allow_pickle=False) if shards[0].embeddings else None
    vocabulary = read_json(folder / VOCABULARY)
    return LanguageEntry(
        shards=tuple(shards),
        num_words=len(vocabulary),
        vocabulary_sha256=vocabulary_digest(vocabulary),
        words_sha256=_array_digest(np.load(words, mmap_mode="r", allow_pickle=False)) if words.exists() else None,
        tokenizer=tokenizer,
        stop_words=stop_words or {},
        markup=markup,
        dimension=None if header is None else int(header.shape[1]),
        embedding_dtype=None if header is None else str(header.dtype),
    )


def write_manifest(
    folder: Path,
    languages: Mapping[str, LanguageEntry],
    *,
    encoder: str | None = None,
    word_encoder: str | None = None,
    passage_length: int | None = None,
    report: Mapping[str, Any] | None = None,
    sha256: Mapping[str, str] | None = None,
) -> None:
    """Write ``corpus.json`` of a corpus in shards, next to its place first: the last step of building one.

    Args:
        folder: of the corpus. Files whose names begin with a dot are not listed, nor are those in such folders.
        languages: see ``describe_language``; in the order of the corpus.
        encoder: see ``Corpus``, as for the next two.
        word_encoder: the one encoder of all words.
        passage_length: of the passages.
        report: ``BuildReport.as_json()``; what was dropped is in ``dropped.jsonl``.
        sha256: of files that are known, by path; those of others are computed.
    """
    for code, entry in languages.items():
        check_sizes(folder, code, entry, shard_files.SHARD_DOCUMENTS)
    sizes = {path: size for path, size in file_sizes(folder).items() if not _is_hidden(path)}
    sizes.pop(CORPUS_FORMAT.manifest, None)
    content = {
        "format": CORPUS_FORMAT.name,
        "format_version": SHARDED_VERSION,
        "encoder": encoder,
        "word_encoder": word_encoder,
        "passage_length": passage_length,
        "report": None if report is None else dict(report),
        "shard_documents": shard_files.SHARD_DOCUMENTS,
        "block_documents": shard_files.BLOCK_DOCUMENTS,
        "languages": {code: entry.as_json() for code, entry in languages.items()},
        **list_files(folder, sizes, sha256),
    }
    with atomic_path(folder / CORPUS_FORMAT.manifest) as temporary:
        write_with_digest(temporary, content)


def read_language(folder: Path, code: str, manifest: Mapping[str, Any]) -> LanguageEntry:
    """Return what a manifest of format 3 says of a language.

    Raises:
        FileFormatError: it contradicts itself.
        KeyError, TypeError, ValueError: it is not as ``gloctm.corpus.schema`` has it, which is checked before.
    """
    content = manifest["languages"][code]
    entry = LanguageEntry(
        shards=tuple(ShardEntry.from_json(each) for each in content["shards"]),
        num_words=content["vocabulary"],
        vocabulary_sha256=content["vocabulary_sha256"],
        words_sha256=content["word_embeddings_sha256"],
        tokenizer=content["tokenizer"],
        stop_words=content.get("stop_words", {}),
        markup=content.get("markup"),
        dimension=content["dimension"],
        embedding_dtype=content["embedding_dtype"],
    )
    check_sizes(folder, code, entry, manifest["shard_documents"])
    if any(content[name] != entry.total(name) for name in _SUMS) or content["columns"] != ["id", *entry.columns]:
        raise FileFormatError(f"{folder} is damaged: the numbers of {code!r} in its manifest contradict: {CURE}")
    if any(
        each.nonzeros > each.documents * entry.num_words or each.unit_nonzeros > each.units * entry.num_words
        for each in entry.shards
    ):
        raise FileFormatError(f"{folder} is damaged: its manifest has more counts of {code!r} than words: {CURE}")
    if not _is_uniform(entry.shards) or (entry.dimension is None) != (entry.shards[0].embeddings is None):
        raise FileFormatError(f"{folder} is damaged: the shards of {code!r} in its manifest differ in kind: {CURE}")
    if (entry.embedding_dtype is None) != (entry.dimension is None):
        raise FileFormatError(f"{folder} is damaged: its manifest has no sound type of embeddings of {code!r}: {CURE}")
    for file in entry.files():
        path = f"{code}/{file}"
        if path not in manifest["files"]:
            raise FileFormatError(f"{folder} is damaged: its manifest does not list {path}: {CURE}")
    if entry.dimension is not None:
        # Room for them is made before the file's own header is read.
        row = entry.dimension * np.dtype(entry.embedding_dtype).itemsize
        for number, shard in enumerate(entry.shards):
            path = f"{code}/{embeddings_file(number)}"
            if shard.units * row > manifest["files"][path]:
                raise FileFormatError(f"{folder / path} is damaged (the manifest has more than it holds): {CURE}")
    return entry


def read_vocabulary(folder: Path, entry: LanguageEntry) -> list[str]:
    """Return the words of a language as the manifest has them.

    Args:
        folder: that of the language.
        entry: what the manifest says of it.

    Raises:
        FileFormatError: the file is missing, or its words are others.
    """
    words = read_plain_json(folder / VOCABULARY, CURE, most_json_of(entry.num_words))
    sound = isinstance(words, list) and all(isinstance(word, str) for word in words)
    if not sound or len(words) != entry.num_words or vocabulary_digest(words) != entry.vocabulary_sha256:
        raise FileFormatError(f"{folder / VOCABULARY} is damaged (its words are others): {CURE}")
    return cast(list[str], words)


def read_word_embeddings(folder: Path, entry: LanguageEntry, sha256: Mapping[str, str]) -> Any:
    """Return the embeddings of a language's words, memory-mapped; None before they are computed.

    Args:
        folder: that of the language.
        entry: what the manifest says of it.
        sha256: of its files, by name; those of others are not checked.
    """
    if entry.words_sha256 is None:
        return None
    path = folder / WORD_EMBEDDINGS
    with opened(path, sha256.get(WORD_EMBEDDINGS)) as stream:
        array = map_array(stream, path, CURE)
    if array.ndim != 2 or array.dtype != np.float32 or len(array) != entry.num_words:
        raise FileFormatError(f"{path} is damaged (shape {array.shape} of {array.dtype}): {CURE}")
    return array


def opened(path: Path, sha256: str | None) -> BufferedReader:
    """Open a file of a corpus in shards for reading bytes; one without a digest to check need only be there."""
    if sha256 is not None:
        return open_checked(path, sha256, cure=CURE)
    try:
        return open_plain(path)
    except FileNotFoundError:
        raise FileFormatError(f"{path} is missing: {CURE}") from None


def vocabulary_digest(words: Sequence[str]) -> str:
    """Return the SHA-256 of a vocabulary."""
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def check_sizes(folder: Path, code: str, entry: LanguageEntry, shard_documents: int) -> None:
    """Raise FileFormatError unless every shard but the last is full, so that a row's place is a division."""
    *full, last = (shard.documents for shard in entry.shards)
    if any(each != shard_documents for each in full) or not 0 < last <= shard_documents:
        raise FileFormatError(
            f"{folder} is damaged: the shards of {code!r} have other than {shard_documents:,} documents: {CURE}"
        )


def _is_uniform(shards: Sequence[ShardEntry]) -> bool:
    return len({(each.passages, each.columns, each.embeddings is None) for each in shards}) == 1


def _array_digest(array: NDArray[Any]) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(array), _ROWS):
        digest.update(np.ascontiguousarray(array[start : start + _ROWS], "<f4").data)
    return digest.hexdigest()


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))

"""What the manifest of a corpus holds, by format version."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from gloctm.corpus.repeated import RepeatedTexts
from gloctm.corpus.report import CleanedDocuments, IdentifiedLanguage, WordStatistics
from gloctm.corpus.shard_files import ShardEntry
from gloctm.files.schema import Count, FieldsOf, Manifest, Sha256, Size, Texts
from gloctm.reading.notes import Note
from gloctm.text.cleaning import Markup

_Words = Annotated[dict[str, Any], FieldsOf(WordStatistics)]
_Identified = Annotated[dict[str, Any], FieldsOf(IdentifiedLanguage)]
_Repeated = Annotated[dict[str, Any], FieldsOf(RepeatedTexts, boilerplate=dict[str, Count])]
_Cleaned = Annotated[dict[str, Any], FieldsOf(CleanedDocuments)]
_Note = Annotated[dict[str, Any], FieldsOf(Note)]
_Columns = list[Literal["label", "date", "text"]]
_Shard = Annotated[dict[str, Any], FieldsOf(ShardEntry, columns=_Columns, content=Sha256, embeddings=Sha256 | None)]


class Report(TypedDict):
    """What became of the documents; see ``BuildReport``."""

    words: dict[str, _Words]
    identified: dict[str, _Identified]
    settings: dict[str, Any]
    repeated: NotRequired[dict[str, _Repeated]]
    cleaned: NotRequired[dict[str, _Cleaned]]
    dropped: NotRequired[dict[str, Count]]
    columns: NotRequired[dict[str, str | None]]
    notes: NotRequired[list[_Note]]


class Language(TypedDict):
    """What all versions say of a language."""

    documents: Count
    vocabulary: Size
    tokenizer: NotRequired[str]
    stop_words: NotRequired[dict[Literal["added", "kept"], Texts]]
    markup: NotRequired[Markup | None]


class PlainLanguage(Language):
    """A language in memory; the sizes of its arrays are not in corpora of before they were kept."""

    nonzeros: NotRequired[Count]
    passages: NotRequired[Count]
    passage_nonzeros: NotRequired[Count]


class ShardedLanguage(Language):
    """A language in shards."""

    units: Count
    nonzeros: Count
    empty: Count
    unit_nonzeros: Count
    empty_units: Count
    vocabulary_sha256: Sha256
    word_embeddings_sha256: Sha256 | None
    columns: Texts
    dimension: Size | None
    embedding_dtype: Literal["float32", "float16"] | None
    shards: list[_Shard]


class Common(Manifest):
    """What all versions hold."""

    encoder: NotRequired[str | None]
    word_encoder: NotRequired[str | None]
    passage_length: NotRequired[Size | None]
    report: NotRequired[Report | None]


class PlainManifest(Common):
    """``corpus.json`` of a corpus in memory, see ``gloctm.corpus.storage``."""

    languages: dict[str, PlainLanguage]


class ShardedManifest(Common):
    """``corpus.json`` of a corpus in shards, see ``gloctm.corpus.shard_manifest``."""

    languages: dict[str, ShardedLanguage]
    shard_documents: Size
    block_documents: Size
    sha256: dict[str, Sha256]  # type: ignore[misc]  # no longer optional

"""A model as a folder of tables, for statistics programs and spreadsheets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gloctm.arrays import Array
from gloctm.checks import check_int
from gloctm.errors import InputError
from gloctm.export.proportions import write_proportions
from gloctm.files.arrow import import_pyarrow
from gloctm.files.atomic import FolderFormat, atomic_folder, check_folder_target, storable
from gloctm.files.manifest import list_files, write_manifest
from gloctm.inert import CsvWriter
from gloctm.model.inference import Via
from gloctm.model.labels import shared_labels
from gloctm.model.model import TopicModel
from gloctm.model.view import TopicView, topic_shares, view_of
from gloctm.shards.samples import AnyCorpus, sample_of

TABLES_FORMAT = FolderFormat(kind="table export", manifest="tables.json", name="gloctm-tables", newest=1)

TOPICS_COLUMNS = ("topic", "language", "label", "rank", "word", "weight")
WEIGHTS_COLUMNS = ("topic", "language", "word", "weight")
# The columns of numbers and their types in Parquet; the others are text.
_KINDS = {"topic": "int32", "rank": "int32", "weight": "float32"}


def tables(
    model: TopicModel,
    folder: str | os.PathLike[str],
    *,
    corpus: AnyCorpus | None = None,
    file_format: Literal["parquet", "csv"] = "parquet",
    num_words: int = 10,
    all_words: int | None = None,
    via: Via | None = None,
    view: TopicView | None = None,
) -> Path:
    """Write a model's topics, its β, and the topic proportions of a corpus as tables, all or nothing.

    ==================  ==============================================================================
    ``topics``          topic, language, label or name (empty where there is none), rank from 1, word, weight
    ``topic_words``     β, a row per word, heaviest first: topic, language, word, weight
    ``proportions``     θ, a row per document: id, lang, topic_0, topic_1 …; only with a corpus
    ``tables.json``     the model, the view, and the files
    ==================  ==============================================================================

    Args:
        model: trained.
        folder: created; an older folder of tables there is replaced.
        corpus: its documents' proportions are written; of one in shards, those of a sample, see
            ``gloctm.shards.sample_of``. ``transform_to`` writes those of all.
        file_format: ``"parquet"``, which keeps every bit and needs pyarrow, or ``"csv"``, whose numbers have the nine
            significant digits that give a float32 back.
        num_words: words per topic and language in ``topics``.
        all_words: words per topic and language in ``topic_words``; None for every word of the vocabulary.
        via: the encoder that infers documents, see ``TopicModel.transform``. The report's numbers are those of
            ``"global"``.
        view: topics merged, hidden and named by hand. Topics keep their numbers in the model, a merged one that of its
            first member; ``tables.json`` says which are merged. The words of merged topics are weighted by their shares
            in ``corpus``, each language counted alike, or equally without one. With hidden topics, proportions sum to
            less than 1.

    Returns:
        The folder.

    Raises:
        InputError: another format, a number of words below 1, another model's view, or a folder that holds something
            else.
        MissingDependencyError: Parquet without pyarrow.

    Examples:
        >>> from gloctm.export import tables
        >>> sorted(file.name for file in tables(model, "build/tables", file_format="csv").iterdir())
        ['tables.json', 'topic_words.csv', 'topics.csv']
    """
    model.check_trained()
    if file_format not in ("parquet", "csv"):
        raise InputError(f"file_format is {file_format!r}: it must be parquet or csv")
    if corpus is not None:
        corpus = sample_of(corpus)
    num_words = check_int("num_words", num_words, 1)
    if all_words is not None:
        all_words = check_int("all_words", all_words, 1, ", or None for every word")
    if file_format == "parquet":
        import_pyarrow("Writing Parquet")
    view = view_of(model, view)
    target = Path(folder)
    check_folder_target(target, replaces=TABLES_FORMAT)
    theta = {} if corpus is None else model.transform(corpus, via=via)
    assert isinstance(theta, dict)
    # Documents without a word are no evidence.
    known = {} if corpus is None else {code: theta[code][~part.empty_documents] for code, part in corpus.items()}
    shares = topic_shares(known)
    topic_word = {code: view.merge_word_scores(model, scores, shares) for code, scores in model.word_scores_.items()}
    with atomic_folder(target, replaces=TABLES_FORMAT) as unfinished:
        for name, columns, number in (
            ("topics", TOPICS_COLUMNS, num_words),
            ("topic_words", WEIGHTS_COLUMNS, all_words),
        ):
            _write(unfinished / f"{name}.{file_format}", columns, _blocks(model, view, topic_word, number))
        if corpus is not None:
            write_proportions(
                unfinished / f"proportions.{file_format}",
                [identifier for part in corpus.values() for identifier in part.ids or ()],
                [code for code, part in corpus.items() for _ in range(part.num_documents)],
                np.concatenate([view.merge_theta(theta[code]) for code in corpus]),
                topics=view.numbers,
            )
        write_manifest(
            unfinished / TABLES_FORMAT.manifest,
            {
                "format": TABLES_FORMAT.name,
                "format_version": TABLES_FORMAT.newest,
                "languages": list(model.languages_),
                "topics": len(view),
                "seed": model.seed_,
                "corpus_fingerprint": model.corpus_fingerprint_,
                "environment": model.environment_,
                "merged": [list(group) for group in view.groups if len(group) > 1],
                "hidden": sorted(view.hidden),
                **list_files(unfinished),
            },
        )
    return target


def _blocks(
    model: TopicModel, view: TopicView, topic_word: Mapping[str, Array], num_words: int | None
) -> Iterator[dict[str, list[Any]]]:
    """Yield the columns of a topic in a language: the whole table may be larger than the model."""
    labels = shared_labels(model.labels_, view.groups, model.languages_)
    for place, topic in enumerate(view.numbers):
        for code, scores in topic_word.items():
            order = np.argsort(-scores[place], kind="stable")[:num_words]
            size = len(order)
            yield {
                "topic": [topic] * size,
                "language": [code] * size,
                "label": [view.name(place) or labels[place].get(code)] * size,
                "rank": list(range(1, size + 1)),
                "word": [storable(model.vocabulary_[code][column]) for column in order.tolist()],
                "weight": scores[place, order].tolist(),
            }


def _write(path: Path, columns: Sequence[str], blocks: Iterator[dict[str, list[Any]]]) -> None:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as text:
            table = CsvWriter(text, columns)
            for block in blocks:
                block["weight"] = [float(f"{weight:.9g}") for weight in block["weight"]]
                table.rows(zip(*(block[name] for name in columns), strict=True))
        return
    arrow, parquet = import_pyarrow("Writing Parquet")
    schema = arrow.schema([(name, getattr(arrow, _KINDS.get(name, "string"))()) for name in columns])
    with path.open("wb") as stream, parquet.ParquetWriter(stream, schema) as writer:
        for block in blocks:
            writer.write_table(arrow.table({name: block[name] for name in columns}, schema=schema))

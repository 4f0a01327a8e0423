"""A corpus as a folder: ``corpus.json`` and, for each language, a subfolder.

====================================  ==================================================================
``corpus.json``                       format, version, language order, sizes, encoders, what became of the documents
                                      it was built from, files with their sizes
``dropped.jsonl``                     where documents were left out: each with its place and the reason
``LANG/counts.npz``                   scipy CSR
``LANG/vocabulary.json``              list of words
``LANG/documents.jsonl``              id, and if present, label, date and text, one document per line
``LANG/word_embeddings.npy``          float32, memory-mapped when read
``LANG/document_embeddings.npy``      float32, memory-mapped when read
``LANG/passages.npz``                 where documents are split: document and start of each passage
``LANG/passage_counts.npz``           scipy CSR
``LANG/passage_embeddings.npy``       float32, memory-mapped when read
====================================  ==================================================================
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from array import array
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.passages import Passages
from gloctm.corpus.report import BuildReport
from gloctm.corpus.shard_manifest import CORPUS_FORMAT, CURE, SHARDED_VERSION
from gloctm.corpus.sharded import DROPPED, open_languages, read_whole
from gloctm.corpus.texts import StoredTexts, json_line
from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import atomic_folder, read_json, write_array, write_json
from gloctm.files.digests import check_file
from gloctm.files.manifest import check_manifest, file_sizes
from gloctm.reading.dropped import DroppedFile, read_dropped, write_dropped

#: What ``save_parts`` writes; format 3, of shards, is in ``gloctm.corpus.sharded``.
PLAIN_VERSION = 2
PASSAGES = "passages.npz"
PASSAGE_COUNTS = "passage_counts.npz"
PASSAGE_EMBEDDINGS = "passage_embeddings.npy"


def save_parts(
    path: str | os.PathLike[str],
    languages: Mapping[str, LanguageCorpus],
    *,
    encoder: str | None,
    word_encoder: str | None,
    passage_length: int | None,
    report: BuildReport | None,
) -> Path:
    """Write the parts of a corpus to a folder, all or nothing; an older corpus there is replaced.

    Raises:
        InputError: the folder exists and holds something else.
    """
    target = Path(path)
    with atomic_folder(target, replaces=CORPUS_FORMAT) as folder:
        for language, part in languages.items():
            _save_language(folder / language, part)
        if report is not None and report.dropped:
            write_dropped(folder / DROPPED, report.dropped)
        write_json(
            folder / CORPUS_FORMAT.manifest,
            {
                "format": CORPUS_FORMAT.name,
                "format_version": PLAIN_VERSION,
                "gloctm_version": version("gloctm"),
                "encoder": encoder,
                "word_encoder": word_encoder,
                "passage_length": passage_length,
                "report": None if report is None else report.as_json(),
                "languages": {
                    language: {
                        "documents": part.num_documents,
                        "vocabulary": part.num_words,
                        "tokenizer": part.tokenizer,
                        **({"stop_words": dict(part.stop_words)} if part.stop_words else {}),
                        **({} if part.markup is None else {"markup": part.markup}),
                    }
                    for language, part in languages.items()
                },
                "files": file_sizes(folder),
            },
        )
    return target


def load_parts(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a corpus folder and return the arguments of ``Corpus``.

    Raises:
        FileFormatError: missing, foreign, incomplete, damaged, or written by a newer version.
    """
    folder = Path(path)
    manifest = check_manifest(folder, CORPUS_FORMAT)
    with loading(folder):
        if manifest["format_version"] == SHARDED_VERSION:
            languages = {code: read_whole(files) for code, files in open_languages(folder, manifest).items()}
        else:
            languages = {code: _load_language(folder / code, each) for code, each in manifest["languages"].items()}
        return {
            "languages": languages,
            "encoder": manifest.get("encoder"),
            "word_encoder": _word_encoder(manifest),
            "passage_length": manifest.get("passage_length"),
            "report": read_report(folder, manifest),
        }


@contextlib.contextmanager
def loading(path: str | os.PathLike[str]) -> Iterator[None]:
    """Report parts that do not make a corpus as damage of the folder."""
    try:
        yield
    except InputError as error:
        raise FileFormatError(f"{path} is damaged ({error}): build it again") from None
    except FileFormatError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise FileFormatError(f"{path} is damaged: {error!r} in its manifest or files; build it again") from None


def read_report(folder: Path, manifest: Mapping[str, Any]) -> BuildReport | None:
    """Return what became of the documents of a corpus, those left out included; None where nobody knows."""
    content = manifest.get("report")
    if content is None:
        return None
    if (sha256 := manifest.get("sha256", {}).get(DROPPED)) is not None:
        check_file(folder / DROPPED, sha256, cure=CURE)
    if not (folder / DROPPED).exists():
        return BuildReport.from_json(content, ())
    if manifest["format_version"] == SHARDED_VERSION:
        return BuildReport.from_json(content, DroppedFile(folder / DROPPED, sum(content["dropped"].values())))
    return BuildReport.from_json(content, tuple(read_dropped(folder / DROPPED)))


def _word_encoder(manifest: dict[str, Any]) -> str | None:
    encoder = manifest.get("encoder")
    if "word_encoder" in manifest or encoder is None or encoder == "own vectors" or " + " in encoder:
        return manifest.get("word_encoder")
    # Corpora of before the name was kept: one encoder for everything is that of the words.
    return str(encoder)


def _save_language(folder: Path, part: LanguageCorpus) -> None:
    folder.mkdir()
    sp.save_npz(folder / "counts.npz", part.counts)
    write_json(folder / "vocabulary.json", list(part.vocabulary))
    columns: dict[str, Any] = {"id": part.ids, "label": part.labels, "date": part.dates, "text": part.texts}
    present = {name: values for name, values in columns.items() if values is not None}
    with (folder / "documents.jsonl").open("wb") as stream:
        for values in zip(*present.values(), strict=True):
            stream.write(json_line(dict(zip(present, values, strict=True))))
    for name in ("word_embeddings", "document_embeddings"):
        array = getattr(part, name)
        if array is not None:
            write_array(folder / f"{name}.npy", array)
    if part.passages is not None:
        _save_passages(folder, part.passages)


def _save_passages(folder: Path, passages: Passages) -> None:
    np.savez_compressed(folder / PASSAGES, document=passages.document, starts=passages.starts)
    sp.save_npz(folder / PASSAGE_COUNTS, passages.counts)
    if passages.embeddings is not None:
        write_array(folder / PASSAGE_EMBEDDINGS, passages.embeddings)


def _load_language(folder: Path, entry: dict[str, Any]) -> LanguageCorpus:
    counts = _load_counts(folder / "counts.npz")
    if not (folder / "documents.jsonl").is_file():
        raise FileFormatError(f"{folder} is incomplete: documents.jsonl is missing; build the corpus again")
    columns, texts = _load_documents(folder / "documents.jsonl")
    return LanguageCorpus(
        counts=counts,
        vocabulary=read_json(folder / "vocabulary.json"),
        word_embeddings=_load_array(folder / "word_embeddings.npy"),
        document_embeddings=_load_array(folder / "document_embeddings.npy"),
        labels=columns["label"] or None,
        ids=columns["id"] or None,
        dates=columns["date"] or None,
        texts=texts,
        tokenizer=entry.get("tokenizer", "whitespace"),
        passages=_load_passages(folder),
        stop_words=entry.get("stop_words", {}),
        markup=entry.get("markup"),
    )


def _load_passages(folder: Path) -> Passages | None:
    path = folder / PASSAGES
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            document, starts = arrays["document"], arrays["starts"]
    except Exception as error:  # as below
        raise FileFormatError(f"{path} is damaged ({error}): build the corpus again") from None
    return Passages(document, starts, _load_counts(folder / PASSAGE_COUNTS), _load_array(folder / PASSAGE_EMBEDDINGS))


def _load_counts(path: Path) -> sp.csr_array:
    try:
        return sp.csr_array(sp.load_npz(path))
    except Exception as error:  # a damaged archive raises nearly anything: zlib.error, NotImplementedError, ...
        raise FileFormatError(f"{path} is damaged ({error}): build the corpus again") from None


def _load_documents(path: Path) -> tuple[dict[str, list[str]], StoredTexts | None]:
    columns: dict[str, list[str]] = {"id": [], "label": [], "date": []}
    starts, position = array("q"), 0
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(path.open("rb"))
        for number, line in enumerate(stream, start=1):
            try:
                for name, value in json.loads(line).items():
                    if not isinstance(value, str):
                        raise ValueError
                    if name == "text":
                        starts.append(position)
                    else:
                        columns[name].append(sys.intern(value))
            except (ValueError, RecursionError, KeyError, AttributeError):
                raise FileFormatError(f"{path}, line {number} is damaged: build the corpus again") from None
            position += len(line)
        if not starts:
            return columns, None
        # Left open: texts are read from it when they are asked for.
        stack.pop_all()
        return columns, StoredTexts(stream, starts)


def _load_array(path: Path) -> Any:
    if not path.exists():
        return None
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # a damaged file raises nearly anything, errors of the tokenizer included
        raise FileFormatError(f"{path} is damaged ({error}): build the corpus again") from None

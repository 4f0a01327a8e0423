"""A trained model as a folder: safetensors and JSON, versioned, written all or nothing.

================================  ==========================================================================
``model.json``                    format, version, settings, languages, tokenizers, encoders, seed, history,
                                  fingerprint of the corpus, versions of the software, files with sizes and SHA-256
``weights.safetensors``           the trained arrays, named as in ``gloctm.model.parameters``
``word_embeddings.safetensors``   for each language the embeddings of its vocabulary, which link words
``vocabulary.json``               for each language its words, in column order
``coherent_words.safetensors``    for each language the coherent words of each topic and their scores; only where the
                                  ranking is by coherence
``labels.json``                   for each language the labels of topics, by number; only where there are any
``README.md``                     the model card, for people: nothing is read from it, and it may be changed
================================  ==========================================================================

Labels, card and digests were added without a new format version: older versions of this package ignore them. The
manifest does not list the card among its files, so changing the card harms nothing. The manifest has its SHA-256
instead, which distinguishes a made card from a text that somebody wrote; that is not replaced.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gloctm.arrays import Array
from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import FolderFormat, atomic_folder, check_folder_target, write_json
from gloctm.files.manifest import SavedFolder, list_files, open_folder, write_manifest
from gloctm.files.plain import most_json_of, open_plain, read_plain_json
from gloctm.files.tensors import TensorFile, fault_of
from gloctm.model.labels import Labels, check_labels
from gloctm.model.parameters import (
    DOCUMENT_ENCODER_NAME,
    SENTENCE_PROJECTION_NAME,
    TOPIC_DIRECTION_NAME,
    expected_context_shapes,
    expected_shapes,
    module_key,
    topic_word_name,
)
from gloctm.text.cleaning import Markup

LABELS = "labels.json"
COHERENT_WORDS = "coherent_words.safetensors"
CARD = "README.md"
WEIGHTS, WORD_EMBEDDINGS, VOCABULARY = "weights.safetensors", "word_embeddings.safetensors", "vocabulary.json"


def _schema(_: int) -> Any:
    from gloctm.model.schema import ModelManifest

    return ModelManifest


MODEL_FORMAT = FolderFormat(
    kind="model", manifest="model.json", name="gloctm-model", newest=2, optional=(CARD,), schema=_schema
)
#: Every file that a model's folder may hold and that is read.
MODEL_FILES = (MODEL_FORMAT.manifest, WEIGHTS, WORD_EMBEDDINGS, VOCABULARY, COHERENT_WORDS, LABELS)
HISTORY_TERMS = ("epoch", "loss", "local", "shared", "regularization", "cka")
# Parts of a model that the manifest holds, in its order.
_FACTS = (
    *("settings", "seed", "tokenizers", "encoder", "word_encoder", "passage_length", "corpus_fingerprint"),
    *("environment", "history", "topic_shares", "stop_words", "chosen"),
)


@dataclass(frozen=True)
class ModelArtifact:
    """Everything a trained model consists of.

    Attributes:
        settings: the estimator's settings.
        seed: the seed that was used.
        vocabulary: for each language its words; its order is the order of languages.
        tokenizers: for each language the name of its tokenizer.
        weights: arrays by name.
        word_embeddings: for each language ``(V_l, dimension)``.
        encoder: name of the encoder of the embeddings.
        word_encoder: name of the encoder of the word embeddings, which links words of further languages to these. None
            for the user's own vectors, or those of several encoders.
        history: the loss of each epoch.
        corpus_fingerprint: of the corpus trained on.
        environment: versions of the software that trained it.
        labels: for each language the labels of topics.
        coherent_words: for each language the scores of topics' coherent words, ``(K, V_l)``, 0 for all others; empty
            where words are ranked by weights.
        stop_words: for the languages whose stop words are not those of the list, how they differ: words ``added`` to it
            and ``kept`` though on it.
        chosen: names of the settings that were chosen by the corpus.
        topic_shares: for each language the mean θ of the documents trained on, K numbers; empty in older models.
        passage_length: length of the passages that long texts are split into; None keeps texts whole.
        markup: what was done about markup in the texts, see ``LanguageCorpus``; None where nothing was.
    """

    settings: dict[str, Any]
    seed: int
    vocabulary: dict[str, list[str]]
    tokenizers: dict[str, str]
    weights: dict[str, Array]
    word_embeddings: dict[str, Array]
    encoder: str | None
    word_encoder: str | None
    history: list[dict[str, float]]
    corpus_fingerprint: str
    environment: dict[str, str] = field(default_factory=lambda: software_versions())
    labels: Labels = field(default_factory=dict)
    coherent_words: dict[str, Array] = field(default_factory=dict)
    topic_shares: dict[str, list[float]] = field(default_factory=dict)
    passage_length: int | None = None
    stop_words: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    markup: Markup | None = None
    chosen: list[str] = field(default_factory=list)


def software_versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    versions = {"python": platform.python_version()}
    for package in ("gloctm", "numpy", "scipy", "scikit-learn", "torch"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def check_model_target(path: str | os.PathLike[str]) -> None:
    """Raise InputError if a model can't be saved to ``path``, before training is spent on it."""
    check_folder_target(path, replaces=MODEL_FORMAT)
    folder = Path(path)
    if (folder / CARD).exists() and not is_made_card(folder / MODEL_FORMAT.manifest, folder / CARD):
        raise InputError(
            f"can't write to {folder}: its {CARD} is not as it was made, so somebody may want it; move it away, name a "
            "new folder, or give its new text as model.save(path, card=...)"
        )


def is_made_card(manifest: Path, card: Path) -> bool:
    """Whether a model's card was made together with it, rather than written by a person."""
    try:
        made = read_plain_json(manifest)["card"]
        with open_plain(card) as stream:
            return bool(made == hashlib.file_digest(stream, "sha256").hexdigest())
    except (FileFormatError, OSError, KeyError, TypeError):
        return False


def save_model(
    artifact: ModelArtifact, path: str | os.PathLike[str], *, card: str | None = None, own_card: bool = False
) -> Path:
    """Write a model to a folder; an older model there is replaced.

    Args:
        artifact: the model.
        path: the folder.
        card: text of ``README.md``; None writes none.
        own_card: the card is a text of the user's own. It replaces any existing card, and no later saving replaces it
            by a made one.

    Raises:
        InputError: the folder exists and holds something else, or a card that somebody changed.
    """
    from safetensors.numpy import save

    target = Path(path)
    if not own_card:
        check_model_target(target)
    # Lone surrogates, which UTF-8 can't hold, as escapes.
    written = None if card is None else card.encode("utf-8", "backslashreplace")
    with atomic_folder(target, replaces=MODEL_FORMAT) as folder:
        for name, arrays in ((WEIGHTS, artifact.weights), (WORD_EMBEDDINGS, artifact.word_embeddings)):
            contiguous = {key: np.ascontiguousarray(array, np.float32) for key, array in arrays.items()}
            # save() and a plain write rather than save_file(): a full disk is then an OSError like any other.
            (folder / name).write_bytes(save(contiguous))
        write_json(folder / VOCABULARY, artifact.vocabulary)
        if artifact.coherent_words:
            (folder / COHERENT_WORDS).write_bytes(save(_as_lists(artifact.coherent_words)))
        if artifact.labels:
            write_json(folder / LABELS, artifact.labels)
        manifest_card = {} if written is None or own_card else {"card": hashlib.sha256(written).hexdigest()}
        write_manifest(
            folder / MODEL_FORMAT.manifest,
            {
                "format": MODEL_FORMAT.name,
                "format_version": MODEL_FORMAT.newest,
                "languages": list(artifact.vocabulary),
                **{name: getattr(artifact, name) for name in _FACTS},
                **({} if artifact.markup is None else {"markup": artifact.markup}),
                **manifest_card,
                **list_files(folder),
            },
        )
        # After the others are listed: the card may change.
        if written is not None:
            (folder / CARD).write_bytes(written)
    return target


def load_model(path: str | os.PathLike[str], *, verify: bool | None = None) -> ModelArtifact:
    """Read a model folder.

    Args:
        path: the folder.
        verify: True checks the SHA-256 of all files now, False of none, None of each when a process first reads it.

    Raises:
        FileFormatError: missing, foreign, incomplete, damaged, or written by a newer version.
    """
    saved = open_folder(path, MODEL_FORMAT, verify=verify)
    manifest = saved.manifest
    languages: list[str] = manifest["languages"]
    _check_facts(saved)
    with _tensors(saved, WEIGHTS) as weights, _tensors(saved, WORD_EMBEDDINGS) as embeddings:
        # What files say that they hold is compared before any of it is read.
        vocabulary = _read_vocabulary(saved, weights.shapes)
        sizes = {language: len(vocabulary[language]) for language in languages}
        settings = _with_method(manifest["settings"])
        _check_shapes(saved, "", weights, _expected(saved, settings, sizes, weights.shapes))
        dimension = next((shape[-1] for shape in embeddings.shapes.values() if shape), 0)
        expected = {language: (size, dimension) for language, size in sizes.items()}
        _check_shapes(saved, "the word embeddings of ", embeddings, expected)
        arrays, vectors = weights.read(saved.cure), embeddings.read(saved.cure)
    _check_numbers(saved, "", arrays)
    _check_numbers(saved, "the word embeddings of ", vectors)
    # Models from before there were passages keep texts whole.
    older = {"word_encoder": _word_encoder(manifest), "passage_length": None}
    complete = {**older, "topic_shares": {}, "stop_words": {}, "chosen": [], **manifest}
    return ModelArtifact(
        **{**{name: complete[name] for name in _FACTS}, "settings": settings},
        # JSON objects and tensors are unordered; the manifest has the order of languages.
        vocabulary={language: vocabulary[language] for language in languages},
        weights=arrays,
        word_embeddings={language: vectors[language] for language in languages},
        labels=_read_labels(saved),
        coherent_words=_read_coherent_words(saved, sizes),
        markup=manifest.get("markup"),
    )


def _with_method(settings: dict[str, Any]) -> dict[str, Any]:
    """Complete the settings of a model from before the choice of methods: it was trained as published."""
    return settings if "method" in settings else {"method": "published", "ranking": "weights", **settings}


def _expected(
    saved: SavedFolder, settings: Mapping[str, Any], sizes: dict[str, int], found: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every array that there must be."""
    if settings["method"] == "published":
        if lacking := {"local_hidden_size", "global_hidden_size", "num_neighbors"} - settings.keys():
            raise _damaged(saved, f"its settings lack {min(lacking)}")
        return expected_shapes(
            sizes, settings["num_topics"], settings["local_hidden_size"], settings["global_hidden_size"]
        )
    encoder, projection = found.get(DOCUMENT_ENCODER_NAME, ()), found.get(SENTENCE_PROJECTION_NAME)
    dimensions = encoder[0] if len(encoder) == 2 else 0
    embedding = None if projection is None else projection[0] if len(projection) == 2 else 0
    expected = expected_context_shapes(sizes, settings["num_topics"], dimensions, embedding)
    if (direction := found.get(TOPIC_DIRECTION_NAME)) is not None:
        # Its dimension is that of the document embeddings, which a model does not keep.
        expected[TOPIC_DIRECTION_NAME] = (settings["num_topics"], direction[-1] if direction else 0)
    return expected


def _as_lists(scores: Mapping[str, Array]) -> dict[str, NDArray[Any]]:
    """Bring scores to their stored form: each topic's coherent words' columns and scores, padded with scores of 0."""
    lists: dict[str, NDArray[Any]] = {}
    for language, each in scores.items():
        number = max(int((each > 0).sum(axis=1).max()), 1)
        best = np.argsort(-each, axis=1, kind="stable")[:, :number].astype(np.int32)
        lists[f"words.{module_key(language)}"] = best
        lists[f"scores.{module_key(language)}"] = np.take_along_axis(each, best, axis=1).astype(np.float32)
    return lists


def _read_coherent_words(saved: SavedFolder, sizes: Mapping[str, int]) -> dict[str, Array]:
    settings = saved.manifest["settings"]
    # Where the ranking is by coherence, a file that the manifest does not list is missing.
    if not saved.lists(COHERENT_WORDS) and settings.get("ranking") != "coherence":
        return {}
    number, found = settings["num_topics"], {}
    with _tensors(saved, COHERENT_WORDS) as file:
        for language, size in sizes.items():
            shape = file.shapes.get(f"words.{module_key(language)}", ())
            # No topic has more words than there are.
            sound = len(shape) == 2 and shape[0] == number and shape[1] <= max(size, 1)
            for kind, dtype in (("words", np.int32), ("scores", np.float32)):
                name = f"{kind}.{module_key(language)}"
                sound = sound and file.shapes.get(name) == shape and file.dtypes[name] == dtype
            if not sound:
                raise _damaged(saved, f"the coherent words of {language!r} can't be read")
        arrays = file.read(saved.cure)
    for language, size in sizes.items():
        words, scores = (arrays[f"{kind}.{module_key(language)}"] for kind in ("words", "scores"))
        if fault_of(scores) is not None or not ((words >= 0) & (words < size)).all():
            raise _damaged(saved, f"the coherent words of {language!r} can't be read")
        found[language] = np.zeros((number, size), np.float32)
        np.put_along_axis(found[language], words.astype(np.int64), scores, axis=1)
    return found


def _read_vocabulary(saved: SavedFolder, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, list[str]]:
    """Read the words of each language; not before the number of their weights says how long the file may be."""
    names = map(topic_word_name, saved.manifest["languages"])
    words = sum(shape[-1] for name in names if (shape := shapes.get(name)))
    vocabulary = saved.json(VOCABULARY, most_json_of(words))
    from gloctm.files.schema import Texts, check_content

    check_content(vocabulary, dict[str, Texts], str(saved.path / VOCABULARY), saved.cure)
    for language in saved.manifest["languages"]:
        if language not in vocabulary:
            raise _damaged(saved, f"{VOCABULARY} has no words of {language!r}")
        if len(set(vocabulary[language])) != len(vocabulary[language]):
            raise _damaged(saved, f"the vocabulary of {language!r} has a word twice")
    found: dict[str, list[str]] = vocabulary
    return found


def _read_labels(saved: SavedFolder) -> Labels:
    if not saved.lists(LABELS):
        return {}
    content = saved.json(LABELS)
    try:
        # JSON's keys are text.
        by_number = {code: {int(topic): text for topic, text in each.items()} for code, each in content.items()}
        return check_labels(by_number, saved.manifest["settings"]["num_topics"])
    except (AttributeError, TypeError, ValueError) as error:
        raise FileFormatError(f"{saved.path / LABELS} is damaged ({error}): copy the model again") from None


def _word_encoder(manifest: Mapping[str, Any]) -> Any:
    """Return the encoder of the words of a model from before its name was kept: the one encoder of everything."""
    encoder = manifest["encoder"]
    several = isinstance(encoder, str) and (" + " in encoder or encoder == "own vectors")
    return None if several else encoder


def _check_facts(saved: SavedFolder) -> None:
    """Check what fields of the manifest, each by itself of the right type, say of each other."""
    manifest, settings = saved.manifest, saved.manifest["settings"]
    languages: list[str] = manifest["languages"]
    shares = manifest.get("topic_shares") or {}
    sound = {
        "languages": len(set(languages)) == len(languages),
        "tokenizers": manifest["tokenizers"].keys() == set(languages),
        "history": len(manifest["history"]) > 0 or settings.get("method") == "context",
        "topic_shares": not shares
        or (shares.keys() == set(languages) and all(len(each) == settings["num_topics"] for each in shares.values())),
    }
    for name, holds in sound.items():
        if not holds:
            raise _damaged(saved, f"its {name} can't be read")


def _check_shapes(saved: SavedFolder, what: str, file: TensorFile, expected: Mapping[str, tuple[int, ...]]) -> None:
    for name, shape in expected.items():
        if name not in file.shapes:
            found = "is missing"
        elif file.shapes[name] != shape or file.dtypes[name] != np.float32:
            found = f"is {file.dtypes[name] or 'of another type'} of shape {file.shapes[name]}"
        else:
            continue
        raise _damaged(saved, f"{what}{name} {found}, not float32 of shape {shape}")


def _check_numbers(saved: SavedFolder, what: str, arrays: Mapping[str, Array]) -> None:
    for name, array in arrays.items():
        fault = fault_of(array)
        if fault is None and name.endswith("running_var") and array.min(initial=0) < 0:
            fault = "holds negative variances"
        if fault is not None:
            raise _damaged(saved, f"{what}{name} {fault}")


@contextlib.contextmanager
def _tensors(saved: SavedFolder, name: str) -> Iterator[TensorFile]:
    with saved.open(name) as stream:
        yield TensorFile.of(stream, saved.path / name, saved.cure)


def _damaged(saved: SavedFolder, finding: str) -> FileFormatError:
    return FileFormatError(f"{saved.path} is damaged: {finding}; {saved.cure}")

"""A trained model as a folder: safetensors and JSON, versioned, written all or nothing.

================================  ==========================================================================
``model.json``                    format, version, settings, languages, tokenizers, encoders, seed, history,
                                  fingerprint of the corpus, versions of the software, files with sizes
``weights.safetensors``           the trained arrays, named as in ``gloctm.model.parameters``
``word_embeddings.safetensors``   for each language the embeddings of its vocabulary, which link words
``vocabulary.json``               for each language its words, in column order
``coherent_words.safetensors``    for each language the coherent words of each topic and their scores; only where the
                                  ranking is by coherence
``labels.json``                   for each language the labels of topics, by number; only where there are any
``README.md``                     the model card, for people: nothing is read from it, and it may be changed
================================  ==========================================================================

Labels and card were added without a new format version: older versions of this package ignore them. The manifest does
not list the card among its files with their sizes, so changing the card harms nothing. The manifest has its SHA-256
instead, which distinguishes a made card from a text that somebody wrote; that is not replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gloctm.arrays import Array
from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import FolderFormat, atomic_folder, check_folder_target, read_json, write_json
from gloctm.files.manifest import check_manifest, file_sizes
from gloctm.model.labels import Labels, check_labels
from gloctm.model.parameters import (
    DOCUMENT_ENCODER_NAME,
    SENTENCE_PROJECTION_NAME,
    TOPIC_DIRECTION_NAME,
    expected_context_shapes,
    expected_shapes,
    module_key,
)
from gloctm.text.cleaning import MARKUP, Markup

LABELS = "labels.json"
COHERENT_WORDS = "coherent_words.safetensors"
CARD = "README.md"
MODEL_FORMAT = FolderFormat(kind="model", manifest="model.json", name="gloctm-model", newest=2, optional=(CARD,))
#: Every file that a model's folder may hold and that is read.
MODEL_FILES = (
    *(MODEL_FORMAT.manifest, "weights.safetensors", "word_embeddings.safetensors"),
    *("vocabulary.json", COHERENT_WORDS, LABELS),
)
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
        made = json.loads(manifest.read_bytes())["card"]
        return not card.is_symlink() and bool(made == hashlib.sha256(card.read_bytes()).hexdigest())
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
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
        for name, arrays in (("weights", artifact.weights), ("word_embeddings", artifact.word_embeddings)):
            contiguous = {key: np.ascontiguousarray(array, np.float32) for key, array in arrays.items()}
            # save() and a plain write rather than save_file(): a full disk is then an OSError like any other.
            (folder / f"{name}.safetensors").write_bytes(save(contiguous))
        write_json(folder / "vocabulary.json", artifact.vocabulary)
        if artifact.coherent_words:
            (folder / COHERENT_WORDS).write_bytes(save(_as_lists(artifact.coherent_words)))
        if artifact.labels:
            write_json(folder / LABELS, artifact.labels)
        manifest_card = {} if written is None or own_card else {"card": hashlib.sha256(written).hexdigest()}
        write_json(
            folder / MODEL_FORMAT.manifest,
            {
                "format": MODEL_FORMAT.name,
                "format_version": MODEL_FORMAT.newest,
                "languages": list(artifact.vocabulary),
                **{name: getattr(artifact, name) for name in _FACTS},
                **({} if artifact.markup is None else {"markup": artifact.markup}),
                **manifest_card,
                "files": file_sizes(folder),
            },
        )
        # After the sizes are taken: the card may change.
        if written is not None:
            (folder / CARD).write_bytes(written)
    return target


def load_model(path: str | os.PathLike[str]) -> ModelArtifact:
    """Read a model folder.

    Raises:
        FileFormatError: missing, foreign, incomplete, damaged, or written by a newer version.
    """
    folder = Path(path)
    manifest = check_manifest(folder, MODEL_FORMAT)
    vocabulary = read_json(folder / "vocabulary.json")
    embeddings = _read_tensors(folder / "word_embeddings.safetensors")
    try:
        languages = manifest["languages"]
        # Models from before there were passages keep texts whole.
        older = {"word_encoder": _word_encoder(manifest), "passage_length": None}
        older.update(topic_shares={}, stop_words={}, chosen=[])
        complete = {**older, **manifest}
        artifact = ModelArtifact(
            **{**{name: complete[name] for name in _FACTS}, "settings": _with_method(manifest["settings"])},
            # JSON objects and tensors are unordered; the manifest has the order of languages.
            vocabulary={language: vocabulary[language] for language in languages},
            weights=_read_tensors(folder / "weights.safetensors"),
            word_embeddings={language: embeddings[language] for language in languages if language in embeddings},
            labels=_read_labels(folder, manifest),
            coherent_words=_read_coherent_words(folder, manifest, vocabulary),
            markup=manifest.get("markup"),
        )
        expected = _expected(artifact)
    except (AttributeError, KeyError, TypeError) as error:
        raise FileFormatError(
            f"{folder} is damaged: {error!r} in {MODEL_FORMAT.manifest}; copy or train the model again"
        ) from None
    _check_facts(folder, artifact)
    _check_arrays(folder, "", artifact.weights, expected)
    dimension = next((array.shape[-1] for array in artifact.word_embeddings.values() if array.ndim), 0)
    sizes = {language: (len(words), dimension) for language, words in artifact.vocabulary.items()}
    _check_arrays(folder, "the word embeddings of ", artifact.word_embeddings, sizes)
    if artifact.topic_shares != {} and not _are_shares(artifact):
        raise FileFormatError(f"{folder} is damaged: its topic_shares can't be read; copy or train the model again")
    return artifact


def _with_method(settings: dict[str, Any]) -> dict[str, Any]:
    """Complete the settings of a model from before the choice of methods: it was trained as published."""
    return settings if "method" in settings else {"method": "published", "ranking": "weights", **settings}


def _expected(artifact: ModelArtifact) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every array that there must be."""
    sizes = {language: len(words) for language, words in artifact.vocabulary.items()}
    settings = artifact.settings
    if settings["method"] == "published":
        return expected_shapes(
            sizes, settings["num_topics"], settings["local_hidden_size"], settings["global_hidden_size"]
        )
    encoder = artifact.weights.get(DOCUMENT_ENCODER_NAME)
    dimensions = len(encoder) if encoder is not None and encoder.ndim == 2 else 0
    projection = artifact.weights.get(SENTENCE_PROJECTION_NAME)
    embedding = None if projection is None else len(projection) if projection.ndim == 2 else 0
    expected = expected_context_shapes(sizes, settings["num_topics"], dimensions, embedding)
    if (direction := artifact.weights.get(TOPIC_DIRECTION_NAME)) is not None:
        # Its dimension is that of the document embeddings, which a model does not keep.
        expected[TOPIC_DIRECTION_NAME] = (settings["num_topics"], direction.shape[-1] if direction.ndim else 0)
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


def _read_coherent_words(
    folder: Path, manifest: Mapping[str, Any], vocabulary: Mapping[str, Sequence[str]]
) -> dict[str, Array]:
    settings = manifest["settings"]
    # Where the ranking is by coherence, a file that the manifest does not list is missing.
    if COHERENT_WORDS not in manifest["files"] and settings.get("ranking") != "coherence":
        return {}
    arrays = _read_tensors(folder / COHERENT_WORDS)
    found = {}
    for language in manifest["languages"]:
        words, scores = (arrays.get(f"{kind}.{module_key(language)}") for kind in ("words", "scores"))
        shape = (settings["num_topics"], len(vocabulary[language]))
        if (
            words is None
            or scores is None
            or words.shape != scores.shape
            or words.ndim != 2
            or len(words) != shape[0]
            or words.dtype != np.int32
            or scores.dtype != np.float32
            or not np.isfinite(scores).all()
            or not ((words >= 0) & (words < shape[1])).all()
        ):
            raise FileFormatError(
                f"{folder} is damaged: the coherent words of {language!r} can't be read; copy or train the model again"
            )
        found[language] = np.zeros(shape, np.float32)
        np.put_along_axis(found[language], words.astype(np.int64), scores, axis=1)
    return found


def _read_labels(folder: Path, manifest: Mapping[str, Any]) -> Labels:
    if LABELS not in manifest["files"]:
        return {}
    content = read_json(folder / LABELS)
    try:
        # JSON's keys are text.
        by_number = {code: {int(topic): text for topic, text in each.items()} for code, each in content.items()}
        return check_labels(by_number, manifest["settings"]["num_topics"])
    except (AttributeError, TypeError, ValueError) as error:
        raise FileFormatError(f"{folder / LABELS} is damaged ({error}): copy the model again") from None


def _word_encoder(manifest: Mapping[str, Any]) -> Any:
    """Return the encoder of the words of a model from before its name was kept: the one encoder of everything."""
    encoder = manifest["encoder"]
    several = isinstance(encoder, str) and (" + " in encoder or encoder == "own vectors")
    return None if several else encoder


def _are_shares(artifact: ModelArtifact) -> bool:
    """Return whether every language has a share of every topic, from 0 to 1."""
    shares, number = artifact.topic_shares, artifact.settings["num_topics"]
    return (
        isinstance(shares, dict)
        and shares.keys() == artifact.vocabulary.keys()
        and all(isinstance(each, list) and len(each) == number for each in shares.values())
        and all(isinstance(share, int | float) and 0 <= share <= 1 for each in shares.values() for share in each)
    )


def _check_facts(folder: Path, artifact: ModelArtifact) -> None:
    def is_texts(values: Any) -> bool:
        return all(isinstance(value, str) for value in values)

    history = artifact.history
    sound = {
        "vocabulary": all(isinstance(words, list) and is_texts(words) for words in artifact.vocabulary.values()),
        "seed": isinstance(artifact.seed, int),
        "tokenizers": isinstance(artifact.tokenizers, dict)
        and artifact.tokenizers.keys() == artifact.vocabulary.keys()
        and is_texts(artifact.tokenizers.values()),
        "stop words": isinstance(artifact.stop_words, dict)
        and all(
            isinstance(words, list) and is_texts(words)
            for each in artifact.stop_words.values()
            for words in each.values()
        ),
        "markup": artifact.markup in (None, *MARKUP),
        "encoder": isinstance(artifact.encoder, str | None),
        "word encoder": isinstance(artifact.word_encoder, str | None),
        "history": isinstance(history, list)
        and (len(history) > 0 or artifact.settings.get("method") == "context")
        and all(isinstance(epoch, dict) for epoch in history)
        and all(isinstance(epoch.get(term), int | float) for epoch in history for term in HISTORY_TERMS),
        "passage length": isinstance(artifact.passage_length, int | None),
        "chosen": isinstance(artifact.chosen, list) and is_texts(artifact.chosen),
        "corpus_fingerprint": isinstance(artifact.corpus_fingerprint, str),
        "environment": isinstance(artifact.environment, dict) and is_texts(artifact.environment.values()),
    }
    for name, holds in sound.items():
        if not holds:
            raise FileFormatError(f"{folder} is damaged: its {name} can't be read; copy or train the model again")


def _check_arrays(
    folder: Path, what: str, arrays: Mapping[str, Array], expected: Mapping[str, tuple[int, ...]]
) -> None:
    for name, shape in expected.items():
        array = arrays.get(name)
        if array is None:
            found = f"is missing, not float32 of shape {shape}"
        elif array.shape != shape or array.dtype != np.float32:
            found = f"is {array.dtype} of shape {array.shape}, not float32 of shape {shape}"
        elif not np.isfinite(array).all():
            found = "holds NaN or infinite numbers"
        else:
            continue
        raise FileFormatError(f"{folder} is damaged: {what}{name} {found}; copy or train it again")


def _read_tensors(path: Path) -> dict[str, Array]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return dict(load(path.read_bytes()))
    except FileNotFoundError:
        raise FileFormatError(f"{path.parent} is incomplete: {path.name} is missing") from None
    except (SafetensorError, ValueError, KeyError) as error:
        raise FileFormatError(f"{path} is damaged ({error}): copy or train the model again") from None

"""How much memory a training needs, estimated by its settings before anything is allocated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gloctm.checks import check_memory
from gloctm.training.settings import SETTINGS

# Settings that say how large something is.
_SIZES = {
    "context": ("num_topics", "num_near_documents"),
    "published": ("num_topics", "local_hidden_size", "global_hidden_size", "batch_size", "num_neighbors"),
}
_NUMBER = 4


def needed_memory(
    settings: Mapping[str, Any],
    vocabulary_sizes: Mapping[str, int],
    num_documents: Mapping[str, int],
    ranks: int = 1,
) -> int:
    """Estimate the bytes that a training needs besides its corpus: those of the arrays that settings make large.

    Args:
        settings: of a method, with ``num_topics`` as a number.
        vocabulary_sizes: V_l.
        num_documents: the documents of each language that it works on.
        ranks: how many processes share each batch.

    Examples:
        >>> from gloctm.training.memory import needed_memory
        >>> needed_memory({"method": "context", "num_topics": 100}, {"en": 5_000, "de": 5_000}, {"en": 100, "de": 100})
        32080000
    """
    topics: int = settings["num_topics"]
    words, documents = sum(vocabulary_sizes.values()), sum(num_documents.values())
    if settings["method"] == "context":
        # β, the scores of words, and what they are computed of; proportions; and near documents, of each language.
        near: int = min(settings.get("num_near_documents") or 0, max(num_documents.values()))
        others = max(len(num_documents) - 1, 1)
        return _NUMBER * (8 * topics * words + topics * documents + near * others * documents)
    local: int = settings["local_hidden_size"]
    whole: int = settings["global_hidden_size"]
    parameters = sum(size * local + local**2 + 2 * local * topics for size in vocabulary_sizes.values())
    parameters += words * whole + whole**2 + 2 * whole * topics + topics * words
    # Of a language with fewer documents, a batch has all.
    rows: int = sum(-(-min(settings["batch_size"], each) // ranks) for each in num_documents.values())
    batches = rows * (words + local + whole + 3 * topics)
    links: int = min(settings["num_neighbors"], max(vocabulary_sizes.values())) * len(vocabulary_sizes) * words
    # Weights, their gradients, two moments of Adam, and those that are returned.
    return _NUMBER * (5 * parameters + batches + 2 * links)


def check_training_memory(
    settings: Mapping[str, Any],
    vocabulary_sizes: Mapping[str, int],
    num_documents: Mapping[str, int],
    *,
    ranks: int = 1,
    available: int | None = None,
) -> None:
    """Raise InputError if a training needs more memory than there is, naming the setting that is most of it.

    Args:
        settings: see ``needed_memory``.
        vocabulary_sizes: V_l.
        num_documents: the documents of each language that it works on.
        ranks: how many processes share each batch.
        available: bytes; those of the machine unless given.
    """
    needed = needed_memory(settings, vocabulary_sizes, num_documents, ranks)
    names = [name for name in _SIZES[settings["method"]] if settings.get(name) is not None]

    def without(name: str) -> int:
        usual = {**settings, name: min(SETTINGS[name].default or 0, settings[name])}
        return needed_memory(usual, vocabulary_sizes, num_documents, ranks)

    name = min(names, key=without)
    cure = "lower it, or use a smaller vocabulary"
    check_memory(f"{name} is {settings[name]:,}", needed, cure, available=available)

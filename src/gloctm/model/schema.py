"""What the manifest of a model holds, by format version."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from gloctm.files.schema import Count, Finite, Manifest, Seed, Sha256, Share, Size, Texts
from gloctm.text.cleaning import Markup

# Numbers that arrays are made by.
Whole = Annotated[int, Field(ge=0, le=2**31 - 1)]
Positive = Annotated[int, Field(ge=1, le=2**31 - 1)]
# How the words added to a list of stop words, or kept although on it, are listed.
StopWords = dict[Literal["added", "kept"], Texts]


class Settings(TypedDict):
    """The settings of either method; those of earlier versions are among them, and further ones do no harm."""

    num_topics: Positive
    method: NotRequired[Literal["context", "published"]]
    ranking: NotRequired[Literal["coherence", "weights"]]
    num_near_documents: NotRequired[Whole | None]
    num_refinements: NotRequired[Count]
    temperature: NotRequired[Finite | None]
    seed_words: NotRequired[dict[str, Any] | None]
    seed_weight: NotRequired[Finite]
    random_state: NotRequired[Seed | None]
    show_progress: NotRequired[bool]
    threads: NotRequired[Size | None]
    num_neighbors: NotRequired[Whole]
    neighbor_search: NotRequired[Literal["exact", "approximate"]]
    kl_weight: NotRequired[Finite]
    cka_weight: NotRequired[Finite]
    local_hidden_size: NotRequired[Positive]
    global_hidden_size: NotRequired[Positive]
    dropout: NotRequired[Finite]
    epochs: NotRequired[Size]
    max_steps: NotRequired[Size | None]
    batch_size: NotRequired[Size]
    shuffle_documents: NotRequired[Size]
    learning_rate: NotRequired[Finite]
    schedule: NotRequired[str]
    decay_every: NotRequired[Size]
    decay_every_steps: NotRequired[Size | None]
    decay_factor: NotRequired[Finite]
    warmup_steps: NotRequired[Count]
    patience: NotRequired[Size | None]
    min_improvement: NotRequired[Finite]
    device: NotRequired[str]
    pooled_cka: NotRequired[bool]


class Epoch(TypedDict):
    """The mean loss of an epoch and its terms."""

    epoch: Size
    loss: Finite
    local: Finite
    shared: Finite
    regularization: Finite
    cka: Finite
    learning_rate: NotRequired[Finite]


class ModelManifest(Manifest):
    """``model.json``, see ``gloctm.model.storage``."""

    languages: Annotated[Texts, Field(min_length=1)]
    settings: Settings
    seed: int
    tokenizers: dict[str, str]
    encoder: str | None
    word_encoder: NotRequired[str | None]
    passage_length: NotRequired[Size | None]
    corpus_fingerprint: str
    environment: dict[str, str]
    history: list[Epoch]
    topic_shares: NotRequired[dict[str, list[Share]]]
    stop_words: NotRequired[dict[str, StopWords]]
    chosen: NotRequired[Texts]
    markup: NotRequired[Markup | None]
    card: NotRequired[Sha256]

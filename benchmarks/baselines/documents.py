"""The document embeddings themselves, in the form of a model: what classifiers do without any topics.

A yardstick for models that read embeddings: how much of what these tell of labels is left in topics.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from baselines.embeddings import Array, document_embeddings
from gloctm import Corpus


@dataclass(kw_only=True, eq=False)
class DocumentEmbeddings:
    """See the module. There are neither topics nor θ, and no random number."""

    name: str = field(default="document embeddings themselves", init=False)
    published_epochs: int | None = field(default=None, init=False)
    training_seconds: float | None = field(default=None, init=False)

    def fit(self, corpus: Corpus, checkpoint: Path | None = None) -> Self:
        """Look whether there are embeddings.

        Raises:
            InputError: there are none, or of several dimensions.
        """
        document_embeddings(corpus, self.name)
        return self

    def top_words(self, num_words: int) -> dict[str, list[list[str]]]:
        """None."""
        return {}

    def features(self, corpus: Corpus) -> dict[str, Array]:
        """The embeddings as they are."""
        return document_embeddings(corpus, self.name)

    def theta(self, corpus: Corpus) -> dict[str, Array]:
        """None."""
        return {}

    def settings(self) -> dict[str, Any]:
        """There are none."""
        return {"uncertain": [], "deviations": []}

    def details(self) -> dict[str, Any]:
        """There are none."""
        return {}

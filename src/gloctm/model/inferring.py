"""Inferring documents of one language, and counting what is amiss with them over any number of blocks."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gloctm.arrays import Array
from gloctm.corpus.language import LanguageCorpus
from gloctm.errors import EmptyDocumentWarning, UnknownWordsWarning
from gloctm.model.evidence import LeftOut, Route, evidence_of, latent_means_of
from gloctm.model.fitted import Encoder, FittedModel
from gloctm.model.inference import Via, topic_proportions
from gloctm.model.routes import WordVectors, routes_of
from gloctm.model.unknown import without_known_words
from gloctm.shards.language import ShardedLanguage

# Distinct words left out that are counted exactly: their number says what is amiss long before.
MOST_COUNTED = 200_000
_COUNTED = ("documents", "guessed", "empty", "by_words")


@dataclass
class Tally:
    """What is amiss with the documents of one language that have been inferred so far.

    Attributes:
        language: a normalized code.
        known: whether the model was trained on it.
        documents: how many were inferred.
        guessed: how many have no word that a vocabulary has.
        empty: how many give no evidence at all.
        by_words: how many short texts count by their words alone, since the encoder can't be had.
        left_out: words outside the vocabulary that do not count, ``MOST_COUNTED`` at most.
        reason: why they do not count, or the encoder can't be had.
    """

    language: str
    known: bool
    documents: int = 0
    guessed: int = 0
    empty: int = 0
    by_words: int = 0
    left_out: set[str] = field(default_factory=set)
    reason: Exception | str | None = None

    def counts(self) -> dict[str, Any]:
        """Return all but the words, as JSON holds it; ``add`` takes both."""
        reason = None if self.reason is None else str(self.reason)
        return {name: getattr(self, name) for name in ("known", *_COUNTED)} | {"reason": reason}

    def add(self, counts: Mapping[str, Any], words: Iterable[str] = ()) -> None:
        """Add what was counted of other documents of the language."""
        for name in _COUNTED:
            setattr(self, name, getattr(self, name) + counts[name])
        self._leave_out(words, counts["reason"])

    def add_left_out(self, found: LeftOut | None) -> None:
        """Count words outside the vocabulary that do not count."""
        if found is not None:
            self._leave_out(found.words, found.reason)

    def _leave_out(self, words: Iterable[str], reason: Exception | str | None) -> None:
        self.reason = self.reason or reason
        for word in words:
            if len(self.left_out) >= MOST_COUNTED:
                break
            self.left_out.add(word)

    def warn(self, stacklevel: int = 3) -> None:
        """Warn of what is amiss, once for all documents.

        Args:
            stacklevel: of the warnings; 3 is the caller of the function that calls this.
        """
        if self.left_out:
            number = len(self.left_out)
            more = "at least " if number >= MOST_COUNTED else ""
            warnings.warn(
                f"{more}{number:,} words in {self.language!r} outside the model's vocabulary are left out: "
                f"{self.reason}",
                UnknownWordsWarning,
                stacklevel=stacklevel,
            )
        if self.by_words:
            counts = "text counts by its" if self.by_words == 1 else "texts count by their"
            warnings.warn(
                f"{self.by_words:,} short {counts} words alone in {self.language!r}, not as a whole: {self.reason}",
                UnknownWordsWarning,
                stacklevel=stacklevel,
            )
        if self.guessed:
            have, them = ("has", "it") if self.guessed == 1 else ("have", "them")
            warnings.warn(
                f"{self.guessed} of {self.documents} documents in {self.language!r} {have} no word that a vocabulary "
                f"has, so words with similar vectors answer for {them}: check the text and its language",
                UnknownWordsWarning,
                stacklevel=stacklevel,
            )
        if self.empty:
            what = "of the model's vocabulary" if self.known else "that can be linked to the model's vocabularies"
            warnings.warn(
                f"{self.empty} of {self.documents} documents in {self.language!r} have no word {what}: "
                "their topic proportions are uniform",
                EmptyDocumentWarning,
                stacklevel=stacklevel,
            )


def infer(model: FittedModel, documents: Any, route: Route, tally: Tally, *, latent: bool = False) -> Array:
    """Infer θ of documents, or μ, ``(documents, K)``, and count what is amiss.

    Args:
        model: trained.
        documents: what ``gloctm.model.evidence.evidence_of`` accepts; or a ShardedLanguage, inferred shard by shard.
        route: how their language is inferred.
        tally: of their language.
        latent: return μ instead of θ.
    """
    if isinstance(documents, ShardedLanguage):
        parts = documents.parts()
        return np.concatenate([infer(model, part, route, tally, latent=latent) for part in parts])
    evidence = evidence_of(documents, route, model, model)
    tally.add_left_out(evidence.left_out)
    tally.by_words += evidence.by_words
    tally.reason = tally.reason or evidence.reason
    means, empty = latent_means_of(evidence, model.weights_, model.vocabulary_)
    tally.documents += len(means)
    tally.guessed += int((without_known_words(evidence, model.vocabulary_) & ~empty).sum())
    tally.empty += int(empty.sum())
    return means if latent else topic_proportions(means)


def for_streams(model: FittedModel, *, show_progress: bool = False, caches_texts: bool = False) -> FittedModel:
    """Return a model for any number of documents. What it has computed and loaded is shared.

    Args:
        model: trained.
        show_progress: whether it shows the progress of a block.
        caches_texts: whether embeddings of short texts are kept on disk. What is there would change which texts are
            embedded together, and so last bits.

    Examples:
        >>> from gloctm.model.inferring import for_streams
        >>> for_streams(model).show_progress
        False
    """
    # Made here, it is the model's own too.
    model.encoder_of_words()
    found = object.__new__(type(model))
    found.__dict__.update(model.__dict__, show_progress=show_progress, caches_texts=caches_texts)
    return found


class BlockInference:
    """Infers documents of any languages block by block; what is amiss is counted, and warned of once at the end.

    Args:
        model: trained.
        via: see ``TopicModel.transform``.
        latent: see ``TopicModel.transform``.
        encoder: see ``TopicModel.transform``.
        corpus: what all documents are from, if it is a corpus.

    Attributes:
        tallies: of each language so far.

    Examples:
        >>> from gloctm.model.inferring import BlockInference
        >>> inference = BlockInference(model)
        >>> inference.texts(["The train was late.", "Der Zug kam."], ["en", "de"]).shape
        (2, 12)
        >>> inference.tallies["de"].documents
        1
        >>> inference.warn()
    """

    def __init__(
        self,
        model: FittedModel,
        *,
        via: Via | None = None,
        latent: bool = False,
        encoder: Encoder | None = None,
        corpus: WordVectors | None = None,
    ) -> None:
        model.check_trained()
        model.check_via(via)
        self.model = model
        self.tallies: dict[str, Tally] = {}
        self._via = via
        self._latent = latent
        self._encoder = encoder
        self._corpus = corpus
        self._routes: dict[str, Route] = {}

    def texts(self, texts: Sequence[str], languages: Sequence[str]) -> Array:
        """Infer texts in any languages, ``(texts, K)``.

        Args:
            texts: the documents.
            languages: the normalized language of each.

        Raises:
            InputError: see ``TopicModel.transform``; languages are checked before any of these texts is inferred.
        """
        rows: dict[str, list[int]] = {}
        for row, code in enumerate(languages):
            rows.setdefault(code, []).append(row)
        self._add_routes([code for code in rows if code not in self._routes])
        found = np.empty((len(texts), self.model.num_topics_), np.float32)
        for code, chosen in rows.items():
            found[chosen] = self._infer([texts[row] for row in chosen], code)
        return found

    def counted(self, documents: LanguageCorpus, language: str) -> Array:
        """Infer documents of a corpus by their counts, ``(documents, K)``.

        Args:
            documents: all of a language, or a part of them.
            language: its code, normalized.

        Raises:
            InputError: see ``TopicModel.transform``.
        """
        if language not in self._routes:
            self._add_routes([language])
        return self._infer(documents, language)

    def warn(self, stacklevel: int = 3) -> None:
        """Warn of what is amiss with all documents so far."""
        for tally in self.tallies.values():
            tally.warn(stacklevel + 1)

    def _add_routes(self, codes: Sequence[str]) -> None:
        routes = routes_of(self.model, codes, self._via, None, self._encoder, self._corpus, stacklevel=5)
        self._routes.update(routes)
        self.tallies.update({code: Tally(code, route.known) for code, route in routes.items()})

    def _infer(self, documents: Any, code: str) -> Array:
        return infer(self.model, documents, self._routes[code], self.tallies[code], latent=self._latent)

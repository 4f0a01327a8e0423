"""How a model infers each language: decided, and refused where it can't be, before any work is done."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, Protocol, cast

from gloctm.embedding.embed import warn_of_unknown_language
from gloctm.embedding.encoder import TextEncoder
from gloctm.errors import InputError, SimilarLanguagesWarning
from gloctm.languages import check_is_language, merged_language
from gloctm.model.documents import vocabularies
from gloctm.model.evidence import Route
from gloctm.model.fitted import Encoder, FittedModel
from gloctm.model.inference import Via


class _WithWords(Protocol):
    @property
    def word_embeddings(self) -> Any:
        """One row per word, or None."""


class WordVectors(Protocol):
    """What routes need of a corpus, in memory or in shards: whether its words have vectors, and which encoder's."""

    @property
    def word_encoder(self) -> str | None:
        """Name of the encoder of the word embeddings; None where they are your own vectors."""

    def __getitem__(self, language: str, /) -> _WithWords:
        """Return the part of a language."""


def routes_of(
    model: FittedModel,
    codes: Iterable[str],
    via: str | None,
    vocabulary: Any,
    encoder: Encoder | None,
    corpus: WordVectors | None = None,
    *,
    distinct: bool = True,
    stacklevel: int = 4,
) -> dict[str, Route]:
    """Decide how each language is inferred; whatever is wrong is found here, before any work.

    Args:
        model: trained.
        codes: the languages, normalized.
        via: see ``TopicModel.transform``.
        vocabulary: see ``TopicModel.transform``.
        encoder: see ``TopicModel.transform``.
        corpus: what the documents come from, if it is a corpus.
        distinct: whether no word of a vocabulary may occur twice.
        stacklevel: of a warning; 4 is the caller of the function that calls this.

    Raises:
        InputError: a language is none, can't be inferred by this encoder, or has words that can't be linked.
    """
    model.check_via(via)
    codes = list(codes)
    others = [check_is_language(code) for code in codes if code not in model.vocabulary_]
    _warn_of_variants(model, others, stacklevel)
    given = vocabularies(vocabulary, others, model.languages_, distinct=distinct)
    routes = {}
    for code in codes:
        if code in model.vocabulary_:
            further = model.encoder_of_words(encoder) if model.in_context else None
            routes[code] = Route(code, True, cast(Via, via or "local"), encoder=further)
            continue
        if via in ("local", "both"):
            raise InputError(
                f"the model was not trained on language {code!r}: it knows {', '.join(model.languages_)}, and has "
                "local encoders for these alone; leave via out, or give via='global'"
            )
        # The vectors of a corpus count if the model's encoder made them, or if both are the user's own.
        has_vectors = corpus is not None and corpus[code].word_embeddings is not None
        if has_vectors and encoder is None and corpus is not None and corpus.word_encoder == model.word_encoder_:
            routes[code] = Route(code, False, "global")
        else:
            chosen = _needed_encoder(model, code, encoder)
            warn_of_unknown_language(code, [chosen])
            routes[code] = Route(code, False, "global", chosen, given.get(code))
    return routes


def never_trained_on(model: FittedModel, codes: Iterable[str]) -> list[str]:
    """Return the languages among these that the model knows by no code, sorted; variants of its own are not among them.

    Examples:
        >>> never_trained_on(model, ["fr", "en-GB", "en"])
        ['fr']
    """
    own = set(map(merged_language, model.languages_))
    return sorted({code for code in codes if code not in model.vocabulary_ and merged_language(code) not in own})


def _warn_of_variants(model: FittedModel, codes: Iterable[str], stacklevel: int) -> None:
    """Warn of languages that the model knows by another code, which are inferred like any other language."""
    own = {merged_language(code): code for code in model.languages_}
    for code in codes:
        if (known := own.get(merged_language(code))) is not None:
            how = "documents are inferred by the global encoder"
            if model.in_context:
                how = "words are linked to those of the model"
            warnings.warn(
                f"{code} is not a language of the model, so its {how}; "
                f"to treat these documents as {known}, set their language to {known} (or pass language={known!r})",
                SimilarLanguagesWarning,
                stacklevel=stacklevel,
            )


def _needed_encoder(model: FittedModel, language: str, given: Encoder | None) -> TextEncoder:
    found = model.encoder_of_words(given)
    if found is not None:
        return found
    name = model.word_encoder_
    what = "own vectors, of an unknown encoder" if name is None else f"{name}, which this package does not have"
    raise InputError(
        f"the model was not trained on language {language!r}: it knows {', '.join(model.languages_)}, and to link "
        f"others to these it needs the encoder of its word embeddings ({what}): give it as "
        "transform(..., encoder=...) or GloCTM.load(path, encoder=...)"
    )

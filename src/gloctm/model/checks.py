"""Checks of arguments that are models, or that must fit one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gloctm.errors import InputError
from gloctm.model.model import TopicModel

if TYPE_CHECKING:
    from gloctm.corpus.language import LanguageCorpus


def check_model(model: Any, function: str) -> None:
    """Check that this is a trained model.

    Raises:
        InputError: it is something else; the sentence names the function.
        NotFittedError: it is a model that is not trained.
    """
    if not isinstance(model, TopicModel):
        raise InputError(f"{function} takes a GloCTM, not a {type(model).__name__}: read one with GloCTM.load(path)")
    model.check_trained()


def check_vocabulary(model: TopicModel, corpus: Mapping[str, LanguageCorpus], code: str) -> None:
    """Raise InputError unless a language's documents are counted over the model's vocabulary."""
    if list(corpus[code].vocabulary) != model.vocabulary_[code]:
        raise InputError(
            f"the corpus has another vocabulary for {code!r} than the model: give the corpus it was trained on, or "
            "one counted with vocabulary=model.vocabulary_ (Corpus.from_tokens)"
        )

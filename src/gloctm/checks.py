"""Arguments that many functions take, checked: a sentence for each thing that can be wrong."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

from gloctm.errors import InputError

if TYPE_CHECKING:
    from gloctm.corpus.corpus import Corpus
    from gloctm.estimator import GloCTM


def check_whole(name: str, value: Any, least: int, otherwise: str = "") -> int:
    """A whole number as a plain one, whatever kind of number it came as.

    Args:
        name: what it is called, with which the sentence begins.
        value: what was given.
        least: the least that it may be.
        otherwise: what else may be given, with which the sentence ends, as ``", or None for all"``.

    Raises:
        InputError: it is none, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise InputError(f"{name} is {value!r}: it must be a whole number from {least}{otherwise}")
    return int(value)


def check_model(model: Any, function: str) -> None:
    """Raise InputError, naming the function, unless this is a model, and NotFittedError unless it is trained."""
    from sklearn.utils.validation import check_is_fitted

    from gloctm.estimator import GloCTM

    if not isinstance(model, GloCTM):
        raise InputError(f"{function} takes a GloCTM, not a {type(model).__name__}: read one with GloCTM.load(path)")
    check_is_fitted(model, "weights_")


def check_vocabulary(model: GloCTM, corpus: Corpus, code: str) -> None:
    """Raise InputError unless a language's documents are counted over the model's vocabulary."""
    if list(corpus[code].vocabulary) != model.vocabulary_[code]:
        raise InputError(
            f"the corpus has another vocabulary for {code!r} than the model: give the corpus it was trained on, or "
            "one counted with vocabulary=model.vocabulary_ (Corpus.from_tokens)"
        )

"""What ``summarize`` is given, checked: a sentence for each thing that can be wrong."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError
from gloctm.inference import VIAS
from gloctm.summary.names import name_of_language

if TYPE_CHECKING:
    from gloctm.estimator import GloCTM


def check_model(model: Any) -> None:
    """Raise InputError unless this is a model, NotFittedError unless it is trained."""
    from gloctm.estimator import GloCTM

    if not isinstance(model, GloCTM):
        raise InputError(f"summarize takes a GloCTM, not a {type(model).__name__}: read one with GloCTM.load(path)")
    check_is_fitted(model, "weights_")


def check_texts_and_numbers(title: Any, via: Any, **settings: tuple[Any, int]) -> None:
    """Raise InputError for a title or encoder that is none.

    Args:
        title: a text or None.
        via: by which encoder.
        **settings: whole numbers with the least that each may be.
    """
    if title is not None and not isinstance(title, str):
        raise InputError(f"title is {title!r:.60}: give a text, or None for one made of the languages")
    if via not in VIAS:
        raise InputError(f"via is {via!r:.60}: it must be one of {', '.join(VIAS)}")
    for name, (value, least) in settings.items():
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise InputError(f"{name} is {value!r}: it must be a whole number from {least}")


def check_view(view: Any, model: GloCTM) -> None:
    """Raise InputError unless this is a view of the model."""
    from gloctm.view import TopicView

    if not isinstance(view, TopicView):
        raise InputError(f"view is a {type(view).__name__}, not a TopicView: make one with TopicView.of(model)")
    view.check(model)


def check_corpus(model: GloCTM, corpus: Any) -> None:
    """Raise InputError unless these are documents in the model's languages, counted over its vocabularies."""
    if not isinstance(corpus, Corpus):
        raise InputError(f"corpus is a {type(corpus).__name__}, not a Corpus: read one with Corpus.load(path)")
    if missing := [name_of_language(code) for code in model.languages_ if code not in corpus]:
        raise InputError(
            f"the corpus has no documents in {' and none in '.join(missing)}: give one with all languages of the model "
            f"({', '.join(model.languages_)})"
        )
    if foreign := [code for code in corpus.languages if code not in model.languages_]:
        raise InputError(
            f"the model was not trained on {foreign[0]!r}: leave it out with corpus.select({list(model.languages_)!r})"
        )
    for code in model.languages_:
        if list(corpus[code].vocabulary) != model.vocabulary_[code]:
            raise InputError(
                f"the corpus has another vocabulary for {code!r} than the model: give the corpus it was trained on, or "
                "one counted with vocabulary=model.vocabulary_ (Corpus.from_tokens)"
            )

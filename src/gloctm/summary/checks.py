"""What ``summarize`` is given, checked: a sentence for each thing that can be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gloctm.checks import check_int
from gloctm.errors import InputError
from gloctm.model.checks import check_vocabulary
from gloctm.model.inference import VIAS
from gloctm.summary.names import name_of_language

if TYPE_CHECKING:
    from gloctm.corpus.corpus import Corpus
    from gloctm.model.model import TopicModel


def check_texts_and_numbers(title: Any, via: Any, **settings: tuple[Any, int]) -> None:
    """Raise InputError for a title or encoder that is none.

    Args:
        title: a text or None.
        via: by which encoder.
        **settings: whole numbers with the least that each may be.
    """
    if title is not None and not isinstance(title, str):
        raise InputError(f"title is {title!r:.60}: give a text, or None for one made of the languages")
    if via is not None and via not in VIAS:
        raise InputError(f"via is {via!r:.60}: it must be one of {', '.join(VIAS)}")
    for name, (value, least) in settings.items():
        check_int(name, value, least)


def check_languages(model: TopicModel, corpus: Corpus) -> None:
    """Raise InputError unless these are documents in the model's languages, counted over its vocabularies."""
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
        check_vocabulary(model, corpus, code)

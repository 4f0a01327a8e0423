"""What exports are given, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError
from gloctm.summary.checks import check_view
from gloctm.view import TopicView

if TYPE_CHECKING:
    from gloctm.estimator import GloCTM


def check_corpus(corpus: Any) -> None:
    """Raise InputError unless this is a corpus."""
    if not isinstance(corpus, Corpus):
        raise InputError(f"the corpus is a {type(corpus).__name__}, not a Corpus: read one with Corpus.load(path)")


def view_of(model: GloCTM, view: TopicView | None) -> TopicView:
    """The view given, or one of all topics as they are.

    Raises:
        InputError: it is none, or another model's.
    """
    if view is None:
        return TopicView.of(model)
    check_view(view, model)
    return view

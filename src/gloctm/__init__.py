"""GloCTM: one set of topics for all languages of a corpus, with the words of each topic in each language.

``Corpus`` holds documents, ``GloCTM`` trains a model, ``TopicModel`` is a trained one. Every name loads what it needs
when it is first used: ``import gloctm`` itself takes milliseconds. The rooms are public as well, for example
``gloctm.metrics``; files inside a room may move.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gloctm.corpus.corpus import Corpus
    from gloctm.corpus.language import LanguageCorpus
    from gloctm.estimator import GloCTM
    from gloctm.evaluation.evaluation import evaluate
    from gloctm.model.model import TopicModel
    from gloctm.model.view import TopicView
    from gloctm.selection.run import search
    from gloctm.shards.corpus import ShardedCorpus
    from gloctm.summary.summary import summarize
    from gloctm.tables.comparison import compare

__all__ = [
    "Corpus",
    "GloCTM",
    "LanguageCorpus",
    "ShardedCorpus",
    "TopicModel",
    "TopicView",
    "__version__",
    "compare",
    "evaluate",
    "search",
    "summarize",
]

_HOMES = {
    "Corpus": "gloctm.corpus.corpus",
    "GloCTM": "gloctm.estimator",
    "LanguageCorpus": "gloctm.corpus.language",
    "ShardedCorpus": "gloctm.shards.corpus",
    "TopicModel": "gloctm.model.model",
    "TopicView": "gloctm.model.view",
    "compare": "gloctm.tables.comparison",
    "evaluate": "gloctm.evaluation.evaluation",
    "search": "gloctm.selection.run",
    "summarize": "gloctm.summary.summary",
}
_ROOMS = (
    *("augmentation", "context", "corpus", "embedding", "errors", "evaluation", "explorer", "export", "labels"),
    *("metrics", "model", "network", "plot", "selection", "server", "shards", "summary", "tables", "text", "training"),
)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("gloctm")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return import_module(f"gloctm.{name}")
    raise AttributeError(f"module 'gloctm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS])

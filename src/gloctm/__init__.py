"""GloCTM: topics shared by all languages of a corpus, with each topic's words in each language.

``Corpus`` holds the documents, ``GloCTM`` is the model; both load their dependencies when first used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gloctm.corpus import Corpus
    from gloctm.estimator import GloCTM

__all__ = ["Corpus", "GloCTM", "__version__"]

_HOME = {"Corpus": "gloctm.corpus", "GloCTM": "gloctm.estimator"}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("gloctm")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'gloctm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

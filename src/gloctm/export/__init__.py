"""A model for other programs: tables, pyLDAvis, topicwizard, model cards, the Hugging Face Hub.

Names are imported from their modules where they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gloctm.export.card import model_card
    from gloctm.export.distributions import word_distributions
    from gloctm.export.folder import tables
    from gloctm.export.hub import downloaded_model, push_to_hub
    from gloctm.export.proportions import write_proportions
    from gloctm.export.transform import transform_to
    from gloctm.export.transformed import Transformed
    from gloctm.export.viewers import pyldavis, topicwizard

__all__ = [
    "Transformed",
    "downloaded_model",
    "model_card",
    "push_to_hub",
    "pyldavis",
    "tables",
    "topicwizard",
    "transform_to",
    "word_distributions",
    "write_proportions",
]

_HOMES = {
    "Transformed": "transformed",
    "downloaded_model": "hub",
    "model_card": "card",
    "push_to_hub": "hub",
    "pyldavis": "viewers",
    "tables": "folder",
    "topicwizard": "viewers",
    "transform_to": "transform",
    "word_distributions": "distributions",
    "write_proportions": "proportions",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"gloctm.export.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'gloctm.export' has no attribute {name!r}")

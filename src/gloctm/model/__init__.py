"""A trained model: what it holds, and what it infers, without torch.

Names are imported from their modules where they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gloctm.model.explanation import WordShare
    from gloctm.model.inference import topic_proportions
    from gloctm.model.model import TopicModel
    from gloctm.model.table import Table
    from gloctm.model.topics import TopicRecord, TopicTable, top_words
    from gloctm.model.view import TopicView, topic_shares

__all__ = [
    "Table",
    "TopicModel",
    "TopicRecord",
    "TopicTable",
    "TopicView",
    "WordShare",
    "top_words",
    "topic_proportions",
    "topic_shares",
]

_HOMES = {
    "Table": "table",
    "TopicModel": "model",
    "TopicRecord": "topics",
    "TopicTable": "topics",
    "TopicView": "view",
    "WordShare": "explanation",
    "top_words": "topics",
    "topic_proportions": "inference",
    "topic_shares": "view",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"gloctm.model.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'gloctm.model' has no attribute {name!r}")

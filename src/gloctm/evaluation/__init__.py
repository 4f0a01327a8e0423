"""What a model is worth: measures of its topics and of its documents, and their names.

Importing the room alone imports neither numpy nor scipy: names are imported where they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gloctm.evaluation.documents import MAX_TRAIN, measure_alignment, measure_documents
    from gloctm.evaluation.evaluation import Evaluation, evaluate, model_digest
    from gloctm.evaluation.names import MEASURE_NAMES, name_of
    from gloctm.evaluation.topics import DIVERSITY_WORDS, NUM_WORDS, Measures, measure_topics, own_counts

_HOMES = {
    "documents": ("MAX_TRAIN", "measure_alignment", "measure_documents"),
    "evaluation": ("Evaluation", "evaluate", "model_digest"),
    "names": ("MEASURE_NAMES", "name_of"),
    "topics": ("DIVERSITY_WORDS", "NUM_WORDS", "Measures", "measure_topics", "own_counts"),
}

__all__ = [
    "DIVERSITY_WORDS",
    "MAX_TRAIN",
    "MEASURE_NAMES",
    "NUM_WORDS",
    "Evaluation",
    "Measures",
    "evaluate",
    "measure_alignment",
    "measure_documents",
    "measure_topics",
    "model_digest",
    "name_of",
    "own_counts",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

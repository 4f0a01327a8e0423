"""Labels of topics: made of their words, chosen among phrases, or made by a function or a language model.

The functions return ``{language: {topic: label}}``. ``model.set_labels`` keeps such labels with the model, which then
saves and reads them.
"""

from gloctm.errors import LabelingError, RepeatedLabelWarning
from gloctm.labels.chat import ChatLabeler
from gloctm.labels.function import TopicToLabel, labels_from_function
from gloctm.labels.phrases import MIN_COSINE, labels_by_phrases, labels_by_words, phrase_cosines

__all__ = [
    "MIN_COSINE",
    "ChatLabeler",
    "LabelingError",
    "RepeatedLabelWarning",
    "TopicToLabel",
    "labels_by_phrases",
    "labels_by_words",
    "labels_from_function",
    "phrase_cosines",
]

"""Topics in a global context space, in closed form: what ``GloCTM`` does unless a published preset is asked for.

Data flows one way: ``space`` brings documents and words of all languages into one space, ``topics`` finds topics there
and the words of each, ``coherence`` ranks these words, ``fit`` goes through all of it, and ``inference`` says of new
documents what topics they have. docs/concepts/method.md has the formulas.
"""

from gloctm.context.space import DIMENSIONS
from gloctm.context.topics import log_unigram, topic_word_log_probabilities
from gloctm.context.train import coherent_words
from gloctm.context.update import TopicChange, TopicChanges

__all__ = [
    "DIMENSIONS",
    "TopicChange",
    "TopicChanges",
    "coherent_words",
    "log_unigram",
    "topic_word_log_probabilities",
]

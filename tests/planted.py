"""Synthetic corpora with known topics, for tests of recovery and of invariance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from gloctm.corpus import Corpus, LanguageCorpus


def planted_corpus(
    languages: Sequence[str],
    *,
    num_topics: int = 5,
    words_per_topic: int = 12,
    documents: int | dict[str, int] = 200,
    noise: float = 0.1,
    seed: int = 0,
) -> Corpus:
    """Documents of one planted topic each, in languages that share no word.

    Word w of language l is named ``l-topic-rank``; its embedding lies near its topic's center, the same in all
    languages, and a document's embedding near its topic's. A share ``noise`` of each document's words is drawn from the
    whole vocabulary. The label of a document is its topic.
    """
    centers = np.random.default_rng(seed).normal(size=(num_topics, 24))
    parts = {}
    for number, language in enumerate(languages):
        rng = np.random.default_rng([seed, 1 + number])
        size = documents if isinstance(documents, int) else documents[language]
        topic_of_word = np.repeat(np.arange(num_topics), words_per_topic)
        topic_of_document = rng.integers(num_topics, size=size)
        counts = np.zeros((size, len(topic_of_word)), int)
        for row, topic in enumerate(topic_of_document):
            length = rng.integers(8, 20)
            own = rng.integers(words_per_topic, size=length) + topic * words_per_topic
            anywhere = rng.integers(len(topic_of_word), size=length)
            np.add.at(counts[row], np.where(rng.random(length) < noise, anywhere, own), 1)
        parts[language] = LanguageCorpus(
            counts=sp.csr_array(counts),
            vocabulary=[f"{language}-{topic}-{rank}" for topic in range(num_topics) for rank in range(words_per_topic)],
            word_embeddings=(centers[topic_of_word] + 0.3 * rng.normal(size=(len(topic_of_word), 24))).astype("f4"),
            document_embeddings=(centers[topic_of_document] + 0.3 * rng.normal(size=(size, 24))).astype("f4"),
            labels=[str(topic) for topic in topic_of_document],
        )
    return Corpus(parts)

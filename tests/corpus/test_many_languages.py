"""Many languages in one model, of very different sizes: topics are found and shared as with two of a size."""

from __future__ import annotations

import pytest

from gloctm import GloCTM
from gloctm.metrics import nearest_document_agreement, theme_topics, topic_uniqueness
from planted import planted_corpus

TEN = ("en", "zh", "de", "ja", "fr", "ru", "es", "ar", "ko", "it")


def trained(documents, method, epochs):
    """A model of planted topics, and its corpus."""
    corpus = planted_corpus(list(documents), documents=documents)
    network = {"epochs": epochs, "batch_size": 64, "learning_rate": 0.01, "cka_weight": 20.0}
    own = network if method == "published" else {}
    model = GloCTM(num_topics=5, method=method, threads=1, show_progress=False, **own)
    return model.fit(corpus), corpus


def assert_topics_are_found_and_shared(model, corpus):
    theta = model.transform(corpus)
    labels = {code: part.labels for code, part in corpus.items()}
    assert len(theme_topics(theta, labels)) == 5
    assert min(nearest_document_agreement(theta, labels).values()) > 0.9
    for code in corpus:
        topics = [record["words"] for record in model.topics(8, languages=[code])]
        # The name of a word says which planted topic it is of.
        assert all(len({word.split("-")[1] for word in words}) == 1 for words in topics), code
        assert topic_uniqueness(topics) == 1


@pytest.mark.parametrize("method", ["context", "published"])
@pytest.mark.parametrize("documents", [{"en": 2000, "de": 20}, {"de": 20, "en": 2000}])
def test_a_language_a_hundred_times_smaller_takes_part_and_does_no_harm(documents, method):
    assert_topics_are_found_and_shared(*trained(documents, method, epochs=12))


@pytest.mark.parametrize("method", ["context", pytest.param("published", marks=pytest.mark.slow)])
def test_ten_languages_of_all_sizes(method):
    sizes = (20, 640, 40, 500, 80, 30, 160, 320, 60, 250)
    assert_topics_are_found_and_shared(*trained(dict(zip(TEN, sizes, strict=True)), method, epochs=20))

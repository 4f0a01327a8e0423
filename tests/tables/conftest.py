"""The built-in corpus in five languages, and a model with as many topics as it has themes."""

from __future__ import annotations

from collections import Counter

import pytest

from gloctm import Corpus, GloCTM


@pytest.fixture(scope="session")
def corpus():
    return Corpus.demo(show_progress=False)


@pytest.fixture(scope="session")
def model(corpus):
    return GloCTM(num_topics=12, threads=1, show_progress=False).fit(corpus)


@pytest.fixture(scope="session")
def theme_of(model):
    """For each topic the theme of most of its documents."""
    found = {}
    for row in model.document_info():
        found.setdefault(row["topic"], Counter())[row["label"]] += 1
    themes = {topic: labels.most_common(1)[0][0] for topic, labels in found.items() if topic >= 0}
    assert len(set(themes.values())) == 12
    return themes

"""A model leaves out of new texts the stop words that its corpus was built with."""

import numpy as np
import pytest

from gloctm import Corpus, GloCTM, TopicModel
from gloctm.demo import demo_records

MADE_UP = "zorblat"


@pytest.fixture(scope="module")
def corpus():
    return Corpus.from_records(
        demo_records(["en", "de"]), more_stop_words={"en": [MADE_UP]}, keep_words={"en": ["now"]}, show_progress=False
    )


@pytest.fixture(scope="module")
def model(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stop words")
    corpus.save(folder / "corpus")
    again = Corpus.load(folder / "corpus")
    assert again["en"].stop_words == {"added": [MADE_UP], "kept": ["now"]}
    assert again["de"].stop_words == {}
    GloCTM(num_topics=12, random_state=0, show_progress=False).fit(again).save(folder / "model")
    return TopicModel.load(folder / "model")


def test_stop_words_come_with_the_model(model):
    assert MADE_UP in model.stop_words("en")
    assert "the" in model.stop_words("en")
    assert "now" not in model.stop_words("en")
    assert "und" in model.stop_words("de")
    assert "les" in model.stop_words("fr")


def test_added_stop_words_say_nothing_of_a_new_text(model):
    text = "The striker scored a goal in the stadium"
    other = f"{text} {MADE_UP}"
    words, more = ([each.lower().split()] for each in (text, other))
    np.testing.assert_allclose(model.transform(words, language="en"), model.transform(more, language="en"), atol=1e-6)
    # Of a short text, the sentence counts as a whole, too.
    plain, added = model.transform([text], language="en"), model.transform([other], language="en")
    np.testing.assert_allclose(plain, added, atol=1e-4)

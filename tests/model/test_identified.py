"""Languages that are not given are identified, among those of the model first."""

from __future__ import annotations

import numpy as np
import pytest

from gloctm.errors import InputError
from handmade import handmade_model

TEXTS = ["The train left the station in the rain today.", "Der Zug fuhr heute im Regen aus dem Bahnhof."]


@pytest.fixture(scope="module")
def model():
    words = {"en": ["rain", "train", "station"], "de": ["regen", "zug", "bahnhof"]}
    model = handmade_model(words, {code: np.arange(6.0).reshape(2, 3) + 1 for code in words})
    model.tokenizers_ = {"en": "unicode", "de": "unicode"}
    return model


@pytest.mark.parametrize("language", ["auto", ["auto", "de"], [None, None], ["English", "German"]])
def test_transform_identifies_what_is_not_named(model, language):
    np.testing.assert_array_equal(model.transform(TEXTS, language), model.transform(TEXTS, ["en", "de"]))


def test_one_text(model):
    assert model.document_topics(TEXTS[1]) == model.document_topics(TEXTS[1], "de")
    assert model.explain(TEXTS[0], "auto") == model.explain(TEXTS[0], "en")


def test_what_can_not_be_identified_is_named(model):
    with pytest.raises(InputError, match=r"the language of documents\[1\] can't be identified: name it"):
        model.transform([TEXTS[0], "12345"], "auto")
    with pytest.raises(InputError, match="the language of the text can't be identified: name it"):
        model.document_topics("12345")
    with pytest.raises(InputError, match=r"documents\[0\] is a list, and only texts can be identified"):
        model.transform([["rain"], ["train"]], language="auto")
    with pytest.raises(InputError, match="1 language: give one language for each document"):
        model.transform(TEXTS, ["auto"])
    with pytest.raises(InputError, match="or give 'auto' to identify it"):
        model.transform(TEXTS)

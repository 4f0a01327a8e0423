"""Texts of which no vocabulary has a word are inferred by vectors alone, and that is said."""

from __future__ import annotations

import pytest

from gloctm import Corpus, GloCTM
from gloctm.errors import UnknownWordsWarning
from warned import messages_of, no_warnings


@pytest.fixture(scope="module")
def model():
    return GloCTM(num_topics=6, random_state=0, show_progress=False).fit(Corpus.demo(["en", "de"], show_progress=False))


def test_nonsense_is_warned_of(model):
    with pytest.warns(UnknownWordsWarning) as caught:
        model.transform(["xyzzy qwrt", "The train was late.", "Zug"], language="en")
    assert messages_of(caught, UnknownWordsWarning) == [
        "1 of 3 documents in 'en' has no word that a vocabulary has, so words with similar vectors answer for it: "
        "check the text and its language"
    ]


def test_texts_with_a_known_word_and_those_of_other_languages_are_not(model):
    with no_warnings():
        model.transform(["xyzzy train qwrt", " ".join(["xyzzy"] * 500) + " train."], language="en")
        model.transform(["Le train avait une heure de retard."], language="fr")

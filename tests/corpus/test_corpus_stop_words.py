"""Stop words of a corpus: replaced, added to, kept, none, or the most frequent words where there is no list."""

import warnings

import pytest

from gloctm import Corpus
from gloctm.corpus.options import ENOUGH_DOCUMENTS
from gloctm.errors import NoStopWordsWarning

SETTINGS = {"encoder": None, "show_progress": False, "min_df": 1, "max_df": 1.0}
TEXTS = {"en": ["the red boat and the sea", "the film"], "de": ["das rote Boot und das Meer", "der Film"]}


def vocabulary(**options):
    return list(Corpus.from_texts(TEXTS, **options, **SETTINGS)["en"].vocabulary)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ["boat", "film", "red", "sea"]),
        ({"stop_words": "none"}, ["and", "boat", "film", "red", "sea", "the"]),
        ({"stop_words": {"en": None}}, ["and", "boat", "film", "red", "sea", "the"]),
        ({"stop_words": {"en": "none"}}, ["and", "boat", "film", "red", "sea", "the"]),
        ({"stop_words": {"en": []}}, ["and", "boat", "film", "red", "sea", "the"]),
        ({"stop_words": {"en": ["Red"]}}, ["and", "boat", "film", "sea", "the"]),
        ({"more_stop_words": {"en": ["Red"]}}, ["boat", "film", "sea"]),
        ({"keep_words": {"en": ["The"]}}, ["boat", "film", "red", "sea", "the"]),
        ({"stop_words": "none", "more_stop_words": {"en": ["and"]}}, ["boat", "film", "red", "sea", "the"]),
        (
            {"more_stop_words": {"en": ["red"]}, "keep_words": {"en": ["red", "and"]}},
            ["and", "boat", "film", "red", "sea"],
        ),
    ],
)
def test_stop_words_are_chosen(options, words):
    assert sorted(vocabulary(**options)) == words


def test_none_is_none_for_every_language():
    assert "und" in Corpus.from_texts(TEXTS, stop_words="none", **SETTINGS)["de"].vocabulary


def invented(count):
    """Texts of a language without a list: two words in all of them, one in a fifth, and their own."""
    return [f"ko te {'hala' if number % 5 == 0 else 'vaka'}{chr(97 + number % 7) * 3}" for number in range(count)]


@pytest.mark.parametrize("phrases", [False, True])
@pytest.mark.parametrize("process", ["from_texts", "from_records"])
def test_frequent_words_stop_where_there_is_no_list(process, phrases):
    texts = {"to": invented(100), "sm": invented(100), "en": ["the red boat"] * 100}
    given = texts
    if process == "from_records":
        given = [{"text": text, "lang": code} for code, listed in texts.items() for text in listed]
    with pytest.warns(NoStopWordsWarning) as caught:
        corpus = getattr(Corpus, process)(given, phrases=phrases, **SETTINGS)
    assert len(caught) == 1
    message = str(caught[0].message)
    assert "no list of stop words for 'to' and 'sm'" in message
    assert "stop_words={'to': [...]}" in message
    assert caught[0].filename == __file__
    assert not {"ko", "te"} & set(corpus["to"].vocabulary)
    assert "boat" in corpus["en"].vocabulary
    words = corpus.report.words["to"]
    assert (words.stopped, words.tokens) == (200, 100)
    assert words.distinct == 14


@pytest.mark.parametrize("said", [{"stop_words": "none"}, {"stop_words": {"to": ["te"], "sm": []}}])
def test_who_says_what_stops_is_not_warned(said):
    with warnings.catch_warnings():
        warnings.simplefilter("error", NoStopWordsWarning)
        corpus = Corpus.from_texts({"to": invented(100), "sm": invented(100)}, **said, **SETTINGS)
    assert "ko" in corpus["to"].vocabulary


def test_few_documents_and_kept_words_stop_no_frequent_words():
    with pytest.warns(NoStopWordsWarning):
        few = Corpus.from_texts({"to": invented(ENOUGH_DOCUMENTS - 1), "en": TEXTS["en"]}, **SETTINGS)
    assert "ko" in few["to"].vocabulary
    with pytest.warns(NoStopWordsWarning):
        kept = Corpus.from_texts({"to": invented(100), "en": TEXTS["en"]}, keep_words={"to": ["ko"]}, **SETTINGS)
    assert "ko" in kept["to"].vocabulary
    assert "te" not in kept["to"].vocabulary

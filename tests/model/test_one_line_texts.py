"""One-line texts on the themes of the demo: rightly inferred, and alike by every way to ask.

``data/one_line_texts.jsonl`` has two plain sentences per theme in each language. They were written before any of them
was inferred, and are not to be changed.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from command_line import run_here, succeeded
from gloctm import Corpus, GloCTM, TopicModel
from gloctm.demo import LANGUAGES, THEMES
from gloctm.errors import MissingDependencyError, UnknownWordsWarning
from gloctm.model.evidence import Route, evidence_of
from gloctm.model.parameters import SENTENCE_PROJECTION_NAME, least_evidence_name, sentence_center_name
from paths import TESTS

ONE_LINERS = [
    json.loads(line) for line in (TESTS / "data" / "one_line_texts.jsonl").read_text(encoding="utf-8").splitlines()
]
# Of 24 sentences in a language, at least 85 %.
FEWEST_RIGHT = 21


def of_language(language):
    rows = [row for row in ONE_LINERS if row["lang"] == language]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def themes_of_topics(model, corpus) -> list[str]:
    """The theme whose documents have the largest mean θ, by topic; of training labels alone."""
    theta = model.transform(corpus)
    mean = np.zeros((len(THEMES), model.num_topics_))
    for language, part in corpus.items():
        for place, theme in enumerate(THEMES):
            mean[place] += theta[language][np.asarray(part.labels) == theme].mean(axis=0)
    return [THEMES[place] for place in mean.argmax(axis=0)]


def trained(corpus, seed=0) -> GloCTM:
    return GloCTM(num_topics=len(THEMES), random_state=seed, threads=1, show_progress=False).fit(corpus)


@pytest.fixture(scope="module")
def corpus():
    return Corpus.demo(["en", "de"], show_progress=False)


@pytest.fixture(scope="module")
def model(corpus):
    return trained(corpus)


def assert_right(model, corpus):
    themes = themes_of_topics(model, corpus)
    assert sorted(themes) == sorted(THEMES)
    for language in corpus.languages:
        texts, wanted = of_language(language)
        found = [themes[topic] for topic in model.transform(texts, language=language).argmax(axis=1)]
        wrong = [text for text, theme, other in zip(texts, wanted, found, strict=True) if theme != other]
        assert len(texts) - len(wrong) >= FEWEST_RIGHT, (language, wrong)


def test_there_are_two_sentences_for_each_theme_in_each_language():
    assert len(ONE_LINERS) == 120
    for language in LANGUAGES:
        assert of_language(language)[1] == [theme for theme in THEMES for _ in range(2)]


def test_two_languages(model, corpus):
    assert_right(model, corpus)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_five_languages(seed):
    corpus = Corpus.demo(show_progress=False)
    assert_right(trained(corpus, seed), corpus)


def test_every_way_to_ask_gives_the_same_answer(tmp_path, model):
    serving = pytest.importorskip("serving")
    from gloctm.summary import summarize

    rows = [row for row in ONE_LINERS if row["lang"] in model.languages_][::5]
    texts, codes = [row["text"] for row in rows], [row["lang"] for row in rows]
    expected = model.transform(texts, codes)
    path = model.save(tmp_path / "model")
    np.testing.assert_allclose(TopicModel.load(path).transform(texts, codes), expected, atol=1e-5)
    for text, code, theta in zip(texts, codes, expected, strict=True):
        np.testing.assert_allclose(model.transform([text], code)[0], theta, atol=1e-5)
    with serving.serving(model, summarize(model)) as client:
        for named in (True, False):
            for via in (None, "page"):
                asked = [{"text": row["text"], **({"lang": row["lang"]} if named else {})} for row in rows]
                response = serving.ask(client, *asked, **({"via": via} if via else {}))
                np.testing.assert_allclose(serving.thetas(response), expected, atol=1e-5)
    source = tmp_path / "texts.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    result = succeeded(run_here("transform", path, source, "-o", "-", "-q"))
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["lang"] for line in lines] == codes
    np.testing.assert_allclose([[line[f"topic_{k}"] for k in range(12)] for line in lines], expected, atol=1e-5)


def test_words_that_say_enough_stand_alone(model, corpus):
    part = corpus["en"]
    evidence = evidence_of(part.texts, Route("en", True, encoder=model.encoder_of_words()), model, model)
    joined = np.zeros(len(part.texts), bool) if evidence.sentences is None else evidence.sentences.any(axis=1)
    assert joined.mean() < 0.05
    # As counts, but for the words of no vocabulary.
    by_counts = model.transform(part.counts, language="en")
    assert (by_counts.argmax(axis=1) == model.transform(part.texts, "en").argmax(axis=1)).mean() > 0.97
    # Counts and ready words have no sentence.
    for documents in (part.counts[:2], [["train"]]):
        assert evidence_of(documents, Route("en", True), model, model).sentences is None


def test_a_text_without_a_known_word_says_nothing(model):
    with pytest.warns(UserWarning, match="no word"):
        assert (model.transform(["It is what it is."], language="en") == np.float32(1 / 12)).all()


def test_a_text_of_one_word_is_that_word(model):
    np.testing.assert_array_equal(model.transform(["Train!"], "en"), model.transform([["train"]], "en"))


def test_words_of_short_texts_are_explained(model):
    theta = model.transform(["Der Zug hatte Verspätung."], language="de")[0]
    shares = {share.word: share.topics for share in model.explain("Der Zug hatte Verspätung.", "de")}
    assert dict(shares["zug"])[int(theta.argmax())] > 0.001


def test_models_and_places_without_sentences_use_words_alone(tmp_path, model):
    texts, _ = of_language("en")
    old = TopicModel.load(model.save(tmp_path / "model"))
    for name in [
        SENTENCE_PROJECTION_NAME,
        *map(sentence_center_name, ("en", "de")),
        *map(least_evidence_name, ("en", "de")),
    ]:
        del old.weights_[name]
    by_words = old.transform(texts, "en")
    assert not np.allclose(by_words, model.transform(texts, "en"), atol=1e-3)
    again = TopicModel.load(old.save(tmp_path / "old"))
    np.testing.assert_array_equal(again.transform(texts, "en"), by_words)
    known = [
        " ".join(word for word in model.tokenizer("en")(text) if word in model.vocabulary_["en"]) for text in texts
    ]

    class Missing:
        name = model.encoder_

        version = "1"

        def encode(self, texts):
            raise MissingDependencyError(f"not here: {len(texts)} texts")

    expected = old.transform(known, "en")
    told = "^23 short texts count by their words alone in 'en', not as a whole: not here: 23 texts$"
    with pytest.warns(UnknownWordsWarning, match=told):
        found = model.transform(known, "en", encoder=Missing())
    np.testing.assert_allclose(found, expected, atol=1e-6)

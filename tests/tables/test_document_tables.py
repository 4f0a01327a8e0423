"""One row per document, and the documents that show a topic."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

from gloctm import Corpus, GloCTM, TopicView
from gloctm.demo import demo_records
from gloctm.errors import InputError
from gloctm.model import Table
from gloctm.reading.records import group_records
from planted import planted_corpus


def test_every_document_has_a_row(model, corpus):
    table = model.document_info()
    theta = model.transform(corpus)
    assert isinstance(table, Table)
    assert [row["id"] for row in table] == [each for part in corpus.values() for each in part.ids]
    assert [row["language"] for row in table] == [code for code, part in corpus.items() for _ in part.ids]
    together = np.concatenate([theta[code] for code in corpus])
    np.testing.assert_allclose([row["proportion"] for row in table], together.max(axis=1))
    for row, own in zip(table, together, strict=True):
        assert row["topics"] == np.argsort(-own, kind="stable")[:3].tolist()
        assert row["topic"] == (own.argmax() if own.max() >= 0.5 else -1)
        assert (row["topic_name"] == "no topic") == (row["topic"] == -1)
    assert all(len(row["text"]) <= 100 for row in table)


def test_topics_are_the_planted_themes(model, theme_of):
    right = [theme_of.get(row["topic"]) == row["label"] for row in model.document_info()]
    assert np.mean(right) > 0.99


def test_a_language_may_be_chosen(model, corpus):
    for language in ("de", ["de"], "DE"):
        assert [row["language"] for row in model.document_info(language=language)] == ["de"] * 240
    several = model.document_info(language=["ja", "en"], num_topics=1, max_characters=20)
    assert [several[0]["language"], several[-1]["language"]] == ["ja", "en"]
    assert len(several[0]["topics"]) == 1
    for wrong, message in (("fr", "no language 'fr'"), ([], "language is empty"), ("klingonisch", "not a language")):
        with pytest.raises(InputError, match=message):
            model.document_info(language=wrong)


def test_a_threshold_says_which_documents_have_no_topic(model):
    def without(threshold):
        return [row for row in model.document_info(threshold=threshold) if row["topic"] == -1]

    assert without(None) == without(0) == []
    assert len(without(0.5)) < len(without(0.9)) < len(without(1.0)) == 1200
    assert all(row["proportion"] < 0.9 for row in without(0.9))
    for wrong in (-0.1, 1.5, "half", True):
        with pytest.raises(InputError, match=r"threshold is .*: it must be a number from 0 to 1, or None"):
            model.document_info(threshold=wrong)


def test_documents_of_themes_left_out_have_no_topic_more_often():
    out = ("space", "money", "film")
    records = demo_records(["en", "de", "zh"])
    kept = Corpus.from_texts(
        **group_records(record for record in records if record["label"] not in out), show_progress=False
    )
    model = GloCTM(num_topics=9, threads=1, show_progress=False).fit(kept)
    others = {
        code: replace(
            part,
            counts=model.counts([record["text"] for record in records if _is(record, code, out)], code),
            **dict.fromkeys(("texts", "ids", "labels", "document_embeddings")),
        )
        for code, part in kept.items()
    }
    shares = [
        np.mean([row["topic"] == -1 for row in model.document_info(documents)]) for documents in (kept, Corpus(others))
    ]
    assert shares[0] < 0.01
    assert shares[1] > 0.15


def _is(record, code, labels):
    return record["lang"] == code and record["label"] in labels


def test_documents_without_a_word_have_no_topic_whatever_the_threshold(model, corpus):
    counts = corpus["en"].counts.copy()
    counts.data[: counts.indptr[1]] = 0
    counts.eliminate_zeros()
    emptied = Corpus({**corpus, "en": replace(corpus["en"], counts=counts)})
    row = model.document_info(emptied, threshold=None)[0]
    assert (row["topic"], row["topic_name"]) == (-1, "no topic")
    assert row["proportion"] == pytest.approx(1 / 12)


def test_views_merge_rename_and_hide(model):
    view = TopicView.of(model).merge([1, 2], "Both").hide(0)
    before = model.document_info(num_topics=12)
    for row, old in zip(model.document_info(view=view), before, strict=True):
        assert 0 not in row["topics"]
        assert 2 not in row["topics"]
        own = dict(zip(old["topics"], old["proportions"], strict=True))
        if row["topic"] == 1:
            assert row["topic_name"] == "Both"
            assert row["proportion"] == pytest.approx(own[1] + own[2])
        # Nothing of a hidden topic is shown.
        if old["topic"] == 0 and own[0] > 0.6:
            assert row["topic"] == -1


@pytest.mark.parametrize("language", [None, "de", ["zh", "ja"]])
def test_representative_documents_are_of_their_topic(model, theme_of, language):
    for topic, theme in theme_of.items():
        table = model.representative_documents(topic, language, 3)
        codes = ["en", "zh", "ja", "es", "de"] if language is None else [language] if language == "de" else language
        assert [row["language"] for row in table] == [code for code in codes for _ in range(3)]
        assert {row["label"] for row in table} == {theme}
        proportions = [row["proportion"] for row in table[:3]]
        assert proportions == sorted(proportions, reverse=True)
        assert len({row["text"] for row in table}) == len(table)


def test_representative_documents_of_a_view(model):
    view = TopicView.of(model).merge([1, 4], "Both").hide(0)
    table = model.representative_documents(4, "en", 1, view=view)
    assert [(row["topic"], row["topic_name"]) for row in table] == [(1, "Both")]
    with pytest.raises(InputError, match="topic 0 is hidden"):
        model.representative_documents(0, view=view)
    with pytest.raises(InputError, match="topic 12 is none of the model's"):
        model.representative_documents(12)


def test_documents_without_texts_are_shown_by_their_words():
    planted = planted_corpus(("en", "de"), documents=60)
    model = GloCTM(num_topics=5, threads=1, show_progress=False).fit(planted)
    [best, *_] = model.representative_documents(0, "de", 2)
    words = best["text"].split()
    assert words
    assert max(np.bincount([int(word.split("-")[1]) for word in words])) > len(words) / 2
    assert all(row["text"].startswith(row["language"]) for row in model.document_info())


def test_topics_of_a_text(model, theme_of):
    table = model.document_topics("Der Zug nach Bern hatte eine Stunde Verspätung.", "de")
    assert theme_of[table[0]["topic"]] == "trains"
    assert len(table) == 3
    theta = model.transform(["Der Zug nach Bern hatte eine Stunde Verspätung."], "de")[0]
    assert table[0]["proportion"] == pytest.approx(theta.max())
    with pytest.raises(InputError, match="text is a list: document_topics takes one text"):
        model.document_topics(["text"], "en")


def test_a_loaded_model_asks_for_documents(model, corpus, tmp_path):
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    for method in (loaded.document_info, loaded.topics_per_label, lambda: loaded.representative_documents(0)):
        with pytest.raises(InputError, match=r"needs documents.*give a corpus, for example Corpus\.load\(path\)"):
            method()
    assert loaded.document_info(corpus) == model.document_info()
    with pytest.raises(InputError, match=r"corpus is a dict, not a Corpus"):
        loaded.document_info({"en": ["text"]})


def test_theta_is_inferred_once_and_never_stale(corpus, monkeypatch):
    model = GloCTM(num_topics=12, threads=1, show_progress=False).fit(corpus)
    calls = []
    transform = type(model).transform
    monkeypatch.setattr(type(model), "transform", lambda self, *a, **k: calls.append(1) or transform(self, *a, **k))
    first = model.document_info()
    model.topic_info()
    model.representative_documents(0)
    assert len(calls) == 1
    part = corpus.select(["en", "de"])
    assert len(model.document_info(part)) == 480
    assert len(calls) == 2
    assert model.document_info() == first
    model.set_params(num_topics=3).fit(corpus)
    assert max(row["topic"] for row in model.document_info()) == 2
    # A copy does not carry θ, nor documents.
    assert "_theta_of_corpus" not in copy.copy(model).__dict__


def test_a_published_model_answers_too():
    planted = planted_corpus(("en", "de"), documents=60)
    settings = {"method": "published", "num_topics": 3, "epochs": 2, "threads": 1, "show_progress": False}
    model = GloCTM(**settings).fit(planted)
    assert len(model.document_info()) == 120
    info = model.topic_info()
    theta = model.transform(planted, via="global")
    assert info[0]["prevalence_en"] == pytest.approx(theta["en"].mean(axis=0)[0], abs=1e-6)
    assert len(model.find_topics("en-0-1")) == 3
    assert len(model.reduce_topics(2)) == 2


def test_new_documents_are_counted_in_the_words_of_the_model(model, tmp_path):
    texts = {
        "en": ["The train was an hour late.", "The doctor wrote a prescription."],
        "de": ["Der Zug hielt.", "Regen!"],
    }
    new = Corpus.from_texts(texts, min_df=1, max_df=1.0, show_progress=False)
    assert new["en"].vocabulary != model.vocabulary_["en"]
    table = model.document_info(new, threshold=None)
    for code in texts:
        own = [row for row in table if row["language"] == code]
        theta = model.transform(texts[code], code)
        assert [row["topic"] for row in own] == theta.argmax(axis=1).tolist()
    found = model.find_documents("doctor", 1, corpus=new)
    assert (found[0]["language"], found[0]["text"]) == ("en", texts["en"][1])
    assert sum(row["documents"] for row in model.topic_info(new)) == 4
    assert len(copy.deepcopy(model).document_info(new)) == 4
    of_two = GloCTM(num_topics=12, threads=1, show_progress=False).fit(Corpus.demo(["en", "de"], show_progress=False))
    assert of_two.report(tmp_path / "new.html", corpus=new).exists()
    bare = Corpus({code: replace(part, texts=None) for code, part in new.items()})
    with pytest.raises(InputError, match="another vocabulary for 'en' than the model, and no texts to count"):
        model.document_info(bare)

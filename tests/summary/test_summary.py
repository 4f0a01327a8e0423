"""``summarize``: a model and a corpus as everything that pictures show, and its JSON."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError

from gloctm import Corpus, GloCTM, compare
from gloctm.errors import InputError
from gloctm.evaluation import Evaluation, evaluate, name_of
from gloctm.model.vectors import topic_vectors
from gloctm.model.view import TopicView
from gloctm.summary import Estimate, Summarizer, Summary, TypicalDocument, summarize
from gloctm.summary.content import FORMAT
from gloctm.summary.links import word_directions
from planted import planted_corpus

EPOCHS = 3


@pytest.fixture(scope="module")
def corpus():
    return Corpus.demo(["en", "ja"], show_progress=False)


@pytest.fixture(scope="module")
def model(corpus):
    return GloCTM(num_topics=6, threads=1, show_progress=False).fit(corpus)


@pytest.fixture(scope="module")
def published(corpus):
    """A model of the published method, of the same corpus; its topics need not be good."""
    settings = {"num_topics": 6, "epochs": EPOCHS, "batch_size": 32, "learning_rate": 1e-2, "threads": 1}
    return GloCTM(method="published", show_progress=False, **settings).fit(corpus)


@pytest.fixture(scope="module")
def theta(model, corpus):
    return model.transform(corpus)


@pytest.fixture(scope="module")
def summary(model, corpus):
    return summarize(model, corpus)


@pytest.fixture(scope="module")
def content(summary):
    return json.loads(json.dumps(summary.to_dict(), ensure_ascii=False, allow_nan=False))


def replaced(corpus: Corpus, **changes) -> Corpus:
    """The corpus with parts of each language replaced."""
    return Corpus({code: dataclasses.replace(part, **changes) for code, part in corpus.items()})


def test_json_has_every_key_in_order(content):
    assert list(content) == [
        *("format", "title", "languages", "about", "history", "quality", "topics", "hidden", "inference", "labels"),
        *("dates", "search", "sampled", "similarity", "merges", "view", "documents", "other"),
    ]
    assert content["format"] == FORMAT == 3
    assert content["hidden"] == []
    assert content["inference"] == "context"
    assert content["title"] == "6 topics in English and Japanese"
    assert content["sampled"] is None
    assert content["dates"] is None
    assert list(content["languages"][0]) == ["code", "name", "direction", "documents", "words", "tokens"]
    assert list(content["about"]) == ["settings", "seed", "encoder", "environment", "corpus_fingerprint", "gloctm"]
    assert list(content["history"]) == ["epoch", "loss", "local", "shared", "regularization", "cka"]
    assert all(list(figure) == ["group", "measure", "where", "value"] for figure in content["quality"])
    for topic in content["topics"]:
        assert list(topic) == [
            *("id", "members", "shares", "name", "names", "labels", "x", "y", "prevalence", "overall", "mainly"),
            *("contrast", "agreement", "doubtful", "words", "terms", "links", "similar", "documents"),
        ]
        assert topic["shares"] == {str(topic["id"]): 1.0}
        assert list(topic["prevalence"]["en"]) == ["mean", "low", "high"]
        assert list(topic["contrast"]["ja"]) == ["difference", "low", "high"]
        for documents in topic["documents"].values():
            assert len(documents) == 5
            for document in documents:
                assert list(document) == ["id", "text", "proportion", "label", "date", "marks", "cut"]
    assert list(content["labels"]) == ["values", "counts", "prevalence", "by_language", "unlabeled"]
    assert list(content["labels"]["by_language"]["ja"][5][11]) == ["mean", "low", "high"]
    assert list(content["search"]["ja"]) == ["words", "topics"]


def test_what_is_known_of_languages_and_training(content, corpus, model):
    assert content["languages"] == [
        {
            "code": code,
            "name": name,
            "direction": "ltr",
            "documents": 240,
            "words": corpus[code].num_words,
            "tokens": int(corpus[code].counts.sum()),
        }
        for code, name in (("en", "English"), ("ja", "Japanese"))
    ]
    assert content["about"]["settings"] == model.settings_
    assert content["about"]["corpus_fingerprint"] == corpus.fingerprint()
    # The context method has no epochs.
    assert set(map(tuple, content["history"].values())) == {()}


def test_the_loss_of_a_published_model(published):
    history = json.loads(json.dumps(summarize(published).to_dict(), allow_nan=False))["history"]
    assert list(history) == ["epoch", "loss", "local", "shared", "regularization", "cka"]
    assert history["epoch"] == list(range(1, EPOCHS + 1))
    assert history["loss"] == pytest.approx([epoch["loss"] for epoch in published.history_], rel=1e-3)


def test_prevalence_is_mean_theta(summary, theta):
    for topic in summary.topics:
        for code, each in topic.prevalence.items():
            assert each.value == pytest.approx(theta[code][:, topic.id].mean(), abs=1e-6)
            assert each.low < each.value < each.high
        means = [each.value for each in topic.prevalence.values()]
        assert topic.overall == pytest.approx(np.mean(means))
        assert topic.contrast["en"].value == pytest.approx(means[0] - means[1])
        assert topic.contrast["en"].value == pytest.approx(-topic.contrast["ja"].value)
    assert sum(topic.overall for topic in summary.topics) == pytest.approx(1, abs=1e-5)


def test_words_are_those_of_the_model(summary, model):
    for record in model.topics(30):
        words = summary.topics[record["topic"]].words[record["language"]]
        assert [word for word, _ in words] == record["words"]
        assert [weight for _, weight in words] == pytest.approx(record["weights"])
    for topic in summary.topics:
        assert topic.name == " ".join(word for word, _ in topic.words["en"][:3])
        assert topic.members == (topic.id,)
        assert topic.labels == {}
        assert abs(topic.x) <= 1
        assert abs(topic.y) <= 1
        assert topic.id not in dict(topic.similar)
        assert all(cosine >= 0.1 for _, cosine in topic.similar)


def test_terms_are_shown_words_and_the_most_relevant_for_each_weight(summary, model, corpus):
    for code, part in corpus.items():
        counts = part.counts.toarray()
        overall, having = counts.sum(axis=0) / counts.sum(), (counts > 0).sum(axis=0)
        logarithms = np.log(np.exp(model.topic_word_[code].astype(np.float64)))
        for topic in summary.topics:
            terms = topic.terms[code]
            words = [term.word for term in terms]
            assert words[:30] == [word for word, _ in topic.words[code]]
            assert len(set(words)) == len(words)
            others = [term.probability for term in terms[30:]]
            assert others == sorted(others, reverse=True)
            columns = [model.vocabulary_[code].index(word) for word in words]
            assert [term.probability for term in terms] == pytest.approx(
                np.exp(logarithms[topic.id][columns]), rel=1e-4
            )
            assert [term.overall for term in terms] == pytest.approx(overall[columns])
            assert [term.documents for term in terms] == having[columns].tolist()
            for weight in (0, 0.25, 0.5, 0.75, 1):
                relevance = logarithms[topic.id] - (1 - weight) * np.log(overall)
                # Words of equal relevance at the end are left out or not.
                best = np.flatnonzero(relevance > np.sort(relevance)[-30] + 1e-4)
                assert {model.vocabulary_[code][column] for column in best} <= set(words)


def test_likeness_and_hierarchy_are_those_of_the_model(summary, model, corpus):
    hierarchy = model.topic_hierarchy()
    assert np.array(summary.merges) == pytest.approx(hierarchy.links)
    similarity = np.array(summary.similarity)
    assert similarity == pytest.approx(similarity.T)
    assert np.diag(similarity) == pytest.approx(1)
    first, second, height, _ = summary.merges[0]
    assert similarity[first, second] == pytest.approx(1 - height)


def test_documents_counted_by_their_largest_topic(summary, model, corpus, theta):
    for code in corpus.languages:
        main = theta[code].argmax(axis=1)
        assert [topic.mainly[code] for topic in summary.topics] == np.bincount(main, minlength=6).tolist()
    hidden = summarize(model, corpus, view=TopicView.of(model).hide(3), num_documents=0)
    # Documents mostly of the topic hidden are not counted for others.
    assert [topic.mainly for topic in hidden.topics] == [topic.mainly for topic in summary.topics if topic.id != 3]


def test_the_view_shown_can_be_saved_and_changed(model, corpus, content):
    assert TopicView.from_dict(content["view"]) == TopicView.of(model)
    view = TopicView.of(model).merge([1, 4], "Weather").hide(3)
    found = json.loads(json.dumps(summarize(model, view=view).to_dict()))["view"]
    assert TopicView.from_dict(found) == view


def test_names_in_each_language(corpus, model):
    named = GloCTM(show_progress=False)
    named.set_artifact(model.artifact())
    named.set_labels({"en": {0: "Travel", 1: "Food"}, "ja": {0: "旅"}})
    topics = summarize(named, view=TopicView.of(model).rename(1, "Meals")).topics
    assert topics[0].names == {"en": "Travel", "ja": "旅"}
    assert topics[1].names == {"en": "Meals", "ja": "Meals"}
    assert topics[2].names == {code: " ".join(word for word, _ in topics[2].words[code][:3]) for code in corpus}


def test_links_lead_from_word_to_word(summary, model):
    directions = {code: word_directions(each) for code, each in model.word_embeddings_.items()}
    assert sum(len(topic.links) for topic in summary.topics) > 6
    for topic in summary.topics:
        for first, word, second, other, value in topic.links:
            one, two = (
                directions[code][model.vocabulary_[code].index(topic.words[code][place][0])]
                for code, place in ((first, word), (second, other))
            )
            assert value >= 0.6
            assert value == pytest.approx(one @ two / np.linalg.norm(one) / np.linalg.norm(two), abs=1e-4)


def test_documents_are_typical_and_their_marks_are_words_of_the_topic(content, corpus, theta):
    english = 0
    for topic in content["topics"]:
        words = {word for word, _ in topic["words"]["en"]}
        for code, documents in topic["documents"].items():
            proportions = [document["proportion"] for document in documents]
            assert proportions == sorted(proportions, reverse=True)
            for document in documents:
                row = corpus[code].ids.index(document["id"])
                assert document["text"] == corpus[code].texts[row]
                assert document["label"] == corpus[code].labels[row]
                assert document["proportion"] == pytest.approx(theta[code][row, topic["id"]], rel=1e-3)
        for document in topic["documents"]["en"]:
            units = document["text"].encode("utf-16-le")
            marked = [units[2 * start : 2 * end].decode("utf-16-le").lower() for start, end in document["marks"]]
            assert set(marked) <= words
            english += len(marked)
    assert english > 60


def test_labels_of_all_languages_and_of_each(summary, corpus, theta):
    for topic, row in enumerate(summary.labels.prevalence):
        for place, label in enumerate(summary.labels.values):
            means = []
            for code in corpus.languages:
                means.append(theta[code][np.asarray(corpus[code].labels) == label, topic].mean())
                assert summary.labels.by_language[code][topic][place].value == pytest.approx(means[-1], abs=1e-6)
            assert row[place].value == pytest.approx(np.mean(means), abs=1e-6)
    assert summary.labels.counts == {"en": (20,) * 12, "ja": (20,) * 12}
    assert summary.labels.unlabeled == {"en": 0, "ja": 0}


@pytest.mark.parametrize("via", [None, "local", "global", "both"])
def test_proportions_by_the_encoder_that_was_asked_for(published, corpus, via):
    found = summarize(published, corpus, num_documents=0, via=via)
    # Languages are compared best by the encoder that they share.
    assert found.inference == (via or "global")
    expected = published.transform(corpus, via=found.inference)["ja"][:, 2].mean()
    assert found.topics[2].prevalence["ja"].value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("given_corpus", [True, False])
def test_a_model_of_the_context_method_has_one_way_to_infer(model, corpus, given_corpus):
    with pytest.raises(InputError, match="via is 'local', but the model has one way to infer"):
        summarize(model, corpus if given_corpus else None, via="local")


def test_how_well_the_languages_of_a_topic_agree(summary, model):
    vectors = topic_vectors(model.word_scores_, model.word_embeddings_)
    for topic in summary.topics:
        cosine = float(vectors["en"][topic.id] @ vectors["ja"][topic.id])
        assert topic.agreement == {"en": pytest.approx(cosine, abs=1e-5), "ja": pytest.approx(cosine, abs=1e-5)}
        assert topic.doubtful == (("en", "ja") if cosine < 0.6 else ())


def test_every_word_can_be_searched(summary, model):
    for code, index in summary.search.items():
        assert list(index.words) == model.vocabulary_[code]
        for column, topics in enumerate(index.topics):
            best = model.word_scores_[code][:, column]
            assert [weight for *_, weight in topics] == pytest.approx(np.sort(best)[::-1][:3])


def test_cheap_measures_are_those_of_evaluate(summary, model, corpus):
    unlabeled = replaced(corpus, labels=None)
    with pytest.warns(UserWarning, match="no labels"):
        expected = evaluate(model, corpus=unlabeled)
    found = {(figure.measure, figure.where): figure.value for figure in summary.quality}
    assert found == {
        (name_of(measure), where): pytest.approx(value)
        for measure, values in expected.measures.items()
        for where, value in values.items()
    }
    assert {figure.group for figure in summary.quality} == {"topics"}


@pytest.mark.filterwarnings("ignore::gloctm.errors.EmptyDocumentWarning")
def test_measures_are_of_all_documents_as_in_evaluate(model, corpus):
    counts = corpus["en"].counts.copy().tolil()
    counts[:40] = 0
    part = dataclasses.replace(corpus["en"], counts=counts.tocsr(), labels=None)
    emptied = Corpus(
        {code: part if code == "en" else dataclasses.replace(corpus[code], labels=None) for code in corpus}
    )
    with pytest.warns(UserWarning, match="no labels"):
        expected = evaluate(model, corpus=emptied).measures["npmi_in_corpus"]
    name = name_of("npmi_in_corpus")
    found = {each.where: each.value for each in summarize(model, emptied).quality if each.measure == name}
    assert found == pytest.approx(expected)


def test_an_evaluation_that_is_given_is_shown(model, corpus):
    given = Evaluation(
        {
            "topic_uniqueness": {"en": 0.125},
            "accuracy_across": {"ja from en": 0.5},
            "retrieval_accuracy_1": {"ja from en": 0.25},
        },
        {"model": evaluate(model).conditions["model"]},
    )
    found = summarize(model, corpus, evaluation=given, num_documents=0).quality
    assert summarize(model, corpus, evaluation=given.to_dict(), num_documents=0).quality == found
    values = {(figure.group, figure.measure, figure.where): figure.value for figure in found}
    assert values["topics", "TU", "en"] == 0.125
    assert ("topics", "TU", "ja") not in values
    assert values["documents", "accuracy across languages", "ja from en"] == 0.5
    assert values["translations", "translations found first", "ja from en"] == 0.25
    assert ("topics", "NPMI in the corpus", "ja") in values


def test_an_evaluation_of_other_topics_is_refused(model):
    with pytest.raises(InputError, match="of another model: evaluate this one, or leave the evaluation out"):
        summarize(model, evaluation=Evaluation({}, {"model": "0123456789abcdef"}))
    own, view = evaluate(model), TopicView.of(model)
    for changed in (view.merge([0, 1]), view.hide(5)):
        with pytest.raises(InputError, match="the view merges or hides some: leave the evaluation out"):
            summarize(model, view=changed, evaluation=own)
    assert summarize(model, view=view.rename(0, "Sport"), evaluation=own).topics[0].name == "Sport"


def test_without_a_corpus_there_are_words_and_a_map(model, content):
    alone = summarize(model).to_dict()
    assert alone["languages"][0]["documents"] is None
    assert alone["languages"][0]["tokens"] is None
    assert alone["labels"] is None
    assert alone["dates"] is None
    assert alone["search"] == content["search"]
    for topic, other in zip(alone["topics"], content["topics"], strict=True):
        assert topic["prevalence"] is topic["overall"] is topic["contrast"] is topic["mainly"] is None
        assert {term[3] for term in topic["terms"]["en"]} == {None}
        assert topic["documents"] == {"en": [], "ja": []}
        for same in ("words", "links", "similar", "x", "y", "name"):
            assert topic[same] == other[same]
    assert "NPMI in the corpus" not in {figure["measure"] for figure in alone["quality"]}


def test_the_same_twice(model, corpus, content):
    assert json.loads(json.dumps(summarize(model, corpus).to_dict())) == content


def test_settings(model, corpus):
    found = summarize(model, corpus, num_words=4, num_documents=2, max_characters=30, title="Rain & <b>snow</b>")
    assert found.title == "Rain & <b>snow</b>"
    for topic in found.topics:
        for code in ("en", "ja"):
            assert len(topic.words[code]) == 4
            assert len(topic.documents[code]) == 2
            assert all(len(document.text) <= 30 for document in topic.documents[code])
    assert any(document.cut for topic in found.topics for document in topic.documents["en"])
    assert summarize(model, num_words=10_000).topics[0].words["en"][-1][1] == model.word_scores_["en"][0].min()


def test_another_model_is_compared_with_the_topics_shown(model, published, corpus):
    view = TopicView.of(model).merge([1, 4]).hide(3)
    found = summarize(model, view=view, other=published, num_words=7)
    other = found.other
    assert other.title == f"{published.num_topics_} topics in English and Japanese"
    assert other.languages == ("en", "ja")
    assert [topic["number"] for topic in other.topics] == list(range(published.num_topics_))
    for row in published.topics(7):
        assert list(other.topics[row["topic"]]["words"][row["language"]]) == row["words"]
        assert other.topics[row["topic"]]["names"][row["language"]] == " ".join(row["words"][:3])
    expected = {
        (row["topic"], row["other_topic"]): pytest.approx(row["similarity"], abs=1e-6)
        for row in compare(model, published)
        if row["similarity"] is not None
    }
    plain = summarize(model, other=published).other
    assert {(topic, number): similarity for topic, number, similarity in plain.matches} == expected
    values = [similarity for *_, similarity in plain.matches]
    assert values == sorted(values, reverse=True)
    places = {topic.id: place for place, topic in enumerate(found.topics)}
    assert all(found.other.similarity[places[topic]][number] == value for topic, number, value in found.other.matches)
    assert {topic for topic, *_ in other.matches} <= {0, 1, 2, 5}
    assert json.loads(json.dumps(found.to_dict()))["other"]["topics"][0]["number"] == 0


def test_documents_are_inferred_once_for_all_views(model, corpus, monkeypatch):
    maker = Summarizer(model, corpus, num_documents=1)
    first = maker.summary()
    assert first == summarize(model, corpus, num_documents=1)
    monkeypatch.setattr(GloCTM, "transform", None)
    view = TopicView.of(model).merge([1, 4]).hide(3)
    changed = maker.summary(view)
    assert [topic.members for topic in changed.topics] == [(0,), (1, 4), (2,), (5,)]
    assert maker.summary() == first
    monkeypatch.undo()
    assert changed == summarize(model, corpus, view=view, num_documents=1)


def test_an_evaluation_is_left_out_for_views_that_it_does_not_fit(model):
    maker = Summarizer(model, evaluation=Evaluation({"purity": {"all": 0.5}}, evaluate(model).conditions))
    view = TopicView.of(model)
    assert maker.evaluated(view.rename(0, "Sport"))
    assert "documents" in {figure.group for figure in maker.summary(view).quality}
    assert not maker.evaluated(view.hide(3))
    assert "documents" not in {figure.group for figure in maker.summary(view.hide(3)).quality}


def test_a_view_is_summed_up(model, corpus, theta):
    view = TopicView.of(model).merge([1, 4]).rename(2, "Weather").hide(3)
    found = summarize(model, corpus, view=view)
    assert [topic.members for topic in found.topics] == [(0,), (1, 4), (2,), (5,)]
    assert [topic.id for topic in found.topics] == [0, 1, 2, 5]
    assert found.hidden == (3,)
    assert found.topics[2].name == "Weather"
    assert found.title == "4 topics in English and Japanese"
    merged = found.topics[1]
    for code in corpus.languages:
        assert merged.prevalence[code].value == pytest.approx(theta[code][:, [1, 4]].sum(axis=1).mean(), abs=1e-5)
    shares = np.mean([each.mean(axis=0) for each in theta.values()], axis=0)
    records = view.topics(model, 30, shares=shares)
    assert [word for word, _ in merged.words["en"]] == records[2]["words"]
    assert merged.shares == {
        topic: pytest.approx(shares[topic] / (shares[1] + shares[4]), rel=1e-5) for topic in (1, 4)
    }
    assert sum(merged.shares.values()) == pytest.approx(1)
    assert {topic for each in found.search["en"].topics for topic, *_ in each} == {0, 1, 2, 5}
    assert {topic for each in found.topics for topic, _ in each.similar} <= {0, 1, 2, 5}
    beta = {topic.id: dict(topic.words["en"]) for topic in found.topics}
    for word, topics in zip(found.search["en"].words, found.search["en"].topics, strict=True):
        for topic, rank, weight in topics:
            assert rank >= 30 or beta[topic][word] == weight
    assert sum(topic.overall for topic in found.topics) == pytest.approx(1 - shares[3], abs=1e-5)


def test_labels_of_topics_name_them(model, corpus, monkeypatch):
    monkeypatch.setattr(model, "labels_", {"en": {0: "sport", 4: "money"}, "ja": {0: "運動", 5: "音楽"}})
    topics = summarize(model).topics
    assert (topics[0].name, topics[0].labels) == ("sport", {"en": "sport", "ja": "運動"})
    assert topics[5].labels == {"ja": "音楽"}
    # A label in any language names a topic, before its words do.
    assert topics[5].name == "音楽"
    assert topics[2].name == " ".join(word for word, _ in topics[2].words["en"][:3])
    # Names are of the language with the most labels, as far as it has some.
    monkeypatch.setattr(model, "labels_", {"en": {0: "sport"}, "ja": {0: "運動", 5: "音楽"}})
    assert [summarize(model).topics[place].name for place in (0, 5)] == ["運動", "音楽"]
    # The label of one member is not that of all.
    monkeypatch.setattr(model, "labels_", {"en": {0: "sport", 1: "sport", 4: "money"}, "ja": {0: "運動", 1: "球技"}})
    topics = summarize(model, view=TopicView.of(model).merge([0, 1]).rename(5, "Music")).topics
    assert topics[0].labels == {"en": "sport"}
    assert "Music" in {topic.name for topic in topics}
    topics = summarize(model, view=TopicView.of(model).merge([0, 1, 4])).topics
    assert topics[0].labels == {}


def test_dates_are_a_breakdown(model, corpus, theta):
    months = [f"2024-{1 + row % 3:02}" for row in range(240)]
    dated = Corpus(
        {"en": dataclasses.replace(corpus["en"], dates=months), "ja": dataclasses.replace(corpus["ja"], dates=None)}
    )
    found = summarize(model, dated, num_documents=1)
    assert found.dates.unit == "month"
    assert found.dates.periods == ("2024-01", "2024-02", "2024-03")
    assert found.dates.unit_reason is None
    assert found.dates.counts == {"en": (80, 80, 80), "ja": (0, 0, 0)}
    assert found.dates.undated == {"en": 0, "ja": 240}
    for topic in range(6):
        expected = [theta["en"][month::3, topic].mean() for month in range(3)]
        means = [each.value for each in found.dates.prevalence["en"][topic]]
        assert means == pytest.approx(expected, abs=1e-6)
        assert all(each.low < each.value < each.high for each in found.dates.prevalence["en"][topic])
        assert found.dates.prevalence["ja"][topic] == (None, None, None)
    document = found.topics[0].documents["en"][0]
    assert document.date == months[dated["en"].ids.index(document.id)]
    with pytest.raises(InputError, match=r"date 0 of 'en' is 'spring'"):
        summarize(model, replaced(corpus, dates=["spring"] * 240))


def test_documents_without_words_tell_nothing(model, corpus, summary):
    parts = {}
    for code, part in corpus.items():
        parts[code] = dataclasses.replace(
            part,
            counts=sp.csr_array(sp.vstack([sp.csr_array((100, part.num_words), dtype=np.int32), part.counts])),
            **dict.fromkeys(("document_embeddings", "word_embeddings", "ids")),
            texts=["rain"] * 100 + list(part.texts),
            labels=["empty"] * 100 + list(part.labels),
        )
    found = summarize(model, Corpus(parts))
    assert [topic.prevalence for topic in found.topics] == [topic.prevalence for topic in summary.topics]
    assert found.labels == summary.labels
    assert found.languages[0].documents == 340
    shown = [[each.text for each in topic.documents["en"]] for topic in found.topics]
    assert shown == [[each.text for each in topic.documents["en"]] for topic in summary.topics]


def test_of_a_large_corpus_a_sample_is_looked_at_and_said_so(model, corpus):
    found = summarize(model, corpus, max_documents=50)
    assert found.sampled == (
        "Computed from 50 of 240 documents in English and 50 of 240 documents in Japanese, drawn at random."
    )
    assert found.languages[0].documents == 240
    assert sum(found.labels.counts["en"]) == 50
    assert found == summarize(model, corpus, max_documents=50)


def test_of_very_many_labels_the_summary_says_so(model, corpus):
    found = summarize(model, replaced(corpus, labels=[f"label {row}" for row in range(240)]), num_documents=0)
    assert len(found.labels.values) == 40
    assert found.sampled == "The 40 most frequent of 240 labels are shown."


def test_a_corpus_without_texts_or_labels(model, corpus):
    found = summarize(model, replaced(corpus, texts=None, labels=None))
    assert found.labels is None
    assert all(topic.documents == {"en": (), "ja": ()} for topic in found.topics)


def test_a_saved_model_and_corpus_give_the_same(model, corpus, content, tmp_path):
    model.save(tmp_path / "model")
    corpus.save(tmp_path / "corpus")
    found = summarize(GloCTM.load(tmp_path / "model"), Corpus.load(tmp_path / "corpus")).to_dict()
    assert json.loads(json.dumps(found))["topics"] == content["topics"]


def test_two_topics_in_three_languages():
    corpus = planted_corpus(["en", "sw", "he"], num_topics=2, documents=60)
    model = GloCTM(num_topics=2, threads=1, show_progress=False).fit(corpus)
    found = summarize(model, corpus)
    assert [language.direction for language in found.languages] == ["ltr", "ltr", "rtl"]
    assert found.title == "2 topics in English, Swahili and Hebrew"
    assert sorted((topic.x, topic.y) for topic in found.topics) == [(-1, 0), (1, 0)]
    for topic in found.topics:
        # Two topics are opposites.
        assert topic.similar == ()
        assert topic.agreement == {code: pytest.approx(value) for code, value in found.topics[0].agreement.items()}
        others = [topic.prevalence[code].value for code in ("sw", "he")]
        expected = topic.prevalence["en"].value - np.mean(others)
        assert topic.contrast["en"].value == pytest.approx(expected)
        assert {(link[0], link[2]) for link in topic.links} == {("en", "sw"), ("en", "he"), ("sw", "he")}


def test_json_holds_no_half_characters_nor_numbers_that_are_none(summary):
    document = TypicalDocument("a\ud800", "rain \udc00", 0.123456, None, None, ((0, 4),), cut=False)
    topic = dataclasses.replace(
        summary.topics[0],
        prevalence={"en": Estimate(0.123456, float("nan"), 1.0)},
        documents={"en": (document,)},
    )
    about = {"settings": {"learning_rate": 0.0123456}}
    found = dataclasses.replace(summary, topics=(topic,), about=about).to_dict()
    json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    assert found["topics"][0]["documents"]["en"][0]["id"] == "a\ufffd"
    assert found["topics"][0]["documents"]["en"][0]["text"] == "rain \ufffd"
    assert found["topics"][0]["prevalence"]["en"] == {"mean": 0.1235, "low": None, "high": 1.0}
    assert found["about"]["settings"]["learning_rate"] == 0.0123456


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_words": 0}, "num_words is 0: it must be a whole number of at least 1"),
        ({"num_documents": -1}, "num_documents is -1"),
        ({"max_characters": 19}, "max_characters is 19"),
        ({"max_documents": True}, "max_documents is True"),
        ({"title": 3}, "title is 3"),
        ({"view": {}}, "view is a dict, not a TopicView"),
        ({"via": "nearest"}, "via is 'nearest': it must be local, global, both"),
        ({"evaluation": {}}, "the evaluation is none"),
        ({"corpus": {}}, "corpus is a dict, not a Corpus"),
    ],
)
def test_settings_that_are_wrong(model, change, message):
    with pytest.raises(InputError, match=message):
        summarize(model, **change)


def test_models_that_are_none():
    with pytest.raises(InputError, match="summarize takes a GloCTM, not a str"):
        summarize("model")
    with pytest.raises(NotFittedError):
        summarize(GloCTM())


def test_a_corpus_that_does_not_fit(model, corpus):
    german = planted_corpus(["en", "de"], documents=20)
    with pytest.raises(InputError, match=r"no documents in Japanese: .*\(en, ja\)"):
        summarize(model, german)
    more = Corpus({**dict(corpus.items()), "de": dataclasses.replace(german["de"], word_embeddings=None)})
    with pytest.raises(InputError, match=r"not trained on 'de'.*corpus.select\(\['en', 'ja'\]\)"):
        summarize(model, more)
    assert isinstance(summarize(model, more.select(["ja", "en"]), num_documents=0), Summary)
    words = ["other", *corpus["en"].vocabulary[1:]]
    other = Corpus({"en": dataclasses.replace(corpus["en"], vocabulary=words), "ja": corpus["ja"]})
    with pytest.raises(InputError, match="another vocabulary for 'en' than the model"):
        summarize(model, other)


def test_a_view_of_another_model(model, corpus):
    other = planted_corpus(["en", "ja"], num_topics=2, documents=40)
    stranger = GloCTM(num_topics=2, threads=1, show_progress=False).fit(other)
    with pytest.raises(InputError, match="the view is of another model"):
        summarize(model, corpus, view=TopicView.of(stranger))

"""One row per topic; topics by label and over time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gloctm import Corpus, GloCTM, TopicView, summarize
from gloctm.errors import InputError
from gloctm.evaluation import own_counts
from gloctm.metrics import npmi

CODES = ("en", "zh", "ja", "es", "de")


def test_a_row_per_topic_and_one_for_none(model, corpus):
    table = model.topic_info(threshold=0.9)
    assert [row["topic"] for row in table] == [*range(12), -1]
    documents = model.document_info(threshold=0.9)
    for row in table:
        own = [each for each in documents if each["topic"] == row["topic"]]
        assert row["documents"] == len(own)
        for code in CODES:
            assert row[f"documents_{code}"] == sum(each["language"] == code for each in own)
    assert table[-1]["name"] == "no topic"
    assert table[-1]["documents"] > 0
    assert model.topic_info(threshold=None)[-1]["documents"] == 0


def test_figures_are_those_of_the_report(model, corpus):
    summary = summarize(model, corpus, num_words=5, num_documents=0)
    for row, topic in zip(model.topic_info(num_words=5), summary.topics, strict=False):
        assert row["name"] == topic.name
        assert row["prevalence"] == pytest.approx(topic.overall)
        assert row["doubtful"] == list(topic.doubtful)
        for code in CODES:
            assert row[f"prevalence_{code}"] == pytest.approx(topic.prevalence[code].value)
            assert row[f"words_{code}"] == [word for word, _ in topic.words[code]]
    counts = own_counts(corpus)
    words = [each["words"] for each in model.topics(10, language="de")]
    found = [row["coherence_de"] for row in model.topic_info(num_words=2)[:-1]]
    assert np.mean(found) == pytest.approx(npmi(words, counts["de"]))


def test_names_are_those_given(model):
    named = GloCTM.__new__(GloCTM)
    named.set_artifact(model.artifact())
    named.set_labels({"en": {0: "Politics"}})
    view = TopicView.of(named).rename(1, "Kitchen").merge([2, 3])
    names = [row["name"] for row in named.topic_info(view=view)]
    assert names[:2] == ["Politics", "Kitchen"]
    assert len(names) == 11
    named.set_labels({"en": {}}, replace=True)


def test_a_loaded_model_has_words_without_documents(model, corpus, tmp_path):
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    table = loaded.topic_info(num_words=3)
    prevalence = ["prevalence", *(f"prevalence_{code}" for code in CODES)]
    assert table.columns == ["topic", "name", *prevalence, "doubtful", *(f"words_{code}" for code in CODES)]
    for row, own in zip(table, model.topic_info(), strict=False):
        assert [row[name] for name in prevalence] == pytest.approx([own[name] for name in prevalence])
    assert len(table) == 12
    assert loaded.topic_info(corpus) == model.topic_info()


def test_topics_per_label_are_the_themes(model, theme_of):
    table = model.topics_per_label()
    assert {row["language"] for row in table} == {"all", *CODES}
    assert len(table) == 12 * 12 * 6
    for row in table:
        assert row["low"] <= row["proportion"] <= row["high"]
        assert (row["proportion"] > 0.5) == (theme_of[row["topic"]] == row["label"])
        assert row["documents"] == (100 if row["language"] == "all" else 20)


def test_no_topic_is_a_topic_of_its_own(model, corpus):
    table = model.topics_per_label(threshold=0.97)
    for label in set(corpus["en"].labels):
        rows = [row for row in table if (row["label"], row["language"]) == (label, "en")]
        assert [row["topic"] for row in rows] == [*range(12), -1]
        assert sum(row["proportion"] for row in rows) == pytest.approx(1)
    none = model.document_info(language="en", threshold=0.97)
    share = np.mean([row["topic"] == -1 for row in none])
    found = [row["proportion"] for row in table if (row["topic"], row["language"]) == (-1, "en")]
    assert np.mean(found) == pytest.approx(share)


def test_topics_over_time(model, corpus, theme_of):
    # Football in 2001, everything else in 2002.
    dated = Corpus(
        {
            code: replace(part, dates=["2001" if label == "football" else "2002" for label in part.labels])
            for code, part in corpus.items()
        }
    )
    table = model.topics_over_time(dated)
    assert [*dict.fromkeys(row["period"] for row in table)] == ["2001", "2002"]
    football = next(topic for topic, theme in theme_of.items() if theme == "football")
    for row in table:
        if row["topic"] == football:
            assert row["documents"] == (20 if row["period"] == "2001" else 220)
            assert (row["proportion"] > 0.9) == (row["period"] == "2001")
        assert row["low"] <= row["proportion"] <= row["high"]
    assert {row["language"] for row in table} == set(CODES)
    with pytest.raises(InputError, match="no document has a date"):
        model.topics_over_time()


def test_the_period_may_be_chosen(model, corpus):
    dates = {code: ["2001-03-05", "2001-04-01", "2002"] * (part.num_documents // 3) for code, part in corpus.items()}
    dated = Corpus({code: replace(part, dates=dates[code]) for code, part in corpus.items()})
    months = model.topics_over_time(dated, period="month")
    assert [*dict.fromkeys(row["period"] for row in months)] == ["2001-03", "2001-04"]
    assert model.topics_over_time(dated) == model.topics_over_time(dated, period="year")
    years = Corpus({code: replace(part, dates=["2001"] * part.num_documents) for code, part in corpus.items()})
    with pytest.raises(InputError, match="no date has a month: choose a longer period, or auto"):
        model.topics_over_time(years, period="month")
    with pytest.raises(InputError, match="period is 'week': it must be auto, year, month or day"):
        model.topics_over_time(dated, period="week")


def test_labels_are_needed(model, corpus):
    bare = Corpus({code: replace(part, labels=None) for code, part in corpus.items()})
    with pytest.raises(InputError, match="no document has a label"):
        model.topics_per_label(bare)

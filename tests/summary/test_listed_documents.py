"""Documents of a summary: which are listed, with what topics, texts and marks."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from gloctm import Corpus, GloCTM, TopicView
from gloctm.corpus import LanguageCorpus
from gloctm.errors import InputError
from gloctm.summary import summarize, table
from gloctm.summary.excerpts import ELLIPSIS, beginning
from gloctm.summary.table import choose_documents, evenly, largest_topics, longest_shown
from planted import planted_corpus


@pytest.fixture(scope="module")
def corpus():
    return Corpus.demo(["en", "ja"], show_progress=False)


@pytest.fixture(scope="module")
def model(corpus):
    return GloCTM(num_topics=12, threads=1, show_progress=False).fit(corpus)


@pytest.fixture(scope="module")
def planted():
    return planted_corpus(["en", "de"], documents={"en": 120, "de": 40})


@pytest.fixture(scope="module")
def planted_model(planted):
    return GloCTM(num_topics=5, threads=1, show_progress=False).fit(planted)


def documents(model, corpus, **settings):
    found = summarize(model, corpus, num_words=10, num_documents=0, **settings).documents
    assert found is not None
    return found


def with_parts(corpus, **changes):
    return Corpus({code: replace(part, **changes) for code, part in corpus.items()})


def test_all_documents_of_a_small_corpus_are_listed(model, corpus):
    found = documents(model, corpus)
    codes = [corpus.languages[place] for place in found.languages]
    assert len(found.ids) == 480 == len(set(found.ids))
    assert list(found.ids) == [each for part in corpus.values() for each in part.ids]
    assert list(found.texts) == [each.strip() for part in corpus.values() for each in part.texts]
    assert not any(found.cut)
    assert [found.label_values[each] for each in found.labels] == [
        each for part in corpus.values() for each in part.labels
    ]
    assert found.dates is None
    assert found.totals == {"en": 240, "ja": 240}
    assert codes == ["en"] * 240 + ["ja"] * 240
    # Documents of a theme share their largest topic in both languages.
    main = np.asarray([topics[0][0] for topics in found.topics])
    labels = np.asarray(found.labels)
    assert np.mean([np.bincount(main[labels == each]).max() / 40 for each in range(12)]) > 0.9


def test_topics_are_those_of_the_inference(model, corpus):
    found = documents(model, corpus)
    theta = np.concatenate(list(model.transform(corpus).values()))
    for row, topics in enumerate(found.topics):
        places, shares = zip(*topics, strict=True)
        assert list(shares) == sorted(shares, reverse=True)
        assert np.allclose(theta[row, list(places)], shares, atol=6e-4)
        assert len(topics) == 8 or theta[row, list(places)].sum() >= 0.945


def test_topics_until_they_hold_enough():
    theta = np.array([[0.5, 0.3, 0.17, 0.03], [0.96, 0.02, 0.01, 0.01], [0, 0, 0, 0], [0.0004, 0, 0, 0]])
    assert largest_topics(theta) == (((0, 0.5), (1, 0.3), (2, 0.17)), ((0, 0.96),), (), ())
    assert len(largest_topics(np.full((1, 200), 1 / 200))[0]) == 8
    assert largest_topics(np.ones((1, 1))) == (((0, 1.0),),)
    # A view hides topics: those left are listed until they hold most of what is left.
    assert largest_topics(np.array([[0.1, 0.1, 0.001]])) == (((0, 0.1), (1, 0.1)),)


def test_marks_spell_words_of_topics_in_any_script(model, corpus):
    summary = summarize(model, corpus, num_words=10, num_documents=0)
    found = summary.documents
    marked = dict.fromkeys(corpus.languages, 0)
    for place, text, marks in zip(found.languages, found.texts, found.marks, strict=True):
        code, units = corpus.languages[place], text.encode("utf-16-le")
        for start, length, word in marks:
            shown = units[2 * start : 2 * (start + length)].decode("utf-16-le")
            # A Japanese verb is found by its stem.
            assert found.words[code][word][0] == shown.lower()[0]
        assert all(one[0] + one[1] <= other[0] for one, other in pairwise(marks))
        marked[code] += len(marks)
    assert all(number > 500 for number in marked.values())
    terms = {term.word for topic in summary.topics for term in topic.terms["ja"]}
    assert set(found.words["ja"]) == terms


def test_marks_in_json_are_distances(model, corpus):
    found = documents(model, corpus)
    columns = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert columns.keys() == vars(found).keys()
    for marks, flat in zip(found.marks, columns["marks"], strict=True):
        ends = np.cumsum([gap + length for gap, length in zip(flat[::3], flat[1::3], strict=True)])
        assert [start + length for start, length, _ in marks] == ends.tolist()
        assert [word for *_, word in marks] == flat[2::3]


def test_a_view_merges_and_hides_topics_of_documents_and_moves_none(model, corpus):
    whole = documents(model, corpus)
    view = TopicView.of(model).merge([0, 3]).hide(5)
    found = documents(model, corpus, view=view)
    assert (found.x, found.y, found.ids) == (whole.x, whole.y, whole.ids)
    theta = view.merge_theta(np.concatenate(list(model.transform(corpus).values())))
    for row, topics in enumerate(found.topics):
        assert all(abs(theta[row, place] - share) < 6e-4 for place, share in topics)
    empty = [row for row, topics in enumerate(found.topics) if not topics]
    assert all(whole.topics[row][0][0] == 5 for row in empty)


def test_a_sample_is_spread_over_languages_and_said(planted_model, planted):
    summary = summarize(planted_model, planted, num_documents=0, max_listed=100)
    found = summary.documents
    assert np.bincount(found.languages).tolist() == [60, 40]
    assert found.totals == {"en": 120, "de": 40}
    assert summary.sampled == "100 of 160 documents are listed, drawn at random."
    assert found.ids == documents(planted_model, planted, max_listed=100).ids
    # Means are of all documents nevertheless.
    assert summary.topics[0].prevalence == summarize(planted_model, planted, num_documents=0).topics[0].prevalence
    assert summarize(planted_model, planted, num_documents=0, max_listed=0).documents is None
    assert summarize(planted_model, num_documents=0).documents is None


def test_more_may_be_listed_than_means_are_of(planted_model, planted):
    some = documents(planted_model, planted, max_documents=30)
    every = documents(planted_model, planted)
    assert some.ids == every.ids
    assert some.topics == every.topics


@pytest.mark.parametrize("most", [1, 2, 45, 154, 155, 10**9])
def test_numbers_are_spread_evenly(most):
    totals = {"en": 100, "de": 5, "fr": 50, "xx": 0}
    numbers = evenly(totals, most)
    assert sum(numbers.values()) == min(most, 155)
    assert all(numbers[code] <= totals[code] for code in totals)
    unfinished = [numbers[code] for code in totals if numbers[code] < totals[code]]
    assert not unfinished or max(numbers.values()) <= min(unfinished) + 1


def test_a_million_documents_are_sampled_without_reading_the_others():
    size = 1_000_000
    counts = sp.csr_array((np.ones(size, np.int32), np.arange(size) % 2, np.arange(size + 1)), shape=(size, 2))
    parts = {code: LanguageCorpus(counts=counts, vocabulary=["a", "b"]) for code in ("en", "de")}
    rows = np.arange(0, size, 500)
    known = {code: (rows, np.full((len(rows), 3), 1 / 3, np.float32)) for code in parts}
    asked = []

    def infer(code, own):
        asked.append(own)
        return np.full((len(own), 3), 1 / 3, np.float32)

    found = choose_documents(parts, known, infer, 20_000)
    assert [len(each.rows) for each in found.values()] == [10_000, 10_000]
    assert all(np.isin(rows, each.rows).all() and (np.diff(each.rows) > 0).all() for each in found.values())
    assert all(len(each) <= 8192 for each in asked)
    assert sum(map(len, asked)) == 2 * (10_000 - len(rows))
    assert not np.isin(np.concatenate(asked), rows).any()


def test_long_texts_are_cut_until_all_have_room():
    assert longest_shown([10, 10, 10], 100, 5) == 10
    assert longest_shown([10, 100, 200], 150, 5) == 70
    assert longest_shown([1000] * 10, 100, 5) == 10
    assert longest_shown([1000] * 10, 100, 50) == 50
    assert longest_shown([], 100, 5) == 5


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("The train was late.", 100, ("The train was late.", False)),
        ("The train was late.", 12, ("The train…", True)),
        ("x" * 90, 50, ("x" * 49 + ELLIPSIS, True)),
        ("e\u0301" * 30, 20, ("e\u0301" * 9 + ELLIPSIS, True)),
        ("電車が遅れた。" * 9, 10, ("電車が遅れた。電車" + ELLIPSIS, True)),
    ],
)
def test_the_beginning_of_a_text(text, most, shown):
    assert beginning(text, most) == shown


def test_texts_are_cut_by_their_bytes(model, corpus, monkeypatch):
    monkeypatch.setattr(table, "TEXT_BYTES", 480 * 150)
    found = documents(model, corpus)
    assert sum(len(text.encode()) for text in found.texts) <= 480 * 150 + 3 * 480
    originals = [each.strip() for part in corpus.values() for each in part.texts]
    for text, original, was_cut in zip(found.texts, originals, found.cut, strict=True):
        assert was_cut == text.endswith(ELLIPSIS)
        assert original.startswith(text.removesuffix(ELLIPSIS))
        assert was_cut or text == original
    assert any(found.cut)
    assert all(
        start + length <= len(text)
        for text, marks in zip(found.texts, found.marks, strict=True)
        for start, length, _ in marks
    )


def test_a_corpus_without_texts_labels_or_dates(planted_model, planted):
    found = documents(planted_model, with_parts(planted, labels=None, document_embeddings=None))
    assert (found.texts, found.labels, found.dates, found.marks, found.label_values) == (None,) * 4 + ((),)
    assert len(found.cut) == len(found.ids) == len(found.x) == 160
    assert found.ids[:2] == ("0", "1")


def test_one_language_has_texts(model, corpus):
    parts = dict(corpus.items())
    found = documents(model, Corpus({**parts, "en": replace(parts["en"], texts=None)}))
    assert set(found.texts[:240]) == {""}
    assert not any(found.marks[:240])
    assert all(found.texts[240:])


def test_dates_and_missing_labels(planted_model, planted):
    dates = {code: [""] * part.num_documents for code, part in planted.items()}
    labels = {code: list(part.labels) for code, part in planted.items()}
    dates["en"][0], labels["en"][0] = "2020-05-01T10:00:00+02:00", ""
    changed = Corpus({code: replace(part, dates=dates[code], labels=labels[code]) for code, part in planted.items()})
    found = documents(planted_model, changed)
    assert found.dates[:2] == ("2020-05-01", "")
    assert found.labels[0] == -1
    counts = [sum(label == place for label in found.labels) for place in range(len(found.label_values))]
    assert counts == sorted(counts, reverse=True)


def test_one_document_per_language(planted_model, planted):
    few = Corpus({code: part.select([0]) for code, part in planted.items()})
    found = documents(planted_model, few)
    assert len(found.ids) == 2
    assert all(-1 <= place <= 1 for place in (*found.x, *found.y))
    assert found.mixing == 1


def test_hostile_texts_come_as_they_are(model, corpus):
    odd = ["<script>alert(1)</script> train", "\ud83d train \udc00", "🚆 train 𝔸 train", "x" * 30_000, "  \n ", "\x00"]
    parts = {code: part.select(range(len(odd))) for code, part in corpus.items()}
    changed = Corpus({**parts, "en": replace(parts["en"], texts=odd, ids=[*"abcd", "\ud800", "<b>"])})
    found = documents(model, changed)
    assert found.texts[:2] == ("<script>alert(1)</script> train", "\ufffd train \ufffd")
    assert found.texts[4] == ""
    assert found.cut[:6] == (False, False, False, True, False, False)
    columns = found.to_dict()
    json.dumps(columns, ensure_ascii=False, allow_nan=False).encode()
    assert columns["ids"][4:6] == ["\ufffd", "<b>"]


@pytest.mark.parametrize("settings", [{"max_listed": -1}, {"max_listed": 1.5}, {"projection": "tsne"}])
def test_what_is_out_of_range_is_refused(planted_model, planted, settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        summarize(planted_model, planted, **settings)

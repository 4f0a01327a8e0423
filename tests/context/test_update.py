"""Updates: topics keep their numbers where they persist, new ones come last, and each one's move is told."""

from __future__ import annotations

import copy
import dataclasses
from collections import Counter

import numpy as np
import pytest

from gloctm import Corpus, GloCTM
from gloctm.context.update import FADED_SHARE, TopicChange, TopicChanges, kept_labels
from gloctm.demo import THEMES, demo_records
from gloctm.errors import InputError
from gloctm.model.parameters import TOPIC_DIRECTION_NAME
from planted import planted_corpus

# Corpora are small on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::gloctm.errors.SmallCorpusWarning")


def quiet(**settings) -> GloCTM:
    return GloCTM(**{"threads": 1, "show_progress": False, **settings})


def parts_of(corpus: Corpus, topics: str, *, share: float = 1.0, codes=("en", "de")) -> Corpus:
    """The documents of some planted topics, and a first share of them."""
    parts = {}
    for code in codes:
        part = corpus[code]
        rows = np.flatnonzero(np.isin(part.labels, list(topics)))
        rows = rows[: int(share * len(rows))]
        parts[code] = dataclasses.replace(
            part,
            counts=part.counts[rows],
            document_embeddings=part.document_embeddings[rows],
            labels=[part.labels[row] for row in rows],
            ids=None,
        )
    return Corpus(parts)


def themes_of(model: GloCTM, corpus: Corpus) -> list[str]:
    """The label that most documents of each topic have."""
    theta = model.transform(corpus)
    found = [Counter[str]() for _ in range(model.num_topics_)]
    for code, part in corpus.items():
        for label, topic in zip(part.labels, theta[code].argmax(axis=1), strict=True):
            found[topic][label] += 1
    return [each.most_common(1)[0][0] if each else "" for each in found]


@pytest.fixture(scope="module")
def planted() -> Corpus:
    return planted_corpus(["en", "de", "zh"], num_topics=6, documents=240)


@pytest.fixture(scope="module")
def old(planted) -> Corpus:
    return parts_of(planted, "01234", share=0.5)


@pytest.fixture(scope="module")
def grown(planted) -> Corpus:
    return parts_of(planted, "012345")


@pytest.fixture(scope="module")
def before(old) -> GloCTM:
    return quiet(num_topics=5).fit(old)


def updated(before: GloCTM, corpus: Corpus, **arguments) -> GloCTM:
    return copy.deepcopy(before).fit_more(corpus, **arguments)


@pytest.mark.parametrize("seed", range(3))
def test_numbers_persist_while_half_of_the_documents_and_a_theme_join(seed):
    """Half of the built-in corpus without a theme, then all of it with a topic more."""
    records, number = demo_records(["en", "de"]), Counter[tuple[str, str]]()
    half = []
    for record in records:
        number[record["lang"], record["label"]] += 1
        if number[record["lang"], record["label"]] <= 10 and record["label"] != "film":
            half.append(record)
    old, grown = (Corpus.from_records(each, show_progress=False) for each in (half, records))
    model = quiet(num_topics=len(THEMES) - 1, random_state=seed).fit(old)
    themes = themes_of(model, old)
    model.fit_more(grown, num_topics=len(THEMES))
    after = themes_of(model, grown)
    assert after[-1] == "film"
    assert np.mean([one == other for one, other in zip(themes, after[:-1], strict=True)]) >= 0.9
    # The same numbers by chance are few.
    fresh = themes_of(quiet(num_topics=len(THEMES), random_state=seed).fit(grown), grown)
    assert np.mean([one == other for one, other in zip(themes, fresh[:-1], strict=True)]) <= 0.5
    assert [change["status"] for change in model.changes_] == ["persisted"] * 11 + ["new"]
    assert all(change["similarity"] > 0.9 for change in model.changes_[:-1])
    assert len(model.changes_.words_added["en"]) > 100
    assert model.changes_.words_lost["en"] == []
    assert set(model.vocabulary_["en"]) == set(grown["en"].vocabulary)


def test_an_update_repeats_bit_for_bit_saved_or_not(before, grown, tmp_path):
    first, second = updated(before, grown, num_topics=6), updated(before, grown, num_topics=6)
    loaded = GloCTM.load(before.save(tmp_path / "model")).fit_more(grown, num_topics=6)
    for other in (second, loaded):
        assert other.weights_.keys() == first.weights_.keys()
        assert all((other.weights_[name] == each).all() for name, each in first.weights_.items())
        assert other.changes_ == first.changes_
        assert other.settings_ == first.settings_
    assert first.num_topics == first.settings_["num_topics"] == 6
    # A number set after training is the same wish.
    third = copy.deepcopy(before).set_params(num_topics=6).fit_more(grown)
    assert all((third.weights_[name] == each).all() for name, each in first.weights_.items())
    assert not hasattr(third.fit(grown), "changes_")


def test_the_same_documents_give_the_same_topics(before, old):
    model = updated(before, old)
    assert all(change["similarity"] > 0.999 for change in model.changes_)
    assert all(change["share"] == pytest.approx(change["share_before"], abs=0.01) for change in model.changes_)
    assert all(change["new_words"] == [] for change in model.changes_)
    assert model.changes_.vocabulary_line() == "words: en 0 new, 0 lost; de 0 new, 0 lost"


def test_a_new_language_joins_the_topics(before, planted):
    with_chinese = parts_of(planted, "01234", codes=("en", "de", "zh"))
    model = updated(before, with_chinese)
    assert model.languages_ == ("en", "de", "zh")
    themes = themes_of(before, parts_of(planted, "01234", share=0.5))
    assert themes_of(model, with_chinese) == themes
    for record in model.topics(5, language="zh"):
        assert {word.split("-")[1] for word in record["words"]} == {themes[record["topic"]]}
    assert len(model.changes_.words_added["zh"]) == 72


def test_labels_of_topics_that_persist_are_kept(before, grown):
    model = copy.deepcopy(before).set_labels({"en": {0: "first"}, "fr": {4: "dernier"}})
    model.fit_more(grown, num_topics=6)
    assert model.labels_ == {"en": {0: "first"}, "fr": {4: "dernier"}}
    assert [change["label"] for change in model.changes_] == ["first", "", "", "", "dernier", ""]


def test_a_topic_that_became_another_loses_its_label():
    rows = [
        TopicChange(topic=k, label="", status=status, similarity=0, share_before=0, share=0, new_words=[])
        for k, status in enumerate(("persisted", "changed", "faded", "new"))
    ]
    before = {"en": dict(enumerate("abc"))}
    assert kept_labels(before, {"en": {1: "own", 3: "new"}}, TopicChanges(rows)) == {
        "en": {0: "a", 1: "own", 2: "c", 3: "new"}
    }


def test_new_documents_alone_leave_topics_that_they_do_not_have(before, planted):
    """Of five themes, the new documents have three: held, all five keep their numbers, and two have faded."""
    themes = themes_of(before, parts_of(planted, "01234"))
    later = parts_of(planted, "012")
    held = updated(before, later, old_weight=1.0)
    missing = {themes.index("3"), themes.index("4")}
    assert {change["topic"] for change in held.changes_ if change["status"] == "faded"} == missing
    after = themes_of(held, parts_of(planted, "01234"))
    assert all(after[topic] == theme for topic, theme in enumerate(themes) if theme in "012")
    for change in held.changes_:
        if change["topic"] in missing:
            assert change["share"] < FADED_SHARE * change["share_before"]
            assert change["similarity"] > 0.5


@pytest.mark.parametrize("old_weight", [0.0, 1.0, 3.0])
def test_a_topic_whose_documents_were_replaced_is_no_longer_itself(planted, old_weight):
    """One theme leaves and another comes, with as many topics as before."""
    first, later = parts_of(planted, "01234", share=0.5), parts_of(planted, "12345")
    model = quiet(num_topics=5).fit(first)
    themes = themes_of(model, first)
    model.fit_more(later, old_weight=old_weight)
    after = themes_of(model, later)
    for change in model.changes_:
        topic = change["topic"]
        if themes[topic] == "0":
            assert change["status"] in ("changed", "faded")
            assert change["status"] == "changed" or after[topic] != "5"
        else:
            assert (change["status"], after[topic]) == ("persisted", themes[topic])


def test_an_update_goes_on_from_its_checkpoint(before, grown, tmp_path, monkeypatch):
    from gloctm.context import train as module

    wanted = updated(before, grown, num_topics=6)
    path = tmp_path / "checkpoint"
    keep = module._KeptSteps.keep
    left = [3]

    def stopping(self, state):
        keep(self, state)
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(module._KeptSteps, "keep", stopping)
    model = copy.deepcopy(before)
    with pytest.raises(KeyboardInterrupt):
        model.fit_more(grown, num_topics=6, checkpoint=path)
    # What was trained is still there.
    assert all((model.weights_[name] == each).all() for name, each in before.weights_.items())
    with pytest.raises(InputError, match="another training, different in start"):
        quiet(num_topics=6).fit(grown, checkpoint=path, resume=True)
    with pytest.raises(InputError, match="another training, different in start"):
        model.fit_more(grown, num_topics=6, old_weight=1, checkpoint=path, resume=True)
    model.fit_more(grown, num_topics=6, checkpoint=path, resume=True)
    assert all((model.weights_[name] == each).all() for name, each in wanted.weights_.items())


def test_seed_words_go_on_pulling(old, grown):
    model = quiet(num_topics=5, seed_words={"one": {"en": ["en-1-0", "en-1-1"]}}).fit(old)
    model.fit_more(grown, num_topics=6)
    assert themes_of(model, grown)[0] == "1"
    assert model.labels_["de"][0] == "one"


def test_what_can_not_be_gone_on_from_is_told(before, grown, old):
    with pytest.raises(InputError, match="num_topics is 4: it must be a whole number of at least 5, since topics keep"):
        updated(before, grown, num_topics=4)
    with pytest.raises(InputError, match="old_weight is -1"):
        updated(before, grown, old_weight=-1)
    published = copy.deepcopy(before).set_params(method="published")
    with pytest.raises(InputError, match="no training can go on from a model of the method 'published'"):
        published.fit_more(grown)
    earlier = copy.deepcopy(before)
    del earlier.weights_[TOPIC_DIRECTION_NAME]
    with pytest.raises(InputError, match="of an earlier version"):
        earlier.fit_more(grown)


def test_embeddings_by_another_encoder_are_refused(before, grown):
    parts = {
        code: dataclasses.replace(part, document_embeddings=part.document_embeddings[:, :7])
        for code, part in grown.items()
    }
    with pytest.raises(InputError, match="in 'en' have 7 dimensions, and those that the model was trained on 24"):
        updated(before, Corpus(parts))
    named = copy.deepcopy(before)
    named.encoder_ = "usem3"
    with pytest.raises(InputError, match="embedded by usem3, and these by e5: topics compare only within one encoder"):
        named.fit_more(Corpus(dict(grown.items()), encoder="e5"))


def test_an_untrained_model_can_not_be_updated(grown):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        quiet().fit_more(grown)


def test_the_table_is_text(before, grown):
    lines = str(updated(before, grown, num_topics=6).changes_).splitlines()
    assert lines[0].split() == ["topic", "label", "status", "similarity", "share_before", "share", "new_words"]
    assert len(lines) == 7
    assert "new" in lines[-1]

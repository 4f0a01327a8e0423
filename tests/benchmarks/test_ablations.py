"""The default method with one change at a time: each change does what it says, within its block alone."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import ablations
import numpy as np
import pytest
from ablations import ABLATIONS, model_of, replaced, run
from corpora import Files
from pages import ablations as page
from quality import ResultLog, Yardsticks

from gloctm import Corpus, GloCTM
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.context import topics
from gloctm.errors import InputError
from gloctm.model.context_inference import document_encoder
from gloctm.model.parameters import DOCUMENT_ENCODER_NAME
from planted import planted_corpus

pytestmark = pytest.mark.filterwarnings("ignore::gloctm.errors.SmallCorpusWarning")
LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module")
def corpus():
    planted = planted_corpus(LANGUAGES, num_topics=6, words_per_topic=20, documents=150, noise=0.3, seed=1)
    # Every other word is a form of the one before it: aaaabb and aaaabbs.
    words = [
        4 * chr(97 + rank // 2) + 2 * chr(97 + topic) + "s" * (rank % 2) for topic in range(6) for rank in range(20)
    ]
    return Corpus({code: dataclasses.replace(part, vocabulary=words) for code, part in planted.items()})


def fitted(corpus, key):
    model = GloCTM(num_topics=6, threads=1, show_progress=False, **ABLATIONS[key].settings)
    with replaced(ABLATIONS[key]):
        return model.fit(corpus)


@pytest.fixture(scope="module")
def default(corpus):
    return fitted(corpus, "default")


TOPICS = "topics"
WORDS = "words"
THETA = "theta"
# Changes of one thing. All others change the words, most of them by way of the topics.
ALONE = {"default": set(), "weights": {WORDS}, "cosine": {THETA}, "temperature": {THETA}}


@pytest.mark.parametrize("key", [key for key in ABLATIONS if key != "one-start"])
def test_a_change_changes_what_it_says(corpus, default, key):
    model = fitted(corpus, key)
    code = LANGUAGES[0]
    pairs = {
        TOPICS: [each.topic_word_[code] for each in (model, default)],
        WORDS: [each.word_scores_[code] for each in (model, default)],
        THETA: [each.transform(corpus)[code] for each in (model, default)],
    }
    changed = {name for name, (one, other) in pairs.items() if not np.array_equal(one, other)}
    assert changed == ALONE[key] if key in ALONE else WORDS in changed
    assert all(np.isfinite(one).all() for one, _ in pairs.values())
    # The block leaves nothing behind.
    np.testing.assert_array_equal(fitted(corpus, "default").word_scores_[code], default.word_scores_[code])


def test_one_start_is_one(corpus, monkeypatch):
    # The first of several may be the best of them, so that topics do not tell.
    seeds, usual = [], topics.kmeans_plusplus

    def counting(*given, random_state, **others):
        seeds.append(random_state)
        return usual(*given, random_state=random_state, **others)

    monkeypatch.setattr(topics, "kmeans_plusplus", counting)
    fitted(corpus, "one-start")
    assert len(seeds) == 1
    fitted(corpus, "default")
    assert len(set(seeds)) == len(seeds) - 1 > 2


def test_a_large_ridge_compares_documents_with_each_topic(corpus, default):
    by_cosine = fitted(corpus, "cosine")
    # Columns of the encoder are then the topics' directions, by which the usual encoder can be had.
    directions = unit_vectors(by_cosine.weights_[DOCUMENT_ENCODER_NAME].T)
    usual = default.weights_[DOCUMENT_ENCODER_NAME]
    np.testing.assert_allclose(
        document_encoder(directions, default.settings_["temperature"]), usual, atol=0.1 * np.abs(usual).max()
    )
    # θ goes on saying something: the temperature is looked for where μ is as small as that.
    theta = by_cosine.transform(corpus)["en"]
    assert np.median(theta.max(axis=1)) > 2 / 6


def test_a_number_that_the_package_has_not_is_noticed():
    with pytest.raises(AttributeError), replaced(ablations.Ablation("", numbers={"fit.NO_SUCH_NUMBER": 0})):
        pass
    with pytest.raises(InputError):
        model_of(ablations.Ablation("", {"epochs": 3}), 0).fit(planted_corpus(LANGUAGES, documents=20))


@pytest.fixture
def yardsticks(corpus, tmp_path, monkeypatch):
    """A reference corpus of the documents themselves, and as few topics as they have."""
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path))
    monkeypatch.setattr(ablations, "NUM_TOPICS", 6)
    (tmp_path / "reference").mkdir()
    for code, part in corpus.items():
        by_theme = np.argsort(part.labels, kind="stable")
        rows = [" ".join(part.vocabulary[column] for column in row.indices) for row in part.counts[by_theme]]
        (tmp_path / "reference" / f"{code}.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Yardsticks.read(corpus, corpus, tmp_path / "reference", None)


def lines_in(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def results(yardsticks, tmp_path):
    """Lines of two changes and seeds, made by the command's own run."""
    place = tmp_path / "ablations.jsonl"
    for _ in range(2):  # what is there is not run again
        run(["weights", "default"], [0, 48], "ecnews", yardsticks, ResultLog(place))
    return lines_in(place)


def test_results_and_their_table(results, monkeypatch):
    assert [(line["model"], line["seed"]) for line in results] == [
        ("weights", 0),
        ("default", 0),
        ("weights", 48),
        ("default", 48),
    ]
    wanted = {"cnpmi_published", "cnpmi_document", "topic_uniqueness", "npmi", "accuracy_across", "purity"}
    for line in results:
        assert wanted <= set(line["measures"])
        assert line["training_seconds"] > 0
        assert line["machine"]["processor"]
    assert len({line["conditions"] for line in results}) == 2
    monkeypatch.setattr(page, "results", lambda *_: results)
    rows = [row.strip("| ").split(" | ") for row in page.of_the_default().splitlines()[2:]]
    assert [row[:3] for row in rows] == [
        ["GloCTM", "EC News", "2"],
        ['words by weights (`ranking="weights"`)', "EC News", "2"],
    ]
    assert all("±" in row[3] for row in rows)
    results[0]["conditions"] = "another"
    with pytest.raises(SystemExit, match="results of 'weights' on ecnews have different settings"):
        page.of_the_default()
    results.clear()
    assert page.of_the_default() == "not measured yet"


def test_the_command(yardsticks, tmp_path, monkeypatch):
    def of_files(files):
        expected = Files("rakuten_amazon", Path("data"), ("en", "cn"), tmp_path / "reference", None)
        assert files == expected
        return yardsticks

    monkeypatch.setattr(Yardsticks, "of_files", of_files)
    monkeypatch.setattr(ablations, "RESULTS", tmp_path / "ablations.jsonl")
    command = ["ablations.py", "data", "--name", "rakuten_amazon", "--languages", "en,cn", "--ablations", "temperature"]
    monkeypatch.setattr(sys, "argv", [*command, "--seeds", "36", "--reference", str(tmp_path / "reference")])
    ablations.main()
    [line] = lines_in(tmp_path / "ablations.jsonl")
    assert (line["corpus"], line["model"], line["seed"]) == ("rakuten_amazon", "temperature", 36)
    assert line["details"]["chosen"]["temperature"] == 1.0

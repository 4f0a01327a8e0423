"""The benchmark of the default method on little text."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import small
from building import texts_by_language
from pages import small as page

from gloctm.demo import THEMES


@pytest.fixture(scope="module")
def every():
    return texts_by_language()


def test_a_corpus_is_cut_alike_for_every_theme(every):
    for number in (12, 60, 240):
        taken, left = small.split(every["ja"], number)
        labels = [record["label"] for record in taken]
        assert {labels.count(theme) for theme in THEMES} == {number // 12}
        assert len(taken) + len(left) == 240
        assert not {record["id"] for record in taken} & {record["id"] for record in left}


def test_cases_are_of_texts_that_there_are(every):
    for sizes in small.CASES.values():
        assert set(sizes) <= set(every)
        assert all(number % 12 == 0 and number <= len(every[code]) for code, number in sizes.items())
    assert {len(sizes) for sizes in small.CASES.values()} == {5, 8}


def test_a_topic_is_about_what_most_of_its_documents_are_about():
    theta = {"en": np.eye(4)[[0, 0, 1]], "de": np.eye(4)[[0, 1, 2]]}
    labels = {"en": ["rain", "rain", "film"], "de": ["film", "film", "rain"]}
    assert small.themes_of_topics(theta, labels) == ["rain", "film", "rain", None]


@pytest.mark.filterwarnings("ignore::gloctm.errors.SmallCorpusWarning")
def test_results_and_their_table(every, tmp_path, monkeypatch):
    few = {code: small.split(every[code], 72)[0] for code in ("en", "de", "es")}
    monkeypatch.setattr(small, "CASES", {"three": {"en": 72, "de": 48, "es": 48}})
    monkeypatch.setattr(small, "texts_by_language", lambda: few)
    monkeypatch.setattr(small, "RESULTS", tmp_path / "small.jsonl")
    monkeypatch.setattr(sys, "argv", ["small.py", "--seeds", "0", "48"])
    small.main()
    lines = [json.loads(line) for line in (tmp_path / "small.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["seed"] for line in lines] == [0, 48]
    for line in lines:
        assert line["documents"] == {"en": 72, "de": 48, "es": 48}
        assert line["asked"] == {"en": "trained on", "de": "new", "es": "new"}
        # Themes as plain as these are told apart, in whatever language.
        assert line["themes_owned"] >= 8
        assert min(line["accuracy"].values()) > 0.7
        assert min(line["accuracy_unseen"].values()) > 0.6
    monkeypatch.setattr(page, "results", lambda *_: lines)
    [row] = page.small_corpora().splitlines()[2:]
    cells = row.strip("| ").split(" | ")
    assert cells[:3] == ["3", "48 to 72", "2"]
    assert cells[3].endswith(" of 12")
    monkeypatch.setattr(page, "results", lambda *_: [])
    assert page.small_corpora() == "not measured yet"

"""The default method with its numbers moved: each change reaches the method, and lines say what was changed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import sensitivity
from ablations import model_of, replaced, run
from quality import ResultLog, Yardsticks
from sensitivity import CHANGES, CONSTANTS, TOLD, facts, times

from gloctm import GloCTM
from planted import planted_corpus

pytestmark = pytest.mark.filterwarnings(
    "ignore::gloctm.errors.SmallCorpusWarning",
    "ignore:Number of distinct clusters:sklearn.exceptions.ConvergenceWarning",
)
LANGUAGES = ("en", "zh")
SETTINGS = ["num_near_documents", "num_refinements", *CONSTANTS, "space.DIMENSIONS", "topics.EM_ROUNDS", "temperature"]
# On planted themes all starts end alike, no word is of two themes or a form of another, and dimensions are few.
WITHOUT_EFFECT = {
    "topics.FEWEST_STARTS", "coherence.SHARED_SCORE", "inflections.SAME_WORD_COSINE", "inflections.SHARED_BEGINNING",
    "space.DIMENSIONS",
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(LANGUAGES, num_topics=6, words_per_topic=40, documents=200, noise=0.4, seed=1)


def found_by(corpus, key):
    with replaced(CHANGES[key]):
        model = GloCTM(num_topics=6, threads=1, show_progress=False, **CHANGES[key].settings).fit(corpus)
    arrays = (model.topic_word_["en"], model.word_scores_["en"], model.transform(corpus)["en"])
    return [np.asarray(each) for each in arrays]


@pytest.fixture(scope="module")
def usual(corpus):
    return found_by(corpus, "default")


def test_every_setting_goes_both_ways():
    assert list(CHANGES) == ["default", *(f"{name} x{factor}" for factor in (0.5, 1.5) for name in SETTINGS)]
    assert TOLD["coherence.STEEPNESS x0.5"] == {
        "setting": "coherence.STEEPNESS", "value": 0.15, "usual": 0.3, "factor": 0.5,
    }  # fmt: skip
    values = {key: (told["usual"], told["value"]) for key, told in TOLD.items()}
    assert values["num_refinements x0.5"] == (5, 3)
    assert values["coherence.SHARED_SCORE x1.5"] == (0.85, 1.0)
    assert values["space.DIMENSIONS x1.5"] == (256, 384)
    assert times(1, 0.2) == 1


@pytest.mark.parametrize("setting", [name for name in SETTINGS if name not in WITHOUT_EFFECT])
def test_a_change_reaches_the_method(corpus, usual, setting):
    changed = [
        any(not np.array_equal(one, other) for one, other in zip(found_by(corpus, key), usual, strict=True))
        for key in CHANGES
        if TOLD[key]["setting"] == setting
    ]
    assert any(changed)


def test_lines_say_what_was_changed(corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path))
    (tmp_path / "reference").mkdir()
    for code, part in corpus.items():
        rows = [" ".join(part.vocabulary[column] for column in row.indices) for row in part.counts]
        (tmp_path / "reference" / f"{code}.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    yardsticks = Yardsticks.read(corpus, corpus, tmp_path / "reference", None)
    place = tmp_path / "sensitivity.jsonl"
    keys = ["default", "temperature x0.5", "temperature x1.5", "coherence.ROUNDS x0.5"]
    for _ in range(2):  # what is there is not run again
        run(keys, [0], "ecnews", yardsticks, ResultLog(place), facts, CHANGES)
    lines = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    assert [line["model"] for line in lines] == keys
    assert len({line["conditions"] for line in lines}) == 4
    chosen = [line["details"]["chosen"]["temperature"] for line in lines]
    assert chosen[1] == pytest.approx(chosen[0] / 2, rel=1e-2)
    assert {name: lines[3][name] for name in ("benchmark", "setting", "value", "factor", "seed")} == {
        "benchmark": "sensitivity", "setting": "coherence.ROUNDS", "value": 8, "factor": 0.5, "seed": 0,
    }  # fmt: skip


def test_the_command_hands_out_processes(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(sensitivity, "RESULTS", tmp_path / "sensitivity.jsonl")
    (tmp_path / "ECNews").mkdir()
    handed = []
    monkeypatch.setattr("ablations.run_or_exit", lambda tasks, workers: handed.extend(tasks))
    yardsticks = Yardsticks(corpus, corpus, {}, Path("en-zh"), {}, {}, {})
    monkeypatch.setattr(Yardsticks, "of_files", lambda files: yardsticks)
    command = [
        "sensitivity.py",
        str(tmp_path),
        "--reference",
        str(tmp_path),
        "--changes",
        "default",
        "temperature x0.5",
    ]
    monkeypatch.setattr(sys, "argv", command)
    sensitivity.main()
    assert [task.name for task in handed] == ["ecnews, default, seed 0", "ecnews, temperature x0.5, seed 0"]
    assert handed[1].script.name == "sensitivity.py"
    assert handed[1].arguments[-4:] == ("--changes", "temperature x0.5", "--seeds", "0")
    assert model_of(CHANGES["num_near_documents x1.5"], 0).settings()["num_near_documents"] == 15

"""Choosing K: every candidate measured over its seeds, nothing lost, nothing mixed up."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import shlex
import signal
import subprocess
import sys
import warnings
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from statistics import fmean, stdev
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gloctm.context.fit
import gloctm.selection.measuring
import gloctm.selection.page
import gloctm.selection.trainer
from gloctm import Corpus, GloCTM
from gloctm.cli.main import main
from gloctm.cli.search import table_lines, training_command
from gloctm.corpus import LanguageCorpus
from gloctm.errors import (
    FileFormatError,
    InputError,
    LowCoverageWarning,
    MissingDependencyError,
    TrainingError,
    TrainingInterrupted,
)
from gloctm.evaluation import evaluate, measure_topics, name_of, own_counts
from gloctm.evaluation.topics import c_v_by_references
from gloctm.metrics import read_references, topic_stability
from gloctm.selection import Candidate, MeanOverSeeds, Range, SearchResult, Trial, search
from gloctm.selection.plot import Point, svg
from gloctm.selection.trials import TrialLog
from planted import planted_corpus

SETTINGS = {"threads": 1}
PUBLISHED = {
    **{"epochs": 3, "batch_size": 40, "learning_rate": 1e-2, "local_hidden_size": 12, "global_hidden_size": 12},
    **{"kl_weight": 5.0, "cka_weight": 20.0, "threads": 1, "device": "cpu", "method": "published"},
}


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(["en", "de"], num_topics=4, words_per_topic=8, documents=80)


def quick(corpus, space, output, **options):
    """A search whose page has no charts: they take longer than its trainings, and ``found`` has them."""
    options = {"settings": SETTINGS, "seeds": (0, 1), "show_progress": False, **options}
    with mock.patch.object(gloctm.selection.page.plot, "svg", return_value=""):
        return search(corpus, space, output=output, **options)


def lines_in(folder):
    """What ``trials.jsonl`` holds, but for how long it took."""
    lines = [json.loads(line) for line in (folder / "trials.jsonl").read_text(encoding="utf-8").splitlines()]
    for line in lines:
        assert line.pop("seconds") >= 0
        assert len(line.pop("own_sha256")) == 64
    return lines


# What is found


@pytest.fixture(scope="module")
def found(corpus, tmp_path_factory):
    """A search with the folder it wrote."""
    folder = tmp_path_factory.mktemp("search") / "found"
    # By weights, as words ranked by coherence go together, and differ, in topics that take in two themes, too.
    settings = {**SETTINGS, "ranking": "weights"}
    space = {"num_topics": [2, 4, 8]}
    # A planted topic has eight words; with more top words asked for, every topic would have others'.
    return search(corpus, space, output=folder, settings=settings, num_words=6, show_progress=False), folder


def test_the_planted_number_of_topics_is_best(found):
    result, _ = found
    assert result.objective == "topic_quality_in_corpus"
    assert [candidate.settings for candidate in result.candidates] == [{"num_topics": k} for k in (2, 4, 8)]
    assert result.best.settings == {"num_topics": 4}
    assert result.best.figures["accuracy_across"].mean > 0.8


def test_where_words_are_ranked_by_coherence_the_right_number_is_best(tmp_path):
    corpus = planted_corpus(["en", "de"], num_topics=4, words_per_topic=8, documents=200)
    result = quick(corpus, {"num_topics": [8, 4, 2]}, tmp_path / "search", seeds=[0, 1, 2], num_words=6)
    assert result.objective == "topic_quality_in_corpus"
    assert result.best.settings == {"num_topics": 4}
    assert result.best.figures["stability"].mean > 0.98


@pytest.mark.parametrize(
    ("given", "objective"),
    [
        ({}, "topic_quality_in_corpus"),
        ({"seeds": [0]}, "topic_quality_in_corpus"),
        ({"settings": PUBLISHED}, "topic_quality_in_corpus"),
        ({"objective": "topic_uniqueness"}, "topic_uniqueness"),
    ],
)
def test_what_is_best_unless_it_is_said(tmp_path, corpus, given, objective):
    assert quick(corpus, {"num_topics": [2]}, tmp_path / "search", labels=False, **given).objective == objective


def test_figures_are_those_of_models_trained_alone(found, corpus):
    result, _ = found
    for candidate in (result.candidates[0], result.candidates[2]):
        model = GloCTM(**candidate.all_settings, show_progress=False).fit(corpus)
        trial = candidate.trials[0]
        topics = {code: [list(record["words"]) for record in model.topics(6, language=code)] for code in ("en", "de")}
        assert trial.topics == topics
        measures = measure_topics(topics, own=own_counts(corpus))
        by_weights = {
            code: [list(record["words"]) for record in model.topics(6, language=code, ranking="weights")]
            for code in ("en", "de")
        }
        weighed = measure_topics(by_weights, own=own_counts(corpus))
        measures["npmi_in_corpus"] = weighed["npmi_in_corpus"]
        for name, values in measures.items():
            assert trial.measures[name] == pytest.approx(values)
        by_labels = evaluate(model, corpus=corpus, classifier="logistic").measures
        for name in ("accuracy_within", "accuracy_across", "macro_f1_across", "purity", "topic_diversity"):
            assert trial.measures[name] == pytest.approx(by_labels[name])
        for code in ("en", "de"):
            expected = (1 + weighed["npmi_in_corpus"][code]) / 2 * weighed["topic_uniqueness"][code]
            assert trial.measures["topic_quality_in_corpus"][code] == pytest.approx(expected)


def test_figures_are_over_seeds(found):
    result, folder = found
    lines = lines_in(folder)
    for number, candidate in enumerate(result.candidates):
        own = lines[3 * number : 3 * number + 3]
        assert [line["seed"] for line in own] == [0, 1, 2]
        assert {line["settings"]["num_topics"] for line in own} == {candidate.settings["num_topics"]}
        for name in own[0]["measures"]:
            values = [fmean(line["measures"][name].values()) for line in own]
            assert candidate.figures[name].mean == pytest.approx(fmean(values))
            assert candidate.figures[name].deviation == pytest.approx(stdev(values))
        expected = topic_stability([line["topics"] for line in own]).overall
        assert candidate.figures["stability"] == MeanOverSeeds(pytest.approx(expected), None)


def test_a_line_says_how_it_came_about(found, corpus):
    _, folder = found
    for line in lines_in(folder):
        assert line["corpus"] == corpus.fingerprint()
        assert line["versions"].keys() >= {"python", "gloctm", "numpy", "torch"}
        assert line["settings"].keys() == GloCTM().get_params().keys() - {"random_state", "show_progress"}


def test_the_summary_has_all_of_it(found):
    result, folder = found
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["best"]["settings"] == {"num_topics": 4}
    assert summary["best"]["all_settings"] == result.best.all_settings
    for candidate, written in zip(result.candidates, summary["candidates"], strict=True):
        assert written["settings"] == candidate.settings
        for name, figure in candidate.figures.items():
            assert written["figures"][name]["mean"] == figure.mean
            assert written["figures"][name]["deviation"] == figure.deviation
    assert not list(folder.glob("*.checkpoint"))


class Page(HTMLParser):
    """The tags of a page, and whether all are closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.text, self.ends = [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        # Beside an upright axis.
        if self.seen[-1:] and self.seen[-1][1].get("text-anchor") == "end":
            self.ends.append(data)


def marks(page, kind):
    """The attributes of the marks of a kind in the charts of a page: what follows the opening of their group."""
    found, inside = [], False
    for tag, attributes in page.seen:
        if tag == "g":
            inside = attributes.get("class", "").startswith(f"mark-{kind} role-mark")
        elif inside and tag in ("path", "line") and "class" not in attributes:
            found.append(attributes)
    return found


def heights(page):
    """The heights of the points, and of the ends of the error bars, from the top of their charts."""
    points, bars = (
        [(float(each["transform"].split(",")[1][:-1]), float(each.get("y2", 0))) for each in marks(page, kind)]
        for kind in ("symbol", "rule")
    )
    return [y for y, _ in points], [y + end for y, up in bars for end in (0, up)]


def ticks(page):
    """The numbers beside a chart, from the lowest; a minus sign is not a hyphen."""
    texts = [text.replace("−", "-") for text in page.ends]
    return [float(text) for text in texts]


def test_the_page_plots_every_measure_and_needs_nothing_else(found):
    result, folder = found
    text = (folder / "search.html").read_text(encoding="utf-8")
    page = Page(text)
    tags = [tag for tag, _ in page.seen]
    assert (tags.count("svg"), tags.count("details")) == (len(result.measures), 3)
    assert len(marks(page, "symbol")) == 3 * len(result.measures)
    assert len(marks(page, "line")) == len(result.measures)
    bars = marks(page, "rule")
    # All but stability have error bars.
    assert len(bars) == 3 * (len(result.measures) - 1)
    assert not re.search(r"https?:|<script|<link|url\(|src=", text)
    for cell in result.table()[2]:
        assert cell in page.text or not cell


def test_words_are_shown_as_they_are():
    trial = Trial({}, 0, {"topic_uniqueness": {"en": 1.0}}, {"en": [["<b>", "a&b"]]}, 1.0, "", {})
    odd = SearchResult((Candidate.of({"schedule": "<i>"}, [trial]),), "topic_uniqueness", (0,))
    page = Page(gloctm.selection.page.page(odd))
    assert "<b> a&b" in page.text
    assert "<i>" in page.text


@given(st.floats(-10, 10), st.floats(0, 5))
@settings(max_examples=20, deadline=None)
def test_ticks_are_few_and_hold_all_points(low, span):
    points = [Point(10, low, None, "", "", True), Point(20, low + span, None, "", "", False)]
    found = ticks(Page(svg("NPMI", "num_topics", points)))
    assert 3 <= len(found) <= 8
    assert found[0] <= low + 1e-6
    assert found[-1] >= low + span - 1e-6
    assert np.allclose(np.diff(found), found[1] - found[0])


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_no_axis_goes_beyond_what_a_measure_can_be(low, span, deviation):
    high = min(low + span, 1.0)
    points = [Point(10, low, deviation, "", "", True), Point(20, high, deviation, "", "", False)]
    found = ticks(Page(svg("NPMI", "num_topics", points, bounds=(-1.0, 1.0))))
    assert len(found) >= 3
    assert -1 <= found[0] <= low + 1e-6
    assert high - 1e-6 <= found[-1] <= 1


@given(
    st.lists(st.tuples(st.floats(-8, 8), st.none() | st.floats(0, 3)), min_size=1, max_size=5),
    st.sampled_from([(-math.inf, math.inf), (-1.0, 1.0), (0.0, 1.0)]),
)
@settings(max_examples=20, deadline=None)
def test_every_mean_is_within_the_plot_whatever_a_measure_should_be(values, bounds):
    points = [Point(number, up, deviation, "", "", False) for number, (up, deviation) in enumerate(values)]
    drawn = svg("CNPMI", "num_topics", points, bounds=bounds)
    page = Page(drawn)
    means, ends = heights(page)
    assert len(means) == len(points)
    assert all(-0.1 <= y <= 170.1 for y in [*means, *ends])
    assert "nan" not in drawn.lower()
    found = ticks(page)
    assert found[0] < found[-1]


def test_a_search_whose_measures_lie_beyond_what_is_usual_has_its_page(tmp_path):
    parts = []
    for k, value in ((10, -4.9), (20, -1.2)):
        measures = {"cnpmi_published": {"en de": value}, "topic_quality": {"en de": 0.0}}
        parts.append(Candidate.of({"num_topics": k}, [Trial({}, 0, measures, {"en": [["a"]]}, 1.0, "", {})]))
    page = Page(gloctm.selection.page.page(SearchResult(tuple(parts), "topic_quality", (0,))))
    assert min(ticks(page)) <= -4.9
    assert all(0 <= y <= 170 for y in heights(page)[0])


def test_the_page_without_the_library_of_charts_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    parts = [made(0.3, seeds=2, num_topics=10), made(0.2, seeds=2, num_topics=20)]
    page = Page(gloctm.selection.page.page(SearchResult(tuple(parts), "npmi", (0, 1))))
    assert [text for text in page.text if 'pip install "gloctm[plot]"' in text]
    assert not [tag for tag, _ in page.seen if tag == "svg"]
    assert "0.200 ± 0.000" in page.text


def test_a_measure_that_the_best_lacks_has_its_column():
    parts = [made(0.3, seeds=1, num_topics=10), made(0.2, seeds=1, num_topics=20)]
    parts[1].figures["purity"] = MeanOverSeeds(0.5, None)
    result = SearchResult(tuple(parts), "npmi", (0,))
    assert result.measures == ("npmi", "purity")
    assert [row[2] for row in result.table()] == ["purity", "-", "0.500"]


def test_an_error_bar_ends_where_the_measure_does():
    points = [Point(10, 0.99, 0.05, "", "", True), Point(20, 0.9, 0.02, "", "", False)]
    page = Page(svg("TU", "num_topics", points, bounds=(0.0, 1.0)))
    assert ticks(page)[-1] == 1.0
    # The top of the plot is at 0.
    assert min(heights(page)[1]) == 0


def made(value, *, seeds, spread=0.0, **settings):
    """A candidate whose objective is ``value`` ± ``spread``."""
    offsets = np.linspace(-spread, spread, seeds)
    trials = [
        Trial(settings, seed, {"npmi": {"en": value + offset}}, {"en": [["a", "b"]]}, 1.0, "", {})
        for seed, offset in enumerate(offsets)
    ]
    return Candidate.of(settings, trials)


def test_close_is_what_seeds_cant_tell_apart():
    # s² is the mean of 0.01², 0.02² and 0.03²; two standard errors of a difference are 2 s √(2/3) = 0.0353.
    parts = [
        made(0.300, seeds=3, spread=0.01, num_topics=10),
        made(0.266, seeds=3, spread=0.02, num_topics=20),
        made(0.263, seeds=3, spread=0.03, num_topics=30),
    ]
    result = SearchResult(tuple(parts), "npmi", (0, 1, 2))
    assert [result.mark(candidate) for candidate in parts] == ["best", "close", ""]
    assert [row[-1] for row in result.table()] == ["", "best", "close", ""]
    assert result.table(["npmi"])[1] == ["10", "0.300 ± 0.010", "best"]


def test_tables_are_in_order_of_k():
    parts = [
        made(0.3, seeds=2, kl_weight=4.0, num_topics=20),
        made(0.2, seeds=2, kl_weight=None, num_topics=5),
        made(0.1, seeds=2, kl_weight=2.0, num_topics=20),
        made(0.0, seeds=2, kl_weight=2.5, num_topics=5),
    ]
    result = SearchResult(tuple(parts), "npmi", (0, 1))
    expected = [["2.5", "5"], ["None", "5"], ["2", "20"], ["4", "20"]]
    assert [row[:2] for row in result.table()[1:]] == expected
    page = Page(gloctm.selection.page.page(result))
    told = [text for text in page.text if text.startswith("kl_weight ") and "num_topics" in text and "(" not in text]
    assert told[-3:] == ["kl_weight 2.5, num_topics 5", "kl_weight None, num_topics 5", "kl_weight 2.0, num_topics 20"]
    assert result.best is parts[0]


def test_what_python_shows_of_a_search_is_short(found):
    result, _ = found
    value = result.best.figures["topic_quality_in_corpus"].mean
    assert repr(result) == (
        "<SearchResult: 3 candidates, seeds [0, 1, 2], best {'num_topics': 4} with topic_quality_in_corpus "
        f"{value:.3f}>"
    )
    assert repr(result.best) == "Candidate(settings={'num_topics': 4})"
    assert "topics=" not in repr(result.best.trials[0])


def test_measures_have_the_names_they_have_elsewhere(found):
    result, folder = found
    assert {"TU", "NPMI in the corpus", "macro-F1 within languages"} <= set(result.table()[0])
    page = Page((folder / "search.html").read_text(encoding="utf-8"))
    assert {"TU", "NPMI in the corpus", "inverted RBO"} <= set(page.text)
    assert "topic_quality_in_corpus" in "".join(page.text)


def test_equal_candidates_are_never_told_apart():
    parts = [made(0.0, seeds=1, num_topics=10), made(0.0, seeds=1, num_topics=20), made(-0.1, seeds=1, num_topics=30)]
    result = SearchResult(tuple(parts), "npmi", (0,))
    assert [result.mark(candidate) for candidate in parts] == ["best", "close", ""]


def test_references_and_several_settings(tmp_path, corpus):
    rng = np.random.default_rng(0)
    folder = tmp_path / "en-de"
    folder.mkdir()
    topics = rng.integers(4, size=60)
    for code in ("en", "de"):
        drawn = [" ".join(f"{code}-{topic}-{rank}" for rank in rng.integers(8, size=6)) for topic in topics]
        (folder / f"{code}.txt").write_text("\n".join(drawn) + "\n", encoding="utf-8")
    space = {"num_topics": [3, 4], "temperature": [1, 0.5], "ranking": ["coherence", "weights"]}
    result = quick(corpus, space, tmp_path / "search", seeds=[5], references=folder, labels=False)
    assert result.objective == "topic_quality"
    assert [tuple(candidate.settings.values()) for candidate in result.candidates] == list(
        product([3, 4], [1.0, 0.5], ["coherence", "weights"])
    )
    assert "stability" not in result.measures
    assert not any("accuracy" in name for name in result.measures)
    counts = read_references(folder, corpus.languages)
    for candidate in result.candidates:
        (trial,) = candidate.trials
        assert trial.measures["cnpmi_document"] == measure_topics(trial.topics, references=counts)["cnpmi_document"]
        assert trial.measures["c_v"] == c_v_by_references(trial.topics, [folder])
        assert candidate.figures["topic_quality"].deviation is None
    best = max(candidate.figures["topic_quality"].mean for candidate in result.candidates)
    assert result.best.figures["topic_quality"].mean == best
    Page((tmp_path / "search" / "search.html").read_text(encoding="utf-8"))
    # The same words in another place are the same reference; other words are not.
    folder.rename(tmp_path / "moved")
    options = {"seeds": [5], "labels": False, "resume": True}
    quick(corpus, space, tmp_path / "search", references=tmp_path / "moved", **options)
    assert len(lines_in(tmp_path / "search")) == 8
    with pytest.raises(InputError, match="differs in references"):
        quick(corpus, space, tmp_path / "search", **options)


def test_the_objective_is_the_measure_asked_for(tmp_path, corpus):
    result = quick(corpus, {"num_topics": [2, 3]}, tmp_path / "search", objective="purity")
    assert result.measures[0] == "purity"
    assert result.best.figures["purity"].mean == max(each.figures["purity"].mean for each in result.candidates)


# Nothing is lost


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory):
    """The folder of a search that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "search"
    quick(corpus, {"num_topics": [2, 3, 4]}, folder)
    return folder


def test_stopped_between_trainings(tmp_path, corpus, whole):
    folder, append = tmp_path / "search", TrialLog.append

    def stopping(log, trial):
        append(log, trial)
        if len(log._known) == 3:
            raise KeyboardInterrupt

    told = f"{folder} holds all that was done: go on with resume=True"
    with (
        mock.patch.object(TrialLog, "append", stopping),
        pytest.raises(TrainingInterrupted, match=re.escape(told)) as stop,
    ):
        quick(corpus, {"num_topics": [2, 3, 4]}, folder)
    assert not stop.value.terminated
    assert len(lines_in(folder)) == 3
    # What is whole is there to be looked at.
    assert len(json.loads((folder / "summary.json").read_text())["candidates"]) == 1
    # As if it had been killed while a line was written.
    with (folder / "trials.jsonl").open("ab") as stream:
        stream.write('{"settings": {"num_topics": 3, "é'.encode()[:-1])
    with mock.patch.object(GloCTM, "fit", autospec=True, side_effect=GloCTM.fit) as fit:
        quick(corpus, {"num_topics": [2, 3, 4]}, folder, resume=True)
    assert fit.call_count == 3
    assert lines_in(folder) == lines_in(whole)
    for name in ("search.json", "search.html"):
        assert (folder / name).read_text() == (whole / name).read_text()


@pytest.fixture
def interruptible():
    """Interrupts come through, even where tests were begun in the background, by a shell that ignores them there."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_stopped_in_the_midst_of_a_training(tmp_path, corpus, whole):
    folder, rounds, refined = tmp_path / "search", [], gloctm.context.fit.refined

    def stopping(*arguments):
        rounds.append(None)
        if len(rounds) == 8:
            signal.raise_signal(signal.SIGINT)
        return refined(*arguments)

    with mock.patch.object(gloctm.context.fit, "refined", stopping):
        with pytest.raises(TrainingInterrupted, match="stopped after 1 of 6 trainings"):
            quick(corpus, {"num_topics": [2, 3, 4]}, folder)
        assert len(lines_in(folder)) == 1
        with pytest.raises(InputError, match="holds a search"):
            quick(corpus, {"num_topics": [2, 3, 4]}, folder)
        quick(corpus, {"num_topics": [2, 3, 4]}, folder, resume=True)
    # The second training went on where it was, in its third round of five.
    assert len(rounds) == 6 * 5 + 1
    assert lines_in(folder) == lines_in(whole)
    assert not list(folder.glob("*.checkpoint"))


@pytest.mark.usefixtures("interruptible")
@pytest.mark.slow
def test_stopped_in_the_midst_of_a_published_training(tmp_path, corpus):
    folder, epochs = tmp_path / "search", []
    space, options = {"num_topics": [2, 3]}, {"settings": PUBLISHED}

    class Stopping(gloctm.selection.trainer._SignOfLife):
        def on_epoch_end(self, run, epoch):
            epochs.append(epoch["epoch"])
            if len(epochs) == 5:
                signal.raise_signal(signal.SIGINT)

    with mock.patch.object(gloctm.selection.trainer, "_SignOfLife", Stopping):
        with pytest.raises(TrainingInterrupted, match="stopped after 1 of 4 trainings"):
            quick(corpus, space, folder, **options)
        assert len(lines_in(folder)) == 1
        quick(corpus, space, folder, resume=True, **options)
    # The second training went on where it was.
    assert epochs == [1, 2, 3, 1, 2, 3, *[1, 2, 3] * 2]
    quick(corpus, space, tmp_path / "whole", **options)
    assert lines_in(folder) == lines_in(tmp_path / "whole")
    assert not list(folder.glob("*.checkpoint"))


def test_a_long_training_shows_signs_of_life(tmp_path, corpus, capsys, monkeypatch):
    monkeypatch.setattr(gloctm.selection.trainer, "_SIGN_OF_LIFE", 0.0)
    quick(corpus, {"num_topics": [2]}, tmp_path / "one", seeds=[0], settings=PUBLISHED, show_progress=True)
    *signs, last = capsys.readouterr().err.splitlines()
    # Two batches of forty documents in each of three epochs.
    assert signs == [f"training 1 of 1 (num_topics 2, seed 0): step {step} of 6" for step in (2, 4, 6)]
    assert last.startswith("training 1 of 1 (num_topics 2, seed 0): quality in the corpus ")
    quick(corpus, {"num_topics": [2]}, tmp_path / "other", seeds=[0], show_progress=True)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_values_and_seeds_can_be_added(tmp_path, corpus):
    folder = tmp_path / "search"
    quick(corpus, {"num_topics": [2, 3]}, folder, seeds=[0])
    with mock.patch.object(GloCTM, "fit", autospec=True, side_effect=GloCTM.fit) as fit:
        result = quick(corpus, {"num_topics": [3, 4]}, folder, seeds=[0, 1], resume=True)
    done = [(call.args[0].num_topics, call.args[0].random_state) for call in fit.call_args_list]
    assert done == [(3, 1), (4, 0), (4, 1)]
    # What was not asked for this time is kept, but not in the result.
    assert [candidate.settings["num_topics"] for candidate in result.candidates] == [3, 4]
    assert len(lines_in(folder)) == 5


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({}, "holds a search: go on with resume=True, or name a new folder"),
        ({"resume": True, "settings": {"num_refinements": 4}}, r"differs in num_refinements \(5, now 4\)"),
        ({"resume": True, "settings": PUBLISHED}, r"differs in .*, method \('context', now 'published'\)"),
        ({"resume": True, "num_words": 10}, "differs in num_words"),
        ({"resume": True, "labels": False}, "differs in labels"),
    ],
)
def test_a_folder_of_another_search_is_refused(corpus, whole, changed, message):
    before = (whole / "trials.jsonl").read_bytes()
    with pytest.raises(InputError, match=message):
        quick(corpus, {"num_topics": [2, 3, 5]}, whole, **changed)
    assert (whole / "trials.jsonl").read_bytes() == before


def test_a_folder_of_another_corpus_or_thing_is_refused(tmp_path, whole):
    other = planted_corpus(["en", "de"], num_topics=4, words_per_topic=8, documents=80, seed=1)
    with pytest.raises(InputError, match=r"differs in corpus: give what it was begun with"):
        quick(other, {"num_topics": [2]}, whole, resume=True)
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds files other than a search's"):
        quick(other, {"num_topics": [2]}, tmp_path)
    with pytest.raises(InputError, match="it is a file"):
        quick(other, {"num_topics": [2]}, tmp_path / "thesis.txt")


WHOLE = {
    **{"settings": {"num_topics": 9}, "seed": 0, "topics": {"en": [["a", "b"]]}, "seconds": 1.0, "corpus": ""},
    **{"versions": {}, "measures": {"npmi": {"en": 0.5}}, "failed": None},
}
IDENTITY = {"settings": {}, "measures": ["npmi"]}


@pytest.mark.parametrize(
    "changed",
    [
        {"measures": {}},
        {"measures": []},
        {"measures": {"purity": {"en": 0.5}}},
        {"measures": {"npmi": {}}},
        {"measures": {"npmi": {"en": None}}},
        {"measures": {"npmi": {"en": math.nan}}},
        {"measures": {"npmi": 0.5}},
        {"seconds": None},
        {"seed": "0"},
        {"settings": []},
        {"topics": {}},
        {"topics": {"en": [["a", 1]]}},
        {"topics": {"en": "ab"}},
        {"failed": 1},
        {"further": 1},
    ],
)
def test_a_line_that_is_no_training_is_named(tmp_path, changed):
    log = TrialLog(tmp_path, IDENTITY, resume=False)
    log.append(Trial(**WHOLE))
    failed = {**WHOLE, "seed": 1, "measures": {}, "topics": {}, "failed": "the loss is not finite"}
    with (tmp_path / "trials.jsonl").open("a") as stream:
        stream.write(json.dumps(failed) + "\n")
    found = TrialLog(tmp_path, IDENTITY, resume=True)
    assert found.find({"num_topics": 9}, 0).measures == WHOLE["measures"]
    assert found.find({"num_topics": 9}, 1).failed
    with (tmp_path / "trials.jsonl").open("a") as stream:
        stream.write(json.dumps({**WHOLE, **changed}) + "\n")
    with pytest.raises(FileFormatError, match=r"trials\.jsonl is damaged in line 3: delete that line"):
        TrialLog(tmp_path, IDENTITY, resume=True)


@pytest.mark.parametrize("known", [["npmi", "purity"], None])
def test_a_search_that_took_other_measures_is_refused(tmp_path, known):
    before = {"settings": {}} if known is None else {"settings": {}, "measures": known}
    line = {**WHOLE, "measures": {"npmi": {"en": 0.5}, "purity": {"en": 0.5}}}
    TrialLog(tmp_path, before, resume=False).append(Trial(**line))
    with pytest.raises(InputError, match="another version of gloctm, which took other measures: name a new folder"):
        TrialLog(tmp_path, IDENTITY, resume=True)
    with pytest.raises(InputError, match="differs in corpus: give what it was begun with"):
        TrialLog(tmp_path, {**IDENTITY, "corpus": "another"}, resume=True)


def test_a_search_that_is_refused_leaves_the_folder_as_it_was(tmp_path):
    log = TrialLog(tmp_path, IDENTITY, resume=False)
    log.append(Trial(**WHOLE))
    with (tmp_path / "trials.jsonl").open("ab") as stream:
        # As another search would have it that is writing.
        stream.write(b'{"settings": {"num')
    before = (tmp_path / "trials.jsonl").read_bytes()
    with pytest.raises(InputError, match="holds a search"):
        TrialLog(tmp_path, IDENTITY, resume=False)
    resumed = TrialLog(tmp_path, IDENTITY, resume=True)
    assert (tmp_path / "trials.jsonl").read_bytes() == before
    resumed.append(Trial(**{**WHOLE, "seed": 1}))
    resumed.append(Trial(**{**WHOLE, "seed": 2}))
    assert [line["seed"] for line in lines_in(tmp_path)] == [0, 1, 2]


@pytest.mark.parametrize("line", ["[]", "{}", "no JSON", '{"settings": 1}'])
def test_a_damaged_line_is_named(tmp_path, corpus, line):
    folder = tmp_path / "search"
    quick(corpus, {"num_topics": [2]}, folder, seeds=[0])
    with (folder / "trials.jsonl").open("a") as stream:
        stream.write(line + "\n")
    with pytest.raises(FileFormatError, match=r"trials\.jsonl is damaged in line 2: delete that line"):
        quick(corpus, {"num_topics": [2]}, folder, seeds=[0], resume=True)


def test_a_training_that_fails_does_not_end_the_search(tmp_path, corpus):
    fit = GloCTM.fit

    def failing(model, *arguments, **options):
        if model.num_topics in bad:
            raise TrainingError("the loss is not finite")
        return fit(model, *arguments, **options)

    bad = {3}
    with mock.patch.object(GloCTM, "fit", failing):
        result = quick(corpus, {"num_topics": [3, 2]}, tmp_path / "one")
        bad.add(2)
        with pytest.raises(TrainingError, match=r"no candidate could be trained .*: the loss is not finite"):
            quick(corpus, {"num_topics": [3, 2]}, tmp_path / "all")
    assert [result.mark(candidate) for candidate in result.candidates] == ["failed", "best"]
    assert [line["failed"] for line in lines_in(tmp_path / "one")] == ["the loss is not finite"] * 2 + [None] * 2
    Page((tmp_path / "one" / "search.html").read_text())


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", '{"format": "gloctm-search", "version": 1, "identity": []}'),
        '{"format": "gloctm-search", "version": 1, "identity": {"settings": {}, "measures": 5}}',
    ],
)
def test_a_damaged_head_has_a_remedy(tmp_path, corpus, content):
    folder = tmp_path / "search"
    quick(corpus, {"num_topics": [2]}, folder, seeds=[0])
    (folder / "search.json").write_text(content)
    with pytest.raises(
        FileFormatError, match=r"search\.json is damaged.*[:;] put back a copy of it, or name a new folder$"
    ):
        quick(corpus, {"num_topics": [2]}, folder, seeds=[0], resume=True)


# What the corpus does not allow


def relabeled(corpus, **labels):
    """The corpus with a language's labels made of its own by a function."""
    return Corpus(
        {
            code: LanguageCorpus(
                counts=part.counts,
                vocabulary=part.vocabulary,
                word_embeddings=part.word_embeddings,
                document_embeddings=part.document_embeddings,
                labels=[labels.get(code, str)(row, label) for row, label in enumerate(part.labels)],
            )
            for code, part in corpus.items()
        }
    )


def kept(row, label):
    return label


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"en": lambda row, label: "news", "de": kept}, "all documents of 'en' have the label 'news'"),
        ({"en": kept, "de": lambda row, label: f"de {label}"}, "'en' and 'de' have no label in common"),
        ({"en": lambda row, label: str(row) if row < 2 else "", "de": kept}, "'en' has 2 labeled documents, too few"),
        ({"en": lambda row, label: "b" if row == 3 else "a", "de": kept}, "'en' has 80 labeled documents, too few"),
    ],
)
def test_labels_that_cant_be_classified_are_told_before_anything_is_trained(tmp_path, corpus, labels, message):
    other = relabeled(corpus, **labels)
    with (
        mock.patch.object(GloCTM, "fit", side_effect=AssertionError("trained")),
        pytest.raises(InputError, match=f"{message}.*labels=False") as told,
    ):
        quick(other, {"num_topics": [2]}, tmp_path / "search")
    assert "--no-labels" in str(told.value)
    assert not (tmp_path / "search").exists()


def test_rare_labels_are_searched_by(tmp_path, corpus):
    rare = relabeled(corpus, **dict.fromkeys(("en", "de"), lambda row, label: "b" if row in (3, 5) else "a"))
    assert "accuracy_across" in quick(rare, {"num_topics": [2]}, tmp_path / "search", seeds=[0]).measures


def test_a_reference_of_other_words_is_told_before_anything_is_trained(tmp_path, corpus):
    folder = tmp_path / "foreign"
    folder.mkdir()
    for code in ("en", "de"):
        (folder / f"{code}.txt").write_text("foreign words\n" * 5)
    with (
        mock.patch.object(GloCTM, "fit", side_effect=AssertionError("trained")),
        pytest.raises(InputError, match="a reference corpus has none of the words in 'en'"),
    ):
        quick(corpus, {"num_topics": [2]}, tmp_path / "search", references=folder)
    assert not (tmp_path / "search").exists()


def test_topics_that_a_reference_has_no_word_of_are_a_training_that_failed(tmp_path, corpus):
    folder = tmp_path / "few"
    folder.mkdir()
    for code in ("en", "de"):
        (folder / f"{code}.txt").write_text(f"{code}-0-0\n" * 5)
    options = {"seeds": [0], "labels": False, "num_words": 2}
    none = [[["de-1-1", "de-1-2"]] * 2, [["en-1-1", "en-1-2"]] * 2]
    topics = gloctm.selection.measuring.Measurer.topics

    def without(measurer, model):
        return dict(zip(("de", "en"), none, strict=True)) if model.num_topics == 2 else {
            code: [[f"{code}-0-0", f"{code}-1-1"], *words[1:]] for code, words in topics(measurer, model).items()
        }  # fmt: skip

    with mock.patch.object(gloctm.selection.measuring.Measurer, "topics", without), pytest.warns(LowCoverageWarning):
        result = quick(corpus, {"num_topics": [2, 3]}, tmp_path / "search", references=folder, **options)
    assert [result.mark(candidate) for candidate in result.candidates] == ["failed", "best"]
    assert "none of the words" in result.candidates[0].trials[0].failed


def test_without_its_labels_such_a_corpus_is_searched_and_a_language_may_have_none(tmp_path, corpus):
    one = relabeled(corpus, en=lambda row, label: "news", de=kept)
    assert "purity" not in quick(one, {"num_topics": [2]}, tmp_path / "one", labels=False, seeds=[0]).measures
    part = relabeled(corpus, en=kept, de=lambda row, label: "")
    measures = quick(part, {"num_topics": [2]}, tmp_path / "part", seeds=[0]).measures
    assert "accuracy_within" in measures
    assert "accuracy_across" not in measures


def test_all_candidates_are_checked_by_the_corpus_before_anything_is_trained(tmp_path, corpus):
    # Each language has 32 words.
    with (
        mock.patch.object(GloCTM, "fit", side_effect=AssertionError("trained")),
        pytest.raises(InputError, match="num_neighbors is 32 but 'en' has a vocabulary of 32 words: use at most 31"),
    ):
        quick(corpus, {"num_neighbors": [3, 32]}, tmp_path / "search", settings=PUBLISHED)
    assert not (tmp_path / "search").exists()


def test_a_candidate_drawn_that_the_corpus_does_not_allow_has_failed(tmp_path, corpus):
    options = {"trials": 8, "seeds": [0], "settings": {**PUBLISHED, "epochs": 1}, "labels": False}
    result = quick(corpus, {"num_neighbors": Range(2, 60)}, tmp_path / "search", **options)
    for candidate in result.candidates:
        assert (result.mark(candidate) == "failed") == (candidate.settings["num_neighbors"] > 31)
    assert any(candidate.figures for candidate in result.candidates)
    (reason, *_) = [trial.failed for each in result.candidates for trial in each.trials if trial.failed]
    assert "use at most 31" in reason


def with_document_embeddings(corpus, **arrays):
    """The corpus with other document embeddings in some languages."""
    return Corpus(
        {
            code: LanguageCorpus(
                counts=part.counts,
                vocabulary=part.vocabulary,
                word_embeddings=part.word_embeddings,
                document_embeddings=arrays.get(code, part.document_embeddings),
                labels=part.labels,
            )
            for code, part in corpus.items()
        }
    )


def test_embeddings_of_several_encoders_are_told_before_anything_is_trained(tmp_path, corpus):
    other = with_document_embeddings(corpus, de=np.ones((80, 7), "f4"))
    for space, more in (
        ({"num_topics": [2, 3]}, SETTINGS),
        ({"ranking": ["weights", "coherence"]}, {**PUBLISHED, "num_topics": 2}),
    ):
        with (
            mock.patch.object(GloCTM, "fit", side_effect=AssertionError("trained")),
            pytest.raises(InputError, match="compares documents across languages, but their embeddings differ"),
        ):
            quick(other, space, tmp_path / "search", settings=more)
        assert not (tmp_path / "search").exists()
    # The published method compares none, and shows words by their weights.
    assert quick(other, {"num_topics": [2]}, tmp_path / "search", settings=PUBLISHED, seeds=[0], labels=False).best


def test_more_topics_than_documents_differ_is_a_training_that_failed(tmp_path, corpus):
    # Nine different documents in each language.
    few = with_document_embeddings(
        corpus, **{code: part.document_embeddings[np.arange(80) % 9] for code, part in corpus.items()}
    )
    few = Corpus(
        {
            code: LanguageCorpus(
                counts=part.counts[np.arange(80) % 9],
                vocabulary=part.vocabulary,
                word_embeddings=part.word_embeddings,
                document_embeddings=part.document_embeddings,
            )
            for code, part in few.items()
        }
    )
    result = quick(few, {"num_topics": [2, 26]}, tmp_path / "search", seeds=[0])
    assert [result.mark(candidate) for candidate in result.candidates] == ["best", "failed"]
    assert "different documents in all, which can't make 26 topics" in result.candidates[1].trials[0].failed


def test_methods_can_be_compared(tmp_path, corpus):
    space = {"method": ["context", "published"], "num_topics": [4]}
    result = quick(corpus, space, tmp_path / "search", seeds=[0], num_words=6)
    assert [candidate.settings["method"] for candidate in result.candidates] == ["context", "published"]
    assert all(candidate.figures for candidate in result.candidates)
    # With settings of one of them the other can't be trained.
    with pytest.raises(InputError, match="kl_weight is given, a setting of method='published'"):
        quick(corpus, {**space, "kl_weight": [2, 4]}, tmp_path / "other")
    assert not (tmp_path / "other").exists()


# Candidates drawn


def test_candidates_are_drawn_within_their_ranges_and_again_the_same(tmp_path, corpus):
    space = {"num_topics": Range(2, 6), "temperature": Range(0.03, 2), "num_refinements": [1, 2]}
    options = {"trials": 12, "seeds": [0], "labels": False}
    whole = quick(corpus, space, tmp_path / "whole", **options)
    for candidate in whole.candidates:
        assert isinstance(candidate.settings["num_topics"], int)
        assert 2 <= candidate.settings["num_topics"] <= 6
        assert 0.03 <= candidate.settings["temperature"] <= 2
        assert candidate.settings["temperature"] == float(f"{candidate.settings['temperature']:.4g}")
        assert candidate.settings["num_refinements"] in (1, 2)
    assert len({candidate.settings["temperature"] for candidate in whole.candidates}) > 9
    first = quick(corpus, space, tmp_path / "parts", **{**options, "trials": 3})
    assert [each.settings for each in first.candidates] == [each.settings for each in whole.candidates[:3]]
    quick(corpus, space, tmp_path / "parts", resume=True, **options)
    assert lines_in(tmp_path / "parts") == lines_in(tmp_path / "whole")


def test_what_is_drawn_twice_is_trained_once(tmp_path, corpus):
    space = {"num_topics": Range(2, 3)}
    options = {"trials": 6, "seeds": [0], "labels": False}
    result = quick(corpus, space, tmp_path / "search", **options)
    assert len(lines_in(tmp_path / "search")) == len(result.candidates) == 2


def test_only_drawing_needs_optuna(tmp_path, corpus):
    with mock.patch.dict(sys.modules, {"optuna": None}):
        quick(corpus, {"num_topics": [2]}, tmp_path / "search", seeds=[0])
        with pytest.raises(MissingDependencyError, match=r'needs optuna, .*pip install "gloctm\[search\]"'):
            quick(corpus, {"num_topics": Range(2, 5)}, tmp_path / "drawn", trials=2)
    assert not (tmp_path / "drawn").exists()


# Errors


@pytest.mark.parametrize(
    ("space", "options", "message"),
    [
        ({}, {}, "the space is empty"),
        ({"topics": [2]}, {}, "there is no setting 'topics'; there are batch_size,"),
        ({"random_state": [2]}, {}, "random_state can't be searched over: give the seeds as seeds"),
        ({"threads": [1, 2]}, {}, "threads can't be searched over: it changes no model"),
        ({"num_topics": []}, {}, "num_topics has no values"),
        ({"num_topics": 20}, {}, "num_topics is to be 20: give a list of values, or a Range"),
        ({"schedule": "decay"}, {}, "schedule is to be 'decay': give a list"),
        ({"num_topics": [20, 1]}, {}, "num_topics is 1: it must be 2 or more"),
        ({"num_topics": [20.5]}, {}, "num_topics is 20.5: it must be a whole number"),
        ({"kl_weight": [1, -1]}, {}, "kl_weight is -1: it must be 0 or more"),
        ({"temperature": Range(1, 4)}, {}, "say how many candidates to draw (trials)"),
        ({"kl_weight": [2, 4]}, {}, "kl_weight is given, a setting of method='published', but the method is 'context'"),
        ({"kl_weight": Range(4, 9)}, {"trials": 3}, "kl_weight is given, a setting of method='published'"),
        ({"num_topics": [2]}, {"settings": {"epochs": 3}}, "epochs is given, a setting of method='published'"),
        ({"num_topics": Range(2, 9)}, {"trials": 3, "settings": {"epochs": 3}}, "epochs is given, a setting of method"),
        ({"temperature": [0.1]}, {"preset": "ecnews"}, "temperature is given, a setting of method='context', but the"),
        ({"method": ["context", "neural"]}, {}, "method is 'neural': it must be context or published"),
        ({"kl_weight": Range(4, 1)}, {"trials": 3}, "kl_weight is to be drawn from 4 to 1: the first must be below"),
        ({"num_topics": Range(2, 4.5)}, {"trials": 3}, "num_topics is 4.5: it must be a whole number"),
        ({"schedule": Range(0, 1)}, {"trials": 3}, "schedule is no number to draw from a range"),
        ({"num_topics": [2, 3]}, {"trials": 2}, "there are 2 candidates in all: leave it out"),
        ({"num_topics": [2, 3]}, {"trials": 0}, "trials is 0: it must be a whole number of at least 1"),
        ({"num_topics": [2]}, {"seeds": []}, "give a list of whole numbers"),
        ({"num_topics": [2]}, {"seeds": [0, 0]}, "the same one twice"),
        ({"num_topics": [2]}, {"seeds": [-1]}, "a seed is -1: it must be a whole number of at least 0"),
        ({"num_topics": [2]}, {"settings": {"epoch": 2}}, "there is no setting 'epoch'"),
        ({"num_topics": [2]}, {"settings": {"random_state": 2}}, "give them as seeds"),
        ({"num_topics": [2]}, {"settings": {"epochs": 0}}, "epochs is 0"),
        ({"num_topics": [2]}, {"preset": "news"}, "there is no preset 'news'"),
        ({"num_topics": [2]}, {"num_words": 1}, "num_words is 1"),
        (
            {"num_topics": [2]},
            {"num_words": 33},
            "num_words is 33: it must be a whole number from 2, since coherence",
        ),
        ({"num_topics": [2]}, {"num_words": 33, "labels": False}, "to 32, the size of the smallest vocabulary"),
        ({"num_topics": [2]}, {"objective": "tq"}, "the objective is 'tq', which is not measured here: choose one of"),
        ({"num_topics": [2]}, {"objective": "cnpmi_published"}, "which is not measured here"),
        ({"num_topics": [2]}, {"objective": "stability", "seeds": [0]}, "which is not measured here"),
        ({"num_topics": [2]}, {"objective": "purity", "labels": False}, "which is not measured here"),
    ],
)
def test_errors_are_told_before_anything_is_trained(tmp_path, corpus, space, options, message):
    with (
        mock.patch.object(GloCTM, "fit", side_effect=AssertionError("trained")),
        pytest.raises(InputError, match=re.escape(message)),
    ):
        quick(corpus, space, tmp_path / "search", **options)
    assert not (tmp_path / "search").exists()


def test_a_corpus_that_cant_be_trained_on(tmp_path):
    bare = Corpus.from_tokens({"en": [["a", "b"]] * 9, "de": [["c", "d"]] * 9}, min_df=1, max_df=1.0, encoder=None)
    with pytest.raises(InputError, match="no embeddings"):
        quick(bare, {"num_topics": [2]}, tmp_path / "search")
    with pytest.raises(InputError, match="search takes a Corpus, not dict"):
        quick({}, {"num_topics": [2]}, tmp_path / "search")


def test_progress_tells_what_is_left_and_warns_once(tmp_path, corpus, capsys):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quick(corpus, {"num_topics": [30, 31]}, tmp_path / "search", show_progress=True)
    lines = capsys.readouterr().err.splitlines()
    pattern = r"training \d of 4 \(num_topics \d+, seed \d\): quality in the corpus 0\.\d{3}, \d+s; (\d) left, .*"
    assert [re.fullmatch(pattern, line)[1] for line in lines] == ["3", "2", "1", "0"]
    assert lines[-1].endswith(" total")
    told = [str(each.message) for each in caught if each.category.__module__.startswith("gloctm")]
    assert [re.search(r"80 documents for (\d+) topics", each)[1] for each in told] == ["30", "31"]
    # They are about the line that called search: here.
    files = {each.filename for each in caught if each.category.__module__.startswith("gloctm")}
    assert files == {quick.__code__.co_filename}


# The command line


@pytest.fixture(scope="module")
def saved(corpus, tmp_path_factory):
    return corpus.save(tmp_path_factory.mktemp("saved") / "corpus")


FLAGS = ["--threads=1"]
PUBLISHED_FLAGS = [
    *("--method=published", "--set", "batch_size=40", "--set", "learning-rate=0.01", "--epochs=3", "--threads=1"),
    "--device=cpu",
]


def run_here(*arguments):
    words = list(map(str, arguments))
    with (
        contextlib.redirect_stdout(io.StringIO()) as output,
        contextlib.redirect_stderr(io.StringIO()) as messages,
        mock.patch.object(sys, "argv", ["gloctm", *words]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return ended.value.code, output.getvalue(), messages.getvalue()


@pytest.mark.parametrize(
    ("flags", "name", "values", "chosen_by"),
    [
        (FLAGS, "num_refinements", (0, 2), "quality in the corpus\n(--objective topic_quality_in_corpus)\n"),
        pytest.param(
            *(PUBLISHED_FLAGS, "kl_weight", (2.0, 4.5)),
            "quality in the corpus\n(--objective topic_quality_in_corpus)\n",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["context", "published"],
)
def test_the_command_is_killed_goes_on_and_says_how_to_train_the_best(
    tmp_path, monkeypatch, saved, flags, name, values, chosen_by
):
    command = [sys.executable, "-m", "gloctm", "search", str(saved), "-o", "out", "--topics=2,4", *flags]
    command += ["--set", f"{name}={values[0]:g},{values[1]:g}", "--seeds=3,4"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, encoding="utf-8") as process:
        for line in process.stderr:
            if line.startswith("training 2 of 8"):
                process.kill()
                break
    assert len(lines_in(tmp_path / "out")) >= 2
    monkeypatch.chdir(tmp_path)
    code, _, messages = run_here(*command[3:])
    assert code == 2
    assert messages == "gloctm: error: out holds a search: go on with --resume, or name a new folder\n"
    code, output, messages = run_here(*command[3:], "--resume")
    assert code == 0, messages
    assert messages.endswith("written to out; see out/search.html\n")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    best = summary["best"]["settings"]
    assert f"best: num_topics {best['num_topics']}, {name} {best[name]}\n" in output
    # One in each block that the width of the terminal parts the table into.
    rows = [line for line in output.splitlines() if line.endswith("  best")]
    assert {row.split()[0] for row in rows} == {str(best["num_topics"])}
    assert f"chosen by {chosen_by}" in output
    lines = lines_in(tmp_path / "out")
    assert [(line["settings"]["num_topics"], line["settings"][name], line["seed"]) for line in lines] == list(
        product((2, 4), values, (3, 4))
    )
    # The command that it says trains the very model.
    said = output.splitlines()[-1].removeprefix("train it with: gloctm ")
    assert "-o out-model " in said
    assert run_here(*shlex.split(said), "-q")[0] == 0
    model = GloCTM.load(tmp_path / "out-model")
    (own,) = [
        line for line in lines if line["seed"] == 3 and all(line["settings"][each] == best[each] for each in best)
    ]
    for code, topics in own["topics"].items():
        assert [list(record["words"]) for record in model.topics(15, language=code)] == topics


def test_the_command_draws_from_ranges(tmp_path, saved):
    flags = ["--topics=2..6", "--trials=3", "--seeds=0", "--no-labels", "--objective=topic_uniqueness", "-q"]
    code, output, messages = run_here("search", saved, "-o", tmp_path / "out", *flags, *FLAGS)
    assert code == 0, messages
    assert "seed 0; chosen by TU\n(--objective topic_uniqueness)\n" in output
    assert len({line["settings"]["num_topics"] for line in lines_in(tmp_path / "out")}) > 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "there is nothing to choose from: give values with --topics 10,20,30 or --set num_refinements=0,5"),
        (["--set", "epochs=2"], "there is nothing to choose from"),
        (["--set", "kl_weight"], "--set 'kl_weight': give SETTING=VALUES, for example num_refinements=0,5"),
        (["--topics=2..many"], "--num-topics '2..many': a range is of two numbers, for example 100..500"),
        (["--topics=2,many"], "--num-topics is 'many': it must be a whole number"),
        (["--num-topics=2,1"], "--num-topics is 1: it must be 2 or more"),
        (["--topics=2..6"], "how many candidates to draw (--trials), or list"),
        (["--topics=2,3", "--trials=2"], "error: --trials is 2, but there are 2 candidates"),
        (["--topics=2", "--seeds=0,0"], "error: --seeds is [0, 0]: the same one twice"),
        (["--topics=2", "--seeds=,"], "--seeds ',': give whole numbers"),
        (["--topics=2", "--set", "random_state=1"], "give them by --seeds"),
        (["--topics=2", "--set", "decay-factor=2"], "--set decay_factor is 2: it must be above 0"),
        (
            ["--topics=2", "--set", "patience=0"],
            "--set patience is 0: it must be a whole number of at least 1, or none (none",
        ),
        (
            ["--topics=2", "--set", "num_near_documents=-1"],
            "--set num_near_documents is -1: it must be a whole number of at least 0, or none (none",
        ),
        (
            ["--set", "num_neighbors=3,50", "--method=published"],
            "--set num_neighbors is 50 but 'en' has a vocabulary of 32 words",
        ),
        (
            ["--topics=2", "--epochs=3"],
            "error: --epochs is given, a setting of --method published, but the method is 'context': leave epochs "
            "out, or give --method published\n",
        ),
        (["--set", "kl_weight=2,4"], "error: --set kl_weight is given, a setting of --method published, but the"),
        (["--topics=2", "--method=neural"], "error: --method is 'neural': it must be context or published\n"),
        (["--set", "method=context,published", "--method=context"], "method is given twice"),
        (["--topics=2", "--set", "num_topics=3"], "num_topics is given twice"),
        (["--topics=2", "--epochs=0"], "error: --epochs is 0: it must be 1 or more"),
        (["--topics=2", "--seeds=one"], "--seeds 'one': give whole numbers separated by commas, for example 0,1,2"),
        (["--topics=2", "--words=1"], "--num-words is 1"),
        (["--topics=2", "-r", "nowhere"], "--reference nowhere does not exist: give a folder with a file LANG.txt"),
        (["--topics=2", "-r", "en.txt,de.txt"], "en.txt does not exist: check its name"),
        (
            ["--topics=2", "--objective=tq"],
            "the objective is 'tq', which is not measured here: choose one of topic_uniqueness",
        ),
    ],
)
def test_errors_of_the_command(tmp_path, saved, flags, message):
    code, output, messages = run_here("search", saved, "-o", tmp_path / "out", *flags)
    assert code == 2
    assert output == ""
    assert messages.startswith("gloctm: error: ")
    assert message in messages
    assert not (tmp_path / "out").exists()


def test_none_is_a_value_and_a_new_folder_is_told(tmp_path, saved):
    config = tmp_path / "settings.yaml"
    config.write_text("num_near_documents: 7\n")
    # None chooses 10 for this corpus.
    flags = ["--set", "num_near_documents=none,10", "--topics=2", "--seeds=0", "--no-labels", "--resume"]
    flags += ["--config", config]
    code, output, messages = run_here("search", saved, "-o", tmp_path / "out", *flags, *FLAGS)
    assert code == 0, messages
    assert messages.startswith(f"there is no search in {tmp_path / 'out'} to go on from: it begins\n")
    assert {line["settings"]["num_near_documents"] for line in lines_in(tmp_path / "out")} == {None, 10}
    # Both trainings are the same, so that the first is best: none, which the command can't say.
    assert "best: num_topics 2, num_near_documents None\n" in output
    assert "--num-near-documents" not in output
    assert "num_near_documents none has no flag: write num_near_documents: null in a YAML file" in messages
    _, _, messages = run_here("search", saved, "-o", tmp_path / "out", *flags, *FLAGS)
    assert "there is no search" not in messages


def test_labels_that_cant_be_classified_are_told_with_their_flag(tmp_path, corpus):
    folder = relabeled(corpus, en=lambda row, label: "news", de=kept).save(tmp_path / "corpus")
    code, _, messages = run_here("search", folder, "-o", tmp_path / "out", "--topics=2", *FLAGS)
    assert code == 2
    assert messages.endswith("correct the labels, or leave them out with --no-labels\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("output", "model"), [("a/out", "a/out-model"), (".", "here-model")])
def test_the_model_of_the_command_lies_beside_the_search(tmp_path, monkeypatch, output, model):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    result = SearchResult((made(0.0, seeds=1, num_topics=2),), "npmi", (0,))
    command = training_command(Path("c"), result, output=Path(output), preset=None, config=None, settings={})
    words = shlex.split(command)
    assert words[words.index("-o") + 1].endswith(model)
    assert words[-2:] == ["--random-state", "0"]


@pytest.mark.parametrize("width", [40, 80, 160])
def test_a_table_is_never_wider_than_the_terminal(found, width):
    result, _ = found
    lines = table_lines(result, width)
    assert max(map(len, lines[:-2])) <= width
    told = "\n".join(lines)
    for cell in ("2", *(row[1].replace(" ± ", "±") for row in result.table()[1:])):
        assert cell in told
    assert sum(line.endswith("  best") for line in lines) == {40: 3, 80: 1, 160: 1}[width]


def test_a_notebook_shows_a_search_as_a_table(found):
    result, _ = found
    shown = result._repr_html_()
    heading, *rows = shown.removeprefix("<table>").removesuffix("</table>").replace("<tr>", "").split("</tr>")[:-1]
    assert heading == "<th>num_topics</th><th>quality in the corpus</th><th></th>"
    assert [row.split("</td>")[0] for row in rows] == ["<td>2", "<td>4", "<td>8"]
    assert rows[1].endswith("<td>best</td>")
    assert "color" not in shown
    odd = [Candidate({"device": "<i>"}, (), {"npmi": MeanOverSeeds(0.5, None)})]
    assert "&lt;i&gt;" in SearchResult(tuple(odd), "npmi", (0,))._repr_html_()


# The page about it


def test_the_table_in_choosing_k_is_as_it_is_printed(repository):
    text = (repository / "docs" / "guides" / "choose-k.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```text\n((?:(?!```).)*?)\nbest: ", text, flags=re.DOTALL)
    lines = block.splitlines()
    measures = ("topic_quality_in_corpus", "topic_uniqueness", "npmi_in_corpus", "accuracy_across", "stability")
    candidates = []
    for line in lines:
        if re.match(r" *\d", line):
            number, *cells = line.split()[:6]
            figures = {}
            for name, cell in zip(measures, cells, strict=True):
                mean, _, deviation = cell.partition("±")
                figures[name] = MeanOverSeeds(float(mean), float(deviation) if deviation else None)
            candidates.append(Candidate({"num_topics": int(number)}, (), figures))
    assert len(candidates) == 5
    assert table_lines(SearchResult(tuple(candidates), measures[0], (0, 1, 2)), 80) == lines


@pytest.mark.parametrize("row", ["topic_uniqueness", "stability", "macro_f1_across", "normalized_mutual_information"])
def test_choosing_k_says_what_each_objective_is_called(repository, row):
    text = (repository / "docs" / "guides" / "choose-k.md").read_text(encoding="utf-8")
    assert f"| `{row}` | {name_of(row)} |" in text


@pytest.mark.slow
def test_choosing_k(repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])))
    text = (repository / "docs" / "guides" / "choose-k.md").read_text(encoding="utf-8")

    def shortened(block):
        # Candidates and epochs take the time, and are no other code.
        block = block.replace("4,8,12,16,24", "4,8")
        block = block.replace("4..40", "4..8").replace("--trials 20", "--trials 2")
        return block.replace("--preset published", "--preset published --epochs 2")

    for block in re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL):
        for line in shortened(block).replace("\\\n", "").strip().splitlines():
            finished = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
            assert finished.returncode == 0, (line, finished.stderr)
    assert len(lines_in(tmp_path / "search")) == 6
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (repository / "docs" / "guides" / target).exists(), target

"""Figures: what is drawn is what was measured, texts stay texts, and both libraries draw all of it."""

from __future__ import annotations

import html
import io
import itertools
import json
import math
import re
import subprocess
import sys
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gloctm import plot
from gloctm.errors import CrowdedFigureWarning, InputError, MissingDependencyError
from gloctm.model.vectors import cosines, topic_vectors
from gloctm.plot.palette import PALETTES, colour_at, contrast, faded, legible_on, style
from gloctm.plot.topic_figures import _ticks
from gloctm.plot.wording import cut, for_matplotlib, for_plotly, one_line, width, wrapped
from gloctm.summary.content import FORMAT

plotly = pytest.importorskip("plotly.graph_objects", reason="pip install plotly")
matplotlib = pytest.importorskip("matplotlib", reason="pip install matplotlib")

CODES = ("en", "zh", "ar")
NAMES = {"en": "English", "zh": "Chinese", "ar": "Arabic"}
# By topic and language.
PREVALENCE = ((0.2, 0.1, 0.3), (0.5, 0.6, 0.4), (0.3, 0.3, 0.3))
CONTRAST = ((0.0, -0.15, 0.15), (0.0, 0.15, -0.15), (0.0, 0.001, -0.001))
WORDS = {"en": ["rain", "storm", "wind"], "zh": ["大雨", "天气", "气温"], "ar": ["مطر", "عاصفة", "ريح"]}
TERMS = ("local", "shared", "regularization", "cka")


def over_time(*means) -> list:
    return [None if mean is None else {"mean": mean, "low": mean - 0.04, "high": mean + 0.05} for mean in means]


def a_summary() -> dict:
    history = {term: [3.0 - place, 2.0 - place, 1.5 - place] for place, term in enumerate(TERMS)}
    topics = [
        {
            "id": number,
            "members": [number] if number else [0, 7],
            "name": f"topic{number} name",
            "labels": {},
            "doubtful": [],
            "x": [-0.5, 0.0, 0.9][number],
            "y": [0.25, -1.0, 0.5][number],
            "prevalence": {
                code: {"mean": mean, "low": mean - 0.01, "high": mean + 0.02}
                for code, mean in zip(CODES, PREVALENCE[number], strict=True)
            },
            "overall": float(np.mean(PREVALENCE[number])),
            "contrast": {
                code: {"difference": value, "low": value - 0.01, "high": value + 0.03}
                for code, value in zip(CODES, CONTRAST[number], strict=True)
            },
            "words": {
                code: [[f"{word}{number}", 2.0 - rank] for rank, word in enumerate(words)]
                for code, words in WORDS.items()
            },
        }
        for number in range(3)
    ]
    return {
        "format": FORMAT,
        "languages": [
            {"code": code, "name": NAMES[code], "direction": "rtl" if code == "ar" else "ltr"} for code in CODES
        ],
        "history": {"epoch": [1, 2, 3], "loss": list(map(sum, zip(*history.values(), strict=True))), **history},
        "topics": topics,
        "dates": {
            "unit": "month",
            "periods": ["2019-11", "2019-12", "2020-01"],
            "counts": {"en": [4, 5, 6], "zh": [2, 0, 3], "ar": [0, 0, 0]},
            "prevalence": {
                "en": [over_time(0.1, 0.2, 0.3), over_time(0.4, 0.5, 0.6), over_time(0.5, 0.3, 0.1)],
                "zh": [over_time(0.2, None, 0.1), over_time(0.3, None, 0.3), over_time(0.5, None, 0.6)],
                "ar": [over_time(None, None, None)] * 3,
            },
        },
    }


def a_model(codes=("en", "de")) -> SimpleNamespace:
    """Three topics of two words each. The vectors of their topics are known: see the tests."""
    return SimpleNamespace(
        vocabulary_={code: [f"{code}{word}" for word in range(6)] for code in codes},
        word_scores_={
            code: np.array([[9, 8, 0, 0, 0, 0], [0, 0, 9, 8, 0, 0], [0, 0, 0, 0, 9, 8]], "f4") for code in codes
        },
        word_embeddings_={
            code: np.repeat(np.eye(3, dtype="f4"), 2, axis=0) * (1 + place) for place, code in enumerate(codes)
        },
    )


def some_records() -> list[dict]:
    return [
        {"model": model, "measure": measure, "seed": seed, "value": base + seed / 10}
        for model, base in (("GloCTM", 0.5), ("another", 0.25))
        for measure in ("topic_uniqueness", "purity")
        for seed in range(3)
    ]


FIGURES = {
    "topic_table": lambda **look: plot.topic_table(a_summary(), **look),
    "topic_map": lambda **look: plot.topic_map(a_summary(), **look),
    "topics_over_time": lambda **look: plot.topics_over_time(a_summary(), **look),
    "language_heatmap": lambda **look: plot.language_heatmap(a_summary(), **look),
    "language_comparison": lambda **look: plot.language_comparison(a_summary(), "zh", **look),
    "alignment_heatmap": lambda **look: plot.alignment_heatmap(a_model(), "en", "de", num_words=2, **look),
    "training_curve": lambda **look: plot.training_curve(a_summary(), **look),
    "quality_bars": lambda **look: plot.quality_bars(some_records(), **look),
}
# What must be readable in each.
SHOWN = {
    "topic_table": ["0 topic0 name", "English", "rain0", "مطر2", "天气1"],
    "topic_map": [
        "0 topic0 name",
        "1 topic1 name",
        "2 topic2 name",
        "area of a circle: mean topic proportion, 20.0 to 50.0 %",
    ],
    "topics_over_time": ["0 topic0 name", "2 topic2 name", "English", "Chinese", "mean proportion (%)", "2019-12"],
    "language_heatmap": ["0 topic0 name", "2 topic2 name", "Arabic", "mean topic proportion (%)", "60.0"],
    "language_comparison": ["1 topic1 name", "less in Chinese", "more in Chinese", "no clear difference"],
    "alignment_heatmap": ["0 en0 en1", "2 de4 de5", "cosine", "1.00", "3 of 3 topics in English"],
    "training_curve": ["loss", "local path", "global path", "regularisation", "CKA", "epoch", "mean per document"],
    "quality_bars": ["TU", "purity", "GloCTM", "another", "mean and 95 % interval over repetitions"],
}


def svg_of(figure) -> str:
    """The figure as SVG whose texts are texts."""
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(file, format="svg")
    return file.getvalue().decode()


def texts_of(value) -> list[str]:
    """All texts within a plotly figure's JSON."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for each in value for text in texts_of(each)] if isinstance(value, list | tuple) else []


def as_plotly_shows(text: str) -> str:
    """What plotly.js makes of a text: named and numbered entities are decoded, once."""
    return html.unescape(text)


def test_every_figure_is_tested():
    assert set(plot.__all__) - {"Backend", "Look", "Theme"} == set(FIGURES) == set(SHOWN)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_plotly_figures_are_valid_and_tell_everything(name, theme):
    figure = FIGURES[name](theme=theme, title="What it <is>")
    assert isinstance(figure, plotly.Figure)
    content = json.loads(json.dumps(figure.to_plotly_json(), allow_nan=False))
    assert plotly.Figure(content).to_plotly_json() == figure.to_plotly_json()
    shown = "\n".join(map(as_plotly_shows, texts_of(content)))
    for text in SHOWN[name]:
        assert text in shown
    assert content["layout"]["title"]["text"] == "What it &lt;is&gt;"
    assert content["layout"]["template"]["layout"]["paper_bgcolor"] == PALETTES[theme].background
    assert "sans-serif" in content["layout"]["template"]["layout"]["font"]["family"]


@pytest.mark.parametrize("name", FIGURES)
def test_matplotlib_figures_save_and_tell_everything(name):
    figure = FIGURES[name](backend="matplotlib", title="What it <is>")
    assert isinstance(figure, matplotlib.figure.Figure)
    svg = html.unescape(svg_of(figure))
    for text in [*SHOWN[name], "What it <is>"]:
        assert text in svg
    for kind, beginning in (("pdf", b"%PDF"), ("png", b"\x89PNG")):
        file = io.BytesIO()
        figure.savefig(file, format=kind, dpi=40)
        assert file.getvalue().startswith(beginning)


def test_dark_matplotlib_figures_are_dark():
    figure = plot.language_heatmap(a_summary(), theme="dark", backend="matplotlib")
    assert figure.get_facecolor()[:3] == pytest.approx(matplotlib.colors.to_rgb(PALETTES["dark"].background))
    ticks = figure.axes[0].get_yticklabels()
    assert [matplotlib.colors.to_hex(tick.get_color()) for tick in ticks] == [PALETTES["dark"].foreground] * 3


def test_matplotlib_is_drawn_without_pyplot():
    code = (
        "import sys; from gloctm import plot; "
        "plot.quality_bars([{'measure': 'purity', 'value': 1}], backend='matplotlib').savefig(sys.stdout.buffer); "
        "assert 'matplotlib.pyplot' not in sys.modules and 'plotly' not in sys.modules"
    )
    drawn = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert drawn.stdout.startswith(b"\x89PNG")


def test_a_summary_and_its_mapping_are_alike():
    summary = SimpleNamespace(to_dict=a_summary)
    assert plot.language_heatmap(summary) == plot.language_heatmap(a_summary())
    assert plot.training_curve(summary) == plot.training_curve(a_summary())


# ---------------------------------------------------------------------------------------------------------------------
# Each figure's numbers


def test_table():
    [table] = plot.topic_table(a_summary(), num_words=2, languages=["ar", "en"], topics=[2, 0]).data
    assert list(table.header.values) == ["topic", "Arabic", "English"]
    topics, arabic, english = table.cells.values
    assert list(topics) == ["2 topic2 name", "0 topic0 name"]
    assert list(english) == ["rain2, storm2", "rain0, storm0"]
    # The comma is between words that are read from the right.
    assert arabic[1] == "مطر0,\u200f عاصفة0"
    assert list(table.cells.align) == ["left", "right", "left"]


def test_heat_map():
    heat, written = plot.language_heatmap(a_summary(), languages=["zh", "en"], topics=[2, 0, 1]).data
    np.testing.assert_allclose(heat.z, [[30, 30], [10, 20], [60, 50]])
    assert (heat.zmin, heat.zmax) == (0, 60)
    assert heat.hovertext[1][0] == "0 topic0 name<br>the model's topics 0, 7<br>Chinese: 10.00 % (9.00 to 12.00 %)"
    assert list(zip(written.y, written.x, written.text, strict=True))[:3] == [
        (0, 0, "30.0"),
        (0, 1, "30.0"),
        (1, 0, "10.0"),
    ]
    figure = plot.language_heatmap(a_summary(), order="prevalence")
    assert figure.layout.yaxis.ticktext == ("1 topic1 name", "2 topic2 name", "0 topic0 name")
    assert figure.layout.yaxis.range == (2.5, -0.5)  # the first on top
    np.testing.assert_allclose(figure.data[0].z, [[50, 60, 40], [30, 30, 30], [20, 10, 30]])


def test_heat_map_of_a_language_without_documents():
    summary = a_summary()
    for topic in summary["topics"]:
        topic["prevalence"]["zh"] = None
    figure = plot.language_heatmap(summary)
    assert [row[1] for row in figure.data[0].z] == [None] * 3
    assert "Chinese: not known" in figure.data[0].hovertext[0][1]
    assert len(figure.data[1].text) == 6
    mesh = plot.language_heatmap(summary, backend="matplotlib").axes[0].collections[0]
    assert np.ma.getmaskarray(mesh.get_array())[:, 1].all()
    np.testing.assert_allclose(mesh.get_array()[:, 2], [30, 40, 30])


def test_comparison():
    figure = plot.language_comparison(a_summary(), "ZH")
    # The largest contrast on top.
    assert figure.layout.yaxis.ticktext == ("1 topic1 name", "2 topic2 name", "0 topic0 name")
    more, less, unclear = figure.data
    assert [trace.name for trace in figure.data] == ["more in Chinese", "less in Chinese", "no clear difference"]
    for trace, place, value in ((more, 0, 15), (less, 2, -15), (unclear, 1, 0.1)):
        assert trace.y == (place,)
        np.testing.assert_allclose([trace.x[0], trace.error_x.array[0], trace.error_x.arrayminus[0]], [value, 3, 1])
    assert "+15.00 percentage points (+14.00 to +18.00)" in more.hovertext[0]
    assert len({trace.marker.symbol for trace in figure.data}) == 3


def test_comparison_of_what_may_be_of_different_themes():
    summary = a_summary()
    summary["topics"][1]["doubtful"] = ["zh", "ar"]
    summary["topics"][2]["doubtful"] = ["en"]
    figure = plot.language_comparison(summary, "zh")
    assert [trace.name for trace in figure.data] == [
        "less in Chinese",
        "no clear difference",
        "probably of different themes",
    ]
    [doubtful] = [trace for trace in figure.data if trace.name.startswith("probably")]
    assert (doubtful.y, doubtful.marker.symbol) == ((0,), "x")
    assert doubtful.hovertext[0].endswith("<br>probably of another theme in Chinese, Arabic")
    assert "of another theme in English" in figure.data[1].hovertext[0]
    assert "probably of different themes" in svg_of(plot.language_comparison(summary, "zh", backend="matplotlib"))
    assert figure.layout.xaxis.title.text.startswith("mean proportion in Chinese minus that in the others (percentage")
    # Of two languages, neither can be compared with the other.
    del summary["languages"][2]
    two = plot.language_comparison(summary, "zh")
    assert [trace.y for trace in two.data if trace.name.startswith("probably")] == [(0, 1)]
    assert two.layout.xaxis.title.text.startswith("mean proportion in Chinese minus that in English (percentage points")


def test_heat_map_of_what_may_be_of_different_themes():
    summary = a_summary()
    summary["topics"][1]["doubtful"] = ["zh"]
    figure = plot.language_heatmap(summary, topics=[2, 1])
    assert list(figure.data[1].text) == ["30.0", "30.0", "30.0", "50.0", "60.0 ?", "40.0"]
    assert figure.data[0].hovertext[1][1].endswith("its words are probably of another theme here")
    assert figure.layout.annotations[0].text.startswith("?: words of probably another theme")
    assert not plot.language_heatmap(summary, topics=[0]).layout.annotations
    assert "60.0 ?" in svg_of(plot.language_heatmap(summary, backend="matplotlib"))


def test_topics_are_called_by_their_numbers_in_the_model():
    summary = a_summary()
    for topic, number, members in zip(summary["topics"], (0, 3, 8), ([0, 7], [3, 5], [8]), strict=True):
        topic["id"], topic["members"] = number, members
    summary["hidden"] = [1, 2]
    figure = plot.topics_over_time(summary, topics=[8])
    # What is by place is found all the same.
    np.testing.assert_allclose(figure.data[0].y, [50, 30, 10])
    assert figure.layout.annotations[0].text == "8 topic2 name"
    heat = plot.language_heatmap(summary, topics=[3, 0])
    assert heat.layout.yaxis.ticktext == ("3 topic1 name", "0 topic0 name")
    np.testing.assert_allclose(heat.data[0].z, [[50, 60, 40], [20, 10, 30]])
    for topic, message in (
        (2, "topic 2 is hidden by the view"),
        (5, "topic 5 is shown as a part of topic 3: name that one"),
        (9, "the summary has no topic 9: it has 0 to 8"),
    ):
        with pytest.raises(InputError, match=message):
            plot.topic_table(summary, topics=[topic])


def test_comparison_by_matplotlib_has_the_same_numbers():
    axes = plot.language_comparison(a_summary(), "zh", backend="matplotlib").axes[0]
    bars = {container.get_label(): container for container in axes.containers}
    point, _, (segments,) = bars["less in Chinese"]
    np.testing.assert_allclose(point.get_xydata(), [[-15, 2]])
    np.testing.assert_allclose(segments.get_segments(), [[[-16, 2], [-12, 2]]])
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["1 topic1 name", "2 topic2 name", "0 topic0 name"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_over_time():
    figure = plot.topics_over_time(a_summary(), topics=[2, 0])
    assert [(trace.name, trace.yaxis) for trace in figure.data] == [
        ("English", "y"),
        ("Chinese", "y"),
        ("English", "y2"),
        ("Chinese", "y2"),
    ]
    # A language has one place in the legend, and one colour everywhere.
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]
    assert figure.data[0].line.color == figure.data[2].line.color != figure.data[1].line.color
    assert figure.data[0].x == ("2019-11-01", "2019-12-01", "2020-01-01")
    np.testing.assert_allclose(figure.data[0].y, [50, 30, 10])
    assert figure.data[1].y[1] is None
    assert not figure.data[1].connectgaps
    assert (
        figure.data[2].hovertext[1] == "0 topic0 name<br>English, 2019-12<br>20.00 % (16.00 to 25.00 %)<br>5 documents"
    )
    assert [note.text for note in figure.layout.annotations] == ["2 topic2 name", "0 topic0 name"]


def test_over_time_with_intervals():
    trace = plot.topics_over_time(a_summary(), topics=[0], languages=["zh"]).data[0]
    np.testing.assert_allclose(trace.error_y.array, [5, 0, 5])
    np.testing.assert_allclose(trace.error_y.arrayminus, [4, 0, 4])
    assert trace.error_y.color == faded(trace.line.color) != trace.line.color
    axes = plot.topics_over_time(a_summary(), topics=[0], languages=["zh"], backend="matplotlib").axes[0]
    [container] = axes.containers
    segments = container[2][0].get_segments()
    np.testing.assert_allclose([segment[:, 1] for segment in segments], [[16, 25], [6, 15]])
    [bare] = plot.topics_over_time(a_summary(), topics=[0], languages=["zh"], intervals=False).data
    assert bare.error_y.array is None
    assert bare.hovertext[0] == "0 topic0 name<br>Chinese, 2019-11<br>20.00 % (16.00 to 25.00 %)<br>2 documents"
    assert not plot.topics_over_time(a_summary(), intervals=False, backend="matplotlib").axes[0].containers


def test_over_time_a_single_document_is_told_and_does_not_press_the_others_together():
    summary = a_summary()
    summary["dates"]["counts"]["en"][1] = 1
    summary["dates"]["prevalence"]["en"][0][1] = {"mean": 0.2, "low": 0, "high": 1}
    figure = plot.topics_over_time(summary, topics=[0], same_scale=False)
    assert figure.data[0].hovertext[1].endswith("20.00 % (0.00 to 100.00 %)<br>1 document")
    # Half as much again as the largest value, 30.
    assert figure.layout.yaxis.range == (0, pytest.approx(1.05 * 45))


def test_over_time_on_one_scale():
    expected = 1.05 * 65
    figure = plot.topics_over_time(a_summary())
    ranges = [figure.layout[axis].range for axis in ("yaxis", "yaxis2", "yaxis3")]
    assert ranges == [(0, pytest.approx(expected))] * 3
    for axes in plot.topics_over_time(a_summary(), backend="matplotlib").axes:
        assert axes.get_ylim() == (0, pytest.approx(expected))


def test_over_time_on_scales_of_their_own():
    expected = [(0, pytest.approx(1.05 * top)) for top in (35, 65, 65)]
    figure = plot.topics_over_time(a_summary(), same_scale=False)
    assert [figure.layout[axis].range for axis in ("yaxis", "yaxis2", "yaxis3")] == expected
    drawn = plot.topics_over_time(a_summary(), same_scale=False, backend="matplotlib")
    assert [axes.get_ylim() for axes in drawn.axes] == expected
    bare = plot.topics_over_time(a_summary(), same_scale=False, intervals=False)
    assert bare.layout.yaxis.range == (0, pytest.approx(1.05 * 30))


def test_a_language_looks_the_same_whatever_is_drawn_with_it():
    everything = plot.topics_over_time(a_summary()).data
    alone = plot.topics_over_time(a_summary(), languages=["zh"]).data[0]
    [before] = [trace for trace in everything if trace.name == "Chinese" and trace.yaxis == "y"]
    assert (alone.line, alone.marker.symbol) == (before.line, before.marker.symbol)


@pytest.mark.parametrize(
    ("unit", "days", "expected"),
    [
        ("year", [date(2019, 1, 1)], ["2019"]),
        ("year", [date(1990, 1, 1), date(2010, 1, 1)], ["1990", "1995", "2000", "2005", "2010"]),
        ("month", [date(2019, 11, 1), date(2020, 1, 1)], ["2019-11", "2019-12", "2020-01"]),
        ("month", [date(2019, 1, 1), date(2021, 1, 1)], ["2019-01", "2019-09", "2020-05", "2021-01"]),
        ("day", [date(2020, 2, 28), date(2020, 3, 1)], ["2020-02-28", "2020-02-29", "2020-03-01"]),
        ("year", [date(800, 1, 1), date(801, 1, 1)], ["0800", "0801"]),
    ],
)
def test_ticks_of_dates(unit, days, expected):
    assert [name for _, name in _ticks(days, unit)] == expected


@given(
    st.lists(st.dates(), min_size=1, max_size=20),
    st.sampled_from(["year", "month", "day"]),
)
def test_ticks_are_few_and_told_apart(days, unit):
    ticks = _ticks(days, unit)
    assert 1 <= len(ticks) <= {"year": 5, "month": 4, "day": 3}[unit]
    assert len({name for _, name in ticks}) == len(ticks)
    assert ticks[0][0] <= min(days)
    assert ticks[-1][0] <= max(days)


def test_alignment():
    # Of each language the topics' vectors are the unit vectors less their mean, (1, 1, 1) / 3, of which two different
    # ones have the cosine −1/2.
    heat, written = plot.alignment_heatmap(a_model(), "en", "de", num_words=2).data
    np.testing.assert_allclose(heat.z, 1.5 * np.eye(3) - 0.5, atol=1e-6)
    assert (heat.zmin, heat.zmax) == (pytest.approx(-1), pytest.approx(1))
    assert heat.hovertext[0][1] == "English: 0 en0 en1<br>German: 1 de2 de3<br>cosine -0.500"
    assert written.text[:2] == ("1.00", "-0.50")


def test_alignment_is_that_of_topic_vectors():
    rng = np.random.default_rng(0)
    model = a_model()
    model.word_scores_ = {code: rng.normal(size=(3, 6)).astype("f4") for code in model.word_scores_}
    model.word_embeddings_ = {code: rng.normal(size=(6, 5)).astype("f4") for code in model.word_scores_}
    vectors = topic_vectors(model.word_scores_, model.word_embeddings_)
    found = plot.alignment_heatmap(model, "en", "de").data[0].z
    np.testing.assert_allclose(found, cosines(vectors["en"], vectors["de"]))


def test_alignment_tells_what_is_not_aligned():
    model = a_model()
    model.word_scores_["de"] = model.word_scores_["de"][[1, 0, 2]]
    figure = plot.alignment_heatmap(model, "en", "de", num_words=2)
    np.testing.assert_allclose(np.argmax(figure.data[0].z, axis=1), [1, 0, 2])
    assert (
        figure.layout.annotations[0].text
        == "1 of 3 topics in English are most alike to their own counterpart in German"
    )
    # Rows and columns change places with the languages.
    turned = plot.alignment_heatmap(model, "de", "en", num_words=2)
    np.testing.assert_allclose(np.transpose(turned.data[0].z), figure.data[0].z, atol=1e-7)
    some = plot.alignment_heatmap(model, "en", "de", num_words=2, topics=[2, 0])
    np.testing.assert_allclose(some.data[0].z, np.array(figure.data[0].z)[np.ix_([2, 0], [2, 0])])


def test_nothing_is_minus_zero():
    summary = a_summary()
    for topic in summary["topics"]:
        topic["prevalence"]["zh"] = {"mean": -0.0, "low": -0.0, "high": 0.0}
    _, written = plot.language_heatmap(summary, languages=["zh"]).data
    assert list(written.text) == ["0.0"] * 3


def test_title_and_legend_stand_apart():
    for make in (FIGURES["language_comparison"], FIGURES["topics_over_time"], FIGURES["quality_bars"]):
        figure = make(backend="matplotlib", title="A title that is not short, as they are wont to be")
        figure.draw_without_rendering()
        title, legend = figure._suptitle.get_window_extent(), figure.legends[0].get_window_extent()
        assert not title.overlaps(legend)


def test_alignment_of_a_topic_without_vectors():
    model = a_model()
    model.word_embeddings_["en"][:2] = 0
    figure = plot.alignment_heatmap(model, "en", "de", num_words=2)
    assert list(figure.data[0].z[0]) == [None] * 3
    assert figure.layout.annotations[0].text.startswith("2 of 3 topics")


def test_training_curve():
    summary = a_summary()
    figure = plot.training_curve(summary)
    terms = ("loss", *TERMS)
    for trace, term in zip(figure.data, terms, strict=True):
        assert trace.x == (1, 2, 3)
        assert list(trace.y) == summary["history"][term]
    epochs = [{term: summary["history"][term][place] for term in ("epoch", *terms)} for place in range(3)]
    assert plot.training_curve(epochs) == figure
    assert plot.training_curve(SimpleNamespace(history_=epochs)) == figure
    assert plot.training_curve(summary["history"]) == figure
    lines = [axes.lines[0] for axes in plot.training_curve(summary, backend="matplotlib").axes]
    for line, term in zip(lines, terms, strict=True):
        np.testing.assert_allclose(line.get_ydata(), summary["history"][term])


def test_bars():
    first, second = plot.quality_bars(some_records()).data
    np.testing.assert_allclose(first.x, [0.6, 0.6])
    np.testing.assert_allclose(second.x, [0.35, 0.35])
    low, high = stats.t.interval(0.95, 2, loc=0.6, scale=0.1 / math.sqrt(3))
    np.testing.assert_allclose(first.error_x.array, [high - 0.6] * 2)
    np.testing.assert_allclose(first.error_x.arrayminus, [0.6 - low] * 2)
    figure = plot.quality_bars(some_records(), interval="deviation")
    np.testing.assert_allclose(figure.data[0].error_x.array, [0.1] * 2)
    assert figure.layout.xaxis.title.text == "mean and standard deviation over repetitions"


def test_bars_grouped_the_other_way():
    figure = plot.quality_bars(some_records(), group="model", series="measure")
    assert [trace.name for trace in figure.data] == ["TU", "purity"]
    assert figure.layout.yaxis.ticktext == ("GloCTM", "another")
    np.testing.assert_allclose(figure.data[0].x, [0.6, 0.35])


def test_bars_of_single_values_and_of_intervals_given():
    records = [
        {"measure": "npmi", "value": -0.2},
        {"measure": "purity", "value": 0.5, "low": 0.4, "high": 0.8},
    ]
    [bars] = plot.quality_bars(records).data
    assert bars.x == (-0.2, 0.5)
    np.testing.assert_allclose(bars.error_x.array, [0, 0.3])
    np.testing.assert_allclose(bars.error_x.arrayminus, [0, 0.1])
    [single] = plot.quality_bars(records[:1]).data
    assert single.error_x.array is None
    axes = plot.quality_bars(records, backend="matplotlib").axes[0]
    assert sorted(patch.get_width() for patch in axes.patches) == [-0.2, 0.5]


def test_bars_that_are_missing_are_left_out():
    records = [record for record in some_records() if (record["model"], record["measure"]) != ("GloCTM", "purity")]
    first, second = plot.quality_bars(records).data
    assert (first.y, second.y) == ((0,), (0, 1))


def test_quality_of_a_summary():
    quality = [
        {"group": "topics", "measure": "topic_uniqueness", "where": code, "value": value}
        for code, value in (("en", 0.9), ("zh", 0.8))
    ]
    assert [(trace.name, trace.x) for trace in plot.quality_bars(quality, series="where").data] == [
        ("English", (0.9,)),
        ("Chinese", (0.8,)),
    ]
    pairs = [{"measure": "retrieval_accuracy_1", "where": where, "value": 1.0} for where in ("zh from en", "en zh")]
    figure = plot.quality_bars([*pairs, {**pairs[0], "where": "all"}], group="where")
    assert figure.layout.yaxis.ticktext == ("Chinese from English", "English and Chinese", "all")


def test_map():
    figure = plot.topic_map(a_summary())
    [spots] = figure.data
    assert (spots.x, spots.y) == ((-0.5, 0.0, 0.9), (0.25, -1.0, 0.5))
    np.testing.assert_allclose(spots.marker.size, [0.4, 1, 0.6])
    assert spots.marker.sizemode == "area"
    assert spots.hovertext[2] == "2 topic2 name<br>mean proportion 30.00 %"
    assert figure.layout.yaxis.scaleanchor == "x"  # distances are alike to the right and upwards
    circles = plot.topic_map(a_summary(), backend="matplotlib").axes[0].collections[0]
    np.testing.assert_allclose(circles.get_sizes() / circles.get_sizes().max(), [0.4, 1, 0.6])
    np.testing.assert_allclose(circles.get_offsets(), [[-0.5, 0.25], [0, -1], [0.9, 0.5]])


def test_map_without_key_or_corpus():
    summary = a_summary()
    assert len(plot.topic_map(summary).layout.annotations) == 1
    assert not plot.topic_map(summary, key=False).layout.annotations
    for topic in summary["topics"]:
        topic["overall"] = None
    figure = plot.topic_map(summary)
    assert len(set(figure.data[0].marker.size)) == 1
    assert "one size" in figure.layout.xaxis.title.text


# ---------------------------------------------------------------------------------------------------------------------
# Texts stay texts

NASTY = '<b>bold</b> <a href="https://example.com">here</a> &lt; $x^2$ %{x} {y}\nnext <br>'


def test_markup_is_shown_as_text():
    summary = a_summary()
    for language in summary["languages"]:
        language["name"] = NASTY
    for topic in summary["topics"]:
        topic["name"] = NASTY
        topic["words"] = {code: [[NASTY, 1.0]] for code in CODES}
    model = a_model()
    model.vocabulary_ = {code: [NASTY] * 6 for code in model.vocabulary_}
    records = [{"model": NASTY, "measure": NASTY, "value": 1.0}]
    makers = [
        lambda **look: plot.topic_table(summary, **look),
        lambda **look: plot.topic_map(summary, **look),
        lambda **look: plot.topics_over_time(summary, **look),
        lambda **look: plot.language_heatmap(summary, **look),
        lambda **look: plot.language_comparison(summary, "zh", **look),
        lambda **look: plot.alignment_heatmap(model, "en", "de", **look),
        lambda **look: plot.quality_bars([*records, {**records[0], "model": "b"}], **look),
    ]
    for make in makers:
        figure = make(title=NASTY)
        whole = texts_of(json.loads(figure.to_json()))
        assert any(one_line(NASTY) in as_plotly_shows(text) for text in whole)
        for text in whole:
            # Line breaks of ours are the only tags, and there is no formula and no place to fill in.
            assert "<" not in text.replace("<br>", "")
            assert "$" not in text
        for trace in figure.data:
            assert getattr(trace, "hovertemplate", None) is None
            assert getattr(trace, "texttemplate", None) is None
        svg = html.unescape(svg_of(make(title=NASTY, backend="matplotlib")))
        assert one_line(NASTY)[:20] in svg


@given(st.text())
def test_what_plotly_shows_is_what_was_written(text):
    written = for_plotly(text)
    assert not re.search(r"[<>$\n]", written)
    # Decoded as plotly.js does it: each entity once.
    names = {"amp": "&", "lt": "<", "gt": ">"}
    shown = re.sub(
        r"&(#\d+|[a-z]+);",
        lambda found: chr(int(found[1][1:])) if found[1][0] == "#" else names.get(found[1], found[0]),
        written,
    )
    assert shown == one_line(text)


@given(st.text(alphabet="$\\xé大 _^{}"))
def test_what_matplotlib_shows_is_what_was_written(text):
    from matplotlib.text import Text

    shown, is_formula = Text()._preprocess_math(for_matplotlib(text))
    assert (shown, bool(is_formula)) == (one_line(text), False)


@given(st.text(), st.integers(2, 40))
def test_cut_texts(text, limit):
    whole, short = one_line(text), cut(text, limit)
    assert width(short) <= limit
    assert short == whole or (short.endswith("…") and whole.startswith(short[:-1]))
    assert (short == whole) == (width(whole) <= limit)


def test_texts_are_cut_between_characters():
    assert cut("cafe\u0301s and more", 5) == "cafe\u0301…"
    assert cut("天气预报和更多", 7) == "天气预…"
    assert cut("👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 12) == "👨‍👩‍👧‍👦…"
    assert one_line("a\n b\t\x00c\u202ed") == "a b c d"


@given(st.text(alphabet="ab 大é", max_size=60), st.integers(5, 20))
def test_wrapped_texts(text, limit):
    lines = wrapped(text, limit)
    assert all(width(line) <= limit for line in lines)
    if all(width(word) <= limit for word in one_line(text).split(" ")):
        assert " ".join(lines) == one_line(text)


def test_long_names_are_cut_beside_axes_and_whole_when_pointed_at():
    summary = a_summary()
    summary["topics"][1]["name"] = "a very long name that goes on and on and on until nobody reads it any more"
    for make in (plot.language_heatmap, lambda each: plot.language_comparison(each, "en")):
        figure = make(summary)
        [short] = [tick for tick in figure.layout.yaxis.ticktext if tick.startswith("1 a very")]
        assert short.endswith("…")
        assert width(short) <= 34
        assert any(summary["topics"][1]["name"] in text for text in texts_of(json.loads(figure.to_json())))


# ---------------------------------------------------------------------------------------------------------------------
# Colours

# Machado, Oliveira and Fernandes 2009, severity 1.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour: str, deficiency: str) -> np.ndarray:
    """CIE L*a*b* of a colour as it is seen."""
    shares = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(DEFICIENCIES[deficiency]) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    white = np.array([0.9505, 1, 1.089])
    root = to_xyz @ seen / white
    x, y, z = np.where(root > 0.008856, np.cbrt(root), 7.787 * root + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", PALETTES)
def test_colours_of_languages_are_told_apart(theme):
    palette = PALETTES[theme]
    for colour in palette.categories:
        assert contrast(colour, palette.background) >= 3
    for deficiency in DEFICIENCIES:
        seen = [lab(colour, deficiency) for colour in palette.categories]
        # A difference of 2.3 is just noticed.
        assert min(np.linalg.norm(first - second) for first, second in itertools.combinations(seen, 2)) > 20


@pytest.mark.parametrize("theme", PALETTES)
def test_texts_and_scales_can_be_read(theme):
    palette = PALETTES[theme]
    assert contrast(palette.foreground, palette.background) >= 7
    assert contrast(palette.muted, palette.background) >= 4.5
    for sign in (palette.less, palette.more):
        assert contrast(sign, palette.background) >= 3
    # Less is nearer to the background, in grey as well.
    away = [contrast(colour_at(palette.sequential, share), palette.background) for share in np.linspace(0, 1, 30)]
    assert all(np.diff(away) > 0)
    for scale in (palette.sequential, palette.diverging):
        for share in np.linspace(0, 1, 50):
            colour = colour_at(scale, share)
            assert contrast(legible_on(colour), colour) >= 4.5
    middle = [contrast(colour_at(palette.diverging, share), palette.background) for share in (0, 0.5, 1)]
    assert min(middle) == middle[1]


def test_contrast_by_known_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert colour_at(("#000000", "#ffffff"), 0.5) == "#808080"


def test_as_many_languages_as_one_likes_look_different():
    looks = [style(position) for position in range(294)]
    assert len(set(looks)) == len({(look.category, look.dash, look.marker) for look in looks}) == 294
    assert len({(look.category, look.dash) for look in looks[:42]}) == 42
    assert len({look.category for look in looks[:7]}) == len({look.marker for look in looks[:7]}) == 7


# ---------------------------------------------------------------------------------------------------------------------
# Many languages, many topics

MANY = [f"{first}{second}" for first in "abcdefghijklmnopqrstuvwxyz" for second in "aeiou"]


def a_large_summary(num_topics: int, num_languages: int) -> dict:
    from langcodes import tag_is_valid

    codes = [code for code in MANY if tag_is_valid(code)]
    codes = (codes + [f"{code}-Latn" for code in codes])[:num_languages]
    assert len(codes) == num_languages
    share = 1 / num_topics
    estimate = {"mean": share, "low": share, "high": share}
    change = {"difference": 0.0, "low": -0.1, "high": 0.1}
    return {
        "format": FORMAT,
        "languages": [{"code": code, "name": f"Language {code}", "direction": "ltr"} for code in codes],
        "topics": [
            {
                **{"id": number, "name": f"t{number}", "x": 0.0, "y": 0.0, "overall": share},
                "prevalence": dict.fromkeys(codes, estimate),
                "contrast": dict.fromkeys(codes, change),
                "words": {code: [["word", 1.0]] for code in codes},
            }
            for number in range(num_topics)
        ],
        "dates": {
            "unit": "year",
            "periods": ["2019", "2020"],
            "counts": {code: [1, 1] for code in codes},
            "prevalence": {code: [[estimate, estimate]] * num_topics for code in codes},
        },
    }


def test_two_topics_and_one_language_are_enough():
    summary = a_large_summary(2, 1)
    for backend in ("plotly", "matplotlib"):
        plot.topic_table(summary, backend=backend)
        plot.topic_map(summary, backend=backend)
        plot.topics_over_time(summary, backend=backend)
        plot.language_heatmap(summary, backend=backend)


def test_heights_grow_with_topics_and_widths_with_languages():
    few, many = a_large_summary(20, 3), a_large_summary(200, 50)
    for make in (plot.topic_table, plot.language_heatmap, lambda each: plot.language_comparison(each, "ae")):
        low, high = make(few).layout.height, make(many).layout.height
        assert high > 6 * low
    assert plot.language_heatmap(few).layout.width is None
    assert plot.language_heatmap(many).layout.width > 50 * 20
    assert plot.topic_table(many).layout.width > 50 * 100
    assert len(plot.topic_map(many).layout.annotations) == 5
    figure = plot.language_heatmap(many)
    assert len(figure.layout.yaxis.ticktext) == 200
    assert len(figure.layout.xaxis.ticktext) == 50
    assert len(figure.data) == 1  # no figures in so many cells
    inches = plot.language_heatmap(many, backend="matplotlib").get_size_inches()
    assert inches[1] > 3 * plot.language_heatmap(few, backend="matplotlib").get_size_inches()[1]


def test_crowded_panels_say_so():
    summary = a_large_summary(2, 50)
    with pytest.warns(CrowdedFigureWarning, match="50 languages in one panel"):
        figure = plot.topics_over_time(summary, topics=[0])
    looks = {(trace.line.color, trace.line.dash, trace.marker.symbol) for trace in figure.data}
    assert len(looks) == 50


def test_topics_of_one_name_stay_apart():
    summary = a_summary()
    for topic in summary["topics"]:
        topic["name"] = "same"
    assert plot.language_heatmap(summary).layout.yaxis.ticktext == ("0 same", "1 same", "2 same")


# ---------------------------------------------------------------------------------------------------------------------
# What can't be drawn


def without(part: str) -> dict:
    """A summary that does not know a part, of itself or of its topics."""
    summary = a_summary()
    for each in (summary, *summary["topics"]):
        if part in each:
            each[part] = None
    return summary


def with_nan(part: str, key: str) -> dict:
    summary = a_summary()
    summary["topics"][1][part]["zh"][key] = math.nan
    return summary


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: plot.language_heatmap(a_model()), r"drawn of a summary, not of SimpleNamespace.*summarize"),
        (
            lambda: plot.topic_table({"format": 1, "languages": [1], "topics": [1]}),
            "this version of gloctm knows format 2",
        ),
        (lambda: plot.topic_table({"format": FORMAT, "languages": [], "topics": [1]}), "has no languages"),
        (lambda: plot.language_heatmap(a_summary(), languages=["fr"]), "no language 'fr': it has en, zh, ar"),
        (lambda: plot.language_heatmap(a_summary(), languages=[]), "languages is empty"),
        (lambda: plot.language_heatmap(a_summary(), languages="en"), "languages is one string"),
        (lambda: plot.language_comparison(a_summary(), "fr"), "no language 'fr': it has en, zh, ar"),
        (lambda: plot.language_heatmap(a_summary(), topics=[3]), "no topic 3: it has 0 to 2"),
        (lambda: plot.language_heatmap(a_summary(), topics=[True]), "no topic True"),
        (lambda: plot.language_heatmap(a_summary(), topics=[1, 1]), "topic 1 is given twice"),
        (lambda: plot.language_heatmap(a_summary(), topics=[]), "topics is empty"),
        (lambda: plot.language_heatmap(a_summary(), topics=1), "topics is 1: give a list"),
        (lambda: plot.language_heatmap(a_summary(), order="size"), "order is 'size'"),
        (lambda: plot.language_heatmap(without("prevalence")), "no prevalences to draw: .* without a corpus"),
        (lambda: plot.language_comparison(without("contrast"), "en"), "no contrasts of 'en'.* without a corpus"),
        (lambda: plot.topics_over_time(without("dates")), "the summary has no dates"),
        (lambda: plot.topics_over_time(a_summary(), languages=["ar"]), "documents in 'ar' have no dates"),
        (lambda: plot.language_heatmap(with_nan("prevalence", "mean")), "prevalence of topic 1 in 'zh' is nan"),
        (lambda: plot.language_heatmap(with_nan("prevalence", "low")), "low end of the prevalence of topic 1"),
        (lambda: plot.language_comparison(with_nan("contrast", "high"), "zh"), "high end of the contrast of topic 1"),
        (lambda: plot.topic_table(a_summary(), num_words=0), "num_words is 0"),
        (lambda: plot.topic_table(a_summary(), theme="blue"), "theme is 'blue': it must be light or dark"),
        (lambda: plot.topic_table(a_summary(), backend="bokeh"), "backend is 'bokeh': it must be plotly or matplotlib"),
        (lambda: plot.topic_table(a_summary(), title=3), "title is 3"),
        (lambda: plot.alignment_heatmap(a_summary(), "en", "zh"), "drawn of a fitted model.* not of dict"),
        (lambda: plot.alignment_heatmap(a_model(), "en", "zh"), "the model has no language 'zh': it has en, de"),
        (lambda: plot.alignment_heatmap(a_model(), "en", "de", topics=[9]), "the model has no topic 9: it has 0 to 2"),
        (lambda: plot.training_curve([]), "the history is empty"),
        (lambda: plot.training_curve(3), "drawn of a fitted model, a summary or a history, not of int"),
        (lambda: plot.training_curve({"epoch": [1]}), "the history has no 'loss'"),
        (
            lambda: plot.training_curve([{"epoch": 1, "loss": math.nan, **dict.fromkeys(TERMS, 1)}]),
            "loss of epoch 1 is nan",
        ),
        (lambda: plot.training_curve({**{term: [1] for term in ("epoch", *TERMS)}, "loss": [1, 2]}), "more epochs"),
        (lambda: plot.quality_bars([]), "there are no records"),
        (lambda: plot.quality_bars({"measure": "npmi", "value": 1}), "a list of records, not of dict"),
        (lambda: plot.quality_bars([3]), "record 0 is 3"),
        (lambda: plot.quality_bars([{"measure": "npmi"}]), "record 0 has no 'value'"),
        (lambda: plot.quality_bars([{"measure": "npmi", "value": math.nan}]), "the value of 'npmi' is nan"),
        (lambda: plot.quality_bars([{"measure": "npmi", "value": "high"}]), "the value of 'npmi' is 'high'"),
        (lambda: plot.quality_bars([*some_records(), {"measure": "npmi", "value": 1}]), "record 12 has no 'model'"),
        (lambda: plot.quality_bars(some_records() * 2), "a seed has several values of 'topic_uniqueness' for 'GloCTM'"),
        (lambda: plot.quality_bars([{"measure": "a", "value": 1, "low": 2, "high": 3}]), "outside its interval 2 to 3"),
        (lambda: plot.quality_bars([{"measure": "a", "value": 1, "low": 0, "high": 3}] * 2), "an interval of its own"),
        (lambda: plot.quality_bars([{"measure": "a", "value": 1, "low": 0}]), "the high end of 'a' is None"),
        (lambda: plot.quality_bars(some_records(), interval="range"), "interval is 'range'"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_sentence(make, message):
    with pytest.raises(InputError, match=message) as raised:
        make()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("period", ["May 2019", "2019-13", "0", "2019-5", "2019-02-30"])
def test_periods_that_are_no_dates(period):
    summary = a_summary()
    summary["dates"]["periods"][1] = period
    with pytest.raises(InputError, match=f"the period '{period}' is no date"):
        plot.topics_over_time(summary)


def test_an_interval_that_does_not_hold_its_value():
    summary = a_summary()
    summary["topics"][0]["contrast"]["zh"] = {"difference": 0.5, "low": 0.6, "high": 0.7}
    with pytest.raises(InputError, match=r"contrast of topic 0 in 'zh' is 0.5, outside its interval 0.6 to 0.7"):
        plot.language_comparison(summary, "zh")


@pytest.mark.parametrize("part", ["x", "overall"])
def test_a_map_of_no_number(part):
    summary = a_summary()
    summary["topics"][1][part] = math.inf
    with pytest.raises(InputError, match=r"of topic 1.* is inf"):
        plot.topic_map(summary)


@pytest.mark.parametrize("backend", ["plotly", "matplotlib"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_missing_library_is_told_with_its_cure(name, backend, monkeypatch):
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(MissingDependencyError, match=f"Figures needs .*pip install {backend}"):
        FIGURES[name](backend=backend)


def test_nothing_that_draws_is_imported_before_it_draws():
    code = "import sys, gloctm.plot; assert not {'plotly', 'matplotlib', 'gloctm.summary', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_inputs_are_left_as_they_are():
    summary, records = a_summary(), some_records()
    for make in (plot.topic_table, plot.topic_map, plot.topics_over_time, plot.language_heatmap, plot.training_curve):
        make(summary)
    plot.quality_bars(records)
    assert (summary, records) == (a_summary(), some_records())

"""Figures: they show what was measured, texts stay texts, and every format holds all of it."""

from __future__ import annotations

import html
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
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gloctm import plot
from gloctm.errors import CrowdedFigureWarning, InputError, MissingDependencyError
from gloctm.model.vectors import cosines, topic_vectors
from gloctm.plot.drawing import adaptive_svg
from gloctm.plot.palette import PALETTES, color_at, contrast, legible_on, style
from gloctm.plot.topic_figures import _ticks
from gloctm.plot.wording import cut, one_line, width, wrapped
from gloctm.summary.content import FORMAT
from made_up_summary import made_up_summary

altair = pytest.importorskip("altair", reason='pip install "gloctm[plot]"')
pytest.importorskip("vl_convert", reason='pip install "gloctm[plot]"')

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


def a_hierarchy():
    links = np.array([[0.0, 2.0, 0.25, 2.0], [1.0, 3.0, 0.75, 3.0]])
    names = ("rain", "天气 <b>", "storm")
    return SimpleNamespace(view=SimpleNamespace(numbers=(0, 3, 5)), names=names, links=links)


FIGURES = {
    "topic_table": lambda **look: plot.topic_table(a_summary(), **look),
    "topic_map": lambda **look: plot.topic_map(a_summary(), **look),
    "topics_over_time": lambda **look: plot.topics_over_time(a_summary(), **look),
    "language_heatmap": lambda **look: plot.language_heatmap(a_summary(), **look),
    "language_comparison": lambda **look: plot.language_comparison(a_summary(), "zh", **look),
    "document_map": lambda **look: plot.document_map(made_up_summary(), color="language", **look),
    "differences": lambda **look: plot.differences(a_summary(), "language", "zh", "en", **look),
    "alignment_heatmap": lambda **look: plot.alignment_heatmap(a_model(), "en", "de", num_words=2, **look),
    "training_curve": lambda **look: plot.training_curve(a_summary(), **look),
    "quality_bars": lambda **look: plot.quality_bars(some_records(), **look),
    "dendrogram": lambda **look: plot.dendrogram(a_hierarchy(), **look),
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
    "document_map": ["English", "German"],
    "differences": ["1 topic1 name", "less in Chinese", "more in Chinese", "mean proportion in Chinese minus that in"],
    "alignment_heatmap": ["0 en0 en1", "2 de4 de5", "cosine", "1.00", "3 of 3 topics in English"],
    "training_curve": ["loss", "local path", "global path", "regularization", "CKA", "epoch", "mean per document"],
    "quality_bars": ["TU", "purity", "GloCTM", "another", "mean and 95 % interval over repetitions"],
    "dendrogram": ["0 rain", "3 天气 <b>", "5 storm", "distance"],
}


def units(figure, mark: str | None = None) -> list[dict]:
    """The parts of a figure that have a mark (of one kind), in order, each with its rows as ``rows``."""
    spec = figure.to_dict()

    def within(part: dict, data: dict | None) -> list[dict]:
        data = part.get("data", data)
        inner = [each for kind in ("layer", "concat", "hconcat") for each in part.get(kind, ())]
        if inner:
            return [unit for each in inner for unit in within(each, data)]
        return [{**part, "rows": spec["datasets"][data["name"]]}]

    return [unit for unit in within(spec, None) if mark in (None, unit["mark"]["type"])]


def column(figure, mark: str, field: str) -> list:
    """A field of the rows that have it, of all marks of a kind."""
    return [row[field] for unit in units(figure, mark) for row in unit["rows"] if field in row]


def names(figure, channel: str) -> list[str]:
    """The names on an axis or in a legend."""
    found = units(figure)
    [encoding] = {json.dumps(unit["encoding"][channel]) for unit in found if channel in unit["encoding"]}
    shown = json.loads(encoding)
    expression = (shown.get("axis") or shown["legend"])["labelExpr"]
    return json.loads(expression[: expression.rindex("[")])


def matrix(figure) -> np.ndarray:
    """The values of a heat map; NaN for cells without."""
    cells = {(row["row"], row["column"]): row["value"] for row in units(figure, "rect")[0]["rows"]}
    shape = len(names(figure, "y")), len(names(figure, "x"))
    return np.array([[cells.get((row, place), math.nan) for place in range(shape[1])] for row in range(shape[0])])


def details(figure) -> list[str]:
    return [row["details"] for unit in units(figure) for row in unit["rows"] if "details" in row]


def readable(figure) -> str:
    """All texts of a figure's SVG, one per line, without what is shown only when pointed at."""
    return html.unescape("\n".join(re.findall(r"<text[^>]*>([^<]*)</text>", figure.to_svg())))


def test_every_figure_is_tested():
    assert set(plot.__all__) - {"Figure", "Look", "Theme"} == set(FIGURES) == set(SHOWN)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_figures_show_everything(name, theme):
    figure = FIGURES[name](theme=theme, title="What it <is>")
    json.dumps(figure.to_dict(), allow_nan=False)
    shown = readable(figure).split("\n")
    for text in [*SHOWN[name], "What it <is>"]:
        assert any(text in line for line in shown)
    palette = PALETTES[theme]
    assert re.search(r'<svg[^>]*><rect[^>]*fill="([^"]*)"', figure.to_svg())[1] == palette.background
    fills = re.findall(r'<text[^>]*fill="(#\w+)"', figure.to_svg())
    assert palette.foreground in fills
    assert PALETTES["light" if theme == "dark" else "dark"].foreground not in fills


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_saved_in_every_format_and_always_alike(name, tmp_path):
    make = FIGURES[name]
    for kind, beginning in (("html", b"<!DOCTYPE html>"), ("svg", b"<svg"), ("png", b"\x89PNG"), ("PDF", b"%PDF")):
        make().save(tmp_path / f"figure.{kind}", ppi=40)
        assert (tmp_path / f"figure.{kind}").read_bytes().startswith(beginning)
    assert make().to_dict() == make().to_dict()
    assert make().to_svg() == make().to_svg() == (tmp_path / "figure.svg").read_text(encoding="utf-8")


def test_two_heat_maps_on_a_page_share_no_id():
    figures = [plot.language_heatmap(a_summary(), theme=theme) for theme in ("light", "dark")]
    one, two = (set(re.findall(r' id="([^"]*)"', figure.to_svg())) for figure in figures)
    assert any(name.startswith("gradient_") for name in one)
    assert one.isdisjoint(two)
    for figure, own in zip(figures, (one, two), strict=True):
        assert set(re.findall(r"url\(#([^)]*)\)", figure.to_svg())) <= own


def test_a_page_loads_nothing_and_runs_no_name():
    summary = a_summary()
    summary["topics"][0]["name"] = "</script><script>alert(1)</script><!--"
    page = plot.topic_map(summary, title="a </title> b").to_html()
    outside = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert page.count("<script>") == page.count("</script>") == 2
    assert not re.search(r"https?:|src=|href=|url\(|@import", outside)
    assert "<title>a &lt;/title&gt; b</title>" in page
    assert "alert" not in outside
    spec = re.search(r'vegaEmbed\("#figure", (.*), \{"actions"', page)[1]
    assert json.loads(spec) == plot.topic_map(summary, title="a </title> b").to_dict()


def test_notebooks_show_a_figure_with_and_without_javascript():
    figure = plot.language_heatmap(a_summary())
    shown = figure._repr_mimebundle_(include=None, exclude=None)
    assert shown == {"application/vnd.vegalite.v6+json": figure.to_dict(), "text/html": figure.to_svg()}
    # A browser shows the title of what is pointed at.
    assert "<title>0 topic0 name&#xA;the model's topics 0, 7&#xA;English: 20.00 %" in html.unescape(
        figure.to_svg().replace("&#xA;", "&amp;#xA;")
    )


def test_the_chart_can_be_changed_and_any_other_saved():
    figure = plot.language_heatmap(a_summary())
    wide = plot.Figure(figure.chart.properties(width=700))
    assert wide.to_dict()["width"] == 700
    chart = altair.Chart(altair.InlineData(values=[{"a": 1}])).mark_point().encode(x="a:Q")
    for options, title in (({}, "Figure"), ({"title": "<t>"}, "&lt;t&gt;")):
        assert f"<title>{title}</title>" in plot.Figure(chart.properties(**options)).to_html()


def test_svg_can_follow_the_reader_into_the_dark():
    figure = plot.language_comparison(a_summary(), "zh")
    svg = adaptive_svg(figure, "a & b")
    assert "<title>a &amp; b</title>" in svg
    # There is room for names in a wider font.
    widths = [int(re.search(r'width="(\d+)"', each)[1]) for each in (svg, figure.to_svg())]
    assert widths[0] >= widths[1] + 30
    for part in ("foreground", "more", "less", "muted", "background"):
        light, dark = (getattr(PALETTES[theme], part) for theme in ("light", "dark"))
        assert f'="{light}"' in svg
        assert f'[fill="{light}"]{{fill:{dark}}}' in svg


@pytest.mark.parametrize(
    ("path", "ppi", "message"),
    [("figure.docx", 200, r"figure\.docx has no known ending"), ("figure.png", 0, "ppi is 0"), ("a", 9, "ending")],
)
def test_what_cannot_be_saved(path, ppi, message, tmp_path):
    with pytest.raises(InputError, match=message):
        plot.topic_map(a_summary()).save(tmp_path / path, ppi=ppi)
    assert not list(tmp_path.iterdir())


def test_scripts_have_fonts_of_their_own():
    svg = plot.topic_table(a_summary()).to_svg()
    for word, font in (("大雨0", "'Noto Sans CJK SC'"), ("مطر0", "'Noto Sans Arabic'"), ("rain0", "Arial")):
        [family] = re.findall(rf'<text[^>]*font-family="([^"]*)"[^>]*>{word}', svg)
        assert family.startswith(font)
        assert family.endswith("sans-serif")


def test_a_summary_and_its_mapping_are_alike():
    summary = SimpleNamespace(to_dict=a_summary)
    for make in (plot.language_heatmap, plot.training_curve):
        assert make(summary).to_dict() == make(a_summary()).to_dict()


# ---------------------------------------------------------------------------------------------------------------------
# Each figure's numbers


def test_table():
    figure = plot.topic_table(a_summary(), num_words=2, languages=["ar", "en"], topics=[2, 0])
    header, cells = (unit["rows"] for unit in units(figure, "text"))
    assert [row["text"] for row in header] == [["topic"], ["Arabic"], ["English"]]
    topics, arabic, english = ([cells[place + side] for place in (0, 3)] for side in range(3))
    assert [row["text"] for row in topics] == [["2 topic2 name"], ["0 topic0 name"]]
    assert [row["text"] for row in english] == [["rain2, storm2"], ["rain0, storm0"]]
    # The comma is between words that are read from the right.
    assert arabic[1]["text"] == ["مطر0,\u200f عاصفة0"]
    assert [row["right"] for row in cells] == [False, True, False] * 2
    assert topics[0]["x"] < english[0]["x"] < figure.to_dict()["width"]
    assert [row["y"] for row in cells[:3]] == [topics[0]["y"]] * 3 < [topics[1]["y"]] * 3


def test_heat_map():
    figure = plot.language_heatmap(a_summary(), languages=["zh", "en"], topics=[2, 0, 1])
    np.testing.assert_allclose(matrix(figure), [[30, 30], [10, 20], [60, 50]])
    assert names(figure, "x") == ["Chinese", "English"]
    domain = units(figure, "rect")[0]["encoding"]["color"]["scale"]["domain"]
    assert (domain[0], domain[-1]) == (pytest.approx(10), pytest.approx(60))
    assert details(figure)[2] == "0 topic0 name\nthe model's topics 0, 7\nChinese: 10.00 % (9.00 to 12.00 %)"
    assert column(figure, "text", "text") == ["30.0", "30.0", "10.0", "20.0", "60.0", "50.0"]
    figure = plot.language_heatmap(a_summary(), order="prevalence")
    assert names(figure, "y") == ["1 topic1 name", "2 topic2 name", "0 topic0 name"]
    np.testing.assert_allclose(matrix(figure), [[50, 60, 40], [30, 30, 30], [20, 10, 30]])


def test_heat_map_where_one_share_is_far_above_the_others():
    summary = a_summary()
    for place, topic in enumerate(summary["topics"]):
        for step, code in enumerate(CODES):
            share = 0.01 + 0.005 * place + 0.001 * step
            topic["prevalence"][code] = {"mean": share, "low": share, "high": share}
    evenly = units(plot.language_heatmap(summary), "rect")[0]["encoding"]["color"]["scale"]["domain"]
    np.testing.assert_allclose(np.diff(evenly), np.diff(evenly)[0])
    summary["topics"][2]["prevalence"]["ar"] = {"mean": 0.9, "low": 0.9, "high": 0.9}
    figure = plot.language_heatmap(summary)
    growing = units(figure, "rect")[0]["encoding"]["color"]["scale"]["domain"]
    assert (growing[0], growing[-1]) == (pytest.approx(1), pytest.approx(90))
    assert all(np.diff(growing, n=2) > 0)
    # What is written can be read all the same.
    palette = PALETTES["light"]
    for row in units(figure, "text")[0]["rows"]:
        color = color_at(palette.sequential, float(np.interp(row["value"], growing, np.linspace(0, 1, 5))))
        assert contrast(row["ink"], color) >= 4.5


def test_heat_map_of_a_language_without_documents():
    summary = a_summary()
    for topic in summary["topics"]:
        topic["prevalence"]["zh"] = None
    figure = plot.language_heatmap(summary)
    np.testing.assert_allclose(matrix(figure), [[20, math.nan, 30], [50, math.nan, 40], [30, math.nan, 30]])
    missing = units(figure, "rect")[1]
    assert missing["mark"]["color"] == PALETTES["light"].missing
    assert [(row["row"], row["column"]) for row in missing["rows"]] == [(0, 1), (1, 1), (2, 1)]
    assert missing["rows"][0]["details"].endswith("Chinese: not known")
    assert len(column(figure, "text", "text")) == 6


def test_comparison():
    figure = plot.language_comparison(a_summary(), "ZH")
    # The largest contrast on top.
    assert names(figure, "y") == ["1 topic1 name", "2 topic2 name", "0 topic0 name"]
    assert names(figure, "color") == ["more in Chinese", "less in Chinese", "no clear difference"]
    [points] = units(figure, "point")
    found = [[row[part] for part in ("row", "series", "value", "low", "high")] for row in points["rows"]]
    np.testing.assert_allclose(found, [[0, 0, 15, 14, 18], [1, 2, 0.1, -0.9, 3.1], [2, 1, -15, -16, -12]])
    assert "+15.00 percentage points (+14.00 to +18.00)" in details(figure)[0]
    assert len(set(points["encoding"]["shape"]["scale"]["range"])) == 3
    assert points["encoding"]["color"]["scale"]["range"] == [
        getattr(PALETTES["light"], part) for part in ("more", "less", "muted")
    ]
    spans = units(figure, "rule")[1]
    assert (spans["encoding"]["x"]["field"], spans["encoding"]["x2"]["field"]) == ("low", "high")
    assert spans["rows"] == points["rows"]


def test_comparison_of_what_may_be_of_different_themes():
    summary = a_summary()
    summary["topics"][1]["doubtful"] = ["zh", "ar"]
    summary["topics"][2]["doubtful"] = ["en"]
    figure = plot.language_comparison(summary, "zh")
    assert names(figure, "color") == ["less in Chinese", "no clear difference", "probably of different themes"]
    [points] = units(figure, "point")
    assert [row["series"] for row in points["rows"]] == [2, 1, 0]
    assert points["encoding"]["shape"]["scale"]["range"][2].startswith("M")
    assert points["rows"][0]["details"].endswith("\nprobably of another theme in Chinese, Arabic")
    assert "of another theme in English" in points["rows"][1]["details"]
    assert "probably of different themes" in readable(figure)
    assert "mean proportion in Chinese minus that in the others (percentage points" in readable(figure)
    # Of two languages, neither can be compared with the other.
    del summary["languages"][2]
    two = plot.language_comparison(summary, "zh")
    last = len(names(two, "color")) - 1
    assert [row["series"] for row in units(two, "point")[0]["rows"]] == [last, last, 0]
    assert "mean proportion in Chinese minus that in English (percentage points" in readable(two)


def test_heat_map_of_what_may_be_of_different_themes():
    summary = a_summary()
    summary["topics"][1]["doubtful"] = ["zh"]
    figure = plot.language_heatmap(summary, topics=[2, 1])
    assert column(figure, "text", "text") == ["30.0", "30.0", "30.0", "50.0", "60.0 ?", "40.0"]
    assert details(figure)[4].endswith("its words are probably of another theme here")
    assert "?: words of probably another theme" in readable(figure)
    assert "?" not in readable(plot.language_heatmap(summary, topics=[0]))


def test_topics_have_their_numbers_in_the_model():
    summary = a_summary()
    for topic, number, members in zip(summary["topics"], (0, 3, 8), ([0, 7], [3, 5], [8]), strict=True):
        topic["id"], topic["members"] = number, members
    summary["hidden"] = [1, 2]
    figure = plot.topics_over_time(summary, topics=[8], languages=["en"])
    # What is by place is found all the same.
    np.testing.assert_allclose(column(figure, "line", "y"), [50, 30, 10])
    assert "8 topic2 name" in readable(figure)
    heat = plot.language_heatmap(summary, topics=[3, 0])
    assert names(heat, "y") == ["3 topic1 name", "0 topic0 name"]
    np.testing.assert_allclose(matrix(heat), [[50, 60, 40], [20, 10, 30]])
    for topic, message in (
        (2, "topic 2 is hidden by the view"),
        (5, "topic 5 is shown as a part of topic 3: name that one"),
        (9, "the summary has no topic 9: it has 0 to 8"),
    ):
        with pytest.raises(InputError, match=message):
            plot.topic_table(summary, topics=[topic])


def test_over_time():
    figure = plot.topics_over_time(a_summary(), topics=[2, 0])
    first, second = units(figure, "line")
    days = [date(2019, 11, 1), date(2019, 12, 1), date(2020, 1, 1)]
    assert [(row["series"], row["x"]) for row in first["rows"]] == [
        (series, day.toordinal()) for series in (0, 1) for day in days
    ]
    # A language has one place in the legend, and one color everywhere.
    assert names(figure, "color") == ["English", "Chinese"]
    assert readable(figure).split("\n").count("English") == 1
    colors = first["encoding"]["color"]["scale"]["range"]
    assert colors[0] != colors[1]
    np.testing.assert_allclose([row["y"] for row in first["rows"][:3]], [50, 30, 10])
    assert first["rows"][4]["y"] is None
    # The line has a gap there: two paths of a single point each.
    paths = re.findall(rf'<path[^>]*d="([^"]*)"[^>]*stroke="{colors[1]}"[^>]*stroke-width="1.8"', figure.to_svg())
    assert paths
    assert all(path.count("M") == 2 and re.findall("L", path) in ([], ["L", "L"]) for path in paths)
    assert second["rows"][1]["details"] == "0 topic0 name\nEnglish, 2019-12\n20.00 % (16.00 to 25.00 %)\n5 documents"
    titles = [panel["title"]["text"] for panel in figure.to_dict()["concat"]]
    assert titles == ["2 topic2 name", "0 topic0 name"]
    assert [line for line in readable(figure).split("\n") if line.startswith("20")] == [
        "2019-11",
        "2019-12",
        "2020-01",
        "20",
        *["2019-11", "2019-12", "2020-01", "20"],
    ]


def test_over_time_with_intervals():
    figure = plot.topics_over_time(a_summary(), topics=[0], languages=["zh"])
    [rule] = units(figure, "rule")
    np.testing.assert_allclose([[row["low"], row["high"]] for row in rule["rows"]], [[16, 25], [6, 15]])
    assert (rule["encoding"]["y"]["field"], rule["encoding"]["y2"]["field"]) == ("low", "high")
    assert rule["mark"]["opacity"] < 1
    bare = plot.topics_over_time(a_summary(), topics=[0], languages=["zh"], intervals=False)
    assert not units(bare, "rule")
    assert details(bare)[0] == "0 topic0 name\nChinese, 2019-11\n20.00 % (16.00 to 25.00 %)\n2 documents"


def test_intervals_over_time_are_bands_where_they_have_neighbors():
    figure = plot.topics_over_time(a_summary(), topics=[0])
    [band] = units(figure, "area")
    assert (band["encoding"]["y"]["field"], band["encoding"]["y2"]["field"]) == ("low", "high")
    assert len(band["rows"]) == 6
    # Chinese has no documents in between.
    [rule] = units(figure, "rule")
    assert [(row["series"], row["x"]) for row in rule["rows"]] == [
        (1, date(2019, 11, 1).toordinal()),
        (1, date(2020, 1, 1).toordinal()),
    ]
    assert not units(plot.topics_over_time(a_summary(), topics=[0], languages=["en"]), "rule")
    assert not units(plot.topics_over_time(a_summary(), topics=[0], intervals=False), "area")


def ends(figure) -> list:
    """Where the scales of the panels end."""
    return [unit["encoding"]["y"]["scale"]["domain"] for unit in units(figure, "line")]


def test_over_time_panels_reach_above_every_interval_and_a_single_document_has_none():
    summary = a_summary()
    summary["dates"]["prevalence"]["en"][0][1] = {"mean": 0.2, "low": 0, "high": 1}
    assert ends(plot.topics_over_time(summary, topics=[0], same_scale=False)) == [[0, pytest.approx(105)]]
    summary["dates"]["counts"]["en"][1] = 1
    figure = plot.topics_over_time(summary, topics=[0], same_scale=False)
    assert details(figure)[1].endswith("20.00 % (0.00 to 100.00 %)\n1 document")
    assert "high" not in units(figure, "line")[0]["rows"][1]
    assert ends(figure) == [[0, pytest.approx(1.05 * 35)]]
    assert units(figure, "rule")[0]["mark"]["clip"]


def test_bands_of_several_languages_are_light_with_edges():
    both, one = (plot.topics_over_time(a_summary(), topics=[0], languages=codes) for codes in (None, ["en"]))
    [light], [full] = units(both, "area"), units(one, "area")
    assert light["mark"]["fillOpacity"] < full["mark"]["fillOpacity"]
    assert (light["mark"]["strokeOpacity"] > 0, full["mark"]["strokeOpacity"]) == (True, 0)
    assert light["encoding"]["stroke"]["scale"] == light["encoding"]["color"]["scale"]


@pytest.mark.parametrize(
    ("options", "tops"),
    [
        ({}, [65, 65, 65]),
        ({"same_scale": False}, [35, 65, 65]),
        ({"same_scale": False, "intervals": False}, [30, 60, 60]),
    ],
)
def test_scales_over_time(options, tops):
    figure = plot.topics_over_time(a_summary(), **options)
    assert ends(figure) == [[0, pytest.approx(1.05 * top)] for top in tops]


def test_a_language_looks_the_same_whatever_is_drawn_with_it():
    looks = []
    for codes in (None, ["zh"]):
        figure = plot.topics_over_time(a_summary(), languages=codes)
        place = names(figure, "color").index("Chinese")
        for mark, channels in (("line", ("color", "strokeDash")), ("point", ("color", "shape"))):
            encoding = units(figure, mark)[0]["encoding"]
            looks.append([encoding[channel]["scale"]["range"][place] for channel in channels])
    assert looks[:2] == looks[2:]


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
    # Of each language the topics' vectors are the unit vectors minus their mean, (1, 1, 1) / 3, of which two different
    # ones have the cosine −1/2.
    figure = plot.alignment_heatmap(a_model(), "en", "de", num_words=2)
    np.testing.assert_allclose(matrix(figure), 1.5 * np.eye(3) - 0.5, atol=1e-6)
    domain = units(figure, "rect")[0]["encoding"]["color"]["scale"]["domain"]
    assert (domain[0], domain[-1]) == (pytest.approx(-1), pytest.approx(1))
    assert details(figure)[1] == "English: 0 en0 en1\nGerman: 1 de2 de3\ncosine -0.500"
    assert column(figure, "text", "text")[:2] == ["1.00", "-0.50"]


def test_alignment_is_that_of_topic_vectors():
    rng = np.random.default_rng(0)
    model = a_model()
    model.word_scores_ = {code: rng.normal(size=(3, 6)).astype("f4") for code in model.word_scores_}
    model.word_embeddings_ = {code: rng.normal(size=(6, 5)).astype("f4") for code in model.word_scores_}
    vectors = topic_vectors(model.word_scores_, model.word_embeddings_)
    found = matrix(plot.alignment_heatmap(model, "en", "de"))
    np.testing.assert_allclose(found, cosines(vectors["en"], vectors["de"]))


def test_alignment_counts_what_is_aligned():
    model = a_model()
    model.word_scores_["de"] = model.word_scores_["de"][[1, 0, 2]]
    figure = plot.alignment_heatmap(model, "en", "de", num_words=2)
    np.testing.assert_allclose(np.argmax(matrix(figure), axis=1), [1, 0, 2])
    assert "1 of 3 topics in English are most alike to their own counterpart in German" in readable(figure)
    # Rows and columns change places with the languages.
    turned = plot.alignment_heatmap(model, "de", "en", num_words=2)
    np.testing.assert_allclose(matrix(turned).T, matrix(figure), atol=1e-7)
    some = plot.alignment_heatmap(model, "en", "de", num_words=2, topics=[2, 0])
    np.testing.assert_allclose(matrix(some), matrix(figure)[np.ix_([2, 0], [2, 0])])


def test_alignment_of_a_topic_without_vectors():
    model = a_model()
    model.word_embeddings_["en"][:2] = 0
    figure = plot.alignment_heatmap(model, "en", "de", num_words=2)
    assert np.isnan(matrix(figure)[0]).all()
    assert "2 of 3 topics" in readable(figure)


def test_nothing_is_minus_zero():
    summary = a_summary()
    for topic in summary["topics"]:
        topic["prevalence"]["zh"] = {"mean": -0.0, "low": -0.0, "high": 0.0}
    assert column(plot.language_heatmap(summary, languages=["zh"]), "text", "text") == ["0.0"] * 3


def test_training_curve():
    summary = a_summary()
    figure = plot.training_curve(summary)
    terms = ("loss", *TERMS)
    for unit, term in zip(units(figure, "line"), terms, strict=True):
        assert [row["x"] for row in unit["rows"]] == [1, 2, 3]
        assert [row["y"] for row in unit["rows"]] == summary["history"][term]
    epochs = [{term: summary["history"][term][place] for term in ("epoch", *terms)} for place in range(3)]
    for source in (epochs, SimpleNamespace(history_=epochs), summary["history"]):
        assert plot.training_curve(source).to_dict() == figure.to_dict()


def bars(figure) -> list[tuple]:
    return [(row["series"], row["row"], row["value"]) for row in units(figure, "bar")[0]["rows"]]


def test_bars():
    figure = plot.quality_bars(some_records())
    assert bars(figure) == [(s, g, pytest.approx((0.6, 0.35)[s])) for s in range(2) for g in range(2)]
    [spans] = units(figure, "rule")
    for row in spans["rows"]:
        expected = stats.t.interval(0.95, 2, loc=row["value"], scale=0.1 / math.sqrt(3))
        np.testing.assert_allclose((row["low"], row["high"]), expected)
    figure = plot.quality_bars(some_records(), interval="deviation")
    for row in units(figure, "rule")[0]["rows"]:
        np.testing.assert_allclose((row["low"], row["high"]), (row["value"] - 0.1, row["value"] + 0.1))
    assert "mean and standard deviation over repetitions" in readable(figure)


def test_bars_grouped_the_other_way():
    figure = plot.quality_bars(some_records(), group="model", series="measure")
    assert (names(figure, "fill"), names(figure, "y")) == (["TU", "purity"], ["GloCTM", "another"])
    assert bars(figure)[:2] == [(0, 0, pytest.approx(0.6)), (0, 1, pytest.approx(0.35))]


def test_bars_of_single_values_and_of_intervals_given():
    records = [
        {"measure": "npmi", "value": -0.2},
        {"measure": "purity", "value": 0.5, "low": 0.4, "high": 0.8},
    ]
    figure = plot.quality_bars(records)
    assert bars(figure) == [(0, 0, -0.2), (0, 1, 0.5)]
    assert [(row["row"], row["low"], row["high"]) for row in units(figure, "rule")[0]["rows"]] == [(1, 0.4, 0.8)]
    assert not units(plot.quality_bars(records[:1]), "rule")[0]["rows"]


def test_bars_that_are_missing_are_left_out():
    records = [record for record in some_records() if (record["model"], record["measure"]) != ("GloCTM", "purity")]
    assert [bar[:2] for bar in bars(plot.quality_bars(records))] == [(0, 0), (1, 0), (1, 1)]


def test_quality_of_a_summary():
    quality = [
        {"group": "topics", "measure": "topic_uniqueness", "where": code, "value": value}
        for code, value in (("en", 0.9), ("zh", 0.8))
    ]
    figure = plot.quality_bars(quality, series="where")
    assert (names(figure, "fill"), bars(figure)) == (["English", "Chinese"], [(0, 0, 0.9), (1, 0, 0.8)])
    pairs = [{"measure": "retrieval_accuracy_1", "where": where, "value": 1.0} for where in ("zh from en", "en zh")]
    figure = plot.quality_bars([*pairs, {**pairs[0], "where": "all"}], group="where")
    assert names(figure, "y") == ["Chinese from English", "English and Chinese", "all"]


def test_map():
    figure = plot.topic_map(a_summary())
    [spots] = units(figure, "circle")
    found = [[row[part] for part in ("x", "y", "area")] for row in spots["rows"]]
    np.testing.assert_allclose(found, [[-0.5, 0.25, 0.4], [0, -1, 1], [0.9, 0.5, 0.6]])
    assert spots["rows"][2]["details"] == "2 topic2 name\nmean proportion 30.00 %"
    # Vega draws areas; distances are alike in both directions.
    assert spots["encoding"]["size"]["scale"]["domain"] == [0, 1]
    drawn = figure.to_dict()["hconcat"][0]
    assert drawn["width"] == drawn["height"]
    assert spots["encoding"]["x"]["scale"] == spots["encoding"]["y"]["scale"]


def test_map_without_key_or_corpus():
    summary = a_summary()
    assert column(plot.topic_map(summary), "text", "name") == ["0 topic0 name", "1 topic1 name", "2 topic2 name"]
    assert not column(plot.topic_map(summary, key=False), "text", "name")
    for topic in summary["topics"]:
        topic["overall"] = None
    figure = plot.topic_map(summary)
    assert len(set(column(figure, "circle", "area"))) == 1
    assert "one size" in readable(figure)


# ---------------------------------------------------------------------------------------------------------------------
# Texts stay texts

NASTY = '<b>bold</b> <a href="https://example.com">here</a> &lt; $x^2$ %{x} {y}\nnext <br></script>'


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
        svg = figure.to_svg()
        assert one_line(NASTY) in readable(figure)
        assert any(one_line(NASTY) in text for text in details(figure))
        assert {tag.lower() for tag in re.findall(r"<(\w+)", svg)} <= {
            *("svg", "rect", "g", "path", "text", "title", "line", "defs"),
            *("lineargradient", "stop", "clippath", "tspan"),
        }
        # What was written there before the end of its first tag, however much of it is shown.
        assert sum("<b>bold" in line for line in readable(figure).split("\n")) >= 2
    assert figure.to_html().count("</script>") == 2


@given(st.text(), st.text(alphabet='<>&"$\\xé大 _^{}%'))
@settings(max_examples=30, deadline=None)
def test_names_reach_the_axis_as_they_were_written(text, nasty):
    summary = a_summary()
    summary["languages"][0]["name"], summary["languages"][1]["name"] = text, nasty
    figure = plot.language_heatmap(summary)
    expected = [cut(one_line(text or "en"), 34), cut(one_line(nasty or "zh"), 34), "Arabic"]
    assert names(figure, "x") == expected


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
        [short] = [name for name in names(figure, "y") if name.startswith("1 a very")]
        assert short.endswith("…")
        assert width(short) <= 34
        assert short in readable(figure)
        assert any(summary["topics"][1]["name"] in text for text in details(figure))


# ---------------------------------------------------------------------------------------------------------------------
# Colors

# Machado, Oliveira and Fernandes 2009, severity 1.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(color: str, deficiency: str) -> np.ndarray:
    """CIE L*a*b* of a color as it is seen."""
    shares = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(DEFICIENCIES[deficiency]) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    white = np.array([0.9505, 1, 1.089])
    root = to_xyz @ seen / white
    x, y, z = np.where(root > 0.008856, np.cbrt(root), 7.787 * root + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", PALETTES)
def test_colors_of_languages_are_told_apart(theme):
    palette = PALETTES[theme]
    for color in palette.categories:
        assert contrast(color, palette.background) >= 3
    for deficiency in DEFICIENCIES:
        seen = [lab(color, deficiency) for color in palette.categories]
        # A difference of 2.3 is just noticed.
        assert min(np.linalg.norm(first - second) for first, second in itertools.combinations(seen, 2)) > 20


@pytest.mark.parametrize("theme", PALETTES)
def test_texts_and_scales_can_be_read(theme):
    palette = PALETTES[theme]
    assert contrast(palette.foreground, palette.background) >= 7
    assert contrast(palette.muted, palette.background) >= 4.5
    for sign in (palette.less, palette.more):
        assert contrast(sign, palette.background) >= 3
    # Less is nearer to the background, in gray as well.
    away = [contrast(color_at(palette.sequential, share), palette.background) for share in np.linspace(0, 1, 30)]
    assert all(np.diff(away) > 0)
    for scale in (palette.sequential, palette.diverging):
        for share in np.linspace(0, 1, 50):
            color = color_at(scale, share)
            assert contrast(legible_on(color), color) >= 4.5
    middle = [contrast(color_at(palette.diverging, share), palette.background) for share in (0, 0.5, 1)]
    assert min(middle) == middle[1]


def test_contrast_by_known_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert color_at(("#000000", "#ffffff"), 0.5) == "#808080"


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
    for make in (plot.topic_table, plot.topic_map, plot.topics_over_time, plot.language_heatmap):
        assert "t1" in readable(make(summary))


def size(figure) -> tuple[float, float]:
    found = re.search(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"', figure.to_svg())
    return float(found[1]), float(found[2])


def test_heights_grow_with_topics_and_widths_with_languages():
    few, many = a_large_summary(20, 3), a_large_summary(200, 50)
    comparison = {"language": "ae"}
    for make, options in ((plot.topic_table, {"languages": ["ae"]}), (plot.language_comparison, comparison)):
        assert size(make(many, **options))[1] > 5 * size(make(few, **options))[1]
    figure = plot.language_heatmap(many)
    (wide, high), (narrow, low) = size(figure), size(plot.language_heatmap(few))
    assert high > 6 * low
    assert narrow < 500
    assert wide > 50 * 20
    assert plot.topic_table(many, topics=[0]).to_dict()["width"] > 50 * 100
    assert len({row["x"] for row in units(plot.topic_map(many), "text")[1]["rows"]}) == 5
    assert (len(names(figure, "y")), len(names(figure, "x"))) == (200, 50)
    assert not units(figure, "text")  # no numbers in so many cells


def test_crowded_panels_warn():
    summary = a_large_summary(2, 50)
    with pytest.warns(CrowdedFigureWarning, match="50 languages in one panel"):
        figure = plot.topics_over_time(summary, topics=[0])
    lines, points = units(figure, "line")[0]["encoding"], units(figure, "point")[0]["encoding"]
    ranges = [each["scale"]["range"] for each in (lines["color"], lines["strokeDash"], points["shape"])]
    assert len({str(look) for look in zip(*ranges, strict=True)}) == 50


def test_topics_of_one_name_stay_apart():
    summary = a_summary()
    for topic in summary["topics"]:
        topic["name"] = "same"
    assert names(plot.language_heatmap(summary), "y") == ["0 same", "1 same", "2 same"]


def test_languages_and_models_of_one_name_stay_apart():
    summary = a_summary()
    for language in summary["languages"]:
        language["name"] = "same"
    assert matrix(plot.language_heatmap(summary)).shape == (3, 3)
    figure = plot.topics_over_time(summary)
    assert names(figure, "color") == ["same", "same"]
    assert set(column(figure, "line", "series")) == {0, 1}


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
        (lambda: plot.language_heatmap(a_model()), r"a summary, not of SimpleNamespace.*summarize"),
        (
            lambda: plot.topic_table({"format": 1, "languages": [1], "topics": [1]}),
            f"this version of gloctm knows format {FORMAT}",
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
        (lambda: plot.topic_table(a_summary(), title=3), "title is 3"),
        (lambda: plot.alignment_heatmap(a_summary(), "en", "zh"), "needs a fitted model.* not of dict"),
        (lambda: plot.alignment_heatmap(a_model(), "en", "zh"), "the model has no language 'zh': it has en, de"),
        (lambda: plot.alignment_heatmap(a_model(), "en", "de", topics=[9]), "the model has no topic 9: it has 0 to 2"),
        (lambda: plot.training_curve([]), "the history is empty"),
        (lambda: plot.training_curve(3), "needs a fitted model, a summary or a history, not of int"),
        (lambda: plot.training_curve({"epoch": [1]}), "the history has no 'loss'"),
        (
            lambda: plot.training_curve([{"epoch": 1, "loss": math.nan, **dict.fromkeys(TERMS, 1)}]),
            "loss of epoch 1 is nan",
        ),
        (lambda: plot.training_curve({**{term: [1] for term in ("epoch", *TERMS)}, "loss": [1, 2]}), "more epochs"),
        (lambda: plot.quality_bars([]), "there are no records"),
        (lambda: plot.quality_bars({"measure": "npmi", "value": 1}), "needs a list of records, not of dict"),
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
def test_what_cannot_be_drawn_has_a_message_of_one_sentence(make, message):
    with pytest.raises(InputError, match=message) as raised:
        make()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("period", ["May 2019", "2019-13", "0", "2019-5", "2019-02-30"])
def test_periods_that_are_not_dates(period):
    summary = a_summary()
    summary["dates"]["periods"][1] = period
    with pytest.raises(InputError, match=f"the period '{period}' is not a date"):
        plot.topics_over_time(summary)


def test_an_interval_that_does_not_hold_its_value():
    summary = a_summary()
    summary["topics"][0]["contrast"]["zh"] = {"difference": 0.5, "low": 0.6, "high": 0.7}
    with pytest.raises(InputError, match=r"contrast of topic 0 in 'zh' is 0.5, outside its interval 0.6 to 0.7"):
        plot.language_comparison(summary, "zh")


@pytest.mark.parametrize("part", ["x", "overall"])
def test_a_map_needs_finite_numbers(part):
    summary = a_summary()
    summary["topics"][1][part] = math.inf
    with pytest.raises(InputError, match=r"of topic 1.* is inf"):
        plot.topic_map(summary)


@pytest.mark.parametrize("name", FIGURES)
def test_a_missing_library_has_a_message_with_its_cure(name, monkeypatch):
    message = r'Drawing a figure needs .*pip install "gloctm\[plot\]"'
    figure = FIGURES[name]()
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(MissingDependencyError, match=message):
        figure.to_svg()
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(MissingDependencyError, match=message):
        FIGURES[name]()


def test_nothing_that_draws_is_imported_before_it_draws():
    code = "import sys, gloctm.plot; assert not {'altair', 'vl_convert', 'gloctm.summary', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_inputs_are_left_as_they_are():
    summary, records = a_summary(), some_records()
    for make in (plot.topic_table, plot.topic_map, plot.topics_over_time, plot.language_heatmap, plot.training_curve):
        make(summary)
    plot.quality_bars(records)
    assert (summary, records) == (a_summary(), some_records())


def test_dendrogram_joins_topics_at_their_heights():
    segments, leaves, mark = (unit["rows"] for unit in units(plot.dendrogram(a_hierarchy(), height=0.5)))
    assert [each["name"] for each in leaves] == ["3 天气 <b>", "0 rain", "5 storm"]
    rows = {each["name"]: each["y"] for each in leaves}
    first = [each for each in segments if each["x2"] == 0.25]
    assert {(each["y"], each["y2"]) for each in first} == {(1, 1), (2, 2), (1, 2)}
    last = [each for each in segments if each["x2"] == 0.75]
    # One topic from 0, and the pair from where it was joined, at its middle.
    assert {(each["x"], each["y"]) for each in last if each["x"] != each["x2"]} == {
        (0, rows["3 天气 <b>"]),
        (0.25, 1.5),
    }
    assert "joined at 0.250" in first[0]["details"]
    assert mark == [{"x": 0.5}]
    assert "天气" in plot.dendrogram(a_hierarchy(), theme="dark").to_svg()


def test_dendrogram_is_drawn_of_a_hierarchy():
    with pytest.raises(InputError, match=r"drawn of a hierarchy, not of dict: model\.topic_hierarchy\(\)"):
        plot.dendrogram({})
    one = SimpleNamespace(view=SimpleNamespace(numbers=(0,)), names=("rain",), links=np.empty((0, 4)))
    with pytest.raises(InputError, match="one topic, which nothing can join"):
        plot.dendrogram(one)

"""The map of documents: what is colored, what is drawn of many, what is named."""

from __future__ import annotations

import pytest

from gloctm import plot
from gloctm.errors import InputError
from made_up_summary import made_up_summary

pytest.importorskip("altair", reason='pip install "gloctm[plot]"')
pytest.importorskip("vl_convert", reason='pip install "gloctm[plot]"')


def table(places, *, codes=("en", "de"), num_topics=10, **changes):
    """A summary with documents: place among topics, language, x, y of each."""
    summary = made_up_summary(codes, num_topics=num_topics)
    documents = {
        "languages": [language for _, language, _, _ in places],
        "ids": [f"d{row}" for row in range(len(places))],
        "texts": None,
        "cut": [False] * len(places),
        "labels": [row % 3 - 1 for row in range(len(places))],
        "label_values": ["<b>one</b>", "two"],
        "dates": ["2020"] + [""] * (len(places) - 1),
        "topics": [[] if topic is None else [[topic, 0.75]] for topic, *_ in places],
        "marks": None,
        "words": {code: [] for code in codes},
        "x": [x for _, _, x, _ in places],
        "y": [y for *_, y in places],
        "projection": "topics",
        "mixing": 1.0,
        "totals": dict.fromkeys(codes, 100),
    }
    return {**summary, "documents": documents | changes}


def drawn(figure):
    """Points and names of a figure, and the names in its legend."""
    spec = figure.to_dict()
    points, *others = spec["layer"]
    legend = points["encoding"]["color"]["legend"]
    names = spec["datasets"][others[0]["layer"][1]["data"]["name"]] if others else []
    return spec["datasets"][points["data"]["name"]], names, legend and legend["labelExpr"]


# Of each document its largest topic, language, and place; the last one has no topic.
TOPICS = (0, 0, 0, 0, 1, 1, 1, 4, 4, None)
PLACES = [
    (topic, row % 2, -0.5 if topic is None else topic / 5 - 1, row / 20 - 0.5) for row, topic in enumerate(TOPICS)
]


def test_documents_are_colored_and_named_by_their_largest_topic():
    points, names, legend = drawn(plot.document_map(table(PLACES[:9])))
    assert {(round(point["x"], 3), point["series"]) for point in points} == {(-1, 0), (-0.8, 1), (-0.2, 2)}
    assert len(points) == 9
    assert "rain" in legend
    assert [each["name"].split()[0] for each in names] == ["rain", "train", names[2]["name"].split()[0]]
    # Names stay within the map.
    assert names[0]["x"] > -1


@pytest.mark.parametrize(
    ("color", "series", "legend"),
    [
        ("topic", {0, 1, 2, 3}, "topics not shown"),
        ("language", {0, 1}, "German"),
        ("label", {0, 1, 2}, "no label"),
    ],
)
def test_colors_show_what_is_asked_for(color, series, legend):
    figure = plot.document_map(table(PLACES), color=color)
    points, _, shown = drawn(figure)
    assert {point["series"] for point in points} == series
    assert legend in shown
    svg = figure.to_svg()
    assert "<b>one" not in svg
    assert "d3, German" in svg


def test_topics_beyond_the_colors_are_gray():
    places = [(row % 10, 0, row / 100 - 1, 0.0) for row in range(95)]
    points, _, legend = drawn(plot.document_map(table(places, num_topics=10)))
    assert {point["series"] for point in points} == set(range(8))
    assert "other topics" in legend
    chosen = table(places)["topics"][9]["id"]
    points, names, legend = drawn(plot.document_map(table(places), topics=[chosen]))
    assert sum(point["series"] == 0 for point in points) == 9
    assert len(names) == 1


def test_of_many_a_sample_is_drawn_and_said():
    places = [(row % 3, row % 2, row / 4000 - 1, 0.5) for row in range(8000)]
    figure = plot.document_map(table(places))
    points, *_ = drawn(figure)
    assert len(points) == 5000
    assert "5,000 of 8,000 documents" in str(figure.to_dict()["title"])
    assert points == drawn(plot.document_map(table(places)))[0]
    assert {point["details"].split(", ")[1].split("\n")[0] for point in points[:50]} == {"English", "German"}
    assert len(drawn(plot.document_map(table(places), languages=["de"], max_points=10**6))[0]) == 4000


def test_names_do_not_overlap():
    places = [(row % 10, 0, 0.001 * (row % 10), 0.0) for row in range(100)]
    _, names, _ = drawn(plot.document_map(table(places)))
    assert len(names) == 1
    assert "'type': 'text'" not in str(plot.document_map(table(places), names=False).to_dict()["layer"])


def test_right_to_left_and_odd_ids():
    summary = table(PLACES, codes=("ar", "zh"), ids=["\ud800\u202e<script>" + str(row) for row in range(10)])
    assert "<script>" not in plot.document_map(summary, color="language", theme="dark").to_svg()


def test_one_document():
    assert len(drawn(plot.document_map(table(PLACES[:1])))[0]) == 1


@pytest.mark.parametrize(
    ("summary", "settings", "message"),
    [
        ({**made_up_summary(), "documents": None}, {}, "lists no documents"),
        (table([]), {}, "lists no documents"),
        (table(PLACES), {"color": "date"}, "topic, language or label"),
        (table(PLACES, labels=None), {"color": "label"}, "no document has a label"),
        (table(PLACES, languages=[0] * 10), {"languages": ["de"]}, "no document of these languages"),
        (table(PLACES), {"languages": ["fr"]}, "no language 'fr'"),
        (table(PLACES), {"topics": [99]}, "no topic 99"),
        (table(PLACES), {"max_points": 0}, "max_points"),
        (table(PLACES, x=[None] * 10), {}, "horizontal place"),
    ],
)
def test_what_cannot_be_drawn_is_refused(summary, settings, message):
    with pytest.raises(InputError, match=message):
        plot.document_map(summary, **settings)


def test_more_topics_than_colors_are_refused():
    summary = table(PLACES)
    with pytest.raises(InputError, match="more than the 7 colors"):
        plot.document_map(summary, topics=[topic["id"] for topic in summary["topics"][:8]])

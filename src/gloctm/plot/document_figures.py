"""Figures of documents: their map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Unpack, get_args

from gloctm.checks import check_int
from gloctm.errors import InputError
from gloctm.plot.drawing import DETAILS, Canvas, Figure, Look, lines
from gloctm.plot.palette import Palette, color_at
from gloctm.plot.reading import languages_of, number, read_summary, topic_name, topics_of
from gloctm.plot.wording import cut, one_line, width

#: What the color of a document on the map is of.
DocumentColor = Literal["topic", "language", "label"]

# Width and height of the map in pixels, what of the scale it shows, height of a name, and width of its letters.
_MAP, _REACH, _LINE, _LETTER = 640, 1.05, 16, 6.6
# Topics that have a name, at most, and the letters of one.
_MOST_NAMES, _LONGEST_NAME = 40, 26
_OTHERS = {"topic": "other topics", "language": "", "label": "other labels"}
_NONE = {"topic": "topics not shown", "language": "", "label": "no label"}


def document_map(
    summary: Any,
    *,
    color: DocumentColor = "topic",
    languages: Iterable[str] | None = None,
    topics: Iterable[int] | None = None,
    names: bool = True,
    max_points: int = 5_000,
    **look: Unpack[Look],
) -> Figure:
    """Draw documents as points on a plane, near each other if they are about the same, with the names of topics.

    The axes mean nothing by themselves, so they have no ticks. A name is in the middle of the documents that the topic
    is the largest of; where names would overlap, that of the topic with more documents is drawn.

    Args:
        summary: a ``Summary`` that lists documents, or its mapping.
        color: what colors show: the largest topic of a document, its language, or its label. Seven topics or labels
            have colors of their own, those with the most documents; the others are gray.
        languages: codes, of the documents to draw; None draws all.
        topics: numbers of up to seven topics to color and to name; None takes those with the most documents.
        names: whether to write names of topics on the map.
        max_points: documents to draw, at most; of more, a sample, always the same. Files of more than 5,000 are slow
            to open.
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: not a summary, or one without documents; a language or topic that it lacks; colors of labels that no
            document has; an unknown color or theme; more topics than colors.
        MissingDependencyError: Altair is not installed.

    Examples:
        >>> from gloctm import summarize
        >>> figure = document_map(summarize(model, corpus), color="language")
        >>> len(figure.to_dict()["layer"])
        2
    """
    data = read_summary(summary)
    if color not in get_args(DocumentColor):
        raise InputError(f"color is {color!r}: it must be topic, language or label")
    check_int("max_points", max_points, 1)
    table = data.get("documents")
    if not table or not table["ids"]:
        raise InputError(
            "the summary lists no documents: make one with gloctm.summary.summarize(model, corpus), and a max_listed "
            "above 0"
        )
    if color == "label" and not table["labels"]:
        raise InputError("no document has a label: take another color")
    chosen = languages_of(data, languages)
    all_codes = [each["code"] for each in data["languages"]]
    wanted = {all_codes.index(language.code) for language in chosen}
    rows = [row for row, language in enumerate(table["languages"]) if language in wanted]
    if not rows:
        raise InputError("no document of these languages is listed: choose others")
    main = [topics_of_document[0][0] if topics_of_document else -1 for topics_of_document in table["topics"]]
    canvas = Canvas(**look)
    alt, palette = canvas.alt, canvas.palette
    named = [place for place, _ in topics_of(data, topics)] if topics is not None else None
    if named is not None and len(named) > len(palette.categories):
        raise InputError(f"{len(named)} topics are more than the {len(palette.categories)} colors: choose fewer")
    drawn = _sample(rows, max_points)
    series, labels, colors = _series(data, table, main, rows, color, named, palette)
    points = [
        {
            "x": number(table["x"][row], f"the horizontal place of document {row}"),
            "y": number(table["y"][row], f"the vertical place of document {row}"),
            "series": series[row],
            "details": lines(_about(data, table, row)),
        }
        for row in drawn
    ]
    note = f"{len(drawn):,} of {len(rows):,} documents" if len(drawn) < len(rows) else ""
    scale = alt.Scale(domain=[-_REACH, _REACH], nice=False)
    bare = alt.Axis(labels=False, ticks=False, grid=False, domain=False, title=None)
    x, y = alt.X("x:Q", axis=bare, scale=scale), alt.Y("y:Q", axis=bare, scale=scale)
    circles = (
        canvas.chart(points)
        .mark_circle(size=14, opacity=0.7)
        .encode(x=x, y=y, color=canvas.by_series("Color", labels, colors, orient="right"), **DETAILS)
    )
    layers = [circles]
    if names:
        placed = _placed_names(data, table, main, rows, named)
        halo = canvas.chart(placed).mark_text(
            fontSize=12, fontWeight="bold", stroke=palette.background, strokeWidth=4, strokeOpacity=0.85, aria=False
        )
        text = canvas.chart(placed).mark_text(fontSize=12, fontWeight="bold", color=palette.foreground)
        written = [each.encode(x=x, y=y, text="name:N") for each in (halo, text)]
        layers.append(alt.layer(*written))
    drawing = alt.layer(*layers).properties(width=_MAP, height=_MAP, view=alt.ViewConfig(stroke=palette.grid))
    return canvas.finish(drawing, note=note)


def _sample(rows: Sequence[int], most: int) -> list[int]:
    """Return some rows in a random order, always the same, so that no language covers the others."""
    import numpy as np

    return np.random.default_rng(0).permutation(rows)[:most].tolist()  # type: ignore[no-any-return]


def _series(
    data: Mapping[str, Any],
    table: Mapping[str, Any],
    main: Sequence[int],
    rows: Sequence[int],
    color: str,
    named: Sequence[int] | None,
    palette: Palette,
) -> tuple[dict[int, int], list[str], list[str]]:
    """Return for each row its series, and for each series its name and color."""
    values: Sequence[int]
    if color == "language":
        values = table["languages"]
        languages = languages_of(data, None)
        own = sorted({values[row] for row in rows})
        names = [languages[value].name for value in own]
        colors = [palette.categories[languages[value].style.category] for value in own]
    else:
        values = main if color == "topic" else table["labels"]
        counts = Counter(values[row] for row in rows if values[row] >= 0)
        most = [value for value, _ in counts.most_common(len(palette.categories))]
        own = list(named) if color == "topic" and named is not None else sorted(most)
        names = [
            cut(topic_name(data["topics"][value]) if color == "topic" else one_line(table["label_values"][value]), 30)
            for value in own
        ]
        colors = list(palette.categories[: len(own)])
    places = {value: place for place, value in enumerate(own)}
    found = {row: places.get(values[row], len(own) + (values[row] < 0)) for row in rows}
    # Series of what has no color of its own, where there is any; their places must remain 0, 1, ...
    for place, name in ((len(own), _OTHERS[color]), (len(own) + 1, _NONE[color])):
        if place in found.values():
            names.append(name)
            colors.append(color_at((palette.grid, palette.muted), 0.4 if place == len(own) else 0))
            found = {row: len(names) - 1 if each == place else each for row, each in found.items()}
    return found, names, colors


def _about(data: Mapping[str, Any], table: Mapping[str, Any], row: int) -> list[str]:
    """Return the lines about a document."""
    language = data["languages"][table["languages"][row]]
    about = [f"{table['ids'][row]}, {language.get('name') or language['code']}"]
    if table["labels"] and table["labels"][row] >= 0:
        about.append(table["label_values"][table["labels"][row]])
    if table["dates"] and table["dates"][row]:
        about.append(table["dates"][row])
    about += [f"{100 * share:.0f} % {topic_name(data['topics'][place])}" for place, share in table["topics"][row][:3]]
    return about


def _placed_names(
    data: Mapping[str, Any],
    table: Mapping[str, Any],
    main: Sequence[int],
    rows: Sequence[int],
    named: Sequence[int] | None,
) -> list[dict[str, Any]]:
    """Return names of topics at the median places of their documents, without those that would overlap a larger one."""
    own: dict[int, list[int]] = {}
    for row in rows:
        own.setdefault(main[row], []).append(row)
    order = sorted((place for place in own if place >= 0), key=lambda place: (-len(own[place]), place))
    placed: list[dict[str, Any]] = []
    boxes: list[tuple[float, float, float]] = []
    for place in order:
        if len(placed) == _MOST_NAMES:
            break
        if named is not None and place not in named:
            continue
        name = cut(str(data["topics"][place]["name"]), _LONGEST_NAME)
        half = width(name) * _LETTER / 2
        x, y = (_median([table[axis][row] for row in own[place]]) for axis in ("x", "y"))
        # Names at the sides are moved inward.
        edge = _REACH - half * 2 * _REACH / _MAP
        x = max(-edge, min(edge, x))
        box = (x * _MAP / (2 * _REACH), y * _MAP / (2 * _REACH), half)
        if all(abs(box[1] - y1) >= _LINE or abs(box[0] - x1) >= half + half1 for x1, y1, half1 in boxes):
            boxes.append(box)
            placed.append({"x": x, "y": y, "name": name})
    return placed


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]

"""The figure of a hierarchy of topics."""

from __future__ import annotations

from typing import Any, Unpack

from gloctm.errors import InputError
from gloctm.plot.drawing import DETAILS, Canvas, Figure, Look, lines
from gloctm.plot.wording import cut, one_line


def dendrogram(hierarchy: Any, *, height: float | None = None, **look: Unpack[Look]) -> Figure:
    """Draw a hierarchy of topics as a tree: topics on the left, and to the right the heights at which they join.

    The height of a join is the mean distance, 1 − cosine, of the topics of its two groups.

    Args:
        hierarchy: from ``model.topic_hierarchy()``.
        height: where a line marks a cut, as in ``hierarchy.cut(height=...)``; None draws none.
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: not a hierarchy, or one of a single topic; an unknown theme.
        MissingDependencyError: Altair is not installed.

    Examples:
        >>> dendrogram(model.topic_hierarchy(), height=0.9).save("hierarchy.svg")
    """
    if not all(hasattr(hierarchy, part) for part in ("links", "names", "view")):
        raise InputError(f"this is drawn of a hierarchy, not of {type(hierarchy).__name__}: model.topic_hierarchy()")
    names = [
        cut(one_line(f"{number} {name}"), 40)
        for number, name in zip(hierarchy.view.numbers, hierarchy.names, strict=True)
    ]
    if len(names) < 2:
        raise InputError("the hierarchy has one topic, which nothing can join: there is nothing to draw")
    joins = hierarchy.links.tolist()
    # Members of each group, in the order in which they are drawn: no two lines cross.
    members = [[place] for place in range(len(names))]
    for first, second, _, _ in joins:
        members.append(members[int(first)] + members[int(second)])
    order = members[-1]
    down: list[float] = [float(order.index(place)) for place in range(len(names))]
    across = [0.0] * len(names)
    segments = []
    for first, second, at, _ in joins:
        ends = [(across[int(each)], down[int(each)]) for each in (first, second)]
        joined = members[len(down)]
        details = lines((f"joined at {at:.3f}", *(names[place] for place in joined)))
        segments += [{"x": start, "x2": at, "y": y, "y2": y, "details": details} for start, y in ends]
        segments.append({"x": at, "x2": at, "y": ends[0][1], "y2": ends[1][1], "details": details})
        down.append((ends[0][1] + ends[1][1]) / 2)
        across.append(at)
    canvas = Canvas(**look)
    alt, palette = canvas.alt, canvas.palette
    scale = alt.Scale(domain=[len(names) - 0.5, -0.5], nice=False)
    x = alt.X("x:Q", axis=alt.Axis(title="distance", grid=True, tickCount=5), scale=alt.Scale(zero=True))
    y = alt.Y("y:Q", axis=None, scale=scale)
    layers = [
        canvas.chart(segments)
        .mark_rule(strokeWidth=1.6, color=palette.categories[-2])
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q", **DETAILS),
        canvas.chart([{"x": 0, "y": row, "name": names[place]} for row, place in enumerate(order)])
        .mark_text(align="right", baseline="middle", dx=-8, fontSize=12)
        .encode(x=x, y=y, text="name:N"),
    ]
    if height is not None:
        mark = canvas.chart([{"x": float(height)}]).mark_rule(strokeDash=[4, 3], color=palette.foreground, aria=False)
        layers.append(mark.encode(x=x))
    return canvas.finish(alt.layer(*layers).properties(width=360, height=20 * len(names)))

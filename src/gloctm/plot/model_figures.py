"""Figures of a model's training, of the agreement of its languages, and of its measures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Unpack

import numpy as np

from gloctm.checks import check_int
from gloctm.errors import InputError
from gloctm.evaluation import name_of
from gloctm.languages import normalize_language
from gloctm.model.topics import top_words
from gloctm.model.vectors import VECTOR_WORDS, cosines, topic_vectors
from gloctm.plot.drawing import DETAILS, Canvas, Figure, Look, lines
from gloctm.plot.palette import color_at, style
from gloctm.plot.reading import chosen_topics, named_places, number

_TERMS = {
    "loss": "loss",
    "local": "local path",
    "shared": "global path",
    "regularization": "regularization",
    "cka": "CKA",
}
# Fields whose values have other names for readers.
_NAMED: Mapping[str, Callable[[str], str]] = {"measure": name_of, "where": named_places}


def alignment_heatmap(
    model: Any,
    first: str,
    second: str,
    *,
    num_words: int = VECTOR_WORDS,
    topics: Iterable[int] | None = None,
    **look: Unpack[Look],
) -> Figure:
    """Draw how alike each topic of one language is to each topic of another, by the embeddings of its top words.

    The cells are cosines, −1 to 1, of topics' vectors (``gloctm.model.vectors``). These are the mean embeddings of the
    topics' heaviest words in a language, minus their mean over all topics. If topics mean the same in both languages,
    the diagonal is prominent. A note counts the topics of the first language that are most alike to their own
    counterpart in the second. A topic whose top words have no embedding is gray.

    Args:
        model: a fitted ``GloCTM``, which has the vectors of words (a summary has not).
        first: the language of the rows.
        second: the language of the columns; the same one shows which topics within a language are alike.
        num_words: top words per topic.
        topics: numbers, for rows and columns; None draws all.
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: not a fitted model; a language or topic that it lacks; an unknown theme.
        MissingDependencyError: Altair is not installed.

    Examples:
        >>> alignment_heatmap(model, "en", "de").save("alignment.svg")
    """
    from gloctm.summary.names import name_of_language

    if not all(hasattr(model, name) for name in ("word_scores_", "vocabulary_", "word_embeddings_")):
        raise InputError(f"this figure needs a fitted model, which has word embeddings, not {_kind(model)}")
    check_int("num_words", num_words, 1)
    pair = (normalize_language(first), normalize_language(second))
    for code in pair:
        if code not in model.word_scores_:
            raise InputError(f"the model has no language {code!r}: it has {', '.join(model.word_scores_)}")
    total = len(model.word_scores_[pair[0]])
    chosen = chosen_topics(
        range(total), topics, lambda topic: f"the model has no topic {topic!r}: it has 0 to {total - 1}"
    )
    # All topics count for the mean, whichever are drawn.
    found = topic_vectors({code: model.word_scores_[code] for code in pair}, model.word_embeddings_, num_words)
    vectors = {code: each[chosen] for code, each in found.items()}
    named_by = min(num_words, 3)
    heaviest = {code: top_words(model.word_scores_[code][chosen], model.vocabulary_[code], named_by) for code in pair}
    row_names, column_names = (
        [f"{topic} {' '.join(words)}" for topic, words in zip(chosen, heaviest[code], strict=True)] for code in pair
    )
    without = [~vectors[code].any(axis=1) for code in pair]
    values = cosines(vectors[pair[0]], vectors[pair[1]])
    values[without[0]], values[:, without[1]] = np.nan, np.nan
    # A NaN is greater than nothing.
    best = np.nanmax(values, axis=1, initial=-1)
    matched = int((np.diagonal(values) >= best - 1e-12).sum())
    largest = float(np.nanmax(np.abs(values), initial=1e-9))
    names = [name_of_language(code) for code in pair]
    return Canvas(**look).heat_map(
        row_names,
        column_names,
        [[None if math.isnan(cell) else cell for cell in row] for row in values.tolist()],
        [
            [
                (f"{names[0]}: {row_name}", f"{names[1]}: {column_name}", f"cosine {values[row, column]:.3f}")
                for column, column_name in enumerate(column_names)
            ]
            for row, row_name in enumerate(row_names)
        ],
        titles=(f"topic in {names[0]}", f"topic in {names[1]}", "cosine"),
        ends=(-largest, largest),
        decimals=2,
        note=f"{matched} of {len(chosen)} topics in {names[0]} are most alike to their own counterpart in {names[1]}",
    )


def training_curve(
    source: Any,
    **look: Unpack[Look],
) -> Figure:
    """Draw the mean loss of each epoch and its four terms, which add up to it: a panel each, with scales of their own.

    Args:
        source: a fitted ``GloCTM``; or a ``Summary`` or its mapping; or a history, as in ``history_`` (a list of
            epochs) or as in a summary (a list per term).
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: none of these; an empty history, a missing term, or a value that is not a number; an unknown theme.
        MissingDependencyError: Altair is not installed.

    Examples:
        >>> terms = {"epoch": 1, "loss": 4.0, "local": 2.0, "shared": 1.0, "regularization": 0.5, "cka": 0.5}
        >>> training_curve([terms, {**terms, "epoch": 2}]).save("loss.svg")
    """
    history = _history(source)
    epochs = tuple(history["epoch"])
    if not epochs:
        raise InputError("the history is empty: there is no epoch to draw (the context method has none)")
    panels = [
        (
            called,
            [
                {"series": 0, "x": epoch, "y": value, "details": lines((f"epoch {epoch:g}", f"{called} {value:.5g}"))}
                for epoch, value in zip(epochs, history[term], strict=True)
            ],
        )
        for term, called in _TERMS.items()
    ]
    return Canvas(**look).panels(panels, [("loss", style(0))], titles=("epoch", "mean per document"))


def quality_bars(
    records: Iterable[Mapping[str, Any]],
    *,
    group: str = "measure",
    series: str = "model",
    interval: Literal["confidence", "deviation"] = "confidence",
    **look: Unpack[Look],
) -> Figure:
    """Draw measures as bars with intervals over seeds: a group per measure, a bar per model; or any other two fields.

    Records with the same group and series are repetitions: the figure shows their mean, with an interval for two or
    more. A record may have its own interval instead, as ``low`` and ``high``.

    Args:
        records: mappings with ``value`` and the fields that ``group`` and ``series`` name; if with ``seed``, then no
            seed twice for one bar. For example ``{"model": "GloCTM", "measure": "purity", "seed": 0, "value": 0.97}``,
            or ``summary.to_dict()["quality"]`` with ``series="where"``. Measures have the names that they have in
            tables (``gloctm.evaluation.names``), and so do languages in the field ``where``.
        group: the field whose values are the groups, in order of appearance.
        series: the field whose values are the bars within each group, in order of appearance; if no record has it,
            each group has one bar.
        interval: ``"confidence"``: the 95 % interval of the mean by Student's t, which allows for few seeds; or
            ``"deviation"``: the standard deviation (of a sample) to each side. The figure says which.
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: no records; a missing field; a value that is not a number; a seed twice for one bar; a record with
            its own interval among several for one bar; an unknown interval or theme.
        MissingDependencyError: Altair is not installed.

    Examples:
        >>> records = [{"measure": "TU", "model": "GloCTM", "value": 0.98}]
        >>> quality_bars(records).save("quality.svg")
    """
    if interval not in ("confidence", "deviation"):
        raise InputError(f"interval is {interval!r}: it must be confidence or deviation")
    listed = _records(records, group, series)
    has_series = any(series in record for record in listed)
    cells: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for record in listed:
        place = (str(record[group]), str(record[series]) if has_series else "")
        cells.setdefault(place, []).append(record)
    groups, names = (list(dict.fromkeys(place[side] for place in cells)) for side in (0, 1))
    group_names, series_names = (
        [_NAMED.get(field, str)(each) for each in found] for field, found in ((group, groups), (series, names))
    )
    rows = [
        {"row": row, "series": place, **_bar(cells[each, name], each, name, interval)}
        for place, name in enumerate(names)
        for row, each in enumerate(groups)
        if (each, name) in cells
    ]
    spread = {"confidence": "95 % interval", "deviation": "standard deviation"}[interval]
    repeated = any(len(cell) > 1 for cell in cells.values())
    title = f"mean and {spread} over repetitions" if repeated else "value"
    return _bars(Canvas(**look), rows, group_names, series_names, title)


def _bars(
    canvas: Canvas, rows: Sequence[Mapping[str, Any]], groups: Sequence[str], series: Sequence[str], title: str
) -> Figure:
    alt, palette, looks = canvas.alt, canvas.palette, [style(place) for place in range(len(series))]
    colors = [palette.categories[look.category] for look in looks]
    fills = [color_at((palette.background, color), look.fill) for color, look in zip(colors, looks, strict=True)]
    legend = {"orient": "top", "columns": 6} if len(series) > 1 else {}
    y = alt.Y("row:O", **canvas.names(groups))
    offset = alt.YOffset("series:N", scale=alt.Scale(domain=list(range(len(series))), paddingInner=0.1))
    bars = (
        canvas.chart(rows)
        .mark_bar(strokeWidth=1.2)
        .encode(
            x=alt.X("value:Q", title=title),
            y=y,
            yOffset=offset,
            fill=canvas.by_series("Fill", series, fills, **legend),
            stroke=canvas.by_series("Stroke", series, colors, **legend),
            strokeDash=canvas.by_series("StrokeDash", series, (look.dash for look in looks), **legend),
            **DETAILS,
        )
    )
    ends = canvas.chart([row for row in rows if "low" in row]).mark_rule(strokeWidth=1.5, aria=False)
    spans = ends.encode(
        x=alt.X("low:Q", title=title), x2="high:Q", y=y, yOffset=offset, color=alt.value(palette.foreground)
    )
    step = 18 * len(series) + 16 if len(series) > 1 else 36
    return canvas.finish(alt.layer(bars, spans).properties(width=480, height=alt.Step(step, **{"for": "position"})))


def _history(source: Any) -> dict[str, list[float]]:
    if hasattr(source, "history_"):
        source = source.history_
    elif hasattr(source, "to_dict"):
        source = source.to_dict()
    if isinstance(source, Mapping) and "history" in source:
        source = source["history"]
    if isinstance(source, Mapping):
        columns = {term: source.get(term) for term in ("epoch", *_TERMS)}
    elif isinstance(source, list | tuple) and all(isinstance(epoch, Mapping) for epoch in source):
        columns = {term: [epoch.get(term) for epoch in source] for term in ("epoch", *_TERMS)}
    else:
        raise InputError(f"a training curve needs a fitted model, a summary or a history, not {_kind(source)}")
    missing = [term for term, values in columns.items() if values is None]
    if missing:
        raise InputError(f"the history has no {missing[0]!r}: it needs {', '.join(columns)}")
    if len({len(values) for values in columns.values() if values is not None}) > 1:
        raise InputError("the history has more epochs of some terms than of others: give the same number of each")
    return {
        term: [number(value, f"{term} of epoch {place}") for place, value in enumerate(values or (), start=1)]
        for term, values in columns.items()
    }


def _records(records: Any, group: str, series: str) -> list[Mapping[str, Any]]:
    if isinstance(records, str | Mapping) or not isinstance(records, Iterable):
        raise InputError(f"quality_bars needs a list of records, not {_kind(records)}")
    listed = list(records)
    if not listed:
        raise InputError("there are no records: give at least one, with a measure and a value")
    for place, record in enumerate(listed):
        if not isinstance(record, Mapping):
            raise InputError(f"record {place} is {record!r}: it must be a mapping with {group!r} and 'value'")
    needed = [group, "value", *([series] if any(series in record for record in listed) else [])]
    for place, record in enumerate(listed):
        for field in needed:
            if record.get(field) is None:
                raise InputError(f"record {place} has no {field!r}: every record needs one")
    return listed


def _bar(cell: list[Mapping[str, Any]], group: str, series: str, interval: str) -> dict[str, Any]:
    """Return value, lines and, where there is one, interval of a bar."""
    called = f"of {group!r}" + (f" for {series!r}" if series else "")
    values = [number(record["value"], f"the value {called}") for record in cell]
    seeds = [record["seed"] for record in cell if record.get("seed") is not None]
    if len(set(seeds)) < len(seeds):
        raise InputError(f"a seed has several values {called}: give one each, or group the records by other fields")
    mean = float(np.mean(values))

    def bar(text: str, **ends: float) -> dict[str, Any]:
        return {"value": mean, **ends, "details": lines([*(part for part in (group, series) if part), text])}

    if any(record.get("low") is not None or record.get("high") is not None for record in cell):
        if len(cell) > 1:
            raise InputError(
                f"there are {len(cell)} values {called}, one with an interval of its own: give that one alone"
            )
        low, high = (number(cell[0].get(end), f"the {end} end {called}") for end in ("low", "high"))
        if not low <= mean <= high:
            raise InputError(f"the value {called} is {mean:g}, outside its interval {low:g} to {high:g}")
        return bar(f"{mean:.4f} ({low:.4f} to {high:.4f})", low=low, high=high)
    if len(values) == 1:
        return bar(f"{mean:.4f}")
    half = float(np.std(values, ddof=1))
    if interval == "confidence":
        from scipy.special import stdtrit

        half *= float(stdtrit(len(values) - 1, 0.975)) / math.sqrt(len(values))
    return bar(f"{mean:.4f} ± {half:.4f}, {len(values)} repetitions", low=mean - half, high=mean + half)


def _kind(thing: Any) -> str:
    return "an empty list" if isinstance(thing, list) and not thing else f"of {type(thing).__name__}"

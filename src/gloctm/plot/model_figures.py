"""Figures of a model's making and worth: its training, the agreement of its languages, its measures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Unpack

import numpy as np

from gloctm.checks import check_whole
from gloctm.errors import InputError
from gloctm.evaluation.names import name_of
from gloctm.languages import normalize_language
from gloctm.model.topics import top_words
from gloctm.model.vectors import VECTOR_WORDS, cosines, topic_vectors
from gloctm.plot.charts import MOST_WRITTEN, Bar, Bars, HeatMap, Line, Panel, Panels
from gloctm.plot.drawing import Look, draw
from gloctm.plot.palette import style
from gloctm.plot.reading import chosen_topics, named_places, number

_TERMS = {
    "loss": "loss",
    "local": "local path",
    "shared": "global path",
    "regularization": "regularisation",
    "cka": "CKA",
}
# Fields whose values are called otherwise where people read.
_NAMED: Mapping[str, Callable[[str], str]] = {"measure": name_of, "where": named_places}


def alignment_heatmap(
    model: Any,
    first: str,
    second: str,
    *,
    num_words: int = VECTOR_WORDS,
    topics: Iterable[int] | None = None,
    **look: Unpack[Look],
) -> Any:
    """How alike each topic of one language is to each topic of another, by the embeddings of its top words.

    The cells are cosines, −1 to 1, of topics' vectors (``gloctm.model.vectors``): of each language the mean embeddings
    of the topics' heaviest words, less their mean over its topics. If topics mean the same in both languages, the
    diagonal stands out: the figure says how many topics of the first language are most alike to their own counterpart
    in the second. A topic whose top words have no embedding is grey.

    Args:
        model: a fitted ``GloCTM``, which has the vectors of words (a summary has not).
        first: the language of the rows.
        second: the language of the columns; the same one shows which topics within a language are alike.
        num_words: top words a topic.
        topics: numbers, for rows and columns; None takes all.
        **look: ``title``, ``theme`` and ``backend``, see ``gloctm.plot.Look``.

    Returns:
        A ``plotly.graph_objects.Figure`` or a ``matplotlib.figure.Figure``.

    Raises:
        InputError: no fitted model; a language or topic that it lacks; an unknown theme or backend.
        MissingDependencyError: the library is not installed.
    """
    from gloctm.summary.names import name_of_language

    if not all(hasattr(model, name) for name in ("word_scores_", "vocabulary_", "word_embeddings_")):
        raise InputError(f"this figure is drawn of a fitted model, which has word embeddings, not {_kind(model)}")
    check_whole("num_words", num_words, 1)
    pair = (normalize_language(first), normalize_language(second))
    for code in pair:
        if code not in model.word_scores_:
            raise InputError(f"the model has no language {code!r}: it has {', '.join(model.word_scores_)}")
    total = len(model.word_scores_[pair[0]])
    chosen = chosen_topics(
        range(total), topics, lambda topic: f"the model has no topic {topic!r}: it has 0 to {total - 1}"
    )
    # Centred by all topics, whichever are drawn.
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
    chart = HeatMap(
        rows=tuple(row_names),
        columns=tuple(column_names),
        values=tuple(tuple(None if math.isnan(cell) else cell for cell in row) for row in values.tolist()),
        hover=tuple(
            tuple(
                (f"{names[0]}: {row_name}", f"{names[1]}: {column_name}", f"cosine {values[row, column]:.3f}")
                for column, column_name in enumerate(column_names)
            )
            for row, row_name in enumerate(row_names)
        ),
        value_title="cosine",
        row_title=f"topic in {names[0]}",
        column_title=f"topic in {names[1]}",
        low=-largest,
        high=largest,
        diverging=True,
        decimals=2 if len(chosen) <= MOST_WRITTEN else None,
        note=f"{matched} of {len(chosen)} topics in {names[0]} are most alike to their own counterpart in {names[1]}",
    )
    return draw(chart, **look)


def training_curve(
    source: Any,
    **look: Unpack[Look],
) -> Any:
    """The mean loss of each epoch and its four terms, which add up to it: a panel each, with scales of their own.

    Args:
        source: a fitted ``GloCTM``; or a ``Summary`` or its mapping; or a history, as ``history_`` has it (a list of
            epochs) or as a summary has it (a list for each term).
        **look: ``title``, ``theme`` and ``backend``, see ``gloctm.plot.Look``.

    Returns:
        A ``plotly.graph_objects.Figure`` or a ``matplotlib.figure.Figure``.

    Raises:
        InputError: none of these; an empty history, a term missing, or a value that is no number; an unknown theme or
            backend.
        MissingDependencyError: the library is not installed.
    """
    history = _history(source)
    epochs = tuple(history["epoch"])
    if not epochs:
        raise InputError("the history is empty: there is no epoch to draw (the context method has none)")
    panels = [
        Panel(
            title=called,
            lines=(
                Line(
                    name=called,
                    style=style(0),
                    values=tuple(history[term]),
                    hover=tuple(
                        (f"epoch {epoch:g}", f"{called} {value:.5g}")
                        for epoch, value in zip(epochs, history[term], strict=True)
                    ),
                ),
            ),
        )
        for term, called in _TERMS.items()
    ]
    chart = Panels(
        panels=tuple(panels),
        places=epochs,
        place_title="epoch",
        value_title="mean per document",
        from_zero=False,
        same_scale=False,
        ticks=None,
        legend=(),
    )
    return draw(chart, **look)


def quality_bars(
    records: Iterable[Mapping[str, Any]],
    *,
    group: str = "measure",
    series: str = "model",
    interval: Literal["confidence", "deviation"] = "confidence",
    **look: Unpack[Look],
) -> Any:
    """Measures as bars with intervals over seeds: a group a measure, a bar a model; or any other two fields.

    Records with the same group and series are repetitions: their mean is drawn, with an interval where there are two or
    more. A record may bring an interval of its own instead, as ``low`` and ``high``.

    Args:
        records: mappings with ``value`` and the fields named by ``group`` and ``series``; if with ``seed``, then no
            seed twice for one bar. For example ``{"model": "GloCTM", "measure": "purity", "seed": 0, "value": 0.97}``,
            or ``summary.to_dict()["quality"]`` with ``series="where"``. Measures are called as in tables
            (``gloctm.evaluation.names``), languages of the field ``where`` by their names.
        group: the field whose values are the groups, in order of appearance.
        series: the field whose values are the bars within each group, in order of appearance; where no record has it,
            each group has one bar.
        interval: ``"confidence"``: the 95 % interval of the mean by Student's t, which allows for few seeds; or
            ``"deviation"``: the standard deviation (of a sample) to each side. The figure says which.
        **look: ``title``, ``theme`` and ``backend``, see ``gloctm.plot.Look``.

    Returns:
        A ``plotly.graph_objects.Figure`` or a ``matplotlib.figure.Figure``.

    Raises:
        InputError: no records; a field missing; a value that is no number; a seed twice for one bar; one interval of
            its own among several records; an unknown interval, theme or backend.
        MissingDependencyError: the library is not installed.
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
    bars = tuple(tuple(_bar(cells.get((each, name)), each, name, interval) for each in groups) for name in names)
    repeated = any(len(cell) > 1 for cell in cells.values())
    spread = {"confidence": "95 % interval", "deviation": "standard deviation"}[interval]
    chart = Bars(
        groups=tuple(group_names),
        series=tuple((name, style(place)) for place, name in enumerate(series_names)),
        bars=bars,
        value_title=f"mean and {spread} over repetitions" if repeated else "value",
    )
    return draw(chart, **look)


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
        raise InputError(f"a training curve is drawn of a fitted model, a summary or a history, not {_kind(source)}")
    missing = [term for term, values in columns.items() if values is None]
    if missing:
        raise InputError(f"the history has no {missing[0]!r}: it needs {', '.join(columns)}")
    if len({len(values) for values in columns.values() if values is not None}) > 1:
        raise InputError("the history has more epochs of some terms than of others: give all of them alike")
    return {
        term: [number(value, f"{term} of epoch {place}") for place, value in enumerate(values or (), start=1)]
        for term, values in columns.items()
    }


def _records(records: Any, group: str, series: str) -> list[Mapping[str, Any]]:
    if isinstance(records, str | Mapping) or not isinstance(records, Iterable):
        raise InputError(f"the bars are drawn of a list of records, not {_kind(records)}")
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


def _bar(cell: list[Mapping[str, Any]] | None, group: str, series: str, interval: str) -> Bar | None:
    if cell is None:
        return None
    called = f"of {group!r}" + (f" for {series!r}" if series else "")
    values = [number(record["value"], f"the value {called}") for record in cell]
    seeds = [record["seed"] for record in cell if record.get("seed") is not None]
    if len(set(seeds)) < len(seeds):
        raise InputError(f"a seed has several values {called}: give one each, or group the records by other fields")
    told = [part for part in (group, series) if part]
    own = [record for record in cell if record.get("low") is not None or record.get("high") is not None]
    if own:
        if len(cell) > 1:
            raise InputError(
                f"there are {len(cell)} values {called}, one with an interval of its own: give that one alone"
            )
        low, high = (number(cell[0].get(end), f"the {end} end {called}") for end in ("low", "high"))
        if not low <= values[0] <= high:
            raise InputError(f"the value {called} is {values[0]:g}, outside its interval {low:g} to {high:g}")
        return Bar(values[0], low, high, (*told, f"{values[0]:.4f} ({low:.4f} to {high:.4f})"))
    mean = float(np.mean(values))
    if len(values) == 1:
        return Bar(mean, None, None, (*told, f"{mean:.4f}"))
    half = float(np.std(values, ddof=1))
    if interval == "confidence":
        from scipy.special import stdtrit

        half *= float(stdtrit(len(values) - 1, 0.975)) / math.sqrt(len(values))
    return Bar(mean, mean - half, mean + half, (*told, f"{mean:.4f} ± {half:.4f}, {len(values)} repetitions"))


def _kind(thing: Any) -> str:
    return "an empty list" if isinstance(thing, list) and not thing else f"of {type(thing).__name__}"

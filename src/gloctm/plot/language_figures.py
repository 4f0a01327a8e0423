"""Figures that compare languages: which of them talks how much about what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Unpack

from gloctm.errors import InputError
from gloctm.plot.charts import MOST_WRITTEN, HeatMap, Interval, Intervals, Lines
from gloctm.plot.drawing import Look, draw
from gloctm.plot.reading import (
    Language,
    doubtful_codes,
    estimate,
    languages_of,
    read_summary,
    topic_lines,
    topic_name,
    topics_of,
)

_WITHOUT_CORPUS = "the summary was made without a corpus: make one with gloctm.summary.summarize(model, corpus)"


def language_heatmap(
    summary: Any,
    *,
    order: Literal["given", "prevalence"] = "given",
    languages: Iterable[str] | None = None,
    topics: Iterable[int] | None = None,
    **look: Unpack[Look],
) -> Any:
    """How much of each topic is in each language: a row a topic, a column a language.

    The cells are mean topic proportions of the language's documents. The colours begin at 0. Up to 12 languages have
    the figures in the cells as well, with a question mark where the topic probably has another theme than in the other
    languages (``doubtful``). A cell without a value, of a language without documents, is grey.

    Args:
        summary: a ``Summary`` of a model and a corpus, or its mapping.
        order: ``"given"``: rows in the order of ``topics``; or ``"prevalence"``: the most prevalent first, by the mean
            of the languages drawn.
        languages: codes, in the order of the columns; None takes all.
        topics: numbers, in the order of the rows; None takes all.
        **look: ``title``, ``theme`` and ``backend``, see ``gloctm.plot.Look``.

    Returns:
        A ``plotly.graph_objects.Figure`` or a ``matplotlib.figure.Figure``; proportions in per cent.

    Raises:
        InputError: no summary, or one without prevalences; a language or topic that it lacks; a prevalence that is no
            number; an unknown order, theme or backend.
        MissingDependencyError: the library is not installed.
    """
    data = read_summary(summary)
    if order not in ("given", "prevalence"):
        raise InputError(f"order is {order!r}: it must be given or prevalence")
    chosen = languages_of(data, languages)
    rows = [(topic, [_prevalence(topic, language) for language in chosen]) for _, topic in topics_of(data, topics)]
    values = {topic["id"]: [cell and 100 * cell[0] for cell in cells] for topic, cells in rows}
    present = [value for row in values.values() for value in row if value is not None]
    if not present:
        raise InputError(f"there are no prevalences to draw: {_WITHOUT_CORPUS}")
    if order == "prevalence":
        rows.sort(key=lambda row: -_mean(values[row[0]["id"]]))
    doubtful = [
        (row, column)
        for row, (topic, _) in enumerate(rows)
        for column, language in enumerate(chosen)
        if language.code in doubtful_codes(topic)
    ]
    chart = HeatMap(
        rows=tuple(topic_name(topic) for topic, _ in rows),
        columns=tuple(language.name for language in chosen),
        values=tuple(tuple(values[topic["id"]]) for topic, _ in rows),
        hover=tuple(
            tuple(_told(topic, language, cell) for language, cell in zip(chosen, cells, strict=True))
            for topic, cells in rows
        ),
        value_title="mean topic proportion (%)",
        row_title="topic",
        column_title="",
        low=0.0,
        high=max(present) or 1.0,
        diverging=False,
        decimals=1 if len(chosen) <= MOST_WRITTEN else None,
        note="?: words of probably another theme than in the other languages" if doubtful else "",
        doubtful=frozenset(doubtful),
    )
    return draw(chart, **look)


def language_comparison(
    summary: Any,
    language: str,
    *,
    topics: Iterable[int] | None = None,
    **look: Unpack[Look],
) -> Any:
    """Which topics a language talks about more, and which less, than the other languages do.

    For each topic the contrast: its mean proportion in the language minus the mean of the others', each of these
    counted alike, with its 95 % interval. The largest contrast is on top. Intervals beside 0 are coloured, those that
    hold it are not, nor are those of topics that probably have another theme in this language than in the others (of
    two languages, in either), which have a cross. With many topics some intervals miss 0 by chance, about one in twenty
    of those where nothing is different.

    Args:
        summary: a ``Summary`` of a model and a corpus, or its mapping.
        language: the code of the language that is compared with all others.
        topics: numbers; None takes all.
        **look: ``title``, ``theme`` and ``backend``, see ``gloctm.plot.Look``.

    Returns:
        A ``plotly.graph_objects.Figure`` or a ``matplotlib.figure.Figure``; contrasts in percentage points.

    Raises:
        InputError: no summary, or one without contrasts; a language or topic that it lacks; a contrast that is no
            number or lies outside its interval; an unknown theme or backend.
        MissingDependencyError: the library is not installed.
    """
    data = read_summary(summary)
    [compared] = languages_of(data, [language])
    others = [language.name for language in languages_of(data, None) if language.code != compared.code]
    rows = []
    for _, topic in topics_of(data, topics):
        entry = (topic.get("contrast") or {}).get(compared.code)
        found = estimate(entry, "difference", f"the contrast of topic {topic['id']} in {compared.code!r}")
        if found is not None:
            value, low, high = (100 * each for each in found)
            told = f"{value:+.2f} percentage points ({low:+.2f} to {high:+.2f})"
            doubtful = doubtful_codes(topic)
            lines = (*topic_lines(topic), told, *_doubts(doubtful, data))
            # Of two languages, both would be as doubtful.
            marked = compared.code in doubtful or (len(others) == 1 and bool(doubtful))
            rows.append(Interval(topic_name(topic), value, low, high, lines, marked))
    if not rows:
        reason = _WITHOUT_CORPUS if others else "no other language to compare with"
        raise InputError(f"there are no contrasts of {compared.code!r} to draw: {reason}")
    chart = Intervals(
        rows=tuple(sorted(rows, key=lambda row: -row.value)),
        value_title=(
            f"mean proportion in {compared.name} minus that in {others[0] if len(others) == 1 else 'the others'} "
            "(percentage points, 95 % intervals)"
        ),
        kinds={
            "more": f"more in {compared.name}",
            "less": f"less in {compared.name}",
            "unclear": "no clear difference",
            "doubtful": "probably of different themes",
        },
    )
    return draw(chart, **look)


def _prevalence(topic: Mapping[str, Any], language: Language) -> tuple[float, float, float] | None:
    entry = (topic.get("prevalence") or {}).get(language.code)
    return estimate(entry, "mean", f"the prevalence of topic {topic['id']} in {language.code!r}")


def _told(topic: Mapping[str, Any], language: Language, cell: tuple[float, float, float] | None) -> Lines:
    if cell is None:
        return (*topic_lines(topic), f"{language.name}: not known")
    value, low, high = (100 * each for each in cell)
    doubts = ("its words are probably of another theme here",) if language.code in doubtful_codes(topic) else ()
    return (*topic_lines(topic), f"{language.name}: {value:.2f} % ({low:.2f} to {high:.2f} %)", *doubts)


def _doubts(codes: Sequence[str], data: Mapping[str, Any]) -> Lines:
    names = [language.name for language in languages_of(data, None) if language.code in codes]
    return (f"probably of another theme in {', '.join(names)}",) if names else ()


def _mean(values: list[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0

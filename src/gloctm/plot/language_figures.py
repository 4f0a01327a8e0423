"""Figures that compare languages: which of them talks how much about what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

from gloctm.errors import InputError
from gloctm.plot.drawing import Canvas, Figure, Look, lines, nth
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
from gloctm.plot.wording import axis_name, cut

if TYPE_CHECKING:
    from gloctm.summary.differences import Groups

_WITHOUT_CORPUS = "the summary was made without a corpus: make one with gloctm.summary.summarize(model, corpus)"
# A cross, as a path within -1 to 1.
_CROSS = "M-.9,-.7L-.7,-.9L0,-.2L.7,-.9L.9,-.7L.2,0L.9,.7L.7,.9L0,.2L-.7,.9L-.9,.7L-.2,0Z"


def language_heatmap(
    summary: Any,
    *,
    order: Literal["given", "prevalence"] = "given",
    languages: Iterable[str] | None = None,
    topics: Iterable[int] | None = None,
    **look: Unpack[Look],
) -> Figure:
    """Draw how much of each topic is in each language: a row per topic, a column per language.

    The cells are mean topic proportions of the language's documents. The colors go from the least to the greatest of
    them, so that small differences are seen; the key says how far apart these are. Up to 12 languages have numbers in
    the cells, with a question mark if the topic probably has another theme than in the other languages (``doubtful``).
    The cells of a language without documents are gray.

    Args:
        summary: a ``Summary`` of a model and a corpus, or its mapping.
        order: ``"given"``: rows in the order of ``topics``; or ``"prevalence"``: the most prevalent first, by the mean
            over the drawn languages.
        languages: codes, in the order of the columns; None draws all.
        topics: numbers, in the order of the rows; None draws all.
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: not a summary, or one without prevalences; a language or topic that it lacks; a prevalence that is
            not a number; an unknown order or theme.
        MissingDependencyError: Altair is not installed.

    Examples:
        >>> from gloctm import summarize
        >>> language_heatmap(summarize(model, corpus), order="prevalence").save("languages.svg")
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
    return Canvas(**look).heat_map(
        [topic_name(topic) for topic, _ in rows],
        [language.name for language in chosen],
        [values[topic["id"]] for topic, _ in rows],
        [
            [_details(topic, language, cell) for language, cell in zip(chosen, cells, strict=True)]
            for topic, cells in rows
        ],
        titles=("topic", "", "mean topic proportion (%)"),
        ends=_ends(present),
        decimals=1,
        doubtful=doubtful,
        note="?: words of probably another theme than in the other languages" if doubtful else "",
    )


def language_comparison(
    summary: Any,
    language: str,
    *,
    topics: Iterable[int] | None = None,
    **look: Unpack[Look],
) -> Figure:
    """Draw which topics one language talks about more, and which less, than the others do.

    For each topic the figure shows the contrast with its 95 % interval, in percentage points. The contrast is the mean
    proportion in the language minus the mean of the others, each of which counts alike. The largest contrast is on top.
    Intervals without 0 have a color, intervals with 0 have none. A cross marks a topic that probably has another theme
    in this language than in the others (of two languages, in either). With many topics, some intervals miss 0 by
    chance: about one in twenty where nothing is different.

    Args:
        summary: a ``Summary`` of a model and a corpus, or its mapping.
        language: the code of the language that is compared with all others.
        topics: numbers; None draws all.
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: not a summary, or one without contrasts; a language or topic that it lacks; a contrast that is not a
            number or is outside its interval; an unknown theme.
        MissingDependencyError: Altair is not installed.

    Examples:
        >>> from gloctm import summarize
        >>> language_comparison(summarize(model, corpus), "de").save("de.svg")
    """
    data = read_summary(summary)
    [compared] = languages_of(data, [language])
    others = [language.name for language in languages_of(data, None) if language.code != compared.code]
    rows: list[dict[str, Any]] = []
    for _, topic in topics_of(data, topics):
        entry = (topic.get("contrast") or {}).get(compared.code)
        found = estimate(entry, "difference", f"the contrast of topic {topic['id']} in {compared.code!r}")
        if found is not None:
            value, low, high = (100 * each for each in found)
            doubtful = doubtful_codes(topic)
            # Of two languages, both would be as doubtful.
            marked = compared.code in doubtful or (len(others) == 1 and bool(doubtful))
            kind = "doubtful" if marked else "more" if low > 0 else "less" if high < 0 else "unclear"
            details = f"{value:+.2f} percentage points ({low:+.2f} to {high:+.2f})"
            about = lines((*topic_lines(topic), details, *_doubts(doubtful, data)))
            rows.append(
                {"name": topic_name(topic), "value": value, "low": low, "high": high, "kind": kind, "details": about}
            )
    if not rows:
        reason = _WITHOUT_CORPUS if others else "no other language to compare with"
        raise InputError(f"there are no contrasts of {compared.code!r} to draw: {reason}")
    other = others[0] if len(others) == 1 else "the others"
    return _differences(Canvas(**look), rows, compared.name, other)


def differences(
    summary: Any,
    by: Groups,
    one: str,
    other: str,
    *,
    language: str | None = None,
    topics: Iterable[int] | None = None,
    **look: Unpack[Look],
) -> Figure:
    """Draw which topics one group of documents has more of than another: two languages, two labels or two periods.

    For each topic the figure shows the difference of the mean proportions with its 95 % interval, in percentage points,
    the largest on top (``gloctm.summary.compare_groups``). Colors and crosses mean the same as in
    ``language_comparison``.

    Args:
        summary: a ``Summary`` of a model and a corpus, or its mapping.
        by: what the groups are: ``"language"``, ``"label"`` or ``"period"``.
        one: a code of a language, a label, or a period as the summary has it.
        other: another.
        language: of labels and periods, the one language whose documents are compared. None takes the mean of the
            languages that have documents of both.
        topics: numbers; None draws all.
        **look: ``title`` and ``theme``, see ``Look``.

    Raises:
        InputError: not a summary, or one without a corpus, labels or dates; a group or topic that it lacks; an unknown
            theme.
        MissingDependencyError: Altair is not installed.

    Examples:
        >>> from gloctm import summarize
        >>> differences(summarize(model, corpus), "label", "music", "space").save("labels.svg")
    """
    data = read_summary(summary)
    chosen = dict(topics_of(data, topics)).values()
    from gloctm.summary.differences import compare_groups

    compared = {row["topic"]: row for row in compare_groups(data, by, one, other, language=language)}
    pair = languages_of(data, [one, other]) if by == "language" else []
    one_name, other_name = [each.name for each in pair] or [one, other]
    rows: list[dict[str, Any]] = []
    for topic in chosen:
        row = compared[topic["id"]]
        value, low, high = (100 * row[name] for name in ("difference", "low", "high"))
        doubtful = [each.code for each in pair if each.code in doubtful_codes(topic)]
        kind = "doubtful" if doubtful else "more" if low > 0 else "less" if high < 0 else "unclear"
        about = lines(
            (
                *topic_lines(topic),
                f"{value:+.2f} percentage points ({low:+.2f} to {high:+.2f})",
                f"{100 * row['proportion']:.2f} % and {100 * row['other_proportion']:.2f} %",
                *_doubts(doubtful, data),
            )
        )
        rows.append(
            {"name": topic_name(topic), "value": value, "low": low, "high": high, "kind": kind, "details": about}
        )
    return _differences(Canvas(**look), rows, one_name, other_name)


def _differences(canvas: Canvas, rows: list[dict[str, Any]], name: str, other: str) -> Figure:
    """Draw a difference with its interval per topic, the largest on top."""
    rows.sort(key=lambda row: -row["value"])
    palette = canvas.palette
    name, other = cut(name, 40), cut(other, 40)
    kinds = {
        "more": (f"more in {name}", palette.more, "circle"),
        "less": (f"less in {name}", palette.less, "diamond"),
        "unclear": ("no clear difference", palette.muted, "square"),
        "doubtful": ("probably of different themes", palette.muted, _CROSS),
    }
    used = [kind for kind in kinds if any(row["kind"] == kind for row in rows)]
    names, colors, shapes = zip(*(kinds[kind] for kind in used), strict=True)
    drawn_rows = [{**row, "row": place, "series": used.index(row["kind"])} for place, row in enumerate(rows)]
    drawn = canvas.described(
        "intervals",
        width=480,
        height={"step": 22},
        rows=drawn_rows,
        row_names=nth(axis_name(row["name"]) for row in rows),
        rows_order=list(range(len(rows))),
        row_title="topic",
        title=f"mean proportion in {name} minus that in {other} (percentage points, 95 % intervals)",
        series=list(range(len(used))),
        series_names=nth(map(axis_name, names)),
        colors=colors,
        fills=[canvas.palette.background if kind == "unclear" else kinds[kind][1] for kind in used],
        shapes=shapes,
        legend=len(used) > 1,
        legend_orient="top",
    )
    return canvas.finish(drawn)


def _prevalence(topic: Mapping[str, Any], language: Language) -> tuple[float, float, float] | None:
    entry = (topic.get("prevalence") or {}).get(language.code)
    return estimate(entry, "mean", f"the prevalence of topic {topic['id']} in {language.code!r}")


def _details(topic: Mapping[str, Any], language: Language, cell: tuple[float, float, float] | None) -> Sequence[str]:
    if cell is None:
        return (*topic_lines(topic), f"{language.name}: not known")
    value, low, high = (100 * each for each in cell)
    doubts = ("its words are probably of another theme here",) if language.code in doubtful_codes(topic) else ()
    return (*topic_lines(topic), f"{language.name}: {value:.2f} % ({low:.2f} to {high:.2f} %)", *doubts)


def _doubts(codes: Sequence[str], data: Mapping[str, Any]) -> Sequence[str]:
    names = [language.name for language in languages_of(data, None) if language.code in codes]
    return (f"probably of another theme in {', '.join(names)}",) if names else ()


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of the colors: the least and the greatest value, so that differences are seen."""
    low, high = min(values), max(values)
    return (low, high) if low < high else (0.0, high or 1.0)


def _mean(values: list[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0

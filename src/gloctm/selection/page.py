"""A search as one HTML page that loads nothing: the table, charts by each setting, the topics."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from gloctm.errors import MissingDependencyError
from gloctm.evaluation import name_of
from gloctm.selection import plot
from gloctm.selection.result import Candidate, SearchResult

# More lines in one chart are not readable.
_MOST_SERIES = 6
_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 82rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 0.25rem 0.6rem; text-align: right; border-bottom: 1px solid #8b949e55; white-space: nowrap; }
th { white-space: normal; }
tr.best { font-weight: 600; }
.plots { display: flex; flex-wrap: wrap; gap: 1rem; }
details td { text-align: left; white-space: normal; }
"""


def page(result: SearchResult) -> str:
    """Return the text of the page."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: SearchResult) -> Iterator[str]:
    objective = escape(name_of(result.objective))
    seeds = ", ".join(map(str, result.seeds))
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">\n<title>gloctm search</title>'
    yield f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Candidates</h1>"
    yield (
        f"<p>Means and standard deviations over the seeds {seeds}. The best has most of <b>{objective}</b> "
        f"({escape(result.objective)}); a close "
        "one does not differ from it by these seeds. Purity, NMI and stability depend on the number of topics: compare "
        "them at equal numbers.</p>"
    )
    yield from _table(result)
    for name in result.varied:
        yield f"<h2>By {escape(name)}</h2>\n<div class='plots'>"
        yield from _charts(result, name)
        yield "</div>"
    yield "<h2>Topics of the first seed</h2>"
    for candidate in result.ordered:
        yield from _topics(candidate, result.mark(candidate))
    yield "</body>\n</html>"


def _charts(result: SearchResult, name: str) -> Iterator[str]:
    """Yield a chart per measure by a setting; without the library that draws them, how to install it."""
    try:
        for measure in result.measures:
            drawn = plot.svg(name_of(measure), name, _points(result, measure, name), bounds=_bounds(measure))
            # Within HTML, SVG needs no namespaces.
            yield re.sub(r' xmlns(:xlink)?="[^"]*"', "", drawn, count=2)
    except MissingDependencyError as error:
        yield f"<p>{escape(str(error))}</p>"


def _table(result: SearchResult) -> Iterator[str]:
    heading, *rows = result.table()
    yield '<div class="wide"><table>\n<tr>' + "".join(f"<th>{escape(cell)}</th>" for cell in heading) + "</tr>"
    for row in rows:
        yield f'<tr class="{escape(row[-1])}">' + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
    yield "</table></div>"


def _bounds(measure: str) -> tuple[float, float]:
    """Return the lowest and the highest possible value of a measure."""
    if measure == "cnpmi_published":
        # It has no lower bound: its word probabilities are not probabilities if words repeat within a document.
        return (-math.inf, math.inf)
    return (-1.0 if "npmi" in measure else 0.0, 1.0)


def _points(result: SearchResult, measure: str, name: str) -> list[plot.Point]:
    others = [other for other in result.varied if other != name]
    series = {_told(each, others) for each in result.candidates}
    joined = len(series) <= _MOST_SERIES
    points = []
    for number, candidate in enumerate(result.ordered):
        figure = candidate.figures.get(measure)
        if figure is None:
            continue
        label = f"{_told(candidate, result.varied)}: {figure.mean:.4f}"
        if figure.deviation is not None:
            label += f" ± {figure.deviation:.4f}"
        points.append(
            plot.Point(
                right=_place(candidate.settings[name]),
                up=figure.mean,
                deviation=figure.deviation,
                series=_told(candidate, others) if joined else str(number),
                label=label,
                best=candidate is result.best,
            )
        )
    return points


def _told(candidate: Candidate, names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"{name} {candidate.settings[name]}" for name in names)


def _place(value: Any) -> float | str:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _topics(candidate: Candidate, mark: str) -> Iterator[str]:
    topics = candidate.trials[0].topics
    if not topics:
        return
    told = _told(candidate, list(candidate.settings)) + (f" ({mark})" if mark else "")
    yield f"<details><summary>{escape(told)}</summary>\n<table>"
    yield "<tr><th>topic</th>" + "".join(f"<th>{escape(code)}</th>" for code in topics) + "</tr>"
    for number in range(len(next(iter(topics.values())))):
        cells = "".join(f"<td>{escape(' '.join(words[number]))}</td>" for words in topics.values())
        yield f"<tr><td>{number}</td>{cells}</tr>"
    yield "</table></details>"

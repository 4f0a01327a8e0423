"""How tables write what was measured, and what they call it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

CORPORA = {
    "ecnews": "EC News",
    "amazon_review": "Amazon Review",
    "rakuten": "Rakuten Amazon",
    "rakuten_amazon": "Rakuten Amazon",
}
LANGUAGE_NAMES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "ru": "Russian",
    "th": "Thai",
    "zh": "Chinese",
}
SCHEDULES = {
    "published": "as published",
    "cosine-15": "cosine",
    "cosine-25": "cosine",
    "cosine-50": "cosine",
    "cosine-100": "cosine",
    "cosine-25-fivefold": "cosine, five times the rate",
    "cosine-50-small": "cosine, batches of 64",
}


#: What results, recorded once, call by other spellings.
SPELLINGS = {
    "centred": "centered",
    "normalised": "normalized",
    "tokenising": "tokenizing",
    "is told by": "is determined by",
    "neighbour": "neighbor",
}


def in_us_spelling(text: str) -> str:
    """A text as the docs spell; what is code in it stays."""
    parts = text.split("`")
    for place in range(0, len(parts), 2):
        for recorded, shown in SPELLINGS.items():
            parts[place] = parts[place].replace(recorded, shown)
    return "`".join(parts)


def markdown(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table, all columns but the first aligned right."""
    rule = "|---|" + "--:|" * (len(heading) - 1)
    lines = [f"| {' | '.join(heading)} |", rule, *(f"| {' | '.join(map(str, row))} |" for row in rows)]
    return in_us_spelling("\n".join(lines))


def language_name(code: str) -> str:
    return LANGUAGE_NAMES[code]


def per_cent(values: Iterable[float]) -> str:
    return f"{100 * statistics.mean(values):.1f}"


def with_unit(value: float | None, form: str = ",.0f") -> str:
    """A number, or a dash where it was not measured."""
    return "—" if value is None else f"{value:{form}}"


def spread(values: Iterable[float | None], form: str = ".3f") -> str:
    """The mean of seeds and, of several, their standard deviation; a dash where it was not measured."""
    known = [value for value in values if value is not None]
    if not known:
        return "—"
    mean = f"{statistics.mean(known):{form}}"
    return mean if len(known) == 1 else f"{mean} ± {statistics.stdev(known):{form}}"

"""Reading, choosing and checking of what figures show."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from gloctm.errors import CrowdedFigureWarning, InputError
from gloctm.languages import normalize_languages
from gloctm.plot.palette import Style, style
from gloctm.plot.wording import one_line

# A reader can follow at most these lines in one panel.
_MOST_LINES = 14


@dataclass(frozen=True)
class Language:
    """A language of a summary, with its style in all figures."""

    code: str
    name: str
    right_to_left: bool
    style: Style


def read_summary(summary: Any) -> Mapping[str, Any]:
    """Return the mapping of a summary.

    Args:
        summary: anything with ``to_dict()``, or the mapping itself.

    Raises:
        InputError: neither of them, another version, or a summary without languages or topics.
    """
    from gloctm.summary.content import content_of

    data = content_of(summary)
    for part in ("languages", "topics"):
        if not data[part]:
            raise InputError(f"the summary has no {part}: there is nothing to draw")
    return data


def languages_of(data: Mapping[str, Any], chosen: Iterable[str] | None) -> list[Language]:
    """Return the languages to draw: the chosen ones in the order of choice, or all.

    Raises:
        InputError: an empty choice, a duplicate, or one that the summary lacks.
    """
    known = {
        each["code"]: Language(
            each["code"], one_line(str(each.get("name") or each["code"])), each.get("direction") == "rtl", look
        )
        for each, look in zip(data["languages"], map(style, range(len(data["languages"]))), strict=True)
    }
    if chosen is None:
        return list(known.values())
    codes = normalize_languages(chosen)
    if not codes:
        raise InputError("languages is empty: name at least one, or leave it out for all")
    for code in codes:
        if code not in known:
            raise InputError(f"the summary has no language {code!r}: it has {', '.join(known)}")
    return [known[code] for code in codes]


def topics_of(data: Mapping[str, Any], chosen: Iterable[int] | None) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the topics to draw, the chosen ones in the order of choice or all, each with its place in the summary.

    Topics keep their numbers from the model, which differ from their places if a view hides or merges topics.

    Raises:
        InputError: an empty choice, a duplicate, or one that the summary lacks.
    """
    known = {topic["id"]: (place, topic) for place, topic in enumerate(data["topics"])}
    merged = {
        member: topic["id"] for topic in data["topics"] for member in topic.get("members") or () if member not in known
    }

    def missing(topic: Any) -> str:
        if topic in (data.get("hidden") or ()):
            return f"topic {topic} is hidden by the view that the summary was made with: leave it out"
        if topic in merged:
            return f"topic {topic} is shown as a part of topic {merged[topic]}: name that one"
        return f"the summary has no topic {topic!r}: it has {min(known)} to {max(known)}"

    return [known[topic] for topic in chosen_topics(known, chosen, missing)]


def chosen_topics(known: Iterable[int], chosen: Iterable[int] | None, missing: Callable[[Any], str]) -> list[int]:
    """Return the numbers of the chosen topics, or all.

    Args:
        known: the numbers of all topics.
        chosen: the numbers to choose; None for all.
        missing: returns the message about an unknown number.

    Raises:
        InputError: an empty choice, a duplicate, or an unknown number.
    """
    everything = list(known)
    if chosen is None:
        return everything
    if isinstance(chosen, str | bytes) or not isinstance(chosen, Iterable):
        raise InputError(f"topics is {chosen!r}: give a list of their numbers, for example [0, 3]")
    numbers = list(chosen)
    if not numbers:
        raise InputError("topics is empty: name at least one, or leave it out for all")
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, Integral) or number not in everything:
            raise InputError(missing(number))
    if len(set(numbers)) < len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise InputError(f"topic {twice} is given twice: give it once")
    return [int(number) for number in numbers]


def topic_name(topic: Mapping[str, Any]) -> str:
    """Return a topic's number and name, which is unique even if names repeat."""
    return one_line(f"{topic['id']} {topic['name']}")


def topic_lines(topic: Mapping[str, Any]) -> list[str]:
    """Return the lines about a topic: its number and name, and which topics a view merged into it."""
    members = topic.get("members") or [topic["id"]]
    merged = [f"the model's topics {', '.join(map(str, members))}"] if len(members) > 1 else []
    return [topic_name(topic), *merged]


def doubtful_codes(topic: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages in which a topic probably has another theme than in the others."""
    return tuple(topic.get("doubtful") or ())


def named_places(where: str) -> str:
    """Return the ``where`` of a measure with names of languages: ``"zh from en"`` is ``"Chinese from English"``."""
    from gloctm.summary.names import name_of_language

    return " from ".join(" and ".join(map(name_of_language, side.split(" "))) for side in where.split(" from "))


def number(value: Any, what: str) -> float:
    """Return a value that must be a finite number.

    Raises:
        InputError: any other value.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"{what} is {value!r}: it must be a number")
    if not math.isfinite(value):
        raise InputError(f"{what} is {float(value)}: it must be a finite number")
    return float(value)


def estimate(entry: Any, key: str, what: str) -> tuple[float, float, float] | None:
    """Return a value with the ends of its interval, or None if there is no value.

    Raises:
        InputError: one of them is not a finite number, or the value is outside its interval.
    """
    if entry is None or entry.get(key) is None:
        return None
    value = number(entry[key], what)
    low, high = number(entry["low"], f"the low end of {what}"), number(entry["high"], f"the high end of {what}")
    if not low <= value <= high:
        raise InputError(f"{what} is {value:g}, outside its interval {low:g} to {high:g}: correct one of them")
    return value, low, high


def warn_of_crowd(languages: Sequence[Any]) -> None:
    """Warn if more languages share a panel than a reader can distinguish."""
    if len(languages) > _MOST_LINES:
        warnings.warn(
            f"{len(languages)} languages in one panel are hard to distinguish: choose some with languages=[…]",
            CrowdedFigureWarning,
            stacklevel=3,
        )

"""What is handed in to be drawn: read, chosen from and checked."""

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

# As many lines in one panel can be followed; more are told by pointing at them.
_MOST_LINES = 14


@dataclass(frozen=True)
class Language:
    """A language of a summary, with the style it has in all figures."""

    code: str
    name: str
    right_to_left: bool
    style: Style


def read_summary(summary: Any) -> Mapping[str, Any]:
    """The mapping of a summary.

    Args:
        summary: anything with ``to_dict()``, or the mapping itself.

    Raises:
        InputError: it is neither, of another version, or without languages or topics.
    """
    from gloctm.summary.content import content_of

    data = content_of(summary)
    for part in ("languages", "topics"):
        if not data[part]:
            raise InputError(f"the summary has no {part}: there is nothing to draw")
    return data


def languages_of(data: Mapping[str, Any], chosen: Iterable[str] | None) -> list[Language]:
    """The languages to draw: those chosen, in the order of choice, or all.

    Raises:
        InputError: none is chosen, one twice, or one that the summary lacks.
    """
    known = {
        each["code"]: Language(
            each["code"], str(each.get("name") or each["code"]), each.get("direction") == "rtl", look
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
    """The topics to draw, those chosen in the order of choice or all, each with its place in the summary.

    Topics are called by their numbers in the model, which with a view are not their places.

    Raises:
        InputError: none is chosen, one twice, or one that the summary lacks.
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
    """The numbers of the topics chosen, or all.

    Args:
        known: all.
        chosen: what was asked for; None for all.
        missing: the sentence about one that is none of those known.

    Raises:
        InputError: none is chosen, one twice, or one that is not known.
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
    """A topic's number and name, which tell it apart also from one of the same name."""
    return f"{topic['id']} {topic['name']}"


def topic_lines(topic: Mapping[str, Any]) -> list[str]:
    """A topic's number and name, and what it was put together from, as hover tells them."""
    members = topic.get("members") or [topic["id"]]
    merged = [f"the model's topics {', '.join(map(str, members))}"] if len(members) > 1 else []
    return [topic_name(topic), *merged]


def doubtful_codes(topic: Mapping[str, Any]) -> tuple[str, ...]:
    """The languages in which a topic probably has another theme than in the others."""
    return tuple(topic.get("doubtful") or ())


def named_places(where: str) -> str:
    """What a measure was taken of, languages by their names: ``"zh from en"`` is ``"Chinese from English"``."""
    from gloctm.summary.names import name_of_language

    return " from ".join(" and ".join(map(name_of_language, side.split(" "))) for side in where.split(" from "))


def number(value: Any, what: str) -> float:
    """A value that must be a finite number.

    Raises:
        InputError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"{what} is {value!r}: it must be a number")
    if not math.isfinite(value):
        raise InputError(f"{what} is {float(value)}: a figure can't show it, so find out where it comes from")
    return float(value)


def estimate(entry: Any, key: str, what: str) -> tuple[float, float, float] | None:
    """A value with the ends of its interval, or None where there is none.

    Raises:
        InputError: one of them is no finite number, or the value lies outside its interval.
    """
    if entry is None or entry.get(key) is None:
        return None
    value = number(entry[key], what)
    low, high = number(entry["low"], f"the low end of {what}"), number(entry["high"], f"the high end of {what}")
    if not low <= value <= high:
        raise InputError(f"{what} is {value:g}, outside its interval {low:g} to {high:g}: find out where it comes from")
    return value, low, high


def warn_of_crowd(languages: Sequence[Any]) -> None:
    """Warn where more languages share a panel than can be told apart."""
    if len(languages) > _MOST_LINES:
        warnings.warn(
            f"{len(languages)} languages in one panel are hard to tell apart: choose some with languages=[…]",
            CrowdedFigureWarning,
            stacklevel=3,
        )

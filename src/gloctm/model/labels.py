"""Labels of topics in a model: by language and topic, each one line of plain text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any

from gloctm.errors import InputError
from gloctm.languages import normalize_languages

#: For each language the labels of topics, by the topic's number. Not every topic need have one.
Labels = dict[str, dict[int, str]]

#: The most characters of a label: it must fit on a button.
MAX_LABEL = 200
# Control characters, line and paragraph separators, lone surrogates: what no line of text holds.
_NOT_IN_A_LINE = ("Cc", "Zl", "Zp", "Cs")


def check_labels(labels: Any, num_topics: int) -> Labels:
    """Check labels, and normalize their languages and topic numbers.

    Args:
        labels: for each language a mapping from topic to text, or a list of one text per topic.
        num_topics: K.

    Raises:
        InputError: naming the language and topic of the first that is wrong.
    """
    if not isinstance(labels, Mapping):
        raise InputError('labels are not ordered by language: give a mapping, for example {"en": {0: "weather"}}')
    checked: Labels = {}
    for code, given in zip(normalize_languages(labels), labels.values(), strict=True):
        if isinstance(given, Sequence) and not isinstance(given, str):
            if len(given) != num_topics:
                raise InputError(
                    f"the labels of {code!r} are {len(given)} for {num_topics} topics: give one for each, or a mapping "
                    "from topic to label"
                )
            given = dict(enumerate(given))
        if not isinstance(given, Mapping):
            raise InputError(f"the labels of {code!r} are {given!r}: give a mapping from topic to label")
        found = {
            check_topic(topic, num_topics): check_label(text, f"the label of topic {topic} in {code!r}")
            for topic, text in given.items()
        }
        checked[code] = dict(sorted(found.items()))
    return checked


def check_label(text: Any, what: str) -> str:
    """Check a label, and return it without white space around it.

    Raises:
        InputError: it is no text, is empty or too long, or has several lines or control characters.
    """
    if not isinstance(text, str):
        raise InputError(f"{what} is {type(text).__name__} {text!r:.80}: it must be text")
    stripped = text.strip()
    if not stripped:
        raise InputError(f"{what} is empty: give some text, or leave it out")
    if any(unicodedata.category(character) in _NOT_IN_A_LINE for character in stripped):
        raise InputError(f"{what} is {stripped!r:.80}: it must be one line of plain text")
    if len(stripped) > MAX_LABEL:
        raise InputError(f"{what} has {len(stripped)} characters: {MAX_LABEL} at most")
    return stripped


def check_topic(topic: Any, num_topics: int) -> int:
    """Validate a topic's number and return it as ``int``.

    Raises:
        InputError: the model has no such topic.
    """
    if isinstance(topic, bool) or not isinstance(topic, Integral) or not 0 <= int(topic) < num_topics:
        raise InputError(f"topic {topic!r} is none of the model's: they are numbered from 0 to {num_topics - 1}")
    return int(topic)


def one_line(text: str) -> str:
    """Turn any text into a label: one line, cut where it is too long."""
    plain = "".join(" " if unicodedata.category(character) in _NOT_IN_A_LINE else character for character in text)
    # "?" replaces a text of characters that a line can't hold.
    plain = " ".join(plain.split()) or "?"
    return plain if len(plain) <= MAX_LABEL else plain[: MAX_LABEL - 1].rstrip() + "…"


def shared_labels(labels: Labels, groups: Iterable[Sequence[int]], languages: Iterable[str]) -> list[dict[str, str]]:
    """Find for each group of topics shown as one the label that all of them have, by language.

    The label of one member is not that of all: a merge of "Weather" and "Sport" is neither.

    Args:
        labels: a model's.
        groups: the numbers of their topics; a topic by itself is a group of one.
        languages: which.
    """
    listed = list(languages)
    result = []
    for group in groups:
        texts = {code: {labels.get(code, {}).get(topic) for topic in group} for code in listed}
        result.append({code: text for code, (text, *others) in texts.items() if text is not None and not others})
    return result

"""Checks of what the measures of topics are given: for each topic its top words."""

from __future__ import annotations

from collections.abc import Sequence

from gloctm.errors import InputError


def check_topics(measure: str, topics: Sequence[Sequence[str]], *, distinct: bool = False, least: int = 1) -> None:
    """Raise InputError unless there are topics and each has words.

    Args:
        measure: what is to be computed, for the message.
        topics: for each topic its top words.
        distinct: whether a topic may not have a word twice.
        least: how many words a topic must have.
    """
    if isinstance(topics, str) or any(isinstance(words, str) for words in topics):
        raise InputError(f"{measure} needs topics as lists of words, not a string: split it into words")
    if not len(topics) or not all(len(words) for words in topics):
        raise InputError(f"{measure} needs at least one topic, and a word in each")
    for number, words in enumerate(topics):
        if len(words) < least:
            raise InputError(
                f"{measure} needs at least {least} words in each topic, but topic {number} has {len(words)}"
            )
        if distinct and len(set(words)) < len(words):
            twice = next(word for place, word in enumerate(words) if word in words[:place])
            raise InputError(f"{measure} needs distinct words, but topic {number} has {twice!r} twice: leave one out")

"""Checks of what the measures of topics are given: for each topic its top words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from gloctm.errors import InputError


def check_topics(measure: str, topics: Sequence[Sequence[str]], *, distinct: bool = False, least: int = 1) -> None:
    """Raise InputError unless there are topics and each has words.

    Args:
        measure: what is to be computed, for the message.
        topics: for each topic its top words.
        distinct: whether a topic may not have a word twice.
        least: how many words every topic must have.
    """
    if not _is_list(topics) or not all(isinstance(words, str) or _is_list(words) for words in topics):
        raise InputError(f"{measure} needs topics as lists of words, one list a topic: {topics!r:.60} is none")
    if any(isinstance(words, str) for words in topics):
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


def checked_documents(purpose: str, documents: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Return documents one by one; raise InputError at one that is no list of words.

    Args:
        purpose: what they are for, with which the sentence begins.
        documents: each its words. Of a string the words would be its letters.
    """
    if not isinstance(documents, Iterable):
        raise InputError(f"{purpose} needs documents, each a list of its words, not {documents!r:.60}")
    for document in documents:
        if isinstance(document, str | bytes) or not isinstance(document, Iterable):
            raise InputError(
                f"{purpose} needs each document as a list of its words, not {document!r:.60}: split it, as with "
                "text.split() or a tokenizer"
            )
        yield document


def _is_list(given: Any) -> bool:
    return isinstance(given, Collection) and not isinstance(given, str | bytes | Mapping)

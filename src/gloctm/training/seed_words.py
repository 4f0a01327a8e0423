"""Seed words as a setting: what forms they may have, and which topics they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gloctm.checks import count_of
from gloctm.errors import InputError
from gloctm.languages import normalize_languages
from gloctm.model.labels import check_label

#: For each topic, by name or by number as text, its seed words per language: the form that is kept in files.
SeedWords = dict[str, dict[str, list[str]]]

_EXAMPLE = '{"climate": {"en": ["climate", "emissions"]}}'


@dataclass(frozen=True)
class SeededTopic:
    """A topic that has seed words.

    Attributes:
        topic: its number.
        label: its name, if it was given one.
        words: its seed words per language.
    """

    topic: int
    label: str | None
    words: Mapping[str, Sequence[str]]

    def __str__(self) -> str:
        return f"topic {self.topic}" if self.label is None else repr(self.label)


def check_seed_words(name: str, value: Any) -> SeedWords | None:
    """Validate seed words, and return them in the form that is kept.

    Args:
        name: of the setting.
        value: topics by name or by number, or a list of topics; each a mapping from language to words. None for none.

    Raises:
        InputError: naming the topic that is wrong.
    """
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = dict(enumerate(value))
    if value is not None and not isinstance(value, Mapping):
        raise InputError(f"{name} is {value!r:.80}: give words by topic and language, for example {_EXAMPLE}")
    found: SeedWords = {}
    for topic, words in (value or {}).items():
        spelled = _spelled(name, topic)
        if spelled in found:
            raise InputError(f"{name} has topic {spelled!r} twice: give its words together")
        found[spelled] = _by_language(name, spelled, words)
    numbered = [spelled for spelled in found if spelled.isdecimal()]
    if numbered and len(numbered) < len(found):
        named = next(spelled for spelled in found if spelled not in numbered)
        raise InputError(
            f"{name} has topics by number ({numbered[0]}) and by name ({named!r}): give all by number, or all by name"
        )
    return found or None


def seeded_topics(seed_words: SeedWords | None, num_topics: int) -> list[SeededTopic]:
    """Return the topics that have seed words, in the order of their numbers: named ones from 0, as they are listed.

    Args:
        seed_words: checked.
        num_topics: K.

    Raises:
        InputError: more topics than there are.
    """
    given = seed_words or {}
    if len(given) > num_topics:
        raise InputError(
            f"seed_words has words for {count_of(len(given), 'topic')}, but num_topics is {num_topics}: ask for more "
            "topics, or give words for fewer"
        )
    found = []
    for position, (spelled, words) in enumerate(given.items()):
        topic, label = (int(spelled), None) if spelled.isdecimal() else (position, spelled)
        if topic >= num_topics:
            raise InputError(
                f"seed_words has words for topic {topic}, but num_topics is {num_topics}: topics are numbered from 0 "
                f"to {num_topics - 1}"
            )
        found.append(SeededTopic(topic, label, words))
    return sorted(found, key=lambda each: each.topic)


def _spelled(name: str, topic: Any) -> str:
    if isinstance(topic, str):
        label = check_label(topic, f"the name of a topic in {name}")
        return str(int(label)) if label.isdecimal() else label
    if isinstance(topic, bool) or not hasattr(topic, "__index__") or int(topic) < 0:
        raise InputError(f"{name} has a topic {topic!r:.80}: give a name, or a number from 0, for example {_EXAMPLE}")
    return str(int(topic))


def _by_language(name: str, topic: str, words: Any) -> dict[str, list[str]]:
    if not isinstance(words, Mapping):
        raise InputError(
            f"{name} of topic {topic!r} is {words!r:.80}: give its words by language, for example "
            '{"en": ["climate", "emissions"]}'
        )
    if not words:
        raise InputError(f"{name} of topic {topic!r} is empty: give words in at least one language, or leave it out")
    found = {}
    for code, given in zip(normalize_languages(words), words.values(), strict=True):
        is_list = isinstance(given, Sequence) and not isinstance(given, str)
        if not is_list or not given or not all(isinstance(word, str) and word.strip() for word in given):
            raise InputError(
                f"{name} of topic {topic!r} in {code!r} is {given!r:.80}: give a list of words, for example "
                '["climate", "emissions"]'
            )
        found[code] = [str(word) for word in given]
    return found

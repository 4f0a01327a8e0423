"""Scores of single topics, which intervals and other numbers of words need: the lines of topic-scores.jsonl."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping

from pages.results import Result, results

#: The view of a model whose words are ranked as the default method ranks its own; by other views, topics are the same.
COHERENT = "coherent words"


def words_digest(each: Mapping[str, object]) -> str:
    """Twelve digits of the SHA-256 of the words of a result."""
    return hashlib.sha256(json.dumps(each["top_words"], sort_keys=True).encode()).hexdigest()[:12]


def score_key(each: Mapping[str, object]) -> tuple[Hashable, ...]:
    """What says that scores are those of a result: a model that is trained anew may have other words."""
    words = each["words"] if "words" in each else words_digest(each) if "top_words" in each else None
    return (*(str(each.get(name)) for name in ("corpus", "model", "view", "seed", "conditions")), words)


def topic_scores() -> dict[tuple[Hashable, ...], Result]:
    """All scores, by ``score_key`` of their results."""
    return {score_key(each): each for each in results("topic-scores", "topic-scores")}

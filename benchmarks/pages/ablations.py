"""The table of the default method with one change at a time (docs/lab/parts.md)."""

from __future__ import annotations

from collections.abc import Callable

from ablations import ABLATIONS

from pages.markdown import CORPORA, markdown, spread
from pages.quality import one_condition, over_seeds
from pages.results import Result, results

COLUMNS = {
    "CNPMI, published": ("cnpmi_published", ".4f"),
    "CNPMI, document": ("cnpmi_document", ".4f"),
    "TU": ("topic_uniqueness", ".3f"),
    "NPMI": ("npmi", ".3f"),
    "accuracy across": ("accuracy_across", ".3f"),
    "purity": ("purity", ".3f"),
}


def grouped() -> dict[tuple[str, str], list[Result]]:
    """Results by corpus and ablation, in the order of tables, the seeds of each together.

    Raises:
        SystemExit: what would be averaged was measured under different conditions.
    """
    every = results("ablations", "ablations")
    groups = {
        (corpus, key): [each for each in every if (each["corpus"], each["model"]) == (corpus, key)]
        for corpus in dict.fromkeys(each["corpus"] for each in every)
        for key in ABLATIONS
    }
    for (corpus, key), group in groups.items():
        one_condition(group, f"{key!r} on {corpus}", "ablations")
    return {names: group for names, group in groups.items() if group}


def of_the_default() -> str:
    """The table of all corpora."""
    groups = grouped()
    if not groups:
        return "not measured yet"
    return markdown(
        ["", "corpus", "seeds", *COLUMNS, "seconds"],
        (
            [
                ABLATIONS[key].name,
                CORPORA[corpus],
                len(group),
                *(over_seeds(group, measure, form) for measure, form in COLUMNS.values()),
                spread([one["training_seconds"] for one in group], ",.0f"),
            ]
            for (corpus, key), group in groups.items()
        ),
    )


TABLES: dict[str, Callable[[], str]] = {"ablations of the default": of_the_default}

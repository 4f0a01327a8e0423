"""Tables of the two offline encoders beside each other (docs/results/text-and-languages.md)."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from pages.markdown import CORPORA, LANGUAGE_NAMES, markdown
from pages.results import results

_NAMES = {
    **LANGUAGE_NAMES,
    **{"el": "Greek", "fi": "Finnish", "hi": "Hindi", "sw": "Swahili", "uk": "Ukrainian", "vi": "Vietnamese"},
}


def short_texts() -> str:
    """By language how many texts come out right by each encoder."""
    found = {each["encoder"]: each for each in results("encoders") if each["corpus"] == "short texts"}
    languages = found["e5"]["transfer_from_english"]
    rows = []
    for code in sorted(languages, key=_NAMES.__getitem__):
        cells = [f"{each['transfer_from_english'][code]:.2f}" for each in found.values()]
        for each in found.values():
            values = [of_seed[code] for of_seed in each["topics"].values()]
            cells.append("refused" if None in values else f"{statistics.mean(values):.2f}")
        rows.append([_NAMES[code], *cells])
    heading = ["language", *(f"nearest theme, {name}" for name in found), *(f"topics, {name}" for name in found)]
    return markdown(heading, rows)


def corpora() -> str:
    """By corpus and encoder the means over seeds."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in results("encoders"):
        if each["corpus"] != "short texts":
            found.setdefault((each["corpus"], each["encoder"]), []).append(each["measures"])
    measures: dict[str, Callable[[dict[str, Any]], float]] = {
        "CNPMI": lambda each: _mean(each["cnpmi_published"]),
        "TU": lambda each: _mean(each["topic_uniqueness"]),
        "accuracy within": lambda each: _mean(each["accuracy_within"]),
        "accuracy across": lambda each: _mean(each["accuracy_across"]),
    }
    rows = [
        [CORPORA[corpus], f"`{encoder}`", *(f"{statistics.mean(map(of, lines)):.3f}" for of in measures.values())]
        for (corpus, encoder), lines in found.items()
    ]
    return markdown(["corpus", "encoder", *measures], rows)


def _mean(values: dict[str, float]) -> float:
    return statistics.mean(values.values())


TABLES = {"encoders in more languages": short_texts, "encoders on corpora": corpora}

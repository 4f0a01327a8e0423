"""How much the default method's own numbers matter: each half as large and half as large again, one at a time.

    python benchmarks/sensitivity.py DATA --reference REFERENCES [--dictionary DICTIONARIES]
        [--changes default "num_near_documents x0.5" ...] [--seeds 0] [--workers 2]

Arguments, measures and the way of running are those of benchmarks/quality.py and benchmarks/ablations.py. Numbers are
those settings and constants of the method that what it finds depends on; bounds on time and memory are not among them.
What is a share stays at most 1, and whole numbers stay whole. Each training is a JSON line with ``setting``, ``value``,
``usual`` and ``factor``, appended to benchmarks/results/sensitivity.jsonl; what is there is not run again.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ablations import HOMES, Ablation, command
from baselines.model import GloCTMModel
from baselines.settings import comparable, digest
from quality import Line

from gloctm import GloCTM
from gloctm.context import fit, space, topics
from gloctm.context.train import NEAR_DOCUMENTS

RESULTS = Path(__file__).resolve().parent / "results" / "sensitivity.jsonl"
FACTORS = (0.5, 1.5)
# Constants, by module and name, and whether they are shares.
CONSTANTS = {
    "space.SHRINKAGE": False,
    "space.LINKED_WORDS": False,
    "topics.COUNTING_TEMPERATURE": False,
    "topics.SMOOTHING_WORDS": False,
    "topics.FEWEST_STARTS": False,
    "fit.REFINING_WORDS": False,
    "coherence.CANDIDATES": False,
    "coherence.LEAST_TOGETHER": False,
    "coherence.TRANSLATION_COSINE": True,
    "coherence.TRANSLATION_WEIGHT": False,
    "coherence.OWN_WEIGHT": False,
    "coherence.STEEPNESS": False,
    "coherence.FREQUENCY_WEIGHT": False,
    "coherence.CANDIDATE_FREQUENCY": False,
    "coherence.SHARED_SCORE": True,
    "coherence.ROUNDS": False,
    "inflections.SAME_WORD_COSINE": True,
    "inflections.SHARED_BEGINNING": True,
    "inference.RIDGE": False,
}


def times(usual: float, factor: float, *, share: bool = False) -> float:
    """A number as many times as large: a whole one rounded, a share at most 1."""
    if isinstance(usual, int):
        return max(int(usual * factor + 0.5), 1)
    value = round(usual * factor, 10)
    return min(value, 1.0) if share else value


def scaled_temperature(factor: float, *given: Any) -> float:
    """The temperature of θ that is fitted, as many times as large."""
    return factor * _calibrated(*given)


# By its name there: within the block of a change it is another.
_calibrated: Callable[..., float] = fit._calibrated


def _usual(name: str) -> float:
    """A constant as the package has it."""
    module, _, attribute = name.partition(".")
    found: float = getattr(importlib.import_module(HOMES.get(module, f"gloctm.context.{module}")), attribute)
    return found


def _changes() -> tuple[dict[str, Ablation], dict[str, Line]]:
    """The changes by key, and what lines say of each."""
    changes = {"default": Ablation("GloCTM")}
    told: dict[str, Line] = {"default": {"setting": None, "value": None, "usual": None, "factor": 1.0}}

    def add(setting: str, usual: float | None, value: float | None, factor: float, change: Ablation) -> None:
        key = f"{setting} x{factor:g}"
        changes[key] = change
        told[key] = {"setting": setting, "value": value, "usual": usual, "factor": factor}

    settings = {"num_near_documents": NEAR_DOCUMENTS[1], "num_refinements": GloCTM().get_params()["num_refinements"]}
    for factor in FACTORS:
        for name, usual in settings.items():
            value = times(usual, factor)
            add(name, usual, value, factor, Ablation(name, {name: value}))
        for name, share in CONSTANTS.items():
            usual = _usual(name)
            value = times(usual, factor, share=share)
            # With few documents there are more starts: both numbers are of one setting.
            others = {"topics.MOST_STARTS": times(topics.MOST_STARTS, factor)} if name == "topics.FEWEST_STARTS" else {}
            add(name, usual, value, factor, Ablation(name, numbers={name: value, **others}))
        # Defaults of arguments, which a change of the number would not reach.
        value = int(times(space.DIMENSIONS, factor))
        function: Callable[..., Any] = partial(space.leading_directions, dimensions=value)
        of_fit = {"fit.leading_directions": function}
        add("space.DIMENSIONS", space.DIMENSIONS, value, factor, Ablation("dimensions", functions=of_fit))
        value = int(times(topics.EM_ROUNDS, factor))
        function = partial(topics.topic_word_log_probabilities, rounds=value)
        of_fit = {"fit.topic_word_log_probabilities": function}
        add("topics.EM_ROUNDS", topics.EM_ROUNDS, value, factor, Ablation("rounds", functions=of_fit))
        # Fitted on each corpus, so that there is no usual one.
        of_fit = {"fit._calibrated": partial(scaled_temperature, factor)}
        add("temperature", None, None, factor, Ablation("temperature", functions=of_fit))
    return changes, told


CHANGES, TOLD = _changes()


def facts(key: str, model: GloCTMModel, corpus: str, seed: int, about: Mapping[str, Any]) -> Line:
    """What is known of a line of results before training: which one it will be."""
    told = TOLD[key]
    replaced = {} if told["setting"] is None else {told["setting"]: told["value"] or told["factor"]}
    settings = {**model.settings(), "replaced": replaced}
    return {
        "benchmark": "sensitivity",
        "corpus": corpus,
        "model": key,
        "view": "",
        "seed": seed,
        **told,
        **about,
        "settings": settings,
        "conditions": digest({"settings": comparable(settings, model.usual), **about}),
    }


def main() -> None:
    command(__doc__, "changes", Path(__file__).resolve(), RESULTS, (0,), facts, CHANGES)


if __name__ == "__main__":
    main()

"""What the default method gains over each other model, with intervals (docs/results/quality.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.markdown import markdown
from pages.quality import PAGES, grouped, marked, mean_measure, trained_for
from pages.results import Result
from pages.scores import COHERENT, score_key, topic_scores

MEASURES = {
    "CNPMI, published": "cnpmi_published",
    "CNPMI, document": "cnpmi_document",
    "TU": "topic_uniqueness",
}
SAMPLES = 4000
# Bounds of an interval, in percent of the samples.
BOUNDS = (2.5, 97.5)


def differences(corpus: str) -> Callable[[], str]:
    """The table of one corpus: each model by how much the default is ahead of it."""

    def table() -> str:
        scores = topic_scores()
        groups = [group for group in grouped(corpus).values() if group[0]["view"] in ("", COHERENT)]
        default = next((group for group in groups if group[0]["model"] == "context"), None)
        if default is None:
            return "not measured yet"
        rows = []
        for group in groups:
            pairs = same_seeds(default, group)
            if group is default or not pairs:
                continue
            cells = [topics_apart(pairs, scores, measure) for measure in MEASURES.values()]
            pairs_of_numbers = [tuple(mean_measure(one, "accuracy_across") for one in pair) for pair in pairs]
            cells.append(seeds_apart(pairs_of_numbers))
            rows.append([marked(group[0]), trained_for(group[0]), len(pairs), *cells])
        return markdown(["ahead of", "epochs", "seeds", *MEASURES, "accuracy across"], rows)

    return table


def same_seeds(default: Sequence[Result], other: Sequence[Result]) -> list[tuple[Result, Result]]:
    """Results of both with the same seeds; what has no seed stands beside each of the default's."""
    by_seed = {each["seed"]: each for each in other}
    found = [(each, by_seed.get(each["seed"], by_seed.get(None))) for each in default]
    return [(one, two) for one, two in found if two is not None]


def topics_apart(pairs: Sequence[tuple[Result, Result]], scores: dict[Any, Result], measure: str) -> str:
    """How far the default is ahead by a measure of topics, with its interval over seeds and topics."""
    found = [[scores.get(score_key(each), {}).get(measure) for each in pair] for pair in pairs]
    if any(values is None for pair in found for values in pair):
        return "—"
    # With one seed, an interval knows nothing of the chance of training.
    return told(*bootstrap([(np.array(one), np.array(two)) for one, two in found]), ".3f", sure=len(pairs) > 1)


def bootstrap(pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> tuple[float, float, float]:
    """Return the mean difference of seeds' mean topics and the bounds of its interval.

    A sample draws seeds with replacement, for both models the same ones, and then topics of each model and seed. With
    one seed, only topics are drawn.

    Args:
        pairs: for each seed the topics' scores of the one model and the other.
    """
    rng = np.random.default_rng(0)
    mean = float(np.mean([one.mean() - two.mean() for one, two in pairs]))
    # Per seed, samples of the difference; then for each sample the mean over seeds that are drawn, each anew.
    samples = np.zeros(SAMPLES)
    for _ in pairs:
        drawn = rng.integers(len(pairs), size=SAMPLES)
        for seed, (one, two) in enumerate(pairs):
            places = np.flatnonzero(drawn == seed)
            for scores, sign in ((one, 1), (two, -1)):
                topics = rng.integers(len(scores), size=(len(places), len(scores)))
                samples[places] += sign * scores[topics].mean(axis=1) / len(pairs)
    low, high = np.percentile(samples, BOUNDS)
    return mean, float(low), float(high)


def seeds_apart(pairs: Sequence[tuple[float | None, ...]]) -> str:
    """How far the default is ahead by a measure without topics: the mean, with the range over seeds."""
    apart = [one - two for one, two in pairs if one is not None and two is not None]
    if not apart:
        return "—"
    # Not bold: the documents that were drawn matter more than the seeds.
    mean = f"{np.mean(apart):+.3f}"
    return f"{mean} [{min(apart):+.3f}, {max(apart):+.3f}]" if len(apart) > 1 else mean


def told(mean: float, low: float, high: float, form: str, *, sure: bool = True) -> str:
    """A difference with its bounds; one whose interval has both signs is not bold, nor is one that is not sure."""
    text = f"{mean:+{form}} [{low:+{form}}, {high:+{form}}]"
    return f"**{text}**" if sure and (low > 0 or high < 0) else text


TABLES: dict[str, Callable[[], str]] = {f"differences {name}": differences(corpus) for corpus, name in PAGES.items()}

"""What is searched over: for each setting values to try, or a range to draw them from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from gloctm.checks import check_int
from gloctm.errors import InputError, MissingDependencyError
from gloctm.inert import quoted
from gloctm.training.settings import SETTINGS, check_settings

#: Settings that are the same for all candidates, or given otherwise, and why.
_NOT_SEARCHED = {
    "random_state": "give the seeds as seeds",
    "device": "it changes no model",
    "threads": "it changes no model",
    "show_progress": "it changes no model",
    "seed_words": "give those of all candidates as settings={'seed_words': ...}",
}
#: Candidates of a search at most: all are listed before the first is trained.
MOST_CANDIDATES = 100_000
# Significant digits of a number drawn: enough to tell it by, few enough to write it down.
_DIGITS = 4
# Optuna's sampler draws the same numbers whenever the same search is run.
_SAMPLER_SEED = 0

Assignment = dict[str, Any]


@dataclass(frozen=True)
class Range:
    """Numbers to draw a setting from.

    Attributes:
        low: the lowest.
        high: the highest, itself included.

    Example:
        >>> Range(0.05, 0.3).low
        0.05
    """

    low: float
    high: float


Space = Mapping[str, "Range | tuple[Any, ...]"]


def checked_space(space: Mapping[str, Range | Sequence[Any]], settings: Mapping[str, Any]) -> Space:
    """Return the space with plain Python numbers, each value one that the setting may have.

    Args:
        space: for each setting its values or range.
        settings: all of the estimator's, for what is not searched over.

    Raises:
        InputError: an unknown setting, one that can't be searched over, no values, or a value out of range.
    """
    if not space:
        raise InputError("the space is empty: name a setting and its values, for example {'num_topics': [10, 20, 30]}")
    checked: dict[str, Range | tuple[Any, ...]] = {}
    for name, values in space.items():
        if name not in settings:
            raise InputError(f"there is no setting {name!r}; there are {', '.join(settings)}")
        if name in _NOT_SEARCHED:
            raise InputError(f"{name} can't be searched over: {_NOT_SEARCHED[name]}")
        if isinstance(values, Range):
            checked[name] = _checked_range(name, values, settings)
            continue
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise InputError(f"{name} is to be {values!r}: give a list of values, or a Range to draw them from")
        plain = [check_settings({**settings, name: value})[name] for value in values]
        if not plain:
            raise InputError(f"{name} has no values to try: give at least one")
        checked[name] = tuple(dict.fromkeys(plain))
    return checked


def _checked_range(name: str, values: Range, settings: Mapping[str, Any]) -> Range:
    if SETTINGS[name].metadata["kind"] not in (int, float):
        raise InputError(f"{name} is no number to draw from a range: give a list of values")
    low, high = (check_settings({**settings, name: end})[name] for end in (values.low, values.high))
    if low is None or high is None or not low < high:
        raise InputError(f"{name} is to be drawn from {values.low} to {values.high}: the first must be below the other")
    return Range(low, high)


def check_trials(space: Space, trials: int | None) -> None:
    """Raise InputError unless it is clear how many candidates there are to be."""
    ranges = [name for name, values in space.items() if isinstance(values, Range)]
    if trials is None:
        if ranges:
            raise InputError(
                f"{ranges[0]} is to be drawn from a range: say how many candidates to draw (trials), or list values"
            )
        if (size := grid_size(space)) > MOST_CANDIDATES:
            raise InputError(
                f"the space has {quoted(size)} candidates, and a search may have {MOST_CANDIDATES:,}: list fewer "
                "values, or say how many candidates to draw (trials)"
            )
        return
    check_int("trials", trials, 1, most=MOST_CANDIDATES)
    if not ranges and trials >= (size := grid_size(space)):
        raise InputError(f"trials is {trials}, but there are {size} candidates in all: leave it out to try them all")


def grid_size(space: Space) -> int:
    """Return the number of combinations of the values listed."""
    return math.prod(len(values) for values in space.values() if not isinstance(values, Range))


def grid(space: Space) -> Iterator[Assignment]:
    """Yield every combination of the values listed, the last setting changing fastest."""
    listed = [values for values in space.values() if not isinstance(values, Range)]
    for values in product(*listed):
        yield dict(zip(space, values, strict=True))


class Sampler:
    """Draws candidates, near those that were good, by Optuna's tree-structured Parzen estimator.

    The first ten are drawn at random. It keeps nothing: with the same answers it draws the same, so a search that goes
    on is drawn again from its beginning, with the results that are known.

    References:
        Bergstra, Bardenet, Bengio, Kégl: Algorithms for Hyper-Parameter Optimization. NeurIPS 2011.
    """

    def __init__(self, space: Space) -> None:
        try:
            import optuna
        except ImportError as error:
            raise MissingDependencyError.of("Drawing candidates (trials)", "optuna") from error
        level = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            self._study = optuna.create_study(
                direction="maximize", sampler=optuna.samplers.TPESampler(seed=_SAMPLER_SEED)
            )
        finally:
            optuna.logging.set_verbosity(level)
        self._space = space
        self._failed = optuna.trial.TrialState.FAIL
        self._distributions: dict[str, Any] = {}
        for name, values in space.items():
            if not isinstance(values, Range):
                self._distributions[name] = optuna.distributions.CategoricalDistribution(values)
            elif SETTINGS[name].metadata["kind"] is int:
                self._distributions[name] = optuna.distributions.IntDistribution(int(values.low), int(values.high))
            else:
                self._distributions[name] = optuna.distributions.FloatDistribution(values.low, values.high)

    def ask(self) -> tuple[Any, Assignment]:
        """Return a candidate, and what to tell its value by."""
        drawn = self._study.ask(self._distributions)
        return drawn, {name: _rounded(drawn.params[name], values) for name, values in self._space.items()}

    def tell(self, drawn: Any, value: float | None) -> None:
        """Return what the objective is for a candidate; None where its training failed."""
        if value is None:
            self._study.tell(drawn, state=self._failed)
        else:
            self._study.tell(drawn, value)


def _rounded(value: Any, values: Range | tuple[Any, ...]) -> Any:
    if not isinstance(values, Range) or not isinstance(value, float):
        return value
    return min(max(float(f"{value:.{_DIGITS}g}"), values.low), values.high)

"""What a search found: each candidate's figures over its seeds, and which candidate is best."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from statistics import fmean, stdev
from typing import Any

from gloctm.evaluation import name_of
from gloctm.metrics.stability import topic_stability
from gloctm.selection.trials import Trial

#: How alike the topics of a candidate's seeds are, in addition to the measures of each training.
STABILITY = "stability"


@dataclass(frozen=True)
class MeanOverSeeds:
    """A measure over several seeds.

    Attributes:
        mean: over the seeds.
        deviation: the sample standard deviation over the seeds; None with one seed, and for stability, which is one
            number of all seeds together.

    Examples:
        >>> MeanOverSeeds(mean=0.25, deviation=None).mean
        0.25
    """

    mean: float
    deviation: float | None


@dataclass(frozen=True)
class Candidate:
    """Settings that were tried.

    Attributes:
        settings: those that were searched over.
        trials: a training for each seed.
        figures: each measure's mean and deviation; empty if a training failed.

    Examples:
        >>> trial = Trial({"num_topics": 2}, 0, {"npmi": {"en": 0.25, "de": 0.75}}, {}, 1.5, "fingerprint", {})
        >>> Candidate.of({"num_topics": 2}, [trial]).figures["npmi"].mean
        0.5
    """

    settings: dict[str, Any]
    trials: tuple[Trial, ...] = field(repr=False)
    figures: dict[str, MeanOverSeeds] = field(repr=False)

    @classmethod
    def of(cls, settings: Mapping[str, Any], trials: Sequence[Trial]) -> Candidate:
        """Make a candidate with the figures of its trainings."""
        figures = {}
        if not any(trial.failed for trial in trials):
            for name in trials[0].measures:
                values = [trial.mean(name) for trial in trials]
                figures[name] = MeanOverSeeds(fmean(values), stdev(values) if len(values) > 1 else None)
            if len(trials) > 1:
                figures[STABILITY] = MeanOverSeeds(topic_stability([trial.topics for trial in trials]).overall, None)
        return cls(dict(settings), tuple(trials), figures)

    @property
    def all_settings(self) -> dict[str, Any]:
        """For ``GloCTM(**settings)``, which trains the model of the first seed once more."""
        return {**self.trials[0].settings, "random_state": self.trials[0].seed}


@dataclass(frozen=True, repr=False)
class SearchResult:
    """All candidates, in the order in which they were tried.

    Attributes:
        candidates: at least one of them with figures.
        objective: the measure that the best one has most of.
        seeds: that each was trained with.

    Example:
        >>> result = search(corpus, {"num_topics": [10, 20]}, output="search")  # doctest: +SKIP
        >>> result.best.settings  # doctest: +SKIP
        {'num_topics': 20}
    """

    candidates: tuple[Candidate, ...]
    objective: str
    seeds: tuple[int, ...]

    def __repr__(self) -> str:
        facts = [f"{len(self.candidates)} candidates, seeds {list(self.seeds)}"]
        if self._measured():
            best = self.best
            facts.append(f"best {best.settings} with {self.objective} {best.figures[self.objective].mean:.3f}")
        return f"<SearchResult: {', '.join(facts)}>"

    def _repr_html_(self) -> str:
        heading, *rows = self.table([self.objective] if self._measured() else [])
        lines = [f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in heading)}</tr>"]
        lines += [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows]
        return f"<table>{''.join(lines)}</table>"

    @property
    def best(self) -> Candidate:
        """The candidate with the highest objective; of equals, the one tried first."""
        return max(self._measured(), key=lambda candidate: candidate.figures[self.objective].mean)

    @property
    def close(self) -> tuple[Candidate, ...]:
        """Candidates whose objective these seeds can't distinguish from the best one's.

        Those that are behind by less than two standard errors of a difference, 2 s √(2 / n), with n seeds and s the
        standard deviation over seeds, pooled over all candidates. Where there is none, with one seed and for stability,
        only those that are equal.
        """
        figures = [candidate.figures[self.objective] for candidate in self._measured()]
        deviations = [figure.deviation or 0.0 for figure in figures]
        pooled = math.sqrt(fmean(deviation**2 for deviation in deviations))
        best = self.best
        least = best.figures[self.objective].mean - 2 * pooled * math.sqrt(2 / len(self.seeds))
        return tuple(
            candidate
            for candidate in self._measured()
            if candidate is not best and candidate.figures[self.objective].mean >= least
        )

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that were taken of any candidate, the objective first."""
        others = [name for candidate in self._measured() for name in candidate.figures]
        return tuple(dict.fromkeys([self.objective, *self.best.figures, *others]))

    @property
    def varied(self) -> tuple[str, ...]:
        """Settings that differ between candidates."""
        names = self.candidates[0].settings
        return tuple(name for name in names if len({str(each.settings[name]) for each in self.candidates}) > 1)

    @property
    def ordered(self) -> tuple[Candidate, ...]:
        """The candidates as a reader looks for them: by K, then by the other settings in their order."""
        names = sorted(self.candidates[0].settings, key=lambda name: name != "num_topics")
        return tuple(sorted(self.candidates, key=lambda candidate: [_rank(candidate.settings[name]) for name in names]))

    def mark(self, candidate: Candidate) -> str:
        """Return ``best``, ``close``, ``failed`` or nothing."""
        if not candidate.figures:
            return "failed"
        if candidate is self.best:
            return "best"
        return "close" if candidate in self.close else ""

    def table(self, measures: Iterable[str] | None = None) -> list[list[str]]:
        """Return a heading, then a row a candidate: its settings, ``mean ± deviation`` of each measure, its mark.

        Candidates are as ``ordered``; measures have the names of ``gloctm.evaluation.names``.

        Args:
            measures: which; all unless given.
        """
        chosen = list(self.measures if measures is None else measures)
        names = list(self.candidates[0].settings)
        rows = [[*names, *map(name_of, chosen), ""]]
        for candidate in self.ordered:
            cells = [_cell(candidate.figures.get(name)) for name in chosen]
            rows.append([*(_short(candidate.settings[name]) for name in names), *cells, self.mark(candidate)])
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the topics, ready for JSON."""
        best = self.best
        return {
            "objective": self.objective,
            "seeds": list(self.seeds),
            "best": {"settings": best.settings, "all_settings": best.all_settings},
            "candidates": [
                {
                    "settings": candidate.settings,
                    "mark": self.mark(candidate),
                    "figures": {
                        name: {
                            "mean": figure.mean,
                            "deviation": figure.deviation,
                            "by_seed": [trial.mean(name) for trial in candidate.trials if name in trial.measures],
                        }
                        for name, figure in candidate.figures.items()
                    },
                    "failed": [trial.failed for trial in candidate.trials if trial.failed],
                    "seconds": fmean(trial.seconds for trial in candidate.trials),
                }
                for candidate in self.candidates
            ],
        }

    def _measured(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates if candidate.figures]


def _rank(value: Any) -> tuple[bool, float, str]:
    """Return numbers by size, before all else by name."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return (not number, value if number else 0.0, "" if number else str(value))


def _cell(figure: MeanOverSeeds | None) -> str:
    if figure is None:
        return "-"
    return f"{figure.mean:.3f}" + ("" if figure.deviation is None else f" ± {figure.deviation:.3f}")


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

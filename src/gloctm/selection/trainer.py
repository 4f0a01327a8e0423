"""The trainings of a search: each one done unless it is there, measured, and reported."""

from __future__ import annotations

import contextlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError, TrainingError
from gloctm.estimator import GloCTM
from gloctm.evaluation import Measures, name_of
from gloctm.model.storage import software_versions
from gloctm.progress import duration
from gloctm.selection.checks import check_candidate
from gloctm.selection.measuring import Measurer
from gloctm.selection.space import Assignment
from gloctm.selection.trials import Trial, TrialLog
from gloctm.training.callbacks import Callback, TrainingRun

# Seconds between reports of one training.
_SIGN_OF_LIFE = 60.0


class Trainer:
    """Trains what has not been trained, and reports how far the search is."""

    def __init__(
        self,
        corpus: Corpus,
        measurer: Measurer,
        log: TrialLog,
        objective: str,
        total: int,
        show_progress: bool,
        caller: FrameType,
    ) -> None:
        self._corpus, self._measurer, self._log = corpus, measurer, log
        self._objective, self._total, self._show = objective, total, show_progress
        # Where search was called: that line is what a warning is about.
        self._caller = caller.f_code.co_filename, caller.f_lineno, str(caller.f_globals.get("__name__", ""))
        # The search's own numbering and timing, of trainings found and of those done now.
        self.passed = self.done = 0
        self._begin = time.monotonic()
        self._warnings: set[tuple[type[Warning], str]] = set()
        self._fingerprint, self._versions = corpus.fingerprint(), software_versions()

    def trial(self, base: Mapping[str, Any], assignment: Assignment, seed: int) -> Trial:
        """Return the training of a candidate with a seed, done now unless it is there."""
        settings = {**base, **assignment}
        known = self._log.find(settings, seed)
        if known is not None:
            self.passed += 1
            return known
        assigned = "".join(f"{name} {value}, " for name, value in assignment.items())
        what = f"training {self.passed + 1} of {self._total} ({assigned}seed {seed})"
        trial = self._train(settings, seed, what)
        self._log.append(trial)
        self.passed += 1
        self.done += 1
        left = self._total - self.passed
        each = (time.monotonic() - self._begin) / self.done
        value = f"failed ({trial.failed})" if trial.failed else self._quality(trial)
        self._say(
            f"{what}: {value}, {duration(trial.seconds)}; {left} left"
            + (f", about {duration(left * each)}" if left else f", {duration(time.monotonic() - self._begin)} total")
        )
        return trial

    def _train(self, settings: Mapping[str, Any], seed: int, what: str) -> Trial:
        model = GloCTM(**{**settings, "random_state": seed, "show_progress": False})
        begin = time.monotonic()
        topics: dict[str, list[list[str]]] = {}
        measures: Measures = {}
        with self._warned_once():
            failed = self._fit(model, settings, seed, what)
            seconds = time.monotonic() - begin
            if failed is None:
                try:
                    topics = self._measurer.topics(model)
                    measures = self._measurer.measures(model, topics)
                except InputError as error:
                    # Topics of words that a reference corpus lacks, all of them: one candidate's fault.
                    failed, topics = str(error), {}
        kept = {name: value for name, value in settings.items() if name not in ("random_state", "show_progress")}
        return Trial(kept, seed, measures, topics, round(seconds, 3), self._fingerprint, self._versions, failed)

    def _fit(self, model: GloCTM, settings: Mapping[str, Any], seed: int, what: str) -> str | None:
        """Train it; return why that failed, if it did."""
        try:
            # Those that were drawn: how far a range may go depends on the corpus.
            check_candidate(settings, self._corpus)
        except InputError as error:
            return str(error)
        published = settings["method"] == "published"
        # The context method has no epochs, and is done soon.
        signs = [_SignOfLife(lambda note: self._say(f"{what}: {note}"))] if published else []
        try:
            model.fit(self._corpus, checkpoint=self._log.checkpoint(settings, seed), resume=True, callbacks=signs)
        except TrainingError as error:
            return str(error)
        except InputError as error:
            # More topics than documents differ: only the context method finds that out, while it works.
            if published:
                raise
            return str(error)
        return None

    @contextlib.contextmanager
    def _warned_once(self) -> Iterator[None]:
        """Warn once of what every training would warn of."""
        with warnings.catch_warnings(record=True) as caught:
            yield
        for each in caught:
            if (warning := (each.category, str(each.message))) not in self._warnings:
                self._warnings.add(warning)
                file, line, module = self._caller
                warnings.warn_explicit(each.message, each.category, file, line, module)

    def _quality(self, trial: Trial) -> str:
        shown = self._objective if self._objective in trial.measures else "topic_quality_in_corpus"
        return f"{name_of(shown)} {trial.mean(shown):.3f}"

    def _say(self, line: str) -> None:
        if self._show:
            print(line, file=sys.stderr, flush=True)


class _SignOfLife(Callback):
    """Reports now and then how far a long training is."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._last = say, time.monotonic()

    def on_epoch_end(self, run: TrainingRun, epoch: Mapping[str, float]) -> None:
        if time.monotonic() - self._last >= _SIGN_OF_LIFE:
            self._last = time.monotonic()
            self._say(f"step {run.step:,} of {run.total_steps:,}")

"""``search``: train the candidates, measure them, keep what was found."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gloctm.checks import check_int
from gloctm.context.train import check_one_encoder
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError, TrainingError, TrainingInterrupted
from gloctm.estimator import GloCTM
from gloctm.evaluation.evaluate import (
    MAX_TRAIN,
    NUM_WORDS,
    Measures,
    Pair,
    c_v_by_references,
    check_num_words,
    coverage_by_references,
    diversity_of,
    evaluate,
    labels_of,
    measure_topics,
    own_counts,
)
from gloctm.evaluation.labeled_rows import labelled_rows
from gloctm.evaluation.names import name_of
from gloctm.metrics.coherence import ReferenceCounts
from gloctm.metrics.diversity import topic_quality
from gloctm.metrics.reference import Source, each_source, read_references, reference_digests
from gloctm.model.storage import software_versions
from gloctm.model.topics import top_words
from gloctm.progress import duration
from gloctm.selection.page import page
from gloctm.selection.result import STABILITY, Candidate, SearchResult
from gloctm.selection.space import Assignment, Range, Sampler, Space, check_trials, checked_space, grid
from gloctm.selection.trials import FREE, Trial, TrialLog
from gloctm.training.callbacks import Callback, TrainingRun
from gloctm.training.presets import get_preset
from gloctm.training.settings import check_settings, settings_of_method

StrPath = str | os.PathLike[str]

_BY_TOPICS = (
    *("topic_uniqueness", "topic_diversity", "inverted_rank_biased_overlap"),
    *("npmi_in_corpus", "topic_quality_in_corpus"),
)
_BY_REFERENCES = ("cnpmi_published", "cnpmi_document", "topic_quality", "npmi", "c_v", "reference_coverage")
_WITHIN = ("accuracy_within", "macro_f1_within", "purity", "normalized_mutual_information")
_ACROSS = ("accuracy_across", "macro_f1_across", "purity_pooled", "normalized_mutual_information_pooled")
# Seconds between signs of life of one training.
_SIGN_OF_LIFE = 60.0


def search(
    corpus: Corpus,
    space: Mapping[str, Range | Sequence[Any]],
    *,
    output: StrPath,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    references: Source | Iterable[Source] = (),
    objective: str | None = None,
    trials: int | None = None,
    num_words: int = NUM_WORDS,
    labels: bool = True,
    resume: bool = False,
    show_progress: bool = True,
) -> SearchResult:
    """Train and measure candidates for K, the weights, or any other settings, each with several seeds.

    Each training is kept at once as a line of ``trials.jsonl`` in the output folder, so that a search that was stopped
    or killed goes on where it was, in the midst of a training too (``GloCTM.fit`` with a checkpoint). Models are not
    kept: one is trained again, to the same weights, with a candidate's ``all_settings``.

    Args:
        corpus: with word and document embeddings.
        space: for each setting the values to try, for example ``{"num_topics": [10, 20, 30]}``: every combination is a
            candidate. Or, with ``trials``, a ``Range`` to draw them from.
        output: folder for ``trials.jsonl``, ``summary.json`` and ``search.html`` (tables, plots, topics). One search
            writes to it at a time.
        preset: the settings to start from, see ``gloctm.training.presets``; the estimator's own defaults unless given,
            so that candidates are trained by the context method.
        settings: further settings that all candidates share; they outweigh the preset, and the space outweighs both.
        seeds: every candidate is trained once with each. Three, since one says nothing about chance, and two little.
        references: folders of aligned reference corpora, or their files by language, see
            ``gloctm.metrics.read_references``: CNPMI, TQ, NPMI and c_v in them.
        objective: the measure that the best candidate is to have most of. Unless given, ``topic_quality`` (CNPMI · TU)
            where there are references, else ``topic_quality_in_corpus``, (1 + NPMI) / 2 · TU in the corpus itself:
            coherence alone is won by a few topics, or by many of the same; uniqueness alone by random words. Both are
            taken of words ranked by weights, since coherent words are chosen by what NPMI in the corpus measures.
        trials: how many candidates to draw, by Optuna (``pip install optuna``), near those that were good; None tries
            every combination of the values listed. What was drawn twice is trained once.
        num_words: top words a topic that measures are taken of. 15, as published.
        labels: whether to measure by the corpus' labels, where it has any: accuracy of logistic regression within each
            language and across languages, a fifth of the documents held out from it. That takes two labels or more in
            each language that has any, some of them the same in every other.
        resume: go on with what the output folder holds. Trainings that are there are not done again; values, seeds and
            ``trials`` may be others than before. Without it, a search that is there is an error.
        show_progress: whether to write a line for each training to standard error.

    Returns:
        All candidates with their figures.

    Raises:
        InputError: a setting that is unknown, out of range, of the other method or too much for the corpus, labels that
            can't be classified, an objective that is not measured here, or a folder with another search; all before
            anything is trained.
        FileFormatError: a reference corpus or the folder's content can't be read.
        MissingDependencyError: ``trials`` without Optuna.
        TrainingError: every training failed. One alone does not end the search, nor do settings drawn that are too much
            for the corpus; its candidate has no figures.
        TrainingInterrupted: an interrupt came, after which the search can go on.
    """
    if not isinstance(corpus, Corpus):
        raise InputError(f"search takes a Corpus, not {type(corpus).__name__}: make one with Corpus.from_texts")
    base = _base_settings(preset, settings or {})
    chosen = checked_space(space, base)
    _check_method(chosen, base)
    check_trials(chosen, trials)
    the_seeds = _checked_seeds(seeds)
    if not corpus.has_embeddings:
        raise InputError("the corpus has no embeddings: use corpus.embed() first (gloctm corpus embed)")
    check_num_words(num_words, min(part.num_words for part in corpus.values()))
    sources = each_source(references)
    labelled = _labelled(corpus) if labels else []
    measured = _measured(bool(sources), labelled)
    objective = _checked_objective(objective, [*measured, *([STABILITY] if len(the_seeds) > 1 else [])])
    if trials is None:
        for assignment in grid(chosen):
            _check_candidate({**base, **assignment}, corpus)
    sampler = None if trials is None else Sampler(chosen)
    measure = _Measurer(corpus, sources, int(num_words), bool(labelled))
    identity = {
        "corpus": corpus.fingerprint(),
        "references": sorted(
            f"{code} {digest}"
            for source in sources
            for code, digest in reference_digests(source, corpus.languages).items()
        ),
        "num_words": int(num_words),
        "labels": bool(labelled),
        "measures": measured,
        "settings": {name: value for name, value in base.items() if name not in FREE and name not in chosen},
    }
    log = TrialLog(Path(output), identity, resume=resume)
    total = len(the_seeds) * (trials if trials is not None else len(list(grid(chosen))))
    trainer = _Trainer(corpus, measure, log, objective, total, show_progress, sys._getframe(1))
    candidates: dict[str, Candidate] = {}
    try:
        for assignment, tell in _candidates(chosen, sampler, trials):
            done = trainer.done
            found = Candidate.of(assignment, [trainer.trial(base, assignment, seed) for seed in the_seeds])
            candidates.setdefault(str(assignment), found)
            tell(found.figures[objective].mean if found.figures else None)
            if trainer.done > done and any(each.figures for each in candidates.values()):
                _write(log, SearchResult(tuple(candidates.values()), objective, the_seeds))
    except KeyboardInterrupt as interrupt:
        by_another = isinstance(interrupt, TrainingInterrupted) and interrupt.terminated
        raise TrainingInterrupted(
            f"the search was stopped after {trainer.passed} of {total} trainings; {output} holds all that was done: go "
            "on with resume=True",
            terminated=by_another or type(interrupt) not in (KeyboardInterrupt, TrainingInterrupted),
        ) from None
    result = SearchResult(tuple(candidates.values()), objective, the_seeds)
    if not any(each.figures for each in result.candidates):
        reason = next(trial.failed for each in result.candidates for trial in each.trials if trial.failed)
        raise TrainingError(f"no candidate could be trained with every seed; the first that failed: {reason}")
    _write(log, result)
    log.remove_checkpoints()
    return result


def _base_settings(preset: str | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    known = GloCTM().get_params()
    for name in settings:
        if name not in known:
            raise InputError(f"there is no setting {name!r}; there are {', '.join(known)}")
        if name == "random_state":
            raise InputError("random_state is given, but a search has several seeds: give them as seeds")
    return check_settings({**known, **(get_preset(preset) if preset is not None else {}), **settings})


def _checked_seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    if isinstance(seeds, str) or not isinstance(seeds, Sequence) or not seeds:
        raise InputError(f"seeds is {seeds!r}: give a list of whole numbers, for example [0, 1, 2]")
    checked = tuple(check_int("a seed", seed, 0) for seed in seeds)
    if len(set(checked)) < len(checked):
        raise InputError(f"seeds is {list(seeds)}: the same one twice trains the same model twice")
    return checked


def _labelled(corpus: Corpus) -> list[str]:
    """The languages that have labels; raise InputError, before hours of training, if some can't be learnt from."""
    labels = labels_of(corpus)
    # With what evaluate is told when a model is measured.
    rows = labelled_rows(labels, max_train=MAX_TRAIN, seed=0)
    for reason in rows.reasons.values():
        raise InputError(f"{reason}: correct the labels, or leave them out with labels=False (--no-labels)")
    return list(rows.asked)


def _check_method(space: Space, base: Mapping[str, Any]) -> None:
    """Raise InputError if a setting is of the other method than that of all candidates."""
    if "method" in space:
        return
    defaults = GloCTM().get_params()
    for name, values in space.items():
        for value in (values.low, values.high) if isinstance(values, Range) else values:
            settings_of_method({**base, name: value}, defaults)


def _check_candidate(settings: Mapping[str, Any], corpus: Corpus) -> None:
    """Raise InputError if settings can't be trained with on this corpus."""
    checked = settings_of_method(check_settings(settings), GloCTM().get_params())
    if checked["method"] == "context":
        check_one_encoder(corpus, "the method 'context'")
        return
    if checked["ranking"] == "coherence":
        check_one_encoder(corpus, "ranking='coherence'")
    number = checked["num_neighbors"]
    code, part = min(corpus.items(), key=lambda each: each[1].num_words)
    if number > part.num_words - 1:
        raise InputError(
            f"num_neighbors is {number} but {code!r} has a vocabulary of {part.num_words:,} words: use at most "
            f"{part.num_words - 1}"
        )


def _measured(references: bool, labelled: Sequence[str]) -> list[str]:
    """The measures that there will be of each training."""
    return [
        *_BY_TOPICS,
        *(_BY_REFERENCES if references else ()),
        *(_WITHIN if labelled else ()),
        *(_ACROSS if len(labelled) > 1 else ()),
    ]


def _checked_objective(objective: str | None, measured: Sequence[str]) -> str:
    if objective is None:
        return "topic_quality" if "topic_quality" in measured else "topic_quality_in_corpus"
    if objective not in measured:
        raise InputError(
            f"the objective is {objective!r}, which is not measured here: choose one of {', '.join(measured)}"
        )
    return objective


def _candidates(
    space: Space, sampler: Sampler | None, trials: int | None
) -> Iterator[tuple[Assignment, Callable[[float | None], None]]]:
    """Each candidate, and what to tell its objective."""
    if sampler is None or trials is None:
        for assignment in grid(space):
            yield assignment, lambda _: None
        return
    for _ in range(trials):
        drawn, assignment = sampler.ask()
        yield assignment, lambda value, drawn=drawn: sampler.tell(drawn, value)  # type: ignore[misc]


def _write(log: TrialLog, result: SearchResult) -> None:
    log.write_summary(result.to_dict(), page(result))


class _Measurer:
    """Takes the measures of a model; what is the same for all models is counted once."""

    def __init__(self, corpus: Corpus, sources: Sequence[Source], num_words: int, labelled: bool) -> None:
        self._corpus, self._num_words, self._labelled = corpus, num_words, labelled
        self._sources, self._own = sources, own_counts(corpus)
        self._references: dict[Pair, tuple[ReferenceCounts, ReferenceCounts]] = (
            read_references(sources, corpus.languages) if sources else {}
        )
        # A reference without a word of a vocabulary has none of any topic's.
        coverage_by_references({code: [part.vocabulary] for code, part in corpus.items()}, self._references)

    def topics(self, model: GloCTM) -> dict[str, list[list[str]]]:
        """The top words of each topic, by language."""
        return self._top_words(model, model.word_scores_)

    def _top_words(self, model: GloCTM, ranked: Mapping[str, NDArray[np.float32]]) -> dict[str, list[list[str]]]:
        return {code: top_words(ranked[code], model.vocabulary_[code], self._num_words) for code in model.languages_}

    def measures(self, model: GloCTM, topics: dict[str, list[list[str]]]) -> Measures:
        """All measures that there is something to take by."""
        found = measure_topics(topics, references=self._references, own=self._own)
        found["topic_diversity"] = diversity_of(model)
        if self._sources:
            # Read anew each time, since the order of words is not kept: seconds for millions of words.
            found["c_v"] = c_v_by_references(topics, self._sources)
        # Not as with references, where all below 0 is 0: in a corpus of short texts words that never meet make every
        # topic's NPMI negative, and all candidates would be the same.
        # By weights: coherent words are chosen by what NPMI in the corpus measures, which would then say little of K.
        by_weights = measure_topics(self._top_words(model, model.topic_word_), own=self._own)
        found["npmi_in_corpus"] = by_weights["npmi_in_corpus"]
        found["topic_quality_in_corpus"] = {
            code: topic_quality((1 + value) / 2, by_weights["topic_uniqueness"][code])
            for code, value in by_weights["npmi_in_corpus"].items()
        }
        if self._labelled:
            by_labels = evaluate(model, corpus=self._corpus, classifier="logistic", num_words=self._num_words)
            found |= {name: by_labels.measures[name] for name in (*_WITHIN, *_ACROSS) if name in by_labels.measures}
        return found


class _Trainer:
    """Trains what has not been trained, and says how far the search is."""

    def __init__(
        self,
        corpus: Corpus,
        measurer: _Measurer,
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
        """The training of a candidate with a seed, done now unless it is there."""
        settings = {**base, **assignment}
        known = self._log.find(settings, seed)
        if known is not None:
            self.passed += 1
            return known
        told = "".join(f"{name} {value}, " for name, value in assignment.items())
        what = f"training {self.passed + 1} of {self._total} ({told}seed {seed})"
        trial = self._train(settings, seed, what)
        self._log.append(trial)
        self.passed += 1
        self.done += 1
        left = self._total - self.passed
        each = (time.monotonic() - self._begin) / self.done
        value = f"failed ({trial.failed})" if trial.failed else self._told(trial)
        self._say(
            f"{what}: {value}, {duration(trial.seconds)}; {left} left"
            + (f", about {duration(left * each)}" if left else f", {duration(time.monotonic() - self._begin)} in all")
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
            _check_candidate(settings, self._corpus)
        except InputError as error:
            return str(error)
        published = settings["method"] == "published"
        # The context method has no epochs to tell of, and is done soon.
        signs = [_SignOfLife(lambda note: self._say(f"{what}: {note}"))] if published else []
        try:
            model.fit(self._corpus, checkpoint=self._log.checkpoint(settings, seed), resume=True, callbacks=signs)
        except TrainingError as error:
            return str(error)
        except InputError as error:
            # More topics than documents differ: only the context method comes to know of it, in the midst of its work.
            if published:
                raise
            return str(error)
        return None

    @contextlib.contextmanager
    def _warned_once(self) -> Iterator[None]:
        """Tell once what every training would warn of."""
        with warnings.catch_warnings(record=True) as caught:
            yield
        for each in caught:
            if (told := (each.category, str(each.message))) not in self._warnings:
                self._warnings.add(told)
                file, line, module = self._caller
                warnings.warn_explicit(each.message, each.category, file, line, module)

    def _told(self, trial: Trial) -> str:
        shown = self._objective if self._objective in trial.measures else "topic_quality_in_corpus"
        return f"{name_of(shown)} {trial.mean(shown):.3f}"

    def _say(self, line: str) -> None:
        if self._show:
            print(line, file=sys.stderr, flush=True)


class _SignOfLife(Callback):
    """Says now and then how far a long training is."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._last = say, time.monotonic()

    def on_epoch_end(self, run: TrainingRun, epoch: Mapping[str, float]) -> None:
        if time.monotonic() - self._last >= _SIGN_OF_LIFE:
            self._last = time.monotonic()
            self._say(f"step {run.step:,} of {run.total_steps:,}")

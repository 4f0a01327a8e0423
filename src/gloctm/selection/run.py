"""``search``: train the candidates, measure them, keep what was found."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError, TrainingError, TrainingInterrupted
from gloctm.evaluation import NUM_WORDS
from gloctm.evaluation.topics import check_num_words
from gloctm.metrics.reference import Source, StrPath, each_source, reference_digests
from gloctm.selection.checks import base_settings, check_candidate, check_method, checked_seeds, labeled_languages
from gloctm.selection.measuring import Measurer, checked_objective, measured_names
from gloctm.selection.page import page
from gloctm.selection.result import STABILITY, Candidate, SearchResult
from gloctm.selection.space import Assignment, Range, Sampler, Space, check_trials, checked_space, grid, grid_size
from gloctm.selection.trainer import Trainer
from gloctm.selection.trials import FREE, TrialLog
from gloctm.shards.corpus import ShardedCorpus
from gloctm.shards.samples import AnyCorpus, sample_of


def search(
    corpus: AnyCorpus,
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
        corpus: with word and document embeddings; of one in shards, a sample, see ``gloctm.shards.sample_of``.
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
        num_words: top words per topic that measures are taken of. 15, as published.
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

    Example:
        >>> from tempfile import mkdtemp
        >>> corpus = Corpus.demo(["en", "de"], show_progress=False)
        >>> result = search(
        ...     corpus, {"num_topics": [4, 12]}, output=mkdtemp(), seeds=[0], labels=False, show_progress=False
        ... )
        >>> result.best.settings
        {'num_topics': 12}
    """
    if not isinstance(corpus, Corpus | ShardedCorpus):
        raise InputError(f"search takes a Corpus, not {type(corpus).__name__}: make one with Corpus.from_texts")
    corpus = sample_of(corpus)
    base = base_settings(preset, settings or {})
    chosen = checked_space(space, base)
    check_method(chosen, base)
    check_trials(chosen, trials)
    the_seeds = checked_seeds(seeds)
    if not corpus.has_embeddings:
        raise InputError("the corpus has no embeddings: use corpus.embed() first (gloctm corpus embed)")
    check_num_words(num_words, min(part.num_words for part in corpus.values()))
    sources = each_source(references)
    labeled = labeled_languages(corpus) if labels else []
    measured = measured_names(bool(sources), labeled)
    objective = checked_objective(objective, [*measured, *([STABILITY] if len(the_seeds) > 1 else [])])
    if trials is None:
        for assignment in grid(chosen):
            check_candidate({**base, **assignment}, corpus)
    sampler = None if trials is None else Sampler(chosen)
    measure = Measurer(corpus, sources, int(num_words), bool(labeled))
    identity = {
        "corpus": corpus.fingerprint(),
        "references": sorted(
            f"{code} {digest}"
            for source in sources
            for code, digest in reference_digests(source, corpus.languages).items()
        ),
        "num_words": int(num_words),
        "labels": bool(labeled),
        "measures": measured,
        "settings": {name: value for name, value in base.items() if name not in FREE and name not in chosen},
    }
    log = TrialLog(Path(output), identity, resume=resume)
    total = len(the_seeds) * (trials if trials is not None else grid_size(chosen))
    trainer = Trainer(corpus, measure, log, objective, total, show_progress, sys._getframe(1))
    candidates: dict[str, Candidate] = {}
    written, cost = -math.inf, 0.0
    try:
        for assignment, tell in _candidates(chosen, sampler, trials):
            done = trainer.done
            found = Candidate.of(assignment, [trainer.trial(base, assignment, seed) for seed in the_seeds])
            candidates.setdefault(str(assignment), found)
            tell(found.figures[objective].mean if found.figures else None)
            # Charts are slow beside quick trainings: at most a tenth of the time is for the page.
            due = time.monotonic() > written + 10 * cost
            if due and trainer.done > done and any(each.figures for each in candidates.values()):
                start = time.monotonic()
                _write(log, SearchResult(tuple(candidates.values()), objective, the_seeds))
                written = time.monotonic()
                cost = written - start
    except KeyboardInterrupt as interrupt:
        if any(each.figures for each in candidates.values()):
            _write(log, SearchResult(tuple(candidates.values()), objective, the_seeds))
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


def _candidates(
    space: Space, sampler: Sampler | None, trials: int | None
) -> Iterator[tuple[Assignment, Callable[[float | None], None]]]:
    """Return each candidate, and what to tell its objective."""
    if sampler is None or trials is None:
        for assignment in grid(space):
            yield assignment, lambda _: None
        return
    for _ in range(trials):
        drawn, assignment = sampler.ask()
        yield assignment, lambda value, drawn=drawn: sampler.tell(drawn, value)  # type: ignore[misc]


def _write(log: TrialLog, result: SearchResult) -> None:
    log.write_summary(result.to_dict(), page(result))

"""Checks of what a search is given, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gloctm.checks import check_int
from gloctm.context.train import check_one_encoder
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError
from gloctm.evaluation.documents import MAX_TRAIN, labels_of
from gloctm.evaluation.labeled_rows import labeled_rows
from gloctm.selection.space import Range, Space
from gloctm.training.presets import get_preset
from gloctm.training.settings import SETTINGS, check_settings, settings_of_method


def base_settings(preset: str | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that all candidates share: a preset's, or the defaults, some of them replaced."""
    known = {name: SETTINGS[name].default for name in sorted(SETTINGS)}
    for name in settings:
        if name not in known:
            raise InputError(f"there is no setting {name!r}; there are {', '.join(known)}")
        if name == "random_state":
            raise InputError("random_state is given, but a search has several seeds: give them as seeds")
    return check_settings({**known, **(get_preset(preset) if preset is not None else {}), **settings})


def checked_seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    """Validate seeds, and return them as plain integers."""
    if isinstance(seeds, str) or not isinstance(seeds, Sequence) or not seeds:
        raise InputError(f"seeds is {seeds!r}: give a list of whole numbers, for example [0, 1, 2]")
    checked = tuple(check_int("a seed", seed, 0, most=2**64 - 1) for seed in seeds)
    if len(set(checked)) < len(checked):
        raise InputError(f"seeds is {list(seeds)}: the same one twice trains the same model twice")
    return checked


def labeled_languages(corpus: Corpus) -> list[str]:
    """Return the languages that have labels; raise InputError, before hours of training, if some can't be learned."""
    labels = labels_of(corpus)
    # As evaluate does when a model is measured.
    rows = labeled_rows(labels, max_train=MAX_TRAIN, seed=0)
    for reason in rows.reasons.values():
        raise InputError(f"{reason}: correct the labels, or leave them out with labels=False (--no-labels)")
    return list(rows.test)


def check_method(space: Space, base: Mapping[str, Any]) -> None:
    """Raise InputError if a setting is of the other method than that of all candidates."""
    if "method" in space:
        return
    for name, values in space.items():
        for value in (values.low, values.high) if isinstance(values, Range) else values:
            settings_of_method({**base, name: value})


def check_candidate(settings: Mapping[str, Any], corpus: Corpus) -> None:
    """Raise InputError if settings can't be trained with on this corpus."""
    checked = settings_of_method(check_settings(settings))
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

"""The settings of training: each one's default, check and help text, in one place.

``GloCTM`` repeats names and defaults in its signature. The command line's flags, the files of settings and the checks
are made from the fields here.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Literal

from gloctm.checks import MOST, check_choice, check_int, check_number
from gloctm.errors import InputError
from gloctm.inert import quoted
from gloctm.training.seed_words import check_seed_words, seeded_topics

Check = Callable[[str, Any], Any]
#: Each thread has a stack of its own; with very many, the libraries that start them crash.
MOST_THREADS = 1_024


def _setting(default: Any, check: Check, help_text: str, *, unset: str = "", kind: type | None = None) -> Any:
    """Describe a setting.

    Args:
        default: its default.
        check: validates a value, given the setting's name, and returns it as a plain Python value.
        help_text: a sentence for the command line.
        unset: what None, or the method's choice, means there; the default itself unless given.
        kind: the type of its values other than None; that of the default unless given.
    """
    shown = unset or (f"{default:g}" if isinstance(default, float) else default)
    return field(
        default=default,
        metadata={"check": check, "help": f"{help_text} (default: {shown})", "kind": kind or type(default)},
    )


def _whole(default: int, low: int, help_text: str, *, why: str = "") -> Any:
    check = partial(check_number, low=low, high=MOST, whole=True, otherwise=f" ({why})" if why else "")
    return _setting(default, check, help_text)


def _whole_or_none(low: int, help_text: str, *, none: str, unset: str, most: int = MOST) -> Any:
    def check(name: str, value: Any) -> int | None:
        return None if value is None else check_int(name, value, low, f", or None ({none})", most=most)

    return _setting(None, check, help_text, unset=unset, kind=int)


def _number(default: float, help_text: str, low: float = 0.0, high: float = 1e9, **limits: Any) -> Any:
    return _setting(default, partial(check_number, low=low, high=high, **limits), help_text)


def _choice(default: str | None, choices: tuple[str, ...], help_text: str, *, none: str = "", unset: str = "") -> Any:
    def check(name: str, value: Any) -> Any:
        if value is not None or not none:
            check_choice(name, value, choices, f", or None ({none})" if none else "")
        return value

    return _setting(default, check, help_text, unset=unset, kind=str)


def _check_num_topics(name: str, value: Any) -> Any:
    if isinstance(value, str) and value == "auto":
        return value
    otherwise = " (a topic model needs at least 2 topics), or 'auto'"
    return check_number(name, value, 2, MOST, whole=True, otherwise=otherwise)


def _check_temperature(name: str, value: Any) -> float | None:
    # Beyond these, θ is all at one topic, or the same for all.
    return None if value is None else float(check_number(name, value, 1e-4, 1e4, otherwise=", or None (fitted)"))


def _check_seed(name: str, value: Any) -> int | None:
    return None if value is None else check_int(name, value, 0, ", or None for a fresh seed", most=2**64 - 1)


def _check_device(name: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"auto|cpu|cuda(:\d+)?", value):
        raise InputError(f"{name} is {quoted(value)}: it must be 'auto', 'cpu', 'cuda' or for example 'cuda:1'")
    return value


def _check_yes_or_no(name: str, value: Any) -> bool:
    if value not in (True, False):
        raise InputError(f"{name} is {quoted(value)}: it must be True or False")
    return bool(value)


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The settings of the published method's training; ``GloCTM`` documents each.

    Example:
        >>> TrainingSettings(epochs=10).learning_rate
        0.002
    """

    num_topics: int = _setting(50, _check_num_topics, "K, the number of topics, or auto to choose it by the corpus.")
    num_neighbors: int = _whole(3, 0, "k, nearest words of each language linked to a word.", why="0 links no words")
    neighbor_search: Literal["exact", "approximate"] = _choice(
        "exact", ("exact", "approximate"), "How neighbors are found: exact, or approximate for huge vocabularies."
    )
    kl_weight: float = _number(4.0, "λ_KL, weight of the divergence of local from global posteriors.")
    cka_weight: float = _number(450.0, "λ_CKA, weight of the similarity of topic proportions to document embeddings.")
    local_hidden_size: int = _whole(100, 1, "Width of the local encoders.")
    global_hidden_size: int = _whole(200, 1, "Width of the global encoder.")
    dropout: float = _number(0.0, "Dropout rate in the encoders.", high=1.0, below=True)
    epochs: int = _whole(150, 1, "Passes over the largest language.")
    max_steps: int | None = _whole_or_none(
        1, "Stop after this many steps.", none="None takes all epochs", unset="after all epochs"
    )
    batch_size: int = _whole(
        128, 2, "Documents of each language per step.", why="batch norm needs at least 2 documents"
    )
    shuffle_documents: int = _whole(
        32_768, 1, "Documents of each language in memory at once, with a sharded corpus, shuffled together."
    )
    learning_rate: float = _number(2e-3, "Initial learning rate of Adam.", above=True)
    schedule: Literal["decay", "cosine"] = _choice(
        "decay", ("decay", "cosine"), "How the learning rate falls: decay or cosine."
    )
    decay_every: int = _whole(125, 1, "Epochs between decays of the learning rate.")
    decay_every_steps: int | None = _whole_or_none(
        1, "Steps between decays.", none="None counts epochs by decay_every", unset="by epochs"
    )
    decay_factor: float = _number(0.5, "Factor of each decay of the learning rate.", above=True, high=1.0)
    warmup_steps: int = _whole(
        0, 0, "Steps in which the learning rate rises.", why="0 has the full rate from the first step"
    )
    patience: int | None = _whole_or_none(
        1, "Stop after this many epochs without improvement.", none="None never stops early", unset="never"
    )
    min_improvement: float = _number(
        1e-3, "Least relative decrease of the loss that counts as an improvement.", high=1.0, below=True
    )
    device: str = _setting("auto", _check_device, "auto, cpu or cuda.")
    threads: int | None = _whole_or_none(
        1, "Maximum number of threads.", none="None leaves that to torch, or to numpy", unset="all", most=MOST_THREADS
    )


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """All settings of ``GloCTM``, of both methods.

    Example:
        >>> Settings().method
        'context'
    """

    method: Literal["context", "published"] = _choice(
        "context",
        ("context", "published"),
        "context, in closed form, which takes seconds to minutes, or published, the network of the paper.",
    )
    ranking: Literal["coherence", "weights"] | None = _choice(
        None,
        ("coherence", "weights"),
        "Order of the words of topics: by coherence or by weights.",
        none="the method's own",
        unset="coherence; published: weights",
    )
    num_near_documents: int | None = _whole_or_none(
        0,
        "Near documents in each other language that a document is aligned with.",
        none="None chooses by the corpus",
        unset="chosen by the corpus, 3 to 10",
    )
    num_refinements: int = _whole(
        5, 0, "Number of refinement steps toward coherent words.", why="0 leaves topics where clusters are"
    )
    temperature: float | None = _setting(
        None, _check_temperature, "Temperature of the topic proportions.", unset="fitted to the corpus", kind=float
    )
    seed_words: Mapping[str, Any] | None = _setting(
        None,
        check_seed_words,
        "YAML or JSON file with seed words for topics: a mapping from topic, by name or number, to language to words.",
        unset="none",
        kind=dict,
    )
    seed_weight: float = _number(1.0, "How strongly seed words pull their topics, relative to the documents.")
    random_state: int | None = _setting(0, _check_seed, "Seed of all random numbers.")
    show_progress: bool = _setting(True, _check_yes_or_no, "Show progress.", unset="progress")


#: For each setting its field.
SETTINGS = {each.name: each for each in fields(Settings)}
# Settings that one method has and the other has not. Those of the other are left at their defaults.
CONTEXT_SETTINGS = ("num_near_documents", "num_refinements", "temperature", "seed_words", "seed_weight")
PUBLISHED_SETTINGS = tuple(each.name for each in fields(TrainingSettings) if each.name not in ("num_topics", "threads"))
# Settings of earlier versions that no longer exist, or mean something else now; models saved with them load without.
RETIRED = ("num_near_documents", "pooled_cka")


def check_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Validate settings and return them as plain Python values.

    Args:
        settings: all that there are, by name.

    Raises:
        InputError: for the first setting that is out of range or of the wrong type.

    Example:
        >>> from gloctm import GloCTM
        >>> check_settings(GloCTM(num_topics=20).get_params())["num_topics"]
        20
    """
    return {**settings, **{name: each.metadata["check"](name, settings[name]) for name, each in SETTINGS.items()}}


# What other libraries call these settings.
_ELSEWHERE = {
    **dict.fromkeys(
        ("n_topics", "nr_topics", "topics", "k", "n_components", "num_clusters", "number_of_topics"), "num_topics"
    ),
    **dict.fromkeys(("seed", "random_seed", "rng"), "random_state"),
    **dict.fromkeys(("n_jobs", "num_threads", "workers"), "threads"),
    **dict.fromkeys(("verbose", "progress", "progress_bar"), "show_progress"),
    **dict.fromkeys(("num_epochs", "n_epochs", "iterations", "n_iter", "max_iter"), "epochs"),
    "lr": "learning_rate",
}


def nearest_setting(name: str) -> str | None:
    """Return the setting that a name which is none probably means; None where no name is near.

    Example:
        >>> nearest_setting("n_topics"), nearest_setting("temperatures"), nearest_setting("zebra")
        ('num_topics', 'temperature', None)
    """
    if name.lower() in _ELSEWHERE:
        return _ELSEWHERE[name.lower()]
    return next(iter(get_close_matches(name.lower(), SETTINGS, n=1, cutoff=0.7)), None)


def settings_of_method(settings: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the settings that the method has, with the method's own ranking unless another was given.

    Args:
        settings: checked.
        defaults: the estimator's; None for those of ``GloCTM``.

    Raises:
        InputError: a setting that the method does not have differs from its default.
    """
    method = settings["method"]
    foreign, other = (PUBLISHED_SETTINGS, "published") if method == "context" else (CONTEXT_SETTINGS, "context")
    for name in foreign:
        if settings[name] != (SETTINGS[name].default if defaults is None else defaults[name]):
            raise InputError(
                f"{name} is given, a setting of method={other!r}, but the method is {method!r}: leave {name} out, or "
                f"give method={other!r}"
            )
    if method == "context" and settings["num_topics"] != "auto":
        seeded_topics(settings["seed_words"], settings["num_topics"])
    ranking = settings["ranking"] or ("coherence" if method == "context" else "weights")
    return {**{name: value for name, value in settings.items() if name not in foreign}, "ranking": ranking}


def check_checkpoint(path: str | os.PathLike[str] | None, minutes: float, resume: bool) -> tuple[Path, float] | None:
    """Validate file and minutes of a checkpoint, and return them; None where none is wanted.

    Raises:
        InputError: minutes that are no number, a folder in the file's place, or nothing to resume from.
    """
    minutes = check_number("checkpoint_minutes", minutes, 0, 1e6)
    if path is None:
        if resume:
            raise InputError("resume is given without a checkpoint to resume from: give checkpoint=, its file")
        return None
    # What the command line's flags are made from is imported without numpy.
    from gloctm.files.atomic import check_file_target

    target = Path(path)
    check_file_target(target)
    return target, minutes


def resolve_seed(random_state: int | None) -> int:
    """Return the seed to use: the one given, or a fresh one for None."""
    given = _check_seed("random_state", random_state)
    return secrets.randbelow(2**32) if given is None else given

"""The folder of a search: what it is about, and a line for each training that ended."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gloctm.errors import FileFormatError, InputError
from gloctm.evaluation import Measures
from gloctm.files.atomic import atomic_file
from gloctm.files.digests import OWN_SHA256, has_changed, with_own_sha256
from gloctm.files.plain import open_plain, read_plain_json

IDENTITY, TRIALS, SUMMARY, PAGE = "search.json", "trials.jsonl", "summary.json", "search.html"
_FORMAT, _VERSION = "gloctm-search", 1
_CHECKPOINT = ".checkpoint"
#: Settings that do not make another model, or are kept elsewhere: not compared.
FREE = ("device", "threads", "show_progress", "random_state")


@dataclass(frozen=True)
class Trial:
    """One training and its measures.

    Attributes:
        settings: all of the estimator's but the seed and the progress.
        seed: the seed.
        measures: ``{measure: {of what: value}}``, see ``gloctm.evaluation.evaluate``; empty if it failed.
        topics: for each language the top words of each topic.
        seconds: of training.
        corpus: fingerprint of the corpus.
        versions: of the software.
        failed: why the training could not go on, where it could not.

    Examples:
        >>> trial = Trial({"num_topics": 2}, 0, {"npmi": {"en": 0.25, "de": 0.75}}, {}, 1.5, "fingerprint", {})
        >>> trial.mean("npmi")
        0.5
    """

    settings: dict[str, Any]
    seed: int
    measures: Measures
    topics: dict[str, list[list[str]]] = field(repr=False)
    seconds: float
    corpus: str
    versions: dict[str, str]
    failed: str | None = None

    def mean(self, measure: str) -> float:
        """Return the mean of a measure over all it was taken of."""
        values = self.measures[measure].values()
        return sum(values) / len(values)


class TrialLog:
    """The trainings in a folder, found by their settings and seed.

    Args:
        folder: made if it is not there. One search writes to it at a time.
        identity: what must be the same for results to be comparable: ``corpus``, ``settings``, ``measures`` (the
            names of those that each training has, unless it failed) and whatever else.
        resume: take up what the folder holds; without it, a search in it is an error.

    Raises:
        InputError: the folder holds a search and ``resume`` is not given, one of something else, or other files.
        FileFormatError: what it holds is damaged.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any], *, resume: bool) -> None:
        self.folder = folder
        self._file = folder / TRIALS
        self._known: dict[str, Trial] = {}
        # How much of the file is whole lines; None while there is nothing to cut off.
        self._whole: int | None = None
        if folder.exists():
            _check_folder(folder)
        begun = folder / IDENTITY
        if begun.exists():
            known = _read_identity(begun)
            self._read(known.get("measures", ()))
            if (self._known or any(folder.glob(f"*{_CHECKPOINT}"))) and not resume:
                raise InputError(f"{folder} holds a search: go on with resume=True, or name a new folder")
            if self._known:
                _check_identity(folder, known, identity)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_file(begun) as stream:
            content = with_own_sha256({"format": _FORMAT, "version": _VERSION, "identity": identity})
            json.dump(content, stream, ensure_ascii=False, indent=2, allow_nan=False)
            stream.write("\n")

    def find(self, settings: Mapping[str, Any], seed: int) -> Trial | None:
        """Return the training with these settings and seed, if it has been done."""
        return self._known.get(_key(settings, seed))

    def append(self, trial: Trial) -> None:
        """Keep a training: from now on it is not lost."""
        line = json.dumps(with_own_sha256(asdict(trial)), ensure_ascii=False, allow_nan=False) + "\n"
        if self._whole is not None:
            # A kill while a line was written: that training has been done again.
            os.truncate(self._file, self._whole)
            self._whole = None
        with self._file.open("ab") as stream:
            stream.write(line.encode("utf-8", "backslashreplace"))
            stream.flush()
            os.fsync(stream.fileno())
        self._known[_key(trial.settings, trial.seed)] = trial
        self.checkpoint(trial.settings, trial.seed).unlink(missing_ok=True)

    def checkpoint(self, settings: Mapping[str, Any], seed: int) -> Path:
        """Return where the state of a training under way is kept."""
        return self.folder / f"{hashlib.sha256(_key(settings, seed).encode()).hexdigest()[:16]}{_CHECKPOINT}"

    def remove_checkpoints(self) -> None:
        """Delete what trainings that were never taken up again have left."""
        for file in self.folder.glob(f"*{_CHECKPOINT}"):
            with contextlib.suppress(OSError):
                file.unlink()

    def write_summary(self, content: Mapping[str, Any], page: str) -> None:
        """Write the summary and the page, in place of those before."""
        with atomic_file(self.folder / SUMMARY) as stream:
            json.dump(content, stream, ensure_ascii=False, indent=2, allow_nan=False)
            stream.write("\n")
        with atomic_file(self.folder / PAGE) as stream:
            stream.write(page)

    def _read(self, measures: Iterable[str]) -> None:
        try:
            with open_plain(self._file) as stream:
                content = stream.read()
        except FileNotFoundError:
            return
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            # Not cut off yet: the search may be refused, or another may be writing.
            self._whole = len(whole)
        for number, line in enumerate(whole.split(b"\n")[:-1], start=1):
            try:
                found = json.loads(line)
                if has_changed(found):
                    raise ValueError("its SHA-256 differs")
                # Searches of before there were digests have none.
                found.pop(OWN_SHA256, None)
                trial = _checked_trial(Trial(**found), measures)
                self._known.setdefault(_key(trial.settings, trial.seed), trial)
            except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
                raise FileFormatError(f"{self._file} is damaged in line {number}: delete that line") from None


def _checked_trial(trial: Trial, measures: Iterable[str]) -> Trial:
    """Raise ValueError unless a line has what an unfailed training, or a failed one, must have."""
    sound = (
        isinstance(trial.settings, dict)
        and _is_whole(trial.seed)
        and _is_number(trial.seconds)
        and isinstance(trial.corpus, str)
        and isinstance(trial.versions, dict)
        and isinstance(trial.measures, dict)
        and isinstance(trial.topics, dict)
        and (trial.failed is None or (isinstance(trial.failed, str) and trial.failed != ""))
    )
    if sound and trial.failed is None:
        sound = (
            trial.measures.keys() >= set(measures)
            and all(
                isinstance(values, dict) and values and all(map(_is_number, values.values()))
                for values in trial.measures.values()
            )
            and len(trial.topics) > 0
            and all(
                isinstance(topics, list) and topics and all(map(_is_list_of_texts, topics))
                for topics in trial.topics.values()
            )
        )
    if not sound:
        raise ValueError("no training")
    return trial


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _key(settings: Mapping[str, Any], seed: int) -> str:
    return json.dumps([{name: settings[name] for name in sorted(settings) if name not in FREE}, seed])


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(f"can't write to {folder}: it is a file; name a folder")
    if not (folder / IDENTITY).exists() and any(folder.iterdir()):
        raise InputError(f"can't write to {folder}: it holds files other than a search's; name a new folder")


def _read_identity(file: Path) -> Mapping[str, Any]:
    # What the trainings next to it were measured by is nowhere else, so they are of no use without it.
    remedy = "put back a copy of it, or name a new folder"
    found = read_plain_json(file, remedy)
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise FileFormatError(f"{file} is damaged, or no search's: {remedy}")
    if has_changed(found):
        raise FileFormatError(f"{file} is damaged (its SHA-256 differs): {remedy}")
    if found.get("version") != _VERSION:
        raise FileFormatError(f"{file} was written by another version of gloctm: update it")
    identity = found.get("identity")
    if (
        not isinstance(identity, dict)
        or not isinstance(identity.get("settings"), dict)
        # Searches of before measures were listed have none.
        or not _is_list_of_texts(identity.get("measures", []))
    ):
        raise FileFormatError(f"{file} is damaged: {remedy}")
    return identity


def _check_identity(folder: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    different = [name for name in wanted if name != "settings" and found.get(name) != wanted[name]]
    fixed, other = found["settings"], wanted["settings"]
    # What was, or is, searched over may differ: further values can be tried in the same folder.
    different += [
        f"{name} ({fixed[name]!r}, now {other[name]!r})"
        for name in other
        if name in fixed and fixed[name] != other[name]
    ]
    if different == ["measures"]:
        raise InputError(
            f"{folder} holds a search by another version of gloctm, which took other measures: name a new folder, or "
            "go on with that version"
        )
    # These follow from what it was measured by.
    different = [name for name in different if name != "measures"]
    if different:
        raise InputError(
            f"{folder} holds a search that differs in {', '.join(different)}: give what it was begun with, or name a "
            "new folder"
        )

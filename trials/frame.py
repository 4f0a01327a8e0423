"""What a kind of trial is, and one trial of it: its choices, its processes, and what was found amiss."""

from __future__ import annotations

import importlib
import pkgutil
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from trials import kinds
from trials.forking import Ended, Limits, forked

#: What is counted, and should be 0.
COUNTS = {
    "unexpected": "tracebacks and unexpected errors",
    "hang": "hangs",
    "memory": "more memory than allowed",
    "lost": "documents lost without a word",
    "silent": "silent changes",
    "leftover": "files left",
}
#: Sizes of a run.
SIZES = ("sample", "full", "nightly")
# Exit codes of the command line that mean what they say: well, refused, interrupted, terminated.
_TELLING = (0, 2, 130, 143)
# What the library raises on purpose, or the system says of files.
_EXPECTED = ("GloCTMError", "OSError")
_LONGEST = 2000


@dataclass(frozen=True)
class Kind:
    """A kind of trial.

    Attributes:
        name: one word.
        about: what is tried, for people.
        sizes: how many trials a run of each size has.
        prepare: makes what all trials read, in the folder it is given; run once, in a process of its own.
        run: one trial.
        limits: of every process.
        warms: modules that are imported before the first fork.
    """

    name: str
    about: str
    sizes: Mapping[str, int]
    prepare: Callable[[Path], None]
    run: Callable[[Trial], None]
    limits: Limits = field(default_factory=Limits)
    warms: tuple[str, ...] = ("gloctm.cli.main", "gloctm.estimator", "gloctm.shards.build")


@dataclass
class Trial:
    """One trial.

    Attributes:
        kind: of what kind.
        seed: that of the run.
        number: of the trial in the run. With the seed, it decides everything that is chosen.
        inputs: folder of what ``prepare`` made; not to be changed.
        folder: empty at first; processes run in it. It is kept where something is amiss.
        notes: folder for what processes say, beside it.
        part: what is tried, for the rows of the table.
        faults: what is amiss: of ``COUNTS``, and in words.
        facts: further ones, for the record.
    """

    kind: Kind
    seed: int
    number: int
    inputs: Path
    folder: Path
    notes: Path
    part: str = ""
    faults: list[tuple[str, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0
    megabytes: float = 0

    @cached_property
    def random(self) -> random.Random:
        """Random numbers of this trial alone."""
        return random.Random(f"{self.kind.name} {self.seed} {self.number}")

    def fault(self, count: str, what: str) -> None:
        """Say that something is amiss.

        Args:
            count: one of ``COUNTS``.
            what: in words.
        """
        if count not in COUNTS:
            raise KeyError(count)
        self.faults.append((count, what[:_LONGEST]))

    def process(
        self,
        work: Callable[[], Any],
        *,
        folder: Path | None = None,
        limits: Limits | None = None,
        environment: Mapping[str, str] | None = None,
        kill_after: float | None = None,
        dies: bool = False,
    ) -> Ended:
        """Run work in a process of its own, and count what must not happen to any.

        Temporary files go to the folder's neighbor ``tmp``, and the cache of embeddings to ``cache`` there.

        Args:
            work: see ``forked``. The errors of this package, and those of files, are no faults.
            folder: in which it runs; the trial's unless given.
            limits: those of the kind unless given.
            environment: further variables.
            kill_after: see ``forked``.
            dies: whether the work kills itself.
        """
        temporary = self.notes / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        ended = forked(
            work,
            folder=folder or self.folder,
            notes=self.notes,
            limits=limits or self.kind.limits,
            environment={
                **{"GLOCTM_CACHE": str(self.notes / "cache"), "TMPDIR": str(temporary)},
                **(environment or {}),
            },
            kill_after=kill_after,
        )
        self.seconds = max(self.seconds, ended.seconds)
        self.megabytes = max(self.megabytes, ended.megabytes)
        self._judge(ended, limits or self.kind.limits, dies)
        return ended

    def command(self, *arguments: object, **settings: Any) -> Ended:
        """Run the command line in a process of its own, and count what must not happen to any.

        Args:
            *arguments: after ``gloctm``.
            **settings: see ``process``.
        """
        words = ["gloctm", *map(str, arguments)]

        def work() -> None:
            from gloctm.cli.main import main

            sys.argv = words
            main()

        ended = self.process(work, **settings)
        is_over = ended.how == "exited" and ended.code not in _TELLING
        if is_over or "Traceback (most recent call last)" in ended.messages:
            self.fault("unexpected", f"{' '.join(words)}\nexit code {ended.code}\n{ended.messages[-_LONGEST:]}")
        return ended

    def _judge(self, ended: Ended, limits: Limits, dies: bool) -> None:
        if ended.how == "hang":
            self.fault("hang", f"more than {limits.seconds:g} s\n{ended.messages}")
        elif "MemoryError" in ended.error or ended.megabytes > limits.megabytes:
            self.fault("memory", f"{ended.megabytes:.0f} MB\n{ended.story}")
        elif ended.how == "signal" and not dies:
            self.fault("unexpected", f"ended by signal {-ended.code}\n{ended.messages}")
        elif ended.how == "raised" and not any(name in ended.error for name in _EXPECTED):
            self.fault("unexpected", ended.story)


def known_kinds() -> dict[str, Kind]:
    """Return all kinds by their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(kinds.__path__))
    found = [importlib.import_module(f"trials.kinds.{name}").KIND for name in names]
    return {kind.name: kind for kind in found}

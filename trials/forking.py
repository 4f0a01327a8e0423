"""Work in a forked process, with limits of memory and time, and what became of it."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Files that tell what became of a process, which the trial's own folder does not hold.
_OUTPUT, _MESSAGES, _REPORT = "stdout", "stderr", "report.json"


@dataclass(frozen=True)
class Limits:
    """What one process may take.

    Attributes:
        seconds: of the clock; more is a hang.
        megabytes: of memory that is its own, and at its peak as a whole.
    """

    seconds: float = 20
    megabytes: int = 2048


@dataclass(frozen=True)
class Ended:
    """What became of a process.

    Attributes:
        how: ``"returned"``, ``"raised"``, ``"exited"`` (by ``SystemExit``), ``"signal"``, ``"killed"`` (as was asked)
            or ``"hang"`` (killed for its time).
        code: exit code; that of a signal is negative.
        value: what the work returned, as JSON gives it back.
        error: name of the exception that it raised, with those it derives from; empty without one.
        message: of the exception.
        story: its traceback.
        output: what was written to standard output.
        messages: the same of standard error.
        seconds: how long it ran.
        megabytes: its memory at the peak.
    """

    how: str
    code: int
    value: Any
    error: tuple[str, ...]
    message: str
    story: str
    output: str
    messages: str
    seconds: float
    megabytes: float

    @property
    def went_well(self) -> bool:
        """Whether it returned, or exited with 0."""
        return self.how in ("returned", "exited") and self.code == 0


def forked(
    work: Callable[[], Any],
    *,
    folder: Path,
    notes: Path,
    limits: Limits,
    environment: Mapping[str, str] | None = None,
    kill_after: float | None = None,
) -> Ended:
    """Run work in a process that is forked from this one, and wait for its end.

    Args:
        work: it returns what JSON can hold. It may kill itself.
        folder: in which it runs.
        notes: folder for what it says.
        limits: of memory and time. The process is killed with all that it started where it takes too long.
        environment: variables to set.
        kill_after: seconds after which it is killed with all that it started; None lets it end.
    """
    notes.mkdir(parents=True, exist_ok=True)
    for name in (_OUTPUT, _MESSAGES, _REPORT):
        (notes / name).unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    # Closed by the end of the process, however that comes.
    alive, held = os.pipe()
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(alive)
        _run_and_exit(work, folder, notes, limits, dict(environment or {}))
    os.close(held)
    how = None
    wait = limits.seconds if kill_after is None else min(kill_after, limits.seconds)
    try:
        if not select.select([alive], [], [], wait)[0]:
            how = "killed" if kill_after is not None and kill_after < limits.seconds else "hang"
    finally:
        # Those that it started, too, even where it ended by itself.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            if how is not None:
                os.kill(pid, signal.SIGKILL)
        os.close(alive)
        _, status, used = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    report: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        report = json.loads((notes / _REPORT).read_bytes())
    return Ended(
        how=how or ("signal" if code < 0 else report.get("how", "exited")),
        code=code,
        value=report.get("value"),
        error=tuple(report.get("error", ())),
        message=report.get("message", ""),
        story=report.get("story", ""),
        output=_text(notes / _OUTPUT),
        messages=_text(notes / _MESSAGES),
        seconds=time.monotonic() - begun,
        megabytes=used.ru_maxrss / 1024,
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="backslashreplace") if path.exists() else ""


def _run_and_exit(
    work: Callable[[], Any], folder: Path, notes: Path, limits: Limits, environment: dict[str, str]
) -> None:
    """Run work in this process, which was just forked, write a report, and end the process."""
    code = 1
    try:
        os.setsid()
        _limit(limits)
        os.environ.update(environment)
        for number, name in ((1, _OUTPUT), (2, _MESSAGES)):
            os.dup2(os.open(notes / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(folder)
        report = _report(work)
        code = report.pop("code", 0 if report["how"] == "returned" else 1)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        (notes / _REPORT).write_text(json.dumps(report))
    finally:
        # Not the runner's own ending, which would run twice.
        os._exit(code)


def _limit(limits: Limits) -> None:
    size = limits.megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Should the runner be gone.
    seconds = int(limits.seconds) + 10
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _report(work: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"how": "returned", "value": work()}
    except SystemExit as ended:
        code = ended.code
        if code is None:
            return {"how": "exited", "code": 0}
        if isinstance(code, int):
            return {"how": "exited", "code": code & 0xFF}
        print(code, file=sys.stderr)
        return {"how": "exited", "code": 1}
    except BaseException as error:
        names = [kind.__name__ for kind in type(error).__mro__ if kind is not object]
        return {"how": "raised", "error": names, "message": str(error), "story": traceback.format_exc()}

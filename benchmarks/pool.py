"""Trainings as processes of their own, as many at a time as there are cores: one that fails stops no other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn


@dataclass(frozen=True)
class Task:
    """A process.

    Attributes:
        name: begins the lines that it prints.
        script: a file of Python.
        arguments: of the script.
    """

    name: str
    script: Path
    arguments: tuple[str, ...]


def number_of_workers(text: str) -> int:
    """What an argument says: 1 or more.

    Raises:
        ValueError: it says something else.
    """
    if (number := int(text)) < 1:
        raise ValueError
    return number


def run_each(tasks: Sequence[Task], workers: int) -> dict[str, str]:
    """Run all tasks, in their order, each on one thread.

    What they print is printed, each line with the name of the task before it. If this process is interrupted or told
    to end, so are they.

    Args:
        tasks: which.
        workers: how many at a time.

    Returns:
        For the tasks that failed, by name, the last line that each printed.
    """
    running: set[subprocess.Popen[str]] = set()
    failures: dict[str, str] = {}
    printing = threading.Lock()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}

    def run(task: Task) -> None:
        process = subprocess.Popen(
            [sys.executable, str(task.script), *task.arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            # Whoever interrupts this process by the keyboard would interrupt them, too: it ends them itself.
            start_new_session=True,
        )
        running.add(process)
        last = ""
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                last = line.strip() or last
                with printing:
                    print(f"{task.name}: {line.rstrip()}", flush=True)
        code = process.wait()
        running.discard(process)
        if code:
            how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            failures[task.name] = last if code > 0 and last else f"{how}, after: {last}" if last else how

    def end(number: int, _frame: Any) -> NoReturn:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    pool = ThreadPoolExecutor(workers)
    try:
        for each in [pool.submit(run, task) for task in tasks]:
            each.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(running):
            process.terminate()
        raise
    finally:
        pool.shutdown()
        signal.signal(signal.SIGTERM, before)
    return failures


def run_or_exit(tasks: Sequence[Task], workers: int) -> None:
    """The same; leave with exit code 1, and a line for each task that failed, if any did."""
    print(f"{len(tasks)} to be run, {min(workers, len(tasks))} at a time", flush=True)
    try:
        failures = run_each(tasks, workers)
    except KeyboardInterrupt:
        sys.exit("stopped: the same command goes on")
    if failures:
        told = "\n".join(f"  {name}: {message}" for name, message in failures.items())
        sys.exit(f"error: {len(failures)} of {len(tasks)} failed; what they are, run again takes up:\n{told}")

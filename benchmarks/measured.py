"""Running a command as a process of its own: its time, and the memory of it and of every process below it (Linux)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Seconds between two looks at the high-water marks, which the kernel keeps, and at what takes longer to add up.
GLANCE = 0.02
LOOK = 0.5
# No program runs in less.
LOADED = 2**20
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Usage:
    """What a command took.

    Attributes:
        seconds: by the clock.
        cpu_seconds: of all its processes.
        process_bytes: the largest resident set that the process itself had; pages of mapped files count.
        child_bytes: the same of the largest process below it; 0 without any.
        sum_bytes: the largest sum over all of them, seen every half second; what two share counts once.
        disk_bytes: the most that the watched folder held, its largest files in progress included.
        code: the exit status.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    process_bytes: int = 0
    child_bytes: int = 0
    sum_bytes: int = 0
    disk_bytes: int = 0
    code: int = 0


@dataclass
class _Watch:
    """Everything seen of the processes below one."""

    pid: int
    folder: Path | None
    usage: Usage
    ticks: dict[int, int] = field(default_factory=dict)

    def glance(self) -> list[int]:
        pids = descendants(self.pid)
        for pid in pids:
            with contextlib.suppress(OSError, ValueError, IndexError):
                peak = kilobytes(Path(f"/proc/{pid}/status").read_text(), "VmHWM")
                if pid == self.pid:
                    self.usage.process_bytes = max(self.usage.process_bytes, peak)
                else:
                    self.usage.child_bytes = max(self.usage.child_bytes, peak)
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                self.ticks[pid] = int(fields[11]) + int(fields[12])
        return pids

    def look(self, pids: Sequence[int]) -> None:
        total = 0
        for pid in pids:
            with contextlib.suppress(OSError, ValueError, IndexError):
                total += kilobytes(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss")
        self.usage.sum_bytes = max(self.usage.sum_bytes, total)
        if self.folder is not None:
            self.usage.disk_bytes = max(self.usage.disk_bytes, size_of(self.folder))


def kilobytes(text: str, name: str) -> int:
    """The bytes that a line of a file of /proc states in kilobytes; 0 without such a line."""
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def descendants(pid: int) -> list[int]:
    """A process and all below it."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{current}/task").iterdir():
                waiting.extend(map(int, (task / "children").read_text().split()))
    return found


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files in a folder; what goes away meanwhile counts 0."""
    if path.is_file():
        return path.stat().st_size
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(folder, name), follow_symlinks=False).st_size
    return total


def run_measured(command: Sequence[str], *, log: Path, folder: Path | None = None, threads: int = 1) -> Usage:
    """Run a command to its end.

    Args:
        command: program and arguments.
        log: file that standard output and error go to.
        folder: whose size is watched.
        threads: of matrix products in each process.
    """
    usage = Usage()
    ended = threading.Event()
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    with log.open("wb") as stream:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, env=environment)
        watch = _Watch(process.pid, folder, usage)

        def watching() -> None:
            last = -LOOK
            while True:
                pids = watch.glance()
                if time.perf_counter() - last >= LOOK:
                    watch.look(pids)
                    last = time.perf_counter()
                if ended.wait(GLANCE):
                    return

        watcher = threading.Thread(target=watching)
        watcher.start()
        _, status, resources = os.wait4(process.pid, 0)
        usage.seconds = time.perf_counter() - start
        ended.set()
        watcher.join()
    # One that ended before the first look, or was last looked at while its program was being loaded.
    if usage.process_bytes < LOADED:
        usage.process_bytes = resources.ru_maxrss * 1024
    process.returncode = usage.code = os.waitstatus_to_exitcode(status)
    # Processes that nobody waited for were seen last shortly before their end.
    usage.cpu_seconds = max(resources.ru_utime + resources.ru_stime, sum(watch.ticks.values()) / TICKS)
    usage.sum_bytes = max(usage.sum_bytes, usage.process_bytes if not usage.child_bytes else 0)
    return usage

"""What a machine has and sees, compared with this one before work is sent there."""

from __future__ import annotations

import contextlib
import importlib.metadata
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# A shared file system may show a new file late.
PATIENCE = 15.0
_INTERVAL = 0.1


@dataclass(frozen=True)
class Probe:
    """What another machine is asked.

    Attributes:
        file: a file that was just written.
        content: what is in it.
        reads: files that work will read.
        packages: names on PyPI of what results depend on.
        patience: seconds until a file that is not there counts as not seen.
    """

    file: Path
    content: str
    reads: tuple[Path, ...]
    packages: tuple[str, ...]
    patience: float


@dataclass(frozen=True)
class Machine:
    """What a machine has and sees.

    Attributes:
        unseen: the first path that it does not see; None where it sees all.
        python: the version of Python, without the last part.
        packages: the version of each package; None where it is not installed.
    """

    unseen: Path | None
    python: str
    packages: Mapping[str, str | None]


@contextlib.contextmanager
def probing(folder: Path, reads: Iterable[Path], packages: Iterable[str]) -> Iterator[Probe]:
    """Write a file that other machines should see, for as long as the block runs.

    Args:
        folder: where; it is made where it is missing.
        reads: what other machines should see, too.
        packages: see ``Probe``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = secrets.token_hex(8)
    file = folder / f"probe-{content}"
    file.write_text(content, "utf-8")
    try:
        yield Probe(file, content, tuple(reads), ("gloctm", *packages), PATIENCE)
    finally:
        file.unlink(missing_ok=True)


def look(probe: Probe) -> Machine:
    """Return what the machine that runs this has and sees."""
    return Machine(
        _unseen(probe), f"{sys.version_info.major}.{sys.version_info.minor}", {p: _version(p) for p in probe.packages}
    )


def difference(here: Machine, there: Machine, probe: Probe) -> str | None:
    """Return why work of one machine can't be done by another, as the end of a sentence; None where it can.

    Example:
        >>> here, there = Machine(None, "3.12", {"gloctm": "0.2"}), Machine(None, "3.12", {"gloctm": "0.1"})
        >>> difference(here, there, Probe(Path("a"), "", (), ("gloctm",), 0))
        'has gloctm 0.1, and this machine 0.2: install the same version on all machines'
    """
    if there.python != here.python:
        return f"has Python {there.python}, and this machine {here.python}: use one version on all machines"
    for package, own in here.packages.items():
        other = there.packages[package]
        if other == own:
            continue
        if other is None:
            return f"lacks {package}, which this machine has: install it there (pip install {package}=={own})"
        if own is None:
            return f"has {package}, which this machine lacks: install the same packages on all machines"
        return f"has {package} {other}, and this machine {own}: install the same version on all machines"
    if there.unseen is not None:
        unseen = probe.file.parent if there.unseen == probe.file else there.unseen
        return f"does not see {unseen}: give a path on storage that all machines share"
    return None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _unseen(probe: Probe) -> Path | None:
    last = time.monotonic() + probe.patience
    while not _reads(probe.file, probe.content):
        if time.monotonic() >= last:
            return probe.file
        time.sleep(_INTERVAL)
    return next((path for path in probe.reads if not path.exists()), None)


def _reads(file: Path, content: str) -> bool:
    try:
        return file.read_text("utf-8") == content
    except OSError:
        return False

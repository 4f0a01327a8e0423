"""Engines, which run independent pieces of work, and stages, which commit each piece once it is done."""

from __future__ import annotations

from gloctm.checks import check_int
from gloctm.engine.local import Processes, Serial, available_cores
from gloctm.engine.stage import Done, Engine, Note, Piece, key_of, run_stage
from gloctm.errors import InputError

__all__ = ["ENGINES", "Done", "Engine", "Note", "Piece", "Processes", "Serial", "get_engine", "key_of", "run_stage"]

ENGINES = ("processes", "serial")


def get_engine(name: str = "processes", processes: int | None = None) -> Engine:
    """Return what runs the pieces of a stage; every engine gives the same results.

    Args:
        name: ``"processes"`` (the default) for several processes of this machine, ``"serial"`` for this process alone.
        processes: how many processes; as many as there are cores unless given. One is this process itself.

    Raises:
        InputError: there is no such engine, or no such number of processes.

    Example:
        >>> get_engine(processes=1)
        Serial()
    """
    if name not in ENGINES:
        raise InputError(f"there is no engine {name!r}: choose {' or '.join(ENGINES)}")
    number = available_cores() if processes is None else check_int("processes", processes, 1, ", or None for all cores")
    return Serial() if name == "serial" or number == 1 else Processes(number)

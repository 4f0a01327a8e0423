"""Engines, which run independent pieces of work, and stages, which commit each piece once it is done."""

from __future__ import annotations

from gloctm.engine.local import Processes, Serial, available_cores, check_processes
from gloctm.engine.ray import Ray
from gloctm.engine.stage import ONE_CORE, Done, Engine, Note, Piece, Resources, key_of, run_stage
from gloctm.errors import InputError

__all__ = [
    "ENGINES",
    "ONE_CORE",
    "Done",
    "Engine",
    "Note",
    "Piece",
    "Processes",
    "Ray",
    "Resources",
    "Serial",
    "get_engine",
    "key_of",
    "run_stage",
]

ENGINES = ("processes", "serial", "ray")


def get_engine(name: str = "processes", processes: int | None = None, address: str | None = None) -> Engine:
    """Return what runs the pieces of a stage; every engine gives the same results.

    Args:
        name: ``"processes"`` (the default) for several processes of this machine, ``"serial"`` for this process alone,
            ``"ray"`` for the machines of a Ray cluster.
        processes: how many processes; as many as there are cores unless given. One is this process itself. A cluster
            has as many as it has cores.
        address: of the cluster, see ``Ray``.

    Raises:
        InputError: there is no such engine or no such number of processes, or the engine has no use for an argument.

    Example:
        >>> get_engine(processes=1), get_engine("ray", address="10.0.0.1:6379")
        (Serial(), Ray(address='10.0.0.1:6379'))
    """
    if name not in ENGINES:
        raise InputError(f"there is no engine {name!r}: choose {', '.join(ENGINES[:-1])} or {ENGINES[-1]}")
    if name == "ray":
        if processes is not None:
            raise InputError(
                f"processes={processes} has no effect with engine='ray', which uses all cores of its cluster: leave it "
                "out"
            )
        return Ray(address)
    if address is not None:
        raise InputError(f"an address of a cluster has no effect without engine='ray': add it, or leave {address} out")
    number = check_processes(processes, ", or None for all cores") or available_cores()
    return Serial() if name == "serial" or number == 1 else Processes(number)

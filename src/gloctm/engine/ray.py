"""An engine of several machines: a cluster that Ray's own tools started."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

from gloctm.checks import count_of
from gloctm.engine.probe import Machine, Probe, difference, look, probing
from gloctm.engine.stage import ONE_CORE, Resources
from gloctm.errors import GloCTMError, InputError, import_optional

T = TypeVar("T")
R = TypeVar("R")

# So often may an item be lost with the process that worked on it.
LOSSES = 8
# Items that wait for a core, per core.
_WAITING = 3
# Seconds until there is no cluster at an address, a machine does not answer, and work that was stopped is ended.
_CONNECTING, _ANSWERING, _STOPPING = 10.0, 60.0, 10.0
# Seconds without a result, after which machines that could give one are looked for.
_WATCHING = 30.0
# Of a cluster of this machine. Items and results are small, and documents never among them.
_STORE = 100 * 2**20


@dataclass
class Ray:
    """Runs items in the processes of a cluster, which may lose machines meanwhile.

    What was lost with a machine or a process is run again. No document passes through Ray: items and results are paths
    and numbers, and files are read and written on storage that all machines share. In a ``with`` block, runs share one
    connection. A connection that this process had before is used, and kept.

    Attributes:
        address: ``host:port`` of the cluster, or ``"auto"`` for the one that this machine belongs to. None is what the
            variable ``RAY_ADDRESS`` says or, without it, a cluster of this machine alone, which ends with the work.

    Raises:
        MissingDependencyError: Ray is not installed.
        InputError: there is no such cluster.
    """

    address: str | None = None
    _kept: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, init=False, repr=False, compare=False)
    _asked: tuple[Probe, Machine] | None = field(default=None, init=False, repr=False, compare=False)

    def __enter__(self) -> Self:
        self._kept.enter_context(_connected(self.address))
        return self

    def __exit__(self, *error: object) -> None:
        self._asked = None
        self._kept.close()

    def check(self, folder: Path, reads: Iterable[Path] = (), packages: Iterable[str] = ()) -> None:
        """Raise an InputError that names a machine which can't do the work; see ``Engine.check``.

        Machines that join the cluster until the ``with`` block ends are checked before their first item.
        """
        with _connected(self.address) as ray:
            probe = self._kept.enter_context(probing(folder, reads, packages))
            here = look(probe)
            self._asked = probe, here
            asked = {_asked(ray, node["NodeID"], probe): node["NodeName"] for node in _machines(ray)}
            answered, silent = ray.wait(list(asked), num_returns=len(asked), timeout=_ANSWERING)
            if silent:
                raise InputError(f"{_named(asked[silent[0]])} does not answer: restart Ray there (ray stop, ray start)")
            for reference in answered:
                try:
                    there = ray.get(reference)
                except ray.exceptions.RayTaskError as error:
                    raise InputError(
                        f"{_named(asked[reference])} can't run this version of gloctm ({_last_line(error)}): install "
                        "the same packages there"
                    ) from None
                except ray.exceptions.RayError:
                    # Gone since it was asked.
                    continue
                if (why := difference(here, there, probe)) is not None:
                    raise InputError(f"{_named(asked[reference])} {why}")

    def run(self, work: Callable[[T], R], items: Iterable[T], resources: Resources = ONE_CORE) -> Iterator[tuple[T, R]]:
        """Yield each item with its result, as they are done.

        Raises:
            InputError: an item was lost too often, or can't be sent; no machine has the cores that it takes.
        """
        with _connected(self.address) as ray:
            # Losses are counted here, since Ray runs what ended for lack of memory again and again. Processes that use
            # a GPU stay, as others do: they have their encoder.
            placement = _placement(ray, resources)
            task = _task(ray, placement)
            waiting = iter(items)
            running: dict[Any, tuple[T, int]] = {}
            try:
                while True:
                    # Machines may come and go.
                    room = (1 + _WAITING) * max(1, _cores(_machines(ray))) - len(running)
                    for item in islice(waiting, max(0, room)):
                        running[self._sent(task, work, item)] = (item, 0)
                    if not running:
                        return
                    done = ray.wait(list(running), timeout=_WATCHING)[0]
                    if not done and not any(_fits(node, placement) for node in _machines(ray)):
                        # The machines that could have run them are gone, so that nothing of this runs.
                        placement = _placement(ray, resources)
                        task, lost, running = _task(ray, placement), running, {}
                        _stop(ray, list(lost))
                        running = {self._sent(task, work, item): (item, losses) for item, losses in lost.values()}
                    for reference in done:
                        item, losses = running.pop(reference)
                        try:
                            result = ray.get(reference)
                        except ray.exceptions.RayTaskError as error:
                            # Of ours, a sentence says all.
                            raise error.cause from (None if isinstance(error.cause, GloCTMError) else error)
                        except ray.exceptions.RayError:
                            if losses + 1 == LOSSES:
                                raise InputError(
                                    f"{item} was lost {LOSSES} times with the process that worked on it, perhaps for "
                                    "lack of memory: start Ray with fewer cores per machine (ray start --num-cpus), so "
                                    "that each has more memory"
                                ) from None
                            running[self._sent(task, work, item)] = (item, losses + 1)
                        else:
                            yield item, result
            finally:
                _stop(ray, list(running))

    def in_use(self) -> str:
        """Return how many cores are at work, and how many machines the cluster has."""
        with _connected(self.address) as ray:
            machines = _machines(ray)
            used = _cores(machines) - int(ray.available_resources().get("CPU", 0))
        return f"{count_of(max(used, 0), 'core')} of {count_of(len(machines), 'machine')}"

    def _sent(self, task: Any, work: Callable[[T], R], item: T) -> Any:
        from pickle import PicklingError

        try:
            return task.remote(work, item, os.getcwd(), self._asked)
        except (TypeError, PicklingError) as error:
            raise InputError(
                f"a function or an encoder of your own can't be sent to other machines ({_first_line(error)}): use "
                "engine='serial'"
            ) from None


def _task(ray: Any, placement: dict[str, float]) -> Any:
    return ray.remote(max_retries=0, max_calls=0, scheduling_strategy="SPREAD", **placement)(_made)


def _made(work: Callable[[T], R], item: T, folder: str, asked: tuple[Probe, Machine] | None) -> R:
    if asked is not None:
        _check_own(*asked)
    # A model may be named by a relative path.
    with contextlib.suppress(OSError):
        os.chdir(folder)
    return work(item)


def _check_own(probe: Probe, here: Machine) -> None:
    """Raise an InputError where the machine that runs this can't do the work: it may have joined since the check."""
    if (why := difference(here, _own_look(probe), probe)) is not None:
        import ray

        own = ray.get_runtime_context().get_node_id()
        name = next((node["NodeName"] for node in _machines(ray) if node["NodeID"] == own), own)
        raise InputError(f"{_named(name)} {why}")


@lru_cache(maxsize=1)
def _own_look(probe: Probe) -> Machine:
    # Once per process.
    return look(probe)


# The address by which this process joined a cluster, which Ray itself calls by another.
_joined_by = ""


@contextlib.contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Connect to a cluster unless this process is connected to one; what was begun here ends with the block."""
    global _joined_by
    # Nothing is sent home, and devices of tasks without a GPU are left alone.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    if address != "local":
        # What is no cluster is found out in one try of less than a minute, rather than twenty.
        os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")
    ray = import_optional("ray", "Work on several machines", "ray")
    if ray.is_initialized():
        own = ray.get_runtime_context().gcs_address
        if address not in ("auto", "local", own, _joined_by):
            raise InputError(
                f"this process is connected to the Ray cluster at {own}: give that address, or end the connection "
                "first (ray.shutdown())"
            )
        yield ray
        return
    own = {"object_store_memory": _STORE, "include_dashboard": False} if address == "local" else {}
    _check_address(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="error", **own)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        if "AuthToken" in str(error):
            raise InputError(
                f"the Ray cluster at {address} asks for its token: set RAY_AUTH_MODE=token, and copy ~/.ray/auth_token "
                "from its first machine to this one"
            ) from None
        reason = " ".join(str(error.__cause__ or error).partition("Traceback")[0].split()).rstrip(".: ")
        where = "on this machine" if address in ("auto", "local") else f"at {address}"
        raise InputError(
            f"no Ray cluster {where} can be used ({reason}): start one (ray start --head), or run this on one of its "
            "machines, with the same versions of Python and Ray"
        ) from None
    # Ray writes what it says of lost machines to standard output, which is for results.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            _joined_by = address
            yield ray
        finally:
            _joined_by = ""
            ray.shutdown()


def _check_address(address: str) -> None:
    """Raise InputError where nothing answers, which Ray would wait for much longer."""
    if address in ("local", "auto"):
        return
    host, separator, port = address.rpartition(":")
    if "://" in address or not separator or not port.isdecimal():
        raise InputError(f"{address!r} is no address of a Ray cluster: give host:port, such as 10.0.0.1:6379, or auto")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECTING).close()
    except OSError as error:
        raise InputError(
            f"there is no Ray cluster at {address} ({error.strerror or error}): check the address, or start one with "
            "ray start --head"
        ) from None


def _machines(ray: Any) -> list[dict[str, Any]]:
    """Return the machines that can work."""
    return [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0)]


def _cores(machines: Sequence[dict[str, Any]]) -> int:
    return int(sum(node["Resources"]["CPU"] for node in machines))


def _placement(ray: Any, resources: Resources) -> dict[str, float]:
    """Return what Ray is to reserve for an item, where a machine has it."""
    enough = [node["Resources"] for node in _machines(ray) if node["Resources"]["CPU"] >= resources.cpus]
    if not enough:
        raise InputError(
            f"no machine of the Ray cluster has {count_of(int(resources.cpus), 'core')}: add one (ray start --address)"
        )

    # All of it has to be on one machine.
    def offered(machine: Mapping[str, float]) -> tuple[float, int]:
        return min(resources.gpus, machine.get("GPU", 0)), min(resources.memory, int(machine.get("memory", 0)))

    gpus, memory = max(map(offered, enough))
    return {"num_cpus": resources.cpus, "num_gpus": gpus, "memory": memory}


def _fits(node: Mapping[str, Any], placement: Mapping[str, float]) -> bool:
    has = node["Resources"]
    names = {"num_cpus": "CPU", "num_gpus": "GPU", "memory": "memory"}
    return all(has.get(names[name], 0) >= wanted for name, wanted in placement.items())


def _asked(ray: Any, node: str, probe: Any) -> Any:
    only = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
    return ray.remote(num_cpus=0, max_retries=0, scheduling_strategy=only)(look).remote(probe)


def _stop(ray: Any, running: Sequence[Any]) -> None:
    """Stop work that is of no use after an error or an interrupt, as Ctrl-C would; what does not listen is killed."""
    if not running:
        return
    # A cluster that is gone has nothing to stop.
    with contextlib.suppress(ray.exceptions.RayError):
        for reference in running:
            ray.cancel(reference)
        for reference in ray.wait(running, num_returns=len(running), timeout=_STOPPING)[1]:
            ray.cancel(reference, force=True)


def _named(node: str) -> str:
    return f"the machine {node} of the Ray cluster"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _last_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]

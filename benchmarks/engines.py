"""A million documents by two machines of a Ray cluster, of which one is killed in each stage, and by one machine.

``python benchmarks/scale.py engines`` measures. Both machines are on this computer, with one core each, so there is as
much to work with as two processes have. The second is killed, all its processes at once, after half of the seconds that
the stage took without a kill. Every file is compared with the one that processes wrote.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from machine import machine
from measured import run_measured

if TYPE_CHECKING:
    from scale import Case

HERE = Path(__file__).resolve().parent
NODE = {"num_cpus": 1, "object_store_memory": 100 * 2**20, "include_log_monitor": False}
# How soon the cluster knows of a machine that is gone.
HEALTH = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 1000, "health_check_failure_threshold": 5}
PROCESSES, RAY, KILLED = "processes", "ray", "ray, one machine killed"


class Machines:
    """Two machines of a cluster on this computer."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        head = {**NODE, "no_monitor": True, "include_dashboard": False, "_system_config": HEALTH}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.second: Any = None

    def start_second(self) -> None:
        """Start the second machine, unless it runs."""
        if self.second is None:
            self.second = self.cluster.add_node(**NODE)

    def kill_second(self) -> None:
        """End the second machine at once, as a power cut does."""
        import psutil

        own = [psutil.Process(each.process.pid) for every in self.second.all_processes.values() for each in every]
        every_process = [*own, *(child for process in own for child in process.children(recursive=True))]
        for process in every_process:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(every_process)
        self.cluster.worker_nodes.discard(self.second)
        self.second = None


@contextlib.contextmanager
def two_machines() -> Iterator[Machines]:
    """Start two machines; they end with the block."""
    # What they run finds the stand-in for an encoder.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    os.environ.update(OMP_NUM_THREADS="1", RAY_USAGE_STATS_ENABLED="0")
    # A short name, since sockets are in it.
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        os.environ["RAY_TMPDIR"] = folder
        found = Machines()
        try:
            found.start_second()
            yield found
        finally:
            found.cluster.shutdown()


def commands(case: Case, engine: list[str]) -> dict[str, tuple[list[str], str]]:
    """By stage the command, and what it writes in the folder."""
    gloctm = [sys.executable, "-m", "gloctm"]
    source, folder = str(case.source), case.folder
    build = ["corpus", "build", source, "-o", str(folder / "corpus"), "--sharded", "--encoder", "none", "--quiet"]
    transform = ["transform", str(folder / "model"), source, "-o", f"{folder / 'theta'}/", "--quiet"]
    embed = [sys.executable, str(HERE / "scale.py"), "embed", str(folder / "corpus")]
    return {
        "build": ([*gloctm, *build, *engine], "corpus"),
        "embed": ([*embed, *engine], "corpus"),
        "transform": ([*gloctm, *transform, *engine], "theta"),
    }


def run(case: Case, machines: Machines, name: str, kill_after: dict[str, float]) -> Iterator[dict[str, Any]]:
    """Run all stages by one engine, and yield a line of each, without whether its files are as they should be."""
    by_processes = ["--processes", "2"]
    by_ray = ["--engine", "ray", "--address", machines.cluster.address]
    for stage, (command, output) in commands(case, by_processes if name == PROCESSES else by_ray).items():
        if stage != "embed":
            shutil.rmtree(case.folder / output, ignore_errors=True)
        machines.start_second()
        killing = None
        if name == KILLED:
            killing = threading.Timer(kill_after[stage], machines.kill_second)
            killing.start()
        log = case.folder / f"{stage}.log"
        usage = run_measured(command, log=log)
        if killing is not None:
            killing.cancel()
            killing.join()
            if machines.second is not None:
                sys.exit(f"{stage} ended before the machine was killed")
        if usage.code:
            sys.exit(f"{stage} by {name} ended with {usage.code}:\n{log.read_text(encoding='utf-8')[-2000:]}")
        if stage == "build" and name == PROCESSES:
            _train(case)
        yield {
            "benchmark": "engines",
            "engine": name,
            "stage": stage,
            "documents": case.documents,
            "words": case.words,
            "seconds": round(usage.seconds, 1),
            "killed_after": round(kill_after[stage], 1) if killing is not None else None,
        }


def _train(case: Case) -> None:
    """Train the model that transforms, of few documents: how good it is does not matter here."""
    from made_up_text import StandIn

    import gloctm

    sample = gloctm.ShardedCorpus.load(case.folder / "corpus").sample(10_000).embed(StandIn(), cache=False)
    model = gloctm.GloCTM(num_topics=50, method="published", epochs=1, show_progress=False).fit(sample)
    model.save(case.folder / "model")


def measure(case: Case) -> Iterator[dict[str, Any]]:
    """Run all stages by two processes, by two machines, and with one of them killed; yield a line of each stage."""
    from gloctm.files.digests import file_sha256

    digests: dict[str, dict[str, str]] = {}
    seconds: dict[str, float] = {}
    with two_machines() as machines:
        for name in (PROCESSES, RAY, KILLED):
            for line in run(case, machines, name, seconds):
                stage = line["stage"]
                folder = case.folder / ("theta" if stage == "transform" else "corpus")
                found = {
                    str(path.relative_to(folder)): file_sha256(path) for path in folder.rglob("*") if path.is_file()
                }
                different = sum(found.get(file) != digest for file, digest in digests.setdefault(stage, found).items())
                line |= {"files": len(found), "different_files": different + len(found.keys() - digests[stage].keys())}
                if name == RAY:
                    seconds[stage] = line["seconds"] / 2
                yield {**line, "machine": machine()}

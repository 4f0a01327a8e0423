"""Stages: each piece is committed once, kept where its key fits, and made again where anything is amiss."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from gloctm.engine import ONE_CORE, Done, Piece, Processes, Serial, get_engine, key_of, local, run_stage
from gloctm.errors import FileFormatError, InputError

ENGINES = [Serial(), Processes(2)]


@dataclass(frozen=True)
class Item:
    folder: Path
    name: str
    content: str = "made"


def write(item: Item) -> Done:
    (item.folder / item.name).write_text(item.content, encoding="utf-8")
    return Done((item.name,), {"length": len(item.content), "pair": (1, 2), "lone": "\ud800"})


def fail(item: Item) -> Done:
    if item.name == "2":
        raise FileFormatError(f"{item.name} is damaged: copy it again")
    return write(item)


def end(item: Item) -> Done:
    os._exit(1)


def own_process(item: int) -> int:
    return os.getpid()


def pieces_of(folder: Path, count: int = 4, key: str = "a") -> list[Piece]:
    return [Piece(str(number), key, Item(folder, str(number), key)) for number in range(count)]


def run(folder: Path, pieces: list[Piece], engine=ENGINES[0], work=write, **settings):
    return run_stage(engine, work, pieces, folder, description="making", show_progress=False, **settings)


class Counting(Serial):
    """An engine that remembers what it ran, last first."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, work, items, resources=ONE_CORE):
        for piece in reversed(list(items)):
            self.ran.append(piece.name)
            yield piece, work(piece)


@pytest.mark.parametrize("engine", ENGINES)
def test_notes_come_in_the_order_of_the_pieces(engine, tmp_path):
    notes = run(tmp_path, pieces_of(tmp_path, 7), engine)
    assert [list(note.files) for note in notes] == [[str(number)] for number in range(7)]
    assert notes[0].files["0"] == (1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb")
    # As JSON gives them back, whether they were kept or made.
    assert notes[0].facts == {"length": 1, "pair": [1, 2], "lone": "\ud800"}
    assert run(tmp_path, pieces_of(tmp_path, 7), engine) == notes


def test_pieces_that_are_done_are_kept(tmp_path):
    run(tmp_path, pieces_of(tmp_path, 2))
    engine = Counting()
    notes = run(tmp_path, pieces_of(tmp_path, 4), engine)
    assert engine.ran == ["3", "2"]
    assert [list(note.files) for note in notes] == [["0"], ["1"], ["2"], ["3"]]


def test_another_key_makes_a_piece_again(tmp_path):
    run(tmp_path, pieces_of(tmp_path))
    engine = Counting()
    run(tmp_path, [*pieces_of(tmp_path, 3), *pieces_of(tmp_path, 4, "b")[3:]], engine)
    assert engine.ran == ["3"]
    assert (tmp_path / "3").read_text() == "b"


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "1").unlink(),
        lambda folder: (folder / "1").write_text("longer"),
        lambda folder: (folder / "1").write_text("b"),
        lambda folder: (folder / "1.note.json").unlink(),
        lambda folder: (folder / "1.note.json").write_text('{"key": "a"'),
        lambda folder: (folder / "1.note.json").write_text("[]"),
        lambda folder: (folder / "1.note.json").write_text('{"key": "a", "files": {"1": 3}, "facts": {}}'),
    ],
)
def test_a_piece_whose_files_or_note_are_not_whole_is_made_again(harm, tmp_path):
    notes = run(tmp_path, pieces_of(tmp_path))
    harm(tmp_path)
    engine = Counting()
    assert run(tmp_path, pieces_of(tmp_path), engine) == notes
    assert engine.ran == ["1"]
    assert (tmp_path / "1").read_text() == "a"


def test_notes_may_be_in_a_folder_of_their_own(tmp_path):
    files, notes = tmp_path / "files", tmp_path / "notes"
    (files / "en").mkdir(parents=True)
    made = run(files, [Piece("en/1", "a", Item(files, "en/1"))], notes=notes)
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*")) if path.is_file()] == [
        "files/en/1",
        "notes/en/1.note.json",
    ]
    assert json.loads((notes / "en/1.note.json").read_bytes())["files"] == {"en/1": list(made[0].files["en/1"])}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_error_of_the_work_comes_as_it_is_and_what_was_done_stays(engine, tmp_path):
    with pytest.raises(FileFormatError, match=r"^2 is damaged: copy it again$"):
        run(tmp_path, pieces_of(tmp_path), engine, work=fail)
    assert not (tmp_path / "2.note.json").exists()
    later = Counting()
    run(tmp_path, pieces_of(tmp_path), later)
    assert "2" in later.ran
    assert "0" not in later.ran


def test_a_worker_that_is_ended_from_outside_is_one_sentence(tmp_path):
    with pytest.raises(
        InputError, match=r"^a worker process ended unexpectedly, perhaps for lack of memory: use fewer"
    ):
        run(tmp_path, pieces_of(tmp_path), Processes(2), work=end)


def test_what_cannot_be_sent_to_a_worker_is_one_sentence(tmp_path):
    with (
        (tmp_path / "open").open("w") as stream,
        pytest.raises(InputError, match=r"sent to other .*: use processes=1$"),
    ):
        run(tmp_path, [Piece("0", "a", stream)], Processes(2))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL")
def test_workers_end_with_a_parent_that_was_killed():
    program = """
import threading
from gloctm.engine import Processes, local
local.WATCH_SECONDS = 0.1
def waits(item):
    print("working", flush=True)
    threading.Event().wait()
list(Processes(2).run(waits, [1]))
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"working\n"
        parent.kill()
        parent.wait()
        # Ends when the last process that could write to it has.
        _, said = parent.communicate(timeout=60)
    assert b"Error" not in said


def test_processes_serve_all_runs_of_a_block_and_end_with_it(tmp_path):
    engine = Processes(1)
    with engine:
        first, second = ([process for _, process in engine.run(own_process, [1, 2])] for _ in range(2))
    assert len({*first, *second}) == 1
    assert first[0] != os.getpid()
    # Ended and waited for: the number is free, or nobody's child of this process.
    with pytest.raises(ChildProcessError):
        os.waitpid(first[0], os.WNOHANG)
    assert next(engine.run(own_process, [1]))[1] != first[0]


def test_progress_counts_the_pieces_that_are_left(tmp_path, capsys):
    run(tmp_path, pieces_of(tmp_path, 1))
    pieces = pieces_of(tmp_path)
    # Two are named twice, which are made once.
    named = [*pieces, pieces[0], pieces[-1]]
    run_stage(Serial(), write, named, tmp_path, description="making", unit="parts")
    assert capsys.readouterr().err.startswith("making, 1 of 4 parts made before: 3/3 parts, ")


def test_an_engine_is_chosen_by_name(monkeypatch):
    monkeypatch.setattr("gloctm.engine.available_cores", lambda: 3)
    assert get_engine() == Processes(3)
    assert get_engine("serial", 4) == get_engine(processes=1) == Serial()
    assert get_engine(processes=2) == Processes(2)
    with pytest.raises(InputError, match="processes is 0: it must be a whole number of at least 1, or None"):
        get_engine(processes=0)
    assert local.available_cores() >= 1


def test_a_key_depends_on_every_part():
    keys = {key_of("a", 1), key_of("a", 2), key_of("b", 1), key_of("a", [1]), key_of(["a", 1]), key_of("a", {"b": 1})}
    assert len(keys) == 6
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})

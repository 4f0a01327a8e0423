"""Replacing loses nothing, and what a killed process leaves is removed, but never what a living one works on."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time

import pytest

from gloctm.errors import InputError
from gloctm.files import leftovers, locks
from gloctm.files.atomic import FolderFormat, atomic_file, atomic_folder, check_folder_target
from gloctm.files.leftovers import remove_leftovers, restored
from gloctm.files.locks import this_machine
from gloctm.files.work import work_folder, working_in

MARK = "mark.json"
THING = FolderFormat(kind="thing", manifest=MARK, name="gloctm-thing", newest=1)
HEX = f"{this_machine()}89abcdef"
ELSEWHERE = "0123456789abcdef"


def fill(path, content, meanwhile=lambda: None):
    with atomic_folder(path, replaces=THING) as folder:
        write(folder, content)
        meanwhile()


def write(folder, content):
    (folder / "below").mkdir()
    (folder / "below" / "a").write_text(content)
    (folder / MARK).write_text(json.dumps({"format": THING.name, "files": {"below/a": len(content)}}))


def content_of(path):
    return (path / "below" / "a").read_text()


@pytest.fixture
def stepwise(monkeypatch):
    """A system that can't exchange two folders in one step."""
    monkeypatch.setattr("gloctm.files.replacing.exchanged", lambda *_: False)


# Kills

# Dies at each of the moments at which a file is written, renamed or removed, in a process of its own each.
DYING = """
import os, sys
from pathlib import Path
from unittest import mock
sys.path.insert(0, sys.argv[1])
from test_replacing import content_of, fill, restored
from gloctm.files import replacing

MOMENTS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree")

def dying(target, at):
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -9
    moments = 0
    def count(event, arguments):
        nonlocal moments
        is_one = event in MOMENTS or (event == "open" and bool(arguments[2] & os.O_WRONLY))
        moments += is_one
        if is_one and moments == at:
            os.kill(os.getpid(), 9)
    sys.addaudithook(count)
    fill(target, "new")
    os._exit(0)

target, can_exchange = Path(sys.argv[2]), sys.argv[3] == "True"
with mock.patch.object(replacing, "exchanged", replacing.exchanged if can_exchange else lambda *_: False):
    fill(target, "old")
    at, found = 0, []
    while True:
        at += 1
        was_killed = dying(target, at)
        if can_exchange:
            assert target.exists(), at
        found.append(content_of(restored(target)))
        assert found[-1] in ("old", "new"), at
        fill(target, "old")
        assert os.listdir(target.parent) == [target.name], (at, os.listdir(target.parent))
        if not was_killed:
            break
assert at > 9, at
assert found == sorted(found, reverse=True), found
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process has to be copied")
@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_kill_at_any_moment_leaves_the_old_folder_or_the_new_one(tmp_path, can_exchange):
    (tmp_path / "place").mkdir()
    command = [sys.executable, "-c", DYING, os.path.dirname(__file__), str(tmp_path / "place" / "t"), str(can_exchange)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


def left_behind(folder, name, digits=HEX):
    """A folder as a kill leaves it while it is filled."""
    place = folder / f".{name}.{digits}.partial"
    (place / "new").mkdir(parents=True)
    (place / "new" / "a").write_text("half")
    (place / "in-use").touch()
    return place


def moved_aside(target, digits=HEX):
    """What is left where a process is killed between two renames."""
    place = left_behind(target.parent, target.name, digits)
    target.rename(place / "old")
    return place


def test_an_empty_folder_that_was_made_since_gives_way_to_the_old_one(tmp_path):
    fill(tmp_path / "a", "old")
    moved_aside(tmp_path / "a")
    (tmp_path / "a").mkdir()
    check_folder_target(tmp_path / "a", replaces=THING)
    assert content_of(tmp_path / "a") == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_what_was_moved_aside_of_another_target_stays(tmp_path):
    fill(tmp_path / ".a.building", "old")
    moved_aside(tmp_path / ".a.building")
    check_folder_target(tmp_path / "a", replaces=THING)
    assert content_of(restored(tmp_path / ".a.building")) == "old"


def test_a_folder_whose_manifest_is_a_pipe_is_not_replaced(tmp_path):
    (tmp_path / "a").mkdir()
    os.mkfifo(tmp_path / "a" / MARK)
    with pytest.raises(InputError, match="holds files other than a thing's"):
        check_folder_target(tmp_path / "a", replaces=THING)


def test_checking_a_target_makes_room(tmp_path):
    left_behind(tmp_path, "a")
    check_folder_target(tmp_path / "a", replaces=THING)
    assert os.listdir(tmp_path) == []


def test_a_folder_of_work_that_was_being_deleted(tmp_path):
    for name in (".a.building", ".b.building", ".a.notes.building"):
        left_behind(tmp_path, name)
    check_folder_target(tmp_path / "a", replaces=THING)
    with working_in(work_folder(tmp_path / "b", "building")):
        pass
    assert os.listdir(tmp_path) == [f"..a.notes.building.{HEX}.partial"]


def test_a_file_that_was_being_written(tmp_path):
    (tmp_path / f".a.{HEX}.partial").write_text("half")
    (tmp_path / f".b.{HEX}.partial").write_text("half")
    with atomic_file(tmp_path / "a") as stream:
        stream.write("whole")
    assert sorted(os.listdir(tmp_path)) == [f".b.{HEX}.partial", "a"]


def test_what_was_moved_aside_is_back_at_the_next_use(tmp_path):
    target = tmp_path / "a"
    fill(target, "old")
    place = moved_aside(target)
    assert content_of(restored(target)) == "old"
    # Whoever reads deletes nothing.
    assert (place / "new" / "a").read_text() == "half"
    remove_leftovers(target)
    assert os.listdir(tmp_path) == ["a"]
    moved_aside(target)
    fill(target, "new")
    assert content_of(target) == "new"
    assert os.listdir(tmp_path) == ["a"]


def test_what_was_moved_aside_does_not_return_over_what_is_there(tmp_path):
    fill(tmp_path / "a", "old")
    moved_aside(tmp_path / "a")
    (tmp_path / "a").mkdir()
    write(tmp_path / "a", "new")
    remove_leftovers(tmp_path / "a")
    assert content_of(tmp_path / "a") == "new"
    assert os.listdir(tmp_path) == ["a"]


# The living


def test_what_a_living_process_writes_is_no_leftover(tmp_path):
    with atomic_folder(tmp_path / "a", replaces=THING) as first:
        write(first, "first")
        fill(tmp_path / "a", "second")
        remove_leftovers(tmp_path / "a")
        assert content_of(first) == "first"
        assert content_of(tmp_path / "a") == "second"
    assert content_of(tmp_path / "a") == "first"
    with atomic_file(tmp_path / "b") as stream:
        stream.write("first")
        remove_leftovers(tmp_path / "b")
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]
    with working_in(work_folder(tmp_path / "a", "building")) as work:
        (work / "part").write_text("done")
        remove_leftovers(tmp_path / "a")
        remove_leftovers(work)
        assert (work / "part").read_text() == "done"


def test_a_process_is_not_fooled_by_locks_that_it_gets_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "try_lock", lambda _: True)
    with atomic_folder(tmp_path / "a", replaces=THING) as first:
        write(first, "first")
        fill(tmp_path / "a", "second")
    assert content_of(tmp_path / "a") == "first"
    with atomic_file(tmp_path / "b") as stream:
        stream.write("first")
        with atomic_file(tmp_path / "b") as other:
            other.write("second")
    assert (tmp_path / "b").read_text() == "first"


def test_whoever_loses_the_race_for_a_new_name_takes_another(tmp_path, monkeypatch):
    try_lock, calls = locks.try_lock, []

    def cleaned(stream):
        calls.append(stream)
        if len(calls) == 1:
            # A cleaner comes between making and locking.
            for path in tmp_path.iterdir():
                (path / "in-use").unlink() if path.is_dir() else path.unlink()
        return try_lock(stream)

    monkeypatch.setattr(leftovers, "try_lock", cleaned)
    with atomic_file(tmp_path / "b") as stream:
        stream.write("whole")
    assert (tmp_path / "b").read_text() == "whole"
    (tmp_path / "b").unlink()
    calls.clear()
    fill(tmp_path / "a", "whole")
    assert content_of(tmp_path / "a") == "whole"


@pytest.mark.parametrize("name", [".a.notes.partial", f".a.{HEX}.old", f"a.{HEX}.partial", f".a.{HEX}0.partial"])
def test_what_only_looks_like_a_leftover_stays(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "in-use").write_text("mine")
    remove_leftovers(tmp_path / "a")
    assert (tmp_path / name / "in-use").read_text() == "mine"


def test_folders_and_links_of_others_stay(tmp_path):
    folder, link, empty = (tmp_path / f".a.{digit}{HEX[1:]}.partial" for digit in "abc")
    folder.mkdir()
    (folder / "thesis").write_text("years of work")
    (tmp_path / "b").write_text("mine")
    link.symlink_to(tmp_path / "b")
    empty.mkdir()
    remove_leftovers(tmp_path / "a")
    assert (folder / "thesis").read_text() == "years of work"
    assert link.is_symlink()
    assert not empty.exists()


def test_without_locks_nothing_is_deleted_but_what_was_moved_aside_returns(tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "try_lock", lambda _: None)
    fill(tmp_path / "a", "old")
    place = left_behind(tmp_path, "b")
    moved_aside(tmp_path / "a")
    for name in ("a", "b"):
        remove_leftovers(tmp_path / name)
    assert content_of(tmp_path / "a") == "old"
    assert (place / "new" / "a").read_text() == "half"
    fill(tmp_path / "a", "new")
    assert content_of(tmp_path / "a") == "new"
    with atomic_file(tmp_path / "c") as stream:
        stream.write("whole")
    assert (tmp_path / "c").read_text() == "whole"


# Other machines, whose locks may not be seen


def age(path, days):
    for each in (path, *path.rglob("*")):
        os.utime(each, times=(time.time() - days * 86400,) * 2)


@pytest.mark.parametrize(("days", "stays"), [(0, True), (6, True), (8, False), (-8, True)])
def test_what_another_machine_made_stays_for_a_week(tmp_path, days, stays):
    fill(tmp_path / "a", "old")
    place = moved_aside(tmp_path / "a", ELSEWHERE)
    (tmp_path / "a").mkdir()
    write(tmp_path / "a", "new")
    lone = tmp_path / f".a.{ELSEWHERE[::-1]}.partial"
    lone.write_text("half")
    for each in (place, lone):
        age(each, days)
    remove_leftovers(tmp_path / "a")
    assert content_of(tmp_path / "a") == "new"
    assert sorted(os.listdir(tmp_path)) == (sorted([place.name, lone.name, "a"]) if stays else ["a"])
    assert not stays or sorted(os.listdir(place)) == ["in-use", "new", "old"]


def test_one_new_file_shows_that_another_machine_is_at_work(tmp_path):
    place = left_behind(tmp_path, "a", ELSEWHERE)
    age(place, days=8)
    (place / "new" / "a").write_text("more")
    remove_leftovers(tmp_path / "a")
    assert (place / "new" / "a").read_text() == "more"


def test_what_another_machine_had_moved_aside_is_back_at_once(tmp_path):
    fill(tmp_path / "a", "old")
    place = moved_aside(tmp_path / "a", ELSEWHERE)
    assert content_of(restored(tmp_path / "a")) == "old"
    assert sorted(os.listdir(place)) == ["in-use", "new"]


@pytest.mark.usefixtures("stepwise")
@pytest.mark.parametrize("look", [restored, remove_leftovers])
def test_whoever_puts_the_old_folder_back_too_early_is_outdone(tmp_path, monkeypatch, look):
    """Another machine, which sees no lock, comes between the two renames."""
    fill(tmp_path / "a", "old")
    replace, calls = os.replace, []

    def interrupted(source, target):
        calls.append(target)
        if len(calls) == 2:
            with monkeypatch.context() as elsewhere:
                elsewhere.setattr(leftovers, "try_lock", lambda _: True)
                elsewhere.setattr(leftovers, "this_machine", lambda: "01234567")
                elsewhere.setattr(leftovers, "_held", set())
                look(tmp_path / "a")
            assert content_of(tmp_path / "a") == "old"
        replace(source, target)

    monkeypatch.setattr("os.replace", interrupted)
    fill(tmp_path / "a", "new")
    assert content_of(tmp_path / "a") == "new"
    assert os.listdir(tmp_path) == ["a"]


# Places


@pytest.mark.usefixtures("stepwise")
@pytest.mark.parametrize("failing", [1, 2], ids=["moving the old one aside", "putting the new one in place"])
def test_a_disk_that_is_full_while_folders_change_places(tmp_path, monkeypatch, failing):
    fill(tmp_path / "a", "old")
    replace, calls = os.replace, []

    def full(source, target):
        calls.append(target)
        if len(calls) == failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space"):
        fill(tmp_path / "a", "new")
    assert content_of(tmp_path / "a") == "old"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.usefixtures("stepwise")
@pytest.mark.parametrize(("step", "left"), [(1, "old"), (2, "new")])
def test_an_interrupt_between_two_steps_leaves_one_folder(tmp_path, monkeypatch, step, left):
    fill(tmp_path / "a", "old")
    replace, calls = os.replace, []

    def interrupted(source, target):
        replace(source, target)
        calls.append(target)
        if len(calls) == step:
            raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path / "a", "new")
    assert content_of(tmp_path / "a") == left
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.usefixtures("stepwise")
def test_the_old_folder_outlives_even_a_failure_to_put_it_back(tmp_path, monkeypatch):
    fill(tmp_path / "a", "old")
    replace, calls = os.replace, []

    def full(source, target):
        calls.append(target)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", full)
        with pytest.raises(OSError, match="No space"):
            fill(tmp_path / "a", "new")
    assert not (tmp_path / "a").exists()
    assert content_of(restored(tmp_path / "a")) == "old"
    remove_leftovers(tmp_path / "a")
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.usefixtures("stepwise")
def test_a_folder_that_a_link_leads_to_is_replaced_there_step_by_step(tmp_path):
    (tmp_path / "disk").mkdir()
    target, link = tmp_path / "disk" / "first", tmp_path / "link"
    fill(target, "first")
    link.symlink_to("disk/first")
    fill(link, "second")
    assert (content_of(link), content_of(target)) == ("second", "second")
    # After a kill between two renames, too.
    moved_aside(target)
    assert not link.exists()
    assert content_of(restored(link)) == "second"
    remove_leftovers(link)
    moved_aside(target)
    fill(link, "third")
    assert (content_of(link), link.is_symlink()) == ("third", True)
    assert (sorted(os.listdir(tmp_path)), os.listdir(tmp_path / "disk")) == (["disk", "link"], ["first"])


def test_work_on_what_a_link_leads_to_waits_there(tmp_path):
    (tmp_path / "link").symlink_to("disk/first")
    assert work_folder(tmp_path / "link", "building") == tmp_path / "disk" / ".first.building"


def test_another_process_that_was_faster(tmp_path):
    with atomic_folder(tmp_path / "a", replaces=THING) as folder:
        write(folder, "slow")
        fill(tmp_path / "a", "fast")
    assert content_of(tmp_path / "a") == "slow"


def test_files_that_came_meanwhile_are_not_deleted(tmp_path):
    fill(tmp_path / "a", "old")
    with pytest.raises(InputError, match="holds files other"):
        fill(tmp_path / "a", "new", meanwhile=(tmp_path / "a" / "thesis").touch)
    assert content_of(tmp_path / "a") == "old"
    assert (tmp_path / "a" / "thesis").exists()
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_to_nothing_is_no_place(tmp_path):
    (tmp_path / "a").symlink_to("absent")
    with pytest.raises(InputError, match="a: it is a link to nothing"):
        fill(tmp_path / "a", "new")
    assert os.listdir(tmp_path) == ["a"]


def test_thousands_of_files_are_written_without_looking_through_their_folder_each_time(tmp_path, monkeypatch):
    looks, look = [], leftovers._unfinished_in
    monkeypatch.setattr(leftovers, "_unfinished_in", lambda folder: looks.append(folder) or look(folder))
    for number in range(5):
        with atomic_file(tmp_path / str(number)):
            pass
    assert len(looks) == 1

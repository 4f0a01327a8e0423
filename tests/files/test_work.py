"""Folders of unfinished work."""

from __future__ import annotations

import pytest

from gloctm.errors import InputError
from gloctm.files.work import KINDS, unfinished, work_folder, working_in


def test_a_folder_of_work_is_next_to_its_target(tmp_path):
    assert work_folder(tmp_path / "corpus", "building") == tmp_path / ".corpus.building"


def test_work_that_ends_well_leaves_nothing(tmp_path):
    with working_in(tmp_path / "work") as folder:
        (folder / "part").write_text("done")
    assert list(tmp_path.iterdir()) == []


def failing_work(folder, error, *, part):
    with working_in(folder):
        (folder / "empty").mkdir()
        if part:
            (folder / "part").write_text("done")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_was_done_before_an_error_stays(tmp_path, error):
    with pytest.raises(error):
        failing_work(tmp_path / "work", error, part=True)
    with working_in(tmp_path / "work") as folder:
        assert (folder / "part").read_text() == "done"


def test_an_error_before_anything_was_done_leaves_nothing(tmp_path):
    with pytest.raises(KeyError):
        failing_work(tmp_path / "work", KeyError, part=False)
    assert list(tmp_path.iterdir()) == []


def test_one_process_at_a_time_works_in_a_folder(tmp_path):
    with working_in(tmp_path / "work") as folder:
        with pytest.raises(InputError, match=r"work is in use\): wait until it is done"), working_in(folder):
            pass
        (folder / "part").write_text("whose lock is held still")
        with pytest.raises(InputError, match="another process is writing here"), working_in(folder):
            pass
    with working_in(tmp_path / "work"):
        pass


@pytest.mark.parametrize("what", KINDS)
def test_readers_are_told_of_work_that_waits_or_goes_on(tmp_path, what):
    target = tmp_path / "corpus"
    folder = work_folder(target, what)
    assert unfinished(target) is None
    with working_in(folder):
        assert unfinished(target) == f"{target} is still being built: wait until it is done"
    with pytest.raises(KeyError):
        failing_work(folder, KeyError, part=True)
    waiting = f"{target} is not finished: run the command again that builds it, which goes on"
    assert unfinished(target) == waiting
    (folder / "in-use").unlink()
    assert unfinished(target) == waiting
    target.mkdir()
    assert unfinished(target) is None

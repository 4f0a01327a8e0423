"""Files and folders are written whole or not at all, and what is read back is checked."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tracemalloc
from importlib.metadata import version
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import TypedDict

from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import (
    FolderFormat,
    atomic_file,
    atomic_folder,
    atomic_path,
    check_file_target,
    check_folder_target,
    read_json,
    write_array,
    write_json,
)
from gloctm.files.digests import file_sha256, has_changed, with_own_sha256
from gloctm.files.locks import this_machine
from gloctm.files.manifest import check_manifest, file_sizes, list_files, open_folder, write_manifest
from gloctm.files.plain import MOST_JSON, open_plain

MARK = "mark.json"
THING = FolderFormat(kind="thing", manifest=MARK, name="gloctm-thing", newest=2)
FOREIGN = "it holds files other than a thing's; name a new folder"


class Failure(BaseException):
    """Anything that ends the writing: an error, or an interrupt."""


@contextlib.contextmanager
def interrupted_after(number):
    """Interrupt the block after so many calls of built-in functions; yield whether that was so.

    A signal's handler runs after such a call, too.
    """
    calls = count(1)
    came = []

    def profile(_frame, event, _function):
        if event == "c_return" and next(calls) == number:
            came.append(True)
            raise Failure

    try:
        with contextlib.suppress(Failure):
            sys.setprofile(profile)
            yield came
    finally:
        sys.setprofile(None)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def whole(files):
    """The files together with the manifest that lists them."""
    sizes = {name: len(content) for name, content in files.items()}
    return {**files, MARK: json.dumps({"format": THING.name, "format_version": 1, "files": sizes})}


def fill(path, files, *, fail=False):
    with atomic_folder(path, replaces=THING) as folder:
        for name, content in whole(files).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(content)
        if fail:
            raise Failure


def outcome(read):
    """What reading gives: its result, or what it is refused with."""
    try:
        return read()
    except FileFormatError as error:
        return str(error)


# One file


def test_a_file_appears_when_it_is_whole(tmp_path):
    with atomic_file(tmp_path / "a.txt") as stream:
        stream.write("ä\n")
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa4\n"
    with atomic_file(str(tmp_path / "a.txt"), "wb") as stream:
        stream.write(b"\0\r\n")
        assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa4\n"
    assert (tmp_path / "a.txt").read_bytes() == b"\0\r\n"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.fixture(scope="module")
def _no_disk():
    """What a process sees of files does not depend on whether they have reached the disk."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("os.fsync", lambda _: None)
        yield


@pytest.mark.usefixtures("_no_disk")
@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"), max_size=5), st.booleans()), max_size=6))
def test_a_file_is_always_the_last_whole_one(tmp_path_factory, writings):
    folder = tmp_path_factory.mktemp("file")
    path, last = folder / "a.txt", None
    for content, fail in writings:
        try:
            with atomic_file(path) as stream:
                stream.write(content)
                if fail:
                    raise Failure
            last = content
        except Failure:
            pass
        assert os.listdir(folder) == ([] if last is None else ["a.txt"])
        if last is not None:
            assert path.read_bytes() == last.encode()


def test_what_is_written_is_as_readable_as_any_file(tmp_path):
    before = os.umask(0o027)
    try:
        with atomic_file(tmp_path / "file"):
            pass
        fill(tmp_path / "folder", {"below/a": ""})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640
    for name, mode in (
        ("folder", 0o750),
        ("folder/below", 0o750),
        ("folder/below/a", 0o640),
        (f"folder/{MARK}", 0o640),
    ):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode, name


def test_places_where_no_file_can_be(tmp_path):
    with pytest.raises(InputError, match="absent does not exist"), atomic_file(tmp_path / "absent" / "a.txt"):
        pass
    with pytest.raises(InputError, match="a folder of that name exists"), atomic_file(tmp_path):
        pass
    with pytest.raises(InputError, match="absent does not exist"), atomic_path(tmp_path / "absent" / "a.txt"):
        pass
    with pytest.raises(InputError, match="a folder of that name exists"), atomic_path(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


def test_an_error_in_writing_names_the_file(tmp_path):
    with pytest.raises(OSError, match="No space") as raised, atomic_file(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert raised.value.filename == str(tmp_path / "a.txt")
    with pytest.raises(OSError, match="No space") as raised, atomic_folder(tmp_path / "a", replaces=THING):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "the culprit itself")
    assert raised.value.filename == "the culprit itself"
    assert os.listdir(tmp_path) == []


# Temporary names


def test_temporary_names_are_hidden_and_of_their_own(tmp_path):
    with atomic_file(tmp_path / "a.txt") as first, atomic_file(tmp_path / "a.txt") as second:
        first.write("first")
        second.write("second")
        names = os.listdir(tmp_path)
        assert len(set(names)) == 2
        assert all(re.fullmatch(r"\.a\.txt\.[0-9a-f]{16}\.partial", name) for name in names)
    # The one that was finished last.
    assert contents(tmp_path) == {"a.txt": "first"}
    with atomic_folder(tmp_path / "b", replaces=THING) as folder:
        assert folder.parent.parent == tmp_path
        assert re.fullmatch(r"\.b\.[0-9a-f]{16}\.partial", folder.parent.name)


def test_what_others_call_partial_or_old_is_left_alone(tmp_path):
    for name in ("a.partial", "a.old", ".a.partial", ".a.old"):
        (tmp_path / name).write_text("mine")
    for content in ("1", "2"):
        fill(tmp_path / "a", {"b": content})
    with atomic_file(tmp_path / "c"):
        pass
    assert sorted(os.listdir(tmp_path)) == [".a.old", ".a.partial", "a", "a.old", "a.partial", "c"]


def test_a_temporary_name_that_is_taken_after_all(tmp_path, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda _: "taken")
    taken = f".a.{this_machine()}taken.partial"
    (tmp_path / taken).write_text("mine")
    with pytest.raises(FileExistsError), atomic_file(tmp_path / "a"):
        pass
    with pytest.raises(FileExistsError):
        fill(tmp_path / "a", {"b": "1"})
    assert contents(tmp_path) == {taken: "mine"}


# A folder


def test_a_folder_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "new" / "folder"
    with atomic_folder(target, replaces=THING) as folder:
        (folder / MARK).write_text("1")
        assert not target.exists()
    assert contents(tmp_path) == {f"new/folder/{MARK}": "1"}
    assert os.listdir(target.parent) == ["folder"]


@pytest.mark.usefixtures("_no_disk")
@given(
    st.lists(st.tuples(st.dictionaries(st.sampled_from("abc"), st.text("xyz", max_size=3)), st.booleans()), max_size=5)
)
def test_a_folder_is_always_the_last_whole_one(tmp_path_factory, writings):
    parent = tmp_path_factory.mktemp("folder")
    last = None
    for files, fail in writings:
        try:
            fill(parent / "folder", files, fail=fail)
            last = files
        except Failure:
            pass
        assert os.listdir(parent) == ([] if last is None else ["folder"])
        assert contents(parent / "folder") == ({} if last is None else whole(last))


def test_an_empty_folder_is_replaced_and_a_foreign_one_refused(tmp_path):
    target = tmp_path / "folder"
    target.mkdir()
    fill(target, {"a": "1", "below/b": "2"})
    assert contents(target) == whole({"a": "1", "below/b": "2"})
    fill(target, {"c": "3"})
    assert contents(target) == whole({"c": "3"})
    foreign = tmp_path / "foreign"
    for path in (foreign / "thesis.txt", foreign / "below" / MARK):
        path.parent.mkdir(exist_ok=True)
        path.write_text("years of work")
        refuses(foreign)


def refuses(target):
    """Neither the check nor the writing takes the folder for its own, and it stays as it was."""
    before = contents(target)
    with pytest.raises(InputError, match=FOREIGN) as raised:
        check_folder_target(target, replaces=THING)
    assert str(target) in str(raised.value)
    with pytest.raises(InputError, match=FOREIGN):
        fill(target, {"a": "1"})
    assert contents(target) == before
    assert not any(path.name.startswith(f".{target.name}") for path in target.parent.iterdir())


@pytest.mark.parametrize(
    "manifest",
    [
        '{"tfjs": 1}',
        '{"format": "gloctm-thing"}',
        '{"format": "gloctm-thing", "files": null}',
        '{"format": "gloctm-thing", "files": [["a"]]}',
        '{"format": "gloctm-other", "files": {"a": 1}}',
        '{"files": {"a": 1}}',
        '["format", "files"]',
        '"format files"',
        "3",
        "null",
        "",
        '{"format": "gloctm-thing", "files": {"a": 1}',
        "[" * 100_000,
        b"\xff",
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_manifest_that_is_not_ours_gives_no_right_to_replace(tmp_path, manifest):
    target = tmp_path / "folder"
    target.mkdir()
    (target / "a").write_text("1")
    (target / MARK).write_bytes(manifest if isinstance(manifest, bytes) else manifest.encode())
    with pytest.raises(InputError, match=FOREIGN):
        check_folder_target(target, replaces=THING)
    with pytest.raises(InputError, match=FOREIGN):
        fill(target, {"a": "new"})
    assert (target / "a").read_text() == "1"
    assert sorted(os.listdir(target)) == ["a", MARK]


@pytest.mark.parametrize("added", ["notes.txt", ".git/config", "below/thesis.txt", "below/deep/thesis.txt", "A"])
def test_our_own_folder_with_anything_added_is_not_replaced(tmp_path, added):
    target = tmp_path / "folder"
    fill(target, {"a": "1", "below/b": "2"})
    (target / added).parent.mkdir(parents=True, exist_ok=True)
    (target / added).write_text("years of work")
    refuses(target)
    (target / added).unlink()
    fill(target, {"a": "new"})
    assert contents(target) == whole({"a": "new"})


@pytest.mark.parametrize("kind", ["file", "folder", "nothing"])
def test_our_own_folder_with_a_link_added_is_not_replaced(tmp_path, kind):
    target = tmp_path / "folder"
    fill(target, {"a": "1"})
    (tmp_path / "folder of others").mkdir()
    (tmp_path / "folder of others" / "file").write_text("years of work")
    others = {"file": "folder of others/file", "folder": "folder of others", "nothing": "absent"}
    (target / "link").symlink_to(tmp_path / others[kind])
    refuses(target)
    assert (target / "link").is_symlink()


def test_our_own_folder_that_lost_a_file_is_replaced(tmp_path):
    fill(tmp_path / "folder", {"a": "1", "b": "2"})
    (tmp_path / "folder" / "a").unlink()
    fill(tmp_path / "folder", {"c": "3"})
    assert contents(tmp_path / "folder") == whole({"c": "3"})


def test_a_folder_that_bears_the_name_of_the_mark_is_foreign(tmp_path):
    (tmp_path / "folder" / MARK).mkdir(parents=True)
    with pytest.raises(InputError, match=FOREIGN):
        check_folder_target(tmp_path / "folder", replaces=THING)


def test_places_where_no_folder_can_be(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("content")
    with pytest.raises(InputError, match="a file of that name exists"):
        check_folder_target(tmp_path / "file", replaces=THING)
    with pytest.raises(InputError, match="file is a file"):
        check_folder_target(tmp_path / "file" / "folder", replaces=THING)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in (".", "../here", tmp_path / "here"):
        with pytest.raises(InputError, match="the folder you are in"):
            check_folder_target(name, replaces=THING)
    check_folder_target("below", replaces=THING)
    check_folder_target(tmp_path / "absent" / "folder", replaces=THING)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_must_not_be_written_to(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="no permission to write"):
        check_folder_target(tmp_path / "a" / "b", replaces=THING)


@pytest.mark.parametrize("steps", [1, 2])
def test_a_folder_that_a_link_leads_to_is_replaced_there(tmp_path, steps):
    (tmp_path / "disk").mkdir()
    fill(tmp_path / "disk" / "first", {"a": "first"})
    link = tmp_path / "link"
    link.symlink_to("again" if steps == 2 else "disk/first")
    (tmp_path / "again").symlink_to("disk/first")
    with atomic_folder(link, replaces=THING) as folder:
        # On the disk that it goes to.
        assert folder.parent.parent == tmp_path / "disk"
        for name, content in whole({"a": "second"}).items():
            (folder / name).write_text(content)
    assert link.is_symlink()
    assert contents(tmp_path / "disk" / "first") == contents(link) == whole({"a": "second"})
    assert os.listdir(tmp_path / "disk") == ["first"]


def test_a_file_that_a_link_leads_to_is_replaced_there(tmp_path):
    (tmp_path / "disk").mkdir()
    link, file = tmp_path / "link", tmp_path / "disk" / "file"
    link.symlink_to("disk/file")
    for content in ("first", "second"):
        with atomic_file(link) as stream:
            stream.write(content)
        assert (file.read_text(), file.is_symlink(), link.is_symlink()) == (content, False, True)
    assert os.listdir(tmp_path / "disk") == ["file"]
    link.unlink()
    link.symlink_to("nowhere/file")
    with pytest.raises(InputError, match="nowhere does not exist"), atomic_file(link):
        pass


@pytest.mark.parametrize("path", ["pipe", "link"])
def test_devices_and_pipes_are_not_replaced(tmp_path, path):
    # No test writes to a device: should it fail, the machine would lack one.
    with pytest.raises(InputError, match="it is a device or a pipe"):
        check_file_target("/dev/null")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for writing in (atomic_file, atomic_path):
        with pytest.raises(InputError, match="it is a device or a pipe"), writing(tmp_path / path):
            pass
        assert not (tmp_path / path).is_file()


def test_a_link_to_itself_is_not_replaced(tmp_path):
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(InputError, match="it is a link to itself; delete it"), atomic_file(tmp_path / "link"):
        pass
    assert (tmp_path / "link").is_symlink()


# JSON and arrays

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Lone surrogates included, which Python's strings can hold and UTF-8 can't.
    | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def without_pairs(content):
    """Two lone surrogates side by side are one character to JSON, as they are to UTF-16."""
    return json.loads(json.dumps(content))


@given(JSON)
def test_json_comes_back(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json(path, content)
    assert read_json(path) == without_pairs(content)
    assert path.read_bytes().decode("utf-8").endswith("\n")


def test_json_is_readable_text(tmp_path):
    write_json(tmp_path / "a.json", {"词": ["ü", "\ud800"]})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "词": [\n    "ü",\n    "\\ud800"\n  ]\n}\n'


def test_numbers_of_numpy_are_numbers(tmp_path):
    write_json(tmp_path / "a.json", [np.int64(3), np.float32(0.5), np.float64(0.25), np.uint8(1)])
    assert read_json(tmp_path / "a.json") == [3, 0.5, 0.25, 1]
    with pytest.raises(TypeError, match="set is nothing that JSON can hold"):
        write_json(tmp_path / "a.json", {1, 2})


@given(st.binary(max_size=20))
def test_bytes_that_are_no_json(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_bytes(b"{" + content)
    message = outcome(lambda: isinstance(read_json(path), dict))
    assert message is True or message.startswith(f"{path} is damaged: not valid JSON")


@pytest.mark.parametrize("content", ["", '{"a": ', "[" * 100_000, "1" * 10_000], ids=["empty", "cut", "deep", "long"])
def test_json_that_python_cannot_read(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(FileFormatError, match="is damaged"):
        read_json(tmp_path / "a.json")
    with pytest.raises(FileFormatError, match=r"is incomplete: b\.json is missing"):
        read_json(tmp_path / "b.json")


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype="f4").reshape(3, 4),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(20)[::3],
        np.empty((0, 5), "f4"),
        np.float32(3),
    ],
    ids=["float32", "Fortran order", "strided", "empty", "scalar"],
)
def test_arrays_come_back(tmp_path, array):
    write_array(tmp_path / "a.npy", array)
    loaded = np.load(tmp_path / "a.npy", allow_pickle=False)
    assert loaded.dtype == array.dtype
    np.testing.assert_array_equal(loaded, np.atleast_1d(array))


def test_the_last_bytes_of_an_array_are_not_lost_silently(tmp_path):
    script = """
import errno, resource, sys
from pathlib import Path
import numpy as np
from gloctm.files.atomic import write_array
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
try:
    write_array(Path("a.npy"), np.ones(100))
except OSError as error:
    sys.exit(error.errno != errno.EFBIG)
sys.exit("nothing was raised")
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stderr


# The manifest


def check(folder):
    return check_manifest(folder, THING)


def make_thing(folder, **changes):
    (folder / "below").mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"12345")
    (folder / "below" / "b.bin").write_bytes(b"")
    manifest = {"format": "gloctm-thing", "format_version": 1, "files": file_sizes(folder), **changes}
    write_json(folder / MARK, {name: value for name, value in manifest.items() if value is not ...})
    return folder


class Counted(TypedDict):
    """What the manifest of a thing with a count holds."""

    count: int


@pytest.mark.parametrize(
    ("written_by", "message"),
    [
        (
            "99.0",
            r"thing was written by a newer gloctm \(99\.0, this is [0-9.]+\), and can't be read .*: update gloctm",
        ),
        ("99.0.dev1+local", "newer gloctm"),
        (version("gloctm"), r"mark\.json is damaged: count should be a valid integer"),
        ("0.0.1", "is damaged"),
        ("later", "is damaged"),
        (99, "is damaged: gloctm_version should be a valid string"),
        (..., "is damaged"),
    ],
)
def test_what_a_newer_version_wrote_otherwise_is_not_called_damaged(tmp_path, written_by, message):
    counted = dataclasses.replace(THING, schema=lambda _: Counted)
    folder = make_thing(tmp_path / "thing", count="many", gloctm_version=written_by)
    with pytest.raises(FileFormatError, match=message):
        check_manifest(folder, counted)


def test_a_manifest_states_the_version_that_wrote_it(tmp_path):
    write_manifest(tmp_path / MARK, {"format": "gloctm-thing", "format_version": 1, "files": {}})
    assert check(tmp_path)["gloctm_version"] == version("gloctm")


def test_file_sizes_are_by_posix_path(tmp_path):
    make_thing(tmp_path / "thing")
    (tmp_path / "thing" / MARK).unlink()
    assert file_sizes(tmp_path / "thing") == {"a.bin": 5, "below/b.bin": 0}


@pytest.mark.parametrize("version", [1, 2])
def test_a_whole_folder_is_accepted(tmp_path, version):
    folder = make_thing(tmp_path / "thing", format_version=version, more=[1])
    assert check(folder)["more"] == [1]
    # Files that nobody asked for do no harm.
    (folder / "notes.txt").write_text("mine")
    assert check(folder)["files"] == {"a.bin": 5, "below/b.bin": 0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "gloctm-other"}, r"is not a gloctm thing: its mark\.json is of another kind"),
        ({"format": ...}, "is not a gloctm thing"),
        ({"format_version": 3}, r"written by a newer gloctm \(format 3, this one reads up to 2\): update gloctm"),
        ({"format_version": 10**30}, "written by a newer gloctm"),
        ({"format_version": 0}, "states no format version"),
        ({"format_version": -1}, "states no format version"),
        ({"format_version": True}, "states no format version"),
        ({"format_version": 1.0}, "states no format version"),
        ({"format_version": ...}, "states no format version"),
        ({"files": ...}, "lists no files"),
        ({"files": ["a.bin"]}, "lists no files"),
        ({"files": {"c.bin": 1}}, r"incomplete: c\.bin is missing; copy or make the thing again"),
        ({"files": {"below": 1}}, "below is a folder, not a plain file"),
        ({"files": {"": 1}}, "incomplete: .*is missing"),
        ({"files": {"a.bin": 4}}, r"a\.bin has 5 bytes instead of 4; copy or make the thing again"),
        ({"files": {"a.bin": None}}, r"mark\.json is damaged: files\.a\.bin should be a valid integer; copy or make"),
        ({"files": {"a.bin": True}}, r"files\.a\.bin should be a valid integer"),
        ({"files": {"a.bin": -5}}, r"files\.a\.bin should be greater than or equal to 0"),
        ({"files": {"../thing/../secret": 1}}, "names '../thing/../secret', outside the folder"),
        ({"files": {"/etc/hostname": 1}}, "names '/etc/hostname', outside the folder"),
        ({"files": {"a\0": 1}}, "a\0 is missing"),
        ({"files": {"\ud800": 1}}, "\ud800 is missing"),
        ({"files": {"a" * 5000: 1}}, "a is missing"),
    ],
    ids=lambda value: f"{value:.40}" if isinstance(value, str) else "",
)
def test_a_folder_that_is_not_whole(tmp_path, changes, message):
    (tmp_path / "secret").write_text("1")
    with pytest.raises(FileFormatError, match=message) as raised:
        check(make_thing(tmp_path / "thing", **changes))
    assert str(tmp_path / "thing") in str(raised.value)


def test_only_plain_files_are_read(tmp_path):
    folder = make_thing(tmp_path / "thing")
    (tmp_path / "secret").write_text("12345")

    def pipe():
        os.mkfifo(folder / "a.bin")

    def socket_():
        with contextlib.chdir(folder), socket.socket(socket.AF_UNIX) as made:
            made.bind("a.bin")

    for kind, make in {
        "a link": lambda: (folder / "a.bin").symlink_to(tmp_path / "secret"),
        "a link, not": lambda: (folder / "a.bin").symlink_to("/dev/zero"),
        "a link, not a": lambda: (folder / "a.bin").symlink_to("a.bin"),
        "a pipe": pipe,
        "a socket": socket_,
        "a folder": (folder / "a.bin").mkdir,
    }.items():
        if (folder / "a.bin").is_dir():
            (folder / "a.bin").rmdir()
        else:
            (folder / "a.bin").unlink()
        make()
        with pytest.raises(FileFormatError, match=rf"thing/a\.bin is {kind}"):
            check(folder)
        with pytest.raises(FileFormatError, match=rf"thing/a\.bin is {kind}"):
            open_plain(folder / "a.bin")


def test_a_folder_below_that_lies_elsewhere_is_not_read(tmp_path):
    folder = make_thing(tmp_path / "thing")
    (folder / "below").rename(tmp_path / "elsewhere")
    (folder / "below").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileFormatError, match=r"names 'below/b\.bin', outside the folder"):
        check(folder)
    # The folder itself may be reached through a link.
    (folder / "below").unlink()
    (tmp_path / "elsewhere").rename(folder / "below")
    (tmp_path / "current").symlink_to("thing")
    assert check(tmp_path / "current")["files"] == {"a.bin": 5, "below/b.bin": 0}


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)], ids=["pipe", "device"])
def test_a_manifest_that_never_ends_is_not_read(tmp_path, make):
    folder = make_thing(tmp_path / "thing")
    (folder / MARK).unlink()
    make(folder / MARK)
    with pytest.raises(FileFormatError, match=r"mark\.json is a (pipe|link), not a plain file"):
        check(folder)


def test_a_manifest_of_gigabytes_is_not_read(tmp_path, monkeypatch):
    folder = make_thing(tmp_path / "thing")
    with (folder / MARK).open("ab") as stream:
        stream.truncate(MOST_JSON + 1)
    with pytest.raises(FileFormatError, match=r"mark\.json is damaged: it has more than 67,108,864 bytes"):
        check(folder)


def make_signed(folder):
    make_thing(folder)
    (folder / MARK).unlink()
    content = {"format": "gloctm-thing", "format_version": 1, "facts": [1, np.float32(0.1)], 3: "three"}
    write_manifest(folder / MARK, {**content, **list_files(folder)})
    return folder


def test_a_manifest_has_the_digests_of_all_files_and_its_own(tmp_path):
    folder = make_signed(tmp_path / "thing")
    saved = open_folder(folder, THING, verify=True)
    assert saved.manifest["sha256"]["a.bin"] == file_sha256(folder / "a.bin")
    assert list(saved.damage()) == saved.without_digest() == saved.unlisted() == []
    with saved.open("a.bin") as stream:
        assert stream.read() == b"12345"
    with pytest.raises(FileFormatError, match=r"c\.bin is missing"):
        saved.open("c.bin")


def test_every_bit_of_a_manifest_counts(tmp_path):
    folder = make_signed(tmp_path / "thing")
    content = (folder / MARK).read_bytes()
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1
        (folder / MARK).write_bytes(damaged)
        try:
            found = check(folder)
        except FileFormatError:
            continue
        # White space between values, or the name of the digest itself, so that none is stated: nothing else changed.
        kept = ("format", "facts", "3", "files", "sha256")
        assert [found[name] for name in kept] == [json.loads(content)[name] for name in kept]


def test_files_are_hashed_once_while_they_stay_the_same(tmp_path, monkeypatch):
    folder = make_signed(tmp_path / "thing")
    saved = open_folder(folder, THING)
    saved.open("a.bin").close()
    hashed = []
    original = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *given: hashed.append(given[0].name) or original(*given))
    saved.open("a.bin").close()
    open_folder(folder, THING).open("a.bin").close()
    assert hashed == []
    # Asked for all, all are.
    open_folder(folder, THING, verify=True)
    assert len(hashed) == 2
    # Other bytes at the same size and time.
    status = (folder / "a.bin").stat()
    (folder / "a.bin").write_bytes(b"12346")
    os.utime(folder / "a.bin", ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(FileFormatError, match=r"a\.bin is damaged \(its SHA-256 differs\)"):
        saved.open("a.bin")
    with pytest.raises(FileFormatError, match=r"a\.bin is damaged"):
        open_folder(folder, THING, verify=True)
    # Whoever wants none checks none.
    open_folder(folder, THING, verify=False).open("a.bin").close()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=9,
    )
)
def test_what_is_written_is_what_is_hashed(content):
    whole = {"content": content, "number": np.float32(0.1).item()}
    found = json.loads(json.dumps(with_own_sha256(whole)))
    assert not has_changed(found)
    assert has_changed({**found, "more": 1})
    assert not has_changed(whole)


def test_what_is_no_folder_with_a_manifest(tmp_path):
    with pytest.raises(FileFormatError, match="does not exist: give the folder of a saved thing"):
        check(tmp_path / "absent")
    with pytest.raises(FileFormatError, match=r"is not a gloctm thing: it has no mark\.json"):
        check(tmp_path)
    for kind, name in (("model", "model.json"), ("corpus", "corpus.json")):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / name).write_text("{}")
        with pytest.raises(FileFormatError, match=f"is not a gloctm thing: it is a {kind}"):
            check(tmp_path / kind)
    (tmp_path / MARK).write_text("{")
    with pytest.raises(FileFormatError, match="is a file: give the folder"):
        check(tmp_path / MARK)
    with pytest.raises(FileFormatError, match="is damaged: not valid JSON"):
        check(tmp_path)


@given(JSON | st.fixed_dictionaries({"format": st.just("gloctm-thing"), "format_version": JSON, "files": JSON}))
def test_any_manifest_is_accepted_or_refused_in_a_sentence(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("thing")
    write_json(folder / MARK, content)
    message = outcome(lambda: check(folder)["files"] == {})
    assert message is True or str(folder) in message


def test_a_manifest_of_gigabytes_is_not_read_to_see_whether_its_folder_may_be_replaced(tmp_path):
    fill(tmp_path / "thing", {"a.txt": "a"})
    with (tmp_path / "thing" / MARK).open("ab") as stream:
        stream.truncate(2**40)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=FOREIGN):
            check_folder_target(tmp_path / "thing", replaces=THING)
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("_no_disk")
def test_an_interrupt_at_any_moment_leaves_nothing_next_to_a_file(tmp_path):
    target = tmp_path / "theta.csv"
    # What is remembered of a folder is not looked up again, which would change the count of calls.
    with atomic_file(target):
        pass
    for calls in count(1):
        target.write_text("old")
        with interrupted_after(calls) as came, atomic_file(target) as stream:
            stream.write("new")
        assert [path.name for path in tmp_path.iterdir()] == [target.name]
        if not came:
            break
        assert target.read_text() in ("old", "new")
    assert target.read_text() == "new"
    assert calls > 30


@pytest.mark.usefixtures("_no_disk")
def test_an_interrupt_at_any_moment_leaves_nothing_next_to_a_folder_that_it_did_not_finish(tmp_path):
    target = tmp_path / "thing"
    fill(target, {"a": "old"})
    shutil.rmtree(target)
    for calls in count(1):
        with interrupted_after(calls) as came:
            fill(target, {"a": "new"})
        if not came:
            break
        # Where it came while tidying up, the next one does that.
        if target.exists():
            fill(target, {"a": "new"})
            shutil.rmtree(target)
        assert not list(tmp_path.iterdir())
    assert contents(tmp_path) == {f"thing/{name}": text for name, text in whole({"a": "new"}).items()}
    assert calls > 30

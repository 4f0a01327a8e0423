"""``gloctm verify``: what is as it was written, what is not, and what nobody can tell."""

from __future__ import annotations

import json
import os

import pytest

from command_line import assert_refuses, change_manifest, run_here, succeeded
from gloctm import Corpus, GloCTM
from gloctm.errors import MissingDependencyError
from gloctm.export import tables


def test_folders_that_are_as_they_were_written(tmp_path, broken_model, broken_corpus):
    sharded = Corpus.load(broken_corpus).save(tmp_path / "sharded", sharded=True)
    exported = tables(GloCTM.load(broken_model), tmp_path / "tables", file_format="csv")
    result = succeeded(run_here("verify", broken_model, broken_corpus, sharded, exported))
    lines = result.stdout.splitlines()
    sizes = json.loads((broken_model / "model.json").read_text())["files"].values()
    assert lines[0] == f"{broken_model}: model, 4 files, {sum(sizes):,} bytes: all as written"
    kinds = ("model", "corpus", "corpus", "table export")
    for line, kind in zip(lines, kinds, strict=True):
        assert f": {kind}, " in line
        assert line.endswith(": all as written")


@pytest.mark.parametrize("name", ["vocabulary.json", "weights.safetensors", "model.json"])
def test_a_model_that_is_not(tmp_path, broken_model, name):
    content = (broken_model / name).read_bytes()
    (broken_model / name).write_bytes(content.replace(content[80:83], content[80:82] + b"~", 1))
    assert_refuses(tmp_path, ("verify", broken_model), str(broken_model / name), "is damaged", "copy or make the model")


def test_all_damage_of_all_folders_is_named(tmp_path, broken_model, broken_corpus):
    path = broken_corpus / "en" / "vocabulary.json"
    path.write_bytes(path.read_bytes().replace(b"-0", b"-9", 1))
    (broken_corpus / "de" / "vocabulary.json").unlink()
    sound = GloCTM.load(broken_model).save(tmp_path / "sound")
    (broken_model / "weights.safetensors").write_bytes(b"")
    (broken_model / "vocabulary.json").unlink()
    result = run_here("verify", broken_corpus, sound, broken_model, tmp_path / "none")
    assert result.returncode == 2
    *lines, none = result.stdout.splitlines()
    # In the order of the folders, each as soon as it has been looked at.
    assert lines.pop(2).startswith(f"{sound}: model, ")
    named = [line.split(" is ")[0].split(": ")[0] for line in lines]
    assert sorted(named[:2]) == sorted([str(broken_corpus), str(path)])
    assert named[2:] == [str(broken_model), str(broken_model)]
    assert "de/vocabulary.json is missing" in result.stdout
    assert "weights.safetensors has 0 bytes instead of" in result.stdout
    assert "none does not exist: give a folder that gloctm saved, with one of model.json, corpus.json" in none
    one = run_here("verify", broken_corpus, sound)
    assert f"{broken_corpus} is not as written, 2 faults in all: see above" in one.stderr
    assert "3 of 4 folders are not as written, 5 faults in all: see above" in result.stderr


def test_what_nobody_can_tell(broken_model):
    change_manifest(broken_model, "model.json", sha256=..., own_sha256=...)
    (broken_model / "notes.txt").write_text("mine")
    result = succeeded(run_here("verify", broken_model))
    first, second = result.stdout.splitlines()
    assert "as long as written, but model.json has no SHA-256 of all of them, as an older gloctm wrote it" in first
    assert second == "not checked, since model.json does not list it: notes.txt"


def test_a_folder_of_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for name, reason in (("empty", "has no manifest"), ("none", "does not exist"), ("file", "is a file")):
        assert_refuses(tmp_path, ("verify", tmp_path / name), f"{name} {reason}: give a folder that gloctm saved")


def test_names_of_others_are_text_on_one_line(broken_model):
    sound = f"{broken_model}: model, 4 files, 1 bytes: all as written"
    names = [f"{number}\n{sound}\x1b[2K" for number in range(100)]
    change_manifest(broken_model, "model.json", files=dict.fromkeys(names, 1))
    result = run_here("verify", broken_model)
    assert result.returncode == 2
    lines = result.stdout.splitlines()
    assert sound not in lines
    assert "\x1b" not in result.stdout
    assert len(lines) == 21
    assert lines[0].startswith(f"{broken_model} is incomplete: 0 {sound}\\x1b[2K is missing; ")
    assert lines[-1] == f"{broken_model} has 80 more faults"
    assert f"{broken_model} is not as written, 100 faults in all: see above" in result.stderr


def test_names_that_the_manifest_does_not_list_are_so_too(broken_model):
    for number in range(7):
        (broken_model / f"{number}\nall as written\x1b[2K").touch()
    _, line = succeeded(run_here("verify", broken_model)).stdout.splitlines()
    shown = ", ".join(f"{number} all as written\\x1b[2K" for number in range(5))
    assert line == f"not checked, since model.json does not list them: {shown} and 2 more"


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), MissingDependencyError("install it")])
def test_a_folder_that_can_not_be_read_hides_nothing_of_others(
    tmp_path, broken_model, broken_corpus, monkeypatch, error
):
    sound = GloCTM.load(broken_model).save(tmp_path / "sound")
    (broken_model / "weights.safetensors").write_bytes(b"")
    monkeypatch.setattr("gloctm.shards.open_corpus", raising(error))
    result = run_here("verify", broken_model, broken_corpus, sound)
    assert result.returncode == 2
    damaged, unread, whole = result.stdout.splitlines()
    assert "weights.safetensors has 0 bytes" in damaged
    assert unread.lower().startswith(("permission denied", "install it"))
    assert whole.endswith("all as written")
    said = "2 of 3 folders are not as written, or can't be checked, 2 faults in all: see above"
    assert said in result.stderr
    assert_refuses(tmp_path, ("verify", broken_corpus), unread)


def test_a_file_that_can_not_be_read_hides_nothing_of_others(broken_model, monkeypatch):
    opened = os.open

    def refusing(path, *settings):
        if str(path).endswith("vocabulary.json"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *settings)

    weights = broken_model / "weights.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    monkeypatch.setattr(os, "open", refusing)
    result = run_here("verify", broken_model)
    assert result.returncode == 2
    assert f"{broken_model / 'vocabulary.json'} can't be read (Permission denied): check it" in result.stdout
    assert f"{weights} is damaged" in result.stdout


def raising(error):
    def work(*_):
        raise error

    return work

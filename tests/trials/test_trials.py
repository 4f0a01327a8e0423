"""The trials notice what they are made to notice, go on where they were stopped, and a sample of them is sound."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from paths import ROOT

# A kind whose trials do by number what must not happen.
PROBE = """
import os, sys
from pathlib import Path
from unittest import mock
from gloctm.errors import InputError
from trials import command
from trials.forking import Limits
from trials.frame import Kind

def forever():
    while True:
        pass

def raising(error):
    raise error

DEEDS = [
    lambda: 5,
    lambda: raising(KeyError("no sentence")),
    forever,
    lambda: len(bytearray(2**30)),
    lambda: os.kill(os.getpid(), 11),
    lambda: raising(InputError("a sentence")),
    lambda: raising(FileNotFoundError(2, "a sentence", "file")),
    lambda: sys.exit(2),
    lambda: Path("left").write_text(os.environ["GLOCTM_CACHE"]),
]

def run(trial):
    trial.part = str(trial.number)
    trial.facts["kills"] = 2
    ended = trial.process(DEEDS[trial.number])
    trial.facts["how"] = ended.how
    if (trial.folder / "left").exists():
        trial.fault("leftover", "a file")

kind = Kind("probe", "probing", {"sample": len(DEEDS)}, lambda folder: (folder / "input").touch(), run,
            Limits(seconds=0.5, megabytes=512), ())
with mock.patch.object(command, "known_kinds", lambda: {"probe": kind}):
    command.main()
"""
FAULTS = {1: "unexpected", 2: "hang", 3: "memory", 4: "unexpected", 8: "leftover"}
HOW = ["returned", "raised", "hang", "raised", "signal", "raised", "raised", "exited", "returned"]


def probe(folder, *arguments):
    command = [sys.executable, "-c", PROBE, "--folder", str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)


def lines_of(folder):
    lines = (folder / "probe-0" / "trials.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_what_must_not_happen_is_counted_kept_and_can_be_repeated(tmp_path):
    # Stopped in the middle of a line.
    assert probe(tmp_path, "--count=2").returncode == 1
    with (tmp_path / "probe-0" / "trials.jsonl").open("ab") as stream:
        stream.write(b'{"number": 2, "part"')
    done = probe(tmp_path)
    assert done.returncode == 1
    run, *trials = lines_of(tmp_path)
    assert (run["kind"], run["seed"]) == ("probe", 0)
    assert run["versions"].keys() >= {"python", "gloctm", "numpy"}
    assert [each["number"] for each in trials] == list(range(9))
    assert {each["number"]: each["faults"][0][0] for each in trials if each["faults"]} == FAULTS
    assert [each["how"] for each in trials] == HOW
    assert "probe 2: 1 trials, 2 kills, 1 hangs" in done.stdout
    assert "probe 5: 1 trials, 2 kills, nothing amiss" in done.stdout
    assert sorted(path.name for path in (tmp_path / "probe-0" / "kept").iterdir()) == [str(number) for number in FAULTS]
    again = re.findall(r"again: python -m trials (probe --seed 0 --only 8 --folder .*)", done.stderr)
    assert len(again) == 1
    repeated = probe(tmp_path, *again[0].split()[:5])
    assert repeated.returncode == 1
    assert "leftover: a file" in repeated.stderr
    # The cache of a trial is its own.
    kept = tmp_path / "probe-0-only" / "kept" / "8"
    assert (kept / "folder" / "left").read_text().startswith(str(tmp_path))
    # Nothing is left to do.
    assert len(lines_of(tmp_path)) == 10
    assert probe(tmp_path).stderr == ""
    assert len(lines_of(tmp_path)) == 10


def test_a_file_of_other_versions_is_not_gone_on_with(tmp_path):
    assert probe(tmp_path, "--count=1").returncode == 0
    path = tmp_path / "probe-0" / "trials.jsonl"
    path.write_text(path.read_text().replace('"python": "', '"python": "1'))
    refused = probe(tmp_path, "--count=1")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "one of other versions: add --fresh" in refused.stderr
    assert probe(tmp_path, "--count=1", "--fresh").returncode == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("id,lang,topic_0\n0,en,nan\n", True),
        ("id,lang,topic_0\n0,en,-inf\n", True),
        ('{"coherence": NaN}', True),
        ("[-Infinity, 1]", True),
        ("last loss  nan (local 1.2)", True),
        ('{"words": ["Nancy", "info", "infinitive"], "text": "a\\nan b\\ninf"}', False),
        ("<!DOCTYPE html><script>isNaN(NaN)</script>", False),
        ('<!DOCTYPE html><script type="application/json" id="a" data-encoding="json">[nan]</script>', True),
    ],
)
def test_numbers_that_are_not_finite_are_found(text, found):
    search = "import sys; from trials.kinds.damage import not_finite; print(not_finite(sys.argv[1]))"
    command = [sys.executable, "-c", search, text]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert bool(done.stdout.strip()) == found


def test_a_sample_of_every_kind_is_sound(tmp_path):
    command = [sys.executable, "-m", "trials", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for row in ("kills replace a model", "settings train", "inputs JSON lines", "damage topics", "server slow bodies"):
        assert f"{row}: " in done.stdout

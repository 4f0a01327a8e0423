"""The wheel holds the package and nothing else."""

from __future__ import annotations

import subprocess
import sys
from zipfile import ZipFile

import pytest

from paths import ROOT

pytest.importorskip("hatchling", reason="building needs hatchling")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert finished.returncode == 0, finished.stderr
    (built,) = folder.iterdir()
    with ZipFile(built) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_holds_every_file_of_the_package_and_nothing_else(wheel):
    package = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "gloctm").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {name for name in wheel if ".dist-info/" not in name} == package
    # What is no Python file, and easily forgotten.
    assert {"gloctm/py.typed", "gloctm/demo/en.jsonl", "gloctm/demo/LICENSE"} <= package
    for room in ("explorer", "server"):
        assert any(name.startswith(f"gloctm/{room}/assets/") for name in package)


def test_it_says_what_it_is(wheel):
    information = {name.partition("/")[2]: content for name, content in wheel.items() if ".dist-info/" in name}
    licenses = {"licenses/LICENSE", "licenses/src/gloctm/demo/LICENSE"}
    assert set(information) == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", *licenses}
    assert b"gloctm = gloctm.cli.main:main" in information["entry_points.txt"]
    metadata = information["METADATA"].decode()
    for line in ("Requires-Python: >=3.11", "License-Expression: Apache-2.0 AND CC0-1.0", "Provides-Extra: train"):
        assert f"{line}\n" in metadata
    # The core has no torch: what trains by the published method asks for it.
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: torch")]
    assert required
    assert all("extra ==" in line for line in required)

"""The benchmark of growth with documents: what it makes up, how it measures, and that it goes on where it was."""

from __future__ import annotations

import json
import pickle
import sys

import made_up_text
import numpy as np
import pytest
import scale
from measured import descendants, run_measured, size_of
from pages import scale as page

from gloctm import Corpus


@pytest.fixture(scope="module")
def documents():
    return [json.loads(line) for line in made_up_text.MadeUp(8, types=20_000).lines(2000)]


def test_one_seed_gives_the_same_documents_and_fewer_are_the_first_of_more(documents):
    fewer = [json.loads(line) for line in made_up_text.MadeUp(8, types=20_000).lines(10)]
    assert fewer == documents[:10]
    assert len({each["id"] for each in documents}) == 2000
    assert [each["lang"] for each in documents[:4]] == ["en", "de", "en", "de"]
    other = [json.loads(line) for line in made_up_text.MadeUp(8, types=20_000, seed=1).lines(10)]
    assert [each["text"] for each in other] != [each["text"] for each in fewer]


def test_documents_have_as_many_words_as_they_say(documents):
    corpus = Corpus.from_records(documents, encoder=None, min_df=2, show_progress=False)
    assert corpus.languages == ("en", "de")
    for part in corpus.values():
        assert 6 <= part.counts.nnz / part.num_documents <= 10
        assert len(set(part.labels)) == made_up_text.THEMES


def test_the_stand_in_brings_themes_of_both_languages_together(documents):
    encoder = pickle.loads(pickle.dumps(made_up_text.StandIn(64, types=2000)))  # noqa: S301  # our own
    vectors = encoder.encode([each["text"] for each in documents])
    assert (vectors.shape, vectors.dtype) == ((2000, 64), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    theme = np.asarray([each["label"] for each in documents])
    own, other = vectors[::2] - vectors[::2].mean(axis=0), vectors[1::2] - vectors[1::2].mean(axis=0)
    near = (own @ other.T).argmax(axis=1)
    assert (theme[::2] == theme[1::2][near]).mean() > 0.4


def test_a_text_without_known_words_has_a_vector_of_its_own():
    first, second, again = made_up_text.StandIn(16, types=100).encode(["Xyz.", "Qqq.", "Xyz."])
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, second)
    assert np.isfinite(second).all()


# It holds 60 MB, its child 150 MB, and computes for some tenths of a second; then it waits for its child.
HOLDS = """
import subprocess, sys, time
held = bytearray(b"x") * 60_000_000
child = subprocess.Popen([sys.executable, "-c", '''
import sys
held = bytearray(b"x") * 150_000_000
sys.stdin.read(1)
'''], stdin=subprocess.PIPE)
while time.process_time() < 0.7:
    pass
child.communicate(b"x")
"""


def test_a_command_is_measured_with_its_children(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x" * 5000)
    usage = run_measured([sys.executable, "-c", HOLDS], log=tmp_path / "log", folder=tmp_path / "folder")
    assert (usage.code, usage.disk_bytes) == (0, 5000)
    assert 60e6 < usage.process_bytes < 100e6
    assert 150e6 < usage.child_bytes < 190e6
    assert usage.sum_bytes > 200e6
    assert 0.7 <= usage.cpu_seconds <= usage.seconds * 2


def test_a_command_that_fails_says_so(tmp_path):
    usage = run_measured([sys.executable, "-c", "import sys; print('no'); sys.exit(3)"], log=tmp_path / "log")
    assert usage.code == 3
    assert (tmp_path / "log").read_text() == "no\n"


def test_sizes_and_processes(tmp_path):
    import os

    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"123")
    assert size_of(tmp_path) == size_of(tmp_path / "a" / "b") == 3
    assert os.getpid() in descendants(os.getpid())


@pytest.fixture
def small_growth(tmp_path, monkeypatch):
    """Runs the benchmark with stages that only write a file, and returns the lines of the results."""
    run: list[str] = []

    def stage(name, output):
        def command(case):
            run.append(f"{name} {case.documents}")
            lines = [f"open({case.path(output)!r}, 'w').write('x')"]
            if (tmp_path / f"fail-{name}").exists():
                lines.insert(0, "raise SystemExit('the disk is full')")
            return [sys.executable, "-c", "\n".join(lines)]

        return scale.Stage(command, output)

    monkeypatch.setattr(scale, "STAGES", {name: stage(name, f"{name}.txt") for name in ("build", "embed", "report")})
    monkeypatch.setattr(scale, "START", 20)
    monkeypatch.setattr(scale, "make", lambda case: [sys.executable, "-c", f"open({str(case.source)!r}, 'w').close()"])

    def grow(*options):
        run.clear()
        common = ["--words", "8", "--folder", str(tmp_path / "scale"), "--results", str(tmp_path / "scale.jsonl")]
        monkeypatch.setattr(sys, "argv", ["scale.py", "growth", "--sizes", "40", *common, *options])
        scale.main()
        return list(run)

    grow.folder, grow.run = tmp_path, run
    return grow


def test_a_run_goes_on_with_the_stage_that_failed(small_growth):
    (small_growth.folder / "fail-embed").touch()
    with pytest.raises(SystemExit, match=r"embed of 20-8-sharded ended with 1:\nthe disk is full"):
        small_growth()
    (small_growth.folder / "fail-embed").unlink()
    # Embedding had begun: it begins with a corpus that has no embeddings.
    assert small_growth() == ["build 20", "embed 20", "report 20", "build 40", "embed 40", "report 40"]
    assert small_growth() == []
    assert small_growth("--again", "report") == ["report 20", "report 40"]
    lines = [json.loads(line) for line in (small_growth.folder / "scale.jsonl").read_text().splitlines()]
    assert len(lines) == 9
    assert {line["documents"] for line in lines} == {20, 40}
    assert all(line["written_megabytes"] == 0 and line["process_megabytes"] > 0 for line in lines)


def test_what_a_stage_needs_is_made_again_where_it_was_removed(small_growth):
    assert len(small_growth("--tidy")) == 6
    assert not list((small_growth.folder / "scale").iterdir())
    assert small_growth("--again", "report")[:3] == ["build 20", "embed 20", "report 20"]


def line(stage, documents, **others):
    return {
        "benchmark": "growth",
        "kind": "sharded",
        "words": 46,
        "stage": stage,
        "documents": documents,
        "cpu_seconds": 2 + documents / 10_000,
        "process_megabytes": 300,
        "child_megabytes": 500,
        "sum_megabytes": 700,
        "written_megabytes": documents / 1000,
        **others,
    }


def test_tables(monkeypatch):
    sizes = (1000, 10_000, 100_000, 1_000_000)
    lines = [line("build", size) for size in sizes]
    lines += [line("train", size, cpu_seconds=min(2 + size / 1000, 202)) for size in sizes]
    lines += [line("build", size, kind="memory", process_megabytes=size // 100) for size in sizes[:3]]
    monkeypatch.setattr(page, "results", lambda *_: lines)
    assert page.seconds(46)().splitlines()[2:] == [
        "| build | 3 | 12 | 102 | 1.00 | 10,000 |",
        "| train, default method | 12 | 102 | 202 | sample |  |",
    ]
    assert page.memory(46)().splitlines()[2] == "| build | 500 | 500 | 500 | 700 | 1,000 |"
    assert page.growth_plot().count("<title>build, 1M: 102</title>") == 1
    assert page.seconds(8)() == page.memory(8)() == "not measured yet"

"""Long documents at the command line: built, counted, trained on, transformed, reported and evaluated."""

import json
import random

import numpy as np
import pytest

from command_line import run_here
from gloctm.demo import demo_records


def write_long_documents(path):
    draw = random.Random(0)
    by_language = {}
    for record in demo_records(["en", "de"]):
        by_language.setdefault(record["lang"], []).append(record["text"])
    records = []
    for language, texts in by_language.items():
        long = [" ".join(draw.choice(texts) for _ in range(25)) for _ in range(6)]
        records += [{"id": f"{language}{row}", "lang": language, "text": text} for row, text in enumerate(long)]
        records += [{"id": f"s{language}{row}", "lang": language, "text": text} for row, text in enumerate(texts[::6])]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return records


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("passages")
    write_long_documents(place / "long.jsonl")
    return place


@pytest.fixture(scope="module")
def built(folder):
    return run_here("corpus", "build", folder / "long.jsonl", "-o", folder / "corpus")


def test_building_says_what_was_split(folder, built):
    assert built.returncode == 0, built.stderr
    assert "passages: 6 of 46 documents in 'en' were split into" in built.stderr
    info = run_here("corpus", "info", folder / "corpus")
    assert "passages: 6 of 46 documents in 'de' were split into" in info.stdout


def test_passages_are_an_option(folder):
    whole = run_here(
        *("corpus", "build", folder / "long.jsonl", "-o", folder / "whole"),
        *("--passages", "never", "--encoder", "none"),
    )
    assert whole.returncode == 0, whole.stderr
    assert "passages:" not in whole.stderr
    wrong = run_here("corpus", "build", folder / "long.jsonl", "-o", folder / "wrong", "--passages", "often")
    assert wrong.returncode == 2
    assert "passages is 'often': it must be auto, never, or a number" in wrong.stderr


def test_everything_after_it_is_per_document(folder, built):
    trained = run_here("train", folder / "corpus", "-o", folder / "model", "--num-topics", "8")
    assert trained.returncode == 0, trained.stderr
    inferred = run_here("transform", folder / "model", folder / "long.jsonl", "-o", folder / "theta.jsonl")
    assert inferred.returncode == 0, inferred.stderr
    rows = [json.loads(line) for line in (folder / "theta.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 92
    theta = np.asarray([[row[f"topic_{topic}"] for topic in range(8)] for row in rows])
    assert np.allclose(theta.sum(axis=1), 1, atol=1e-4)
    # Documents of many themes are about several topics.
    long = np.asarray([not row["id"].startswith("s") for row in rows])
    assert theta[long].max(axis=1).mean() < 0.6 < theta[~long].max(axis=1).mean()
    report = run_here(
        *("report", folder / "model", "--corpus", folder / "corpus", "-o", folder / "report.html"),
    )
    assert report.returncode == 0, report.stderr
    evaluated = run_here("evaluate", folder / "model", "--corpus", folder / "corpus")
    assert evaluated.returncode == 0, evaluated.stderr

"""Places that can't be written to, and disks that fill up: one sentence, exit code 2, and all left as it was."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import shutil
import subprocess

import numpy as np
import pytest

from command_line import (
    FULL,
    assert_refused,
    assert_refuses,
    command,
    limited,
    make_records,
    run_here,
    run_process,
    snapshot,
    write_json_lines,
)
from gloctm import Corpus, GloCTM
from gloctm.errors import InputError


def test_foreign_folders_are_left_alone(tmp_path, planted_folder, model_folder, documents):
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    corpus_parts = ("foreign: it holds files other than a corpus's", "name a new folder")
    model_parts = ("foreign: it holds files other than a model's", "name a new folder")
    assert_refuses(tmp_path, ("corpus", "build", documents, "-o", foreign), *corpus_parts, process=True)
    assert_refuses(tmp_path, ("train", planted_folder, "-o", foreign), *model_parts)
    assert_refuses(tmp_path, ("corpus", "embed", planted_folder, "-o", foreign), *corpus_parts)
    assert_refuses(tmp_path, ("demo", "-o", foreign), *model_parts)
    # A corpus is as foreign to a model as any folder.
    assert_refuses(tmp_path, ("train", planted_folder, "-o", planted_folder), "it holds files other than a model's")
    assert_refuses(tmp_path, ("corpus", "build", documents, "-o", model_folder), "it holds files other than a corpus's")


def test_what_others_call_a_model_or_a_corpus_is_left_alone(tmp_path, planted_folder, documents):
    files = {
        "model/model.json": '{"tfjs":1}',
        "model/thesis.txt": "years of work",
        "project/corpus.json": "{}",
        "project/.git/config": "[core]",
        "project/src.py": "print()",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    train = ("train", planted_folder, "-o", tmp_path / "model", "--num-topics=2")
    assert_refuses(tmp_path, train, "model: it holds files other than a model's", "name a new folder")
    build = ("corpus", "build", documents, "--encoder=none", "-q", "-o", tmp_path / "project")
    assert_refuses(tmp_path, build, "project: it holds files other than a corpus's", "name a new folder")


def test_our_own_folders_that_somebody_added_to_are_left_alone(
    tmp_path, planted_folder, broken_model, broken_corpus, documents
):
    (broken_model / "notes.txt").write_text("mine")
    (broken_corpus / "en" / "notes.txt").write_text("mine")
    assert_refuses(tmp_path, ("train", planted_folder, "-o", broken_model), "it holds files other than a model's")
    assert_refuses(tmp_path, ("corpus", "embed", broken_corpus), "it holds files other than a corpus's")
    build = ("corpus", "build", documents, "--encoder=none", "-q", "-o", broken_corpus)
    assert_refuses(tmp_path, build, "it holds files other than a corpus's", "name a new folder")


def test_places_where_no_folder_can_be(tmp_path, planted_folder, documents):
    file = tmp_path / "file"
    file.write_text("content")
    build = ("corpus", "build", documents, "--encoder=none", "-q", "-o")
    assert_refuses(tmp_path, (*build, file), "file: a file of that name exists")
    assert_refuses(tmp_path, (*build, file / "below" / "corpus"), "file is a file")
    assert_refuses(tmp_path, ("train", planted_folder, "-o", file / "model"), "file is a file")
    (tmp_path / "here").mkdir()
    with contextlib.chdir(tmp_path / "here"):
        assert_refuses(tmp_path, (*build, "."), "the folder you are in: name another one")


def test_places_where_no_file_can_be(tmp_path, model_folder, documents):
    transform = ("transform", model_folder, documents, "-o")
    parts = ("theta.csv: the folder", "does not exist")
    assert_refuses(tmp_path, (*transform, tmp_path / "absent" / "theta.csv"), *parts)
    assert_refuses(tmp_path, (*transform, tmp_path / "theta.xlsx"), "theta.xlsx: its name must end in", ".parquet")
    (tmp_path / "theta.csv").mkdir()
    assert_refuses(tmp_path, (*transform, tmp_path / "theta.csv"), "theta.csv: a folder of that name exists")


@pytest.mark.parametrize("kind", ["link to nowhere", "pipe", "folder"])
def test_places_where_no_file_can_be_are_said_before_the_work(tmp_path, planted_folder, model_folder, documents, kind):
    place = tmp_path / "place.html"
    if kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("pipe" if kind == "pipe" else "nowhere/file")
    os.mkfifo(tmp_path / "pipe")
    csv = tmp_path / "theta.csv"
    csv.symlink_to(place)
    said = {"link to nowhere": "nowhere does not exist", "pipe": "it is a device or a pipe", "folder": "that name"}
    # Before a model is read.
    for words in (
        ("report", tmp_path / "none", "-o", place),
        ("evaluate", tmp_path / "none", "-o", place),
        ("reduce", tmp_path / "none", "2", "-o", place),
    ):
        assert_refuses(tmp_path, words, f"can't write {place}: ", said[kind])
    assert_refuses(tmp_path, ("transform", tmp_path / "none", documents, "-o", csv), f"write {csv}: ", said[kind])
    # Before documents are.
    other = ("-o", tmp_path / "other.csv", f"--dropped={place}")
    assert_refuses(tmp_path, ("transform", model_folder, "none.csv", *other), f"can't write {place}: ", said[kind])
    with pytest.raises(InputError, match=said[kind]):
        GloCTM(num_topics=2).fit(Corpus.load(planted_folder), checkpoint=place)


@pytest.mark.parametrize("target", ["theta.csv", "theta"])
def test_two_results_in_one_place(tmp_path, model_folder, documents, target):
    (tmp_path / "theta").mkdir()
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "theta.csv").symlink_to("../theta.csv")
    (tmp_path / "links" / "dropped").symlink_to("../theta/dropped" if target == "theta" else "../theta.csv")
    (tmp_path / "again").symlink_to("links")
    transform = ("transform", model_folder, documents, "-o", tmp_path / "links" / ".." / target)
    for dropped in ("links/dropped", "again/dropped", f"{target}/dropped" if target == "theta" else target):
        said = (f"can't list what is left out in {tmp_path / dropped}, where the topics go", "name another file")
        assert_refuses(tmp_path, (*transform, f"--dropped={tmp_path / dropped}"), *said)


def test_results_in_place_of_what_is_read(tmp_path, model_folder):
    for name in ("words.txt", "en.txt", "de.txt"):
        (tmp_path / name).write_text("rain\tRegen\n")
    link = tmp_path / "page.html"
    link.symlink_to("words.txt")
    said = "it is the file that is read; name another one"
    evaluate = ("evaluate", model_folder, "-o")
    assert_refuses(tmp_path, (*evaluate, link, f"--dictionary=en,de={tmp_path / 'words.txt'}"), said)
    references = f"--reference={tmp_path / 'en.txt'},{tmp_path / 'de.txt'}"
    assert_refuses(tmp_path, (*evaluate, tmp_path / "de.txt", references), said)
    for option in ("--view", "--evaluation"):
        assert_refuses(tmp_path, ("report", model_folder, "-o", link, option, tmp_path / "words.txt"), said)
    assert_refuses(tmp_path, (*evaluate, tmp_path / "de.txt", f"--reference={tmp_path}"), said)
    assert_refuses(tmp_path, (*evaluate, "page.html", "--dictionary=en,de="), "give LANG,LANG=FILE", cwd=tmp_path)
    inside = f"it is in {tmp_path}, which is read; name another file"
    assert_refuses(tmp_path, (*evaluate, link, f"--corpus={tmp_path}"), inside)


def test_results_in_place_of_files_of_a_model_or_a_corpus(tmp_path, model_folder, documents):
    model, corpus = tmp_path / "model", tmp_path / "corpus"
    shutil.copytree(model_folder, model)
    for name in ("dropped.jsonl", "theta.csv", "page.html"):
        (model / name).write_text("mine")
    shutil.copytree(model, corpus)
    transform = ("transform", model, documents, "-o")
    said = f"it is in {model}, which is read; name another file"
    assert_refuses(tmp_path, (*transform, model / "theta.csv"), said)
    assert_refuses(tmp_path, (*transform, tmp_path / "theta.csv", f"--dropped={model / 'dropped.jsonl'}"), said)
    assert_refuses(tmp_path, ("evaluate", model, "-o", model / "theta.csv"), said)
    assert_refuses(tmp_path, ("report", model, "-o", model / "page.html"), said)
    said = f"it is in {corpus}, which is read; name another file"
    assert_refuses(tmp_path, ("report", model, f"--corpus={corpus}", "-o", corpus / "page.html"), said)
    assert_refuses(tmp_path, ("report", model, f"--compare={corpus}", "-o", corpus / "page.html"), said)


def test_building_to_a_full_disk(tmp_path):
    # Labels are held in memory and written only in the end.
    records = [{**record, "label": 300 * "x"} for record in make_records()]
    target = tmp_path / "corpus"
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    build = ("corpus", "build", source, "-o", target, "--encoder=none", "-q")
    # Texts on their way wait in the folder of temporary files, which may be the fuller disk.
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    settings = {"env": {**os.environ, "TMPDIR": str(temporary)}, "process": True}
    assert_refuses(tmp_path, build, *FULL, f"({temporary})", **settings, **limited(1000))
    # Enough for these, but not for what is made of them.
    assert_refuses(tmp_path, build, *FULL, f"({target})", **settings, **limited(7000))
    assert run_here(*build).returncode == 0
    assert_refuses(tmp_path, build, *FULL, f"({temporary})", **settings, **limited(1000))
    assert_refuses(tmp_path, build, *FULL, f"({target})", **settings, **limited(7000))


def test_saving_embeddings_to_a_full_disk(tmp_path, planted):
    wide = np.ones((20, 2000), "f4")
    parts = {code: dataclasses.replace(part, document_embeddings=wide) for code, part in planted.items()}
    source = Corpus(parts).save(tmp_path / "wide")
    arguments = ("corpus", "embed", source, "-o", tmp_path / "corpus")
    assert_refuses(tmp_path, arguments, process=True, **limited(50_000))


def test_training_on_a_full_disk(tmp_path, planted_folder, broken_model):
    train = ("train", planted_folder, "-o", broken_model, "--num-topics=2", "--threads=1", "--no-progress")
    published = (*train, "--method=published", "--epochs=1")
    assert_refuses(tmp_path, published, *FULL, str(broken_model), process=True, **limited(20_000))
    # By the default method there is a warning for every state that can't be kept, and training goes on.
    before = snapshot(tmp_path)
    result = run_process(*train, **limited(1000))
    *told, last = result.stderr.splitlines()
    assert result.returncode == 2
    assert told
    assert all("the checkpoint" in line and "could not be written" in line for line in told)
    assert last.startswith("gloctm: error: ")
    assert snapshot(tmp_path) == before
    # Enough for the state of the training, but not for the model: what was done is kept.
    assert_refused(run_process(*train, **limited(2500)), *FULL, str(broken_model))
    checkpoint = broken_model.with_name("model.checkpoint")
    after = snapshot(tmp_path)
    assert after.pop(checkpoint)
    assert after == before
    assert run_here(*train, "--resume").returncode == 0
    assert not checkpoint.exists()


def test_transforming_to_a_full_disk(tmp_path, model_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}] * 200)
    target = tmp_path / "theta.parquet"
    target.write_text("older")
    arguments = ("transform", model_folder, source, "-o", target)
    assert_refuses(tmp_path, arguments, *FULL, str(target), process=True, **limited(500))


def test_printing_to_a_full_disk(planted_folder):
    # Linux's file that is always full.
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            command("corpus", "info", planted_folder),
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=100,
        )
    assert result.returncode == 2
    assert result.stderr.startswith("gloctm: error: no space left on the disk: free some")
    assert result.stderr.count("\n") == 1


def no_space(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("writer", ["gloctm.corpus.storage.write_json", "scipy.sparse.save_npz"])
def test_a_disk_that_fills_up_while_a_corpus_is_written(tmp_path, planted_folder, documents, monkeypatch, writer):
    target = shutil.copytree(planted_folder, tmp_path / "corpus")
    monkeypatch.setattr(writer, no_space)
    arguments = ("corpus", "build", documents, "-o", target, "--encoder=none", "-q")
    assert_refuses(tmp_path, arguments, f"no space left on the disk ({target})", "free some or write elsewhere")


def test_a_disk_that_fills_up_while_a_model_is_written(tmp_path, broken_model, monkeypatch):
    model = GloCTM.load(broken_model)
    before = snapshot(tmp_path)
    monkeypatch.setattr("gloctm.model.storage.write_json", no_space)
    with pytest.raises(OSError, match="No space left"):
        model.save(broken_model)
    assert snapshot(tmp_path) == before


def test_a_disk_that_fills_up_while_proportions_are_written(tmp_path, model_folder, monkeypatch):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}])
    monkeypatch.setattr("os.fsync", no_space)
    for name in ("theta.csv", "theta.jsonl", "theta.parquet"):
        (tmp_path / name).write_text("older")
        arguments = ("transform", model_folder, source, "-o", tmp_path / name)
        assert_refuses(tmp_path, arguments, f"no space left on the disk ({tmp_path / name})", "free some")

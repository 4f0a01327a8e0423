"""Corpora and models that tests of the command line share: made once, and never changed."""

from __future__ import annotations

import shutil

import pytest

from command_line import build, everything, make_records, run_process, write_json_lines
from gloctm import GloCTM
from planted import planted_corpus


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("command-line")


@pytest.fixture(scope="session")
def documents(folder):
    return write_json_lines(folder / "documents.jsonl", make_records())


@pytest.fixture(scope="session")
def corpus_build(folder, documents):
    """What ``corpus build`` gave, and the folder it wrote."""
    target = folder / "corpus"
    return run_process("corpus", "build", documents, "-o", target), target


@pytest.fixture(scope="session")
def corpus(corpus_build):
    return corpus_build[1]


@pytest.fixture(scope="session")
def training(folder, corpus):
    """What ``train`` gave, and the folder it wrote."""
    target = folder / "model"
    return run_process("train", corpus, "-o", target, "--num-topics=3", "--threads=1"), target


@pytest.fixture(scope="session")
def model(training):
    return training[1]


@pytest.fixture(scope="session")
def published_training(folder, corpus):
    """The same by the published method."""
    target = folder / "published"
    flags = ("--method=published", "--epochs=2", "--num-topics=3", "--threads=1")
    return run_process("train", corpus, "-o", target, *flags), target


@pytest.fixture(scope="session")
def published(published_training):
    return published_training[1]


@pytest.fixture
def plain(tmp_path, documents):
    """What the documents become when they are built from JSON lines."""
    return everything(build(tmp_path, documents, target="plain")[0])


@pytest.fixture(scope="session")
def planted():
    return planted_corpus(("en", "de"), num_topics=3, words_per_topic=4, documents=20)


@pytest.fixture(scope="session")
def planted_folder(planted, tmp_path_factory):
    return planted.save(tmp_path_factory.mktemp("errors") / "corpus")


@pytest.fixture(scope="session")
def model_folder(planted, tmp_path_factory):
    model = GloCTM(num_topics=3, threads=1, show_progress=False).fit(planted)
    return model.save(tmp_path_factory.mktemp("errors") / "model")


@pytest.fixture(scope="session")
def published_folder(planted, tmp_path_factory):
    model = GloCTM(method="published", num_topics=3, epochs=1, threads=1, show_progress=False).fit(planted)
    return model.save(tmp_path_factory.mktemp("errors") / "published")


@pytest.fixture
def broken_model(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "model")


@pytest.fixture
def broken_published(published_folder, tmp_path):
    return shutil.copytree(published_folder, tmp_path / "published")


@pytest.fixture
def broken_corpus(planted_folder, tmp_path):
    return shutil.copytree(planted_folder, tmp_path / "corpus")

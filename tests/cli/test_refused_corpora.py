"""Benchmark folders and saved corpora that are damaged: one sentence, exit code 2, and nothing written."""

from __future__ import annotations

import json

import numpy as np
import pytest
import scipy.sparse as sp

from command_line import assert_refuses, change_manifest, cut, write_benchmark


def shorten(name):
    """Take the last line from a file of a benchmark folder."""

    def damage(folder):
        lines = (folder / name).read_text().splitlines()
        (folder / name).write_text("\n".join(lines[:-1]))

    return damage


def without_words(folder):
    sp.save_npz(folder / "train_bow_matrix_de.npz", sp.csr_array((15, 18), dtype=int))


def with_one_word(folder):
    sp.save_npz(folder / "train_bow_matrix_de.npz", sp.csr_array(np.ones((15, 1), int)))
    (folder / "vocab_de").write_text("wort\n")


BENCHMARK = {
    "all documents empty": (without_words, "all 15 documents of 'de' are empty", "check the texts"),
    "one word": (with_one_word, "the vocabulary of 'de' has one word ('wort')", "at least two"),
    "misaligned vocabulary": (shorten("vocab_en"), "17 words but 18 columns", "equally many"),
    "misaligned texts": (shorten("train_texts_en.txt"), "'en' has 15 documents but 14 texts", "one for each"),
    "misaligned labels": (shorten("train_labels_de.txt"), "'de' has 15 documents but 14 labels", "one for each"),
    "truncated counts": (cut("train_bow_matrix_en.npz"), "train_bow_matrix_en.npz is not a readable", "again"),
}


@pytest.mark.parametrize("case", BENCHMARK)
def test_benchmark_folders_that_do_not_fit_together(tmp_path, case):
    damage, *parts = BENCHMARK[case]
    source = write_benchmark(tmp_path / "benchmark", {"en": "en", "de": "de"})
    damage(source)
    arguments = ("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none")
    assert_refuses(tmp_path, arguments, *parts)


CORPUS_FILES = (
    "corpus.json",
    *("en/counts.npz", "en/vocabulary.json", "en/documents.jsonl"),
    *("de/word_embeddings.npy", "de/document_embeddings.npy"),
)


@pytest.mark.parametrize("name", CORPUS_FILES)
def test_a_truncated_corpus(tmp_path, broken_corpus, name):
    cut(name)(broken_corpus)
    process = name == "en/counts.npz"
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), name, "is damaged", process=process)


@pytest.mark.parametrize("name", CORPUS_FILES)
def test_an_incomplete_corpus(tmp_path, broken_corpus, name):
    (broken_corpus / name).unlink()
    words = "is not a gloctm corpus" if name == "corpus.json" else "is incomplete"
    assert_refuses(tmp_path, ("train", broken_corpus, "-o", tmp_path / "model"), str(broken_corpus), name, words)


def test_folders_that_are_no_corpus(tmp_path, model_folder):
    foreign = tmp_path / "foreign"
    assert_refuses(tmp_path, ("corpus", "info", foreign), "foreign does not exist", "give the folder of a saved corpus")
    foreign.mkdir()
    parts = ("foreign is not a gloctm corpus", "it has no corpus.json")
    assert_refuses(tmp_path, ("corpus", "info", foreign), *parts)
    (foreign / "corpus.json").write_text("{}")
    assert_refuses(tmp_path, ("corpus", "info", foreign), "its corpus.json is of another kind")
    for arguments in (("corpus", "info"), ("corpus", "embed")):
        assert_refuses(tmp_path, (*arguments, model_folder), f"{model_folder} is not a gloctm corpus: it is a model")
    assert_refuses(tmp_path, ("train", model_folder, "-o", tmp_path / "model"), "is not a gloctm corpus: it is a model")
    assert_refuses(tmp_path, ("corpus", "embed", foreign), "its corpus.json is of another kind")


def test_a_corpus_of_a_newer_format(tmp_path, broken_corpus):
    change_manifest(broken_corpus, "corpus.json", format_version=4)
    parts = ("written by a newer gloctm (format 4, this one reads up to 3)", "update gloctm")
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), *parts)


WORDS = {"en": {"tokens": "x", "stopped": 0, "distinct": 3}}
REPORTS = [
    ({"report": []}, "report should be a valid dictionary"),
    ({"report": {"words": {}}}, "report.identified is missing"),
    (
        {"report": {"words": WORDS, "identified": {}, "settings": {}}},
        "report.words.en.tokens should be a valid integer",
    ),
    (
        {"report": {"words": {}, "identified": {}, "settings": {}, "notes": [{"what": "a date"}]}},
        "report.notes.0.count is missing",
    ),
    ({"languages": {"en": {"documents": -1, "vocabulary": 12}}}, "languages.en.documents should be greater than"),
    ({"languages": {"en": {"documents": 20, "vocabulary": 12, "tokenizer": 1}}}, "tokenizer should be a valid string"),
    ({"languages": []}, "languages should be a valid dictionary"),
    ({"encoder": ["usem3"]}, "encoder should be a valid string"),
]


@pytest.mark.parametrize(("changes", "message"), REPORTS, ids=str)
def test_a_corpus_with_another_manifest(tmp_path, broken_corpus, changes, message):
    change_manifest(broken_corpus, "corpus.json", **changes)
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), str(broken_corpus), message, "make the corpus again")


def test_a_corpus_with_another_list_of_what_was_left_out(tmp_path, broken_corpus):
    (broken_corpus / "dropped.jsonl").write_text('{"source": "a", "reason": "b", "text": "c"}\n[]\n')
    report = {"words": {}, "identified": {}, "settings": {}}
    change_manifest(broken_corpus, "corpus.json", report=report)
    parts = ("dropped.jsonl, line 2 is not a dropped document",)
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), *parts)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("de/word_embeddings.npy", np.full((12, 24), np.nan, "f4"), "word embeddings of 'de' hold NaN"),
        ("de/word_embeddings.npy", np.ones((11, 24), "f4"), "12 words but 11 word embeddings"),
        ("en/word_embeddings.npy", np.ones((12, 25), "f4"), "differ in dimension"),
        ("en/document_embeddings.npy", np.ones((19, 24), "f4"), "20 documents but 19 document embeddings"),
        ("en/document_embeddings.npy", np.full((20, 24), np.inf, "f4"), "document embeddings of 'en' hold NaN or inf"),
    ],
)
def test_a_corpus_with_other_arrays(tmp_path, broken_corpus, name, array, message):
    np.save(broken_corpus / name, array)
    change_manifest(broken_corpus, "corpus.json")
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), message)


def languages_of(folder, **changes):
    """What a manifest says of each language, with changes to the first."""
    languages = json.loads((folder / "corpus.json").read_text())["languages"]
    return {**languages, "en": {**languages["en"], **changes}}


def test_a_corpus_with_other_counts(tmp_path, broken_corpus):
    sp.save_npz(broken_corpus / "en" / "counts.npz", sp.csr_array(np.ones((20, 11), int)))
    change_manifest(broken_corpus, "corpus.json")
    message = "counts.npz is damaged (it has shape [20, 11] instead of [20, 12])"
    change_manifest(broken_corpus, "corpus.json", languages=languages_of(broken_corpus, nonzeros=220))
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), message)

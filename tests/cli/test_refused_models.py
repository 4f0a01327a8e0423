"""Saved models that are damaged: one sentence, exit code 2, and nothing written."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load, save

from command_line import assert_refuses, change_manifest, cut

MODEL_FILES = (
    *("model.json", "vocabulary.json", "weights.safetensors", "word_embeddings.safetensors"),
    "coherent_words.safetensors",
)


@pytest.mark.parametrize("name", MODEL_FILES)
def test_a_truncated_model(tmp_path, broken_model, name):
    cut(name)(broken_model)
    process = name == "weights.safetensors"
    assert_refuses(tmp_path, ("topics", broken_model), name, "is damaged", process=process)


@pytest.mark.parametrize("name", MODEL_FILES)
def test_an_incomplete_model(tmp_path, broken_model, name):
    (broken_model / name).unlink()
    words = "is not a gloctm model" if name == "model.json" else "is incomplete"
    assert_refuses(tmp_path, ("info", broken_model), str(broken_model), name, words)


def test_an_incomplete_model_whose_manifest_does_not_say_so(tmp_path, broken_model):
    (broken_model / "weights.safetensors").unlink()
    change_manifest(broken_model, "model.json")
    assert_refuses(tmp_path, ("info", broken_model), "incomplete: weights.safetensors is missing")


def test_folders_that_are_no_model(tmp_path, planted_folder):
    foreign = tmp_path / "foreign"
    assert_refuses(tmp_path, ("info", foreign), "foreign does not exist", "give the folder of a saved model")
    foreign.mkdir()
    assert_refuses(tmp_path, ("info", foreign), "foreign is not a gloctm model: it has no model.json")
    for content in ("{}", "[]", "3", '{"format": "gloctm-corpus"}'):
        (foreign / "model.json").write_text(content)
        assert_refuses(tmp_path, ("info", foreign), "foreign is not a gloctm model: its model.json is of another kind")
    assert_refuses(tmp_path, ("info", foreign / "model.json"), "is a file: give the folder of a saved model")
    for arguments in (("info",), ("topics",), ("transform", "documents.jsonl", "-o", "-")):
        words = (arguments[0], planted_folder, *arguments[1:])
        assert_refuses(tmp_path, words, f"{planted_folder} is not a gloctm model: it is a corpus")


MODEL_FACTS = [
    ({"format_version": 3}, "written by a newer gloctm (format 3, this one reads up to 2): update gloctm"),
    ({"format_version": 0}, "states no format version"),
    ({"format_version": True}, "states no format version"),
    ({"format_version": "1"}, "states no format version"),
    ({"files": None}, "lists no files"),
    ({"files": {"../documents.jsonl": 3}}, "names '../documents.jsonl', outside the folder"),
    ({"files": {"a\0b": 3}}, r"a\x00b is missing"),
    ({"languages": ["en", "fr"]}, "its tokenizers can't be read"),
    ({"languages": ["en"]}, "its tokenizers can't be read"),
    ({"languages": []}, "languages should have at least 1 item"),
    ({"languages": 5}, "languages should be a valid list"),
    ({"settings": {}}, "settings.num_topics is missing"),
    ({"settings": []}, "settings should be a valid dictionary"),
    ({"tokenizers": {"en": "unicode"}}, "its tokenizers can't be read; copy or make"),
    ({"tokenizers": 1}, "model.json is damaged: tokenizers should be a valid dictionary; copy or make the model again"),
    ({"tokenizers": {"en": "unicode", "de": 1}}, "tokenizers.de should be a valid string"),
    ({"topic_shares": {"en": [0.5, 0.5, 2], "de": [1, 0, 0]}}, "topic_shares.en.2 should be less than or equal to 1"),
    ({"topic_shares": {"en": [0.5, 0.5], "de": [1, 0, 0]}}, "its topic_shares can't be read"),
    ({"stop_words": {"en": {"added": "the"}}}, "stop_words.en.added should be a valid list"),
    ({"markup": "drop"}, "markup should be 'auto' or 'keep'"),
    ({"passage_length": 0}, "passage_length should be greater than or equal to 1"),
    ({"sha256": {}}, "has no size or no SHA-256 of"),
    ({"own_sha256": "0" * 64}, "model.json is damaged (its SHA-256 differs): copy or make the model again"),
    ({"history": [{"loss": 1.0}]}, "history.0.epoch is missing"),
    ({"seed": "0"}, "seed should be a valid integer"),
    ({"encoder": 3}, "encoder should be a valid string"),
    ({"environment": []}, "environment should be a valid dictionary"),
    ({"corpus_fingerprint": None}, "corpus_fingerprint should be a valid string"),
]


@pytest.mark.parametrize(("changes", "message"), MODEL_FACTS, ids=str)
@pytest.mark.parametrize("folder", ["broken_model", "broken_published"])
def test_a_model_with_another_manifest(tmp_path, request, folder, changes, message):
    broken = request.getfixturevalue(folder)
    change_manifest(broken, "model.json", **changes)
    assert_refuses(tmp_path, ("info", broken), str(broken), message)


def test_a_published_model_without_a_history(tmp_path, broken_published):
    change_manifest(broken_published, "model.json", history=[])
    assert_refuses(tmp_path, ("info", broken_published), str(broken_published), "its history can't be read")


@pytest.mark.parametrize("content", ["[]", '{"en": 3, "de": []}', '{"en": [1, 2], "de": []}', '{"en": "ab", "de": ""}'])
def test_a_model_with_another_vocabulary(tmp_path, broken_model, content):
    (broken_model / "vocabulary.json").write_text(content)
    change_manifest(broken_model, "model.json")
    assert_refuses(tmp_path, ("info", broken_model), str(broken_model), "is damaged", "copy or make")


OTHER_ARRAYS = {
    "broken_model": [
        (
            "weights",
            "topic_word.lang_en",
            lambda a: a[:, :-1],
            "is float32 of shape (3, 11), not float32 of shape (3, 12)",
        ),
        ("weights", "topic_word.lang_de", lambda a: a * np.nan, "holds NaN or infinite numbers"),
        ("weights", "word_context.lang_en", lambda a: a[:, :-1], "of shape (12, 23), not float32 of shape (12, 24)"),
        ("weights", "word_context.lang_de", lambda a: a - np.inf, "holds NaN or infinite numbers"),
        ("weights", "document_center.lang_de", lambda a: a[:-1], "of shape (23,), not float32 of shape (24,)"),
        ("weights", "document_center.lang_en", lambda a: None, "is missing"),
        ("weights", "document_encoder", lambda a: a[:, :2], "of shape (24, 2), not float32 of shape (24, 3)"),
        ("weights", "document_encoder", lambda a: a.astype("f8"), "is float64 of shape (24, 3), not float32"),
        ("weights", "document_encoder", lambda a: a.ravel(), "is float32 of shape (72,), not float32"),
        ("weights", "document_encoder", lambda a: None, "is missing"),
    ],
    "broken_published": [
        (
            "weights",
            "topic_word.lang_en",
            lambda a: a[:, :-1],
            "is float32 of shape (3, 11), not float32 of shape (3, 12)",
        ),
        ("weights", "topic_word.lang_de", lambda a: a * np.nan, "holds NaN or infinite numbers"),
        ("weights", "global_encoder.mean.bias", lambda a: a - np.inf, "holds NaN or infinite numbers"),
        ("weights", "global_encoder.mean.bias", lambda a: a.astype("f8"), "is float64 of shape (3,), not float32"),
        ("weights", "global_decoder_norm.bias", lambda a: None, "is missing"),
        ("word_embeddings", "de", lambda a: a[:-1], "the word embeddings of de is float32 of shape (11, 24)"),
        ("word_embeddings", "en", lambda a: a * np.inf, "the word embeddings of en holds NaN or infinite numbers"),
        ("word_embeddings", "en", lambda a: None, "the word embeddings of en is missing"),
    ],
}


@pytest.mark.parametrize(
    ("folder", "file", "name", "change", "message"),
    [(folder, *each) for folder, cases in OTHER_ARRAYS.items() for each in cases],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_model_with_other_arrays(tmp_path, request, folder, file, name, change, message):
    broken = request.getfixturevalue(folder)
    path = broken / f"{file}.safetensors"
    arrays = load(path.read_bytes())
    changed = change(arrays.pop(name))
    path.write_bytes(save(arrays if changed is None else {**arrays, name: np.ascontiguousarray(changed)}))
    change_manifest(broken, "model.json")
    assert_refuses(tmp_path, ("topics", broken), str(broken), name, message)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("words.lang_en", lambda a: None),
        ("scores.lang_de", lambda a: None),
        ("words.lang_en", lambda a: a[:, :-1]),
        ("words.lang_en", lambda a: a + 12),
        ("words.lang_en", lambda a: a - 12),
        ("words.lang_de", lambda a: a.astype("i8")),
        ("scores.lang_de", lambda a: a.astype("f8")),
        ("scores.lang_en", lambda a: a * np.nan),
    ],
)
def test_a_model_with_other_coherent_words(tmp_path, broken_model, name, change):
    path = broken_model / "coherent_words.safetensors"
    arrays = load(path.read_bytes())
    changed = change(arrays.pop(name))
    path.write_bytes(save(arrays if changed is None else {**arrays, name: np.ascontiguousarray(changed)}))
    change_manifest(broken_model, "model.json")
    language = name.removeprefix("words.lang_").removeprefix("scores.lang_")
    parts = (f"the coherent words of '{language}' can't be read", "copy or make the model again")
    assert_refuses(tmp_path, ("topics", broken_model), str(broken_model), *parts)


def test_coherent_words_that_the_manifest_does_not_list(tmp_path, broken_model):
    (broken_model / "coherent_words.safetensors").unlink()
    change_manifest(broken_model, "model.json")
    parts = ("incomplete: coherent_words.safetensors is missing",)
    assert_refuses(tmp_path, ("topics", broken_model), str(broken_model), *parts)


@pytest.mark.parametrize("name", [name for name in MODEL_FILES if name.endswith(".safetensors")])
def test_a_model_with_arrays_of_another_kind(tmp_path, broken_model, name):
    (broken_model / name).write_bytes(b"PK\3\4" * 20)
    change_manifest(broken_model, "model.json")
    assert_refuses(tmp_path, ("topics", broken_model), name, "is damaged", "copy or make")

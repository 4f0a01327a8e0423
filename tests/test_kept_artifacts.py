"""Corpora, models and checkpoints that earlier versions left are read as they were; see ``data/make_artifacts.py``."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest

import gloctm.context.fit as fit
from command_line import change_manifest, run_here
from gloctm import Corpus, GloCTM, ShardedCorpus
from gloctm.network.network import GloCTMNetwork
from gloctm.shards import open_corpus
from paths import TESTS

# The corpus is small on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::gloctm.errors.SmallCorpusWarning")

KEPT = TESTS / "data" / "kept"
EXPECTED = json.loads((KEPT / "expected.json").read_text(encoding="utf-8"))
METHODS = ("context", "published")
# The last digit of a share in single precision, which summing in another order may change.
LAST_DIGIT = 2e-7


def load_corpus():
    return Corpus.load(KEPT / "corpus-format-2")


@pytest.mark.parametrize("version", [1, 2])
def test_a_corpus_of_each_format(tmp_path, version):
    folder = KEPT / f"corpus-format-{version}"
    assert json.loads((folder / "corpus.json").read_text(encoding="utf-8"))["format_version"] == version
    corpus = Corpus.load(folder)
    again = Corpus.load(corpus.save(tmp_path / "corpus"))
    for each in (corpus, again):
        assert each.languages == ("en", "fr")
        assert each.fingerprint() == EXPECTED["fingerprint"]
        assert list(each["en"].ids[:2]) == ["en-0", "en-1"]
        assert list(each["fr"].labels[:4]) == ["0", "1", "2", "0"]
        assert each["en"].texts[2] == "en-2-0 en-2-1 en-2-3 en-2-3 en-2-3"
        assert each["en"].dates is None if version == 1 else each["en"].dates[:2] == ["2024-01", "2024-02"]
        assert (each.report is None) == (version == 1)
    shown = run_here("corpus", "info", folder)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert ("vocabulary: " in shown.stdout) == (version == 2)
    if version == 2:
        # Recorded once, with this spelling.
        assert [each.reason for each in again.report.dropped] == [
            "is not a JSON object",
            "language not recognised",  # codespell:ignore recognised
        ]


def test_a_corpus_in_shards():
    expected = json.loads((KEPT / "expected-shards.json").read_text(encoding="utf-8"))
    folder = KEPT / "corpus-format-3"
    assert json.loads((folder / "corpus.json").read_text(encoding="utf-8"))["format_version"] == 3
    sharded = ShardedCorpus.load(folder)
    assert sharded.fingerprint() == expected["sharded_fingerprint"]
    for corpus in (sharded.to_corpus(), Corpus.load(folder)):
        assert corpus.fingerprint() == expected["fingerprint"]
        assert (corpus.encoder, corpus.passage_length) == ("own vectors", 300)
        assert corpus["fr"].texts[0] == "\ud83d lone"
        assert corpus["en"].labels[:4] == ["0", "1", "2", "0"]
    assert sharded.as_passages()["fr"].take([23, 24]).ids == ["fr-11:1", "fr-12:0"]
    assert sharded["en"].block_sizes.tolist() == [4, 4, 2, 4, 4, 2, 4]
    counts, embeddings = sharded["en"].read_blocks([6, 1])
    assert (counts != corpus["en"].counts[[20, 21, 22, 23, 4, 5, 6, 7]]).nnz == 0
    np.testing.assert_array_equal(embeddings[:4], corpus["en"].document_embeddings[20:])


def with_later_fields(content):
    """What a later version of the same format may have added, in every object that has fields."""
    by_name = {"languages", "words", "identified", "repeated", "cleaned", "dropped", "files", "sha256", "columns"}
    by_name |= {"tokenizers", "stop_words", "environment", "topic_shares", "settings"}

    def added(value, name=None):
        if isinstance(value, list):
            return [added(each) for each in value]
        if not isinstance(value, dict):
            return value
        inner = {key: added(each, key) for key, each in value.items()}
        return inner if name in by_name else {**inner, "later": {"a": [1]}}

    return added(content)


@pytest.mark.parametrize(
    "name", ["corpus-format-1", "corpus-format-2", "corpus-format-3", "model-context", "model-published"]
)
def test_fields_of_later_versions_do_no_harm(tmp_path, name):
    folder = shutil.copytree(KEPT / name, tmp_path / name)
    manifest = "model.json" if "model" in name else "corpus.json"
    content = with_later_fields(json.loads((folder / manifest).read_text(encoding="utf-8")))
    assert "later" in content
    change_manifest(
        folder, manifest, **{key: value for key, value in content.items() if key not in ("files", "sha256")}
    )
    if "model" in name:
        assert GloCTM.load(folder).num_topics_ == GloCTM.load(KEPT / name).num_topics_
    else:
        assert open_corpus(folder).fingerprint() == open_corpus(KEPT / name).fingerprint()
        assert open_corpus(folder).report == open_corpus(KEPT / name).report


# A bias before a batch norm has no gradient but rounding, of which Adam makes steps of its full rate: it differs
# between kinds of processors, and with it the mean that the norm remembers.
OF_ROUNDING = re.compile(r"_encoder\..*\b(mean|log_variance)(\.bias|_norm\.running_mean)$")


def assert_answers_as_then(model, method, within=LAST_DIGIT):
    assert [record["words"] for record in model.topics(3)] == EXPECTED[method]["topics"]
    for language, theta in model.transform(load_corpus()).items():
        np.testing.assert_allclose(theta[:6], EXPECTED[method]["theta"][language], rtol=0, atol=within)


@pytest.mark.parametrize("method", METHODS)
def test_a_model_of_each_method(tmp_path, method):
    model = GloCTM.load(KEPT / f"model-{method}")
    assert model.method == method
    assert_answers_as_then(model, method)
    assert_answers_as_then(GloCTM.load(model.save(tmp_path / "model")), method)


@pytest.mark.parametrize("method", METHODS)
def test_a_checkpoint_of_each_method_is_resumed(tmp_path, monkeypatch, method):
    path = tmp_path / "run.checkpoint"
    shutil.copyfile(KEPT / f"{method}.checkpoint", path)
    module, name = {"context": (fit, "refined"), "published": (GloCTMNetwork, "forward")}[method]
    original, done = getattr(module, name), []

    def counted(*arguments, **named):
        done.append(None)
        return original(*arguments, **named)

    monkeypatch.setattr(module, name, counted)
    resumed = GloCTM(**EXPECTED["settings"][method]).fit(load_corpus(), checkpoint=path, resume=True)
    # What was left: three rounds of five, the two steps of each epoch after the second.
    assert len(done) == {"context": 3, "published": 4}[method]
    saved = GloCTM.load(KEPT / f"model-{method}")
    assert resumed.seed_ == saved.seed_
    for weight, array in saved.weights_.items():
        if not OF_ROUNDING.search(weight):
            np.testing.assert_allclose(resumed.weights_[weight], array, rtol=1e-5, atol=1e-6)
    # Among other things θ depends on how far these few steps moved the mean that a batch norm remembers.
    assert_answers_as_then(resumed, method, within=1e-3 if method == "published" else LAST_DIGIT)

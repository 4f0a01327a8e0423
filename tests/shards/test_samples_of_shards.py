"""What shows or measures documents takes a sample of a corpus in shards, and says so."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from command_line import run_here, succeeded
from gloctm import Corpus, GloCTM, ShardedCorpus, evaluate, summarize
from gloctm.corpus.language import document_texts
from gloctm.errors import InputError
from gloctm.labels import labels_from_function
from gloctm.shards import SampledCorpus, sample_of, samples
from planted import planted_corpus

DESCRIBED = "20 of 60 documents in en and 20 of 60 documents in de, spread evenly over the corpus"


@pytest.fixture(scope="module")
def corpus():
    found = planted_corpus(("en", "de"), num_topics=3, words_per_topic=6, documents=60)
    parts = {code: replace(part, texts=document_texts(part)) for code, part in found.items()}
    return Corpus(parts, encoder=found.encoder, word_encoder=found.word_encoder)


@pytest.fixture(scope="module")
def model(corpus):
    return GloCTM(num_topics=3, threads=1, show_progress=False).fit(corpus)


@pytest.fixture(scope="module")
def folder(corpus, tmp_path_factory):
    return corpus.save(tmp_path_factory.mktemp("shards") / "corpus", sharded=True)


@pytest.fixture
def sharded(folder):
    return ShardedCorpus.load(folder)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(samples, "SAMPLE_DOCUMENTS", 20)


def test_a_corpus_in_memory_is_its_own_sample(corpus, sharded):
    assert sample_of(corpus) is corpus
    # All of a small one, which is then no sample.
    whole = sample_of(sharded)
    assert not isinstance(whole, SampledCorpus)
    assert whole.fingerprint() == corpus.fingerprint()
    with pytest.raises(InputError, match="test is a list, not a Corpus"):
        sample_of([], "test")


def test_a_sample_says_of_how_many_it_is(corpus, sharded, few):
    found = sample_of(sharded)
    assert isinstance(found, SampledCorpus)
    assert found.describe() == DESCRIBED
    assert found.select(["de", "en"]).describe().startswith("20 of 60 documents in de and")
    assert list(found["en"].ids) == list(corpus.sample(20)["en"].ids)


def test_evaluation_of_a_sample_is_that_of_the_sample_in_memory(model, corpus, sharded, few):
    found = evaluate(model, corpus=sharded, classifier="logistic")
    expected = evaluate(model, corpus=corpus.sample(20), classifier="logistic")
    assert found.measures == expected.measures
    counted = {"documents": 20, "of": 60}
    assert found.conditions["samples"] == {"corpus": {"en": counted, "de": counted}}
    assert "samples" not in expected.conditions
    assert json.loads(json.dumps(found.to_dict()))


def test_a_summary_says_that_it_is_of_a_sample(model, corpus, sharded, few):
    summary = summarize(model, sharded, num_documents=0, max_listed=0)
    assert summary.sampled == f"The documents are a sample: {DESCRIBED}."
    assert [each.documents for each in summary.languages] == [20, 20]
    assert summarize(model, corpus, num_documents=0, max_listed=0).sampled is None


def test_tables_and_labels_take_the_sample(model, corpus, sharded, few, tmp_path):
    in_memory = corpus.sample(20)
    assert model.document_info(sharded) == model.document_info(in_memory)
    assert model.topic_info(sharded) == model.topic_info(in_memory)
    # It is read once.
    assert model._documents(sharded, "test") is model._documents(sharded, "test")
    shown = []
    for each in (sharded, in_memory):
        labels_from_function(model, lambda topic: shown.append(topic) or "label", corpus=each)
    assert shown[:3] == shown[3:]


def test_the_command_line_says_that_documents_are_a_sample(model, folder, few, tmp_path):
    path = model.save(tmp_path / "model")
    said = f"{folder} is represented by a sample: {DESCRIBED}\n"
    result = succeeded(run_here("evaluate", path, "--corpus", folder, "--classifier=logistic", "-o", "-"))
    assert result.stderr == said
    assert json.loads(result.stdout)["conditions"]["samples"]["corpus"]["de"] == {"documents": 20, "of": 60}
    result = succeeded(run_here("documents", path, folder, "--format=json"))
    assert result.stderr == said
    assert len(json.loads(result.stdout)) == 40
    result = succeeded(run_here("report", path, "--corpus", folder, "-o", tmp_path / "report.html", "-q"))
    assert said in result.stderr
    assert "The documents are a sample: 20 of 60 documents" in (tmp_path / "report.html").read_text()


def test_the_card_of_a_model_counts_all_documents(model, corpus, sharded):
    from gloctm.export import model_card

    assert model_card(model, corpus=sharded) == model_card(model, corpus=corpus)


def test_theta_of_shards_is_that_of_the_corpus(model, corpus, sharded):
    found, expected = model.transform(sharded), model.transform(Corpus.load(sharded.path))
    for code in corpus:
        np.testing.assert_allclose(found[code], expected[code], atol=1e-6)

"""The default method on a corpus in shards: the model of the same corpus in memory, found in a bounded sample."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gloctm import Corpus, GloCTM, ShardedCorpus
from gloctm.context import coherent_words
from gloctm.context.train import described_sample
from gloctm.corpus import shard_files
from gloctm.demo import demo_records
from gloctm.errors import InputError
from planted import planted_corpus

TESTS = Path(__file__).resolve().parent.parent
#: Documents per language that topics are found in here: fewer than there are.
FITTED = 90


@pytest.fixture(autouse=True, scope="module")
def _small():
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", 64)
        monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", 16)
        for module in ("fit", "train"):
            monkeypatch.setattr(f"gloctm.context.{module}.FITTED_DOCUMENTS", FITTED)
        yield


@pytest.fixture(scope="module")
def planted() -> Corpus:
    return planted_corpus(("en", "de"), documents={"en": 203, "de": 150})


@pytest.fixture(scope="module")
def sharded(planted, tmp_path_factory) -> ShardedCorpus:
    return in_shards(planted, tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def split() -> Corpus:
    """Documents some of which are split into passages."""
    return Corpus.from_records(demo_records(["en", "de"]), passages=50, min_df=2, show_progress=False)


def in_shards(corpus: Corpus, folder: Path) -> ShardedCorpus:
    return ShardedCorpus.load(corpus.save(folder / "corpus", sharded=True))


def fitted(corpus, **settings) -> GloCTM:
    return GloCTM(**{"num_topics": 5, "threads": 1, "show_progress": False, **settings}).fit(corpus)


def same(first: GloCTM, second: GloCTM) -> bool:
    """Whether two models are one, but for the corpus' fingerprint and the last bits of mean proportions."""
    one, other = first.artifact(), second.artifact()
    shares = [np.concatenate(list(each.topic_shares.values())) for each in (one, other)]
    return (
        all(np.array_equal(array, other.weights[name]) for name, array in one.weights.items())
        and all(np.array_equal(array, second.word_scores_[code]) for code, array in first.word_scores_.items())
        and all(np.array_equal(array, other.word_embeddings[code]) for code, array in one.word_embeddings.items())
        and np.allclose(*shares, atol=1e-6, rtol=0)
        and all(
            getattr(one, field.name) == getattr(other, field.name)
            for field in dataclasses.fields(one)
            if field.name
            not in ("weights", "word_embeddings", "coherent_words", "topic_shares", "corpus_fingerprint", "environment")
        )
    )


def test_a_sample_in_shards_makes_the_model_of_the_corpus_in_memory(planted, sharded):
    model = fitted(sharded)
    assert same(model, fitted(planted))
    assert model.corpus_ is sharded
    assert model.corpus_fingerprint_ == sharded.fingerprint()
    assert model.vocabulary_ == {code: list(part.vocabulary) for code, part in planted.items()}


def test_topics_are_found_in_the_sample_alone(planted, sharded):
    # Others than the sampled documents change the means of proportions and nothing else.
    rows = {code: np.linspace(0, part.num_documents - 1, FITTED).round().astype(int) for code, part in planted.items()}
    assert all(len(each) < planted[code].num_documents for code, each in rows.items())
    # How many near documents are taken is chosen by the whole corpus.
    alone, model = (fitted(each, num_near_documents=5) for each in (planted.take(rows), sharded))
    assert all(np.array_equal(array, alone.weights_[name]) for name, array in model.weights_.items())
    assert alone.topic_shares_ != model.topic_shares_


def test_passages_in_shards(split, tmp_path):
    sharded = in_shards(split, tmp_path)
    assert sharded["en"].has_passages
    assert same(fitted(sharded, num_topics=8), fitted(split, num_topics=8))


@pytest.mark.parametrize(
    "settings",
    [
        {"num_topics": "auto"},
        {"seed_words": {"first": {"en": ["en-0-0", "en-0-1"]}, "second": {"de": ["de-1-2"]}}},
        {"num_near_documents": 0, "num_refinements": 0, "ranking": "weights"},
    ],
)
def test_settings_in_shards(planted, sharded, settings):
    model = fitted(sharded, **settings)
    assert same(model, fitted(planted, **settings))
    if "seed_words" in settings:
        assert model.labels_["de"] == {0: "first", 1: "second"}


def test_seed_words_that_are_unknown_are_named(sharded):
    with pytest.raises(InputError, match="'en-0-00' for topic 0, which is not in the vocabulary of 'en'"):
        fitted(sharded, seed_words=[{"en": ["en-0-00"]}])


def test_updates_in_shards(planted, sharded):
    model, other = fitted(sharded), fitted(planted)
    model.fit_more(sharded, num_topics=6, old_weight=1.0)
    other.fit_more(planted, num_topics=6, old_weight=1.0)
    assert same(model, other)
    assert [change["status"] for change in model.changes_] == [change["status"] for change in other.changes_]
    narrow = planted_corpus(("en", "de"), documents=80)
    narrow = narrow.with_embeddings("en", documents=narrow["en"].document_embeddings[:, :9])
    with pytest.raises(InputError, match="'en' have 9 dimensions"):
        model.fit_more(narrow)


def test_coherent_words_in_shards(planted, sharded):
    beta = fitted(planted).topic_word_
    one, other = coherent_words(planted, beta), coherent_words(sharded, beta)
    assert all(np.array_equal(one[code], other[code]) for code in beta)


def test_without_embeddings_it_says_what_to_run(planted, tmp_path):
    bare = Corpus({code: dataclasses.replace(part, document_embeddings=None) for code, part in planted.items()})
    sharded = in_shards(bare, tmp_path)
    with pytest.raises(InputError, match=rf"has no embeddings for 'en': run gloctm corpus embed {sharded.path} first"):
        fitted(sharded)


def test_other_dimensions_are_refused(planted, tmp_path):
    vectors = planted["en"].document_embeddings[:, :9]
    sharded = in_shards(planted.with_embeddings("en", documents=vectors), tmp_path)
    with pytest.raises(InputError, match=r"differ in dimension \(en 9, de 24\)"):
        fitted(sharded)


def test_what_is_sampled_is_said(sharded, capsys):
    fitted(sharded, show_progress=True)
    said = capsys.readouterr().err
    assert "topics are found in 90 of 203 documents in 'en' and 90 of 150 documents in 'de', evenly spread" in said
    assert described_sample({"en": FITTED, "de": 2}) == ""


def test_mean_proportions_do_not_depend_on_the_parts(planted, monkeypatch):
    model = fitted(planted)
    whole = model.shares_in(planted)
    for size in (1, 7, 1000):
        monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", size)
        parts = model.shares_in(planted)
        assert all(np.allclose(parts[code], whole[code], atol=1e-6, rtol=0) for code in whole)
    assert all(abs(sum(each) - 1) < 1e-6 for each in whole.values())


def test_a_language_without_any_word_has_equal_shares(planted):
    model = fitted(planted)
    part = planted["en"]
    empty = dataclasses.replace(part, counts=part.counts * 0)
    empty.counts.eliminate_zeros()
    assert model.shares_in({"en": empty, "de": planted["de"]})["en"] == pytest.approx([0.2] * 5)


KILLED = """
import sys
import warnings
warnings.simplefilter("ignore")
from gloctm.context import fit, train
fit.FITTED_DOCUMENTS = train.FITTED_DOCUMENTS = {fitted}

atomic_path = train.atomic_path

def told(path):
    print("writing", flush=True)
    return atomic_path(path)

train.atomic_path = told
from gloctm.cli.main import main
main()
"""


@pytest.mark.slow
def test_the_command_line_goes_on_after_a_kill_bit_for_bit(planted, sharded, tmp_path):
    model = tmp_path / "model"
    command = ["train", str(sharded.path), "-o", str(model), "--num-topics=5", "--threads=1", "-q", "--resume"]
    script = [sys.executable, "-c", KILLED.format(fitted=FITTED), *command]
    for lines in (1, 3):
        with subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(lines)]
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert all(told)
    assert (tmp_path / "model.checkpoint").exists()
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "model.checkpoint").exists()
    assert same(GloCTM.load(model), fitted(planted))

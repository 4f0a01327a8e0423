"""The estimator's contract: settings, fitted attributes, reproducibility, transform, topics."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from gloctm import Corpus, GloCTM
from gloctm.augmentation import augment
from gloctm.errors import EmptyDocumentWarning, InputError, TrainingError
from gloctm.inference import latent_means
from gloctm.network.network import GloCTMNetwork
from gloctm.network.sparse import SparseRows
from gloctm.presets import PRESETS
from planted import planted_corpus

QUICK = {"num_topics": 5, "epochs": 3, "batch_size": 32, "threads": 1, "show_progress": False}


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(("en", "de", "zh"), documents={"en": 90, "de": 70, "zh": 33})


@pytest.fixture(scope="module")
def model(corpus):
    return GloCTM(**QUICK).fit(corpus)


def weights_equal(first, second):
    return set(first.weights_) == set(second.weights_) and all(
        np.array_equal(array, second.weights_[name]) for name, array in first.weights_.items()
    )


def test_settings_are_stored_unchanged_and_cloned():
    given_settings = {"num_topics": np.int64(7), "kl_weight": 3, "random_state": None}
    model = GloCTM(**given_settings)
    for name, value in given_settings.items():
        assert model.get_params()[name] is value
    copy = clone(model.set_params(epochs=9))
    assert copy is not model
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "weights_")
    with pytest.raises(TypeError):
        GloCTM(7)  # settings are keyword-only


def test_nothing_works_before_fit(tmp_path):
    model = GloCTM()
    for act in (lambda: model.transform(["a"], lang="en"), model.topics, lambda: model.save(tmp_path / "m")):
        with pytest.raises(NotFittedError):
            act()


def test_fit_returns_self_and_sets_attributes(corpus):
    model = GloCTM(**QUICK)
    before = model.get_params()
    assert model.fit(corpus) is model
    assert model.get_params() == before
    assert model.languages_ == ("en", "de", "zh")
    assert model.seed_ == 0
    assert len(model.history_) == 3
    for epoch in model.history_:
        parts = epoch["local"] + epoch["shared"] + epoch["regularization"] + epoch["cka"]
        assert epoch["loss"] == pytest.approx(parts)
    assert model.history_[-1]["loss"] < model.history_[0]["loss"]
    for language in model.languages_:
        assert model.topic_word_[language].shape == (5, corpus[language].num_words)


def test_same_seed_same_result_bit_for_bit(corpus, model):
    again = GloCTM(**QUICK).fit(corpus)
    assert weights_equal(model, again)
    assert again.history_ == model.history_
    assert not weights_equal(model, GloCTM(**QUICK, random_state=1).fit(corpus))


def test_random_numbers_elsewhere_have_no_influence(corpus, model):
    torch.manual_seed(99)
    np.random.seed(99)
    state = torch.get_rng_state()
    assert weights_equal(model, GloCTM(**QUICK).fit(corpus))
    assert torch.equal(state, torch.get_rng_state())  # nor is any drawn from it


def test_no_seed_draws_a_fresh_one_and_keeps_it(corpus):
    quick = {**QUICK, "epochs": 1}
    first, second = (GloCTM(**quick, random_state=None).fit(corpus) for _ in range(2))
    assert first.seed_ != second.seed_
    assert not weights_equal(first, second)
    assert weights_equal(first, GloCTM(**quick, random_state=first.seed_).fit(corpus))


def test_dropout_repeats_too(corpus):
    first, second = (GloCTM(**{**QUICK, "epochs": 1}, dropout=0.3).fit(corpus) for _ in range(2))
    assert weights_equal(first, second)
    assert not weights_equal(first, GloCTM(**{**QUICK, "epochs": 1}).fit(corpus))


def test_thread_count_is_put_back(corpus):
    before = torch.get_num_threads()
    GloCTM(**{**QUICK, "epochs": 1}).fit(corpus)
    assert torch.get_num_threads() == before


def test_transform_gives_proportions_in_every_form_of_input(corpus, model):
    counts = corpus["de"].counts
    vocabulary = model.vocabulary_["de"]
    tokens = [
        [vocabulary[column] for column in row.nonzero()[0] for _ in range(row[column])] for row in counts.toarray()
    ]
    texts = [" ".join(words) for words in tokens]  # the planted corpus splits at spaces
    by_counts = model.transform(counts, lang="de")
    assert by_counts.shape == (70, 5)
    assert by_counts.dtype == np.float32
    assert (by_counts >= 0).all()
    np.testing.assert_allclose(by_counts.sum(axis=1), 1, atol=1e-6)
    for other in (counts.toarray(), sp.coo_array(counts), tokens, texts):
        np.testing.assert_array_equal(model.transform(other, lang="de"), by_counts)
    np.testing.assert_array_equal(model.transform(corpus)["de"], by_counts)
    np.testing.assert_array_equal(model.transform({"de": tokens})["de"], by_counts)
    np.testing.assert_array_equal(model.transform(texts, ["de"] * 70), by_counts)


def test_transform_of_several_languages_keeps_the_order(model):
    texts = {"en": "en-0-1 en-0-2 en-0-3", "zh": "zh-4-1 zh-4-0", "de": "de-2-2 de-2-3"}
    order = ["zh", "en", "de", "en", "zh"]
    mixed = model.transform([texts[language] for language in order], order)
    for row, language in enumerate(order):
        np.testing.assert_allclose(mixed[row], model.transform([texts[language]], lang=language)[0], rtol=1e-5)


def test_latent_means_are_what_theta_is_the_softmax_of(corpus, model):
    means = model.transform(corpus["en"].counts, lang="en", latent=True)
    odds = np.exp(means - means.max(axis=1, keepdims=True))
    theta = model.transform(corpus["en"].counts, lang="en")
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), theta, rtol=1e-5)


def test_inference_agrees_with_torch(corpus, model):
    sizes = {language: part.num_words for language, part in corpus.items()}
    network = GloCTMNetwork(sizes, 5)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in model.weights_.items()})
    network.eval()
    shared = augment(
        {language: part.counts for language, part in corpus.items()},
        {language: part.word_embeddings for language, part in corpus.items()},
        3,
    )
    for language, part in corpus.items():
        cases = (
            (network.local_encoder[f"lang_{language}"], part.counts, f"local_encoder.lang_{language}"),
            (network.global_encoder, shared[language], "global_encoder"),
        )
        for encoder, counts, name in cases:
            with torch.no_grad():
                expected = encoder(SparseRows.from_scipy(counts), torch.zeros(counts.shape[0], 5)).mean.numpy()
            np.testing.assert_allclose(latent_means(counts, model.weights_, name), expected, atol=1e-5)


def test_documents_without_known_words_are_uniform(model):
    with pytest.warns(EmptyDocumentWarning, match="2 of 3 documents in 'en'"):
        theta = model.transform(["", "unheard of", "en-1-1 en-1-2"], lang="en")
    np.testing.assert_allclose(theta[:2], 0.2)
    assert theta[2].max() > 0.21
    with pytest.warns(EmptyDocumentWarning):
        assert (model.transform([[], ["en-1-1"]], lang="en", latent=True)[0] == 0).all()


def test_no_documents_give_no_rows(model):
    assert model.transform([], lang="en").shape == (0, 5)
    assert model.transform([], lang=[]).shape == (0, 5)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.one_of(st.sampled_from(["de-0-0", "de-3-1", "de-4-2"]), st.text(max_size=5)), max_size=30),
        max_size=6,
    )
)
@pytest.mark.filterwarnings("ignore::gloctm.errors.EmptyDocumentWarning")
def test_any_tokens_give_finite_rows_that_sum_to_one(model, documents):
    theta = model.transform(documents, lang="de")
    assert theta.shape == (len(documents), 5)
    assert np.isfinite(theta).all()
    np.testing.assert_allclose(theta.sum(axis=1), 1, atol=1e-5)


def test_enormous_counts_stay_finite(model):
    counts = np.full((1, len(model.vocabulary_["en"])), 10**6)
    assert np.isfinite(model.transform(counts, lang="en")).all()


@pytest.mark.parametrize(
    ("documents", "lang", "message"),
    [
        (["a"], "fr", "not trained on language 'fr'.*en, de, zh"),
        (["a"], "nonsense", "not a language code"),
        (["a"], None, "lang is missing"),
        ("one string", "en", "give a list of texts"),
        (np.zeros((2, 3)), "en", "3 columns.*60 words"),
        (np.full((1, 60), np.nan), "en", "NaN"),
        (-np.ones((1, 60)), "en", "negative"),
        (np.full((1, 60), 0.5), "en", "fractional"),
        ([["a"], "b"], "en", "document 1 is 'b'"),
        ([1, 2], "en", "document 0 is 1"),
        (["a", "b"], ["en"], "2 documents but 1 languages"),
    ],
)
def test_documents_that_cannot_be_read(model, documents, lang, message):
    with pytest.raises(InputError, match=message):
        model.transform(documents, lang)


def test_a_corpus_of_another_vocabulary_is_refused(model, corpus):
    other = planted_corpus(("en", "de"), words_per_topic=11)
    with pytest.raises(InputError, match="another vocabulary for 'en'"):
        model.transform(other)


def test_topics_are_the_heaviest_words(model):
    records = model.topics(4)
    assert [(record["topic"], record["language"]) for record in records] == [
        (topic, language) for topic in range(5) for language in model.languages_
    ]
    for record in records:
        weights = model.topic_word_[record["language"]][record["topic"]]
        order = np.argsort(-weights, kind="stable")[:4]
        assert record["words"] == [model.vocabulary_[record["language"]][column] for column in order]
        assert record["weights"] == sorted(record["weights"], reverse=True)
    assert [record["language"] for record in model.topics(4, languages=["cn", "en"])[:2]] == ["zh", "en"]
    assert len(model.topics(10**6)[0]["words"]) == 60


def test_topics_as_data_frames(model):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for output, kind in (("pandas", pandas.DataFrame), ("polars", polars.DataFrame)):
        frame = model.topics(3, output=output)
        assert isinstance(frame, kind)
        assert list(frame.columns) == ["topic", "language", "words", "weights"]
        assert len(frame) == 15
    for wrong in ({"output": "excel"}, {"num_words": 0}, {"languages": []}, {"languages": ["fr"]}):
        with pytest.raises(InputError):
            model.topics(**{"num_words": 3, **wrong})


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_complete_settings(name):
    model = GloCTM.from_preset(name, num_topics=9)
    assert model.get_params() == {**GloCTM().get_params(), **PRESETS[name], "num_topics": 9}


def test_published_presets_are_the_published_table():
    table = {"ecnews": (3, 4, 450), "amazon_review": (3, 3, 300), "rakuten_amazon": (12, 2, 450)}
    for name, (neighbors, kl_weight, cka_weight) in table.items():
        params = GloCTM.from_preset(name).get_params()
        assert (params["num_neighbors"], params["kl_weight"], params["cka_weight"]) == (
            neighbors,
            kl_weight,
            cka_weight,
        )
        assert (params["num_topics"], params["epochs"], params["batch_size"]) == (50, 150, 128)
        assert (params["learning_rate"], params["decay_every"], params["decay_factor"]) == (2e-3, 125, 0.5)
    with pytest.raises(InputError, match="no preset 'news'"):
        GloCTM.from_preset("news")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("num_topics", 1),
        ("num_topics", 0),
        ("num_topics", 2.5),
        ("num_topics", True),
        ("num_neighbors", -1),
        ("num_neighbors", 60),
        ("batch_size", 1),
        ("epochs", 0),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("kl_weight", -1),
        ("cka_weight", float("inf")),
        ("dropout", 1.0),
        ("decay_factor", 1.5),
        ("threads", 0),
        ("random_state", -1),
        ("random_state", "seven"),
        ("device", "abacus"),
        ("device", 3),
    ],
)
def test_wrong_settings_are_named(corpus, setting, value):
    with pytest.raises(InputError, match=setting):
        GloCTM(**{**QUICK, setting: value}).fit(corpus)


def test_fit_wants_a_corpus_with_embeddings(corpus):
    with pytest.raises(InputError, match=r"Corpus\.from_texts"):
        GloCTM(**QUICK).fit(["a text"])
    bare = Corpus.from_tokens({"en": [["a", "b"], ["b", "c"]], "de": [["x", "y"], ["y", "z"]]}, encoder=None)
    with pytest.raises(InputError, match=r"no embeddings for 'en'.*corpus\.embed"):
        GloCTM(**QUICK).fit(bare)


def test_divergence_is_an_error_not_a_model(corpus):
    with pytest.raises(TrainingError, match="not finite after epoch"):
        GloCTM(**{**QUICK, "learning_rate": 1e30}).fit(corpus)


def test_tiny_corpora_train():
    # Batches larger than the corpus; a language of one document.
    corpus = planted_corpus(("en", "de"), documents={"en": 2, "de": 1})
    model = GloCTM(**{**QUICK, "num_topics": 2}).fit(corpus)
    assert all(np.isfinite(array).all() for array in model.weights_.values())
    lonely = planted_corpus(("en", "de"), documents=1)
    with pytest.raises(InputError, match="at least two"):
        GloCTM(**QUICK).fit(lonely)


def test_progress_is_shown_on_request(corpus, capsys):
    GloCTM(**{**QUICK, "show_progress": True}).fit(corpus)
    captured = capsys.readouterr()
    assert captured.out == ""
    last = captured.err.strip().splitlines()[-1]
    for part in ("steps/s", "loss", "local", "global", "KL", "CKA"):
        assert part in last
    GloCTM(**QUICK).fit(corpus)
    assert capsys.readouterr().err == ""

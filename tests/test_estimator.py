"""The estimator's contract: settings, fitted attributes, reproducibility, transform, topics."""

from __future__ import annotations

import copy
import json
import pickle
import re
import shutil
import warnings
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_info

from command_line import change_manifest
from gloctm import Corpus, GloCTM
from gloctm.augmentation.counts import augment
from gloctm.context.coherence import SHARED_SCORE
from gloctm.errors import (
    EmptyDocumentWarning,
    FileFormatError,
    InputError,
    SmallCorpusWarning,
    TrainingError,
)
from gloctm.model.inference import latent_means
from gloctm.network.network import GloCTMNetwork
from gloctm.network.sparse import SparseRows
from gloctm.training.presets import PRESETS
from gloctm.training.settings import CONTEXT_SETTINGS, PUBLISHED_SETTINGS
from planted import planted_corpus
from warned import of_category

# Planted corpora are small on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::gloctm.errors.SmallCorpusWarning")

CONTEXT = {"num_topics": 5, "threads": 1, "show_progress": False}
PUBLISHED = {
    **{"method": "published", "num_topics": 5, "epochs": 3, "batch_size": 32},
    **{"threads": 1, "show_progress": False},
}
METHODS = {"context": CONTEXT, "published": PUBLISHED}


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(("en", "de", "zh"), documents={"en": 90, "de": 70, "zh": 33})


@pytest.fixture(scope="module", params=METHODS)
def quick(request):
    """Settings of each method, by which ``model`` was trained."""
    return METHODS[request.param]


@pytest.fixture(scope="module")
def model(corpus, quick):
    return GloCTM(**quick).fit(corpus)


@pytest.fixture(scope="module")
def published(corpus):
    return GloCTM(**PUBLISHED).fit(corpus)


@pytest.fixture(scope="module")
def in_context(corpus):
    return GloCTM(**CONTEXT).fit(corpus)


def weights_equal(first, second):
    return set(first.weights_) == set(second.weights_) and all(
        np.array_equal(array, second.weights_[name]) for name, array in first.weights_.items()
    )


def test_settings_are_stored_unchanged_and_cloned():
    given_settings = {"num_topics": np.int64(7), "kl_weight": 3, "random_state": None}
    model = GloCTM(**given_settings)
    for name, value in given_settings.items():
        assert model.get_params()[name] is value
    twin = clone(model.set_params(epochs=9))
    assert twin is not model
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "weights_")
    assert GloCTM().method == "context"
    with pytest.raises(TypeError):
        GloCTM(7)  # settings are keyword-only


def test_nothing_works_before_fit(tmp_path):
    model = GloCTM()
    for act in (lambda: model.transform(["a"], language="en"), model.topics, lambda: model.save(tmp_path / "m")):
        with pytest.raises(NotFittedError):
            act()


def test_fit_returns_self_and_sets_attributes(corpus, quick):
    model = GloCTM(**quick)
    before = model.get_params()
    assert model.fit(corpus) is model
    assert model.get_params() == before
    assert model.languages_ == ("en", "de", "zh")
    assert model.seed_ == 0
    assert set(model.topic_word_) == set(model.word_scores_) == set(model.languages_)
    for language in model.languages_:
        for numbers in (model.topic_word_[language], model.word_scores_[language]):
            assert numbers.shape == (5, corpus[language].num_words)
            assert numbers.dtype == np.float32
            assert np.isfinite(numbers).all()


def test_the_history_of_the_published_method_is_its_loss(published):
    assert len(published.history_) == 3
    for epoch in published.history_:
        parts = epoch["local"] + epoch["shared"] + epoch["regularization"] + epoch["cka"]
        assert epoch["loss"] == pytest.approx(parts)
    assert published.history_[-1]["loss"] < published.history_[0]["loss"]


def test_the_context_method_has_no_history_and_gives_probabilities(in_context):
    assert in_context.history_ == []
    for beta in in_context.topic_word_.values():
        np.testing.assert_allclose(np.exp(beta).sum(axis=1), 1, atol=1e-4)


# What is not given is chosen by the corpus: half of the smallest language's 33 documents a topic.
FITTED = {
    "context": lambda model: {
        **{name: value for name, value in GloCTM().get_params().items() if name not in PUBLISHED_SETTINGS},
        **{"ranking": "coherence", "num_near_documents": 3, "temperature": model.settings_["temperature"]},
        **CONTEXT,
    },
    "published": lambda model: {
        **{name: value for name, value in GloCTM().get_params().items() if name not in CONTEXT_SETTINGS},
        **{"ranking": "weights"},
        **PUBLISHED,
    },
}
CHANGES = {
    "context": {"num_refinements": 2, "temperature": 0.5},
    "published": {"kl_weight": 77.0, "epochs": 1},
}


def test_settings_of_the_fit_outlive_set_params(corpus, model, tmp_path):
    method = model.method
    changed = copy.deepcopy(model).set_params(num_topics=9, random_state=5, **CHANGES[method])
    assert changed.get_params()["num_topics"] == 9
    assert changed.settings_ == model.settings_ == FITTED[method](model)
    # Nor does another method change what was fitted.
    changed.set_params(method=next(other for other in METHODS if other != method))
    # What was fitted answers as before, in every form.
    texts, languages = ["zh-4-1 zh-4-0", "en-0-1 en-0-2", "de-2-2"], ["zh", "en", "de"]
    mixed = changed.transform(texts, languages)
    assert mixed.shape == (3, 5)
    np.testing.assert_array_equal(mixed, model.transform(texts, languages))
    np.testing.assert_array_equal(changed.transform(corpus)["de"], model.transform(corpus)["de"])
    assert changed.topics(3) == model.topics(3)
    # And is what is saved.
    loaded = GloCTM.load(changed.save(tmp_path / "model"))
    assert loaded.settings_ == model.settings_
    assert loaded.get_params() == {**GloCTM().get_params(), **model.settings_}
    assert loaded.seed_ == 0
    np.testing.assert_array_equal(loaded.transform(texts, languages), mixed)
    # The next fit has the new ones.
    again = changed.set_params(method=method).fit(corpus)
    assert (again.settings_["num_topics"], again.seed_) == (9, 5)
    assert {name: again.settings_[name] for name in CHANGES[method]} == CHANGES[method]
    assert again.transform(texts, languages).shape == (3, 9)


# One that is noticed before training, one within it.
FAILING = {
    "context": ({"num_topics": 1}, {"num_topics": 200}),
    "published": ({"num_topics": 1}, {"learning_rate": 1e9}),
}


def test_a_failed_fit_leaves_the_former_one(corpus, model):
    changed = copy.deepcopy(model)
    for wrong in FAILING[model.method]:
        with pytest.raises((InputError, TrainingError)):
            changed.set_params(**{**METHODS[model.method], **wrong}).fit(corpus)
        assert changed.settings_ == model.settings_
        assert weights_equal(changed, model)


NUMBERS_OF_BOTH = {
    "num_topics": np.int64(5),
    "random_state": np.uint64(2**63),
    "threads": np.int8(1),
    "show_progress": np.bool_(False),
}
CONTEXT_NUMBERS = {
    **NUMBERS_OF_BOTH,
    "num_near_documents": np.uint8(4),
    "num_refinements": np.int16(2),
    "temperature": Fraction(1, 8),
}
NUMBERS = {
    **NUMBERS_OF_BOTH,
    "method": "published",
    "num_neighbors": np.uint8(3),
    "kl_weight": Fraction(9, 2),
    "cka_weight": np.float32(450),
    "local_hidden_size": np.int16(7),
    "epochs": np.int32(2),
    "batch_size": np.uint16(32),
    "dropout": np.float64(0),
    "learning_rate": Fraction(1, 500),
    "decay_factor": 1,
}


@pytest.mark.parametrize("numbers", [CONTEXT_NUMBERS, NUMBERS], ids=METHODS)
def test_numbers_of_every_kind_are_settings(corpus, tmp_path, numbers):
    model = GloCTM(**numbers).fit(corpus)
    for name, value in numbers.items():
        assert model.get_params()[name] is value
        plain = model.settings_[name]
        assert type(plain) in (int, float, bool) or name == "method", name
        assert plain == (float(value) if type(plain) is float else value), name
    assert type(model.seed_) is int
    assert weights_equal(model, GloCTM(**model.settings_).fit(corpus))
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    assert loaded.get_params() == {**GloCTM().get_params(), **model.settings_}
    assert type(loaded.get_params()["kl_weight"]) is float


@pytest.mark.parametrize("value", [True, False, np.bool_(True), np.bool_(False), 1, 0])
def test_progress_is_a_matter_of_truth(corpus, quick, capsys, value):
    model = GloCTM(**{**quick, "show_progress": value}).fit(corpus)
    assert (capsys.readouterr().err != "") == bool(value)
    assert model.settings_["show_progress"] is bool(value)


def test_same_seed_same_result_bit_for_bit(corpus, quick, model):
    again = GloCTM(**quick).fit(corpus)
    assert weights_equal(model, again)
    assert again.settings_ == model.settings_
    assert again.history_ == model.history_
    for language, scores in model.word_scores_.items():
        np.testing.assert_array_equal(again.word_scores_[language], scores)
    assert not weights_equal(model, GloCTM(**quick, random_state=1).fit(corpus))


def test_random_numbers_elsewhere_have_no_influence(corpus, quick, model):
    torch.manual_seed(99)
    np.random.seed(99)
    state, own = torch.get_rng_state(), np.random.get_state()[1].copy()
    assert weights_equal(model, GloCTM(**quick).fit(corpus))
    assert torch.equal(state, torch.get_rng_state())  # nor is any drawn from it
    np.testing.assert_array_equal(np.random.get_state()[1], own)


def test_no_seed_draws_a_fresh_one_and_keeps_it(corpus, quick):
    first, second = (GloCTM(**quick, random_state=None).fit(corpus) for _ in range(2))
    assert first.seed_ != second.seed_
    assert weights_equal(first, GloCTM(**quick, random_state=first.seed_).fit(corpus))


def test_dropout_repeats_too(corpus):
    first, second = (GloCTM(**{**PUBLISHED, "epochs": 1}, dropout=0.3).fit(corpus) for _ in range(2))
    assert weights_equal(first, second)
    assert not weights_equal(first, GloCTM(**{**PUBLISHED, "epochs": 1}).fit(corpus))


def test_thread_count_is_put_back(corpus, quick):
    def threads():
        return torch.get_num_threads(), [pool["num_threads"] for pool in threadpool_info()]

    before = threads()
    GloCTM(**{**quick, "threads": 2}).fit(corpus)
    assert threads() == before


def test_transform_gives_proportions_in_every_form_of_input(corpus, model):
    counts = corpus["de"].counts
    vocabulary = model.vocabulary_["de"]
    tokens = [
        [vocabulary[column] for column in row.nonzero()[0] for _ in range(row[column])] for row in counts.toarray()
    ]
    texts = [" ".join(words) for words in tokens]  # the planted corpus splits at spaces
    by_counts = model.transform(counts, language="de")
    assert by_counts.shape == (70, 5)
    assert by_counts.dtype == np.float32
    assert (by_counts >= 0).all()
    np.testing.assert_allclose(by_counts.sum(axis=1), 1, atol=1e-6)
    for other in (counts.toarray(), sp.coo_array(counts), tokens, texts):
        np.testing.assert_array_equal(model.transform(other, language="de"), by_counts)
    np.testing.assert_array_equal(model.transform(corpus)["de"], by_counts)
    np.testing.assert_array_equal(model.transform({"de": tokens})["de"], by_counts)
    np.testing.assert_array_equal(model.transform(texts, ["de"] * 70), by_counts)


def test_data_frames_of_counts_are_counts(corpus, model):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    counts = corpus["de"].counts
    expected = model.transform(counts, language="de")
    words = model.vocabulary_["de"]
    for frame in (
        pandas.DataFrame(counts.toarray(), columns=words),
        pandas.DataFrame(counts.toarray().astype(float)),
        pandas.DataFrame.sparse.from_spmatrix(sp.csr_matrix(counts), columns=words),
        polars.DataFrame(counts.toarray(), schema=words),
    ):
        np.testing.assert_array_equal(model.transform(frame, language="de"), expected)
        np.testing.assert_array_equal(model.transform({"de": frame})["de"], expected)
    with pytest.raises(InputError, match="59 columns but the model's vocabulary has 60 words"):
        model.transform(pandas.DataFrame(counts.toarray()[:, 1:]), language="de")
    for texts in (pandas.Series(["de-0-1"]), polars.Series(["de-0-1"]), np.asarray(["de-0-1"])):
        np.testing.assert_array_equal(model.transform(texts, language="de"), model.transform(["de-0-1"], language="de"))
    # A table with texts is neither a list of texts nor counts.
    with pytest.raises(InputError):
        model.transform(pandas.DataFrame({"text": ["de-0-1"]}), language="de")


def test_a_language_beside_documents_by_language_is_refused(corpus, model):
    for documents in (corpus, {"en": ["en-0-1"]}):
        for lang in ("en", ["en", "de"], "nonsense"):
            with pytest.raises(InputError, match="the documents are already grouped by language"):
                model.transform(documents, lang)


class Untouchable(list):
    """Documents that must not be looked at."""

    def __iter__(self):
        raise AssertionError("work was done before the languages were checked")


def test_an_unknown_language_is_noticed_before_any_work(model, monkeypatch):
    monkeypatch.setattr("gloctm.model.evidence.documents_to_counts", Untouchable.__iter__)
    for act in (
        lambda: model.transform({"en": Untouchable(), "fr": Untouchable()}),
        lambda: model.transform(["en-0-1", "mot"], ["en", "fr"]),
        # The corpus' words are by some encoder, the model's are own vectors.
        lambda: model.transform(Corpus(dict(planted_corpus(("en", "fr"), documents=3)), word_encoder="another")),
        lambda: model.transform(Corpus.from_tokens({"en": [["a", "b"]], "fr": [["c", "d"]]}, encoder=None)),
    ):
        with pytest.raises(InputError, match=r"not trained on language 'fr': it knows en, de, zh"):
            act()


def test_transform_of_several_languages_keeps_the_order(model):
    texts = {"en": "en-0-1 en-0-2 en-0-3", "zh": "zh-4-1 zh-4-0", "de": "de-2-2 de-2-3"}
    order = ["zh", "en", "de", "en", "zh"]
    mixed = model.transform([texts[language] for language in order], order)
    for row, language in enumerate(order):
        np.testing.assert_allclose(mixed[row], model.transform([texts[language]], language=language)[0], rtol=1e-5)


def test_latent_means_are_what_theta_is_the_softmax_of(corpus, model):
    means = model.transform(corpus["en"].counts, language="en", latent=True)
    odds = np.exp(means - means.max(axis=1, keepdims=True))
    theta = model.transform(corpus["en"].counts, language="en")
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), theta, rtol=1e-5)


def test_inference_agrees_with_torch(corpus, published):
    sizes = {language: part.num_words for language, part in corpus.items()}
    network = GloCTMNetwork(sizes, 5)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in published.weights_.items()})
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
            np.testing.assert_allclose(latent_means(counts, published.weights_, name), expected, atol=1e-5)


def test_documents_without_known_words_are_uniform(model):
    with pytest.warns(EmptyDocumentWarning, match="2 of 3 documents in 'en'"):
        theta = model.transform(["", "unheard of", "en-1-1 en-1-2"], language="en")
    np.testing.assert_allclose(theta[:2], 0.2)
    assert theta[2].max() > 0.21
    with pytest.warns(EmptyDocumentWarning):
        assert (model.transform([[], ["en-1-1"]], language="en", latent=True)[0] == 0).all()


def test_no_documents_give_no_rows(model):
    assert model.transform([], language="en").shape == (0, 5)
    assert model.transform([], language=[]).shape == (0, 5)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.one_of(st.sampled_from(["de-0-0", "de-3-1", "de-4-2"]), st.text(max_size=5)), max_size=30),
        max_size=6,
    )
)
@pytest.mark.filterwarnings("ignore::gloctm.errors.EmptyDocumentWarning")
def test_any_tokens_give_finite_rows_that_sum_to_one(model, documents):
    theta = model.transform(documents, language="de")
    assert theta.shape == (len(documents), 5)
    assert np.isfinite(theta).all()
    np.testing.assert_allclose(theta.sum(axis=1), 1, atol=1e-5)


def test_enormous_counts_stay_finite(model):
    counts = np.full((1, len(model.vocabulary_["en"])), 10**6)
    assert np.isfinite(model.transform(counts, language="en")).all()


@pytest.mark.parametrize(
    ("documents", "lang", "message"),
    [
        (["a"], "fr", "not trained on language 'fr'.*en, de, zh"),
        (["a"], "nonsense", "not a language code"),
        (["a"], None, "language is missing"),
        ("one string", "en", "give a list of texts"),
        (np.zeros((2, 3)), "en", "3 columns.*60 words"),
        (np.full((1, 60), np.nan), "en", "NaN"),
        (-np.ones((1, 60)), "en", "negative"),
        (np.full((1, 60), 0.5), "en", "fractional"),
        ([["a"], "b"], "en", "document 1 is 'b'"),
        ([1, 2], "en", "document 0 is 1"),
        (["a", "b"], ["en"], "2 documents but 1 language:"),
    ],
)
def test_documents_that_cannot_be_read(model, documents, lang, message):
    with pytest.raises(InputError, match=message):
        model.transform(documents, lang)


def test_a_corpus_of_another_vocabulary_is_refused(model, corpus):
    other = planted_corpus(("en", "de"), words_per_topic=11)
    with pytest.raises(InputError, match="another vocabulary for 'en'"):
        model.transform(other)


@pytest.mark.parametrize("ranking", [None, "weights"])
def test_topics_are_the_heaviest_words(model, ranking):
    ranked = model.word_scores_ if ranking is None else model.topic_word_
    records = model.topics(4, ranking=ranking)
    assert [(record["topic"], record["language"]) for record in records] == [
        (topic, language) for topic in range(5) for language in model.languages_
    ]
    for record in records:
        weights = ranked[record["language"]][record["topic"]]
        order = np.argsort(-weights, kind="stable")[:4]
        assert record["words"] == [model.vocabulary_[record["language"]][column] for column in order]
        assert record["weights"] == sorted(record["weights"], reverse=True)
    assert [record["language"] for record in model.topics(4, languages=["cn", "en"])[:2]] == ["zh", "en"]
    assert len(model.topics(10**6)[0]["words"]) == 60


def test_words_are_ranked_by_weights_as_published(published):
    for language, beta in published.topic_word_.items():
        np.testing.assert_array_equal(published.word_scores_[language], beta)
    assert published.coherent_words_ == {}
    for wrong, message in (
        ("coherence", r"the model was trained with ranking='weights': leave it out"),
        ("frequency", "ranking is 'frequency': it must be coherence or weights, or None"),
    ):
        with pytest.raises(InputError, match=message):
            published.topics(ranking=wrong)


@pytest.mark.parametrize("settings", METHODS.values(), ids=METHODS)
def test_words_ranked_by_coherence_come_before_all_others(corpus, settings):
    model = GloCTM(**settings, ranking="coherence").fit(corpus)
    assert model.topics(60) == model.topics(60, ranking="coherence") != model.topics(60, ranking="weights")
    assert set(model.coherent_words_) == set(corpus)
    for language, coherent in model.coherent_words_.items():
        scores = model.word_scores_[language]
        chosen = coherent > 0
        assert chosen.any(axis=1).all()
        np.testing.assert_array_equal(scores[chosen], coherent[chosen])
        assert scores[~chosen].max() < 0 < scores[chosen].min()
        assert scores.max() <= 1
        # Where a word scores highest, and in other topics only where it does so nearly as high.
        assert (coherent[chosen] >= (SHARED_SCORE * coherent.max(axis=0) * chosen)[chosen]).all()


def test_topics_as_data_frames(model):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for output, kind in (("pandas", pandas.DataFrame), ("polars", polars.DataFrame)):
        frame = model.topics(3, output=output)
        assert isinstance(frame, kind)
        assert list(frame.columns) == ["topic", "language", "words", "weights"]
        assert len(frame) == 15
    for wrong in ({"output": "excel"}, {"num_words": 0}, {"languages": []}, {"languages": "en"}, {"languages": ["fr"]}):
        with pytest.raises(InputError):
            model.topics(**{"num_words": 3, **wrong})


def test_a_number_of_words_that_is_none_is_refused(model):
    with pytest.raises(InputError, match=r"num_words is 2.5: it must be a whole number"):
        model.topics(2.5)


def test_topics_of_one_string_are_refused(model):
    with pytest.raises(InputError, match=r"languages is one string: give a list, for example \['en'\]"):
        model.topics(languages="en")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_complete_settings(name):
    model = GloCTM.from_preset(name, num_topics=9)
    assert model.get_params() == {**GloCTM().get_params(), **PRESETS[name], "num_topics": 9}


def test_published_presets_are_the_published_table():
    table = {
        **{"published": (3, 4, 450), "ecnews": (3, 4, 450)},
        **{"amazon_review": (3, 3, 300), "rakuten_amazon": (12, 2, 450)},
    }
    assert set(table) == set(PRESETS)
    for name, (neighbors, kl_weight, cka_weight) in table.items():
        params = GloCTM.from_preset(name).get_params()
        assert (params["num_neighbors"], params["kl_weight"], params["cka_weight"]) == (
            neighbors,
            kl_weight,
            cka_weight,
        )
        assert (params["method"], params["ranking"]) == ("published", None)
        assert (params["num_topics"], params["epochs"], params["batch_size"]) == (50, 150, 128)
        assert (params["learning_rate"], params["decay_every"], params["decay_factor"]) == (2e-3, 125, 0.5)
    for name in ("news", "demo"):
        with pytest.raises(InputError, match=f"no preset '{name}'"):
            GloCTM.from_preset(name)


WRONG = [
    ("num_topics", 1),
    ("num_topics", 0),
    ("num_topics", 2.5),
    ("num_topics", True),
    ("num_topics", Fraction(5)),
    ("method", "neural"),
    ("method", None),
    ("ranking", "frequency"),
    ("ranking", ""),
    ("threads", 0),
    ("threads", 1.5),
    ("random_state", -1),
    ("random_state", "seven"),
    ("random_state", True),
    ("random_state", 1.0),
    ("show_progress", "yes"),
    ("show_progress", None),
]
WRONG_OF_ONE = {
    "context": [
        ("num_near_documents", -1),
        ("num_near_documents", 2.5),
        ("num_near_documents", True),
        ("num_refinements", -1),
        ("num_refinements", None),
        ("temperature", 0),
        ("temperature", -0.1),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("temperature", "warm"),
        ("temperature", True),
        ("seed_words", "train"),
        ("seed_weight", -1),
    ],
    "published": [
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
        ("device", "abacus"),
        ("device", "mps"),
        ("device", "meta"),
        ("device", "cuda:"),
        ("device", "cpu\n"),
        ("device", 3),
        ("kl_weight", "4"),
        ("kl_weight", np.bool_(True)),
    ],
}


@pytest.mark.parametrize(
    ("method", "setting", "value"),
    [(method, *wrong) for method in METHODS for wrong in (*WRONG, *WRONG_OF_ONE[method])],
)
def test_wrong_settings_are_named(corpus, method, setting, value):
    with pytest.raises(InputError, match=f"^{setting} is "):
        GloCTM(**{**METHODS[method], setting: value}).fit(corpus)


OTHER_VALUES = {
    **{"neighbor_search": "approximate", "schedule": "cosine", "device": "cpu"},
    **{"dropout": 0.5, "decay_factor": 0.25, "min_improvement": 0.5},
    "seed_words": {"rail": {"en": ["train"]}},
}


@pytest.mark.parametrize(
    ("method", "setting"),
    [("context", name) for name in PUBLISHED_SETTINGS] + [("published", name) for name in CONTEXT_SETTINGS],
)
def test_a_setting_of_the_other_method_is_refused(corpus, method, setting):
    other = next(name for name in METHODS if name != method)
    message = (
        f"^{setting} is given, a setting of method='{other}', but the method is '{method}': leave {setting} out, or "
        f"give method='{other}'$"
    )
    model = GloCTM(**{**METHODS[method], setting: OTHER_VALUES.get(setting, 7)})
    with pytest.raises(InputError, match=message):
        model.fit(corpus)
    # That it has none of its own is no reason to refuse what is the default anyway.
    model.set_params(**{setting: GloCTM().get_params()[setting]}).fit(corpus)


def test_a_way_to_infer_is_chosen_of_published_models_alone(corpus, in_context):
    model = in_context
    for via in ("local", "global", "both"):
        for documents, lang in ((corpus, None), (["en-0-1"], "en")):
            with pytest.raises(InputError, match=f"via is '{via}', but the model has one way to infer.*leave via out"):
                model.transform(documents, lang, via=via)
    with pytest.raises(InputError, match="via is 'train': it must be local, global, both, or None"):
        model.transform(corpus, via="train")


def test_divergence_is_an_error_not_a_model(corpus):
    with pytest.raises(TrainingError, match="not finite in epoch"):
        GloCTM(**{**PUBLISHED, "learning_rate": 1e9}).fit(corpus)


@pytest.mark.filterwarnings("ignore::gloctm.errors.SeparateLanguageWarning")
def test_tiny_corpora_train(quick):
    # Batches larger than the corpus, and fewer documents than are to be near.
    corpus = planted_corpus(("en", "de"), documents={"en": 3, "de": 2})
    model = GloCTM(**{**quick, "num_topics": 2}).fit(corpus)
    assert all(np.isfinite(array).all() for array in model.weights_.values())


@pytest.mark.parametrize("documents", [1, {"en": 120, "de": 1}])
def test_a_language_of_one_document_is_refused(quick, documents):
    lonely = planted_corpus(("en", "de"), documents=documents)
    language = "en" if documents == 1 else "de"
    message = (
        f"language '{language}' has one document: training needs at least two in each language; add documents or leave "
        "the language out"
    )
    model = GloCTM(**quick)
    with pytest.raises(InputError, match=message):
        model.fit(lonely)
    assert not hasattr(model, "weights_")


def test_a_regional_variant_of_one_document_is_to_be_merged(quick):
    lonely = planted_corpus(("en", "en-GB"), documents={"en": 120, "en-GB": 1})
    message = (
        "two in each language; merge it into 'en' by building the corpus with merge_regions=True, or add documents"
    )
    with pytest.raises(InputError, match=message):
        GloCTM(**quick).fit(lonely)


@pytest.mark.filterwarnings("always::gloctm.errors.SmallCorpusWarning")
def test_small_corpora_are_warned_of():
    model = GloCTM(**CONTEXT)
    with pytest.warns(SmallCorpusWarning) as caught:
        model.fit(planted_corpus(("en", "de", "zh"), documents={"en": 100, "de": 14, "zh": 13}))
    caught = of_category(caught, SmallCorpusWarning)
    # Of the smallest alone.
    assert [str(warning.message) for warning in caught] == [
        "language 'zh' has 13 documents for 5 topics, too few to distinguish that many topics: ask for about 2 topics "
        "(num_topics=2 or num_topics='auto'), or add documents"
    ]
    assert {warning.filename for warning in caught} == {__file__}
    with warnings.catch_warnings():
        warnings.simplefilter("error", SmallCorpusWarning)
        model.fit(planted_corpus(("en", "de"), documents=75))
        # Steps of training are what counts there, not documents.
        GloCTM(**{**PUBLISHED, "epochs": 1}).fit(planted_corpus(("en", "de"), documents=5))


def test_both_encoders_give_the_mean_of_their_means(corpus, published):
    local, shared, both = (published.transform(corpus, via=via, latent=True) for via in ("local", "global", "both"))
    for code in corpus:
        np.testing.assert_allclose(both[code], (local[code] + shared[code]) / 2, rtol=1e-6)
    np.testing.assert_allclose(published.transform(corpus, via="both")["en"].sum(axis=1), 1, rtol=1e-5)


# Copies


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])  # noqa: S301  bytes of its own
def test_a_fitted_model_can_be_copied_and_pickled(model, corpus, tmp_path, duplicate):
    twin = duplicate(model)
    assert twin.get_params() == model.get_params()
    assert twin.settings_ == model.settings_
    assert twin.languages_ == model.languages_
    assert weights_equal(twin, model)
    assert twin.topics(3) == model.topics(3)
    for language, theta in model.transform(corpus).items():
        np.testing.assert_array_equal(twin.transform(corpus)[language], theta)
    twin.save(tmp_path / "twin")
    model.save(tmp_path / "model")
    for file in (tmp_path / "model").iterdir():
        assert (tmp_path / "twin" / file.name).read_bytes() == file.read_bytes()
    assert weights_equal(clone(twin).fit(corpus), model)


# Tokenizers of one's own


class Bars:
    """A tokenizer with a name of its own."""

    name = "bars"

    def __call__(self, text):
        return text.split("|")


def cut_at_bars(text):
    return text.split("|")


@pytest.fixture(scope="module", params=[Bars(), cut_at_bars], ids=["named", "function"])
def own(request, quick):
    """A model of texts that a tokenizer of one's own cut, and that tokenizer."""
    texts = {
        "en": ["red bus|river bank", "river bank|sea shore", "sea shore|red bus"] * 2,
        "zh-Hant": ["音樂 足球", "足球 天氣", "天氣 音樂"] * 2,
        "de": ["Fluss Boot", "Boot Hafen", "Hafen Fluss"] * 2,
    }
    made = Corpus.from_texts(
        texts, tokenizers={"en": request.param, "zh-Hant": str.split}, max_df=1.0, show_progress=False
    )
    few = {"num_topics": 2, **({"num_neighbors": 1} if quick is PUBLISHED else {})}
    return GloCTM(**{**quick, **few}).fit(made), request.param


def test_a_tokenizer_of_ones_own_works_right_after_fit(own):
    model, tokenizer = own
    assert model.tokenizers_ == {"en": getattr(tokenizer, "name", "custom"), "zh-Hant": "custom", "de": "unicode"}
    by_words = model.transform([["red bus", "sea shore"]], language="en")
    np.testing.assert_array_equal(model.transform(["red bus|sea shore"], language="en"), by_words)
    np.testing.assert_allclose(model.transform(["天氣", "red bus|sea shore"], ["zh-hant", "en"])[1], by_words[0])
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301  bytes of its own
        np.testing.assert_array_equal(twin.transform(["red bus|sea shore"], language="en"), by_words)


def test_a_tokenizer_of_ones_own_after_load(own, tmp_path):
    model, tokenizer = own
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    with pytest.raises(InputError) as caught:
        loaded.transform(["red bus"], language="en")
    assert str(caught.value) == (
        f"the texts of 'en' were cut by a tokenizer of your own ({getattr(tokenizer, 'name', 'custom')}): "
        "load the model with tokenizers={'en': ...}, or give lists of words"
    )
    # The cures cure.
    by_words = loaded.transform([["red bus"]], language="en")
    again = GloCTM.load(tmp_path / "model", tokenizers={"EN": tokenizer, "zh_hant": str.split})
    np.testing.assert_array_equal(again.transform(["red bus"], language="en"), by_words)
    assert again.transform(["天氣"], language="zh-Hant").shape == (1, 2)
    assert again.transform(["Fluss"], language="de").shape == (1, 2)
    with pytest.raises(InputError, match="not a language code"):
        GloCTM.load(tmp_path / "model", tokenizers={"nonsense": tokenizer})


def test_a_code_with_a_script_works_throughout(own, tmp_path):
    """Traditional Chinese, from texts to a loaded model."""
    loaded = GloCTM.load(own[0].save(tmp_path / "model"))
    assert loaded.languages_ == ("en", "zh-Hant", "de")
    assert {name for name in loaded.weights_ if name.endswith("lang_zh-Hant")} >= {"topic_word.lang_zh-Hant"}
    assert loaded.topic_word_["zh-Hant"].shape == (2, 3)
    words = [["天氣", "足球"], ["音樂"]]
    expected = own[0].transform(words, language="zh-Hant")
    for spelling in ("zh-Hant", "zh_Hant", "ZH-HANT"):
        np.testing.assert_array_equal(loaded.transform(words, language=spelling), expected)
        assert loaded.topics(2, languages=[spelling])[0]["language"] == "zh-Hant"
    # Without the script it is another language, known by its links alone.
    if loaded.method == "published":
        with pytest.raises(InputError, match="not trained on language 'zh'"):
            loaded.transform(words, language="zh", via="local")
    assert loaded.transform(words, language="zh").shape == (2, 2)


def test_nothing_is_a_map_of_the_corpus_folder(corpus, quick, tmp_path):
    loaded = Corpus.load(corpus.save(tmp_path / "corpus"))
    model = GloCTM(**quick).fit(loaded)
    for array in (*model.word_embeddings_.values(), *model.weights_.values(), *model.word_scores_.values()):
        while array is not None:
            assert not isinstance(array, np.memmap)
            array = array.base
    for language in corpus:
        np.testing.assert_array_equal(model.word_embeddings_[language], corpus[language].word_embeddings)


DAMAGED_OF_BOTH = [
    ("random_state", "seven", r"settings\.random_state should be a valid integer"),
    ("random_state", -3, r"settings\.random_state should be greater than or equal to 0"),
    ("random_state", [], r"settings\.random_state should be a valid integer"),
    ("show_progress", [], r"settings\.show_progress should be a valid boolean"),
    ("threads", 0, r"settings\.threads should be greater than or equal to 1"),
    ("ranking", "frequency", r"settings\.ranking should be 'coherence' or 'weights'"),
    ("color", "blue", r"saved by another version of gloctm, with settings unknown here \(color\): use"),
]
DAMAGED = {
    "context": [
        *DAMAGED_OF_BOTH,
        ("num_topics", 1, "its topic_shares can't be read"),
        ("num_refinements", 2.5, r"settings\.num_refinements should be a valid integer"),
        ("num_refinements", -1, r"settings\.num_refinements should be greater than or equal to 0"),
        ("temperature", "0", r"settings\.temperature should be a valid number"),
        ("num_near_documents", -1, r"settings\.num_near_documents should be greater than or equal to 0"),
        ("temperature", "warm", r"settings\.temperature should be a valid number"),
        ("method", "published", "its history can't be read"),
        ("method", "neural", r"settings\.method should be 'context' or 'published'"),
    ],
    "published": [
        *DAMAGED_OF_BOTH,
        ("num_topics", 1, "its topic_shares can't be read"),
        ("kl_weight", "4", r"settings\.kl_weight should be a valid number"),
        ("kl_weight", -1, "kl_weight is -1: it must be 0 or more"),
        ("epochs", 0, r"settings\.epochs should be greater than or equal to 1"),
        ("epochs", 2.5, r"settings\.epochs should be a valid integer"),
        ("dropout", None, r"settings\.dropout should be a valid number"),
        ("dropout", "0", r"settings\.dropout should be a valid number"),
        ("device", "abacus", "device is 'abacus'"),
        ("method", "context", "document_encoder is missing"),
    ],
}


@pytest.fixture(scope="module")
def saved(corpus, tmp_path_factory):
    """The folders of a model of each method."""
    folder = tmp_path_factory.mktemp("saved")
    return {name: GloCTM(**given).fit(corpus).save(folder / name) for name, given in METHODS.items()}


@pytest.mark.parametrize(
    ("method", "name", "value", "message"), [(method, *each) for method in METHODS for each in DAMAGED[method]]
)
def test_a_damaged_setting_is_an_error_of_the_folder(saved, tmp_path, method, name, value, message):
    path = shutil.copytree(saved[method], tmp_path / "model")
    manifest = json.loads((path / "model.json").read_text(encoding="utf-8"))
    change_manifest(path, "model.json", settings={**manifest["settings"], name: value})
    with pytest.raises(FileFormatError, match=message) as caught:
        GloCTM.load(path)
    assert str(caught.value).startswith(str(path))


def test_progress_of_the_published_method_is_shown_on_request(corpus, capsys):
    GloCTM(**{**PUBLISHED, "show_progress": True}).fit(corpus)
    captured = capsys.readouterr()
    assert captured.out == ""
    last = captured.err.strip().splitlines()[-1]
    assert "steps/s" in last
    assert re.search(r"\(epoch (\d+) of \1\)$", last)
    GloCTM(**PUBLISHED).fit(corpus)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_topics": 5}, "GloCTM() has no setting 'n_topics': did you mean 'num_topics'?"),
        ({"K": 5}, "did you mean 'num_topics'?"),
        ({"seed": 5}, "did you mean 'random_state'?"),
        ({"temperatures": 5}, "did you mean 'temperature'?"),
        ({"zebra": 5}, "GloCTM() has no setting 'zebra': there are batch_size, cka_weight, "),
    ],
)
def test_unknown_settings_are_answered_with_the_nearest_name(given, message):
    with pytest.raises(TypeError) as caught:
        GloCTM(**given)
    assert message in str(caught.value)


def test_settings_are_given_by_name():
    with pytest.raises(TypeError, match=r"did you mean num_topics=20\?"):
        GloCTM(20)

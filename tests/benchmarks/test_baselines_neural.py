"""The bilingual neural baselines of the quality benchmark, and GloCTM in the form that it measures."""

from __future__ import annotations

import bz2
import codecs
import gzip
import json
import lzma

import baselines.training
import numpy as np
import pytest
import scipy.sparse as sp
import torch
import torch.nn.functional as F
from baselines.alignment import TopicAlignment
from baselines.dictionary import alignment_links, near_words, read_word_vectors, translation_matrix, vocabularies
from baselines.infoctm import InfoCTM, InfoCTMNetwork
from baselines.model import GloCTMModel
from baselines.nmtm import NMTM, NMTMNetwork, WordMap
from baselines.settings import comparable, fingerprint
from baselines.training import TrainingPlan, batch_sizes, train
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from gloctm import Corpus, GloCTM
from gloctm.corpus import LanguageCorpus
from gloctm.errors import FileFormatError, InputError, TrainingError
from gloctm.network.sparse import SparseRows
from gloctm.training.checkpoint import read_checkpoint, write_checkpoint
from paths import GOLDEN, ROOT
from planted import planted_corpus

# Trainings here are as short as they may be.

LANGUAGES = ("a", "b")
SIZES = {"a": 40, "b": 35}


# ---- golden numbers --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN / "baselines.npz", allow_pickle=False) as archive:
        return dict(archive)


def golden_arrays(golden, model, kind):
    """Parameters or gradients of a model by this project's names and orientation."""
    arrays = {}
    for name, array in golden.items():
        if name.startswith(f"{model}/{kind}/"):
            own = name.removeprefix(f"{model}/{kind}/").replace("logvar", "log_variance").replace("_bn", "_norm")
            for language in LANGUAGES:
                for module in ("phi", "encoder", "hidden1", "decoder_norm"):
                    own = own.replace(f"{module}_{language}", f"{module}.lang_{language}")
            arrays[own] = array.T if "hidden1" in own and own.endswith("weight") else array
    return arrays


def golden_inputs(golden):
    counts = {language: SparseRows.from_scipy(sp.csr_array(golden[f"bow_{language}"])) for language in LANGUAGES}
    return counts, {language: torch.from_numpy(golden[f"eps/{language}"]) for language in LANGUAGES}


def load(network, arrays):
    assert set(arrays) == {name for name, _ in network.named_parameters()}
    network.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()}, strict=False)
    return network.train()


def check_gradients(network, arrays):
    gradients = {name: parameter.grad.numpy() for name, parameter in network.named_parameters()}
    for name, expected in arrays.items():
        if ".mean.bias" in f".{name}" or ".log_variance.bias" in f".{name}":
            # Batch norm takes a constant away: these are zero but for rounding.
            assert abs(gradients[name]).max() < 1e-3
        else:
            assert np.linalg.norm(gradients[name] - expected) <= 1e-3 * np.linalg.norm(expected), name


def test_infoctm_meets_the_golden_step(golden):
    links, links_back = (sp.csr_array(golden[f"infoctm/positive_mask_{language}"]) for language in LANGUAGES)
    network = InfoCTMNetwork(
        SIZES,
        5,
        hidden_size=8,
        links=links,
        links_back=links_back,
        alignment_weight=float(golden["mi_weight"]),
        temperature=float(golden["mi_temperature"]),
    )
    load(network, golden_arrays(golden, "infoctm", "param"))
    terms = network.terms(*golden_inputs(golden))
    loss = sum(terms.values())
    loss.backward()
    terms = {name: term.item() for name, term in terms.items()}
    assert terms["a"] == pytest.approx(golden["infoctm/expected/loss_a"], rel=1e-5)
    assert terms["b"] == pytest.approx(golden["infoctm/expected/loss_b"], rel=1e-5)
    assert terms["alignment"] == pytest.approx(golden["infoctm/expected/loss_TAMI"], rel=1e-5)
    assert loss.item() == pytest.approx(golden["infoctm/expected/loss"], rel=1e-5)
    check_gradients(network, golden_arrays(golden, "infoctm", "grad"))


def test_infoctm_links_words_as_the_golden_masks_do(golden):
    near = [near_words(golden[f"word_embeddings_{each}"], float(golden["mi_positive_threshold"])) for each in LANGUAGES]
    links = alignment_links(sp.csr_array(golden["translation"]), *near)
    for language, found in zip(LANGUAGES, links, strict=True):
        np.testing.assert_array_equal(found.toarray(), golden[f"infoctm/positive_mask_{language}"])


def test_nmtm_meets_the_golden_step(golden):
    network = NMTMNetwork(
        SIZES,
        5,
        hidden_size=8,
        translation=sp.csr_array(golden["translation"]),
        frequencies={language: golden[f"bow_{language}"].sum(axis=0) for language in LANGUAGES},
        transfer=float(golden["nmtm/lambda"]),
    )
    load(network, golden_arrays(golden, "nmtm", "param"))
    loss = sum(network.terms(*golden_inputs(golden)).values())
    assert loss.item() == pytest.approx(golden["nmtm/expected/loss"], rel=1e-5)
    loss.backward()
    check_gradients(network, golden_arrays(golden, "nmtm", "grad"))


@pytest.mark.parametrize(("language", "direction"), [("a", "a_to_b"), ("b", "b_to_a")])
def test_nmtm_maps_words_as_the_golden_maps_do(golden, language, direction):
    translation = golden["translation"] if language == "a" else golden["translation"].T
    word_map = WordMap(sp.csr_array(translation), golden[f"bow_{language}"].sum(axis=0).astype(float))
    found = word_map(torch.eye(SIZES[language])).numpy()
    np.testing.assert_allclose(found, golden[f"nmtm/map_{direction}"], rtol=1e-5)


# ---- the alignment of InfoCTM ----------------------------------------------------------------------------------------


def direct_alignment(topic_word, topic_word_back, links, links_back, temperature):
    """The formula as it is written, dense, with autograd."""
    words, words_back = F.normalize(topic_word.T, dim=1), F.normalize(topic_word_back.T, dim=1)
    total, number = torch.zeros(()), 0.0
    for ones, others, counts in ((words, words_back, links), (words_back, words, links_back)):
        similar = ones @ others.T / temperature
        weights = torch.from_numpy(counts.toarray().astype(np.float64))
        rest = (similar.exp() * (weights == 0)).sum(dim=1, keepdim=True)
        total = total - (weights * (similar - (similar.exp() + rest).log())).sum()
        number += float(weights.sum())
    return total / number


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    words=st.integers(1, 14),
    words_back=st.integers(1, 14),
    density=st.sampled_from([0.05, 0.3, 1.0]),
    chunk=st.sampled_from([1, 20, 10_000]),
)
def test_the_alignment_is_its_formula_with_its_gradient(seed, words, words_back, density, chunk):
    rng = np.random.default_rng(seed)
    links, links_back = (
        sp.csr_array(rng.integers(1, 4, shape) * (rng.random(shape) < density))
        for shape in ((words, words_back), (words_back, words))
    )
    if links.sum() + links_back.sum() == 0:
        links = sp.csr_array(np.ones((words, words_back), int))
    ours = [torch.from_numpy(rng.normal(size=(3, size))).requires_grad_() for size in (words, words_back)]
    theirs = [each.detach().clone().requires_grad_() for each in ours]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("baselines.alignment.CHUNK_VALUES", chunk)
        alignment = TopicAlignment(links, links_back, 0.2)
    loss, expected = alignment(*ours), direct_alignment(*theirs, links, links_back, 0.2)
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-9, abs=1e-12)
    (2.5 * loss).backward()
    (2.5 * expected).backward()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-8, atol=1e-11)


def test_the_alignment_draws_linked_words_together():
    links = sp.csr_array(np.eye(6, dtype=int))
    alignment = TopicAlignment(links, links, 0.2)
    rng = np.random.default_rng(0)
    weights = [torch.tensor(rng.normal(size=(4, 6)), dtype=torch.float32, requires_grad=True) for _ in range(2)]
    optimizer = torch.optim.Adam(weights, lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        alignment(*weights).backward()
        optimizer.step()
    similarity = cosine_similarity(*(each.detach().numpy().T for each in weights))
    np.testing.assert_array_equal(similarity.argmax(axis=1), np.arange(6))
    assert np.diag(similarity).min() > 0.9


# ---- dictionaries and word vectors -----------------------------------------------------------------------------------

WORDS = {"en": ["cat", "dog", "party", "tree"], "zh": ["猫", "党", "树木"]}
LINES = "猫 cat\n猫 cat\n党 parti\n\n党 party\n树 tree\n鸟 bird\n"


def expected_translation():
    matrix = np.zeros((4, 3))
    matrix[0, 0] = matrix[2, 1] = 1
    return matrix


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("zh-en.txt", bytes),
        ("cn-en.txt.gz", gzip.compress),
        ("zh-en.txt.xz", lzma.compress),
        ("zh-en.txt.bz2", bz2.compress),
        # A mark of the byte order is no part of the first word.
        ("zh-en.txt", lambda content: codecs.BOM_UTF8 + content),
    ],
)
def test_a_dictionary_is_read_however_it_is_kept_and_given(tmp_path, name, compress):
    (tmp_path / "README.md").write_text("two words a line", encoding="utf-8")
    (tmp_path / "ja-en.txt").write_text("猫 dog\n", encoding="utf-8")
    (tmp_path / name).write_bytes(compress(LINES.encode()))
    for path in (tmp_path, tmp_path / name):
        np.testing.assert_array_equal(translation_matrix(path, WORDS).toarray(), expected_translation())
    swapped = {language: WORDS[language] for language in ("zh", "en")}
    np.testing.assert_array_equal(translation_matrix(tmp_path, swapped).toarray(), expected_translation().T)


def test_stems_in_a_dictionary_stand_for_their_words(tmp_path):
    pytest.importorskip("snowballstemmer")
    (tmp_path / "zh-en.txt").write_text("党 parti\n猫 cat\n", encoding="utf-8")
    words = {"en": ["cats", "cat", "party", "parties"], "zh": WORDS["zh"]}
    assert translation_matrix(tmp_path, words).toarray().tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
    found = translation_matrix(tmp_path, words, stems={"en": "porter"})
    assert found.toarray().tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]]
    with pytest.raises(InputError, match="no stemming algorithm 'klingon'"):
        translation_matrix(tmp_path, words, stems={"en": "klingon"})


def test_what_is_wrong_with_a_dictionary_is_said(tmp_path):
    with pytest.raises(FileFormatError, match=r"none\.txt does not exist"):
        translation_matrix(tmp_path / "none.txt", WORDS)
    with pytest.raises(InputError, match=r"has no dictionary en-zh\.txt or zh-en\.txt"):
        translation_matrix(tmp_path, WORDS)
    other = tmp_path / "ja-en.txt"
    other.write_text("猫 cat\n", encoding="utf-8")
    with pytest.raises(InputError, match="is not a dictionary of en and zh"):
        translation_matrix(other, WORDS)
    file = tmp_path / "zh-en.txt"
    file.write_text("猫 cat\n狗 the dog\n", encoding="utf-8")
    with pytest.raises(FileFormatError, match=r"line 2 of .*zh-en\.txt is .* it must be a word and one translation"):
        translation_matrix(file, WORDS)
    file.write_text("狗 hound\n", encoding="utf-8")
    with pytest.raises(InputError, match="has no pair of words of the two vocabularies"):
        translation_matrix(file, WORDS)
    with pytest.raises(InputError, match="takes two languages, not 3"):
        translation_matrix(file, {**WORDS, "ja": ["猫"]})
    packed = tmp_path / "zh-en.txt.xz"
    packed.write_bytes(lzma.compress(LINES.encode())[:-20])
    with pytest.raises(FileFormatError, match="damaged, cut short"):
        translation_matrix(packed, WORDS)


def test_word_vectors_are_those_of_the_words(tmp_path):
    rng = np.random.default_rng(0)
    vectors = {"en": rng.normal(size=(4, 5)).astype("f4"), "zh": rng.normal(size=(3, 5)).astype("f4")}
    sp.save_npz(tmp_path / "word2vec_en.npz", sp.csc_array(vectors["en"]))
    with pytest.raises(FileFormatError, match=r"has no word2vec_zh\.npz"):
        read_word_vectors(tmp_path, WORDS)
    sp.save_npz(tmp_path / "word2vec_cn.npz", sp.csc_array(vectors["zh"]))
    found = read_word_vectors(tmp_path, WORDS)
    for language, array in vectors.items():
        np.testing.assert_array_equal(found[language], array)
    (tmp_path / "vocab_en").write_text("cat\ndog\ntree\nparty\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"word2vec_en\.npz is for other words"):
        read_word_vectors(tmp_path, WORDS)
    (tmp_path / "word2vec_cn.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(FileFormatError, match=r"word2vec_cn\.npz is not a readable sparse matrix"):
        read_word_vectors(tmp_path, {"zh": WORDS["zh"]})


@pytest.mark.parametrize("together", [1, 7, 1000])
def test_near_words_are_those_of_a_full_comparison(monkeypatch, together):
    monkeypatch.setattr("baselines.dictionary.COMPARED_TOGETHER", together)
    vectors = np.random.default_rng(1).normal(size=(23, 3)).astype("f4")
    vectors[5] = 0
    expected = cosine_similarity(vectors) > 0.4
    expected[5, 5] = True
    np.testing.assert_array_equal(near_words(vectors, 0.4).toarray(), expected)


# ---- the loop --------------------------------------------------------------------------------------------------------


def small_corpus(languages=("en", "zh"), **given):
    return planted_corpus(languages, **{"num_topics": 4, "words_per_topic": 10, "documents": 120, "seed": 3, **given})


class Mean(torch.nn.Module):
    """Learns how many words a document has, by the squared error."""

    def __init__(self, corpus: Corpus, value: float = 0.0) -> None:
        super().__init__()
        self.value = torch.nn.Parameter(torch.tensor(value))
        self.lengths = {language: torch.tensor(part.counts.sum(axis=1)) for language, part in corpus.items()}

    def terms(self, batch):
        return {
            language: (self.lengths[language][rows] - self.value).square().mean() for language, rows in batch.items()
        }


def train_mean(corpus, plan, value=0.0, settings=None, **given):
    network = Mean(corpus, value)
    given = {"generators": {}, "seed": 0, "name": "mean", "settings": settings or {}, **given}
    return network, train(network, network.terms, corpus, plan, **given).history


def test_an_epoch_reads_the_largest_language_once_and_cycles_the_others():
    corpus = small_corpus(("en", "zh", "de"), documents={"en": 25, "zh": 9, "de": 4})
    network = Mean(corpus)
    seen = {language: [] for language in corpus}

    def terms(batch):
        assert len({len(rows) for rows in batch.values()}) == 1
        for language, rows in batch.items():
            seen[language].append(rows.tolist())
        return network.terms(batch)

    train(network, terms, corpus, TrainingPlan(1, 8, 0.1), generators={}, seed=0, name="mean", settings={})
    assert [len(rows) for rows in seen["en"]] == [8, 8, 9]
    for language, part in corpus.items():
        cycled = sorted(np.arange(25) % part.num_documents)
        assert sorted(row for rows in seen[language] for row in rows) == cycled


@given(length=st.integers(2, 1000), batch_size=st.integers(2, 300))
def test_no_batch_has_one_document(length, batch_size):
    sizes = batch_sizes(length, batch_size)
    assert sum(sizes) == length
    assert min(sizes) >= 2
    assert max(sizes) <= batch_size + 1


def test_the_loop_minimizes_the_sum_of_the_terms():
    corpus = small_corpus(("en", "zh", "de"))
    network, history = train_mean(corpus, TrainingPlan(90, 40, 0.2, decay_every=30))
    lengths = np.concatenate([part.counts.sum(axis=1) for part in corpus.values()])
    assert network.value.item() == pytest.approx(lengths.mean(), abs=0.1)
    assert history[-1]["loss"] == pytest.approx(sum(history[-1][language] for language in corpus))
    assert not network.training
    with pytest.raises(TrainingError, match="the loss of mean is not finite after epoch 1"):
        train_mean(corpus, TrainingPlan(1, 40, 0.05), float("inf"))


def test_the_loss_of_an_epoch_counts_each_document_alike():
    corpus = small_corpus(documents=9)
    # The rate is too small to move anything. Batches of 4, 5.
    network, history = train_mean(corpus, TrainingPlan(1, 4, 1e-12))
    for language, lengths in network.lengths.items():
        assert history[0][language] == pytest.approx(lengths.double().square().mean().item())


def test_a_checkpoint_is_of_one_training(tmp_path):
    corpus = small_corpus()
    place = tmp_path / "state"
    _, history = train_mean(corpus, TrainingPlan(3, 40, 0.1), checkpoint=place)
    again, same = train_mean(corpus, TrainingPlan(3, 40, 0.1), value=7.0, checkpoint=place)
    assert same == history
    assert again.value.item() != 7.0
    with pytest.raises(InputError, match=r"different in learning_rate \(0\.1, now 0\.2\)"):
        train_mean(corpus, TrainingPlan(3, 40, 0.2), checkpoint=place)
    with pytest.raises(InputError, match=r"different in weight \(None, now 3\)"):
        train_mean(corpus, TrainingPlan(3, 40, 0.1), settings={"weight": 3}, checkpoint=place)
    # What makes no other model may differ.
    train_mean(corpus, TrainingPlan(3, 40, 0.1, threads=2), settings={"uncertain": ["weight"]}, checkpoint=place)


def test_the_seconds_of_all_parts_of_a_training_are_added(tmp_path, monkeypatch):
    corpus, place = small_corpus(), tmp_path / "state"
    clock = iter(range(0, 1000, 7))
    monkeypatch.setattr("baselines.training.time.process_time", lambda: float(next(clock)))

    def seconds():
        network = Mean(corpus)
        plan = TrainingPlan(2, 40, 0.1)
        given = {"generators": {}, "seed": 0, "name": "mean", "settings": {}, "checkpoint": place}
        return train(network, network.terms, corpus, plan, **given).seconds

    # The clock is read at the start, when the state is kept, and at the end.
    assert seconds() == 14
    assert seconds() == 7 + 14
    state = read_checkpoint(place)
    del state.tensors["seconds"]
    write_checkpoint(place, state)
    assert seconds() is None


def test_the_learning_rate_decays_by_epochs():
    plan = TrainingPlan(10, 8, 0.02, decay_every=4, decay_factor=0.5)
    assert [plan.learning_rate_in(epoch) for epoch in (0, 3, 4, 7, 8)] == [0.02, 0.02, 0.01, 0.01, 0.005]
    assert TrainingPlan(10, 8, 0.02).learning_rate_in(9) == 0.02
    with pytest.raises(InputError, match="epochs is 0: it must be 1 or more"):
        TrainingPlan(0, 8, 0.02)


# ---- the models ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus():
    return small_corpus()


@pytest.fixture(scope="module")
def sources(tmp_path_factory, corpus):
    """A dictionary of a part of the planted words, and word vectors of each language in a space of its own."""
    folder = tmp_path_factory.mktemp("sources")
    words = zip(corpus["en"].vocabulary, corpus["zh"].vocabulary, strict=True)
    lines = [f"{zh} {en}\n" for place, (en, zh) in enumerate(words) if place % 2 == 0]
    (folder / "zh-en.txt").write_text("".join(lines), encoding="utf-8")
    rng = np.random.default_rng(0)
    for language, part in corpus.items():
        rotation = np.linalg.qr(rng.normal(size=(24, 24)))[0]
        sp.save_npz(folder / f"word2vec_{language}.npz", sp.csc_array(part.word_embeddings @ rotation))
    return folder


SMALL = {"num_topics": 4, "epochs": 60, "batch_size": 30, "learning_rate": 1e-2, "hidden_size": 20}


@pytest.fixture(scope="module")
def make(sources):
    def infoctm(**given):
        return InfoCTM(**{"dictionary": sources, "word_vectors": sources, **SMALL, **given})

    def nmtm(**given):
        return NMTM(**{"dictionary": sources, **SMALL, "epochs": 100, **given})

    def gloctm(**given):
        short = {name: value for name, value in given.items() if name != "hidden_size"}
        settings = {"batch_size": 32, "learning_rate": 1e-2, "cka_weight": 100.0}
        return GloCTMModel("published", changes=settings, **{"num_topics": 4, "epochs": 60, **short})

    def by_default(**given):
        known = {name: value for name, value in given.items() if name not in ("hidden_size", "epochs")}
        return GloCTMModel(**{"num_topics": 4, **known})

    return {"InfoCTM": infoctm, "NMTM": nmtm, "GloCTM as published": gloctm, "GloCTM": by_default}


MODELS = ("InfoCTM", "NMTM", "GloCTM as published", "GloCTM")


@pytest.fixture(scope="module")
def fitted(make, corpus):
    models = {}

    def fit(name):
        if name not in models:
            models[name] = make[name]().fit(corpus)
        return models[name]

    return fit


@pytest.mark.parametrize("name", MODELS)
def test_a_model_finds_planted_topics_in_both_languages(fitted, corpus, name):
    model = fitted(name)
    assert model.name == name
    words = model.top_words(8)
    assert list(words) == ["en", "zh"]
    themes = set()
    for pair in zip(words["en"], words["zh"], strict=True):
        planted = [word.split("-")[1] for listed in pair for word in listed]
        theme = max(set(planted), key=planted.count)
        assert planted.count(theme) >= 13, pair
        themes.add(theme)
    assert themes == {"0", "1", "2", "3"}


@pytest.mark.parametrize("name", MODELS)
def test_theta_and_features_are_as_the_interface_says(fitted, corpus, name):
    model = fitted(name)
    theta, features = model.theta(corpus), model.features(corpus)
    assert list(theta) == list(features) == list(corpus)
    for language, part in corpus.items():
        for array in (theta[language], features[language]):
            assert array.shape == (part.num_documents, 4)
            assert array.dtype == np.float32
        np.testing.assert_allclose(theta[language].sum(axis=1), 1, rtol=1e-5)
        np.testing.assert_array_equal(theta[language].argmax(axis=1), features[language].argmax(axis=1))
        # Documents of one planted topic have one topic of the model, that of the other language's.
        labels = np.array([int(label) for label in part.labels])
        themes = [int(words[0].split("-")[1]) for words in model.top_words(1)[language]]
        assert (np.take(themes, theta[language].argmax(axis=1)) == labels).mean() > 0.85


@pytest.mark.parametrize("name", MODELS)
def test_settings_are_json_and_complete(make, name):
    model = make[name](epochs=7, seed=5, threads=1)
    settings_told = json.loads(json.dumps(model.settings()))
    assert settings_told["num_topics"] == 4
    assert settings_told.get("epochs") == (None if name == "GloCTM" else 7)
    assert 5 in (settings_told.get("seed"), settings_told.get("random_state"))
    assert set(settings_told["uncertain"]) <= set(settings_told)
    told = {"NMTM": ["μ is normalised by statistics of each language's documents"]}
    assert settings_told["deviations"] == told.get(name, [])
    assert bool(settings_told["uncertain"]) == (not name.startswith("GloCTM"))
    epochs = {"InfoCTM": 800, "NMTM": 800, "GloCTM as published": 150, "GloCTM": None}
    assert model.published_epochs == epochs[name]


# What checkpoints of trainings by default are known by: one of another spelling would lose days of training.
IDENTITIES = {
    "InfoCTM": {"hidden_size": 200, "alignment_weight": 30.0, "temperature": 0.2, "near": 0.4},
    "NMTM": {"hidden_size": 100, "transfer": 0.8},
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_checkpoint_is_known_by_what_it_always_was(sources, corpus, tmp_path, name):
    vectors = {"word_vectors": sources} if name == "InfoCTM" else {}
    model = {"InfoCTM": InfoCTM, "NMTM": NMTM}[name](dictionary=sources, **vectors)
    usual = {
        "num_topics": 50,
        "stems": {},
        "epochs": 800,
        "batch_size": 200,
        "learning_rate": 0.002,
        "betas": [0.9, 0.999],
        "decay_every": None,
        "decay_factor": 0.5,
    }
    assert comparable(model.settings()) == {**usual, **IDENTITIES[name]}

    given = {"num_topics": 4, "stems": {"en": "porter"}, "epochs": 1, "decay_every": 2, "seed": 3}
    model = type(model)(dictionary=sources, **vectors, **given)
    model.fit(corpus, tmp_path / "state")
    assert read_checkpoint(tmp_path / "state").identity == {
        **usual,
        **IDENTITIES[name],
        **given,
        **{source: fingerprint(matrix) for source, matrix in model.read(vocabularies(corpus)).items()},
        "name": name,
        "corpus": corpus.fingerprint(),
    }


@pytest.mark.parametrize("name", ["InfoCTM", "NMTM"])
def test_one_seed_gives_one_result(make, corpus, name):
    features = [make[name](epochs=2, seed=seed).fit(corpus).features(corpus)["en"] for seed in (4, 4, 5)]
    np.testing.assert_array_equal(features[0], features[1])
    assert not np.allclose(features[0], features[2])


@pytest.mark.parametrize("name", ["InfoCTM", "NMTM"])
def test_the_loss_falls_and_progress_is_told_in_lines(make, corpus, name, capsys):
    model = make[name](epochs=5, show_progress=True).fit(corpus)
    assert model.history[-1]["loss"] < model.history[0]["loss"]
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith(f"training {name}: 5/5 epochs")
    assert f"loss {model.history[-1]['loss']:.2f}" in lines[-1]


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("name", ["InfoCTM", "NMTM"])
def test_a_stopped_training_goes_on_to_the_same_result(make, corpus, name, tmp_path, monkeypatch):
    whole = make[name](epochs=4).fit(corpus)
    place = stop_in_third_epoch(lambda path: make[name](epochs=4).fit(corpus, path), tmp_path, monkeypatch)
    resumed = make[name](epochs=4).fit(corpus, place)
    assert resumed.history == whole.history
    for language in corpus:
        np.testing.assert_array_equal(resumed.features(corpus)[language], whole.features(corpus)[language])


OTHER = {
    "InfoCTM": [("alignment_weight", 30.0, 50.0), ("near", 0.4, 0.5), ("temperature", 0.2, 0.3)],
    "NMTM": [("transfer", 0.8, 0.0), ("num_topics", 4, 5)],
}


@pytest.mark.parametrize(("name", "setting", "before", "now"), [(key, *each) for key in OTHER for each in OTHER[key]])
def test_a_checkpoint_of_other_settings_is_refused(make, corpus, tmp_path, name, setting, before, now):
    place = tmp_path / "state"
    make[name](epochs=1).fit(corpus, place)
    with pytest.raises(InputError, match=rf"different in {setting} \({before}, now {now}\)"):
        make[name](epochs=1, **{setting: now}).fit(corpus, place)


def test_a_checkpoint_by_another_dictionary_or_other_word_vectors_is_refused(make, sources, corpus, tmp_path):
    place = tmp_path / "state"
    make["InfoCTM"](epochs=1).fit(corpus, place)
    shorter = tmp_path / "zh-en.txt"
    lines = (sources / "zh-en.txt").read_text(encoding="utf-8").splitlines()
    shorter.write_text("\n".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(InputError, match="different in translation"):
        make["InfoCTM"](epochs=1, dictionary=shorter).fit(corpus, place)
    # The same lines in another file and order are the same dictionary.
    shorter.write_text("\n".join(reversed(lines)), encoding="utf-8")
    make["InfoCTM"](epochs=1, dictionary=shorter).fit(corpus, place)
    for language, part in corpus.items():
        vectors = part.word_embeddings
        sp.save_npz(tmp_path / f"word2vec_{language}.npz", sp.csc_array(vectors))
    with pytest.raises(InputError, match=r"different in word vectors of en .*, word vectors of zh"):
        make["InfoCTM"](epochs=1, word_vectors=tmp_path).fit(corpus, place)


def test_what_a_model_reads_is_read_before_training(make, corpus, tmp_path):
    words = vocabularies(corpus)
    assert set(make["InfoCTM"]().read(words)) == {"translation", "word vectors of en", "word vectors of zh"}
    with pytest.raises(FileFormatError, match="does not exist"):
        make["NMTM"](dictionary=tmp_path / "zh-en.txt").read(words)
    with pytest.raises(FileFormatError, match=r"has no word2vec_en\.npz"):
        make["InfoCTM"](word_vectors=tmp_path).read(words)


@given(seed=st.integers(0, 1000))
def test_a_fingerprint_is_of_what_a_matrix_holds(seed):
    dense = np.random.default_rng(seed).integers(0, 2, (4, 5)).astype(np.float32)
    rows, columns = dense.nonzero()
    shuffled = np.random.default_rng(seed).permutation(len(rows))
    sparse = sp.csr_array(dense)
    other_order = sp.csr_array((np.ones(len(rows), "f4"), (rows[shuffled], columns[shuffled])), shape=dense.shape)
    assert fingerprint(sparse) == fingerprint(other_order)
    changed = dense.copy()
    changed[seed % 4, seed % 5] = 2
    assert fingerprint(changed) != fingerprint(dense) == fingerprint(np.asfortranarray(dense))
    assert fingerprint(sp.csr_array(changed)) != fingerprint(sparse)
    assert fingerprint(dense) != fingerprint(dense.reshape(5, 4))


def stop_in_third_epoch(fit, tmp_path, monkeypatch):
    monkeypatch.setattr("baselines.training.CHECKPOINT_SECONDS", 0.0)
    usual, calls = baselines.training.epoch_batches, []

    def stopping(*given):
        calls.append(given)
        if len(calls) == 3:
            raise StoppedError
        return usual(*given)

    with monkeypatch.context() as patch:
        patch.setattr("baselines.training.epoch_batches", stopping)
        with pytest.raises(StoppedError):
            fit(tmp_path / "state")
    assert (tmp_path / "state").exists()
    return tmp_path / "state"


@pytest.mark.parametrize("name", ["InfoCTM", "NMTM"])
def test_what_a_model_can_not_do_is_said(make, fitted, corpus, name):
    with pytest.raises(InputError, match="takes two languages, not 3"):
        make[name]().fit(small_corpus(("en", "zh", "de")))
    with pytest.raises(InputError, match=f"{name} is not trained yet"):
        make[name]().theta(corpus)
    with pytest.raises(InputError, match="num_topics is 1: it must be 2 or more"):
        make[name](num_topics=1)
    part = corpus["en"]
    other = Corpus(
        {
            "en": LanguageCorpus(counts=part.counts, vocabulary=[f"{word}x" for word in part.vocabulary]),
            "zh": corpus["zh"],
        }
    )
    with pytest.raises(InputError, match="the vocabulary of 'en' is not that of training"):
        fitted(name).features(other)


def test_a_model_needs_no_embeddings(make, corpus):
    bare = Corpus(
        {language: LanguageCorpus(counts=part.counts, vocabulary=part.vocabulary) for language, part in corpus.items()}
    )
    with_them, without = (make["NMTM"](epochs=1).fit(each).features(bare)["zh"] for each in (corpus, bare))
    np.testing.assert_array_equal(with_them, without)


def test_nmtm_normalises_each_language_by_its_documents(fitted, corpus):
    model = fitted("NMTM")
    shift = model._fitted().mean_norm.bias.detach().numpy()
    for means in model.features(corpus).values():
        np.testing.assert_allclose(means.mean(axis=0), shift, atol=1e-4)
        # Less than 1 by what is added to the variance.
        assert (means.std(axis=0) < 1).all()


def test_gloctm_infers_by_the_encoder_asked_for(corpus):
    given = {"epochs": 2, "changes": {"kl_weight": 0.5}}
    local, shared = (GloCTMModel("published", via=via, **given).fit(corpus) for via in ("local", "global"))
    estimator = GloCTM.from_preset("published", epochs=2, kl_weight=0.5, show_progress=False).fit(corpus)
    for model, via in ((local, "local"), (shared, "global")):
        for language, expected in estimator.transform(corpus, via=via, latent=True).items():
            np.testing.assert_array_equal(model.features(corpus)[language], expected)
        assert model.settings()["via"] == via
        assert model.settings()["kl_weight"] == 0.5
    assert not np.allclose(local.theta(corpus)["en"], shared.theta(corpus)["en"])


# ---- real data -------------------------------------------------------------------------------------------------------

DATA = ROOT.parent / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="the benchmark corpora are not there")
@pytest.mark.parametrize(("folder", "linked"), [("ECNews", 3000), ("Rakuten_Amazon", 500)])
def test_benchmark_corpora_have_linked_words(folder, linked):
    corpus = Corpus.from_benchmark(DATA / folder, encoder=None)
    words = {language: list(part.vocabulary) for language, part in corpus.items()}
    translation = translation_matrix(DATA / "dict", words)
    assert translation.nnz > linked
    near = [near_words(vectors, 0.4) for vectors in read_word_vectors(DATA / folder, words).values()]
    for links in alignment_links(translation, *near):
        assert links.nnz > translation.nnz


def test_gloctms_seconds_are_those_of_all_parts_of_a_training(corpus, tmp_path):
    place = tmp_path / "state"
    given = {"epochs": 2, "changes": {"batch_size": 2}}
    first = GloCTMModel("published", **given).fit(corpus, place)
    kept = tmp_path / "state.seconds"
    assert 0 < float(kept.read_text()) <= first.training_seconds + 0.1
    kept.write_text("1000.0")
    # The training has come to its end: nothing is added but the reading.
    assert 1000 <= GloCTMModel("published", **given).fit(corpus, place).training_seconds < 2000
    kept.unlink()
    assert GloCTMModel("published", **given).fit(corpus, place).training_seconds is None
    # Seconds of a checkpoint that is gone are none of the new training's.
    place.unlink()
    kept.write_text("1000.0")
    assert GloCTMModel("published", **given).fit(corpus, place).training_seconds < 1000

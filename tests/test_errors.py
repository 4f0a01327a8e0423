"""What goes wrong ends in one sentence that names culprit and cure, exit code 2, and nothing written."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import gzip
import io
import json
import os
import resource
import shutil
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
import scipy.sparse as sp
from safetensors.numpy import load, save
from test_cli import (
    command,
    make_records,
    run_here,
    run_process,
    sentences,
    without,
    write_benchmark,
    write_csv,
    write_json_lines,
)

from gloctm import Corpus, GloCTM
from gloctm.cli.messages import describe_os_error, report_error
from gloctm.corpus import LanguageCorpus
from gloctm.errors import FileFormatError, InputError, TrainingError
from gloctm.files.manifest import file_sizes
from planted import planted_corpus


def snapshot(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def assert_refused(result, *parts):
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("gloctm: error: ")
    for part in parts:
        # With its end, so that a part can say that nothing follows.
        assert part in f"{line}\n"


def assert_refuses(folder, arguments, *parts, process=False, **settings):
    """The command line refuses with a sentence that has these parts, and leaves the folder as it was."""
    before = snapshot(folder)
    result = run_process(*arguments, **settings) if process else run_here(*arguments)
    assert_refused(result, *parts)
    assert snapshot(folder) == before


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(("en", "de"), num_topics=3, words_per_topic=4, documents=20)


@pytest.fixture(scope="module")
def corpus_folder(corpus, tmp_path_factory):
    return corpus.save(tmp_path_factory.mktemp("errors") / "corpus")


@pytest.fixture(scope="module")
def model_folder(corpus, tmp_path_factory):
    model = GloCTM(num_topics=3, threads=1, show_progress=False).fit(corpus)
    return model.save(tmp_path_factory.mktemp("errors") / "model")


@pytest.fixture(scope="module")
def published_folder(corpus, tmp_path_factory):
    model = GloCTM(method="published", num_topics=3, epochs=1, threads=1, show_progress=False).fit(corpus)
    return model.save(tmp_path_factory.mktemp("errors") / "published")


@pytest.fixture
def documents(tmp_path):
    return write_json_lines(tmp_path / "documents.jsonl", make_records())


# Documents

LINE = '{"text": "one", "lang": "en"}\n'
DOCUMENTS = {
    "malformed JSON": ("a.jsonl", LINE * 2 + '{"text": "cut\n', "a.jsonl, line 3 is not JSON", "mend or remove"),
    "no JSON object": ("a.jsonl", LINE + "[1]\n", "a.jsonl, line 2", "write each document as an object with its text"),
    "missing key": ("a.jsonl", LINE + '{"lang": "en"}\n', "line 2 has no 'text'", "each document needs"),
    "text that is none": ("a.jsonl", '{"text": 5, "lang": "en"}\n', "line 1: 'text' is 5", "mend the line"),
    "malformed CSV": ("a.csv", 'text,lang\none,en\n"cut,de\n', "a.csv, line 3 is not CSV", "mend the line"),
    "field too many": ("a.csv", "text,lang\none,en\none,en,more\n", "a.csv, line 3", "as many fields as the heading"),
    "field too few": ("a.tsv", "text\tlang\none\n", "a.tsv, line 2", "as many fields as the heading"),
    "missing column": ("a.csv", "body,lang\none,en\n", "a.csv has no column 'text'", "that it has ('body', 'lang')"),
    "no language": (
        "a.csv",
        "text,language\none,en\n",
        "a corpus needs at least two languages and none was found; documents left out: language uncertain: 1\n",
    ),
    "empty table": ("a.csv", "\n \n", "a.csv is empty", "its first line must name the columns, 'text' among them"),
    "date": ("a.jsonl", '{"text": "one", "date": "May"}\n', "line 1: 'date' is 'May', not a date such as 2024", "mend"),
    "label": (
        "a.jsonl",
        '{"text": "one", "label": [1]}\n',
        "line 1: 'label' is [1], neither text nor a number",
        "mend",
    ),
    "UTF-16": (
        "a.jsonl",
        LINE.encode("utf-16"),
        "a.jsonl, line 1 is not UTF-8 text (byte 1 of the line) but looks like UTF-16",
        "name its encoding with --encoding",
    ),
    "gzip cut short": (
        "a.jsonl.gz",
        gzip.compress(LINE.encode() * 99)[:-9],
        "a.jsonl.gz is cut short or damaged",
        "anew",
    ),
    "zip": ("a.jsonl", b"PK\x03\x04" + bytes(30), "a.jsonl is compressed with zip", "compress it with gzip"),
    "unknown language": ("a.jsonl", LINE + '{"text": "one", "lang": "??"}\n', "line 2: '??' is not a", "use BCP-47"),
    "unknown language in CSV": ("a.csv", "text,lang\none,e\n", "line 2: 'e' is not a", "use BCP-47"),
    "no UTF-8": (
        "a.jsonl",
        LINE.encode() + b'{"text": "\xff"}\n',
        "a.jsonl, line 2 is not UTF-8 text (byte 11",
        "convert the",
    ),
    "no UTF-8 in CSV": (
        "a.csv",
        b"text,lang\none,en\n\xff,en\n",
        "a.csv, line 3 is not UTF-8 text",
        "convert the file",
    ),
    "unknown ending": (
        "a.doc",
        LINE,
        "a.doc is none of .jsonl, .ndjson, .json, .csv, .tsv, .parquet, .txt",
        "name the file by what it holds, or say its format",
    ),
    "a text file alone": (
        "a.txt",
        "12",
        "a.txt is one document, since a text file is one whole",
        "give many documents as",
    ),
    "Parquet": ("a.parquet", b"PAR1", "a.parquet can't be read as Parquet (", "copy or write it anew"),
    "Parquet in name alone": ("a.parquet", LINE * 3, "a.parquet can't be read as Parquet (", "copy or write it anew"),
    "semicolons": ("a.csv", "text;lang\none\n", "a.csv, line 2 has not as many fields", "mend or remove the line"),
    "double column": ("a.csv", "text,lang,lang\none,en,de\n", "a.csv has two columns 'lang'", "name each column"),
    "one language": ("a.jsonl", LINE * 4, "at least two languages and only 'en'", "add documents in another"),
    "no documents": ("a.jsonl", "", "a.jsonl has no documents", "nothing to build a corpus from"),
    "a heading alone": ("a.csv", "text,lang\n", "a.csv has no documents", "nothing to build a corpus from"),
    "empty documents": ("a.jsonl", LINE * 4 + '{"text": "12 !", "lang": "de"}\n', "'de' is empty", "check the texts"),
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_documents_that_cannot_be_read(tmp_path, case):
    name, content, *parts = DOCUMENTS[case]
    source = tmp_path / name
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    # All words of "one" documents are kept, so that the case alone is at fault.
    options = ("-o", tmp_path / "corpus", "--max-df=1", "--min-df=1", "--encoder=none", "-q")
    process = case in ("malformed JSON", "malformed CSV", "missing column", "unknown language", "one language")
    if case == "empty documents":
        source.write_text(source.read_text().replace('"one"', '"apple pear plum"'))
    assert_refuses(tmp_path, ("corpus", "build", source, *options), *parts, process=process)


def test_options_that_have_no_effect(tmp_path, documents):
    build = ("-o", tmp_path / "corpus", "--encoder=none", "-q")
    for split in ("train", "test"):
        parts = ("--split has no effect on files, only on a benchmark folder", "leave it out")
        assert_refuses(tmp_path, ("corpus", "build", documents, *build, f"--split={split}"), *parts)
    source = write_benchmark(tmp_path / "benchmark", {"en": "en", "de": "de"})
    (tmp_path / "words.txt").write_text("word\n")
    options = [
        *("--min-df=2", "--max-df=0.5", "--max-vocabulary=5000", "--stop-words=en=" + str(tmp_path / "words.txt")),
        *("--lemmas=all", "--convert=simplified", "--phrases", "--processes=2", "--language=auto", "--encoding=utf-8"),
        *("--min-confidence=0.5", "--min-documents=20", "--format=jsonl", "--skip-bad-lines"),
    ]
    for option in options:
        parts = (f"{option.split('=')[0]} has no effect on a benchmark folder", "leave it out")
        assert_refuses(tmp_path, ("corpus", "build", source, *build, option), *parts)
    for field in ("text", "lang", "label", "id", "date"):
        arguments = ("corpus", "build", source, *build, f"--{field}-column=other")
        assert_refuses(tmp_path, arguments, "a column's name has no effect on a benchmark folder", "leave it out")


def test_the_example_is_json_lines_or_csv(tmp_path):
    for name in ("example.tsv", "example", "example.json"):
        parts = (f"can't write {tmp_path / name}: its name must end in .jsonl or .csv\n",)
        assert_refuses(tmp_path, ("corpus", "example", tmp_path / name), *parts)


def test_missing_documents(tmp_path, model_folder):
    source = tmp_path / "absent.jsonl"
    parts = ("absent.jsonl does not exist", "check the path")
    assert_refuses(tmp_path, ("corpus", "build", source, "-o", tmp_path / "corpus"), *parts, process=True)
    assert_refuses(tmp_path, ("transform", model_folder, source, "-o", tmp_path / "theta.csv"), *parts)
    # One of several is enough, before any work.
    there = write_json_lines(tmp_path / "there.jsonl", make_records())
    assert_refuses(tmp_path, ("corpus", "build", there, source, "-o", tmp_path / "corpus"), *parts)


def test_standard_input_that_cannot_be_read(tmp_path, model_folder):
    build = ("corpus", "build", "-", "-o", tmp_path / "corpus", "--encoder=none", "-q")
    parts = ("standard input is named twice", "name it once")
    assert_refuses(tmp_path, (*build, "-"), *parts)
    transform = ("transform", model_folder, "-", "-o", tmp_path / "theta.csv")
    cases = {
        (build, b""): ("standard input has no documents", "nothing to build a corpus from"),
        (transform, b""): ("standard input has no documents", "nothing to transform"),
        (build, b"text,lang\none,en\n"): ("standard input, line 1 is not JSON (Expecting value)", "mend or remove"),
        ((*build, "--format=csv"), b"body\none\n"): ("standard input has no column 'text'", "it has ('body')"),
        ((*build, "--format=parquet"), b"text\n"): ("standard input can't be read as Parquet", "write it anew"),
        (build, gzip.compress(LINE.encode() * 9)[:-9]): ("standard input is cut short or damaged", "anew"),
    }
    for (arguments, content), parts in cases.items():
        with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(content))):
            assert_refuses(tmp_path, arguments, *parts)
    assert_refuses(tmp_path, build, *cases[build, b""], process=True, stdin=subprocess.DEVNULL)


def test_texts_in_another_encoding_than_said(tmp_path):
    source = write_csv(tmp_path / "a.csv", make_records(), encoding="cp1252")
    build = ("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none", "-q")
    parts = ("a.csv, line 3 is not UTF-8 text (byte ", "name its encoding with --encoding, such as cp1252 or utf-16")
    assert_refuses(tmp_path, build, *parts, process=True)
    assert_refuses(
        tmp_path, (*build, "--encoding=ascii"), "a.csv, line 3 is not ASCII text (byte ", "name its encoding"
    )
    parts = ("'klingon' is not an encoding of text", "use one such as utf-8")
    assert_refuses(tmp_path, (*build, "--encoding=klingon"), *parts)


def test_columns_that_are_not_there(tmp_path, documents):
    table = write_csv(tmp_path / "a.csv", make_records())
    build = ("-o", tmp_path / "corpus", "--encoder=none", "-q")
    for field in ("lang", "label", "id", "date"):
        option = f"--{field}-column=other"
        listed = "('id', 'lang', 'label', 'text')"
        assert_refuses(tmp_path, ("corpus", "build", table, *build, option), "a.csv has no column 'other'", listed)
        parts = ("documents.jsonl never has 'other'", "name a column that is there")
        assert_refuses(tmp_path, ("corpus", "build", documents, *build, option), *parts)
    parts = ("documents.jsonl, line 1 has no 'other'", "this has 'id', 'lang', 'label', 'text'")
    assert_refuses(tmp_path, ("corpus", "build", documents, *build, "--text-column=other"), *parts)
    for field in ("text", "lang"):
        arguments = ("corpus", "build", documents, *build, f"--{field}-column=")
        assert_refuses(tmp_path, arguments, f"the column of {field} is ''", "give its name")


def test_folders_of_documents_that_cannot_be_told(tmp_path):
    folder = tmp_path / "texts"
    build = ("corpus", "build", folder, "-o", tmp_path / "corpus", "--encoder=none", "-q")
    folder.mkdir()
    assert_refuses(tmp_path, build, "texts holds no file of documents (.jsonl, .ndjson", "check the path")
    (folder / "monday news").mkdir()
    (folder / "monday news" / "a.txt").write_text("one")
    parts = ("monday news holds text files but is not named by their language", "name it by a code such as en, or auto")
    assert_refuses(tmp_path, build, *parts, process=True)
    (folder / "a.csv").write_text("text\n")
    parts = ("texts holds both monday news/a.txt, a text file, and a.csv", "keep them in folders of their own")
    assert_refuses(tmp_path, build, *parts)
    (folder / "notes.pdf").write_text("")
    parts = ("notes.pdf is none of .jsonl", "take it out of the folder")
    assert_refuses(tmp_path, build, *parts)


def test_too_few_languages_are_found(tmp_path):
    records = without(sentences(), "lang")
    source = write_json_lines(tmp_path / "a.jsonl", records)
    build = ("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none", "-q")
    parts = ("a corpus needs at least two languages and none was found; documents left out: language uncertain: 60\n",)
    assert_refuses(tmp_path, (*build, "--min-confidence=1"), *parts, process=True)
    parts = ("and none was found; documents left out: fewer than 31 documents in a language: 60\n",)
    assert_refuses(tmp_path, (*build, "--min-documents=31"), *parts)
    parts = ("a.jsonl has no documents in fr", "leave it out of the languages wanted")
    assert_refuses(tmp_path, (*build, "--languages=en,fr"), *parts)
    parts = ("at least two languages and only 'de' was given", "add documents in another language")
    assert_refuses(tmp_path, (*build, "--language=de"), *parts)
    write_json_lines(source, records[::2])
    parts = ("at least two languages and only 'en' was given", "add documents in another language")
    assert_refuses(tmp_path, build, *parts)
    write_json_lines(source, [*records[::2], {"text": "?"}])
    parts = ("two languages and only 'en' was found; documents left out: language not recognised: 1\n",)
    assert_refuses(tmp_path, build, *parts)


def test_nothing_but_bad_lines(tmp_path):
    (tmp_path / "a.jsonl").write_text("[1]\n" * 3)
    build = ("corpus", "build", tmp_path / "a.jsonl", "-o", tmp_path / "corpus", "--encoder=none", "-q")
    parts = ("two languages and none was found; documents left out: is not a JSON object: 3\n",)
    assert_refuses(tmp_path, (*build, "--skip-bad-lines"), *parts)


def test_a_bad_line_is_one_sentence_whatever_the_processes(tmp_path):
    source = tmp_path / "a.jsonl"
    source.write_text(LINE * 16_500 + "{bad\n")
    build = ("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none", "-q", "--processes=2")
    assert_refuses(tmp_path, build, "a.jsonl, line 16501 is not JSON", "mend or remove the line", process=True)


WORD_LISTS = [
    ("--stop-words=words.txt", "--stop-words 'words.txt': give LANG=FILE, for example en=words.txt"),
    ("--stop-words=en=", "--stop-words 'en=': give LANG=FILE, for example en=words.txt"),
    ("--stop-words=en=absent.txt", "no such file or folder (absent.txt): check the path"),
    ("--stop-words=en=.", "--stop-words: . is a folder: give a file, a word a line"),
    ("--stop-words=en=latin.txt", "--stop-words: latin.txt is not UTF-8 text: convert it"),
    ("--stop-words=e=words.txt", "'e' is not a language code: use BCP-47"),
]


@pytest.mark.parametrize(("option", "message"), WORD_LISTS)
def test_lists_of_words_that_cannot_be_read(tmp_path, documents, model_folder, option, message):
    (tmp_path / "words.txt").write_text("word\n")
    (tmp_path / "latin.txt").write_text("größe\n", encoding="latin-1")
    with contextlib.chdir(tmp_path):
        assert_refuses(tmp_path, ("corpus", "build", documents, "-o", "corpus", "--encoder=none", option), message)
        vocabulary = option.replace("stop-words", "vocabulary")
        arguments = ("topics", model_folder, vocabulary)
        assert_refuses(tmp_path, arguments, message.replace("stop-words", "vocabulary"))


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--min-df=50",), ("the vocabulary of 'en' is empty", "lower --min-df")),
        (("--max-vocabulary=1",), ("the maximal vocabulary is 1", "at least 2")),
        (("--min-df=0",), ("--min-df is 0", "at least 1")),
        (("--max-df=1.5",), ("--max-df is 1.5", "up to 1")),
        (("--min-confidence=1.5",), ("--min-confidence is 1.5", "from 0 to 1")),
        (("--min-confidence=nan",), ("--min-confidence is nan", "from 0 to 1")),
        (("--processes=0",), ("processes is 0", "1 or more")),
        (("--convert=modern",), ("convert is 'modern'", "simplified or traditional")),
        (("--convert=simplified", "--languages=en,de"), ("--convert simplified is for Chinese", "leave it out")),
        (("--lemmas=zh",), ("there are no lemmas for 'zh'", "leave them out for it")),
        (("--lemmas=fr", "--languages=en,de"), ("lemmas are asked for 'fr'", "not in the corpus")),
        (("--lemmas=",), ("--lemmas is ''", "name languages such as en,de, or all")),
        (("--format=xml",), ("there is no format 'xml'", "choose jsonl, csv, tsv, parquet, txt")),
        (("--language=tongue!",), ("'tongue!' is not a language code", "use BCP-47")),
        (("--languages=",), ("at least two languages and none", "add documents")),
        (("--languages=en,fr",), ("no documents in fr", "leave it out")),
        (("--languages=en,EN",), ("'en' is given twice", "give it once")),
        (("--languages=en",), ("at least two languages and only 'en'", "add documents")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) and value[0].startswith("--") else "",
)
def test_settings_of_a_corpus(tmp_path, documents, options, parts):
    process = options == ("--min-df=50",)
    arguments = ("corpus", "build", documents, "-o", tmp_path / "corpus", "--encoder=none", "-q", *options)
    assert_refuses(tmp_path, arguments, *parts, process=process)


def shorten(name):
    """Take the last line from a file of a benchmark folder."""

    def damage(folder):
        lines = (folder / name).read_text().splitlines()
        (folder / name).write_text("\n".join(lines[:-1]))

    return damage


def cut(name):
    """Leave half of a file."""

    def damage(folder):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return damage


def without_words(folder):
    sp.save_npz(folder / "train_bow_matrix_de.npz", sp.csr_array((15, 18), dtype=int))


def with_one_word(folder):
    sp.save_npz(folder / "train_bow_matrix_de.npz", sp.csr_array(np.ones((15, 1), int)))
    (folder / "vocab_de").write_text("wort\n")


BENCHMARK = {
    "all documents empty": (without_words, "all 15 documents of 'de' are empty", "check the texts"),
    "one word": (with_one_word, "the vocabulary of 'de' has one word ('wort')", "at least two"),
    "misaligned vocabulary": (shorten("vocab_en"), "17 words but 18 columns", "equally many"),
    "misaligned texts": (shorten("train_texts_en.txt"), "'en' has 15 documents but 14 texts", "one for each"),
    "misaligned labels": (shorten("train_labels_de.txt"), "'de' has 15 documents but 14 labels", "one for each"),
    "truncated counts": (cut("train_bow_matrix_en.npz"), "train_bow_matrix_en.npz is not a readable", "anew"),
}


@pytest.mark.parametrize("case", BENCHMARK)
def test_benchmark_folders_that_do_not_fit_together(tmp_path, case):
    damage, *parts = BENCHMARK[case]
    source = write_benchmark(tmp_path / "benchmark", {"en": "en", "de": "de"})
    damage(source)
    arguments = ("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none")
    assert_refuses(tmp_path, arguments, *parts, process=case in ("all documents empty", "misaligned texts"))


# Parts of a corpus, in the library


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["a"]}, "'en' has 20 documents but 1 labels: give one for each document"),
        ({"ids": ["a"]}, "'en' has 20 documents but 1 ids: give one for each document"),
        ({"texts": ["a"] * 21}, "'en' has 20 documents but 21 texts: give one for each document"),
        ({"word_embeddings": np.ones((11, 24), "f4")}, "'en' has 12 words but 11 word embeddings: one row a word"),
        ({"document_embeddings": np.ones((3, 24), "f4")}, "'en' has 20 documents but 3 document embeddings: one row"),
        ({"word_embeddings": np.full((12, 24), np.nan, "f4")}, r"at row 0 \('en-0-0'\): mend that row"),
        ({"document_embeddings": np.full((20, 2), np.inf)}, "NaN or infinite numbers at row 0: mend that row"),
        ({"word_embeddings": np.ones((12, 23), "f4")}, "differ in dimension between languages .*: use one encoder"),
        ({"vocabulary": ["a"], "counts": sp.csr_array(np.ones((20, 1)))}, "has one word .*: at least two are needed"),
        ({"counts": sp.csr_array((20, 12))}, "all 20 documents of 'en' are empty: .*check the texts"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_parts_of_a_corpus_that_do_not_fit_together(corpus, changes, message):
    en = corpus["en"]
    parts = {"counts": en.counts, "vocabulary": en.vocabulary, "word_embeddings": en.word_embeddings, **changes}
    with pytest.raises(InputError, match=message):
        Corpus({"en": LanguageCorpus(**parts), "de": corpus["de"]})


def test_more_neighbors_than_words(tmp_path, corpus_folder):
    published = ("--method=published", "--num-neighbors=12", "--num-topics=2")
    arguments = ("train", corpus_folder, "-o", tmp_path / "model", *published)
    parts = ("num_neighbors is 12 but 'en' has a vocabulary of 12 words", "use at most 11")
    assert_refuses(tmp_path, arguments, *parts, process=True)


# Embeddings of one's own

ARRAYS = {
    "misaligned": (np.ones((11, 24)), "12 words but 11 word embeddings", "one row a word is needed"),
    "NaN": (np.full((12, 24), np.nan), "NaN or infinite numbers at row 0 ('en-0-0')", "mend that row"),
    "infinite": (np.full((12, 24), -np.inf), "NaN or infinite numbers at row 0 ('en-0-0')", "mend that row"),
    "another dimension": (np.ones((12, 23)), "differ in dimension", "use one encoder for all"),
    "one dimension": (np.ones(12), "shape (12,)", "2-D array of numbers"),
    "text": (np.full((12, 24), "a"), "type <U1", "2-D array of numbers"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_embeddings_that_do_not_fit(tmp_path, corpus_folder, case):
    array, *parts = ARRAYS[case]
    np.save(tmp_path / "words.npy", array)
    arguments = ("corpus", "embed", corpus_folder, "-o", tmp_path / "corpus", f"--words=en={tmp_path / 'words.npy'}")
    assert_refuses(tmp_path, arguments, *parts, process=case in ("misaligned", "NaN"))


def test_embedding_files_that_cannot_be_read(tmp_path, corpus_folder):
    file = tmp_path / "vectors.npy"
    arguments = ("corpus", "embed", corpus_folder, "-o", tmp_path / "corpus", f"--documents=de={file}")
    assert_refuses(tmp_path, arguments, "vectors.npy does not exist", "give the path")
    np.save(file, np.ones((20, 24)))
    cut("vectors.npy")(tmp_path)
    assert_refuses(tmp_path, arguments, "vectors.npy is not a readable .npy file", "save it with", process=True)
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
def test_embeddings_of_nothing(tmp_path, corpus_folder, option, parts):
    np.save(tmp_path / "vectors.npy", np.ones((20, 24)))
    with contextlib.chdir(tmp_path):
        assert_refuses(tmp_path, ("corpus", "embed", corpus_folder, "-o", tmp_path / "corpus", option), *parts)


def test_training_wants_embeddings(tmp_path, documents):
    bare = tmp_path / "bare"
    assert run_here("corpus", "build", documents, "-o", bare, "--encoder=none", "-q").returncode == 0
    arguments = ("train", bare, "-o", tmp_path / "model", "--num-topics=2")
    assert_refuses(tmp_path, arguments, "no embeddings for 'en'", "give it some with gloctm corpus embed", process=True)


# Settings

SETTINGS = [
    ("num_topics", "0", "2 or more"),
    ("num_topics", "1", "2 or more"),
    ("num_topics", "-3", "2 or more"),
    ("method", "neural", "context or published"),
    ("ranking", "frequency", "coherence or weights\n"),
    ("num_near_documents", "-1", "a whole number from 0\n"),
    ("num_refinements", "-1", "0 or more"),
    ("temperature", "0", "above 0\n"),
    ("temperature", "inf", "a finite number\n"),
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
    ("threads", "0", "from 1"),
    ("random_state", "-1", "from 0"),
    ("device", "abacus", "'auto', 'cpu', 'cuda' or for example 'cuda:1'"),
    ("device", "mps", "'auto', 'cpu', 'cuda' or for example 'cuda:1'"),
    ("device", "cuda:99", "use auto, cpu or cuda"),
]


@pytest.mark.parametrize(("name", "value", "cure"), SETTINGS)
def test_settings_out_of_range(tmp_path, corpus_folder, name, value, cure):
    arguments = ["train", corpus_folder, "-o", tmp_path / "model", f"--{name.replace('_', '-')}={value}"]
    culprit = f"{name} is {value!r}" if name in ("device", "method", "ranking") else f"{name} is {value}"
    if value == "cuda:99":
        # A name like others, that nothing here answers to.
        culprit = "device 'cuda:99' can't be used here ("
        arguments.append("--method=published")
    assert_refuses(tmp_path, arguments, culprit, cure, process=(name, value) == ("num_topics", "1"))


def test_settings_of_the_other_method(tmp_path, corpus_folder):
    train = ("train", corpus_folder, "-o", tmp_path / "model")
    parts = (
        "epochs is given, a setting of --method published, but the method is 'context'",
        "leave epochs out, or give --method published\n",
    )
    assert_refuses(tmp_path, (*train, "--epochs=3"), *parts, process=True)
    parts = ("temperature is given, a setting of --method context", "leave temperature out, or give --method context\n")
    for published in ("--method=published", "--preset=ecnews"):
        assert_refuses(tmp_path, (*train, published, "--temperature=0.1"), *parts)
    config = tmp_path / "a.toml"
    config.write_text("num_refinements = 2\nmethod = 'published'\n")
    assert_refuses(tmp_path, (*train, "--config", config), "num_refinements is given, a setting of --method context")
    parts = (
        "--tensorboard is given, but the method 'context' has no epochs to tell of",
        "leave it out, or give --meth",
    )
    assert_refuses(tmp_path, (*train, "--tensorboard", tmp_path / "log"), *parts)


CONFIGS = {
    "unknown key": ("a.yaml", "topics: 5\n", "a.yaml: there is no setting 'topics'", "num_topics"),
    "broken YAML": ("a.yml", "num_topics: [5\n", "a.yml can't be read", "line 2"),
    "broken TOML": ("a.toml", "num_topics = \n", "a.toml can't be read", "line 1"),
    "impossible value": ("a.yaml", "epochs: 2024-13-45\n", "a.yaml can't be read", "month must be in"),
    "no table": ("a.yaml", "- num_topics\n", "a.yaml is not a table", "num_topics: 50"),
    "unknown ending": ("a.json", "{}\n", "a.json is neither .yaml nor .toml", "name the file by its kind"),
    "no UTF-8": ("a.toml", b"\xff\n", "a.toml is not UTF-8", "YAML or TOML"),
    "text for a number": ("a.yaml", "epochs: many\n", "epochs is 'many'", "a whole number"),
    "fraction for a whole number": ("a.toml", "epochs = 2.5\n", "epochs is 2.5", "a whole number"),
    "truth for a number": ("a.yaml", "dropout: true\n", "dropout is True", "a finite number"),
    "number for a name": ("a.yaml", "device: 0\n", "device is 0", "'auto', 'cpu', 'cuda'"),
    "number beyond any float": ("a.toml", f"kl_weight = {10**400}\n", "kl_weight is 1000", "a finite number"),
    "name of no method": ("a.yaml", "method: neural\n", "method is 'neural'", "context or published"),
    "text for a temperature": ("a.yaml", "temperature: warm\n", "temperature is 'warm'", "a finite number\n"),
    "truth for threads": ("a.yaml", "threads: yes\n", "threads is True", "a whole number from 1"),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_config_files_that_cannot_be_used(tmp_path, corpus_folder, case):
    name, content, *parts = CONFIGS[case]
    config = tmp_path / name
    config.write_bytes(content if isinstance(content, bytes) else content.encode())
    arguments = ("train", corpus_folder, "-o", tmp_path / "model", "--config", config)
    assert_refuses(tmp_path, arguments, *parts, process=case in ("unknown key", "broken YAML"))


def test_names_of_nothing(tmp_path, corpus_folder, model_folder):
    train = ("train", corpus_folder, "-o", tmp_path / "model")
    for name in ("news", "demo"):
        parts = (f"no preset '{name}'", "choose one of published, ecnews, amazon_review, rakuten_amazon\n")
        assert_refuses(tmp_path, (*train, f"--preset={name}"), *parts, process=name == "news")
    assert_refuses(tmp_path, (*train, "--config", tmp_path / "a.yaml"), "a.yaml does not exist", "check the path")
    parts = ("--format is 'xml'", "it must be table, ")
    assert_refuses(tmp_path, ("topics", model_folder, "--format=xml"), *parts, process=True)
    assert_refuses(tmp_path, ("topics", model_folder, "--words=0"), "--words is 0", "whole number from 1")
    assert_refuses(tmp_path, ("topics", model_folder, "--languages=fr"), "not trained on language 'fr'", "en, de")
    assert_refuses(tmp_path, ("demo", "-o", tmp_path / "model", "--languages=en,fr"), "no language 'fr'", "it has")


# Model and corpus folders


@pytest.fixture
def broken_model(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "model")


@pytest.fixture
def broken_published(published_folder, tmp_path):
    return shutil.copytree(published_folder, tmp_path / "published")


@pytest.fixture
def broken_corpus(corpus_folder, tmp_path):
    return shutil.copytree(corpus_folder, tmp_path / "corpus")


def change_manifest(folder, name, **changes):
    """Change a manifest and let it state the files' sizes as they now are."""
    content = json.loads((folder / name).read_text())
    sizes = {file: size for file, size in file_sizes(folder).items() if file != name}
    (folder / name).write_text(json.dumps({**content, "files": sizes, **changes}))


MODEL_FILES = (
    *("model.json", "vocabulary.json", "weights.safetensors", "word_embeddings.safetensors"),
    "coherent_words.safetensors",
)


@pytest.mark.parametrize("name", MODEL_FILES)
def test_a_truncated_model(tmp_path, broken_model, name):
    cut(name)(broken_model)
    process = name == "weights.safetensors"
    assert_refuses(tmp_path, ("topics", broken_model), name, "is damaged", process=process)


@pytest.mark.parametrize("name", MODEL_FILES)
def test_an_incomplete_model(tmp_path, broken_model, name):
    (broken_model / name).unlink()
    words = "is not a gloctm model" if name == "model.json" else "is incomplete"
    assert_refuses(tmp_path, ("info", broken_model), str(broken_model), name, words)


def test_an_incomplete_model_whose_manifest_does_not_say_so(tmp_path, broken_model):
    (broken_model / "weights.safetensors").unlink()
    change_manifest(broken_model, "model.json")
    assert_refuses(tmp_path, ("info", broken_model), "incomplete: weights.safetensors is missing")


def test_folders_that_are_no_model(tmp_path, corpus_folder):
    foreign = tmp_path / "foreign"
    assert_refuses(tmp_path, ("info", foreign), "foreign does not exist", "give the folder of a saved model")
    foreign.mkdir()
    assert_refuses(tmp_path, ("info", foreign), "foreign is not a gloctm model: it has no model.json")
    for content in ("{}", "[]", "3", '{"format": "gloctm-corpus"}'):
        (foreign / "model.json").write_text(content)
        assert_refuses(tmp_path, ("info", foreign), "foreign is not a gloctm model: its model.json is of another kind")
    assert_refuses(tmp_path, ("info", foreign / "model.json"), "is a file: give the folder of a saved model")
    for arguments in (("info",), ("topics",), ("transform", "documents.jsonl", "-o", "-")):
        words = (arguments[0], corpus_folder, *arguments[1:])
        assert_refuses(tmp_path, words, f"{corpus_folder} is not a gloctm model: it is a corpus")


MODEL_FACTS = [
    ({"format_version": 3}, "written by a newer gloctm (format 3, this one reads up to 2): update gloctm"),
    ({"format_version": 0}, "states no format version"),
    ({"format_version": True}, "states no format version"),
    ({"format_version": "1"}, "states no format version"),
    ({"files": None}, "lists no files"),
    ({"files": {"../documents.jsonl": 3}}, "names '../documents.jsonl', outside the folder"),
    ({"files": {"a\0b": 3}}, "a\0b is missing"),
    ({"languages": ["en", "fr"]}, "KeyError('fr')"),
    ({"languages": ["en"]}, "its tokenizers can't be read"),
    ({"languages": 5}, "TypeError"),
    ({"settings": {}}, "KeyError('num_topics')"),
    ({"settings": []}, "TypeError"),
    ({"tokenizers": {"en": "unicode"}}, "its tokenizers can't be read; copy or train"),
    ({"history": [{"loss": 1.0}]}, "its history can't be read"),
    ({"seed": "0"}, "its seed can't be read"),
    ({"encoder": 3}, "its encoder can't be read"),
    ({"environment": []}, "its environment can't be read"),
    ({"corpus_fingerprint": None}, "its corpus_fingerprint can't be read"),
]


@pytest.mark.parametrize(("changes", "message"), MODEL_FACTS, ids=str)
@pytest.mark.parametrize("folder", ["broken_model", "broken_published"])
def test_a_model_with_another_manifest(tmp_path, request, folder, changes, message):
    broken = request.getfixturevalue(folder)
    change_manifest(broken, "model.json", **changes)
    assert_refuses(tmp_path, ("info", broken), str(broken), message)


def test_a_published_model_without_a_history(tmp_path, broken_published):
    change_manifest(broken_published, "model.json", history=[])
    assert_refuses(tmp_path, ("info", broken_published), str(broken_published), "its history can't be read")


@pytest.mark.parametrize(
    ("folder", "changes", "message"),
    [
        ("broken_model", {"num_refinements": -1}, "is damaged: num_refinements is -1: it must be 0 or more"),
        ("broken_model", {"temperature": "0"}, "is damaged: temperature is '0'"),
        ("broken_model", {"ranking": "frequency"}, "is damaged: ranking is 'frequency'"),
        ("broken_model", {"method": "published"}, "KeyError('local_hidden_size')"),
        ("broken_published", {"method": "context"}, "document_encoder is missing"),
        ("broken_published", {"epochs": 0}, "is damaged: epochs is 0: it must be 1 or"),
        ("broken_published", {"dropout": "0"}, "is damaged: dropout is '0'"),
        ("broken_model", {"random_state": []}, "is damaged: random_state is []"),
        ("broken_published", {"random_state": []}, "is damaged: random_state is []"),
        ("broken_model", {"colour": 1}, "settings unknown here (colour): take that version"),
        ("broken_published", {"colour": 1}, "settings unknown here (colour): take that version"),
    ],
    ids=str,
)
def test_a_model_with_other_settings(tmp_path, request, folder, changes, message):
    broken = request.getfixturevalue(folder)
    settings = json.loads((broken / "model.json").read_text())["settings"]
    change_manifest(broken, "model.json", settings={**settings, **changes})
    assert_refuses(tmp_path, ("info", broken), str(broken), message)


@pytest.mark.parametrize("content", ["[]", '{"en": 3, "de": []}', '{"en": [1, 2], "de": []}', '{"en": "ab", "de": ""}'])
def test_a_model_with_another_vocabulary(tmp_path, broken_model, content):
    (broken_model / "vocabulary.json").write_text(content)
    change_manifest(broken_model, "model.json")
    assert_refuses(tmp_path, ("info", broken_model), str(broken_model), "is damaged", "copy or train")


OTHER_ARRAYS = {
    "broken_model": [
        (
            "weights",
            "topic_word.lang_en",
            lambda a: a[:, :-1],
            "is float32 of shape (3, 11), not float32 of shape (3, 12)",
        ),
        ("weights", "topic_word.lang_de", lambda a: a * np.nan, "holds NaN or infinite numbers"),
        ("weights", "word_context.lang_en", lambda a: a[:, :-1], "of shape (12, 23), not float32 of shape (12, 24)"),
        ("weights", "word_context.lang_de", lambda a: a - np.inf, "holds NaN or infinite numbers"),
        ("weights", "document_center.lang_de", lambda a: a[:-1], "of shape (23,), not float32 of shape (24,)"),
        ("weights", "document_center.lang_en", lambda a: None, "is missing"),
        ("weights", "document_encoder", lambda a: a[:, :2], "of shape (24, 2), not float32 of shape (24, 3)"),
        ("weights", "document_encoder", lambda a: a.astype("f8"), "is float64 of shape (24, 3), not float32"),
        ("weights", "document_encoder", lambda a: a.ravel(), "is float32 of shape (72,), not float32"),
        ("weights", "document_encoder", lambda a: None, "is missing"),
    ],
    "broken_published": [
        (
            "weights",
            "topic_word.lang_en",
            lambda a: a[:, :-1],
            "is float32 of shape (3, 11), not float32 of shape (3, 12)",
        ),
        ("weights", "topic_word.lang_de", lambda a: a * np.nan, "holds NaN or infinite numbers"),
        ("weights", "global_encoder.mean.bias", lambda a: a - np.inf, "holds NaN or infinite numbers"),
        ("weights", "global_encoder.mean.bias", lambda a: a.astype("f8"), "is float64 of shape (3,), not float32"),
        ("weights", "global_decoder_norm.bias", lambda a: None, "is missing"),
        ("word_embeddings", "de", lambda a: a[:-1], "the word embeddings of de is float32 of shape (11, 24)"),
        ("word_embeddings", "en", lambda a: a * np.inf, "the word embeddings of en holds NaN or infinite numbers"),
        ("word_embeddings", "en", lambda a: None, "the word embeddings of en is missing"),
    ],
}


@pytest.mark.parametrize(
    ("folder", "file", "name", "change", "message"),
    [(folder, *each) for folder, cases in OTHER_ARRAYS.items() for each in cases],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_model_with_other_arrays(tmp_path, request, folder, file, name, change, message):
    broken = request.getfixturevalue(folder)
    path = broken / f"{file}.safetensors"
    arrays = load(path.read_bytes())
    changed = change(arrays.pop(name))
    path.write_bytes(save(arrays if changed is None else {**arrays, name: np.ascontiguousarray(changed)}))
    change_manifest(broken, "model.json")
    process = message == "holds NaN or infinite numbers" and name.startswith("topic_word")
    assert_refuses(tmp_path, ("topics", broken), str(broken), name, message, process=process)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("words.lang_en", lambda a: None),
        ("scores.lang_de", lambda a: None),
        ("words.lang_en", lambda a: a[:, :-1]),
        ("words.lang_en", lambda a: a + 12),
        ("words.lang_en", lambda a: a - 12),
        ("words.lang_de", lambda a: a.astype("i8")),
        ("scores.lang_de", lambda a: a.astype("f8")),
        ("scores.lang_en", lambda a: a * np.nan),
    ],
)
def test_a_model_with_other_coherent_words(tmp_path, broken_model, name, change):
    path = broken_model / "coherent_words.safetensors"
    arrays = load(path.read_bytes())
    changed = change(arrays.pop(name))
    path.write_bytes(save(arrays if changed is None else {**arrays, name: np.ascontiguousarray(changed)}))
    change_manifest(broken_model, "model.json")
    language = name.removeprefix("words.lang_").removeprefix("scores.lang_")
    parts = (f"the coherent words of '{language}' can't be read", "copy or train the model anew")
    assert_refuses(tmp_path, ("topics", broken_model), str(broken_model), *parts)


def test_coherent_words_that_the_manifest_does_not_list(tmp_path, broken_model):
    (broken_model / "coherent_words.safetensors").unlink()
    change_manifest(broken_model, "model.json")
    parts = ("incomplete: coherent_words.safetensors is missing",)
    assert_refuses(tmp_path, ("topics", broken_model), str(broken_model), *parts)


@pytest.mark.parametrize("name", [name for name in MODEL_FILES if name.endswith(".safetensors")])
def test_a_model_with_arrays_of_another_kind(tmp_path, broken_model, name):
    (broken_model / name).write_bytes(b"PK\3\4" * 20)
    change_manifest(broken_model, "model.json")
    assert_refuses(tmp_path, ("topics", broken_model), name, "is damaged", "copy or train")


CORPUS_FILES = (
    "corpus.json",
    *("en/counts.npz", "en/vocabulary.json", "en/documents.jsonl"),
    *("de/word_embeddings.npy", "de/document_embeddings.npy"),
)


@pytest.mark.parametrize("name", CORPUS_FILES)
def test_a_truncated_corpus(tmp_path, broken_corpus, name):
    cut(name)(broken_corpus)
    process = name == "en/counts.npz"
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), name, "is damaged", process=process)


@pytest.mark.parametrize("name", CORPUS_FILES)
def test_an_incomplete_corpus(tmp_path, broken_corpus, name):
    (broken_corpus / name).unlink()
    words = "is not a gloctm corpus" if name == "corpus.json" else "is incomplete"
    assert_refuses(tmp_path, ("train", broken_corpus, "-o", tmp_path / "model"), str(broken_corpus), name, words)


def test_folders_that_are_no_corpus(tmp_path, model_folder):
    foreign = tmp_path / "foreign"
    assert_refuses(tmp_path, ("corpus", "info", foreign), "foreign does not exist", "give the folder of a saved corpus")
    foreign.mkdir()
    parts = ("foreign is not a gloctm corpus", "it has no corpus.json")
    assert_refuses(tmp_path, ("corpus", "info", foreign), *parts, process=True)
    (foreign / "corpus.json").write_text("{}")
    assert_refuses(tmp_path, ("corpus", "info", foreign), "its corpus.json is of another kind")
    for arguments in (("corpus", "info"), ("corpus", "embed")):
        assert_refuses(tmp_path, (*arguments, model_folder), f"{model_folder} is not a gloctm corpus: it is a model")
    assert_refuses(tmp_path, ("train", model_folder, "-o", tmp_path / "model"), "is not a gloctm corpus: it is a model")
    assert_refuses(tmp_path, ("corpus", "embed", foreign), "its corpus.json is of another kind")


def test_a_corpus_of_a_newer_format(tmp_path, broken_corpus):
    change_manifest(broken_corpus, "corpus.json", format_version=3)
    parts = ("written by a newer gloctm (format 3, this one reads up to 2)", "update gloctm")
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), *parts, process=True)


REPORTS = [
    ({"report": []}, "is damaged"),
    ({"report": {"words": {}}}, "KeyError('identified')"),
    ({"report": {"words": {"en": {"tokens": 3}}, "identified": {}, "settings": {}}}, "is damaged: TypeError"),
]


@pytest.mark.parametrize(("changes", "message"), REPORTS, ids=str)
def test_a_corpus_with_another_report(tmp_path, broken_corpus, changes, message):
    change_manifest(broken_corpus, "corpus.json", **changes)
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), str(broken_corpus), message, "build it anew")


def test_a_corpus_with_another_list_of_what_was_left_out(tmp_path, broken_corpus):
    (broken_corpus / "dropped.jsonl").write_text('{"source": "a", "reason": "b", "text": "c"}\n[]\n')
    report = {"words": {}, "identified": {}, "settings": {}}
    change_manifest(broken_corpus, "corpus.json", report=report)
    parts = ("dropped.jsonl, line 2 is not a dropped document",)
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), *parts)


def test_a_corpus_of_the_first_format_is_read(tmp_path, broken_corpus):
    content = json.loads((broken_corpus / "corpus.json").read_text())
    (broken_corpus / "corpus.json").write_text(
        json.dumps({name: value for name, value in content.items() if name != "report"} | {"format_version": 1})
    )
    result = run_here("corpus", "info", broken_corpus)
    assert (result.returncode, result.stderr) == (0, "")
    assert "vocabulary: " not in result.stdout
    assert Corpus.load(broken_corpus).report is None


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("de/word_embeddings.npy", np.full((12, 24), np.nan, "f4"), "word embeddings of 'de' hold NaN"),
        ("de/word_embeddings.npy", np.ones((11, 24), "f4"), "12 words but 11 word embeddings"),
        ("en/word_embeddings.npy", np.ones((12, 25), "f4"), "differ in dimension"),
        ("en/document_embeddings.npy", np.ones((19, 24), "f4"), "20 documents but 19 document embeddings"),
        ("en/document_embeddings.npy", np.full((20, 24), np.inf, "f4"), "document embeddings of 'en' hold NaN or inf"),
    ],
)
def test_a_corpus_with_other_arrays(tmp_path, broken_corpus, name, array, message):
    np.save(broken_corpus / name, array)
    change_manifest(broken_corpus, "corpus.json")
    process = message.endswith("'de' hold NaN")
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), message, process=process)


def test_a_corpus_with_other_counts(tmp_path, broken_corpus):
    sp.save_npz(broken_corpus / "en" / "counts.npz", sp.csr_array(np.ones((20, 11), int)))
    change_manifest(broken_corpus, "corpus.json")
    assert_refuses(tmp_path, ("corpus", "info", broken_corpus), "'en' has a vocabulary of 12 words but 11 columns")


# Documents for a trained model


def test_transform_of_a_language_that_nothing_links_to_the_model(tmp_path, model_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}, {"text": "mot", "lang": "fr"}])
    parts = ("the model was not trained on language 'fr'", "it knows en, de", "own vectors")
    for target in (tmp_path / "theta.parquet", "-"):
        process = target != "-"
        assert_refuses(tmp_path, ("transform", model_folder, source, "-o", target), *parts, process=process)
    (tmp_path / "fr.txt").write_text("mot\n")
    assert_refuses(tmp_path, ("topics", model_folder, f"--vocabulary=fr={tmp_path / 'fr.txt'}"), *parts)


def test_transform_via_what_is_not_there(tmp_path, model_folder, published_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}, {"text": "mot", "lang": "fr"}])
    transform = ("transform", model_folder, source, "-o", tmp_path / "theta.csv")
    assert_refuses(tmp_path, (*transform, "--via=train"), "--via is 'train'", "it must be local, global or both")
    parts = ("via is 'global', but the model has one way to infer, for all languages", "leave via out")
    assert_refuses(tmp_path, (*transform, "--via=global"), *parts)
    transform = ("transform", published_folder, source, "-o", tmp_path / "theta.csv")
    assert_refuses(tmp_path, (*transform, "--via=train"), "--via is 'train'", "it must be local, global or both")
    parts = ("the model was not trained on language 'fr'", "it knows en, de", "leave via out")
    assert_refuses(tmp_path, (*transform, "--via=local"), *parts)


def test_transform_of_documents_that_cannot_be_read(tmp_path, model_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}])
    transform = ("transform", model_folder, source, "-o", tmp_path / "theta.csv")
    assert_refuses(tmp_path, (*transform, "--min-confidence=2"), "--min-confidence is 2.0", "from 0 to 1")
    assert_refuses(tmp_path, (*transform, "--format=xml"), "there is no format 'xml'", "choose jsonl")
    assert_refuses(tmp_path, (*transform, "--text-column=body"), "line 1 has no 'body'", "this has 'text', 'lang'")
    assert_refuses(tmp_path, (*transform, "--lang-column=code"), "a.jsonl never has 'code'", "that is there")
    assert_refuses(tmp_path, (*transform, "--language=tongue!"), "'tongue!' is not a language code", "use BCP-47")
    with source.open("a") as stream:
        stream.write("{bad\n")
    assert_refuses(tmp_path, transform, "a.jsonl, line 2 is not JSON", "mend or remove the line")
    source.write_text('{"text": "12"}\n')
    result = run_here(*transform)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        f"gloctm: warning: 1 document was left out (language not recognised: 1), the first at {source}, line 1: '12'; "
        "--dropped FILE lists them",
        f"gloctm: error: {source}: no document could be used",
    ]
    assert not (tmp_path / "theta.csv").exists()


def test_topics_in_languages_that_cannot_be(tmp_path, model_folder):
    (tmp_path / "words.txt").write_text("mot\n")
    option = f"--vocabulary=en={tmp_path / 'words.txt'}"
    parts = ("vocabulary is given for 'en', of which the model has its own", "leave it out")
    assert_refuses(tmp_path, ("topics", model_folder, option), *parts)
    option = f"--vocabulary=fr={tmp_path / 'words.txt'}"
    parts = ("vocabulary is given for 'fr', which is not asked for", "leave it out")
    assert_refuses(tmp_path, ("topics", model_folder, option, "--languages=en"), *parts)


def test_transform_of_nothing(tmp_path, model_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [])
    arguments = ("transform", model_folder, source, "-o", tmp_path / "theta.csv")
    assert_refuses(tmp_path, arguments, "a.jsonl has no documents", "nothing to transform")


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_transform_onto_its_own_input(tmp_path, model_folder, name):
    source = tmp_path / name
    if name == "a.csv":
        source.write_text("text,lang\nen-0-0,en\n")
    else:
        write_json_lines(source, [{"text": "en-0-0", "lang": "en"}])
    (tmp_path / f"link-{name}").symlink_to(source)
    parts = ("it is the file that is read", "name another one")
    for target in (source, tmp_path / "below" / ".." / name, tmp_path / f"link-{name}"):
        (tmp_path / "below").mkdir(exist_ok=True)
        assert_refuses(tmp_path, ("transform", model_folder, source, "-o", target), f"can't write to {target}", *parts)


# Where to write


def test_foreign_folders_are_left_alone(tmp_path, corpus_folder, model_folder, documents):
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    corpus_parts = ("foreign: it holds files other than a corpus's", "name a new folder")
    model_parts = ("foreign: it holds files other than a model's", "name a new folder")
    assert_refuses(tmp_path, ("corpus", "build", documents, "-o", foreign), *corpus_parts, process=True)
    assert_refuses(tmp_path, ("train", corpus_folder, "-o", foreign), *model_parts)
    assert_refuses(tmp_path, ("corpus", "embed", corpus_folder, "-o", foreign), *corpus_parts)
    assert_refuses(tmp_path, ("demo", "-o", foreign), *model_parts)
    # A corpus is as foreign to a model as any folder.
    assert_refuses(tmp_path, ("train", corpus_folder, "-o", corpus_folder), "it holds files other than a model's")
    assert_refuses(tmp_path, ("corpus", "build", documents, "-o", model_folder), "it holds files other than a corpus's")


def test_what_others_call_a_model_or_a_corpus_is_left_alone(tmp_path, corpus_folder, documents):
    files = {
        "model/model.json": '{"tfjs":1}',
        "model/thesis.txt": "years of work",
        "project/corpus.json": "{}",
        "project/.git/config": "[core]",
        "project/src.py": "print()",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    train = ("train", corpus_folder, "-o", tmp_path / "model", "--num-topics=2")
    assert_refuses(tmp_path, train, "model: it holds files other than a model's", "name a new folder", process=True)
    build = ("corpus", "build", documents, "--encoder=none", "-q", "-o", tmp_path / "project")
    assert_refuses(tmp_path, build, "project: it holds files other than a corpus's", "name a new folder")


def test_our_own_folders_that_somebody_added_to_are_left_alone(
    tmp_path, corpus_folder, broken_model, broken_corpus, documents
):
    (broken_model / "notes.txt").write_text("mine")
    (broken_corpus / "en" / "notes.txt").write_text("mine")
    assert_refuses(tmp_path, ("train", corpus_folder, "-o", broken_model), "it holds files other than a model's")
    assert_refuses(tmp_path, ("corpus", "embed", broken_corpus), "it holds files other than a corpus's")
    build = ("corpus", "build", documents, "--encoder=none", "-q", "-o", broken_corpus)
    assert_refuses(tmp_path, build, "it holds files other than a corpus's", "name a new folder")


def test_places_where_no_folder_can_be(tmp_path, corpus_folder, documents):
    file = tmp_path / "file"
    file.write_text("content")
    build = ("corpus", "build", documents, "--encoder=none", "-q", "-o")
    assert_refuses(tmp_path, (*build, file), "file: a file of that name exists")
    assert_refuses(tmp_path, (*build, file / "below" / "corpus"), "file is a file")
    assert_refuses(tmp_path, ("train", corpus_folder, "-o", file / "model"), "file is a file")
    (tmp_path / "here").mkdir()
    with contextlib.chdir(tmp_path / "here"):
        assert_refuses(tmp_path, (*build, "."), "the folder you are in: name another one")


def test_places_where_no_file_can_be(tmp_path, model_folder, documents):
    transform = ("transform", model_folder, documents, "-o")
    parts = ("theta.csv: the folder", "does not exist")
    assert_refuses(tmp_path, (*transform, tmp_path / "absent" / "theta.csv"), *parts, process=True)
    assert_refuses(tmp_path, (*transform, tmp_path / "theta.xlsx"), "theta.xlsx: its name must end in", ".parquet")
    (tmp_path / "theta.csv").mkdir()
    assert_refuses(tmp_path, (*transform, tmp_path / "theta.csv"), "theta.csv: a folder of that name exists")


# A full disk


def limited(size):
    """Settings of a process whose files can't grow beyond a size: writing fails in earnest."""
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))}


FULL = ("a file would grow beyond the limit", "raise it or write elsewhere")


def test_building_to_a_full_disk(tmp_path):
    # Labels are held in memory and written only in the end.
    records = [{**record, "label": 300 * "x"} for record in make_records()]
    target = tmp_path / "corpus"
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    build = ("corpus", "build", source, "-o", target, "--encoder=none", "-q")
    # Texts on their way wait in the folder of temporary files, which may be the fuller disk.
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    settings = {"env": {**os.environ, "TMPDIR": str(temporary)}, "process": True}
    assert_refuses(tmp_path, build, *FULL, f"({temporary})", **settings, **limited(1000))
    # Enough for these, but not for what is made of them.
    assert_refuses(tmp_path, build, *FULL, f"({target})", **settings, **limited(7000))
    assert run_here(*build).returncode == 0
    assert_refuses(tmp_path, build, *FULL, f"({temporary})", **settings, **limited(1000))
    assert_refuses(tmp_path, build, *FULL, f"({target})", **settings, **limited(7000))


def test_saving_embeddings_to_a_full_disk(tmp_path, corpus):
    wide = np.ones((20, 2000), "f4")
    parts = {code: dataclasses.replace(part, document_embeddings=wide) for code, part in corpus.items()}
    source = Corpus(parts).save(tmp_path / "wide")
    arguments = ("corpus", "embed", source, "-o", tmp_path / "corpus")
    assert_refuses(tmp_path, arguments, process=True, **limited(50_000))


def test_training_on_a_full_disk(tmp_path, corpus_folder, broken_model):
    train = ("train", corpus_folder, "-o", broken_model, "--num-topics=2", "--threads=1", "--no-progress")
    published = (*train, "--method=published", "--epochs=1")
    assert_refuses(tmp_path, published, *FULL, str(broken_model), process=True, **limited(20_000))
    # By the default method there is a warning for every state that can't be kept, and training goes on.
    before = snapshot(tmp_path)
    result = run_process(*train, **limited(1000))
    *told, last = result.stderr.splitlines()
    assert result.returncode == 2
    assert told
    assert all("the checkpoint" in line and "could not be written" in line for line in told)
    assert last.startswith("gloctm: error: ")
    assert snapshot(tmp_path) == before
    # Enough for the state of the training, but not for the model: what was done is kept.
    assert_refused(run_process(*train, **limited(2500)), *FULL, str(broken_model))
    checkpoint = broken_model.with_name("model.checkpoint")
    after = snapshot(tmp_path)
    assert after.pop(checkpoint)
    assert after == before
    assert run_here(*train, "--resume").returncode == 0
    assert not checkpoint.exists()


def test_transforming_to_a_full_disk(tmp_path, model_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}] * 200)
    target = tmp_path / "theta.parquet"
    target.write_text("older")
    arguments = ("transform", model_folder, source, "-o", target)
    assert_refuses(tmp_path, arguments, *FULL, str(target), process=True, **limited(500))


def test_printing_to_a_full_disk(corpus_folder):
    # Linux's file that is always full.
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            command("corpus", "info", corpus_folder), stdout=full, stderr=subprocess.PIPE, encoding="utf-8", timeout=100
        )
    assert result.returncode == 2
    assert result.stderr.startswith("gloctm: error: no space left on the disk: free some")
    assert result.stderr.count("\n") == 1


def no_space(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("writer", ["gloctm.corpus.storage.write_json", "scipy.sparse.save_npz"])
def test_a_disk_that_fills_up_while_a_corpus_is_written(tmp_path, corpus_folder, documents, monkeypatch, writer):
    target = shutil.copytree(corpus_folder, tmp_path / "corpus")
    monkeypatch.setattr(writer, no_space)
    arguments = ("corpus", "build", documents, "-o", target, "--encoder=none", "-q")
    assert_refuses(tmp_path, arguments, f"no space left on the disk ({target})", "free some or write elsewhere")


def test_a_disk_that_fills_up_while_a_model_is_written(tmp_path, broken_model, monkeypatch):
    model = GloCTM.load(broken_model)
    before = snapshot(tmp_path)
    monkeypatch.setattr("gloctm.model.storage.write_json", no_space)
    with pytest.raises(OSError, match="No space left"):
        model.save(broken_model)
    assert snapshot(tmp_path) == before


def test_a_disk_that_fills_up_while_proportions_are_written(tmp_path, model_folder, monkeypatch):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}])
    monkeypatch.setattr("os.fsync", no_space)
    for name in ("theta.csv", "theta.jsonl", "theta.parquet"):
        (tmp_path / name).write_text("older")
        arguments = ("transform", model_folder, source, "-o", tmp_path / name)
        assert_refuses(tmp_path, arguments, f"no space left on the disk ({tmp_path / name})", "free some")


# How errors are put


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("num_topics is 1: it must be 2 or more"), 2, "error: num_topics is 1: it must be 2 or more"),
        (FileFormatError("a\nb is damaged"), 2, "error: a b is damaged"),
        (TrainingError("the loss is not finite"), 1, "error: the loss is not finite"),
        (MemoryError(), 1, "error: out of memory: use a smaller vocabulary, fewer topics or a smaller batch"),
        (
            ZeroDivisionError("a\nb"),
            1,
            "unexpected error: ZeroDivisionError: a b (set GLOCTM_DEBUG=1 for the whole story)",
        ),
    ],
)
def test_an_error_is_one_line_on_standard_error(capsys, error, code, line):
    assert report_error(error) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"gloctm: {line}\n"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "no space left on the disk (a/b): free some or write elsewhere; nothing half-written was left"),
        (errno.EDQUOT, "no space left on the disk (a/b): free some or write elsewhere; nothing half-written was left"),
        (errno.EFBIG, "a file would grow beyond the limit set for files (a/b): raise it or write elsewhere"),
        (errno.EACCES, "permission denied (a/b): choose another place or change the permissions"),
        (errno.EROFS, "permission denied (a/b): choose another place or change the permissions"),
        (errno.ENOENT, "no such file or folder (a/b): check the path"),
        (errno.EIO, "Input/output error (a/b)"),
    ],
)
def test_file_errors_in_words(number, says):
    assert describe_os_error(OSError(number, os.strerror(number), "a/b")) == says


def test_file_errors_without_a_name_or_number():
    assert describe_os_error(OSError(errno.ENOSPC, "")).startswith("no space left on the disk: free some")
    assert describe_os_error(OSError("the tape is torn")) == "the tape is torn"


def test_the_whole_story_on_request(monkeypatch, tmp_path):
    monkeypatch.setenv("GLOCTM_DEBUG", "1")
    with pytest.raises(FileFormatError, match="is not a gloctm model"):
        run_here("info", tmp_path)

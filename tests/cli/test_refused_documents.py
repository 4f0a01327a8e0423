"""Documents that can't be read: one sentence that names culprit and cure, exit code 2, and nothing written."""

from __future__ import annotations

import contextlib
import gzip
import io
import subprocess
import sys
from unittest import mock

import pytest

from command_line import (
    assert_refuses,
    make_records,
    sentences,
    without,
    write_benchmark,
    write_csv,
    write_json_lines,
)

LINE = '{"text": "one", "lang": "en"}\n'


DOCUMENTS = {
    "malformed JSON": ("a.jsonl", LINE * 2 + '{"text": "cut\n', "a.jsonl, line 3 is not JSON", "correct or remove"),
    "no JSON object": ("a.jsonl", LINE + "[1]\n", "a.jsonl, line 2", "write each document as an object with its text"),
    "missing key": ("a.jsonl", '{"lang": "en"}\n', "line 1 has no 'text'", "each document needs"),
    "text that is none": ("a.jsonl", '{"text": 5, "lang": "en"}\n', "line 1: 'text' is 5", "correct the line"),
    "malformed CSV": ("a.csv", 'text,lang\none,en\n"cut\n', "a.csv, line 3 is not CSV", "correct the line"),
    "field too many": ("a.csv", "text,lang\none,en\none,en,more\n", "a.csv, line 3", "as many fields as the heading"),
    "field too few": ("a.tsv", "text\tlang\none\n", "a.tsv, line 2", "as many fields as the heading"),
    "missing column": ("a.csv", "no,lang\none,en\n", "a.csv has no column 'text'", "that it has ('no', 'lang')"),
    "no language": (
        "a.csv",
        "text,sprache\none,en\n",
        "a corpus needs at least two languages and none was found; documents left out: language uncertain: 1\n",
    ),
    "empty table": ("a.csv", "\n \n", "a.csv is empty", "its first line must name the columns, 'text' among them"),
    "label": (
        "a.jsonl",
        '{"text": "one", "label": [1]}\n',
        "line 1: 'label' is [1], neither text nor a number",
        "correct",
    ),
    "UTF-16": (
        "a.jsonl",
        LINE.encode("utf-16")[:-1],
        "a.jsonl, line 1 is not UTF-16 text (byte 61 of the line)",
        "name its encoding with --encoding",
    ),
    "gzip cut short": (
        "a.jsonl.gz",
        gzip.compress(LINE.encode() * 99)[:-9],
        "a.jsonl.gz is cut short or damaged",
        "again",
    ),
    "zip": ("a.jsonl", b"PK\x03\x04" + bytes(30), "a.jsonl is compressed with zip", "compress it with gzip"),
    "unknown language": ("a.jsonl", LINE + '{"text": "one", "lang": "e!"}\n', "line 2: 'e!' is not a", "use BCP-47"),
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
    "Parquet": ("a.parquet", b"PAR1", "a.parquet can't be read as Parquet (", "copy or write it again"),
    "Parquet in name alone": ("a.parquet", LINE * 3, "a.parquet can't be read as Parquet (", "copy or write it again"),
    "semicolons": ("a.csv", "text;lang\none\n", "a.csv, line 2 has not as many fields", "correct or remove the line"),
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
    process = case in ("malformed JSON", "one language")
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
        *(f"{flag}=en={tmp_path / 'words.txt'}" for flag in ("--more-stop-words", "--keep-words")),
        *("--lemmas=all", "--convert=simplified", "--phrases", "--processes=2", "--language=auto", "--encoding=utf-8"),
        *("--min-confidence=0.5", "--min-documents=20", "--format=jsonl", "--skip-bad-lines"),
        *("--quoting=none", "--date-order=dmy"),
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
    assert_refuses(tmp_path, ("corpus", "build", source, "-o", tmp_path / "corpus"), *parts)
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
        (build, b"text,lang\none,en\n"): ("standard input, line 1 is not JSON (Expecting value)", "correct or remove"),
        ((*build, "--format=csv"), b"no\none\n"): ("standard input has no column 'text'", "it has ('no')"),
        ((*build, "--format=parquet"), b"text\n"): ("standard input can't be read as Parquet", "write it again"),
        (build, gzip.compress(LINE.encode() * 9)[:-9]): ("standard input is cut short or damaged", "again"),
    }
    for (arguments, content), parts in cases.items():
        with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(content))):
            assert_refuses(tmp_path, arguments, *parts)
    assert_refuses(tmp_path, build, *cases[build, b""], process=True, stdin=subprocess.DEVNULL)


def test_texts_in_another_encoding_than_said(tmp_path):
    source = write_csv(tmp_path / "a.csv", make_records(), encoding="cp1252")
    build = ("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none", "-q")
    parts = ("a.csv, line 3 is not UTF-8 text (byte ", "name its encoding with --encoding, such as cp1252 or utf-16")
    assert_refuses(tmp_path, build, *parts)
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
    assert_refuses(tmp_path, build, *parts)
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
    assert_refuses(tmp_path, (*build, "--min-confidence=1"), *parts)
    parts = ("and none was found; documents left out: fewer than 31 documents in a language: 60\n",)
    assert_refuses(tmp_path, (*build, "--min-documents=31"), *parts)
    parts = ("a.jsonl has no documents in the language 'fr': remove it from --languages\n",)
    assert_refuses(tmp_path, (*build, "--languages=en,fr"), *parts)
    parts = ("a.jsonl has no documents in the languages 'fr' and 'it': remove them from --languages\n",)
    assert_refuses(tmp_path, (*build, "--languages=en,fr,it"), *parts)
    parts = ("at least two languages and only 'de' was given", "add documents in another language")
    assert_refuses(tmp_path, (*build, "--language=de"), *parts)
    write_json_lines(source, records[::2])
    parts = ("at least two languages and only 'en' was given", "add documents in another language")
    assert_refuses(tmp_path, build, *parts)
    write_json_lines(source, [*records[::2], {"text": "?"}])
    parts = ("two languages and only 'en' was found; documents left out: language not recognized: 1\n",)
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
    assert_refuses(tmp_path, build, "a.jsonl, line 16501 is not JSON", "correct or remove the line", process=True)


WORD_LISTS = [
    ("--stop-words=words.txt", "--stop-words 'words.txt': give LANG=FILE, for example en=words.txt"),
    ("--stop-words=en=", "--stop-words 'en=': give LANG=FILE, for example en=words.txt"),
    ("--stop-words=en=absent.txt", "no such file or folder (absent.txt): check the path"),
    ("--stop-words=en=.", "--stop-words: . is a folder: give a file with one word per line"),
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

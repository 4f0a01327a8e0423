"""Documents from JSON lines and tables."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gloctm.corpus import read_records
from gloctm.corpus.records import group_records
from gloctm.errors import FileFormatError, InputError

EN = '{"text": "a", "lang": "en"}\n'
languages = st.sampled_from(["en", "zh", "pt-BR"])


def read(folder, name, content):
    path = Path(folder) / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_records(path))


def records_of(text):
    return st.lists(
        st.fixed_dictionaries({"text": text, "lang": languages}, optional={"label": text, "id": text}), max_size=5
    )


def test_json_lines(tmp_path):
    content = (
        '{"text": "Hello", "lang": "en", "label": "greeting", "id": "e1", "other": [1]}\n'
        "\n"
        '  {"text": "你好\\nline", "lang": "cn", "label": 3, "id": 4}  \r\n'
        " \t\n"
        '{"text": "", "lang": "de", "label": null, "id": null}'
    )
    assert read(tmp_path, "texts.jsonl", content) == [
        {"text": "Hello", "lang": "en", "label": "greeting", "id": "e1"},
        {"text": "你好\nline", "lang": "cn", "label": "3", "id": "4"},
        {"text": "", "lang": "de"},
    ]


@pytest.mark.parametrize("name", ["texts.csv", "TEXTS.CSV", "texts.tsv"])
def test_tables(tmp_path, name):
    content = (
        "id,lang,text,label,more\r\n"
        'e1,en,"Hello, ""you""",greeting,x\r\n'
        "\r\n"
        'e2,de,"two\r\nlines",,\r\n'
        ",zh,你好,,\r\n"
        "e4,zh,,leer,"
    )
    if name.endswith("tsv"):
        content = content.replace(",", "\t").replace("Hello\t ", "Hello, ")
    assert read(tmp_path, name, content) == [
        {"text": 'Hello, "you"', "lang": "en", "label": "greeting", "id": "e1"},
        {"text": "two\r\nlines", "lang": "de", "id": "e2"},
        {"text": "你好", "lang": "zh"},
        {"text": "", "lang": "zh", "label": "leer", "id": "e4"},
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", EN),
        ("a.ndjson", EN),
        ("A.JSON", EN),
        ("a.csv", "text,lang\na,en\n"),
        ("a.tsv", "text\tlang\na\ten\n"),
    ],
)
def test_a_byte_order_mark_is_passed_over(tmp_path, name, content):
    assert read(tmp_path, name, b"\xef\xbb\xbf" + content.encode()) == [{"text": "a", "lang": "en"}]


def test_line_separators_within_a_text(tmp_path):
    text = "a\u2028b\x85c\x0bd\x0ce\x1cf"
    for escaped in (True, False):
        line = json.dumps({"text": text, "lang": "en"}, ensure_ascii=escaped)
        assert read(tmp_path, "a.jsonl", line)[0]["text"] == text
    assert read(tmp_path, "a.csv", f'text,lang\n"{text}",en\n')[0]["text"] == text


@pytest.mark.parametrize("name", ["a.txt", "a.parquet", "a.xlsx", "a", "a.csv.gz", ".jsonl"])
def test_a_file_of_an_unknown_kind(tmp_path, name):
    with pytest.raises(FileFormatError) as caught:
        read(tmp_path, name, EN)
    endings = ".jsonl, .ndjson, .json, .csv, .tsv"
    assert str(caught.value) == f"{tmp_path / name} is none of {endings}: name the file by what it holds"


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson"])
def test_an_empty_file_has_no_documents(tmp_path, name):
    assert read(tmp_path, name, "") == []
    assert read(tmp_path, name, "\n \n") == []


def test_a_table_with_a_heading_alone_has_no_documents(tmp_path):
    assert read(tmp_path, "a.csv", "text,lang\n") == []


def test_a_long_field(tmp_path):
    text = "long " * 100_000
    assert read(tmp_path, "a.csv", f"text,lang\n{text},en\n")[0]["text"] == text


@given(records=records_of(st.text(st.characters(codec=None, exclude_categories=()))))
@example(records=[{"text": "\ud800\u2028\x85\r\n\x00", "lang": "en", "label": "", "id": "\ufeff"}])
@settings(deadline=None)
def test_json_lines_come_back(records):
    with tempfile.TemporaryDirectory() as folder:
        assert read(folder, "a.jsonl", "\n".join(map(json.dumps, records))) == records


@given(records=records_of(st.text(st.characters(codec="utf-8"))), separator=st.sampled_from([",", "\t"]))
@example(records=[{"text": '\ufeff\u2028\x85\r\n\n\r"', "lang": "en", "label": "a,b\tc", "id": " "}], separator=",")
@settings(deadline=None)
def test_tables_come_back(records, separator):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("a.csv" if separator == "," else "a.tsv")
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, ["text", "lang", "label", "id"], delimiter=separator, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(records)
        # An empty cell is a label or id that is not there.
        expected = [{k: v for k, v in record.items() if v or k in ("text", "lang")} for record in records]
        assert list(read_records(path)) == expected


MALFORMED = [
    ("a.jsonl", EN + "\n{not json}\n", "line 3 is not JSON (Expecting property name"),
    ("a.jsonl", EN + '{"text": "a"', "line 2 is not JSON"),
    ("a.jsonl", EN + "[1, 2]\n", "line 2 is not a JSON object: each line needs text and lang"),
    ("a.jsonl", '\n\n"text"\n', "line 3 is not a JSON object"),
    ("a.jsonl", '{"text": "a"}\n', "line 1 has no 'lang': each document needs text and lang"),
    ("a.jsonl", EN + '{"lang": "en"}\n', "line 2 has no 'text'"),
    ("a.jsonl", '{"text": null, "lang": "en"}\n', "line 1: 'text' is None, not text"),
    ("a.jsonl", '{"text": ["a"], "lang": "en"}\n', "line 1: 'text' is ['a'], not text"),
    ("a.jsonl", '{"text": "a", "lang": 5}\n', "line 1: 'lang' is 5, not text"),
    ("a.jsonl", EN + '{"text": "a", "lang": "klingonese"}\n', "line 2: 'klingonese' is not a language code"),
    ("a.jsonl", '{"text": "a", "lang": ""}\n', "line 1: '' is not a language code"),
    ("a.jsonl", f'{{"text": {"1" * 5000}, "lang": "en"}}\n', "line 1 is not JSON (Exceeds the limit"),
    ("a.jsonl", "[" * 100_000, "line 1 is not JSON (maximum recursion"),
    ("a.csv", "", "has no column text and no column lang"),
    ("a.csv", "text,language\na,en\n", "has no column lang: its first line must name the columns text and lang"),
    ("a.csv", "text;lang\na;en\n", "is separated by semicolons: save it with commas, or with tabs as .tsv"),
    ("a.tsv", "text;lang\na;en\n", "is separated by semicolons: save it with commas, or with tabs as .tsv"),
    ("a.csv", "text,lang,text\na,en,b\n", "has two columns 'text': name each column differently"),
    ("a.csv", "text,lang,more,more\na,en,b,c\n", "has two columns 'more': name each column differently"),
    ("a.csv", "text,lang\na,en\nb\n", "line 3 has not as many fields as the heading"),
    ("a.csv", "text,lang\na,en\nb,c,en\n", "line 3 has not as many fields as the heading"),
    ("a.csv", 'text,lang\n"a\nb\nc",en\nd\n', "line 5 has not as many fields as the heading"),
    ("a.csv", 'text,lang\r\n"a\r\nb",en\r\nd\r\n', "line 4 has not as many fields as the heading"),
    ("a.csv", "text,lang\n\n\nd\n", "line 4 has not as many fields as the heading"),
    ("a.csv", 'text,lang\na,en\n\n"b"c,en\n', "line 4 is not CSV"),
    ("a.csv", 'text,lang\n"a\nb",en\n"b"c,en\n', "line 4 is not CSV"),
    ("a.csv", 'text,lang\na,en\n"never closed,en\n', "line 3 is not CSV (unexpected end of data)"),
    ("a.csv", 'text,lang\n"a\nb",klingonese\n', "line 3: 'klingonese' is not a language code"),
    ("a.csv", "text,lang\na,\n", "line 2: '' is not a language code"),
    ("a.tsv", "text\tlang\na,en\n", "line 2 has not as many fields"),
    ("a.jsonl", b'{"text": "caf\xe9", "lang": "fr"}\n', "line 1 is not UTF-8 text (byte 14 of the line): convert the"),
    (
        "a.jsonl",
        EN.encode() + b'\n\n{"text": "\xff", "lang": "fr"}\n',
        "line 4 is not UTF-8 text (byte 11 of the line)",
    ),
    ("a.jsonl", b"\xff\xfe{\x00", "line 1 is not UTF-8 text (byte 1 of the line)"),
    ("a.csv", b"text,lang\na,en\ncaf\xe9,fr\n", "line 3 is not UTF-8 text (byte 4 of the line): convert the file"),
    ("a.csv", b'text,lang\n"a\nb\nc\xe9",fr\n', "line 4 is not UTF-8 text (byte 2 of the line)"),
    ("a.csv", b"t\xe9xt,lang\n", "line 1 is not UTF-8 text (byte 2 of the line)"),
]


@pytest.mark.parametrize(("name", "content", "message"), MALFORMED)
def test_a_malformed_file_is_named_with_the_line(tmp_path, name, content, message):
    with pytest.raises(FileFormatError) as caught:
        read(tmp_path, name, content)
    assert str(tmp_path / name) in str(caught.value)
    assert message in str(caught.value)


def test_columns_without_a_name_are_passed_over(tmp_path):
    """Spreadsheets leave them at the end."""
    assert read(tmp_path, "a.csv", "text,lang,,\na,en,,\n") == [{"text": "a", "lang": "en"}]


def test_documents_before_a_malformed_line_are_read(tmp_path):
    (tmp_path / "a.jsonl").write_text(EN + "{")
    records = read_records(tmp_path / "a.jsonl")
    assert next(records)["text"] == "a"
    with pytest.raises(FileFormatError):
        next(records)


def test_a_path_without_documents(tmp_path):
    with pytest.raises(FileFormatError, match="does not exist: check the path"):
        list(read_records(tmp_path / "missing.jsonl"))
    with pytest.raises(FileFormatError, match="is a folder: give a JSON lines or CSV file"):
        list(read_records(tmp_path))


def test_grouping_by_language():
    grouped = group_records(
        [
            {"text": "a", "lang": "zh", "label": "x", "id": "z1"},
            {"text": "b", "lang": "en"},
            {"text": "c", "lang": "cn"},
            {"text": "d", "lang": "EN", "id": "e2"},
        ]
    )
    assert list(grouped["texts"]) == ["zh", "en"]
    assert grouped["texts"] == {"zh": ["a", "c"], "en": ["b", "d"]}
    assert grouped["labels"] == {"zh": ["x", ""]}
    assert grouped["ids"] == {"zh": ["z1", "1"], "en": ["0", "e2"]}


def test_grouping_nothing_and_nonsense():
    assert group_records([]) == {"texts": {}, "labels": {}, "ids": {}}
    with pytest.raises(InputError, match="'nonsense' is not a language code"):
        group_records([{"text": "a", "lang": "nonsense"}])

"""Documents from JSON lines and tables."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import os
import tempfile
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gloctm.errors import FileFormatError, InputError
from gloctm.reading.dropped import DroppedDocument, read_dropped, write_dropped
from gloctm.reading.records import Columns, as_records, group_records, read_records
from gloctm.reading.values import cell_value

EN = '{"text": "a", "lang": "en"}\n'
languages = st.sampled_from(["en", "zh", "pt-BR"])


def read(folder, name, content, **settings):
    path = Path(folder) / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return without_source(read_records(path, **settings))


def without_source(records):
    return [{name: value for name, value in record.items() if name != "source"} for record in records]


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
        {"text": "你好\nline", "lang": "zh", "label": "3", "id": "4"},
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


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.gz", "a.jsonl.zip", ".jsonl"])
def test_a_file_of_an_unknown_kind(tmp_path, name):
    with pytest.raises(FileFormatError) as caught:
        read(tmp_path, name, EN)
    endings = ".jsonl, .ndjson, .json, .csv, .tsv, .parquet, .txt"
    assert str(caught.value) == (
        f"{tmp_path / name} is none of {endings}: name the file by what it holds, or say its format"
    )


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
        assume(all(cell_value(record.get(k, "")) == record.get(k, "") for record in expected for k in ("label", "id")))
        assert without_source(read_records(path)) == expected


MALFORMED = [
    ("a.jsonl", EN + "\n{not json}\n", "line 3 is not JSON (Expecting property name"),
    ("a.jsonl", EN + '{"text": "a"', "line 2 is not JSON"),
    ("a.jsonl", EN + "[1, 2]\n", "line 2 is not a JSON object: write each document as an object with its text"),
    ("a.jsonl", '\n\n"text"\n', "line 3 is not a JSON object"),
    ("a.jsonl", '[1, {"text": "a"}]', "line 1 is not a JSON object: write each document as an object with its text"),
    ("a.jsonl", "{}\n", "line 1 has no 'text': each document needs one, and this has nothing"),
    ("a.jsonl", EN + '{"text": ["a"], "lang": "en"}\n', "line 2: 'text' is ['a'], not text"),
    ("a.jsonl", '{"text": "a", "lang": 5}\n', "line 1: 'lang' is 5, not text"),
    ("a.jsonl", EN + '{"text": "a", "lang": "klingonese"}\n', "line 2: 'klingonese' is not a language code"),
    ("a.jsonl", EN + '{"text": "a", "lang": "en", "label": [1]}\n', "line 2: 'label' is [1], neither text nor a"),
    ("a.jsonl", f'{{"text": {"1" * 5000}, "lang": "en"}}\n', "line 1 is not JSON (Exceeds the limit"),
    ("a.jsonl", "[" * 100_000, "line 1 is not JSON (maximum recursion"),
    ("a.csv", "", "is empty: its first line must name the columns, 'text' among them"),
    ("a.csv", "\n\n", "is empty: its first line must name the columns"),
    (
        "a.csv",
        "inhalt;lang\na;en\n",
        "has no column 'text': name one of those that it has ('inhalt', 'lang'), "
        "with --text-column on the command line, columns={...} in Python",
    ),
    ("a.csv", "Nr;Inhalt;Sprache\n1;a, b, c;de\n", "name one of those that it has ('Nr', 'Inhalt', 'Sprache')"),
    ("a.tsv", "Nr,Inhalt,Sprache\n1,a,de\n", "name one of those that it has ('Nr', 'Inhalt', 'Sprache')"),
    ("a.csv", "content,body\na,en\n", "has no column 'text', but 'content' and 'body', each of which may be it: name"),
    ("a.csv", "text,lang,text\na,en,b\n", "has two columns 'text': name each column differently"),
    ("a.csv", "text,lang,more,more\na,en,b,c\n", "has two columns 'more': name each column differently"),
    ("a.csv", "text,lang\na,en\nb\n", "line 3 has not as many fields as the heading"),
    ("a.csv", "text,lang\na,en\nb,c,en\n", "line 3 has not as many fields as the heading"),
    ("a.csv", 'text,lang\n"a\nb\nc",en\nd\n', "line 5 has not as many fields as the heading"),
    ("a.csv", 'text,lang\r\n"a\r\nb",en\r\nd\r\n', "line 4 has not as many fields as the heading"),
    ("a.csv", "text,lang\n\n\nd\n", "line 4 has not as many fields as the heading"),
    (
        "a.csv",
        'text,lang\na,en\n"never closed\n',
        "line 3 is not CSV (a quotation that begins here is never closed)",
    ),
    ("a.csv", 'text,lang\na,en\n"b\n' + "c,en\n" * 500, "line 3 is not CSV (a quotation that begins here is never"),
    (
        "a.csv",
        'text,lang\na,en\n"b\n"c"d\n',
        "line 3 is not CSV (text follows the quotation mark that closes a field in line 4, in a row that begins here)",
    ),
    ("a.csv", '"text,lang\na,en\n', "a.csv, line 1 is not CSV (a quotation that begins here is never closed): correct"),
    ("a.csv", 'text,lang\n"a\nb",klingonese\n', "line 3: 'klingonese' is not a language code"),
    ("a.tsv", "text\tlang\na,en\n", "line 2 has not as many fields"),
    ("a.jsonl", b'{"text": "caf\xe9", "lang": "fr"}\n', "line 1 is not UTF-8 text (byte 14 of the line): convert"),
    (
        "a.jsonl",
        EN.encode() + b'\n\n{"text": "\xff", "lang": "fr"}\n',
        "line 4 is not UTF-8 text (byte 11 of the line)",
    ),
    (
        "a.jsonl",
        b"\xff\xfe{\x00\x00\xd8",
        "line 1 is not UTF-16 text (byte 5 of the line): convert the file",
    ),
    ("a.csv", b"\x00\x00\xfe\xff\x00", "line 1 is not UTF-32 text (byte 5 of the line): convert the file"),
    (
        "a.csv",
        b"text,lang\na,en\ncaf\xe9,fr\n",
        "line 3 is not UTF-8 text (byte 4 of the line): convert the file, or name its encoding with --encoding",
    ),
    ("a.csv", b'text,lang\n"a\nb\nc\xe9",fr\n', "line 4 is not UTF-8 text (byte 2 of the line)"),
    ("a.csv", b"t\xe9xt,lang\n", "line 1 is not UTF-8 text (byte 2 of the line)"),
    ("a.json", '[{"text": "a"},\n{"text": [1]}]', "a.json, item 2: 'text' is [1], not text: correct the item"),
    ("a.json", '[{"text": "a"}, 5]', "item 2 is not a JSON object: write each document as an object with its text"),
    ("a.json", '[{"text": "a"}, {"text": "b}]', "a.json, item 2 is not JSON (Unterminated string"),
    ("a.json", '[{"text": "a"}, ,]', "a.json, item 2 is not JSON (Expecting value): correct the file"),
    ("a.json", '[{"text": "a"}, {"text": "b"}', "a.json, item 2 is followed by no comma"),
    ("a.json", '[{"text": "a"} {"text": "b"}]', "a.json, item 1 is followed by no comma: correct the file"),
    (
        "a.json",
        '[{"text": "a"}]\n[{"text": "b"}]',
        "a.json goes on after the end of its JSON array: give one array, or",
    ),
    ("a.json", b'[{"text": "caf\xe9"}]', "a.json is not UTF-8 text: convert the file, or name its encoding"),
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
    records = iter(read_records(tmp_path / "a.jsonl"))
    assert next(records)["text"] == "a"
    with pytest.raises(FileFormatError):
        next(records)


def test_a_path_without_documents(tmp_path):
    with pytest.raises(FileFormatError, match="does not exist: check the path"):
        list(read_records(tmp_path / "missing.jsonl"))
    with pytest.raises(FileFormatError, match="holds no file of documents"):
        read_records(tmp_path)


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
    assert grouped["ids"] == {"zh": ["z1", "2"], "en": ["1", "e2"]}


def test_grouping_nothing_and_nonsense():
    assert group_records([]) == {"texts": {}, "labels": {}, "ids": {}}
    with pytest.raises(InputError, match="'nonsense' is not a language code"):
        group_records([{"text": "a", "lang": "nonsense"}])
    with pytest.raises(InputError, match=r"^a\.csv, line 2 has no 'lang': say its language"):
        group_records([{"text": "a", "source": "a.csv, line 2"}])
    with pytest.raises(InputError, match=r"^document 1 has no 'lang'"):
        group_records([{"text": "a"}])


def test_every_record_says_where_it_stands(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('text\n"a\nb"\nc\n')
    assert [record["source"] for record in read_records(path)] == [f"{path}, line 3", f"{path}, line 4"]


def test_documents_are_read_once(tmp_path):
    (tmp_path / "a.jsonl").write_text(EN)
    reader = read_records(tmp_path / "a.jsonl")
    assert len(list(reader)) == 1
    with pytest.raises(InputError, match="have been read already"):
        list(reader)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_heading_tells_what_separates_the_fields(tmp_path, name, separator):
    content = 'id,lang , text\n1,en,"a,b;c|d\te"\n'.replace(",", separator, 2)
    content = content.replace("1,en,", separator.join(["1", "en", ""]))
    assert read(tmp_path, name, content) == [{"text": "a,b;c|d\te", "lang": "en", "id": "1"}]


def test_spreadsheets_name_what_separates_the_fields(tmp_path):
    assert read(tmp_path, "a.csv", "sep=^\r\ntext^lang\r\na,b^de\r\n") == [{"text": "a,b", "lang": "de"}]


def test_a_table_of_one_column(tmp_path):
    assert read(tmp_path, "a.csv", "text\na; b\n", language="EN") == [{"text": "a; b", "lang": "en"}]


@pytest.mark.parametrize("lang", ['""', '"auto"', '" AUTO "', '"und"', "null", "NaN"])
def test_a_language_to_be_identified_is_left_out(tmp_path, lang):
    assert read(tmp_path, "a.jsonl", f'{{"text": "a", "lang": {lang}}}\n{{"text": "b"}}\n{EN}') == [
        {"text": "a"},
        {"text": "b"},
        {"text": "a", "lang": "en"},
    ]
    assert read(tmp_path, "a.csv", "text,lang\na,\nb,auto\nc,en\n") == [
        {"text": "a"},
        {"text": "b"},
        {"text": "c", "lang": "en"},
    ]


def test_one_language_for_all(tmp_path):
    content = EN + '{"text": "b", "lang": "no such language"}\n{"text": "c"}\n'
    assert [record["lang"] for record in read(tmp_path, "a.jsonl", content, language="zh_hant")] == ["zh-Hant"] * 3
    assert all("lang" not in record for record in read(tmp_path, "a.jsonl", content, language="auto"))
    with pytest.raises(InputError, match="'klingonese' is not a language code"):
        read_records(tmp_path / "a.jsonl", language="klingonese")


def test_languages_are_spelled_alike(tmp_path):
    content = "".join(json.dumps({"text": "a", "lang": code}) + "\n" for code in ("EN", "cn", "zh_hant", " de "))
    assert [record["lang"] for record in read(tmp_path, "a.jsonl", content)] == ["en", "zh", "zh-Hant", "de"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_columns_of_other_names(tmp_path, name):
    content = {
        "a.jsonl": '{"body": "a", "code": "en", "stars": 5, "no": 7, "when": "2024", "text": 1, "lang": 2}\n',
        "a.csv": "body,code,stars,no,when,text,lang\na,en,5,7,2024,1,2\n",
    }[name]
    columns = Columns(text="body", lang="code", label="stars", id="no", date="when")
    assert read(tmp_path, name, content, columns=columns) == [
        {"text": "a", "lang": "en", "label": "5", "id": "7", "date": "2024"}
    ]
    # With one language for all, where it would stand does not matter.
    columns = Columns(text="body", lang="nowhere", label=None)
    assert read(tmp_path, name, content, columns=columns, language="de") == [{"text": "a", "lang": "de"}]


def test_a_column_that_is_not_there(tmp_path):
    with pytest.raises(FileFormatError, match=r"a.csv has no column 'theme': name one of those that it has \('text', "):
        read(tmp_path, "a.csv", "text,lang\na,en\n", columns=Columns(label="theme"))
    # Lines of JSON need not be alike, but a key that none has was misspelled.
    content = EN + '{"text": "b", "theme": null}\n'
    assert len(read(tmp_path, "a.jsonl", content, columns=Columns(label="theme"))) == 2
    with pytest.raises(FileFormatError, match=r"a\.jsonl never has 'topic': name a column that is there"):
        read(tmp_path, "a.jsonl", content, columns=Columns(label="topic"))
    with pytest.raises(InputError, match="the column of label is '': give its name"):
        read_records(tmp_path / "a.jsonl", columns=Columns(label=""))


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("3", "3"),
        ("4.0", "4"),
        ("0.5", "0.5"),
        ("1e300", "1e+300"),
        ("true", "True"),
        ('"4.0"', "4.0"),
        ("NaN", None),
        ("null", None),
        (str(10**30), str(10**30)),
    ],
)
def test_numbers_as_labels_and_ids(tmp_path, written, read_as):
    (record,) = read(tmp_path, "a.jsonl", f'{{"text": "a", "label": {written}, "id": {written}}}')
    assert record == ({"text": "a"} if read_as is None else {"text": "a", "label": read_as, "id": read_as})


@pytest.mark.parametrize(
    ("value", "read_as"),
    [("3.0", "3"), ("3", "3"), ("3E+1", "30"), ("1.50", "1.50"), ("NaN", None), ("-0.0", "0")],
)
def test_decimal_numbers_of_databases(value, read_as):
    (record,) = as_records([{"text": "a", "id": Decimal(value), "label": Decimal(value)}])
    assert (record.get("id"), record.get("label")) == (read_as, read_as)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2024", "2024"),
        (2024, "2024"),
        (2024.0, "2024"),
        (" 2024-02 ", "2024-02"),
        ("2024-02-29", "2024-02-29"),
        ("29.2.2024", "2024-02-29"),
        ("01.05.2024", "2024-05-01"),
        ("2024-02-29 18:30", "2024-02-29T18:30:00"),
        ("2024-02-29T18:30:00Z", "2024-02-29T18:30:00+00:00"),
        ("2024-02-29T18:30:00.5+01:00", "2024-02-29T18:30:00.500000+01:00"),
        ("2024-02-29T00:00:00", "2024-02-29"),
        ("", None),
        (None, None),
    ],
)
def test_dates(tmp_path, written, read_as):
    (record,) = read(tmp_path, "a.jsonl", json.dumps({"text": "a", "date": written}))
    assert record.get("date") == read_as


def test_skipping_malformed_lines_of_json(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        EN.encode()
        + b'{"text": "cut\n'
        + b"\n"
        + b'{"text": "caf\xe9"}\n'
        + b'["text"]\n'
        + b'{"lang": "en", "id": 7}\n'
        + b'{"text": null, "lang": "en"}\n'
        + b'{"text": "wrong language", "lang": "klingonese"}\n'
        + b'{"text": "'
        + b"long " * 100
        + b'", "lang": 5}\n'
        + b'{"text": "b", "lang": "de"}'
    )
    reader = read_records(path, on_error="skip")
    assert [record["text"] for record in reader] == ["a", "b"]
    assert [
        (dropped.source, dropped.reason.split(" (")[0], dropped.text, dropped.id) for dropped in reader.dropped
    ] == [
        (f"{path}, line 2", "is not JSON", '{"text": "cut', None),
        (f"{path}, line 4", "is not UTF-8 text", '{"text": "caf\ufffd"}', None),
        (f"{path}, line 5", "is not a JSON object", '["text"]', None),
        (f"{path}, line 6", "has no text", "lang: 'en', id: 7", "7"),
        (f"{path}, line 7", "has no text", "text: None, lang: 'en'", None),
        (f"{path}, line 8", "'klingonese' is not a language code", "wrong language", None),
        (f"{path}, line 9", "'lang' is 5, not text", ("long " * 16), None),
    ]


@pytest.mark.parametrize("missing", ['"text": null, ', '"text": NaN, ', ""])
def test_a_document_without_text_is_left_out_and_listed(tmp_path, missing):
    path = tmp_path / "a.jsonl"
    path.write_text(EN + f'{{{missing}"lang": "de", "id": "x"}}\n' + EN)
    reader = read_records(path)
    assert [record["text"] for record in reader] == ["a", "a"]
    assert [(each.source, each.reason, each.id) for each in reader.dropped] == [(f"{path}, line 2", "has no text", "x")]


def test_labels_that_are_none_can_be_left_unread(tmp_path):
    content = EN + '{"text": "b", "lang": "en", "label": ["x", "y"]}\n'
    with pytest.raises(
        FileFormatError, match=r"neither text .*: correct it, or leave the column unread: --label-column"
    ):
        read(tmp_path, "a.jsonl", content)
    assert len(read(tmp_path, "a.jsonl", content, columns=Columns(label=None))) == 2


@pytest.mark.parametrize("indent", [None, 0, 4])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_json_array(tmp_path, indent, encoding):
    texts = ["a", "[{", '"]}, 机器 \u2028', "long " * 20_000, "", "{}"]
    records = [{"text": text, "lang": "en", "id": str(number), "more": [number]} for number, text in enumerate(texts)]
    content = json.dumps(records, indent=indent, ensure_ascii=False)
    for beginning in ("", "\n \t"):
        (tmp_path / "a.json").write_text(beginning + content, encoding=encoding)
        read_as = list(read_records(tmp_path / "a.json", encoding=encoding))
        assert [(record["text"], record["id"]) for record in read_as] == [
            (text, str(number)) for number, text in enumerate(texts)
        ]
        assert [record["source"] for record in read_as] == [
            f"{tmp_path / 'a.json'}, item {number}" for number in range(1, len(texts) + 1)
        ]


def test_json_arrays_of_any_file_of_json(tmp_path):
    assert read(tmp_path, "a.jsonl", " [ {\n}\n]", on_error="skip") == []
    assert read(tmp_path, "a.ndjson", gzip.compress(b'[{"text": "a"},{"text": "b"}]')) == [{"text": "a"}, {"text": "b"}]


def test_json_arrays_stream(tmp_path):
    """An item at a time: what comes later is not looked at before it is asked for."""
    with (tmp_path / "a.json").open("w") as stream:
        stream.write("[")
        stream.writelines(json.dumps({"text": str(number)}) + ",\n" for number in range(20_000))
        stream.write("oh")
    records = iter(read_records(tmp_path / "a.json"))
    assert [next(records)["text"] for _ in range(20_000)] == [str(number) for number in range(20_000)]
    with pytest.raises(FileFormatError, match="item 20001 is not JSON"):
        next(records)


def test_items_that_are_no_documents_are_skipped(tmp_path):
    (tmp_path / "a.json").write_text('[{"text": "a"}, "b", {"body": "c"}, {"text": "d"}]')
    reader = read_records(tmp_path / "a.json", on_error="skip")
    assert [record["text"] for record in reader] == ["a", "d"]
    assert [(each.source, each.reason, each.text) for each in reader.dropped] == [
        (f"{tmp_path / 'a.json'}, item 2", "is not a JSON object", '"b"'),
        (f"{tmp_path / 'a.json'}, item 3", "has no text", "body: 'c'"),
    ]


def test_skipping_malformed_lines_of_csv(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(
        b"text,lang\n"
        b"a,en\n"
        b"too,many,fields\n"
        b'"never closed,en\n'
        b'"b\nc",de\n'
        b'"caf\xe9\nd",fr\n'
        b"\n"
        b'e,zh\n"never closed either,en\n'
        b"f,ja\n"
    )
    reader = read_records(path, on_error="skip", quoting="csv")
    assert [(record["text"], record["source"][-6:]) for record in reader] == [
        ("a", "line 2"),
        ("b\nc", "line 6"),
        ("e", "ine 10"),
        ("f", "ine 12"),
    ]
    assert [(dropped.source, dropped.reason.split(" (")[0], dropped.text) for dropped in reader.dropped] == [
        (f"{path}, line 3", "has not as many fields as the heading", "too,many,fields"),
        (f"{path}, line 4", "is not CSV", '"never closed,en'),
        (f"{path}, line 7", "is not UTF-8 text", '"caf\ufffd\nd",fr'),
        (f"{path}, line 11", "is not CSV", '"never closed either,en'),
    ]


def test_a_heading_that_cannot_be_read_is_never_skipped(tmp_path):
    for content in (b"t\xe9xt\na\n", b'"text\n\xff",lang\n', b'"text"x,lang\n', b"inhalt\na\n"):
        (tmp_path / "a.csv").write_bytes(content)
        with pytest.raises(FileFormatError):
            list(read_records(tmp_path / "a.csv", on_error="skip"))


def test_settings_that_make_no_sense(tmp_path):
    (tmp_path / "a.jsonl").write_text(EN)
    for settings_, message in (
        ({"on_error": "ignore"}, "on_error is 'ignore': choose 'raise' or 'skip'"),
        ({"file_format": "xml"}, "no format 'xml': choose jsonl, csv, tsv, parquet, txt"),
        ({"quoting": "all"}, "quoting is 'all': it must be auto, none or csv"),
        ({"date_order": "ymd"}, "date_order is 'ymd': it must be auto, dmy or mdy"),
        ({"encoding": "utf-9"}, "'utf-9' is not an encoding of text"),
        ({"encoding": "punycode"}, "'punycode' is not an encoding of text"),
        ({"encoding": "base64"}, "'base64' is not an encoding of text"),
        ({"encoding": "a\0b"}, "is not an encoding of text"),
    ):
        with pytest.raises(InputError, match=message):
            read_records(tmp_path / "a.jsonl", **settings_)


def test_reading_streams(tmp_path):
    """A file that goes on for ever, as a pipe may, is read as far as documents are asked for."""
    os.mkfifo(tmp_path / "endless.jsonl")

    def write():
        with contextlib.suppress(BrokenPipeError), (tmp_path / "endless.jsonl").open("w") as stream:
            while True:
                stream.write(EN)

    writer = threading.Thread(target=write)
    writer.start()
    reader = read_records(tmp_path / "endless.jsonl")
    records = iter(reader)
    assert [next(records)["text"] for _ in range(5)] == ["a"] * 5
    assert reader.fraction() is None
    records.close()
    writer.join()


def test_how_much_has_been_read(tmp_path):
    for name, text in (("a.jsonl", "x" * 100), ("b.jsonl", "y" * 300)):
        (tmp_path / name).write_text(json.dumps({"text": text, "lang": "en"}) + "\n")
    reader = read_records([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    assert reader.fraction() == 0
    records = iter(reader)
    next(records)
    next(records)
    assert reader.fraction() == 1
    big = tmp_path / "c.jsonl"
    big.write_text(EN * 100_000)
    reader = read_records(big)
    for number, _ in enumerate(reader, start=1):
        if number == 50_000:
            assert 0.45 < reader.fraction() < 0.55
    assert reader.fraction() == 1
    (tmp_path / "empty.jsonl").touch()
    assert read_records(tmp_path / "empty.jsonl").fraction() == 1


def test_dropped_documents_come_back(tmp_path):
    dropped = [
        DroppedDocument("a.csv, line 2", "is not CSV", "text\n\u2028"),
        DroppedDocument("b \udcff", "'lang' is 5", "\ud800", id="7", language="de", confidence=0.25),
    ]
    write_dropped(tmp_path / "dropped.jsonl", dropped)
    assert read_dropped(tmp_path / "dropped.jsonl") == dropped
    assert len((tmp_path / "dropped.jsonl").read_bytes().splitlines()) == 2
    stream = io.StringIO()
    write_dropped(stream, dropped)
    assert stream.getvalue() == (tmp_path / "dropped.jsonl").read_text("utf-8")
    (tmp_path / "dropped.jsonl").write_text('{"source": "a", "reason": "b", "text": "", "cause": "new"}\n')
    assert read_dropped(tmp_path / "dropped.jsonl") == [DroppedDocument("a", "b", "")]


@pytest.mark.parametrize("content", [b"{}\n", b"[]\n", b"{", b"\xff\n", b'{"source": 1}'])
def test_what_is_no_list_of_dropped_documents(tmp_path, content):
    (tmp_path / "a.jsonl").write_bytes(b'{"source": "a", "reason": "b", "text": "c"}\n' + content)
    with pytest.raises(FileFormatError, match=r"a\.jsonl, line 2 is not a dropped document"):
        read_dropped(tmp_path / "a.jsonl")
    with pytest.raises(FileFormatError, match="does not exist"):
        read_dropped(tmp_path / "b.jsonl")

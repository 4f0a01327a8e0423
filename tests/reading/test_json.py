"""JSON that is not an object on each line."""

from __future__ import annotations

import gzip
import json

import pytest

from gloctm.errors import FileFormatError
from gloctm.reading import json_arrays
from gloctm.reading.records import read_records

ROWS = [{"text": "a {", "lang": "en", "more": {"x": [1]}}, {"text": "b\n}", "lang": "de"}]


def read(folder, content, name="a.json", **settings):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [(record["text"], record.get("lang")) for record in read_records(path, **settings)]


EXPECTED = [("a {", "en"), ("b\n}", "de")]


@pytest.mark.parametrize("indent", [0, 1, 4, "\t"])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_objects_that_span_lines(tmp_path, indent, name):
    content = "\n".join(json.dumps(row, indent=indent) for row in ROWS)
    assert read(tmp_path, content, name) == EXPECTED
    assert read(tmp_path, "\n\ufeff"[:1] + content.replace("\n", "\r\n"), name) == EXPECTED
    assert read(tmp_path, gzip.compress(content.encode()), name) == EXPECTED
    assert read(tmp_path, content.encode("utf-16"), name, encoding="utf-16") == EXPECTED
    assert read(tmp_path, json.dumps(ROWS[0], indent=indent), name) == EXPECTED[:1]
    (tmp_path / name).write_text(content)
    assert [record["source"] for record in read_records(tmp_path / name)] == [
        f"{tmp_path / name}, item 1",
        f"{tmp_path / name}, item 2",
    ]


def test_a_large_file_of_objects_that_span_lines(tmp_path):
    content = "\n".join(json.dumps({"text": "long " * 1000, "lang": "en"}, indent=2) for _ in range(100))
    assert read(tmp_path, content) == [("long " * 1000, "en")] * 100


@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_that_an_object_wraps(tmp_path, indent):
    content = json.dumps({"version": 1, "tags": ["x"], "data": ROWS}, indent=indent)
    assert read(tmp_path, content) == EXPECTED
    (tmp_path / "a.json").write_text(content)
    assert [record["source"] for record in read_records(tmp_path / "a.json")][1].endswith("a.json, 'data', item 2")


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"train": ROWS, "test": ROWS},
            "is one object with several lists ('train', 'test'): write the",
        ),
        ({"text": ["a", "b"], "lang": ["en", "de"]}, "is one object with the values of each column: write one object"),
        ({"text": {"0": "a"}, "lang": {"0": "en"}}, "as to_json(orient='records', lines=True) of pandas does"),
        ({"version": 1}, "has no 'text': each document needs one, and this has 'version'"),
    ],
)
def test_one_object_that_is_no_document(tmp_path, content, indent, message):
    with pytest.raises(FileFormatError) as caught:
        read(tmp_path, json.dumps(content, indent=indent))
    assert message in str(caught.value)


def test_lines_that_are_cut_short_are_no_spread_objects(tmp_path):
    with pytest.raises(FileFormatError, match=r"a\.json, line 1 is not JSON"):
        read(tmp_path, '{"text": "a",\n{"text": "b"}\n')
    assert read(tmp_path, '{"text": "a",\n{"text": "b"}\n', on_error="skip") == [("b", None)]
    assert read(tmp_path, '{\n[]\n{"text": "b"}\n', on_error="skip") == [("b", None)]
    with pytest.raises(FileFormatError, match=r"a\.json, item 1 is not JSON"):
        read(tmp_path, '{\n"text": "a"\n"lang": "en"}\n')


@pytest.mark.parametrize("between", ["", " ", ", ", ",\n", "\r"])
def test_objects_that_share_a_line(tmp_path, between):
    content = between.join(json.dumps(row) for row in ROWS)
    assert read(tmp_path, content) == EXPECTED
    assert read(tmp_path, content + ",\n" + content + "\n") == EXPECTED * 2
    with pytest.raises(FileFormatError, match=r"line \d is not JSON \(Extra data\)"):
        read(tmp_path, content + ", 5\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"text": "' + "a" * 2000, "is longer than 1,000 characters: split it"),
        ('[{"text": ["' + '", "'.join("a" * 2000), "is longer than 1,000 characters: split it"),
        ('[{"text": 5 "lang": "' + "a" * 2000, r"is not JSON \(Expecting ',' delimiter\): correct the file"),
        ('{\n"text": "' + "a" * 2000, "is longer than 1,000 characters: split it"),
        ('[{"text": "' + "a" * 100, r"is not JSON \(Unterminated string starting at\): correct the file"),
    ],
)
def test_an_item_that_is_too_long_is_told_from_one_that_is_malformed(tmp_path, monkeypatch, content, message):
    monkeypatch.setattr(json_arrays, "LONGEST_LINE", 1000)
    monkeypatch.setattr(json_arrays, "_CHUNK", 100)
    with pytest.raises(FileFormatError, match=f"item 1 {message}"):
        read(tmp_path, content)


def test_a_comma_after_the_last_item(tmp_path):
    assert read(tmp_path, '[{"text": "a"},\n{"text": "b"},\n]\n') == [("a", None), ("b", None)]


def test_labels_and_ids_that_are_none_cost_no_document(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "label": ["x"], "id": {"$oid": "1"}}\n{"text": "b", "label": "y"}\n')
    reader = read_records(path, on_error="skip")
    assert [(record["text"], record.get("label"), record.get("id")) for record in reader] == [
        ("a", None, None),
        ("b", "y", None),
    ]
    assert reader.dropped == []
    assert {note.what for note in reader.notes} == {
        f"{each} is neither text nor a number, so the document has none" for each in ("label", "id")
    }
    with pytest.raises(FileFormatError, match=r"'label' is \['x'\], neither text nor a number: correct it, or leave"):
        list(read_records(path))

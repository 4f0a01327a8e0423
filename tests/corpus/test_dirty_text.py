"""Any Unicode and any bytes: what goes in comes out the same or is reported, and nothing else is raised."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gloctm.errors import GloCTMError
from gloctm.reading.dropped import read_dropped, write_dropped
from gloctm.reading.records import as_records, read_records
from gloctm.reading.values import cell_value

# What has broken programs before, each by itself and in the midst of others.
AWKWARD = [
    "\x00",
    "a\x00b",
    "\ufeff",
    "\ufefftext",
    "\r",
    "\r\n",
    "\n\r\n",
    "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e",
    "\u200f\u202eabc\u202c\u200e\u2067שלום\u2069",
    "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪",
    "می‌خواهم",
    "क्‍ष",
    "e\u0301\u0301\u0301",
    "\uffff\ufffe\U0010ffff",
    '"',
    '""',
    '"a",b',
    "a\tb;c|d",
    "\\n\\u0000",
    "sep=;",
    "=1+1",
    "NaN",
    "null",
    " ",
    "",
]
unicode_text = st.one_of(st.text(st.characters(codec="utf-8"), max_size=40), st.sampled_from(AWKWARD))
# Lone surrogates besides, which JSON can hold and no encoding of text can.
any_text = st.one_of(st.text(st.characters(codec=None, exclude_categories=()), max_size=40), st.sampled_from(AWKWARD))
quick = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def documents_of(text):
    document = st.fixed_dictionaries({"text": text, "lang": st.sampled_from(["en", "ar"]), "label": text, "id": text})
    return st.lists(document, max_size=5)


def written(content, name):
    """A file with this content, in a folder that goes away with it."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name, name)
    path.write_bytes(content)
    # Hold the folder as long as the path.
    return folder, path


def read_back(content, name, **settings_):
    folder, path = written(content, name)
    with folder:
        return [
            {key: value for key, value in record.items() if key != "source"}
            for record in read_records(path, **settings_)
        ]


def without_missing(documents):
    """As tables hold them: an empty cell, or one that says so, is no label and no id; whole numbers have no point."""
    held = [
        {key: cell_value(value) if key in ("label", "id") else value for key, value in document.items()}
        for document in documents
    ]
    return [{key: value for key, value in document.items() if value or key == "text"} for document in held]


@given(documents=documents_of(any_text), escaped=st.booleans(), compressed=st.booleans())
@quick
def test_json_lines_hold_any_text(documents, escaped, compressed):
    lines = (json.dumps(document, ensure_ascii=escaped) + "\n" for document in documents)
    content = "".join(lines).encode("utf-8", "backslashreplace")
    assert read_back(gzip.compress(content) if compressed else content, "a.jsonl") == documents


@given(documents=documents_of(unicode_text), encoding=st.sampled_from(["utf-16", "utf-16-be", "utf-32-le", "gb18030"]))
@quick
def test_json_lines_in_other_encodings_hold_any_text(documents, encoding):
    content = "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents).encode(encoding)
    assert read_back(content, "a.jsonl", encoding=encoding) == documents


@given(
    documents=documents_of(unicode_text),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
    on_error=st.sampled_from(["raise", "skip"]),
)
@quick
def test_tables_hold_any_text(documents, delimiter, encoding, end, on_error):
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(
        stream, ["id", "text", "lang", "label"], delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=end
    )
    writer.writeheader()
    writer.writerows(documents)
    content = stream.getvalue().encode(encoding)
    assert read_back(content, "a.csv", encoding=encoding, on_error=on_error) == without_missing(documents)


@given(documents=documents_of(unicode_text))
@quick
def test_parquet_holds_any_text(documents):
    stream = io.BytesIO()
    schema = pa.schema([(name, pa.string()) for name in ("text", "lang", "label", "id")])
    pq.write_table(pa.Table.from_pylist(documents, schema=schema), stream)
    assert read_back(stream.getvalue(), "a.parquet") == documents


@given(documents=documents_of(any_text))
@quick
def test_documents_in_memory_hold_any_text(documents):
    records = list(as_records(documents))
    assert [{key: value for key, value in record.items() if key != "source"} for record in records] == documents


@given(text=unicode_text, encoding=st.sampled_from(["utf-8", "utf-16-le", "gb18030"]))
@quick
def test_text_files_hold_any_text(text, encoding):
    (record,) = read_back(text.encode(encoding), "a.txt", encoding=encoding)
    assert record["text"] == text.removeprefix("\ufeff")


MIXED = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from(
            [
                b'{"text": "good", "lang": "en"}',
                b'{"text": "caf\xe9", "lang": "fr"}',
                b'{"text": 5}',
                b'{"text": "cut',
                b"good,en",
                b'"good\ngood",en',
                b'"never closed,en',
                b'"closed"badly,en',
                b"too,many,fields",
                b"caf\xe9,fr",
                b"nowhere,klingonese",
                b"\xff\xfe",
                b"\x1f\x8b",
                b"\x00",
                b"",
            ]
        ),
    ),
    max_size=8,
)


@given(
    lines=MIXED,
    name=st.sampled_from(["a.jsonl", "a.csv", "a.tsv", "a.txt", "a.parquet", "a.jsonl.gz"]),
    heading=st.sampled_from([b"text,lang\n", b"text\tlang\n", b""]),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-7", "cp1252", "shift_jis", "iso2022_jp", "cp037", "hz"]),
    on_error=st.sampled_from(["raise", "skip"]),
    compressed=st.booleans(),
)
@example([b"\x1f\x8b"], "a.jsonl", b"", "utf-8", "skip", False)
@example([b"\xff"], "a.csv", b"text\n", "iso2022_jp", "skip", False)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_read_or_refused(lines, name, heading, encoding, on_error, compressed):
    content = heading + b"\n".join(lines)
    folder, path = written(gzip.compress(content) if compressed else content, name)
    with folder:
        reader, records, message = None, [], None
        try:
            reader = read_records(path, encoding=encoding, on_error=on_error)
            records += reader
        except GloCTMError as error:
            message = str(error)
        # An error is one sentence that names the file.
        assert message is None or (str(path) in message and "\n" not in message)
        assert all(type(record["text"]) is str and record["source"].startswith(str(path)) for record in records)
        assert on_error == "skip" or reader.dropped == []
        write_dropped(path.with_name("dropped"), reader.dropped)
        assert read_dropped(path.with_name("dropped")) == reader.dropped


GOOD = [b'{"text": "good", "lang": "en"}', b'{"text": ""}', b'{"text": "\\ud800", "lang": "de", "id": 1}']
BAD = [b"{", b"[]", b"5", b'{"text": null}', b'{"lang": "en"}', b'{"text": "\xff"}', b'{"text": "a", "lang": "e!"}']


@given(lines=st.lists(st.sampled_from([*GOOD, *BAD]), max_size=20))
@example([b"{", b"[]"])
@example([b"{", b"[]", b'{"text": "\xff"}'])
@quick
def test_every_line_is_read_or_reported(lines):
    folder, path = written(b"\n".join(lines), "a.jsonl")
    with folder:
        reader = read_records(path, on_error="skip")
        read = [int(record["source"].rpartition(" ")[2]) for record in reader]
        dropped = [int(document.source.rpartition(" ")[2]) for document in reader.dropped]
    assert read == [number for number, line in enumerate(lines, start=1) if line in GOOD]
    assert dropped == [number for number, line in enumerate(lines, start=1) if line in BAD]


GOOD_ROWS = [b"good,en", b",en", b'"quoted ""well""",en', b'"",', b'"closed"badly,en']
BAD_ROWS = [b"one field", b"too,many,fields", b"caf\xe9,en", b"a,klingonese"]


@given(lines=st.lists(st.sampled_from([*GOOD_ROWS, *BAD_ROWS]), max_size=20))
@quick
def test_every_row_is_read_or_reported(lines):
    folder, path = written(b"text,lang\n" + b"\n".join(lines), "a.csv")
    with folder:
        reader = read_records(path, on_error="skip")
        read = [int(record["source"].rpartition(" ")[2]) for record in reader]
        dropped = [int(document.source.rpartition(" ")[2]) for document in reader.dropped]
    assert read == [number for number, line in enumerate(lines, start=2) if line in GOOD_ROWS]
    assert dropped == [number for number, line in enumerate(lines, start=2) if line in BAD_ROWS]


def test_a_quotation_never_closed_takes_only_its_own_row_along(tmp_path):
    """Also at the end of a file, where the rest of it was read for the closing mark."""
    rows = [f"document {number},en\n" for number in range(2000)]
    rows[1] = '"never closed,en\n'
    (tmp_path / "a.csv").write_text("text,lang\n" + "".join(rows))
    assert sum(1 for _ in read_records(tmp_path / "a.csv")) == 2000
    reader = read_records(tmp_path / "a.csv", on_error="skip", quoting="csv")
    assert sum(1 for _ in reader) == 1999
    assert [document.source for document in reader.dropped] == [f"{tmp_path / 'a.csv'}, line 3"]


def test_ids_that_repeat_are_kept(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "a", "id": 1}\n{"text": "b", "id": "1"}\n{"text": "a", "id": 1}\n')
    assert [record["id"] for record in read_records(tmp_path / "a.jsonl")] == ["1", "1", "1"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet", "a.txt", "a.jsonl.gz"])
def test_a_document_of_ten_million_characters(tmp_path, name):
    text = 'nested "quotes", 字\n' * 500_000 + "end"
    content = {
        "a.jsonl": lambda: json.dumps({"text": text, "id": "long"}).encode(),
        "a.csv": lambda: ('text,id\n"' + text.replace('"', '""') + '",long\n').encode(),
        "a.txt": lambda: text.encode(),
        "a.jsonl.gz": lambda: gzip.compress(json.dumps({"text": text}).encode(), 1),
    }
    path = tmp_path / name
    if name == "a.parquet":
        pq.write_table(pa.table({"text": [text], "id": ["long"]}), path)
    else:
        path.write_bytes(content[name]())
    assert [record["text"] for record in read_records(path, on_error="skip")] == [text]
    if name == "a.jsonl":
        path.write_text(json.dumps({"text": text}), encoding="utf-16")
        assert [record["text"] for record in read_records(path, encoding="utf-16")] == [text]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.jsonl.gz", "a.parquet"])
def test_a_file_is_never_held_whole(tmp_path, name):
    """Ten times as many documents take hardly more memory."""
    peaks = []
    for count in (1_500, 15_000):
        documents = ({"text": f"document {number} " * 20, "lang": "en"} for number in range(count))
        path = tmp_path / name
        if name == "a.parquet":
            pq.write_table(pa.Table.from_pylist(list(documents)), path)
        elif name == "a.csv":
            with path.open("w", newline="") as stream:
                writer = csv.DictWriter(stream, ["text", "lang"])
                writer.writeheader()
                writer.writerows(documents)
        else:
            opener = gzip.open if name.endswith("gz") else open
            with opener(path, "wt") as stream:
                stream.writelines(json.dumps(document) + "\n" for document in documents)
        tracemalloc.start()
        assert sum(1 for _ in read_records(path, on_error="skip")) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 500_000

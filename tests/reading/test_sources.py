"""Where documents come from: folders, compressed files, pipes, Parquet, tables in memory, other encodings."""

from __future__ import annotations

import bz2
import contextlib
import datetime
import gzip
import io
import json
import lzma
import subprocess
import sys
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.errors import FileFormatError, InputError, MissingDependencyError
from gloctm.files import encodings
from gloctm.files.arrow import ParquetBatches
from gloctm.files.encodings import Encoding, byte_lines
from gloctm.reading import delimited
from gloctm.reading.records import Columns, as_records, read_records

RECORDS = [
    {"text": "The train was late.", "lang": "en", "label": "trains", "id": "e1", "date": "2024-05-01"},
    {"text": 'Der Zug\nhatte "Verspätung", wieder.', "lang": "de"},
    {"text": "火车晚点了。", "lang": "zh", "label": "trains", "id": "z1"},
]
JSON_LINES = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS)
CSV = (
    "text,lang,label,id,date\n"
    "The train was late.,en,trains,e1,2024-05-01\n"
    '"Der Zug\nhatte ""Verspätung"", wieder.",de,,,\n'
    "火车晚点了。,zh,trains,z1,\n"
)


def read(*arguments, **settings):
    return plain(read_records(*arguments, **settings))


def plain(records):
    return [{name: value for name, value in record.items() if name != "source"} for record in records]


def texts(records):
    return [record["text"] for record in records]


def write_parquet(path, columns=None, **settings):
    pq.write_table(pa.table(columns) if columns else pa.Table.from_pylist(RECORDS), path, **settings)
    return path


@pytest.fixture
def files(tmp_path):
    """The same three documents in every format."""
    (tmp_path / "a.jsonl").write_text(JSON_LINES, encoding="utf-8")
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "a.tsv").write_text(CSV.replace(",", "\t").replace('"\t w', '", w'), encoding="utf-8")
    write_parquet(tmp_path / "a.parquet")
    return tmp_path


# Files

NAMES = ["a.jsonl", "a.csv", "a.tsv", "a.parquet"]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_holds_the_same(files, name):
    assert read(files / name) == RECORDS
    (where,) = {record["source"].rpartition(" ")[0] for record in read_records(files / name)}
    assert where == f"{files / name}, {'row' if name == 'a.parquet' else 'line'}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_gzip_is_recognized_by_its_first_bytes(files, name, ending):
    target = files / "compressed" / (name + ending)
    target.parent.mkdir()
    target.write_bytes(gzip.compress((files / name).read_bytes()))
    reader = read_records(target)
    assert plain(reader) == RECORDS
    assert reader.fraction() == 1
    target.write_bytes((files / name).read_bytes())
    assert read(target) == RECORDS


def test_gzip_of_several_parts(tmp_path):
    """As appending to a log makes them."""
    lines = JSON_LINES.encode().splitlines(keepends=True)
    (tmp_path / "a.jsonl.gz").write_bytes(b"".join(gzip.compress(line) for line in lines))
    assert read(tmp_path / "a.jsonl.gz") == RECORDS


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("a.jsonl.gz", JSON_LINES.encode() + b'{"text": "' + b"a" * 2000, ", line 4"),
        ("a.csv.gz", CSV.encode() + b"a" * 2000, ", line 6"),
        ("a.csv.gz", CSV.replace("\n", "\r").encode("utf-16") + b"a\0" * 1000, ", line 6"),
        ("en/a.txt.gz", b"a\n" * 1000, ""),
    ],
)
def test_what_an_archive_unpacks_to_is_bounded(tmp_path, monkeypatch, name, content, place):
    monkeypatch.setattr(encodings, "LONGEST_LINE", 1000)
    monkeypatch.setattr(encodings, "_CHUNK", 100)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(gzip.compress(content))
    with pytest.raises(FileFormatError, match=rf"{name}{place} is longer than 1,000 bytes"):
        read(tmp_path)


def test_a_heading_that_is_longer_than_a_field_can_be(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LONGEST_LINE", 1000)
    (tmp_path / "a.csv").write_text('text,"lang\n' + "a b c\n" * 1000)
    with pytest.raises(FileFormatError, match=r"line 1 is not CSV \(a quotation that begins here is never closed\)"):
        read(tmp_path)


def test_one_line_takes_no_gigabyte(tmp_path):
    """In characters of four bytes."""
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress('{"text": "😀'.encode() + b"rain " * (100 * 2**20 // 5) + b'"}\n', 1))
    with pytest.raises(FileFormatError, match=r"line 1 is longer than 67,108,864 bytes: write a document per line"):
        read(path)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("on_error", ["raise", "skip"])
def test_a_compressed_file_that_is_cut_short(files, name, on_error):
    whole = gzip.compress((files / name).read_bytes())
    for damaged in (whole[:-12], whole[:-4], whole[:10], whole[:40] + b"\0\0\0\0" + whole[44:]):
        (files / name).write_bytes(damaged)
        with pytest.raises(FileFormatError, match=rf"{name} is cut short or damaged \(.*\): copy or download it again"):
            list(read_records(files / name, on_error=on_error))


def test_other_ways_of_compressing_are_named(tmp_path):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.jsonl", JSON_LINES)
    content = JSON_LINES.encode()
    for name, compressed in (
        ("bzip2", bz2.compress(content)),
        ("xz", lzma.compress(content)),
        ("zip", archive.getvalue()),
        ("zstandard", b"\x28\xb5\x2f\xfd rest"),
    ):
        (tmp_path / "a.jsonl").write_bytes(compressed)
        with pytest.raises(FileFormatError, match=f"is compressed with {name}: unpack it, or compress it with gzip"):
            list(read_records(tmp_path / "a.jsonl"))


def test_several_files_one_after_the_other(files):
    reader = read_records([files / "a.csv", str(files / "a.jsonl"), files / "a.csv"])
    assert plain(reader) == RECORDS * 3
    assert reader.fraction() == 1


def test_the_format_can_be_said(files):
    (files / "a.jsonl").rename(files / "documents")
    assert read(files / "documents", file_format="jsonl") == RECORDS
    (files / "a.csv").rename(files / "table.txt")
    assert read(files / "table.txt", file_format="csv") == RECORDS


def test_what_is_no_source(tmp_path):
    with pytest.raises(InputError, match="no file is given"):
        read_records([])
    with pytest.raises(InputError, match=r"\{'text': 'a'\} is not a path"):
        read_records([{"text": "a"}])
    for missing in (tmp_path / "no.jsonl", tmp_path / "no" / "no.csv", tmp_path / "a\0.jsonl"):
        with pytest.raises(FileFormatError, match="check the path"):
            read_records(missing)
    with pytest.raises(InputError, match="standard input is named twice"):
        read_records(["-", "-"])


# Standard input


def run_with_input(content, arguments="'-'"):
    program = f"""
import sys
from gloctm.reading.records import read_records
reader = read_records({arguments})
for record in reader:
    print(ascii(record["text"]), record["source"], reader.fraction())
"""
    return subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=False)


def test_standard_input(files):
    expected = [
        f"{record['text']!a} standard input, line {number} None" for number, record in enumerate(RECORDS, start=1)
    ]
    for content in (JSON_LINES.encode(), gzip.compress(JSON_LINES.encode())):
        assert run_with_input(content).stdout.decode().splitlines() == expected


def test_standard_input_in_other_formats(files):
    content = (files / "a.parquet").read_bytes()
    lines = run_with_input(content, "'-', file_format='parquet'").stdout.decode().splitlines()
    assert lines[2] == f"{RECORDS[2]['text']!a} standard input, row 3 None"
    lines = (
        run_with_input(CSV.encode("utf-16"), "'-', file_format='csv', encoding='utf-16'").stdout.decode().splitlines()
    )
    assert lines[2] == f"{RECORDS[2]['text']!a} standard input, line 5 None"
    lines = run_with_input(b"one\ndocument", "'-', file_format='txt'").stdout.decode().splitlines()
    assert lines == ["'one\\ndocument' standard input None"]


def test_standard_input_that_is_replaced(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(JSON_LINES.encode())))
    assert read("-") == RECORDS


# Folders


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "texts"
    for path, content in {
        "zh/news/b.txt": "二",
        "zh/news/a.txt": "一",
        "en/2.txt": "two\r\nlines\n",
        "en/10.txt": "ten",
        "auto/x.txt": "unknown",
        "UND/y.txt": "unknown too",
        "pt_br/blog/2024/c.TXT": "\ufeffoi",
        "none.txt": "",
        ".hidden/z.txt": "hidden",
        "en/.DS_Store": "hidden",
        "en/_notes": "left by a program",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode())
    (root / "en" / "3.txt.gz").write_bytes(gzip.compress(b"three"))
    return root


def test_a_folder_of_text_files(folder):
    reader = read_records(folder)
    assert plain(reader) == [
        {"text": "", "id": "none.txt"},
        {"text": "unknown too", "id": "UND/y.txt"},
        {"text": "unknown", "id": "auto/x.txt"},
        {"text": "ten", "lang": "en", "id": "en/10.txt"},
        {"text": "two\r\nlines\n", "lang": "en", "id": "en/2.txt"},
        {"text": "three", "lang": "en", "id": "en/3.txt.gz"},
        {"text": "oi", "lang": "pt-BR", "label": "blog/2024", "id": "pt_br/blog/2024/c.TXT"},
        {"text": "一", "lang": "zh", "label": "news", "id": "zh/news/a.txt"},
        {"text": "二", "lang": "zh", "label": "news", "id": "zh/news/b.txt"},
    ]
    assert reader.fraction() == 1


def test_a_folder_of_text_files_in_one_language(folder):
    """Its subfolders are labels then, whatever languages they could be taken for."""
    (folder / "neg").mkdir()
    (folder / "neg" / "bad.txt").write_text("bad")
    for language in ("en", "auto"):
        records = {record["id"]: record for record in read_records(folder, language=language)}
        assert records["neg/bad.txt"]["label"] == "neg"
        assert records["zh/news/a.txt"]["label"] == "zh/news"
        assert "label" not in records["none.txt"]
        assert {record.get("lang") for record in records.values()} == {None if language == "auto" else "en"}


def test_columns_have_no_meaning_for_text_files(folder):
    columns = Columns(text="body", lang="code", label="theme", id="no")
    assert read(folder, columns=columns) == read(folder)


def test_a_folder_that_is_not_named_by_a_language(folder):
    (folder / "english").mkdir()
    (folder / "english" / "a.txt").write_text("a")
    assert {"text": "a", "lang": "en", "id": "english/a.txt"} in read(folder)
    (folder / "monday").mkdir()
    (folder / "monday" / "a.txt").write_text("a")
    with pytest.raises(
        FileFormatError, match=r"monday holds text files but is not named by their language: name it by a"
    ):
        read_records(folder)


def test_one_text_file(folder):
    assert read(folder / "en" / "2.txt", language="en") == [{"text": "two\r\nlines\n", "lang": "en", "id": "2.txt"}]


def test_a_text_file_in_another_encoding(folder):
    (folder / "en" / "10.txt").write_bytes(b"one\ntwo\ncaf\xe9")
    with pytest.raises(FileFormatError, match=r"10\.txt, line 3 is not UTF-8 text: convert the file, or name its enc"):
        list(read_records(folder))
    reader = read_records(folder, on_error="skip")
    assert len(list(reader)) == 8
    (dropped,) = reader.dropped
    assert (dropped.id, dropped.text) == ("en/10.txt", "one\ntwo\ncaf\ufffd")
    assert texts(read_records(folder / "en" / "10.txt", encoding="latin-1")) == ["one\ntwo\ncafé"]


def test_a_folder_of_tables(files):
    (files / "_SUCCESS").touch()
    (files / ".a.csv.crc").touch()
    (files / "part").mkdir()
    (files / "part" / "b.ndjson.gz").write_bytes(gzip.compress(JSON_LINES.encode()))
    reader = read_records(files)
    assert plain(reader) == RECORDS * 5
    assert reader.fraction() == 1
    assert [record["source"].rpartition(",")[0] for record in read_records(files)][::3] == [
        str(files / name) for name in ("a.csv", "a.jsonl", "a.parquet", "a.tsv", "part/b.ndjson.gz")
    ]


def test_a_folder_of_tables_with_missing_columns(files):
    write_parquet(files / "b.parquet", {"inhalt": ["a"]})
    with pytest.raises(
        FileFormatError, match=r"b\.parquet has no column 'text': name one of those that it has \('inhalt'"
    ):
        list(read_records(files))


def test_a_folder_of_unclear_contents(files):
    (files / "en").mkdir()
    (files / "en" / "a.txt").write_text("a")
    with pytest.raises(FileFormatError, match=r"holds both en/a\.txt, a text file, and a\.csv: keep them in folders"):
        read_records(files)
    (files / "en" / "b.pdf").touch()
    with pytest.raises(FileFormatError, match=r"b\.pdf is none of .*: take it out of the folder"):
        read_records(files)
    (files / "empty").mkdir()
    with pytest.raises(FileFormatError, match="empty holds no file of documents"):
        read_records(files / "empty")
    (files / "corpus.json").write_text("{}")
    with pytest.raises(FileFormatError, match="is a saved corpus: give texts"):
        read_records(files)


def test_a_folder_whose_format_is_said(tmp_path):
    for name in ("part-0", "part-1", "_SUCCESS"):
        (tmp_path / name).write_text("" if name == "_SUCCESS" else JSON_LINES)
    assert read(tmp_path, file_format="jsonl") == RECORDS * 2


def test_folders_linked_in_a_circle(folder):
    (folder / "en" / "again").symlink_to(folder)
    (folder / "de").symlink_to(folder / "en")
    ids = [record["id"] for record in read_records(folder)]
    assert len(ids) == len(set(ids)) == 9


# Encodings


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf_32", "utf-32-le", "gb18030", "UTF-7"]
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_encodings_of_all_scripts(files, encoding, name):
    content = (files / name).read_text("utf-8")
    # Some encodings mark the beginning by themselves.
    for mark in ("",) if "".encode(encoding) else ("", "\ufeff"):
        (files / name).write_bytes((mark + content).encode(encoding))
        assert read(files / name, encoding=encoding) == RECORDS
    (files / name).write_bytes(gzip.compress(content.encode(encoding)))
    assert read(files / name, encoding=encoding) == RECORDS


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "naïve – “quoted” €"),
        ("shift_jis", "電車が遅れた表"),
        ("koi8-r", "поезд"),
        ("cp037", "EBCDIC"),
        ("big5", "火車"),
    ],
)
def test_encodings_of_some_scripts(tmp_path, encoding, text):
    (tmp_path / "a.csv").write_bytes(f'text,lang\n"{text}\n{text}",en\n{text},en\n'.encode(encoding))
    assert texts(read_records(tmp_path / "a.csv", encoding=encoding)) == [f"{text}\n{text}", text]
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert texts(read_records(tmp_path / "a.txt", encoding=encoding)) == [text]


def test_utf_16_that_is_wrong_is_named_by_its_line(tmp_path):
    lines = [json.dumps({"text": text, "lang": "en"}) + "\n" for text in ("a", "b", "c", "d")]
    content = bytearray("".join(lines).encode("utf-16-le"))
    # A surrogate by itself in the third line.
    at = len("".join(lines[:2])) * 2 + lines[2].index("c") * 2
    content[at : at + 2] = b"\x00\xd8"
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe" + content)
    with pytest.raises(
        FileFormatError, match=rf"line 3 is not UTF-16 text \(byte {lines[2].index('c') * 2 + 1} of the"
    ):
        list(read_records(tmp_path / "a.jsonl", encoding="utf-16"))
    reader = read_records(tmp_path / "a.jsonl", encoding="utf-16", on_error="skip")
    assert texts(reader) == ["a", "b", "d"]
    assert [dropped.source for dropped in reader.dropped] == [f"{tmp_path / 'a.jsonl'}, line 3"]


@given(
    lines=st.lists(st.text(st.sampled_from("a\n\r\u0a0a\u0a00\u000a\u0d0a\U00010a0a"), max_size=6), max_size=8),
    encoding=st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp037", "utf-8"]),
    size=st.integers(1, 7),
)
@settings(deadline=None)
def test_only_a_line_feed_ends_a_line(lines, encoding, size):
    """Also where half of another character looks like one, and wherever reading in pieces cuts."""

    class Pieces(io.BytesIO):
        def read(self, _=None):
            return super().read(size)

    text = "\n".join(lines)
    if encoding == "cp037":
        text = text.encode("ascii", "ignore").decode()
    known = Encoding.of(encoding)
    found = [line.decode(encoding) for _, line in byte_lines("a.csv", Pieces(text.encode(encoding)), known)]
    assert found == text.replace("\n", "\n\0").removesuffix("\0").split("\0") if text else found == []


# Parquet


def test_parquet_of_other_types(tmp_path):
    day, moment = datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 18, 30)
    path = write_parquet(
        tmp_path / "a.parquet",
        {
            "text": pa.array(["a", "b", "a"]).dictionary_encode(),
            "lang": pa.array([b"en", b"de", None], pa.binary()).cast(pa.large_string()),
            "label": pa.array([1, None, 3], pa.int8()),
            "id": pa.array([1.0, 2.5, None]),
            "date": pa.array([moment, datetime.datetime(2024, 2, 29), None], pa.timestamp("ns")),
            "other": pa.array([day, day, day]),
        },
    )
    assert read(path) == [
        {"text": "a", "lang": "en", "label": "1", "id": "1", "date": "2024-02-29T18:30:00"},
        {"text": "b", "lang": "de", "id": "2.5", "date": "2024-02-29"},
        {"text": "a", "label": "3"},
    ]
    assert [record.get("date") for record in read(path, columns=Columns(date="other"))] == ["2024-02-29"] * 3


def test_parquet_with_text_as_bytes(tmp_path):
    """As some programs write it; and as no program should, with text that is no UTF-8."""
    values = pa.array([b"caf\xc3\xa9", b"caf\xe9", b"tea"], pa.binary())
    mislabeled = pa.Array.from_buffers(pa.string(), 3, values.buffers())
    for column in (values, mislabeled):
        path = write_parquet(tmp_path / "a.parquet", {"text": column, "lang": ["fr"] * 3})
        with pytest.raises(FileFormatError, match=r"row 2: 'text' is b'caf\\xe9', not text: correct the row"):
            list(read_records(path))
        reader = read_records(path, on_error="skip")
        assert texts(reader) == ["café", "tea"]
        assert [dropped.source for dropped in reader.dropped] == [f"{path}, row 2"]


def test_parquet_with_texts_missing(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", {"text": pa.array(["a", None, "b"]), "id": [1, 2, 3]})
    reader = read_records(path)
    assert texts(reader) == ["a", "b"]
    assert [(dropped.source, dropped.id) for dropped in reader.dropped] == [(f"{path}, row 2", "2")]


def test_parquet_of_many_row_groups(tmp_path):
    rows = [str(row) for row in range(5000)]
    path = write_parquet(tmp_path / "a.parquet", {"text": rows, "lang": ["en"] * 5000}, row_group_size=700)
    records = list(read_records(path))
    assert texts(records) == rows
    assert [record["source"] for record in records[::4999]] == [f"{path}, row 1", f"{path}, row 5000"]


LIMITED = """
import resource, sys
from gloctm.reading.records import read_records
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
longest = max(len(record["text"]) for record in read_records(sys.argv[1]))
print(longest, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
MEGABYTES = 4


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_parquet_that_tells_texts_by_their_differences(tmp_path, encoding, kind):
    rows = ["short", *(f"{row} " * 5000 for row in range(200))]
    columns = {"text": pa.array(rows).cast(kind), "lang": pa.array(["en"] * len(rows))}
    settings = {"use_dictionary": ["lang"], "column_encoding": {"text": encoding}, "row_group_size": 90}
    assert texts(read_records(write_parquet(tmp_path / "a.parquet", columns, **settings))) == rows
    with (tmp_path / "a.parquet").open("rb") as stream:
        assert max(batch.num_rows for batch in ParquetBatches(stream, pq).of(["lang", "text"])) == 16


def test_parquet_whose_footer_names_less_than_it_holds(tmp_path, monkeypatch):
    path = write_parquet(tmp_path / "a.parquet", {"text": ["short", *(["x" * 10**5] * 300)]}, use_dictionary=False)
    size = pq.read_metadata(path).row_group(0).column(0).total_uncompressed_size
    # As Thrift writes numbers.
    told = [bytes(2 * number >> 7 * place & 0x7F | 0x80 * (place < 3) for place in range(4)) for number in (size, 1000)]
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    path.write_bytes(content[:footer] + content[footer:].replace(*told))
    assert pq.read_metadata(path).row_group(0).column(0).total_uncompressed_size == 1000
    monkeypatch.setattr("gloctm.files.arrow._MOST_AT_ONCE", 10**6)
    with path.open("rb") as stream:
        numbers = [batch.num_rows for batch in ParquetBatches(stream, pq).of(["text"])]
    assert sum(numbers) == 301
    assert max(numbers) < 10


def test_parquet_of_short_rows_is_read_many_at_a_time(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", {"text": [f"{row}" for row in range(5000)]}, row_group_size=2000)
    with path.open("rb") as stream:
        numbers = [batch.num_rows for batch in ParquetBatches(stream, pq).of(["text"])]
    assert numbers[:5] == [1, 4, 16, 64, 128]
    assert len(numbers) < 50


@pytest.mark.parametrize("kind", ["named often", "repeated", "differences"])
def test_parquet_of_long_rows_is_read_some_at_a_time(tmp_path, kind):
    """Files of some kilobytes whose rows, all at once, would be a gigabyte and more."""
    text, rows = "x " * (MEGABYTES * 2**19), 300
    path = tmp_path / "a.parquet"
    if kind == "differences":
        texts = pa.array(["short", *([text] * rows)])
        settings = {"use_dictionary": ["lang"], "column_encoding": {"text": "DELTA_BYTE_ARRAY"}}
        write_parquet(path, {"text": texts, "lang": ["en"] * (rows + 1)}, compression="zstd", **settings)
    elif kind == "repeated":
        table = pa.table({"text": [text] * 60, "lang": ["en"] * 60})
        with pq.ParquetWriter(path, table.schema, compression="zstd", use_dictionary=False) as writer:
            for _ in range(5):
                writer.write_table(table)
    else:
        texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))
        table = pa.table({"text": texts, "lang": ["en"] * rows})
        pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=2**30, store_schema=False)
    assert path.stat().st_size < 2e5
    done = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=True)
    longest, grown = map(int, done.stdout.split())
    assert longest == len(text)
    assert grown < 1000


def test_parquet_that_would_take_far_too_much_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("gloctm.files.arrow._MOST_UNPACKED", 2**20)
    texts = pa.array(["x" * 2**21, "y" * 2**20, "z"])
    path = write_parquet(tmp_path / "a.parquet", {"text": texts}, compression="zstd", use_dictionary=False)
    with pytest.raises(FileFormatError, match=r"its column 'text' would take 3,14[0-9],[0-9]{3} bytes of memory"):
        list(read_records(path, language="en"))


def test_parquet_with_lists_that_share_a_long_text(tmp_path):
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array(["x" * 2**20]))
    lists = pa.ListArray.from_arrays(pa.array([0, 1000], pa.int32()), texts)
    path = write_parquet(tmp_path / "a.parquet", {"text": lists}, dictionary_pagesize_limit=2**30)
    with pytest.raises(FileFormatError, match="its column 'text' would take 1,048,576,000 bytes of memory"):
        list(read_records(path, language="en"))
    path = write_parquet(tmp_path / "a.parquet", {"text": [["a", "b"], ["c"]], "label": [{"a": 1}, None]})
    with pytest.raises(FileFormatError, match="row 1: 'text' is"):
        list(read_records(path, language="en"))


@pytest.mark.parametrize("dictionary", [True, False, ["text", "label.a", "id.key_value.key"]])
def test_parquet_with_values_of_several_parts(tmp_path, dictionary):
    columns = {
        "text": ["x", "y", None] * 100,
        "label": [{"a": f"x{row % 3}", "b": f"y {row}"} for row in range(300)],
        "id": pa.array([[("a", f"v{row}")] for row in range(300)], pa.map_(pa.string(), pa.string())),
        "date": pa.array([b"abcd"] * 300, pa.binary(4)),
        "a.b": [["x", None]] * 300,
    }
    encoded = {"label.b": "DELTA_BYTE_ARRAY", "id.key_value.value": "DELTA_LENGTH_BYTE_ARRAY"}
    settings = {"column_encoding": encoded} if isinstance(dictionary, list) else {}
    path = write_parquet(tmp_path / "a.parquet", columns, row_group_size=100, use_dictionary=dictionary, **settings)
    with path.open("rb") as stream:
        batches = list(ParquetBatches(stream, pq).of(list(columns)))
    assert pa.Table.from_batches(batches).to_pylist() == pa.table(columns).to_pylist()
    write_parquet(path, {"text": pa.array([], pa.string())}, use_dictionary=dictionary)
    assert texts(read_records(path)) == []


def test_parquet_with_two_columns_of_a_name(tmp_path):
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(FileFormatError, match="has two columns 'text': name each column differently"):
        list(read_records(tmp_path / "a.parquet"))


def test_parquet_that_is_damaged(files):
    whole = (files / "a.parquet").read_bytes()
    damaged = [b"", b"PAR1", b"no Parquet at all", whole[:-20], whole[:200] + whole[220:]]
    damaged += [whole[:at] + bytes([whole[at] ^ 0xFF]) * 9 + whole[at + 9 :] for at in range(4, len(whole) - 9, 31)]
    undamaged = 0
    for content in damaged:
        (files / "a.parquet").write_bytes(content)
        # A byte may be flipped in a text, which nobody can tell.
        with contextlib.suppress(FileFormatError):
            list(read_records(files / "a.parquet", on_error="skip"))
            undamaged += 1
    assert undamaged < len(damaged) - 5
    (files / "a.parquet").write_bytes(b"no Parquet at all")
    with pytest.raises(FileFormatError, match=r"a\.parquet can't be read as Parquet \(.*\): copy or write it again$"):
        list(read_records(files / "a.parquet"))


def test_parquet_without_its_package(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match=r"reading Parquet needs .*: pip install pyarrow"):
        list(read_records(files / "a.parquet"))


# In memory


def frames():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    table = pa.Table.from_pylist(RECORDS)
    return {
        "mappings": RECORDS,
        "a generator": iter(RECORDS),
        "pandas": pandas.DataFrame(RECORDS),
        "pandas with an index": pandas.DataFrame(RECORDS, index=["x", "x", "y"]),
        "pandas of Arrow": table.to_pandas(types_mapper=pandas.ArrowDtype),
        "polars": polars.DataFrame(RECORDS),
        "an Arrow table": table,
        "an Arrow batch": table.to_batches()[0],
        "an Arrow stream": pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=2)),
    }


@pytest.mark.parametrize("kind", frames())
def test_documents_in_memory(kind):
    reader = as_records(frames()[kind])
    streams = kind in ("a generator", "an Arrow stream")
    assert reader.fraction() == (None if streams else 0)
    records = list(reader)
    assert plain(records) == RECORDS
    assert reader.fraction() == (None if streams else 1)
    unit = "record" if kind in ("mappings", "a generator") else "row"
    assert [record["source"] for record in records] == [f"{unit} {number}" for number in (1, 2, 3)]


@pytest.mark.parametrize("kind", frames())
def test_documents_in_memory_with_columns_of_other_names(kind):
    columns = Columns(text="text", lang="label", label="lang", id="date", date="nowhere")
    with pytest.raises(InputError, match="nowhere"):
        list(as_records(frames()[kind], columns=columns, language="en"))
    columns = Columns(label="lang", id="date")
    assert plain(as_records(frames()[kind], columns=columns, language="en"))[0] == {
        "text": "The train was late.",
        "lang": "en",
        "label": "en",
        "id": "2024-05-01",
        "date": "2024-05-01",
    }


@pytest.mark.parametrize("kind", frames())
def test_one_column_may_be_two_things(kind):
    records = list(as_records(frames()[kind], columns=Columns(label="label", id="label", date="date")))
    assert [(record.get("label"), record.get("id")) for record in records] == [
        (record.get("label"), record.get("label")) for record in RECORDS
    ]


def test_pandas_without_values():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "text": ["a", "b"],
            "lang": [None, "en"],
            "label": [float("nan"), 4],
            "id": pandas.array([pandas.NA, 7], dtype="Int64"),
            "date": [pandas.NaT, pandas.Timestamp("2024-02-29")],
            0: [1, 2],
        }
    )
    assert plain(as_records(frame)) == [
        {"text": "a"},
        {"text": "b", "lang": "en", "label": "4", "id": "7", "date": "2024-02-29"},
    ]
    for missing in (None, float("nan"), pandas.NA, pandas.NaT):
        frame = pandas.DataFrame({"text": pandas.Series(["a", missing], dtype=object)})
        reader = as_records(frame)
        assert texts(reader) == ["a"]
        assert [dropped.source for dropped in reader.dropped] == ["row 2"]


def test_numbers_of_numpy():
    numpy = pytest.importorskip("numpy")
    (record,) = as_records([{"text": numpy.str_("a"), "label": numpy.int64(3), "id": numpy.float32(0.5)}])
    assert record == {"text": "a", "label": "3", "id": "0.5", "source": "record 1"}
    assert type(record["text"]) is str
    with pytest.raises(InputError, match=r"record 1: 'label' is array.* neither text nor a number"):
        list(as_records([{"text": "a", "label": numpy.zeros(2)}]))


def test_what_holds_no_documents():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for documents, message in (
        ("a text", "'a text' is one string: give an iterable of mappings"),
        (b"a text", "is one string"),
        ({"en": ["a"]}, "documents are one mapping: give one for each document, or texts by language to from_texts"),
        (5, "5 holds no documents: give an iterable of mappings, or a table"),
        (polars.DataFrame(RECORDS).lazy(), "a polars LazyFrame has not been computed yet: collect it first"),
        (pandas.Series(["a"]), "a pandas Series holds no documents: give a data frame"),
        (polars.Series(["a"]), "a polars Series holds no documents: give a data frame"),
        (pa.array(["a"]), "holds no documents: give a table"),
        (pandas.DataFrame({"inhalt": ["a"]}), r"the data frame has no column 'text': name one .* \('inhalt'\)"),
        (pandas.DataFrame([["a", "b"]], columns=["text", "text"]), "the data frame"),
    ):
        with pytest.raises(InputError, match=message):
            as_records(documents)
    for documents, message in (
        (["a"], "record 1 is 'a', not a mapping: give mappings such as"),
        ([{"inhalt": "b"}], "record 1 has no 'text': each document needs one, and this has 'inhalt'"),
        ([{"text": 5}], "record 1: 'text' is 5, not text: correct the record"),
    ):
        with pytest.raises(InputError, match=message):
            list(as_records(documents))
        reader = as_records(documents, on_error="skip")
        assert len(list(reader)) + len(reader.dropped) == len(documents)


def test_a_reader_is_taken_as_it_is(files):
    reader = read_records(files / "a.jsonl")
    assert as_records(reader) is reader
    for settings_ in ({"language": "de"}, {"columns": Columns(text="label")}, {"on_error": "skip"}):
        with pytest.raises(InputError, match="have no effect on documents that read_records reads: give them there"):
            as_records(reader, **settings_)
    assert texts(reader) == [record["text"] for record in RECORDS]


def test_tables_without_their_package(monkeypatch):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(RECORDS)
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(MissingDependencyError, match=r"reading a pandas DataFrame needs .*: pip install narwhals"):
        as_records(frame)


def test_no_library_is_imported_that_is_not_needed(files):
    program = f"""
import sys
from gloctm.reading.records import as_records, read_records
list(read_records([{str(files / "a.jsonl")!r}, {str(files / "a.csv")!r}]))
list(as_records([{{"text": "a", "lang": "en"}}]))
print([name for name in ("pyarrow", "pandas", "polars", "narwhals", "datasets", "py3langid") if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


# Data sets of Hugging Face


@pytest.fixture
def datasets(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    return pytest.importorskip("datasets")


def test_data_sets(datasets):
    data = datasets.Dataset.from_list(RECORDS)
    reader = as_records(data)
    assert reader.fraction() == 0
    records = list(reader)
    assert plain(records) == RECORDS
    assert [record["source"] for record in records] == ["row 1", "row 2", "row 3"]
    assert reader.fraction() == 1
    assert plain(as_records(data.with_format("numpy"))) == RECORDS
    streamed = as_records(data.to_iterable_dataset())
    assert plain(streamed) == RECORDS
    assert streamed.fraction() is None


def test_classes_of_data_sets_have_their_names(datasets):
    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "lang": datasets.ClassLabel(names=["en", "de"]),
            "label": datasets.ClassLabel(names=["bad", "good"]),
            "extra": datasets.Value("int32"),
        }
    )
    data = datasets.Dataset.from_dict(
        {"text": ["a", "b"], "lang": [1, 0], "label": [-1, 1], "extra": [1, 2]}, features=features
    )
    expected = [{"text": "a", "lang": "de"}, {"text": "b", "lang": "en", "label": "good"}]
    assert plain(as_records(data)) == expected
    assert plain(as_records(data.to_iterable_dataset())) == expected


def test_data_sets_of_unknown_columns(datasets):
    data = datasets.IterableDataset.from_generator(lambda: iter(RECORDS))
    assert texts(as_records(data)) == texts(RECORDS)
    with pytest.raises(InputError, match="row 1 has no 'body'"):
        list(as_records(data, columns=Columns(text="body")))


def test_data_sets_that_cannot_be_used(datasets):
    data = datasets.Dataset.from_list(RECORDS)
    with pytest.raises(InputError, match=r"has several splits \(train, test\): give one, as in data\['train'\]"):
        as_records(datasets.DatasetDict({"train": data, "test": data}))
    with pytest.raises(InputError, match="the data set has no column 'body': name one of those that it has"):
        as_records(data, columns=Columns(text="body"))
    with pytest.raises(InputError, match="holds no documents: give a Dataset"):
        as_records(data.features["text"])

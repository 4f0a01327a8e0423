"""Quotation marks in CSV and TSV: a mark that is text joins no rows, and a cell that spans lines stays one."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import pytest

from gloctm.errors import FileFormatError
from gloctm.reading.quoting import LITERAL, SPANNING
from gloctm.reading.records import read_records

CASES = Path(__file__).parents[1] / "data" / "cases"


def read(folder, name, content, **settings):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    reader = read_records(path, **settings)
    return [record["text"] for record in reader], reader


def noted(reader):
    return {note.what: note.count for note in reader.notes}


def test_quotations_over_rows_of_a_file_without_quoting():
    records = list(reader := read_records(CASES / "02_quotes.tsv"))
    assert [record["id"] for record in records] == [str(row) for row in range(80)]
    assert [record["lang"] for record in records] == ["en"] * 40 + ["de"] * 40
    assert [record["text"] for record in records[:3]] == ['"We want peace.', "We want work.", 'We want freedom."']
    assert noted(reader) == {LITERAL: 20}
    assert reader.dropped == []


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_the_same_whatever_separates(tmp_path, separator):
    content = (CASES / "02_quotes.tsv").read_text().replace("\t", separator)
    found, reader = read(tmp_path, "a.csv", content)
    assert len(found) == 80
    assert noted(reader) == {LITERAL: 20}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'id,lang,text\n1,en,"We want peace.\n\nWe want work."\n2,de,b\n'),
        ("a.csv", 'text,lang,id\n"We want peace,\nreally, we do,\nand work, too",en,1\nb,de,2\n'),
        ("a.tsv", 'id\tlang\ttext\n1\ten\t"We want peace.\n\nWe want work."\n2\tde\tb\n'),
        ("a.csv", 'text\n"We want peace.\nWe want work."\nb\n'),
        ("a.csv", 'label;text\nx;"I came, I saw;\nI won; I left"\ny;b\n'),
    ],
)
def test_cells_that_span_lines_stay_one(tmp_path, name, content):
    found, reader = read(tmp_path, name, content)
    assert len(found) == 2
    assert "\n" in found[0]
    assert found[1] == "b"
    assert noted(reader) == {SPANNING: 1}


def test_long_cells_span_many_lines(tmp_path):
    text = "\n".join(f"line {number}, and so on" for number in range(500))
    found, _ = read(tmp_path, "a.csv", f'id,text,lang\n1,"{text}",en\n2,b,de\n')
    assert found == [text, "b"]


def test_a_table_of_one_column_without_quoting(tmp_path):
    """The usual of each format decides where nothing else does."""
    assert read(tmp_path, "a.tsv", 'text\n"a\nb"\nc\n')[0] == ['"a', 'b"', "c"]
    assert read(tmp_path, "a.csv", 'text\n"a\nb"\nc\n')[0] == ["a\nb", "c"]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ('1,en,"Yes," he said', "Yes, he said"),
        ('1,en,"Yes" he said', '"Yes" he said'),
        ('1,en,He said "yes"', 'He said "yes"'),
        ('1,en,"a ""b"", c"', 'a "b", c'),
        ('1, en, "a ""b"", c"', 'a "b", c'),
        ('1,en,a ""b"" c', 'a ""b"" c'),
        (r'1,en,"a \"b\", c"', 'a "b", c'),
        ('1,en,"never closed', '"never closed'),
        ('1,en,"', '"'),
        ('1,en,""', ""),
        ("1,en,a\0b", "a\0b"),
    ],
)
def test_marks_within_a_line(tmp_path, row, text):
    found, reader = read(tmp_path, "a.csv", f"id,lang,text\n{row}\n2,de,b\n")
    assert found == [text, "b"]
    assert reader.dropped == []
    # At the end of the file, too.
    assert read(tmp_path, "a.csv", f"id,lang,text\n2,de,b\n{row}")[0] == ["b", text]


def test_quoting_can_be_said(tmp_path):
    content = 'id\tlang\ttext\n1\ten\t"a"\n2\ten\t"b\n3\tde\tc"\n'
    assert read(tmp_path, "a.tsv", content)[0] == ["a", '"b', 'c"']
    assert read(tmp_path, "a.tsv", content, quoting="none")[0] == ['"a"', '"b', 'c"']
    assert read(tmp_path, "a.tsv", content, quoting="csv")[0] == ["a", "b\n3\tde\tc"]
    with pytest.raises(FileFormatError, match=r"line 2 is not CSV \(text follows the quotation mark that closes"):
        read(tmp_path, "a.csv", 'text,lang\n"b"c,en\n', quoting="csv")
    with pytest.raises(FileFormatError, match=r"line 2 is not CSV \(a quotation that begins here is never closed\)"):
        read(tmp_path, "a.csv", 'text,lang\n"b,en\nc,de\n', quoting="csv")


def test_cells_of_labels_and_ids_as_programs_write_them(tmp_path):
    """Of CSV, nothing but the cell tells a number from a text, and a missing value from a word."""
    rows = ["1,a,1", "2.0,b,2.0", "NA,c,NaN", "4,d,none", "x1.0,e, sport ", ",f,"]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["id,text,label", *rows]), encoding="utf-8")
    reader = read_records(path)
    found = [(record.get("id"), record.get("label")) for record in reader]
    assert found == [("1", "1"), ("2", "2"), (None, None), ("4", "none"), ("x1.0", " sport "), (None, None)]
    assert noted(reader) == {
        "id is a sign for a missing value, so the document has none": 1,
        "label is a sign for a missing value, so the document has none": 1,
    }


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path, encoding):
    content = "\ufeffid\ttext\tlang\r\n1\tÄpfel\tde\r\n2\tпривет\tru\r\n"
    assert read(tmp_path, "a.tsv", content.encode(encoding))[0] == ["Äpfel", "привет"]
    for content in ('\ufeff[{"text": "Äpfel"}]', '\ufeff{"text": "Äpfel"}\n'):
        assert read(tmp_path, "a.json", content.encode(encoding))[0] == ["Äpfel"]


def test_surplus_empty_fields():
    records = list(read_records(CASES / "17_trailing.tsv"))
    assert [record["id"] for record in records] == [str(row) for row in range(40)]
    assert records[3]["text"] == "The cable is short and the lid is loose"


@pytest.mark.parametrize(
    "content",
    ["id,lang,text,,\n1,en,a,,\n2,de,b\n", "id,lang,text\n1,en,a,,,\n2,de,b, \n", 'id,lang,text,\n1,en,"a",\n2,de,b\n'],
)
def test_surplus_empty_fields_of_heading_and_rows(tmp_path, content):
    assert read(tmp_path, "a.csv", content)[0] == ["a", "b"]


def test_surplus_fields_with_content_are_a_fault(tmp_path):
    with pytest.raises(FileFormatError, match="line 2 has not as many fields as the heading"):
        read(tmp_path, "a.csv", "id,lang,text\n1,en,a,b\n")


@pytest.mark.parametrize("compressed", [False, True])
def test_carriage_returns_end_lines(tmp_path, compressed):
    content = (CASES / "17_oldmac.csv").read_bytes()
    found, reader = read(tmp_path, "a.csv", gzip.compress(content) if compressed else content)
    assert len(found) == 40
    assert found[-1].startswith("Der Deckel schließt gut")
    assert reader.dropped == []


def test_carriage_returns_in_standard_input(monkeypatch):
    content = (CASES / "17_oldmac.csv").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    records = list(read_records("-", file_format="csv"))
    assert (len(records), records[-1]["source"]) == (40, "standard input, line 41")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp1252", "utf-16-be"])
def test_carriage_returns_in_other_encodings(tmp_path, encoding):
    content = "id,lang,text\r1,en,a\r2,de,ĉ\r".replace("ĉ", "é").encode(encoding)
    assert read(tmp_path, "a.csv", content, encoding=encoding)[0] == ["a", "é"]
    lines = '{"text": "a"}\r{"text": "b"}\r'.encode(encoding)
    assert read(tmp_path, "a.jsonl", lines, encoding=encoding)[0] == ["a", "b"]


def test_ends_of_lines_that_are_mixed(tmp_path):
    content = 'id,lang,text\n1,en,a\r2,de,b\r\n3,en,"c\r\nd"\r\n4,en,e\rf\r5,en,g'
    with pytest.raises(FileFormatError, match="line 5 has not as many fields"):
        # What is no row is no end of a line.
        read(tmp_path, "a.csv", content)
    content = 'id,lang,text\r1,en,a\r2,de,b\r\n3,en,"c\r\nd"\r\n4,en,e\r5,en,f'
    assert read(tmp_path, "a.csv", content)[0] == ["a", "b", "c\r\nd", "e", "f"]
    # Within a text it stays.
    assert read(tmp_path, "a.tsv", "lang\ttext\nen\ta\rb\n")[0] == ["a\rb"]


def test_a_heading_in_utf_16_without_a_mark(tmp_path):
    with pytest.raises(FileFormatError, match=r"has null characters in its heading, as UTF-16 looks: .* --encoding"):
        read(tmp_path, "a.csv", "text,lang\na,en\n".encode("utf-16-le"))


def test_a_quotation_that_never_ends_in_a_large_file(tmp_path):
    """Only a few of the lines that follow are looked at, so that memory stays small and the reading fast."""
    rows = "".join(f"{number}\ten\ttext {number}\n" for number in range(100_000))
    found, reader = read(tmp_path, "a.tsv", f'id\tlang\ttext\n0\ten\t"a\n{rows}')
    assert len(found) == 100_001
    assert noted(reader) == {LITERAL: 1}

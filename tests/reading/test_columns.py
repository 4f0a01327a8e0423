"""Which columns are taken: the usual names, common ones where they are clear, and what is said of others."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gloctm.errors import FileFormatError, InputError
from gloctm.reading.columns import ColumnChooser, Columns, describe_columns
from gloctm.reading.notes import Notes
from gloctm.reading.records import as_records, read_records

ROW = {"Review": "a", "Locale": "en-GB", "Created At": "2024", "uuid": "7", "Category": "x", "other": "y"}
TAKEN = {"text": "a", "lang": "en-GB", "date": "2024", "id": "7", "label": "x"}


def plain(reader):
    return [{name: value for name, value in record.items() if name != "source"} for record in reader]


def write(folder, name, rows):
    path = folder / name
    if name.endswith("jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif name.endswith("json"):
        path.write_text(json.dumps(rows))
    elif name.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        separator = "\t" if name.endswith("tsv") else ","
        lines = [separator.join(rows[0]), *(separator.join(map(str, row.values())) for row in rows)]
        path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.json", "a.parquet"])
def test_common_names_are_taken(tmp_path, name):
    reader = read_records(write(tmp_path, name, [ROW, ROW]))
    assert plain(reader) == [TAKEN, TAKEN]
    assert reader.columns == {
        "text": "Review",
        "lang": "Locale",
        "label": "Category",
        "id": "uuid",
        "date": "Created At",
    }


def test_common_names_of_what_is_in_memory():
    assert plain(as_records([ROW, ROW])) == [TAKEN, TAKEN]
    assert plain(as_records(pa.Table.from_pylist([ROW]))) == [TAKEN]
    pandas = pytest.importorskip("pandas")
    assert plain(as_records(pandas.DataFrame([ROW]))) == [TAKEN]


@pytest.mark.parametrize("name", ["text", "Content", "BODY", "review", "comment", "message", "tweet", "full_text"])
def test_names_of_texts(tmp_path, name):
    assert plain(read_records(write(tmp_path, "a.csv", [{"language": "de", name: "a"}]))) == [
        {"text": "a", "lang": "de"}
    ]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_the_usual_name_wins(tmp_path, name):
    path = write(
        tmp_path, name, [{"content": "b", "text": "a", "topic": "t", "label": "x", "language": "de", "lang": "en"}]
    )
    assert plain(read_records(path)) == [{"text": "a", "lang": "en", "label": "x"}]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_names_that_are_not_clear(tmp_path, name):
    path = write(tmp_path, name, [{"content": "a", "body": "b"}])
    with pytest.raises(FileFormatError, match="no column 'text', but 'content' and 'body', each of which may be it"):
        list(read_records(path))
    path = write(tmp_path, name, [{"text": "a", "category": "x", "topic": "y"}])
    reader = read_records(path)
    assert plain(reader) == [{"text": "a"}]
    assert reader.columns["label"] is None
    (note,) = reader.notes
    assert note.what == "column of the label is not read, since several may be it (--label-column names one)"
    assert note.example == "category, topic"
    # What is named is no candidate.
    columns = Columns(label="category", text="topic")
    assert plain(read_records(path, columns=columns)) == [{"text": "y", "label": "x"}]


def test_a_named_column_leaves_the_others_to_be_found(tmp_path):
    path = write(tmp_path, "a.csv", [{"inhalt": "a", "Label": "x", "published": "2024", "locale": "de"}])
    reader = read_records(path, columns=Columns(text="inhalt"))
    assert plain(reader) == [{"text": "a", "lang": "de", "label": "x", "date": "2024"}]
    assert describe_columns(reader.columns) == (
        "columns: text ← inhalt, language ← locale, label ← Label, no id, date ← published"
    )
    assert plain(read_records(path, columns=Columns("inhalt", label=None, date=None), language="fr")) == [
        {"text": "a", "lang": "fr"}
    ]


def test_a_missing_column_is_answered_with_its_flag_and_the_nearest_name(tmp_path):
    path = write(tmp_path, "a.csv", [{"review_txt": "a", "locale": "de", "themes": "x"}])
    for columns, message in (
        (Columns("reviewtxt"), r"'reviewtxt' \(did you mean 'review_txt'\?\): .*, with --text-column on the"),
        (
            Columns("review_txt", label="theme"),
            r"'theme' \(did you mean 'themes'\?\).* with --label-column on",
        ),
        (
            Columns("review_txt", date="x", id="y"),
            "no column 'y' and no column 'x': .* --id-column and --date-column",
        ),
        (Columns("review_txt", lang="LOCALE"), r"no column 'LOCALE' \(did you mean 'locale'\?\).*--lang-column"),
    ):
        with pytest.raises(FileFormatError, match=message):
            list(read_records(path, columns=columns))


def test_keys_that_come_later(tmp_path):
    rows = [{"text": "a"}] * 200 + [{"text": "b", "label": "x"}]
    reader = read_records(write(tmp_path, "a.jsonl", rows))
    assert plain(reader)[-1] == {"text": "b", "label": "x"}
    rows = [{"body": "a"}] * 50 + [{"body": "b", "category": "x"}]
    assert plain(as_records(rows))[-1] == {"text": "b", "label": "x"}


def test_a_column_that_is_empty_throughout_is_there(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,theme\na,\nb,\n")
    assert plain(read_records(path, columns=Columns(label="theme"))) == [{"text": "a"}, {"text": "b"}]


def test_objects_without_any_text():
    with pytest.raises(InputError, match="record 1 has no 'text': each document needs one, and this has 'a'"):
        list(as_records([{"a": 1}] * 200))


def test_a_category_is_the_label_rather_than_a_rating():
    notes = Notes()
    chooser = ColumnChooser(Columns(), False, FileFormatError, notes)
    assert chooser.of_table("a.csv", ["text", "stars", "Category"])["label"] == "Category"
    assert not notes.all()
    assert "label" not in chooser.of_table("a.csv", ["text", "stars", "rating"])
    assert "label" not in chooser.of_table("a.csv", ["text", "category", "topic", "stars"])

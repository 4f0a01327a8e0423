"""Dates in the forms that people write, and what becomes of others."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import numpy as np
import pytest

from gloctm.reading.dates import AMBIGUOUS, UNREAD, as_date
from gloctm.reading.records import Columns, as_records, read_records

CASES = Path(__file__).parents[1] / "data" / "cases"


def dates_of(values, **settings):
    reader = as_records([{"text": "a", "date": value} for value in values], **settings)
    records = list(reader)
    settled = reader.settle_dates()
    assert len(records) == len(values)
    return [settled(record.get("date", "")) or None for record in records], {n.what: n.count for n in reader.notes}


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("201909", "2019-09"),
        (201909, "2019-09"),
        ("20240531", "2024-05-31"),
        (20240531.0, "2024-05-31"),
        ("20240531.0", "2024-05-31"),
        ("2024.0", "2024"),
        ("20240531T101500Z", "2024-05-31T10:15:00+00:00"),
        ("31. 5. 2024", "2024-05-31"),
        ("31-May-2024", "2024-05-31"),
        ("2024-05-31 10:00 PM", "2024-05-31T22:00:00"),
        ("2024年5月31日", "2024-05-31"),
        ("2024년 5월", "2024-05"),
        ("2024年", "2024"),
        ("2024/05/31", "2024-05-31"),
        ("2024/5", "2024-05"),
        ("2024.05.31", "2024-05-31"),
        ("2024-5-3", "2024-05-03"),
        ("31.05.2024", "2024-05-31"),
        ("31.5.2024 18:30", "2024-05-31T18:30:00"),
        ("31/05/2024", "2024-05-31"),
        ("05/31/2024", "2024-05-31"),
        ("5/31/2024 6:30 PM", "2024-05-31T18:30:00"),
        ("5/31/2024, 12:05:09 AM", "2024-05-31T00:05:09"),
        ("07/07/2024", "2024-07-07"),
        ("05/2024", "2024-05"),
        ("31-05-2024", "2024-05-31"),
        ("2024/05/31 18:30:05.25Z", "2024-05-31T18:30:05.250000+00:00"),
        ("2024-05-31T12:00:00Z", "2024-05-31T12:00:00+00:00"),
        ("2024-05-31 12:00:00 UTC", "2024-05-31T12:00:00+00:00"),
        ("2024-05-31T12:00:00.000000000", "2024-05-31T12:00:00"),
        ("2024-05-31T12:00:00.123Z", "2024-05-31T12:00:00.123000+00:00"),
        ("Fri, 31 May 2024 12:00:00 +0200", "2024-05-31T12:00:00+02:00"),
        ("Fri, 31 May 2024 12:00:00 GMT", "2024-05-31T12:00:00+00:00"),
        ("31 May 2024 12:00:00 EST", "2024-05-31T12:00:00-05:00"),
        ("Fri May 31 12:00:00 +0000 2024", "2024-05-31T12:00:00+00:00"),
        ("Fri May 31 12:00:00 2024", "2024-05-31T12:00:00"),
        ("May 31, 2024", "2024-05-31"),
        ("31st May 2024", "2024-05-31"),
        ("Sept. 2024", "2024-09"),
        ("may 2024", "2024-05"),
        (1717156800, "2024-05-31T12:00:00+00:00"),
        ("1717156800000", "2024-05-31T12:00:00+00:00"),
        (1717156800.5, "2024-05-31T12:00:00+00:00"),
        (np.datetime64("2024-05-31"), "2024-05-31"),
        (np.datetime64("2024-05"), "2024-05"),
        (np.datetime64("2024-05-31T12:00", "ns"), "2024-05-31T12:00:00"),
        (np.datetime64("2024-05-31T00:00", "ns"), "2024-05-31"),
        (np.int64(2024), "2024"),
        (np.float64(2024.0), "2024"),
        (np.float32(2024.0), "2024"),
        (datetime.date(2024, 5, 31), "2024-05-31"),
        (np.datetime64("NaT"), None),
        (float("nan"), None),
        (np.float32("nan"), None),
        *((text, None) for text in ("", " ", "nan", "NaN", "None", "NaT", "null", "N/A", "<NA>", "-")),
    ],
)
def test_forms(written, read_as):
    assert as_date(written) == read_as
    assert dates_of([written]) == ([read_as], {})


def test_pandas():
    pandas = pytest.importorskip("pandas")
    values = [pandas.Timestamp("2024-05-31"), pandas.NaT, pandas.NA, pandas.Timestamp("2024-05-31 12:00", tz="UTC")]
    assert list(map(as_date, values)) == ["2024-05-31", None, None, "2024-05-31T12:00:00+00:00"]
    assert as_date(pandas.Period("2024-05")) == "2024-05"


@pytest.mark.parametrize(
    "written",
    [
        *("24", "2024-13", "2023-02-29", "29.2.2023", "2.29.2024", "29.2.24", "2024-02-29T25:00", "13/13/2024"),
        *("[1852?]", "ca. 1853", "n.d.", "soon", "May", "201913", "20241301", "２０２４", "mayor 2024", "31/05/24"),
        *("13:00 PM 2024", "5/31/2024 13:00 PM", "31 May 31 2024", "2024-W05", "99999999999999999999"),
        20240,
        True,
        [1],
        {"year": 2024},
    ],
)
def test_what_is_no_date_drops_no_document(written):
    assert dates_of([written, "2024"]) == ([None, "2024"], {UNREAD: 1})
    assert dates_of([written], columns=Columns(date=None)) == ([None], {})


def test_dates_of_a_library():
    records = list(reader := read_records(CASES / "13_dates.jsonl"))
    assert len(records) == 40
    assert [record.get("date") for record in records].count("1850") == 10
    (note,) = reader.notes
    assert (note.what, note.count, note.example) == (UNREAD, 30, "[1852?]")
    assert note.source.endswith("13_dates.jsonl, line 2")


def test_the_order_of_day_and_month():
    both = ["05/06/2024", "31/05/2024", "06/05/2024"]
    assert dates_of(both) == (["2024-06-05", "2024-05-31", "2024-05-06"], {})
    assert dates_of(["05/06/2024", "05/31/2024"]) == (["2024-05-06", "2024-05-31"], {})
    # Whatever the place of what decides.
    assert dates_of(["05/31/2024", "05/06/2024"]) == (["2024-05-31", "2024-05-06"], {})
    # Nothing decides, or two against each other.
    assert dates_of(["05/06/2024", "06/06/2024"]) == ([None, "2024-06-06"], {AMBIGUOUS: 1})
    mixed = ["31/05/2024", "05/31/2024", "05/06/2024", "05/06/2024"]
    assert dates_of(mixed) == (["2024-05-31", "2024-05-31", None, None], {AMBIGUOUS: 2})
    assert dates_of(["05/06/2024", "31/05/2024"], date_order="mdy") == (["2024-05-06", None], {UNREAD: 1})
    assert dates_of(["05/06/2024"], date_order="dmy") == (["2024-06-05"], {})
    assert dates_of(["05.06.2024"], date_order="mdy") == (["2024-05-06"], {})
    # Dots need no evidence.
    assert dates_of(["05.06.2024"]) == (["2024-06-05"], {})


def test_dates_of_files(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        "".join(json.dumps({"text": "a", "date": date}) + "\n" for date in ("01/02/2024", "x", "13/02/2024"))
    )
    reader = read_records(path)
    records = list(reader)
    # As written until all have been read.
    assert [record.get("date") for record in records] == ["01/02/2024", None, "2024-02-13"]
    assert reader.settle_dates()("01/02/2024") == "2024-02-01"
    assert [str(note) for note in reader.notes] == [f"{UNREAD}: at {path}, line 2 (x)"]
    assert [record["date"] for record in read_records(path, date_order="mdy") if "date" in record] == ["2024-01-02"]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("16 Jan 25", "2025-01-16"),
        ("6-Sept-99", "1999-09-06"),
        ("1 Dec. '68", "2068-12-01"),
        ("31-May-69", "1969-05-31"),
    ],
)
def test_years_of_two_digits_follow_the_name_of_a_month(text, date):
    assert as_date(text) == date

"""Tables: lists of rows that print, and become data frames and HTML."""

from __future__ import annotations

from types import SimpleNamespace

from rich.cells import cell_len

from gloctm.model import Table

ROWS = [
    {"topic": -1, "name": "no topic", "words": None, "share": 0.25},
    {"topic": 12, "name": "天気 <b>", "words": ["雨", "storm"], "share": 0.5},
]


def test_a_table_is_a_list_of_rows():
    table = Table(ROWS)
    assert table == ROWS
    assert table.columns == ["topic", "name", "words", "share"]
    assert Table([]).columns == []


def test_a_table_prints_in_columns_whatever_the_script():
    assert str(Table(ROWS)).splitlines() == [
        "topic  name      words     share",
        "   -1  no topic            0.250",
        "   12  天気 <b>  雨 storm  0.500",
    ]
    [_, line] = str(Table([{"text": "a\nb " + "long " * 30}])).splitlines()
    assert line.startswith("a b long")
    assert line.endswith("…")
    assert len(line) <= 40


def test_lines_fit_a_terminal():
    table = Table([{"topic": 1, "text": "long " * 30}, {"topic": 2, "text": "雨" * 60}])
    assert [cell_len(line) for line in table.lines(max_characters=None, width=50)] == [11, 50, 50]
    assert len(table.lines(max_characters=None)[1]) > 150


def test_a_table_is_printed_as_wide_as_the_terminal(monkeypatch):
    table = Table([{"topic": 1, "name": "n" * 30, "text": "long " * 30}])
    monkeypatch.setenv("COLUMNS", "50")
    assert str(table) == table.as_text()
    monkeypatch.setattr("sys.stdout", SimpleNamespace(isatty=lambda: True, write=lambda text: None, flush=lambda: None))
    assert 45 < max(map(len, str(table).splitlines())) <= 50
    assert len(table.as_text().splitlines()[1]) > 50


def test_a_table_becomes_a_data_frame():
    table = Table(ROWS)
    assert table.to_pandas()["topic"].tolist() == [-1, 12]
    assert table.to_polars()["words"].to_list() == [None, ["雨", "storm"]]
    # Types that differ only far down.
    many = Table([{"label": None}] * 200 + [{"label": "x"}])
    assert many.to_polars()["label"][200] == "x"


def test_a_table_is_html_without_markup_of_its_cells():
    html = Table(ROWS)._repr_html_()
    assert html.count("<tr>") == 3
    assert "天気 &lt;b&gt;" in html

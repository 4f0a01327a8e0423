"""Files that are uploaded, and what comes back of them."""

from __future__ import annotations

import csv
import json
import tempfile

import numpy as np
import pytest

from serving import client as client
from serving import detail, upload
from serving import model as model
from serving import summary as summary

# First, since it skips where the server's packages lack.
# isort: split


CSV = "id,text,lang\na,rain and storm,en\nb,Regen,de\nc,nothing known,en\n"
LINES = '{"text": "rain and storm", "lang": "en", "id": "a"}\n{"text": "Regen", "lang": "de", "id": 2}\n'


@pytest.mark.parametrize("path", ["/transform/file", "/api/transform/file"])
def test_a_csv_file_becomes_another(client, model, summary, path):
    response = upload(client, CSV, "Meine Texte.CSV", path=path, format="csv")
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="topics.csv"'
    head, *rows = csv.reader(response.text.splitlines())
    assert head == ["id", "lang", "text", "topic", "name", "topic_0", "topic_1", "topic_2", "topic_3"]
    for row, (text, code) in zip(rows, (("rain and storm", "en"), ("Regen", "de")), strict=False):
        theta = model.transform([text], code)[0]
        largest = int(theta.argmax())
        assert row[1:5] == [code, text, str(largest), summary.topics[largest].name]
        np.testing.assert_allclose(np.float32(row[5:]), theta, rtol=1e-6)
    assert rows[2] == ["c", "en", "nothing known", "", "", "", "", "", ""]


def test_json_lines_and_lines_of_text(client, model):
    rows = [json.loads(line) for line in upload(client, LINES, format="jsonl").text.splitlines()]
    assert [(row["id"], row["lang"]) for row in rows] == [("a", "en"), ("2", "de")]
    plain = upload(
        client, "\ufeffrain\n\n  storm \r\n12345\n", "lines.txt", lang="en", format="jsonl"
    ).text.splitlines()
    expected = model.transform(["rain", "storm"], "en")
    for row, theta in zip(map(json.loads, plain[:2]), expected, strict=True):
        np.testing.assert_array_equal(np.float32([row[f"topic_{topic}"] for topic in range(4)]), theta)
    nothing = dict.fromkeys(["topic", "name", *(f"topic_{topic}" for topic in range(4))])
    assert json.loads(plain[2]) == {"id": "2", "lang": "en", "text": "12345", **nothing}


def test_documents_of_a_file_in_no_known_language_are_und(client):
    response = upload(client, "text\n12345\nrain in the station\n", "t.csv")
    assert response.text.splitlines()[1] == "0,und,12345,,,,,,"
    [warning] = json.loads(response.headers["gloctm-warnings"])
    assert warning.startswith("the language can't be identified of 1 of 2 documents, the first with the id 0;")


def test_what_may_be_amiss_with_a_file_goes_into_a_header(client):
    response = upload(client, '{"text": "pluie", "lang": "sw", "id": "雨"}\n{"text": "ö", "lang": "sw", "id": "雨"}\n')
    assert [sentence.split(":")[0] for sentence in json.loads(response.headers["gloctm-warnings"])] == [
        "of-the-test does not support Swahili (sw), so its words may be linked poorly",
        "the model knows no word of 1 of 2 documents, the first with the id 雨 in Swahili (sw)",
    ]
    assert json.loads(upload(client, CSV, "t.csv").headers["gloctm-warnings"])[0].endswith("id c in English (en)")
    assert upload(client, "rain\n", "t.txt", lang="en").headers["gloctm-warnings"] == "[]"


def test_texts_stand_in_the_column_that_is_named(client, model):
    content = "remark,lang\nrain and storm,en\n"
    assert "'remark'" in detail(upload(client, content, "t.csv"), 422)
    row = json.loads(upload(client, content, "t.csv", text_column="remark", format="jsonl").text)
    theta = model.transform(["rain and storm"], "en")[0]
    np.testing.assert_array_equal(np.float32([row[f"topic_{topic}"] for topic in range(4)]), theta)


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "texts.csv", "empty"),
        (b"", "texts.jsonl", "no documents"),
        (b"a,b\n1,2\n", "texts.csv", "'text'"),
        (b'text,id\n"never closed\n', "texts.csv", "line 2"),
        (b'{"text": "a"}\n{"text": null}\n', "texts.jsonl", "line 2 has no text"),
        (b'{"text": 3}\n', "texts.jsonl", "line 1"),
        (b'{"text"\n', "texts.jsonl", "line 1"),
        (b"[" * 100_000, "texts.json", "the file"),
        (b'{"text": "a", "lang": "no such"}\n', "texts.jsonl", "line 1"),
        (b"text\n\xff\xfe\xfd\n", "texts.csv", "UTF-8"),
        (b"\xff\xfa\n", "texts.txt", "UTF-8"),
        (b"\x1f\x8b\x08\x00" + b"\0" * 20, "texts.jsonl", "compressed"),
        (b"PK\x03\x04" + b"\0" * 20, "texts.csv", "compressed"),
        (b"PAR1", "texts.parquet", ".jsonl"),
        (b"rain", "texts", ".jsonl"),
        (b"rain", "", "file"),
    ],
)
def test_files_that_cannot_be_read(client, content, name, told):
    sentence = detail(upload(client, content, name), 422)
    assert told in sentence
    assert tempfile.gettempdir() not in sentence


@pytest.mark.parametrize(
    "name",
    [
        "../../../../etc/passwd.csv",
        "/etc/passwd.csv",
        "..\\..\\windows\\system.csv",
        "file:///etc/passwd.csv",
        "a\x00b.csv",
        "x" * 5000 + ".csv",
        'a"; filename="b.csv',
        "-.csv",
    ],
)
def test_names_of_files_are_no_paths(client, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    response = upload(client, CSV, name, format="csv")
    assert response.status_code in (200, 400, 422)
    if response.status_code == 200:
        assert response.text.splitlines()[1].startswith("a,en,")
        assert response.headers["content-disposition"] == 'attachment; filename="topics.csv"'
    assert "root:" not in response.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fields", [{"format": "parquet"}, {"format": "../x"}, {"via": "up"}, {"lang": "no such"}])
def test_fields_of_an_upload_that_make_no_sense(client, fields):
    detail(upload(client, "rain\n", "a.txt", **fields), 422)


@pytest.mark.parametrize("data", [{}, {"file": "text that is no file"}])
def test_an_upload_without_a_file(client, data):
    boundary = {"content-type": "multipart/form-data; boundary=x"}
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{data[name]}\r\n' for name in data)
    assert "file" in detail(client.post("/transform/file", content=f"{parts}--x--\r\n", headers=boundary), 422)


def test_a_body_that_is_no_form(client):
    headers = {"content-type": "multipart/form-data"}
    detail(client.post("/transform/file", content=b"anything", headers=headers), 400)


def test_rows_with_formulas_and_halves_of_characters_come_back_as_text(client):
    ids = ["=1+1\ud800", "+a", "@SUM(A1)", "\tx", "-5", "+1.5", "a=1"]
    content = "".join(json.dumps({"text": "rain", "lang": "en", "id": each}) + "\n" for each in ids)
    rows = list(csv.reader(upload(client, content, format="csv").text.splitlines()))
    # No spreadsheet takes them for formulas; numbers stay numbers.
    assert [row[0] for row in rows[1:]] == ["'=1+1\\ud800", "'+a", "'@SUM(A1)", "'\tx", "-5", "+1.5", "a=1"]
    lines = upload(client, content, format="jsonl").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids
    content = json.dumps({"text": "=rain()", "lang": "en"}) + "\n"
    assert upload(client, content, format="csv").text.splitlines()[1].startswith("0,en,'=rain(),")


def test_texts_of_documents_come_back_as_json_alone(client):
    response = upload(client, '{"text": "rain", "lang": "en", "id": "<script>alert(1)</script>"}\n', format="jsonl")
    assert response.headers["content-disposition"].startswith("attachment")
    assert not response.headers["content-type"].startswith("text/html")

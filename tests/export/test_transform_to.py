"""Topic proportions written block by block: the rows of ``transform``, whatever the blocks, in constant memory."""

from __future__ import annotations

import io
import json
import os
import warnings

import numpy as np
import pyarrow.parquet
import pytest

from gloctm.corpus import as_records, read_records
from gloctm.errors import EmptyDocumentWarning, FileFormatError, InputError, ReadingWarning
from gloctm.export import incoming, proportions, transform_to
from gloctm.model.inferring import MOST_COUNTED, Tally
from gloctm.reading.dropped import read_dropped
from handmade import handmade_model

VOCABULARY = {"en": ["rain", "snow", "goal", "team", "vote"], "de": ["regen", "schnee", "tor"]}


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(3)
    return handmade_model(VOCABULARY, {code: rng.normal(size=(3, len(words))) for code, words in VOCABULARY.items()})


def documents(number=11):
    rng = np.random.default_rng(0)
    languages = [("en", "de")[place % 3 == 1] for place in range(number)]
    return [{"text": " ".join(rng.choice(VOCABULARY[code], 3)), "lang": code} for code in languages]


def blocks_of(monkeypatch, documents):
    monkeypatch.setattr(incoming, "BLOCK_DOCUMENTS", documents)


@pytest.mark.parametrize("size", [1, 2, 5, 11, 100])
def test_rows_are_those_of_transform_whatever_the_blocks(model, tmp_path, monkeypatch, size):
    blocks_of(monkeypatch, size)
    monkeypatch.setattr(proportions, "GROUP_ROWS", 4)
    given = documents()
    found = transform_to(model, given, tmp_path / "theta.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "theta.parquet")
    expected = model.transform([each["text"] for each in given], [each["lang"] for each in given])
    np.testing.assert_allclose(np.stack(table.columns[2:], axis=1), expected, atol=1e-6)
    assert table.column_names == ["id", "lang", "topic_0", "topic_1", "topic_2"]
    assert table["lang"].to_pylist() == [each["lang"] for each in given]
    assert table["id"].to_pylist() == [str(place) for place in range(11)]
    assert (found.documents, found.num_documents) == ({"en": 7, "de": 4}, 11)


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_text_files_have_one_heading_and_every_row(model, tmp_path, monkeypatch, ending):
    blocks_of(monkeypatch, 2)
    transform_to(model, documents(), tmp_path / f"theta{ending}")
    lines = (tmp_path / f"theta{ending}").read_text().splitlines()
    if ending == ".csv":
        assert lines.pop(0) == "id,lang,topic_0,topic_1,topic_2"
        assert [line.partition(",")[0] for line in lines] == [str(place) for place in range(11)]
    else:
        assert [json.loads(line)["id"] for line in lines] == [str(place) for place in range(11)]


def test_long_documents_make_blocks_of_fewer(monkeypatch):
    monkeypatch.setattr(incoming, "BLOCK_CHARACTERS", 10)
    records = [{"text": "x" * size, "lang": "en"} for size in (4, 5, 1, 30, 2)]
    assert [len(block) for block in incoming.read_blocks(as_records(records))] == [3, 1, 1]


def test_what_is_left_out_is_listed_in_order_and_numbers_stay(model, tmp_path, monkeypatch):
    lines = ['{"text": "12 - 34"}', '{"text": "rain", "lang": "en"}', "no", '{"text": null}', '{"text": "5 - 6"}']
    source = tmp_path / "documents.jsonl"
    source.write_text("\n".join([*lines, '{"text": "tor", "lang": "de"}']))
    for size in (1, 2, 4, 100):
        blocks_of(monkeypatch, size)
        reader = read_records(source, on_error="skip")
        with pytest.warns(ReadingWarning, match=r"^4 documents were left out \(language not recognized: 2; .* line 1:"):
            found = transform_to(model, reader, tmp_path / "theta.jsonl", dropped=tmp_path / "dropped.jsonl")
        rows = [json.loads(line) for line in (tmp_path / "theta.jsonl").read_text().splitlines()]
        assert [(row["id"], row["lang"]) for row in rows] == [("1", "en"), ("5", "de")]
        listed = [each.source.rpartition(" ")[2] for each in read_dropped(tmp_path / "dropped.jsonl")]
        assert listed == ["1", "3", "4", "5"]
        assert found.left_out == {"language not recognized": 2, "is not JSON …": 1, "has no text": 1}
        # They are not held until the end.
        assert reader.dropped == []


def test_a_warning_counts_all_documents_of_a_language_once(model, monkeypatch):
    blocks_of(monkeypatch, 2)
    given = [{"text": text, "lang": "en"} for text in ("rain", "12", "snow", "34", "56")]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        transform_to(model, given, io.StringIO())
    assert [each.category for each in caught] == [EmptyDocumentWarning]
    assert str(caught[0].message).startswith("3 of 5 documents in 'en'")
    assert caught[0].filename == __file__


def test_an_error_midway_leaves_no_file_and_whole_blocks_in_a_stream(model, tmp_path, monkeypatch):
    blocks_of(monkeypatch, 2)
    source = tmp_path / "documents.jsonl"
    source.write_text("".join(json.dumps(each) + "\n" for each in documents(6)) + "no\n")
    before = os.listdir(tmp_path)
    for name in ("theta.parquet", "theta.csv", "theta.jsonl"):
        with pytest.raises(FileFormatError, match="line 7 is not JSON"):
            transform_to(model, read_records(source), tmp_path / name, dropped=tmp_path / "dropped.jsonl")
    assert os.listdir(tmp_path) == before
    stream = io.StringIO()
    with pytest.raises(FileFormatError):
        transform_to(model, read_records(source), stream)
    assert len(stream.getvalue().splitlines()) in (2, 4, 6)
    # What is refused in the first block is refused before any row.
    stream = io.StringIO()
    with pytest.raises(InputError, match="not trained on language 'fr'"):
        transform_to(model, [{"text": "pluie", "lang": "fr"}, *documents(6)], stream, via=None)
    assert stream.getvalue() == ""


def test_nothing_to_write_is_refused(model, tmp_path):
    with pytest.raises(InputError, match="has no documents: nothing to transform"):
        transform_to(model, [], tmp_path / "theta.csv")
    for setting, name in (
        ({"min_confidence": 2}, "min_confidence is 2"),
        ({"dropped": tmp_path}, "a folder of that name"),
    ):
        with pytest.raises(InputError, match=name):
            transform_to(model, documents(), tmp_path / "theta.csv", **setting)
    with pytest.raises(InputError, match="name another file"):
        transform_to(model, documents(), tmp_path / "a.csv", dropped=tmp_path / "a.csv")
    with (
        pytest.warns(ReadingWarning, match="dropped=FILE lists them"),
        pytest.raises(InputError, match="no document could be used"),
    ):
        transform_to(model, [{"text": "12"}], tmp_path / "theta.csv")
    assert os.listdir(tmp_path) == []


def test_progress_is_shown_where_there_are_several_blocks(model, monkeypatch, capsys):
    monkeypatch.setattr(model, "show_progress", True)
    transform_to(model, documents(), io.StringIO())
    assert capsys.readouterr().err == ""
    blocks_of(monkeypatch, 4)
    transform_to(model, documents(), io.StringIO())
    assert capsys.readouterr().err.startswith("transforming: 11 documents")


def test_words_left_out_are_counted_once_and_no_more_than_some():
    from gloctm.model.evidence import LeftOut

    tally = Tally("en", known=True)
    for words in (["a", "b"], ["b", "c"]):
        tally.add_left_out(LeftOut(2, 2, OSError("no encoder"), words))
    with pytest.warns(UserWarning, match="^3 words in 'en' outside the model's vocabulary are left out: no encoder"):
        tally.warn()
    tally.add_left_out(LeftOut(0, 0, OSError("no encoder"), [str(number) for number in range(MOST_COUNTED)]))
    with pytest.warns(UserWarning, match="^at least 200,000 words"):
        tally.warn()

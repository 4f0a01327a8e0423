"""A list of very many documents that were left out is read line by line, and compares as what was written."""

from __future__ import annotations

import tracemalloc

import pytest

from gloctm.corpus.shard_manifest import CORPUS_FORMAT
from gloctm.corpus.storage import read_report
from gloctm.errors import FileFormatError
from gloctm.files.manifest import SavedFolder
from gloctm.reading.dropped import DroppedDocument, DroppedFile, write_dropped

DOCUMENTS = tuple(
    DroppedDocument(f"news.jsonl, line {row}", "language not wanted", "un mot", str(row)) for row in range(9)
)


def test_it_is_the_sequence_that_was_written(tmp_path):
    write_dropped(tmp_path / "dropped.jsonl", DOCUMENTS)
    found = DroppedFile(tmp_path / "dropped.jsonl", len(DOCUMENTS))
    assert tuple(found) == tuple(found) == DOCUMENTS
    assert all(each == found for each in (DOCUMENTS, list(DOCUMENTS), found))
    assert found != DOCUMENTS[1:]
    assert (len(found), found[2], found[-1], found[3:5]) == (9, DOCUMENTS[2], DOCUMENTS[-1], DOCUMENTS[3:5])


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"gone\.jsonl does not exist"):
        list(DroppedFile(tmp_path / "gone.jsonl", 1))


def test_the_report_of_a_corpus_in_shards_holds_none_of_them(tmp_path):
    number = 20_000
    write_dropped(tmp_path / "dropped.jsonl", (DOCUMENTS[row % 9] for row in range(number)))
    report = {"words": {}, "identified": {}, "settings": {}, "dropped": {"language not wanted": number}}
    tracemalloc.start()
    files = {"dropped.jsonl": (tmp_path / "dropped.jsonl").stat().st_size}
    found = read_report(SavedFolder(tmp_path, CORPUS_FORMAT, {"format_version": 3, "report": report, "files": files}))
    assert found is not None
    assert found.dropped_by_reason() == {"language not wanted": number}
    # As objects they take 5 MB.
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()
    assert len(found.dropped) == number

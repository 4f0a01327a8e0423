"""The made-up summary of many documents is as those of the package are."""

from __future__ import annotations

from itertools import accumulate

import pytest
from large_summary import CODES, large_summary

from gloctm.summary import DocumentTable


@pytest.fixture(scope="module")
def made():
    return large_summary(num_documents=4000, hostile="<b>")


def test_columns_are_those_of_the_package(made):
    documents = made["documents"]
    assert documents.keys() == DocumentTable.__annotations__.keys()
    per_document = documents.keys() - {"label_values", "words", "projection", "mixing", "totals"}
    assert {len(documents[name]) for name in per_document} == {4000}
    assert made == large_summary(num_documents=4000, hostile="<b>")


def test_marks_spell_their_words(made):
    documents = made["documents"]
    for language, text, marks in zip(documents["languages"], documents["texts"], documents["marks"], strict=True):
        units = text.encode("utf-16-le")
        ends = list(accumulate(gap + length for gap, length in zip(marks[::3], marks[1::3], strict=True)))
        spelled = [
            units[2 * (end - length) : 2 * end].decode("utf-16-le")
            for end, length in zip(ends, marks[1::3], strict=True)
        ]
        assert spelled == [documents["words"][CODES[language]][word] for word in marks[2::3]]


def test_places_and_shares_are_in_range(made):
    documents = made["documents"]
    assert all(-1 <= place <= 1 for place in (*documents["x"], *documents["y"]))
    for topics in documents["topics"]:
        shares = [share for _, share in topics]
        assert shares == sorted(shares, reverse=True)
        assert 0 < sum(shares) <= 1.001
        assert len({place for place, _ in topics}) == len(topics)


def test_columns_may_be_missing():
    documents = large_summary(num_documents=50, codes=("en",), texts=False, labels=False, dates=False)["documents"]
    assert [documents[name] for name in ("texts", "marks", "labels", "dates", "mixing")] == [None] * 5

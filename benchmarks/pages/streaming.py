"""Tables of training on shards (docs/lab/streaming.md)."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from pages.markdown import markdown, spread
from pages.results import Result, results

QUALITY = ("TU", "CNPMI, published", "CNPMI, document")

# In this order.
READINGS = {
    "memory": "in memory, all documents",
    "32768": "on shards, 32,768 documents",
    "4096": "on shards, 4,096 documents",
}


def sorted_documents() -> str:
    """Quality on documents sorted by label, by what is shuffled at once."""
    groups: dict[str, list[Result]] = {}
    for each in results("streaming", "streaming"):
        groups.setdefault(each["reading"], []).append(each)
    return markdown(
        ["shuffled at once", "seeds", "loss", *QUALITY],
        (
            [
                READINGS[reading],
                len(groups[reading]),
                spread([one["loss"] for one in groups[reading]], ",.0f"),
                *quality(groups[reading]),
            ]
            for reading in READINGS
            if reading in groups
        ),
    )


def sorted_by_default() -> str:
    """Quality by the default method of documents as they are and sorted by label."""
    groups: dict[str, list[Result]] = {}
    for each in results("sorted-corpus", "sorted corpus"):
        groups.setdefault(each["documents"], []).append(each)
    rows = ([order, len(found), *quality(found)] for order, found in groups.items())
    return markdown(["documents", "seeds", *QUALITY], rows)


def quality(found: list[Result]) -> list[str]:
    """Mean and spread of the measures of topics, as ``QUALITY`` names them."""
    return [
        spread([statistics.mean(one["topic_uniqueness"].values()) for one in found]),
        spread([one["cnpmi"]["published"] for one in found], ".4f"),
        spread([one["cnpmi"]["document"] for one in found], ".4f"),
    ]


def reading() -> str:
    """What reading costs, by the words of a document."""
    return markdown(
        ["words per document", "µs per document", "µs, first epoch", "waiting, percent of the time of training"],
        (
            [
                each["distinct_words"],
                f"{each['microseconds_per_document']:.1f}",
                f"{each['microseconds_per_document_with_checks']:.1f}",
                f"{100 * each['waiting_share']:.2f}",
            ]
            for each in results("streaming", "reading")
        ),
    )


TABLES: dict[str, Callable[[], str]] = {
    "streaming sorted": sorted_documents,
    "streaming sorted default": sorted_by_default,
    "streaming reading": reading,
}

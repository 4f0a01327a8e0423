"""Tables of training on shards (docs/lab/streaming.md)."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from pages.markdown import markdown, spread
from pages.results import Result, results

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
        ["shuffled at once", "seeds", "loss", "TU", "CNPMI, published", "CNPMI, document"],
        (
            [
                READINGS[reading],
                len(groups[reading]),
                spread([one["loss"] for one in groups[reading]], ",.0f"),
                spread([statistics.mean(one["topic_uniqueness"].values()) for one in groups[reading]]),
                spread([one["cnpmi"]["published"] for one in groups[reading]], ".4f"),
                spread([one["cnpmi"]["document"] for one in groups[reading]], ".4f"),
            ]
            for reading in READINGS
            if reading in groups
        ),
    )


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


TABLES: dict[str, Callable[[], str]] = {"streaming sorted": sorted_documents, "streaming reading": reading}

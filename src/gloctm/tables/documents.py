"""One row per document: its topics, and the documents that show a topic best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from gloctm.arrays import Array
from gloctm.checks import check_int
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import LanguageCorpus, document_texts
from gloctm.model.table import Table
from gloctm.summary.documents import typical_documents
from gloctm.summary.excerpts import excerpt
from gloctm.tables.shown import ShownTopics, main_topics, without_evidence


def about_document(part: LanguageCorpus, code: str, row: int) -> dict[str, Any]:
    """Return id, language, label and date of a document."""
    return {
        "id": str(row) if part.ids is None else part.ids[row],
        "language": code,
        "label": (part.labels[row] or None) if part.labels is not None else None,
        "date": (part.dates[row] or None) if part.dates is not None else None,
    }


def document_table(
    corpus: Corpus,
    theta: Mapping[str, Array],
    shown: ShownTopics,
    *,
    languages: Sequence[str],
    threshold: float | None,
    num_topics: int,
    max_characters: int,
) -> Table[dict[str, Any]]:
    """Make the table of ``document_info``: θ is of all the model's topics, by language."""
    check_int("num_topics", num_topics, 1)
    check_int("max_characters", max_characters, 3)
    rows = []
    for code in languages:
        part, merged = corpus[code], shown.view.merge_theta(theta[code])
        main = main_topics(merged, without_evidence(theta[code]), threshold).tolist()
        largest = np.argsort(-merged, axis=1, kind="stable")[:, :num_topics]
        proportions = np.take_along_axis(merged, largest, axis=1).tolist()
        texts = part.texts if part.texts is not None else document_texts(part)
        for row, (place, text, places, values) in enumerate(
            zip(main, texts, largest.tolist(), proportions, strict=True)
        ):
            rows.append(
                {
                    **about_document(part, code, row),
                    "text": excerpt(text.strip(), [], max_characters)[0],
                    "topic": shown.number(place),
                    "topic_name": shown.name(place),
                    "proportion": values[0],
                    "topics": [shown.number(each) for each in places],
                    "proportions": values,
                }
            )
    return Table(rows)


def representative_table(
    corpus: Corpus,
    theta: Mapping[str, Array],
    shown: ShownTopics,
    place: int,
    *,
    languages: Sequence[str],
    number: int,
    max_characters: int,
    infer_counts: Callable[[sp.csr_array, str], Array],
) -> Table[dict[str, Any]]:
    """Make the table of ``representative_documents``: of the topic at a place of the view.

    Of long documents, the passage with the most of the topic is shown; ``infer_counts`` returns θ of counts.
    """
    check_int("number", number, 1)
    check_int("max_characters", max_characters, 3)
    rows = []
    for code in languages:
        part = corpus[code]
        if part.texts is None:
            part = replace(part, texts=document_texts(part))
        has_words = np.flatnonzero(~without_evidence(theta[code]))
        own = shown.view.merge_theta(theta[code][has_words])[:, [place]]

        def infer(counts: sp.csr_array, code: str = code) -> Array:
            return shown.view.merge_theta(infer_counts(counts, code))[:, [place]]

        [found] = typical_documents(
            part,
            has_words,
            own,
            [()],
            None,
            num_topics=len(shown.view.groups),
            num_documents=number,
            max_characters=max_characters,
            infer=infer,
        )
        rows += [
            {
                "topic": shown.number(place),
                "topic_name": shown.name(place),
                "language": code,
                "id": each.id,
                "proportion": each.proportion,
                "label": each.label,
                "date": each.date,
                "text": each.text,
            }
            for each in found
        ]
    return Table(rows)

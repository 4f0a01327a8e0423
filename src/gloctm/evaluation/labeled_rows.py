"""Which documents classifiers are taught by and which they are asked of, decided by labels alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: The share of each label's documents that classifiers are asked of where there is no other corpus to ask them of.
HELD_OUT = 0.2

Rows = dict[str, NDArray[np.int64]]
# For each language a label a document, empty where it has none.
LabelsOfDocuments = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class LabelledRows:
    """Documents by their row, for each language.

    Attributes:
        taught: those to teach a classifier by, of two labels or more.
        asked: those to ask of, of two labels or more. Each taught language is among them; others may be, too.
        reasons: for languages that were left out, of what is asked or at least of what is taught, why: a sentence of
            the corpus, without a remedy.
    """

    taught: Rows
    asked: Rows
    reasons: dict[str, str]


def labelled_rows(
    labels: LabelsOfDocuments,
    asked_labels: LabelsOfDocuments | None = None,
    *,
    max_train: int | None = None,
    seed: int = 0,
) -> LabelledRows:
    """Choose the documents, and leave out the languages whose labels nothing can be told by.

    A language is left out where all that are asked have one label, or where it has none in common with another
    language; of several such languages, those that have none in common with most. Languages without any label are not
    mentioned, unless another corpus is asked that lacks those of one language.

    Args:
        labels: for each language a label a document, an empty one for a document that has none.
        asked_labels: those of the corpus that is asked; None keeps a fifth of each label's documents from the
            classifiers, at least one of those that have two, drawn at random.
        max_train: documents a language to teach by, at most; None takes all.
        seed: draws both, for each language by itself.
    """
    taught = _with_labels(labels)
    if asked_labels is None:
        asked = {code: _held_out(labels[code], rows, seed) for code, rows in taught.items()}
        taught = {code: np.setdiff1d(rows, asked[code]) for code, rows in taught.items()}
    else:
        asked = _with_labels(asked_labels)
    if max_train is not None:
        # As cross_lingual_classification draws: the first of a permutation.
        taught = {
            code: rows[np.random.default_rng(seed).permutation(len(rows))[:max_train]] for code, rows in taught.items()
        }
    wanted = labels if asked_labels is None else asked_labels
    reasons = {}
    for code in list(dict.fromkeys([*taught, *asked])):
        reason = _unasked(code, labels, asked_labels, asked)
        if reason is not None:
            asked.pop(code, None)
        elif code in taught and len(_kinds(labels, taught, code)) < 2:
            reason = (
                f"the documents of {code!r} that a classifier would be taught by all have the label "
                f"{_kinds(labels, taught, code)[0]!r}"
            )
        if reason is not None:
            taught.pop(code, None)
            reasons[code] = reason
    while strangers := _strangers(labels, taught, wanted, asked):
        most = max(map(len, strangers.values()))
        for code, others in strangers.items():
            if len(others) == most:
                example, other_example = (_kinds(wanted, asked, each)[0] for each in (code, others[0]))
                reasons[code] = _stranger(code, others[0], example, other_example)
        for code in [code for code, others in strangers.items() if len(others) == most]:
            taught.pop(code, None)
            asked.pop(code)
    return LabelledRows(taught, asked, reasons)


def _with_labels(labels: LabelsOfDocuments) -> Rows:
    rows = {code: np.flatnonzero([label != "" for label in each]) for code, each in labels.items()}
    return {code: each for code, each in rows.items() if len(each)}


def _held_out(labels: Sequence[str], rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """A fifth of the rows of each label: one at least where there are two, and never all."""
    shuffled = np.random.default_rng(seed).permutation(rows)
    by_label: dict[str, list[int]] = {}
    for row in shuffled.tolist():
        by_label.setdefault(labels[row], []).append(row)
    held = [own[: min(max(round(len(own) * HELD_OUT), 1), len(own) - 1)] for own in by_label.values()]
    return np.sort(np.asarray([row for each in held for row in each], np.int64))


def _kinds(labels: LabelsOfDocuments, rows: Rows, code: str) -> list[str]:
    return sorted({labels[code][row] for row in rows[code].tolist()})


def _unasked(code: str, labels: LabelsOfDocuments, asked_labels: LabelsOfDocuments | None, asked: Rows) -> str | None:
    """Why a language can't be asked; None if it can."""
    if asked_labels is not None:
        if code not in asked:
            return f"the test corpus has no labels in {code!r}"
        kinds = _kinds(asked_labels, asked, code)
        return f"all documents of {code!r} in the test corpus have the label {kinds[0]!r}" if len(kinds) < 2 else None
    given = [label for label in labels[code] if label != ""]
    if len(set(given)) < 2:
        return f"all documents of {code!r} have the label {given[0]!r}"
    if len(_kinds(labels, asked, code)) < 2:
        return (
            f"{code!r} has {len(given)} labelled documents, too few to hold some of two labels out from a classifier "
            "and teach it by others"
        )
    return None


def _strangers(labels: LabelsOfDocuments, taught: Rows, wanted: LabelsOfDocuments, asked: Rows) -> dict[str, list[str]]:
    """For each language those that it has no label in common with, one being taught and the other asked."""
    taught_kinds = {code: set(_kinds(labels, taught, code)) for code in taught}
    asked_kinds = {code: set(_kinds(wanted, asked, code)) for code in asked}
    found: dict[str, list[str]] = {}
    for source, kinds in taught_kinds.items():
        for target, others in asked_kinds.items():
            if kinds.isdisjoint(others):
                for one, other in dict.fromkeys([(source, target), (target, source)]):
                    known = found.setdefault(one, [])
                    if other not in known:
                        known.append(other)
    return found


def _stranger(code: str, other: str, label: str, other_label: str) -> str:
    if code == other:
        return f"the labels of {code!r} in the test corpus are none of those it has in the corpus"
    return f"{code!r} and {other!r} have no label in common ({label!r} and {other_label!r}, say)"

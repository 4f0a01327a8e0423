"""Which documents classifiers are trained and tested on, decided by labels alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gloctm.metrics.features import DocumentLabels

#: The share of each label's documents that classifiers are tested on where there is no other corpus to test them on.
HELD_OUT = 0.2

Rows = dict[str, NDArray[np.int64]]
# For each language one label per document, empty where it has none.
LabelsByLanguage = Mapping[str, DocumentLabels]


@dataclass(frozen=True)
class LabeledRows:
    """Documents by their row, for each language.

    Attributes:
        train: those to train a classifier on, of two labels or more.
        test: those to test it on, of two labels or more. Each language of ``train`` is among them; others may be, too.
        reasons: for languages that were left out, of ``test`` or at least of ``train``, why: a sentence about the
            corpus, without a cure.
    """

    train: Rows
    test: Rows
    reasons: dict[str, str]


def labeled_rows(
    labels: LabelsByLanguage,
    test_labels: LabelsByLanguage | None = None,
    *,
    max_train: int | None = None,
    seed: int = 0,
) -> LabeledRows:
    """Choose the documents, and leave out the languages whose labels say nothing.

    A language is left out where all test documents have one label, or where it has none in common with another
    language; of several such languages, those that have none in common with most. Languages without any label are not
    mentioned, unless there is another corpus to test on, which lacks those of one language.

    Args:
        labels: for each language one label per document, an empty one for a document that has none.
        test_labels: those of the corpus to test on. None holds out a fifth of each label's documents, at least one of
            those that have two, drawn at random.
        max_train: documents per language to train on, at most; None takes all.
        seed: draws both, for each language by itself.
    """
    train = _with_labels(labels)
    if test_labels is None:
        test = {code: _held_out(labels[code], rows, seed) for code, rows in train.items()}
        train = {code: np.setdiff1d(rows, test[code]) for code, rows in train.items()}
    else:
        test = _with_labels(test_labels)
    if max_train is not None:
        # As cross_lingual_classification draws: the first of a permutation.
        train = {
            code: rows[np.random.default_rng(seed).permutation(len(rows))[:max_train]] for code, rows in train.items()
        }
    wanted = labels if test_labels is None else test_labels
    reasons = {}
    for code in list(dict.fromkeys([*train, *test])):
        reason = _untestable(code, labels, test_labels, test)
        if reason is not None:
            test.pop(code, None)
        elif code in train and len(_kinds(labels, train, code)) < 2:
            reason = (
                f"the documents of {code!r} to train a classifier on all have the label "
                f"{_kinds(labels, train, code)[0]!r}"
            )
        if reason is not None:
            train.pop(code, None)
            reasons[code] = reason
    while strangers := _strangers(labels, train, wanted, test):
        most = max(map(len, strangers.values()))
        for code, others in strangers.items():
            if len(others) == most:
                example, other_example = (_kinds(wanted, test, each)[0] for each in (code, others[0]))
                reasons[code] = _stranger(code, others[0], example, other_example)
        for code in [code for code, others in strangers.items() if len(others) == most]:
            train.pop(code, None)
            test.pop(code)
    return LabeledRows(train, test, reasons)


def _with_labels(labels: LabelsByLanguage) -> Rows:
    rows = {code: np.flatnonzero([label != "" for label in each]) for code, each in labels.items()}
    return {code: each for code, each in rows.items() if len(each)}


def _held_out(labels: DocumentLabels, rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Draw a fifth of the rows of each label: one at least where there are two, and never all."""
    shuffled = np.random.default_rng(seed).permutation(rows)
    by_label: dict[str, list[int]] = {}
    for row in shuffled.tolist():
        by_label.setdefault(labels[row], []).append(row)
    held = [own[: min(max(round(len(own) * HELD_OUT), 1), len(own) - 1)] for own in by_label.values()]
    return np.sort(np.asarray([row for each in held for row in each], np.int64))


def _kinds(labels: LabelsByLanguage, rows: Rows, code: str) -> list[str]:
    return sorted({labels[code][row] for row in rows[code].tolist()})


def _untestable(code: str, labels: LabelsByLanguage, test_labels: LabelsByLanguage | None, test: Rows) -> str | None:
    """Return why nothing can be tested in a language; None if it can."""
    if test_labels is not None:
        if code not in test:
            return f"the test corpus has no labels in {code!r}"
        kinds = _kinds(test_labels, test, code)
        return f"all documents of {code!r} in the test corpus have the label {kinds[0]!r}" if len(kinds) < 2 else None
    given = [label for label in labels[code] if label != ""]
    if len(set(given)) < 2:
        return f"all documents of {code!r} have the label {given[0]!r}"
    if len(_kinds(labels, test, code)) < 2:
        return (
            f"{code!r} has {len(given)} labeled documents, too few to hold some of two labels out from a classifier "
            "and train it on others"
        )
    return None


def _strangers(labels: LabelsByLanguage, train: Rows, wanted: LabelsByLanguage, test: Rows) -> dict[str, list[str]]:
    """Find for each language those that it has no label in common with, one trained on and the other tested on."""
    train_kinds = {code: set(_kinds(labels, train, code)) for code in train}
    test_kinds = {code: set(_kinds(wanted, test, code)) for code in test}
    found: dict[str, list[str]] = {}
    for source, kinds in train_kinds.items():
        for target, others in test_kinds.items():
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

"""Whether a topic means the same in every language, judged by documents that carry theme labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gloctm.errors import InputError
from gloctm.metrics.features import DocumentLabels, check_one_kind, checked_labels, checked_proportions, of_language

# Documents compared at a time, so that memory does not grow with the product of two languages' documents.
BLOCK_ROWS = 1024


def theme_topics(theta: Mapping[str, ArrayLike], labels: Mapping[str, DocumentLabels]) -> dict[Any, int]:
    """Return the themes that own a topic in every language, and that topic.

    In one language, a topic belongs to a theme if the theme's documents have their highest mean proportion there and
    no other theme's documents have more of it on average. A theme owns a topic if that is so in every language, with
    the same topic.

    Args:
        theta: for each language ``(documents, K)``, rows summing to 1.
        labels: for each language the theme of each document.

    Returns:
        For each such theme its topic; no topic is owned by two themes. Their number is from 0 to that of the themes (or
        K, if that is less).

    Raises:
        InputError: there is no language, a language has rows that are no proportions, other numbers of topics than
            another, or no labels; labels are missing or empty, or not one a document.

    Example:
        >>> theta = {"en": [[0.9, 0.1], [0.2, 0.8]], "de": [[0.7, 0.3], [0.4, 0.6]]}
        >>> theme_topics(theta, {"en": ["sport", "food"], "de": ["sport", "food"]})
        {'food': 1, 'sport': 0}
    """
    proportions, themes = _checked(theta, labels, "ownership of topics by themes")
    owned: list[dict[Any, int]] = []
    for language, rows in proportions.items():
        kinds = sorted(set(themes[language]))
        row_of = {kind: row for row, kind in enumerate(kinds)}
        theme_of_document = np.asarray([row_of[kind] for kind in themes[language]])
        mean = np.stack([rows[theme_of_document == row].mean(axis=0) for row in range(len(kinds))])
        best_topic = mean.argmax(axis=1)
        best_theme = mean.argmax(axis=0)
        owned.append(
            {kind: int(best_topic[row]) for row, kind in enumerate(kinds) if best_theme[best_topic[row]] == row}
        )
    return {theme: topic for theme, topic in owned[0].items() if all(other.get(theme) == topic for other in owned[1:])}


def nearest_document_agreement(
    theta: Mapping[str, ArrayLike], labels: Mapping[str, DocumentLabels]
) -> dict[tuple[str, str], float]:
    """Compute per ordered pair of languages how often a document and its nearest in the other share the label.

    Nearness is by the Hellinger distance of topic proportions, a metric on distributions. Of documents that are
    equally near, the first counts.

    Args:
        theta: for each language ``(documents, K)``, rows summing to 1.
        labels: for each language a label per document.

    Returns:
        ``{(from, to): share}`` with shares from 0 to 1. Proportions that tell nothing have about the share of the
        commonest label.

    Raises:
        InputError: as in ``theme_topics``, or there are fewer than two languages.

    Example:
        >>> theta = {"en": [[0.9, 0.1], [0.2, 0.8]], "de": [[0.7, 0.3], [0.4, 0.6]]}
        >>> nearest_document_agreement(theta, {"en": ["sport", "food"], "de": ["sport", "food"]})["en", "de"]
        1.0
    """
    proportions, kinds = _checked(theta, labels, "agreement between languages")
    if len(proportions) < 2:
        raise InputError("agreement between languages needs at least two of them")
    roots = {language: np.sqrt(rows) for language, rows in proportions.items()}
    result = {}
    for source, queries in roots.items():
        for target, candidates in roots.items():
            if source == target:
                continue
            # Unit vectors: the nearest by distance is the one with the largest inner product.
            blocks = range(0, len(queries), BLOCK_ROWS)
            nearest = [
                row for start in blocks for row in (queries[start : start + BLOCK_ROWS] @ candidates.T).argmax(1)
            ]
            matches = [label == kinds[target][row] for label, row in zip(kinds[source], nearest, strict=True)]
            result[source, target] = float(np.mean(matches))
    return result


def _checked(
    theta: Mapping[str, ArrayLike], labels: Mapping[str, DocumentLabels], what: str
) -> tuple[dict[str, NDArray[np.float64]], dict[str, list[Any]]]:
    """Validate proportions and labels of each language; see ``theme_topics`` for what is raised."""
    if not theta:
        raise InputError(f"{what} needs the documents of at least one language: theta is empty")
    proportions, kinds = {}, {}
    for language, rows in theta.items():
        name = f"theta of {language!r}"
        proportions[language] = checked_proportions(rows, name)
        kinds[language] = checked_labels(of_language(labels, language, "theta"), len(proportions[language]), name)
    topics = {language: rows.shape[1] for language, rows in proportions.items()}
    if len(set(topics.values())) > 1:
        listed = ", ".join(f"{language} {number}" for language, number in topics.items())
        raise InputError(f"the languages have different numbers of topics ({listed}): give proportions by one model")
    check_one_kind([kind for each in kinds.values() for kind in each], "all languages")
    return proportions, kinds

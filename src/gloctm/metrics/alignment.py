"""Whether a topic means the same in every language, judged by documents that carry theme labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gloctm.errors import InputError

# Documents compared at a time, so that memory does not grow with the product of two languages' documents.
BLOCK_ROWS = 1024


def theme_topics(theta: Mapping[str, NDArray[np.floating]], labels: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The themes that own a topic in every language, and that topic.

    In one language, a topic belongs to a theme if the theme's documents have their highest mean proportion there and
    no other theme's documents have more of it on average. A theme owns a topic if that is so in every language, with
    the same topic.

    Args:
        theta: for each language ``(documents, K)``.
        labels: for each language the theme of each document.

    Returns:
        For each such theme its topic; no topic is owned by two themes.
    """
    owned: list[dict[str, int]] = []
    for language, proportions in theta.items():
        themes = sorted(set(labels[language]))
        mean = np.stack([_rows(proportions, labels[language], theme).mean(axis=0) for theme in themes])
        best_topic = mean.argmax(axis=1)
        best_theme = mean.argmax(axis=0)
        owned.append(
            {theme: int(best_topic[row]) for row, theme in enumerate(themes) if best_theme[best_topic[row]] == row}
        )
    return {theme: topic for theme, topic in owned[0].items() if all(other.get(theme) == topic for other in owned[1:])}


def nearest_document_agreement(
    theta: Mapping[str, NDArray[np.floating]], labels: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], float]:
    """For each ordered pair of languages, how often a document and its nearest in the other language share the label.

    Nearness is by the Hellinger distance of topic proportions, a metric on distributions.

    Args:
        theta: for each language ``(documents, K)``, rows summing to 1.
        labels: for each language a label a document.

    Returns:
        ``{(from, to): share}`` with shares from 0 to 1.
    """
    if len(theta) < 2:
        raise InputError("agreement between languages needs at least two of them")
    roots = {language: np.sqrt(np.asarray(proportions, np.float64)) for language, proportions in theta.items()}
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
            matches = [label == labels[target][row] for label, row in zip(labels[source], nearest, strict=True)]
            result[source, target] = float(np.mean(matches))
    return result


def _rows(proportions: NDArray[np.floating], labels: Sequence[str], theme: str) -> NDArray[np.floating]:
    return np.asarray(proportions[np.asarray([label == theme for label in labels])])

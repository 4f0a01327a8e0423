"""Two models compared, topic by topic."""

from __future__ import annotations

from typing import Any

from gloctm.checks import check_int
from gloctm.model.checks import check_model
from gloctm.model.model import TopicModel
from gloctm.model.table import Table
from gloctm.model.view import TopicView
from gloctm.summary.other import languages_in_common, matches_of, similarity_of_models
from gloctm.tables.shown import shown_topics


def compare(
    model: TopicModel,
    other: TopicModel,
    *,
    view: TopicView | None = None,
    other_view: TopicView | None = None,
    num_words: int = 10,
) -> Table[dict[str, Any]]:
    """Match the topics of two models, and return what they share and where they differ.

    Topics are matched one to one so that the similarities of the matches sum to the most (Hungarian method). The
    similarity of two topics is the cosine of their vectors (``gloctm.model.vectors``) if one encoder embedded the words
    of both models. Otherwise it is the average Jaccard index of their first words, the mean over the languages in
    common (``gloctm.metrics.topic_stability``).

    Args:
        model: trained.
        other: another, with at least one language in common.
        view: topics of ``model`` that are renamed, merged or hidden.
        other_view: the same of ``other``.
        num_words: words per topic and language that are compared.

    Returns:
        A row per match: ``topic`` and ``other_topic``, their names, ``similarity``; and for each language in common the
        words that both have (``shared_en``) and those of one alone (``only_en``, ``other_only_en``). Topics of the
        model with more of them that are left without a match follow, with None for the other.

    Raises:
        InputError: the models have no language in common, or neither a word nor an encoder; or a view is of another
            model.

    Examples:
        >>> from gloctm import compare
        >>> found = compare(model, model)
        >>> [row["other_topic"] for row in found[:3]], round(found[0]["similarity"], 3)
        ([0, 1, 2], 1.0)
    """
    check_model(model, "compare")
    check_model(other, "compare")
    check_int("num_words", num_words, 1)
    codes = languages_in_common(model, other)
    first, second = shown_topics(model, view, num_words=num_words), shown_topics(other, other_view, num_words=num_words)
    similarity = similarity_of_models(model, other, first.scores, second.scores, num_words)
    rows: list[dict[str, Any]] = []
    matched = matches_of(similarity)
    pairs: list[tuple[int | None, int | None]] = [*matched]
    pairs += [(place, None) for place in range(len(first.names)) if place not in {own for own, _ in matched}]
    pairs += [(None, match) for match in range(len(second.names)) if match not in {other for _, other in matched}]
    for place, match in pairs:
        row: dict[str, Any] = {
            "topic": None if place is None else first.number(place),
            "other_topic": None if match is None else second.number(match),
            "similarity": None if place is None or match is None else float(similarity[place, match]),
            "name": None if place is None else first.names[place],
            "other_name": None if match is None else second.names[match],
        }
        for code in codes:
            own = [] if place is None else first.words[code][place]
            others = [] if match is None else second.words[code][match]
            row[f"shared_{code}"] = [word for word in own if word in others]
            row[f"only_{code}"] = [word for word in own if word not in others]
            row[f"other_only_{code}"] = [word for word in others if word not in own]
        rows.append(row)
    return Table(rows)

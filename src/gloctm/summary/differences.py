"""Two languages, labels or periods: how much more of each topic one has than the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from gloctm.checks import listed
from gloctm.errors import InputError
from gloctm.languages import normalize_language
from gloctm.model.table import Table
from gloctm.summary.content import Estimate, content_of
from gloctm.summary.prevalence import difference, mean_of

#: What groups of documents may be.
Groups = Literal["language", "label", "period"]
# Groups that a message names.
_NAMED = 12


def compare_groups(
    summary: Any, by: Groups, one: str, other: str, *, language: str | None = None
) -> Table[dict[str, Any]]:
    """Compare how much of each topic two groups of documents have, with the intervals of the differences.

    Args:
        summary: a ``Summary`` of a model and a corpus, or its mapping.
        by: what the groups are: ``"language"``, ``"label"`` or ``"period"``.
        one: a code of a language, a label, or a period as the summary has it, such as ``"2019-05"``.
        other: another.
        language: of labels and periods, the one language whose documents are compared. None takes the mean of the
            languages that have documents of both groups, each counted alike.

    Returns:
        A row per topic: ``topic`` (its number), ``topic_name``, ``proportion`` and ``other_proportion`` (mean θ),
        ``difference`` (one minus other), ``low``, ``high`` (its 95 % interval, see
        ``gloctm.summary.prevalence.difference``); the largest difference first.

    Raises:
        InputError: not a summary, or one without a corpus, labels or dates; a group that it lacks, or without
            documents; one group twice.

    Examples:
        >>> from gloctm import summarize
        >>> from gloctm.summary import compare_groups
        >>> table = compare_groups(summarize(model, corpus), "label", "music", "space")
        >>> table[0]["proportion"] > 0.5 > table[0]["other_proportion"]
        True
    """
    content = content_of(summary)
    if by not in get_args(Groups):
        raise InputError(f"by is {by!r}: it must be language, label or period")
    if one == other:
        raise InputError(f"{one!r} is compared with itself: name two different groups")
    if by == "language":
        if language is not None:
            raise InputError("language is for labels and periods: leave it out where languages are compared")
        shares = _shares_of_languages(content, one, other)
    else:
        shares = _shares_of_groups(content, by, one, other, language)
    rows = []
    for topic, (first, second) in zip(content["topics"], shares, strict=True):
        found = difference(first, second)
        rows.append(
            {
                "topic": topic["id"],
                "topic_name": topic["name"],
                "proportion": first.value,
                "other_proportion": second.value,
                "difference": found.value,
                "low": found.low,
                "high": found.high,
            }
        )
    return Table(sorted(rows, key=lambda row: -row["difference"]))


def _shares_of_languages(content: Mapping[str, Any], one: str, other: str) -> list[tuple[Estimate, Estimate]]:
    known = [language["code"] for language in content["languages"]]
    codes = [_known("language", normalize_language(each), known) for each in (one, other)]
    found = []
    for topic in content["topics"]:
        if not topic.get("prevalence"):
            raise InputError("the summary was made without a corpus: make one with summarize(model, corpus)")
        first, second = (_estimate(topic["prevalence"][code]) for code in codes)
        assert first is not None
        assert second is not None
        found.append((first, second))
    return found


def _shares_of_groups(
    content: Mapping[str, Any], by: str, one: str, other: str, language: str | None
) -> list[tuple[Estimate, Estimate]]:
    part = content.get("labels" if by == "label" else "dates")
    if part is None:
        raise InputError(f"no document of the summary has a {'label' if by == 'label' else 'date'}")
    groups = part["values"] if by == "label" else part["periods"]
    places = [groups.index(_known(by, each, groups)) for each in (one, other)]
    by_language = part["by_language"] if by == "label" else part["prevalence"]
    codes = list(by_language)
    if language is not None:
        codes = [_known("language", normalize_language(language), codes)]
    both = [code for code in codes if all(part["counts"][code][place] for place in places)]
    if not both:
        where = listed(codes) if language is not None else "any language"
        raise InputError(f"there are no documents of both {one!r} and {other!r} in {where}")
    found = []
    for topic in range(len(content["topics"])):
        first, second = (
            mean_of([each for code in both if (each := _estimate(by_language[code][topic][place])) is not None])
            for place in places
        )
        found.append((first, second))
    return found


def _known(what: str, group: str, known: Sequence[str]) -> str:
    if group not in known:
        more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
        raise InputError(f"the summary has no {what} {group!r}: it has {', '.join(known[:_NAMED])}{more}")
    return group


def _estimate(entry: Mapping[str, float] | None) -> Estimate | None:
    return None if entry is None else Estimate(entry["mean"], low=entry["low"], high=entry["high"])

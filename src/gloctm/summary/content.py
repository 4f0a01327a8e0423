"""What a summary holds, and how it is written as JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gloctm.errors import InputError
from gloctm.model.inference import Via

#: The version of the JSON; what reads it takes it from here.
FORMAT = 2
# Enough for every picture, and half the size of all digits.
SIGNIFICANT_DIGITS = 4
# Halves of characters, which Python's strings may have and UTF-8 may not.
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")

#: Where a word of a text begins and where it ends, in UTF-16 code units: [start, end).
Mark = tuple[int, int]
#: Two words that translate each other: language, index in its list, other language, index there, cosine.
WordLink = tuple[str, int, str, int, float]
#: What a period of dates is.
Unit = Literal["year", "month", "day"]


@dataclass(frozen=True)
class Estimate:
    """A number estimated from documents, with its 95 % interval [low, high].

    Attributes:
        value: the estimate; within the interval.
        low: where the interval begins.
        high: where it ends.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LanguageSummary:
    """One language of the model.

    Attributes:
        code: BCP-47.
        name: what it is called in English; the code where no name is known here.
        direction: of its script: ``"ltr"`` or ``"rtl"``.
        documents: how many the corpus has, empty ones included; None without a corpus.
        words: size of the vocabulary.
        tokens: how many words of the vocabulary the documents have in all; None without a corpus.
    """

    code: str
    name: str
    direction: Literal["ltr", "rtl"]
    documents: int | None
    words: int
    tokens: int | None


@dataclass(frozen=True)
class QualityFigure:
    """One measure of one language, pair of languages or all.

    Attributes:
        group: what is measured: ``"topics"``, ``"documents"`` by their labels, or ``"translations"`` of documents.
        measure: its name, as ``gloctm evaluate`` prints it.
        where: of what: ``"en"``, ``"en zh"``, ``"zh from en"``, ``"all"``.
        value: the figure.
    """

    group: Literal["topics", "documents", "translations"]
    measure: str
    where: str
    value: float


@dataclass(frozen=True)
class TypicalDocument:
    """A document that shows what a topic is about.

    Attributes:
        id: as the corpus has it.
        text: its text, or the part of it with the most words of the topic; an ellipsis stands for what is left out.
        proportion: θ of the topic in it.
        label: its label, or None.
        date: its date, or None.
        marks: where the topic's words stand in ``text``; in order, none overlapping another.
        cut: whether something was left out.
    """

    id: str
    text: str
    proportion: float
    label: str | None
    date: str | None
    marks: tuple[Mark, ...]
    cut: bool


@dataclass(frozen=True)
class TopicSummary:
    """One topic in all languages.

    Attributes:
        id: its number in the model; of a merged one, that of its first member. Not its place: with a view, numbers are
            left out.
        members: the model's topics it stands for, ascending.
        shares: by member how much of the topic it makes up, by which the members' β are weighted; they sum to 1.
        name: what to call it: the view's name, else its label in the language that has most, else in the first that
            has one, else its first 3 words in the first language.
        labels: by language, those the model has; of a merged topic those that all its members have alike.
        x: where it stands on the map, from −1 to 1.
        y: the same, downwards or upwards.
        prevalence: by language the mean θ of documents that have any word, 0 to 1; None without a corpus.
        overall: the mean of these, each language counted alike; None without a corpus.
        contrast: by language its prevalence minus the mean of the other languages' prevalences, −1 to 1; None without
            a corpus.
        agreement: by language how well the topic's vector in it agrees with the mean of those in the other languages: a
            cosine, −1 to 1 (gloctm/topic_vectors.py). None with one language.
        doubtful: languages where it is below 0.6, so that the topic probably has another theme there: differences
            between languages then mean little.
        words: by language its heaviest words with their weights β.
        links: translations among these words.
        similar: up to 5 other topics by id, with the cosine of their vectors, 0.1 or more; most similar first.
        documents: by language its most typical documents; none where the corpus has no texts.
    """

    id: int
    members: tuple[int, ...]
    shares: Mapping[int, float]
    name: str
    labels: Mapping[str, str]
    x: float
    y: float
    prevalence: Mapping[str, Estimate] | None
    overall: float | None
    contrast: Mapping[str, Estimate] | None
    agreement: Mapping[str, float] | None
    doubtful: tuple[str, ...]
    words: Mapping[str, tuple[tuple[str, float], ...]]
    links: tuple[WordLink, ...]
    similar: tuple[tuple[int, float], ...]
    documents: Mapping[str, tuple[TypicalDocument, ...]]


@dataclass(frozen=True)
class LabelBreakdown:
    """Topics by label.

    Attributes:
        values: the labels, the most frequent first.
        counts: by language how many of the documents that were looked at have each label.
        prevalence: for each topic, in the order of the summary's, and each label the mean over the languages that have
            the label of their mean θ: each language counts alike, so that a label that is mostly of one language does
            not show what that language talks about.
        by_language: by language the same of its documents alone; None for a label that it has not.
        unlabelled: by language how many of the documents that were looked at have no label.
    """

    values: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    prevalence: tuple[tuple[Estimate | None, ...], ...]
    by_language: Mapping[str, tuple[tuple[Estimate | None, ...], ...]]
    unlabelled: Mapping[str, int]


@dataclass(frozen=True)
class DateBreakdown:
    """Topics by date.

    Attributes:
        unit: what a period is.
        unit_reason: a sentence why, where that is coarser than the dates given; else None.
        periods: ``"2019"``, ``"2019-05"`` or ``"2019-05-31"``, in order.
        counts: by language how many of the documents that were looked at are of each period.
        prevalence: by language for each topic, in the order of the summary's, and each period the mean θ; None where
            there are no documents.
        undated: by language how many of the documents that were looked at have no date.
    """

    unit: Unit
    unit_reason: str | None
    periods: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    prevalence: Mapping[str, tuple[tuple[Estimate | None, ...], ...]]
    undated: Mapping[str, int]


@dataclass(frozen=True)
class SearchIndex:
    """For every word of a language the topics where it is heaviest.

    Attributes:
        words: the vocabulary, in its own order.
        topics: for each word up to three topics: id, rank of the word in it from 0, weight β; heaviest first.
    """

    words: tuple[str, ...]
    topics: tuple[tuple[tuple[int, int, float], ...], ...]


@dataclass(frozen=True)
class Summary:
    """Everything that pictures of a model show; ``to_dict()`` is ready for JSON.

    Attributes:
        title: what the model is about.
        languages: in the model's order.
        about: settings, seed, encoder, environment, fingerprint of the corpus trained on, version of this package.
        history: by term of the loss (and ``epoch``) a number each epoch.
        quality: measures.
        topics: in order of their ids.
        hidden: the model's topics that the view hides, ascending.
        inference: by which encoder of a published model the documents' topic proportions were inferred; of one of the
            context method ``"context"``.
        labels: topics by label; None where no document has one.
        dates: topics by date; None where no document has one.
        search: by language where each word is heaviest.
        sampled: a sentence that says so, if not all documents were looked at; else None.
    """

    title: str
    languages: tuple[LanguageSummary, ...]
    about: Mapping[str, Any]
    history: Mapping[str, tuple[float, ...]]
    quality: tuple[QualityFigure, ...]
    topics: tuple[TopicSummary, ...]
    hidden: tuple[int, ...]
    inference: Via | Literal["context"]
    labels: LabelBreakdown | None
    dates: DateBreakdown | None
    search: Mapping[str, SearchIndex]
    sampled: str | None

    def to_dict(self) -> dict[str, Any]:
        """All of it as dictionaries, lists, texts and numbers, keys in a fixed order.

        Numbers are rounded to 4 significant digits, but for those in ``about``; NaN and infinite ones become None.
        Lone surrogates, which UTF-8 can't hold, become U+FFFD, so that marks stay where they are.
        """
        return {
            "format": FORMAT,
            "title": _plain(self.title),
            "languages": [_plain(vars(language)) for language in self.languages],
            "about": _plain(self.about, exact=True),
            "history": _plain(self.history),
            "quality": [_plain(vars(figure)) for figure in self.quality],
            "topics": [_topic(topic) for topic in self.topics],
            "hidden": _plain(self.hidden),
            "inference": self.inference,
            "labels": None if self.labels is None else _plain(vars(self.labels)),
            "dates": None if self.dates is None else _plain(vars(self.dates)),
            "search": {code: _plain(vars(index)) for code, index in self.search.items()},
            "sampled": _plain(self.sampled),
        }


def content_of(summary: Any) -> Mapping[str, Any]:
    """The mapping of a summary, for what is drawn of it.

    Args:
        summary: anything with ``to_dict()``, or the mapping itself.

    Raises:
        InputError: it is neither, or of another version.
    """
    content = summary.to_dict() if hasattr(summary, "to_dict") else summary
    if not isinstance(content, Mapping) or not {"format", "languages", "topics"} <= content.keys():
        raise InputError(
            f"this is drawn of a summary, not of {type(summary).__name__}: make one with "
            "gloctm.summary.summarize(model, corpus)"
        )
    if content["format"] != FORMAT:
        raise InputError(
            f"the summary is of format {content['format']!r}, and this version of gloctm knows format {FORMAT}: make "
            "it anew with the same version, or update gloctm"
        )
    return content


def _topic(topic: TopicSummary) -> dict[str, Any]:
    content = dict(vars(topic))
    if topic.contrast is not None:
        content["contrast"] = {
            code: {"difference": each.value, "low": each.low, "high": each.high}
            for code, each in topic.contrast.items()
        }
    content["documents"] = {code: [vars(document) for document in each] for code, each in topic.documents.items()}
    plain: dict[str, Any] = _plain(content)
    return plain


def _plain(value: Any, *, exact: bool = False) -> Any:
    """A value as JSON has it."""
    if isinstance(value, str):
        return _LONE_SURROGATES.sub("\ufffd", value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if exact else float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, Estimate):
        return _plain({"mean": value.value, "low": value.low, "high": value.high})
    if isinstance(value, Mapping):
        return {_plain(str(name)): _plain(each, exact=exact) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each, exact=exact) for each in value]
    return value

"""What a summary holds, and its JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any, Literal

from gloctm.errors import InputError
from gloctm.model.inference import Via

#: The version of the JSON.
FORMAT = 3
# Enough for every figure, at half the size of all digits.
SIGNIFICANT_DIGITS = 4
# Halves of characters, which Python's strings may hold and UTF-8 may not.
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")

#: Where a word of a text begins and where it ends, in UTF-16 code units: [start, end).
Mark = tuple[int, int]
#: Two words that translate each other: language, index in its list, other language, index there, cosine.
WordLink = tuple[str, int, str, int, float]
#: The length of a period of dates.
Unit = Literal["year", "month", "day"]
#: What places documents on their map: UMAP, or the topics' own map where it is not installed.
Projection = Literal["umap", "topics"]


@dataclass(frozen=True)
class Estimate:
    """A number estimated from documents, with its 95 % interval [low, high].

    Attributes:
        value: the estimate; within the interval.
        low: the lower end of the interval.
        high: the upper end.

    Examples:
        >>> Estimate(0.25, low=0.2, high=0.3).value
        0.25
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LanguageSummary:
    """One language of the model.

    Attributes:
        code: BCP-47.
        name: its English name, or the code where none is known.
        direction: of its script.
        documents: how many the corpus has, empty ones included; None without a corpus.
        words: size of the vocabulary.
        tokens: how many occurrences of these words the documents have; None without a corpus.

    Examples:
        >>> LanguageSummary("de", "German", "ltr", documents=240, words=1000, tokens=9000).name
        'German'
    """

    code: str
    name: str
    direction: Literal["ltr", "rtl"]
    documents: int | None
    words: int
    tokens: int | None


@dataclass(frozen=True)
class QualityFigure:
    """One measure of a language, of a pair of languages, or of all.

    Attributes:
        group: what is measured: ``"topics"``, ``"documents"`` by their labels, or ``"translations"`` of documents.
        measure: its name, as ``gloctm evaluate`` prints it.
        where: its languages: ``"en"``, ``"en zh"``, ``"zh from en"``, ``"all"``.
        value: the figure.

    Examples:
        >>> QualityFigure("topics", "NPMI", "en", 0.25).value
        0.25
    """

    group: Literal["topics", "documents", "translations"]
    measure: str
    where: str
    value: float


@dataclass(frozen=True)
class TypicalDocument:
    """A document that shows what a topic is about.

    Attributes:
        id: as in the corpus.
        text: its text, or the part of it with the most words of the topic; an ellipsis replaces what is left out.
        proportion: θ of the topic in it.
        label: its label, or None.
        date: its date, or None.
        marks: the places of the topic's words in ``text``; in order, none overlapping another.
        cut: whether something was left out.

    Examples:
        >>> document = TypicalDocument("7", "The train…", 0.9, label="travel", date=None, marks=((4, 9),), cut=True)
        >>> [document.text[start:end] for start, end in document.marks]
        ['train']
    """

    id: str
    text: str
    proportion: float
    label: str | None
    date: str | None
    marks: tuple[Mark, ...]
    cut: bool


@dataclass(frozen=True)
class Term:
    """A word of a topic with what orders it from frequent to telling.

    Attributes:
        word: as in the vocabulary.
        probability: p(w | topic), 0 to 1.
        overall: p(w), its share of all words in the language, 0 to 1. The ratio of both is the lift; relevance is
            λ log p(w | topic) + (1 − λ) log lift (Sievert and Shirley 2014, LDAvis).
        documents: how many documents of the language have the word; None without a corpus.

    Examples:
        >>> term = Term("train", probability=0.02, overall=0.001, documents=31)
        >>> round(term.probability / term.overall)
        20
    """

    word: str
    probability: float
    overall: float
    documents: int | None


@dataclass(frozen=True)
class TopicSummary:
    """One topic in all languages.

    Attributes:
        id: its number in the model; of a merged one, that of its first member. With a view, numbers may be missing.
        members: the model's topics that it consists of, ascending.
        shares: by member its share of the topic, which weights the member's β; they sum to 1.
        name: the view's name, else a label, else its first 3 words in the first language. The language with the most
            labels takes precedence.
        names: by language its name for readers of that language: the view's name, else the label in it, else the first
            3 words in it.
        labels: by language the model's; of a merged topic, those that all its members share.
        x: horizontal place on the map, from −1 to 1.
        y: vertical place.
        prevalence: by language the mean θ of documents that have any word, 0 to 1; None without a corpus.
        overall: the mean of these; None without a corpus.
        mainly: by language how many of the documents included it is the largest topic of; None without a corpus.
        contrast: by language its prevalence minus the mean of the other languages' prevalences, −1 to 1; None without
            a corpus.
        agreement: by language the cosine of the topic's vector in it and the mean of those in the others, −1 to 1
            (``gloctm.model.vectors``). None with one language.
        doubtful: languages where it is below 0.6: the topic probably has another theme there, and differences between
            languages mean little.
        words: by language its heaviest words with their weights β.
        terms: by language these words and the most relevant ones for any λ from 0 to 1; in the order of ``words``,
            then by probability.
        links: translations among these words.
        similar: up to 5 other topics by id, with the cosine of their vectors, 0.1 or more; most similar first.
        documents: by language its most typical documents; none where the corpus has no texts.

    Examples:
        >>> from gloctm.summary import summarize
        >>> topic = summarize(model, num_words=3).topics[0]
        >>> topic.id, list(topic.words), len(topic.words["en"])
        (0, ['en', 'de'], 3)
    """

    id: int
    members: tuple[int, ...]
    shares: Mapping[int, float]
    name: str
    names: Mapping[str, str]
    labels: Mapping[str, str]
    x: float
    y: float
    prevalence: Mapping[str, Estimate] | None
    overall: float | None
    mainly: Mapping[str, int] | None
    contrast: Mapping[str, Estimate] | None
    agreement: Mapping[str, float] | None
    doubtful: tuple[str, ...]
    words: Mapping[str, tuple[tuple[str, float], ...]]
    terms: Mapping[str, tuple[Term, ...]]
    links: tuple[WordLink, ...]
    similar: tuple[tuple[int, float], ...]
    documents: Mapping[str, tuple[TypicalDocument, ...]]


@dataclass(frozen=True)
class LabelBreakdown:
    """Topics by label.

    Attributes:
        values: the labels, the most frequent first.
        counts: by language how many of the documents included have each label.
        prevalence: for each topic and label the mean of the languages' mean θ, over those that have the label.
            Languages count alike: a label mostly of one language does not show what that language talks about.
        by_language: by language the same of its documents alone; None for a label that it does not have.
        unlabeled: by language how many of the documents included have no label.

    Examples:
        >>> from gloctm.summary import summarize
        >>> labels = summarize(model, corpus, num_documents=0).labels
        >>> len(labels.values), labels.unlabeled
        (12, {'en': 0, 'de': 0})
    """

    values: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    prevalence: tuple[tuple[Estimate | None, ...], ...]
    by_language: Mapping[str, tuple[tuple[Estimate | None, ...], ...]]
    unlabeled: Mapping[str, int]


@dataclass(frozen=True)
class DateBreakdown:
    """Topics by date.

    Attributes:
        unit: the length of a period.
        unit_reason: a sentence on why it is coarser than the dates given; None where it is not.
        periods: ``"2019"``, ``"2019-05"`` or ``"2019-05-31"``, in order.
        counts: by language how many of the documents included are of each period.
        prevalence: by language for each topic, in the order of the summary's, and each period the mean θ; None where
            there are no documents.
        undated: by language how many of the documents included have no date.

    Examples:
        >>> dates = DateBreakdown("year", None, ("2019",), {"en": (1,)}, {"en": ((None,),)}, undated={"en": 0})
        >>> dates.periods
        ('2019',)
    """

    unit: Unit
    unit_reason: str | None
    periods: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    prevalence: Mapping[str, tuple[tuple[Estimate | None, ...], ...]]
    undated: Mapping[str, int]


@dataclass(frozen=True)
class SearchIndex:
    """The topics where each word of a language is heaviest.

    Attributes:
        words: the vocabulary, in its own order.
        topics: for each word up to three topics: id, rank of the word in it from 0, weight β; heaviest first.

    Examples:
        >>> SearchIndex(("train",), (((0, 5, 1.5),),)).words
        ('train',)
    """

    words: tuple[str, ...]
    topics: tuple[tuple[tuple[int, int, float], ...], ...]


@dataclass(frozen=True)
class DocumentTable:
    """Documents to read, filter and see on a map: all of the corpus, or a sample; a list of each attribute.

    Attributes:
        languages: of each, its place among the summary's languages.
        ids: of each, as in the corpus.
        texts: of each; None where the corpus has none. Long ones are cut, see ``cut``.
        cut: of each, whether its text was cut.
        labels: of each, its place among ``label_values``, −1 without; None where no document has one.
        label_values: all labels of these documents, the most frequent first.
        dates: of each, without its time; empty without a date. None where no document has one.
        topics: of each its largest topics, with the proportion θ of each, the largest first: places among the summary's
            topics. None of them where a document is wholly about topics that a view hides.
        marks: of each the words of topics in its text: start and length in UTF-16 code units, and the word's place
            among ``words`` of its language; in order, none overlapping another. None where texts or tokens are unknown.
        words: by language the words that marks refer to: all terms of all topics.
        x: of each, its horizontal place on the map, from −1 to 1; NaN never.
        y: of each, its vertical place.
        projection: what made the places.
        mixing: how well languages mix on the map: the share of other languages among each document's nearest
            neighbors, over the share to expect were languages mixed at random; 1 is mixed perfectly. None with one
            language.
        totals: by language how many documents there are to choose from.

    Examples:
        >>> from gloctm.summary import summarize
        >>> table = summarize(model, corpus).documents
        >>> len(table.ids), table.languages[0], table.topics[0][0][1] <= 1
        (480, 0, True)
    """

    languages: tuple[int, ...]
    ids: tuple[str, ...]
    texts: tuple[str, ...] | None
    cut: tuple[bool, ...]
    labels: tuple[int, ...] | None
    label_values: tuple[str, ...]
    dates: tuple[str, ...] | None
    topics: tuple[tuple[tuple[int, float], ...], ...]
    marks: tuple[tuple[tuple[int, int, int], ...], ...] | None
    words: Mapping[str, tuple[str, ...]]
    x: tuple[float, ...]
    y: tuple[float, ...]
    projection: Projection
    mixing: float | None
    totals: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the columns as lists, ready for JSON; topics and their proportions are lists of two numbers.

        The marks of a document are one flat list of numbers, three per mark: how many code units after the end of the
        mark before it (or after the beginning of the text) the word starts, its length, and its place among ``words``.
        A list per mark would make a page of 20,000 documents larger by a tenth.

        Examples:
            >>> from gloctm.summary import summarize
            >>> columns = summarize(model, corpus).documents.to_dict()
            >>> text, (gap, length, word) = columns["texts"][0], columns["marks"][0][:3]
            >>> text[gap : gap + length].lower(), columns["words"]["en"][word]
            ('home', 'home')
        """
        return {
            "languages": list(self.languages),
            "ids": list(map(valid_utf8, self.ids)),
            "texts": None if self.texts is None else list(map(valid_utf8, self.texts)),
            "cut": list(self.cut),
            "labels": None if self.labels is None else list(self.labels),
            "label_values": list(map(valid_utf8, self.label_values)),
            "dates": None if self.dates is None else list(self.dates),
            "topics": [[list(each) for each in topics] for topics in self.topics],
            "marks": None if self.marks is None else list(map(_flat_marks, self.marks)),
            "words": {code: list(map(valid_utf8, words)) for code, words in self.words.items()},
            "x": list(self.x),
            "y": list(self.y),
            "projection": self.projection,
            "mixing": _plain(self.mixing),
            "totals": dict(self.totals),
        }


@dataclass(frozen=True)
class OtherModel:
    """Another model to compare with: its topics, and which of them match.

    Attributes:
        title: what it is about.
        languages: codes.
        topics: of each its number, name, names by language, and words by language, heaviest first.
        matches: pairs of topics that match one to one: the id here, the number there, their similarity; most similar
            first. Topics of either model that match none are in no pair.
        similarity: for each topic here, in the summary's order, its similarity to each topic there.

    Examples:
        >>> other = OtherModel("12 topics in English", ("en",), (), (), ())
        >>> other.title
        '12 topics in English'
    """

    title: str
    languages: tuple[str, ...]
    topics: tuple[Mapping[str, Any], ...]
    matches: tuple[tuple[int, int, float], ...]
    similarity: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Summary:
    """Everything that figures and pages show of a model; ``to_dict()`` is ready for JSON.

    Attributes:
        title: what the model is about.
        languages: in the model's order.
        about: settings, seed, encoder, environment, fingerprint of the corpus trained on, version of this package.
        history: by term of the loss (and ``epoch``) a number per epoch.
        quality: measures.
        topics: in order of their ids.
        hidden: the model's topics that the view hides, ascending.
        inference: the encoder of a published model that inferred the documents' topic proportions; ``"context"`` for
            a model of the context method.
        labels: topics by label; None where no document has one.
        dates: topics by date; None where no document has one.
        search: by language where each word is heaviest.
        sampled: a sentence that says so, if not all documents or labels are included; else None.
        similarity: for each topic its cosine with each, in the order of ``topics``.
        merges: the hierarchy of topics, a step per merge: the two that merge, the height, and how many topics are in
            it. Topics are 0 to K − 1 by place; step i makes K + i.
        view: the content of the view's file, from ``TopicView.to_dict``: the model's number of topics, fingerprints and
            seed, and the groups, names and topics hidden of the view shown.
        documents: documents to read; None without a corpus, or where none were to be listed.
        other: another model to compare with; None without one.

    Examples:
        >>> from gloctm.summary import summarize
        >>> summary = summarize(model, corpus)
        >>> summary.title
        '12 topics in English and German'
        >>> [language.documents for language in summary.languages]
        [240, 240]
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
    similarity: tuple[tuple[float, ...], ...]
    merges: tuple[tuple[int, int, float, int], ...]
    view: Mapping[str, Any]
    documents: DocumentTable | None = None
    other: OtherModel | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as dictionaries, lists, texts and numbers, keys in a fixed order.

        Numbers are rounded to 4 significant digits, except those in ``about``; NaN and infinite ones become None. Lone
        surrogates, which UTF-8 can't hold, become U+FFFD, so marks remain in place. A term is a list of its word,
        probability, overall share and number of documents.

        Examples:
            >>> from gloctm.summary import summarize
            >>> summarize(model, title="Demo").to_dict()["title"]
            'Demo'
        """
        content = {"format": FORMAT, **_plain(vars(self)), "about": _plain(self.about, exact=True)}
        for topic in content["topics"]:
            if topic["contrast"] is not None:
                topic["contrast"] = {
                    code: {"difference": each.pop("mean"), **each} for code, each in topic["contrast"].items()
                }
        return content


def content_of(summary: Any) -> Mapping[str, Any]:
    """Return the mapping of a summary that figures and pages are drawn from.

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
            "it again with this version, or update gloctm"
        )
    return content


def valid_utf8(text: str) -> str:
    r"""Replace lone surrogates, which UTF-8 can't hold, by U+FFFD; places in the text remain.

    Examples:
        >>> valid_utf8("a\ud83d") == "a\ufffd"
        True
    """
    return _LONE_SURROGATES.sub("\ufffd", text)


def _flat_marks(marks: Sequence[tuple[int, int, int]]) -> list[int]:
    """Return marks as numbers, three each: distance from the end of the mark before, length, word."""
    flat, last = [], 0
    for start, length, word in marks:
        flat += [start - last, length, word]
        last = start + length
    return flat


def _plain(value: Any, *, exact: bool = False) -> Any:
    """Bring a value to what JSON can hold."""
    if isinstance(value, str):
        return valid_utf8(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if exact else float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, DocumentTable):
        return value.to_dict()
    if isinstance(value, Estimate):
        value = {"mean": value.value, "low": value.low, "high": value.high}
    if isinstance(value, Term):
        value = (value.word, value.probability, value.overall, value.documents)
    if isinstance(value, Mapping):
        return {_plain(str(name)): _plain(each, exact=exact) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each, exact=exact) for each in value]
    return _plain(vars(value), exact=exact) if is_dataclass(value) else value

"""``TopicView``: topics renamed, merged and hidden by hand, over a model whose trained weights do not change."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from gloctm.arrays import Array, Floats, Numbers
from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import atomic_file, read_json
from gloctm.languages import normalize_languages
from gloctm.model.labels import check_label, check_topic
from gloctm.model.model import TopicModel
from gloctm.model.topics import TopicTable, topic_records

VIEW_FORMAT = "gloctm-view"
VIEW_VERSION = 1


@dataclass(frozen=True, repr=False)
class TopicView:
    """Which topics of a model are shown, which of them as one, and under what names.

    A view never changes: ``merge``, ``rename`` and ``hide`` return another one. Topics keep their numbers in the model;
    any member's number is that of a merged topic.

    Attributes:
        groups: the topics shown, each with its members in the model, ascending; in the order of their first members. A
            topic's position here is its row of ``merge_topic_word`` and its column of ``merge_theta``.
        names: names given by hand, by the first member of each topic.
        hidden: the model's topics that are not shown.
        num_topics: K of the model.
        corpus_fingerprint: of the corpus that the model was trained on.
        seed: the model's.
        topics_fingerprint: SHA-256 of the model's β: names and merges are about these very topics.

    Examples:
        >>> from gloctm import TopicView
        >>> view = TopicView.of(model).merge([1, 4], "Food").hide(3)
        >>> view.groups[:3], view.name(1)
        (((0,), (1, 4), (2,)), 'Food')
        >>> view.transform(model, ["The train was late."], language="en").shape
        (1, 10)
    """

    groups: tuple[tuple[int, ...], ...]
    names: Mapping[int, str]
    hidden: frozenset[int]
    num_topics: int
    corpus_fingerprint: str
    seed: int
    topics_fingerprint: str

    def __post_init__(self) -> None:
        groups = sorted(tuple(sorted(group)) for group in self.groups)
        listed = [*(topic for group in groups for topic in group), *self.hidden]
        # The number is compared first: a list of as many as it says may have no room.
        if len(listed) != self.num_topics or sorted(listed) != list(range(self.num_topics)) or not all(groups):
            raise InputError(
                f"a view's groups and hidden topics must have each of the {self.num_topics} topics exactly once"
            )
        if not groups:
            raise InputError("a view that hides every topic shows nothing: leave one")
        firsts = {group[0] for group in groups}
        for topic in self.names:
            if topic not in firsts:
                raise InputError(f"a view names topic {topic!r}, which is hidden or not the first of its group")
        names = {group[0]: check_label(self.names[group[0]], "a name") for group in groups if group[0] in self.names}
        object.__setattr__(self, "groups", tuple(groups))
        object.__setattr__(self, "names", MappingProxyType(names))
        object.__setattr__(self, "hidden", frozenset(self.hidden))

    def __len__(self) -> int:
        """Count the topics shown."""
        return len(self.groups)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the topics shown: those of their first members, in the order of ``groups``."""
        return tuple(group[0] for group in self.groups)

    def __repr__(self) -> str:
        shown = "; ".join(
            " ".join(map(str, group)) + (f" ({self.names[group[0]]})" if group[0] in self.names else "")
            for group in self.groups
        )
        hidden = f"; hidden: {' '.join(map(str, sorted(self.hidden)))}" if self.hidden else ""
        return f"TopicView of {self.num_topics} topics: {shown}{hidden}"

    def __hash__(self) -> int:
        return hash((self.groups, tuple(self.names.items()), self.topics_fingerprint))

    def __reduce__(self) -> Any:
        # A mapping proxy can be neither pickled nor copied.
        return partial(TopicView, **{**self.__dict__, "names": dict(self.names)}), ()

    @classmethod
    def of(cls, model: TopicModel) -> TopicView:
        """Make the view that shows every topic of a model by itself, without names.

        Examples:
            >>> len(TopicView.of(model))
            12
        """
        model.check_trained()
        num_topics = model.num_topics_
        return cls(
            groups=tuple((topic,) for topic in range(num_topics)),
            names={},
            hidden=frozenset(),
            num_topics=num_topics,
            corpus_fingerprint=model.corpus_fingerprint_,
            seed=model.seed_,
            topics_fingerprint=_topics_fingerprint(model),
        )

    def merge(self, topics: Iterable[int], name: str | None = None) -> TopicView:
        """Return a view with some topics shown as one.

        Args:
            topics: two or more, by their numbers in the model; topics that they were merged with are included.
            name: of the merged topic. Unless given, it keeps the name of the first of those merged that has one.

        Raises:
            InputError: a topic is hidden or not in the model; there are fewer than two.

        Examples:
            >>> TopicView.of(model).merge([0, 3], "Travel").numbers[:3]
            (0, 1, 2)
        """
        if isinstance(topics, str) or not isinstance(topics, Iterable):
            raise InputError(f"the topics to merge are {topics!r}: give a list of numbers")
        merged = sorted({self._group(topic) for topic in topics})
        if len(merged) < 2:
            raise InputError("merging takes two topics or more that are not one already")
        names = dict(self.names)
        kept = [names.pop(group[0]) for group in merged if group[0] in names]
        if name is not None or kept:
            names[merged[0][0]] = kept[0] if name is None else check_label(name, "the name")
        others = tuple(group for group in self.groups if group not in merged)
        return replace(self, groups=(*others, tuple(topic for group in merged for topic in group)), names=names)

    def rename(self, topic: int, name: str) -> TopicView:
        """Return a view with another name of a topic, in all languages.

        Raises:
            InputError: the topic is hidden or not in the model; the name is empty or has several lines.

        Examples:
            >>> TopicView.of(model).rename(0, "Travel").names[0]
            'Travel'
        """
        first = self._group(topic)[0]
        return replace(self, names={**self.names, first: check_label(name, f"the name of topic {topic}")})

    def hide(self, *topics: int) -> TopicView:
        """Return a view without some topics, including those that they are merged with.

        Args:
            *topics: one or more, by their numbers in the model: ``view.hide(3, 7)``.

        Raises:
            InputError: none is given, one is hidden already or not in the model, or nothing is left.

        Examples:
            >>> len(TopicView.of(model).hide(5, 7))
            10
        """
        if not topics or any(isinstance(topic, Iterable) for topic in topics):
            raise InputError("hide takes the topics' numbers one by one: view.hide(3, 7)")
        groups = {self._group(topic) for topic in topics}
        firsts = {group[0] for group in groups}
        return replace(
            self,
            groups=tuple(group for group in self.groups if group not in groups),
            names={first: text for first, text in self.names.items() if first not in firsts},
            hidden=self.hidden.union(*groups),
        )

    def name(self, index: int) -> str | None:
        """Return the name given to the topic at this position of ``groups``, or None.

        Examples:
            >>> TopicView.of(model).rename(2, "Food").name(2)
            'Food'
        """
        return self.names.get(self.groups[index][0])

    def position(self, topic: int) -> int:
        """Return the position in ``groups`` of what shows a topic of the model.

        Raises:
            InputError: the topic is hidden or not in the model.

        Examples:
            >>> TopicView.of(model).merge([1, 4]).position(4)
            1
        """
        return self.groups.index(self._group(topic))

    def merge_theta(self, theta: Floats) -> Array:
        """Sum the topic proportions of each topic's members.

        A document's proportions of two topics are shares of one whole, so both together have their sum. With hidden
        topics, rows sum to less than 1.

        Args:
            theta: ``(documents, K)``, from ``model.transform``; not its latent means, which do not add up.

        Returns:
            ``(documents, topics of the view)`` float32.

        Raises:
            InputError: another number of columns.

        Examples:
            >>> TopicView.of(model).merge([0, 1]).merge_theta(model.transform(corpus)["en"]).shape[1]
            11
        """
        proportions = np.asarray(theta)
        if proportions.ndim != 2 or proportions.shape[1] != self.num_topics:
            raise InputError(
                f"theta has shape {proportions.shape}: it must have a column for each of the {self.num_topics} topics"
            )
        # In double precision, so that the order of addition does not matter.
        columns = [proportions[:, list(group)].sum(axis=1, dtype=np.float64) for group in self.groups]
        return np.stack(columns, axis=1).astype(np.float32)

    def member_shares(self, shares: Floats | None = None) -> list[dict[int, float]]:
        """Return for each topic of the view its members' shares of it, which sum to 1.

        Args:
            shares: the amount of each of the K topics, for example the mean of θ over documents. Without them, or where
                all members have 0, members count alike.

        Raises:
            InputError: another number of shares, or some that are negative or no numbers.

        Examples:
            >>> TopicView.of(model).merge([0, 1]).member_shares()[0]
            {0: 0.5, 1: 0.5}
        """
        weights = np.ones(self.num_topics) if shares is None else np.asarray(shares, np.float64)
        if weights.shape != (self.num_topics,):
            raise InputError(f"shares have shape {weights.shape}: give one number for each of {self.num_topics} topics")
        if not np.isfinite(weights).all() or (weights < 0).any():
            raise InputError("shares hold negative, NaN or infinite numbers: give for example the mean of θ")
        result = []
        for group in self.groups:
            own = weights[list(group)]
            own = own if own.any() else np.ones(len(group))
            result.append(dict(zip(group, (own / own.sum()).tolist(), strict=True)))
        return result

    def merge_topic_word(self, topic_word: Floats, shares: Floats | None = None) -> Array:
        """Average the β of each topic's members, weighted by their shares.

        The published model's decoder computes words from θ β. Let the members' proportions θ_k have the ratio of the
        shares. Then θ_g = Σ θ_k times the weighted mean of the β_k is Σ θ_k β_k, the very sum of the decoder.

        So the merged topic represents its members as they occur. In an unweighted mean, a topic that hardly occurs
        would count as much as one that fills a quarter of the documents.

        Args:
            topic_word: β_l, ``(K, V_l)``.
            shares: see ``member_shares``.

        Returns:
            ``(topics of the view, V_l)`` float32; the rows of topics that are not merged are those of β, bit for bit.

        Raises:
            InputError: wrong shapes, or shares that are negative or no numbers.

        Examples:
            >>> TopicView.of(model).hide(0).merge_topic_word(model.topic_word_["en"]).shape[0]
            11
        """
        beta = np.asarray(topic_word)
        if beta.ndim != 2 or len(beta) != self.num_topics:
            raise InputError(
                f"topic_word has shape {beta.shape}: it must have a row for each of {self.num_topics} topics"
            )
        result = np.empty((len(self.groups), beta.shape[1]), np.float32)
        for row, own in enumerate(self.member_shares(shares)):
            members = list(own)
            if len(members) == 1:
                result[row] = beta[members[0]]
            else:
                result[row] = np.asarray(list(own.values())) @ beta[members].astype(np.float64)
        return result

    def merge_word_scores(self, model: TopicModel, scores: Floats, shares: Floats | None = None) -> Array:
        """Merge the numbers that order the words of each topic's members.

        By the coherence ranking, a member's coherent words count in proportion to its share, the largest member's in
        full, and each word has the highest number that a member gives it. So a merged topic shows the best words of its
        large members. In a mean, the words of one member alone would fall behind mediocre words of all: coherent words
        have scores above 0, all others numbers below.

        By the ranking by weights, they are β: see ``merge_topic_word``.

        Args:
            model: the view's.
            scores: ``(K, V_l)``, those of a language in ``model.word_scores_``.
            shares: see ``member_shares``.

        Returns:
            ``(topics of the view, V_l)`` float32; rows of topics that are not merged are unchanged.

        Raises:
            InputError: see ``merge_topic_word``.

        Examples:
            >>> TopicView.of(model).merge([0, 1]).merge_word_scores(model, model.word_scores_["en"]).shape[0]
            11
        """
        result = self.merge_topic_word(scores, shares)
        if not model.coherent_words_:
            return result
        for row, own in enumerate(self.member_shares(shares)):
            if len(own) > 1:
                members, weights = np.asarray(scores)[list(own)], np.asarray(list(own.values()))
                # A member without a share has its words after those of all others.
                weights = np.maximum(weights / weights.max(), 1e-6)
                result[row] = np.where(members > 0, members * weights[:, None], members).max(axis=0)
        return result

    def topics(
        self,
        model: TopicModel,
        num_words: int = 10,
        *,
        languages: Iterable[str] | None = None,
        shares: Floats | None = None,
    ) -> TopicTable:
        """Return the view's topics as a table, like ``model.topics``; ``topic`` is one of ``numbers``.

        Args:
            model: the view's.
            num_words: words per topic and language.
            languages: which of the trained languages, in order; all unless given.
            shares: see ``member_shares``.

        Raises:
            InputError: another model than the view's, or a language that it was not trained on.

        Examples:
            >>> len(TopicView.of(model).hide(0).topics(model, 5, languages=["en"]))
            11
        """
        self.check(model)
        chosen = model.languages_ if languages is None else normalize_languages(languages)
        # Checks the number of words and the languages.
        model.topics(num_words, languages=chosen)
        topic_word = {code: self.merge_word_scores(model, model.word_scores_[code], shares) for code in chosen}
        records = topic_records(topic_word, {code: model.vocabulary_[code] for code in chosen}, num_words)
        for record in records:
            record["topic"] = self.numbers[record["topic"]]
        return TopicTable(records, labels={"": self.names})

    def transform(self, model: TopicModel, documents: Any, language: Any = None, **options: Any) -> Any:
        """Infer documents' proportions of the view's topics.

        Args:
            model: the view's.
            documents: see ``TopicModel.transform``.
            language: of the documents; one or several.
            **options: of ``TopicModel.transform``, except ``latent``: latent means of topics do not add up.

        Returns:
            What ``TopicModel.transform`` returns, with a column for each topic of the view.

        Raises:
            InputError: another model than the view's; latent means; whatever ``TopicModel.transform`` raises.

        Examples:
            >>> TopicView.of(model).hide(0).transform(model, ["The train was late."], "en").shape
            (1, 11)
        """
        self.check(model)
        if options.get("latent"):
            raise InputError("latent means of topics do not add up: leave latent out, or take model.transform")
        found = model.transform(documents, language, **options)
        if isinstance(found, dict):
            return {code: self.merge_theta(theta) for code, theta in found.items()}
        return self.merge_theta(found)

    def check(self, model: TopicModel) -> None:
        """Raise InputError unless this is the model that the view was made of.

        Examples:
            >>> TopicView.of(model).check(model)
        """
        model.check_trained()
        num_topics = model.num_topics_
        differences = {
            f"one of {self.num_topics} topics, and this has {num_topics}": num_topics != self.num_topics,
            "one of another corpus": model.corpus_fingerprint_ != self.corpus_fingerprint,
            f"one of seed {self.seed}, and this has {model.seed_}": model.seed_ != self.seed,
            "one with other topics": _topics_fingerprint(model) != self.topics_fingerprint,
        }
        reason = next((reason for reason, differs in differences.items() if differs), None)
        if reason is not None:
            raise InputError(f"the view is of another model, {reason}: make one with TopicView.of(model)")

    def _repr_html_(self) -> str:
        """Show which topics are shown, under what names."""
        rows = "".join(
            f'<tr><th>{group[0]}</th><td dir="auto" style="text-align:start">{escape(self.name(index) or "")}</td>'
            f"<td>{', '.join(map(str, group[1:]))}</td></tr>"
            for index, group in enumerate(self.groups)
        )
        hidden = f"; hidden: {', '.join(map(str, sorted(self.hidden)))}" if self.hidden else ""
        return (
            f"<div>{len(self)} of {self.num_topics} topics{hidden}</div><table><thead><tr><th>topic</th><th>name</th>"
            f"<th>merged with</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the view to a JSON file, all or nothing; an older file there is replaced.

        Examples:
            >>> TopicView.of(model).save("view.json").name
            'view.json'
        """
        target = Path(path)
        with atomic_file(target) as stream:
            stream.write(json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n")
        return target

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the file that ``save`` writes, ready for JSON.

        Examples:
            >>> content = TopicView.of(model).hide(0).to_dict()
            >>> content["format"], content["groups"][0], content["hidden"]
            ('gloctm-view', [1], [0])
        """
        return {
            "format": VIEW_FORMAT,
            "format_version": VIEW_VERSION,
            **{
                name: getattr(self, name) for name in ("num_topics", "corpus_fingerprint", "seed", "topics_fingerprint")
            },
            "groups": [list(group) for group in self.groups],
            "names": {str(topic): name for topic, name in self.names.items()},
            "hidden": sorted(self.hidden),
        }

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TopicView:
        """Read a view that ``save`` wrote.

        Raises:
            FileFormatError: missing, of another kind, damaged, or from a newer version.

        Examples:
            >>> TopicView.load(TopicView.of(model).hide(0).save("view.json")).hidden
            frozenset({0})
        """
        source = Path(path)
        if not source.is_file():
            raise FileFormatError(f"{source} is not the file of a view: check its name")
        return cls.from_dict(read_json(source), str(source))

    @classmethod
    def from_dict(cls, content: Any, source: str = "this") -> TopicView:
        """Return the view whose ``to_dict`` gave this content.

        Args:
            content: of a view's file.
            source: what it is called in messages, for example the file's name.

        Raises:
            FileFormatError: of another kind, damaged, or from a newer version.

        Examples:
            >>> TopicView.from_dict(TopicView.of(model).hide(0).to_dict()).hidden
            frozenset({0})
        """
        if not isinstance(content, dict) or content.get("format") != VIEW_FORMAT:
            raise FileFormatError(f"{source} is not the file of a view: TopicView.save writes one")
        version = content.get("format_version")
        if type(version) is not int:
            raise FileFormatError(f"{source} is damaged (its format_version is {version!r:.40}): make the view again")
        if version > VIEW_VERSION:
            raise FileFormatError(f"{source} was written by a newer gloctm (format {version}): update gloctm")
        try:
            return cls(
                groups=tuple(tuple(map(_whole, group)) for group in content["groups"]),
                names={int(topic): name for topic, name in content["names"].items()},
                hidden=frozenset(map(_whole, content["hidden"])),
                num_topics=_whole(content["num_topics"]),
                corpus_fingerprint=content["corpus_fingerprint"],
                seed=_whole(content["seed"]),
                topics_fingerprint=content["topics_fingerprint"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileFormatError(f"{source} is damaged ({error}): make the view again") from None

    def _group(self, topic: int) -> tuple[int, ...]:
        """Find the group that shows a topic of the model."""
        number = check_topic(topic, self.num_topics)
        for group in self.groups:
            if number in group:
                return group
        raise InputError(f"topic {number} is hidden: start from a view that shows it")


def topic_shares(theta: Mapping[str, Floats]) -> Numbers | None:
    """Average θ over documents, each language counted alike: the amount of each topic.

    Args:
        theta: by language ``(documents, K)``, of documents that have a word: others are no evidence.

    Returns:
        ``(K,)``; None without any document.

    Examples:
        >>> import numpy as np
        >>> from gloctm.model import topic_shares
        >>> topic_shares({"en": np.array([[0.25, 0.75]]), "de": np.array([[0.75, 0.25]])}).tolist()
        [0.5, 0.5]
    """
    means = [np.asarray(each).mean(axis=0, dtype=np.float64) for each in theta.values() if len(each)]
    return np.asarray(np.mean(means, axis=0)) if means else None


def topic_names(
    view: TopicView, labels: Sequence[Mapping[str, str]], words: Mapping[str, Sequence[Sequence[str]]]
) -> list[str]:
    """Return what each topic of a view is called: the name given by hand, else a label, else its first 3 words.

    Args:
        view: which topics.
        labels: for each of them labels by language. The language that has most of them takes precedence.
        words: for each language, in order, the words of each topic, best first.
    """
    first, *_ = words.values()
    preferred = sorted(words, key=lambda code: -sum(code in each for each in labels))
    return [
        view.name(place) or next((own[code] for code in preferred if code in own), None) or " ".join(first[place][:3])
        for place, own in enumerate(labels)
    ]


def topic_names_by_language(
    view: TopicView, labels: Sequence[Mapping[str, str]], words: Mapping[str, Sequence[Sequence[str]]]
) -> list[dict[str, str]]:
    """Return what each topic of a view is called for readers of each language.

    That is the name given by hand, else the label in the language, else the first 3 words in it.

    Args:
        view: which topics.
        labels: for each of them labels by language.
        words: for each language the words of each topic, best first.
    """
    return [
        {code: view.name(place) or own.get(code) or " ".join(each[place][:3]) for code, each in words.items()}
        for place, own in enumerate(labels)
    ]


def view_of(model: TopicModel, view: TopicView | None) -> TopicView:
    """Check a view of a model and return it, or one of all topics as they are.

    Raises:
        InputError: it is none, or another model's.
    """
    if view is None:
        return TopicView.of(model)
    if not isinstance(view, TopicView):
        raise InputError(f"view is a {type(view).__name__}, not a TopicView: make one with TopicView.of(model)")
    view.check(model)
    return view


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no integer")
    return value


def _topics_fingerprint(model: TopicModel) -> str:
    digest = hashlib.sha256()
    for code in model.languages_:
        digest.update(code.encode() + b"\0")
        digest.update(np.ascontiguousarray(model.topic_word_[code], "<f4").data)
    return digest.hexdigest()

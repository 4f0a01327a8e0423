"""``TopicView``: topics renamed, merged and hidden by hand, over a model whose trained weights stay as they are."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import atomic_file, read_json
from gloctm.languages import normalize_languages
from gloctm.model.labels import check_label, check_topic
from gloctm.model.model import TopicModel
from gloctm.model.topics import TopicTable, topic_records

VIEW_FORMAT = "gloctm-view"
VIEW_VERSION = 1

Array = NDArray[np.floating]


@dataclass(frozen=True)
class TopicView:
    """Which topics of a model are shown, which of them as one, and under what names.

    A view is never changed: ``merge``, ``rename`` and ``hide`` return another one. **Topics are called by their numbers
    in the model throughout**, which no merging changes; a merged one by any of its members.

    Attributes:
        groups: what is shown: the model's topics that each stands for, ascending; in the order of the first of them.
            Its position here is a topic's row of ``merge_topic_word`` and its column of ``merge_theta``.
        names: names given by hand, by the first member of what they name.
        hidden: the model's topics that are not shown. With those of ``groups``, each of the model's exactly once.
        num_topics: K of the model.
        corpus_fingerprint: of the corpus that the model was trained on.
        seed: the model's.
        topics_fingerprint: SHA-256 of the model's β: names and merges are about these very topics.
    """

    groups: tuple[tuple[int, ...], ...]
    names: Mapping[int, str]
    hidden: frozenset[int]
    num_topics: int
    corpus_fingerprint: str
    seed: int
    topics_fingerprint: str = field(repr=False)

    def __post_init__(self) -> None:
        groups = sorted(tuple(sorted(group)) for group in self.groups)
        listed = [*(topic for group in groups for topic in group), *self.hidden]
        if sorted(listed) != list(range(self.num_topics)) or not all(groups):
            raise InputError(
                f"a view's groups and hidden topics are to have each of the {self.num_topics} topics exactly once"
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
        """How many topics are shown."""
        return len(self.groups)

    @property
    def numbers(self) -> tuple[int, ...]:
        """What the topics shown are called, in the order of ``groups``: by the first of their members, ascending."""
        return tuple(group[0] for group in self.groups)

    def __hash__(self) -> int:
        return hash((self.groups, tuple(self.names.items()), self.topics_fingerprint))

    def __reduce__(self) -> Any:
        # A mapping proxy can be neither pickled nor copied.
        values = {**self.__dict__, "names": dict(self.names)}
        return _made, (values,)

    @classmethod
    def of(cls, model: TopicModel) -> TopicView:
        """The view that shows every topic of a model by itself, without names."""
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
        """The view with some topics shown as one.

        Args:
            topics: two or more, by their numbers in the model. Whatever they are merged with already comes along.
            name: what the merged topic is called. Unless given, it keeps the name of the first of those merged that
                has one.

        Raises:
            InputError: a topic that is hidden or that the model has not; fewer than two.
        """
        if isinstance(topics, str) or not isinstance(topics, Iterable):
            raise InputError(f"the topics to merge are {topics!r}: give a list of numbers")
        merged = sorted({self._group(topic) for topic in topics})
        if len(merged) < 2:
            raise InputError("merging takes two topics or more that are not one already")
        names = {topic: text for topic, text in self.names.items() if all(topic != group[0] for group in merged)}
        kept = [self.names[group[0]] for group in merged if group[0] in self.names]
        if name is not None:
            names[merged[0][0]] = check_label(name, "the name")
        elif kept:
            names[merged[0][0]] = kept[0]
        others = tuple(group for group in self.groups if group not in merged)
        return replace(self, groups=(*others, tuple(topic for group in merged for topic in group)), names=names)

    def rename(self, topic: int, name: str) -> TopicView:
        """The view with a topic called otherwise, in all languages.

        Raises:
            InputError: a topic that is hidden or that the model has not; a name that is empty or of several lines.
        """
        first = self._group(topic)[0]
        return replace(self, names={**self.names, first: check_label(name, f"the name of topic {topic}")})

    def hide(self, *topics: int) -> TopicView:
        """The view without some topics, nor what they are merged with: ``view.hide(5)``, ``view.hide(3, 7)``.

        Args:
            *topics: one or more, by their numbers in the model.

        Raises:
            InputError: none given, a topic that is hidden already or that the model has not, or nothing is left.
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
        """The name given to the topic at this position of ``groups``; None where none was."""
        return self.names.get(self.groups[index][0])

    def merge_theta(self, theta: Array) -> NDArray[np.float32]:
        """Topic proportions of the view's topics: the sums over their members.

        A document's proportions of two topics are shares of the same whole, so that of both together is their sum. With
        hidden topics rows sum to less than 1: nothing is made of what is hidden.

        Args:
            theta: ``(documents, K)``, as ``model.transform`` gives it; not its latent means, which do not add up.

        Returns:
            ``(documents, topics of the view)`` float32.

        Raises:
            InputError: another number of columns.
        """
        proportions = np.asarray(theta)
        if proportions.ndim != 2 or proportions.shape[1] != self.num_topics:
            raise InputError(
                f"theta has shape {proportions.shape}: it must have a column for each of the {self.num_topics} topics"
            )
        # In double precision, so that the order of adding does not show.
        columns = [proportions[:, list(group)].sum(axis=1, dtype=np.float64) for group in self.groups]
        return np.stack(columns, axis=1).astype(np.float32)

    def member_shares(self, shares: Array | None = None) -> list[dict[int, float]]:
        """For each topic of the view, by member, how much of the topic it makes up; they sum to 1.

        Args:
            shares: how much there is of each of the K topics, for example the mean of θ over documents. None takes all
                alike, and so do members whose shares are all 0.

        Raises:
            InputError: another number of shares, or some that are negative or no numbers.
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

    def merge_topic_word(self, topic_word: Array, shares: Array | None = None) -> NDArray[np.float32]:
        """β of the view's topics: the mean of their members' β, weighted by how much there is of each.

        The model's decoder computes words from θ β (docs/concepts/published-method.md). Let members g of a topic have
        proportions θ_k in the ratio of the shares. Then θ_g = Σ θ_k times the weighted mean of the β_k is Σ θ_k β_k,
        the very sum that the decoder takes. The merged topic thus represents its members as they occur. An unweighted
        mean would give a topic that is hardly in any document the weight of one that fills a quarter of them.

        Args:
            topic_word: β_l, ``(K, V_l)``.
            shares: how much there is of each of the K topics, see ``member_shares``.

        Returns:
            ``(topics of the view, V_l)`` float32; the rows of topics that are not merged are those of β, bit for bit.

        Raises:
            InputError: other shapes, or shares that are negative or no numbers.
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

    def topics(
        self,
        model: TopicModel,
        num_words: int = 10,
        *,
        languages: Iterable[str] | None = None,
        shares: Array | None = None,
    ) -> TopicTable:
        """The view's topics as records, as ``model.topics`` gives them; ``topic`` is the number in the model.

        Of a merged topic it is that of its first member (``numbers``).

        Args:
            model: the view's.
            num_words: words a topic and language.
            languages: which of those trained on, in order; all unless given.
            shares: see ``merge_topic_word``.

        Raises:
            InputError: another model than the view's, or a language that it was not trained on.
        """
        self.check(model)
        chosen = model.languages_ if languages is None else normalize_languages(languages)
        # Checks the number of words and the languages.
        model.topics(num_words, languages=chosen)
        topic_word = {code: self.merge_topic_word(model.word_scores_[code], shares) for code in chosen}
        records = topic_records(topic_word, {code: model.vocabulary_[code] for code in chosen}, num_words)
        for record in records:
            record["topic"] = self.numbers[record["topic"]]
        return TopicTable(records, labels={"": self.names})

    def transform(self, model: TopicModel, documents: Any, language: Any = None, **options: Any) -> Any:
        """Topic proportions of documents in the view's topics.

        Args:
            model: the view's.
            documents: see ``TopicModel.transform``, as the rest.
            language: of the documents; one or several.
            **options: but for ``latent``: latent means of topics do not add up.

        Returns:
            What ``TopicModel.transform`` returns, with a column for each topic of the view.

        Raises:
            InputError: another model than the view's; latent means; whatever ``TopicModel.transform`` raises.
        """
        self.check(model)
        if options.get("latent"):
            raise InputError("latent means of topics do not add up: leave latent out, or take model.transform")
        found = model.transform(documents, language, **options)
        if isinstance(found, dict):
            return {code: self.merge_theta(theta) for code, theta in found.items()}
        return self.merge_theta(found)

    def check(self, model: TopicModel) -> None:
        """Raise InputError unless this is the model that the view was made of."""
        model.check_trained()
        num_topics = model.num_topics_
        differences = {
            f"one of {self.num_topics} topics, and this has {num_topics}": num_topics != self.num_topics,
            "one of another corpus": model.corpus_fingerprint_ != self.corpus_fingerprint,
            f"one of seed {self.seed}, and this has {model.seed_}": model.seed_ != self.seed,
            "one whose topics came out otherwise": _topics_fingerprint(model) != self.topics_fingerprint,
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
        """Write the view to a JSON file, all or nothing; an older file there is replaced."""
        target = Path(path)
        content = {
            "format": VIEW_FORMAT,
            "format_version": VIEW_VERSION,
            "num_topics": self.num_topics,
            "corpus_fingerprint": self.corpus_fingerprint,
            "seed": self.seed,
            "topics_fingerprint": self.topics_fingerprint,
            "groups": [list(group) for group in self.groups],
            "names": {str(topic): name for topic, name in self.names.items()},
            "hidden": sorted(self.hidden),
        }
        with atomic_file(target) as stream:
            stream.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TopicView:
        """Read a view that ``save`` wrote.

        Raises:
            FileFormatError: missing, of another kind, damaged, or from a newer version.
        """
        source = Path(path)
        if not source.is_file():
            raise FileFormatError(f"{source} is not the file of a view: check its name")
        content = read_json(source)
        if not isinstance(content, dict) or content.get("format") != VIEW_FORMAT:
            raise FileFormatError(f"{source} is not the file of a view: TopicView.save writes one")
        version = content.get("format_version")
        if isinstance(version, int) and version > VIEW_VERSION:
            raise FileFormatError(f"{source} was written by a newer gloctm (format {version}): update gloctm")
        try:
            view = cls(
                groups=tuple(tuple(map(_whole, group)) for group in content["groups"]),
                names={int(topic): name for topic, name in content["names"].items()},
                hidden=frozenset(map(_whole, content["hidden"])),
                num_topics=_whole(content["num_topics"]),
                corpus_fingerprint=content["corpus_fingerprint"],
                seed=_whole(content["seed"]),
                topics_fingerprint=content["topics_fingerprint"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileFormatError(f"{source} is damaged ({error}): make the view anew") from None
        return view

    def _group(self, topic: int) -> tuple[int, ...]:
        """What a topic of the model is shown in."""
        number = check_topic(topic, self.num_topics)
        for group in self.groups:
            if number in group:
                return group
        raise InputError(f"topic {number} is hidden: start from a view that shows it")


def topic_shares(theta: Mapping[str, Array]) -> NDArray[np.float64] | None:
    """How much there is of each topic: the mean of θ over documents, each language counted alike.

    Args:
        theta: by language ``(documents, K)``, of documents that have a word: others say nothing of any topic.

    Returns:
        ``(K,)``; None without any document.
    """
    means = [np.asarray(each).mean(axis=0, dtype=np.float64) for each in theta.values() if len(each)]
    return np.asarray(np.mean(means, axis=0)) if means else None


def view_of(model: TopicModel, view: TopicView | None) -> TopicView:
    """The view given, or one of all topics as they are.

    Raises:
        InputError: it is none, or another model's.
    """
    if view is None:
        return TopicView.of(model)
    if not isinstance(view, TopicView):
        raise InputError(f"view is a {type(view).__name__}, not a TopicView: make one with TopicView.of(model)")
    view.check(model)
    return view


def _made(values: dict[str, Any]) -> TopicView:
    return TopicView(**values)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _topics_fingerprint(model: TopicModel) -> str:
    digest = hashlib.sha256()
    for code in model.languages_:
        digest.update(code.encode() + b"\0")
        digest.update(np.ascontiguousarray(model.topic_word_[code], "<f4").data)
    return digest.hexdigest()

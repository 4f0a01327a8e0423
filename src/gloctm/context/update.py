"""Updates: going on from an earlier model, and how far each topic moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict

import numpy as np

from gloctm.augmentation.neighbors import unit_vectors
from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError
from gloctm.model.fitted import FittedModel
from gloctm.model.labels import Labels
from gloctm.model.parameters import TOPIC_DIRECTION_NAME, topic_word_name
from gloctm.model.storage import ModelArtifact
from gloctm.model.table import Table
from gloctm.model.topics import top_words
from gloctm.model.word_scores import word_scores
from gloctm.shards import ShardedCorpus

#: Words of a topic that are compared before and after.
COMPARED_WORDS = 10
#: A topic whose documents have a lower cosine with what it was is another topic now.
LEAST_SIMILARITY = 0.5
#: A topic that has less than this part of the share it had has faded.
FADED_SHARE = 0.25

Status = Literal["persisted", "changed", "faded", "new"]


class TopicChange(TypedDict):
    """What became of a topic in an update: a row of ``changes_``.

    ``similarity`` is the cosine of its directions before and after. ``status`` is ``"new"``, or ``"faded"`` with less
    than a quarter of its mean share of documents, or ``"changed"`` with a similarity below 0.5 (0.94 with an
    ``old_weight`` of 1, which holds topics where they were), or else ``"persisted"``.
    ``new_words`` are those among its first ten in a language that were not before.

    Examples:
        >>> from gloctm import GloCTM
        >>> change = GloCTM(num_topics=12, show_progress=False).fit(corpus).fit_more(corpus).changes_[0]
        >>> change["status"], round(change["similarity"], 3)
        ('persisted', 1.0)
    """

    topic: int
    label: str
    status: Status
    similarity: float | None
    share_before: float | None
    share: float
    new_words: list[str]


class TopicChanges(Table[TopicChange]):
    """What became of each topic in an update, and of the vocabularies.

    Args:
        rows: the topics, in order.
        words_added: for each language the words that the earlier model did not have.
        words_lost: for each language the words that only the earlier model had.

    Attributes:
        words_added: see above.
        words_lost: see above.

    Examples:
        >>> from gloctm import GloCTM
        >>> changes = GloCTM(num_topics=12, show_progress=False).fit(corpus).fit_more(corpus).changes_
        >>> changes.words_added, len(changes)
        ({'en': [], 'de': []}, 12)
    """

    def __init__(
        self,
        rows: Iterable[TopicChange] = (),
        *,
        words_added: Mapping[str, list[str]] | None = None,
        words_lost: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(rows)
        self.words_added = dict(words_added or {})
        self.words_lost = dict(words_lost or {})

    def vocabulary_line(self) -> str:
        """Return in one line how many words came and went."""
        parts = [
            f"{code} {len(self.words_added.get(code, [])):,} new, {len(self.words_lost.get(code, [])):,} lost"
            for code in dict.fromkeys((*self.words_added, *self.words_lost))
        ]
        return f"words: {'; '.join(parts)}"


def check_start(model: FittedModel, corpus: Corpus | ShardedCorpus) -> None:
    """Raise InputError unless a training on this corpus can go on from the model."""
    direction = model.weights_[TOPIC_DIRECTION_NAME]
    if model.encoder_ is not None and corpus.encoder is not None and model.encoder_ != corpus.encoder:
        raise InputError(
            f"the model's documents were embedded by {model.encoder_}, and these by {corpus.encoder}: topics compare "
            f"only within one encoder, so embed the corpus by {model.encoder_}, or train a new model"
        )
    for code, part in corpus.items():
        dimension = part.document_dimension or 0
        if dimension != direction.shape[1]:
            raise InputError(
                f"the document embeddings in {code!r} have {dimension} dimensions, and those that the model was "
                f"trained on {direction.shape[1]}: embed the corpus by the encoder of the model, or train a new model"
            )


def topic_changes(before: ModelArtifact, model: FittedModel, old_weight: float) -> TopicChanges:
    """Compare a model with the one that its training started from, topic by topic.

    Args:
        before: the earlier model.
        model: the later one.
        old_weight: how strongly the topics were held.
    """
    least = least_similarity(old_weight, model.settings_["num_refinements"])
    old = unit_vectors(before.weights[TOPIC_DIRECTION_NAME])
    new = unit_vectors(model.weights_[TOPIC_DIRECTION_NAME])
    similarity = (old * new[: len(old)]).sum(axis=1).tolist()
    old_shares = np.mean(list(before.topic_shares.values()), axis=0).tolist() if before.topic_shares else []
    shares = np.mean(list(model.topic_shares_.values()), axis=0).tolist()
    beta = {code: model.topic_word_[code] for code in before.vocabulary if code in model.topic_word_}
    old_scores = word_scores({code: before.weights[topic_word_name(code)] for code in beta}, before.coherent_words)
    words = {
        code: (
            top_words(old_scores[code], before.vocabulary[code], COMPARED_WORDS),
            top_words(model.word_scores_[code], model.vocabulary_[code], COMPARED_WORDS),
        )
        for code in beta
    }
    rows = []
    for topic, share in enumerate(shares):
        is_old = topic < len(old)
        share_before = old_shares[topic] if is_old and old_shares else None
        rows.append(
            TopicChange(
                topic=topic,
                label="",
                status=_status(similarity[topic], least, share_before, share) if is_old else "new",
                similarity=similarity[topic] if is_old else None,
                share_before=share_before,
                share=share,
                new_words=[
                    word
                    for earlier, now in words.values()
                    for word in now[topic]
                    if not is_old or word not in earlier[topic]
                ],
            )
        )
    return TopicChanges(
        rows,
        words_added={
            code: sorted(set(each) - set(before.vocabulary.get(code, []))) for code, each in model.vocabulary_.items()
        },
        words_lost={
            code: sorted(set(each) - set(model.vocabulary_.get(code, []))) for code, each in before.vocabulary.items()
        },
    )


def kept_labels(before: Labels, own: Labels, changes: TopicChanges) -> Labels:
    """Return the labels after an update: those of before for topics that are what they were.

    Args:
        before: of the earlier model.
        own: given before training, by seed words.
        changes: what became of the topics.
    """
    kept = {change["topic"] for change in changes if change["status"] in ("persisted", "faded")}
    found: Labels = {}
    for code in dict.fromkeys((*own, *before)):
        old = {topic: text for topic, text in before.get(code, {}).items() if topic in kept}
        if texts := {**own.get(code, {}), **old}:
            found[code] = dict(sorted(texts.items()))
    return found


def least_similarity(old_weight: float, num_refinements: int) -> float:
    """Return the similarity of a held topic whose documents have the least cosine with what it was.

    Topics are pulled back after the clustering and after each refinement. In the plane of what the topic was and where
    its documents are, that is a few steps, which are taken here.

    Args:
        old_weight: how strongly topics are held.
        num_refinements: how often they are refined.

    Examples:
        >>> round(least_similarity(0.0, 5), 3), round(least_similarity(1.0, 5), 3)
        (0.5, 0.94)
    """
    documents = complex(LEAST_SIMILARITY, np.sqrt(1 - LEAST_SIMILARITY**2))
    topic = _unit(documents + old_weight)
    for _ in range(num_refinements):
        topic = _unit(_unit(topic + documents) + old_weight)
    return topic.real


def _unit(number: complex) -> complex:
    return number / abs(number)


def _status(similarity: float, least: float, share_before: float | None, share: float) -> Status:
    if similarity >= LEAST_SIMILARITY and share_before is not None and share < FADED_SHARE * share_before:
        return "faded"
    return "persisted" if similarity >= least else "changed"

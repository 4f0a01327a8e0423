"""What is similar to a text, a word or a topic: topics, and words of every language."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gloctm.augmentation.neighbors import unit_vectors
from gloctm.errors import InputError, MissingDependencyError
from gloctm.model.linking import linked_topic_word
from gloctm.model.vectors import cosines, joined_vectors, topic_vectors
from gloctm.server.inference import Inference
from gloctm.server.languages import UNKNOWN, called, is_named
from gloctm.server.numbers import exact, rounded
from gloctm.server.shown import ShownTopics
from gloctm.server.work import Deadline
from gloctm.summary import Summary
from gloctm.text import normalize_text

if TYPE_CHECKING:
    from gloctm.model.model import TopicModel

Words = dict[str, list[list[Any]]]


class Similar:
    """Answers about likeness, from any thread.

    Args:
        model: fitted.
        summary: of the model.
        shown: its topics.
        inference: asks the model.
    """

    def __init__(self, model: TopicModel, summary: Summary, shown: ShownTopics, inference: Inference) -> None:
        self._model = model
        self._shown = shown
        self._inference = inference
        self._words = [topic.words for topic in summary.topics]
        self._topic_word = {code: shown.merge_topic_word(beta) for code, beta in model.word_scores_.items()}
        vectors = joined_vectors(topic_vectors(self._topic_word, model.word_embeddings_))
        self._likeness = cosines(vectors, vectors)
        self._columns = {
            code: {word: column for column, word in enumerate(words)} for code, words in model.vocabulary_.items()
        }

    def to_topic(self, topic: int, num: int) -> dict[str, Any]:
        """Other topics by the cosine of topic vectors where that is above 0, and the topic's own words.

        Args:
            topic: its number.
            num: topics, and words a language, at most.

        Raises:
            InputError: there is no such topic.
        """
        own = self._shown.place(topic)
        likeness = self._likeness[own]
        best = [other for other in _largest(likeness, len(likeness)) if other != own and likeness[other] > 0][:num]
        words = {
            code: [[word, exact(weight)] for word, weight in listed[:num]] for code, listed in self._words[own].items()
        }
        return self._answer(best, likeness, words)

    def to_word(self, word: str, lang: str | None, num: int, deadline: Deadline) -> dict[str, Any]:
        """Topics by the word's β, and the nearest words by the cosine of their vectors.

        The β of a word that no vocabulary has is the mean β of the trained words that it is linked to. Where several
        languages have the word, its β is the largest of these, and its vector their mean.

        Raises:
            InputError: no vocabulary has the word, and it can't be embedded.
        """
        code = self._inference.languages.normal(lang) if lang is not None and is_named(lang) else None
        asked = self._model.languages_ if code is None else (code,)
        found = {each: column for each in asked if (column := self._column(word, each, deadline)) is not None}
        warnings: list[str] = []
        if found:
            score = np.max([self._topic_word[each][:, column] for each, column in found.items()], axis=0)
            own = np.stack([self._model.word_embeddings_[each][column] for each, column in found.items()])
            vector = unit_vectors(own).mean(axis=0)
        else:
            if code is not None and code not in self._model.vocabulary_:
                note = self._inference.check_language(code, None)
                warnings = [note] if note else []
            linker, vectors = self._inference.linking()
            vector = vectors([normalize_text(word, code or UNKNOWN).strip()], deadline)[0]
            links = linker.link_vectors(vector[None])
            if not links.nnz:
                raise InputError(f"{word!r:.60} says nothing to the encoder: give a word")
            score = self._shown.merge_topic_word(linked_topic_word(links, self._model.word_scores_))[:, 0]
            warnings.append(
                f"{word!r:.60} is in no vocabulary: this is what words with similar vectors say, and means nothing if "
                "it is no word"
            )
        return self._answer(_largest(score, num), score, self._nearest(vector, num, leave_out=found), warnings)

    def to_text(self, text: str, lang: str | None, num: int, deadline: Deadline) -> dict[str, Any]:
        """Topics by θ, and the words the model expects most of such a text, by Σ_k θ_k β_k over the topics shown.

        Raises:
            InputError: its language can't be told, or the model knows no word of it.
        """
        [code] = self._inference.languages.of_texts([text], [lang], deadline)
        if code == UNKNOWN:
            raise InputError("the language of the text can't be told: name it by lang")
        note = self._inference.check_language(code, None)
        theta, empty = self._inference.theta(self._inference.evidence(code, [text], None, deadline))
        if empty[0]:
            raise InputError(
                f"the model knows no word of the text, taken for {called(code)}: give more of it, or its lang"
            )
        score = self._shown.merge_theta(theta)[0]
        words = {}
        for each, beta in self._topic_word.items():
            expected = score @ beta
            words[each] = self._listed(each, expected, _largest(expected, num))
        return self._answer(_largest(score, num), score, words, [note] if note else [])

    def _column(self, word: str, code: str, deadline: Deadline) -> int | None:
        """Where a vocabulary has a word, as it is, in its normal form, or as the tokeniser gives it."""
        columns = self._columns.get(code)
        if columns is None:
            return None
        for form in (word, normalize_text(word, code).strip()):
            if form in columns:
                return columns[form]
        # Without its tokeniser, one of the user's own, a language has words as they are.
        with contextlib.suppress(InputError, MissingDependencyError):
            cut = self._inference.languages.tokenizer(code, deadline)(word)
            return columns.get(cut[0]) if len(cut) == 1 else None
        return None

    def _nearest(self, vector: NDArray[np.float32], num: int, *, leave_out: Mapping[str, int]) -> Words:
        """By language the words whose vectors are nearest to one, but for the word itself."""
        words = {}
        for code, embeddings in self._model.word_embeddings_.items():
            cosine = cosines(vector[None], embeddings)[0]
            best = [column for column in _largest(cosine, num + 1) if column != leave_out.get(code)][:num]
            words[code] = self._listed(code, cosine, best)
        return words

    def _listed(self, code: str, scores: NDArray[np.floating], columns: Sequence[int]) -> list[list[Any]]:
        return [[self._model.vocabulary_[code][column], rounded(float(scores[column]))] for column in columns]

    def _answer(
        self, places: Sequence[int], scores: NDArray[np.floating], words: Words, warnings: Sequence[str] = ()
    ) -> dict[str, Any]:
        return {
            "topics": [
                {"topic": self._shown.ids[place], "name": self._shown.names[place], "score": rounded(scores[place])}
                for place in places
            ],
            "words": words,
            "warnings": list(warnings),
        }


def _largest(scores: NDArray[np.floating], num: int) -> list[int]:
    """Where the largest are, the first of equals first."""
    found: list[int] = np.argsort(-scores, kind="stable")[:num].tolist()
    return found

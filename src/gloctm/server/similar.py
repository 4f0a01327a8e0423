"""What is similar to a text, a word or a topic: topics, and words of every language."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gloctm.augmentation.neighbors import unit_vectors
from gloctm.errors import InputError, MissingDependencyError
from gloctm.model.linking import linked_topic_word
from gloctm.model.model import TopicModel
from gloctm.model.vectors import cosines, joined_vectors, topic_vectors
from gloctm.server.inference import Inference
from gloctm.server.languages import UNKNOWN, called, is_named
from gloctm.server.shown import ShownTopics, exact, rounded
from gloctm.server.work import Deadline
from gloctm.summary import Summary
from gloctm.text import normalize_text

Words = dict[str, list[list[Any]]]


class Similar:
    """Answers about similarity, from any thread. ``num`` is the most topics, and the most words per language."""

    def __init__(self, model: TopicModel, summary: Summary, shown: ShownTopics, inference: Inference) -> None:
        self._model = model
        self._shown = shown
        self._inference = inference
        self._words = [topic.words for topic in summary.topics]
        self._topic_word = {code: shown.merge_word_scores(each) for code, each in model.word_scores_.items()}
        vectors = joined_vectors(topic_vectors(self._topic_word, model.word_embeddings_))
        self._cosines = cosines(vectors, vectors)
        self._columns = {
            code: {word: column for column, word in enumerate(words)} for code, words in model.vocabulary_.items()
        }

    def to_topic(self, topic: int, num: int) -> dict[str, Any]:
        """Return other topics by the cosine of topic vectors, if above 0, and the topic's own words.

        Raises:
            InputError: there is no such topic.
        """
        own = self._shown.place(topic)
        score = self._cosines[own]
        best = [other for other in _largest(score, len(score)) if other != own and score[other] > 0][:num]
        words = {
            code: [[word, exact(weight)] for word, weight in listed[:num]] for code, listed in self._words[own].items()
        }
        return self._answer(best, score, words)

    def to_word(self, word: str, lang: str | None, num: int, deadline: Deadline) -> dict[str, Any]:
        """Return topics by the word's β, and the nearest words by the cosine of their vectors.

        The β of a word outside all vocabularies is the mean β of the trained words that it is linked to. If several
        languages have the word, its β is the largest of these, and its vector their mean.

        Raises:
            InputError: no vocabulary has the word, and it can't be embedded.
        """
        code = self._inference.languages.normal(lang) if lang is not None and is_named(lang) else None
        asked = self._model.languages_ if code is None else (code,)
        found = {each: column for each in asked if (column := self._column(word, each, deadline)) is not None}
        warnings: list[str | None] = []
        if found:
            score = np.max([self._topic_word[each][:, column] for each, column in found.items()], axis=0)
            own = np.stack([self._model.word_embeddings_[each][column] for each, column in found.items()])
            vector = unit_vectors(own).mean(axis=0)
        else:
            if code is not None:
                warnings.append(self._inference.check_language(code, None))
            linker, vectors = self._inference.linking()
            vector = vectors([normalize_text(word, code or UNKNOWN).strip()], deadline)[0]
            links = linker.link_vectors(vector[None])
            if not links.nnz:
                raise InputError(f"{word!r:.60} has no vector of the encoder: give a word")
            score = self._shown.merge_word_scores(linked_topic_word(links, self._model.word_scores_))[:, 0]
            warnings.append(
                f"{word!r:.60} is in no vocabulary, so words with similar vectors answer for it: check that it is a "
                "word"
            )
        return self._answer(_largest(score, num), score, self._nearest(vector, num, leave_out=found), warnings)

    def to_text(self, text: str, lang: str | None, num: int, deadline: Deadline) -> dict[str, Any]:
        """Return topics by θ, and the words the model expects most, by Σ_k θ_k β_k over the topics shown.

        Raises:
            InputError: its language can't be identified, or the model knows no word of it.
        """
        [code] = self._inference.languages.of_texts([text], [lang], deadline)
        if code == UNKNOWN:
            raise InputError("the language of the text can't be identified: name it by lang")
        note = self._inference.check_language(code, None)
        theta, empty = self._inference.theta(self._inference.evidence(code, [text], None, deadline))
        if empty[0]:
            raise InputError(f"the model knows no word of the text in {called(code)}: give more of it, or its lang")
        expected = {each: theta[0] @ beta for each, beta in self._topic_word.items()}
        words = {each: self._listed(each, scores, _largest(scores, num)) for each, scores in expected.items()}
        return self._answer(_largest(theta[0], num), theta[0], words, [note])

    def _column(self, word: str, code: str, deadline: Deadline) -> int | None:
        """Return where a vocabulary has a word: as it is, normalized, or as the tokenizer returns it."""
        columns = self._columns.get(code)
        if columns is None:
            return None
        for form in (word, normalize_text(word, code).strip()):
            if form in columns:
                return columns[form]
        # A tokenizer of the user's own may be missing.
        with contextlib.suppress(InputError, MissingDependencyError):
            tokens = self._inference.languages.tokenizer(code, deadline)(word)
            return columns.get(tokens[0]) if len(tokens) == 1 else None
        return None

    def _nearest(self, vector: NDArray[np.float32], num: int, *, leave_out: Mapping[str, int]) -> Words:
        """Return by language the words with the nearest vectors, without the word itself."""
        words = {}
        for code, embeddings in self._model.word_embeddings_.items():
            cosine = cosines(vector[None], embeddings)[0]
            best = [column for column in _largest(cosine, num + 1) if column != leave_out.get(code)][:num]
            words[code] = self._listed(code, cosine, best)
        return words

    def _listed(self, code: str, scores: NDArray[np.floating], columns: Sequence[int]) -> list[list[Any]]:
        return [[self._model.vocabulary_[code][column], rounded(float(scores[column]))] for column in columns]

    def _answer(
        self, places: Sequence[int], scores: NDArray[np.floating], words: Words, warnings: Sequence[str | None] = ()
    ) -> dict[str, Any]:
        topics = [
            {"topic": self._shown.ids[place], "name": self._shown.names[place], "score": rounded(scores[place])}
            for place in places
        ]
        return {"topics": topics, "words": words, "warnings": [sentence for sentence in warnings if sentence]}


def _largest(scores: NDArray[np.floating], num: int) -> list[int]:
    """Return the indices of the largest scores, the first of equal ones first."""
    found: list[int] = np.argsort(-scores, kind="stable")[:num].tolist()
    return found

"""Topics and documents that a query is about, as ``find_topics`` and ``find_documents`` find them, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from gloctm.arrays import Array
from gloctm.corpus.corpus import Corpus
from gloctm.embedding.encoder import TextEncoder
from gloctm.errors import InputError, MissingDependencyError
from gloctm.model.model import TopicModel
from gloctm.server.inference import Inference
from gloctm.server.languages import called
from gloctm.server.shown import rounded
from gloctm.server.work import Deadline
from gloctm.summary import Summarizer
from gloctm.tables.documents import about_document
from gloctm.tables.search import Finder, QueryWords, Scores, encoder_of_documents, is_poor, shown_text
from gloctm.tables.shown import THRESHOLD, ShownTopics

#: Characters of a document's text in an answer.
MAX_CHARACTERS = 300


class Search:
    """Answers to queries.

    Args:
        model: trained.
        shown: the topics that can be found.
        inference: has the encoder of the model's words.
        documents: has the documents that can be found, with their topic proportions; None without any.
    """

    def __init__(
        self, model: TopicModel, shown: ShownTopics, inference: Inference, documents: Summarizer | None
    ) -> None:
        self._model = model
        self._shown = shown
        self._inference = inference
        self._documents = documents
        self._finder = Finder(model, shown)
        # An encoder of documents that is not the words' encoder; one thread at a time.
        self._lock = threading.Lock()

    def __call__(self, query: str, lang: str | None, num: int, deadline: Deadline) -> dict[str, Any]:
        """Return the topics and the documents that a query is about, the best first.

        Args:
            query: some text.
            lang: the language of the documents; None for all.
            num: of topics, and of documents, at most.
            deadline: of the request.

        Raises:
            InputError: no vocabulary has a word of the query, and no encoder can compare it; or the documents have no
                such language.
        """
        corpus = None if self._documents is None else self._documents.corpus
        codes = self._languages(corpus, lang)
        words = self._finder.words(query, lambda code: self._inference.languages.tokenizer(code, deadline))
        deadline.check()
        warnings: list[str] = []
        vector = self._vector(query, deadline, warnings)
        try:
            topics = self._finder.topics(query, words, vector)
        except InputError:
            raise InputError(
                f"no vocabulary has a word of {query!r:.60}, and the encoder that could compare it by meaning is not "
                "available here: ask for other words"
            ) from None
        if is_poor(topics):
            warnings.append(f"no topic is clearly about {query!r:.60}: words without meaning score as high")
        deadline.check()
        listed = None
        if corpus is None:
            warnings.append("the server has no documents to search: start it with a corpus")
        else:
            listed = self._found_documents(corpus, codes, query, words, vector, num, deadline, warnings)
        return {
            "by": "words" if vector is None else "meaning",
            "topics": [
                {"topic": self._shown.number(place), "name": self._shown.names[place], **_numbers(topics, place)}
                for place in _best(topics, num)
            ],
            "documents": listed,
            "warnings": warnings,
        }

    def _languages(self, corpus: Corpus | None, lang: str | None) -> list[str]:
        known = list(self._model.languages_)
        if lang is None or corpus is None:
            return known
        code = self._inference.languages.normal(lang)
        if code not in known:
            raise InputError(f"there are no documents in {called(code)}: choose among {', '.join(known)}")
        return [code]

    def _vector(self, query: str, deadline: Deadline, warnings: list[str]) -> Array | None:
        """Embed a query as the model's words are; None where their encoder is not available."""
        try:
            _, vectors = self._inference.linking()
            return np.asarray(vectors.embed([query], deadline)[0])
        # An OSError means that the files of an encoder are not available.
        except (InputError, MissingDependencyError, OSError):
            warnings.append(
                "the encoder of the model's words is not available here, so only words of the vocabularies are "
                "compared, not meaning"
            )
            return None

    def _found_documents(
        self,
        corpus: Corpus,
        codes: Sequence[str],
        query: str,
        words: QueryWords,
        vector: Array | None,
        num: int,
        deadline: Deadline,
        warnings: list[str],
    ) -> list[dict[str, Any]]:
        assert self._documents is not None
        embedded = self._document_vector(corpus, codes, query, vector)
        if embedded is None and vector is not None:
            warnings.append("documents are compared by words, not by meaning: the corpus has no vectors to compare")
        deadline.check()
        try:
            scores = self._finder.documents(query, words, embedded, corpus, codes)
        except InputError:
            return []
        starts = np.cumsum([0, *(corpus[code].num_documents for code in codes)])
        found = []
        for place in _best(scores, num):
            if scores.similarity is None and scores.score[place] <= 0:
                break
            deadline.check()
            language = int(np.searchsorted(starts, place, side="right")) - 1
            found.append(self._document(corpus, codes[language], int(place - starts[language]), scores, place))
        return found

    def _document(self, corpus: Corpus, code: str, row: int, scores: Scores, place: int) -> dict[str, Any]:
        assert self._documents is not None
        own = self._documents.proportions(code, row)
        topic, proportion = None, None
        if own is not None:
            theta = self._shown.view.merge_theta(own[None])[0]
            best = int(theta.argmax())
            proportion = rounded(float(theta[best]))
            topic = best if theta[best] >= THRESHOLD else None
        about = about_document(corpus[code], code, row)
        return {
            "id": about["id"],
            "lang": code,
            "text": shown_text(corpus[code], row, MAX_CHARACTERS),
            "label": about["label"],
            "date": about["date"],
            **_numbers(scores, place),
            "topic": None if topic is None else self._shown.number(topic),
            "name": None if topic is None else self._shown.names[topic],
            "proportion": proportion,
        }

    def _document_vector(self, corpus: Corpus, codes: Sequence[str], query: str, vector: Array | None) -> Array | None:
        """Embed a query as the documents are; None where they have no vectors, or of another encoder."""
        widths = {None if (vectors := corpus[code].document_embeddings) is None else vectors.shape[1] for code in codes}
        if None in widths:
            return None
        try:
            encoder: TextEncoder | None = encoder_of_documents(self._model, corpus)
            if encoder is None:
                return None
            if vector is not None and encoder is self._model.encoder_of_words():
                found = vector
            else:
                with self._lock:
                    found = np.asarray(encoder.encode([query]), np.float32)[0]
        except (InputError, MissingDependencyError, OSError):
            return None
        return found if widths == {len(found)} else None


def _best(scores: Scores, num: int) -> list[int]:
    found: list[int] = np.argsort(-scores.score, kind="stable")[:num].tolist()
    return found


def _numbers(scores: Scores, place: int) -> dict[str, float | None]:
    return {
        "score": rounded(float(scores.score[place])),
        "similarity": None if scores.similarity is None else rounded(float(scores.similarity[place])),
        "word_share": rounded(float(scores.word_share[place])),
    }

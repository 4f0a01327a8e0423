"""The answers to requests, as mappings ready for JSON. Knows nothing of HTTP."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gloctm.corpus.corpus import MIN_CONFIDENCE
from gloctm.corpus.sources import UNIDENTIFIED
from gloctm.errors import InputError, MissingDependencyError
from gloctm.inference import Via
from gloctm.linking import linked_topic_word
from gloctm.neighbors import unit_vectors
from gloctm.server.inference import Inference, WordShare
from gloctm.server.limits import Limits
from gloctm.server.uploads import read_upload, upload_format, write_result
from gloctm.server.work import Deadline
from gloctm.summary import Summary
from gloctm.summary.map import joined_vectors, similar_topics, topic_vectors
from gloctm.text import normalize_text

if TYPE_CHECKING:
    from gloctm.estimator import GloCTM

# What stands for a language that could not be told.
UNKNOWN = "und"
_USUAL_WORDS = 10


class TooMuchError(Exception):
    """A request goes beyond a limit; the message is the sentence to answer with."""


@dataclass(frozen=True)
class Asked:
    """A document of a request; the language None where it is to be identified."""

    text: str
    lang: str | None
    id: str


@dataclass(frozen=True)
class Inferred:
    """A document's answer; θ None where the model knows no word of it."""

    lang: str
    theta: list[float] | None
    words: tuple[WordShare, ...] = ()


class Answers:
    """Answers by a model and its summary, from any thread.

    Args:
        model: fitted.
        summary: of the model; its topics are those of the answers.
        limits: how much may be asked.

    Raises:
        InputError: the summary is of another model.
    """

    def __init__(self, model: GloCTM, summary: Summary, limits: Limits) -> None:
        num_topics = len(model.topic_word_[model.languages_[0]])
        members = [topic.members for topic in summary.topics]
        listed = [member for group in members for member in group]
        codes = tuple(language.code for language in summary.languages)
        if codes != tuple(model.languages_) or len(set(listed)) < len(listed) or max(listed) >= num_topics:
            raise InputError("the summary is of another model: make one with summarize(model, corpus)")
        self._model = model
        self._summary = summary
        self._limits = limits
        self.inference = Inference(model, members, new_words=limits.new_words)
        self.num_words = min(len(words) for topic in summary.topics for words in topic.words.values())
        topic_word = {code: self.inference.averaged(beta.T).T for code, beta in model.topic_word_.items()}
        vectors = joined_vectors(topic_vectors(topic_word, model.word_embeddings_))
        self._similar = similar_topics(vectors, len(members))
        self._columns = {
            code: {word: column for column, word in enumerate(words)} for code, words in model.vocabulary_.items()
        }
        self._norms = {
            code: np.linalg.norm(vectors, axis=1).astype(np.float32) for code, vectors in model.word_embeddings_.items()
        }

    def warm(self) -> None:
        """Load what takes seconds to load, so that the first request does not wait; what is missing is told later."""
        deadline = Deadline(math.inf)
        for code in self._model.languages_:
            with contextlib.suppress(InputError, MissingDependencyError):
                self.inference.languages.tokenizer(code, deadline)("")
        with contextlib.suppress(InputError):
            self.inference.languages.identified(["a"], deadline)
        with contextlib.suppress(InputError, MissingDependencyError):
            _, vectors = self.inference.linking()
            vectors(["a"], deadline)

    def check_size(self, documents: Sequence[Asked], *, explain: bool) -> None:
        """Raise TooMuchError if a request has more than the limits allow."""
        most = self._limits.documents
        if len(documents) > most:
            raise TooMuchError(
                f"the request has {len(documents):,} documents, and may have {most:,}: send fewer at a time"
            )
        for place, document in enumerate(documents):
            if len(document.text) > self._limits.characters:
                raise TooMuchError(
                    f"documents[{place}] has {len(document.text):,} characters, and may have "
                    f"{self._limits.characters:,}: split it"
                )
        if explain and len(documents) > self._limits.explained:
            raise TooMuchError(
                f"the words that led to topics are told for {self._limits.explained:,} documents at a time, and the "
                f"request has {len(documents):,}: send fewer, or leave explain out"
            )

    def transform(
        self, documents: Sequence[Asked], *, explain: bool, via: Via | None, deadline: Deadline
    ) -> dict[str, Any]:
        """Topics of documents; of those whose language can't be told, an InputError names the first."""
        inferred, warnings = self._infer(documents, explain=explain, via=via, deadline=deadline)
        for place, (document, found) in enumerate(zip(documents, inferred, strict=True)):
            if found.lang == UNKNOWN:
                raise InputError(
                    f"the language of documents[{place}], {document.text:.40}, can't be told: name it by lang"
                )
        return {
            "documents": [
                {
                    "id": document.id,
                    "lang": found.lang,
                    "theta": found.theta,
                    "words": [
                        {
                            "word": word.word,
                            "start": word.start,
                            "end": word.end,
                            "topics": [[topic, _rounded(weight)] for topic, weight in word.topics],
                        }
                        for word in found.words
                    ],
                }
                for document, found in zip(documents, inferred, strict=True)
            ],
            "warnings": warnings,
        }

    def transform_file(
        self, stream: IO[bytes], name: str, *, form: str, lang: str | None, via: Via | None, deadline: Deadline
    ) -> bytes:
        """Topics of a file's documents as a file; those whose language can't be told have ``und`` and no proportions.

        Args:
            stream: the file.
            name: what the client calls it, which tells its format and nothing else.
            form: of the answer, ``csv`` or ``jsonl``.
            lang: of documents that name none; None for those to be identified.
            via: see ``GloCTM.transform``.
            deadline: until when.
        """
        records = read_upload(
            stream, upload_format(name), most=self._limits.upload_documents, characters=self._limits.characters
        )
        documents = [
            Asked(record["text"], record.get("lang", lang), record.get("id", str(row)))
            for row, record in enumerate(records)
        ]
        inferred, _ = self._infer(documents, explain=False, via=via, deadline=deadline)
        return write_result(
            [document.id for document in documents],
            [each.lang for each in inferred],
            [each.theta for each in inferred],
            len(self._summary.topics),
            form,
        )

    def topics(self, num_words: int | None, lang: str | None) -> dict[str, Any]:
        """The topics with their words, ten in each language unless told otherwise.

        Raises:
            InputError: more words than the summary has, or a language that it has not.
        """
        if num_words is None:
            num_words = min(_USUAL_WORDS, self.num_words)
        if not 1 <= num_words <= self.num_words:
            raise InputError(f"num_words is {num_words}: it must be from 1 to {self.num_words}")
        codes = self._model.languages_
        if lang is not None:
            code = self.inference.languages.normal(lang)
            if code not in codes:
                raise InputError(f"the model was not trained on {code!r}: it knows {', '.join(codes)}")
            codes = (code,)
        return {
            "topics": [
                {
                    "topic": place,
                    "name": topic.name,
                    "labels": {code: topic.labels[code] for code in codes if code in topic.labels},
                    "words": {
                        code: [[word, _exact(weight)] for word, weight in topic.words[code][:num_words]]
                        for code in codes
                    },
                }
                for place, topic in enumerate(self._summary.topics)
            ]
        }

    def similar_to_topic(self, topic: int, num: int) -> dict[str, Any]:
        """Other topics by the cosine of topic vectors, and the topic's own words.

        Raises:
            InputError: there is no such topic.
        """
        topics = self._summary.topics
        if not 0 <= topic < len(topics):
            raise InputError(f"topic is {topic}: it must be from 0 to {len(topics) - 1}")
        words = {
            code: [[word, _exact(weight)] for word, weight in listed[:num]]
            for code, listed in topics[topic].words.items()
        }
        return self._similar_answer(self._similar[topic][:num], words)

    def similar_to_word(self, word: str, lang: str | None, num: int, deadline: Deadline) -> dict[str, Any]:
        """Topics by the word's β, and the nearest words by the cosine of their vectors.

        The β of a word that no vocabulary has is the mean β of the trained words that it is linked to. Where several
        languages have the word, its β is the largest of these, and its vector their mean.

        Raises:
            InputError: no vocabulary has the word, and it can't be embedded.
        """
        codes = self._model.languages_ if lang is None else (self.inference.languages.normal(lang),)
        found = {code: column for code in codes if (column := self._column(word, code, deadline)) is not None}
        warnings: list[str] = []
        if found:
            beta = np.max([self._model.topic_word_[code][:, column] for code, column in found.items()], axis=0)
            own = np.stack([self._model.word_embeddings_[code][column] for code, column in found.items()])
            vector = unit_vectors(own).mean(axis=0)
        else:
            if lang is not None and codes[0] not in self._model.vocabulary_:
                warnings = [sentence for sentence in [self.inference.check_language(codes[0], None)] if sentence]
            linker, vectors = self.inference.linking()
            normal = normalize_text(word, codes[0] if lang is not None else "und").strip()
            vector = vectors([normal], deadline)[0]
            links = linker.link_vectors(vector[None])
            if not links.nnz:
                raise InputError(f"{word!r:.60} says nothing to the encoder: give a word")
            beta = linked_topic_word(links, self._model.topic_word_)[:, 0]
        score = self.inference.averaged(beta[None])[0]
        best = np.argsort(-score, kind="stable")[:num]
        words = self._nearest(vector, num, leave_out=found)
        return self._similar_answer([(int(topic), float(score[topic])) for topic in best], words, warnings)

    def similar_to_text(self, text: str, lang: str | None, num: int, deadline: Deadline) -> dict[str, Any]:
        """Topics by θ, and the words the model expects most of such a text, by Σ_k θ_k β_k.

        Raises:
            InputError: its language can't be told, or the model knows no word of it.
        """
        [code] = self._languages([Asked(text, lang, "")], deadline)
        if code == UNKNOWN:
            raise InputError("the text's language can't be told: name it by lang")
        note = self.inference.check_language(code, None)
        theta, empty = self.inference.theta(self.inference.evidence(code, [text], None, deadline))
        if empty[0]:
            raise InputError(f"the model knows no word of the text, taken for {code!r}: give more of it, or its lang")
        merged = self.inference.merged(theta)[0]
        best = np.argsort(-merged, kind="stable")[:num]
        words = {}
        for each, beta in self._model.topic_word_.items():
            expected = theta[0] @ beta
            words[each] = self._listed(each, expected, _largest(expected, num))
        answer = [(int(topic), float(merged[topic])) for topic in best]
        return self._similar_answer(answer, words, [note] if note else [])

    def _infer(
        self, documents: Sequence[Asked], *, explain: bool, via: Via | None, deadline: Deadline
    ) -> tuple[list[Inferred], list[str]]:
        codes = self._languages(documents, deadline)
        rows_of: dict[str, list[int]] = {}
        for row, code in enumerate(codes):
            rows_of.setdefault(code, []).append(row)
        # Before any work.
        notes = [self.inference.check_language(code, via) for code in rows_of if code != UNKNOWN]
        answers = [Inferred(code, None) for code in codes]
        for code, rows in rows_of.items():
            if code == UNKNOWN:
                continue
            texts = [documents[row].text for row in rows]
            evidence = self.inference.evidence(code, texts, via, deadline)
            theta, empty = self.inference.theta(evidence)
            merged = self.inference.merged(theta)
            for place, row in enumerate(rows):
                deadline.check()
                if empty[place]:
                    continue
                words = self.inference.explain(evidence, place, texts[place], deadline) if explain else ()
                answers[row] = Inferred(code, [_exact(value) for value in merged[place].tolist()], tuple(words))
        return answers, [note for note in notes if note]

    def _languages(self, documents: Sequence[Asked], deadline: Deadline) -> list[str]:
        """The language of each document, ``und`` where it can't be told."""
        codes = [
            None if document.lang is None or document.lang.strip().lower() in UNIDENTIFIED else document.lang
            for document in documents
        ]
        lacking = [row for row, code in enumerate(codes) if code is None]
        found = iter(self.inference.languages.identified([documents[row].text for row in lacking], deadline))
        result = []
        for code in codes:
            if code is not None:
                result.append(self.inference.languages.normal(code))
                continue
            identified, confidence = next(found)
            result.append(identified if confidence >= MIN_CONFIDENCE else UNKNOWN)
        return result

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
            cut = self.inference.languages.tokenizer(code, deadline)(word)
            return columns.get(cut[0]) if len(cut) == 1 else None
        return None

    def _nearest(
        self, vector: NDArray[np.float32], num: int, *, leave_out: dict[str, int]
    ) -> dict[str, list[list[Any]]]:
        """By language the words whose vectors are nearest to one, but for the word itself."""
        words = {}
        length = float(np.linalg.norm(vector)) or 1.0
        for code, embeddings in self._model.word_embeddings_.items():
            norms = self._norms[code]
            cosine = np.asarray(embeddings @ vector / (np.where(norms > 0, norms, 1) * length), np.float32)
            if code in leave_out:
                cosine[leave_out[code]] = -np.inf
            words[code] = self._listed(code, cosine, _largest(cosine, min(num, len(cosine) - (code in leave_out))))
        return words

    def _listed(self, code: str, scores: NDArray[np.float32], columns: NDArray[np.int64]) -> list[list[Any]]:
        return [[self._model.vocabulary_[code][column], _rounded(float(scores[column]))] for column in columns]

    def _similar_answer(
        self,
        topics: Sequence[tuple[int, float]],
        words: dict[str, list[list[Any]]],
        warnings: Sequence[str] = (),
    ) -> dict[str, Any]:
        return {
            "topics": [
                {"topic": topic, "name": self._summary.topics[topic].name, "score": _rounded(score)}
                for topic, score in topics
            ],
            "words": words,
            "warnings": list(warnings),
        }


def _largest(scores: NDArray[np.float32], num: int) -> NDArray[np.int64]:
    return np.argsort(-scores, kind="stable")[:num]


def _exact(value: float) -> float:
    """A float32 with no more digits than give it back exactly."""
    return float(f"{value:.9g}")


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")

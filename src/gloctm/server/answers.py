"""The answers to requests, as mappings ready for JSON. Knows nothing of HTTP."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import IO, Any, Literal

from gloctm.errors import InputError, MissingDependencyError
from gloctm.model.explanation import WordShare
from gloctm.model.inference import Via
from gloctm.model.model import TopicModel
from gloctm.model.unknown import without_known_words
from gloctm.server.inference import Inference
from gloctm.server.languages import UNKNOWN, called, is_named
from gloctm.server.limits import Limits
from gloctm.server.search import Search
from gloctm.server.shown import ShownTopics, exact, rounded
from gloctm.server.similar import Similar
from gloctm.server.uploads import ResultRow, read_upload, upload_format, write_result
from gloctm.server.work import Deadline
from gloctm.summary import Summarizer, Summary

#: An encoder, or ``"page"`` for the one that inferred the page's figures.
AnyVia = Via | Literal["page"] | None
_USUAL_WORDS = 10
# Characters of an id in a sentence.
_LONGEST = 40


class TooMuchError(Exception):
    """A request goes beyond a limit; the message is the sentence of the answer."""


@dataclass(frozen=True)
class Asked:
    """A document of a request; its language is None if it is to be identified."""

    text: str
    lang: str | None
    id: str


@dataclass(frozen=True)
class Inferred:
    """The answer for a document; θ is None if the model knows no word of it."""

    lang: str
    theta: list[float] | None
    words: tuple[WordShare, ...] = ()


class Answers:
    """Answers by a model and its summary, from any thread.

    Args:
        model: a trained model.
        summary: its summary; the answers have the topics of the summary.
        limits: how much may be asked.
        documents: has the documents that can be searched; None without any.
        inference: of former answers, whose tools are used again; made unless given.

    Raises:
        InputError: the summary is of another model.
    """

    def __init__(
        self,
        model: TopicModel,
        summary: Summary,
        limits: Limits,
        documents: Summarizer | None = None,
        inference: Inference | None = None,
    ) -> None:
        self._model = model
        self._summary = summary
        self._limits = limits
        self._documents = documents
        self._shown = ShownTopics(model, summary)
        if inference is None:
            self.inference = Inference(model, self._shown, new_words=limits.new_words)
        else:
            self.inference = inference.showing(self._shown)
        self.similar = Similar(model, summary, self._shown, self.inference)
        self.search = Search(model, self._shown.as_table(summary), self.inference, documents)
        self._num_words = min(len(words) for topic in summary.topics for words in topic.words.values())

    def showing(self, summary: Summary) -> Answers:
        """Return answers with the topics of another summary of the model."""
        return Answers(self._model, summary, self._limits, self._documents, self.inference)

    def warm(self) -> None:
        """Load what takes seconds to load, before the first request; a request names what is missing."""
        deadline = Deadline(math.inf)
        for code in self._model.languages_:
            with contextlib.suppress(InputError, MissingDependencyError):
                self.inference.languages.tokenizer(code, deadline)("")
            if self._summary.inference in ("global", "both"):
                # The page asks for it.
                self.inference.trained_neighbors(code, deadline)
        with contextlib.suppress(InputError):
            self.inference.languages.identified(["a"], deadline)
        # An OSError means that the files of an encoder are not available.
        with contextlib.suppress(InputError, MissingDependencyError, OSError):
            _, vectors = self.inference.linking()
            vectors(["a"], deadline)

    def check_size(self, documents: Sequence[Asked], *, explain: bool = False) -> None:
        """Raise TooMuchError if a request has more than the limits allow."""
        limits, number = self._limits, len(documents)
        if number > limits.documents:
            raise TooMuchError(
                f"the request has {number:,} documents, and may have {limits.documents:,}: send fewer at a time"
            )
        for place, document in enumerate(documents):
            if (length := len(document.text)) > limits.characters:
                raise TooMuchError(
                    f"{_one_of(documents, place)} has {length:,} characters, and may have {limits.characters:,}: "
                    "split it"
                )
        if explain and number > limits.explained:
            raise TooMuchError(
                f"the request has {number:,} documents, and may have {limits.explained:,} with explain: send fewer, "
                "or leave explain out"
            )

    def transform(
        self,
        documents: Sequence[Asked],
        *,
        explain: bool,
        via: AnyVia,
        deadline: Deadline,
        keep_unidentified: bool = False,
    ) -> dict[str, Any]:
        """Infer topics of documents.

        Args:
            documents: in any languages.
            explain: whether to find the words that led to the topics.
            via: see ``TopicModel.transform``.
            deadline: of the request.
            keep_unidentified: whether a document whose language can't be identified has ``und`` and no proportions.

        Raises:
            InputError: the language of a document can't be identified, unless those are kept.
        """
        inferred, warnings = self._infer(documents, explain=explain, via=via, deadline=deadline)
        unknown = [place for place, found in enumerate(inferred) if found.lang == UNKNOWN]
        if unknown and not keep_unidentified:
            cure = "name it" if len(documents) == 1 else "name it by lang"
            raise InputError(f"the language of {_one_of(documents, unknown[0])} can't be identified: {cure}")
        warnings += _unidentified(documents, unknown)
        listed = [
            {
                "id": document.id,
                "lang": found.lang,
                "theta": found.theta,
                "words": [
                    {**asdict(word), "topics": [[topic, rounded(weight)] for topic, weight in word.topics]}
                    for word in found.words
                ],
            }
            for document, found in zip(documents, inferred, strict=True)
        ]
        return {"topics": self._shown.ids, "documents": listed, "warnings": warnings}

    def transform_file(
        self,
        stream: IO[bytes],
        name: str,
        *,
        form: str,
        text_column: str,
        lang: str | None,
        via: AnyVia,
        deadline: Deadline,
    ) -> tuple[bytes, list[str]]:
        """Infer topics of a file's documents; one whose language can't be identified has ``und`` and no proportions.

        Args:
            stream: the file.
            name: its name on the client's side; its ending is the format.
            form: of the answer, ``csv`` or ``jsonl``.
            text_column: the column or key of the texts.
            lang: the language of documents that name none; None to identify it.
            via: see ``TopicModel.transform``.
            deadline: of the request.

        Returns:
            The file, and warnings.
        """
        records = read_upload(
            stream,
            upload_format(name),
            text_column=text_column,
            language=self.inference.languages.normal,
            most=self._limits.upload_documents,
            characters=self._limits.characters,
        )
        documents = [
            Asked(record["text"], record.get("lang", lang), record.get("id", str(row)))
            for row, record in enumerate(records)
        ]
        inferred, warnings = self._infer(documents, explain=False, via=via, deadline=deadline)
        warnings += _unidentified(documents, [row for row, each in enumerate(inferred) if each.lang == UNKNOWN])
        rows = (
            ResultRow(document.id, each.lang, document.text, each.theta)
            for document, each in zip(documents, inferred, strict=True)
        )
        return write_result(rows, self._shown.ids, self._shown.names, form), warnings

    def topics(self, num_words: int | None, lang: str | None) -> dict[str, Any]:
        """Return the topics with their words, ten per language unless given.

        Raises:
            InputError: more words than the summary has, or a language that it does not have.
        """
        if num_words is None:
            num_words = min(_USUAL_WORDS, self._num_words)
        if not 1 <= num_words <= self._num_words:
            raise InputError(f"num_words is {num_words}: it must be from 1 to {self._num_words}")
        codes = self._model.languages_
        if lang is not None:
            code = self.inference.languages.normal(lang)
            if code not in codes:
                raise InputError(f"the model was not trained on {code!r}: choose among {', '.join(codes)}")
            codes = (code,)
        listed = [
            {
                "topic": topic.id,
                "name": topic.name,
                "labels": {code: topic.labels[code] for code in codes if code in topic.labels},
                "words": {
                    code: [[word, exact(weight)] for word, weight in topic.words[code][:num_words]] for code in codes
                },
            }
            for topic in self._summary.topics
        ]
        return {"topics": listed}

    def _infer(
        self, documents: Sequence[Asked], *, explain: bool, via: AnyVia, deadline: Deadline
    ) -> tuple[list[Inferred], list[str]]:
        codes = self.inference.languages.of_texts(
            [document.text for document in documents], [document.lang for document in documents], deadline
        )
        rows_of: dict[str, list[int]] = {}
        for row, code in enumerate(codes):
            rows_of.setdefault(code, []).append(row)
        rows_of.pop(UNKNOWN, None)
        # Before any work.
        warnings = [self.inference.check_language(code, self._encoder(via, code)) for code in rows_of]
        answers = [Inferred(code, None) for code in codes]
        for code, rows in rows_of.items():
            texts = [documents[row].text for row in rows]
            evidence = self.inference.evidence(code, texts, self._encoder(via, code), deadline)
            warnings.append(self.inference.note(evidence))
            theta, empty = self.inference.theta(evidence)
            guessed = without_known_words(evidence, self._model.vocabulary_) & ~empty
            if guessed.any():
                which = _how_many(documents, [rows[place] for place in guessed.nonzero()[0]])
                warnings.append(
                    f"no vocabulary has a word of {which}, so words with similar vectors answer: check what it says"
                )
            for place, row in enumerate(rows):
                deadline.check()
                if not empty[place]:
                    words = self.inference.explain(evidence, place, texts[place], deadline) if explain else ()
                    answers[row] = Inferred(code, [exact(value) for value in theta[place].tolist()], tuple(words))
            if empty.any():
                warnings.append(self._no_word(documents, code, [rows[place] for place in empty.nonzero()[0]]))
        return answers, [sentence for sentence in warnings if sentence]

    def _encoder(self, via: AnyVia, code: str) -> Via | None:
        """Return the encoder of a language: that of the page if asked for, in the trained languages that it shows."""
        if via != "page":
            return via
        page = self._summary.inference
        return page if page != "context" and code in self._model.vocabulary_ else None

    def _no_word(self, documents: Sequence[Asked], code: str, rows: Sequence[int]) -> str:
        """Return a sentence about documents of a language in which the model knows no word."""
        sentence = f"the model knows no word of {_how_many(documents, rows)}"
        if all(is_named(documents[row].lang) for row in rows):
            return f"{sentence} in {called(code)}"
        others = " or ".join(called(each) for each in self.inference.relatives(code))
        example = f", such as {others}" if others else ""
        return f"{sentence}, identified as {called(code)}: name the language if it is another{example}"


def _one_of(documents: Sequence[Asked], place: int) -> str:
    return "the text" if len(documents) == 1 else f"documents[{place}]"


def _unidentified(documents: Sequence[Asked], rows: Sequence[int]) -> list[str]:
    """Return a sentence about documents whose language can't be identified; none if there are none."""
    if not rows:
        return []
    return [f"the language can't be identified of {_how_many(documents, rows)}; topics are missing (und): name it"]


def _how_many(documents: Sequence[Asked], rows: Sequence[int]) -> str:
    """Return which documents a sentence is about: ``3 of 20 documents, the first with the id 7``."""
    if len(documents) == 1:
        return "the text"
    first = documents[rows[0]].id
    return f"{len(rows):,} of {len(documents):,} documents, the first with the id {first:.{_LONGEST}}"

"""A model asked by several threads at once, within bounds: the inference of ``gloctm.model`` with a server's tools.

The numbers are those of ``TopicModel.transform`` for the same documents in one call, which warns where this returns a
sentence.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.embedding.encoder import TextEncoder
from gloctm.errors import InputError, MissingDependencyError
from gloctm.languages import primary_subtag
from gloctm.model.evidence import Evidence, Route, evidence_of, latent_means_of
from gloctm.model.explanation import WordShare, explain_document
from gloctm.model.inference import Via, topic_proportions
from gloctm.model.linking import WordLinker
from gloctm.model.model import TopicModel
from gloctm.server.languages import CheckedTokenizer, Languages, called
from gloctm.server.shown import ShownTopics
from gloctm.server.words import WordVectors
from gloctm.server.work import Deadline, OutOfTimeError
from gloctm.summary.excerpts import in_utf16
from gloctm.text.places import WordFinder

Array = NDArray[np.float32]


class RequestTools:
    """What inference uses during one request: everything checks the clock, and linking is bounded.

    Args:
        inference: of the server.
        deadline: of the request.
    """

    show_progress = False

    def __init__(self, inference: Inference, deadline: Deadline) -> None:
        self._inference = inference
        self._deadline = deadline

    def tokenizer(self, language: str) -> CheckedTokenizer:
        """Return the tokenizer of a language, for one thread at a time."""
        return self._inference.languages.tokenizer(language, self._deadline)

    def neighbors(self, language: str) -> sp.csr_array:
        """Return N_l of a trained language."""
        return self._inference.trained_neighbors(language, self._deadline)

    def link(self, language: str, words: Sequence[str], encoder: TextEncoder) -> sp.csr_array:
        """Link words to the trained vocabularies.

        Raises:
            InputError: more words than a request may have embedded.
        """
        linker, vectors = self._inference.linking()
        if (missing := vectors.missing(words)) > self._inference.new_words:
            raise InputError(
                f"the texts in {language!r} have {missing:,} words to be embedded, and a request may have "
                f"{self._inference.new_words:,}: send fewer at a time"
            )
        return linker.link_vectors(vectors(words, self._deadline))

    def link_vectors(self, vectors: Array) -> sp.csr_array:
        """Link words by their vectors."""
        return self._inference.linking()[0].link_vectors(vectors)


class Inference:
    """Asks a model, from any thread.

    Args:
        model: trained; nothing of it is changed.
        shown: the topics of the answers.
        new_words: see ``Limits``.
    """

    def __init__(self, model: TopicModel, shown: ShownTopics, *, new_words: int) -> None:
        self.model = model
        self.languages = Languages(model)
        self.new_words = new_words
        self._shown = shown
        self._neighbors: dict[str, sp.csr_array] = {}
        self._linking: tuple[WordLinker, WordVectors] | None = None
        # One each: linking must not wait for a search of neighbors, which may take minutes.
        self._neighbor_lock = threading.Lock()
        self._linking_lock = threading.Lock()

    def check_language(self, code: str, via: Via | None) -> str | None:
        """Check that the model can be asked about a language.

        Returns:
            A sentence for the answer if the encoder was not made for the language; else None.

        Raises:
            InputError: the model can't be asked about the language, or not in this way.
        """
        known = ", ".join(self.model.languages_)
        if self.model.in_context and via is not None:
            raise InputError(f"via is {via!r}, but the model has one way to infer, for all languages: leave via out")
        if code in self.model.vocabulary_:
            return None
        if via in ("local", "both"):
            raise InputError(
                f"the model was not trained on {code!r}, and has local encoders for {known} alone: leave via out"
            )
        encoder = self.model.encoder_of_words()
        if encoder is None:
            raise InputError(
                f"the model was not trained on {code!r}, and the encoder of its word embeddings, which would link "
                f"other languages to its own, is not known here: ask about {known}"
            )
        made_for = getattr(encoder, "languages", None)
        if made_for is not None and primary_subtag(code) not in made_for:
            return f"the encoder {encoder.name} was not made for {called(code)}: its words may not be linked well"
        return None

    def relatives(self, code: str) -> list[str]:
        """Return other languages that a text identified as one may be in, if the model or its encoder names them.

        They share its first subtag: ``zh-Hant`` for ``zh``, since identification does not know scripts.
        """
        encoder = None
        with contextlib.suppress(MissingDependencyError):
            encoder = self.model.encoder_of_words()
        known = {*self.model.languages_, *(getattr(encoder, "languages", None) or ())}
        return sorted(each for each in known if each != code and primary_subtag(each) == primary_subtag(code))

    def evidence(self, code: str, texts: Sequence[str], via: Via | None, deadline: Deadline) -> Evidence:
        """Bring texts in a language that ``check_language`` let pass to what the model can read.

        Raises:
            InputError: too many words that would have to be embedded.
            OutOfTimeError: the time is over.
        """
        known = code in self.model.vocabulary_
        encoder = self.model.encoder_of_words() if self.model.in_context or not known else None
        route = Route(code, known, via or ("local" if known else "global"), encoder)
        return evidence_of(texts, route, self.model, RequestTools(self, deadline), most_further=self.new_words)

    def note(self, evidence: Evidence) -> str:
        """Return a sentence about words that do not count; empty if there are none."""
        if (left_out := evidence.left_out) is None:
            return ""
        sentence = f"words in {called(evidence.language)} outside the model's vocabulary are left out"
        if left_out.reason is not None:
            return f"{sentence}: {left_out.reason}"
        return f"{sentence}, {left_out.number:,} of {left_out.total:,}: a request may have {self.new_words:,} of them"

    def theta(self, evidence: Evidence) -> tuple[Array, NDArray[np.bool_]]:
        """Infer θ, ``(documents, K)``, uniform without evidence, and tell which documents have none."""
        means, empty = latent_means_of(evidence, self.model.weights_, self.model.vocabulary_)
        return topic_proportions(means), empty

    def explain(self, evidence: Evidence, row: int, text: str, deadline: Deadline) -> list[WordShare]:
        """Find the words of a document that led to the topics shown, with places in UTF-16 code units.

        Args:
            evidence: holds the document.
            row: which one it is.
            text: the document.
            deadline: of the request.
        """
        code = evidence.language
        tokenizer = self.languages.tokenizer(code, deadline)
        words = [evidence.words[column] for column in evidence.counts[[row]].indices.tolist()]
        finder = WordFinder(code, tokenizer, self.model.tokenizers_.get(code) or tokenizer.name, words)
        shares = explain_document(
            evidence, row, text, finder, lambda each: self._shown.merge_theta(self.theta(each)[0]), self._shown.ids
        )
        marks = in_utf16(text, [(share.start, share.end) for share in shares])
        return [replace(share, start=start, end=end) for share, (start, end) in zip(shares, marks, strict=True)]

    def linking(self) -> tuple[WordLinker, WordVectors]:
        """Return what links words of no vocabulary to the trained ones.

        Raises:
            InputError: the encoder of the model's words is not known.
        """
        with self._linking_lock:
            if self._linking is None:
                encoder = self.model.encoder_of_words()
                if encoder is None:
                    raise InputError("the encoder of the model's word embeddings is not known here: ask for its words")
                linker = self.model.word_linker()
                self._linking = linker, WordVectors(encoder, linker.dimension)
            return self._linking

    def trained_neighbors(self, code: str, deadline: Deadline) -> sp.csr_array:
        """Return N_l of a trained language; computed once."""
        if code not in self._neighbors:
            # The first request computes them, which takes long for large vocabularies; others do not wait forever.
            if not self._neighbor_lock.acquire(timeout=min(deadline.remaining(), threading.TIMEOUT_MAX)):
                raise OutOfTimeError
            try:
                self._neighbors[code] = self.model.neighbors(code)
            finally:
                self._neighbor_lock.release()
        return self._neighbors[code]

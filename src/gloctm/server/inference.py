"""Inference by several threads at once, within bounds: that of ``gloctm.model``, with a server's tools.

The numbers are those of ``TopicModel.transform`` for the same documents in one call. Where that warns, this returns a
sentence.
"""

from __future__ import annotations

import contextlib
import copy
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.arrays import Array
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
from gloctm.server.work import Deadline, OutOfTimeError
from gloctm.summary.excerpts import in_utf16
from gloctm.text.places import WordFinder

# About 40 MB of vectors with 512 numbers.
_MEMO_WORDS = 20_000
# Words per call of an encoder: a fraction of a second.
_BATCH = 128
# A longer run of letters is no word, and an encoder would take much memory for it.
_LONGEST_WORD = 100


class WordVectors:
    """Vectors of words outside the vocabularies, by the encoder of the model's words, for any thread.

    They are kept in memory. The embedding cache on disk keeps everything, so it would grow with every request.

    Args:
        encoder: embeds the words, in one thread at a time.
        dimension: of its vectors.
        memo_words: number of words that are kept; the one not asked for longest is forgotten first.
    """

    def __init__(self, encoder: TextEncoder, dimension: int, *, memo_words: int = _MEMO_WORDS) -> None:
        self._encoder = encoder
        self._dimension = dimension
        self._memo_words = memo_words
        self._memo: OrderedDict[str, Array] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of words that are kept."""
        return len(self._memo)

    def missing(self, words: Sequence[str]) -> int:
        """Return how many of some distinct words are not kept."""
        with self._lock:
            return sum(word not in self._memo for word in words)

    def embed(self, texts: Sequence[str], deadline: Deadline) -> Array:
        """Return the vectors of texts, ``(texts, dimension)``; they are not kept."""
        found = []
        for start in range(0, len(texts), _BATCH):
            deadline.check()
            with self._lock:
                found.append(np.asarray(self._encoder.encode(texts[start : start + _BATCH]), np.float32))
        return np.concatenate(found)

    def __call__(self, words: Sequence[str], deadline: Deadline) -> Array:
        """Return the vectors of distinct words, ``(words, dimension)``; zeros for one that is too long."""
        with self._lock:
            found = {word: self._memo[word] for word in words if word in self._memo}
            for word in found:
                self._memo.move_to_end(word)
        wanted = [word for word in words if word not in found and len(word) <= _LONGEST_WORD]
        for start in range(0, len(wanted), _BATCH):
            deadline.check()
            batch = wanted[start : start + _BATCH]
            with self._lock:
                for word, vector in zip(batch, np.asarray(self._encoder.encode(batch), np.float32), strict=True):
                    # A view would keep the whole batch in memory.
                    found[word] = self._memo[word] = vector.copy()
                while len(self._memo) > self._memo_words:
                    self._memo.popitem(last=False)
        vectors = np.zeros((len(words), self._dimension), np.float32)
        for row, word in enumerate(words):
            if word in found:
                vectors[row] = found[word]
        return vectors


class RequestTools:
    """The tools of inference during one request: everything checks its deadline, and linking is bounded."""

    show_progress = False

    def __init__(self, inference: Inference, deadline: Deadline) -> None:
        self._inference = inference
        self._deadline = deadline

    def tokenizer(self, language: str) -> CheckedTokenizer:
        """Return the tokenizer of a language."""
        return self._inference.languages.tokenizer(language, self._deadline)

    def stop_words(self, language: str) -> frozenset[str]:
        """Return the stop words of a language."""
        return self._inference.stop_words(language)

    def neighbors(self, language: str) -> sp.csr_array:
        """Return N_l of a trained language."""
        return self._inference.trained_neighbors(language, self._deadline)

    def link(self, language: str, words: Sequence[str], encoder: TextEncoder) -> sp.csr_array:
        """Link words to the trained vocabularies; raise InputError if too many of them would have to be embedded."""
        linker, vectors = self._inference.linking()
        if (missing := vectors.missing(words)) > self._inference.new_words:
            raise InputError(
                f"the texts in {language!r} have {missing:,} words to be embedded, and a request may have "
                f"{self._inference.new_words:,}: send fewer at a time"
            )
        return linker.link_vectors(vectors(words, self._deadline))

    def embed(self, texts: Sequence[str], encoder: TextEncoder) -> Array:
        """Embed texts, as many at a time as the deadline can be checked between."""
        return self._inference.linking()[1].embed(texts, self._deadline)

    def link_vectors(self, vectors: Array) -> sp.csr_array:
        """Link words by their vectors."""
        return self._inference.linking()[0].link_vectors(vectors)


class Inference:
    """A trained model, which any thread may ask; nothing of it is changed.

    Args:
        model: the model.
        shown: the topics of the answers.
        new_words: see ``Limits``.
    """

    def __init__(self, model: TopicModel, shown: ShownTopics, *, new_words: int) -> None:
        self.languages = Languages(model)
        self.new_words = new_words
        self.stop_words = model.stop_words
        self._model = model
        self._shown = shown
        self._neighbors: dict[str, sp.csr_array] = {}
        # Of one entry once it is known; shared by all views.
        self._linking: list[tuple[WordLinker, WordVectors]] = []
        # Two, since linking must not wait for a search of neighbors, which may take minutes.
        self._neighbor_lock = threading.Lock()
        self._linking_lock = threading.Lock()

    def showing(self, shown: ShownTopics) -> Inference:
        """Return the same with other topics of the answers: all that was loaded or computed is shared."""
        other = copy.copy(self)
        other._shown = shown
        return other

    def check_language(self, code: str, via: Via | None) -> str | None:
        """Check that the model can infer a language by an encoder; return a sentence if it may do so badly.

        Raises:
            InputError: the model can't infer the language, or not in this way.
        """
        self._model.check_via(via)
        if code in self._model.vocabulary_:
            return None
        known = ", ".join(self._model.languages_)
        if via in ("local", "both"):
            raise InputError(
                f"the model was not trained on {code!r}, and has local encoders for {known} alone: leave via out"
            )
        encoder = self._model.encoder_of_words()
        if encoder is None:
            raise InputError(
                f"the model was not trained on {code!r}, and the encoder of its word embeddings is not known here: "
                f"ask about {known}"
            )
        made_for = getattr(encoder, "languages", None)
        if made_for is not None and primary_subtag(code) not in made_for:
            return f"{encoder.name} does not support {called(code)}, so its words may be linked poorly"
        return None

    def relatives(self, code: str) -> list[str]:
        """Return other languages of the model or its encoder that a text identified as one may be in.

        They share its first subtag: ``zh-Hant`` for ``zh``, since identification ignores scripts.
        """
        encoder = None
        with contextlib.suppress(MissingDependencyError):
            encoder = self._model.encoder_of_words()
        known = {*self._model.languages_, *(getattr(encoder, "languages", None) or ())}
        return sorted(each for each in known if each != code and primary_subtag(each) == primary_subtag(code))

    def evidence(self, code: str, texts: Sequence[str], via: Via | None, deadline: Deadline) -> Evidence:
        """Bring texts in a language that ``check_language`` accepts to what the model can read.

        Raises:
            InputError: too many words would have to be embedded.
            OutOfTimeError: the time is over.
        """
        known = code in self._model.vocabulary_
        encoder = self._model.encoder_of_words() if self._model.in_context or not known else None
        route = Route(code, known, via or ("local" if known else "global"), encoder)
        return evidence_of(texts, route, self._model, RequestTools(self, deadline), most_further=self.new_words)

    def note(self, evidence: Evidence) -> str:
        """Return a sentence about words that do not count, or texts as a whole; empty if there are none."""
        if (left_out := evidence.left_out) is None:
            if evidence.by_words:
                return f"short texts in {called(evidence.language)} count by their words alone: {evidence.reason}"
            return ""
        sentence = f"words in {called(evidence.language)} outside the model's vocabulary are left out"
        if left_out.reason is not None:
            return f"{sentence}: {left_out.reason}"
        return f"{sentence}, {left_out.number:,} of {left_out.total:,}: a request may have {self.new_words:,} of them"

    def theta(self, evidence: Evidence) -> tuple[Array, NDArray[np.bool_]]:
        """Infer θ of the topics shown, ``(documents, topics)``, and find the documents without evidence."""
        means, empty = latent_means_of(evidence, self._model.weights_, self._model.vocabulary_)
        return self._shown.merge_theta(topic_proportions(means)), empty

    def explain(self, evidence: Evidence, row: int, text: str, deadline: Deadline) -> list[WordShare]:
        """Find the words of a document, in a row of evidence, that led to its topics; places are in UTF-16 units."""
        code = evidence.language
        tokenizer = self.languages.tokenizer(code, deadline)
        name = self._model.tokenizers_.get(code) or tokenizer.name
        finder = WordFinder(code, tokenizer, name, evidence.words_of(row))
        shares = explain_document(
            *(evidence, row, text, finder, lambda each: self.theta(each)[0], self._shown.ids),
            markup=self._model.markup_,
        )
        marks = in_utf16(text, [(share.start, share.end) for share in shares])
        return [replace(share, start=start, end=end) for share, (start, end) in zip(shares, marks, strict=True)]

    def linking(self) -> tuple[WordLinker, WordVectors]:
        """Return what links words outside the vocabularies; raise InputError if the encoder is not known."""
        with self._linking_lock:
            if not self._linking:
                encoder = self._model.encoder_of_words()
                if encoder is None:
                    raise InputError(
                        "the encoder of the model's word embeddings is not known here: ask for words of the model"
                    )
                linker = self._model.word_linker()
                self._linking.append((linker, WordVectors(encoder, linker.dimension)))
            return self._linking[0]

    def trained_neighbors(self, code: str, deadline: Deadline) -> sp.csr_array:
        """Return N_l of a trained language; raise OutOfTimeError if another thread computes it for too long."""
        if code not in self._neighbors:
            if not self._neighbor_lock.acquire(timeout=min(deadline.remaining(), threading.TIMEOUT_MAX)):
                raise OutOfTimeError
            try:
                self._neighbors[code] = self._model.neighbors(code)
            finally:
                self._neighbor_lock.release()
        return self._neighbors[code]

"""Seed words in the context space: a topic's seed is the document of its seed words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np
import scipy.sparse as sp

from gloctm.arrays import Array
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.checks import listed
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import LanguageCorpus
from gloctm.embedding.embed import embed_texts
from gloctm.embedding.named import encoder_named
from gloctm.errors import InputError
from gloctm.model.context_inference import documents_by_words
from gloctm.shards import ShardedCorpus, ShardedLanguage
from gloctm.text import get_tokenizer_by_name, normalize_text
from gloctm.training.seed_words import SeededTopic

#: Words named in place of one that is unknown, by spelling and by meaning: at most this many each.
NEAREST = 3
# Above this cosine an embedding is of a word that means much the same.
_LEAST_COSINE = 0.3

#: For each seeded topic, by number, the columns of its words per language.
SeedColumns = dict[int, dict[str, list[int]]]


def seed_columns(corpus: Corpus | ShardedCorpus, seeds: Sequence[SeededTopic]) -> SeedColumns:
    """Find the seed words in the vocabularies.

    Words are compared as the texts were: in lower case, by the corpus' tokenizer.

    Raises:
        InputError: a language that the corpus does not have, a word that its vocabulary does not have, or one word for
            two topics.
    """
    vocabulary = {code: {word: column for column, word in enumerate(part.vocabulary)} for code, part in corpus.items()}
    found: SeedColumns = {}
    taken: dict[tuple[str, int], SeededTopic] = {}
    for seed in seeds:
        found[seed.topic] = {}
        for code, words in seed.words.items():
            if code not in corpus:
                raise InputError(
                    f"seed_words has words in {code!r} for {seed}, but the corpus has no such language: it has "
                    f"{', '.join(corpus.languages)}"
                )
            columns = [column for word in words for column in _columns(word, code, corpus, vocabulary[code], seed)]
            found[seed.topic][code] = list(dict.fromkeys(columns))
            for column in found[seed.topic][code]:
                other = taken.setdefault((code, column), seed)
                if other is not seed:
                    raise InputError(
                        f"seed_words has {corpus[code].vocabulary[column]!r} for {other} and for {seed}: give it to one"
                    )
    return found


def seed_directions(columns: SeedColumns, contexts: Mapping[str, Array], centers: Mapping[str, Array]) -> Array:
    """Compute the direction of each seeded topic, ``(A, p)``: its seed words as a document, v, over its languages.

    Args:
        columns: for each seeded topic the columns of its words.
        contexts: for each language c, ``(V_l, p)``.
        centers: for each language the mean that v subtracts.
    """
    rows = []
    for by_language in columns.values():
        documents = []
        for code, words in by_language.items():
            counts = sp.csr_array((np.ones(len(words), np.float32), words, [0, len(words)]), (1, len(contexts[code])))
            documents.append(documents_by_words(counts, contexts[code], centers[code])[0])
        # Languages count alike, however many words are given.
        rows.append(np.mean(documents, axis=0))
    return unit_vectors(np.asarray(rows, np.float32))


def _columns(
    word: str, code: str, corpus: Corpus | ShardedCorpus, vocabulary: Mapping[str, int], seed: SeededTopic
) -> list[int]:
    if word in vocabulary:
        return [vocabulary[word]]
    part = corpus[code]
    tokens = _tokens(word, code, part)
    # A phrase of the vocabulary is one word there.
    for joined in (normalize_text(word, code).strip(), " ".join(tokens)):
        if joined in vocabulary:
            return [vocabulary[joined]]
    if tokens and all(token in vocabulary for token in tokens):
        return [vocabulary[token] for token in tokens]
    near = _nearest(word, corpus, code)
    cure = f"its nearest words are {listed([repr(each) for each in near])}" if near else "give a word of its vocabulary"
    raise InputError(f"seed_words has {word!r} for {seed}, which is not in the vocabulary of {code!r}: {cure}")


def _tokens(word: str, code: str, part: LanguageCorpus | ShardedLanguage) -> list[str]:
    try:
        tokenizer = part.own_tokenizer or get_tokenizer_by_name(part.tokenizer, code)
    except InputError:
        # A tokenizer of the user's own, which a saved corpus does not keep.
        return []
    return tokenizer(word)


def _nearest(word: str, corpus: Corpus | ShardedCorpus, code: str) -> list[str]:
    """Return words of the vocabulary that are spelled alike or, where the encoder is at hand, mean much the same."""
    part = corpus[code]
    plain = normalize_text(word, code).strip()
    found = get_close_matches(plain, part.vocabulary, n=NEAREST, cutoff=0.75)
    if corpus.word_encoder is not None and part.word_embeddings is not None:
        try:
            encoder = encoder_named(corpus.word_encoder)
            vector = embed_texts([plain], encoder, cache=False, description="", show_progress=False)
        except (InputError, ImportError, OSError):
            return found
        units = unit_vectors(np.asarray(part.word_embeddings))
        cosines = (units @ unit_vectors(np.asarray(vector)).T)[:, 0]
        best = np.argsort(-cosines, kind="stable")[:NEAREST]
        found += [part.vocabulary[column] for column in best.tolist() if cosines[column] >= _LEAST_COSINE]
    return list(dict.fromkeys(found))

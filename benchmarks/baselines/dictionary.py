"""Links between the words of two languages by a dictionary, and between those of one by its own word vectors.

What the bilingual baselines know of translation comes from here: GloCTM and the clusterings need none of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm import Corpus
from gloctm.errors import FileFormatError, InputError, MissingDependencyError
from gloctm.files.compressed import COMPRESSIONS
from gloctm.languages import normalize_language
from gloctm.metrics import TranslationDictionary, read_dictionary

# Words that are compared with all others at once.
COMPARED_TOGETHER = 1000


def translation_matrix(
    path: str | os.PathLike[str],
    vocabulary: Mapping[str, Sequence[str]],
    *,
    stems: Mapping[str, str] | None = None,
) -> sp.csr_array:
    """Which words of two vocabularies are translations of each other.

    Args:
        path: a file ``LANG-LANG.txt``, or a folder with one for the two languages, see ``read_translations``.
        vocabulary: the words of each of the two languages.
        stems: for a language whose side of the dictionary has stems instead of words, in part or throughout, the
            name of the algorithm of the package ``snowballstemmer`` that gives them (``"porter"`` for English): a word
            is then also translated as its stem is.

    Returns:
        T, ``(V_a, V_b)`` float32, 1 for a pair in the dictionary, however often it stands there, and 0 for others.

    Raises:
        InputError: there are not two languages, or the dictionary is not of these, or it has no pair of their words.
        FileFormatError: the file is missing, damaged, or a line is not a pair.
        MissingDependencyError: ``stems`` are wanted and ``snowballstemmer`` is not installed.
    """
    first, second = two_languages(vocabulary)
    rows_of, columns_of = (_places(vocabulary[language], (stems or {}).get(language)) for language in (first, second))
    translations = read_translations(path, first, second).translations
    pairs = {
        (row, column)
        for word, own_rows in rows_of.items()
        for translation in translations.get(word, ())
        for row in own_rows
        for column in columns_of.get(translation, ())
    }
    if not pairs:
        raise InputError(f"{path} has no pair of words of the two vocabularies: give a dictionary of these languages")
    rows, others = np.array(sorted(pairs)).T
    shape = (len(vocabulary[first]), len(vocabulary[second]))
    return sp.csr_array((np.ones(len(rows), np.float32), (rows, others)), shape=shape)


def read_translations(path: str | os.PathLike[str], first: str, second: str) -> TranslationDictionary:
    """The dictionary of two languages, from the first to the second, however its file has them.

    Args:
        path: a file ``LANG-LANG.txt``, plain or with ``.gz``, ``.xz`` or ``.bz2`` behind it, each line a word of
            the one language and a word of the other (see ``gloctm.metrics.read_dictionary``); or a folder with such a
            file for the two languages.
        first: a language.
        second: the other.

    Raises:
        InputError: the dictionary is not of these languages.
        FileFormatError: the file is missing, damaged, or a line is not a pair.
    """
    file = dictionary_file(path, first, second)
    found = read_dictionary(file)
    return found if _languages_of(file) == (first, second) else found.reversed()


def read_word_vectors(
    folder: str | os.PathLike[str], vocabulary: Mapping[str, Sequence[str]]
) -> dict[str, NDArray[np.float32]]:
    """The vectors of each language's words, a space of its own for each, from ``word2vec_LANG.npz``.

    Args:
        folder: with the files, each a sparse matrix of scipy's, ``(V_l, dimension)``, rows in the order of the
            vocabulary. Where a file ``vocab_LANG`` is next to them, that order is checked.
        vocabulary: the words of each language.

    Raises:
        FileFormatError: a file is missing or can't be read.
        InputError: the vectors are not those of the vocabulary.
    """
    found = {}
    for file in sorted(Path(folder).glob("word2vec_*.npz")):
        found[normalize_language(file.stem.removeprefix("word2vec_"))] = file
    vectors = {}
    for language, words in vocabulary.items():
        if language not in found:
            raise FileFormatError(f"{folder} has no word2vec_{language}.npz: give the folder of the benchmark corpus")
        file = found[language]
        try:
            vectors[language] = np.asarray(sp.load_npz(file).toarray(), np.float32)
        except Exception as error:  # a damaged archive raises nearly anything: zlib.error, KeyError, ...
            raise FileFormatError(f"{file} is not a readable sparse matrix ({error}): get the file again") from None
        listed = file.with_name(file.stem.replace("word2vec_", "vocab_"))
        other_words = listed.exists() and listed.read_text(encoding="utf-8").splitlines() != list(words)
        if other_words or len(vectors[language]) != len(words):
            raise InputError(f"{file} is for other words than the corpus has: use it with the corpus of its folder")
    return vectors


def near_words(vectors: NDArray[np.float32], threshold: float) -> sp.csr_array:
    """Which words of a language have a cosine above the threshold; each word is near itself.

    Args:
        vectors: ``(V, dimension)``; a word whose vector is zero has no other near it.
        threshold: at least 0, so that what is near is few.

    Returns:
        ``(V, V)`` float32 of 0 and 1.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    parts = []
    for first in range(0, len(unit), COMPARED_TOGETHER):
        near = unit[first : first + COMPARED_TOGETHER] @ unit.T > threshold
        np.fill_diagonal(near[:, first:], True)
        parts.append(sp.csr_array(near.astype(np.float32)))
    return sp.csr_array(sp.vstack(parts))


def alignment_links(
    translation: sp.csr_array, near: sp.csr_array, near_back: sp.csr_array
) -> tuple[sp.csr_array, sp.csr_array]:
    """InfoCTM's vocabulary linking: a word is linked to the translations of the words near it (Wu et al., 2023).

    Args:
        translation: T, ``(V_a, V_b)``.
        near: of the first language, see ``near_words``.
        near_back: of the second.

    Returns:
        In how many ways each word is linked, from the first language to the second, ``(V_a, V_b)``, and back,
        ``(V_b, V_a)``. The two differ: each goes by nearness in the language that it starts from.
    """
    return sp.csr_array(near @ translation), sp.csr_array(near_back @ translation.T)


def two_languages(languages: Mapping[str, object]) -> tuple[str, str]:
    """The two languages of a bilingual model.

    Raises:
        InputError: there are more, or fewer.
    """
    codes = tuple(languages)
    if len(codes) != 2:
        raise InputError(f"a model with a dictionary takes two languages, not {len(codes)}: use corpus.select([a, b])")
    return codes[0], codes[1]


def vocabularies(corpus: Corpus) -> dict[str, list[str]]:
    """The words of each language."""
    return {language: list(part.vocabulary) for language, part in corpus.items()}


def _places(words: Sequence[str], algorithm: str | None) -> dict[str, list[int]]:
    """Where each word of a dictionary is in a vocabulary: at itself, and at words that it is the stem of."""
    places: dict[str, list[int]] = {word: [column] for column, word in enumerate(words)}
    if algorithm is not None:
        try:
            import snowballstemmer  # type: ignore[import-not-found, import-untyped, unused-ignore]  # optional, ships no types
        except ImportError:
            raise MissingDependencyError.of("Matching words by their stems", "snowballstemmer") from None
        if algorithm not in snowballstemmer.algorithms():
            known = ", ".join(snowballstemmer.algorithms())
            raise InputError(f"there is no stemming algorithm {algorithm!r}: choose one of {known}")
        stemmer = snowballstemmer.stemmer(algorithm)
        for column, stem in enumerate(stemmer.stemWords(list(words))):
            if column not in places.setdefault(stem, []):
                places[stem].append(column)
    return places


def _languages_of(file: Path) -> tuple[str, ...]:
    """The two languages that a dictionary is named by, in its order; of other files none."""
    name = file.name.removesuffix(file.suffix) if file.suffix in COMPRESSIONS else file.name
    try:
        found = tuple(normalize_language(code) for code in name.removesuffix(".txt").split("-"))
    except InputError:
        return ()
    return found if name.endswith(".txt") and len(found) == 2 else ()


def dictionary_file(path: str | os.PathLike[str], first: str, second: str) -> Path:
    """The file of a dictionary, see ``read_translations``."""
    place, wanted = Path(path), {first, second}
    if place.is_dir():
        for file in sorted(place.iterdir()):
            if set(_languages_of(file)) == wanted:
                return file
        raise InputError(f"{place} has no dictionary {first}-{second}.txt or {second}-{first}.txt: put one there")
    if not place.is_file():
        raise FileFormatError(f"{place} does not exist: give a dictionary, or a folder of some")
    if set(_languages_of(place)) != wanted:
        raise InputError(f"{place} is not a dictionary of {first} and {second}: its name must be {first}-{second}.txt")
    return place

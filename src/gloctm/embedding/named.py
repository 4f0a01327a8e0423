"""Encoders that a saved model or corpus names: what a folder may load is closed.

usem3 and e5 are this package's. Any other name would fetch a model from the Hub, or read a folder that it names. So it
is loaded only if somebody who uses this package has given it: a name from a folder alone loads nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from gloctm.embedding.embed import get_encoder_by_name, was_given
from gloctm.embedding.encoder import Embeddings, TextEncoder
from gloctm.errors import InputError

_OWN = ("usem3", "e5")


class RefusedEncoder:
    """Stands for an encoder that a folder names and nobody has given: any use of it raises InputError.

    Args:
        name: of the encoder.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def version(self) -> str:
        """What there is none of."""
        raise self.refusal()

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Raise InputError."""
        raise self.refusal()

    def refusal(self) -> InputError:
        """Return the error, which names the encoder and says how to allow it."""
        return InputError(
            f"the encoder {self.name!r} is none of this package's, and named by a folder alone: if you trust it, give "
            f"it as encoder={self.name!r}"
        )


def encoder_named(name: str) -> TextEncoder:
    """Return the encoder that a saved model or corpus names; a RefusedEncoder for one that is not to be loaded.

    Args:
        name: see ``get_encoder_by_name``.

    Raises:
        InputError: it is no name of an encoder.

    Example:
        >>> encoder_named("usem3").name
        'usem3'
        >>> encoder_named("sentence-transformers:a/b").encode(["a text"])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        gloctm.errors.InputError: the encoder 'sentence-transformers:a/b' is none of this package's, and named by a ...
    """
    encoder = get_encoder_by_name(name)
    return encoder if name in _OWN or was_given(encoder.name) else RefusedEncoder(encoder.name)

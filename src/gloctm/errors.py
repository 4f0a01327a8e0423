"""The errors this package raises on purpose: each is one sentence that names the culprit and the cure."""

from __future__ import annotations


class GloCTMError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(GloCTMError, ValueError):
    """Something handed in (text, counts, settings, a language) can't be used as it is."""


class FileFormatError(GloCTMError, ValueError):
    """A file or folder is missing a part, cut short, of another kind, or from a newer version."""


class TrainingError(GloCTMError, RuntimeError):
    """Training could not go on, for example because the loss stopped being finite."""


class MissingDependencyError(GloCTMError, ImportError):
    """An optional package is needed for what was asked; the message says how to install it."""

    @classmethod
    def for_extra(cls, package: str, extra: str, purpose: str) -> MissingDependencyError:
        """The usual message: what needs the package, and the one line that installs it."""
        return cls(f'{purpose} needs the package {package}: pip install "gloctm[{extra}]"')


class EmptyDocumentWarning(UserWarning):
    """Some documents have no word of the vocabulary, so that nothing could be inferred for them."""

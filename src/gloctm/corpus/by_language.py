"""What every corpus is: parts by language, in order, found by any spelling of a language's code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from gloctm.errors import InputError
from gloctm.languages import normalize_language

Part = TypeVar("Part")


class ByLanguage(Mapping[str, Part]):
    """A mapping from language codes, which are understood in any spelling, to the parts of a corpus.

    Args:
        languages: by normalized code, in order.
    """

    def __init__(self, languages: Mapping[str, Part]) -> None:
        self._languages = dict(languages)

    def __getitem__(self, language: str) -> Part:
        code = normalize_language(language)
        if code not in self._languages:
            raise InputError(f"the corpus has no language {language!r}: it has {', '.join(self.languages)}")
        return self._languages[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._languages)

    def __len__(self) -> int:
        return len(self._languages)

    def __contains__(self, language: object) -> bool:
        try:
            return isinstance(language, str) and normalize_language(language) in self._languages
        except InputError:
            return False

    def get(self, language: str, default: Any = None) -> Any:
        """Return the part of a language, or ``default`` if the corpus has none.

        Examples:
            >>> corpus.get("fr") is None
            True
        """
        return self[language] if language in self else default  # noqa: SIM401  # which this is

    @property
    def languages(self) -> tuple[str, ...]:
        """The language codes, in order."""
        return tuple(self._languages)

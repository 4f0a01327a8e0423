"""Languages that requests name or that are found out, and the tools for their texts; all of it bounded."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gloctm.errors import InputError, MissingDependencyError
from gloctm.languages import known_spelling, normalize_language
from gloctm.server.work import Deadline
from gloctm.text import Tokenizer, get_tokenizer, get_tokenizer_by_name

if TYPE_CHECKING:
    from gloctm.estimator import GloCTM

# Libraries remember every code they meet, and there are more than memory has room for.
MOST_CODES = 500
# No code of a language with script and region is longer.
_LONGEST_CODE = 35
# Those that any number of threads may use at once.
_SHARED = ("unicode", "whitespace")


class CheckedTokenizer:
    """A tokeniser that one thread uses at a time, and that looks at the clock before each text.

    Args:
        tokenizer: what cuts.
        lock: of all tokenisers that share something; None where nothing is shared.
        deadline: of the request.
    """

    def __init__(self, tokenizer: Tokenizer, lock: threading.Lock | None, deadline: Deadline) -> None:
        self.name = tokenizer.name
        self._tokenizer = tokenizer
        self._lock = lock
        self._deadline = deadline

    def __call__(self, text: str) -> list[str]:
        """The words of ``text``, in order."""
        self._deadline.check()
        if self._lock is None:
            return self._tokenizer(text)
        with self._lock:
            return self._tokenizer(text)


class Languages:
    """What a model's server knows of languages.

    Args:
        model: whose.
    """

    def __init__(self, model: GloCTM) -> None:
        self._model = model
        self._codes: dict[str, str] = {code: code for code in model.languages_}
        self._refused: set[str] = set()
        self._tokenizers: dict[str, Tokenizer] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._identifying = threading.Lock()

    def normal(self, spelling: str) -> str:
        """A code in its normal form.

        Raises:
            InputError: it is none, or too many others have been asked for.
        """
        if spelling in self._codes:
            return self._codes[spelling]
        if len(spelling) > _LONGEST_CODE or not spelling.isascii():
            raise InputError(f"{spelling[:_LONGEST_CODE]!r} is not a language code: use BCP-47, for example en or zh")
        # What is no code is remembered, too, elsewhere: it counts.
        if len(self._codes) + len(self._refused) >= MOST_CODES and spelling not in self._refused:
            raise InputError(
                f"{spelling!r} is one language more than the server deals with: name one of "
                f"{', '.join(self._model.languages_)}"
            )
        self._refused.add(spelling)
        code = normalize_language(spelling)
        self._codes[spelling] = code
        self._refused.discard(spelling)
        return code

    def identified(self, texts: Sequence[str], deadline: Deadline) -> list[tuple[str, float]]:
        """The language of each text, spelled as the model does, and how sure that is; ``("und", 0.0)`` if unknown.

        Raises:
            InputError: there is a text, and what identifies languages is not installed.
        """
        from gloctm.corpus.identification import identify_languages

        found = []
        for text in texts:
            deadline.check()
            with self._identifying:
                try:
                    [(code, confidence)] = identify_languages([text])
                except MissingDependencyError:
                    raise InputError(
                        "this server can't identify languages, for which py3langid would have to be installed: name "
                        "the language of each document by lang"
                    ) from None
            found.append((known_spelling(code, self._model.languages_), confidence))
        return found

    def tokenizer(self, code: str, deadline: Deadline) -> CheckedTokenizer:
        """What cuts the texts of a language, trained on or not."""
        tokenizer = self._tokenizers.get(code)
        if tokenizer is None:
            if code in self._model._own_tokenizers:
                tokenizer = self._model._own_tokenizers[code]
            elif code in self._model.tokenizers_:
                tokenizer = get_tokenizer_by_name(self._model.tokenizers_[code], code)
            else:
                tokenizer = get_tokenizer(code)
            self._tokenizers[code] = tokenizer
        base = tokenizer.name.partition("+")[0]
        lock = None if base in _SHARED else self._locks.setdefault(base, threading.Lock())
        return CheckedTokenizer(tokenizer, lock, deadline)

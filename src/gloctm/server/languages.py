"""The languages of requests, named or identified, and the tools for their texts; all of it is bounded."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence

from gloctm.corpus.options import MIN_CONFIDENCE
from gloctm.errors import InputError, MissingDependencyError
from gloctm.language_names import code_of_name
from gloctm.languages import is_unidentified, known_spelling, normalize_language, without_region
from gloctm.model.model import TopicModel
from gloctm.server.work import Deadline
from gloctm.summary.names import name_of_language
from gloctm.text import Tokenizer

#: The code of a language that could not be identified.
UNKNOWN = "und"
#: Number of three-letter languages with a script that are remembered. Libraries keep every code that they meet, and
#: memory has no room for all of these; all other codes together are 59,020, about 80 MB.
MOST_SCRIPTS = 500
# Far longer than any code of language, script and region.
_LONGEST_CODE = 100
# Language, script, region, and the rest, which says nothing about how a text is read.
_CODE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?(?:-(?![a-z]{3}(?:-|$))[a-z0-9]{1,8})*")
# Regions that write a language in another script than most do.
_SCRIPT_OF_REGION = {
    **dict.fromkeys(("zh-tw", "zh-hk", "zh-mo"), "hant"),
    **dict.fromkeys(("az-iq", "az-ir", "kk-cn", "ky-cn", "pa-pk", "tg-pk", "uz-af"), "arab"),
    **dict.fromkeys(("ky-tr", "sr-me", "sr-ro", "sr-tr"), "latn"),
}
# Tokenizers that any number of threads may use at once.
_SHARED = ("unicode", "whitespace")


def is_named(lang: str | None) -> bool:
    """Return whether a language is named, rather than left to be identified."""
    return lang is not None and not is_unidentified(lang)


def called(code: str) -> str:
    """Return a language as sentences name it: ``German (de)``."""
    name = name_of_language(code)
    return name if name == code else f"{name} ({code})"


class CheckedTokenizer:
    """A tokenizer that checks the deadline before each text, and that one thread uses at a time if it has a lock."""

    def __init__(self, tokenizer: Tokenizer, lock: threading.Lock | None, deadline: Deadline) -> None:
        self.name = tokenizer.name
        self._tokenizer = tokenizer
        self._lock = lock
        self._deadline = deadline

    def __call__(self, text: str) -> list[str]:
        """Tokenize a text."""
        self._deadline.check()
        if self._lock is None:
            return self._tokenizer(text)
        with self._lock:
            return self._tokenizer(text)


class Languages:
    """What the server of a model knows about languages."""

    def __init__(self, model: TopicModel) -> None:
        self._model = model
        self._own = {code.lower(): code for code in model.languages_}
        # The meaning of each form, None if it is no code. Forms without a script are few.
        self._meanings: dict[str, str | None] = {}
        self._scripts = 0
        self._locks: dict[str, threading.Lock] = {}
        self._naming = threading.Lock()
        self._identifying = threading.Lock()

    def normal(self, spelling: str) -> str:
        """Normalize a code or name: to the model's own if it is one of its languages, else to language and script.

        Raises:
            InputError: it is no code, or too many scripts of rare languages have been asked for.
        """
        text = spelling.strip().lower().replace("_", "-")
        if text in self._own:
            return self._own[text]
        if len(text) <= _LONGEST_CODE and (found := _CODE.fullmatch(text)):
            language, script, region = found.groups()
            # The model's own code may have a region, and an ending without meaning may follow.
            if (own := "-".join(filter(None, (language, script, region)))) in self._own:
                return self._own[own]
            script = script or _SCRIPT_OF_REGION.get(f"{language}-{region}")
            if script is None:
                meaning = self._meaning(language)
            elif _is_script(script) and self._meaning(language):
                meaning = self._meaning(f"{language}-{script}", is_rare=len(language) == 3)
            else:
                meaning = None
            if meaning is not None:
                # The usual script of a language is not part of its code.
                return self._own.get(meaning.lower(), meaning)
        if len(text) <= _LONGEST_CODE and (named := code_of_name(spelling)) is not None:
            return self.normal(named)
        raise InputError(f"{spelling[:40]!r} is not a language code: use BCP-47, for example en, zh, pt-BR or zh-Hant")

    def _meaning(self, form: str, *, is_rare: bool = False) -> str | None:
        with self._naming:
            if form not in self._meanings:
                if is_rare:
                    if self._scripts >= MOST_SCRIPTS:
                        raise InputError(f"{form!r} is one script more than the server keeps: name the language alone")
                    self._scripts += 1
                try:
                    self._meanings[form] = without_region(normalize_language(form))
                except InputError:
                    self._meanings[form] = None
            return self._meanings[form]

    def of_texts(self, texts: Sequence[str], named: Sequence[str | None], deadline: Deadline) -> list[str]:
        """Return the language of each text, ``und`` if it can't be identified.

        Args:
            texts: in any languages.
            named: the language of each in the request, None or ``auto`` to identify it.
            deadline: of the request.

        Raises:
            InputError: a name is no code, or a text is to be identified and py3langid is not installed.
        """
        lacking = [text for text, lang in zip(texts, named, strict=True) if not is_named(lang)]
        found = iter(self.identified(lacking, deadline))
        codes = []
        for lang in named:
            if lang is not None and is_named(lang):
                codes.append(self.normal(lang))
            else:
                code, confidence = next(found)
                codes.append(code if confidence >= MIN_CONFIDENCE else UNKNOWN)
        return codes

    def identified(self, texts: Sequence[str], deadline: Deadline) -> list[tuple[str, float]]:
        """Identify the language of each text, spelled as the model does, with the confidence; ``("und", 0.0)`` if none.

        Raises:
            InputError: there is a text, and py3langid is not installed.
        """
        from gloctm.text.identification import identify_expected

        found = []
        for text in texts:
            deadline.check()
            with self._identifying:
                try:
                    [(code, confidence)] = identify_expected([text], self._model.languages_)
                except MissingDependencyError:
                    raise InputError(
                        "the server can't identify languages without py3langid: name the language of each document "
                        "by lang"
                    ) from None
            found.append((known_spelling(code, self._model.languages_), confidence))
        return found

    def tokenizer(self, code: str, deadline: Deadline) -> CheckedTokenizer:
        """Return the tokenizer of a language, trained or not."""
        tokenizer = self._model.tokenizer(code)
        base = tokenizer.name.partition("+")[0]
        lock = None if base in _SHARED else self._locks.setdefault(base, threading.Lock())
        return CheckedTokenizer(tokenizer, lock, deadline)


def _is_script(code: str) -> bool:
    """Return whether ISO 15924 has a script."""
    from langcodes.data_dicts import ALL_SCRIPTS

    return code.title() in ALL_SCRIPTS

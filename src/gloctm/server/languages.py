"""Languages that requests name or that are found out, and the tools for their texts; all of it bounded."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gloctm.corpus.options import MIN_CONFIDENCE
from gloctm.errors import InputError, MissingDependencyError
from gloctm.languages import known_spelling, normalize_language, without_region
from gloctm.reading.sources import UNIDENTIFIED
from gloctm.server.work import Deadline
from gloctm.summary.names import name_of_language
from gloctm.text import Tokenizer

if TYPE_CHECKING:
    from gloctm.model.model import TopicModel

#: What stands for a language that could not be told.
UNKNOWN = "und"
#: Languages of three letters with a script that are remembered. Libraries keep every code that they meet, and of these
#: there are more than memory has room for; all others together are 59,020, some 80 MB.
MOST_SCRIPTS = 500
#: Tokenisers of languages not trained on that are kept; the one longest not used is forgotten first.
MOST_TOKENIZERS = 50
# No code with language, script and region is longer, by far.
_LONGEST_CODE = 100
# Language, script, region, and the rest, which tells nothing about how a text is read.
_CODE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?(?:-(?![a-z]{3}(?:-|$))[a-z0-9]{1,8})*")
# Regions that write a language in another script than most who write it.
_SCRIPT_OF_REGION = {
    **dict.fromkeys(("zh-tw", "zh-hk", "zh-mo"), "hant"),
    **dict.fromkeys(("az-iq", "az-ir", "kk-cn", "ky-cn", "pa-pk", "tg-pk", "uz-af"), "arab"),
    **dict.fromkeys(("ky-tr", "sr-me", "sr-ro", "sr-tr"), "latn"),
}
# Those that any number of threads may use at once.
_SHARED = ("unicode", "whitespace")


def is_named(lang: str | None) -> bool:
    """Whether a language is named, rather than left to be identified."""
    return lang is not None and lang.strip().lower() not in UNIDENTIFIED


def called(code: str) -> str:
    """A language as sentences call it: ``German (de)``."""
    name = name_of_language(code)
    return name if name == code else f"{name} ({code})"


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

    def __init__(self, model: TopicModel) -> None:
        self._model = model
        self._own = {code.lower(): code for code in model.languages_}
        # What each form means, None where it is no code. Those without a script are few enough.
        self._meanings: dict[str, str | None] = {}
        self._scripts = 0
        self._own_tokenizers: dict[str, Tokenizer] = {}
        self._tokenizers: OrderedDict[str, Tokenizer] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}
        self._naming = threading.Lock()
        self._making = threading.Lock()
        self._identifying = threading.Lock()

    def normal(self, spelling: str) -> str:
        """A code in its normal form: the model's own where it is one of its languages, else language and script.

        Raises:
            InputError: it is none, or more scripts of rare languages have been asked for than are remembered.
        """
        text = spelling.strip().lower().replace("_", "-")
        if text in self._own:
            return self._own[text]
        found = _CODE.fullmatch(text) if len(text) <= _LONGEST_CODE else None
        if found is None:
            raise _no_code(spelling)
        language, script, region = found.groups()
        # The model's own may have a region, and be followed by what says nothing here.
        if (own := "-".join(filter(None, (language, script, region)))) in self._own:
            return self._own[own]
        script = script or _SCRIPT_OF_REGION.get(f"{language}-{region}")
        form = f"{language}-{script}" if script else language
        if script is not None and not (_is_script(script) and self._is_known(language)):
            raise _no_code(spelling)
        meaning = self._meaning(form, is_rare=script is not None and len(language) == 3)
        if meaning is None:
            raise _no_code(spelling)
        # A script that goes without saying has been dropped.
        return self._own.get(meaning.lower(), meaning)

    def _is_known(self, language: str) -> bool:
        return self._meaning(language, is_rare=False) is not None

    def _meaning(self, form: str, *, is_rare: bool) -> str | None:
        with self._naming:
            if form not in self._meanings:
                if is_rare:
                    if self._scripts >= MOST_SCRIPTS:
                        raise InputError(
                            f"{form!r} is one script more than the server deals with: name the language alone"
                        )
                    self._scripts += 1
                try:
                    self._meanings[form] = without_region(normalize_language(form))
                except InputError:
                    self._meanings[form] = None
            return self._meanings[form]

    def of_texts(self, texts: Sequence[str], named: Sequence[str | None], deadline: Deadline) -> list[str]:
        """The language of each text, ``und`` where it can't be told.

        Args:
            texts: of any languages.
            named: the language of each as a request names it, None or ``auto`` for one to be identified.
            deadline: until when.

        Raises:
            InputError: a name that is no code, or what identifies languages is needed and not installed.
        """
        lacking = [text for text, lang in zip(texts, named, strict=True) if not is_named(lang)]
        found = iter(self.identified(lacking, deadline))
        codes = []
        for lang in named:
            if lang is not None and is_named(lang):
                codes.append(self.normal(lang))
                continue
            identified, confidence = next(found)
            codes.append(identified if confidence >= MIN_CONFIDENCE else UNKNOWN)
        return codes

    def identified(self, texts: Sequence[str], deadline: Deadline) -> list[tuple[str, float]]:
        """The language of each text, spelled as the model does, and how sure that is; ``("und", 0.0)`` if unknown.

        Raises:
            InputError: there is a text, and what identifies languages is not installed.
        """
        from gloctm.text.identification import identify_languages

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
        with self._making:
            kept = self._own_tokenizers if code in self._model.tokenizers_ else self._tokenizers
            tokenizer = kept.get(code)
            if tokenizer is None:
                tokenizer = kept[code] = self._model.tokenizer(code)
            if kept is self._tokenizers:
                self._tokenizers.move_to_end(code)
                if len(self._tokenizers) > MOST_TOKENIZERS:
                    self._tokenizers.popitem(last=False)
        base = tokenizer.name.partition("+")[0]
        lock = None if base in _SHARED else self._locks.setdefault(base, threading.Lock())
        return CheckedTokenizer(tokenizer, lock, deadline)


def _is_script(code: str) -> bool:
    """Whether ISO 15924 has it."""
    from langcodes.data_dicts import ALL_SCRIPTS

    return code.title() in ALL_SCRIPTS


def _no_code(spelling: str) -> InputError:
    return InputError(f"{spelling[:40]!r} is not a language code: use BCP-47, for example en, zh, pt-BR or zh-Hant")

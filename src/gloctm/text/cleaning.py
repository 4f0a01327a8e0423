"""What is done to a raw text before anything else: markup taken out, words that a line's end divides made whole.

A text is cleaned once, where it enters: what is tokenized, embedded and shown is the cleaned text. A model cleans new
texts as those that it was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from gloctm.errors import InputError
from gloctm.text.hyphens import line_end_hyphens, may_have_line_end_hyphens
from gloctm.text.markup import Edit, edited, entities, forum_tags, tags

if TYPE_CHECKING:
    from gloctm.text.tokenizers import Tokenizer

Markup = Literal["auto", "keep"]
MARKUP: tuple[Markup, ...] = ("auto", "keep")
# Texts that were escaped more than once, and tags that appear when others are gone.
_MOST_ROUNDS = 20


class CleanedText(NamedTuple):
    r"""A cleaned text.

    Attributes:
        text: what is left.
        markup: whether tags or entities were taken out.
        hyphens: how many words were made whole that the end of a line had divided.

    Examples:
        >>> clean_text("<b>Wirt-</b>\nschaft &amp; Kultur", "de")
        CleanedText(text='Wirtschaft & Kultur', markup=True, hyphens=1)
    """

    text: str
    markup: bool = False
    hyphens: int = 0


@dataclass(frozen=True)
class TracedText:
    """A cleaned text with the places that its characters came from.

    Attributes:
        text: as ``clean_text`` gives it.
        starts: per character, the start of its origin.
        ends: per character, the end of its origin.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def check_markup(markup: object) -> None:
    """Raise InputError unless this is a choice that ``clean_text`` has.

    Examples:
        >>> check_markup("auto")
    """
    if markup not in MARKUP:
        raise InputError(
            f"markup is {markup!r}: it must be 'auto', which takes tags and entities out of the texts, or 'keep'"
        )


def clean_text(text: str, language: str = "und", *, markup: Markup = "auto") -> CleanedText:
    r"""Take markup out of a text, and join words that are divided at the end of a line.

    Entities are decoded, also those escaped twice. Tags go with their attributes, comments, scripts and styles with
    their content; tags of forums ([b], [quote]) where one is closed. A text without any of it is returned as it is.

    Args:
        text: any text.
        language: a normalized code, for what follows hyphens that stay.
        markup: ``"keep"`` leaves tags and entities.

    Examples:
        >>> clean_text("5 &lt; 7 &amp;amp; <b>W</b>ort<br>next <3").text
        '5 < 7 & Wort\nnext <3'
    """
    if not may_change(text):
        return CleanedText(text)
    cleaned = _without_markup(text, None) if markup == "auto" else text
    hyphens = line_end_hyphens(cleaned, language)
    return CleanedText(edited(cleaned, hyphens), cleaned is not text, len(hyphens))


def trace_text(text: str, language: str = "und", *, markup: Markup = "auto") -> TracedText:
    """Clean a text and tell where each character came from.

    Examples:
        >>> trace_text("a&amp;b").starts
        [0, 1, 6]
    """
    origin = (list(range(len(text))), list(range(1, len(text) + 1)))
    if markup == "auto":
        text = _without_markup(text, origin)
    hyphens = line_end_hyphens(text, language)
    _move(origin, hyphens)
    return TracedText(edited(text, hyphens), *origin)


def without_markup(text: str) -> str:
    """Return a text without tags and entities; the same object where it has none.

    Examples:
        >>> without_markup("Fish &amp; <i>chips</i>")
        'Fish & chips'
    """
    return _without_markup(text, None)


class CleaningTokenizer:
    """A tokenizer that cleans each text first.

    Args:
        tokenizer: of the cleaned texts; its name is kept.
        language: of the texts, a normalized code.
        markup: see ``clean_text``.

    Examples:
        >>> from gloctm.text import get_tokenizer
        >>> CleaningTokenizer(get_tokenizer("en"), "en", "auto")("the <i>red</i> car")
        ['the', 'red', 'car']
    """

    def __init__(self, tokenizer: Tokenizer, language: str, markup: Markup) -> None:
        self.name = tokenizer.name
        self._tokenizer = tokenizer
        self._language = language
        self._markup = markup

    def __call__(self, text: str) -> list[str]:
        """Return the words of the cleaned text, in order."""
        if may_change(text):
            text = clean_text(text, self._language, markup=self._markup).text
        return self._tokenizer(text)


def may_change(text: str) -> bool:
    """Return False, quickly, for a text that needs no cleaning.

    Examples:
        >>> may_change("a plain text"), may_change("a &lt; b")
        (False, True)
    """
    # One character is sought several times faster than two.
    if "<" in text or "&" in text or "[" in text or "]" in text:
        return True
    if not ("\n" in text or "\r" in text or "\f" in text or "\v" in text or "\u2028" in text):
        return False
    return may_have_line_end_hyphens(text)


def _without_markup(text: str, origin: tuple[list[int], list[int]] | None) -> str:
    for _ in range(_MOST_ROUNDS):
        before = text
        for find in (entities, tags, forum_tags):
            if edits := find(text):
                text = edited(text, edits)
                if origin is not None:
                    _move(origin, edits)
        if text is before:
            break
    return text


def _move(origin: tuple[list[int], list[int]], edits: list[Edit]) -> None:
    """Bring the places of characters along with edits of the text."""
    for places, at_end in zip(origin, (False, True), strict=True):
        moved: list[int] = []
        position = 0
        for start, end, replacement in edits:
            moved += places[position:start]
            moved += [places[end - 1 if at_end else start]] * len(replacement)
            position = end
        places[:] = moved + places[position:]

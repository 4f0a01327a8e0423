"""Dictionary forms of words, by simplemma."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from gloctm.errors import InputError, import_optional
from gloctm.languages import primary_subtag
from gloctm.text.normalization import normalize_text
from gloctm.text.patterns import compiled

# The languages of simplemma that have a code in BCP-47, by the code it has for them.
_LISTED_AS = {
    "bs": "hbs",
    "cnr": "hbs",
    "hr": "hbs",
    "sh": "hbs",
    "sr": "hbs",
    "no": "nb",
    "fil": "tl",
    "arb": "ar",
    "pes": "fa",
    "prs": "fa",
    "zsm": "ms",
    "ekk": "et",
    "lvs": "lv",
}
# Languages that write nouns with a capital, which their dictionaries tell them by.
_CAPITAL_NOUNS = frozenset({"de", "lb"})
_SIMPLEMMA = (
    "ar ast bg ca cs cy da de el en enm eo es et fa fi fr ga gd gl grc gv he hi hu hy id is it ka la lb lt lv mk ml ms "
    "nb nl nn pl pt ro ru se sk sl sq sv sw tl tr uk"
)
LEMMA_LANGUAGES = frozenset(_SIMPLEMMA.split()).union(_LISTED_AS)


_WORD = r"\p{L}[\p{L}\p{M}'\u200c]+"


def check_lemmas(language: str) -> None:
    """Make sure that there are lemmas for a language.

    Raises:
        InputError: simplemma has none.
        MissingDependencyError: simplemma is not installed.
    """
    if primary_subtag(language) not in LEMMA_LANGUAGES:
        raise InputError(
            f"there are no lemmas for {language!r}: leave them out for it, or give a tokenizer of your own; "
            f"simplemma has {', '.join(sorted(LEMMA_LANGUAGES))}"
        )
    _lemmatizer()


def lemma_of(word: str, language: str) -> str:
    """Return the dictionary form of a normalized word; the word itself where the form is unknown, or is not one word.

    Args:
        word: as the tokenizer of its language gives it.
        language: one for which ``check_lemmas`` finds lemmas.
    """
    # No dictionary has words as long, and a cache of them would take all memory.
    return _looked_up(word, language) if len(word) < 64 else word


@lru_cache(maxsize=1 << 18)
def _looked_up(word: str, language: str) -> str:
    code = primary_subtag(language)
    found = _lemmatizer()(word, _LISTED_AS.get(code, code))
    if code in _CAPITAL_NOUNS and found in (f"{word}n", f"{word}en", f"{word.removesuffix('e')}en"):
        # In lower case, German "haus" is mistaken for a form of the verb "hausen".
        noun = _lemmatizer()(word.capitalize(), code)
        found = noun if noun[:1].isupper() else found
    lemma = normalize_text(found, language)
    return lemma if compiled(_WORD).fullmatch(lemma) else word


@lru_cache(maxsize=1)
def _lemmatizer() -> Callable[[str, str], str]:
    simplemma = import_optional("simplemma", "Bringing words to their dictionary form", "simplemma")

    def lemmatize(word: str, code: str) -> str:
        return str(simplemma.lemmatize(word, lang=code))

    return lemmatize

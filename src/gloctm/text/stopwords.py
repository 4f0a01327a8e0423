"""Stop words by language: the words of closed classes, in lists of one file per language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from gloctm.languages import likely_script, normalize_language, primary_subtag
from gloctm.text.folding import fold_word
from gloctm.text.lemmas import check_lemmas, lemma_of
from gloctm.text.normalization import normalize_text
from gloctm.text.unicode import words_of

LISTS = Path(__file__).parent / "stop_word_lists"
# Languages that have the lists of others: those of a macrolanguage, its name, or what is the same in these words.
_LISTED_AS = {
    **dict.fromkeys(("bs", "cnr", "hbs", "hr", "sh", "sr"), ("sh",)),
    **dict.fromkeys(("cmn", "gan", "hsn", "wuu"), ("zh",)),
    "yue": ("zh", "yue"),
    "no": ("nb", "nn"),
    "fil": ("tl",),
    "arb": ("ar",),
    "pes": ("fa",),
    "prs": ("fa",),
    "zsm": ("ms",),
    "ekk": ("et",),
    "lvs": ("lv",),
    "swh": ("sw",),
    "als": ("sq",),
    "azj": ("az",),
    "ydd": ("yi",),
}


@lru_cache(maxsize=128)
def stop_words(language: str, *, lemmas: bool = False, fold: bool = False) -> frozenset[str]:
    """Return the stop words of a language, in the tokenizers' normal form; empty where there is no list.

    A word with an apostrophe is there as it is and as the tokenizer leaves it (he's and he). Chinese words are there in
    simplified and traditional characters, Serbian and Croatian ones in Latin and Cyrillic letters.

    Args:
        language: a code, BCP-47.
        lemmas: add the dictionary form of each word, as ``get_tokenizer(language, lemmas=True)`` gives it.
        fold: add the folded form of each word, as ``get_tokenizer(language, fold=True)`` gives it.

    Raises:
        InputError: no such language, or no lemmas for it.
        MissingDependencyError: lemmas without simplemma.

    Example:
        >>> sorted(stop_words("de") & {"der", "haus", "und"})
        ['der', 'und']
    """
    code = normalize_language(language)
    listed = frozenset[str]().union(*stop_word_classes(code).values())
    words = {form for word in listed for form in _as_cut(word, primary_subtag(code))}
    if lemmas and primary_subtag(code) not in {"ja", "ko"}:
        check_lemmas(code)
        words.update([lemma_of(word, code) for word in words])
    if fold:
        words.update([fold_word(word, code) for word in words])
    return frozenset(words)


@lru_cache(maxsize=128)
def stop_word_classes(language: str) -> dict[str, frozenset[str]]:
    """Return the stop words of a language by class of words; empty where there is no list.

    The classes are the same for every language, as far as it has them: ``determiners`` (articles and quantifiers among
    them), ``pronouns``, ``prepositions`` (postpositions and case particles too), ``conjunctions``, ``verbs``
    (auxiliary, modal and light ones), ``particles``, ``adverbs`` (of place, time, degree and connection) and
    ``numbers`` (up to ten). A word of several classes is in the first.

    Args:
        language: a code, BCP-47.

    Raises:
        InputError: no such language.

    Example:
        >>> "aber" in stop_word_classes("de")["conjunctions"]
        True
    """
    code = normalize_language(language)
    classes: dict[str, set[str]] = {}
    for name in _lists_of(code):
        for word_class, words in read_list(name).items():
            classes.setdefault(word_class, set()).update(normalize_text(word, code) for word in words)
    return {word_class: frozenset(words) for word_class, words in classes.items()}


def stop_word_languages() -> tuple[str, ...]:
    """Return the codes of all languages that have a list of stop words.

    Example:
        >>> len(stop_word_languages()) > 70
        True
    """
    return tuple(sorted({path.stem for path in LISTS.glob("*.txt")}.union(_LISTED_AS, ("ku",)) - {"ydd"}))


def changes_of_list(language: str, stopped: frozenset[str]) -> dict[str, list[str]]:
    """Return how stop words differ from the list of a language: ``added`` and ``kept`` words, where there are any."""
    usual = stop_words(language)
    changes = {"added": sorted(stopped - usual), "kept": sorted(usual - stopped)}
    return {name: words for name, words in changes.items() if words}


def stop_words_with(language: str, changes: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Return the list of a language with changes as ``changes_of_list`` returns them."""
    return stop_words(language).union(changes.get("added", ())).difference(changes.get("kept", ()))


@lru_cache(maxsize=8)
def read_list(name: str) -> dict[str, list[str]]:
    """Return the words of a list as it is written, by class."""
    classes: dict[str, list[str]] = {}
    words: list[str] = []
    for line in (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            word_class, _, line = line.partition(":")
            words = classes.setdefault(word_class, [])
        words.extend(line.split())
    return classes


def _lists_of(code: str) -> Iterable[str]:
    """Return the lists that hold the words of a normalized code."""
    primary = primary_subtag(code)
    if primary == "ku":
        # Sorani is written in Arabic letters, Kurmanji in Latin ones.
        return ("ckb",) if likely_script(code) == "Arab" else ("kmr",)
    names = _LISTED_AS.get(primary, (primary,))
    return [name for name in names if (LISTS / f"{name}.txt").exists()]


def _as_cut(word: str, code: str) -> list[str]:
    """Return a stop word as it is and as the tokenizer leaves it; nothing for several words, such as celui-ci."""
    if "-" in word:
        return []
    cut = words_of(word, code)
    if "'" in word:
        return [word, *cut]
    return [word] if len(cut) < 2 else []

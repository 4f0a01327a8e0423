"""Stop words by language, from the stopwords-iso collection."""

from __future__ import annotations

from functools import lru_cache

from gloctm.languages import normalize_language, primary_subtag
from gloctm.text.chinese import conversion_of, converted, is_traditional
from gloctm.text.lemmas import check_lemmas, lemma_of
from gloctm.text.more_stopwords import MORE
from gloctm.text.normalization import normalize_text
from gloctm.text.unicode import words_of

# Languages that the collection has under another code: that of their macrolanguage, or an older one.
_LISTED_AS = {
    "cmn": "zh",
    "yue": "zh",
    "wuu": "zh",
    "gan": "zh",
    "hsn": "zh",
    "nb": "no",
    "nn": "no",
    "fil": "tl",
    "arb": "ar",
    "pes": "fa",
    "prs": "fa",
    "zsm": "ms",
    "ekk": "et",
    "lvs": "lv",
    "swh": "sw",
    "kmr": "ku",
}


@lru_cache(maxsize=128)
def stop_words(language: str, *, lemmas: bool = False) -> frozenset[str]:
    """Return the stop words of a language, in the tokenizers' normal form; empty where the collection has none.

    A word with an apostrophe is there as it is and as the tokenizer leaves it (he's and he). Chinese in traditional
    characters has the words of the collection, which are simplified, in those of Taiwan and Hong Kong too.

    Args:
        language: a code, BCP-47.
        lemmas: add the dictionary form of each word, as ``get_tokenizer(language, lemmas=True)`` gives it.

    Raises:
        InputError: no such language, or no lemmas for it.
        MissingDependencyError: traditional Chinese without OpenCC, or lemmas without simplemma.

    Example:
        >>> sorted(stop_words("de") & {"der", "haus", "und"})
        ['der', 'und']
    """
    import stopwordsiso

    code = normalize_language(language)
    primary = primary_subtag(code)
    known = (primary, _LISTED_AS.get(primary))
    listed = next((each for each in known if each and stopwordsiso.has_lang(each)), None)
    raw = set(stopwordsiso.stopwords(listed)) if listed is not None else set()
    if primary == "el":
        # The collection has the sign for a difference where it means a delta.
        raw = {word.replace("\u2206", "δ") for word in raw}
    words = {normalize_text(word, code) for word in raw}
    words.update(*(_as_cut(word, primary) for word in words))
    words.update(normalize_text(word, code) for each in known if each for word in MORE.get(each, "").split())
    if listed == "zh" and is_traditional(code):
        kinds = {conversion_of(region, "traditional") for region in ("zh-TW", "zh-HK")}
        words.update([converted(word, kind) for kind in kinds for word in words])
    if lemmas and primary not in {"ja", "ko"}:
        check_lemmas(code)
        words.update([lemma_of(word, code) for word in words if not word.isspace()])
    return frozenset(words)


def _as_cut(word: str, code: str) -> list[str]:
    """Return what the tokenizer makes of a stop word, unless it is several words: of semata-mata, mata is none."""
    cut = words_of(word, code)
    return cut if len(cut) == 1 or "'" in word else []

"""Stop words by language, from the stopwords-iso collection."""

from __future__ import annotations

from functools import lru_cache

from gloctm.languages import normalize_language, primary_subtag

# Light verbs and fillers that a dictionary-form Japanese tokeniser brings out and the collection lacks.
_MORE = {
    "ja": (
        "する",
        "なる",
        "いる",
        "ある",
        "やる",
        "できる",
        "言う",
        "いう",
        "思う",
        "こと",
        "もの",
        "ため",
        "よう",
        "とき",
        "ところ",
        "さん",
        "これ",
        "それ",
    ),
}
# Languages that the collection has under another code: that of their macrolanguage, or an older one.
_LISTED_AS = {"cmn": "zh", "yue": "zh", "nb": "no", "nn": "no", "fil": "tl", "arb": "ar", "pes": "fa", "zsm": "ms"}


@lru_cache(maxsize=128)
def stop_words(language: str) -> frozenset[str]:
    """The stop words of a language, in the tokenisers' normal form; empty where the collection has none."""
    import stopwordsiso

    from gloctm.text.tokenizers import normalize_text

    code = primary_subtag(normalize_language(language))
    listed = next((each for each in (code, _LISTED_AS.get(code)) if each and stopwordsiso.has_lang(each)), None)
    words = stopwordsiso.stopwords(listed) if listed is not None else set()
    return frozenset(normalize_text(word) for word in [*words, *_MORE.get(code, ())])

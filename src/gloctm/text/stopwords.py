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


@lru_cache(maxsize=128)
def stop_words(language: str) -> frozenset[str]:
    """The stop words of a language, in the tokenisers' normal form; empty where the collection has none."""
    import stopwordsiso

    from gloctm.text.tokenizers import normalize_text

    code = primary_subtag(normalize_language(language))
    words = stopwordsiso.stopwords(code) if stopwordsiso.has_lang(code) else set()
    return frozenset(normalize_text(word) for word in [*words, *_MORE.get(code, ())])

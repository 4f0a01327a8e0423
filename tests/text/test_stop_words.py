"""Stop words: of every language function words, and of none content words."""

import unicodedata
from pathlib import Path

import pytest

from gloctm.errors import InputError
from gloctm.text import normalize_text, stop_word_classes, stop_word_languages, stop_words
from gloctm.text.stopwords import LISTS, read_list

DATA = Path(__file__).parent.parent / "data" / "stop_words"
CLASSES = ["determiners", "pronouns", "prepositions", "conjunctions", "verbs", "particles", "adverbs", "numbers"]
# The letters of each list that is not in Latin ones.
SCRIPTS = {
    **dict.fromkeys(["be", "bg", "mk", "ru", "uk", "kk"], "CYRILLIC"),
    **dict.fromkeys(["ar", "ckb", "fa", "ur"], "ARABIC"),
    **{"bn": "BENGALI", "el": "GREEK", "gu": "GUJARATI", "he": "HEBREW", "hi": "DEVANAGARI", "hy": "ARMENIAN"},
    **{"ka": "GEORGIAN", "ko": "HANGUL", "mr": "DEVANAGARI", "pa": "GURMUKHI", "ta": "TAMIL", "te": "TELUGU"},
    **{
        "th": "THAI",
        "zh": "CJK",
        "yue": "CJK",
        "ja": ("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC"),
        "sh": ("LATIN", "CYRILLIC"),
    },
}


def words_of_file(name: str) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    code = ""
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if not line.startswith(" "):
            code, _, line = line.partition(":")
        words.setdefault(code, []).extend(line.split())
    return words


NOUNS = words_of_file("nouns.txt")
FUNCTION_WORDS = words_of_file("function_words.txt")


@pytest.mark.parametrize("language", NOUNS)
def test_no_content_word_is_stopped(language):
    nouns = {normalize_text(word, language) for word in NOUNS[language]}
    assert len(nouns) == 200
    assert nouns & stop_words(language) == set()


@pytest.mark.parametrize("language", FUNCTION_WORDS)
def test_function_words_are_stopped(language):
    words = {normalize_text(word, language) for word in FUNCTION_WORDS[language]}
    assert len(words) >= 60
    assert words - stop_words(language) == set()


def test_many_languages_have_both_lists():
    assert NOUNS.keys() == FUNCTION_WORDS.keys()
    assert len(NOUNS) >= 15


@pytest.mark.parametrize("name", sorted(path.stem for path in LISTS.glob("*.txt")))
def test_lists_are_clean(name):
    classes = read_list(name)
    words = [word for listed in classes.values() for word in listed]
    assert set(classes) <= set(CLASSES)
    # Yoruba and others have no more; none is so short that topics would fill with function words.
    assert len(words) == len(set(words)) >= 100
    allowed = SCRIPTS.get(name, "LATIN")
    for word in words:
        for sign in word:
            if sign in "'’-\u200c·":
                continue
            kind = unicodedata.category(sign)
            assert kind[0] in "LM" or sign == "〇", (word, sign)
            assert kind[0] == "M" or kind == "Lm" or unicodedata.name(sign).startswith(allowed), (word, sign)


def test_languages_with_a_list():
    languages = stop_word_languages()
    assert len(languages) > 70
    assert list(languages) == sorted(languages)
    for language in languages:
        listed = stop_words(language)
        assert len(listed) >= 100
        assert all(word == normalize_text(word, language) for word in listed)
        assert not any(" " in word or "-" in word for word in listed)


def test_classes_hold_the_list():
    classes = stop_word_classes("de-AT")
    assert list(classes) == CLASSES
    assert "und" in classes["conjunctions"]
    assert frozenset().union(*classes.values()) <= stop_words("de")
    assert stop_word_classes("to") == {}
    with pytest.raises(InputError):
        stop_word_classes("no such language")


@pytest.mark.parametrize(
    ("language", "has", "lacks"),
    [
        # Sorani is written in Arabic letters, Kurmanji in Latin ones.
        ("ckb", "لەگەڵ ئێمە", "ji bi"),
        ("ku-Arab", "لەگەڵ ئێمە", "ji bi"),
        ("ku", "ji bi", "لەگەڵ ئێمە"),
        ("kmr", "ji bi", "لەگەڵ ئێمە"),
        ("sr", "који је koji", "ljudi"),
        ("hr", "koji što", "људи"),
        ("bs", "koji šta", ""),
        ("nb", "ikke jeg", "ikkje eg"),
        ("nn", "ikkje eg", "ikke jeg"),
        ("no", "ikke ikkje jeg eg", ""),
        ("ms", "kerana iaitu", "karena malaysia"),
        ("id", "karena yaitu", "kerana"),
        ("zh", "为什么 為什麼 这 這", "为战"),
        ("zh-Hant", "为什么 為什麼 这 這 説 說", ""),
        ("yue", "嘅 佢 因為 因为", ""),
        ("mk", "дека што", ""),
        ("sq", "dhe është", ""),
        ("is", "ekki það", ""),
        ("ka", "და არის", ""),
        ("pt-BR", "não você", ""),
    ],
)
def test_each_language_has_its_own_words(language, has, lacks):
    listed = stop_words(language)
    assert set(has.split()) <= listed
    assert not set(lacks.split()) & listed

"""Tokenizers, stop words, vocabulary and counts."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gloctm.errors import InputError
from gloctm.text import (
    CustomTokenizer,
    Tokenizer,
    as_tokenizer,
    build_vocabulary,
    count_tokens,
    get_tokenizer,
    get_tokenizer_by_name,
    is_built_in,
    stop_words,
)
from gloctm.text.normalization import normalize_text
from gloctm.text.unicode import UnicodeTokenizer

NAMES = ("unicode", "zh-jieba", "ja-sudachi", "ko-kiwi", "th-newmm", "whitespace")
TOKENIZERS = {name: get_tokenizer_by_name(name, "en") for name in NAMES}

any_text = st.text(st.characters(codec=None, exclude_categories=()))
documents = st.lists(st.lists(st.sampled_from([*"abcdefä火", "\ud800"]), max_size=8), max_size=8)

GOLDEN = [
    pytest.param("en", "Don't panic: we’re at O'Neill's 'pub'.", ["don't", "panic", "we're", "at", "o'neill", "pub"]),
    pytest.param("en-GB", "The dog’s bone, James's book; a's", ["the", "dog", "bone", "james", "book"]),
    pytest.param("en", "See https://example.com/a?b=c#d or www.foo.org/x, please", ["see", "or", "please"]),
    pytest.param("en", "Mail me@example.co.uk (you@there.org) now", ["mail", "now"]),
    pytest.param("en", "Thanks @some_user and @Other!", ["thanks", "and"]),
    pytest.param("en", "In 2024, 3.14 of 42 were 2nd; B2B is 1,000", ["in", "of", "were", "2nd", "b2b", "is"]),
    pytest.param("en", "I saw a x-ray by J. Doe", ["saw", "ray", "by", "doe"]),
    pytest.param("en", "The ﬁrst ＷＩＤＥ café", ["the", "first", "wide", "café"]),
    pytest.param("en", "cafe\u0301 CAFÉ", ["café", "café"]),
    pytest.param("en", "snake_case and #hashtag", ["snake", "case", "and", "hashtag"]),
    pytest.param(
        "de",
        "Die Straße in München war größer, Fußball-Weltmeisterschaft!",
        ["die", "straße", "in", "münchen", "war", "größer", "fußball", "weltmeisterschaft"],
    ),
    pytest.param(
        "es",
        "¿Cómo está el niño? ¡Comió piñas y un pingüino en Cádiz!",
        ["cómo", "está", "el", "niño", "comió", "piñas", "un", "pingüino", "en", "cádiz"],
    ),
    # The possessive 's is English; elsewhere it is part of the word.
    pytest.param("nl", "Foto's van baby's: 's avonds", ["foto's", "van", "baby's", "avonds"]),
    pytest.param("de", "Wie geht's? Andrea's Kiosk", ["wie", "geht's", "andrea's", "kiosk"]),
    pytest.param("und", "it's", ["it's"]),
    # A syllable of Hangul and an ideograph can be a word, a letter can't.
    pytest.param("ko", "집 앞 꽃, 물 A b ㅋ 책을 읽다", ["집", "앞", "꽃", "물", "책", "읽다"]),
    pytest.param("en", "the 水 element, a I x é 1", ["the", "水", "element"]),
    pytest.param(
        "ru",
        "Ёлка стоит в Москве, и её любят; кое-что ещё.",
        ["ёлка", "стоит", "москве", "её", "любят", "кое", "что", "ещё"],
    ),
    pytest.param("ar", "ذهب الولدُ إلى المدرسة، و قرأ كتابًا.", ["ذهب", "الولد", "إلى", "المدرسة", "قرأ", "كتابا"]),
    pytest.param(
        "hi",
        "मैं हिन्दी में किताबें पढ़ता हूँ।",
        # ढ़ is written as a letter and a mark after NFKC.
        ["मैं", "हिन्दी", "में", "किताबें", normalize_text("पढ़ता"), "हूँ"],
    ),
    # A joiner stays within a word, and at its end only after a combining mark (old spelling of Malayalam).
    pytest.param("fa", "کتاب\u200cها را می\u200cخوانم کتاب\u200c", ["کتاب\u200cها", "را", "می\u200cخوانم", "کتاب"]),
    pytest.param("ml", "അവന്\u200d വന്നു", ["അവന്\u200d", "വന്നു"]),
    pytest.param(
        "zh",
        "今天北京的天气很好，我们去公园看NBA比赛。A 3 ２０２４",
        ["今天", "北京", "的", "天气", "很", "好", "我们", "去", "公园", "看", "nba", "比赛"],
    ),
    pytest.param(
        "ja",
        "昨日は東京で天気予報を見て、美しい映画を三本楽しみました。コーヒーを飲む 2024 NASA",
        ["昨日", "東京", "天気予報", "美しい", "映画", "楽しむ", "コーヒー", "飲む", "nasa"],
    ),
]


@pytest.mark.parametrize(("language", "text", "words"), GOLDEN)
def test_golden_words(language, text, words):
    tokenizer = get_tokenizer(language) if language != "und" else UnicodeTokenizer()
    assert tokenizer(text) == words


@pytest.mark.parametrize("name", NAMES)
@given(text=any_text)
@example(text="\ud800")
@example(text="今日\udfffは天気\ud800がいい")
@example(text="a\x00b\x1fc\x85d\u2028e\ufeff")
@example(text="\u0301\u200d\u200c'")
@example(text="İ ﷺ ㍿ ㌀ ǅ ŉ")
@settings(deadline=None)
def test_no_text_is_too_strange(name, text):
    tokens = TOKENIZERS[name](text)
    assert all(isinstance(token, str) and token for token in tokens)


@given(text=any_text)
@settings(deadline=None)
def test_words_of_the_unicode_tokenizer_are_letters_and_marks(text):
    for token in TOKENIZERS["unicode"](text):
        assert len(token) > 1 or regex.fullmatch(r"[가-힣\p{Han}\p{Yi}\p{Tibetan}]", token)
        assert regex.fullmatch(r"[\p{L}0-9][\p{L}\p{M}0-9\u200c\u200d']*", token)
        assert regex.search(r"\p{L}", token)
        assert not token.endswith("'")


@given(text=st.text("a@. (", max_size=12))
@settings(deadline=None)
def test_addresses_and_mentions_are_left_out_of_words(text):
    # Written plainly, and too slow for long texts.
    address = regex.compile(r"\S+@\S+\.\S+|(?<!\w)@\w+")
    expected = [token for token in regex.findall(r"\p{L}+", address.sub(" ", text)) if len(token) > 1]
    assert TOKENIZERS["unicode"](text) == expected


@pytest.mark.parametrize("name", [name for name in NAMES if name != "whitespace"])
def test_a_lone_surrogate_separates_words(name):
    assert TOKENIZERS[name]("music\ud83dweather") == ["music", "weather"]


def test_one_megabyte_of_japanese():
    sentence = "昨日は天気がよかったので、公園へ行きました。"
    times = 1_000_000 // len(sentence.encode()) + 1
    assert TOKENIZERS["ja-sudachi"](sentence * times) == TOKENIZERS["ja-sudachi"](sentence) * times


@pytest.mark.parametrize("text", ["東京" * 20_000, "\U00020000" * 30_000, "ﷺ" * 2_000])
def test_long_japanese_without_a_mark_to_cut_at(text):
    tokens = TOKENIZERS["ja-sudachi"](text)
    assert set("".join(tokens)) <= set(normalize_text(text))
    if "東" in text:
        assert "".join(tokens) == text


@pytest.mark.parametrize("text", ["ไม่มีช่องว่าง" * 20_000, "a" * 300_000, "a@" * 150_000, "@" * 300_000, "." * 300_000])
def test_long_text_without_spaces(text):
    """The time must not grow with the square of the length, or this would take minutes."""
    assert all(token in text for token in TOKENIZERS["unicode"](text))


def test_long_chinese_without_a_mark():
    assert "".join(TOKENIZERS["zh-jieba"]("我们喜欢音乐" * 20_000)) == "我们喜欢音乐" * 20_000


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("en", "unicode"),
        ("pt-BR", "unicode"),
        ("sr-Latn", "unicode"),
        ("zh", "zh-jieba"),
        ("zh-Hant", "zh-jieba"),
        ("zh-CN", "zh-jieba"),
        ("zh_tw", "zh-jieba"),
        ("cn", "zh-jieba"),
        ("yue", "zh-jieba"),
        ("ja", "ja-sudachi"),
        ("ja-JP", "ja-sudachi"),
        ("jp", "ja-sudachi"),
        ("ko", "ko-kiwi"),
        ("ko-KP", "ko-kiwi"),
        ("th", "th-newmm"),
        ("zh-Latn-pinyin", "unicode"),
        ("ja-Latn", "unicode"),
    ],
)
def test_tokenizer_of_a_language(code, name):
    tokenizer = get_tokenizer(code)
    assert isinstance(tokenizer, Tokenizer)
    assert tokenizer.name == name


def test_tokenizer_of_no_language():
    with pytest.raises(InputError, match="'xx' is not a language code"):
        get_tokenizer("xx")


@pytest.mark.parametrize("name", NAMES)
def test_tokenizer_by_name(name):
    tokenizer = get_tokenizer_by_name(name, "nl")
    assert tokenizer.name == name
    assert is_built_in(tokenizer)


def test_tokenizer_by_name_knows_the_language():
    for language, words in (("en", ["cat"]), ("en-US", ["cat"]), ("nl", ["cat's"])):
        assert get_tokenizer_by_name("unicode", language)("cat's") == words


def test_tokenizer_by_a_name_that_can_not_be_had():
    for name in ("custom", "my-tokenizer"):
        with pytest.raises(InputError) as caught:
            get_tokenizer_by_name(name, "zh-Hant")
        assert str(caught.value) == (
            f"the texts of 'zh-Hant' were cut by a tokenizer of your own ({name}): "
            "load the model with tokenizers={'zh-Hant': ...}, or give lists of words"
        )


def test_whitespace_tokenizer_changes_nothing():
    assert get_tokenizer_by_name("whitespace", "en")("Don't  STOP 3\tA\n") == ["Don't", "STOP", "3", "A"]


def test_a_callable_of_the_users_own():
    tokenizer = as_tokenizer(lambda text: text.split("|"))
    assert tokenizer.name == "custom"
    assert tokenizer("A b|c") == ["A b", "c"]
    assert as_tokenizer(tokenizer) is tokenizer
    assert not is_built_in(tokenizer)
    english = get_tokenizer("en")
    assert as_tokenizer(english) is english


class Named:
    """A tokenizer with a name of its own."""

    name = "named"

    def __call__(self, text):
        return text.split("|")


def test_a_tokenizer_with_a_name_of_its_own():
    tokenizer = Named()
    assert as_tokenizer(tokenizer) is tokenizer
    assert not is_built_in(tokenizer)


def test_a_tokenizer_that_bears_the_name_of_another():
    """The name alone would bring back the other one."""

    class Whitespace(Named):
        name = "whitespace"

    class Shouting(UnicodeTokenizer):
        def __call__(self, text):
            return [word.upper() for word in super().__call__(text)]

    for tokenizer, words in ((Whitespace(), ["ab", "cd"]), (Shouting(), ["AB", "CD"])):
        assert not is_built_in(tokenizer)
        own = as_tokenizer(tokenizer)
        assert own.name == "custom"
        assert not is_built_in(own)
        assert own("ab|cd") == words


def test_a_callable_that_gives_an_iterator():
    assert CustomTokenizer(lambda text: iter(text.split()))("a b") == ["a", "b"]


@pytest.mark.parametrize("result", ["one string", None, [1, 2], ["a", None]])
def test_a_callable_that_gives_no_words(result):
    with pytest.raises(InputError, match="it must give a list of words"):
        CustomTokenizer(lambda text: result)("text")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", {"the", "and", "don't"}),
        ("zh-Hant", {"的"}),
        ("cn", {"的"}),
        ("ja", {"する", "こと"}),
        ("de-AT", {"und"}),
        ("cmn", {"的", "我们"}),
        ("yue", {"的"}),
        ("nb", {"og", "ikke"}),
        ("no", {"og", "ikke"}),
        ("fil", {"ang", "mga"}),
        ("tl", {"ang", "mga"}),
    ],
)
def test_stop_words(code, words):
    assert words <= stop_words(code)


def test_stop_words_are_in_the_tokenizers_form():
    for language in ("en", "fr", "de", "tr"):
        assert all(word == normalize_text(word, language) for word in stop_words(language))


def test_no_stop_words_for_a_language_without_a_list():
    assert stop_words("to") == frozenset()


def test_vocabulary_by_document_frequency():
    texts = [["a", "a", "a", "b"], ["b", "c"], ["b", "d"], ["b", "c", "d", "d"]]
    assert build_vocabulary(texts, min_df=1, max_df=1) == ["a", "b", "c", "d"]
    # Repetitions within a document don't count.
    assert build_vocabulary(texts, min_df=2, max_df=1) == ["b", "c", "d"]
    assert build_vocabulary(texts, min_df=1, max_df=0.5) == ["a", "c", "d"]
    # Of words in equally many documents, the first in the alphabet.
    assert build_vocabulary(texts, min_df=1, max_df=1, max_size=2) == ["b", "c"]
    assert build_vocabulary(texts, min_df=1, max_df=1, max_size=None) == ["a", "b", "c", "d"]
    assert build_vocabulary(texts, min_df=1, max_df=1, stop_words=frozenset("bd")) == ["a", "c"]


def test_vocabulary_defaults():
    texts = [["often", "twice", "once"], ["often", "twice"], ["often"], []]
    assert build_vocabulary(texts) == ["twice"]


@pytest.mark.parametrize("percent", range(1, 100))
def test_maximal_share_is_inclusive(percent):
    texts = [["word"] if row < percent else [] for row in range(100)]
    assert build_vocabulary(texts, min_df=1, max_df=percent / 100) == ["word"]


def test_a_word_in_one_document_is_never_too_frequent():
    assert build_vocabulary([["a"], ["b"]], min_df=1, max_df=0.1) == ["a", "b"]


def test_vocabulary_of_nothing():
    assert build_vocabulary([]) == []
    assert build_vocabulary([[], []]) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_df": 0}, "min_df is 0: it must be at least 1"),
        ({"max_df": 0}, "max_df is 0: it must be a share"),
        ({"max_df": 1.5}, "max_df is 1.5: it must be a share"),
        ({"max_df": float("nan")}, "max_df is nan"),
        ({"max_size": 1}, "maximal vocabulary is 1"),
    ],
)
def test_vocabulary_settings_out_of_range(settings, message):
    with pytest.raises(InputError, match=message):
        build_vocabulary([["a"]], **settings)


@given(texts=documents, order=st.randoms(use_true_random=False), limit=st.integers(2, 5))
@settings(deadline=None)
def test_order_of_documents_has_no_influence_on_the_vocabulary(texts, order, limit):
    mixed = [order.sample(tokens, len(tokens)) for tokens in texts]
    order.shuffle(mixed)
    for min_df, max_df in itertools.product((1, 2), (0.4, 1.0)):
        chosen = {"min_df": min_df, "max_df": max_df, "max_size": limit}
        words = build_vocabulary(texts, **chosen)
        assert words == sorted(words)
        assert len(words) <= limit
        assert build_vocabulary(mixed, **chosen) == words


@given(texts=documents, words=st.lists(st.sampled_from([*"aceäx", "\ud800"]), unique=True))
@settings(deadline=None)
def test_counts_against_a_naive_count(texts, words):
    counts = count_tokens(iter(texts), words)
    expected = [[Counter(tokens)[word] for word in words] for tokens in texts]
    assert counts.shape == (len(texts), len(words))
    assert counts.dtype == np.int32
    assert counts.has_canonical_format
    np.testing.assert_array_equal(counts.toarray(), np.asarray(expected, int).reshape(counts.shape))
    assert (counts.data > 0).all()

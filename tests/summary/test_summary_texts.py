"""Texts of a summary: where words stand in them, which part is shown, which documents are typical."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.corpus import LanguageCorpus
from gloctm.summary.documents import typical_documents
from gloctm.summary.excerpts import ELLIPSIS, excerpt, in_utf16
from gloctm.text import get_tokenizer, normalize_text
from gloctm.text.places import LONGEST_TEXT, Place, finder_of


def found(language: str, text: str, words: Sequence[str], name: str | None = None) -> list[tuple[str, str]]:
    """Each word found with the piece of the text where it stands."""
    find = finder_of(language, name or get_tokenizer(language).name, words, None)
    assert find is not None
    return [(place.word, text[place.start : place.end]) for place in find(text)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Rain, RAIN and raincoats.", {"rain": ["Rain", "RAIN"], "raincoats": ["raincoats"]}),
        ("en", "The storm’s rain-soaked (wind)!", {"storm": ["storm"], "rain": ["rain"], "wind": ["wind"]}),
        ("en", "See https://rain.com or rain@rain.com, @rain: rain", {"rain": ["rain"]}),
        ("en", "ﬁre x\u00adylo\u00adphone", {"fire": ["ﬁre"], "xylophone": ["x\u00adylo\u00adphone"]}),
        ("de", "Größe! GRÖßE (Gro\u0308ße)", {"größe": ["Größe", "GRÖßE", "Gro\u0308ße"]}),
        ("fr", "L’école d'été, l'Homme", {"école": ["école"], "été": ["été"], "homme": ["Homme"]}),
        ("tr", "İSTANBUL'da IŞIK", {"istanbul": ["İSTANBUL"], "ışık": ["IŞIK"]}),
        ("el", "ΟΔΟΣ οδός", {"οδος": ["ΟΔΟΣ"], "οδός": ["οδός"]}),
        ("ar", "الكِتَاب والقـــلم", {"الكتاب": ["الكِتَاب"], "والقلم": ["والقـــلم"]}),
        ("he", 'צה"ל בְּרֵאשִׁית', {"צה״ל": ['צה"ל'], "בראשית": ["בְּרֵאשִׁית"]}),
        ("hi", "हिन्दी में भाषा।", {"हिन्दी": ["हिन्दी"], "भाषा": ["भाषा"]}),
        ("zh", "今天北京下大雨。大雨过后！", {"北京": ["北京"], "大雨": ["大雨", "大雨"]}),
        ("zh-Hant", "臺北的頭髮很長", {"臺北": ["臺北"], "頭髮": ["頭髮"]}),
        ("ja", "雨が降り、また雪が降った。激しい風", {"雨": ["雨"], "降る": ["降", "降"], "風": ["風"]}),
        ("ja", "ＡＢＣの本を読んだ", {"abc": ["ＡＢＣ"], "本": ["本"], "読む": ["読"]}),
    ],
)
def test_words_are_found_where_they_stand(language, text, expected):
    places = found(language, text, list(expected))
    for word, pieces in expected.items():
        assert [piece for each, piece in places if each == word] == pieces


def test_korean_words_are_found_by_their_beginnings():
    pytest.importorskip("kiwipiepy")
    assert found("ko", "학교에서 밥을 먹었다", ["학교", "밥", "먹다"]) == [
        ("학교", "학교"),
        ("밥", "밥"),
        ("먹다", "먹"),
    ]


def test_thai_words_are_found():
    pytest.importorskip("pythainlp")
    assert found("th", "ฉันดื่มน้ำทุกวัน", ["น้ำ"]) == [("น้ำ", "น้ำ")]


def test_words_found_by_lemma_are_marked_as_they_are_written():
    pytest.importorskip("simplemma")
    assert found("de", "Die Häuser, zwei Haus-Katzen", ["haus", "katze"], "unicode+lemmas") == [
        ("haus", "Häuser"),
        ("haus", "Haus"),
        ("katze", "Katzen"),
    ]


def test_converted_characters_are_found():
    pytest.importorskip("opencc")
    assert found("zh", "我的頭髮", ["头发"], "zh-jieba+simplified") == [("头发", "頭髮")]


def test_phrases_are_found_as_one():
    words = ["new york", "york", "new"]
    assert found("en", "New\n  York, new York's York", words, "unicode+phrases") == [
        ("new york", "New\n  York"),
        ("new york", "new York"),
        ("york", "York"),
    ]


def test_texts_that_came_as_words_and_those_that_only_say_so():
    assert found("en", "covid-19 rain Rain,", ["covid-19", "rain", "covid"], "whitespace") == [
        ("covid-19", "covid-19"),
        ("rain", "rain"),
        ("rain", "Rain"),
    ]


def test_a_tokenizer_of_ones_own_is_used_if_it_is_at_hand():
    assert finder_of("en", "custom", ["Rain"], None) is None
    find = finder_of("en", "custom", ["Rain"], lambda text: text.strip(".").split())
    assert find("Mud. Rain falls.") == [Place("Rain", 5, 9)]


def test_a_book_is_looked_at_from_its_beginning():
    find = finder_of("en", "unicode", ["rain"], None)
    assert find("rain " + "x" * LONGEST_TEXT + " rain") == [Place("rain", 0, 4)]


WORDS = ["rain", "störm", "été", "北京", "雨", "дождь", "कमल"]
TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            [*WORDS, "RAIN", "Störm", "e\u0301te\u0301", "o'rain", "https://rain.de", "😀", "👩‍🚀", "\n", "'"]
        ),
        st.text(max_size=6),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(TEXT, st.sampled_from(["", " "]), st.sampled_from(["en", "fr", "zh", "und"]), st.integers(20, 60))
def test_marks_are_in_order_within_the_excerpt_and_spell_their_words(pieces, between, language, most):
    text = between.join(pieces)
    find = finder_of(language, get_tokenizer(language).name, WORDS, None)
    places = find(text)
    for place in places:
        assert place.word in WORDS
        assert place.word in normalize_text(text[place.start : place.end], language)
    shown, marks, cut = excerpt(text, [(place.start, place.end) for place in places], most)
    assert len(shown) <= most
    assert cut == (len(text) > most)
    assert shown.removeprefix(ELLIPSIS).removesuffix(ELLIPSIS) in text
    units = [shown.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end] for start, end in in_utf16(shown, marks)]
    spelled = [normalize_text(each.decode("utf-16-le", "surrogatepass"), language) for each in units]
    assert all(any(word in each for word in WORDS) for each in spelled)
    assert all(0 <= start < end <= len(shown) for start, end in marks)
    assert all(one[1] <= other[0] for one, other in pairwise(marks))


def test_the_part_with_the_most_marks_is_shown_from_space_to_space():
    text = "rain " + "mud " * 30 + "rain snow rain " + "mud " * 30
    starts = [at for at in range(len(text)) if text.startswith(("rain", "snow"), at)]
    shown, marks, cut = excerpt(text, [(start, start + 4) for start in starts], 40)
    assert cut
    assert shown == "…mud mud mud rain snow rain mud mud mud…"
    assert [shown[start:end] for start, end in marks] == ["rain", "snow", "rain"]


def test_a_text_without_marks_is_shown_from_its_beginning():
    assert excerpt("one two three four five six", [], 20) == ("one two three four…", [], True)
    assert excerpt("one two", [], 20) == ("one two", [], False)


def test_no_character_is_cut_in_two():
    family = "👩‍👩‍👧‍👦"
    for size in range(20, 40):
        shown, _, _ = excerpt("天" * 15 + family * 8, [], size)
        assert shown.strip(f"天{ELLIPSIS}").replace(family, "") == ""


def test_marks_count_as_javascript_does():
    assert in_utf16("😀 rain 𠮷", [(2, 6), (7, 8)]) == ((3, 7), (8, 10))
    assert in_utf16("é rain", [(2, 6)]) == ((2, 6),)


class CountedTexts(Sequence[str]):
    """Texts that remember which of them were read."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.read: list[int] = []

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, row):
        self.read.append(row)
        return self.texts[row]

    def __iter__(self):
        raise AssertionError("all texts are read")


def documents_of(texts, counts, **columns) -> LanguageCorpus:
    return LanguageCorpus(counts=sp.csr_array(np.asarray(counts)), vocabulary=["rain", "mud"], texts=texts, **columns)


def test_typical_documents_are_those_of_the_highest_proportion_each_text_once():
    texts = ["rain one", "rain  one\n", "rain two", "mud", "   ", "rain three"]
    part = documents_of(
        texts, [[1, 1]] * 6, ids=list("abcdef"), labels=["x", "x", "", "y", "y", "y"], dates=["2024"] + [""] * 5
    )
    theta = np.asarray([[0.9, 0.1], [0.95, 0.05], [0.8, 0.2], [0.1, 0.9], [0.99, 0.01], [0.8, 0.2]])
    find = finder_of("en", "unicode", part.vocabulary, None)
    first, second = typical_documents(part, np.arange(6), theta, [["rain"], ["mud"]], find, num_documents=3)
    assert [(document.id, document.text) for document in first] == [
        ("b", "rain  one"),
        ("c", "rain two"),
        ("f", "rain three"),
    ]
    assert [document.marks for document in first] == [((0, 4),)] * 3
    assert [(document.id, document.proportion, document.label, document.date) for document in second[:2]] == [
        ("d", 0.9, "y", None),
        ("c", 0.2, None, None),
    ]
    assert second[0].marks == ((0, 3),)
    assert second[1].marks == ()


def test_documents_of_hardly_any_word_are_not_typical():
    part = documents_of([f"text {row}" for row in range(4)], [[1, 0], [10, 5], [12, 5], [11, 0]])
    theta = np.asarray([[0.99], [0.5], [0.6], [0.4]])
    [found] = typical_documents(part, np.arange(4), theta, [["rain"]], None)
    assert [document.text for document in found] == ["text 2", "text 1", "text 3"]
    # In a corpus of short texts the median document is long enough.
    part = documents_of([f"text {row}" for row in range(4)], [[1, 0], [2, 1], [3, 0], [4, 0]])
    [found] = typical_documents(part, np.arange(4), theta, [["rain"]], None)
    assert [document.text for document in found] == ["text 2", "text 1", "text 3"]


def test_short_documents_of_a_topic_come_before_long_ones_that_are_hardly_of_it():
    long, short = [10, 10], [3, 2]
    part = documents_of(["long one", "long two", "short", "long three", "word"], [long, long, short, long, [1, 0]])
    theta = np.array([[0.2], [0.015], [0.705], [0.53], [0.9]])
    [found] = typical_documents(part, np.arange(5), theta, [["rain"]], None, num_topics=6)
    assert [(each.text, each.proportion) for each in found] == [
        ("short", 0.705),
        ("long three", 0.53),
        ("long one", 0.2),
    ]
    [found] = typical_documents(part, np.arange(5), theta, [["rain"]], None, num_topics=6, num_documents=1)
    assert [each.text for each in found] == ["long three"]
    # Among a hundred topics, one has little of each document.
    [found] = typical_documents(part, np.arange(5), theta, [["rain"]], None, num_topics=100)
    assert found[-1].text == "long two"


def test_only_texts_that_are_shown_are_read():
    texts = CountedTexts([f"text {row}" for row in range(1000)])
    part = documents_of(texts, [[10, 1]] * 1000)
    theta = np.random.default_rng(0).dirichlet([1, 1], size=500)
    rows = np.arange(0, 1000, 2)
    shown = typical_documents(part, rows, theta, [["rain"], ["mud"]], None, num_documents=4)
    best = [np.argsort(-theta[:, topic], kind="stable")[:4] * 2 for topic in (0, 1)]
    assert texts.read == [*best[0], *best[1]]
    assert [document.id for document in shown[0]] == [str(row) for row in best[0]]


def test_without_texts_there_are_no_documents():
    assert typical_documents(documents_of(None, [[1, 1]]), np.arange(1), np.ones((1, 2)), [[], []], None) == [(), ()]
    part = documents_of(["rain"], [[1, 1]])
    assert typical_documents(part, np.arange(1), np.ones((1, 1)), [[]], None, num_documents=0) == [()]

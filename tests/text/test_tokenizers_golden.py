"""A sentence of each language, cut into words as a reader of that language would expect."""

from __future__ import annotations

import json

import pytest

from gloctm.text import get_tokenizer, stop_words
from paths import TESTS

SENTENCES = json.loads((TESTS / "golden_tokens" / "sentences.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", SENTENCES)
def test_words_of_a_sentence(language):
    sentence = SENTENCES[language]
    words = get_tokenizer(language)(sentence["text"])
    assert words == sentence["words"].split(" ")
    kept = [word for word in words if word not in stop_words(language)]
    assert kept == sentence["without_stop_words"].split(" ")


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "The mice were running through the churches", "the mouse be run through the church"),
        ("de", "Die Häuser in den Städten wurden größer", "der haus in der stadt werden groß"),
        ("fr", "Les chevaux allaient vers l'école", "le cheval aller vers école"),
        ("es", "Las niñas comieron manzanas", "el niño comer manzana"),
        ("uk", "біля м'ячів", "біля м'яч"),
        ("sr-Cyrl", "у старим кућама", "стар кућа"),
        ("hi", "किताबें", "किताब"),
        ("ja", "本を読んだ", "本 読む"),
        ("ko", "책을 읽었다", "책 읽다"),
    ],
)
def test_dictionary_forms(language, text, words):
    assert get_tokenizer(language, lemmas=True)(text) == words.split(" ")


@pytest.mark.parametrize(
    ("language", "convert", "text", "words"),
    [
        ("zh", "traditional", "他的头发和公司的发展", "他 的 頭髮 和 公司 的 發展"),
        ("zh", "traditional", "为什么图书馆里没有人", "為什麼 圖書館 裡 沒有 人"),
        ("zh-HK", "traditional", "里面的台湾朋友", "裏面 的 台灣 朋友"),
        ("zh", "simplified", "我們喜歡臺灣的圖書館", "我们 喜欢 台湾 的 图书馆"),
        ("zh-Hant", "simplified", "我們喜歡臺灣的圖書館", "我们 喜欢 台湾 的 图书馆"),
        ("zh-TW", None, "我們喜歡臺灣的圖書館", "我們 喜歡 臺灣 的 圖書館"),
        ("zh", None, "我们喜欢台湾的图书馆", "我们 喜欢 台湾 的 图书馆"),
    ],
)
def test_simplified_and_traditional_chinese(language, convert, text, words):
    assert get_tokenizer(language, convert=convert)(text) == words.split(" ")

"""Words that have digits are whole or none; the tokens of segmenters become words by the same rule."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.text import get_tokenizer, normalize_text
from gloctm.text.codes import codes_of, with_stand_ins, without_stand_ins
from gloctm.text.unicode import UnicodeTokenizer


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "CO2, H1N1, G20's 5G MP3 B2B and 3D", "co2 h1n1 g20 5g mp3 b2b and 3d"),
        ("en", "CO₂ and H₂O, 2nd, 10km, covid19", "co2 and h2o 2nd 10km covid19"),
        # A hyphen parts words, as it does elsewhere; numbers are none.
        ("en", "COVID-19 in 2024, T-34 and 1,000", "covid in and"),
        ("en", "3.5mm at 12:30pm, the 1990s and '90s, 1990's", "at the and 90s"),
        ("en", "key x1a9f3b2c7 550e8400 deadbeef12 id123456 0x1f", "key 0x1f"),
        ("en", "km² and note¹ of Windows™, 1️⃣", "km and note of windows"),
        ("tr", "2024'te A4'ü G20'nin", "a4 g20"),
        ("fr", "l'A380, qu'A4, d'H1N1 et le 20e, nº 5", "a380 a4 h1n1 et le 20e"),
        ("ar", "كوفيد19 كوفيد١٩ و٢٠٢٤", "كوفيد19 كوفيد19"),
        ("ru", "ковид19 в 2024", "ковид19"),
        ("he", "ב2024 קוביד19", "קוביד19"),
        ("hi", "कोविड१९ और २०२४", "कोविड19 और"),
        ("ja", "COVID-19のワクチン", "covid ワクチン"),
        ("ja", "machine learningの勉強", "machine learning 勉強"),
        ("ja", "ニューヨーク・タイムズを読む", "ニューヨーク タイムズ 読む"),
        ("ja", "ジョン・F・ケネディ", "ジョン ケネディ"),
        ("ja", "Wi-Fiが遅い", "wi fi 遅い"),
        ("ja", "5Gの基地局、H1N1型とMP3とG20、CO₂とＣＯ２", "5g 基地局 h1n1 mp3 g20 co2 co2"),
        ("ja", "A4用紙と3Dプリンターとx1a9f33bc77の値", "a4 用紙 3d プリンター 値"),
        ("zh", "COVID-19疫苗和5G基站，CO2排放", "covid 疫苗 和 5g 基站 co2 排放"),
        ("zh", "H1N1型与MP3，machine learning学习，Wi-Fi慢", "h1n1 型 与 mp3 machine learning 学习 wi fi 慢"),
        ("zh", "约翰·肯尼迪在2024年，x1a9f33bc77的值", "约翰 肯尼迪 在 年 的 值"),
        ("zh-Hant", "COVID-19疫苗和5G基地臺", "covid 疫苗 和 5g 基地 臺"),
        ("ko", "COVID-19 백신과 5G, CO2, H1N1형", "covid 백신 5g co2 h1n1"),
        ("ko", "iPhone12를 샀다, x1a9f33bc77의 값, Wi-Fi가 느리다", "iphone12 사다 값 wi fi 느리다"),
        ("th", "COVID-19ระบาด 5Gในไทย", "covid ระบาด 5g ใน ไทย"),
    ],
)
def test_words_with_digits_and_mixed_tokens(language, text, expected):
    assert get_tokenizer(language)(text) == expected.split()


def test_scripts_without_spaces_do_not_join_numbers():
    assert UnicodeTokenizer()("5Gの 第2 2024년에") == ["5g", "第", "년에"]


@given(text=st.text("abz09 1'.é路のㅋ가กا٣\u0301-", max_size=20))
@settings(deadline=None)
def test_a_word_with_digits_is_a_run_as_it_stands(text):
    normal = normalize_text(text)
    runs = regex.findall(r"[0-9\p{L}\p{M}]+", normal)
    for start, end, word in codes_of(normal):
        assert normal[start:end].startswith(word)
    for word in UnicodeTokenizer()(text):
        assert any(word.partition("'")[0] in run for run in runs)
    words = with_stand_ins(normal).split()
    assert "".join(without_stand_ins(words)) == "".join(without_stand_ins(words)).translate({})
    # Without digits, nothing changes.
    if not regex.search("[0-9]", normal):
        assert with_stand_ins(normal) is normal


@pytest.mark.parametrize("piece", ["1", "a1", "1a'", "a", "é1", "1'"])
def test_long_texts_take_no_time(piece):
    """The time must not grow with the square of the length, or this would take hours."""
    UnicodeTokenizer()(piece * (300_000 // len(piece)))

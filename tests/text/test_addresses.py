"""Addresses are no words, with a scheme or without, glued to a word or not; what looks like them is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.text import get_tokenizer
from gloctm.text.addresses import has_addresses, normalize_without_addresses


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "kettle pic.twitter.com/aB3dE t.co/Xy12 youtu.be/abc end", "kettle end"),
        ("en", "The kettlepic.twitter.com/aB3dE", "the kettle"),
        ("en", "kettleyoutu.be/abc, kettlehttps://t.co/abc kettlet.co/aB3dEfGhIj", "kettle kettle kettle"),
        ("en", "see www.foo.org/x, example.com. Or bbc.co.uk/news?a=1#b", "see or"),
        ("en", "on Amazon.com's page, EXAMPLE.COM and x.com:8080/a", "on page and"),
        ("en", "https://www.example.com/x?y=1 hxxp://bad.ru/x https://abc.twitter.com/x ftps://a.b", ""),
        ("en", "me@example.co.uk john.doe@mail.example.com mailto:a@b.de @user@mastodon.social", ""),
        (
            "en",
            "so true… http… or https:/… or htt… cut read:cnn.com/x via youtu.be and t.co.",
            "so true or or cut read via and",
        ),
        ("de", "Auf spiegel.de und orf.at/sport steht", "auf und steht"),
        ("ru", "на сайте yandex.ru/maps и ok.ru", "на сайте"),
        ("zh", "请看example.com/路然后t.co/Xy12回家pic.twitter.com/ab好", "请 看 路 然后 回家 好"),
        ("ja", "詳細はexample.co.jpで読むyoutu.be/abc", "詳細 読む"),
        ("ko", "사진은 bit.ly/abc에서 보기 naver.com에서", "사진 보다"),
        ("th", "ดูที่ bit.ly/abc นะ", "ดู ที่ นะ"),
    ],
)
def test_addresses_are_no_words(language, text, expected):
    assert get_tokenizer(language)(text) == expected.split()
    assert has_addresses(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The end.Next sentence, fim.Com isso.It was.So", "the end next sentence fim com isso it was so"),
        ("finished.it was so.to say", "finished it was so to say"),
        ("node.js and report.pdf, main.py/x", "node js and report pdf main py"),
        ("the U.S. army, e.g. i.e. p.m. and/or Ph.D./M.A.", "the army and or ph"),
        ("it runs 3.5m/s or 1.5", "it runs or"),
        ("http is a protocol: see com, org", "http is protocol see com org"),
        ("a youtu.bee at.co, https", "youtu bee at co https"),
    ],
)
def test_what_looks_like_addresses_stays(text, expected):
    assert get_tokenizer("en")(text) == expected.split()
    assert not has_addresses(text)


@pytest.mark.parametrize(
    "piece",
    ["a.", "a.com", "a.b/", "www.", "t.co/", "@", "a@", "://", "x.de:", "pic.twitter.com", "htt", "http:...", "t.co"],
)
@pytest.mark.parametrize("spaced", [True, False])
def test_long_texts_take_no_time(piece, spaced):
    """The time must not grow with the square of the length, or this would take hours."""
    normalize_without_addresses(piece * (200_000 // len(piece)), "en", spaced=spaced)


@given(text=st.text("at.co/:@wipm de-X1路", max_size=20), spaced=st.booleans())
@settings(deadline=None)
def test_nothing_but_addresses_changes(text, spaced):
    cleaned = normalize_without_addresses(text, "en", spaced=spaced)
    if not has_addresses(text) and "@" not in text:
        assert cleaned == text.lower()

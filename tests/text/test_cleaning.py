"""Markup, entities and hyphens at the ends of lines: taken out where they are, and nothing else touched."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gloctm.errors import InputError
from gloctm.text import get_tokenizer
from gloctm.text.cleaning import CleaningTokenizer, check_markup, clean_text, trace_text, without_markup
from gloctm.text.places import WordFinder

any_text = st.text(st.characters(codec=None, exclude_categories=()))
# Texts in which markup begins, ends and is nested in every way.
marked_text = st.lists(
    st.sampled_from(
        [
            *("<b>", "</b>", "<br/>", "<p class='x'>", "</p>", '<a href="u">', "<script>", "</script>", "<!--", "-->"),
            *("&amp;", "&lt;", "b&gt;", "&#38;", "amp;", "lt;", "&nbsp", "<x>", "</x>", "[b]", "[/b]", "<", ">", "&"),
            *("word", "Wirt-", "\n", "schaft", " ", "=", '"', "'", "-", "\u00ad", "\u00ac", "und", "<![CDATA[", "]]>"),
        ]
    ),
    max_size=14,
).map("".join)
plain_text = st.text(st.characters(codec="utf-8", exclude_characters="<&[]\n\r\v\f\u2028"))


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d",
        "<3 you",
        "x<y and y>z",
        "a<b and b>c",
        "List<int> and std::vector<string>",
        "Map<String, Object> or List<Object>",
        "#include <stdio.h>",
        "the token <unk>",
        "write to <me@example.com> or <https://example.com/a?b=c&d=e>",
        "AT&T, R&D, &foo; ?a=1&copy=2&lt=3",
        "if (i<n) { x = a[i]; }",
        "-> <- <= >= <> <?",
        "[1] see [b] and a[i] = [/",
        "Bahn- und Busverkehr",
    ],
)
def test_text_that_is_no_markup_stays(text):
    cleaned = clean_text(text, "de")
    assert cleaned.text is text
    assert (cleaned.markup, cleaned.hyphens) == (False, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fish &amp; chips", "Fish & chips"),
        ("Fish &amp;amp; chips, &amp;lt;b&amp;gt;hot&amp;lt;/b&amp;gt;", "Fish & chips, hot"),
        ("don&#39;t, don&#x27;t, don&#39t, don&rsquo;t", "don't, don't, don't, don’t"),
        ("Tom &amp Jerry, 5&nbsp;km, &LT;3", "Tom & Jerry, 5\u00a0km, <3"),
        ("caf&eacute; CAF&EACUTE;", "café CAFé"),
        ("&#55357;&#56832; &#128512;", "😀 😀"),
        ("a&#0;b&#xD800;c", "a b c"),
        ("Donau&shy;dampfer", "Donau\u00addampfer"),
        ("5 &lt; 7 &gt; 3", "5 < 7 > 3"),
    ],
)
def test_entities(text, expected):
    assert clean_text(text) == (expected, True, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>One</p><p>two</p>three<br>four<br/>five<hr />six", "One two three four five six"),
        ("<b>W</b>ort, W<i>or</i>t, W<em>o</em>r<span class=x>t</span>", "Wort, Wort, Wort"),
        ("<a href=\"http://x.y/a?b>c\" title='d' rel=nofollow>link</a>", "link"),
        ("<ul><li>one<li>two</ul><table><tr><td>three</td><td>four</td></tr></table>", "one two three four"),
        ("<script>var a = '<b>';</script>a<style>p { color: red }</style>b<!-- <i>c</i> -->d", "a b d"),
        ("<SCRIPT type='text/javascript'>if (a<b) x();</SCRIPT >a", "a"),
        ("<?xml version='1.0'?><!DOCTYPE html><![CDATA[one]]> <o:p>two</o:p>", "one two"),
        ("<!--[if gte mso 9]><xml>no</xml><![endif]-->yes", "yes"),
        ("CO<sub>2</sub> and H<sub>2</sub>O", "CO2 and H2O"),
        ("<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>", "漢字"),
        ("one<ref name=a/> two", "one two"),
        ('one<ref name="x">two</ref> <doc id="3"/>three', "one two three"),
        ("<speaker>Ms. May</speaker> said", "Ms. May said"),
        ('cut off <a href="http://exam', "cut off"),
        ("&lt;p&gt;escaped &lt;b&gt;once&lt;/b&gt;&lt;/p&gt;", "escaped once"),
        ('[b]one[/b] [url=http://x.y]two[/url] [quote="T"]three[/quote]', "one two three"),
        ("<input type=checkbox checked> <td nowrap>yes", "yes"),
        ("List<Object> in <td>a</td>", "List<Object> in a"),
    ],
)
def test_tags(text, words):
    cleaned = clean_text(text)
    assert cleaned.markup
    assert cleaned.text.split() == words.split()


@pytest.mark.parametrize(
    ("language", "text", "expected", "number"),
    [
        ("de", "Die Wirt-\nschaft wächst", "Die Wirtschaft wächst", 1),
        ("de", "Wirt\u00ac\nschaft Wirt\u00ad\r\nschaft Wirt\u2010 \n  schaft", "Wirtschaft Wirtschaft Wirtschaft", 3),
        ("de", "Wirt-\nschafts-\npolitik", "Wirtschaftspolitik", 2),
        ("de", "Bahn-\nund Busverkehr, vor-\noder nachher", "Bahn-\nund Busverkehr, vor-\noder nachher", 0),
        ("de-AT", "Bahn-\nund Busverkehr", "Bahn-\nund Busverkehr", 0),
        ("de", "hun-\nundert", "hunundert", 1),
        ("de", "EU-\nweit, E-\nmail, Karl-\nMarx, 20-\njährig", "EU-\nweit, E-\nmail, Karl-\nMarx, 20-\njährig", 0),
        ("de", "Wirt-\n\nschaft", "Wirt-\n\nschaft", 0),
        ("en", "short-\nand long-term compu-\nters", "short-\nand long-term computers", 1),
        ("en", "a long-\nterm plan for the long-term future", "a long-\nterm plan for the long-term future", 0),
        ("nl", "voor-\nen nadelen", "voor-\nen nadelen", 0),
        ("ru", "эко-\nномика, авто-\nи мототранспорт", "экономика, авто-\nи мототранспорт", 1),
        ("ru", "кто-\nнибудь, прави-\nтельство", "кто-\nнибудь, правительство", 1),
        ("fr", "peut-\nêtre, lui-\nmême, voi-\nlà", "peut-\nêtre, lui-\nmême, voilà", 1),
        ("el", "οικο-\nνομία", "οικονομία", 1),
        ("de", "Wirt-<br>schaft", "Wirtschaft", 1),
    ],
)
def test_hyphens_at_the_ends_of_lines(language, text, expected, number):
    cleaned = clean_text(text, language)
    assert (cleaned.text, cleaned.hyphens) == (expected, number)


def test_markup_is_kept_on_request():
    text = "<b>Wirt-\nschaft</b> &amp; Kultur"
    assert clean_text(text, "de", markup="keep") == ("<b>Wirtschaft</b> &amp; Kultur", False, 1)
    with pytest.raises(InputError, match="markup is 'none': it must be 'auto', which"):
        check_markup("none")


@given(text=plain_text)
def test_a_text_without_markup_is_returned_as_it_is(text):
    assert clean_text(text).text is text


@given(text=st.one_of(any_text, marked_text), markup=st.sampled_from(["auto", "keep"]))
@example(text="<<b>b>ab</<b>b>", markup="auto")
@example(text="&amp;amp;amp;lt;b&gt;", markup="auto")
@settings(deadline=None)
def test_cleaning_is_idempotent_and_traced(text, markup):
    cleaned = clean_text(text, "de", markup=markup)
    assert clean_text(cleaned.text, "de", markup=markup).text == cleaned.text
    assert len(cleaned.text) <= len(text)
    traced = trace_text(text, "de", markup=markup)
    assert traced.text == cleaned.text
    assert len(traced.starts) == len(traced.ends) == len(traced.text)
    assert all(0 <= start < end <= len(text) for start, end in zip(traced.starts, traced.ends, strict=True))
    assert list(traced.starts) == sorted(traced.starts)
    if cleaned.text == text:
        assert list(traced.starts) == list(range(len(text)))


@pytest.mark.parametrize(
    "piece",
    ['<a b="', "<script>", "<!--", "&", "<", "<a ", "[/b][b", "</x", "a-\n", "ab-\nab ", "<a b='\"", "<x>", "<object>"],
)
def test_long_texts_take_no_time(piece):
    """The time must not grow with the square of the length, or this would take hours."""
    text = piece * (300_000 // len(piece))
    assert len(clean_text(text, "de").text) <= len(text)
    trace_text(text, "de")


def test_a_tokenizer_that_cleans():
    tokenizer = CleaningTokenizer(get_tokenizer("de"), "de", "auto")
    assert tokenizer.name == "unicode"
    assert tokenizer("<p>Die Wirt-\nschaft&nbsp;w&auml;chst</p>") == ["die", "wirtschaft", "wächst"]


def test_words_are_found_in_the_text_as_it_was_given():
    text = 'Die <a href="kultur">Wirt-\nsch<b>aft</b></a> &amp; K&uuml;che: Kultur'
    finder = WordFinder("de", get_tokenizer("de"), "unicode", ["wirtschaft", "küche", "kultur"])
    traced = trace_text(text, "de")
    places = [(place.word, traced.starts[place.start], traced.ends[place.end - 1]) for place in finder(traced.text)]
    assert [(word, text[start:end]) for word, start, end in places] == [
        ("wirtschaft", "Wirt-\nsch<b>aft"),
        ("küche", "K&uuml;che"),
        ("kultur", "Kultur"),
    ]
    assert without_markup("plain") == "plain"

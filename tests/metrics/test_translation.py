"""Dictionaries, and how far topics' words translate each other."""

from __future__ import annotations

import gzip
import lzma
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gloctm.errors import FileFormatError, InputError
from gloctm.metrics.translation import TranslationDictionary, read_dictionary, translation_agreement

PAIRS = [("sea", "Meer"), ("sea", "See"), ("lake", "See"), ("sky", "Himmel"), ("wood", "Wald"), ("wood", "Holz")]


@pytest.fixture
def dictionary():
    return TranslationDictionary.from_pairs(PAIRS)


def test_a_dictionary_goes_both_ways(dictionary):
    assert dictionary.translations["sea"] == {"Meer", "See"}
    assert dictionary.other_translations["See"] == {"sea", "lake"}
    assert dictionary.num_pairs == dictionary.reversed().num_pairs == 6
    assert dictionary.reversed().translations == dictionary.other_translations
    assert dictionary.reversed().reversed() == dictionary
    assert TranslationDictionary.from_pairs([*PAIRS, *PAIRS]) == dictionary


def test_a_dictionary_restricted_to_vocabularies(dictionary):
    assert dictionary.restricted(["sea", "sky", "tree"], ["See", "Wald", "Baum"]) == TranslationDictionary.from_pairs(
        [("sea", "See")]
    )


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
@pytest.mark.parametrize("separator", [" ", "\t", " \t ", "  "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_reading(tmp_path, dictionary, pack, separator, end):
    file = tmp_path / "words"
    file.write_bytes(pack("".join(f"{word}{separator}{other}{end}" for word, other in PAIRS).encode()))
    assert read_dictionary(file) == dictionary
    assert read_dictionary(str(file)) == dictionary


def test_reading_words_with_spaces_a_byte_order_mark_and_no_last_end_of_line(tmp_path):
    file = tmp_path / "words.txt"
    file.write_bytes("\ufeffice cream\tGlace\n海\u3000辺\tseaside".encode())
    # What is no space of ASCII is part of the word.
    assert read_dictionary(file).translations == {"ice cream": {"Glace"}, "海\u3000辺": {"seaside"}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "words.txt has no words"),
        (b" \n\n", "words.txt has no words"),
        (b"sea Meer\n\nsky\n", "line 3 of .*words.txt is 'sky': it must be a word and one translation"),
        (b"sea Meer See\n", "line 1 of .*words.txt is 'sea Meer See'"),
        (b"sea\tMeer\tSee\n", "line 1 of .*words.txt is"),
        (b"sea\t\tMeer\n", "line 1 of .*words.txt is"),
        ("sea Meer\nsky Läufer\n".encode("latin-1"), "words.txt, line 2"),
        # Its time told, since the test is named by its bytes, and every process must name it alike.
        (gzip.compress(b"sea Meer\n" * 100, mtime=0)[:-12], "words.txt is damaged, cut short"),
        (lzma.compress(b"sea Meer\n" * 100)[:-12], "words.txt is damaged, cut short"),
        (lzma.compress(b"sea Meer\n" * 100)[:20] + b"x" * 20, "words.txt is damaged, cut short"),
    ],
)
def test_files_that_are_refused(tmp_path, content, message):
    file = tmp_path / "words.txt"
    file.write_bytes(content)
    with pytest.raises(FileFormatError, match=message):
        read_dictionary(file)


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileFormatError, match=r"none\.txt does not exist: check its name"):
        read_dictionary(tmp_path / "none.txt")
    with pytest.raises(FileFormatError, match="can't be read"):
        read_dictionary(tmp_path)


def test_agreement_by_hand(dictionary):
    topics = [["sea", "lake", "paris"], ["sky", "wood"]]
    other_topics = [["See", "Paris", "Himmel"], ["Wald", "Holz"]]
    # sea and lake are both in See; paris is not known. Then of sky and wood, only wood is there.
    forward = (1 + 1 / 2) / 2
    # See is there, Himmel is not, Paris is not known. Then both.
    backward = (1 / 2 + 1) / 2
    result = translation_agreement(topics, other_topics, dictionary)
    assert result.agreement == pytest.approx((forward + backward) / 2)
    assert result.coverage == pytest.approx((2 + 2 + 2 + 2) / 10)


def test_each_topic_counts_the_same_and_the_aligned_one_alone(dictionary):
    topics, other_topics = [["sea"], ["sky", "wood"]], [["Himmel"], ["Meer", "Wald"]]
    # sea is translated, but in another topic.
    result = translation_agreement(topics, other_topics, dictionary)
    assert result.agreement == pytest.approx(((0 + 1 / 2) / 2 + (0 + 1 / 2) / 2) / 2)
    assert result.coverage == 1


def test_a_topic_without_known_words_is_left_out(dictionary):
    result = translation_agreement([["sea"], ["paris"]], [["Meer"], ["Paris"]], dictionary)
    assert result.agreement == 1
    assert result.coverage == pytest.approx(1 / 2)
    # So is a direction: nothing of the other language is known.
    result = translation_agreement([["sea", "sky"]], [["Paris"]], dictionary)
    assert result.agreement == 0
    assert result.coverage == pytest.approx(2 / 3)


def test_words_that_no_topic_could_show_count_until_the_dictionary_is_restricted(dictionary):
    topics, other_topics = [["sea", "wood"]], [["See", "Baum"]]
    assert translation_agreement(topics, other_topics, dictionary).agreement == pytest.approx((1 / 2 + 1) / 2)
    restricted = dictionary.restricted(["sea", "wood"], ["See", "Baum"])
    result = translation_agreement(topics, other_topics, restricted)
    assert result.agreement == 1
    assert result.coverage == pytest.approx(1 / 2)


words = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4), min_size=2, max_size=2)
some_pairs = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), min_size=1, max_size=12)


@given(words, words, some_pairs)
@settings(deadline=None)
def test_agreement_as_it_is_defined(topics, other_topics, pairs):
    def direction(ones, others, known):
        shares = []
        for one, other in zip(ones, others, strict=True):
            listed = [word for word in set(one) if any(word == first for first, _ in known)]
            if listed:
                found = [any((word, each) in known for each in other) for word in listed]
                shares.append(Fraction(sum(found), len(listed)))
        return [sum(shares) / len(shares)] if shares else []

    sides = direction(topics, other_topics, pairs)
    sides += direction(other_topics, topics, [(second, first) for first, second in pairs])
    assume(sides)
    dictionary = TranslationDictionary.from_pairs(pairs)
    result = translation_agreement(topics, other_topics, dictionary)
    assert result.agreement == pytest.approx(float(sum(sides) / len(sides)))
    assert 0 <= result.agreement <= 1
    assert 0 < result.coverage <= 1
    turned = translation_agreement(other_topics, topics, dictionary.reversed())
    assert (turned.agreement, turned.coverage) == pytest.approx((result.agreement, result.coverage))


@given(words)
@settings(deadline=None)
def test_the_same_words_agree_by_a_dictionary_of_themselves(topics):
    result = translation_agreement(
        topics, topics, TranslationDictionary.from_pairs([(word, word) for word in "abcdef"])
    )
    assert (result.agreement, result.coverage) == (1, 1)


@pytest.mark.parametrize(
    ("topics", "other_topics", "message"),
    [
        ([], [], "at least one topic, and a word in each"),
        ([["sea"], []], [["Meer"], ["See"]], "at least one topic, and a word in each"),
        ([["sea"]], [["Meer"], ["See"]], "1 topics in one language but 2 in the other"),
        (["sea"], [["Meer"]], "topics as lists of words, not a string"),
        ([["Meer"]], [["sea"]], "the dictionary has no word of the topics: check that it is of these two languages"),
    ],
)
def test_what_is_refused(dictionary, topics, other_topics, message):
    with pytest.raises(InputError, match=message):
        translation_agreement(topics, other_topics, dictionary)

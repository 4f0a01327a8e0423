"""Where long texts are split: in order, within the limit, at the ends of sentences of any script."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.text.passages import belong_together, passage_starts, split_at, text_length

ALPHABET = (
    "ab .!?\n\u3000\u3002\uff1f\u060c\u061f\u0964\u1362,;'\")\u7ea2\u306e\uac00\u0e01\u0301\u200d\U0001f1e6\ud800"
)
SENTENCES = {
    "en": "The train to Leeds was forty minutes late, again. ",
    "de": "Der Zug nach Köln kam wieder vierzig Minuten zu spät! ",
    "el": "Το τρένο άργησε πάλι σαράντα λεπτά; ",
    "ar": "هل تأخر القطار أربعين دقيقة مرة أخرى؟ ",
    "hi": "ट्रेन फिर चालीस मिनट देर से आई। ",
    "am": "ባቡሩ እንደገና አርባ ደቂቃ ዘግይቷል። ",
    "zh": "开往北京的火车又晚点了四十分钟。",
    "ja": "京都行きの電車がまた四十分遅れた。",
    "ko": "부산행 기차가 또 사십 분 늦었다. ",
    "my": "ရထားနောက်ကျသည်။",
}


@given(st.text(ALPHABET, max_size=400), st.integers(10, 60))
@settings(max_examples=200, deadline=None)
def test_passages_cover_the_text_in_order_and_keep_to_the_limit(text: str, length: int) -> None:
    starts = passage_starts(text, length)
    passages = split_at(text, starts)

    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert "".join(passages) == text
    assert all(passages) or not text
    if text_length(text) <= 2 * length:
        assert passages == [text]
        return
    for passage in passages:
        # A character with all its marks stays whole.
        whole = all(belong_together(passage, place) for place in range(1, len(passage)))
        assert text_length(passage) <= length or whole


@pytest.mark.parametrize("language", SENTENCES)
def test_passages_end_with_sentences_in_every_script(language: str) -> None:
    sentence = SENTENCES[language]
    passages = split_at(sentence * 60, passage_starts(sentence * 60, 300))

    assert len(passages) > 2
    assert all(passage == sentence * (len(passage) // len(sentence)) for passage in passages)
    # About equally long: no crumb is left at the end.
    assert min(map(len, passages)) > 0.5 * max(map(len, passages))


def test_blank_lines_come_before_sentences_and_spaces_serve_texts_without_marks() -> None:
    paragraph = "One sentence of some words. Another one, of more words than that.\n\n"
    thai = "รถไฟสายเหนือมาช้า " * 60

    assert all(each.endswith("\n\n") for each in split_at(paragraph * 20, passage_starts(paragraph * 20, 150)))
    assert all(each.endswith(" ") for each in split_at(thai, passage_starts(thai, 200)))


def test_numbers_and_addresses_are_no_ends_of_sentences() -> None:
    text = "It cost 3.50 at www.example.org, e.g. for a small one, they said so " * 20

    for passage in split_at(text, passage_starts(text, 200))[:-1]:
        assert passage.rstrip().endswith(",")


def test_a_text_is_split_only_if_it_is_longer_than_two_passages() -> None:
    assert passage_starts("word " * 40, 100) == [0]
    assert len(passage_starts("word " * 41, 100)) == 3
    # A wide character counts as three.
    assert passage_starts("红" * 66, 100) == [0]
    assert len(passage_starts("红" * 67, 100)) == 3


@pytest.mark.parametrize("unit", ["a", "e\u0301", " ", "\n", ".", ". ", ".'", "。", "、", "!? ", " \n"])
def test_long_runs_of_anything_are_split_in_linear_time(unit: str) -> None:
    # Were it quadratic, this would take hours.
    text = unit * (300_000 // len(unit))

    assert "".join(split_at(text, passage_starts(text, 1000))) == text

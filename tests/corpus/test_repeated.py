"""Documents and lines that repeat: counted in every build, dropped on request."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gloctm import Corpus
from gloctm.corpus.boilerplate import PieceCounter, without_boilerplate
from gloctm.corpus.duplicates import Digests, near_originals
from gloctm.corpus.repeated import RepeatedTexts
from gloctm.errors import InputError

NOTICE = "The bridge across the river will be closed for repairs until the end of May, says the city council"
ENGLISH = [
    NOTICE,
    "A new bakery opens",
    f"  {NOTICE.upper()}\n",
    f"{NOTICE}.",
    "Rain tomorrow",
    "A new  bakery opens",
    "12:34",
]
GERMAN = ["Regen am Montag", "Schnee am Abend", "12:34"]
FOOTER = "Sent from my telephone"


def build(texts, **options):
    return Corpus.from_texts(texts, min_df=1, max_df=1.0, encoder=None, show_progress=False, **options)


def records(texts):
    return [{"text": text, "lang": code} for code, listed in texts.items() for text in listed]


def from_records(documents, **options):
    return Corpus.from_records(documents, min_df=1, max_df=1.0, encoder=None, show_progress=False, **options)


# Exact duplicates


def test_every_build_counts_exact_duplicates_and_keeps_them():
    for corpus in (build({"en": ENGLISH, "de": GERMAN}), from_records(records({"en": ENGLISH, "de": GERMAN}))):
        assert corpus["en"].num_documents == 7
        assert corpus.report.repeated == {"en": RepeatedTexts(duplicates=2)}
        assert corpus.report.dropped == ()


def test_exact_duplicates_are_dropped_with_their_columns():
    labels = {"en": list("abcdefg")}
    dates = {"en": [f"202{row}" for row in range(7)]}
    corpus = build({"en": ENGLISH, "de": GERMAN}, labels=labels, dates=dates, drop_duplicates="exact")
    part = corpus["en"]
    assert part.texts == [ENGLISH[row] for row in (0, 1, 3, 4, 6)]
    assert part.labels == list("abdeg")
    assert part.dates == ["2020", "2021", "2023", "2024", "2026"]
    # Of documents without ids, their former positions.
    assert part.ids == ["0", "1", "3", "4", "6"]
    assert [(each.id, each.reason, each.language) for each in corpus.report.dropped] == [
        ("2", "duplicate of 0", "en"),
        ("5", "duplicate of 1", "en"),
    ]
    assert corpus.report.dropped_by_reason() == {"duplicate of …": 2}
    assert corpus.report.repeated == {}
    assert corpus["de"].texts == GERMAN


def test_one_text_in_two_languages_is_no_duplicate():
    corpus = build({"en": ["taxi hotel", "bus"], "de": ["taxi hotel", "zug"]}, drop_duplicates="near")
    assert [part.num_documents for part in corpus.values()] == [2, 2]


def test_records_are_dropped_as_texts_are():
    documents = records({"en": ENGLISH, "de": GERMAN})
    for row, document in enumerate(documents):
        document |= {"id": f"d{row}", "label": str(row), "date": f"201{row}"}
    corpus = from_records(documents, drop_duplicates="exact")
    assert corpus.languages == ("en", "de")
    assert corpus["en"].ids == ["d0", "d1", "d3", "d4", "d6"]
    assert corpus["en"].labels == ["0", "1", "3", "4", "6"]
    assert corpus["en"].dates == ["2010", "2011", "2013", "2014", "2016"]
    assert [(each.id, each.reason) for each in corpus.report.dropped] == [
        ("d2", "duplicate of d0"),
        ("d5", "duplicate of d1"),
    ]
    same = build({"en": [ENGLISH[row] for row in (0, 1, 3, 4, 6)], "de": GERMAN})
    assert corpus["en"].vocabulary == same["en"].vocabulary
    assert (corpus["en"].counts != same["en"].counts).nnz == 0
    assert corpus.report.words == same.report.words


def test_records_keep_the_order_of_languages():
    corpus = from_records(records({"de": GERMAN, "en": ENGLISH}), drop_duplicates="near")
    assert corpus.languages == ("de", "en")


# Near duplicates


def test_near_duplicates_name_the_one_that_is_kept():
    corpus = build({"en": ENGLISH, "de": GERMAN}, drop_duplicates="near")
    assert corpus["en"].ids == ["0", "1", "4", "6"]
    assert [each.reason for each in corpus.report.dropped] == [
        "near duplicate of 0",
        "near duplicate of 0",
        "near duplicate of 1",
    ]


def test_near_duplicates_in_a_script_without_spaces():
    text = "市政府说，横跨河流的大桥将因维修关闭到五月底，公共汽车将绕道行驶，请市民提前安排出行时间"
    assert near_originals([text, text + "。", "明天下雨，气温下降", ""]).tolist() == [0, 0, 2, 3]


def test_changes_do_not_add_up():
    """Each text differs from the one before by a few words, the last from the first by all."""
    words = [f"word{number:03}" for number in range(80)]
    texts = [" ".join(words[shift : shift + 40]) for shift in range(0, 41, 2)]
    originals = near_originals(texts)
    assert originals[1] == 0
    assert originals[-1] >= 17
    for row, original in enumerate(originals):
        assert originals[original] == original
        assert row - original <= 3


def test_near_duplicates_among_many():
    generator = np.random.default_rng(0)
    texts = [" ".join(f"w{number}" for number in generator.integers(0, 500, 30)) for _ in range(1500)]
    copies = [f"{texts[row]} etc" for row in range(0, 1500, 10)]
    originals = near_originals(texts + copies)
    assert originals[:1500].tolist() == list(range(1500))
    assert originals[1500:].tolist() == list(range(0, 1500, 10))


def test_short_texts_and_broken_characters():
    assert near_originals(["ok", "OK", "a", "b", "\ud800", "\ud800", ""]).tolist() == [0, 0, 2, 3, 4, 4, 6]
    assert near_originals([]).tolist() == []
    assert Digests().originals().tolist() == []


def test_a_wrong_option():
    with pytest.raises(InputError, match="drop_duplicates is 'all': choose 'exact' or 'near', or None to keep all"):
        build({"en": ENGLISH, "de": GERMAN}, drop_duplicates="all")
    with pytest.raises(InputError, match="2 labels are given for 7 texts in 'en': give one per text"):
        build({"en": ENGLISH, "de": GERMAN}, labels={"en": ["a", "b"]}, drop_duplicates="exact")


# Boilerplate


def mails(number=20):
    return [f"Message number {row} about the meeting.\nIt starts at {row}.\n{FOOTER}" for row in range(number)]


def test_boilerplate_is_counted():
    corpus = build({"en": mails(), "de": GERMAN})
    assert corpus.report.repeated == {"en": RepeatedTexts(boilerplate={FOOTER: 20})}
    assert FOOTER in corpus["en"].texts[0]
    assert "telephone" in corpus["en"].vocabulary


@pytest.mark.parametrize("make", [build, lambda texts, **options: from_records(records(texts), **options)])
def test_boilerplate_is_dropped_from_the_texts(make):
    corpus = make({"en": mails(), "de": GERMAN}, drop_boilerplate=True)
    assert corpus["en"].texts[3] == "Message number 3 about the meeting.\nIt starts at 3."
    assert "telephone" not in corpus["en"].vocabulary
    assert corpus["en"].num_documents == 20
    assert corpus.report.repeated == {"en": RepeatedTexts(boilerplate={FOOTER: 20}, boilerplate_dropped=True)}


def test_what_differs_by_boilerplate_alone_is_a_duplicate_once_that_is_dropped():
    texts = {"en": [*mails(), "Message number 3 about the meeting.\nIt starts at 3."], "de": GERMAN}
    assert build(texts, drop_duplicates="exact")["en"].num_documents == 21
    assert build(texts, drop_duplicates="exact", drop_boilerplate=True)["en"].num_documents == 20


def test_boilerplate_is_in_ten_documents_and_five_percent():
    for number, expected in ((9, {}), (10, {FOOTER: 10})):
        counter = PieceCounter()
        for text in mails(number):
            counter.add(text)
        assert counter.boilerplate() == expected
    counter = PieceCounter()
    for row in range(300):
        counter.add(f"Message {row} about something.\n{FOOTER if row < 14 else f'Greetings from number {row}'}")
    assert counter.boilerplate() == {}


def test_the_dots_of_addresses_end_no_sentence():
    counter = PieceCounter()
    for number in range(20):
        counter.add(
            f"Kettle {number} broke. see youtu.be/aB3dE and t.co/Xy12 now... 水壶坏了。谢谢大家的帮助和支持，再见！"
        )
    assert set(counter.boilerplate()) == {"see youtu.be/aB3dE and t.co/Xy12 now...", "谢谢大家的帮助和支持，再见！"}


def test_boilerplate_is_found_in_bounded_memory():
    counter = PieceCounter()
    for row in range(30_000):
        counter.add(f"Message {row} about something.\n{FOOTER if row % 15 == 0 else f'Greetings from number {row}'}")
    assert list(counter.boilerplate()) == [FOOTER]
    assert len(counter._counts) < 25_000


def test_a_text_of_nothing_but_boilerplate_stays():
    assert without_boilerplate(FOOTER, [FOOTER]) == FOOTER


# Kept with the corpus


def test_a_saved_corpus_keeps_the_counts(tmp_path):
    corpus = build({"en": [*mails(), *mails(2)], "de": GERMAN})
    loaded = Corpus.load(corpus.save(tmp_path / "corpus"))
    assert loaded.report.repeated == corpus.report.repeated == {"en": RepeatedTexts(2, {FOOTER: 22})}
    assert loaded.select(["de", "en"]).report.repeated == corpus.report.repeated
    assert json.loads((tmp_path / "corpus" / "corpus.json").read_text(encoding="utf-8"))["report"]["repeated"]["en"][
        "boilerplate"
    ] == {FOOTER: 22}

"""``corpus build``: which words are counted."""

from __future__ import annotations

import random

import pytest

from command_line import THEMES, assert_refuses, build, make_records, run_here, succeeded, write_json_lines


def test_rare_words_of_few_documents_are_kept_unless_told(tmp_path):
    words = (" ".join(f"w{letter}{place}" for place in "abcde") for letter in "abcdefghijkl")
    texts = {"en": ["boat bridge river"] * 1000 + ["train ticket"] * 999 + ["lonely"], "de": [*words, "einsam"]}
    records = [{"text": text, "lang": code} for code, each in texts.items() for text in each]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, _ = build(tmp_path, source)
    assert "lonely" not in corpus["en"].vocabulary
    assert "einsam" in corpus["de"].vocabulary
    shown = succeeded(run_here("corpus", "info", tmp_path / "corpus")).stdout
    assert "vocabulary: min_df en 2 de 1, max_df 0.5, max_vocabulary 5000, phrases False\n" in shown
    corpus, _ = build(tmp_path, source, "--min-df=1")
    assert "lonely" in corpus["en"].vocabulary


def test_more_stop_words(tmp_path, documents):
    (tmp_path / "en.txt").write_text("Bread\n\n  boat \r\nabsent\n", encoding="utf-8-sig")
    (tmp_path / "more.txt").write_text("river\n", encoding="utf-8")
    (tmp_path / "de.txt").write_text("BRÜCKE\n", encoding="utf-8")
    options = [f"--more-stop-words={pair}" for pair in (f"en={tmp_path}/en.txt", f"EN={tmp_path}/more.txt")]
    corpus, said = build(tmp_path, documents, *options, f"--more-stop-words=de={tmp_path}/de.txt")
    assert said == []
    for code, gone in (("en", {"bread", "boat", "river"}), ("de", {"brücke"})):
        assert set(corpus[code].vocabulary) == {word for words in THEMES[code].values() for word in words} - gone


def test_stop_words_replaced_kept_and_none(tmp_path):
    texts = {"en": ["the red boat", "a film"], "de": ["das rote Boot", "ein Film"]}
    records = [{"text": text, "lang": code} for code, each in texts.items() for text in each]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    (tmp_path / "red.txt").write_text("red\n", encoding="utf-8")
    (tmp_path / "the.txt").write_text("the\n", encoding="utf-8")
    settings = ("--min-df=1", "--max-df=1.0")

    corpus, said = build(tmp_path, source, f"--stop-words=en={tmp_path}/red.txt", *settings)
    assert set(corpus["en"].vocabulary) == {"the", "boat", "film"}
    assert "das" not in corpus["de"].vocabulary
    assert len(said) == 1
    assert "--stop-words replaces the" in said[0]
    assert "stop words of 'en' by 1; --more-stop-words adds to them" in said[0]

    corpus, said = build(tmp_path, source, "--stop-words=none", *settings)
    assert {"the", "das"} <= {*corpus["en"].vocabulary, *corpus["de"].vocabulary}
    corpus, said = build(tmp_path, source, "--stop-words=EN=none", *settings)
    assert "the" in corpus["en"].vocabulary
    assert "das" not in corpus["de"].vocabulary
    assert said == []
    corpus, said = build(tmp_path, source, f"--keep-words=en={tmp_path}/the.txt", *settings)
    assert set(corpus["en"].vocabulary) == {"the", "red", "boat", "film"}


def test_a_language_without_stop_words_is_named(tmp_path):
    records = [{"text": text, "lang": code} for code in ("en", "to") for text in ("vaka hala", "ika")]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    _, said = build(tmp_path, source, "--min-df=1", "--max-df=1.0")
    assert len(said) == 1
    assert "there is no list of stop words for 'to'" in said[0]
    assert said[0].endswith("to give a list of your own, add --stop-words to=FILE")
    _, said = build(tmp_path, source, "--min-df=1", "--max-df=1.0", "--stop-words=to=none")
    assert said == []


@pytest.mark.parametrize("flag", ["--more-stop-words", "--keep-words"])
def test_lists_to_add_and_to_keep_are_files(tmp_path, documents, flag):
    build = ("corpus", "build", documents, "-o", tmp_path / "corpus", "--encoder=none", f"{flag}=none")
    assert_refuses(tmp_path, build, f"{flag} 'none': give LANG=FILE, for example en=words.txt")


@pytest.mark.parametrize(("lemmas", "languages"), [("all", {"en", "de"}), ("en", {"en"}), ("de, en", {"en", "de"})])
def test_lemmas(tmp_path, lemmas, languages):
    texts = {"en": ("trains boats", "train boat"), "de": ("Züge Kinder", "Zug Kind")}
    records = [{"text": text, "lang": code} for code, pair in texts.items() for text in pair]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, _ = build(tmp_path, source, f"--lemmas={lemmas}", "--min-df=1", "--max-df=1.0")
    forms = {"en": {"trains", "train", "boats", "boat"}, "de": {"züge", "zug", "kinder", "kind"}}
    bases = {"en": {"train", "boat"}, "de": {"zug", "kind"}}
    for code, part in corpus.items():
        assert set(part.vocabulary) == (bases if code in languages else forms)[code]


@pytest.mark.parametrize(("convert", "words"), [("simplified", {"火车", "车站"}), ("traditional", {"火車", "車站"})])
def test_chinese_in_one_script(tmp_path, convert, words):
    records = [{"text": "火车 车站", "lang": "zh"}, {"text": "火車 車站", "lang": "zh"}, *make_records(2)]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    corpus, _ = build(tmp_path, source, f"--convert={convert}", "--min-df=1", "--max-df=1.0")
    assert set(corpus["zh"].vocabulary) == words
    assert corpus["zh"].counts.toarray().tolist() == [[1, 1], [1, 1]]


def test_remarks_in_lists_of_words(tmp_path, documents):
    (tmp_path / "en.txt").write_text("# not boats\nboat\n  #river\n", encoding="utf-8")
    corpus, _ = build(tmp_path, documents, f"--more-stop-words=en={tmp_path / 'en.txt'}")
    assert set(sum(THEMES["en"].values(), ())) - set(corpus["en"].vocabulary) == {"boat"}


def test_phrases_are_counted(tmp_path):
    records = make_records()
    for record in records:
        if record["lang"] == "en":
            record["text"] += " steam engine"
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    corpus, said = build(tmp_path, source, "--phrases", "--max-df=1.0")
    found = {code: sum(" " in word for word in part.vocabulary) for code, part in corpus.items()}
    assert found["en"] > found["de"]
    assert f"phrases: en {found['en']}, de {found['de']}" in said
    shown = succeeded(run_here("corpus", "info", tmp_path / "corpus")).stdout.splitlines()
    assert f"phrases: en {found['en']}, de {found['de']}" in shown
    build(tmp_path, source)
    assert "phrases: " not in succeeded(run_here("corpus", "info", tmp_path / "corpus")).stdout


def test_phrases(tmp_path):
    rng = random.Random(0)
    words = [f"word{letter}" for letter in "abcdefghij"]
    texts = [" ".join([*rng.sample(words, 4), "new york", *rng.sample(words, 4)]) for _ in range(30)]
    records = [{"text": text, "lang": code} for text in texts for code in ("en", "de")]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    for options, phrase in ((("--phrases",), True), ((), False)):
        corpus, _ = build(tmp_path, source, "--max-df=1.0", *options)
        assert ("new york" in corpus["en"].vocabulary) is phrase
        assert ("york" in corpus["en"].vocabulary) is not phrase
        assert corpus.report.settings["phrases"] is phrase


def test_shares_and_numbers_of_documents(tmp_path, documents):
    frequency = {}
    for record in make_records():
        for word in set(record["text"].split()):
            frequency.setdefault(record["lang"], {}).setdefault(word, []).append(record["id"])
    for least, most in (("5", "0.3"), ("0.25", "6"), ("0.3", "1.0")):
        corpus, _ = build(tmp_path, documents, f"--min-df={least}", f"--max-df={most}")
        low, high = (float(value) if value in ("5", "6") else 20 * float(value) for value in (least, most))
        for code, part in corpus.items():
            expected = {word for word, found in frequency[code].items() if low <= len(found) <= high}
            assert set(part.vocabulary) == expected
            assert 0 < len(expected) < 18 or most == "1.0"


@pytest.mark.parametrize("flag", ["--min-df", "--max-df"])
@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
def test_numbers_of_documents_that_are_none(tmp_path, documents, flag, number):
    result = run_here(
        "corpus", "build", documents, "-o", tmp_path / "corpus", "--encoder=none", "-q", f"{flag}={number}"
    )
    assert result.returncode == 2
    assert result.stderr.startswith(f"gloctm: error: {flag} is {number}")

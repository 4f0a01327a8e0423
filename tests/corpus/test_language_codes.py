"""What documents, settings and models call languages: names, variants, and codes for none."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from gloctm import Corpus
from gloctm.errors import InputError, SimilarLanguagesWarning, SmallCorpusWarning
from gloctm.reading.records import read_records
from warned import messages_of, no_warnings

CASES = Path(__file__).parents[1] / "data" / "cases"
SETTINGS = {"encoder": None, "show_progress": False, "min_df": 1, "max_df": 1.0}
ENGLISH = ["The red boat left the harbour", "A red fish in the sea", "The sea was calm and the boat was slow"]
GERMAN = ["Das rote Boot verließ den Hafen", "Ein roter Fisch im Meer", "Das Meer war ruhig und das Boot langsam"]
FRENCH = ["Le bateau vert a quitté le port", "Un poisson vert dans la mer", "La mer était calme et le bateau lent"]


def documents(**texts):
    return [{"text": text, "lang": code.replace("_", "-")} for code, listed in texts.items() for text in listed]


def test_special_codes_are_no_languages():
    corpus = Corpus.from_files(CASES / "10_codes.jsonl", **SETTINGS)
    assert corpus.languages == ("en", "de")
    reasons = corpus.report.dropped_by_reason()
    assert reasons.pop("marked zxx, which is no language") == 4
    # Those without a value are identified, as far as so few words tell.
    identified = corpus.report.identified.get("en")
    assert (0 if identified is None else identified.documents) + sum(reasons.values()) == 5
    assert sum(part.num_documents for part in corpus.values()) + 4 + sum(reasons.values()) == 49


@pytest.mark.parametrize("code", ["zxx", "mis", "qaa", "qam", "qtz"])
def test_documents_in_no_language_are_left_out_by_name(code):
    records = [*documents(en=ENGLISH, de=GERMAN), {"text": "lol", "lang": code, "id": "x"}]
    corpus = Corpus.from_records(records, **SETTINGS)
    assert corpus.languages == ("en", "de")
    (dropped,) = corpus.report.dropped
    assert (dropped.source, dropped.id, dropped.text) == ("record 7", "x", "lol")
    assert dropped.reason == f"marked {code}, which is no language"


def test_documents_with_a_private_use_tag_are_refused_by_name_or_skipped(tmp_path):
    records = [*documents(en=ENGLISH, de=GERMAN), {"text": "lol", "lang": "x-klingon", "id": "x"}]
    with pytest.raises(InputError, match="record 7: 'x-klingon' is a private-use tag, which names no language"):
        Corpus.from_records(records, **SETTINGS)
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    corpus = Corpus.from_files(tmp_path / "a.jsonl", on_error="skip", **SETTINGS)
    (dropped,) = corpus.report.dropped
    assert (dropped.id, dropped.text) == ("x", "lol")
    assert dropped.source.endswith("a.jsonl, line 7")
    assert dropped.reason == "'x-klingon' is a private-use tag, which names no language"


@pytest.mark.parametrize(
    "code", ["und", "mul", "NA", "NaN", "None", "null", "n/a", "other", "xx", "-", "?", "", None, float("nan")]
)
def test_documents_without_a_language_are_identified(code):
    records = [*documents(en=ENGLISH, de=GERMAN), {"text": " ".join(ENGLISH), "lang": code}]
    corpus = Corpus.from_records(records, **SETTINGS)
    assert corpus["en"].num_documents == 4
    assert corpus.report.identified["en"].documents == 1


def test_codes_of_no_language_are_refused_as_arguments():
    for refused in (
        lambda: Corpus.from_texts({"en": ENGLISH, "zxx": GERMAN}, **SETTINGS),
        lambda: Corpus.from_tokens({"en": [["a", "b"]], "und": [["a", "b"]]}, encoder=None),
        lambda: Corpus.from_records(documents(en=ENGLISH), languages=["en", "mis"], **SETTINGS),
        lambda: Corpus.from_records(documents(en=ENGLISH), language="qaa", **SETTINGS),
    ):
        with pytest.raises(InputError, match="is a code for no language: name one"):
            refused()


def test_names_of_languages():
    expected = Corpus.from_texts({"en": ENGLISH, "de": GERMAN}, **SETTINGS)
    for corpus in (
        Corpus.from_texts({"English": ENGLISH, "Deutsch": GERMAN}, **SETTINGS),
        Corpus.from_records(documents(English=ENGLISH, German=GERMAN), **SETTINGS),
        Corpus.from_records(documents(en=ENGLISH, de=GERMAN), languages=["english", "german"], **SETTINGS),
    ):
        assert corpus.languages == ("en", "de")
        assert corpus.fingerprint() == expected.fingerprint()
    assert expected["German"].num_documents == 3


VARIANTS = [("zh", "cmn"), ("no", "nb"), ("en", "en-US"), ("ar", "arb"), ("en-GB", "en-US"), ("zh-CN", "zh")]


@pytest.mark.parametrize(("first", "second"), VARIANTS)
def test_variants_of_one_language_are_named_everywhere(first, second):
    texts = {first: ENGLISH, second: ENGLISH, "de": GERMAN}
    records = [{"text": text, "lang": code} for code, listed in texts.items() for text in listed]
    settings = {**SETTINGS, "tokenizers": dict.fromkeys(texts, str.split)}
    for build in (lambda: Corpus.from_texts(texts, **settings), lambda: Corpus.from_records(records, **settings)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            corpus = build()
        assert corpus.languages == (first, second, "de")
        (message,) = messages_of(caught, SimilarLanguagesWarning)
        assert message.startswith(f"{first} and {second} are treated as separate languages; to merge them into ")
    # Settings of the variants would be two for one language.
    settings = {**SETTINGS, "tokenizers": {"de": str.split}}
    with no_warnings():
        merged = Corpus.from_records(records, merge_regions=True, **settings)
    assert len(merged) == 2
    assert next(iter(merged.values())).num_documents == 6


@pytest.mark.parametrize("codes", [("no", "nn"), ("zh", "yue"), ("hr", "sr-Latn"), ("zh", "zh-Hant")])
def test_other_languages_are_others(codes):
    settings = {**SETTINGS, "tokenizers": dict.fromkeys(codes, str.split)}
    with no_warnings():
        assert Corpus.from_texts(dict.fromkeys(codes, ENGLISH), **settings).languages == codes


def test_a_language_that_is_asked_for_is_that_of_any_region():
    records = documents(en_US=ENGLISH[:1], en_GB=ENGLISH[1:], de=GERMAN)
    corpus = Corpus.from_records(records, languages=["en", "de"], **SETTINGS)
    assert [part.num_documents for part in corpus.values()] == [3, 3]
    assert corpus.report.dropped == ()
    # Whoever asks for a region means that one.
    corpus = Corpus.from_records(records, languages=["en-GB", "de"], **SETTINGS)
    assert corpus["en-GB"].num_documents == 2
    assert corpus.report.dropped_by_reason() == {"language not wanted": 1}


def test_a_small_language_is_left_out_and_said():
    records = documents(en=ENGLISH * 10, de=GERMAN * 10, fr=FRENCH[:1])
    said = r"^fr \(1 document\) is left out, since min_documents is 20: min_documents=1 keeps it$"
    with pytest.warns(SmallCorpusWarning, match=said):
        corpus = Corpus.from_records(records, **SETTINGS)
    assert corpus.languages == ("en", "de")
    assert corpus.report.dropped_by_reason() == {"fewer than 20 documents in a language": 1}
    # What is asked for is kept, and so is what enough documents are in.
    with no_warnings():
        assert len(Corpus.from_records(records, languages=["en", "de", "fr"], **SETTINGS)) == 3
        assert len(Corpus.from_records(records, min_documents=1, **SETTINGS)) == 3
    # All are small: they are meant.
    with no_warnings():
        assert len(Corpus.from_records(documents(en=ENGLISH, de=GERMAN, fr=FRENCH[:1]), **SETTINGS)) == 3
    records = documents(en=ENGLISH * 10, de=GERMAN * 10, en_GB=ENGLISH[:2])
    with pytest.warns(SmallCorpusWarning, match="20: merge_regions=True counts en-GB as en, min_documents=2 keeps"):
        Corpus.from_records(records, **SETTINGS)
    # One warning for all, however many.
    others = dict.fromkeys(["pl", "nl", "sv", "da", "fi", "cs", "hu", "ro", "hr", "sk"], FRENCH[:1])
    records += documents(fr=FRENCH, it=FRENCH, **others)
    said = r"^en-GB \(2 documents\), fr \(3 documents\), .* and 3 more are left out, .* min_documents=1 keeps them$"
    with pytest.warns(SmallCorpusWarning, match=said):
        Corpus.from_records(records, **SETTINGS)


def test_folders_named_by_languages(tmp_path):
    for name in ("Deutsch", "english", "NA"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("a")
    assert [record.get("lang") for record in read_records(tmp_path)] == ["de", None, "en"]

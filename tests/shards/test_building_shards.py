"""A corpus built in shards is that of ``Corpus.from_files``, however the input is split and whatever its files hold."""

from __future__ import annotations

import gzip
import json
import os
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gloctm import Corpus, ShardedCorpus
from gloctm.corpus import shard_files
from gloctm.errors import FileFormatError, InputError, MissingDependencyError
from gloctm.shards import plan, vocabulary
from gloctm.shards.build import build_sharded

ENGLISH = [
    "The old ship left the harbor",
    "A red car stood in the street",
    "Rain fell on the old harbor",
    "The ship sank",
]
GERMAN = ["Das alte Schiff verließ den Hafen", "Ein rotes Auto stand auf der Straße", "Regen fiel", "Das Schiff sank"]
BASIC: dict[str, Any] = {"max_df": 1.0, "encoder": None, "show_progress": False, "min_documents": 0}


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    # Each of many small files would wait for the disk.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(plan, "SPLIT_BYTES", 300)
    monkeypatch.setattr(shard_files, "SHARD_DOCUMENTS", 8)
    monkeypatch.setattr(shard_files, "BLOCK_DOCUMENTS", 4)


def documents(number: int = 12, **more: Any) -> list[dict[str, Any]]:
    """Documents in two languages in turn, none like another."""
    texts = [("en", text) for text in ENGLISH] + [("de", text) for text in GERMAN]
    chosen = [texts[(3 * row + row // 8) % len(texts)] for row in range(number)]
    return [{"text": f"{text} {row}. Extra{row % 5}", "lang": lang, **more} for row, (lang, text) in enumerate(chosen)]


def write_lines(path: Path, records: list[Any], end: str = "\n") -> Path:
    lines = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in records]
    # Lone surrogates become JSON's own escapes.
    path.write_bytes("".join(line + end for line in lines).encode("utf-8", "backslashreplace"))
    return path


def told(build: Any) -> tuple[Any, list[tuple[type, str]]]:
    """Return what is built, and the warnings on the way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        built = build()
    return built, [(each.category, str(each.message)) for each in caught]


def check_same(paths: Any, folder: Path, **options: Any) -> Corpus:
    """Build both ways, and compare whatever a corpus says."""
    options = {**BASIC, **options}
    engine = options.pop("engine", "serial")
    expected, expected_warnings = told(lambda: Corpus.from_files(paths, **{"processes": 1, **options}))
    _, found_warnings = told(lambda: build_sharded(paths, folder / "corpus", engine=engine, **options))
    corpus = Corpus.load(folder / "corpus")
    assert found_warnings == expected_warnings
    assert corpus.languages == expected.languages
    assert corpus.fingerprint() == expected.fingerprint()
    assert corpus.passage_length == expected.passage_length
    for code, part in expected.items():
        own = corpus[code]
        assert list(own.ids) == list(part.ids)
        assert (own.labels and list(own.labels)) == (part.labels and list(part.labels))
        assert (own.dates and list(own.dates)) == (part.dates and list(part.dates))
        assert list(own.texts) == list(part.texts)
        assert (own.tokenizer, own.stop_words, own.markup) == (part.tokenizer, part.stop_words, part.markup)
    check_same_report(corpus, expected)
    # Nothing is left of the work.
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    return corpus


def check_same_report(corpus: Corpus, expected: Corpus) -> None:
    own, other = corpus.report, expected.report
    assert own is not None
    assert other is not None
    for name in ("words", "identified", "settings", "columns", "notes", "cleaned"):
        assert getattr(own, name) == getattr(other, name), name
    repeated = {code: each.duplicates for code, each in other.repeated.items() if each.duplicates}
    assert {code: each.duplicates for code, each in own.repeated.items()} == repeated
    assert Counter(own.dropped) == Counter(other.dropped)
    assert own.dropped_by_reason() == other.dropped_by_reason()


# Splits


@pytest.mark.parametrize("size", [1, 77, 300, 5000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_split_of_json_lines_gives_the_same_corpus(size, end, monkeypatch, tmp_path):
    monkeypatch.setattr(plan, "SPLIT_BYTES", size)
    check_same(write_lines(tmp_path / "news.jsonl", documents(40), end), tmp_path)


def test_a_last_line_needs_no_line_feed(tmp_path):
    path = write_lines(tmp_path / "news.jsonl", documents(20))
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    corpus = check_same(path, tmp_path)
    assert sum(part.num_documents for part in corpus.values()) == 20


_TEXTS = st.text(st.sampled_from("ab ß\u2028\U0001f600\x85\r"), min_size=1, max_size=12)
_LINES = st.one_of(
    st.builds(lambda text, lang: {"text": f"wort {text}", "lang": lang}, _TEXTS, st.sampled_from(["en", "de"])),
    st.sampled_from(
        ["", "   ", "{", "[1]", '{"text": null}', '{"text": " ", "lang": "en"}', '{"lang": "en"}', "\ufeff{}"]
    ),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(_LINES, max_size=12),
    size=st.integers(1, 200),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
    is_ended=st.booleans(),
)
def test_any_lines_in_any_split_give_the_same_corpus(lines, size, end, mark, is_ended, monkeypatch, tmp_path_factory):
    monkeypatch.setattr(plan, "SPLIT_BYTES", size)
    folder = tmp_path_factory.mktemp("lines")
    path = write_lines(folder / "news.jsonl", [*documents(4), *lines, *documents(4)], end)
    content = path.read_bytes() if is_ended else path.read_bytes().removesuffix(end.encode())
    path.write_bytes(b"\xef\xbb\xbf" * mark + content)
    check_same(path, folder, on_error="skip")


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_other_encodings_are_read_whole_or_in_lines(encoding, tmp_path):
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in documents(20)), encoding)
    check_same(path, tmp_path, encoding=encoding)


def test_lines_that_end_in_carriage_returns_are_read(tmp_path):
    check_same(write_lines(tmp_path / "news.jsonl", documents(20), "\r"), tmp_path)


def test_shards_are_full_but_the_last_and_independent_of_the_split(monkeypatch, tmp_path):
    path = write_lines(tmp_path / "news.jsonl", documents(40))
    content = []
    for size in (200, 1000):
        monkeypatch.setattr(plan, "SPLIT_BYTES", size)
        build_sharded(path, tmp_path / "corpus", engine="serial", **BASIC)
        content.append({file.name: file.read_bytes() for file in sorted((tmp_path / "corpus/en").iterdir())})
    assert content[0] == content[1]
    saved = Corpus.from_files(path, **BASIC).save(tmp_path / "saved", sharded=True)
    assert ShardedCorpus.load(saved).fingerprint() == ShardedCorpus.load(tmp_path / "corpus").fingerprint()
    assert sorted(content[0]) == ["00000.parquet", "00001.parquet", "00002.parquet", "vocabulary.json"]


# Formats


def test_compressed_files_csv_and_parquet_are_read_together(tmp_path):
    import pyarrow
    from pyarrow import parquet

    lines = write_lines(tmp_path / "a.jsonl", documents(10, label="first"))
    packed = tmp_path / "b.jsonl.gz"
    packed.write_bytes(gzip.compress(lines.read_bytes()))
    table = tmp_path / "c.csv"
    table.write_text('text,lang,date\n"A ""red"" ship\nof two lines",en,05/06/2024\n' * 1 + "Ein Hafen,de,\n" * 20)
    columns = {name: [each[name] for each in documents(30)] for name in ("text", "lang")}
    parquet.write_table(pyarrow.table(columns), tmp_path / "d.parquet", row_group_size=7)
    array = tmp_path / "e.json"
    array.write_text(json.dumps(documents(8)), "utf-8")
    check_same([lines, packed, table, tmp_path / "d.parquet", array, lines], tmp_path)


@pytest.mark.parametrize("skipped", [None, "x"])
def test_rows_of_parquet_have_their_true_numbers(skipped, tmp_path):
    import pyarrow
    from pyarrow import parquet

    texts = [each["text"] if row != 17 else skipped for row, each in enumerate(documents(30))]
    columns = {"body": texts, "lang": [each["lang"] if row != 23 else "?" for row, each in enumerate(documents(30))]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "d.parquet", row_group_size=4)
    corpus = check_same(tmp_path / "d.parquet", tmp_path, on_error="skip")
    places = [each.source.rpartition(", ")[2] for each in corpus.report.dropped]
    assert places == (["row 18", "row 24"] if skipped is None else ["row 24"])


def test_folders_of_text_files_are_read_in_runs(tmp_path):
    for row, each in enumerate(documents(24)):
        path = tmp_path / "texts" / each["lang"] / f"theme{row % 3}" / f"{row}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(each["text"], "utf-8")
    corpus = check_same(tmp_path / "texts", tmp_path)
    assert corpus["en"].labels is not None
    assert corpus["en"].ids[0].startswith("en/theme")


def test_an_object_that_wraps_all_documents_is_one_split(tmp_path):
    path = tmp_path / "news.json"
    path.write_text(json.dumps({"data": documents(20)}) + "\n\n  \n", "utf-8")
    check_same(path, tmp_path)


def test_many_small_files_are_put_together(monkeypatch, tmp_path):
    monkeypatch.setattr(plan, "SPLIT_BYTES", 2**20)
    paths = [write_lines(tmp_path / f"{number}.jsonl", documents(3)) for number in range(9)]
    check_same(paths, tmp_path)


# What is left out


def test_dropped_lines_have_their_true_numbers(tmp_path):
    records: list[Any] = documents(40)
    records[7] = "not JSON"
    records[21] = {"text": "A text without a language that exists", "lang": "?!"}
    records[30] = {"text": "   ", "lang": "en"}
    records[33] = {"text": None}
    path = write_lines(tmp_path / "news.jsonl", records)
    corpus = check_same(path, tmp_path, on_error="skip")
    lines = [each.source.rpartition(" ")[2] for each in corpus.report.dropped]
    assert lines == ["8", "22", "31", "34"]
    # Documents after them are named by their place in the whole input, of which those are a part.
    assert "39" in [*corpus["en"].ids, *corpus["de"].ids]


def test_an_error_names_the_true_line_and_leaves_nothing(tmp_path):
    path = write_lines(tmp_path / "news.jsonl", [*documents(30), "{", *documents(9)])
    with pytest.raises(FileFormatError, match=r"news\.jsonl, line 31 is not JSON"):
        build_sharded(path, tmp_path / "corpus", engine="serial", **BASIC)
    assert not (tmp_path / "corpus").exists()


def test_columns_are_chosen_by_the_beginning_of_a_file(tmp_path):
    # Later lines have a column that would be taken, were they the first.
    early = [
        {"content": each["text"], "language": each["lang"], "stars": row} for row, each in enumerate(documents(110))
    ]
    late = [{**each, "text": "never", "lang": "fr"} for each in early[:60]]
    path = write_lines(tmp_path / "news.jsonl", early + late)
    corpus = check_same(path, tmp_path)
    assert corpus.report.columns["text"] == "content"


def test_a_column_that_cannot_be_chosen_is_said_once(tmp_path):
    records = [{**each, "category": "a", "class": "b"} for each in documents(40)]
    corpus = check_same(write_lines(tmp_path / "news.jsonl", records), tmp_path)
    assert [note.count for note in corpus.report.notes] == [1]


def test_a_named_column_may_be_in_one_split_only(tmp_path):
    records = documents(30)
    records[25]["rubric"] = "harbor"
    check_same(write_lines(tmp_path / "news.jsonl", records), tmp_path, columns={"label": "rubric"})


def test_a_named_column_that_is_nowhere_is_an_error(tmp_path):
    path = write_lines(tmp_path / "news.jsonl", documents(30))
    with pytest.raises(FileFormatError, match=r"news\.jsonl never has 'rubric': name a column that is there"):
        build_sharded(path, tmp_path / "corpus", columns={"label": "rubric"}, engine="serial", **BASIC)


def test_dates_are_settled_by_those_of_other_splits(tmp_path):
    records = [{**each, "date": "05/06/2024"} for each in documents(30)]
    path = write_lines(tmp_path / "news.jsonl", records)
    unsettled = check_same(path, tmp_path)
    assert unsettled["en"].dates is None
    write_lines(path, [*records, {**documents(1)[0], "date": "31/05/2024"}])
    settled = check_same(path, tmp_path)
    assert settled["de"].dates[0] == "2024-06-05"
    write_lines(path, [*records, *({**documents(1)[0], "date": each} for each in ("31/05/2024", "05/31/2024", "??"))])
    contradictory = check_same(path, tmp_path)
    assert set(contradictory["en"].dates) == {"", "2024-05-31"}


def test_ids_that_repeat_are_said(tmp_path):
    records = documents(40)
    for row in (3, 19, 33):
        records[row]["id"] = "7"
    records[5]["id"] = "\ud800"
    check_same(write_lines(tmp_path / "news.jsonl", records), tmp_path)


def test_texts_that_repeat_are_counted(tmp_path):
    records = [*documents(30), {**documents(30)[4], "text": documents(30)[4]["text"].upper()}, *documents(8)]
    records += [{"text": "<p></p>", "lang": "en"}, {"text": "<b></b>", "lang": "en"}]
    corpus = check_same(write_lines(tmp_path / "news.jsonl", records), tmp_path)
    assert sum(each.duplicates for each in corpus.report.repeated.values()) == 9


def test_lone_surrogates_survive(tmp_path):
    records = documents(12)
    records[2]["text"] += " \ud800 end"
    check_same(write_lines(tmp_path / "news.jsonl", records), tmp_path)


# Languages


IDENTIFIED = [{"text": f"{text} and then {row}", "lang": None} for row, text in enumerate(ENGLISH * 6)]


def test_documents_identified_as_a_language_join_its_only_variant(tmp_path):
    named = [{"text": f"<b>{text}</b> co-\noperation {row}", "lang": "en-GB"} for row, text in enumerate(ENGLISH)]
    german = [{"text": text, "lang": "de"} for text in GERMAN]
    marked = [{**each, "text": f"<i>{each['text']}</i>"} for each in IDENTIFIED[:7]]
    records = [*german[:1], *marked, *named[:2], *IDENTIFIED, *named[2:], *german]
    corpus = check_same(write_lines(tmp_path / "news.jsonl", records), tmp_path, min_confidence=0.0)
    assert corpus.languages == ("de", "en-GB")
    assert corpus["en-GB"].ids[-1] != str(len(records) - 1)


@pytest.mark.parametrize("options", [{}, {"merge_regions": True}, {"languages": ["de", "en"]}, {"min_documents": 5}])
def test_languages_are_wanted_merged_or_left_out_alike(options, tmp_path):
    records = documents(30)
    records += [{"text": f"The harbor of London {row}", "lang": "en-GB"} for row in range(4)]
    records += [{"text": f"Le vieux port {row}", "lang": "fr"} for row in range(3)] + IDENTIFIED[:5]
    records += [
        {"text": "12 34", "lang": None},
        {"text": "Il porto vecchio della citta era pieno di navi", "lang": None},
    ]
    check_same(write_lines(tmp_path / "news.jsonl", records), tmp_path, **options)


def test_a_language_may_be_in_one_split_only(tmp_path):
    records = [*documents(40), *({"text": f"le vieux port {row}", "lang": "fr"} for row in range(2)), *documents(6)]
    assert check_same(write_lines(tmp_path / "news.jsonl", records), tmp_path).languages == ("en", "de", "fr")


def test_languages_without_a_list_lose_frequent_words(tmp_path):
    records = [{"text": f"ka wela{row % 7} moku{row} hale", "lang": "haw"} for row in range(60)]
    records += [{"text": f"{each['text']}", "lang": "de"} for each in documents(60)]
    path = write_lines(tmp_path / "news.jsonl", records)
    corpus = check_same(path, tmp_path, keep_words={"haw": ["hale"]})
    assert "hale" in corpus["haw"].vocabulary
    assert "ka" not in corpus["haw"].vocabulary


# Words


@pytest.mark.parametrize(
    "options",
    [
        {"min_df": 2, "max_vocabulary": 5},
        {"min_df": 0.2, "max_df": 0.4},
        {"max_df": 3, "max_vocabulary": None},
        {"stop_words": "none"},
        {"more_stop_words": {"en": ["ship"]}, "keep_words": {"de": ["das"]}, "fold": ["de"]},
        {"passages": 50},
        {"passages": "never", "markup": "keep"},
    ],
)
def test_words_are_chosen_and_counted_alike(options, tmp_path):
    records = documents(30)
    records[4]["text"] = "A ship. " * 20 + "Its harbor."
    records[26]["text"] = "&amp; <b>Ein Schiff</b>. http://a.example/b"
    check_same(write_lines(tmp_path / "news.jsonl", records), tmp_path, **options)


def test_words_are_the_same_in_any_number_of_partitions(monkeypatch, tmp_path):
    monkeypatch.setattr(vocabulary, "_PARTITION_WORDS", 20)
    check_same(write_lines(tmp_path / "news.jsonl", documents(40)), tmp_path, max_vocabulary=9)


def by_spaces(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("tokenizer", [by_spaces, lambda text: [part for part in text.split("o") if part]])
def test_tokenizers_of_your_own_are_used(tokenizer, tmp_path):
    check_same(write_lines(tmp_path / "news.jsonl", documents(20)), tmp_path, tokenizers={"en": tokenizer})


@pytest.mark.parametrize("options", [{"min_df": 50}, {"max_df": 0.01}, {"max_df": 0.01, "min_df": 2}])
def test_an_empty_vocabulary_has_the_same_reason(options, tmp_path):
    path = write_lines(tmp_path / "news.jsonl", [{"text": "ship ship", "lang": each} for each in ("en", "de") * 15])
    messages = []
    for build in (
        lambda: Corpus.from_files(path, **{**BASIC, **options}),
        lambda: build_sharded(path, tmp_path / "corpus", engine="serial", **{**BASIC, **options}),
    ):
        with pytest.raises(InputError) as caught:
            build()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


# What is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"phrases": True}, "phrases are not sought in a corpus in shards"),
        ({"drop_duplicates": "exact"}, "duplicates are counted in a corpus in shards, not dropped"),
        ({"drop_boilerplate": True}, "boilerplate is not sought in a corpus in shards"),
        ({"engine": "dask"}, "there is no engine 'dask'"),
        ({"languages": ["en"]}, "a corpus needs at least two languages"),
        ({"date_order": "ymd"}, "date_order is 'ymd'"),
        ({"encoding": "latin"}, None),
        ({"min_df": -1}, "min_df is -1"),
        ({"embedding_dtype": "float64"}, "embedding_dtype is 'float64'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(options, message, tmp_path):
    path = write_lines(tmp_path / "news.jsonl", documents(4))
    if message is None:
        build_sharded(path, tmp_path / "corpus", **{"engine": "serial", **BASIC, **options})
        return
    with pytest.raises(InputError, match=message):
        build_sharded(path, tmp_path / "corpus", **{**BASIC, **options})
    assert [each.name for each in tmp_path.iterdir()] == ["news.jsonl"]


def test_standard_input_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"^standard input can be read only once"):
        build_sharded("-", tmp_path / "corpus", **BASIC)
    assert not list(tmp_path.iterdir())


def test_unknown_options_are_named():
    with pytest.raises(TypeError, match="unexpected keyword argument 'min_dff'"):
        build_sharded("a", "b", min_dff=1)  # type: ignore[call-arg]


def test_without_pyarrow_one_sentence_says_so(monkeypatch, tmp_path):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match="building a corpus in shards"):
        build_sharded(write_lines(tmp_path / "news.jsonl", documents(4)), tmp_path / "corpus", **BASIC)


def test_an_empty_input_is_one_sentence(tmp_path):
    (tmp_path / "news.jsonl").write_bytes(b"")
    with pytest.raises(InputError, match=r"news\.jsonl has no documents: nothing to build a corpus from"):
        build_sharded(tmp_path / "news.jsonl", tmp_path / "corpus", engine="serial", **BASIC)


def test_another_folder_is_never_replaced(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/mine.txt").write_text("mine")
    with pytest.raises(InputError, match="it holds files other than a corpus's"):
        build_sharded(write_lines(tmp_path / "news.jsonl", documents(4)), tmp_path / "corpus", **BASIC)
    assert (tmp_path / "corpus/mine.txt").read_text() == "mine"

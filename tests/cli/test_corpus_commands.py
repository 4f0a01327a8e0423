"""``corpus info``, ``corpus example`` and ``corpus embed``."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess

import numpy as np

from command_line import (
    FRENCH,
    build,
    command,
    make_records,
    run_here,
    run_process,
    sentences,
    succeeded,
    write_json_lines,
)
from gloctm import Corpus
from gloctm.demo import demo_records


def row_of(language, shown):
    """The cells of a language in what ``corpus info`` shows."""
    (line,) = (line for line in shown.splitlines() if f"│{language} " in line)
    return re.findall(r"[\w.%-]+", line)


def test_corpus_info(corpus):
    result = succeeded(run_process("corpus", "info", corpus))
    assert result.stderr == ""
    for language in ("en", "de"):
        assert row_of(language, result.stdout) == f"{language} 20 0.0% 18 160 100.0% 8.0 3 unicode 512 512".split()
    lines = result.stdout.splitlines()
    below = lines[next(number for number, line in enumerate(lines) if line.startswith("└")) + 1 :]
    # The words in most documents, of as many in the order of the alphabet.
    assert below[:3] == [
        "In most documents:",
        "en: butter fish flour harbour kitchen oven water boat bridge journey",
        "de: brot brücke butter hafen mehl ofen bahnhof boot eisenbahn fahrkarte",
    ]
    # A line for each heading that does not say all.
    headings = " ".join(re.findall(r"\w+", "\n".join(lines[: lines.index(below[0])])))
    legend = below[4:-3]
    assert below[3] == below[-3] == ""
    assert [line.partition(": ")[0] for line in legend] == [
        *("empty", "words", "tokens", "words covered", "mean length", "labels", "vectors")
    ]
    for line in legend:
        assert set(line.partition(":")[0].split()) <= set(headings.split())
    assert below[-2:] == ["vocabulary: min_df 1, max_df 0.5, max_vocabulary 5000, phrases False", "encoder: usem3"]


def test_corpus_info_tells_what_was_identified_and_what_left_out(tmp_path):
    records = [{"text": record["text"]} for record in sentences()] + [{"text": "12:34 -- 56"}]
    records += [{"text": text} for text in FRENCH]
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    options = ("--encoder=none", "--max-vocabulary=9", "-q")
    assert run_here("corpus", "build", source, "-o", tmp_path / "corpus", *options).returncode == 0
    corpus = Corpus.load(tmp_path / "corpus")
    shown = succeeded(run_process("corpus", "info", tmp_path / "corpus")).stdout
    identified = {code: each.confidence for code, each in corpus.report.identified.items()}
    assert shown.splitlines()[-6:] == [
        "vocabulary: min_df 1, max_df 0.5, max_vocabulary 9, phrases False",
        f"identified: 30 documents as en, mean confidence {identified['en']:.2f}",
        f"identified: 30 documents as de, mean confidence {identified['de']:.2f}",
        "left out: 3 documents: fewer than 20 documents in a language",
        "left out: 1 document: language not recognized",
        "encoder: none",
    ]
    for code, part in corpus.items():
        empty = part.empty_documents.mean()
        assert 0 < empty < 1
        assert row_of(code, shown)[:6] == [
            *(code, "30", f"{empty:.1%}", "9", str(part.counts.sum())),
            f"{part.counts.sum() / corpus.report.words[code].tokens:.1%}",
        ]


def test_corpus_info_counts_labels_and_not_what_has_none(tmp_path):
    records = make_records()
    for record in records[::7]:
        del record["label"]
    build(tmp_path, write_json_lines(tmp_path / "documents.jsonl", records))
    shown = succeeded(run_here("corpus", "info", tmp_path / "corpus")).stdout
    labels = {record["label"] for record in records if record["lang"] == "en" and "label" in record}
    assert row_of("en", shown)[7] == str(len(labels)) == "3"


def test_corpus_example(tmp_path):
    for name, languages in (("all.jsonl", "en,zh,ja,es,de"), ("SOME.JSONL", "de,zh"), ("de.csv", "de,en")):
        result = succeeded(run_here("corpus", "example", tmp_path / name, f"--languages={languages}"))
        with (tmp_path / name).open(encoding="utf-8", newline="") as stream:
            records = list(csv.DictReader(stream) if name == "de.csv" else map(json.loads, stream))
        assert records == demo_records(languages.split(","))
        assert list(dict.fromkeys(record["lang"] for record in records)) == languages.split(",")
        assert result.stderr == f"{len(records):,} documents written to {tmp_path / name}\n"
        assert len(records) == 240 * len(languages.split(","))


def test_corpus_embed_takes_own_arrays_first(tmp_path, documents):
    bare = tmp_path / "bare"
    succeeded(run_here("corpus", "build", documents, "-o", bare, "--encoder=none", "-q"))
    rng = np.random.default_rng(0)
    arrays = {("words", "en"): 18, ("documents", "en"): 20, ("words", "de"): 18}
    options = []
    for (kind, language), rows in arrays.items():
        arrays[kind, language] = rng.normal(size=(rows, 512)).astype("f4")
        np.save(tmp_path / f"{kind}-{language}.npy", arrays[kind, language])
        options += [f"--{kind}", f"{language}={tmp_path / f'{kind}-{language}.npy'}"]
    result = succeeded(run_here("corpus", "embed", bare, "-o", tmp_path / "full", "-q", *options))
    assert result.stdout == ""
    corpus = Corpus.load(tmp_path / "full")
    np.testing.assert_array_equal(corpus["en"].word_embeddings, arrays["words", "en"])
    np.testing.assert_array_equal(corpus["en"].document_embeddings, arrays["documents", "en"])
    np.testing.assert_array_equal(corpus["de"].word_embeddings, arrays["words", "de"])
    np.testing.assert_allclose(np.linalg.norm(corpus["de"].document_embeddings, axis=1), 1, rtol=1e-3)
    assert not Corpus.load(bare).has_embeddings


def test_corpus_embed_replaces_the_corpus_unless_told_where_to_write(tmp_path, documents):
    target = tmp_path / "corpus"
    succeeded(run_here("corpus", "build", documents, "-o", target, "--encoder=none", "-q"))
    succeeded(run_here("corpus", "embed", target, "-q"))
    assert Corpus.load(target).has_embeddings
    assert os.listdir(tmp_path) == ["corpus"]


def test_a_reader_that_stops_reading_is_no_error(corpus):
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(command("corpus", "info", corpus), stdout=writer, stderr=subprocess.PIPE, timeout=100)
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"")

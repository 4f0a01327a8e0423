"""``transform``: topic proportions of documents."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from command_line import assert_refuses, make_records, run_here, run_process, succeeded, write_csv, write_json_lines
from gloctm import Corpus, GloCTM
from gloctm.reading.dropped import read_dropped
from gloctm.text.identification import identify_languages


def read_proportions(result, target):
    """The rows as dictionaries, whatever the format."""
    if str(target) == "-":
        return [json.loads(line) for line in result.stdout.splitlines()]
    if target.suffix == ".parquet":
        return pyarrow.parquet.read_table(target).to_pylist()
    if target.suffix == ".jsonl":
        return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    with target.open(encoding="utf-8", newline="") as stream:
        return [{k: v if k in ("id", "lang") else float(v) for k, v in row.items()} for row in csv.DictReader(stream)]


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".jsonl", "-"])
def test_transform_gives_a_row_a_document_in_order(tmp_path, documents, model, ending):
    target = "-" if ending == "-" else tmp_path / f"theta{ending}"
    run = run_process if ending == ".parquet" else run_here
    result = succeeded(run("transform", model, documents, "--output", target))
    rows = read_proportions(result, target)
    records = make_records()
    assert [list(row) for row in rows] == [["id", "lang", "topic_0", "topic_1", "topic_2"]] * 40
    assert [(row["id"], row["lang"]) for row in rows] == [(record["id"], record["lang"]) for record in records]
    proportions = np.array([[row[f"topic_{topic}"] for topic in range(3)] for row in rows], "f4")
    np.testing.assert_allclose(proportions.sum(axis=1), 1, rtol=1e-5)
    expected = GloCTM.load(model).transform(
        [record["text"] for record in records], [record["lang"] for record in records]
    )
    np.testing.assert_array_equal(proportions, expected)
    if target == "-":
        assert result.stderr == ""
    else:
        assert result.stdout == ""
        assert result.stderr == f"40 documents written to {target}\n"
        assert os.listdir(tmp_path) == [target.name]


def test_transform_numbers_documents_without_ids(tmp_path, model):
    records = [{"text": "brot ofen", "lang": "de"}, {"text": "river boat", "lang": "en", "id": "own"}]
    source = write_json_lines(tmp_path / "documents.jsonl", [*records, records[0]])
    rows = read_proportions(succeeded(run_here("transform", model, source, "-o", "-")), "-")
    assert [(row["id"], row["lang"]) for row in rows] == [("0", "de"), ("own", "en"), ("2", "de")]
    assert {**rows[0], "id": "2"} == rows[2]


def test_transform_latent_gives_the_means(tmp_path, documents, model):
    result = succeeded(run_here("transform", model, documents, "-o", "-", "--latent"))
    records = make_records()
    means = GloCTM.load(model).transform(
        [record["text"] for record in records], [record["lang"] for record in records], latent=True
    )
    rows = read_proportions(result, "-")
    np.testing.assert_array_equal(
        np.array([[row[f"topic_{topic}"] for topic in range(3)] for row in rows], "f4"), means
    )


def test_transform_warns_of_documents_without_known_words(tmp_path, model):
    # Any word of letters is linked to some that are known.
    records = [{"text": "12 - 34", "lang": "en"}, {"text": "brot", "lang": "de"}]
    source = write_json_lines(tmp_path / "documents.jsonl", records)
    result = run_here("transform", model, source, "-o", "-")
    assert result.returncode == 0
    assert result.stderr.startswith("gloctm: warning: 1 of 1 documents in 'en'")
    assert result.stderr.count("\n") == 1
    first = read_proportions(result, "-")[0]
    assert first["topic_0"] == first["topic_1"] == first["topic_2"]


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".jsonl"])
def test_transform_writes_ids_that_no_encoding_can_hold(tmp_path, model, ending):
    source = tmp_path / "documents.jsonl"
    source.write_text('{"id": "\\ud800,\\n\\"", "text": "brot", "lang": "de"}\n', encoding="ascii")
    target = tmp_path / f"theta{ending}"
    succeeded(run_here("transform", model, source, "-o", target))
    (row,) = read_proportions(None, target)
    assert row["id"] == '\\ud800,\n"'


def transformed(model, *arguments, run=run_here, **settings):
    """The rows that ``transform`` prints, and what was said."""
    result = run("transform", model, *arguments, "-o", "-", **settings)
    assert result.returncode == 0, result.stderr
    return read_proportions(result, "-"), result.stderr


def proportions_of(rows):
    return np.array([[row[f"topic_{topic}"] for topic in range(3)] for row in rows], "f4")


def test_transform_of_several_sources_and_standard_input(tmp_path, documents, model):
    records = make_records()
    write_csv(tmp_path / "one.csv", records[:10], delimiter=";")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records[10:30]), tmp_path / "two.parquet")
    lines = tmp_path / "three"
    lines.write_bytes(gzip.compress(write_json_lines(lines, records[30:]).read_bytes()))
    with lines.open("rb") as stream:
        sources = (tmp_path / "one.csv", tmp_path / "two.parquet", "-")
        rows, said = transformed(model, *sources, run=run_process, stdin=stream)
    assert said == ""
    assert rows == transformed(model, documents)[0]


def test_transform_of_columns_by_other_names_in_another_encoding(tmp_path, documents, model):
    names = {"text": "body", "lang": "locale", "id": "key", "label": "theme"}
    renamed = [{names[key]: value for key, value in record.items()} for record in make_records()]
    source = write_csv(tmp_path / "documents", renamed, encoding="cp1252")
    columns = [f"--{field}-column={names[field]}" for field in ("text", "lang", "id")]
    rows, said = transformed(model, source, "--format=csv", "--encoding=cp1252", *columns)
    assert said == "columns: text ← body, language ← locale, id ← key\n"
    assert rows == transformed(model, documents)[0]


def test_transform_of_text_files(tmp_path, model):
    texts = {"de/rail/zug.txt": "zug bahnhof", "de/brot.txt": "brot ofen", "en/boat.txt": "river boat"}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    rows, _ = transformed(model, tmp_path)
    assert {row["id"]: row["lang"] for row in rows} == {name: name[:2] for name in texts}
    expected = GloCTM.load(model).transform([texts[row["id"]] for row in rows], [row["lang"] for row in rows])
    np.testing.assert_array_equal(proportions_of(rows), expected)


def test_transform_identifies_languages(tmp_path, model):
    records = [
        {"text": "The train left the station; nobody had a ticket for the journey.", "lang": "de"},
        {"text": "Der Zug stand im Bahnhof, und niemand hatte eine Fahrkarte.", "lang": ""},
        {"text": "12 - 34"},
        {"text": "Das Brot kommt aus dem Ofen in die Küche."},
    ]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    model_ = GloCTM.load(model)
    for options, first in (((), "de"), (("--language=auto",), "en")):
        rows, said = transformed(model, source, *options)
        # A document left out leaves the numbers of the others as they are.
        languages = {"0": first, "1": "de", "3": "de"}
        assert {row["id"]: row["lang"] for row in rows} == languages
        assert said.splitlines()[0] == (
            "gloctm: warning: 1 document was left out (language not recognized: 1), the first at "
            f"{source}, line 3: '12 - 34'; --dropped FILE lists them"
        )
        with warnings.catch_warnings(action="ignore"):
            expected = model_.transform([records[int(row)]["text"] for row in languages], list(languages.values()))
        np.testing.assert_array_equal(proportions_of(rows), expected)
    found = identify_languages([record["text"] for record in records])
    surest = max(confidence for _, confidence in found)
    rows, said = transformed(model, source, "--language=auto", f"--min-confidence={surest}")
    assert [row["id"] for row in rows] == [str([sure for _, sure in found].index(surest))]
    assert said.startswith(
        f"gloctm: warning: 3 documents were left out (language uncertain: 2; language not recognized: 1), the first at "
        f"{source}, line {[sure < surest for _, sure in found].index(True) + 1}: "
    )
    rows, said = transformed(model, source, "--language=de")
    assert [row["lang"] for row in rows] == ["de"] * 4
    assert "left out" not in said


def test_transform_skips_bad_lines(tmp_path, model):
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "river boat", "lang": "en"}\n[1]\n{"text": "brot ofen", "lang": "de"}\n')
    rows, said = transformed(model, source, "--skip-bad-lines")
    assert [row["lang"] for row in rows] == ["en", "de"]
    assert said == (
        f"gloctm: warning: 1 document was left out (is not a JSON object: 1), the first at {source}, line 2: '[1]'; "
        "--dropped FILE lists them\n"
    )


def test_transform_lists_what_it_leaves_out(tmp_path, model):
    first, second = tmp_path / "a.jsonl", tmp_path / "b.csv"
    first.write_text('{"text": "12 - 34"}\n{"text": "river boat", "lang": "en", "id": "x"}\nno\n{"text": null}\n')
    second.write_text('text,lang\n56 - 78,\ntoo,many,fields\nbrot ofen,de\n"never closed\n')
    (tmp_path / "dropped.jsonl").write_text("an older list")
    listed = tmp_path / "dropped.jsonl"
    rows, said = transformed(model, first, second, "--skip-bad-lines", f"--dropped={listed}")
    assert [(row["id"], row["lang"]) for row in rows] == [("x", "en"), ("6", "de")]
    assert said == (
        "gloctm: warning: 6 documents were left out (language not recognized: 2; is not JSON: 1; has no text: 1; "
        "has not as many fields as the heading: 1; is not CSV: 1), the first at "
        f"{first}, line 1: '12 - 34'; {listed} lists them\n"
    )
    assert [(each.source, each.text) for each in read_dropped(listed)] == [
        (f"{first}, line 1", "12 - 34"),
        (f"{first}, line 3", "no"),
        (f"{first}, line 4", "text: None"),
        (f"{second}, line 2", "56 - 78"),
        (f"{second}, line 3", "too,many,fields"),
        (f"{second}, line 5", '"never closed'),
    ]
    assert read_dropped(listed)[0].reason == "language not recognized"
    # Nothing left out is an empty list; nothing left over is an error, after the list.
    assert transformed(model, write_json_lines(first, make_records()), f"--dropped={listed}")[1] == ""
    assert read_dropped(listed) == []
    first.write_text('{"text": "12 - 34"}\n')
    result = run_here("transform", model, first, f"--dropped={listed}")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.endswith(f"gloctm: error: {first}: no document could be used\n")
    assert [each.text for each in read_dropped(listed)] == ["12 - 34"]


def test_transform_lists_what_it_leaves_out_nowhere_else(tmp_path, documents, model):
    before = documents.read_bytes()
    for target, message in (
        (documents, "it is the file that is read; name another one"),
        (tmp_path, "a folder of that name exists; name a file"),
        (tmp_path / "missing" / "dropped.jsonl", "missing does not exist; create it"),
        ("-", "is -, standard output, where the topics go: name a file"),
        (tmp_path / "theta.jsonl", "name another file"),
    ):
        result = run_here("transform", model, documents, "-o", tmp_path / "theta.jsonl", f"--dropped={target}")
        assert result.returncode == 2
        assert message in result.stderr
    assert documents.read_bytes() == before
    assert os.listdir(tmp_path) == []


def test_transform_prints_unless_told_where_to_write(documents, model):
    result = succeeded(run_here("transform", model, documents))
    assert result.stdout == succeeded(run_here("transform", model, documents, "--output=-")).stdout
    assert len(result.stdout.splitlines()) == 40


def test_transform_calls_standard_input_by_its_name(model):
    result = run_process("transform", model, "-", input="")
    assert result.stderr == "gloctm: error: standard input has no documents: nothing to transform\n"


def test_transform_of_a_language_with_and_without_its_region(tmp_path, folder, model):
    records = [{**record, "lang": record["lang"].replace("en", "en-GB")} for record in make_records()]
    corpus, british = tmp_path / "corpus", tmp_path / "model"
    build = ("corpus", "build", write_json_lines(tmp_path / "a.jsonl", records), "-o", corpus, "-q")
    assert run_here(*build).returncode == 0
    assert run_here("train", corpus, "-o", british, "--num-topics=3", "--threads=1", "-q").returncode == 0
    # A language that is identified is the one that the model knows.
    english = [{"text": "The train left the station; nobody had a ticket for the journey on the railway."}]
    source = write_json_lines(tmp_path / "b.jsonl", english)
    rows, said = transformed(british, source)
    assert ([row["lang"] for row in rows], said) == (["en-GB"], "")
    # One that is named otherwise is taken at its word.
    source = write_json_lines(tmp_path / "b.jsonl", [{**english[0], "lang": "en-GB"}, {"text": "pain", "lang": "fr"}])
    rows, said = transformed(model, source)
    assert [row["lang"] for row in rows] == ["en-GB", "fr"]
    assert said == (
        "gloctm: warning: en-GB is not a language of the model, so its words are linked to those of the model; to "
        "treat these documents as en, set their language to en (or pass --language en)\n"
        "never trained on, inferred by words linked to those of the model: fr\n"
    )


@pytest.mark.parametrize("method", ["context", "published"])
def test_transform_of_languages_never_trained_on(tmp_path, model, published, method):
    records = [
        {"id": "fr", "text": "le train quitte la gare", "lang": "fr"},
        {"id": "en", "text": "river boat", "lang": "en"},
        {"id": "es", "text": "el pan y la mantequilla", "lang": "es"},
    ]
    source = write_json_lines(tmp_path / "a.jsonl", records)
    model, how = {
        "context": (model, "words linked to those of the model"),
        "published": (published, "the global encoder"),
    }[method]
    rows, said = transformed(model, source)
    assert said == f"never trained on, inferred by {how}: es, fr\n"
    assert [(row["id"], row["lang"]) for row in rows] == [(code, code) for code in ("fr", "en", "es")]
    expected = GloCTM.load(model).transform([record["text"] for record in records], ["fr", "en", "es"])
    np.testing.assert_array_equal(proportions_of(rows), expected)
    # They are inferred from their words: not the uniform proportions of documents that nothing is known of.
    assert (np.ptp(expected, axis=1) > 1e-4).all()


def test_transform_via_either_encoder(tmp_path, documents, published):
    texts, languages = ([record[name] for record in make_records()] for name in ("text", "lang"))
    rows = {via: transformed(published, documents, f"--via={via}")[0] for via in ("local", "global")}
    for via, given in rows.items():
        expected = GloCTM.load(published).transform(texts, languages, via=via)
        np.testing.assert_array_equal(proportions_of(given), expected)
    assert rows["local"] == transformed(published, documents)[0]
    assert rows["local"] != rows["global"]
    target = tmp_path / "theta.csv"
    for options, told in (((), "the local encoders"), (("--via=global",), "the global encoder")):
        result = succeeded(run_here("transform", published, documents, "-o", target, *options))
        assert result.stderr == f"40 documents written to {target}, inferred by {told} (--via)\n"


def test_transform_has_one_way_for_a_model_of_the_context_method(documents, model):
    result = run_here("transform", model, documents, "--via=global")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "gloctm: error: --via is 'global', but the model has one way to infer, for all languages: leave via out (it "
        "chooses among the encoders of models trained by --method published)\n"
    )


@pytest.mark.parametrize("method", ["context", "published"])
def test_a_trained_model_is_used_without_torch(tmp_path, documents, corpus, model, published, method):
    model = {"context": model, "published": published}[method]
    # The context method trains without it, too.
    train = ["train", str(corpus), "-o", "trained", "--num-topics=3", "--threads=1"]
    commands = [train] if method == "context" else []
    script = f"""
import sys
from gloctm.cli.main import main
from gloctm.training.presets import PRESETS
for arguments in (*{commands!r}, ["topics", {str(model)!r}], ["info", {str(model)!r}],
                  ["transform", {str(model)!r}, {str(documents)!r}, "-o", "theta.parquet"],
                  ["transform", {str(model)!r}, {str(documents)!r}, "-o", "-", "--language=fr"]):
    sys.argv = ["gloctm", *arguments]
    try:
        main()
    except SystemExit as ended:
        assert ended.code == 0
        assert "torch" not in sys.modules, arguments
"""
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", cwd=tmp_path, timeout=100
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "theta.parquet").exists()


def test_transform_says_which_columns_it_takes(tmp_path, model):
    source = tmp_path / "posts.tsv"
    source.write_text('uuid\tLanguage\tBody\n1\ten\t"river boat\n2\tGerman\tbrot ofen"\n')
    rows, said = transformed(model, source)
    assert [(row["id"], row["lang"]) for row in rows] == [("1", "en"), ("2", "de")]
    assert said == (
        "columns: text ← Body, language ← Language, id ← uuid\n"
        "quotation mark is read as text, since the lines that it would join are rows: at "
        f'{source}, line 2 (1 en "river boat)\n'
    )
    expected = GloCTM.load(model).transform(['"river boat', 'brot ofen"'], ["en", "de"])
    np.testing.assert_array_equal(proportions_of(rows), expected)


def test_transform_of_a_corpus_and_into_a_folder(tmp_path, documents, corpus, model):
    rows, said = transformed(model, corpus)
    assert said == ""
    expected = GloCTM.load(model).transform(Corpus.load(corpus))
    np.testing.assert_allclose(proportions_of(rows), np.concatenate([expected["en"], expected["de"]]), atol=1e-6)
    shards = Corpus.load(corpus).save(tmp_path / "shards", sharded=True)
    assert transformed(model, shards)[0] == rows
    target = tmp_path / "theta"
    for source in (shards, documents):
        result = succeeded(run_here("transform", model, source, "-o", f"{target}/"))
        assert result.stderr.splitlines()[-1] == f"40 documents written to {target}"
        found = pyarrow.parquet.read_table(target).to_pylist()
        assert {row["id"]: row["lang"] for row in found} == {row["id"]: row["lang"] for row in rows}
    assert_refuses(
        tmp_path, ("transform", model, shards, "--language=en"), "is a corpus", "leave out what says how to read them"
    )

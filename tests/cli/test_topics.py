"""``topics`` and ``info``: a trained model in words and numbers."""

from __future__ import annotations

import csv
import io
import json
import os
import re

import pytest

from command_line import run_here, run_process, succeeded
from gloctm import GloCTM, __version__


def test_topics_as_json(model):
    # JSON is UTF-8, whatever the locale.
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = succeeded(run_process("topics", model, "--format=json", "--words=18", env=environment))
    assert result.stderr == ""
    assert "brücke" in result.stdout
    records = json.loads(result.stdout)
    assert [(record["topic"], record["language"]) for record in records] == [
        (topic, language) for topic in range(3) for language in ("en", "de")
    ]
    for record in records:
        assert len(record["words"]) == 18
        assert record["weights"] == sorted(record["weights"], reverse=True)
    assert records == GloCTM.load(model).topics(18)


def test_topics_as_json_lines(model):
    result = succeeded(run_here("topics", model, "--format=jsonl", "-n", 4, "--languages=de"))
    assert [json.loads(line) for line in result.stdout.splitlines()] == GloCTM.load(model).topics(4, languages=["de"])


def test_topics_as_a_table(model):
    result = succeeded(run_here("topics", model, "-n", 3, "--languages=de,en"))
    assert result.stderr == ""
    rows = [re.findall(r"\w+", line) for line in result.stdout.splitlines()]
    for record in GloCTM.load(model).topics(3, languages=["de"]):
        assert any(row[:4] == [str(record["topic"]), *record["words"]] for row in rows)
    assert ["topic", "de", "en"] in rows
    *table, legend = result.stdout.splitlines()
    assert legend == "TU: topic uniqueness over the words shown; 1 means that no word is in two topics"
    (footer,) = (line for line in table if "TU" in line)
    assert len(re.findall(r"TU [01]\.\d{3}", footer)) == 2


@pytest.mark.parametrize("columns", [80, 60, 200, None])
def test_tables_are_as_wide_as_was_asked(model, corpus, monkeypatch, columns):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", str(columns))
    width = columns or 160
    shown = succeeded(run_here("topics", model)).stdout.splitlines()
    assert all(len(line) <= width for line in shown[:-1])
    # Ten words in two languages need more than 100 columns; where there are fewer, all are used.
    assert len(shown[0]) == width if width < 100 else 100 < len(shown[0]) <= width
    words = {word for record in GloCTM.load(model).topics(10) for word in record["words"]}
    if width >= 80:
        assert words <= set(re.findall(r"\w+", "\n".join(shown)))
    shown = succeeded(run_here("corpus", "info", corpus)).stdout.splitlines()
    assert all(len(line) <= width for line in shown[:-2])
    if width >= 80:
        assert "…" not in "".join(shown)


def test_topics_as_markdown(model):
    result = succeeded(run_here("topics", model, "-n", 2, "--format=markdown"))
    heading, rule, *rows = result.stdout.splitlines()
    assert (heading, rule) == ("| topic | en | de |", "|--:|---|---|")
    assert rows == [f"| {topic} | {' | '.join(map(' '.join, cells))} |" for topic, cells in enumerate(words_of(model))]


def test_topics_as_csv(model, documents):
    rows = list(csv.DictReader(io.StringIO(succeeded(run_here("topics", model, "-n", 4, "--format=csv")).stdout)))
    assert [(row["topic"], row["language"], row["rank"], row["word"], float(row["weight"])) for row in rows] == [
        (str(record["topic"]), record["language"], str(rank), word, weight)
        for record in GloCTM.load(model).topics(4)
        for rank, (word, weight) in enumerate(zip(record["words"], record["weights"], strict=True), start=1)
    ]
    assert "it must be table, markdown, json, jsonl or csv" in run_here("topics", model, "--format=xml").stderr


def test_topics_have_rules_between_them_where_words_take_several_lines(model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    # The rules around the heading and the footer, and the first and last.
    assert len(re.findall("[─━]{9}", succeeded(run_here("topics", model, "-n", 2)).stdout)) % 4 == 0
    heights = {}
    for columns in (150, 40):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = succeeded(run_here("topics", model, "-n", 6)).stdout.splitlines()
        heights[columns] = sum(line.startswith("├") for line in lines)
    assert heights == {150: 1, 40: 3}


def words_of(model):
    """For each topic the two first words in each language."""
    records = GloCTM.load(model).topics(2)
    return [[record["words"] for record in records if record["topic"] == topic] for topic in range(3)]


def test_topics_in_languages_never_trained_on(tmp_path, model):
    words = ["train", "gare", "bateau", "rivière", "pain", "four"]
    (tmp_path / "fr.txt").write_text("".join(f"{word}\n" for word in words[:4]), encoding="utf-8")
    # In two files, one of them as some editors write it.
    (tmp_path / "more.txt").write_text("\r\n".join(words[4:]), encoding="utf-8-sig")
    options = [f"--vocabulary=fr={tmp_path / name}" for name in ("fr.txt", "more.txt")]
    result = succeeded(run_here("topics", model, "-n", 3, "--format=json", *options))
    records = json.loads(result.stdout)
    assert [record["language"] for record in records] == ["en", "de", "fr"] * 3
    assert records == GloCTM.load(model).topics(3, languages=["en", "de", "fr"], vocabulary={"fr": words})
    assert all(set(record["words"]) <= set(words) for record in records if record["language"] == "fr")
    shown = succeeded(run_here("topics", model, "-n", 3, "--languages=fr,de", "--format=markdown", *options)).stdout
    assert shown.startswith("| topic | fr | de |\n")
    (footer,) = (line for line in run_here("topics", model, *options).stdout.splitlines() if "TU " in line)
    assert len(re.findall(r"TU [01]\.\d{3}", footer)) == 3


def test_info(model):
    result = succeeded(run_here("info", model))
    assert result.stderr == ""
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in result.stdout.splitlines())
    assert facts["languages"] == "en (18 words), de (18 words)"
    assert facts["topics"] == "3"
    assert facts["encoder"] == "usem3"
    assert facts["seed"] == "0"
    assert f"gloctm {__version__}" in facts["versions"]
    # What says nothing about the model is not shown, nor are settings of the other method.
    settings = GloCTM.load(model).settings_
    for name in GloCTM().get_params():
        shown = name in settings and name not in ("show_progress", "device")
        assert facts.get(name) == (str(settings[name]) if shown else None)
    assert not {"epochs trained", "last loss"} & set(facts)


def test_info_of_a_published_model(published):
    result = succeeded(run_here("info", published))
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in result.stdout.splitlines())
    assert facts["epochs trained"] == "2 of 2"
    assert re.fullmatch(r"[\d.]+ \(local [\d.]+, global [\d.]+, KL [\d.]+, CKA [\d.]+\)", facts["last loss"])
    loaded = GloCTM.load(published)
    assert facts["last loss"].startswith(f"{loaded.history_[-1]['loss']:.2f} ")
    for name, value in loaded.settings_.items():
        assert facts.get(name) == (None if name in ("show_progress", "device") else str(value))
    assert "num_refinements" not in facts

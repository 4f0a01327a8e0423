"""Documents and languages that a trained model can't use: one sentence, exit code 2, and nothing written."""

from __future__ import annotations

import pytest

from command_line import assert_refuses, run_here, write_json_lines


def test_transform_of_a_language_that_nothing_links_to_the_model(tmp_path, model_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}, {"text": "mot", "lang": "fr"}])
    parts = ("the model was not trained on language 'fr'", "it knows en, de", "own vectors")
    for target in (tmp_path / "theta.parquet", "-"):
        process = target != "-"
        assert_refuses(tmp_path, ("transform", model_folder, source, "-o", target), *parts, process=process)
    (tmp_path / "fr.txt").write_text("mot\n")
    assert_refuses(tmp_path, ("topics", model_folder, f"--vocabulary=fr={tmp_path / 'fr.txt'}"), *parts)


def test_transform_via_what_is_not_there(tmp_path, model_folder, published_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}, {"text": "mot", "lang": "fr"}])
    transform = ("transform", model_folder, source, "-o", tmp_path / "theta.csv")
    assert_refuses(tmp_path, (*transform, "--via=train"), "--via is 'train'", "it must be local, global or both")
    transform = ("transform", published_folder, source, "-o", tmp_path / "theta.csv")
    assert_refuses(tmp_path, (*transform, "--via=train"), "--via is 'train'", "it must be local, global or both")
    parts = ("the model was not trained on language 'fr'", "it knows en, de", "leave via out")
    assert_refuses(tmp_path, (*transform, "--via=local"), *parts)


def test_transform_of_documents_that_cannot_be_read(tmp_path, model_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}])
    transform = ("transform", model_folder, source, "-o", tmp_path / "theta.csv")
    assert_refuses(tmp_path, (*transform, "--min-confidence=2"), "--min-confidence is 2.0", "from 0 to 1")
    assert_refuses(tmp_path, (*transform, "--format=xml"), "there is no format 'xml'", "choose jsonl")
    assert_refuses(tmp_path, (*transform, "--text-column=body"), "line 1 has no 'body'", "this has 'text', 'lang'")
    assert_refuses(tmp_path, (*transform, "--lang-column=code"), "a.jsonl never has 'code'", "that is there")
    assert_refuses(tmp_path, (*transform, "--language=tongue!"), "'tongue!' is not a language code", "use BCP-47")
    with source.open("a") as stream:
        stream.write("{bad\n")
    assert_refuses(tmp_path, transform, "a.jsonl, line 2 is not JSON", "correct or remove the line")
    source.write_text('{"text": "12"}\n')
    result = run_here(*transform)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        f"gloctm: warning: 1 document was left out (language not recognized: 1), the first at {source}, line 1: '12'; "
        "--dropped FILE lists them",
        f"gloctm: error: {source}: no document could be used",
    ]
    assert not (tmp_path / "theta.csv").exists()


def test_transform_by_several_processes_where_one_writes_or_reads(tmp_path, model_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}])
    transform = ("transform", model_folder, source, "--processes=2")
    parts = ("with --processes 2, since one process writes a file", "name a folder, without an ending")
    assert_refuses(tmp_path, (*transform, "-o", tmp_path / "theta.csv"), "theta.csv", *parts)
    assert_refuses(tmp_path, transform, "can't write a stream", *parts)
    assert_refuses(tmp_path, (*transform[:3], "--processes=0", "-o", tmp_path / "theta"), "--processes is 0", "1")
    ray = ("with --engine ray, since one process writes a file", "name a folder")
    assert_refuses(tmp_path, (*transform[:3], "--engine=ray", "-o", tmp_path / "theta.csv"), "theta.csv", *ray)
    assert_refuses(tmp_path, (*transform, "--engine=ray", "-o", tmp_path / "theta"), "--processes 2 has no effect with")
    told = ("transform", model_folder, "-", "--processes=2", "-o", tmp_path / "theta")
    assert_refuses(tmp_path, told, "those of standard input, are transformed by one process", "leave --processes 2 out")


def test_what_is_kept_of_a_transform_that_fails_is_said(tmp_path, model_folder, monkeypatch):
    monkeypatch.setattr("gloctm.shards.plan.SPLIT_BYTES", 60)
    source = write_json_lines(tmp_path / "a.jsonl", [{"text": "en-0-0", "lang": "en"}] * 5)
    with source.open("a") as stream:
        stream.write("{bad\n")
    result = run_here("transform", model_folder, source, "--processes=1", "-q", "-o", tmp_path / "theta")
    assert result.returncode == 2
    kept, error = result.stderr.splitlines()
    folder = tmp_path / ".theta.transforming"
    assert kept == f"gloctm: what was done is kept in {folder}: the corrected command goes on with it, or delete it"
    assert "line 6 is not JSON" in error
    # Nothing was added by this one.
    missing = run_here("transform", model_folder, tmp_path / "none.jsonl", "-q", "-o", tmp_path / "theta")
    assert len(missing.stderr.splitlines()) == 1
    assert folder.is_dir()


def test_topics_in_languages_that_cannot_be(tmp_path, model_folder):
    (tmp_path / "words.txt").write_text("mot\n")
    option = f"--vocabulary=en={tmp_path / 'words.txt'}"
    parts = ("vocabulary is given for 'en', of which the model has its own", "leave it out")
    assert_refuses(tmp_path, ("topics", model_folder, option), *parts)
    option = f"--vocabulary=fr={tmp_path / 'words.txt'}"
    parts = ("vocabulary is given for 'fr', which is not asked for", "leave it out")
    assert_refuses(tmp_path, ("topics", model_folder, option, "--languages=en"), *parts)


def test_transform_of_nothing(tmp_path, model_folder):
    source = write_json_lines(tmp_path / "a.jsonl", [])
    arguments = ("transform", model_folder, source, "-o", tmp_path / "theta.csv")
    assert_refuses(tmp_path, arguments, "a.jsonl has no documents", "nothing to transform")


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_transform_onto_its_own_input(tmp_path, model_folder, name):
    source = tmp_path / name
    if name == "a.csv":
        source.write_text("text,lang\nen-0-0,en\n")
    else:
        write_json_lines(source, [{"text": "en-0-0", "lang": "en"}])
    (tmp_path / f"link-{name}").symlink_to(source)
    parts = ("it is the file that is read", "name another one")
    for target in (source, tmp_path / "below" / ".." / name, tmp_path / f"link-{name}"):
        (tmp_path / "below").mkdir(exist_ok=True)
        assert_refuses(tmp_path, ("transform", model_folder, source, "-o", target), f"can't write to {target}", *parts)

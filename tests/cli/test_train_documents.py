"""``train`` on a file of documents: a corpus is built beside the model."""

from __future__ import annotations

from command_line import assert_refuses, build, make_records, run_here, run_process, succeeded, write_csv
from gloctm import Corpus, GloCTM


def table(folder, **names):
    records = [{names.get(name, name): value for name, value in record.items()} for record in make_records()]
    return write_csv(folder / "posts.csv", records)


def test_a_corpus_is_built_beside_the_model(tmp_path, corpus):
    source = table(tmp_path, text="Review", lang="locale")
    model = tmp_path / "model"
    arguments = ("train", source, "-o", model, "--num-topics=3", "--threads=1")
    result = succeeded(run_here(*arguments))
    beside = tmp_path / "model-corpus"
    lines = result.stderr.splitlines()
    assert "columns: text ← Review, language ← locale, label ← label, id ← id, no date" in lines
    assert f"corpus written to {beside}" in lines
    page = f"gloctm report {model} --corpus {beside} -o {model}.html"
    assert lines[-1] == f"next: gloctm topics {model}, or a page: {page}"
    assert Corpus.load(beside).fingerprint() == Corpus.load(corpus).fingerprint()
    assert GloCTM.load(model).corpus_fingerprint_ == Corpus.load(corpus).fingerprint()
    # Again, and with columns and a language that are named.
    source = table(tmp_path, text="inhalt", lang="code")
    again = (*arguments, "--text-column=inhalt", "--lang-column=code", "-q")
    assert "columns: text ← inhalt, language ← code" in succeeded(run_here(*again)).stderr
    parts = ("at least two languages and only 'de' was given", "add documents in another language")
    assert_refuses(tmp_path, (*again, "--language=de"), *parts)


def test_a_file_is_read_with_all_flags_of_building(tmp_path):
    records = make_records()
    records += [{**records[0], "id": "again"}, {**records[1], "id": "british", "lang": "en-GB"}]
    source = write_csv(tmp_path / "posts.data", records, encoding="utf-16")
    flags = ("--merge-regions", "--drop-duplicates=exact", "--label-column=", "--encoding=utf-16", "--format=csv")
    flags = (*flags, "--languages=de,en", "--min-documents=5", "--date-order=dmy", "--encoder=usem3", "--min-df=2")
    model = tmp_path / "model"
    result = run_here("train", source, "-o", model, *flags, "--num-topics=3", "--threads=1", "-q")
    assert result.returncode == 0, result.stderr
    expected, _ = build(tmp_path, source, *flags[:-2], "--min-df=2")
    trained = Corpus.load(tmp_path / "model-corpus")
    assert trained.fingerprint() == expected.embed("usem3").fingerprint()
    assert (trained.languages, trained["de"].labels) == (("de", "en"), None)
    assert trained["en"].ids[-1] == "british"
    assert "again" not in trained["en"].ids


def test_standard_input_is_trained_on(tmp_path, documents, corpus):
    model = tmp_path / "model"
    with documents.open("rb") as stream:
        result = run_process("train", "-", "-o", model, "--num-topics=3", "--threads=1", "-q", stdin=stream)
    assert result.returncode == 0, result.stderr
    assert Corpus.load(tmp_path / "model-corpus").fingerprint() == Corpus.load(corpus).fingerprint()


def test_a_number_that_is_too_large_is_told_at_the_end(tmp_path):
    records = [{**record, "text": f"{record['text']} {number}"} for number, record in enumerate(make_records(30))]
    source, model = write_csv(tmp_path / "posts.csv", records), tmp_path / "model"
    result = run_here("train", source, "-o", model, "--threads=1")
    assert result.returncode == 0, result.stderr
    *_, last = result.stderr.splitlines()
    assert last == (
        "gloctm: language 'en' has 30 documents for 50 topics, the default, which is too many: choose about 2, by "
        f"gloctm train {model}-corpus -o {model} --num-topics auto"
    )
    again = succeeded(run_here(*last.partition("by gloctm ")[2].split(), "--threads=1"))
    assert again.stderr.splitlines()[-1].startswith("next: ")
    # Whoever gives a number is told before.
    told = run_here("train", source, "-o", model, "--threads=1", "--num-topics=20").stderr.splitlines()
    assert told[-1].startswith("next: ")


def test_topics_that_documents_cannot_make_are_refused_before_embedding(tmp_path, corpus, monkeypatch):
    source = table(tmp_path)
    with monkeypatch.context() as changed:
        changed.setattr(Corpus, "embed", None)
        parts = ("there are 40 different documents, which can't make 50 topics: ask for about 2 (--num-topics 2 or ",)
        assert_refuses(tmp_path, ("train", source, "-o", tmp_path / "model", "-q"), *parts)
    assert_refuses(tmp_path, ("train", corpus, "-o", tmp_path / "model", "-q"), *parts)


def test_what_is_missing_may_be_a_file(tmp_path):
    arguments = ("-o", tmp_path / "model", "-q")
    parts = ("nope.csv does not exist: give a file of documents (.jsonl, ", "or the folder of a saved corpus\n")
    assert_refuses(tmp_path, ("train", tmp_path / "nope.csv", *arguments), *parts)


def test_what_cannot_be_trained_on(tmp_path, corpus):
    arguments = ("-o", tmp_path / "model", "--num-topics=3", "-q")
    options = ("--text-column=body", "--lang-column=code", "--language=auto", "--label-column=", "--merge-regions")
    for option in (*options, "--format=csv", "--skip-bad-lines", "--min-df=2", "--stop-words=none", "--no-cache"):
        flag = option.partition("=")[0].replace("--no-", "--")
        parts = (f"{flag} has no effect on a corpus folder: leave it out, or give a file\n",)
        assert_refuses(tmp_path, ("train", corpus, *arguments, option), *parts)
    (tmp_path / "notes.txt").write_text("one\ntwo\n")
    parts = ("notes.txt is one document, since a text file is one whole", "as lines of a .csv or .jsonl file")
    assert_refuses(tmp_path, ("train", tmp_path / "notes.txt", *arguments), *parts)
    (tmp_path / "a.csv").write_text("id,lang\n1,en\n")
    parts = ("a.csv has no column 'text': name one of those that it has ('id', 'lang'), with --text-column",)
    assert_refuses(tmp_path, ("train", tmp_path / "a.csv", *arguments), *parts)
    other = tmp_path / "model-corpus"
    other.mkdir()
    (other / "notes.md").write_text("mine")
    assert_refuses(tmp_path, ("train", table(tmp_path), *arguments), "model-corpus")
    assert (other / "notes.md").read_text() == "mine"

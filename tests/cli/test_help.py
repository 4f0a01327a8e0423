"""The program itself: help, version, usage, and messages in terms of the shell."""

from __future__ import annotations

import errno
import inspect
import os
import re
from dataclasses import asdict

import pytest

from command_line import build, make_records, run_here, run_process, succeeded, write_json_lines
from gloctm import Corpus, GloCTM, __version__
from gloctm.cli.messages import describe_os_error, in_shell_terms, report_error
from gloctm.corpus.collection import FEW_DOCUMENTS, chosen_min_df
from gloctm.corpus.options import VocabularySettings, text_settings
from gloctm.errors import FileFormatError, InputError, TrainingError
from gloctm.reading.records import Columns

BUILDING = [
    *("--languages", "--processes", "--encoder", "--cache", "--no-cache"),
    *("--language", "--min-confidence", "--min-documents", "--merge-regions"),
    *(f"--{field}-column" for field in Columns.__dataclass_fields__),
    *("--format", "--encoding", "--quoting", "--date-order", "--skip-bad-lines"),
    *("--min-df", "--max-df", "--max-vocabulary", "--stop-words", "--more-stop-words", "--keep-words"),
    *("--lemmas", "--convert", "--fold", "--markup", "--phrases"),
    *("--passages", "--drop-duplicates", "--drop-boilerplate", "--sharded", "--embedding-dtype"),
    *("--engine", "--address"),
]
COMMANDS = {
    "": ["--version"],
    "demo": ["--output", "-o", "--languages", "--random-state", "--threads", "--quiet", "-q"],
    "corpus": [],
    "corpus build": ["--output", "-o", "--quiet", "-q", "--split", *BUILDING],
    "corpus embed": [
        *("--output", "-o", "--words", "--documents", "--encoder", "--cache", "--no-cache", "--embedding-dtype"),
        *("--processes", "--engine", "--address", "--quiet", "-q"),
    ],
    "corpus info": [],
    "corpus example": ["--languages"],
    "train": [*BUILDING, "--output", "-o", "--preset", "--config", "--progress", "--no-progress", "--quiet", "-q"]
    + [f"--{name.replace('_', '-')}" for name in GloCTM().get_params() if name != "show_progress"],
    "topics": [
        "--num-words",
        "--words",
        "-n",
        "--topic",
        "--find",
        "--languages",
        "--vocabulary",
        "--format",
        "-f",
        "--quiet",
        "-q",
    ],
    "transform": [
        *("--output", "-o", "--latent", "--via", "--language", "--min-confidence", "--text-column", "--lang-column"),
        *("--id-column", "--format", "--encoding", "--skip-bad-lines", "--dropped", "--processes", "--quiet", "-q"),
        *("--engine", "--address"),
    ],
    "documents": [
        *("--topic", "--find", "--languages", "--number", "-n", "--threshold", "--view", "--format", "-f"),
        *("--corpus", "--quiet", "-q"),
    ],
    "compare": ["--num-words", "--words", "-n", "--format", "-f"],
    "reduce": ["--num-topics", "--topics", "-k", "--output", "-o", "--view", "--format", "-f"],
    "info": [],
    "verify": [],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_mentions_every_option(name):
    run = run_process if name in ("", "train") else run_here
    result = succeeded(run(*name.split(), "--help"))
    assert result.stderr == ""
    mentioned = set(re.findall(r"(?<![\w-])--?[a-z-]+", result.stdout))
    assert {*COMMANDS[name], "--help"} <= mentioned
    assert "Usage: " in result.stdout


def test_defaults_in_the_help_are_the_estimators(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    shown = succeeded(run_here("train", "--help")).stdout.replace("--num-topics,--topics", "--num-topics")
    # The other part is that of corpus build.
    shown, _, _ = shown.partition("If CORPUS is a file")
    named = dict(re.findall(r"--([a-z-]+) .*\(default: (.+?)\)", shown))
    # --progress is the first of a pair of flags.
    defaults = {"show_progress" if flag == "progress" else flag.replace("-", "_"): text for flag, text in named.items()}
    in_words = {
        "show_progress": {"progress": True},
        "method": {"context": "context"},
        "ranking": {"coherence; published: weights": None},
        "num_near_documents": {"chosen by the corpus, 3 to 10": None},
        "seed_words": {"none": None},
        "temperature": {"fitted to the corpus": None},
        "threads": {"all": None},
        "device": {"auto": "auto"},
        "neighbor_search": {"exact": "exact"},
        "max_steps": {"after all epochs": None},
        "schedule": {"decay": "decay"},
        "decay_every_steps": {"by epochs": None},
        "patience": {"never": None},
    }
    expected = GloCTM().get_params()
    assert set(defaults) == set(expected)
    for name, text in defaults.items():
        assert (in_words[name][text] if name in in_words else float(text)) == expected[name], name


def test_defaults_in_the_help_are_the_corpus(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    shown = succeeded(run_here("corpus", "build", "--help")).stdout
    named = dict(re.findall(r"--([a-z-]+) .*\(default: (.+?)\)", shown))
    assert named.pop("split") == inspect.signature(Corpus.from_benchmark).parameters["split"].default
    signature = inspect.signature(Corpus.from_files).parameters
    usual = VocabularySettings()
    for name in ("encoding", "quoting", "date-order"):
        assert named.pop(name) == signature[name.replace("-", "_")].default
    assert named.pop("markup") == "auto"
    assert named.pop("passages").startswith("auto, ")
    assert named.pop("processes") == "all cores, where that is faster"
    assert named.pop("embedding-dtype") == "float32"
    assert named.pop("engine") == "processes"
    assert named.pop("address").startswith("RAY_ADDRESS, or ")
    assert named.pop("min-df") == f"1 for languages with fewer than {FEW_DOCUMENTS:,} documents, otherwise 2"
    assert usual.min_df is None
    assert [chosen_min_df(FEW_DOCUMENTS - 1), chosen_min_df(FEW_DOCUMENTS)] == [1, 2]
    assert {flag: float(text) for flag, text in named.items()} == {
        "max-df": usual.max_df,
        "max-vocabulary": usual.max_size,
        "min-confidence": signature["min_confidence"].default,
        "min-documents": signature["min_documents"].default,
    }
    # Where the command line itself has the default.
    named = dict(re.findall(r"--([a-z-]+) .*\[default: (.+?)\]", shown))
    assert named.pop("encoder") == signature["encoder"].default
    assert named.pop("cache") == "cache"
    assert signature["cache"].default is True
    assert named == {f"{field}-column": column for field, column in asdict(Columns()).items()}
    # And what is off unless asked for.
    assert not re.search(r"--(skip-bad-lines|phrases|lemmas|convert|language|languages|format|quiet) .*default", shown)
    assert signature["on_error"].default == "raise"
    assert not any(signature[name].default for name in ("language", "file_format"))
    assert not any(getattr(text_settings({}, None), name) for name in ("phrases", "lemmas", "convert"))
    assert "(standard input: jsonl)" in shown


def test_defaults_in_the_help_are_those_of_transform(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    shown = succeeded(run_here("transform", "--help")).stdout
    named = dict(re.findall(r"--([a-z-]+) .*[(\[]default: (.+?)[)\]]", shown))
    signature = inspect.signature(Corpus.from_files).parameters
    assert named == {
        "latent": "no-latent",
        "via": "local for languages the model was trained on, global for others",
        "min-confidence": str(signature["min_confidence"].default),
        "quoting": signature["quoting"].default,
        "encoding": signature["encoding"].default,
        "processes": "all cores, where that is faster",
        "engine": "processes",
        "address": "RAY_ADDRESS, or a cluster of this machine alone",
        **{f"{field}-column": getattr(Columns(), field) for field in ("text", "lang", "id")},
    }


def test_help_fits_a_terminal_of_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name in COMMANDS:
        shown = succeeded(run_here(*name.split(), "--help")).stdout
        assert all(len(line) <= 80 for line in shown.splitlines())


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("min_df is -1: it must be at least 1", "--min-df is -1: it must be at least 1"),
        ("no word is left: lower min_df, or raise max_df", "no word is left: lower --min-df, or raise --max-df"),
        ("more_stop_words are given for fr", "--more-stop-words are given for fr"),
        ("vocabulary is given for 'en': leave it out", "--vocabulary is given for 'en': leave it out"),
        ("convert='simplified' is for Chinese", "--convert simplified is for Chinese"),
        ("merge regions (merge_regions=True)", "merge regions (--merge-regions)"),
        ("use fewer processes (processes=1)", "use fewer processes (--processes 1)"),
        ("processes=2 has no effect with engine='ray'", "--processes 2 has no effect with --engine ray"),
        ("leave via out, or take via='global'", "leave via out, or take --via global"),
        ("epochs is given, a setting of method='published'", "epochs is given, a setting of --method published"),
        ("use corpus.embed() first (gloctm corpus embed)", "give it some with gloctm corpus embed"),
        ("correct it: --x (in Python, Columns(date=None))", "correct it: --x"),
        ("has no column 'min_df'", "has no column 'min_df'"),
        ("min_df/a.csv and a min_df.csv are missing", "min_df/a.csv and a min_df.csv are missing"),
        (
            "a.yaml: there is no setting 'x'; there are num_topics",
            "a.yaml: there is no setting 'x'; there are num_topics",
        ),
        (
            "the encoder 'a:b/c' is refused: if you trust it, give it as encoder='a:b/c'",
            "the encoder 'a:b/c' is refused: if you trust it, give it as --encoder 'a:b/c'",
        ),
        (
            "the corpus has no embeddings for 'en': use corpus.embed() first (gloctm corpus embed)",
            "the corpus has no embeddings for 'en': give it some with gloctm corpus embed",
        ),
    ],
)
def test_sentences_of_the_library_in_terms_of_the_shell(sentence, shown):
    assert in_shell_terms(sentence) == shown


def test_errors_name_flags(tmp_path, documents, model):
    result = run_here("topics", model, "--languages=fr")
    assert "for others give --vocabulary LANG=FILE, the words to choose from" in result.stderr
    (tmp_path / "fr.txt").write_text("gare\n")
    _, said = build(tmp_path, documents, f"--stop-words=fr={tmp_path / 'fr.txt'}")
    assert any("--stop-words are given for fr" in line for line in said)
    records = [{**record, "label": [5], "date": "05/06/2024"} for record in make_records()]
    source = write_json_lines(tmp_path / "labels.jsonl", records)
    result = run_here("corpus", "build", source, "-o", tmp_path / "corpus", "-q")
    assert result.stderr.endswith(': correct it, or leave the column unread: --label-column ""\n')
    _, said = build(tmp_path, source, "--label-column=")
    assert "the document is kept without one (--date-order says which): 40, the first at" in said[0]
    corpus, said = build(tmp_path, source, "--label-column=", "--date-order=mdy")
    assert (corpus["en"].dates[0], said) == ("2024-05-06", [])


def test_version():
    result = succeeded(run_process("--version"))
    assert (result.stdout, result.stderr) == (f"gloctm {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [("train",), ("transform",), ("topics", "model", "--words=many"), ("corpus", "make"), ("info", "a", "b")],
)
def test_wrong_usage_is_an_error_on_standard_error(arguments):
    result = run_here(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: ")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "suggested"),
    [
        (("train", "--seed", 3), "--random-state"),
        (("train", "--n-topics=3"), "--num-topics"),
        (("train", "--lr=0.1"), "--learning-rate"),
        (("demo", "--seed=3"), "--random-state"),
        (("train", "--merge-region"), "--merge-regions"),
    ],
)
def test_an_unknown_option_suggests_what_is_meant(monkeypatch, arguments, suggested):
    monkeypatch.setenv("COLUMNS", "200")
    result = run_here(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert re.search(rf"No such option: .*[ (]{suggested}\)", result.stderr)
    assert "--seed-weight" not in result.stderr


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("num_topics is 1: it must be 2 or more"), 2, "error: num_topics is 1: it must be 2 or more"),
        (FileFormatError("a\nb is damaged"), 2, "error: a b is damaged"),
        (TrainingError("the loss is not finite"), 1, "error: the loss is not finite"),
        (MemoryError(), 1, "error: out of memory: use a smaller vocabulary, fewer topics or a smaller batch"),
        (
            ZeroDivisionError("a\nb"),
            1,
            "unexpected error: ZeroDivisionError: a b (set GLOCTM_DEBUG=1 for the whole story)",
        ),
    ],
)
def test_an_error_is_one_line_on_standard_error(capsys, error, code, line):
    assert report_error(error) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"gloctm: {line}\n"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "no space left on the disk (a/b): free some or write elsewhere; no half-written file was left"),
        (errno.EDQUOT, "no space left on the disk (a/b): free some or write elsewhere; no half-written file was left"),
        (errno.EFBIG, "a file would grow beyond the limit set for files (a/b): raise it or write elsewhere"),
        (errno.EACCES, "permission denied (a/b): choose another place or change the permissions"),
        (errno.EROFS, "permission denied (a/b): choose another place or change the permissions"),
        (errno.ENOENT, "no such file or folder (a/b): check the path"),
        (errno.EIO, "Input/output error (a/b)"),
    ],
)
def test_file_errors_in_words(number, says):
    assert describe_os_error(OSError(number, os.strerror(number), "a/b")) == says


def test_file_errors_without_a_name_or_number():
    assert describe_os_error(OSError(errno.ENOSPC, "")).startswith("no space left on the disk: free some")
    assert describe_os_error(OSError("the tape is torn")) == "the tape is torn"


def test_the_whole_story_on_request(monkeypatch, tmp_path):
    monkeypatch.setenv("GLOCTM_DEBUG", "1")
    with pytest.raises(FileFormatError, match="is not a gloctm model"):
        run_here("info", tmp_path)

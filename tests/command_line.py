"""The command line for tests: as a process or within this one, and documents for it."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import random
import re
import resource
import signal
import subprocess
import sys
import warnings
from unittest import mock

import pytest
import scipy.sparse as sp

from gloctm import Corpus
from gloctm.cli.main import main
from gloctm.demo import demo_records
from gloctm.files.manifest import file_sizes, list_files, write_manifest

THEMES = {
    "en": {
        "water": ("river", "boat", "water", "bridge", "harbour", "fish"),
        "baking": ("bread", "butter", "oven", "flour", "kitchen", "recipe"),
        "rail": ("train", "station", "ticket", "railway", "journey", "platform"),
    },
    "de": {
        "water": ("fluss", "boot", "wasser", "brücke", "hafen", "fisch"),
        "baking": ("brot", "butter", "ofen", "mehl", "küche", "rezept"),
        "rail": ("zug", "bahnhof", "fahrkarte", "eisenbahn", "reise", "gleis"),
    },
}


FRENCH = [
    "Le train pour Lyon avait une heure de retard.",
    "Elle achète du pain et du beurre.",
    "Il pleut sur la ville.",
]


def command(*arguments):
    return [sys.executable, "-m", "gloctm", *map(str, arguments)]


def run_process(*arguments, **settings):
    """The command line as a process of its own."""
    return subprocess.run(command(*arguments), capture_output=True, encoding="utf-8", timeout=300, **settings)


def run_here(*arguments):
    """The same within this process, for variants that a process of their own would add nothing to."""
    words = list(map(str, arguments))
    with (
        contextlib.redirect_stdout(io.StringIO()) as output,
        contextlib.redirect_stderr(io.StringIO()) as messages,
        warnings.catch_warnings(action="default"),
        mock.patch.object(sys, "argv", ["gloctm", *words]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return subprocess.CompletedProcess(words, ended.value.code, output.getvalue(), messages.getvalue())


def succeeded(result):
    """The result, checked to be one: exit code 0, and no errors or warnings among the messages.

    Corpora of tests are small, which is remarked upon.
    """
    assert result.returncode == 0, result.stderr
    said = [line for line in result.stderr.splitlines() if "too few to distinguish that many topics" not in line]
    assert not re.search("error|warning|Traceback", "\n".join(said))
    return result


def make_records(documents=20):
    """Documents of three themes, the languages taking turns."""
    rng = random.Random(0)
    records = []
    for number in range(documents):
        for language, themes in THEMES.items():
            theme = list(themes)[number % len(themes)]
            text = " ".join([*rng.sample(themes[theme], 5), *rng.choices(themes[theme], k=3)])
            records.append({"id": f"{language}-{number}", "lang": language, "label": theme, "text": text})
    return records


def sentences(documents=30):
    """Documents of the built-in corpus in English and German, the languages taking turns."""
    by_language = [demo_records([code])[:documents] for code in ("en", "de")]
    return [record for pair in zip(*by_language, strict=True) for record in pair]


def without(records, *names):
    return [{name: value for name, value in record.items() if name not in names} for record in records]


def write_json_lines(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def write_csv(path, records, *, encoding="utf-8", delimiter=","):
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(records[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(records)
    return path


def write_benchmark(folder, spellings):
    """A folder in the field's layout, of the documents of ``make_records``."""
    folder.mkdir()
    for language, spelling in spellings.items():
        vocabulary = [word for words in THEMES[language].values() for word in dict.fromkeys(words)]
        records = [record for record in make_records() if record["lang"] == language]
        counts = [[record["text"].split().count(word) for word in vocabulary] for record in records]
        (folder / f"vocab_{spelling}").write_text("\n".join(vocabulary), encoding="utf-8")
        for split, rows in (("train", slice(0, 15)), ("test", slice(15, 20))):
            sp.save_npz(folder / f"{split}_bow_matrix_{spelling}.npz", sp.csr_array(counts[rows]))
            for name, key in (("texts", "text"), ("labels", "label")):
                lines = "".join(f"{record[key]}\n" for record in records[rows])
                (folder / f"{split}_{name}_{spelling}.txt").write_text(lines, encoding="utf-8")
    return folder


def build(tmp_path, *arguments, target="corpus", run=run_here, **settings):
    """The corpus that ``corpus build`` makes without embeddings, and what was said."""
    result = run("corpus", "build", *arguments, "-o", tmp_path / target, "--encoder=none", "-q", **settings)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    *said, last = result.stderr.splitlines()
    assert last == f"corpus written to {tmp_path / target}"
    return Corpus.load(tmp_path / target), said


def everything(corpus):
    """All that a corpus holds of its documents."""
    columns = ("ids", "labels", "dates", "texts")
    listed = {
        code: [None if getattr(part, name) is None else list(getattr(part, name)) for name in columns]
        for code, part in corpus.items()
    }
    return corpus.fingerprint(), listed


def dropped_in(folder):
    lines = (folder / "dropped.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def start(*arguments, **settings):
    """A process that hears interrupts even where this one was started without them."""
    return subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **settings,
    )


def snapshot(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def assert_refused(result, *parts):
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("gloctm: error: ")
    for part in parts:
        # With its end, so that a part can say that nothing follows.
        assert part in f"{line}\n"


def assert_refuses(folder, arguments, *parts, process=False, **settings):
    """The command line refuses with a sentence that has these parts, and leaves the folder as it was."""
    before = snapshot(folder)
    result = run_process(*arguments, **settings) if process else run_here(*arguments)
    assert_refused(result, *parts)
    assert snapshot(folder) == before


def cut(name):
    """Leave half of a file."""

    def damage(folder):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return damage


def change_manifest(folder, name, **changes):
    """Change a manifest and let it state the files, and itself, as they now are; ``...`` takes a key out."""
    content = json.loads((folder / name).read_text())
    sizes = {file: size for file, size in file_sizes(folder).items() if file != name}
    # Files that are listed need not be there.
    listed = {} if "files" in changes else list_files(folder, sizes)
    changed = {**content, **listed, **changes}
    if "files" in changes:
        changed.pop("sha256", None)
    changed = {key: value for key, value in changed.items() if value is not ...}
    if "own_sha256" in changes:
        (folder / name).write_text(json.dumps(changed))
    else:
        write_manifest(folder / name, changed)


def limited(size):
    """Settings of a process whose files can't grow beyond a size: writing fails in earnest."""
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))}


FULL = ("a file would grow beyond the limit", "raise it or write elsewhere")

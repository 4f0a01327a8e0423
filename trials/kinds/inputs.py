"""Mutated inputs: a small valid file of each format that GloCTM reads, damaged at random, through the command line.

The command must end well or refuse the file in one sentence. Where it ends well, every document whose id is still in
the file must be in the corpus or among those listed as left out. A line that is as it was must give the same document.
One trial in 49 is a process of its own, all others are forked.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from trials.forking import Ended
from trials.frame import Kind, Trial
from trials.kinds.kills import Hashed

# No multiple of the number of formats, so that all of them come to be processes.
_PROCESS_EVERY = 49
_DOCUMENTS = 12
_ID = re.compile(rb"doc[0-9]{4}")
_LONGEST_MESSAGE = 4000
_BUILD = ("corpus", "build", "{file}", "-o", "out", "-q", "--encoder=none", "--min-documents=0", "--min-df=1")
_TRAIN = ("train", "{inputs}/corpus", "-o", "out", "-q", "--num-topics=3", "--num-refinements=0")
_EVALUATE = ("evaluate", "{inputs}/model", "--words=5", "-o", "out.json", "-q")


@dataclass(frozen=True)
class Format:
    """A format and what reads it.

    Attributes:
        name: of the file.
        command: words, in which ``{file}`` is the damaged file and ``{inputs}`` the folder of valid ones.
        documents: whether it holds documents, which must not be lost.
        options: further words, of which some are chosen at random.
        lines: whether each line is a document by itself.
    """

    name: str
    command: tuple[str, ...]
    documents: bool = False
    options: tuple[str, ...] = ()
    lines: bool = False


_SKIP = "--skip-bad-lines"
FORMATS = {
    "JSON lines": Format("documents.jsonl", _BUILD, True, (_SKIP, "--merge-regions", "--drop-duplicates=exact"), True),
    "CSV": Format("documents.csv", _BUILD, True, (_SKIP, "--quoting=csv", "--quoting=none", "--date-order=dmy")),
    "TSV": Format("documents.tsv", _BUILD, True, (_SKIP, "--quoting=csv")),
    "JSON array": Format("documents.json", _BUILD, True, (_SKIP,)),
    "gzip": Format("documents.jsonl.gz", _BUILD, True, (_SKIP,)),
    "text": Format(
        "documents.txt",
        ("transform", "{inputs}/model", "{file}", "-o", "out.jsonl", "-q", "--language=en"),
        options=(_SKIP, "--encoding=latin-1"),
    ),
    "Parquet": Format("documents.parquet", _BUILD, True, (_SKIP,)),
    "shards": Format("documents.jsonl", (*_BUILD, "--sharded", "--processes=1"), True, (_SKIP,), True),
    "documents to infer": Format(
        "documents.jsonl", ("transform", "{inputs}/model", "{file}", "-o", "out.jsonl", "-q"), False, (_SKIP,)
    ),
    "table to infer": Format(
        "documents.csv", ("transform", "{inputs}/model", "{file}", "-o", "out.csv", "-q"), False, (_SKIP,)
    ),
    "stop words": Format("words.txt", (*_BUILD[:2], "{inputs}/documents.jsonl", *_BUILD[3:], "--stop-words=en={file}")),
    "seed words": Format("seeds.yaml", (*_TRAIN, "--seed-words={file}")),
    "seed words as JSON": Format("seeds.json", (*_TRAIN, "--seed-words={file}")),
    "settings": Format("settings.yaml", (*_TRAIN, "--config={file}")),
    "settings as TOML": Format("settings.toml", (*_TRAIN, "--config={file}")),
    "view": Format("view.json", ("reduce", "{inputs}/model", "2", "--view={file}")),
    "evaluation": Format(
        "evaluation.json", ("report", "{inputs}/model", "-o", "out.html", "-q", "--evaluation={file}")
    ),
    "dictionary": Format("dictionary.txt", (*_EVALUATE, "--dictionary=en,de={file}")),
    "reference": Format("reference.txt", (*_EVALUATE, "--reference=en={file},de={inputs}/reference.txt")),
    "vectors": Format(
        "vectors.npy",
        ("corpus", "embed", "{inputs}/corpus", "-o", "out", "-q", "--words=en={file}", "--documents=en={inputs}/v.npy"),
    ),
}


def prepare(folder: Path) -> None:
    """Make a valid file of each format, a corpus and a model."""
    import csv

    import numpy as np
    import pyarrow
    from pyarrow import parquet

    from gloctm import Corpus, GloCTM
    from gloctm.demo import demo_records
    from gloctm.evaluation import evaluate
    from gloctm.model.view import TopicView

    chosen = [record for code in ("en", "de") for record in demo_records([code])[:_DOCUMENTS]]
    records = [
        {"id": f"doc{number:04}", "lang": record["lang"], "date": "2024-05-31", "label": record["label"], "text": text}
        for number, record in enumerate(chosen)
        for text in [record["text"]]
    ]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    text = "".join(f"{line}\n" for line in lines)
    (folder / "documents.jsonl").write_text(text, encoding="utf-8")
    (folder / "documents.jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    (folder / "documents.json").write_text(json.dumps(records, ensure_ascii=False, indent=1), encoding="utf-8")
    (folder / "documents.txt").write_text("".join(f"{each['text']}\n" for each in records), encoding="utf-8")
    for name, delimiter in (("documents.csv", ","), ("documents.tsv", "\t")):
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(records[0]), delimiter=delimiter, lineterminator="\n")
            writer.writeheader()
            writer.writerows(records)
    parquet.write_table(pyarrow.Table.from_pylist(records), folder / "documents.parquet")
    corpus = Corpus.from_files(
        folder / "documents.jsonl", encoder=None, min_documents=0, min_df=1, max_df=0.9, show_progress=False
    ).embed(Hashed(), cache=False, show_progress=False)
    corpus.save(folder / "corpus")
    model = GloCTM(num_topics=3, threads=1, show_progress=False).fit(Corpus.load(folder / "corpus"))
    model.save(folder / "model")
    TopicView.of(model).rename(0, "a name").save(folder / "view.json")
    words = {code: model.vocabulary_[code][:20] for code in model.languages_}
    (folder / "words.txt").write_text("".join(f"{word}\n" for word in words["en"]), encoding="utf-8")
    pairs = [f"{en} {de}\n" for en, de in zip(words["en"], words["de"], strict=True)]
    (folder / "dictionary.txt").write_text("".join(pairs), encoding="utf-8")
    (folder / "reference.txt").write_text("".join(f"{' '.join(words['en'])}\n" for _ in range(9)), encoding="utf-8")
    seeds = {"trains": {code: listed[:3] for code, listed in words.items()}}
    (folder / "seeds.json").write_text(json.dumps(seeds, ensure_ascii=False), encoding="utf-8")
    (folder / "seeds.yaml").write_text(json.dumps(seeds, ensure_ascii=False, indent=1), encoding="utf-8")
    (folder / "settings.yaml").write_text("temperature: 0.5\nnum_near_documents: 3\nranking: weights\n")
    (folder / "settings.toml").write_text('temperature = 0.5\nnum_near_documents = 3\nranking = "weights"\n')
    measured = evaluate(model, corpus=Corpus.load(folder / "corpus"), num_words=5).to_dict()
    (folder / "evaluation.json").write_text(json.dumps(measured, ensure_ascii=False), encoding="utf-8")
    np.save(folder / "vectors.npy", np.asarray(corpus["en"].word_embeddings))
    np.save(folder / "v.npy", np.asarray(corpus["en"].document_embeddings))


# What damages some bytes. Each takes a source of chance and the bytes.


def _flipped(chance: random.Random, data: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def _truncated(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def _duplicated(chance: random.Random, data: bytes) -> bytes:
    first, last = sorted((chance.randrange(len(data)), chance.randrange(len(data))))
    return data[:last] + data[first:last] * chance.choice((1, 2, 5)) + data[last:]


def _removed(chance: random.Random, data: bytes) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.choice((1, 2, 10, 200)) :]


def _inserted(chance: random.Random, data: bytes) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + chance.choice(_ODD) * chance.choice((1, 1, 1, 2, 50)) + data[start:]


def _value(chance: random.Random, data: bytes) -> bytes:
    """Replace a text in quotation marks, a number or a word by something of another kind."""
    places = list(re.finditer(rb'"[^"\n]*"|[0-9.]+|\w+', data))
    if not places:
        return data
    place = chance.choice(places)
    return data[: place.start()] + chance.choice(_VALUES) + data[place.end() :]


def _swapped(chance: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


def _recoded(chance: random.Random, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    coding = chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp1252", "utf-7", "shift_jis"))
    return text.encode(coding, "replace")


def _ends(chance: random.Random, data: bytes) -> bytes:
    return data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\x0b", b"\xe2\x80\xa8", b"\0", b"")))


_ODD = (
    *(
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b'"',
        b"'",
        b",",
        b"\t",
        b"\n",
        b"\r",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
    ),
    *(
        b"\x1b[31m",
        b"\xe2\x80\xae",
        b"\xef\xbb\xbf",
        b"\xf0\x9f\x92\xa9",
        b"\\ud800",
        b"\\u0000",
        b"=1+1",
        b"x" * 10_000,
    ),
    *(b"9" * 5000, b"[" * 100_000, b'{"a":' * 10_000, b"&a [*a]", b"!!python/object:os.system ", b"<<: ", b"- "),
)
_VALUES = (
    *(
        b"null",
        b"true",
        b"[]",
        b"{}",
        b'""',
        b"0",
        b"-1",
        b"1e999",
        b"-1e999",
        b"NaN",
        b"Infinity",
        b"9" * 400,
        b"1" * 5000,
    ),
    *(b'"x-private"', b'"zxx"', b'"en"', b'"en-x-y"', b'"qaa"', b"1.5", b'"\\ud83d"', b"[[[[1]]]]", b'{"a": {"b": 1}}'),
    *(b'"0000-00-00"', b'"9999999999-01-01"', b'"=cmd()"', b"-0.0", b"'", b'"', b"4294967296", b"18446744073709551616"),
)
MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_flipped, _flipped, _truncated, _duplicated, _removed, _inserted, _inserted, _inserted, _value, _value, _value),
    *(_swapped, _recoded, _ends),
)


def run(trial: Trial) -> None:
    """Damage a file once or a few times, and let a command read it."""
    from gloctm.text.identification import identify_languages

    # Once for all trials: what identifies a language takes seconds to load.
    identify_languages(["once"])
    names = list(FORMATS)
    trial.part = names[trial.number % len(names)]
    form, chance = FORMATS[trial.part], trial.random
    valid = (trial.inputs / form.name).read_bytes()
    is_packed = form.name.endswith(".gz") and chance.random() < 0.7
    data = gzip.decompress(valid) if is_packed else valid
    done = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        mutation = chance.choice(MUTATIONS)
        if data:
            data = mutation(chance, data)
            done.append(mutation.__name__.removeprefix("_"))
    file = trial.folder / form.name
    file.write_bytes(gzip.compress(data, mtime=0) if is_packed else data)
    options = [option for option in form.options if chance.random() < 0.4]
    words = [word.format(file=file, inputs=trial.inputs) for word in form.command]
    trial.facts.update(mutations=done, options=options)
    with without_scripts():
        is_process = trial.number % _PROCESS_EVERY == _PROCESS_EVERY - 1
        ended = (_as_process if is_process else _forked)(trial, *words, *options)
    check_messages(trial, ended)
    if ended.code == 0 and form.documents and ended.how == "exited":
        _check_documents(trial, form, data, valid)
    # A build in shards goes on where it was refused.
    if ended.code == 2 and (trial.folder / "out").exists() and "--sharded" not in words:
        trial.fault("leftover", f"the command refused the file, and wrote {os.listdir(trial.folder / 'out')}")


@contextlib.contextmanager
def without_scripts() -> Iterator[None]:
    """Let pages have none of the scripts that draw: they take seconds to make, and nobody runs them here."""
    from gloctm.explorer import page

    with mock.patch.object(page, "_vega_bundle", return_value=page._Bundle("void 0")):
        yield


def _forked(trial: Trial, *words: str) -> Ended:
    return trial.command(*words)


def _as_process(trial: Trial, *words: str) -> Ended:
    """Run the command line as a process of its own, not a fork of this one."""
    trial.facts["processes"] = 1
    command = [sys.executable, "-m", "gloctm", *words]
    source = str(Path(__file__).resolve().parents[2] / "src")
    ended = trial.process(
        lambda: sys.exit(subprocess.run(command, check=False).returncode), environment={"PYTHONPATH": source}
    )
    if (ended.code not in (0, 2) and ended.how == "exited") or "Traceback" in ended.messages:
        trial.fault("unexpected", f"{' '.join(command)}\nexit code {ended.code}\n{ended.messages[-2000:]}")
    return ended


def check_messages(trial: Trial, ended: Ended) -> None:
    """Look for messages that are too long, or that do something to a terminal."""
    if ended.code == 2 and len(ended.messages) > _LONGEST_MESSAGE:
        trial.fault("unexpected", f"a message of {len(ended.messages):,} characters: {ended.messages[:500]}")
    if active := re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", ended.messages):
        trial.fault("unexpected", f"a message has the character {active[0]!r}: {ended.messages[:500]!r}")


def _check_documents(trial: Trial, form: Format, data: bytes, valid: bytes) -> None:
    """Look for the documents that the damaged file still has."""
    ended = trial.process(lambda: _documents(trial.folder / "out"))
    if not ended.went_well:
        trial.fault("silent", f"the corpus can't be read: {ended.message}\n{ended.story}")
        return
    found, listed = ended.value["documents"], ended.value["listed"]
    if form.name.endswith((".parquet", ".gz")) and data == valid:
        data = b""
    everything = json.dumps([found, listed, ended.value["report"]], ensure_ascii=False)
    # A line that is listed may have swallowed the next one.
    lines = data.split(b"\n")
    numbers = {int(number) for number in re.findall(r", line ([0-9]+)", listed)}
    everything += "".join(repr(lines[number - 1]) for number in sorted(numbers) if number <= len(lines))
    beginnings = {record["id"]: record["text"][:30] for record in _records(trial.inputs)}
    for identifier in sorted({each.decode() for each in _ID.findall(data)}):
        # Where the name of the column is damaged, the document has another id.
        beginning = beginnings.get(identifier, identifier)
        # UTF-7, which nobody writes any more, is read as what its characters are.
        if not any(each in everything for each in (identifier, beginning, beginning.encode("utf-7").decode())):
            trial.fault("lost", f"{identifier} is in the file, and neither in the corpus nor listed")
            return
    if not form.lines:
        return
    whole = set(data.split(b"\n"))
    texts = dict(found)
    for line, record in zip(valid.splitlines(), _records(trial.inputs), strict=True):
        # Another line may have the same id since.
        if line in whole and data.count(record["id"].encode()) == 1:
            text = texts.get(record["id"])
            if text is not None and text != record["text"]:
                trial.fault("silent", f"{record['id']} is as it was, and has the text {text!r}")
                return


def _records(inputs: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (inputs / "documents.jsonl").read_text(encoding="utf-8").splitlines()]


def _documents(path: Path) -> dict[str, object]:
    from gloctm.shards import open_corpus

    corpus = open_corpus(path)
    found = []
    for part in corpus.values():
        for documents in part.parts(texts=True):
            texts = documents.texts or [""] * documents.num_documents
            found += [[identifier, text] for identifier, text in zip(documents.ids or texts, texts, strict=True)]
    dropped = path / "dropped.jsonl"
    return {
        "documents": found,
        "listed": dropped.read_text(encoding="utf-8") if dropped.exists() else "",
        "report": repr(corpus.report),
    }


KIND = Kind(
    name="inputs",
    about="mutated files of every format",
    sizes={"sample": 10, "full": 10_000, "nightly": 50_000},
    prepare=prepare,
    run=run,
    warms=(
        *("torch.optim", "safetensors.numpy", "safetensors.torch", "sklearn.cluster", "scipy.cluster.hierarchy"),
        *("pyarrow.parquet", "pyarrow.dataset", "langcodes", "py3langid", "pydantic.main", "pydantic.fields"),
        *("regex", "yaml", "tomllib", "platformdirs", "jinja2", "importlib.readers", "rich.table", "rich.markup"),
        *("gloctm.cli.main", "gloctm.cli.built", "gloctm.cli.tables", "gloctm.cli.topic_tables", "gloctm.estimator"),
        *("gloctm.demo", "gloctm.evaluation", "gloctm.export.card", "gloctm.export.transform", "gloctm.summary"),
        *("gloctm.shards.build", "gloctm.explorer.page"),
    ),
)

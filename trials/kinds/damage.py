"""Damaged folders and caches: saved models, corpora, shards, results and caches, damaged at random, then read.

A command that reads a damaged folder must give to the bit what it gives for the whole one, or refuse the folder in one
sentence. In one trial of five the damage is signed: the manifest states the digests of what is there now, as somebody
who means harm would write it. Another result is right then, but a traceback, too much memory or numbers that are not
finite are not. Such numbers are looked for in what is printed, in results of text, in what the server answers, and in
the data of pages; the scripts of pages have words of their own.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trials.forking import Ended
from trials.frame import Kind, Trial
from trials.kinds.inputs import MUTATIONS, check_messages, without_scripts
from trials.kinds.kills import Hashed, small_shards

# The folder that a trial damages, a word that no message has but as this name.
_DAMAGED = "quagga"
_DOCUMENTS = 30
_MANIFESTS = ("model.json", "corpus.json", "tables.json", "_transform.json")
_CARD = ".md"
_TOPICS = 4
_PUBLISHED: dict[str, Any] = {
    "method": "published",
    **{"epochs": 3, "batch_size": 16, "local_hidden_size": 8, "global_hidden_size": 8},
}
_PARTS = ("transform", "{inputs}/whole/context", "{inputs}/documents.jsonl", "-q", "--processes=1")
_LARGEST = 2**27
# Results that are text, numbers as they write those that are not finite, and the data of a page.
_TEXTS = (".csv", ".json", ".html")
_NOT_FINITE = re.compile(r"(?<![\w\\])(?:nan|inf|infinity)(?!\w)", re.IGNORECASE)
_PAGE_DATA = re.compile(r'<script type="application/json"[^>]* data-encoding="(\w+)">(.*?)</script>', re.DOTALL)
# Of the trials, those in which the damage is signed.
_SIGNED = 0.2


def _command(*words: str) -> Callable[[Trial], Ended]:
    def run(trial: Trial) -> Ended:
        with without_scripts():
            return trial.command(*(word.format(inputs=trial.inputs) for word in words))

    return run


def _process(work: Callable[[], object]) -> Callable[[Trial], Ended]:
    return lambda trial: trial.process(work)


def _served() -> dict[str, Any]:
    """Serve the model in ``quagga``; return what is answered."""
    from fastapi.testclient import TestClient

    from gloctm import GloCTM
    from gloctm.server import create_app

    with without_scripts(), TestClient(create_app(GloCTM.load(_DAMAGED)), base_url="http://localhost") as client:
        asked = {"documents": [{"text": "The train to Bern was an hour late.", "lang": "en"}]}
        answers = [client.get("/"), client.get("/api/topics"), client.post("/api/transform", json=asked)]
        return {"answers": [[each.status_code, each.text] for each in answers]}


def _embedded() -> None:
    """Embed with the cache in ``quagga``."""
    from gloctm import Corpus

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        corpus = Corpus.load("plain").embed(Hashed(), cache=_DAMAGED, show_progress=False)
    corpus.save("embedded")


def _resharded() -> None:
    """Read every file of a corpus in shards."""
    from gloctm import ShardedCorpus

    ShardedCorpus.load(_DAMAGED).to_corpus().save("read")


@dataclass(frozen=True)
class Reading:
    """What reads a folder.

    Attributes:
        name: for people.
        targets: names of the folders in ``whole`` that are damaged, of which a trial takes one.
        run: reads the damaged copy, ``quagga`` in the trial's folder.
        results: names of what it writes.
    """

    name: str
    targets: tuple[str, ...]
    run: Callable[[Trial], Ended]
    results: tuple[str, ...] = ()


_MODELS = ("context", "published")
_CORPORA = ("plain", "passages", "sharded")
READINGS = (
    Reading("topics", _MODELS, _command("topics", _DAMAGED, "--format=json")),
    Reading("load a corpus", _CORPORA, _command("train", _DAMAGED, "-o", "model", "-q", "--num-topics=3"), ("model",)),
    Reading(
        "transform",
        _MODELS,
        _command("transform", _DAMAGED, "{inputs}/documents.jsonl", "-qo", "theta.csv"),
        ("theta.csv",),
    ),
    Reading("embed by a cache", ("cache",), _process(_embedded), ("embedded",)),
    Reading("serve", _MODELS, _process(_served)),
    Reading(
        "report",
        _MODELS,
        _command("report", _DAMAGED, "--corpus={inputs}/whole/plain", "-qo", "page.html"),
        ("page.html",),
    ),
    Reading(
        "evaluate",
        _MODELS,
        _command("evaluate", _DAMAGED, "--corpus={inputs}/whole/plain", "-qo", "measures.json"),
        ("measures.json",),
    ),
    Reading(
        "report of a corpus",
        _CORPORA,
        _command("report", "{inputs}/whole/context", f"--corpus={_DAMAGED}", "-qo", "page.html"),
        ("page.html",),
    ),
    Reading(
        "evaluate by a corpus",
        _CORPORA,
        _command("evaluate", "{inputs}/whole/context", f"--corpus={_DAMAGED}", "-qo", "measures.json"),
        ("measures.json",),
    ),
    Reading("load shards", ("sharded",), _process(_resharded), ("read",)),
    Reading(
        "resume training", ("checkpoint",), lambda trial: trial.process(lambda: _resumed(trial.inputs)), ("trained",)
    ),
    Reading("resume transform", ("parts",), _command(*_PARTS, "-o", _DAMAGED), (_DAMAGED,)),
    Reading("show a model", _MODELS, _command("info", _DAMAGED)),
    Reading("show a corpus", _CORPORA, _command("corpus", "info", _DAMAGED)),
    Reading("verify", (*_MODELS, *_CORPORA, "parts"), _command("verify", _DAMAGED)),
)


def prepare(folder: Path) -> None:
    """Make one of each folder that is read, and in ``other`` one of the same shapes but other content."""
    from gloctm import Corpus, GloCTM
    from gloctm.cli.main import main
    from gloctm.demo import demo_records

    whole, other = folder / "whole", folder / "other"
    records = [record for code in ("en", "de") for record in demo_records([code])[:_DOCUMENTS]]
    lines = [json.dumps({**record, "id": str(number)}) for number, record in enumerate(records)]
    (folder / "documents.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    settings: dict[str, Any] = {"encoder": None, "min_documents": 0, "min_df": 1, "show_progress": False}
    unembedded = Corpus.from_files(folder / "documents.jsonl", **settings)
    unembedded.save(folder / "unembedded")
    plain = unembedded.embed(Hashed(), cache=whole / "cache", show_progress=False)
    plain.save(whole / "plain")
    turned = plain
    for code, part in plain.items():
        turned = turned.with_embeddings(code, words=part.word_embeddings[::-1].copy())  # type: ignore[index]
    turned.save(other / "plain")
    # Longer texts, which are of several passages each.
    joined = [
        {**records[at], "text": " ".join(each["text"] for each in records[at : at + 10])} for at in (0, 10, 30, 40)
    ]
    passages = Corpus.from_records(joined, passages=50, **settings)
    passages.embed(Hashed(), cache=False, show_progress=False).save(whole / "passages")
    with small_shards():
        plain.save(whole / "sharded", sharded=True)
        turned.save(other / "sharded", sharded=True)
    for place, seed in ((whole, 0), (other, 1)):
        for name, chosen in (("context", {}), ("published", _PUBLISHED)):
            model = GloCTM(num_topics=_TOPICS, random_state=seed, threads=1, show_progress=False, **chosen)
            model.fit(Corpus.load(whole / "plain")).set_labels({"en": {0: "rain", 1: "sun"}}).save(place / name)
        _stop_halfway(whole / "plain", place / "checkpoint", seed)
    sys.argv = ["gloctm", *(word.format(inputs=folder) for word in _PARTS), "-o", str(whole / "parts")]
    with contextlib.suppress(SystemExit):
        main()


def _training(seed: int) -> Any:
    from gloctm import GloCTM

    return GloCTM(num_topics=_TOPICS, random_state=seed, threads=1, show_progress=False, **_PUBLISHED)


def _stop_halfway(corpus: Path, folder: Path, seed: int) -> None:
    """Leave the checkpoint of a training that ended early."""
    from gloctm import Corpus
    from gloctm.training import Callback

    class Stopping(Callback):
        def on_epoch_end(self, run: Any, epoch: Any) -> None:
            raise KeyboardInterrupt

    folder.mkdir(parents=True)
    with contextlib.suppress(KeyboardInterrupt):
        _training(seed).fit(
            Corpus.load(corpus), checkpoint=folder / "state", checkpoint_minutes=0, callbacks=[Stopping()]
        )


def _resumed(inputs: Path) -> None:
    """Go on with the training whose checkpoint is in ``quagga``."""
    from gloctm import Corpus

    model = _training(0).fit(Corpus.load(inputs / "whole" / "plain"), checkpoint=f"{_DAMAGED}/state", resume=True)
    model.save("trained")


def run(trial: Trial) -> None:
    """Damage a folder once or a few times, read it, and compare with what the whole one gives."""
    from gloctm.text.identification import identify_languages

    # Once for all trials: what identifies a language takes seconds to load.
    identify_languages(["once"])
    chance = trial.random
    # In turn, so that small runs have all.
    reading = READINGS[trial.number % len(READINGS)]
    trial.part = reading.name
    target = reading.targets[trial.number // len(READINGS) % len(reading.targets)]
    expected = _expected(trial, reading, target)
    _copy(trial.inputs, target, trial.folder)
    saved = trial.folder / _DAMAGED
    done = []
    for _ in range(chance.choice((1, 1, 1, 2))):
        if not _files(saved):
            break
        damage = chance.choice(_CACHE_DAMAGES if target == "cache" else _DAMAGES)
        done.append(damage(chance, saved, trial.inputs / "other" / target))
    is_signed = chance.random() < _SIGNED and _sign(saved)
    trial.facts.update(target=target, damages=done, signed=int(is_signed))
    ended = reading.run(trial)
    trial.facts["refused"] = int(not ended.went_well)
    check_messages(trial, ended)
    if ended.went_well:
        found = _outcome(trial.folder, reading, ended)
        if not is_signed and found != expected:
            trial.fault("silent", f"what is read from the damaged {target} differs, and no message says so")
        for name, text in _given_out(trial.folder, reading, ended):
            if around := not_finite(text):
                trial.fault("silent", f"a number that is not finite is given out, in {name}: {around}")
    elif not _names(ended):
        trial.fault("unexpected", f"the refusal does not name what is damaged: {ended.message or ended.messages}")


def _names(ended: Ended) -> bool:
    told = ended.message if ended.how == "raised" else ended.messages
    return ended.how not in ("raised", "exited") or _DAMAGED in told


def _given_out(folder: Path, reading: Reading, ended: Ended) -> Iterator[tuple[str, str]]:
    """Yield what people and programs read of a result, each text with its name."""
    yield "standard output", ended.output
    for path in _results(folder, reading):
        if path.suffix in _TEXTS:
            yield str(path.relative_to(folder)), path.read_text("utf-8", "replace")
    for number, (_, text) in enumerate((ended.value or {}).get("answers", ())):
        yield f"answer {number}", text


def not_finite(text: str) -> str:
    """Return the first number that is not finite with what is around it; of a page, in its data. Empty without one."""
    if text.lstrip()[:9].lower() == "<!doctype":
        text = "\n".join(
            zlib.decompress(base64.b64decode(data)).decode() if encoding == "deflate" else data
            for encoding, data in _PAGE_DATA.findall(text)
        )
    found = _NOT_FINITE.search(text)
    return "" if found is None else text[max(0, found.start() - 40) : found.end() + 40]


def _copy(inputs: Path, target: str, folder: Path) -> None:
    shutil.copytree(inputs / "whole" / target, folder / _DAMAGED)
    if target == "cache":
        # By which everything that is read is embedded.
        shutil.copytree(inputs / "unembedded", folder / "plain")


def _expected(trial: Trial, reading: Reading, target: str) -> Any:
    """Return what a reading gives of the whole folder; read once."""
    place = trial.inputs / "expected" / f"{reading.name} {target}"
    path = place / "outcome.json"
    if not path.exists():
        shutil.rmtree(place, ignore_errors=True)
        whole = Trial(trial.kind, trial.seed, -1, trial.inputs, place / "folder", place / "notes")
        for folder in (whole.folder, whole.notes):
            folder.mkdir(parents=True)
        _copy(trial.inputs, target, whole.folder)
        ended = reading.run(whole)
        if not ended.went_well or whole.faults:
            raise RuntimeError(f"{reading.name} of the whole {target}: {ended}, {whole.faults}")
        path.write_text(json.dumps(_outcome(whole.folder, reading, ended)))
    return json.loads(path.read_bytes())


def _outcome(folder: Path, reading: Reading, ended: Ended) -> Any:
    """Return what was given out, and the digests of what was written."""
    digests = {str(each.relative_to(folder)): file_digest(each) for each in _results(folder, reading)}
    return json.loads(json.dumps([ended.output, ended.value, digests]))


def _results(folder: Path, reading: Reading) -> list[Path]:
    """Return the files that were written."""
    paths = [folder / name for name in reading.results]
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return [file for file in files if file.is_file()]


# What damages a folder. Each takes a source of chance, the folder and one like it, and returns what it did in words.


def _files(folder: Path) -> list[Path]:
    # What people read is no part of it, and what an earlier damage made is not read here.
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [path for path in found if path.suffix != _CARD and path.stat().st_size < _LARGEST]


def _bytes(chance: random.Random, saved: Path, other: Path) -> str:
    path = chance.choice(_files(saved))
    mutation = chance.choice((*MUTATIONS, _zeroed, _moved, _shuffled))
    if content := path.read_bytes():
        _replace(path, mutation(chance, content))
    return f"{path.relative_to(saved)}: {mutation.__name__}"


def _zeroed(chance: random.Random, data: bytes) -> bytes:
    start = chance.randrange(len(data))
    stop = min(len(data), start + chance.choice((1, 8, 64, 4096)))
    return data[:start] + bytes(stop - start) + data[stop:]


def _moved(chance: random.Random, data: bytes) -> bytes:
    """Put two stretches in each other's place, as of words or embeddings of two topics."""
    size = chance.randint(1, max(1, len(data) // 4))
    first = chance.randrange(max(1, len(data) - 2 * size))
    second = chance.randrange(first + size, max(first + size + 1, len(data) - size + 1))
    middle = data[first + size : second]
    return data[:first] + data[second : second + size] + middle + data[first : first + size] + data[second + size :]


def _shuffled(chance: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def _exchanged(chance: random.Random, saved: Path, other: Path) -> str:
    """Take a file of another folder of the same kind, or one of this folder."""
    path = chance.choice(_files(saved))
    same = other / path.relative_to(saved)
    source = same if same.exists() and chance.random() < 0.7 else chance.choice(_files(saved))
    _replace(path, source.read_bytes())
    return f"{path.relative_to(saved)}: in its place another {source.name}"


def _missing(chance: random.Random, saved: Path, other: Path) -> str:
    path = chance.choice(_files(saved))
    path.unlink()
    return f"{path.relative_to(saved)}: missing"


def _odd(chance: random.Random, saved: Path, other: Path) -> str:
    """Put something in place of a file that is no plain file."""
    path = chance.choice(_files(saved))
    content = path.read_bytes()
    path.unlink()
    name = chance.choice(("fifo", "device", "folder", "link", "link to itself", "link to another"))
    if name == "fifo":
        os.mkfifo(path)
    elif name == "device":
        path.symlink_to("/dev/zero")
    elif name == "folder":
        path.mkdir()
    elif name == "link":
        hidden = saved.parent / "elsewhere"
        hidden.write_bytes(content)
        path.symlink_to(hidden)
    elif name == "link to itself":
        path.symlink_to(path)
    else:
        path.symlink_to("/etc/passwd")
    return f"{path.relative_to(saved)}: a {name}"


def _larger(chance: random.Random, saved: Path, other: Path) -> str:
    """Let a file be of gigabytes that no disk holds."""
    path = chance.choice(_files(saved))
    with _writable(path).open("ab") as stream:
        stream.truncate(chance.choice((2**33, 2**40)))
    return f"{path.relative_to(saved)}: of gigabytes"


def _value(chance: random.Random, saved: Path, other: Path) -> str:
    """Replace a value of a manifest, or of another file of JSON, by something of another kind."""
    listed = [path for path in _files(saved) if path.suffix == ".json"]
    if not listed:
        return _bytes(chance, saved, other)
    path = chance.choice(listed)
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        return f"{path.relative_to(saved)}: damaged already"
    places = [place for place in _places(content) if place and place[0] not in ("sha256", "own_sha256")]
    if not places:
        return f"{path.relative_to(saved)}: without a value"
    *above, last = chance.choice(places)
    inner = content
    for key in above:
        inner = inner[key]
    inner[last] = chance.choice(_ODD_VALUES)
    _replace(path, json.dumps(content).encode())
    return f"{path.relative_to(saved)}: {'.'.join(map(str, (*above, last)))} is {str(inner[last])[:30]!r}"


def _places(content: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
    for key in keys:
        yield (*above, key)
        yield from _places(content[key], (*above, key))


def _row(chance: random.Random, saved: Path, other: Path) -> str:
    """Change rows of a cache."""
    path = next(saved.glob("*.sqlite"))
    _writable(path)
    change = chance.choice(_ROWS)
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as connection, connection:
        rows = f"SELECT text FROM vectors ORDER BY text LIMIT {chance.choice((1, 8, 100))}"
        connection.execute(f"UPDATE vectors SET {change} WHERE text IN ({rows})")
    return change


_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 10**6, 10**25, -0.5, 1e300, "", "x", "en", "../model.json", "a\0b", "\x1b[31m"),
    *([], {}, [[]], {"a": {"b": 1}}, ["x"] * 1000, "x" * 100_000, [10**9], {"en": None}),
)
_ROWS = (
    *("vector = NULL", "vector = zeroblob(64)", "vector = zeroblob(3)", "vector = x'0000C07F' || substr(vector, 5)"),
    *("vector = 5", "vector = 'text'", "vector = zeroblob(5000000)", "digest = NULL", "digest = zeroblob(16)"),
    *("vector = (SELECT vector FROM vectors LIMIT 1)", "digest = (SELECT digest FROM vectors LIMIT 1)"),
    *("vector = (SELECT vector FROM vectors LIMIT 1), digest = (SELECT digest FROM vectors LIMIT 1)",),
)
_DAMAGES = (_bytes, _bytes, _bytes, _exchanged, _exchanged, _missing, _odd, _larger, _value, _value)
_CACHE_DAMAGES = (_bytes, _row, _row, _row, _missing, _odd, _larger)


def _replace(path: Path, content: bytes) -> None:
    _writable(path).write_bytes(content)


def _writable(path: Path) -> Path:
    path.chmod(0o600)
    return path


def _sign(saved: Path) -> bool:
    """Let a manifest state the sizes and digests of the files that are there; return whether it could."""
    from gloctm.files.manifest import write_manifest

    whole = _files(saved)
    path = next((saved / name for name in _MANIFESTS if saved / name in whole), None)
    if path is None:
        return False
    try:
        content = json.loads(path.read_bytes())
        for name in content["files"]:
            file = saved / name
            if file in whole:
                content["files"][name] = file.stat().st_size
                content["sha256"][name] = file_digest(file)
        _writable(path)
        path.unlink()
        write_manifest(path, content)
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return False
    return True


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


KIND = Kind(
    name="damage",
    about="damaged models, corpora, results, checkpoints and caches",
    sizes={"sample": 5, "full": 1000, "nightly": 10_000},
    prepare=prepare,
    run=run,
    warms=(
        *("torch.optim", "safetensors.numpy", "safetensors.torch", "sklearn.cluster", "scipy.cluster.hierarchy"),
        *("pyarrow.parquet", "pyarrow.dataset", "langcodes", "py3langid", "pydantic.main", "pydantic.fields"),
        *("regex", "yaml", "platformdirs", "jinja2", "importlib.readers", "rich.table", "rich.markup"),
        *("gloctm.cli.main", "gloctm.cli.built", "gloctm.cli.tables", "gloctm.cli.topic_tables", "gloctm.estimator"),
        *("gloctm.demo", "gloctm.evaluation", "gloctm.export.card", "gloctm.export.transform", "gloctm.summary"),
        *("gloctm.shards.build", "gloctm.explorer.page", "gloctm.training.train", "gloctm.server.routes"),
    ),
)

"""Kills: whatever writes files is killed by SIGKILL at a random moment, then done again.

Half the kills come after a random time, half at a random one of the moments at which a file is opened, renamed, linked
or removed. After each, what is there must be the old result or the new one, to the bit. Done again without a kill, it
must give the result of a run that was never killed, and leave nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from trials.forking import Ended, Limits, forked
from trials.frame import Kind, Trial

# Moments of work on files: Python tells of each before it happens.
_MOMENTS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "sqlite3.connect")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# Kills of one trial, at most.
_MOST = 3
_DOCUMENTS = 40
_REFERENCES = "references"


def _nothing(_: Path) -> None:
    """Do what is done where nothing is to be done."""


@dataclass(frozen=True)
class Operation:
    """Something that writes.

    Attributes:
        work: what is done, in the current folder, given that of the inputs.
        results: names of what it writes; they are compared.
        before: what is done before.
        check: whether the results can be used; run after everything.
        use: what another process does after a kill, before results are looked at.
        others: names of files that may be there besides the results, whose bytes may differ.
    """

    work: Callable[[Path], None]
    results: tuple[str, ...]
    before: Callable[[Path], None] = _nothing
    check: Callable[[Path], None] = _nothing
    use: Callable[[Path], None] = _nothing
    others: tuple[str, ...] = ()


class Hashed:
    """An encoder whose vectors depend on the text alone, so that they are the same in any batch."""

    name, version = "hashed", "1"

    def encode(self, texts: Sequence[str]) -> Any:
        """Return a vector of 16 numbers for each text."""
        import numpy as np

        digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        bits = np.frombuffer(b"".join(digests), np.uint16).reshape(len(texts), 16)
        return bits.astype(np.float32) / 65536 - 0.5


class _Unused(Hashed):
    """The same encoder where everything is in the cache."""

    def encode(self, texts: Sequence[str]) -> Any:
        raise AssertionError(f"{len(texts)} texts are not in the cache")


def _command(*arguments: object) -> None:
    from gloctm.cli.main import main

    sys.argv = ["gloctm", *map(str, arguments)]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise


def _embed(inputs: Path) -> None:
    from gloctm import Corpus

    with mock.patch("gloctm.embedding.embed.BLOCK_SIZE", 64):
        corpus = Corpus.load(inputs / "plain").embed(Hashed(), cache="cache", show_progress=False)
    corpus.save("corpus")


def _all_cached(inputs: Path) -> None:
    import numpy as np

    from gloctm import Corpus

    corpus = Corpus.load("corpus")
    again = Corpus.load(inputs / "plain").embed(_Unused(), cache="cache", show_progress=False)
    for code, part in corpus.items():
        for name in ("word_embeddings", "document_embeddings"):
            np.testing.assert_array_equal(getattr(part, name), getattr(again[code], name))


def _build_shards(inputs: Path) -> None:
    with small_shards():
        _command(*("corpus", "build", inputs / "documents.jsonl", "--sharded", "--processes=1"), "-qo", "corpus")


@contextmanager
def small_shards() -> Iterator[None]:
    """Let shards, blocks and splits be so small that a few documents have several."""
    with (
        mock.patch("gloctm.corpus.shard_files.SHARD_DOCUMENTS", 16),
        mock.patch("gloctm.corpus.shard_files.BLOCK_DOCUMENTS", 4),
        mock.patch("gloctm.shards.plan.SPLIT_BYTES", 4096),
        mock.patch("gloctm.embedding.usem3.Usem3Encoder", Hashed),
    ):
        yield


def _train(inputs: Path, *settings: str) -> None:
    _command("train", inputs / "corpus", "-o", "model", "--num-topics=4", "--threads=1", "-q", "--resume", *settings)


def _save_other_model(inputs: Path) -> None:
    from gloctm import GloCTM

    GloCTM.load(inputs / "other model").save("model")


def _save_other_corpus(inputs: Path) -> None:
    from gloctm import Corpus

    Corpus.load(inputs / "corpus").save("corpus")


def _save_elsewhere(inputs: Path) -> None:
    """Replace a model where folders can't be exchanged in one step."""
    with mock.patch("gloctm.files.replacing.exchanged", return_value=False):
        _save_other_model(inputs)


def _load_model(_: Path) -> None:
    from gloctm import GloCTM

    GloCTM.load("model")


def _copied(source: str, target: str) -> Callable[[Path], None]:
    def copy(inputs: Path) -> None:
        shutil.copytree(inputs / source, target)

    return copy


# In the order in which trials take them: a small sample has the first ones.
OPERATIONS = {
    "replace a model": Operation(_save_other_model, ("model",), before=_copied("model", "model"), check=_load_model),
    "replace without exchange": Operation(
        _save_elsewhere, ("model",), before=_copied("model", "model"), check=_load_model, use=_load_model
    ),
    "embed": Operation(_embed, ("corpus",), check=_all_cached, others=("cache",)),
    "transform": Operation(
        lambda inputs: _command("transform", inputs / "model", inputs / "documents.jsonl", "-qo", "theta.csv"),
        ("theta.csv",),
    ),
    "transform into parts": Operation(
        lambda inputs: _command(
            "transform", inputs / "model", inputs / "documents.jsonl", "--processes=1", "-qo", "theta"
        ),
        ("theta",),
        before=_copied("parts", "theta"),
    ),
    "train": Operation(_train, ("model",)),
    "train as published": Operation(
        lambda inputs: _train(
            inputs,
            *("--method=published", "--epochs=2", "--batch-size=32", "--local-hidden-size=8"),
            *("--global-hidden-size=8", "--checkpoint-minutes=0"),
        ),
        ("model",),
    ),
    "build": Operation(
        lambda inputs: _command("corpus", "build", inputs / "documents.jsonl", "--encoder=none", "-qo", "corpus"),
        ("corpus",),
    ),
    "sharded build": Operation(_build_shards, ("corpus",)),
    "save": Operation(_save_other_model, ("model",)),
    "replace a corpus": Operation(_save_other_corpus, ("corpus",), before=_copied("plain", "corpus")),
}


def prepare(folder: Path) -> None:
    """Make documents, corpora and models."""
    from gloctm import Corpus, GloCTM
    from gloctm.demo import demo_records

    pairs = zip(*(demo_records([code])[:_DOCUMENTS] for code in ("en", "de")), strict=True)
    records = [record for pair in pairs for record in pair]
    lines = [json.dumps({**record, "id": str(number)}) for number, record in enumerate(records)]
    (folder / "documents.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    _command("corpus", "build", folder / "documents.jsonl", "--encoder=none", "-qo", "plain")
    corpus = Corpus.load("plain").embed(Hashed(), cache=False, show_progress=False)
    corpus.save("corpus")
    for name, seed, num_topics in (("model", 0, 4), ("other model", 1, 5)):
        model = GloCTM(num_topics=num_topics, random_state=seed, threads=1, show_progress=False)
        model.fit(Corpus.load("corpus")).save(name)
    _command("transform", "other model", folder / "documents.jsonl", "--processes=1", "-qo", "parts")


def _reference(inputs: Path, name: str) -> dict[str, Any]:
    """Return what an operation gives when nobody kills it; run once."""
    place, operation = inputs / _REFERENCES / name, OPERATIONS[name]
    if (place / "facts.json").exists():
        return dict(json.loads((place / "facts.json").read_bytes()))
    shutil.rmtree(place, ignore_errors=True)
    (place / "folder").mkdir(parents=True)
    environment = {"GLOCTM_CACHE": str(place / "notes" / "cache")}

    def run(work: Callable[[], Any]) -> Ended:
        ended = forked(
            work, folder=place / "folder", notes=place / "notes", limits=Limits(120), environment=environment
        )
        if not ended.went_well:
            raise RuntimeError(f"{name}: {ended}")
        return ended

    if operation.before is not _nothing:
        run(lambda: operation.before(inputs))
    old = _digests(place / "folder", operation)
    ended = run(lambda: counted(lambda: operation.work(inputs)))
    new = _digests(place / "folder", operation)
    if operation.check is not _nothing:
        run(lambda: operation.check(inputs))
    facts = {
        **{"old": old, "new": new, "files": sorted(os.listdir(place / "folder"))},
        **{"seconds": ended.seconds, "moments": ended.value},
    }
    shutil.rmtree(place / "folder")
    shutil.rmtree(place / "notes")
    (place / "facts.json").write_text(json.dumps(facts))
    return facts


def run(trial: Trial) -> None:
    """Kill an operation up to three times, then let it end, and compare."""
    names = list(OPERATIONS)
    # In turn, so that small runs have all.
    trial.part = names[trial.number % len(names)]
    operation = OPERATIONS[trial.part]
    facts = _reference(trial.inputs, trial.part)
    if operation.before is not _nothing:
        trial.process(lambda: operation.before(trial.inputs))
    trial.facts.update(kills=0, moments=[])
    allowed = [facts["old"], facts["new"]]
    for _ in range(trial.random.randint(1, _MOST)):
        ended = _killed(trial, operation, facts)
        if ended.how not in ("signal", "killed"):
            break
        trial.facts["kills"] += 1
        if operation.use is not _nothing:
            trial.process(lambda: operation.use(trial.inputs))
        if _digests(trial.folder, operation) not in allowed:
            trial.fault("silent", "after a kill, there is neither the old result nor the new one")
    ended = trial.process(lambda: operation.work(trial.inputs))
    if not ended.went_well:
        trial.fault("unexpected", f"it does not go on after a kill: {ended.message}\n{ended.messages}")
        return
    if _digests(trial.folder, operation) != facts["new"]:
        trial.fault("silent", "the result differs from that of a run which nobody killed")
    if left := sorted(set(os.listdir(trial.folder)) - set(facts["files"])):
        trial.fault("leftover", f"files are left: {', '.join(left)}")
    if left := sorted(os.listdir(trial.notes / "tmp")):
        trial.fault("leftover", f"temporary files are left: {', '.join(left)}")
    if operation.check is not _nothing:
        ended = trial.process(lambda: operation.check(trial.inputs))
        if not ended.went_well:
            trial.fault("silent", f"the result can't be used: {ended.message}\n{ended.messages}")


def _killed(trial: Trial, operation: Operation, facts: dict[str, Any]) -> Ended:
    """Run the operation, and kill it at a random moment, should it not end before."""
    if trial.random.random() < 0.5:
        after = trial.random.uniform(0, facts["seconds"])
        trial.facts["moments"].append(f"{after:.4f} s")
        return trial.process(lambda: operation.work(trial.inputs), kill_after=after)
    at = trial.random.randint(1, facts["moments"])
    trial.facts["moments"].append(f"moment {at}")
    return trial.process(lambda: counted(lambda: operation.work(trial.inputs), at), dies=True)


def counted(work: Callable[[], None], kill_at: int = 0) -> int:
    """Do some work; return how many moments of work on files it had, or die at one of them."""
    moments = 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal moments
        is_one = event in _MOMENTS or (event == "open" and arguments[2] & _WRITING)
        moments += bool(is_one)
        if is_one and moments == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    # It can't be removed, but ends with this process.
    sys.addaudithook(count)
    work()
    return moments


def _digests(folder: Path, operation: Operation) -> dict[str, Any]:
    """Return the digest of each file of the results; None for a result that is not there."""
    found: dict[str, Any] = {}
    for name in operation.results:
        path = folder / name
        files = sorted(file for file in path.rglob("*") if not file.is_dir()) if path.is_dir() else [path]
        found[name] = (
            {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
            if path.exists()
            else None
        )
    return found


KIND = Kind(
    name="kills",
    about="SIGKILL at a random moment of everything that writes",
    sizes={"sample": 4, "full": 1000, "nightly": 10_000},
    prepare=prepare,
    run=run,
    warms=(
        *("torch.optim", "safetensors.numpy", "safetensors.torch", "pyarrow.parquet", "sklearn.cluster"),
        *("langcodes", "py3langid", "pydantic", "regex", "yaml"),
        *("gloctm.cli.main", "gloctm.cli.built", "gloctm.estimator", "gloctm.demo", "gloctm.evaluation"),
        *("gloctm.export.card", "gloctm.export.transform", "gloctm.summary", "gloctm.training.train"),
    ),
)

"""Extreme settings: numbers that no machine could meet, for every numeric flag of the command line.

A command must do what it is asked for, or refuse it in one sentence that is short and names the flag or its setting.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from trials.frame import Kind, Trial
from trials.kinds.inputs import without_scripts
from trials.kinds.kills import Hashed

_HUGE, _DIGITS = str(10**9), "9" * 5000
# With these, a training of the network ends at once, unless what is tried prevents it.
_PUBLISHED = ("--method=published", "--epochs=1", "--max-steps=2", "--local-hidden-size=8", "--global-hidden-size=8")
_TRAIN = ("train", "{inputs}/corpus", "-o", "out", "-q", "--num-topics=3")
_BUILD = ("corpus", "build", "{inputs}/documents.jsonl", "-o", "out", "-q", "--encoder=none")
_SHARDS = (*_BUILD, "--sharded")
_SERVE = ("serve", "{inputs}/model", "--port=0")
_REPORT = ("report", "{inputs}/model", "-o", "out.html", "-q")
_LONGEST_MESSAGE = 2000

#: Commands: what is asked for, and a flag with its extreme value. In turn, so that a sample has different ones.
CASES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (_TRAIN, "--threads", str(10**6)),
    ((*_TRAIN, *_PUBLISHED), "--local-hidden-size", str(10**7)),
    (_TRAIN, "--num-topics", _HUGE),
    (_BUILD, "--processes", str(10**6)),
    ((*_TRAIN, *_PUBLISHED), "--num-topics", _HUGE),
    ((*_TRAIN, *_PUBLISHED), "--global-hidden-size", str(10**7)),
    ((*_TRAIN, *_PUBLISHED), "--batch-size", _HUGE),
    ((*_TRAIN, *_PUBLISHED), "--num-neighbors", _HUGE),
    ((*_TRAIN, *_PUBLISHED), "--epochs", _DIGITS),
    ((*_TRAIN, *_PUBLISHED), "--max-steps", "0"),
    ((*_TRAIN, *_PUBLISHED), "--shuffle-documents", _HUGE),
    ((*_TRAIN, *_PUBLISHED), "--decay-every", _HUGE),
    ((*_TRAIN, *_PUBLISHED), "--decay-every-steps", str(10**30)),
    ((*_TRAIN, *_PUBLISHED), "--warmup-steps", _HUGE),
    ((*_TRAIN, *_PUBLISHED), "--patience", str(2**63)),
    ((*_TRAIN, *_PUBLISHED), "--learning-rate", "1e300"),
    ((*_TRAIN, *_PUBLISHED), "--kl-weight", "inf"),
    ((*_TRAIN, *_PUBLISHED), "--cka-weight", "-1"),
    ((*_TRAIN, *_PUBLISHED), "--dropout", "1"),
    ((*_TRAIN, *_PUBLISHED), "--decay-factor", "1e-300"),
    ((*_TRAIN, *_PUBLISHED), "--min-improvement", "nan"),
    ((*_TRAIN, *_PUBLISHED), "--checkpoint-minutes", "1e300"),
    (_TRAIN, "--temperature", "1e-40"),
    (_TRAIN, "--temperature", "1e300"),
    (_TRAIN, "--num-near-documents", _HUGE),
    (_TRAIN, "--num-refinements", str(2**40)),
    (_TRAIN, "--random-state", str(2**70)),
    (_TRAIN, "--random-state", str(2**64 - 1)),
    (_TRAIN, "--seed-weight", "1e300"),
    (_TRAIN, "--num-topics", _DIGITS),
    (_BUILD, "--min-df", "1e300"),
    (_BUILD, "--max-df", "1e300"),
    (_BUILD, "--max-vocabulary", str(10**30)),
    (_BUILD, "--min-documents", _HUGE),
    (_BUILD, "--min-confidence", "1e300"),
    (_BUILD, "--passages", str(10**30)),
    (_SHARDS, "--max-vocabulary", str(10**30)),
    (_SHARDS, "--processes", _HUGE),
    (("transform", "{inputs}/model", "{inputs}/documents.jsonl", "-o", "out", "-q"), "--processes", _HUGE),
    (("transform", "{inputs}/model", "{inputs}/documents.jsonl", "-o", "out.csv"), "--min-confidence", "-1"),
    (("topics", "{inputs}/model"), "--words", _HUGE),
    (("topics", "{inputs}/model"), "--topic", str(2**64)),
    (("documents", "{inputs}/model", "--corpus", "{inputs}/corpus", "--topic", "0"), "--number", _HUGE),
    (("documents", "{inputs}/model", "--corpus", "{inputs}/corpus"), "--threshold", "1e300"),
    (("reduce", "{inputs}/model"), "--topics", str(10**30)),
    (("evaluate", "{inputs}/model", "--corpus", "{inputs}/corpus"), "--words", _HUGE),
    (("evaluate", "{inputs}/model", "--corpus", "{inputs}/corpus"), "--max-train", str(10**30)),
    (("evaluate", "{inputs}/model", "--corpus", "{inputs}/corpus"), "--seed", str(2**70)),
    (_REPORT, "--words", _HUGE),
    ((*_REPORT, "--corpus", "{inputs}/corpus"), "--num-documents", _HUGE),
    ((*_REPORT, "--corpus", "{inputs}/corpus"), "--documents", str(10**30)),
    (_SERVE, "--upload-bytes", str(10**18)),
    (_SERVE, "--concurrent", _HUGE),
    (_SERVE, "--queue", _HUGE),
    (_SERVE, "--connections", _HUGE),
    (_SERVE, "--seconds", "1e300"),
    (_SERVE, "--rate", "inf"),
    (_SERVE, "--listed", str(10**30)),
    (_SERVE, "--port", str(10**30)),
    (("search", "{inputs}/corpus", "-o", "out", "--num-topics", "2,3"), "--seeds", str(2**70)),
    (("search", "{inputs}/corpus", "-o", "out", "--num-topics", "2..400"), "--trials", str(10**30)),
    (("search", "{inputs}/corpus", "-o", "out", "--num-topics", "2,3"), "--words", _HUGE),
)
_OTHER_NAMES = {"--topics": ("number of topics",)}
# Those that would wait for requests if the value were accepted, which must then be refused.
_MUST_REFUSE = ("serve", "search")


def prepare(folder: Path) -> None:
    """Make documents, a corpus and a model."""
    from gloctm import Corpus, GloCTM
    from gloctm.demo import demo_records

    records = [{**record, "id": f"{number}"} for number, record in enumerate(demo_records(["en", "de"]))]
    with (folder / "documents.jsonl").open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(record) + "\n" for record in records[:60] + records[240:300])
    corpus = Corpus.from_files(folder / "documents.jsonl", encoder=None, show_progress=False)
    corpus.embed(Hashed(), cache=False, show_progress=False).save(folder / "corpus")
    model = GloCTM(num_topics=4, threads=1, show_progress=False).fit(Corpus.load(folder / "corpus"))
    model.save(folder / "model")


def run(trial: Trial) -> None:
    """Run one command with one extreme value."""
    words, flag, value = CASES[trial.number % len(CASES)]
    trial.part = f"{words[0]} {words[1]}" if words[0] == "corpus" else words[0]
    trial.facts.update(flag=flag, value=value if len(value) < 40 else f"{len(value)} digits")
    with without_scripts():
        ended = trial.command(*(word.format(inputs=trial.inputs) for word in words), flag, value)
    if ended.code == 2:
        # Typer frames what it says itself, and breaks its lines.
        told = " ".join(re.sub("[│╭╮╰╯─]", " ", ended.messages).split())
        plain = flag.removeprefix("--")
        names = (flag, plain.replace("-", "_"), plain.removesuffix("s"), *_OTHER_NAMES.get(flag, ()))
        if not any(name in told for name in names):
            trial.fault("unexpected", f"{flag} {value:.40} is refused by a sentence that does not name it: {told}")
        if len(told) > _LONGEST_MESSAGE:
            trial.fault("unexpected", f"{flag} {value:.40} is refused by {len(told):,} characters")
        if (trial.folder / "out").exists():
            trial.fault("leftover", f"{flag} {value:.40} is refused, and something was written")
    elif words[0] in _MUST_REFUSE:
        trial.fault("unexpected", f"{flag} {value:.40} is accepted")
    elif words[0] == "train" and ended.code == 0:
        trial.process(lambda: _check_finite(trial.folder / "out"))


def _check_finite(path: Path) -> None:
    import numpy as np

    from gloctm import GloCTM

    model = GloCTM.load(path)
    for name, array in model.weights_.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} is not finite")


KIND = Kind(
    name="settings",
    about="extreme values of every numeric setting",
    sizes={"sample": 3, "full": len(CASES), "nightly": len(CASES)},
    prepare=prepare,
    run=run,
    warms=("torch.optim", "gloctm.cli.main", "gloctm.cli.built", "gloctm.estimator", "gloctm.training.train"),
)

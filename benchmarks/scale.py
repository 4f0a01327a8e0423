"""How time, memory and disk grow with documents, from files to topic proportions: every stage is really run.

    python benchmarks/scale.py growth [--sizes 10000 100000 1000000] [--words 8 46] [--folder build/scale]
    python benchmarks/scale.py growth --kinds memory --sizes 10000 100000    # the same with everything in memory
    python benchmarks/scale.py engines [--documents 1000000] [--words 46]    # a cluster of two machines, one killed
    python benchmarks/scale.py joint [--ranks 1 2] [--batch-sizes 128 1024]  # steps of training by several processes

Documents are made up, in two languages (benchmarks/made_up_text.py), and embedded by a stand-in of 512 dimensions: how
long a real encoder takes is in docs/results/speed.md. Everything else is the package's own, each stage a process of its
own, most of them commands. A thousand documents are measured first: what they take is the cost of starting.

Each stage is a JSON line of benchmarks/results/scale.jsonl, written when it ends. A run that was stopped goes on with
the stage that it was in; ``--again STAGE`` measures one once more. ``--tidy`` removes a size's files once all its
stages are measured.

engines: build, embed and transform by Ray (benchmarks/engines.py); its lines go to benchmarks/results/engines.jsonl.

joint: the published method on made-up documents in memory, by so many processes on this machine (benchmarks/joint.py).
Its lines go to benchmarks/results/joint.jsonl.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import machine
from made_up_text import DRAWN, StandIn
from measured import Usage, run_measured, size_of

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "scale.jsonl"
# Documents that show what starting costs.
START = 1000
# One epoch of a million documents in two languages; of more documents, the published method sees as many.
STEPS = 3907
NUM_TOPICS = 50
Command = list[str]


@dataclass(frozen=True)
class Case:
    """One size of a corpus in one kind of storage.

    Attributes:
        root: folder of all sizes.
        kind: ``"sharded"`` or ``"memory"``.
        documents: of both languages together.
        words: of a document.
        processes: that build and embed.
    """

    root: Path
    kind: str
    documents: int
    words: int
    processes: int

    @property
    def source(self) -> Path:
        """The documents, which both kinds share."""
        return self.root / f"{self.documents}-{self.words}.jsonl"

    @property
    def folder(self) -> Path:
        """What the stages write."""
        return self.root / f"{self.documents}-{self.words}-{self.kind}"

    def path(self, name: str) -> str:
        """A path in the folder."""
        return str(self.folder / name)

    @property
    def key(self) -> dict[str, Any]:
        """What tells the lines of this case from others."""
        return {
            "kind": self.kind,
            "documents": self.documents,
            "words": self.words,
            "processes": self.processes,
        }


@dataclass(frozen=True)
class Stage:
    """One step from files to topic proportions.

    Attributes:
        command: what is run.
        output: what it leaves in the folder.
        kinds: of storage that have it.
    """

    command: Callable[[Case], Command]
    output: str
    kinds: Sequence[str] = ("sharded", "memory")


def gloctm(*arguments: str) -> Command:
    """A command of the package."""
    return [sys.executable, "-m", "gloctm", *arguments, "--quiet"]


def make(case: Case) -> Command:
    arguments = [str(case.source), "--documents", str(case.documents), "--words", str(case.words)]
    return [sys.executable, str(HERE / "made_up_text.py"), *arguments]


def build(case: Case) -> Command:
    sharded = ["--sharded"] if case.kind == "sharded" else []
    options = ["--encoder", "none", "--processes", str(case.processes), *sharded]
    return gloctm("corpus", "build", str(case.source), "-o", case.path("corpus"), *options)


def embed(case: Case) -> Command:
    return [sys.executable, __file__, "embed", case.path("corpus"), "--processes", str(case.processes)]


def train(case: Case) -> Command:
    return gloctm("train", case.path("corpus"), "-o", case.path("model"), "--num-topics", str(NUM_TOPICS))


def train_published(case: Case) -> Command:
    options = ["--num-topics", str(NUM_TOPICS), "--epochs", "1", "--max-steps", str(STEPS)]
    return gloctm("train", case.path("corpus"), "-o", case.path("published"), "--method", "published", *options)


def transform_files(case: Case) -> Command:
    target = "theta/" if case.kind == "sharded" else "theta.parquet"
    return gloctm("transform", case.path("model"), str(case.source), "-o", case.path(target))


def transform_corpus(case: Case) -> Command:
    return gloctm("transform", case.path("model"), case.path("corpus"), "-o", case.path("theta-corpus/"))


def report(case: Case) -> Command:
    return gloctm("report", case.path("model"), "--corpus", case.path("corpus"), "-o", case.path("report.html"))


def evaluate(case: Case) -> Command:
    options = ["--corpus", case.path("corpus"), "--classifier", "logistic", "-o", case.path("evaluation.json")]
    return gloctm("evaluate", case.path("model"), *options)


STAGES: dict[str, Stage] = {
    "build": Stage(build, "corpus"),
    "embed": Stage(embed, "corpus"),
    "train": Stage(train, "model"),
    "train published": Stage(train_published, "published"),
    "transform files": Stage(transform_files, "theta"),
    "transform corpus": Stage(transform_corpus, "theta-corpus", ("sharded",)),
    "report": Stage(report, "report.html"),
    "evaluate": Stage(evaluate, "evaluation.json"),
}


def recorded(results: Path) -> list[dict[str, Any]]:
    """The lines of the results; what a kill cut off is none."""
    lines = results.read_text(encoding="utf-8").splitlines(keepends=True) if results.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def record(line: dict[str, Any], results: Path) -> None:
    """Append a line to the results and print it."""
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps({name: value for name, value in line.items() if name != "machine"}), flush=True)


def run_stage(case: Case, name: str) -> dict[str, Any]:
    """Run a stage and return what it took; a failure ends the program with what the stage printed last."""
    stage, log = STAGES[name], log_of(case, name)
    clear(case, name)
    usage = run_measured(stage.command(case), log=log, folder=case.folder)
    if usage.code:
        ending = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        sys.exit(f"{name} of {case.folder.name} ended with {usage.code}:\n{ending}")
    output = case.folder / stage.output
    written = size_of(output if output.exists() else output.with_suffix(".parquet"))
    return {"benchmark": "growth", "stage": name, **case.key, **measured(usage, written), "machine": machine()}


def measured(usage: Usage, written: int) -> dict[str, Any]:
    """What a line says of a stage, in seconds and megabytes (10⁶ bytes)."""
    return {
        "seconds": round(usage.seconds, 2),
        "cpu_seconds": round(usage.cpu_seconds, 2),
        "process_megabytes": round(usage.process_bytes / 1e6),
        "child_megabytes": round(usage.child_bytes / 1e6),
        "sum_megabytes": round(usage.sum_bytes / 1e6),
        "written_megabytes": round(written / 1e6, 1),
        "disk_megabytes": round(usage.disk_bytes / 1e6, 1),
    }


def waiting(case: Case, results: Path, again: Sequence[str]) -> list[str]:
    """The stages of a case that are not measured yet, or to be measured again, and those whose output they need."""
    done = {each["stage"] for each in recorded(results) if case.key.items() <= each.items()}
    names = [name for name, stage in STAGES.items() if case.kind in stage.kinds]
    needed = {name for name in names if name not in done or name in again}
    if needed:
        needed |= {name for name in ("build", "embed", "train") if name in names and not is_there(case, name)}
    # What embedding began would not be done again, and a corpus that is built again has to be embedded.
    if "build" in needed or ("embed" in needed and log_of(case, "embed").exists()):
        needed |= {"build", "embed"}
    return [name for name in names if name in needed]


def log_of(case: Case, name: str) -> Path:
    """What a stage prints."""
    return case.folder / f"{name.replace(' ', '-')}.log"


def is_there(case: Case, name: str) -> bool:
    """Whether what a stage writes is there; only its log tells whether a corpus was embedded."""
    return (case.folder / STAGES[name].output).exists() and log_of(case, name).exists()


def clear(case: Case, name: str) -> None:
    """Remove what an earlier run of a stage left, finished or not: what is there would not be made again."""
    output = case.folder / STAGES[name].output
    leftovers = [*case.folder.glob(f".{output.name}.*"), *case.folder.glob(f"{output.name}.*")]
    for path in leftovers if name == "embed" else [output, *leftovers]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def grow(arguments: argparse.Namespace) -> None:
    """Measure every stage of every size that is not in the results."""
    for documents in sorted({START, *arguments.sizes}):
        for words in arguments.words:
            for kind in arguments.kinds:
                case = Case(arguments.folder.absolute(), kind, documents, words, arguments.processes)
                names = [
                    name for name in waiting(case, arguments.results, arguments.again) if name not in arguments.without
                ]
                if not names:
                    continue
                case.folder.mkdir(parents=True, exist_ok=True)
                if not case.source.exists() and run_measured(make(case), log=case.folder / "make.log").code:
                    sys.exit((case.folder / "make.log").read_text(encoding="utf-8"))
                for name in names:
                    record(run_stage(case, name), arguments.results)
                if arguments.tidy:
                    shutil.rmtree(case.folder)
            if arguments.tidy:
                (arguments.folder / f"{documents}-{words}.jsonl").unlink(missing_ok=True)


def embed_corpus(arguments: argparse.Namespace) -> None:
    """Embed a corpus of either kind by the stand-in, in place."""
    import gloctm

    path = arguments.path
    if json.loads((path / "corpus.json").read_bytes())["format_version"] < 3:
        gloctm.Corpus.load(path).embed(StandIn(), cache=False, show_progress=False).save(path)
    else:
        ways = {"engine": arguments.engine, "address": arguments.address, "processes": arguments.processes}
        gloctm.ShardedCorpus.load(path).embed(StandIn(), show_progress=False, **ways)


def work_on_clusters(arguments: argparse.Namespace) -> None:
    """Measure the stages that can run on a cluster."""
    import engines

    case = Case(arguments.folder.absolute(), "engines", arguments.documents, arguments.words, 2)
    case.folder.mkdir(parents=True, exist_ok=True)
    if not case.source.exists() and run_measured(make(case), log=case.folder / "make.log").code:
        sys.exit((case.folder / "make.log").read_text(encoding="utf-8"))
    for line in engines.measure(case):
        record(line, arguments.results)


def train_jointly(arguments: argparse.Namespace) -> None:
    """Measure steps of training by several processes."""
    import joint

    for batch_size in arguments.batch_sizes:
        for ranks in arguments.ranks:
            record(joint.measure(batch_size, ranks, arguments.steps), arguments.results)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    growing = commands.add_parser("growth", help="measure every stage by size")
    growing.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    growing.add_argument("--words", type=int, nargs="+", choices=sorted(DRAWN), default=sorted(DRAWN))
    growing.add_argument("--kinds", nargs="+", choices=["sharded", "memory"], default=["sharded"])
    growing.add_argument("--folder", type=Path, default=Path("build/scale"), help="for everything that is written")
    growing.add_argument("--results", type=Path, default=RESULTS, help="file to append to")
    growing.add_argument("--processes", type=int, default=2)
    growing.add_argument("--again", nargs="+", choices=list(STAGES), default=[], metavar="STAGE")
    growing.add_argument("--without", nargs="+", choices=list(STAGES), default=[], metavar="STAGE")
    growing.add_argument("--tidy", action="store_true")
    embedding = commands.add_parser("embed", help="embed a corpus by the stand-in; growth runs it")
    embedding.add_argument("path", type=Path)
    embedding.add_argument("--processes", type=int)
    embedding.add_argument("--engine", default="processes")
    embedding.add_argument("--address")
    engines = commands.add_parser("engines", help="measure stages on a cluster of two machines, one of them killed")
    engines.add_argument("--documents", type=int, default=1_000_000)
    engines.add_argument("--words", type=int, choices=sorted(DRAWN), default=46)
    engines.add_argument("--folder", type=Path, default=Path("build/scale"), help="for everything that is written")
    engines.add_argument("--results", type=Path, default=RESULTS.with_name("engines.jsonl"), help="file to append to")
    joint = commands.add_parser("joint", help="measure steps of training by several processes")
    joint.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    joint.add_argument("--batch-sizes", type=int, nargs="+", default=[128, 1024])
    joint.add_argument("--steps", type=int, default=40)
    joint.add_argument("--results", type=Path, default=RESULTS.with_name("joint.jsonl"), help="file to append to")
    arguments = parser.parse_args()
    if arguments.command == "growth":
        grow(arguments)
    elif arguments.command == "engines":
        work_on_clusters(arguments)
    elif arguments.command == "joint":
        train_jointly(arguments)
    else:
        embed_corpus(arguments)


if __name__ == "__main__":
    main()

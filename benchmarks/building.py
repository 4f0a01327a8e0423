"""Building a corpus from raw text: documents and words a second by language, and the memory of a million documents.

    python benchmarks/building.py speed [--seconds 5]
    python benchmarks/building.py million [--documents 1000000] [--processes 2]

``speed`` cuts texts of the built-in corpus and of tests/data/languages into words in one process, next to the
analyzer of scikit-learn's CountVectorizer on the same texts, the two interleaved: their words differ (CountVectorizer
can't cut Chinese, Japanese, Thai), so each row has the documents per second of both and their ratio. Whole builds of
20,000 documents are compared for the languages that CountVectorizer can cut: ``Corpus.from_texts`` without
embeddings in one process next to ``CountVectorizer.fit_transform``.

``million`` writes a file of documents made from those texts by repeating and perturbing them: two texts of a language
are joined, and a quarter of their words replaced by words drawn from its other texts, so that no two are alike. It
runs ``gloctm corpus build`` on it as a process and reports time and peak memory, summed over the processes
(proportional set size, Linux only).

Each result is a JSON line on standard output; benchmarks/results/build.jsonl keeps them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from machine import machine

from gloctm.demo import LANGUAGES, demo_records

MORE = Path(__file__).resolve().parent.parent / "tests" / "data" / "languages"


def texts_by_language() -> dict[str, list[dict[str, str]]]:
    """The built-in corpus and the test languages."""
    records: dict[str, list[Any]] = {code: list(demo_records([code])) for code in LANGUAGES}
    for path in sorted(MORE.glob("*.jsonl")):
        records[path.stem] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return records


def rate(work: Callable[[], Any], units: int) -> float:
    """Units a second of one run."""
    start = time.perf_counter()
    work()
    return units / (time.perf_counter() - start)


def speed(seconds: float) -> None:
    from sklearn.feature_extraction.text import CountVectorizer

    from gloctm import Corpus
    from gloctm.text import get_tokenizer

    def build(texts: dict[str, list[str]]) -> Corpus:
        return Corpus.from_texts(texts, encoder=None, processes=1, show_progress=False)

    def count_words(texts: list[str]) -> object:
        return CountVectorizer(min_df=2).fit_transform(texts)

    records = texts_by_language()
    for language, documents in records.items():
        texts = [record["text"] for record in documents]
        tokenizer, analyzer = get_tokenizer(language), CountVectorizer().build_analyzer()
        tokens = sum(len(tokenizer(text)) for text in texts)  # loads dictionaries, too
        ours, theirs = [], []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or len(ours) < 3:
            ours.append(rate(lambda: [tokenizer(text) for text in texts], len(texts)))  # noqa: B023  # called at once
            theirs.append(rate(lambda: [analyzer(text) for text in texts], len(texts)))  # noqa: B023  # called at once
        print(
            json.dumps(
                {
                    "benchmark": "tokenize",
                    "language": language,
                    "tokenizer": tokenizer.name,
                    "documents_per_second": round(statistics.median(ours)),
                    "tokens_per_second": round(statistics.median(ours) * tokens / len(texts)),
                    "countvectorizer_documents_per_second": round(statistics.median(theirs)),
                    "ratio": round(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), 3),
                    "machine": machine(),
                }
            ),
            flush=True,
        )
    for language in (code for code in records if get_tokenizer(code).name == "unicode"):
        texts = [record["text"] for record in records[language]]
        # A corpus has two languages at least: half is of the same language, elsewhere.
        halves = {code: texts * (10_000 // len(texts)) for code in (language, f"{language}-001")}
        count = sum(map(len, halves.values()))
        ours, theirs = [], []
        for _ in range(5):
            ours.append(rate(lambda: build(halves), count))  # noqa: B023  # called at once
            theirs.append(rate(lambda: [count_words(half) for half in halves.values()], count))  # noqa: B023  # called at once
        print(
            json.dumps(
                {
                    "benchmark": "build",
                    "language": language,
                    "documents": count,
                    "documents_per_second": round(statistics.median(ours)),
                    "countvectorizer_documents_per_second": round(statistics.median(theirs)),
                    "ratio": round(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), 3),
                    "machine": machine(),
                }
            ),
            flush=True,
        )


def perturbed(records: dict[str, list[dict[str, str]]], count: int) -> Iterator[dict[str, str]]:
    """``count`` documents, languages in turn."""
    generator = random.Random(0)
    languages = list(records)
    spaced = [code for code in languages if code not in ("zh", "ja", "th")]
    # Where words have no spaces between them, runs of a few characters are what is replaced.
    pieces = {
        code: [
            text.split() if code in spaced else [text[at : at + 4] for at in range(0, len(text), 4)]
            for text in (record["text"] for record in records[code])
        ]
        for code in languages
    }
    pools = {code: [piece for text in texts for piece in text] for code, texts in pieces.items()}
    for number in range(count):
        code = languages[number % len(languages)]
        words = generator.choice(pieces[code]) + generator.choice(pieces[code])
        for position in range(len(words)):
            if generator.random() < 0.25:
                words[position] = generator.choice(pools[code])
        yield {"id": f"{code}-{number}", "lang": code, "text": (" " if code in spaced else "").join(words)}


def proportional_memory(pid: int) -> int:
    """Proportional set size of a process and all below it, in bytes."""
    total = 0
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{current}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
            for task in Path(f"/proc/{current}/task").iterdir():
                waiting.extend(map(int, (task / "children").read_text().split()))
    return total


def million(documents: int, processes: int, languages: list[str] | None) -> None:
    records = texts_by_language()
    if languages:
        records = {code: records[code] for code in languages}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "documents.jsonl"
        with source.open("w", encoding="utf-8") as stream:
            for record in perturbed(records, documents):
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
        command = [sys.executable, "-m", "gloctm", "corpus", "build", str(source), "-o", f"{folder}/corpus"]
        start = time.perf_counter()
        child = subprocess.Popen([*command, "--encoder", "none", "--processes", str(processes)])
        peak = 0
        ended = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not ended.wait(0.5):
                peak = max(peak, proportional_memory(child.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = child.wait()
        ended.set()
        watcher.join()
        if code:
            sys.exit(code)
        seconds = time.perf_counter() - start
        print(
            json.dumps(
                {
                    "benchmark": "build from a file",
                    "documents": documents,
                    "languages": list(records),
                    "file_megabytes": round(source.stat().st_size / 1e6),
                    "corpus_megabytes": round(sum(f.stat().st_size for f in Path(folder, "corpus").rglob("*")) / 1e6),
                    "processes": processes,
                    "seconds": round(seconds, 1),
                    "documents_per_second": round(documents / seconds),
                    "peak_megabytes": round(peak / 1e6),
                    "machine": machine(),
                }
            )
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    fast = commands.add_parser("speed")
    fast.add_argument("--seconds", type=float, default=5, help="for each language")
    large = commands.add_parser("million")
    large.add_argument("--documents", type=int, default=1_000_000)
    large.add_argument("--processes", type=int, default=2)
    large.add_argument("--languages", help="separated by commas; all unless given")
    arguments = parser.parse_args()
    if arguments.command == "speed":
        speed(arguments.seconds)
    else:
        million(
            arguments.documents, arguments.processes, arguments.languages.split(",") if arguments.languages else None
        )


if __name__ == "__main__":
    main()

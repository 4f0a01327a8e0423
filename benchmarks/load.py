"""What a server holds out: real HTTP on this machine, as much as it is made for and then ten times as much.

    python benchmarks/load.py [--model MODEL] [--seconds 10] [--clients 8] [--rate 10]

Starts ``gloctm serve`` with its usual limits on a free port of 127.0.0.1, over a model of the built-in corpus (trained
first, in seconds, unless one is given). Clients have a loopback address each (127.0.1.1, 127.0.1.2, …; Linux), a
connection that they keep, and so many requests a second that they want to make, each sent as soon as the one before is
answered and its time has come. Of ten requests six are about one text, two about one text with the words that led to
its topics, one about thirty texts, and one for similar topics; texts of the built-in corpus, in all its languages.

Four phases: *usual*; *overload*, ten times as many clients; *greedy*, one client with eight connections that does not
wait; and *usual again*. Each ends after its seconds, or 50,000 requests. Of each: answers by status, times of the
answers with 200, and the server's memory (proportional set size) before and after. Clients and server share the
processors, so that a machine with more of them serves more.

Results are appended to benchmarks/results/load.jsonl, a line a phase, and printed. The exit code is 1 if any answer was
something else than 200, 429 or 503, or any connection broke.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from building import proportional_memory
from machine import machine

from gloctm.demo import LANGUAGES, demo_records

RESULTS = Path(__file__).resolve().parent / "results" / "load.jsonl"
MOST_REQUESTS = 50_000
EXPECTED = {200, 429, 503}


@dataclass
class Tally:
    """What the clients of a phase met."""

    statuses: Counter[int] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    broken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, status: int, milliseconds: float) -> None:
        """Count an answer; the time of one that is an answer indeed."""
        with self.lock:
            self.statuses[status] += 1
            if status == 200:
                self.milliseconds.append(milliseconds)


def requests(seed: int) -> list[tuple[str, bytes]]:
    """Ten requests, path and body, to be made over and over."""
    rng = random.Random(seed)
    records = [record for code in LANGUAGES for record in demo_records([code])]

    def documents(number: int) -> list[dict[str, str]]:
        return [{"text": each["text"], "lang": each["lang"]} for each in rng.sample(records, number)]

    bodies: list[tuple[str, dict[str, Any]]] = [
        *(("/api/transform", {"documents": documents(1)}) for _ in range(6)),
        *(("/api/transform", {"documents": documents(1), "explain": True}) for _ in range(2)),
        ("/api/transform", {"documents": documents(30)}),
        ("/api/similar", {"topic": 0}),
    ]
    rng.shuffle(bodies)
    return [(path, json.dumps(body).encode()) for path, body in bodies]


def client(url: str, address: str, seed: int, pause: float, end: float, tally: Tally) -> None:
    """Ask until the end, no oftener than once in ``pause`` seconds."""
    target = urlsplit(url)
    assert target.hostname is not None
    connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60, source_address=(address, 0))
    headers = {"Content-Type": "application/json"}
    due = time.monotonic() + random.Random(seed).random() * pause
    for path, body in itertools.cycle(requests(seed)):
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        start = time.monotonic()
        if start >= end or sum(tally.statuses.values()) >= MOST_REQUESTS:
            break
        due = max(due + pause, start)
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            with tally.lock:
                tally.broken += 1
            connection.close()
            continue
        tally.add(response.status, 1000 * (time.monotonic() - start))
    connection.close()


def phase(
    name: str, server: int, url: str, addresses: list[str], pause: float, seconds: float
) -> tuple[dict[str, Any], bool]:
    before = proportional_memory(server)
    tally, start = Tally(), time.monotonic()
    threads = [
        threading.Thread(target=client, args=(url, address, seed, pause, start + seconds, tally))
        for seed, address in enumerate(addresses)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    total = sum(tally.statuses.values())
    percentiles = np.percentile(tally.milliseconds, [50, 95, 99]) if tally.milliseconds else [0.0] * 3
    result = {
        "benchmark": "load",
        "phase": name,
        "clients": len(set(addresses)),
        "connections": len(addresses),
        "wanted_per_second": None if not pause else round(len(addresses) / pause),
        "seconds": round(took, 1),
        "requests": total,
        "answered_per_second": round(tally.statuses[200] / took, 1),
        "statuses": {str(status): tally.statuses[status] for status in sorted(tally.statuses)},
        "broken_connections": tally.broken,
        "milliseconds": dict(zip(("p50", "p95", "p99"), (round(float(each), 1) for each in percentiles), strict=True)),
        "megabytes_before": round(before / 1e6),
        "megabytes_after": round(proportional_memory(server) / 1e6),
        "load_average": round(os.getloadavg()[0], 1),
        "machine": machine(),
    }
    return result, not tally.broken and set(tally.statuses) <= EXPECTED


def trained(folder: Path) -> Path:
    from gloctm import Corpus, GloCTM

    GloCTM(num_topics=12, threads=1).fit(Corpus.demo()).save(folder / "model")
    return folder / "model"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a model with the languages of the built-in corpus")
    parser.add_argument("--seconds", type=float, default=10, help="for each phase")
    parser.add_argument("--clients", type=int, default=8, help="ten times as many in the overload, at most 250")
    parser.add_argument("--rate", type=float, default=10, help="requests a second that each wants to make")
    arguments = parser.parse_args()
    if not 1 <= arguments.clients <= 25:
        parser.error("--clients must be from 1 to 25")
    usual = [f"127.0.1.{number + 1}" for number in range(arguments.clients)]
    many = [f"127.0.1.{number + 1}" for number in range(10 * arguments.clients)]
    pause = 1 / arguments.rate
    phases = [
        ("usual", usual, pause),
        ("overload", many, pause),
        ("greedy", ["127.0.2.1"] * 8, 0.0),
        ("usual again", usual, pause),
    ]
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        model = arguments.model or trained(Path(folder))
        command = [sys.executable, "-m", "gloctm", "serve", str(model), "--port", "0"]
        server = subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8")
        assert server.stderr is not None
        try:
            line = server.stderr.readline()
            found = re.search(r"http://\S+", line)
            if found is None:
                sys.exit(line)
            for name, addresses, each_pause in phases:
                result, well = phase(name, server.pid, found[0], addresses, each_pause, arguments.seconds)
                fine = fine and well
                print(json.dumps(result), flush=True)
                with RESULTS.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(result) + "\n")
        finally:
            server.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(30)
            server.kill()
            print(server.stderr.read(), file=sys.stderr, end="")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
